/* box.c: sizes of tiles: hulls of accesses over ranges, summed over visits, cut to the tensor.
 * SPDX-License-Identifier: MIT
 *
 * Over ranges [s_v, e_v] of its variables (e_v the last index), an index c + sum a_v v spans
 *     low  = c_min + sum over a_v > 0 of a_v s_v + sum over a_v < 0 of a_v e_v
 *     high = c_max + sum over a_v > 0 of a_v e_v + sum over a_v < 0 of a_v s_v
 * where c_min and c_max come from accesses that differ in their constant only. With G(x) = clamp(x, 0, extent), the part
 * inside the tensor has G(high + 1) - G(low) indices, none when it lies outside. A dimension moved by one loop sums in
 * closed form; one moved by several, and dimensions that share a looped rank, are summed piece by piece.
 */
#include "schedule/plan_internal.h"

enum {
    MAX_WALK = 1 << 22, /* pieces that a sum without closed form may walk through */
    MAX_CUTS = 23       /* every loop makes two pieces at least: more loops make too many */
};

static bool same_terms(const struct sinter_index *a, int n_terms, const struct sinter_term *terms)
{
    if (a->n_terms != n_terms)
        return false;
    for (int i = 0; i < n_terms; i++)
        if (a->terms[i].rank != terms[i].rank || a->terms[i].coefficient != terms[i].coefficient)
            return false;
    return true;
}

void form_add(struct form *form, const struct sinter_operand *operand, int dim)
{
    for (int i = 0; i < operand->n_accesses; i++) {
        const struct sinter_index *index = &operand->accesses[i].indices[dim];
        if (form->n_terms < 0) {
            form->n_terms = index->n_terms;
            form->terms = index->terms;
            form->least = form->most = index->constant;
        }
        form->is_mixed |= !same_terms(index, form->n_terms, form->terms);
        form->least = index->constant < form->least ? index->constant : form->least;
        form->most = index->constant > form->most ? index->constant : form->most;
        for (int k = 0; k < index->n_terms; k++)
            form->ranks |= bit(index->terms[k].rank);
    }
}

static struct form form_of(const struct sinter_plan_workspace *w, int tile, int dim)
{
    int link = w->facts[tile].first_use;
    struct form form = w->links[link].facts->forms[dim];
    while ((link = w->links[link].next) >= 0)
        form_add(&form, w->links[link].facts->operand, dim);
    return form;
}

/* Ranges of all ranks: where they start and their last index. */
struct ranges {
    int64_t start[SINTER_MAX_RANKS], last[SINTER_MAX_RANKS];
};

static void index_span(struct sinter_plan_workspace *w, int n_terms, const struct sinter_term *terms,
                       const struct ranges *ranges, int64_t *low, int64_t *high)
{
    for (int i = 0; i < n_terms; i++) {
        int64_t a = terms[i].coefficient;
        int rank = terms[i].rank;
        *low = add(w, *low, multiply(w, a, a > 0 ? ranges->start[rank] : ranges->last[rank]));
        *high = add(w, *high, multiply(w, a, a > 0 ? ranges->last[rank] : ranges->start[rank]));
    }
}

/* Hull of the tile along a dimension for given ranges. */
static void hull(struct sinter_plan_workspace *w, int tile, int dim, const struct form *form, const struct ranges *ranges,
                 int64_t *low, int64_t *high)
{
    *low = form->least;
    *high = form->most;
    if (!form->is_mixed) {
        index_span(w, form->n_terms, form->terms, ranges, low, high);
        return;
    }
    bool is_first = true;
    for (int link = w->facts[tile].first_use; link >= 0; link = w->links[link].next) {
        const struct sinter_operand *operand = w->links[link].facts->operand;
        for (int i = 0; i < operand->n_accesses; i++) {
            const struct sinter_index *index = &operand->accesses[i].indices[dim];
            int64_t l = index->constant, h = index->constant;
            index_span(w, index->n_terms, index->terms, ranges, &l, &h);
            *low = is_first || l < *low ? l : *low;
            *high = is_first || h > *high ? h : *high;
            is_first = false;
        }
    }
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* How far below index 0 reads of a dimension find a state: c along the look-back rank of a tensor with an initial one. */
static int64_t depth_below(const struct sinter_plan *plan, int tensor, int dim)
{
    const struct sinter_tensor *t = &plan->cascade->tensors[tensor];
    return t->dims[dim] == t->look_back_rank && has_initial_state(plan->cascade, tensor) ? t->look_back : 0;
}

static void ranges_at(const struct sinter_plan *plan, int node, sinter_rank_set ranks, struct ranges *ranges)
{
    for (sinter_rank_set rest = ranks; rest != 0; rest &= rest - 1) {
        int rank = lowest(rest);
        ranges->start[rank] = 0;
        ranges->last[rank] = range_at(plan->cascade, plan->nodes, node, rank) - 1;
    }
}

/* ---- one dimension moved by at most one loop nest -------------------------------------------------------------- */

/* The other ranges do not move: they widen what the moving rank spans. */
static struct volume sum_dimension(struct sinter_plan *plan, const struct form *form, int node, int rank, int64_t extent,
                                   int64_t depth)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct ranges ranges;
    struct cut cut;
    int64_t low = form->least, high = form->most, a = 0;
    ranges_at(plan, node, form->ranks, &ranges);
    for (int i = 0; i < form->n_terms; i++) {
        if (form->terms[i].rank == rank)
            a = form->terms[i].coefficient;
        else
            index_span(w, 1, &form->terms[i], &ranges, &low, &high);
    }
    cut_at(plan, node, rank, &cut);
    return (struct volume){cut_sum_inside(&cut, a, low, high, 0, extent, &w->overflow),
                           depth > 0 ? cut_sum_inside(&cut, a, low, high, -depth, 0, &w->overflow) : 0};
}

