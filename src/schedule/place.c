/* place.c: where each tile stands, how large it is and what it moves.
 * SPDX-License-Identifier: MIT
 *
 * A hold whose accesses do not index the loop that it stands in moves out of it; one whose consecutive tiles overlap is
 * a window. In both cases what is loaded is the box of the loop's whole range, once per visit of the loop's parent.
 */
#include "schedule/plan_internal.h"

static int64_t tensor_bits(const struct sinter_plan *plan, const struct sinter_tile *tile)
{
    return plan->cascade->tensors[tile->tensor].type.bits;
}

/* A state has a type of its own: in DRAM it takes that, on chip the slices are of the tensor's type. */
static int64_t state_bits(const struct sinter_plan *plan, const struct sinter_tile *tile)
{
    int state = plan->cascade->tensors[tile->tensor].state;
    return state < 0 ? 0 : plan->cascade->tensors[state].type.bits;
}

/* ---- place and span --------------------------------------------------------------------------------------------- */

/* Does what this tile holds of a result have to leave the chip when it is dropped? */
static bool is_stored(const struct sinter_plan *plan, int index, bool is_partial)
{
    const struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_tile *tile = &w->tiles[index];
    const struct tensor_facts *tensor = &w->tensors[tile->tensor];
    if (tile->kind == SINTER_TILE_STREAM)
        return true;
    if (tile->kind == SINTER_TILE_LOCAL)
        return tensor->is_needed_later;
    if (tensor->look_back > 0) /* its carry goes on from where the tensor lives */
        return true;
    return is_partial || tensor->is_needed_later || w->facts[index].n_reads < tensor->n_reads;
}

static void place_span(struct sinter_plan *plan, int index)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_tile *tile = &w->tiles[index];
    const struct tile_facts *facts = &w->facts[index];
    if (tile->kind == SINTER_TILE_STREAM) {
        tile->body = w->nodes[tile->leaf].parent;
        tile->begin = tile->fill = tile->leaf;
        tile->end = tile->leaf + 1;
        return;
    }
    const struct line *line = &w->lines[facts->line];
    int last = tile->kind == SINTER_TILE_LOCAL ? w->tensors[tile->tensor].last_leaf : facts->last_use_leaf;
    tile->body = line->body;
    tile->begin = line->begin;
    if (tile->is_produced)
        tile->begin = child_of(w->nodes, tile->body, facts->producer_leaf);
    if (last < facts->producer_leaf)
        last = facts->producer_leaf;
    tile->end = w->nodes[child_of(w->nodes, tile->body, last)].end;
    while (w->nodes[tile->body].kind == SINTER_LOOP && !has(facts->ranks, w->nodes[tile->body].rank)) {
        tile->begin = tile->body;
        tile->end = w->nodes[tile->body].end;
        tile->body = w->nodes[tile->body].parent;
    }
    tile->fill = tile->begin;
}

/* A tile that moved outward may have left the line that it filled from: then the next one outward serves it. */
static void place_source(struct sinter_plan *plan, int index)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_tile *tile = &w->tiles[index];
    while (tile->source >= 0 && !contains(w->nodes, w->tiles[tile->source].body, tile->body))
        tile->source = w->tiles[tile->source].source;
}

/* ---- what moves ------------------------------------------------------------------------------------------------- */

/* Volume over all visits and footprint of a tile that is a product of ranges: nearly every one. False for the others. */
static bool size_plain(struct sinter_plan *plan, int index, int node, int64_t *volume, int64_t *footprint)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct tile_facts *facts = &w->facts[index];
    const struct use_facts *use = w->links[facts->first_use].facts;
    if (facts->shape < 0 || !use->is_plain)
        return false;
    sinter_rank_set looped = w->nodes[node].looped, inside = looped & use->moving;
    *volume = *footprint = use->elements;
    w->tiles[index].plain_factor = use->factor;
    w->tiles[index].plain_ranks = use->moving;
    for (sinter_rank_set rest = looped & ~use->moving; rest != 0; rest &= rest - 1)
        *volume = multiply(w, *volume, pieces_at(w->nodes, node, lowest(rest)));
    if (inside == 0)
        return true;
    *footprint = use->factor;
    for (sinter_rank_set rest = use->moving; rest != 0; rest &= rest - 1)
        *footprint = multiply(w, *footprint, range_at(plan->cascade, w->nodes, node, lowest(rest)));
    return true;
}

