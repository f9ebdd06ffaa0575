/* evaluate.c: an Einsum as its text says, point by point: loops, reductions, the expression tree.
 * SPDX-License-Identifier: MIT
 *
 * Numbers travel as doubles also in float arithmetic, where each operation is rounded to float: + - * / of two floats,
 * rounded to double and then to float, are what float arithmetic gives (53 >= 2 * 24 + 2 bits; Figueroa, "When is double
 * rounding innocuous?", SIGNUM Newsletter 30(3), 1995). A fused multiply-add is not, hence fmaf().
 */
#include "exec/evaluate.h"

#include <math.h>

/* ---- where elements lie -------------------------------------------------------------------------------------- */

static bool leaves_dimension(const struct sinter_cascade *cascade, const struct whole *whole, int dim, int64_t extent,
                             const struct sinter_index *index)
{
    int64_t low = index->constant, high = index->constant;
    for (int i = 0; i < index->n_terms; i++) {
        int64_t reach = index->terms[i].coefficient * (cascade->ranks[index->terms[i].rank].extent - 1);
        low += reach < 0 ? reach : 0;
        high += reach > 0 ? reach : 0;
    }
    return low < (dim == whole->look_dim ? -whole->slices : 0) || high >= extent;
}

static void place_access(struct evaluation *e, int i, const struct sinter_access *access, const struct whole *wholes)
{
    const struct sinter_tensor *tensor = &e->cascade->tensors[access->tensor];
    const struct whole *whole = &wholes[access->tensor];
    e->wholes[i] = whole;
    for (int d = 0; d < tensor->n_dims && !e->leaves[i]; d++)
        e->leaves[i] =
            leaves_dimension(e->cascade, whole, d, e->cascade->ranks[tensor->dims[d]].extent, &access->indices[d]);
    if (e->leaves[i])
        return;
    e->offsets[i] = whole->origin;
    for (int d = 0; d < tensor->n_dims; d++) {
        const struct sinter_index *index = &access->indices[d];
        e->offsets[i] += index->constant * whole->stride[d];
        for (int k = 0; k < index->n_terms; k++) {
            int place = e->place[index->terms[k].rank];
            if (e->extent[place] > 1) /* else its coefficient may be anything */
                e->steps[place * e->n_accesses + i] += index->terms[k].coefficient * whole->stride[d];
        }
    }
}

bool evaluation_open(struct evaluation *e, const struct sinter_cascade *cascade, int einsum,
                     const struct sinter_numerics *numerics, const struct whole *wholes,
                     const struct sinter_allocator *allocator)
{
    const struct sinter_einsum *text = &cascade->einsums[einsum];
    size_t n = (size_t)text->n_accesses + 1;
    *e = (struct evaluation){.cascade = cascade, .einsum = text, .numerics = numerics, .n_accesses = (int)n};
    e->is_float = numerics && numerics->arithmetic == 32;
    for (int i = 0; i < text->n_ranks; i++) {
        e->extent[i] = cascade->ranks[text->rank_order[i]].extent;
        e->place[text->rank_order[i]] = i;
    }
    e->wholes = sinter_allocate(allocator, n, sizeof *e->wholes);
    e->leaves = sinter_allocate(allocator, n, sizeof *e->leaves);
    e->offsets = sinter_allocate(allocator, n, sizeof *e->offsets);
    e->steps = sinter_allocate(allocator, n * (size_t)text->n_ranks, sizeof *e->steps);
    if (!e->wholes || !e->leaves || !e->offsets || !e->steps)
        return false;
    for (int i = 0; i < text->n_accesses; i++)
        place_access(e, i, &text->accesses[i], wholes);
    place_access(e, text->n_accesses, &text->target.accesses[0], wholes);
    return true;
}

void evaluation_close(struct evaluation *e, const struct sinter_allocator *allocator)
{
    sinter_release(allocator, e->wholes);
    sinter_release(allocator, e->leaves);
    sinter_release(allocator, e->offsets);
    sinter_release(allocator, e->steps);
}

int64_t evaluation_find(const struct evaluation *e, int i)
{
    const struct sinter_access *access = &e->einsum->accesses[i];
    const struct sinter_tensor *tensor = &e->cascade->tensors[access->tensor];
    const struct whole *whole = e->wholes[i];
    int64_t offset = whole->origin;
    for (int d = 0; d < tensor->n_dims; d++) {
        const struct sinter_index *index = &access->indices[d];
        int64_t at = index->constant;
        for (int k = 0; k < index->n_terms; k++)
            at += index->terms[k].coefficient * e->point[e->place[index->terms[k].rank]];
        if (at < (d == whole->look_dim ? -whole->slices : 0) || at >= e->cascade->ranks[tensor->dims[d]].extent)
            return -1;
        offset += at * whole->stride[d];
    }
    return offset;
}

/* ---- loops --------------------------------------------------------------------------------------------------- */

struct evaluation_loop evaluation_loop(const struct evaluation *e, sinter_rank_set ranks)
{
    struct evaluation_loop loop;
    loop.n = 0;
    for (int i = 0; i < e->einsum->n_ranks; i++) {
        if (ranks >> e->einsum->rank_order[i] & 1)
            loop.places[loop.n++] = i;
    }
    return loop;
}

