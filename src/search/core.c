/* core.c: the state updates of the recurrences, found by their structure.
 * SPDX-License-Identifier: MIT
 *
 * Around a cycle with recurrent tensor H over ranks Q (for Mamba L, D, N), the state update is
 *   - the Einsums of the cycle,
 *   - every Einsum that makes or reads a tensor over all of Q and makes what a member reads or reads what a member makes,
 *   - every element-wise Einsum that only members read and that reads a tensor which members read anyway (its operand
 *     is on chip when they run): the step that scales x by dt,
 * as far as they belong to no other recurrence, nothing else has to run between them, and the plan lets them stand in a
 * loop over the recurrent rank.
 */
#include "search/build.h"

struct finder {
    struct build *build;
    struct partition *partition;
    const struct sinter_cascade *cascade;
    struct core *core;
    int *candidates, n_candidates, *asked; /* by Einsum: the last core that it was a candidate of, + 1 */
    int *near, n_near, *is_near, n_asks;   /* by Einsum: the last question that it was part of */
    int *factor, *addend;                  /* by tensor: the last core that it was one of, + 1 */
};

static bool is_member(const struct finder *f, int e)
{
    return f->partition->set_of[e] == f->partition->set_of[f->cascade->cycles[f->core->cycle].einsums[0]];
}

/* Does it make or read a tensor over all ranks of the recurrent one? (A projection may iterate them and make none.) */
static bool is_large(const struct finder *f, int e)
{
    const struct sinter_einsum *einsum = &f->cascade->einsums[e];
    bool large = (f->core->ranks & ~einsum->result_ranks) == 0;
    for (int k = 0; k < einsum->n_operands; k++)
        large |= (f->core->ranks & ~f->cascade->tensors[einsum->operands[k].tensor].ranks) == 0;
    return large;
}

static bool is_feeder(const struct finder *f, int e)
{
    const struct sinter_einsum *einsum = &f->cascade->einsums[e];
    const struct sinter_tensor *result = &f->cascade->tensors[einsum->result];
    if (einsum->reduced_ranks != 0 || (einsum->ranks & ~f->core->ranks) != 0 || result->role == SINTER_OUTPUT)
        return false;
    for (int i = 0; i < result->n_readers; i++)
        if (!is_member(f, result->readers[i]))
            return false;
    for (int k = 0; k < einsum->n_operands; k++) {
        const struct sinter_tensor *t = &f->cascade->tensors[einsum->operands[k].tensor];
        for (int i = 0; i < t->n_readers; i++)
            if (is_member(f, t->readers[i]))
                return true;
    }
    return false;
}

/* ---- may it stand in the loop? --------------------------------------------------------------------------------------- */

static void ask_with(struct finder *f, int e)
{
    if (f->is_near[e] == f->n_asks)
        return;
    int at = f->n_near++;
    for (; at > 0 && f->near[at - 1] > e; at--)
        f->near[at] = f->near[at - 1];
    f->near[at] = e;
    f->is_near[e] = f->n_asks;
}

static void ask_with_member(struct finder *f, int e)
{
    const struct sinter_cycle *cycle = &f->cascade->cycles[f->core->cycle];
    if (e < 0 || !is_member(f, e))
        return;
    if (f->cascade->einsums[e].cycle < 0)
        ask_with(f, e);
    for (int i = 0; i < cycle->n_einsums && f->cascade->einsums[e].cycle >= 0; i++)
        ask_with(f, cycle->einsums[i]);
}

/* The rules speak of producers and their readers, so what the Einsum does not touch need not be asked about. */
static enum sinter_status may_stand(struct finder *f, int e, bool *may)
{
    const struct sinter_einsum *einsum = &f->cascade->einsums[e];
    const struct sinter_tensor *result = &f->cascade->tensors[einsum->result];
    struct sinter_schedule *out = &f->build->scratch;
    f->n_asks++;
    f->n_near = 0;
    ask_with(f, e);
    for (int k = 0; k < einsum->n_operands; k++)
        ask_with_member(f, f->cascade->tensors[einsum->operands[k].tensor].producer);
    for (int i = 0; i < result->n_readers; i++)
        ask_with_member(f, result->readers[i]);
    sinter_schedule_clear(out);
    sinter_schedule_group(out);
    sinter_schedule_loop(out, f->core->rank, 1);
    for (int i = 0; i < f->n_near; i++)
        sinter_schedule_leaf(out, f->near[i], f->build->unit_of[f->near[i]]);
    sinter_schedule_close(out);
    sinter_schedule_close(out);
    return ask_legal(f->build, may);
}

