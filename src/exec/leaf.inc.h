/* leaf.inc.h: running a leaf, in the arithmetic that the including file names.
 * SPDX-License-Identifier: MIT
 *
 * REAL: float or double; BITS: 32 or 64; NAME(x): x with the suffix of the arithmetic; LOOPS: its table of loops over rows (kernels.h);
 * FMA, FUNCTION, READ, WRITE, ROUND: its forms of the public functions.
 *
 * Every expression gives a *row*: its values at consecutive points of the lane rank, or one value for all of them (rows.inc.h).
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
    int64_t n;                      /* points of a row; 1 without a lane */
    struct row split;               /* a value that is finished, */
    int split_index;                /* of which expression; -1: of none */
    REAL *target;                   /* where the value of the Einsum is wanted; NULL: anywhere */
    REAL *held[3];                  /* rows of a scan */
    REAL *rows, *spare[2];          /* rows: LANES by expression */
    REAL **temps, **sums, **slices; /* by member of the leaf that runs */
    REAL *numbers;                  /* where those lie */
};

#include "exec/rows.inc.h"

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

static void scatter(REAL *to, int64_t step, const REAL *values, int64_t n)
{
    if (to == values)
        return; /* it was computed there */
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

/* The row of the member's temporary that is computed now. */
static REAL *temporary(const struct run *run)
{
    const struct member *member = run->member;
    const struct sinter_tensor *t = &run->executor->cascade->tensors[member->einsum->result];
    int64_t at = 0;
    for (int d = 0; d < t->n_dims; d++)
        at += (run->point[t->dims[d]] - run->low[t->dims[d]]) * member->stride[t->dims[d]];
    return run->temps[member->index] + at;
}

/* Where the row that is computed now can be put at once. */
static REAL *target_of(const struct run *run)
{
    const struct member *member = run->member;
    if (member->is_rounded || run->n == 1)
        return NULL;
    if (member->is_kept)
        return temporary(run);
    if (member->result < 0)
        return NULL;
    const struct place *place = &run->executor->places[member->result];
    int64_t x[SINTER_MAX_DIMS], step = 0;
    for (int d = 0; d < place->n_dims; d++) {
        x[d] = run->point[place->tensor->dims[d]];
        step = place->tensor->dims[d] == member->lane ? place->view.stride[d] : step;
    }
    return place->is_native && step == 1 ? (REAL *)place->mirror + element_in(place, x) : NULL;
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
    if (member->is_kept && is_finished)
        scatter(temporary(run), 1, values, run->n);
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
    run->split_index = -1;
    run->target = target_of(run);
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
        run->split_index = member->split;
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

#include "exec/scan.inc.h"

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

/* A temporary that is the slice of its carry: where that has the block. */
static void point_into_carry(struct run *run, const struct member *member)
{
    const struct place *carry = &run->executor->places[member->hand_on];
    int64_t x[SINTER_MAX_DIMS];
    for (int d = 0; d < carry->n_dims; d++)
        x[d] = run->low[carry->tensor->dims[d]];
    run->temps[member->index] = (REAL *)carry->mirror + element_in(carry, x);
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
    for (int m = 0; m < code->n_members; m++)
        if (code->members[m].is_in_place)
            point_into_carry(run, &code->members[m]);
    for (int m = 0; m < code->n_members; m++) {
        const struct member *member = &code->members[m];
        if ((member->waits & ~member->gathered & ~last) != 0 || (!member->scans && is_scanning(code, m)))
            continue;
        struct progress progress = {(member->gathered & ~first) == 0, (member->gathered & ~last) == 0, true, true};
        for (sinter_rank_set rest = member->cut; rest != 0; rest &= rest - 1) {
            int rank = __builtin_ctzll(rest);
            progress.is_first_visit &= run->from[rank] == 0;
            progress.is_last_visit &= run->to[rank] == run->executor->cascade->ranks[rank].extent;
        }
        if (member->scans)
            run_scan(run, member);
        else
            run_member(run, member, &progress);
    }
    for (int m = 0; m < code->n_members; m++)
        if ((code->members[m].hand_on >= 0 && !code->members[m].is_in_place) || code->members[m].n_slices > 0)
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
        next += member->is_kept && !member->is_in_place ? member->size : 0;
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
    for (int m = 0; m < code->n_members; m++)
        code->members[m].scans = code->members[m].scan != NULL && can_scan(code, &code->members[m]);
    for (int i = 0; i < code->n_blocked; i++) {
        int rank = code->ranks[i];
        run->high[rank] =
            run->from[rank] + code->block[rank] < run->to[rank] ? run->from[rank] + code->block[rank] : run->to[rank];
    }
    for (int m = 0; m < code->n_members; m++)
        if (code->members[m].scans)
            begin_scan(run, &code->members[m]);
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
            numbers += (member->is_kept && !member->is_in_place ? member->size : 0) +
                       (member->gathered != 0 ? member->n_sums : 0) + member->n_slices;
        }
        most_members = code != NULL && code->n_members > most_members ? code->n_members : most_members;
        most_numbers = numbers > most_numbers ? numbers : most_numbers;
    }
    if (run == NULL)
        return false;
    executor->execution->register_bytes = most_numbers > 1 ? most_numbers * (int64_t)sizeof(REAL) : 0;
    run->executor = executor;
    run->kernels = NAME(kernels)();
    run->rows = executor_alloc(executor, most_exprs * LANES, sizeof(REAL));
    run->spare[0] = executor_alloc(executor, LANES, sizeof(REAL));
    run->spare[1] = executor_alloc(executor, LANES, sizeof(REAL));
    bool is_made = true;
    for (int i = 0; i < 3; i++) {
        run->held[i] = executor_alloc(executor, LANES, sizeof(REAL));
        is_made &= run->held[i] != NULL;
    }
    run->temps = sinter_arena_alloc(executor->arena, (size_t)most_members, sizeof *run->temps);
    run->sums = sinter_arena_alloc(executor->arena, (size_t)most_members, sizeof *run->sums);
    run->slices = sinter_arena_alloc(executor->arena, (size_t)most_members, sizeof *run->slices);
    run->numbers = executor_alloc(executor, most_numbers, sizeof(REAL));
    executor->work = run;
    return is_made && run->rows != NULL && run->spare[0] != NULL && run->spare[1] != NULL && run->temps != NULL &&
           run->sums != NULL && run->slices != NULL && run->numbers != NULL;
}
