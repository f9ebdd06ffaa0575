/* cycles.c: how the ranks of an Einsum unroll over a unit's PEs, and the cycles that follow.
 * SPDX-License-Identifier: MIT
 *
 * A spatial mapping gives each PE dimension one rank of the Einsum, or leaves it idle; a rank may take several
 * dimensions. With S_r(p) = sum over the pieces of r of ceil(size / p), an operation at the points of ranks Q takes
 *     count * cycles[class] * product over r in Q of S_r(product of the dimensions that r is spread over)
 * cycles over a whole group: each execution of the leaf rounds up its own tile. A rank outside Q that is spread over
 * some dimension leaves those PEs idle for this operation.
 *
 * The best mapping is found by trying all. With many ranks that are first reduced to those that can matter: j is at least
 * as good as i wherever i may stand if no share of it is larger and it counts for every operation that i counts for. At
 * most n_dims - 1 ranks stand elsewhere, so a rank with n_dims better ones is never needed.
 */
#include "cost/cycles.h"

#include "schedule/pieces.h"

#include <string.h>

enum {
    MAX_SUBSETS = 1 << SINTER_MAX_PE_DIMS,
    FEW_RANKS = 8 /* trying them all is faster than comparing them */
};

struct spread {
    const struct sinter_cascade *cascade;
    const struct sinter_plan *plan; /* NULL: these loops stand around the Einsum */
    const struct nest_loop *loops;
    int n_loops;
    const struct sinter_einsum *einsum;
    const struct sinter_unit *unit;
    const struct sinter_work *work;
    int leaf, n_ranks;
    const int *ranks;                             /* that may be spread: the positions below */
    double shares[SINTER_MAX_RANKS][MAX_SUBSETS]; /* by position: S_r(PEs of the subset) / extent */
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

/* ceil(a / b) as a double; 32-bit division is several times faster where it will do. */
static double ceil_div(int64_t a, int64_t b)
{
    if (a <= b)
        return 1;
    if (a <= INT32_MAX) {
        uint32_t quotient = ((uint32_t)a + (uint32_t)b - 1) / (uint32_t)b;
        return quotient;
    }
    return (double)sinter_ceil_div(a, b);
}

/* Shares of the rank at position i where loops stand around it that no plan knows. */
static void share_of_loops(struct spread *spread, int i, const int64_t *parts, int n_subsets)
{
    int64_t extent = spread->cascade->ranks[spread->ranks[i]].extent, range = extent;
    struct cut cut; /* large: only what is used is filled in */
    cut.extent = extent;
    cut.n_levels = 0;
    for (int k = 0; k < spread->n_loops; k++) {
        if (spread->loops[k].rank == spread->ranks[i] && spread->loops[k].tile < range)
            cut.tiles[cut.n_levels++] = range = spread->loops[k].tile;
    }
    for (int subset = 1; subset < n_subsets; subset++)
        spread->shares[i][subset] =
            (double)(cut.n_levels == 0 ? sinter_ceil_div(extent, parts[subset]) : cut_steps(&cut, parts[subset])) /
            (double)extent;
}

static void find_shares(struct spread *spread)
{
    const struct sinter_plan *plan = spread->plan;
    int64_t parts[MAX_SUBSETS] = {1};
    int n_subsets = 1 << spread->unit->n_dims;
    for (int subset = 1; subset < n_subsets; subset++) {
        int lowest = __builtin_ctz((unsigned)subset);
        parts[subset] = parts[subset & (subset - 1)] * spread->unit->pes[lowest]; /* divides n_pes, which fits */
    }
    for (int i = 0; i < spread->n_ranks; i++) {
        int rank = spread->ranks[i];
        int64_t extent = spread->cascade->ranks[rank].extent;
        double per_extent = 1 / (double)extent;
        bool is_nested;
        int loop = loop_of(plan, spread->leaf, rank, &is_nested);
        int64_t tile = loop < 0 ? extent : plan->nodes[loop].tile;
        int64_t n_whole = loop < 0 ? 0 : plan->nodes[loop].pieces - 1, rest = extent - n_whole * tile;
        spread->shares[i][0] = 1;
        if (plan == NULL && spread->n_loops > 0) {
            share_of_loops(spread, i, parts, n_subsets);
            continue;
        }
        for (int subset = 1; subset < n_subsets; subset++) {
            double steps = is_nested      ? (double)sinter_plan_steps(plan, spread->leaf, rank, parts[subset])
                           : n_whole == 0 ? ceil_div(rest, parts[subset])
                                          : (double)n_whole * ceil_div(tile, parts[subset]) + ceil_div(rest, parts[subset]);
            spread->shares[i][subset] = steps * per_extent;
        }
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
        memmove(spread->shares[n++], spread->shares[i], sizeof spread->shares[i]);
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

static double search_pair(const struct spread *spread, int *best)
{
    struct pair pairs[SINTER_MAX_WORK_TERMS]; /* large: only what is used is filled in */
    double least = -1;
    int n = spread->n_ranks;
    for (int t = 0; t < spread->work->n_terms; t++)
        find_pair(spread, t, &pairs[t]);
    for (int j = 0; j <= n; j++) {
        for (int i = 0; i <= n; i++) {
            double cycles =
                spread->work->terms[0].cycles * (i == j ? pairs[0].joint[i] : pairs[0].first[i] * pairs[0].second[j]);
            for (int t = 1; t < spread->work->n_terms; t++)
                cycles +=
                    spread->work->terms[t].cycles * (i == j ? pairs[t].joint[i] : pairs[t].first[i] * pairs[t].second[j]);
            if (least < 0 || cycles < least) {
                least = cycles;
                best[0] = i - 1;
                best[1] = j - 1;
            }
        }
    }
    return least;
}

static double spread_cycles(struct spread *spread, int mapping[SINTER_MAX_PE_DIMS])
{
    int positions[SINTER_MAX_PE_DIMS] = {-1, -1, -1, -1}, kept[SINTER_MAX_RANKS];
    double cycles = 0;
    spread->n_ranks = spread->einsum->n_ranks;
    spread->ranks = spread->einsum->rank_order;
    if (spread->work->n_terms > 0) {
        find_shares(spread);
        if (spread->unit->n_rules > 0 && mapping_of_rule(spread, positions)) {
            cycles = cycles_of(spread, positions);
        } else {
            if (spread->n_ranks > FEW_RANKS)
                drop_ranks(spread, kept);
            cycles = spread->unit->n_dims == 2 && !spread->work->has_more ? search_pair(spread, positions)
                                                                          : search(spread, positions);
        }
    }
    for (int d = 0; d < SINTER_MAX_PE_DIMS; d++)
        mapping[d] = d < spread->unit->n_dims && positions[d] >= 0 ? spread->ranks[positions[d]] : -1;
    return cycles;
}

double einsum_compute_cycles(const struct sinter_plan *plan, int einsum, int mapping[SINTER_MAX_PE_DIMS])
{
    struct spread spread; /* large: only what is used is filled in */
    spread.plan = plan;
    spread.cascade = plan->cascade;
    spread.einsum = &plan->cascade->einsums[einsum];
    spread.leaf = plan->leaves[einsum].node;
    spread.unit = &plan->accel->units[plan->nodes[spread.leaf].unit];
    spread.work = &plan->work[einsum * plan->accel->n_units + plan->nodes[spread.leaf].unit];
    return spread_cycles(&spread, mapping);
}

double einsum_nest_cycles(const struct sinter_cascade *cascade, const struct sinter_accel *accel, int einsum, int unit,
                          const struct nest_loop *loops, int n_loops)
{
    struct spread spread;
    struct sinter_work work;
    int mapping[SINTER_MAX_PE_DIMS];
    sinter_unit_work(&accel->units[unit], &cascade->einsums[einsum], &work);
    spread.work = &work;
    spread.plan = NULL;
    spread.cascade = cascade;
    spread.einsum = &cascade->einsums[einsum];
    spread.leaf = -1;
    spread.unit = &accel->units[unit];
    spread.loops = loops;
    spread.n_loops = n_loops;
    return spread_cycles(&spread, mapping);
}

double sinter_einsum_least_cycles(const struct sinter_cascade *cascade, const struct sinter_accel *accel, int einsum,
                                  int unit)
{
    if (!sinter_unit_can_run(&accel->units[unit], &cascade->einsums[einsum], NULL))
        return -1;
    return einsum_nest_cycles(cascade, accel, einsum, unit, NULL, 0);
}
