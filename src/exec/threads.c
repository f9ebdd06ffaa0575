/* threads.c: the iterations of an outermost loop shared among threads, where none needs another.
 * SPDX-License-Identifier: MIT
 *
 * Every thread is an executor of its own, with memories of its own, and walks through the whole program: what stands outside the
 * loop it does for itself (one of them counts it), of the iterations it does its share. Groups follow each other.
 */
#include <pthread.h>

#include "exec/executor.h"

struct share {
    const struct sinter_plan *plan;
    int n;      /* threads */
    int *loops; /* by group: the loop that is shared, -1: one thread does it all */
    pthread_mutex_t start;
    pthread_barrier_t next_group;
};

struct worker {
    struct share *share;
    struct executor *executor;
    pthread_t thread;
    int index;
};

/* ---- which loops ----------------------------------------------------------------------------------------------------------- */

/* Does anything in the loop depend on other iterations, or write to a byte that another one writes to? */
static bool is_apart(const struct sinter_plan *plan, int loop)
{
    const struct sinter_plan_node *node = &plan->nodes[loop];
    for (int i = 0; i < plan->n_tiles; i++) {
        const struct sinter_tile *tile = &plan->tiles[i];
        const struct sinter_tensor *t = &plan->cascade->tensors[tile->tensor];
        if (plan->nodes[tile->leaf].group != node->group)
            continue;
        bool is_outside = tile->body < loop || tile->body >= node->end;
        bool is_written = tile->is_produced || tile->kind == SINTER_TILE_CARRY;
        if ((is_outside && is_written && tile->kind != SINTER_TILE_STREAM) || (tile->is_window && tile->body == loop) ||
            (is_written && (t->type.bits % 8 != 0 || t->look_back_rank == node->rank ||
                            (t->state >= 0 && plan->cascade->tensors[t->state].type.bits % 8 != 0))))
            return false;
    }
    for (int i = loop; i < node->end; i++)
        for (int m = 0; m < plan->nodes[i].n_members; m++)
            if ((plan->cascade->einsums[plan->members[plan->nodes[i].first_member + m]].reduced_ranks >> node->rank & 1) !=
                0)
                return false;
    return true;
}

/* The only child of a group, if it is such a loop. */
static int shared_loop(const struct sinter_plan *plan, int group)
{
    int node = plan->groups[group].node, child = node + 1;
    bool is_only = child < plan->nodes[node].end && plan->nodes[child].end == plan->nodes[node].end;
    return is_only && plan->nodes[child].kind == SINTER_LOOP && is_apart(plan, child) ? child : -1;
}

/* ---- working --------------------------------------------------------------------------------------------------------------- */

static int64_t first_of(const struct worker *worker, int64_t total, int index)
{
    return total / worker->share->n * index + total % worker->share->n * index / worker->share->n;
}

/* At the start of an iteration: is it this thread's? Others are left out as far as the program allows. */
static bool takes(struct worker *worker, int loop, int64_t *iteration)
{
    int64_t total = worker->share->plan->nodes[loop].pieces;
    int64_t first = first_of(worker, total, worker->index), end = first_of(worker, total, worker->index + 1), leap = 0;
    ++*iteration;
    if (*iteration >= first && *iteration < end)
        return true;
    if (*iteration < first)
        leap = first - *iteration;
    else if (*iteration < total - 1)
        leap = total - 1 - *iteration;
    if (leap > 0)
        sinter_program_skip(worker->executor->program, loop, leap);
    *iteration += leap > 0 ? leap - 1 : 0;
    return false;
}

