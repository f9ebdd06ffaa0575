/* test_bounds.c: bounds on rounding hold, and are not far from what rounding can do: cases built to come close.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_CASES: how many random problems (default 400); SINTER_SEED: the first one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "problem.h"
#include "random_case.h"
#include "sinter/exec.h"

/* ---- cases built to come close ------------------------------------------------------------------------------------- */

#define ULP24 0x1p-24

/* A cascade that makes Y of X (and W), every element of X, W and the state S the same but the first of X. */
struct close_case {
    const char *what, *cascade;
    double first, x, w, s;
    double at_least; /* of the bound */
};

static const struct close_case close_cases[] = {
    {"a copy rounded halfway",
     "ranks: {N: 1}\ntensors:\n  X: {ranks: [N], role: input, type: fp32}\n"
     "  Y: {ranks: [N], role: output, type: fp16}\neinsums: ['Y[n] = X[n]']\n",
     1 + 0x1p-11, 0, 0, 0, 0.999},
    {"a product rounded halfway",
     "type: fp32\nranks: {N: 1}\ntensors:\n  X: {ranks: [N], role: input}\n"
     "  Y: {ranks: [N], role: output}\neinsums: ['Y[n] = X[n] * X[n]']\n",
     1 + 0x1p-12, 0, 0, 0, 0.999}, /* 1 + 2^-11 + 2^-24 */
    {"small terms that a large one swallows",
     "type: fp32\nranks: {M: 1, N: 1000}\ntensors:\n"
     "  X: {ranks: [M, N], role: input}\n  Y: {ranks: [M], role: output}\n"
     "einsums: ['Y[m] = X[m,n]']\n",
     1, ULP24, 0, 0, 0.99},
    {"the same as products",
     "type: fp32\nranks: {M: 1, N: 1000}\ntensors:\n  X: {ranks: [M, N], role: input}\n"
     "  W: {ranks: [N], role: weight}\n  Y: {ranks: [M], role: output}\n"
     "einsums: ['Y[m] = X[m,n] * W[n]']\n",
     1, ULP24, 1, 0, 0.99},
    {"an exponential of a rounded number",
     "type: fp32\nranks: {N: 1}\ntensors:\n"
     "  X: {ranks: [N], role: input}\n  Z: {ranks: [N], type: bf16}\n"
     "  Y: {ranks: [N], role: output}\n"
     "einsums: ['Z[n] = X[n]', 'Y[n] = exp(Z[n])']\n",
     1 - 0x1p-9, 0, 0, 0, 0.99},
    {"a reciprocal root of a rounded number",
     "type: fp32\nranks: {N: 1}\ntensors:\n"
     "  X: {ranks: [N], role: input}\n  Z: {ranks: [N], type: bf16}\n"
     "  Y: {ranks: [N], role: output}\n"
     "einsums: ['Z[n] = X[n]', 'Y[n] = rsqrt(Z[n])']\n",
     1 + 0x1p-8, 0, 0, 0, 0.98},
    {"a quotient of rounded numbers",
     "type: fp32\nranks: {N: 1}\ntensors:\n  X: {ranks: [N], role: input}\n"
     "  P: {ranks: [N], type: bf16}\n  Q: {ranks: [N], type: bf16}\n"
     "  Y: {ranks: [N], role: output}\n"
     "einsums: ['P[n] = X[n]', 'Q[n] = X[n] + 0.0078125', 'Y[n] = P[n] / Q[n]']\n",
     1 + 0x1p-8, 0, 0, 0, 0.95}, /* halfway: P down to 1, Q up to 1 + 4 * 2^-8 */
    {"a running sum that loses every term",
     "type: fp32\nranks: {L: 10}\ntensors:\n  X: {ranks: [L], role: input}\n"
     "  S: {ranks: [], role: state}\n  Y: {ranks: [L], role: output, type: bf16, state: S}\n"
     "einsums: ['Y[l] = Y[l-1] + X[l]']\n",
     0x1p-8, 0x1p-8, 0, 1, 0.99},
    {"an integer halfway",
     "type: fp32\nranks: {N: 1}\ntensors:\n  X: {ranks: [N], role: input}\n"
     "  Y: {ranks: [N], role: output, type: int8}\neinsums: ['Y[n] = X[n]']\n",
     2.5, 0, 0, 0, 0.999},
    {"an integer beyond its codes",
     "type: fp32\nranks: {N: 1}\ntensors:\n  X: {ranks: [N], role: input}\n"
     "  Y: {ranks: [N], role: output, type: int8}\neinsums: ['Y[n] = X[n]']\n",
     1000, 0, 0, 0, 0.999},
    {"the largest of rounded numbers",
     "type: fp32\nranks: {M: 1, N: 3}\ntensors:\n  X: {ranks: [M, N], role: input}\n"
     "  Z: {ranks: [M, N], type: bf16}\n  Y: {ranks: [M], role: output}\n"
     "einsums: ['Z[m,n] = X[m,n]', 'Y[m] = max(Z[m,n])']\n",
     1 + 0x1p-8, 0.25, 0, 0, 0.999},
};

