/* bounds.c: running error analysis: beside each number of the unrounded reference how far a rounded one can be from it.
 * SPDX-License-Identifier: MIT
 *
 * A number x stands for itself, computed in double, and a bound e: whoever evaluates the cascade in the numerics gets a
 * number within [x - e, x + e]. Bounds follow the expression (Higham, Accuracy and Stability of Numerical Algorithms, 2nd
 * edition, 3.3 running error analysis, 4.2 summation):
 *
 *     an operation      what it makes of the bounds of its operands, exactly, or by the largest slope of a function between
 *                       x - e and x + e; then its own rounding: u * (|result| + that)
 *     a sum in order    that, addition by addition, with the partial sums that there are
 *     in another order  (n + parts) * u / (1 - (n + parts) * u) times the sum of the magnitudes: holds for every order
 *     a sum in parts    and the rounding of each partial sum to the tensor's format
 *     a tensor          half the distance of its format's numbers there
 *
 * u is the unit roundoff of the arithmetic plus that of double, in which x itself is computed. A bound is infinite where a
 * number may overflow, a divisor or the argument of a logarithm or a root may vanish, and behind a function that is
 * approximated (its model says what it computes, not how far that is from the function).
 */
#include "exec/bounds.h"

#include <float.h>

/* Bounds are computed in double too: a few roundings, each of 2^-53, for each operation. */
#define GROWTH (1 + 0x1p-50)
#define DOUBLE_ROUNDOFF 0x1p-53

struct bounded {
    double value, error;
};

struct walk {
    const struct bounds *bounds;
    const struct sinter_split *split; /* of the Einsum; NULL: its sums run as its text says */
    struct evaluation *e;
    double roundoff, least, most; /* of the arithmetic: u, half its smallest number, its largest */
};

/* ---- roundings ----------------------------------------------------------------------------------------------- */

static struct bounded rounded(const struct walk *w, double value, double error)
{
    double most = fabs(value) + error;
    if (!(most <= w->most))
        return (struct bounded){value, (double)INFINITY};
    return (struct bounded){value, (error + w->roundoff * most + w->least) * GROWTH};
}

static bool holds_arithmetic(const struct sinter_format *format, int arithmetic)
{
    return format->kind == SINTER_FORMAT_FLOAT && format->mantissa_bits >= (arithmetic == 32 ? 23 : 52) &&
           format->exponent_bits >= (arithmetic == 32 ? 8 : 11) && !format->is_finite;
}

double bounds_rounding(const struct sinter_numerics *numerics, int tensor, double most)
{
    const struct sinter_format *format = &numerics->formats[tensor];
    double beyond = most - sinter_format_most(format);
    if (holds_arithmetic(format, numerics->arithmetic))
        return 0;
    bool saturates = format->kind == SINTER_FORMAT_INTEGER || format->is_finite;
    if (!(most < (double)INFINITY) || (beyond > 0 && !saturates))
        return (double)INFINITY;
    double half = unit_in_last_place(format, fmin(most, sinter_format_most(format))) / 2;
    return beyond > half ? beyond : half;
}

/* ---- functions ----------------------------------------------------------------------------------------------- */

/* At least |f'| between low and high; infinite where f is not defined everywhere in between. */
static double most_slope(enum sinter_function function, double low, double high)
{
    double near = low <= 0 && high >= 0 ? 0 : fmin(fabs(low), fabs(high));
    const double endless = (double)INFINITY;
    switch (function) {
    case SINTER_FN_EXP:
        return exp(high);
    case SINTER_FN_LOG:
        return low > 0 ? 1 / low : endless;
    case SINTER_FN_SQRT:
        return low > 0 ? 0.5 / sqrt(low) : endless;
    case SINTER_FN_RSQRT:
        return low > 0 ? 0.5 / (low * sqrt(low)) : endless;
    case SINTER_FN_RECIP:
        return near > 0 ? 1 / near / near : endless;
    case SINTER_FN_SIGMOID:
        return 0.25 / pow(cosh(near / 2), 2);
    case SINTER_FN_TANH:
        return 1 / pow(cosh(near), 2);
    case SINTER_FN_SOFTPLUS:
        return 1 / (1 + exp(-high));
    case SINTER_FN_RELU:
        return high < 0 ? 0 : 1;
    case SINTER_FN_SILU: /* s * (1 + x * (1 - s)), s the sigmoid; -0.1 to 0.5 below 0, to 1.1 above */
        return high < 0 ? fmin(0.5, (1 + fabs(low)) / (1 + exp(-high))) : 1.1;
    case SINTER_FN_GELU: /* -0.13 to 0.5 below 0, to 1.13 above */
        return high < 0 ? 0.5 : 1.13;
    case SINTER_N_FUNCTIONS:
        break;
    }
    return endless;
}

