/* kernels.inc.h: the loops of kernels.h over one type of number, for the instruction set of the unit that includes it.
 * SPDX-License-Identifier: MIT
 *
 * Set before: REAL, BITS, NARROW, NARROWED(name) as in narrow.h, KERNEL(name), FUNCTION(name), FMA(a, b, c) and
 * EACH_ELEMENT, a loop over i < n whose iterations do not depend on each other.
 */

#define BINARY(name, expression)                                                \
    static void KERNEL(name)(REAL * r, const REAL *a, const REAL *b, int64_t n) \
    {                                                                           \
        EACH_ELEMENT                                                            \
        r[i] = (expression);                                                    \
    }
#define SCALED(name, expression)                                         \
    static void KERNEL(name)(REAL * r, REAL s, const REAL *b, int64_t n) \
    {                                                                    \
        EACH_ELEMENT                                                     \
        r[i] = (expression);                                             \
    }
#define TERNARY(name, expression)                                                              \
    static void KERNEL(name)(REAL * r, const REAL *a, const REAL *b, const REAL *c, int64_t n) \
    {                                                                                          \
        EACH_ELEMENT                                                                           \
        r[i] = (expression);                                                                   \
    }
#define SCALED_TERNARY(name, expression)                                                \
    static void KERNEL(name)(REAL * r, REAL s, const REAL *b, const REAL *c, int64_t n) \
    {                                                                                   \
        EACH_ELEMENT                                                                    \
        r[i] = (expression);                                                            \
    }
#define BY(name, expression)                                             \
    static void KERNEL(name)(REAL * r, const REAL *a, REAL s, int64_t n) \
    {                                                                    \
        EACH_ELEMENT                                                     \
        r[i] = (expression);                                             \
    }
#define UNARY(name, expression)                                  \
    static void KERNEL(name)(REAL * r, const REAL *a, int64_t n) \
    {                                                            \
        EACH_ELEMENT                                             \
        r[i] = (expression);                                     \
    }

BINARY(add, a[i] + b[i])
BINARY(sub, a[i] - b[i])
BINARY(mul, a[i] * b[i])
BINARY(div, a[i] / b[i])
BINARY(max, KERNEL_MAX(a[i], b[i]))
BINARY(min, KERNEL_MIN(a[i], b[i]))
UNARY(neg, -a[i])
SCALED(add_s, s + b[i])
SCALED(sub_s, s - b[i])
SCALED(mul_s, s *b[i])
SCALED(div_s, s / b[i])
SCALED(max_s, KERNEL_MAX(s, b[i]))
SCALED(min_s, KERNEL_MIN(s, b[i]))
BY(div_by, a[i] / s)
BY(max_by, KERNEL_MAX(a[i], s))
BY(min_by, KERNEL_MIN(a[i], s))
TERNARY(fma, FMA(a[i], b[i], c[i]))
TERNARY(fms, FMA(a[i], b[i], -c[i]))
TERNARY(fnma, FMA(-a[i], b[i], c[i]))
SCALED_TERNARY(fma_s, FMA(s, b[i], c[i]))
SCALED_TERNARY(fms_s, FMA(s, b[i], -c[i]))
SCALED_TERNARY(fnma_s, FMA(-s, b[i], c[i]))
SCALED(accumulate, FMA(s, b[i], r[i]))

/* A few rows of sums at a time stay in registers. */
static void KERNEL(sweep)(REAL *acc, const REAL *s, int64_t s_step, const REAL *b, int64_t b_step, int64_t count, int64_t n)
{
    enum { FEW = 256 / sizeof(REAL) };
    int64_t first = 0;
    for (; first + FEW <= n; first += FEW) {
        REAL sums[FEW];
        for (int i = 0; i < FEW; i++)
            sums[i] = acc[first + i];
        for (int64_t k = 0; k < count; k++) {
            REAL factor = s[k * s_step];
            const REAL *row = b + k * b_step + first;
            for (int i = 0; i < FEW; i++)
                sums[i] = FMA(factor, row[i], sums[i]);
        }
        for (int i = 0; i < FEW; i++)
            acc[first + i] = sums[i];
    }
    for (int64_t k = 0; k < count && first < n; k++) {
        REAL factor = s[k * s_step];
        const REAL *row = b + k * b_step;
        INDEPENDENT
        for (int64_t i = first; i < n; i++)
            acc[i] = FMA(factor, row[i], acc[i]);
    }
}

