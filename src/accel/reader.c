/* reader.c: an accelerator's YAML as a whole: its own fields, then its memories, its units and its family.
 * SPDX-License-Identifier: MIT
 */
#include "accel/reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const accel_keys[] = {"accelerator", "technology",  "clock",         "prefetch",        "area",     "area_model",
                                  "area_other",  "area_budget", "area_fill",     "static_power",    "memories", "units",
                                  "notes",       "family",      "area_fraction", "memory_fraction", "published"};
const int n_accel_keys = (int)(sizeof accel_keys / sizeof accel_keys[0]);

bool reader_check(struct reader *reader, enum sinter_status status)
{
    if (status == SINTER_OK)
        return true;
    if (reader->status != SINTER_NO_MEMORY)
        reader->status = status;
    return false;
}

/* Capacities stay below 2^60: the largest double there. */
const struct bounds capacity_bounds = {1, 1152921504606846848.0, "at least 1 B and less than 2^60 B, or 'unlimited'"};
const struct bounds bandwidth_bounds = {1, (double)INFINITY, "at least 1 B/s, or 'unlimited'"};
const struct bounds area_bounds = {1e-12, 1e12, "1e-12 mm2 to 1e12 mm2"};
static const struct bounds clock_bounds = {1, 1e15, "1 Hz to 1e15 Hz"};
static const struct bounds technology_bounds = {1e-3, 1e6, "0.001 nm to 1e6 nm"};

bool reader_within(struct reader *reader, const struct yaml_node *node, const char *what, const char *hint,
                   const struct bounds *bounds, double value)
{
    if (value >= bounds->least && value <= bounds->most)
        return true;
    return reader_check(reader, sinter_error(reader->diags, node->at, hint, "%s: expected %s, found '%.80s'", what,
                                             bounds->wanted, node->text));
}

bool reader_quantity(struct reader *reader, const struct yaml_node *node, const char *what, enum sinter_dimension dimension,
                     const struct bounds *bounds, double *value)
{
    double number = 0;

    if (!node || !reader_check(reader, yaml_quantity(node, what, dimension, reader->diags, &number)) ||
        !reader_within(reader, node, what, NULL, bounds, number))
        return false;
    *value = number;
    return true;
}

bool is_word(const char *text)
{
    for (const char *c = text; *c; c++) {
        bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_';
        bool is_inner = (*c >= '0' && *c <= '9') || *c == '-';
        if (!is_letter && (c == text || !is_inner))
            return false;
    }
    return *text != '\0';
}

const char *read_name(struct reader *reader, const struct yaml_node *part, const char *kind)
{
    const struct yaml_node *node = yaml_get(part, "name");
    char what[64];

    if (!node) {
        reader_check(reader, sinter_error(reader->diags, part->at, NULL, "this %s has no name", kind));
        return NULL;
    }
    snprintf(what, sizeof what, "the name of a %s", kind);
    if (!reader_check(reader, yaml_expect(node, YAML_SCALAR, what, reader->diags)))
        return NULL;
    if (!is_word(node->text)) {
        reader_check(reader,
                     sinter_error(reader->diags, node->at, "use letters, digits, '_' and '-', and start with a letter",
                                  "'%s' cannot be the name of a %s", node->text, kind));
        return NULL;
    }
    return node->text;
}

const char *hint_for(char hint[MAX_HINT], const char *word, const char *const *candidates, int n_candidates,
                     const char *otherwise)
{
    const char *near = sinter_suggest_hint(sinter_suggest(word, candidates, n_candidates), hint, MAX_HINT);
    int used;

    if (near || otherwise)
        return near ? near : otherwise;
    used = snprintf(hint, MAX_HINT, "known are");
    for (int i = 0; i < n_candidates && used < MAX_HINT; i++)
        used += snprintf(hint + used, (size_t)(MAX_HINT - used), "%s %s", i > 0 ? "," : "", candidates[i]);
    return hint;
}

const char *hint_memory(char hint[MAX_HINT], const struct sinter_accel *accel, const char *word, const char *otherwise)
{
    const char *names[SINTER_MAX_MEMORIES];

    for (int i = 0; i < accel->n_memories; i++)
        names[i] = accel->memories[i].name;
    return hint_for(hint, word, names, accel->n_memories, otherwise);
}

static void read_notes(struct reader *reader, const struct yaml_node *node)
{
    struct sinter_accel *accel = reader->accel;
    const char **notes;

    if (!node || !reader_check(reader, yaml_expect(node, YAML_SEQUENCE, "notes", reader->diags)))
        return;
    notes = sinter_arena_alloc(accel->arena, (size_t)node->n_children, sizeof *notes);
    if (!notes) {
        reader_check(reader, sinter_out_of_memory(reader->diags));
        return;
    }
    for (const struct yaml_node *note = node->first; note; note = note->next)
        if (reader_check(reader, yaml_expect(note, YAML_SCALAR, "a note", reader->diags)))
            notes[accel->n_notes++] = note->text;
    accel->notes = notes;
}

