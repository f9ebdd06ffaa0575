/* plot_bars.c: horizontal bars of characters, in panels side by side.
 * SPDX-License-Identifier: MIT
 */
#include "report/plot.h"

#include <math.h>
#include <string.h>

enum {
    WIDEST = 100,      /* columns of a plot where nothing limits it */
    LONGEST_BAR = 40,  /* more shows no more */
    SHORTEST_BAR = 8,  /* less says nothing */
    SHORTEST_NAME = 12 /* columns that names get at least */
};

static int at_most(int value, int most)
{
    return value < most ? value : most;
}

static int at_least(int value, int least)
{
    return value > least ? value : least;
}

static void repeat(struct sinter_text *out, const char *mark, int n)
{
    for (int i = 0; i < n; i++)
        sinter_text_append(out, mark);
}

void plot_bar_append(struct sinter_text *out, double share, int columns, bool is_unicode)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!(share > 0))
        return;
    int steps = is_unicode ? 8 : 1, n = (int)lround(fmin(share, 1) * columns * steps);
    n = at_least(n, 1);
    repeat(out, is_unicode ? "█" : "#", n / steps);
    if (is_unicode)
        sinter_text_append(out, eighths[n % steps]);
}

/* ---- layout --------------------------------------------------------------------------------------------------------- */

struct layout {
    int name;              /* columns of the names */
    int n_panels, bar;     /* panels that are drawn, and the columns of a full bar */
    int ends[PLOT_PANELS]; /* where a panel ends, in columns from the left; the next begins two behind */
    double most[PLOT_PANELS];
};

static double length_of(const struct plot_bar *bar)
{
    double sum = 0;
    for (int i = 0; i < PLOT_PARTS; i++)
        sum += bar->parts[i];
    return sum >= 0 && isfinite(sum) ? sum : (double)NAN;
}

static int label_columns(const struct plot_bars *bars, int panel)
{
    int columns = 0;
    for (int i = 0; i < bars->n_rows; i++)
        if (bars->rows[i].note == NULL)
            columns = at_least(columns, sinter_text_columns(bars->rows[i].bars[panel].label));
    return columns;
}

static int visible_columns(const char *text)
{
    struct sinter_text clean = {0};
    append_clean(&clean, text);
    int columns = sinter_text_columns(sinter_text_data(&clean));
    sinter_text_free(&clean);
    return columns;
}

/* As many panels as there is room for; 0: none. */
static struct layout lay_out(const struct plot_bars *bars, int width)
{
    struct layout layout = {.name = sinter_text_columns(bars->title)};
    for (int i = 0; i < bars->n_rows; i++)
        layout.name = at_least(layout.name, visible_columns(bars->rows[i].name));
    layout.name = at_most(layout.name, at_least(width / 3, SHORTEST_NAME));
    for (int n = bars->n_panels; n > 0 && layout.n_panels == 0; n--) {
        int left = width - 2 - layout.name;
        for (int p = 0; p < n; p++)
            left -= 3 + label_columns(bars, p);
        layout.bar = at_most(left / n, LONGEST_BAR);
        layout.n_panels = layout.bar >= SHORTEST_BAR ? n : 0;
    }
    int end = layout.name;
    for (int p = 0; p < layout.n_panels; p++) {
        end += 3 + layout.bar + label_columns(bars, p);
        layout.ends[p] = end;
        for (int i = 0; i < bars->n_rows; i++)
            if (bars->rows[i].note == NULL)
                layout.most[p] = fmax(layout.most[p], length_of(&bars->rows[i].bars[p])); /* which passes over NAN */
    }
    return layout;
}

/* ---- lines ---------------------------------------------------------------------------------------------------------- */

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

/* A name of at most so many columns: what is too long loses its middle. */
static void append_name(struct sinter_text *line, const char *name, int columns, bool is_unicode)
{
    struct sinter_text clean = {.allocator = line->allocator}, piece = {.allocator = line->allocator};
    append_clean(&clean, name);
    const char *text = sinter_text_data(&clean), *gap = is_unicode ? "…" : "..";
    size_t head = 0, tail = clean.length;
    bool fits = sinter_text_columns(text) <= columns;
    for (bool is_front = true, is_going = !fits; is_going; is_front = !is_front) {
        size_t next_head = head, next_tail = tail;
        if (is_front) {
            while (next_head < tail && (next_head == head || !begins_character(text[next_head])))
                next_head++;
        } else {
            while (next_tail > head && (next_tail == tail || !begins_character(text[next_tail])))
                next_tail--;
        }
        piece.length = 0;
        sinter_text_append_n(&piece, text, next_head);
        sinter_text_append(&piece, gap);
        sinter_text_append(&piece, text + next_tail);
        is_going = !piece.failed && next_head < next_tail && sinter_text_columns(sinter_text_data(&piece)) <= columns;
        head = is_going ? next_head : head;
        tail = is_going ? next_tail : tail;
    }
    sinter_text_append_n(line, text, fits ? clean.length : head);
    sinter_text_append(line, fits ? "" : gap);
    sinter_text_append(line, fits ? "" : text + tail);
    line->failed = line->failed || clean.failed || piece.failed;
    sinter_text_free(&clean);
    sinter_text_free(&piece);
}

