/* command.c: when each command starts and ends.
 * SPDX-License-Identifier: MIT
 */
#include "sim/machine.h"

/* ---- transfers ----------------------------------------------------------------------------------------------------- */

int64_t machine_gate(const struct machine *machine, int memory)
{
    int64_t gate = machine->issue;
    for (int i = 0; i < machine->n_path[memory]; i++)
        gate = later(gate, machine->ports[machine->path[memory][i]].gate);
    return gate;
}

/* The controller waits until what a load brings has been stored. */
static void wait_for_sends(struct machine *machine, int index)
{
    struct send *send = &machine->sends[index];
    for (int p = 0; p < machine->n_ports; p++) {
        while (send->n_jobs[p] > 0)
            port_drain_one(machine, p);
        machine->ports[p].gate = later(machine->ports[p].gate, send->done[p]);
    }
}

static void take_room(struct machine *machine, int place, int64_t bits)
{
    struct way *way = &machine->ways[place];
    space_take(machine, way->memory, bits);
    if (way->first_taken < 0)
        way->first_taken = machine->base + machine_gate(machine, way->memory);
    way->is_live = true;
}

static void load(struct machine *machine, const struct sinter_command *command)
{
    int place = machine->place_of[command->tile];
    struct way *way = &machine->ways[place];
    int64_t bits = command->bits + command->state_bits;
    if (way->is_window && way->is_live) { /* the new part takes the place of what the window leaves behind */
        space_free(machine, way->memory, bits, machine->computed, place);
        take_room(machine, place, bits);
    } else if (!way->is_live) {
        take_room(machine, place, way->room);
    }
    int64_t had_space = machine_gate(machine, way->memory);
    if (way->send >= 0)
        wait_for_sends(machine, way->send);
    int64_t ready = machine->issue;
    if (machine->write_port >= 0 && machine->write_port != machine->port_of[0]) /* no load passes there */
        ready = later(ready, machine->ports[machine->write_port].gate);
    if (way->source >= 0) {
        const struct way *source = &machine->ways[way->source];
        ready = later(ready, later(source->arrived, source->is_produced ? machine->leaves[source->leaf].made : 0));
    }
    int64_t end = ready;
    for (int i = 0; i < machine->n_path[way->memory]; i++)
        end = later(end, port_pass(machine, machine->path[way->memory][i], ready));
    for (int i = 0; i < way->load.n; i++) {
        int64_t ticks = route_ticks(machine, &way->load, i, bits);
        if (ticks > 0)
            end = later(end, port_serve(machine, way->load.ports[i], ready, ticks, machine->number) + ticks);
    }
    end += bits > 0 ? way->load.latency : 0;
    way->arrived = end;
    if (end >= machine->loaded) {
        machine->loaded = end;
        machine->loaded_last = place;
        machine->loaded_issue = had_space;
    }
    if (!machine->accel->prefetch)
        machine->issue = later(machine->issue, end);
}

static void queue_store(struct machine *machine, int port, int64_t ticks, struct job *job)
{
    struct slot *slot = &machine->spaces[job->memory].slots[job->slot];
    if (ticks == 0)
        return;
    job->left = ticks;
    job->way = slot->n_ports++;
    slot->ports[job->way] = port;
    slot->done[job->way] = -1;
    slot->n_waiting++;
    if (job->send >= 0)
        machine->sends[job->send].n_jobs[port]++;
    port_queue(machine, port, job);
}

static void store(struct machine *machine, const struct sinter_command *command)
{
    int place = machine->place_of[command->tile];
    struct way *way = &machine->ways[place];
    if (way->fills_others && way->send >= 0)
        wait_for_sends(machine, way->send); /* what inner memories drain into it */
    int64_t ready = way->is_carry ? machine->computed : machine->leaves[way->leaf].made;
    int slot = space_free(machine, way->memory, way->room, ready, place);
    ready = later(ready, machine->issue);
    for (int i = 0; i < machine->n_path[way->memory] && way->fills_others && way->send >= 0; i++)
        ready = port_pass(machine, machine->path[way->memory][i], ready);
    struct job job = {.ready = ready, .number = machine->number, .memory = way->memory, .slot = slot, .send = way->send};
    int64_t bits = command->bits + (way->source < 0 ? command->state_bits : 0);
    for (int i = 0; i < way->store.n; i++)
        queue_store(machine, way->store.ports[i], route_ticks(machine, &way->store, i, bits), &job);
    if (way->source >= 0 && command->state_bits > 0 && machine->write_port >= 0) { /* its state goes to DRAM by itself */
        const struct route dram = {.n = 1, .ports = {machine->write_port}};
        queue_store(machine, machine->write_port, route_ticks(machine, &dram, 0, command->state_bits), &job);
    }
    way->is_live = false;
    machine->stored = place;
    for (int p = 0; !machine->accel->prefetch && p < machine->n_ports; p++) {
        while (machine->ports[p].n > 0)
            port_drain_one(machine, p);
        machine->issue = later(machine->issue, machine->ports[p].free);
    }
}

