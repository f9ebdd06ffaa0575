/* quantity.c: numbers with units: read exactly, printed so that they read back, shown to people.
 * SPDX-License-Identifier: MIT
 *
 * Every unit is a power of ten times a power of two of the unit in which C code holds the quantity, so a value is scaled
 * as a decimal and rounded once (decimal.h).
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/decimal.h"
#include "sinter/base.h"

enum unit_use {
    READ_ONLY, /* understood, never written */
    DECIMAL,
    BINARY
};

struct unit {
    const char *name;
    int tens, twos;
    enum unit_use use;
};

enum { MOST_UNITS = 16 };

/* Each dimension's units from large to small; the first list of names in a message follows this order. */
struct dimension {
    const char *name;    /* "a size in bytes" */
    const char *example; /* for hints */
    bool may_be_unlimited, has_binary_units;
    int i_base; /* the unit that a zero is printed with */
    struct unit units[MOST_UNITS];
};

/* clang-format off */
static const struct dimension dimensions[] = {
    [SINTER_COUNT] = {"a plain number", "2048", false, false, 8,
                      {{"T", 12, 0, DECIMAL}, {"G", 9, 0, DECIMAL}, {"M", 6, 0, DECIMAL}, {"k", 3, 0, DECIMAL},
                       {"Ti", 0, 40, READ_ONLY}, {"Gi", 0, 30, READ_ONLY}, {"Mi", 0, 20, READ_ONLY},
                       {"Ki", 0, 10, READ_ONLY}, {"", 0, 0, DECIMAL}}},
    [SINTER_BYTES] = {"a size in bytes", "24 MiB", true, true, 8,
                      {{"TB", 12, 0, DECIMAL}, {"GB", 9, 0, DECIMAL}, {"MB", 6, 0, DECIMAL}, {"kB", 3, 0, DECIMAL},
                       {"TiB", 0, 40, BINARY}, {"GiB", 0, 30, BINARY}, {"MiB", 0, 20, BINARY}, {"KiB", 0, 10, BINARY},
                       {"B", 0, 0, DECIMAL}}},
    [SINTER_BANDWIDTH] = {"a bandwidth", "256 GB/s", true, true, 8,
                          {{"TB/s", 12, 0, DECIMAL}, {"GB/s", 9, 0, DECIMAL}, {"MB/s", 6, 0, DECIMAL},
                           {"kB/s", 3, 0, DECIMAL}, {"TiB/s", 0, 40, BINARY}, {"GiB/s", 0, 30, BINARY},
                           {"MiB/s", 0, 20, BINARY}, {"KiB/s", 0, 10, BINARY}, {"B/s", 0, 0, DECIMAL},
                           {"Tbit/s", 12, -3, READ_ONLY}, {"Gbit/s", 9, -3, READ_ONLY}, {"Mbit/s", 6, -3, READ_ONLY},
                           {"kbit/s", 3, -3, READ_ONLY}, {"bit/s", 0, -3, READ_ONLY}}},
    [SINTER_FREQUENCY] = {"a frequency", "1 GHz", false, false, 3,
                          {{"GHz", 9, 0, DECIMAL}, {"MHz", 6, 0, DECIMAL}, {"kHz", 3, 0, DECIMAL}, {"Hz", 0, 0, DECIMAL}}},
    [SINTER_ENERGY] = {"an energy", "1.5 pJ", false, false, 4,
                       {{"J", 12, 0, DECIMAL}, {"mJ", 9, 0, DECIMAL}, {"uJ", 6, 0, DECIMAL}, {"nJ", 3, 0, DECIMAL},
                        {"pJ", 0, 0, DECIMAL}, {"fJ", -3, 0, DECIMAL}}},
    [SINTER_ENERGY_PER_BIT] = {"an energy per bit", "7 pJ/bit", false, false, 1,
                               {{"nJ/bit", 3, 0, READ_ONLY}, {"pJ/bit", 0, 0, DECIMAL}, {"fJ/bit", -3, 0, READ_ONLY},
                                {"nJ/B", 3, -3, READ_ONLY}, {"pJ/B", 0, -3, READ_ONLY}, {"fJ/B", -3, -3, READ_ONLY}}},
    [SINTER_AREA] = {"an area", "222 mm2", false, false, 0, {{"mm2", 0, 0, DECIMAL}, {"um2", -6, 0, DECIMAL}}},
    [SINTER_LENGTH] = {"a length", "28 nm", false, false, 1, {{"um", 3, 0, READ_ONLY}, {"nm", 0, 0, DECIMAL}}},
    [SINTER_POWER] = {"a power", "400 W", false, false, 1,
                      {{"kW", 3, 0, DECIMAL}, {"W", 0, 0, DECIMAL}, {"mW", -3, 0, DECIMAL}, {"uW", -6, 0, DECIMAL}}},
    [SINTER_TIME] = {"a time", "10 us", false, false, 0,
                     {{"s", 0, 0, DECIMAL}, {"ms", -3, 0, DECIMAL}, {"us", -6, 0, DECIMAL}, {"ns", -9, 0, DECIMAL},
                      {"ps", -12, 0, DECIMAL}}},
};
/* clang-format on */

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* "write B, kB, ... or unlimited, as in '24 MiB'" */
static enum sinter_status complain(const struct dimension *dimension, struct sinter_location at,
                                   struct sinter_diagnostics *diags, const char *problem, const char *text)
{
    char hint[512];
    size_t length = (size_t)snprintf(hint, sizeof hint, "write a number and one of ");
    bool is_first = true;
    for (int i = 0; i < MOST_UNITS && dimension->units[i].name; i++) {
        if (dimension->units[i].name[0] == '\0')
            continue;
        length +=
            (size_t)snprintf(hint + length, sizeof hint - length, "%s%s", is_first ? "" : ", ", dimension->units[i].name);
        is_first = false;
    }
    if (dimension->may_be_unlimited)
        length += (size_t)snprintf(hint + length, sizeof hint - length, ", or 'unlimited'");
    snprintf(hint + length, sizeof hint - length, ", for example '%s'", dimension->example);
    if (dimension == &dimensions[SINTER_COUNT])
        snprintf(hint, sizeof hint, "write a number such as 2048, 1e6, 4k (4000) or 4Ki (4096)");
    return sinter_error(diags, at, hint, "expected %s, found '%.80s'%s", dimension->name, text, problem);
}

