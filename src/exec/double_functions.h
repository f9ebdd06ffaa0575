/* double_functions.h: the functions of an expression in double arithmetic, as kernels want them.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXEC_DOUBLE_FUNCTIONS_H
#define SINTER_EXEC_DOUBLE_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cascade/double_functions.h"

/* As in float_functions.h; the C library's exp knows no faster way. */
static inline double double_exp_plain(double x)
{
    return exp(x);
}

static inline uint64_t double_reach(double x)
{
    (void)x;
    return 0;
}

static inline double double_of(uint64_t reach)
{
    return (double)reach;
}

static inline bool double_is_plain(uint64_t reach)
{
    return reach == 0;
}

#endif
