/* format.c: formats of numbers by element type and by name.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "sinter/exec.h"

/* ---- names --------------------------------------------------------------------------------------------------------- */

static struct sinter_format float_format(int exponent_bits, int mantissa_bits, bool is_finite)
{
    return (struct sinter_format){.kind = SINTER_FORMAT_FLOAT,
                                  .bits = 1 + exponent_bits + mantissa_bits,
                                  .exponent_bits = exponent_bits,
                                  .mantissa_bits = mantissa_bits,
                                  .is_finite = is_finite};
}

static struct sinter_format integer_format(int bits)
{
    return (struct sinter_format){.kind = SINTER_FORMAT_INTEGER, .bits = bits, .scale = 1};
}

static const struct {
    const char *name;
    int exponent_bits, mantissa_bits;
} named[] = {{"fp64", 11, 52}, {"fp32", 8, 23}, {"fp16", 5, 10}, {"bf16", 8, 7}};
enum { N_NAMED = sizeof named / sizeof *named };

/* Which of the two a name of exponent and mantissa bits means when it does not say so. */
static bool is_usually_finite(int exponent_bits, int mantissa_bits)
{
    return exponent_bits == 4 && mantissa_bits == 3;
}

struct sinter_format sinter_format_of(struct sinter_type type)
{
    struct sinter_format format = {0};
    int bits = type.bits;
    if (type.kind == SINTER_INT || (type.kind == SINTER_BITS && bits < 8))
        return integer_format(bits);
    if (type.kind == SINTER_BFLOAT || (type.kind == SINTER_BITS && bits >= 10 && bits < 32))
        format = float_format(8, bits - 9, false);
    else if (bits >= 64)
        format = float_format(11, 52, false);
    else if (bits >= 32)
        format = float_format(8, 23, false);
    else if (bits >= 16)
        format = float_format(5, 10, false);
    else
        format = float_format(4, 3, true);
    format.bits = bits;
    return format;
}

/* Digits at *text as a number of at most 4 of them; false: none stand there. */
static bool take_number(const char **text, int *value)
{
    const char *c = *text;
    *value = 0;
    for (; *c >= '0' && *c <= '9' && c - *text < 4; c++)
        *value = *value * 10 + (*c - '0');
    bool is_some = c != *text;
    *text = c;
    return is_some;
}

static bool take_word(const char **text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*text, word, length) != 0)
        return false;
    *text += length;
    return true;
}

/* "eXmY"; "eXmYinf" has infinities, "eXmYfn" has none. */
static bool take_float(const char **text, struct sinter_format *format)
{
    int exponent_bits, mantissa_bits;
    if (!take_word(text, "e") || !take_number(text, &exponent_bits) || !take_word(text, "m") ||
        !take_number(text, &mantissa_bits))
        return false;
    if (exponent_bits < 2 || exponent_bits > 11 || mantissa_bits < 1 || mantissa_bits > 52)
        return false;
    if (exponent_bits == 11 && take_word(text, "fn")) /* double does not hold them */
        return false;
    bool is_finite = take_word(text, "fn") || (is_usually_finite(exponent_bits, mantissa_bits) && !take_word(text, "inf"));
    if (!is_finite)
        take_word(text, "inf");
    *format = float_format(exponent_bits, mantissa_bits, is_finite);
    return true;
}

/* "intN", "intN*SCALE" */
static bool take_integer(const char **text, struct sinter_format *format)
{
    int bits;
    struct decimal scale;
    if (!take_word(text, "int") || !take_number(text, &bits) || bits < 1 || bits > 32)
        return false;
    *format = integer_format(bits);
    if (!take_word(text, "*"))
        return true;
    const char *end = decimal_scan(*text, &scale);
    if (!end)
        return false;
    *text = end;
    format->scale = decimal_to_double(&scale, 0, 0);
    return format->scale > 0 && isfinite(format->scale);
}

static bool take_named(const char **text, struct sinter_format *format)
{
    for (int i = 0; i < N_NAMED; i++) {
        if (take_word(text, named[i].name)) {
            *format = float_format(named[i].exponent_bits, named[i].mantissa_bits, false);
            return true;
        }
    }
    if (!take_word(text, "fp8"))
        return false;
    *format = float_format(4, 3, true);
    return true;
}

bool sinter_format_parse(const char *text, struct sinter_format *format)
{
    struct sinter_format read;
    if (!take_named(&text, &read) && !(*text == 'e' ? take_float(&text, &read) : take_integer(&text, &read)))
        return false;
    int bits;
    if (read.kind == SINTER_FORMAT_FLOAT && take_word(&text, "/")) {
        if (!take_number(&text, &bits) || bits < read.bits || bits > 1024)
            return false;
        read.bits = bits;
    }
    if (*text != '\0')
        return false;
    *format = read;
    return true;
}

static void print_integer(const struct sinter_format *format, char *buffer, size_t size)
{
    char scale[48];
    struct decimal decimal;
    decimal_from_double(fabs(format->scale), &decimal);
    decimal_print(&decimal, 0, scale, sizeof scale);
    if (format->scale == 1)
        snprintf(buffer, size, "int%d", format->bits);
    else
        snprintf(buffer, size, "int%d*%s", format->bits, scale);
}

char *sinter_format_print(const struct sinter_format *format, char *buffer, size_t size)
{
    if (format->kind == SINTER_FORMAT_INTEGER) {
        print_integer(format, buffer, size);
        return buffer;
    }
    int e = format->exponent_bits, m = format->mantissa_bits;
    const char *suffix = format->is_finite == is_usually_finite(e, m) ? "" : format->is_finite ? "fn" : "inf";
    char name[48], element[16] = "";
    snprintf(name, sizeof name, "e%dm%d%s", e, m, suffix);
    for (int i = 0; i < N_NAMED; i++) {
        if (e == named[i].exponent_bits && m == named[i].mantissa_bits && !format->is_finite)
            snprintf(name, sizeof name, "%s", named[i].name);
    }
    if (format->bits != 1 + e + m)
        snprintf(element, sizeof element, "/%d", format->bits);
    snprintf(buffer, size, "%s%s", name, element);
    return buffer;
}

bool sinter_format_equal(const struct sinter_format *a, const struct sinter_format *b)
{
    if (a->kind != b->kind || a->bits != b->bits)
        return false;
    if (a->kind == SINTER_FORMAT_INTEGER)
        return a->scale == b->scale;
    return a->exponent_bits == b->exponent_bits && a->mantissa_bits == b->mantissa_bits && a->is_finite == b->is_finite;
}
