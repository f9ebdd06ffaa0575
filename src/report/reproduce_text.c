/* reproduce_text.c: a reproduction for people: ours, theirs, the deviation, and the reasons below.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/reproduce.h"

enum { MAX_NOTES = 128, TEXT_WIDTH = 110 };

/* ---- numbers ------------------------------------------------------------------------------------------------------ */

/* Digits behind the point. Cycles and bytes are whole numbers, but for the half cycles of small nodes. */
static int digits_of(const struct sinter_reproduced_row *row, double value)
{
    static const char *const fractions[] = {"speedup", "intensity", "utilization"};
    static const char *const percents[] = {"operation_share", "roofline_share"};
    if (strcmp(row->unit, "ms/token") == 0 || strcmp(row->unit, "ms") == 0 || strcmp(row->unit, "s") == 0)
        return 3;
    for (size_t i = 0; i < sizeof fractions / sizeof fractions[0]; i++)
        if (strcmp(row->quantity, fractions[i]) == 0)
            return i == 2 ? 3 : 2;
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++)
        if (strcmp(row->quantity, percents[i]) == 0)
            return 1;
    return value >= 1e5 || fabs(value - floor(value + 0.5)) < 0.05 ? 0 : 1;
}

struct shown show_reproduced(const struct sinter_reproduced_row *row, double value)
{
    struct shown shown = {"-"};
    char plain[sizeof shown.text];
    if (!isfinite(value) || fabs(value) >= 1e24)
        return shown;
    int digits = digits_of(row, value);
    double scale = pow(10, digits);
    snprintf(plain, sizeof plain, "%.*f", digits, floor(value * scale + 0.5) / scale);
    size_t whole = strcspn(plain, "."), used = 0;
    for (size_t i = 0; plain[i] != '\0' && used + 2 < sizeof shown.text; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0 && plain[i - 1] != '-')
            shown.text[used++] = ',';
        shown.text[used++] = plain[i];
    }
    shown.text[used] = '\0';
    return shown;
}

struct shown show_deviation(double deviation)
{
    struct shown shown = {"-"};
    if (isfinite(deviation))
        snprintf(shown.text, sizeof shown.text, fabs(deviation) < 0.5e-4 ? "%.2f %%" : "%+.2f %%",
                 fabs(deviation) < 0.5e-4 ? 0 : 100 * deviation);
    return shown;
}

struct shown show_pes(const struct sinter_reproduced_row *row)
{
    struct shown shown = {""};
    if (row->pes[0] > 0)
        snprintf(shown.text, sizeof shown.text, "%" PRId64 " x %" PRId64, row->pes[0], row->pes[1]);
    return shown;
}

/* ---- columns ------------------------------------------------------------------------------------------------------ */

enum column {
    COLUMN_LABEL,
    COLUMN_QUANTITY,
    COLUMN_TOKENS,
    COLUMN_AREA,
    COLUMN_SHARE,
    COLUMN_STRATEGY,
    COLUMN_BUFFER,
    COLUMN_PES,
    COLUMN_NODE,
    N_COLUMNS
};
static const struct {
    const char *title;
    enum sinter_align align;
    const char *before; /* above the table: "L = 64" */
    const char *behind;
} columns[N_COLUMNS] = {
    {"model", SINTER_LEFT, "", ""},  {"quantity", SINTER_LEFT, "", ""}, {"L", SINTER_RIGHT, "L = ", ""},
    {"a", SINTER_LEFT, "a = ", ""},  {"m", SINTER_LEFT, "m = ", ""},    {"strategy", SINTER_LEFT, "", ""},
    {"buffer", SINTER_UNIT, "", ""}, {"PEs", SINTER_LEFT, "", " PEs"},  {"node", SINTER_LEFT, "", ""},
};

static struct shown cell_of(const struct sinter_reproduced_row *row, enum column column)
{
    struct shown shown = {""};
    switch (column) {
    case COLUMN_LABEL:
        snprintf(shown.text, sizeof shown.text, "%s", row->label);
        break;
    case COLUMN_QUANTITY:
        snprintf(shown.text, sizeof shown.text, "%s%s%s", row->quantity, row->unit[0] == '\0' ? "" : " in ", row->unit);
        if (strcmp(row->unit, "model") == 0)
            snprintf(shown.text, sizeof shown.text, "%s of the model", row->quantity);
        break;
    case COLUMN_TOKENS:
        return show_integer(row->tokens);
    case COLUMN_AREA:
        return show_fraction(row->area_fraction);
    case COLUMN_SHARE:
        return show_fraction(row->memory_fraction);
    case COLUMN_PES:
        return show_pes(row);
    case COLUMN_STRATEGY:
        snprintf(shown.text, sizeof shown.text, "%s", row->strategy == NULL ? "" : row->strategy);
        break;
    case COLUMN_BUFFER:
        return row->strategy == NULL ? shown : show_capacity(row->buffer_bytes);
    case COLUMN_NODE:
        snprintf(shown.text, sizeof shown.text, "%s", row->node);
        break;
    case N_COLUMNS:
        break;
    }
    return shown;
}

