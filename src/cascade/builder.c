/* builder.c: records declarations, and turns them into a cascade step by step.
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <string.h>

#include "cascade/build.h"

static const char split_hint[] = "split the cascade into several files";

/* ---- recording ----------------------------------------------------------------------------------------------- */

void cascade_fail(struct sinter_cascade_builder *b, enum sinter_status status)
{
    if (b->status == SINTER_OK)
        b->status = status;
}

static void out_of_memory(struct sinter_cascade_builder *b)
{
    cascade_fail(b, sinter_out_of_memory(b->diags));
}

struct sinter_location cascade_keep(struct sinter_cascade_builder *b, struct sinter_location at)
{
    if (at.file && (!b->file || strcmp(b->file, at.file) != 0)) {
        const char *copy = sinter_arena_copy(b->arena, at.file, strlen(at.file));
        if (copy)
            b->file = copy;
        else
            out_of_memory(b);
    }
    at.file = at.file ? b->file : NULL;
    return at;
}

static struct word keep_word(struct sinter_cascade_builder *b, struct sinter_arena *arena, struct word word)
{
    struct word kept = {NULL, cascade_keep(b, word.at)};
    if (!word.text)
        return kept;
    kept.text = sinter_arena_copy(arena, word.text, strlen(word.text));
    if (!kept.text)
        out_of_memory(b);
    return kept;
}

/* An array with room for one more, in the scratch arena; NULL after a report. */
static void *grow(struct sinter_cascade_builder *b, void *items, int n, int *capacity, size_t bytes)
{
    if (n < *capacity)
        return items;
    int larger = *capacity ? 2 * *capacity : 16;
    void *copy = sinter_arena_alloc(b->scratch, (size_t)larger, bytes);
    if (!copy) {
        out_of_memory(b);
        return NULL;
    }
    if (n > 0)
        memcpy(copy, items, (size_t)n * bytes);
    *capacity = larger;
    return copy;
}

struct sinter_cascade_builder *sinter_cascade_builder_new(const char *name, const char *type,
                                                          const struct sinter_allocator *allocator,
                                                          struct sinter_diagnostics *diags)
{
    struct sinter_cascade_builder *b = NULL;
    struct sinter_arena *scratch = sinter_arena_new(allocator), *arena = sinter_arena_new(allocator);
    if (scratch && arena)
        b = sinter_arena_alloc(scratch, 1, sizeof *b);
    if (!b) {
        sinter_arena_free(scratch);
        sinter_arena_free(arena);
        sinter_out_of_memory(diags);
        return NULL;
    }
    b->allocator = allocator;
    b->arena = arena;
    b->scratch = scratch;
    b->diags = diags;
    b->name = keep_word(b, arena, (struct word){.text = name ? name : ""}).text;
    b->type = keep_word(b, scratch, (struct word){.text = type ? type : "fp16"});
    return b;
}

void cascade_add_rank(struct sinter_cascade_builder *b, struct word name, int64_t extent, struct sinter_location extent_at)
{
    if (!b || b->status != SINTER_OK)
        return;
    struct rank_draft draft = {keep_word(b, b->arena, name), extent, cascade_keep(b, extent_at)};
    if (b->status != SINTER_OK)
        return;
    if (b->n_rank_drafts == SINTER_MAX_RANKS)
        cascade_fail(b, sinter_error(b->diags, draft.name.at, split_hint, "more than %d ranks", SINTER_MAX_RANKS));
    else
        b->rank_drafts[b->n_rank_drafts++] = draft;
}

void sinter_cascade_builder_rank(struct sinter_cascade_builder *b, const char *name, int64_t extent,
                                 struct sinter_location at)
{
    cascade_add_rank(b, (struct word){name, at}, extent, at);
}