/* ---- several loops: piece by piece ------------------------------------------------------------------------------ */

struct piece_walk {
    struct sinter_plan *plan;
    int tile, n_dims, n_ranks;
    const int *dims;
    const struct form *forms;
    int ranks[SINTER_MAX_RANKS];
    struct cut *cuts;
    struct ranges ranges;
    struct volume sum;
    int kept; /* index into ranks: consecutive tiles of its innermost loop share what they overlap; -1 */
    int64_t kept_tile;
    struct cut kept_outer;
};

/* Product over the dimensions of the hulls for the current ranges, cut; what lies below 0 apart. */
static void cut_hulls(struct piece_walk *walk, int64_t *low, int64_t *high, bool intersect)
{
    for (int i = 0; i < walk->n_dims; i++) {
        int64_t l, h;
        hull(walk->plan->workspace, walk->tile, walk->dims[i], &walk->forms[walk->dims[i]], &walk->ranges, &l, &h);
        low[i] = intersect && low[i] > l ? low[i] : l;
        high[i] = intersect && high[i] < h ? high[i] : h;
    }
}

static struct volume product(const struct piece_walk *walk, const int64_t *low, const int64_t *high)
{
    struct sinter_plan_workspace *w = walk->plan->workspace;
    int tensor = walk->plan->tiles[walk->tile].tensor;
    const struct sinter_tensor *t = &walk->plan->cascade->tensors[tensor];
    int64_t own = 1, all = 1;
    for (int i = 0; i < walk->n_dims; i++) {
        int64_t extent = walk->plan->cascade->ranks[t->dims[walk->dims[i]]].extent;
        int64_t depth = depth_below(walk->plan, tensor, walk->dims[i]);
        if (high[i] < low[i])
            return (struct volume){0, 0};
        own = multiply(w, own, clamp(high[i] + 1, 0, extent) - clamp(low[i], 0, extent));
        all = multiply(w, all, clamp(high[i] + 1, -depth, extent) - clamp(low[i], -depth, extent));
    }
    return (struct volume){own, all - own};
}

static void visit_piece(struct piece_walk *walk)
{
    struct sinter_plan_workspace *w = walk->plan->workspace;
    int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS];
    cut_hulls(walk, low, high, false);
    struct volume box = product(walk, low, high);
    if (walk->kept >= 0) {
        int rank = walk->ranks[walk->kept];
        int64_t start = walk->ranges.start[rank], last = walk->ranges.last[rank];
        if (start > cut_start_at(&walk->kept_outer, start)) {
            walk->ranges.start[rank] = start - walk->kept_tile;
            walk->ranges.last[rank] = start - 1;
            cut_hulls(walk, low, high, true);
            struct volume shared = product(walk, low, high);
            box.own -= shared.own;
            box.state -= shared.state;
            walk->ranges.start[rank] = start;
            walk->ranges.last[rank] = last;
        }
    }
    walk->sum.own = add(w, walk->sum.own, box.own);
    walk->sum.state = add(w, walk->sum.state, box.state);
}

static void walk_pieces(struct piece_walk *walk, int i)
{
    if (i == walk->n_ranks) {
        visit_piece(walk);
        return;
    }
    int64_t start = 0, size, next;
    while (cut_next(&walk->cuts[i], &start, &size, &next)) {
        walk->ranges.start[walk->ranks[i]] = start;
        walk->ranges.last[walk->ranks[i]] = start + size - 1;
        walk_pieces(walk, i + 1);
        start = next;
    }
}

