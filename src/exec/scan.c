/* scan.c: what leaves can do faster than step by step: states that are updated where they are carried, and selective scans.
 * SPDX-License-Identifier: MIT
 *
 * A scan is found by its form, through the Einsums of its chain: what one makes for another alone is read as if it stood in the
 * other's expression. Nothing is computed in another order, or rounded otherwise.
 */
#include "exec/executor.h"

/* An expression of a member. */
struct part {
    int member, expr;
};

static bool has(sinter_rank_set set, int rank)
{
    return rank >= 0 && (set >> rank & 1) != 0;
}

static const struct sinter_expr *expr_of(const struct code *code, struct part part)
{
    return &code->members[part.member].einsum->exprs[part.expr];
}

static struct part child(struct part part, int expr)
{
    return (struct part){part.member, expr};
}

/* How often the leaf reads what a member makes, at this point or any other. */
static int n_reads(const struct code *code, const struct member *made)
{
    int n = 0;
    for (int m = 0; m < code->n_members; m++)
        for (int a = 0; a < code->members[m].einsum->n_accesses; a++)
            n += code->members[m].einsum->accesses[a].tensor == made->einsum->result;
    return n;
}

/* Is a member there for one reader alone, so that nobody sees whether it is computed apart? */
static bool is_private(const struct executor *executor, const struct code *code, const struct member *member)
{
    return member->result < 0 && member->hand_on < 0 && member->n_slices == 0 && !member->is_rounded && member->waits == 0 &&
           executor->taps[member->einsum->result] == NULL && n_reads(code, member) == 1;
}

/* The expression behind an access to what such a member makes. */
static struct part look_through(const struct executor *executor, const struct code *code, struct part part)
{
    const struct sinter_expr *expr = expr_of(code, part);
    if (expr->kind != SINTER_EXPR_ACCESS)
        return part;
    int maker = code->members[part.member].fetches[expr->access].maker;
    if (maker < 0 || !is_private(executor, code, &code->members[maker]))
        return part;
    return (struct part){maker, code->members[maker].einsum->n_exprs - 1};
}

static sinter_rank_set ranks_in(const struct fetch *fetch)
{
    sinter_rank_set ranks = 0;
    for (int d = 0; d < fetch->tensor->n_dims; d++)
        for (int k = 0; k < fetch->access->indices[d].n_terms; k++)
            ranks |= (sinter_rank_set)1 << fetch->access->indices[d].terms[k].rank;
    return ranks;
}

/* The ranks that an expression depends on. */
static sinter_rank_set ranks_of(const struct code *code, struct part part)
{
    const struct sinter_expr *expr = expr_of(code, part);
    sinter_rank_set ranks = 0;
    if (expr->kind == SINTER_EXPR_ACCESS)
        ranks = ranks_in(&code->members[part.member].fetches[expr->access]);
    if (expr->a >= 0)
        ranks |= ranks_of(code, child(part, expr->a));
    if (expr->b >= 0)
        ranks |= ranks_of(code, child(part, expr->b));
    return ranks;
}

/* ---- states in place ----------------------------------------------------------------------------------------------------- */

/* Nobody but the member itself reads the slice before, at the point that replaces it. */
static bool is_own(const struct code *code, const struct member *member)
{
    for (int m = 0; m < code->n_members; m++) {
        const struct member *reader = &code->members[m];
        for (int a = 0; a < reader->einsum->n_accesses; a++) {
            const struct fetch *fetch = &reader->fetches[a];
            if (fetch->access->tensor != member->einsum->result || fetch->maker >= 0)
                continue;
            if (reader != member || !fetch->is_previous)
                return false;
        }
    }
    return true;
}

static void update_in_place(struct executor *executor, const struct code *code, struct member *member)
{
    if (member->hand_on < 0 || member->is_rounded || member->lane < 0 || member->is_lane_reduced ||
        member->einsum->reduced_ranks != 0 || !is_own(code, member))
        return;
    const struct place *carry = &executor->places[member->hand_on];
    if (!carry->is_native || carry->tile->look_back != 1)
        return;
    for (int d = 0; d < carry->n_dims; d++)
        if (carry->tensor->dims[d] == member->lane && carry->view.stride[d] != 1)
            return;
    for (int d = 0; d < carry->n_dims; d++)
        member->stride[carry->tensor->dims[d]] = d == carry->view.ring ? 0 : carry->view.stride[d];
    member->is_in_place = true;
}

/* ---- scans --------------------------------------------------------------------------------------------------------------- */

static int access_of(const struct code *code, struct part part)
{
    const struct sinter_expr *expr = expr_of(code, part);
    return expr->kind == SINTER_EXPR_ACCESS && !code->members[part.member].fetches[expr->access].is_previous ? expr->access
                                                                                                             : -1;
}

/* Divides a product into a factor that is a row for all states, and an access of each state, with the lane or without. */
static bool divide(const struct code *code, struct part product, int lane, int states, bool has_lane, int *row, int *access)
{
    const struct sinter_expr *expr = expr_of(code, product);
    if (expr->kind != SINTER_EXPR_MUL)
        return false;
    for (int i = 0; i < 2; i++) {
        struct part same = child(product, i == 0 ? expr->a : expr->b), each = child(product, i == 0 ? expr->b : expr->a);
        *row = same.expr;
        *access = access_of(code, each);
        if (*access >= 0 && has(ranks_of(code, same), lane) && !has(ranks_of(code, same), states) &&
            has(ranks_of(code, each), states) && has(ranks_of(code, each), lane) == has_lane)
            return true;
    }
    return false;
}