static const struct unit *find_unit(const struct dimension *dimension, const char *name, size_t length)
{
    for (int i = 0; i < MOST_UNITS && dimension->units[i].name; i++) {
        if (strlen(dimension->units[i].name) == length && memcmp(dimension->units[i].name, name, length) == 0)
            return &dimension->units[i];
    }
    return NULL;
}

/* "KB" for "kB": the case of a unit matters, and is easily missed. */
static const char *find_other_case(const struct dimension *dimension, const char *name, size_t length)
{
    for (int i = 0; i < MOST_UNITS && dimension->units[i].name; i++) {
        if (strlen(dimension->units[i].name) == length && strncasecmp(dimension->units[i].name, name, length) == 0)
            return dimension->units[i].name;
    }
    return NULL;
}

enum sinter_status sinter_quantity_parse(const char *text, enum sinter_dimension i_dimension, struct sinter_location at,
                                         struct sinter_diagnostics *diags, double *value)
{
    const struct dimension *dimension = &dimensions[i_dimension];
    const char *start = text;
    while (is_space(*start))
        start++;
    size_t length = strlen(start);
    while (length > 0 && is_space(start[length - 1]))
        length--;
    if (dimension->may_be_unlimited && length == strlen("unlimited") && memcmp(start, "unlimited", length) == 0) {
        *value = (double)INFINITY;
        return SINTER_OK;
    }
    struct decimal number;
    const char *end = decimal_scan(start, &number);
    if (!end && *start == '-' && decimal_scan(start + 1, &number))
        return complain(dimension, at, diags, ", which is negative", text);
    if (!end)
        return complain(dimension, at, diags, "", text);
    while (is_space(*end) && end < start + length)
        end++;
    size_t unit_length = (size_t)(start + length - end);
    const struct unit *unit = find_unit(dimension, end, unit_length);
    if (!unit && unit_length == 0 && number.n_digits == 0)
        unit = &dimension->units[dimension->i_base];
    if (!unit && unit_length == 0)
        return complain(dimension, at, diags, ", which has no unit", text);
    if (!unit) {
        char problem[64];
        const char *meant = find_other_case(dimension, end, unit_length);
        snprintf(problem, sizeof problem, ": unknown unit '%.*s'%s%s%s", unit_length > 16 ? 16 : (int)unit_length, end,
                 meant ? " (did you mean '" : "", meant ? meant : "", meant ? "'?)" : "");
        return complain(dimension, at, diags, problem, text);
    }
    double result = decimal_to_double(&number, unit->tens, unit->twos);
    if (!isfinite(result))
        return complain(dimension, at, diags, ", which is too large", text);
    if (result == 0.0 && number.n_digits > 0)
        return complain(dimension, at, diags, ", which is too small", text);
    *value = result;
    return SINTER_OK;
}

