/* test_kernels.c: every level of kernels that this machine runs gives the bits of one-by-one evaluation.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "exec/kernels.h"
#include "sinter/exec.h"

static const struct sinter_function_model exact = {0};

static bool same_float(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_double(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void levels_have_names_and_the_best_one_is_chosen(void **state)
{
    (void)state;
    const struct kernels *best = NULL;
    for (int level = 0; level < N_KERNELS_LEVELS; level++) {
        const struct kernels *kernels = kernels_at((enum kernels_level)level);
        assert_true(strlen(kernels_level_name((enum kernels_level)level)) > 3);
        best = kernels ? kernels : best;
    }
    assert_non_null(kernels_at(KERNELS_BASELINE));
    assert_ptr_equal(kernels_f32(), &best->f32);
    assert_ptr_equal(kernels_f64(), &best->f64);
}

/* A sample of all floats, in rows of many lengths, beginning anywhere. */
static void functions_are_those_of_single_values_to_the_last_bit(void **state)
{
    (void)state;
    enum { N = 1000, STEP = 45007 };
    float x[N + 3], r[N + 3];
    for (uint64_t first = 0, round = 0; first < (uint64_t)1 << 32; round++) {
        int n = (int)(round % N), begin = (int)(round % 3);
        for (int i = 0; i < n; i++) {
            uint32_t bits = (uint32_t)(first + (uint64_t)i * STEP);
            memcpy(&x[begin + i], &bits, sizeof bits);
        }
        for (int f = 0; f < SINTER_N_FUNCTIONS; f++) {
            float expected[N];
            for (int i = 0; i < n; i++)
                expected[i] = sinter_function_value_float(&exact, (enum sinter_function)f, x[begin + i]);
            for (int level = 0; level < N_KERNELS_LEVELS; level++) {
                const struct kernels *kernels = kernels_at((enum kernels_level)level);
                if (!kernels)
                    continue;
                r[begin + n] = 77;
                kernels->f32.function[f](r + begin, x + begin, n);
                for (int i = 0; i < n; i++) {
                    if (!same_float(r[begin + i], expected[i]))
                        fail_msg("%s: %s(%a) is %a in a row, %a alone", kernels_level_name((enum kernels_level)level),
                                 sinter_function_name((enum sinter_function)f), (double)x[begin + i], (double)r[begin + i],
                                 (double)expected[i]);
                }
                assert_true(r[begin + n] == 77);
            }
        }
        first += (uint64_t)(n > 0 ? n : 1) * STEP;
    }
}

/* ---- arithmetic: by its definition --------------------------------------------------------------------------------- */

