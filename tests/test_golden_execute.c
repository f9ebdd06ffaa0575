/* test_golden_execute.c: stored cases under named strategies and random legal schedules: every cut comes out of the tiles.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_CASES: how many random schedules of each case (default 200, under AddressSanitizer 60); SINTER_SEED: the first seed.
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

#include "random_case.h"
#include "sinter/search.h"
#include "stored_case.h"

static const char small[] =
    "accelerator: small\nclock: 1 GHz\nmemories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n"
    "  - {name: buffer, kind: sram, capacity: 192 KiB, bandwidth: unlimited}\n"
    "  - {name: regs, kind: registers, capacity: 64 KiB, bandwidth: unlimited, parent: buffer}\nunits:\n"
    "  - {name: array, at: buffer, pes: [8], cycles: {mac: 1, mul: 1, add: 1, div: 1, max: 1, exp: 1, log: 1, sqrt: 1, "
    "rsqrt: 1, "
    "recip: 1, sigmoid: 1, silu: 1, softplus: 1, tanh: 1, gelu: 1}}\n"
    "  - {name: matrix, at: regs, pes: [8], cycles: {mac: 1, mul: 1, add: 1}}\n";

static const char *const strategies[] = {"unfused", "unfused-strict", "fuse-all", "mem-aware", "fuse-block"};
#ifdef __SANITIZE_ADDRESS__
enum { N_STRATEGIES = 5, N_RANDOM = 60 };
#else
enum { N_STRATEGIES = 5, N_RANDOM = 200 };
#endif

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

/* ---- a case in numbers of one width ------------------------------------------------------------------------------------ */

struct bench {
    struct sinter_case *stored;
    struct sinter_accel *accel;
    struct sinter_diagnostics *diags;
    struct sinter_numerics *numerics;
    struct sinter_values *in, *wide; /* rounded to the formats; as they are stored */
    struct sinter_plan *plan;
    struct sinter_schedule schedule;
    bool *taps;
    double worst; /* of all cuts so far: fp64: the error, relative to the largest magnitude; fp32: of the bound */
    int64_t n_run, n_drawn, n_unbounded, n_split;
};

static void open_bench(struct bench *bench, const char *name, const char *type)
{
    struct sinter_override overrides[] = {
        {"type", type, false}, {"state_type", type, false}, {"H.type", type, false}, {"H0.type", type, false}};
    *bench = (struct bench){.stored = stored_case_load(name, overrides, 4), .diags = sinter_diagnostics_new(NULL)};
    const struct sinter_cascade *cascade = bench->stored->cascade;
    assert_int_equal(sinter_accel_parse("small", small, sizeof small - 1, NULL, 0, NULL, bench->diags, &bench->accel),
                     SINTER_OK);
    assert_int_equal(sinter_numerics_new(cascade, NULL, NULL, &bench->numerics), SINTER_OK);
    assert_int_equal(bench->numerics->arithmetic, strcmp(type, "fp64") == 0 ? 64 : 32);
    bench->in = stored_case_values(bench->stored, bench->numerics);
    bench->wide = stored_case_values(bench->stored, NULL);
    assert_int_equal(sinter_plan_new(cascade, bench->accel, NULL, NULL, &bench->plan), SINTER_OK);
    sinter_schedule_init(&bench->schedule, cascade, bench->accel, NULL);
    bench->taps = malloc((size_t)cascade->n_tensors * sizeof *bench->taps);
    assert_non_null(bench->taps);
    for (int t = 0; t < cascade->n_tensors; t++)
        bench->taps[t] = true;
}

static void close_bench(struct bench *bench)
{
    free(bench->taps);
    sinter_schedule_free(&bench->schedule);
    sinter_plan_free(bench->plan);
    sinter_values_free(bench->in);
    sinter_values_free(bench->wide);
    sinter_numerics_free(bench->numerics);
    sinter_accel_free(bench->accel);
    sinter_case_free(bench->stored);
    sinter_diagnostics_free(bench->diags);
}

static void fail_with(const struct bench *bench, const char *what, const char *why)
{
    struct sinter_text text = {0};
    sinter_schedule_print(&bench->schedule, &text);
    fprintf(stderr, "%s", sinter_text_data(&text));
    sinter_text_free(&text);
    fail_msg("%s: %s: %s", bench->stored->name, what, why);
}

