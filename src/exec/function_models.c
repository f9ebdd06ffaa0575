/* function_models.c: models of functions, read, printed, and fitted where they are polynomials.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "exec/functions.h"

enum { MOST_SEGMENTS = 65536, MOST_DEGREE = 15, MOST_FIELDS = 5, MOST_FIELD = 40 };

static const char *const kind_names[] = {"exact", "marca", "table", "linear", "poly"};
enum { N_KINDS = sizeof kind_names / sizeof *kind_names };

struct reading {
    enum sinter_function function;
    struct sinter_diagnostics *diags;
    int n_fields;
    char fields[MOST_FIELDS][MOST_FIELD];
};

static const char usage[] = "models are exact, marca, table:SEGMENTS:LOW:HIGH, linear:SEGMENTS:LOW:HIGH and "
                            "poly:DEGREE:LOW:HIGH; the range may be left out";

/* ---- parsing ------------------------------------------------------------------------------------------------------- */

/* Texts between colons. False: too many or too long to be anything. */
static bool split(const char *text, struct reading *reading)
{
    for (const char *field = text;;) {
        size_t length = strcspn(field, ":");
        if (reading->n_fields == MOST_FIELDS || length >= MOST_FIELD)
            return false;
        memcpy(reading->fields[reading->n_fields], field, length);
        reading->fields[reading->n_fields++][length] = '\0';
        if (field[length] == '\0')
            return true;
        field += length + 1;
    }
}

static enum sinter_status read_count(const struct reading *reading, const char *what, int most, int *count)
{
    const char *text = reading->fields[1];
    struct decimal decimal;
    const char *end = decimal_scan(text, &decimal);
    int64_t value;
    if (!end || *end != '\0' || !decimal_to_integer(&decimal, 0, 0, &value) || value < 1 || value > most) {
        char hint[80];
        snprintf(hint, sizeof hint, "for example '%s:%d'", reading->fields[0], most < 16 ? 3 : 256);
        return sinter_error(reading->diags, (struct sinter_location){0}, hint, "expected %s from 1 to %d, found '%s'", what,
                            most, text);
    }
    *count = (int)value;
    return SINTER_OK;
}

static bool read_number(const char *text, double *value)
{
    bool is_negative = *text == '-';
    struct decimal decimal;
    const char *end = decimal_scan(text + is_negative, &decimal);
    if (!end || *end != '\0')
        return false;
    *value = decimal_to_double(&decimal, 0, 0);
    if (is_negative)
        *value = -*value;
    return isfinite(*value);
}

static enum sinter_status read_range(const struct reading *reading, struct sinter_function_model *model)
{
    const char *name = sinter_function_name(reading->function), *low = reading->fields[2], *high = reading->fields[3];
    struct sinter_location nowhere = {0};
    struct function_range usual;
    function_usual_range(reading->function, model->kind, &usual);
    model->low = usual.low;
    model->high = usual.high;
    if (reading->n_fields == 2)
        return SINTER_OK;
    if (!read_number(low, &model->low) || !read_number(high, &model->high) || !(model->low < model->high) ||
        !isfinite(model->high - model->low))
        return sinter_error(reading->diags, nowhere, "write two numbers, the lower one first, or leave the range out",
                            "expected a range LOW:HIGH, found '%s:%s'", low, high);
    if (usual.is_reduced && (model->low != usual.low || model->high != usual.high)) {
        char hint[MOST_FIELDS * MOST_FIELD];
        snprintf(hint, sizeof hint, "leave the range out: '%s:%s'", reading->fields[0], reading->fields[1]);
        return sinter_error(reading->diags, nowhere, hint,
                            "expected no range or %g:%g, found '%s:%s': '%s' of %s leads every argument back to that",
                            usual.low, usual.high, low, high, reading->fields[0], name);
    }
    if (!isfinite(function_sample(reading->function, model->kind, model->low)) ||
        !isfinite(function_sample(reading->function, model->kind, model->high)))
        return sinter_error(reading->diags, nowhere, "choose a smaller range", "%s is not finite on all of %s:%s", name, low,
                            high);
    return SINTER_OK;
}

static enum sinter_status find_kind(const struct reading *reading, enum sinter_function_kind *kind)
{
    for (int i = 0; i < N_KINDS; i++) {
        if (strcmp(reading->fields[0], kind_names[i]) == 0) {
            *kind = (enum sinter_function_kind)i;
            return SINTER_OK;
        }
    }
    char buffer[64];
    const char *hint = sinter_suggest_hint(sinter_suggest(reading->fields[0], kind_names, N_KINDS), buffer, sizeof buffer);
    return sinter_error(reading->diags, (struct sinter_location){0}, hint ? hint : usage, "unknown model '%s' of %s",
                        reading->fields[0], sinter_function_name(reading->function));
}

