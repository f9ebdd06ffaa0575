/* output.h: where results go: standard output or a file, whole or not at all.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_CLI_OUTPUT_H
#define SINTER_CLI_OUTPUT_H

#include "cli/options.h"

/* Writes a text to the file of -o (NULL or "-": standard output; on a terminal, without characters that drive it). A
 * regular file is replaced in one step, through a temporary
 * file beside it: it holds the old or the new text, never a part. SINTER_BAD_INPUT when it cannot be written. */
enum sinter_status output_write(const struct options *options, const struct sinter_text *text);

bool output_is_terminal(const struct options *options);
/* The columns of the terminal that results go to: COLUMNS or what the terminal says; 0: it is none, or says nothing. */
int output_width(const struct options *options);

#endif
