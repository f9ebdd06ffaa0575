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
#include <stdarg.h>
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
    struct sinter_location at; /* of what is read now */
    const char *field;
    int n, capacity;
    const char **items;
    struct sinter_location *places;
    struct measure *measures; /* [capacity] */
};

static bool grow(struct values *values)
{
    int capacity = 2 * values->capacity + 16;
    const char **items = sinter_arena_alloc(values->arena, (size_t)capacity, sizeof *items);
    struct measure *measures = sinter_arena_alloc(values->arena, (size_t)capacity, sizeof *measures);
    struct sinter_location *places = sinter_arena_alloc(values->arena, (size_t)capacity, sizeof *places);
    if (items == NULL || measures == NULL || places == NULL)
        return false;
    if (values->n > 0) {
        memcpy(items, values->items, (size_t)values->n * sizeof *items);
        memcpy(measures, values->measures, (size_t)values->n * sizeof *measures);
        memcpy(places, values->places, (size_t)values->n * sizeof *places);
    }
    values->items = items;
    values->measures = measures;
    values->places = places;
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
    values->places[values->n] = values->at;
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
    bool has_kind, is_linear;
    int n; /* 0: not said */
};

/* What is wrong with a range; one message each, as there are many ways. */
static enum sinter_status bad_range(const struct values *values, const char *range, const char *hint, const char *format,
                                    ...) SINTER_PRINTF(4, 5);

static enum sinter_status bad_range(const struct values *values, const char *range, const char *hint, const char *format,
                                    ...)
{
    char what[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return sinter_error(values->diags, values->at, hint != NULL ? hint : range_hint, "axis '%s': in the range '%.60s', %s",
                        values->field, range, what);
}

static bool is_word(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && strncmp(word, text, length) == 0;
}

/* One of ":geo" and ":16", without its colon. */
static enum sinter_status read_step(const struct values *values, const char *all, const char *text, size_t length,
                                    struct range *range)
{
    char *end;
    long count = strtol(text, &end, 10);
    if (length == 0)
        return bad_range(values, all, NULL, "nothing stands behind ':'");
    if (is_word("lin", text, length) || is_word("geo", text, length)) {
        if (range->has_kind)
            return bad_range(values, all, NULL, "':lin' or ':geo' stands twice");
        range->is_linear = *text == 'l';
        range->has_kind = true;
        return SINTER_OK;
    }
    if (end == text)
        return bad_range(values, all, "steps are :lin (equal differences) or :geo (equal ratios)",
                         "'%.*s' is no kind of steps", (int)length, text);
    if (end != text + length || count < 2 || count > MOST_VALUES)
        return bad_range(values, all, NULL, "the number of values is '%.*s', expected 2 to %d", (int)length, text,
                         MOST_VALUES);
    if (range->n > 0)
        return bad_range(values, all, NULL, "the number of values stands twice");
    range->n = (int)count;
    return SINTER_OK;
}

/* What stands behind the ends: ":geo:16". */
static enum sinter_status read_steps(const struct values *values, const char *all, const char *text, struct range *range)
{
    bool has_ratio = range->from > 0 && range->to > 0 && range->to / range->from > 0 && isfinite(range->to / range->from);
    enum sinter_status status = SINTER_OK;
    range->is_linear = !has_ratio;
    while (*text == ':' && status == SINTER_OK) {
        size_t n = strcspn(text + 1, ":");
        status = read_step(values, all, text + 1, n, range);
        text += 1 + n;
    }
    if (status == SINTER_OK && !range->is_linear && !has_ratio)
        return bad_range(values, all, "take :lin, or other ends", "':geo' needs two ends above 0 and a finite ratio");
    if (range->n == 0)
        range->n = range->is_linear ? USUAL_LINEAR : USUAL_GEOMETRIC;
    return status;
}

static enum sinter_status read_end(const struct values *values, const char *all, const char *text, const char *side,
                                   double *value, enum sinter_dimension *dimension)
{
    size_t length = strlen(text);
    text = trim(text, &length);
    if (length == 0)
        return bad_range(values, all, NULL, "nothing stands %s '..'", side);
    if (!value_number(text, value, dimension))
        return bad_range(values, all, "ends are numbers with their units, as in 64KiB..28MiB", "'%.*s' is no number",
                         (int)length, text);
    return SINTER_OK;
}

/* FROM..TO and steps; `text` is cut into its parts. */
static enum sinter_status read_range(const struct values *values, const char *all, char *text, struct range *range)
{
    const char *steps = strchr(strstr(all, ".."), ':');
    char *dots = strstr(text, ".."), *colon = strchr(dots, ':');
    enum sinter_dimension other = SINTER_COUNT;
    if (colon != NULL)
        *colon = '\0';
    *dots = '\0';
    enum sinter_status status = read_end(values, all, text, "before", &range->from, &range->dimension);
    if (status == SINTER_OK)
        status = read_end(values, all, dots + 2, "behind", &range->to, &other);
    if (status == SINTER_OK && other != range->dimension)
        status = bad_range(values, all, "give both a unit of the same kind", "the ends '%s' and '%s' are of different kinds",
                           text, dots + 2);
    return status == SINTER_OK ? read_steps(values, all, steps != NULL ? steps : "", range) : status;
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
    if (length >= sizeof copy)
        return sinter_error(values->diags, values->at, range_hint, "axis '%s': '%.40s...' is too long for a range",
                            values->field, text);
    snprintf(copy, sizeof copy, "%.*s", (int)length, text);
    const char *all = sinter_arena_copy(values->arena, text, length);
    if (all == NULL)
        return sinter_out_of_memory(values->diags);
    enum sinter_status status = read_range(values, all, copy, &range);
    if (status != SINTER_OK)
        return status;
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
        status = add(values, print, strlen(print), &measure, n_before);
        if (status != SINTER_OK)
            return status;
        before = values->items[values->n - 1];
    }
    return SINTER_OK;
}

