/* kernel.c: the best loop nest for a set of Einsums that runs as one unfused kernel.
 * SPDX-License-Identifier: MIT
 *
 * Candidates: up to two nested loops, in any order, over ranks that all Einsums of the set have, and a third one inside
 * them over a rank that is reduced; tiles are powers of two and the half of a rank (powers of four with three loops).
 * Below the loops every tensor that is read more than once or again is held (a hold moves outward by itself as far as it
 * is the same tile), and tensors that an outer loop would load again are tried as residents of the whole group. The
 * cheapest by (cycles, DRAM bits, peak) wins, the first found among equals.
 *
 * A line that some unit of the set does not reach is left out: what it would hold is streamed. The candidates do not depend on the accelerator, so more memory, bandwidth or PEs never make a kernel slower.
 */
#include "search/build.h"

#include <string.h>

enum { MAX_NEST = 3, MAX_COMMON = 4, MAX_RESIDENT = 3 };

struct nest {
    int n_loops;
    int ranks[MAX_NEST + 1]; /* outermost first */
    int64_t tiles[MAX_NEST + 1];
    unsigned resident; /* bit i: reads[i] is held for the whole group */
    struct placement placement;
};

struct kernel {
    struct build *build;
    const struct set *set;
    int *reads, n_reads;
    sinter_rank_set common;
    bool found, misses;
    struct nest best, smallest; /* smallest: of those that do not fit */
    struct price price, excess;
};

int most_reads(const struct build *build, const struct set *set)
{
    int n = 0;
    for (int i = 0; i < set->n_einsums; i++)
        n += build->cascade->einsums[set->einsums[i]].n_operands;
    return n;
}

int external_reads(const struct build *build, const struct set *set, int *tensors)
{
    const struct sinter_cascade *cascade = build->cascade;
    int n = 0;
    for (int i = 0; i < set->n_einsums; i++) {
        const struct sinter_einsum *einsum = &cascade->einsums[set->einsums[i]];
        for (int k = 0; k < einsum->n_operands; k++) {
            int tensor = einsum->operands[k].tensor;
            int producer = cascade->tensors[tensor].producer;
            bool is_known = producer >= 0 && set_has(set, producer);
            for (int j = 0; j < n && !is_known; j++)
                is_known = tensors[j] == tensor;
            if (!is_known)
                tensors[n++] = tensor;
        }
    }
    return n;
}

/* Ranks that the set uses to index a tensor, how many of its Einsums read it, and whether some read is a window. */
static sinter_rank_set uses_of(const struct kernel *kernel, int tensor, int *n_readers, bool *is_window)
{
    const struct sinter_cascade *cascade = kernel->build->cascade;
    sinter_rank_set ranks = 0;
    *n_readers = 0;
    *is_window = false;
    for (int i = 0; i < kernel->set->n_einsums; i++) {
        const struct sinter_einsum *einsum = &cascade->einsums[kernel->set->einsums[i]];
        bool is_reader = false;
        for (int k = 0; k < einsum->n_operands; k++) {
            if (einsum->operands[k].tensor != tensor)
                continue;
            ranks |= einsum->operands[k].ranks;
            *is_window |= !einsum->operands[k].is_plain;
            is_reader = true;
        }
        *n_readers += is_reader;
    }
    return ranks;
}

static bool is_resident(const struct nest *nest, int read)
{
    return read < 32 && (nest->resident >> read & 1) != 0;
}

