/* plan.c: the workspace of a problem, and resolving a schedule in it.
 * SPDX-License-Identifier: MIT
 */
#include "schedule/plan_internal.h"

#include <string.h>

/* ---- problem tables --------------------------------------------------------------------------------------------- */

static bool same_index(const struct sinter_index *a, const struct sinter_index *b)
{
    if (a->n_terms != b->n_terms || a->constant != b->constant)
        return false;
    for (int i = 0; i < a->n_terms; i++)
        if (a->terms[i].rank != b->terms[i].rank || a->terms[i].coefficient != b->terms[i].coefficient)
            return false;
    return true;
}

/* Equal accesses have equal boxes everywhere. */
static bool same_shape(const struct sinter_operand *a, const struct sinter_operand *b, int n_dims)
{
    if (a->n_accesses != b->n_accesses)
        return false;
    for (int i = 0; i < a->n_accesses; i++)
        for (int d = 0; d < n_dims; d++)
            if (!same_index(&a->accesses[i].indices[d], &b->accesses[i].indices[d]))
                return false;
    return true;
}

/* The same own variable in every dimension. */
static bool same_class(const struct sinter_operand *a, const struct sinter_operand *b, int n_dims)
{
    for (int d = 0; d < n_dims; d++) {
        const struct sinter_index *x = &a->accesses[0].indices[d], *y = &b->accesses[0].indices[d];
        if ((x->own < 0) != (y->own < 0))
            return false;
        if (x->own >= 0 &&
            (x->terms[x->own].rank != y->terms[y->own].rank || x->terms[x->own].coefficient != y->terms[y->own].coefficient))
            return false;
    }
    return true;
}

/* Ranks r whose dimension every access of the operand indexes at r - x with x >= 0, over all taps. */
static sinter_rank_set ranks_behind(const struct sinter_cascade *cascade, const struct sinter_operand *operand)
{
    const struct sinter_tensor *t = &cascade->tensors[operand->tensor];
    sinter_rank_set behind = t->ranks;
    for (int i = 0; i < operand->n_accesses; i++) {
        for (int d = 0; d < t->n_dims; d++) {
            const struct sinter_index *index = &operand->accesses[i].indices[d];
            int64_t most = index->constant; /* of the index minus r */
            bool has_own = false, overflow = false;
            for (int k = 0; k < index->n_terms; k++) {
                int64_t a = index->terms[k].coefficient, reach = 0;
                if (k == index->own && index->terms[k].rank == t->dims[d] && a == 1) {
                    has_own = true;
                    continue;
                }
                overflow |= a > 0 && __builtin_mul_overflow(a, cascade->ranks[index->terms[k].rank].extent - 1, &reach);
                overflow |= __builtin_add_overflow(most, reach, &most);
            }
            if (!has_own || overflow || most > 0)
                behind &= ~bit(t->dims[d]);
        }
    }
    return behind;
}

/* Is the hull a product of ranges that never leaves the tensor: each dimension one variable of its own, or none? */
static void find_plain(const struct sinter_cascade *cascade, struct use_facts *use)
{
    const struct sinter_tensor *t = &cascade->tensors[use->operand->tensor];
    use->is_plain = true;
    use->factor = 1;
    for (int d = 0; d < t->n_dims; d++) {
        const struct form *form = &use->forms[d];
        int64_t extent = cascade->ranks[t->dims[d]].extent, reach = 1, spread = form->most - form->least;
        if (form->is_mixed || form->n_terms > 1 ||
            (form->n_terms == 1 &&
             (form->terms[0].coefficient != 1 || spread != 0 || has(use->moving, form->terms[0].rank)))) {
            use->is_plain = false;
            return;
        }
        if (form->n_terms == 1) {
            reach = cascade->ranks[form->terms[0].rank].extent;
            use->moving |= bit(form->terms[0].rank);
        } else {
            use->is_plain &= sinter_multiply(use->factor, spread + 1, &use->factor);
        }
        use->is_plain &= form->least >= 0 && form->most <= extent - reach;
    }
    use->elements = use->factor;
    for (sinter_rank_set rest = use->moving; rest != 0 && use->is_plain; rest &= rest - 1)
        use->is_plain = sinter_multiply(use->elements, cascade->ranks[lowest(rest)].extent, &use->elements);
    use->is_plain = use->is_plain && sinter_multiply(use->elements, t->type.bits, &use->bits);
}

