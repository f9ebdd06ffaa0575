/* build.h: what the named strategies share: a problem, sets of Einsums, and the ways to turn a set into a group.
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
bool set_has(const struct set *set, int einsum);

struct build {
    const struct sinter_cascade *cascade;
    const struct sinter_accel *accel;
    const struct sinter_strategy_options *options;
    struct sinter_schedule *schedule; /* what is being built */
    struct sinter_schedule scratch;   /* candidates */
    struct sinter_plan *plan;
    struct sinter_diagnostics *diags;
    struct sinter_arena *arena;
    int *unit_of;                       /* by Einsum: the unit that the placement in hand gives it */
    struct sinter_einsum_cost *einsums; /* of the candidate that was priced last */
    struct sinter_group_cost *groups;
};

/* ---- placement.c --------------------------------------------------------------------------------------------------- */

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
/* May a line hold the tensor in that memory: does every unit of the set that uses the tensor reach it? */
bool placement_reaches(const struct build *build, const struct set *set, int tensor, int memory);
/* Holds the result in the placement's memory when the set reads it and that is not the memory of its unit. */
void placement_hold(const struct build *build, const struct set *set, int result, const struct placement *placement,
                    struct sinter_schedule *out);

/* ---- price.c ------------------------------------------------------------------------------------------------------- */

/* A candidate's price, best first: cycles, then a guess of what waits add to them, then DRAM bits, then the plainer tree,
 * then peak bits. */
struct price {
    double cycles;
    double waiting;   /* cycles with the first tiles and the last computation exposed, in steps of 1 % */
    double dram_bits; /* sums of counts that may each be close to 2^63 */
    int nest;         /* smaller is plainer; 0 where trees are alike */
    double peak_bits;
    double excess_bits; /* of a candidate that does not fit: by how much, over all memories */
};
bool price_less(const struct price *a, const struct price *b);
/* Resolves and prices what `scratch` holds: SINTER_BAD_INPUT when it is illegal, SINTER_INFEASIBLE when it does not fit. Its
 * cycles are the bound. */
enum sinter_status price_scratch(struct build *build, struct price *price);
/* Puts the simulated cycles of what was priced last in place of the bound, in steps of 1 %: what is as fast as that is
 * decided by DRAM bits. Does nothing when its bound alone is above `best` (NULL: there is none yet), because then it loses. */
enum sinter_status price_time(struct build *build, const struct price *best, struct price *price);
/* Does the plan take what `scratch` holds, whether it fits or not? */
enum sinter_status ask_legal(struct build *build, bool *is_legal);
/* Lets the plan say what is wrong with what `scratch` holds. */
enum sinter_status explain_scratch(struct build *build);
/* Says which group cannot be built; the plan has said what its smallest candidate needs. */
enum sinter_status explain_infeasible(struct build *build, const struct set *set);

/* ---- partition.c --------------------------------------------------------------------------------------------------- */

/* The cascade cut into sets that can run one after another. It starts from atoms, which are recurrences and single Einsums
 * outside of them; sets join only where no third one would have to run between them. A set is named by its first Einsum. */
struct partition {
    const struct sinter_cascade *cascade;
    int *set_of;      /* by Einsum */
    int *next;        /* by Einsum: another one of its set, -1 */
    int *last;        /* by set: the end of that list */
    int *end;         /* by set: its last Einsum in the order of the cascade */
    bool *is_spanned; /* by Einsum: some set has Einsums up to it and behind it */
    int *seen, n_seen, *stack;
};
enum sinter_status partition_new(struct build *build, struct partition *partition);
bool partition_may_join(struct partition *partition, int a, int b);
int partition_join(struct partition *partition, int a, int b);
enum sinter_status partition_set(struct build *build, const struct partition *partition, int name, struct set *set);
/* Names of the sets in an order of execution: always the earliest one that depends on nothing undone. */
enum sinter_status partition_order(struct build *build, const struct partition *partition, int *order, int *n_sets);

/* ---- core.c -------------------------------------------------------------------------------------------------------- */

/* The state update around one recurrence. Its sides: what the look-back is multiplied by, what is added, the rest. */
enum side { SIDE_A, SIDE_B, SIDE_S };
struct core {
    int cycle;
    int rank;              /* the recurrent rank R */
    sinter_rank_set ranks; /* of the recurrent tensor */
    int n_members;
    int *members;     /* Einsums in the order of the cascade */
    enum side *sides; /* by member */
};
/* Finds the state update of each cycle; no Einsum is in two of them. Their members join in the partition. Each stands
 * legally in a loop over its R. */
enum sinter_status find_cores(struct build *build, struct partition *partition, struct core **cores);

/* ---- groups -------------------------------------------------------------------------------------------------------- */

/* Tensors that a set reads and does not make; returns their number. `tensors` has room for most_reads. */
int most_reads(const struct build *build, const struct set *set);
int external_reads(const struct build *build, const struct set *set, int *tensors);
/* The ranks, but R, that a set fused along R can be split over: all of its results have them. Largest first. */
enum sinter_status split_ranks(struct build *build, const struct set *set, int rank, int ranks[2], int *n);

/* Loops and leaves of a fused state update. */
struct shape {
    int64_t tile;   /* along the recurrent rank */
    int split_rank; /* -1: none */
    int64_t split_tile;
    int batch_rank; /* a further outer loop by 1, -1: none */
    bool is_chain;
    struct placement placement;
};
void emit_update(const struct build *build, const struct set *set, int rank, const struct shape *shape, const int *reads,
                 int n_reads, bool holds_results, struct sinter_schedule *out);

/* A set of a partition, on its way to become a group. */
struct part {
    struct set set;
    const struct core *core; /* that it fuses, NULL: none */
};

/* Append a group to build->schedule. SINTER_INFEASIBLE with the reason when no candidate fits. */
enum sinter_status build_kernel(struct build *build, const struct set *set);
enum sinter_status build_fused(struct build *build, const struct set *set, const struct core *core, bool adapts);
enum sinter_status build_spilling(struct build *build, const struct set *set, const struct core *core);
enum sinter_status build_block(struct build *build, const struct part *parts, int n_parts, int rank);
/* Marks the parts that can stand in one loop over the rank together with part `seed`; they stand in an order of execution. */
enum sinter_status find_block(struct build *build, const struct part *parts, int n_parts, int seed, int rank,
                              bool *is_inside);

#endif
