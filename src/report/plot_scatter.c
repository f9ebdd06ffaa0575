/* plot_scatter.c: points on two axes, as characters: dots of braille or ASCII, the front in marks of its own.
 * SPDX-License-Identifier: MIT
 */
#include "report/plot.h"

#include <math.h>
#include <string.h>

/* Columns and rows between the axes, at most; a cell has DOTS_X by DOTS_Y places, the dots of a braille character. */
enum { WIDEST = 80, ROWS = 12, NARROWEST = 16, DOTS_X = 2, DOTS_Y = 4, COLUMNS_PER_TICK = 12, ROWS_PER_TICK = 2 };

struct cell {
    bool has[PLOT_MARKS];
    bool has_several; /* of PLOT_OTHER */
    unsigned dots;    /* of all points, as in U+2800 + dots */
};

struct canvas {
    bool is_unicode;
    int columns; /* between the axes */
    int gutter;  /* columns left of the y axis, with the blank before it */
    struct plot_scale x, y;
    struct cell cells[ROWS][WIDEST];
};

/* What things are drawn with. */
struct glyphs {
    const char *side, *side_tick, *corner, *bottom, *bottom_tick;
    const char *marks[PLOT_MARKS];
};
static const struct glyphs ascii = {"|", "+", "+", "-", "+", {".", "o", "*"}};
static const struct glyphs unicode = {"│", "┤", "└", "─", "┬", {"⠂", "●", "◆"}};

static struct shown show_value(double value, enum sinter_dimension dimension)
{
    struct shown shown;
    if (dimension == SINTER_BYTES)
        return show_capacity(value);
    sinter_quantity_show(value, dimension, 3, shown.text, sizeof shown.text);
    return shown;
}

static int label_columns(const struct plot_scale *scale, enum sinter_dimension dimension)
{
    int columns = 0;
    for (int i = 0; i < scale->n_ticks; i++) {
        int n = sinter_text_columns(show_value(scale->ticks[i], dimension).text);
        columns = n > columns ? n : columns;
    }
    return columns;
}

/* ---- places --------------------------------------------------------------------------------------------------------- */

static bool is_drawn(const struct plot_point *point)
{
    return isfinite(point->x) && isfinite(point->y);
}

/* The dot that a value falls on: 0 to n_dots - 1. */
static int dot_at(const struct plot_scale *scale, double value, int n_dots)
{
    double dot = plot_scale_share(scale, value) * (n_dots - 1);
    return dot < 0 ? 0 : dot > n_dots - 1 ? n_dots - 1 : (int)lround(dot);
}

static int column_of(const struct canvas *canvas, double x)
{
    return dot_at(&canvas->x, x, canvas->columns * DOTS_X) / DOTS_X;
}

static int row_of(const struct canvas *canvas, double y)
{
    return ROWS - 1 - dot_at(&canvas->y, y, ROWS * DOTS_Y) / DOTS_Y;
}

static void place(struct canvas *canvas, const struct plot_point *point)
{
    static const unsigned bits[DOTS_Y][DOTS_X] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}; /* from the top */
    struct cell *cell = &canvas->cells[row_of(canvas, point->y)][column_of(canvas, point->x)];
    int dot_x = dot_at(&canvas->x, point->x, canvas->columns * DOTS_X) % DOTS_X;
    int dot_y = DOTS_Y - 1 - dot_at(&canvas->y, point->y, ROWS * DOTS_Y) % DOTS_Y;
    cell->has_several |= point->mark == PLOT_OTHER && cell->has[PLOT_OTHER];
    cell->has[point->mark] = true;
    cell->dots |= bits[dot_y][dot_x];
}

/* Scales, room, points; false: there is nothing to draw, or no room. */
static bool fill(struct canvas *canvas, const struct plot_scatter *scatter, int width)
{
    double low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
    for (int64_t i = 0; i < scatter->n_points; i++) {
        const struct plot_point *point = &scatter->points[i];
        if (!is_drawn(point))
            continue;
        low_x = fmin(low_x, point->x);
        high_x = fmax(high_x, point->x);
        low_y = fmin(low_y, point->y);
        high_y = fmax(high_y, point->y);
    }
    if (low_x > high_x)
        return false;
    plot_scale_fit(&canvas->y, low_y, high_y, scatter->y.dimension, ROWS / ROWS_PER_TICK);
    canvas->gutter = 2 + label_columns(&canvas->y, scatter->y.dimension) + 1;
    canvas->columns = (width < WIDEST ? width : WIDEST) - canvas->gutter - 1;
    if (canvas->columns < NARROWEST)
        return false;
    int most = canvas->columns / COLUMNS_PER_TICK;
    plot_scale_fit(&canvas->x, low_x, high_x, scatter->x.dimension, most < 3 ? 3 : most);
    for (int64_t i = 0; i < scatter->n_points; i++)
        if (is_drawn(&scatter->points[i]))
            place(canvas, &scatter->points[i]);
    return true;
}

/* ---- lines ---------------------------------------------------------------------------------------------------------- */

static void blanks(struct sinter_text *out, int n)
{
    if (n > 0)
        sinter_text_printf(out, "%*s", n, "");
}

static void append_title_of(struct sinter_text *out, const struct plot_axis *axis, const struct plot_scale *scale)
{
    append_clean(out, axis->title);
    sinter_text_append(out, scale->is_log ? ", logarithmic\n" : "\n");
}

static enum plot_mark mark_of(const struct cell *cell)
{
    return cell->has[PLOT_BEST] ? PLOT_BEST : cell->has[PLOT_FRONT] ? PLOT_FRONT : PLOT_OTHER;
}

