/* normalise.c: the tree without its one-trip loops, and what stands where.
 * SPDX-License-Identifier: MIT
 */
#include "schedule/plan_internal.h"

void cut_at(const struct sinter_plan *plan, int node, int rank, struct cut *cut)
{
    const struct sinter_plan_node *nodes = plan->nodes;
    int64_t tiles[MAX_LEVELS];
    int n = 0;
    for (int loop = loop_over(nodes, node, rank); loop >= 0; loop = loop_over(nodes, nodes[loop].parent, rank))
        tiles[n++] = nodes[loop].tile;
    cut->extent = plan->cascade->ranks[rank].extent;
    cut->n_levels = n;
    for (int i = 0; i < n; i++)
        cut->tiles[i] = tiles[n - 1 - i];
}

void touch_tensor(struct sinter_plan *plan, int tensor)
{
    struct sinter_plan_workspace *w = plan->workspace;
    for (; tensor >= 0 && !w->is_touched[tensor]; tensor = plan->cascade->tensors[tensor].state) {
        w->is_touched[tensor] = true;
        w->touched[w->n_touched++] = tensor;
    }
}

static void touch_einsum(struct sinter_plan *plan, int e)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_einsum *einsum = &plan->cascade->einsums[e];
    if (e < w->first_einsum)
        w->first_einsum = e;
    if (e > w->last_einsum)
        w->last_einsum = e;
    if (einsum->cycle >= 0 && einsum->cycle < w->first_cycle)
        w->first_cycle = einsum->cycle;
    if (einsum->cycle > w->last_cycle)
        w->last_cycle = einsum->cycle;
    touch_tensor(plan, einsum->result);
    for (int k = 0; k < einsum->n_operands; k++)
        touch_tensor(plan, einsum->operands[k].tensor);
}

struct walk {
    struct sinter_plan *plan;
    struct sinter_plan_workspace *w;
    int body; /* plan node whose body is open, -1 at the top */
};

static int push_node(struct walk *walk, enum sinter_node_kind kind, int source)
{
    struct sinter_plan_workspace *w = walk->w;
    int index = w->n_nodes++;
    w->nodes[index] = (struct sinter_plan_node){.kind = kind,
                                                .source = source,
                                                .parent = walk->body,
                                                .end = index + 1,
                                                .group = w->n_groups - 1,
                                                .rank = -1,
                                                .unit = -1,
                                                .looped = walk->body >= 0 ? w->nodes[walk->body].looped : 0,
                                                .visits = walk->body >= 0 ? w->nodes[walk->body].visits : 1};
    return index;
}

void cut_loop(struct sinter_plan *plan, int loop, int64_t tile)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_plan_node *at = &w->nodes[loop];
    int outer = loop_over(w->nodes, at->parent, at->rank);
    int64_t visits = w->nodes[at->parent].visits;
    at->tile = tile;
    if (outer < 0) {
        at->pieces = sinter_ceil_div(plan->cascade->ranks[at->rank].extent, tile);
        at->visits = multiply(w, visits, at->pieces);
    } else {
        struct cut cut;
        cut_at(plan, loop, at->rank, &cut);
        at->pieces = cut_count(&cut);
        at->visits = multiply(w, visits / w->nodes[outer].pieces, at->pieces);
    }
}

static void push_loop(struct walk *walk, int source)
{
    const struct sinter_node *node = &walk->w->schedule->nodes[source];
    int index = push_node(walk, SINTER_LOOP, source);
    walk->w->nodes[index].rank = node->rank;
    walk->w->nodes[index].looped |= bit(node->rank);
    cut_loop(walk->plan, index, node->tile);
    walk->body = index;
}

static enum sinter_status push_line(struct walk *walk, int source)
{
    struct sinter_plan_workspace *w = walk->w;
    const struct sinter_node *node = &w->schedule->nodes[source];
    const struct sinter_cascade *cascade = walk->plan->cascade;
    struct tensor_facts *facts = &w->tensors[node->tensor];
    bool is_root = w->nodes[walk->body].kind == SINTER_GROUP;
    const char *name = cascade->tensors[node->tensor].name;
    touch_tensor(walk->plan, node->tensor);
    if (node->kind == SINTER_CARRY) {
        if (facts->carry >= 0)
            return illegal(w, source, "one line says where the carry lives", "'%s' is carried twice", name);
        if (node->memory == 0 && !is_root)
            return illegal(w, source, "write it at the root of the group", "'carry %s in dram' inside a loop", name);
        facts->carry = source;
        w->n_carries++;
        facts->carry_body = walk->body;
        facts->is_carry_spilled = node->memory == 0;
        return SINTER_OK;
    }
    if (node->memory == 0 && !is_root)
        return illegal(w, source, "write it at the root of the group", "'hold %s in dram' inside a loop", name);
    w->lines[w->n_lines++] = (struct line){.tensor = node->tensor,
                                           .memory = node->memory,
                                           .source = source,
                                           .body = walk->body,
                                           .begin = w->n_nodes,
                                           .outer = -1,
                                           .first_tile = -1,
                                           .is_double = node->is_double};
    return SINTER_OK;
}

