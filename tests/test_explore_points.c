/* test_explore_points.c: what a sweep says of its points is so: fronts, more and less of everything, schedules, reasons.
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
#include <unistd.h>

#include "explore_case.h"
#include "sinter/cost.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ---- what is said of a point ------------------------------------------------------------------------------------------------- */

static struct sinter_exploration *run_in_memory(struct explore_case *b, const struct sinter_experiment *experiment)
{
    struct sinter_explore_options options = {.n_threads = 2};
    return explore(b, experiment, &options);
}

static bool is_no_worse(const struct sinter_explore_point *x, const struct sinter_explore_point *y)
{
    return x->seconds <= y->seconds && x->joules <= y->joules && x->area_mm2 <= y->area_mm2 &&
           x->memory_bytes <= y->memory_bytes;
}

/* Against all points: none on the front is beaten, none that is not beaten (nor equalled by an earlier one) is missing. */
static void assert_front(struct explore_case *b, struct sinter_exploration *exploration)
{
    int64_t n_points = exploration->experiment->n_points, n_fit = 0, n_on_front = 0;
    struct sinter_explore_front *front = front_of(b, exploration);
    struct sinter_explore_point *points = calloc((size_t)n_points, sizeof *points);
    assert_non_null(points);
    for (int64_t i = 0; i < n_points; i++) {
        point_of(b, exploration, i, &points[i]);
        n_fit += points[i].fits;
    }
    assert_int_equal(front->n_fit, n_fit);
    for (int64_t i = 0; i < n_points; i++) {
        bool is_beaten = !points[i].fits, is_listed = false;
        for (int64_t k = 0; k < n_points && !is_beaten; k++)
            is_beaten = k != i && points[k].fits && is_no_worse(&points[k], &points[i]) &&
                        (!is_no_worse(&points[i], &points[k]) || k < i);
        for (int64_t k = 0; k < front->n; k++)
            is_listed |= front->points[k] == i;
        if (is_listed == is_beaten)
            fail_msg("point %lld is %s", (long long)i, is_beaten ? "on the front, but beaten" : "missing on the front");
        n_on_front += is_listed;
    }
    assert_int_equal(front->n, n_on_front);
    for (int64_t i = 1; i < front->n; i++)
        assert_true(points[front->points[i - 1]].seconds <= points[front->points[i]].seconds);
    assert_int_equal(front->best, front->n > 0 ? front->points[0] : -1);
    free(points);
    sinter_explore_front_free(front);
}

static void the_front_is_that_of_all_points(void **state)
{
    struct explore_case *b = *state;
    static const char *const texts[] = {
        SMALL,
        /* from large to SMALL, and with an area */
        HEAD("mem-aware",
             "1") "axes: {buffer.capacity: [2 KiB, 1 KiB, 96 B, 32 B, 16 B], array.pes: [[8, 4], [4, 4], [1, 1]]}\n",
        HEAD("mem-aware", "1") "set: {area_model: components, technology: 28 nm}\n"
                               "axes: {buffer.capacity: [2 KiB, 1 KiB, 96 B, 32 B, 16 B], clock: [2 GHz, 1 GHz]}\n",
        HEAD("mem-aware", "1") "axes: {buffer.capacity: [1 B, 2 B]}\n", /* nothing fits */
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct sinter_experiment *experiment = parse_experiment(texts[i]);
        struct sinter_exploration *exploration = run_in_memory(b, experiment);
        assert_front(b, exploration);
        sinter_exploration_free(exploration);
        sinter_experiment_free(experiment);
    }
}

/* More of anything is never slower, and what fits goes on fitting. */
static void more_is_never_slower(void **state)
{
    struct explore_case *b = *state;
    static const char *const texts[] = {SMALL, HEAD("mem-aware", "1") AXES, HEAD("unfused", "1") AXES};
    static struct sinter_explore_point point, larger;
    for (size_t t = 0; t < COUNT(texts); t++) {
        struct sinter_experiment *experiment = parse_experiment(texts[t]);
        struct sinter_exploration *exploration = run_in_memory(b, experiment);
        int64_t stride = experiment->n_points;
        for (int axis = 0; axis < experiment->n_axes; axis++) {
            stride /= experiment->axes[axis].n;
            for (int64_t i = 0; i < experiment->n_points; i++) {
                point_of(b, exploration, i, &point);
                if (!point.is_built || point.coordinates[axis] == experiment->axes[axis].n - 1)
                    continue;
                point_of(b, exploration, i + stride, &larger);
                assert_int_equal(larger.coordinates[axis], point.coordinates[axis] + 1);
                for (int w = 0; w < experiment->n_workloads; w++) {
                    const struct sinter_explored *a = &point.workloads[w], *c = &larger.workloads[w];
                    if (a->status == SINTER_OK && (c->status != SINTER_OK || c->cycles > a->cycles))
                        fail_msg("text %zu, workload %d: point %lld takes %g cycles, %lld with more of %s %g (%s)", t, w,
                                 (long long)i, a->cycles, (long long)(i + stride), experiment->axes[axis].field, c->cycles,
                                 sinter_status_name(c->status));
                }
            }
        }
        sinter_exploration_free(exploration);
        sinter_experiment_free(experiment);
    }
}

