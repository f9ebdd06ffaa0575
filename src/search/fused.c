/* fused.c: groups that fuse a state update, or a whole block, along the recurrent rank.
 * SPDX-License-Identifier: MIT
 *
 *     for d in D by ceil(D / parts)      only when the state is split
 *       for l in L by tile
 *         hold every tensor that comes from outside (what l does not index moves out of the loop by itself)
 *         the state update, as leaves or as one chain
 */
#include "search/build.h"

struct shape {
    int64_t tile;   /* along the recurrent rank */
    int split_rank; /* -1: none */
    int64_t split_tile;
    int batch_rank; /* a further outer loop by 1, -1: none */
    bool is_chain;
    struct placement placement;
};

/* Loops and leaves of a fused state update, inside whatever body is open. */
static void emit_update(const struct build *build, const struct set *set, int rank, const struct shape *shape,
                        const int *reads, int n_reads, bool holds_results, struct sinter_schedule *out)
{
    const struct sinter_cascade *cascade = build->cascade;
    int n_open = 0;
    if (shape->split_rank >= 0 && shape->split_tile < cascade->ranks[shape->split_rank].extent) {
        sinter_schedule_loop(out, shape->split_rank, shape->split_tile);
        n_open++;
    }
    if (shape->batch_rank >= 0 && cascade->ranks[shape->batch_rank].extent > 1) {
        sinter_schedule_loop(out, shape->batch_rank, 1);
        n_open++;
    }
    if (shape->tile < cascade->ranks[rank].extent) {
        sinter_schedule_loop(out, rank, shape->tile);
        n_open++;
    }
    for (int i = 0; i < n_reads; i++)
        sinter_schedule_hold(out, reads[i], shape->placement.memory, false);
    if (holds_results && !shape->is_chain)
        placement_hold(build, set, &shape->placement, out);
    if (shape->is_chain) {
        sinter_schedule_chain(out);
        n_open++;
    }
    for (int i = 0; i < set->n_einsums; i++)
        sinter_schedule_leaf(out, set->einsums[i], build->unit_of[set->einsums[i]]);
    while (n_open-- > 0)
        sinter_schedule_close(out);
}

static void emit_fused(const struct build *build, const struct set *set, int rank, const struct shape *shape,
                       const int *reads, int n_reads, struct sinter_schedule *out)
{
    sinter_schedule_group(out);
    emit_update(build, set, rank, shape, reads, n_reads, true, out);
    sinter_schedule_close(out);
}

/* The ranks of a set's results that all of them have, without the recurrent one, largest first. */
static int split_ranks(const struct build *build, const struct set *set, int rank, int ranks[2])
{
    const struct sinter_cascade *cascade = build->cascade;
    sinter_rank_set common = ~(sinter_rank_set)0;
    int n = 0;
    for (int i = 0; i < set->n_einsums; i++)
        common &= cascade->einsums[set->einsums[i]].result_ranks;
    common &= ~((sinter_rank_set)1 << rank);
    while (n < 2 && common != 0) {
        int largest = __builtin_ctzll(common);
        for (sinter_rank_set rest = common; rest != 0; rest &= rest - 1)
            if (cascade->ranks[__builtin_ctzll(rest)].extent > cascade->ranks[largest].extent)
                largest = __builtin_ctzll(rest);
        common &= ~((sinter_rank_set)1 << largest);
        if (cascade->ranks[largest].extent > 1)
            ranks[n++] = largest;
    }
    return n;
}

struct fit {
    struct build *build;
    const struct set *set;
    int rank, n_reads;
    int *reads;
    struct shape shape;
};

static enum sinter_status price_shape(struct fit *fit, const struct shape *shape, struct price *price)
{
    sinter_schedule_clear(&fit->build->scratch);
    emit_fused(fit->build, fit->set, fit->rank, shape, fit->reads, fit->n_reads, &fit->build->scratch);
    return price_scratch(fit->build, price);
}

/* Tries every number of parts of the split rank. The candidates do not depend on the accelerator, so more memory,
 * bandwidth or PEs never make the result slower; fewer parts are not always faster, because of the PEs' width. */
