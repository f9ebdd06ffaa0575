/* executor.h: the executor: memories with addresses, what lives in them, and the code of leaves.
 * SPDX-License-Identifier: MIT
 *
 *     execute.c   building an executor, running the program, reading the result
 *     commands.c  commands: loads, stores and frees move boxes of elements; what lives when
 *     layout.c    addresses for what lives at the same time
 *     view.c      copying boxes of elements
 *     plane.c     two dimensions of them at once
 *     code.c      leaves as code: which access finds its values where, in which blocks a leaf computes
 *     leaf.inc.h  running that code, once for float (leaf_f32.c) and once for double (leaf_f64.c)
 */
#ifndef SINTER_EXEC_EXECUTOR_H
#define SINTER_EXEC_EXECUTOR_H

#include "exec/view.h"

enum {
    LANES = 512,         /* most elements that an operation takes at once */
    MOST_BLOCK = 1 << 13 /* points of a chain's block, where its ranks can be cut */
};

/* A tile of the plan as it stands in its memory. */
struct place {
    const struct sinter_tile *tile;
    const struct sinter_tensor *tensor;
    int source, carry; /* places; source -1: DRAM; carry: of its tensor in its group, -1 */
    int n_dims;
    int64_t shape[SINTER_MAX_DIMS]; /* the largest box; along the ring the slices */
    struct view view;               /* origin: the low end of the box */
    int64_t address[2];             /* bits; a second buffer where it is double */
    int n_buffers, buffer;
    struct box box;   /* what it holds now, cut to the tensor and its state */
    bool is_live;     /* has been loaded or begun */
    bool is_stale;    /* a carry whose tensor has a new tile: to be updated when that is done with */
    bool is_native;   /* its elements are what the arithmetic computes with, in place */
    bool is_mirrored; /* the mirror is up to date */
    void *mirror;     /* its elements as the arithmetic needs them, in the same order; of a native one: the memory itself */
    int64_t elements; /* of the shape */
    int64_t votes[SINTER_MAX_DIMS]; /* how much would gain if this dimension lay innermost */
};

/* One access of an Einsum: where its element is found. */
struct fetch {
    const struct sinter_access *access;
    const struct sinter_tensor *tensor;
    int maker;               /* member of the leaf that makes the element at this very point; -1 */
    int inner;               /* member that makes some of its elements, which are in no place; -1 */
    bool is_previous;        /* of an earlier point along the look-back rank, in the ring, and of the same one otherwise */
    int keeper;              /* the same member, where no carry has what it made before either; -1 */
    int n_places, places[2]; /* the first whose box has the index, */
    int ring;                /* or a carry with the slices before; -1 */
    int64_t *steps[3]; /* by position in the Einsum's rank order: elements to the next point, in each place and the ring */
    /* Where the leaf stands now: */
    int64_t base[3]; /* the element at index 0 of all ranks */
    bool is_inside;  /* every index that the leaf asks for is in the first place */
};

/* A selective scan inside a chain, which one loop over rows computes:
 *     h = exp(p * q) * h[-1] + u * s,  y = sum over `states` of c * h
 * with rows p and u that are the same for all states, and a row q and numbers s and c of each. */
struct scan {
    int y;            /* member that sums the states up */
    int states;       /* rank */
    int sum;          /* of y: its expression */
    int decay, input; /* members in whose expressions p and q, u and s stand; other than h: computed here alone */
    int p, u;         /* expressions */
    int q, s, c;      /* accesses */
    bool is_steady;   /* q is the same for all points that differ in other ranks than the lane, as long as the leaf runs */
    void *most;       /* by lane of the leaf, numbers of the arithmetic: the largest magnitude of q */
};

