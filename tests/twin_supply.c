/* twin_supply.c: how the leaves of the naive twin get what they read and write: the tiles on the way, and streams.
 * SPDX-License-Identifier: MIT
 */
#include "twin_internal.h"

/* ---- paths ---------------------------------------------------------------------------------------------------- */

static bool is_ancestor_memory(const struct twin *twin, int outer, int inner)
{
    for (inner = twin->accel->memories[inner].parent; inner >= 0; inner = twin->accel->memories[inner].parent) {
        if (inner == outer)
            return true;
    }
    return false;
}

static bool serves(const struct twin *twin, const struct twin_tile *tile, int leaf, const struct sinter_access *access)
{
    if (tile->tensor != access->tensor || tile->group != twin->nodes[leaf].group)
        return false;
    if (tile->kind == TWIN_LOCAL)
        return true;
    return tile->kind == TWIN_HOLD && twin_is_line_over(twin, tile, leaf) &&
           twin_is_same_class(twin, tile->accesses[0], access);
}

static int depth_of(const struct twin *twin, int node)
{
    int depth = 0;
    for (; node >= 0; node = twin->nodes[node].parent)
        depth++;
    return depth;
}

int twin_path(const struct twin *twin, int leaf, const struct sinter_access *access, int *path)
{
    int n = 0;
    for (int i = 0; i < twin->n_tiles; i++) {
        if (!serves(twin, &twin->tiles[i], leaf, access))
            continue;
        int depth = depth_of(twin, twin->tiles[i].line_body), position = twin->tiles[i].line_position, at = n++;
        for (; at > 0; at--) {
            const struct twin_tile *before = &twin->tiles[path[at - 1]];
            int depth_before = depth_of(twin, before->line_body);
            if (depth_before < depth || (depth_before == depth && before->line_position <= position))
                break;
            path[at] = path[at - 1];
        }
        path[at] = i;
    }
    return n;
}

/* Checks a path and links its tiles: each fills from the one before it. */
static int link_path(struct twin *twin, int leaf, const struct sinter_access *access, int *path)
{
    int n = twin_path(twin, leaf, access, path);
    const char *name = twin->cascade->tensors[access->tensor].name;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
            if (twin->tiles[path[i]].memory == twin->tiles[path[j]].memory)
                twin_stop(twin, TWIN_ILLEGAL, "%s is held twice in one memory", name);
        }
    }
    for (int i = 1; i < n; i++) {
        struct twin_tile *tile = &twin->tiles[path[i]];
        const struct twin_tile *source = &twin->tiles[path[i - 1]];
        if (!is_ancestor_memory(twin, source->memory, tile->memory))
            twin_stop(twin, TWIN_ILLEGAL, "%s is held in an outer memory inside an inner one", name);
        bool is_inside = twin_encloses(twin, source->body, tile->body);
        if (is_inside && source->body == tile->body)
            is_inside = source->begin <= tile->begin && tile->end <= source->end;
        if (!is_inside)
            twin_stop(twin, TWIN_UNDEFINED, "a hold of %s moves out of the one it fills from", name);
        assert(tile->source < 0 || tile->source == path[i - 1]);
        tile->source = path[i - 1];
    }
    return n;
}

/* ---- streams -------------------------------------------------------------------------------------------------- */

static int find_stream(const struct twin *twin, int leaf, const struct sinter_access *access, bool is_self)
{
    for (int i = 0; i < twin->n_tiles; i++) {
        const struct twin_tile *tile = &twin->tiles[i];
        if (tile->kind == TWIN_STREAM && tile->body == leaf && tile->is_self == is_self && tile->tensor == access->tensor &&
            (is_self || twin_is_same_class(twin, tile->accesses[0], access)))
            return i;
    }
    return -1;
}

static void check_self_reach(struct twin *twin, const struct sinter_access *access)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[access->tensor];
    for (int d = 0; d < t->n_dims; d++) {
        int64_t least, most;
        if (t->dims[d] == t->look_back_rank && twin_look_back(twin, access, d, &least, &most) && most != t->look_back)
            twin_stop(twin, TWIN_UNDEFINED, "%s looks back less at itself than others do", t->name);
    }
}

/* Makes sure that the leaf has a tile in its unit's memory for an access: a stream where nothing holds it. */
static void supply(struct twin *twin, int leaf, const struct sinter_access *access, bool is_target)
{
    const struct twin_node *node = &twin->nodes[leaf];
    int path[TWIN_MAX_TILES], memory = twin->accel->units[node->unit].memory;
    int n = link_path(twin, leaf, access, path);
    bool is_self = !is_target && twin_leaf_makes(twin, leaf, access->tensor);
    if (n > 0 && twin->tiles[path[n - 1]].memory == memory)
        return;
    if (n > 0 && twin->tiles[path[n - 1]].is_internal)
        return;
    if (is_self) {
        bool is_back = false;
        const struct sinter_tensor *t = &twin->cascade->tensors[access->tensor];
        for (int d = 0; d < t->n_dims; d++) {
            int64_t least, most;
            if (t->dims[d] == t->look_back_rank && twin_look_back(twin, access, d, &least, &most))
                is_back = is_back || most > 0;
        }
        if (!is_back)
            return; /* made by the chain itself */
        check_self_reach(twin, access);
    }
    int index = find_stream(twin, leaf, access, is_self);
    if (index < 0) {
        index = twin_add_tile(twin, TWIN_STREAM, access->tensor, memory, node->group);
        struct twin_tile *tile = &twin->tiles[index];
        tile->line_body = tile->body = leaf;
        tile->is_self = is_self;
        tile->slices = twin->cascade->tensors[access->tensor].look_back;
        tile->source = n > 0 ? path[n - 1] : -1;
        tile->is_stored = is_target;
        tile->stores_state = is_target && twin_stores_state(twin, node->group, access->tensor);
    }
    twin_serve(twin, &twin->tiles[index], access, is_target);
    if (!is_self)
        twin_check_hull(twin, &twin->tiles[index]);
}

void twin_supply_leaf(struct twin *twin, int leaf)
{
    for (int i = 0; i < twin->nodes[leaf].n_einsums; i++) {
        const struct sinter_einsum *einsum = &twin->cascade->einsums[twin->nodes[leaf].einsums[i]];
        for (int j = 0; j < einsum->n_accesses; j++)
            supply(twin, leaf, &einsum->accesses[j], false);
        supply(twin, leaf, &einsum->target.accesses[0], true);
    }
}
