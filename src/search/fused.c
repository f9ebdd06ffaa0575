/* fused.c: groups that fuse a state update along the recurrent rank.
 * SPDX-License-Identifier: MIT
 *
 *     for d in D by ceil(D / parts)      only when the state is split
 *       for l in L by tile
 *         hold every tensor that comes from outside (what l does not index moves out of the loop by itself)
 *         the state update, as leaves or as one chain
 */
#include "search/build.h"

void emit_update(const struct build *build, const struct set *set, int rank, const struct shape *shape, const int *reads,
                 int n_reads, bool holds_results, struct sinter_schedule *out)
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
        if (placement_reaches(build, set, reads[i], shape->placement.memory))
            sinter_schedule_hold(out, reads[i], shape->placement.memory, false);
    for (int i = 0; i < set->n_einsums && holds_results && !shape->is_chain; i++)
        placement_hold(build, set, cascade->einsums[set->einsums[i]].result, &shape->placement, out);
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

/* Does the plan take a loop over `split` around the loop over R? */
static enum sinter_status may_split(struct build *build, const struct set *set, int rank, int split, bool *may)
{
    struct sinter_schedule *out = &build->scratch;
    sinter_schedule_clear(out);
    sinter_schedule_group(out);
    sinter_schedule_loop(out, split, 1);
    sinter_schedule_loop(out, rank, 1);
    for (int i = 0; i < set->n_einsums; i++)
        sinter_schedule_leaf(out, set->einsums[i], build->unit_of[set->einsums[i]]);
    for (int i = 0; i < 3; i++)
        sinter_schedule_close(out);
    return ask_legal(build, may);
}

enum sinter_status split_ranks(struct build *build, const struct set *set, int rank, int ranks[2], int *n)
{
    const struct sinter_cascade *cascade = build->cascade;
    sinter_rank_set common = ~(sinter_rank_set)0;
    *n = 0;
    for (int i = 0; i < set->n_einsums; i++)
        common &= cascade->einsums[set->einsums[i]].result_ranks;
    common &= ~((sinter_rank_set)1 << rank);
    while (*n < 2 && common != 0) {
        int largest = __builtin_ctzll(common);
        bool may = false;
        for (sinter_rank_set rest = common; rest != 0; rest &= rest - 1)
            if (cascade->ranks[__builtin_ctzll(rest)].extent > cascade->ranks[largest].extent)
                largest = __builtin_ctzll(rest);
        common &= ~((sinter_rank_set)1 << largest);
        if (cascade->ranks[largest].extent == 1)
            continue;
        enum sinter_status status = may_split(build, set, rank, largest, &may);
        if (status != SINTER_OK)
            return status;
        if (may)
            ranks[(*n)++] = largest;
    }
    return SINTER_OK;
}

struct fit {
    struct build *build;
    const struct set *set;
    int rank, n_reads;
    int *reads;
    int ranks[2], n_ranks; /* to split over */
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
    const int *ranks = fit->ranks, n = splits ? fit->n_ranks : 0;
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
 * resolves its schedule. Options that make the group illegal are told. */
static enum sinter_status explain_fit(struct fit *fit, bool adapts)
{
    struct build *build = fit->build;
    const struct sinter_einsum *einsum = &build->cascade->einsums[fit->set->einsums[0]];
    bool is_legal = false;
    fit->shape.placement = PLACEMENT_NONE;
    if (!placement_next(build, fit->set, fit->shape.is_chain, &fit->shape.placement))
        return sinter_error(build->diags, einsum->at, "leave --chain out, or give one unit all of its operations",
                            "no unit of '%s' can run the whole state update as one chain", build->accel->name);
    if (adapts && fit->n_ranks > 0) {
        fit->shape.split_rank = fit->ranks[0];
        fit->shape.split_tile = 1;
        fit->shape.batch_rank = fit->n_ranks > 1 ? fit->ranks[1] : -1;
    }
    sinter_schedule_clear(&build->scratch);
    emit_fused(build, fit->set, fit->rank, &fit->shape, fit->reads, fit->n_reads, &build->scratch);
    enum sinter_status status = ask_legal(build, &is_legal);
    if (status != SINTER_OK || (is_legal && !adapts))
        return status;
    status = explain_scratch(build);
    if (status == SINTER_INFEASIBLE)
        return explain_infeasible(build, fit->set);
    if (build->options->chain || build->options->tile > 1)
        sinter_report(build->diags, SINTER_NOTE, einsum->at, "leave --chain and --tile out",
                      "these options do not suit the state update that starts with '%s'", einsum->name);
    return status;
}

enum sinter_status build_fused(struct build *build, const struct set *set, const struct core *core, bool adapts)
{
    const struct sinter_strategy_options *options = build->options;
    struct fit fit = {.build = build, .set = set, .rank = core->rank};
    fit.reads = sinter_arena_alloc(build->arena, (size_t)most_reads(build, set) + 1, sizeof(int));
    if (fit.reads == NULL)
        return sinter_out_of_memory(build->diags);
    fit.n_reads = external_reads(build, set, fit.reads);
    fit.shape = (struct shape){.tile = options->tile > 0 ? options->tile : 1,
                               .split_rank = -1,
                               .batch_rank = -1,
                               .is_chain = options->chain,
                               .placement = PLACEMENT_NONE};
    bool found;
    enum sinter_status status = split_ranks(build, set, core->rank, fit.ranks, &fit.n_ranks);
    if (options->split > 0 && fit.n_ranks > 0) {
        fit.shape.split_rank = fit.ranks[0];
        fit.shape.split_tile = sinter_ceil_div(build->cascade->ranks[fit.ranks[0]].extent, options->split);
        adapts = false;
    }
    if (status == SINTER_OK)
        status = adapt(&fit, adapts, &found);
    if (status == SINTER_OK && !found)
        status = explain_fit(&fit, adapts);
    if (status != SINTER_OK)
        return status;
    placement_use(build, set, fit.shape.is_chain, &fit.shape.placement);
    emit_fused(build, set, core->rank, &fit.shape, fit.reads, fit.n_reads, build->schedule);
    return build->schedule->failed ? sinter_out_of_memory(build->diags) : SINTER_OK;
}