/* How far the function's own value is from the true one: the ulps that exec.h states for float; in double the C library's, at
 * most 5 ulp of 2 u (erfc; exp, log, log1p 1, tanh 2: glibc manual, Known Maximum Errors in Math Functions), and six
 * roundings around it. In its tail gelu multiplies a subnormal erfc by x / 2, at most 20 there. */
static double own_error(enum sinter_function function, bool is_float, double most)
{
    static const double ulps[SINTER_N_FUNCTIONS] = {
        [SINTER_FN_EXP] = 1.1,   [SINTER_FN_LOG] = 0.9,   [SINTER_FN_SQRT] = 0.5, [SINTER_FN_RSQRT] = 1.5,
        [SINTER_FN_RECIP] = 0.5, [SINTER_FN_SIGMOID] = 2, [SINTER_FN_SILU] = 2.5, [SINTER_FN_SOFTPLUS] = 1.7,
        [SINTER_FN_RELU] = 0,    [SINTER_FN_GELU] = 2.5,  [SINTER_FN_TANH] = 1.5};
    if (function == SINTER_FN_RELU)
        return 0;
    double in_double = 16 * DOUBLE_ROUNDOFF * most + (function == SINTER_FN_GELU ? 20 : 1) * DBL_TRUE_MIN;
    return is_float ? in_double + ulps[function] * (0x1p-23 * most + 0x1p-149) : 2 * in_double;
}

static struct bounded apply(const struct walk *w, enum sinter_function function, struct bounded x)
{
    static const struct sinter_function_model exact = {.kind = SINTER_FUNCTION_EXACT};
    const struct sinter_numerics *numerics = w->bounds->numerics;
    bool is_float = numerics->arithmetic == 32;
    struct bounded y = {sinter_function_value(&exact, function, x.value), 0};
    if (numerics->functions[function].kind != SINTER_FUNCTION_EXACT)
        y.error = (double)INFINITY;
    else if (x.error > 0)
        y.error = most_slope(function, x.value - x.error, x.value + x.error) * x.error;
    else if (!is_float) /* the same function of the same number */
        return y;
    y.error = (y.error + own_error(function, is_float, fabs(y.value) + y.error)) * GROWTH;
    if (!(fabs(y.value) + y.error <= w->most))
        y.error = (double)INFINITY;
    return y;
}

/* ---- the expression ------------------------------------------------------------------------------------------ */

static struct bounded operation(struct walk *w, const struct sinter_expr *expr);

static inline struct bounded number(struct walk *w, int node)
{
    const struct sinter_expr *expr = &w->e->einsum->exprs[node];
    if (expr->kind != SINTER_EXPR_ACCESS)
        return operation(w, expr);
    int64_t offset = evaluation_offset(w->e, expr->access);
    if (offset < 0)
        return (struct bounded){0, 0};
    int tensor = w->e->einsum->accesses[expr->access].tensor;
    return (struct bounded){w->e->wholes[expr->access]->data[offset], w->bounds->errors[tensor].data[offset]};
}

/* Of a product that is not rounded. */
static inline double product_error(struct bounded x, struct bounded y)
{
    return fabs(x.value) * y.error + fabs(y.value) * x.error + x.error * y.error;
}

static struct bounded mac(struct walk *w, int product, double sign, struct bounded addend)
{
    struct bounded x = number(w, w->e->einsum->exprs[product].a), y = number(w, w->e->einsum->exprs[product].b);
    return rounded(w, fma(sign * x.value, y.value, addend.value), addend.error + product_error(x, y));
}

