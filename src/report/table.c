/* table.c: tables for people: aligned columns, units below each other, UTF-8 aware widths.
 * SPDX-License-Identifier: MIT
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/format.h"

#define MAX_COLUMNS 32

struct row {
    struct row *next;
    enum sinter_tone tone;
    bool is_rule;
    int n_cells;
    int span; /* first cell of a text that runs over the rest of the row, or -1 */
    const char *cells[MAX_COLUMNS];
};

struct column {
    const char *header;
    enum sinter_align align;
    bool is_hidden;
};

struct sinter_table {
    struct sinter_arena *arena;
    const struct sinter_allocator *allocator;
    bool failed;
    int n_columns;
    struct column columns[MAX_COLUMNS];
    struct row *first, *last;
};

struct sinter_table *sinter_table_new(const struct sinter_allocator *allocator)
{
    struct sinter_table *table = sinter_allocate(allocator, 1, sizeof *table);
    if (table == NULL)
        return NULL;
    table->allocator = allocator;
    table->arena = sinter_arena_new(allocator);
    table->failed = table->arena == NULL;
    return table;
}

void sinter_table_free(struct sinter_table *table)
{
    if (table == NULL)
        return;
    sinter_arena_free(table->arena);
    sinter_release(table->allocator, table);
}

/* Copies a text into the table without control characters: one line, nothing that drives a terminal. NULL is a text that
 * could not be made. */
static const char *keep(struct sinter_table *table, const char *text)
{
    if (text == NULL) {
        table->failed = true;
        return NULL;
    }
    struct sinter_text clean = {.allocator = table->allocator};
    append_clean(&clean, text);
    char *copy = clean.failed ? NULL : sinter_arena_copy(table->arena, sinter_text_data(&clean), clean.length);
    sinter_text_free(&clean);
    if (copy == NULL)
        table->failed = true;
    return copy;
}

void sinter_table_column(struct sinter_table *table, const char *header, enum sinter_align align)
{
    if (table == NULL || table->failed || table->n_columns == MAX_COLUMNS)
        return;
    table->columns[table->n_columns].header = keep(table, header);
    table->columns[table->n_columns++].align = align;
}

static struct row *add_row(struct sinter_table *table)
{
    if (table == NULL || table->failed)
        return NULL;
    struct row *row = sinter_arena_alloc(table->arena, 1, sizeof *row);
    if (row == NULL) {
        table->failed = true;
        return NULL;
    }
    row->span = -1;
    if (table->last != NULL)
        table->last->next = row;
    else
        table->first = row;
    table->last = row;
    return row;
}

void sinter_table_row(struct sinter_table *table, enum sinter_tone tone)
{
    struct row *row = add_row(table);
    if (row != NULL)
        row->tone = tone;
}

void sinter_table_rule(struct sinter_table *table)
{
    struct row *row = add_row(table);
    if (row != NULL)
        row->is_rule = true;
}

void sinter_table_cell(struct sinter_table *table, const char *text)
{
    if (table == NULL || table->failed || table->last == NULL)
        return;
    struct row *row = table->last;
    if (row->n_cells < table->n_columns && row->span < 0)
        row->cells[row->n_cells++] = keep(table, text);
}

void sinter_table_cellf(struct sinter_table *table, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sinter_table_cell(table, text);
}

void sinter_table_span(struct sinter_table *table, const char *text)
{
    if (table == NULL || table->failed || table->last == NULL)
        return;
    struct row *row = table->last;
    int cell = row->n_cells;
    if (cell == table->n_columns || row->span >= 0)
        return;
    sinter_table_cell(table, text);
    row->span = cell;
}

/* ---- widths ------------------------------------------------------------------------------------------------- */

/* Decodes one code point; an invalid byte is a code point of its own. Returns the bytes used. */
static int decode(const unsigned char *text, uint32_t *code)
{
    int n = text[0] < 0x80             ? 0
            : (text[0] & 0xE0) == 0xC0 ? 1
            : (text[0] & 0xF0) == 0xE0 ? 2
            : (text[0] & 0xF8) == 0xF0 ? 3
                                       : 0;
    uint32_t value = n == 0 ? text[0] : text[0] & (0x3Fu >> n);
    for (int i = 1; i <= n; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            *code = 0xFFFD;
            return 1;
        }
        value = value << 6 | (text[i] & 0x3Fu);
    }
    *code = value;
    return n + 1;
}

static int code_columns(uint32_t code)
{
    bool is_zero =
        (code >= 0x300 && code < 0x370) || (code >= 0x200B && code <= 0x200F) || (code >= 0xFE00 && code <= 0xFE0F);
    bool is_wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2E80 && code < 0xA4D0) ||
                   (code >= 0xAC00 && code < 0xD7A4) || (code >= 0xF900 && code < 0xFB00) ||
                   (code >= 0xFF00 && code < 0xFF61) || (code >= 0x1F300 && code < 0x1FAFF);
    return is_zero ? 0 : is_wide ? 2 : 1;
}

int sinter_text_columns(const char *text)
{
    int columns = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        uint32_t code;
        at += decode(at, &code);
        columns += code_columns(code);
    }
    return columns;
}

