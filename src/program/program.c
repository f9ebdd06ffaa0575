/* program.c: walking a plan and saying what moves, in order.
 * SPDX-License-Identifier: MIT
 *
 * The walk keeps, per loop, the range that it cuts, and nothing else that grows. At each step it queues the commands of one
 * point of the tree: before a child (loads of what begins there), at a leaf (its compute), behind a child (stores and frees
 * of what ends there), at the start of an iteration (the new part of its windows) and behind a loop (frees of its windows).
 */
#include "sinter/program.h"

#include <string.h>

/* Where the walk stands next. */
enum step { STEP_BEFORE, STEP_BEHIND, STEP_ITERATION, STEP_DONE };

struct sinter_program {
    const struct sinter_plan *plan;
    const struct sinter_allocator *allocator;
    struct sinter_ranges now;
    enum step step;
    int node;
    int64_t *outer_start, *outer_size; /* by plan node: the range that a running loop cuts */
    int *first_begin, *first_end,
        *first_window;          /* by plan node: tiles that begin before it, end behind it, are its windows */
    int *next_begin, *next_end; /* by tile: the lists go on (windows use next_begin) */
    bool *is_live;              /* by tile: a window that was loaded in this run of its loop */
    struct sinter_command *queue;
    int n_queued, i_queue;
};

const char *sinter_command_name(enum sinter_command_kind kind)
{
    static const char *const names[] = {"load", "compute", "store", "free"};
    return names[kind];
}

/* ---- sizes of what moves ------------------------------------------------------------------------------------------ */

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

struct elements {
    int64_t own, state; /* inside the tensor, and below 0 inside its initial state */
};

static bool has_initial_state(const struct sinter_cascade *cascade, const struct sinter_tensor *t)
{
    return t->state >= 0 && cascade->tensors[t->state].role != SINTER_OUTPUT;
}

static struct elements count(const struct sinter_plan *plan, int tensor, const int64_t *low, const int64_t *high)
{
    const struct sinter_tensor *t = &plan->cascade->tensors[tensor];
    struct elements n = {1, 0};
    for (int d = 0; d < t->n_dims; d++) {
        int64_t extent = plan->cascade->ranks[t->dims[d]].extent;
        int64_t depth = t->dims[d] == t->look_back_rank && has_initial_state(plan->cascade, t) ? t->look_back : 0;
        if (high[d] <= low[d])
            return (struct elements){0, 0};
        int64_t own = clamp(high[d], 0, extent) - clamp(low[d], 0, extent);
        int64_t state = clamp(high[d], -depth, 0) - clamp(low[d], -depth, 0);
        n = (struct elements){n.own * own, n.state * own + n.own * state};
    }
    return n;
}

/* The piece of the loop that came before the current one in the same run of the loop. */
static struct sinter_ranges previous(const struct sinter_program *program, int loop)
{
    struct sinter_ranges ranges = program->now;
    int rank = program->plan->nodes[loop].rank;
    ranges.size[rank] = program->plan->nodes[loop].tile;
    ranges.start[rank] -= ranges.size[rank];
    return ranges;
}

/* A tile is partial when a loop over a reduced rank runs around the body it lives in: *is_first and *is_last tell whether
 * all such loops stand at their first, or last, piece. */
static void partial_sums(const struct sinter_program *program, const struct sinter_tile *tile, bool *is_first, bool *is_last)
{
    const struct sinter_plan *plan = program->plan;
    const struct sinter_einsum *producer = &plan->cascade->einsums[plan->cascade->tensors[tile->tensor].producer];
    int node = tile->kind == SINTER_TILE_STREAM ? tile->leaf : tile->body;
    *is_first = *is_last = true;
    for (sinter_rank_set rest = plan->nodes[node].looped & producer->reduced_ranks; rest != 0; rest &= rest - 1) {
        int rank = __builtin_ctzll(rest);
        *is_first &= program->now.start[rank] == 0;
        *is_last &= program->now.start[rank] + program->now.size[rank] == plan->cascade->ranks[rank].extent;
    }
}

