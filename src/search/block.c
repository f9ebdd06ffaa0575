/* block.c: one group for a whole block: everything that can stand in one loop over a recurrent rank R.
 * SPDX-License-Identifier: MIT
 *
 *     for l in L by tile
 *       hold what comes from outside and is read more than once
 *       for e in E by slice {a projection}      its weights are streamed along the largest rank of its result
 *       for d in D by .. {for l in L by 1 {a state update}}
 *       ...
 *
 * A recurrence along another rank stands inside with a loop of its own, or outside where the plan does not take that.
 */
#include "search/build.h"

/* ---- what stands inside ---------------------------------------------------------------------------------------------- */

/* A part's place: what must run before or after those inside cannot be among them, nor what hangs on it. */
enum place { UNRELATED, INSIDE, BEFORE, AFTER };
enum reach { WRITERS, READERS };

struct finder {
    struct build *build;
    const struct part *parts;
    int rank;
    int *part_of;      /* by Einsum, -1 */
    enum place *place; /* by part */
    int *near, n_near, *is_near, n_asks;
};

static void ask_with(struct finder *f, int part)
{
    if (f->is_near[part] == f->n_asks)
        return;
    int at = f->n_near++;
    for (; at > 0 && f->near[at - 1] > part; at--)
        f->near[at] = f->near[at - 1];
    f->near[at] = part;
    f->is_near[part] = f->n_asks;
}

/* Has a neighbour of the part this place? With `asks`, those that have are asked about together with it. */
static bool has_neighbour(struct finder *f, int part, enum reach reach, enum place place, bool asks)
{
    const struct sinter_cascade *cascade = f->build->cascade;
    bool found = false;
    for (int i = 0; i < f->parts[part].set.n_einsums; i++) {
        const struct sinter_einsum *einsum = &cascade->einsums[f->parts[part].set.einsums[i]];
        const struct sinter_tensor *result = &cascade->tensors[einsum->result];
        for (int k = 0; k < (reach == WRITERS ? einsum->n_operands : result->n_readers); k++) {
            int e = reach == WRITERS ? cascade->tensors[einsum->operands[k].tensor].producer : result->readers[k];
            if (e < 0 || f->part_of[e] == part || f->place[f->part_of[e]] != place)
                continue;
            found = true;
            if (asks)
                ask_with(f, f->part_of[e]);
        }
    }
    return found;
}

static void emit_bare(const struct finder *f, const struct part *part, struct sinter_schedule *out)
{
    bool has_loop = part->core != NULL && part->core->rank != f->rank;
    if (has_loop)
        sinter_schedule_loop(out, part->core->rank, 1);
    for (int i = 0; i < part->set.n_einsums; i++)
        sinter_schedule_leaf(out, part->set.einsums[i], f->build->unit_of[part->set.einsums[i]]);
    if (has_loop)
        sinter_schedule_close(out);
}

/* May the part stand in the loop? The rules speak of producers and their readers, so its neighbours are enough. */
static enum sinter_status may_stand(struct finder *f, int part, bool *may)
{
    struct sinter_schedule *out = &f->build->scratch;
    f->n_asks++;
    f->n_near = 0;
    ask_with(f, part);
    has_neighbour(f, part, WRITERS, INSIDE, true);
    has_neighbour(f, part, READERS, INSIDE, true);
    sinter_schedule_clear(out);
    sinter_schedule_group(out);
    sinter_schedule_loop(out, f->rank, 1);
    for (int i = 0; i < f->n_near; i++)
        emit_bare(f, &f->parts[f->near[i]], out);
    sinter_schedule_close(out);
    sinter_schedule_close(out);
    return ask_legal(f->build, may);
}

/* What leads to the seed, from there backward; then everything else, forward. */
static enum sinter_status place_parts(struct finder *f, int n_parts, int seed)
{
    enum sinter_status status = SINTER_OK;
    f->place[seed] = INSIDE;
    for (int p = seed - 1; p >= 0 && status == SINTER_OK; p--) {
        bool leads_outside = has_neighbour(f, p, READERS, BEFORE, false), may = false;
        if (!leads_outside && !has_neighbour(f, p, READERS, INSIDE, false))
            continue;
        if (!leads_outside)
            status = may_stand(f, p, &may);
        f->place[p] = may ? INSIDE : BEFORE;
    }
    for (int p = 0; p < n_parts && status == SINTER_OK; p++) {
        bool may = false;
        if (f->place[p] != UNRELATED)
            continue;
        bool follows_outside = has_neighbour(f, p, WRITERS, AFTER, false);
        if (!follows_outside)
            status = may_stand(f, p, &may);
        if (may)
            f->place[p] = INSIDE;
        else if (follows_outside || has_neighbour(f, p, WRITERS, INSIDE, false))
            f->place[p] = AFTER;
    }
    return status;
}

