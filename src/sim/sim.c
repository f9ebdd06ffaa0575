/* sim.c: builds the machine, runs a program through it group by group, and reads the result off.
 * SPDX-License-Identifier: MIT
 */
#include "sim/machine.h"

#include <math.h>
#include <string.h>

const char *sinter_wait_name(enum sinter_wait wait)
{
    static const char *const names[] = {"transfer", "space", "einsum", "port"};
    return names[wait];
}

/* ---- time ---------------------------------------------------------------------------------------------------------- */

/* More than any group can take: everything one after the other. */
static double serial_cycles(const struct machine *machine)
{
    const struct sinter_plan *plan = machine->plan;
    const struct sinter_memory *memories = machine->accel->memories;
    double cycles = 0, commands = 0, latency = 0, burst_bits = 0;
    for (int e = 0; e < plan->cascade->n_einsums; e++)
        cycles += plan->leaves[e].node < 0 ? 0 : machine->einsums[e].compute_cycles;
    for (int i = 0; i < plan->n_nodes; i++)
        commands += (double)plan->nodes[i].visits;
    for (int i = 0; i < plan->n_tiles; i++)
        commands += 4 * (double)plan->tiles[i].visits;
    for (int m = 0; m < machine->accel->n_memories; m++) {
        latency = fmax(latency, memories[m].latency_s * machine->accel->hz);
        burst_bits = fmax(burst_bits, 8 * memories[m].burst_bytes);
    }
    for (int m = 0; m < machine->accel->n_memories; m++) {
        double per_bit = machine->accel->hz / 8 *
                         (1 / memories[m].bytes_per_s + 1 / memories[m].link_bytes_per_s +
                          (memories[m].write_bytes_per_s > 0 ? 1 / memories[m].write_bytes_per_s : 0));
        for (int g = 0; g < plan->n_groups; g++)
            cycles += ((double)plan->groups[g].read_bits[m] + (double)plan->groups[g].write_bits[m]) * per_bit;
        cycles += commands * burst_bits * per_bit;
    }
    return cycles + commands * (latency + 1);
}

static bool choose_ticks(struct machine *machine)
{
    double serial = serial_cycles(machine), most = ldexp(1, 60);
    machine->ticks_per_cycle = ldexp(1, 20);
    while (machine->ticks_per_cycle > 1 && serial * machine->ticks_per_cycle > most)
        machine->ticks_per_cycle /= 2;
    return serial * machine->ticks_per_cycle <= most;
}

/* ---- resources ----------------------------------------------------------------------------------------------------- */

static int add_port(struct machine *machine, struct sinter_timing *timing, enum sinter_resource_kind kind, int index,
                    double bytes_per_s)
{
    if (isinf(bytes_per_s))
        return -1;
    struct port *port = &machine->ports[machine->n_ports];
    port->ticks_per_bit = machine->accel->hz / (8 * bytes_per_s) * machine->ticks_per_cycle;
    port->resource = timing->n_resources;
    timing->resources[timing->n_resources++] = (struct sinter_resource){.kind = kind, .index = index};
    return machine->n_ports++;
}

static bool add_resources(struct machine *machine, struct sinter_timing *timing)
{
    const struct sinter_accel *accel = machine->accel;
    timing->resources = sinter_arena_alloc(timing->arena, MAX_PORTS + SINTER_MAX_UNITS, sizeof *timing->resources);
    if (timing->resources == NULL)
        return false;
    for (int m = 0; m < accel->n_memories; m++) {
        const struct sinter_memory *memory = &accel->memories[m];
        machine->port_of[m] = add_port(machine, timing, SINTER_RESOURCE_READ, m, memory->bytes_per_s);
        if (m == 0)
            machine->write_port = memory->write_bytes_per_s > 0
                                      ? add_port(machine, timing, SINTER_RESOURCE_WRITE, m, memory->write_bytes_per_s)
                                      : machine->port_of[0];
        machine->link_of[m] = m == 0 ? -1 : add_port(machine, timing, SINTER_RESOURCE_LINK, m, memory->link_bytes_per_s);
    }
    for (int u = 0; u < accel->n_units; u++) {
        machine->unit_resource[u] = timing->n_resources;
        timing->resources[timing->n_resources++] = (struct sinter_resource){.kind = SINTER_RESOURCE_UNIT, .index = u};
    }
    machine->n_jobs = SINTER_LOOKAHEAD * (accel->n_memories > 1 ? accel->n_memories - 1 : 1) + 1;
    machine->spaces = sinter_arena_alloc(machine->arena, (size_t)accel->n_memories, sizeof *machine->spaces);
    for (int p = 0; p < machine->n_ports; p++) {
        machine->ports[p].jobs = sinter_arena_alloc(machine->arena, (size_t)machine->n_jobs, sizeof(struct job));
        if (machine->ports[p].jobs == NULL)
            return false;
    }
    for (int m = 0; machine->spaces != NULL && m < accel->n_memories; m++) {
        double bits = 8 * accel->memories[m].capacity_bytes;
        machine->spaces[m].capacity = bits < 1e18 ? (int64_t)bits : INT64_MAX / 4;
    }
    return machine->spaces != NULL;
}

