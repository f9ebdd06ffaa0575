/* nest.c: a part's schedule as the lines of its loop nest.
 * SPDX-License-Identifier: MIT
 */
#include "page/nest.h"

#include <string.h>

static const char *kind_name(enum sinter_tile_kind kind)
{
    static const char *const names[] = {"stream", "hold", "intermediate", "carry"};
    return names[kind];
}

/* The line that a tile stands at: the one that asked for it, else that of the body that it lives in. */
static int line_of(const struct sinter_plan *plan, const struct sinter_tile *tile)
{
    return tile->line >= 0 ? tile->line : plan->nodes[tile->body].source;
}

static json_t *tiles_member(struct jot *jot, const struct sinter_plan *plan, int line)
{
    json_t *array = jot_array(jot);
    for (int t = 0; t < plan->n_tiles; t++) {
        const struct sinter_tile *tile = &plan->tiles[t];
        if (line_of(plan, tile) != line || tile->footprint_bits <= 0)
            continue;
        json_t *object = jot_object(jot);
        jot_put(jot, object, "tensor", jot_text(jot, plan->cascade->tensors[tile->tensor].name));
        jot_put(jot, object, "kind", jot_text(jot, kind_name(tile->kind)));
        jot_put(jot, object, "memory", jot_text(jot, plan->accel->memories[tile->memory].name));
        jot_put(jot, object, "bytes", jot_count(jot, sinter_bits_to_bytes(tile->footprint_bits)));
        jot_add(jot, array, object);
    }
    return array;
}

static json_t *line_member(struct jot *jot, const struct sinter_part_result *part, int line, const char *text, size_t length)
{
    struct sinter_text copy = {0}, note = {0};
    json_t *object = jot_object(jot);
    sinter_text_append_n(&copy, text, length);
    append_line_note(&note, part, line);
    jot->failed = jot->failed || copy.failed || note.failed;
    jot_put(jot, object, "line", jot_text(jot, sinter_text_data(&copy)));
    jot_put(jot, object, "note", note.length > 0 ? jot_text(jot, sinter_text_data(&note)) : json_null());
    jot_put(jot, object, "tiles", tiles_member(jot, part->plan, line));
    sinter_text_free(&note);
    sinter_text_free(&copy);
    return object;
}

json_t *jot_nest(struct jot *jot, const struct sinter_part_result *part)
{
    json_t *array = jot_array(jot);
    struct sinter_text text = {0};
    if (!part->has_schedule || !part->has_plan)
        return array;
    sinter_schedule_print(&part->schedule, &text); /* one line a node, in preorder */
    const char *at = sinter_text_data(&text);
    for (int line = 0; *at != '\0' && line < part->schedule.n_nodes; line++) {
        size_t length = strcspn(at, "\n");
        jot_add(jot, array, line_member(jot, part, line, at, length));
        at += length + (at[length] == '\n');
    }
    jot->failed = jot->failed || text.failed;
    sinter_text_free(&text);
    return array;
}
