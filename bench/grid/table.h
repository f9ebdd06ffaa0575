/* table.h: many contests in one table: by the size of the buffer, by tokens and sequences, and in all.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_BENCH_GRID_TABLE_H
#define SINTER_BENCH_GRID_TABLE_H

#include <stdio.h>

#include "contest.h"

extern const char *const table_rivals[N_SHOWN];

/* Of the points that a row sums up. */
struct table_row {
    char label[48];
    int n_points, n_found, n_proven, n_waiting; /* waiting: above 3 % */
    int n_named, n_lost;                        /* a named strategy is faster at all; any rival is by more than the gap */
    struct {
        int n;
        double least, log_sum;
    } factors[N_SHOWN + 1]; /* against each rival that is shown, and the best of all, tuned by hand */
    double log_dram, worst_dram, worst_gap, worst_waits, worst_again;
};

struct table {
    int n_rows, n_lost;
    struct table_row rows[64];
};

void table_add(struct table *table, int64_t tokens, int64_t batch, const char *buffer, const struct contest *contest);
void table_print(const struct table *table, FILE *out);

#endif
