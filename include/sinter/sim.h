/* sim.h: how long a schedule takes: every command of its program gets a start and an end.
 * SPDX-License-Identifier: MIT
 *
 *     struct sinter_timing *timing = NULL;
 *     if (sinter_simulate(plan, cost.einsums, NULL, NULL, diags, &timing) == SINTER_OK)
 *         printf("%.0f cycles\n", timing->cycles);
 *     sinter_timing_free(timing);
 *
 * The machine. One controller issues the commands of the program in order. Each command then waits for what it needs and
 * is served by its resources: ports of memories, links, units. docs/timing.md states every rule and works one example by
 * hand. In short, within a group (groups follow one another):
 *
 *     issue    The controller stands still at a command whose space is not free yet, at the free of a tile while
 *              SINTER_LOOKAHEAD freed before it are still in use, at a command that finds SINTER_QUEUE others at its port,
 *              and at a load of what is still being stored. What it has issued runs ahead as deep as space allows: that is
 *              prefetching. Without it (prefetch: false) the controller stands still until each command has ended.
 *     load     Takes each port on its way (the source's, the link, the destination's) for bits / bandwidth, each by itself; it
 *              ends when the last one is through and all before it have passed the ports between its memory and DRAM, plus
 *              the source's latency. Loads pass a port in program order, and so do the computes that use it. From a tile in
 *              an outer memory it waits for that one to arrive or be made.
 *     compute  Takes the space of results. Starts when its unit is free, every load listed before it has arrived and the
 *              results of other units that it reads (or whose carry it replaces) are there. Takes the larger of its cycles on
 *              the unit and its share of the leaf's accesses through the memory's port, which it occupies for the latter.
 *              With several units it also lets all before it pass the ports between its memory and DRAM.
 *     store    Becomes ready when its producer (of a carry: every compute before it) has finished. Stores pass a port in
 *              program order, whenever no load wants it; a load interrupts a store.
 *     free     The space is free when the last user (of a hold: every compute before it), and the store, have finished, and
 *              when all that the program frees before it is. A window frees what it leaves behind where it loads its new
 *              part, which has space of its own. Who waits for space that a store holds may pass a port when the store has.
 *
 * All orders are fixed by the program, so more bandwidth, more memory or faster units never make a schedule slower. Time is
 * counted in ticks, a power of two of a cycle; durations are rounded up to a tick. Every resource is busy for exactly what
 * cost.h charges it, so the closed-form bound is never above the simulated time.
 *
 * A loop becomes periodic: when the whole state of the machine repeats, moved in time, at the start of two iterations and the
 * iterations between them and behind them issue the same commands (sinter_program_alike), the rest is jumped over. The
 * result is that of stepping, to the tick. */
#ifndef SINTER_SIM_H
#define SINTER_SIM_H

#include "sinter/cost.h"
#include "sinter/program.h"

#define SINTER_LOOKAHEAD 128 /* tiles that the controller may have freed while they are still in use, per memory */
#define SINTER_QUEUE 64      /* loads and computes that may wait or be served at a port */
#define SINTER_SAMPLES 256   /* at most so many samples of a memory's occupancy */

/* Why a unit stood still before a leaf: what it waited for last. Of a wait for an operand, the part before that had its space
 * counts as space. */
enum sinter_wait {
    SINTER_WAIT_TRANSFER, /* an operand was on its way */
    SINTER_WAIT_SPACE,    /* an operand or a result could not have its space earlier */
    SINTER_WAIT_EINSUM,   /* another unit had not made an operand, or not read a carry, yet */
    SINTER_WAIT_PORT,     /* the port of the unit's memory was busy, or slower than the unit */
    SINTER_N_WAITS
};
SINTER_API const char *sinter_wait_name(enum sinter_wait wait); /* "transfer", "space", "einsum", "port" */

enum sinter_resource_kind { SINTER_RESOURCE_READ, SINTER_RESOURCE_WRITE, SINTER_RESOURCE_LINK, SINTER_RESOURCE_UNIT };

/* Something that serves one command at a time. Ports and links without a limit are no resources. */
struct sinter_resource {
    enum sinter_resource_kind kind; /* READ: the port of a memory, for writes too unless it has its own WRITE port */
    int index;                      /* of the memory (of a link: its inner end) or of the unit */
    double busy_cycles;             /* of the whole schedule */
};

struct sinter_group_timing {
    double start_cycles, cycles;
    double drain_cycles; /* from the end of its last compute to its end */
};

/* Per Einsum; a chain counts with its first member. */
struct sinter_leaf_timing {
    double busy_cycles;
    double wait_cycles[SINTER_N_WAITS];
    int tensor; /* the one whose transfers it waited for longest, -1 */
};

/* When tiles of a tensor lived in a memory during one group. */
struct sinter_lifetime {
    int tensor, memory, group;
    int64_t bits; /* the sum of the footprints of its tiles, single */
    double from_cycles, to_cycles;
};

/* The fullest moment of each stretch of `cycles_per_sample` cycles; where iterations were jumped over, that of all of them.
 * Space that a store holds counts until it is certain when the store is through: until the controller stands, or a later load
 * begins, behind that at each port of the store. */
struct sinter_occupancy {
    int memory;
    int n;
    double cycles_per_sample;
    int64_t bits[SINTER_SAMPLES];
};

struct sinter_timing {
    bool is_complete; /* false: too many commands before anything repeats; `cycles` is then not known, and NAN */
    double cycles;
    double ticks_per_cycle;
    int n_resources;
    struct sinter_resource *resources;
    struct sinter_group_timing *groups; /* by group */
    struct sinter_leaf_timing *leaves;  /* by Einsum */
    int n_lifetimes;
    struct sinter_lifetime *lifetimes;
    int n_occupancies; /* of each on-chip memory with a tile in it */
    struct sinter_occupancy *occupancies;
    int64_t n_commands; /* of the whole program */
    int64_t n_stepped;  /* those that were timed one by one */
    struct sinter_arena *arena;
};

/* Who wants to see every command within a window of time. Nothing within it is jumped over. Times are cycles from the start
 * of the schedule. Slices of one resource never overlap; a store that gives way has several, and may come after a load that
 * is served later. A store that waited while iterations before the window were left out keeps the number it had: it stands
 * for the like one of the last of them. */
struct sinter_observer {
    void *context;
    double from_cycles, to_cycles;
    /* A command is issued; `number` counts from 0. Its box and ranges can be asked of the program now. */
    void (*command)(void *context, int64_t number, const struct sinter_command *command,
                    const struct sinter_program *program);
    /* It has a resource (index into timing->resources) from start to end. */
    void (*slice)(void *context, int64_t number, int resource, double start, double end);
    /* So many bits are taken in a memory from now on; times never go back. */
    void (*occupancy)(void *context, int memory, double at, int64_t bits);
};

struct sinter_sim_options {
    const struct sinter_observer *observer; /* may be NULL */
    bool steps_only;                        /* no jumps: for tests and measurements */
    int64_t most_stepped;                   /* stop after so many commands; 0: 100 million */
};

/* Times a resolved plan that fits. `einsums` are its costs (cost.h), for the mappings. `options` may be NULL. The order and
 * number of resources depend on the accelerator alone. SINTER_BAD_INPUT when a group takes longer than 2^60 cycles. */
SINTER_API enum sinter_status sinter_simulate(const struct sinter_plan *plan, const struct sinter_einsum_cost *einsums,
                                              const struct sinter_sim_options *options,
                                              const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                              struct sinter_timing **timing);
SINTER_API void sinter_timing_free(struct sinter_timing *timing);

#endif
