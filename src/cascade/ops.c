/* ops.c: what an expression costs: scalar operations by class and by the ranks that they repeat over.
 * SPDX-License-Identifier: MIT
 *
 * An operator outside every reduction runs once per point of the left-hand side; inside a reduction once per point of
 * the left-hand side and of the reduced ranks around it. A product that is added to or subtracted from something (or
 * the other way round) and a product that is summed are one mac with that addition.
 */
#include "cascade/build.h"

static enum sinter_op function_op(enum sinter_function function)
{
    static const enum sinter_op ops[SINTER_N_FUNCTIONS] = {
        [SINTER_FN_EXP] = SINTER_EXP,     [SINTER_FN_LOG] = SINTER_LOG,           [SINTER_FN_SQRT] = SINTER_SQRT,
        [SINTER_FN_RSQRT] = SINTER_RSQRT, [SINTER_FN_RECIP] = SINTER_RECIP,       [SINTER_FN_SIGMOID] = SINTER_SIGMOID,
        [SINTER_FN_SILU] = SINTER_SILU,   [SINTER_FN_SOFTPLUS] = SINTER_SOFTPLUS, [SINTER_FN_RELU] = SINTER_MAX,
        [SINTER_FN_GELU] = SINTER_GELU,   [SINTER_FN_TANH] = SINTER_TANH,
    };
    return ops[function];
}

struct counter {
    int n;
    struct sinter_op_count *counts; /* room for one per node */
};

static void count(struct counter *counter, enum sinter_op op, sinter_rank_set ranks)
{
    for (int i = 0; i < counter->n; i++) {
        if (counter->counts[i].op == op && counter->counts[i].ranks == ranks) {
            counter->counts[i].count++;
            return;
        }
    }
    counter->counts[counter->n++] = (struct sinter_op_count){op, 1, ranks, 0};
}

/* The product that an addition at node i takes into a mac, or -1. */
static int product_of(const struct sinter_expr *nodes, int i)
{
    const struct sinter_expr *node = &nodes[i];
    bool is_addition = node->kind == SINTER_EXPR_ADD || node->kind == SINTER_EXPR_SUB;
    if (!is_addition && node->kind != SINTER_EXPR_SUM)
        return -1;
    if (nodes[node->a].kind == SINTER_EXPR_MUL)
        return node->a;
    return is_addition && nodes[node->b].kind == SINTER_EXPR_MUL ? node->b : -1;
}

void cascade_find_products(struct sinter_expr *nodes, int n)
{
    for (int i = 0; i < n; i++)
        nodes[i].product = product_of(nodes, i);
}

/* The class of a node; false for nodes that compute nothing. A reduction's operation counts inside it. */
static bool node_op(const struct sinter_expr *node, bool absorbs, enum sinter_op *op)
{
    switch (node->kind) {
    case SINTER_EXPR_ADD:
    case SINTER_EXPR_SUB:
    case SINTER_EXPR_SUM:
        *op = absorbs ? SINTER_MAC : SINTER_ADD;
        return true;
    case SINTER_EXPR_NEG:
        *op = SINTER_ADD;
        return true;
    case SINTER_EXPR_MUL:
        *op = SINTER_MUL;
        return true;
    case SINTER_EXPR_DIV:
        *op = SINTER_DIV;
        return true;
    case SINTER_EXPR_MAX:
    case SINTER_EXPR_MIN:
    case SINTER_EXPR_REDUCE_MAX:
        *op = SINTER_MAX;
        return true;
    case SINTER_EXPR_FUNCTION:
        *op = function_op(node->function);
        return true;
    case SINTER_EXPR_CONSTANT:
    case SINTER_EXPR_ACCESS:
    case SINTER_EXPR_LOOKUP:
        break;
    }
    return false;
}

/* Per node: the ranks over which its children repeat, and whether an addition has absorbed it. */
static void spread(const struct sinter_einsum *einsum, sinter_rank_set *points, bool *absorbed)
{
    points[einsum->n_exprs - 1] = einsum->result_ranks;
    for (int i = einsum->n_exprs - 1; i >= 0; i--) {
        const struct sinter_expr *node = &einsum->exprs[i];
        points[i] |= node->reduced; /* its own operation repeats over what it reduces */
        if (node->a >= 0)
            points[node->a] = points[i];
        if (node->b >= 0)
            points[node->b] = points[i];
        if (node->product >= 0)
            absorbed[node->product] = true;
    }
}

enum sinter_status cascade_count_operations(struct sinter_cascade_builder *b, struct sinter_einsum *einsum)
{
    size_t n = (size_t)einsum->n_exprs;
    struct sinter_arena_mark mark = sinter_arena_mark(b->scratch);
    struct counter counter = {0, sinter_arena_alloc(b->scratch, n, sizeof *counter.counts)};
    sinter_rank_set *points = sinter_arena_alloc(b->scratch, n, sizeof *points);
    bool *absorbed = sinter_arena_alloc(b->scratch, n, sizeof *absorbed);
    if (!counter.counts || !points || !absorbed)
        return sinter_out_of_memory(b->diags);
    spread(einsum, points, absorbed);
    for (int i = 0; i < einsum->n_exprs; i++) {
        enum sinter_op op;
        if (!absorbed[i] && node_op(&einsum->exprs[i], einsum->exprs[i].product >= 0, &op))
            count(&counter, op, points[i]);
    }
    struct sinter_op_count *ops = sinter_arena_alloc(b->arena, (size_t)counter.n, sizeof *ops);
    if (!ops)
        return sinter_out_of_memory(b->diags);
    einsum->ops = ops;
    for (int op = 0; op < SINTER_N_OPS; op++) {
        for (int i = 0; i < counter.n; i++) {
            if ((int)counter.counts[i].op == op)
                ops[einsum->n_ops++] = counter.counts[i];
        }
    }
    sinter_arena_reset(b->scratch, mark);
    return SINTER_OK;
}
