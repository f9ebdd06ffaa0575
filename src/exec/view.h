/* view.h: tensors as they lie in some memory, and copying boxes of elements between them.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXEC_VIEW_H
#define SINTER_EXEC_VIEW_H

#include "sinter/exec.h"

/* [low, high) along each dimension of a tensor; indices below 0 stand for its initial state. */
struct box {
    int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS];
};

/* Where the element with index x of a tensor lies: bit at + bits * sum over its dimensions of (x_d - origin_d) * stride_d.
 * Along `ring` it is x_d modulo `slots` that counts: a few slices that follow one another in the same places. */
struct view {
    unsigned char *bytes;
    const struct sinter_format *format;
    int64_t at;
    int64_t origin[SINTER_MAX_DIMS], stride[SINTER_MAX_DIMS];
    int ring; /* dimension, -1: none */
    int64_t slots;
};

static inline int64_t ring_slot(int64_t x, int64_t slots)
{
    int64_t slot = x % slots;
    return slot < 0 ? slot + slots : slot;
}

/* Elements of a box; 0 when it is empty along some dimension. */
int64_t box_elements(const struct box *box, int n_dims);
bool box_contains(const struct box *box, const struct box *inner, int n_dims);
struct box box_common(const struct box *a, const struct box *b, int n_dims);

/* Copies a box, converting where the formats differ. Views that overlap in memory may not be copied to one another. Returns
 * the elements. */
int64_t view_copy(const struct view *to, const struct view *from, const struct box *box, int n_dims);
/* The same for elements that are rounded to a third format on their way. */
int64_t view_copy_through(const struct sinter_format *through, const struct view *to, const struct view *from,
                          const struct box *box, int n_dims);
/* Moves a box inside one memory, where `from` and `to` are the same but for their origins. */
void view_shift(const struct view *to, const struct view *from, const struct box *box, int n_dims);
/* Row-major strides of a shape. */
void view_strides(const int64_t *shape, int n_dims, int64_t *stride);

/* Sets or clears bits [from, to). */
void fill_bits(unsigned char *bytes, int64_t from, int64_t to, bool value);

#endif