/* ---- growth ---------------------------------------------------------------------------------------------------------- */

static void add_candidate(struct finder *f, int e)
{
    if (e < 0 || f->asked[e] == f->core->cycle + 1)
        return;
    f->asked[e] = f->core->cycle + 1;
    f->candidates[f->n_candidates++] = e;
}

static void add_neighbours(struct finder *f, int e)
{
    const struct sinter_einsum *einsum = &f->cascade->einsums[e];
    const struct sinter_tensor *result = &f->cascade->tensors[einsum->result];
    f->asked[e] = f->core->cycle + 1;
    for (int k = 0; k < einsum->n_operands; k++)
        add_candidate(f, f->cascade->tensors[einsum->operands[k].tensor].producer);
    for (int i = 0; i < result->n_readers; i++)
        add_candidate(f, result->readers[i]);
}

static enum sinter_status try_candidate(struct finder *f, int e, bool *joins)
{
    struct partition *p = f->partition;
    *joins = false;
    if (f->cascade->einsums[e].cycle >= 0 || is_member(f, e) || p->set_of[e] != e || p->next[e] >= 0 ||
        !(is_large(f, e) || is_feeder(f, e)))
        return SINTER_OK;
    int core = p->set_of[f->cascade->cycles[f->core->cycle].einsums[0]];
    if (!partition_may_join(p, core, e))
        return SINTER_OK;
    enum sinter_status status = may_stand(f, e, joins);
    if (status != SINTER_OK || !*joins)
        return status;
    partition_join(p, core, e);
    add_neighbours(f, e);
    return SINTER_OK;
}

/* An Einsum may have to wait until others have joined: its readers, or what lies between. */
static enum sinter_status grow(struct finder *f)
{
    const struct sinter_cycle *cycle = &f->cascade->cycles[f->core->cycle];
    f->n_candidates = 0;
    for (int i = 0; i < cycle->n_einsums; i++)
        add_neighbours(f, cycle->einsums[i]);
    for (bool grows = true; grows;) {
        grows = false;
        int n = 0;
        for (int i = 0; i < f->n_candidates; i++) {
            bool joins;
            int e = f->candidates[i];
            enum sinter_status status = try_candidate(f, e, &joins);
            if (status != SINTER_OK)
                return status;
            if (!joins)
                f->candidates[n++] = e;
            grows |= joins;
        }
        f->n_candidates = n;
    }
    return SINTER_OK;
}

/* ---- sides ----------------------------------------------------------------------------------------------------------- */

/* Marks the tensors that the subtree reads. */
static void mark_reads(struct finder *f, const struct sinter_einsum *einsum, int expr)
{
    if (expr < 0)
        return;
    const struct sinter_expr *node = &einsum->exprs[expr];
    if (node->kind == SINTER_EXPR_ACCESS)
        f->factor[einsum->accesses[node->access].tensor] = f->core->cycle + 1;
    mark_reads(f, einsum, node->a);
    mark_reads(f, einsum, node->b);
}

/* Does the subtree read one of the cycle's results? */
static bool reads_cycle(const struct finder *f, const struct sinter_einsum *einsum, int expr)
{
    if (expr < 0)
        return false;
    const struct sinter_expr *node = &einsum->exprs[expr];
    if (node->kind == SINTER_EXPR_ACCESS) {
        int producer = f->cascade->tensors[einsum->accesses[node->access].tensor].producer;
        return producer >= 0 && f->cascade->einsums[producer].cycle == f->core->cycle;
    }
    return reads_cycle(f, einsum, node->a) || reads_cycle(f, einsum, node->b);
}

