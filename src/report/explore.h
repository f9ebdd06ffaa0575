/* explore.h: what the writers of an exploration share.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_EXPLORE_H
#define SINTER_REPORT_EXPLORE_H

#include "sinter/report.h"

enum sinter_status explore_text(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                const struct sinter_style *style, struct sinter_diagnostics *diags, struct sinter_text *out);

/* A scatter plot of the accelerators that fit: latency against what varies. Nothing where nothing does. */
enum sinter_status explore_plot(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                const struct sinter_style *style, struct sinter_diagnostics *diags, struct sinter_text *out);

#endif
