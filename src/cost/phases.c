/* phases.c: the children of a body run one after another, and memory is too small to hide that.
 * SPDX-License-Identifier: MIT
 */
#include "cost/phases.h"

#include <math.h>

/* The outermost body of the group with more than one child, or -1. */
static int find_body(const struct sinter_plan *plan, int group)
{
    int node = plan->groups[group].node;
    while (plan->nodes[node].kind == SINTER_GROUP || plan->nodes[node].kind == SINTER_LOOP) {
        int child = node + 1;
        if (plan->nodes[child].end < plan->nodes[node].end)
            return node;
        node = child;
    }
    return -1;
}

/* What a child moves, but carries: they are moved for the body, not for whom they name first. */
static double child_cycles(const struct sinter_plan *plan, int child, double per_bit, double per_written_bit,
                           bool writes_apart)
{
    double read = 0, written = 0;
    for (int i = 0; i < plan->n_tiles; i++) {
        const struct sinter_tile *tile = &plan->tiles[i];
        if (tile->source >= 0 || tile->kind == SINTER_TILE_CARRY || tile->leaf < child ||
            tile->leaf >= plan->nodes[child].end)
            continue;
        read += (double)tile->load_bits * per_bit;
        written += (double)tile->store_bits * per_written_bit;
    }
    return !writes_apart ? read + written : read > written ? read : written;
}

double room_on_chip(const struct sinter_accel *accel)
{
    double room = 0;
    for (int m = 1; m < accel->n_memories; m++)
        room += 8 * accel->memories[m].capacity_bytes;
    return room;
}

double phase_cycles(const struct sinter_plan *plan, int group, const double *compute, double per_bit, double per_written_bit,
                    bool writes_apart, double room_bits)
{
    int body = find_body(plan, group), unit = -1;
    double room = room_bits * (per_bit > per_written_bit ? per_bit : per_written_bit), sum = 0;
    if (body < 0 || !isfinite(room))
        return 0;
    for (int child = body + 1; child < plan->nodes[body].end; child = plan->nodes[child].end) {
        double visits = (double)plan->nodes[body].visits, busy = 0;
        for (int node = child; node < plan->nodes[child].end; node++) {
            const struct sinter_plan_node *leaf = &plan->nodes[node];
            if (leaf->kind != SINTER_LEAF && leaf->kind != SINTER_CHAIN)
                continue;
            if (unit >= 0 && unit != leaf->unit)
                return 0;
            unit = leaf->unit;
            for (int i = 0; i < leaf->n_members; i++)
                busy += compute[plan->members[leaf->first_member + i]];
        }
        double moving = child_cycles(plan, child, per_bit, per_written_bit, writes_apart) - 2 * room * visits;
        sum += busy > moving ? busy : moving;
    }
    return sum;
}
