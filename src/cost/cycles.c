/* cycles.c: how the ranks of an Einsum unroll over a unit's PEs, and the cycles that follow.
 * SPDX-License-Identifier: MIT
 *
 * A spatial mapping gives each PE dimension one rank of the Einsum, or leaves it idle; a rank may take several
 * dimensions. With S_r(p) = sum over the pieces of r of ceil(size / p), an operation at the points of ranks Q takes
 *     count * cycles[class] * product over r in Q of S_r(product of the dimensions that r is spread over)
 * cycles over a whole group: each execution of the leaf rounds up its own tile. A rank outside Q that is spread over
 * some dimension leaves those PEs idle for this operation.
 *
 * The best mapping is found by trying all, except where one set of ranks counts in two dimensions: there the least shares
 * decide (least_cycles). With many ranks that are first reduced to those that can matter: j is at least
 * as good as i wherever i may stand if no share of it is larger and it counts for every operation that i counts for. At
 * most n_dims - 1 ranks stand elsewhere, so a rank with n_dims better ones is never needed.
 */
#include "cost/cycles.h"

#include "schedule/pieces.h"

#include <math.h>
#include <string.h>

enum { FEW_RANKS = 8 /* trying them all is faster than comparing them */ };

struct spread {
    const struct sinter_cascade *cascade;
    const struct sinter_plan *plan; /* NULL: these loops stand around the Einsum */
    const struct nest_loop *loops;
    int n_loops;
    const struct sinter_einsum *einsum;
    const struct sinter_unit *unit;
    const struct sinter_pe_sets *sets;
    const struct sinter_spread *whole; /* by rank; of the plan */
    const struct sinter_work *work;
    int leaf, n_ranks;
    const int *ranks;                                 /* that may be spread: the positions below */
    const double *shares[SINTER_MAX_RANKS];           /* by position and subset: S_r(PEs of the subset) / extent */
    double own[SINTER_MAX_RANKS][SINTER_MAX_PE_SETS]; /* where the plan's table has none */
};

/* The loop over a rank at or around a node, -1: none; `is_nested` when it is not the only one. */
static int loop_of(const struct sinter_plan *plan, int node, int rank, bool *is_nested)
{
    *is_nested = false;
    if (plan == NULL || (plan->nodes[node].looped >> rank & 1) == 0)
        return -1;
    while (plan->nodes[node].rank != rank)
        node = plan->nodes[node].parent;
    *is_nested = (plan->nodes[plan->nodes[node].parent].looped >> rank & 1) != 0;
    return node;
}

/* ceil(size / PEs of the subset). Half a step back, no quotient is nearer to a whole number than half a PE's share, so below
 * 2^50 the product with the inverse is on the right side of it; it takes a fraction of a division's time. */
static double steps_of(int64_t size, const struct sinter_pe_sets *sets, int subset)
{
    if (size > (int64_t)1 << 50)
        return (double)sinter_ceil_div(size, sets->pes[subset]);
    return (double)(int64_t)(((double)size - 0.5) * sets->per_pe[subset]) + 1;
}

/* Shares of the rank at position i where loops stand around it that no plan knows. */
static void share_of_loops(struct spread *spread, int i, int n_sets)
{
    int64_t extent = spread->cascade->ranks[spread->ranks[i]].extent, range = extent;
    struct cut cut; /* large: only what is used is filled in */
    cut.extent = extent;
    cut.n_levels = 0;
    for (int k = 0; k < spread->n_loops; k++) {
        if (spread->loops[k].rank == spread->ranks[i] && spread->loops[k].tile < range)
            cut.tiles[cut.n_levels++] = range = spread->loops[k].tile;
    }
    double per_extent = 1 / (double)extent;
    for (int subset = 1; subset < n_sets; subset++)
        spread->own[i][subset] = (cut.n_levels == 0 ? steps_of(extent, spread->sets, subset)
                                                    : (double)cut_steps(&cut, spread->sets->pes[subset])) *
                                 per_extent;
}

