/* compare.c: `sinter compare`: strategies side by side.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"

static enum sinter_status check_options(struct options *options)
{
    if (options->model == NULL)
        return usage_error(options, "as in -m mamba-2.8b; 'sinter show' lists the names", "no model is given");
    enum sinter_status status = page_check(options);
    if (status != SINTER_OK)
        return status;
    return options->n_strategy_texts == 0 ? strategies_default(options) : strategies_parse(options, true);
}

static enum sinter_status write_page(struct options *options, const struct inputs *inputs, const struct rows *rows)
{
    if (!wants_page(options))
        return SINTER_OK;
    struct sinter_page page = {0};
    enum sinter_status status = sinter_page_results("compare", inputs->model, inputs->accel, rows->items, rows->n, -1,
                                                    &options->style, &options->origin, &page);
    status = status == SINTER_OK ? page_write(options, &page) : sinter_out_of_memory(options->diags);
    sinter_page_free(&page);
    return status;
}

static enum sinter_status compare(struct options *options, const struct inputs *inputs, struct rows *rows)
{
    enum sinter_status status = rows_evaluate(options, inputs, rows);
    if (status != SINTER_OK)
        return status;
    if (options->style.is_verbose || rows->n_feasible == 0)
        rows_pass_on(options, rows);
    struct sinter_text out = {0};
    status = sinter_compare_write(inputs->model, inputs->accel, rows->items, rows->n, &options->style, &out);
    status = status == SINTER_OK ? output_write(options, &out) : sinter_out_of_memory(options->diags);
    sinter_text_free(&out);
    if (status == SINTER_OK)
        status = write_page(options, inputs, rows);
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
    rows_free(&rows);
    inputs_free(&inputs);
    return status;
}
