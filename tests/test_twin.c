/* test_twin.c: the naive twin gives the numbers that fix the meaning of a schedule, and those of the recorded cases.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "numbers.h"
#include "twin.h"

static int64_t look_up(const struct problem *p, const struct twin_result *r, const struct number_check *check)
{
    int tensor = check->tensor ? sinter_cascade_tensor(p->cascade, check->tensor) : -1;
    int einsum = check->einsum ? sinter_cascade_einsum(p->cascade, check->einsum) : -1;
    switch (check->kind) {
    case NUMBER_READ:
        return tensor < 0 ? r->dram_read_bits : r->read_bits[tensor];
    case NUMBER_WRITE:
        return tensor < 0 ? r->dram_write_bits : r->write_bits[tensor];
    case NUMBER_PEAK:
        return r->peak_bits[sinter_accel_memory(p->accel, "buffer")];
    case NUMBER_LEAF:
        return r->leaf_bits[einsum];
    case NUMBER_LIVE:
        return r->live_bits[einsum][tensor];
    case NUMBER_ILLEGAL:
    case NUMBER_END:
        break;
    }
    return -1;
}

static void test_rows(void **state)
{
    (void)state;
    struct twin_result *result = malloc(sizeof *result);
    int n_failed = 0;
    for (int i = 0; i < n_number_rows; i++) {
        const struct number_row *row = &number_rows[i];
        struct problem problem;
        if (!number_open_row(&problem, row) && row->checks[0].kind == NUMBER_ILLEGAL) {
            problem_close(&problem); /* refused by the reader already */
            continue;
        }
        if (sinter_diagnostics_errors(problem.diags) > 0)
            fail_msg("%s: %s", row->name, sinter_diagnostics_text(problem.diags));
        twin_run(&problem.schedule, result);
        bool is_refused = result->verdict == TWIN_ILLEGAL || result->verdict == TWIN_VIOLATION;
        bool is_right = row->checks[0].kind == NUMBER_ILLEGAL ? is_refused : result->verdict == TWIN_LEGAL;
        if (!is_right) {
            print_error("%s: %s: %s\n", row->name, twin_verdict_name(result->verdict), result->reason);
            n_failed++;
        }
        for (const struct number_check *check = row->checks; check->kind != NUMBER_END && !is_refused; check++) {
            int64_t bytes = sinter_bits_to_bytes(look_up(&problem, result, check));
            if (bytes != check->bytes) {
                print_error("%s: check %d: %lld, expected %lld\n", row->name, (int)(check - row->checks), (long long)bytes,
                            (long long)check->bytes);
                n_failed++;
            }
        }
        problem_close(&problem);
    }
    free(result);
    assert_int_equal(n_failed, 0);
}

static void compare_case(const struct problem *p, const struct number_case *expected, const struct twin_result *r)
{
    if (r->verdict != TWIN_LEGAL)
        fail_msg("%s: %s: %s", expected->name, twin_verdict_name(r->verdict), r->reason);
    for (int t = 0; t < p->cascade->n_tensors; t++) {
        if (sinter_bits_to_bytes(r->read_bits[t]) != expected->read[t] ||
            sinter_bits_to_bytes(r->write_bits[t]) != expected->write[t])
            fail_msg("%s: %s: read %lld, expected %lld; written %lld, expected %lld", expected->name,
                     p->cascade->tensors[t].name, (long long)sinter_bits_to_bytes(r->read_bits[t]),
                     (long long)expected->read[t], (long long)sinter_bits_to_bytes(r->write_bits[t]),
                     (long long)expected->write[t]);
    }
    assert_int_equal(sinter_bits_to_bytes(r->dram_read_bits), expected->dram_read);
    assert_int_equal(sinter_bits_to_bytes(r->dram_write_bits), expected->dram_write);
    assert_int_equal(r->n_groups, expected->n_groups);
    for (int m = 1; m < p->accel->n_memories; m++) {
        assert_int_equal(sinter_bits_to_bytes(r->peak_bits[m]), expected->peak[m]);
        for (int g = 0; g < r->n_groups; g++)
            assert_int_equal(sinter_bits_to_bytes(r->group_peak_bits[g][m]), expected->group_peak[g][m]);
    }
}

static void test_cases(void **state)
{
    (void)state;
    struct twin_result *result = malloc(sizeof *result);
    int n = number_case_count();
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        struct problem problem;
        struct number_case expected;
        int64_t operations[SINTER_N_OPS] = {0};
        if (!number_case_open(i, &problem, &expected))
            fail_msg("case %d: %s", i, sinter_diagnostics_text(problem.diags));
        twin_run(&problem.schedule, result);
        compare_case(&problem, &expected, result);
        for (int e = 0; e < problem.cascade->n_einsums; e++)
            sinter_einsum_operations(problem.cascade, e, operations);
        assert_memory_equal(operations, expected.operations, sizeof operations);
        problem_close(&problem);
    }
    free(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
