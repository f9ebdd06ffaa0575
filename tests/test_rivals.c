/* test_rivals.c: what the search finds for published networks, against named strategies and against itself.
 * SPDX-License-Identifier: MIT
 *
 * bench/grid.c compares many more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sinter/search.h"
#include "sinter/sim.h"
#include "sinter/workload.h"

struct problem {
    struct sinter_diagnostics *diags;
    struct sinter_model *model;
    struct sinter_accel *accel;
    struct sinter_plan *plan;
    struct sinter_schedule schedule;
    struct sinter_search search; /* of the last search */
};

static void open_problem(struct problem *p, const char *name, int64_t tokens, int64_t batch, const char *buffer)
{
    struct sinter_model_options options = {
        .tokens = tokens, .batch = batch, .phase = tokens == 1 ? SINTER_DECODE : SINTER_PREFILL};
    struct sinter_override override = {.field = "buffer.capacity", .value = buffer};
    *p = (struct problem){.diags = sinter_diagnostics_new(NULL)};
    assert_int_equal(sinter_model_load(name, &options, NULL, p->diags, &p->model), SINTER_OK);
    assert_int_equal(sinter_accel_load("marca", &override, 1, NULL, p->diags, &p->accel), SINTER_OK);
    const struct sinter_cascade *cascade = p->model->parts[p->model->block].cascade;
    assert_int_equal(sinter_plan_new(cascade, p->accel, NULL, p->diags, &p->plan), SINTER_OK);
    sinter_schedule_init(&p->schedule, cascade, p->accel, NULL);
}

static void close_problem(struct problem *p)
{
    sinter_schedule_free(&p->schedule);
    sinter_plan_free(p->plan);
    sinter_accel_free(p->accel);
    sinter_model_free(p->model);
    sinter_diagnostics_free(p->diags);
}

/* Simulated; *closed: its closed form. */
static double cycles_of(struct problem *p, double *closed)
{
    struct sinter_einsum_cost einsums[64];
    struct sinter_cost cost = {.einsums = einsums};
    struct sinter_timing *timing = NULL;
    assert_int_equal(sinter_plan_resolve(p->plan, &p->schedule, p->diags), SINTER_OK);
    sinter_cost_evaluate(p->plan, &cost);
    assert_int_equal(sinter_simulate(p->plan, einsums, NULL, NULL, p->diags, &timing), SINTER_OK);
    double cycles = timing->cycles;
    sinter_timing_free(timing);
    *closed = cost.cycles;
    return cycles;
}

/* What is said of the schedule, which tiles that were moved must not change, is what it costs. */
static double search(struct problem *p, const struct sinter_search_options *options)
{
    double closed, sum = 0, bits = 0;
    assert_int_equal(sinter_search_run(options, &p->schedule, p->diags, &p->search), SINTER_OK);
    double cycles = cycles_of(p, &closed);
    assert_true(p->search.simulated_cycles <= cycles * (1 + 1e-9) && p->search.simulated_cycles >= cycles * (1 - 1e-9));
    assert_true(p->search.value <= closed * (1 + 1e-9) && p->search.value >= closed * (1 - 1e-9));
    assert_true(p->search.bound <= closed);
    for (int g = 0; g < p->search.found.n; g++) {
        sum += p->search.found.groups[g].cycles;
        bits += p->search.found.groups[g].bits;
    }
    if (p->search.found.n > 0) {
        assert_true(sum <= closed * (1 + 1e-9) && sum >= closed * (1 - 1e-9));
        assert_true(bits == (double)p->plan->dram_read_bits + (double)p->plan->dram_write_bits);
    }
    return cycles;
}

static void no_named_strategy_is_faster(void **state)
{
    (void)state;
    static const struct {
        int64_t tokens, batch;
        const char *buffer;
    } points[] = {{1, 1, "64MiB"}, {1, 64, "4MiB"}, {64, 1, "64MiB"}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        struct problem p;
        open_problem(&p, "mamba-130m", points[i].tokens, points[i].batch, points[i].buffer);
        double optimal = search(&p, NULL), closed;
        for (int s = 0; sinter_strategy_name(s) != NULL; s++) {
            if (sinter_strategy_build(sinter_strategy_name(s), NULL, &p.schedule, NULL) != SINTER_OK ||
                sinter_plan_resolve(p.plan, &p.schedule, NULL) != SINTER_OK)
                continue;
            double named = cycles_of(&p, &closed);
            if (named < optimal * (1 - 1e-9))
                fail_msg("%lld tokens, batch %lld, %s: %s takes %.0f cycles, the search found %.0f",
                         (long long)points[i].tokens, (long long)points[i].batch, points[i].buffer, sinter_strategy_name(s),
                         named, optimal);
        }
        close_problem(&p);
    }
}

/* What fits 4 MiB fits 64 MiB. With room for large tiles, the best closed form may be one that waits for its first tiles. */
static void more_memory_is_not_slower(void **state)
{
    (void)state;
    static const char *const buffers[] = {"4MiB", "64MiB"};
    double before = 0;
    for (int i = 0; i < 2; i++) {
        struct problem p;
        open_problem(&p, "mamba-130m", 512, 1, buffers[i]);
        double cycles = search(&p, NULL);
        if (before > 0 && cycles > before * (1 + SINTER_GAP))
            fail_msg("%s: %.0f cycles, with less memory %.0f", buffers[i], cycles, before);
        before = cycles;
        close_problem(&p);
    }
}

#ifndef __SANITIZE_ADDRESS__ /* it would take two minutes */
/* 58,480 groups that all cost more than their bounds: the budget must not end before a tree is built. */
static void guesses_that_never_end_leave_time_for_trees(void **state)
{
    (void)state;
    struct problem p;
    open_problem(&p, "falcon-mamba-7b", 64, 64, "64KiB");
    search(&p, &(struct sinter_search_options){.most_priced = 10000});
    assert_string_equal(p.search.rule, "search");
    assert_true(p.search.n_woven > 0);
    close_problem(&p);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_named_strategy_is_faster),
        cmocka_unit_test(more_memory_is_not_slower),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(guesses_that_never_end_leave_time_for_trees),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