static struct sinter_cascade *parse(const char *text)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    char whole[1024];
    snprintf(whole, sizeof whole, "cascade: c\n%s", text);
    if (sinter_cascade_parse("c", whole, strlen(whole), NULL, 0, NULL, diags, &cascade) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return cascade;
}

/* All the same but one. */
static void fill(struct sinter_values *values, const char *name, int64_t at, double one, double rest)
{
    int tensor = sinter_cascade_tensor(values->cascade, name);
    for (int64_t i = 0; tensor >= 0 && i < values->cascade->tensors[tensor].elements; i++)
        sinter_values_set(values, tensor, i, 1, i == at ? &one : &rest);
}

/* The values are rounded to their types first where `numerics` says so. */
static struct sinter_values *close_values(const struct close_case *c, const struct sinter_cascade *cascade,
                                          const struct sinter_numerics *numerics)
{
    struct sinter_values *values = NULL;
    assert_int_equal(sinter_values_new(cascade, numerics, NULL, NULL, &values), SINTER_OK);
    fill(values, "X", 0, c->first, c->x);
    fill(values, "W", 0, c->w, c->w);
    fill(values, "S", 0, c->s, c->s);
    return values;
}

static void bounds_are_nearly_reached(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof close_cases / sizeof close_cases[0]; i++) {
        const struct close_case *c = &close_cases[i];
        struct sinter_cascade *cascade = parse(c->cascade);
        struct sinter_numerics *numerics = NULL;
        assert_int_equal(sinter_numerics_new(cascade, NULL, NULL, &numerics), SINTER_OK);
        struct sinter_values *in = close_values(c, cascade, NULL), *rounded = close_values(c, cascade, numerics);
        struct sinter_values *made = NULL, *exact = NULL, *bounds = NULL;
        assert_int_equal(sinter_reference(numerics, rounded, NULL, NULL, NULL, &made), SINTER_OK);
        assert_int_equal(sinter_reference_bounded(numerics, in, NULL, NULL, NULL, NULL, &exact, &bounds), SINTER_OK);
        struct sinter_check check;
        sinter_values_check(made, exact, bounds, sinter_cascade_tensor(cascade, "Y"), false, &check);
        if (check.n_outside > 0 || check.n_unbounded > 0 || !(check.most_of_bound >= c->at_least))
            fail_msg("%s: %g of the bound, %lld outside, %lld unbounded; element %lld is %.17g, exact %.17g, bound %g",
                     c->what, check.most_of_bound, (long long)check.n_outside, (long long)check.n_unbounded,
                     (long long)check.worst, check.found, check.expected, check.bound);
        sinter_values_free(in);
        sinter_values_free(rounded);
        sinter_values_free(made);
        sinter_values_free(exact);
        sinter_values_free(bounds);
        sinter_numerics_free(numerics);
        sinter_cascade_free(cascade);
    }
}

/* ---- where there is no promise ------------------------------------------------------------------------------------- */

