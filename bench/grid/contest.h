/* contest.h: one problem, the best schedule that the search finds for it, and its rivals.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_BENCH_GRID_CONTEST_H
#define SINTER_BENCH_GRID_CONTEST_H

#include "sinter/search.h"

/* What one schedule costs. */
struct price {
    bool fits;
    double cycles, bound_cycles; /* simulated, and in closed form */
    double dram_bytes, peak_bytes;
};

/* Rivals that every table shows; the others only count if they are the best. */
enum rival { UNFUSED, FUSE_ALL, MEM_AWARE, FUSE_BLOCK, N_SHOWN };

struct contest {
    bool is_found; /* does anything fit? */
    struct sinter_search search;
    struct price optimal, shown[N_SHOWN];
    struct price best_named,
        by_hand;             /* by_hand: its tiles moved, one loop at a time, as long as the simulation ends earlier */
    const char *best_label;  /* of the best named strategy, with its options */
    struct price again;      /* the same done to what the search found: what it left */
    double compulsory_bytes; /* no schedule moves less */
};

/* Has any of the named strategies, or one of them tuned by hand, a lower latency than what the search found? By how much,
 * as a fraction; not above 0: none. */
double contest_lost(const struct contest *contest);

enum sinter_status contest_hold(const struct sinter_cascade *cascade, const struct sinter_accel *accel,
                                struct sinter_diagnostics *diags, struct contest *contest);

#endif
