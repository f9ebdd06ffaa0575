/* verify.c: executes schedules and checks what came out: values, bytes, peaks, addresses, computations.
 * SPDX-License-Identifier: MIT
 */
#include "report/verify.h"

#include <string.h>
#include <time.h>

/* A part of the model at work: what all strategies are compared with. */
struct bench {
    struct sinter_verification *verification;
    const struct sinter_part *part;
    const struct sinter_cascade *cascade;
    const struct sinter_case *given; /* of this part; NULL: random numbers */
    const struct sinter_numerics *numerics;
    struct sinter_values *in, *reference, *unrounded;
    bool *all; /* by tensor: true */
    const struct sinter_allocator *allocator;
    struct sinter_diagnostics *diags;
};

static double seconds_now(void)
{
    struct timespec now;
    return timespec_get(&now, TIME_UTC) == TIME_UTC ? (double)now.tv_sec + 1e-9 * (double)now.tv_nsec : 0;
}

/* ---- numbers to work on -------------------------------------------------------------------------------------------- */

enum sinter_status inputs_values(const struct sinter_inputs *inputs, const struct sinter_case *given,
                                 const struct sinter_cascade *cascade, const struct sinter_numerics *numerics,
                                 const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                 struct sinter_values **in)
{
    enum sinter_status status = sinter_values_new(cascade, numerics, allocator, diags, in);
    if (status != SINTER_OK)
        return status;
    if (given == NULL)
        sinter_values_fill(*in, inputs->seed);
    for (int i = 0; given != NULL && i < given->n_inputs; i++)
        sinter_values_set(*in, given->inputs[i].tensor, 0, cascade->tensors[given->inputs[i].tensor].elements,
                          given->inputs[i].values);
    return SINTER_OK;
}

static enum sinter_status open_bench(struct bench *bench)
{
    struct sinter_numerics *numerics = NULL;
    const struct sinter_inputs *inputs = bench->verification->inputs;
    enum sinter_status status = sinter_numerics_new(bench->cascade, bench->allocator, bench->diags, &numerics);
    if (status != SINTER_OK)
        return status;
    if (inputs->arithmetic != 0)
        numerics->arithmetic = inputs->arithmetic;
    bench->numerics = bench->verification->numerics[bench->part - bench->verification->model->parts] = numerics;
    bench->all = sinter_arena_alloc(bench->verification->arena, (size_t)bench->cascade->n_tensors + 1, sizeof *bench->all);
    if (bench->all == NULL)
        return sinter_out_of_memory(bench->diags);
    for (int t = 0; t < bench->cascade->n_tensors; t++)
        bench->all[t] = true;
    double begin = seconds_now();
    status = inputs_values(inputs, bench->given, bench->cascade, numerics, bench->allocator, bench->diags, &bench->in);
    if (status == SINTER_OK)
        status = sinter_reference(numerics, bench->in, NULL, bench->allocator, bench->diags, &bench->reference);
    if (status == SINTER_OK)
        status = sinter_reference(NULL, bench->in, NULL, bench->allocator, bench->diags, &bench->unrounded);
    bench->verification->reference_seconds += seconds_now() - begin;
    return status;
}

static void close_bench(struct bench *bench)
{
    sinter_values_free(bench->in);
    sinter_values_free(bench->reference);
    sinter_values_free(bench->unrounded);
}

/* ---- values -------------------------------------------------------------------------------------------------------- */

int results_next(const struct sinter_cascade *cascade, int tensor, bool *is_final)
{
    int next = 0;
    if (tensor >= 0) {
        int state = *is_final ? -1 : cascade->tensors[tensor].state;
        next = cascade->tensors[*is_final ? cascade->tensors[tensor].state_of : tensor].producer + 1;
        *is_final = state >= 0 && cascade->tensors[state].role != SINTER_INPUT;
        if (*is_final)
            return state;
    }
    return next < cascade->n_einsums ? cascade->einsums[next].result : -1;
}

int results_count(const struct sinter_cascade *cascade)
{
    bool is_final = false;
    int n = 0;
    for (int t = results_next(cascade, -1, &is_final); t >= 0; t = results_next(cascade, t, &is_final))
        n++;
    return n;
}

static void check_tensor(const struct bench *bench, const struct sinter_values *made, const struct sinter_values *local,
                         const struct sinter_values *bounds, struct sinter_verified_tensor *checked)
{
    int t = checked->tensor;
    bool is_final = checked->is_final;
    sinter_values_compare(made, bench->reference, t, is_final, &checked->reference);
    sinter_values_compare(made, bench->unrounded, t, is_final, &checked->unrounded);
    checked->is_ok = checked->reference.n_different == 0;
    if (checked->is_split) {
        sinter_values_check(made, local, bounds, t, is_final, &checked->local);
        checked->is_ok = checked->local.n_outside == 0;
    }
    checked->is_ok = checked->is_ok && checked->reference.n == bench->cascade->tensors[t].elements;
}