#define DEFINE_ARITHMETIC_TEST(REAL, F, FMA, same, EXP)                                                      \
    struct rows_##F {                                                                                        \
        REAL r[70], a[70], b[70], c[70];                                                                     \
        REAL s;                                                                                              \
    };                                                                                                       \
    static void check_##F(const struct rows_##F *rows, const struct kernels_##F *k, int n, bool is_in_place) \
    {                                                                                                        \
        const REAL *b = rows->b, *c = rows->c;                                                               \
        REAL s = rows->s, r[70], old[70];                                                                    \
        REAL *a = is_in_place ? r : old;                                                                     \
        CHECK(k->add(r, a, b, n), old[i] + b[i], same)                                                       \
        CHECK(k->sub(r, a, b, n), old[i] - b[i], same)                                                       \
        CHECK(k->mul(r, a, b, n), old[i] * b[i], same)                                                       \
        CHECK(k->div(r, a, b, n), old[i] / b[i], same)                                                       \
        CHECK(k->max(r, a, b, n), KERNEL_MAX(old[i], b[i]), same)                                            \
        CHECK(k->min(r, a, b, n), KERNEL_MIN(old[i], b[i]), same)                                            \
        CHECK(k->neg(r, a, n), -old[i], same)                                                                \
        CHECK(k->add_s(r, s, a, n), s + old[i], same)                                                        \
        CHECK(k->sub_s(r, s, a, n), s - old[i], same)                                                        \
        CHECK(k->mul_s(r, s, a, n), s *old[i], same)                                                         \
        CHECK(k->div_s(r, s, a, n), s / old[i], same)                                                        \
        CHECK(k->max_s(r, s, a, n), KERNEL_MAX(s, old[i]), same)                                             \
        CHECK(k->min_s(r, s, a, n), KERNEL_MIN(s, old[i]), same)                                             \
        CHECK(k->div_by(r, a, s, n), old[i] / s, same)                                                       \
        CHECK(k->max_by(r, a, s, n), KERNEL_MAX(old[i], s), same)                                            \
        CHECK(k->min_by(r, a, s, n), KERNEL_MIN(old[i], s), same)                                            \
        CHECK(k->fma(r, a, b, c, n), FMA(old[i], b[i], c[i]), same)                                          \
        CHECK(k->fms(r, a, b, c, n), FMA(old[i], b[i], -c[i]), same)                                         \
        CHECK(k->fnma(r, a, b, c, n), FMA(-old[i], b[i], c[i]), same)                                        \
        CHECK(k->fma_s(r, s, b, a, n), FMA(s, b[i], old[i]), same)                                           \
        CHECK(k->fms_s(r, s, b, a, n), FMA(s, b[i], -old[i]), same)                                          \
        CHECK(k->fnma_s(r, s, b, a, n), FMA(-s, b[i], old[i]), same)                                         \
        CHECK(k->expmul(r, a, b, n), EXP(old[i] * b[i]), same)                                               \
        CHECK(k->expmul_s(r, s, a, n), EXP(s *old[i]), same)                                                 \
        CHECK(k->sweep(r, c, 2, b, 0, 2, n), FMA(c[2], b[i], FMA(c[0], b[i], old[i])), same)                 \
        REAL h[70];                                                                                          \
        memcpy(h, rows->a, sizeof h);                                                                        \
        REAL most[70];                                                                                       \
        k->reach(most, c, 0, 1, n);                                                                          \
        CHECK(k->scan(r, h, 0, b, c, 0, most, c, &s, 0, b, 0, 1, n),                                         \
              FMA(b[0], FMA(EXP(b[i] * c[i]), rows->a[i], s *c[i]), old[i]), same)                           \
        CHECK(k->accumulate(r, s, b, n), FMA(s, b[i], old[i]), same)                                         \
    }

