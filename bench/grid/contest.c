/* contest.c: all named strategies and their options against the search, all of them simulated.
 * SPDX-License-Identifier: MIT
 */
#include "contest.h"

#include "sinter/sim.h"

#include <math.h>
#include <string.h>

struct entry {
    const char *label, *name;
    struct sinter_strategy_options options;
};

/* The first N_SHOWN are the rivals that are shown. */
static const struct entry entries[] = {
    {"unfused", "unfused", {0}},
    {"fuse-all", "fuse-all", {0}},
    {"mem-aware", "mem-aware", {0}},
    {"fuse-block", "fuse-block", {0}},
    {"unfused-strict", "unfused-strict", {0}},
    {"UF", "UF", {0}},
    {"A", "A", {0}},
    {"B", "B", {0}},
    {"A-B", "A-B", {0}},
    {"AS", "AS", {0}},
    {"BS", "BS", {0}},
    {"AS-B", "AS-B", {0}},
    {"A-BS", "A-BS", {0}},
    {"All", "All", {0}},
    {"AS-B:chain", "AS-B", {.chain = true}},
    {"A-BS:chain", "A-BS", {.chain = true}},
    {"fuse-all:chain", "fuse-all", {.chain = true}},
    {"fuse-all:tile=16", "fuse-all", {.tile = 16}},
    {"fuse-all:tile=16,chain", "fuse-all", {.tile = 16, .chain = true}},
    {"fuse-all:split=16,chain", "fuse-all", {.split = 16, .chain = true}},
    {"fuse-all-spill", "fuse-all-spill", {0}},
    {"mem-aware:chain", "mem-aware", {.chain = true}},
    {"mem-aware:tile=16", "mem-aware", {.tile = 16}},
    {"mem-aware:tile=16,chain", "mem-aware", {.tile = 16, .chain = true}},
    {"mem-aware:tile=64,chain", "mem-aware", {.tile = 64, .chain = true}},
    {"fuse-block:chain", "fuse-block", {.chain = true}},
    {"fuse-block:resident", "fuse-block", {.resident = true}},
    {"fuse-block:tile=64", "fuse-block", {.tile = 64}},
    {"fuse-block:tile=64,chain", "fuse-block", {.tile = 64, .chain = true}},
    {"fuse-block:tile=256,chain", "fuse-block", {.tile = 256, .chain = true}},
    {"fuse-block:tile=64,resident", "fuse-block", {.tile = 64, .resident = true}},
};
enum { N_ENTRIES = (int)(sizeof entries / sizeof *entries) };

/* ---- one schedule ---------------------------------------------------------------------------------------------------- */

struct pricer {
    struct sinter_plan *plan;
    struct sinter_einsum_cost einsums[SINTER_MAX_EINSUMS];
};

/* What does not fit, or has too many different steps to be simulated, has no price. `enough`: a closed form above this is
 * not worth a simulation. */
static enum sinter_status price(struct pricer *pricer, const struct sinter_schedule *schedule, double enough,
                                struct price *price)
{
    static const struct sinter_sim_options options = {.most_stepped = 20000000};
    const struct sinter_plan *plan = pricer->plan;
    struct sinter_cost cost = {.einsums = pricer->einsums};
    struct sinter_timing *timing = NULL;
    *price = (struct price){.fits = false};
    enum sinter_status status = sinter_plan_resolve(pricer->plan, schedule, NULL);
    if (status != SINTER_OK)
        return status == SINTER_NO_MEMORY ? status : SINTER_OK;
    sinter_cost_evaluate(plan, &cost);
    if (cost.cycles >= enough)
        return SINTER_OK;
    status = sinter_simulate(plan, pricer->einsums, &options, NULL, NULL, &timing);
    if (status != SINTER_OK)
        return status;
    price->fits = timing->is_complete;
    price->cycles = timing->cycles;
    price->bound_cycles = cost.cycles;
    price->dram_bytes = ((double)plan->dram_read_bits + (double)plan->dram_write_bits) / 8;
    for (int m = 1; m < plan->accel->n_memories; m++)
        price->peak_bytes += (double)plan->peak_bits[m] / 8;
    sinter_timing_free(timing);
    return SINTER_OK;
}

static bool is_faster(const struct price *a, const struct price *b)
{
    return a->fits && (!b->fits || a->cycles < b->cycles);
}

/* ---- tuning by hand --------------------------------------------------------------------------------------------------- */

