/* search.h: strategies that build schedules: the named ones, and the search for the best one.
 * SPDX-License-Identifier: MIT
 *
 * A named strategy says which Einsums are fused and how; where it leaves tile sizes open (the kernels of an unfused
 * machine, the parts of mem-aware) it takes those that cost least on the accelerator it is given. What it builds is an
 * ordinary schedule: it prints, parses and is priced like any other.
 */
#ifndef SINTER_SEARCH_H
#define SINTER_SEARCH_H

#include "sinter/cost.h"
#include "sinter/schedule.h"

/* Two results that differ by less than this fraction of them are equal: no more than sums in another order may differ. */
#define SINTER_ROUNDING 1e-9

/* What is to be least. Where schedules are equal in it but for rounding, the rest decides: latency, energy and DRAM bits, then
 * the peak. */
enum sinter_objective {
    SINTER_LEAST_LATENCY,
    SINTER_LEAST_ENERGY,
    SINTER_LEAST_EDP,   /* energy times latency */
    SINTER_LEAST_DRAM,  /* bytes from and to DRAM */
    SINTER_LEAST_MEMORY /* the smallest peak of a schedule within `slack` of the best latency */
};
SINTER_API const char *sinter_objective_name(enum sinter_objective objective); /* "latency", "energy", "edp", ... */
SINTER_API bool sinter_objective_find(const char *name, enum sinter_objective *objective);

/* Zero is the default of every field. */
#define SINTER_GAP 0.005
#define SINTER_SLACK 0.02
struct sinter_search_options {
    enum sinter_objective objective;
    double gap;          /* stop when nothing can be better by more than this fraction; 0: 0.005; < 0: never */
    double slack;        /* of SINTER_LEAST_MEMORY: the fraction of latency that memory is worth; 0: 0.02 */
    double time_limit_s; /* stop with the best so far; 0: none. A search that ends by itself is the same each time */
    int64_t most_priced; /* stop when so many trees were priced, eight guesses counting as one, or ten times as many where
                            no schedule is known by then; 0: 100,000 */
    bool is_explained;   /* look for a runner-up, too */
};

/* What a strategy may be told. Zero is the default of every field. */
struct sinter_strategy_options {
    int64_t tile;  /* tile along the recurrent rank; 0: 1 */
    int64_t split; /* number of parts of the other large rank of the state (D); 0: what the strategy says */
    bool chain;    /* evaluate the state update as one chain */
    bool resident; /* fuse-block: keep the weights on chip instead of streaming them */
    struct sinter_search_options search; /* optimal */
};

/* Names and one-line descriptions by index; NULL past the end. */
SINTER_API const char *sinter_strategy_name(int index);
SINTER_API const char *sinter_strategy_summary(int index);
/* Whether it is among those that are compared when none is named. */
SINTER_API bool sinter_strategy_is_compared(int index);
/* Builds the tree of a named strategy. Where a strategy needs sizes (tiles of an unfused kernel, the parts of
 * mem-aware) it takes the best that fits the memory it finds. SINTER_INFEASIBLE, with the reason, when nothing fits. */
SINTER_API enum sinter_status sinter_strategy_build(const char *name, const struct sinter_strategy_options *options,
                                                    struct sinter_schedule *schedule, struct sinter_diagnostics *diags);

/* ---- the best schedule ---------------------------------------------------------------------------------------------- */

/* Why a search ended. */
enum sinter_search_end {
    SINTER_END_GAP,       /* the gap that was asked for is proven */
    SINTER_END_EXHAUSTED, /* the rules have nothing more to try */
    SINTER_END_LIMIT      /* the time or the number of trees was up */
};

/* One way through a cascade, group by group. */
struct sinter_search_group {
    uint64_t einsums;      /* bit e: Einsum e */
    double cycles, bits;   /* closed form; from and to DRAM */
    double compute_cycles; /* at least */
};
struct sinter_search_path {
    int n; /* 0: none */
    struct sinter_search_group groups[64];
    double cycles, bits;     /* sums */
    double simulated_cycles; /* of a schedule */
};