static void put_cell(const struct canvas *canvas, const struct cell *cell, bool is_colored, struct sinter_text *out)
{
    enum plot_mark mark = mark_of(cell);
    enum sinter_tone tone = mark == PLOT_OTHER ? SINTER_FAINT : SINTER_STRONG;
    if (cell->dots == 0) {
        sinter_text_append(out, " ");
        return;
    }
    sinter_text_append(out, tone_begin(tone, is_colored));
    if (mark == PLOT_OTHER && canvas->is_unicode) {
        const char braille[] = {(char)0xE2, (char)(0xA0u | cell->dots >> 6), (char)(0x80u | (cell->dots & 0x3Fu)), '\0'};
        sinter_text_append(out, braille);
    } else if (mark == PLOT_OTHER && cell->has_several)
        sinter_text_append(out, ":");
    else
        sinter_text_append(out, (canvas->is_unicode ? &unicode : &ascii)->marks[mark]);
    sinter_text_append(out, tone_end(tone, is_colored));
}

static void put_row(const struct canvas *canvas, int row, const struct plot_axis *axis, bool is_colored,
                    struct sinter_text *out)
{
    const struct glyphs *glyphs = canvas->is_unicode ? &unicode : &ascii;
    struct shown label = {""};
    int last = canvas->columns;
    for (int i = 0; i < canvas->y.n_ticks; i++)
        if (row_of(canvas, canvas->y.ticks[i]) == row)
            label = show_value(canvas->y.ticks[i], axis->dimension);
    blanks(out, canvas->gutter - 1 - sinter_text_columns(label.text));
    sinter_text_printf(out, "%s %s", label.text, label.text[0] != '\0' ? glyphs->side_tick : glyphs->side);
    while (last > 0 && canvas->cells[row][last - 1].dots == 0)
        last--;
    for (int c = 0; c < last; c++)
        put_cell(canvas, &canvas->cells[row][c], is_colored, out);
    sinter_text_append(out, "\n");
}

static void put_bottom(const struct canvas *canvas, struct sinter_text *out)
{
    const struct glyphs *glyphs = canvas->is_unicode ? &unicode : &ascii;
    bool is_tick[WIDEST] = {false};
    for (int i = 0; i < canvas->x.n_ticks; i++)
        is_tick[column_of(canvas, canvas->x.ticks[i])] = true;
    blanks(out, canvas->gutter);
    sinter_text_append(out, glyphs->corner);
    for (int c = 0; c < canvas->columns; c++)
        sinter_text_append(out, is_tick[c] ? glyphs->bottom_tick : glyphs->bottom);
    sinter_text_append(out, "\n");
}

/* Each label below its tick, as long as it does not touch the one before it. */
static void put_labels(const struct canvas *canvas, const struct plot_axis *axis, struct sinter_text *out)
{
    int used = 0, width = canvas->gutter + 1 + canvas->columns;
    for (int i = 0; i < canvas->x.n_ticks; i++) {
        struct shown label = show_value(canvas->x.ticks[i], axis->dimension);
        int columns = sinter_text_columns(label.text);
        int begin = canvas->gutter + 1 + column_of(canvas, canvas->x.ticks[i]) - (columns - 1) / 2;
        begin = begin + columns > width ? width - columns : begin;
        if (begin < used + (used > 0 ? 2 : 0))
            continue;
        blanks(out, begin - used);
        sinter_text_append(out, label.text);
        used = begin + columns;
    }
    sinter_text_append(out, "\n");
}

/* The marks that can be seen, and their names. */
static void put_legend(const struct canvas *canvas, const struct plot_scatter *scatter, int width, struct sinter_text *out)
{
    const struct glyphs *glyphs = canvas->is_unicode ? &unicode : &ascii;
    struct sinter_text line = {.allocator = out->allocator};
    bool has[PLOT_MARKS] = {false}, has_several = false;
    for (int i = 0; i < ROWS * canvas->columns; i++) {
        const struct cell *cell = &canvas->cells[i / canvas->columns][i % canvas->columns];
        has[mark_of(cell)] |= cell->dots != 0;
        has_several |= mark_of(cell) == PLOT_OTHER && cell->has_several;
    }
    for (int m = 0; m < PLOT_MARKS; m++) {
        if (!has[m])
            continue;
        sinter_text_printf(&line, "%s%s %s", line.length > 0 ? ", " : "", glyphs->marks[m], scatter->names[m]);
        if (m == PLOT_OTHER && has_several && !canvas->is_unicode)
            sinter_text_append(&line, ", : several");
    }
    sinter_text_append(out, "  ");
    append_wrapped(out, sinter_text_data(&line), 2, 2, width);
    sinter_text_append(out, "\n");
    out->failed = out->failed || line.failed;
    sinter_text_free(&line);
}

bool plot_scatter_draw(const struct plot_scatter *scatter, const struct sinter_style *style, struct sinter_text *out)
{
    int width = style->width > 0 && style->width < WIDEST ? style->width : WIDEST;
    struct canvas *canvas = sinter_allocate(out->allocator, 1, sizeof *canvas);
    if (canvas == NULL) {
        out->failed = true;
        return false;
    }
    canvas->is_unicode = style->plots == SINTER_PLOTS_UNICODE;
    bool has_plot = style->plots != SINTER_PLOTS_NONE && fill(canvas, scatter, width);
    if (has_plot) {
        sinter_text_append(out, "  ");
        append_title_of(out, &scatter->y, &canvas->y);
        for (int row = 0; row < ROWS; row++)
            put_row(canvas, row, &scatter->y, style->is_colored, out);
        put_bottom(canvas, out);
        put_labels(canvas, &scatter->x, out);
        blanks(out, canvas->gutter + 1);
        append_title_of(out, &scatter->x, &canvas->x);
        put_legend(canvas, scatter, width, out);
    }
    sinter_release(out->allocator, canvas);
    return has_plot;
}
