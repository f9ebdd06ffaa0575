/* reader.c: cascades from YAML.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/yaml.h"
#include "cascade/build.h"

struct reading {
    struct sinter_arena *arena; /* of the YAML nodes */
    struct yaml_node *root;
    struct sinter_cascade_builder *builder;
    struct sinter_diagnostics *diags;
    const struct sinter_allocator *allocator;
    struct sinter_override *overrides;
    int n_overrides;
};

/* ---- overrides ----------------------------------------------------------------------------------------------- */

/* The overrides as a text of their own, one a line, so that messages can show what was wrong. */
static enum sinter_status register_overrides(const struct reading *r)
{
    if (r->n_overrides == 0 || !r->diags)
        return SINTER_OK;
    struct sinter_text text = {.allocator = r->allocator};
    for (int i = 0; i < r->n_overrides; i++)
        sinter_text_printf(&text, "%s=%s\n", r->overrides[i].field, r->overrides[i].value);
    bool failed = text.failed;
    if (!failed)
        sinter_diagnostics_source(r->diags, "--set", sinter_text_data(&text), text.length);
    sinter_text_free(&text);
    return failed ? sinter_out_of_memory(r->diags) : SINTER_OK;
}

static struct sinter_location override_at(const struct reading *r, int i)
{
    return (struct sinter_location){"--set", i + 1, (int)strlen(r->overrides[i].field) + 2};
}

static enum sinter_status override_node(const struct reading *r, int i, struct yaml_node *mapping)
{
    struct sinter_override *o = &r->overrides[i];
    o->is_used = true;
    enum sinter_status status = yaml_put(mapping, o->field, o->value, override_at(r, i), r->arena);
    return status == SINTER_NO_MEMORY ? sinter_out_of_memory(r->diags) : status;
}

/* Extents and the default type: before the document is read. */
static enum sinter_status override_document(const struct reading *r)
{
    struct yaml_node *ranks = yaml_get(r->root, "ranks");
    for (int i = 0; i < r->n_overrides; i++) {
        struct yaml_node *mapping = NULL;
        if (yaml_get(ranks, r->overrides[i].field))
            mapping = ranks;
        else if (strcmp(r->overrides[i].field, "type") == 0)
            mapping = r->root;
        enum sinter_status status = mapping ? override_node(r, i, mapping) : SINTER_OK;
        if (status != SINTER_OK)
            return status;
    }
    return SINTER_OK;
}

/* "TENSOR.type": the builder knows all tensors, declared or not, when it finishes. */
static enum sinter_status override_types(const struct reading *r)
{
    static const char suffix[] = ".type";
    for (int i = 0; i < r->n_overrides; i++) {
        const char *field = r->overrides[i].field;
        size_t length = strlen(field), end = sizeof suffix - 1;
        if (length <= end || strcmp(field + length - end, suffix) != 0)
            continue;
        const char *tensor = sinter_arena_copy(r->arena, field, length - end);
        if (!tensor)
            return sinter_out_of_memory(r->diags);
        cascade_add_type_change(r->builder, tensor, (struct word){r->overrides[i].value, override_at(r, i)},
                                &r->overrides[i]);
    }
    return SINTER_OK;
}

/* ---- the document -------------------------------------------------------------------------------------------- */

static const char ranks_hint[] = "write `ranks: [L, D]`, or `ranks: []` for a scalar";
static const char tensors_hint[] = "write `NAME: {ranks: [L, D], role: input}`, a line for each tensor";
static const char einsums_hint[] = "write `einsums:` and a list of texts such as `- Y[l] = A[l] * X[l]`";

static enum sinter_status read_word(const struct reading *r, const struct yaml_node *node, const char *what,
                                    const char *hint, struct word *word)
{
    enum sinter_status status = yaml_expect_as(node, YAML_SCALAR, what, hint, r->diags);
    if (status == SINTER_OK && node)
        *word = (struct word){node->text, node->at};
    return status;
}

static enum sinter_status read_ranks(const struct reading *r)
{
    const struct yaml_node *ranks = yaml_get(r->root, "ranks");
    if (!ranks)
        return SINTER_OK;
    enum sinter_status status =
        yaml_expect_as(ranks, YAML_MAPPING, "ranks", "write `ranks: {L: 2048, D: 64}`: each with its extent", r->diags);
    if (status != SINTER_OK)
        return status;
    for (const struct yaml_node *node = ranks->first; node; node = node->next) {
        char what[MAX_NAME + 32];
        int64_t extent = 1;
        snprintf(what, sizeof what, "extent of rank '%.128s'", node->key);
        enum sinter_status one = yaml_integer(node, what, 1, INT64_MAX, r->diags, &extent);
        if (one != SINTER_OK)
            status = one;
        cascade_add_rank(r->builder, (struct word){node->key, node->key_at}, extent, node->at);
    }
    return status;
}

