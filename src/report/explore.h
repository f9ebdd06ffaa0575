/* explore.h: what the writers of an exploration share.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_EXPLORE_H
#define SINTER_REPORT_EXPLORE_H

#include "report/jot.h"

enum sinter_status explore_text(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                const struct sinter_style *style, struct sinter_diagnostics *diags, struct sinter_text *out);

/* Members of "sinter.explore/1". */
json_t *jot_workloads(struct jot *jot, const struct sinter_experiment *experiment);
json_t *jot_summary(struct jot *jot, const struct sinter_exploration *exploration, const struct sinter_explore_front *front);
json_t *jot_point(struct jot *jot, const struct sinter_exploration *exploration, const struct sinter_explore_point *point,
                  bool has_schedule);

/* A scatter plot of the accelerators that fit: latency against what varies. Nothing where nothing does. */
enum sinter_status explore_plot(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                const struct sinter_style *style, struct sinter_diagnostics *diags, struct sinter_text *out);
/* The command that runs a workload on the accelerator of a point, appended; options on lines that fit. */
enum sinter_status explore_command(struct sinter_exploration *exploration, int64_t index, int workload,
                                   const struct sinter_style *style, struct sinter_text *out);

#endif
