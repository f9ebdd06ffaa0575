/* test_out_of_memory.c: reading, planning, building and executing schedules survive every failed allocation and leak nothing.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "problem.h"
#include "sinter/exec.h"
#include "sinter/search.h"

static void open_problem(struct problem *p, const char *cascade, const char *accel)
{
    if (!problem_open(p, cascade, accel, NULL, NULL, 0))
        fail_msg("%s", sinter_diagnostics_text(p->diags));
}

static void reading_survives_every_failed_allocation(void **state)
{
    (void)state;
    static const char text[] = "group 1\n  hold B in buffer double\n  for d in D by 2\n    carry H in buffer\n"
                               "    DA on array\n    BX on adder\n    chain\n      H on array\n      Y on array\n";
    struct problem p;
    open_problem(&p, problem_scan, problem_one_buffer);
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_schedule schedule;
        sinter_counting_allocator_init(&counting, n);
        sinter_schedule_init(&schedule, p.cascade, p.accel, &counting.allocator);
        enum sinter_status status = sinter_schedule_parse(&schedule, "f", text, sizeof text - 1, p.diags);
        sinter_schedule_free(&schedule);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_true(n > 2);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
    problem_close(&p);
}

/* A tree that is larger than the room that a plan starts with. */
static void build_large(struct sinter_schedule *schedule)
{
    sinter_schedule_group(schedule);
    for (int i = 0; i < 200; i++)
        sinter_schedule_hold(schedule, 0, 0, false);
    for (int e = 0; e < schedule->cascade->n_einsums; e++)
        sinter_schedule_leaf(schedule, e, 0);
    sinter_schedule_close(schedule);
}

static void planning_survives_every_failed_allocation(void **state)
{
    (void)state;
    struct problem p;
    open_problem(&p, problem_scan, problem_one_buffer);
    build_large(&p.schedule);
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_plan *plan = NULL;
        sinter_counting_allocator_init(&counting, n);
        enum sinter_status status = sinter_plan_new(p.cascade, p.accel, &counting.allocator, NULL, &plan);
        assert_int_equal(plan != NULL, status == SINTER_OK);
        if (status == SINTER_OK) {
            status = sinter_plan_resolve(plan, &p.schedule, NULL);
            if (status == SINTER_NO_MEMORY) { /* the plan stays usable */
                counting.fail_after = -1;
                assert_int_equal(sinter_plan_resolve(plan, &p.schedule, NULL), SINTER_OK);
            }
        }
        sinter_plan_free(plan);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_true(n > 8);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
    problem_close(&p);
}

static void strategies_survive_every_failed_allocation(void **state)
{
    (void)state;
    struct problem p;
    const char *strategy;
    open_problem(&p, problem_two_step, problem_one_buffer);
    for (int i = 0; (strategy = sinter_strategy_name(i)) != NULL; i++) {
        /* A search has thousands of requests: the first ones each, then in growing steps. */
        bool is_search = strcmp(strategy, "optimal") == 0;
        struct sinter_strategy_options options = {.search = {.most_priced = 40}};
        for (int64_t n = 0;; n += is_search && n >= 100 ? n / 12 : 1) {
            struct sinter_counting_allocator counting;
            struct sinter_schedule schedule;
            sinter_counting_allocator_init(&counting, n);
            sinter_schedule_init(&schedule, p.cascade, p.accel, &counting.allocator);
            enum sinter_status status = sinter_strategy_build(strategy, &options, &schedule, NULL);
            if (status != SINTER_OK && (status != SINTER_NO_MEMORY || schedule.n_nodes != 0))
                fail_msg("%s: '%s' after request %lld failed", strategy, sinter_status_name(status), (long long)n);
            sinter_schedule_free(&schedule);
            if (counting.n_live != 0)
                fail_msg("%s: %lld blocks live after request %lld failed", strategy, (long long)counting.n_live,
                         (long long)n);
            if (status == SINTER_OK)
                break;
        }
    }
    problem_close(&p);
}

