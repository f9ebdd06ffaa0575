/* rows.inc.h: values of expressions, a row of points at a time, in the arithmetic that leaf.inc.h is compiled for.
 * SPDX-License-Identifier: MIT
 */

/* ---- rows ---------------------------------------------------------------------------------------------------------------- */

static const REAL *as_vector(struct run *run, struct row row, int spare)
{
    if (row.v != NULL)
        return row.v;
    for (int64_t i = 0; i < run->n; i++)
        run->spare[spare][i] = row.s;
    return run->spare[spare];
}

static struct row strided(const REAL *from, int64_t step, int64_t n, REAL *buffer)
{
    if (step == 0 || n == 1)
        return (struct row){NULL, from[0]};
    if (step == 1)
        return (struct row){from, 0};
    for (int64_t i = 0; i < n; i++)
        buffer[i] = from[i * step];
    return (struct row){buffer, 0};
}

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

static const REAL *values_of(const struct place *place)
{
    return place->mirror;
}

/* The regions in which an index can lie: 0 and 1, a place; RING, a carry; BLOCK, the temporary of who makes it; SLICES, those that
 * the leaf keeps of what nothing carries; NOWHERE, where a tensor is zero; MISSING. */
enum { RING = 2, BLOCK = 3, SLICES = 4, NOWHERE = 5, MISSING = 6 };

static bool is_in_block(const struct run *run, const struct sinter_tensor *t, const int64_t *x)
{
    for (int d = 0; d < t->n_dims; d++)
        if (x[d] < run->low[t->dims[d]] || x[d] >= run->high[t->dims[d]])
            return false;
    return true;
}

static int region_of(const struct run *run, const struct fetch *fetch, const int64_t *x)
{
    const struct sinter_tensor *t = fetch->tensor;
    const struct sinter_cascade *cascade = run->executor->cascade;
    bool has_state = t->state >= 0 && cascade->tensors[t->state].role != SINTER_OUTPUT;
    int d = -1;
    for (int i = 0; i < t->n_dims; i++) {
        bool looks_back = t->dims[i] == t->look_back_rank;
        d = looks_back ? i : d;
        if (x[i] >= cascade->ranks[t->dims[i]].extent || (x[i] < 0 && !(looks_back && has_state)))
            return NOWHERE;
    }
    if (fetch->inner >= 0 && is_in_block(run, t, x))
        return BLOCK;
    for (int p = 0; p < fetch->n_places; p++) {
        const struct place *place = &run->executor->places[fetch->places[p]];
        bool is_inside = place->is_live;
        for (int i = 0; i < t->n_dims && is_inside; i++)
            is_inside = x[i] >= place->box.low[i] && x[i] < place->box.high[i];
        if (is_inside)
            return p;
    }
    if (fetch->keeper >= 0)
        return SLICES;
    return d >= 0 && fetch->ring >= 0 && run->executor->places[fetch->ring].is_live ? RING : MISSING;
}

/* Where a member's temporary, or the slices that it keeps, have an element. */
static const REAL *own_element(const struct run *run, const struct fetch *fetch, int region, const int64_t *x)
{
    const struct sinter_tensor *t = fetch->tensor;
    int maker = region == BLOCK ? fetch->inner : fetch->keeper;
    const struct member *member = &run->code->members[maker];
    int64_t at = 0;
    for (int d = 0; d < t->n_dims; d++) {
        int rank = t->dims[d];
        if (region == BLOCK)
            at += (x[d] - run->low[rank]) * member->stride[rank];
        else
            at += (rank == t->look_back_rank ? ring_slot(x[d], t->look_back) : x[d] - run->from[rank]) *
                  member->slice_stride[rank];
    }
    return (region == BLOCK ? run->temps : run->slices)[maker] + at;
}

static int64_t element_in(const struct place *place, const int64_t *x)
{
    int64_t element = 0;
    for (int d = 0; d < place->n_dims; d++)
        element += (d == place->view.ring ? ring_slot(x[d], place->view.slots) : x[d] - place->view.origin[d]) *
                   place->view.stride[d];
    return element;
}

static REAL element_at(struct run *run, const struct fetch *fetch, const int64_t *x)
{
    int region = region_of(run, fetch, x);
    if (region == NOWHERE)
        return 0;
    if (region == BLOCK || region == SLICES)
        return *own_element(run, fetch, region, x);
    if (region == MISSING) {
        executor_fail(run->executor, "'%s' reads an element of '%s' that is nowhere on chip", run->member->einsum->name,
                      fetch->tensor->name);
        return (REAL)NAN;
    }
    const struct place *place = &run->executor->places[region == RING ? fetch->ring : fetch->places[region]];
    return values_of(place)[element_in(place, x)];
}

