/* test_explore_ties.c: where latencies are equal, energy decides, then traffic and peak; and latency goes first all the same.
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

#include "explore/batch.h"
#include "explore_case.h"
#include "sinter/sim.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ---- two results ----------------------------------------------------------------------------------------------------------- */

struct numbers {
    double cycles, value, joules, bytes, peak;
};

static bool is_better(enum sinter_objective objective, double slack, const struct numbers *a, const struct numbers *b)
{
    double x[STORE_N_VALUES] = {[VALUE_CYCLES] = a->cycles,
                                [VALUE_VALUE] = a->value,
                                [VALUE_TOTAL_JOULES] = a->joules,
                                [VALUE_DRAM_BYTES] = a->bytes,
                                [VALUE_PEAK_BYTES] = a->peak};
    double y[STORE_N_VALUES] = {[VALUE_CYCLES] = b->cycles,
                                [VALUE_VALUE] = b->value,
                                [VALUE_TOTAL_JOULES] = b->joules,
                                [VALUE_DRAM_BYTES] = b->bytes,
                                [VALUE_PEAK_BYTES] = b->peak};
    return is_better_result(objective, slack, x, y);
}

/* In each row the first is better, and so the second is not. */
static void energy_traffic_and_peak_decide_in_this_order(void **state)
{
    static const struct {
        enum sinter_objective objective;
        double slack;
        struct numbers better, worse;
    } rows[] = {
        {SINTER_LEAST_LATENCY, 0, {99, 9, 9, 9, 9}, {100, 1, 1, 1, 1}},
        {SINTER_LEAST_LATENCY, 0, {100, 9, 1, 9, 9}, {100, 1, 2, 1, 1}},
        {SINTER_LEAST_LATENCY, 0, {100, 9, 1, 1, 9}, {100, 1, 1, 2, 1}},
        {SINTER_LEAST_LATENCY, 0, {100, 9, 1, 1, 1}, {100, 1, 1, 1, 2}},
        {SINTER_LEAST_LATENCY, 0, {100.00000001, 9, 1, 9, 9}, {100, 1, 2, 1, 1}}, /* but for rounding */
        {SINTER_LEAST_LATENCY, 0, {100, 9, 2, 9, 9}, {100.001, 1, 1, 1, 1}},
        {SINTER_LEAST_LATENCY, 5e-4, {100.04, 9, 1, 9, 9}, {100, 1, 2, 1, 1}},
        {SINTER_LEAST_LATENCY, 5e-4, {100, 9, 2, 9, 9}, {100.06, 1, 1, 1, 1}},
        {SINTER_LEAST_LATENCY, 5e-4, {100, 9, 1, 1, 1}, {100.04, 1, 1, 1, 1}}, /* all else being equal, the faster one */
        {SINTER_LEAST_ENERGY, 0, {100, 1, 9, 9, 9}, {1, 2, 1, 1, 1}},
        {SINTER_LEAST_ENERGY, 0, {99, 1, 9, 9, 9}, {100, 1, 1, 1, 1}},
        {SINTER_LEAST_DRAM, 0, {100, 1, 1, 9, 9}, {100, 1, 2, 1, 1}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!is_better(rows[i].objective, rows[i].slack, &rows[i].better, &rows[i].worse) ||
            is_better(rows[i].objective, rows[i].slack, &rows[i].worse, &rows[i].better))
            fail_msg("row %zu is the other way round", i);
    struct numbers same = {100, 1, (double)NAN, 1, 1}; /* energy beyond what is counted is no reason */
    assert_false(is_better(SINTER_LEAST_LATENCY, 5e-4, &same, &same));
}

/* ---- all points of a sweep ------------------------------------------------------------------------------------------------ */

struct price {
    double cycles, joules;
};

/* A schedule on an accelerator; false: it is none there. */
static bool price(const struct sinter_cascade *cascade, const struct sinter_accel *accel, const char *text,
                  struct price *price)
{
    static const struct sinter_sim_options options = {.most_stepped = 10000000};
    struct sinter_schedule schedule;
    struct sinter_plan *plan = NULL;
    struct sinter_timing *timing = NULL;
    struct sinter_cost cost = {.einsums = calloc((size_t)cascade->n_einsums, sizeof *cost.einsums)};
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    bool is_one = sinter_schedule_parse(&schedule, "schedule", text, strlen(text), NULL) == SINTER_OK &&
                  sinter_plan_new(cascade, accel, NULL, NULL, &plan) == SINTER_OK &&
                  sinter_plan_resolve(plan, &schedule, NULL) == SINTER_OK;
    if (is_one) {
        sinter_plan_count_ports(plan);
        sinter_cost_evaluate(plan, &cost);
        assert_int_equal(sinter_simulate(plan, cost.einsums, &options, NULL, NULL, &timing), SINTER_OK);
        *price = (struct price){timing->cycles,
                                cost.joules + cost.sram_joules + accel->static_watts * timing->cycles / accel->hz};
    }
    sinter_timing_free(timing);
    sinter_plan_free(plan);
    sinter_schedule_free(&schedule);
    free(cost.einsums);
    return is_one;
}

/* The schedule of a neighbour with less, about as fast with less energy there, is not as fast with less energy here. */
static void assert_neighbour_is_no_better(struct explore_case *b, struct sinter_exploration *exploration,
                                          const struct sinter_cascade *cascade, int64_t larger, int64_t smaller)
{
    static struct sinter_explore_point here, there;
    struct sinter_accel *accel = NULL;
    struct price found, at_home;
    point_of(b, exploration, smaller, &there);
    if (!there.is_built || there.workloads[0].status != SINTER_OK)
        return;
    char *schedule = strdup(there.workloads[0].schedule);
    assert_non_null(schedule);
    at_home = (struct price){there.workloads[0].cycles, there.workloads[0].total_joules};
    point_of(b, exploration, larger, &here);
    assert_int_equal(sinter_exploration_accel(exploration, larger, NULL, &accel), SINTER_OK);
    const struct sinter_explored *own = &here.workloads[0];
    bool is_like =
        at_home.cycles <= own->cycles * (1 + exploration->experiment->gap) && at_home.joules < 0.98 * own->total_joules;
    if (is_like && price(cascade, accel, schedule, &found) && found.cycles <= own->cycles &&
        found.joules < 0.999 * own->total_joules)
        fail_msg("point %lld takes %.17g cycles and %g J; the schedule of %lld takes %.17g and %g J there",
                 (long long)larger, own->cycles, own->total_joules, (long long)smaller, found.cycles, found.joules);
    sinter_accel_free(accel);
    free(schedule);
}

static void no_smaller_neighbour_has_a_schedule_that_is_as_fast_and_takes_less_energy(void **state)
{
    static const char *const texts[] = {
        HEAD("optimal", "20") AXES,
        HEAD("unfused", "1") AXES,
        HEAD("optimal", "20") "set: {dram.bandwidth: 1 GB/s, buffer.energy: 2 pJ/bit}\n"
                              "axes: {buffer.capacity: [24 B, 32 B, 48 B, 64 B, 128 B, 256 B, 512 B]}\n",
    };
    struct explore_case *b = *state;
    for (size_t t = 0; t < COUNT(texts); t++) {
        struct sinter_experiment *experiment = parse_experiment(texts[t]);
        struct sinter_explore_options options = {.n_threads = 2};
        struct sinter_exploration *exploration = explore(b, experiment, &options);
        struct sinter_model *model = NULL;
        assert_int_equal(sinter_model_load(experiment->workloads[0].model, NULL, NULL, b->diags, &model), SINTER_OK);
        int64_t stride = experiment->n_points;
        for (int axis = 0; axis < experiment->n_axes; axis++) {
            stride /= experiment->axes[axis].n;
            for (int64_t i = 0; i < experiment->n_points; i++)
                if (i / stride % experiment->axes[axis].n > 0)
                    assert_neighbour_is_no_better(b, exploration, model->parts[model->block].cascade, i, i - stride);
        }
        sinter_model_free(model);
        sinter_exploration_free(exploration);
        sinter_experiment_free(experiment);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy_traffic_and_peak_decide_in_this_order),
        cmocka_unit_test_setup_teardown(no_smaller_neighbour_has_a_schedule_that_is_as_fast_and_takes_less_energy,
                                        explore_set_up, explore_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
