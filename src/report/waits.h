/* waits.h: what the simulation saw: how busy each resource was, what units waited for, what lived when.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_WAITS_H
#define SINTER_REPORT_WAITS_H

#include "report/jot.h"

/* "dram port", "dram write port", "link of buffer", "array" */
void append_resource(struct sinter_text *out, const struct sinter_accel *accel, const struct sinter_resource *resource);
/* Tables of resources and of waits; `most` rows of waits, the longest first, 0: all. Nothing for a part that is not simulated. */
void waits_text(struct sinter_text *out, const struct sinter_part_result *part, int most, bool is_colored);
/* "simulation": {"complete", "commands", "stepped", "resources", "occupancy", "lifetimes"}; null when there is none. */
json_t *jot_simulation(struct jot *jot, const struct sinter_part_result *part);
/* "busy_cycles", "wait_cycles", "waits_for" of an Einsum. */
void jot_waits(struct jot *jot, json_t *object, const struct sinter_part_result *part, int einsum);

#endif
