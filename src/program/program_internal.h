/* program_internal.h: what the walk and the sizes of a program share.
 * SPDX-License-Identifier: MIT
 *
 *     program.c  the walk over the plan: which commands, in which order
 *     moves.c    how much a load or a store moves, and which iterations of a loop are alike
 */
#ifndef SINTER_PROGRAM_INTERNAL_H
#define SINTER_PROGRAM_INTERNAL_H

#include "sinter/program.h"

/* Where the walk stands next. */
enum place { PLACE_BEFORE, PLACE_BEHIND, PLACE_ENTER, PLACE_ITERATION, PLACE_NEXT_ITERATION, PLACE_LEAVE, PLACE_DONE };

struct sinter_program {
    const struct sinter_plan *plan;
    const struct sinter_allocator *allocator;
    struct sinter_ranges now;
    enum place place;
    int node;
    int64_t *outer_start, *outer_size; /* by plan node: the range that a running loop cuts */
    int *first_begin, *first_end;      /* by plan node: tiles that begin before it, end behind it */
    int *first_window;                 /* by plan node: windows of this loop */
    int *next_begin, *next_end;        /* by tile: the lists go on (those of windows with next_end) */
    bool *is_live;                     /* by tile: a window that was loaded in this run of its loop */
    struct sinter_command *queue;
    int n_queued, i_queue;
    int loop; /* of the step that is queued: an iteration of it begins, -1 */
};

/* Fill in what a command moves where the loops stand now; false when it moves nothing and need not be. */
void size_read(struct sinter_program *program, struct sinter_command *command, int window_loop);
bool size_carry(struct sinter_program *program, struct sinter_command *command);
bool size_partial_load(struct sinter_program *program, struct sinter_command *command);
void size_result(struct sinter_program *program, struct sinter_command *command);

#endif
