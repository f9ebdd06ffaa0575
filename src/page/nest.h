/* nest.h: a part's schedule as the lines of its loop nest, with what each line costs.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_PAGE_NEST_H
#define SINTER_PAGE_NEST_H

#include "report/jot.h"

/* [{"line", "note", "tiles": [{"tensor", "kind", "memory", "bytes"}]}]: the lines of the notation, what the annotated schedule
 * says of each, and what the plan keeps on chip in the body of it. Empty without a plan. */
json_t *jot_nest(struct jot *jot, const struct sinter_part_result *part);

#endif