static enum sinter_status try_parts(struct fit *fit, struct shape *shape, int split_rank, struct price *best, bool *found)
{
    int64_t extent = fit->build->cascade->ranks[split_rank].extent, last_tile = 0;
    shape->split_rank = split_rank;
    for (int64_t parts = 1; parts <= extent; parts++) {
        int64_t tile = sinter_ceil_div(extent, parts);
        struct price price;
        if (tile == last_tile) { /* the next number of parts with a smaller tile */
            parts = sinter_ceil_div(extent, tile - 1);
            tile = sinter_ceil_div(extent, parts);
        }
        last_tile = shape->split_tile = tile;
        enum sinter_status status = price_shape(fit, shape, &price);
        if (status == SINTER_NO_MEMORY)
            return status;
        if (status == SINTER_OK && (!*found || price_less(&price, best))) {
            *found = true;
            *best = price;
            fit->shape = *shape;
        }
    }
    return SINTER_OK;
}

/* The cheapest way to split and place the set that fits; without splitting when `splits` is false. */
static enum sinter_status adapt(struct fit *fit, bool splits, bool *found)
{
    int ranks[2], n = splits ? split_ranks(fit->build, fit->set, fit->rank, ranks) : 0;
    struct shape base = fit->shape;
    struct price best = {0};
    *found = false;
    while (placement_next(fit->build, fit->set, base.is_chain, &base.placement)) {
        struct price price = {0};
        enum sinter_status status = n == 0 ? price_shape(fit, &base, &price) : SINTER_INFEASIBLE;
        if (status == SINTER_NO_MEMORY)
            return status;
        if (status == SINTER_OK && (!*found || price_less(&price, &best))) {
            *found = true;
            best = price;
            fit->shape = base;
        }
        for (int batch = 0; batch < n; batch++) { /* split one rank alone, or with single slices of the other inside */
            for (int i = 0; i < n; i++) {
                struct shape shape = base;
                shape.batch_rank = batch == 1 ? ranks[1 - i] : -1;
                status = try_parts(fit, &shape, ranks[i], &best, found);
                if (status != SINTER_OK)
                    return status;
            }
        }
    }
    return SINTER_OK;
}

/* Nothing fits: a strategy that adapts says why its smallest candidate does not; one that does not leaves that to whoever
 * resolves its schedule. */
static enum sinter_status explain_fit(struct fit *fit, bool adapts)
{
    int ranks[2], n = split_ranks(fit->build, fit->set, fit->rank, ranks);
    fit->shape.placement = PLACEMENT_NONE;
    if (!placement_next(fit->build, fit->set, fit->shape.is_chain, &fit->shape.placement))
        return sinter_error(fit->build->diags, fit->build->cascade->einsums[fit->set->einsums[0]].at,
                            "leave --chain out, or give one unit all of its operations",
                            "no unit of '%s' can run the whole state update as one chain", fit->build->accel->name);
    if (!adapts)
        return SINTER_OK;
    if (n > 0) {
        fit->shape.split_rank = ranks[0];
        fit->shape.split_tile = 1;
        fit->shape.batch_rank = n > 1 ? ranks[1] : -1;
    }
    sinter_schedule_clear(&fit->build->scratch);
    emit_fused(fit->build, fit->set, fit->rank, &fit->shape, fit->reads, fit->n_reads, &fit->build->scratch);
    enum sinter_status status = sinter_plan_resolve_part(fit->build->plan, &fit->build->scratch, fit->build->diags);
    return status == SINTER_INFEASIBLE ? explain_infeasible(fit->build, fit->set) : status;
}

