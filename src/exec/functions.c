/* functions.c: the functions of an expression by name and by value, in double and in float arithmetic.
 * SPDX-License-Identifier: MIT
 */
#include "exec/functions.h"

#include <math.h>
#include <string.h>

#include "cascade/build.h"
#include "exec/float_functions.h"
#include "exec/kernels.h"

const char *sinter_function_name(enum sinter_function function)
{
    return (int)function >= 0 && function < SINTER_N_FUNCTIONS ? cascade_function_name(function) : "?";
}

bool sinter_function_find(const char *name, enum sinter_function *function)
{
    for (int i = 0; i < SINTER_N_FUNCTIONS; i++) {
        if (strcmp(name, cascade_function_name((enum sinter_function)i)) == 0) {
            *function = (enum sinter_function)i;
            return true;
        }
    }
    return false;
}

/* ---- exact values -------------------------------------------------------------------------------------------------- */

static float exact_float(enum sinter_function function, float x)
{
    static float (*const functions[SINTER_N_FUNCTIONS])(float) = {
        [SINTER_FN_EXP] = float_exp,     [SINTER_FN_LOG] = float_log,           [SINTER_FN_SQRT] = float_sqrt,
        [SINTER_FN_RSQRT] = float_rsqrt, [SINTER_FN_RECIP] = float_recip,       [SINTER_FN_SIGMOID] = float_sigmoid,
        [SINTER_FN_SILU] = float_silu,   [SINTER_FN_SOFTPLUS] = float_softplus, [SINTER_FN_RELU] = float_relu,
        [SINTER_FN_GELU] = float_gelu,   [SINTER_FN_TANH] = float_tanh,
    };
    return functions[function](x);
}

/* ---- values of models ---------------------------------------------------------------------------------------------- */

double sinter_function_value(const struct sinter_function_model *model, enum sinter_function function, double x)
{
    return model->kind == SINTER_FUNCTION_EXACT ? cascade_apply_function(function, x)
                                                : function_approximate(model, function, x);
}

float sinter_function_value_float(const struct sinter_function_model *model, enum sinter_function function, float x)
{
    return model->kind == SINTER_FUNCTION_EXACT ? exact_float(function, x)
                                                : (float)function_approximate(model, function, (double)x);
}

void sinter_function_all(const struct sinter_function_model *model, enum sinter_function function, int64_t n, double *values)
{
    if (model->kind == SINTER_FUNCTION_EXACT) {
        kernels_f64()->function[function](values, values, n);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        values[i] = function_approximate(model, function, values[i]);
}

void sinter_function_all_float(const struct sinter_function_model *model, enum sinter_function function, int64_t n,
                               float *values)
{
    if (model->kind == SINTER_FUNCTION_EXACT) {
        kernels_f32()->function[function](values, values, n);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        values[i] = (float)function_approximate(model, function, (double)values[i]);
}
