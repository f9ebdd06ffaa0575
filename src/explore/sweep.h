/* sweep.h: an experiment on its way: its store, its points, what is known of them.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXPLORE_SWEEP_H
#define SINTER_EXPLORE_SWEEP_H

#include <pthread.h>

#include "explore/batch.h"

#define NEVER_RUN 255 /* a status that no record has */

/* A pair of a load and a point: cell = load * n_points + index. 33 bytes each, so that millions fit in memory. */
struct cells {
    uint8_t (*keys)[STORE_KEY_BYTES];
    double *cycles; /* of those that fit; INFINITY: it does not, or it is not known */
    uint8_t *statuses;
    float *gaps;   /* value over bound - 1; INFINITY: not known */
    float *joules; /* total energy of those that fit */
};

struct sinter_sweep {
    const struct sinter_experiment *experiment;
    const struct sinter_allocator *allocator;
    struct sinter_diagnostics *diags;
    struct grid grid;
    struct sinter_model *models[SINTER_MAX_WORKLOADS];
    int n_loads; /* the parts of one workload follow one another */
    struct load *loads;
    struct store *store;
    bool is_in_team;          /* several ranks: batches that were stopped are dropped */
    struct machine *machines; /* by index */
    struct cells cells;
    pthread_mutex_t lock;                               /* around the store and all of the above that changes */
    struct sinter_text schedules[SINTER_MAX_WORKLOADS]; /* of the point that was asked for last */
    struct sinter_arena *arena;
};

/* loads.c: loads models, checks that strategies apply, and fills sweep->loads. */
enum sinter_status open_loads(struct sinter_sweep *sweep);

/* Batches: a task is a batch for one load and one strategy. */
int64_t n_tasks(const struct sinter_sweep *sweep);
int64_t task_points(const struct sinter_sweep *sweep, int64_t task);

struct task_counts {
    int64_t n_computed, n_found, n_unbuilt;
};
/* A task in three steps: find, compute, put and note. By several threads at once: they take the lock where they must. Who
 * computes may be somewhere else: then what was found, and what is fresh, goes there and back as bytes. */
struct batch;
struct wire;
enum sinter_status batch_new(struct sinter_sweep *sweep, int64_t task, struct batch **batch); /* accelerators and keys */
enum sinter_status batch_find(struct batch *batch);                                           /* what the store has */
bool batch_has_all(const struct batch *batch);                                                /* so nothing is missing */
/* *is_whole: it was not stopped. What was computed by then counts all the same. */
enum sinter_status batch_compute(struct batch *batch, const volatile sig_atomic_t *stop, bool *is_whole);
enum sinter_status batch_put(struct batch *batch, struct task_counts *counts);
/* The records that are fresh, or those that were found. */
void batch_write(const struct batch *batch, bool is_fresh, struct sinter_text *out);
/* All the rest of the message. SINTER_BAD_INPUT: they are not of this batch, or fresh ones are missing. */
enum sinter_status batch_read(struct batch *batch, bool is_fresh, struct wire *in);
void batch_free(struct batch *batch);

/* All three of them. */
enum sinter_status run_task(struct sinter_sweep *sweep, int64_t task, const volatile sig_atomic_t *stop, bool is_readonly,
                            struct task_counts *counts);

/* raise.c: a point takes over the schedule of a neighbour with less of something, where that is faster. */
enum sinter_status raise_points(struct sinter_sweep *sweep, bool is_readonly, const volatile sig_atomic_t *stop,
                                int64_t *n_raised);

/* base.c: the accelerator as it is, with all workloads. */
enum sinter_status find_base(struct sinter_sweep *sweep, bool is_readonly, struct sinter_exploration *exploration);

/* Adds a part to what is said of its workload; the schedule is the record's. `count`: how often it runs. */
void add_record(struct sinter_explored *one, const struct store_record *record, double count, bool is_block);
/* What all parts give together: rates and means. */
void sum_up_point(const struct sinter_sweep *sweep, struct sinter_explore_point *point);

void note_record(struct sinter_sweep *sweep, int64_t cell, const struct store_record *record);

#endif
