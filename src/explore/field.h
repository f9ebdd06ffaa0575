/* field.h: the fields of an accelerator, by the names that they have in files: "clock", "dram.bandwidth", "array.pes".
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXPLORE_FIELD_H
#define SINTER_EXPLORE_FIELD_H

#include "sinter/accel.h"

/* A numeric field of an accelerator; false: it has none of that name. *dimension: what it measures. */
bool accel_field(const struct sinter_accel *accel, const char *field, size_t length, double *value,
                 enum sinter_dimension *dimension);
/* "did you mean 'dram.bandwidth'?" in the buffer for a field that is much like this word, one of a formula or one that may be
 * set; NULL: none is. */
const char *near_field(const struct sinter_accel *accel, const char *word, size_t length, bool is_setting, char *hint,
                       size_t size);

#endif
