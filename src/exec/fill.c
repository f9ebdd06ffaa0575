/* fill.c: random numbers for inputs, weights and initial states, such that a cascade stays well-behaved.
 * SPDX-License-Identifier: MIT
 *
 * Uniform in [-1, 1), and three exceptions that the cascade itself asks for:
 *
 *   - a weight that is summed over n points is divided by sqrt(n), as trained layers are initialised: sums keep the size of
 *     what enters them;
 *   - below an exp that feeds a recurrence (DA = exp(DT*A), H = DA*H[l-1] + ...) weights are negative and inputs positive:
 *     the factor lies in (0, 1) and states decay;
 *   - where the numbers of an integer format lie too far apart for [-1, 1), the range is two of them to each side.
 *
 * A whole Mamba block needs no more: gains of norms are as good below 1 as at 1, and softplus of numbers around 0 makes a
 * step of 0.3 to 1.3.
 */
#include <math.h>

#include "exec/values.h"

enum { CHUNK = 512 };

static bool expression_reads(const struct sinter_einsum *einsum, int node, int tensor)
{
    const struct sinter_expr *expr = &einsum->exprs[node];
    if (expr->kind == SINTER_EXPR_ACCESS)
        return einsum->accesses[expr->access].tensor == tensor;
    return (expr->a >= 0 && expression_reads(einsum, expr->a, tensor)) ||
           (expr->b >= 0 && expression_reads(einsum, expr->b, tensor));
}

static bool has_exp_of(const struct sinter_einsum *einsum, int tensor)
{
    for (int i = 0; i < einsum->n_exprs; i++) {
        const struct sinter_expr *expr = &einsum->exprs[i];
        if (expr->kind == SINTER_EXPR_FUNCTION && expr->function == SINTER_FN_EXP &&
            expression_reads(einsum, expr->a, tensor))
            return true;
    }
    return false;
}

/* Is the Einsum part of a recurrence, or what one reads? */
static bool feeds_recurrence(const struct sinter_cascade *cascade, const struct sinter_einsum *einsum)
{
    const struct sinter_tensor *result = &cascade->tensors[einsum->result];
    bool feeds = einsum->cycle >= 0;
    for (int i = 0; i < result->n_readers; i++)
        feeds = feeds || cascade->einsums[result->readers[i]].cycle >= 0;
    return feeds;
}

static bool makes_decay(const struct sinter_cascade *cascade, int tensor)
{
    const struct sinter_tensor *t = &cascade->tensors[tensor];
    for (int i = 0; i < t->n_readers; i++) {
        const struct sinter_einsum *einsum = &cascade->einsums[t->readers[i]];
        if (feeds_recurrence(cascade, einsum) && has_exp_of(einsum, tensor))
            return true;
    }
    return false;
}

/* Over how many points at most one element of the result sums what is read of the tensor. */
static double fan_in(const struct sinter_cascade *cascade, int tensor)
{
    const struct sinter_tensor *t = &cascade->tensors[tensor];
    int64_t most = 1;
    for (int i = 0; i < t->n_readers; i++) {
        const struct sinter_einsum *einsum = &cascade->einsums[t->readers[i]];
        sinter_rank_set summed = 0, used = 0;
        for (int n = 0; n < einsum->n_exprs; n++)
            summed |= einsum->exprs[n].kind == SINTER_EXPR_SUM ? einsum->exprs[n].reduced : 0;
        for (int o = 0; o < einsum->n_operands; o++)
            used |= einsum->operands[o].tensor == tensor ? einsum->operands[o].ranks : 0;
        int64_t points = sinter_cascade_points(cascade, summed & used);
        most = points > most ? points : most;
    }
    return (double)most;
}

static void fill_tensor(struct sinter_values *values, int tensor, struct sinter_random *random)
{
    const struct sinter_tensor *t = &values->cascade->tensors[tensor];
    const struct sinter_format *format = &values->formats[tensor];
    bool is_weight = t->role == SINTER_WEIGHT, is_decay = makes_decay(values->cascade, tensor);
    double scale = is_weight ? 1 / sqrt(fan_in(values->cascade, tensor)) : 1, numbers[CHUNK];
    if (format->kind == SINTER_FORMAT_INTEGER)
        scale *= fmax(1, 2 * format->scale);
    for (int64_t first = 0; first < t->elements; first += CHUNK) {
        int64_t n = t->elements - first < CHUNK ? t->elements - first : CHUNK;
        for (int64_t i = 0; i < n; i++) {
            double number = sinter_random_unit(random);
            if (is_decay)
                number = is_weight ? number - 1 : number;
            else
                number = 2 * number - 1;
            numbers[i] = scale * number;
        }
        sinter_values_set(values, tensor, first, n, numbers);
    }
}

void sinter_values_fill(struct sinter_values *values, uint64_t seed)
{
    struct sinter_random random = {seed};
    for (int t = 0; t < values->cascade->n_tensors; t++) {
        if (values->images[t] && values_is_given(&values->cascade->tensors[t]))
            fill_tensor(values, t, &random);
    }
}
