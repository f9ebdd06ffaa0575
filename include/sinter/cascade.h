/* cascade.h: a workload as a cascade of Einsums: ranks, tensors, expressions, recurrences.
 * SPDX-License-Identifier: MIT
 *
 * A cascade is an immutable object. It comes from a YAML text or from the builder; both give the same object, and
 * printing then parsing gives it back. Everything in it is addressed by small indices (ranks, tensors, Einsums), and
 * sets of ranks are 64-bit masks, so that cost and search never touch a string.
 *
 *     cascade: selective-scan
 *     type: fp16                                    # default element type
 *     ranks: {L: 2048, D: 5120, N: 16}              # the variable of a rank is its name in lower case
 *     tensors:
 *       DT: {ranks: [L, D], role: input}
 *       A:  {ranks: [D, N], role: weight}
 *       H0: {ranks: [D, N], role: state, type: fp32}
 *       H:  {ranks: [L, D, N], type: fp32, state: H0}
 *       ...
 *     einsums:
 *       - DA[l,d,n] = exp(DT[l,d] * A[d,n])
 *       - scan:                                       # an operator: Einsums that an unfused machine runs as one kernel
 *         - H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]
 *         - Y[l,d]   = C[l,n] * H[l,d,n]              # n is reduced by sum
 *
 * An undeclared left-hand side is an intermediate with its index's ranks and the default type; inputs must be declared.
 *
 * Index: an affine form of rank variables plus a constant, one per dimension: `X[l-k,d]`, `X[2*p+r]`, `XZ[l,d+5120]`.
 * Reads outside the tensor are zero, unless the tensor has a state: below 0 along the rank of its look-back they read
 * the state tensor. The left-hand side is indexed by plain, distinct variables of its own ranks.
 *
 * Expression: + - * / and unary minus, numbers, rank names (their extents), accesses, and the functions exp log sqrt
 * rsqrt recip sigmoid silu softplus relu gelu tanh, max(a,b), min(a,b), lookup(index, row). One-argument sum(x) and
 * max(x) reduce x over its variables that the left-hand side lacks. A variable that the left-hand side lacks and no
 * sum or max names is reduced by a sum around the whole right-hand side; a term of that sum without the variable is an
 * error. Constant parts are folded.
 *
 * Scalar operations: each operator of the expression counts once per iteration point where it stands (left-hand-side
 * points, times the reduced ones inside a reduction). a*b+c is one mac; a sum over products is one mac per point, other
 * sums one add; - counts as add, min and relu as max. lookup and a plain copy compute nothing and pay their traffic.
 */
#ifndef SINTER_CASCADE_H
#define SINTER_CASCADE_H

#include "sinter/base.h"

#define SINTER_MAX_RANKS 64
#define SINTER_MAX_DIMS 8
#define SINTER_MAX_EINSUMS 4096

/* ---- parts -------------------------------------------------------------------------------------------------- */

typedef uint64_t sinter_rank_set; /* bit r: rank r */

/* Classes of scalar operations: what a unit states its throughput and energy for. */
enum sinter_op {
    SINTER_MAC,
    SINTER_ADD,
    SINTER_MUL,
    SINTER_DIV,
    SINTER_MAX,
    SINTER_EXP,
    SINTER_LOG,
    SINTER_SQRT,
    SINTER_RSQRT,
    SINTER_RECIP,
    SINTER_SIGMOID,
    SINTER_SILU,
    SINTER_SOFTPLUS,
    SINTER_TANH,
    SINTER_GELU,
    SINTER_N_OPS
};
SINTER_API const char *sinter_op_name(enum sinter_op op); /* "mac", "add", ... */
SINTER_API bool sinter_op_find(const char *name, enum sinter_op *op);
/* Floating-point operations by the convention of the field: mac 2; add, mul, div, max 1; functions 0 (listed apart). */
SINTER_API int sinter_op_flops(enum sinter_op op);

enum sinter_role { SINTER_INTERMEDIATE, SINTER_INPUT, SINTER_WEIGHT, SINTER_OUTPUT, SINTER_STATE };
SINTER_API const char *sinter_role_name(enum sinter_role role); /* "intermediate", "input", ... */

/* An element type. Plain widths have kind SINTER_BITS ("12 bit"). */
enum sinter_type_kind { SINTER_FLOAT, SINTER_BFLOAT, SINTER_INT, SINTER_BITS };
struct sinter_type {
    enum sinter_type_kind kind;
    int bits;
};
/* fp64 fp32 fp16 bf16 fp8 int32 int16 int8 int4 "N bit" (1 <= N <= 1024). */
SINTER_API bool sinter_type_parse(const char *text, struct sinter_type *type);
SINTER_API char *sinter_type_print(struct sinter_type type, char *buffer, size_t size);

struct sinter_rank {
    const char *name;     /* "L" */
    const char *variable; /* "l" */
    int64_t extent;       /* >= 1 */
};

