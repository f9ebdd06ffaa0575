/* float_functions.h: the functions of an expression in float arithmetic, branch-free.
 * SPDX-License-Identifier: MIT
 *
 * One body serves the scalar function and, in a loop, the vector kernels. It uses only operations that IEEE 754 defines to
 * the last bit (+ - * / sqrt fma) and selects, so both give the same bits on every machine. Every NaN becomes one NaN.
 * tests/test_functions.c states and checks the largest errors; bench/functions.c measures exp on every float.
 *
 * Polynomials are evaluated in pairs of terms, whose chain of operations is half as long. Their coefficients have the
 * least weighted error over the stated interval (Lawson's iteration), rounded to float one after the other, the rest fitted
 * again each time.
 */
#ifndef SINTER_EXEC_FLOAT_FUNCTIONS_H
#define SINTER_EXEC_FLOAT_FUNCTIONS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float float_magnitude(float x)
{
    return float_of(float_bits(x) & 0x7fffffff);
}

/* y with the sign of x */
static inline float float_signed(float y, float x)
{
    return float_of(float_bits(y) | (float_bits(x) & 0x80000000));
}

/* y, or the one NaN where x is a NaN. */
static inline float float_or_nan(float y, float x)
{
    return x == x ? y : float_of(0x7fc00000);
}

/* The lesser of x and a positive limit, the greater of x and a negative one. Floats of one sign are ordered as their bits
 * are, so integers do it in one instruction; NaN becomes a number. */
static inline float float_most(float x, float limit)
{
    int32_t bits = (int32_t)float_bits(x), most = (int32_t)float_bits(limit);
    return float_of((uint32_t)(bits < most ? bits : most));
}

static inline float float_least(float x, float limit)
{
    uint32_t bits = float_bits(x), most = float_bits(limit);
    return float_of(bits < most ? bits : most);
}

/* ---- exp and what stands on it ------------------------------------------------------------------------------------- */

/* x = n ln 2 + r, |r| <= ln 2 / 2; exp(x) = (1 + m + low) * 2^n with m + low = exp(r) - 1, where low is what rounding took
 * from m. */
struct float_exp {
    float m, low;
    uint32_t n; /* in its low 9 bits and, halved, in those from bit 1 up */
};

/* For -125 <= x <= 89. */
static inline struct float_exp float_exp_within(float x)
{
    const float to_integer = 12582912.0f; /* 1.5 * 2^23: what is added to it is rounded to an integer, in its low bits */
    float shifted = fmaf(x, 0x1.715476p+0f, to_integer);
    float n = shifted - to_integer;
    /* ln 2 in two parts; the first has 10 bits, so its product with n is exact, and so is the difference. */
    float high = fmaf(n, -0.693359375f, x);
    float r = fmaf(n, 0x1.bd0106p-13f, high);
    float lost = fmaf(n, 0x1.bd0106p-13f, high - r);
    /* q = (exp(r) - 1 - r) / r^2, error 3.2e-9 of exp(r), as a product of two factors and a number: one multiplication
     * less than by pairs of terms, and multiplications are what a core has fewest units for. 19.915 is the best multiple of
     * 1/400, the others are fitted to it. */
    float square = r * r;
    float factor = fmaf(fmaf(0x1.6a4a96p-10f, r, 0x1.123adp-7f), r, 0x1.cf81aap-7f);
    float q = fmaf(factor, square + 19.915f, 0x1.bf1442p-3f);
    float m = fmaf(q, square, r);
    return (struct float_exp){m, fmaf(q, square, r - m) + lost, float_bits(shifted)};
}

/* x is clamped to where exp is 0 or too large. */
static inline struct float_exp float_exp_parts(float x)
{
    return float_exp_within(float_most(float_least(x, -125.0f), 89.0f));
}

/* A number as the unrounded sum of two floats, the second of them small. */
struct float_pair {
    float high, low;
};

/* (1 + m + low) (1 + more) */
static inline struct float_pair float_mantissa(struct float_exp e, float more)
{
    float high = 1.0f + e.m;
    return (struct float_pair){high, (e.m - (high - 1.0f)) + fmaf(more, high, e.low)};
}

/* y * 2^n, rounded once: half of n goes into the exponent of y, the rest is multiplied, so that no factor is subnormal. y is
 * a normal number when n is not 0. */
