/* twin.c: the naive twin's walk: every iteration, every element, every read checked.
 * SPDX-License-Identifier: MIT
 */
#include "twin.h"

#include <assert.h>
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

/* From the run's arena, so that a stop frees all. */
static void *zeroed(const struct twin *twin, int64_t count, size_t bytes)
{
    void *block = sinter_arena_alloc(twin->arena, count > 0 ? (size_t)count : 1, bytes);
    if (!block)
        abort();
    return block;
}

/* ---- elements ------------------------------------------------------------------------------------------------ */

/* Element of an index vector; -1 when it reads as zero and is nowhere. */
static int64_t element_at(const struct twin *twin, int tensor, const int64_t *index)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    const struct twin_tensor *data = &twin->tensors[tensor];
    int64_t element = 0;
    for (int d = 0; d < t->n_dims; d++) {
        int64_t extent = twin->cascade->ranks[t->dims[d]].extent, pad = d == data->look_dim ? data->pad : 0;
        if (index[d] < -pad || index[d] >= extent)
            return -1;
        element = element * (extent + pad) + index[d] + pad;
    }
    return element;
}

/* Index along the look-back rank; 0 when there is none. */
static int64_t slice_of(const struct twin *twin, int tensor, int64_t element)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    const struct twin_tensor *data = &twin->tensors[tensor];
    for (int d = t->n_dims - 1; d >= 0; d--) {
        int64_t pad = d == data->look_dim ? data->pad : 0, size = twin->cascade->ranks[t->dims[d]].extent + pad;
        if (d == data->look_dim)
            return element % size - pad;
        element /= size;
    }
    return 0;
}

/* Elements of a box in ascending order; *count of them; the caller resets the arena. Slices below 0 count where there is a state. */
static int64_t *elements_of(const struct twin *twin, int tensor, const struct twin_box *box, int64_t *count)
{
    int n = twin->cascade->tensors[tensor].n_dims;
    int64_t volume = 1, index[SINTER_MAX_DIMS];
    for (int d = 0; d < n; d++) {
        int64_t width = box->high[d] - box->low[d] + 1;
        volume *= width > 0 ? width : 0;
        index[d] = box->low[d];
    }
    int64_t *elements = zeroed(twin, volume, sizeof *elements);
    *count = 0;
    for (int64_t i = 0; i < volume; i++) {
        int64_t element = element_at(twin, tensor, index);
        if (element >= 0 && (slice_of(twin, tensor, element) >= 0 || twin->tensors[tensor].state_in))
            elements[(*count)++] = element;
        for (int d = n - 1; d >= 0 && ++index[d] > box->high[d]; d--)
            index[d] = box->low[d];
    }
    return elements;
}

static int64_t index_value(const struct sinter_index *index, const int64_t *point)
{
    int64_t value = index->constant;
    for (int i = 0; i < index->n_terms; i++)
        value += index->terms[i].coefficient * point[index->terms[i].rank];
    return value;
}

static void hull_of(const struct twin *twin, const struct sinter_index *index, int64_t *low, int64_t *high)
{
    *low = *high = index->constant;
    for (int i = 0; i < index->n_terms; i++) {
        const struct sinter_term *term = &index->terms[i];
        int64_t a = term->coefficient * twin->low[term->rank], b = term->coefficient * twin->high[term->rank];
        *low += a < b ? a : b;
        *high += a < b ? b : a;
    }
}

/* The tile's box at the current ranges, cut to nothing: elements outside the tensor are nowhere. */
static struct twin_box box_of(const struct twin *twin, const struct twin_tile *tile)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tile->tensor];
    struct twin_box box;
    for (int d = 0; d < t->n_dims; d++) {
        for (int i = 0; i < tile->n_accesses; i++) {
            int64_t low, high;
            hull_of(twin, &tile->accesses[i]->indices[d], &low, &high);
            box.low[d] = i == 0 || low < box.low[d] ? low : box.low[d];
            box.high[d] = i == 0 || high > box.high[d] ? high : box.high[d];
        }
        if (tile->is_self && t->dims[d] == t->look_back_rank) {
            box.low[d] = twin->low[t->look_back_rank] - tile->slices;
            box.high[d] = twin->low[t->look_back_rank] - 1;
        }
    }
    return box;
}

