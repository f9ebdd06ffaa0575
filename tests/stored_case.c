/* stored_case.c: stored cases as sets of values, and what a run made of them against their cuts.
 * SPDX-License-Identifier: MIT
 */
#include "stored_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "workload/model.h"

const char *const stored_cases[] = {"m1_decode1", "m1_s4d",       "m1_short",       "m1_tiny",  "m2_decode1", "m2_n16",
                                    "m2_tiny",    "scan_extreme", "scan_longdecay", "scan_typ", NULL};

struct sinter_case *stored_case_load(const char *name, struct sinter_override *overrides, int n_overrides)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_case *stored = NULL;
    char file[256];
    snprintf(file, sizeof file, "tests/data/golden/%s.json", name);
    if (sinter_case_load(file, overrides, n_overrides, NULL, diags, &stored) != SINTER_OK ||
        sinter_diagnostics_count(diags) > 0)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return stored;
}

struct sinter_values *stored_case_values(const struct sinter_case *stored, const struct sinter_numerics *numerics)
{
    struct sinter_values *values = NULL;
    assert_int_equal(sinter_values_new(stored->cascade, numerics, NULL, NULL, &values), SINTER_OK);
    for (int i = 0; i < stored->n_inputs; i++) {
        const struct sinter_case_input *input = &stored->inputs[i];
        sinter_values_set(values, input->tensor, 0, stored->cascade->tensors[input->tensor].elements, input->values);
    }
    return values;
}

double stored_case_error(const struct sinter_case_cut *cut, const struct sinter_values *values)
{
    double largest = 0, most = 0;
    for (int64_t i = 0; i < values->cascade->tensors[cut->tensors[0]].elements; i++) {
        double found = 0;
        for (int t = 0; t < cut->n_tensors; t++) {
            double number;
            sinter_values_get(values, cut->tensors[t], cut->is_final, i, 1, &number);
            found += number;
        }
        double distance = fabs(found - cut->values[i]);
        if (!(distance <= most)) /* NaN is no agreement */
            most = isnan(distance) ? (double)INFINITY : distance;
        largest = fmax(largest, fabs(cut->values[i]));
    }
    return most > 0 ? most / largest : 0;
}

/* ---- decode ------------------------------------------------------------------------------------------------------- */

struct sinter_model *stored_one_token(struct sinter_override *overrides, int n_overrides)
{
    static const char text[] =
        "{\"model_type\": \"mamba\", \"hidden_size\": 8, \"intermediate_size\": 16, \"state_size\": 4, "
        "\"time_step_rank\": 1, \"conv_kernel\": 4, \"layer_norm_epsilon\": 1e-5}";
    struct sinter_model_options options = {.tokens = 1, .overrides = overrides, .n_overrides = n_overrides};
    struct sinter_model *model = NULL;
    assert_int_equal(model_parse("m1_tiny", "f", text, sizeof text - 1, &options, NULL, NULL, &model), SINTER_OK);
    return model;
}

void stored_token_give(const struct sinter_case *stored, int64_t token, struct sinter_values *in)
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

void stored_states_hand_on(const struct sinter_values *out, struct sinter_values *in)
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

void stored_token_expect(const char *name, bool is_final, const struct sinter_values *decode,
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
