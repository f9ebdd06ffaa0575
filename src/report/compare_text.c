/* compare_text.c: strategies side by side for people: a sentence, the table, what the numbers mean.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "report/compare.h"

#define BAR_COLUMNS 16

/* ---- headline ----------------------------------------------------------------------------------------------- */

static const char *label(const struct comparison *comparison, int row) { return comparison->rows[row].strategy->label; }

static void append_best(struct sinter_text *out, const struct comparison *comparison)
{
    int best = comparison->best, baseline = comparison->baseline;
    if (best < 0) {
        sinter_text_append(out, "no strategy is feasible.");
        return;
    }
    const struct sinter_totals *totals = comparison_totals(comparison, best);
    append_clean(out, label(comparison, best));
    sinter_text_printf(out, " is the fastest of %d strateg%s: %s (%s cycles)", comparison->n_rows,
                       comparison->n_rows == 1 ? "y" : "ies", show_seconds(totals->seconds).text,
                       show_count(totals->cycles).text);
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
    describe_workload(out, comparison->model, priced_part(comparison->model, comparison->all_layers));
    sinter_text_append(out, ", on ");
    append_clean(out, comparison->accel->name);
    sinter_text_append(out, ": ");
    append_best(out, comparison);
    sinter_text_append(out, tone_end(SINTER_STRONG, style->is_colored));
    sinter_text_append(out, "\n");
}

/* ---- table -------------------------------------------------------------------------------------------------- */

static void columns(struct sinter_table *table, const struct comparison *comparison)
{
    sinter_table_column(table, "strategy", SINTER_LEFT);
    sinter_table_column(table, "cycles", SINTER_UNIT);
    sinter_table_column(table, "time", SINTER_UNIT);
    sinter_table_column(table, "", SINTER_LEFT);
    if (comparison->baseline >= 0) {
        struct sinter_text header = {0};
        sinter_text_printf(&header, "vs %s", label(comparison, comparison->baseline));
        sinter_table_column(table, made_text(&header), SINTER_RIGHT);
        sinter_text_free(&header);
    } else
        sinter_table_column(table, "speed-up", SINTER_RIGHT);
    sinter_table_column(table, "DRAM read", SINTER_UNIT);
    sinter_table_column(table, "DRAM written", SINTER_UNIT);
    for (int m = 1; m < comparison->accel->n_memories && m < 8; m++) {
        struct sinter_text header = {0};
        sinter_text_printf(&header, "peak %s", comparison->accel->memories[m].name);
        sinter_table_column(table, made_text(&header), SINTER_UNIT);
        sinter_text_free(&header);
    }
    sinter_table_column(table, "PEs used", SINTER_RIGHT);
    sinter_table_column(table, "energy", SINTER_UNIT);
    sinter_table_column(table, "bound", SINTER_LEFT);
    if (!comparison->all_layers && comparison->model->n_parts > 1)
        sinter_table_column(table, "whole model", SINTER_UNIT);
}

/* A bar as long as the row's share of the slowest row's cycles; at least one mark. */
static void bar(const struct comparison *comparison, int row, char text[BAR_COLUMNS + 1])
{
    double slowest = 0;
    for (int i = 0; i < comparison->n_rows; i++)
        if (comparison_is_feasible(comparison, i))
            slowest = fmax(slowest, comparison_totals(comparison, i)->cycles);
    double share = slowest > 0 ? comparison_totals(comparison, row)->cycles / slowest : 0;
    int n = (int)lround(share * BAR_COLUMNS);
    n = n < 1 ? 1 : n > BAR_COLUMNS ? BAR_COLUMNS : n;
    memset(text, '#', (size_t)n);
    text[n] = '\0';
}

