/* plot.h: small plots made of characters: bars, and points on two axes.
 * SPDX-License-Identifier: MIT
 *
 *     struct plot_bars bars = {.title = "strategy", .n_panels = 1, .panels = {{"time"}}, .n_rows = n, .rows = rows};
 *     plot_bars_draw(&bars, &style, &out);
 *
 * The style says how wide a plot may be and of what it is made: blocks and dots of Unicode, or ASCII. Either can be read
 * without colours. Texts are the caller's, and spelled out where a terminal would act on them. Same input, same characters.
 */
#ifndef SINTER_REPORT_PLOT_H
#define SINTER_REPORT_PLOT_H

#include "report/format.h"

/* ---- bars --------------------------------------------------------------------------------------------------------- */

enum { PLOT_PANELS = 2, PLOT_PARTS = 2 };

/* One row's bar in one panel: its parts end to end, then the label. What is not finite, or below 0, has no bar. */
struct plot_bar {
    double parts[PLOT_PARTS];
    char label[48];
};
struct plot_row {
    const char *name;
    const char *note; /* instead of bars; NULL: there are bars */
    enum sinter_tone tone;
    struct plot_bar bars[PLOT_PANELS];
};
/* Panels stand side by side, each with a scale of its own, from 0 to the longest bar.
 *
 *     strategy  time                   DRAM #read =written
 *     unfused   ############# 22.7 ms  ########====== 3.34 GB
 *     fuse-all  ####### 11.9 ms        ##= 600 MB
 */
struct plot_bars {
    const char *title; /* of the names */
    int n_panels;
    struct {
        const char *title;
        const char *parts[PLOT_PARTS]; /* what the parts are; NULL where bars have one */
    } panels[PLOT_PANELS];
    int n_rows;
    const struct plot_row *rows;
};

/* The last panel is left out where there is no room for it. false: there is none for the first one either, or there are no
 * rows; nothing is appended. */
bool plot_bars_draw(const struct plot_bars *bars, const struct sinter_style *style, struct sinter_text *out);

/* A single bar: `share` of so many columns, at least a sliver when it is above 0. In Unicode to an eighth of a column. */
void plot_bar_append(struct sinter_text *out, double share, int columns, bool is_unicode);

/* ---- axes --------------------------------------------------------------------------------------------------------- */

enum { PLOT_TICKS = 24 };

/* A scale from the least to the largest value, logarithmic where that is three times the least or more. */
struct plot_scale {
    double low, high;
    bool is_log;
    int n_ticks;
    double ticks[PLOT_TICKS];
};

/* Ticks stand at round decimal numbers, for bytes at powers of two; there are at most `most` (3 to PLOT_TICKS), and
 * three digits tell them apart. A scale is never narrower than 2 % of its largest value. */
void plot_scale_fit(struct plot_scale *scale, double low, double high, enum sinter_dimension dimension, int most);
/* Where a value stands: 0 at the low end, 1 at the high end. */
double plot_scale_share(const struct plot_scale *scale, double value);

/* ---- points on two axes ------------------------------------------------------------------------------------------- */

/* In the order in which one hides another where they share a place. */
enum plot_mark { PLOT_OTHER, PLOT_FRONT, PLOT_BEST, PLOT_MARKS };

struct plot_point {
    double x, y; /* a point with one that is not finite is left out */
    enum plot_mark mark;
};
struct plot_axis {
    const char *title;
    enum sinter_dimension dimension; /* of the tick labels; bytes count as capacities, in KiB and MiB */
};
/*     latency, logarithmic
 *       500 us | :
 *              |  .o
 *       200 us +     o
 *              |        o    *
 *              +-+------+----+---
 *              64 KiB 512 KiB  4 MiB
 *                   memory on chip, logarithmic
 *       . another one, : several, o nothing beats it, * recommended
 */
struct plot_scatter {
    struct plot_axis x, y;
    const char *names[PLOT_MARKS]; /* of the marks, for the legend */
    int64_t n_points;
    const struct plot_point *points;
};

/* false: no point can be drawn, or there is no room; nothing is appended. */
bool plot_scatter_draw(const struct plot_scatter *scatter, const struct sinter_style *style, struct sinter_text *out);

#endif
