/* test_strategy_time.c: what a named strategy takes in simulated time, with less and with more memory.
 * SPDX-License-Identifier: MIT
 *
 * A schedule never gets slower with more memory (test_sim.c), and a strategy's bound never does (test_strategies.c). But
 * strategies choose by the bound, or by simulated time in steps of 1 %, so their simulated time may rise by a per cent or
 * so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sinter/report.h"

static double simulated(const struct sinter_model *model, const char *strategy_name, const char *capacity)
{
    struct sinter_override override = {.field = "buffer.capacity", .value = capacity};
    struct sinter_accel *accel = NULL;
    struct sinter_result *result = NULL;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_strategy strategy = {.label = strategy_name, .name = strategy_name};
    assert_int_equal(sinter_accel_load("marca", &override, 1, NULL, diags, &accel), SINTER_OK);
    enum sinter_status status = sinter_result_evaluate(model, accel, &strategy, NULL, diags, &result);
    assert_true(status == SINTER_OK || status == SINTER_INFEASIBLE);
    double cycles = status == SINTER_OK ? result->one.cycles : 0;
    assert_true(status != SINTER_OK || (result->one.is_simulated && cycles >= result->one.bound_cycles));
    sinter_result_free(result);
    sinter_accel_free(accel);
    sinter_diagnostics_free(diags);
    return cycles;
}

static void more_memory_costs_a_strategy_next_to_nothing(void **state)
{
    (void)state;
    static const char *const strategies[] = {"unfused", "fuse-all", "mem-aware", "fuse-block"};
    static const char *const capacities[] = {"64 KiB", "256 KiB", "1 MiB", "2 MiB", "3 MiB", "6 MiB", "24 MiB"};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_model_options options = {.tokens = 256};
    struct sinter_model *model = NULL;
    assert_int_equal(sinter_model_load("mamba-130m", &options, NULL, diags, &model), SINTER_OK);
    for (size_t s = 0; s < sizeof strategies / sizeof strategies[0]; s++) {
        double before = 0;
        for (size_t c = 0; c < sizeof capacities / sizeof capacities[0]; c++) {
            double cycles = simulated(model, strategies[s], capacities[c]);
            if (before > 0 && (cycles <= 0 || cycles > 1.02 * before))
                fail_msg("%s: %.0f cycles with less than %s, %.0f with it", strategies[s], before, capacities[c], cycles);
            before = cycles;
        }
        assert_true(before > 0);
    }
    sinter_model_free(model);
    sinter_diagnostics_free(diags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_memory_costs_a_strategy_next_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
