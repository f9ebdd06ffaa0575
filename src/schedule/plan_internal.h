/* plan_internal.h: what the files that resolve a schedule share.
 * SPDX-License-Identifier: MIT
 *
 * Resolving runs through five stages, one file each:
 *
 *     normalise.c  schedule nodes -> plan nodes: one-trip loops vanish, lines remember where they stood
 *     legal.c      producers before readers, loops that an Einsum or an intermediate may sit in, cycles, chains
 *     serve.c      walk the leaves: every operand and result finds the tile that serves it, or a stream
 *     place.c      tiles find their place and span; footprints and bits moved in closed form (box.c, pieces.c)
 *     peak.c       the largest sum of live footprints per memory
 *
 * A schedule that differs from the one before in nothing but the tiles of loops keeps all of that but the sizes
 * (retile.c).
 *
 * The workspace holds every array; it grows to the largest tree seen and is then reused, so that resolving again
 * allocates nothing.
 */
#ifndef SINTER_SCHEDULE_PLAN_INTERNAL_H
#define SINTER_SCHEDULE_PLAN_INTERNAL_H

#include "schedule/pieces.h"
#include "sinter/schedule.h"

/* The hull of accesses along one dimension: terms, and the spread of constants. */
struct form {
    const struct sinter_term *terms;
    int64_t least, most; /* constants */
    sinter_rank_set ranks;
    int n_terms;
    bool is_mixed; /* accesses differ in more than their constant */
};

/* An operand (or a result) of an Einsum, as the plan needs it. */
struct use_facts {
    const struct sinter_operand *operand;
    int einsum;
    int klass; /* accesses of one tensor with the same own variables share it: they form one tile */
    int shape; /* accesses of one tensor that are equal share it: their boxes are equal everywhere */
    bool is_result;
    bool is_plain; /* box = `factor` times the product of the ranges of `moving`, always inside the tensor */
    int64_t factor;
    sinter_rank_set moving;
    const struct form *forms; /* by dimension */
    sinter_rank_set ranks;
    sinter_rank_set behind; /* ranks r whose dimension is read at r - x, x >= 0 */
    int64_t elements;       /* plain: all that it touches */
    int64_t bits;           /* the same in bits */
};

/* A hold or carry line, or the implicit hold of an intermediate. */
struct line {
    int tensor, memory;
    int source;              /* schedule node, -1: implicit */
    int body;                /* plan node whose body it stands in */
    int begin;               /* the plan node that follows it */
    int next;                /* the next line that begins at the same plan node, -1 */
    int outer;               /* while walking: the line of the same tensor that was active before, -1 */
    int first_tile;          /* tiles of this line, linked by `sibling`; -1: nothing uses it yet */
    bool is_double, is_home; /* is_home: where an intermediate lives */
};

/* What place.c needs beyond the public part of a tile. */
struct tile_facts {
    int line;                     /* -1: a stream */
    int klass, shape;             /* shape -1: several */
    int sibling;                  /* next tile of the same line */
    int first_use, last_use_leaf; /* first_use: list of the distinct accesses it serves */
    int einsum;                   /* the traffic is charged to it: its producer, else its first reader */
    int n_reads;                  /* accesses served but the result */
    sinter_rank_set ranks;        /* used by any access it serves */
    int producer_leaf;            /* -1: nothing it serves is produced here */
};

struct use_link {
    const struct use_facts *facts;
    int next;
};

/* What the group that is being resolved does with a tensor. */
struct tensor_facts {
    int producer_leaf;         /* plan node, -1: not produced in the schedule */
    int first_leaf, last_leaf; /* of the producer and its readers in its group */
    int common;                /* innermost node whose body holds all of those */
    int home;                  /* line where it lives as an intermediate, -1 */
    int carry;                 /* schedule node of its carry line, -1 */
    int carry_body;            /* plan node of that line's body */
    int n_reads;               /* operands in its group that read it, but in its own leaf */
    int64_t look_back;         /* c, by readers in its group */
    sinter_rank_set pending;   /* made in a chain: ranks of the sums behind it there, which must end before it is finished */
    bool is_read_here;         /* a reader in its group, itself included */
    bool is_sent_out;          /* hold T in dram */
    bool is_carry_spilled;
    bool is_inner;        /* lives only inside one chain */
    bool is_needed_later; /* by a later group or the user */
};