/* An Einsum of a leaf. */
struct member {
    const struct sinter_einsum *einsum;
    int index;                              /* in the leaf */
    int result;                             /* place, -1 */
    int hand_on;                            /* place of the carry that this leaf updates in place, -1 */
    struct fetch *fetches;                  /* by access */
    int lane;                               /* rank along which it is computed at once; -1: point by point */
    int lane_at;                            /* its position in the Einsum's rank order */
    bool is_lane_reduced;                   /* that rank is one that it reduces, innermost */
    int split;                              /* expression whose value is carried from block to block or visit to visit, -1 */
    sinter_rank_set cut;                    /* reduced ranks that loops around the leaf cut */
    sinter_rank_set gathered;               /* reduced ranks that blocks cut */
    sinter_rank_set waits;                  /* ranks whose last block must be there before it can be finished */
    bool is_in_place;                       /* the slice that it hands on is its temporary */
    struct scan *scan;                      /* it is the h of one; NULL */
    bool scans;                             /* which is run as one where the leaf stands now */
    bool is_kept;                           /* its value is read in the leaf: it has a temporary */
    int64_t stride[SINTER_MAX_RANKS], size; /* of the temporary, by rank; its elements */
    int64_t sum_stride[SINTER_MAX_RANKS],
        n_sums; /* of what is gathered, over the points of the result in the leaf's ranges */
    int64_t slice_stride[SINTER_MAX_RANKS],
        n_slices;    /* of its last values, where no place keeps them: over the leaf's ranges */
    bool is_rounded; /* the format of its result is not that of the arithmetic */
};

/* A leaf or chain. */
struct code {
    int node, n_members;
    struct member *members;
    int n_ranks, ranks[SINTER_MAX_RANKS]; /* of its members, those with blocks first: outermost first */
    int n_blocked;
    int64_t block[SINTER_MAX_RANKS]; /* by rank: the size of a block */
    int n_begun, *begun;             /* places that may begin to live with this leaf */
};

struct scratch {
    unsigned char *bytes; /* as many as the tiles in it take */
    int64_t live;         /* bits */
};

struct executor {
    const struct sinter_plan *plan;
    const struct sinter_cascade *cascade;
    const struct sinter_accel *accel;
    const struct sinter_numerics *numerics;
    const struct sinter_values *in;
    struct sinter_values *out;
    struct sinter_program *program;
    struct sinter_arena *arena;
    struct sinter_execution *execution;
    bool is_lenient;
    bool is_counted;               /* what is done now: not what several threads do alike */
    const struct executor *leader; /* of several threads: whose DRAM this one shares; NULL */
    struct scratch memories[SINTER_MAX_MEMORIES];
    int n_places;
    struct place *places; /* by tile */
    struct code **codes;  /* by plan node */
    int *homes;           /* by place of a carry: the place of its tensor that is read before it is updated, -1 */
    struct view *spills;  /* by tensor: slices of a carry that is spilled */
    double **taps;        /* by tensor: all values that are made, NULL */
    void *work;           /* of the leaf that runs: struct run of leaf.inc.h */
    int (*box)(const struct sinter_program *, const struct sinter_command *, int64_t *, int64_t *); /* tests bend it */
    char problem[160]; /* the first thing that went wrong; "": none */
};

/* commands.c */
void executor_do(struct executor *executor, const struct sinter_command *command);
/* After the last one: nothing may live any more. */
void executor_finish(struct executor *executor);
/* Remembers the first problem. */
void executor_fail(struct executor *executor, const char *format, ...) SINTER_PRINTF(2, 3);
const char *place_name(const struct executor *executor, const struct place *place);

/* execute.c */
enum sinter_status executor_new(const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                                const struct sinter_values *in, const struct sinter_execute_options *options,
                                const struct executor *leader, const struct sinter_allocator *allocator,
                                struct sinter_diagnostics *diags, struct executor **executor);
void executor_free(struct executor *executor);
/* Zeros that begin at a line of the cache, where rows of numbers are read and written fastest; NULL: out of memory. */
void *executor_alloc(struct executor *executor, int64_t count, int64_t bytes);

/* threads.c: how many of n threads would have something to do; and running the program with that many executors, whose results
 * join in the first. False: it could not begin. */
int threads_useful(const struct sinter_plan *plan, int n);
bool threads_run(struct executor **executors, int n);

/* code.c: false: out of memory, or executor->problem says why it cannot be computed. */
bool codes_new(struct executor *executor);
/* After the places have their strides. */
void codes_link(struct executor *executor);

/* scan.c: what can be done faster than step by step, after the places have their addresses. False: out of memory. */
bool codes_shorten(struct executor *executor);

/* leaf_f32.c, leaf_f64.c */
bool leaf_new_f32(struct executor *executor);
void leaf_run_f32(struct executor *executor, struct code *code);
bool leaf_new_f64(struct executor *executor);
void leaf_run_f64(struct executor *executor, struct code *code);

#endif
