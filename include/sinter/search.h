/* search.h: strategies that build schedules: the named ones now, the optimal mapper on top of them.
 * SPDX-License-Identifier: MIT
 *
 * A named strategy says which Einsums are fused and how; where it leaves tile sizes open (the kernels of an unfused
 * machine, the parts of mem-aware) it takes those that cost least on the accelerator it is given. What it builds is an
 * ordinary schedule: it prints, parses and is priced like any other.
 */
#ifndef SINTER_SEARCH_H
#define SINTER_SEARCH_H

#include "sinter/cost.h"
#include "sinter/schedule.h"

/* What a strategy may be told. Zero is the default of every field. */
struct sinter_strategy_options {
    int64_t tile;  /* tile along the recurrent rank; 0: 1 */
    int64_t split; /* number of parts of the other large rank of the state (D); 0: what the strategy says */
    bool chain;    /* evaluate the state update as one chain */
    bool resident; /* fuse-block: keep the weights on chip instead of streaming them */
};

/* Names and one-line descriptions by index; NULL past the end. */
SINTER_API const char *sinter_strategy_name(int index);
SINTER_API const char *sinter_strategy_summary(int index);
/* Whether it is among those that are compared when none is named. */
SINTER_API bool sinter_strategy_is_compared(int index);
/* Builds the tree of a named strategy. Where a strategy needs sizes (tiles of an unfused kernel, the parts of
 * mem-aware) it takes the best that fits the memory it finds. SINTER_INFEASIBLE, with the reason, when nothing fits. */
SINTER_API enum sinter_status sinter_strategy_build(const char *name, const struct sinter_strategy_options *options,
                                                    struct sinter_schedule *schedule, struct sinter_diagnostics *diags);

#endif
