/* table.c: the row of an operator in a model's table: operations, and bytes of what enters and leaves it.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "sinter/workload.h"

/* Totals of sizes that a cascade has checked one by one; they stop at the largest number rather than wrap. */
static void add_to(int64_t *sum, int64_t amount)
{
    if (!sinter_add(*sum, amount, sum))
        *sum = INT64_MAX;
}

static bool is_inside(const struct sinter_operator *operator, int einsum)
{
    return einsum >= operator->first && einsum<operator->first + operator->n_einsums;
}

/* Least and largest value of an index over the whole ranges of its ranks, cut to the dimension. False: it lies outside.
 * In double: an index may reach beyond an int64, the dimension that cuts it may not. */
static bool index_range(const struct sinter_cascade *cascade, const struct sinter_index *index, int64_t extent,
                        int64_t *least, int64_t *most)
{
    double low = (double)index->constant, high = low;

    for (int t = 0; t < index->n_terms; t++) {
        double reach = (double)index->terms[t].coefficient * (double)(cascade->ranks[index->terms[t].rank].extent - 1);
        *(reach < 0 ? &low : &high) += reach;
    }
    if (high < 0 || low > (double)(extent - 1))
        return false;
    *least = low < 0 ? 0 : (int64_t)low;
    *most = high > (double)(extent - 1) ? extent - 1 : (int64_t)high;
    return true;
}

/* Elements of a tensor that the accesses of an operator reach: their hull. */
static int64_t elements_read(const struct sinter_cascade *cascade, const struct sinter_operator *operator, int tensor)
{
    const struct sinter_tensor *it = &cascade->tensors[tensor];
    int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS], elements = 1;
    bool is_read = false;

    for (int e = operator->first; e < operator->first + operator->n_einsums; e++)
        for (int a = 0; a < cascade->einsums[e].n_accesses; a++) {
            const struct sinter_access *access = &cascade->einsums[e].accesses[a];
            int64_t least[SINTER_MAX_DIMS], most[SINTER_MAX_DIMS];
            bool reaches = access->tensor == tensor;
            for (int d = 0; reaches && d < it->n_dims; d++)
                reaches = index_range(cascade, &access->indices[d], cascade->ranks[it->dims[d]].extent, &least[d], &most[d]);
            if (!reaches)
                continue;
            for (int d = 0; d < it->n_dims; d++) {
                low[d] = is_read && low[d] < least[d] ? low[d] : least[d];
                high[d] = is_read && high[d] > most[d] ? high[d] : most[d];
            }
            is_read = true;
        }
    for (int d = 0; d < it->n_dims; d++)
        elements *= is_read ? high[d] - low[d] + 1 : 0;
    return is_read ? elements : 0;
}

static bool has_reader_outside(const struct sinter_operator *operator, const struct sinter_tensor * tensor)
{
    for (int i = 0; i < tensor->n_readers; i++)
        if (!is_inside(operator, tensor->readers[i]))
            return true;
    return false;
}

/* Does some Einsum of the operator look back at the tensor? */
static bool looks_back(const struct sinter_cascade *cascade, const struct sinter_operator *operator, int tensor)
{
    for (int e = operator->first; e < operator->first + operator->n_einsums; e++)
        for (int o = 0; o < cascade->einsums[e].n_operands; o++) {
            const struct sinter_operand *operand = &cascade->einsums[e].operands[o];
            if (operand->tensor == tensor && operand->look_back_max > 0)
                return true;
        }
    return false;
}

static void count_tensor(const struct sinter_cascade *cascade, const struct sinter_operator *operator, int index,
                         struct sinter_operator_row *row)
{
    const struct sinter_tensor *tensor = &cascade->tensors[index];
    const struct sinter_tensor *state = tensor->state >= 0 ? &cascade->tensors[tensor->state] : NULL;
    bool is_made = tensor->producer >= 0 && is_inside(operator, tensor->producer);
    bool leaves =
        is_made && (tensor->role == SINTER_OUTPUT || tensor->n_readers == 0 || has_reader_outside(operator, tensor));
    int64_t bits = is_made ? 0 : elements_read(cascade, operator, index) * tensor->type.bits;

    add_to(tensor->role == SINTER_WEIGHT ? &row->weight_bytes : &row->in_bytes, sinter_bits_to_bytes(bits));
    if (leaves)
        add_to(&row->out_bytes, sinter_bits_to_bytes(tensor->bits));
    if (!state || !looks_back(cascade, operator, index))
        return;
    if (state->role == SINTER_STATE || state->role == SINTER_INPUT)
        add_to(&row->in_bytes, sinter_bits_to_bytes(state->bits));
    /* Where the tensor itself leaves, its last slices do so with it. */
    if (!leaves && (state->role == SINTER_STATE || state->role == SINTER_OUTPUT))
        add_to(&row->out_bytes, sinter_bits_to_bytes(state->bits));
}

void sinter_operator_count(const struct sinter_cascade *cascade, int cascade_operator, struct sinter_operator_row *row)
{
    const struct sinter_operator *operator= & cascade->operators[cascade_operator];

    memset(row, 0, sizeof *row);
    row->name = operator->name;
    for (int e = operator->first; e < operator->first + operator->n_einsums; e++)
        sinter_einsum_operations(cascade, e, row->operations);
    for (int op = 0; op < SINTER_N_OPS; op++) {
        int64_t flops;
        if (!sinter_multiply(row->operations[op], sinter_op_flops((enum sinter_op)op), &flops))
            flops = INT64_MAX;
        add_to(&row->flops, flops);
    }
    for (int t = 0; t < cascade->n_tensors; t++)
        count_tensor(cascade, operator, t, row);
}