static void size_read(struct sinter_plan *plan, int index)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_tile *tile = &w->tiles[index];
    int node = tile->kind == SINTER_TILE_STREAM ? tile->leaf : tile->body;
    int64_t bits = tensor_bits(plan, tile), fresh = 0, footprint;
    bool is_diagonal = false;
    struct volume volume = {0, 0};
    bool is_plain = size_plain(plan, index, node, &volume.own, &footprint);
    if (!is_plain) {
        footprint = box_footprint(plan, index, node);
        if (tile->kind == SINTER_TILE_HOLD && w->nodes[node].kind == SINTER_LOOP)
            fresh = box_step(plan, index, node, &is_diagonal);
    }
    if (fresh > 0) {
        tile->is_window = true;
        tile->fill = tile->begin;
        tile->begin = node;
        tile->end = w->nodes[node].end;
        volume = is_diagonal ? box_volume_kept(plan, index, node) : box_volume(plan, index, w->nodes[node].parent);
    } else if (!is_plain) {
        volume = box_volume(plan, index, node);
    }
    tile->room_bits = tile->footprint_bits = multiply(w, footprint, bits);
    if (tile->is_double && tile->visits > 1)
        tile->footprint_bits =
            add(w, tile->footprint_bits, tile->is_window ? multiply(w, fresh, bits) : tile->footprint_bits);
    else
        tile->is_double = false;
    if (tile->source >= 0) {
        tile->load_bits = multiply(w, add(w, volume.own, volume.state), bits);
        return;
    }
    tile->load_bits = multiply(w, volume.own, bits);
    tile->state_load_bits = multiply(w, volume.state, state_bits(plan, tile));
}

/* The c slices before a result that its own leaf reads from outside the chip. */
static void size_look_back(struct sinter_plan *plan, int index)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_tile *tile = &w->tiles[index];
    const struct sinter_tensor *t = &plan->cascade->tensors[tile->tensor];
    int64_t c = tile->look_back, bits = t->type.bits, pieces = 0;
    int64_t slice = slice_elements(plan, tile->tensor, tile->leaf, &pieces);
    struct cut cut;
    cut_at(plan, tile->leaf, t->look_back_rank, &cut);
    int64_t own = cut_sum_of_starts(&cut, 1, 0, 0, c, &w->overflow);
    int64_t below = has_initial_state(plan->cascade, tile->tensor) ? multiply(w, c, pieces) - own : 0;
    tile->load_bits = multiply(w, multiply(w, tile->source >= 0 ? own + below : own, slice), bits);
    tile->state_load_bits = tile->source >= 0 ? 0 : multiply(w, multiply(w, below, slice), state_bits(plan, tile));
    tile->footprint_bits = multiply(w, c, bits);
    for (int d = 0; d < t->n_dims; d++)
        if (t->dims[d] != t->look_back_rank)
            tile->footprint_bits =
                multiply(w, tile->footprint_bits, range_at(plan->cascade, w->nodes, tile->leaf, t->dims[d]));
    tile->room_bits = tile->footprint_bits;
    tile->is_double = tile->is_double && tile->visits > 1;
    if (tile->is_double)
        tile->footprint_bits = multiply(w, 2, tile->footprint_bits);
}

static void size_result(struct sinter_plan *plan, int index)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_tile *tile = &w->tiles[index];
    const struct tile_facts *facts = &w->facts[index];
    const struct sinter_einsum *producer = &plan->cascade->einsums[plan->cascade->tensors[tile->tensor].producer];
    int node = tile->kind == SINTER_TILE_STREAM ? tile->leaf : tile->body;
    int64_t bits = tensor_bits(plan, tile);
    bool is_partial = (w->nodes[node].looped & producer->reduced_ranks) != 0;
    bool moves = is_stored(plan, index, is_partial);
    int64_t volume, footprint;
    if (!size_plain(plan, index, node, &volume, &footprint)) {
        volume = box_volume(plan, index, node).own;
        footprint = box_footprint(plan, index, node);
    }
    tile->room_bits = tile->footprint_bits = multiply(w, footprint, bits);
    tile->is_double = tile->is_double && tile->kind != SINTER_TILE_LOCAL && moves && tile->visits > 1;
    if (tile->is_double)
        tile->footprint_bits = multiply(w, 2, tile->footprint_bits);
    if (!moves)
        return;
    int64_t written = multiply(w, volume, bits);
    tile->store_bits = written;
    tile->load_bits = is_partial ? written - result_of(w, plan->cascade, facts->einsum)->bits : 0;
}

/* ---- carries ---------------------------------------------------------------------------------------------------- */

