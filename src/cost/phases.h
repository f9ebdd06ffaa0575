/* phases.h: the children of a body run one after another, and memory is too small to hide that.
 * SPDX-License-Identifier: MIT
 *
 * On one unit, all computations of a child come before those of the next. What a child loads must be there before its last
 * computation, and what was loaded before its first one has lain on chip; what it stores after its last one, too. So of its
 * DRAM traffic all but twice the memory on chip falls into its own time. With D_c and C_c the DRAM and compute cycles of child c in
 * all visits of the body, v their number and R the DRAM cycles of all memory on chip,
 *
 *     T >= v * sum over the children of max(C_c / v, D_c / v - 2 R)
 *
 * The visits of a child may differ: the mean is no larger, because a maximum is convex.
 */
#ifndef SINTER_COST_PHASES_H
#define SINTER_COST_PHASES_H

#include "sinter/cost.h"

/* Of the outermost body of a group that has more than one child; 0 when there is none, or with several units. compute[]: by
 * Einsum; the cycles of a bit read and written; R in bits. With all memory on chip this is a bound; with what the group
 * leaves free, it is what to expect. */
double phase_cycles(const struct sinter_plan *plan, int group, const double *compute, double per_bit, double per_written_bit,
                    bool writes_apart, double room_bits);

/* All memory on chip. */
double room_on_chip(const struct sinter_accel *accel);

#endif
