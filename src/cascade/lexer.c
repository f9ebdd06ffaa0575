/* lexer.c: the words of an Einsum's text.
 * SPDX-License-Identifier: MIT
 */
#include "cascade/lexer.h"

#include <math.h>
#include <string.h>

#include "base/decimal.h"

/* Not <ctype.h>: its answers depend on the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_digits(const char *text, size_t i)
{
    while (is_digit(text[i]))
        i++;
    return i;
}

/* digits [. digits] [e [sign] digits]; the text ends with NUL, so looking one byte ahead is safe. */
static size_t number_end(const char *text, size_t i)
{
    i = skip_digits(text, i);
    if (text[i] == '.')
        i = skip_digits(text, i + 1);
    if (text[i] == 'e' || text[i] == 'E') {
        size_t exponent = i + 1;
        if (text[exponent] == '+' || text[exponent] == '-')
            exponent++;
        if (is_digit(text[exponent]))
            i = skip_digits(text, exponent);
    }
    return i;
}

void lexer_start(struct lexer *lexer, const char *text, size_t offset, struct sinter_location at)
{
    *lexer = (struct lexer){.text = text, .length = strlen(text), .next = offset, .at = at};
    lexer_advance(lexer);
}

void lexer_advance(struct lexer *lexer)
{
    const char *text = lexer->text;
    size_t start = lexer->next;
    while (is_space(text[start]))
        start++;
    size_t end = start;
    struct token token = {.start = start};
    char c = text[start];
    if (c == '\0') {
        token.kind = TOKEN_END;
    } else if (is_digit(c) || (c == '.' && is_digit(text[start + 1]))) {
        token.kind = TOKEN_NUMBER;
        end = number_end(text, start);
        if (is_word(text[end]) || text[end] == '.') {
            token.kind = TOKEN_BAD;
            while (is_word(text[end]) || text[end] == '.')
                end++;
        }
    } else if (is_word(c)) {
        token.kind = TOKEN_NAME;
        while (is_word(text[end]))
            end++;
    } else {
        token.kind = strchr("[](),=+-*/", c) ? TOKEN_SIGN : TOKEN_BAD;
        token.sign = c;
        end = start + 1;
        /* A character of several bytes is one bad word. */
        while (token.kind == TOKEN_BAD && ((unsigned char)text[end] & 0xC0) == 0x80)
            end++;
    }
    token.length = end - start;
    lexer->token = token;
    lexer->next = end;
}

bool lexer_is(const struct lexer *lexer, char sign)
{
    return lexer->token.kind == TOKEN_SIGN && lexer->token.sign == sign;
}

bool lexer_skip(struct lexer *lexer, char sign)
{
    if (!lexer_is(lexer, sign))
        return false;
    lexer_advance(lexer);
    return true;
}

enum sinter_status lexer_expect(struct lexer *lexer, char sign, struct sinter_diagnostics *diags)
{
    if (lexer_skip(lexer, sign))
        return SINTER_OK;
    char expected[] = {'\'', sign, '\'', '\0'};
    return lexer_error(lexer, expected, diags);
}

enum sinter_status lexer_error(const struct lexer *lexer, const char *expected, struct sinter_diagnostics *diags)
{
    struct sinter_location at = lexer_locate(lexer, lexer->token.start);
    if (lexer->token.kind == TOKEN_END)
        return sinter_error(diags, at, NULL, "expected %s, found the end of the Einsum", expected);
    const char *word = lexer->text + lexer->token.start;
    if (lexer->token.length == 1 && ((unsigned char)word[0] < 0x20 || (unsigned char)word[0] >= 0x7F))
        return sinter_error(diags, at, NULL, "expected %s, found byte 0x%02X", expected, (unsigned)(unsigned char)word[0]);
    int shown = lexer->token.length > 40 ? 40 : (int)lexer->token.length;
    return sinter_error(diags, at, NULL, "expected %s, found '%.*s'", expected, shown, word);
}

struct sinter_location lexer_locate(const struct lexer *lexer, size_t offset)
{
    struct sinter_location at = lexer->at;
    if (at.line <= 0 || at.column <= 0)
        return at;
    for (size_t i = 0; i < offset; i++) {
        if (lexer->text[i] == '\n') {
            at.line++;
            at.column = 1;
        } else {
            at.column++;
        }
    }
    return at;
}

bool lexer_integer(const struct lexer *lexer, int64_t *value)
{
    int64_t sum = 0;
    for (size_t i = 0; i < lexer->token.length; i++) {
        char c = lexer->text[lexer->token.start + i];
        if (!is_digit(c) || !sinter_multiply(sum, 10, &sum) || !sinter_add(sum, c - '0', &sum))
            return false;
    }
    *value = sum;
    return true;
}

bool lexer_number(const struct lexer *lexer, double *value)
{
    struct decimal decimal;
    const char *end = decimal_scan(lexer->text + lexer->token.start, &decimal);
    if (end != lexer->text + lexer->next)
        return false;
    *value = decimal_to_double(&decimal, 0, 0);
    return isfinite(*value);
}