/* Side A: what multiplies a value of the cycle, and whatever members make it from. */
static void mark_sides(struct finder *f)
{
    struct core *core = f->core;
    const struct sinter_cycle *cycle = &f->cascade->cycles[core->cycle];
    int mark = core->cycle + 1;
    for (int i = 0; i < cycle->n_einsums; i++) {
        const struct sinter_einsum *einsum = &f->cascade->einsums[cycle->einsums[i]];
        for (int x = 0; x < einsum->n_exprs; x++) {
            const struct sinter_expr *node = &einsum->exprs[x];
            if (node->kind != SINTER_EXPR_MUL)
                continue;
            if (reads_cycle(f, einsum, node->a))
                mark_reads(f, einsum, node->b);
            if (reads_cycle(f, einsum, node->b))
                mark_reads(f, einsum, node->a);
        }
    }
    for (int i = 0; i < cycle->n_einsums; i++) {
        const struct sinter_einsum *einsum = &f->cascade->einsums[cycle->einsums[i]];
        for (int k = 0; k < einsum->n_operands; k++)
            f->addend[einsum->operands[k].tensor] = f->factor[einsum->operands[k].tensor] == mark ? 0 : mark;
    }
    for (int i = core->n_members - 1; i >= 0; i--) {
        const struct sinter_einsum *einsum = &f->cascade->einsums[core->members[i]];
        bool is_other = einsum->cycle != core->cycle, is_a = is_other && f->factor[einsum->result] == mark;
        bool is_b = is_other && !is_a && f->addend[einsum->result] == mark;
        core->sides[i] = is_a ? SIDE_A : is_b ? SIDE_B : SIDE_S;
        for (int k = 0; k < einsum->n_operands; k++) {
            if (is_a)
                f->factor[einsum->operands[k].tensor] = mark;
            else if (is_b)
                f->addend[einsum->operands[k].tensor] = mark;
        }
    }
}

static enum sinter_status find_core(struct finder *f, int cycle, struct core *core)
{
    const struct sinter_cascade *cascade = f->cascade;
    struct set set;
    *core = (struct core){.cycle = cycle, .rank = cascade->cycles[cycle].rank};
    f->core = core;
    for (int i = 0; i < cascade->cycles[cycle].n_einsums; i++)
        core->ranks |= cascade->tensors[cascade->einsums[cascade->cycles[cycle].einsums[i]].result].ranks;
    enum sinter_status status = grow(f);
    if (status == SINTER_OK)
        status = partition_set(f->build, f->partition, f->partition->set_of[cascade->cycles[cycle].einsums[0]], &set);
    if (status != SINTER_OK)
        return status;
    core->members = set.einsums;
    core->n_members = set.n_einsums;
    core->sides = sinter_arena_alloc(f->build->arena, (size_t)set.n_einsums, sizeof *core->sides);
    if (core->sides == NULL)
        return sinter_out_of_memory(f->build->diags);
    mark_sides(f);
    return SINTER_OK;
}

enum sinter_status find_cores(struct build *build, struct partition *partition, struct core **cores)
{
    const struct sinter_cascade *cascade = build->cascade;
    struct finder f = {.build = build, .partition = partition, .cascade = cascade};
    int **by_einsum[] = {&f.candidates, &f.asked, &f.near, &f.is_near};
    bool has_all = true;
    for (size_t i = 0; i < sizeof by_einsum / sizeof by_einsum[0]; i++) {
        *by_einsum[i] = sinter_arena_alloc(build->arena, (size_t)cascade->n_einsums + 1, sizeof(int));
        has_all = has_all && *by_einsum[i] != NULL;
    }
    f.factor = sinter_arena_alloc(build->arena, (size_t)cascade->n_tensors + 1, sizeof(int));
    f.addend = sinter_arena_alloc(build->arena, (size_t)cascade->n_tensors + 1, sizeof(int));
    *cores = sinter_arena_alloc(build->arena, (size_t)cascade->n_cycles + 1, sizeof **cores);
    if (!has_all || f.factor == NULL || f.addend == NULL || *cores == NULL)
        return sinter_out_of_memory(build->diags);
    enum sinter_status status = SINTER_OK;
    for (int c = 0; c < cascade->n_cycles && status == SINTER_OK; c++)
        status = find_core(&f, c, &(*cores)[c]);
    return status;
}
