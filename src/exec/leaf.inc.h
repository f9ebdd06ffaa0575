/* leaf.inc.h: running a leaf, in the arithmetic that the including file names.
 * SPDX-License-Identifier: MIT
 *
 * REAL: float or double; BITS: 32 or 64; NAME(x): x with the suffix of the arithmetic; LOOPS: its table of loops over rows (kernels.h);
 * FMA, FUNCTION, READ, WRITE, ROUND: its forms of the public functions.
 *
 * Every expression gives a *row*: its values at consecutive points of the lane rank, or one value for all of them.
 */
#include <math.h>
#include <string.h>

struct row {
    const REAL *v; /* NULL: the same everywhere, */
    REAL s;        /* namely this */
};

struct run {
    struct executor *executor;
    const LOOPS *kernels;
    struct code *code;
    const struct member *member;
    int64_t point[SINTER_MAX_RANKS];                       /* by rank; of the lane rank: where the row begins */
    int64_t low[SINTER_MAX_RANKS], high[SINTER_MAX_RANKS]; /* of the block */
    int64_t from[SINTER_MAX_RANKS], to[SINTER_MAX_RANKS];  /* of the leaf */
    bool has_lane;
    int64_t n;        /* points of a row; 1 without a lane */
    struct row split; /* the finished value of member->split */
    bool has_split;
    REAL *rows, *spare[2];          /* rows: LANES by expression */
    REAL **temps, **sums, **slices; /* by member of the leaf that runs */
    REAL *numbers;                  /* where those lie */
};

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
    if (!fetch->is_inside)
        return fetch_anywhere(run, fetch, buffer);
    int64_t at = fetch->base[0];
    const int64_t *steps = fetch->steps[0];
    for (int i = 0; i < member->einsum->n_ranks; i++)
        at += steps[i] * run->point[member->einsum->rank_order[i]];
    const REAL *values = values_of(&run->executor->places[fetch->places[0]]);
    return strided(values + at, run->has_lane ? steps[member->lane_at] : 0, run->n, buffer);
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
        BINARY(a.s > b.s ? a.s : b.s, k->max);
    case SINTER_EXPR_MIN:
        BINARY(a.s < b.s ? a.s : b.s, k->min);
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
        sum = node->kind == SINTER_EXPR_SUM ? sum + xs[i] : sum > xs[i] ? sum : xs[i];
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
        if (has_lanes)
            sums[0] = add_lanes(run, node, sums[0]);
        else
            add_point(run, node, sums);
        int i = n - 1;
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
    REAL *r = run->rows + (int64_t)index * LANES;
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
    if (run->has_split && index == run->member->split)
        return run->split;
    for (int64_t i = 0; i < run->n; i++)
        r[i] = start_of(node);
    gather(run, node, r);
    return as_row(run, r);
}

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