struct sinter_plan_workspace {
    const struct sinter_allocator *allocator;
    struct sinter_arena *arena; /* problem tables */
    struct sinter_diagnostics *diags;
    const struct sinter_schedule *schedule;
    bool overflow;        /* something cannot be counted, and the plan is refused: a size or a sum is beyond 64 bits, */
    bool has_many_pieces; /* or, if this is set, a sum without closed form has more pieces than may be walked through */
    double *unit_bits;    /* by memory: what charge_units adds to instead of groups and leaves; NULL: those */
    bool is_part;         /* Einsums that the schedule does not name stand in other groups */

    /* problem tables, by Einsum: uses[use_of[e] + i] is operand i, the last one the result */
    int *use_of;
    struct use_facts *uses;
    int *use_tiles;
    int n_uses;
    struct sinter_work *work; /* einsum * n_units + unit */
    struct sinter_pe_sets *pe_sets;
    struct sinter_spread *spreads; /* unit * n_ranks + rank */

    /* What the schedule names, so that resolving a part costs what the part is worth, however large the cascade is: the
     * Einsums first_einsum..last_einsum contain its members, the cycles likewise, `touched` are the tensors of its members
     * and lines, and the states of those. Everything else is as it was when the plan was new. */
    int first_einsum, last_einsum; /* last < first: none */
    int first_cycle, last_cycle;
    int n_touched, *touched;
    bool *is_touched; /* by tensor */

    /* the plan's arrays */
    int node_capacity, tile_capacity, line_capacity, link_capacity;
    struct sinter_plan_node *nodes;
    int *members;
    int *leaf_of; /* by Einsum: its leaf or chain, -1 */
    struct sinter_tile *tiles;
    struct tile_facts *facts; /* by tile */
    struct line *lines;
    struct use_link *links;
    int *begins; /* by plan node: first line that begins there, -1 */
    int *active; /* by tensor: innermost line while walking, -1 */
    int *undo;   /* lines whose scope is open */
    int n_nodes, n_members, n_tiles, n_lines, n_links, n_groups, n_carries;
    struct tensor_facts *tensors;
    struct sinter_group_plan *groups;
    struct sinter_leaf_plan *leaves;
    struct sinter_tensor_traffic *traffic;
    struct sinter_node *previous; /* the schedule that was resolved last, for retile.c; n_previous 0: none */
    int *plan_of; /* by its nodes: the plan node, -1: none (a line, a loop that vanished, a member of a chain) */
    int n_previous;
    bool *is_changed; /* by group */
    int64_t *live;    /* memory * (node_capacity + 1) + node: change of the live bits */
};

/* ---- shared helpers -------------------------------------------------------------------------------------------- */

static inline int64_t multiply(struct sinter_plan_workspace *w, int64_t a, int64_t b)
{
    int64_t product = 0;
    if (!__builtin_mul_overflow(a, b, &product))
        return product;
    w->overflow = true;
    return 0;
}

static inline int64_t add(struct sinter_plan_workspace *w, int64_t a, int64_t b)
{
    int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    w->overflow = true;
    return 0;
}

static inline bool has(sinter_rank_set set, int rank)
{
    return (set >> rank & 1) != 0;
}

static inline sinter_rank_set bit(int rank)
{
    return (sinter_rank_set)1 << rank;
}

static inline int lowest(sinter_rank_set set)
{
    return __builtin_ctzll(set);
}

/* Is there something to read below index 0 of a tensor? */
static inline bool has_initial_state(const struct sinter_cascade *cascade, int tensor)
{
    int state = cascade->tensors[tensor].state;
    return state >= 0 && cascade->tensors[state].role != SINTER_OUTPUT;
}

/* The loop over `rank` at or around a node, -1: none. */
static inline int loop_over(const struct sinter_plan_node *nodes, int node, int rank)
{
    if (!has(nodes[node].looped, rank))
        return -1;
    while (nodes[node].kind != SINTER_LOOP || nodes[node].rank != rank)
        node = nodes[node].parent;
    return node;
}

static inline int64_t range_at(const struct sinter_cascade *cascade, const struct sinter_plan_node *nodes, int node,
                               int rank)
{
    int loop = loop_over(nodes, node, rank);
    return loop < 0 ? cascade->ranks[rank].extent : nodes[loop].tile;
}

static inline int64_t pieces_at(const struct sinter_plan_node *nodes, int node, int rank)
{
    int loop = loop_over(nodes, node, rank);
    return loop < 0 ? 1 : nodes[loop].pieces;
}

