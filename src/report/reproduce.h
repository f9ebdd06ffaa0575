/* reproduce.h: what the engine of a reproduction and its writers share.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_REPRODUCE_H
#define SINTER_REPORT_REPRODUCE_H

#include "report/format.h"

/* A number of a row for people, with the digits that its quantity deserves: "4,449,281", "12,802.5", "5.17"; NAN: "-". */
struct shown show_reproduced(const struct sinter_reproduced_row *row, double value);
struct shown show_deviation(double deviation); /* "-1.64 %" */

enum sinter_status reproduce_text(const struct sinter_reproduction *reproduction, const struct sinter_style *style,
                                  struct sinter_text *out);

#endif
