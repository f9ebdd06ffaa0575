/* reproduce.c: published numbers computed again: expands the tables of a paper, sets ours beside theirs, says why.
 * SPDX-License-Identifier: MIT
 */
#include "report/reproduce.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/measure.h"

struct reproducer {
    struct laboratory laboratory;
    struct sinter_reproduction *made;
    const struct published *published;
};

/* ---- one row ------------------------------------------------------------------------------------------------------ */

static double in_unit(double value, enum unit unit, const struct measured *measured)
{
    double seconds = value * (double)measured->layers / measured->hz;
    switch (unit) {
    case UNIT_OWN:
        return value;
    case UNIT_MODEL:
        return value * (double)measured->layers;
    case UNIT_MS_PER_TOKEN:
        return seconds * 1e3 / measured->tokens;
    case UNIT_MS:
        return seconds * 1e3;
    case UNIT_SECONDS:
        return seconds;
    case N_UNITS:
        break;
    }
    return (double)NAN;
}

/* The published number in the unit of the block. A speed-up that is not published itself is that of published cycles. */
static double theirs_of(const struct published *published, const struct point *point, const struct published_block *block,
                        const struct measured *measured)
{
    struct point wanted = *point;
    enum unit unit = UNIT_OWN;
    if (block->against != NULL)
        wanted.at[AXIS_SETTING].text = block->against;
    double number = published_number(published, &wanted, &unit);
    bool is_speedup = strcmp(point->at[AXIS_QUANTITY].text, quantity_name(QUANTITY_SPEEDUP)) == 0;
    if (!is_speedup || isfinite(number))
        return unit == block->unit && unit != UNIT_OWN ? number
               : unit == UNIT_OWN                      ? in_unit(number, block->unit, measured)
                                                       : (double)NAN;
    wanted.at[AXIS_QUANTITY].text = quantity_name(QUANTITY_CYCLES);
    number = published_number(published, &wanted, &unit);
    wanted.at[AXIS_AREA] = wanted.at[AXIS_SHARE] = (struct axis_value){NULL, 0};
    wanted.at[AXIS_STRATEGY].text = block->baseline;
    wanted.at[AXIS_BUFFER] = (struct axis_value){"", published->settings[0].buffer_bytes};
    return published_number(published, &wanted, &unit) / number;
}

static enum sinter_status fill_row(struct reproducer *reproducer, struct point *point, const struct published_block *block,
                                   struct sinter_reproduced_row *row, bool *is_absent)
{
    const struct published *published = reproducer->published;
    const struct published_setting *setting = published_setting(published, point->at[AXIS_SETTING].text);
    bool is_of_family = point_is_of_family(point);
    if (point->at[AXIS_BUFFER].text == NULL && setting != NULL && !is_of_family)
        point->at[AXIS_BUFFER] = (struct axis_value){"", setting->buffer_bytes};
    struct measured measured;
    enum sinter_status status = measure(&reproducer->laboratory, point, block, &measured);
    *is_absent = status == SINTER_OK && measured.is_absent;
    if (status != SINTER_OK || *is_absent)
        return status;
    const char *strategy = point->at[AXIS_STRATEGY].text;
    *row = (struct sinter_reproduced_row){.setting = setting->name,
                                          .label = setting->label,
                                          .quantity = point->at[AXIS_QUANTITY].text,
                                          .unit = unit_name(block->unit),
                                          .tokens = (int64_t)point->at[AXIS_TOKENS].number,
                                          .strategy = strategy,
                                          .otherwise = measured.otherwise,
                                          .buffer_bytes = is_of_family       ? measured.buffer_bytes
                                                          : strategy == NULL ? 0
                                                                             : point->at[AXIS_BUFFER].number,
                                          .area_fraction = point->at[AXIS_AREA].number,
                                          .memory_fraction = point->at[AXIS_SHARE].number,
                                          .node = point->at[AXIS_NODE].text,
                                          .ours = in_unit(measured.value, block->unit, &measured),
                                          .theirs = theirs_of(published, point, block, &measured),
                                          .detail = measured.detail};
    for (int d = 0; d < 2 && measured.fills_area; d++)
        row->pes[d] = measured.pes[d];
    row->deviation = row->ours / row->theirs - 1;
    if (fabs(row->deviation) > SINTER_DEVIATION_EXPLAINED)
        row->reason = published_reason(published, point);
    return SINTER_OK;
}

/* ---- a table ------------------------------------------------------------------------------------------------------ */