/* The same where the plan has a loop over the rank. */
static void share_of_loop(struct spread *spread, int i, int loop, bool is_nested, int n_sets)
{
    const struct sinter_plan *plan = spread->plan;
    int rank = spread->ranks[i];
    int64_t extent = plan->cascade->ranks[rank].extent, tile = plan->nodes[loop].tile;
    int64_t n_whole = plan->nodes[loop].pieces - 1, rest = extent - n_whole * tile;
    double per_extent = spread->whole[rank].per_extent;
    for (int subset = 1; subset < n_sets; subset++) {
        double steps = is_nested
                           ? (double)sinter_plan_steps(plan, spread->leaf, rank, spread->sets->pes[subset])
                           : (double)n_whole * steps_of(tile, spread->sets, subset) + steps_of(rest, spread->sets, subset);
        spread->own[i][subset] = steps * per_extent;
    }
}

static void find_shares(struct spread *spread)
{
    const struct sinter_plan *plan = spread->plan;
    int n_sets = 1 << spread->unit->n_dims;
    for (int i = 0; i < spread->n_ranks; i++) {
        bool is_nested;
        int loop = loop_of(plan, spread->leaf, spread->ranks[i], &is_nested);
        spread->shares[i] = spread->own[i];
        if (plan == NULL)
            share_of_loops(spread, i, n_sets);
        else if (loop >= 0)
            share_of_loop(spread, i, loop, is_nested, n_sets);
        else
            spread->shares[i] = spread->whole[spread->ranks[i]].shares;
    }
}

/* The first rule of the unit whose ranks the Einsum has; false when none fits. */
static bool mapping_of_rule(const struct spread *spread, int *positions)
{
    const struct sinter_einsum *einsum = spread->einsum;
    for (int k = 0; k < spread->unit->n_rules; k++) {
        const struct sinter_spatial_rule *rule = &spread->unit->rules[k];
        bool is_reduction = einsum->reduced_ranks != 0, fits = true;
        if ((rule->only == SINTER_REDUCTION && !is_reduction) || (rule->only == SINTER_ELEMENTWISE && is_reduction))
            continue;
        for (int d = 0; d < spread->unit->n_dims && fits; d++) {
            positions[d] = -1;
            for (int i = 0; rule->ranks[d] != NULL && i < spread->n_ranks; i++)
                if (strcmp(spread->cascade->ranks[spread->ranks[i]].name, rule->ranks[d]) == 0)
                    positions[d] = i;
            fits = rule->ranks[d] == NULL || positions[d] >= 0;
        }
        if (fits)
            return true;
    }
    return false;
}

/* The share of a term's cycles that is left when PE dimension d goes to the rank at positions[d]. */
static double share_of(const struct spread *spread, const int *positions, sinter_rank_set ranks)
{
    double share = 1;
    for (int d = 0; d < spread->unit->n_dims; d++) {
        int i = positions[d];
        if (i < 0 || (ranks >> spread->ranks[i] & 1) == 0)
            continue;
        unsigned dims = 0;
        for (int other = 0; other < spread->unit->n_dims; other++)
            dims |= positions[other] == i ? 1u << other : 0;
        if ((dims & ((1u << d) - 1)) == 0) /* count a rank at its first dimension */
            share *= spread->shares[i][dims];
    }
    return share;
}

static double cycles_of(const struct spread *spread, const int *positions)
{
    const struct sinter_einsum *einsum = spread->einsum;
    double cycles = 0;
    for (int k = 0; spread->work->has_more && k < einsum->n_ops; k++)
        cycles += (double)einsum->ops[k].total * spread->unit->cycles[einsum->ops[k].op] *
                  share_of(spread, positions, einsum->ops[k].ranks);
    for (int t = 0; !spread->work->has_more && t < spread->work->n_terms; t++)
        cycles += spread->work->terms[t].cycles * share_of(spread, positions, spread->work->terms[t].ranks);
    return cycles;
}

/* Is the rank at j at least as good as the one at i for every subset of the dimensions? Of equals the first is better. */
static bool is_better(const struct spread *spread, int j, int i)
{
    const struct sinter_einsum *einsum = spread->einsum;
    bool is_equal = true;
    for (int k = 0; k < einsum->n_ops; k++) {
        bool counts_i = (einsum->ops[k].ranks >> spread->ranks[i] & 1) != 0;
        bool counts_j = (einsum->ops[k].ranks >> spread->ranks[j] & 1) != 0;
        if (counts_i && !counts_j)
            return false;
        is_equal &= counts_i == counts_j;
    }
    for (int subset = 1; subset < 1 << spread->unit->n_dims; subset++) {
        if (spread->shares[j][subset] > spread->shares[i][subset])
            return false;
        is_equal &= spread->shares[j][subset] >= spread->shares[i][subset];
    }
    return !is_equal || j < i;
}

