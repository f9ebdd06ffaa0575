/* test_explore_questions.c: what a sweep may be asked beside axes: several strategies, whole models, limits of latency.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explore_case.h"

#define CAPACITIES "axes: {buffer.capacity: [16 B, 24 B, 48 B, 128 B], array.pes: [[1, 1], [2, 2]]}\n"
#define ONE "experiment: e\naccelerator: examples/tiny.accel.yaml\nworkloads: [{model: examples/scan.yaml}]\n"

static struct sinter_exploration *run_text(struct explore_case *b, const char *text, struct sinter_experiment **experiment)
{
    struct sinter_explore_options options = {.n_threads = 2};
    *experiment = parse_experiment(text);
    return explore(b, *experiment, &options);
}

static void assert_near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-12 * fabs(expected)))
        fail_msg("%.17g, expected %.17g", found, expected);
}

/* ---- strategies ---------------------------------------------------------------------------------------------------------- */

static void several_strategies_give_what_each_gives_alone(void **state)
{
    enum { N_ACCELS = 8 };
    static const char *const names[] = {"mem-aware", "optimal", "unfused"};
    static struct sinter_explore_point point, alone;
    struct explore_case *b = *state;
    struct sinter_experiment *all_of_them;
    struct sinter_exploration *all =
        run_text(b, ONE "gap: 0.02\neffort: 20\nstrategies: [mem-aware, optimal, unfused]\n" CAPACITIES, &all_of_them);
    assert_int_equal(all_of_them->n_points, 3 * N_ACCELS);
    assert_string_equal(all_of_them->axes[0].field, SINTER_STRATEGY_AXIS);
    int64_t n_searched = 0;
    for (int s = 0; s < 3; s++) {
        struct sinter_text text = {0};
        struct sinter_experiment *one;
        sinter_text_printf(&text, "%sgap: 0.02\neffort: 20\nstrategy: %s\n%s", ONE, names[s], CAPACITIES);
        struct sinter_exploration *single = run_text(b, sinter_text_data(&text), &one);
        for (int64_t i = 0; i < N_ACCELS; i++) {
            point_of(b, all, s * N_ACCELS + i, &point);
            point_of(b, single, i, &alone);
            assert_int_equal(point.coordinates[0], s);
            assert_string_equal(sinter_exploration_strategy(all, s * N_ACCELS + i), names[s]);
            assert_int_equal(point.fits, alone.fits);
            if (point.fits) {
                assert_near(point.workloads[0].cycles, alone.workloads[0].cycles);
                assert_string_equal(point.workloads[0].schedule, alone.workloads[0].schedule);
            }
        }
        n_searched += single->n_searched;
        sinter_text_free(&text);
        sinter_exploration_free(single);
        sinter_experiment_free(one);
    }
    assert_int_equal(all->n_searched, n_searched);
    sinter_exploration_free(all);
    sinter_experiment_free(all_of_them);
}

static void the_front_is_over_all_strategies(void **state)
{
    static struct sinter_explore_point point;
    struct explore_case *b = *state;
    struct sinter_experiment *experiment;
    struct sinter_exploration *exploration =
        run_text(b, ONE "gap: 0.02\neffort: 200\nstrategies: [unfused, optimal]\n" CAPACITIES, &experiment);
    struct sinter_explore_front *front = front_of(b, exploration);
    assert_true(front->n > 0);
    assert_string_equal(sinter_exploration_strategy(exploration, front->best), "optimal");
    for (int64_t i = 0; i < experiment->n_points; i++) { /* nothing of either is faster than the best */
        point_of(b, exploration, i, &point);
        double seconds = point.seconds;
        point_of(b, exploration, front->best, &point);
        assert_true(!(seconds > 0) || seconds >= point.seconds);
    }
    sinter_explore_front_free(front);
    sinter_exploration_free(exploration);
    sinter_experiment_free(experiment);
}

/* ---- whole models -------------------------------------------------------------------------------------------------------- */

