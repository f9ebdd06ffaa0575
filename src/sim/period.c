/* period.c: when the state of the machine repeats.
 * SPDX-License-Identifier: MIT
 *
 * The state is everything that later commands can depend on, as differences to a floor before which nothing that is still to
 * come can begin: the time of issue, or later. A time before the floor is as good as the floor. When the state is the same at
 * the start of two iterations of a loop, and the iterations between them issue the same commands as those behind, then each
 * later stretch takes as long as this one did and all its times are moved by that: they are left out, and what they add to the
 * counters is added.
 *
 * Snapshots are taken at iterations 1, 2, 4, 8, ... (Brent): a period of any length is found in time that is proportional to
 * the iterations before it begins. In a group of a thousand tiles a short loop waits with its first one until as much has
 * been stepped as a snapshot costs.
 */
#include "sim/machine.h"

#include <string.h>

/* ---- the reference -------------------------------------------------------------------------------------------------- */

/* Nothing that is still to come begins before this. Where only DRAM is limited, everything passes its ports or waits at their
 * gates, and the controller may be ahead of them for ever. */
static void set_floor(struct machine *machine)
{
    machine->floor = machine->issue;
    int n_dram_ports = machine->write_port == machine->port_of[0] ? 1 : 2;
    if (machine->port_of[0] < 0 || machine->write_port < 0 || machine->n_ports != n_dram_ports)
        return;
    for (int p = 0; p < machine->n_ports; p++)
        machine->floor = later(machine->floor, machine->ports[p].gate);
}

/* ---- the state ----------------------------------------------------------------------------------------------------- */

static inline int64_t since(const struct machine *machine, int64_t time)
{
    return time > machine->floor ? time - machine->floor : 0;
}

static int write_space(const struct machine *machine, const struct space *space, int64_t *words)
{
    int n = 0;
    words[n++] = space->taken;
    words[n++] = (int64_t)space->n << 32 | space->n_seen;
    for (int i = 0; i < space->n; i++) {
        const struct slot *slot = &space->slots[(space->head + i) % SINTER_LOOKAHEAD];
        words[n++] = slot->bits;
        words[n++] = since(machine, slot->time);
        for (int k = 0; k < slot->n_ports; k++) {
            words[n++] = slot->ports[k];
            words[n++] = slot->done[k] < 0 ? -1 : since(machine, slot->done[k]);
        }
    }
    return n;
}

/* A job names its slot by its distance from the head of the ring. */
static int write_port(const struct machine *machine, const struct port *port, int64_t *words)
{
    int n = 0;
    words[n++] = since(machine, port->free);
    words[n++] = since(machine, port->gate);
    words[n++] = port->n;
    for (int i = 0; i < SINTER_QUEUE; i++)
        words[n++] = since(machine, port->ends[(port->next_end + i) % SINTER_QUEUE]);
    for (int i = 0; i < port->n_gaps; i++) {
        const struct gap *gap = &port->gaps[(port->first_gap + i) % SINTER_QUEUE];
        if (gap->to <= machine->floor)
            continue;
        words[n++] = since(machine, gap->from);
        words[n++] = since(machine, gap->to);
    }
    for (int i = 0; i < port->n; i++) {
        const struct job *job = &port->jobs[(port->head + i) % machine->n_jobs];
        int head = machine->spaces[job->memory].head;
        words[n++] = since(machine, later(job->ready, port->free));
        words[n++] = job->left;
        words[n++] = job->way;
        words[n++] = job->memory * SINTER_LOOKAHEAD + (job->slot - head + SINTER_LOOKAHEAD) % SINTER_LOOKAHEAD;
        words[n++] = job->send;
    }
    return n;
}

static void settle(struct machine *machine)
{
    set_floor(machine);
    for (int p = 0; p < machine->n_ports; p++)
        port_settle(machine, p, machine->floor);
    for (int m = 1; m < machine->accel->n_memories; m++)
        space_settle(machine, m);
}

/* The part that does not grow with the group: controller, units, ports, spaces. Of units that the loop uses the very moment
 * counts, for what they have waited. */
static int write_core(const struct machine *machine, int loop, int64_t *words)
{
    int n = 0;
    bool is_expected = machine->loaded >= machine->floor;
    words[n++] = since(machine, machine->loaded);
    words[n++] = since(machine, machine->computed);
    words[n++] = is_expected ? machine->loaded_last : -1;
    words[n++] = is_expected ? machine->loaded_issue - machine->floor : 0;
    for (int u = 0; u < machine->accel->n_units; u++)
        words[n++] = machine->units_of[loop] >> u & 1 ? machine->unit_free[u] - machine->floor
                                                      : since(machine, machine->unit_free[u]);
    for (int p = 0; p < machine->n_ports; p++)
        n += write_port(machine, &machine->ports[p], words + n);
    for (int m = 1; m < machine->accel->n_memories; m++)
        n += write_space(machine, &machine->spaces[m], words + n);
    return n;
}

