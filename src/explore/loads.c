/* loads.c: what each accelerator runs: the cascades of all workloads, and the strategies.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "explore/fingerprint.h"
#include "explore/sweep.h"

/* Raised whenever the same question gets another answer: stores keep the answers of older versions apart. */
#define MODEL_VERSION "sinter model 2"

static void add_text(struct fingerprint *fingerprint, const char *text)
{
    fingerprint_add(fingerprint, text, strlen(text) + 1);
}

static enum sinter_status ask(struct sinter_sweep *sweep, struct load *load, int strategy)
{
    const struct sinter_experiment *experiment = sweep->experiment;
    const char *name = grid_strategy(&sweep->grid, strategy);
    struct sinter_text text = {.allocator = sweep->allocator};
    struct fingerprint fingerprint;
    fingerprint_begin(&fingerprint);
    add_text(&fingerprint, MODEL_VERSION);
    add_text(&fingerprint, name);
    if (strcmp(name, "optimal") == 0)
        sinter_text_printf(&text, "%s %.17g %lld %d\n", sinter_objective_name(experiment->objective), experiment->gap,
                           (long long)experiment->effort, closeness(experiment));
    sinter_cascade_print(load->cascade, &text);
    fingerprint_add(&fingerprint, sinter_text_data(&text), text.length);
    fingerprint_end(&fingerprint, load->questions[strategy]);
    bool failed = text.failed;
    sinter_text_free(&text);
    return failed ? sinter_out_of_memory(sweep->diags) : SINTER_OK;
}

/* Does the strategy apply to the workload at all? What does not fit says nothing of that. */
static enum sinter_status try_strategy(struct sinter_sweep *sweep, const struct load *load, const char *strategy)
{
    struct bench *bench = NULL;
    struct sinter_accel *accel = NULL;
    struct store_record record;
    enum sinter_status status = bench_new(sweep->experiment, load, strategy, sweep->allocator, sweep->diags, &bench);
    if (status == SINTER_OK && strcmp(strategy, "optimal") != 0) {
        status = grid_base(&sweep->grid, sweep->allocator, sweep->diags, &accel);
        if (status == SINTER_OK)
            status = bench_compute(bench, accel, 0, &record);
    }
    sinter_accel_free(accel);
    bench_free(bench);
    return status;
}

static enum sinter_status open_load(struct sinter_sweep *sweep, int workload, const struct sinter_part *part, bool is_block)
{
    struct load *load = &sweep->loads[sweep->n_loads++];
    size_t n_strategies = (size_t)sweep->grid.n_strategies;
    *load = (struct load){.workload = workload,
                          .at = sweep->experiment->workloads[workload].at,
                          .name = sweep->models[workload]->name,
                          .part = part->name,
                          .cascade = part->cascade,
                          .count = sweep->experiment->is_whole ? part->count : 1,
                          .is_block = is_block};
    load->questions = sinter_arena_alloc(sweep->arena, n_strategies, sizeof *load->questions);
    if (load->questions == NULL)
        return sinter_out_of_memory(sweep->diags);
    enum sinter_status status = SINTER_OK;
    for (int s = 0; s < sweep->grid.n_strategies && status == SINTER_OK; s++) {
        status = ask(sweep, load, s);
        if (status == SINTER_OK)
            status = try_strategy(sweep, load, grid_strategy(&sweep->grid, s));
    }
    return status;
}

/* *n_parts grows by the parts that are run. */
static enum sinter_status load_model(struct sinter_sweep *sweep, int w, size_t *n_parts)
{
    const struct sinter_explore_workload *workload = &sweep->experiment->workloads[w];
    struct sinter_model_options options = {
        .tokens = workload->tokens, .batch = workload->batch, .phase = workload->phase, .variant = workload->variant};
    if (workload->phase == SINTER_DECODE && workload->tokens > 1)
        return sinter_error(sweep->diags, workload->at, "leave the tokens out, or ask for prefill",
                            "a decode step computes one token for each sequence, not %lld", (long long)workload->tokens);
    enum sinter_status status =
        sinter_model_load(workload->model, &options, sweep->allocator, sweep->diags, &sweep->models[w]);
    if (status == SINTER_OK)
        *n_parts += sweep->experiment->is_whole ? (size_t)sweep->models[w]->n_parts : 1;
    return status;
}

enum sinter_status open_loads(struct sinter_sweep *sweep)
{
    const struct sinter_experiment *experiment = sweep->experiment;
    enum sinter_status status = SINTER_OK;
    size_t n = 0;
    for (int w = 0; w < experiment->n_workloads && status == SINTER_OK; w++)
        status = load_model(sweep, w, &n);
    sweep->loads = status == SINTER_OK ? sinter_arena_alloc(sweep->arena, n, sizeof *sweep->loads) : NULL;
    if (status == SINTER_OK && sweep->loads == NULL)
        return sinter_out_of_memory(sweep->diags);
    for (int w = 0; w < experiment->n_workloads && status == SINTER_OK; w++) {
        const struct sinter_model *model = sweep->models[w];
        for (int p = 0; p < model->n_parts && status == SINTER_OK; p++)
            if (experiment->is_whole || p == model->block)
                status = open_load(sweep, w, &model->parts[p], p == model->block);
    }
    return status;
}
