/* scan.inc.h: running the scans that scan.c has found, in the arithmetic that leaf.inc.h is compiled for.
 * SPDX-License-Identifier: MIT
 */

/* Does some scan that is run as one compute this member? */
static bool is_scanning(const struct code *code, int member)
{
    for (int m = 0; m < code->n_members; m++)
        if (code->members[m].scans && (code->members[m].scan->y == member || code->members[m].scan->decay == member ||
                                       code->members[m].scan->input == member))
            return true;
    return false;
}

static bool is_within_reach(const struct member *member, int access)
{
    return member->fetches[access].maker >= 0 || member->fetches[access].is_inside;
}

/* Are all rows where plain steps lead to them? */
static bool can_scan(const struct code *code, const struct member *h)
{
    const struct scan *scan = h->scan;
    return is_within_reach(&code->members[scan->decay], scan->q) && is_within_reach(&code->members[scan->input], scan->s) &&
           is_within_reach(&code->members[scan->y], scan->c);
}

/* What is to know of q before a scan: of n lanes from where it stands now. */
static void look_ahead(struct run *run, const struct member *h, int64_t n)
{
    const struct scan *scan = h->scan;
    struct stripe q = {0};
    run->member = &run->code->members[scan->decay];
    find_stripe(run, scan->q, scan->states, &q);
    run->kernels->reach((REAL *)scan->most + (run->point[h->lane] - run->from[h->lane]), q.at, q.step,
                        run->high[scan->states] - run->low[scan->states], n);
}

static void begin_scan(struct run *run, const struct member *h)
{
    run->has_lane = true;
    run->point[h->lane] = run->from[h->lane];
    run->point[h->scan->states] = run->low[h->scan->states];
    if (h->scan->is_steady)
        look_ahead(run, h, run->to[h->lane] - run->from[h->lane]);
}

/* The row of an expression of some member: where it lies, or in a buffer that stays. */
static const REAL *hold_row(struct run *run, int member, int expr, REAL *held)
{
    run->member = &run->code->members[member];
    run->target = NULL;
    struct row row = evaluate(run, expr);
    if (run->member->einsum->exprs[expr].kind == SINTER_EXPR_ACCESS && row.v != NULL && row.v != run->rows + expr * LANES)
        return row.v;
    for (int64_t i = 0; i < run->n; i++)
        held[i] = row.v == NULL ? row.s : row.v[i];
    return held;
}

/* All states of a row of points, and what they add up to. */
static void scan_row(struct run *run, const struct member *h)
{
    const struct scan *scan = h->scan;
    const struct member *y = &run->code->members[scan->y];
    const struct sinter_tensor *t = &run->executor->cascade->tensors[h->einsum->result];
    struct stripe q = {0}, s = {0}, c = {0};
    REAL *sums = run->held[2], *states = run->temps[h->index];
    run->split_index = -1;
    run->point[scan->states] = run->low[scan->states];
    for (int d = 0; d < t->n_dims; d++)
        states += (run->point[t->dims[d]] - run->low[t->dims[d]]) * h->stride[t->dims[d]];
    if (!scan->is_steady)
        look_ahead(run, h, run->n);
    const REAL *p = hold_row(run, scan->decay, scan->p, run->held[0]);
    find_stripe(run, scan->q, scan->states, &q);
    const REAL *u = hold_row(run, scan->input, scan->u, run->held[1]);
    find_stripe(run, scan->s, scan->states, &s);
    run->member = y;
    find_stripe(run, scan->c, scan->states, &c);
    for (int64_t i = 0; i < run->n; i++)
        sums[i] = 0;
    run->kernels->scan(sums, states, h->stride[scan->states], p, q.at, q.step,
                       (const REAL *)scan->most + (run->point[h->lane] - run->from[h->lane]), u, s.at, s.step, c.at, c.step,
                       run->high[scan->states] - run->low[scan->states], run->n);
    run->split = (struct row){sums, 0};
    run->split_index = scan->sum;
    run->target = target_of(run);
    write(run, evaluate(run, y->einsum->n_exprs - 1), true);
}

static void run_scan(struct run *run, const struct member *h)
{
    const struct member *y = &run->code->members[h->scan->y];
    int ranks[SINTER_MAX_RANKS], n = 0, lane = y->lane;
    for (int i = 0; i < y->einsum->n_ranks; i++) {
        int rank = y->einsum->rank_order[i];
        run->point[rank] = run->low[rank];
        if ((y->einsum->result_ranks >> rank & 1) != 0 && rank != lane)
            ranks[n++] = rank;
    }
    run->has_lane = true;
    for (;;) {
        for (int64_t at = run->low[lane]; at < run->high[lane]; at += run->n) {
            run->point[lane] = at;
            run->n = run->high[lane] - at < LANES ? run->high[lane] - at : LANES;
            scan_row(run, h);
        }
        int i = n - 1;
        while (i >= 0 && ++run->point[ranks[i]] == run->high[ranks[i]]) {
            run->point[ranks[i]] = run->low[ranks[i]];
            i--;
        }
        if (i < 0)
            return;
    }
}
