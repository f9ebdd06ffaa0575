/* test_reference_twin.c: the reference on random cascades against a twin that asks for one element after another.
 * SPDX-License-Identifier: MIT
 *
 * The twin knows no order of Einsums, no cycles and no walks over tensors: an element that is asked for is computed from the
 * elements that its expression reads, and remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "random_case.h"
#include "sinter/exec.h"

struct twin {
    const struct sinter_cascade *cascade;
    const struct sinter_values *in;
    double **known; /* by tensor: elements, NaN while unknown */
};

static double evaluate(struct twin *twin, const struct sinter_einsum *einsum, int node, const int64_t *point);

static int64_t extent_of(const struct twin *twin, int rank)
{
    return twin->cascade->ranks[rank].extent;
}

static int64_t flat(const struct twin *twin, int tensor, const int64_t *index)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    int64_t at = 0;
    for (int d = 0; d < t->n_dims; d++)
        at = at * extent_of(twin, t->dims[d]) + index[d];
    return at;
}

/* The element of the state where the tensor would have `index`, below 0 at dimension `below`. */
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
    return number;
}

static double element(struct twin *twin, int tensor, const int64_t *index)
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
    int64_t at = flat(twin, tensor, index), point[SINTER_MAX_RANKS] = {0};
    if (t->producer < 0) {
        sinter_values_get(twin->in, tensor, false, at, 1, &number);
        return number;
    }
    const struct sinter_einsum *einsum = &twin->cascade->einsums[t->producer];
    for (int d = 0; d < t->n_dims; d++)
        point[t->dims[d]] = index[d];
    if (isnan(twin->known[tensor][at]))
        twin->known[tensor][at] = evaluate(twin, einsum, einsum->n_exprs - 1, point);
    return twin->known[tensor][at];
}

static double read(struct twin *twin, const struct sinter_access *access, const int64_t *point)
{
    int64_t index[SINTER_MAX_DIMS];
    for (int d = 0; d < twin->cascade->tensors[access->tensor].n_dims; d++) {
        index[d] = access->indices[d].constant;
        for (int k = 0; k < access->indices[d].n_terms; k++)
            index[d] += access->indices[d].terms[k].coefficient * point[access->indices[d].terms[k].rank];
    }
    return element(twin, access->tensor, index);
}

/* A sum of products over the ranks of the order from `at` on. */
static double sum(struct twin *twin, const struct sinter_einsum *einsum, const struct sinter_expr *expr, int at,
                  int64_t *point, double all)
{
    while (at < einsum->n_ranks && !(expr->reduced >> einsum->rank_order[at] & 1))
        at++;
    if (at < einsum->n_ranks) {
        int64_t *here = &point[einsum->rank_order[at]];
        for (*here = 0; *here < extent_of(twin, einsum->rank_order[at]); ++*here)
            all = sum(twin, einsum, expr, at + 1, point, all);
        return all;
    }
    const struct sinter_expr *product = &einsum->exprs[expr->a];
    if (product->kind != SINTER_EXPR_MUL)
        return all + evaluate(twin, einsum, expr->a, point);
    return fma(evaluate(twin, einsum, product->a, point), evaluate(twin, einsum, product->b, point), all);
}

/* What random cascades are made of. */
static double evaluate(struct twin *twin, const struct sinter_einsum *einsum, int node, const int64_t *point)
{
    const struct sinter_expr *expr = &einsum->exprs[node];
    int64_t moving[SINTER_MAX_RANKS];
    if (expr->kind == SINTER_EXPR_ACCESS)
        return read(twin, &einsum->accesses[expr->access], point);
    if (expr->kind == SINTER_EXPR_SUM) {
        for (int r = 0; r < SINTER_MAX_RANKS; r++)
            moving[r] = point[r];
        return sum(twin, einsum, expr, 0, moving, 0);
    }
    double a = evaluate(twin, einsum, expr->a, point);
    if (expr->kind == SINTER_EXPR_FUNCTION && expr->function == SINTER_FN_EXP)
        return exp(a);
    if (expr->kind == SINTER_EXPR_MUL)
        return a * evaluate(twin, einsum, expr->b, point);
    if (expr->kind != SINTER_EXPR_ADD)
        fail_msg("'%s' has an expression that the twin does not know", einsum->text);
    const struct sinter_expr *first = &einsum->exprs[expr->a];
    double b = evaluate(twin, einsum, expr->b, point);
    return first->kind == SINTER_EXPR_MUL
               ? fma(evaluate(twin, einsum, first->a, point), evaluate(twin, einsum, first->b, point), b)
               : a + b;
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static void walk(const struct twin *twin, int tensor, int64_t at, int64_t *index)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    for (int d = t->n_dims - 1; d >= 0; d--) {
        index[d] = at % extent_of(twin, t->dims[d]);
        at /= extent_of(twin, t->dims[d]);
    }
}