void cascade_add_tensor(struct sinter_cascade_builder *b, const struct tensor_draft *draft)
{
    if (!b || b->status != SINTER_OK)
        return;
    struct tensor_draft kept = {
        keep_word(b, b->arena, draft->name),   draft->n_ranks, NULL, draft->role, keep_word(b, b->scratch, draft->type),
        keep_word(b, b->scratch, draft->state)};
    struct word *ranks = sinter_arena_alloc(b->scratch, (size_t)draft->n_ranks, sizeof *ranks);
    if (!ranks)
        out_of_memory(b);
    for (int i = 0; b->status == SINTER_OK && i < draft->n_ranks; i++)
        ranks[i] = keep_word(b, b->scratch, draft->ranks[i]);
    kept.ranks = ranks;
    if (b->status != SINTER_OK)
        return;
    if (b->n_tensor_drafts == MAX_TENSORS) {
        cascade_fail(b, sinter_error(b->diags, kept.name.at, split_hint, "more than %d tensors", MAX_TENSORS));
        return;
    }
    struct tensor_draft *drafts = grow(b, b->tensor_drafts, b->n_tensor_drafts, &b->tensor_capacity, sizeof *drafts);
    if (!drafts)
        return;
    b->tensor_drafts = drafts;
    drafts[b->n_tensor_drafts++] = kept;
}

/* "L, D, N" to words. */
static int split_ranks(struct sinter_cascade_builder *b, const char *text, struct sinter_location at,
                       const struct word **ranks)
{
    int n = 1;
    for (const char *c = text; *c; c++)
        n += *c == ',';
    struct word *words = sinter_arena_alloc(b->scratch, (size_t)n, sizeof *words);
    if (!words) {
        out_of_memory(b);
        return 0;
    }
    *ranks = words;
    text += strspn(text, " ");
    if (!*text)
        return 0;
    for (int i = 0; i < n; i++) {
        text += strspn(text, " ");
        size_t length = strcspn(text, ","), trimmed = length;
        while (trimmed > 0 && text[trimmed - 1] == ' ')
            trimmed--;
        words[i] = (struct word){sinter_arena_copy(b->scratch, text, trimmed), at};
        if (!words[i].text)
            out_of_memory(b);
        text += length + (text[length] == ',');
    }
    return n;
}

void sinter_cascade_builder_tensor(struct sinter_cascade_builder *b, const char *name,
                                   const struct sinter_tensor_options *options, struct sinter_location at)
{
    if (!b || b->status != SINTER_OK)
        return;
    struct tensor_draft draft = {
        .name = {name, at}, .role = options->role, .type = {options->type, at}, .state = {options->state, at}};
    draft.n_ranks = split_ranks(b, options->ranks ? options->ranks : "", at, &draft.ranks);
    cascade_add_tensor(b, &draft);
}

void sinter_cascade_builder_einsum(struct sinter_cascade_builder *b, const char *operator_name, const char *text,
                                   struct sinter_location at)
{
    if (!b || b->status != SINTER_OK)
        return;
    struct einsum_draft draft = {.operator_name = keep_word(b, b->arena, (struct word){.text = operator_name}).text,
                                 .text = keep_word(b, b->scratch, (struct word){text, at})};
    if (b->status != SINTER_OK)
        return;
    if (operator_name && (!*operator_name || strlen(operator_name) > MAX_NAME)) {
        cascade_fail(b, sinter_error(b->diags, draft.text.at, NULL, "the name of an operator has 1 to %d bytes, found %zu",
                                     MAX_NAME, strlen(operator_name)));
        return;
    }
    if (b->n_einsum_drafts == SINTER_MAX_EINSUMS) {
        cascade_fail(b, sinter_error(b->diags, draft.text.at, split_hint, "more than %d Einsums", SINTER_MAX_EINSUMS));
        return;
    }
    struct einsum_draft *drafts = grow(b, b->einsum_drafts, b->n_einsum_drafts, &b->einsum_capacity, sizeof *drafts);
    if (!drafts)
        return;
    b->einsum_drafts = drafts;
    drafts[b->n_einsum_drafts++] = draft;
}

void cascade_add_type_change(struct sinter_cascade_builder *b, const char *tensor, struct word type,
                             struct sinter_override *override)
{
    if (!b || b->status != SINTER_OK)
        return;
    struct type_change change = {sinter_arena_copy(b->scratch, tensor, strlen(tensor)), keep_word(b, b->scratch, type),
                                 override};
    if (!change.tensor)
        out_of_memory(b);
    if (b->status != SINTER_OK)
        return;
    struct type_change *changes = grow(b, b->type_changes, b->n_type_changes, &b->change_capacity, sizeof *changes);
    if (!changes)
        return;
    b->type_changes = changes;
    changes[b->n_type_changes++] = change;
}