/* Blanks up to a column. */
static void pad(struct sinter_text *line, int column)
{
    for (int c = sinter_text_columns(sinter_text_data(line)); c < column; c++)
        sinter_text_append(line, " ");
}

/* What a bar's first and second part are drawn with. */
static const char *part_mark(int part, bool is_unicode)
{
    static const char *const marks[PLOT_PARTS][2] = {{"#", "█"}, {"=", "░"}};
    return marks[part][is_unicode];
}

static void append_bar(struct sinter_text *line, const struct plot_bar *bar, double most, int columns, bool is_unicode)
{
    double length = length_of(bar), share = most > 0 ? length / most : 0;
    if (bar->parts[1] > 0 && share > 0) { /* shades know no eighths */
        int all = at_least((int)lround(share * columns), 1);
        int first = at_most((int)lround(bar->parts[0] / most * columns), all - (all > 1 ? 1 : 0));
        first = bar->parts[0] > 0 ? at_least(first, 1) : 0;
        repeat(line, part_mark(0, is_unicode), first);
        repeat(line, part_mark(1, is_unicode), all - first);
    } else
        plot_bar_append(line, share, columns, is_unicode);
    if (bar->label[0] != '\0') {
        sinter_text_append(line, share > 0 ? " " : "");
        sinter_text_append(line, bar->label);
    }
}

/* "DRAM #read =written"; where there is no room for it, the parts without the title. */
static void append_panel_title(struct sinter_text *line, const struct plot_bars *bars, int panel, int room, bool is_unicode)
{
    struct sinter_text title = {.allocator = line->allocator};
    size_t begin = strlen(bars->panels[panel].title);
    sinter_text_append(&title, bars->panels[panel].title);
    for (int i = 0; i < PLOT_PARTS && bars->panels[panel].parts[i] != NULL; i++)
        sinter_text_printf(&title, " %s%s", part_mark(i, is_unicode), bars->panels[panel].parts[i]);
    bool fits = title.length == begin || sinter_text_columns(sinter_text_data(&title)) <= room;
    append_name(line, sinter_text_data(&title) + (fits ? 0 : begin + 1), room, is_unicode);
    line->failed = line->failed || title.failed;
    sinter_text_free(&title);
}

static void put_line(struct sinter_text *out, struct sinter_text *line, enum sinter_tone tone, bool is_colored)
{
    sinter_text_printf(out, "  %s", tone_begin(tone, is_colored));
    sinter_text_append(out, sinter_text_data(line));
    sinter_text_printf(out, "%s\n", tone_end(tone, is_colored));
    out->failed = out->failed || line->failed;
    line->length = 0;
}

bool plot_bars_draw(const struct plot_bars *bars, const struct sinter_style *style, struct sinter_text *out)
{
    bool is_unicode = style->plots == SINTER_PLOTS_UNICODE;
    struct layout layout = lay_out(bars, style->width > 0 ? at_most(style->width, WIDEST) : WIDEST);
    struct sinter_text line = {.allocator = out->allocator};
    if (layout.n_panels == 0 || bars->n_rows == 0 || style->plots == SINTER_PLOTS_NONE)
        return false;
    sinter_text_append(&line, bars->title);
    for (int p = 0; p < layout.n_panels; p++) {
        int begin = (p == 0 ? layout.name : layout.ends[p - 1]) + 2;
        pad(&line, begin);
        append_panel_title(&line, bars, p, layout.ends[p] - begin, is_unicode);
    }
    put_line(out, &line, SINTER_STRONG, style->is_colored);
    for (int i = 0; i < bars->n_rows; i++) {
        const struct plot_row *row = &bars->rows[i];
        append_name(&line, row->name, layout.name, is_unicode);
        pad(&line, layout.name + 2);
        if (row->note != NULL)
            append_clean(&line, row->note);
        for (int p = 0; p < layout.n_panels && row->note == NULL; p++) {
            pad(&line, (p == 0 ? layout.name : layout.ends[p - 1]) + 2);
            append_bar(&line, &row->bars[p], layout.most[p], layout.bar, is_unicode);
        }
        put_line(out, &line, row->tone, style->is_colored);
    }
    sinter_text_free(&line);
    return true;
}
