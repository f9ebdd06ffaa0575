/* double_functions.h: the functions of an expression in double arithmetic, by the C library.
 * SPDX-License-Identifier: MIT
 *
 * No intermediate value overflows or vanishes where the result does not.
 */
#ifndef SINTER_EXEC_DOUBLE_FUNCTIONS_H
#define SINTER_EXEC_DOUBLE_FUNCTIONS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

static inline double double_exp(double x)
{
    return exp(x);
}

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

static inline double double_log(double x)
{
    return log(x);
}

static inline double double_sqrt(double x)
{
    return sqrt(x);
}

static inline double double_rsqrt(double x)
{
    return 1 / sqrt(x);
}

static inline double double_recip(double x)
{
    return 1 / x;
}

static inline double double_sigmoid(double x)
{
    double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

/* Far below 0, exp(x) loses bits to underflow before x * exp(x) does: its two square roots do not. */
static inline double double_silu(double x)
{
    if (x >= 0 || x != x)
        return x / (1 + exp(-x));
    if (x < -800)
        return -0.0;
    double root = exp(x / 2);
    return x > -700 ? x * exp(x) / (1 + exp(x)) : x * root * root;
}

static inline double double_softplus(double x)
{
    return (x <= 0 ? 0 : x) + log1p(exp(-fabs(x)));
}

static inline double double_relu(double x)
{
    return x <= 0 ? 0 : x;
}

static inline double double_gelu(double x)
{
    return x < -40 ? -0.0 : 0.5 * x * erfc(-x * 0.70710678118654752440);
}

static inline double double_tanh(double x)
{
    return tanh(x);
}

#endif
