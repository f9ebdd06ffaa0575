/* names.c: looking up ranks, variables and tensors by name, and guessing what was meant.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "cascade/build.h"

bool cascade_is_name(const char *text)
{
    size_t i = 0;
    for (; text[i] && i <= MAX_NAME; i++) {
        char c = text[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return i > 0 && i <= MAX_NAME;
}

static bool same(const char *name, const char *word, size_t length)
{
    return strncmp(name, word, length) == 0 && name[length] == '\0';
}

/* FNV-1a. */
static uint64_t hash_name(const char *name, size_t length)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

bool cascade_names_init(struct name_table *table, struct sinter_arena *arena, int n_names)
{
    table->n_slots = 16;
    while (table->n_slots < 2 * n_names)
        table->n_slots *= 2;
    table->slots = sinter_arena_alloc(arena, (size_t)table->n_slots, sizeof *table->slots);
    return table->slots != NULL;
}

/* The slot where the name is or would be. */
static int *find_slot(const struct name_table *table, const struct sinter_tensor *tensors, const char *name, size_t length)
{
    int slot = (int)(hash_name(name, length) & (uint64_t)(table->n_slots - 1));
    while (table->slots[slot] && !same(tensors[table->slots[slot] - 1].name, name, length))
        slot = (slot + 1) & (table->n_slots - 1);
    return &table->slots[slot];
}

void cascade_names_add(struct name_table *table, const struct sinter_tensor *tensors, int index)
{
    *find_slot(table, tensors, tensors[index].name, strlen(tensors[index].name)) = index + 1;
}

int cascade_names_find(const struct name_table *table, const struct sinter_tensor *tensors, const char *name, size_t length)
{
    return *find_slot(table, tensors, name, length) - 1;
}

int cascade_rank_by_name(const struct sinter_cascade_builder *builder, const char *name, size_t length)
{
    for (int r = 0; r < builder->cascade->n_ranks; r++) {
        if (same(builder->ranks[r].name, name, length))
            return r;
    }
    return -1;
}

int cascade_rank_by_variable(const struct sinter_cascade_builder *builder, const char *name, size_t length)
{
    for (int r = 0; r < builder->cascade->n_ranks; r++) {
        if (same(builder->ranks[r].variable, name, length))
            return r;
    }
    return -1;
}

static const char *did_you_mean(struct sinter_cascade_builder *builder, const char *word, const char *const *names, int n,
                                const char *otherwise)
{
    char buffer[MAX_NAME + 32];
    const char *hint = sinter_suggest_hint(sinter_suggest(word, names, n), buffer, sizeof buffer);
    hint = hint ? sinter_arena_copy(builder->scratch, hint, strlen(hint)) : NULL;
    return hint ? hint : otherwise;
}

const char *cascade_hint_rank(struct sinter_cascade_builder *builder, const char *word, const char *otherwise)
{
    const char *names[SINTER_MAX_RANKS];
    for (int r = 0; r < builder->cascade->n_ranks; r++)
        names[r] = builder->ranks[r].name;
    return did_you_mean(builder, word, names, builder->cascade->n_ranks, otherwise);
}

const char *cascade_hint_variable(struct sinter_cascade_builder *builder, const char *word, const char *otherwise)
{
    const char *names[SINTER_MAX_RANKS];
    for (int r = 0; r < builder->cascade->n_ranks; r++)
        names[r] = builder->ranks[r].variable;
    return did_you_mean(builder, word, names, builder->cascade->n_ranks, otherwise);
}

const char *cascade_hint_tensor(struct sinter_cascade_builder *builder, const char *word, const char *otherwise)
{
    const char **names = sinter_arena_alloc(builder->scratch, (size_t)builder->n_tensors, sizeof *names);
    if (!names)
        return otherwise;
    for (int t = 0; t < builder->n_tensors; t++)
        names[t] = builder->tensors[t].name;
    /* Names of tensors are short, so a near one is a weak guess: say the other remedy too. */
    const char *near = sinter_suggest(word, names, builder->n_tensors);
    const char *hint = near ? sinter_arena_printf(builder->scratch, "did you mean '%s'? if not, %s", near, otherwise) : NULL;
    return hint ? hint : otherwise;
}

const char *cascade_dims_text(struct sinter_cascade_builder *builder, int n_dims, const int *dims)
{
    struct sinter_text text = {.allocator = builder->allocator};
    sinter_text_append(&text, "[");
    for (int d = 0; d < n_dims; d++)
        sinter_text_printf(&text, "%s%s", d ? ", " : "", builder->ranks[dims[d]].name);
    sinter_text_append(&text, "]");
    const char *copy = sinter_arena_copy(builder->scratch, sinter_text_data(&text), text.length);
    sinter_text_free(&text);
    return copy ? copy : "[...]";
}
