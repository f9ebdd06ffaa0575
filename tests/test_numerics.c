/* test_numerics.c: in which numbers a cascade is computed when nobody says.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "problem.h"
#include "sinter/exec.h"

static void open_problem(struct problem *p, const char *type, const char *state_type)
{
    const char *set[][2] = {{"type", type}, {"H.type", state_type}};
    if (!problem_open(p, problem_scan, problem_one_buffer, NULL, set, 2))
        fail_msg("%s", sinter_diagnostics_text(p->diags));
}

static void tensors_have_the_format_of_their_type_and_functions_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *type, *state_type;
        int arithmetic;
    } rows[] = {{"int8", "fp32", 32},   {"fp16", "fp64", 64},    {"48 bit", "bf16", 32},
                {"64 bit", "bf16", 64}, {"32 bit", "int16", 32}, {"int8", "int32", 64}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct problem p;
        struct sinter_numerics *numerics = NULL;
        open_problem(&p, rows[i].type, rows[i].state_type);
        assert_int_equal(sinter_numerics_new(p.cascade, NULL, p.diags, &numerics), SINTER_OK);
        assert_ptr_equal(numerics->cascade, p.cascade);
        assert_int_equal(numerics->arithmetic, rows[i].arithmetic);
        for (int t = 0; t < p.cascade->n_tensors; t++) {
            struct sinter_format format = sinter_format_of(p.cascade->tensors[t].type);
            assert_true(sinter_format_equal(&numerics->formats[t], &format));
            assert_int_equal(numerics->formats[t].bits, p.cascade->tensors[t].type.bits);
        }
        for (int f = 0; f < SINTER_N_FUNCTIONS; f++)
            assert_int_equal(numerics->functions[f].kind, SINTER_FUNCTION_EXACT);
        sinter_numerics_free(numerics);
        problem_close(&p);
    }
    sinter_numerics_free(NULL);
}

static void every_failed_allocation_is_survived(void **state)
{
    (void)state;
    struct problem p;
    open_problem(&p, "fp16", "fp32");
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_numerics *numerics = NULL;
        sinter_counting_allocator_init(&counting, n);
        enum sinter_status status = sinter_numerics_new(p.cascade, &counting.allocator, NULL, &numerics);
        assert_int_equal(numerics != NULL, status == SINTER_OK);
        sinter_numerics_free(numerics);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_int_equal(n, 2);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
    problem_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_have_the_format_of_their_type_and_functions_are_exact),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
