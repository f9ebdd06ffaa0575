/* sim_twin.h: the naive twin of the simulator: keeps every command and every busy interval, and scans.
 * SPDX-License-Identifier: MIT
 *
 * An oracle for tests of the rules in sinter/sim.h, with none of the simulator's mechanisms: no rings, no gaps, no lazy
 * service, no jumps. Each port is a calendar of all that it ever served; when a store is through is found by walking that
 * calendar from its start. Small cases only.
 */
#ifndef SINTER_TESTS_SIM_TWIN_H
#define SINTER_TESTS_SIM_TWIN_H

#include "sinter/sim.h"

enum { SIM_TWIN_MOST_COMMANDS = 6000 };

/* A memory has so many bits more (or less) in it from `time` on. Times count over all groups. */
struct sim_twin_change {
    int memory;
    int64_t bits, time;
};

struct sim_twin {
    int64_t ticks, n_commands;
    int64_t *group_ticks, *drain_ticks;    /* by group */
    int64_t *busy_ticks;                   /* by resource, in the order of timing->resources */
    int64_t (*leaf_ticks)[SINTER_N_WAITS]; /* waits by plan node */
    int64_t *leaf_busy;                    /* by plan node */
    int64_t *from, *to;                    /* by tile: when it had its space first, when it was free last; from -1: never */
    int n_changes;
    struct sim_twin_change *changes; /* those of a memory in the order in which they come about */
};

/* Ticks are those of `timing`, which a simulation of the same plan has given. False when there are too many commands. */
bool sim_twin_run(const struct sinter_plan *plan, const struct sinter_einsum_cost *einsums,
                  const struct sinter_timing *timing, struct sim_twin *twin);
void sim_twin_free(struct sim_twin *twin);

/* How full a memory is: the fullest moment of each stretch of *sample ticks, the shortest power of two of them by which the
 * last change falls into one of SINTER_SAMPLES. Returns how many there are. */
int sim_twin_samples(const struct sim_twin *twin, int memory, int64_t *sample, int64_t bits[SINTER_SAMPLES]);

/* Of one execution of a leaf: cycles on its unit, and bits that it reads and writes in its memory. */
double sim_twin_cycles(const struct sinter_plan *plan, const struct sinter_einsum_cost *einsums, int index,
                       const struct sinter_ranges *ranges);
double sim_twin_access_bits(const struct sinter_plan *plan, int index, const struct sinter_ranges *ranges);

#endif