/* The row r holds, and keeps behind its end, what it was. */
#define CHECK(call, expected, same)                                            \
    memcpy(old, rows->r, sizeof old);                                          \
    memcpy(r, rows->r, sizeof r);                                              \
    call;                                                                      \
    for (int i = 0; i < 70; i++) {                                             \
        if (!same(r[i], i < n ? (expected) : old[i]))                          \
            fail_msg("%s: element %d of %d is %a", #call, i, n, (double)r[i]); \
    }

static float exp_f32(float x)
{
    return sinter_function_value_float(&exact, SINTER_FN_EXP, x);
}

static double exp_f64(double x)
{
    return sinter_function_value(&exact, SINTER_FN_EXP, x);
}

DEFINE_ARITHMETIC_TEST(float, f32, fmaf, same_float, exp_f32)
DEFINE_ARITHMETIC_TEST(double, f64, fma, same_double, exp_f64)

/* Magnitudes that overflow, vanish and round in all ways; pairs of equal numbers; zeros of both signs. */
static double draw(struct sinter_random *random)
{
    static const double specials[] = {0.0, -0.0, 1, -1, 0x1p-149, 0x1.fffffep127, 0x1p-126};
    if (sinter_random_below(random, 4) == 0)
        return specials[sinter_random_below(random, sizeof specials / sizeof *specials)];
    return ldexp(2 * sinter_random_unit(random) - 1, (int)sinter_random_below(random, 30) - 15);
}

static void arithmetic_is_that_of_single_values_to_the_last_bit(void **state)
{
    (void)state;
    struct sinter_random random = {.state = 9};
    for (int n = 0; n < 70; n++) {
        struct rows_f32 f32 = {.s = (float)draw(&random)};
        struct rows_f64 f64 = {.s = draw(&random)};
        for (int i = 0; i < 70; i++) {
            f32.r[i] = (float)(f64.r[i] = draw(&random));
            f32.a[i] = (float)(f64.a[i] = draw(&random));
            f32.b[i] = (float)(f64.b[i] = draw(&random));
            f32.c[i] = (float)(f64.c[i] = draw(&random));
        }
        for (int level = 0; level < N_KERNELS_LEVELS; level++) {
            const struct kernels *kernels = kernels_at((enum kernels_level)level);
            for (int is_in_place = 0; kernels && is_in_place < 2; is_in_place++) {
                check_f32(&f32, &kernels->f32, n, is_in_place);
                check_f64(&f64, &kernels->f64, n, is_in_place);
            }
        }
    }
}

/* ---- exp, which asks of many numbers at once whether they are plain -------------------------------------------------- */

enum { WIDE = 1200, STATES = 3 };

struct scan_rows {
    float acc[WIDE], h[STATES][WIDE], p[WIDE], q[STATES][WIDE], u[WIDE], s[STATES], c[STATES];
};

static bool is_nan_or_same(float a, float b)
{
    return (a != a && b != b) || same_float(a, b);
}

static void check_scan(const struct scan_rows *rows, const struct kernels_f32 *kernels, int n, const char *level)
{
    static struct scan_rows made;
    static float most[WIDE];
    made = *rows;
    kernels->reach(most, made.q[0], WIDE, STATES, n);
    kernels->scan(made.acc, made.h[0], WIDE, made.p, made.q[0], WIDE, most, made.u, made.s, 1, made.c, 1, STATES, n);
    for (int i = 0; i < WIDE; i++) {
        float acc = rows->acc[i];
        for (int k = 0; k < STATES; k++) {
            float h = rows->h[k][i];
            if (i < n) {
                h = fmaf(exp_f32(rows->p[i] * rows->q[k][i]), h, rows->s[k] * rows->u[i]);
                acc = fmaf(rows->c[k], h, acc);
            }
            if (!is_nan_or_same(made.h[k][i], h))
                fail_msg("%s: state %d of lane %d of %d is %a, expected %a", level, k, i, n, (double)made.h[k][i],
                         (double)h);
        }
        if (!is_nan_or_same(made.acc[i], acc))
            fail_msg("%s: sum %d of %d is %a, expected %a", level, i, n, (double)made.acc[i], (double)acc);
    }
}

static void check_exp(const float *x, const struct kernels_f32 *kernels, int n, const char *level)
{
    static float made[WIDE], product[WIDE], scaled[WIDE], half[WIDE];
    for (int i = 0; i < WIDE; i++)
        half[i] = 0.5f;
    memcpy(made, x, sizeof made);
    kernels->function[SINTER_FN_EXP](made, made, n);
    kernels->expmul(product, x, half, n);
    kernels->expmul_s(scaled, 0.5f, x, n);
    for (int i = 0; i < n; i++)
        if (!same_float(made[i], exp_f32(x[i])) || !same_float(product[i], exp_f32(x[i] * 0.5f)) ||
            !same_float(scaled[i], product[i]))
            fail_msg("%s: exp of %a, element %d of %d", level, (double)x[i], i, n);
    for (int i = n; i < WIDE; i++)
        assert_true(same_float(made[i], x[i]));
}

/* The largest magnitude of rows, whatever their signs; a NaN is above all. */
static void check_reach(const struct scan_rows *rows, const struct kernels_f32 *kernels, int n, const char *level)
{
    static float most[WIDE];
    kernels->reach(most, rows->q[0], WIDE, STATES, n);
    for (int i = 0; i < n; i++) {
        float expected = 0;
        for (int k = 0; k < STATES; k++)
            expected = fabsf(rows->q[k][i]) <= expected ? expected : fabsf(rows->q[k][i]);
        bool has_nan = false;
        for (int k = 0; k < STATES; k++)
            has_nan |= isnan(rows->q[k][i]) != 0;
        if (has_nan ? !isnan(most[i]) : !same_float(most[i], expected))
            fail_msg("%s: reach of lane %d of %d is %a, expected %a", level, i, n, (double)most[i], (double)expected);
    }
}

/* Wherever in a row of common numbers a single one overflows, vanishes or is none. */
static void one_number_of_a_row_may_be_out_of_reach(void **state)
{
    (void)state;
    static const int lengths[] = {1, 31, 32, 63, 64, 65, 100, 128, 161, 511, 513, 1100, WIDE};
    static const float odd[] = {-1, INFINITY, -INFINITY, NAN, -NAN, 87, -87.00001f, 88.8f, 300, -95, -103.9f, -0.0f};
    static struct scan_rows rows;
    struct sinter_random random = {.state = 11};
    for (int round = 0; round < 13 * 12 * 2; round++) {
        int n = lengths[round % 13], at = (int)sinter_random_below(&random, n);
        for (int i = 0; i < WIDE; i++) {
            rows.acc[i] = (float)sinter_random_unit(&random);
            rows.p[i] = i == at ? 1 : (float)sinter_random_unit(&random);
            rows.u[i] = (float)sinter_random_unit(&random) - 0.5f;
            for (int k = 0; k < STATES; k++) {
                rows.h[k][i] = (float)sinter_random_unit(&random) - 0.5f;
                rows.q[k][i] = 87 * (float)(2 * sinter_random_unit(&random) - 1);
            }
        }
        for (int k = 0; k < STATES; k++)
            rows.s[k] = rows.c[k] = (float)(k + 1) / 4;
        rows.q[round % STATES][at] = odd[round % 12];
        for (int level = 0; level < N_KERNELS_LEVELS; level++) {
            const struct kernels *kernels = kernels_at((enum kernels_level)level);
            const char *name = kernels_level_name((enum kernels_level)level);
            if (!kernels)
                continue;
            check_exp(rows.q[round % STATES], &kernels->f32, n, name);
            check_reach(&rows, &kernels->f32, n, name);
            check_scan(&rows, &kernels->f32, n, name);
        }
    }
}

static void codes_are_those_of_single_values(void **state)
{
    (void)state;
    static const struct {
        int exponent_bits, mantissa_bits;
        bool is_finite;
    } formats[] = {{5, 10, false}, {8, 7, false}, {4, 3, true}, {2, 1, false}, {8, 23, false}, {7, 22, true}};
    struct sinter_random random = {.state = 10};
    for (int round = 0; round < 600; round++) {
        int f = round % 6, n = round % 70;
        struct narrow_f32 f32 = narrow_f32_of(formats[f].exponent_bits, formats[f].mantissa_bits, formats[f].is_finite);
        struct narrow_f64 f64 = narrow_f64_of(formats[f].exponent_bits, formats[f].mantissa_bits, formats[f].is_finite);
        float x[70], back[70], rounded[70];
        double wide[70], wide_back[70], wide_rounded[70];
        uint32_t codes[70];
        uint64_t wide_codes[70];
        for (int i = 0; i < n; i++) {
            uint32_t bits = (uint32_t)sinter_random_next(&random);
            memcpy(&x[i], &bits, sizeof bits);
            x[i] = round % 2 == 0 ? x[i] : (float)draw(&random);
            wide[i] = (double)x[i];
        }
        for (int level = 0; level < N_KERNELS_LEVELS; level++) {
            const struct kernels *kernels = kernels_at((enum kernels_level)level);
            if (!kernels)
                continue;
            kernels->f32.encode(&f32, codes, x, n);
            kernels->f32.decode(&f32, back, codes, n);
            kernels->f32.round(&f32, rounded, x, n);
            kernels->f64.encode(&f64, wide_codes, wide, n);
            kernels->f64.decode(&f64, wide_back, wide_codes, n);
            kernels->f64.round(&f64, wide_rounded, wide, n);
            for (int i = 0; i < n; i++) {
                assert_int_equal(codes[i], narrow_f32_encode(&f32, x[i]));
                assert_int_equal(codes[i], wide_codes[i]);
                assert_true(same_float(back[i], narrow_f32_decode(&f32, codes[i])));
                assert_true(same_float(rounded[i], back[i]) && same_double(wide_rounded[i], wide_back[i]));
                assert_true(same_double((double)back[i], wide_back[i]));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_have_names_and_the_best_one_is_chosen),
        cmocka_unit_test(functions_are_those_of_single_values_to_the_last_bit),
        cmocka_unit_test(arithmetic_is_that_of_single_values_to_the_last_bit),
        cmocka_unit_test(one_number_of_a_row_may_be_out_of_reach),
        cmocka_unit_test(codes_are_those_of_single_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
