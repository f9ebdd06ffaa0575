/* twin.c: the naive twin's walk: every iteration, every element, every read checked.
 * SPDX-License-Identifier: MIT
 */
#include "twin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin_internal.h"

const char *twin_verdict_name(enum twin_verdict verdict)
{
    static const char *const names[] = {"legal", "illegal", "undefined", "violation", "too big"};
    return names[verdict];
}

void twin_stop(struct twin *twin, enum twin_verdict verdict, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(twin->result->reason, sizeof twin->result->reason, format, args);
    va_end(args);
    twin->result->verdict = verdict;
    longjmp(twin->stop, 1);
}

/* ---- peaks -------------------------------------------------------------------------------------------------- */

static int64_t bits_live(const struct twin *twin, const struct twin_tile *tile)
{
    int64_t elements = tile->footprint;
    bool is_double = tile->is_double || twin->accel->memories[tile->memory].is_double;
    /* Filled by shape, like all footprints; what only its producer writes may never move. */
    bool is_moved = tile->has_moved || !tile->has_target;
    if (is_double && tile->visits > 1 && is_moved && (tile->kind == TWIN_HOLD || tile->kind == TWIN_STREAM))
        elements += tile->is_window ? tile->new_part : tile->footprint;
    return elements * twin->cascade->tensors[tile->tensor].type.bits;
}

static void count_peak(struct twin *twin, int leaf)
{
    struct twin_result *result = twin->result;
    int64_t in_memory[SINTER_MAX_MEMORIES] = {0}, of_tensor[TWIN_MAX_TENSORS] = {0}, all = 0;
    int group = twin->nodes[leaf].group;
    for (int i = 0; i < twin->n_tiles; i++) {
        if (!twin->tiles[i].is_live)
            continue;
        int64_t bits = bits_live(twin, &twin->tiles[i]);
        in_memory[twin->tiles[i].memory] += bits;
        of_tensor[twin->tiles[i].tensor] += bits;
        all += bits;
    }
    for (int m = 1; m < twin->accel->n_memories; m++) {
        if (in_memory[m] > result->group_peak_bits[group][m])
            result->group_peak_bits[group][m] = in_memory[m];
        if (in_memory[m] > result->peak_bits[m])
            result->peak_bits[m] = in_memory[m];
    }
    for (int i = 0; i < twin->nodes[leaf].n_einsums; i++) {
        int e = twin->nodes[leaf].einsums[i];
        result->leaf_bits[e] = all > result->leaf_bits[e] ? all : result->leaf_bits[e];
        for (int t = 0; t < twin->cascade->n_tensors; t++) {
            if (of_tensor[t] > result->live_bits[e][t])
                result->live_bits[e][t] = of_tensor[t];
        }
    }
}

/* ---- leaves -------------------------------------------------------------------------------------------------- */

/* What a leaf's access finds an element in. */
static bool is_at_hand(const struct twin *twin, int leaf, const struct sinter_access *access, int64_t element)
{
    int memory = twin->accel->units[twin->nodes[leaf].unit].memory;
    int path[TWIN_MAX_TILES], n = twin_path(twin, leaf, access, path);
    for (int i = 0; i < n; i++) {
        const struct twin_tile *tile = &twin->tiles[path[i]];
        if (tile->memory != memory && !tile->is_internal)
            continue;
        if (tile->present[element] || (tile->carry >= 0 && twin->tiles[tile->carry].present[element]))
            return true;
    }
    for (int i = 0; i < twin->n_tiles; i++) {
        const struct twin_tile *tile = &twin->tiles[i];
        if (tile->kind == TWIN_STREAM && tile->body == leaf && tile->tensor == access->tensor && tile->present[element])
            return true;
    }
    return false;
}