static int64_t state_type_bits(const struct sinter_plan *plan, const struct sinter_tensor *t)
{
    return t->state < 0 ? 0 : plan->cascade->tensors[t->state].type.bits;
}

/* ---- queueing ------------------------------------------------------------------------------------------------------ */

static struct sinter_command *push(struct sinter_program *program, enum sinter_command_kind kind, int tile)
{
    const struct sinter_plan *plan = program->plan;
    struct sinter_command *command = &program->queue[program->n_queued++];
    *command = (struct sinter_command){.kind = kind,
                                       .tile = tile,
                                       .node = plan->tiles[tile].leaf,
                                       .n_dims = plan->cascade->tensors[plan->tiles[tile].tensor].n_dims};
    sinter_tile_box(plan, tile, &program->now, command->low, command->high);
    return command;
}

/* Cuts the box of a command to the tensor and what lies below it. */
static void cut(const struct sinter_plan *plan, struct sinter_command *command)
{
    const struct sinter_tensor *t = &plan->cascade->tensors[plan->tiles[command->tile].tensor];
    for (int d = 0; d < t->n_dims; d++) {
        int64_t extent = plan->cascade->ranks[t->dims[d]].extent;
        int64_t depth = t->state >= 0 && t->dims[d] == t->look_back_rank ? t->look_back : 0;
        command->low[d] = clamp(command->low[d], -depth, extent);
        command->high[d] = clamp(command->high[d], command->low[d], extent);
    }
}

static void set_loaded(const struct sinter_plan *plan, struct sinter_command *command, struct elements n)
{
    const struct sinter_tile *tile = &plan->tiles[command->tile];
    const struct sinter_tensor *t = &plan->cascade->tensors[tile->tensor];
    if (tile->source >= 0) {
        command->bits = (n.own + n.state) * t->type.bits;
    } else {
        command->bits = n.own * t->type.bits;
        command->state_bits = n.state * state_type_bits(plan, t);
    }
}

static void load_read(struct sinter_program *program, int tile, bool is_new_part, int loop)
{
    const struct sinter_plan *plan = program->plan;
    struct sinter_command *command = push(program, SINTER_LOAD, tile);
    int tensor = plan->tiles[tile].tensor;
    struct elements n = count(plan, tensor, command->low, command->high);
    if (is_new_part) {
        int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS];
        struct sinter_ranges before = previous(program, loop);
        sinter_tile_box(plan, tile, &before, low, high);
        for (int d = 0; d < command->n_dims; d++) {
            low[d] = low[d] > command->low[d] ? low[d] : command->low[d];
            high[d] = high[d] < command->high[d] ? high[d] : command->high[d];
        }
        struct elements shared = count(plan, tensor, low, high);
        n = (struct elements){n.own - shared.own, n.state - shared.state};
    }
    set_loaded(plan, command, n);
    cut(plan, command);
}

/* What a carry moves where its body begins or ends: its state at the first and after the last piece of the rank, slices
 * that were spilled at the others. */
static void move_carry(struct sinter_program *program, enum sinter_command_kind kind, int tile_index)
{
    const struct sinter_plan *plan = program->plan;
    const struct sinter_tile *tile = &plan->tiles[tile_index];
    const struct sinter_tensor *t = &plan->cascade->tensors[tile->tensor];
    int64_t slices = tile->look_back, start = program->now.start[t->look_back_rank];
    bool is_edge = kind == SINTER_LOAD
                       ? start == 0
                       : start + program->now.size[t->look_back_rank] == plan->cascade->ranks[t->look_back_rank].extent;
    bool moves_state = kind == SINTER_LOAD ? tile->state_load_bits > 0 : tile->state_store_bits > 0;
    bool moves = is_edge ? moves_state : kind == SINTER_LOAD ? tile->load_bits > 0 : tile->store_bits > 0;
    if (!moves)
        return;
    for (int d = 0; d < t->n_dims; d++)
        if (t->dims[d] != t->look_back_rank)
            slices *= program->now.size[t->dims[d]];
    struct sinter_command *command = push(program, kind, tile_index);
    command->bits = is_edge ? 0 : slices * t->type.bits;
    command->state_bits = is_edge ? slices * state_type_bits(plan, t) : 0;
    cut(plan, command);
}

