/* graph.c: every way to cut a cascade into groups, as paths in a graph.
 * SPDX-License-Identifier: MIT
 */
#include "search/graph.h"

#include <math.h>

int edge_of(const struct lattice *lattice, int from, int to)
{
    int edge = 0;
    for (int t = 0; t <= to && t < lattice->n_sets; t++)
        for (int f = 0; f < (t < to ? t : from); f++)
            edge += (lattice->sets[f] & ~lattice->sets[t]) == 0;
    return edge;
}

enum sinter_status graph_new(const struct lattice *lattice, struct floors *floors, struct sinter_arena *arena,
                             struct sinter_diagnostics *diags, struct graph *graph)
{
    size_t n = (size_t)lattice->n_sets;
    *graph = (struct graph){.lattice = lattice};
    graph->first = sinter_arena_alloc(arena, n + 1, sizeof *graph->first);
    graph->sums = sinter_arena_alloc(arena, n, sizeof *graph->sums);
    graph->last = sinter_arena_alloc(arena, n, sizeof *graph->last);
    int n_edges = edge_of(lattice, lattice->n_sets, lattice->n_sets);
    graph->edges = sinter_arena_alloc(arena, (size_t)n_edges + 1, sizeof *graph->edges);
    graph->from = sinter_arena_alloc(arena, (size_t)n_edges + 1, sizeof *graph->from);
    bool failed = graph->from == NULL;
    for (int cost = 0; cost < N_COSTS; cost++) {
        graph->costs[cost] = sinter_arena_alloc(arena, (size_t)n_edges + 1, sizeof *graph->costs[cost]);
        failed |= graph->costs[cost] == NULL;
    }
    if (failed || graph->first == NULL || graph->sums == NULL || graph->last == NULL || graph->edges == NULL)
        return sinter_out_of_memory(diags);
    for (int to = 0; to < lattice->n_sets; to++) {
        graph->first[to] = graph->n_edges;
        for (int from = 0; from < to; from++) {
            if ((lattice->sets[from] & ~lattice->sets[to]) != 0)
                continue;
            struct floor crude = crude_floor_of(floors, lattice->sets[to] & ~lattice->sets[from]);
            graph->from[graph->n_edges] = from;
            graph->edges[graph->n_edges++] =
                (struct edge){.from = from, .to = to, .least_cycles = crude.cycles, .least_bits = crude.bits};
        }
    }
    graph->first[lattice->n_sets] = graph->n_edges;
    return SINTER_OK;
}

static double cost_of(const struct edge *edge, enum edge_cost cost)
{
    if (edge->is_barred)
        return (double)INFINITY;
    if (cost == BY_BOUND)
        return edge->least;
    double value = edge->has_tree ? edge->value : (double)INFINITY;
    if (cost == BY_TREE || edge->state >= EDGE_WOVEN)
        return value;
    if (cost == BY_SKETCH && edge->state < EDGE_SKETCHED)
        return value;
    double guess = edge->least + edge->hint;
    if (edge->state == EDGE_SKETCHED)
        guess = edge->sketched > edge->least ? edge->sketched : edge->least;
    return guess < value ? guess : value;
}

void graph_update(struct graph *graph, const struct edge *edge)
{
    for (int cost = 0; cost < N_COSTS; cost++)
        graph->costs[cost][edge - graph->edges] = cost_of(edge, (enum edge_cost)cost);
}

int find_path(const struct graph *graph, enum edge_cost cost, int *edges, double *value)
{
    int n_sets = graph->lattice->n_sets, n = 0;
    graph->sums[0] = 0;
    for (int to = 1; to < n_sets; to++) {
        double least = (double)INFINITY;
        for (int i = graph->first[to]; i < graph->first[to + 1]; i++) {
            double sum = graph->sums[graph->from[i]] + graph->costs[cost][i];
            if (sum < least) {
                least = sum;
                graph->last[to] = i;
            }
        }
        graph->sums[to] = least;
    }
    *value = graph->sums[n_sets - 1];
    if (!isfinite(*value))
        return 0;
    for (int to = n_sets - 1; to > 0; to = graph->edges[graph->last[to]].from)
        edges[n++] = graph->last[to];
    for (int i = 0, j = n - 1; i < j; i++, j--) {
        int swapped = edges[i];
        edges[i] = edges[j];
        edges[j] = swapped;
    }
    return n;
}
