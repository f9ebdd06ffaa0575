/* yaml_fields.c: looks up, replaces and reads the fields of a document, with messages at the field.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/yaml.h"
#include "base/yaml_words.h"

struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
    if (!mapping || mapping->kind != YAML_MAPPING)
        return NULL;
    struct yaml_node *member = mapping->first;
    while (member && strcmp(member->key, key) != 0)
        member = member->next;
    return member;
}

enum sinter_status yaml_put(struct yaml_node *mapping, const char *key, const char *value, struct sinter_location at,
                            struct sinter_arena *arena)
{
    char *text = sinter_arena_copy(arena, value, strlen(value));
    if (!text)
        return SINTER_NO_MEMORY;
    struct yaml_node *member = yaml_get(mapping, key);
    if (!member) {
        member = sinter_arena_alloc(arena, 1, sizeof *member);
        char *name = sinter_arena_copy(arena, key, strlen(key));
        if (!member || !name)
            return SINTER_NO_MEMORY;
        member->key = name;
        member->key_at = at;
        struct yaml_node **link = &mapping->first;
        while (*link)
            link = &(*link)->next;
        *link = member;
        mapping->n_children++;
    }
    member->kind = YAML_SCALAR;
    member->at = at;
    member->text = text;
    member->is_quoted = false;
    member->is_null = is_null_word(text);
    member->first = NULL;
    member->n_children = 0;
    return SINTER_OK;
}

static const char *kind_name(const struct yaml_node *node)
{
    switch (node->kind) {
    case YAML_SCALAR:
        return "a single value";
    case YAML_SEQUENCE:
        return "a list";
    case YAML_MAPPING:
        return "a mapping";
    }
    return "something else";
}

/* "expected WANTED for 'what', found ..." */
static enum sinter_status refuse(const struct yaml_node *node, const char *what, const char *wanted, const char *hint,
                                 struct sinter_diagnostics *diags)
{
    if (!node)
        return sinter_error(diags, (struct sinter_location){0}, hint, "%s is missing; expected %s", what, wanted);
    if (node->kind != YAML_SCALAR)
        return sinter_error(diags, node->at, hint, "%s: expected %s, found %s", what, wanted, kind_name(node));
    if (node->is_null)
        return sinter_error(diags, node->at, hint, "%s: expected %s, found nothing", what, wanted);
    return sinter_error(diags, node->at, hint, "%s: expected %s, found '%.80s'", what, wanted, node->text);
}

enum sinter_status yaml_expect_as(const struct yaml_node *node, enum yaml_kind kind, const char *what, const char *hint,
                                  struct sinter_diagnostics *diags)
{
    static const char *const wanted[] = {
        [YAML_SCALAR] = "a single value", [YAML_SEQUENCE] = "a list", [YAML_MAPPING] = "a mapping"};
    if (node && node->kind == kind && !(kind == YAML_SCALAR && node->is_null))
        return SINTER_OK;
    return refuse(node, what, wanted[kind], hint, diags);
}

enum sinter_status yaml_expect(const struct yaml_node *node, enum yaml_kind kind, const char *what,
                               struct sinter_diagnostics *diags)
{
    return yaml_expect_as(node, kind, what, NULL, diags);
}

static bool is_scalar(const struct yaml_node *node)
{
    return node && node->kind == YAML_SCALAR && !node->is_null;
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

/* "-1.5e3", "4Ki": sign, decimal and the suffix's scale; false when the text is anything else. */
static bool scan_number(const char *text, bool *is_negative, struct decimal *number, int *tens, int *twos)
{
    static const struct {
        const char *name;
        int tens, twos;
    } suffixes[] = {{"", 0, 0},    {"k", 3, 0},   {"M", 6, 0},   {"G", 9, 0},  {"T", 12, 0},
                    {"Ki", 0, 10}, {"Mi", 0, 20}, {"Gi", 0, 30}, {"Ti", 0, 40}};
    *is_negative = text[0] == '-';
    const char *end = decimal_scan(text + (text[0] == '-' || text[0] == '+'), number);
    if (!end)
        return false;
    while (*end == ' ')
        end++;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        if (strcmp(end, suffixes[i].name) != 0)
            continue;
        *tens = suffixes[i].tens;
        *twos = suffixes[i].twos;
        return true;
    }
    return false;
}