/* The last slices of a tensor that no carry hands on go into its state, too; what is older than the tensor moves up in
 * it. */
static void add_state(const struct sinter_program *program, const struct sinter_tile *tile, struct sinter_command *command,
                      bool is_stored, bool is_last)
{
    const struct sinter_plan *plan = program->plan;
    const struct sinter_tensor *t = &plan->cascade->tensors[tile->tensor];
    if (tile->state_store_bits == 0 || !is_last)
        return;
    int64_t others = 1, extent = plan->cascade->ranks[t->look_back_rank].extent, c = t->look_back;
    int64_t start = program->now.start[t->look_back_rank], end = start + program->now.size[t->look_back_rank];
    for (int d = 0; d < t->n_dims; d++)
        if (t->dims[d] != t->look_back_rank)
            others *= program->now.size[t->dims[d]];
    int64_t slices = is_stored ? clamp(end, extent - c, extent) - clamp(start, extent - c, extent) : 0;
    int64_t shifted = end == extent && c > extent ? c - extent : 0;
    if (c > extent)
        slices = is_stored ? clamp(end, 0, extent) - clamp(start, 0, extent) : 0;
    command->state_bits = ((is_stored ? slices : 0) + shifted) * others * state_type_bits(plan, t);
}

static void begin_tile(struct sinter_program *program, int index)
{
    const struct sinter_tile *tile = &program->plan->tiles[index];
    if (tile->kind == SINTER_TILE_CARRY) {
        move_carry(program, SINTER_LOAD, index);
    } else if (!tile->is_produced) {
        load_read(program, index, false, -1);
    } else if (tile->load_bits > 0 || tile->state_load_bits > 0) {
        bool is_first, is_last;
        partial_sums(program, tile, &is_first, &is_last);
        struct sinter_command *command = push(program, SINTER_LOAD, index);
        struct elements n = count(program->plan, tile->tensor, command->low, command->high);
        command->bits = is_first ? 0 : n.own * program->plan->cascade->tensors[tile->tensor].type.bits;
        add_state(program, tile, command, false, tile->state_load_bits > 0 && is_last);
        cut(program->plan, command);
        if (command->bits == 0 && command->state_bits == 0)
            program->n_queued--;
    }
}

static void end_tile(struct sinter_program *program, int index)
{
    const struct sinter_tile *tile = &program->plan->tiles[index];
    if (tile->kind == SINTER_TILE_CARRY) {
        move_carry(program, SINTER_STORE, index);
    } else if (tile->is_produced && (tile->store_bits > 0 || tile->state_store_bits > 0)) {
        bool is_first, is_last;
        partial_sums(program, tile, &is_first, &is_last);
        struct sinter_command *command = push(program, SINTER_STORE, index);
        struct elements n = count(program->plan, tile->tensor, command->low, command->high);
        command->bits = tile->store_bits > 0 ? n.own * program->plan->cascade->tensors[tile->tensor].type.bits : 0;
        add_state(program, tile, command, true, is_last);
        cut(program->plan, command);
    }
    cut(program->plan, push(program, SINTER_FREE, index));
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
        program->step = STEP_BEHIND;
        return;
    }
    if (at->end == node + 1) {
        program->step = STEP_BEHIND; /* nothing stands in it */
        return;
    }
    if (at->kind == SINTER_LOOP) {
        program->outer_start[node] = program->now.start[at->rank];
        program->outer_size[node] = program->now.size[at->rank];
        program->now.size[at->rank] = at->tile < program->outer_size[node] ? at->tile : program->outer_size[node];
    }
    program->step = STEP_ITERATION;
}

