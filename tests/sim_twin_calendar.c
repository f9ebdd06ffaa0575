/* sim_twin_calendar.c: all that a port ever serves, for the naive twin of the simulator.
 * SPDX-License-Identifier: MIT
 */
#include "sim_twin_calendar.h"

int64_t calendar_end(const struct calendar *c)
{
    return c->n_served > 0 ? c->served[c->n_served - 1].end : 0;
}

int64_t calendar_begun(const struct calendar *c)
{
    return c->n_served > 0 ? c->served[c->n_served - 1].start : 0;
}

int64_t calendar_serve(struct calendar *c, int64_t ready, int64_t ticks)
{
    int64_t start = max(ready, max(c->gate, calendar_end(c)));
    c->served[c->n_served++] = (struct interval){start, start + ticks};
    c->busy += ticks;
    return start;
}

/* Stores go in order, each in what the loads that have been served leave free behind the one before it. */
static int64_t end_of(const struct calendar *c, int index)
{
    const struct sent *sent = &c->sent[index];
    int64_t at = max(sent->ready, index > 0 ? c->sent[index - 1].done : 0), left = sent->ticks;
    for (int k = 0; k < c->n_served && left > 0; k++) {
        if (c->served[k].end <= at)
            continue;
        int64_t free = max(0, c->served[k].start - at);
        if (free >= left)
            break;
        left -= free;
        at = c->served[k].end;
    }
    return at + left;
}

bool calendar_is_done(struct calendar *c, int index, int64_t horizon)
{
    for (int i = 0; i <= index; i++) {
        struct sent *sent = &c->sent[i];
        int64_t end = sent->done < 0 ? end_of(c, i) : sent->done;
        if (end > horizon)
            return false;
        c->busy += sent->done < 0 ? sent->ticks : 0;
        sent->done = end;
    }
    return true;
}
