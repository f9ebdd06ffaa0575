/* retile.c: resolving again when nothing but the tiles of loops has changed.
 * SPDX-License-Identifier: MIT
 *
 * Who serves whom, where tiles stand and what is legal follow from the tree and from which of its loops make more than one
 * trip, not from the tiles. So a search that moves from one tile to the next pays for the sizes in the groups it touches:
 *
 *     compare the trees -> ranges and visits of the changed groups -> cycles step by no more than they look back
 *     -> their tiles' sizes and traffic -> peaks and totals
 *
 * The result is the same as that of resolving from the start (tests/test_retile.c).
 */
#include "schedule/plan_internal.h"

#include <string.h>

void remember_tree(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    w->n_previous = w->schedule->n_nodes;
    memcpy(w->previous, w->schedule->nodes, (size_t)w->n_previous * sizeof *w->previous);
    for (int i = 0; i < w->n_previous; i++)
        w->plan_of[i] = -1;
    for (int i = 0; i < w->n_nodes; i++)
        w->plan_of[w->nodes[i].source] = i;
}

/* Marks the groups whose loops have other tiles; false when the trees differ in anything else. */
static bool compare_trees(struct sinter_plan_workspace *w)
{
    const struct sinter_schedule *schedule = w->schedule;
    int group = -1;
    if (w->n_previous == 0 || w->n_previous != schedule->n_nodes)
        return false;
    for (int i = 0; i < w->n_previous; i++) {
        const struct sinter_node *old = &w->previous[i], *new = &schedule->nodes[i];
        if (memcmp(old, new, offsetof(struct sinter_node, is_double)) != 0 || old->is_double != new->is_double)
            return false;
        if (new->kind == SINTER_GROUP)
            w->is_changed[++group] = false;
        if (old->tile != new->tile)
            w->is_changed[group] = true;
    }
    return true;
}

/* New ranges of the loops of a group; false when a loop begins or ceases to make one trip only. */
static bool cut_again(struct sinter_plan *plan, int group)
{
    struct sinter_plan_workspace *w = plan->workspace;
    int first = w->nodes[w->groups[group].node].source, body = -1;
    for (int i = first; i < w->schedule->nodes[first].end; i++) {
        const struct sinter_node *node = &w->schedule->nodes[i];
        int at = w->plan_of[i];
        while (body >= 0 && w->schedule->nodes[w->nodes[body].source].end <= i)
            body = w->nodes[body].parent;
        if (node->kind == SINTER_LOOP) {
            bool is_loop = node->tile < range_at(plan->cascade, w->nodes, body, node->rank);
            if (is_loop != (at >= 0))
                return false;
        }
        if (at < 0)
            continue;
        struct sinter_plan_node *plan_node = &w->nodes[at];
        plan_node->visits = body >= 0 ? w->nodes[body].visits : 1;
        if (node->kind == SINTER_LOOP)
            cut_loop(plan, at, node->tile);
        if (node->kind == SINTER_GROUP || node->kind == SINTER_LOOP)
            body = at;
    }
    return true;
}

static void take_back(struct sinter_plan *plan, const struct sinter_tile *tile)
{
    struct sinter_plan_workspace *w = plan->workspace;
    if (tile->source < 0) {
        w->traffic[tile->tensor].read_bits -= tile->load_bits;
        w->traffic[tile->tensor].write_bits -= tile->store_bits;
    }
    int state = plan->cascade->tensors[tile->tensor].state;
    if (state >= 0) {
        w->traffic[state].read_bits -= tile->state_load_bits;
        w->traffic[state].write_bits -= tile->state_store_bits;
    }
}

static void empty_group(struct sinter_plan_workspace *w, int group)
{
    struct sinter_group_plan *at = &w->groups[group];
    *at = (struct sinter_group_plan){.node = at->node};
    for (int m = 0; m < SINTER_MAX_MEMORIES; m++)
        at->peak_leaf[m] = -1;
}

bool retile(struct sinter_plan *plan, enum sinter_status *status)
{
    struct sinter_plan_workspace *w = plan->workspace;
    *status = SINTER_OK;
    if (has_limited_ports(plan->accel) || !compare_trees(w))
        return false;
    int n_known = w->n_previous;
    w->n_previous = 0; /* until the plan is whole again */
    w->overflow = w->has_many_pieces = false;
    for (int g = 0; g < w->n_groups; g++)
        if (w->is_changed[g] && !cut_again(plan, g))
            return false;
    for (int c = w->first_cycle; c <= w->last_cycle && *status == SINTER_OK; c++)
        *status = check_cycle(plan, &plan->cascade->cycles[c]);
    if (*status != SINTER_OK)
        return true;
    for (int g = 0; g < w->n_groups; g++)
        if (w->is_changed[g])
            empty_group(w, g);
    for (int m = 0; m < w->n_members; m++)
        if (w->is_changed[w->nodes[w->leaf_of[w->members[m]]].group])
            w->leaves[w->members[m]] = (struct sinter_leaf_plan){.node = w->leaf_of[w->members[m]]};
    for (int i = 0; i < w->n_tiles; i++) {
        if (!w->is_changed[w->nodes[w->tiles[i].leaf].group])
            continue;
        take_back(plan, &w->tiles[i]);
        place_again(plan, i);
        charge(plan, i);
    }
    place_totals(plan);
    find_peaks(plan);
    w->n_previous = w->overflow ? 0 : n_known;
    for (int i = 0; i < n_known; i++)
        w->previous[i].tile = w->schedule->nodes[i].tile;
    return true;
}
