/* approximate.c: functions as hardware computes them: tables, lines, polynomials, and MARCA's shapes.
 * SPDX-License-Identifier: MIT
 *
 * Evaluated in double, so that the error is that of the approximation alone.
 */
#include <math.h>

#include "cascade/build.h"
#include "exec/functions.h"

static const double ln2 = 0.69314718055994530942, log2_of_e = 1.4426950408889634074;

/* ---- MARCA --------------------------------------------------------------------------------------------------------- */

/* The fast exponential in the public variant of arXiv 2409.11440: x clamped to [-7, 0]; 2^k (1 + f ln 2) with
 * x / ln 2 = k + f. */
static double marca_exp(double x)
{
    if (x != x)
        return x;
    double y = (x < -7 ? -7 : x > 0 ? 0 : x) * log2_of_e;
    double k = floor(y);
    return ldexp(1 + (y - k) * ln2, (int)k);
}

/* The piecewise SiLU of the same design; the pieces do not meet. */
static double marca_silu(double x)
{
    if (x < -5)
        return -0.0135;
    if (x < -1.5)
        return -0.06244 * x - 0.3457;
    if (x < 0.75)
        return 0.232 * (x + 1.181) * (x + 1.181) - 0.275;
    return 1.05 * x - 0.2781;
}

/* ---- ranges -------------------------------------------------------------------------------------------------------- */

/* Functions that approach a line on both sides have a range at whose ends they are near it; those that scale with their
 * argument are led back to one power of two (of four, under a root). */
bool function_usual_range(enum sinter_function function, enum sinter_function_kind kind, struct function_range *range)
{
    static const struct function_range ranges[SINTER_N_FUNCTIONS] = {
        [SINTER_FN_EXP] = {-16, 0, false},       [SINTER_FN_LOG] = {1, 2, true},    [SINTER_FN_SQRT] = {1, 4, true},
        [SINTER_FN_RSQRT] = {1, 4, true},        [SINTER_FN_RECIP] = {1, 2, true},  [SINTER_FN_SIGMOID] = {-8, 8, false},
        [SINTER_FN_SILU] = {-8, 8, false},       [SINTER_FN_GELU] = {-4, 4, false}, [SINTER_FN_TANH] = {-4, 4, false},
        [SINTER_FN_SOFTPLUS] = {-16, 16, false},
    };
    *range = ranges[function];
    if (function == SINTER_FN_EXP && kind == SINTER_FUNCTION_POLYNOMIAL)
        *range = (struct function_range){0, 1, true};
    return function != SINTER_FN_RELU;
}

double function_sample(enum sinter_function function, enum sinter_function_kind kind, double x)
{
    bool is_fraction = function == SINTER_FN_EXP && kind == SINTER_FUNCTION_POLYNOMIAL;
    return is_fraction ? exp2(x) : cascade_apply_function(function, x);
}

/* low <= x <= high */
static double inside(const struct sinter_function_model *model, enum sinter_function function, double x)
{
    double width = model->high - model->low;
    if (model->kind == SINTER_FUNCTION_POLYNOMIAL) {
        double t = ((x - model->low) - (model->high - x)) / width, sum = 0;
        for (int k = model->degree; k >= 0; k--)
            sum = sum * t + model->coefficients[k];
        return sum;
    }
    double at = (x - model->low) / width * model->segments;
    double step = width / model->segments;
    if (model->kind == SINTER_FUNCTION_TABLE)
        return function_sample(function, model->kind, model->low + floor(at + 0.5) * step);
    double i = floor(at) < model->segments - 1 ? floor(at) : model->segments - 1;
    double left = function_sample(function, model->kind, model->low + i * step);
    double right = function_sample(function, model->kind, model->low + (i + 1) * step);
    return left + (right - left) * (at - i);
}

/* ---- outside the range --------------------------------------------------------------------------------------------- */

static double outside(const struct sinter_function_model *model, enum sinter_function function, double x)
{
    bool is_above = x > model->high;
    switch (function) {
    case SINTER_FN_SILU:
    case SINTER_FN_SOFTPLUS:
    case SINTER_FN_GELU:
        return is_above ? x : 0;
    case SINTER_FN_SIGMOID:
        return is_above;
    case SINTER_FN_TANH:
        return is_above ? 1 : -1;
    case SINTER_FN_EXP:
        return is_above ? inside(model, function, model->high) : 0;
    case SINTER_FN_LOG:
    case SINTER_FN_SQRT:
    case SINTER_FN_RSQRT:
    case SINTER_FN_RECIP:
    case SINTER_FN_RELU:
    case SINTER_N_FUNCTIONS:
        break;
    }
    return (double)NAN;
}

/* ---- reduction to the range ---------------------------------------------------------------------------------------- */

static double reduced_exp(const struct sinter_function_model *model, double x)
{
    if (x < -1000 || x > 1000)
        return exp(x);
    double y = x * log2_of_e, k = floor(y);
    return ldexp(inside(model, SINTER_FN_EXP, y - k), (int)k);
}

/* x = m * 2^e, m in [1, 2), or in [1, 4) with an even e. */
static double reduced(const struct sinter_function_model *model, enum sinter_function function, double x)
{
    double magnitude = function == SINTER_FN_RECIP ? fabs(x) : x;
    if (!(magnitude > 0) || isinf(magnitude))
        return cascade_apply_function(function, x);
    int exponent;
    double m = 2 * frexp(magnitude, &exponent);
    exponent--;
    if (model->high > 2 && exponent % 2 != 0) {
        m *= 2;
        exponent--;
    }
    double y = inside(model, function, m);
    if (function == SINTER_FN_LOG)
        return y + exponent * ln2;
    if (function == SINTER_FN_RECIP)
        return copysign(ldexp(y, -exponent), x);
    return ldexp(y, function == SINTER_FN_SQRT ? exponent / 2 : -exponent / 2);
}

double function_approximate(const struct sinter_function_model *model, enum sinter_function function, double x)
{
    struct function_range range;
    if (model->kind == SINTER_FUNCTION_MARCA)
        return function == SINTER_FN_EXP ? marca_exp(x) : marca_silu(x);
    if (x != x || !function_usual_range(function, model->kind, &range))
        return cascade_apply_function(function, x);
    if (range.is_reduced)
        return function == SINTER_FN_EXP ? reduced_exp(model, x) : reduced(model, function, x);
    return x < model->low || x > model->high ? outside(model, function, x) : inside(model, function, x);
}
