/* rush.c: trees for what looks best by guesses, while there is time for them.
 * SPDX-License-Identifier: MIT
 *
 * Guesses only rise as a path is looked at closely, so with many groups that are all a little worse than their bounds a search
 * goes from one guess to the next and may end without a tree. When half of what it may try is used up, and again after another
 * quarter, the path that is best by guesses alone gets its trees, and may still be improved.
 */
#include "search/solver.h"

#include <math.h>

/* The path of the smallest groups has guesses, so that there is a path at all. */
static void sketch_smallest(struct solver *solver)
{
    const struct lattice *lattice = &solver->lattice;
    for (int from = 0, to; from + 1 < lattice->n_sets; from = to) {
        to = from + 1;
        while ((lattice->sets[from] & ~lattice->sets[to]) != 0)
            to++;
        struct edge *edge = &solver->graph.edges[edge_of(lattice, from, to)];
        if (edge->state < EDGE_SKETCHED)
            sketch_edge(solver, edge);
    }
}

enum sinter_status rush(struct solver *solver)
{
    enum sinter_status status = SINTER_OK;
    double value;
    sketch_smallest(solver);
    int n = find_path(&solver->graph, BY_SKETCH, solver->path, &value);
    for (int i = 0; i < n && status == SINTER_OK; i++) {
        struct edge *edge = &solver->graph.edges[solver->path[i]];
        if (edge->state != EDGE_SKETCHED)
            continue;
        status = weave_edge(solver, edge);
        graph_update(&solver->graph, edge);
        if (solver->mappers[0].failed || solver->mappers[1].failed)
            status = SINTER_NO_MEMORY;
    }
    return status;
}
