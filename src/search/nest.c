/* nest.c: every nest of loops around a part, with every choice of what is held in it.
 * SPDX-License-Identifier: MIT
 */
#include "search/mapper_internal.h"
#include "search/tiles.h"

#include <string.h>

static void try_leaf(struct mapper *mapper, struct nest *nest, enum sinter_node_kind kind)
{
    struct piece piece;
    nest->shape.kind = kind;
    if (!price_leaf(mapper, nest->context, &nest->shape, &piece) || is_dominated(mapper, nest->front, &piece))
        return;
    piece.shape = copy_shape(mapper, &nest->shape);
    if (mapper->failed)
        return;
    keep(mapper, nest->front, &piece);
}

/* With the holds chosen: a leaf, a chain, a sequence. */
static void close_nest(struct mapper *mapper, struct nest *nest)
{
    bool is_single = (nest->shape.einsums & (nest->shape.einsums - 1)) == 0;
    if (mapper->failed)
        return;
    if (is_single) {
        try_leaf(mapper, nest, SINTER_LEAF);
        return;
    }
    bool has_lines = false;
    for (int h = 0; h < nest->shape.n_holds; h++)
        has_lines |= nest->shape.holds[h].above == nest->shape.n_loops;
    if (!has_lines)
        try_leaf(mapper, nest, SINTER_CHAIN);
    bool is_flat = nest->tier > 1 && nest->shape.n_loops == 0; /* a sequence in a sequence is one sequence */
    if (nest->tier < mapper->most_tiers && !is_flat)
        map_body(mapper, nest);
}

/* Does it pay to hold the tensor above loop j, or in the body for j = n_loops? Only if that loop does not index it and the
 * one around it does: else it could as well be held farther out or farther in. The body around a part decides what is held
 * there. */
static bool may_hold(const struct nest *nest, sinter_rank_set ranks, bool is_window, int j)
{
    int around = nest->context->n_loops + j - 1;
    bool is_single = (nest->shape.einsums & (nest->shape.einsums - 1)) == 0;
    if (j == 0 ? nest->tier > 1 : !is_window && (ranks >> nest->inside.loops[around].rank & 1) == 0)
        return false;
    return j == nest->shape.n_loops ? (!is_single && (j > 0 || nest->tier == 1)) || (is_window && j > 0)
                                    : is_window || (ranks >> nest->shape.loops[j].rank & 1) == 0;
}

/* The ranks by which the set indexes a tensor. */
static sinter_rank_set used_ranks(const struct mapper *mapper, einsum_set set, int tensor)
{
    sinter_rank_set ranks = 0;
    for (einsum_set rest = set; rest != 0; rest &= rest - 1) {
        const struct sinter_einsum *einsum = &mapper->cascade->einsums[__builtin_ctzll(rest)];
        for (int k = 0; k < einsum->n_operands; k++)
            if (einsum->operands[k].tensor == tensor)
                ranks |= einsum->operands[k].ranks;
        if (einsum->result == tensor)
            ranks |= einsum->result_ranks;
    }
    return ranks;
}

/* Tiles of what is not indexed plainly overlap: held farther out, or where the loop can keep what its tiles share, they move
 * less. */
static bool has_window(const struct mapper *mapper, einsum_set set, int tensor)
{
    for (einsum_set rest = set; rest != 0; rest &= rest - 1) {
        const struct sinter_einsum *einsum = &mapper->cascade->einsums[__builtin_ctzll(rest)];
        for (int k = 0; k < einsum->n_operands; k++)
            if (einsum->operands[k].tensor == tensor && !einsum->operands[k].is_plain)
                return true;
    }
    return false;
}

static void choose_holds(struct mapper *mapper, struct nest *nest, int tensor)
{
    const struct sinter_cascade *cascade = mapper->cascade;
    einsum_set set = nest->shape.einsums;
    for (; tensor < cascade->n_tensors; tensor++) {
        const struct sinter_tensor *t = &cascade->tensors[tensor];
        bool is_used = is_read_in(t, set) || is_made_in(t, set), is_inner = is_made_in(t, set) && is_read_in(t, set);
        if (is_used && !is_inner && !mapper->is_ignored[tensor])
            break;
    }
    if (tensor == cascade->n_tensors) {
        close_nest(mapper, nest);
        return;
    }
    choose_holds(mapper, nest, tensor + 1); /* streamed */
    sinter_rank_set ranks = used_ranks(mapper, set, tensor);
    bool is_window = has_window(mapper, set, tensor);
    for (int j = 0; j <= nest->shape.n_loops; j++) {
        if (!may_hold(nest, ranks, is_window, j))
            continue;
        if (nest->shape.n_holds == MOST_HOLDS) {
            mapper->is_exact = false;
            return;
        }
        int h = nest->shape.n_holds++;
        nest->shape.holds[h].tensor = tensor;
        nest->shape.holds[h].memory = mapper->accel->units[mapper->unit_of[__builtin_ctzll(set)]].memory;
        nest->shape.holds[h].above = j;
        choose_holds(mapper, nest, tensor + 1);
        nest->shape.n_holds = h;
    }
}

