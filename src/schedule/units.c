/* units.c: what units themselves read from and write to their memory.
 * SPDX-License-Identifier: MIT
 *
 * Each operand and each result once per execution of its leaf. Of a tensor that the leaf itself makes the unit reads only
 * the slices before the result, and a chain, which keeps the tensor in registers, writes them back.
 */
#include "schedule/plan_internal.h"

#include <math.h>

int64_t slice_elements(struct sinter_plan *plan, int tensor, int leaf, int64_t *pieces)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_tensor *t = &plan->cascade->tensors[tensor];
    int64_t elements = 1;
    for (int d = 0; d < t->n_dims; d++)
        if (t->dims[d] != t->look_back_rank)
            elements = multiply(w, elements, plan->cascade->ranks[t->dims[d]].extent);
    for (sinter_rank_set rest = w->nodes[leaf].looped & ~t->ranks; rest != 0; rest &= rest - 1)
        elements = multiply(w, elements, pieces_at(w->nodes, leaf, lowest(rest)));
    *pieces = pieces_at(w->nodes, leaf, t->look_back_rank);
    return elements;
}

static void charge_unit(struct sinter_plan *plan, int einsum, int64_t read_bits, int64_t written_bits)
{
    struct sinter_plan_workspace *w = plan->workspace;
    int leaf = w->leaf_of[einsum], memory = plan->accel->units[w->nodes[leaf].unit].memory;
    if (w->unit_bits != NULL) {
        w->unit_bits[memory] += (double)read_bits + (double)written_bits;
        return;
    }
    struct sinter_group_plan *group = &w->groups[w->nodes[leaf].group];
    group->read_bits[memory] = add(w, group->read_bits[memory], read_bits);
    group->write_bits[memory] = add(w, group->write_bits[memory], written_bits);
    w->leaves[einsum].unit_bits = add(w, w->leaves[einsum].unit_bits, add(w, read_bits, written_bits));
}

/* One class of accesses of a leaf to a tensor that it does not make: read once per execution, however often named. */
static void charge_operand(struct sinter_plan *plan, const struct sinter_plan_node *node, int member,
                           const struct use_facts *use)
{
    struct sinter_plan_workspace *w = plan->workspace;
    int leaf = (int)(node - w->nodes), n_links = w->n_links;
    int tile = tile_new(w, SINTER_TILE_STREAM, use->operand->tensor, 0); /* for its volume only */
    if (tile < 0)
        return;
    bool is_first = true;
    for (int m = 0; m < node->n_members; m++) {
        int e = w->members[node->first_member + m];
        for (int k = 0; k < plan->cascade->einsums[e].n_operands; k++) {
            const struct use_facts *other = &w->uses[w->use_of[e] + k];
            if (other->operand->tensor != use->operand->tensor || other->klass != use->klass)
                continue;
            is_first &= m > member || other == use || (m == member && other > use);
            tile_add_use(w, tile, other, leaf);
        }
    }
    int64_t volume = is_first ? box_volume(plan, tile, leaf).own : 0;
    w->n_tiles = tile;
    w->n_links = n_links;
    charge_unit(plan, use->einsum, multiply(w, volume, plan->cascade->tensors[use->operand->tensor].type.bits), 0);
}

void charge_units(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    for (int i = 0; i < w->n_members; i++) {
        int e = w->members[i], leaf = w->leaf_of[e];
        const struct sinter_plan_node *node = &w->nodes[leaf];
        for (int k = 0; k < cascade->einsums[e].n_operands; k++) {
            const struct use_facts *use = &w->uses[w->use_of[e] + k];
            if (w->tensors[use->operand->tensor].producer_leaf != leaf)
                charge_operand(plan, node, i - node->first_member, use);
        }
        const struct use_facts *result = result_of(w, cascade, e);
        int tensor = result->operand->tensor;
        const struct tensor_facts *facts = &w->tensors[tensor];
        int64_t pieces = 1, bits = cascade->tensors[tensor].type.bits, slices = 0;
        if (facts->is_read_here && facts->look_back > 0)
            slices = multiply(w, multiply(w, facts->look_back, bits), slice_elements(plan, tensor, leaf, &pieces));
        slices = multiply(w, slices, pieces);
        int64_t written = result->bits;
        for (sinter_rank_set rest = node->looped & ~result->ranks; rest != 0; rest &= rest - 1)
            written = multiply(w, written, pieces_at(w->nodes, leaf, lowest(rest)));
        charge_unit(plan, e, slices, facts->is_inner ? slices : written);
    }
}

void sinter_plan_count_ports(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    double units[SINTER_MAX_MEMORIES] = {0};
    bool overflow = w->overflow, has_many_pieces = w->has_many_pieces;
    w->overflow = false;
    w->unit_bits = units;
    if (!has_limited_ports(plan->accel)) /* else they are in the groups */
        charge_units(plan);
    w->unit_bits = NULL;
    for (int m = 0; m < plan->accel->n_memories; m++) {
        plan->port_bits[m] = w->overflow ? (double)NAN : units[m];
        for (int g = 0; g < plan->n_groups; g++)
            plan->port_bits[m] += (double)plan->groups[g].read_bits[m] + (double)plan->groups[g].write_bits[m];
    }
    w->overflow = overflow; /* of a plan that stands: what units alone do refuses none */
    w->has_many_pieces = has_many_pieces;
    plan->has_port_bits = true;
}
