/* machine.h: the state of the simulated machine, shared by the files that move it.
 * SPDX-License-Identifier: MIT
 *
 *     sim.c        building and running the machine, group by group; the result
 *     command.c    one command: issue, load, compute, store, free
 *     port.c       servers: ports and links, where loads go first and stores fill the gaps
 *     space.c      the space of a memory: who must wait for whose to be freed; occupancy over time
 *     duration.c   how long a tile travels and a leaf computes
 *     period.c     when the state repeats: jumping over iterations
 *
 * Tiles are numbered by their *place*: sorted by group, so that what one group touches lies together.
 */
#ifndef SINTER_SIM_MACHINE_H
#define SINTER_SIM_MACHINE_H

#include "sinter/sim.h"

enum {
    MAX_PORTS = 2 * SINTER_MAX_MEMORIES + 1, /* a port and a link each, and one for the writes of DRAM */
    MAX_WAY = 4,                             /* ports that a transfer passes, and one more for its state */
    MAX_DEPTH = 64,                          /* loops inside each other */
    N_RECORDED = 1 + SINTER_N_WAITS          /* counters of a leaf: busy, waits by cause */
};

/* All times are ticks since the group began. */

/* A store that waits at a port for its turn. */
struct job {
    int64_t ready, left; /* left: ticks of service that it still needs */
    int64_t number;      /* of its command */
    int memory, slot;    /* of the space that is freed when it is done, */
    int way;             /* and which of the ports of its way this is */
    int send;            /* what can be loaded again then, -1 */
};

/* Between two loads at a port, after `issue`: stores may still be served there. */
struct gap {
    int64_t from, to;
};

struct port {
    double ticks_per_bit;
    int64_t free;  /* no load begins before this, and no store outside the gaps */
    int64_t gate;  /* the controller waits for stores that pass here until then: no load begins before */
    int64_t *busy; /* a counter */
    int resource;
    int head, n; /* the waiting stores: a ring of machine->n_jobs */
    struct job *jobs;
    int first_gap, n_gaps, next_end;
    struct gap gaps[SINTER_QUEUE]; /* a ring */
    int64_t ends[SINTER_QUEUE];    /* of the last loads, a ring: `next_end` is the oldest */
};

/* Space that is free from `time` on. */
struct slot {
    int64_t bits, time;     /* time: when its users, and the parts of its store that are done, have finished */
    int place;              /* of the tile */
    int n_ports, n_waiting; /* ports that its store passes, and how many it has still to pass */
    int ports[MAX_WAY];
    int64_t done[MAX_WAY];
};

/* How full a memory has been over time. */
struct history {
    int shift;           /* a sample is 2^shift ticks */
    int last;            /* the sample that was written last */
    int64_t level, most; /* bits now, and the most since `most` was set back */
    int64_t at;          /* since when, counted over all groups */
    int64_t bits[SINTER_SAMPLES];
};

struct space {
    int64_t capacity, taken; /* taken: bits of tiles that live, or whose slot still stands in the ring */
    int head, n, n_seen;     /* n_seen: slots from the head on that the history knows */
    struct slot slots[SINTER_LOOKAHEAD];
    struct history history;
};

/* A tensor that its group stores and loads again: at each port, when the last store was through and how many are not. */
struct send {
    int64_t done[MAX_PORTS];
    int n_jobs[MAX_PORTS];
};

/* The way of a transfer. */
struct route {
    int n;
    int ports[3];
    int64_t latency;   /* ticks */
    double burst_bits; /* 0: none */
};

/* What a tile's commands need to know. */
struct way {
    struct route load, store;
    int tensor, leaf, memory, source; /* source: place, -1: DRAM */
    int send;                         /* its tensor is stored and loaded in one group, -1 */
    int next_made;                    /* the next tile that has its space from the first compute of the same leaf on */
    bool is_stream, is_window, is_carry, is_produced, fills_others, is_live;
    int64_t room;
    int64_t arrived; /* the last load */
    int64_t first_taken, last_freed;
};

/* A leaf, and how long it computes for the sizes that were asked for last. */
struct leaf {
    bool asks_last;          /* some of its operations are due at last pieces alone */
    int first_key, n_keys;   /* looped ranks around it: machine->keys, and their last sizes in machine->sizes */
    int first_made;          /* its tiles that no load brings, -1 */
    int first_wait, n_waits; /* leaves on other units: machine->waits */
    int64_t compute, port;   /* ticks */
    int64_t made;            /* when it last finished */
    int64_t *record;         /* counters: busy, then waits by cause */
};

