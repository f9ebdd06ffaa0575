/* area.h: what reading shares with area.c.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_ACCEL_AREA_H
#define SINTER_ACCEL_AREA_H

#include "accel/reader.h"

/* sinter_accel_refit with the place in the file where a budget that does not do is reported. */
enum sinter_status area_refit(struct sinter_accel *accel, struct sinter_location budget_at,
                              struct sinter_diagnostics *diags);

#endif
