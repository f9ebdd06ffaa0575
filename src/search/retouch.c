/* retouch.c: tiles of a whole schedule, moved by simulation.
 * SPDX-License-Identifier: MIT
 *
 * The search goes by closed forms, and so do most named strategies. Where the one that was chosen is simulated to take longer
 * than the gap above the bound, its tiles are moved, one loop after the other, as long as the simulation ends earlier.
 */
#include "search/solver.h"
#include "sinter/sim.h"

#include <string.h>

enum { MOST_ROUNDS = 3, MOST_SIMULATED = 300 };

struct retouch {
    struct sinter_plan *plan;
    struct sinter_einsum_cost einsums[MOST_EINSUMS];
    struct sinter_group_cost groups[MOST_EINSUMS];
    double most;   /* closed form that is good enough */
    double cycles; /* simulated, of the best so far */
    int64_t n_simulated;
};

/* *is_better: the schedule with its tiles as they are now is. */
static enum sinter_status time_tiles(struct retouch *retouch, const struct sinter_schedule *schedule, bool *is_better)
{
    static const struct sinter_sim_options options = {.most_stepped = 1000000};
    struct sinter_cost cost = {.einsums = retouch->einsums};
    struct sinter_timing *timing = NULL;
    *is_better = false;
    enum sinter_status status = sinter_plan_resolve(retouch->plan, schedule, NULL);
    if (status != SINTER_OK)
        return status;
    sinter_cost_evaluate(retouch->plan, &cost);
    if (cost.cycles > retouch->most || cost.cycles >= retouch->cycles)
        return SINTER_OK;
    status = sinter_simulate(retouch->plan, retouch->einsums, &options, schedule->allocator, NULL, &timing);
    if (status != SINTER_OK)
        return status;
    retouch->n_simulated++;
    if (timing->is_complete && timing->cycles < retouch->cycles * (1 - 1e-6)) {
        retouch->cycles = timing->cycles;
        *is_better = true;
    }
    sinter_timing_free(timing);
    return SINTER_OK;
}

static enum sinter_status move_loop(struct retouch *retouch, struct sinter_schedule *schedule, int loop, bool *is_moved)
{
    int64_t *tile = &schedule->nodes[loop].tile, extent = schedule->cascade->ranks[schedule->nodes[loop].rank].extent;
    int64_t before = *tile;
    int64_t tiles[] = {before * 2, before / 2, before * 4, before / 4, before - before / 4, (before / 128 + 1) * 128};
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles && retouch->n_simulated < MOST_SIMULATED; i++) {
        bool is_better;
        if (tiles[i] < 1 || tiles[i] > extent || tiles[i] == before)
            continue;
        *tile = tiles[i];
        enum sinter_status status = time_tiles(retouch, schedule, &is_better);
        if (status == SINTER_NO_MEMORY)
            return status;
        if (is_better) {
            *is_moved = true;
            return SINTER_OK;
        }
        *tile = before;
    }
    return SINTER_OK;
}

/* The search's word on the schedule with its tiles of now. */
static enum sinter_status tell(struct retouch *retouch, const struct sinter_schedule *schedule, struct sinter_search *search)
{
    struct sinter_cost cost = {.groups = retouch->groups};
    enum sinter_status status = sinter_plan_resolve(retouch->plan, schedule, NULL);
    if (status != SINTER_OK)
        return status == SINTER_NO_MEMORY ? status : SINTER_INTERNAL;
    sinter_cost_evaluate(retouch->plan, &cost);
    search->n_simulated += retouch->n_simulated;
    search->simulated_cycles = retouch->cycles;
    search->value = cost.cycles;
    search->gap = search->bound > 0 ? search->value / search->bound - 1 : 0;
    struct sinter_search_path *found = &search->found;
    found->cycles = found->n > 0 ? cost.cycles : 0;
    found->simulated_cycles = found->n > 0 ? retouch->cycles : 0;
    found->bits = 0;
    for (int g = 0; g < found->n; g++) {
        const struct sinter_group_plan *group = &retouch->plan->groups[g];
        found->groups[g].cycles = retouch->groups[g].cycles;
        found->groups[g].bits = (double)group->read_bits[0] + (double)group->write_bits[0];
        found->bits += found->groups[g].bits;
    }
    return SINTER_OK;
}

enum sinter_status retouch(const struct sinter_search_options *options, struct sinter_schedule *schedule,
                           struct sinter_search *search)
{
    struct retouch retouch = {.cycles = search->simulated_cycles};
    double gap = options->gap > 0 ? options->gap : SINTER_GAP, proven = search->bound * (1 + gap);
    retouch.most = search->value > proven ? search->value : proven;
    bool is_late = options->time_limit_s > 0 && search->seconds >= options->time_limit_s;
    if (search->simulated_cycles <= proven || is_late)
        return SINTER_OK;
    enum sinter_status status =
        sinter_plan_new(schedule->cascade, schedule->accel, schedule->allocator, NULL, &retouch.plan);
    bool is_moved = true, is_other = false;
    for (int round = 0; round < MOST_ROUNDS && is_moved; round++) {
        is_moved = false;
        for (int i = 0; i < schedule->n_nodes && status == SINTER_OK; i++)
            if (schedule->nodes[i].kind == SINTER_LOOP)
                status = move_loop(&retouch, schedule, i, &is_moved);
        is_other |= is_moved;
    }
    if (status == SINTER_OK && is_other)
        status = tell(&retouch, schedule, search);
    sinter_plan_free(retouch.plan);
    return status;
}