static void emit_nest(const struct kernel *kernel, const struct nest *nest, struct sinter_schedule *out)
{
    const struct build *build = kernel->build;
    const struct sinter_cascade *cascade = build->cascade;
    const struct set *set = kernel->set;
    int memory = nest->placement.memory;
    sinter_rank_set looped = 0;
    sinter_schedule_group(out);
    for (int i = 0; set->kind == SET_STEPS && i < set->n_einsums; i++) {
        const struct sinter_tensor *t = &cascade->tensors[cascade->einsums[set->einsums[i]].result];
        if (set->sends_all || t->look_back > 0)
            sinter_schedule_hold(out, cascade->einsums[set->einsums[i]].result, 0, false);
    }
    for (int i = 0; i < kernel->n_reads; i++)
        if (is_resident(nest, i) && placement_reaches(build, set, kernel->reads[i], memory))
            sinter_schedule_hold(out, kernel->reads[i], memory, false);
    for (int i = 0; i < nest->n_loops; i++) {
        sinter_schedule_loop(out, nest->ranks[i], nest->tiles[i]);
        looped |= (sinter_rank_set)1 << nest->ranks[i];
    }
    for (int i = 0; i < kernel->n_reads && set->kind != SET_STEPS; i++) {
        int n_readers;
        bool is_window;
        sinter_rank_set ranks = uses_of(kernel, kernel->reads[i], &n_readers, &is_window);
        bool pays = n_readers > 1 || (looped & ~ranks) != 0 || is_window;
        if (pays && !is_resident(nest, i) && placement_reaches(build, set, kernel->reads[i], memory))
            sinter_schedule_hold(out, kernel->reads[i], memory, false);
    }
    for (int i = 0; i < set->n_einsums && set->kind != SET_STEPS; i++) {
        const struct sinter_einsum *einsum = &cascade->einsums[set->einsums[i]];
        if ((einsum->reduced_ranks & looped) != 0 && placement_reaches(build, set, einsum->result, memory))
            sinter_schedule_hold(out, einsum->result, memory, false);
    }
    for (int i = 0; i < set->n_einsums && set->kind != SET_STEPS; i++)
        if ((cascade->einsums[set->einsums[i]].reduced_ranks & looped) == 0)
            placement_hold(build, set, cascade->einsums[set->einsums[i]].result, &nest->placement, out);
    for (int i = 0; i < set->n_einsums; i++)
        sinter_schedule_leaf(out, set->einsums[i], build->unit_of[set->einsums[i]]);
    for (int i = 0; i <= nest->n_loops; i++)
        sinter_schedule_close(out);
}

/* Does the set go through this rank one slice at a time, because each step of its recurrence goes through DRAM? */
static bool is_stepped(const struct kernel *kernel, int rank)
{
    const struct sinter_cascade *cascade = kernel->build->cascade;
    int cycle = cascade->einsums[kernel->set->einsums[0]].cycle;
    return kernel->set->kind == SET_STEPS && cycle >= 0 && cascade->cycles[cycle].rank == rank;
}

static bool is_allowed(const struct kernel *kernel, const struct nest *nest)
{
    sinter_rank_set needed = 0;
    for (sinter_rank_set rest = kernel->common; rest != 0; rest &= rest - 1) {
        int rank = __builtin_ctzll(rest);
        if (is_stepped(kernel, rank) && kernel->build->cascade->ranks[rank].extent > 1)
            needed = (sinter_rank_set)1 << rank;
    }
    for (int k = 0; k < nest->n_loops; k++)
        needed &= ~((sinter_rank_set)1 << nest->ranks[k]);
    return needed == 0;
}

/* Fewer loops first; among as many, those that walk a tensor in the order of its ranks. */
static int nest_order(const struct kernel *kernel, const struct nest *nest)
{
    const struct sinter_einsum *einsum = &kernel->build->cascade->einsums[kernel->set->einsums[0]];
    int order = nest->n_loops;
    for (int k = 0; k < MAX_NEST; k++) {
        int position = 0;
        while (k < nest->n_loops && position < einsum->n_ranks && einsum->rank_order[position] != nest->ranks[k])
            position++;
        order = order * SINTER_MAX_RANKS + position;
    }
    return order;
}

