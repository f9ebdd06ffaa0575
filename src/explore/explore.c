/* explore.c: a sweep from its experiment to its points.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "explore/fingerprint.h"
#include "explore/team.h"

enum { MOST_THREADS = 256 };

/* ---- opening ----------------------------------------------------------------------------------------------------------- */

static bool reserve_cells(struct sinter_sweep *sweep)
{
    int64_t n_cells;
    if (!sinter_multiply(sweep->grid.n_points, sweep->n_loads, &n_cells))
        return false;
    size_t n = (size_t)n_cells;
    sweep->machines = sinter_arena_alloc(sweep->arena, (size_t)sweep->grid.n_points, sizeof *sweep->machines);
    sweep->cells.keys = sinter_arena_alloc(sweep->arena, n, sizeof *sweep->cells.keys);
    sweep->cells.cycles = sinter_arena_alloc(sweep->arena, n, sizeof *sweep->cells.cycles);
    sweep->cells.statuses = sinter_arena_alloc(sweep->arena, n, sizeof *sweep->cells.statuses);
    sweep->cells.gaps = sinter_arena_alloc(sweep->arena, n, sizeof *sweep->cells.gaps);
    sweep->cells.joules = sinter_arena_alloc(sweep->arena, n, sizeof *sweep->cells.joules);
    if (sweep->machines == NULL || sweep->cells.keys == NULL || sweep->cells.cycles == NULL ||
        sweep->cells.statuses == NULL || sweep->cells.gaps == NULL || sweep->cells.joules == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        sweep->cells.cycles[i] = (double)INFINITY;
        sweep->cells.statuses[i] = NEVER_RUN;
        sweep->cells.gaps[i] = (float)INFINITY;
    }
    return true;
}

static enum sinter_status open_store(struct sinter_sweep *sweep, const struct sinter_explore_options *options)
{
    struct sinter_text text = {.allocator = sweep->allocator};
    uint8_t key[STORE_KEY_BYTES];
    enum sinter_status status =
        store_open(options->store, options->is_readonly, sweep->allocator, sweep->diags, &sweep->store);
    if (status != SINTER_OK || options->is_readonly)
        return status;
    sinter_experiment_print(sweep->experiment, &text);
    fingerprint(sinter_text_data(&text), text.length, key);
    status = text.failed ? sinter_out_of_memory(sweep->diags) : store_add_sweep(sweep->store, key, sinter_text_data(&text));
    sinter_text_free(&text);
    return status;
}

/* ---- running ------------------------------------------------------------------------------------------------------------ */

double seconds_since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) + 1e-9 * (double)(now.tv_nsec - begin->tv_nsec);
}

bool is_stopped(const struct sinter_explore_options *options)
{
    return options->stop != NULL && *options->stop;
}

void count_task(struct running *running, int64_t task, const struct task_counts *counts, enum sinter_status status)
{
    struct sinter_exploration *exploration = running->exploration;
    if (status != SINTER_OK && running->status == SINTER_OK)
        running->status = status;
    exploration->n_computed += counts->n_computed;
    exploration->n_found += counts->n_found;
    exploration->n_unbuilt += counts->n_unbuilt;
    running->n_done += task_points(running->sweep, task);
    if (running->options->progress == NULL)
        return;
    struct sinter_explore_progress progress = {running->n_done, running->n_all, exploration->n_found,
                                               seconds_since(&running->begin)};
    running->options->progress(running->options->context, &progress);
}

int64_t next_task(struct running *running)
{
    const struct sinter_explore_options *options = running->options;
    int64_t task = -1;
    pthread_mutex_lock(&running->sweep->lock);
    bool goes_on = running->status == SINTER_OK && !is_stopped(options);
    if (goes_on && running->n_returned > 0)
        task = running->returned[--running->n_returned];
    else if (goes_on && running->next < running->n_tasks) {
        task = running->next;
        running->next += options->n_shards > 1 ? options->n_shards : 1;
    }
    pthread_mutex_unlock(&running->sweep->lock);
    return task;
}

void work(struct running *running)
{
    for (int64_t task = next_task(running); task >= 0; task = next_task(running)) {
        struct task_counts counts = {0, 0, 0};
        enum sinter_status status =
            run_task(running->sweep, task, running->options->stop, running->options->is_readonly, &counts);
        pthread_mutex_lock(&running->sweep->lock);
        count_task(running, task, &counts, status);
        pthread_mutex_unlock(&running->sweep->lock);
    }
}

static void *work_beside(void *running)
{
    work(running);
    return NULL;
}

/* Tasks in any order, by any thread. Where no more threads can be had, those that there are do it. */
static void run_tasks(struct running *running)
{
    pthread_t threads[MOST_THREADS];
    const struct sinter_explore_options *options = running->options;
    int n = options->n_threads > 0  ? options->n_threads
            : options->team != NULL ? 1
                                    : (int)sysconf(_SC_NPROCESSORS_ONLN),
        n_started = 0;
    n = n > MOST_THREADS ? MOST_THREADS : n;
    while (n_started < n - 1 && n_started + 1 < running->n_tasks &&
           pthread_create(&threads[n_started], NULL, work_beside, running) == 0)
        n_started++;
    work(running);
    for (int i = 0; i < n_started; i++)
        pthread_join(threads[i], NULL);
}