/* The span of a carry in a body: from the first to the last child that touches its tensor. */
static void span_carry(struct sinter_plan *plan, struct sinter_tile *tile)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct tensor_facts *facts = &w->tensors[tile->tensor];
    tile->begin = tile->fill = child_of(w->nodes, tile->body, facts->first_leaf);
    tile->end = w->nodes[child_of(w->nodes, tile->body, facts->last_leaf)].end;
}

/* The body outside the outermost loop over a rank around a node's body; the node itself when there is no such loop. */
static int outside_loops(const struct sinter_plan_node *nodes, int node, int rank)
{
    for (int loop = loop_over(nodes, node, rank); loop >= 0; loop = loop_over(nodes, node, rank))
        node = nodes[loop].parent;
    return node;
}

static void size_carry(struct sinter_plan *plan, int index, bool is_spilled)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    struct sinter_tile *tile = &w->tiles[index];
    const struct sinter_tensor *t = &cascade->tensors[tile->tensor];
    int rank = t->look_back_rank;
    int64_t c = tile->look_back, slice = t->type.bits, whole = t->type.bits;
    tile->visits = w->nodes[tile->body].visits;
    for (int d = 0; d < t->n_dims; d++) {
        if (t->dims[d] == rank)
            continue;
        slice = multiply(w, slice, range_at(cascade, w->nodes, tile->body, t->dims[d]));
        whole = multiply(w, whole, cascade->ranks[t->dims[d]].extent);
    }
    tile->room_bits = tile->footprint_bits = multiply(w, c, slice);
    if (is_spilled)
        tile->load_bits = tile->store_bits = multiply(w, pieces_at(w->nodes, tile->body, rank) - 1, multiply(w, c, whole));
    if (t->state < 0)
        return;
    int64_t state = multiply(w, multiply(w, c, whole / t->type.bits), state_bits(plan, tile));
    if (has_initial_state(cascade, tile->tensor))
        tile->state_load_bits = state;
    if (cascade->tensors[t->state].role != SINTER_INPUT)
        tile->state_store_bits = state;
}

/* A tensor that is looked back at hands its last slices on: its carry. */
static enum sinter_status add_carry(struct sinter_plan *plan, int tensor)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_tensor *t = &plan->cascade->tensors[tensor];
    const struct tensor_facts *facts = &w->tensors[tensor];
    int producer_unit = w->nodes[facts->producer_leaf].unit;
    int body = facts->home >= 0 ? w->lines[facts->home].body : w->nodes[facts->producer_leaf].parent;
    int memory = facts->home >= 0 ? w->lines[facts->home].memory : plan->accel->units[producer_unit].memory;
    if (!has(w->nodes[body].looped, t->look_back_rank) && t->state < 0)
        return SINTER_OK; /* nothing comes before its only tile */
    if (facts->is_carry_spilled) {
        while (w->nodes[body].kind == SINTER_LOOP && w->nodes[body].rank == t->look_back_rank)
            body = w->nodes[body].parent;
    } else if (facts->carry >= 0) {
        body = facts->carry_body;
        memory = w->schedule->nodes[facts->carry].memory;
    } else {
        body = outside_loops(w->nodes, body, t->look_back_rank);
    }
    int index = tile_new(w, SINTER_TILE_CARRY, tensor, memory);
    if (index < 0)
        return SINTER_NO_MEMORY;
    struct sinter_tile *tile = &w->tiles[index];
    tile->line = facts->carry;
    tile->leaf = facts->producer_leaf;
    tile->body = body;
    tile->is_produced = true;
    tile->look_back = facts->look_back;
    w->facts[index].einsum = t->producer;
    span_carry(plan, tile);
    size_carry(plan, index, facts->is_carry_spilled);
    return SINTER_OK;
}

/* Sizes and traffic of a tile that stands in its place. */
static void size_tile(struct sinter_plan *plan, int index)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_tile *tile = &w->tiles[index];
    tile->visits = w->nodes[tile->kind == SINTER_TILE_STREAM ? tile->leaf : tile->body].visits;
    tile->is_double |= plan->accel->memories[tile->memory].is_double;
    if (tile->look_back > 0)
        size_look_back(plan, index);
    else if (tile->is_produced)
        size_result(plan, index);
    else
        size_read(plan, index);
}

/* The final state of a tensor that no carry hands on: its last slices are stored once more, when it is stored; when it
 * is shorter than the state, what remains of the old state moves up in it. */
