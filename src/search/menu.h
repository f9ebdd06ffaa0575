/* menu.h: the ways to run a part inside given loops, guessed in closed form.
 * SPDX-License-Identifier: MIT
 *
 * A part is a leaf, a chain or a sequence of leaves in up to two loops of its own; all that a sequence holds is taken to live
 * at once. With n_i the trips of loop i and R the ranks that index tensor X,
 *
 *     X held above loop j        moves bits(X) * product of n_i over the loops i < j that R lacks
 *     a result held above j      is stored n and loaded n - 1 times, n the same product
 *     its tile                   is the product of what the loops i < j have left of its ranks
 *
 * Windows are taken for their plain tiles. The plan has the last word on all of it.
 */
#ifndef SINTER_SEARCH_MENU_H
#define SINTER_SEARCH_MENU_H

#include "search/mapper_internal.h"

enum { MOST_FRAME = 3, MOST_INNER = 2, MOST_LEVELS = MOST_FRAME + MOST_INNER, MOST_OWN = 12 };

/* Loops, outermost first. */
struct frame {
    int n_loops;
    struct nest_loop loops[MOST_LEVELS];
};

/* What a loop leaves of a rank, and how often it goes round: loops that make one trip do nothing. */
int64_t frame_range(const struct sinter_cascade *cascade, const struct frame *frame, int n_loops, int rank);
double frame_trips(const struct sinter_cascade *cascade, const struct frame *frame, int loop);
/* Visits of a body inside the first `level` loops by those that do not index a tensor. */
double frame_visits(const struct sinter_cascade *cascade, const struct frame *frame, int level, sinter_rank_set ranks);
/* Bits of the tile of an operand there; at level 0 all that it touches. */
double frame_bits(const struct sinter_cascade *cascade, const struct frame *frame, int level,
                  const struct sinter_operand *operand);
/* The operand by which some of these Einsums use a tensor: its maker's, else the one that reaches farthest. */
const struct sinter_operand *find_operand(const struct sinter_cascade *cascade, einsum_set set, int tensor);
/* Bits of the slices that a tensor carries along the loops; *level: outside of which one they stand, -1: there is no such
 * loop. */
double frame_carry(const struct sinter_cascade *cascade, const struct frame *frame, int tensor, int *level);

/* A tensor that a part moves from or to DRAM by itself. */
struct own {
    int tensor;
    bool is_made;
    bool is_common; /* several Einsums of a sequence use it: it is held in the body at least */
    sinter_rank_set ranks;
    const struct sinter_operand *operand;
};

struct part {
    einsum_set einsums;
    enum sinter_node_kind kind; /* SINTER_LEAF, SINTER_CHAIN, or SINTER_GROUP: a sequence of leaves */
    int n_own, n_inner;
    struct own own[MOST_OWN];
    const struct sinter_operand *inner[MOST_OWN]; /* tensors that only a sequence itself uses */
    int n_carried;                                /* tensors made here that somebody looks back at */
    int carried[MOST_OWN];
    uint64_t key; /* of all that a menu depends on */
    const struct part *next;
};

struct option {
    double cycles, bits, room; /* bits: from and to DRAM; room: on chip at once */
    double step;               /* the largest tile that is brought in more than once: with so much room left, ahead */
    double depth;              /* logarithm of the steps of its loops */
    int n_loops;
    struct nest_loop loops[MOST_INNER];
    signed char above[MOST_OWN]; /* by own tensor: held above this inner loop; n_loops: streamed */
};

struct menus;
struct part_menu {
    uint64_t key;
    const struct part *part;
    struct frame frame;
    struct menus *all;
    double room; /* of the memory */
    int n, capacity;
    struct option *options; /* none is better than another */
};

/* Menus that were made before: open addressing, never more than half full; and cycles that were asked for before, each at
 * the place that its key names, until another one takes it. */
struct cycles_memo {
    uint64_t key;
    double cycles;
};
struct menus {
    bool is_double; /* what a part moves by itself has room for its next tile, too */
    size_t size, n;
    struct part_menu **table;
    struct cycles_memo *cycles; /* N_CYCLES of them */
    const struct part **parts;  /* N_PARTS lists, by key */
};
enum { N_CYCLES = 1 << 14, N_PARTS = 256 };
bool menus_new(struct mapper *mapper, bool is_double, struct menus *menus);
/* The one copy of such a part; menus are kept for it. NULL when memory is out. */
const struct part *find_part(struct mapper *mapper, struct menus *menus, const struct part *part);

/* Cycles of an Einsum inside these loops. */
double frame_cycles(const struct mapper *mapper, struct menus *menus, const struct frame *frame, int einsum);

/* NULL when memory is out: mapper->failed. */
const struct part_menu *find_menu(struct mapper *mapper, struct menus *menus, const struct part *part,
                                  const struct frame *frame);

/* Tiles of a loop over a range that are worth a guess, ascending and below the range; at most MOST_GUESSES. `is_thin`: few. */
enum { MOST_GUESSES = 24 };
int guess_tiles(const struct mapper *mapper, bool is_thin, int64_t range, int64_t tiles[MOST_GUESSES]);

#endif
