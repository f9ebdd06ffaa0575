/* schedule.h: fused schedules: the tree, its notation, and its exact meaning.
 * SPDX-License-Identifier: MIT
 *
 *     group 1
 *       hold B in buffer
 *       hold C in buffer
 *       for d in D by 640
 *         hold A in buffer
 *         carry H in buffer
 *         for l in L by 1
 *           chain
 *             DA on array
 *             BX on array
 *             H on array
 *             Y on array
 *
 * docs/schedules.md defines every word of this notation: ranges, tiles, streams, hold, carry, chain, intermediates,
 * partial sums, double buffering, legality.
 *
 * A schedule is built, parsed and printed as written. A *plan* is what it means: loops with one trip removed, every
 * tile that lives on chip with its place, span, size and the bits that it moves, the peak of each memory. Cost,
 * program, simulation and execution all read the plan; none of them interprets the tree again.
 */
#ifndef SINTER_SCHEDULE_H
#define SINTER_SCHEDULE_H

#include "sinter/accel.h"
#include "sinter/base.h"
#include "sinter/cascade.h"

/* ---- the tree ----------------------------------------------------------------------------------------------- */

/* Nodes lie in one array in preorder: a node's body is the nodes behind it up to `end`.
 *
 *     index   0      1       2      3      4      5
 *     node    GROUP  HOLD A  LOOP d HOLD B LOOP l LEAF Y
 *     end     6      2       6      4      6      6
 *
 * Invariant: for each node i, i < end(i) <= end(parent(i)); only groups stand at the top, loops and chains have a body,
 * leaves and lines (hold, carry) have none. */
enum sinter_node_kind { SINTER_GROUP, SINTER_LOOP, SINTER_CHAIN, SINTER_LEAF, SINTER_HOLD, SINTER_CARRY };

struct sinter_node {
    enum sinter_node_kind kind;
    int end;        /* index behind the last node of its body */
    int rank;       /* of a loop */
    int tensor;     /* of a hold or carry */
    int memory;     /* of a hold or carry */
    int einsum;     /* of a leaf */
    int unit;       /* of a leaf */
    bool is_double; /* of a hold: "hold T in M double" */
    int64_t tile;   /* of a loop, >= 1 */
    struct sinter_location at;
};

struct sinter_schedule {
    const struct sinter_cascade *cascade; /* both must outlive the schedule */
    const struct sinter_accel *accel;
    const struct sinter_allocator *allocator;
    int n_nodes, capacity;
    struct sinter_node *nodes;
    int n_open, open[64]; /* while building: the nodes whose bodies are open */
    bool failed;          /* memory was out, or the building calls did not match: sticky */
};

SINTER_API void sinter_schedule_init(struct sinter_schedule *schedule, const struct sinter_cascade *cascade,
                                     const struct sinter_accel *accel, const struct sinter_allocator *allocator);
SINTER_API void sinter_schedule_free(struct sinter_schedule *schedule);  /* frees the nodes; the struct is the caller's */
SINTER_API void sinter_schedule_clear(struct sinter_schedule *schedule); /* keeps the memory for the next tree */

/* Building, in the order of the printed form. A group, a loop and a chain stay open until `close`. Failures stick in
 * schedule->failed; nothing is checked but the shape (the plan checks the meaning). */
SINTER_API void sinter_schedule_group(struct sinter_schedule *schedule);
SINTER_API void sinter_schedule_loop(struct sinter_schedule *schedule, int rank, int64_t tile);
SINTER_API void sinter_schedule_chain(struct sinter_schedule *schedule);
SINTER_API void sinter_schedule_close(struct sinter_schedule *schedule);
SINTER_API void sinter_schedule_hold(struct sinter_schedule *schedule, int tensor, int memory, bool is_double);
SINTER_API void sinter_schedule_carry(struct sinter_schedule *schedule, int tensor, int memory);
SINTER_API void sinter_schedule_leaf(struct sinter_schedule *schedule, int einsum, int unit);

/* ---- notation ------------------------------------------------------------------------------------------------ */

/* Reads the printed form. Indentation by spaces shows the bodies; `#` starts a comment; a group's number is optional.
 * The schedule must be initialised; it is cleared first. Unknown names, tiles below 1, wrong indentation and an Einsum
 * that is missing or named twice are errors with line, column and hint. */
SINTER_API enum sinter_status sinter_schedule_parse(struct sinter_schedule *schedule, const char *file, const char *text,
                                                    size_t length, struct sinter_diagnostics *diags);
SINTER_API enum sinter_status sinter_schedule_read_file(struct sinter_schedule *schedule, const char *file,
                                                        struct sinter_diagnostics *diags);