static int64_t block_size(const struct published_block *block)
{
    int64_t n = 1;
    for (int a = 0; a < N_AXES; a++)
        n *= block->axes.at[a].n > 0 ? block->axes.at[a].n : 1;
    return n;
}

/* The point of a number of the product: the last axis runs fastest. */
static struct point point_at(const struct published_block *block, int64_t index)
{
    struct point point = {.at = {{NULL, 0}}};
    for (int a = N_AXES - 1; a >= 0; a--) {
        int n = block->axes.at[a].n;
        if (n == 0)
            continue;
        point.at[a] = block->axes.at[a].values[index % n];
        index /= n;
    }
    return point;
}

/* Do two rows of a block differ in strategy or memory_fraction alone? */
static bool is_rival(const struct sinter_reproduced_row *row, const struct sinter_reproduced_row *other)
{
    return row->setting == other->setting && row->quantity == other->quantity && row->tokens == other->tokens &&
           fabs(row->area_fraction - other->area_fraction) < 1e-9 && strcmp(row->node, other->node) == 0;
}

bool is_better(const struct sinter_reproduced_row *row, const struct sinter_reproduced_row *other)
{
    enum quantity quantity = QUANTITY_CYCLES;
    quantity_find(row->quantity, &quantity);
    if (!isfinite(row->ours) || !isfinite(other->ours))
        return isfinite(row->ours);
    return quantity_is_gain(quantity) ? row->ours > other->ours : row->ours < other->ours;
}

/* Takes the row behind those of the table into it, or where only the best of a block count, into the place of a rival that is
 * worse: among equals the first stays. */
static void keep_row(struct sinter_reproduced_table *made, const struct published_block *block, int n_before)
{
    struct sinter_reproduced_row *row = &made->rows[made->n_rows];
    for (int r = n_before; r < made->n_rows && block->is_best; r++) {
        if (!is_rival(row, &made->rows[r]))
            continue;
        if (is_better(row, &made->rows[r]))
            made->rows[r] = *row;
        return;
    }
    made->n_rows++;
}

static enum sinter_status fill_table(struct reproducer *reproducer, const struct published_table *table,
                                     struct sinter_reproduced_table *made)
{
    *made = (struct sinter_reproduced_table){.id = table->id, .title = table->title, .figure = table->figure};
    int64_t n_rows = 0;
    for (int b = 0; b < table->n_blocks; b++)
        n_rows += block_size(&table->blocks[b]);
    made->rows = sinter_arena_alloc(reproducer->made->arena, (size_t)n_rows, sizeof *made->rows);
    if (made->rows == NULL)
        return sinter_out_of_memory(reproducer->laboratory.diags);
    for (int b = 0; b < table->n_blocks; b++) {
        const struct published_block *block = &table->blocks[b];
        int n_before = made->n_rows;
        for (int64_t i = 0; i < block_size(block); i++) {
            struct point point = point_at(block, i);
            bool is_absent;
            enum sinter_status status = fill_row(reproducer, &point, block, &made->rows[made->n_rows], &is_absent);
            if (status != SINTER_OK)
                return status;
            if (!is_absent)
                keep_row(made, block, n_before);
        }
    }
    return SINTER_OK;
}

/* ---- remarks ------------------------------------------------------------------------------------------------------ */

/* "m = 0.2: 6 MiB, 128 x 256 PEs, mem-aware": the design of a row. */
static void append_design(const struct sinter_reproduced_row *row, struct sinter_text *out)
{
    sinter_text_printf(out, "m = %g: %s, %s PEs, %s", row->memory_fraction, show_capacity(row->buffer_bytes).text,
                       show_pes(row).text, row->strategy == NULL ? "not scheduled" : row->strategy);
}

/* Appends what "{ID.N}" stands for, or with a mark "*", "%" or "@" behind it; false when there is no such row. */
static bool append_reference(const struct sinter_reproduction *made, const char *text, size_t length,
                             struct sinter_text *out)
{
    const char *dot = memchr(text, '.', length);
    long number = dot == NULL ? 0 : strtol(dot + 1, NULL, 10);
    char mark = length > 0 ? text[length - 1] : '\0';
    for (int t = 0; t < made->n_tables && dot != NULL; t++) {
        const struct sinter_reproduced_table *table = &made->tables[t];
        if (strlen(table->id) != (size_t)(dot - text) || strncmp(table->id, text, (size_t)(dot - text)) != 0)
            continue;
        if (number < 1 || number > table->n_rows)
            return false;
        const struct sinter_reproduced_row *row = &table->rows[number - 1];
        if (mark == '@')
            append_design(row, out);
        else
            sinter_text_append(out, mark == '%'   ? show_deviation(row->deviation).text
                                    : mark == '*' ? show_reproduced(row, row->theirs).text
                                                  : show_reproduced(row, row->ours).text);
        return true;
    }
    return false;
}

