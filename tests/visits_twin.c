/* visits_twin.c: the values of an execution that splits sums, Einsum by Einsum.
 * SPDX-License-Identifier: MIT
 */
#include "visits_twin.h"

#include <math.h>
#include <stdio.h>

enum { MOST_LOOPS = 64 }; /* around a leaf */

struct ranges {
    int64_t low[SINTER_MAX_RANKS], high[SINTER_MAX_RANKS];
};

struct twin {
    const struct sinter_plan *plan;
    const struct sinter_cascade *cascade;
    const struct sinter_numerics *numerics;
    const struct sinter_values *in, *made;
    bool is_float;
    /* of the Einsum at hand: */
    const struct sinter_einsum *einsum;
    const struct sinter_format *format; /* of its result */
    sinter_rank_set cut;                /* reduced ranks that loops around its leaf cut */
    int n_loops, loops[MOST_LOOPS];
    int split; /* the reduction over them, -1 */
    bool is_free;
    /* of the element at hand: */
    int64_t point[SINTER_MAX_RANKS];
    double sum, magnitude; /* of the split; magnitude: of its terms */
    bool has_sum;
    int64_t n_visits;
};

static double evaluate(struct twin *twin, int node, const struct ranges *ranges);

static int64_t extent_of(const struct twin *twin, int rank)
{
    return twin->cascade->ranks[rank].extent;
}

static double rounded(const struct twin *twin, double number)
{
    return twin->is_float ? (double)(float)number : number;
}

static double fused(const struct twin *twin, double a, double b, double c)
{
    return twin->is_float ? (double)fmaf((float)a, (float)b, (float)c) : fma(a, b, c);
}

/* ---- elements -------------------------------------------------------------------------------------------------------- */

static int64_t flat(const struct twin *twin, int tensor, const int64_t *index)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    int64_t at = 0;
    for (int d = 0; d < t->n_dims; d++)
        at = at * extent_of(twin, t->dims[d]) + index[d];
    return at;
}

/* The element of the state where the tensor would have `index`, below 0 at dimension `below`; on chip in the tensor's format. */
static double state_element(const struct twin *twin, int tensor, const int64_t *index, int below)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    int64_t slice = t->look_back + index[below], at[SINTER_MAX_DIMS];
    double number;
    if (t->state < 0 || t->dims[below] != t->look_back_rank || slice < 0)
        return 0;
    const struct sinter_tensor *state = &twin->cascade->tensors[t->state];
    if (state->role == SINTER_OUTPUT)
        return 0;
    for (int s = 0; s < state->n_dims; s++) {
        at[s] = slice; /* unless the tensor has this rank, too */
        for (int d = 0; d < t->n_dims; d++)
            at[s] = t->dims[d] == state->dims[s] ? index[d] : at[s];
    }
    sinter_values_get(twin->in, t->state, false, flat(twin, t->state, at), 1, &number);
    return sinter_format_round(&twin->numerics->formats[tensor], number);
}

static double element(const struct twin *twin, int tensor, const int64_t *index)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    int below = -1;
    double number;
    for (int d = 0; d < t->n_dims; d++) {
        if (index[d] >= extent_of(twin, t->dims[d]) || (index[d] < 0 && below >= 0))
            return 0;
        below = index[d] < 0 ? d : below;
    }
    if (below >= 0)
        return state_element(twin, tensor, index, below);
    sinter_values_get(t->producer < 0 ? twin->in : twin->made, tensor, false, flat(twin, tensor, index), 1, &number);
    return number;
}

static double read(const struct twin *twin, const struct sinter_access *access)
{
    int64_t index[SINTER_MAX_DIMS];
    for (int d = 0; d < twin->cascade->tensors[access->tensor].n_dims; d++) {
        index[d] = access->indices[d].constant;
        for (int k = 0; k < access->indices[d].n_terms; k++)
            index[d] += access->indices[d].terms[k].coefficient * twin->point[access->indices[d].terms[k].rank];
    }
    return rounded(twin, element(twin, access->tensor, index));
}

