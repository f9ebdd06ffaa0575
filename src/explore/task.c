/* task.c: one batch of points for one workload: what the store has, and the rest.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explore/sweep.h"
#include "explore/wire.h"

enum { LEAST_BATCH = 32, MOST_BATCH = 512, WANTED_BATCHES = 4 };

/* Of a load and a strategy. */
static int64_t batches(const struct sinter_sweep *sweep)
{
    int64_t size = sinter_ceil_div(sweep->grid.n_accels, WANTED_BATCHES);
    size = size < LEAST_BATCH ? LEAST_BATCH : size > MOST_BATCH ? MOST_BATCH : size;
    return sinter_ceil_div(sweep->grid.n_accels, size);
}

/* Batches are cut evenly: their sizes differ by one at most. */
static int64_t first_place(const struct sinter_sweep *sweep, int64_t batch)
{
    return batch * sweep->grid.n_accels / batches(sweep);
}

int64_t task_points(const struct sinter_sweep *sweep, int64_t task)
{
    int64_t batch = task % batches(sweep);
    return first_place(sweep, batch + 1) - first_place(sweep, batch);
}

int64_t n_tasks(const struct sinter_sweep *sweep)
{
    return batches(sweep) * sweep->grid.n_strategies * sweep->n_loads;
}

void note_record(struct sinter_sweep *sweep, int64_t cell, const struct store_record *record)
{
    const double *values = record->values;
    bool fits = record->status == SINTER_OK;
    double least = values[VALUE_LEAST];
    memcpy(sweep->cells.keys[cell], record->key, STORE_KEY_BYTES);
    sweep->cells.statuses[cell] = (uint8_t)record->status;
    sweep->cells.cycles[cell] = fits ? values[VALUE_CYCLES] : (double)INFINITY;
    sweep->cells.joules[cell] = fits ? (float)values[VALUE_TOTAL_JOULES] : (float)INFINITY;
    sweep->cells.gaps[cell] = fits && least > 0 ? (float)(values[VALUE_VALUE] / least - 1) : (float)INFINITY;
}

/* The points of a task while it runs. */
struct batch {
    struct sinter_sweep *sweep;
    int64_t first, n; /* places */
    int load, strategy;
    int64_t indices[MOST_BATCH];
    struct sinter_accel *accels[MOST_BATCH]; /* NULL: there is none */
    struct store_record records[MOST_BATCH];
    char *schedules[MOST_BATCH];                    /* of records */
    bool is_found[MOST_BATCH], is_done[MOST_BATCH]; /* in the store before; computed now */
};

static enum sinter_status keep_schedule(struct batch *batch, int i)
{
    const char *text = batch->records[i].schedule;
    if (text == NULL)
        return SINTER_OK;
    size_t bytes = strlen(text) + 1;
    batch->schedules[i] = sinter_allocate(batch->sweep->allocator, bytes, 1);
    if (batch->schedules[i] == NULL)
        return SINTER_NO_MEMORY;
    memcpy(batch->schedules[i], text, bytes);
    batch->records[i].schedule = batch->schedules[i];
    return SINTER_OK;
}

/* Accelerators and keys. */
static enum sinter_status build_points(struct batch *batch)
{
    struct sinter_sweep *sweep = batch->sweep;
    for (int i = 0; i < batch->n; i++) {
        batch->indices[i] = grid_index_of_place(&sweep->grid, batch->first + i);
        enum sinter_status status = grid_accel(&sweep->grid, batch->indices[i], sweep->allocator, NULL, &batch->accels[i]);
        if (status == SINTER_NO_MEMORY)
            return status;
        struct machine *machine = &sweep->machines[batch->indices[i]];
        struct machine described = {.is_known = true, .is_built = false};
        if (status == SINTER_OK) {
            if (key_of(&sweep->loads[batch->load], batch->strategy, batch->accels[i], sweep->allocator,
                       batch->records[i].key) != SINTER_OK)
                return SINTER_NO_MEMORY;
            describe_machine(batch->accels[i], &described);
        }
        pthread_mutex_lock(&sweep->lock); /* another workload may be at the same point */
        *machine = described;
        pthread_mutex_unlock(&sweep->lock);
    }
    return SINTER_OK;
}

enum sinter_status batch_find(struct batch *batch)
{
    enum sinter_status status = SINTER_OK;
    pthread_mutex_lock(&batch->sweep->lock);
    for (int i = 0; i < batch->n && status == SINTER_OK; i++) {
        if (batch->accels[i] == NULL)
            continue;
        status = store_find(batch->sweep->store, batch->records[i].key, &batch->records[i], &batch->is_found[i]);
        if (status == SINTER_OK && batch->is_found[i])
            status = keep_schedule(batch, i);
    }
    pthread_mutex_unlock(&batch->sweep->lock);
    return status;
}

