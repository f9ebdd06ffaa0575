/* core.c: the state update of a recurrence, found by its structure.
 * SPDX-License-Identifier: MIT
 *
 * Around a cycle with recurrent tensor H over ranks Q (for Mamba L, D, N), the state update is
 *   - the Einsums of the cycle,
 *   - every Einsum that makes or reads a tensor over all of Q and makes what a member reads or reads what a member makes,
 *   - every element-wise Einsum that only members read and that reads a tensor which members read anyway (its operand
 *     is on chip when they run): the step that scales x by dt.
 */
#include "search/build.h"

static bool reads(const struct sinter_einsum *einsum, int tensor)
{
    for (int k = 0; k < einsum->n_operands; k++)
        if (einsum->operands[k].tensor == tensor)
            return true;
    return false;
}

static bool touches_core(const struct sinter_cascade *cascade, const struct core *core, int e)
{
    const struct sinter_einsum *einsum = &cascade->einsums[e];
    const struct sinter_tensor *result = &cascade->tensors[einsum->result];
    for (int i = 0; i < result->n_readers; i++)
        if (core->is_member[result->readers[i]])
            return true;
    for (int k = 0; k < einsum->n_operands; k++) {
        int producer = cascade->tensors[einsum->operands[k].tensor].producer;
        if (producer >= 0 && core->is_member[producer])
            return true;
    }
    return false;
}

/* Does it make or read a tensor over all ranks of the recurrent one? (A projection may iterate them and make none.) */
static bool is_large(const struct sinter_cascade *cascade, const struct core *core, int e)
{
    const struct sinter_einsum *einsum = &cascade->einsums[e];
    bool large = (core->ranks & ~einsum->result_ranks) == 0;
    for (int k = 0; k < einsum->n_operands; k++)
        large |= (core->ranks & ~cascade->tensors[einsum->operands[k].tensor].ranks) == 0;
    return large;
}

static bool is_feeder(const struct sinter_cascade *cascade, const struct core *core, int e)
{
    const struct sinter_einsum *einsum = &cascade->einsums[e];
    const struct sinter_tensor *result = &cascade->tensors[einsum->result];
    if (einsum->reduced_ranks != 0 || (einsum->ranks & ~core->ranks) != 0 || result->role == SINTER_OUTPUT ||
        result->n_readers == 0)
        return false;
    for (int i = 0; i < result->n_readers; i++)
        if (!core->is_member[result->readers[i]])
            return false;
    for (int k = 0; k < einsum->n_operands; k++)
        for (int other = 0; other < cascade->n_einsums; other++)
            if (core->is_member[other] && reads(&cascade->einsums[other], einsum->operands[k].tensor))
                return true;
    return false;
}

/* Marks the tensors that the subtree reads. */
static void mark_reads(const struct sinter_einsum *einsum, int expr, bool *is_read)
{
    if (expr < 0)
        return;
    const struct sinter_expr *node = &einsum->exprs[expr];
    if (node->kind == SINTER_EXPR_ACCESS)
        is_read[einsum->accesses[node->access].tensor] = true;
    mark_reads(einsum, node->a, is_read);
    mark_reads(einsum, node->b, is_read);
}

/* Does the subtree read one of the cycle's results? */
static bool reads_cycle(const struct sinter_cascade *cascade, const struct sinter_einsum *einsum, int expr, int cycle)
{
    if (expr < 0)
        return false;
    const struct sinter_expr *node = &einsum->exprs[expr];
    if (node->kind == SINTER_EXPR_ACCESS) {
        int producer = cascade->tensors[einsum->accesses[node->access].tensor].producer;
        return producer >= 0 && cascade->einsums[producer].cycle == cycle;
    }
    return reads_cycle(cascade, einsum, node->a, cycle) || reads_cycle(cascade, einsum, node->b, cycle);
}

/* Side A: what multiplies a value of the cycle, and whatever members make it from. */
static void mark_sides(const struct sinter_cascade *cascade, struct core *core, bool *is_factor)
{
    const struct sinter_cycle *cycle = &cascade->cycles[core->cycle];
    for (int i = 0; i < cycle->n_einsums; i++) {
        const struct sinter_einsum *einsum = &cascade->einsums[cycle->einsums[i]];
        for (int x = 0; x < einsum->n_exprs; x++) {
            const struct sinter_expr *node = &einsum->exprs[x];
            if (node->kind != SINTER_EXPR_MUL)
                continue;
            if (reads_cycle(cascade, einsum, node->a, core->cycle))
                mark_reads(einsum, node->b, is_factor);
            if (reads_cycle(cascade, einsum, node->b, core->cycle))
                mark_reads(einsum, node->a, is_factor);
        }
    }
    bool *is_addend = is_factor + cascade->n_tensors;
    for (int i = 0; i < cycle->n_einsums; i++) {
        const struct sinter_einsum *einsum = &cascade->einsums[cycle->einsums[i]];
        for (int k = 0; k < einsum->n_operands; k++)
            is_addend[einsum->operands[k].tensor] = !is_factor[einsum->operands[k].tensor];
    }
    for (int e = cascade->n_einsums - 1; e >= 0; e--) {
        const struct sinter_einsum *einsum = &cascade->einsums[e];
        if (!core->is_member[e] || einsum->cycle == core->cycle)
            continue;
        core->is_a[e] = is_factor[einsum->result];
        core->is_b[e] = !core->is_a[e] && is_addend[einsum->result];
        for (int k = 0; k < einsum->n_operands; k++) {
            if (core->is_a[e])
                is_factor[einsum->operands[k].tensor] = true;
            else if (core->is_b[e])
                is_addend[einsum->operands[k].tensor] = true;
        }
    }
}

enum sinter_status find_core(struct build *build, int cycle, struct core *core)
{
    const struct sinter_cascade *cascade = build->cascade;
    size_t n = (size_t)cascade->n_einsums;
    *core = (struct core){.cycle = cycle, .rank = cascade->cycles[cycle].rank};
    core->is_member = sinter_arena_alloc(build->arena, n, sizeof(bool));
    core->is_a = sinter_arena_alloc(build->arena, n, sizeof(bool));
    core->is_b = sinter_arena_alloc(build->arena, n, sizeof(bool));
    bool *is_factor = sinter_arena_alloc(build->arena, 2 * (size_t)cascade->n_tensors, sizeof(bool));
    if (core->is_member == NULL || core->is_a == NULL || core->is_b == NULL || is_factor == NULL)
        return sinter_out_of_memory(build->diags);
    for (int i = 0; i < cascade->cycles[cycle].n_einsums; i++) {
        int e = cascade->cycles[cycle].einsums[i];
        core->is_member[e] = true;
        core->ranks |= cascade->tensors[cascade->einsums[e].result].ranks;
    }
    for (bool grows = true; grows;) {
        grows = false;
        for (int e = 0; e < cascade->n_einsums; e++) {
            const struct sinter_einsum *einsum = &cascade->einsums[e];
            if (core->is_member[e] || (einsum->cycle >= 0 && einsum->cycle != cycle))
                continue;
            if ((is_large(cascade, core, e) && touches_core(cascade, core, e)) || is_feeder(cascade, core, e))
                core->is_member[e] = grows = true;
        }
    }
    mark_sides(cascade, core, is_factor);
    return SINTER_OK;
}