/* The tile in the unit's memory that the producer writes into. */
static struct twin_tile *result_tile(const struct twin *twin, int leaf, const struct sinter_access *target)
{
    int memory = twin->accel->units[twin->nodes[leaf].unit].memory;
    int path[TWIN_MAX_TILES], n = twin_path(twin, leaf, target, path);
    if (n > 0 && (twin->tiles[path[n - 1]].memory == memory || twin->tiles[path[n - 1]].is_internal))
        return &twin->tiles[path[n - 1]];
    for (int i = 0; i < twin->n_tiles; i++) {
        struct twin_tile *tile = &twin->tiles[i];
        if (tile->kind == TWIN_STREAM && tile->body == leaf && tile->has_target && tile->tensor == target->tensor)
            return tile;
    }
    abort(); /* a result without a tile */
}

static int64_t access_element(const struct twin *twin, const struct sinter_access *access, const int64_t *point)
{
    int64_t index[SINTER_MAX_DIMS];
    for (int d = 0; d < twin->cascade->tensors[access->tensor].n_dims; d++)
        index[d] = twin_index_value(&access->indices[d], point);
    return twin_element_at(twin, access->tensor, index);
}

static void read_access(struct twin *twin, int leaf, const struct sinter_einsum *einsum, const struct sinter_access *access,
                        const int64_t *point)
{
    const struct twin_tensor *data = &twin->tensors[access->tensor];
    const char *name = twin->cascade->tensors[access->tensor].name;
    int64_t element = access_element(twin, access, point);
    if (element < 0 || (twin_slice_of(twin, access->tensor, element) < 0 && !data->state_in))
        return;
    if (twin_slice_of(twin, access->tensor, element) >= 0 && !twin_is_complete(data, element))
        twin_stop(twin, TWIN_VIOLATION, "%s reads an element of %s that is not finished", einsum->name, name);
    bool is_own = twin_leaf_makes(twin, leaf, access->tensor) && data->epoch[element] == twin->epoch;
    if (!is_own && !is_at_hand(twin, leaf, access, element))
        twin_stop(twin, TWIN_VIOLATION, "%s reads an element of %s that is not on chip", einsum->name, name);
}

static void write_result(struct twin *twin, int leaf, const struct sinter_einsum *einsum, struct twin_tile *tile,
                         const int64_t *point)
{
    struct twin_tensor *data = &twin->tensors[einsum->result];
    int64_t element = access_element(twin, &einsum->target.accesses[0], point);
    (void)leaf;
    assert(element >= 0);
    if (data->count[element] > 0 && !tile->present[element])
        twin_stop(twin, TWIN_VIOLATION, "a partial sum of %s is not on chip", einsum->name);
    data->count[element]++;
    assert(data->count[element] <= data->need);
    data->epoch[element] = twin->epoch;
    tile->present[element] = tile->dirty[element] = 1;
}

/* All points of one Einsum at the current ranges: reads first, then results, so that nothing reads what it makes itself. */
static void run_einsum(struct twin *twin, int leaf, int e)
{
    const struct sinter_einsum *einsum = &twin->cascade->einsums[e];
    struct twin_tile *tile = result_tile(twin, leaf, &einsum->target.accesses[0]);
    for (int is_writing = 0; is_writing < 2; is_writing++) {
        int64_t point[SINTER_MAX_RANKS];
        memcpy(point, twin->low, sizeof point);
        for (bool is_done = false; !is_done;) {
            if (++twin->steps > TWIN_MAX_STEPS)
                twin_stop(twin, TWIN_TOO_BIG, "too many steps");
            if (is_writing)
                write_result(twin, leaf, einsum, tile, point);
            for (int i = 0; i < einsum->n_accesses && !is_writing; i++)
                read_access(twin, leaf, einsum, &einsum->accesses[i], point);
            is_done = true;
            for (int i = einsum->n_ranks - 1; i >= 0 && is_done; i--) {
                int r = einsum->rank_order[i];
                is_done = ++point[r] > twin->high[r];
                if (is_done)
                    point[r] = twin->low[r];
            }
        }
    }
}

/* The rank along which a leaf goes upward: that of a look-back at what it makes itself; -1: any order. */
static int upward_rank(const struct twin *twin, int leaf)
{
    for (int i = 0; i < twin->nodes[leaf].n_einsums; i++) {
        const struct sinter_einsum *einsum = &twin->cascade->einsums[twin->nodes[leaf].einsums[i]];
        for (int j = 0; j < einsum->n_operands; j++) {
            if (einsum->operands[j].look_back_rank >= 0 && twin_leaf_makes(twin, leaf, einsum->operands[j].tensor))
                return einsum->operands[j].look_back_rank;
        }
    }
    return -1;
}

