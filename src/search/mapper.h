/* mapper.h: the best ways to run a set of Einsums as a part of a schedule.
 * SPDX-License-Identifier: MIT
 *
 * A part is a nest of loops around a leaf, a chain, or a sequence of smaller parts; a group is a part in no loop. A part in
 * the loops around it is a schedule of its own, in which what lies outside stands in other groups: so the plan prices it.
 * What it exchanges with its neighbours on chip the plan takes for streams, which are left out here; the part that both
 * stand in pays for it.
 *
 *     part     := loops around { leaf | chain | part part+ }      loops over ranks that all of its Einsums have, each once
 *     residency: a tensor that comes from DRAM or goes there is streamed, or held above a loop that does not index it, or
 *                held in a body for the parts that use it
 *
 * Left out so far: lines in memories further out than the units', spilled intermediates and carries, recurrences of several
 * Einsums split over parts, holds that begin behind the first user; and units are given, one for each Einsum.
 */
#ifndef SINTER_SEARCH_MAPPER_H
#define SINTER_SEARCH_MAPPER_H

#include "cost/cycles.h"
#include "search/lattice.h"

enum { MOST_LOOPS = 4, MOST_HOLDS = 24, MOST_TIERS = 3 };

/* What a part costs over the whole group, without what its surroundings pay for. */
struct piece {
    double cycles[SINTER_MAX_UNITS];
    double read_bits, written_bits;    /* from and to DRAM */
    int64_t bits[SINTER_MAX_MEMORIES]; /* at its peak */
    /* What lives as long as a loop around the part, beside everything in there, by the tier of that loop: carries. */
    int64_t carried[MOST_TIERS][SINTER_MAX_MEMORIES];
    /* What nothing overlaps: loads of the first leaf if it stands in no loop, stores of the last one. */
    double first_bits, last_bits;
    /* Traffic but that of carries, and what the phases of the outermost sequence take (cost/phases.h); the latter leaves out
     * what is held around that sequence, so it may be less than the plan says. */
    double phase_bits, phase_cycles;
    const struct shape *shape;
};

/* A tree, as it is printed. */
struct shape {
    enum sinter_node_kind kind; /* SINTER_LEAF, SINTER_CHAIN, or SINTER_GROUP: a sequence of parts */
    einsum_set einsums;
    int n_loops, n_holds, n_parts;
    struct nest_loop loops[MOST_LOOPS];
    struct {
        int tensor, memory, above; /* above loops[above]; in the body for n_loops */
    } holds[MOST_HOLDS];
    const struct shape *const *parts;
};

/* Pieces of which none is better than another one. */
struct front {
    int n, capacity;
    struct piece *pieces;
};

struct mapper {
    const struct sinter_cascade *cascade;
    const struct sinter_accel *accel;
    const struct lattice *lattice;
    struct sinter_arena *arena;
    struct sinter_plan *plan;
    struct sinter_schedule scratch;
    struct sinter_einsum_cost *einsums;
    const int *unit_of; /* by Einsum */
    int most_tiles;     /* of one loop; fewer than there are: the search proves less */
    int most_tiers;
    bool *is_ignored;              /* by tensor: its surroundings pay for it */
    int64_t n_priced, most_priced; /* trees; beyond the most the search ends with what it has */
    bool is_exact;                 /* nothing was left out */
    bool failed;                   /* memory is out */
};

/* All of the best pieces for the Einsums between two down-sets, as a group. */
bool map_group(struct mapper *mapper, einsum_set from, einsum_set to, struct front *front);
void emit_shape(const struct mapper *mapper, const struct shape *shape, struct sinter_schedule *out);

#endif
