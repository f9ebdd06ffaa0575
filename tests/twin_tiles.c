/* twin_tiles.c: the naive twin's tiles: holds, intermediates and carries of a schedule, and where they stand.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "twin_internal.h"

/* ---- accesses and shapes ------------------------------------------------------------------------------------ */

static int own_rank(const struct sinter_index *index)
{
    return index->own < 0 ? -1 : index->terms[index->own].rank;
}

bool twin_is_same_class(const struct twin *twin, const struct sinter_access *a, const struct sinter_access *b)
{
    if (a->tensor != b->tensor)
        return false;
    for (int d = 0; d < twin->cascade->tensors[a->tensor].n_dims; d++) {
        if (own_rank(&a->indices[d]) != own_rank(&b->indices[d]))
            return false;
    }
    return true;
}

static int64_t coefficient(const struct sinter_index *index, int rank)
{
    int64_t sum = 0;
    for (int i = 0; i < index->n_terms; i++)
        sum += index->terms[i].rank == rank ? index->terms[i].coefficient : 0;
    return sum;
}

static bool access_uses_rank(const struct twin *twin, const struct sinter_access *access, int rank)
{
    for (int d = 0; d < twin->cascade->tensors[access->tensor].n_dims; d++) {
        if (coefficient(&access->indices[d], rank) != 0)
            return true;
    }
    return false;
}

int64_t twin_width(const struct twin *twin, const struct twin_tile *tile, int dim, const int64_t *sizes, bool is_cut)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tile->tensor];
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (int i = 0; i < tile->n_accesses; i++) {
        const struct sinter_index *index = &tile->accesses[i]->indices[dim];
        int64_t least = index->constant, most = index->constant;
        for (int j = 0; j < index->n_terms; j++) {
            int64_t reach = index->terms[j].coefficient * (sizes[index->terms[j].rank] - 1);
            least += reach < 0 ? reach : 0;
            most += reach > 0 ? reach : 0;
        }
        low = least < low ? least : low;
        high = most > high ? most : high;
    }
    int64_t width = high - low + 1, limit = twin->cascade->ranks[t->dims[dim]].extent;
    if (t->state >= 0 && t->dims[dim] == t->look_back_rank && tile->has_reads)
        limit += t->look_back;
    return is_cut && width > limit ? limit : width;
}

/* ---- adding tiles ------------------------------------------------------------------------------------------- */

int twin_add_tile(struct twin *twin, enum twin_kind kind, int tensor, int memory, int group)
{
    if (twin->n_tiles == TWIN_MAX_TILES)
        twin_stop(twin, TWIN_TOO_BIG, "too many tiles");
    struct twin_tile *tile = &twin->tiles[twin->n_tiles];
    memset(tile, 0, sizeof *tile);
    tile->kind = kind;
    tile->tensor = tensor;
    tile->memory = memory;
    tile->group = group;
    tile->source = tile->carry = tile->local = -1;
    return twin->n_tiles++;
}

void twin_serve(struct twin *twin, struct twin_tile *tile, const struct sinter_access *access, bool is_target)
{
    if (tile->n_accesses == TWIN_MAX_ACCESSES)
        twin_stop(twin, TWIN_TOO_BIG, "too many accesses to one tile");
    tile->accesses[tile->n_accesses++] = access;
    tile->has_target = tile->has_target || is_target;
    tile->has_reads = tile->has_reads || !is_target;
}

static void check_reach(struct twin *twin, int leaf, int memory)
{
    if (!sinter_unit_reaches(twin->accel, &twin->accel->units[twin->nodes[leaf].unit], memory))
        twin_stop(twin, TWIN_ILLEGAL, "(4) a unit does not reach %s", twin->accel->memories[memory].name);
}

