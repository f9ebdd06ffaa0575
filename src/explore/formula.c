/* formula.c: formulas over the fields of an accelerator.
 * SPDX-License-Identifier: MIT
 */
#include "explore/formula.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEPTH = 64, MOST_NUMBER = 64 };

/* ---- fields -------------------------------------------------------------------------------------------------------- */

static bool is_text(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && memcmp(word, text, length) == 0;
}

static bool memory_field(const struct sinter_memory *memory, const char *field, size_t length, double *value,
                         enum sinter_dimension *dimension)
{
    const struct {
        const char *name;
        double value;
        enum sinter_dimension dimension;
    } fields[] = {{"capacity", memory->capacity_bytes, SINTER_BYTES},
                  {"bandwidth", memory->bytes_per_s, SINTER_BANDWIDTH},
                  {"write_bandwidth", memory->write_bytes_per_s, SINTER_BANDWIDTH},
                  {"link", memory->link_bytes_per_s, SINTER_BANDWIDTH},
                  {"latency", memory->latency_s, SINTER_TIME},
                  {"burst", memory->burst_bytes, SINTER_BYTES},
                  {"energy", memory->pj_per_bit, SINTER_ENERGY_PER_BIT}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (is_text(fields[i].name, field, length)) {
            *value = fields[i].value;
            *dimension = fields[i].dimension;
            return true;
        }
    return false;
}

bool accel_field(const struct sinter_accel *accel, const char *field, size_t length, double *value,
                 enum sinter_dimension *dimension)
{
    const char *dot = memchr(field, '.', length);
    if (dot == NULL) {
        *dimension = is_text("area", field, length)    ? SINTER_AREA
                     : is_text("clock", field, length) ? SINTER_FREQUENCY
                                                       : SINTER_LENGTH;
        *value = *dimension == SINTER_AREA        ? accel->area_mm2
                 : *dimension == SINTER_FREQUENCY ? accel->hz
                                                  : accel->technology_nm;
        return *dimension != SINTER_LENGTH || is_text("technology", field, length);
    }
    size_t n_part = (size_t)(dot - field), n_rest = length - n_part - 1;
    for (int m = 0; m < accel->n_memories; m++)
        if (is_text(accel->memories[m].name, field, n_part))
            return memory_field(&accel->memories[m], dot + 1, n_rest, value, dimension);
    for (int u = 0; u < accel->n_units; u++)
        if (is_text(accel->units[u].name, field, n_part) && is_text("pes", dot + 1, n_rest)) {
            *value = (double)accel->units[u].n_pes;
            *dimension = SINTER_COUNT;
            return true;
        }
    return false;
}

/* ---- parsing and evaluating at once ---------------------------------------------------------------------------------- */

struct formula {
    const char *text, *next;
    const struct sinter_accel *accel;
    struct sinter_location at;
    struct sinter_diagnostics *diags;
    enum sinter_status status;
    int depth;
};

static struct sinter_location here(const struct formula *formula)
{
    struct sinter_location at = formula->at;
    if (at.line > 0)
        at.column += (int)(formula->next - formula->text);
    return at;
}

/* The first error counts. */
static double fail(struct formula *formula, const char *hint, const char *what)
{
    if (formula->status == SINTER_OK)
        formula->status = sinter_error(formula->diags, here(formula), hint, "%s in the formula '%.80s', at '%.20s'", what,
                                       formula->text, formula->next);
    return 0;
}

static char peek(struct formula *formula)
{
    formula->next += strspn(formula->next, " \t");
    return *formula->next;
}

static bool take(struct formula *formula, const char *token)
{
    peek(formula);
    if (strncmp(formula->next, token, strlen(token)) != 0)
        return false;
    formula->next += strlen(token);
    return true;
}

static double sum(struct formula *formula);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* How many characters of a unit follow: letters and digits, and a slash between letters if it `has_slash`. */
static size_t unit_length(const char *text, bool has_slash)
{
    size_t n = 0;
    if (!is_letter(*text))
        return 0;
    while (is_letter(text[n]) || is_digit(text[n]))
        n++;
    if (has_slash && text[n] == '/' && is_letter(text[n + 1]))
        for (n++; is_letter(text[n]) || is_digit(text[n]);)
            n++;
    return n;
}

/* A number with the unit behind it, whatever it measures. */
static bool read_unit(struct formula *formula, const char *number, size_t n_number, double *value)
{
    const char *unit = formula->next + strspn(formula->next, " \t");
    for (int has_slash = 1; has_slash >= 0; has_slash--) {
        char text[MOST_NUMBER];
        size_t n = unit_length(unit, has_slash != 0);
        if (n == 0 || n_number + n + 2 > sizeof text)
            continue;
        snprintf(text, sizeof text, "%.*s %.*s", (int)n_number, number, (int)n, unit);
        for (int dimension = SINTER_BYTES; dimension <= SINTER_TIME; dimension++)
            if (sinter_quantity_parse(text, (enum sinter_dimension)dimension, formula->at, NULL, value) == SINTER_OK) {
                formula->next = unit + n;
                return true;
            }
    }
    return false;
}

static double number(struct formula *formula)
{
    const char *begin = formula->next;
    char *end, text[MOST_NUMBER];
    size_t n = strspn(begin, "0123456789.");
    if ((begin[n] == 'e' || begin[n] == 'E') &&
        (is_digit(begin[n + 1]) || ((begin[n + 1] == '-' || begin[n + 1] == '+') && is_digit(begin[n + 2]))))
        n += 2 + strspn(begin + n + 2, "0123456789");
    if (n + 1 > sizeof text)
        return fail(formula, NULL, "a number is too long");
    memcpy(text, begin, n);
    text[n] = '\0';
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value))
        return fail(formula, NULL, "this is no number");
    formula->next += n;
    if (!is_letter(peek(formula)) || read_unit(formula, text, n, &value))
        return value;
    return fail(formula, "such as 24 MiB, 256 GB/s, 222 mm2, 1 GHz", "a unit is not known");
}