/* One dimension's index: constant + sum of coefficient * variable. `own` is the position of the term that is the
 * dimension's own rank with coefficient 1, else of the first term as written, else -1 (a constant index). The other
 * terms are taps. */
struct sinter_term {
    int rank;
    int64_t coefficient; /* not 0 */
};
struct sinter_index {
    int n_terms, own;
    const struct sinter_term *terms;
    int64_t constant;
};

struct sinter_access {
    int tensor;
    const struct sinter_index *indices; /* one per dimension of the tensor */
    struct sinter_location at;
};

/* The accesses of one Einsum to one tensor that form one tile: they index every dimension with the same own variable
 * (X[l-k,d] and X[l,d] do; X[l,h] and X[m,h] are two operands). */
struct sinter_operand {
    int tensor;
    int n_accesses;
    const struct sinter_access *accesses;
    sinter_rank_set ranks; /* every variable used, taps included */
    bool is_plain;         /* one access, each dimension a distinct single variable with coefficient 1 (constants allowed
                               while they stay inside the tensor): the tile is the product of the ranges */
    int look_back_rank;    /* the rank R that some dimension of rank R reads at r - x with 0 <= x, some x > 0; else -1 */
    int64_t look_back_min; /* least and largest x there, over all taps; 0 when look_back_rank is -1 */
    int64_t look_back_max;
    bool is_backward; /* every dimension of rank R that a variable r of R indexes is read at r - x, x >= 0 */
};

/* `count` operations of one class at each point of `ranks`: `total` in all. */
struct sinter_op_count {
    enum sinter_op op;
    int64_t count;
    sinter_rank_set ranks;
    int64_t total;
};

/* The expression, as nodes in evaluation order (children before parents); the last is the root. */
enum sinter_expr_kind {
    SINTER_EXPR_CONSTANT, /* value */
    SINTER_EXPR_ACCESS,   /* access: index into einsum->accesses */
    SINTER_EXPR_ADD,      /* a, b */
    SINTER_EXPR_SUB,
    SINTER_EXPR_MUL,
    SINTER_EXPR_DIV,
    SINTER_EXPR_MAX,
    SINTER_EXPR_MIN,
    SINTER_EXPR_NEG,      /* a */
    SINTER_EXPR_FUNCTION, /* function of a */
    SINTER_EXPR_LOOKUP,   /* b, the row that the index a selects; rows are laid out in order of use */
    SINTER_EXPR_SUM,      /* a reduced over `reduced` */
    SINTER_EXPR_REDUCE_MAX
};
enum sinter_function {
    SINTER_FN_EXP,
    SINTER_FN_LOG,
    SINTER_FN_SQRT,
    SINTER_FN_RSQRT,
    SINTER_FN_RECIP,
    SINTER_FN_SIGMOID,
    SINTER_FN_SILU,
    SINTER_FN_SOFTPLUS,
    SINTER_FN_RELU,
    SINTER_FN_GELU,
    SINTER_FN_TANH,
    SINTER_N_FUNCTIONS
};
struct sinter_expr {
    enum sinter_expr_kind kind;
    enum sinter_function function;
    int a, b;    /* children, -1 if none */
    int access;  /* of SINTER_EXPR_ACCESS, else -1 */
    int product; /* the child that an addition or a sum takes into a mac, -1: none */
    double value;
    sinter_rank_set reduced;
};

struct sinter_einsum {
    const char *name;     /* the name of its result */
    const char *text;     /* canonical form, as the printer writes it */
    int result;           /* tensor */
    int cascade_operator; /* index into cascade->operators */
    int cycle;            /* index into cascade->cycles, -1 when it is in none */
    int n_ranks;
    const int *rank_order;         /* its iteration space: left-hand side first, then the reduced ranks as they appear */
    sinter_rank_set ranks;         /* the same as a set */
    sinter_rank_set result_ranks;  /* those of the left-hand side */
    sinter_rank_set reduced_ranks; /* the others */
    struct sinter_operand target;  /* the left-hand side as an operand; is_plain holds */
    int n_operands;
    const struct sinter_operand *operands; /* what it reads, each distinct (tensor, own variables) once */
    int n_accesses;
    const struct sinter_access *accesses; /* as written */
    int n_exprs;
    const struct sinter_expr *exprs;
    int n_ops;
    const struct sinter_op_count *ops; /* merged by (op, ranks), in the order of enum sinter_op */
    struct sinter_location at;
};

struct sinter_tensor {
    const char *name;
    enum sinter_role role;
    struct sinter_type type;
    int n_dims;
    const int *dims;       /* ranks */
    sinter_rank_set ranks; /* the same as a set; the ranks of a tensor are distinct */
    int state;             /* the tensor that holds its slices before index 0 and its last slices at the end, or -1 */
    int state_of;          /* for such a tensor: whose state it is, or -1 */
    int look_back_rank;    /* the rank along which readers look back at it (and its state holds slices), or -1 */
    int64_t look_back;     /* c: the largest look-back of any reader; 0 when none */
    int producer;          /* Einsum, or -1 */
    int n_readers;         /* Einsums that read it, in order, each once */
    const int *readers;
    int64_t elements; /* product of the extents */
    int64_t bits;     /* elements * type.bits */
    struct sinter_location at;
};

