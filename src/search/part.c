/* part.c: trees of parts, and what the plan says of one in its context.
 * SPDX-License-Identifier: MIT
 */
#include "search/mapper_internal.h"

bool is_read_in(const struct sinter_tensor *tensor, einsum_set set)
{
    for (int i = 0; i < tensor->n_readers; i++)
        if (set >> tensor->readers[i] & 1)
            return true;
    return false;
}

bool is_made_in(const struct sinter_tensor *tensor, einsum_set set)
{
    return tensor->producer >= 0 && (set >> tensor->producer & 1) != 0;
}

/* Does the set name the tensor at all? */
bool is_used_in(const struct sinter_tensor *tensor, einsum_set set)
{
    return is_read_in(tensor, set) || is_made_in(tensor, set);
}

/* ---- trees ------------------------------------------------------------------------------------------------------- */

/* The lines of a sequence that serve this part first. */
static void emit_lines(const struct mapper *mapper, const struct shape *shape, int part, struct sinter_schedule *out)
{
    einsum_set before = 0;
    for (int p = 0; p < part; p++)
        before |= shape->parts[p]->einsums;
    for (int h = 0; h < shape->n_holds; h++) {
        const struct sinter_tensor *tensor = &mapper->cascade->tensors[shape->holds[h].tensor];
        if (shape->holds[h].above == shape->n_loops && is_used_in(tensor, shape->parts[part]->einsums) &&
            !is_used_in(tensor, before))
            sinter_schedule_hold(out, shape->holds[h].tensor, shape->holds[h].memory, false);
    }
}

static void emit_body(const struct mapper *mapper, const struct shape *shape, struct sinter_schedule *out)
{
    if (shape->kind == SINTER_CHAIN)
        sinter_schedule_chain(out);
    if (shape->kind == SINTER_GROUP) {
        for (int p = 0; p < shape->n_parts; p++) {
            emit_lines(mapper, shape, p, out);
            emit_shape(mapper, shape->parts[p], out);
        }
    } else {
        for (einsum_set rest = shape->einsums; rest != 0; rest &= rest - 1)
            sinter_schedule_leaf(out, __builtin_ctzll(rest), mapper->unit_of[__builtin_ctzll(rest)]);
    }
    if (shape->kind == SINTER_CHAIN)
        sinter_schedule_close(out);
}

void emit_shape(const struct mapper *mapper, const struct shape *shape, struct sinter_schedule *out)
{
    for (int j = 0; j <= shape->n_loops; j++) {
        for (int h = 0; h < shape->n_holds; h++)
            if (shape->holds[h].above == j && (j < shape->n_loops || shape->kind != SINTER_GROUP))
                sinter_schedule_hold(out, shape->holds[h].tensor, shape->holds[h].memory, false);
        if (j < shape->n_loops)
            sinter_schedule_loop(out, shape->loops[j].rank, shape->loops[j].tile);
    }
    emit_body(mapper, shape, out);
    for (int j = 0; j < shape->n_loops; j++)
        sinter_schedule_close(out);
}

/* Resolves the shape in its context as a schedule of its own; false when it is illegal. */
bool resolve_shape(struct mapper *mapper, const struct context *context, const struct shape *shape)
{
    struct sinter_schedule *out = &mapper->scratch;
    sinter_schedule_clear(out);
    sinter_schedule_group(out);
    for (int j = 0; j < context->n_loops; j++)
        sinter_schedule_loop(out, context->loops[j].rank, context->loops[j].tile);
    emit_shape(mapper, shape, out);
    for (int j = 0; j <= context->n_loops; j++)
        sinter_schedule_close(out);
    mapper->failed |= out->failed;
    mapper->n_priced++;
    enum sinter_status status = sinter_plan_resolve_part(mapper->plan, out, NULL);
    return status == SINTER_OK || status == SINTER_INFEASIBLE;
}

