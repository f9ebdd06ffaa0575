/* file.h: a whole file as a text.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_BASE_FILE_H
#define SINTER_BASE_FILE_H

#include "sinter/base.h"

/* Appends the bytes of a file ("-": standard input). Unreadable files, directories and files above 64 MiB are errors. */
enum sinter_status file_read(const char *file, struct sinter_text *text, struct sinter_diagnostics *diags);

#endif
