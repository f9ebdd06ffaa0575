/* compare_text.c: strategies side by side for people: a sentence, the table, what the numbers mean.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/compare.h"
#include "report/plot.h"

#define BAR_COLUMNS 16

/* Column of the main table, from the most important one: what does not fit is left out from the end. */
enum column { STRATEGY, CYCLES, SPEEDUP, DRAM_READ, DRAM_WRITTEN, PEAK, TIME, PES, ENERGY, BOUND, WHOLE, BAR, N_COLUMNS };

static const char *const column_names[BAR] = {"strategy", "cycles",   "speed-up", "DRAM read", "DRAM written", "peak",
                                              "time",     "PEs used", "energy",   "bound",     "whole model"};

struct view {
    const struct comparison *comparison;
    const struct sinter_style *style;
    bool shows[N_COLUMNS];
};

/* ---- rows that are the same -------------------------------------------------------------------------------------- */

static const char *label(const struct comparison *comparison, int row)
{
    return strategy_label(comparison->rows[row].strategy);
}

static bool same_number(double a, double b)
{
    return !(a < b) && !(a > b);
}

static bool same_totals(const struct sinter_totals *a, const struct sinter_totals *b)
{
    bool is_same = a->status == SINTER_OK && b->status == SINTER_OK && same_number(a->cycles, b->cycles) &&
                   same_number(a->joules, b->joules) && same_number(a->utilization, b->utilization) &&
                   a->read_bytes == b->read_bytes && a->write_bytes == b->write_bytes && a->bound == b->bound;
    for (int m = 0; m < SINTER_MAX_MEMORIES && is_same; m++)
        is_same = a->peak_bytes[m] == b->peak_bytes[m];
    return is_same;
}

static bool same_rows(const struct comparison *comparison, int a, int b)
{
    const struct sinter_result *first = comparison->rows[a].result, *second = comparison->rows[b].result;
    if (first == NULL || second == NULL || !same_totals(&first->one, &second->one))
        return false;
    bool have_no_whole = first->whole.status != SINTER_OK && second->whole.status != SINTER_OK && !comparison->all_layers;
    return have_no_whole || same_totals(&first->whole, &second->whole);
}

/* The row that stands for this one: the first with the same numbers. */
static int shown_row(const struct view *view, int row)
{
    for (int i = 0; i < row && !view->style->is_verbose; i++)
        if (same_rows(view->comparison, i, row))
            return i;
    return row;
}

/* "All = fuse-all = mem-aware": the names of the rows that this one stands for. */
static void append_names(struct sinter_text *out, const struct view *view, int row)
{
    enum { MAX_WIDTH = 40 };
    int n_left_out = 0;
    size_t begin = out->length;
    for (int i = row; i < view->comparison->n_rows; i++) {
        if (shown_row(view, i) != row)
            continue;
        const char *name = label(view->comparison, i);
        if (i > row && (n_left_out > 0 || out->length - begin + strlen(name) + 3 > MAX_WIDTH)) {
            n_left_out++;
            continue;
        }
        sinter_text_append(out, i > row ? " = " : "");
        sinter_text_append(out, name);
    }
    if (n_left_out > 0)
        sinter_text_printf(out, " = %d more", n_left_out);
}

static void name_cell(struct sinter_table *table, const struct view *view, int row)
{
    struct sinter_text names = {0};
    append_names(&names, view, row);
    sinter_table_cell(table, made_text(&names));
    sinter_text_free(&names);
}

/* ---- headline ----------------------------------------------------------------------------------------------- */

static void append_best(struct sinter_text *out, const struct comparison *comparison)
{
    int best = comparison->best, baseline = comparison->baseline;
    if (best < 0) {
        sinter_text_append(out, "no strategy is feasible.");
        return;
    }
    const struct sinter_totals *totals = comparison_totals(comparison, best);
    append_clean(out, label(comparison, best));
    sinter_text_printf(out, " is the fastest of %d strateg%s: %s (%s)", comparison->n_rows,
                       comparison->n_rows == 1 ? "y" : "ies", show_seconds(totals->seconds).text,
                       show_latency(totals->cycles).text);
    double speedup = comparison_speedup(comparison, best);
    if (best != baseline) {
        sinter_text_printf(out, ", %s ", speedup < 1.005 ? "as fast as" : show_factor(speedup).text);
        sinter_text_append(out, speedup < 1.005 ? "" : "as fast as ");
        append_clean(out, label(comparison, baseline));
    }
    sinter_text_append(out, ".");
}

