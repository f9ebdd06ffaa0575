/* decimal.c: scanning, scaling and printing decimal numbers.
 * SPDX-License-Identifier: MIT
 */
#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sinter/base.h"

/* Beyond every double and every scale of a unit; sums of a few of them fit an int. */
enum { MOST_EXPONENT = 1000000 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int clamp_exponent(int64_t exponent)
{
    return exponent > MOST_EXPONENT ? MOST_EXPONENT : exponent < -MOST_EXPONENT ? -MOST_EXPONENT : (int)exponent;
}

static void drop_trailing_zeros(struct decimal *decimal)
{
    while (decimal->n_digits > 0 && decimal->digits[decimal->n_digits - 1] == '0') {
        decimal->n_digits--;
        decimal->exponent++;
    }
    decimal->digits[decimal->n_digits] = '\0';
    if (decimal->n_digits == 0)
        decimal->exponent = 0;
}

/* "e6", "E-3": returns the end; the text itself when no exponent stands there ("1 eV" has none). */
static const char *scan_exponent(const char *text, int64_t *exponent)
{
    const char *c = text;
    if (*c != 'e' && *c != 'E')
        return text;
    c++;
    bool is_negative = *c == '-';
    if (*c == '-' || *c == '+')
        c++;
    if (!is_digit(*c))
        return text;
    int64_t value = 0;
    for (; is_digit(*c); c++) {
        if (value < MOST_EXPONENT)
            value = value * 10 + (*c - '0');
    }
    *exponent += is_negative ? -value : value;
    return c;
}

const char *decimal_scan(const char *text, struct decimal *out)
{
    *out = (struct decimal){0};
    int64_t exponent = 0;
    bool has_point = false, has_digits = false, is_inexact = false;
    const char *c = text;
    for (; is_digit(*c) || (*c == '.' && !has_point); c++) {
        if (*c == '.') {
            has_point = true;
            continue;
        }
        has_digits = true;
        exponent -= has_point;
        if (out->n_digits == 0 && *c == '0')
            continue;
        if (out->n_digits < DECIMAL_MOST_DIGITS) {
            out->digits[out->n_digits++] = *c;
        } else {
            exponent++;
            is_inexact |= *c != '0';
        }
    }
    if (!has_digits)
        return NULL;
    if (is_inexact) {
        /* A final 1 for all the digits that found no room: "a little more" is all that rounding needs to know. */
        out->digits[out->n_digits++] = '1';
        exponent--;
    }
    c = scan_exponent(c, &exponent);
    out->exponent = clamp_exponent(exponent);
    drop_trailing_zeros(out);
    return c;
}

double decimal_to_double(const struct decimal *decimal, int tens, int twos)
{
    if (decimal->n_digits == 0)
        return 0.0;
    char text[DECIMAL_MOST_DIGITS + 32];
    snprintf(text, sizeof text, "%se%d", decimal->digits, decimal->exponent + tens);
    return ldexp(strtod(text, NULL), twos); /* strtod gives HUGE_VAL beyond the range */
}

bool decimal_to_integer(const struct decimal *decimal, int tens, int twos, int64_t *out)
{
    int64_t value = 0;
    for (int i = 0; i < decimal->n_digits; i++) {
        if (!sinter_multiply(value, 10, &value) || !sinter_add(value, decimal->digits[i] - '0', &value))
            return false;
    }
    for (int i = 0; i < twos; i++) {
        if (!sinter_multiply(value, 2, &value))
            return false;
    }
    int exponent = decimal->exponent + tens;
    for (; exponent < 0 && value != 0; exponent++) {
        if (value % 10 != 0)
            return false;
        value /= 10;
    }
    for (; exponent > 0 && value != 0; exponent--) {
        if (!sinter_multiply(value, 10, &value))
            return false;
    }
    *out = value;
    return true;
}

void decimal_round(double value, int digits, struct decimal *out)
{
    char text[64];
    *out = (struct decimal){0};
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    const char *c = text;
    for (; *c && *c != 'e'; c++) {
        if (is_digit(*c)) /* the point may be a comma */
            out->digits[out->n_digits++] = *c;
    }
    out->exponent = (*c == 'e' ? (int)strtol(c + 1, NULL, 10) : 0) - (out->n_digits - 1);
    /* "0.000": a zero has no digits */
    if (out->digits[0] == '0')
        out->n_digits = 0;
    drop_trailing_zeros(out);
}

void decimal_from_double(double value, struct decimal *out)
{
    for (int digits = 1; digits <= 17; digits++) {
        decimal_round(value, digits, out);
        if (decimal_to_double(out, 0, 0) == value)
            return;
    }
}

int decimal_print(const struct decimal *decimal, int decimals, char *buffer, size_t size)
{
    int n = decimal->n_digits;
    int point = n + decimal->exponent; /* digits before the point */
    if (n == 0)
        return decimals > 0 ? snprintf(buffer, size, "0.%0*d", decimals, 0) : snprintf(buffer, size, "0");
    if (point > 16 || point < -5) {
        if (n == 1)
            return snprintf(buffer, size, "%ce%+d", decimal->digits[0], point - 1);
        return snprintf(buffer, size, "%c.%se%+d", decimal->digits[0], decimal->digits + 1, point - 1);
    }
    char text[DECIMAL_MOST_DIGITS + 64];
    int length = 0;
    for (int i = point < 1 ? point - 1 : 0; i < n || i < point; i++) {
        if (i == point)
            text[length++] = '.';
        text[length++] = i >= 0 && i < n ? decimal->digits[i] : '0';
    }
    for (int after = n > point ? n - point : 0; after < decimals && length < (int)sizeof text - 2; after++) {
        if (after == 0)
            text[length++] = '.';
        text[length++] = '0';
    }
    text[length] = '\0';
    return snprintf(buffer, size, "%s", text);
}