static void what_may_overflow_or_vanish_has_no_bound(void **state)
{
    static const struct {
        const char *cascade;
        double x;
    } cases[] = {{"type: fp16\nranks: {N: 1}\ntensors:\n  X: {ranks: [N], role: input}\n  Y: {ranks: [N], role: output}\n"
                  "einsums: ['Y[n] = X[n] * 1000']\n",
                  100},
                 {"type: fp32\nranks: {N: 1}\ntensors:\n  X: {ranks: [N], role: input}\n  Y: {ranks: [N], role: output}\n"
                  "einsums: ['Y[n] = exp(X[n])']\n",
                  100},
                 {"type: fp32\nranks: {N: 1}\ntensors:\n  X: {ranks: [N], role: input}\n  Z: {ranks: [N], type: bf16}\n"
                  "  Y: {ranks: [N], role: output}\neinsums: ['Z[n] = X[n]', 'Y[n] = log(Z[n] - 1)']\n",
                  1 + 0x1p-9},
                 {"type: fp32\nranks: {N: 1}\ntensors:\n  X: {ranks: [N], role: input}\n  Y: {ranks: [N], role: output}\n"
                  "einsums: ['Y[n] = X[n] * 2']\n",
                  (double)NAN}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct close_case c = {.cascade = cases[i].cascade, .first = cases[i].x};
        struct sinter_cascade *cascade = parse(c.cascade);
        struct sinter_numerics *numerics = NULL;
        assert_int_equal(sinter_numerics_new(cascade, NULL, NULL, &numerics), SINTER_OK);
        struct sinter_values *in = close_values(&c, cascade, NULL), *exact = NULL, *bounds = NULL;
        assert_int_equal(sinter_reference_bounded(numerics, in, NULL, NULL, NULL, NULL, &exact, &bounds), SINTER_OK);
        double bound = 0;
        sinter_values_get(bounds, sinter_cascade_tensor(cascade, "Y"), false, 0, 1, &bound);
        assert_true(isinf(bound));
        sinter_values_free(in);
        sinter_values_free(exact);
        sinter_values_free(bounds);
        sinter_numerics_free(numerics);
        sinter_cascade_free(cascade);
    }
}

/* ---- sums that are split ------------------------------------------------------------------------------------------- */

static const char accel[] = "accelerator: small\nclock: 1 GHz\nmemories:\n"
                            "  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n"
                            "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\nunits:\n"
                            "  - {name: array, at: buffer, pes: [4, 4], cycles: {mac: 1, add: 1, mul: 1}}\n";

/* Sums over N = 64 and K = 4, and what is made of them. */
static const char sums[] = "cascade: sums\ntype: %s\nranks: {M: 2, N: 64, K: 4}\ntensors:\n"
                           "  X: {ranks: [M, N, K], role: input}\n  Y: {ranks: [M]}\n  Z: {ranks: [M], role: output}\n"
                           "einsums:\n  - Y[m] = X[m,n,k]\n  - Z[m] = Y[m] + 1\n";

struct split_case {
    const char *what, *type, *schedule;
    double first, x;
    int64_t at;      /* where `first` stands */
    bool splits;     /* the execution says so */
    double at_least; /* of the local bound of Y */
};

static const struct split_case split_cases[] = {
    {"no loop over a sum", "fp16", "group\n  Y on array\n  Z on array\n", 1, 0x1p-11, 0, false, 0},
    {"pieces of the outer rank, in float: the same bits", "fp32", "group\n  for n in N by 8\n    Y on array\n  Z on array\n",
     1, ULP24, 0, false, 0},
    {"pieces of the outer rank, in fp16", "fp16", "group\n  for n in N by 1\n    Y on array\n  Z on array\n", 1, 0x1p-13, 0,
     true,
     0.4}, /* 4 terms of 2^-13 are half a step of fp16 at 1, and lost in each of 63 visits; the prefix grows in the bound */
    {"pieces of the inner rank, in float: another order", "fp32", "group\n  for k in K by 1\n    Y on array\n  Z on array\n",
     1, ULP24, 1, true, 0.2},
};