enum sinter_status find_block(struct build *build, const struct part *parts, int n_parts, int seed, int rank,
                              bool *is_inside)
{
    struct finder f = {.build = build, .parts = parts, .rank = rank};
    size_t n = (size_t)n_parts;
    f.part_of = sinter_arena_alloc(build->arena, (size_t)build->cascade->n_einsums, sizeof *f.part_of);
    f.place = sinter_arena_alloc(build->arena, n, sizeof *f.place);
    f.near = sinter_arena_alloc(build->arena, n, sizeof *f.near);
    f.is_near = sinter_arena_alloc(build->arena, n, sizeof *f.is_near);
    if (f.part_of == NULL || f.place == NULL || f.near == NULL || f.is_near == NULL)
        return sinter_out_of_memory(build->diags);
    for (int p = 0; p < n_parts; p++)
        for (int i = 0; i < parts[p].set.n_einsums; i++)
            f.part_of[parts[p].set.einsums[i]] = p;
    enum sinter_status status = place_parts(&f, n_parts, seed);
    for (int p = 0; p < n_parts; p++)
        is_inside[p] = f.place[p] == INSIDE;
    return status;
}

/* ---- the block ------------------------------------------------------------------------------------------------------- */

/* A part inside, and what its candidates share. */
struct inner {
    const struct part *part;
    int split_rank;      /* of a state update, -1: none */
    int *reads, n_reads; /* of a state update: what only it reads from DRAM */
};

struct block {
    struct build *build;
    int rank; /* R */
    int n_parts;
    struct inner *inner;
    struct set all;
    struct placement placement;
    int *shared, n_shared;        /* from outside, with rank R, read by several Einsums */
    int *resident, n_resident;    /* from outside, without rank R */
    int64_t tile, slice, n_split; /* along R; of the rank that a projection's weights are streamed along; of the state */
};

/* The largest rank of a projection's result apart from R: its weights are streamed along it. */
static int streaming_rank(const struct block *block, int e)
{
    const struct sinter_cascade *cascade = block->build->cascade;
    const struct sinter_einsum *einsum = &cascade->einsums[e];
    int largest = -1;
    if (einsum->reduced_ranks == 0 || einsum->cycle >= 0 || block->build->options->resident)
        return -1;
    for (sinter_rank_set rest = einsum->result_ranks & ~((sinter_rank_set)1 << block->rank); rest != 0; rest &= rest - 1) {
        int rank = __builtin_ctzll(rest);
        if (largest < 0 || cascade->ranks[rank].extent > cascade->ranks[largest].extent)
            largest = rank;
    }
    return largest;
}

static void emit_projection(const struct block *block, int e, struct sinter_schedule *out)
{
    const struct build *build = block->build;
    int rank = streaming_rank(block, e);
    bool has_loop = rank >= 0 && block->slice < build->cascade->ranks[rank].extent;
    if (has_loop)
        sinter_schedule_loop(out, rank, block->slice);
    sinter_schedule_leaf(out, e, build->unit_of[e]);
    if (has_loop)
        sinter_schedule_close(out);
}

static void emit_inner(const struct block *block, const struct inner *inner, struct sinter_schedule *out)
{
    const struct build *build = block->build;
    const struct part *part = inner->part;
    if (part->core == NULL) {
        for (int i = 0; i < part->set.n_einsums; i++)
            emit_projection(block, part->set.einsums[i], out);
        return;
    }
    int64_t extent = inner->split_rank >= 0 ? build->cascade->ranks[inner->split_rank].extent : 1;
    struct shape shape = {.tile = 1,
                          .split_rank = inner->split_rank,
                          .split_tile = sinter_ceil_div(extent, block->n_split),
                          .batch_rank = -1,
                          .is_chain = build->options->chain,
                          .placement = block->placement};
    emit_update(build, &part->set, part->core->rank, &shape, inner->reads, inner->n_reads, false, out);
}

static void emit_holds(const struct block *block, const int *tensors, int n, struct sinter_schedule *out)
{
    for (int i = 0; i < n; i++)
        if (placement_reaches(block->build, &block->all, tensors[i], block->placement.memory))
            sinter_schedule_hold(out, tensors[i], block->placement.memory, false);
}

