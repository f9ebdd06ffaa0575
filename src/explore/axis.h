/* axis.h: the values of an axis.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXPLORE_AXIS_H
#define SINTER_EXPLORE_AXIS_H

#include "sinter/explore.h"

/* Reads a list of values and ranges (axis.c); `field` must live as long as the arena. */
enum sinter_status axis_read(struct sinter_axis *axis, const char *field, const char *text, struct sinter_arena *arena,
                             struct sinter_location at, struct sinter_diagnostics *diags);

/* A value as a number, to know which one is larger; of a list the product. False: it is none. */
bool value_number(const char *text, double *value, enum sinter_dimension *dimension);

#endif