/* Tries other tiles in one loop; *is_moved when one was better. */
static enum sinter_status tune_loop(struct pricer *pricer, struct sinter_schedule *schedule, int loop, struct price *best,
                                    bool *is_moved)
{
    int64_t *tile = &schedule->nodes[loop].tile, extent = schedule->cascade->ranks[schedule->nodes[loop].rank].extent;
    int64_t tiles[] = {*tile * 2, *tile / 2, *tile * 4, *tile / 4, *tile - *tile / 4, (*tile / 128 + 1) * 128};
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++) {
        int64_t before = *tile;
        struct price other;
        if (tiles[i] < 1 || tiles[i] > extent || tiles[i] == before)
            continue;
        *tile = tiles[i];
        enum sinter_status status = price(pricer, schedule, best->cycles, &other);
        if (status != SINTER_OK)
            return status;
        if (is_faster(&other, best) && other.cycles < best->cycles * (1 - 1e-6)) {
            *best = other;
            *is_moved = true;
            return SINTER_OK;
        }
        *tile = before;
    }
    return SINTER_OK;
}

static enum sinter_status tune(struct pricer *pricer, struct sinter_schedule *schedule, struct price *best)
{
    enum { MOST_ROUNDS = 4 };
    enum sinter_status status = SINTER_OK;
    bool is_moved = best->fits;
    for (int round = 0; round < MOST_ROUNDS && is_moved; round++) {
        is_moved = false;
        for (int i = 0; i < schedule->n_nodes && status == SINTER_OK; i++)
            if (schedule->nodes[i].kind == SINTER_LOOP)
                status = tune_loop(pricer, schedule, i, best, &is_moved);
        if (status != SINTER_OK)
            return status;
    }
    return status;
}

/* ---- the contest ------------------------------------------------------------------------------------------------------ */

static enum sinter_status name_rivals(struct pricer *pricer, struct sinter_schedule *schedule, struct sinter_schedule *best,
                                      struct contest *contest)
{
    for (int i = 0; i < N_ENTRIES; i++) {
        struct price one = {.fits = false};
        enum sinter_status status = sinter_strategy_build(entries[i].name, &entries[i].options, schedule, NULL);
        if (status == SINTER_OK)
            status = price(pricer, schedule, (double)INFINITY, &one);
        if (status == SINTER_NO_MEMORY || status == SINTER_INTERNAL)
            return status;
        if (i < N_SHOWN)
            contest->shown[i] = one;
        if (!is_faster(&one, &contest->best_named))
            continue;
        contest->best_named = one;
        contest->best_label = entries[i].label;
        struct sinter_schedule swapped = *best;
        *best = *schedule;
        *schedule = swapped;
    }
    return SINTER_OK;
}

static enum sinter_status search(struct pricer *pricer, struct sinter_schedule *schedule, struct sinter_diagnostics *diags,
                                 struct contest *contest)
{
    enum sinter_status status = sinter_search_run(NULL, schedule, diags, &contest->search);
    contest->is_found = status == SINTER_OK;
    if (status != SINTER_OK)
        return status == SINTER_INFEASIBLE ? SINTER_OK : status;
    contest->compulsory_bytes = contest->search.dram_bytes;
    status = price(pricer, schedule, (double)INFINITY, &contest->optimal);
    contest->again = contest->optimal;
    return status == SINTER_OK ? tune(pricer, schedule, &contest->again) : status;
}

double contest_lost(const struct contest *contest)
{
    double rival = (double)INFINITY;
    if (contest->best_named.fits)
        rival = contest->best_named.cycles;
    if (contest->by_hand.fits && contest->by_hand.cycles < rival)
        rival = contest->by_hand.cycles;
    if (!isfinite(rival))
        return 0;
    return contest->optimal.fits ? contest->optimal.cycles / rival - 1 : (double)INFINITY;
}

enum sinter_status contest_hold(const struct sinter_cascade *cascade, const struct sinter_accel *accel,
                                struct sinter_diagnostics *diags, struct contest *contest)
{
    struct pricer pricer = {.plan = NULL};
    struct sinter_schedule schedule, best;
    *contest = (struct contest){.best_label = "none"};
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    sinter_schedule_init(&best, cascade, accel, NULL);
    enum sinter_status status = sinter_plan_new(cascade, accel, NULL, diags, &pricer.plan);
    if (status == SINTER_OK)
        status = name_rivals(&pricer, &schedule, &best, contest);
    contest->by_hand = contest->best_named;
    if (status == SINTER_OK)
        status = tune(&pricer, &best, &contest->by_hand);
    if (status == SINTER_OK)
        status = search(&pricer, &schedule, diags, contest);
    sinter_plan_free(pricer.plan);
    sinter_schedule_free(&best);
    sinter_schedule_free(&schedule);
    return status;
}