/* The state at the start of an iteration of a loop. */
struct snapshot {
    int64_t iteration; /* of the loop, now, from 0 */
    int64_t at;        /* the one that is kept; 0: none */
    int64_t next;      /* the first that may be kept next */
    int64_t floor, number;
    int n_core, n_words; /* n_core: without what grows with the group */
    int64_t *words, *counters;
    int64_t most[SINTER_MAX_MEMORIES]; /* the most bits in each memory from then until an inner loop kept its state */
};

struct machine {
    const struct sinter_plan *plan;
    const struct sinter_accel *accel;
    const struct sinter_einsum_cost *einsums;
    const struct sinter_observer *observer;
    struct sinter_program *program;
    struct sinter_arena *arena;
    double ticks_per_cycle;
    int64_t window_from, window_to; /* of the observer, in ticks over all groups */

    int n_ports, n_jobs, write_port, port_of[SINTER_MAX_MEMORIES], link_of[SINTER_MAX_MEMORIES]; /* -1: without a limit */
    struct port ports[MAX_PORTS];
    struct space *spaces; /* by memory */
    int unit_resource[SINTER_MAX_UNITS];

    int n_path[SINTER_MAX_MEMORIES], path[SINTER_MAX_MEMORIES][MAX_PORTS]; /* ports between a memory and DRAM */

    int group;
    int first_place, end_place, first_send, end_send; /* of the group */
    int64_t base;                                     /* ticks before the group */
    int64_t issue;                                    /* when the last command was issued */
    int64_t floor;                                    /* nothing still to come begins before; period.c keeps it */
    int64_t loaded;                                   /* when every load listed so far has arrived */
    int loaded_last;                                  /* place of the one that arrives last, */
    int64_t loaded_issue;                             /* and when it had its space */
    int64_t computed;                                 /* when every compute listed so far has finished */
    int64_t unit_free[SINTER_MAX_UNITS];
    int stored; /* place of the tile of the last store, whose free follows; -1 */
    int64_t number;

    int *place_of;    /* by tile */
    int *first_of;    /* by group: its first place; one more at the end */
    int *sends_of;    /* by group, the same for sends */
    struct way *ways; /* by place */
    struct send *sends;
    struct leaf *leaves; /* by plan node */
    int *keys, *waits;
    int64_t *sizes;
    int n_counters; /* busy of ports, N_RECORDED of each plan node, waits for transfers by place */
    int64_t *counters, *place_waits;
    int *depth_of;                        /* by plan node: loops around it */
    unsigned *units_of;                   /* by plan node: the units of the leaves in it */
    struct snapshot snapshots[MAX_DEPTH]; /* by depth of the loop */
    int64_t *words;                       /* for one more state */
    int64_t n_stepped, most_stepped;
};

static inline int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* port.c */
/* Serves at `ready` at the earliest, before waiting stores that do not fit in until then. Returns the start. */
int64_t port_serve(struct machine *machine, int index, int64_t ready, int64_t ticks, int64_t number);
/* A store that passes this port for `ticks`; slot and send are told when it is through. */
void port_queue(struct machine *machine, int index, const struct job *job);
/* Nothing to do here, but all loads before must have passed. */
int64_t port_pass(const struct machine *machine, int index, int64_t ready);
/* Serves waiting stores in the gaps, and behind them as long as they begin before `until`. */
void port_settle(struct machine *machine, int index, int64_t until);
/* Serves one waiting store to its end. */
void port_drain_one(struct machine *machine, int index);

/* space.c */
/* Takes space; the controller waits for it. */
void space_take(struct machine *machine, int memory, int64_t bits);
/* A slot that becomes free at `time`, and when it has been stored; its index in the ring. */
int space_free(struct machine *machine, int memory, int64_t bits, int64_t time, int place);
/* Lets the history see what has become free by now. */
void space_settle(struct machine *machine, int memory);
/* At the end of a group nothing is left. */
void space_empty(struct machine *machine, int memory);
/* The level has gone up and down, at most to history->most, until `time` (over all groups). */
void history_fill(struct history *history, int64_t time);

/* duration.c */
bool durations_new(struct machine *machine); /* false: out of memory */
int64_t route_ticks(const struct machine *machine, const struct route *route, int i, int64_t bits);
void leaf_ask(struct machine *machine, int index);

/* command.c */
void machine_do(struct machine *machine, const struct sinter_command *command);
/* When the controller may go on as far as a memory and those outside it are concerned. */
int64_t machine_gate(const struct machine *machine, int memory);

/* period.c */
int period_most_words(const struct machine *machine);
/* Where the first iteration of a run of a loop begins; and where any later one does: true when iterations were left out, and
 * the step at hand is void. */
void period_enter(struct machine *machine, int loop);
bool period_jump(struct machine *machine, int loop);

#endif