static void a_whole_model_is_the_sum_of_its_parts(void **state)
{
    static const char text[] = "experiment: e\naccelerator: marca\nworkloads: [{model: mamba-130m, tokens: 4, batch: 2}]\n"
                               "strategy: fuse-all\nlayers: all\n";
    static struct sinter_explore_point point;
    struct explore_case *b = *state;
    struct sinter_experiment *experiment;
    struct sinter_exploration *exploration = run_text(b, text, &experiment);
    struct sinter_model_options options = {.tokens = 4, .batch = 2};
    struct sinter_model *model = NULL;
    struct sinter_accel *accel = NULL;
    double cycles = 0, bytes = 0, peak = 0;
    point_of(b, exploration, 0, &point);
    assert_true(point.fits);
    assert_int_equal(sinter_model_load("mamba-130m", &options, NULL, b->diags, &model), SINTER_OK);
    assert_int_equal(exploration->n_parts, model->n_parts);
    assert_int_equal(sinter_exploration_accel(exploration, 0, b->diags, &accel), SINTER_OK);
    for (int p = 0; p < model->n_parts; p++) { /* each part as a sweep of a cascade alone would have it */
        struct sinter_schedule schedule;
        struct sinter_plan *plan = NULL;
        struct sinter_cost cost = {.einsums = calloc((size_t)model->parts[p].cascade->n_einsums, sizeof *cost.einsums)};
        sinter_schedule_init(&schedule, model->parts[p].cascade, accel, NULL);
        assert_int_equal(sinter_strategy_build("fuse-all", NULL, &schedule, NULL), SINTER_OK);
        assert_int_equal(sinter_plan_new(model->parts[p].cascade, accel, NULL, NULL, &plan), SINTER_OK);
        assert_int_equal(sinter_plan_resolve(plan, &schedule, NULL), SINTER_OK);
        sinter_cost_evaluate(plan, &cost);
        double here = 0;
        for (int m = 1; m < accel->n_memories; m++)
            here += ceil((double)plan->peak_bits[m] / 8);
        peak = fmax(peak, here);
        cycles += (double)model->parts[p].count * cost.cycles;
        bytes += (double)model->parts[p].count * ceil((double)(plan->dram_read_bits + plan->dram_write_bits) / 8);
        sinter_plan_free(plan);
        sinter_schedule_free(&schedule);
        free(cost.einsums);
    }
    assert_near(point.workloads[0].bound_cycles, cycles);
    assert_near(point.workloads[0].dram_bytes, bytes);
    assert_near(point.workloads[0].peak_bytes, peak);
    assert_near(point.workloads[0].seconds, point.workloads[0].cycles / accel->hz);
    assert_near(point.workloads[0].tokens_per_second, 8 / point.workloads[0].seconds);
    sinter_accel_free(accel);
    sinter_model_free(model);
    sinter_exploration_free(exploration);
    sinter_experiment_free(experiment);
}

/* ---- limits --------------------------------------------------------------------------------------------------------------- */

static void the_smallest_accelerator_in_time_is_the_best(void **state)
{
    static const char head[] =
        "experiment: e\naccelerator: examples/tiny.accel.yaml\nset: {area_model: components, technology: "
        "28 nm}\nstrategy: mem-aware\n";
    static struct sinter_explore_point points[8];
    struct explore_case *b = *state;
    struct sinter_text text = {0};
    struct sinter_experiment *experiment;
    sinter_text_printf(&text, "%sworkloads: [{model: examples/scan.yaml}]\n%s", head, CAPACITIES);
    struct sinter_exploration *free_one = run_text(b, sinter_text_data(&text), &experiment);
    double slowest = 0, fastest = (double)INFINITY;
    for (int64_t i = 0; i < 8; i++) {
        point_of(b, free_one, i, &points[i]);
        assert_int_equal(points[i].is_in_time, points[i].fits);
        slowest = points[i].fits ? fmax(slowest, points[i].seconds) : slowest;
        fastest = points[i].fits ? fmin(fastest, points[i].seconds) : fastest;
    }
    sinter_exploration_free(free_one);
    sinter_experiment_free(experiment);
    for (int k = 0; k <= 8; k++) {
        double limit = fastest * 0.99 + k * (slowest - fastest * 0.99) / 8;
        text.length = 0;
        sinter_text_printf(&text, "%sworkloads: [{model: examples/scan.yaml, limit: %.17g s}]\n%s", head, limit, CAPACITIES);
        struct sinter_exploration *limited = run_text(b, sinter_text_data(&text), &experiment);
        struct sinter_explore_front *front = front_of(b, limited);
        int64_t best = -1, n = 0;
        for (int64_t i = 0; i < 8; i++) {
            bool is_in_time = points[i].fits && points[i].seconds <= limit * (1 + 1e-9);
            n += is_in_time;
            if (is_in_time && (best < 0 || points[i].area_mm2 < points[best].area_mm2))
                best = i;
        }
        assert_int_equal(front->n_in_time, n);
        assert_int_equal(front->best, best);
        assert_int_equal(front->n > 0, n > 0);
        sinter_explore_front_free(front);
        sinter_exploration_free(limited);
        sinter_experiment_free(experiment);
    }
    sinter_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(several_strategies_give_what_each_gives_alone, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(the_front_is_over_all_strategies, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(a_whole_model_is_the_sum_of_its_parts, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(the_smallest_accelerator_in_time_is_the_best, explore_set_up, explore_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