static bool append_remark(const struct sinter_reproduction *made, const char *text, struct sinter_text *out)
{
    while (*text != '\0') {
        size_t before = strcspn(text, "{");
        sinter_text_append_n(out, text, before);
        text += before;
        const char *end = strchr(text, '}');
        if (end == NULL)
            break;
        if (!append_reference(made, text + 1, (size_t)(end - text - 1), out))
            return false;
        text = end + 1;
    }
    return true;
}

/* A remark stands where all the tables are that it speaks of. */
static enum sinter_status fill_remarks(struct reproducer *reproducer)
{
    struct sinter_reproduction *made = reproducer->made;
    const struct published *published = reproducer->published;
    made->remarks = sinter_arena_alloc(made->arena, (size_t)published->n_closing, sizeof *made->remarks);
    if (made->remarks == NULL)
        return sinter_out_of_memory(reproducer->laboratory.diags);
    for (int i = 0; i < published->n_closing; i++) {
        struct sinter_text text = {.allocator = reproducer->laboratory.allocator};
        bool stands = append_remark(made, published->closing[i], &text);
        const char *copy = text.failed ? NULL : sinter_arena_copy(made->arena, sinter_text_data(&text), text.length);
        sinter_text_free(&text);
        if (copy == NULL)
            return sinter_out_of_memory(reproducer->laboratory.diags);
        if (stands)
            made->remarks[made->n_remarks++] = copy;
    }
    return SINTER_OK;
}

/* ---- a paper ------------------------------------------------------------------------------------------------------ */

static bool uses_setting(const struct sinter_reproduction *made, const char *name)
{
    for (int t = 0; t < made->n_tables; t++)
        for (int r = 0; r < made->tables[t].n_rows; r++)
            if (strcmp(made->tables[t].rows[r].setting, name) == 0)
                return true;
    return false;
}

/* "-m mamba-2.8b --variant pact25 -a pact25": how `sinter run` and `show` are told the setting. */
static const char *options_of(struct sinter_arena *arena, const struct published_setting *setting)
{
    const char *options = sinter_arena_printf(
        arena, "-m %s%s%s -a %s%s", setting->model, setting->variant == NULL ? "" : " --variant ",
        setting->variant == NULL ? "" : setting->variant, setting->accel, setting->is_decode ? " --phase decode" : "");
    for (int i = 0; i < setting->n_set && options != NULL; i++)
        options = sinter_arena_printf(arena, "%s --set '%s=%s'", options, setting->fields[i], setting->values[i]);
    return options;
}

static enum sinter_status fill_settings(struct reproducer *reproducer)
{
    struct sinter_reproduction *made = reproducer->made;
    const struct published *published = reproducer->published;
    made->settings = sinter_arena_alloc(made->arena, (size_t)published->n_settings, sizeof *made->settings);
    if (made->settings == NULL)
        return sinter_out_of_memory(reproducer->laboratory.diags);
    for (int i = 0; i < published->n_settings; i++) {
        const struct published_setting *setting = &published->settings[i];
        if (!uses_setting(made, setting->name))
            continue;
        const char *options = setting->model == NULL ? NULL : options_of(made->arena, setting);
        if (options == NULL && setting->model != NULL)
            return sinter_out_of_memory(reproducer->laboratory.diags);
        made->settings[made->n_settings++] = (struct sinter_reproduced_setting){
            .name = setting->name, .says = setting->says, .options = options, .is_honest = setting->is_honest};
    }
    return SINTER_OK;
}

static enum sinter_status no_figure(const struct published *published, int figure, struct sinter_diagnostics *diags)
{
    char hint[128] = "there are the figures";
    int before = 0;
    for (int t = 0; t < published->n_tables; t++) {
        size_t used = strlen(hint);
        if (published->tables[t].figure > 0 && published->tables[t].figure != before)
            snprintf(hint + used, sizeof hint - used, " %d", published->tables[t].figure);
        before = published->tables[t].figure;
    }
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, hint, "figure %d of '%s' is not among those computed",
                  figure, published->paper);
    return SINTER_BAD_USAGE;
}

