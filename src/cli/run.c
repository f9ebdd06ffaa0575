/* run.c: `sinter run`: one model, one accelerator, one schedule.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"
#include "report/format.h"

static bool is_stdout(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* The report and the trace cannot go to one place. */
static enum sinter_status check_trace(struct options *options)
{
    if (options->trace == NULL)
        return options->has_trace_window
                   ? usage_error(options, "as in --trace trace.json", "--trace-window is given without --trace")
                   : SINTER_OK;
    bool is_same = options->output != NULL && (is_stdout(options->trace) ? is_stdout(options->output)
                                                                         : output_is_same(options->output, options->trace));
    if (is_same)
        return usage_error(options, "give them different files", "--output and --trace are both '%s'", options->trace);
    return SINTER_OK;
}

static enum sinter_status check_options(struct options *options)
{
    if (options->model == NULL)
        return usage_error(options, "as in -m mamba-2.8b; 'sinter show' lists the names", "no model is given");
    enum sinter_status status = check_trace(options);
    if (status == SINTER_OK)
        status = options->n_strategy_texts == 0 ? strategies_add(options, "mem-aware") : strategies_parse(options, false);
    if (status == SINTER_OK && options->wants_front && wants_page(options))
        return usage_error(options, "leave --front out: the page of one schedule has more", "--front has no page");
    if (status == SINTER_OK)
        status = page_check(options);
    if (status == SINTER_OK && options->pick > 0 && !options->wants_front)
        return usage_error(options, NULL, "--pick is given without --front");
    if (status == SINTER_OK && options->n_strategies > 1)
        return usage_error(options, "'sinter compare' takes several", "'sinter run' takes one strategy, %d are given",
                           options->n_strategies);
    return status;
}

static enum sinter_status write_report(const struct options *options, const struct sinter_result *result)
{
    if (options->trace != NULL && is_stdout(options->trace) && options->output == NULL)
        return SINTER_OK; /* the trace stands there */
    struct sinter_text out = {0};
    enum sinter_status status = sinter_run_write(result, &options->style, &out);
    status = status == SINTER_OK ? output_write(options, &out) : sinter_out_of_memory(options->diags);
    sinter_text_free(&out);
    return status;
}

static void tell_what_is_missing(const struct options *options, const struct sinter_traced *traced)
{
    if (options->has_trace_window || traced->to_cycles >= traced->cycles)
        return;
    char hint[128];
    snprintf(hint, sizeof hint, "--trace-window %.0f:%.0f shows the next ones, --trace-window 0: all of them",
             traced->to_cycles, 2 * traced->to_cycles);
    sinter_report(options->diags, SINTER_WARNING, (struct sinter_location){0}, hint,
                  "the trace ends after %s of %s, with %s slices", show_latency(traced->to_cycles).text,
                  isnan(traced->cycles) ? "more than can be simulated" : show_latency(traced->cycles).text,
                  show_integer(traced->n_slices).text);
}

static enum sinter_status write_trace(struct options *options, const struct sinter_result *result)
{
    if (options->trace == NULL)
        return SINTER_OK;
    if (result->one.status != SINTER_OK) {
        sinter_report(options->diags, SINTER_NOTE, (struct sinter_location){0}, NULL, "there is no trace: %s",
                      result->one.reason);
        return SINTER_OK; /* the result's own status says it */
    }
    struct output output;
    struct sinter_traced traced;
    enum sinter_status status = output_open(&output, options->trace, options->diags);
    if (status != SINTER_OK)
        return status;
    struct sinter_sink sink = {&output, output_piece};
    status = sinter_trace_write(result, options->has_trace_window ? &options->trace_window : NULL, &sink, NULL,
                                options->diags, &traced);
    enum sinter_status closed = output_close(&output, status == SINTER_OK, options->diags);
    if (status == SINTER_OK && closed == SINTER_OK)
        tell_what_is_missing(options, &traced);
    return status == SINTER_OK ? closed : status;
}

/* The page sets the run beside the same without fusion. */
static enum sinter_status write_page(struct options *options, const struct inputs *inputs, struct sinter_result *result)
{
    static const struct sinter_strategy unfused = {.label = "unfused", .name = "unfused"};
    if (!wants_page(options))
        return SINTER_OK;
    const struct sinter_strategy *strategy = &options->strategies[0];
    struct sinter_compare_row rows[2] = {{.strategy = &unfused}, {.strategy = strategy, .result = result}};
    struct sinter_result *before = NULL;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL); /* the comparison is a courtesy: its row says why not */
    bool is_unfused = strcmp(strategy->label, "unfused") == 0;
    enum sinter_status status = SINTER_OK;
    if (!is_unfused)
        status = sinter_result_evaluate(inputs->model, inputs->accel, &unfused, NULL, diags, &before);
    rows[0].result = before;
    rows[0].reason = before == NULL ? sinter_status_name(status) : NULL;
    struct sinter_page page = {0};
    status = sinter_page_results("run", inputs->model, inputs->accel, is_unfused ? &rows[1] : rows, is_unfused ? 1 : 2,
                                 is_unfused ? 0 : 1, &options->style, &options->origin, &page);
    status = status == SINTER_OK ? page_write(options, &page) : sinter_out_of_memory(options->diags);
    sinter_page_free(&page);
    sinter_result_free(before);
    sinter_diagnostics_free(diags);
    return status;
}

/* --front: schedules instead of one. */
static enum sinter_status run_front(struct options *options, const struct inputs *inputs)
{
    const struct sinter_strategy *strategy = &options->strategies[0];
    struct sinter_front *front = NULL;
    struct sinter_schedule like;
    struct sinter_text out = {0};
    if (strategy->name == NULL || strcmp(strategy->name, "optimal") != 0)
        return usage_error(options, "add -s optimal", "--front is for strategy optimal");
    sinter_schedule_init(&like, inputs->model->parts[inputs->model->block].cascade, inputs->accel, NULL);
    enum sinter_status status = sinter_search_front(&strategy->options.search, &like, options->diags, &front);
    if (status == SINTER_OK && options->pick > front->n)
        status = usage_error(options, NULL, "--pick is %d, the front has %d members", options->pick, front->n);
    if (status == SINTER_OK)
        status = sinter_front_write(inputs->model, inputs->accel, front, options->pick, &options->style, &out);
    if (status == SINTER_OK)
        status = output_write(options, &out);
    sinter_text_free(&out);
    sinter_front_free(front);
    return status;
}

enum sinter_status command_run(struct options *options)
{
    struct inputs inputs;
    enum sinter_status status = check_options(options);
    if (status == SINTER_OK)
        status = inputs_load(options, true, true, &inputs);
    if (status != SINTER_OK)
        return status;
    if (options->wants_front) {
        status = run_front(options, &inputs);
        inputs_free(&inputs);
        return status;
    }
    struct sinter_result *result = NULL;
    status = sinter_result_evaluate(inputs.model, inputs.accel, &options->strategies[0], NULL, options->diags, &result);
    if (result != NULL) {
        enum sinter_status written = write_report(options, result);
        if (written == SINTER_OK)
            written = write_trace(options, result);
        if (written == SINTER_OK)
            written = write_page(options, &inputs, result);
        if (status == SINTER_OK && options->style.all_layers && result->whole.status != SINTER_OK) {
            status = result->whole.status;
            sinter_report(options->diags, SINTER_ERROR, (struct sinter_location){0}, NULL,
                          "the whole model is not priced: %s", result->whole.reason);
        }
        status = written != SINTER_OK ? written : status;
    }
    sinter_result_free(result);
    inputs_free(&inputs);
    return status;
}
