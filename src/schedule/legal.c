/* legal.c: what a schedule may not do, apart from not fitting: order, loops around intermediates, cycles, chains, units.
 * SPDX-License-Identifier: MIT
 *
 * Rules (1) and (4, units) are checked where leaves are read (normalise.c), memories where tiles are served (serve.c).
 */
#include "schedule/plan_internal.h"

/* The innermost node whose body holds both. A leaf or chain is held by itself only when both are it. */
static int common_node(const struct sinter_plan_node *nodes, int a, int b)
{
    while (!contains(nodes, a, b))
        a = nodes[a].parent;
    return a;
}

/* Does the Einsum, in the ranges where it stands, read nothing of the tensor but slices before the one that it computes? */
static bool looks_back_only(const struct sinter_plan *plan, const struct sinter_einsum *reader, int tensor)
{
    const struct sinter_plan_workspace *w = plan->workspace;
    int leaf = w->leaf_of[reader - plan->cascade->einsums];
    for (int k = 0; k < reader->n_operands; k++) {
        const struct sinter_operand *operand = &reader->operands[k];
        if (operand->tensor == tensor &&
            (operand->look_back_min == 0 ||
             range_at(plan->cascade, w->nodes, leaf, operand->look_back_rank) > operand->look_back_min))
            return false;
    }
    return reader->cycle >= 0;
}

/* Gathers what this schedule does with the result of one Einsum. */
static enum sinter_status gather(struct sinter_plan *plan, int einsum)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    int tensor = cascade->einsums[einsum].result;
    const struct sinter_tensor *t = &cascade->tensors[tensor];
    struct tensor_facts *facts = &w->tensors[tensor];
    int producer = w->leaf_of[einsum], group = w->nodes[producer].group;
    facts->producer_leaf = facts->first_leaf = facts->last_leaf = facts->common = producer;
    facts->is_needed_later = t->role == SINTER_OUTPUT;
    bool is_read_outside_leaf = false;
    for (int i = 0; i < t->n_readers; i++) {
        const struct sinter_einsum *reader = &cascade->einsums[t->readers[i]];
        int leaf = w->leaf_of[t->readers[i]];
        if (leaf < 0 || w->nodes[leaf].group > group) {
            facts->is_needed_later = true;
            is_read_outside_leaf = true;
            continue;
        }
        bool is_ahead = leaf < producer && !looks_back_only(plan, reader, tensor);
        if (w->nodes[leaf].group < group || is_ahead || (leaf < producer && reader->cycle != cascade->einsums[einsum].cycle))
            return illegal(w, w->nodes[leaf].source, "put the producer first", "'%s' reads '%s' before it is made",
                           reader->name, t->name);
        facts->is_read_here = true;
        is_read_outside_leaf |= leaf != producer;
        facts->first_leaf = leaf < facts->first_leaf ? leaf : facts->first_leaf;
        facts->last_leaf = leaf > facts->last_leaf ? leaf : facts->last_leaf;
        facts->common = common_node(w->nodes, facts->common, leaf);
        for (int k = 0; k < reader->n_operands; k++) {
            if (reader->operands[k].tensor != tensor)
                continue;
            facts->n_reads += leaf != producer;
            if (reader->operands[k].look_back_max > facts->look_back)
                facts->look_back = reader->operands[k].look_back_max;
        }
    }
    if (facts->common == producer)
        facts->common = w->nodes[producer].parent;
    facts->is_inner = facts->is_read_here && !is_read_outside_leaf && !facts->is_needed_later && !facts->is_sent_out &&
                      w->nodes[producer].kind == SINTER_CHAIN;
    return SINTER_OK;
}

/* Rule (2), for the producer of a tensor and one reader: every loop around both indexes the tensor plainly, and the reader
 * reads there at r - x. Then no read is ahead of its producer or of an unfinished sum. */
