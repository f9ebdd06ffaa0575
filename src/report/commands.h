/* commands.h: the first commands of a schedule, for `run --commands`.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_COMMANDS_H
#define SINTER_REPORT_COMMANDS_H

#include "report/jot.h"

/* Nothing when n is 0 or the part has no plan. */
enum sinter_status commands_text(const struct sinter_part_result *part, int64_t n, bool is_colored, struct sinter_text *out);
/* [{"command", "tensor" or "einsums", "box" or "ranges", "bytes", "state_bytes", "memory", "from" or "to"}] */
json_t *jot_commands(struct jot *jot, const struct sinter_part_result *part, int64_t n);

#endif
