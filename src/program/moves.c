/* moves.c: how much each load and store moves.
 * SPDX-License-Identifier: MIT
 *
 * Nearly every tile is plain: a product of the current ranges, always inside its tensor. The others are boxes that are cut
 * to their tensor; of what lies below 0 the part that a state holds counts apart.
 */
#include "program/program_internal.h"

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

static struct elements elements_of(const struct sinter_program *program, int index)
{
    const struct sinter_tile *tile = &program->plan->tiles[index];
    if (tile->plain_factor > 0) {
        int64_t own = tile->plain_factor;
        for (sinter_rank_set rest = tile->plain_ranks; rest != 0; rest &= rest - 1)
            own *= program->now.size[__builtin_ctzll(rest)];
        return (struct elements){own, 0};
    }
    int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS];
    sinter_tile_box(program->plan, index, &program->now, low, high);
    return count(program->plan, tile->tensor, low, high);
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

/* ---- reads --------------------------------------------------------------------------------------------------------- */

void size_read(struct sinter_program *program, struct sinter_command *command, int window_loop)
{
    const struct sinter_plan *plan = program->plan;
    const struct sinter_tile *tile = &plan->tiles[command->tile];
    const struct sinter_tensor *t = &plan->cascade->tensors[tile->tensor];
    struct elements n = elements_of(program, command->tile);
    if (window_loop >= 0) { /* what the window does not keep from the iteration before */
        int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS], old_low[SINTER_MAX_DIMS], old_high[SINTER_MAX_DIMS];
        struct sinter_ranges before = previous(program, window_loop);
        sinter_tile_box(plan, command->tile, &program->now, low, high);
        sinter_tile_box(plan, command->tile, &before, old_low, old_high);
        for (int d = 0; d < t->n_dims; d++) {
            low[d] = old_low[d] > low[d] ? old_low[d] : low[d];
            high[d] = old_high[d] < high[d] ? old_high[d] : high[d];
        }
        struct elements shared = count(plan, tile->tensor, low, high);
        n = (struct elements){n.own - shared.own, n.state - shared.state};
    }
    if (tile->source >= 0) {
        command->bits = (n.own + n.state) * t->type.bits;
    } else {
        command->bits = n.own * t->type.bits;
        command->state_bits = n.state * state_type_bits(plan, t);
    }
}

/* ---- carries ------------------------------------------------------------------------------------------------------- */

/* What a carry moves where its body begins or ends: its state at the first and after the last piece of the rank, slices
 * that were spilled at the others. */
bool size_carry(struct sinter_program *program, struct sinter_command *command)
{
    const struct sinter_plan *plan = program->plan;
    const struct sinter_tile *tile = &plan->tiles[command->tile];
    const struct sinter_tensor *t = &plan->cascade->tensors[tile->tensor];
    int rank = t->look_back_rank;
    int64_t slices = tile->look_back, start = program->now.start[rank];
    bool is_load = command->kind == SINTER_LOAD;
    bool is_edge = is_load ? start == 0 : start + program->now.size[rank] == plan->cascade->ranks[rank].extent;
    bool moves_state = is_load ? tile->state_load_bits > 0 : tile->state_store_bits > 0;
    bool moves = is_edge ? moves_state : is_load ? tile->load_bits > 0 : tile->store_bits > 0;
    if (!moves)
        return false;
    for (int d = 0; d < t->n_dims; d++)
        if (t->dims[d] != rank)
            slices *= program->now.size[t->dims[d]];
    command->bits = is_edge ? 0 : slices * t->type.bits;
    command->state_bits = is_edge ? slices * state_type_bits(plan, t) : 0;
    return true;
}

/* ---- results ------------------------------------------------------------------------------------------------------- */

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
    command->state_bits = (slices + shifted) * others * state_type_bits(plan, t);
}

bool size_partial_load(struct sinter_program *program, struct sinter_command *command)
{
    const struct sinter_tile *tile = &program->plan->tiles[command->tile];
    bool is_first, is_last;
    partial_sums(program, tile, &is_first, &is_last);
    int64_t own = is_first ? 0 : elements_of(program, command->tile).own;
    command->bits = own * program->plan->cascade->tensors[tile->tensor].type.bits;
    add_state(program, tile, command, false, tile->state_load_bits > 0 && is_last);
    return command->bits != 0 || command->state_bits != 0;
}

void size_result(struct sinter_program *program, struct sinter_command *command)
{
    const struct sinter_tile *tile = &program->plan->tiles[command->tile];
    int64_t own = tile->store_bits > 0 ? elements_of(program, command->tile).own : 0;
    command->bits = own * program->plan->cascade->tensors[tile->tensor].type.bits;
    if (tile->state_store_bits == 0)
        return;
    bool is_first, is_last;
    partial_sums(program, tile, &is_first, &is_last);
    add_state(program, tile, command, true, is_last);
}

/* ---- boxes --------------------------------------------------------------------------------------------------------- */

