/* weave_internal.h: what the files of the weaver share.
 * SPDX-License-Identifier: MIT
 *
 *     web.c     atoms of a group, parts that they may form, tensors that live beside them
 *     guess.c   a frame: its parts and what they cost, in closed form
 *     settle.c  trees: built, priced by the plan, their tiles moved
 *     weave.c   the best of the frames
 */
#ifndef SINTER_SEARCH_WEAVE_INTERNAL_H
#define SINTER_SEARCH_WEAVE_INTERNAL_H

#include "search/weave.h"

enum { MOST_ATOMS = MOST_EINSUMS, MOST_BEST = 6, MOST_LASTING = 64 };

/* A tensor that lives in the body of the frame where it is used by several parts: handed on from one to another, or brought
 * in for all of them. Atoms are what no part divides: Einsums, or all of a recurrence. */
struct lasting {
    int tensor;
    int first, last; /* atoms that use it */
    bool is_external, is_sent;
    sinter_rank_set ranks;
    const struct sinter_operand *operand;
};

/* Atoms first .. last as one part. */
struct span {
    bool is_legal;
    const struct part *part;
    uint64_t live;  /* lasting tensors that live while it runs */
    uint64_t moves; /* those of them that it brings in or sends out for all */
};

struct web {
    struct weaver *weaver;
    struct mapper *mapper;
    einsum_set set;
    sinter_rank_set common;
    int n_atoms, n_lasting, n_carried, n_external;
    einsum_set atoms[MOST_ATOMS];
    struct lasting lasting[MOST_LASTING];
    struct lasting external[MOST_LASTING]; /* all that comes from DRAM, whoever uses it */
    int carried[MOST_OWN];
    struct span *spans; /* by last, then first */
    double room;
    int memory;
};

struct resident {
    int tensor, above; /* held above this loop of the frame */
};

/* A frame, its parts and their choices. */
struct guess {
    struct frame frame;
    double cycles, bits, value;
    int n_residents, n_parts;
    struct resident residents[MOST_HOLDS];
    const struct span *spans[MOST_ATOMS];
    struct option options[MOST_ATOMS];
};

static inline struct span *span_at(const struct web *web, int first, int last)
{
    return &web->spans[last * (last + 1) / 2 + first];
}

/* A tree with room for its parts, and for the leaves of sequences among them. */
struct woven_tree {
    struct shape group, parts[MOST_ATOMS], leaves[MOST_EINSUMS];
    const struct shape *list[MOST_ATOMS], *leaf_list[MOST_EINSUMS];
};

/* ---- web.c --------------------------------------------------------------------------------------------------------- */

/* A group, cut into atoms; NULL when memory is out. */
struct web *open_web(struct weaver *weaver, einsum_set set);
/* Every part that consecutive atoms may form, and what lives beside it. `holds_shared`: what comes from DRAM for several parts is
 * held for all of them. */
bool find_spans(struct web *web, bool holds_shared);

/* ---- guess.c ------------------------------------------------------------------------------------------------------- */

/* What counts of the cycles that a tree is expected to take beyond its closed form: so much that of trees with nearly equal
 * ones the one with fewer waits is taken. */
static const double WAIT = 0.01;
double weigh(const struct weaver *weaver, double cycles, double bits);
/* A guess with both resources, then with the one that is waited for made dear: which one that is shows when all parts have
 * chosen. False when it costs more than `most` for sure, or does not fit. */
bool guess_best(struct web *web, const struct frame *frame, double most, struct guess *best);
/* The same with these prices of a cycle and a bit. */
bool guess_frame(struct web *web, struct guess *guess, double per_cycle, double per_bit);

/* ---- settle.c ------------------------------------------------------------------------------------------------------ */

/* The next tiles that make one trip more or less, aligned ones, and larger steps; at most 16. */
int neighbours(int64_t t, int64_t range, int64_t *tiles);
void shape_guess(const struct web *web, const struct guess *guess, struct woven_tree *tree);
/* What the plan says; *over: bits beyond the capacity. */
bool price_shape(struct web *web, const struct shape *shape, struct woven *woven, double *over);
bool is_less(const struct woven *a, const struct woven *b);
/* Moves tiles of a tree as long as that helps. */
void settle(struct web *web, struct woven_tree *tree, struct woven *best);

#endif