static void headline(struct sinter_text *out, const struct comparison *comparison, const struct sinter_style *style)
{
    sinter_text_append(out, tone_begin(SINTER_STRONG, style->is_colored));
    describe_task(out, comparison->model, comparison->accel, priced_part(comparison->model, comparison->all_layers));
    sinter_text_append(out, ": ");
    append_best(out, comparison);
    sinter_text_append(out, tone_end(SINTER_STRONG, style->is_colored));
    sinter_text_append(out, "\n");
    append_nothing_to_fuse(out, comparison->model);
    append_assumptions(out, comparison->model, style);
}

/* ---- table -------------------------------------------------------------------------------------------------- */

enum { MAX_TABLE_COLUMNS = N_COLUMNS + SINTER_MAX_MEMORIES };

/* What each column of the table is, as it was added. */
struct columns {
    int n;
    enum column kinds[MAX_TABLE_COLUMNS];
};

static void add_column(struct sinter_table *table, struct columns *columns, enum column kind, const char *header,
                       enum sinter_align align)
{
    columns->kinds[columns->n++] = kind;
    sinter_table_column(table, header, align);
}

static bool has_whole(const struct comparison *comparison)
{
    return !comparison->all_layers && comparison->model->n_parts > 1;
}

/* Where there is no plot below the table, each row has a bar. */
static bool has_bar(const struct view *view)
{
    return view->style->is_quiet && view->style->plots != SINTER_PLOTS_NONE;
}

static void add_columns(struct sinter_table *table, struct columns *columns, const struct view *view)
{
    const struct comparison *comparison = view->comparison;
    add_column(table, columns, STRATEGY, "strategy", SINTER_LEFT);
    add_column(table, columns, CYCLES, "cycles", SINTER_UNIT);
    add_column(table, columns, TIME, "time", SINTER_UNIT);
    if (has_bar(view))
        add_column(table, columns, BAR, "", SINTER_LEFT);
    struct sinter_text header = {0};
    if (comparison->baseline >= 0)
        sinter_text_printf(&header, "vs %s", label(comparison, comparison->baseline));
    else
        sinter_text_append(&header, "speed-up");
    add_column(table, columns, SPEEDUP, made_text(&header), SINTER_RIGHT);
    sinter_text_free(&header);
    add_column(table, columns, DRAM_READ, "DRAM read", SINTER_UNIT);
    add_column(table, columns, DRAM_WRITTEN, "DRAM written", SINTER_UNIT);
    for (int m = 1; m < comparison->accel->n_memories && m < SINTER_MAX_MEMORIES; m++) {
        struct sinter_text peak = {0};
        sinter_text_printf(&peak, "peak %s", comparison->accel->memories[m].name);
        add_column(table, columns, PEAK, made_text(&peak), SINTER_UNIT);
        sinter_text_free(&peak);
    }
    add_column(table, columns, PES, "PEs used", SINTER_RIGHT);
    add_column(table, columns, ENERGY, "energy", SINTER_UNIT);
    add_column(table, columns, BOUND, "bound", SINTER_LEFT);
    if (has_whole(comparison))
        add_column(table, columns, WHOLE, "whole model", SINTER_UNIT);
}

/* Leaves out what the terminal has no room for, and remembers what is shown. */
static void fit_columns(struct sinter_table *table, const struct columns *columns, struct view *view)
{
    int importance[MAX_TABLE_COLUMNS] = {0};
    for (int c = 0; c < columns->n; c++) {
        enum column kind = columns->kinds[c];
        importance[c] = kind <= CYCLES ? 0 : N_COLUMNS - (int)kind;
    }
    table_fit(table, importance, view->style->width);
    for (int c = 0; c < columns->n; c++)
        view->shows[columns->kinds[c]] |= table_shows(table, c);
}