static void store_state(struct sinter_plan *plan, struct sinter_tile *tile)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_tensor *t = &plan->cascade->tensors[tile->tensor];
    int64_t extent = plan->cascade->ranks[t->look_back_rank].extent;
    const struct sinter_tensor *state = &plan->cascade->tensors[t->state];
    if (state->role == SINTER_INPUT)
        return;
    tile->state_store_bits = state->bits;
    if (extent < t->look_back && state->role == SINTER_STATE)
        tile->state_load_bits = multiply(w, state->bits / t->look_back, t->look_back - extent);
}

/* ---- totals ----------------------------------------------------------------------------------------------------- */

/* Both directions of a link together; where they do not fit 63 bits, though each of them does, it is as good as never done. */
static void charge_link(struct sinter_group_plan *group, int memory, int64_t in, int64_t out)
{
    int64_t *bits = &group->link_bits[memory];
    if (!sinter_add(*bits, in, bits) || !sinter_add(*bits, out, bits))
        *bits = INT64_MAX;
}

static void charge_state(struct sinter_plan *plan, const struct sinter_tile *tile, struct sinter_group_plan *group,
                         struct sinter_leaf_plan *leaf)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_tensor_traffic *traffic = &w->traffic[plan->cascade->tensors[tile->tensor].state];
    int64_t in = tile->state_load_bits, out = tile->state_store_bits;
    traffic->read_bits = add(w, traffic->read_bits, in);
    traffic->write_bits = add(w, traffic->write_bits, out);
    leaf->dram_read_bits = add(w, leaf->dram_read_bits, in);
    leaf->dram_write_bits = add(w, leaf->dram_write_bits, out);
    group->read_bits[0] = add(w, group->read_bits[0], in);
    group->write_bits[0] = add(w, group->write_bits[0], out);
    group->write_bits[tile->memory] = add(w, group->write_bits[tile->memory], in);
    group->read_bits[tile->memory] = add(w, group->read_bits[tile->memory], out);
    charge_link(group, tile->memory, in, out);
}

void charge(struct sinter_plan *plan, int index)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_tile *tile = &w->tiles[index];
    struct sinter_group_plan *group = &w->groups[w->nodes[tile->leaf].group];
    struct sinter_leaf_plan *leaf = &w->leaves[w->facts[index].einsum];
    struct sinter_tensor_traffic *traffic = &w->traffic[tile->tensor];
    bool is_from_dram = tile->source < 0;
    int source = is_from_dram ? 0 : w->tiles[tile->source].memory;
    if (tile->load_bits != 0) {
        group->read_bits[source] = add(w, group->read_bits[source], tile->load_bits);
        group->write_bits[tile->memory] = add(w, group->write_bits[tile->memory], tile->load_bits);
        if (is_from_dram) {
            traffic->read_bits = add(w, traffic->read_bits, tile->load_bits);
            leaf->dram_read_bits = add(w, leaf->dram_read_bits, tile->load_bits);
        }
    }
    if (tile->store_bits != 0) {
        group->write_bits[source] = add(w, group->write_bits[source], tile->store_bits);
        group->read_bits[tile->memory] = add(w, group->read_bits[tile->memory], tile->store_bits);
        if (is_from_dram) {
            traffic->write_bits = add(w, traffic->write_bits, tile->store_bits);
            leaf->dram_write_bits = add(w, leaf->dram_write_bits, tile->store_bits);
        }
    }
    charge_link(group, tile->memory, tile->load_bits, tile->store_bits);
    if (tile->state_load_bits != 0 || tile->state_store_bits != 0)
        charge_state(plan, tile, group, leaf);
}

/* Does the producer of a carried tensor itself read the carry? */
static bool reads_back(const struct sinter_plan *plan, const struct sinter_tile *tile)
{
    const struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_plan_node *leaf = &w->nodes[tile->leaf];
    for (int m = 0; m < leaf->n_members; m++) {
        const struct sinter_einsum *einsum = &plan->cascade->einsums[w->members[leaf->first_member + m]];
        for (int k = 0; k < einsum->n_operands; k++)
            if (einsum->operands[k].tensor == tile->tensor && einsum->operands[k].look_back_max > 0)
                return true;
    }
    return false;
}

/* A body that runs once cannot overlap with itself: what must arrive before the first leaf of a group starts, and what
 * must leave after its last one, when they run once. Such a leaf stands in no loop, so a tile that it uses is its first
 * and last tile, unless the tile moves with a loop that it serves later. */
