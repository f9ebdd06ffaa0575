/* build.h: a cascade under construction: what was declared, what is resolved so far, and the steps between.
 * SPDX-License-Identifier: MIT
 *
 * The builder only records declarations. `finish` then runs the steps below in this order, each over everything that
 * was declared; a step may report several errors, and the next one runs only when there were none:
 *
 *     declare   ranks, tensors, left-hand sides    (declare.c, left.c)
 *     right     right-hand sides to expressions    (expr.c, index.c), operations (ops.c), operands (operands.c)
 *     order     cycles, order of execution         (cycles.c)
 *     facts     extents, readers, look-back, states, sizes (facts.c)
 */
#ifndef SINTER_CASCADE_BUILD_H
#define SINTER_CASCADE_BUILD_H

#include "cascade/lexer.h"
#include "sinter/cascade.h"

#define MAX_TENSORS 4096
#define MAX_NAME 128          /* bytes of a rank's or tensor's name */
#define MAX_EINSUM_TEXT 65536 /* bytes */
#define MAX_NODES 1024        /* of one expression: bounds every walk over its tree */
#define MAX_DEPTH 64          /* of brackets and functions */
#define MAX_ERRORS 20         /* a step gives up after so many */

#define DIMS_HINT "merge ranks that are never indexed apart into one"

/* A word as it was written. */
struct word {
    const char *text; /* NULL: not given */
    struct sinter_location at;
};

struct rank_draft {
    struct word name;
    int64_t extent;
    struct sinter_location extent_at;
};

struct tensor_draft {
    struct word name;
    int n_ranks;
    const struct word *ranks;
    enum sinter_role role;
    struct word type, state;
};

struct einsum_draft {
    const char *operator_name; /* NULL: an operator of its own */
    struct word text;
    size_t right; /* offset of the right-hand side, once the left one is read */
};

/* `--set TENSOR.type=...`: applied to tensors whether they are declared or not. */
struct type_change {
    const char *tensor;
    struct word type;
    struct sinter_override *override;
};

/* Tensors by name: open addressing, at most half full. */
struct name_table {
    int n_slots; /* a power of two */
    int *slots;  /* index + 1, 0: empty */
};

struct sinter_cascade_builder {
    const struct sinter_allocator *allocator;
    struct sinter_arena *arena;   /* of the cascade */
    struct sinter_arena *scratch; /* of the builder, itself included */
    struct sinter_diagnostics *diags;
    enum sinter_status status; /* the first failure */
    const char *file;          /* the last file name that was copied */
    const char *name;
    struct word type;
    int n_rank_drafts, n_tensor_drafts, n_einsum_drafts, n_type_changes;
    int tensor_capacity, einsum_capacity, change_capacity;
    struct rank_draft rank_drafts[SINTER_MAX_RANKS];
    struct tensor_draft *tensor_drafts;
    struct einsum_draft *einsum_drafts;
    struct type_change *type_changes;
    /* Filled by `finish`; tensor i < n_tensor_drafts is draft i, Einsum i is draft i. */
    struct sinter_cascade *cascade;
    struct sinter_rank *ranks;
    struct sinter_tensor *tensors;
    struct sinter_einsum *einsums;
    int n_tensors;
    struct name_table names;
};

/* Copies a location so that its file name lives as long as the cascade; sets builder->status when memory is out. */
struct sinter_location cascade_keep(struct sinter_cascade_builder *builder, struct sinter_location at);
/* The builder's calls with a location for every word; the words are copied. */
void cascade_add_rank(struct sinter_cascade_builder *builder, struct word name, int64_t extent,
                      struct sinter_location extent_at);
void cascade_add_tensor(struct sinter_cascade_builder *builder, const struct tensor_draft *draft);
void cascade_add_type_change(struct sinter_cascade_builder *builder, const char *tensor, struct word type,
                             struct sinter_override *override);
/* Records a failure; the first one sticks. */
void cascade_fail(struct sinter_cascade_builder *builder, enum sinter_status status);

