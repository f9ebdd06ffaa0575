/* shape.h: a number of PEs as an array.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_ACCEL_SHAPE_H
#define SINTER_ACCEL_SHAPE_H

#include "sinter/accel.h"

/* About n PEs in two dimensions, by the rule of the family: within 5 % of a power of two it becomes it, in the shape of
 * 64 x 128; else the divisors nearest to a square, or a square that is slightly smaller where they are far apart. */
void shape_about(int64_t n, int64_t pes[2]);

/* At most n PEs, and as many as an array near a square can have, in the unit's first two dimensions; others keep their
 * extents. False when n is less than one PE in each of the first two. */
bool shape_within(int64_t n, struct sinter_unit *unit);

#endif
