/* sim_twin_calendar.h: all that a port ever serves, for the naive twin of the simulator.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_SIM_TWIN_CALENDAR_H
#define SINTER_TESTS_SIM_TWIN_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

struct interval {
    int64_t start, end;
};

struct sent {
    int64_t ready, ticks, done; /* done: -1 until it is asked for */
    int tensor;
};

/* A port or link: the loads and computes that it has served, and the stores that it has to serve or has served. */
struct calendar {
    double ticks_per_bit;
    int64_t gate; /* the controller has been told to wait for stores here until then */
    int64_t busy;
    int n_served, n_sent;
    struct interval *served;
    struct sent *sent;
};

static inline int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Serves a load or compute from `ready` on at the earliest, behind all before it; when it begins. */
int64_t calendar_serve(struct calendar *calendar, int64_t ready, int64_t ticks);
/* When the last load or compute is through, and when it began. */
int64_t calendar_end(const struct calendar *calendar);
int64_t calendar_begun(const struct calendar *calendar);
/* Is it certain that the store is through by `horizon`, before which no load that is still to come begins? Then `done` says
 * when. */
bool calendar_is_done(struct calendar *calendar, int index, int64_t horizon);

#endif