static void searching_for_a_front_survives_failed_allocations(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_search_options options = {.most_priced = 2000};
    enum sinter_status status = SINTER_NO_MEMORY;
    open_problem(&p, problem_two_step, problem_one_buffer);
    for (int64_t n = 0; status != SINTER_OK; n += n < 50 ? 1 : n / 6) {
        struct sinter_counting_allocator counting;
        struct sinter_schedule like;
        struct sinter_front *front = NULL;
        sinter_counting_allocator_init(&counting, n);
        sinter_schedule_init(&like, p.cascade, p.accel, &counting.allocator);
        status = sinter_search_front(&options, &like, NULL, &front);
        if (status != SINTER_OK && (status != SINTER_NO_MEMORY || front != NULL))
            fail_msg("'%s' after request %lld failed", sinter_status_name(status), (long long)n);
        sinter_front_free(front);
        sinter_schedule_free(&like);
        assert_int_equal(counting.n_live, 0);
    }
    problem_close(&p);
}

/* Chains, spilled carries, states, tiles in two memories' worth of formats, taps, and two threads. */
static void executing_survives_every_failed_allocation(void **state)
{
    static const struct {
        const char *type, *schedule;
        int n_threads;
    } rows[] = {
        {"int8",
         "group 1\n  hold B in buffer double\n  for d in D by 2\n    DA on array\n    chain\n      BX on array\n"
         "      H on array\n      Y on array\n",
         2},
        {"fp32",
         "group 1\n  carry H in dram\n  for l in L by 2\n    for d in D by 2\n      DA on array\n      BX on array\n"
         "      H on array\n      Y on array\n",
         1},
        {"fp64",
         "group 1\n  DA on array\ngroup 2\n  for d in D by 1\n    BX on array\n    H on array\ngroup 3\n  Y on array\n", 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct problem p;
        struct sinter_plan *plan = NULL;
        struct sinter_numerics *numerics = NULL;
        struct sinter_values *in = NULL;
        bool taps[16] = {false, false, false, false, false, true, true, true, true, true, true};
        struct sinter_execute_options options = {.taps = taps, .n_threads = rows[i].n_threads};
        const char *set[][2] = {{"type", rows[i].type}};
        if (!problem_open(&p, problem_scan, problem_one_buffer, rows[i].schedule, set, 1))
            fail_msg("%s", sinter_diagnostics_text(p.diags));
        assert_true(p.cascade->n_tensors <= 16);
        assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, NULL, &plan), SINTER_OK);
        assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_OK);
        assert_int_equal(sinter_numerics_new(p.cascade, NULL, NULL, &numerics), SINTER_OK);
        assert_int_equal(sinter_values_new(p.cascade, numerics, NULL, NULL, &in), SINTER_OK);
        sinter_values_fill(in, 1);
        enum sinter_status status = SINTER_NO_MEMORY;
        for (int64_t n = 0; status != SINTER_OK; n++) {
            struct sinter_counting_allocator counting;
            struct sinter_execution *execution = NULL;
            sinter_counting_allocator_init(&counting, n);
            status = sinter_execute(plan, numerics, in, &options, &counting.allocator, NULL, &execution);
            assert_true(status == SINTER_OK ? n > 8 : status == SINTER_NO_MEMORY && execution == NULL);
            sinter_execution_free(execution);
            assert_int_equal(counting.n_live, 0);
        }
        sinter_values_free(in);
        sinter_numerics_free(numerics);
        sinter_plan_free(plan);
        problem_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_survives_every_failed_allocation),
        cmocka_unit_test(planning_survives_every_failed_allocation),
        cmocka_unit_test(strategies_survive_every_failed_allocation),
        cmocka_unit_test(searching_for_a_front_survives_failed_allocations),
        cmocka_unit_test(executing_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
