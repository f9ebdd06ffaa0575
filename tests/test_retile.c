/* test_retile.c: a plan that follows a schedule through changes of its tiles is the plan of a fresh start.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_CASES: how many seeds (default 1500); SINTER_SEED: the first one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_case.h"

#define SAME(field) (a->field == b->field)

static bool same_tile(const struct sinter_tile *a, const struct sinter_tile *b)
{
    return SAME(kind) && SAME(tensor) && SAME(memory) && SAME(source) && SAME(line) && SAME(leaf) && SAME(body) &&
           SAME(begin) && SAME(end) && SAME(is_produced) && SAME(is_double) && SAME(is_window) && SAME(look_back) &&
           SAME(visits) && SAME(footprint_bits) && SAME(load_bits) && SAME(store_bits) && SAME(state_load_bits) &&
           SAME(state_store_bits);
}

static bool same_node(const struct sinter_plan_node *a, const struct sinter_plan_node *b)
{
    return SAME(kind) && SAME(source) && SAME(parent) && SAME(end) && SAME(group) && SAME(rank) && SAME(first_member) &&
           SAME(n_members) && SAME(unit) && SAME(tile) && SAME(pieces) && SAME(visits) && SAME(looped);
}

static bool same_group(const struct sinter_group_plan *a, const struct sinter_group_plan *b, int n_memories)
{
    bool same = SAME(node) && SAME(first_load_bits) && SAME(last_store_bits);
    for (int m = 0; m < n_memories; m++)
        same = same && SAME(peak_bits[m]) && SAME(peak_leaf[m]) && SAME(read_bits[m]) && SAME(write_bits[m]);
    return same;
}

static bool same_leaf(const struct sinter_leaf_plan *a, const struct sinter_leaf_plan *b)
{
    return SAME(node) && SAME(dram_read_bits) && SAME(dram_write_bits) && SAME(unit_bits);
}

/* What differs first, or NULL. */
static const char *differs(const struct sinter_plan *a, const struct sinter_plan *b)
{
    if (!(SAME(n_nodes) && SAME(n_tiles) && SAME(n_groups) && SAME(n_members)))
        return "a count";
    for (int i = 0; i < a->n_nodes; i++)
        if (!same_node(&a->nodes[i], &b->nodes[i]))
            return "a node";
    for (int i = 0; i < a->n_tiles; i++)
        if (!same_tile(&a->tiles[i], &b->tiles[i]))
            return "a tile";
    for (int g = 0; g < a->n_groups; g++)
        if (!same_group(&a->groups[g], &b->groups[g], a->accel->n_memories))
            return "a group";
    for (int e = 0; e < a->cascade->n_einsums; e++)
        if (!same_leaf(&a->leaves[e], &b->leaves[e]))
            return "a leaf";
    for (int t = 0; t < a->cascade->n_tensors; t++)
        if (!(SAME(traffic[t].read_bits) && SAME(traffic[t].write_bits)))
            return "traffic";
    for (int m = 0; m < a->accel->n_memories; m++)
        if (!SAME(peak_bits[m]))
            return "a peak";
    return SAME(dram_read_bits) && SAME(dram_write_bits) && SAME(fits) ? NULL : "a total";
}

