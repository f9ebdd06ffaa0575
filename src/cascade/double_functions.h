/* double_functions.h: the functions of an expression in double arithmetic, by the C library.
 * SPDX-License-Identifier: MIT
 *
 * No intermediate value overflows or vanishes where the result does not. Folding of constants and execution share them: a
 * constant has the value that an element would have.
 */
#ifndef SINTER_CASCADE_DOUBLE_FUNCTIONS_H
#define SINTER_CASCADE_DOUBLE_FUNCTIONS_H

#include <math.h>

static inline double double_exp(double x)
{
    return exp(x);
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

/* x P(x), P(x) = erfc(y) / 2 with y = -x / sqrt(2). What rounding takes from y, erfc multiplies by about y: so it is put back, by
 * the slope of log(erfc), which is -(y + sqrt(y^2 + 4 / pi)) but for a few percent. */
static inline double double_gelu(double x)
{
    const double root = 0x1.6a09e667f3bcdp-1, root_low = -0x1.bdd3413b26456p-55; /* sqrt(1/2) in two parts */
    if (x < -40 || x > 40)
        return x < 0 ? -0.0 : x;
    double y = -x * root, lost = fma(-x, root, -y) - x * root_low;
    double slope = y + sqrt(fma(y, y, 0x1.45f306dc9c883p+0));
    return 0.5 * x * fma(-lost * slope, erfc(y), erfc(y));
}

static inline double double_tanh(double x)
{
    return tanh(x);
}

#endif
