/* expect_error.c: compares what a reader says about mistakes with what a table expects.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect_error.h"

static void show(const struct sinter_diagnostics *diags, struct sinter_text *out)
{
    for (int i = 0; i < sinter_diagnostics_count(diags); i++) {
        const struct sinter_diagnostic *d = sinter_diagnostics_at(diags, i);
        sinter_text_printf(out, "%s%s:%d:%d: %s%s%s%s", i > 0 ? "\n" : "", d->at.file ? d->at.file : "", d->at.line,
                           d->at.column, d->severity == SINTER_WARNING ? "warning: " : "", d->message, d->hint ? " | " : "",
                           d->hint ? d->hint : "");
    }
}

int differs_from(const char *expected, const struct sinter_diagnostics *diags, const char *what)
{
    const struct sinter_diagnostic *first = sinter_diagnostics_at(diags, 0);
    if (!expected && sinter_diagnostics_count(diags) == 1 && first->severity == SINTER_ERROR && first->at.file)
        return 0;
    struct sinter_text found = {0};
    show(diags, &found);
    bool is_same = expected && strcmp(sinter_text_data(&found), expected) == 0;
    if (!is_same)
        fprintf(stderr, "----\n%s\n---- expected\n%s\n---- found\n%s\n", what, expected ? expected : "one error of a file",
                sinter_text_data(&found));
    sinter_text_free(&found);
    return !is_same;
}

void expect_diagnostics(const struct sinter_diagnostics *diags, const char *expected)
{
    assert_int_equal(differs_from(expected, diags, ""), 0);
}

static int check_row(const struct mistake *row, mistake_reader *read)
{
    size_t length = strlen(row->text);
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    char *text = malloc(length + (length == 0)); /* of the exact size: AddressSanitizer sees a read past the end */
    assert_non_null(diags);
    assert_non_null(text);
    memcpy(text, row->text, length);
    enum sinter_status status = read(text, length, diags);
    int n_failed = differs_from(row->expected, diags, row->text);
    enum sinter_status expected = sinter_diagnostics_errors(diags) > 0 ? SINTER_BAD_INPUT : SINTER_OK;
    if (status != expected || read(text, length, NULL) != status) {
        fprintf(stderr, "----\n%s\n---- %s, expected %s, with and without a listener\n", row->text,
                sinter_status_name(status), sinter_status_name(expected));
        n_failed++;
    }
    free(text);
    sinter_diagnostics_free(diags);
    return n_failed;
}

void expect_mistakes(const struct mistake *rows, size_t n_rows, mistake_reader *read)
{
    int n_failed = 0;
    for (size_t i = 0; i < n_rows; i++)
        n_failed += check_row(&rows[i], read);
    if (n_failed > 0)
        fail_msg("%d differences in %d rows", n_failed, (int)n_rows);
}

struct sinter_override override_from(const char *text, size_t length, char *buffer, size_t size)
{
    assert_true(length < size);
    memcpy(buffer, text, length);
    buffer[length] = '\0';
    char *value = strchr(buffer, '=');
    assert_non_null(value);
    *value = '\0';
    return (struct sinter_override){buffer, value + 1, false};
}