/* A column whose cells are all the same stands above the table instead. */
static bool varies(const struct sinter_reproduced_table *table, enum column column)
{
    for (int r = 1; r < table->n_rows; r++)
        if (strcmp(cell_of(&table->rows[0], column).text, cell_of(&table->rows[r], column).text) != 0)
            return true;
    return false;
}

/* "mamba-2.8b, L = 64, UF, 24 MiB": what all rows have in common. */
static void append_common(struct sinter_text *out, const struct sinter_reproduced_table *table)
{
    const char *separator = "  ";
    for (int c = 0; c < N_COLUMNS && table->n_rows > 0; c++) {
        struct shown cell = cell_of(&table->rows[0], (enum column)c);
        if (varies(table, (enum column)c) || cell.text[0] == '\0' || (c == COLUMN_NODE && strcmp(cell.text, "layer") == 0))
            continue;
        sinter_text_append(out, separator);
        sinter_text_printf(out, "%s%s%s", columns[c].before, cell.text, columns[c].behind);
        separator = ", ";
    }
    sinter_text_append(out, "\n");
}

/* ---- notes -------------------------------------------------------------------------------------------------------- */

/* The reasons that were given, each once, and their numbers. */
struct notes {
    const char *texts[MAX_NOTES];
    int n;
};

static int note_of(struct notes *notes, const char *text)
{
    for (int i = 0; i < notes->n; i++)
        if (notes->texts[i] == text || strcmp(notes->texts[i], text) == 0)
            return i + 1;
    if (notes->n < MAX_NOTES)
        notes->texts[notes->n++] = text;
    return notes->n;
}

/* Beyond the tolerance a deviation has a note, or it is said that nobody knows. */
static void put_reason(struct sinter_table *table, const struct sinter_reproduced_row *row, struct notes *notes)
{
    if (row->reason != NULL)
        sinter_table_cellf(table, "[%d]", note_of(notes, row->reason));
    else
        sinter_table_cell(table, fabs(row->deviation) > SINTER_DEVIATION_EXPLAINED ? "not explained" : "");
}

static int width_of(const struct sinter_style *style)
{
    return style->width > 0 ? style->width : TEXT_WIDTH;
}

static void append_notes(struct sinter_text *out, const struct notes *notes, const struct sinter_style *style)
{
    if (notes->n == 0)
        return;
    append_title(out, style, "Why ours differ by more than 2 %");
    for (int i = 0; i < notes->n; i++) {
        sinter_text_printf(out, "  [%d]%s ", i + 1, i < 9 ? " " : "");
        append_wrapped(out, notes->texts[i], 7, 7, width_of(style));
        sinter_text_append(out, "\n");
    }
}

/* ---- the tables --------------------------------------------------------------------------------------------------- */

static bool has_details(const struct sinter_reproduced_table *table)
{
    for (int r = 0; r < table->n_rows; r++)
        if (table->rows[r].detail != NULL)
            return true;
    return false;
}

static enum sinter_status append_table(struct sinter_text *out, const struct sinter_reproduced_table *table,
                                       const struct sinter_style *style, struct notes *notes)
{
    struct sinter_table *made = sinter_table_new(out->allocator);
    bool shown[N_COLUMNS], details = has_details(table);
    for (int c = 0; c < N_COLUMNS; c++) {
        shown[c] = varies(table, (enum column)c);
        if (shown[c])
            sinter_table_column(made, columns[c].title, columns[c].align);
    }
    sinter_table_column(made, "ours", SINTER_RIGHT);
    sinter_table_column(made, "theirs", SINTER_RIGHT);
    sinter_table_column(made, "deviation", SINTER_RIGHT);
    sinter_table_column(made, "", SINTER_LEFT);
    if (details)
        sinter_table_column(made, "", SINTER_LEFT);
    for (int r = 0; r < table->n_rows; r++) {
        const struct sinter_reproduced_row *row = &table->rows[r];
        sinter_table_row(made, strcmp(row->node, "layer") == 0 && shown[COLUMN_NODE] ? SINTER_STRONG : SINTER_PLAIN);
        for (int c = 0; c < N_COLUMNS; c++)
            if (shown[c])
                sinter_table_cell(made, cell_of(row, (enum column)c).text);
        sinter_table_cell(made, show_reproduced(row, row->ours).text);
        sinter_table_cell(made, show_reproduced(row, row->theirs).text);
        sinter_table_cell(made, show_deviation(row->deviation).text);
        put_reason(made, row, notes);
        sinter_table_cell(made, row->detail == NULL ? "" : row->detail);
    }
    enum sinter_status status = sinter_table_print(made, style->is_colored, out);
    sinter_table_free(made);
    return status;
}