/* How good the schedule is, and how that is known. `value` and `bound` are in cycles, joules, joule seconds or bytes. */
struct sinter_search {
    enum sinter_objective objective;
    double value;            /* of the schedule, in closed form */
    double bound;            /* no schedule of the space (docs/search.md) is below */
    double gap;              /* value / bound - 1 */
    double simulated_cycles; /* of the schedule: at most 3 % above the closed form where one like that is known */
    enum sinter_search_end end;
    const char *rule;                /* "search", or the named strategy that was better, with its options */
    bool is_complete;                /* all orders of groups were looked at; else the bound holds all the same */
    struct sinter_search_path found; /* the schedule; n = 0 where a named strategy was better */
    struct sinter_search_path least; /* the groups whose bounds are the least together */
    struct sinter_search_path
        runner_up;         /* the best schedule that is known with another cut into groups, if it was asked for */
    double compute_cycles; /* no schedule computes faster */
    double dram_bytes;     /* no schedule moves less, as one group in unlimited memory would */
    int n_sets, n_groups;  /* down-sets of the cascade, and pairs of them: groups that a schedule may have */
    int64_t n_floors;      /* groups whose traffic was bounded with what stays on chip */
    int64_t n_sketched;    /* groups whose cost was guessed */
    int64_t n_woven;       /* groups for which a tree was made */
    int64_t n_enumerated;  /* groups for which all trees were tried */
    int64_t n_guessed;     /* frames that were guessed in closed form */
    int64_t n_priced;      /* trees that the plan priced */
    int64_t n_simulated;   /* groups that were simulated */
    double seconds;        /* that it took: not the same each time */
    double proof_seconds;  /* of them until the gap was known; the others went into simulations and named strategies */
};

/* Finds the schedule of least value. SINTER_INFEASIBLE, with the reason, when no schedule was found that fits;
 * SINTER_BAD_INPUT for a cascade with more than 64 Einsums. `options` and `search` may be NULL. */
SINTER_API enum sinter_status sinter_search_run(const struct sinter_search_options *options,
                                                struct sinter_schedule *schedule, struct sinter_diagnostics *diags,
                                                struct sinter_search *search);

/* ---- one cascade on many accelerators ------------------------------------------------------------------------------- */

/* A series of searches for one cascade, each on another accelerator: what one has found (trees, and bounds of traffic that
 * hold with less memory) is where the next one begins, so that neighbours cost little. Bounds and prices are always those of
 * the accelerator at hand. It goes fastest from large memories to small ones, with bandwidths in the inner loop. The result
 * depends on the accelerators in their order, and on nothing else. A series is used by one thread at a time. */
struct sinter_series;
/* `options` may be NULL; the objective is not SINTER_LEAST_MEMORY, and `most_priced` is for each search, but nothing is priced where an
 * accelerator with the same memory and about the same balance of PEs and bandwidth was searched before: its trees are taken,
 * and their tiles moved; 0: 2000. SINTER_NO_MEMORY or SINTER_BAD_INPUT. */
SINTER_API enum sinter_status sinter_series_new(const struct sinter_cascade *cascade,
                                                const struct sinter_search_options *options,
                                                const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                                struct sinter_series **series);
/* As sinter_search_run; schedule->cascade is the series'. With the memories and units of another kind of accelerator than the
 * first one's nothing is carried over. */
SINTER_API enum sinter_status sinter_series_run(struct sinter_series *series, struct sinter_schedule *schedule,
                                                struct sinter_diagnostics *diags, struct sinter_search *search);
/* The same from what is known by now, and nothing more: for an accelerator that was searched before others, which may have
 * found trees that are better here, or wait less. Among these, what is simulated counts. The bound is that of what is known
 * here: the one of the search may be better, and holds, too. */
SINTER_API enum sinter_status sinter_series_settle(struct sinter_series *series, struct sinter_schedule *schedule,
                                                   struct sinter_diagnostics *diags, struct sinter_search *search);
/* What is known from elsewhere, for the same memories and units: a schedule that was resolved without error. */
SINTER_API enum sinter_status sinter_series_add(struct sinter_series *series, const struct sinter_schedule *schedule);
SINTER_API void sinter_series_free(struct sinter_series *series);

/* ---- the Pareto front ------------------------------------------------------------------------------------------------- */

/* A schedule of which no other one is better in latency, memory, DRAM traffic and energy together. */
struct sinter_front_member {
    const char *schedule; /* as it is printed */
    double cycles;        /* simulated */
    double bound_cycles, joules, dram_bytes, peak_bytes;
};
struct sinter_front {
    int n;
    struct sinter_front_member *members; /* the fastest first */
    int n_searches;                      /* memory sizes that were searched */
    int64_t n_priced;
    double seconds;
    struct sinter_arena *arena;
};

/* Searches smaller and smaller memories, pricing 10,000 trees in each unless `most_priced` says otherwise, each with the
 * trees that fit from the one before, for the least latency, the least traffic and what lies between; keeps what no
 * other one beats. `like` names the cascade, the accelerator and the allocator. SINTER_INFEASIBLE when nothing fits. */
SINTER_API enum sinter_status sinter_search_front(const struct sinter_search_options *options,
                                                  const struct sinter_schedule *like, struct sinter_diagnostics *diags,
                                                  struct sinter_front **front);
SINTER_API void sinter_front_free(struct sinter_front *front);

#endif
