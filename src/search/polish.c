/* polish.c: tiles of the trees on a path, moved by simulation.
 * SPDX-License-Identifier: MIT
 */
#include "search/solver.h"

#include <string.h>

/* One loop of a tree with another tile; *is_better: the tree has it now. */
static enum sinter_status try_tile(struct solver *solver, struct edge *edge, struct sinter_node *nodes, int loop,
                                   int64_t tile, double most_cycles, bool *is_better)
{
    struct tree moved = edge->tree;
    int64_t before = nodes[loop].tile;
    nodes[loop].tile = tile;
    moved.nodes = nodes;
    *is_better = false;
    enum sinter_status status = time_tree(solver, &moved);
    if (status == SINTER_OK && moved.cycles < edge->tree.cycles * (1 - 1e-6) && moved.bound_cycles <= most_cycles) {
        edge->tree = moved;
        edge->value = tree_value(solver, &moved);
        graph_update(&solver->graph, edge);
        *is_better = true;
    } else {
        nodes[loop].tile = before;
    }
    return status == SINTER_NO_MEMORY ? status : SINTER_OK;
}

static enum sinter_status polish_edge(struct solver *solver, struct edge *edge)
{
    enum { MOST_ROUNDS = 2, MOST_LOOPS_TRIED = 4 };
    double most_cycles = edge->tree.bound_cycles * (1 + solver->gap / 4);
    if (edge->tree.is_polished || edge->tree.cycles <= edge->tree.bound_cycles * (1 + solver->idle))
        return SINTER_OK;
    edge->tree.is_polished = true;
    struct sinter_node *nodes = sinter_arena_alloc(solver->arena, (size_t)edge->tree.n_nodes, sizeof *nodes);
    if (nodes == NULL)
        return SINTER_NO_MEMORY;
    memcpy(nodes, edge->tree.nodes, (size_t)edge->tree.n_nodes * sizeof *nodes);
    for (int round = 0; round < MOST_ROUNDS; round++) {
        bool is_moved = false;
        int n_tried = 0;
        for (int i = 0; i < edge->tree.n_nodes && n_tried < MOST_LOOPS_TRIED; i++) {
            if (nodes[i].kind != SINTER_LOOP)
                continue;
            n_tried++;
            int64_t t = nodes[i].tile, extent = solver->cascade->ranks[nodes[i].rank].extent;
            int64_t tiles[] = {t / 2, t / 4, t - t / 4, 2 * t};
            for (int k = 0; k < 4; k++) {
                bool is_better = false;
                if (edge->tree.cycles <= edge->tree.bound_cycles * (1 + solver->idle))
                    return SINTER_OK;
                if (tiles[k] < 1 || tiles[k] >= extent)
                    continue;
                enum sinter_status status = try_tile(solver, edge, nodes, i, tiles[k], most_cycles, &is_better);
                if (status != SINTER_OK)
                    return status;
                is_moved |= is_better;
                if (is_better)
                    break;
            }
        }
        if (!is_moved)
            break;
    }
    return SINTER_OK;
}

enum sinter_status polish(struct solver *solver, const int *path, int n)
{
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < n && status == SINTER_OK && !is_over(solver); i++)
        status = polish_edge(solver, &solver->graph.edges[path[i]]);
    return status == SINTER_NO_MEMORY ? sinter_out_of_memory(solver->diags) : status;
}