/* A workload's cascade, as a sweep loads it. */
static struct sinter_model *load_model(struct explore_case *b, const struct sinter_explore_workload *workload)
{
    struct sinter_model_options options = {.tokens = workload->tokens, .batch = workload->batch};
    struct sinter_model *model = NULL;
    if (sinter_model_load(workload->model, &options, NULL, b->diags, &model) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(b->diags));
    return model;
}

static void assert_exact(double found, double expected, const char *what, int64_t index)
{
    if (found < expected || found > expected)
        fail_msg("point %lld: %s is %.17g, its schedule has %.17g", (long long)index, what, found, expected);
}

/* The schedule that is reported resolves on the point's accelerator and has the numbers that are reported. */
static void assert_priced(struct explore_case *b, const struct sinter_cascade *cascade, const struct sinter_accel *accel,
                          const struct sinter_explored *one, int64_t index)
{
    struct sinter_schedule schedule;
    struct sinter_plan *plan = NULL;
    struct sinter_einsum_cost *einsums = calloc((size_t)cascade->n_einsums, sizeof *einsums);
    struct sinter_cost cost = {.einsums = einsums};
    double peak = 0;
    assert_non_null(one->schedule);
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    if (sinter_schedule_parse(&schedule, "schedule", one->schedule, strlen(one->schedule), b->diags) != SINTER_OK ||
        sinter_plan_new(cascade, accel, NULL, b->diags, &plan) != SINTER_OK ||
        sinter_plan_resolve(plan, &schedule, b->diags) != SINTER_OK)
        fail_msg("point %lld: %s", (long long)index, sinter_diagnostics_text(b->diags));
    sinter_cost_evaluate(plan, &cost);
    for (int m = 1; m < accel->n_memories; m++)
        peak += ceil((double)plan->peak_bits[m] / 8);
    assert_exact(one->bound_cycles, cost.cycles, "bound_cycles", index);
    assert_exact(one->joules, cost.joules, "joules", index);
    assert_exact(one->compute_cycles, cost.compute_cycles, "compute_cycles", index);
    assert_exact(one->dram_cycles, cost.dram_cycles, "dram_cycles", index);
    assert_exact(one->dram_bytes, ceil((double)(plan->dram_read_bits + plan->dram_write_bits) / 8), "dram_bytes", index);
    assert_exact(one->peak_bytes, peak, "peak_bytes", index);
    assert_true(one->cycles >= one->bound_cycles * (1 - 1e-9));
    assert_true(one->utilization > 0 && one->utilization <= 1 + 1e-9);
    sinter_plan_free(plan);
    sinter_schedule_free(&schedule);
    free(einsums);
}

static void assert_points(struct explore_case *b, struct sinter_exploration *exploration)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    struct sinter_model *models[2] = {load_model(b, &experiment->workloads[0]), load_model(b, &experiment->workloads[1])};
    static struct sinter_explore_point point;
    int64_t n_infeasible = 0, n_unbuilt = 0;
    for (int64_t i = 0; i < experiment->n_points; i++) {
        struct sinter_accel *accel = NULL;
        point_of(b, exploration, i, &point);
        enum sinter_status status = sinter_exploration_accel(exploration, i, NULL, &accel);
        assert_int_equal(status, point.is_built ? SINTER_OK : SINTER_INFEASIBLE);
        double seconds = 0, joules = 0, weights = 0;
        for (int w = 0; w < 2; w++) {
            const struct sinter_explored *one = &point.workloads[w];
            double weight = experiment->workloads[w].weight;
            assert_int_equal(one->is_known, point.is_built);
            n_unbuilt += !point.is_built;
            n_infeasible += one->status == SINTER_INFEASIBLE;
            if (!one->is_known || one->status != SINTER_OK)
                continue;
            assert_priced(b, models[w]->parts[models[w]->block].cascade, accel, one, i);
            assert_true(one->least <= one->value * (1 + 1e-9));
            weights += weight;
            seconds += weight * log(one->cycles / accel->hz);
            joules += weight * log(one->total_joules);
        }
        assert_int_equal(point.fits,
                         point.is_built && point.workloads[0].status == SINTER_OK && point.workloads[1].status == SINTER_OK);
        if (point.fits) {
            assert_true(fabs(point.seconds / exp(seconds / weights) - 1) < 1e-12);
            assert_true(fabs(point.joules / exp(joules / weights) - 1) < 1e-12);
            assert_true(fabs(point.pes - (double)accel->units[0].n_pes) < 0.5);
            assert_true(fabs(point.memory_bytes - accel->memories[1].capacity_bytes) < 0.5);
        }
        sinter_accel_free(accel);
    }
    assert_int_equal(n_infeasible, exploration->n_infeasible);
    assert_int_equal(n_unbuilt, exploration->n_unbuilt);
    sinter_model_free(models[0]);
    sinter_model_free(models[1]);
}

