/* facts.c: what is known about tensors once every Einsum is read: extents, readers, look-back, sizes.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>

#include "cascade/build.h"
#include "cascade/state.h"

/* ---- extents ------------------------------------------------------------------------------------------------- */

static const char *index_text(struct sinter_cascade_builder *b, const struct sinter_index *index)
{
    struct sinter_text text = {.allocator = b->allocator};
    cascade_print_index(b->ranks, index, &text);
    const char *copy = sinter_arena_copy(b->scratch, sinter_text_data(&text), text.length);
    sinter_text_free(&text);
    return copy ? copy : "...";
}

/* Taps and look-backs may leave a tensor (they read zeros); what cannot be meant is an index that runs past its end. */
static enum sinter_status check_index(struct sinter_cascade_builder *b, const struct sinter_access *access, int dimension)
{
    const struct sinter_tensor *tensor = &b->tensors[access->tensor];
    const struct sinter_index *index = &access->indices[dimension];
    const struct sinter_rank *rank = &b->ranks[tensor->dims[dimension]];
    int64_t least = 0, most = 0;
    cascade_index_range(b->ranks, index, &least, &most);
    if (index->n_terms == 0 && (least < 0 || least >= rank->extent))
        return sinter_error(b->diags, access->at, NULL, "index %" PRId64 " of '%s' is outside of rank '%s' (%" PRId64 ")",
                            least, tensor->name, rank->name, rank->extent);
    if (index->n_terms == 1 && most >= rank->extent) {
        if (index->constant == 0 && index->terms[0].coefficient == 1)
            return sinter_error(b->diags, access->at,
                                "a variable may be shorter than the dimension that it indexes, not longer",
                                "extent mismatch: '%s' has %" PRId64 " values, rank '%s' of '%s' has %" PRId64,
                                b->ranks[index->terms[0].rank].variable, most + 1, rank->name, tensor->name, rank->extent);
        return sinter_error(b->diags, access->at, NULL,
                            "extent mismatch: index '%s' reaches %" PRId64 ", rank '%s' of '%s' ends at %" PRId64,
                            index_text(b, index), most, rank->name, tensor->name, rank->extent - 1);
    }
    if (least >= rank->extent)
        return sinter_error(b->diags, access->at, NULL,
                            "extent mismatch: index '%s' of '%s' is never inside of rank '%s' (%" PRId64 ")",
                            index_text(b, index), tensor->name, rank->name, rank->extent);
    return SINTER_OK;
}

static enum sinter_status check_extents(struct sinter_cascade_builder *b)
{
    enum sinter_status step = SINTER_OK;
    int n_errors = 0;
    for (int i = 0; i < b->cascade->n_einsums; i++) {
        const struct sinter_einsum *einsum = &b->einsums[i];
        for (int a = 0; a < einsum->n_accesses; a++) {
            const struct sinter_access *access = &einsum->accesses[a];
            for (int d = 0; d < b->tensors[access->tensor].n_dims; d++) {
                if (cascade_merge(check_index(b, access, d), &step, &n_errors))
                    return step;
            }
        }
    }
    return step;
}

/* ---- readers and look-back ----------------------------------------------------------------------------------- */

static enum sinter_status find_readers(struct sinter_cascade_builder *b)
{
    int *last = sinter_arena_alloc(b->scratch, (size_t)b->n_tensors, sizeof *last); /* last reader + 1 */
    int **lists = sinter_arena_alloc(b->scratch, (size_t)b->n_tensors, sizeof *lists);
    if (!last || !lists)
        return sinter_out_of_memory(b->diags);
    for (int fill = 0; fill < 2; fill++) {
        for (int t = 0; t < b->n_tensors; t++) {
            if (fill && !(b->tensors[t].readers = lists[t] =
                              sinter_arena_alloc(b->arena, (size_t)b->tensors[t].n_readers, sizeof(int))))
                return sinter_out_of_memory(b->diags);
            last[t] = b->tensors[t].n_readers = 0;
        }
        for (int i = 0; i < b->cascade->n_einsums; i++) {
            for (int o = 0; o < b->einsums[i].n_operands; o++) {
                int t = b->einsums[i].operands[o].tensor;
                if (last[t] == i + 1)
                    continue;
                last[t] = i + 1;
                if (fill)
                    lists[t][b->tensors[t].n_readers] = i;
                b->tensors[t].n_readers++;
            }
        }
    }
    return SINTER_OK;
}

static enum sinter_status two_ranks(struct sinter_cascade_builder *b, const struct sinter_operand *operand, int first,
                                    int second)
{
    return sinter_error(b->diags, operand->accesses[0].at, "copy the tensor to another one for the second look-back",
                        "tensor '%s' is looked back at along two ranks, %s and %s", b->tensors[operand->tensor].name,
                        b->ranks[first].name, b->ranks[second].name);
}

static enum sinter_status add_look_back(struct sinter_cascade_builder *b, const struct sinter_operand *operand)
{
    struct sinter_tensor *tensor = &b->tensors[operand->tensor];
    int rank = operand->look_back_rank;
    if (rank < 0)
        return SINTER_OK;
    if (tensor->producer >= 0) {
        for (int d = 0; d < tensor->n_dims; d++) {
            int64_t least, most;
            if (tensor->dims[d] != rank &&
                cascade_look_back(b->ranks, tensor, operand->accesses, operand->n_accesses, d, &least, &most) &&
                least >= 0 && most > 0)
                return two_ranks(b, operand, rank, tensor->dims[d]);
        }
        if (tensor->look_back_rank >= 0 && tensor->look_back_rank != rank)
            return two_ranks(b, operand, tensor->look_back_rank, rank);
    }
    if (tensor->look_back_rank < 0)
        tensor->look_back_rank = rank;
    if (tensor->look_back_rank == rank && operand->look_back_max > tensor->look_back)
        tensor->look_back = operand->look_back_max;
    return SINTER_OK;
}

