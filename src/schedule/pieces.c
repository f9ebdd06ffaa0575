/* pieces.c: sums over the pieces of a rank that nested loops cut.
 * SPDX-License-Identifier: MIT
 */
#include "schedule/pieces.h"

#include "sinter/base.h"

/* A sum over pieces splits as F(n, level) = (n / t) F(t, level + 1) + F(n mod t, level + 1), F(size, k) = value(size).
 * full[j] = F(t_j, j + 1) is computed from the innermost level outward; remainders form a single chain below each. */
static int64_t sum_chain(const struct cut *cut, int level, int64_t size, const int64_t *full, int64_t parts)
{
    int64_t sum = 0;
    for (int j = level; j < cut->n_levels && size > 0; j++) {
        if (size < cut->tiles[j])
            continue;
        sum += size / cut->tiles[j] * full[j];
        size %= cut->tiles[j];
    }
    return size > 0 ? sum + (parts > 0 ? sinter_ceil_div(size, parts) : 1) : sum;
}

static int64_t sum_pieces(const struct cut *cut, int64_t parts)
{
    int64_t full[MAX_LEVELS];
    for (int j = cut->n_levels - 1; j >= 0; j--)
        full[j] = sum_chain(cut, j + 1, cut->tiles[j], full, parts);
    return sum_chain(cut, 0, cut->extent, full, parts);
}

int64_t cut_count(const struct cut *cut)
{
    return cut->n_levels == 0 ? 1 : cut->n_levels == 1 ? sinter_ceil_div(cut->extent, cut->tiles[0]) : sum_pieces(cut, 0);
}

int64_t cut_first(const struct cut *cut)
{
    return cut->n_levels == 0 ? cut->extent : cut->tiles[cut->n_levels - 1];
}

int64_t cut_last(const struct cut *cut)
{
    int64_t size = cut->extent;
    for (int j = 0; j < cut->n_levels; j++)
        if (size > cut->tiles[j])
            size = size % cut->tiles[j] == 0 ? cut->tiles[j] : size % cut->tiles[j];
    return size;
}

int64_t cut_steps(const struct cut *cut, int64_t parts)
{
    return sum_pieces(cut, parts);
}

static int64_t times(int64_t a, int64_t b, bool *overflow)
{
    int64_t product = 0;
    *overflow |= __builtin_mul_overflow(a, b, &product);
    return product;
}

static int64_t plus(int64_t a, int64_t b, bool *overflow)
{
    int64_t sum = 0;
    *overflow |= __builtin_add_overflow(a, b, &sum);
    return sum;
}

/* Starts inside q whole tiles of level j: q copies of the starts of one tile, each moved on by the tile. */
static struct cut_prefix repeat(struct cut_prefix one, int64_t q, int64_t tile, bool *overflow)
{
    int64_t pairs = q % 2 == 0 ? times(q / 2, q - 1, overflow) : times(q, (q - 1) / 2, overflow);
    int64_t moved = times(times(one.count, tile, overflow), pairs, overflow);
    return (struct cut_prefix){times(q, one.count, overflow), plus(times(q, one.sum, overflow), moved, overflow)};
}

/* The starts below `limit` of a range of `size` that the levels from `level` on cut; full[j]: all starts of one t_j. */
static struct cut_prefix prefix_chain(const struct cut *cut, int level, int64_t size, int64_t limit,
                                      const struct cut_prefix *full, bool *overflow)
{
    struct cut_prefix sum = {0, 0};
    int64_t base = 0; /* start of the range that is left */
    for (int j = level; j < cut->n_levels && limit > 0; j++) {
        int64_t tile = cut->tiles[j];
        if (size <= tile)
            continue;
        int64_t q = (limit < size ? limit : size) / tile;
        struct cut_prefix part = repeat(full[j], q, tile, overflow);
        sum.count = plus(sum.count, part.count, overflow);
        sum.sum = plus(sum.sum, plus(part.sum, times(base, part.count, overflow), overflow), overflow);
        base += q * tile;
        limit -= q * tile;
        size = size - q * tile < tile ? size - q * tile : tile;
    }
    if (limit > 0 && size > 0) {
        sum.count = plus(sum.count, 1, overflow);
        sum.sum = plus(sum.sum, base, overflow);
    }
    return sum;
}