/* Appends the printed form, two spaces a level. Parsing it gives the same nodes. */
SINTER_API void sinter_schedule_print(const struct sinter_schedule *schedule, struct sinter_text *out);

/* ---- the plan ----------------------------------------------------------------------------------------------- */

/* A node of the tree that is left when loops with one trip are gone: group, loop, chain or leaf (lines became tiles).
 * Also in preorder. A chain is one leaf: its Einsums are the members, it has no body. */
struct sinter_plan_node {
    enum sinter_node_kind kind;
    int source;       /* node of the schedule */
    int parent;       /* -1 for a group */
    int end;          /* index behind its body */
    int group;        /* index of its group, from 0 */
    int rank;         /* of a loop */
    int first_member; /* of a leaf or chain: plan->members[first_member .. first_member + n_members) are its Einsums */
    int n_members;
    int unit;               /* of a leaf or chain */
    int64_t tile;           /* of a loop: the size of its first, largest piece */
    int64_t pieces;         /* of a loop: pieces of its rank in its body, over all loops on that rank around it */
    int64_t visits;         /* how often it runs: the product of the pieces of the looped ranks */
    sinter_rank_set looped; /* ranks with a loop at or around this node */
};

enum sinter_tile_kind {
    SINTER_TILE_STREAM, /* operand or result of one leaf: there while it runs */
    SINTER_TILE_HOLD,   /* a hold line */
    SINTER_TILE_LOCAL,  /* an intermediate, held without or with a line */
    SINTER_TILE_CARRY   /* the slices before the current tile of a tensor that is looked back at */
};

/* One thing that lives on chip. Bits are totals over the whole group. `load_bits` come from `source` (a tile in an outer
 * memory, or DRAM when -1) and `store_bits` go there; the part that belongs to a state tensor is counted apart. */
struct sinter_tile {
    enum sinter_tile_kind kind;
    int tensor;
    int memory;
    int source;        /* tile that it fills from and drains to, -1: DRAM */
    int line;          /* node of the schedule that asked for it, -1: none did */
    int leaf;          /* the first plan leaf that uses it (of a produced tensor: its producer) */
    int body;          /* plan node in whose body it stands, after moving out of loops that do not index it */
    int begin, end;    /* plan nodes [begin, end): it is live while a leaf in there runs */
    int fill;          /* plan node before which it is brought in: `begin`; of a window, in each iteration of its loop */
    bool is_produced;  /* holds what its group computes */
    bool is_double;    /* counts twice (double buffering) */
    bool is_window;    /* keeps what consecutive tiles share */
    int64_t look_back; /* > 0: a carry, or a stream of that many slices before the result of its leaf */
    int64_t visits;    /* how often its body runs */
    int64_t footprint_bits; /* what it adds to the peak of its memory, doubling included */
    int64_t room_bits;      /* what it takes once: its footprint without the second buffer */
    int64_t plain_factor;   /* > 0: it holds this times the product of the current ranges of the ranks in `plain_ranks`, */
    sinter_rank_set plain_ranks;               /*      always inside its tensor. 0: its box must be cut to know */
    int64_t load_bits, store_bits;             /* of the tensor itself */
    int64_t state_load_bits, state_store_bits; /* of its state tensor, always from and to DRAM */
};

/* Bits moved per tensor between DRAM and the chip. */
struct sinter_tensor_traffic {
    int64_t read_bits, write_bits;
};

struct sinter_group_plan {
    int node; /* plan node */
    int64_t peak_bits[SINTER_MAX_MEMORIES];
    int peak_leaf[SINTER_MAX_MEMORIES];       /* plan node of the leaf at the peak, -1: nothing lives there */
    int64_t read_bits[SINTER_MAX_MEMORIES];   /* out of each memory, by transfers and by units */
    int64_t write_bits[SINTER_MAX_MEMORIES];  /* into each memory */
    int64_t link_bits[SINTER_MAX_MEMORIES];   /* between each memory and the ones outside it: fills and drains */
    int64_t first_load_bits, last_store_bits; /* when the first leaf runs once: what must come from DRAM before it; when
                                                     the last one runs once: what must go there after it; else 0 */
};

/* Per Einsum: its leaf, the DRAM traffic that is charged to it (its streams, and each hold by its first user), and what
 * its unit reads from and writes to its memory (0 when no on-chip memory limits a bandwidth). */
struct sinter_leaf_plan {
    int node;
    int64_t dram_read_bits, dram_write_bits;
    int64_t unit_bits;
};

/* What is left of the steps of a rank that no loop cuts, by the PEs that it is spread over: ceil(extent / PEs) / extent. */
struct sinter_spread {
    double per_extent;                 /* 1 / extent */
    double shares[SINTER_MAX_PE_SETS]; /* by set of the unit's dimensions */
};

