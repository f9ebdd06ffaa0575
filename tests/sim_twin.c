/* sim_twin.c: the naive twin of the simulator.
 * SPDX-License-Identifier: MIT
 */
#include "sim_twin.h"
#include "sim_twin_calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RESOURCES = 3 * SINTER_MAX_MEMORIES + SINTER_MAX_UNITS };

/* ---- what is kept -------------------------------------------------------------------------------------------------- */

struct line {
    struct sinter_command command;
    struct sinter_ranges ranges;
};

/* Space that was given back, in program order: at `time`, and when the stores have passed. */
struct returned {
    int64_t bits, time;
    int tile, n_stores;
    struct {
        int port, index;
    } stores[4];
};

struct memory {
    int64_t taken, capacity;
    int first, n; /* of the returned that are still to be waited for: [first, n) */
    int n_told;   /* of the returned: those among the changes */
    struct returned *returned;
};

struct state {
    const struct sinter_plan *plan;
    const struct sinter_accel *accel;
    const struct sinter_einsum_cost *einsums;
    struct sim_twin *twin;
    double ticks_per_cycle;
    int read_of[SINTER_MAX_MEMORIES], link_of[SINTER_MAX_MEMORIES], write, n_ports; /* resources; -1: without a limit */
    bool is_port[MOST_RESOURCES];
    struct calendar ports[MOST_RESOURCES]; /* by resource; units have none */
    struct memory memories[SINTER_MAX_MEMORIES];
    int64_t base, now, loaded, loaded_had_space, computed, unit_free[SINTER_MAX_UNITS];
    int64_t *made;    /* by plan node */
    int64_t *arrived; /* by tile */
    bool *is_live;
    int stored; /* tile of the store just before, whose free says nothing new; -1 */
};

/* ---- ports --------------------------------------------------------------------------------------------------------- */

static int64_t done_of(struct state *s, int port, int index)
{
    calendar_is_done(&s->ports[port], index, INT64_MAX);
    return s->ports[port].sent[index].done;
}

/* Serves a load or compute; the controller stands still while SINTER_QUEUE others are there. */
static int64_t serve(struct state *s, int port, int64_t ready, int64_t ticks)
{
    struct calendar *c = &s->ports[port];
    if (c->n_served >= SINTER_QUEUE)
        s->now = max(s->now, c->served[c->n_served - SINTER_QUEUE].end);
    return calendar_serve(c, max(ready, s->now), ticks);
}

/* The ports and links between a memory and DRAM; of DRAM both. */
static int path_of(const struct state *s, int memory, int path[MOST_RESOURCES])
{
    int n = 0;
    for (int m = memory; m >= 0; m = s->accel->memories[m].parent) {
        if (s->read_of[m] >= 0)
            path[n++] = s->read_of[m];
        if (s->link_of[m] >= 0)
            path[n++] = s->link_of[m];
    }
    if (s->write >= 0 && s->write != s->read_of[0])
        path[n++] = s->write;
    return n;
}

/* When the controller, and the stores that it waits for, let something in a memory go on. */
static int64_t gate_of(const struct state *s, int memory)
{
    int path[MOST_RESOURCES], n = path_of(s, memory, path);
    int64_t gate = s->now;
    for (int i = 0; i < n; i++)
        gate = max(gate, s->ports[path[i]].gate);
    return gate;
}

/* And when the loads and computes before it are through there. */
static int64_t passed(const struct state *s, int memory)
{
    int path[MOST_RESOURCES], n = path_of(s, memory, path);
    int64_t end = gate_of(s, memory);
    for (int i = 0; i < n; i++)
        end = max(end, calendar_end(&s->ports[path[i]]));
    return end;
}

static int64_t ticks_of(double ticks)
{
    return (int64_t)ceil(ticks);
}

static int64_t transfer_ticks(const struct state *s, int port, int outer, int64_t bits)
{
    double burst = 8 * s->accel->memories[outer].burst_bytes, moved = (double)bits;
    if (burst > 0)
        moved = ceil(moved / burst) * burst;
    return ticks_of(moved * s->ports[port].ticks_per_bit);
}