static bool is_complete(const struct twin_tensor *data, int64_t element) { return data->count[element] >= data->need; }

/* ---- moving -------------------------------------------------------------------------------------------------- */

static int64_t bits_of(const struct twin *twin, int tensor, int64_t element)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    return slice_of(twin, tensor, element) < 0 ? twin->cascade->tensors[t->state].type.bits : t->type.bits;
}

static void read_dram(struct twin *twin, int tensor, int memory, int64_t bits)
{
    twin->result->read_bits[tensor] += bits;
    twin->result->dram_read_bits += bits;
    twin->result->fill_bits[memory] += bits;
}

static void write_dram(struct twin *twin, int tensor, int memory, int64_t bits)
{
    twin->result->write_bits[tensor] += bits;
    twin->result->dram_write_bits += bits;
    twin->result->drain_bits[memory] += bits;
}

/* The last slices of a finished tensor go to its state tensor; when it has fewer than the look-back, older slots shift. */
static void store_state(struct twin *twin, const struct twin_tile *tile, int64_t element)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tile->tensor];
    struct twin_tensor *data = &twin->tensors[tile->tensor];
    int64_t extent = twin->cascade->ranks[t->look_back_rank].extent, slice = slice_of(twin, tile->tensor, element);
    int64_t bits = twin->cascade->tensors[t->state].type.bits;
    if (!tile->stores_state || !is_complete(data, element) || slice < extent - t->look_back || slice < 0)
        return;
    if (data->state_stored[element])
        twin_stop(twin, TWIN_VIOLATION, "a slice of %s is stored twice into its state", t->name);
    data->state_stored[element] = 1;
    write_dram(twin, t->state, tile->memory, bits);
    for (int64_t s = extent; s < t->look_back && slice == extent - 1; s++) {
        write_dram(twin, t->state, tile->memory, bits);
        if (data->state_in)
            read_dram(twin, t->state, tile->memory, bits);
    }
}

static bool source_has(const struct twin *twin, const struct twin_tile *tile, int64_t element)
{
    if (tile->source < 0)
        return twin->tensors[tile->tensor].in_dram[element];
    const struct twin_tile *source = &twin->tiles[tile->source];
    return source->present[element] || (source->carry >= 0 && twin->tiles[source->carry].present[element]);
}

static void drop(struct twin *twin, struct twin_tile *tile, int64_t element)
{
    int64_t bits = bits_of(twin, tile->tensor, element);
    bool is_finished = is_complete(&twin->tensors[tile->tensor], element);
    if (tile->dirty[element] && (tile->is_stored || !is_finished)) {
        tile->has_moved = true;
        if (tile->source < 0) {
            write_dram(twin, tile->tensor, tile->memory, bits);
            twin->tensors[tile->tensor].in_dram[element] = 1;
            store_state(twin, tile, element);
        } else {
            struct twin_tile *source = &twin->tiles[tile->source];
            assert(source->is_live);
            source->present[element] = source->dirty[element] = 1;
            twin->result->drain_bits[tile->memory] += bits;
        }
    }
    tile->present[element] = tile->dirty[element] = 0;
}

static void drop_all(struct twin *twin, struct twin_tile *tile)
{
    for (int64_t e = 0; e < twin->tensors[tile->tensor].n; e++) {
        if (tile->present[e])
            drop(twin, tile, e);
    }
}

