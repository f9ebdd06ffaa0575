/* explore.h: many accelerators, each with its own best schedule: experiments, sweeps, fronts.
 * SPDX-License-Identifier: MIT
 *
 *     experiment: marca-split
 *     accelerator: marca
 *     set: {area_budget: 222 mm2}            # fields that all of them have
 *     workloads:                             # each accelerator runs all of these
 *       - {model: mamba-2.8b, tokens: 1}
 *       - {model: mamba-2.8b, tokens: 1024, weight: 2, limit: 20 ms}   # no longer than that
 *     strategy: optimal                      # or a named one; default: optimal
 *     strategies: [optimal, mem-aware]       # instead: several, as an axis 'strategy'
 *     layers: one                            # one: a block of each model; all: the whole of it
 *     objective: latency                     # of each schedule
 *     gap: 0.005                             # a fraction, or 0.5 %
 *     effort: 5000                           # trees priced for each point
 *     axes:
 *       buffer.capacity: 64KiB..28MB:geo:16  # FROM..TO[:lin or :geo][:COUNT], or a list
 *       array.cycles.exp: [1, 4]
 *     derive:                                # fields that follow from others
 *       dram.bandwidth: 256 GB/s * sqrt(area / 222 mm2)
 *     where:                                 # what else an accelerator must be like
 *       - area <= 222 mm2
 *
 * A point is one value on each axis: an accelerator. A sweep goes through all of them and all workloads, and keeps what it
 * finds in a store (a file, or memory), so that nothing is computed twice. Points are computed in batches, which learn from
 * their own points alone: results do not depend on how many threads there are, nor on whether the sweep was interrupted.
 */
#ifndef SINTER_EXPLORE_H
#define SINTER_EXPLORE_H

#include <signal.h>

#include "sinter/search.h"
#include "sinter/workload.h"

#define SINTER_MAX_AXES 16
#define SINTER_MAX_WORKLOADS 64
#define SINTER_MAX_CLAUSES 64
#define SINTER_MOST_POINTS 100000000
/* An axis of this name has strategies for values: points are then pairs of an accelerator and a strategy. */
#define SINTER_STRATEGY_AXIS "strategy"

struct sinter_axis {
    const char *field;
    int n;
    const char *const *values;            /* as they would stand in the accelerator's file */
    struct sinter_location at;            /* of the field */
    const struct sinter_location *places; /* of each value: where it, or its range, is written */
};

struct sinter_explore_workload {
    const char *model;
    int64_t tokens, batch; /* 0: the default */
    enum sinter_phase phase;
    const char *variant; /* NULL: none */
    double weight;
    double limit_seconds; /* what it may take at most; 0: as long as it likes */
    struct sinter_location at;
};

/* A formula and the field it belongs to; for a condition: what it says, and nothing. */
struct sinter_clause {
    const char *field, *text;
    struct sinter_location at;
};

struct sinter_experiment {
    const char *name, *accelerator;
    int n_workloads, n_axes, n_settings, n_derived, n_conditions;
    struct sinter_explore_workload workloads[SINTER_MAX_WORKLOADS];
    struct sinter_axis axes[SINTER_MAX_AXES];
    struct sinter_override settings[SINTER_MAX_CLAUSES];
    struct sinter_location setting_places[SINTER_MAX_CLAUSES]; /* of their values */
    struct sinter_clause derived[SINTER_MAX_CLAUSES], conditions[SINTER_MAX_CLAUSES];
    const char *strategy; /* of all points, if there is no axis of strategies */
    struct sinter_location strategy_at;
    bool is_whole; /* all parts of each model are run, as often as it has them; else a block once */
    enum sinter_objective objective;
    double gap; /* a fraction: 0.005 is half a percent */
    int64_t effort;
    int64_t n_points; /* the product of the axes */
    struct sinter_arena *arena;
};

/* Builds one by one; texts are copied. Each reports what is wrong at `at`. */
SINTER_API enum sinter_status sinter_experiment_new(const struct sinter_allocator *allocator,
                                                    struct sinter_diagnostics *diags, struct sinter_experiment **experiment);
/* "buffer.capacity=64KiB..28MB:geo:16", "array.pes=[64, 128], [128, 128]" */
SINTER_API enum sinter_status sinter_experiment_add_axis(struct sinter_experiment *experiment, const char *field,
                                                         const char *values, struct sinter_location at,
                                                         struct sinter_diagnostics *diags);
SINTER_API enum sinter_status sinter_experiment_add_setting(struct sinter_experiment *experiment, const char *field,
                                                            const char *value, struct sinter_location at,
                                                            struct sinter_diagnostics *diags);
SINTER_API enum sinter_status sinter_experiment_derive(struct sinter_experiment *experiment, const char *field,
                                                       const char *formula, struct sinter_location at,
                                                       struct sinter_diagnostics *diags);
