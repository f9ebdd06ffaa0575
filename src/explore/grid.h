/* grid.h: the points of an experiment: their order, their accelerators.
 * SPDX-License-Identifier: MIT
 *
 * A point has an index, by which it is reported (the first axis is the slowest, as in the experiment), and a place, by which
 * it is computed: capacities first, from large to small, then what else there is, bandwidths and energies last. So points that
 * follow one another have the same memories and the same PEs for long, and a search learns most from the one before (series
 * in search.h).
 */
#ifndef SINTER_EXPLORE_GRID_H
#define SINTER_EXPLORE_GRID_H

#include "sinter/explore.h"

struct grid_axis {
    int n;
    const int *values; /* by rank: the value, from small to large; as listed where values are no numbers */
    const int *ranks;  /* by value: its rank */
    bool is_ordered;   /* values are numbers of one kind */
    bool is_capacity;
    bool is_more; /* the larger, the faster */
    int turn; /* of axes the slowest first: 0 the strategy, 1 capacities, 2 others, 3 what does not change which tiles fit */
};

struct grid {
    const struct sinter_experiment *experiment;
    int64_t n_points, n_accels;         /* n_points = n_strategies * n_accels: places of one strategy follow one another */
    int n_strategies, strategy_axis;    /* -1: there is no such axis, and one strategy */
    int n_axes, order[SINTER_MAX_AXES]; /* axes, the slowest by place first */
    struct grid_axis axes[SINTER_MAX_AXES];
};

enum sinter_status grid_new(const struct sinter_experiment *experiment, struct sinter_arena *arena,
                            struct sinter_diagnostics *diags, struct grid *grid);
void grid_coordinates(const struct grid *grid, int64_t index, int coordinates[SINTER_MAX_AXES]);
int64_t grid_index(const struct grid *grid, const int coordinates[SINTER_MAX_AXES]);
int64_t grid_index_of_place(const struct grid *grid, int64_t place);

/* The neighbour with the next smaller value on an axis; -1: there is none. */
int64_t grid_smaller(const struct grid *grid, int64_t index, int axis);
/* Every point once, each after all of its smaller neighbours: the `step`-th. */
int64_t grid_index_of_step(const struct grid *grid, int64_t step);

/* By place; "optimal" and so on. */
const char *grid_strategy(const struct grid *grid, int strategy);

/* Builds the accelerator of a point. SINTER_INFEASIBLE with a message when there is none like that: it cannot be built, or a
 * condition of the experiment fails. */
enum sinter_status grid_accel(const struct grid *grid, int64_t index, const struct sinter_allocator *allocator,
                              struct sinter_diagnostics *diags, struct sinter_accel **accel);
/* Appends " --set 'FIELD=VALUE'" for each field of a point that is built. SINTER_NO_MEMORY is the only failure. */
enum sinter_status grid_settings(const struct grid *grid, int64_t index, const struct sinter_allocator *allocator,
                                 struct sinter_text *out);
/* The accelerator as it is: what is set, but a budget of area, and neither axes nor formulas. */
enum sinter_status grid_base(const struct grid *grid, const struct sinter_allocator *allocator,
                             struct sinter_diagnostics *diags, struct sinter_accel **accel);
/* Are fields, values, formulas and strategies what they should be? Each value alone, on the accelerator as it is. */
enum sinter_status grid_check(const struct grid *grid, const struct sinter_allocator *allocator,
                              struct sinter_diagnostics *diags);

#endif