static void execute_split(const struct split_case *c)
{
    char cascade[512];
    struct problem p;
    snprintf(cascade, sizeof cascade, sums, c->type);
    if (!problem_open(&p, cascade, accel, c->schedule, NULL, 0))
        fail_msg("%s: %s", c->what, sinter_diagnostics_text(p.diags));
    struct sinter_plan *plan = NULL;
    struct sinter_numerics *numerics = NULL;
    struct sinter_values *in = NULL, *local = NULL, *bounds = NULL, *reference = NULL;
    struct sinter_execution *run = NULL;
    struct sinter_split splits[2];
    struct sinter_check check, of_result;
    struct sinter_difference difference;
    bool taps[8] = {true, true, true, true, true, true, true, true}, reached[8];
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
    assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_OK);
    assert_int_equal(sinter_numerics_new(p.cascade, NULL, NULL, &numerics), SINTER_OK);
    assert_int_equal(sinter_values_new(p.cascade, numerics, NULL, NULL, &in), SINTER_OK);
    fill(in, "X", c->at, c->first, c->x);
    struct sinter_execute_options options = {.taps = taps};
    assert_int_equal(sinter_execute(plan, numerics, in, &options, NULL, p.diags, &run), SINTER_OK);
    assert_int_equal(run->splits_sums, c->splits);
    sinter_plan_splits(plan, numerics, splits);
    sinter_splits_reach(p.cascade, splits, reached);
    int y = sinter_cascade_tensor(p.cascade, "Y"), z = sinter_cascade_tensor(p.cascade, "Z");
    assert_int_equal(reached[y], c->splits);
    assert_int_equal(reached[z], c->splits);
    assert_int_equal(sinter_reference_local(numerics, in, run->values, splits, NULL, NULL, NULL, &local, &bounds),
                     SINTER_OK);
    sinter_values_check(run->values, local, bounds, y, false, &check);
    sinter_values_check(run->values, local, bounds, z, false, &of_result);
    if (check.n_outside > 0 || check.n_unbounded > 0 || !(check.most_of_bound >= c->at_least))
        fail_msg("%s: %g of the bound; element %lld is %.17g, exact %.17g, bound %g", c->what, check.most_of_bound,
                 (long long)check.worst, check.found, check.expected, check.bound);
    assert_true(of_result.n_outside == 0 && of_result.bound_relative <= 0); /* of its own operands: to the bit */
    assert_int_equal(sinter_reference(numerics, in, NULL, NULL, NULL, &reference), SINTER_OK);
    sinter_values_compare(run->values, reference, y, false, &difference);
    if ((difference.n_different > 0) != c->splits)
        fail_msg("%s: %lld numbers are not the reference's", c->what, (long long)difference.n_different);

    /* One bit is enough. */
    double number;
    sinter_values_get(run->values, z, false, 1, 1, &number);
    number += sinter_format_epsilon(&numerics->formats[z]) * fabs(number) * 1.5;
    sinter_values_set(run->values, z, 1, 1, &number);
    sinter_values_check(run->values, local, bounds, z, false, &of_result);
    assert_int_equal(of_result.n_outside, 1);
    assert_int_equal(of_result.worst, 1);

    sinter_values_free(in);
    sinter_values_free(local);
    sinter_values_free(bounds);
    sinter_values_free(reference);
    sinter_execution_free(run);
    sinter_numerics_free(numerics);
    sinter_plan_free(plan);
    problem_close(&p);
}

static void split_sums_stay_within_the_bounds_of_their_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof split_cases / sizeof split_cases[0]; i++)
        execute_split(&split_cases[i]);
}

/* ---- random problems ----------------------------------------------------------------------------------------------- */

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void expect_inside(const struct random_case *c, const struct sinter_values *made, const struct sinter_values *exact,
                          const struct sinter_values *bounds, const char *what)
{
    for (int t = 0; t < c->cascade->n_tensors; t++) {
        for (int is_final = 0; is_final < 2; is_final++) {
            struct sinter_check check;
            if ((is_final ? bounds->finals : bounds->images)[t] == NULL)
                continue;
            sinter_values_check(made, exact, bounds, t, is_final, &check);
            if (check.n_outside > 0)
                fail_msg("seed %llu: %s: %s%s: element %lld is %.17g, expected %.17g within %g", (unsigned long long)c->seed,
                         what, c->cascade->tensors[t].name, is_final ? " at the end" : "", (long long)check.worst,
                         check.found, check.expected, check.bound);
        }
    }
}

/* Whatever is computed in the types is within the bounds of what is computed without rounding; whatever is executed is what
 * its operands make it. */