/* Every element of every result, and of what is left in states. Returns how many. */
static int64_t compare(struct twin *twin, const struct sinter_values *out)
{
    int64_t n = 0, index[SINTER_MAX_DIMS], of_tensor[SINTER_MAX_DIMS];
    double found;
    for (int t = 0; t < twin->cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &twin->cascade->tensors[t];
        for (int64_t at = 0; tensor->producer >= 0 && at < tensor->elements; at++, n++) {
            walk(twin, t, at, index);
            sinter_values_get(out, t, false, at, 1, &found);
            if (found != element(twin, t, index))
                fail_msg("element %d of %s is %g, expected %g", (int)at, tensor->name, found, element(twin, t, index));
        }
        const struct sinter_tensor *owner = tensor->state_of >= 0 ? &twin->cascade->tensors[tensor->state_of] : NULL;
        bool has_final = owner && tensor->role != SINTER_INPUT;
        assert_int_equal(out->finals[t] != NULL, has_final);
        for (int64_t at = 0; has_final && at < tensor->elements; at++, n++) {
            int64_t slice = 0;
            walk(twin, t, at, index);
            for (int s = 0; s < tensor->n_dims; s++)
                slice = owner->ranks >> tensor->dims[s] & 1 ? slice : index[s];
            for (int d = 0; d < owner->n_dims; d++) {
                of_tensor[d] = extent_of(twin, owner->dims[d]) - owner->look_back + slice;
                for (int s = 0; s < tensor->n_dims; s++)
                    of_tensor[d] = tensor->dims[s] == owner->dims[d] ? index[s] : of_tensor[d];
            }
            sinter_values_get(out, t, true, at, 1, &found);
            if (found != element(twin, tensor->state_of, of_tensor))
                fail_msg("element %d of the final %s is %g", (int)at, tensor->name, found);
        }
    }
    return n;
}

static void close_twin(struct twin *twin)
{
    for (int t = 0; t < twin->cascade->n_tensors; t++)
        free(twin->known[t]);
    free(twin->known);
}

static void open_twin(struct twin *twin, const struct sinter_cascade *cascade, const struct sinter_values *in)
{
    *twin = (struct twin){cascade, in, calloc((size_t)cascade->n_tensors, sizeof *twin->known)};
    assert_non_null(twin->known);
    for (int t = 0; t < cascade->n_tensors; t++) {
        twin->known[t] = malloc((size_t)cascade->tensors[t].elements * sizeof **twin->known);
        assert_non_null(twin->known[t]);
        for (int64_t i = 0; i < cascade->tensors[t].elements; i++)
            twin->known[t][i] = (double)NAN;
    }
}

static void the_reference_agrees_element_by_element(void **state)
{
    (void)state;
    int64_t n_compared = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct random_case c;
        struct sinter_values *in = NULL, *out = NULL;
        struct twin twin;
        assert_true(random_case_open(&c, seed));
        assert_int_equal(sinter_values_new(c.cascade, NULL, NULL, NULL, &in), SINTER_OK);
        sinter_values_fill(in, seed);
        assert_int_equal(sinter_reference(NULL, in, NULL, NULL, NULL, &out), SINTER_OK);
        open_twin(&twin, c.cascade, in);
        n_compared += compare(&twin, out);
        close_twin(&twin);
        sinter_values_free(in);
        sinter_values_free(out);
        random_case_close(&c);
    }
    assert_true(n_compared > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_reference_agrees_element_by_element)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