static void load(struct twin *twin, struct twin_tile *tile, int64_t element)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tile->tensor];
    int64_t bits = bits_of(twin, tile->tensor, element);
    if (!source_has(twin, tile, element)) {
        if (!tile->has_target)
            twin_stop(twin, TWIN_VIOLATION, "an element of %s is loaded before it is there", t->name);
        return; /* the producer will make it */
    }
    tile->present[element] = 1;
    tile->has_moved = true;
    if (tile->source < 0)
        read_dram(twin, slice_of(twin, tile->tensor, element) < 0 ? t->state : tile->tensor, tile->memory, bits);
    else
        twin->result->fill_bits[tile->memory] += bits;
}

/* Brings the current box in; of a window only what is new, and what has left the box goes. */
static void fill(struct twin *twin, struct twin_tile *tile)
{
    struct twin_box box = box_of(twin, tile);
    struct sinter_arena_mark mark = sinter_arena_mark(twin->arena);
    int64_t n, *elements = elements_of(twin, tile->tensor, &box, &n), at = 0;
    for (int64_t e = 0; e < twin->tensors[tile->tensor].n; e++) {
        bool is_in = at < n && elements[at] == e;
        at += is_in;
        if (!is_in && tile->present[e])
            drop(twin, tile, e);
    }
    for (int64_t i = 0; i < n; i++) {
        if (!tile->present[elements[i]])
            load(twin, tile, elements[i]);
    }
    sinter_arena_reset(twin->arena, mark);
    tile->visits += !twin->counts_peak; /* the second walk needs the totals of the first */
}

/* ---- footprints ---------------------------------------------------------------------------------------------- */

static void measure(const struct twin *twin, struct twin_tile *tile)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tile->tensor];
    int64_t sizes[SINTER_MAX_RANKS], kept = 1;
    for (int r = 0; r < twin->cascade->n_ranks; r++)
        sizes[r] = twin->high[r] - twin->low[r] + 1;
    tile->footprint = 1;
    for (int d = 0; d < t->n_dims; d++) {
        bool is_slices = t->dims[d] == t->look_back_rank && (tile->kind == TWIN_CARRY || tile->is_self);
        int64_t width = is_slices ? tile->slices : tile->kind == TWIN_CARRY ? sizes[t->dims[d]]
                                                                            : twin_width(twin, tile, d, sizes, true);
        tile->footprint *= width;
        if (tile->is_window) {
            const struct sinter_index *index = &tile->accesses[0]->indices[d];
            int64_t shift = 0;
            for (int i = 0; i < index->n_terms; i++)
                shift += index->terms[i].rank == twin->nodes[tile->body].rank ? index->terms[i].coefficient : 0;
            shift = (shift < 0 ? -shift : shift) * sizes[twin->nodes[tile->body].rank];
            kept *= width > shift ? width - shift : 0;
        }
    }
    tile->new_part = tile->is_window ? tile->footprint - kept : 0;
    if (tile->is_internal)
        tile->footprint = tile->new_part = 0;
}

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

/* ---- carries ------------------------------------------------------------------------------------------------- */

/* The slices [first, first + c) of a carry's tensor, other ranks at the current ranges. */
static int64_t *slices_of(const struct twin *twin, const struct twin_tile *carry, int64_t first, int64_t *count)
{
    int tensor = carry->tensor;
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    struct twin_box box;
    for (int d = 0; d < t->n_dims; d++) {
        bool is_slices = t->dims[d] == t->look_back_rank;
        box.low[d] = is_slices ? first : twin->low[t->dims[d]];
        box.high[d] = is_slices ? first + carry->slices - 1 : twin->high[t->dims[d]];
    }
    return elements_of(twin, tensor, &box, count);
}

/* Bits of c slices at the current ranges, whether or not they lie inside the tensor. */
static int64_t slices_bits(const struct twin *twin, const struct twin_tile *carry, int type_of)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[carry->tensor];
    int64_t n = carry->slices;
    for (int d = 0; d < t->n_dims; d++)
        n *= t->dims[d] == t->look_back_rank ? 1 : twin->high[t->dims[d]] - twin->low[t->dims[d]] + 1;
    return n * twin->cascade->tensors[type_of].type.bits;
}

