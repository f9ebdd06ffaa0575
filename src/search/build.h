/* build.h: what the named strategies share: a problem, sets of Einsums, and the two ways to turn a set into a group.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_SEARCH_BUILD_H
#define SINTER_SEARCH_BUILD_H

#include "sinter/search.h"

/* How a set of Einsums becomes a group. */
enum set_kind {
    SET_KERNEL, /* an unfused kernel: the loop nest that costs least */
    SET_STEPS,  /* a recurrence that goes through DRAM in every step */
    SET_FUSED   /* fused along the recurrent rank, one tile at a time */
};

/* Einsums in the order of the cascade. */
struct set {
    enum set_kind kind;
    bool sends_all; /* SET_STEPS: every tensor made inside goes through DRAM, not only the recurrent one */
    int n_einsums;
    int *einsums;
};

/* The state update around one recurrence, and its two sides: what the look-back is multiplied by, what is added. */
struct core {
    int cycle;
    int rank;                      /* the recurrent rank R */
    sinter_rank_set ranks;         /* of the recurrent tensor */
    bool *is_member, *is_a, *is_b; /* by Einsum */
};

struct build {
    const struct sinter_cascade *cascade;
    const struct sinter_accel *accel;
    const struct sinter_strategy_options *options;
    struct sinter_schedule *schedule; /* what is being built */
    struct sinter_schedule scratch;   /* candidates */
    struct sinter_plan *plan;
    struct sinter_diagnostics *diags;
    struct sinter_arena *arena;
    int *unit_of; /* by Einsum: the unit that the placement in hand gives it */
};

/* Where a set runs and holds its tiles. Candidates are the same for every accelerator with as many units, whatever their
 * sizes: reductions prefer one unit and element-wise Einsums one, then whichever can run them; tiles are held in the
 * memory of the first Einsum's unit or in one that this is filled through. */
struct placement {
    int preference; /* reductions prefer unit preference % n_units, others unit preference / n_units */
    int memory;
};
/* The next candidate, starting from PLACEMENT_NONE; false when there are no more. Sets build->unit_of for the set.
 * With `is_chain` all of its Einsums run on one unit. */
#define PLACEMENT_NONE ((struct placement){-1, 0})
bool placement_next(struct build *build, const struct set *set, bool is_chain, struct placement *placement);
/* Sets build->unit_of again for a candidate that was tried before. */
void placement_use(struct build *build, const struct set *set, bool is_chain, const struct placement *placement);
/* Holds the tensors that the set makes for itself in the placement's memory when that is not the unit's own. */
void placement_hold(const struct build *build, const struct set *set, const struct placement *placement,
                    struct sinter_schedule *out);

/* A candidate's price, best first: cycles, then DRAM bits, then the plainer loop nest, then peak bits. */
struct price {
    double cycles;
    double dram_bits; /* sums of counts that may each be close to 2^63 */
    int nest;         /* number of loops, then the ranks that they go over, leading ones first; 0 where nests are alike */
    double peak_bits;
};
bool price_less(const struct price *a, const struct price *b);
/* Resolves and prices what `scratch` holds. */
enum sinter_status price_scratch(struct build *build, struct price *price);

/* Finds the state update around a cycle; members are marked in core->is_member. */
enum sinter_status find_core(struct build *build, int cycle, struct core *core);

/* Tensors that a set reads and does not make; returns their number. `tensors` has room for most_reads. */
int most_reads(const struct build *build, const struct set *set);
int external_reads(const struct build *build, const struct set *set, int *tensors);

/* Appends a group for the set to build->schedule. SINTER_INFEASIBLE with the reason when no candidate fits. */
enum sinter_status build_kernel(struct build *build, const struct set *set);
enum sinter_status build_fused(struct build *build, const struct set *set, const struct core *core, bool adapts);
enum sinter_status build_block(struct build *build);

/* Says which group cannot be built and what the smallest candidate would need. */
enum sinter_status explain_infeasible(struct build *build, const struct set *set);

#endif