SINTER_API enum sinter_status sinter_experiment_require(struct sinter_experiment *experiment, const char *condition,
                                                        struct sinter_location at, struct sinter_diagnostics *diags);
/* Several strategies: the first axis. */
SINTER_API enum sinter_status sinter_experiment_add_strategies(struct sinter_experiment *experiment, const char *names,
                                                               struct sinter_location at, struct sinter_diagnostics *diags);
SINTER_API enum sinter_status sinter_experiment_add_workload(struct sinter_experiment *experiment,
                                                             const struct sinter_explore_workload *workload,
                                                             struct sinter_diagnostics *diags);
/* A file, or a text that stands in it. */
SINTER_API enum sinter_status sinter_experiment_load(const char *file, const struct sinter_allocator *allocator,
                                                     struct sinter_diagnostics *diags,
                                                     struct sinter_experiment **experiment);
SINTER_API enum sinter_status sinter_experiment_parse(const char *file, const char *text, size_t length,
                                                      const struct sinter_allocator *allocator,
                                                      struct sinter_diagnostics *diags,
                                                      struct sinter_experiment **experiment);
/* Canonical: reading it gives an equal experiment and the same text again. */
SINTER_API void sinter_experiment_print(const struct sinter_experiment *experiment, struct sinter_text *out);
SINTER_API void sinter_experiment_free(struct sinter_experiment *experiment);

/* ---- sweeps ------------------------------------------------------------------------------------------------------------ */

/* One workload on one accelerator: a block of its model, or the sum of all parts. */
struct sinter_explored {
    bool is_known;             /* false: it was not computed (yet) */
    enum sinter_status status; /* SINTER_OK, or SINTER_INFEASIBLE: no schedule fits. The rest is then 0 */
    double cycles;             /* simulated */
    double seconds;            /* the same at the point's clock */
    double tokens_per_second;  /* of the whole model, sequences together; 0: a block alone, or a cascade without tokens */
    double bound_cycles;       /* the schedule's closed form */
    double least;              /* no schedule has a lower value, in what the objective is in; 0: not searched */
    double value;              /* of the schedule, in the same */
    double joules;             /* DRAM and operations: what a search for least energy minimises */
    double total_joules;       /* with memories on chip and static power, as far as the accelerator says what they take */
    double dram_bytes, peak_bytes, utilization, compute_cycles, dram_cycles;
    const char *schedule; /* of a block, in its printed form, valid until the next call; NULL: none */
};

/* An accelerator of a sweep. */
struct sinter_explore_point {
    int64_t index;
    int coordinates[SINTER_MAX_AXES]; /* which value of each axis */
    bool is_built;          /* false: there is no such accelerator (nothing is left for PEs), or a condition fails */
    bool is_complete, fits; /* all workloads are known; and all fit */
    bool is_in_time;        /* fits, and no workload takes longer than its limit */
    double area_mm2;        /* 0: not known */
    double seconds, joules; /* weighted geometric means over the workloads, of latency and of total energy */
    double hz;
    double memory_bytes; /* on chip */
    double pes;          /* of all units */
    struct sinter_explored workloads[SINTER_MAX_WORKLOADS];
};

struct sinter_explore_progress {
    int64_t n_done, n_all; /* pairs of an accelerator and a workload */
    int64_t n_found;       /* of them in the store before */
    double seconds;
};

/* How the processes (ranks) of a sweep talk to each other: whoever can carry bytes carries a sweep. Rank 0 has the store and
 * hands out batches; the others compute. One thread at a time calls; bytes arrive whole, and in order from each rank. */
struct sinter_team {
    int rank, n_ranks;
    void *context;
    /* Copies the bytes and returns at once, whether the other one listens or not. false: there is no memory. */
    bool (*send)(void *context, int to, const void *bytes, size_t n);
    /* The next message from any rank: 1; 0: none came in these milliseconds; -1: there is no memory, or a message was not one.
     * *bytes is valid until the next call. */
    int (*receive)(void *context, int milliseconds, int *from, const void **bytes, size_t *n);
};

/* Zero is the default of every field. */
struct sinter_explore_options {
    const char *store;                 /* a file; NULL: in memory */
    bool is_readonly;                  /* nothing is computed: what the store has */
    int n_threads;                     /* 0: as many as there are; in a team: 1 */
    int64_t shard, n_shards;           /* only every n-th batch of a workload, from the shard-th on (0 to n - 1);
                                          n_shards 0: all */
    const volatile sig_atomic_t *stop; /* not 0: end soon, with what is done; may be NULL */
    void (*progress)(void *context,
                     const struct sinter_explore_progress *progress); /* by one thread at a time; may be NULL */
    void *context;
    const struct sinter_team *team; /* that helps; NULL: none. This is its rank 0, and the calling thread talks to it */
    double silence_seconds;         /* a rank that says nothing for so long is lost; 0: 20 */
};