static void begin_carry(struct twin *twin, struct twin_tile *tile)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tile->tensor];
    struct twin_tensor *data = &twin->tensors[tile->tensor];
    struct sinter_arena_mark mark = sinter_arena_mark(twin->arena);
    int64_t n, start = twin->low[t->look_back_rank], *elements = slices_of(twin, tile, start - tile->slices, &n);
    assert(tile->is_spilled || start == 0);
    for (int64_t i = 0; i < n; i++) {
        if (start > 0 && !data->in_spill[elements[i]])
            twin_stop(twin, TWIN_VIOLATION, "a slice of %s is not where it was spilled", t->name);
        tile->present[elements[i]] = 1;
    }
    sinter_arena_reset(twin->arena, mark);
    if (start > 0)
        read_dram(twin, tile->tensor, tile->memory, slices_bits(twin, tile, tile->tensor));
    else if (data->state_in)
        read_dram(twin, t->state, tile->memory, slices_bits(twin, tile, t->state));
    tile->visits += !twin->counts_peak; /* the second walk needs the totals of the first */
}

static void end_carry(struct twin *twin, struct twin_tile *tile)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tile->tensor];
    struct twin_tensor *data = &twin->tensors[tile->tensor];
    struct sinter_arena_mark mark = sinter_arena_mark(twin->arena);
    int64_t n, end = twin->high[t->look_back_rank] + 1, *elements = slices_of(twin, tile, end - tile->slices, &n);
    bool is_last = end == twin->cascade->ranks[t->look_back_rank].extent;
    assert(tile->is_spilled || is_last);
    for (int64_t i = 0; i < n; i++) {
        if (!tile->present[elements[i]])
            twin_stop(twin, TWIN_VIOLATION, "the carry of %s misses a slice at its end", t->name);
        data->in_spill[elements[i]] = 1;
    }
    sinter_arena_reset(twin->arena, mark);
    if (!is_last)
        write_dram(twin, tile->tensor, tile->memory, slices_bits(twin, tile, tile->tensor));
    else if (data->state_out)
        write_dram(twin, t->state, tile->memory, slices_bits(twin, tile, t->state));
    memset(tile->present, 0, (size_t)data->n);
}

/* After the last reader in a visit of the tensor's body: the carry becomes the c last slices of what is known now. */
static void update_carry(struct twin *twin, const struct twin_tile *local)
{
    struct twin_tile *carry = &twin->tiles[local->carry];
    const struct sinter_tensor *t = &twin->cascade->tensors[local->tensor];
    struct sinter_arena_mark mark = sinter_arena_mark(twin->arena);
    int64_t n, n_old, end = twin->high[t->look_back_rank] + 1, start = twin->low[t->look_back_rank];
    int64_t *elements = slices_of(twin, carry, end - carry->slices, &n);
    int64_t *old = slices_of(twin, carry, start - carry->slices, &n_old);
    for (int64_t i = 0; i < n; i++) {
        bool is_finished = is_complete(&twin->tensors[local->tensor], elements[i]);
        if (!is_finished || !(local->present[elements[i]] || carry->present[elements[i]]))
            twin_stop(twin, TWIN_VIOLATION, "the carry of %s is updated before its slices are finished", t->name);
    }
    for (int64_t i = 0; i < n_old; i++)
        carry->present[old[i]] = 0;
    for (int64_t i = 0; i < n; i++)
        carry->present[elements[i]] = 1;
    sinter_arena_reset(twin->arena, mark);
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
    assert(!"a result without a tile");
    return NULL;
}

static int64_t access_element(const struct twin *twin, const struct sinter_access *access, const int64_t *point)
{
    int64_t index[SINTER_MAX_DIMS];
    for (int d = 0; d < twin->cascade->tensors[access->tensor].n_dims; d++)
        index[d] = index_value(&access->indices[d], point);
    return element_at(twin, access->tensor, index);
}

