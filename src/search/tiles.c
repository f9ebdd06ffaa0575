/* tiles.c: the tile sizes of a loop that can matter.
 * SPDX-License-Identifier: MIT
 */
#include "search/tiles.h"

#include <stdbool.h>

#include "sinter/base.h"

int64_t tile_steps(int64_t extent, int64_t tile, int64_t part)
{
    if (tile >= extent)
        return sinter_ceil_div(extent, part);
    int64_t whole = sinter_ceil_div(extent, tile) - 1;
    return whole * sinter_ceil_div(tile, part) + sinter_ceil_div(extent - whole * tile, part);
}

/* Does some tile in tiles[0..n) need at most as many steps as this one for every p? */
static bool is_matched(int64_t extent, int64_t tile, const int64_t *parts, int n_parts, const int64_t *tiles, int n)
{
    for (int i = 0; i < n; i++) {
        bool is_as_good = true;
        for (int p = 0; p < n_parts && is_as_good; p++)
            is_as_good = tile_steps(extent, tiles[i], parts[p]) <= tile_steps(extent, tile, parts[p]);
        if (is_as_good)
            return true;
    }
    return false;
}

/* Needs the tile as few steps as there can be, for every p? Then no larger one matters. */
static bool is_perfect(int64_t extent, int64_t tile, const int64_t *parts, int n_parts)
{
    for (int p = 0; p < n_parts; p++)
        if (tile_steps(extent, tile, parts[p]) > sinter_ceil_div(extent, parts[p]))
            return false;
    return true;
}

/* The next larger tile that may need fewer steps for some p. The whole pieces only need more as t grows; the last one, of
 * extent - (k - 1) * t, needs fewer from where it has come down to the next multiple of p. INT64_MAX: none does. */
static int64_t next_tile(int64_t extent, int64_t whole, int64_t tile, const int64_t *parts, int n_parts)
{
    int64_t next = INT64_MAX, rest = extent - whole * tile;
    for (int p = 0; p < n_parts && whole > 0; p++) {
        int64_t most = parts[p] * (sinter_ceil_div(rest, parts[p]) - 1); /* of the last piece, for a step less */
        int64_t from = sinter_ceil_div(extent - most, whole);
        next = most > 0 && from < next ? from : next;
    }
    return next;
}

int find_tiles(int64_t extent, const int64_t *parts, int n_parts, int64_t *tiles, int most)
{
    int n = 0;
    for (int64_t last = extent; last >= 1 && n < most;) { /* tiles up to `last` make as many trips as it, or more */
        int64_t trips = sinter_ceil_div(extent, last), first = sinter_ceil_div(extent, trips);
        int begin = n;
        for (int64_t t = first; t <= last && n < most; t = next_tile(extent, trips - 1, t, parts, n_parts)) {
            if (!is_matched(extent, t, parts, n_parts, tiles + begin, n - begin))
                tiles[n++] = t;
            if (is_perfect(extent, t, parts, n_parts))
                break;
        }
        for (int i = begin, j = n - 1; i < j; i++, j--) { /* descending here, turned as a whole below */
            int64_t swapped = tiles[i];
            tiles[i] = tiles[j];
            tiles[j] = swapped;
        }
        last = first - 1;
    }
    for (int i = 0, j = n - 1; i < j; i++, j--) {
        int64_t swapped = tiles[i];
        tiles[i] = tiles[j];
        tiles[j] = swapped;
    }
    return n;
}
