/* atlas.h: what searches for one cascade have found, for those that come after on other accelerators.
 * SPDX-License-Identifier: MIT
 *
 * Down-sets, and so the edges between them, are those of the cascade alone. What is known of an edge carries over:
 *
 *     a tree        is a tree on any accelerator with the same memories and units, if it fits; it is priced again
 *     traffic       that no tree of the group goes below with some memory, none goes below with less
 *     a guess       of what a tree costs, relative to its bound, says where to look and where not to
 *
 * Bounds and prices are always those of the accelerator at hand, so what was learned elsewhere never spoils a proof.
 */
#ifndef SINTER_SEARCH_ATLAS_H
#define SINTER_SEARCH_ATLAS_H

#include "search/solver.h"

enum { MOST_KNOWN_TREES = 12, MOST_TREE_NODES = 512, MOST_WOVEN = 12 };

struct known_tree {
    int n_nodes;
    const struct sinter_node *nodes;
    double compute_cycles, bits, peak_bits; /* where it was found; no other known tree is as good in all three */
    int search;                             /* by this one */
    bool is_polished;
    bool has_won; /* it was part of the best schedule of some search */
};

/* What an accelerator has that decides which trees are good on it. */
struct sizes {
    double capacity_bytes[SINTER_MAX_MEMORIES];
    int64_t n_pes[SINTER_MAX_UNITS], pes[SINTER_MAX_UNITS][SINTER_MAX_PE_DIMS];
    double cycles_per_bit;
    bool is_tried; /* all that may be priced was, or all is proven: more of that would find no more */
};

/* Searches are named by the number of the accelerator that they were for. */
struct known_edge {
    int n_trees, next; /* the place of the tree that gives way when all are taken */
    struct known_tree trees[MOST_KNOWN_TREES];
    double bits; /* at least, 0: not known, */
    int floor;   /* with the memory of this one */
    int n_woven; /* since the first, searches that wove trees; the last MOST_WOVEN of them, and how far they came */
    struct {
        int search;
        enum edge_state state;
    } woven[MOST_WOVEN];
    int fitted;   /* by the last one that moved the tiles of trees that were found elsewhere; -1: none did */
    double guess; /* over its bound; 0: none was made, */
    int guessed;  /* by this one */
};

struct atlas {
    int n_edges, n_memories, n_units; /* of what was learned; n_edges 0: nothing was */
    struct known_edge *edges;
    int n_searches, capacity;
    struct sizes *searches;
    struct sinter_arena *arena;
};

/* `arena` keeps what is learned. Functions fail with SINTER_NO_MEMORY only. */
void atlas_init(struct atlas *atlas, struct sinter_arena *arena);
/* Makes room for the edges of a lattice, on accelerators like this; nothing when there is. */
enum sinter_status atlas_begin(struct atlas *atlas, const struct lattice *lattice, const struct sinter_accel *accel);
/* A group of a schedule, which begins at its node `first`. */
enum sinter_status atlas_add(struct atlas *atlas, int edge, const struct sinter_node *group, int first);
/* From a solver that has searched; `path`: the groups of its best schedule; `is_tried`: see struct sizes. */
enum sinter_status atlas_learn(struct atlas *atlas, const struct solver *solver, bool is_tried, const int *path, int n);
/* Was an accelerator like this tried? */
enum { LIKE_TREES = 2 };
#define LIKE_SEARCHES 1.4 /* factors of balance */
bool atlas_has_tried(const struct atlas *atlas, const struct sinter_accel *accel);
/* To a solver that was just opened, for the same cascade. */
enum sinter_status atlas_teach(const struct atlas *atlas, struct solver *solver, const struct weights *weights);

/* fit.c: moves the tiles of a tree, which was priced, as long as that makes it better. */
enum sinter_status fit_tree(struct solver *solver, struct tree *tree);

/* optimal.c: one search. `asks_named`: named strategies may do better where nothing is proven. With an atlas (may be NULL) it
 * begins with what is known and leaves what it found; `is_tried`: see struct sizes; `is_settling`: with nothing but that, and what is simulated counts. */
struct help {
    bool asks_named, is_settling, is_tried;
    struct atlas *atlas;
};
enum sinter_status search_once(const struct sinter_search_options *options, struct help help,
                               struct sinter_schedule *schedule, struct sinter_diagnostics *diags,
                               struct sinter_search *search, struct outcome *outcome);

#endif
