/* functions.c: the value of a function in double arithmetic.
 * SPDX-License-Identifier: MIT
 */
#include "cascade/build.h"
#include "cascade/double_functions.h"

double cascade_apply_function(enum sinter_function function, double x)
{
    static double (*const functions[SINTER_N_FUNCTIONS])(double) = {
        [SINTER_FN_EXP] = double_exp,     [SINTER_FN_LOG] = double_log,           [SINTER_FN_SQRT] = double_sqrt,
        [SINTER_FN_RSQRT] = double_rsqrt, [SINTER_FN_RECIP] = double_recip,       [SINTER_FN_SIGMOID] = double_sigmoid,
        [SINTER_FN_SILU] = double_silu,   [SINTER_FN_SOFTPLUS] = double_softplus, [SINTER_FN_RELU] = double_relu,
        [SINTER_FN_GELU] = double_gelu,   [SINTER_FN_TANH] = double_tanh,
    };
    return functions[function](x);
}
