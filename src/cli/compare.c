/* compare.c: `sinter compare`: strategies side by side.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"

struct rows {
    struct sinter_compare_row items[MAX_STRATEGIES];
    struct sinter_result *results[MAX_STRATEGIES];       /* owned */
    struct sinter_diagnostics *messages[MAX_STRATEGIES]; /* owned: of each row, told when they are wanted */
    int n, n_feasible;
};

static enum sinter_status check_options(struct options *options)
{
    if (options->model == NULL)
        return usage_error(options, "as in -m mamba-2.8b; 'sinter show' lists the names", "no model is given");
    return options->n_strategy_texts == 0 ? strategies_default(options) : strategies_parse(options, true);
}

static const char *first_error(struct options *options, const struct sinter_diagnostics *diags, enum sinter_status status)
{
    for (int i = 0; i < sinter_diagnostics_count(diags); i++) {
        const struct sinter_diagnostic *diagnostic = sinter_diagnostics_at(diags, i);
        if (diagnostic->severity == SINTER_ERROR)
            return sinter_arena_copy(options->arena, diagnostic->message, strlen(diagnostic->message));
    }
    return sinter_status_name(status);
}

static bool is_known(const struct sinter_diagnostics *diags, const struct sinter_diagnostic *diagnostic)
{
    for (int i = 0; i < sinter_diagnostics_count(diags); i++)
        if (strcmp(sinter_diagnostics_at(diags, i)->message, diagnostic->message) == 0)
            return true;
    return false;
}

/* Passes messages on, each once: strategies often fail for the same reason. */
static void pass_on(struct options *options, const struct sinter_diagnostics *diags)
{
    for (int i = 0; i < sinter_diagnostics_count(diags); i++) {
        const struct sinter_diagnostic *diagnostic = sinter_diagnostics_at(diags, i);
        if (is_known(options->diags, diagnostic))
            continue;
        sinter_report(options->diags, diagnostic->severity, diagnostic->at, diagnostic->hint, "%s", diagnostic->message);
    }
}

/* A row that cannot be priced says why; only a wrong file, lack of memory or a defect ends the command. */
static enum sinter_status add_row(struct options *options, const struct inputs *inputs, int index, struct rows *rows)
{
    const struct sinter_strategy *strategy = &options->strategies[index];
    struct sinter_compare_row *row = &rows->items[rows->n];
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    if (diags == NULL)
        return sinter_out_of_memory(options->diags);
    enum sinter_status status =
        sinter_result_evaluate(inputs->model, inputs->accel, strategy, NULL, diags, &rows->results[rows->n]);
    bool is_fatal =
        status == SINTER_NO_MEMORY || status == SINTER_INTERNAL || (status == SINTER_BAD_INPUT && strategy->file);
    row->strategy = strategy;
    row->result = rows->results[rows->n];
    row->reason = row->result == NULL ? first_error(options, diags, status) : NULL;
    if (is_fatal)
        pass_on(options, diags);
    rows->messages[rows->n] = diags;
    if (is_fatal)
        return status;
    const struct sinter_result *result = row->result;
    bool is_feasible =
        result != NULL && (options->style.all_layers ? result->whole.status : result->one.status) == SINTER_OK;
    rows->n_feasible += is_feasible;
    rows->n++;
    return SINTER_OK;
}

static enum sinter_status compare(struct options *options, const struct inputs *inputs, struct rows *rows)
{
    for (int i = 0; i < options->n_strategies; i++) {
        enum sinter_status status = add_row(options, inputs, i, rows);
        if (status != SINTER_OK)
            return status;
    }
    for (int i = 0; i < rows->n && (options->style.is_verbose || rows->n_feasible == 0); i++)
        pass_on(options, rows->messages[i]);
    struct sinter_text out = {0};
    enum sinter_status status =
        sinter_compare_write(inputs->model, inputs->accel, rows->items, rows->n, &options->style, &out);
    status = status == SINTER_OK ? output_write(options, &out) : sinter_out_of_memory(options->diags);
    sinter_text_free(&out);
    return status == SINTER_OK && rows->n_feasible == 0 ? SINTER_INFEASIBLE : status;
}

enum sinter_status command_compare(struct options *options)
{
    struct inputs inputs;
    enum sinter_status status = check_options(options);
    if (status == SINTER_OK)
        status = inputs_load(options, true, true, &inputs);
    if (status != SINTER_OK)
        return status;
    struct rows rows = {.n = 0};
    status = compare(options, &inputs, &rows);
    for (int i = 0; i < MAX_STRATEGIES; i++) {
        sinter_result_free(rows.results[i]);
        sinter_diagnostics_free(rows.messages[i]);
    }
    inputs_free(&inputs);
    return status;
}
