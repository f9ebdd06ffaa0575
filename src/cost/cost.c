/* cost.c: time and energy of a resolved plan.
 * SPDX-License-Identifier: MIT
 *
 * The time of a group is a lower bound on any execution that keeps its order: the slowest resource, and the chain
 * first load -> compute -> last store where the first or the last leaf runs once and cannot
 * overlap with itself. See docs/model.md, "Time".
 */
#include "cost/cycles.h"
#include "cost/phases.h"

#include <math.h>
#include <string.h>

/* Cycles that the port of each memory needs for a bit; 0 for an unlimited one. */
struct ports {
    double cycles_per_bit[SINTER_MAX_MEMORIES]; /* of its reads, and of its writes unless they have their own port */
    double per_link_bit[SINTER_MAX_MEMORIES];
    double per_written_bit; /* of DRAM */
    bool writes_apart;
    double room_bits, room_cycles; /* of all memory on chip, and what DRAM needs to fill or to empty it */
};

static struct ports ports_of(const struct sinter_accel *accel)
{
    struct ports ports = {.writes_apart = accel->memories[0].write_bytes_per_s > 0};
    for (int m = 0; m < accel->n_memories; m++) {
        ports.cycles_per_bit[m] = accel->hz / (8 * accel->memories[m].bytes_per_s);
        ports.per_link_bit[m] = accel->hz / (8 * accel->memories[m].link_bytes_per_s);
    }
    ports.per_written_bit =
        ports.writes_apart ? accel->hz / (8 * accel->memories[0].write_bytes_per_s) : ports.cycles_per_bit[0];
    ports.room_bits = room_on_chip(accel);
    ports.room_cycles = ports.room_bits *
                        (ports.cycles_per_bit[0] > ports.per_written_bit ? ports.cycles_per_bit[0] : ports.per_written_bit);
    return ports;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static enum sinter_bound bound_of(double compute, double dram, double buffer)
{
    if (compute >= dram && compute >= buffer)
        return SINTER_BOUND_COMPUTE;
    return dram >= buffer ? SINTER_BOUND_DRAM : SINTER_BOUND_BUFFER;
}

const char *sinter_bound_name(enum sinter_bound bound)
{
    static const char *const names[] = {"compute", "dram", "buffer"};
    return names[bound];
}

/* Reads and writes follow one another through one port, or pass each other through two. */
static double dram_cycles(int64_t read_bits, int64_t write_bits, const struct ports *ports)
{
    double read = (double)read_bits * ports->cycles_per_bit[0], written = (double)write_bits * ports->per_written_bit;
    return ports->writes_apart ? larger(read, written) : read + written;
}

/* ---- one Einsum -------------------------------------------------------------------------------------------------- */

struct einsum_time {
    double compute, dram, buffer;
    int mapping[SINTER_MAX_PE_DIMS];
};

static struct einsum_time time_einsum(const struct sinter_plan *plan, int e, bool is_detailed, const struct ports *ports)
{
    const struct sinter_leaf_plan *leaf = &plan->leaves[e];
    struct einsum_time time;
    time.compute = einsum_compute_cycles(plan, e, is_detailed ? time.mapping : NULL);
    time.dram = dram_cycles(leaf->dram_read_bits, leaf->dram_write_bits, ports);
    time.buffer = (double)leaf->unit_bits * ports->cycles_per_bit[plan->accel->units[plan->nodes[leaf->node].unit].memory];
    return time;
}

/* ---- one group --------------------------------------------------------------------------------------------------- */

struct group_time {
    double compute[SINTER_MAX_UNITS];
    int first_unit, last_unit; /* of its first and last Einsum, in the order of execution */
    const double *by_einsum;
};

static void time_group(const struct sinter_plan *plan, int g, const struct group_time *time, const struct ports *ports,
                       struct sinter_group_cost *out)
{
    const struct sinter_accel *accel = plan->accel;
    const struct sinter_group_plan *group = &plan->groups[g];
    double first = (double)group->first_load_bits * ports->cycles_per_bit[0];
    double last = (double)group->last_store_bits * ports->per_written_bit;
    *out = (struct sinter_group_cost){.fill_cycles = first + last};
    double all = 0;
    for (int u = 0; u < accel->n_units; u++) {
        out->compute_cycles = larger(out->compute_cycles, time->compute[u]);
        all += time->compute[u];
    }
    out->dram_cycles = dram_cycles(group->read_bits[0], group->write_bits[0], ports);
    for (int m = 1; m < accel->n_memories; m++) {
        double port = ((double)group->read_bits[m] + (double)group->write_bits[m]) * ports->cycles_per_bit[m];
        out->buffer_cycles = larger(out->buffer_cycles, larger(port, (double)group->link_bits[m] * ports->per_link_bit[m]));
    }
    /* the unit of the first Einsum waits for its operands, the unit of the last one is followed by its store */
    double path = time->first_unit == time->last_unit
                      ? first + time->compute[time->first_unit] + last
                      : larger(first + time->compute[time->first_unit], time->compute[time->last_unit] + last);
    out->cycles = larger(larger(out->compute_cycles, path), larger(out->dram_cycles, out->buffer_cycles));
    if (out->cycles < out->dram_cycles + all - 2 * ports->room_cycles) /* else the phases are no longer */
        out->cycles = larger(out->cycles, phase_cycles(plan, g, time->by_einsum, ports->cycles_per_bit[0],
                                                       ports->per_written_bit, ports->writes_apart, ports->room_bits));
    if (!accel->prefetch)
        out->cycles = larger(out->cycles, (double)group->read_bits[0] * ports->cycles_per_bit[0] +
                                              (double)group->write_bits[0] * ports->per_written_bit + all);
    out->bound = bound_of(out->compute_cycles, out->dram_cycles, out->buffer_cycles);
}

/* ---- the whole schedule ------------------------------------------------------------------------------------------ */

static void add_operations(const struct sinter_plan *plan, int e, struct sinter_cost *cost, double *useful)
{
    const struct sinter_einsum *einsum = &plan->cascade->einsums[e];
    const struct sinter_work *work = &plan->work[e * plan->accel->n_units + plan->nodes[plan->leaves[e].node].unit];
    for (int k = 0; k < einsum->n_ops; k++)
        cost->operations[einsum->ops[k].op] += einsum->ops[k].total;
    *useful += work->cycles;
    cost->compute_joules += work->joules;
}

static void finish(const struct sinter_plan *plan, double useful, struct sinter_cost *cost)
{
    const struct sinter_accel *accel = plan->accel;
    double n_pes = 0;
    for (int u = 0; u < accel->n_units; u++)
        n_pes += (double)accel->units[u].n_pes;
    cost->seconds = cost->cycles / accel->hz;
    cost->utilization = cost->cycles > 0 ? useful / (n_pes * cost->cycles) : 0;
    cost->dram_joules =
        ((double)plan->dram_read_bits + (double)plan->dram_write_bits) * accel->memories[0].pj_per_bit * 1e-12;
    cost->joules = cost->dram_joules + cost->compute_joules;
    for (int m = 1; m < accel->n_memories && plan->has_port_bits; m++)
        if (accel->memories[m].pj_per_bit > 0)
            cost->sram_joules += plan->port_bits[m] * accel->memories[m].pj_per_bit * 1e-12;
    cost->static_joules = accel->static_watts * cost->seconds;
    cost->total_joules = cost->joules + cost->sram_joules + cost->static_joules;
}

void sinter_cost_evaluate(const struct sinter_plan *plan, struct sinter_cost *cost)
{
    struct sinter_einsum_cost *einsums = cost->einsums;
    struct sinter_group_cost *groups = cost->groups;
    struct ports ports = ports_of(plan->accel);
    double useful = 0, compute[SINTER_MAX_EINSUMS];
    *cost = (struct sinter_cost){.einsums = einsums, .groups = groups};
    int member = 0;
    for (int g = 0; g < plan->n_groups; g++) {
        struct group_time time = {.first_unit = -1, .by_einsum = compute};
        int end = plan->nodes[plan->groups[g].node].end;
        for (; member < plan->n_members && plan->leaves[plan->members[member]].node < end; member++) {
            int e = plan->members[member], unit = plan->nodes[plan->leaves[e].node].unit;
            struct einsum_time one = time_einsum(plan, e, einsums != NULL, &ports);
            time.compute[unit] += one.compute;
            compute[e] = one.compute;
            time.last_unit = unit;
            if (time.first_unit < 0)
                time.first_unit = unit;
            add_operations(plan, e, cost, &useful);
            if (einsums == NULL)
                continue;
            einsums[e] = (struct sinter_einsum_cost){.unit = unit,
                                                     .group = g,
                                                     .compute_cycles = one.compute,
                                                     .dram_cycles = one.dram,
                                                     .buffer_cycles = one.buffer,
                                                     .cycles = larger(larger(one.compute, one.dram), one.buffer),
                                                     .bound = bound_of(one.compute, one.dram, one.buffer)};
            memcpy(einsums[e].mapping, one.mapping, sizeof one.mapping);
        }
        struct sinter_group_cost group;
        if (time.first_unit < 0)
            time.first_unit = 0;
        time_group(plan, g, &time, &ports, &group);
        cost->cycles += group.cycles;
        cost->compute_cycles += group.compute_cycles;
        cost->dram_cycles += group.dram_cycles;
        cost->buffer_cycles += group.buffer_cycles;
        if (groups != NULL)
            groups[g] = group;
    }
    finish(plan, useful, cost);
}