/* `before`: the last use of the tensor that was described, and so on back through `earlier`; -1 ends the list. */
static bool describe_use(struct sinter_plan *plan, int i, int einsum, bool is_result, int *before, int *earlier)
{
    const struct sinter_cascade *cascade = plan->cascade;
    struct use_facts *uses = plan->workspace->uses, *use = &uses[i];
    const struct sinter_einsum *e = &cascade->einsums[einsum];
    const struct sinter_operand *operand = use->operand;
    const struct sinter_tensor *t = &cascade->tensors[operand->tensor];
    struct form *forms = sinter_arena_alloc(plan->workspace->arena, (size_t)t->n_dims, sizeof *forms);
    if (forms == NULL)
        return false;
    for (int d = 0; d < t->n_dims; d++) {
        forms[d].n_terms = -1;
        form_add(&forms[d], operand, d);
    }
    use->forms = forms;
    use->einsum = einsum;
    use->is_result = is_result;
    use->ranks = is_result ? e->result_ranks : operand->ranks;
    use->behind = ranks_behind(cascade, operand);
    use->klass = use->shape = i;
    find_plain(cascade, use);
    earlier[i] = before[operand->tensor];
    before[operand->tensor] = i;
    for (int j = earlier[i]; j >= 0 && (use->klass == i || use->shape == i); j = earlier[j]) {
        if (use->klass == i && same_class(operand, uses[j].operand, t->n_dims))
            use->klass = uses[j].klass;
        if (use->shape == i && same_shape(operand, uses[j].operand, t->n_dims))
            use->shape = uses[j].shape;
    }
    return true;
}

static void forget_einsum(struct sinter_plan_workspace *w, int e)
{
    w->leaf_of[e] = -1;
    w->leaves[e] = (struct sinter_leaf_plan){.node = -1};
}

static void forget_tensor(struct sinter_plan_workspace *w, int t)
{
    w->tensors[t] = (struct tensor_facts){.producer_leaf = -1, .home = -1, .carry = -1, .carry_body = -1};
    w->traffic[t] = (struct sinter_tensor_traffic){0, 0};
    w->active[t] = -1;
    w->is_touched[t] = false;
}

static bool reserve_tables(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    const struct sinter_accel *accel = plan->accel;
    int n_einsums = cascade->n_einsums;
    w->use_of = sinter_arena_alloc(w->arena, (size_t)n_einsums + 1, sizeof *w->use_of);
    w->uses = sinter_arena_alloc(w->arena, (size_t)w->n_uses, sizeof *w->uses);
    w->use_tiles = sinter_arena_alloc(w->arena, (size_t)w->n_uses + 1, sizeof *w->use_tiles);
    w->work = sinter_arena_alloc(w->arena, (size_t)n_einsums * (size_t)accel->n_units, sizeof *w->work);
    w->pe_sets = sinter_arena_alloc(w->arena, (size_t)accel->n_units, sizeof *w->pe_sets);
    w->spreads = sinter_arena_alloc(w->arena, (size_t)accel->n_units * (size_t)cascade->n_ranks, sizeof *w->spreads);
    w->leaf_of = sinter_arena_alloc(w->arena, (size_t)n_einsums + 1, sizeof *w->leaf_of);
    w->members = sinter_arena_alloc(w->arena, (size_t)n_einsums + 1, sizeof *w->members);
    w->leaves = sinter_arena_alloc(w->arena, (size_t)n_einsums + 1, sizeof *w->leaves);
    w->tensors = sinter_arena_alloc(w->arena, (size_t)cascade->n_tensors + 1, sizeof *w->tensors);
    w->traffic = sinter_arena_alloc(w->arena, (size_t)cascade->n_tensors + 1, sizeof *w->traffic);
    w->active = sinter_arena_alloc(w->arena, (size_t)cascade->n_tensors + 1, sizeof *w->active);
    w->touched = sinter_arena_alloc(w->arena, (size_t)cascade->n_tensors + 1, sizeof *w->touched);
    w->is_touched = sinter_arena_alloc(w->arena, (size_t)cascade->n_tensors + 1, sizeof *w->is_touched);
    w->tile_capacity = w->n_uses * (accel->n_memories + 1) + cascade->n_tensors + 2;
    w->link_capacity = w->tile_capacity + w->n_uses * accel->n_memories + 1;
    w->tiles = sinter_arena_alloc(w->arena, (size_t)w->tile_capacity, sizeof *w->tiles);
    w->facts = sinter_arena_alloc(w->arena, (size_t)w->tile_capacity, sizeof *w->facts);
    w->links = sinter_arena_alloc(w->arena, (size_t)w->link_capacity, sizeof *w->links);
    return w->use_of != NULL && w->uses != NULL && w->use_tiles != NULL && w->work != NULL && w->pe_sets != NULL &&
           w->spreads != NULL && w->leaf_of != NULL && w->members != NULL && w->leaves != NULL && w->tensors != NULL &&
           w->traffic != NULL && w->active != NULL && w->touched != NULL && w->is_touched != NULL && w->tiles != NULL &&
           w->facts != NULL && w->links != NULL;
}

