/* output.h: where results go: standard output or a file, whole or not at all.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_CLI_OUTPUT_H
#define SINTER_CLI_OUTPUT_H

#include "sinter/base.h"

/* Writes a text to a file (NULL or "-": standard output). A regular file is replaced in one step, through a temporary
 * file beside it: it holds the old or the new text, never a part. SINTER_BAD_INPUT when it cannot be written. */
enum sinter_status output_write(const char *path, const struct sinter_text *text, struct sinter_diagnostics *diags);

#endif
