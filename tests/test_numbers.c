/* test_numbers.c: the plan gives the numbers that fix the meaning of a schedule, and those of the recorded cases.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "numbers.h"

/* Live bits of a tensor (-1: of all) while the leaf of an Einsum runs, from the plan's tiles. */
static int64_t live_bits(const struct sinter_plan *plan, int einsum, int tensor)
{
    int leaf = plan->leaves[einsum].node;
    int64_t bits = 0;
    for (int i = 0; i < plan->n_tiles; i++) {
        const struct sinter_tile *tile = &plan->tiles[i];
        if (tile->begin <= leaf && leaf < tile->end && (tensor < 0 || tile->tensor == tensor))
            bits += tile->footprint_bits;
    }
    return bits;
}

static int64_t look_up(const struct problem *p, const struct sinter_plan *plan, const struct number_check *check)
{
    int tensor = check->tensor ? sinter_cascade_tensor(p->cascade, check->tensor) : -1;
    int einsum = check->einsum ? sinter_cascade_einsum(p->cascade, check->einsum) : -1;
    switch (check->kind) {
    case NUMBER_READ:
        return tensor < 0 ? plan->dram_read_bits : plan->traffic[tensor].read_bits;
    case NUMBER_WRITE:
        return tensor < 0 ? plan->dram_write_bits : plan->traffic[tensor].write_bits;
    case NUMBER_PEAK:
        return plan->peak_bits[sinter_accel_memory(p->accel, "buffer")];
    case NUMBER_LEAF:
    case NUMBER_LIVE:
        return live_bits(plan, einsum, tensor);
    case NUMBER_ILLEGAL:
    case NUMBER_END:
        break;
    }
    return -1;
}

/* Checks one row; the number of things that are wrong. */
static int check_row(const struct number_row *row)
{
    struct problem problem;
    struct sinter_plan *plan = NULL;
    int n_failed = 0;
    enum sinter_status expected = row->checks[0].kind == NUMBER_ILLEGAL ? SINTER_BAD_INPUT : SINTER_OK,
                       status = SINTER_BAD_INPUT;
    if (number_open_row(&problem, row)) {
        status = sinter_plan_new(problem.cascade, problem.accel, NULL, problem.diags, &plan);
        status = status == SINTER_OK ? sinter_plan_resolve(plan, &problem.schedule, problem.diags) : status;
    }
    if (status != expected) {
        print_error("%s: %s: %s\n", row->name, sinter_status_name(status), sinter_diagnostics_text(problem.diags));
        n_failed = 1;
    }
    for (const struct number_check *check = row->checks; status == SINTER_OK && n_failed == 0 && check->kind != NUMBER_END;
         check++) {
        int64_t bytes = sinter_bits_to_bytes(look_up(&problem, plan, check));
        if (bytes == check->bytes)
            continue;
        print_error("%s: check %d: %lld, expected %lld\n", row->name, (int)(check - row->checks), (long long)bytes,
                    (long long)check->bytes);
        n_failed++;
    }
    sinter_plan_free(plan);
    problem_close(&problem);
    return n_failed;
}

static void test_rows(void **state)
{
    (void)state;
    int n_failed = 0;
    for (int i = 0; i < n_number_rows; i++)
        n_failed += check_row(&number_rows[i]);
    assert_int_equal(n_failed, 0);
}

static void compare_case(const struct problem *p, const struct number_case *expected, const struct sinter_plan *plan)
{
    for (int t = 0; t < p->cascade->n_tensors; t++) {
        int64_t read = sinter_bits_to_bytes(plan->traffic[t].read_bits),
                write = sinter_bits_to_bytes(plan->traffic[t].write_bits);
        if (read != expected->read[t] || write != expected->write[t])
            fail_msg("%s: %s: read %lld, expected %lld; written %lld, expected %lld", expected->name,
                     p->cascade->tensors[t].name, (long long)read, (long long)expected->read[t], (long long)write,
                     (long long)expected->write[t]);
    }
    assert_int_equal(sinter_bits_to_bytes(plan->dram_read_bits), expected->dram_read);
    assert_int_equal(sinter_bits_to_bytes(plan->dram_write_bits), expected->dram_write);
    assert_int_equal(plan->n_groups, expected->n_groups);
    for (int m = 1; m < p->accel->n_memories; m++) {
        assert_int_equal(sinter_bits_to_bytes(plan->peak_bits[m]), expected->peak[m]);
        for (int g = 0; g < plan->n_groups; g++)
            assert_int_equal(sinter_bits_to_bytes(plan->groups[g].peak_bits[m]), expected->group_peak[g][m]);
    }
}

static void test_cases(void **state)
{
    (void)state;
    int n = number_case_count();
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        struct problem problem;
        struct number_case expected;
        struct sinter_plan *plan = NULL;
        if (!number_case_open(i, &problem, &expected) ||
            sinter_plan_new(problem.cascade, problem.accel, NULL, problem.diags, &plan) != SINTER_OK ||
            sinter_plan_resolve(plan, &problem.schedule, problem.diags) != SINTER_OK)
            fail_msg("case %d: %s", i, sinter_diagnostics_text(problem.diags));
        compare_case(&problem, &expected, plan);
        sinter_plan_free(plan);
        problem_close(&problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
