/* lexer.h: the words of an Einsum's text, each with its place.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_CASCADE_LEXER_H
#define SINTER_CASCADE_LEXER_H

#include "sinter/base.h"

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_SIGN, TOKEN_BAD };

struct token {
    enum token_kind kind;
    char sign;            /* of TOKEN_SIGN: one of [](),=+-*\/ */
    size_t start, length; /* in the text */
};

/* `token` is the word that comes next. */
struct lexer {
    const char *text;
    size_t length, next;       /* next: offset behind the token */
    struct sinter_location at; /* of the text's first byte */
    struct token token;
};

void lexer_start(struct lexer *lexer, const char *text, size_t offset, struct sinter_location at);
void lexer_advance(struct lexer *lexer);
bool lexer_is(const struct lexer *lexer, char sign);
/* Steps over a sign when it is next. */
bool lexer_skip(struct lexer *lexer, char sign);
/* Steps over a sign or reports that it was expected. */
enum sinter_status lexer_expect(struct lexer *lexer, char sign, struct sinter_diagnostics *diags);
/* Reports "expected ..., found ..." at the token. */
enum sinter_status lexer_error(const struct lexer *lexer, const char *expected, struct sinter_diagnostics *diags);
/* The place of an offset in the text. */
struct sinter_location lexer_locate(const struct lexer *lexer, size_t offset);
/* The token as a non-negative whole number; false when it has a point or an exponent, or does not fit. */
bool lexer_integer(const struct lexer *lexer, int64_t *value);
/* The token as a finite number. */
bool lexer_number(const struct lexer *lexer, double *value);

#endif