/* What a schedule that splits sums is held against. NULL where it splits none. */
static enum sinter_status find_local(const struct bench *bench, const struct sinter_values *made,
                                     const struct sinter_split *splits, const bool *reached, struct sinter_values **local,
                                     struct sinter_values **bounds)
{
    double begin = seconds_now();
    bool is_any = false;
    for (int t = 0; t < bench->cascade->n_tensors; t++)
        is_any = is_any || reached[t];
    enum sinter_status status = SINTER_OK;
    if (is_any)
        status = sinter_reference_local(bench->numerics, bench->in, made, splits, reached, bench->allocator, bench->diags,
                                        local, bounds);
    bench->verification->reference_seconds += seconds_now() - begin;
    return status;
}

static enum sinter_status check_values(const struct bench *bench, const struct sinter_split *splits,
                                       struct sinter_verified_run *run)
{
    const struct sinter_cascade *cascade = bench->cascade;
    struct sinter_arena *arena = bench->verification->arena;
    const struct sinter_values *made = run->execution->values;
    struct sinter_values *local = NULL, *bounds = NULL;
    run->n_tensors = results_count(cascade);
    run->tensors = sinter_arena_alloc(arena, (size_t)run->n_tensors + 1, sizeof *run->tensors);
    bool *reached = sinter_arena_alloc(arena, (size_t)cascade->n_tensors + 1, sizeof *reached), is_final = false;
    if (run->tensors == NULL || reached == NULL)
        return sinter_out_of_memory(bench->diags);
    sinter_splits_reach(cascade, splits, reached);
    enum sinter_status status = find_local(bench, made, splits, reached, &local, &bounds);
    run->values_are_ok = status == SINTER_OK;
    for (int t = results_next(cascade, -1, &is_final), i = 0; t >= 0 && status == SINTER_OK; i++) {
        struct sinter_verified_tensor *checked = &run->tensors[i];
        *checked = (struct sinter_verified_tensor){.tensor = t, .is_final = is_final};
        checked->is_split = reached[is_final ? cascade->tensors[t].state_of : t];
        check_tensor(bench, made, local, bounds, checked);
        run->values_are_ok = run->values_are_ok && checked->is_ok;
        t = results_next(cascade, t, &is_final);
    }
    sinter_values_free(local);
    sinter_values_free(bounds);
    return status;
}

/* ---- stored cuts --------------------------------------------------------------------------------------------------- */

/* Numbers that are double throughout are within the tolerance that the case itself has. */
static bool is_double(const struct sinter_numerics *numerics)
{
    struct sinter_format fp64 = sinter_format_of((struct sinter_type){SINTER_FLOAT, 64});
    for (int t = 0; t < numerics->cascade->n_tensors; t++)
        if (!sinter_format_equal(&numerics->formats[t], &fp64))
            return false;
    return numerics->arithmetic == 64;
}

/* Bounds from the numbers as they are stored: rounding them to their types is part of it. */
static enum sinter_status find_bounds(const struct bench *bench, const struct sinter_split *splits,
                                      struct sinter_values **bounds)
{
    struct sinter_values *stored = NULL, *exact = NULL;
    *bounds = NULL;
    if (is_double(bench->numerics))
        return SINTER_OK;
    enum sinter_status status = inputs_values(bench->verification->inputs, bench->given, bench->cascade, NULL,
                                              bench->allocator, bench->diags, &stored);
    if (status == SINTER_OK)
        status =
            sinter_reference_bounded(bench->numerics, stored, splits, NULL, bench->allocator, bench->diags, &exact, bounds);
    sinter_values_free(stored);
    sinter_values_free(exact);
    return status;
}

static enum sinter_status check_cuts(const struct bench *bench, const struct sinter_split *splits,
                                     struct sinter_verified_run *run)
{
    struct sinter_values *bounds = NULL;
    run->cuts_are_ok = true;
    if (bench->given == NULL || bench->given->n_cuts == 0)
        return SINTER_OK;
    run->cuts = sinter_arena_alloc(bench->verification->arena, (size_t)bench->given->n_cuts, sizeof *run->cuts);
    if (run->cuts == NULL)
        return sinter_out_of_memory(bench->diags);
    enum sinter_status status = find_bounds(bench, splits, &bounds);
    for (int c = 0; c < bench->given->n_cuts && status == SINTER_OK; c++) {
        struct sinter_verified_cut *checked = &run->cuts[run->n_cuts++];
        checked->cut = &bench->given->cuts[c];
        checked->is_ok =
            sinter_cut_check(checked->cut, run->execution->values, bounds, &checked->check) && checked->check.n_outside == 0;
        run->cuts_are_ok = run->cuts_are_ok && checked->is_ok;
    }
    sinter_values_free(bounds);
    return status;
}

