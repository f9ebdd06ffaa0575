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

/* A child by the first Einsum in it: its place in the order of the schedule. */
static int place_of(const struct sinter_plan *plan, int child)
{
    while (plan->nodes[child].n_members == 0)
        child++;
    return plan->nodes[child].first_member;
}

/* What each child of the body moves, by its place. Carries are moved for the body, not for whom they name first. */
static void find_moved(const struct sinter_plan *plan, int body, double per_bit, double per_written_bit, bool writes_apart,
                       double *moved)
{
    double written[SINTER_MAX_EINSUMS]; /* large: only what is used is filled in */
    int end = plan->nodes[body].end;
    for (int child = body + 1; child < end; child = plan->nodes[child].end)
        moved[place_of(plan, child)] = written[place_of(plan, child)] = 0;
    for (int i = 0; i < plan->n_tiles; i++) {
        const struct sinter_tile *tile = &plan->tiles[i];
        if (tile->leaf <= body || tile->leaf >= end || tile->source >= 0 || tile->kind == SINTER_TILE_CARRY)
            continue;
        int child = tile->leaf;
        while (plan->nodes[child].parent != body)
            child = plan->nodes[child].parent;
        moved[place_of(plan, child)] += (double)tile->load_bits * per_bit;
        written[place_of(plan, child)] += (double)tile->store_bits * per_written_bit;
    }
    for (int child = body + 1; child < end; child = plan->nodes[child].end) {
        int i = place_of(plan, child);
        moved[i] = !writes_apart ? moved[i] + written[i] : moved[i] > written[i] ? moved[i] : written[i];
    }
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
    double moved[SINTER_MAX_EINSUMS];
    if (body < 0 || !isfinite(room))
        return 0;
    find_moved(plan, body, per_bit, per_written_bit, writes_apart, moved);
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
        double moving = moved[place_of(plan, child)] - 2 * room * visits;
        sum += busy > moving ? busy : moving;
    }
    return sum;
}