/* A member of a chain without the rank along which the chain goes upward: it runs once, before the first step. */
static void run_outside(struct twin *twin, int leaf, int e)
{
    const struct sinter_einsum *einsum = &twin->cascade->einsums[e];
    for (int i = 0; i < einsum->n_accesses; i++) {
        if (twin_leaf_makes(twin, leaf, einsum->accesses[i].tensor))
            twin_stop(twin, TWIN_UNDEFINED, "chain: %s does not step with what it reads", einsum->name);
    }
    run_einsum(twin, leaf, e);
}

static void run_leaf(struct twin *twin, int leaf)
{
    const struct twin_node *node = &twin->nodes[leaf];
    int rank = upward_rank(twin, leaf);
    for (int i = 0; i < twin->n_tiles; i++) {
        struct twin_tile *tile = &twin->tiles[i];
        if (tile->kind != TWIN_STREAM || tile->body != leaf)
            continue;
        twin_measure(twin, tile);
        twin_fill(twin, tile);
        tile->is_live = true;
    }
    if (twin->counts_peak)
        count_peak(twin, leaf);
    twin->epoch++;
    int64_t low = rank < 0 ? 0 : twin->low[rank], high = rank < 0 ? 0 : twin->high[rank];
    for (int64_t at = low; at <= high; at++) {
        if (rank >= 0)
            twin->low[rank] = twin->high[rank] = at;
        for (int i = 0; i < node->n_einsums; i++) {
            if (rank < 0 || twin->cascade->einsums[node->einsums[i]].ranks >> rank & 1)
                run_einsum(twin, leaf, node->einsums[i]);
            else if (at == low)
                run_outside(twin, leaf, node->einsums[i]);
        }
    }
    if (rank >= 0) {
        twin->low[rank] = low;
        twin->high[rank] = high;
    }
    for (int i = 0; i < twin->n_tiles; i++) {
        struct twin_tile *tile = &twin->tiles[i];
        if (tile->kind != TWIN_STREAM || tile->body != leaf)
            continue;
        twin_drop_all(twin, tile);
        tile->is_live = false;
    }
}

/* ---- the walk ------------------------------------------------------------------------------------------------ */

static int memory_depth(const struct twin *twin, int memory)
{
    int depth = 0;
    for (; memory >= 0; memory = twin->accel->memories[memory].parent)
        depth++;
    return depth;
}

static void begin_tile(struct twin *twin, struct twin_tile *tile)
{
    if (!tile->is_window) {
        assert(!tile->is_live);
        twin_measure(twin, tile);
        tile->is_live = true;
    }
    if (tile->kind == TWIN_CARRY)
        twin_begin_carry(twin, tile);
    else if (tile->kind == TWIN_HOLD)
        twin_fill(twin, tile);
}

static void end_tile(struct twin *twin, struct twin_tile *tile)
{
    if (tile->is_window)
        return;
    /* After the last reader: when the tensor's tile goes, or before, when its carry goes first. */
    if (tile->kind == TWIN_LOCAL && tile->carry >= 0 && twin->tiles[tile->carry].is_live)
        twin_update_carry(twin, tile);
    if (tile->kind == TWIN_CARRY && twin->tiles[tile->local].is_live)
        twin_update_carry(twin, &twin->tiles[tile->local]);
    if (tile->kind == TWIN_CARRY)
        twin_end_carry(twin, tile);
    else
        twin_drop_all(twin, tile);
    tile->is_live = false;
}

