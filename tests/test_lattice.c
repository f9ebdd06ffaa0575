/* test_lattice.c: down-sets of cascades, and what no schedule goes below.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random_case.h"
#include "search/lattice.h"
#include "sinter/workload.h"

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* From the definition: with an Einsum, every producer of what it reads, and all of its recurrence. */
static bool is_down_set(const struct sinter_cascade *cascade, einsum_set set)
{
    for (int e = 0; e < cascade->n_einsums; e++) {
        const struct sinter_einsum *einsum = &cascade->einsums[e];
        if ((set >> e & 1) == 0)
            continue;
        for (int a = 0; a < einsum->n_accesses; a++) {
            int producer = cascade->tensors[einsum->accesses[a].tensor].producer;
            if (producer >= 0 && (set >> producer & 1) == 0)
                return false;
        }
        for (int i = 0; einsum->cycle >= 0 && i < cascade->cycles[einsum->cycle].n_einsums; i++)
            if ((set >> cascade->cycles[einsum->cycle].einsums[i] & 1) == 0)
                return false;
    }
    return true;
}

static void all_down_sets_are_found_once(void **state)
{
    (void)state;
    struct sinter_arena *arena = sinter_arena_new(NULL);
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct random_case c;
        struct lattice lattice;
        assert_true(random_case_open(&c, seed));
        assert_true(c.cascade->n_einsums <= 16);
        assert_int_equal(lattice_new(c.cascade, 4096, arena, c.diags, &lattice), SINTER_OK);
        assert_true(lattice.is_complete);
        int n = 0;
        for (einsum_set set = 0; set <= lattice.all; set++)
            n += is_down_set(c.cascade, set);
        assert_int_equal(lattice.n_sets, n);
        assert_int_equal(lattice.sets[0], 0);
        assert_int_equal(lattice.sets[n - 1], lattice.all);
        for (int i = 0; i < n; i++) {
            assert_true(is_down_set(c.cascade, lattice.sets[i]));
            int before = i > 0 ? __builtin_popcountll(lattice.sets[i - 1]) : -1,
                here = __builtin_popcountll(lattice.sets[i]);
            assert_true(before < here || (before == here && lattice.sets[i - 1] < lattice.sets[i]));
        }
        random_case_close(&c);
    }
    sinter_arena_free(arena);
}

static void too_many_sets_leave_the_order_of_the_cascade(void **state)
{
    (void)state;
    struct sinter_arena *arena = sinter_arena_new(NULL);
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_text text = {0};
    struct sinter_cascade *cascade = NULL;
    struct lattice lattice;
    sinter_text_append(&text, "cascade: wide\ntype: fp16\nranks: {L: 4}\ntensors:\n  X: {ranks: [L], role: input}\n");
    for (int e = 0; e < 40; e++)
        sinter_text_printf(&text, "  Y%d: {ranks: [L], role: output}\n", e);
    sinter_text_append(&text, "einsums:\n");
    for (int e = 0; e < 40; e++)
        sinter_text_printf(&text, "  - Y%d[l] = exp(X[l])\n", e);
    assert_int_equal(sinter_cascade_parse("wide", text.data, text.length, NULL, 0, NULL, diags, &cascade), SINTER_OK);
    assert_int_equal(lattice_new(cascade, 1000, arena, diags, &lattice), SINTER_OK);
    assert_false(lattice.is_complete);
    assert_int_equal(lattice.n_sets, 1000);
    int found = 0;
    for (int i = 0; i < lattice.n_sets; i++)
        found += (lattice.sets[i] & (lattice.sets[i] + 1)) == 0; /* 0, 1, 11, 111, ... */
    assert_int_equal(found, 41);
    sinter_cascade_free(cascade);
    sinter_text_free(&text);
    sinter_diagnostics_free(diags);
    sinter_arena_free(arena);
}

