/* oracle.c: every tree of a small cascade.
 * SPDX-License-Identifier: MIT
 *
 * A tree is made by asking a tape for one choice after another. Tapes are gone through in order, so all trees are.
 */
#include "oracle.h"

#include <math.h>
#include <string.h>

enum { LENGTH = 512, MOST = 16 };

struct tape {
    int length, at;
    int choices[LENGTH], limits[LENGTH];
};

struct maker {
    const struct sinter_cascade *cascade;
    const struct sinter_accel *accel;
    struct sinter_schedule out;
    struct tape tape;
    int order[MOST];
    int64_t ranges[SINTER_MAX_RANKS];
    uint64_t held;
};

/* One of 0 .. n - 1. */
static int choose(struct maker *m, int n)
{
    struct tape *tape = &m->tape;
    if (n <= 1)
        return 0;
    if (tape->at == tape->length) {
        tape->choices[tape->length] = 0;
        tape->limits[tape->length++] = n;
    }
    return tape->choices[tape->at++];
}

static bool next_tape(struct tape *tape)
{
    while (tape->length > 0 && tape->choices[tape->length - 1] + 1 == tape->limits[tape->length - 1])
        tape->length--;
    tape->at = 0;
    if (tape->length == 0)
        return false;
    tape->choices[tape->length - 1]++;
    return true;
}

static bool uses(const struct maker *m, int e, int tensor, bool *makes)
{
    const struct sinter_einsum *einsum = &m->cascade->einsums[e];
    bool is_used = einsum->result == tensor;
    *makes |= is_used;
    for (int i = 0; i < einsum->n_accesses; i++)
        is_used |= einsum->accesses[i].tensor == tensor;
    return is_used;
}

/* Any tensor that these Einsums use, unless one of them makes it for another. */
static void make_holds(struct maker *m, int first, int end)
{
    for (int t = 0; t < m->cascade->n_tensors; t++) {
        bool is_made = false;
        int n_users = 0;
        for (int i = first; i < end; i++)
            n_users += uses(m, m->order[i], t, &is_made);
        if (n_users == 0 || (is_made && n_users > 1) || (m->held >> t & 1) != 0 || m->cascade->tensors[t].state_of >= 0)
            continue;
        if (choose(m, 2) == 1) {
            sinter_schedule_hold(&m->out, t, 1, false);
            m->held |= (uint64_t)1 << t;
        }
    }
}

static void make_nest(struct maker *m, int first, int end, int depth);

static void make_body(struct maker *m, int first, int end, int depth)
{
    if (end - first == 1) {
        sinter_schedule_leaf(&m->out, m->order[first], 0);
        return;
    }
    if (choose(m, 2) == 0) {
        sinter_schedule_chain(&m->out);
        for (int i = first; i < end; i++)
            sinter_schedule_leaf(&m->out, m->order[i], 0);
        sinter_schedule_close(&m->out);
        return;
    }
    while (first < end) { /* at least two children */
        int most = first == 0 ? end - first - 1 : end - first, n = 1 + choose(m, most > 1 ? most : 1);
        make_nest(m, first, first + n, depth + 1);
        first += n;
    }
}

static void make_nest(struct maker *m, int first, int end, int depth)
{
    int most = end - first == 1 ? 3 : depth < 2 ? 2 : 0, n_loops = choose(m, most + 1);
    int64_t ranges[SINTER_MAX_RANKS];
    uint64_t held = m->held, looped = 0;
    memcpy(ranges, m->ranges, sizeof ranges);
    if (depth == 0)
        make_holds(m, first, end);
    for (int k = 0; k < n_loops; k++) {
        int rank = choose(m, m->cascade->n_ranks);
        if (m->ranges[rank] == 1 || (looped >> rank & 1) != 0)
            continue; /* the same tree as one with fewer loops */
        looped |= (uint64_t)1 << rank;
        m->ranges[rank] = 1 + choose(m, (int)m->ranges[rank] - 1);
        sinter_schedule_loop(&m->out, rank, m->ranges[rank]);
        make_holds(m, first, end);
    }
    make_body(m, first, end, depth);
    for (; looped != 0; looped &= looped - 1)
        sinter_schedule_close(&m->out);
    memcpy(m->ranges, ranges, sizeof ranges);
    m->held = held;
}

/* An order in which everything is made before it is read, and a cut into groups. */
static void make_tree(struct maker *m)
{
    int n = m->cascade->n_einsums;
    uint64_t done = 0;
    for (int i = 0; i < n; i++) {
        int ready[MOST], n_ready = 0;
        for (int e = 0; e < n; e++) {
            bool is_ready = (done >> e & 1) == 0;
            for (int a = 0; a < m->cascade->einsums[e].n_accesses; a++) {
                int producer = m->cascade->tensors[m->cascade->einsums[e].accesses[a].tensor].producer;
                is_ready &= producer < 0 || producer == e || (done >> producer & 1) != 0;
            }
            if (is_ready)
                ready[n_ready++] = e;
        }
        m->order[i] = ready[choose(m, n_ready)];
        done |= (uint64_t)1 << m->order[i];
    }
    for (int first = 0; first < n;) {
        int end = first + 1 + choose(m, n - first);
        m->held = 0;
        for (int r = 0; r < m->cascade->n_ranks; r++)
            m->ranges[r] = m->cascade->ranks[r].extent;
        sinter_schedule_group(&m->out);
        make_nest(m, first, end, 0);
        sinter_schedule_close(&m->out);
        first = end;
    }
}

struct oracle ask_oracle(const struct sinter_cascade *cascade, const struct sinter_accel *accel, int64_t most_trees)
{
    struct oracle oracle = {.cycles = (double)INFINITY, .bits = (double)INFINITY, .is_complete = true};
    static struct maker m;
    struct sinter_plan *plan = NULL;
    m = (struct maker){.cascade = cascade, .accel = accel};
    if (sinter_plan_new(cascade, accel, NULL, NULL, &plan) != SINTER_OK)
        return oracle;
    sinter_schedule_init(&m.out, cascade, accel, NULL);
    do {
        struct sinter_cost cost = {.cycles = 0};
        sinter_schedule_clear(&m.out);
        make_tree(&m);
        oracle.n_trees++;
        if (sinter_plan_resolve(plan, &m.out, NULL) != SINTER_OK)
            continue;
        oracle.n_legal++;
        sinter_cost_evaluate(plan, &cost);
        double bits = (double)plan->dram_read_bits + (double)plan->dram_write_bits;
        oracle.cycles = cost.cycles < oracle.cycles ? cost.cycles : oracle.cycles;
        oracle.bits = bits < oracle.bits ? bits : oracle.bits;
    } while (next_tape(&m.tape) && (oracle.is_complete = oracle.n_trees < most_trees));
    sinter_schedule_free(&m.out);
    sinter_plan_free(plan);
    return oracle;
}
