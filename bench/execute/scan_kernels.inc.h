/* scan_kernels.inc.h: the kernels of scan.h for the instruction set that a unit is compiled for.
 * SPDX-License-Identifier: MIT
 *
 * Loops of a fixed length over SCAN_LANES channels become a few vector instructions.
 */
#include "exec/float_functions.h"

#include "scan.h"

#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif
#define LANE INDEPENDENT for (int64_t i = 0; i < SCAN_LANES; i++)
#define CHANNELS(d, from, to) INDEPENDENT for (int64_t d = (from); d < (to); d++)

/* 2^x for |x| <= 126. The polynomial of 2^f, |f| <= 1/2, has the least relative error among those of degree 5 that are 1 at
 * 0 (Lawson's iteration, coefficients rounded one after the other): 9.4e-8. */
static inline float exp2_plain(float x)
{
    const float to_integer = 12582912.0f; /* 1.5 * 2^23: what is added to it is rounded to an integer, in its low bits */
    float shifted = x + to_integer;
    float f = x - (shifted - to_integer);
    float p = fmaf(0x1.5bd9bep-10f, f, 0x1.3ce8b8p-7f);
    p = fmaf(p, f, 0x1.c6b6dap-5f);
    p = fmaf(p, f, 0x1.ebf9c2p-3f);
    p = fmaf(p, f, 0x1.62e42ap-1f);
    p = fmaf(p, f, 1.0f);
    return float_of(float_bits(p) + (float_bits(shifted) << 23));
}

/* For x <= 127; 2^-126 below -126. */
static inline float exp2_by_hand(float x)
{
    return exp2_plain(float_least(x, -126.0f));
}

/* ---- fused --------------------------------------------------------------------------------------------------------- */

/* A tile of A, times `factor`, and of the initial state, SCAN_LANES channels after the other, in each state after state; and
 * the largest magnitude of each channel in A. */
static void pack(const struct scan *s, int64_t from, int64_t to, float factor, float *a, float *h, float *most)
{
    for (int64_t d = from; d < to; d += SCAN_LANES, most += SCAN_LANES) {
        LANE most[i] = 0;
        for (int64_t n = 0; n < s->n_states; n++)
            for (int64_t i = 0; i < SCAN_LANES; i++) {
                *a = s->a[(d + i) * s->n_states + n] * factor;
                *h++ = s->start[(d + i) * s->n_states + n];
                most[i] = float_reach(*a) > float_reach(most[i]) ? float_magnitude(*a) : most[i];
                a++;
            }
    }
}

static void unpack(const struct scan *s, int64_t from, int64_t to, const float *h)
{
    for (int64_t d = from; d < to; d += SCAN_LANES)
        for (int64_t n = 0; n < s->n_states; n++)
            for (int64_t i = 0; i < SCAN_LANES; i++)
                s->end[(d + i) * s->n_states + n] = *h++;
}

/* Nearly always all exponents of a step are plain numbers, of which exp and 2^x are cheaper. */
static bool is_plain(const float *dt, const float *most)
{
    uint32_t any = 0;
    LANE any = float_reach(dt[i] * most[i]) > any ? float_reach(dt[i] * most[i]) : any;
    return float_is_plain(any);
}

#define STATES(exponential)                                                       \
    for (int64_t n = 0; n < s->n_states; n++, a += SCAN_LANES, h += SCAN_LANES) { \
        LANE                                                                      \
        {                                                                         \
            h[i] = fmaf(exponential(dt[i] * a[i]), h[i], dtx[i] * b[n]);          \
            y[i] = fmaf(c[n], h[i], y[i]);                                        \
        }                                                                         \
    }
#define FUSED(name, factor, exponential, plain)                                                                      \
    static void name##_step(const struct scan *s, int64_t l, int64_t d, const float *a, float *h, const float *most) \
    {                                                                                                                \
        const float *dt = s->dt + l * s->n_channels + d, *x = s->x + l * s->n_channels + d;                          \
        const float *b = s->b + l * s->n_states, *c = s->c + l * s->n_states;                                        \
        float dtx[SCAN_LANES], y[SCAN_LANES];                                                                        \
        LANE dtx[i] = dt[i] * x[i];                                                                                  \
        LANE y[i] = 0;                                                                                               \
        if (is_plain(dt, most))                                                                                      \
            STATES(plain)                                                                                            \
        else                                                                                                         \
            STATES(exponential)                                                                                      \
        float *to = s->y + l * s->n_channels + d;                                                                    \
        LANE to[i] = y[i];                                                                                           \
    }                                                                                                                \
    static void name(const struct scan *s, int64_t from, int64_t to, int64_t tile, float *work)                      \
    {                                                                                                                \
        float *a = work, *h = a + tile * s->n_states, *most = h + tile * s->n_states;                                \
        for (; from < to; from += tile) {                                                                            \
            int64_t end = from + tile < to ? from + tile : to;                                                       \
            pack(s, from, end, factor, a, h, most);                                                                  \
            for (int64_t l = 0; l < s->n_tokens; l++)                                                                \
                for (int64_t d = 0; d < end - from; d += SCAN_LANES)                                                 \
                    name##_step(s, l, from + d, a + d * s->n_states, h + d * s->n_states, most + d);                 \
            unpack(s, from, end, h);                                                                                 \
        }                                                                                                            \
    }

