/* program.c: walking a plan and saying what moves, in order.
 * SPDX-License-Identifier: MIT
 *
 * The walk keeps, per loop, the range that it cuts, and nothing else that grows. At each step it queues the commands of one
 * point of the tree: before a child (loads of what begins there, of a window the new part), at a leaf (its compute), behind a
 * child (stores and frees of what ends there) and behind a loop (frees of its windows).
 */
#include "program/program_internal.h"

#include <string.h>

const char *sinter_command_name(enum sinter_command_kind kind)
{
    static const char *const names[] = {"load", "compute", "store", "free"};
    return names[kind];
}

/* ---- queueing ------------------------------------------------------------------------------------------------------ */

static struct sinter_command *push(struct sinter_program *program, enum sinter_command_kind kind, int tile)
{
    struct sinter_command *command = &program->queue[program->n_queued++];
    *command = (struct sinter_command){.kind = kind, .tile = tile, .node = program->plan->tiles[tile].leaf};
    return command;
}

static void begin_tile(struct sinter_program *program, int index)
{
    const struct sinter_tile *tile = &program->plan->tiles[index];
    if (tile->kind == SINTER_TILE_CARRY) {
        if (!size_carry(program, push(program, SINTER_LOAD, index)))
            program->n_queued--;
    } else if (!tile->is_produced) {
        size_read(program, push(program, SINTER_LOAD, index), program->is_live[index] ? tile->body : -1);
        program->is_live[index] = tile->is_window;
    } else if (tile->load_bits > 0 || tile->state_load_bits > 0) {
        if (!size_partial_load(program, push(program, SINTER_LOAD, index)))
            program->n_queued--;
    }
}

static void end_tile(struct sinter_program *program, int index)
{
    const struct sinter_tile *tile = &program->plan->tiles[index];
    if (tile->kind == SINTER_TILE_CARRY) {
        if (!size_carry(program, push(program, SINTER_STORE, index)))
            program->n_queued--;
    } else if (tile->is_produced && (tile->store_bits > 0 || tile->state_store_bits > 0)) {
        size_result(program, push(program, SINTER_STORE, index));
    }
    push(program, SINTER_FREE, index);
}

/* ---- the walk ------------------------------------------------------------------------------------------------------ */

static bool is_leaf(const struct sinter_plan_node *node)
{
    return node->n_members > 0;
}

/* Queues what happens before a child of a body. */
static void step_before(struct sinter_program *program)
{
    int node = program->node;
    const struct sinter_plan_node *at = &program->plan->nodes[node];
    for (int tile = program->first_begin[node]; tile >= 0; tile = program->next_begin[tile])
        begin_tile(program, tile);
    if (is_leaf(at)) {
        program->queue[program->n_queued++] = (struct sinter_command){.kind = SINTER_COMPUTE, .tile = -1, .node = node};
        program->place = PLACE_BEHIND;
        return;
    }
    if (at->end == node + 1) {
        program->place = PLACE_BEHIND; /* nothing stands in it */
        return;
    }
    program->place = at->kind == SINTER_LOOP ? PLACE_ENTER : PLACE_ITERATION;
}

/* Cuts the range of a loop, after what begins before it has been read with the whole of it. */
static void step_enter(struct sinter_program *program)
{
    int loop = program->node;
    const struct sinter_plan_node *at = &program->plan->nodes[loop];
    program->outer_start[loop] = program->now.start[at->rank];
    program->outer_size[loop] = program->now.size[at->rank];
    program->now.size[at->rank] = at->tile < program->outer_size[loop] ? at->tile : program->outer_size[loop];
    program->place = PLACE_ITERATION;
}

/* Starts an iteration of a loop, or the only one of a group. */
static void step_iteration(struct sinter_program *program)
{
    int node = program->node;
    program->loop = program->plan->nodes[node].kind == SINTER_LOOP ? node : -1;
    program->node = node + 1;
    program->place = PLACE_BEFORE;
}

