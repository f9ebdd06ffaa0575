/* port.c: a server of loads and stores.
 * SPDX-License-Identifier: MIT
 *
 * Loads (and, at the port of a unit's memory, computes) are served in program order, as if there were no stores. Stores are
 * served in program order in the gaps: one that is not done when a load begins goes on after it.
 *
 * The controller waits for a store port by port: a load may pass a port when the stores that it waits for have. What a load
 * waits for at a port is then the time at which a set of loads and stores, those before it, is through; and that is the same
 * for every order in which a server that never idles takes them. So whatever makes a load or a store ready earlier never
 * makes anything later, though the order in which they are served may change.
 */
#include "sim/machine.h"

static void tell(struct machine *machine, const struct port *port, int64_t number, int64_t start, int64_t end)
{
    const struct sinter_observer *observer = machine->observer;
    if (observer == NULL || observer->slice == NULL || end == start || machine->base + end < machine->window_from ||
        machine->base + start > machine->window_to)
        return;
    observer->slice(observer->context, number, port->resource, (double)(machine->base + start) / machine->ticks_per_cycle,
                    (double)(machine->base + end) / machine->ticks_per_cycle);
}

static void finish(struct machine *machine, int index, int64_t end)
{
    struct port *port = &machine->ports[index];
    const struct job *job = &port->jobs[port->head];
    struct slot *slot = &machine->spaces[job->memory].slots[job->slot];
    if (job->send >= 0) {
        machine->sends[job->send].n_jobs[index]--;
        machine->sends[job->send].done[index] = end;
    }
    slot->n_waiting--;
    slot->done[job->way] = end;
    slot->time = later(slot->time, end);
    machine->ways[slot->place].last_freed = machine->base + slot->time;
    port->head = port->head + 1 == machine->n_jobs ? 0 : port->head + 1;
    port->n--;
}

/* Serves the oldest store from `start` on, until `stop` at most; true when it is done. */
static bool serve_part(struct machine *machine, int index, int64_t start, int64_t stop)
{
    struct port *port = &machine->ports[index];
    struct job *job = &port->jobs[port->head];
    if (start + job->left < stop)
        stop = start + job->left;
    tell(machine, port, job->number, start, stop);
    *port->busy += stop - start;
    job->left -= stop - start;
    if (job->left > 0)
        return false;
    finish(machine, index, stop);
    return true;
}

/* A gap that the oldest store cannot use is of no use to any: they are served in order. */
static bool serve_in_gap(struct machine *machine, int index)
{
    struct port *port = &machine->ports[index];
    struct gap *gap = &port->gaps[port->first_gap];
    const struct job *job = &port->jobs[port->head];
    int64_t start = later(gap->from, job->ready), left = job->left;
    bool is_done = start < gap->to && serve_part(machine, index, start, gap->to);
    gap->from = is_done ? start + left : gap->to;
    if (gap->from == gap->to) {
        port->first_gap = (port->first_gap + 1) % SINTER_QUEUE;
        port->n_gaps--;
    }
    return is_done;
}

void port_settle(struct machine *machine, int index, int64_t until)
{
    struct port *port = &machine->ports[index];
    while (port->n > 0) {
        if (port->n_gaps > 0) {
            serve_in_gap(machine, index);
            continue;
        }
        const struct job *job = &port->jobs[port->head];
        int64_t start = later(port->free, job->ready), end = start + job->left;
        if (start >= until)
            return;
        port->free = end < until ? end : until;
        if (!serve_part(machine, index, start, until))
            return;
    }
}

void port_drain_one(struct machine *machine, int index)
{
    struct port *port = &machine->ports[index];
    while (port->n_gaps > 0)
        if (serve_in_gap(machine, index))
            return;
    const struct job *job = &port->jobs[port->head];
    int64_t start = later(port->free, job->ready);
    port->free = start + job->left;
    serve_part(machine, index, start, port->free);
}

/* No more than SINTER_QUEUE loads wait at a port, so there are never more gaps after `issue`. */
static void add_gap(const struct machine *machine, struct port *port, int64_t from, int64_t to)
{
    while (port->n_gaps > 0 && port->gaps[port->first_gap].to <= machine->issue) {
        port->first_gap = (port->first_gap + 1) % SINTER_QUEUE;
        port->n_gaps--;
    }
    from = later(from, machine->issue);
    if (from < to)
        port->gaps[(port->first_gap + port->n_gaps++) % SINTER_QUEUE] = (struct gap){from, to};
}

int64_t port_serve(struct machine *machine, int index, int64_t ready, int64_t ticks, int64_t number)
{
    struct port *port = &machine->ports[index];
    machine->issue = later(machine->issue, port->ends[port->next_end]); /* the queue has a place again */
    int64_t start = later(later(later(ready, machine->issue), port->gate), port->free);
    if (port->n > 0)
        port_settle(machine, index, start);
    if (port->n == 0 && start > port->free && start > machine->issue)
        add_gap(machine, port, port->free, start);
    tell(machine, port, number, start, start + ticks);
    *port->busy += ticks;
    port->free = port->ends[port->next_end] = start + ticks;
    port->next_end = (port->next_end + 1) % SINTER_QUEUE;
    return start;
}

void port_queue(struct machine *machine, int index, const struct job *job)
{
    struct port *port = &machine->ports[index];
    while (port->n == machine->n_jobs)
        port_drain_one(machine, index);
    int slot = port->head + port->n;
    port->jobs[slot >= machine->n_jobs ? slot - machine->n_jobs : slot] = *job;
    port->n++;
}

int64_t port_pass(const struct machine *machine, int index, int64_t ready)
{
    const struct port *port = &machine->ports[index];
    return later(ready, later(port->gate, port->free));
}
