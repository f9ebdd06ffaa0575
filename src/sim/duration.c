/* duration.c: how long a tile travels and a leaf computes.
 * SPDX-License-Identifier: MIT
 *
 * Summed over a group these are the times that cost.h charges in closed form.
 */
#include "sim/machine.h"

#include <math.h>
#include <string.h>

static int64_t ticks_of(double ticks)
{
    int64_t whole = (int64_t)ticks;
    return whole + ((double)whole < ticks);
}

/* ---- transfers ----------------------------------------------------------------------------------------------------- */

int64_t route_ticks(const struct machine *machine, const struct route *route, int i, int64_t bits)
{
    double moved = (double)bits;
    if (route->burst_bits > 0)
        moved = ceil(moved / route->burst_bits) * route->burst_bits;
    return ticks_of(moved * machine->ports[route->ports[i]].ticks_per_bit);
}

static void add_port(struct route *route, int port)
{
    for (int i = 0; i < route->n; i++)
        if (route->ports[i] == port)
            return;
    if (port >= 0)
        route->ports[route->n++] = port;
}

/* A tile comes from its source over the link of its memory. */
static void find_routes(struct machine *machine, struct way *way)
{
    const struct sinter_memory *memories = machine->accel->memories;
    int outer = way->source < 0 ? 0 : machine->ways[way->source].memory, inner = way->memory;
    way->load =
        (struct route){.latency = ticks_of(memories[outer].latency_s * machine->accel->hz * machine->ticks_per_cycle),
                       .burst_bits = 8 * memories[outer].burst_bytes};
    add_port(&way->load, machine->port_of[outer]);
    add_port(&way->load, machine->link_of[inner]);
    add_port(&way->load, machine->port_of[inner]);
    way->store = (struct route){.burst_bits = 8 * memories[outer].burst_bytes};
    add_port(&way->store, outer == 0 ? machine->write_port : machine->port_of[outer]);
    add_port(&way->store, machine->link_of[inner]);
    add_port(&way->store, machine->port_of[inner]);
}

/* ---- computes ------------------------------------------------------------------------------------------------------ */

/* Operations that do not iterate a loop's rank happen once, at its last piece. */
static bool is_due(const struct machine *machine, sinter_rank_set looped, sinter_rank_set ranks)
{
    const struct sinter_ranges *now = sinter_program_ranges(machine->program);
    for (sinter_rank_set rest = looped & ~ranks; rest != 0; rest &= rest - 1) {
        int r = __builtin_ctzll(rest);
        if (now->start[r] + now->size[r] != machine->plan->cascade->ranks[r].extent)
            return false;
    }
    return true;
}

static double einsum_cycles(const struct machine *machine, int e, const struct sinter_plan_node *node)
{
    const struct sinter_einsum *einsum = &machine->plan->cascade->einsums[e];
    const struct sinter_unit *unit = &machine->accel->units[node->unit];
    const struct sinter_ranges *now = sinter_program_ranges(machine->program);
    const int *mapping = machine->einsums[e].mapping;
    double cycles = 0;
    for (int k = 0; k < einsum->n_ops; k++) {
        const struct sinter_op_count *op = &einsum->ops[k];
        if (!is_due(machine, node->looped & einsum->ranks, op->ranks))
            continue;
        double steps = (double)op->count * unit->cycles[op->op];
        for (sinter_rank_set rest = op->ranks; rest != 0; rest &= rest - 1) {
            int r = __builtin_ctzll(rest);
            int64_t parts = 1;
            for (int d = 0; d < unit->n_dims; d++)
                parts *= mapping[d] == r ? unit->pes[d] : 1;
            steps *= (double)sinter_ceil_div(now->size[r], parts);
        }
        cycles += steps;
    }
    return cycles;
}

/* What the unit reads and writes is spread evenly over its iteration points. */
static double port_cycles(const struct machine *machine, const struct sinter_plan_node *node)
{
    const struct sinter_ranges *now = sinter_program_ranges(machine->program);
    double bits = 0, share = 1;
    for (int m = 0; m < node->n_members; m++)
        bits += (double)machine->plan->leaves[machine->plan->members[node->first_member + m]].unit_bits;
    for (sinter_rank_set rest = node->looped; rest != 0; rest &= rest - 1) {
        int r = __builtin_ctzll(rest);
        share *= (double)now->size[r] / (double)machine->plan->cascade->ranks[r].extent;
    }
    return bits * share;
}

void leaf_ask(struct machine *machine, int index)
{
    const struct sinter_plan_node *node = &machine->plan->nodes[index];
    const struct sinter_ranges *now = sinter_program_ranges(machine->program);
    struct leaf *leaf = &machine->leaves[index];
    bool is_known = leaf->compute >= 0;
    for (int i = leaf->first_key; i < leaf->first_key + leaf->n_keys; i++) {
        int r = machine->keys[i];
        int64_t key = now->size[r];
        if (leaf->asks_last && now->start[r] + key == machine->plan->cascade->ranks[r].extent)
            key = -key;
        is_known &= machine->sizes[i] == key;
        machine->sizes[i] = key;
    }
    if (is_known)
        return;
    double cycles = 0;
    int port = machine->port_of[machine->accel->units[node->unit].memory];
    for (int m = 0; m < node->n_members; m++)
        cycles += einsum_cycles(machine, machine->plan->members[node->first_member + m], node);
    leaf->compute = ticks_of(cycles * machine->ticks_per_cycle);
    leaf->port = port < 0 ? 0 : ticks_of(port_cycles(machine, node) * machine->ports[port].ticks_per_bit);
}

/* ---- making -------------------------------------------------------------------------------------------------------- */

static void find_keys(struct machine *machine, int index, int *n_keys)
{
    const struct sinter_plan_node *node = &machine->plan->nodes[index];
    struct leaf *leaf = &machine->leaves[index];
    leaf->compute = -1;
    leaf->first_key = *n_keys;
    for (sinter_rank_set rest = node->looped; rest != 0; rest &= rest - 1)
        machine->keys[(*n_keys)++] = __builtin_ctzll(rest);
    leaf->n_keys = *n_keys - leaf->first_key;
    for (int m = 0; m < node->n_members; m++) {
        const struct sinter_einsum *einsum =
            &machine->plan->cascade->einsums[machine->plan->members[node->first_member + m]];
        for (int k = 0; k < einsum->n_ops; k++)
            leaf->asks_last |= (node->looped & einsum->ranks & ~einsum->ops[k].ranks) != 0;
    }
}

bool durations_new(struct machine *machine)
{
    const struct sinter_plan *plan = machine->plan;
    int n = 0;
    for (int i = 0; i < plan->n_nodes; i++)
        n += __builtin_popcountll(plan->nodes[i].n_members > 0 ? plan->nodes[i].looped : 0);
    machine->keys = sinter_arena_alloc(machine->arena, (size_t)n + 1, sizeof *machine->keys);
    machine->sizes = sinter_arena_alloc(machine->arena, (size_t)n + 1, sizeof *machine->sizes);
    if (machine->keys == NULL || machine->sizes == NULL)
        return false;
    n = 0;
    for (int i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].n_members > 0)
            find_keys(machine, i, &n);
    for (int place = 0; place < plan->n_tiles; place++)
        find_routes(machine, &machine->ways[place]);
    return true;
}