static void row_cells(struct sinter_table *table, const struct comparison *comparison, int row)
{
    if (!comparison_is_feasible(comparison, row)) {
        sinter_table_row(table, SINTER_ALARM);
        sinter_table_cell(table, label(comparison, row));
        sinter_table_span(table, comparison_reason(comparison, row));
        return;
    }
    const struct sinter_totals *totals = comparison_totals(comparison, row);
    char marks[BAR_COLUMNS + 1];
    bar(comparison, row, marks);
    sinter_table_row(table, row == comparison->best ? SINTER_STRONG : SINTER_PLAIN);
    sinter_table_cell(table, label(comparison, row));
    sinter_table_cell(table, show_count(totals->cycles).text);
    sinter_table_cell(table, show_seconds(totals->seconds).text);
    sinter_table_cell(table, marks);
    sinter_table_cell(table, show_factor(comparison_speedup(comparison, row)).text);
    sinter_table_cell(table, show_traffic(totals->read_bytes).text);
    sinter_table_cell(table, show_traffic(totals->write_bytes).text);
    for (int m = 1; m < comparison->accel->n_memories && m < 8; m++)
        sinter_table_cell(table, show_capacity((double)totals->peak_bytes[m]).text);
    sinter_table_cell(table, show_percent(totals->utilization).text);
    sinter_table_cell(table, show_joules(totals->joules).text);
    sinter_table_cell(table, sinter_bound_name(totals->bound));
    if (!comparison->all_layers && comparison->model->n_parts > 1) {
        const struct sinter_totals *whole = &comparison->rows[row].result->whole;
        sinter_table_cell(table, whole->status == SINTER_OK ? show_seconds(whole->seconds).text : "-");
    }
}

static void main_table(struct sinter_text *out, const struct comparison *comparison, const struct sinter_style *style)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    columns(table, comparison);
    for (int i = 0; i < comparison->n_rows; i++)
        row_cells(table, comparison, i);
    sinter_text_append(out, "\n");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

/* Time of each part, all its runs, per strategy. */
static void parts_table(struct sinter_text *out, const struct comparison *comparison, const struct sinter_style *style)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
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
        if (result == NULL)
            continue;
        sinter_table_row(table, SINTER_PLAIN);
        sinter_table_cell(table, label(comparison, i));
        for (int p = 0; p < result->n_parts; p++) {
            const struct sinter_part_result *part = &result->parts[p];
            bool is_priced = part->status == SINTER_OK;
            sinter_table_cell(table, is_priced ? show_seconds(part->cost.seconds * (double)part->count).text : "-");
        }
    }
    append_title(out, style, "Time by part");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
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

static void strategy_notes(struct sinter_text *out, const struct comparison *comparison)
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
        append_clean(out, strategy->label);
        for (int c = sinter_text_columns(strategy->label); c < width + 2; c++)
            sinter_text_append(out, " ");
        append_clean(out, summary);
        sinter_text_append(out, "\n");
    }
}

static void missing_energy_note(struct sinter_text *out, const struct comparison *comparison)
{
    const struct sinter_result *result = comparison->best < 0 ? NULL : comparison->rows[comparison->best].result;
    if (result == NULL || result->missing_energies == NULL)
        return;
    sinter_text_append(out, "  energy        the accelerator gives none for ");
    append_clean(out, result->missing_energies);
    sinter_text_append(out, ": they count as 0\n");
}

static void notes(struct sinter_text *out, const struct comparison *comparison, const struct sinter_style *style)
{
    append_title(out, style, "Strategies");
    strategy_notes(out, comparison);
    append_title(out, style, "Numbers");
    sinter_text_append(
        out, "  cycles, time  a lower bound: per group the slowest of compute, DRAM and buffer, and what cannot overlap\n"
             "  bar           cycles, the slowest strategy is full length\n"
             "  DRAM          bytes between DRAM and chip, 1 GB = 10^9 B\n"
             "  peak          the largest sum of what lives in the memory at once, 1 MiB = 2^20 B\n"
             "  PEs used      PE-cycles of useful operations / all PE-cycles\n"
             "  energy        of DRAM transfers and operations; accesses to on-chip memories are not charged\n"
             "  bound         the resource that bounds the groups in which most cycles are spent\n");
    if (!comparison->all_layers && comparison->model->n_parts > 1)
        sinter_text_append(
            out, "  whole model   time of all parts, each as often as the model runs it; --layers all compares these\n");
    missing_energy_note(out, comparison);
}

enum sinter_status compare_text(const struct comparison *comparison, const struct sinter_style *style,
                                struct sinter_text *out)
{
    headline(out, comparison, style);
    main_table(out, comparison, style);
    if (style->is_quiet)
        return text_status(out);
    if (comparison->all_layers)
        parts_table(out, comparison, style);
    notes(out, comparison, style);
    return text_status(out);
}