static enum sinter_status try_nest(struct kernel *kernel, const struct nest *nest)
{
    struct price price = {0};
    if (!is_allowed(kernel, nest))
        return SINTER_OK;
    sinter_schedule_clear(&kernel->build->scratch);
    emit_nest(kernel, nest, &kernel->build->scratch);
    enum sinter_status status = price_scratch(kernel->build, &price);
    if (status == SINTER_NO_MEMORY)
        return status;
    price.nest = nest_order(kernel, nest);
    if (status == SINTER_OK && (!kernel->found || price_less(&price, &kernel->price))) {
        kernel->found = true;
        kernel->best = *nest;
        kernel->price = price;
    }
    if (status == SINTER_INFEASIBLE && (!kernel->misses || price.excess_bits < kernel->excess.excess_bits)) {
        kernel->misses = true;
        kernel->smallest = *nest;
        kernel->excess = price;
    }
    return SINTER_OK;
}

/* Tries a nest without residents, then with each set of those tensors that its outer loops would load again. */
static enum sinter_status try_residents(struct kernel *kernel, struct nest *nest)
{
    unsigned again[MAX_RESIDENT], all = 0;
    int n_again = 0;
    for (int i = 0; i < kernel->n_reads && i < 32 && kernel->set->kind != SET_STEPS; i++) {
        int n_readers;
        bool is_window, is_loaded_again = false, is_inner_used = false;
        sinter_rank_set ranks = uses_of(kernel, kernel->reads[i], &n_readers, &is_window);
        for (int k = nest->n_loops - 1; k >= 0; k--) {
            bool is_used = (ranks >> nest->ranks[k] & 1) != 0;
            is_inner_used |= is_used;
            is_loaded_again |= !is_used && is_inner_used;
        }
        if (is_loaded_again && n_again < MAX_RESIDENT)
            again[n_again++] = 1u << i;
    }
    enum sinter_status status = SINTER_OK;
    for (int subset = 0; subset < 1 << n_again && status == SINTER_OK; subset++) {
        all = 0;
        for (int i = 0; i < n_again; i++)
            all |= (subset >> i & 1) != 0 ? again[i] : 0;
        nest->resident = all;
        status = try_nest(kernel, nest);
    }
    nest->resident = 0;
    return status;
}

/* Every tile of the menu for the loops from `level` on. */
static enum sinter_status try_tiles(struct kernel *kernel, struct nest *nest, int level)
{
    if (level == nest->n_loops)
        return try_residents(kernel, nest);
    int64_t extent = kernel->build->cascade->ranks[nest->ranks[level]].extent;
    enum sinter_status status = SINTER_OK;
    int64_t step = nest->n_loops == MAX_NEST ? 4 : 2;
    for (int64_t tile = 1; tile < extent && status == SINTER_OK; tile = tile > extent / step ? extent : tile * step) {
        nest->tiles[level] = tile;
        status = try_tiles(kernel, nest, level + 1);
        if (is_stepped(kernel, nest->ranks[level]))
            return status;
    }
    if (status == SINTER_OK && extent > 1) { /* two halves: the largest tiles that still overlap */
        nest->tiles[level] = sinter_ceil_div(extent, 2);
        status = try_tiles(kernel, nest, level + 1);
    }
    return status;
}

static sinter_rank_set reduced_ranks(const struct kernel *kernel)
{
    sinter_rank_set reduced = 0;
    for (int i = 0; i < kernel->set->n_einsums; i++)
        reduced |= kernel->build->cascade->einsums[kernel->set->einsums[i]].reduced_ranks;
    return reduced;
}

static enum sinter_status try_orders(struct kernel *kernel, const int *ranks, int n_ranks, int n_loops, struct nest *nest,
                                     int level)
{
    if (level >= n_loops || level >= MAX_NEST) {
        nest->n_loops = level;
        return try_tiles(kernel, nest, 0);
    }
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < n_ranks && status == SINTER_OK; i++) {
        bool is_taken = level == MAX_NEST - 1 && (reduced_ranks(kernel) >> ranks[i] & 1) == 0;
        for (int k = 0; k < level; k++)
            is_taken |= nest->ranks[k] == ranks[i];
        if (is_taken)
            continue;
        nest->ranks[level] = ranks[i];
        status = try_orders(kernel, ranks, n_ranks, n_loops, nest, level + 1);
    }
    return status;
}

