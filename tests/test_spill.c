/* test_spill.c: fuse-all-spill: the fused state update in less memory than it needs, and what that costs.
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
#include "sinter/workload.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

struct outcome {
    enum sinter_status status;
    double cycles;
    int64_t read_bytes, write_bytes, peak_bytes, capacity_bytes;
    char message[300];
};

/* The block of a model for a number of tokens. */
static struct outcome build(const char *model, const char *variant, int64_t tokens, const char *strategy,
                            const char *capacity)
{
    struct sinter_override override = {"buffer.capacity", capacity, false};
    struct sinter_model_options options = {.tokens = tokens, .variant = variant};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_model *loaded = NULL;
    struct sinter_accel *accel = NULL;
    struct sinter_plan *plan = NULL;
    struct sinter_schedule schedule;
    struct sinter_cost cost = {0};
    struct outcome out = {0};
    if (sinter_model_load(model, &options, NULL, diags, &loaded) != SINTER_OK ||
        sinter_accel_load("marca", &override, 1, NULL, diags, &accel) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    const struct sinter_cascade *cascade = loaded->parts[loaded->block].cascade;
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    assert_int_equal(sinter_plan_new(cascade, accel, NULL, diags, &plan), SINTER_OK);
    out.status = sinter_strategy_build(strategy, NULL, &schedule, diags);
    if (out.status == SINTER_OK)
        out.status = sinter_plan_resolve(plan, &schedule, diags);
    if (out.status == SINTER_OK) {
        sinter_cost_evaluate(plan, &cost);
        out.cycles = cost.cycles;
        out.read_bytes = sinter_bits_to_bytes(plan->dram_read_bits);
        out.write_bytes = sinter_bits_to_bytes(plan->dram_write_bits);
        out.peak_bytes = sinter_bits_to_bytes(plan->peak_bits[1]);
    }
    out.capacity_bytes = (int64_t)accel->memories[1].capacity_bytes;
    snprintf(out.message, sizeof out.message, "%s", sinter_diagnostics_text(diags));
    sinter_plan_free(plan);
    sinter_schedule_free(&schedule);
    sinter_accel_free(accel);
    sinter_model_free(loaded);
    sinter_diagnostics_free(diags);
    return out;
}

static struct outcome pact25(const char *strategy, const char *capacity)
{
    return build("mamba-2.8b", "pact25", 64, strategy, capacity);
}

/* One layer, N = 64, fp32: a tensor over D and N takes 1.25 MiB. `reads` and `writes`: how many such tensors pass the DRAM
 * port beyond those of fuse-all, in all 64 tokens. */
enum { TOKENS = 64, DN_BYTES = 5120 * 64 * 4 };

static const struct {
    const char *capacity;
    int64_t cycles, reads, writes;
} rows[] = {
    {"24 MiB", 846101, 0, 0},
    /* A is read in each token instead of once */
    {"6 MiB", 1168661, TOKENS - 1, 0},
    /* and the state: written in each token, read in each but the first, which reads the initial state anyway */
    {"4 MiB", 1818901, 2 * (TOKENS - 1), TOKENS},
    /* and DA and BX; the state is read by the read-out, too */
    {"2 MiB", 3457301, 5 * TOKENS - 2, 3 * TOKENS},
    /* A, the state twice, DTA, DA, DB, BX, HH; all but A are written */
    {"1 MiB", 5423381, 8 * TOKENS - 2, 6 * TOKENS},
};

static void what_does_not_fit_is_paid_for(void **state)
{
    (void)state;
    struct outcome whole = pact25("fuse-all", "24 MiB");
    assert_int_equal(whole.status, SINTER_OK);
    for (int i = 0; i < COUNT(rows); i++) {
        struct outcome got = pact25("fuse-all-spill", rows[i].capacity);
        if (got.status != SINTER_OK)
            fail_msg("%s: %s", rows[i].capacity, got.message);
        assert_true(got.peak_bytes <= got.capacity_bytes);
        assert_int_equal((int64_t)(got.cycles + 0.5), rows[i].cycles);
        assert_int_equal(got.read_bytes - whole.read_bytes, rows[i].reads * DN_BYTES);
        assert_int_equal(got.write_bytes - whole.write_bytes, rows[i].writes * DN_BYTES);
    }
    struct outcome half = pact25("fuse-all-spill", "0.5 MiB");
    assert_int_equal(half.status, SINTER_OK);
    assert_true(half.peak_bytes <= half.capacity_bytes && half.cycles > 5423381);
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
    return a->status == b->status && a->cycles == b->cycles && a->read_bytes == b->read_bytes &&
           a->write_bytes == b->write_bytes && a->peak_bytes == b->peak_bytes;
}

static void where_all_fits_it_is_fuse_all(void **state)
{
    (void)state;
    static const char *const models[] = {"mamba-2.8b", "mamba-130m", "falcon-mamba-7b"};
    struct outcome whole = pact25("fuse-all", "6574596 B"), spilled = pact25("fuse-all-spill", "6574596 B");
    assert_int_equal(whole.status, SINTER_OK);
    assert_int_equal(whole.peak_bytes, 6574596);
    assert_true(is_same(&whole, &spilled));
    assert_int_equal(pact25("fuse-all", "6574595 B").status, SINTER_INFEASIBLE);
    assert_int_equal(pact25("fuse-all-spill", "6574595 B").status, SINTER_OK);
    for (int i = 0; i < COUNT(models); i++) {
        whole = build(models[i], NULL, 64, "fuse-all", "24 MiB");
        spilled = build(models[i], NULL, 64, "fuse-all-spill", "24 MiB");
        assert_int_equal(whole.status, SINTER_OK);
        assert_true(is_same(&whole, &spilled));
    }
}

static void more_memory_is_never_slower(void **state)
{
    (void)state;
    static const struct {
        const char *model, *variant;
    } models[] = {{"mamba-2.8b", "pact25"}, {"mamba-130m", NULL}};
    for (int i = 0; i < COUNT(models); i++) {
        double before = -1;
        int n_fitting = 0;
        for (double bytes = 20000; bytes < 8e6; bytes *= 1.23) {
            char capacity[32];
            snprintf(capacity, sizeof capacity, "%.0f B", bytes);
            struct outcome got = build(models[i].model, models[i].variant, 64, "fuse-all-spill", capacity);
            if (got.status != SINTER_OK && before < 0)
                continue;
            if (got.status != SINTER_OK || got.peak_bytes > got.capacity_bytes || (before >= 0 && got.cycles > before))
                fail_msg("%s, %s: %.0f cycles in %lld bytes, %.0f with less memory %s", models[i].model, capacity,
                         got.cycles, (long long)got.peak_bytes, before, got.message);
            before = got.cycles;
            n_fitting++;
        }
        assert_true(n_fitting > 10);
    }
}

static void too_little_for_one_slice_is_infeasible(void **state)
{
    (void)state;
    static const char scan[] = "examples/scan.yaml"; /* a slice of H: DA, BX, the old state and the new one, 2 bytes each */
    struct outcome least = build(scan, NULL, 0, "fuse-all-spill", "8 B"),
                   less = build(scan, NULL, 0, "fuse-all-spill", "7 B");
    assert_int_equal(least.status, SINTER_OK);
    assert_true(least.peak_bytes <= 8);
    assert_int_equal(less.status, SINTER_INFEASIBLE);
    assert_non_null(strstr(less.message, "'buffer'"));
}

static void it_is_not_among_those_that_are_compared_unasked(void **state)
{
    (void)state;
    int n_left_out = 0;
    for (int i = 0; sinter_strategy_name(i) != NULL; i++) {
        if (!sinter_strategy_is_compared(i))
            assert_string_equal(sinter_strategy_name(i), "fuse-all-spill");
        n_left_out += !sinter_strategy_is_compared(i);
    }
    assert_int_equal(n_left_out, 1);
    assert_false(sinter_strategy_is_compared(-1));
    assert_false(sinter_strategy_is_compared(1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_paid_for),
        cmocka_unit_test(where_all_fits_it_is_fuse_all),
        cmocka_unit_test(more_memory_is_never_slower),
        cmocka_unit_test(too_little_for_one_slice_is_infeasible),
        cmocka_unit_test(it_is_not_among_those_that_are_compared_unasked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