static enum sinter_status fill(struct reproducer *reproducer, const char *id)
{
    struct sinter_reproduction *made = reproducer->made;
    const struct published *published = reproducer->published;
    made->tables = sinter_arena_alloc(made->arena, (size_t)published->n_tables, sizeof *made->tables);
    if (made->tables == NULL)
        return sinter_out_of_memory(reproducer->laboratory.diags);
    enum sinter_status status = SINTER_OK;
    for (int t = 0; t < published->n_tables && status == SINTER_OK; t++)
        if (published->tables[t].figure == made->figure && (id == NULL || strcmp(published->tables[t].id, id) == 0))
            status = fill_table(reproducer, &published->tables[t], &made->tables[made->n_tables++]);
    if (status == SINTER_OK && made->n_tables == 0)
        return no_figure(published, made->figure, reproducer->laboratory.diags);
    if (status == SINTER_OK)
        status = fill_settings(reproducer);
    return status == SINTER_OK ? fill_remarks(reproducer) : status;
}

static enum sinter_status no_paper(const char *paper, struct sinter_diagnostics *diags)
{
    enum { MAX_PAPERS = 32 };
    char stored[MAX_PAPERS][64], hint[256];
    const char *names[MAX_PAPERS];
    int n = 0;
    while (n < MAX_PAPERS && (names[n] = sinter_paper_name(n, stored[n], sizeof stored[n])) != NULL)
        n++;
    if (sinter_suggest_hint(sinter_suggest(paper, names, n), hint, sizeof hint) == NULL) {
        size_t used = (size_t)snprintf(hint, sizeof hint, "there is");
        for (int i = 0; i < n && used < sizeof hint; i++)
            used += (size_t)snprintf(hint + used, sizeof hint - used, "%s %s", i == 0 ? "" : ",", names[i]);
    }
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, hint, "there is no paper '%s'", paper);
    return SINTER_BAD_USAGE;
}

static enum sinter_status reproduce(struct sinter_reproduction *made, const char *paper, const char *id,
                                    const struct sinter_allocator *allocator, struct sinter_diagnostics *diags)
{
    struct reproducer reproducer = {.made = made,
                                    .laboratory = {.allocator = allocator, .arena = made->arena, .diags = diags}};
    enum sinter_status status = published_read(paper, made->arena, diags, &reproducer.published);
    if (status == SINTER_BAD_USAGE)
        return no_paper(paper, diags);
    if (status != SINTER_OK)
        return status;
    made->paper = reproducer.published->paper;
    made->title = reproducer.published->title;
    made->source = reproducer.published->source;
    reproducer.laboratory.published = reproducer.published;
    status = fill(&reproducer, id);
    laboratory_close(&reproducer.laboratory);
    return status;
}

enum sinter_status reproduce_table(const char *paper, int figure, const char *id, const struct sinter_allocator *allocator,
                                   struct sinter_diagnostics *diags, struct sinter_reproduction **reproduction)
{
    *reproduction = NULL;
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_reproduction *made = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *made);
    if (made == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    made->arena = arena;
    made->figure = figure;
    enum sinter_status status = reproduce(made, paper, id, allocator, diags);
    if (status == SINTER_OK)
        *reproduction = made;
    else
        sinter_arena_free(arena);
    return status;
}

enum sinter_status sinter_reproduce(const char *paper, int figure, const struct sinter_allocator *allocator,
                                    struct sinter_diagnostics *diags, struct sinter_reproduction **reproduction)
{
    return reproduce_table(paper, figure, NULL, allocator, diags, reproduction);
}

/* Adds a figure in its place, once, while there is room. */
static void add_figure(int figure, int *figures, int most, int *n)
{
    int at = 0;
    while (at < *n && figures[at] < figure)
        at++;
    if ((at < *n && figures[at] == figure) || *n == most)
        return;
    for (int i = (*n)++; i > at; i--)
        figures[i] = figures[i - 1];
    figures[at] = figure;
}

enum sinter_status sinter_paper_figures(const char *paper, const struct sinter_allocator *allocator,
                                        struct sinter_diagnostics *diags, int *figures, int most, int *n)
{
    const struct published *published = NULL;
    struct sinter_arena *arena = sinter_arena_new(allocator);
    *n = 0;
    if (arena == NULL)
        return sinter_out_of_memory(diags);
    enum sinter_status status = published_read(paper, arena, diags, &published);
    for (int t = 0; status == SINTER_OK && t < published->n_tables; t++)
        add_figure(published->tables[t].figure, figures, most, n);
    sinter_arena_free(arena);
    return status == SINTER_BAD_USAGE ? no_paper(paper, diags) : status;
}

void sinter_reproduction_free(struct sinter_reproduction *reproduction)
{
    if (reproduction != NULL)
        sinter_arena_free(reproduction->arena);
}
