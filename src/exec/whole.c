/* whole.c: a tensor whole, as numbers, from and to packed images.
 * SPDX-License-Identifier: MIT
 */
#include "exec/whole.h"

enum { CHUNK = 512 };

double round_to_arithmetic(const struct sinter_numerics *numerics, double number)
{
    return numerics && numerics->arithmetic == 32 ? (double)(float)number : number;
}

double round_to_tensor(const struct sinter_numerics *numerics, int tensor, double number)
{
    return numerics ? round_to_arithmetic(numerics, sinter_format_round(&numerics->formats[tensor], number)) : number;
}

bool whole_open(struct whole *whole, const struct sinter_cascade *cascade, int tensor,
                const struct sinter_allocator *allocator)
{
    const struct sinter_tensor *t = &cascade->tensors[tensor];
    int64_t elements = 1;
    *whole = (struct whole){.look_dim = -1, .n_blocks = 1, .block = t->elements};
    for (int d = t->n_dims - 1; d >= 0; d--) {
        int64_t extent = cascade->ranks[t->dims[d]].extent, inner = elements;
        whole->stride[d] = inner;
        if (t->state >= 0 && t->dims[d] == t->look_back_rank) {
            if (!sinter_multiply(inner, t->look_back, &whole->gap) || !sinter_add(extent, t->look_back, &extent))
                return false;
            whole->look_dim = d;
            whole->slices = t->look_back;
            whole->block = inner * cascade->ranks[t->dims[d]].extent;
            whole->n_blocks = t->elements / whole->block;
            whole->origin = whole->gap;
        }
        if (!sinter_multiply(inner, extent, &elements))
            return false;
    }
    if ((uint64_t)elements > SIZE_MAX / sizeof *whole->data)
        return false;
    whole->data = sinter_allocate(allocator, (size_t)elements, sizeof *whole->data);
    return whole->data != NULL;
}

void whole_close(struct whole *whole, const struct sinter_allocator *allocator)
{
    sinter_release(allocator, whole->data);
    whole->data = NULL;
}

static double *own_block(const struct whole *whole, int64_t block)
{
    return whole->data + block * (whole->gap + whole->block) + whole->gap;
}

void whole_load(struct whole *whole, const struct sinter_values *from, int tensor)
{
    for (int64_t b = 0; b < whole->n_blocks; b++)
        sinter_values_get(from, tensor, false, b * whole->block, whole->block, own_block(whole, b));
}

bool whole_store(const struct whole *whole, struct sinter_values *to, int tensor)
{
    if (!sinter_values_add(to, tensor, false))
        return false;
    for (int64_t b = 0; b < whole->n_blocks; b++)
        values_write(to, tensor, false, b * whole->block, whole->block, own_block(whole, b));
    return true;
}

/* ---- states -------------------------------------------------------------------------------------------------- */

/* A walk over the elements of a state tensor, in its own order, and where each lies in the whole. */
struct state_walk {
    int n_dims;
    int64_t offset, extent[SINTER_MAX_DIMS], stride[SINTER_MAX_DIMS], index[SINTER_MAX_DIMS];
};

/* A state has the tensor's ranks without that of the look-back, and, anywhere between, one for the slices, unless there is
 * only one slice. `first` is the index of its first slice. */
static struct state_walk walk_state(const struct whole *whole, const struct sinter_cascade *cascade, int tensor,
                                    int64_t first)
{
    const struct sinter_tensor *t = &cascade->tensors[tensor], *state = &cascade->tensors[t->state];
    struct state_walk walk = {.n_dims = state->n_dims, .offset = whole->origin + first * whole->stride[whole->look_dim]};
    int d = 0;
    for (int s = 0; s < state->n_dims; s++) {
        d += d == whole->look_dim;
        bool is_slice = d == t->n_dims || state->dims[s] != t->dims[d];
        walk.extent[s] = cascade->ranks[state->dims[s]].extent;
        walk.stride[s] = whole->stride[is_slice ? whole->look_dim : d];
        d += !is_slice;
    }
    return walk;
}

static void walk_on(struct state_walk *walk)
{
    for (int d = walk->n_dims - 1; d >= 0; d--) {
        walk->offset += walk->stride[d];
        if (++walk->index[d] < walk->extent[d])
            return;
        walk->offset -= walk->extent[d] * walk->stride[d];
        walk->index[d] = 0;
    }
}

void whole_load_state(struct whole *whole, const struct sinter_numerics *numerics, const struct sinter_values *from,
                      int tensor)
{
    int state = from->cascade->tensors[tensor].state;
    int64_t elements = from->cascade->tensors[state].elements;
    struct state_walk walk = walk_state(whole, from->cascade, tensor, -whole->slices);
    double numbers[CHUNK];
    for (int64_t first = 0; first < elements; first += CHUNK) {
        int64_t n = elements - first < CHUNK ? elements - first : CHUNK;
        sinter_values_get(from, state, false, first, n, numbers);
        for (int64_t i = 0; i < n; i++, walk_on(&walk))
            whole->data[walk.offset] = numerics ? sinter_format_round(&numerics->formats[tensor], numbers[i]) : numbers[i];
    }
}

bool whole_store_state(const struct whole *whole, struct sinter_values *to, int tensor)
{
    const struct sinter_tensor *t = &to->cascade->tensors[tensor];
    int64_t elements = to->cascade->tensors[t->state].elements;
    int64_t extent = to->cascade->ranks[t->look_back_rank].extent;
    struct state_walk walk = walk_state(whole, to->cascade, tensor, extent - whole->slices);
    double numbers[CHUNK];
    if (!sinter_values_add(to, t->state, true))
        return false;
    for (int64_t first = 0; first < elements; first += CHUNK) {
        int64_t n = elements - first < CHUNK ? elements - first : CHUNK;
        for (int64_t i = 0; i < n; i++, walk_on(&walk))
            numbers[i] = whole->data[walk.offset];
        values_write(to, t->state, true, first, n, numbers);
    }
    return true;
}
