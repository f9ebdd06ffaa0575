/* run.h: the text of one run.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_RUN_H
#define SINTER_REPORT_RUN_H

#include "report/format.h"

enum sinter_status run_text(const struct sinter_result *result, const struct sinter_style *style, struct sinter_text *out);

#endif