enum sinter_status build_fused(struct build *build, const struct set *set, const struct core *core, bool adapts)
{
    const struct sinter_strategy_options *options = build->options;
    struct fit fit = {.build = build, .set = set, .rank = core->rank};
    fit.reads = sinter_arena_alloc(build->arena, (size_t)build->cascade->n_tensors + 1, sizeof(int));
    if (fit.reads == NULL)
        return sinter_out_of_memory(build->diags);
    fit.n_reads = external_reads(build, set, fit.reads);
    fit.shape = (struct shape){.tile = options->tile > 0 ? options->tile : 1,
                               .split_rank = -1,
                               .batch_rank = -1,
                               .is_chain = options->chain,
                               .placement = PLACEMENT_NONE};
    int ranks[2], n = split_ranks(build, set, core->rank, ranks);
    bool found;
    if (options->split > 0 && n > 0) {
        fit.shape.split_rank = ranks[0];
        fit.shape.split_tile = sinter_ceil_div(build->cascade->ranks[ranks[0]].extent, options->split);
        adapts = false;
    }
    enum sinter_status status = adapt(&fit, adapts, &found);
    if (status == SINTER_OK && !found)
        status = explain_fit(&fit, adapts);
    if (status != SINTER_OK)
        return status;
    placement_use(build, set, fit.shape.is_chain, &fit.shape.placement);
    emit_fused(build, set, core->rank, &fit.shape, fit.reads, fit.n_reads, build->schedule);
    return build->schedule->failed ? sinter_out_of_memory(build->diags) : SINTER_OK;
}

/* ---- the whole block ---------------------------------------------------------------------------------------------- */

struct block {
    struct build *build;
    struct core core;
    struct set before, update, after; /* by their dependence on the state update */
    struct set all;                   /* the three together */
    struct placement placement;
    bool *is_outside; /* by Einsum: a kernel of its own before or after the block, because it does not iterate R, feeds
                         such an Einsum ahead of the update, or follows one behind it */
    int *reads, n_reads;
    int *kept;                  /* room for as many */
    int64_t tile, slice, split; /* along R; of the rank that a projection's weights are streamed along; of the state */
};

/* The largest rank of a projection's result apart from R: its weights are streamed along it. */
static int streaming_rank(const struct block *block, int e)
{
    const struct sinter_cascade *cascade = block->build->cascade;
    const struct sinter_einsum *einsum = &cascade->einsums[e];
    int largest = -1;
    if (einsum->reduced_ranks == 0)
        return -1;
    for (sinter_rank_set rest = einsum->result_ranks & ~((sinter_rank_set)1 << block->core.rank); rest != 0;
         rest &= rest - 1) {
        int rank = __builtin_ctzll(rest);
        if (largest < 0 || cascade->ranks[rank].extent > cascade->ranks[largest].extent)
            largest = rank;
    }
    return largest;
}

static void emit_projections(const struct block *block, const struct set *set, struct sinter_schedule *out)
{
    const struct build *build = block->build;
    for (int i = 0; i < set->n_einsums; i++) {
        int e = set->einsums[i], rank = build->options->resident ? -1 : streaming_rank(block, e);
        bool has_loop = rank >= 0 && block->slice < build->cascade->ranks[rank].extent;
        if (has_loop)
            sinter_schedule_loop(out, rank, block->slice);
        sinter_schedule_leaf(out, e, build->unit_of[e]);
        if (has_loop)
            sinter_schedule_close(out);
    }
}

/* Does the block itself make the tensor? */
static bool is_made_inside(const struct block *block, int tensor)
{
    int producer = block->build->cascade->tensors[tensor].producer;
    return producer >= 0 && !block->is_outside[producer];
}

/* How many Einsums of the block read it. */
static int n_readers_inside(const struct block *block, int tensor)
{
    const struct sinter_tensor *t = &block->build->cascade->tensors[tensor];
    int n = 0;
    for (int i = 0; i < t->n_readers; i++)
        n += !block->is_outside[t->readers[i]];
    return n;
}