/* Of trees drawn at random: no legal one moves less or computes faster, group by group. */
static void no_legal_schedule_goes_below_the_bounds(void **state)
{
    (void)state;
    struct sinter_arena *arena = sinter_arena_new(NULL);
    uint64_t first = number_from("SINTER_SEED", 0), n_cases = number_from("SINTER_CASES", 3000);
    int n_legal = 0, n_tight = 0;
    for (uint64_t seed = first; seed < first + n_cases; seed++) {
        struct random_case c;
        struct lattice lattice;
        struct sinter_plan *plan;
        struct sinter_arena_mark mark = sinter_arena_mark(arena);
        assert_true(random_case_open(&c, seed));
        assert_int_equal(lattice_new(c.cascade, 4096, arena, c.diags, &lattice), SINTER_OK);
        assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, c.diags, &plan), SINTER_OK);
        enum sinter_status status = sinter_plan_resolve(plan, &c.schedule, NULL);
        struct sinter_einsum_cost *einsums = sinter_arena_alloc(arena, 64, sizeof *einsums);
        struct sinter_group_cost *groups = sinter_arena_alloc(arena, 64, sizeof *groups);
        if (status == SINTER_OK || status == SINTER_INFEASIBLE) {
            struct sinter_cost cost = {.einsums = einsums, .groups = groups};
            sinter_cost_evaluate(plan, &cost);
            n_legal++;
            for (int g = 0; g < plan->n_groups; g++) {
                einsum_set set = 0;
                for (int e = 0; e < c.cascade->n_einsums; e++)
                    set |= (einsum_set)(einsums[e].group == g) << e;
                int64_t moved = plan->groups[g].read_bits[0] + plan->groups[g].write_bits[0];
                if (moved < compulsory_bits(&lattice, set))
                    fail_msg("seed %llu, group %d: moves %lld bits, at least %lld were said", (unsigned long long)seed, g,
                             (long long)moved, (long long)compulsory_bits(&lattice, set));
                n_tight += moved == compulsory_bits(&lattice, set);
            }
            for (int e = 0; e < c.cascade->n_einsums; e++)
                assert_true(einsums[e].compute_cycles >= least_cycles(c.cascade, c.accel, e) * (1 - 1e-12));
        }
        sinter_plan_free(plan);
        random_case_close(&c);
        sinter_arena_reset(arena, mark);
    }
    assert_true(n_legal > (int)n_cases / 20);
    assert_true(n_tight > n_legal / 10);
    sinter_arena_free(arena);
}

static void the_block_of_mamba_has_few_down_sets(void **state)
{
    (void)state;
    struct sinter_arena *arena = sinter_arena_new(NULL);
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_model_options options = {.tokens = 2048, .batch = 1, .phase = SINTER_PREFILL};
    struct sinter_model *model = NULL;
    struct sinter_accel *accel = NULL;
    struct lattice lattice;
    assert_int_equal(sinter_model_load("mamba-2.8b", &options, NULL, diags, &model), SINTER_OK);
    assert_int_equal(sinter_accel_load("marca", NULL, 0, NULL, diags, &accel), SINTER_OK);
    const struct sinter_cascade *cascade = model->parts[model->block].cascade;
    assert_int_equal(lattice_new(cascade, 1 << 16, arena, diags, &lattice), SINTER_OK);
    assert_true(lattice.is_complete);
    assert_int_equal(lattice.n_sets, 92);
    /* weights 82.5 MB and the state once, X and the residual stream in and out */
    int64_t bits = compulsory_bits(&lattice, lattice.all);
    assert_in_range(bits / 8, 100000000, 130000000);
    double cycles = 0;
    for (int e = 0; e < cascade->n_einsums; e++)
        cycles += least_cycles(cascade, accel, e);
    assert_in_range((int64_t)cycles, 10000000, 10600000);
    sinter_accel_free(accel);
    sinter_model_free(model);
    sinter_diagnostics_free(diags);
    sinter_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_down_sets_are_found_once), cmocka_unit_test(too_many_sets_leave_the_order_of_the_cascade),
        cmocka_unit_test(no_legal_schedule_goes_below_the_bounds), cmocka_unit_test(the_block_of_mamba_has_few_down_sets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