FUSED(fused, 1.0f, float_exp, float_exp_plain)
FUSED(fused_exp2, 0x1.715476p+0f /* 1 / ln 2 */, exp2_by_hand, exp2_plain)

/* ---- unfused: one pass over memory for each step --------------------------------------------------------------------- */

static int64_t row_of(const struct scan *s, int64_t l, int64_t n)
{
    return (l * s->n_states + n) * s->n_channels;
}

static void decay(const struct scan *s, int64_t from, int64_t to, float *da)
{
    for (int64_t l = 0; l < s->n_tokens; l++)
        for (int64_t n = 0; n < s->n_states; n++) {
            const float *dt = s->dt + l * s->n_channels, *a = s->a_rows + n * s->n_channels;
            float *row = da + row_of(s, l, n);
            CHANNELS(d, from, to) row[d] = float_exp(dt[d] * a[d]);
        }
}

/* r[l,n,d] = u[l,d] * B[l,n] */
static void times_b(const struct scan *s, int64_t from, int64_t to, const float *u, float *r)
{
    for (int64_t l = 0; l < s->n_tokens; l++)
        for (int64_t n = 0; n < s->n_states; n++) {
            const float *values = u + l * s->n_channels, b = s->b[l * s->n_states + n];
            float *row = r + row_of(s, l, n);
            CHANNELS(d, from, to) row[d] = values[d] * b;
        }
}

static void times_x(const struct scan *s, int64_t from, int64_t to, const float *u, float *r)
{
    for (int64_t l = 0; l < s->n_tokens; l++)
        for (int64_t n = 0; n < s->n_states; n++) {
            const float *values = u + row_of(s, l, n), *x = s->x + l * s->n_channels;
            float *row = r + row_of(s, l, n);
            CHANNELS(d, from, to) row[d] = values[d] * x[d];
        }
}

static void recur(const struct scan *s, int64_t from, int64_t to, const float *da, const float *bx, float *h)
{
    for (int64_t l = 0; l < s->n_tokens; l++)
        for (int64_t n = 0; n < s->n_states; n++) {
            int64_t at = row_of(s, l, n);
            const float *before = l == 0 ? s->start_rows + n * s->n_channels : h + row_of(s, l - 1, n);
            CHANNELS(d, from, to) h[at + d] = fmaf(da[at + d], before[d], bx[at + d]);
        }
}

static void read_out(const struct scan *s, int64_t from, int64_t to, const float *h)
{
    for (int64_t l = 0; l < s->n_tokens; l++) {
        float *y = s->y + l * s->n_channels;
        CHANNELS(d, from, to) y[d] = 0;
        for (int64_t n = 0; n < s->n_states; n++) {
            const float *row = h + row_of(s, l, n), c = s->c[l * s->n_states + n];
            CHANNELS(d, from, to) y[d] = fmaf(c, row[d], y[d]);
        }
    }
}

static void unfused(const struct scan *s, int64_t from, int64_t to)
{
    decay(s, from, to, s->products[0]);
    for (int64_t l = 0; l < s->n_tokens; l++) {
        int64_t at = l * s->n_channels;
        CHANNELS(d, from, to) s->dtx[at + d] = s->dt[at + d] * s->x[at + d];
    }
    times_b(s, from, to, s->dtx, s->products[1]);
    recur(s, from, to, s->products[0], s->products[1], s->products[2]);
    read_out(s, from, to, s->products[2]);
}

static void unfused_reference(const struct scan *s, int64_t from, int64_t to)
{
    decay(s, from, to, s->products[0]);
    times_b(s, from, to, s->dt, s->products[1]);
    times_x(s, from, to, s->products[1], s->products[2]);
    recur(s, from, to, s->products[0], s->products[2], s->products[3]);
    read_out(s, from, to, s->products[3]);
}

/* ---- limits of the machine ------------------------------------------------------------------------------------------- */

static void triad(float *r, const float *a, const float *b, float s, int64_t n)
{
    CHANNELS(i, 0, n) r[i] = a[i] + s * b[i];
}

static uint32_t sum(const float *a, int64_t n)
{
    uint32_t total = 0;
    for (int64_t i = 0; i < n; i++)
        total += float_bits(a[i]);
    return total;
}

static const struct scan_kernels table = {fused, fused_exp2, unfused, unfused_reference, triad, sum};
