/* run.c: `sinter run`: one model, one accelerator, one schedule.
 * SPDX-License-Identifier: MIT
 */
#include "cli/commands.h"
#include "cli/output.h"

static enum sinter_status check_options(struct options *options)
{
    if (options->model == NULL)
        return usage_error(options, "as in -m mamba-2.8b; 'sinter show' lists the names", "no model is given");
    enum sinter_status status =
        options->n_strategy_texts == 0 ? strategies_add(options, "mem-aware") : strategies_parse(options, false);
    if (status == SINTER_OK && options->n_strategies > 1)
        return usage_error(options, "'sinter compare' takes several", "'sinter run' takes one strategy, %d are given",
                           options->n_strategies);
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
    struct sinter_result *result = NULL;
    status = sinter_result_evaluate(inputs.model, inputs.accel, &options->strategies[0], NULL, options->diags, &result);
    if (result != NULL) {
        struct sinter_text out = {0};
        enum sinter_status written = sinter_run_write(result, &options->style, &out);
        written = written == SINTER_OK ? output_write(options, &out) : sinter_out_of_memory(options->diags);
        sinter_text_free(&out);
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