/* Leaves the ranks that can matter; kept[] gets them. */
static void drop_ranks(struct spread *spread, int kept[SINTER_MAX_RANKS])
{
    bool is_kept[SINTER_MAX_RANKS];
    for (int i = 0; i < spread->n_ranks; i++) {
        int n_better = 0;
        for (int j = 0; j < spread->n_ranks && n_better < spread->unit->n_dims; j++)
            n_better += j != i && is_better(spread, j, i);
        is_kept[i] = n_better < spread->unit->n_dims;
    }
    int n = 0;
    for (int i = 0; i < spread->n_ranks; i++) {
        if (!is_kept[i])
            continue;
        kept[n] = spread->ranks[i];
        spread->shares[n++] = spread->shares[i];
    }
    spread->n_ranks = n;
    spread->ranks = kept;
}

/* Tries every assignment of ranks to PE dimensions; the first with the fewest cycles wins. */
static double search(const struct spread *spread, int *best)
{
    int positions[SINTER_MAX_PE_DIMS], n_dims = spread->unit->n_dims;
    double least = -1;
    for (int d = 0; d < n_dims; d++)
        positions[d] = -1;
    for (;;) {
        double cycles = cycles_of(spread, positions);
        if (least < 0 || cycles < least) {
            least = cycles;
            memcpy(best, positions, (size_t)n_dims * sizeof *best);
        }
        int d = 0;
        while (d < n_dims && ++positions[d] >= spread->n_ranks)
            positions[d++] = -1;
        if (d == n_dims)
            return least;
    }
}

/* The same for two PE dimensions, written out: an assignment (i, j) takes, term by term, the product of the shares of i
 * and j, or their joint share when i is j. Position 0 is idle. Nearly every Einsum has one term, so the first is apart. */
struct pair {
    double first[SINTER_MAX_RANKS + 1], second[SINTER_MAX_RANKS + 1], joint[SINTER_MAX_RANKS + 1];
};

static void find_pair(const struct spread *spread, int term, struct pair *pair)
{
    pair->first[0] = pair->second[0] = pair->joint[0] = 1;
    for (int i = 0; i < spread->n_ranks; i++) {
        bool counts = (spread->work->terms[term].ranks >> spread->ranks[i] & 1) != 0;
        pair->first[i + 1] = counts ? spread->shares[i][1] : 1;
        pair->second[i + 1] = counts ? spread->shares[i][2] : 1;
        pair->joint[i + 1] = counts ? spread->shares[i][3] : 1;
    }
}

static double pair_cycles(const struct spread *spread, const struct pair *pairs, int i, int j)
{
    double cycles = 0;
    for (int t = 0; t < spread->work->n_terms; t++)
        cycles += spread->work->terms[t].cycles * (i == j ? pairs[t].joint[i] : pairs[t].first[i] * pairs[t].second[j]);
    return cycles;
}

static double search_pair(const struct spread *spread, int *best)
{
    struct pair pairs[SINTER_MAX_WORK_TERMS]; /* large: only what is used is filled in */
    double least = -1;
    int n = spread->n_ranks;
    for (int t = 0; t < spread->work->n_terms; t++)
        find_pair(spread, t, &pairs[t]);
    for (int j = 0; j <= n; j++) {
        for (int i = 0; i <= n; i++) {
            double cycles = pair_cycles(spread, pairs, i, j);
            if (least < 0 || cycles < least) {
                least = cycles;
                best[0] = i - 1;
                best[1] = j - 1;
            }
        }
    }
    return least;
}

/* The ranks that take the least in one dimension; -1 is idle, which leaves everything. */
struct least {
    int rank;
    double share, next; /* of it, and of the best other one */
};

static void take_least(struct least *least, int rank, double share)
{
    if (share < least->share)
        *least = (struct least){rank, share, least->share};
    else if (share < least->next)
        least->next = share;
}

/* The cycles of search_pair, to the last bit, for one term. Rounding keeps the order of products: the least one is that of
 * the least shares, or has one of them beside the next where one rank would take both. A rank that does not count is as good
 * as idle. */
