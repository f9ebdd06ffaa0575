/* test_values.c: images of tensors, random values, differences.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "sinter/exec.h"
#include "sinter/workload.h"

#define INF (double)INFINITY
#define NOT_A_NUMBER (double)NAN

static const char scan[] =
    "cascade: scan\ntype: fp32\nranks: {L: 6, D: 40, N: 16}\ntensors:\n  DT: {ranks: [L, D], role: input}\n"
    "  X: {ranks: [L, D], role: input}\n  B: {ranks: [L, N], role: input}\n  A: {ranks: [D, N], role: weight}\n"
    "  W: {ranks: [D, N], role: weight}\n  H0: {ranks: [D, N], role: state}\n  HO: {ranks: [D, N], role: output}\n"
    "  H: {ranks: [L, D, N], state: H0}\n  G: {ranks: [L, D, N], state: HO}\n  Y: {ranks: [L], role: output}\neinsums:\n"
    "  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n  - BX[l,d,n] = DT[l,d] * X[l,d] * B[l,n]\n"
    "  - H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]\n  - G[l,d,n] = G[l-1,d,n] + H[l,d,n]\n"
    "  - Y[l] = sum(G[l,d,n]*W[d,n])\n";

static struct sinter_cascade *parse(const char *text)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    if (sinter_cascade_parse("cascade", text, strlen(text), NULL, 0, NULL, diags, &cascade) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return cascade;
}

static struct sinter_values *new_values(const struct sinter_cascade *cascade)
{
    struct sinter_values *values = NULL;
    assert_int_equal(sinter_values_new(cascade, NULL, NULL, NULL, &values), SINTER_OK);
    return values;
}

/* ---- images ----------------------------------------------------------------------------------------------------- */

static void what_comes_from_outside_has_an_image_of_zeros(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_given;
    } rows[] = {{"DT", true}, {"A", true},  {"H0", true}, {"HO", false},
                {"H", false}, {"G", false}, {"Y", false}, {"DA", false}};
    struct sinter_cascade *cascade = parse(scan);
    struct sinter_values *values = new_values(cascade);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int tensor = sinter_cascade_tensor(cascade, rows[i].name);
        assert_int_equal(values->images[tensor] != NULL, rows[i].is_given);
        assert_null(values->finals[tensor]);
        for (int64_t at = 0; rows[i].is_given && at < cascade->tensors[tensor].elements; at++) {
            double number = 1;
            sinter_values_get(values, tensor, false, at, 1, &number);
            assert_true(number == 0);
        }
    }
    sinter_values_free(values);
    sinter_cascade_free(cascade);
}

static void a_set_range_is_read_back_and_nothing_beside_it(void **state)
{
    (void)state;
    struct sinter_cascade *cascade = parse(scan);
    struct sinter_values *values = new_values(cascade);
    int x = sinter_cascade_tensor(cascade, "X");
    const double numbers[] = {1, -2, 0.5};
    double found[5] = {7, 7, 7, 7, 7};
    sinter_values_set(values, x, 100, 3, numbers);
    sinter_values_get(values, x, false, 99, 5, found);
    assert_true(found[0] == 0 && found[1] == 1 && found[2] == -2 && found[3] == 0.5 && found[4] == 0);
    sinter_values_free(values);
    sinter_cascade_free(cascade);
}

static void a_final_image_stands_beside_the_first(void **state)
{
    (void)state;
    struct sinter_cascade *cascade = parse(scan);
    struct sinter_values *values = new_values(cascade);
    int h0 = sinter_cascade_tensor(cascade, "H0");
    unsigned char *before = values->images[h0];
    assert_true(sinter_values_add(values, h0, true));
    assert_non_null(values->finals[h0]);
    assert_true(sinter_values_add(values, h0, false)); /* there already */
    assert_ptr_equal(values->images[h0], before);
    sinter_values_free(values);
    sinter_cascade_free(cascade);
}

