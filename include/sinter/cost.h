/* cost.h: what a schedule costs: cycles per unit and memory, a lower bound on its time, energy.
 * SPDX-License-Identifier: MIT
 *
 * Bytes and peaks are the plan's (schedule.h); cost turns them into time and energy, in closed form and without
 * allocation. Every equation stands in docs/model.md.
 *
 *     compute  An Einsum on a unit with PE dimensions p_1..p_k and a spatial mapping that gives each dimension one of
 *              its ranks (or none) takes, over the whole group, sum over its operations of
 *              count * cycles[class] * product over its ranks of S_r, where S_r = sum over the pieces of r of
 *              ceil(size / product of the p_i that r is spread over). The mapping is the accelerator's rule if one
 *              fits, else the one with the fewest cycles.
 *     memory   bits through the port of memory M (transfers, and what units read and write) / its bandwidth.
 *     group    max over units of compute, over memories of port time, and
 *              first load + compute + last store: nothing can start before its first operands are there, and the last
 *              result must still leave. Without prefetch: the sum of DRAM time and compute.
 *     total    sum over the groups.
 *     energy   `joules`: of DRAM transfers and of operations; what a search minimises, because both are known without the
 *              traffic of units and without the latency. `total_joules` adds on-chip memories and static power.
 */
#ifndef SINTER_COST_H
#define SINTER_COST_H

#include "sinter/schedule.h"

enum sinter_bound { SINTER_BOUND_COMPUTE, SINTER_BOUND_DRAM, SINTER_BOUND_BUFFER };
SINTER_API const char *sinter_bound_name(enum sinter_bound bound); /* "compute", "dram", "buffer" */

struct sinter_einsum_cost {
    int unit;
    int group;
    int mapping[SINTER_MAX_PE_DIMS]; /* rank spread over each PE dimension, -1: idle */
    double compute_cycles;
    double dram_cycles;   /* of the traffic charged to it */
    double buffer_cycles; /* of the busiest on-chip port, for its own operands and result */
    double cycles;        /* the largest of the three */
    enum sinter_bound bound;
};

struct sinter_group_cost {
    double cycles;
    double compute_cycles; /* of the busiest unit */
    double dram_cycles;
    double buffer_cycles; /* of the busiest on-chip memory */
    double fill_cycles;   /* first load and last store, which nothing can overlap */
    enum sinter_bound bound;
};

struct sinter_cost {
    double cycles; /* the bound on the latency */
    double seconds;
    double compute_cycles, dram_cycles, buffer_cycles; /* sums over the groups */
    double utilization;                                /* PE-cycles of useful operations / (PEs * cycles), over all units */
    double joules, dram_joules, compute_joules;        /* DRAM transfers and operations, and their sum */
    double sram_joules;                                /* bits through the ports of on-chip memories; NAN when beyond
                                                          counting, 0 when sinter_plan_count_ports() was not asked */
    double static_joules;                              /* static power * seconds */
    double total_joules;                               /* all four */
    int64_t operations[SINTER_N_OPS];
    struct sinter_einsum_cost *einsums; /* by Einsum; the caller's array of cascade->n_einsums */
    struct sinter_group_cost *groups;   /* the caller's array of at least n_einsums entries (a group has one at least) */
};

/* Prices a resolved plan. `cost->einsums` and `cost->groups` are set by the caller (each may be NULL: not wanted). */
SINTER_API void sinter_cost_evaluate(const struct sinter_plan *plan, struct sinter_cost *cost);

/* Cycles that an Einsum keeps a unit busy at least, under any schedule: those of one leaf in no loop. Each further piece
 * rounds up once more. -1 when the unit cannot run it. */
SINTER_API double sinter_einsum_least_cycles(const struct sinter_cascade *cascade, const struct sinter_accel *accel,
                                             int einsum, int unit);

#endif