/* Adds the outcome of one item to that of a step; true when the step must stop. */
bool cascade_merge(enum sinter_status item, enum sinter_status *step, int *n_errors);

/* Steps. */
enum sinter_status cascade_declare_ranks(struct sinter_cascade_builder *builder);
enum sinter_status cascade_declare_tensors(struct sinter_cascade_builder *builder);
enum sinter_status cascade_read_left_sides(struct sinter_cascade_builder *builder);
enum sinter_status cascade_read_right_side(struct sinter_cascade_builder *b, int index);
/* Which products are parts of macs. */
void cascade_find_products(struct sinter_expr *nodes, int n);
enum sinter_status cascade_count_operations(struct sinter_cascade_builder *builder, struct sinter_einsum *einsum);
enum sinter_status cascade_find_operands(struct sinter_cascade_builder *builder, struct sinter_einsum *einsum);
enum sinter_status cascade_find_cycles(struct sinter_cascade_builder *builder);
enum sinter_status cascade_find_facts(struct sinter_cascade_builder *builder);

/* Names (names.c). */
bool cascade_is_name(const char *text);
bool cascade_names_init(struct name_table *table, struct sinter_arena *arena, int n_names);
void cascade_names_add(struct name_table *table, const struct sinter_tensor *tensors, int index);
int cascade_names_find(const struct name_table *table, const struct sinter_tensor *tensors, const char *name, size_t length);
int cascade_rank_by_name(const struct sinter_cascade_builder *builder, const char *name, size_t length);
int cascade_rank_by_variable(const struct sinter_cascade_builder *builder, const char *name, size_t length);
/* "did you mean 'x'?" in the builder's scratch arena for the nearest rank or variable, else `otherwise`;
 * for a tensor both. */
const char *cascade_hint_rank(struct sinter_cascade_builder *builder, const char *word, const char *otherwise);
const char *cascade_hint_variable(struct sinter_cascade_builder *builder, const char *word, const char *otherwise);
const char *cascade_hint_tensor(struct sinter_cascade_builder *builder, const char *word, const char *otherwise);
const char *cascade_hint_type(struct sinter_cascade_builder *builder, const char *word);
const char *cascade_function_name(enum sinter_function function);
/* "[L, D]" in the scratch arena. */
const char *cascade_dims_text(struct sinter_cascade_builder *builder, int n_dims, const int *dims);

/* Indices (index.c). */
enum sinter_status cascade_parse_index(struct sinter_cascade_builder *builder, struct lexer *lexer, const char *tensor,
                                       int dimension_rank, struct sinter_index *index);
/* Least and largest value; false when one of them is beyond 2^62. */
bool cascade_index_range(const struct sinter_rank *ranks, const struct sinter_index *index, int64_t *least, int64_t *most);
bool cascade_index_equal(const struct sinter_index *a, const struct sinter_index *b);
void cascade_print_index(const struct sinter_rank *ranks, const struct sinter_index *index, struct sinter_text *out);
/* "H[l-1,d]" in the scratch arena. */
const char *cascade_access_text(struct sinter_cascade_builder *builder, const struct sinter_access *access);

/* The x of a dimension of rank R that every access of the operand reads at r - x; false when one of them does not. */
bool cascade_look_back(const struct sinter_rank *ranks, const struct sinter_tensor *tensor,
                       const struct sinter_access *accesses, int n_accesses, int dimension, int64_t *least, int64_t *most);

/* The value of a function, for constants and in execution (functions.c). */
double cascade_apply_function(enum sinter_function function, double x);

/* Canonical text of an Einsum (print.c). */
void cascade_print_einsum(const struct sinter_rank *ranks, const struct sinter_tensor *tensors,
                          const struct sinter_einsum *einsum, struct sinter_text *out);

static inline sinter_rank_set rank_bit(int rank)
{
    return (sinter_rank_set)1 << rank;
}

#endif