static void find_spreads(struct sinter_plan *plan)
{
    const struct sinter_cascade *cascade = plan->cascade;
    for (int u = 0; u < plan->accel->n_units; u++) {
        struct sinter_pe_sets *sets = &plan->workspace->pe_sets[u];
        sinter_unit_pe_sets(&plan->accel->units[u], sets);
        for (int r = 0; r < cascade->n_ranks; r++) {
            struct sinter_spread *spread = &plan->workspace->spreads[u * cascade->n_ranks + r];
            spread->per_extent = 1 / (double)cascade->ranks[r].extent;
            for (int set = 0; set < 1 << plan->accel->units[u].n_dims; set++)
                spread->shares[set] = (double)sinter_ceil_div(cascade->ranks[r].extent, sets->pes[set]) * spread->per_extent;
        }
    }
}

static bool make_tables(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    const struct sinter_accel *accel = plan->accel;
    int n_einsums = cascade->n_einsums;
    for (int e = 0; e < n_einsums; e++)
        w->n_uses += cascade->einsums[e].n_operands + 1;
    int *before = sinter_arena_alloc(w->arena, (size_t)cascade->n_tensors + 1, sizeof *before);
    int *earlier = sinter_arena_alloc(w->arena, (size_t)w->n_uses, sizeof *earlier);
    if (!reserve_tables(plan) || before == NULL || earlier == NULL)
        return false;
    for (int e = 0; e < n_einsums; e++)
        forget_einsum(w, e);
    for (int t = 0; t < cascade->n_tensors; t++) {
        forget_tensor(w, t);
        before[t] = -1;
    }
    find_spreads(plan);
    int n = 0;
    for (int e = 0; e < n_einsums; e++) {
        const struct sinter_einsum *einsum = &cascade->einsums[e];
        w->use_of[e] = n;
        for (int k = 0; k <= einsum->n_operands; k++, n++) {
            w->uses[n].operand = k < einsum->n_operands ? &einsum->operands[k] : &einsum->target;
            if (!describe_use(plan, n, e, k == einsum->n_operands, before, earlier))
                return false;
        }
        for (int u = 0; u < accel->n_units; u++)
            sinter_unit_work(&accel->units[u], einsum, &w->work[e * accel->n_units + u]);
    }
    return true;
}

/* ---- the workspace ---------------------------------------------------------------------------------------------- */

