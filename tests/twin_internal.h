/* twin_internal.h: what the parts of the naive twin share: the tree without one-trip loops, tiles, element sets.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_TWIN_INTERNAL_H
#define SINTER_TESTS_TWIN_INTERNAL_H

#undef NDEBUG /* an oracle checks itself in every build */
#include <assert.h>
#include <setjmp.h>

#include "twin.h"

#define TWIN_MAX_NODES 512
#define TWIN_MAX_ITEMS 64
#define TWIN_MAX_TILES 512
#define TWIN_MAX_ACCESSES 32
#define TWIN_MAX_STEPS 3000000

/* A node of the normalised tree. Lines are items of their body like children: the order is one order. */
struct twin_node {
    enum sinter_node_kind kind;
    int parent;   /* -1 for a group */
    int position; /* in the parent's items */
    int group;
    int rank;
    int64_t tile;
    int tensor, memory;
    bool is_double;
    int unit, n_einsums, einsums[TWIN_MAX_EINSUMS]; /* of a leaf or chain */
    int n_items, items[TWIN_MAX_ITEMS];
};

enum twin_kind { TWIN_HOLD, TWIN_LOCAL, TWIN_CARRY, TWIN_STREAM };

struct twin_tile {
    enum twin_kind kind;
    int tensor, memory, group;
    bool is_double;
    int line_body, line_position; /* where it was written, or where the text puts it: decides what it serves */
    int body, begin, end;         /* where it stands after moving out of loops; positions of the body's items */
    int n_accesses;
    const struct sinter_access *accesses[TWIN_MAX_ACCESSES]; /* what it serves, the target included */
    bool has_target;                                         /* the producer writes into it */
    bool has_reads;
    bool is_window;
    bool is_internal;  /* local of a chain: occupies nothing, moves nothing */
    bool is_spilled;   /* carry in dram */
    bool is_self;      /* stream: the c slices before the result that its leaf makes */
    bool is_stored;    /* a written, finished element is stored when it is dropped; an unfinished one always is */
    bool stores_state; /* the last slices go to the state tensor too */
    int source;        /* tile, or -1: DRAM */
    int carry;         /* of a local: its carry, or -1 */
    int local;         /* of a carry: the tile of its tensor */
    int64_t slices;    /* of a carry or a self look-back: c */
    bool has_moved;
    /* while walking */
    bool is_live;
    int64_t footprint, new_part; /* elements, by shape */
    int64_t visits;
    unsigned char *present, *dirty;
};

/* A tensor's elements; those of the slices before index 0 along the look-back rank come first. */
struct twin_tensor {
    int look_dim;             /* dimension of the look-back rank, or -1 */
    int64_t pad;              /* slices before 0 */
    int64_t n;                /* elements, padding included */
    bool state_in, state_out; /* the state tensor is read, written */
    int64_t need;             /* contributions that complete an element; 0: complete from the start */
    int *count, *epoch;       /* contributions so far; the leaf execution that made the last one */
    unsigned char *in_dram;   /* stored, partial or complete */
    unsigned char *in_spill;  /* stored by a spilled carry */
    unsigned char *state_stored;
};

struct twin_box {
    int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS]; /* inclusive; empty when high < low */
};

struct twin {
    const struct sinter_schedule *schedule;
    const struct sinter_cascade *cascade;
    const struct sinter_accel *accel;
    struct twin_result *result;
    jmp_buf stop;
    struct sinter_arena *arena;
    int n_nodes, n_groups, groups[TWIN_MAX_GROUPS];
    struct twin_node *nodes;
    int leaf_of[TWIN_MAX_EINSUMS], order_of[TWIN_MAX_EINSUMS];
    int n_tiles;
    struct twin_tile *tiles;
    int64_t low[SINTER_MAX_RANKS], high[SINTER_MAX_RANKS]; /* current ranges, inclusive */
    struct twin_tensor tensors[TWIN_MAX_TENSORS];
    bool counts_peak; /* the first walk counts visits, the second one the peaks, too */
    int epoch;
    int64_t steps;
};

