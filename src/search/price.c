/* price.c: what a candidate costs, and whether it is legal at all.
 * SPDX-License-Identifier: MIT
 */
#include "search/build.h"

#include <math.h>

#include "sinter/sim.h"

bool price_less(const struct price *a, const struct price *b)
{
    if (a->cycles != b->cycles)
        return a->cycles < b->cycles;
    if (a->waiting != b->waiting)
        return a->waiting < b->waiting;
    if (a->dram_bits != b->dram_bits)
        return a->dram_bits < b->dram_bits;
    if (a->nest != b->nest)
        return a->nest < b->nest;
    return a->peak_bits < b->peak_bits;
}

/* The next power of 1.01: what is as fast within a step is decided by DRAM bits. */
static double in_steps(double cycles)
{
    return isfinite(cycles) && cycles > 1 ? pow(1.01, ceil(log(cycles) / log(1.01) - 1e-9)) : cycles;
}

/* What the first group cannot overlap: its first leaf waits for its first tiles, and the last execution of that leaf comes
 * behind all loads. Exact for a kernel of one leaf in loops that divide their ranks; a guess for others. */
static double waiting(const struct build *build, const struct sinter_cost *cost)
{
    const struct sinter_plan *plan = build->plan;
    int first = plan->leaves[plan->members[0]].node;
    double bits = 0, per_bit = build->accel->hz / (8 * build->accel->memories[0].bytes_per_s);
    for (int i = 0; i < plan->n_tiles; i++)
        if (plan->tiles[i].leaf == first && !plan->tiles[i].is_produced && plan->tiles[i].source < 0)
            bits += (double)plan->tiles[i].room_bits;
    const struct sinter_group_cost *group = &cost->groups[0];
    double head = bits * per_bit + group->compute_cycles;
    double tail = group->dram_cycles + group->compute_cycles / (double)plan->nodes[first].visits;
    return fmax(cost->cycles, fmax(head, tail));
}

enum sinter_status price_scratch(struct build *build, struct price *price)
{
    struct sinter_cost cost = {.einsums = build->einsums, .groups = build->groups};
    if (build->scratch.failed)
        return sinter_out_of_memory(build->diags);
    enum sinter_status status = sinter_plan_resolve_part(build->plan, &build->scratch, NULL);
    if (status != SINTER_OK && status != SINTER_INFEASIBLE)
        return status;
    *price = (struct price){.dram_bits = (double)build->plan->dram_read_bits + (double)build->plan->dram_write_bits};
    for (int m = 1; m < build->accel->n_memories; m++) {
        double peak = (double)build->plan->peak_bits[m], room = 8 * build->accel->memories[m].capacity_bytes;
        price->peak_bits += peak;
        price->excess_bits += peak > room ? peak - room : 0;
    }
    if (status == SINTER_OK) {
        sinter_cost_evaluate(build->plan, &cost);
        price->cycles = cost.cycles;
        price->waiting = in_steps(waiting(build, &cost));
    }
    return status;
}

enum sinter_status price_time(struct build *build, const struct price *best, struct price *price)
{
    static const struct sinter_sim_options options = {.most_stepped = 1000000};
    struct sinter_timing *timing = NULL;
    if (best != NULL && price->cycles > best->cycles)
        return SINTER_OK;
    enum sinter_status status =
        sinter_simulate(build->plan, build->einsums, &options, build->schedule->allocator, NULL, &timing);
    if (status == SINTER_NO_MEMORY)
        return status;
    /* what does not repeat soon enough loses */
    double cycles = status == SINTER_OK && timing->is_complete ? timing->cycles : (double)INFINITY;
    price->cycles = price->waiting = in_steps(cycles);
    sinter_timing_free(timing);
    return SINTER_OK;
}

enum sinter_status ask_legal(struct build *build, bool *is_legal)
{
    if (build->scratch.failed)
        return sinter_out_of_memory(build->diags);
    enum sinter_status status = sinter_plan_resolve_part(build->plan, &build->scratch, NULL);
    *is_legal = status == SINTER_OK || status == SINTER_INFEASIBLE;
    return status == SINTER_NO_MEMORY ? sinter_out_of_memory(build->diags) : SINTER_OK;
}

enum sinter_status explain_scratch(struct build *build)
{
    if (build->scratch.failed)
        return sinter_out_of_memory(build->diags);
    return sinter_plan_resolve_part(build->plan, &build->scratch, build->diags);
}

enum sinter_status explain_infeasible(struct build *build, const struct set *set)
{
    sinter_report(build->diags, SINTER_NOTE, (struct sinter_location){NULL, 0, 0}, "give the accelerator more memory",
                  "no tiling of '%s' fits; above is the smallest that was tried",
                  build->cascade->operators[build->cascade->einsums[set->einsums[0]].cascade_operator].name);
    return SINTER_INFEASIBLE;
}
