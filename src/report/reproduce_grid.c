/* reproduce_grid.c: a sweep over both fractions of a family of accelerators, for people.
 * SPDX-License-Identifier: MIT
 *
 *     m         a = 0.5         a = 1
 *     ---------------------------------
 *     0.20  7,000,000 M   4,500,000 M*
 *     0.30  6,500,000 =*  5,000,000 F
 *
 * A letter for the better strategy, `=` where all are alike, a star at the best of each column.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/reproduce.h"

enum { MAX_FRACTIONS = 32 };

/* The fractions of a table in the order in which they first appear. */
struct fractions {
    double values[MAX_FRACTIONS];
    int n;
};

static void add_fraction(struct fractions *fractions, double value)
{
    for (int i = 0; i < fractions->n; i++)
        if (fabs(fractions->values[i] - value) < 1e-9)
            return;
    if (fractions->n < MAX_FRACTIONS)
        fractions->values[fractions->n++] = value;
}

static void find_fractions(const struct sinter_reproduced_table *table, struct fractions *areas, struct fractions *shares)
{
    areas->n = shares->n = 0;
    for (int r = 0; r < table->n_rows; r++) {
        add_fraction(areas, table->rows[r].area_fraction);
        add_fraction(shares, table->rows[r].memory_fraction);
    }
}

bool is_grid(const struct sinter_reproduced_table *table)
{
    struct fractions areas, shares;
    for (int r = 1; r < table->n_rows; r++)
        if (table->rows[r].tokens != table->rows[0].tokens || strcmp(table->rows[r].quantity, table->rows[0].quantity) != 0)
            return false;
    find_fractions(table, &areas, &shares);
    return areas.n > 1 && shares.n > 1 && table->n_rows >= areas.n * shares.n;
}

/* The best row of a column, and with a share of one cell; NULL: there is none with a number. *all_same: its rivals are as
 * good. */
static const struct sinter_reproduced_row *best_of(const struct sinter_reproduced_table *table, double area,
                                                   const double *share, bool *all_same)
{
    const struct sinter_reproduced_row *best = NULL;
    int n = 0;
    *all_same = true;
    for (int r = 0; r < table->n_rows; r++) {
        const struct sinter_reproduced_row *row = &table->rows[r];
        if (fabs(row->area_fraction - area) > 1e-9 || (share != NULL && fabs(row->memory_fraction - *share) > 1e-9))
            continue;
        if (n++ > 0 && best != NULL && (is_better(row, best) || is_better(best, row)))
            *all_same = false;
        if (best == NULL ? isfinite(row->ours) : is_better(row, best))
            best = row;
    }
    *all_same = *all_same && n > 1;
    return best;
}

static void put_cell(struct sinter_table *made, const struct sinter_reproduced_table *table, double area, double share)
{
    bool all_same, ignored;
    const struct sinter_reproduced_row *row = best_of(table, area, &share, &all_same);
    if (row == NULL) {
        sinter_table_cell(made, "-  ");
        return;
    }
    bool is_best = !is_better(best_of(table, area, NULL, &ignored), row);
    sinter_table_cellf(made, "%s %c%c", show_reproduced(row, row->ours).text,
                       all_same ? '=' : toupper((unsigned char)row->strategy[0]), is_best ? '*' : ' ');
}

/* "F fuse-all, M mem-aware, = alike; * best of its column" */
static void append_legend(struct sinter_text *out, const struct sinter_reproduced_table *table)
{
    const struct sinter_reproduced_row *first = &table->rows[0];
    sinter_text_append(out, "  ");
    for (int r = 0; r < table->n_rows; r++) {
        const struct sinter_reproduced_row *row = &table->rows[r];
        if (fabs(row->area_fraction - first->area_fraction) < 1e-9 &&
            fabs(row->memory_fraction - first->memory_fraction) < 1e-9)
            sinter_text_printf(out, "%c %s, ", toupper((unsigned char)row->strategy[0]), row->strategy);
    }
    sinter_text_append(out, "= alike; * the best of its column\n");
}

enum sinter_status append_grid(struct sinter_text *out, const struct sinter_reproduced_table *table,
                               const struct sinter_style *style)
{
    struct sinter_table *made = sinter_table_new(out->allocator);
    struct fractions areas, shares;
    find_fractions(table, &areas, &shares);
    sinter_table_column(made, "m", SINTER_LEFT);
    for (int a = 0; a < areas.n; a++) {
        char title[32];
        snprintf(title, sizeof title, "a = %g  ", areas.values[a]);
        sinter_table_column(made, title, SINTER_RIGHT);
    }
    for (int s = 0; s < shares.n; s++) {
        sinter_table_row(made, SINTER_PLAIN);
        sinter_table_cellf(made, "%.2f", shares.values[s]);
        for (int a = 0; a < areas.n; a++)
            put_cell(made, table, areas.values[a], shares.values[s]);
    }
    enum sinter_status status = sinter_table_print(made, style->is_colored, out);
    sinter_table_free(made);
    append_legend(out, table);
    return status;
}