static int64_t range_of(const struct mapper *mapper, const struct context *context, int rank)
{
    for (int j = context->n_loops - 1; j >= 0; j--)
        if (context->loops[j].rank == rank)
            return context->loops[j].tile;
    return mapper->cascade->ranks[rank].extent;
}

/* Tiles of a loop over a range: those that matter for any number of PEs that some unit may spread a rank over. */
static int tiles_of(struct mapper *mapper, int64_t range, int64_t *tiles)
{
    enum { ALL = 1024, MOST_PARTS = SINTER_MAX_UNITS << SINTER_MAX_PE_DIMS };
    int64_t parts[MOST_PARTS], all[ALL];
    int n_parts = 0, n_kept = 0;
    for (int u = 0; u < mapper->accel->n_units; u++) {
        const struct sinter_unit *unit = &mapper->accel->units[u];
        for (int subset = 1; subset < 1 << unit->n_dims; subset++) {
            parts[n_parts] = 1;
            for (int d = 0; d < unit->n_dims; d++)
                parts[n_parts] *= (subset >> d & 1) != 0 ? unit->pes[d] : 1;
            n_parts++;
        }
    }
    int n = find_tiles(range, parts, n_parts, all, ALL);
    mapper->is_exact &= n < ALL;
    if (n > 0 && all[n - 1] >= range)
        n--; /* one trip is no loop */
    mapper->is_exact &= n <= mapper->most_tiles;
    for (int i = 0; i < n && n_kept < mapper->most_tiles; i++) /* evenly spread over the list */
        if ((int64_t)n_kept * n <= (int64_t)i * mapper->most_tiles)
            tiles[n_kept++] = all[i];
    return n_kept;
}

/* Every order of every subset of the ranks that are left, with every tile. */
static void choose_loops(struct mapper *mapper, struct nest *nest, sinter_rank_set ranks)
{
    enum { MOST = 1024 };
    int64_t tiles[MOST];
    mapper->is_exact &= mapper->n_priced < mapper->most_priced;
    if (mapper->failed || mapper->n_priced >= mapper->most_priced)
        return;
    choose_holds(mapper, nest, 0);
    if (nest->shape.n_loops == MOST_LOOPS) {
        mapper->is_exact &= ranks == 0;
        return;
    }
    for (sinter_rank_set rest = ranks; rest != 0; rest &= rest - 1) {
        int rank = __builtin_ctzll(rest), n = tiles_of(mapper, range_of(mapper, &nest->inside, rank), tiles);
        for (int i = 0; i < n; i++) {
            struct nest_loop loop = {rank, tiles[i]};
            nest->shape.loops[nest->shape.n_loops++] = loop;
            nest->inside.loops[nest->inside.n_loops++] = loop;
            nest->inside.ends[nest->tier - 1] = nest->inside.n_loops;
            choose_loops(mapper, nest, ranks & ~((sinter_rank_set)1 << rank));
            nest->shape.n_loops--;
            nest->inside.ends[nest->tier - 1] = --nest->inside.n_loops;
        }
    }
}

void map_part(struct mapper *mapper, einsum_set from, einsum_set to, int tier, const struct context *context,
              struct front *front)
{
    struct nest nest = {.from = from, .to = to, .tier = tier, .context = context, .front = front, .inside = *context};
    nest.shape.einsums = to & ~from;
    nest.inside.n_tiers = tier;
    nest.inside.ends[tier - 1] = context->n_loops;
    choose_loops(mapper, &nest, common_ranks(mapper->cascade, nest.shape.einsums));
}

bool map_group(struct mapper *mapper, einsum_set from, einsum_set to, struct front *front)
{
    struct context context = {0};
    memset(mapper->is_ignored, 0, (size_t)mapper->cascade->n_tensors * sizeof *mapper->is_ignored);
    mapper->is_exact = true;
    *front = (struct front){0};
    map_part(mapper, from, to, 1, &context, front);
    return !mapper->failed;
}
