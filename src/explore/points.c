/* points.c: what a sweep knows of a point, and which points nothing beats.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explore/sweep.h"

void add_record(struct sinter_explored *one, const struct store_record *record, double count, bool is_block)
{
    const double *values = record->values;
    double before = one->cycles;
    if (record->status != SINTER_OK)
        one->status = (enum sinter_status)record->status;
    one->cycles += count * values[VALUE_CYCLES];
    one->bound_cycles += count * values[VALUE_BOUND];
    one->least += count * values[VALUE_LEAST];
    one->value += count * values[VALUE_VALUE];
    one->joules += count * values[VALUE_JOULES];
    one->total_joules += count * values[VALUE_TOTAL_JOULES];
    one->dram_bytes += count * values[VALUE_DRAM_BYTES];
    one->peak_bytes = fmax(one->peak_bytes, values[VALUE_PEAK_BYTES]);
    one->compute_cycles += count * values[VALUE_COMPUTE_CYCLES];
    one->dram_cycles += count * values[VALUE_DRAM_CYCLES];
    if (one->cycles > 0)
        one->utilization =
            (one->utilization * before + count * values[VALUE_UTILIZATION] * values[VALUE_CYCLES]) / one->cycles;
    if (is_block)
        one->schedule = record->schedule;
}

/* Products of latency and energy do not add up: of a whole model no bound is known. */
static void finish_workload(const struct sinter_experiment *experiment, const struct sinter_model *model, double hz,
                            struct sinter_explored *one)
{
    if (one->status != SINTER_OK) {
        *one = (struct sinter_explored){.is_known = one->is_known, .status = one->status};
        return;
    }
    one->seconds = one->cycles / hz;
    double tokens = (double)model->batch * (model->phase == SINTER_DECODE ? 1 : (double)model->tokens);
    if (experiment->is_whole && model->config.layers > 0 && one->seconds > 0)
        one->tokens_per_second = tokens / one->seconds;
    if (experiment->is_whole && model->n_parts > 1 && experiment->objective == SINTER_LEAST_EDP) {
        one->value = one->joules * one->bound_cycles / hz;
        one->least = 0;
    }
}

/* Weighted geometric means: no length outweighs the others because it takes longer. */
static void take_means(const struct sinter_experiment *experiment, struct sinter_explore_point *point)
{
    double weights = 0, seconds = 0, joules = 0;
    for (int w = 0; w < experiment->n_workloads; w++) {
        double weight = experiment->workloads[w].weight;
        weights += weight;
        seconds += weight * log(point->workloads[w].cycles / point->hz);
        joules += weight * log(point->workloads[w].total_joules);
    }
    point->seconds = exp(seconds / weights);
    point->joules = exp(joules / weights);
}

void sum_up_point(const struct sinter_sweep *sweep, struct sinter_explore_point *point)
{
    const struct sinter_experiment *experiment = sweep->experiment;
    point->is_complete = point->fits = point->is_in_time = true;
    for (int w = 0; w < experiment->n_workloads; w++) {
        struct sinter_explored *one = &point->workloads[w];
        double limit = experiment->workloads[w].limit_seconds;
        if (!one->is_known)
            *one = (struct sinter_explored){.is_known = false};
        finish_workload(experiment, sweep->models[w], point->hz, one);
        point->is_complete &= one->is_known;
        point->fits &= one->is_known && one->status == SINTER_OK;
        point->is_in_time &= point->fits && (!(limit > 0) || one->seconds <= limit * (1 + SINTER_ROUNDING));
    }
    if (point->fits)
        take_means(experiment, point);
}

/* What the store lends is gone when it is asked again. */
static enum sinter_status keep_schedule(struct sinter_sweep *sweep, int workload, struct sinter_explored *one)
{
    struct sinter_text *text = &sweep->schedules[workload];
    if (one->schedule == NULL)
        return SINTER_OK;
    text->length = 0;
    sinter_text_append(text, one->schedule);
    one->schedule = sinter_text_data(text);
    return text->failed ? SINTER_NO_MEMORY : SINTER_OK;
}

/* A point that no task has been at: in another shard, or after the sweep was stopped. */
static enum sinter_status look_at_machine(struct sinter_sweep *sweep, int64_t index)
{
    struct sinter_accel *accel = NULL;
    if (sweep->machines[index].is_known)
        return SINTER_OK;
    enum sinter_status status = grid_accel(&sweep->grid, index, sweep->allocator, NULL, &accel);
    if (status == SINTER_NO_MEMORY)
        return status;
    sweep->machines[index] = (struct machine){.is_known = true, .is_built = false};
    if (status == SINTER_OK)
        describe_machine(accel, &sweep->machines[index]);
    sinter_accel_free(accel);
    return SINTER_OK;
}