static void index_at(const struct run *run, const struct fetch *fetch, int64_t lane_offset, int64_t *x)
{
    for (int d = 0; d < fetch->tensor->n_dims; d++) {
        const struct sinter_index *index = &fetch->access->indices[d];
        x[d] = index->constant;
        for (int k = 0; k < index->n_terms; k++) {
            int rank = index->terms[k].rank;
            x[d] += index->terms[k].coefficient * (run->point[rank] + (rank == run->member->lane ? lane_offset : 0));
        }
    }
}

/* A row that may leave the first place: as a whole where both of its ends, and so all of it, lie in one region. */
static struct row fetch_anywhere(struct run *run, const struct fetch *fetch, REAL *buffer)
{
    int64_t first[SINTER_MAX_DIMS], last[SINTER_MAX_DIMS];
    index_at(run, fetch, 0, first);
    if (run->n == 1)
        return (struct row){NULL, element_at(run, fetch, first)};
    index_at(run, fetch, run->n - 1, last);
    bool moves_ring = false;
    for (int d = 0; d < fetch->tensor->n_dims; d++)
        moves_ring |= fetch->tensor->dims[d] == fetch->tensor->look_back_rank && first[d] != last[d];
    int region = region_of(run, fetch, first);
    bool is_one = region == region_of(run, fetch, last) && (region < RING || region == BLOCK || !moves_ring);
    if (is_one && (region == BLOCK || region == SLICES)) {
        const REAL *from = own_element(run, fetch, region, first);
        return strided(from, (own_element(run, fetch, region, last) - from) / (run->n - 1), run->n, buffer);
    }
    if (is_one && region <= RING) {
        const struct place *place = &run->executor->places[region == RING ? fetch->ring : fetch->places[region]];
        int64_t from = element_in(place, first), step = (element_in(place, last) - from) / (run->n - 1);
        return strided(values_of(place) + from, step, run->n, buffer);
    }
    for (int64_t i = 0; i < run->n; i++) {
        int64_t x[SINTER_MAX_DIMS];
        index_at(run, fetch, i, x);
        buffer[i] = element_at(run, fetch, x);
    }
    return (struct row){buffer, 0};
}

/* What a carry has of a point before. */
static struct row fetch_previous(struct run *run, const struct fetch *fetch, REAL *buffer)
{
    const struct place *ring = &run->executor->places[fetch->ring];
    const struct sinter_tensor *t = fetch->tensor;
    int64_t at = 0;
    for (int d = 0; d < t->n_dims; d++) {
        int64_t x = run->point[t->dims[d]] + fetch->access->indices[d].constant;
        if (d != ring->view.ring)
            at += (x - ring->view.origin[d]) * ring->view.stride[d];
        else if (x < 0 && (t->state < 0 || run->executor->cascade->tensors[t->state].role == SINTER_OUTPUT))
            return (struct row){NULL, 0};
        else
            at += ring_slot(x, ring->view.slots) * ring->view.stride[d];
    }
    return strided(values_of(ring) + at, run->has_lane ? fetch->steps[2][run->member->lane_at] : 0, run->n, buffer);
}

static struct row fetch_row(struct run *run, int access, REAL *buffer)
{
    const struct member *member = run->member;
    const struct fetch *fetch = &member->fetches[access];
    if (fetch->maker >= 0) {
        const struct member *maker = &run->code->members[fetch->maker];
        int64_t at = 0;
        for (int d = 0; d < fetch->tensor->n_dims; d++) {
            int rank = fetch->tensor->dims[d];
            at += (run->point[rank] - run->low[rank]) * maker->stride[rank];
        }
        bool moves = run->has_lane && (fetch->tensor->ranks >> member->lane & 1) != 0;
        return strided(run->temps[fetch->maker] + at, moves ? maker->stride[member->lane] : 0, run->n, buffer);
    }
    if (fetch->is_previous)
        return fetch_previous(run, fetch, buffer);
    if (!fetch->is_inside)
        return fetch_anywhere(run, fetch, buffer);
    int64_t at = fetch->base[0];
    const int64_t *steps = fetch->steps[0];
    for (int i = 0; i < member->einsum->n_ranks; i++)
        at += steps[i] * run->point[member->einsum->rank_order[i]];
    const REAL *values = values_of(&run->executor->places[fetch->places[0]]);
    return strided(values + at, run->has_lane ? steps[member->lane_at] : 0, run->n, buffer);
}

