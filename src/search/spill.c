/* spill.c: a fused state update in less memory than it needs: what does not fit goes through DRAM.
 * SPDX-License-Identifier: MIT
 *
 *     hold BX in dram              intermediates, the state among them: stored where they are made, loaded where they are read
 *     for l in L by 1
 *       hold DT in buffer          operands from outside; one that is dropped is loaded by each Einsum that reads it
 *       DTA, DA, DB                 as in fuse-all
 *       for d in D by 640 {BX}      what goes through DRAM may pass in slices
 *       ..
 *
 * Each large tensor is kept or spilled, alone; the small ones (less than a 64th of the largest, or beyond the twelve largest)
 * are together; a spilled state may stay on chip from the step that makes it to the end of its token; Einsums that touch
 * something spilled run whole, in 8 or in 64 slices of their largest rank. Every combination is priced, and the cheapest
 * that fits wins (price.c; among equals fewer slices, then fewer spills). The menu does not depend on the accelerator's
 * sizes, so more memory is never slower; its first entry is fuse-all.
 */
#include "search/build.h"

#include <stdlib.h>

enum { MOST_CHOICES = 12, SMALL = 64, MOST_SLICES = 64, SLICE_STEP = 8 };

struct tensor_choice {
    int tensor;
    double bits; /* of one slice along R */
};

struct spill {
    struct build *build;
    const struct set *set;
    int rank; /* R */
    int64_t tile;
    int *reads, n_reads;
    int n_choices, n_bits;
    struct tensor_choice *choices; /* largest first */
    int *bit_of;                   /* by tensor: bit of the mask + 1, 0: it cannot be spilled */
    bool has_returns;              /* some state may return */
    /* the candidate */
    unsigned mask;
    bool returns; /* a spilled state stays on chip behind its producer */
    int64_t n_slices;
    struct placement placement;
};

static bool is_spilled(const struct spill *spill, int tensor)
{
    return spill->bit_of[tensor] > 0 && (spill->mask >> (spill->bit_of[tensor] - 1) & 1) != 0;
}

/* Is it looked back at by others than the Einsum that makes it? Then that one may hold it for those that read it later. */
static bool may_return(const struct spill *spill, int e)
{
    const struct sinter_cascade *cascade = spill->build->cascade;
    const struct sinter_einsum *einsum = &cascade->einsums[e];
    for (int k = 0; k < einsum->n_operands; k++)
        if (einsum->operands[k].tensor == einsum->result)
            return false;
    return cascade->tensors[einsum->result].look_back > 0;
}

/* ---- a candidate ------------------------------------------------------------------------------------------------------ */

/* The rank that an Einsum is sliced along when something that it touches is spilled: the largest of its result but R. */
static int slicing_rank(const struct spill *spill, int e)
{
    const struct sinter_cascade *cascade = spill->build->cascade;
    const struct sinter_einsum *einsum = &cascade->einsums[e];
    int largest = -1;
    bool touches = is_spilled(spill, einsum->result);
    for (int k = 0; k < einsum->n_operands; k++)
        touches |= is_spilled(spill, einsum->operands[k].tensor);
    sinter_rank_set rest = touches ? einsum->result_ranks & ~((sinter_rank_set)1 << spill->rank) : 0;
    for (; rest != 0; rest &= rest - 1) {
        int rank = __builtin_ctzll(rest);
        if (largest < 0 || cascade->ranks[rank].extent > cascade->ranks[largest].extent)
            largest = rank;
    }
    return largest;
}

static void emit_einsum(const struct spill *spill, int e, struct sinter_schedule *out)
{
    const struct build *build = spill->build;
    int result = build->cascade->einsums[e].result, rank = spill->n_slices > 1 ? slicing_rank(spill, e) : -1;
    int64_t extent = rank >= 0 ? build->cascade->ranks[rank].extent : 1;
    bool has_loop = extent > 1;
    if (spill->returns && is_spilled(spill, result) && may_return(spill, e))
        sinter_schedule_hold(out, result, spill->placement.memory, false);
    if (has_loop)
        sinter_schedule_loop(out, rank, sinter_ceil_div(extent, spill->n_slices));
    sinter_schedule_leaf(out, e, build->unit_of[e]);
    if (has_loop)
        sinter_schedule_close(out);
}

static void emit(const struct spill *spill, struct sinter_schedule *out)
{
    const struct build *build = spill->build;
    const struct sinter_cascade *cascade = build->cascade;
    const struct set *set = spill->set;
    int memory = spill->placement.memory;
    sinter_schedule_group(out);
    for (int i = 0; i < set->n_einsums; i++)
        if (is_spilled(spill, cascade->einsums[set->einsums[i]].result))
            sinter_schedule_hold(out, cascade->einsums[set->einsums[i]].result, 0, false);
    bool has_loop = spill->tile < cascade->ranks[spill->rank].extent;
    if (has_loop)
        sinter_schedule_loop(out, spill->rank, spill->tile);
    for (int i = 0; i < spill->n_reads; i++)
        if (!is_spilled(spill, spill->reads[i]) && placement_reaches(build, set, spill->reads[i], memory))
            sinter_schedule_hold(out, spill->reads[i], memory, false);
    for (int i = 0; i < set->n_einsums; i++)
        if (!is_spilled(spill, cascade->einsums[set->einsums[i]].result))
            placement_hold(build, set, cascade->einsums[set->einsums[i]].result, &spill->placement, out);
    for (int i = 0; i < set->n_einsums; i++)
        emit_einsum(spill, set->einsums[i], out);
    if (has_loop)
        sinter_schedule_close(out);
    sinter_schedule_close(out);
}

/* ---- the menu --------------------------------------------------------------------------------------------------------- */