static void find_fill(struct sinter_plan *plan, int first_leaf, int last_leaf)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_group_plan *group = &w->groups[w->nodes[first_leaf].group];
    if (w->nodes[first_leaf].looped != 0 && w->nodes[last_leaf].looped != 0)
        return;
    for (int i = 0; i < w->n_tiles; i++) {
        struct sinter_tile *tile = &w->tiles[i];
        if (w->nodes[tile->leaf].looped != 0)
            continue;
        if (tile->leaf == first_leaf && (tile->kind != SINTER_TILE_CARRY || reads_back(plan, tile))) {
            int64_t bits = add(w, tile->source < 0 ? tile->load_bits : 0, tile->state_load_bits);
            group->first_load_bits = add(w, group->first_load_bits, bits);
        }
        if (tile->is_produced && tile->leaf == last_leaf)
            group->last_store_bits = add(w, group->last_store_bits, tile->source < 0 ? tile->store_bits : 0);
    }
}

void place_again(struct sinter_plan *plan, int index)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct sinter_tile *tile = &w->tiles[index];
    bool is_carry = tile->kind == SINTER_TILE_CARRY,
         has_state = !is_carry && tile->is_produced && tile->state_store_bits > 0;
    tile->load_bits = tile->store_bits = tile->state_load_bits = tile->state_store_bits = tile->plain_factor = 0;
    tile->is_window = false;
    if (is_carry) {
        size_carry(plan, index, w->tensors[tile->tensor].is_carry_spilled);
    } else {
        tile->is_double = tile->kind == SINTER_TILE_HOLD && w->lines[w->facts[index].line].is_double;
        place_span(plan, index);
        size_tile(plan, index);
    }
    if (has_state)
        store_state(plan, tile);
}

enum sinter_status place(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    plan->tiles = w->tiles;
    for (int i = 0; i < w->n_tiles; i++)
        place_span(plan, i);
    for (int i = 0; i < w->n_tiles; i++) {
        const struct sinter_tile *tile = &w->tiles[i];
        if (tile->source >= 0)
            place_source(plan, i);
        size_tile(plan, i);
        if (tile->is_produced && tile->kind == SINTER_TILE_HOLD && w->tensors[tile->tensor].look_back > 0 &&
            w->facts[i].n_reads > 0 && w->links[w->facts[i].first_use].next >= 0)
            return illegal(w, tile->line, "hold it after its producer, or at the root as an intermediate",
                           "'%s' is looked back at through a hold that does not cover all of its uses",
                           cascade->tensors[tile->tensor].name);
    }
    for (int e = w->first_einsum; e <= w->last_einsum; e++) {
        int tensor = cascade->einsums[e].result;
        const struct tensor_facts *facts = &w->tensors[tensor];
        if (w->leaf_of[e] < 0)
            continue;
        bool has_carry = facts->is_read_here && facts->look_back > 0 && !facts->is_sent_out;
        if (has_carry) {
            enum sinter_status status = add_carry(plan, tensor);
            if (status != SINTER_OK)
                return status;
        }
        if (has_carry || cascade->tensors[tensor].state < 0)
            continue;
        for (int i = 0; i < w->n_tiles; i++) {
            if (w->tiles[i].tensor == tensor && w->tiles[i].is_produced && w->tiles[i].source < 0) {
                store_state(plan, &w->tiles[i]);
                break;
            }
        }
    }
    plan->n_tiles = w->n_tiles;
    for (int i = 0; i < w->n_tiles; i++)
        charge(plan, i);
    return SINTER_OK;
}

/* After all tiles are placed: group totals that need every tile. */
bool has_limited_ports(const struct sinter_accel *accel)
{
    bool limits = false;
    for (int m = 1; m < accel->n_memories; m++)
        limits |= accel->memories[m].bytes_per_s < (double)INT64_MAX;
    return limits;
}

void place_totals(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    for (int m = 0; m < w->n_members;) { /* members stand in the order of their leaves */
        int first = w->leaf_of[w->members[m]], last = first;
        for (; m < w->n_members && w->nodes[w->leaf_of[w->members[m]]].group == w->nodes[first].group; m++)
            last = w->leaf_of[w->members[m]];
        if (w->is_changed[w->nodes[first].group])
            find_fill(plan, first, last);
    }
    if (has_limited_ports(plan->accel))
        charge_units(plan);
    plan->dram_read_bits = plan->dram_write_bits = 0;
    for (int i = 0; i < w->n_touched; i++) {
        const struct sinter_tensor_traffic *traffic = &w->traffic[w->touched[i]];
        plan->dram_read_bits = add(w, plan->dram_read_bits, traffic->read_bits);
        plan->dram_write_bits = add(w, plan->dram_write_bits, traffic->write_bits);
    }
}