static void emit_block(const struct block *block, struct sinter_schedule *out)
{
    const struct build *build = block->build;
    const struct sinter_cascade *cascade = build->cascade;
    int ranks[2], n = split_ranks(build, &block->update, block->core.rank, ranks);
    int memory = block->placement.memory;
    int64_t extent = cascade->ranks[block->core.rank].extent;
    struct shape shape = {.tile = 1,
                          .split_rank = n > 0 ? ranks[0] : -1,
                          .split_tile = block->split,
                          .batch_rank = -1,
                          .is_chain = build->options->chain,
                          .placement = block->placement};
    sinter_schedule_group(out);
    for (int t = 0; t < cascade->n_tensors && build->options->resident; t++) {
        if (!is_made_inside(block, t) && n_readers_inside(block, t) > 0 &&
            (cascade->tensors[t].ranks >> block->core.rank & 1) == 0)
            sinter_schedule_hold(out, t, memory, false);
    }
    bool has_loop = block->tile < extent;
    if (has_loop)
        sinter_schedule_loop(out, block->core.rank, block->tile);
    for (int t = 0; t < cascade->n_tensors; t++)
        if (!is_made_inside(block, t) && n_readers_inside(block, t) > 1 &&
            (cascade->tensors[t].ranks >> block->core.rank & 1) != 0)
            sinter_schedule_hold(out, t, memory, false);
    placement_hold(build, &block->all, &block->placement, out);
    emit_projections(block, &block->before, out);
    int *reads = block->kept, n_reads = 0;
    for (int i = 0; i < block->n_reads; i++) /* what the update reads from DRAM and no line above holds */
        if (!is_made_inside(block, block->reads[i]) && !build->options->resident &&
            n_readers_inside(block, block->reads[i]) == 1)
            reads[n_reads++] = block->reads[i];
    emit_update(build, &block->update, block->core.rank, &shape, reads, n_reads, false, out);
    emit_projections(block, &block->after, out);
    if (has_loop)
        sinter_schedule_close(out);
    sinter_schedule_close(out);
}

/* Marks what cannot join the block, and what hangs on that. */
static void find_outside(struct block *block, const bool *follows)
{
    const struct sinter_cascade *cascade = block->build->cascade;
    for (int e = 0; e < cascade->n_einsums; e++) {
        const struct sinter_einsum *einsum = &cascade->einsums[e];
        block->is_outside[e] = !block->core.is_member[e] && (einsum->ranks >> block->core.rank & 1) == 0;
        for (int k = 0; k < einsum->n_operands && follows[e]; k++) {
            int producer = cascade->tensors[einsum->operands[k].tensor].producer;
            block->is_outside[e] |= producer >= 0 && follows[producer] && block->is_outside[producer];
        }
    }
    for (int e = cascade->n_einsums - 1; e >= 0; e--) {
        const struct sinter_tensor *result = &cascade->tensors[cascade->einsums[e].result];
        for (int i = 0; i < result->n_readers && !follows[e] && !block->core.is_member[e]; i++)
            block->is_outside[e] |= !follows[result->readers[i]] && block->is_outside[result->readers[i]];
    }
}

/* Sorts the Einsums by whether they feed the state update, are it, or follow from it. */
static enum sinter_status sort_einsums(struct block *block, bool *follows)
{
    struct build *build = block->build;
    const struct sinter_cascade *cascade = build->cascade;
    size_t n = (size_t)cascade->n_einsums;
    int *order = sinter_arena_alloc(build->arena, 4 * n, sizeof(int));
    block->reads = sinter_arena_alloc(build->arena, (size_t)cascade->n_tensors + 1, sizeof(int));
    block->is_outside = sinter_arena_alloc(build->arena, n, sizeof(bool));
    block->kept = sinter_arena_alloc(build->arena, (size_t)cascade->n_tensors + 1, sizeof(int));
    if (order == NULL || block->kept == NULL || block->reads == NULL || block->is_outside == NULL)
        return sinter_out_of_memory(build->diags);
    block->before.einsums = order;
    block->update.einsums = order + n;
    block->after.einsums = order + 2 * n;
    block->all.einsums = order + 3 * n;
    for (int e = 0; e < cascade->n_einsums; e++) {
        for (int k = 0; k < cascade->einsums[e].n_operands; k++) {
            int producer = cascade->tensors[cascade->einsums[e].operands[k].tensor].producer;
            follows[e] |= producer >= 0 && (block->core.is_member[producer] || follows[producer]);
        }
        follows[e] = follows[e] && !block->core.is_member[e];
    }
    find_outside(block, follows);
    for (int e = 0; e < cascade->n_einsums; e++) {
        struct set *set = block->core.is_member[e] ? &block->update : follows[e] ? &block->after : &block->before;
        if (!block->is_outside[e]) {
            set->einsums[set->n_einsums++] = e;
            block->all.einsums[block->all.n_einsums++] = e;
        }
    }
    block->n_reads = external_reads(build, &block->update, block->reads);
    return SINTER_OK;
}