/* Where the unit of "1.31 GB" begins: behind the blank that follows a number. NULL when there is none. */
static const char *unit_of(const char *cell)
{
    const char *blank = strrchr(cell, ' ');
    return blank != NULL && cell[0] >= '0' && cell[0] <= '9' ? blank + 1 : NULL;
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

/* Width of a column's numbers (all of the cell but for SINTER_UNIT) and of its units with the blank before them. */
struct width {
    int number, unit;
};

static struct width column_width(const struct sinter_table *table, int column)
{
    struct width width = {0, 0};
    for (const struct row *row = table->first; row != NULL; row = row->next) {
        if (row->is_rule || column >= row->n_cells || row->span == column)
            continue;
        const char *cell = row->cells[column];
        const char *unit = table->columns[column].align == SINTER_UNIT ? unit_of(cell) : NULL;
        int unit_columns = unit == NULL ? 0 : sinter_text_columns(unit) + 1;
        width.unit = max_int(width.unit, unit_columns);
        width.number = max_int(width.number, sinter_text_columns(cell) - unit_columns);
    }
    int header = sinter_text_columns(table->columns[column].header);
    width.number = max_int(width.number, header - width.unit);
    return width;
}

/* ---- fitting ------------------------------------------------------------------------------------------------ */

static int table_width(const struct sinter_table *table)
{
    int total = 0; /* each column stands behind two blanks: the indentation or the gap */
    for (int c = 0; c < table->n_columns; c++) {
        struct width width = column_width(table, c);
        total += table->columns[c].is_hidden ? 0 : 2 + width.number + width.unit;
    }
    return total;
}

void table_fit(struct sinter_table *table, const int *importance, int width)
{
    while (table != NULL && !table->failed && width > 0 && table_width(table) > width) {
        int least = -1;
        for (int c = 0; c < table->n_columns; c++)
            if (!table->columns[c].is_hidden && importance[c] > 0 && (least < 0 || importance[c] < importance[least]))
                least = c;
        if (least < 0)
            return;
        table->columns[least].is_hidden = true;
    }
}

bool table_shows(const struct sinter_table *table, int column)
{
    return table != NULL && !table->failed && column < table->n_columns && !table->columns[column].is_hidden;
}

/* ---- printing ----------------------------------------------------------------------------------------------- */

static void blanks(struct sinter_text *line, int n)
{
    for (int i = 0; i < n; i++)
        sinter_text_append(line, " ");
}

static void put_cell(struct sinter_text *line, const char *cell, enum sinter_align align, struct width width)
{
    int columns = sinter_text_columns(cell), room = width.number + width.unit;
    if (align == SINTER_LEFT) {
        sinter_text_append(line, cell);
        blanks(line, room - columns);
        return;
    }
    const char *unit = align == SINTER_UNIT ? unit_of(cell) : NULL;
    /* a number without a unit, or a dash, stands where the numbers stand */
    int behind = align != SINTER_UNIT ? 0 : width.unit - (unit == NULL ? 0 : sinter_text_columns(unit) + 1);
    blanks(line, room - columns - behind);
    sinter_text_append(line, cell);
    blanks(line, behind);
}

static void put_line(struct sinter_text *out, struct sinter_text *line, enum sinter_tone tone, bool is_colored)
{
    size_t length = line->length;
    while (length > 0 && line->data[length - 1] == ' ')
        length--;
    sinter_text_append(out, "  ");
    sinter_text_append(out, tone_begin(tone, is_colored));
    if (length > 0)
        sinter_text_append_n(out, line->data, length);
    sinter_text_append(out, tone_end(tone, is_colored));
    sinter_text_append(out, "\n");
    if (line->failed)
        out->failed = true;
    line->length = 0;
}

static void put_row(const struct sinter_table *table, const struct row *row, const struct width *widths,
                    struct sinter_text *line)
{
    const char *separator = "";
    for (int c = 0; c < row->n_cells; c++) {
        if (table->columns[c].is_hidden && c != row->span)
            continue;
        sinter_text_append(line, separator);
        separator = "  ";
        if (c == row->span) {
            sinter_text_append(line, row->cells[c]);
            return;
        }
        put_cell(line, row->cells[c], table->columns[c].align, widths[c]);
    }
}

enum sinter_status sinter_table_print(const struct sinter_table *table, bool is_colored, struct sinter_text *out)
{
    if (table == NULL || table->failed) {
        out->failed = true;
        return SINTER_NO_MEMORY;
    }
    struct width widths[MAX_COLUMNS] = {{0, 0}};
    int total = 0;
    struct sinter_text line = {.allocator = table->allocator};
    for (int c = 0; c < table->n_columns; c++) {
        if (table->columns[c].is_hidden)
            continue;
        widths[c] = column_width(table, c);
        blanks(&line, total > 0 ? 2 : 0);
        total += widths[c].number + widths[c].unit + (total > 0 ? 2 : 0);
        enum sinter_align align = table->columns[c].align == SINTER_LEFT ? SINTER_LEFT : SINTER_RIGHT;
        put_cell(&line, table->columns[c].header, align, widths[c]);
    }
    put_line(out, &line, SINTER_STRONG, is_colored);
    for (int i = 0; i < total; i++)
        sinter_text_append(&line, "-");
    put_line(out, &line, SINTER_FAINT, is_colored);
    for (const struct row *row = table->first; row != NULL; row = row->next) {
        if (row->is_rule)
            for (int i = 0; i < total; i++)
                sinter_text_append(&line, "-");
        else
            put_row(table, row, widths, &line);
        put_line(out, &line, row->is_rule ? SINTER_FAINT : row->tone, is_colored);
    }
    sinter_text_free(&line);
    return text_status(out);
}