static enum sinter_status find_look_backs(struct sinter_cascade_builder *b)
{
    enum sinter_status step = SINTER_OK;
    int n_errors = 0;
    for (int i = 0; i < b->cascade->n_einsums; i++) {
        for (int o = 0; o < b->einsums[i].n_operands; o++) {
            if (cascade_merge(add_look_back(b, &b->einsums[i].operands[o]), &step, &n_errors))
                return step;
        }
    }
    return step;
}

/* ---- roles --------------------------------------------------------------------------------------------------- */

static enum sinter_status check_role(struct sinter_cascade_builder *b, const struct sinter_tensor *tensor)
{
    if (tensor->state_of >= 0)
        return SINTER_OK;
    if (tensor->role == SINTER_STATE)
        return sinter_error(b->diags, tensor->at, "write `state: NAME` at the tensor whose first and last slices it holds",
                            "tensor '%s' has role state, but no tensor names it as its state", tensor->name);
    bool is_result = tensor->role == SINTER_OUTPUT || tensor->role == SINTER_INTERMEDIATE;
    if (is_result && tensor->producer < 0)
        return sinter_error(b->diags, tensor->at,
                            "an Einsum must have it on the left-hand side, or its role is input or weight",
                            "%s '%s' is never produced", sinter_role_name(tensor->role), tensor->name);
    if (tensor->n_readers == 0 && tensor->role != SINTER_OUTPUT)
        sinter_report(b->diags, SINTER_WARNING, tensor->at, is_result ? "give it role output if it is a result" : NULL,
                      "%s '%s' is never read", sinter_role_name(tensor->role), tensor->name);
    return SINTER_OK;
}

static enum sinter_status check_roles(struct sinter_cascade_builder *b)
{
    enum sinter_status step = SINTER_OK;
    int n_errors = 0;
    for (int t = 0; t < b->n_tensors; t++) {
        if (cascade_merge(check_role(b, &b->tensors[t]), &step, &n_errors))
            break;
    }
    return step;
}

/* ---- sizes --------------------------------------------------------------------------------------------------- */

static const char size_hint[] = "reduce an extent; sizes must stay below 2^63";

/* Where a size that overflows is told: at the declaration, or, where that has no line because a program made it, at the
 * largest of its ranks that has one. */
static struct sinter_location locate_size(const struct sinter_cascade_builder *b, struct sinter_location at,
                                          sinter_rank_set ranks)
{
    int64_t largest = 0;
    if (at.line > 0)
        return at;
    for (int r = 0; r < b->cascade->n_ranks; r++) { /* rank r is draft r */
        if ((ranks & rank_bit(r)) && b->rank_drafts[r].extent_at.line > 0 && b->ranks[r].extent > largest) {
            largest = b->ranks[r].extent;
            at = b->rank_drafts[r].extent_at;
        }
    }
    return at;
}

static enum sinter_status measure_tensors(struct sinter_cascade_builder *b)
{
    int64_t total = 0;
    for (int t = 0; t < b->n_tensors; t++) {
        struct sinter_tensor *tensor = &b->tensors[t];
        int64_t elements = 1;
        bool fits = true;
        for (int d = 0; d < tensor->n_dims; d++)
            fits = fits && sinter_multiply(elements, b->ranks[tensor->dims[d]].extent, &elements);
        if (!fits || !sinter_multiply(elements, tensor->type.bits, &tensor->bits) ||
            !sinter_add(total, tensor->bits, &total))
            return sinter_error(b->diags, locate_size(b, tensor->at, tensor->ranks), size_hint,
                                "the size of tensor '%s' overflows", tensor->name);
        tensor->elements = elements;
    }
    return SINTER_OK;
}

/* All operations of the cascade, a mac as two, must be countable. */
static enum sinter_status measure_einsums(struct sinter_cascade_builder *b)
{
    int64_t total = 0;
    for (int i = 0; i < b->cascade->n_einsums; i++) {
        const struct sinter_einsum *einsum = &b->einsums[i];
        struct sinter_op_count *ops = (struct sinter_op_count *)einsum->ops; /* the builder's own until it finishes */
        int64_t points = 1;
        bool fits = true;
        for (int r = 0; r < einsum->n_ranks; r++)
            fits = fits && sinter_multiply(points, b->ranks[einsum->rank_order[r]].extent, &points);
        for (int o = 0; o < einsum->n_ops && fits; o++) {
            int64_t twice;
            fits = sinter_multiply(sinter_cascade_points(b->cascade, ops[o].ranks), ops[o].count, &ops[o].total) &&
                   sinter_multiply(ops[o].total, 2, &twice) && sinter_add(total, twice, &total);
        }
        if (!fits)
            return sinter_error(b->diags, locate_size(b, einsum->at, einsum->ranks), size_hint,
                                "the number of operations of '%s' overflows", einsum->name);
    }
    return SINTER_OK;
}

enum sinter_status cascade_find_facts(struct sinter_cascade_builder *b)
{
    b->cascade->n_tensors = b->n_tensors;
    enum sinter_status (*const steps[])(struct sinter_cascade_builder *) = {
        check_extents, find_readers, find_look_backs, cascade_bind_states, measure_tensors, measure_einsums, check_roles,
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        enum sinter_status status = steps[i](b);
        if (status != SINTER_OK)
            return status;
    }
    return SINTER_OK;
}