enum sinter_status sinter_exploration_point(struct sinter_exploration *exploration, int64_t index,
                                            struct sinter_diagnostics *diags, struct sinter_explore_point *point)
{
    struct sinter_sweep *sweep = exploration->sweep;
    const struct sinter_experiment *experiment = sweep->experiment;
    const struct machine *machine = &sweep->machines[index];
    memset(point, 0, sizeof *point);
    enum sinter_status status = look_at_machine(sweep, index);
    point->index = index;
    grid_coordinates(&sweep->grid, index, point->coordinates);
    point->is_built = machine->is_built;
    point->area_mm2 = machine->area_mm2;
    point->memory_bytes = machine->memory_bytes;
    point->pes = machine->pes;
    point->hz = machine->hz;
    for (int w = 0; w < experiment->n_workloads; w++)
        point->workloads[w].is_known = machine->is_built;
    for (int l = 0; l < sweep->n_loads && status == SINTER_OK && machine->is_built; l++) {
        const struct load *load = &sweep->loads[l];
        struct sinter_explored *one = &point->workloads[load->workload];
        int64_t cell = l * sweep->grid.n_points + index;
        struct store_record record;
        bool is_found = false;
        if (sweep->cells.statuses[cell] != NEVER_RUN)
            status = store_find(sweep->store, sweep->cells.keys[cell], &record, &is_found);
        one->is_known &= is_found;
        if (status != SINTER_OK || !is_found)
            continue;
        add_record(one, &record, (double)load->count, load->is_block);
        if (load->is_block)
            status = keep_schedule(sweep, load->workload, one);
    }
    if (status == SINTER_OK && machine->is_built)
        sum_up_point(sweep, point);
    (void)diags;
    return status;
}

enum sinter_status sinter_exploration_why(struct sinter_exploration *exploration, int64_t index, struct sinter_text *out)
{
    struct sinter_accel *accel = NULL;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(exploration->sweep->allocator);
    if (diags == NULL)
        return SINTER_NO_MEMORY;
    enum sinter_status status = sinter_exploration_accel(exploration, index, diags, &accel);
    if (status == SINTER_INFEASIBLE && sinter_diagnostics_count(diags) > 0)
        sinter_text_append(out, sinter_diagnostics_at(diags, 0)->message);
    sinter_accel_free(accel);
    sinter_diagnostics_free(diags);
    return status == SINTER_NO_MEMORY || out->failed ? SINTER_NO_MEMORY : SINTER_OK;
}

enum sinter_status sinter_exploration_settings(struct sinter_exploration *exploration, int64_t index,
                                               struct sinter_text *out)
{
    return grid_settings(&exploration->sweep->grid, index, exploration->sweep->allocator, out);
}

const char *sinter_exploration_strategy(const struct sinter_exploration *exploration, int64_t index)
{
    const struct grid *grid = &exploration->sweep->grid;
    int coordinates[SINTER_MAX_AXES];
    if (grid->strategy_axis < 0)
        return grid->experiment->strategy;
    grid_coordinates(grid, index, coordinates);
    return grid->experiment->axes[grid->strategy_axis].values[coordinates[grid->strategy_axis]];
}

enum sinter_status sinter_exploration_accel(struct sinter_exploration *exploration, int64_t index,
                                            struct sinter_diagnostics *diags, struct sinter_accel **accel)
{
    return grid_accel(&exploration->sweep->grid, index, exploration->sweep->allocator, diags, accel);
}

/* ---- the front ---------------------------------------------------------------------------------------------------------- */

struct candidate {
    int64_t point;
    double seconds, joules, area, memory;
};

static bool is_no_worse(const struct candidate *a, const struct candidate *b)
{
    return a->seconds <= b->seconds && a->joules <= b->joules && a->area <= b->area && a->memory <= b->memory;
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->seconds < y->seconds || x->seconds > y->seconds)
        return x->seconds < y->seconds ? -1 : 1;
    if (x->area < y->area || x->area > y->area)
        return x->area < y->area ? -1 : 1;
    if (x->memory < y->memory || x->memory > y->memory)
        return x->memory < y->memory ? -1 : 1;
    if (x->joules < y->joules || x->joules > y->joules)
        return x->joules < y->joules ? -1 : 1;
    return x->point < y->point ? -1 : x->point > y->point;
}

/* Where limits say what is fast enough, the smallest one is wanted. */
static int compare_sizes(const struct candidate *x, const struct candidate *y)
{
    if (x->area < y->area || x->area > y->area)
        return x->area < y->area ? -1 : 1;
    return compare_candidates(x, y);
}

struct candidates {
    const struct sinter_allocator *allocator;
    int64_t n, capacity;
    struct candidate *items;
};