/* ---- space --------------------------------------------------------------------------------------------------------- */

static void wait_for_oldest(struct state *s, int memory)
{
    struct memory *m = &s->memories[memory];
    const struct returned *oldest = &m->returned[m->first++];
    if (oldest->n_stores == 0)
        s->now = max(s->now, oldest->time);
    for (int i = 0; i < oldest->n_stores; i++) {
        int port = oldest->stores[i].port;
        s->ports[port].gate = max(s->ports[port].gate, done_of(s, port, oldest->stores[i].index));
    }
    m->taken -= oldest->bits;
}

static void note_change(struct state *s, int memory, int64_t bits, int64_t time)
{
    s->twin->changes[s->twin->n_changes++] = (struct sim_twin_change){memory, bits, s->base + time};
}

/* Is it certain when the space was free, and was it by `until`? Then at which moment. */
static bool is_free(struct state *s, const struct returned *returned, int64_t until, int64_t *moment)
{
    *moment = returned->time;
    for (int i = 0; i < returned->n_stores; i++) {
        int port = returned->stores[i].port, index = returned->stores[i].index;
        struct calendar *c = &s->ports[port];
        int64_t horizon = max(max(s->now, c->gate), calendar_begun(c));
        if (!calendar_is_done(c, index, until == INT64_MAX ? until : horizon))
            return false;
        *moment = max(*moment, c->sent[index].done);
    }
    return *moment <= until;
}

/* What was given back is free in the order of the program, and counts as taken until it is certain when it was free. */
static void tell_free(struct state *s, int memory, int64_t until)
{
    struct memory *m = &s->memories[memory];
    for (int64_t moment; m->n_told < m->n && is_free(s, &m->returned[m->n_told], until, &moment); m->n_told++)
        note_change(s, memory, -m->returned[m->n_told].bits, moment);
}

static void take(struct state *s, int tile, int64_t bits)
{
    int memory = s->plan->tiles[tile].memory;
    struct memory *m = &s->memories[memory];
    while (m->first < m->n && m->taken + bits > m->capacity)
        wait_for_oldest(s, memory);
    m->taken += bits;
    tell_free(s, memory, gate_of(s, memory));
    note_change(s, memory, bits, gate_of(s, memory));
    s->is_live[tile] = true;
    if (s->twin->from[tile] < 0)
        s->twin->from[tile] = s->base + gate_of(s, memory);
}

static struct returned *give_back(struct state *s, int tile, int64_t bits, int64_t time)
{
    int memory = s->plan->tiles[tile].memory;
    struct memory *m = &s->memories[memory];
    if (m->n - m->first == SINTER_LOOKAHEAD)
        wait_for_oldest(s, memory);
    m->returned[m->n] = (struct returned){.bits = bits, .time = time, .tile = tile};
    s->twin->to[tile] = max(s->twin->to[tile], s->base + time);
    return &m->returned[m->n++];
}

/* ---- transfers ----------------------------------------------------------------------------------------------------- */

static bool moves_out(const struct sinter_tile *tile)
{
    return tile->store_bits > 0 || tile->state_store_bits > 0;
}

static bool moves_in(const struct sinter_tile *tile)
{
    return tile->load_bits > 0 || tile->state_load_bits > 0 || tile->source >= 0;
}

/* Is its tensor stored and loaded in one group? */
static bool goes_out_and_in(const struct state *s, int index)
{
    bool is_out = false, is_in = false;
    for (int i = 0; i < s->plan->n_tiles; i++) {
        const struct sinter_tile *tile = &s->plan->tiles[i];
        if (tile->tensor != s->plan->tiles[index].tensor ||
            s->plan->nodes[tile->leaf].group != s->plan->nodes[s->plan->tiles[index].leaf].group)
            continue;
        is_out |= moves_out(tile);
        is_in |= moves_in(tile);
    }
    return is_out && is_in;
}

static bool fills_others(const struct state *s, int index)
{
    for (int i = 0; i < s->plan->n_tiles; i++)
        if (s->plan->tiles[i].source == index)
            return true;
    return false;
}

