/* twin_move.c: the naive twin's elements: what moves when a tile is filled and dropped, carries, footprints.
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "twin_internal.h"

/* From the run's arena, so that a stop frees all. */
void *twin_zeroed(const struct twin *twin, int64_t count, size_t bytes)
{
    void *block = sinter_arena_alloc(twin->arena, count > 0 ? (size_t)count : 1, bytes);
    if (!block)
        abort();
    return block;
}

/* ---- elements ------------------------------------------------------------------------------------------------ */

/* Element of an index vector; -1 when it reads as zero and is nowhere. */
int64_t twin_element_at(const struct twin *twin, int tensor, const int64_t *index)
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
int64_t twin_slice_of(const struct twin *twin, int tensor, int64_t element)
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

/* Elements of a box in ascending order; *count of them; the caller resets the arena. Slices below 0 count where there is a
 * state. */
static int64_t *elements_of(const struct twin *twin, int tensor, const struct twin_box *box, int64_t *count)
{
    int n = twin->cascade->tensors[tensor].n_dims;
    int64_t volume = 1, index[SINTER_MAX_DIMS];
    for (int d = 0; d < n; d++) {
        int64_t width = box->high[d] - box->low[d] + 1;
        volume *= width > 0 ? width : 0;
        index[d] = box->low[d];
    }
    int64_t *elements = twin_zeroed(twin, volume, sizeof *elements);
    *count = 0;
    for (int64_t i = 0; i < volume; i++) {
        int64_t element = twin_element_at(twin, tensor, index);
        if (element >= 0 && (twin_slice_of(twin, tensor, element) >= 0 || twin->tensors[tensor].state_in))
            elements[(*count)++] = element;
        for (int d = n - 1; d >= 0 && ++index[d] > box->high[d]; d--)
            index[d] = box->low[d];
    }
    return elements;
}

int64_t twin_index_value(const struct sinter_index *index, const int64_t *point)
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

bool twin_is_complete(const struct twin_tensor *data, int64_t element)
{
    return data->count[element] >= data->need;
}

/* ---- moving -------------------------------------------------------------------------------------------------- */

static int64_t bits_of(const struct twin *twin, int tensor, int64_t element)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    return twin_slice_of(twin, tensor, element) < 0 ? twin->cascade->tensors[t->state].type.bits : t->type.bits;
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
    int64_t extent = twin->cascade->ranks[t->look_back_rank].extent, slice = twin_slice_of(twin, tile->tensor, element);
    int64_t bits = twin->cascade->tensors[t->state].type.bits;
    if (!tile->stores_state || !twin_is_complete(data, element) || slice < extent - t->look_back || slice < 0)
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
    bool is_finished = twin_is_complete(&twin->tensors[tile->tensor], element);
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

void twin_drop_all(struct twin *twin, struct twin_tile *tile)
{
    for (int64_t e = 0; e < twin->tensors[tile->tensor].n; e++) {
        if (tile->present[e])
            drop(twin, tile, e);
    }
}

static void load(struct twin *twin, struct twin_tile *tile, int64_t element)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tile->tensor];
    if (!source_has(twin, tile, element)) {
        if (!tile->has_target)
            twin_stop(twin, TWIN_VIOLATION, "an element of %s is loaded before it is there", t->name);
        return; /* the producer will make it */
    }
    tile->present[element] = 1;
    tile->has_moved = true;
    if (tile->source < 0)
        read_dram(twin, twin_slice_of(twin, tile->tensor, element) < 0 ? t->state : tile->tensor, tile->memory,
                  bits_of(twin, tile->tensor, element));
    else
        twin->result->fill_bits[tile->memory] += t->type.bits; /* on chip even a state has the tensor's type */
}

/* Brings the current box in; of a window only what is new, and what has left the box goes. */
void twin_fill(struct twin *twin, struct twin_tile *tile)
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

void twin_measure(const struct twin *twin, struct twin_tile *tile)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tile->tensor];
    int64_t sizes[SINTER_MAX_RANKS], kept = 1;
    for (int r = 0; r < twin->cascade->n_ranks; r++)
        sizes[r] = twin->high[r] - twin->low[r] + 1;
    tile->footprint = 1;
    for (int d = 0; d < t->n_dims; d++) {
        bool is_slices = t->dims[d] == t->look_back_rank && (tile->kind == TWIN_CARRY || tile->is_self);
        int64_t width = is_slices                  ? tile->slices
                        : tile->kind == TWIN_CARRY ? sizes[t->dims[d]]
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

void twin_begin_carry(struct twin *twin, struct twin_tile *tile)
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

void twin_end_carry(struct twin *twin, struct twin_tile *tile)
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
void twin_update_carry(struct twin *twin, const struct twin_tile *local)
{
    struct twin_tile *carry = &twin->tiles[local->carry];
    const struct sinter_tensor *t = &twin->cascade->tensors[local->tensor];
    struct sinter_arena_mark mark = sinter_arena_mark(twin->arena);
    int64_t n, n_old, end = twin->high[t->look_back_rank] + 1, start = twin->low[t->look_back_rank];
    int64_t *elements = slices_of(twin, carry, end - carry->slices, &n);
    int64_t *old = slices_of(twin, carry, start - carry->slices, &n_old);
    for (int64_t i = 0; i < n; i++) {
        bool is_finished = twin_is_complete(&twin->tensors[local->tensor], elements[i]);
        if (!is_finished || !(local->present[elements[i]] || carry->present[elements[i]]))
            twin_stop(twin, TWIN_VIOLATION, "the carry of %s is updated before its slices are finished", t->name);
    }
    for (int64_t i = 0; i < n_old; i++)
        carry->present[old[i]] = 0;
    for (int64_t i = 0; i < n; i++)
        carry->present[elements[i]] = 1;
    sinter_arena_reset(twin->arena, mark);
}
