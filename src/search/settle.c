/* settle.c: trees of the weaver: built, priced by the plan, their tiles moved.
 * SPDX-License-Identifier: MIT
 */
#include "cost/phases.h"
#include "search/weave_internal.h"

#include <math.h>
#include <string.h>

/* ---- trees ----------------------------------------------------------------------------------------------------------- */

static void add_hold(const struct web *web, struct shape *shape, int tensor, int above)
{
    if (shape->n_holds == MOST_HOLDS)
        return;
    shape->holds[shape->n_holds].tensor = tensor;
    shape->holds[shape->n_holds].memory = web->memory;
    shape->holds[shape->n_holds++].above = above;
}

static bool is_resident(const struct guess *guess, int tensor)
{
    for (int i = 0; i < guess->n_residents; i++)
        if (guess->residents[i].tensor == tensor)
            return true;
    return false;
}

static void shape_sequence(const struct web *web, struct shape *part, struct woven_tree *tree, int *n_leaves)
{
    part->parts = &tree->leaf_list[*n_leaves];
    for (einsum_set rest = part->einsums; rest != 0; part->n_parts++) {
        struct shape *leaf = &tree->leaves[*n_leaves];
        einsum_set atom = web->mapper->lattice->mates[__builtin_ctzll(rest)];
        *leaf = (struct shape){.kind = (atom & (atom - 1)) != 0 ? SINTER_CHAIN : SINTER_LEAF, .einsums = atom};
        tree->leaf_list[(*n_leaves)++] = leaf;
        rest &= ~atom;
    }
}

void shape_guess(const struct web *web, const struct guess *guess, struct woven_tree *tree)
{
    struct shape *group = &tree->group, *parts = tree->parts;
    int n_leaves = 0;
    *group = (struct shape){.kind = SINTER_GROUP, .einsums = web->set, .n_loops = guess->frame.n_loops};
    memcpy(group->loops, guess->frame.loops, (size_t)group->n_loops * sizeof *group->loops);
    for (int i = 0; i < guess->n_residents; i++)
        add_hold(web, group, guess->residents[i].tensor, guess->residents[i].above);
    for (int p = 0; p < guess->n_parts; p++)
        for (uint64_t moves = guess->spans[p]->moves; moves != 0; moves &= moves - 1) {
            const struct lasting *lasting = &web->lasting[__builtin_ctzll(moves)];
            if (lasting->is_external && !is_resident(guess, lasting->tensor))
                add_hold(web, group, lasting->tensor, group->n_loops);
        }
    for (int p = 0; p < guess->n_parts; p++) {
        const struct part *part = guess->spans[p]->part;
        const struct option *option = &guess->options[p];
        parts[p] = (struct shape){.kind = part->kind, .einsums = part->einsums, .n_loops = option->n_loops};
        memcpy(parts[p].loops, option->loops, (size_t)option->n_loops * sizeof *option->loops);
        for (int i = 0; i < part->n_own; i++)
            if ((option->above[i] < option->n_loops || (part->own[i].is_common && !part->own[i].is_made)) &&
                !is_resident(guess, part->own[i].tensor))
                add_hold(web, &parts[p], part->own[i].tensor, option->above[i]);
        if (part->kind == SINTER_GROUP)
            shape_sequence(web, &parts[p], tree, &n_leaves);
        tree->list[p] = &parts[p];
    }
    group->parts = tree->list;
    group->n_parts = guess->n_parts;
}

/* How long the group that was priced last should take: longer than its bound where tiles that are brought in again have no
 * room to come ahead. */
static double expect_cycles(const struct web *web, const struct sinter_cost *cost)
{
    const struct sinter_plan *plan = web->mapper->plan;
    double compute[SINTER_MAX_EINSUMS], free_bits = (double)INFINITY, exposed = 0, per_bit = web->weaver->cycles_per_bit;
    for (int m = 1; m < plan->accel->n_memories; m++)
        free_bits = fmin(free_bits, 8 * plan->accel->memories[m].capacity_bytes - (double)plan->peak_bits[m]);
    for (int i = 0; i < plan->n_members; i++)
        compute[plan->members[i]] = cost->einsums[plan->members[i]].compute_cycles;
    double ahead = 0; /* of all loops */
    for (int i = 0; i < plan->n_tiles; i++) {
        const struct sinter_tile *tile = &plan->tiles[i];
        if (tile->source >= 0 || tile->is_produced)
            continue;
        if (tile->visits <= 1)
            ahead += (double)tile->load_bits * per_bit;
        else if (tile->load_bits > tile->room_bits && (double)tile->room_bits > free_bits && !web->weaver->menus.is_double)
            exposed += (double)tile->load_bits * per_bit;
    }
    double phases = phase_cycles(plan, 0, compute, per_bit, per_bit, false, free_bits / 2);
    return fmax(cost->cycles, fmax(phases, cost->compute_cycles + exposed)) + ahead;
}