/* First and last item of `body` that touches the tensor. */
static void touching_span(const struct twin *twin, int body, int tensor, int *first, int *last)
{
    *first = *last = -1;
    for (int n = 0; n < twin->n_nodes; n++) {
        if (!twin_is_leaf(&twin->nodes[n]) || !twin_encloses(twin, body, n) || !twin_leaf_touches(twin, n, tensor))
            continue;
        int item = twin_item_towards(twin, body, n);
        *first = *first < 0 || item < *first ? item : *first;
        *last = item > *last ? item : *last;
    }
    assert(*first >= 0);
}

/* The innermost memory that the units of all leaves that touch the tensor in this group reach. */
static int shared_memory(const struct twin *twin, int group, int tensor)
{
    int memory = -1;
    for (int n = 0; n < twin->n_nodes; n++) {
        if (twin->nodes[n].group != group || !twin_is_leaf(&twin->nodes[n]) || !twin_leaf_touches(twin, n, tensor))
            continue;
        const struct sinter_unit *unit = &twin->accel->units[twin->nodes[n].unit];
        if (memory < 0)
            memory = unit->memory;
        while (!sinter_unit_reaches(twin->accel, unit, memory))
            memory = twin->accel->memories[memory].parent;
    }
    return memory;
}

/* ---- intermediates and their carries ------------------------------------------------------------------------- */

static bool is_local(const struct twin *twin, int group, int tensor)
{
    int producer = twin->cascade->tensors[tensor].producer;
    return producer >= 0 && twin->nodes[twin->leaf_of[producer]].group == group && twin_is_read_in(twin, group, tensor) &&
           !twin_is_sent_out(twin, group, tensor);
}

/* Is this line before all that touch the tensor in its group? */
static bool is_covering(const struct twin *twin, int line, int tensor)
{
    const struct twin_node *node = &twin->nodes[line];
    for (int n = 0; n < twin->n_nodes; n++) {
        if (twin->nodes[n].group != node->group || !twin_is_leaf(&twin->nodes[n]) || !twin_leaf_touches(twin, n, tensor))
            continue;
        if (!twin_encloses(twin, node->parent, n) || twin_item_towards(twin, node->parent, n) < node->position)
            return false;
    }
    return true;
}

static bool has_later_use(const struct twin *twin, int group, int tensor)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    if (t->role == SINTER_OUTPUT)
        return true;
    for (int i = 0; i < t->n_readers; i++) {
        if (twin->nodes[twin->leaf_of[t->readers[i]]].group != group)
            return true;
    }
    return false;
}

bool twin_stores_state(const struct twin *twin, int group, int tensor)
{
    return twin->tensors[tensor].state_out &&
           (twin_is_sent_out(twin, group, tensor) || twin_look_back_in(twin, group, tensor) == 0);
}

static int add_local(struct twin *twin, int group, int tensor)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    int index = twin_add_tile(twin, TWIN_LOCAL, tensor, shared_memory(twin, group, tensor), group);
    struct twin_tile *tile = &twin->tiles[index];
    int n_lines = 0, last, ignored;
    tile->line_body = tile->body = twin_common_body(twin, group, tensor);
    tile->line_position = -1;
    tile->is_internal = twin_is_internal(twin, tensor);
    for (int n = 0; n < twin->n_nodes; n++) {
        const struct twin_node *line = &twin->nodes[n];
        if (line->kind != SINTER_HOLD || line->tensor != tensor || line->group != group || !is_covering(twin, n, tensor))
            continue;
        if (n_lines++ > 0)
            twin_stop(twin, line->memory == tile->memory ? TWIN_ILLEGAL : TWIN_UNDEFINED, "%s is held twice", t->name);
        if (tile->is_internal)
            twin_stop(twin, TWIN_ILLEGAL, "%s is held but is inside a chain", t->name);
        tile->memory = line->memory;
        tile->line_body = tile->body = line->parent;
        tile->line_position = line->position;
    }
    twin_serve(twin, tile, &twin->cascade->einsums[t->producer].target.accesses[0], true);
    touching_span(twin, tile->body, tensor, &ignored, &last);
    tile->begin = twin_item_towards(twin, tile->body, twin->leaf_of[t->producer]);
    tile->end = last;
    tile->is_stored = has_later_use(twin, group, tensor);
    tile->stores_state = twin_stores_state(twin, group, tensor);
    if (tile->stores_state && !tile->is_stored)
        twin_stop(twin, TWIN_UNDEFINED, "nobody reads %s but its state", t->name);
    for (int n = 0; n < twin->n_nodes; n++) {
        if (twin->nodes[n].group == group && twin_is_leaf(&twin->nodes[n]) && twin_leaf_touches(twin, n, tensor))
            check_reach(twin, n, tile->memory);
    }
    return index;
}

