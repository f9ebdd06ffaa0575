/* cycles.c: how the ranks of an Einsum unroll over a unit's PEs, and the cycles that follow.
 * SPDX-License-Identifier: MIT
 *
 * A spatial mapping gives each PE dimension one rank of the Einsum, or leaves it idle; a rank may take several
 * dimensions. With S_r(p) = sum over the pieces of r of ceil(size / p), an operation at the points of ranks Q takes
 *     count * cycles[class] * product over r in Q of S_r(product of the dimensions that r is spread over)
 * cycles over a whole group: each execution of the leaf rounds up its own tile. A rank outside Q that is spread over
 * some dimension leaves those PEs idle for this operation.
 */
#include "cost/cycles.h"

#include <string.h>

enum { MAX_SUBSETS = 1 << SINTER_MAX_PE_DIMS, MAX_SPREAD = 16 /* ranks of one Einsum that are tried */ };

struct spread {
    const struct sinter_plan *plan;
    const struct sinter_einsum *einsum;
    const struct sinter_unit *unit;
    int leaf, n_ranks;
    double extents[MAX_SPREAD];
    double ratio[MAX_SPREAD][MAX_SUBSETS]; /* S_r(p of the subset) / extent, by position in rank_order; 0: not known yet */
    /* operations with equal rank sets, merged: cycles of one PE without any spreading */
    int n_terms;
    sinter_rank_set term_ranks[SINTER_N_OPS];
    double term_cycles[SINTER_N_OPS];
};

static double ratio_of(struct spread *spread, int position, unsigned dims)
{
    double *ratio = &spread->ratio[position][dims];
    if (dims == 0)
        return 1;
    if (*ratio > 0)
        return *ratio;
    int64_t parts = 1;
    for (int d = 0; d < spread->unit->n_dims; d++)
        if ((dims >> d & 1) != 0)
            parts *= spread->unit->pes[d]; /* a divisor of n_pes, which fits */
    int rank = spread->einsum->rank_order[position];
    *ratio = (double)sinter_plan_steps(spread->plan, spread->leaf, rank, parts) / spread->extents[position];
    return *ratio;
}

/* Cycles when rank position i takes the PE dimensions dims[i]. */
static double mapped_cycles(struct spread *spread, const unsigned *dims)
{
    double cycles = 0;
    for (int t = 0; t < spread->n_terms; t++) {
        double term = spread->term_cycles[t];
        for (int i = 0; i < spread->n_ranks; i++)
            if (dims[i] != 0 && (spread->term_ranks[t] >> spread->einsum->rank_order[i] & 1) != 0)
                term *= ratio_of(spread, i, dims[i]);
        cycles += term;
    }
    return cycles;
}

static void prepare(struct spread *spread)
{
    const struct sinter_cascade *cascade = spread->plan->cascade;
    const struct sinter_einsum *einsum = spread->einsum;
    spread->n_ranks = einsum->n_ranks < MAX_SPREAD ? einsum->n_ranks : MAX_SPREAD;
    for (int i = 0; i < spread->n_ranks; i++) {
        spread->extents[i] = (double)cascade->ranks[einsum->rank_order[i]].extent;
        memset(spread->ratio[i], 0, sizeof(double) << spread->unit->n_dims);
    }
    spread->n_terms = 0;
    for (int k = 0; k < einsum->n_ops; k++) {
        const struct sinter_op_count *op = &einsum->ops[k];
        double cycles = (double)op->count * spread->unit->cycles[op->op];
        for (sinter_rank_set rest = op->ranks; rest != 0; rest &= rest - 1)
            cycles *= (double)cascade->ranks[__builtin_ctzll(rest)].extent;
        int t = 0;
        while (t < spread->n_terms && spread->term_ranks[t] != op->ranks)
            t++;
        if (t == spread->n_terms) {
            spread->term_ranks[t] = op->ranks;
            spread->term_cycles[t] = 0;
            spread->n_terms++;
        }
        spread->term_cycles[t] += cycles;
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
                if (strcmp(spread->plan->cascade->ranks[einsum->rank_order[i]].name, rule->ranks[d]) == 0)
                    positions[d] = i;
            fits = rule->ranks[d] == NULL || positions[d] >= 0;
        }
        if (fits)
            return true;
    }
    return false;
}

static double cycles_of(struct spread *spread, const int *positions)
{
    unsigned dims[MAX_SPREAD] = {0};
    for (int d = 0; d < spread->unit->n_dims; d++)
        if (positions[d] >= 0)
            dims[positions[d]] |= 1u << d;
    return mapped_cycles(spread, dims);
}

/* Tries every assignment of ranks to PE dimensions; the first with the fewest cycles wins. */
static double search(struct spread *spread, int *best)
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
        while (d < n_dims && ++positions[d] == spread->n_ranks)
            positions[d++] = -1;
        if (d == n_dims)
            return least;
    }
}

double einsum_compute_cycles(const struct sinter_plan *plan, int einsum, int mapping[SINTER_MAX_PE_DIMS])
{
    struct spread spread = {.plan = plan, .einsum = &plan->cascade->einsums[einsum], .leaf = plan->leaves[einsum].node};
    spread.unit = &plan->accel->units[plan->nodes[spread.leaf].unit];
    int positions[SINTER_MAX_PE_DIMS] = {-1, -1, -1, -1};
    double cycles = 0;
    prepare(&spread);
    if (spread.n_terms > 0)
        cycles = mapping_of_rule(&spread, positions) ? cycles_of(&spread, positions) : search(&spread, positions);
    for (int d = 0; d < SINTER_MAX_PE_DIMS; d++)
        mapping[d] = d < spread.unit->n_dims && positions[d] >= 0 ? spread.einsum->rank_order[positions[d]] : -1;
    return cycles;
}
