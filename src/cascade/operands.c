/* operands.c: the accesses of an Einsum, grouped into the tiles that they form, and how far they look back.
 * SPDX-License-Identifier: MIT
 */
#include "cascade/build.h"

/* Same tensor, and in every dimension the same own variable with the same coefficient. */
static bool same_tile(const struct sinter_tensor *tensor, const struct sinter_access *a, const struct sinter_access *b)
{
    if (a->tensor != b->tensor)
        return false;
    for (int d = 0; d < tensor->n_dims; d++) {
        const struct sinter_index *i = &a->indices[d], *j = &b->indices[d];
        if ((i->own < 0) != (j->own < 0))
            return false;
        if (i->own >= 0 &&
            (i->terms[i->own].rank != j->terms[j->own].rank || i->terms[i->own].coefficient != j->terms[j->own].coefficient))
            return false;
    }
    return true;
}

static bool same_access(const struct sinter_tensor *tensor, const struct sinter_access *a, const struct sinter_access *b)
{
    if (a->tensor != b->tensor)
        return false;
    for (int d = 0; d < tensor->n_dims; d++) {
        if (!cascade_index_equal(&a->indices[d], &b->indices[d]))
            return false;
    }
    return true;
}

static bool is_plain(const struct sinter_rank *ranks, const struct sinter_tensor *tensor,
                     const struct sinter_operand *operand)
{
    if (operand->n_accesses != 1)
        return false;
    sinter_rank_set seen = 0;
    for (int d = 0; d < tensor->n_dims; d++) {
        const struct sinter_index *index = &operand->accesses[0].indices[d];
        int64_t least, most;
        if (index->n_terms != 1 || index->terms[0].coefficient != 1 || (seen & rank_bit(index->terms[0].rank)))
            return false;
        seen |= rank_bit(index->terms[0].rank);
        if (!cascade_index_range(ranks, index, &least, &most) || least < 0 || most >= ranks[tensor->dims[d]].extent)
            return false;
    }
    return true;
}

static bool uses_rank(const struct sinter_operand *operand, int dimension, int rank)
{
    for (int i = 0; i < operand->n_accesses; i++) {
        const struct sinter_index *index = &operand->accesses[i].indices[dimension];
        for (int t = 0; t < index->n_terms; t++) {
            if (index->terms[t].rank == rank)
                return true;
        }
    }
    return false;
}

static enum sinter_status describe(struct sinter_cascade_builder *b, struct sinter_operand *operand)
{
    const struct sinter_tensor *tensor = &b->tensors[operand->tensor];
    operand->look_back_rank = -1;
    operand->is_backward = true;
    for (int d = 0; d < tensor->n_dims; d++) {
        for (int i = 0; i < operand->n_accesses; i++) {
            const struct sinter_index *index = &operand->accesses[i].indices[d];
            for (int t = 0; t < index->n_terms; t++)
                operand->ranks |= rank_bit(index->terms[t].rank);
            int64_t least, most;
            if (!cascade_index_range(b->ranks, index, &least, &most))
                return sinter_error(b->diags, operand->accesses[i].at, "reduce a coefficient or an extent",
                                    "an index of '%s' overflows", tensor->name);
        }
        int64_t least, most;
        if (cascade_look_back(b->ranks, tensor, operand->accesses, operand->n_accesses, d, &least, &most)) {
            operand->is_backward = operand->is_backward && least >= 0;
            if (least >= 0 && most > 0 && operand->look_back_rank < 0) {
                operand->look_back_rank = tensor->dims[d];
                operand->look_back_min = least;
                operand->look_back_max = most;
            }
        } else if (uses_rank(operand, d, tensor->dims[d])) {
            operand->is_backward = false;
        }
    }
    operand->is_plain = is_plain(b->ranks, tensor, operand);
    return SINTER_OK;
}

static bool set_target(struct sinter_cascade_builder *b, struct sinter_einsum *einsum)
{
    const struct sinter_tensor *tensor = &b->tensors[einsum->result];
    size_t n = (size_t)tensor->n_dims;
    struct sinter_access *access = sinter_arena_alloc(b->arena, 1, sizeof *access);
    struct sinter_index *indices = sinter_arena_alloc(b->arena, n, sizeof *indices);
    struct sinter_term *terms = sinter_arena_alloc(b->arena, n, sizeof *terms);
    if (!access || !indices || !terms)
        return false;
    for (int d = 0; d < tensor->n_dims; d++) {
        terms[d] = (struct sinter_term){tensor->dims[d], 1};
        indices[d] = (struct sinter_index){1, 0, &terms[d], 0};
    }
    *access = (struct sinter_access){einsum->result, indices, einsum->at};
    einsum->target = (struct sinter_operand){.tensor = einsum->result, .n_accesses = 1, .accesses = access};
    return true;
}

/* Puts the distinct accesses of the tile that access `first` starts behind one another; returns how many. */
static int collect(const struct sinter_tensor *tensor, const struct sinter_einsum *einsum, int first, bool *is_taken,
                   struct sinter_access *out)
{
    int n = 0;
    for (int i = first; i < einsum->n_accesses; i++) {
        const struct sinter_access *access = &einsum->accesses[i];
        if (is_taken[i] || !same_tile(tensor, &einsum->accesses[first], access))
            continue;
        is_taken[i] = true;
        int j = 0;
        while (j < n && !same_access(tensor, &out[j], access))
            j++;
        if (j == n)
            out[n++] = *access;
    }
    return n;
}

enum sinter_status cascade_find_operands(struct sinter_cascade_builder *b, struct sinter_einsum *einsum)
{
    size_t n = (size_t)einsum->n_accesses;
    struct sinter_arena_mark mark = sinter_arena_mark(b->scratch);
    bool *is_taken = sinter_arena_alloc(b->scratch, n, sizeof *is_taken);
    struct sinter_operand *operands = sinter_arena_alloc(b->arena, n, sizeof *operands);
    struct sinter_access *accesses = sinter_arena_alloc(b->arena, n, sizeof *accesses);
    if (!is_taken || !operands || !accesses || !set_target(b, einsum))
        return sinter_out_of_memory(b->diags);
    enum sinter_status status = describe(b, &einsum->target);
    for (int i = 0; i < einsum->n_accesses && status == SINTER_OK; i++) {
        if (is_taken[i])
            continue;
        int tensor = einsum->accesses[i].tensor;
        struct sinter_operand *operand = &operands[einsum->n_operands++];
        operand->tensor = tensor;
        operand->accesses = accesses;
        operand->n_accesses = collect(&b->tensors[tensor], einsum, i, is_taken, accesses);
        accesses += operand->n_accesses;
        status = describe(b, operand);
    }
    einsum->operands = operands;
    sinter_arena_reset(b->scratch, mark);
    return status;
}
