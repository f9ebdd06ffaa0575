/* test_execute.c: random legal schedules compute, to the last bit, what an evaluation without any schedule computes, and move and
 * hold what the plan says.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_CASES: how many seeds (default 800); SINTER_SEED: the first one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "execute_check.h"
#include "random_case.h"
#include "random_numbers.h"

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

/* What is drawn beside the case itself. */
struct draw {
    bool is_varied, is_long, has_specials;
    int arithmetic, n_threads;
};

static struct draw draw_of(uint64_t seed)
{
    return (struct draw){.is_varied = seed % 4 >= 2,
                         .is_long = seed % 16 == 5 || seed % 16 == 14,
                         .has_specials = seed % 6 == 3,
                         .arithmetic = seed % 2 == 0 ? 64 : 32,
                         .n_threads = (int)(seed / 4 % 4)};
}

struct tally {
    int64_t n_run, n_failed, n_gaps, n_split, n_tight;
};

/* With all taps and every free bit poisoned, then with neither: the same. */
static const char *run_twice(struct execute_check *check, const struct draw *draw, struct sinter_diagnostics *diags,
                             struct tally *tally, char *text, size_t size)
{
    struct sinter_execution *tapped = NULL, *bare = NULL;
    struct sinter_execute_options options = {.taps = check->taps},
                                  lenient = {.is_lenient = true, .n_threads = draw->n_threads};
    enum sinter_status status = sinter_execute(check->plan, check->numerics, check->in, &options, NULL, diags, &tapped);
    const char *problem = NULL;
    if (status == SINTER_INFEASIBLE) {
        tally->n_gaps++;
        return NULL;
    }
    if (status == SINTER_OK)
        status = sinter_execute(check->plan, check->numerics, check->in, &lenient, NULL, diags, &bare);
    if (status != SINTER_OK) {
        snprintf(text, size, "%s: %s", sinter_status_name(status), sinter_diagnostics_text(diags));
        problem = text;
    }
    problem = problem != NULL ? problem : execute_check_values(check, tapped, text, size);
    problem = problem != NULL ? problem : execute_check_counts(check, tapped, text, size);
    problem = problem != NULL ? problem : execute_check_same(check, tapped, bare, text, size);
    if (problem == NULL) {
        bool is_tight = true;
        for (int m = 1; m < check->plan->accel->n_memories; m++)
            is_tight &= tapped->extent_bits[m] == check->plan->peak_bits[m];
        tally->n_split += tapped->splits_sums;
        tally->n_tight += is_tight;
    }
    sinter_execution_free(tapped);
    sinter_execution_free(bare);
    return problem;
}

static const char *run(const struct random_case *c, const struct sinter_plan *plan, const struct draw *draw,
                       struct tally *tally, char *text, size_t size)
{
    struct sinter_numerics *numerics = NULL;
    struct sinter_random random = {c->seed};
    struct execute_check check;
    assert_int_equal(sinter_numerics_new(c->cascade, NULL, c->diags, &numerics), SINTER_OK);
    if (numerics->arithmetic == 32)
        numerics->arithmetic = draw->arithmetic;
    if (draw->is_varied)
        random_formats(&random, numerics);
    execute_check_open(&check, plan, numerics, c->seed, draw->has_specials);
    sinter_diagnostics_clear(c->diags);
    const char *problem = run_twice(&check, draw, c->diags, tally, text, size);
    execute_check_close(&check);
    sinter_numerics_free(numerics);
    return problem;
}

static void run_seed(uint64_t seed, struct tally *tally)
{
    struct draw draw = draw_of(seed);
    struct random_case c;
    struct sinter_plan *plan = NULL;
    char text[400];
    const char *problem = NULL;
    bool is_open = draw.is_varied ? random_case_open_varied(&c, seed, draw.is_long)
                   : draw.is_long ? random_case_open_long(&c, seed)
                                  : random_case_open(&c, seed);
    if (!is_open) {
        problem = sinter_diagnostics_text(c.diags);
    } else {
        assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, c.diags, &plan), SINTER_OK);
        if (sinter_plan_resolve(plan, &c.schedule, c.diags) == SINTER_OK) {
            tally->n_run++;
            problem = run(&c, plan, &draw, tally, text, sizeof text);
        }
    }
    if (problem != NULL) {
        struct sinter_text printed = {0};
        random_case_print(&c, &printed);
        fprintf(stderr, "%s^ seed %llu: %s\n\n", tally->n_failed == 0 ? sinter_text_data(&printed) : "",
                (unsigned long long)seed, problem); /* cmocka cuts long texts */
        sinter_text_free(&printed);
        tally->n_failed++;
    }
    sinter_plan_free(plan);
    random_case_close(&c);
}

/* Seeds that found a defect once. */
static const uint64_t past_defects[] = {339, 639, 1047, 1275, 1479, 4527, 6895};

static void past_defects_stay_mended(void **state)
{
    (void)state;
    struct tally tally = {0};
    for (size_t i = 0; i < sizeof past_defects / sizeof past_defects[0]; i++)
        run_seed(past_defects[i], &tally);
    assert_int_equal(tally.n_failed, 0);
}

static void random_schedules_compute_what_no_schedule_computes(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 800);
    struct tally tally = {0};
    for (uint64_t seed = first; seed < first + n && tally.n_failed < 5; seed++)
        run_seed(seed, &tally);
    print_message("%lld schedules: %lld split sums, %lld at their peak's addresses, %lld do not fit for gaps\n",
                  (long long)tally.n_run, (long long)tally.n_split, (long long)tally.n_tight, (long long)tally.n_gaps);
    assert_int_equal(tally.n_failed, 0);
    if (n >= 1000) { /* the generator must draw both kinds */
        assert_true((uint64_t)tally.n_run > n / 4);
        assert_true(tally.n_split > tally.n_run / 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(past_defects_stay_mended),
        cmocka_unit_test(random_schedules_compute_what_no_schedule_computes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