static void an_image_that_is_too_large_is_refused(void **state)
{
    (void)state;
    struct sinter_cascade *cascade =
        parse("cascade: vast\ntype: int4\nranks: {L: 1, D: 1e18}\ntensors:\n  X: {ranks: [L], role: input}\n"
              "  Y: {ranks: [L, D], role: output}\neinsums:\n  - Y[l,d] = X[l]\n");
    struct sinter_counting_allocator counting;
    struct sinter_values *values = NULL;
    sinter_counting_allocator_init(&counting, -1);
    assert_int_equal(sinter_values_new(cascade, NULL, &counting.allocator, NULL, &values), SINTER_OK);
    int64_t n_requests = counting.n_requests;
    /* 1e18 elements of 64 bits are more than can be counted: no memory is even asked for */
    assert_false(sinter_values_add(values, sinter_cascade_tensor(cascade, "Y"), false));
    assert_int_equal(counting.n_requests, n_requests);
    sinter_values_free(values);
    assert_int_equal(counting.n_live, 0);
    sinter_cascade_free(cascade);
}

static void new_values_survive_every_failed_allocation(void **state)
{
    (void)state;
    struct sinter_cascade *cascade = parse(scan);
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_values *values = NULL;
        sinter_counting_allocator_init(&counting, n);
        enum sinter_status status = sinter_values_new(cascade, NULL, &counting.allocator, NULL, &values);
        assert_int_equal(values != NULL, status == SINTER_OK);
        sinter_values_free(values);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_int_equal(n, 4 + 6);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
    sinter_cascade_free(cascade);
}

/* ---- random values ----------------------------------------------------------------------------------------------- */

static void random_values_stay_in_the_range_that_the_cascade_asks_for(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double low, high;
    } rows[] = {
        {"X", -1, 1},
        {"B", -1, 1},
        {"H0", -1, 1},
        {"DT", 0, 1},                                       /* below the exp of a recurrence: positive */
        {"A", -1, 0},                                       /* and a weight negative: states decay */
        {"W", -0.039528470752104741, 0.039528470752104741}, /* summed over 640 points: 1 / sqrt(640) */
    };
    struct sinter_cascade *cascade = parse(scan);
    struct sinter_values *values = new_values(cascade);
    sinter_values_fill(values, 42);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int tensor = sinter_cascade_tensor(cascade, rows[i].name);
        double low = INF, high = -INF, span = rows[i].high - rows[i].low;
        for (int64_t at = 0; at < cascade->tensors[tensor].elements; at++) {
            double number;
            sinter_values_get(values, tensor, false, at, 1, &number);
            low = fmin(low, number);
            high = fmax(high, number);
        }
        if (low < rows[i].low || high > rows[i].high || low > rows[i].low + span / 8 || high < rows[i].high - span / 8)
            fail_msg("%s lies in [%g, %g], expected [%g, %g]", rows[i].name, low, high, rows[i].low, rows[i].high);
    }
    sinter_values_free(values);
    sinter_cascade_free(cascade);
}

static void the_same_seed_gives_the_same_numbers(void **state)
{
    (void)state;
    struct sinter_cascade *cascade = parse(scan);
    struct sinter_values *a = new_values(cascade), *b = new_values(cascade), *c = new_values(cascade);
    struct sinter_difference difference;
    sinter_values_fill(a, 1);
    sinter_values_fill(b, 1);
    sinter_values_fill(c, 2);
    for (int t = 0; t < cascade->n_tensors; t++) {
        sinter_values_compare(a, b, t, false, &difference);
        assert_int_equal(difference.n_different, 0);
        sinter_values_compare(a, c, t, false, &difference);
        assert_int_equal(difference.n, a->images[t] ? cascade->tensors[t].elements : 0);
        assert_true(difference.n_different > difference.n / 2 || difference.n == 0);
    }
    double first;
    sinter_values_get(a, 0, false, 0, 1, &first);
    assert_true(first == 0.5665615751722809); /* splitmix64 of seed 1, on every machine */
    sinter_values_free(a);
    sinter_values_free(b);
    sinter_values_free(c);
    sinter_cascade_free(cascade);
}