/* What the tile adds, if its surroundings do not pay for it. */
void add_traffic(const struct mapper *mapper, const struct sinter_tile *tile, struct piece *piece)
{
    if (tile->source < 0 && !mapper->is_ignored[tile->tensor]) {
        piece->read_bits += (double)tile->load_bits;
        piece->written_bits += (double)tile->store_bits;
        piece->phase_bits += tile->kind != SINTER_TILE_CARRY ? (double)tile->load_bits + (double)tile->store_bits : 0;
    }
    if (!mapper->is_ignored[tile->tensor]) {
        piece->read_bits += (double)tile->state_load_bits;
        piece->written_bits += (double)tile->state_store_bits;
    }
}

/* The tier of the context's loop that a tile lives outside of, with its line in or outside the nest of that tier; -1: it
 * lives inside the part. No loop of a context makes one trip: the plan has them all, behind the node of the group. */
static int tier_of(const struct context *context, const struct sinter_tile *tile)
{
    int loop = tile->begin - 1, tier = 0; /* the loop that begins with the tile */
    if (loop >= context->n_loops)
        return -1;
    while (tier < context->n_tiers && loop >= context->ends[tier])
        tier++;
    return tier;
}

void add_footprint(const struct context *context, const struct sinter_tile *tile, struct piece *piece)
{
    int tier = tier_of(context, tile);
    (tier < 0 ? piece->bits : piece->carried[tier])[tile->memory] += tile->footprint_bits;
}

/* Does the leaf that makes a tensor look back at it? */
static bool reads_back(const struct mapper *mapper, const struct sinter_tile *tile)
{
    const struct sinter_plan_node *leaf = &mapper->plan->nodes[tile->leaf];
    for (int m = 0; m < leaf->n_members; m++) {
        const struct sinter_einsum *einsum = &mapper->cascade->einsums[mapper->plan->members[leaf->first_member + m]];
        for (int k = 0; k < einsum->n_operands; k++)
            if (einsum->operands[k].tensor == tile->tensor && einsum->operands[k].look_back_max > 0)
                return true;
    }
    return false;
}

/* Of a tile that a leaf in no loop uses first. */
void add_fill(const struct mapper *mapper, const struct sinter_tile *tile, struct piece *piece)
{
    if (mapper->is_ignored[tile->tensor])
        return;
    if (tile->kind != SINTER_TILE_CARRY || reads_back(mapper, tile))
        piece->first_bits += (double)(tile->source < 0 ? tile->load_bits : 0) + (double)tile->state_load_bits;
    piece->last_bits += tile->is_produced && tile->source < 0 ? (double)tile->store_bits : 0;
}

/* A leaf or chain in its nest: everything that lives while it runs. */
bool price_leaf(struct mapper *mapper, const struct context *context, const struct shape *shape, struct piece *piece)
{
    const struct sinter_plan *plan = mapper->plan;
    *piece = (struct piece){.shape = shape};
    if (!resolve_shape(mapper, context, shape))
        return false;
    struct sinter_cost cost = {.einsums = mapper->einsums};
    sinter_cost_evaluate(plan, &cost);
    for (einsum_set rest = shape->einsums; rest != 0; rest &= rest - 1) {
        int e = __builtin_ctzll(rest);
        piece->cycles[mapper->unit_of[e]] += mapper->einsums[e].compute_cycles;
    }
    for (int i = 0; i < plan->n_tiles; i++) {
        add_traffic(mapper, &plan->tiles[i], piece);
        if (!mapper->is_ignored[plan->tiles[i].tensor])
            add_footprint(context, &plan->tiles[i], piece);
        if (context->n_loops + shape->n_loops == 0)
            add_fill(mapper, &plan->tiles[i], piece);
    }
    return fits(mapper, piece);
}

const struct shape *copy_shape(struct mapper *mapper, const struct shape *shape)
{
    struct shape *copy = sinter_arena_alloc(mapper->arena, 1, sizeof *copy);
    if (copy == NULL)
        mapper->failed = true;
    else
        *copy = *shape;
    return copy;
}
