/* decimal.h: a number as written, before it is rounded to anything.
 * SPDX-License-Identifier: MIT
 *
 * Units scale by powers of ten and two. Scaling the decimal rather than the double keeps "0.1 GHz" the double nearest to
 * 1e8, and nothing here depends on the locale's decimal point.
 */
#ifndef SINTER_BASE_DECIMAL_H
#define SINTER_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECIMAL_MOST_DIGITS = 60 };

/* value = digits (an integer without leading or trailing zeros, "" for zero) * 10^exponent */
struct decimal {
    char digits[DECIMAL_MOST_DIGITS + 2];
    int n_digits;
    int exponent;
};

/* Scans "12", "0.5", ".5", "12.", "1e6", "1.5E-3" (no sign). Returns the end, or NULL when no number stands there. */
const char *decimal_scan(const char *text, struct decimal *out);
/* The double nearest to value * 10^tens * 2^twos; INFINITY beyond the range of double. */
double decimal_to_double(const struct decimal *decimal, int tens, int twos);
/* value * 10^tens * 2^twos as an integer; false when it is none or does not fit. twos >= 0. */
bool decimal_to_integer(const struct decimal *decimal, int tens, int twos, int64_t *out);

/* The shortest decimal that reads back to a finite value >= 0. */
void decimal_from_double(double value, struct decimal *out);
/* A finite value >= 0 rounded to `digits` significant digits (1 to 17); trailing zeros are dropped. */
void decimal_round(double value, int digits, struct decimal *out);
/* Writes digits * 10^exponent: "0.25", "1500", with an exponent where it would be long: "1e+30". At least `decimals`
 * digits after the point. Returns the length, as snprintf does. */
int decimal_print(const struct decimal *decimal, int decimals, char *buffer, size_t size);

#endif