/* Where a carry line puts it; -1 when there is none. */
static int carry_line(struct twin *twin, int group, int tensor)
{
    int line = -1;
    for (int n = 0; n < twin->n_nodes; n++) {
        if (twin->nodes[n].kind != SINTER_CARRY || twin->nodes[n].tensor != tensor || twin->nodes[n].group != group)
            continue;
        if (line >= 0)
            twin_stop(twin, TWIN_ILLEGAL, "two carries of one tensor");
        line = n;
    }
    return line;
}

static void place_carry(struct twin *twin, struct twin_tile *tile, const struct twin_tile *local, int line)
{
    int rank = twin->cascade->tensors[tile->tensor].look_back_rank;
    tile->body = local->body;
    if (line < 0) {
        for (int n = local->body; n >= 0; n = twin->nodes[n].parent) {
            if (twin->nodes[n].kind == SINTER_LOOP && twin->nodes[n].rank == rank)
                tile->body = twin->nodes[n].parent;
        }
        return;
    }
    const struct twin_node *node = &twin->nodes[line];
    if (node->memory == 0) {
        if (twin->nodes[node->parent].kind != SINTER_GROUP)
            twin_stop(twin, TWIN_ILLEGAL, "carry in dram stands at the root");
        tile->is_spilled = true;
        while (twin->nodes[tile->body].kind == SINTER_LOOP && twin->nodes[tile->body].rank == rank)
            tile->body = twin->nodes[tile->body].parent;
        return;
    }
    if (twin_has_loop(twin, node->parent, rank))
        twin_stop(twin, TWIN_ILLEGAL, "a carry inside a loop over its rank");
    if (!twin_encloses(twin, node->parent, twin_common_body(twin, tile->group, tile->tensor)))
        twin_stop(twin, TWIN_ILLEGAL, "a carry is not around the body of its tensor");
    if (!is_covering(twin, line, tile->tensor))
        twin_stop(twin, TWIN_UNDEFINED, "a carry line behind what touches its tensor");
    tile->memory = node->memory;
    tile->body = node->parent;
    for (int n = 0; n < twin->n_nodes; n++) {
        if (twin->nodes[n].group == tile->group && twin_is_leaf(&twin->nodes[n]) &&
            twin_leaf_touches(twin, n, tile->tensor) &&
            !sinter_unit_reaches(twin->accel, &twin->accel->units[twin->nodes[n].unit], tile->memory))
            twin_stop(twin, TWIN_UNDEFINED, "a carry in a memory that not all its units reach");
    }
}

static void add_carry(struct twin *twin, int group, int local)
{
    int tensor = twin->tiles[local].tensor, line = carry_line(twin, group, tensor);
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    bool is_looked_back = twin_look_back_in(twin, group, tensor) > 0;
    bool is_needed = is_looked_back && (twin_has_loop(twin, twin->tiles[local].body, t->look_back_rank) || t->state >= 0);
    if (!is_looked_back && line >= 0)
        twin_stop(twin, TWIN_ILLEGAL, "%s has nothing to carry", t->name);
    if (!is_needed && line < 0)
        return;
    int index = twin_add_tile(twin, TWIN_CARRY, tensor, twin->tiles[local].memory, group);
    twin->tiles[index].slices = t->state >= 0 ? t->look_back : twin_look_back_in(twin, group, tensor);
    place_carry(twin, &twin->tiles[index], &twin->tiles[local], line);
    if (!is_needed) {
        twin->n_tiles--; /* a good line, but without a loop or a state it carries nothing */
        return;
    }
    twin->tiles[index].line_body = twin->tiles[index].body;
    touching_span(twin, twin->tiles[index].body, tensor, &twin->tiles[index].begin, &twin->tiles[index].end);
    twin->tiles[local].carry = index;
    twin->tiles[index].local = local;
}