/* The limited ports and links between each memory and DRAM, its own port included. */
static void find_paths(struct machine *machine)
{
    for (int m = 0; m < machine->accel->n_memories; m++) {
        int *n = &machine->n_path[m];
        for (int at = m; at >= 0; at = machine->accel->memories[at].parent) {
            if (machine->port_of[at] >= 0)
                machine->path[m][(*n)++] = machine->port_of[at];
            if (machine->link_of[at] >= 0)
                machine->path[m][(*n)++] = machine->link_of[at];
        }
        if (machine->write_port >= 0 && machine->write_port != machine->port_of[0])
            machine->path[m][(*n)++] = machine->write_port;
    }
}

/* ---- tiles --------------------------------------------------------------------------------------------------------- */

/* Places: tiles sorted by group. */
static void sort_tiles(struct machine *machine)
{
    const struct sinter_plan *plan = machine->plan;
    for (int i = 0; i < plan->n_tiles; i++)
        machine->first_of[plan->nodes[plan->tiles[i].leaf].group + 1]++;
    for (int g = 0; g < plan->n_groups; g++)
        machine->first_of[g + 1] += machine->first_of[g];
    for (int i = 0; i < plan->n_tiles; i++)
        machine->place_of[i] = machine->first_of[plan->nodes[plan->tiles[i].leaf].group]++;
    for (int g = plan->n_groups; g > 0; g--)
        machine->first_of[g] = machine->first_of[g - 1];
    machine->first_of[0] = 0;
}

static void fill_way(struct machine *machine, int index)
{
    const struct sinter_plan *plan = machine->plan;
    const struct sinter_tile *tile = &plan->tiles[index];
    int place = machine->place_of[index];
    struct way *way = &machine->ways[place];
    way->tensor = tile->tensor;
    way->leaf = tile->leaf;
    way->memory = tile->memory;
    way->source = tile->source < 0 ? -1 : machine->place_of[tile->source];
    way->send = way->next_made = -1;
    way->first_taken = -1;
    way->is_stream = tile->kind == SINTER_TILE_STREAM;
    way->is_carry = tile->kind == SINTER_TILE_CARRY;
    way->is_produced = tile->is_produced;
    way->is_window = tile->is_window;
    way->room = tile->room_bits;
    if (way->source >= 0)
        machine->ways[way->source].fills_others = true;
    if (tile->is_produced || way->is_carry) { /* what no load brings has its space from the first compute of its leaf on */
        way->next_made = machine->leaves[tile->leaf].first_made;
        machine->leaves[tile->leaf].first_made = place;
    }
}

static bool moves_in(const struct sinter_tile *tile)
{
    return tile->load_bits > 0 || tile->state_load_bits > 0;
}

static bool moves_out(const struct sinter_tile *tile)
{
    return tile->store_bits > 0 || tile->state_store_bits > 0;
}