static void read_list(struct reader *reader, const struct yaml_node *root, const char *key, int most,
                      void (*read)(struct reader *, const struct yaml_node *))
{
    const struct yaml_node *list = yaml_get(root, key);

    if (!list)
        reader_check(reader, sinter_error(reader->diags, root->at, NULL, "the accelerator has no '%s'", key));
    else if (!reader_check(reader, yaml_expect(list, YAML_SEQUENCE, key, reader->diags)))
        return;
    else if (list->n_children < 1 || list->n_children > most)
        reader_check(reader, sinter_error(reader->diags, list->at, NULL, "%d %s, but an accelerator has 1 to %d",
                                          list->n_children, key, most));
    else
        read(reader, list);
}

static void read_root(struct reader *reader, const struct yaml_node *root)
{
    struct sinter_accel *accel = reader->accel;
    const struct yaml_node *name = yaml_get(root, "accelerator"), *prefetch = yaml_get(root, "prefetch");

    reader_check(reader, yaml_known_keys(root, "the accelerator", accel_keys, n_accel_keys, reader->diags));
    if (!name)
        reader_check(reader, sinter_error(reader->diags, root->at, "start the file with 'accelerator: NAME'",
                                          "the accelerator has no name"));
    else if (reader_check(reader, yaml_expect(name, YAML_SCALAR, "the accelerator's name", reader->diags))) {
        accel->name = name->text;
        if (!*name->text)
            reader_check(reader, sinter_error(reader->diags, name->at, NULL, "the accelerator's name is empty"));
    }
    if (!yaml_get(root, "clock"))
        reader_check(reader, sinter_error(reader->diags, root->at, "add a line such as 'clock: 1 GHz'",
                                          "the accelerator has no 'clock'"));
    reader_quantity(reader, yaml_get(root, "clock"), "clock", SINTER_FREQUENCY, &clock_bounds, &accel->hz);
    reader_quantity(reader, yaml_get(root, "technology"), "technology", SINTER_LENGTH, &technology_bounds,
                    &accel->technology_nm);
    reader_quantity(reader, yaml_get(root, "area"), "area", SINTER_AREA, &area_bounds, &accel->area_mm2);
    accel->prefetch = true;
    if (prefetch)
        reader_check(reader, yaml_boolean(prefetch, "prefetch", reader->diags, &accel->prefetch));
    read_list(reader, root, "memories", SINTER_MAX_MEMORIES, read_memories);
    /* Where memories could not be read, every unit would only be told that its memory is unknown. */
    if (accel->n_memories > 0 && accel->n_memories == yaml_get(root, "memories")->n_children)
        read_list(reader, root, "units", SINTER_MAX_UNITS, read_units);
    read_notes(reader, yaml_get(root, "notes"));
}

/* Where a file of another kind belongs, or NULL. */
static const char *hint_of_kind(const struct yaml_node *root)
{
    static const struct {
        const char *key, *hint;
    } signs[] = {{"cascade", "this is a cascade: it belongs to -m"},
                 {"model_type", "this is a model's configuration: it belongs to -m"},
                 {"d_model", "this is a model's configuration: it belongs to -m"}};

    if (root->kind == YAML_SCALAR && strncmp(root->text, "group", 5) == 0)
        return "this is a schedule: it belongs to -s";
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (root->kind == YAML_MAPPING && !yaml_get(root, "accelerator") && yaml_get(root, signs[i].key))
            return signs[i].hint;
    return NULL;
}

static enum sinter_status interpret(struct sinter_accel *accel, struct yaml_node *root, struct sinter_override *overrides,
                                    int n_overrides, struct sinter_diagnostics *diags)
{
    struct reader reader = {.accel = accel, .diags = diags, .status = SINTER_OK};
    const char *hint = hint_of_kind(root);
    enum sinter_status status = yaml_expect_as(root, YAML_MAPPING, "an accelerator file", hint, diags);

    if (status == SINTER_OK && hint)
        status = sinter_error(diags, root->at, hint, "this is no accelerator (it has no 'accelerator')");
    if (status == SINTER_OK)
        status = override_apply(root, overrides, n_overrides, accel->arena, diags);
    if (status != SINTER_OK)
        return status;
    read_root(&reader, root);
    if (reader.status == SINTER_OK)
        read_family(&reader, root, overrides, n_overrides);
    if (reader.status == SINTER_OK)
        read_area(&reader, root);
    return reader.status;
}

enum sinter_status sinter_accel_parse(const char *file, const char *text, size_t length, struct sinter_override *overrides,
                                      int n_overrides, const struct sinter_allocator *allocator,
                                      struct sinter_diagnostics *diags, struct sinter_accel **accel)
{
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_accel *made = arena ? sinter_arena_alloc(arena, 1, sizeof *made) : NULL;
    struct yaml_node *root = NULL;
    enum sinter_status status;

    *accel = NULL;
    if (!made) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    made->arena = arena;
    status = yaml_read_text(file, text, length, arena, diags, &root);
    if (status == SINTER_OK)
        status = interpret(made, root, overrides, n_overrides, diags);
    if (status != SINTER_OK) {
        sinter_arena_free(arena);
        return status;
    }
    *accel = made;
    return SINTER_OK;
}

void sinter_accel_free(struct sinter_accel *accel)
{
    if (accel)
        sinter_arena_free(accel->arena);
}