/* ---- expressions ----------------------------------------------------------------------------------------------------- */

static double larger(double a, double b)
{
    return a > b || isnan(a) ? a : b;
}

static double smaller(double a, double b)
{
    return a < b || isnan(a) ? a : b;
}

/* The points of the reduced ranks of the order from `at` on join `all`. */
static double reduce(struct twin *twin, const struct sinter_expr *expr, int at, const struct ranges *ranges, double all)
{
    const struct sinter_einsum *einsum = twin->einsum;
    while (at < einsum->n_ranks && !(expr->reduced >> einsum->rank_order[at] & 1))
        at++;
    if (at < einsum->n_ranks) {
        int rank = einsum->rank_order[at];
        for (twin->point[rank] = ranges->low[rank]; twin->point[rank] < ranges->high[rank]; twin->point[rank]++)
            all = reduce(twin, expr, at + 1, ranges, all);
        return all;
    }
    if (expr->kind == SINTER_EXPR_REDUCE_MAX)
        return larger(all, evaluate(twin, expr->a, ranges));
    if (expr->product < 0) {
        double term = evaluate(twin, expr->a, ranges);
        twin->magnitude += fabs(term);
        return rounded(twin, all + term);
    }
    const struct sinter_expr *product = &einsum->exprs[expr->product];
    double a = evaluate(twin, product->a, ranges), b = evaluate(twin, product->b, ranges);
    twin->magnitude += fabs(a * b);
    return fused(twin, a, b, all);
}

static double start_of(const struct sinter_expr *expr)
{
    return expr->kind == SINTER_EXPR_SUM ? 0 : -(double)INFINITY;
}

static double add(struct twin *twin, const struct sinter_expr *expr, const struct ranges *ranges)
{
    double sign = expr->kind == SINTER_EXPR_SUB ? -1 : 1;
    if (expr->product < 0)
        return rounded(twin, evaluate(twin, expr->a, ranges) + sign * evaluate(twin, expr->b, ranges));
    const struct sinter_expr *product = &twin->einsum->exprs[expr->product];
    double a = evaluate(twin, product->a, ranges), b = evaluate(twin, product->b, ranges);
    if (expr->product == expr->a)
        return fused(twin, a, b, sign * evaluate(twin, expr->b, ranges));
    return fused(twin, sign * a, b, evaluate(twin, expr->a, ranges));
}

static double apply(const struct twin *twin, enum sinter_function function, double x)
{
    const struct sinter_function_model *model = &twin->numerics->functions[function];
    return twin->is_float ? (double)sinter_function_value_float(model, function, (float)x)
                          : sinter_function_value(model, function, x);
}

static double evaluate(struct twin *twin, int node, const struct ranges *ranges)
{
    const struct sinter_expr *expr = &twin->einsum->exprs[node];
    switch (expr->kind) {
    case SINTER_EXPR_CONSTANT:
        return rounded(twin, expr->value);
    case SINTER_EXPR_ACCESS:
        return read(twin, &twin->einsum->accesses[expr->access]);
    case SINTER_EXPR_ADD:
    case SINTER_EXPR_SUB:
        return add(twin, expr, ranges);
    case SINTER_EXPR_MUL:
        return rounded(twin, evaluate(twin, expr->a, ranges) * evaluate(twin, expr->b, ranges));
    case SINTER_EXPR_DIV:
        return rounded(twin, evaluate(twin, expr->a, ranges) / evaluate(twin, expr->b, ranges));
    case SINTER_EXPR_MAX:
        return larger(evaluate(twin, expr->a, ranges), evaluate(twin, expr->b, ranges));
    case SINTER_EXPR_MIN:
        return smaller(evaluate(twin, expr->a, ranges), evaluate(twin, expr->b, ranges));
    case SINTER_EXPR_NEG:
        return -evaluate(twin, expr->a, ranges);
    case SINTER_EXPR_FUNCTION:
        return apply(twin, expr->function, evaluate(twin, expr->a, ranges));
    case SINTER_EXPR_LOOKUP:
        return evaluate(twin, expr->b, ranges);
    case SINTER_EXPR_SUM:
    case SINTER_EXPR_REDUCE_MAX:
        break;
    }
    if (twin->has_sum && node == twin->split)
        return twin->sum;
    return reduce(twin, expr, 0, ranges, start_of(expr));
}