/* Rule (1): every loop around an Einsum is over a rank of it; rule (4): its unit can run it. */
static enum sinter_status push_member(struct walk *walk, int leaf, int source)
{
    struct sinter_plan_workspace *w = walk->w;
    const struct sinter_node *node = &w->schedule->nodes[source];
    const struct sinter_cascade *cascade = walk->plan->cascade;
    const struct sinter_einsum *einsum = &cascade->einsums[node->einsum];
    if (w->leaf_of[node->einsum] >= 0)
        return illegal(w, source, NULL, "Einsum '%s' stands twice in the schedule", einsum->name);
    w->leaf_of[node->einsum] = leaf;
    w->members[w->n_members++] = node->einsum;
    touch_einsum(walk->plan, node->einsum);
    struct sinter_plan_node *at = &w->nodes[leaf];
    if (at->n_members++ == 0)
        at->unit = node->unit;
    if (at->unit != node->unit)
        return illegal(w, source, "one unit evaluates a chain", "'%s' names another unit than its chain", einsum->name);
    sinter_rank_set foreign = at->looped & ~einsum->ranks;
    if (foreign != 0)
        return illegal(w, source, "take it out of that loop, or loop over a rank that it has",
                       "'%s' would be recomputed: it stands in a loop over %s, which is not a rank of it", einsum->name,
                       cascade->ranks[lowest(foreign)].name);
    const struct sinter_unit *unit = &walk->plan->accel->units[node->unit];
    if (!w->work[node->einsum * walk->plan->accel->n_units + node->unit].can_run) {
        enum sinter_op missing = SINTER_MAC;
        sinter_unit_can_run(unit, einsum, &missing);
        return illegal(w, source, "give the unit cycles for it, or use another unit", "unit '%s' cannot run '%s': no %s",
                       unit->name, einsum->name, sinter_op_name(missing));
    }
    return SINTER_OK;
}

/* Closes the bodies that end before schedule node `source`. ends[]: of the open schedule nodes; plan_of[]: their plan
 * node, -1 for a loop that vanished. */
struct frame {
    int end, node;
};

static int close_frames(struct walk *walk, struct frame *frames, int n, int source)
{
    while (n > 0 && frames[n - 1].end <= source) {
        int node = frames[--n].node;
        if (node >= 0) {
            walk->w->nodes[node].end = walk->w->n_nodes;
            walk->body = walk->w->nodes[node].parent;
        }
    }
    return n;
}

static enum sinter_status walk_node(struct walk *walk, struct frame *frames, int *n, int source)
{
    struct sinter_plan_workspace *w = walk->w;
    const struct sinter_node *node = &w->schedule->nodes[source];
    int opened = -1;
    switch (node->kind) {
    case SINTER_GROUP:
        w->n_groups++;
        opened = push_node(walk, SINTER_GROUP, source);
        w->groups[w->n_groups - 1].node = opened;
        walk->body = opened;
        break;
    case SINTER_LOOP:
        if (node->tile < range_at(walk->plan->cascade, w->nodes, walk->body, node->rank)) {
            push_loop(walk, source);
            opened = walk->body;
        }
        break;
    case SINTER_CHAIN:
        opened = push_node(walk, SINTER_CHAIN, source);
        w->nodes[opened].first_member = w->n_members;
        walk->body = opened;
        break;
    case SINTER_LEAF:
        if (w->nodes[walk->body].kind == SINTER_CHAIN)
            return push_member(walk, walk->body, source);
        opened = push_node(walk, SINTER_LEAF, source);
        w->nodes[opened].first_member = w->n_members;
        return push_member(walk, opened, source);
    case SINTER_HOLD:
    case SINTER_CARRY:
        return push_line(walk, source);
    }
    frames[(*n)++] = (struct frame){node->end, opened};
    return SINTER_OK;
}

enum sinter_status normalise(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct walk walk = {plan, w, -1};
    struct frame frames[sizeof w->schedule->open / sizeof w->schedule->open[0] + 1];
    int n = 0;
    for (int source = 0; source < w->schedule->n_nodes; source++) {
        n = close_frames(&walk, frames, n, source);
        enum sinter_status status = walk_node(&walk, frames, &n, source);
        if (status != SINTER_OK)
            return status;
    }
    close_frames(&walk, frames, n, w->schedule->n_nodes);
    plan->n_nodes = w->n_nodes;
    plan->n_groups = w->n_groups;
    plan->n_members = w->n_members;
    for (int e = 0; e < plan->cascade->n_einsums && !w->is_part; e++)
        if (w->leaf_of[e] < 0)
            return illegal(w, -1, NULL, "Einsum '%s' is missing in the schedule", plan->cascade->einsums[e].name);
    return SINTER_OK;
}
