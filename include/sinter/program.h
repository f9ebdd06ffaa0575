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
    int n_dims;
    int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS]; /* the tile: [low, high) in the tensor's own indices, cut to it and,
                                                            below 0, to its state; of a compute: empty */
};

struct sinter_program;

/* A program of a resolved plan, which must stay resolved as it is. */
SINTER_API enum sinter_status sinter_program_new(const struct sinter_plan *plan, const struct sinter_allocator *allocator,
                                                 struct sinter_diagnostics *diags, struct sinter_program **program);
SINTER_API void sinter_program_free(struct sinter_program *program);
/* The next command; false at the end. Allocates nothing. */
SINTER_API bool sinter_program_next(struct sinter_program *program, struct sinter_command *command);
/* The current range of a rank: where the loops stand. */
SINTER_API void sinter_program_range(const struct sinter_program *program, int rank, int64_t *start, int64_t *size);
/* From the first command again. */
SINTER_API void sinter_program_restart(struct sinter_program *program);

#endif