struct cut_prefix cut_starts_below(const struct cut *cut, int64_t limit, bool *overflow)
{
    struct cut_prefix full[MAX_LEVELS];
    for (int j = cut->n_levels - 1; j >= 0; j--)
        full[j] = prefix_chain(cut, j + 1, cut->tiles[j], cut->tiles[j], full, overflow);
    return prefix_chain(cut, 0, cut->extent, limit < cut->extent ? limit : cut->extent, full, overflow);
}

/* floor(a / b) and ceil(a / b) for b > 0 and any a. */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Sum of clamp(a * x + b, low, high) over x in a set given by its prefix function, for a > 0. */
typedef struct cut_prefix prefix_of(const struct cut *cut, int64_t limit, bool *overflow);

static int64_t sum_clamped(const struct cut *cut, prefix_of *below, int64_t a, int64_t b, int64_t low, int64_t high,
                           bool *overflow)
{
    if (a == 0)
        return times(cut_count(cut), b < low ? low : b > high ? high : b, overflow);
    /* a x + b <= low  iff  x <= (low - b) / a for a > 0; for a < 0 the order of the three parts turns around. */
    int64_t first = a > 0 ? floor_div(plus(low, -b, overflow), a) : -floor_div(plus(high, -b, overflow), -a) - 1;
    int64_t second = a > 0 ? -floor_div(plus(b, -high, overflow), a) - 1 : floor_div(plus(b, -low, overflow), -a);
    /* below: x <= first; between: first < x <= second; above: x > second */
    struct cut_prefix none = {0, 0};
    struct cut_prefix p1 = first >= 0 ? below(cut, first + 1, overflow) : none;
    struct cut_prefix p2 = second >= 0 ? below(cut, second + 1, overflow) : none;
    if (second < first)
        p2 = p1;
    int64_t n_above = cut_count(cut) - p2.count;
    int64_t between = plus(times(a, p2.sum - p1.sum, overflow), times(b, p2.count - p1.count, overflow), overflow);
    int64_t ends =
        plus(times(a > 0 ? low : high, p1.count, overflow), times(a > 0 ? high : low, n_above, overflow), overflow);
    return plus(between, ends, overflow);
}

int64_t cut_sum_of_starts(const struct cut *cut, int64_t a, int64_t b, int64_t low, int64_t high, bool *overflow)
{
    return sum_clamped(cut, cut_starts_below, a, b, low, high, overflow);
}

/* The last indices of the pieces: one less than the starts but 0, and extent - 1. */
static struct cut_prefix lasts_below(const struct cut *cut, int64_t limit, bool *overflow)
{
    if (limit <= 0)
        return (struct cut_prefix){0, 0};
    struct cut_prefix starts = cut_starts_below(cut, plus(limit, 1, overflow), overflow);
    struct cut_prefix lasts = {starts.count - 1, starts.sum - (starts.count - 1)};
    if (limit > cut->extent - 1) {
        lasts.count += 1;
        lasts.sum = plus(lasts.sum, cut->extent - 1, overflow);
    }
    return lasts;
}

int64_t cut_sum_of_lasts(const struct cut *cut, int64_t a, int64_t b, int64_t low, int64_t high, bool *overflow)
{
    return sum_clamped(cut, lasts_below, a, b, low, high, overflow);
}

int64_t cut_start_at(const struct cut *cut, int64_t index)
{
    int64_t base = 0, length = cut->extent;
    for (int j = 0; j < cut->n_levels; j++) {
        int64_t tile = cut->tiles[j];
        if (length <= tile)
            continue;
        int64_t i = (index - base) / tile;
        base += i * tile;
        length = length - i * tile < tile ? length - i * tile : tile;
    }
    return base;
}

bool cut_next(const struct cut *cut, int64_t *start, int64_t *size, int64_t *next)
{
    if (*start >= cut->extent)
        return false;
    int64_t base = 0, length = cut->extent;
    for (int j = 0; j < cut->n_levels; j++) {
        int64_t tile = cut->tiles[j];
        if (length <= tile)
            continue;
        int64_t i = (*start - base) / tile;
        base += i * tile;
        length = length - i * tile < tile ? length - i * tile : tile;
    }
    *size = length;
    *next = base + length;
    return true;
}
