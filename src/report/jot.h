/* jot.h: small helpers to build JSON with jansson: failures stick, NaN becomes null, invalid UTF-8 is replaced.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_JOT_H
#define SINTER_REPORT_JOT_H

#include <jansson.h>

#include "report/format.h"

/* Carries the first failure, so that builders need not check each member. */
struct jot {
    bool failed;
};

json_t *jot_object(struct jot *jot);
json_t *jot_array(struct jot *jot);
json_t *jot_text(struct jot *jot, const char *text); /* NULL: null */
json_t *jot_count(struct jot *jot, int64_t value);   /* negative: null */
json_t *jot_real(struct jot *jot, double value);     /* not finite: null */
json_t *jot_positive(struct jot *jot, double value); /* not finite or not positive: null */
json_t *jot_boolean(bool value);
/* Both take the value over. A NULL container or value is a failure. */
void jot_put(struct jot *jot, json_t *object, const char *key, json_t *value);
void jot_add(struct jot *jot, json_t *array, json_t *value);
/* Appends the text of `root`, indented by two, and a line break; frees the root. */
enum sinter_status jot_finish(struct jot *jot, json_t *root, struct sinter_text *out);

/* ---- members shared by run, compare and show ------------------------------------------------------------------ */

json_t *jot_model(struct jot *jot, const struct sinter_model *model);
json_t *jot_accel(struct jot *jot, const struct sinter_accel *accel);
json_t *jot_traffic(struct jot *jot, int64_t read_bytes, int64_t write_bytes);
/* Members of one result: status, strategy, schedule, latency ... area, model_total, parts; and lists when asked for. */
void jot_result(struct jot *jot, json_t *object, const struct sinter_result *result, bool all_layers, bool has_lists);

#endif