/* ---- exp, and what contains it --------------------------------------------------------------------------------------- */

static bool KERNEL(are_plain)(const REAL *a, int64_t n)
{
    int64_t half = (n + 1) / 2; /* the first and the last ones side by side: neither vector waits for the other */
    BITS most = 0, more = 0;
    for (int64_t i = 0; i < half; i++) {
        BITS first = FUNCTION(reach)(a[i]), last = FUNCTION(reach)(a[n - half + i]);
        most = first > most ? first : most;
        more = last > more ? last : more;
    }
    return FUNCTION(is_plain)(most > more ? most : more);
}

/* exp of n numbers. Where all of them are plain, as nearly always, much of its work is not needed; of few it is not worth
 * asking. */
static void KERNEL(exp_many)(REAL *r, const REAL *a, int64_t n)
{
    enum { FEW = 64 };
    if (n >= FEW && KERNEL(are_plain)(a, n)) {
        EACH_ELEMENT
        r[i] = FUNCTION(exp_plain)(a[i]);
    } else {
        EACH_ELEMENT
        r[i] = FUNCTION(exp)(a[i]);
    }
}

/* So many at a time as stay in the nearest cache, and so that one that is not plain costs only its neighbours. */
static void KERNEL(exp)(REAL *r, const REAL *a, int64_t n)
{
    enum { MANY = 512 };
    for (int64_t first = 0; first < n; first += MANY)
        KERNEL(exp_many)(r + first, a + first, n - first < MANY ? n - first : MANY);
}

static void KERNEL(expmul)(REAL *r, const REAL *a, const REAL *b, int64_t n)
{
    KERNEL(mul)(r, a, b, n);
    KERNEL(exp)(r, r, n);
}

static void KERNEL(expmul_s)(REAL *r, REAL s, const REAL *b, int64_t n)
{
    KERNEL(mul_s)(r, s, b, n);
    KERNEL(exp)(r, r, n);
}

static void KERNEL(reach)(REAL *most, const REAL *q, int64_t q_step, int64_t count, int64_t n)
{
    INDEPENDENT
    for (int64_t i = 0; i < n; i++)
        most[i] = 0;
    for (int64_t k = 0; k < count; k++) {
        const REAL *row = q + k * q_step;
        INDEPENDENT
        for (int64_t i = 0; i < n; i++) {
            BITS reach = FUNCTION(reach)(row[i]), before = FUNCTION(reach)(most[i]);
            most[i] = FUNCTION(of)(reach > before ? reach : before);
        }
    }
}

/* Are all p * q plain? No product of a lane reaches farther than that of the q that does. */
static bool KERNEL(is_scan_plain)(const REAL *p, const REAL *most, int64_t n)
{
    BITS any = 0;
    for (int64_t i = 0; i < n; i++) {
        BITS reach = FUNCTION(reach)(most[i] * p[i]);
        any = reach > any ? reach : any;
    }
    return FUNCTION(is_plain)(any);
}