static enum sinter_status check_reader(struct sinter_plan *plan, int tensor, int reader)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    const struct sinter_tensor *t = &cascade->tensors[tensor];
    int producer = w->tensors[tensor].producer_leaf, common = common_node(w->nodes, producer, w->leaf_of[reader]);
    sinter_rank_set looped = w->nodes[common].looped; /* a leaf's is that of the body it stands in */
    if ((looped & ~t->ranks) != 0) {
        int rank = lowest(looped & ~t->ranks);
        return illegal(w, w->nodes[loop_over(w->nodes, common, rank)].source,
                       "end that loop before the reader, or start it after the producer",
                       "a loop over %s, which does not index '%s', around its producer and its reader '%s': it would read "
                       "an unfinished sum",
                       cascade->ranks[rank].name, t->name, cascade->einsums[reader].name);
    }
    for (int k = 0; looped != 0 && k < cascade->einsums[reader].n_operands; k++) {
        const struct use_facts *use = &w->uses[w->use_of[reader] + k];
        if (use->operand->tensor != tensor || (looped & ~use->behind) == 0)
            continue;
        int rank = lowest(looped & ~use->behind);
        return illegal(w, w->nodes[loop_over(w->nodes, common, rank)].source, "end that loop before the reader",
                       "a loop over %s around the producer of '%s' and its reader '%s', which does not read it at %s or "
                       "behind: it would read ahead of the producer",
                       cascade->ranks[rank].name, t->name, cascade->einsums[reader].name, cascade->ranks[rank].variable);
    }
    return SINTER_OK;
}

static enum sinter_status check_intermediate(struct sinter_plan *plan, int tensor)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_tensor *t = &plan->cascade->tensors[tensor];
    int group = w->nodes[w->tensors[tensor].producer_leaf].group;
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < t->n_readers && status == SINTER_OK; i++) {
        int leaf = w->leaf_of[t->readers[i]];
        if (leaf >= 0 && w->nodes[leaf].group == group)
            status = check_reader(plan, tensor, t->readers[i]);
    }
    return status;
}

/* Rule (3): the Einsums of a cycle stand in one group, share all loops over its rank, and step by at most its look-back. */
enum sinter_status check_cycle(struct sinter_plan *plan, const struct sinter_cycle *cycle)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    const char *rank = cascade->ranks[cycle->rank].name;
    int leaf = w->leaf_of[cycle->einsums[0]], loop = leaf < 0 ? -1 : loop_over(w->nodes, leaf, cycle->rank);
    bool is_one_leaf = true;
    for (int i = 1; i < cycle->n_einsums; i++) {
        int other = w->leaf_of[cycle->einsums[i]];
        if ((other < 0) != (leaf < 0))
            return illegal(w, -1, "put them in one group", "only a part of the recurrence through '%s' is scheduled",
                           cascade->einsums[cycle->einsums[0]].name);
        if (other < 0)
            continue;
        const char *first_name = cascade->einsums[cycle->einsums[0]].name, *name = cascade->einsums[cycle->einsums[i]].name;
        is_one_leaf = is_one_leaf && other == leaf;
        if (w->nodes[other].group != w->nodes[leaf].group)
            return illegal(w, w->nodes[other].source, "put them in one group",
                           "'%s' and '%s' form a recurrence but stand in different groups", first_name, name);
        if (loop_over(w->nodes, other, cycle->rank) != loop)
            return illegal(w, w->nodes[other].source, "put them in the same loops",
                           "'%s' and '%s' form a recurrence along %s but do not share their loops over it", first_name, name,
                           rank);
    }
    int64_t step = leaf < 0 ? 0 : range_at(cascade, w->nodes, leaf, cycle->rank);
    if (cycle->n_einsums > 1 && !is_one_leaf && step > cycle->look_back)
        return illegal(w, w->nodes[loop >= 0 ? loop : leaf].source,
                       "loop over it by a smaller tile, or put the cycle in one chain",
                       "the recurrence through '%s' looks back by %lld along %s, but its Einsums step by %lld",
                       cascade->einsums[cycle->einsums[0]].name, (long long)cycle->look_back, rank, (long long)step);
    return SINTER_OK;
}

/* The Einsum of the same chain that makes an operand, -1: it comes from outside. */
static int maker_inside(const struct sinter_plan *plan, const struct sinter_plan_node *chain,
                        const struct sinter_operand *operand)
{
    const struct sinter_plan_workspace *w = plan->workspace;
    int producer = plan->cascade->tensors[operand->tensor].producer;
    return producer >= 0 && w->leaf_of[producer] >= 0 && &w->nodes[w->leaf_of[producer]] == chain ? producer : -1;
}

/* A value is finished only when its own sum is, and the sums behind everything that went into it. Look-backs may hand
 * values to Einsums that stand before, so it is repeated until nothing is added. */
