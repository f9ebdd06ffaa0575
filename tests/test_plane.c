/* test_plane.c: planes of elements of every size come out as copied one by one, whatever the strides.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "exec/plane.h"
#include "sinter/base.h"

enum { MOST = 140, GAP = 3, MOST_SIZE = 9, ROOM = MOST * (MOST + 2 * GAP) * MOST_SIZE };

/* Strides of one side: rows or columns follow each other, with a gap between lines or without, or with one everywhere. */
static void draw_strides(struct sinter_random *random, int64_t n_rows, int64_t n_columns, int64_t *row, int64_t *column)
{
    int64_t gap = sinter_random_below(random, 2) * GAP;
    bool has_rows = sinter_random_below(random, 2) == 0;
    *row = has_rows ? 1 : n_columns + gap;
    *column = has_rows ? n_rows + gap : 1;
    if (n_rows * n_columns * 2 <= MOST * MOST && sinter_random_below(random, 4) == 0) {
        *row *= 2;
        *column *= 2;
    }
}

static void check_plane(struct sinter_random *random, int64_t size)
{
    static unsigned char from[ROOM], to[ROOM], expected[ROOM];
    struct plane p = {.n_rows = 1 + sinter_random_below(random, MOST), .n_columns = 1 + sinter_random_below(random, MOST)};
    draw_strides(random, p.n_rows, p.n_columns, &p.to_row, &p.to_column);
    draw_strides(random, p.n_rows, p.n_columns, &p.from_row, &p.from_column);
    for (int i = 0; i < ROOM; i++) {
        from[i] = (unsigned char)(i * 37 + i / 251);
        to[i] = expected[i] = (unsigned char)i;
    }
    for (int64_t r = 0; r < p.n_rows; r++)
        for (int64_t c = 0; c < p.n_columns; c++)
            for (int64_t b = 0; b < size; b++)
                expected[(r * p.to_row + c * p.to_column) * size + b] =
                    from[(r * p.from_row + c * p.from_column) * size + b];
    plane_copy(&p, to, from, size);
    if (memcmp(to, expected, sizeof to) != 0)
        fail_msg("%lld x %lld elements of %lld bytes, from strides %lld, %lld to %lld, %lld", (long long)p.n_rows,
                 (long long)p.n_columns, (long long)size, (long long)p.from_row, (long long)p.from_column,
                 (long long)p.to_row, (long long)p.to_column);
}

static void planes_are_those_of_single_elements(void **state)
{
    (void)state;
    struct sinter_random random = {.state = 5};
    for (int64_t size = 1; size <= MOST_SIZE; size++)
        for (int round = 0; round < 40; round++)
            check_plane(&random, size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(planes_are_those_of_single_elements)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