/* Einsums that depend on each other around a recurrence (one Einsum that reads itself is a cycle too). */
struct sinter_cycle {
    int rank;          /* the recurrent rank */
    int64_t look_back; /* the least look-back along it that closes the cycle: a loop step up to this is legal */
    int n_einsums;
    const int *einsums;
};

/* Einsums that an unfused machine runs as one kernel; an Einsum that names none is an operator of its own. */
struct sinter_operator {
    const char *name;
    int first, n_einsums; /* consecutive Einsums */
};

struct sinter_cascade {
    const char *name;
    struct sinter_type type; /* default */
    int n_ranks, n_tensors, n_einsums, n_cycles, n_operators;
    const struct sinter_rank *ranks;
    const struct sinter_tensor *tensors; /* in the order of declaration or first use */
    const struct sinter_einsum *einsums; /* in the order written: a legal order of execution */
    const struct sinter_cycle *cycles;
    const struct sinter_operator *operators;
    struct sinter_arena *arena; /* owns everything */
};

/* ---- building and reading ------------------------------------------------------------------------------------ */

/* Reads YAML. `overrides` change rank extents ("L"), types ("type", or "H.type") and are marked when used. On success
 * *cascade is new and the caller frees it; else it is NULL and diags says where and why. */
SINTER_API enum sinter_status sinter_cascade_parse(const char *file, const char *text, size_t length,
                                                   struct sinter_override *overrides, int n_overrides,
                                                   const struct sinter_allocator *allocator,
                                                   struct sinter_diagnostics *diags, struct sinter_cascade **cascade);
SINTER_API enum sinter_status sinter_cascade_read_file(const char *file, struct sinter_override *overrides, int n_overrides,
                                                       const struct sinter_allocator *allocator,
                                                       struct sinter_diagnostics *diags, struct sinter_cascade **cascade);
SINTER_API void sinter_cascade_free(struct sinter_cascade *cascade);

/* The same object step by step. The first failure sticks and is reported by `finish`, which consumes the builder. */
struct sinter_cascade_builder;
struct sinter_tensor_options {
    const char *ranks; /* "L, D, N"; "" for a scalar */
    enum sinter_role role;
    const char *type;  /* NULL: the default type */
    const char *state; /* NULL: none */
};
SINTER_API struct sinter_cascade_builder *sinter_cascade_builder_new(const char *name, const char *type,
                                                                     const struct sinter_allocator *allocator,
                                                                     struct sinter_diagnostics *diags);
SINTER_API void sinter_cascade_builder_rank(struct sinter_cascade_builder *builder, const char *name, int64_t extent,
                                            struct sinter_location at);
SINTER_API void sinter_cascade_builder_tensor(struct sinter_cascade_builder *builder, const char *name,
                                              const struct sinter_tensor_options *options, struct sinter_location at);
/* `operator_name` NULL: an operator of its own. Consecutive Einsums with the same name are one operator. `at` is where the
 * text starts: columns inside it are counted from there. */
SINTER_API void sinter_cascade_builder_einsum(struct sinter_cascade_builder *builder, const char *operator_name,
                                              const char *text, struct sinter_location at);
SINTER_API enum sinter_status sinter_cascade_builder_finish(struct sinter_cascade_builder *builder,
                                                            struct sinter_cascade **cascade);
SINTER_API void sinter_cascade_builder_free(struct sinter_cascade_builder *builder); /* to give up before `finish` */

/* Canonical YAML, appended; parsing it gives an equal cascade and the same text again. */
SINTER_API void sinter_cascade_print(const struct sinter_cascade *cascade, struct sinter_text *out);

/* ---- questions ---------------------------------------------------------------------------------------------- */

/* Index by name, or -1. */
SINTER_API int sinter_cascade_rank(const struct sinter_cascade *cascade, const char *name);
SINTER_API int sinter_cascade_tensor(const struct sinter_cascade *cascade, const char *name);
SINTER_API int sinter_cascade_einsum(const struct sinter_cascade *cascade, const char *name);

/* Product of the extents of a set of ranks. */
SINTER_API int64_t sinter_cascade_points(const struct sinter_cascade *cascade, sinter_rank_set ranks);
/* Adds the operations of one Einsum, by class, to counts[SINTER_N_OPS]. */
SINTER_API void sinter_einsum_operations(const struct sinter_cascade *cascade, int einsum, int64_t counts[SINTER_N_OPS]);
/* The reduction (index into exprs) whose running value is all that is left to know when the ranks `cut` are gone through in
 * pieces: outside every other reduction, over all of `cut`, no rank of which any other reduction has; -1: there is none. */
SINTER_API int sinter_einsum_split(const struct sinter_einsum *einsum, sinter_rank_set cut);

#endif