/* Leaves, tiles, and what is stored and loaded again. */
static int write_tiles(const struct machine *machine, int64_t *words)
{
    const struct sinter_plan *plan = machine->plan;
    int n = 0, node = plan->groups[machine->group].node;
    for (int i = node; i < plan->nodes[node].end; i++)
        if (plan->nodes[i].n_members > 0)
            words[n++] = since(machine, machine->leaves[i].made);
    for (int place = machine->first_place; place < machine->end_place; place++) {
        words[n++] = since(machine, machine->ways[place].arrived);
        words[n++] = machine->ways[place].is_live;
    }
    for (int s = machine->first_send; s < machine->end_send; s++) {
        for (int p = 0; p < machine->n_ports; p++) {
            words[n++] = since(machine, machine->sends[s].done[p]);
            words[n++] = machine->sends[s].n_jobs[p];
        }
    }
    return n;
}

int period_most_words(const struct machine *machine)
{
    int n_tiles = 0, n_sends = 0, n_nodes = 0;
    for (int g = 0; g < machine->plan->n_groups; g++) {
        int node = machine->plan->groups[g].node, size = machine->plan->nodes[node].end - node;
        int tiles = machine->first_of[g + 1] - machine->first_of[g], sends = machine->sends_of[g + 1] - machine->sends_of[g];
        n_tiles = tiles > n_tiles ? tiles : n_tiles;
        n_sends = sends > n_sends ? sends : n_sends;
        n_nodes = size > n_nodes ? size : n_nodes;
    }
    return 4 + SINTER_MAX_UNITS + n_nodes + 2 * n_tiles + n_sends * 2 * machine->n_ports +
           machine->n_ports * (3 + 5 * machine->n_jobs + 3 * SINTER_QUEUE) +
           machine->accel->n_memories * (2 + (2 + 2 * MAX_WAY) * SINTER_LOOKAHEAD);
}

/* ---- counters ------------------------------------------------------------------------------------------------------ */

/* Those that the group moves: of ports, of its leaves, of its tiles. */
struct range {
    int first, end;
};

static void counters_of_group(const struct machine *machine, struct range ranges[3])
{
    const struct sinter_plan *plan = machine->plan;
    int node = plan->groups[machine->group].node, places = machine->n_ports + plan->n_nodes * N_RECORDED;
    ranges[0] = (struct range){0, machine->n_ports};
    ranges[1] = (struct range){machine->n_ports + node * N_RECORDED, machine->n_ports + plan->nodes[node].end * N_RECORDED};
    ranges[2] = (struct range){places + machine->first_place, places + machine->end_place};
}

static void keep_counters(const struct machine *machine, struct snapshot *snapshot)
{
    struct range ranges[3];
    counters_of_group(machine, ranges);
    for (int k = 0; k < 3; k++)
        memcpy(snapshot->counters + ranges[k].first, machine->counters + ranges[k].first,
               (size_t)(ranges[k].end - ranges[k].first) * sizeof *machine->counters);
}

static void move_counters(struct machine *machine, const struct snapshot *snapshot, int64_t times)
{
    struct range ranges[3];
    counters_of_group(machine, ranges);
    for (int k = 0; k < 3; k++)
        for (int i = ranges[k].first; i < ranges[k].end; i++)
            machine->counters[i] += times * (machine->counters[i] - snapshot->counters[i]);
    machine->number += times * (machine->number - snapshot->number);
}

/* ---- jumping ------------------------------------------------------------------------------------------------------- */

static void move_times(struct machine *machine, int loop, const struct snapshot *snapshot, int64_t ticks)
{
    const struct sinter_plan *plan = machine->plan;
    int node = plan->groups[machine->group].node;
    machine->issue += ticks;
    machine->loaded += ticks;
    machine->loaded_issue += ticks;
    machine->computed += ticks;
    for (int u = 0; u < machine->accel->n_units; u++)
        machine->unit_free[u] += machine->units_of[loop] >> u & 1 ? ticks : 0;
    for (int i = node; i < plan->nodes[node].end; i++)
        machine->leaves[i].made += ticks;
    for (int place = machine->first_place; place < machine->end_place; place++)
        machine->ways[place].arrived += ticks;
    for (int s = machine->first_send; s < machine->end_send; s++)
        for (int p = 0; p < machine->n_ports; p++)
            machine->sends[s].done[p] += ticks;
    for (int p = 0; p < machine->n_ports; p++) {
        struct port *port = &machine->ports[p];
        port->free += ticks;
        port->gate += ticks;
        for (int i = 0; i < SINTER_QUEUE; i++)
            port->ends[i] += ticks;
        for (int i = 0; i < port->n_gaps; i++) {
            port->gaps[(port->first_gap + i) % SINTER_QUEUE].from += ticks;
            port->gaps[(port->first_gap + i) % SINTER_QUEUE].to += ticks;
        }
        for (int i = 0; i < port->n; i++)
            port->jobs[(port->head + i) % machine->n_jobs].ready += ticks;
    }
    for (int m = 1; m < machine->accel->n_memories; m++) {
        struct space *space = &machine->spaces[m];
        for (int i = 0; i < space->n; i++) {
            struct slot *slot = &space->slots[(space->head + i) % SINTER_LOOKAHEAD];
            slot->time += ticks;
            for (int k = 0; k < slot->n_ports; k++)
                slot->done[k] += slot->done[k] < 0 ? 0 : ticks;
        }
        space->history.most = later(space->history.most, snapshot->most[m]);
        history_fill(&space->history, later(space->history.at + ticks, machine->base + machine->issue));
    }
}