static void reported_schedules_have_the_reported_numbers(void **state)
{
    static const char *const texts[] = {
        SMALL,
        HEAD("optimal", "10") "objective: energy\naxes: {buffer.capacity: [16 B, 48 B], array.pes: [[1, 1], [4, 4]]}\n",
        HEAD("optimal", "10") "objective: edp\naxes: {buffer.capacity: [16 B, 48 B], array.pes: [[1, 1], [4, 4]]}\n",
        HEAD("optimal", "10") "objective: dram\naxes: {buffer.capacity: [16 B, 48 B], array.pes: [[1, 1], [4, 4]]}\n",
        HEAD("unfused", "1") AXES,
    };
    struct explore_case *b = *state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct sinter_experiment *experiment = parse_experiment(texts[i]);
        struct sinter_exploration *exploration = run_in_memory(b, experiment);
        assert_points(b, exploration);
        sinter_exploration_free(exploration);
        sinter_experiment_free(experiment);
    }
}

/* Without a smaller neighbour a point has what the strategy builds on its accelerator. */
static void a_named_strategy_is_what_it_builds(void **state)
{
    struct explore_case *b = *state;
    struct sinter_experiment *experiment =
        parse_experiment(HEAD("mem-aware", "1") "axes: {buffer.capacity: [8 B, 16 B, 24 B, 128 B]}\n");
    struct sinter_exploration *exploration = run_in_memory(b, experiment);
    struct sinter_model *model = load_model(b, &experiment->workloads[0]);
    const struct sinter_cascade *cascade = model->parts[model->block].cascade;
    struct sinter_strategy_options options = {0};
    static struct sinter_explore_point point;
    assert_int_equal(exploration->n_raised, 0);
    assert_int_equal(exploration->n_proven, 0); /* nothing was searched */
    for (int64_t i = 0; i < experiment->n_points; i++) {
        struct sinter_accel *accel = NULL;
        struct sinter_schedule schedule;
        struct sinter_text text = {0};
        assert_int_equal(sinter_exploration_accel(exploration, i, b->diags, &accel), SINTER_OK);
        point_of(b, exploration, i, &point);
        sinter_schedule_init(&schedule, cascade, accel, NULL);
        enum sinter_status status = sinter_strategy_build("mem-aware", &options, &schedule, NULL);
        assert_int_equal(status, point.workloads[0].status);
        sinter_schedule_print(&schedule, &text);
        if (status == SINTER_OK)
            assert_string_equal(point.workloads[0].schedule, sinter_text_data(&text));
        assert_true(!(point.workloads[0].least > 0));
        sinter_text_free(&text);
        sinter_schedule_free(&schedule);
        sinter_accel_free(accel);
    }
    sinter_model_free(model);
    sinter_exploration_free(exploration);
    sinter_experiment_free(experiment);
}

