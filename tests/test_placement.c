/* test_placement.c: strategies choose among units and memories, and more of either never makes them slower.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sinter/search.h"

#define CASCADE "tests/data/placement/two_step.yaml"
#define ACCEL "tests/data/placement/two_units.accel.yaml"

struct outcome {
    enum sinter_status status;
    double cycles;
    int64_t l2_bits;
    bool chain_on_vec;
    char message[256];
};

static struct outcome evaluate(const char *strategy, bool chain, const char *field, const char *value)
{
    struct sinter_override override = {field, value, false};
    struct sinter_strategy_options options = {.chain = chain};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    struct sinter_accel *accel = NULL;
    struct sinter_plan *plan = NULL;
    struct sinter_schedule schedule;
    struct sinter_cost cost = {0};
    struct outcome outcome = {0};
    assert_int_equal(sinter_cascade_read_file(CASCADE, NULL, 0, NULL, diags, &cascade), SINTER_OK);
    if (sinter_accel_load(ACCEL, &override, field != NULL, NULL, diags, &accel) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    outcome.status = sinter_strategy_build(strategy, &options, &schedule, diags);
    if (outcome.status == SINTER_OK) {
        assert_int_equal(sinter_plan_new(cascade, accel, NULL, diags, &plan), SINTER_OK);
        outcome.status = sinter_plan_resolve(plan, &schedule, diags);
        sinter_cost_evaluate(plan, &cost);
        outcome.cycles = cost.cycles;
        outcome.l2_bits = plan->peak_bits[sinter_accel_memory(accel, "l2")];
        outcome.chain_on_vec = plan->nodes[plan->leaves[0].node].unit == sinter_accel_unit(accel, "vec");
    }
    if (sinter_diagnostics_count(diags) > 0)
        snprintf(outcome.message, sizeof outcome.message, "%s", sinter_diagnostics_at(diags, 0)->message);
    sinter_plan_free(plan);
    sinter_schedule_free(&schedule);
    sinter_accel_free(accel);
    sinter_cascade_free(cascade);
    sinter_diagnostics_free(diags);
    return outcome;
}

/* Once, the unit with the fewest cycles took an Einsum although its port was the slower one. */
static void more_pes_of_one_of_two_units_are_never_slower(void **state)
{
    (void)state;
    static const char *const strategies[] = {"unfused-strict", "UF", "unfused", "fuse-all", "mem-aware", "fuse-block"};
    static const struct {
        const char *field, *values[5];
    } axes[] = {{"mat.pes", {"[1,1]", "[2,2]", "[4,4]", "[8,8]", "[64,64]"}},
                {"vec.pes", {"[1]", "[8]", "[16]", "[64]", "[256]"}}};
    for (size_t s = 0; s < sizeof strategies / sizeof strategies[0]; s++) {
        for (size_t a = 0; a < 2; a++) {
            double before = 0;
            for (int i = 0; i < 5; i++) {
                struct outcome outcome = evaluate(strategies[s], false, axes[a].field, axes[a].values[i]);
                assert_int_equal(outcome.status, SINTER_OK);
                if (i > 0 && outcome.cycles > before)
                    fail_msg("%s: %s=%s takes %g cycles, fewer PEs %g", strategies[s], axes[a].field, axes[a].values[i],
                             outcome.cycles, before);
                before = outcome.cycles;
            }
        }
    }
}

static void a_chain_runs_on_a_unit_that_can_run_all_of_it(void **state)
{
    (void)state;
    struct outcome outcome = evaluate("fuse-all", true, NULL, NULL); /* silu: only on vec */
    assert_int_equal(outcome.status, SINTER_OK);
    assert_true(outcome.chain_on_vec);
    outcome = evaluate("fuse-all", true, "vec.cycles", "{silu: 4, add: 1}"); /* mul: only on mat */
    assert_int_equal(outcome.status, SINTER_BAD_INPUT);
    assert_string_equal(outcome.message, "no unit of 'two-units' can run the whole state update as one chain");
}

/* Tiles that do not fit the unit's own memory may live in the one behind it. */
static void a_middle_memory_is_used_when_the_inner_one_is_too_small(void **state)
{
    (void)state;
    struct outcome small = evaluate("fuse-all", false, "l1.capacity", "8 B");
    assert_int_equal(small.status, SINTER_OK);
    assert_true(small.l2_bits > 0);
    assert_int_equal(evaluate("fuse-all", false, "l2.capacity", "8 B").status, SINTER_INFEASIBLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_pes_of_one_of_two_units_are_never_slower),
        cmocka_unit_test(a_chain_runs_on_a_unit_that_can_run_all_of_it),
        cmocka_unit_test(a_middle_memory_is_used_when_the_inner_one_is_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
