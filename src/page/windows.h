/* windows.h: who is busy when, in stretches of a part's timing that fit a chart.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_PAGE_WINDOWS_H
#define SINTER_PAGE_WINDOWS_H

#include "report/jot.h"

/* Room-internal, open to tests. */
enum { WINDOW_SLICES = 480 };

/* [{"title", "from_cycle", "to_cycle", "names": [text], "slices": [[resource, name, start, end]]}]: the beginning of the
 * schedule, and the middle of its longest group; the whole of it when it is short. Resources are those of "simulation". At most
 * WINDOW_SLICES slices each: a window ends where the next one would begin. Empty when the part has no timing. */
json_t *jot_windows(struct jot *jot, const struct sinter_part_result *part);

#endif