/* A bar as long as the row's share of the slowest row's cycles. */
static void bar_cell(struct sinter_table *table, const struct view *view, int row)
{
    const struct comparison *comparison = view->comparison;
    double slowest = 0;
    for (int i = 0; i < comparison->n_rows; i++)
        if (comparison_is_feasible(comparison, i))
            slowest = fmax(slowest, comparison_totals(comparison, i)->cycles);
    struct sinter_text bar = {0};
    double share = slowest > 0 ? comparison_totals(comparison, row)->cycles / slowest : 0;
    plot_bar_append(&bar, share, BAR_COLUMNS, view->style->plots == SINTER_PLOTS_UNICODE);
    sinter_table_cell(table, made_text(&bar));
    sinter_text_free(&bar);
}

static bool stands_for_best(const struct view *view, int row)
{
    return view->comparison->best >= 0 && shown_row(view, view->comparison->best) == row;
}

static void row_cells(struct sinter_table *table, const struct view *view, int row)
{
    const struct comparison *comparison = view->comparison;
    if (!comparison_is_feasible(comparison, row)) {
        sinter_table_row(table, SINTER_ALARM);
        sinter_table_cell(table, label(comparison, row));
        sinter_table_span(table, comparison_reason(comparison, row));
        return;
    }
    const struct sinter_totals *totals = comparison_totals(comparison, row);
    sinter_table_row(table, stands_for_best(view, row) ? SINTER_STRONG : SINTER_PLAIN);
    name_cell(table, view, row);
    sinter_table_cell(table, show_cycles(totals->cycles).text);
    sinter_table_cell(table, show_seconds(totals->seconds).text);
    if (has_bar(view))
        bar_cell(table, view, row);
    sinter_table_cell(table, show_factor(comparison_speedup(comparison, row)).text);
    sinter_table_cell(table, show_traffic(totals->read_bytes).text);
    sinter_table_cell(table, show_traffic(totals->write_bytes).text);
    for (int m = 1; m < comparison->accel->n_memories && m < SINTER_MAX_MEMORIES; m++)
        sinter_table_cell(table, show_capacity((double)totals->peak_bytes[m]).text);
    sinter_table_cell(table, show_percent(totals->utilization).text);
    sinter_table_cell(table, show_joules(totals->joules).text);
    sinter_table_cell(table, bound_word(totals->bound));
    if (has_whole(comparison)) {
        const struct sinter_totals *whole = &comparison->rows[row].result->whole;
        sinter_table_cell(table, whole->status == SINTER_OK ? show_seconds(whole->seconds).text : "-");
    }
}

static void main_table(struct sinter_text *out, struct view *view)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    struct columns columns = {.n = 0};
    add_columns(table, &columns, view);
    for (int i = 0; i < view->comparison->n_rows; i++)
        if (shown_row(view, i) == i)
            row_cells(table, view, i);
    fit_columns(table, &columns, view);
    sinter_text_append(out, "\n");
    sinter_table_print(table, view->style->is_colored, out);
    sinter_table_free(table);
}

/* Time of each part, all its runs, per strategy. */
static void parts_table(struct sinter_text *out, const struct view *view)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    const struct comparison *comparison = view->comparison;
    const struct sinter_model *model = comparison->model;
    sinter_table_column(table, "strategy", SINTER_LEFT);
    for (int p = 0; p < model->n_parts && p < 24; p++) {
        struct sinter_text header = {0};
        sinter_text_printf(&header, "%s x %s", show_integer(model->parts[p].count).text, model->parts[p].name);
        sinter_table_column(table, made_text(&header), SINTER_UNIT);
        sinter_text_free(&header);
    }
    for (int i = 0; i < comparison->n_rows; i++) {
        const struct sinter_result *result = comparison->rows[i].result;
        if (result == NULL || shown_row(view, i) != i)
            continue;
        sinter_table_row(table, SINTER_PLAIN);
        name_cell(table, view, i);
        for (int p = 0; p < result->n_parts; p++) {
            const struct sinter_part_result *part = &result->parts[p];
            bool is_priced = part->status == SINTER_OK;
            sinter_table_cell(table, is_priced ? show_seconds(part->seconds * (double)part->count).text : "-");
        }
    }
    append_title(out, view->style, "Time by part");
    sinter_table_print(table, view->style->is_colored, out);
    sinter_table_free(table);
}

