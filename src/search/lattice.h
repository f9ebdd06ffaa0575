/* lattice.h: sets of Einsums that may have run when a group ends, and what a group between two of them must move.
 * SPDX-License-Identifier: MIT
 *
 * A schedule's groups run one after another, so the Einsums done after each of them form a down-set: with an Einsum it has
 * everything that this reads. A schedule is a chain of down-sets from nothing to all; a group is what lies between two of
 * them. Einsums of one recurrence are in a set together or not at all.
 */
#ifndef SINTER_SEARCH_LATTICE_H
#define SINTER_SEARCH_LATTICE_H

#include "sinter/cost.h"

#define MOST_EINSUMS 64 /* a set of Einsums is one word */
#define MOST_SETS 640   /* that a search looks at */

typedef uint64_t einsum_set; /* bit e: Einsum e */

struct lattice {
    const struct sinter_cascade *cascade;
    einsum_set all;
    einsum_set mates[MOST_EINSUMS];  /* by Einsum: those of its recurrence, itself included */
    einsum_set before[MOST_EINSUMS]; /* by Einsum: all that must have run before it and its mates */
    int n_sets;
    const einsum_set *sets; /* down-sets by size, those of one size by value: the first is empty, the last one all */
    bool is_complete;       /* else only the sets along the order of the cascade, and what was found before `most_sets` */
};

/* SINTER_BAD_INPUT when the cascade has more than MOST_EINSUMS Einsums. A cascade with many independent Einsums has more
 * down-sets than anybody can look at: with more than `most_sets` only the first ones by size are kept, and along with them
 * the cascade's own order. */
enum sinter_status lattice_new(const struct sinter_cascade *cascade, int most_sets, struct sinter_arena *arena,
                               struct sinter_diagnostics *diags, struct lattice *lattice);

/* Ranks that loops around all of a set may be over: every Einsum has them, and so has everything that one hands to another. */
sinter_rank_set common_ranks(const struct sinter_cascade *cascade, einsum_set set);

/* ---- what every schedule pays ---------------------------------------------------------------------------------------- */

/* Bits that a group of these Einsums moves at least, whatever its loops: what it reads and others make, each element that is
 * touched once, and what it makes and others read or the user gets. Never more than any legal schedule moves. */
int64_t compulsory_bits(const struct lattice *lattice, einsum_set group);

/* Bits of a tensor that its reader touches for sure, each element once. */
int64_t read_bits(const struct sinter_cascade *cascade, const struct sinter_einsum *reader, int tensor);

/* Cycles of an Einsum at least, on the unit that is fastest for it, whatever its loops. */
double least_cycles(const struct sinter_cascade *cascade, const struct sinter_accel *accel, int einsum);

#endif