/* Does the body of `outer` contain `node` (or is it the node)? */
static inline bool contains(const struct sinter_plan_node *nodes, int outer, int node)
{
    return outer <= node && node < nodes[outer].end;
}

/* The child of `body` that contains `node`. */
static inline int child_of(const struct sinter_plan_node *nodes, int body, int node)
{
    while (nodes[node].parent != body)
        node = nodes[node].parent;
    return node;
}

static inline const struct use_facts *result_of(const struct sinter_plan_workspace *w, const struct sinter_cascade *cascade,
                                                int einsum)
{
    return &w->uses[w->use_of[einsum] + cascade->einsums[einsum].n_operands];
}

static inline struct sinter_location node_at(const struct sinter_plan_workspace *w, int source)
{
    return source >= 0 ? w->schedule->nodes[source].at : (struct sinter_location){NULL, 0, 0};
}

/* Reports a broken rule when somebody listens; always SINTER_BAD_INPUT. */
#define illegal(w, source, hint, ...) \
    ((w)->diags == NULL ? SINTER_BAD_INPUT : sinter_error((w)->diags, node_at(w, source), hint, __VA_ARGS__))

/* ---- stages ---------------------------------------------------------------------------------------------------- */

enum sinter_status normalise(struct sinter_plan *plan);
void touch_tensor(struct sinter_plan *plan, int tensor);
/* Tile, pieces and visits of a loop whose outer loops are cut already. */
void cut_loop(struct sinter_plan *plan, int loop, int64_t tile);
enum sinter_status check_legality(struct sinter_plan *plan);
enum sinter_status serve(struct sinter_plan *plan);
enum sinter_status place(struct sinter_plan *plan);
void place_totals(struct sinter_plan *plan);
/* Only asked for when an on-chip memory has a bandwidth that could limit it. */
void charge_units(struct sinter_plan *plan);
/* Elements of one slice along a tensor's look-back rank, over all executions of a leaf in one piece of that rank; *pieces:
 * how many such pieces the leaf runs through. */
int64_t slice_elements(struct sinter_plan *plan, int tensor, int leaf, int64_t *pieces);
void find_peaks(struct sinter_plan *plan);
void explain_misfit(const struct sinter_plan *plan);

/* Places and sizes a tile once more after the tiles of loops around it have changed. */
void place_again(struct sinter_plan *plan, int index);
void charge(struct sinter_plan *plan, int index);
bool has_limited_ports(const struct sinter_accel *accel);
enum sinter_status check_cycle(struct sinter_plan *plan, const struct sinter_cycle *cycle);

/* Resolves a schedule that differs from the last one in the tiles of loops alone; false when it differs in more. */
bool retile(struct sinter_plan *plan, enum sinter_status *status);
void remember_tree(struct sinter_plan *plan);

int tile_new(struct sinter_plan_workspace *w, enum sinter_tile_kind kind, int tensor, int memory); /* -1: out of memory */
bool tile_add_use(struct sinter_plan_workspace *w, int tile, const struct use_facts *use, int leaf);

/* ---- box.c: sizes of tiles ------------------------------------------------------------------------------------- */

struct volume {
    int64_t own;   /* elements of the tensor itself */
    int64_t state; /* elements below 0, of its state tensor */
};

/* Sum over the visits of `node` of the tile's box, cut to the tensor. */
struct volume box_volume(struct sinter_plan *plan, int tile, int node);
/* The same when the tile keeps what it shares with the one before it in the loop `node` over a rank that moves it along
 * several dimensions at once; along one dimension box_volume at the loop's parent is the answer. */
struct volume box_volume_kept(struct sinter_plan *plan, int tile, int loop);
/* Elements by shape: the footprint. */
int64_t box_footprint(struct sinter_plan *plan, int tile, int node);
/* Elements of the tile that are new when the loop moves on by one step; 0 when consecutive tiles share nothing.
 * *is_diagonal: the loop's rank moves it along more than one dimension. */
int64_t box_step(struct sinter_plan *plan, int tile, int loop, bool *is_diagonal);

/* Adds the accesses of an operand to the form of one dimension; start with n_terms = -1. */
void form_add(struct form *form, const struct sinter_operand *operand, int dim);

void cut_at(const struct sinter_plan *plan, int node, int rank, struct cut *cut);

#endif