/* The assumptions, where they are others than those of the table before. */
static void append_settings(struct sinter_text *out, const struct sinter_reproduction *reproduction, int t,
                            const struct sinter_style *style)
{
    const struct sinter_reproduced_table *table = &reproduction->tables[t];
    const struct sinter_reproduced_table *before = t > 0 ? &reproduction->tables[t - 1] : NULL;
    const char *last = "";
    if (table->n_rows == 0 || (before != NULL && before->n_rows > 0 && before->rows[0].setting == table->rows[0].setting))
        return;
    for (int r = 0; r < table->n_rows; r++) {
        const struct sinter_reproduced_row *row = &table->rows[r];
        if (strcmp(row->setting, last) == 0)
            continue;
        int indent = 2 + (int)strlen(row->label) + 2;
        sinter_text_printf(out, "  %s: ", row->label);
        append_wrapped(out, reproduced_setting(reproduction, row)->says, indent, indent, width_of(style));
        sinter_text_append(out, "\n");
        last = row->setting;
    }
}

/* What varies in the table is written as it is called in its head. */
static struct row_words words_of(const struct sinter_reproduced_table *table)
{
    return (struct row_words){.tokens = varies(table, COLUMN_TOKENS) ? "L" : NULL,
                              .strategy = varies(table, COLUMN_STRATEGY) ? "STRATEGY" : NULL,
                              .area = varies(table, COLUMN_AREA) ? "a" : NULL,
                              .share = varies(table, COLUMN_SHARE) ? "m" : NULL,
                              .buffer = varies(table, COLUMN_BUFFER) ? "BUFFER" : NULL};
}

static void append_commands(struct sinter_text *out, const struct sinter_reproduction *reproduction,
                            const struct sinter_reproduced_table *table)
{
    struct row_words words = words_of(table);
    for (int r = 0; r < table->n_rows; r++) {
        const struct sinter_reproduced_row *row = &table->rows[r], *before = r > 0 ? &row[-1] : NULL;
        bool is_new = before == NULL || strcmp(row->setting, before->setting) != 0 ||
                      (row->strategy == NULL) != (before->strategy == NULL);
        if (!is_new || reproduced_setting(reproduction, row)->options == NULL)
            continue;
        sinter_text_append(out, "  by: ");
        append_row_command(out, reproduction, row, &words);
        sinter_text_append(out, "\n");
    }
}

enum sinter_status reproduce_text(const struct sinter_reproduction *reproduction, const struct sinter_style *style,
                                  struct sinter_text *out)
{
    struct notes notes = {.n = 0};
    sinter_text_printf(out, "%s: ", reproduction->paper);
    append_wrapped(out, reproduction->title, (int)strlen(reproduction->paper) + 2, 2, width_of(style));
    sinter_text_printf(out, "\n  theirs: %s\n", reproduction->source);
    for (int t = 0; t < reproduction->n_tables; t++) {
        const struct sinter_reproduced_table *table = &reproduction->tables[t];
        struct sinter_text title = {.allocator = out->allocator};
        if (table->figure > 0)
            sinter_text_printf(&title, "Figure %d: ", table->figure);
        sinter_text_append(&title, table->title);
        append_title(out, style, sinter_text_data(&title));
        sinter_text_free(&title);
        append_settings(out, reproduction, t, style);
        append_common(out, table);
        if (style->is_verbose)
            append_commands(out, reproduction, table);
        enum sinter_status status =
            is_grid(table) ? append_grid(out, table, style) : append_table(out, table, style, &notes);
        if (status != SINTER_OK)
            return status;
    }
    if (!style->is_quiet)
        append_notes(out, &notes, style);
    if (!style->is_quiet && reproduction->n_remarks > 0)
        append_title(out, style, "What becomes of the claims");
    for (int i = 0; i < reproduction->n_remarks && !style->is_quiet; i++) {
        sinter_text_append(out, "  ");
        append_wrapped(out, reproduction->remarks[i], 2, 2, width_of(style));
        sinter_text_append(out, "\n");
    }
    return text_status(out);
}
