/* values.h: sets of values as the room builds them.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXEC_VALUES_H
#define SINTER_EXEC_VALUES_H

#include "sinter/exec.h"

/* No images yet: for results. The formats are those of the numerics; NULL: fp64 for every tensor. NULL when memory is out. */
struct sinter_values *values_blank(const struct sinter_cascade *cascade, const struct sinter_numerics *numerics,
                                   const struct sinter_allocator *allocator);

/* sinter_values_set(), also for final states. */
void values_write(struct sinter_values *values, int tensor, bool is_final, int64_t first, int64_t n, const double *from);

/* Does the tensor come from outside: an input, a weight, or a state that is read? */
bool values_is_given(const struct sinter_tensor *tensor);

/* The distance between neighbouring numbers of the format around a finite value. */
double unit_in_last_place(const struct sinter_format *format, double value);

#endif
