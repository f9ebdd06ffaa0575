/* price.c: what a candidate costs, and whether it is legal at all.
 * SPDX-License-Identifier: MIT
 */
#include "search/build.h"

bool price_less(const struct price *a, const struct price *b)
{
    if (a->cycles != b->cycles)
        return a->cycles < b->cycles;
    if (a->dram_bits != b->dram_bits)
        return a->dram_bits < b->dram_bits;
    if (a->nest != b->nest)
        return a->nest < b->nest;
    return a->peak_bits < b->peak_bits;
}

enum sinter_status price_scratch(struct build *build, struct price *price)
{
    struct sinter_cost cost = {0};
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
    }
    return status;
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