static void release_trees(struct sinter_plan_workspace *w)
{
    sinter_release(w->allocator, w->nodes);
    sinter_release(w->allocator, w->lines);
    sinter_release(w->allocator, w->groups);
    sinter_release(w->allocator, w->live);
    sinter_release(w->allocator, w->begins);
    sinter_release(w->allocator, w->undo);
    sinter_release(w->allocator, w->previous);
    sinter_release(w->allocator, w->plan_of);
    sinter_release(w->allocator, w->is_changed);
    w->nodes = NULL;
    w->lines = NULL;
    w->groups = NULL;
    w->live = NULL;
    w->begins = NULL;
    w->undo = NULL;
    w->previous = NULL;
    w->plan_of = NULL;
    w->is_changed = NULL;
    w->n_previous = 0;
    w->node_capacity = 0;
}

/* Room for a tree of n schedule nodes. */
static bool reserve(struct sinter_plan *plan, int n)
{
    struct sinter_plan_workspace *w = plan->workspace;
    if (n <= w->node_capacity)
        return true;
    release_trees(w);
    size_t capacity = 2 * (size_t)n, n_lines = capacity + (size_t)plan->cascade->n_einsums;
    w->nodes = sinter_allocate(w->allocator, capacity, sizeof *w->nodes);
    w->lines = sinter_allocate(w->allocator, n_lines, sizeof *w->lines);
    w->groups = sinter_allocate(w->allocator, capacity, sizeof *w->groups);
    w->live = sinter_allocate(w->allocator, (capacity + 1) * (size_t)plan->accel->n_memories, sizeof *w->live);
    w->begins = sinter_allocate(w->allocator, capacity + 1, sizeof *w->begins);
    w->undo = sinter_allocate(w->allocator, n_lines, sizeof *w->undo);
    w->previous = sinter_allocate(w->allocator, capacity, sizeof *w->previous);
    w->plan_of = sinter_allocate(w->allocator, capacity, sizeof *w->plan_of);
    w->is_changed = sinter_allocate(w->allocator, capacity, sizeof *w->is_changed);
    if (w->nodes == NULL || w->lines == NULL || w->groups == NULL || w->live == NULL || w->begins == NULL ||
        w->undo == NULL || w->previous == NULL || w->plan_of == NULL || w->is_changed == NULL) {
        release_trees(w);
        return false;
    }
    w->node_capacity = (int)capacity;
    return true;
}

void sinter_plan_free(struct sinter_plan *plan)
{
    if (plan == NULL)
        return;
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_arena *arena = w->arena;
    release_trees(w);
    sinter_arena_free(arena); /* holds the plan and the workspace, too */
}

