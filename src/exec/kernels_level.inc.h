/* kernels_level.inc.h: all kernels for the instruction set that a unit is compiled for.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "exec/double_functions.h"
#include "exec/float_functions.h"
#include "exec/kernels.h"

/* Rows do not overlap or are the same: then no iteration depends on another. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif
#define EACH_ELEMENT INDEPENDENT for (int64_t i = 0; i < n; i++)

#define REAL float
#define BITS uint32_t
#define NARROW narrow_f32
#define NARROWED(name) narrow_f32_##name
#define KERNEL(name) name##_f32
#define FUNCTION(name) float_##name
#define FMA fmaf
#include "exec/kernels.inc.h"
#undef REAL
#undef BITS
#undef NARROW
#undef NARROWED
#undef KERNEL
#undef FUNCTION
#undef FMA

#define REAL double
#define BITS uint64_t
#define NARROW narrow_f64
#define NARROWED(name) narrow_f64_##name
#define KERNEL(name) name##_f64
#define FUNCTION(name) double_##name
#define FMA fma
#include "exec/kernels.inc.h"
#undef REAL
#undef BITS
#undef NARROW
#undef NARROWED
#undef KERNEL
#undef FUNCTION
#undef FMA

/* clang-format off */
#define TABLE(of)                                                                                                           \
    {                                                                                                                       \
        .add = add_##of, .sub = sub_##of, .mul = mul_##of, .div = div_##of, .max = max_##of, .min = min_##of,               \
        .neg = neg_##of, .add_s = add_s_##of, .sub_s = sub_s_##of, .mul_s = mul_s_##of, .div_s = div_s_##of,                \
        .max_s = max_s_##of, .min_s = min_s_##of, .div_by = div_by_##of, .max_by = max_by_##of, .min_by = min_by_##of,      \
        .fma = fma_##of, .fms = fms_##of, .fnma = fnma_##of, .fma_s = fma_s_##of, .fms_s = fms_s_##of,                      \
        .fnma_s = fnma_s_##of, .expmul = expmul_##of, .expmul_s = expmul_s_##of, .sweep = sweep_##of,                       \
        .scan = scan_##of, .reach = reach_##of, .accumulate = accumulate_##of, .encode = encode_##of,                       \
        .decode = decode_##of, .round = round_##of,                                                                         \
        .function = {                                                                                                       \
            [SINTER_FN_EXP] = exp_##of, [SINTER_FN_LOG] = log_##of, [SINTER_FN_SQRT] = sqrt_##of,                           \
            [SINTER_FN_RSQRT] = rsqrt_##of, [SINTER_FN_RECIP] = recip_##of, [SINTER_FN_SIGMOID] = sigmoid_##of,             \
            [SINTER_FN_SILU] = silu_##of, [SINTER_FN_SOFTPLUS] = softplus_##of, [SINTER_FN_RELU] = relu_##of,               \
            [SINTER_FN_GELU] = gelu_##of, [SINTER_FN_TANH] = tanh_##of,                                                     \
        },                                                                                                                  \
    }
/* clang-format on */

static const struct kernels table = {.f32 = TABLE(f32), .f64 = TABLE(f64)};
