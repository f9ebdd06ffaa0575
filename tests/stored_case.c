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