/* Starts an iteration of a loop, or the only one of a group. */
static void step_iteration(struct sinter_program *program)
{
    int node = program->node;
    for (int tile = program->first_window[node]; tile >= 0; tile = program->next_begin[tile]) {
        load_read(program, tile, program->is_live[tile], node);
        program->is_live[tile] = true;
    }
    program->node = node + 1;
    program->step = STEP_BEFORE;
}

/* Ends the body of a loop: the next iteration, or behind the loop. True when another iteration follows. */
static bool next_iteration(struct sinter_program *program, int loop)
{
    const struct sinter_plan_node *at = &program->plan->nodes[loop];
    int64_t end = program->outer_start[loop] + program->outer_size[loop];
    int64_t start = program->now.start[at->rank] + program->now.size[at->rank];
    if (start < end) {
        program->now.start[at->rank] = start;
        program->now.size[at->rank] = at->tile < end - start ? at->tile : end - start;
        return true;
    }
    for (int tile = program->first_window[loop]; tile >= 0; tile = program->next_begin[tile]) {
        cut(program->plan, push(program, SINTER_FREE, tile));
        program->is_live[tile] = false;
    }
    program->now.start[at->rank] = program->outer_start[loop];
    program->now.size[at->rank] = program->outer_size[loop];
    return false;
}

/* Queues what happens behind a child, and finds the next one. */
static void step_behind(struct sinter_program *program)
{
    const struct sinter_plan *plan = program->plan;
    int node = program->node, parent = plan->nodes[node].parent, next = plan->nodes[node].end;
    for (int tile = program->first_end[node]; tile >= 0; tile = program->next_end[tile])
        end_tile(program, tile);
    program->node = next;
    program->step = next < plan->n_nodes ? STEP_BEFORE : STEP_DONE;
    if (parent < 0 || next < plan->nodes[parent].end)
        return;
    program->node = parent;
    bool again = plan->nodes[parent].kind == SINTER_LOOP && next_iteration(program, parent);
    program->step = again ? STEP_ITERATION : STEP_BEHIND;
}

bool sinter_program_next(struct sinter_program *program, struct sinter_command *command)
{
    while (program->i_queue == program->n_queued) {
        program->i_queue = program->n_queued = 0;
        switch (program->step) {
        case STEP_BEFORE:
            step_before(program);
            break;
        case STEP_ITERATION:
            step_iteration(program);
            break;
        case STEP_BEHIND:
            step_behind(program);
            break;
        case STEP_DONE:
            return false;
        }
    }
    *command = program->queue[program->i_queue++];
    return true;
}

void sinter_program_range(const struct sinter_program *program, int rank, int64_t *start, int64_t *size)
{
    *start = program->now.start[rank];
    *size = program->now.size[rank];
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
    program->step = program->plan->n_nodes > 0 ? STEP_BEFORE : STEP_DONE;
    program->n_queued = program->i_queue = 0;
}

/* Hangs every tile on the child before which it begins and the one behind which it ends, in the order of the plan. */
static void hang_tiles(struct sinter_program *program)
{
    const struct sinter_plan *plan = program->plan;
    for (int i = 0; i < plan->n_nodes; i++)
        program->first_begin[i] = program->first_end[i] = program->first_window[i] = -1;
    for (int tile = plan->n_tiles - 1; tile >= 0; tile--) {
        const struct sinter_tile *t = &plan->tiles[tile];
        if (t->is_window) {
            program->next_begin[tile] = program->first_window[t->body];
            program->first_window[t->body] = tile;
            continue;
        }
        int last = t->begin;
        while (plan->nodes[last].end < t->end)
            last = plan->nodes[last].end;
        program->next_begin[tile] = program->first_begin[t->begin];
        program->first_begin[t->begin] = tile;
        program->next_end[tile] = program->first_end[last];
        program->first_end[last] = tile;
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