bool batch_has_all(const struct batch *batch)
{
    for (int i = 0; i < batch->n; i++)
        if (batch->accels[i] != NULL && !batch->is_found[i])
            return false;
    return true;
}

/* Points that were searched early did not know what the later ones found. */
static enum sinter_status settle_points(struct batch *batch, struct bench *bench)
{
    enum sinter_status status = SINTER_OK;
    for (int i = (int)batch->n - 1; i >= 0 && status == SINTER_OK; i--) {
        bool is_better = false;
        if (!batch->is_done[i])
            continue;
        status = bench_settle(bench, batch->accels[i], &batch->records[i], &is_better);
        if (status == SINTER_OK && is_better) {
            sinter_release(batch->sweep->allocator, batch->schedules[i]);
            batch->schedules[i] = NULL;
            status = keep_schedule(batch, i);
        }
    }
    return status;
}

enum sinter_status batch_compute(struct batch *batch, const volatile sig_atomic_t *stop, bool *is_whole)
{
    struct sinter_sweep *sweep = batch->sweep;
    struct bench *bench = NULL;
    enum sinter_status status = bench_new(sweep->experiment, &sweep->loads[batch->load],
                                          grid_strategy(&sweep->grid, batch->strategy), sweep->allocator, NULL, &bench);
    *is_whole = true;
    for (int i = 0; i < batch->n && status == SINTER_OK && *is_whole; i++) {
        if (batch->accels[i] == NULL)
            continue;
        if (batch->is_found[i]) {
            status = bench_learn(bench, batch->accels[i], &batch->records[i]);
            continue;
        }
        *is_whole = stop == NULL || !__atomic_load_n(stop, __ATOMIC_RELAXED); /* by a signal, or another thread */
        if (*is_whole)
            status = bench_compute(bench, batch->accels[i], closeness(sweep->experiment), &batch->records[i]);
        if (*is_whole && status == SINTER_OK)
            status = keep_schedule(batch, i);
        batch->is_done[i] = *is_whole && status == SINTER_OK;
    }
    if (status == SINTER_OK) /* what is done by then is a result, even if it was stopped */
        status = settle_points(batch, bench);
    bench_free(bench);
    return status;
}

/* One transaction. */
static enum sinter_status put_points(struct batch *batch, struct task_counts *counts)
{
    struct sinter_sweep *sweep = batch->sweep;
    struct store_record *fresh = sinter_allocate(sweep->allocator, MOST_BATCH, sizeof *fresh);
    int n = 0;
    if (fresh == NULL)
        return SINTER_NO_MEMORY;
    for (int i = 0; i < batch->n; i++)
        if (batch->is_done[i])
            fresh[n++] = batch->records[i];
    enum sinter_status status = n > 0 ? store_put(sweep->store, fresh, n) : SINTER_OK;
    sinter_release(sweep->allocator, fresh);
    counts->n_computed += n;
    return status;
}

static void note_points(struct batch *batch, struct task_counts *counts)
{
    struct sinter_sweep *sweep = batch->sweep;
    for (int i = 0; i < batch->n; i++) {
        if (batch->accels[i] == NULL)
            counts->n_unbuilt++;
        else if (batch->is_found[i] || batch->is_done[i])
            note_record(sweep, batch->load * sweep->grid.n_points + batch->indices[i], &batch->records[i]);
        counts->n_found += batch->is_found[i];
    }
}

enum sinter_status batch_put(struct batch *batch, struct task_counts *counts)
{
    pthread_mutex_lock(&batch->sweep->lock);
    enum sinter_status status = put_points(batch, counts);
    if (status == SINTER_OK)
        note_points(batch, counts);
    pthread_mutex_unlock(&batch->sweep->lock);
    return status;
}

void batch_free(struct batch *batch)
{
    if (batch == NULL)
        return;
    for (int i = 0; i < batch->n; i++) {
        sinter_accel_free(batch->accels[i]);
        sinter_release(batch->sweep->allocator, batch->schedules[i]);
    }
    sinter_release(batch->sweep->allocator, batch);
}