static inline float float_scaled(float y, struct float_exp e)
{
    uint32_t half = e.n >> 1 << 23;
    return float_of(float_bits(y) + half) * float_of(0x3f800000 + (e.n << 23) - half);
}

static inline float float_exp(float x)
{
    struct float_exp e = float_exp_parts(x);
    return float_or_nan(float_scaled(1.0f + e.m, e), x);
}

/* The same to the last bit for a plain x, where exp(x) is a normal number, so that 2^n goes into its exponent. Of many
 * numbers, the one that reaches farthest says whether all are plain. */
static inline float float_exp_plain(float x)
{
    struct float_exp e = float_exp_within(x);
    return float_of(float_bits(1.0f + e.m) + (e.n << 23));
}

/* Magnitudes in their order, NaN above all. */
static inline uint32_t float_reach(float x)
{
    return float_bits(float_magnitude(x));
}

static inline bool float_is_plain(uint32_t reach)
{
    return reach <= float_bits(87.0f);
}

static inline float float_sigmoid(float x)
{
    struct float_exp parts = float_exp_parts(-float_magnitude(x));
    struct float_pair mantissa = float_mantissa(parts, 0.0f);
    float e = float_scaled(mantissa.high + mantissa.low, parts);
    float below = 1.0f + e;
    float lost = e - (below - 1.0f); /* by rounding: y falls by y * lost / below */
    float y = (x < 0.0f ? e : 1.0f) / below;
    float inverse = x < 0.0f ? 1.0f - y : y;
    return float_or_nan(fmaf(-y * inverse, lost, y), x);
}

/* Below 0 the power of two comes last: x * exp(x) is a normal number where exp(x) is none any more. */
static inline float float_silu(float x)
{
    float clamped = float_least(x, -125.0f);
    struct float_exp parts = float_exp_parts(-float_magnitude(clamped));
    struct float_pair mantissa = float_mantissa(parts, 0.0f);
    float e = float_scaled(mantissa.high + mantissa.low, parts);
    float below = fmaf(mantissa.high, clamped, mantissa.low * clamped);
    float ratio = (x < 0.0f ? below : x) / (1.0f + e);
    return float_or_nan(x < 0.0f ? float_scaled(ratio, parts) : ratio, x);
}

/* With e = exp(2 |x|) - 1: e / (e + 2). */
static inline float float_tanh(float x)
{
    float a = float_most(float_magnitude(x), 10.0f);
    struct float_exp parts = float_exp_parts(a + a);
    float power = float_of(0x3f800000 + (parts.n << 23));
    float e = fmaf(power, parts.m, power - 1.0f);
    float more = fmaf(power, parts.low, fmaf(power, parts.m, (power - 1.0f) - e));
    float below = e + 2.0f;
    float lost = e > 2.0f ? 2.0f - (below - e) : e - (below - 2.0f);
    float y = e / below;
    /* What rounding took from e and from e + 2; the derivative of y by e is (1 - y)^2 / 2. */
    float rest = 1.0f - y;
    y = fmaf(0.5f * rest, fmaf(rest, more, -y * lost), y);
    return float_or_nan(float_signed(y, x), x);
}

/* x times the normal distribution P(x). For |x| < 1, (P(x) - 1/2) / x is a polynomial of x^2, error 2.8e-8. Else with
 * t = |x|, P(-t) = exp(-t^2 / 2) h(t), and h(t) (t + 2) is a smooth function of q = (t - 2) / (t + 2): a polynomial, error
 * 4.2e-9 (of h / (1 + 2^-25), so that its first coefficient is a float). */
