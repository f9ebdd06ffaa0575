/* sim_twin_leaf.c: how long a leaf computes, and what it reads and writes, for the naive twin of the simulator.
 * SPDX-License-Identifier: MIT
 *
 * The sums are taken in the simulator's order, to be equal to the last bit before they are rounded up to a tick.
 */
#include "sim_twin.h"

/* Operations of ranks that the Einsum loops over but they do not have happen with the last piece of those. */
double sim_twin_cycles(const struct sinter_plan *plan, const struct sinter_einsum_cost *einsums, int index,
                       const struct sinter_ranges *ranges)
{
    const struct sinter_plan_node *node = &plan->nodes[index];
    const struct sinter_unit *unit = &plan->accel->units[node->unit];
    double sum = 0;
    for (int m = 0; m < node->n_members; m++) {
        int e = plan->members[node->first_member + m];
        const struct sinter_einsum *einsum = &plan->cascade->einsums[e];
        double cycles = 0;
        for (int k = 0; k < einsum->n_ops; k++) {
            const struct sinter_op_count *op = &einsum->ops[k];
            double steps = (double)op->count * unit->cycles[op->op];
            for (int r = 0; r < plan->cascade->n_ranks; r++) {
                bool is_in_op = op->ranks >> r & 1, is_looped = node->looped & einsum->ranks & (sinter_rank_set)1 << r;
                int64_t parts = 1;
                for (int d = 0; d < unit->n_dims; d++)
                    parts *= einsums[e].mapping[d] == r ? unit->pes[d] : 1;
                if (is_in_op)
                    steps *= (double)((ranges->size[r] + parts - 1) / parts);
                else if (is_looped && ranges->start[r] + ranges->size[r] != plan->cascade->ranks[r].extent)
                    steps = 0;
            }
            cycles += steps;
        }
        sum += cycles;
    }
    return sum;
}

/* Its share of all that the unit reads and writes for this leaf. */
double sim_twin_access_bits(const struct sinter_plan *plan, int index, const struct sinter_ranges *ranges)
{
    const struct sinter_plan_node *node = &plan->nodes[index];
    double bits = 0, share = 1;
    for (int m = 0; m < node->n_members; m++)
        bits += (double)plan->leaves[plan->members[node->first_member + m]].unit_bits;
    for (int r = 0; r < plan->cascade->n_ranks; r++)
        if (node->looped >> r & 1)
            share *= (double)ranges->size[r] / (double)plan->cascade->ranks[r].extent;
    return bits * share;
}
