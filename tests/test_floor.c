/* test_floor.c: no legal schedule moves less than a group is said to move.
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
#include "search/floor.h"

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* What goes through DRAM between producer and reader of one group is outside of what floors speak of. */
static bool sends_out(const struct sinter_schedule *schedule)
{
    for (int i = 0; i < schedule->n_nodes; i++) {
        const struct sinter_node *node = &schedule->nodes[i];
        if (node->kind == SINTER_HOLD && node->memory == 0)
            return true;
    }
    return false;
}

/* The memories are made as small as the schedule allows, so that the floor is as high as it gets. */
static void check_groups(struct random_case *c, const struct sinter_plan *plan, struct sinter_arena *arena, int *n_groups,
                         int *n_above, int *n_tight)
{
    struct lattice lattice;
    struct floors *floors;
    struct sinter_accel accel = *c->accel;
    assert_int_equal(lattice_new(c->cascade, 4096, arena, c->diags, &lattice), SINTER_OK);
    for (int g = 0; g < plan->n_groups; g++) {
        for (int m = 1; m < accel.n_memories; m++)
            accel.memories[m].capacity_bytes = (double)plan->groups[g].peak_bits[m] / 8;
        assert_int_equal(floors_new(&lattice, &accel, arena, c->diags, &floors), SINTER_OK);
        einsum_set set = 0;
        for (int e = 0; e < c->cascade->n_einsums; e++)
            set |= (einsum_set)(plan->nodes[plan->leaves[e].node].group == g) << e;
        double moved = (double)plan->groups[g].read_bits[0] + (double)plan->groups[g].write_bits[0];
        struct floor whole = floor_of(floors, set);
        if (moved < whole.bits) {
            struct sinter_text text = {0};
            random_case_print(c, &text);
            fail_msg("seed %llu, group %d moves %g bits, at least %g were said\n%s", (unsigned long long)c->seed, g, moved,
                     whole.bits, text.data);
        }
        ++*n_groups;
        *n_above += whole.bits > (double)compulsory_bits(&lattice, set);
        *n_tight += whole.bits > (double)compulsory_bits(&lattice, set) && whole.bits >= moved;
    }
}

static void no_legal_schedule_moves_less(void **state)
{
    (void)state;
    struct sinter_arena *arena = sinter_arena_new(NULL);
    uint64_t first = number_from("SINTER_SEED", 0), n_cases = number_from("SINTER_CASES", 300);
    int n_groups = 0, n_above = 0, n_tight = 0;
    for (uint64_t seed = first; seed < first + n_cases; seed++) {
        struct random_case c;
        struct sinter_plan *plan;
        struct sinter_arena_mark mark = sinter_arena_mark(arena);
        assert_true(random_case_open(&c, seed));
        assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, c.diags, &plan), SINTER_OK);
        struct sinter_random random = {seed};
        for (int tree = 0; tree < 30; tree++) {
            enum sinter_status status = sinter_plan_resolve(plan, &c.schedule, NULL);
            if ((status == SINTER_OK || status == SINTER_INFEASIBLE) && !sends_out(&c.schedule))
                check_groups(&c, plan, arena, &n_groups, &n_above, &n_tight);
            random_tree(&random, &c.schedule);
        }
        sinter_plan_free(plan);
        random_case_close(&c);
        sinter_arena_reset(arena, mark);
    }
    printf("%d groups, %d with more than compulsory traffic, %d of them exact\n", n_groups, n_above, n_tight);
    assert_true(n_groups > (int)n_cases / 20);
    assert_true(n_above > n_groups / 1000);
    sinter_arena_free(arena);
}

/* By hand: O[l,d] = sum over n of X[l,n] * W[n,d], 8 x 8 x 8 bytes. */
static void a_product_moves_its_operands_again_by_hand(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    static const char text[] =
        "cascade: p\ntype: int8\nranks: {L: 8, D: 8, N: 8}\ntensors:\n  X: {ranks: [L, N], role: input}\n"
        "  W: {ranks: [N, D], role: weight}\n  O: {ranks: [L, D], role: output}\neinsums:\n"
        "  - O[l,d] = X[l,n] * W[n,d]\n";
    static const struct {
        double room_bytes, bytes;
        const char *why;
    } cases[] = {
        {64, 0, "one tensor stays whole, the others come once"},
        {32, 64, "half of O, 4 x 8, at a time: W twice"},
        {16, 128, "4 x 4 of O: X twice and W twice; or 2 x 8: W four times is more"},
        {4, 3 * 64 * 2, "2 x 2 of O: both four times"},
        {1, 7 * 64 * 2, "one number at a time: both eight times"},
    };
    assert_int_equal(sinter_cascade_parse("p", text, sizeof text - 1, NULL, 0, NULL, diags, &cascade), SINTER_OK);
    sinter_rank_set l = 1, d = 2, n = 4;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct excess excess = {.cascade = cascade, .room = 8 * cases[i].room_bytes, .n_items = 3};
        excess.items[0] = (struct item){.ranks = l | n, .sides = l | n, .loops = l | n, .bits = 8, .again = 8 * 64};
        excess.items[1] = (struct item){.ranks = n | d, .sides = n | d, .loops = n | d, .bits = 8, .again = 8 * 64};
        excess.items[2] = (struct item){.ranks = l | d, .sides = l | d, .loops = l | d, .bits = 8, .again = 2 * 8 * 64};
        if (find_excess(&excess) != 8 * cases[i].bytes)
            fail_msg("%g bytes: %g, not %g: %s", cases[i].room_bytes, find_excess(&excess) / 8, cases[i].bytes,
                     cases[i].why);
        excess.items[0].stays = 1; /* X is made in the group: no loop over D around its body */
        excess.items[0].again = 0;
        double rows = cases[i].room_bytes / 8 >= 1 ? cases[i].room_bytes / 8 : 0; /* of X, with all of N */
        double found = find_excess(&excess);
        if (rows >= 1 && found > 8 * (8 / rows - 1) * 64)
            fail_msg("X on chip in %g bytes: more than W again for each %g rows", cases[i].room_bytes, rows);
    }
    sinter_cascade_free(cascade);
    sinter_diagnostics_free(diags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_product_moves_its_operands_again_by_hand),
                                       cmocka_unit_test(no_legal_schedule_moves_less)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
