/* random_numbers.h: numbers of other kinds than usual: formats of the same width, and values that arithmetic stumbles over.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_RANDOM_NUMBERS_H
#define SINTER_TESTS_RANDOM_NUMBERS_H

#include "sinter/exec.h"

/* Another format of the same width for some tensors. */
void random_formats(struct sinter_random *random, struct sinter_numerics *numerics);
/* NaN, infinities, zeros with a sign, the largest and the smallest numbers in some elements of what comes from outside. */
void random_specials(struct sinter_random *random, struct sinter_values *values);

#endif