static void wait_for_stores_of(struct state *s, int tensor)
{
    for (int p = 0; p < s->n_ports; p++)
        for (int i = 0; i < s->ports[p].n_sent; i++)
            if (s->ports[p].sent[i].tensor == tensor)
                s->ports[p].gate = max(s->ports[p].gate, done_of(s, p, i));
}

/* The ports on the way between a tile and its source, each once. */
static int way_of(const struct state *s, int index, bool is_store, int way[3])
{
    const struct sinter_tile *tile = &s->plan->tiles[index];
    int outer = tile->source < 0 ? 0 : s->plan->tiles[tile->source].memory, n = 0;
    int all[3] = {is_store && outer == 0 ? s->write : s->read_of[outer], s->link_of[tile->memory], s->read_of[tile->memory]};
    for (int i = 0; i < 3; i++) {
        bool is_new = all[i] >= 0;
        for (int k = 0; k < n; k++)
            is_new &= way[k] != all[i];
        if (is_new)
            way[n++] = all[i];
    }
    return n;
}

static void load(struct state *s, const struct sinter_command *command)
{
    int index = command->tile, way[3];
    const struct sinter_tile *tile = &s->plan->tiles[index];
    int outer = tile->source < 0 ? 0 : s->plan->tiles[tile->source].memory;
    int64_t bits = command->bits + command->state_bits;
    if (tile->is_window && s->is_live[index]) {
        give_back(s, index, bits, s->computed);
        take(s, index, bits);
    } else if (!s->is_live[index]) {
        take(s, index, tile->room_bits);
    }
    int64_t had_space = gate_of(s, tile->memory);
    if (goes_out_and_in(s, index))
        wait_for_stores_of(s, tile->tensor);
    int64_t ready = s->now;
    if (s->write >= 0 && s->write != s->read_of[0])
        ready = max(ready, s->ports[s->write].gate);
    if (tile->source >= 0) {
        const struct sinter_tile *source = &s->plan->tiles[tile->source];
        ready = max(ready, s->arrived[tile->source]);
        if (source->is_produced)
            ready = max(ready, s->made[source->leaf]);
    }
    int64_t end = max(ready, passed(s, tile->memory));
    int n = way_of(s, index, false, way);
    for (int i = 0; i < n; i++) {
        int64_t ticks = transfer_ticks(s, way[i], outer, bits);
        if (ticks > 0)
            end = max(end, serve(s, way[i], ready, ticks) + ticks);
    }
    if (bits > 0)
        end += ticks_of(s->accel->memories[outer].latency_s * s->accel->hz * s->ticks_per_cycle);
    s->arrived[index] = end;
    if (end >= s->loaded) {
        s->loaded = end;
        s->loaded_had_space = had_space;
    }
    if (!s->accel->prefetch)
        s->now = max(s->now, end);
}

static void send(struct state *s, struct returned *space, int port, int64_t ready, int64_t ticks)
{
    struct calendar *c = &s->ports[port];
    if (ticks == 0)
        return;
    space->stores[space->n_stores].port = port;
    space->stores[space->n_stores++].index = c->n_sent;
    c->sent[c->n_sent++] = (struct sent){ready, ticks, -1, s->plan->tiles[space->tile].tensor};
}

static void store(struct state *s, const struct sinter_command *command)
{
    int index = command->tile, way[3];
    const struct sinter_tile *tile = &s->plan->tiles[index];
    int outer = tile->source < 0 ? 0 : s->plan->tiles[tile->source].memory;
    bool waits = fills_others(s, index) && goes_out_and_in(s, index);
    if (waits)
        wait_for_stores_of(s, tile->tensor);
    int64_t made = tile->kind == SINTER_TILE_CARRY ? s->computed : s->made[tile->leaf];
    struct returned *space = give_back(s, index, tile->room_bits, made);
    int64_t ready = max(made, s->now);
    if (waits)
        ready = max(ready, passed(s, tile->memory));
    int64_t bits = command->bits + (tile->source < 0 ? command->state_bits : 0);
    int n = way_of(s, index, true, way);
    for (int i = 0; i < n; i++)
        send(s, space, way[i], ready, transfer_ticks(s, way[i], outer, bits));
    if (tile->source >= 0 && command->state_bits > 0 && s->write >= 0)
        send(s, space, s->write, ready, ticks_of((double)command->state_bits * s->ports[s->write].ticks_per_bit));
    s->is_live[index] = false;
    s->stored = index;
    for (int p = 0; p < s->n_ports && !s->accel->prefetch; p++) {
        if (s->ports[p].n_sent > 0)
            s->now = max(s->now, done_of(s, p, s->ports[p].n_sent - 1));
        s->now = max(s->now, calendar_end(&s->ports[p]));
    }
}

