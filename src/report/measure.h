/* measure.h: computes the points of a reproduction; what was loaded or run once is kept.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_MEASURE_H
#define SINTER_REPORT_MEASURE_H

#include "report/published.h"

struct workload;
struct machine;
struct run;

struct laboratory {
    const struct published *published;
    const struct sinter_allocator *allocator;
    struct sinter_arena *arena;
    struct sinter_diagnostics *diags;
    struct workload *workloads; /* everything that was made, newest first */
    struct machine *machines;
    struct run *runs;
};
void laboratory_close(struct laboratory *laboratory);

struct measured {
    double value;       /* in the quantity's own unit; NAN: there is none */
    const char *detail; /* what is remarkable: where a tensor lives, what was run instead, why there is no value; or NULL */
    const char *otherwise; /* the strategy that was run instead; or NULL */
    bool is_absent;        /* the model has none of the operators that the point names */
    int64_t layers;        /* of the model */
    double hz, tokens;     /* of the accelerator; computed at once */
    double buffer_bytes;   /* of the accelerator */
    int64_t pes[2];        /* of its first unit; 0 behind the dimensions that it has */
    bool fills_area;       /* by fractions of an area, or a budget: the PEs follow from the buffer */
};

/* A point that does not fit the memory, or whose strategy does not exist, has no value: that is no failure. */
enum sinter_status measure(struct laboratory *laboratory, const struct point *point, const struct published_block *block,
                           struct measured *measured);

#endif