/* ---- printing --------------------------------------------------------------------------------------------------- */

static bool is_multiple(double value, double divisor)
{
    return fmod(value, divisor) == 0.0;
}

/* What is no finite value >= 0 has no unit to choose. */
static bool print_special(double value, enum sinter_dimension dimension, char *buffer, size_t size)
{
    if (isnan(value))
        snprintf(buffer, size, "nan");
    else if (isinf(value))
        snprintf(buffer, size, "%s%s", value < 0 ? "-" : "", dimensions[dimension].may_be_unlimited ? "unlimited" : "inf");
    else
        return false;
    return true;
}

/* A magnitude written in one unit, and how well that reads: "500" before "0.5" before "5e+20". */
struct candidate {
    const struct unit *unit;
    char number[64];
    int length;
    int clumsiness;
};

/* Dividing by the power of two is exact: only multiples of it are asked for. */
static void print_in_unit(double magnitude, const struct unit *unit, struct candidate *out)
{
    struct decimal number;
    decimal_from_double(ldexp(magnitude, -unit->twos), &number);
    number.exponent -= unit->tens;
    out->unit = unit;
    out->length = decimal_print(&number, 0, out->number, sizeof out->number);
    out->clumsiness = strchr(out->number, 'e') ? 2 : out->number[0] == '0';
}

static bool reads_better(const struct candidate *a, const struct candidate *b)
{
    if (a->clumsiness != b->clumsiness)
        return a->clumsiness < b->clumsiness;
    if (a->length != b->length)
        return a->length < b->length;
    return a->unit->tens + a->unit->twos > b->unit->tens + b->unit->twos;
}

char *sinter_quantity_print(double value, enum sinter_dimension i_dimension, char *buffer, size_t size)
{
    const struct dimension *dimension = &dimensions[i_dimension];
    if (print_special(value, i_dimension, buffer, size))
        return buffer;
    double magnitude = fabs(value);
    /* 24 MiB is a round number of KiB but not of kB: its author thought in powers of two. */
    bool is_binary = magnitude > 0 && is_multiple(magnitude, 1024) && !is_multiple(magnitude, 1000);
    struct candidate best, candidate;
    print_in_unit(magnitude, &dimension->units[dimension->i_base], &best);
    /* A count is written without a letter: files and command lines read "2048", not "2.048 k". */
    for (int i = 0; i_dimension != SINTER_COUNT && magnitude > 0 && i < MOST_UNITS && dimension->units[i].name; i++) {
        const struct unit *unit = &dimension->units[i];
        bool is_power_of_two = unit->use == BINARY;
        if (unit->use == READ_ONLY || is_power_of_two != (is_binary && dimension->has_binary_units))
            continue;
        print_in_unit(magnitude, unit, &candidate);
        if (reads_better(&candidate, &best))
            best = candidate;
    }
    const char *name = best.unit->name;
    snprintf(buffer, size, "%s%s%s%s", value < 0 ? "-" : "", best.number, name[0] ? " " : "", name);
    return buffer;
}

/* The largest unit in which a rounded number is 1 or more, else the smallest. */
static const struct unit *unit_to_show(const struct dimension *dimension, const struct decimal *number)
{
    const struct unit *unit = &dimension->units[dimension->i_base];
    if (number->n_digits == 0)
        return unit;
    for (int i = 0; i < MOST_UNITS && dimension->units[i].name; i++) {
        if (dimension->units[i].use != DECIMAL)
            continue;
        unit = &dimension->units[i];
        if (number->n_digits + number->exponent > unit->tens)
            break;
    }
    return unit;
}

char *sinter_quantity_show(double value, enum sinter_dimension i_dimension, int digits, char *buffer, size_t size)
{
    if (print_special(value, i_dimension, buffer, size))
        return buffer;
    digits = digits < 1 ? 1 : digits > 17 ? 17 : digits;
    struct decimal number;
    decimal_round(fabs(value), digits, &number);
    const struct unit *unit = unit_to_show(&dimensions[i_dimension], &number);
    /* Zeros after the point tell that digits were rounded away; an exact value goes without. */
    bool is_exact = decimal_to_double(&number, 0, 0) == fabs(value);
    number.exponent -= unit->tens;
    int n_before_point = number.n_digits + number.exponent;
    char shown[64];
    decimal_print(&number, is_exact || n_before_point > digits ? 0 : digits - n_before_point, shown, sizeof shown);
    const char *sign = value < 0 && number.n_digits > 0 ? "-" : "";
    snprintf(buffer, size, "%s%s%s%s", sign, shown, unit->name[0] ? " " : "", unit->name);
    return buffer;
}
