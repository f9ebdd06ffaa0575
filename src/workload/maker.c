/* maker.c: the cascade builder with the batch rank left in or out.
 * SPDX-License-Identifier: MIT
 */
#include "workload/maker.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_TEXT = 4096 };

enum sinter_status maker_start(struct maker *maker, const struct config *config, const char *part,
                               struct sinter_arena *arena, const struct sinter_allocator *allocator,
                               struct sinter_diagnostics *diags)
{
    const char *name = sinter_arena_printf(arena, "%s-%s", config->name, part);

    *maker = (struct maker){.config = config, .arena = arena, .diags = diags, .at = {.file = config->source}};
    maker->builder = name ? sinter_cascade_builder_new(name, config->type, allocator, diags) : NULL;
    if (!maker->builder)
        return sinter_out_of_memory(diags);
    if (config->extent[EXTENT_B] > 1)
        maker_ranks(maker, "B");
    return SINTER_OK;
}

void maker_rank(struct maker *maker, const char *name, int64_t extent, enum extent from)
{
    sinter_cascade_builder_rank(maker->builder, name, extent, maker->config->at[from]);
}

void maker_ranks(struct maker *maker, const char *letters)
{
    static const char known[] = {[EXTENT_E] = 'E', [EXTENT_D] = 'D', [EXTENT_N] = 'N', [EXTENT_R] = 'R',
                                 [EXTENT_K] = 'K', [EXTENT_V] = 'V', [EXTENT_L] = 'L', [EXTENT_B] = 'B'};

    for (; *letters; letters++)
        for (int i = 0; i < N_EXTENTS; i++)
            if (known[i] == *letters)
                maker_rank(maker, (const char[]){*letters, '\0'}, maker->config->extent[i], (enum extent)i);
}

/* `text` with `batch` in place of every '@', in the arena. */
static const char *with_batch(struct maker *maker, const char *text, const char *batch)
{
    size_t n_marks = 0, step = maker->config->extent[EXTENT_B] > 1 ? strlen(batch) : 0;
    char *out, *to;

    for (const char *c = text; *c; c++)
        n_marks += *c == '@';
    out = to = sinter_arena_alloc(maker->arena, strlen(text) + n_marks * step + 1, 1);
    if (!out) {
        maker->is_out_of_memory = true;
        return NULL;
    }
    for (const char *c = text; *c; c++)
        if (*c == '@') {
            for (size_t i = 0; i < step; i++)
                *to++ = batch[i];
        } else
            *to++ = *c;
    return out;
}

void maker_tensor(struct maker *maker, const char *name, const char *ranks, enum sinter_role role, const char *type,
                  const char *state)
{
    struct sinter_tensor_options options = {.role = role, .type = type, .state = state};

    options.ranks = with_batch(maker, ranks, "B, ");
    if (options.ranks)
        sinter_cascade_builder_tensor(maker->builder, name, &options, maker->at);
}

void maker_einsum(struct maker *maker, const char *operator_name, const char *format, ...)
{
    char text[MAX_TEXT];
    const char *complete;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    complete = with_batch(maker, text, "b,");
    if (complete)
        sinter_cascade_builder_einsum(maker->builder, operator_name, complete, maker->at);
}

enum sinter_status maker_finish(struct maker *maker, struct sinter_cascade **cascade)
{
    struct sinter_cascade_builder *builder = maker->builder;

    maker->builder = NULL;
    if (maker->is_out_of_memory) {
        sinter_cascade_builder_free(builder);
        return sinter_out_of_memory(maker->diags);
    }
    return sinter_cascade_builder_finish(builder, cascade);
}