static inline float float_gelu(float x)
{
    float t = float_most(float_magnitude(x), 15.5f);
    float square = t * t;
    float p = fmaf(-0x1.23f216p-17f, square, 0x1.e81f98p-14f);
    p = fmaf(p, square, -0x1.37c066p-10f);
    p = fmaf(p, square, 0x1.46d90cp-7f);
    p = fmaf(p, square, -0x1.105870p-4f);
    p = fmaf(p, square, 0x1.988454p-2f);
    float near = x * fmaf(x, p, 0.5f);
    float q = (t - 2.0f) / (t + 2.0f);
    float q2 = q * q;
    float h = fmaf(fmaf(-0x1.12c6d4p-11f, q, 0x1.7c3ad8p-10f), q2, fmaf(0x1.80cfeep-11f, q, -0x1.104da0p-9f));
    h = fmaf(h, q2, fmaf(-0x1.b6884ep-8f, q, -0x1.e4a19cp-12f));
    h = fmaf(h, q2, fmaf(0x1.2cc6acp-5f, q, 0x1.d7d05cp-6f));
    h = fmaf(h, q2, fmaf(-0x1.535bacp-2f, q, 0x1.5845dcp-1f));
    /* t / (t + 2) = (1 + q) / 2, and its product with h, each with what rounding takes from it */
    float ratio = fmaf(0.5f, q, 0.5f);
    float product = h * ratio;
    float product_low = fmaf(h, ratio, -product) + h * fmaf(0.5f, q, 0.5f - ratio);
    /* What rounding took from t^2 and from h goes into the exponential. */
    struct float_exp parts = float_exp_parts(-0.5f * square);
    struct float_pair mantissa = float_mantissa(parts, fmaf(-0.5f, fmaf(t, t, -square), 0x1.0187bap-25f));
    float tail_low = fmaf(mantissa.low, product, mantissa.high * product_low);
    float tail = fmaf(mantissa.high, product, tail_low); /* |x| P(-|x|) but for 2^n */
    float below = float_scaled(tail, parts);
    float far = x < 0.0f ? -below : x - below;
    return float_or_nan(t < 1.0f ? near : far, x);
}

/* ---- log ----------------------------------------------------------------------------------------------------------- */

/* log(1 + f) - f for -1/4 <= f <= 1/2; the error is 9.2e-10 of log(1 + f). */
static inline float float_log1p_less(float f)
{
    float square = f * f;
    float p = fmaf(0x1.33ca18p-5f, square, fmaf(-0x1.74d6aep-4f, f, 0x1.df112ep-4f));
    p = fmaf(p, square, fmaf(-0x1.04af4ap-3f, f, 0x1.246454p-3f));
    p = fmaf(p, square, fmaf(-0x1.5519ccp-3f, f, 0x1.99975ep-3f));
    p = fmaf(p, square, fmaf(-0x1.00006ep-2f, f, 0x1.55555ap-2f));
    return fmaf(f * square, p, -0.5f * square);
}

/* x = 2^n m with 3/4 <= m < 3/2. */
static inline float float_log(float x)
{
    uint32_t is_small = x < 0x1p-126f;
    float scaled = is_small ? x * 0x1p+24f : x; /* subnormal numbers become normal */
    int32_t n = (int32_t)(float_bits(scaled) - 0x3f400000) >> 23;
    float f = float_of(float_bits(scaled) - ((uint32_t)n << 23)) - 1.0f;
    float power = (float)n - (is_small ? 24.0f : 0.0f);
    /* ln 2 in two parts, as in exp */
    float y = f + fmaf(power, -0x1.bd0106p-13f, float_log1p_less(f));
    y = fmaf(power, 0.693359375f, y);
    y = x == 0.0f ? -INFINITY : y;
    y = x == INFINITY ? x : y;
    return float_or_nan(y, x >= 0.0f ? x : NAN);
}

/* max(x, 0) + log(1 + e), e = exp(-|x|); from e = 1/2 on log(1 + e) = ln 2 + log(1 + (e - 1) / 2), where e - 1 is exact. */
static inline float float_softplus(float x)
{
    struct float_exp parts = float_exp_parts(-float_magnitude(x));
    float e = float_scaled(1.0f + parts.m, parts);
    float f = e < 0.5f ? e : 0.5f * (e - 1.0f);
    float more = e < 0.5f ? 0.0f : 0x1.62e43p-1f; /* ln 2 in two parts */
    float rest = e < 0.5f ? 0.0f : -0x1.05c61p-29f;
    float y = more + (f + (float_log1p_less(f) + rest));
    return float_or_nan((x > 0.0f ? x : 0.0f) + y, x);
}

/* ---- the others ---------------------------------------------------------------------------------------------------- */

static inline float float_sqrt(float x)
{
    return float_or_nan(sqrtf(x), x >= 0.0f ? x : NAN);
}

static inline float float_rsqrt(float x)
{
    return float_or_nan(1.0f / sqrtf(x), x >= 0.0f ? x : NAN);
}

static inline float float_recip(float x)
{
    return float_or_nan(1.0f / x, x);
}

static inline float float_relu(float x)
{
    return float_or_nan(x <= 0.0f ? 0.0f : x, x);
}

#endif