/* Sum over the pieces of the looped ranks of some dimensions; `kept` is a loop or -1. */
static struct volume sum_pieces(struct sinter_plan *plan, int tile, const struct form *forms, const int *dims, int n_dims,
                                int node, int kept)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct piece_walk walk = {.plan = plan, .tile = tile, .n_dims = n_dims, .dims = dims, .forms = forms, .kept = -1};
    struct cut cuts[MAX_CUTS];
    sinter_rank_set ranks = 0;
    int64_t n = 1;
    for (int i = 0; i < n_dims; i++)
        ranks |= forms[dims[i]].ranks;
    ranges_at(plan, node, ranks, &walk.ranges);
    for (sinter_rank_set rest = ranks & plan->nodes[node].looped; rest != 0; rest &= rest - 1) {
        int rank = lowest(rest);
        if (kept >= 0 && plan->nodes[kept].rank == rank) {
            walk.kept = walk.n_ranks;
            walk.kept_tile = plan->nodes[kept].tile;
            cut_at(plan, plan->nodes[kept].parent, rank, &walk.kept_outer);
        }
        cut_at(plan, node, rank, &cuts[walk.n_ranks]);
        if (!sinter_multiply(n, cut_count(&cuts[walk.n_ranks]), &n) || n > MAX_WALK) {
            w->overflow = w->has_many_pieces = true;
            return (struct volume){0, 0};
        }
        walk.ranks[walk.n_ranks++] = rank;
    }
    walk.cuts = cuts;
    walk_pieces(&walk, 0);
    return walk.sum;
}

/* ---- volumes ---------------------------------------------------------------------------------------------------- */

/* Dimensions that share a looped rank must be summed together: the set of such dimensions that contains `dim`. */
static unsigned component(const struct form *forms, int n_dims, sinter_rank_set looped, int dim)
{
    unsigned set = 1u << dim;
    sinter_rank_set ranks = forms[dim].ranks & looped;
    for (bool grows = true; grows;) {
        grows = false;
        for (int d = 0; d < n_dims; d++) {
            if ((set >> d & 1) == 0 && (forms[d].ranks & ranks) != 0) {
                set |= 1u << d;
                ranks |= forms[d].ranks & looped;
                grows = true;
            }
        }
    }
    return set;
}

static bool is_plain(const struct sinter_plan_workspace *w, int tile)
{
    const struct tile_facts *facts = &w->facts[tile];
    return facts->shape >= 0 && w->links[facts->first_use].facts->is_plain;
}

static struct volume volume_at(struct sinter_plan *plan, int tile, int node, int kept)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_tensor *t = &plan->cascade->tensors[plan->tiles[tile].tensor];
    sinter_rank_set looped = plan->nodes[node].looped;
    int64_t visits = 1;
    for (sinter_rank_set rest = looped & ~w->facts[tile].ranks; rest != 0; rest &= rest - 1)
        visits = multiply(w, visits, pieces_at(plan->nodes, node, lowest(rest)));
    if (is_plain(w, tile))
        return (struct volume){multiply(w, visits, w->links[w->facts[tile].first_use].facts->elements), 0};
    struct form forms[SINTER_MAX_DIMS];
    for (int d = 0; d < t->n_dims; d++)
        forms[d] = form_of(w, tile, d);
    struct volume sum = {visits, 0};
    unsigned done = 0;
    for (int d = 0; d < t->n_dims; d++) {
        if ((done >> d & 1) != 0)
            continue;
        unsigned set = component(forms, t->n_dims, looped, d);
        sinter_rank_set moving = forms[d].ranks & looped;
        struct volume part;
        int dims[SINTER_MAX_DIMS], n = 0;
        for (int i = 0; i < t->n_dims; i++)
            if ((set >> i & 1) != 0)
                dims[n++] = i;
        done |= set;
        bool is_kept = kept >= 0 && has(moving, plan->nodes[kept].rank);
        if (n == 1 && !is_kept && !forms[d].is_mixed && moving != 0 && (moving & (moving - 1)) == 0)
            part = sum_dimension(plan, &forms[d], node, lowest(moving), plan->cascade->ranks[t->dims[d]].extent,
                                 depth_below(plan, plan->tiles[tile].tensor, d));
        else
            part = sum_pieces(plan, tile, forms, dims, n, node, is_kept ? kept : -1);
        /* (own + state) of a product of dimensions; only the one along the look-back has a state part */
        sum = (struct volume){multiply(w, sum.own, part.own),
                              add(w, multiply(w, sum.state, part.own), multiply(w, sum.own, part.state))};
    }
    return sum;
}

struct volume box_volume(struct sinter_plan *plan, int tile, int node)
{
    return volume_at(plan, tile, node, -1);
}

struct volume box_volume_kept(struct sinter_plan *plan, int tile, int loop)
{
    return volume_at(plan, tile, loop, loop);
}

