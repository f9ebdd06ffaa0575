/* show_model.c: a model's operators: floating-point operations, functions, bytes, operational intensity.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "report/jot.h"

/* Adds a row `count` times; what does not fit 63 bits sticks at -1. */
static int64_t add_times(int64_t sum, int64_t value, int64_t count)
{
    int64_t product;
    if (sum < 0 || value < 0 || !sinter_multiply(value, count, &product) || !sinter_add(sum, product, &sum))
        return -1;
    return sum;
}

static void add_row(struct sinter_operator_row *sum, const struct sinter_operator_row *row, int64_t count)
{
    sum->flops = add_times(sum->flops, row->flops, count);
    for (int op = 0; op < SINTER_N_OPS; op++)
        sum->operations[op] = add_times(sum->operations[op], row->operations[op], count);
    sum->weight_bytes = add_times(sum->weight_bytes, row->weight_bytes, count);
    sum->in_bytes = add_times(sum->in_bytes, row->in_bytes, count);
    sum->out_bytes = add_times(sum->out_bytes, row->out_bytes, count);
}

static struct sinter_operator_row row_of(const struct sinter_cascade *cascade, int index)
{
    struct sinter_operator_row row = {0};
    sinter_operator_count(cascade, index, &row);
    return row;
}

static struct sinter_operator_row part_total(const struct sinter_part *part)
{
    struct sinter_operator_row total = {.name = part->name};
    for (int i = 0; i < part->cascade->n_operators; i++) {
        struct sinter_operator_row row = row_of(part->cascade, i);
        add_row(&total, &row, 1);
    }
    return total;
}

static struct sinter_operator_row model_total(const struct sinter_model *model)
{
    struct sinter_operator_row total = {.name = model->name};
    for (int p = 0; p < model->n_parts; p++) {
        struct sinter_operator_row part = part_total(&model->parts[p]);
        add_row(&total, &part, model->parts[p].count);
    }
    return total;
}

/* FLOP per byte of distinct tensors; NAN when it is not known or nothing moves. */
static double intensity(const struct sinter_operator_row *row)
{
    if (row->flops < 0 || row->weight_bytes < 0 || row->in_bytes < 0 || row->out_bytes < 0)
        return (double)NAN;
    double bytes = (double)row->weight_bytes + (double)row->in_bytes + (double)row->out_bytes;
    return bytes > 0 ? (double)row->flops / bytes : (double)NAN;
}

/* ---- text --------------------------------------------------------------------------------------------------- */

/* Functions (classes that are no FLOPs) get a column each when the model uses them. */
static bool is_function_used(const struct sinter_operator_row *total, int op)
{
    return sinter_op_flops((enum sinter_op)op) == 0 && total->operations[op] != 0;
}

static void cells(struct sinter_table *table, const struct sinter_operator_row *row, const struct sinter_operator_row *used)
{
    sinter_table_cell(table, show_count((double)row->flops).text);
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (is_function_used(used, op))
            sinter_table_cell(table, row->operations[op] == 0 ? "" : show_count((double)row->operations[op]).text);
    sinter_table_cell(table, show_traffic(row->weight_bytes).text);
    sinter_table_cell(table, show_traffic(row->in_bytes).text);
    sinter_table_cell(table, show_traffic(row->out_bytes).text);
    double flop_per_byte = intensity(row);
    if (isfinite(flop_per_byte))
        sinter_table_cellf(table, flop_per_byte < 99.995 ? "%.2f" : "%.0f", flop_per_byte);
    else
        sinter_table_cell(table, "-");
}

static struct sinter_table *operator_table(const struct sinter_operator_row *used, const struct sinter_allocator *allocator)
{
    struct sinter_table *table = sinter_table_new(allocator);
    sinter_table_column(table, "operator", SINTER_LEFT);
    sinter_table_column(table, "FLOP", SINTER_UNIT);
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (is_function_used(used, op))
            sinter_table_column(table, sinter_op_name((enum sinter_op)op), SINTER_UNIT);
    sinter_table_column(table, "weights", SINTER_UNIT);
    sinter_table_column(table, "in", SINTER_UNIT);
    sinter_table_column(table, "out", SINTER_UNIT);
    sinter_table_column(table, "FLOP/B", SINTER_RIGHT);
    return table;
}