static enum sinter_status read_role(const struct reading *r, const struct yaml_node *node, enum sinter_role *role)
{
    struct word word = {0};
    const char *names[SINTER_STATE + 1];
    enum sinter_status status = read_word(r, node, "role", NULL, &word);
    if (status != SINTER_OK)
        return status;
    for (int i = 0; i <= SINTER_STATE; i++) {
        names[i] = sinter_role_name((enum sinter_role)i);
        if (strcmp(word.text, names[i]) == 0) {
            *role = (enum sinter_role)i;
            return SINTER_OK;
        }
    }
    char buffer[64];
    const char *hint = sinter_suggest_hint(sinter_suggest(word.text, names, SINTER_STATE + 1), buffer, sizeof buffer);
    return sinter_error(r->diags, word.at, hint ? hint : "roles are intermediate, input, weight, output and state",
                        "unknown role '%.128s'", word.text);
}

static enum sinter_status read_rank_list(const struct reading *r, const struct yaml_node *tensor, struct tensor_draft *draft)
{
    const struct yaml_node *list = yaml_get(tensor, "ranks");
    if (!list)
        return sinter_error(r->diags, tensor->key_at, ranks_hint, "tensor '%.128s' has no ranks", tensor->key);
    enum sinter_status status = yaml_expect_as(list, YAML_SEQUENCE, "ranks", ranks_hint, r->diags);
    if (status != SINTER_OK)
        return status;
    struct word *words = sinter_arena_alloc(r->arena, (size_t)list->n_children, sizeof *words);
    if (!words)
        return sinter_out_of_memory(r->diags);
    draft->ranks = words;
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        /* A rank may be called "null". */
        if (node->kind == YAML_SCALAR && node->text && *node->text)
            words[draft->n_ranks++] = (struct word){node->text, node->at};
        else if ((status = yaml_expect(node, YAML_SCALAR, "a rank", r->diags)) != SINTER_OK)
            return status;
    }
    return SINTER_OK;
}

static enum sinter_status read_tensor(const struct reading *r, const struct yaml_node *node)
{
    static const char *const known[] = {"ranks", "role", "type", "state"};
    char what[MAX_NAME + 32];
    snprintf(what, sizeof what, "tensor '%.128s'", node->key);
    struct tensor_draft draft = {.name = {node->key, node->key_at}};
    enum sinter_status status = yaml_expect_as(node, YAML_MAPPING, what, tensors_hint, r->diags);
    if (status == SINTER_OK)
        status = yaml_known_keys(node, what, known, 4, r->diags);
    if (status == SINTER_OK)
        status = read_rank_list(r, node, &draft);
    if (status == SINTER_OK && yaml_get(node, "role"))
        status = read_role(r, yaml_get(node, "role"), &draft.role);
    if (status == SINTER_OK && yaml_get(node, "type"))
        status = read_word(r, yaml_get(node, "type"), "type", NULL, &draft.type);
    if (status == SINTER_OK && yaml_get(node, "state"))
        status = read_word(r, yaml_get(node, "state"), "state", NULL, &draft.state);
    if (status == SINTER_OK)
        cascade_add_tensor(r->builder, &draft);
    return status;
}

static enum sinter_status read_tensors(const struct reading *r)
{
    const struct yaml_node *tensors = yaml_get(r->root, "tensors");
    if (!tensors || tensors->is_null)
        return SINTER_OK;
    enum sinter_status step = yaml_expect_as(tensors, YAML_MAPPING, "tensors", tensors_hint, r->diags);
    int n_errors = 0;
    if (step != SINTER_OK)
        return step;
    for (const struct yaml_node *node = tensors->first; node; node = node->next) {
        if (cascade_merge(read_tensor(r, node), &step, &n_errors))
            break;
    }
    return step;
}

static enum sinter_status read_text(const struct reading *r, const char *operator_name, const struct yaml_node *node)
{
    struct word word;
    enum sinter_status status = read_word(r, node, "Einsum", einsums_hint, &word);
    if (status != SINTER_OK)
        return status;
    word.at.column += node->is_quoted; /* the text starts behind the quote */
    sinter_cascade_builder_einsum(r->builder, operator_name, word.text, word.at);
    return SINTER_OK;
}

/* One entry: a text, or `name: [texts]`. */
static enum sinter_status read_operator(const struct reading *r, const struct yaml_node *entry)
{
    if (entry->kind != YAML_MAPPING)
        return read_text(r, NULL, entry);
    const struct yaml_node *list = entry->first;
    if (entry->n_children != 1)
        return sinter_error(r->diags, entry->at, "write `- NAME:` and its Einsums as a list below it",
                            "an operator is one name with a list of Einsums, found %d names", entry->n_children);
    if (list->kind != YAML_SEQUENCE || list->n_children == 0)
        return sinter_error(r->diags, list->key_at, "write its Einsums as a list below it",
                            "operator '%.128s' has no list of Einsums", list->key);
    enum sinter_status step = SINTER_OK;
    int n_errors = 0;
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        if (cascade_merge(read_text(r, list->key, node), &step, &n_errors))
            break;
    }
    return step;
}