/* A large power of two is easier to read as one: "2^40". */
static void print_bound(int64_t bound, char *buffer, size_t size)
{
    if (bound >= 1 << 20 && (bound & (bound - 1)) == 0)
        snprintf(buffer, size, "2^%d", __builtin_ctzll((unsigned long long)bound));
    else
        snprintf(buffer, size, "%lld", (long long)bound);
}

enum sinter_status yaml_integer(const struct yaml_node *node, const char *what, int64_t least, int64_t most,
                                struct sinter_diagnostics *diags, int64_t *value)
{
    char wanted[96], highest[32];
    print_bound(most, highest, sizeof highest);
    if (most == INT64_MAX && least > INT64_MIN)
        snprintf(wanted, sizeof wanted, "a whole number of at least %lld", (long long)least);
    else
        snprintf(wanted, sizeof wanted, "a whole number from %lld to %s", (long long)least, highest);
    struct decimal number;
    bool is_negative = false;
    int tens = 0, twos = 0;
    int64_t magnitude = 0;
    if (!is_scalar(node) || !scan_number(node->text, &is_negative, &number, &tens, &twos))
        return refuse(node, what, wanted, NULL, diags);
    if (!decimal_to_integer(&number, tens, twos, &magnitude))
        return refuse(node, what, wanted, NULL, diags);
    int64_t result = is_negative ? -magnitude : magnitude;
    if (result < least || result > most)
        return refuse(node, what, wanted, NULL, diags);
    *value = result;
    return SINTER_OK;
}

enum sinter_status yaml_number(const struct yaml_node *node, const char *what, struct sinter_diagnostics *diags,
                               double *value)
{
    struct decimal number;
    bool is_negative = false;
    int tens = 0, twos = 0;
    if (!is_scalar(node) || !scan_number(node->text, &is_negative, &number, &tens, &twos))
        return refuse(node, what, "a number", NULL, diags);
    double magnitude = decimal_to_double(&number, tens, twos);
    if (!isfinite(magnitude))
        return refuse(node, what, "a number below 1.8e308", NULL, diags);
    *value = is_negative ? -magnitude : magnitude;
    return SINTER_OK;
}

enum sinter_status yaml_boolean(const struct yaml_node *node, const char *what, struct sinter_diagnostics *diags,
                                bool *value)
{
    static const char *const words[] = {"false", "true", "False", "True", "FALSE", "TRUE"};
    for (int i = 0; is_scalar(node) && i < 6; i++) {
        if (strcmp(node->text, words[i]) != 0)
            continue;
        *value = i % 2 == 1;
        return SINTER_OK;
    }
    return refuse(node, what, "true or false", NULL, diags);
}

enum sinter_status yaml_quantity(const struct yaml_node *node, const char *what, enum sinter_dimension dimension,
                                 struct sinter_diagnostics *diags, double *value)
{
    if (!is_scalar(node))
        return refuse(node, what, "a number with a unit", NULL, diags);
    (void)what; /* the place and the dimension say enough */
    return sinter_quantity_parse(node->text, dimension, node->at, diags, value);
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

/* "known are a, b, c", as many as the buffer takes. */
static void list_known(const char *const *known, int n_known, char *buffer, size_t size)
{
    size_t length = (size_t)snprintf(buffer, size, "known are ");
    for (int i = 0; i < n_known; i++) {
        if (length + strlen(known[i]) + 8 > size) {
            snprintf(buffer + length, size - length, ", ...");
            return;
        }
        length += (size_t)snprintf(buffer + length, size - length, "%s%s", i > 0 ? ", " : "", known[i]);
    }
}

enum sinter_status yaml_known_keys(const struct yaml_node *mapping, const char *what, const char *const *known, int n_known,
                                   struct sinter_diagnostics *diags)
{
    enum sinter_status status = SINTER_OK;
    for (const struct yaml_node *member = mapping->first; member; member = member->next) {
        int i = 0;
        while (i < n_known && strcmp(known[i], member->key) != 0)
            i++;
        if (i < n_known)
            continue;
        char hint[512];
        if (!sinter_suggest_hint(sinter_suggest(member->key, known, n_known), hint, sizeof hint))
            list_known(known, n_known, hint, sizeof hint);
        status = sinter_error(diags, member->key_at, hint, "unknown field '%.80s' in %s", member->key, what);
    }
    return status;
}
