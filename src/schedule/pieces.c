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

/* ---- sums of starts and of last indices --------------------------------------------------------------------------- */

/* A rank of 2^32 indices has starts whose sum needs 64 bits, and differences of such sums are asked for. An extent is
 * below 2^63 and so is the number of pieces: every true sum fits 128 bits. */
__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 bits128;

struct prefix {
    int64_t count;
    wide sum;
};

static int64_t narrow(wide x, bool *overflow)
{
    *overflow |= x > INT64_MAX || x < INT64_MIN;
    return (int64_t)x;
}

/* Starts inside q whole tiles of one level: q copies of the starts of one tile, each moved on by the tile. */
static struct prefix repeat(struct prefix one, int64_t q, int64_t tile)
{
    wide pairs = (wide)q * (q - 1) / 2; /* below (2^63 / tile)^2 / 2, and one.count is at most the tile */
    return (struct prefix){q * one.count, q * one.sum + pairs * tile * one.count};
}

/* The starts below `limit` of a range of `size` that the levels from `level` on cut; full[j]: all starts of one t_j. */
static struct prefix prefix_chain(const struct cut *cut, int level, int64_t size, int64_t limit, const struct prefix *full)
{
    struct prefix sum = {0, 0};
    int64_t base = 0; /* start of the range that is left */
    for (int j = level; j < cut->n_levels && limit > 0; j++) {
        int64_t tile = cut->tiles[j];
        if (size <= tile)
            continue;
        int64_t q = (limit < size ? limit : size) / tile;
        struct prefix part = repeat(full[j], q, tile);
        sum.count += part.count;
        sum.sum += part.sum + (wide)base * part.count;
        base += q * tile;
        limit -= q * tile;
        size = size - q * tile < tile ? size - q * tile : tile;
    }
    if (limit > 0 && size > 0) {
        sum.count++;
        sum.sum += base;
    }
    return sum;
}

static struct prefix starts_below(const struct cut *cut, int64_t limit)
{
    struct prefix full[MAX_LEVELS];
    for (int j = cut->n_levels - 1; j >= 0; j--)
        full[j] = prefix_chain(cut, j + 1, cut->tiles[j], cut->tiles[j], full);
    return prefix_chain(cut, 0, cut->extent, limit < cut->extent ? limit : cut->extent, full);
}

struct cut_prefix cut_starts_below(const struct cut *cut, int64_t limit, bool *overflow)
{
    struct prefix starts = starts_below(cut, limit);
    return (struct cut_prefix){starts.count, narrow(starts.sum, overflow)};
}

/* The last indices of the pieces: one less than the starts but 0, and extent - 1. */
static struct prefix lasts_below(const struct cut *cut, int64_t limit)
{
    if (limit <= 0)
        return (struct prefix){0, 0};
    struct prefix starts = starts_below(cut, limit < cut->extent ? limit + 1 : limit);
    struct prefix lasts = {starts.count - 1, starts.sum - (starts.count - 1)};
    if (limit >= cut->extent) {
        lasts.count++;
        lasts.sum += cut->extent - 1;
    }
    return lasts;
}

/* How many indices x of [0, extent) have a x <= y, for a > 0: floor(y / a) + 1, cut to the range. */
static int64_t indices_up_to(wide y, wide a, int64_t extent)
{
    if (y < 0)
        return 0;
    wide last = y <= INT64_MAX && a <= INT64_MAX ? (int64_t)y / (int64_t)a : y / a;
    return last < extent ? (int64_t)last + 1 : extent;
}

typedef struct prefix prefix_of(const struct cut *cut, int64_t limit);

/* Sum of clamp(a * x + b, low, high) over x in a set given by its prefix function. */
static wide sum_clamped(const struct cut *cut, prefix_of *below, wide a, wide b, wide low, wide high)
{
    if (a < 0)
        return -sum_clamped(cut, below, -a, -b, -high, -low);
    wide n = cut_count(cut);
    if (a == 0)
        return n * (b < low ? low : b > high ? high : b);
    struct prefix at_low = below(cut, indices_up_to(low - b, a, cut->extent));
    struct prefix not_above = below(cut, indices_up_to(high - b, a, cut->extent));
    /* a and b may be far beyond what they add up to; their products wrap around and back */
    bits128 between =
        (bits128)a * (bits128)(not_above.sum - at_low.sum) + (bits128)b * (bits128)(wide)(not_above.count - at_low.count);
    return (wide)between + low * at_low.count + high * (n - not_above.count);
}

int64_t cut_sum_of_starts(const struct cut *cut, int64_t a, int64_t b, int64_t low, int64_t high, bool *overflow)
{
    return narrow(sum_clamped(cut, starts_below, a, b, low, high), overflow);
}

int64_t cut_sum_of_lasts(const struct cut *cut, int64_t a, int64_t b, int64_t low, int64_t high, bool *overflow)
{
    return narrow(sum_clamped(cut, lasts_below, a, b, low, high), overflow);
}

int64_t cut_sum_inside(const struct cut *cut, int64_t a, int64_t least, int64_t most, int64_t low, int64_t high,
                       bool *overflow)
{
    wide ends = sum_clamped(cut, a > 0 ? lasts_below : starts_below, a, (wide)most + 1, low, high);
    wide starts = sum_clamped(cut, a > 0 ? starts_below : lasts_below, a, least, low, high);
    return narrow(ends - starts, overflow);
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

bool cut_next(const struct cut *cut, const int64_t *start, int64_t *size, int64_t *next)
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