/* ---- visits ---------------------------------------------------------------------------------------------------------- */

/* The visits inside the loops from `at` on. */
static void visit(struct twin *twin, int at, const struct ranges *ranges)
{
    if (at < twin->n_loops) {
        const struct sinter_plan_node *loop = &twin->plan->nodes[twin->loops[at]];
        struct ranges piece = *ranges;
        for (int64_t low = ranges->low[loop->rank]; low < ranges->high[loop->rank]; low += loop->tile) {
            piece.low[loop->rank] = low;
            piece.high[loop->rank] =
                low + loop->tile < ranges->high[loop->rank] ? low + loop->tile : ranges->high[loop->rank];
            visit(twin, at + 1, &piece);
        }
        return;
    }
    bool is_last = true;
    for (int r = 0; r < twin->cascade->n_ranks; r++)
        is_last &= !(twin->cut >> r & 1) || ranges->high[r] == extent_of(twin, r);
    twin->sum = reduce(twin, &twin->einsum->exprs[twin->split], 0, ranges, twin->sum);
    twin->n_visits++;
    if (!is_last)
        twin->sum = rounded(twin, sinter_format_round(twin->format, twin->sum));
}

static double value_of(struct twin *twin)
{
    struct ranges all;
    for (int r = 0; r < twin->cascade->n_ranks; r++) {
        all.low[r] = 0;
        all.high[r] = extent_of(twin, r);
    }
    twin->has_sum = false;
    twin->magnitude = 0;
    twin->n_visits = 0;
    if (twin->split >= 0) {
        twin->sum = start_of(&twin->einsum->exprs[twin->split]);
        visit(twin, 0, &all);
        twin->has_sum = true;
    }
    return sinter_format_round(twin->format, evaluate(twin, twin->einsum->n_exprs - 1, &all));
}

/* Functions around sums in random cases are no steeper than 2, and round a few times more. */
static double bound_of(const struct twin *twin)
{
    const double slope = 4;
    double terms = 4, unit = ldexp(1, twin->is_float ? -24 : -53), epsilon = sinter_format_epsilon(twin->format), least;
    bool is_integer = twin->format->kind == SINTER_FORMAT_INTEGER;
    least = is_integer ? epsilon : ldexp(1, 2 - (1 << (twin->format->exponent_bits - 1)) - twin->format->mantissa_bits);
    for (int r = 0; r < twin->cascade->n_ranks; r++)
        terms *= twin->einsum->reduced_ranks >> r & 1 ? (double)extent_of(twin, r) : 1;
    double visits = (double)twin->n_visits + 1, size = 1 + twin->magnitude;
    return slope * ((terms * unit + (is_integer ? 0 : visits * epsilon)) * size + visits * least);
}

static bool is_right(const struct twin *twin, double found, double expected)
{
    if (found == expected || (isnan(found) && isnan(expected)))
        return true;
    if (!twin->is_free)
        return false;
    /* beyond the largest number the order decides what is left */
    return !(twin->magnitude < sinter_format_most(twin->format) / 4) || fabs(found - expected) <= bound_of(twin);
}

/* ---- Einsums --------------------------------------------------------------------------------------------------------- */