bool price_shape(struct web *web, const struct shape *shape, struct woven *woven, double *over)
{
    const struct context none = {0};
    struct weaver *weaver = web->weaver;
    struct sinter_cost cost = {.einsums = web->mapper->einsums, .groups = weaver->groups};
    *over = 0;
    if (!resolve_shape(web->mapper, &none, shape))
        return false;
    const struct sinter_plan *plan = web->mapper->plan;
    if (!plan->fits) {
        for (int m = 1; m < plan->accel->n_memories; m++)
            *over = fmax(*over, (double)plan->peak_bits[m] - 8 * plan->accel->memories[m].capacity_bytes);
        return false;
    }
    sinter_cost_evaluate(plan, &cost);
    woven->cycles = cost.cycles;
    woven->bits = (double)plan->dram_read_bits + (double)plan->dram_write_bits;
    woven->peak_bits = 0;
    for (int m = 1; m < plan->accel->n_memories; m++)
        woven->peak_bits += (double)plan->peak_bits[m];
    woven->value = weigh(weaver, cost.cycles + WAIT * (expect_cycles(web, &cost) - cost.cycles), woven->bits);
    return true;
}

bool is_less(const struct woven *a, const struct woven *b)
{
    return a->value < b->value || (a->value <= b->value && a->peak_bits < b->peak_bits);
}

/* ---- tiles that are moved -------------------------------------------------------------------------------------------- */

int neighbours(int64_t t, int64_t range, int64_t *tiles)
{
    int64_t trips = sinter_ceil_div(range, t);
    int n = 0;
    tiles[n++] = trips > 1 ? sinter_ceil_div(range, trips - 1) : range;
    tiles[n++] = sinter_ceil_div(range, trips + 1);
    tiles[n++] = sinter_ceil_div(range, trips);
    tiles[n++] = (t / 64 + 1) * 64;
    tiles[n++] = t > 64 ? (t - 1) / 64 * 64 : t;
    tiles[n++] = t < range / 2 ? 2 * t : t;
    tiles[n++] = sinter_ceil_div(t, 2);
    tiles[n++] = t + t / 4;
    tiles[n++] = t - t / 8;
    return n;
}

static bool try_tile(struct web *web, struct shape *group, struct nest_loop *loop, int64_t tile, struct woven *best)
{
    struct woven moved;
    double over;
    int64_t before = loop->tile;
    loop->tile = tile;
    if (tile != before && price_shape(web, group, &moved, &over) && is_less(&moved, best)) {
        *best = moved;
        return true;
    }
    loop->tile = before;
    return false;
}

static bool move_tile(struct web *web, struct shape *group, struct nest_loop *loop, int64_t range, struct woven *best)
{
    bool is_moved = false;
    for (int again = 0; again < 16; again++) {
        int64_t candidates[16];
        int n = neighbours(loop->tile, range, candidates);
        bool is_better = false;
        for (int i = 0; i < n && !is_better; i++)
            is_better = candidates[i] >= 1 && candidates[i] <= range && try_tile(web, group, loop, candidates[i], best);
        if (!is_better)
            return is_moved;
        is_moved = true;
    }
    return is_moved;
}

void settle(struct web *web, struct woven_tree *tree, struct woven *best)
{
    struct shape *group = &tree->group, *parts = tree->parts;
    const struct sinter_cascade *cascade = web->mapper->cascade;
    for (int round = 0; round < 3; round++) {
        bool is_moved = false;
        for (int i = 0; i < group->n_loops; i++)
            is_moved |= move_tile(web, group, &group->loops[i], cascade->ranks[group->loops[i].rank].extent, best);
        for (int p = 0; p < group->n_parts; p++)
            for (int i = 0; i < parts[p].n_loops; i++) {
                struct frame frame = {.n_loops = group->n_loops};
                memcpy(frame.loops, group->loops, (size_t)group->n_loops * sizeof *frame.loops);
                int64_t range = frame_range(cascade, &frame, frame.n_loops, parts[p].loops[i].rank);
                is_moved |= move_tile(web, group, &parts[p].loops[i], range, best);
            }
        if (!is_moved)
            return;
    }
}
