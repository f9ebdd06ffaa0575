/* solver.h: the search for the best path through the groups of a cascade.
 * SPDX-License-Identifier: MIT
 *
 * Edges start with a crude bound. Over and over, the cheapest path is looked for, where an edge with a tree costs what its
 * tree costs and another one its bound; what is least known of its edges is found out. Bounds only rise, so a path whose edges
 * are all known is the best one, and at any time no schedule is below the path by bounds alone.
 */
#ifndef SINTER_SEARCH_SOLVER_H
#define SINTER_SEARCH_SOLVER_H

#include <time.h>

#include "search/weave.h"
#include "sinter/search.h"

struct solver {
    const struct sinter_cascade *cascade;
    const struct sinter_accel *accel;
    const struct sinter_allocator *allocator;
    struct sinter_diagnostics *diags;
    struct sinter_arena *arena, *scratch;
    struct lattice lattice;
    struct floors *floors;
    struct graph graph;
    struct sinter_accel doubled; /* the accelerator with memories that have room for each tile twice: what fits there can be
                                    loaded ahead */
    int n_ways;                  /* 2, or 1 if the accelerator is like that */
    struct mapper mappers[2];
    struct weaver weavers[2];
    struct weights weights;
    int *unit_of;
    int *path;
    double cycles_per_bit; /* of DRAM; of two ports that work side by side, what both together need at least */
    double gap;
    bool is_hasty;          /* no group is enumerated: one search among many */
    int64_t most_simulated; /* of trees that were only priced; those beyond are given up. 0: all */
    double idle;            /* a tree that waits no longer than this fraction of its closed form is not polished */
    double waits;           /* what a cycle that a simulation waits counts beside one of the closed form */
    const struct sinter_search_options *options;
    struct timespec begin;
    double proof_seconds;
    int n_rushes;
    bool has_path; /* trees for all of the cascade are known: until then, a search may take longer */
    struct sinter_search counters;
};

/* ---- optimal.c: what paths cost ---------------------------------------------------------------------------------------- */

struct outcome {
    double cycles; /* simulated */
    double bound_cycles, bits, joules, peak_bits;
};
struct outcome sum_up(const struct solver *solver, const int *path, int n, double compute_joules);
/* Of all operations, each on the unit that needs least. */
double least_compute_joules(const struct solver *solver);
struct weights latency_weights(const struct solver *solver);
struct weights traffic_weights(const struct solver *solver);

/* rivals.c: takes the schedule of a named strategy if it is better, `best` becomes its outcome and *rule its name with its
 * options. `is_found`: there is a schedule at all. SINTER_INFEASIBLE when there is none then. */
enum sinter_status try_named(struct solver *solver, double compute_joules, bool is_found, struct outcome *best,
                             struct sinter_schedule *schedule, const char **rule);
/* retouch.c: moves the tiles of the schedule that was found as long as it is simulated to end earlier, unless its simulation
 * is within the gap of the bound. */
enum sinter_status retouch(const struct sinter_search_options *options, struct sinter_schedule *schedule,
                           struct sinter_search *search);

/* ---- solver.c ------------------------------------------------------------------------------------------------------------ */

enum sinter_status solver_open(struct solver *solver, const struct sinter_schedule *schedule,
                               const struct sinter_search_options *options, struct sinter_diagnostics *diags);
void solver_close(struct solver *solver);
double solver_seconds(const struct solver *solver); /* since it was opened */
/* But for rounding. */
int compare_values(double a, double b);

einsum_set group_of(const struct solver *solver, const struct edge *edge);
/* Units that a group may run on: each Einsum on its fastest, then all on one. False when there are no more. */
bool choose_units(struct solver *solver, einsum_set group, int choice);
/* Takes a shape as the tree of an edge if it is better than what it has. */
enum sinter_status keep_tree(struct solver *solver, struct edge *edge, struct mapper *mapper, const struct shape *shape);

/* A guess of what the group of an edge costs, and trees for it. */
void sketch_edge(struct solver *solver, struct edge *edge);
enum sinter_status weave_edge(struct solver *solver, struct edge *edge);
/* rush.c: trees for the path that is best by guesses. */
enum sinter_status rush(struct solver *solver);

/* enumerate.c: tries all trees of a group, if they are few. */
enum sinter_status enumerate_edge(struct solver *solver, struct edge *edge);

/* Closed form of a tree, as a group of its own. SINTER_INFEASIBLE or SINTER_BAD_INPUT where it is none here. */
enum sinter_status price_tree(struct solver *solver, struct tree *tree);
double tree_value(const struct solver *solver, const struct tree *tree);
/* Of two values that are equal but for rounding, the tree decides: less traffic, which is less energy, then the lower peak. */
bool is_better_tree(const struct tree *a, double value_of_a, const struct tree *b, double value_of_b);
/* The same, simulated: groups follow one another, so each can be timed by itself. */
enum sinter_status time_tree(struct solver *solver, struct tree *tree);
bool is_over(const struct solver *solver); /* nothing may be tried any more */

/* Appends a tree to a schedule. */
void append_tree(const struct tree *tree, struct sinter_schedule *out);

/* polish.c: moves tiles of the trees on a path as long as they are simulated to end earlier and their closed form stays within a part
 * of the gap. */
enum sinter_status polish(struct solver *solver, const int *path, int n);

/* No schedule has a lower value by these weights, as far as is known. */
double solver_bound(struct solver *solver, const struct weights *weights);

/* The best path by these weights; solver->path gets its *n_edges edges, which all have trees; 0: nothing fits. *least: no
 * schedule has a lower value. */
enum sinter_status solve(struct solver *solver, const struct weights *weights, int *n_edges, double *least);

#endif
