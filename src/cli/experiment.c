/* experiment.c: from the options of `sinter explore` to an experiment.
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "cli/experiment.h"

static struct sinter_location option_at(struct options *options, const char *option, const char *field)
{
    return (struct sinter_location){sinter_arena_printf(options->arena, "%s%s%s", option, *field != '\0' ? " " : "", field),
                                    1, 1};
}

/* FIELD=REST; the field is copied. */
static enum sinter_status split(struct options *options, const char *option, const char *text, const char **field,
                                const char **rest)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
        return usage_error(options, "as in buffer.capacity=64KiB..28MiB", "%s is '%s', expected FIELD=...", option,
                           shown_value(options, text));
    *field = sinter_arena_copy(options->arena, text, (size_t)(equals - text));
    *rest = equals + 1;
    return *field == NULL ? sinter_out_of_memory(options->diags) : SINTER_OK;
}

static enum sinter_status add_clauses(struct options *options, struct sinter_experiment *experiment)
{
    const struct explore_request *request = &options->explore;
    enum sinter_status status = SINTER_OK;
    const char *field, *rest;
    for (int i = 0; i < request->n_settings && status == SINTER_OK; i++) {
        status = split(options, "--set", request->settings[i], &field, &rest);
        if (status == SINTER_OK)
            status =
                sinter_experiment_add_setting(experiment, field, rest, option_at(options, "--set", field), options->diags);
    }
    for (int i = 0; i < request->n_axes && status == SINTER_OK; i++) {
        status = split(options, "--axis", request->axes[i], &field, &rest);
        if (status == SINTER_OK)
            status =
                sinter_experiment_add_axis(experiment, field, rest, option_at(options, "--axis", field), options->diags);
    }
    for (int i = 0; i < request->n_derived && status == SINTER_OK; i++) {
        status = split(options, "--derive", request->derived[i], &field, &rest);
        if (status == SINTER_OK)
            status =
                sinter_experiment_derive(experiment, field, rest, option_at(options, "--derive", field), options->diags);
    }
    for (int i = 0; i < request->n_conditions && status == SINTER_OK; i++)
        status =
            sinter_experiment_require(experiment, request->conditions[i], option_at(options, "--where", ""), options->diags);
    return status;
}

/* A budget for the accelerator's own kind of area. */
static enum sinter_status add_area(struct options *options, struct sinter_experiment *experiment)
{
    const struct explore_request *request = &options->explore;
    struct sinter_accel *accel = NULL;
    const char *model = request->area_model;
    enum sinter_status status = SINTER_OK;
    bool is_said = false; /* sizes differ, so an area that is stated says nothing */
    for (int i = 0; i < request->n_settings; i++)
        is_said |= strncmp(request->settings[i], "area_model=", 11) == 0;
    if (model == NULL && !is_said) {
        status = sinter_accel_load(experiment->accelerator, NULL, 0, NULL, options->diags, &accel);
        bool has_family = status == SINTER_OK && accel->family.area_mm2 > 0;
        model = has_family ? "shares" : request->area != NULL ? "components" : NULL;
        sinter_accel_free(accel);
    }
    if (status == SINTER_OK && model != NULL)
        status = sinter_experiment_add_setting(experiment, "area_model", model, option_at(options, "--area-model", ""),
                                               options->diags);
    if (status == SINTER_OK && request->area != NULL)
        status = sinter_experiment_add_setting(experiment, "area_budget", request->area, option_at(options, "--area", ""),
                                               options->diags);
    return status;
}

/* The next piece of a list with commas; NULL: there are no more. */
static char *next_item(char **list)
{
    char *item = *list, *comma;
    if (item == NULL)
        return NULL;
    comma = strchr(item, ',');
    *list = comma == NULL ? NULL : comma + 1;
    if (comma != NULL)
        *comma = '\0';
    return item;
}

static enum sinter_status read_length(struct options *options, const char *item, struct sinter_explore_workload *workload)
{
    char *end;
    double tokens, weight = 1;
    const char *colon = strchr(item, ':');
    char *number = sinter_arena_copy(options->arena, item, colon == NULL ? strlen(item) : (size_t)(colon - item));
    if (number == NULL)
        return sinter_out_of_memory(options->diags);
    if (colon != NULL) {
        weight = strtod(colon + 1, &end);
        if (end == colon + 1 || *end != '\0' || !(weight > 0) || !(weight < 1e12))
            return usage_error(options, "as in 1,64,1024:2", "--tokens: '%s' is no weight", shown_value(options, colon + 1));
    }
    if (sinter_quantity_parse(number, SINTER_COUNT, (struct sinter_location){NULL, 0, 0}, NULL, &tokens) != SINTER_OK ||
        !(tokens >= 1) || !(tokens <= 1099511627776.0) || (double)(int64_t)tokens < tokens)
        return usage_error(options, "as in 1,64,1024", "--tokens: '%s' is no whole number of at least 1",
                           shown_value(options, number));
    workload->tokens = (int64_t)tokens;
    workload->weight = weight;
    return SINTER_OK;
}

