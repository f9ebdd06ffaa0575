/* axis.c: the values of an axis: lists, and ranges with linear or geometric steps.
 * SPDX-License-Identifier: MIT
 *
 *     64 KiB, 1 MiB, 24 MiB        a list; a value may be a list itself: [64, 128], [128, 128]
 *     64 KiB..28 MB                16 values in geometric steps, both ends among them; bytes above 64 KiB are whole KiB
 *     1..9:lin:9                   nine values in equal steps, whole numbers between whole ends
 *     28 MB..64 KiB                the same downwards; nothing depends on the order but the points' indices
 */
#include "explore/axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_GEOMETRIC = 16, USUAL_LINEAR = 11, MOST_VALUES = 1000000, MOST_COMPARED = 10000, MOST_ODD_BYTES = 65536 };
enum { MOST_RANGE = 160 }; /* characters */

static const char range_hint[] =
    "a range is FROM..TO, with :lin or :geo and a number of values behind it if you like, as in "
    "64KiB..28MiB:geo:16";

/* A value that is one number; NaN: it is a list, or a word. */
struct measure {
    double number;
    enum sinter_dimension dimension;
};

struct values {
    struct sinter_arena *arena;
    struct sinter_diagnostics *diags;
    struct sinter_location at;
    const char *field;
    int n, capacity;
    const char **items;
    struct measure *measures; /* [capacity] */
};

static bool grow(struct values *values)
{
    int capacity = 2 * values->capacity + 16;
    const char **items = sinter_arena_alloc(values->arena, (size_t)capacity, sizeof *items);
    struct measure *measures = sinter_arena_alloc(values->arena, (size_t)capacity, sizeof *measures);
    if (items == NULL || measures == NULL)
        return false;
    if (values->n > 0) {
        memcpy(items, values->items, (size_t)values->n * sizeof *items);
        memcpy(measures, values->measures, (size_t)values->n * sizeof *measures);
    }
    values->items = items;
    values->measures = measures;
    values->capacity = capacity;
    return true;
}

static struct measure measure_of(const char *text)
{
    struct measure measure = {(double)NAN, SINTER_COUNT};
    if (*text == '[' || !value_number(text, &measure.number, &measure.dimension))
        measure.number = (double)NAN;
    return measure;
}

/* But for blanks. */
static bool is_same_text(const char *a, const char *b)
{
    for (;;) {
        a += strspn(a, " \t");
        b += strspn(b, " \t");
        if (*a != *b || *a == '\0')
            return *a == *b;
        a++;
        b++;
    }
}

/* "1 MiB" and "1024 KiB" are the same accelerator. */
static bool has_value(const struct values *values, int i, const char *text, struct measure measure)
{
    return is_same_text(values->items[i], text) ||
           (values->measures[i].number == measure.number && values->measures[i].dimension == measure.dimension);
}

/* A value that is none of the first n_compared. *known: its measure; NULL: the text's. */
static enum sinter_status add(struct values *values, const char *text, size_t length, const struct measure *known,
                              int n_compared)
{
    if (values->n == MOST_VALUES)
        return sinter_error(values->diags, values->at, NULL, "axis '%s' has more than %d values", values->field,
                            MOST_VALUES);
    if (values->n == values->capacity && !grow(values))
        return sinter_out_of_memory(values->diags);
    const char *copy = sinter_arena_copy(values->arena, text, length);
    if (copy == NULL)
        return sinter_out_of_memory(values->diags);
    struct measure measure = known != NULL ? *known : measure_of(copy);
    for (int i = 0; i < n_compared && values->n < MOST_COMPARED; i++)
        if (has_value(values, i, copy, measure))
            return sinter_error(values->diags, values->at, NULL, "axis '%s' has the value '%.40s' twice", values->field,
                                copy);
    values->items[values->n] = copy;
    values->measures[values->n++] = measure;
    return SINTER_OK;
}

/* Spaces around it do not count. */
static const char *trim(const char *text, size_t *length)
{
    while (*length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        (*length)--;
    }
    while (*length > 0 && (text[*length - 1] == ' ' || text[*length - 1] == '\t'))
        (*length)--;
    return text;
}

bool value_number(const char *text, double *value, enum sinter_dimension *dimension)
{
    if (*text == '[') { /* PEs: their product */
        *value = 1;
        *dimension = SINTER_COUNT;
        for (const char *c = text + 1; *c != ']';) {
            char *end;
            *value *= strtod(c, &end);
            if (end == c)
                return false;
            c = end + strspn(end, " ,\t");
        }
        return true;
    }
    for (int d = SINTER_COUNT; d <= SINTER_TIME; d++)
        if (sinter_quantity_parse(text, (enum sinter_dimension)d, (struct sinter_location){NULL, 0, 0}, NULL, value) ==
            SINTER_OK) {
            *dimension = (enum sinter_dimension)d;
            return isfinite(*value);
        }
    return false;
}

struct range {
    double from, to;
    enum sinter_dimension dimension;
    bool is_linear;
    int n;
};

