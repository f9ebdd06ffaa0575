/* explain.h: why a schedule that was searched for is as it is, for people.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_EXPLAIN_H
#define SINTER_REPORT_EXPLAIN_H

#include "report/format.h"

void explain_text(struct sinter_text *out, const struct sinter_result *result, const struct sinter_style *style);

#endif
