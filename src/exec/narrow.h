/* narrow.h: numbers of a narrow float format from and to float and double, bit for bit.
 * SPDX-License-Identifier: MIT
 *
 *     struct narrow_f32 fp16 = narrow_f32_of(5, 10, false);
 *     uint32_t code = narrow_f32_encode(&fp16, 65519.0f);       // 0x7bff, 65504: rounded to nearest, ties to even
 *     float value = narrow_f32_decode(&fp16, code);
 *
 * A code is the sign, the exponent and the mantissa, from the top of sign_shift + 1 bits down. narrow_f32 serves formats of
 * up to 8 exponent bits (7 without infinities) and 23 mantissa bits, narrow_f64 of up to 11 (10) and 52. Every NaN becomes
 * one code.
 */
#ifndef SINTER_EXEC_NARROW_H
#define SINTER_EXEC_NARROW_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct narrow_f32 {
    int sign_shift;               /* where a code has its sign: above exponent and mantissa */
    int shift;                    /* mantissa bits that float has more */
    uint32_t below_half, odd;     /* rounding: just below half of what is cut, and 1 if anything is cut */
    uint32_t rebias;              /* difference of the biases, in float's place of the exponent */
    uint32_t least_normal;        /* its least normal number as a float */
    float subnormal, factor;      /* 2^shift times that; 2^(difference of the biases) */
    uint32_t most, overflow, nan; /* codes: the largest number, what is larger, NaN */
};
struct narrow_f64 {
    int sign_shift, shift;
    uint64_t below_half, odd, rebias, least_normal;
    double subnormal, factor;
    uint64_t most, overflow, nan;
};

#define REAL float
#define BITS uint32_t
#define NARROW narrow_f32
#define NARROWED(name) narrow_f32_##name
#define MANTISSA_BITS 23
#define MOST_EXPONENT 255u
#include "exec/narrow.inc.h"
#undef REAL
#undef BITS
#undef NARROW
#undef NARROWED
#undef MANTISSA_BITS
#undef MOST_EXPONENT

#define REAL double
#define BITS uint64_t
#define NARROW narrow_f64
#define NARROWED(name) narrow_f64_##name
#define MANTISSA_BITS 52
#define MOST_EXPONENT 2047u
#include "exec/narrow.inc.h"
#undef REAL
#undef BITS
#undef NARROW
#undef NARROWED
#undef MANTISSA_BITS
#undef MOST_EXPONENT

#endif