/* Tensors that one group stores and loads again: their loads wait for their stores. */
static bool find_sends(struct machine *machine)
{
    const struct sinter_plan *plan = machine->plan;
    struct sinter_arena *arena = machine->arena;
    size_t n_tensors = (size_t)plan->cascade->n_tensors;
    int *by_tensor = sinter_arena_alloc(arena, n_tensors, sizeof *by_tensor); /* 1: stored, 2: loaded */
    int *tile_at = sinter_arena_alloc(arena, (size_t)plan->n_tiles + 1, sizeof *tile_at);
    if (by_tensor == NULL || tile_at == NULL)
        return false;
    for (int i = 0; i < plan->n_tiles; i++)
        tile_at[machine->place_of[i]] = i;
    int n = 0;
    for (int g = 0; g < plan->n_groups; g++) {
        machine->sends_of[g] = n;
        for (int place = machine->first_of[g]; place < machine->first_of[g + 1]; place++) {
            const struct sinter_tile *tile = &plan->tiles[tile_at[place]];
            by_tensor[tile->tensor] |= (moves_out(tile) ? 1 : 0) | (moves_in(tile) || tile->source >= 0 ? 2 : 0);
        }
        for (int place = machine->first_of[g]; place < machine->first_of[g + 1]; place++) {
            int tensor = machine->ways[place].tensor;
            if (by_tensor[tensor] == 3)
                by_tensor[tensor] = 4 + n++;
            if (by_tensor[tensor] >= 4)
                machine->ways[place].send = by_tensor[tensor] - 4;
        }
        for (int place = machine->first_of[g]; place < machine->first_of[g + 1]; place++)
            by_tensor[machine->ways[place].tensor] = 0;
    }
    machine->sends_of[plan->n_groups] = n;
    machine->sends = sinter_arena_alloc(arena, (size_t)n + 1, sizeof *machine->sends);
    return machine->sends != NULL;
}

/* ---- leaves -------------------------------------------------------------------------------------------------------- */

static void add_wait(struct machine *machine, int leaf, int on, int *n)
{
    const struct sinter_plan_node *nodes = machine->plan->nodes;
    if (on < 0 || nodes[on].group != nodes[leaf].group || nodes[on].unit == nodes[leaf].unit)
        return;
    for (int i = machine->leaves[leaf].first_wait; i < *n; i++)
        if (machine->waits[i] == on)
            return;
    machine->waits[(*n)++] = on;
}

/* Leaves on other units: the producers of what it reads, and the readers of older slices of what it makes. */
static bool find_waits(struct machine *machine)
{
    const struct sinter_plan *plan = machine->plan;
    const struct sinter_cascade *cascade = plan->cascade;
    int n = 0, n_most = 1;
    for (int e = 0; e < cascade->n_einsums; e++)
        n_most += 2 * cascade->einsums[e].n_operands;
    machine->waits = sinter_arena_alloc(machine->arena, (size_t)n_most, sizeof *machine->waits);
    if (machine->waits == NULL)
        return false;
    for (int i = 0; i < plan->n_nodes && machine->accel->n_units > 1; i++) {
        const struct sinter_plan_node *node = &plan->nodes[i];
        machine->leaves[i].first_wait = n;
        for (int m = 0; m < node->n_members; m++) {
            const struct sinter_einsum *einsum = &cascade->einsums[plan->members[node->first_member + m]];
            for (int k = 0; k < einsum->n_operands; k++) {
                int producer = cascade->tensors[einsum->operands[k].tensor].producer;
                add_wait(machine, i, producer < 0 ? -1 : plan->leaves[producer].node, &n);
            }
            const struct sinter_tensor *made = &cascade->tensors[einsum->result];
            for (int r = 0; made->look_back > 0 && r < made->n_readers; r++)
                add_wait(machine, i, plan->leaves[made->readers[r]].node, &n);
        }
        machine->leaves[i].n_waits = n - machine->leaves[i].first_wait;
    }
    return true;
}