/* ---- hold lines ---------------------------------------------------------------------------------------------- */

/* The tile of a line for one more access: of its class if there is one. */
static void serve_line(struct twin *twin, int first, int line, const struct sinter_access *access, bool is_target)
{
    const struct twin_node *node = &twin->nodes[line];
    for (int i = first; i < twin->n_tiles; i++) {
        if (twin_is_same_class(twin, twin->tiles[i].accesses[0], access)) {
            twin_serve(twin, &twin->tiles[i], access, is_target);
            return;
        }
    }
    int index = twin_add_tile(twin, TWIN_HOLD, node->tensor, node->memory, node->group);
    twin->tiles[index].line_body = twin->tiles[index].body = node->parent;
    twin->tiles[index].line_position = node->position;
    twin->tiles[index].is_double = node->is_double;
    twin_serve(twin, &twin->tiles[index], access, is_target);
}

static void serve_leaf(struct twin *twin, int first, int line, int leaf)
{
    int tensor = twin->nodes[line].tensor;
    for (int i = 0; i < twin->nodes[leaf].n_einsums; i++) {
        const struct sinter_einsum *einsum = &twin->cascade->einsums[twin->nodes[leaf].einsums[i]];
        for (int j = 0; j < einsum->n_accesses; j++) {
            if (einsum->accesses[j].tensor == tensor)
                serve_line(twin, first, line, &einsum->accesses[j], false);
        }
        if (einsum->result == tensor)
            serve_line(twin, first, line, &einsum->target.accesses[0], true);
    }
}

bool twin_is_line_over(const struct twin *twin, const struct twin_tile *tile, int leaf)
{
    return twin->nodes[leaf].group == tile->group && twin_encloses(twin, tile->line_body, leaf) &&
           twin_item_towards(twin, tile->line_body, leaf) > tile->line_position;
}

static bool leaf_has_class(const struct twin *twin, int leaf, const struct twin_tile *tile)
{
    for (int i = 0; i < twin->nodes[leaf].n_einsums; i++) {
        const struct sinter_einsum *einsum = &twin->cascade->einsums[twin->nodes[leaf].einsums[i]];
        if (twin_is_same_class(twin, &einsum->target.accesses[0], tile->accesses[0]))
            return true;
        for (int j = 0; j < einsum->n_accesses; j++) {
            if (twin_is_same_class(twin, &einsum->accesses[j], tile->accesses[0]))
                return true;
        }
    }
    return false;
}

/* From its line (a produced one from the first item that makes or reads it) to the last item that uses it. */
static void set_span(const struct twin *twin, struct twin_tile *tile)
{
    tile->begin = tile->has_target ? TWIN_MAX_ITEMS : tile->line_position;
    tile->end = -1;
    for (int n = 0; n < twin->n_nodes; n++) {
        if (!twin_is_leaf(&twin->nodes[n]) || !twin_is_line_over(twin, tile, n) || !leaf_has_class(twin, n, tile))
            continue;
        int item = twin_item_towards(twin, tile->line_body, n);
        tile->end = item > tile->end ? item : tile->end;
        tile->begin = tile->has_target && item < tile->begin ? item : tile->begin;
    }
    assert(tile->end >= 0);
}

static bool tile_uses_rank(const struct twin *twin, const struct twin_tile *tile, int rank)
{
    for (int i = 0; i < tile->n_accesses; i++) {
        if (access_uses_rank(twin, tile->accesses[i], rank))
            return true;
    }
    return false;
}