/* Rows that follow each other along a rank: at + i * step + lane * lane_step. */
struct stripe {
    const REAL *at;
    int64_t step, lane_step;
};

/* Where an access stands now, if it can be read by plain steps while `rank` advances through the block. */
static bool find_stripe(struct run *run, int access, int rank, struct stripe *stripe)
{
    const struct member *member = run->member;
    const struct fetch *fetch = &member->fetches[access];
    bool has_rank = (fetch->tensor->ranks >> rank & 1) != 0;
    if (fetch->maker >= 0) {
        const struct member *maker = &run->code->members[fetch->maker];
        bool has_lane = run->has_lane && (fetch->tensor->ranks >> member->lane & 1) != 0;
        stripe->at = run->temps[fetch->maker];
        for (int d = 0; d < fetch->tensor->n_dims; d++)
            stripe->at += (run->point[fetch->tensor->dims[d]] - run->low[fetch->tensor->dims[d]]) *
                          maker->stride[fetch->tensor->dims[d]];
        stripe->step = has_rank ? maker->stride[rank] : 0;
        stripe->lane_step = has_lane ? maker->stride[member->lane] : 0;
        return true;
    }
    if (!fetch->is_inside)
        return false;
    stripe->at = values_of(&run->executor->places[fetch->places[0]]) + fetch->base[0];
    stripe->step = 0;
    for (int i = 0; i < member->einsum->n_ranks; i++) {
        stripe->at += fetch->steps[0][i] * run->point[member->einsum->rank_order[i]];
        if (member->einsum->rank_order[i] == rank)
            stripe->step = fetch->steps[0][i];
    }
    stripe->lane_step = run->has_lane ? fetch->steps[0][member->lane_at] : 0;
    return true;
}

/* ---- expressions --------------------------------------------------------------------------------------------------------- */

static struct row evaluate(struct run *run, int index);

#define BINARY(scalar, loop)                                         \
    do {                                                             \
        if (a.v == NULL && b.v == NULL)                              \
            return (struct row){NULL, scalar};                       \
        loop(r, as_vector(run, a, 0), as_vector(run, b, 1), run->n); \
        return (struct row){r, 0};                                   \
    } while (0)

static struct row combine(struct run *run, enum sinter_expr_kind kind, struct row a, struct row b, REAL *r)
{
    const LOOPS *k = run->kernels;
    switch (kind) {
    case SINTER_EXPR_ADD:
        if (a.v == NULL && b.v != NULL) {
            k->add_s(r, a.s, b.v, run->n);
            return (struct row){r, 0};
        }
        BINARY(a.s + b.s, k->add);
    case SINTER_EXPR_SUB:
        BINARY(a.s - b.s, k->sub);
    case SINTER_EXPR_MUL:
        if ((a.v == NULL) != (b.v == NULL)) {
            k->mul_s(r, a.v == NULL ? a.s : b.s, a.v == NULL ? b.v : a.v, run->n);
            return (struct row){r, 0};
        }
        BINARY(a.s * b.s, k->mul);
    case SINTER_EXPR_DIV:
        BINARY(a.s / b.s, k->div);
    case SINTER_EXPR_MAX:
        BINARY(KERNEL_MAX(a.s, b.s), k->max);
    case SINTER_EXPR_MIN:
        BINARY(KERNEL_MIN(a.s, b.s), k->min);
    case SINTER_EXPR_CONSTANT:
    case SINTER_EXPR_ACCESS:
    case SINTER_EXPR_NEG:
    case SINTER_EXPR_FUNCTION:
    case SINTER_EXPR_LOOKUP:
    case SINTER_EXPR_SUM:
    case SINTER_EXPR_REDUCE_MAX:
        break;
    }
    return a;
}

/* x * y + z, x * y - z or z - x * y, rounded once. */
static struct row multiply_add(struct run *run, const struct sinter_expr *node, REAL *r)
{
    const LOOPS *k = run->kernels;
    const struct sinter_expr *product = &run->member->einsum->exprs[node->product];
    bool is_first = node->product == node->a;
    struct row x = evaluate(run, product->a), y = evaluate(run, product->b), z = evaluate(run, is_first ? node->b : node->a);
    if (x.v == NULL && y.v == NULL && z.v == NULL) {
        if (node->kind == SINTER_EXPR_ADD)
            return (struct row){NULL, FMA(x.s, y.s, z.s)};
        return (struct row){NULL, is_first ? FMA(x.s, y.s, -z.s) : FMA(-x.s, y.s, z.s)};
    }
    if (x.v != NULL && y.v == NULL) {
        struct row swapped = x;
        x = y;
        y = swapped;
    }
    const REAL *ys = as_vector(run, y, 0), *zs = as_vector(run, z, 1);
    if (x.v == NULL) {
        if (node->kind == SINTER_EXPR_ADD)
            k->fma_s(r, x.s, ys, zs, run->n);
        else if (is_first)
            k->fms_s(r, x.s, ys, zs, run->n);
        else
            k->fnma_s(r, x.s, ys, zs, run->n);
    } else if (node->kind == SINTER_EXPR_ADD) {
        k->fma(r, x.v, ys, zs, run->n);
    } else if (is_first) {
        k->fms(r, x.v, ys, zs, run->n);
    } else {
        k->fnma(r, x.v, ys, zs, run->n);
    }
    return (struct row){r, 0};
}

