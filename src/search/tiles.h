/* tiles.h: the tile sizes of a loop that can matter.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_SEARCH_TILES_H
#define SINTER_SEARCH_TILES_H

#include <stdint.h>

/* A loop over `extent` by t makes k = ceil(extent / t) trips. What it moves depends on k alone, what lives on chip grows with
 * t, and its compute steps on p PEs are
 *
 *     S_p(t) = (k - 1) * ceil(t / p) + ceil((extent - (k - 1) * t) / p)
 *
 * so of the tiles with equal k only those matter that no smaller one matches in S_p for every p that an Einsum may spread the
 * rank over. The smallest one with equal k always does; a multiple of p can need fewer steps (5120 in 9 pieces on 128 PEs: 45
 * by 569, 40 by 640), and so can others (15 in 3 pieces on 4 PEs: 6 by 5, 5 by 6).
 *
 * Finds them in ascending order, at most `most` of the largest ones; returns how many there are. parts[]: each p > 1. */
int find_tiles(int64_t extent, const int64_t *parts, int n_parts, int64_t *tiles, int most);

/* S_p(t). */
int64_t tile_steps(int64_t extent, int64_t tile, int64_t part);

#endif
