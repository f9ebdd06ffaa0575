/* schedule_text.c: a schedule with bytes and trips as comments; what lives at a peak.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "report/format.h"

/* ---- from schedule nodes to the plan ------------------------------------------------------------------------- */

static const struct sinter_plan_node *plan_node_of(const struct sinter_plan *plan, int source)
{
    for (int i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].source == source)
            return &plan->nodes[i];
    return NULL;
}

/* The bits that a hold or carry line occupies: the footprints of the tiles that it asked for. -1: there is none. */
static int64_t line_bits(const struct sinter_plan *plan, int line)
{
    int64_t bits = -1;
    for (int t = 0; t < plan->n_tiles; t++) {
        const struct sinter_tile *tile = &plan->tiles[t];
        if (tile->line == line)
            bits = bits < 0 ? tile->footprint_bits : bits + tile->footprint_bits;
    }
    return bits;
}

/* ---- comments ----------------------------------------------------------------------------------------------- */

static void line_comment(struct sinter_text *out, const struct sinter_part_result *part, int line)
{
    const struct sinter_node *node = &part->schedule.nodes[line];
    int64_t bits = line_bits(part->plan, line);
    if (node->memory == 0)
        sinter_text_append(out, "through DRAM");
    else if (bits >= 0)
        sinter_text_append(out, show_capacity((double)sinter_bits_to_bytes(bits)).text);
}

static void loop_comment(struct sinter_text *out, const struct sinter_part_result *part, int line)
{
    const struct sinter_plan *plan = part->plan;
    const struct sinter_plan_node *node = plan_node_of(plan, line);
    if (node == NULL) {
        sinter_text_append(out, "one trip");
        return;
    }
    int64_t range = part->cascade->ranks[node->rank].extent;
    for (int parent = node->parent; parent >= 0; parent = plan->nodes[parent].parent) {
        if (plan->nodes[parent].kind == SINTER_LOOP && plan->nodes[parent].rank == node->rank) {
            range = plan->nodes[parent].tile;
            break;
        }
    }
    int64_t trips = sinter_ceil_div(range, node->tile > 0 ? node->tile : 1);
    sinter_text_printf(out, "%s trip%s", show_integer(trips).text, trips == 1 ? "" : "s");
}

static void group_comment(struct sinter_text *out, const struct sinter_part_result *part, int line)
{
    const struct sinter_plan_node *node = plan_node_of(part->plan, line);
    if (node == NULL)
        return;
    const char *separator = "peak ";
    for (int m = 1; m < part->plan->accel->n_memories; m++) {
        int64_t bits = part->plan->groups[node->group].peak_bits[m];
        sinter_text_printf(out, "%s%s in %s", separator, show_capacity((double)sinter_bits_to_bytes(bits)).text,
                           part->plan->accel->memories[m].name);
        separator = ", ";
    }
}

void append_line_note(struct sinter_text *out, const struct sinter_part_result *part, int line)
{
    switch (part->schedule.nodes[line].kind) {
    case SINTER_GROUP:
        group_comment(out, part, line);
        return;
    case SINTER_LOOP:
        loop_comment(out, part, line);
        return;
    case SINTER_HOLD:
    case SINTER_CARRY:
        line_comment(out, part, line);
        return;
    case SINTER_CHAIN:
    case SINTER_LEAF:
        return;
    }
}

/* ---- the annotated schedule ---------------------------------------------------------------------------------- */

static int longest_line(const char *text)
{
    int longest = 0, length = 0;
    for (; *text != '\0'; text++) {
        length = *text == '\n' ? 0 : length + 1;
        longest = length > longest ? length : longest;
    }
    return longest < 44 ? longest : 44; /* a few long lines shall not push all comments out of sight */
}

static int count_lines(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

/* As part of a report a line is for people, on its own it is for the parser. */
static void append_line(struct sinter_text *out, const char *line, size_t length, bool is_clean)
{
    struct sinter_text copy = {.allocator = out->allocator};
    sinter_text_append_n(&copy, line, length);
    if (is_clean)
        append_clean(out, sinter_text_data(&copy));
    else
        sinter_text_append(out, sinter_text_data(&copy));
    out->failed = out->failed || copy.failed;
    sinter_text_free(&copy);
}

void append_schedule(struct sinter_text *out, const struct sinter_part_result *part, const char *indent)
{
    struct sinter_text plain = {.allocator = out->allocator};
    sinter_schedule_print(&part->schedule, &plain);
    const char *at = sinter_text_data(&plain);
    /* the notation has one line a node, in preorder; without a plan there is nothing to say */
    bool has_comments = part->has_plan && count_lines(at) == part->schedule.n_nodes;
    int width = longest_line(at);
    for (int line = 0; *at != '\0'; line++) {
        size_t length = strcspn(at, "\n");
        sinter_text_append(out, indent);
        append_line(out, at, length, indent[0] != '\0');
        struct sinter_text note = {.allocator = out->allocator};
        if (has_comments)
            append_line_note(&note, part, line);
        if (note.length > 0) {
            for (int i = (int)length; i < width; i++)
                sinter_text_append(out, " ");
            sinter_text_append(out, "  # ");
            append_clean(out, sinter_text_data(&note));
        }
        out->failed = out->failed || note.failed;
        sinter_text_free(&note);
        sinter_text_append(out, "\n");
        at += length + (at[length] == '\n');
    }
    out->failed = out->failed || plain.failed;
    sinter_text_free(&plain);
}

/* ---- residents ---------------------------------------------------------------------------------------------- */

#define MAX_RESIDENTS 6 /* the rest is summed up */

void append_residents(struct sinter_text *out, const struct sinter_plan *plan, int group, int memory)
{
    int leaf = plan->groups[group].peak_leaf[memory];
    int64_t below = INT64_MAX, rest = 0;
    int last = -1, n = 0;
    /* selection in descending order of size, ties by index, without memory of its own */
    for (;;) {
        int next = -1;
        for (int t = 0; t < plan->n_tiles && leaf >= 0; t++) {
            const struct sinter_tile *tile = &plan->tiles[t];
            bool is_live = tile->memory == memory && tile->begin <= leaf && leaf < tile->end && tile->footprint_bits > 0;
            bool is_left = tile->footprint_bits < below || (tile->footprint_bits == below && t > last);
            if (is_live && is_left && (next < 0 || tile->footprint_bits > plan->tiles[next].footprint_bits))
                next = t;
        }
        if (next < 0)
            break;
        below = plan->tiles[next].footprint_bits;
        last = next;
        if (n++ >= MAX_RESIDENTS) {
            rest += below;
            continue;
        }
        sinter_text_append(out, n > 1 ? ", " : "");
        append_clean(out, plan->cascade->tensors[plan->tiles[next].tensor].name);
        sinter_text_append(out, plan->tiles[next].kind == SINTER_TILE_CARRY ? " carry " : " ");
        sinter_text_append(out, show_capacity((double)sinter_bits_to_bytes(below)).text);
    }
    if (n > MAX_RESIDENTS)
        sinter_text_printf(out, ", %d more %s", n - MAX_RESIDENTS, show_capacity((double)sinter_bits_to_bytes(rest)).text);
}