/* "20ms" for all lengths, "1:1ms,1024:20ms" for these. */
static enum sinter_status read_limit(struct options *options, struct sinter_explore_workload *workload)
{
    const char *text = options->explore.latency_limit;
    char *items = text == NULL ? NULL : sinter_arena_copy(options->arena, text, strlen(text)), *item;
    if (text != NULL && items == NULL)
        return sinter_out_of_memory(options->diags);
    while ((item = next_item(&items)) != NULL) {
        char *colon = strchr(item, ':');
        double tokens = 0, seconds;
        if (colon != NULL)
            *colon = '\0';
        bool is_right = (colon == NULL || sinter_quantity_parse(item, SINTER_COUNT, (struct sinter_location){NULL, 0, 0},
                                                                NULL, &tokens) == SINTER_OK) &&
                        sinter_quantity_parse(colon == NULL ? item : colon + 1, SINTER_TIME,
                                              (struct sinter_location){NULL, 0, 0}, NULL, &seconds) == SINTER_OK &&
                        seconds > 0;
        if (!is_right)
            return usage_error(options, "a time, as in 20ms, or one for each length, as in 1:1ms,1024:20ms",
                               "--latency-limit is '%s'", shown_value(options, text));
        bool is_meant = colon == NULL || ((double)workload->tokens <= tokens && (double)workload->tokens >= tokens);
        workload->limit_seconds = is_meant ? seconds : workload->limit_seconds;
    }
    return SINTER_OK;
}

static enum sinter_status add_workload(struct options *options, struct sinter_experiment *experiment,
                                       struct sinter_explore_workload *workload)
{
    enum sinter_status status = read_limit(options, workload);
    return status == SINTER_OK ? sinter_experiment_add_workload(experiment, workload, options->diags) : status;
}

static enum sinter_status add_workloads(struct options *options, struct sinter_experiment *experiment)
{
    const struct explore_request *request = &options->explore;
    enum sinter_status status = SINTER_OK;
    char *models = sinter_arena_copy(options->arena, request->models, strlen(request->models)), *model;
    while ((model = next_item(&models)) != NULL && status == SINTER_OK) {
        struct sinter_explore_workload workload = {
            .model = model, .batch = request->batch, .phase = request->phase, .variant = request->variant, .weight = 1};
        char *lengths =
            request->tokens == NULL ? NULL : sinter_arena_copy(options->arena, request->tokens, strlen(request->tokens));
        char *length = next_item(&lengths);
        if (request->tokens == NULL)
            status = add_workload(options, experiment, &workload);
        for (; length != NULL && status == SINTER_OK; length = next_item(&lengths)) {
            workload.limit_seconds = 0;
            status = read_length(options, length, &workload);
            if (status == SINTER_OK)
                status = add_workload(options, experiment, &workload);
        }
    }
    return status;
}

static enum sinter_status from_options(struct options *options, struct sinter_experiment **out)
{
    const struct explore_request *request = &options->explore;
    if (request->models == NULL)
        return usage_error(options,
                           "'sinter explore -m mamba-2.8b --axis buffer.capacity=64KiB..28MiB', or an experiment's file",
                           "nothing says what is explored");
    enum sinter_status status = sinter_experiment_new(NULL, options->diags, out);
    if (status != SINTER_OK)
        return status;
    struct sinter_experiment *experiment = *out;
    if (options->accel != NULL)
        experiment->accelerator = options->accel;
    bool is_list = request->strategy != NULL && strchr(request->strategy, ',') != NULL;
    if (request->strategy != NULL && !is_list) {
        experiment->strategy = request->strategy;
        experiment->strategy_at = option_at(options, "--strategy", "");
    }
    if (is_list)
        status = sinter_experiment_add_strategies(experiment, request->strategy, option_at(options, "--strategy", ""),
                                                  options->diags);
    experiment->is_whole = request->is_whole;
    experiment->objective = request->objective;
    experiment->gap = request->gap > 0 ? request->gap : experiment->gap;
    experiment->effort = request->effort > 0 ? request->effort : experiment->effort;
    if (status == SINTER_OK)
        status = add_area(options, experiment);
    if (status == SINTER_OK)
        status = add_clauses(options, experiment);
    return status == SINTER_OK ? add_workloads(options, experiment) : status;
}

enum sinter_status find_experiment(struct options *options, struct sinter_experiment **experiment)
{
    const struct explore_request *request = &options->explore;
    struct sinter_experiment *next = NULL;
    *experiment = NULL;
    if (request->file != NULL && request->is_described)
        return usage_error(options, "change the file, or leave it out: --print writes one from options",
                           "an experiment's file says all of it, and options beside it say it again");
    if (request->file != NULL)
        return sinter_experiment_load(request->file, NULL, options->diags, experiment);
    if (request->is_described || !request->is_query)
        return from_options(options, experiment);
    enum sinter_status status = SINTER_OK;
    for (int i = 0; status == SINTER_OK; i++) {
        status = sinter_explore_stored(request->store, i, NULL, options->diags, &next);
        if (status != SINTER_OK || next == NULL)
            break;
        sinter_experiment_free(*experiment);
        *experiment = next;
    }
    if (status == SINTER_OK && *experiment == NULL)
        return usage_error(options, NULL, "the store '%s' has no experiment yet", request->store);
    return status;
}
