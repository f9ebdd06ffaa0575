/* compare.h: what the formats of a comparison share: the rows, the baseline, the best.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_COMPARE_H
#define SINTER_REPORT_COMPARE_H

#include "report/format.h"

struct comparison {
    const struct sinter_model *model;
    const struct sinter_accel *accel;
    const struct sinter_compare_row *rows;
    int n_rows;
    int baseline, best; /* rows, -1: none is feasible */
    bool all_layers;
};

/* Sets baseline and best. Baseline: "unfused" by name, else the first that is priced. Best: the fewest cycles, then bytes, then
 * order. */
void comparison_choose(struct comparison *comparison);
/* The numbers of a row, or NULL when it has none. */
const struct sinter_totals *comparison_totals(const struct comparison *comparison, int row);
/* Is it priced? */
bool comparison_is_feasible(const struct comparison *comparison, int row);
/* Why it is not. */
const char *comparison_reason(const struct comparison *comparison, int row);
/* How many times faster than the baseline; NAN when either is not priced. */
double comparison_speedup(const struct comparison *comparison, int row);

enum sinter_status compare_text(const struct comparison *comparison, const struct sinter_style *style,
                                struct sinter_text *out);

#endif
