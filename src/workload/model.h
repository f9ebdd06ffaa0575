/* model.h: a model from a text that is already in memory.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_WORKLOAD_MODEL_H
#define SINTER_WORKLOAD_MODEL_H

#include "sinter/workload.h"

/* A configuration or a cascade. `name` is the model's, `file` what messages call the text. */
enum sinter_status model_parse(const char *name, const char *file, const char *text, size_t length,
                               const struct sinter_model_options *options, const struct sinter_allocator *allocator,
                               struct sinter_diagnostics *diags, struct sinter_model **model);

#endif
