/* space.c: the space of a memory, and how full it is over time.
 * SPDX-License-Identifier: MIT
 *
 * Space is taken and freed in program order. What has been freed waits in a ring until its time has come; who needs space
 * that is not there waits for the ring's head. So a larger memory only ever lets the controller go on earlier.
 */
#include "sim/machine.h"

#include <string.h>

/* ---- occupancy over time ------------------------------------------------------------------------------------------- */

/* Twice the time in half of the samples. */
static void fold(struct history *history)
{
    for (size_t i = 0; i < SINTER_SAMPLES / 2; i++)
        history->bits[i] = later(history->bits[2 * i], history->bits[2 * i + 1]);
    memset(&history->bits[SINTER_SAMPLES / 2], 0, SINTER_SAMPLES / 2 * sizeof *history->bits);
    history->shift++;
    history->last /= 2;
}

/* The level, or `most`, holds from the last sample to the one of `time`. */
static void spread(struct history *history, int64_t time, int64_t level)
{
    while (time >> history->shift >= SINTER_SAMPLES)
        fold(history);
    int until = (int)(time >> history->shift);
    for (int i = history->last; i <= until; i++)
        history->bits[i] = later(history->bits[i], level);
    history->last = until;
}

static void change(struct machine *machine, int memory, int64_t time, int64_t level)
{
    struct history *history = &machine->spaces[memory].history;
    time = later(machine->base + time, history->at);
    spread(history, time, history->level);
    history->at = time;
    history->level = level;
    history->most = later(history->most, level);
    history->bits[history->last] = later(history->bits[history->last], level);
    const struct sinter_observer *seer = machine->observer;
    if (seer != NULL && seer->occupancy != NULL && time >= machine->window_from && time <= machine->window_to)
        seer->occupancy(seer->context, memory, (double)time / machine->ticks_per_cycle, level);
}

void history_fill(struct history *history, int64_t time)
{
    spread(history, time, history->most);
    history->at = later(history->at, time);
}

/* ---- space --------------------------------------------------------------------------------------------------------- */

static void see(struct machine *machine, int memory)
{
    struct space *space = &machine->spaces[memory];
    const struct slot *slot = &space->slots[(space->head + space->n_seen++) % SINTER_LOOKAHEAD];
    change(machine, memory, slot->time, space->history.level - slot->bits);
}

void space_settle(struct machine *machine, int memory)
{
    struct space *space = &machine->spaces[memory];
    int64_t now = machine_gate(machine, memory);
    while (space->n_seen < space->n) {
        const struct slot *slot = &space->slots[(space->head + space->n_seen) % SINTER_LOOKAHEAD];
        for (int i = 0; i < slot->n_ports && slot->n_waiting > 0; i++)
            port_settle(machine, slot->ports[i], later(machine->issue, machine->ports[slot->ports[i]].gate));
        if (slot->n_waiting > 0 || slot->time > now)
            return;
        see(machine, memory);
    }
}

/* The controller waits for the oldest slot: for its users, and at each port for its store. */
static void wait_for_head(struct machine *machine, int memory)
{
    struct space *space = &machine->spaces[memory];
    const struct slot *slot = &space->slots[space->head];
    for (int i = 0; i < slot->n_ports; i++) {
        struct port *port = &machine->ports[slot->ports[i]];
        while (slot->done[i] < 0)
            port_drain_one(machine, slot->ports[i]);
        port->gate = later(port->gate, slot->done[i]);
    }
    if (slot->n_ports == 0)
        machine->issue = later(machine->issue, slot->time);
    if (space->n_seen == 0)
        see(machine, memory);
    space->taken -= slot->bits;
    space->head = (space->head + 1) % SINTER_LOOKAHEAD;
    space->n--;
    space->n_seen--;
}

void space_take(struct machine *machine, int memory, int64_t bits)
{
    struct space *space = &machine->spaces[memory];
    while (space->n > 0 && space->taken + bits > space->capacity)
        wait_for_head(machine, memory);
    space->taken += bits;
    space_settle(machine, memory);
    change(machine, memory, machine_gate(machine, memory), space->history.level + bits);
}

int space_free(struct machine *machine, int memory, int64_t bits, int64_t time, int place)
{
    struct space *space = &machine->spaces[memory];
    while (space->n == SINTER_LOOKAHEAD)
        wait_for_head(machine, memory);
    int slot = (space->head + space->n++) % SINTER_LOOKAHEAD;
    space->slots[slot] = (struct slot){.bits = bits, .time = time, .place = place};
    machine->ways[place].last_freed = later(machine->ways[place].last_freed, machine->base + time);
    return slot;
}

void space_empty(struct machine *machine, int memory)
{
    while (machine->spaces[memory].n > 0)
        wait_for_head(machine, memory);
}