/* ---- plot ----------------------------------------------------------------------------------------------------- */

static void plot_row_of(const struct view *view, int row, struct plot_row *out)
{
    const struct comparison *comparison = view->comparison;
    *out = (struct plot_row){.tone = SINTER_ALARM, .note = "infeasible"};
    if (!comparison_is_feasible(comparison, row))
        return;
    const struct sinter_totals *totals = comparison_totals(comparison, row);
    double read = totals->read_bytes < 0 ? (double)NAN : (double)totals->read_bytes;
    double written = totals->write_bytes < 0 ? (double)NAN : (double)totals->write_bytes;
    *out = (struct plot_row){.tone = stands_for_best(view, row) ? SINTER_STRONG : SINTER_PLAIN,
                             .bars = {{.parts = {totals->seconds, 0}}, {.parts = {read, written}}}};
    snprintf(out->bars[0].label, sizeof out->bars[0].label, "%.20s %.20s", show_seconds(totals->seconds).text,
             show_factor(comparison_speedup(comparison, row)).text);
    bool is_known = totals->read_bytes >= 0 && totals->write_bytes >= 0 && isfinite(read + written);
    snprintf(out->bars[1].label, sizeof out->bars[1].label, "%s",
             is_known ? show_traffic(totals->read_bytes + totals->write_bytes).text : "-");
}

/* Time and traffic of the table's rows as bars. */
static void bars(struct sinter_text *out, const struct view *view)
{
    const struct comparison *comparison = view->comparison;
    struct sinter_arena *arena = sinter_arena_new(out->allocator);
    struct plot_row *rows = arena == NULL ? NULL : sinter_arena_alloc(arena, (size_t)comparison->n_rows, sizeof *rows);
    struct sinter_text plot = {.allocator = out->allocator};
    struct plot_bars bars = {.title = "strategy",
                             .n_panels = 2,
                             .panels = {{.title = "time"}, {.title = "DRAM", .parts = {"read", "written"}}},
                             .rows = rows};
    out->failed = out->failed || rows == NULL;
    for (int i = 0; i < comparison->n_rows && rows != NULL; i++) {
        if (shown_row(view, i) != i)
            continue;
        struct sinter_text names = {.allocator = out->allocator};
        append_names(&names, view, i);
        plot_row_of(view, i, &rows[bars.n_rows]);
        rows[bars.n_rows].name = sinter_arena_copy(arena, sinter_text_data(&names), names.length);
        out->failed = out->failed || names.failed || rows[bars.n_rows].name == NULL;
        bars.n_rows++;
        sinter_text_free(&names);
    }
    if (!out->failed && plot_bars_draw(&bars, view->style, &plot)) {
        append_title(out, view->style, "Time and DRAM traffic");
        sinter_text_append(out, sinter_text_data(&plot));
    }
    out->failed = out->failed || plot.failed;
    sinter_text_free(&plot);
    sinter_arena_free(arena);
}

/* ---- notes -------------------------------------------------------------------------------------------------- */

static const char *summary_of(const char *name)
{
    const char *candidate;
    for (int i = 0; (candidate = sinter_strategy_name(i)) != NULL; i++)
        if (strcmp(candidate, name) == 0)
            return sinter_strategy_summary(i);
    return NULL;
}

