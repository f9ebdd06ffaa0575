/* check.c: which sums a plan splits, and numbers against the bounds that follow.
 * SPDX-License-Identifier: MIT
 */
#include <float.h>
#include <math.h>

#include "exec/values.h"

enum { CHUNK = 512 };

/* ---- sums that are split --------------------------------------------------------------------------------------- */

static sinter_rank_set summed_ranks(const struct sinter_einsum *einsum)
{
    sinter_rank_set ranks = 0;
    for (int i = 0; i < einsum->n_exprs; i++)
        if (einsum->exprs[i].kind == SINTER_EXPR_SUM)
            ranks |= einsum->exprs[i].reduced;
    return ranks;
}

/* The sum's outermost rank: pieces of it alone leave the terms in their order. */
static sinter_rank_set outermost(const struct sinter_einsum *einsum, sinter_rank_set ranks)
{
    for (int i = 0; i < einsum->n_ranks; i++)
        if (ranks >> einsum->rank_order[i] & 1)
            return (sinter_rank_set)1 << einsum->rank_order[i];
    return 0;
}

void sinter_plan_splits(const struct sinter_plan *plan, const struct sinter_numerics *numerics, struct sinter_split *splits)
{
    struct sinter_format own = sinter_format_of((struct sinter_type){SINTER_FLOAT, numerics->arithmetic});
    for (int e = 0; e < plan->cascade->n_einsums; e++) {
        const struct sinter_einsum *einsum = &plan->cascade->einsums[e];
        int index = plan->leaves[e].node;
        splits[e] = (struct sinter_split){0, false};
        if (index < 0)
            continue;
        const struct sinter_plan_node *node = &plan->nodes[index];
        sinter_rank_set ranks = summed_ranks(einsum), cut = node->looped & einsum->reduced_ranks;
        /* a chain computes in blocks, and chooses the ranks that they cut by itself */
        sinter_rank_set pieces = node->n_members > 1 ? ranks : cut & ranks;
        splits[e].is_reordered = (pieces & ~outermost(einsum, ranks)) != 0;
        if (cut == 0 || sinter_format_equal(&own, &numerics->formats[einsum->result]))
            continue; /* partial sums are stored as they are */
        splits[e].n_parts = 1;
        for (int r = 0; r < plan->cascade->n_ranks; r++)
            if (cut >> r & 1)
                splits[e].n_parts *= sinter_plan_pieces(plan, index, r);
    }
}

void sinter_splits_reach(const struct sinter_cascade *cascade, const struct sinter_split *splits, bool *tensors)
{
    for (int t = 0; t < cascade->n_tensors; t++) {
        int producer = cascade->tensors[t].producer;
        tensors[t] = producer >= 0 && (splits[producer].n_parts > 1 || splits[producer].is_reordered);
    }
    for (bool moves = true; moves;) { /* cycles may need several rounds */
        moves = false;
        for (int e = 0; e < cascade->n_einsums; e++) {
            const struct sinter_einsum *einsum = &cascade->einsums[e];
            for (int o = 0; o < einsum->n_operands && !tensors[einsum->result]; o++)
                moves = tensors[einsum->result] = tensors[einsum->operands[o].tensor] || moves;
        }
    }
}

/* ---- numbers against bounds ---------------------------------------------------------------------------------------- */

static void check_number(double found, double expected, double bound, int64_t at, struct sinter_check *check)
{
    if (isfinite(bound))
        check->bound_relative = fmax(check->bound_relative, bound);
    if (found == expected || (isnan(found) && isnan(expected)))
        return;
    double distance = fabs(found - expected);
    check->most_relative = fmax(check->most_relative, isnan(distance) ? (double)INFINITY : distance);
    if (!isfinite(bound)) {
        check->n_unbounded++;
        return;
    }
    bool is_inside = distance <= bound; /* one that is not finite is not */
    double share = is_inside ? distance / bound : isfinite(distance) && bound > 0 ? distance / bound : (double)INFINITY;
    check->n_outside += !is_inside;
    if (check->worst >= 0 && share <= check->most_of_bound)
        return;
    check->most_of_bound = share;
    check->worst = at;
    check->found = found;
    check->expected = expected;
    check->bound = bound;
}

static void make_relative(double largest, struct sinter_check *check)
{
    if (check->most_relative > 0)
        check->most_relative = largest > 0 ? check->most_relative / largest : (double)INFINITY;
    if (check->bound_relative > 0)
        check->bound_relative = largest > 0 ? check->bound_relative / largest : (double)INFINITY;
}

void sinter_values_check(const struct sinter_values *values, const struct sinter_values *exact,
                         const struct sinter_values *bounds, int tensor, bool is_final, struct sinter_check *check)
{
    double found[CHUNK], expected[CHUNK], bound[CHUNK], largest = 0;
    *check = (struct sinter_check){.n = values->cascade->tensors[tensor].elements, .worst = -1};
    for (int64_t first = 0; first < check->n; first += CHUNK) {
        int64_t n = check->n - first < CHUNK ? check->n - first : CHUNK;
        sinter_values_get(values, tensor, is_final, first, n, found);
        sinter_values_get(exact, tensor, is_final, first, n, expected);
        sinter_values_get(bounds, tensor, is_final, first, n, bound);
        for (int64_t i = 0; i < n; i++) {
            check_number(found[i], expected[i], bound[i], first + i, check);
            largest = isfinite(expected[i]) ? fmax(largest, fabs(expected[i])) : largest;
        }
    }
    make_relative(largest, check);
}

/* Adds the tensors that a cut is the sum of. */
static void add_tensors(const struct sinter_case_cut *cut, const struct sinter_values *values, int64_t first, int64_t n,
                        double *sum)
{
    double numbers[CHUNK];
    for (int64_t i = 0; i < n; i++)
        sum[i] = 0;
    for (int t = 0; t < cut->n_tensors; t++) {
        sinter_values_get(values, cut->tensors[t], cut->is_final, first, n, numbers);
        for (int64_t i = 0; i < n; i++)
            sum[i] = t == 0 ? numbers[i] : sum[i] + numbers[i];
    }
}

/* Whatever the bound: where what is stored is finite, what is computed must be. */
static double stored_bound(double found, double expected, double bound)
{
    return isfinite(found) == isfinite(expected) || isfinite(bound) ? bound : DBL_MAX;
}

bool sinter_cut_check(const struct sinter_case_cut *cut, const struct sinter_values *values,
                      const struct sinter_values *bounds, struct sinter_check *check)
{
    double found[CHUNK], bound[CHUNK] = {0}, largest = 0;
    *check = (struct sinter_check){.n = values->cascade->tensors[cut->tensors[0]].elements, .worst = -1};
    for (int t = 0; t < cut->n_tensors; t++)
        if (!(cut->is_final ? values->finals : values->images)[cut->tensors[t]])
            return false;
    for (int64_t i = 0; i < check->n; i++)
        if (isfinite(cut->values[i]))
            largest = fmax(largest, fabs(cut->values[i]));
    for (int64_t first = 0; first < check->n; first += CHUNK) {
        int64_t n = check->n - first < CHUNK ? check->n - first : CHUNK;
        add_tensors(cut, values, first, n, found);
        if (bounds)
            add_tensors(cut, bounds, first, n, bound);
        for (int64_t i = 0; i < n; i++)
            check_number(found[i], cut->values[first + i],
                         stored_bound(found[i], cut->values[first + i], bound[i] + SINTER_CASE_TOLERANCE * largest),
                         first + i, check);
    }
    make_relative(largest, check);
    return true;
}