static bool add_leaves(struct machine *machine)
{
    const struct sinter_plan *plan = machine->plan;
    size_t n = (size_t)plan->n_nodes + 1;
    machine->leaves = sinter_arena_alloc(machine->arena, n, sizeof *machine->leaves);
    machine->depth_of = sinter_arena_alloc(machine->arena, n, sizeof *machine->depth_of);
    machine->units_of = sinter_arena_alloc(machine->arena, n, sizeof *machine->units_of);
    machine->n_counters = machine->n_ports + plan->n_nodes * N_RECORDED + plan->n_tiles;
    machine->counters = sinter_arena_alloc(machine->arena, (size_t)machine->n_counters + 1, sizeof *machine->counters);
    if (machine->leaves == NULL || machine->depth_of == NULL || machine->units_of == NULL || machine->counters == NULL)
        return false;
    for (int p = 0; p < machine->n_ports; p++)
        machine->ports[p].busy = &machine->counters[p];
    int64_t *records = machine->counters + machine->n_ports;
    machine->place_waits = records + (size_t)plan->n_nodes * N_RECORDED;
    for (int i = 0; i < plan->n_nodes; i++) {
        const struct sinter_plan_node *node = &plan->nodes[i];
        machine->leaves[i].record = records + (size_t)i * N_RECORDED;
        machine->leaves[i].first_made = -1;
        machine->depth_of[i] =
            node->parent < 0 ? 0 : machine->depth_of[node->parent] + (plan->nodes[node->parent].kind == SINTER_LOOP);
    }
    for (int i = plan->n_nodes - 1; i >= 0; i--) {
        const struct sinter_plan_node *node = &plan->nodes[i];
        machine->units_of[i] |= node->n_members > 0 ? 1u << node->unit : 0;
        if (node->parent >= 0)
            machine->units_of[node->parent] |= machine->units_of[i];
    }
    return true;
}

/* ---- making -------------------------------------------------------------------------------------------------------- */

static bool add_snapshots(struct machine *machine)
{
    const struct sinter_plan *plan = machine->plan;
    int deepest = -1;
    for (int i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].kind == SINTER_LOOP && machine->depth_of[i] > deepest)
            deepest = machine->depth_of[i];
    size_t n_words = (size_t)period_most_words(machine);
    machine->words = sinter_arena_alloc(machine->arena, n_words, sizeof *machine->words);
    bool is_made = machine->words != NULL;
    for (int d = 0; d <= deepest && is_made; d++) {
        struct snapshot *snapshot = &machine->snapshots[d];
        snapshot->words = sinter_arena_alloc(machine->arena, n_words, sizeof *snapshot->words);
        snapshot->counters = sinter_arena_alloc(machine->arena, (size_t)machine->n_counters + 1, sizeof *snapshot->counters);
        is_made = snapshot->words != NULL && snapshot->counters != NULL;
    }
    return is_made;
}

static bool machine_build(struct machine *machine, struct sinter_timing *timing)
{
    const struct sinter_plan *plan = machine->plan;
    struct sinter_arena *arena = machine->arena;
    size_t n_tiles = (size_t)plan->n_tiles + 1, n_groups = (size_t)plan->n_groups + 1;
    if (!add_resources(machine, timing) || !add_leaves(machine))
        return false;
    find_paths(machine);
    machine->place_of = sinter_arena_alloc(arena, n_tiles, sizeof *machine->place_of);
    machine->ways = sinter_arena_alloc(arena, n_tiles, sizeof *machine->ways);
    machine->first_of = sinter_arena_alloc(arena, n_groups, sizeof *machine->first_of);
    machine->sends_of = sinter_arena_alloc(arena, n_groups, sizeof *machine->sends_of);
    if (machine->place_of == NULL || machine->ways == NULL || machine->first_of == NULL || machine->sends_of == NULL)
        return false;
    sort_tiles(machine);
    for (int i = plan->n_tiles - 1; i >= 0; i--)
        fill_way(machine, i);
    return find_sends(machine) && find_waits(machine) && durations_new(machine) && add_snapshots(machine);
}

/* ---- running ------------------------------------------------------------------------------------------------------- */

static void begin_group(struct machine *machine, int group)
{
    machine->group = group;
    machine->first_place = machine->first_of[group];
    machine->end_place = machine->first_of[group + 1];
    machine->first_send = machine->sends_of[group];
    machine->end_send = machine->sends_of[group + 1];
    machine->issue = machine->loaded = machine->loaded_issue = machine->computed = 0;
    machine->loaded_last = machine->first_place;
    machine->stored = -1;
    memset(machine->unit_free, 0, sizeof machine->unit_free);
    for (int p = 0; p < machine->n_ports; p++) {
        struct port *port = &machine->ports[p];
        port->free = port->gate = port->n_gaps = 0;
        memset(port->ends, 0, sizeof port->ends);
    }
}

static void end_group(struct machine *machine, struct sinter_timing *timing)
{
    int64_t end = later(machine->loaded, machine->computed);
    for (int m = 1; m < machine->accel->n_memories; m++)
        space_empty(machine, m);
    for (int p = 0; p < machine->n_ports; p++)
        end = later(end, machine->ports[p].free);
    timing->groups[machine->group] =
        (struct sinter_group_timing){.start_cycles = (double)machine->base / machine->ticks_per_cycle,
                                     .cycles = (double)end / machine->ticks_per_cycle,
                                     .drain_cycles = (double)(end - machine->computed) / machine->ticks_per_cycle};
    machine->base += end;
}