/* Ends an iteration of a loop: on to the next one, or behind the loop. */
static void step_next_iteration(struct sinter_program *program)
{
    int loop = program->node;
    const struct sinter_plan_node *at = &program->plan->nodes[loop];
    int64_t end = program->outer_start[loop] + program->outer_size[loop];
    int64_t start = program->now.start[at->rank] + program->now.size[at->rank];
    if (start < end) {
        program->now.start[at->rank] = start;
        program->now.size[at->rank] = at->tile < end - start ? at->tile : end - start;
        program->place = PLACE_ITERATION;
        return;
    }
    for (int tile = program->first_window[loop]; tile >= 0; tile = program->next_end[tile]) {
        push(program, SINTER_FREE, tile);
        program->is_live[tile] = false;
    }
    program->place = PLACE_LEAVE;
}

static void step_leave(struct sinter_program *program)
{
    int loop = program->node, rank = program->plan->nodes[loop].rank;
    program->now.start[rank] = program->outer_start[loop];
    program->now.size[rank] = program->outer_size[loop];
    program->place = PLACE_BEHIND;
}

/* Queues what happens behind a child, and finds the next one. */
static void step_behind(struct sinter_program *program)
{
    const struct sinter_plan *plan = program->plan;
    int node = program->node, parent = plan->nodes[node].parent, next = plan->nodes[node].end;
    for (int tile = program->first_end[node]; tile >= 0; tile = program->next_end[tile])
        end_tile(program, tile);
    if (parent >= 0 && next >= plan->nodes[parent].end) {
        program->node = parent;
        program->place = plan->nodes[parent].kind == SINTER_LOOP ? PLACE_NEXT_ITERATION : PLACE_BEHIND;
        return;
    }
    program->node = next;
    program->place = next < plan->n_nodes ? PLACE_BEFORE : PLACE_DONE;
}

/* Queues the commands of the next point of the tree that has any, or at which an iteration begins. */
static bool refill(struct sinter_program *program)
{
    program->i_queue = program->n_queued = 0;
    program->loop = -1;
    while (program->n_queued == 0 && program->loop < 0) {
        switch (program->place) {
        case PLACE_BEFORE:
            step_before(program);
            break;
        case PLACE_ENTER:
            step_enter(program);
            break;
        case PLACE_ITERATION:
            step_iteration(program);
            break;
        case PLACE_BEHIND:
            step_behind(program);
            break;
        case PLACE_NEXT_ITERATION:
            step_next_iteration(program);
            break;
        case PLACE_LEAVE:
            step_leave(program);
            break;
        case PLACE_DONE:
            return false;
        }
    }
    return true;
}

bool sinter_program_step(struct sinter_program *program, struct sinter_step *step)
{
    if (!refill(program))
        return false;
    int node = program->n_queued > 0 ? program->queue[0].node : program->loop;
    program->i_queue = program->n_queued;
    int loop = program->loop;
    bool enters = loop >= 0 && program->now.start[program->plan->nodes[loop].rank] == program->outer_start[loop];
    *step = (struct sinter_step){program->queue, program->n_queued, program->plan->nodes[node].group, loop, enters};
    return true;
}

bool sinter_program_next(struct sinter_program *program, struct sinter_command *command)
{
    while (program->i_queue == program->n_queued)
        if (!refill(program))
            return false;
    *command = program->queue[program->i_queue++];
    return true;
}

void sinter_program_skip(struct sinter_program *program, int loop, int64_t n)
{
    const struct sinter_plan_node *at = &program->plan->nodes[loop];
    program->now.start[at->rank] += n * at->tile;
    int64_t left = program->outer_start[loop] + program->outer_size[loop] - program->now.start[at->rank];
    program->now.size[at->rank] = at->tile < left ? at->tile : left;
    program->node = loop;
    program->place = PLACE_ITERATION;
    program->i_queue = program->n_queued = 0;
}

const struct sinter_ranges *sinter_program_ranges(const struct sinter_program *program)
{
    return &program->now;
}

void sinter_program_ranges_in(const struct sinter_program *program, int body, int node, struct sinter_ranges *ranges)
{
    const struct sinter_plan_node *nodes = program->plan->nodes;
    *ranges = program->now;
    for (int at = nodes[node].parent; at != body && at >= 0; at = nodes[at].parent) {
        if (nodes[at].kind != SINTER_LOOP)
            continue;
        ranges->start[nodes[at].rank] = program->outer_start[at];
        ranges->size[nodes[at].rank] = program->outer_size[at];
    }
}

/* ---- making -------------------------------------------------------------------------------------------------------- */