/* Do the elements of a row lie side by side? */
static bool has_rows(const struct code *code, int member, int access)
{
    const struct member *m = &code->members[member];
    const struct fetch *fetch = &m->fetches[access];
    if (fetch->maker >= 0)
        return code->members[fetch->maker].stride[m->lane] == 1;
    return fetch->n_places > 0 && fetch->steps[0][m->lane_at] == 1;
}

/* h = decay * h[-1] + input: the two, or false. */
static bool find_recurrence(const struct code *code, int h, struct part *decay, struct part *input)
{
    struct part root = {h, code->members[h].einsum->n_exprs - 1};
    const struct sinter_expr *sum = expr_of(code, root);
    if (sum->kind != SINTER_EXPR_ADD || sum->product < 0)
        return false;
    const struct sinter_expr *product = expr_of(code, child(root, sum->product));
    *input = child(root, sum->product == sum->a ? sum->b : sum->a);
    for (int i = 0; i < 2; i++) {
        const struct sinter_expr *state = expr_of(code, child(root, i == 0 ? product->a : product->b));
        *decay = child(root, i == 0 ? product->b : product->a);
        if (state->kind == SINTER_EXPR_ACCESS && code->members[h].fetches[state->access].is_previous &&
            code->members[h].fetches[state->access].access->tensor == code->members[h].einsum->result)
            return true;
    }
    return false;
}

/* The sum over one rank of a number times h, in another member. */
static bool find_sum(const struct code *code, int h, struct scan *scan)
{
    for (int m = h + 1; m < code->n_members; m++) {
        const struct member *y = &code->members[m];
        sinter_rank_set reduced = y->einsum->reduced_ranks;
        if (reduced == 0 || (reduced & (reduced - 1)) != 0 || y->split >= 0 || y->is_lane_reduced ||
            y->lane != code->members[h].lane)
            continue;
        scan->y = m;
        scan->states = __builtin_ctzll(reduced);
        scan->sum = sinter_einsum_split(y->einsum, reduced);
        if (scan->sum < 0 || y->einsum->exprs[scan->sum].kind != SINTER_EXPR_SUM || y->einsum->exprs[scan->sum].product < 0)
            continue;
        const struct sinter_expr *product = &y->einsum->exprs[y->einsum->exprs[scan->sum].product];
        for (int i = 0; i < 2; i++) {
            const struct sinter_expr *state = &y->einsum->exprs[i == 0 ? product->a : product->b];
            struct part number = {m, i == 0 ? product->b : product->a};
            scan->c = access_of(code, number);
            if (state->kind == SINTER_EXPR_ACCESS && y->fetches[state->access].maker == h && scan->c >= 0 &&
                !has(ranks_of(code, number), y->lane) && has(ranks_of(code, number), scan->states))
                return true;
        }
    }
    return false;
}

/* Is everything else that y needs there when h is computed? */
static bool is_early(int h, const struct member *y)
{
    for (int a = 0; a < y->einsum->n_accesses; a++)
        if (y->fetches[a].maker > h || y->fetches[a].inner >= 0)
            return false;
    return true;
}

/* Does a tile that the leaf only reads have q, for the lane and the states alone? */
static bool is_steady(const struct code *code, const struct scan *scan, int lane)
{
    const struct fetch *fetch = &code->members[scan->decay].fetches[scan->q];
    for (int m = 0; m < code->n_members; m++)
        if (code->members[m].einsum->result == fetch->access->tensor)
            return false;
    return (ranks_in(fetch) & ~((sinter_rank_set)1 << lane | (sinter_rank_set)1 << scan->states)) == 0;
}

/* False: out of memory. */
static bool find_scan(struct executor *executor, struct code *code, int h)
{
    struct member *member = &code->members[h];
    struct scan scan = {0};
    struct part decay, input;
    if (!member->is_in_place || n_reads(code, member) != 2 || executor->taps[member->einsum->result] != NULL ||
        !find_recurrence(code, h, &decay, &input) || !find_sum(code, h, &scan) || !is_early(h, &code->members[scan.y]) ||
        member->einsum->result_ranks != (code->members[scan.y].einsum->result_ranks | (sinter_rank_set)1 << scan.states))
        return true;
    decay = look_through(executor, code, decay);
    input = look_through(executor, code, input);
    const struct sinter_expr *exp = expr_of(code, decay);
    scan.decay = decay.member;
    scan.input = input.member;
    if (exp->kind != SINTER_EXPR_FUNCTION || exp->function != SINTER_FN_EXP ||
        executor->numerics->functions[SINTER_FN_EXP].kind != SINTER_FUNCTION_EXACT ||
        code->members[scan.decay].lane != member->lane || code->members[scan.input].lane != member->lane ||
        !divide(code, child(decay, exp->a), member->lane, scan.states, true, &scan.p, &scan.q) ||
        !divide(code, input, member->lane, scan.states, false, &scan.u, &scan.s) || !has_rows(code, scan.decay, scan.q))
        return true;
    scan.is_steady = is_steady(code, &scan, member->lane);
    scan.most = executor_alloc(executor, sinter_plan_range(executor->plan, code->node, member->lane),
                               executor->numerics->arithmetic / 8);
    member->scan = sinter_arena_alloc(executor->arena, 1, sizeof *member->scan);
    if (member->scan != NULL)
        *member->scan = scan;
    return member->scan != NULL && scan.most != NULL;
}

bool codes_shorten(struct executor *executor)
{
    for (int node = 0; node < executor->plan->n_nodes; node++) {
        struct code *code = executor->codes[node];
        for (int m = 0; code != NULL && code->n_members > 1 && m < code->n_members; m++) {
            update_in_place(executor, code, &code->members[m]);
            if (!find_scan(executor, code, m))
                return false;
        }
    }
    return true;
}