static void take(struct twin *twin, int einsum)
{
    const struct sinter_plan_node *nodes = twin->plan->nodes;
    int leaf = twin->plan->leaves[einsum].node, n_whole = 0, path[MOST_LOOPS], n = 0;
    twin->einsum = &twin->cascade->einsums[einsum];
    twin->format = &twin->numerics->formats[twin->einsum->result];
    twin->cut = nodes[leaf].looped & twin->einsum->reduced_ranks;
    twin->split = twin->einsum->reduced_ranks == 0 ? -1 : twin->cut != 0 ? sinter_einsum_split(twin->einsum, twin->cut) : -1;
    for (int at = nodes[leaf].parent; at >= 0; at = nodes[at].parent)
        if (nodes[at].kind == SINTER_LOOP && (twin->cut >> nodes[at].rank & 1))
            path[n++] = at;
    twin->n_loops = n;
    for (int i = 0; i < n; i++)
        twin->loops[i] = path[n - 1 - i];
    for (int r = 0; r < twin->cascade->n_ranks; r++)
        n_whole += (twin->einsum->reduced_ranks >> r & 1) && sinter_plan_range(twin->plan, leaf, r) > 1;
    twin->is_free = nodes[leaf].n_members > 1 && n_whole > 1;
}

static void walk(const struct twin *twin, int tensor, int64_t at, int64_t *index)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    for (int d = t->n_dims - 1; d >= 0; d--) {
        index[d] = at % extent_of(twin, t->dims[d]);
        at /= extent_of(twin, t->dims[d]);
    }
}

static const char *result_problem(struct twin *twin, int einsum, char *text, size_t size)
{
    take(twin, einsum);
    const struct sinter_tensor *t = &twin->cascade->tensors[twin->einsum->result];
    int64_t index[SINTER_MAX_DIMS];
    for (int64_t at = 0; at < t->elements; at++) {
        double found;
        walk(twin, twin->einsum->result, at, index);
        for (int d = 0; d < t->n_dims; d++)
            twin->point[t->dims[d]] = index[d];
        double expected = value_of(twin);
        sinter_values_get(twin->made, twin->einsum->result, false, at, 1, &found);
        if (is_right(twin, found, expected))
            continue;
        snprintf(text, size, "%s: element %lld is %.17g, its operands and visits make %.17g%s", t->name, (long long)at,
                 found, expected, twin->is_free ? " in some order" : "");
        return text;
    }
    return NULL;
}

/* What is left in a state is what its tensor had last, in the format of the state. */
static const char *final_problem(const struct twin *twin, int tensor, char *text, size_t size)
{
    const struct sinter_tensor *state = &twin->cascade->tensors[tensor];
    const struct sinter_tensor *owner = state->state_of >= 0 ? &twin->cascade->tensors[state->state_of] : NULL;
    int64_t index[SINTER_MAX_DIMS], of_tensor[SINTER_MAX_DIMS];
    for (int64_t at = 0; owner != NULL && state->role != SINTER_INPUT && at < state->elements; at++) {
        int64_t slice = 0;
        double found, expected;
        walk(twin, tensor, at, index);
        for (int s = 0; s < state->n_dims; s++)
            slice = owner->ranks >> state->dims[s] & 1 ? slice : index[s];
        for (int d = 0; d < owner->n_dims; d++) {
            of_tensor[d] = extent_of(twin, owner->dims[d]) - owner->look_back + slice;
            for (int s = 0; s < state->n_dims; s++)
                of_tensor[d] = state->dims[s] == owner->dims[d] ? index[s] : of_tensor[d];
        }
        expected = sinter_format_round(&twin->numerics->formats[tensor], element(twin, state->state_of, of_tensor));
        sinter_values_get(twin->made, tensor, true, at, 1, &found);
        if (found == expected || (isnan(found) && isnan(expected)))
            continue;
        snprintf(text, size, "%s at the end: element %lld is %g, expected %g", state->name, (long long)at, found, expected);
        return text;
    }
    return NULL;
}

const char *visits_problem(const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                           const struct sinter_values *in, const struct sinter_values *made, char *text, size_t size)
{
    struct twin twin = {.plan = plan,
                        .cascade = plan->cascade,
                        .numerics = numerics,
                        .in = in,
                        .made = made,
                        .is_float = numerics->arithmetic == 32};
    const char *problem = NULL;
    for (int e = 0; e < plan->cascade->n_einsums && problem == NULL; e++)
        problem = result_problem(&twin, e, text, size);
    for (int t = 0; t < plan->cascade->n_tensors && problem == NULL; t++)
        problem = final_problem(&twin, t, text, size);
    return problem;
}