static void hoist(const struct twin *twin, struct twin_tile *tile)
{
    while (twin->nodes[tile->body].kind == SINTER_LOOP && !tile_uses_rank(twin, tile, twin->nodes[tile->body].rank)) {
        tile->begin = tile->end = twin->nodes[tile->body].position;
        tile->body = twin->nodes[tile->body].parent;
    }
}

/* By shape: does the first tile overlap itself moved on by the step of the loop in whose body it stands? */
static bool is_window(const struct twin *twin, const struct twin_tile *tile)
{
    const struct twin_node *loop = &twin->nodes[tile->body];
    int64_t sizes[SINTER_MAX_RANKS];
    if (loop->kind != SINTER_LOOP)
        return false;
    for (int r = 0; r < twin->cascade->n_ranks; r++)
        sizes[r] = twin_largest_range(twin, tile->body, r);
    for (int d = 0; d < twin->cascade->tensors[tile->tensor].n_dims; d++) {
        int64_t shift = coefficient(&tile->accesses[0]->indices[d], loop->rank) * loop->tile;
        if (twin_width(twin, tile, d, sizes, false) <= (shift < 0 ? -shift : shift))
            return false;
    }
    return true;
}

/* A hull of accesses whose coefficients differ moves apart under a loop: the text has no footprint for it. */
void twin_check_hull(struct twin *twin, const struct twin_tile *tile)
{
    for (int n = tile->body; n >= 0; n = twin->nodes[n].parent) {
        if (twin->nodes[n].kind != SINTER_LOOP)
            continue;
        for (int i = 1; i < tile->n_accesses; i++) {
            for (int d = 0; d < twin->cascade->tensors[tile->tensor].n_dims; d++) {
                int rank = twin->nodes[n].rank;
                if (coefficient(&tile->accesses[0]->indices[d], rank) != coefficient(&tile->accesses[i]->indices[d], rank))
                    twin_stop(twin, TWIN_UNDEFINED, "accesses to %s move apart under a loop",
                              twin->cascade->tensors[tile->tensor].name);
            }
        }
    }
}

/* Is a finished, written tile read by anyone else later, or an output? Its own later visits count where they look back
 * across a loop that the tile does not outlive. */
static bool is_needed_elsewhere(const struct twin *twin, const struct twin_tile *tile)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tile->tensor];
    if (has_later_use(twin, tile->group, tile->tensor))
        return true;
    for (int i = 0; i < t->n_readers; i++) {
        if (!twin_is_line_over(twin, tile, twin->leaf_of[t->readers[i]]))
            return true;
    }
    int around = tile->is_window ? twin->nodes[tile->body].parent : tile->body;
    return tile->has_reads && t->look_back_rank >= 0 && twin_has_loop(twin, around, t->look_back_rank);
}

static void finish_hold(struct twin *twin, struct twin_tile *tile)
{
    for (int n = 0; n < twin->n_nodes; n++) {
        if (twin_is_leaf(&twin->nodes[n]) && twin_is_line_over(twin, tile, n) && leaf_has_class(twin, n, tile))
            check_reach(twin, n, tile->memory);
    }
    set_span(twin, tile);
    hoist(twin, tile);
    twin_check_hull(twin, tile);
    tile->is_window = is_window(twin, tile);
    if (tile->is_window) /* the ring buffer is there for the whole loop; what fills it still comes at `begin` */
        tile->end = twin->nodes[tile->body].n_items - 1;
    if (!tile->has_target)
        return;
    tile->is_stored = is_needed_elsewhere(twin, tile);
    tile->stores_state = twin_stores_state(twin, tile->group, tile->tensor);
    if (tile->stores_state && !tile->is_stored)
        twin_stop(twin, TWIN_UNDEFINED, "nobody reads %s but its state", twin->cascade->tensors[tile->tensor].name);
    if (tile->has_reads && twin_is_sent_out(twin, tile->group, tile->tensor) &&
        twin_look_back_in(twin, tile->group, tile->tensor) > 0)
        twin_stop(twin, TWIN_UNDEFINED, "%s is sent out, looked back at, and held around its producer",
                  twin->cascade->tensors[tile->tensor].name);
}

