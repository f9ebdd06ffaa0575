/* pareto.c: schedules of which none is better than another one in latency, memory, DRAM traffic and energy together.
 * SPDX-License-Identifier: MIT
 */
#include "search/atlas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sinter/sim.h"

enum { MOST_MEMBERS = 256, MOST_STEPS = 32, MOST_PRICED_EACH = 10000 };

static bool is_no_worse(const struct sinter_front_member *a, const struct sinter_front_member *b)
{
    return a->cycles <= b->cycles && a->peak_bytes <= b->peak_bytes && a->dram_bytes <= b->dram_bytes &&
           a->joules <= b->joules;
}

/* The accelerator as it is: members are priced on that, whatever memory they were searched for. */
struct whole {
    const struct sinter_schedule *like;
    struct sinter_plan *plan;
    struct sinter_schedule schedule;
    struct sinter_einsum_cost *einsums;
};

static enum sinter_status price_member(struct whole *whole, double compute_joules, struct sinter_front_member *member)
{
    const struct sinter_plan *plan = whole->plan;
    struct sinter_cost cost = {.einsums = whole->einsums};
    struct sinter_timing *timing = NULL;
    enum sinter_status status = sinter_plan_resolve(whole->plan, &whole->schedule, NULL);
    if (status != SINTER_OK)
        return status;
    sinter_cost_evaluate(plan, &cost);
    status = sinter_simulate(plan, whole->einsums, NULL, whole->like->allocator, NULL, &timing);
    if (status != SINTER_OK)
        return status;
    double bits = (double)plan->dram_read_bits + (double)plan->dram_write_bits, peak = 0;
    for (int m = 1; m < plan->accel->n_memories; m++)
        peak += ceil((double)plan->peak_bits[m] / 8);
    *member = (struct sinter_front_member){.cycles = timing->is_complete ? timing->cycles : cost.cycles,
                                           .bound_cycles = cost.cycles,
                                           .joules = compute_joules + bits * plan->accel->memories[0].pj_per_bit * 1e-12,
                                           .dram_bytes = ceil(bits / 8),
                                           .peak_bytes = peak};
    sinter_timing_free(timing);
    return SINTER_OK;
}

static enum sinter_status add_member(struct sinter_front *front, struct whole *whole, struct solver *solver, int n,
                                     double compute_joules)
{
    struct sinter_front_member member;
    struct sinter_text text = {.allocator = solver->allocator};
    int n_kept = 0;
    sinter_schedule_clear(&whole->schedule);
    for (int i = 0; i < n; i++)
        append_tree(&solver->graph.edges[solver->path[i]].tree, &whole->schedule);
    enum sinter_status status = price_member(whole, compute_joules, &member);
    if (status != SINTER_OK)
        return status == SINTER_NO_MEMORY ? sinter_out_of_memory(solver->diags) : status;
    for (int i = 0; i < front->n; i++)
        if (is_no_worse(&front->members[i], &member))
            return SINTER_OK;
    for (int i = 0; i < front->n; i++)
        if (!is_no_worse(&member, &front->members[i]))
            front->members[n_kept++] = front->members[i];
    front->n = n_kept;
    if (n_kept == MOST_MEMBERS)
        return SINTER_OK;
    sinter_schedule_print(&whole->schedule, &text);
    member.schedule = text.failed ? NULL : sinter_arena_copy(front->arena, sinter_text_data(&text), text.length);
    sinter_text_free(&text);
    if (member.schedule == NULL)
        return sinter_out_of_memory(solver->diags);
    front->members[front->n++] = member;
    return SINTER_OK;
}

/* The best by latency, by traffic, and by two weights between. *peak: of the first. */
static enum sinter_status search_memory(struct sinter_front *front, struct whole *whole, struct solver *solver, double *peak)
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
            status = add_member(front, whole, solver, n, compute_joules);
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

static double room_of(const struct sinter_accel *accel)
{
    double room = 0;
    for (int m = 1; m < accel->n_memories; m++)
        room += 8 * accel->memories[m].capacity_bytes;
    return room;
}

/* One memory after the other: nothing changes down to the peak of what is best, then a fifth less each time. */
static enum sinter_status walk_memories(struct sinter_front *front, struct whole *whole,
                                        const struct sinter_search_options *asked, struct sinter_diagnostics *diags)
{
    const struct sinter_schedule *like = whole->like;
    struct sinter_search_options options = *asked;
    enum sinter_status status = SINTER_OK;
    struct sinter_accel largest = *like->accel;
    struct atlas atlas;
    double fraction = 1, room = room_of(&largest);
    options.most_priced = options.most_priced > 0 ? options.most_priced : MOST_PRICED_EACH;
    atlas_init(&atlas, front->arena);
    for (int step = 0; step < MOST_STEPS && status == SINTER_OK; step++) {
        struct solver solver;
        struct sinter_accel accel = largest;
        struct sinter_schedule smaller = *like;
        double peak = 0;
        for (int m = 1; m < largest.n_memories; m++)
            accel.memories[m].capacity_bytes = floor(largest.memories[m].capacity_bytes * fraction);
        smaller.accel = &accel;
        status = solver_open(&solver, &smaller, &options, step == 0 ? diags : NULL);
        struct weights fast = latency_weights(&solver);
        if (status == SINTER_OK)
            status = atlas_teach(&atlas, &solver, &fast);
        if (status == SINTER_OK)
            status = search_memory(front, whole, &solver, &peak);
        if (status == SINTER_OK)
            status = atlas_learn(&atlas, &solver, true, NULL, 0);
        front->n_searches++;
        front->n_priced += solver.mappers[0].n_priced + solver.mappers[1].n_priced;
        solver_close(&solver);
        if (status == SINTER_INFEASIBLE && front->n > 0) {
            status = SINTER_OK;
            break;
        }
        if (!isfinite(room)) { /* what is unlimited is so large as all that is on chip now */
            for (int m = 1; m < largest.n_memories; m++)
                if (!isfinite(largest.memories[m].capacity_bytes))
                    largest.memories[m].capacity_bytes = ceil(peak / 8);
            room = room_of(&largest);
        }
        fraction = peak / room < 0.8 * fraction ? (peak - 1) / room : 0.8 * fraction;
        if (fraction * room < 8)
            break;
    }
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
    struct whole whole = {.like = like};
    sinter_schedule_init(&whole.schedule, like->cascade, like->accel, like->allocator);
    whole.einsums = sinter_arena_alloc(arena, (size_t)like->cascade->n_einsums, sizeof *whole.einsums);
    enum sinter_status status = whole.einsums == NULL
                                    ? SINTER_NO_MEMORY
                                    : sinter_plan_new(like->cascade, like->accel, like->allocator, diags, &whole.plan);
    if (status == SINTER_OK)
        status = walk_memories(front, &whole, options != NULL ? options : &defaults, diags);
    sinter_plan_free(whole.plan);
    sinter_schedule_free(&whole.schedule);
    if (status == SINTER_INFEASIBLE)
        sinter_report(diags, SINTER_ERROR, (struct sinter_location){NULL, 0, 0},
                      "give the accelerator more memory, or the search more time", "no schedule was found that fits");
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