static struct bounded addition(struct walk *w, const struct sinter_expr *expr)
{
    double sign = expr->kind == SINTER_EXPR_SUB ? -1 : 1;
    struct bounded a = {0, 0}, b = {0, 0};
    if (expr->product < 0 || expr->product != expr->a)
        a = number(w, expr->a);
    if (expr->product < 0 || expr->product == expr->a)
        b = number(w, expr->b);
    if (expr->product >= 0 && expr->product == expr->a)
        return mac(w, expr->product, 1, (struct bounded){sign * b.value, b.error});
    if (expr->product >= 0)
        return mac(w, expr->product, sign, a);
    return rounded(w, a.value + sign * b.value, a.error + b.error);
}

static struct bounded quotient(const struct walk *w, struct bounded a, struct bounded b)
{
    double value = a.value / b.value, least = fabs(b.value) - b.error;
    double error = least > 0 ? (a.error + fabs(value) * b.error) / least : (double)INFINITY;
    return rounded(w, value, error * GROWTH);
}

/* ---- reductions ---------------------------------------------------------------------------------------------- */

/* Any order: n terms and the partial sums of the parts are added, each addition off by u times what is there at most. */
static double any_order(const struct walk *w, double n, double magnitudes, double errors)
{
    double steps = (n + (double)w->split->n_parts) * w->roundoff;
    return steps < 0.5 ? (errors + steps / (1 - steps) * magnitudes + n * w->least) * (1 + n * 0x1p-51) : (double)INFINITY;
}

/* n roundings of partial sums to the tensor's format, which are at most `most` before the first of them. Each makes the
 * next larger at most by what it adds. */
static double partial_roundings(const struct walk *w, double n, double most)
{
    int tensor = w->e->einsum->result;
    double reached = most;
    for (int i = 0; i < 8 && n > 0; i++) {
        double all = n * bounds_rounding(w->bounds->numerics, tensor, reached) * GROWTH;
        if (!(most + all > reached))
            return all;
        reached = most + all;
    }
    return n > 0 ? (double)INFINITY : 0;
}

static struct bounded sum(struct walk *w, const struct sinter_expr *expr)
{
    struct evaluation_loop loop = evaluation_loop(w->e, expr->reduced);
    struct bounded all = {0, 0};
    double n = 0, most = 0, magnitudes = 0, errors = 0;
    do {
        struct bounded x = number(w, expr->product < 0 ? expr->a : w->e->einsum->exprs[expr->product].a), y = {1, 0};
        if (expr->product >= 0)
            y = number(w, w->e->einsum->exprs[expr->product].b);
        double error = product_error(x, y);
        all = rounded(w, fma(x.value, y.value, all.value), all.error + error);
        n++;
        most = fmax(most, fabs(all.value) + all.error);
        magnitudes += fabs(x.value * y.value) + error;
        errors += error;
    } while (evaluation_advance(w->e, &loop));
    if (w->split == NULL)
        return all;
    if (w->split->is_reordered) {
        all.error = any_order(w, n, magnitudes, errors);
        most = magnitudes + all.error;
    }
    all.error += partial_roundings(w, (double)(w->split->n_parts - 1), most) * (1 + 2 * n * w->roundoff);
    return all;
}

static struct bounded largest(struct walk *w, const struct sinter_expr *expr)
{
    struct evaluation_loop loop = evaluation_loop(w->e, expr->reduced);
    struct bounded all = {-(double)INFINITY, 0};
    do {
        struct bounded x = number(w, expr->a);
        all = (struct bounded){larger(all.value, x.value), fmax(all.error, x.error)};
    } while (evaluation_advance(w->e, &loop));
    if (w->split != NULL && w->split->n_parts > 1) /* the largest of rounded numbers is the largest, rounded */
        all.error += bounds_rounding(w->bounds->numerics, w->e->einsum->result, fabs(all.value) + all.error);
    return all;
}

