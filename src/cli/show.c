/* show.c: `sinter show`: a model, an accelerator, a schedule, or what is built in.
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"

/* An option that is about a model or a schedule where none is shown, or NULL. */
static const char *idle_option(const struct options *options)
{
    const struct sinter_model_options *model = &options->model_options;
    const struct sinter_strategy_options *schedule = &options->schedule;
    const struct {
        bool is_given, needs_strategy;
        const char *name;
    } given[] = {{model->tokens > 0, false, "--tokens"},
                 {model->batch > 0, false, "--batch"},
                 {model->phase != SINTER_PREFILL, false, "--phase"},
                 {model->logits != SINTER_LOGITS_ALL, false, "--logits"},
                 {model->variant != NULL, false, "--variant"},
                 {options->style.all_layers, false, "--layers"},
                 {schedule->tile > 0, true, "--tile"},
                 {schedule->split > 0, true, "--split"},
                 {schedule->chain, true, "--chain"},
                 {schedule->resident, true, "--weights"}};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        if (given[i].is_given && (options->model == NULL || (given[i].needs_strategy && options->n_strategy_texts == 0)))
            return given[i].name;
    return NULL;
}

static enum sinter_status check_options(struct options *options)
{
    if ((options->n_strategy_texts > 0 || options->wants_cascade) && options->model == NULL)
        return usage_error(options, "add -m MODEL", "%s needs a model", options->wants_cascade ? "--cascade" : "a strategy");
    if (options->wants_yaml && options->accel == NULL)
        return usage_error(options, "add -a ACCELERATOR", "--yaml needs an accelerator");
    if (options->wants_cascade + options->wants_yaml + (options->n_strategy_texts > 0) > 1)
        return usage_error(options, NULL, "--cascade, --yaml and --strategy show different things: give one of them");
    if (options->model == NULL && options->accel == NULL && options->n_overrides > 0)
        return usage_error(options, "add -m MODEL or -a ACCELERATOR", "--set has nothing to change");
    const char *idle = idle_option(options);
    if (idle != NULL)
        return usage_error(options, options->model == NULL ? "add -m MODEL" : "add -s STRATEGY", "%s has nothing to change",
                           idle);
    if (options->style.format != SINTER_FORMAT_TEXT && (options->wants_cascade || options->wants_yaml))
        return usage_error(options, "leave one of them out", "%s writes YAML, not what --format asks for",
                           options->wants_yaml ? "--yaml" : "--cascade");
    bool writes_both = options->model != NULL && options->accel != NULL && options->n_strategy_texts == 0;
    if (writes_both && !options->wants_cascade && !options->wants_yaml && options->style.format != SINTER_FORMAT_TEXT)
        return usage_error(options, "give -m or -a, or a strategy", "json and csv show one thing at a time");
    enum sinter_status status = strategies_parse(options, false);
    if (status == SINTER_OK && options->n_strategies > 1)
        return usage_error(options, NULL, "'sinter show' takes one strategy, %d are given", options->n_strategies);
    return status;
}

/* The file of a preset with its comments; the canonical form of anything else, and of a preset that --set changed. */
static void append_yaml(struct sinter_text *out, const struct options *options, const struct sinter_accel *accel)
{
    for (int i = 0; sinter_accel_preset_name(i) != NULL && options->n_overrides == 0; i++) {
        if (strcmp(sinter_accel_preset_name(i), options->accel) == 0) {
            sinter_text_append(out, sinter_accel_preset_text(i));
            return;
        }
    }
    sinter_accel_print(accel, out);
}

static void append_cascades(struct sinter_text *out, const struct sinter_model *model, bool is_all)
{
    const char *separator = "";
    for (int p = 0; p < model->n_parts; p++) {
        if (!is_all && p != model->block)
            continue;
        sinter_text_append(out, separator);
        sinter_cascade_print(model->parts[p].cascade, out);
        separator = "---\n";
    }
}

static enum sinter_status show_schedule(struct options *options, const struct inputs *inputs, struct sinter_text *out)
{
    struct sinter_result *result = NULL;
    enum sinter_status status =
        sinter_result_evaluate(inputs->model, inputs->accel, &options->strategies[0], NULL, options->diags, &result);
    options->style.is_colored = false; /* a schedule is no report: nothing in it drives a terminal */
    if (result != NULL && sinter_result_write_schedule(result, &options->style, out) != SINTER_OK)
        status = sinter_out_of_memory(options->diags);
    sinter_result_free(result);
    return status;
}

static enum sinter_status show(struct options *options, const struct inputs *inputs, struct sinter_text *out)
{
    if (options->wants_cascade)
        append_cascades(out, inputs->model, options->style.all_layers);
    else if (options->wants_yaml)
        append_yaml(out, options, inputs->accel);
    else if (options->n_strategies > 0)
        return show_schedule(options, inputs, out);
    else if (inputs->model == NULL && inputs->accel == NULL)
        sinter_catalog_write(&options->style, out);
    else {
        if (inputs->model != NULL)
            sinter_model_write(inputs->model, &options->style, out);
        sinter_text_append(out, inputs->model != NULL && inputs->accel != NULL ? "\n" : "");
        if (inputs->accel != NULL)
            sinter_accel_write(inputs->accel, &options->style, out);
    }
    return out->failed ? sinter_out_of_memory(options->diags) : SINTER_OK;
}

enum sinter_status command_show(struct options *options)
{
    struct inputs inputs;
    enum sinter_status status = check_options(options);
    if (status == SINTER_OK)
        status = inputs_load(options, options->model != NULL, options->accel != NULL || options->n_strategies > 0, &inputs);
    if (status != SINTER_OK)
        return status;
    struct sinter_text out = {0};
    status = show(options, &inputs, &out);
    if (status == SINTER_OK || (status == SINTER_INFEASIBLE && out.length > 0)) {
        enum sinter_status written = output_write(options, &out);
        status = written != SINTER_OK ? written : status;
    }
    sinter_text_free(&out);
    inputs_free(&inputs);
    return status;
}