static struct row apply(struct run *run, const struct sinter_expr *node, REAL *r)
{
    const struct sinter_function_model *model = &run->executor->numerics->functions[node->function];
    const struct sinter_expr *inner = &run->member->einsum->exprs[node->a];
    if (node->function == SINTER_FN_EXP && inner->kind == SINTER_EXPR_MUL && model->kind == SINTER_FUNCTION_EXACT) {
        struct row a = evaluate(run, inner->a), b = evaluate(run, inner->b);
        if (a.v != NULL && b.v != NULL) {
            run->kernels->expmul(r, a.v, b.v, run->n);
            return (struct row){r, 0};
        }
        if (a.v != NULL || b.v != NULL) {
            run->kernels->expmul_s(r, a.v == NULL ? a.s : b.s, a.v == NULL ? b.v : a.v, run->n);
            return (struct row){r, 0};
        }
        return (struct row){NULL, FUNCTION(model, node->function, a.s * b.s)};
    }
    struct row a = evaluate(run, node->a);
    if (a.v == NULL)
        return (struct row){NULL, FUNCTION(model, node->function, a.s)};
    if (model->kind == SINTER_FUNCTION_EXACT) {
        run->kernels->function[node->function](r, a.v, run->n);
    } else {
        memcpy(r, a.v, (size_t)run->n * sizeof *r);
        FUNCTION_ALL(model, node->function, run->n, r);
    }
    return (struct row){r, 0};
}

/* ---- reductions ---------------------------------------------------------------------------------------------------------- */

/* Adds one more point of the reduced ranks to every element of the sums. */
static void add_point(struct run *run, const struct sinter_expr *node, REAL *sums)
{
    const LOOPS *k = run->kernels;
    if (node->product >= 0) {
        const struct sinter_expr *product = &run->member->einsum->exprs[node->product];
        struct row x = evaluate(run, product->a), y = evaluate(run, product->b);
        if (run->n == 1 && x.v == NULL && y.v == NULL)
            sums[0] = FMA(x.s, y.s, sums[0]);
        else if (x.v != NULL && y.v != NULL)
            k->fma(sums, x.v, y.v, sums, run->n);
        else if (x.v != NULL)
            k->accumulate(sums, y.s, x.v, run->n);
        else
            k->accumulate(sums, x.s, as_vector(run, y, 0), run->n);
        return;
    }
    struct row x = evaluate(run, node->a);
    if (node->kind == SINTER_EXPR_SUM && x.v == NULL)
        k->add_s(sums, x.s, sums, run->n);
    else if (node->kind == SINTER_EXPR_SUM)
        k->add(sums, sums, x.v, run->n);
    else
        k->max(sums, sums, as_vector(run, x, 0), run->n);
}

/* A row of points of the reduced ranks joins one sum, in order. */
static REAL add_row(struct run *run, const struct sinter_expr *node, REAL sum)
{
    if (node->product >= 0) {
        const struct sinter_expr *product = &run->member->einsum->exprs[node->product];
        struct row x = evaluate(run, product->a), y = evaluate(run, product->b);
        const REAL *xs = as_vector(run, x, 0), *ys = as_vector(run, y, 1);
        for (int64_t i = 0; i < run->n; i++)
            sum = FMA(xs[i], ys[i], sum);
        return sum;
    }
    const REAL *xs = as_vector(run, evaluate(run, node->a), 0);
    for (int64_t i = 0; i < run->n; i++)
        sum = node->kind == SINTER_EXPR_SUM ? sum + xs[i] : KERNEL_MAX(sum, xs[i]);
    return sum;
}

static REAL add_lanes(struct run *run, const struct sinter_expr *node, REAL sum)
{
    int lane = run->member->lane;
    run->has_lane = true;
    for (run->point[lane] = run->low[lane]; run->point[lane] < run->high[lane]; run->point[lane] += run->n) {
        run->n = run->high[lane] - run->point[lane] < LANES ? run->high[lane] - run->point[lane] : LANES;
        sum = add_row(run, node, sum);
    }
    run->point[lane] = run->low[lane];
    run->has_lane = false;
    run->n = 1;
    return sum;
}

