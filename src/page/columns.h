/* columns.h: the points of an exploration as columns of numbers.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_PAGE_COLUMNS_H
#define SINTER_PAGE_COLUMNS_H

#include "page/lines.h"

/* Room-internal, open to tests. About what texts may take of a page, so that its size is bounded for any number of points. */
enum { MOST_TEXT_BYTES = 1500000, MOST_ACCELERATORS = 500, COLUMN_DIGITS = 7 };

/* Members "points", and "texts" with what they refer to; "front" and "accelerators" (numbers of texts, by the front's order).
 * A column is an array with an item for each point, or what all of them would be. */
enum sinter_status put_columns(struct jot *jot, json_t *root, struct sinter_exploration *exploration,
                               const struct sinter_explore_front *front, struct sinter_diagnostics *diags);

#endif
