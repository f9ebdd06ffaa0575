/* visits_twin.h: the values of an execution that splits sums, Einsum by Einsum.
 * SPDX-License-Identifier: MIT
 *
 * Every result is computed again, element by element, from the operands that the execution itself left, so that no error can
 * travel from one Einsum to the next. A sum that loops cut is gone through visit by visit as those loops stand, and what is left
 * between two visits is rounded to the format of the tensor. So the bits must be the same. Only a chain that gathers a sum over
 * several ranks is free in the order of its terms: there the distance is bounded by
 *
 *     slope * ((terms * unit of the arithmetic + visits * epsilon of the format) * sum of |terms| + visits * least number)
 */
#ifndef SINTER_TESTS_VISITS_TWIN_H
#define SINTER_TESTS_VISITS_TWIN_H

#include "sinter/exec.h"

/* NULL when all results and final states in `made` are right, else `text` with what is wrong. `made` needs all of them. */
const char *visits_problem(const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                           const struct sinter_values *in, const struct sinter_values *made, char *text, size_t size);

#endif