static enum sinter_status read_einsums(const struct reading *r)
{
    const struct yaml_node *einsums = yaml_get(r->root, "einsums");
    if (!einsums)
        return sinter_error(r->diags, r->root->at, einsums_hint, "the cascade has no Einsums");
    enum sinter_status step = yaml_expect_as(einsums, YAML_SEQUENCE, "einsums", einsums_hint, r->diags);
    int n_errors = 0;
    if (step == SINTER_OK && einsums->n_children == 0)
        step = sinter_error(r->diags, einsums->at, einsums_hint, "the cascade has no Einsums");
    for (const struct yaml_node *node = einsums->first; step != SINTER_NO_MEMORY && node; node = node->next) {
        if (cascade_merge(read_operator(r, node), &step, &n_errors))
            break;
    }
    return step;
}

static enum sinter_status read_head(struct reading *r)
{
    static const char *const known[] = {"cascade", "type", "ranks", "tensors", "einsums"};
    enum sinter_status status = yaml_expect(r->root, YAML_MAPPING, "a cascade file", r->diags);
    if (status == SINTER_OK)
        status = yaml_known_keys(r->root, "a cascade file", known, 5, r->diags);
    const struct yaml_node *name = status == SINTER_OK ? yaml_get(r->root, "cascade") : NULL;
    if (status == SINTER_OK && !name)
        status = sinter_error(r->diags, r->root->at, "write `cascade: NAME`", "the cascade has no name");
    struct word name_word = {0}, type = {"fp16", {0}};
    if (status == SINTER_OK)
        status = read_word(r, name, "cascade", "write `cascade: NAME`", &name_word);
    if (status == SINTER_OK)
        status = override_document(r);
    if (status == SINTER_OK && yaml_get(r->root, "type"))
        status = read_word(r, yaml_get(r->root, "type"), "type", NULL, &type);
    if (status != SINTER_OK)
        return status;
    r->builder = sinter_cascade_builder_new(name_word.text, type.text, r->allocator, r->diags);
    if (!r->builder)
        return SINTER_NO_MEMORY;
    r->builder->type.at = cascade_keep(r->builder, type.at);
    return SINTER_OK;
}

/* Every part is read even when one before it is wrong, so that all slips are reported at once. */
static enum sinter_status read_document(struct reading *r, struct sinter_cascade **cascade)
{
    enum sinter_status (*const parts[])(const struct reading *) = {read_ranks, read_tensors, read_einsums, override_types};
    enum sinter_status step = read_head(r);
    int n_errors = 0;
    if (step != SINTER_OK)
        return step;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (cascade_merge(parts[i](r), &step, &n_errors))
            break;
    }
    if (step == SINTER_OK)
        return sinter_cascade_builder_finish(r->builder, cascade);
    sinter_cascade_builder_free(r->builder);
    return step;
}

static enum sinter_status read_cascade(const char *file, const char *text, size_t length, struct reading *r,
                                       struct sinter_cascade **cascade)
{
    *cascade = NULL;
    r->arena = sinter_arena_new(r->allocator);
    if (!r->arena)
        return sinter_out_of_memory(r->diags);
    enum sinter_status status = register_overrides(r);
    if (status == SINTER_OK)
        status = text ? yaml_read_text(file, text, length, r->arena, r->diags, &r->root)
                      : yaml_read_file(file, r->arena, r->diags, &r->root);
    if (status == SINTER_OK)
        status = read_document(r, cascade);
    sinter_arena_free(r->arena);
    return status;
}

enum sinter_status sinter_cascade_parse(const char *file, const char *text, size_t length, struct sinter_override *overrides,
                                        int n_overrides, const struct sinter_allocator *allocator,
                                        struct sinter_diagnostics *diags, struct sinter_cascade **cascade)
{
    struct reading r = {.diags = diags, .allocator = allocator, .overrides = overrides, .n_overrides = n_overrides};
    return read_cascade(file, text ? text : "", text ? length : 0, &r, cascade);
}

enum sinter_status sinter_cascade_read_file(const char *file, struct sinter_override *overrides, int n_overrides,
                                            const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                            struct sinter_cascade **cascade)
{
    struct reading r = {.diags = diags, .allocator = allocator, .overrides = overrides, .n_overrides = n_overrides};
    return read_cascade(file, NULL, 0, &r, cascade);
}