/* Ends the run with a verdict. */
_Noreturn void twin_stop(struct twin *twin, enum twin_verdict verdict, const char *format, ...) SINTER_PRINTF(3, 4);

/* twin_tree.c */
void twin_normalise(struct twin *twin);
void twin_check_rules(struct twin *twin);
bool twin_is_leaf(const struct twin_node *node);
bool twin_encloses(const struct twin *twin, int outer, int inner);  /* equal counts */
int twin_item_towards(const struct twin *twin, int body, int node); /* position of the item of `body` that holds `node` */
int64_t twin_largest_range(const struct twin *twin, int node, int rank);
bool twin_has_loop(const struct twin *twin, int body, int rank); /* is a loop over rank around (or at) this body? */
bool twin_leaf_makes(const struct twin *twin, int leaf, int tensor);
bool twin_leaf_reads(const struct twin *twin, int leaf, int tensor);
bool twin_leaf_touches(const struct twin *twin, int leaf, int tensor);
int twin_common_body(const struct twin *twin, int group, int tensor);
bool twin_is_sent_out(const struct twin *twin, int group, int tensor);
bool twin_is_internal(const struct twin *twin, int tensor);
bool twin_is_read_in(const struct twin *twin, int group, int tensor);
/* The look-back x of r - x in dimension `dim`; false: it is not indexed by its own variable with coefficient 1. */
bool twin_look_back(const struct twin *twin, const struct sinter_access *access, int dim, int64_t *least, int64_t *most);
/* The largest look-back at the tensor along its look-back rank by a reader in this group; 0: none. */
int64_t twin_look_back_in(const struct twin *twin, int group, int tensor);

/* twin_tiles.c */
void twin_build_tiles(struct twin *twin);
int twin_add_tile(struct twin *twin, enum twin_kind kind, int tensor, int memory, int group);
void twin_serve(struct twin *twin, struct twin_tile *tile, const struct sinter_access *access, bool is_target);
bool twin_is_same_class(const struct twin *twin, const struct sinter_access *a, const struct sinter_access *b);
bool twin_is_line_over(const struct twin *twin, const struct twin_tile *tile, int leaf); /* stands the leaf below it? */
bool twin_stores_state(const struct twin *twin, int group, int tensor);
void twin_check_hull(struct twin *twin, const struct twin_tile *tile);
/* By shape: width of a dimension for ranges of these sizes, before and after the cut to the tensor. */
int64_t twin_width(const struct twin *twin, const struct twin_tile *tile, int dim, const int64_t *sizes, bool is_cut);

/* twin_supply.c */
void twin_supply_leaf(struct twin *twin, int leaf);
/* Tiles through which a leaf gets an access (or its target), outermost first; returns how many. */
int twin_path(const struct twin *twin, int leaf, const struct sinter_access *access, int *path);

/* twin_move.c */
void *twin_zeroed(const struct twin *twin, int64_t count, size_t bytes);
int64_t twin_element_at(const struct twin *twin, int tensor, const int64_t *index); /* -1: nowhere, it reads as zero */
int64_t twin_slice_of(const struct twin *twin, int tensor, int64_t element); /* index along the look-back rank, or 0 */
int64_t twin_index_value(const struct sinter_index *index, const int64_t *point);
bool twin_is_complete(const struct twin_tensor *data, int64_t element);
void twin_fill(struct twin *twin, struct twin_tile *tile);
void twin_drop_all(struct twin *twin, struct twin_tile *tile);
void twin_measure(const struct twin *twin, struct twin_tile *tile);
void twin_begin_carry(struct twin *twin, struct twin_tile *tile);
void twin_update_carry(struct twin *twin, const struct twin_tile *local);
void twin_end_carry(struct twin *twin, struct twin_tile *tile);

#endif