static void strategy_notes(struct sinter_text *out, const struct comparison *comparison, int terminal)
{
    int width = 0;
    for (int i = 0; i < comparison->n_rows; i++) {
        int columns_needed = sinter_text_columns(label(comparison, i));
        width = columns_needed > width ? columns_needed : width;
    }
    for (int i = 0; i < comparison->n_rows; i++) {
        const struct sinter_strategy *strategy = comparison->rows[i].strategy;
        const char *summary = strategy->name != NULL ? summary_of(strategy->name) : "the schedule of this file";
        if (summary == NULL)
            continue;
        sinter_text_append(out, "  ");
        append_clean(out, label(comparison, i));
        for (int c = sinter_text_columns(label(comparison, i)); c < width + 2; c++)
            sinter_text_append(out, " ");
        append_wrapped(out, summary, width + 4, width + 4, terminal);
        sinter_text_append(out, "\n");
    }
}

/* One line "  name          text" with a hanging indentation. */
static void note(struct sinter_text *out, const struct view *view, const char *name, const char *text)
{
    enum { INDENT = 16 };
    sinter_text_printf(out, "  %-14s", name);
    append_wrapped(out, text, INDENT, INDENT, view->style->width);
    sinter_text_append(out, "\n");
}

static void missing_energy_note(struct sinter_text *out, const struct view *view)
{
    const struct comparison *comparison = view->comparison;
    const struct sinter_result *result = comparison->best < 0 ? NULL : comparison->rows[comparison->best].result;
    if (result == NULL || result->missing_energies == NULL)
        return;
    struct sinter_text text = {0};
    sinter_text_printf(&text, "the accelerator gives none for %s: they count as 0", result->missing_energies);
    note(out, view, "energy", sinter_text_data(&text));
    out->failed = out->failed || text.failed;
    sinter_text_free(&text);
}

static void left_out_note(struct sinter_text *out, const struct view *view)
{
    struct sinter_text text = {0};
    for (int c = 0; c < BAR; c++) /* which stands where there are no notes */
        if (!view->shows[c] && (c != WHOLE || has_whole(view->comparison)))
            sinter_text_printf(&text, "%s%s", text.length > 0 ? ", " : "", column_names[c]);
    if (text.length > 0) {
        sinter_text_printf(&text, ": there are %d columns; a larger --width shows more", view->style->width);
        note(out, view, "left out", sinter_text_data(&text));
    }
    out->failed = out->failed || text.failed;
    sinter_text_free(&text);
}

static void number_notes(struct sinter_text *out, const struct view *view)
{
    static const struct {
        enum column column;
        const char *name, *text;
    } lines[] = {
        {CYCLES, "cycles, time", "simulated, each transfer and computation with a start and an end (docs/timing.md)"},
        {DRAM_READ, "DRAM", "bytes between DRAM and chip, 1 GB = 10^9 B"},
        {PEAK, "peak", "the largest sum of what lives in the memory at once, 1 MiB = 2^20 B"},
        {PES, "PEs used", "PE-cycles of useful operations / all PE-cycles"},
        {ENERGY, "energy", "of DRAM transfers and operations; `sinter run` adds that of on-chip memories and static power"},
        {BOUND, "bound", "the resource that bounds the groups in which most cycles are spent"},
        {WHOLE, "whole model", "time of all parts, each as often as the model runs it; --layers all compares these"}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (view->shows[lines[i].column])
            note(out, view, lines[i].name, lines[i].text);
    if (view->shows[ENERGY])
        missing_energy_note(out, view);
    left_out_note(out, view);
}

enum sinter_status compare_text(const struct comparison *comparison, const struct sinter_style *style,
                                struct sinter_text *out)
{
    struct view view = {.comparison = comparison, .style = style};
    headline(out, comparison, style);
    main_table(out, &view);
    if (style->is_quiet)
        return text_status(out);
    if (comparison->all_layers)
        parts_table(out, &view);
    if (comparison->best >= 0 && style->plots != SINTER_PLOTS_NONE)
        bars(out, &view);
    append_title(out, style, "Strategies");
    strategy_notes(out, comparison, style->width);
    append_title(out, style, "Numbers");
    number_notes(out, &view);
    return text_status(out);
}