static void mistakes_are_told(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {HEAD("fastest", "1"), "there is no strategy 'fastest'"},
        {HEAD("optimal", "1") "axes: {clok: [1 GHz]}\n", "axis 'clok': the accelerator has no such field"},
        {HEAD("optimal", "1") "where: [clok < 1 GHz]\n", "a name is neither a field nor a function"},
        {"experiment: e\naccelerator: nowhere\nworkloads: [{model: examples/scan.yaml}]\n",
         "there is no accelerator or file 'nowhere'"},
        {"experiment: e\nworkloads: [{model: nothing}]\n", "nothing"},
        {"experiment: e\nworkloads: [{model: mamba-130m, phase: decode, tokens: 8}]\n",
         "f:2:13: error: a decode step computes one token for each sequence, not 8"},
        {"experiment: e\nworkloads: [{model: examples/tiny.accel.yaml}]\n", "this is"},
    };
    struct explore_case *b = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sinter_experiment *experiment = parse_experiment(rows[i].text);
        struct sinter_exploration *exploration = NULL;
        struct sinter_explore_options options = {.store = b->path};
        enum sinter_status status = sinter_explore_run(experiment, &options, NULL, b->diags, &exploration);
        assert_null(exploration);
        assert_true(status == SINTER_BAD_INPUT || status == SINTER_BAD_USAGE);
        if (strstr(sinter_diagnostics_text(b->diags), rows[i].message) == NULL)
            fail_msg("expected '%s' in: %s", rows[i].message, sinter_diagnostics_text(b->diags));
        assert_int_equal(access(b->path, F_OK), -1); /* before a store is made */
        sinter_diagnostics_clear(b->diags);
        sinter_experiment_free(experiment);
    }
}

/* Points that cannot be built, and such that nothing fits in, say so and have no numbers. */
static void what_is_not_built_or_does_not_fit_has_no_numbers(void **state)
{
    struct explore_case *b = *state;
    struct sinter_experiment *experiment = parse_experiment(
        HEAD("optimal", "5") "axes: {buffer.capacity: [1 B, 48 B], clock: [1 GHz, 3 GHz]}\nwhere: [clock < 2 GHz]\n");
    struct sinter_exploration *exploration = run_in_memory(b, experiment);
    static struct sinter_explore_point point;
    for (int64_t i = 0; i < 4; i++) {
        point_of(b, exploration, i, &point);
        assert_int_equal(point.is_built, i % 2 == 0);
        assert_int_equal(point.is_complete, i % 2 == 0);
        assert_int_equal(point.fits, i == 2);
        assert_true(i == 2 ? point.seconds > 0 && point.joules > 0 : !(point.seconds > 0) && !(point.joules > 0));
        assert_int_equal(point.workloads[0].status, i == 0 ? SINTER_INFEASIBLE : SINTER_OK);
        assert_int_equal(point.workloads[0].schedule != NULL, i == 2);
        assert_int_equal(point.workloads[0].is_known, i % 2 == 0);
    }
    assert_int_equal(exploration->n_unbuilt, 4);
    assert_int_equal(exploration->n_infeasible, 2);
    sinter_exploration_free(exploration);
    sinter_experiment_free(experiment);
}

/* ---- memory ---------------------------------------------------------------------------------------------------------------- */

static void sweeps_survive_failed_allocations(void **state)
{
    static const char *const texts[] = {
        HEAD("mem-aware", "1") "axes: {buffer.capacity: [16 B, 48 B]}\nderive: {dram.bandwidth: clock * 2 B}\n",
        HEAD("optimal", "3") "axes: {buffer.capacity: [16 B, 48 B]}\n",
    };
    struct explore_case *b = *state;
    for (size_t t = 0; t < COUNT(texts); t++) {
        struct sinter_experiment *experiment = parse_experiment(texts[t]);
        enum sinter_status status = SINTER_NO_MEMORY;
        for (int64_t n = 0; status != SINTER_OK; n += n < 60 ? 1 : n / 12) {
            struct sinter_counting_allocator counting;
            struct sinter_explore_options options = {.n_threads = 1};
            struct sinter_exploration *exploration = NULL;
            struct sinter_explore_front *front = NULL;
            sinter_counting_allocator_init(&counting, n);
            status = sinter_explore_run(experiment, &options, &counting.allocator, b->diags, &exploration);
            assert_int_equal(exploration != NULL, status == SINTER_OK);
            if (status == SINTER_OK) {
                status = sinter_exploration_front(exploration, b->diags, &front);
                assert_int_equal(front != NULL, status == SINTER_OK);
            }
            if (status != SINTER_OK && status != SINTER_NO_MEMORY)
                fail_msg("request %lld: %s: %s", (long long)n, sinter_status_name(status),
                         sinter_diagnostics_text(b->diags));
            sinter_explore_front_free(front);
            sinter_exploration_free(exploration);
            if (counting.n_live != 0)
                fail_msg("text %zu, request %lld: %lld blocks are live", t, (long long)n, (long long)counting.n_live);
            sinter_diagnostics_clear(b->diags);
        }
        sinter_experiment_free(experiment);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_front_is_that_of_all_points, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(more_is_never_slower, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(reported_schedules_have_the_reported_numbers, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(a_named_strategy_is_what_it_builds, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_told, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_built_or_does_not_fit_has_no_numbers, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(sweeps_survive_failed_allocations, explore_set_up, explore_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