static int check_random(const struct random_case *c, int arithmetic)
{
    bool taps[64];
    struct sinter_split splits[64];
    struct sinter_numerics *numerics = NULL;
    struct sinter_values *in = NULL, *reference = NULL, *exact = NULL, *bounds = NULL, *local = NULL, *of_local = NULL;
    struct sinter_plan *plan = NULL;
    struct sinter_execution *run = NULL;
    memset(taps, true, sizeof taps);
    assert_true(c->cascade->n_tensors <= 64 && c->cascade->n_einsums <= 64);
    assert_int_equal(sinter_numerics_new(c->cascade, NULL, NULL, &numerics), SINTER_OK);
    numerics->arithmetic = arithmetic;
    assert_int_equal(sinter_values_new(c->cascade, numerics, NULL, NULL, &in), SINTER_OK);
    sinter_values_fill(in, c->seed);
    assert_int_equal(sinter_reference(numerics, in, NULL, NULL, NULL, &reference), SINTER_OK);
    assert_int_equal(sinter_reference_bounded(numerics, in, NULL, NULL, NULL, NULL, &exact, &bounds), SINTER_OK);
    expect_inside(c, reference, exact, bounds, "rounded");
    sinter_values_free(exact);
    sinter_values_free(bounds);
    exact = bounds = NULL;
    int n_split = 0;
    struct sinter_execute_options options = {.taps = taps};
    assert_int_equal(sinter_plan_new(c->cascade, c->accel, NULL, c->diags, &plan), SINTER_OK);
    if (sinter_plan_resolve(plan, &c->schedule, c->diags) == SINTER_OK &&
        sinter_execute(plan, numerics, in, &options, NULL, c->diags, &run) == SINTER_OK) {
        n_split = run->splits_sums;
        sinter_plan_splits(plan, numerics, splits);
        assert_int_equal(sinter_reference_local(numerics, in, run->values, splits, NULL, NULL, NULL, &local, &of_local),
                         SINTER_OK);
        expect_inside(c, run->values, local, of_local, "executed");
        assert_int_equal(sinter_reference_bounded(numerics, in, splits, NULL, NULL, NULL, &exact, &bounds), SINTER_OK);
        expect_inside(c, run->values, exact, bounds, "executed, from the beginning");
    }
    sinter_execution_free(run);
    sinter_plan_free(plan);
    sinter_values_free(in);
    sinter_values_free(reference);
    sinter_values_free(exact);
    sinter_values_free(bounds);
    sinter_values_free(local);
    sinter_values_free(of_local);
    sinter_numerics_free(numerics);
    return n_split;
}

static void random_problems_stay_within_their_bounds(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 400);
    int n_split = 0;
    for (uint64_t seed = first; seed < first + n; seed++) {
        struct random_case c;
        assert_true(seed % 3 == 0 ? random_case_open(&c, seed) : random_case_open_varied(&c, seed, false));
        n_split += check_random(&c, seed % 2 == 0 ? 32 : 64);
        random_case_close(&c);
    }
    assert_true(n < 400 || n_split > 10);
}

/* ---- memory -------------------------------------------------------------------------------------------------------- */

static void bounds_survive_every_failed_allocation(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_numerics *numerics = NULL;
    struct sinter_values *in = NULL, *made = NULL;
    struct sinter_split splits[8] = {{2, true}, {0, false}, {0, true}};
    assert_true(problem_open(&p, problem_scan, problem_one_buffer, NULL, NULL, 0));
    assert_int_equal(sinter_numerics_new(p.cascade, NULL, NULL, &numerics), SINTER_OK);
    assert_int_equal(sinter_values_new(p.cascade, numerics, NULL, NULL, &in), SINTER_OK);
    assert_int_equal(sinter_reference(numerics, in, NULL, NULL, NULL, &made), SINTER_OK);
    for (int is_local = 0; is_local < 2; is_local++) {
        enum sinter_status status = SINTER_NO_MEMORY;
        for (int64_t n = 0; status != SINTER_OK; n++) {
            struct sinter_counting_allocator counting;
            struct sinter_values *values = NULL, *bounds = NULL;
            sinter_counting_allocator_init(&counting, n);
            status =
                is_local
                    ? sinter_reference_local(numerics, in, made, splits, NULL, &counting.allocator, NULL, &values, &bounds)
                    : sinter_reference_bounded(numerics, in, splits, NULL, &counting.allocator, NULL, &values, &bounds);
            assert_true(status == SINTER_OK ? n > 20 && values && bounds : status == SINTER_NO_MEMORY && !values && !bounds);
            sinter_values_free(values);
            sinter_values_free(bounds);
            assert_int_equal(counting.n_live, 0);
        }
    }
    sinter_values_free(in);
    sinter_values_free(made);
    sinter_numerics_free(numerics);
    problem_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_are_nearly_reached),
        cmocka_unit_test(what_may_overflow_or_vanish_has_no_bound),
        cmocka_unit_test(split_sums_stay_within_the_bounds_of_their_parts),
        cmocka_unit_test(random_problems_stay_within_their_bounds),
        cmocka_unit_test(bounds_survive_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