/* A few lanes of all states at a time: what is the same for all of them stays in registers. How many lanes were done. */
#define SCAN_LANES(name, exponential)                                                                                       \
    static int64_t KERNEL(name)(REAL * acc, REAL * h, int64_t h_step, const REAL *p, const REAL *q, int64_t q_step,         \
                                const REAL *u, const REAL *s, int64_t s_step, const REAL *c, int64_t c_step, int64_t count, \
                                int64_t n)                                                                                  \
    {                                                                                                                       \
        enum { FEW = 128 / sizeof(REAL) };                                                                                  \
        int64_t first = 0;                                                                                                  \
        for (; first + FEW <= n; first += FEW) {                                                                            \
            REAL sums[FEW], decays[FEW], inputs[FEW];                                                                       \
            for (int i = 0; i < FEW; i++) {                                                                                 \
                sums[i] = acc[first + i];                                                                                   \
                decays[i] = p[first + i];                                                                                   \
                inputs[i] = u[first + i];                                                                                   \
            }                                                                                                               \
            for (int64_t k = 0; k < count; k++) {                                                                           \
                REAL in = s[k * s_step], out = c[k * c_step];                                                               \
                const REAL *decay = q + k * q_step + first;                                                                 \
                REAL *state = h + k * h_step + first;                                                                       \
                INDEPENDENT                                                                                                 \
                for (int i = 0; i < FEW; i++) {                                                                             \
                    REAL next = FMA(FUNCTION(exponential)(decays[i] * decay[i]), state[i], in * inputs[i]);                 \
                    state[i] = next;                                                                                        \
                    sums[i] = FMA(out, next, sums[i]);                                                                      \
                }                                                                                                           \
            }                                                                                                               \
            for (int i = 0; i < FEW; i++)                                                                                   \
                acc[first + i] = sums[i];                                                                                   \
        }                                                                                                                   \
        return first;                                                                                                       \
    }

SCAN_LANES(scan_any, exp)
SCAN_LANES(scan_plain, exp_plain)

static void KERNEL(scan)(REAL *acc, REAL *h, int64_t h_step, const REAL *p, const REAL *q, int64_t q_step, const REAL *most,
                         const REAL *u, const REAL *s, int64_t s_step, const REAL *c, int64_t c_step, int64_t count,
                         int64_t n)
{
    int64_t first = KERNEL(is_scan_plain)(p, most, n)
                        ? KERNEL(scan_plain)(acc, h, h_step, p, q, q_step, u, s, s_step, c, c_step, count, n)
                        : KERNEL(scan_any)(acc, h, h_step, p, q, q_step, u, s, s_step, c, c_step, count, n);
    for (int64_t k = 0; k < count && first < n; k++) {
        REAL in = s[k * s_step], out = c[k * c_step];
        const REAL *decay = q + k * q_step;
        REAL *state = h + k * h_step;
        INDEPENDENT
        for (int64_t i = first; i < n; i++) {
            REAL next = FMA(FUNCTION(exp)(p[i] * decay[i]), state[i], in * u[i]);
            state[i] = next;
            acc[i] = FMA(out, next, acc[i]);
        }
    }
}

/* ---- other functions ------------------------------------------------------------------------------------------------- */

UNARY(log, FUNCTION(log)(a[i]))
UNARY(sqrt, FUNCTION(sqrt)(a[i]))
UNARY(rsqrt, FUNCTION(rsqrt)(a[i]))
UNARY(recip, FUNCTION(recip)(a[i]))
UNARY(sigmoid, FUNCTION(sigmoid)(a[i]))
UNARY(silu, FUNCTION(silu)(a[i]))
UNARY(softplus, FUNCTION(softplus)(a[i]))
UNARY(relu, FUNCTION(relu)(a[i]))
UNARY(gelu, FUNCTION(gelu)(a[i]))
UNARY(tanh, FUNCTION(tanh)(a[i]))

static void KERNEL(encode)(const struct NARROW *format, BITS *codes, const REAL *a, int64_t n)
{
    const struct NARROW narrow = *format; /* no store to codes can change it */
    EACH_ELEMENT
    codes[i] = NARROWED(encode)(&narrow, a[i]);
}

static void KERNEL(decode)(const struct NARROW *format, REAL *r, const BITS *codes, int64_t n)
{
    const struct NARROW narrow = *format;
    EACH_ELEMENT
    r[i] = NARROWED(decode)(&narrow, codes[i]);
}

static void KERNEL(round)(const struct NARROW *format, REAL *r, const REAL *a, int64_t n)
{
    const struct NARROW narrow = *format;
    EACH_ELEMENT
    r[i] = NARROWED(decode)(&narrow, NARROWED(encode)(&narrow, a[i]));
}

#undef BINARY
#undef SCALED
#undef TERNARY
#undef SCALED_TERNARY
#undef BY
#undef UNARY
#undef SCAN_LANES
