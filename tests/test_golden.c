/* test_golden.c: stored cases of Mamba-1, Mamba-2 and the selective scan against the reference, and decode against prefill.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_agrees_with_every_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