/* Random values must be good for whole models: nothing may overflow, vanish or become NaN on the way to the outputs. */
static void a_whole_block_keeps_the_size_of_its_values(void **state)
{
    (void)state;
    static const char *const models[] = {"data/cascades/mamba2-block.yaml", "data/cascades/selective-scan.yaml"};
    struct sinter_override overrides[] = {{.field = "E", .value = "24"}, {.field = "D", .value = "48"},
                                          {.field = "Q", .value = "4"},  {.field = "P", .value = "6"},
                                          {.field = "N", .value = "16"}, {.field = "type", .value = "fp64"}};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        struct sinter_model_options options = {.tokens = 64, .overrides = overrides, .n_overrides = 6};
        struct sinter_model *model = NULL;
        assert_int_equal(sinter_model_load(models[i], &options, NULL, NULL, &model), SINTER_OK);
        const struct sinter_cascade *cascade = model->parts[0].cascade;
        struct sinter_values *in = new_values(cascade), *out = NULL;
        sinter_values_fill(in, 7);
        assert_int_equal(sinter_reference(NULL, in, NULL, NULL, NULL, &out), SINTER_OK);
        for (int t = 0; t < cascade->n_tensors; t++) {
            double square = 0, number;
            for (int64_t at = 0; out->images[t] && at < cascade->tensors[t].elements; at++) {
                sinter_values_get(out, t, false, at, 1, &number);
                square += number * number / (double)cascade->tensors[t].elements;
            }
            if (out->images[t] && !(square > 1e-4 && square < 1e4))
                fail_msg("%s: %s has a mean square of %g", cascade->name, cascade->tensors[t].name, square);
        }
        sinter_values_free(in);
        sinter_values_free(out);
        sinter_model_free(model);
    }
}

/* ---- differences -------------------------------------------------------------------------------------------------- */

#define SQRT_11 3.3166247903553998 /* of 1, 0 and this the mean square is 4 */
static const struct {
    const char *what;
    double a[3], b[3];
    int64_t n_different, worst, n_not_finite;
    double most_absolute, most_relative, most_ulp;
} differences[] = {
    {"nothing", {1, -2, 0}, {1, -2, -0.0}, 0, -1, 0, 0, 0, 0},
    {"one unit in the last place", {1, 2 + 0x1p-51, 3}, {1, 2, 4 - 1}, 1, 1, 0, 0x1p-51, 0x1p-51 / 3, 1},
    {"relative to the largest", {1, 5, -8}, {0, 5, -10}, 2, 2, 0, 2, 0.2, 0x1p50},
    /* root mean square 2: units of 2^-51 also at 0 and 1, which have finer ones */
    {"units of what is typical", {1 + 0x1p-52, 0x1p-51, SQRT_11}, {1, 0, SQRT_11}, 2, 1, 0, 0x1p-51, 0x1p-51 / SQRT_11, 1},
    {"NaN equals NaN, infinity itself", {NOT_A_NUMBER, INF, 1}, {NOT_A_NUMBER, INF, 1}, 0, -1, 0, 0, 0, 0},
    {"one of them is no number", {1, NOT_A_NUMBER, 1}, {1, 2, 1.5}, 2, 1, 1, INF, INF, INF},
    {"infinities of two signs", {1, INF, 1}, {1, -INF, 1}, 1, 1, 0, INF, INF, INF},
    {"nothing to be relative to", {0, 0, 1}, {0, 0, 0}, 1, 2, 0, 1, INF, INF},
    {"the first of equal distances", {1, 2, 3}, {2, 3, 4}, 3, 0, 0, 1, 0.25, 0x1p51},
};

static bool is_same(double a, double b)
{
    return !(a < b) && !(a > b) && isnan(a) == isnan(b);
}