static void add_choice(struct spill *spill, int tensor)
{
    const struct sinter_cascade *cascade = spill->build->cascade;
    const struct sinter_tensor *t = &cascade->tensors[tensor];
    double bits = t->type.bits;
    for (int d = 0; d < t->n_dims; d++)
        bits *= t->dims[d] == spill->rank ? 1 : (double)cascade->ranks[t->dims[d]].extent;
    spill->choices[spill->n_choices++] = (struct tensor_choice){tensor, bits};
}

static int compare_choices(const void *a, const void *b)
{
    const struct tensor_choice *x = a, *y = b;
    if (x->bits != y->bits)
        return x->bits > y->bits ? -1 : 1;
    return (x->tensor > y->tensor) - (x->tensor < y->tensor);
}

static enum sinter_status make_menu(struct spill *spill)
{
    struct build *build = spill->build;
    const struct sinter_cascade *cascade = build->cascade;
    const struct set *set = spill->set;
    size_t most = (size_t)most_reads(build, set) + (size_t)set->n_einsums + 1;
    spill->reads = sinter_arena_alloc(build->arena, most, sizeof(int));
    spill->choices = sinter_arena_alloc(build->arena, most, sizeof *spill->choices);
    spill->bit_of = sinter_arena_alloc(build->arena, (size_t)cascade->n_tensors + 1, sizeof(int));
    if (spill->reads == NULL || spill->choices == NULL || spill->bit_of == NULL)
        return sinter_out_of_memory(build->diags);
    spill->n_reads = external_reads(build, set, spill->reads);
    for (int i = 0; i < spill->n_reads; i++)
        add_choice(spill, spill->reads[i]);
    for (int i = 0; i < set->n_einsums; i++) {
        const struct sinter_tensor *result = &cascade->tensors[cascade->einsums[set->einsums[i]].result];
        bool is_read = false;
        for (int r = 0; r < result->n_readers && !is_read; r++)
            is_read = set_has(set, result->readers[r]);
        if (is_read)
            add_choice(spill, cascade->einsums[set->einsums[i]].result);
        spill->has_returns |= is_read && may_return(spill, set->einsums[i]);
    }
    qsort(spill->choices, (size_t)spill->n_choices, sizeof *spill->choices, compare_choices);
    bool had_small = false;
    for (int i = 0; i < spill->n_choices; i++) {
        bool is_small = i >= MOST_CHOICES || spill->choices[i].bits * SMALL < spill->choices[0].bits;
        spill->n_bits += !is_small || !had_small;
        spill->bit_of[spill->choices[i].tensor] = spill->n_bits;
        had_small = is_small;
    }
    return SINTER_OK;
}

/* ---- the choice ------------------------------------------------------------------------------------------------------- */

struct choice {
    bool found, misses;
    struct spill best, smallest; /* smallest: of those that do not fit */
    struct price price, excess;
};

static enum sinter_status try_one(const struct spill *spill, int n_slicing, struct choice *choice)
{
    struct price price;
    sinter_schedule_clear(&spill->build->scratch);
    emit(spill, &spill->build->scratch);
    enum sinter_status status = price_scratch(spill->build, &price);
    if (status == SINTER_NO_MEMORY)
        return status;
    price.nest = 2 * (MOST_CHOICES + 2) * n_slicing + 2 * __builtin_popcount(spill->mask) + spill->returns;
    if (status == SINTER_OK && (!choice->found || price_less(&price, &choice->price))) {
        choice->found = true;
        choice->best = *spill;
        choice->price = price;
    }
    if (status == SINTER_INFEASIBLE && (!choice->misses || price.excess_bits < choice->excess.excess_bits)) {
        choice->misses = true;
        choice->smallest = *spill;
        choice->excess = price;
    }
    return SINTER_OK;
}

static enum sinter_status try_all(struct spill *spill, struct choice *choice)
{
    enum sinter_status status = SINTER_OK;
    while (placement_next(spill->build, spill->set, false, &spill->placement)) {
        int n_slicing = 0;
        for (spill->n_slices = 1; spill->n_slices <= MOST_SLICES; spill->n_slices *= SLICE_STEP, n_slicing++) {
            for (spill->mask = 0; spill->mask < 1u << spill->n_bits && status == SINTER_OK; spill->mask++) {
                spill->returns = false;
                status = try_one(spill, n_slicing, choice);
                spill->returns = spill->has_returns && spill->mask != 0;
                if (status == SINTER_OK && spill->returns)
                    status = try_one(spill, n_slicing, choice);
            }
        }
    }
    return status;
}

enum sinter_status build_spilling(struct build *build, const struct set *set, const struct core *core)
{
    int64_t tile = build->options->tile > 0 ? build->options->tile : 1;
    struct spill spill = {.build = build, .set = set, .rank = core->rank, .tile = tile, .placement = PLACEMENT_NONE};
    struct choice choice = {.found = false};
    enum sinter_status status = make_menu(&spill);
    if (status == SINTER_OK)
        status = try_all(&spill, &choice);
    if (status != SINTER_OK)
        return status;
    if (!choice.found && !choice.misses) /* the tile is illegal: fuse-all says why */
        return build_fused(build, set, core, false);
    if (choice.found) {
        placement_use(build, set, false, &choice.best.placement);
        emit(&choice.best, build->schedule);
        return build->schedule->failed ? sinter_out_of_memory(build->diags) : SINTER_OK;
    }
    placement_use(build, set, false, &choice.smallest.placement);
    sinter_schedule_clear(&build->scratch);
    emit(&choice.smallest, &build->scratch);
    status = explain_scratch(build);
    return status == SINTER_INFEASIBLE ? explain_infeasible(build, set) : status;
}
