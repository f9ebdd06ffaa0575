/* axis.h: the values of an axis.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXPLORE_AXIS_H
#define SINTER_EXPLORE_AXIS_H

#include "sinter/explore.h"

/* A piece of an axis, and where it is written; on one line, so that messages point at the value. */
struct axis_text {
    const char *text;
    struct sinter_location at;
};
/* Reads pieces with values and ranges (axis.c), at least one. `field` and the files of places must live as long as the arena;
 * axis->at is the caller's to fill. */
enum sinter_status axis_read_all(struct sinter_axis *axis, const char *field, const struct axis_text *texts, int n_texts,
                                 struct sinter_arena *arena, struct sinter_diagnostics *diags);
/* The same of one piece. */
enum sinter_status axis_read(struct sinter_axis *axis, const char *field, const char *text, struct sinter_arena *arena,
                             struct sinter_location at, struct sinter_diagnostics *diags);

/* A value as a number, to know which one is larger; of a list the product. False: it is none. */
bool value_number(const char *text, double *value, enum sinter_dimension *dimension);

#endif