static struct bounded operation(struct walk *w, const struct sinter_expr *expr)
{
    struct bounded a = {0, 0}, b = {0, 0};
    bool has_operands = expr->kind == SINTER_EXPR_MUL || expr->kind == SINTER_EXPR_DIV || expr->kind == SINTER_EXPR_MAX ||
                        expr->kind == SINTER_EXPR_MIN;
    if (has_operands || expr->kind == SINTER_EXPR_NEG || expr->kind == SINTER_EXPR_FUNCTION)
        a = number(w, expr->a);
    if (has_operands)
        b = number(w, expr->b);
    switch (expr->kind) {
    case SINTER_EXPR_ACCESS: /* number() */
        break;
    case SINTER_EXPR_CONSTANT:
        return (struct bounded){expr->value, fabs(expr->value - round_to_arithmetic(w->bounds->numerics, expr->value))};
    case SINTER_EXPR_ADD:
    case SINTER_EXPR_SUB:
        return addition(w, expr);
    case SINTER_EXPR_MUL:
        return rounded(w, a.value * b.value, product_error(a, b));
    case SINTER_EXPR_DIV:
        return quotient(w, a, b);
    case SINTER_EXPR_MAX:
        return (struct bounded){larger(a.value, b.value), fmax(a.error, b.error)};
    case SINTER_EXPR_MIN:
        return (struct bounded){smaller(a.value, b.value), fmax(a.error, b.error)};
    case SINTER_EXPR_NEG:
        return (struct bounded){-a.value, a.error};
    case SINTER_EXPR_FUNCTION:
        return apply(w, expr->function, a);
    case SINTER_EXPR_LOOKUP:
        return number(w, expr->b);
    case SINTER_EXPR_SUM:
        return sum(w, expr);
    case SINTER_EXPR_REDUCE_MAX:
        return largest(w, expr);
    }
    return (struct bounded){(double)NAN, (double)INFINITY};
}

/* ---- tensors ------------------------------------------------------------------------------------------------- */

bool bounds_open(struct bounds *bounds, const struct sinter_cascade *cascade, int tensor, const struct whole *values,
                 const struct sinter_allocator *allocator)
{
    const struct sinter_numerics *numerics = bounds->numerics;
    struct whole *errors = &bounds->errors[tensor];
    int state = cascade->tensors[tensor].state;
    if (!whole_open(errors, cascade, tensor, allocator))
        return false;
    bool is_given = values_is_given(&cascade->tensors[tensor]) || state >= 0;
    int64_t n = is_given ? values->n_blocks * (values->gap + values->block) : 0;
    for (int64_t i = 0; i < n; i++) {
        double value = values->data[i];
        if (state >= 0) /* what is not of the state is 0 so far */
            value = sinter_format_round(&numerics->formats[state], value);
        double error = fabs(values->data[i] - round_to_tensor(numerics, tensor, value));
        errors->data[i] = isnan(error) ? (double)INFINITY : error;
    }
    return true;
}

void bounds_run(const struct bounds *bounds, struct evaluation *e, int rank)
{
    bool is_float = bounds->numerics->arithmetic == 32;
    struct walk w = {.bounds = bounds,
                     .e = e,
                     .roundoff = (is_float ? 0x1p-24 : DOUBLE_ROUNDOFF) + DOUBLE_ROUNDOFF,
                     .least = is_float ? 0x1p-150 : DBL_TRUE_MIN,
                     .most = is_float ? (double)FLT_MAX : DBL_MAX};
    sinter_rank_set fixed = rank < 0 ? 0 : (sinter_rank_set)1 << rank;
    struct evaluation_loop loop = evaluation_loop(e, e->einsum->result_ranks & ~fixed);
    int result = e->n_accesses - 1, tensor = e->einsum->result;
    if (bounds->splits != NULL)
        w.split = &bounds->splits[e->einsum - e->cascade->einsums];
    if (w.split != NULL && w.split->n_parts <= 1 && !w.split->is_reordered)
        w.split = NULL;
    do {
        struct bounded x = number(&w, e->einsum->n_exprs - 1);
        x.error += bounds_rounding(bounds->numerics, tensor, fabs(x.value) + x.error);
        e->wholes[result]->data[e->offsets[result]] = x.value;
        bounds->errors[tensor].data[e->offsets[result]] = x.error * GROWTH;
    } while (evaluation_advance(e, &loop));
}
