/* test_pieces.c: closed sums over the pieces of a cut range equal their enumeration, or say that they do not fit.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "problem.h"
#include "schedule/pieces.h"

enum { MAX_EXTENT = 160 };

struct pieces {
    int n;
    int64_t start[MAX_EXTENT], size[MAX_EXTENT];
};

static void enumerate(const struct cut *cut, int level, int64_t start, int64_t size, struct pieces *out)
{
    if (level == cut->n_levels) {
        out->start[out->n] = start;
        out->size[out->n++] = size;
        return;
    }
    for (int64_t i = 0; i < size; i += cut->tiles[level])
        enumerate(cut, level + 1, start + i, size - i < cut->tiles[level] ? size - i : cut->tiles[level], out);
}

static void draw_cut(struct sinter_random *random, struct cut *cut)
{
    cut->extent = 1 + sinter_random_below(random, MAX_EXTENT);
    cut->n_levels = 0;
    int64_t left = cut->extent;
    for (int n = (int)sinter_random_below(random, 6); n > 0 && left > 1; n--)
        cut->tiles[cut->n_levels++] = left = 1 + sinter_random_below(random, left - 1);
}

static int64_t clamped(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

static void check_sums(struct sinter_random *random, uint64_t seed, const struct cut *cut, const struct pieces *pieces)
{
    int64_t a = sinter_random_below(random, 9) - 4, b = sinter_random_below(random, 400) - 200;
    int64_t low = sinter_random_below(random, 300) - 150, high = low + sinter_random_below(random, 200);
    int64_t starts = 0, lasts = 0;
    bool overflow = false;
    for (int i = 0; i < pieces->n; i++) {
        starts += clamped(a * pieces->start[i] + b, low, high);
        lasts += clamped(a * (pieces->start[i] + pieces->size[i] - 1) + b, low, high);
    }
    int64_t got_starts = cut_sum_of_starts(cut, a, b, low, high, &overflow);
    int64_t got_lasts = cut_sum_of_lasts(cut, a, b, low, high, &overflow);
    if (got_starts != starts || got_lasts != lasts || overflow)
        fail_msg("seed %llu: clamp(%lld x + %lld, %lld, %lld): starts %lld, expected %lld; lasts %lld, expected %lld",
                 (unsigned long long)seed, (long long)a, (long long)b, (long long)low, (long long)high,
                 (long long)got_starts, (long long)starts, (long long)got_lasts, (long long)lasts);
}

static void check_walk(const struct cut *cut, const struct pieces *pieces)
{
    int64_t start = 0, size, next;
    for (int i = 0; i < pieces->n; i++, start = next) {
        assert_true(cut_next(cut, &start, &size, &next));
        assert_int_equal(start, pieces->start[i]);
        assert_int_equal(size, pieces->size[i]);
        for (int64_t at = start; at < next; at++)
            assert_int_equal(cut_start_at(cut, at), start);
    }
    assert_false(cut_next(cut, &start, &size, &next));
}

static void sums_over_pieces_equal_their_enumeration(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct sinter_random random = {seed};
        struct cut cut;
        struct pieces pieces = {.n = 0};
        bool overflow = false;
        draw_cut(&random, &cut);
        enumerate(&cut, 0, 0, cut.extent, &pieces);
        assert_int_equal(cut_count(&cut), pieces.n);
        assert_int_equal(cut_first(&cut), pieces.size[0]);
        assert_int_equal(cut_last(&cut), pieces.size[pieces.n - 1]);
        check_walk(&cut, &pieces);
        int64_t parts = 1 + sinter_random_below(&random, 20), steps = 0;
        int64_t limit = sinter_random_below(&random, MAX_EXTENT + 20) - 10;
        struct cut_prefix prefix = {0, 0};
        for (int i = 0; i < pieces.n; i++) {
            steps += (pieces.size[i] + parts - 1) / parts;
            prefix.count += pieces.start[i] < limit;
            prefix.sum += pieces.start[i] < limit ? pieces.start[i] : 0;
        }
        assert_int_equal(cut_steps(&cut, parts), steps);
        struct cut_prefix got = cut_starts_below(&cut, limit, &overflow);
        if (got.count != prefix.count || got.sum != prefix.sum || overflow)
            fail_msg("seed %llu: below %lld: %lld starts with sum %lld, expected %lld and %lld", (unsigned long long)seed,
                     (long long)limit, (long long)got.count, (long long)got.sum, (long long)prefix.count,
                     (long long)prefix.sum);
        for (int i = 0; i < 4; i++)
            check_sums(&random, seed, &cut, &pieces);
    }
}

static void sums_that_do_not_fit_say_so(void **state)
{
    (void)state;
    struct cut cut = {.extent = (int64_t)1 << 40, .n_levels = 1, .tiles = {1024}};
    int64_t n = (int64_t)1 << 20;
    bool overflow = false;
    assert_int_equal(cut_count(&cut), n << 10);
    cut_sum_of_starts(&cut, 1, 0, 0, cut.extent, &overflow); /* about 2^69 */
    assert_true(overflow);
    overflow = false;
    cut.tiles[0] = n; /* starts are n i, i below n */
    assert_int_equal(cut_sum_of_starts(&cut, 1, 0, 0, cut.extent, &overflow), n * (n / 2 * (n - 1)));
    assert_false(overflow);
}

/* d by 4, and by 3 inside: pieces of 3 1 3 1 2. */
static void a_plan_knows_its_pieces_at_each_node(void **state)
{
    (void)state;
    static const char cascade[] = "cascade: c\ntype: int8\nranks: {D: 10}\ntensors:\n  X: {ranks: [D], role: input}\n"
                                  "  Y: {ranks: [D], role: output}\neinsums:\n  - Y[d] = X[d] * X[d]\n";
    static const struct {
        int64_t pieces, range, steps_of_2;
    } expected[] = {{1, 10, 5}, {3, 4, 2 + 2 + 1}, {5, 3, 2 + 1 + 2 + 1 + 1}, {5, 3, 2 + 1 + 2 + 1 + 1}};
    struct problem p;
    struct sinter_plan *plan = NULL;
    assert_true(problem_open(&p, cascade, problem_one_buffer,
                             "group\n  for d in D by 4\n    for d in D by 3\n      Y on array\n", NULL, 0));
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
    assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_OK);
    assert_int_equal(plan->n_nodes, 4);
    for (int node = 0; node < 4; node++) {
        assert_int_equal(sinter_plan_pieces(plan, node, 0), expected[node].pieces);
        assert_int_equal(sinter_plan_range(plan, node, 0), expected[node].range);
        assert_int_equal(sinter_plan_steps(plan, node, 0, 2), expected[node].steps_of_2);
    }
    sinter_plan_free(plan);
    problem_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_over_pieces_equal_their_enumeration),
        cmocka_unit_test(sums_that_do_not_fit_say_so),
        cmocka_unit_test(a_plan_knows_its_pieces_at_each_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