/* What the kind takes after its name, and whether the function has it. */
static enum sinter_status check_kind(const struct reading *reading, enum sinter_function_kind kind)
{
    struct sinter_location nowhere = {0};
    const char *name = sinter_function_name(reading->function), *word = reading->fields[0];
    struct function_range range;
    if (kind == SINTER_FUNCTION_MARCA && reading->function != SINTER_FN_EXP && reading->function != SINTER_FN_SILU)
        return sinter_error(reading->diags, nowhere,
                            reading->function == SINTER_FN_RELU ? "use exact" : "use exact, table, linear or poly",
                            "%s has no model 'marca': only those of exp and silu are published", name);
    if (kind == SINTER_FUNCTION_EXACT || kind == SINTER_FUNCTION_MARCA) {
        if (reading->n_fields > 1)
            return sinter_error(reading->diags, nowhere, usage, "expected nothing after '%s', found ':%s'", word,
                                reading->fields[1]);
        return SINTER_OK;
    }
    if (!function_usual_range(reading->function, kind, &range))
        return sinter_error(reading->diags, nowhere, "use exact", "%s has no model '%s': it is a comparison", name, word);
    if (reading->n_fields != 2 && reading->n_fields != 4)
        return sinter_error(reading->diags, nowhere, usage, "expected a number and perhaps a range after '%s', found %d %s",
                            word, reading->n_fields - 1, reading->n_fields == 2 ? "field" : "fields");
    return SINTER_OK;
}

/* ---- fitting ------------------------------------------------------------------------------------------------------- */

/* The polynomial of t = -1 at low to 1 at high that meets the function in the zeros of a Chebyshev polynomial: its error
 * exceeds the least possible by a small factor. */
static void fit(enum sinter_function function, struct sinter_function_model *model)
{
    const double pi = 3.14159265358979323846;
    int n = model->degree + 1;
    double chebyshev[MOST_DEGREE + 1] = {0};
    for (int i = 0; i < n; i++) {
        double angle = pi * (i + 0.5) / n;
        double x = model->low + (model->high - model->low) * (1 + cos(angle)) / 2;
        double y = function_sample(function, model->kind, x);
        for (int k = 0; k < n; k++)
            chebyshev[k] += (k == 0 ? 1 : 2) * y * cos(k * angle) / n;
    }
    /* Powers of t: T(k+1) = 2 t T(k) - T(k-1) */
    double before[MOST_DEGREE + 2] = {0}, now[MOST_DEGREE + 2] = {1};
    for (int k = 0; k < n; k++) {
        double next[MOST_DEGREE + 2];
        for (int power = 0; power <= MOST_DEGREE + 1; power++) {
            next[power] = (k == 0 ? 1 : 2) * (power > 0 ? now[power - 1] : 0) - before[power];
            if (power < n)
                model->coefficients[power] += chebyshev[k] * now[power];
        }
        memcpy(before, now, sizeof before);
        memcpy(now, next, sizeof now);
    }
}

static enum sinter_status parse(struct reading *reading, const char *text, struct sinter_function_model *model)
{
    if (!split(text, reading))
        return sinter_error(reading->diags, (struct sinter_location){0}, usage, "expected a model of %s, found '%.80s'",
                            sinter_function_name(reading->function), text);
    enum sinter_status status = find_kind(reading, &model->kind);
    if (status == SINTER_OK)
        status = check_kind(reading, model->kind);
    if (status != SINTER_OK || model->kind == SINTER_FUNCTION_EXACT || model->kind == SINTER_FUNCTION_MARCA)
        return status;
    bool is_polynomial = model->kind == SINTER_FUNCTION_POLYNOMIAL;
    status = is_polynomial ? read_count(reading, "a degree", MOST_DEGREE, &model->degree)
                           : read_count(reading, "a number of segments", MOST_SEGMENTS, &model->segments);
    if (status == SINTER_OK)
        status = read_range(reading, model);
    if (status == SINTER_OK && is_polynomial)
        fit(reading->function, model);
    return status;
}

bool sinter_function_parse(enum sinter_function function, const char *text, struct sinter_diagnostics *diags,
                           struct sinter_function_model *model)
{
    struct reading reading = {.function = function, .diags = diags};
    struct sinter_function_model read = {0};
    if (parse(&reading, text, &read) != SINTER_OK)
        return false;
    *model = read;
    return true;
}

/* ---- printing ------------------------------------------------------------------------------------------------------ */

/* The shortest text that reads back to the number. */
static void print_number(double value, char *buffer, size_t size)
{
    struct decimal decimal;
    bool is_negative = value < 0;
    decimal_from_double(fabs(value), &decimal);
    buffer[0] = '-';
    decimal_print(&decimal, 0, buffer + is_negative, size - is_negative);
}

char *sinter_function_print(const struct sinter_function_model *model, char *buffer, size_t size)
{
    if (model->kind == SINTER_FUNCTION_EXACT || model->kind == SINTER_FUNCTION_MARCA) {
        snprintf(buffer, size, "%s", kind_names[model->kind]);
        return buffer;
    }
    char low[MOST_FIELD], high[MOST_FIELD];
    print_number(model->low, low, sizeof low);
    print_number(model->high, high, sizeof high);
    snprintf(buffer, size, "%s:%d:%s:%s", kind_names[model->kind],
             model->kind == SINTER_FUNCTION_POLYNOMIAL ? model->degree : model->segments, low, high);
    return buffer;
}
