/* cycles.h: compute cycles of one Einsum and the spatial mapping that they assume.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_COST_CYCLES_H
#define SINTER_COST_CYCLES_H

#include "sinter/cost.h"

/* Cycles that the Einsum keeps its unit busy over the whole group; mapping[] gets the rank of each PE dimension, or -1. It
 * may be NULL: not wanted. */
double einsum_compute_cycles(const struct sinter_plan *plan, int einsum, int *mapping);

/* The same for an Einsum inside these loops, outermost first, before there is a plan. */
struct nest_loop {
    int rank;
    int64_t tile;
};
double einsum_nest_cycles(const struct sinter_cascade *cascade, const struct sinter_accel *accel, int einsum, int unit,
                          const struct nest_loop *loops, int n_loops);

#endif