void sinter_program_restart(struct sinter_program *program)
{
    const struct sinter_cascade *cascade = program->plan->cascade;
    for (int r = 0; r < cascade->n_ranks; r++) {
        program->now.start[r] = 0;
        program->now.size[r] = cascade->ranks[r].extent;
    }
    memset(program->is_live, 0, (size_t)program->plan->n_tiles * sizeof *program->is_live);
    program->node = 0;
    program->place = program->plan->n_nodes > 0 ? PLACE_BEFORE : PLACE_DONE;
    program->n_queued = program->i_queue = 0;
}

/* Tiles between a tile and DRAM. */
static int depth_of(const struct sinter_plan *plan, int tile)
{
    int depth = 0;
    for (int at = plan->tiles[tile].source; at >= 0; at = plan->tiles[at].source)
        depth++;
    return depth;
}

/* Puts a tile at the head of the tiles of its depth, behind those of lesser depth or, when they end, of greater. */
static void insert(const struct sinter_plan *plan, int *list, int *next, int tile, bool is_end)
{
    int depth = depth_of(plan, tile);
    while (*list >= 0 && (is_end ? depth_of(plan, *list) > depth : depth_of(plan, *list) < depth))
        list = &next[*list];
    next[tile] = *list;
    *list = tile;
}

/* Hangs every tile on the child before which it begins and the one behind which it ends, in the order of the plan; but a tile
 * that fills another begins before it and ends after it. */
static void hang_tiles(struct sinter_program *program)
{
    const struct sinter_plan *plan = program->plan;
    for (int i = 0; i < plan->n_nodes; i++)
        program->first_begin[i] = program->first_end[i] = program->first_window[i] = -1;
    for (int tile = plan->n_tiles - 1; tile >= 0; tile--) {
        const struct sinter_tile *t = &plan->tiles[tile];
        insert(plan, &program->first_begin[t->fill], program->next_begin, tile, false);
        if (t->is_window) {
            insert(plan, &program->first_window[t->body], program->next_end, tile, true);
            continue;
        }
        int last = t->begin;
        while (plan->nodes[last].end < t->end)
            last = plan->nodes[last].end;
        insert(plan, &program->first_end[last], program->next_end, tile, true);
    }
}

void sinter_program_free(struct sinter_program *program)
{
    if (program == NULL)
        return;
    sinter_release(program->allocator, program->outer_start);
    sinter_release(program->allocator, program->first_begin);
    sinter_release(program->allocator, program->next_begin);
    sinter_release(program->allocator, program->is_live);
    sinter_release(program->allocator, program->queue);
    sinter_release(program->allocator, program);
}

enum sinter_status sinter_program_new(const struct sinter_plan *plan, const struct sinter_allocator *allocator,
                                      struct sinter_diagnostics *diags, struct sinter_program **out)
{
    size_t n_nodes = (size_t)plan->n_nodes + 1, n_tiles = (size_t)plan->n_tiles + 1;
    *out = NULL;
    struct sinter_program *program = sinter_allocate(allocator, 1, sizeof *program);
    if (program == NULL)
        return sinter_out_of_memory(diags);
    program->plan = plan;
    program->allocator = allocator;
    program->outer_start = sinter_allocate(allocator, 2 * n_nodes, sizeof(int64_t));
    program->first_begin = sinter_allocate(allocator, 3 * n_nodes, sizeof(int));
    program->next_begin = sinter_allocate(allocator, 2 * n_tiles, sizeof(int));
    program->is_live = sinter_allocate(allocator, n_tiles, sizeof(bool));
    program->queue = sinter_allocate(allocator, 2 * n_tiles + 1, sizeof *program->queue);
    if (program->outer_start == NULL || program->first_begin == NULL || program->next_begin == NULL ||
        program->is_live == NULL || program->queue == NULL) {
        sinter_program_free(program);
        return sinter_out_of_memory(diags);
    }
    program->outer_size = program->outer_start + n_nodes;
    program->first_end = program->first_begin + n_nodes;
    program->first_window = program->first_begin + 2 * n_nodes;
    program->next_end = program->next_begin + n_tiles;
    hang_tiles(program);
    sinter_program_restart(program);
    *out = program;
    return SINTER_OK;
}
