/* graph.h: every way to cut a cascade into groups, as paths in a graph.
 * SPDX-License-Identifier: MIT
 *
 * The nodes are the down-sets of a cascade, an edge from one to a larger one is a group of the Einsums between. A schedule is
 * a path from the empty set to the full one, and its value is the sum over the edges: groups follow one another. Of each
 * edge a lower bound is known, and a tree once one was looked for.
 */
#ifndef SINTER_SEARCH_GRAPH_H
#define SINTER_SEARCH_GRAPH_H

#include "search/floor.h"

/* What a cycle, and a bit from or to DRAM, count in the value of a schedule. */
struct weights {
    double per_cycle, per_bit;
};

/* How much is known of an edge; each state knows what the ones before it know. */
enum edge_state {
    EDGE_CRUDE,     /* compute cycles and compulsory traffic */
    EDGE_FLOOR,     /* what its group moves at least */
    EDGE_SKETCHED,  /* a rough idea of what a tree will cost */
    EDGE_WOVEN,     /* trees, priced and simulated: the best of them */
    EDGE_ENUMERATED /* all trees were tried, or too many to try them */
};

/* A tree of one group, as it stands in a schedule. */
struct tree {
    int n_nodes;
    const struct sinter_node *nodes;
    double bound_cycles; /* closed form */
    double compute_cycles;
    double cycles; /* simulated; of one that was not, the bound */
    double bits, peak_bits;
    bool is_timed;    /* simulated, if that is possible */
    bool is_polished; /* its tiles were moved by simulation */
};

/* Of all trees of a group, those of which none is better in both. */
struct point {
    double cycles, bits;
};

struct edge {
    int from, to; /* nodes */
    enum edge_state state;
    double least_cycles, least_bits; /* no tree has less */
    int n_points;                    /* > 0: every tree of the space is no better than one of these */
    const struct point *points;
    double least;    /* nor a lower value */
    double sketched; /* a guess */
    double taught;   /* what an earlier search guessed, over the bound; 0: nothing */
    bool is_fitted;  /* tiles of taught trees were moved */
    bool is_taught;  /* woven for an accelerator that is not much like this one */
    double hint;     /* what a part of the group was guessed to cost beyond its bound */
    bool is_barred;  /* no path may have it */
    bool has_tree;
    struct tree tree;
    double value; /* of the tree */
};

/* What an edge costs for a search: by its bound; by its tree, if it has one; by its tree, else by the guess or the bound; by
 * its tree or its guess, if it has any. */
enum edge_cost { BY_BOUND, BY_TREE, BY_BEST, BY_SKETCH, N_COSTS };

struct graph {
    const struct lattice *lattice;
    int n_edges;
    struct edge *edges;     /* by `to`, then `from` */
    int *first;             /* by node: its first edge in; n_sets + 1 of them */
    int *from;              /* by edge, as in edges[]: paths are looked for again and again */
    double *costs[N_COSTS]; /* by edge, as graph_update() left them */
    double *sums;           /* by node: scratch of find_path */
    int *last;              /* by node: the edge that a path enters it by */
};

enum sinter_status graph_new(const struct lattice *lattice, struct floors *floors, struct sinter_arena *arena,
                             struct sinter_diagnostics *diags, struct graph *graph);

/* The edge between two nodes, the first a subset of the second; from = to = n_sets: the number of edges. */
int edge_of(const struct lattice *lattice, int from, int to);

/* To be called when an edge has changed. */
void graph_update(struct graph *graph, const struct edge *edge);

/* The path of least value; edges[] gets its edges in order. Returns their number, 0: there is no path. Of equals the one with
 * the lower edges, which is the same for everyone. */
int find_path(const struct graph *graph, enum edge_cost cost, int *edges, double *value);

#endif