/* The meaning of one schedule. A plan is a workspace for one cascade and accelerator: resolving allocates nothing unless
 * a tree is larger than any before. */
struct sinter_plan {
    const struct sinter_cascade *cascade;
    const struct sinter_accel *accel;
    int n_nodes, n_tiles, n_groups;
    int n_members; /* Einsums in the schedule: all, unless a part was resolved */
    const struct sinter_plan_node *nodes;
    const int *members; /* Einsums in the order of the schedule */
    const struct sinter_tile *tiles;
    const struct sinter_group_plan *groups;
    const struct sinter_leaf_plan *leaves;       /* by Einsum */
    const struct sinter_tensor_traffic *traffic; /* by tensor */
    const struct sinter_work *work;              /* by Einsum * n_units + unit */
    const struct sinter_pe_sets *pe_sets;        /* by unit */
    const struct sinter_spread *spreads;         /* by unit * n_ranks + rank */
    const int *first_use;                        /* by Einsum: its operands, then its result, stand from there on in */
    const int *use_tiles;                   /* the tile in its unit's memory that each is read from or written to; -1: it is
                                                    made in its own leaf and comes from no tile there, or lives in a chain */
    int64_t peak_bits[SINTER_MAX_MEMORIES]; /* the largest of the groups */
    int64_t dram_read_bits, dram_write_bits;
    bool fits;                             /* every peak is within its memory's capacity */
    bool has_port_bits;                    /* sinter_plan_count_ports() was asked, and is answered: */
    double port_bits[SINTER_MAX_MEMORIES]; /* in and out of each memory, by transfers and by units; NAN: beyond counting */
    struct sinter_plan_workspace *workspace;
};

/* Room for the plans of this cascade on this accelerator, both of which must outlive it: empty until it is resolved, and then
 * resolved for as many schedules as you like. */
SINTER_API enum sinter_status sinter_plan_new(const struct sinter_cascade *cascade, const struct sinter_accel *accel,
                                              const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                              struct sinter_plan **plan);
SINTER_API void sinter_plan_free(struct sinter_plan *plan);

/* Works out what the schedule means. SINTER_BAD_INPUT with the rule that is broken when it is illegal; SINTER_INFEASIBLE
 * when it is legal but does not fit (the plan is complete then; the diagnostics name the memory, the bytes needed, the
 * capacity, and what lives there at the peak). With diags NULL no message is made: search asks that way. A schedule that
 * differs from the one resolved before in nothing but the tiles of loops costs a fraction: only the sizes in the groups
 * that changed are worked out again. */
SINTER_API enum sinter_status sinter_plan_resolve(struct sinter_plan *plan, const struct sinter_schedule *schedule,
                                                  struct sinter_diagnostics *diags);

/* The same for a schedule that names only some Einsums: the others count as standing in other groups, their results made
 * before and their reads done after. leaves[e].node is -1 for them. */
SINTER_API enum sinter_status sinter_plan_resolve_part(struct sinter_plan *plan, const struct sinter_schedule *schedule,
                                                       struct sinter_diagnostics *diags);

/* Counts what goes through the port of each memory, for its energy. A resolved plan knows the transfers; what units read and
 * write is work that a search does without, and stands in groups and leaves only where a bandwidth on the chip is limited.
 * Call it after each resolving whose energy on the chip is wanted. It costs about as much as resolving. */
SINTER_API void sinter_plan_count_ports(struct sinter_plan *plan);

/* Where the loops stand: the current piece of each rank. */
struct sinter_ranges {
    int64_t start[SINTER_MAX_RANKS], size[SINTER_MAX_RANKS];
};
/* The tile for given ranges, before it is cut to its tensor: [low, high) along each dimension. The c slices before a result
 * that a leaf looks back at, and carries, stand before the ranges. */
SINTER_API void sinter_tile_box(const struct sinter_plan *plan, int tile, const struct sinter_ranges *ranges,
                                int64_t low[SINTER_MAX_DIMS], int64_t high[SINTER_MAX_DIMS]);

/* The pieces of a rank at a node: how many, and the size of the first, largest one. */
SINTER_API int64_t sinter_plan_pieces(const struct sinter_plan *plan, int node, int rank);
SINTER_API int64_t sinter_plan_range(const struct sinter_plan *plan, int node, int rank);
/* Sum over those pieces of ceil(size / parts): the steps of a rank spread over `parts` PEs. */
SINTER_API int64_t sinter_plan_steps(const struct sinter_plan *plan, int node, int rank, int64_t parts);

#endif