static void work(struct worker *worker)
{
    struct executor *executor = worker->executor;
    const struct sinter_plan *plan = worker->share->plan;
    struct sinter_step step;
    int group = -1, loop = -1;
    int64_t iteration = -1;
    bool is_mine = false;
    while (sinter_program_step(executor->program, &step)) {
        for (; group < step.group; group++)
            if (group >= 0 && worker->share->n > 1)
                pthread_barrier_wait(&worker->share->next_group);
        if (loop != worker->share->loops[group])
            iteration = -1;
        loop = worker->share->loops[group];
        if (loop >= 0 && step.loop == loop) {
            is_mine = takes(worker, loop, &iteration);
            if (!is_mine)
                continue;
        }
        for (int i = 0; i < step.n; i++) {
            const struct sinter_command *command = &step.commands[i];
            bool is_common = loop >= 0 && command->tile >= 0 && plan->tiles[command->tile].body < loop;
            executor->is_counted = !is_common || worker->index == 0;
            if (loop < 0 ? worker->index == 0 : is_common || is_mine)
                executor_do(executor, command);
        }
    }
    executor_finish(executor);
}

static void *begin(void *context)
{
    struct worker *worker = context;
    pthread_mutex_lock(&worker->share->start);
    pthread_mutex_unlock(&worker->share->start);
    if (worker->index < worker->share->n)
        work(worker);
    return NULL;
}

/* What the others have done joins what the first one did. */
static void add_up(struct executor *sum, const struct executor *more)
{
    struct sinter_execution *all = sum->execution, *part = more->execution;
    all->n_commands += part->n_commands;
    all->n_loads += part->n_loads;
    all->n_computes += part->n_computes;
    all->n_stores += part->n_stores;
    all->n_frees += part->n_frees;
    for (int t = 0; t < sum->cascade->n_tensors; t++) {
        all->traffic[t].read_bits += part->traffic[t].read_bits;
        all->traffic[t].write_bits += part->traffic[t].write_bits;
    }
    for (int m = 0; m < sum->accel->n_memories; m++) {
        all->load_bits[m] += part->load_bits[m];
        all->store_bits[m] += part->store_bits[m];
        all->peak_bits[m] = part->peak_bits[m] > all->peak_bits[m] ? part->peak_bits[m] : all->peak_bits[m];
    }
    if (more->problem[0] != '\0')
        executor_fail(sum, "%s", more->problem);
}

int threads_useful(const struct sinter_plan *plan, int n)
{
    int64_t most = 1;
    for (int g = 0; g < plan->n_groups; g++) {
        int loop = shared_loop(plan, g);
        if (loop >= 0 && plan->nodes[loop].pieces > most)
            most = plan->nodes[loop].pieces;
    }
    return n < most ? (n > 1 ? n : 1) : (int)most;
}

bool threads_run(struct executor **executors, int n)
{
    const struct sinter_plan *plan = executors[0]->plan;
    struct sinter_arena *arena = executors[0]->arena;
    struct share share = {.plan = plan, .n = 1};
    struct worker *workers = sinter_arena_alloc(arena, (size_t)n, sizeof *workers);
    share.loops = sinter_arena_alloc(arena, (size_t)plan->n_groups + 1, sizeof *share.loops);
    if (workers == NULL || share.loops == NULL || pthread_mutex_init(&share.start, NULL) != 0)
        return false;
    for (int g = 0; g < plan->n_groups; g++)
        share.loops[g] = shared_loop(plan, g);
    for (int i = 0; i < n; i++)
        workers[i] = (struct worker){.share = &share, .executor = executors[i], .index = i};
    pthread_mutex_lock(&share.start); /* nobody begins before it is known how many there are */
    while (share.n < n && pthread_create(&workers[share.n].thread, NULL, begin, &workers[share.n]) == 0)
        share.n++;
    int n_begun = share.n;
    bool has_barrier = pthread_barrier_init(&share.next_group, NULL, (unsigned)n_begun) == 0;
    share.n = has_barrier ? n_begun : 1;
    pthread_mutex_unlock(&share.start);
    work(&workers[0]);
    for (int i = 1; i < n_begun; i++) {
        pthread_join(workers[i].thread, NULL);
        add_up(executors[0], executors[i]);
    }
    if (has_barrier)
        pthread_barrier_destroy(&share.next_group);
    pthread_mutex_destroy(&share.start);
    return true;
}