static void release(struct state *s, const struct sinter_command *command)
{
    int index = command->tile;
    const struct sinter_tile *tile = &s->plan->tiles[index];
    if (s->stored == index) {
        s->stored = -1;
        return;
    }
    int64_t time = tile->kind == SINTER_TILE_STREAM ? s->made[tile->leaf] : s->computed;
    give_back(s, index, tile->room_bits, fills_others(s, index) ? max(time, s->loaded) : time);
    s->is_live[index] = false;
}

/* ---- computes ------------------------------------------------------------------------------------------------------ */

/* When leaf `on` last finished, if `node` must wait for it. */
static int64_t other_unit(const struct state *s, int node, int on)
{
    const struct sinter_plan_node *nodes = s->plan->nodes;
    return on < 0 || nodes[on].group != nodes[node].group || nodes[on].unit == nodes[node].unit ? 0 : s->made[on];
}

static int64_t results_there(const struct state *s, int index)
{
    const struct sinter_plan_node *node = &s->plan->nodes[index];
    const struct sinter_cascade *cascade = s->plan->cascade;
    int64_t there = 0;
    for (int m = 0; m < node->n_members; m++) {
        const struct sinter_einsum *einsum = &cascade->einsums[s->plan->members[node->first_member + m]];
        for (int k = 0; k < einsum->n_operands; k++) {
            int producer = cascade->tensors[einsum->operands[k].tensor].producer;
            there = max(there, other_unit(s, index, producer < 0 ? -1 : s->plan->leaves[producer].node));
        }
        const struct sinter_tensor *made = &cascade->tensors[einsum->result];
        for (int r = 0; r < made->n_readers && made->look_back > 0; r++)
            there = max(there, other_unit(s, index, s->plan->leaves[made->readers[r]].node));
    }
    return there;
}

static void compute(struct state *s, const struct line *line)
{
    int index = line->command.node;
    const struct sinter_plan_node *node = &s->plan->nodes[index];
    int memory = s->accel->units[node->unit].memory, port = s->read_of[memory];
    for (int t = 0; t < s->plan->n_tiles; t++) {
        const struct sinter_tile *tile = &s->plan->tiles[t];
        if (tile->leaf == index && (tile->is_produced || tile->kind == SINTER_TILE_CARRY) && !s->is_live[t])
            take(s, t, tile->room_bits);
    }
    int64_t *waits = s->twin->leaf_ticks[index], idle_since = s->unit_free[node->unit];
    int64_t space = s->accel->n_units > 1 ? passed(s, memory) : gate_of(s, memory), einsum = results_there(s, index);
    int64_t start = max(max(space, s->loaded), max(einsum, idle_since)), idle = start - idle_since;
    if (einsum > max(space, s->loaded)) {
        waits[SINTER_WAIT_EINSUM] += idle;
    } else if (s->loaded >= space) {
        int64_t late = max(0, s->loaded_had_space - idle_since);
        late = late < idle ? late : idle;
        waits[SINTER_WAIT_SPACE] += late;
        waits[SINTER_WAIT_TRANSFER] += idle - late;
    } else {
        waits[SINTER_WAIT_SPACE] += idle;
    }
    int64_t compute = ticks_of(sim_twin_cycles(s->plan, s->einsums, index, &line->ranges) * s->ticks_per_cycle);
    int64_t access =
        port < 0 ? 0 : ticks_of(sim_twin_access_bits(s->plan, index, &line->ranges) * s->ports[port].ticks_per_bit);
    int64_t begin = access > 0 ? serve(s, port, start, access) : start, ticks = max(compute, access);
    waits[SINTER_WAIT_PORT] += begin - start + ticks - compute;
    s->twin->leaf_busy[index] += compute;
    s->made[index] = s->unit_free[node->unit] = begin + ticks;
    s->computed = max(s->computed, begin + ticks);
    if (!s->accel->prefetch)
        s->now = max(s->now, begin + ticks);
}