/* The Einsums outside the block that run before it, or after it, each as a kernel. */
static enum sinter_status build_outside(const struct block *block, const bool *follows, bool is_after)
{
    enum sinter_status status = SINTER_OK;
    for (int e = 0; e < block->build->cascade->n_einsums && status == SINTER_OK; e++) {
        struct set one = {.kind = SET_KERNEL, .n_einsums = 1, .einsums = &e};
        if (block->is_outside[e] && follows[e] == is_after)
            status = build_kernel(block->build, &one);
    }
    return status;
}

static enum sinter_status price_block(const struct block *block, struct price *price)
{
    sinter_schedule_clear(&block->build->scratch);
    emit_block(block, &block->build->scratch);
    return price_scratch(block->build, price);
}

/* The cheapest tile, slice and split for one placement; `whole` is the extent of the rank that the state is split along. */
static enum sinter_status try_block(struct block *block, int64_t whole, struct block *best, struct price *best_price,
                                    bool *found)
{
    const struct sinter_strategy_options *options = block->build->options;
    int64_t extent = block->build->cascade->ranks[block->core.rank].extent;
    for (int64_t tile = options->tile > 0 ? options->tile : 1; tile < 2 * extent || options->tile > 0; tile *= 2) {
        for (block->slice = 16; block->slice <= 4096; block->slice *= 4) {
            for (int64_t parts = options->split > 0 ? options->split : 1; parts <= whole || options->split > 0; parts *= 4) {
                struct price price = {0};
                block->tile = tile;
                block->split = sinter_ceil_div(whole, parts);
                enum sinter_status status = price_block(block, &price);
                if (status == SINTER_NO_MEMORY)
                    return status;
                if (status == SINTER_OK && (!*found || price_less(&price, best_price))) {
                    *found = true;
                    *best = *block;
                    *best_price = price;
                }
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
static void place_block(const struct block *block)
{
    placement_use(block->build, &block->all, false, &block->placement);
    if (block->build->options->chain)
        placement_use(block->build, &block->update, true, &block->placement);
}

enum sinter_status build_block(struct build *build)
{
    const struct sinter_strategy_options *options = build->options;
    struct block block = {.build = build, .placement = PLACEMENT_NONE};
    bool *follows = sinter_arena_alloc(build->arena, (size_t)build->cascade->n_einsums, sizeof(bool)), found = false;
    if (follows == NULL)
        return sinter_out_of_memory(build->diags);
    enum sinter_status status = find_core(build, 0, &block.core);
    if (status == SINTER_OK)
        status = sort_einsums(&block, follows);
    if (status == SINTER_OK)
        status = build_outside(&block, follows, false);
    if (status != SINTER_OK)
        return status;
    int ranks[2], n = split_ranks(build, &block.update, block.core.rank, ranks);
    int64_t whole = n > 0 ? build->cascade->ranks[ranks[0]].extent : 1;
    struct price best_price = {0};
    struct block best = block;
    while (status == SINTER_OK && placement_next(build, &block.all, false, &block.placement)) {
        place_block(&block);
        status = try_block(&block, whole, &best, &best_price, &found);
    }
    if (status != SINTER_OK)
        return status;
    if (!found) { /* let the plan say why the smallest does not fit */
        best.placement = PLACEMENT_NONE;
        placement_next(build, &best.all, false, &best.placement);
        best.tile = options->tile > 0 ? options->tile : 1;
        best.slice = 16;
        best.split = options->split > 0 ? sinter_ceil_div(whole, options->split) : 1;
    }
    place_block(&best);
    emit_block(&best, build->schedule);
    status = build_outside(&block, follows, true);
    return build->schedule->failed ? sinter_out_of_memory(build->diags) : status;
}