static void part_text(struct sinter_text *out, const struct sinter_part *part, const struct sinter_operator_row *used,
                      const struct sinter_style *style)
{
    sinter_text_printf(out, "\n%s", tone_begin(SINTER_STRONG, style->is_colored));
    append_clean(out, part->name);
    sinter_text_printf(out, ", runs %s time%s%s\n", show_integer(part->count).text, part->count == 1 ? "" : "s",
                       tone_end(SINTER_STRONG, style->is_colored));
    sinter_text_append(out, "  ranks:");
    for (int r = 0; r < part->cascade->n_ranks; r++) {
        sinter_text_append(out, r > 0 ? ", " : " ");
        append_clean(out, part->cascade->ranks[r].name);
        sinter_text_printf(out, " %s", show_integer(part->cascade->ranks[r].extent).text);
    }
    sinter_text_append(out, "\n");
    struct sinter_table *table = operator_table(used, out->allocator);
    for (int i = 0; i < part->cascade->n_operators; i++) {
        struct sinter_operator_row row = row_of(part->cascade, i);
        sinter_table_row(table, SINTER_PLAIN);
        sinter_table_cell(table, row.name);
        cells(table, &row, used);
    }
    struct sinter_operator_row total = part_total(part);
    sinter_table_rule(table);
    sinter_table_row(table, SINTER_STRONG);
    sinter_table_cell(table, "total");
    cells(table, &total, used);
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

static void config_text(struct sinter_text *out, const struct sinter_model *model)
{
    const struct sinter_model_config *config = &model->config;
    if (config->layers == 0)
        return;
    if (model->parameters > 0)
        sinter_text_printf(out, "%s parameters (%s); ", show_integer(model->parameters).text,
                           show_count((double)model->parameters).text);
    sinter_text_printf(out, "%s layers, width %s, inner width %s, state %s, dt rank %s, conv %s, vocabulary %s\n",
                       show_integer(config->layers).text, show_integer(config->hidden).text,
                       show_integer(config->inner).text, show_integer(config->state).text,
                       show_integer(config->dt_rank).text, show_integer(config->conv).text,
                       show_integer(config->vocab).text);
}

static enum sinter_status model_text(const struct sinter_model *model, const struct sinter_style *style,
                                     struct sinter_text *out)
{
    sinter_text_append(out, tone_begin(SINTER_STRONG, style->is_colored));
    describe_workload(out, model, NULL);
    sinter_text_append(out, tone_end(SINTER_STRONG, style->is_colored));
    sinter_text_append(out, "\n");
    config_text(out, model);
    append_assumptions(out, model, style);
    struct sinter_operator_row total = model_total(model);
    for (int p = 0; p < model->n_parts; p++)
        part_text(out, &model->parts[p], &total, style);
    if (model->n_parts > 1) {
        append_title(out, style, "The model: all parts, each as often as it runs");
        struct sinter_table *table = operator_table(&total, out->allocator);
        for (int p = 0; p < model->n_parts; p++) {
            struct sinter_operator_row part = part_total(&model->parts[p]), all = {0};
            add_row(&all, &part, model->parts[p].count);
            sinter_table_row(table, SINTER_PLAIN);
            sinter_table_cellf(table, "%s x %s", show_integer(model->parts[p].count).text, part.name);
            cells(table, &all, &total);
        }
        sinter_table_rule(table);
        sinter_table_row(table, SINTER_STRONG);
        sinter_table_cell(table, "total");
        cells(table, &total, &total);
        sinter_table_print(table, style->is_colored, out);
        sinter_table_free(table);
    }
    if (!style->is_quiet)
        sinter_text_append(
            out,
            "\nA mac is 2 FLOP, add, mul, div and max are 1, functions are listed apart. Bytes are those of the distinct\n"
            "tensors that enter or leave the operator, each once.\n");
    return text_status(out);
}

/* ---- JSON --------------------------------------------------------------------------------------------------- */

static json_t *row_member(struct jot *jot, const struct sinter_operator_row *row)
{
    json_t *object = jot_object(jot), *operations = jot_object(jot);
    jot_put(jot, object, "name", jot_text(jot, row->name));
    jot_put(jot, object, "flops", jot_count(jot, row->flops));
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (row->operations[op] != 0)
            jot_put(jot, operations, sinter_op_name((enum sinter_op)op), jot_count(jot, row->operations[op]));
    jot_put(jot, object, "operations", operations);
    jot_put(jot, object, "weight_bytes", jot_count(jot, row->weight_bytes));
    jot_put(jot, object, "in_bytes", jot_count(jot, row->in_bytes));
    jot_put(jot, object, "out_bytes", jot_count(jot, row->out_bytes));
    jot_put(jot, object, "flop_per_byte", jot_real(jot, intensity(row)));
    return object;
}

static json_t *part_member(struct jot *jot, const struct sinter_part *part)
{
    json_t *object = jot_object(jot), *ranks = jot_object(jot), *operators = jot_array(jot);
    jot_put(jot, object, "name", jot_text(jot, part->name));
    jot_put(jot, object, "count", jot_count(jot, part->count));
    for (int r = 0; r < part->cascade->n_ranks; r++)
        jot_put(jot, ranks, part->cascade->ranks[r].name, jot_count(jot, part->cascade->ranks[r].extent));
    for (int i = 0; i < part->cascade->n_operators; i++) {
        struct sinter_operator_row row = row_of(part->cascade, i);
        jot_add(jot, operators, row_member(jot, &row));
    }
    struct sinter_operator_row total = part_total(part);
    jot_put(jot, object, "ranks", ranks);
    jot_put(jot, object, "operators", operators);
    jot_put(jot, object, "total", row_member(jot, &total));
    return object;
}

static enum sinter_status model_json(const struct sinter_model *model, struct sinter_text *out)
{
    struct jot jot = {false};
    json_t *root = jot_object(&jot), *object = jot_model(&jot, model), *parts = jot_array(&jot);
    for (int p = 0; p < model->n_parts; p++)
        jot_add(&jot, parts, part_member(&jot, &model->parts[p]));
    struct sinter_operator_row total = model_total(model);
    jot_put(&jot, object, "parts", parts);
    jot_put(&jot, object, "total", row_member(&jot, &total));
    jot_put(&jot, root, "schema", jot_text(&jot, "sinter.show/1"));
    jot_put(&jot, root, "model", object);
    return jot_finish(&jot, root, out);
}

/* ---- CSV ---------------------------------------------------------------------------------------------------- */

static void csv_row(struct sinter_text *out, const struct sinter_part *part, const struct sinter_operator_row *row)
{
    int n = 0;
    sinter_csv_field(out, &n, part->name);
    sinter_csv_integer(out, &n, part->count);
    sinter_csv_field(out, &n, row->name);
    sinter_csv_integer(out, &n, row->flops);
    for (int op = 0; op < SINTER_N_OPS; op++)
        sinter_csv_integer(out, &n, row->operations[op]);
    sinter_csv_integer(out, &n, row->weight_bytes);
    sinter_csv_integer(out, &n, row->in_bytes);
    sinter_csv_integer(out, &n, row->out_bytes);
    sinter_csv_end(out, &n);
}

static enum sinter_status model_csv(const struct sinter_model *model, struct sinter_text *out)
{
    int n = 0;
    sinter_csv_field(out, &n, "part");
    sinter_csv_field(out, &n, "count");
    sinter_csv_field(out, &n, "operator");
    sinter_csv_field(out, &n, "flops");
    for (int op = 0; op < SINTER_N_OPS; op++)
        sinter_csv_field(out, &n, sinter_op_name((enum sinter_op)op));
    sinter_csv_field(out, &n, "weight_bytes");
    sinter_csv_field(out, &n, "in_bytes");
    sinter_csv_field(out, &n, "out_bytes");
    sinter_csv_end(out, &n);
    for (int p = 0; p < model->n_parts; p++) {
        for (int i = 0; i < model->parts[p].cascade->n_operators; i++) {
            struct sinter_operator_row row = row_of(model->parts[p].cascade, i);
            csv_row(out, &model->parts[p], &row);
        }
    }
    return text_status(out);
}

enum sinter_status sinter_model_write(const struct sinter_model *model, const struct sinter_style *style,
                                      struct sinter_text *out)
{
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        return model_json(model, out);
    case SINTER_FORMAT_CSV:
        return model_csv(model, out);
    case SINTER_FORMAT_TEXT:
        break;
    }
    return model_text(model, style, out);
}
