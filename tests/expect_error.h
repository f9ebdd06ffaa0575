/* expect_error.h: tables of mistakes: a text, and word for word what a reader says about it and where.
 * SPDX-License-Identifier: MIT
 *
 * Diagnostics are compared as a text with one line for each, without a newline at the end:
 *
 *     f:7:12: unknown rank 'M' in tensor 'X' | did you mean 'N'?
 *     f:9:1: warning: weight 'W' is never read
 *
 * The place is "file:line:column", with nothing for no file and 0 for an unknown line or column.
 */
#ifndef SINTER_TESTS_EXPECT_ERROR_H
#define SINTER_TESTS_EXPECT_ERROR_H

#include "sinter/base.h"

struct mistake {
    const char *text;
    const char *expected; /* NULL: one error of a file, in the words of a library that may change them */
};

/* Reads a text and frees what came of it: something if and only if the status is SINTER_OK. */
typedef enum sinter_status mistake_reader(const char *text, size_t length, struct sinter_diagnostics *diags);

/* Every row must say what it expects and fail if and only if one of its diagnostics is an error, with or without a
 * listener. All rows that do not are shown before the test fails. The text has no byte behind its end. */
void expect_mistakes(const struct mistake *rows, size_t n_rows, mistake_reader *read);
#define EXPECT_MISTAKES(table, read) expect_mistakes(table, sizeof(table) / sizeof *(table), read)

/* For a row with more than a text: shows the difference and returns 1, or returns 0. */
int differs_from(const char *expected, const struct sinter_diagnostics *diags, const char *what);
/* Fails at once. */
void expect_diagnostics(const struct sinter_diagnostics *diags, const char *expected);

/* Splits "field=value", as it follows --set, in a buffer that the override points into. */
struct sinter_override override_from(const char *text, size_t length, char *buffer, size_t size);

#endif
