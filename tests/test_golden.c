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
#include "workload/model.h"

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

/* The block of m1_tiny for one token. */
static struct sinter_model *one_token(void)
{
    static const char text[] =
        "{\"model_type\": \"mamba\", \"hidden_size\": 8, \"intermediate_size\": 16, \"state_size\": 4, "
        "\"time_step_rank\": 1, \"conv_kernel\": 4, \"layer_norm_epsilon\": 1e-5}";
    struct sinter_model_options options = {.tokens = 1};
    struct sinter_model *model = NULL;
    assert_int_equal(model_parse("m1_tiny", "f", text, sizeof text - 1, &options, NULL, NULL, &model), SINTER_OK);
    return model;
}

/* Rows `token` of the tensors that have tokens, all of the others. */
static void give_token(const struct sinter_case *stored, int64_t token, struct sinter_values *in)
{
    for (int i = 0; i < stored->n_inputs; i++) {
        const struct sinter_tensor *whole = &stored->cascade->tensors[stored->inputs[i].tensor];
        int tensor = sinter_cascade_tensor(in->cascade, whole->name);
        int64_t elements = in->cascade->tensors[tensor].elements;
        bool has_tokens = elements != whole->elements;
        if (has_tokens || (token == 0 && whole->state_of >= 0) || whole->role == SINTER_WEIGHT)
            sinter_values_set(in, tensor, 0, elements, stored->inputs[i].values + (has_tokens ? token * elements : 0));
    }
}

static void hand_on_states(const struct sinter_values *out, struct sinter_values *in)
{
    double numbers[64];
    for (int t = 0; t < in->cascade->n_tensors; t++) {
        int64_t elements = in->cascade->tensors[t].elements;
        if (!out->finals[t])
            continue;
        assert_true(elements <= 64);
        sinter_values_get(out, t, true, 0, elements, numbers);
        sinter_values_set(in, t, 0, elements, numbers);
    }
}

/* Both results of tensor NAME, from `first` on in the prefill. */
static void expect_same(const char *name, bool is_final, const struct sinter_values *decode,
                        const struct sinter_values *prefill, int64_t token)
{
    int one = sinter_cascade_tensor(decode->cascade, name), all = sinter_cascade_tensor(prefill->cascade, name);
    int64_t elements = decode->cascade->tensors[one].elements;
    double found[64], expected[64];
    assert_true(elements <= 64);
    sinter_values_get(decode, one, is_final, 0, elements, found);
    sinter_values_get(prefill, all, is_final, is_final ? 0 : token * elements, elements, expected);
    assert_memory_equal(found, expected, (size_t)elements * sizeof *found);
}

static void decoding_token_by_token_is_prefill_to_the_last_bit(void **state)
{
    (void)state;
    struct sinter_case *stored = stored_case_load("m1_tiny", NULL, 0);
    struct sinter_values *prefill_in = stored_case_values(stored, NULL), *prefill = NULL, *in = NULL;
    struct sinter_model *model = one_token();
    assert_int_equal(sinter_reference(NULL, prefill_in, NULL, NULL, NULL, &prefill), SINTER_OK);
    assert_int_equal(sinter_values_new(model->parts[1].cascade, NULL, NULL, NULL, &in), SINTER_OK);
    for (int64_t token = 0; token < 8; token++) {
        struct sinter_values *out = NULL;
        give_token(stored, token, in);
        assert_int_equal(sinter_reference(NULL, in, NULL, NULL, NULL, &out), SINTER_OK);
        expect_same("O", false, out, prefill, token);
        expect_same("H", false, out, prefill, token);
        hand_on_states(out, in);
        if (token == 7) {
            expect_same("CS", true, out, prefill, token);
            expect_same("H0", true, out, prefill, token);
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