static void find_pending_sums(struct sinter_plan *plan, const struct sinter_plan_node *chain)
{
    struct sinter_plan_workspace *w = plan->workspace;
    for (bool grows = true; grows;) {
        grows = false;
        for (int i = 0; i < chain->n_members; i++) {
            const struct sinter_einsum *einsum = &plan->cascade->einsums[w->members[chain->first_member + i]];
            sinter_rank_set pending = einsum->reduced_ranks, *known = &w->tensors[einsum->result].pending;
            for (int k = 0; k < einsum->n_operands; k++)
                if (maker_inside(plan, chain, &einsum->operands[k]) >= 0)
                    pending |= w->tensors[einsum->operands[k].tensor].pending;
            grows |= pending != *known;
            *known = pending;
        }
    }
}

/* Inside a chain a value is used at the point that made it, or along its look-back rank later, or reduced; and never at
 * the points of a sum that has to end before it is finished. */
static enum sinter_status check_inner_use(struct sinter_plan *plan, const struct sinter_plan_node *node, int producer,
                                          int reader, const struct use_facts *use)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    const struct sinter_einsum *from = &cascade->einsums[producer], *to = &cascade->einsums[reader];
    const struct sinter_tensor *tensor = &cascade->tensors[from->result];
    sinter_rank_set allowed = tensor->look_back_rank >= 0 ? bit(tensor->look_back_rank) : 0;
    bool is_same_point = use->klass == result_of(w, cascade, producer)->klass && (tensor->ranks & ~use->behind) == 0 &&
                         (use->operand->look_back_max == 0 || has(allowed, use->operand->look_back_rank));
    if (!is_same_point)
        return illegal(w, node->source, "end the chain before the reader",
                       "'%s' reads '%s' at another point than the one that made it, which a chain cannot do", to->name,
                       from->name);
    if ((from->reduced_ranks & to->ranks) != 0)
        return illegal(w, node->source, "end the chain before the reader",
                       "'%s' needs the finished sum '%s' while it iterates %s, the rank of that sum", to->name, from->name,
                       cascade->ranks[lowest(from->reduced_ranks & to->ranks)].name);
    sinter_rank_set pending = w->tensors[from->result].pending & to->ranks;
    if (pending != 0)
        return illegal(w, node->source, "end the chain before the reader",
                       "'%s' needs '%s' while it iterates %s, and a sum over that rank must end before '%s' is finished",
                       to->name, from->name, cascade->ranks[lowest(pending)].name, from->name);
    return SINTER_OK;
}

static enum sinter_status check_chain(struct sinter_plan *plan, const struct sinter_plan_node *node)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    const int *members = &w->members[node->first_member];
    sinter_rank_set all = 0;
    bool has_whole = false;
    for (int i = 0; i < node->n_members; i++)
        all |= cascade->einsums[members[i]].ranks;
    for (int i = 0; i < node->n_members; i++)
        has_whole |= cascade->einsums[members[i]].ranks == all;
    if (!has_whole)
        return illegal(w, node->source, "the Einsums of a chain iterate the same ranks or subsets of them",
                       "no Einsum of this chain iterates all of its ranks");
    find_pending_sums(plan, node);
    for (int i = 0; i < node->n_members; i++) {
        const struct sinter_einsum *reader = &cascade->einsums[members[i]];
        for (int k = 0; k < reader->n_operands; k++) {
            int producer = maker_inside(plan, node, &reader->operands[k]);
            if (producer < 0)
                continue;
            bool is_later = false;
            for (int j = 0; j < i; j++)
                is_later |= members[j] == producer;
            if (!is_later && reader->operands[k].look_back_min == 0)
                return illegal(w, node->source, "put the producer first", "'%s' reads '%s' before it is made", reader->name,
                               cascade->einsums[producer].name);
            enum sinter_status status =
                check_inner_use(plan, node, producer, members[i], &w->uses[w->use_of[members[i]] + k]);
            if (status != SINTER_OK)
                return status;
        }
    }
    return SINTER_OK;
}