/* ---- finishing ----------------------------------------------------------------------------------------------- */

static enum sinter_status set_text(struct sinter_cascade_builder *b, struct sinter_einsum *einsum)
{
    struct sinter_text text = {.allocator = b->allocator};
    cascade_print_einsum(b->ranks, b->tensors, einsum, &text);
    einsum->text = text.failed ? NULL : sinter_arena_copy(b->arena, sinter_text_data(&text), text.length);
    sinter_text_free(&text);
    return einsum->text ? SINTER_OK : sinter_out_of_memory(b->diags);
}

static enum sinter_status read_right_side(struct sinter_cascade_builder *b, int i)
{
    enum sinter_status status = cascade_read_right_side(b, i);
    if (status == SINTER_OK)
        status = cascade_count_operations(b, &b->einsums[i]);
    if (status == SINTER_OK)
        status = cascade_find_operands(b, &b->einsums[i]);
    return status == SINTER_OK ? set_text(b, &b->einsums[i]) : status;
}

static enum sinter_status read_right_sides(struct sinter_cascade_builder *b)
{
    enum sinter_status step = SINTER_OK;
    int n_errors = 0;
    for (int i = 0; i < b->n_einsum_drafts; i++) {
        if (cascade_merge(read_right_side(b, i), &step, &n_errors))
            break;
    }
    return step;
}

static enum sinter_status group_operators(struct sinter_cascade_builder *b)
{
    struct sinter_operator *operators = sinter_arena_alloc(b->arena, (size_t)b->n_einsum_drafts, sizeof *operators);
    if (!operators)
        return sinter_out_of_memory(b->diags);
    int n = 0;
    for (int i = 0; i < b->n_einsum_drafts; i++) {
        const char *name = b->einsum_drafts[i].operator_name;
        const char *previous = i > 0 ? b->einsum_drafts[i - 1].operator_name : NULL;
        if (!name || !previous || strcmp(name, previous) != 0)
            operators[n++] = (struct sinter_operator){name ? name : b->einsums[i].name, i, 0};
        operators[n - 1].n_einsums++;
        b->einsums[i].cascade_operator = n - 1;
    }
    b->cascade->operators = operators;
    b->cascade->n_operators = n;
    return SINTER_OK;
}

static enum sinter_status check_count(struct sinter_cascade_builder *b)
{
    if (b->n_einsum_drafts > 0)
        return SINTER_OK;
    return sinter_error(b->diags, (struct sinter_location){.file = b->file}, NULL, "cascade '%.128s' has no Einsum",
                        b->name);
}

static enum sinter_status build(struct sinter_cascade_builder *b)
{
    enum sinter_status (*const steps[])(struct sinter_cascade_builder *) = {
        check_count,      cascade_declare_ranks, cascade_declare_tensors, cascade_read_left_sides,
        read_right_sides, cascade_find_cycles,   cascade_find_facts,      group_operators,
    };
    b->cascade = sinter_arena_alloc(b->arena, 1, sizeof *b->cascade);
    if (!b->cascade)
        return sinter_out_of_memory(b->diags);
    b->cascade->name = b->name;
    b->cascade->arena = b->arena;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        enum sinter_status status = steps[i](b);
        if (status != SINTER_OK)
            return status;
    }
    return SINTER_OK;
}

void sinter_cascade_builder_free(struct sinter_cascade_builder *b)
{
    if (!b)
        return;
    sinter_arena_free(b->arena);
    sinter_arena_free(b->scratch); /* holds the builder itself */
}

enum sinter_status sinter_cascade_builder_finish(struct sinter_cascade_builder *b, struct sinter_cascade **cascade)
{
    *cascade = NULL;
    if (!b)
        return SINTER_NO_MEMORY;
    enum sinter_status status = b->status == SINTER_OK ? build(b) : b->status;
    if (status == SINTER_OK) {
        *cascade = b->cascade;
        b->arena = NULL;
    }
    sinter_cascade_builder_free(b);
    return status;
}