static void read_access(struct twin *twin, int leaf, const struct sinter_einsum *einsum, const struct sinter_access *access,
                        const int64_t *point)
{
    const struct twin_tensor *data = &twin->tensors[access->tensor];
    const char *name = twin->cascade->tensors[access->tensor].name;
    int64_t element = access_element(twin, access, point);
    if (element < 0 || (slice_of(twin, access->tensor, element) < 0 && !data->state_in))
        return;
    if (slice_of(twin, access->tensor, element) >= 0 && !is_complete(data, element))
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
        measure(twin, tile);
        fill(twin, tile);
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
        drop_all(twin, tile);
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
        measure(twin, tile);
        tile->is_live = true;
    }
    if (tile->kind == TWIN_CARRY)
        begin_carry(twin, tile);
    else if (tile->kind == TWIN_HOLD)
        fill(twin, tile);
}

static void end_tile(struct twin *twin, struct twin_tile *tile)
{
    if (tile->is_window)
        return;
    if (tile->kind == TWIN_LOCAL && tile->carry >= 0 && twin->tiles[tile->carry].local < 0)
        update_carry(twin, tile);
    if (tile->kind == TWIN_CARRY && tile->local >= 0)
        update_carry(twin, &twin->tiles[tile->local]);
    if (tile->kind == TWIN_CARRY)
        end_carry(twin, tile);
    else
        drop_all(twin, tile);
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
                measure(twin, tile);
            else
                drop_all(twin, tile);
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
    data->need = t->producer < 0 ? 0 : sinter_cascade_points(twin->cascade, twin->cascade->einsums[t->producer].reduced_ranks);
    data->count = zeroed(twin, data->n, sizeof *data->count);
    data->epoch = zeroed(twin, data->n, sizeof *data->epoch);
    data->in_dram = zeroed(twin, data->n, 1);
    data->in_spill = zeroed(twin, data->n, 1);
    data->state_stored = zeroed(twin, data->n, 1);
}

static void reset_tensor(struct twin *twin, int tensor)
{
    struct twin_tensor *data = &twin->tensors[tensor];
    memset(data->count, 0, (size_t)data->n * sizeof *data->count);
    memset(data->epoch, 0, (size_t)data->n * sizeof *data->epoch);
    memset(data->in_spill, 0, (size_t)data->n);
    memset(data->state_stored, 0, (size_t)data->n);
    for (int64_t e = 0; e < data->n; e++) {
        if (slice_of(twin, tensor, e) < 0)
            data->count[e] = (int)data->need;
        data->in_dram[e] = twin->cascade->tensors[tensor].producer < 0 || (slice_of(twin, tensor, e) < 0 && data->state_in);
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
            if (slice_of(twin, t, e) < 0)
                continue;
            assert(data->count[e] == data->need);
            if (tensor->role == SINTER_OUTPUT && tensor->state_of < 0 && tensor->producer >= 0)
                assert(data->in_dram[e]);
        }
        if (tensor->state >= 0 && data->state_out && twin->result->write_bits[tensor->state] != twin->cascade->tensors[tensor->state].bits)
            twin_stop(twin, TWIN_VIOLATION, "the final state %s is not written once", twin->cascade->tensors[tensor->state].name);
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
        twin->tiles[i].present = zeroed(twin, twin->tensors[twin->tiles[i].tensor].n, 1);
        twin->tiles[i].dirty = zeroed(twin, twin->tensors[twin->tiles[i].tensor].n, 1);
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
    twin->nodes = zeroed(twin, TWIN_MAX_NODES, sizeof *twin->nodes);
    twin->tiles = zeroed(twin, TWIN_MAX_TILES, sizeof *twin->tiles);
    assert(twin->cascade->n_einsums <= TWIN_MAX_EINSUMS && twin->cascade->n_tensors <= TWIN_MAX_TENSORS);
    if (setjmp(twin->stop) == 0)
        run(twin);
    sinter_arena_free(twin->arena);
}