static int64_t plain_range_product(struct sinter_plan *plan, int tile, int node)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct use_facts *use = w->links[w->facts[tile].first_use].facts;
    sinter_rank_set looped = use->moving & plan->nodes[node].looped;
    if (looped == 0)
        return use->elements;
    int64_t product_of_ranges = use->factor;
    for (sinter_rank_set rest = use->moving & ~looped; rest != 0; rest &= rest - 1)
        product_of_ranges = multiply(w, product_of_ranges, plan->cascade->ranks[lowest(rest)].extent);
    for (; looped != 0; looped &= looped - 1)
        product_of_ranges = multiply(w, product_of_ranges, plan->nodes[loop_over(plan->nodes, node, lowest(looped))].tile);
    return product_of_ranges;
}

/* The most that a tile holds along a dimension: the tensor, and the slices of its state before it. */
static int64_t most_along(struct sinter_plan *plan, int tensor, int dim)
{
    const struct sinter_tensor *t = &plan->cascade->tensors[tensor];
    int64_t extent = plan->cascade->ranks[t->dims[dim]].extent;
    return t->state >= 0 && t->dims[dim] == t->look_back_rank ? add(plan->workspace, extent, t->look_back) : extent;
}

int64_t box_footprint(struct sinter_plan *plan, int tile, int node)
{
    struct sinter_plan_workspace *w = plan->workspace;
    if (is_plain(w, tile))
        return plain_range_product(plan, tile, node);
    const struct sinter_tensor *t = &plan->cascade->tensors[plan->tiles[tile].tensor];
    struct ranges ranges;
    int64_t size = 1;
    ranges_at(plan, node, w->facts[tile].ranks, &ranges);
    for (int d = 0; d < t->n_dims; d++) {
        struct form form = form_of(w, tile, d);
        int64_t low, high, most = most_along(plan, plan->tiles[tile].tensor, d);
        hull(w, tile, d, &form, &ranges, &low, &high);
        size = multiply(w, size, high - low + 1 < most ? high - low + 1 : most);
    }
    return size;
}

int64_t box_step(struct sinter_plan *plan, int tile, int loop, bool *is_diagonal)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_tensor *t = &plan->cascade->tensors[plan->tiles[tile].tensor];
    int rank = plan->nodes[loop].rank, n_moved = 0;
    int64_t fresh = 1;
    struct ranges ranges;
    *is_diagonal = false;
    if (!has(w->facts[tile].ranks, rank) || is_plain(w, tile))
        return 0;
    ranges_at(plan, loop, w->facts[tile].ranks, &ranges);
    for (int d = 0; d < t->n_dims; d++) {
        struct form form = form_of(w, tile, d);
        int64_t low, high, next_low, next_high, most = most_along(plan, plan->tiles[tile].tensor, d);
        struct ranges next = ranges;
        hull(w, tile, d, &form, &ranges, &low, &high);
        next.start[rank] += plan->nodes[loop].tile;
        next.last[rank] += plan->nodes[loop].tile;
        hull(w, tile, d, &form, &next, &next_low, &next_high);
        if (next_low > high || next_high < low)
            return 0;
        bool is_moved = next_low != low || next_high != high;
        n_moved += is_moved;
        int64_t moved = next_low > low ? next_high - high : low - next_low;
        int64_t along = is_moved ? moved : high - low + 1;
        fresh = multiply(w, fresh, along < most ? along : most);
    }
    *is_diagonal = n_moved > 1;
    return fresh;
}

void sinter_tile_box(const struct sinter_plan *plan, int tile, const struct sinter_ranges *at, int64_t low[SINTER_MAX_DIMS],
                     int64_t high[SINTER_MAX_DIMS])
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_tensor *t = &plan->cascade->tensors[plan->tiles[tile].tensor];
    if (plan->tiles[tile].look_back > 0) {
        for (int d = 0; d < t->n_dims; d++) {
            bool is_handed_on = t->dims[d] == t->look_back_rank;
            low[d] = at->start[t->dims[d]] - (is_handed_on ? plan->tiles[tile].look_back : 0);
            high[d] = at->start[t->dims[d]] + (is_handed_on ? 0 : at->size[t->dims[d]]);
        }
        return;
    }
    struct ranges ranges;
    for (sinter_rank_set rest = w->facts[tile].ranks; rest != 0; rest &= rest - 1) {
        int rank = lowest(rest);
        ranges.start[rank] = at->start[rank];
        ranges.last[rank] = at->start[rank] + at->size[rank] - 1;
    }
    for (int d = 0; d < t->n_dims; d++) {
        struct form form = form_of(w, tile, d);
        hull(w, tile, d, &form, &ranges, &low[d], &high[d]);
        high[d]++;
    }
}