int sinter_program_box(const struct sinter_program *program, const struct sinter_command *command,
                       int64_t low[SINTER_MAX_DIMS], int64_t high[SINTER_MAX_DIMS])
{
    const struct sinter_plan *plan = program->plan;
    if (command->tile < 0)
        return 0;
    const struct sinter_tensor *t = &plan->cascade->tensors[plan->tiles[command->tile].tensor];
    sinter_tile_box(plan, command->tile, &program->now, low, high);
    for (int d = 0; d < t->n_dims; d++) {
        int64_t extent = plan->cascade->ranks[t->dims[d]].extent;
        int64_t depth = t->dims[d] == t->look_back_rank && has_initial_state(plan->cascade, t) ? t->look_back : 0;
        low[d] = clamp(low[d], -depth, extent);
        high[d] = clamp(high[d], low[d], extent);
    }
    return t->n_dims;
}

/* ---- iterations that are alike --------------------------------------------------------------------------------------- */

/* The hull of all boxes of a tile in the iteration of `loop` that stands `offset` iterations from the current one; or the box
 * where all other ranks stand at their first element. */
static void box_at(const struct sinter_program *program, int tile, int loop, int64_t offset, bool is_corner, int64_t *low,
                   int64_t *high)
{
    struct sinter_ranges ranges = program->now;
    const struct sinter_plan_node *node = &program->plan->nodes[loop];
    ranges.start[node->rank] += offset * node->tile;
    for (int r = 0; is_corner && r < program->plan->cascade->n_ranks; r++)
        ranges.size[r] = 1;
    sinter_tile_box(program->plan, tile, &ranges, low, high);
}

/* Do the boxes of a tile keep their size, and lie inside the tensor, from `first` to `last`? A hull has a low end that is
 * concave and a high end that is convex in the iteration, so it is inside between two iterations where it is, and a size
 * that is the same in three of them is the same in all between. The corner tells accesses apart that move at different
 * speeds: then boxes inside the hull change though the hull does not. */
static bool boxes_are_alike(const struct sinter_program *program, int index, int loop, int64_t first, int64_t last,
                            bool is_corner)
{
    const struct sinter_plan *plan = program->plan;
    const struct sinter_tensor *t = &plan->cascade->tensors[plan->tiles[index].tensor];
    int64_t at[3] = {first, 0, last}, size[SINTER_MAX_DIMS], origin[SINTER_MAX_DIMS];
    for (int i = 0; i < 3; i++) {
        int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS];
        box_at(program, index, loop, at[i], is_corner, low, high);
        for (int d = 0; d < t->n_dims; d++) {
            int64_t extent = plan->cascade->ranks[t->dims[d]].extent;
            if (i == 0) {
                size[d] = high[d] - low[d];
                origin[d] = low[d];
            } else if (high[d] - low[d] != size[d] ||
                       (!is_corner && low[d] != origin[d] &&
                        (low[d] < 0 || origin[d] < 0 || high[d] > extent || origin[d] + size[d] > extent))) {
                return false;
            }
        }
    }
    return true;
}

static bool is_alike(const struct sinter_program *program, int index, int loop, int64_t first, int64_t last)
{
    const struct sinter_plan *plan = program->plan;
    const struct sinter_plan_node *node = &plan->nodes[loop];
    const struct sinter_tile *tile = &plan->tiles[index];
    const struct sinter_tensor *t = &plan->cascade->tensors[tile->tensor];
    bool stores_state = tile->kind != SINTER_TILE_CARRY && tile->state_store_bits > 0 && t->look_back_rank == node->rank;
    int64_t end = program->now.start[node->rank] + (last + 1) * node->tile;
    if (stores_state && end > plan->cascade->ranks[node->rank].extent - t->look_back)
        return false; /* its last slices go to the state, too */
    return tile->plain_factor > 0 || (boxes_are_alike(program, index, loop, first, last, false) &&
                                      boxes_are_alike(program, index, loop, first, last, true));
}

static bool are_alike(const struct sinter_program *program, int loop, int64_t first, int64_t last)
{
    const struct sinter_plan *plan = program->plan;
    for (int i = 0; i < plan->n_tiles; i++) {
        const struct sinter_tile *tile = &plan->tiles[i];
        if (tile->leaf >= loop && tile->leaf < plan->nodes[loop].end && !is_alike(program, i, loop, first, last))
            return false;
    }
    return true;
}

int64_t sinter_program_alike(const struct sinter_program *program, int loop, int64_t back, int64_t most)
{
    const struct sinter_plan_node *node = &program->plan->nodes[loop];
    int64_t start = program->now.start[node->rank], end = program->outer_start[loop] + program->outer_size[loop];
    int64_t whole = (end - start) / node->tile; /* full pieces from this one on */
    if (start + whole * node->tile == end)
        whole--; /* the last piece of a rank may do more */
    most = most < whole ? most : whole;
    /* one iteration more behind: a window loads what the one before it does not have; and no rank begins among them */
    if (most < 1 || start - (back + 1) * node->tile < program->outer_start[loop] + node->tile)
        return 0;
    for (int64_t n = most; n > 0; n = n > most - 4 ? n - 1 : n / 2)
        if (are_alike(program, loop, -back - 1, n - 1))
            return n;
    return 0;
}
