/* explore_plot.c: the accelerators of a sweep as points: latency against what differs most clearly between them.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/explore.h"
#include "report/plot.h"

/* What the horizontal axis may be: an axis of the sweep, or else what follows from all of them. */
enum measure { AREA, MEMORY, PES, N_MEASURES };

/* One accelerator that fits. */
struct dot {
    int64_t index;
    double seconds;
    double measures[N_MEASURES];
};

struct dots {
    const struct sinter_experiment *experiment;
    int64_t n, stride; /* every stride-th point of the sweep was looked at */
    struct dot *items;
};

/* More points than these would show nothing more, but take memory and time. */
#define MOST_DOTS 200000

/* ---- what to plot against -------------------------------------------------------------------------------------------- */

/* Does every value of the axis read as a quantity of one kind? Lists and names do not. */
static bool find_dimension(const struct sinter_axis *axis, enum sinter_dimension *dimension)
{
    static const enum sinter_dimension kinds[] = {SINTER_COUNT,          SINTER_BYTES,  SINTER_BANDWIDTH, SINTER_FREQUENCY,
                                                  SINTER_ENERGY_PER_BIT, SINTER_ENERGY, SINTER_AREA,      SINTER_LENGTH,
                                                  SINTER_POWER,          SINTER_TIME};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bool is_it = true;
        double value;
        for (int i = 0; i < axis->n && is_it; i++)
            is_it = sinter_quantity_parse(axis->values[i], kinds[k], (struct sinter_location){NULL, 0, 0}, NULL, &value) ==
                        SINTER_OK &&
                    isfinite(value);
        *dimension = kinds[k];
        if (is_it)
            return true;
    }
    return false;
}

/* Percents of difference, which a plot of them would hardly show, do not count. */
static bool varies(const struct dots *dots, enum measure measure)
{
    double low = INFINITY, high = 0;
    for (int64_t i = 0; i < dots->n; i++) {
        low = fmin(low, dots->items[i].measures[measure]);
        high = fmax(high, dots->items[i].measures[measure]);
    }
    return low > 0 && high > 1.02 * low && isfinite(high);
}

/* The axis of the sweep to plot against; -1: none, *measure instead, and N_MEASURES: there is nothing. The only axis
 * that varies, if it has numbers; else area, where that differs; else memory, PEs, the longest axis with numbers. */
static int choose(const struct dots *dots, enum measure *measure, enum sinter_dimension *dimension)
{
    const struct sinter_experiment *experiment = dots->experiment;
    int longest = -1, n_varying = 0;
    enum sinter_dimension kind;
    *measure = N_MEASURES;
    for (int a = 0; a < experiment->n_axes; a++) {
        const struct sinter_axis *axis = &experiment->axes[a];
        n_varying += axis->n > 1;
        if (axis->n > 1 && (longest < 0 || axis->n > experiment->axes[longest].n) && find_dimension(axis, &kind)) {
            longest = a;
            *dimension = kind;
        }
    }
    if (n_varying == 1 && longest >= 0)
        return longest;
    for (enum measure m = AREA; m < N_MEASURES; m++)
        if (varies(dots, m)) {
            *measure = m;
            *dimension = m == AREA ? SINTER_AREA : m == MEMORY ? SINTER_BYTES : SINTER_COUNT;
            return -1;
        }
    return longest;
}

/* ---- points ---------------------------------------------------------------------------------------------------------- */

static enum sinter_status add_dot(struct sinter_exploration *exploration, int64_t index, struct sinter_diagnostics *diags,
                                  struct sinter_explore_point *point, struct dots *dots)
{
    enum sinter_status status = sinter_exploration_point(exploration, index, diags, point);
    if (status == SINTER_OK && point->fits)
        dots->items[dots->n++] = (struct dot){
            .index = index, .seconds = point->seconds, .measures = {point->area_mm2, point->memory_bytes, point->pes}};
    return status;
}

