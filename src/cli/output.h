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

/* Before long work: that the file (NULL or "-": standard output) could be written. Leaves everything as it is. */
enum sinter_status output_check(const char *path, struct sinter_diagnostics *diags);
/* The same for files in a folder, which need not be there yet. */
enum sinter_status output_check_folder(const char *path, struct sinter_diagnostics *diags);

/* The same in pieces, for what is too long to be kept as a text. */
struct output {
    const char *path;             /* NULL: standard output */
    char *target;                 /* the file that the temporary one replaces; malloc'd */
    struct sinter_text temporary; /* its name; empty: what is open is written as it is */
    unsigned mode;                /* that it gets */
    int file;
    int error; /* the first one, as errno; 0: none */
};
/* On failure there is nothing to close. */
enum sinter_status output_open(struct output *output, const char *path, struct sinter_diagnostics *diags);
/* A sinter_sink: `output` is a struct output. */
bool output_piece(void *output, const char *data, size_t length);
/* The same into memory: `text` is a struct sinter_text. */
bool text_piece(void *text, const char *data, size_t length);
/* Puts the file into its place if it `is_whole` and was written, else removes it; complains if it could not be written. */
enum sinter_status output_close(struct output *output, bool is_whole, struct sinter_diagnostics *diags);

/* Would the second replace the first? By whatever names they are called. */
bool output_is_same(const char *path, const char *other);
bool output_is_terminal(const struct options *options);
/* The columns of the terminal that results go to: COLUMNS or what the terminal says; 0: it is none, or says nothing. */
int output_width(const struct options *options);

#endif