/* The rank that a recurrence of several Einsums must be looped over, or one that goes through DRAM in steps; -1: none. */
static int needed_rank(const struct kernel *kernel)
{
    const struct sinter_cascade *cascade = kernel->build->cascade;
    for (int i = 0; i < kernel->set->n_einsums; i++) {
        int c = cascade->einsums[kernel->set->einsums[i]].cycle;
        if (c >= 0 && (cascade->cycles[c].n_einsums > 1 || is_stepped(kernel, cascade->cycles[c].rank)))
            return cascade->cycles[c].rank;
    }
    return -1;
}

static enum sinter_status search_nests(struct kernel *kernel)
{
    const struct sinter_cascade *cascade = kernel->build->cascade;
    int ranks[MAX_COMMON], n_ranks = 0, needed = needed_rank(kernel);
    sinter_rank_set left = kernel->common, needed_set = needed >= 0 ? (sinter_rank_set)1 << needed : 0;
    int n_larger = 0;
    for (sinter_rank_set rest = left & ~needed_set; rest != 0 && needed >= 0; rest &= rest - 1)
        n_larger += cascade->ranks[__builtin_ctzll(rest)].extent >= cascade->ranks[needed].extent;
    if (n_larger >= MAX_COMMON && cascade->ranks[needed].extent > 1) {
        ranks[n_ranks++] = needed;
        left &= ~needed_set;
    }
    while (n_ranks < MAX_COMMON && left != 0) { /* the largest ranks, in the order of the cascade among equals */
        int largest = __builtin_ctzll(left);
        for (sinter_rank_set rest = left; rest != 0; rest &= rest - 1)
            if (cascade->ranks[__builtin_ctzll(rest)].extent > cascade->ranks[largest].extent)
                largest = __builtin_ctzll(rest);
        left &= ~((sinter_rank_set)1 << largest);
        if (cascade->ranks[largest].extent > 1)
            ranks[n_ranks++] = largest;
    }
    struct nest nest = {.placement = PLACEMENT_NONE};
    int most = n_ranks < MAX_NEST ? n_ranks : MAX_NEST;
    while (placement_next(kernel->build, kernel->set, false, &nest.placement)) {
        for (int n_loops = 0; n_loops <= most && n_loops <= MAX_NEST; n_loops++) {
            enum sinter_status status = try_orders(kernel, ranks, n_ranks, n_loops, &nest, 0);
            if (status != SINTER_OK)
                return status;
        }
    }
    return SINTER_OK;
}

enum sinter_status build_kernel(struct build *build, const struct set *set)
{
    struct kernel kernel = {.build = build, .set = set, .common = build->cascade->einsums[set->einsums[0]].ranks};
    kernel.reads = sinter_arena_alloc(build->arena, (size_t)most_reads(build, set) + 1, sizeof(int));
    if (kernel.reads == NULL)
        return sinter_out_of_memory(build->diags);
    kernel.n_reads = external_reads(build, set, kernel.reads);
    for (int i = 0; i < set->n_einsums; i++)
        kernel.common &= build->cascade->einsums[set->einsums[i]].ranks;
    enum sinter_status status = search_nests(&kernel);
    if (status != SINTER_OK)
        return status;
    if (!kernel.found) {
        if (!kernel.misses) { /* not even counted: the plan says why */
            kernel.smallest.placement = PLACEMENT_NONE;
            placement_next(build, set, false, &kernel.smallest.placement);
        }
        placement_use(build, set, false, &kernel.smallest.placement);
        sinter_schedule_clear(&build->scratch);
        emit_nest(&kernel, &kernel.smallest, &build->scratch);
        status = explain_scratch(build);
        return status == SINTER_INFEASIBLE ? explain_infeasible(build, set) : status;
    }
    placement_use(build, set, false, &kernel.best.placement);
    emit_nest(&kernel, &kernel.best, build->schedule);
    return build->schedule->failed ? sinter_out_of_memory(build->diags) : SINTER_OK;
}