static void emit_block(const struct block *block, struct sinter_schedule *out)
{
    const struct build *build = block->build;
    const struct sinter_cascade *cascade = build->cascade;
    sinter_schedule_group(out);
    emit_holds(block, block->resident, build->options->resident ? block->n_resident : 0, out);
    bool has_loop = block->tile < cascade->ranks[block->rank].extent;
    if (has_loop)
        sinter_schedule_loop(out, block->rank, block->tile);
    emit_holds(block, block->shared, block->n_shared, out);
    for (int p = 0; p < block->n_parts; p++) { /* a chain keeps what it makes in registers */
        const struct part *part = block->inner[p].part;
        for (int i = 0; i < part->set.n_einsums && !(build->options->chain && part->core != NULL); i++)
            placement_hold(build, &block->all, cascade->einsums[part->set.einsums[i]].result, &block->placement, out);
    }
    for (int p = 0; p < block->n_parts; p++)
        emit_inner(block, &block->inner[p], out);
    if (has_loop)
        sinter_schedule_close(out);
    sinter_schedule_close(out);
}

/* ---- what does not depend on the candidate --------------------------------------------------------------------------- */

/* How many Einsums of the block read a tensor that comes from outside; 0 when the block makes it. */
static int n_readers_inside(const struct block *block, int tensor)
{
    const struct sinter_tensor *t = &block->build->cascade->tensors[tensor];
    int n = 0;
    if (t->producer >= 0 && set_has(&block->all, t->producer))
        return 0;
    for (int i = 0; i < t->n_readers; i++)
        n += set_has(&block->all, t->readers[i]);
    return n;
}

static enum sinter_status prepare_inner(struct block *block, const struct part *part, struct inner *inner)
{
    struct build *build = block->build;
    int ranks[2], n = 0, n_all;
    *inner = (struct inner){.part = part, .split_rank = -1};
    if (part->core == NULL)
        return SINTER_OK;
    inner->reads = sinter_arena_alloc(build->arena, (size_t)most_reads(build, &part->set) + 1, sizeof(int));
    if (inner->reads == NULL)
        return sinter_out_of_memory(build->diags);
    n_all = external_reads(build, &part->set, inner->reads);
    for (int i = 0; i < n_all && !build->options->resident; i++)
        if (n_readers_inside(block, inner->reads[i]) == 1)
            inner->reads[inner->n_reads++] = inner->reads[i];
    enum sinter_status status = split_ranks(build, &part->set, part->core->rank, ranks, &n);
    for (int i = 0; i < n && inner->split_rank < 0; i++)
        if (ranks[i] != block->rank)
            inner->split_rank = ranks[i];
    return status;
}

static enum sinter_status gather_einsums(struct block *block, const struct part *parts)
{
    struct build *build = block->build;
    bool *is_inside = sinter_arena_alloc(build->arena, (size_t)build->cascade->n_einsums, sizeof(bool));
    int n = 0;
    for (int p = 0; p < block->n_parts; p++)
        n += parts[p].set.n_einsums;
    block->all.einsums = sinter_arena_alloc(build->arena, (size_t)n, sizeof(int));
    if (is_inside == NULL || block->all.einsums == NULL)
        return sinter_out_of_memory(build->diags);
    for (int p = 0; p < block->n_parts; p++)
        for (int i = 0; i < parts[p].set.n_einsums; i++)
            is_inside[parts[p].set.einsums[i]] = true;
    for (int e = 0; e < build->cascade->n_einsums; e++)
        if (is_inside[e])
            block->all.einsums[block->all.n_einsums++] = e;
    return SINTER_OK;
}

static enum sinter_status prepare(struct block *block, const struct part *parts)
{
    struct build *build = block->build;
    const struct sinter_cascade *cascade = build->cascade;
    enum sinter_status status = gather_einsums(block, parts);
    block->inner = sinter_arena_alloc(build->arena, (size_t)block->n_parts, sizeof *block->inner);
    block->shared = sinter_arena_alloc(build->arena, (size_t)cascade->n_tensors + 1, sizeof(int));
    block->resident = sinter_arena_alloc(build->arena, (size_t)cascade->n_tensors + 1, sizeof(int));
    if (block->inner == NULL || block->shared == NULL || block->resident == NULL)
        return sinter_out_of_memory(build->diags);
    for (int p = 0; p < block->n_parts && status == SINTER_OK; p++)
        status = prepare_inner(block, &parts[p], &block->inner[p]);
    for (int t = 0; t < cascade->n_tensors && status == SINTER_OK; t++) {
        bool has_rank = (cascade->tensors[t].ranks >> block->rank & 1) != 0;
        int n = n_readers_inside(block, t);
        if (has_rank && n > 1)
            block->shared[block->n_shared++] = t;
        else if (!has_rank && n > 0)
            block->resident[block->n_resident++] = t;
    }
    return status;
}

/* ---- the choice ------------------------------------------------------------------------------------------------------ */

struct choice {
    bool found, misses;
    struct block best, smallest; /* smallest: of those that do not fit */
    struct price price, excess;
};

