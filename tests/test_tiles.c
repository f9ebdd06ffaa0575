/* test_tiles.c: the tile sizes that matter, against all of them.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/tiles.h"
#include "sinter/base.h"

enum { MOST = 2048 };

static void steps_are_those_of_the_pieces(void **state)
{
    (void)state;
    static const struct {
        int64_t extent, tile, part, steps;
    } rows[] = {{5120, 569, 128, 45}, {5120, 640, 128, 40}, {15, 5, 4, 6},   {15, 6, 4, 5}, {10, 3, 1, 10},
                {10, 10, 4, 3},       {10, 99, 4, 3},       {1, 1, 8192, 1}, {7, 4, 4, 2},  {7, 5, 4, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(tile_steps(rows[i].extent, rows[i].tile, rows[i].part), rows[i].steps);
}

static int64_t trips(int64_t extent, int64_t tile)
{
    return (extent + tile - 1) / tile;
}

/* Is b at least as good a tile as a, and not larger? */
static bool covers(int64_t extent, const int64_t *parts, int n_parts, int64_t b, int64_t a)
{
    bool does = b <= a && trips(extent, a) == trips(extent, b);
    for (int p = 0; p < n_parts; p++)
        does = does && tile_steps(extent, b, parts[p]) <= tile_steps(extent, a, parts[p]);
    return does;
}

/* Every size has one among the found that makes as many trips, is not larger and needs no more steps; none is found that
 * another one found covers. */
static void every_size_is_covered_and_none_is_found_in_vain(void **state)
{
    (void)state;
    struct sinter_random random = {5};
    for (int round = 0; round < 400; round++) {
        int64_t extent = 1 + sinter_random_below(&random, round % 4 ? 200 : 900), parts[3], tiles[MOST];
        int n_parts = (int)sinter_random_below(&random, 4);
        for (int p = 0; p < n_parts; p++)
            parts[p] = 2 + sinter_random_below(&random, p == 2 ? 300 : 20);
        int n = find_tiles(extent, parts, n_parts, tiles, MOST);
        assert_true(n >= 1 && n < MOST && tiles[0] == 1 && tiles[n - 1] <= extent);
        for (int i = 1; i < n; i++)
            assert_true(tiles[i - 1] < tiles[i]);
        for (int64_t t = 1; t <= extent; t++) {
            bool is_covered = false;
            for (int i = 0; i < n; i++)
                is_covered |= covers(extent, parts, n_parts, tiles[i], t);
            assert_true(is_covered);
        }
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                assert_true(i == j || !covers(extent, parts, n_parts, tiles[j], tiles[i]));
    }
}

static void long_ranks_have_few(void **state)
{
    (void)state;
    int64_t tiles[MOST], parts[] = {64, 128, 8192};
    int n = find_tiles(5120, NULL, 0, tiles, MOST);
    assert_int_equal(n, 143); /* distinct ceil(5120 / k) */
    n = find_tiles(5120, parts, 3, tiles, MOST);
    assert_in_range(n, 144, 286);
    /* two pieces from 10000 on, and the first one that needs 3 steps of 8192 and not 4 is far behind */
    int64_t wide[] = {8192};
    n = find_tiles(20000, wide, 1, tiles, MOST);
    assert_int_equal(tile_steps(20000, 10000, 8192), 4);
    assert_int_equal(tile_steps(20000, tiles[n - 2], 8192), 3);
    assert_int_equal(tiles[n - 2], 11808);
    assert_int_equal(find_tiles(INT64_C(1000000000000), parts, 3, tiles, 100), 100);
    assert_int_equal(tiles[99], INT64_C(1000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps_are_those_of_the_pieces),
                                       cmocka_unit_test(every_size_is_covered_and_none_is_found_in_vain),
                                       cmocka_unit_test(long_ranks_have_few)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
