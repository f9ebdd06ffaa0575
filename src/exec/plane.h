/* plane.h: rows and columns of elements, with any strides on either side of a copy.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXEC_PLANE_H
#define SINTER_EXEC_PLANE_H

#include <stdint.h>

/* Strides in elements. */
struct plane {
    int64_t n_rows, to_row, from_row;
    int64_t n_columns, to_column, from_column;
};

/* Elements of `size` bytes each; the two sides do not overlap. */
void plane_copy(const struct plane *plane, unsigned char *to, const unsigned char *from, int64_t size);

#endif