static struct sinter_execution *execute(struct bench *bench, const char *what)
{
    struct sinter_execution *run = NULL;
    struct sinter_execute_options options = {.taps = bench->taps};
    sinter_diagnostics_clear(bench->diags);
    if (sinter_execute(bench->plan, bench->numerics, bench->in, &options, NULL, bench->diags, &run) != SINTER_OK)
        fail_with(bench, what, sinter_diagnostics_text(bench->diags));
    bench->n_run++;
    bench->n_split += run->splits_sums;
    return run;
}

static void build(struct bench *bench, const char *strategy)
{
    sinter_schedule_clear(&bench->schedule);
    sinter_diagnostics_clear(bench->diags);
    if (sinter_strategy_build(strategy, NULL, &bench->schedule, bench->diags) != SINTER_OK ||
        sinter_plan_resolve(bench->plan, &bench->schedule, bench->diags) != SINTER_OK)
        fail_with(bench, strategy, sinter_diagnostics_text(bench->diags));
}

/* The next random schedule that is legal and fits; false: none in a reasonable number. */
static bool draw(struct bench *bench, struct sinter_random *random)
{
    for (int tries = 0; tries < 20000; tries++) {
        sinter_schedule_clear(&bench->schedule);
        random_tree(random, &bench->schedule);
        bench->n_drawn++;
        assert_false(bench->schedule.failed);
        if (sinter_plan_resolve(bench->plan, &bench->schedule, NULL) == SINTER_OK)
            return true;
    }
    return false;
}

/* ---- double ------------------------------------------------------------------------------------------------------------ */

/* Within what the cuts themselves are right to. */
static void check_double(struct bench *bench, const char *what)
{
    struct sinter_execution *run = execute(bench, what);
    for (int c = 0; c < bench->stored->n_cuts; c++) {
        double error = stored_case_error(&bench->stored->cuts[c], run->values);
        if (!(error <= SINTER_CASE_TOLERANCE)) {
            char text[200];
            snprintf(text, sizeof text, "%s is off by %g", bench->stored->cuts[c].name, error);
            fail_with(bench, what, text);
        }
        bench->worst = fmax(bench->worst, error);
    }
    sinter_execution_free(run);
}

static void every_schedule_reproduces_every_cut(void **state)
{
    (void)state;
    uint64_t seed = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", N_RANDOM);
    for (int i = 0; stored_cases[i] != NULL; i++) {
        struct bench bench;
        struct sinter_random random = {seed * 100 + (uint64_t)i};
        open_bench(&bench, stored_cases[i], "fp64");
        for (int s = 0; s < N_STRATEGIES; s++) {
            build(&bench, strategies[s]);
            check_double(&bench, strategies[s]);
        }
        for (uint64_t k = 0; k < n; k++) {
            if (!draw(&bench, &random))
                fail_msg("%s: no legal schedule among %d", bench.stored->name, (int)bench.n_drawn);
            check_double(&bench, "a random schedule");
        }
        print_message("%-16s %lld schedules (of %lld drawn), %lld split sums; off by at most %.1e\n", bench.stored->name,
                      (long long)bench.n_run, (long long)bench.n_drawn, (long long)bench.n_split, bench.worst);
        close_bench(&bench);
    }
}

/* ---- float ------------------------------------------------------------------------------------------------------------- */

/* Within the running error analysis of exec.h for the sums of this schedule, element by element. */
static void check_float(struct bench *bench, const char *what)
{
    struct sinter_execution *run = execute(bench, what);
    struct sinter_values *exact = NULL, *bounds = NULL;
    struct sinter_split *splits = calloc((size_t)bench->stored->cascade->n_einsums, sizeof *splits);
    assert_non_null(splits);
    sinter_plan_splits(bench->plan, bench->numerics, splits);
    assert_int_equal(sinter_reference_bounded(bench->numerics, bench->wide, splits, NULL, NULL, NULL, &exact, &bounds),
                     SINTER_OK);
    for (int c = 0; c < bench->stored->n_cuts; c++) {
        struct sinter_check check;
        char text[200];
        assert_true(sinter_cut_check(&bench->stored->cuts[c], run->values, bounds, &check));
        if (check.n_outside > 0) {
            snprintf(text, sizeof text, "%s: %lld of %lld are outside of their bounds, %g is %g within %g",
                     bench->stored->cuts[c].name, (long long)check.n_outside, (long long)check.n, check.found,
                     check.expected, check.bound);
            fail_with(bench, what, text);
        }
        bench->n_unbounded += check.n_unbounded;
        bench->worst = fmax(bench->worst, check.most_of_bound);
    }
    free(splits);
    sinter_values_free(exact);
    sinter_values_free(bounds);
    sinter_execution_free(run);
}