/* Outer memories fill first and drain last; a carry begins before its tensor and ends after it. */
static void tile_events(struct twin *twin, int body, int position, bool is_begin)
{
    for (int step = 0; step < 2 * SINTER_MAX_MEMORIES + 2; step++) {
        int at = is_begin ? step : 2 * SINTER_MAX_MEMORIES + 1 - step;
        for (int i = 0; i < twin->n_tiles; i++) {
            struct twin_tile *tile = &twin->tiles[i];
            if (tile->kind == TWIN_STREAM || tile->body != body || (is_begin ? tile->begin : tile->end) != position)
                continue;
            if (2 * memory_depth(twin, tile->memory) + (tile->kind != TWIN_CARRY) != at)
                continue;
            if (is_begin)
                begin_tile(twin, tile);
            else
                end_tile(twin, tile);
        }
    }
}

static void windows(struct twin *twin, int loop, bool is_begin)
{
    for (int depth = SINTER_MAX_MEMORIES; depth >= 0; depth--) {
        for (int i = 0; i < twin->n_tiles; i++) {
            struct twin_tile *tile = &twin->tiles[i];
            if (tile->body != loop || !tile->is_window || memory_depth(twin, tile->memory) != depth)
                continue;
            if (is_begin)
                twin_measure(twin, tile);
            else
                twin_drop_all(twin, tile);
            tile->is_live = is_begin;
        }
    }
}

static void walk_body(struct twin *twin, int body);

static void walk_loop(struct twin *twin, int loop)
{
    const struct twin_node *node = &twin->nodes[loop];
    int64_t low = twin->low[node->rank], high = twin->high[node->rank];
    for (int64_t at = low; at <= high; at += node->tile) {
        twin->low[node->rank] = at;
        twin->high[node->rank] = at + node->tile - 1 < high ? at + node->tile - 1 : high;
        if (at == low)
            windows(twin, loop, true);
        walk_body(twin, loop);
    }
    windows(twin, loop, false);
    twin->low[node->rank] = low;
    twin->high[node->rank] = high;
}

static void walk_body(struct twin *twin, int body)
{
    const struct twin_node *node = &twin->nodes[body];
    for (int i = 0; i < node->n_items; i++) {
        const struct twin_node *item = &twin->nodes[node->items[i]];
        tile_events(twin, body, i, true);
        if (item->kind == SINTER_LOOP)
            walk_loop(twin, node->items[i]);
        else if (twin_is_leaf(item))
            run_leaf(twin, node->items[i]);
        tile_events(twin, body, i, false);
    }
}

/* ---- set-up -------------------------------------------------------------------------------------------------- */

static void make_tensor(struct twin *twin, int tensor)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    struct twin_tensor *data = &twin->tensors[tensor];
    data->look_dim = -1;
    data->n = 1;
    for (int d = 0; d < t->n_dims; d++) {
        if (t->look_back_rank >= 0 && t->dims[d] == t->look_back_rank) {
            data->look_dim = d;
            data->pad = t->look_back;
        }
        data->n *= twin->cascade->ranks[t->dims[d]].extent + (d == data->look_dim ? data->pad : 0);
    }
    if (t->state >= 0) {
        enum sinter_role role = twin->cascade->tensors[t->state].role;
        data->state_in = role != SINTER_OUTPUT;
        data->state_out = t->producer >= 0 && role != SINTER_INPUT;
    }
    data->need =
        t->producer < 0 ? 0 : sinter_cascade_points(twin->cascade, twin->cascade->einsums[t->producer].reduced_ranks);
    data->count = twin_zeroed(twin, data->n, sizeof *data->count);
    data->epoch = twin_zeroed(twin, data->n, sizeof *data->epoch);
    data->in_dram = twin_zeroed(twin, data->n, 1);
    data->in_spill = twin_zeroed(twin, data->n, 1);
    data->state_stored = twin_zeroed(twin, data->n, 1);
}

static void reset_tensor(struct twin *twin, int tensor)
{
    struct twin_tensor *data = &twin->tensors[tensor];
    memset(data->count, 0, (size_t)data->n * sizeof *data->count);
    memset(data->epoch, 0, (size_t)data->n * sizeof *data->epoch);
    memset(data->in_spill, 0, (size_t)data->n);
    memset(data->state_stored, 0, (size_t)data->n);
    for (int64_t e = 0; e < data->n; e++) {
        if (twin_slice_of(twin, tensor, e) < 0)
            data->count[e] = (int)data->need;
        data->in_dram[e] =
            twin->cascade->tensors[tensor].producer < 0 || (twin_slice_of(twin, tensor, e) < 0 && data->state_in);
    }
}