static void move(struct evaluation *e, int place, int64_t by)
{
    const int64_t *steps = e->steps + place * e->n_accesses;
    e->point[place] += by;
    for (int i = 0; i < e->n_accesses; i++)
        e->offsets[i] += by * steps[i];
}

bool evaluation_advance(struct evaluation *e, const struct evaluation_loop *loop)
{
    for (int i = loop->n - 1; i >= 0; i--) {
        int place = loop->places[i];
        if (e->point[place] + 1 < e->extent[place]) {
            move(e, place, 1);
            return true;
        }
        move(e, place, -e->point[place]);
    }
    return false;
}

/* ---- the expression ------------------------------------------------------------------------------------------ */

static double operation(struct evaluation *e, const struct sinter_expr *expr);

static double rounded(const struct evaluation *e, double number)
{
    return e->is_float ? (double)(float)number : number;
}

/* Most nodes are accesses: they stand apart so that a sum of products costs no calls. */
static inline double value(struct evaluation *e, int node)
{
    const struct sinter_expr *expr = &e->einsum->exprs[node];
    if (expr->kind != SINTER_EXPR_ACCESS)
        return operation(e, expr);
    int64_t offset = evaluation_offset(e, expr->access);
    return offset < 0 ? 0 : rounded(e, e->wholes[expr->access]->data[offset]);
}

/* x * y + addend, where the product is a node: one rounding. */
static double mac(struct evaluation *e, int product, double sign, double addend)
{
    double x = sign * value(e, e->einsum->exprs[product].a), y = value(e, e->einsum->exprs[product].b);
    return e->is_float ? (double)fmaf((float)x, (float)y, (float)addend) : fma(x, y, addend);
}

static double reduction(struct evaluation *e, const struct sinter_expr *expr)
{
    struct evaluation_loop loop = evaluation_loop(e, expr->reduced);
    double all = expr->kind == SINTER_EXPR_SUM ? 0 : -(double)INFINITY;
    do {
        if (expr->product >= 0)
            all = mac(e, expr->product, 1, all);
        else if (expr->kind == SINTER_EXPR_SUM)
            all = rounded(e, all + value(e, expr->a));
        else
            all = larger(all, value(e, expr->a));
    } while (evaluation_advance(e, &loop));
    return all;
}

static double addition(struct evaluation *e, const struct sinter_expr *expr)
{
    double sign = expr->kind == SINTER_EXPR_SUB ? -1 : 1;
    if (expr->product >= 0 && expr->product == expr->a)
        return mac(e, expr->product, 1, sign * value(e, expr->b));
    if (expr->product >= 0)
        return mac(e, expr->product, sign, value(e, expr->a));
    return rounded(e, value(e, expr->a) + sign * value(e, expr->b));
}

static double function_value(const struct evaluation *e, enum sinter_function function, double x)
{
    static const struct sinter_function_model exact = {.kind = SINTER_FUNCTION_EXACT};
    const struct sinter_function_model *model = e->numerics ? &e->numerics->functions[function] : &exact;
    return e->is_float ? (double)sinter_function_value_float(model, function, (float)x)
                       : sinter_function_value(model, function, x);
}

static double operation(struct evaluation *e, const struct sinter_expr *expr)
{
    switch (expr->kind) {
    case SINTER_EXPR_ACCESS:
        break; /* value() */
    case SINTER_EXPR_CONSTANT:
        return rounded(e, expr->value);
    case SINTER_EXPR_ADD:
    case SINTER_EXPR_SUB:
        return addition(e, expr);
    case SINTER_EXPR_MUL:
        return rounded(e, value(e, expr->a) * value(e, expr->b));
    case SINTER_EXPR_DIV:
        return rounded(e, value(e, expr->a) / value(e, expr->b));
    case SINTER_EXPR_MAX:
        return larger(value(e, expr->a), value(e, expr->b));
    case SINTER_EXPR_MIN:
        return smaller(value(e, expr->a), value(e, expr->b));
    case SINTER_EXPR_NEG:
        return -value(e, expr->a);
    case SINTER_EXPR_FUNCTION:
        return function_value(e, expr->function, value(e, expr->a));
    case SINTER_EXPR_LOOKUP: /* rows lie in the order of their use */
        return value(e, expr->b);
    case SINTER_EXPR_SUM:
    case SINTER_EXPR_REDUCE_MAX:
        return reduction(e, expr);
    }
    return (double)NAN;
}

/* ---- the Einsum ---------------------------------------------------------------------------------------------- */

void evaluation_run(struct evaluation *e, int rank)
{
    sinter_rank_set fixed = rank < 0 ? 0 : (sinter_rank_set)1 << rank;
    struct evaluation_loop loop = evaluation_loop(e, e->einsum->result_ranks & ~fixed);
    int result = e->n_accesses - 1;
    do
        e->wholes[result]->data[e->offsets[result]] =
            round_to_tensor(e->numerics, e->einsum->result, value(e, e->einsum->n_exprs - 1));
    while (evaluation_advance(e, &loop));
}

void evaluation_step(struct evaluation *e, int rank)
{
    move(e, e->place[rank], 1);
}
