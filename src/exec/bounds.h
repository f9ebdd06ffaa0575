/* bounds.h: how far numbers that are rounded can be from those that are not, element by element.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXEC_BOUNDS_H
#define SINTER_EXEC_BOUNDS_H

#include "exec/evaluate.h"

struct bounds {
    const struct sinter_numerics *numerics; /* in which the numbers are rounded */
    const struct sinter_split *splits;      /* by Einsum; NULL: no sum is split */
    struct whole *errors;                   /* by tensor: the bounds, in the order of the values */
    struct sinter_values *out;
};

/* Opens the bounds of a tensor whose values are there: what rounding does to those that come from outside. False when memory
 * is out. */
bool bounds_open(struct bounds *bounds, const struct sinter_cascade *cascade, int tensor, const struct whole *values,
                 const struct sinter_allocator *allocator);
/* evaluation_run() with bounds. The evaluation is one without numerics. */
void bounds_run(const struct bounds *bounds, struct evaluation *evaluation, int rank);
/* What rounding to a tensor's format adds where numbers are at most `most` in magnitude; infinite where the format ends. */
double bounds_rounding(const struct sinter_numerics *numerics, int tensor, double most);

#endif