static enum sinter_status try_one(struct block *block, struct choice *choice)
{
    struct price price;
    sinter_schedule_clear(&block->build->scratch);
    emit_block(block, &block->build->scratch);
    enum sinter_status status = price_scratch(block->build, &price);
    if (status == SINTER_OK)
        status = price_time(block->build, choice->found ? &choice->price : NULL, &price);
    if (status == SINTER_NO_MEMORY)
        return status;
    if (status == SINTER_OK && (!choice->found || price_less(&price, &choice->price))) {
        choice->found = true;
        choice->best = *block;
        choice->price = price;
    }
    if (status == SINTER_INFEASIBLE && (!choice->misses || price.excess_bits < choice->excess.excess_bits)) {
        choice->misses = true;
        choice->smallest = *block;
        choice->excess = price;
    }
    return SINTER_OK;
}

/* Tiles in powers of 2, slices and parts of the state in powers of 4, as far as something is cut by them. */
static enum sinter_status try_sizes(struct block *block, struct choice *choice)
{
    const struct sinter_cascade *cascade = block->build->cascade;
    const struct sinter_strategy_options *options = block->build->options;
    int64_t extent = cascade->ranks[block->rank].extent, most_split = 1, most_slice = 1;
    for (int p = 0; p < block->n_parts; p++) {
        int split = block->inner[p].split_rank;
        if (split >= 0 && cascade->ranks[split].extent > most_split)
            most_split = cascade->ranks[split].extent;
        for (int i = 0; i < block->inner[p].part->set.n_einsums; i++) {
            int rank = streaming_rank(block, block->inner[p].part->set.einsums[i]);
            if (rank >= 0 && cascade->ranks[rank].extent > most_slice)
                most_slice = cascade->ranks[rank].extent;
        }
    }
    for (int64_t tile = options->tile > 0 ? options->tile : 1; tile < 2 * extent || options->tile > 0; tile *= 2) {
        for (block->slice = 16; block->slice <= 4096 && block->slice < 4 * most_slice + 16; block->slice *= 4) {
            for (int64_t n = options->split > 0 ? options->split : 1; n <= most_split || options->split > 0; n *= 4) {
                block->tile = tile;
                block->n_split = n;
                enum sinter_status status = try_one(block, choice);
                if (status != SINTER_OK)
                    return status;
                if (options->split > 0)
                    break;
            }
        }
        if (options->tile > 0)
            break;
    }
    return SINTER_OK;
}

/* Sets the units of the whole block; a chain has one for all of its Einsums. */
static bool place_block(const struct block *block)
{
    bool has_units = true;
    placement_use(block->build, &block->all, false, &block->placement);
    for (int p = 0; p < block->n_parts && block->build->options->chain; p++) {
        const struct part *part = block->inner[p].part;
        if (part->core == NULL)
            continue;
        placement_use(block->build, &part->set, true, &block->placement);
        has_units = has_units && block->build->unit_of[part->set.einsums[0]] >= 0;
    }
    return has_units;
}

static enum sinter_status explain_block(struct block *block)
{
    struct build *build = block->build;
    block->placement = PLACEMENT_NONE;
    placement_next(build, &block->all, false, &block->placement);
    if (!place_block(block))
        return sinter_error(build->diags, build->cascade->einsums[block->all.einsums[0]].at,
                            "leave --chain out, or give one unit all of its operations",
                            "no unit of '%s' can run the whole state update as one chain", build->accel->name);
    block->tile = build->options->tile > 0 ? build->options->tile : 1;
    block->slice = 16;
    block->n_split = build->options->split > 0 ? build->options->split : 1;
    sinter_schedule_clear(&build->scratch);
    emit_block(block, &build->scratch);
    enum sinter_status status = explain_scratch(build);
    if (status == SINTER_BAD_INPUT && build->options->chain)
        sinter_report(build->diags, SINTER_NOTE, build->cascade->einsums[block->all.einsums[0]].at, "leave --chain out",
                      "this option does not suit a state update of the block");
    return status;
}

enum sinter_status build_block(struct build *build, const struct part *parts, int n_parts, int rank)
{
    struct block block = {.build = build, .rank = rank, .n_parts = n_parts, .placement = PLACEMENT_NONE};
    struct choice choice = {.found = false};
    enum sinter_status status = prepare(&block, parts);
    while (status == SINTER_OK && placement_next(build, &block.all, false, &block.placement))
        if (place_block(&block))
            status = try_sizes(&block, &choice);
    if (status == SINTER_OK && !choice.found && !choice.misses)
        status = explain_block(&block);
    if (status != SINTER_OK)
        return status;
    const struct block *built = choice.found ? &choice.best : &choice.smallest; /* whoever resolves it says what it needs */
    place_block(built);
    emit_block(built, build->schedule);
    return build->schedule->failed ? sinter_out_of_memory(build->diags) : SINTER_OK;
}
