/* pieces.h: how nested loops over one rank cut its range.
 * SPDX-License-Identifier: MIT
 *
 * Loops with tiles t_1 > t_2 > ... > t_k over a range [0, n) cut it into pieces of t_1 from the start (the last one
 * shorter), each of those again by t_2 from its own start, and so on:
 *
 *     n = 10, tiles 4, 3:   [0 1 2][3] [4 5 6][7] [8 9]          sizes 3 1 3 1 2
 *
 * Everything asked of such a cut is a sum over its pieces, answered in O(k^2) without walking them: the pieces of one
 * level have at most two sizes inside each piece of the level above, the tile and a remainder.
 */
#ifndef SINTER_SCHEDULE_PIECES_H
#define SINTER_SCHEDULE_PIECES_H

#include <stdbool.h>
#include <stdint.h>

enum { MAX_LEVELS = 64 /* as many bodies as a schedule may have open */ };

struct cut {
    int64_t extent;            /* n >= 1 */
    int n_levels;              /* 0: one piece, the whole range */
    int64_t tiles[MAX_LEVELS]; /* strictly decreasing, tiles[0] < extent */
};

/* Number of pieces. */
int64_t cut_count(const struct cut *cut);
/* Size of the first (largest) and the last piece. */
int64_t cut_first(const struct cut *cut);
int64_t cut_last(const struct cut *cut);
/* Sum over the pieces of ceil(size / parts), parts >= 1. */
int64_t cut_steps(const struct cut *cut, int64_t parts);

/* Count and sum of the pieces' starts that are below `limit`. Here and below *overflow is set when the result, not a step
 * towards it, is beyond 64 bits. */
struct cut_prefix {
    int64_t count, sum;
};
struct cut_prefix cut_starts_below(const struct cut *cut, int64_t limit, bool *overflow);

/* Sum over the pieces [s, e) of clamp(a * s + b, low, high), or with e - 1 in place of s. */
int64_t cut_sum_of_starts(const struct cut *cut, int64_t a, int64_t b, int64_t low, int64_t high, bool *overflow);
int64_t cut_sum_of_lasts(const struct cut *cut, int64_t a, int64_t b, int64_t low, int64_t high, bool *overflow);

/* Sum over the pieces of how many indices of [low, high) lie in the hull of a * x + [least, most], x over the piece. */
int64_t cut_sum_inside(const struct cut *cut, int64_t a, int64_t least, int64_t most, int64_t low, int64_t high,
                       bool *overflow);

/* Where the piece that holds an index starts. */
int64_t cut_start_at(const struct cut *cut, int64_t index);

/* The pieces one by one: start with *start = 0; false when there are no more. */
bool cut_next(const struct cut *cut, const int64_t *start, int64_t *size, int64_t *next);

#endif
