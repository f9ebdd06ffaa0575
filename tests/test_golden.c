/* test_golden.c: stored cases of Mamba-1, Mamba-2 and the selective scan against the reference, and decode against prefill.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "stored_case.h"

static const double closely = 1e-12; /* relative to the largest magnitude of a tensor */

static void the_reference_agrees_with_every_cut(void **state)
{
    (void)state;
    for (int i = 0; stored_cases[i]; i++) {
        struct sinter_case *stored = stored_case_load(stored_cases[i], NULL, 0);
        struct sinter_values *in = stored_case_values(stored, NULL), *out = NULL;
        assert_int_equal(sinter_reference(NULL, in, NULL, NULL, NULL, &out), SINTER_OK);
        assert_true(stored->n_cuts >= 4);
        for (int c = 0; c < stored->n_cuts; c++) {
            double error = stored_case_error(&stored->cuts[c], out);
            if (!(error <= closely))
                fail_msg("%s: %s is off by %g", stored->name, stored->cuts[c].name, error);
        }
        sinter_values_free(in);
        sinter_values_free(out);
        sinter_case_free(stored);
    }
}

static void cases_survive_every_failed_allocation(void **state)
{
    static const char *const files[] = {"tests/data/golden/m1_short.json", "tests/data/golden/m2_decode1.json"};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        enum sinter_status status = SINTER_NO_MEMORY;
        for (int64_t n = 0; status != SINTER_OK; n++) {
            struct sinter_counting_allocator counting;
            struct sinter_case *loaded = NULL;
            sinter_counting_allocator_init(&counting, n);
            status = sinter_case_load(files[i], NULL, 0, &counting.allocator, NULL, &loaded);
            assert_true(status == SINTER_OK ? n > 20 : status == SINTER_NO_MEMORY && !loaded);
            sinter_case_free(loaded);
            assert_int_equal(counting.n_live, 0);
        }
    }
}

/* ---- decode ------------------------------------------------------------------------------------------------------- */

static void decoding_token_by_token_is_prefill_to_the_last_bit(void **state)
{
    (void)state;
    struct sinter_case *stored = stored_case_load("m1_tiny", NULL, 0);
    struct sinter_values *prefill_in = stored_case_values(stored, NULL), *prefill = NULL, *in = NULL;
    struct sinter_model *model = stored_one_token(NULL, 0);
    assert_int_equal(sinter_reference(NULL, prefill_in, NULL, NULL, NULL, &prefill), SINTER_OK);
    assert_int_equal(sinter_values_new(model->parts[1].cascade, NULL, NULL, NULL, &in), SINTER_OK);
    for (int64_t token = 0; token < 8; token++) {
        struct sinter_values *out = NULL;
        stored_token_give(stored, token, in);
        assert_int_equal(sinter_reference(NULL, in, NULL, NULL, NULL, &out), SINTER_OK);
        stored_token_expect("O", false, out, prefill, token);
        stored_token_expect("H", false, out, prefill, token);
        stored_states_hand_on(out, in);
        if (token == 7) {
            stored_token_expect("CS", true, out, prefill, token);
            stored_token_expect("H0", true, out, prefill, token);
        }
        sinter_values_free(out);
    }
    sinter_values_free(in);
    sinter_values_free(prefill_in);
    sinter_values_free(prefill);
    sinter_model_free(model);
    sinter_case_free(stored);
}

/* ---- types ---------------------------------------------------------------------------------------------------------- */

/* The same cases in float: each operation rounded, and the result still close. */
static void the_reference_in_float_stays_close(void **state)
{
    static const char *const names[] = {"m1_s4d", "scan_typ"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sinter_override overrides[] = {
            {"type", "fp32", false}, {"state_type", "fp32", false}, {"H.type", "fp32", false}, {"H0.type", "fp32", false}};
        bool is_scan = strcmp(names[i], "scan_typ") == 0;
        struct sinter_case *stored = stored_case_load(names[i], overrides, 4);
        assert_int_equal(overrides[0].is_used, true);
        assert_int_equal(overrides[2].is_used, is_scan);
        struct sinter_numerics *numerics = NULL;
        assert_int_equal(sinter_numerics_new(stored->cascade, NULL, NULL, &numerics), SINTER_OK);
        assert_int_equal(numerics->arithmetic, 32);
        struct sinter_values *in = stored_case_values(stored, numerics), *out = NULL;
        assert_int_equal(sinter_reference(numerics, in, NULL, NULL, NULL, &out), SINTER_OK);
        double largest = 0;
        for (int c = 0; c < stored->n_cuts; c++)
            largest = fmax(largest, stored_case_error(&stored->cuts[c], out));
        if (!(largest > 1e-8 && largest < 1e-5))
            fail_msg("%s: the largest error is %g", stored->name, largest);
        sinter_values_free(in);
        sinter_values_free(out);
        sinter_numerics_free(numerics);
        sinter_case_free(stored);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_agrees_with_every_cut),
        cmocka_unit_test(cases_survive_every_failed_allocation),
        cmocka_unit_test(decoding_token_by_token_is_prefill_to_the_last_bit),
        cmocka_unit_test(the_reference_in_float_stays_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