static void clear_counts(struct twin *twin)
{
    struct twin_result *result = twin->result;
    memset(result->read_bits, 0, sizeof result->read_bits);
    memset(result->write_bits, 0, sizeof result->write_bits);
    memset(result->fill_bits, 0, sizeof result->fill_bits);
    memset(result->drain_bits, 0, sizeof result->drain_bits);
    result->dram_read_bits = result->dram_write_bits = 0;
}

static void check_end(struct twin *twin)
{
    for (int t = 0; t < twin->cascade->n_tensors; t++) {
        const struct twin_tensor *data = &twin->tensors[t];
        const struct sinter_tensor *tensor = &twin->cascade->tensors[t];
        for (int64_t e = 0; e < data->n; e++) {
            if (twin_slice_of(twin, t, e) < 0)
                continue;
            assert(data->count[e] == data->need);
            if (tensor->role == SINTER_OUTPUT && tensor->state_of < 0 && tensor->producer >= 0)
                assert(data->in_dram[e]);
        }
        if (tensor->state >= 0 && data->state_out &&
            twin->result->write_bits[tensor->state] != twin->cascade->tensors[tensor->state].bits)
            twin_stop(twin, TWIN_VIOLATION, "the final state %s is not written once",
                      twin->cascade->tensors[tensor->state].name);
    }
    for (int i = 0; i < twin->n_tiles; i++)
        assert(!twin->tiles[i].is_live);
}

static void walk_all(struct twin *twin, bool counts_peak)
{
    twin->counts_peak = counts_peak;
    twin->epoch = 0;
    clear_counts(twin);
    for (int t = 0; t < twin->cascade->n_tensors; t++)
        reset_tensor(twin, t);
    for (int g = 0; g < twin->n_groups; g++)
        walk_body(twin, twin->groups[g]);
    check_end(twin);
}

static void run(struct twin *twin)
{
    for (int t = 0; t < twin->cascade->n_tensors; t++)
        make_tensor(twin, t);
    for (int r = 0; r < twin->cascade->n_ranks; r++)
        twin->high[r] = twin->cascade->ranks[r].extent - 1;
    twin_normalise(twin);
    twin_check_rules(twin);
    twin_build_tiles(twin);
    for (int i = 0; i < twin->n_tiles; i++) {
        twin->tiles[i].present = twin_zeroed(twin, twin->tensors[twin->tiles[i].tensor].n, 1);
        twin->tiles[i].dirty = twin_zeroed(twin, twin->tensors[twin->tiles[i].tensor].n, 1);
    }
    walk_all(twin, false);
    walk_all(twin, true);
    twin->result->fits = true;
    for (int m = 1; m < twin->accel->n_memories; m++) {
        if ((double)sinter_bits_to_bytes(twin->result->peak_bits[m]) > twin->accel->memories[m].capacity_bytes)
            twin->result->fits = false;
    }
}

void twin_run(const struct sinter_schedule *schedule, struct twin_result *result)
{
    struct sinter_arena *arena = sinter_arena_new(NULL);
    struct twin *twin = arena ? sinter_arena_alloc(arena, 1, sizeof *twin) : NULL;
    if (!twin)
        abort();
    memset(result, 0, sizeof *result);
    twin->arena = arena;
    twin->schedule = schedule;
    twin->cascade = schedule->cascade;
    twin->accel = schedule->accel;
    twin->result = result;
    twin->nodes = twin_zeroed(twin, TWIN_MAX_NODES, sizeof *twin->nodes);
    twin->tiles = twin_zeroed(twin, TWIN_MAX_TILES, sizeof *twin->tiles);
    assert(twin->cascade->n_einsums <= TWIN_MAX_EINSUMS && twin->cascade->n_tensors <= TWIN_MAX_TENSORS);
    if (setjmp(twin->stop) == 0)
        run(twin);
    sinter_arena_free(twin->arena);
}