static void scatter(REAL *to, int64_t step, const REAL *values, int64_t n)
{
    if (step == 1) {
        memcpy(to, values, (size_t)n * sizeof *to);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        to[i * step] = values[i];
}

static void write_place(struct run *run, struct place *place, const int64_t *x, const REAL *values)
{
    int64_t element = element_in(place, x), step = 0;
    for (int d = 0; d < place->n_dims && run->has_lane; d++)
        if (place->tensor->dims[d] == run->member->lane)
            step = place->view.stride[d];
    if (place->is_native || place->is_mirrored)
        scatter((REAL *)place->mirror + element, step, values, run->n);
    if (!place->is_native)
        WRITE(place->view.format, place->view.bytes, place->view.at + element * place->view.format->bits, step, run->n,
              values);
}

static void tap(struct run *run, const REAL *values)
{
    const struct sinter_tensor *t = &run->executor->cascade->tensors[run->member->einsum->result];
    double *to = run->executor->taps[run->member->einsum->result];
    int64_t at = 0, step = 0, stride = 1;
    for (int d = t->n_dims - 1; d >= 0; d--) {
        at += run->point[t->dims[d]] * stride;
        step = run->has_lane && t->dims[d] == run->member->lane ? stride : step;
        stride *= run->executor->cascade->ranks[t->dims[d]].extent;
    }
    for (int64_t i = 0; i < run->n; i++)
        to[at + i * step] = (double)values[i];
}

/* What has been computed for a row of the result goes where it is needed. */
static void write(struct run *run, struct row row, bool is_finished)
{
    const struct member *member = run->member;
    const struct sinter_tensor *t = &run->executor->cascade->tensors[member->einsum->result];
    const REAL *values = as_vector(run, row, 0);
    int64_t x[SINTER_MAX_DIMS];
    if (member->is_rounded) {
        if (values != run->spare[0])
            memcpy(run->spare[0], values, (size_t)run->n * sizeof *values);
        ROUND(&run->executor->numerics->formats[member->einsum->result], run->n, run->spare[0]);
        values = run->spare[0];
    }
    for (int d = 0; d < t->n_dims; d++)
        x[d] = run->point[t->dims[d]];
    if (member->is_kept && is_finished) {
        int64_t at = 0;
        for (int d = 0; d < t->n_dims; d++)
            at += (x[d] - run->low[t->dims[d]]) * member->stride[t->dims[d]];
        scatter(run->temps[member->index] + at, 1, values, run->n);
    }
    if (member->result >= 0)
        write_place(run, &run->executor->places[member->result], x, values);
    if (is_finished && run->executor->taps[member->einsum->result] != NULL)
        tap(run, values);
}

/* ---- members ------------------------------------------------------------------------------------------------------------- */

static void read_partial(struct run *run, REAL *sums)
{
    const struct place *place = &run->executor->places[run->member->result];
    int64_t x[SINTER_MAX_DIMS], step = 0;
    for (int d = 0; d < place->n_dims; d++) {
        x[d] = run->point[place->tensor->dims[d]];
        if (run->has_lane && place->tensor->dims[d] == run->member->lane)
            step = place->view.stride[d];
    }
    int64_t element = element_in(place, x);
    READ(place->view.format, place->view.bytes, place->view.at + element * place->view.format->bits, step, run->n, sums);
}

struct progress {
    bool is_first_block, is_last_block; /* of the ranks that the member gathers */
    bool is_first_visit, is_last_visit; /* of the ranks that loops cut */
};

static void compute_row(struct run *run, const struct progress *progress)
{
    const struct member *member = run->member;
    int root = member->einsum->n_exprs - 1;
    run->has_split = false;
    if (member->split < 0) {
        write(run, evaluate(run, root), true);
        return;
    }
    const struct sinter_expr *node = &member->einsum->exprs[member->split];
    REAL *sums = run->rows + (int64_t)member->split * LANES, *kept = NULL;
    if (member->gathered != 0) {
        int64_t at = 0;
        for (int i = 0; i < member->einsum->n_ranks; i++) {
            int rank = member->einsum->rank_order[i];
            if ((member->einsum->result_ranks >> rank & 1) != 0)
                at += (run->point[rank] - run->from[rank]) * member->sum_stride[rank];
        }
        kept = run->sums[member->index] + at;
    }
    if (!progress->is_first_block)
        memcpy(sums, kept, (size_t)run->n * sizeof *sums);
    else if (!progress->is_first_visit)
        read_partial(run, sums);
    else
        for (int64_t i = 0; i < run->n; i++)
            sums[i] = start_of(node);
    gather(run, node, sums);
    if (!progress->is_last_block) {
        memcpy(kept, sums, (size_t)run->n * sizeof *sums);
    } else if (!progress->is_last_visit) {
        write(run, as_row(run, sums), false);
    } else {
        run->split = as_row(run, sums);
        run->has_split = true;
        write(run, evaluate(run, root), true);
    }
}

static void run_member(struct run *run, const struct member *member, const struct progress *progress)
{
    int ranks[SINTER_MAX_RANKS], n = 0, lane = member->is_lane_reduced ? -1 : member->lane;
    run->member = member;
    for (int i = 0; i < member->einsum->n_ranks; i++) {
        int rank = member->einsum->rank_order[i];
        run->point[rank] = run->low[rank];
        if ((member->einsum->result_ranks >> rank & 1) != 0 && rank != lane)
            ranks[n++] = rank;
    }
    for (;;) {
        run->has_lane = lane >= 0;
        run->n = 1;
        if (lane < 0)
            compute_row(run, progress);
        for (int64_t at = lane < 0 ? 0 : run->low[lane]; lane >= 0 && at < run->high[lane]; at += run->n) {
            run->point[lane] = at;
            run->n = run->high[lane] - at < LANES ? run->high[lane] - at : LANES;
            compute_row(run, progress);
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

/* ---- blocks -------------------------------------------------------------------------------------------------------------- */

static void keep_slice(struct run *run, const struct sinter_tensor *t, const int64_t *x, const REAL *values)
{
    int64_t at = 0, step = 0;
    for (int d = 0; d < t->n_dims; d++) {
        int rank = t->dims[d];
        at += (rank == t->look_back_rank ? ring_slot(x[d], t->look_back) : x[d] - run->from[rank]) *
              run->member->slice_stride[rank];
        step = run->has_lane && rank == run->member->lane ? run->member->slice_stride[rank] : step;
    }
    scatter(run->slices[run->member->index] + at, step, values, run->n);
}

/* What a chain hands on in place replaces the oldest slice when the block is done with it. */
static void hand_on(struct run *run, const struct member *member)
{
    const struct sinter_tensor *t = &run->executor->cascade->tensors[member->einsum->result];
    int64_t x[SINTER_MAX_DIMS];
    int lane = member->is_lane_reduced ? -1 : member->lane;
    run->member = member;
    run->has_lane = lane >= 0;
    run->n = lane >= 0 ? run->high[lane] - run->low[lane] : 1;
    for (int d = 0; d < t->n_dims; d++)
        x[d] = run->low[t->dims[d]];
    for (;;) {
        int64_t at = 0;
        for (int d = 0; d < t->n_dims; d++)
            at += (x[d] - run->low[t->dims[d]]) * member->stride[t->dims[d]];
        if (member->hand_on >= 0)
            write_place(run, &run->executor->places[member->hand_on], x, run->temps[member->index] + at);
        else
            keep_slice(run, t, x, run->temps[member->index] + at);
        int d = t->n_dims - 1;
        for (; d >= 0; d--) {
            if (t->dims[d] == lane)
                continue;
            if (++x[d] < run->high[t->dims[d]])
                break;
            x[d] = run->low[t->dims[d]];
        }
        if (d < 0)
            return;
    }
}

static void run_block(struct run *run)
{
    struct code *code = run->code;
    sinter_rank_set first = 0, last = 0;
    for (int i = 0; i < code->n_ranks; i++) {
        int rank = code->ranks[i];
        first |= (sinter_rank_set)(run->low[rank] == run->from[rank]) << rank;
        last |= (sinter_rank_set)(run->high[rank] == run->to[rank]) << rank;
    }
    for (int m = 0; m < code->n_members; m++) {
        const struct member *member = &code->members[m];
        if ((member->waits & ~member->gathered & ~last) != 0)
            continue;
        struct progress progress = {(member->gathered & ~first) == 0, (member->gathered & ~last) == 0, true, true};
        for (sinter_rank_set rest = member->cut; rest != 0; rest &= rest - 1) {
            int rank = __builtin_ctzll(rest);
            progress.is_first_visit &= run->from[rank] == 0;
            progress.is_last_visit &= run->to[rank] == run->executor->cascade->ranks[rank].extent;
        }
        run_member(run, member, &progress);
    }
    for (int m = 0; m < code->n_members; m++)
        if (code->members[m].hand_on >= 0 || code->members[m].n_slices > 0)
            hand_on(run, &code->members[m]);
}

/* ---- the leaf ------------------------------------------------------------------------------------------------------------ */

static void mirror(struct place *place)
{
    if (place->is_native) {
        place->mirror = place->view.bytes + place->view.at / 8;
    } else if (!place->is_mirrored) {
        READ(place->view.format, place->view.bytes, place->view.at, 1, place->elements, place->mirror);
        place->is_mirrored = true;
    }
}

/* Are all indices that the leaf asks for in the place? */
static bool is_inside(const struct run *run, const struct fetch *fetch, const struct place *place)
{
    for (int d = 0; d < place->n_dims; d++) {
        const struct sinter_index *index = &fetch->access->indices[d];
        int64_t low = index->constant, high = index->constant;
        for (int k = 0; k < index->n_terms; k++) {
            int64_t a = index->terms[k].coefficient, from = run->from[index->terms[k].rank];
            int64_t to = run->to[index->terms[k].rank] - 1;
            low += a * (a > 0 ? from : to);
            high += a * (a > 0 ? to : from);
        }
        if (low < place->box.low[d] || high >= place->box.high[d])
            return false;
    }
    return place->is_live;
}

static void locate(struct run *run, struct fetch *fetch)
{
    struct place *places = run->executor->places;
    for (int p = 0; p < fetch->n_places; p++)
        mirror(&places[fetch->places[p]]);
    if (fetch->ring >= 0)
        mirror(&places[fetch->ring]);
    fetch->is_inside = false;
    if (fetch->maker >= 0 || fetch->n_places == 0)
        return;
    const struct place *place = &places[fetch->places[0]];
    fetch->is_inside = is_inside(run, fetch, place);
    fetch->base[0] = 0;
    for (int d = 0; d < place->n_dims; d++)
        fetch->base[0] += (fetch->access->indices[d].constant - place->view.origin[d]) * place->view.stride[d];
}

/* Divides the working numbers among the members of the leaf. */
static void hand_out(struct run *run)
{
    REAL *next = run->numbers;
    for (int m = 0; m < run->code->n_members; m++) {
        const struct member *member = &run->code->members[m];
        run->temps[m] = next;
        next += member->is_kept ? member->size : 0;
        run->sums[m] = next;
        next += member->gathered != 0 ? member->n_sums : 0;
        run->slices[m] = next;
        next += member->n_slices;
    }
}

void NAME(leaf_run)(struct executor *executor, struct code *code)
{
    struct run *run = executor->work;
    const struct sinter_ranges *now = sinter_program_ranges(executor->program);
    run->code = code;
    for (int i = 0; i < code->n_ranks; i++) {
        int rank = code->ranks[i];
        run->from[rank] = run->low[rank] = now->start[rank];
        run->to[rank] = run->high[rank] = now->start[rank] + now->size[rank];
    }
    hand_out(run);
    for (int m = 0; m < code->n_members; m++) {
        const struct member *member = &code->members[m];
        for (int a = 0; a < member->einsum->n_accesses; a++)
            locate(run, &member->fetches[a]);
    }
    for (int m = 0; m < code->n_members; m++) {
        const int written[2] = {code->members[m].result, code->members[m].hand_on};
        for (int i = 0; i < 2; i++) {
            if (written[i] < 0)
                continue;
            if (executor->places[written[i]].is_native)
                mirror(&executor->places[written[i]]);
        }
    }
    for (int i = 0; i < code->n_blocked; i++) {
        int rank = code->ranks[i];
        run->high[rank] =
            run->from[rank] + code->block[rank] < run->to[rank] ? run->from[rank] + code->block[rank] : run->to[rank];
    }
    for (;;) {
        run_block(run);
        int i = code->n_blocked - 1;
        for (; i >= 0; i--) {
            int rank = code->ranks[i];
            bool is_last = run->high[rank] == run->to[rank];
            run->low[rank] = is_last ? run->from[rank] : run->high[rank];
            run->high[rank] =
                run->low[rank] + code->block[rank] < run->to[rank] ? run->low[rank] + code->block[rank] : run->to[rank];
            if (!is_last)
                break;
        }
        if (i < 0 || executor->problem[0] != '\0')
            return;
    }
}

bool NAME(leaf_new)(struct executor *executor)
{
    struct run *run = sinter_arena_alloc(executor->arena, 1, sizeof *run);
    int64_t most_exprs = 1, most_members = 1, most_numbers = 1;
    for (int i = 0; i < executor->plan->n_nodes; i++) {
        const struct code *code = executor->codes[i];
        int64_t numbers = 0;
        for (int m = 0; code != NULL && m < code->n_members; m++) {
            const struct member *member = &code->members[m];
            most_exprs = member->einsum->n_exprs > most_exprs ? member->einsum->n_exprs : most_exprs;
            numbers +=
                (member->is_kept ? member->size : 0) + (member->gathered != 0 ? member->n_sums : 0) + member->n_slices;
        }
        most_members = code != NULL && code->n_members > most_members ? code->n_members : most_members;
        most_numbers = numbers > most_numbers ? numbers : most_numbers;
    }
    if (run == NULL)
        return false;
    executor->execution->register_bytes = most_numbers > 1 ? most_numbers * (int64_t)sizeof(REAL) : 0;
    run->executor = executor;
    run->kernels = NAME(kernels)();
    run->rows = sinter_arena_alloc(executor->arena, (size_t)most_exprs * LANES, sizeof(REAL));
    run->spare[0] = sinter_arena_alloc(executor->arena, LANES, sizeof(REAL));
    run->spare[1] = sinter_arena_alloc(executor->arena, LANES, sizeof(REAL));
    run->temps = sinter_arena_alloc(executor->arena, (size_t)most_members, sizeof *run->temps);
    run->sums = sinter_arena_alloc(executor->arena, (size_t)most_members, sizeof *run->sums);
    run->slices = sinter_arena_alloc(executor->arena, (size_t)most_members, sizeof *run->slices);
    run->numbers = sinter_arena_alloc(executor->arena, (size_t)most_numbers, sizeof(REAL));
    executor->work = run;
    return run->rows != NULL && run->spare[0] != NULL && run->spare[1] != NULL && run->temps != NULL && run->sums != NULL &&
           run->slices != NULL && run->numbers != NULL;
}
