/* pareto.c: schedules of which none is better than another one in latency, memory, DRAM traffic and energy together.
 * SPDX-License-Identifier: MIT
 */
#include "search/solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MEMBERS = 256, MOST_STEPS = 32 };

static bool is_no_worse(const struct sinter_front_member *a, const struct sinter_front_member *b)
{
    return a->cycles <= b->cycles && a->peak_bytes <= b->peak_bytes && a->dram_bytes <= b->dram_bytes &&
           a->joules <= b->joules;
}

static enum sinter_status add_member(struct sinter_front *front, struct solver *solver, int n, double compute_joules)
{
    struct outcome outcome = sum_up(solver, solver->path, n, compute_joules);
    struct sinter_front_member member = {.cycles = outcome.cycles,
                                         .bound_cycles = outcome.bound_cycles,
                                         .joules = outcome.joules,
                                         .dram_bytes = ceil(outcome.bits / 8),
                                         .peak_bytes = ceil(outcome.peak_bits / 8)};
    struct sinter_schedule schedule;
    struct sinter_text text = {.allocator = solver->allocator};
    int n_kept = 0;
    for (int i = 0; i < front->n; i++)
        if (is_no_worse(&front->members[i], &member))
            return SINTER_OK;
    for (int i = 0; i < front->n; i++)
        if (!is_no_worse(&member, &front->members[i]))
            front->members[n_kept++] = front->members[i];
    front->n = n_kept;
    if (n_kept == MOST_MEMBERS)
        return SINTER_OK;
    sinter_schedule_init(&schedule, solver->cascade, solver->accel, solver->allocator);
    for (int i = 0; i < n; i++)
        append_tree(&solver->graph.edges[solver->path[i]].tree, &schedule);
    sinter_schedule_print(&schedule, &text);
    bool failed = schedule.failed || text.failed;
    member.schedule = failed ? NULL : sinter_arena_copy(front->arena, sinter_text_data(&text), text.length);
    sinter_text_free(&text);
    sinter_schedule_free(&schedule);
    if (member.schedule == NULL)
        return sinter_out_of_memory(solver->diags);
    front->members[front->n++] = member;
    return SINTER_OK;
}

/* The best by latency, by traffic, and by two weights between. *peak: of the first. */
static enum sinter_status search_memory(struct sinter_front *front, struct solver *solver, double *peak)
{
    double compute_joules = least_compute_joules(solver);
    struct weights fast = latency_weights(solver), frugal = traffic_weights(solver);
    const struct weights between[] = {{1, 0.03 * solver->cycles_per_bit}, {1, 0.3 * solver->cycles_per_bit}};
    const struct weights *weights[] = {&fast, &between[0], &between[1], &frugal};
    for (int i = 0; i < 4; i++) {
        double least;
        int n;
        enum sinter_status status = solve(solver, weights[i], &n, &least);
        if (status == SINTER_OK && n == 0)
            return SINTER_INFEASIBLE;
        if (status == SINTER_OK)
            status = add_member(front, solver, n, compute_joules);
        if (status != SINTER_OK)
            return status;
        if (i == 0)
            *peak = sum_up(solver, solver->path, n, compute_joules).peak_bits;
    }
    return SINTER_OK;
}

static int compare_members(const void *a, const void *b)
{
    const struct sinter_front_member *x = a, *y = b;
    if (x->cycles < y->cycles || x->cycles > y->cycles)
        return x->cycles < y->cycles ? -1 : 1;
    return x->peak_bytes < y->peak_bytes ? -1 : x->peak_bytes > y->peak_bytes;
}

/* One memory after the other: nothing changes down to the peak of what is best, then a fifth less each time. */
static enum sinter_status walk_memories(struct sinter_front *front, const struct sinter_search_options *options,
                                        const struct sinter_schedule *like, struct sinter_diagnostics *diags)
{
    struct solver solvers[2] = {{.cascade = NULL}, {.cascade = NULL}};
    struct sinter_accel accels[2] = {*like->accel, *like->accel};
    enum sinter_status status = SINTER_OK;
    double fraction = 1, room = 0;
    for (int m = 1; m < like->accel->n_memories; m++)
        room += 8 * like->accel->memories[m].capacity_bytes;
    for (int step = 0; step < MOST_STEPS && status == SINTER_OK && isfinite(room); step++) {
        struct solver *solver = &solvers[step % 2], *before = &solvers[(step + 1) % 2];
        struct sinter_schedule smaller = *like;
        double peak = 0;
        accels[step % 2] = *like->accel;
        for (int m = 1; m < like->accel->n_memories; m++)
            accels[step % 2].memories[m].capacity_bytes = floor(like->accel->memories[m].capacity_bytes * fraction);
        smaller.accel = &accels[step % 2];
        solver_close(solver);
        status = solver_open(solver, &smaller, options, step == 0 ? diags : NULL);
        if (status == SINTER_OK && step > 0)
            status = solver_take(solver, before);
        if (status == SINTER_OK)
            status = search_memory(front, solver, &peak);
        front->n_searches++;
        front->n_priced += solver->mappers[0].n_priced + solver->mappers[1].n_priced;
        if (status == SINTER_INFEASIBLE && front->n > 0) {
            status = SINTER_OK;
            break;
        }
        fraction = peak / room < 0.8 * fraction ? (peak - 1) / room : 0.8 * fraction;
        if (fraction < 1e-4)
            break;
    }
    solver_close(&solvers[0]);
    solver_close(&solvers[1]);
    return status;
}

enum sinter_status sinter_search_front(const struct sinter_search_options *options, const struct sinter_schedule *like,
                                       struct sinter_diagnostics *diags, struct sinter_front **out)
{
    static const struct sinter_search_options defaults = {0};
    struct timespec begin, end;
    struct sinter_arena *arena = sinter_arena_new(like->allocator);
    struct sinter_front *front = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *front);
    *out = NULL;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (front != NULL) {
        *front = (struct sinter_front){.arena = arena};
        front->members = sinter_arena_alloc(arena, MOST_MEMBERS, sizeof *front->members);
    }
    if (front == NULL || front->members == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    enum sinter_status status = walk_memories(front, options != NULL ? options : &defaults, like, diags);
    if (status == SINTER_INFEASIBLE)
        sinter_report(diags, SINTER_ERROR, (struct sinter_location){NULL, 0, 0}, "give the accelerator more memory",
                      "no schedule was found that fits");
    if (status != SINTER_OK) {
        sinter_front_free(front);
        return status == SINTER_NO_MEMORY ? sinter_out_of_memory(diags) : status;
    }
    qsort(front->members, (size_t)front->n, sizeof *front->members, compare_members);
    clock_gettime(CLOCK_MONOTONIC, &end);
    front->seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    *out = front;
    return SINTER_OK;
}

void sinter_front_free(struct sinter_front *front)
{
    if (front != NULL)
        sinter_arena_free(front->arena);
}