enum sinter_status batch_new(struct sinter_sweep *sweep, int64_t task, struct batch **out)
{
    struct batch *batch = sinter_allocate(sweep->allocator, 1, sizeof *batch);
    *out = NULL;
    if (batch == NULL)
        return SINTER_NO_MEMORY;
    batch->sweep = sweep;
    int64_t n_batches = batches(sweep);
    batch->load = (int)(task / n_batches / sweep->grid.n_strategies);
    batch->strategy = (int)(task / n_batches % sweep->grid.n_strategies);
    batch->first = batch->strategy * sweep->grid.n_accels + first_place(sweep, task % n_batches);
    batch->n = task_points(sweep, task);
    enum sinter_status status = build_points(batch);
    if (status == SINTER_OK)
        *out = batch;
    else
        batch_free(batch);
    return status;
}

enum sinter_status run_task(struct sinter_sweep *sweep, int64_t task, const volatile sig_atomic_t *stop, bool is_readonly,
                            struct task_counts *counts)
{
    struct batch *batch = NULL;
    bool is_whole = true;
    enum sinter_status status = batch_new(sweep, task, &batch);
    if (status == SINTER_OK)
        status = batch_find(batch);
    if (status == SINTER_OK && !is_readonly && !batch_has_all(batch))
        status = batch_compute(batch, stop, &is_whole);
    if (!is_whole && sweep->is_in_team) /* what goes on from here is the same for any number of ranks */
        memset(batch->is_done, 0, sizeof batch->is_done);
    if (status == SINTER_OK)
        status = batch_put(batch, counts);
    batch_free(batch);
    return status;
}

/* ---- records on their way between ranks --------------------------------------------------------------------------------- */

/* A record: place in the batch, 4 bytes; status, 4; key, 16; values, 8 each; length of the schedule plus 1 (0: none), 4; the
 * schedule. Numbers as in wire.h. */

void batch_write(const struct batch *batch, bool is_fresh, struct sinter_text *out)
{
    for (int i = 0; i < batch->n; i++) {
        const struct store_record *record = &batch->records[i];
        size_t length = record->schedule == NULL ? 0 : strlen(record->schedule);
        if (batch->accels[i] == NULL || batch->is_found[i] == is_fresh)
            continue;
        wire_put(out, (uint64_t)i, 4);
        wire_put(out, (uint64_t)record->status, 4);
        sinter_text_append_n(out, (const char *)record->key, STORE_KEY_BYTES);
        for (int v = 0; v < STORE_N_VALUES; v++)
            wire_put_double(out, record->values[v]);
        wire_put(out, record->schedule == NULL ? 0 : length + 1, 4);
        if (length > 0)
            sinter_text_append_n(out, record->schedule, length);
    }
}

static enum sinter_status read_one(struct batch *batch, struct wire *in, bool *is_read)
{
    uint64_t i = wire_take(in, 4);
    uint64_t record_status = wire_take(in, 4);
    const char *key = wire_take_bytes(in, STORE_KEY_BYTES);
    if (in->failed || i >= (uint64_t)batch->n || batch->accels[i] == NULL || is_read[i] || batch->is_found[i] ||
        (record_status != SINTER_OK && record_status != SINTER_INFEASIBLE) ||
        memcmp(key, batch->records[i].key, STORE_KEY_BYTES) != 0)
        return SINTER_BAD_INPUT;
    struct store_record *record = &batch->records[i];
    record->status = (int)record_status;
    for (int v = 0; v < STORE_N_VALUES; v++)
        record->values[v] = wire_take_double(in);
    size_t length = (size_t)wire_take(in, 4);
    const char *schedule = length == 0 ? NULL : wire_take_bytes(in, length - 1);
    if (in->failed)
        return SINTER_BAD_INPUT;
    record->schedule = NULL;
    if (schedule != NULL) {
        batch->schedules[i] = sinter_allocate(batch->sweep->allocator, length, 1);
        if (batch->schedules[i] == NULL)
            return SINTER_NO_MEMORY;
        memcpy(batch->schedules[i], schedule, length - 1); /* its NUL is there: allocated memory is zeroed */
        record->schedule = batch->schedules[i];
    }
    is_read[i] = true;
    return SINTER_OK;
}

enum sinter_status batch_read(struct batch *batch, bool is_fresh, struct wire *in)
{
    bool is_read[MOST_BATCH] = {false};
    enum sinter_status status = SINTER_OK;
    while (status == SINTER_OK && in->n_left > 0)
        status = read_one(batch, in, is_read);
    for (int i = 0; i < batch->n && status == SINTER_OK; i++) {
        if (!is_fresh)
            batch->is_found[i] = is_read[i];
        else if (batch->accels[i] != NULL && !batch->is_found[i] && !is_read[i])
            status = SINTER_BAD_INPUT;
        else
            batch->is_done[i] = is_read[i];
    }
    return status;
}
