/* batch.h: points that follow one another, computed for one workload.
 * SPDX-License-Identifier: MIT
 *
 * A batch depends on its own points and nothing else, so whoever computes it, and when, finds the same.
 */
#ifndef SINTER_EXPLORE_BATCH_H
#define SINTER_EXPLORE_BATCH_H

#include "explore/grid.h"
#include "explore/store.h"

/* What the values of a record are. */
enum record_value {
    VALUE_CYCLES, /* simulated */
    VALUE_BOUND,  /* closed form */
    VALUE_LEAST,
    VALUE_VALUE,
    VALUE_JOULES,
    VALUE_DRAM_BYTES,
    VALUE_PEAK_BYTES,
    VALUE_UTILIZATION,
    VALUE_COMPUTE_CYCLES,
    VALUE_DRAM_CYCLES,
    VALUE_TOTAL_JOULES
};

/* Which of two results for one accelerator is better: in what the experiment asks for (latency: as simulated), then in
 * latency, total energy, traffic, and peak. `slack`: the fraction by which the first may differ and still be equal, beyond
 * rounding; then the lower energy is better, though it may take a little longer. */
bool is_better_result(enum sinter_objective objective, double slack, const double *a, const double *b);

/* A part of a workload's model: what all threads share. */
struct load {
    int workload;
    struct sinter_location at;
    const char *name, *part; /* of the model, and of it */
    const struct sinter_cascade *cascade;
    int64_t count;                         /* how often it runs */
    bool is_block;                         /* the part whose schedule is reported */
    uint8_t (*questions)[STORE_KEY_BYTES]; /* by strategy: fingerprint of all but the accelerator that decides a result */
};

/* What a report says of an accelerator, kept for each point. */
struct machine {
    bool is_known, is_built;
    double area_mm2, memory_bytes, pes, hz;
};

/* What is needed to compute points of one load by one strategy, one after another. */
struct bench;
enum sinter_status bench_new(const struct sinter_experiment *experiment, const struct load *load, const char *strategy,
                             const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                             struct bench **bench);
void bench_free(struct bench *bench);

/* Where points are few, there is time to look at each more closely when its schedule waits: 1: with less memory, too; 2: by a
 * search of its own. The experiment alone decides. */
int closeness(const struct sinter_experiment *experiment);
/* Fills a record but for its key. record->schedule belongs to the bench, until the next call. */
enum sinter_status bench_compute(struct bench *bench, const struct sinter_accel *accel, int close,
                                 struct store_record *record);
/* A second look at a record of this bench, when all others were computed: it may get better. */
enum sinter_status bench_settle(struct bench *bench, const struct sinter_accel *accel, struct store_record *record,
                                bool *is_better);
/* The same for a schedule that is given; SINTER_INFEASIBLE: it does not fit. */
enum sinter_status bench_price(struct bench *bench, const struct sinter_accel *accel, const char *schedule,
                               struct store_record *record);
/* A result that was known before: what follows may learn from it. */
enum sinter_status bench_learn(struct bench *bench, const struct sinter_accel *accel, const struct store_record *record);

/* SINTER_NO_MEMORY is the only failure. */
enum sinter_status key_of(const struct load *load, int strategy, const struct sinter_accel *accel,
                          const struct sinter_allocator *allocator, uint8_t key[STORE_KEY_BYTES]);
void describe_machine(const struct sinter_accel *accel, struct machine *machine);

#endif
