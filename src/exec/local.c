/* local.c: every Einsum by itself: what it makes of the numbers that it read, whoever made them.
 * SPDX-License-Identifier: MIT
 *
 * Where a sum is split its result is rounded differently, and all that follows from it differs a little, then more: bounds on
 * that grow beyond use within a block of narrow numbers. Einsum by Einsum nothing grows. One whose sums are not split must
 * give the same bits from the same operands; one with a split sum may differ by the rounding of its parts. By induction
 * along the cascade that is as much as comparing everything at once, and it says which Einsum is wrong.
 */
#include "exec/bounds.h"

struct local {
    const struct sinter_cascade *cascade;
    const struct sinter_numerics *numerics;
    const struct sinter_values *in, *made;
    const struct sinter_split *splits;
    const struct sinter_allocator *allocator;
    struct whole *wholes; /* by tensor: what the Einsum at hand reads, and its result as it was made */
    struct bounds bounds;
    struct sinter_values *out;
};

static bool open_operand(struct local *l, int tensor)
{
    const struct sinter_tensor *t = &l->cascade->tensors[tensor];
    struct whole *whole = &l->wholes[tensor];
    if (whole->data)
        return true;
    if (!whole_open(whole, l->cascade, tensor, l->allocator))
        return false;
    whole_load(whole, values_is_given(t) ? l->in : l->made, tensor);
    if (t->state >= 0 && l->cascade->tensors[t->state].role != SINTER_OUTPUT)
        whole_load_state(whole, l->numerics, l->in, tensor);
    return bounds_open(&l->bounds, l->cascade, tensor, whole,
                       l->allocator); /* reading rounds what is wider than the arithmetic */
}

static void close_operand(struct local *l, int tensor)
{
    whole_close(&l->wholes[tensor], l->allocator);
    whole_close(&l->bounds.errors[tensor], l->allocator);
}

/* What the Einsum makes goes beside what was made, which it may look back at. */
static bool evaluate(struct local *l, const struct sinter_einsum *einsum, struct whole *result)
{
    int index = (int)(einsum - l->cascade->einsums);
    const struct sinter_split *split = &l->splits[index];
    bool is_split = split->n_parts > 1 || split->is_reordered;
    struct evaluation evaluation;
    bool is_open = evaluation_open(&evaluation, l->cascade, index, is_split ? NULL : l->numerics, l->wholes, l->allocator);
    if (is_open) {
        evaluation.wholes[evaluation.n_accesses - 1] = result;
        if (is_split)
            bounds_run(&l->bounds, &evaluation, -1);
        else {
            evaluation_run(&evaluation, -1);
            sinter_format_round_all(&l->numerics->formats[einsum->result], result->n_blocks * (result->gap + result->block),
                                    result->data); /* as it is stored */
        }
    }
    evaluation_close(&evaluation, l->allocator);
    return is_open;
}

static bool check_einsum(struct local *l, const struct sinter_einsum *einsum)
{
    const struct sinter_tensor *t = &l->cascade->tensors[einsum->result];
    struct whole result = {0};
    bool is_done = open_operand(l, einsum->result) && whole_open(&result, l->cascade, einsum->result, l->allocator);
    for (int o = 0; o < einsum->n_operands && is_done; o++)
        is_done = open_operand(l, einsum->operands[o].tensor);
    is_done = is_done && evaluate(l, einsum, &result) && whole_store(&result, l->out, einsum->result) &&
              whole_store(&l->bounds.errors[einsum->result], l->bounds.out, einsum->result);
    if (is_done && t->state >= 0 &&
        l->cascade->tensors[t->state].role != SINTER_INPUT) /* the last slices, as they were made */
        is_done = whole_store_state(&l->wholes[einsum->result], l->out, einsum->result) &&
                  sinter_values_add(l->bounds.out, t->state, true);
    whole_close(&result, l->allocator);
    close_operand(l, einsum->result);
    for (int o = 0; o < einsum->n_operands; o++)
        close_operand(l, einsum->operands[o].tensor);
    return is_done;
}

/* A final state in its own format: that is no error of anybody. */
static void round_finals(struct local *l)
{
    for (int t = 0; t < l->cascade->n_tensors; t++) {
        for (int64_t i = 0; l->out->finals[t] && i < l->cascade->tensors[t].elements; i++) {
            double value;
            sinter_values_get(l->out, t, true, i, 1, &value);
            value = sinter_format_round(&l->numerics->formats[t], value);
            values_write(l->out, t, true, i, 1, &value);
        }
    }
}

enum sinter_status sinter_reference_local(const struct sinter_numerics *numerics, const struct sinter_values *in,
                                          const struct sinter_values *made, const struct sinter_split *splits,
                                          const bool *keep, const struct sinter_allocator *allocator,
                                          struct sinter_diagnostics *diags, struct sinter_values **out,
                                          struct sinter_values **bounds)
{
    const struct sinter_cascade *cascade = in->cascade;
    struct local l = {.cascade = cascade, .numerics = numerics, .in = in, .made = made, .splits = splits};
    l.allocator = allocator;
    l.bounds = (struct bounds){.numerics = numerics, .splits = splits, .out = values_blank(cascade, NULL, allocator)};
    l.bounds.errors = sinter_allocate(allocator, (size_t)cascade->n_tensors, sizeof *l.bounds.errors);
    l.wholes = sinter_allocate(allocator, (size_t)cascade->n_tensors, sizeof *l.wholes);
    l.out = values_blank(cascade, NULL, allocator);
    bool is_done = l.bounds.out && l.bounds.errors && l.wholes && l.out;
    for (int e = 0; e < cascade->n_einsums && is_done; e++)
        if (!keep || keep[cascade->einsums[e].result])
            is_done = check_einsum(&l, &cascade->einsums[e]);
    sinter_release(allocator, l.wholes);
    sinter_release(allocator, l.bounds.errors);
    if (is_done) {
        round_finals(&l);
        *out = l.out;
        *bounds = l.bounds.out;
        return SINTER_OK;
    }
    sinter_values_free(l.out);
    sinter_values_free(l.bounds.out);
    *out = *bounds = NULL;
    return sinter_out_of_memory(diags);
}
