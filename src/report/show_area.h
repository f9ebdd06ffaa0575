/* show_area.h: where the area and the power of an accelerator go, by every model that can say.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_SHOW_AREA_H
#define SINTER_REPORT_SHOW_AREA_H

#include "report/jot.h"

void area_text(struct sinter_text *out, const struct sinter_accel *accel, const struct sinter_style *style);
/* Members `area_models`, `sram`, `peak_watts` and `published` of the accelerator. */
void area_members(struct jot *jot, json_t *object, const struct sinter_accel *accel);

#endif
