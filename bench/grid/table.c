/* table.c: many contests in one table.
 * SPDX-License-Identifier: MIT
 */
#include "table.h"

#include <math.h>
#include <string.h>

const char *const table_rivals[N_SHOWN] = {"unfused", "fuse-all", "mem-aware", "fuse-block"};

static void add_factor(struct table_row *row, int rival, const struct price *price, const struct price *optimal)
{
    if (!price->fits || !optimal->fits)
        return;
    double factor = price->cycles / optimal->cycles;
    if (row->factors[rival].n == 0 || factor < row->factors[rival].least)
        row->factors[rival].least = factor;
    row->factors[rival].n++;
    row->factors[rival].log_sum += log(factor);
}

static void add_to_row(struct table_row *row, const struct contest *c)
{
    row->n_points++;
    if (!c->is_found)
        return;
    double waits = c->optimal.cycles / c->search.value - 1, dram = c->optimal.dram_bytes / c->compulsory_bytes;
    row->n_found++;
    row->n_named += c->best_named.fits && c->best_named.cycles < c->optimal.cycles * (1 - 1e-6);
    row->n_lost += contest_lost(c) > fmax(c->search.gap, SINTER_GAP);
    row->n_proven += c->search.gap <= SINTER_GAP;
    row->n_waiting += waits > 0.03;
    row->log_dram += log(dram);
    row->worst_dram = fmax(row->worst_dram, dram);
    row->worst_gap = fmax(row->worst_gap, c->search.gap);
    row->worst_waits = fmax(row->worst_waits, waits);
    row->worst_again = fmax(row->worst_again, c->optimal.cycles / c->again.cycles - 1);
    for (int r = 0; r < N_SHOWN; r++)
        add_factor(row, r, &c->shown[r], &c->optimal);
    add_factor(row, N_SHOWN, &c->by_hand, &c->optimal);
}

/* The row of this label, new ones in the order in which they come. */
static struct table_row *find_row(struct table *table, const char *label)
{
    int i = 0;
    while (i < table->n_rows && strcmp(table->rows[i].label, label) != 0)
        i++;
    if (i == table->n_rows)
        snprintf(table->rows[table->n_rows++].label, sizeof table->rows[i].label, "%s", label);
    return &table->rows[i];
}

void table_add(struct table *table, int64_t tokens, int64_t batch, const char *buffer, const struct contest *contest)
{
    char label[48];
    add_to_row(find_row(table, "all"), contest);
    snprintf(label, sizeof label, "%lld x %lld tokens", (long long)batch, (long long)tokens);
    add_to_row(find_row(table, label), contest);
    add_to_row(find_row(table, buffer), contest);
    table->n_lost = table->rows[0].n_lost;
}

static void print_row(const struct table_row *row, FILE *out)
{
    fprintf(out, "| %s | %d |", row->label, row->n_found);
    for (int r = 0; r <= N_SHOWN; r++) {
        if (row->factors[r].n == 0)
            fprintf(out, " - |");
        else
            fprintf(out, " %.3f, %.2f |", row->factors[r].least, exp(row->factors[r].log_sum / row->factors[r].n));
    }
    double n = row->n_found > 0 ? row->n_found : 1;
    fprintf(out, " %.1f, %.1f |", exp(row->log_dram / n), row->worst_dram);
    fprintf(out, " %.2f %% | %d |", 100 * row->worst_gap, row->n_proven);
    fprintf(out, " %.1f %% | %d |", 100 * row->worst_waits, row->n_waiting);
    fprintf(out, " %.1f %% | %d | %d |\n", 100 * row->worst_again, row->n_named, row->n_lost);
}

void table_print(const struct table *table, FILE *out)
{
    fprintf(out, "| points | found |");
    for (int r = 0; r < N_SHOWN; r++)
        fprintf(out, " %s |", table_rivals[r]);
    fprintf(out, " best by hand | DRAM / compulsory | gap | proven | waits | above 3 %% | left | named faster | lost |\n|");
    for (int column = 0; column < N_SHOWN + 11; column++)
        fprintf(out, "---|");
    fprintf(out, "\n");
    for (int i = 0; i < table->n_rows; i++)
        print_row(&table->rows[i], out);
}