static void differences_are_measured(void **state)
{
    (void)state;
    struct sinter_cascade *cascade =
        parse("cascade: x\ntype: fp64\nranks: {L: 3}\ntensors:\n  X: {ranks: [L], role: input}\n"
              "  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = X[l]\n");
    struct sinter_values *a = new_values(cascade), *b = new_values(cascade);
    struct sinter_difference d;
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        sinter_values_set(a, 0, 0, 3, differences[i].a);
        sinter_values_set(b, 0, 0, 3, differences[i].b);
        sinter_values_compare(a, b, 0, false, &d);
        bool has_worst = d.worst < 0 || (is_same(d.a, differences[i].a[d.worst]) && is_same(d.b, differences[i].b[d.worst]));
        if (d.n != 3 || d.n_different != differences[i].n_different || d.worst != differences[i].worst || !has_worst ||
            d.n_not_finite != differences[i].n_not_finite || !is_same(d.most_absolute, differences[i].most_absolute) ||
            !is_same(d.most_relative, differences[i].most_relative))
            fail_msg("%s: %d differ, worst %d, absolute %g, relative %g", differences[i].what, (int)d.n_different,
                     (int)d.worst, d.most_absolute, d.most_relative);
        if (!is_same(d.most_ulp, differences[i].most_ulp))
            fail_msg("%s: %g ulp, expected %g", differences[i].what, d.most_ulp, differences[i].most_ulp);
    }
    sinter_values_compare(a, b, 1, false, &d); /* neither has it */
    assert_int_equal(d.n, 0);
    assert_int_equal(d.worst, -1);
    sinter_values_free(a);
    sinter_values_free(b);
    sinter_cascade_free(cascade);
}

/* A double beside a result in fp32: units are those of the result. */
static void units_in_the_last_place_are_those_of_the_first(void **state)
{
    (void)state;
    struct sinter_cascade *cascade =
        parse("cascade: x\ntype: fp32\nranks: {L: 2}\ntensors:\n  X: {ranks: [L], role: input}\n"
              "  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = X[l]\n");
    struct sinter_numerics *numerics = NULL;
    struct sinter_values *a = NULL, *b = new_values(cascade);
    struct sinter_difference d;
    const double numbers[] = {1 + 0x1p-23, 0}, expected[] = {1 + 0x1p-24, 0x1p-149}, least[] = {0, 0x1p-149};
    assert_int_equal(sinter_numerics_new(cascade, NULL, NULL, &numerics), SINTER_OK);
    assert_int_equal(sinter_values_new(cascade, numerics, NULL, NULL, &a), SINTER_OK);
    sinter_values_set(a, 0, 0, 2, numbers);
    sinter_values_set(b, 0, 0, 2, expected);
    sinter_values_compare(a, b, 0, false, &d);
    assert_int_equal(d.n_different, 2);
    assert_true(d.most_ulp == 0.5); /* the second is the least number above zero, but not typical */
    sinter_values_set(b, 0, 0, 2, least);
    sinter_values_set(a, 0, 0, 2, (double[]){0, 0});
    sinter_values_compare(a, b, 0, false, &d);
    assert_true(d.most_ulp == 1); /* here it is */
    sinter_values_free(a);
    sinter_values_free(b);
    sinter_numerics_free(numerics);
    sinter_cascade_free(cascade);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_from_outside_has_an_image_of_zeros),
        cmocka_unit_test(a_set_range_is_read_back_and_nothing_beside_it),
        cmocka_unit_test(a_final_image_stands_beside_the_first),
        cmocka_unit_test(an_image_that_is_too_large_is_refused),
        cmocka_unit_test(new_values_survive_every_failed_allocation),
        cmocka_unit_test(random_values_stay_in_the_range_that_the_cascade_asks_for),
        cmocka_unit_test(the_same_seed_gives_the_same_numbers),
        cmocka_unit_test(a_whole_block_keeps_the_size_of_its_values),
        cmocka_unit_test(differences_are_measured),
        cmocka_unit_test(units_in_the_last_place_are_those_of_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