static bool add_candidate(struct candidates *candidates, const struct candidate *candidate)
{
    int64_t n = 0;
    for (int64_t i = 0; i < candidates->n; i++)
        if (is_no_worse(&candidates->items[i], candidate))
            return true;
    for (int64_t i = 0; i < candidates->n; i++)
        if (!is_no_worse(candidate, &candidates->items[i]))
            candidates->items[n++] = candidates->items[i];
    candidates->n = n;
    if (n == candidates->capacity) {
        int64_t capacity = 2 * n + 64;
        struct candidate *items = sinter_allocate(candidates->allocator, (size_t)capacity, sizeof *items);
        if (items == NULL)
            return false;
        if (n > 0)
            memcpy(items, candidates->items, (size_t)n * sizeof *items);
        sinter_release(candidates->allocator, candidates->items);
        candidates->items = items;
        candidates->capacity = capacity;
    }
    candidates->items[candidates->n++] = *candidate;
    return true;
}

static enum sinter_status find_candidates(struct sinter_exploration *exploration, struct sinter_diagnostics *diags,
                                          struct candidates *candidates, struct sinter_explore_front *front)
{
    struct sinter_explore_point *point = sinter_arena_alloc(front->arena, 1, sizeof *point);
    struct candidate best = {.point = -1};
    bool has_limits = false;
    for (int w = 0; w < exploration->experiment->n_workloads; w++)
        has_limits |= exploration->experiment->workloads[w].limit_seconds > 0;
    enum sinter_status status = point == NULL ? SINTER_NO_MEMORY : SINTER_OK;
    for (int64_t i = 0; i < exploration->experiment->n_points && status == SINTER_OK; i++) {
        if (!exploration->sweep->machines[i].is_known)
            continue;
        status = sinter_exploration_point(exploration, i, diags, point);
        if (status != SINTER_OK || !point->fits)
            continue;
        front->n_fit++;
        front->n_in_time += point->is_in_time;
        struct candidate one = {i, point->seconds, point->joules, point->area_mm2, point->memory_bytes};
        if (exploration->is_part || !point->is_in_time)
            continue;
        if (best.point < 0 || (has_limits ? compare_sizes(&one, &best) : compare_candidates(&one, &best)) < 0)
            best = one;
        status = add_candidate(candidates, &one) ? SINTER_OK : SINTER_NO_MEMORY;
    }
    front->best = best.point;
    return status;
}

enum sinter_status sinter_exploration_front(struct sinter_exploration *exploration, struct sinter_diagnostics *diags,
                                            struct sinter_explore_front **out)
{
    const struct sinter_allocator *allocator = exploration->sweep->allocator;
    struct candidates candidates = {.allocator = allocator};
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_explore_front *front = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *front);
    enum sinter_status status = front == NULL ? SINTER_NO_MEMORY : SINTER_OK;
    *out = NULL;
    if (front != NULL) {
        *front = (struct sinter_explore_front){.best = -1, .arena = arena};
        status = find_candidates(exploration, diags, &candidates, front);
    }
    if (status == SINTER_OK) {
        if (candidates.n > 1)
            qsort(candidates.items, (size_t)candidates.n, sizeof *candidates.items, compare_candidates);
        front->points = sinter_arena_alloc(arena, (size_t)candidates.n + 1, sizeof *front->points);
        status = front->points == NULL ? SINTER_NO_MEMORY : SINTER_OK;
    }
    for (int64_t i = 0; i < candidates.n && status == SINTER_OK; i++)
        front->points[front->n++] = candidates.items[i].point;
    sinter_release(allocator, candidates.items);
    if (status != SINTER_OK) {
        sinter_arena_free(arena);
        return status == SINTER_NO_MEMORY ? sinter_out_of_memory(diags) : status;
    }
    *out = front;
    return SINTER_OK;
}

void sinter_explore_front_free(struct sinter_explore_front *front)
{
    if (front != NULL)
        sinter_arena_free(front->arena);
}

/* ---- stores ------------------------------------------------------------------------------------------------------------- */

enum sinter_status sinter_explore_merge(const char *path, const char *other, const struct sinter_allocator *allocator,
                                        struct sinter_diagnostics *diags)
{
    struct store *store = NULL;
    enum sinter_status status = store_open(path, false, allocator, diags, &store);
    if (status == SINTER_OK)
        status = store_merge(store, other);
    store_close(store);
    return status;
}

enum sinter_status sinter_explore_stored(const char *path, int index, const struct sinter_allocator *allocator,
                                         struct sinter_diagnostics *diags, struct sinter_experiment **experiment)
{
    struct store *store = NULL;
    const char *text = NULL;
    bool is_found = false;
    *experiment = NULL;
    enum sinter_status status = store_open(path, true, allocator, diags, &store);
    if (status == SINTER_OK)
        status = store_sweeps(store, index, &text, &is_found);
    if (status == SINTER_OK && is_found)
        status = sinter_experiment_parse(path, text, strlen(text), allocator, diags, experiment);
    store_close(store);
    return status;
}