/* ---- what was counted ---------------------------------------------------------------------------------------------- */

static void check_traffic(struct sinter_verified_run *run)
{
    const struct sinter_plan *plan = run->plan;
    run->traffic_is_ok = true;
    for (int t = 0; t < plan->cascade->n_tensors; t++) {
        const struct sinter_tensor_traffic *charged = &plan->traffic[t], *moved = &run->execution->traffic[t];
        run->read_bits += moved->read_bits;
        run->write_bits += moved->write_bits;
        run->traffic_is_ok =
            run->traffic_is_ok && charged->read_bits == moved->read_bits && charged->write_bits == moved->write_bits;
    }
    run->charged_read_bits = plan->dram_read_bits;
    run->charged_write_bits = plan->dram_write_bits;
    run->traffic_is_ok =
        run->traffic_is_ok && run->charged_read_bits == run->read_bits && run->charged_write_bits == run->write_bits;
    for (int i = 0; i < plan->n_tiles; i++) {
        const struct sinter_tile *tile = &plan->tiles[i];
        run->charged_load_bits[tile->memory] += tile->load_bits + tile->state_load_bits;
        run->charged_store_bits[tile->memory] += tile->store_bits + tile->state_store_bits;
    }
    for (int m = 0; m < plan->accel->n_memories; m++)
        run->traffic_is_ok = run->traffic_is_ok && run->charged_load_bits[m] == run->execution->load_bits[m] &&
                             run->charged_store_bits[m] == run->execution->store_bits[m];
}

static void check_counts(struct sinter_verified_run *run)
{
    const struct sinter_plan *plan = run->plan;
    const struct sinter_execution *execution = run->execution;
    run->peaks_are_ok = true;
    for (int m = 1; m < plan->accel->n_memories; m++)
        run->peaks_are_ok = run->peaks_are_ok && execution->peak_bits[m] == plan->peak_bits[m] &&
                            (double)execution->extent_bits[m] <= 8 * plan->accel->memories[m].capacity_bytes;
    for (int n = 0; n < plan->n_nodes; n++)
        if (plan->nodes[n].kind == SINTER_LEAF || plan->nodes[n].kind == SINTER_CHAIN)
            run->charged_computes += plan->nodes[n].visits;
    run->computes_are_ok = run->charged_computes == execution->n_computes;
}

/* ---- one run ------------------------------------------------------------------------------------------------------- */

static enum sinter_status check_run(const struct bench *bench, struct sinter_verified_run *run)
{
    struct sinter_split *splits =
        sinter_arena_alloc(bench->verification->arena, (size_t)bench->cascade->n_einsums + 1, sizeof *splits);
    if (splits == NULL)
        return sinter_out_of_memory(bench->diags);
    if (run->execution->splits_sums)
        sinter_plan_splits(run->plan, bench->numerics, splits);
    check_traffic(run);
    check_counts(run);
    enum sinter_status status = check_values(bench, splits, run);
    if (status == SINTER_OK)
        status = check_cuts(bench, splits, run);
    run->is_ok = run->values_are_ok && run->cuts_are_ok && run->traffic_is_ok && run->peaks_are_ok && run->computes_are_ok;
    sinter_values_free(run->execution->values);
    run->execution->values = NULL;
    return status;
}

static bool is_fatal(enum sinter_status status)
{
    return status == SINTER_NO_MEMORY || status == SINTER_INTERNAL;
}

static enum sinter_status execute(const struct bench *bench, struct sinter_verified_run *run)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(bench->allocator);
    struct sinter_execute_options options = {.taps = bench->all, .n_threads = bench->verification->inputs->n_threads};
    if (diags == NULL)
        return sinter_out_of_memory(bench->diags);
    double begin = seconds_now();
    run->status = sinter_execute(run->plan, bench->numerics, bench->in, &options, bench->allocator, diags, &run->execution);
    run->seconds = seconds_now() - begin;
    if (run->status != SINTER_OK) {
        run->reason = first_error(bench->verification->arena, diags, 0, run->status);
        if (run->reason == NULL)
            run->status = SINTER_NO_MEMORY;
    }
    sinter_diagnostics_free(diags);
    if (run->status == SINTER_NO_MEMORY)
        return sinter_out_of_memory(bench->diags);
    return is_fatal(run->status) ? run->status : SINTER_OK;
}