struct function {
    const char *name;
    int n_arguments;
};
static const struct function functions[] = {{"sqrt", 1}, {"ceil", 1}, {"floor", 1}, {"round", 1},
                                            {"log2", 1}, {"min", 2},  {"max", 2}};

static double apply(int function, double a, double b)
{
    switch (function) {
    case 0:
        return sqrt(a);
    case 1:
        return ceil(a);
    case 2:
        return floor(a);
    case 3:
        return round(a);
    case 4:
        return log2(a);
    case 5:
        return a < b ? a : b;
    default:
        return a > b ? a : b;
    }
}

static double call(struct formula *formula, int function)
{
    double arguments[2] = {0, 0};
    formula->next++;
    for (int i = 0; i < functions[function].n_arguments; i++) {
        if (i > 0 && !take(formula, ","))
            return fail(formula, NULL, "a ',' is missing");
        arguments[i] = sum(formula);
    }
    if (!take(formula, ")"))
        return fail(formula, NULL, "a ')' is missing");
    return apply(function, arguments[0], arguments[1]);
}

static double word(struct formula *formula)
{
    const char *begin = formula->next;
    enum sinter_dimension dimension;
    double value = 0;
    size_t n = 0;
    while (is_letter(begin[n]) || is_digit(begin[n]) || begin[n] == '.' ||
           (begin[n] == '-' && (is_letter(begin[n + 1]) || is_digit(begin[n + 1]))))
        n++;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (is_text(functions[i].name, begin, n) && begin[n] == '(') {
            formula->next += n;
            return call(formula, (int)i);
        }
    /* Names may have dashes: "a-b.capacity" is a field if there is a memory a-b, else a minus b.capacity. */
    size_t n_name = n;
    while (!accel_field(formula->accel, begin, n_name, &value, &dimension)) {
        do
            n_name--;
        while (n_name > 0 && begin[n_name] != '-');
        if (n_name == 0)
            break;
    }
    if (n_name == 0)
        return fail(formula, "fields are area, clock, technology, MEMORY.capacity, MEMORY.bandwidth, UNIT.pes and so on",
                    "a name is neither a field nor a function");
    formula->next += n_name;
    return value;
}

static double value_of(struct formula *formula)
{
    double value;
    char c = peek(formula);
    if (++formula->depth > MOST_DEPTH || formula->status != SINTER_OK) {
        value = fail(formula, NULL, "too many brackets");
    } else if (is_digit(c) || c == '.') {
        value = number(formula);
    } else if (is_letter(c)) {
        value = word(formula);
    } else if (take(formula, "-")) {
        value = -value_of(formula);
    } else if (take(formula, "(")) {
        value = sum(formula);
        if (!take(formula, ")"))
            value = fail(formula, NULL, "a ')' is missing");
    } else {
        value = fail(formula, NULL, "a number, a field or '(' is missing");
    }
    formula->depth--;
    return value;
}

static double power(struct formula *formula)
{
    double value = value_of(formula);
    if (formula->depth < MOST_DEPTH && take(formula, "^")) {
        formula->depth++;
        value = pow(value, power(formula));
        formula->depth--;
    }
    return value;
}

static double product(struct formula *formula)
{
    double value = power(formula);
    while (formula->status == SINTER_OK) {
        if (take(formula, "*"))
            value *= power(formula);
        else if (take(formula, "/"))
            value /= power(formula);
        else
            break;
    }
    return value;
}

static double sum(struct formula *formula)
{
    double value = product(formula);
    while (formula->status == SINTER_OK) {
        if (take(formula, "+"))
            value += product(formula);
        else if (take(formula, "-"))
            value -= product(formula);
        else
            break;
    }
    return value;
}

/* Equal means: but for rounding. What is unlimited is more than any number. */
static double compare(struct formula *formula, double left)
{
    static const char *const signs[] = {"<=", ">=", "==", "<", ">"};
    int sign = 0;
    while (sign < 5 && !take(formula, signs[sign]))
        sign++;
    if (sign == 5)
        return fail(formula, "such as 'area <= 222 mm2'", "a comparison is missing");
    double right = sum(formula), slack = isinf(left) || isinf(right) ? 0 : 1e-9 * (fabs(left) + fabs(right));
    if (isnan(left) || isnan(right))
        return (double)NAN;
    switch (sign) {
    case 0:
        return left <= right + slack;
    case 1:
        return left >= right - slack;
    case 2:
        return left <= right + slack && left >= right - slack;
    case 3:
        return left < right - slack;
    default:
        return left > right + slack;
    }
}

enum sinter_status formula_value(const char *text, bool is_condition, const struct sinter_accel *accel,
                                 struct sinter_location at, struct sinter_diagnostics *diags, double *value)
{
    struct formula formula = {.text = text, .next = text, .accel = accel, .at = at, .diags = diags};
    *value = sum(&formula);
    if (is_condition)
        *value = compare(&formula, *value);
    if (formula.status == SINTER_OK && peek(&formula) != '\0')
        fail(&formula, NULL, "something is left over");
    if (formula.status == SINTER_OK && !isfinite(*value))
        return sinter_error(diags, at, NULL, "the formula '%.80s' has no finite value", text);
    return formula.status;
}