static bool has_dots(const char *text, size_t length)
{
    const char *dots = strstr(text, "..");
    return dots != NULL && dots < text + length;
}

static bool has_steps(const char *text, size_t length)
{
    const char *colon = memchr(text, ':', length);
    return colon != NULL && (strncmp(colon, ":lin", 4) == 0 || strncmp(colon, ":geo", 4) == 0 ||
                             memchr(colon + 1, ':', length - (size_t)(colon + 1 - text)) != NULL);
}

static enum sinter_status add_item(struct values *values, const char *item, size_t length)
{
    if (length == 0)
        return sinter_error(values->diags, values->at, range_hint, "axis '%s' has an empty value", values->field);
    if (*item != '[' && has_dots(item, length))
        return add_range(values, item, length);
    if (*item != '[' && has_steps(item, length))
        return sinter_error(values->diags, values->at, range_hint,
                            "axis '%s': '%.*s' has steps, but no '..' between two ends", values->field,
                            length < 60 ? (int)length : 60, item);
    return add(values, item, length, NULL, values->n);
}

/* What stands between commas, but for those in brackets. */
static enum sinter_status add_text(struct values *values, const struct axis_text *text)
{
    enum sinter_status status = SINTER_OK;
    for (const char *c = text->text; status == SINTER_OK;) {
        size_t n = 0;
        int depth = 0;
        for (; c[n] != '\0' && (depth > 0 || c[n] != ','); n++)
            depth += c[n] == '[' ? 1 : c[n] == ']' ? -1 : 0;
        size_t length = n;
        const char *item = trim(c, &length);
        values->at = text->at;
        values->at.column += text->at.line > 0 ? (int)(item - text->text) : 0;
        status = depth == 0 ? add_item(values, item, length)
                            : sinter_error(values->diags, values->at, "such as [64, 128], [128, 128]",
                                           "axis '%s': a bracket is missing", values->field);
        if (c[n] == '\0')
            break;
        c += n + 1;
    }
    return status;
}

enum sinter_status axis_read_all(struct sinter_axis *axis, const char *field, const struct axis_text *texts, int n_texts,
                                 struct sinter_arena *arena, struct sinter_diagnostics *diags)
{
    struct values values = {.arena = arena, .diags = diags, .field = field};
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < n_texts && status == SINTER_OK; i++)
        status = add_text(&values, &texts[i]);
    *axis = (struct sinter_axis){.field = field, .n = values.n, .values = values.items, .places = values.places};
    return status;
}

enum sinter_status axis_read(struct sinter_axis *axis, const char *field, const char *text, struct sinter_arena *arena,
                             struct sinter_location at, struct sinter_diagnostics *diags)
{
    return axis_read_all(axis, field, &(struct axis_text){text, at}, 1, arena, diags);
}