/* What stands behind the ends: ":geo:16". */
static bool read_steps(const char *text, struct range *range)
{
    bool has_kind = false, has_count = false;
    bool has_ratio = range->from > 0 && range->to > 0 && range->to / range->from > 0 && isfinite(range->to / range->from);
    range->is_linear = !has_ratio;
    while (*text == ':') {
        size_t n = strcspn(text + 1, ":");
        char *end;
        long count = strtol(text + 1, &end, 10);
        if (!has_kind && n == 3 && (strncmp(text + 1, "lin", 3) == 0 || strncmp(text + 1, "geo", 3) == 0)) {
            range->is_linear = text[1] == 'l';
            has_kind = true;
        } else if (!has_count && end == text + 1 + n && n > 0 && count >= 2 && count <= MOST_VALUES) {
            range->n = (int)count;
            has_count = true;
        } else {
            return false;
        }
        text += 1 + n;
    }
    if (!has_count)
        range->n = range->is_linear ? USUAL_LINEAR : USUAL_GEOMETRIC;
    return *text == '\0' && (range->is_linear || has_ratio);
}

static double step_of(const struct range *range, int i)
{
    if (i == 0 || i == range->n - 1)
        return i == 0 ? range->from : range->to;
    double share = (double)i / (range->n - 1);
    double value = range->is_linear ? range->from + share * (range->to - range->from)
                                    : range->from * pow(range->to / range->from, share);
    double kib = 1024 * rint(value / 1024);
    bool has_whole_ends = floor(range->from) == range->from && floor(range->to) == range->to;
    if (range->dimension == SINTER_BYTES && value >= MOST_ODD_BYTES && (kib - range->from) * (kib - range->to) <= 0)
        return kib;
    if (range->dimension == SINTER_BYTES || (range->dimension == SINTER_COUNT && has_whole_ends))
        return rint(value);
    /* 917.8 GB/s, not 917.8440664451642 GB/s: four digits, or as many more as steps are narrow */
    double width = fabs(range->to - range->from) / range->n, narrow = width > 0 ? log10(fabs(value) / width) : 12;
    char print[32];
    snprintf(print, sizeof print, "%.*g", narrow > 9 ? 12 : narrow > 0 ? 4 + (int)narrow : 4, value);
    return strtod(print, NULL);
}

static enum sinter_status add_range(struct values *values, const char *text, size_t length)
{
    char copy[MOST_RANGE], print[64];
    struct range range = {.n = 0};
    enum sinter_dimension other;
    if (length >= sizeof copy)
        return sinter_error(values->diags, values->at, range_hint, "axis '%s': '%.40s...' is too long for a range",
                            values->field, text);
    snprintf(copy, sizeof copy, "%.*s", (int)length, text);
    char *dots = strstr(copy, ".."), *colon = strchr(dots, ':'), rest[MOST_RANGE] = "";
    if (colon != NULL) {
        snprintf(rest, sizeof rest, "%s", colon);
        *colon = '\0';
    }
    *dots = '\0';
    if (!value_number(copy, &range.from, &range.dimension) || !value_number(dots + 2, &range.to, &other) ||
        other != range.dimension || !read_steps(rest, &range))
        return sinter_error(values->diags, values->at, range_hint, "axis '%s': '%.*s' is no range", values->field,
                            (int)length, text);
    const char *before = NULL;
    int n_before = values->n; /* a range itself never names a value twice */
    for (int i = 0; i < range.n; i++) {
        struct measure measure = {step_of(&range, i), range.dimension};
        sinter_quantity_print(measure.number, range.dimension, print, sizeof print);
        bool is_whole = range.dimension == SINTER_BYTES && i > 0 && i < range.n - 1 && fmod(measure.number, 1024) == 0;
        if (is_whole && measure.number >= MOST_ODD_BYTES &&
            strchr(print, 'i') == NULL) /* 125 KiB among others, not 128 kB */
            snprintf(print, sizeof print, "%.0f KiB", measure.number / 1024);
        if (before != NULL && strcmp(before, print) == 0)
            continue; /* whole numbers that lie too close */
        enum sinter_status status = add(values, print, strlen(print), &measure, n_before);
        if (status != SINTER_OK)
            return status;
        before = values->items[values->n - 1];
    }
    return SINTER_OK;
}

enum sinter_status axis_read(struct sinter_axis *axis, const char *field, const char *text, struct sinter_arena *arena,
                             struct sinter_location at, struct sinter_diagnostics *diags)
{
    struct values values = {.arena = arena, .diags = diags, .at = at, .field = field};
    enum sinter_status status = SINTER_OK;
    for (const char *c = text; status == SINTER_OK;) {
        size_t n = 0;
        int depth = 0;
        for (; c[n] != '\0' && (depth > 0 || c[n] != ','); n++)
            depth += c[n] == '[' ? 1 : c[n] == ']' ? -1 : 0;
        size_t length = n;
        const char *item = trim(c, &length);
        if (depth != 0)
            status = sinter_error(diags, at, "such as [64, 128], [128, 128]", "axis '%s': a bracket is missing", field);
        else if (length == 0)
            status = sinter_error(diags, at, range_hint, "axis '%s' has an empty value", field);
        else if (*item != '[' && length >= 2 && strstr(item, "..") != NULL && strstr(item, "..") < item + length)
            status = add_range(&values, item, length);
        else
            status = add(&values, item, length, NULL, values.n);
        if (c[n] == '\0')
            break;
        c += n + 1;
    }
    *axis = (struct sinter_axis){.field = field, .n = values.n, .values = values.items};
    return status;
}