static void change_tiles(struct sinter_random *random, struct sinter_schedule *schedule)
{
    for (int i = 0; i < schedule->n_nodes; i++)
        if (schedule->nodes[i].kind == SINTER_LOOP && sinter_random_below(random, 3) == 0)
            schedule->nodes[i].tile = 1 + sinter_random_below(random, 6);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void changed_tiles_give_the_plan_of_a_fresh_start(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 1500), n_legal = 0;
    int n_failed = 0;
    for (uint64_t seed = first; seed < first + n && n_failed < 5; seed++) {
        struct sinter_random random = {seed};
        struct random_case c;
        struct sinter_plan *follower = NULL, *fresh = NULL;
        assert_true(random_case_open(&c, seed));
        assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, NULL, &follower), SINTER_OK);
        for (int step = 0; step < 8; step++) {
            assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, NULL, &fresh), SINTER_OK);
            enum sinter_status status = sinter_plan_resolve(follower, &c.schedule, NULL);
            enum sinter_status expected = sinter_plan_resolve(fresh, &c.schedule, NULL);
            bool is_whole = expected == SINTER_OK || expected == SINTER_INFEASIBLE;
            const char *what = status != expected ? "the status" : is_whole ? differs(follower, fresh) : NULL;
            n_legal += is_whole;
            sinter_plan_free(fresh);
            if (what != NULL) {
                struct sinter_text text = {0};
                random_case_print(&c, &text);
                print_error("seed %llu, step %d: %s differs\n%s\n", (unsigned long long)seed, step, what,
                            sinter_text_data(&text));
                sinter_text_free(&text);
                n_failed++;
                break;
            }
            change_tiles(&random, &c.schedule);
        }
        sinter_plan_free(follower);
        random_case_close(&c);
    }
    print_message("%llu plans\n", (unsigned long long)n_legal);
    assert_int_equal(n_failed, 0);
    assert_true(n < 100 || n_legal > n);
}

/* The nodes of one group, as a schedule of its own. */
static void take_group(const struct sinter_schedule *schedule, int group, struct sinter_schedule *part)
{
    int first = 0;
    for (; group > 0; group--)
        first = schedule->nodes[first].end;
    *part = *schedule;
    part->nodes = &schedule->nodes[first];
    part->n_nodes = schedule->nodes[first].end - first;
    for (int i = 0; i < part->n_nodes; i++)
        part->nodes[i].end -= first;
}

static void put_back(const struct sinter_schedule *schedule, const struct sinter_schedule *part)
{
    for (int i = 0; i < part->n_nodes; i++)
        part->nodes[i].end += (int)(part->nodes - schedule->nodes);
}

/* A plan forgets the part that it resolved before, whether that was legal or not. */
static void parts_in_turn_give_the_plan_of_a_fresh_start(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 1500), n_legal = 0;
    for (uint64_t seed = first; seed < first + n; seed++) {
        struct sinter_random random = {seed};
        struct random_case c;
        struct sinter_plan *follower = NULL, *fresh = NULL;
        int n_groups = 0;
        assert_true(random_case_open(&c, seed));
        for (int i = 0; i < c.schedule.n_nodes; i++)
            n_groups += c.schedule.nodes[i].kind == SINTER_GROUP;
        assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, NULL, &follower), SINTER_OK);
        for (int step = 0; step < 8; step++) {
            struct sinter_schedule part;
            take_group(&c.schedule, (int)sinter_random_below(&random, n_groups), &part);
            assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, NULL, &fresh), SINTER_OK);
            enum sinter_status status = sinter_plan_resolve_part(follower, &part, NULL);
            enum sinter_status expected = sinter_plan_resolve_part(fresh, &part, NULL);
            bool is_whole = expected == SINTER_OK || expected == SINTER_INFEASIBLE;
            const char *what = status != expected ? "the status" : is_whole ? differs(follower, fresh) : NULL;
            n_legal += is_whole;
            sinter_plan_free(fresh);
            put_back(&c.schedule, &part);
            if (what != NULL)
                fail_msg("seed %llu, step %d: %s differs", (unsigned long long)seed, step, what);
            if (step % 2 == 1)
                change_tiles(&random, &c.schedule);
        }
        sinter_plan_free(follower);
        random_case_close(&c);
    }
    print_message("%llu plans\n", (unsigned long long)n_legal);
    assert_true(n < 100 || n_legal > n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(changed_tiles_give_the_plan_of_a_fresh_start),
                                       cmocka_unit_test(parts_in_turn_give_the_plan_of_a_fresh_start)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