/* False when too many commands had to be stepped. */
static bool run(struct machine *machine, struct sinter_timing *timing, bool steps_only)
{
    struct sinter_step step;
    begin_group(machine, 0);
    while (sinter_program_step(machine->program, &step)) {
        while (step.group != machine->group) {
            end_group(machine, timing);
            begin_group(machine, machine->group + 1);
        }
        if (step.loop >= 0 && !steps_only) {
            if (step.enters)
                period_enter(machine, step.loop);
            else if (period_jump(machine, step.loop))
                continue;
        }
        for (int i = 0; i < step.n; i++)
            machine_do(machine, &step.commands[i]);
        machine->n_stepped += step.n;
        if (machine->n_stepped > machine->most_stepped)
            return false;
    }
    while (machine->group < machine->plan->n_groups) {
        end_group(machine, timing);
        if (machine->group + 1 == machine->plan->n_groups)
            break;
        begin_group(machine, machine->group + 1);
    }
    return true;
}

/* ---- the result ---------------------------------------------------------------------------------------------------- */

static void read_leaves(const struct machine *machine, struct sinter_timing *timing)
{
    const struct sinter_plan *plan = machine->plan;
    for (int i = 0; i < plan->n_nodes; i++) {
        if (plan->nodes[i].n_members == 0)
            continue;
        struct sinter_leaf_timing *leaf = &timing->leaves[plan->members[plan->nodes[i].first_member]];
        const int64_t *record = machine->leaves[i].record;
        leaf->busy_cycles = (double)record[0] / machine->ticks_per_cycle;
        for (int w = 0; w < SINTER_N_WAITS; w++)
            leaf->wait_cycles[w] = (double)record[1 + w] / machine->ticks_per_cycle;
        timing->resources[machine->unit_resource[plan->nodes[i].unit]].busy_cycles += leaf->busy_cycles;
        int64_t most = 0;
        for (int place = machine->first_of[plan->nodes[i].group]; place < machine->first_of[plan->nodes[i].group + 1];
             place++)
            if (machine->ways[place].leaf == i && machine->place_waits[place] > most) {
                most = machine->place_waits[place];
                leaf->tensor = machine->ways[place].tensor;
            }
    }
}

/* One entry for the tiles of a tensor in a memory in a group. */
static void add_lifetime(struct sinter_timing *timing, const struct way *way, int group, int first, double ticks_per_cycle)
{
    double from = (double)way->first_taken / ticks_per_cycle, to = (double)way->last_freed / ticks_per_cycle;
    if (way->first_taken < 0 || way->room == 0)
        return;
    for (int i = first; i < timing->n_lifetimes; i++) {
        struct sinter_lifetime *lifetime = &timing->lifetimes[i];
        if (lifetime->tensor != way->tensor || lifetime->memory != way->memory)
            continue;
        lifetime->bits += way->room;
        lifetime->from_cycles = fmin(lifetime->from_cycles, from);
        lifetime->to_cycles = fmax(lifetime->to_cycles, to);
        return;
    }
    timing->lifetimes[timing->n_lifetimes++] =
        (struct sinter_lifetime){way->tensor, way->memory, group, way->room, from, to};
}