static void take_snapshot(struct machine *machine, int loop, struct snapshot *snapshot)
{
    settle(machine);
    snapshot->at = snapshot->iteration;
    snapshot->next = 2 * snapshot->iteration;
    snapshot->floor = machine->floor;
    snapshot->number = machine->number;
    snapshot->n_core = write_core(machine, loop, snapshot->words);
    snapshot->n_words = snapshot->n_core + write_tiles(machine, snapshot->words + snapshot->n_core);
    keep_counters(machine, snapshot);
    for (int m = 1; m < machine->accel->n_memories; m++) {
        struct history *history = &machine->spaces[m].history;
        for (struct snapshot *outer = machine->snapshots; outer < snapshot; outer++)
            outer->most[m] = later(outer->most[m], history->most);
        history->most = snapshot->most[m] = history->level;
    }
}

static bool same_words(const int64_t *a, const int64_t *b, int n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* What differs soonest is asked first: most iterations are told apart without writing the whole state. */
static bool repeats(struct machine *machine, int loop, const struct snapshot *snapshot)
{
    if (snapshot->at == 0 || snapshot->words[0] != since(machine, machine->loaded) ||
        snapshot->words[1] != since(machine, machine->computed))
        return false;
    settle(machine);
    int n = write_core(machine, loop, machine->words);
    if (n != snapshot->n_core || !same_words(machine->words, snapshot->words, n))
        return false;
    n = write_tiles(machine, machine->words);
    return n == snapshot->n_words - snapshot->n_core && same_words(machine->words, snapshot->words + snapshot->n_core, n);
}

/* How often the stretch may be left out so that nothing in the window of an observer is. */
static int64_t times_before_window(const struct machine *machine, int64_t period)
{
    if (machine->observer == NULL || machine->base + machine->issue > machine->window_to)
        return INT64_MAX;
    int64_t latest = later(machine->issue, later(machine->loaded, machine->computed));
    for (int p = 0; p < machine->n_ports; p++)
        latest = later(latest, machine->ports[p].free);
    int64_t left = machine->window_from - machine->base - latest;
    return left <= 0 || period == 0 ? 0 : left / period;
}

/* Has enough been stepped since the last snapshot at this depth to pay for another one? */
static bool is_affordable(const struct machine *machine, const struct snapshot *snapshot)
{
    enum {
        WORDS_PER_COMMAND = 64
    }; /* a guess of how many are written while a command is stepped: decides time, not results */
    int n_words = machine->end_place - machine->first_place + machine->end_send - machine->first_send;
    return machine->number - snapshot->number >= n_words / WORDS_PER_COMMAND;
}

static void forget(struct snapshot *snapshot)
{
    snapshot->iteration = snapshot->at = 0;
    snapshot->next = 1;
}

void period_enter(struct machine *machine, int loop)
{
    forget(&machine->snapshots[machine->depth_of[loop]]);
}

bool period_jump(struct machine *machine, int loop)
{
    struct snapshot *snapshot = &machine->snapshots[machine->depth_of[loop]];
    int64_t iteration = ++snapshot->iteration;
    set_floor(machine);
    if (repeats(machine, loop, snapshot)) {
        int64_t period = iteration - snapshot->at, ticks = machine->floor - snapshot->floor;
        int64_t times = sinter_program_alike(machine->program, loop, period, INT64_MAX) / period;
        int64_t limit = times_before_window(machine, ticks);
        times = times < limit ? times : limit;
        if (times > 0) {
            move_counters(machine, snapshot, times);
            move_times(machine, loop, snapshot, times * ticks);
            sinter_program_skip(machine->program, loop, times * period);
            forget(snapshot); /* the rest is looked at afresh: an observer's window may lie between */
            return true;
        }
    }
    if (iteration >= snapshot->next && is_affordable(machine, snapshot))
        take_snapshot(machine, loop, snapshot);
    return false;
}