struct sinter_exploration {
    const struct sinter_experiment *experiment;
    bool is_stopped; /* before all was done */
    bool is_part;    /* a shard: neither a front nor a best point is known from it */
    int n_parts;     /* cascades that each point runs: one for each workload, or all parts of their models */
    int64_t n_cases; /* pairs of a point and one of these */
    int64_t n_asked; /* of them in this part */
    int64_t n_computed, n_found, n_unbuilt, n_infeasible;
    int64_t n_searched; /* for which a bound is known */
    int64_t n_proven;   /* whose gap is what was asked for */
    double worst_gap;
    int n_lost;       /* ranks of the team that fell silent: others did their work */
    int64_t n_raised; /* points that took over the schedule of a smaller neighbour */
    double seconds;
    bool has_base;
    struct sinter_explore_point base; /* the accelerator as it is, without axes and a budget; its index is -1 */
    struct sinter_sweep *sweep;       /* for those below */
};

/* SINTER_BAD_INPUT for an experiment or a store that is wrong. An interrupted sweep is SINTER_OK. */
SINTER_API enum sinter_status sinter_explore_run(const struct sinter_experiment *experiment,
                                                 const struct sinter_explore_options *options,
                                                 const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                                 struct sinter_exploration **exploration);
SINTER_API void sinter_exploration_free(struct sinter_exploration *exploration);

/* The other ranks: computes for rank 0 of options->team until that has enough or falls silent, or options->stop. The
 * experiment is the same as there, and so are the files that it names. Of the options, `store`, `n_threads`, shards and
 * `progress` are for rank 0. An error is what is wrong with the experiment, or here; sinter_team_leave() tells rank 0. */
SINTER_API enum sinter_status sinter_explore_serve(const struct sinter_experiment *experiment,
                                                   const struct sinter_explore_options *options,
                                                   const struct sinter_allocator *allocator,
                                                   struct sinter_diagnostics *diags);
/* For a rank that ends. From rank 0: so do the others. From another one with a reason: the sweep ends with that error;
 * without (NULL): rank 0 goes on without it. To say it twice does no harm. */
SINTER_API void sinter_team_leave(const struct sinter_team *team, const char *reason);

/* One point, by its index: the first axis is the slowest. */
SINTER_API enum sinter_status sinter_exploration_point(struct sinter_exploration *exploration, int64_t index,
                                                       struct sinter_diagnostics *diags, struct sinter_explore_point *point);
/* Why a point is not built, appended; nothing for one that is. */
SINTER_API enum sinter_status sinter_exploration_why(struct sinter_exploration *exploration, int64_t index,
                                                     struct sinter_text *out);
/* Appends " --set 'FIELD=VALUE'" for each field that makes a point's accelerator of the experiment's. */
SINTER_API enum sinter_status sinter_exploration_settings(struct sinter_exploration *exploration, int64_t index,
                                                          struct sinter_text *out);
/* The strategy of a point. */
SINTER_API const char *sinter_exploration_strategy(const struct sinter_exploration *exploration, int64_t index);
/* The accelerator of a point that is built; the caller's to free. */
SINTER_API enum sinter_status sinter_exploration_accel(struct sinter_exploration *exploration, int64_t index,
                                                       struct sinter_diagnostics *diags, struct sinter_accel **accel);

/* The points of which no other one is better in latency, energy, area and memory together, by latency; those that do not
 * fit, or are not known, are left out. */
struct sinter_explore_front {
    int64_t n;
    int64_t *points;
    int64_t best; /* the point of least latency; where there are limits, of least area, then latency. -1: none, or a shard */
    int64_t n_fit;     /* points that fit */
    int64_t n_in_time; /* and keep the limits: these alone may be on the front */
    struct sinter_arena *arena;
};
SINTER_API enum sinter_status sinter_exploration_front(struct sinter_exploration *exploration,
                                                       struct sinter_diagnostics *diags,
                                                       struct sinter_explore_front **front);
SINTER_API void sinter_explore_front_free(struct sinter_explore_front *front);

/* Puts all that another store has into this one. */
SINTER_API enum sinter_status sinter_explore_merge(const char *store, const char *other,
                                                   const struct sinter_allocator *allocator,
                                                   struct sinter_diagnostics *diags);
/* The experiments that a store was filled for, by index; NULL past the end. The caller's to free. */
SINTER_API enum sinter_status sinter_explore_stored(const char *store, int index, const struct sinter_allocator *allocator,
                                                    struct sinter_diagnostics *diags, struct sinter_experiment **experiment);

#endif
