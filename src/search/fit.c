/* fit.c: the tiles of a known tree, moved to suit another accelerator.
 * SPDX-License-Identifier: MIT
 *
 * A tree that was good with 64 x 128 PEs has tiles of 128; with 150 x 200 the same tree wants tiles of 150, 200 or a multiple.
 * Loop by loop the tiles that could be better are priced: the multiples of PE dimensions nearby, and the smallest tiles
 * with as many pieces, or one more or less.
 */
#include "search/atlas.h"

#include <string.h>

enum { MOST_TILES_TRIED = 16, MOST_ROUNDS = 2 };

static int add_tile(int64_t *tiles, int n, int64_t tile, int64_t extent, int64_t now)
{
    if (tile < 1 || tile > extent || tile == now || n == MOST_TILES_TRIED)
        return n;
    for (int i = 0; i < n; i++)
        if (tiles[i] == tile)
            return n;
    tiles[n] = tile;
    return n + 1;
}

static int choose_tiles(const struct sinter_accel *accel, int64_t tile, int64_t extent, int64_t tiles[MOST_TILES_TRIED])
{
    int n = 0;
    int64_t pieces = sinter_ceil_div(extent, tile);
    for (int u = 0; u < accel->n_units; u++)
        for (int d = 0; d < accel->units[u].n_dims; d++) {
            int64_t p = accel->units[u].pes[d];
            n = add_tile(tiles, n, tile / p * p, extent, tile);
            n = add_tile(tiles, n, (tile / p + 1) * p, extent, tile);
        }
    for (int64_t k = pieces > 1 ? pieces - 1 : 1; k <= pieces + 1; k++)
        n = add_tile(tiles, n, sinter_ceil_div(extent, k), extent, tile);
    return n;
}

enum sinter_status fit_tree(struct solver *solver, struct tree *tree)
{
    struct sinter_node *nodes = sinter_arena_alloc(solver->arena, (size_t)tree->n_nodes, sizeof *nodes);
    bool is_moved = true;
    if (nodes == NULL)
        return SINTER_NO_MEMORY;
    memcpy(nodes, tree->nodes, (size_t)tree->n_nodes * sizeof *nodes);
    for (int round = 0; round < MOST_ROUNDS && is_moved; round++) {
        is_moved = false;
        for (int i = 0; i < tree->n_nodes; i++) {
            int64_t tiles[MOST_TILES_TRIED], best = nodes[i].tile;
            if (nodes[i].kind != SINTER_LOOP || best == 1) /* one by one is meant so */
                continue;
            int n = choose_tiles(solver->accel, best, solver->cascade->ranks[nodes[i].rank].extent, tiles);
            for (int k = 0; k < n; k++) {
                struct tree moved = *tree;
                moved.nodes = nodes;
                nodes[i].tile = tiles[k];
                enum sinter_status status = price_tree(solver, &moved);
                if (status == SINTER_NO_MEMORY)
                    return status;
                if (status != SINTER_OK || tree_value(solver, &moved) >= tree_value(solver, tree) * (1 - 1e-6))
                    continue;
                *tree = moved;
                best = tiles[k];
                is_moved = true;
            }
            nodes[i].tile = best;
        }
    }
    tree->is_polished &= tree->nodes != nodes;
    return SINTER_OK;
}