/* Numbers for the summary, in one walk over all cells. */
static void sum_up_cells(struct sinter_exploration *exploration)
{
    const struct sinter_sweep *sweep = exploration->sweep;
    for (int64_t cell = 0; cell < exploration->n_cases; cell++) {
        exploration->n_infeasible += sweep->cells.statuses[cell] == SINTER_INFEASIBLE;
        double gap = (double)sweep->cells.gaps[cell];
        if (sweep->cells.statuses[cell] != SINTER_OK || !isfinite(gap))
            continue;
        exploration->n_searched++;
        exploration->n_proven += gap <= exploration->experiment->gap * (1 + 1e-6); /* it is a float */
        exploration->worst_gap = gap > exploration->worst_gap ? gap : exploration->worst_gap;
    }
}

static enum sinter_status run(struct sinter_exploration *exploration, const struct sinter_explore_options *options)
{
    struct running running = {.sweep = exploration->sweep, .options = options, .exploration = exploration};
    running.n_tasks = n_tasks(exploration->sweep);
    running.next = options->n_shards > 1 ? options->shard : 0;
    int64_t stride = options->n_shards > 1 ? options->n_shards : 1;
    for (int64_t task = running.next; task < running.n_tasks; task += stride)
        running.n_all += task_points(exploration->sweep, task);
    clock_gettime(CLOCK_MONOTONIC, &running.begin);
    exploration->sweep->is_in_team = options->team != NULL && options->team->n_ranks > 1;
    if (exploration->sweep->is_in_team)
        lead_team(&running);
    else
        run_tasks(&running);
    enum sinter_status status = running.status;
    if (status == SINTER_OK && options->n_shards <= 1 && !is_stopped(options))
        status = raise_points(exploration->sweep, options->is_readonly, options->stop, &exploration->n_raised);
    if (status == SINTER_OK && options->n_shards <= 1 && !is_stopped(options))
        status = find_base(exploration->sweep, options->is_readonly, exploration);
    exploration->is_stopped = is_stopped(options);
    exploration->n_asked = running.n_all;
    exploration->is_part = options->n_shards > 1;
    exploration->seconds = seconds_since(&running.begin);
    if (status == SINTER_NO_MEMORY)
        return sinter_out_of_memory(exploration->sweep->diags);
    sum_up_cells(exploration);
    return status;
}

static enum sinter_status check_shard(const struct sinter_explore_options *options, struct sinter_diagnostics *diags)
{
    if (options->n_shards > 1 && (options->shard < 0 || options->shard >= options->n_shards))
        return sinter_error(diags, (struct sinter_location){NULL, 0, 0}, NULL, "there is no shard %lld of %lld",
                            (long long)options->shard, (long long)options->n_shards);
    return SINTER_OK;
}

enum sinter_status open_sweep(const struct sinter_experiment *experiment, const struct sinter_explore_options *options,
                              const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                              struct sinter_exploration **out)
{
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_exploration *exploration = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *exploration);
    struct sinter_sweep *sweep = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *sweep);
    *out = NULL;
    if (exploration == NULL || sweep == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    *sweep = (struct sinter_sweep){.experiment = experiment, .allocator = allocator, .diags = diags, .arena = arena};
    *exploration = (struct sinter_exploration){.experiment = experiment, .sweep = sweep};
    pthread_mutex_init(&sweep->lock, NULL);
    enum sinter_status status = check_shard(options, diags);
    if (status == SINTER_OK)
        status = grid_new(experiment, arena, diags, &sweep->grid);
    if (status == SINTER_OK)
        status = grid_check(&sweep->grid, allocator, diags);
    if (status == SINTER_OK)
        status = open_loads(sweep);
    exploration->n_cases = experiment->n_points * sweep->n_loads;
    exploration->n_parts = sweep->n_loads;
    if (status == SINTER_OK && !reserve_cells(sweep))
        status = sinter_out_of_memory(diags);
    if (status == SINTER_OK)
        *out = exploration;
    else
        sinter_exploration_free(exploration);
    return status;
}

enum sinter_status sinter_explore_run(const struct sinter_experiment *experiment, const struct sinter_explore_options *asked,
                                      const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                      struct sinter_exploration **out)
{
    static const struct sinter_explore_options defaults = {0};
    const struct sinter_explore_options *options = asked != NULL ? asked : &defaults;
    struct sinter_exploration *exploration = NULL;
    *out = NULL;
    enum sinter_status status = open_sweep(experiment, options, allocator, diags, &exploration);
    if (status == SINTER_OK)
        status = open_store(exploration->sweep, options);
    if (status == SINTER_OK)
        status = run(exploration, options);
    if (status == SINTER_OK)
        *out = exploration;
    else
        sinter_exploration_free(exploration);
    return status;
}

void sinter_exploration_free(struct sinter_exploration *exploration)
{
    if (exploration == NULL)
        return;
    struct sinter_sweep *sweep = exploration->sweep;
    for (int w = 0; w < SINTER_MAX_WORKLOADS; w++) {
        sinter_model_free(sweep->models[w]);
        sinter_text_free(&sweep->schedules[w]);
    }
    store_close(sweep->store);
    pthread_mutex_destroy(&sweep->lock);
    sinter_arena_free(sweep->arena);
}