static enum sinter_status verify_row(const struct bench *bench, const struct sinter_compare_row *row,
                                     struct sinter_verified_run *run)
{
    int index = (int)(bench->part - bench->verification->model->parts);
    const struct sinter_part_result *part = row->result == NULL ? NULL : &row->result->parts[index];
    *run = (struct sinter_verified_run){.strategy = row->strategy, .part = bench->part, .status = SINTER_INFEASIBLE};
    if (part == NULL || part->status != SINTER_OK) {
        run->reason = part == NULL ? row->reason : part->reason;
        return SINTER_OK;
    }
    run->plan = part->plan;
    enum sinter_status status = execute(bench, run);
    return status == SINTER_OK && run->status == SINTER_OK ? check_run(bench, run) : status;
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

static bool is_executed(const struct sinter_compare_row *rows, int n_rows, int part)
{
    for (int i = 0; i < n_rows; i++)
        if (rows[i].result != NULL && rows[i].result->parts[part].status == SINTER_OK)
            return true;
    return false;
}

static enum sinter_status verify_part(struct bench *bench, const struct sinter_compare_row *rows, int n_rows)
{
    struct sinter_verification *verification = bench->verification;
    int part = (int)(bench->part - verification->model->parts);
    enum sinter_status status = is_executed(rows, n_rows, part) ? open_bench(bench) : SINTER_OK;
    for (int i = 0; i < n_rows && status == SINTER_OK; i++) {
        struct sinter_verified_run *run = &verification->runs[verification->n_runs++];
        status = verify_row(bench, &rows[i], run);
        verification->is_ok = verification->is_ok && run->is_ok;
    }
    close_bench(bench);
    return status;
}

static enum sinter_status verify(struct sinter_verification *made, const struct sinter_compare_row *rows, int n_rows,
                                 bool all_parts, const struct sinter_allocator *allocator, struct sinter_diagnostics *diags)
{
    const struct sinter_model *model = made->model;
    made->runs = sinter_arena_alloc(made->arena, (size_t)n_rows * (size_t)model->n_parts + 1, sizeof *made->runs);
    made->numerics = sinter_arena_alloc(made->arena, (size_t)model->n_parts, sizeof *made->numerics);
    if (made->runs == NULL || made->numerics == NULL)
        return sinter_out_of_memory(diags);
    made->is_ok = true;
    enum sinter_status status = SINTER_OK;
    for (int p = 0; p < model->n_parts && status == SINTER_OK; p++) {
        if (!all_parts && p != model->block)
            continue;
        struct bench bench = {.verification = made, .part = &model->parts[p], .allocator = allocator, .diags = diags};
        bench.cascade = bench.part->cascade;
        bench.given = p == model->block ? made->inputs->given : NULL;
        made->n_parts++;
        status = verify_part(&bench, rows, n_rows);
    }
    return status;
}

enum sinter_status sinter_verify(const struct sinter_model *model, const struct sinter_accel *accel,
                                 const struct sinter_compare_row *rows, int n_rows, bool all_parts,
                                 const struct sinter_inputs *inputs, const struct sinter_allocator *allocator,
                                 struct sinter_diagnostics *diags, struct sinter_verification **verification)
{
    *verification = NULL;
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_verification *made = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *made);
    if (made == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    made->arena = arena;
    made->model = model;
    made->accel = accel;
    made->inputs = inputs;
    enum sinter_status status = verify(made, rows, n_rows, all_parts, allocator, diags);
    if (status != SINTER_OK) {
        sinter_verification_free(made);
        return status;
    }
    *verification = made;
    return made->is_ok ? SINTER_OK : SINTER_INFEASIBLE;
}

void sinter_verification_free(struct sinter_verification *verification)
{
    if (verification == NULL)
        return;
    for (int r = 0; r < verification->n_runs; r++)
        sinter_execution_free(verification->runs[r].execution);
    for (int p = 0; p < verification->model->n_parts && verification->numerics != NULL; p++)
        sinter_numerics_free(verification->numerics[p]);
    sinter_arena_free(verification->arena);
}

enum sinter_status sinter_verification_write(const struct sinter_verification *verification,
                                             const struct sinter_style *style, struct sinter_text *out)
{
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        return verification_json(verification, out);
    case SINTER_FORMAT_CSV:
        return verification_csv(verification, out);
    case SINTER_FORMAT_TEXT:
        break;
    }
    return verification_text(verification, style, out);
}