static double least_cycles(const struct spread *spread)
{
    const struct sinter_work_term *term = &spread->work->terms[0];
    struct least first = {-1, 1, (double)INFINITY}, second = first;
    double joint = 1;
    for (int i = 0; i < spread->n_ranks; i++) {
        const double *share = spread->shares[i];
        if ((term->ranks >> spread->ranks[i] & 1) == 0)
            continue;
        take_least(&first, i, share[1]);
        take_least(&second, i, share[2]);
        joint = share[3] < joint ? share[3] : joint;
    }
    double apart = first.share * second.share;
    if (first.rank == second.rank)
        apart =
            first.share * second.next < first.next * second.share ? first.share * second.next : first.next * second.share;
    return term->cycles * (apart < joint ? apart : joint);
}

/* best[]: the first assignment that takes so few cycles. */
static void name_pair(const struct spread *spread, double cycles, int *best)
{
    struct pair pair; /* large: only what is used is filled in */
    find_pair(spread, 0, &pair);
    for (int j = 0; j <= spread->n_ranks; j++) {
        for (int i = 0; i <= spread->n_ranks; i++) {
            if (pair_cycles(spread, &pair, i, j) > cycles)
                continue;
            best[0] = i - 1;
            best[1] = j - 1;
            return;
        }
    }
}

/* mapping[]: NULL when it is not wanted. */
static double spread_cycles(struct spread *spread, int *mapping)
{
    int positions[SINTER_MAX_PE_DIMS] = {-1, -1, -1, -1}, kept[SINTER_MAX_RANKS];
    bool is_pair = spread->unit->n_dims == 2 && !spread->work->has_more;
    double cycles = 0;
    spread->n_ranks = spread->einsum->n_ranks;
    spread->ranks = spread->einsum->rank_order;
    if (spread->work->n_terms > 0) {
        find_shares(spread);
        if (spread->unit->n_rules > 0 && mapping_of_rule(spread, positions)) {
            cycles = cycles_of(spread, positions);
        } else if (is_pair && spread->work->n_terms == 1) {
            cycles = least_cycles(spread);
            if (mapping != NULL)
                name_pair(spread, cycles, positions);
        } else {
            if (spread->n_ranks > FEW_RANKS)
                drop_ranks(spread, kept);
            cycles = is_pair ? search_pair(spread, positions) : search(spread, positions);
        }
    }
    for (int d = 0; d < SINTER_MAX_PE_DIMS && mapping != NULL; d++)
        mapping[d] = d < spread->unit->n_dims && positions[d] >= 0 ? spread->ranks[positions[d]] : -1;
    return cycles;
}

double einsum_compute_cycles(const struct sinter_plan *plan, int einsum, int *mapping)
{
    struct spread spread; /* large: only what is used is filled in */
    spread.plan = plan;
    spread.cascade = plan->cascade;
    spread.einsum = &plan->cascade->einsums[einsum];
    spread.leaf = plan->leaves[einsum].node;
    int unit = plan->nodes[spread.leaf].unit;
    spread.unit = &plan->accel->units[unit];
    spread.sets = &plan->pe_sets[unit];
    spread.whole = &plan->spreads[unit * plan->cascade->n_ranks];
    spread.work = &plan->work[einsum * plan->accel->n_units + unit];
    return spread_cycles(&spread, mapping);
}

double einsum_nest_cycles(const struct sinter_cascade *cascade, const struct sinter_accel *accel, int einsum, int unit,
                          const struct nest_loop *loops, int n_loops)
{
    struct spread spread;
    struct sinter_work work;
    struct sinter_pe_sets sets;
    sinter_unit_work(&accel->units[unit], &cascade->einsums[einsum], &work);
    sinter_unit_pe_sets(&accel->units[unit], &sets);
    spread.work = &work;
    spread.sets = &sets;
    spread.plan = NULL;
    spread.cascade = cascade;
    spread.einsum = &cascade->einsums[einsum];
    spread.leaf = -1;
    spread.unit = &accel->units[unit];
    spread.loops = loops;
    spread.n_loops = n_loops;
    return spread_cycles(&spread, NULL);
}

double sinter_einsum_least_cycles(const struct sinter_cascade *cascade, const struct sinter_accel *accel, int einsum,
                                  int unit)
{
    if (!sinter_unit_can_run(&accel->units[unit], &cascade->einsums[einsum], NULL))
        return -1;
    return einsum_nest_cycles(cascade, accel, einsum, unit, NULL, 0);
}