static void release(struct machine *machine, const struct sinter_command *command)
{
    int place = machine->place_of[command->tile];
    struct way *way = &machine->ways[place];
    if (machine->stored == place) { /* free when its store is done */
        machine->stored = -1;
        return;
    }
    int64_t time = way->is_stream ? machine->leaves[way->leaf].made : machine->computed;
    space_free(machine, way->memory, way->room, way->fills_others ? later(time, machine->loaded) : time, place);
    way->is_live = false;
}

/* ---- computes ------------------------------------------------------------------------------------------------------ */

static void tell(const struct machine *machine, int resource, int64_t start, int64_t end)
{
    const struct sinter_observer *observer = machine->observer;
    if (observer == NULL || observer->slice == NULL || end == start || machine->base + end < machine->window_from ||
        machine->base + start > machine->window_to)
        return;
    observer->slice(observer->context, machine->number, resource, (double)(machine->base + start) / machine->ticks_per_cycle,
                    (double)(machine->base + end) / machine->ticks_per_cycle);
}

/* Charges the time that a unit stood still to what it waited for last. A load that was issued late had no space earlier. */
static void charge_wait(struct machine *machine, int64_t *waits, int64_t idle_since, int64_t start, enum sinter_wait cause)
{
    int64_t idle = start - idle_since;
    if (idle <= 0)
        return;
    if (cause == SINTER_WAIT_TRANSFER) {
        int64_t late = machine->loaded_issue - idle_since;
        late = late < 0 ? 0 : late < idle ? late : idle;
        waits[SINTER_WAIT_SPACE] += late;
        idle -= late;
        machine->place_waits[machine->loaded_last] += idle;
    }
    waits[cause] += idle;
}

static void compute(struct machine *machine, const struct sinter_command *command)
{
    struct leaf *leaf = &machine->leaves[command->node];
    int unit = machine->plan->nodes[command->node].unit, port = machine->port_of[machine->accel->units[unit].memory];
    for (int place = leaf->first_made; place >= 0; place = machine->ways[place].next_made)
        if (!machine->ways[place].is_live)
            take_room(machine, place, machine->ways[place].room);
    leaf_ask(machine, command->node);
    enum sinter_wait cause = SINTER_WAIT_SPACE;
    int memory = machine->accel->units[unit].memory;
    int64_t idle_since = machine->unit_free[unit], start = machine_gate(machine, memory);
    for (int i = 0; i < machine->n_path[memory] && machine->accel->n_units > 1; i++) /* computes take ports in order, too */
        start = port_pass(machine, machine->path[memory][i], start);
    if (machine->loaded >= start) {
        start = machine->loaded;
        cause = SINTER_WAIT_TRANSFER;
    }
    for (int i = 0; i < leaf->n_waits; i++) {
        int64_t made = machine->leaves[machine->waits[leaf->first_wait + i]].made;
        if (made > start) {
            start = made;
            cause = SINTER_WAIT_EINSUM;
        }
    }
    start = later(start, idle_since);
    charge_wait(machine, leaf->record + 1, idle_since, start, cause);
    int64_t begin = start, ticks = leaf->compute;
    if (leaf->port > 0) {
        begin = port_serve(machine, port, start, leaf->port, machine->number);
        ticks = later(ticks, leaf->port);
        leaf->record[1 + SINTER_WAIT_PORT] += begin - start + ticks - leaf->compute;
    }
    tell(machine, machine->unit_resource[unit], begin, begin + leaf->compute);
    leaf->record[0] += leaf->compute;
    leaf->made = machine->unit_free[unit] = begin + ticks;
    machine->computed = later(machine->computed, leaf->made);
    if (!machine->accel->prefetch)
        machine->issue = later(machine->issue, leaf->made);
}

void machine_do(struct machine *machine, const struct sinter_command *command)
{
    const struct sinter_observer *observer = machine->observer;
    if (observer != NULL && observer->command != NULL && machine->base + machine->issue <= machine->window_to)
        observer->command(observer->context, machine->number, command, machine->program);
    switch (command->kind) {
    case SINTER_LOAD:
        load(machine, command);
        break;
    case SINTER_COMPUTE:
        compute(machine, command);
        break;
    case SINTER_STORE:
        store(machine, command);
        break;
    case SINTER_FREE:
        release(machine, command);
        break;
    }
    machine->number++;
}
