/* page.h: results as one HTML file that needs nothing else, and as figures: charts, tables, the schedule, where it comes from.
 * SPDX-License-Identifier: MIT
 *
 *     struct sinter_page page = {0};
 *     struct sinter_text html = {0};
 *     if (sinter_page_results(model, accel, rows, n_rows, 1, &style, &origin, &page) == SINTER_OK &&
 *         sinter_page_html(&page, &html) == SINTER_OK)
 *         fwrite(html.data, 1, html.length, file);
 *     sinter_text_free(&html);
 *     sinter_page_free(&page);
 *
 * A page is data, the JSON of the same results ("sinter.page/1", docs/json.md), beside the script that draws it, which the
 * build bundles from web/. Nothing in it is computed anew: what a chart shows stands in the data, and the report as text stands
 * in the page for who reads without a script. The page asks no network for anything, and forbids itself to. Names are data and
 * appear as text, whatever they are made of. Same input, same bytes out.
 *
 * Functions return SINTER_OK or SINTER_NO_MEMORY, and what is said of each.
 */
#ifndef SINTER_PAGE_H
#define SINTER_PAGE_H

#include "sinter/report.h"

/* Was the script bundled? It is not in a build without npm: pages and figures cannot be written then. */
SINTER_API bool sinter_page_is_built(void);

/* Where a result comes from: the words of the command line. They must outlive the call. */
struct sinter_origin {
    const char *const *words;
    int n_words;
};

struct sinter_page {
    struct sinter_text title;  /* "mamba-2.8b on marca" */
    struct sinter_text report; /* the same results as text */
    struct sinter_text data;   /* JSON */
};
SINTER_API void sinter_page_free(struct sinter_page *page);

/* Runs of one model on one accelerator: `rows` as for a comparison, of which the page opens `chosen` (-1: the best). `kind` is
 * "run" or "compare". The JSON of each run is that of "sinter.run/1", with its loop nest and two windows of its timing. */
SINTER_API enum sinter_status sinter_page_results(const char *kind, const struct sinter_model *model,
                                                  const struct sinter_accel *accel, const struct sinter_compare_row *rows,
                                                  int n_rows, int chosen, const struct sinter_style *style,
                                                  const struct sinter_origin *origin, struct sinter_page *page);

/* The page itself. SINTER_INFEASIBLE when the script is not built in. */
SINTER_API enum sinter_status sinter_page_html(const struct sinter_page *page, struct sinter_text *out);
/* A program for Node.js that writes every chart of the page into the folder that it is started in. SINTER_INFEASIBLE as above. */
SINTER_API enum sinter_status sinter_page_figures(const struct sinter_page *page, struct sinter_text *out);

#endif
