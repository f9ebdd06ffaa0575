/* raise.c: more memory, bandwidth or PEs never hurt.
 * SPDX-License-Identifier: MIT
 *
 * A schedule that runs on an accelerator runs on one with more of something, and no slower. Where a search found less for the
 * larger one (it is proven within a gap, and ends after some effort), the larger one takes over the smaller one's schedule:
 * one that is faster there, or as fast and takes less energy. So latencies never rise along an axis.
 * What is taken over depends on the whole sweep, so it has a key of its own.
 */
#include <math.h>
#include <string.h>

#include "explore/fingerprint.h"
#include "explore/sweep.h"

/* Energy that differs by less is left as it is: a smaller memory takes a little less for the same schedule. */
#define WORTH_A_LOOK 0.99

struct raising {
    struct sinter_sweep *sweep;
    bool is_readonly;
    int load;
    struct bench *bench;
};

static void raised_key(const struct sinter_sweep *sweep, int64_t from, int64_t to, uint8_t key[STORE_KEY_BYTES])
{
    struct fingerprint fingerprint;
    fingerprint_begin(&fingerprint);
    fingerprint_add(&fingerprint, "raised", 7);
    fingerprint_add(&fingerprint, sweep->cells.keys[from], STORE_KEY_BYTES);
    fingerprint_add(&fingerprint, sweep->cells.keys[to], STORE_KEY_BYTES);
    fingerprint_end(&fingerprint, key);
}

/* May the neighbour's schedule be better here? */
static bool is_promising(const struct cells *cells, double gap, int64_t from, int64_t to)
{
    if (cells->statuses[to] == NEVER_RUN || cells->statuses[from] != SINTER_OK)
        return false;
    return cells->cycles[from] < cells->cycles[to] ||
           (cells->cycles[from] <= cells->cycles[to] * (1 + gap) &&
            (double)cells->joules[from] < WORTH_A_LOOK * (double)cells->joules[to]);
}

/* The neighbour's schedule, priced on this point's accelerator. */
static enum sinter_status price_here(struct raising *raising, int64_t from, int64_t to, struct store_record *record)
{
    struct sinter_sweep *sweep = raising->sweep;
    struct store_record source, own;
    struct sinter_accel *accel = NULL;
    struct sinter_text text = {.allocator = sweep->allocator};
    bool is_found, has_own = false;
    enum sinter_status status = store_find(sweep->store, sweep->cells.keys[from], &source, &is_found);
    if (status != SINTER_OK || !is_found || source.schedule == NULL)
        return status == SINTER_OK ? SINTER_INFEASIBLE : status;
    sinter_text_append(&text, source.schedule);
    status = store_find(sweep->store, sweep->cells.keys[to], &own, &has_own);
    if (status == SINTER_OK && raising->bench == NULL)
        status = bench_new(sweep->experiment, &sweep->loads[raising->load], "", sweep->allocator, NULL, &raising->bench);
    if (status == SINTER_OK)
        status = grid_accel(&sweep->grid, to % sweep->grid.n_points, sweep->allocator, NULL, &accel);
    if (status == SINTER_OK)
        status = text.failed ? SINTER_NO_MEMORY : bench_price(raising->bench, accel, sinter_text_data(&text), record);
    if (status == SINTER_OK) {
        record->values[VALUE_LEAST] = has_own ? own.values[VALUE_LEAST] : 0;
        switch (sweep->experiment->objective) {
        case SINTER_LEAST_ENERGY:
            record->values[VALUE_VALUE] = record->values[VALUE_JOULES];
            break;
        case SINTER_LEAST_EDP:
            record->values[VALUE_VALUE] = record->values[VALUE_JOULES] * record->values[VALUE_BOUND] / accel->hz;
            break;
        case SINTER_LEAST_DRAM:
            record->values[VALUE_VALUE] = record->values[VALUE_DRAM_BYTES];
            break;
        case SINTER_LEAST_LATENCY:
        case SINTER_LEAST_MEMORY:
            record->values[VALUE_VALUE] = record->values[VALUE_BOUND];
            break;
        }
    }
    sinter_accel_free(accel);
    sinter_text_free(&text);
    return status;
}

/* Never slower; of what is as fast, that which takes less energy, and not by what a smaller memory saves alone. */
static bool is_better_here(const struct sinter_sweep *sweep, int64_t cell, const struct store_record *record)
{
    double cycles = record->values[VALUE_CYCLES], own = sweep->cells.cycles[cell];
    return cycles < own * (1 - SINTER_ROUNDING) || (!isfinite(own) && isfinite(cycles)) ||
           (cycles <= own &&
            record->values[VALUE_TOTAL_JOULES] < (double)sweep->cells.joules[cell] * (1 - 1e-6)); /* these are floats */
}

/* *is_raised: the point at `to` has the schedule of the one at `from`. */
static enum sinter_status raise_one(struct raising *raising, int64_t from, int64_t to, bool *is_raised)
{
    struct sinter_sweep *sweep = raising->sweep;
    struct store_record record = {.status = SINTER_OK};
    bool is_found = false;
    *is_raised = false;
    raised_key(sweep, from, to, record.key);
    enum sinter_status status = store_find(sweep->store, record.key, &record, &is_found);
    if (status == SINTER_OK && !is_found && raising->is_readonly)
        return SINTER_OK;
    if (status == SINTER_OK && !is_found) {
        status = price_here(raising, from, to, &record);
        if (status == SINTER_INFEASIBLE || status == SINTER_BAD_INPUT) /* another kind of accelerator after all */
            return SINTER_OK;
        *is_raised = status == SINTER_OK && is_better_here(sweep, to, &record);
        if (*is_raised)
            status = store_put(sweep->store, &record, 1);
    }
    if (status != SINTER_OK)
        return status;
    *is_raised = is_found ? is_better_here(sweep, to, &record) : *is_raised;
    if (*is_raised)
        note_record(sweep, to, &record);
    return SINTER_OK;
}

/* Latency is what the resources of a sweep buy; a search for something else is left as it is. */
enum sinter_status raise_points(struct sinter_sweep *sweep, bool is_readonly, const volatile sig_atomic_t *stop,
                                int64_t *n_raised)
{
    enum sinter_status status = SINTER_OK;
    *n_raised = 0;
    if (sweep->experiment->objective != SINTER_LEAST_LATENCY)
        return SINTER_OK;
    for (int load = 0; load < sweep->n_loads; load++) {
        struct raising raising = {.sweep = sweep, .is_readonly = is_readonly, .load = load};
        int64_t first = load * sweep->grid.n_points;
        for (int64_t step = 0; step < sweep->grid.n_points && status == SINTER_OK && (stop == NULL || !*stop); step++) {
            int64_t index = grid_index_of_step(&sweep->grid, step), to = first + index;
            for (int axis = 0; axis < sweep->grid.n_axes && status == SINTER_OK; axis++) {
                int64_t smaller = grid_smaller(&sweep->grid, index, axis), from = first + smaller;
                bool is_raised = false;
                if (smaller < 0 || !sweep->grid.axes[axis].is_more ||
                    !is_promising(&sweep->cells, sweep->experiment->gap, from, to))
                    continue;
                status = raise_one(&raising, from, to, &is_raised);
                *n_raised += is_raised;
            }
        }
        bench_free(raising.bench);
    }
    return status;
}
