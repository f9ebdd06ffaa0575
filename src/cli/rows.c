/* rows.c: several strategies priced one after another, for compare and verify.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "cli/commands.h"

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

enum sinter_status rows_evaluate(struct options *options, const struct inputs *inputs, struct rows *rows)
{
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < options->n_strategies && status == SINTER_OK; i++)
        status = add_row(options, inputs, i, rows);
    return status;
}

void rows_pass_on(struct options *options, const struct rows *rows)
{
    for (int i = 0; i < rows->n; i++)
        pass_on(options, rows->messages[i]);
}

void rows_free(struct rows *rows)
{
    for (int i = 0; i < MAX_STRATEGIES; i++) {
        sinter_result_free(rows->results[i]);
        sinter_diagnostics_free(rows->messages[i]);
    }
}