/* A sum over products of a number and a row, along the innermost reduced rank: false when it is not that. */
static bool sweep(struct run *run, const struct sinter_expr *node, int rank, REAL *sums)
{
    const struct sinter_expr *exprs = run->member->einsum->exprs;
    struct stripe x, y;
    if (node->product < 0 || !run->has_lane || run->n == 1)
        return false;
    const struct sinter_expr *a = &exprs[exprs[node->product].a], *b = &exprs[exprs[node->product].b];
    if (a->kind != SINTER_EXPR_ACCESS || b->kind != SINTER_EXPR_ACCESS || !find_stripe(run, a->access, rank, &x) ||
        !find_stripe(run, b->access, rank, &y) || x.lane_step + y.lane_step != 1 || x.lane_step * y.lane_step != 0)
        return false;
    struct stripe number = x.lane_step == 0 ? x : y, row = x.lane_step == 0 ? y : x;
    run->kernels->sweep(sums, number.at, number.step, row.at, row.step, run->high[rank] - run->low[rank], run->n);
    return true;
}

/* Everything that the block has of a reduction joins the sums of a row. */
static void gather(struct run *run, const struct sinter_expr *node, REAL *sums)
{
    const struct member *member = run->member;
    bool has_lanes = member->is_lane_reduced && (node->reduced >> member->lane & 1) != 0;
    int ranks[SINTER_MAX_RANKS], n = 0;
    for (int i = 0; i < member->einsum->n_ranks; i++) {
        int rank = member->einsum->rank_order[i];
        if ((node->reduced >> rank & 1) != 0 && !(has_lanes && rank == member->lane)) {
            ranks[n++] = rank;
            run->point[rank] = run->low[rank];
        }
    }
    for (;;) {
        int i = n - 1;
        if (has_lanes)
            sums[0] = add_lanes(run, node, sums[0]);
        else if (sweep(run, node, ranks[n - 1], sums))
            i--;
        else
            add_point(run, node, sums);
        while (i >= 0 && ++run->point[ranks[i]] == run->high[ranks[i]]) {
            run->point[ranks[i]] = run->low[ranks[i]];
            i--;
        }
        if (i < 0)
            return;
    }
}

static REAL start_of(const struct sinter_expr *node)
{
    return node->kind == SINTER_EXPR_SUM ? 0 : -(REAL)INFINITY;
}

static struct row as_row(const struct run *run, const REAL *values)
{
    return run->n == 1 ? (struct row){NULL, values[0]} : (struct row){values, 0};
}

static struct row evaluate(struct run *run, int index)
{
    const struct sinter_expr *node = &run->member->einsum->exprs[index];
    bool is_root = run->target != NULL && index == run->member->einsum->n_exprs - 1;
    REAL *r = is_root ? run->target : run->rows + (int64_t)index * LANES;
    switch (node->kind) {
    case SINTER_EXPR_CONSTANT:
        return (struct row){NULL, (REAL)node->value};
    case SINTER_EXPR_ACCESS:
        return fetch_row(run, node->access, r);
    case SINTER_EXPR_ADD:
    case SINTER_EXPR_SUB:
        if (node->product >= 0)
            return multiply_add(run, node, r);
        return combine(run, node->kind, evaluate(run, node->a), evaluate(run, node->b), r);
    case SINTER_EXPR_MUL:
    case SINTER_EXPR_DIV:
    case SINTER_EXPR_MAX:
    case SINTER_EXPR_MIN:
        return combine(run, node->kind, evaluate(run, node->a), evaluate(run, node->b), r);
    case SINTER_EXPR_NEG: {
        struct row a = evaluate(run, node->a);
        if (a.v == NULL)
            return (struct row){NULL, -a.s};
        run->kernels->neg(r, a.v, run->n);
        return (struct row){r, 0};
    }
    case SINTER_EXPR_FUNCTION:
        return apply(run, node, r);
    case SINTER_EXPR_LOOKUP:
        return evaluate(run, node->b); /* rows lie in the order in which they are used */
    case SINTER_EXPR_SUM:
    case SINTER_EXPR_REDUCE_MAX:
        break;
    }
    if (index == run->split_index)
        return run->split;
    for (int64_t i = 0; i < run->n; i++)
        r[i] = start_of(node);
    gather(run, node, r);
    return as_row(run, r);
}