/* Points of the front come last, each of them. */
static enum sinter_status collect(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                  struct sinter_arena *arena, struct sinter_diagnostics *diags, struct dots *dots)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    struct sinter_explore_point *point = sinter_arena_alloc(arena, 1, sizeof *point);
    dots->experiment = experiment;
    dots->stride = sinter_ceil_div(experiment->n_points, MOST_DOTS);
    dots->items = sinter_arena_alloc(arena, (size_t)(sinter_ceil_div(experiment->n_points, dots->stride) + front->n),
                                     sizeof *dots->items);
    enum sinter_status status = point == NULL || dots->items == NULL ? SINTER_NO_MEMORY : SINTER_OK;
    for (int64_t i = 0; i < experiment->n_points && status == SINTER_OK; i += dots->stride)
        status = add_dot(exploration, i, diags, point, dots);
    for (int64_t i = 0; i < front->n && status == SINTER_OK; i++)
        status = add_dot(exploration, front->points[i], diags, point, dots);
    return status;
}

/* Where on its axis a point of the sweep stands: the first axis is the slowest. */
static int coordinate(const struct sinter_experiment *experiment, int64_t index, int axis)
{
    for (int a = experiment->n_axes - 1; a > axis; a--)
        index /= experiment->axes[a].n;
    return (int)(index % experiment->axes[axis].n);
}

static double value_of(const struct sinter_axis *axis, int i, enum sinter_dimension dimension)
{
    double value = (double)NAN;
    sinter_quantity_parse(axis->values[i], dimension, (struct sinter_location){NULL, 0, 0}, NULL, &value);
    return value;
}

static const char *title_of(enum measure measure)
{
    return measure == AREA ? "area" : measure == MEMORY ? "memory on chip" : "PEs";
}

static enum sinter_status plot(const struct dots *dots, const struct sinter_explore_front *front,
                               const struct sinter_style *style, struct sinter_arena *arena, struct sinter_text *out)
{
    enum measure measure;
    enum sinter_dimension dimension = SINTER_COUNT;
    int axis = choose(dots, &measure, &dimension);
    if (axis < 0 && measure == N_MEASURES)
        return SINTER_OK;
    struct plot_point *points = sinter_arena_alloc(arena, (size_t)dots->n, sizeof *points);
    if (points == NULL)
        return SINTER_NO_MEMORY;
    for (int64_t i = 0; i < dots->n; i++) {
        const struct dot *dot = &dots->items[i];
        points[i].y = dot->seconds;
        points[i].x =
            axis < 0 ? dot->measures[measure]
                     : value_of(&dots->experiment->axes[axis], coordinate(dots->experiment, dot->index, axis), dimension);
        bool is_on_front = i >= dots->n - front->n;
        points[i].mark = dot->index == front->best ? PLOT_BEST : is_on_front ? PLOT_FRONT : PLOT_OTHER;
    }
    struct plot_scatter scatter = {.x = {axis < 0 ? title_of(measure) : dots->experiment->axes[axis].field, dimension},
                                   .y = {"latency", SINTER_TIME},
                                   .names = {"another one", "nothing beats it", "recommended"},
                                   .n_points = dots->n,
                                   .points = points};
    struct sinter_text drawn = {.allocator = out->allocator};
    if (plot_scatter_draw(&scatter, style, &drawn)) {
        append_title(out, style, "Accelerators that fit all workloads");
        sinter_text_append(out, sinter_text_data(&drawn));
        if (dots->stride > 1)
            sinter_text_printf(out, "  one of every %s is shown, and all that nothing beats\n",
                               show_integer(dots->stride).text);
    }
    out->failed = out->failed || drawn.failed;
    sinter_text_free(&drawn);
    return text_status(out);
}

enum sinter_status explore_plot(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                const struct sinter_style *style, struct sinter_diagnostics *diags, struct sinter_text *out)
{
    if (style->plots == SINTER_PLOTS_NONE || front->n_fit < 2)
        return SINTER_OK;
    struct dots dots = {.n = 0};
    struct sinter_arena *arena = sinter_arena_new(out->allocator);
    enum sinter_status status = arena == NULL ? SINTER_NO_MEMORY : collect(exploration, front, arena, diags, &dots);
    if (status == SINTER_OK)
        status = plot(&dots, front, style, arena, out);
    sinter_arena_free(arena);
    return status;
}