static bool read_result(struct machine *machine, struct sinter_timing *timing)
{
    const struct sinter_plan *plan = machine->plan;
    for (int p = 0; p < machine->n_ports; p++)
        timing->resources[machine->ports[p].resource].busy_cycles =
            (double)*machine->ports[p].busy / machine->ticks_per_cycle;
    read_leaves(machine, timing);
    timing->lifetimes = sinter_arena_alloc(timing->arena, (size_t)plan->n_tiles + 1, sizeof *timing->lifetimes);
    timing->occupancies = sinter_arena_alloc(timing->arena, (size_t)machine->accel->n_memories, sizeof *timing->occupancies);
    if (timing->lifetimes == NULL || timing->occupancies == NULL)
        return false;
    for (int g = 0; g < plan->n_groups; g++) {
        int first = timing->n_lifetimes;
        for (int place = machine->first_of[g]; place < machine->first_of[g + 1]; place++)
            add_lifetime(timing, &machine->ways[place], g, first, machine->ticks_per_cycle);
    }
    for (int m = 1; m < machine->accel->n_memories; m++) {
        const struct history *history = &machine->spaces[m].history;
        if (plan->peak_bits[m] == 0)
            continue;
        struct sinter_occupancy *occupancy = &timing->occupancies[timing->n_occupancies++];
        occupancy->memory = m;
        occupancy->n = history->last + 1;
        occupancy->cycles_per_sample = ldexp(1, history->shift) / machine->ticks_per_cycle;
        memcpy(occupancy->bits, history->bits, sizeof occupancy->bits);
    }
    timing->cycles = (double)machine->base / machine->ticks_per_cycle;
    timing->n_commands = machine->number;
    timing->n_stepped = machine->n_stepped;
    return true;
}

/* ---- the door ------------------------------------------------------------------------------------------------------ */

static enum sinter_status simulate(struct machine *machine, struct sinter_timing *timing,
                                   const struct sinter_sim_options *options, struct sinter_diagnostics *diags)
{
    if (!choose_ticks(machine))
        return sinter_error(diags, (struct sinter_location){0}, "make the model smaller or the accelerator faster",
                            "the schedule takes more than 2^60 cycles: too long to simulate");
    timing->ticks_per_cycle = machine->ticks_per_cycle;
    if (machine->observer != NULL) {
        double most = ldexp(1, 62), from = machine->observer->from_cycles * machine->ticks_per_cycle,
               to = machine->observer->to_cycles * machine->ticks_per_cycle;
        machine->window_from = from < most ? (int64_t)from : (int64_t)most;
        machine->window_to = to < most ? (int64_t)to : (int64_t)most;
    }
    if (!machine_build(machine, timing))
        return sinter_out_of_memory(diags);
    machine->most_stepped = options->most_stepped > 0 ? options->most_stepped : 100000000;
    timing->is_complete = run(machine, timing, options->steps_only);
    if (!read_result(machine, timing))
        return sinter_out_of_memory(diags);
    if (!timing->is_complete)
        timing->cycles = (double)NAN;
    return SINTER_OK;
}

static struct sinter_timing *timing_new(const struct sinter_plan *plan, const struct sinter_allocator *allocator)
{
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_timing *timing = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *timing);
    if (timing != NULL) {
        timing->arena = arena;
        timing->groups = sinter_arena_alloc(arena, (size_t)plan->n_groups + 1, sizeof *timing->groups);
        timing->leaves = sinter_arena_alloc(arena, (size_t)plan->cascade->n_einsums, sizeof *timing->leaves);
    }
    if (timing == NULL || timing->groups == NULL || timing->leaves == NULL) {
        sinter_arena_free(arena);
        return NULL;
    }
    for (int e = 0; e < plan->cascade->n_einsums; e++)
        timing->leaves[e].tensor = -1;
    return timing;
}

enum sinter_status sinter_simulate(const struct sinter_plan *plan, const struct sinter_einsum_cost *einsums,
                                   const struct sinter_sim_options *options, const struct sinter_allocator *allocator,
                                   struct sinter_diagnostics *diags, struct sinter_timing **out)
{
    static const struct sinter_sim_options defaults;
    *out = NULL;
    options = options == NULL ? &defaults : options;
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct machine *machine = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *machine);
    struct sinter_timing *timing = machine == NULL ? NULL : timing_new(plan, allocator);
    enum sinter_status status = timing == NULL ? sinter_out_of_memory(diags) : SINTER_OK;
    if (status == SINTER_OK) {
        machine->plan = plan;
        machine->accel = plan->accel;
        machine->einsums = einsums;
        machine->observer = options->observer;
        machine->arena = arena;
        status = sinter_program_new(plan, allocator, diags, &machine->program);
    }
    if (status == SINTER_OK)
        status = simulate(machine, timing, options, diags);
    if (machine != NULL)
        sinter_program_free(machine->program);
    sinter_arena_free(arena);
    if (status == SINTER_OK)
        *out = timing;
    else
        sinter_timing_free(timing);
    return status;
}

void sinter_timing_free(struct sinter_timing *timing)
{
    if (timing != NULL)
        sinter_arena_free(timing->arena);
}
