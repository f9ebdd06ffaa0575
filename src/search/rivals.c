/* rivals.c: named strategies, beside what a search found.
 * SPDX-License-Identifier: MIT
 *
 * A search goes by closed forms and stops within a gap of its bound; inside that gap, or where its schedule waits, a named
 * strategy may be simulated to end earlier. They cost little beside a search, so all that ever won are asked, with the
 * options that they won with.
 */
#include "search/solver.h"

#include <math.h>

#include "sinter/sim.h"

struct rival {
    const char *label, *name;
    struct sinter_strategy_options options;
};

static const struct rival rivals[] = {
    {"mem-aware", "mem-aware", {0}},
    {"mem-aware:tile=64,chain", "mem-aware", {.tile = 64, .chain = true}},
    {"fuse-block", "fuse-block", {0}},
    {"fuse-block:chain", "fuse-block", {.chain = true}},
    {"fuse-block:tile=64,chain", "fuse-block", {.tile = 64, .chain = true}},
    {"fuse-block:resident", "fuse-block", {.resident = true}},
    {"unfused", "unfused", {0}},
    {"fuse-all-spill", "fuse-all-spill", {0}},
};

/* What a schedule by a named strategy costs; infinite when it does not fit. */
static enum sinter_status price_named(struct solver *solver, const struct sinter_schedule *schedule, double compute_joules,
                                      struct outcome *outcome)
{
    struct mapper *mapper = &solver->mappers[0];
    struct sinter_cost cost = {.einsums = mapper->einsums};
    struct sinter_timing *timing = NULL;
    *outcome = (struct outcome){.cycles = (double)INFINITY};
    enum sinter_status status = sinter_plan_resolve(mapper->plan, schedule, NULL);
    if (status != SINTER_OK)
        return status == SINTER_NO_MEMORY ? status : SINTER_OK;
    sinter_cost_evaluate(mapper->plan, &cost);
    status = sinter_simulate(mapper->plan, mapper->einsums, NULL, solver->allocator, NULL, &timing);
    if (status != SINTER_OK)
        return status == SINTER_NO_MEMORY ? status : SINTER_OK;
    outcome->bound_cycles = cost.cycles;
    outcome->cycles = timing->is_complete ? timing->cycles : cost.cycles;
    outcome->bits = (double)mapper->plan->dram_read_bits + (double)mapper->plan->dram_write_bits;
    outcome->joules = compute_joules + outcome->bits * solver->accel->memories[0].pj_per_bit * 1e-12;
    for (int m = 1; m < solver->accel->n_memories; m++)
        outcome->peak_bits += (double)mapper->plan->peak_bits[m];
    sinter_timing_free(timing);
    return SINTER_OK;
}

static double worth(const struct solver *solver, const struct outcome *outcome)
{
    switch (solver->options->objective) {
    case SINTER_LEAST_ENERGY:
        return outcome->joules;
    case SINTER_LEAST_EDP:
        return outcome->joules * outcome->cycles;
    case SINTER_LEAST_DRAM:
        return outcome->bits;
    case SINTER_LEAST_LATENCY:
    case SINTER_LEAST_MEMORY:
        break;
    }
    return outcome->cycles;
}

/* In what is asked for, then as all objectives go on: latency, energy, traffic, the peak. */
static bool is_better(const struct solver *solver, const struct outcome *a, const struct outcome *b)
{
    int order = compare_values(worth(solver, a), worth(solver, b));
    order = order != 0 ? order : compare_values(a->cycles, b->cycles);
    order = order != 0 ? order : compare_values(a->joules, b->joules);
    order = order != 0 ? order : compare_values(a->bits, b->bits);
    return order != 0 ? order < 0 : a->peak_bits < b->peak_bits;
}

enum sinter_status try_named(struct solver *solver, double compute_joules, bool is_found, struct outcome *best,
                             struct sinter_schedule *schedule, const char **rule)
{
    struct sinter_schedule named;
    enum sinter_status status = SINTER_OK;
    sinter_schedule_init(&named, solver->cascade, solver->accel, solver->allocator);
    for (size_t i = 0; i < sizeof rivals / sizeof *rivals && status == SINTER_OK; i++) {
        struct outcome outcome;
        status = sinter_strategy_build(rivals[i].name, &rivals[i].options, &named, NULL);
        if (status == SINTER_OK)
            status = price_named(solver, &named, compute_joules, &outcome);
        else if (status != SINTER_NO_MEMORY) {
            status = SINTER_OK;
            continue;
        }
        if (status != SINTER_OK || !isfinite(outcome.cycles) || (is_found && !is_better(solver, &outcome, best)))
            continue;
        is_found = true;
        *best = outcome;
        *rule = rivals[i].label;
        struct sinter_schedule swapped = *schedule;
        *schedule = named;
        named = swapped;
    }
    sinter_schedule_free(&named);
    if (status != SINTER_OK)
        return sinter_out_of_memory(solver->diags);
    return is_found ? SINTER_OK : SINTER_INFEASIBLE;
}
