/* program.h: a schedule as the stream of tile commands that it expands to.
 * SPDX-License-Identifier: MIT
 *
 *     struct sinter_program *program = NULL;
 *     struct sinter_command command;
 *     if (sinter_program_new(plan, NULL, diags, &program) == SINTER_OK)
 *         while (sinter_program_next(program, &command))
 *             ...
 *     sinter_program_free(program);
 *
 * The stream is made while it is read: its memory depends on the size of the schedule, not on the extents of ranks.
 * Commands stand in the order in which a schedule runs: where a body begins to need a tile it is loaded, a leaf or chain
 * computes, and after the last child that needs a tile it is stored, when it must be, and freed. What a plan says in closed
 * form holds for the sums: the bits of all loads and stores of a tile are its load_bits, store_bits, state_load_bits and
 * state_store_bits, and the most that is live at a compute is the peak.
 */
#ifndef SINTER_PROGRAM_H
#define SINTER_PROGRAM_H

#include "sinter/schedule.h"

enum sinter_command_kind {
    SINTER_LOAD,    /* bring a tile, or the new part of a window, from its source */
    SINTER_COMPUTE, /* run a leaf or chain over the current ranges */
    SINTER_STORE,   /* bring a tile to its source */
    SINTER_FREE     /* the tile is gone */
};
SINTER_API const char *sinter_command_name(enum sinter_command_kind kind); /* "load", "compute", "store", "free" */

struct sinter_command {
    enum sinter_command_kind kind;
    int tile;           /* index into plan->tiles; -1 for a compute */
    int node;           /* plan node: the leaf or chain that computes, or the leaf that the tile first serves */
    int64_t bits;       /* moved, of the tensor itself */
    int64_t state_bits; /* moved, of its state tensor */
};

struct sinter_program;

/* A program of a resolved plan, which must stay resolved as it is. */
SINTER_API enum sinter_status sinter_program_new(const struct sinter_plan *plan, const struct sinter_allocator *allocator,
                                                 struct sinter_diagnostics *diags, struct sinter_program **program);
SINTER_API void sinter_program_free(struct sinter_program *program);
/* The next command; false at the end. Allocates nothing. */
SINTER_API bool sinter_program_next(struct sinter_program *program, struct sinter_command *command);
/* The tile of the load, store or free that was read last, in its tensor's own indices: [low, high) along each dimension, cut
 * to the tensor and, below 0, to its state. Returns the number of dimensions; 0 for a compute. */
SINTER_API int sinter_program_box(const struct sinter_program *program, const struct sinter_command *command,
                                  int64_t low[SINTER_MAX_DIMS], int64_t high[SINTER_MAX_DIMS]);
/* The current ranges of the ranks: where the loops stand for the command that was read last. */
SINTER_API const struct sinter_ranges *sinter_program_ranges(const struct sinter_program *program);
/* The ranges of the ranks in the body of plan node `body`, while `node`, somewhere inside it, is run or begun: loops between
 * the two do not cut them. */
SINTER_API void sinter_program_ranges_in(const struct sinter_program *program, int body, int node,
                                         struct sinter_ranges *ranges);
/* From the first command again. */
SINTER_API void sinter_program_restart(struct sinter_program *program);

/* ---- for readers that know what repeats --------------------------------------------------------------------------- */

/* The commands of one point of the tree. They stay valid until the next call. */
struct sinter_step {
    const struct sinter_command *commands; /* `n` of them, perhaps none */
    int n;
    int group;   /* index of the group that they belong to */
    int loop;    /* >= 0: the plan node of a loop of which an iteration begins here, before these commands */
    bool enters; /* it is the first one of this run of the loop */
};
/* The next step; false at the end. Not to be mixed with sinter_program_next while that has commands of a step left. */
SINTER_API bool sinter_program_step(struct sinter_program *program, struct sinter_step *step);
/* Where an iteration of `loop` has just begun: how many iterations from this one on, at most `most`, issue the same commands as
 * each of the `back` iterations before it. The last iteration of a loop is never counted: a rank may end there. */
SINTER_API int64_t sinter_program_alike(const struct sinter_program *program, int loop, int64_t back, int64_t most);
/* At the same place: leaves out n iterations, this one included, that are alike. The next step begins the iteration after
 * them. */
SINTER_API void sinter_program_skip(struct sinter_program *program, int loop, int64_t n);

#endif