/* ---- groups -------------------------------------------------------------------------------------------------------- */

static void begin_group(struct state *s)
{
    s->now = s->loaded = s->loaded_had_space = s->computed = 0;
    s->stored = -1;
    memset(s->unit_free, 0, sizeof s->unit_free);
    for (int p = 0; p < s->n_ports; p++)
        s->ports[p].gate = s->ports[p].n_served = s->ports[p].n_sent = 0;
    for (int m = 0; m < s->accel->n_memories; m++)
        s->memories[m].first = s->memories[m].n = s->memories[m].n_told = 0;
}

static void end_group(struct state *s, int group)
{
    int64_t end = max(s->loaded, s->computed);
    for (int p = 0; p < s->n_ports; p++) {
        end = max(end, calendar_end(&s->ports[p]));
        if (s->ports[p].n_sent > 0)
            end = max(end, done_of(s, p, s->ports[p].n_sent - 1));
    }
    for (int m = 0; m < s->accel->n_memories; m++) {
        struct memory *memory = &s->memories[m];
        for (int i = 0; i < memory->n; i++) {
            const struct returned *r = &memory->returned[i];
            for (int k = 0; k < r->n_stores; k++)
                s->twin->to[r->tile] =
                    max(s->twin->to[r->tile], s->base + done_of(s, r->stores[k].port, r->stores[k].index));
            memory->taken -= i >= memory->first ? r->bits : 0;
        }
        tell_free(s, m, INT64_MAX);
    }
    s->twin->group_ticks[group] = end;
    s->twin->drain_ticks[group] = end - s->computed;
    s->base += end;
}

static void run(struct state *s, const struct line *lines, int n)
{
    int group = 0;
    begin_group(s);
    for (int i = 0; i < n; i++) {
        for (; s->plan->nodes[lines[i].command.node].group != group; group++) {
            end_group(s, group);
            begin_group(s);
        }
        switch (lines[i].command.kind) {
        case SINTER_LOAD:
            load(s, &lines[i].command);
            break;
        case SINTER_COMPUTE:
            compute(s, &lines[i]);
            break;
        case SINTER_STORE:
            store(s, &lines[i].command);
            break;
        case SINTER_FREE:
            release(s, &lines[i].command);
            break;
        }
    }
    end_group(s, group);
    s->twin->ticks = s->base;
}

/* ---- the door ------------------------------------------------------------------------------------------------------ */

static void *many(int64_t n, size_t size)
{
    void *block = calloc((size_t)n + 1, size);
    if (block == NULL)
        abort();
    return block;
}

