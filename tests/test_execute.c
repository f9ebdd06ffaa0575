/* test_execute.c: random legal schedules compute, to the last bit, what an evaluation without any schedule computes, and move and
 * hold what the plan says.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_CASES: how many seeds (default 1500); SINTER_SEED: the first one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_case.h"
#include "sinter/exec.h"

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static bool is_equal_enough(const struct sinter_difference *difference, const struct sinter_format *format, bool splits_sums)
{
    if (!splits_sums)
        return difference->n_different == 0;
    double epsilon = sinter_format_epsilon(format);
    return difference->n_not_finite == 0 &&
           (difference->most_relative <= 64 * epsilon || difference->most_absolute <= 64 * epsilon);
}

/* NULL, or what is wrong. */
static const char *check(const struct random_case *c, const struct sinter_plan *plan, int arithmetic, char *text,
                         size_t size)
{
    const struct sinter_cascade *cascade = c->cascade;
    struct sinter_numerics *numerics = NULL;
    struct sinter_values *in = NULL, *expected = NULL;
    struct sinter_execution *run = NULL;
    const char *problem = NULL;
    bool taps[64];
    for (int t = 0; t < 64; t++)
        taps[t] = true;
    sinter_diagnostics_clear(c->diags);
    assert_true(cascade->n_tensors <= 64);
    assert_int_equal(sinter_numerics_new(cascade, NULL, c->diags, &numerics), SINTER_OK);
    if (numerics->arithmetic == 32)
        numerics->arithmetic = arithmetic;
    assert_int_equal(sinter_values_new(cascade, numerics, NULL, c->diags, &in), SINTER_OK);
    sinter_values_fill(in, c->seed);
    assert_int_equal(sinter_reference(numerics, in, NULL, NULL, c->diags, &expected), SINTER_OK);
    struct sinter_execute_options options = {.taps = c->seed % 3 == 0 ? NULL : taps, .is_lenient = c->seed % 5 == 0};
    if (sinter_execute(plan, numerics, in, &options, NULL, c->diags, &run) == SINTER_INFEASIBLE) {
        problem = ""; /* gaps between tiles */
    } else if (run == NULL) {
        snprintf(text, size, "%s", sinter_diagnostics_text(c->diags));
        problem = text;
    }
    for (int t = 0; problem == NULL && t < cascade->n_tensors; t++) {
        for (int is_final = 0; is_final < 2 && problem == NULL; is_final++) {
            struct sinter_difference difference;
            unsigned char *image = is_final ? expected->finals[t] : expected->images[t];
            unsigned char *made = is_final ? run->values->finals[t] : run->values->images[t];
            if (image == NULL || (!is_final && cascade->tensors[t].producer < 0))
                continue;
            if (made == NULL) {
                snprintf(text, size, "%s is missing", cascade->tensors[t].name);
                problem = text;
                break;
            }
            sinter_values_compare(run->values, expected, t, is_final, &difference);
            if (is_equal_enough(&difference, &numerics->formats[t], run->splits_sums))
                continue;
            snprintf(text, size, "%s%s: %lld of %lld differ, element %lld is %g, expected %g", cascade->tensors[t].name,
                     is_final ? " at the end" : "", (long long)difference.n_different, (long long)difference.n,
                     (long long)difference.worst, difference.a, difference.b);
            problem = text;
        }
        const struct sinter_tensor_traffic *moved = run == NULL ? NULL : &run->traffic[t];
        if (problem == NULL &&
            (moved->read_bits != plan->traffic[t].read_bits || moved->write_bits != plan->traffic[t].write_bits)) {
            snprintf(text, size, "%s moves %lld and %lld bits, the plan says %lld and %lld", cascade->tensors[t].name,
                     (long long)moved->read_bits, (long long)moved->write_bits, (long long)plan->traffic[t].read_bits,
                     (long long)plan->traffic[t].write_bits);
            problem = text;
        }
    }
    for (int m = 1; problem == NULL && m < plan->accel->n_memories; m++) {
        if (run->peak_bits[m] != plan->peak_bits[m]) {
            snprintf(text, size, "%lld bits live in memory %d, the plan says %lld", (long long)run->peak_bits[m], m,
                     (long long)plan->peak_bits[m]);
            problem = text;
        }
    }
    sinter_execution_free(run);
    sinter_values_free(expected);
    sinter_values_free(in);
    sinter_numerics_free(numerics);
    return problem;
}

static void random_schedules_compute_what_no_schedule_computes(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 1500);
    int64_t n_run = 0, n_failed = 0, n_gaps = 0;
    for (uint64_t seed = first; seed < first + n && n_failed < 5; seed++) {
        struct random_case c;
        struct sinter_plan *plan = NULL;
        char text[400];
        assert_true(random_case_open(&c, seed));
        assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, c.diags, &plan), SINTER_OK);
        if (sinter_plan_resolve(plan, &c.schedule, c.diags) == SINTER_OK) {
            const char *problem = check(&c, plan, seed % 2 == 0 ? 64 : 32, text, sizeof text);
            n_run++;
            n_gaps += problem != NULL && problem[0] == '\0';
            if (problem != NULL && problem[0] != '\0') {
                struct sinter_text printed = {0};
                random_case_print(&c, &printed);
                print_error("seed %llu: %s\n", (unsigned long long)seed, problem);
                if (n_failed == 0)
                    fputs(sinter_text_data(&printed), stderr);
                sinter_text_free(&printed);
                n_failed++;
            }
        }
        sinter_plan_free(plan);
        random_case_close(&c);
    }
    print_message("%lld schedules, %lld with gaps\n", (long long)n_run, (long long)n_gaps);
    assert_int_equal(n_failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_schedules_compute_what_no_schedule_computes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