static enum sinter_status check_carry(struct sinter_plan *plan, int tensor)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct tensor_facts *facts = &w->tensors[tensor];
    const struct sinter_tensor *t = &plan->cascade->tensors[tensor];
    bool is_group = facts->producer_leaf >= 0 && w->nodes[facts->producer_leaf].group == w->nodes[facts->carry_body].group;
    if (!is_group || !facts->is_read_here || facts->look_back == 0)
        return illegal(w, facts->carry, "carry a tensor that is produced and looked back at in this group",
                       "nothing in this group looks back at '%s'", t->name);
    if (facts->is_sent_out)
        return illegal(w, facts->carry, "leave one of the two lines out", "'%s' is sent to dram and carried on chip",
                       t->name);
    if (!facts->is_carry_spilled && has(w->nodes[facts->carry_body].looped, t->look_back_rank))
        return illegal(w, facts->carry, "move it out of that loop",
                       "the carry of '%s' stands inside a loop over %s, along which it is handed on", t->name,
                       plan->cascade->ranks[t->look_back_rank].name);
    for (int i = -1; i < t->n_readers && !facts->is_carry_spilled; i++) {
        int leaf = i < 0 ? facts->producer_leaf : w->leaf_of[t->readers[i]];
        int memory = w->schedule->nodes[facts->carry].memory;
        if (leaf >= 0 && w->nodes[leaf].group == w->nodes[facts->producer_leaf].group &&
            !sinter_unit_reaches(plan->accel, &plan->accel->units[w->nodes[leaf].unit], memory))
            return illegal(w, facts->carry, "name a memory that all of them reach",
                           "unit '%s' uses '%s' but does not reach memory '%s', where this line carries it",
                           plan->accel->units[w->nodes[leaf].unit].name, t->name, plan->accel->memories[memory].name);
    }
    if (!contains(w->nodes, facts->carry_body, facts->first_leaf) ||
        !contains(w->nodes, facts->carry_body, facts->last_leaf))
        return illegal(w, facts->carry, "move it outward", "the carry of '%s' does not enclose its producer and its readers",
                       t->name);
    return SINTER_OK;
}

/* `hold T in dram` at the root of the group that makes T sends it out; anywhere else it says what is true anyway. */
static void mark_sent_out(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    for (int i = 0; i < w->n_lines; i++) {
        const struct line *line = &w->lines[i];
        int producer = line->memory == 0 ? plan->cascade->tensors[line->tensor].producer : -1;
        if (producer >= 0 && w->leaf_of[producer] >= 0 && w->nodes[w->leaf_of[producer]].group == w->nodes[line->body].group)
            w->tensors[line->tensor].is_sent_out = true;
    }
}

/* Rule (2) again: partial sums are all that is kept of an Einsum from piece to piece of the ranks that it reduces. */
static enum sinter_status check_split(struct sinter_plan *plan, int einsum)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_einsum *e = &plan->cascade->einsums[einsum];
    sinter_rank_set cut = w->nodes[w->leaf_of[einsum]].looped & e->reduced_ranks;
    if (cut == 0 || sinter_einsum_split(e, cut) >= 0)
        return SINTER_OK;
    int rank = lowest(cut);
    return illegal(
        w, w->nodes[loop_over(w->nodes, w->leaf_of[einsum], rank)].source,
        "leave that rank whole, or write the parts of the expression as Einsums of their own",
        "a loop over %s around '%s' would leave more than one unfinished value: the ranks that loops cut must all be "
        "reduced by one outermost sum or max",
        plan->cascade->ranks[rank].name, e->name);
}

enum sinter_status check_legality(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    enum sinter_status status = SINTER_OK;
    mark_sent_out(plan);
    for (int c = w->first_cycle; c <= w->last_cycle && status == SINTER_OK; c++)
        status = check_cycle(plan, &cascade->cycles[c]);
    for (int e = w->first_einsum; e <= w->last_einsum && status == SINTER_OK; e++)
        if (w->leaf_of[e] >= 0)
            status = gather(plan, e);
    for (int e = w->first_einsum; e <= w->last_einsum && status == SINTER_OK; e++)
        if (w->tensors[cascade->einsums[e].result].is_read_here)
            status = check_intermediate(plan, cascade->einsums[e].result);
    for (int m = 0; m < w->n_members && status == SINTER_OK; m++)
        status = check_split(plan, w->members[m]);
    for (int m = 0; m < w->n_members && status == SINTER_OK; m += w->nodes[w->leaf_of[w->members[m]]].n_members)
        if (w->nodes[w->leaf_of[w->members[m]]].kind == SINTER_CHAIN)
            status = check_chain(plan, &w->nodes[w->leaf_of[w->members[m]]]);
    for (int t = 0; t < cascade->n_tensors && w->n_carries > 0 && status == SINTER_OK; t++)
        if (w->tensors[t].carry >= 0)
            status = check_carry(plan, t);
    return status;
}
