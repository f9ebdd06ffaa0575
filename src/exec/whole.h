/* whole.h: a tensor whole, as numbers, with the slices of its state before it.
 * SPDX-License-Identifier: MIT
 *
 * Row-major in the tensor's order of ranks. A tensor with a state is longer by its c slices along the rank of its look-back:
 * index -c comes first, then up to -1, then the tensor. So a look-back reads the state where it would read the tensor, and
 * the final state is what the last c slices hold, also where the tensor has fewer than c:
 *
 *     index   -2   -1  |  0    1    2          c = 2, extent 3
 *              state   |     tensor
 *                              final state
 */
#ifndef SINTER_EXEC_WHOLE_H
#define SINTER_EXEC_WHOLE_H

#include "exec/values.h"

struct whole {
    double *data;                 /* NULL: not there */
    int look_dim;                 /* the dimension that has the slices of the state; -1: none */
    int64_t slices;               /* c, 0 without a state */
    int64_t n_blocks, block, gap; /* the tensor itself: n_blocks times `block` elements, each behind `gap` of the state */
    int64_t origin;               /* where index 0 of every dimension lies */
    int64_t stride[SINTER_MAX_DIMS];
};

/* What the arithmetic of the numerics makes of a number, and what a tensor in its format. NULL: the number. */
double round_to_arithmetic(const struct sinter_numerics *numerics, double number);
double round_to_tensor(const struct sinter_numerics *numerics, int tensor, double number);

/* All zero; false when memory is out. Closing frees it and accepts one that is not there. */
bool whole_open(struct whole *whole, const struct sinter_cascade *cascade, int tensor,
                const struct sinter_allocator *allocator);
void whole_close(struct whole *whole, const struct sinter_allocator *allocator);

/* The tensor's elements, and its initial state, from their images: what is moved, and not yet what the arithmetic reads. */
void whole_load(struct whole *whole, const struct sinter_values *from, int tensor);
void whole_load_state(struct whole *whole, const struct sinter_numerics *numerics, const struct sinter_values *from,
                      int tensor);
/* Into a new image; false when memory is out. */
bool whole_store(const struct whole *whole, struct sinter_values *to, int tensor);
bool whole_store_state(const struct whole *whole, struct sinter_values *to, int tensor);

#endif