static void every_schedule_in_float_stays_within_its_bounds(void **state)
{
    (void)state;
    uint64_t seed = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", N_RANDOM) / 20;
    for (int i = 0; stored_cases[i] != NULL; i++) {
        struct bench bench;
        struct sinter_random random = {seed * 100 + (uint64_t)i};
        open_bench(&bench, stored_cases[i], "fp32");
        for (int s = 0; s < N_STRATEGIES; s++) {
            build(&bench, strategies[s]);
            check_float(&bench, strategies[s]);
        }
        for (uint64_t k = 0; k < n && draw(&bench, &random); k++)
            check_float(&bench, "a random schedule");
        print_message("%-16s %lld schedules, at most %.3f of the bound, %lld numbers without one\n", bench.stored->name,
                      (long long)bench.n_run, bench.worst, (long long)bench.n_unbounded);
        assert_true(bench.worst > 0 && bench.n_unbounded == 0);
        close_bench(&bench);
    }
}

/* ---- decode ------------------------------------------------------------------------------------------------------------ */

static struct sinter_execution *run_strategy(const struct sinter_cascade *cascade, const struct sinter_accel *accel,
                                             const struct sinter_values *in, const char *strategy)
{
    struct sinter_schedule schedule;
    struct sinter_plan *plan = NULL;
    struct sinter_numerics *numerics = NULL;
    struct sinter_execution *run = NULL;
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    assert_int_equal(sinter_strategy_build(strategy, NULL, &schedule, NULL), SINTER_OK);
    assert_int_equal(sinter_plan_new(cascade, accel, NULL, NULL, &plan), SINTER_OK);
    assert_int_equal(sinter_plan_resolve(plan, &schedule, NULL), SINTER_OK);
    assert_int_equal(sinter_numerics_new(cascade, NULL, NULL, &numerics), SINTER_OK);
    assert_int_equal(sinter_execute(plan, numerics, in, NULL, NULL, NULL, &run), SINTER_OK);
    assert_false(run->splits_sums);
    sinter_numerics_free(numerics);
    sinter_plan_free(plan);
    sinter_schedule_free(&schedule);
    return run;
}

static void decoding_through_tiles_is_prefill_to_the_last_bit(void **state)
{
    static const char *const types[] = {"fp64", "fp32"};
    (void)state;
    for (int i = 0; i < 2 * N_STRATEGIES; i++) {
        struct bench bench;
        struct sinter_override overrides[] = {{"type", types[i % 2], false}, {"state_type", types[i % 2], false}};
        open_bench(&bench, "m1_tiny", types[i % 2]);
        struct sinter_execution *prefill =
            run_strategy(bench.stored->cascade, bench.accel, bench.in, strategies[(i / 2 + 1) % N_STRATEGIES]);
        struct sinter_model *model = stored_one_token(overrides, 2);
        struct sinter_numerics *numerics = NULL;
        struct sinter_values *in = NULL;
        assert_int_equal(sinter_numerics_new(model->parts[1].cascade, NULL, NULL, &numerics), SINTER_OK);
        assert_int_equal(sinter_values_new(model->parts[1].cascade, numerics, NULL, NULL, &in), SINTER_OK);
        for (int64_t token = 0; token < 8; token++) {
            stored_token_give(bench.stored, token, in);
            struct sinter_execution *decode = run_strategy(model->parts[1].cascade, bench.accel, in, strategies[i / 2]);
            stored_token_expect("O", false, decode->values, prefill->values, token);
            if (token == 7) {
                stored_token_expect("CS", true, decode->values, prefill->values, token);
                stored_token_expect("H0", true, decode->values, prefill->values, token);
            }
            stored_states_hand_on(decode->values, in);
            sinter_execution_free(decode);
        }
        sinter_values_free(in);
        sinter_numerics_free(numerics);
        sinter_model_free(model);
        sinter_execution_free(prefill);
        close_bench(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_schedule_reproduces_every_cut),
        cmocka_unit_test(every_schedule_in_float_stays_within_its_bounds),
        cmocka_unit_test(decoding_through_tiles_is_prefill_to_the_last_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