static void add_hold(struct twin *twin, int line)
{
    struct twin_node *node = &twin->nodes[line];
    int first = twin->n_tiles;
    bool is_covered_local = is_local(twin, node->group, node->tensor) && is_covering(twin, line, node->tensor);
    for (int n = 0; n < twin->n_nodes; n++) {
        if (twin_is_leaf(&twin->nodes[n]) && twin_encloses(twin, node->parent, n) &&
            twin_item_towards(twin, node->parent, n) > node->position)
            serve_leaf(twin, first, line, n);
    }
    if (twin->n_tiles == first)
        twin_stop(twin, TWIN_ILLEGAL, "nothing uses %s behind its hold", twin->cascade->tensors[node->tensor].name);
    if (is_covered_local || node->memory == 0) {
        twin->n_tiles = first; /* it only names the place of an intermediate, or sends a tensor out */
        return;
    }
    bool has_target = false;
    for (int i = first; i < twin->n_tiles; i++)
        has_target = has_target || twin->tiles[i].has_target;
    if (has_target && twin->n_tiles > first + 1)
        twin_stop(twin, TWIN_UNDEFINED, "a hold serves the producer and another operand");
    for (int i = first; i < twin->n_tiles; i++)
        finish_hold(twin, &twin->tiles[i]);
}

static void check_dram_hold(struct twin *twin, int line)
{
    const struct twin_node *node = &twin->nodes[line];
    int producer = twin->cascade->tensors[node->tensor].producer;
    if (node->memory != 0)
        return;
    if (twin->nodes[node->parent].kind != SINTER_GROUP)
        twin_stop(twin, TWIN_ILLEGAL, "hold in dram stands at the root");
    if (producer < 0 || twin->nodes[twin->leaf_of[producer]].group != node->group || !is_covering(twin, line, node->tensor))
        twin_stop(twin, TWIN_UNDEFINED, "hold in dram of what the group does not make behind the line");
    if (twin_is_internal(twin, node->tensor))
        twin_stop(twin, TWIN_UNDEFINED, "hold in dram of what a chain keeps inside");
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

/* A hold inside an intermediate must leave something to its outer tile: else the text does not say who stores. */
static void check_inner_hold(struct twin *twin, const struct twin_tile *tile)
{
    if (tile->kind != TWIN_HOLD || tile->source < 0 || !tile->has_target || twin->tiles[tile->source].kind != TWIN_LOCAL)
        return;
    if (tile->has_reads)
        twin_stop(twin, TWIN_UNDEFINED, "a hold inside an intermediate serves its producer and a reader");
}

void twin_build_tiles(struct twin *twin)
{
    for (int g = 0; g < twin->n_groups; g++) {
        for (int t = 0; t < twin->cascade->n_tensors; t++) {
            if (is_local(twin, g, t))
                add_carry(twin, g, add_local(twin, g, t));
            else if (carry_line(twin, g, t) >= 0)
                twin_stop(twin, TWIN_ILLEGAL, "%s has nothing to carry here", twin->cascade->tensors[t].name);
        }
    }
    for (int n = 0; n < twin->n_nodes; n++) {
        if (twin->nodes[n].kind != SINTER_HOLD)
            continue;
        check_dram_hold(twin, n);
        add_hold(twin, n);
    }
    for (int n = 0; n < twin->n_nodes; n++) {
        if (twin_is_leaf(&twin->nodes[n]))
            twin_supply_leaf(twin, n);
    }
    for (int i = 0; i < twin->n_tiles; i++)
        check_inner_hold(twin, &twin->tiles[i]);
}
