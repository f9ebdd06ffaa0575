/* override.c: `--set FIELD=VALUE` on the tree of an accelerator file: "clock", "buffer.capacity", "array.cycles.exp".
 * SPDX-License-Identifier: MIT
 *
 * The value is YAML, so that `--set array.pes=[64, 128]` can give a list. A field whose first word is neither a field of
 * the accelerator nor the name of a part is left unmarked: it may belong to the model.
 */
#include <string.h>

#include "accel/reader.h"

/* The memory or unit whose name is the first `length` characters of `name`. */
static struct yaml_node *find_part(const struct yaml_node *root, const char *name, size_t length)
{
    static const char *const lists[] = {"memories", "units"};

    for (int i = 0; i < 2; i++) {
        const struct yaml_node *list = yaml_get(root, lists[i]);
        if (!list || list->kind != YAML_SEQUENCE)
            continue;
        for (struct yaml_node *part = list->first; part; part = part->next) {
            const struct yaml_node *part_name = part->kind == YAML_MAPPING ? yaml_get(part, "name") : NULL;
            if (part_name && part_name->kind == YAML_SCALAR && strlen(part_name->text) == length &&
                memcmp(part_name->text, name, length) == 0)
                return part;
        }
    }
    return NULL;
}

/* Gives the member `key` the content of `value`, keeping its place in the mapping. */
static enum sinter_status put_node(struct yaml_node *mapping, const char *key, const struct yaml_node *value,
                                   struct sinter_arena *arena, struct sinter_diagnostics *diags)
{
    struct yaml_node *member;

    if (yaml_put(mapping, key, "", value->at, arena) != SINTER_OK)
        return sinter_out_of_memory(diags);
    member = yaml_get(mapping, key);
    member->kind = value->kind;
    member->at = value->at;
    member->key_at = value->at;
    member->text = value->text;
    member->is_null = value->is_null;
    member->is_quoted = value->is_quoted;
    member->first = value->first;
    member->n_children = value->n_children;
    return SINTER_OK;
}

static enum sinter_status put_field(struct yaml_node *part, const char *path, const struct yaml_node *value,
                                    struct sinter_arena *arena, struct sinter_diagnostics *diags)
{
    const char *dot = strchr(path, '.');
    struct yaml_node *inner;
    char *key;

    if (!dot)
        return put_node(part, path, value, arena, diags);
    key = sinter_arena_copy(arena, path, (size_t)(dot - path));
    if (!key)
        return sinter_out_of_memory(diags);
    inner = yaml_get(part, key);
    if (!inner) {
        struct yaml_node empty = {.kind = YAML_MAPPING, .at = value->at};
        enum sinter_status status = put_node(part, key, &empty, arena, diags);
        if (status != SINTER_OK)
            return status;
        inner = yaml_get(part, key);
    }
    if (inner->kind != YAML_MAPPING || strchr(dot + 1, '.'))
        return sinter_error(diags, value->at, NULL, "'%s' has no fields that could be set", key);
    return put_node(inner, dot + 1, value, arena, diags);
}

static enum sinter_status apply_one(struct yaml_node *root, struct sinter_override *override, struct sinter_arena *arena,
                                    struct sinter_diagnostics *diags)
{
    const char *dot = strchr(override->field, '.');
    struct yaml_node *part = dot ? find_part(root, override->field, (size_t)(dot - override->field)) : root, *value;
    bool is_known = dot && part;
    const char *file;
    enum sinter_status status;

    for (int i = 0; !dot && i < n_accel_keys; i++)
        is_known = is_known || strcmp(override->field, accel_keys[i]) == 0;
    if (!is_known)
        return SINTER_OK;
    override->is_used = true;
    file = sinter_arena_printf(arena, "--set %s", override->field);
    if (!file)
        return sinter_out_of_memory(diags);
    if (strspn(override->value, " \t\n") == strlen(override->value))
        return sinter_error(diags, (struct sinter_location){file, 1, 1}, NULL, "the value is empty");
    status = yaml_read_text(file, override->value, strlen(override->value), arena, diags, &value);
    return status == SINTER_OK ? put_field(part, dot ? dot + 1 : override->field, value, arena, diags) : status;
}

enum sinter_status override_apply(struct yaml_node *root, struct sinter_override *overrides, int n_overrides,
                                  struct sinter_arena *arena, struct sinter_diagnostics *diags)
{
    for (int i = 0; i < n_overrides; i++) {
        enum sinter_status status = apply_one(root, &overrides[i], arena, diags);
        if (status != SINTER_OK)
            return status;
    }
    return SINTER_OK;
}

bool override_names(const struct sinter_override *overrides, int n_overrides, const char *owner, const char *field)
{
    size_t length = strlen(owner);

    for (int i = 0; i < n_overrides; i++)
        if (strncmp(overrides[i].field, owner, length) == 0 && overrides[i].field[length] == '.' &&
            strcmp(overrides[i].field + length + 1, field) == 0)
            return true;
    return false;
}