enum sinter_status sinter_plan_new(const struct sinter_cascade *cascade, const struct sinter_accel *accel,
                                   const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                   struct sinter_plan **out)
{
    *out = NULL;
    struct sinter_arena *arena = sinter_arena_new(allocator);
    if (arena == NULL)
        return sinter_out_of_memory(diags);
    struct sinter_plan *plan = sinter_arena_alloc(arena, 1, sizeof *plan);
    struct sinter_plan_workspace *w = sinter_arena_alloc(arena, 1, sizeof *w);
    if (plan == NULL || w == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    w->allocator = allocator;
    w->arena = arena;
    *plan = (struct sinter_plan){.cascade = cascade, .accel = accel, .workspace = w};
    if (!make_tables(plan) || !reserve(plan, 64)) {
        sinter_plan_free(plan);
        return sinter_out_of_memory(diags);
    }
    *out = plan;
    return SINTER_OK;
}

/* ---- resolving -------------------------------------------------------------------------------------------------- */

static void reset(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    for (int m = 0; m < w->n_members; m++)
        forget_einsum(w, w->members[m]);
    for (int i = 0; i < w->n_touched; i++)
        forget_tensor(w, w->touched[i]);
    w->n_nodes = w->n_members = w->n_tiles = w->n_lines = w->n_links = w->n_groups = w->n_carries = w->n_touched = 0;
    w->first_einsum = plan->cascade->n_einsums;
    w->first_cycle = plan->cascade->n_cycles;
    w->last_einsum = w->last_cycle = -1;
    w->overflow = w->has_many_pieces = false;
    memset(plan->peak_bits, 0, sizeof plan->peak_bits);
    plan->dram_read_bits = plan->dram_write_bits = 0;
    plan->n_nodes = plan->n_tiles = plan->n_groups = 0;
    plan->fits = false;
    plan->nodes = w->nodes;
    plan->members = w->members;
    plan->tiles = w->tiles;
    plan->groups = w->groups;
    plan->leaves = w->leaves;
    plan->traffic = w->traffic;
    plan->work = w->work;
    plan->pe_sets = w->pe_sets;
    plan->spreads = w->spreads;
    plan->first_use = w->use_of;
    plan->use_tiles = w->use_tiles;
}

static void reset_groups(struct sinter_plan_workspace *w)
{
    for (int g = 0; g < w->n_groups; g++) {
        int node = w->groups[g].node;
        w->groups[g] = (struct sinter_group_plan){.node = node};
        for (int m = 0; m < SINTER_MAX_MEMORIES; m++)
            w->groups[g].peak_leaf[m] = -1;
        w->is_changed[g] = true;
    }
}

static enum sinter_status resolve_tree(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    reset(plan);
    w->n_previous = 0;
    enum sinter_status status = normalise(plan);
    if (status == SINTER_OK)
        status = check_legality(plan);
    reset_groups(w);
    if (status == SINTER_OK)
        status = serve(plan);
    if (status == SINTER_OK)
        status = place(plan);
    if (status != SINTER_OK)
        return status;
    for (int m = 0; m < w->n_members; m++)
        w->leaves[w->members[m]].node = w->leaf_of[w->members[m]];
    place_totals(plan);
    find_peaks(plan);
    if (!w->overflow)
        remember_tree(plan);
    return SINTER_OK;
}

static enum sinter_status resolve(struct sinter_plan *plan, const struct sinter_schedule *schedule, bool is_part,
                                  struct sinter_diagnostics *diags)
{
    struct sinter_plan_workspace *w = plan->workspace;
    enum sinter_status status;
    w->diags = diags;
    w->schedule = schedule;
    plan->has_port_bits = false;
    if (schedule->failed || schedule->n_open > 0)
        return sinter_error(diags, (struct sinter_location){NULL, 0, 0}, NULL, "the schedule was not built completely");
    if (!reserve(plan, schedule->n_nodes + 1))
        return sinter_out_of_memory(diags);
    bool is_alike = is_part == w->is_part;
    w->is_part = is_part;
    if (!is_alike || !retile(plan, &status))
        status = resolve_tree(plan);
    if (status == SINTER_NO_MEMORY)
        return sinter_out_of_memory(diags);
    if (status != SINTER_OK)
        return status;
    if (w->has_many_pieces)
        return illegal(w, -1, "use larger tiles, or loop over fewer of the ranks that one index adds up",
                       "loops over several ranks move one tile to more places than can be counted");
    if (w->overflow)
        return illegal(w, -1, "use larger tiles, or hold the tensor that is loaded again and again",
                       "the schedule moves or holds more than 2^63 bits");
    if (plan->fits)
        return SINTER_OK;
    if (diags != NULL)
        explain_misfit(plan);
    return SINTER_INFEASIBLE;
}

enum sinter_status sinter_plan_resolve(struct sinter_plan *plan, const struct sinter_schedule *schedule,
                                       struct sinter_diagnostics *diags)
{
    return resolve(plan, schedule, false, diags);
}

enum sinter_status sinter_plan_resolve_part(struct sinter_plan *plan, const struct sinter_schedule *schedule,
                                            struct sinter_diagnostics *diags)
{
    return resolve(plan, schedule, true, diags);
}

/* ---- questions -------------------------------------------------------------------------------------------------- */

int64_t sinter_plan_pieces(const struct sinter_plan *plan, int node, int rank)
{
    return pieces_at(plan->nodes, node, rank);
}

int64_t sinter_plan_range(const struct sinter_plan *plan, int node, int rank)
{
    return range_at(plan->cascade, plan->nodes, node, rank);
}

int64_t sinter_plan_steps(const struct sinter_plan *plan, int node, int rank, int64_t parts)
{
    struct cut cut;
    cut_at(plan, node, rank, &cut);
    return cut_steps(&cut, parts);
}