static void open_state(struct state *s, const struct sinter_timing *timing, int n)
{
    const struct sinter_plan *plan = s->plan;
    s->ticks_per_cycle = timing->ticks_per_cycle;
    s->n_ports = timing->n_resources;
    for (int m = 0; m < SINTER_MAX_MEMORIES; m++)
        s->read_of[m] = s->link_of[m] = -1;
    s->write = -1;
    for (int r = 0; r < timing->n_resources; r++) {
        const struct sinter_resource *resource = &timing->resources[r];
        const struct sinter_memory *memory = &s->accel->memories[resource->index];
        double rate = memory->bytes_per_s;
        if (resource->kind == SINTER_RESOURCE_READ) {
            s->read_of[resource->index] = r;
        } else if (resource->kind == SINTER_RESOURCE_LINK) {
            s->link_of[resource->index] = r;
            rate = memory->link_bytes_per_s;
        } else if (resource->kind == SINTER_RESOURCE_WRITE) {
            s->write = r;
            rate = memory->write_bytes_per_s;
        }
        if (resource->kind == SINTER_RESOURCE_UNIT)
            continue;
        s->is_port[r] = true;
        s->ports[r].ticks_per_bit = s->accel->hz / (8 * rate) * s->ticks_per_cycle;
        s->ports[r].served = many(n, sizeof *s->ports[r].served);
        s->ports[r].sent = many(2 * n, sizeof *s->ports[r].sent);
    }
    if (s->write < 0)
        s->write = s->read_of[0];
    for (int m = 0; m < s->accel->n_memories; m++) {
        double bits = 8 * s->accel->memories[m].capacity_bytes;
        s->memories[m].capacity = bits < 1e18 ? (int64_t)bits : INT64_MAX / 4;
        s->memories[m].returned = many(2 * n, sizeof *s->memories[m].returned);
    }
    s->made = many(plan->n_nodes, sizeof *s->made);
    s->arrived = many(plan->n_tiles, sizeof *s->arrived);
    s->is_live = many(plan->n_tiles, sizeof *s->is_live);
    s->twin->group_ticks = many(plan->n_groups, sizeof *s->twin->group_ticks);
    s->twin->drain_ticks = many(plan->n_groups, sizeof *s->twin->drain_ticks);
    s->twin->busy_ticks = many(timing->n_resources, sizeof *s->twin->busy_ticks);
    s->twin->leaf_ticks = many(plan->n_nodes, sizeof *s->twin->leaf_ticks);
    s->twin->leaf_busy = many(plan->n_nodes, sizeof *s->twin->leaf_busy);
    s->twin->from = many(plan->n_tiles, sizeof *s->twin->from);
    s->twin->to = many(plan->n_tiles, sizeof *s->twin->to);
    s->twin->changes = many(2 * n + plan->n_tiles, sizeof *s->twin->changes);
    for (int i = 0; i < plan->n_tiles; i++)
        s->twin->from[i] = -1;
}

static void close_state(struct state *s, const struct sinter_timing *timing)
{
    for (int r = 0; r < s->n_ports; r++) {
        s->twin->busy_ticks[r] = s->ports[r].busy;
        for (int i = 0; i < s->plan->n_nodes && !s->is_port[r]; i++)
            if (s->plan->nodes[i].n_members > 0 && s->plan->nodes[i].unit == timing->resources[r].index)
                s->twin->busy_ticks[r] += s->twin->leaf_busy[i];
        free(s->ports[r].served);
        free(s->ports[r].sent);
    }
    for (int m = 0; m < s->accel->n_memories; m++)
        free(s->memories[m].returned);
    free(s->made);
    free(s->arrived);
    free(s->is_live);
}

bool sim_twin_run(const struct sinter_plan *plan, const struct sinter_einsum_cost *einsums,
                  const struct sinter_timing *timing, struct sim_twin *twin)
{
    struct sinter_program *program = NULL;
    struct line *lines = many(256, sizeof *lines);
    struct sinter_command command;
    int n = 0;
    *twin = (struct sim_twin){0};
    if (sinter_program_new(plan, NULL, NULL, &program) != SINTER_OK)
        abort();
    for (; n < SIM_TWIN_MOST_COMMANDS && sinter_program_next(program, &command); n++) {
        if (n >= 256 && (n & (n - 1)) == 0 && (lines = realloc(lines, 2 * (size_t)n * sizeof *lines)) == NULL)
            abort();
        lines[n] = (struct line){command, *sinter_program_ranges(program)};
    }
    sinter_program_free(program);
    struct state *s = many(1, sizeof *s);
    *s = (struct state){.plan = plan, .accel = plan->accel, .einsums = einsums, .twin = twin};
    bool is_small = n < SIM_TWIN_MOST_COMMANDS;
    twin->n_commands = n;
    if (is_small) {
        open_state(s, timing, n);
        run(s, lines, n);
        close_state(s, timing);
    }
    free(s);
    free(lines);
    return is_small;
}

void sim_twin_free(struct sim_twin *twin)
{
    free(twin->group_ticks);
    free(twin->drain_ticks);
    free(twin->busy_ticks);
    free(twin->leaf_ticks);
    free(twin->leaf_busy);
    free(twin->from);
    free(twin->to);
    free(twin->changes);
    *twin = (struct sim_twin){0};
}
