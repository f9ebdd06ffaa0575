/* run.c: one run as JSON and CSV, and the choice between the formats. The text is in run_text.c.
 * SPDX-License-Identifier: MIT
 */
#include "report/run.h"
#include "report/commands.h"
#include "report/jot.h"

static enum sinter_status run_json(const struct sinter_result *result, const struct sinter_style *style,
                                   struct sinter_text *out)
{
    struct jot jot = {false};
    json_t *root = jot_object(&jot);
    jot_put(&jot, root, "schema", jot_text(&jot, "sinter.run/1"));
    jot_put(&jot, root, "model", jot_model(&jot, result->model));
    jot_put(&jot, root, "accelerator", jot_accel(&jot, result->accel));
    jot_result(&jot, root, result, style->all_layers, true);
    if (style->n_commands > 0)
        jot_put(&jot, root, "commands", jot_commands(&jot, &result->parts[result->block], style->n_commands));
    return jot_finish(&jot, root, out);
}

static void csv_header(struct sinter_text *out)
{
    static const char *const names[] = {
        "part",           "count",       "group",         "operator",        "einsum",           "unit", "cycles",
        "compute_cycles", "dram_cycles", "buffer_cycles", "dram_read_bytes", "dram_write_bytes", "bound"};
    int n = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        sinter_csv_field(out, &n, names[i]);
    for (int op = 0; op < SINTER_N_OPS; op++)
        sinter_csv_field(out, &n, sinter_op_name((enum sinter_op)op));
    sinter_csv_field(out, &n, "dram_joules");
    sinter_csv_field(out, &n, "operations_joules");
    sinter_csv_end(out, &n);
}

static void csv_einsum(struct sinter_text *out, const struct sinter_part_result *part, int index)
{
    const struct sinter_einsum *einsum = &part->cascade->einsums[index];
    const struct sinter_einsum_cost *cost = &part->cost.einsums[index];
    const struct sinter_leaf_plan *leaf = &part->plan->leaves[index];
    int64_t counts[SINTER_N_OPS] = {0};
    sinter_einsum_operations(part->cascade, index, counts);
    int n = 0;
    sinter_csv_field(out, &n, part->name);
    sinter_csv_integer(out, &n, part->count);
    sinter_csv_integer(out, &n, cost->group + 1);
    sinter_csv_field(out, &n, part->cascade->operators[einsum->cascade_operator].name);
    sinter_csv_field(out, &n, einsum->name);
    sinter_csv_field(out, &n, part->plan->accel->units[cost->unit].name);
    sinter_csv_number(out, &n, cost->cycles);
    sinter_csv_number(out, &n, cost->compute_cycles);
    sinter_csv_number(out, &n, cost->dram_cycles);
    sinter_csv_number(out, &n, cost->buffer_cycles);
    sinter_csv_integer(out, &n, sinter_bits_to_bytes(leaf->dram_read_bits));
    sinter_csv_integer(out, &n, sinter_bits_to_bytes(leaf->dram_write_bits));
    sinter_csv_field(out, &n, sinter_bound_name(cost->bound));
    for (int op = 0; op < SINTER_N_OPS; op++)
        sinter_csv_integer(out, &n, counts[op]);
    const struct sinter_accel *accel = part->plan->accel;
    sinter_csv_number(
        out, &n, ((double)leaf->dram_read_bits + (double)leaf->dram_write_bits) * accel->memories[0].pj_per_bit * 1e-12);
    sinter_csv_number(out, &n, part->plan->work[index * accel->n_units + cost->unit].joules);
    sinter_csv_end(out, &n);
}

static enum sinter_status run_csv(const struct sinter_result *result, const struct sinter_style *style,
                                  struct sinter_text *out)
{
    csv_header(out);
    for (int p = 0; p < result->n_parts; p++) {
        const struct sinter_part_result *part = &result->parts[p];
        if ((!style->all_layers && p != result->block) || part->status != SINTER_OK)
            continue;
        for (int e = 0; e < part->cascade->n_einsums; e++)
            csv_einsum(out, part, e);
    }
    return text_status(out);
}

enum sinter_status sinter_run_write(const struct sinter_result *result, const struct sinter_style *style,
                                    struct sinter_text *out)
{
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        return run_json(result, style, out);
    case SINTER_FORMAT_CSV:
        return run_csv(result, style, out);
    case SINTER_FORMAT_TEXT:
        break;
    }
    return run_text(result, style, out);
}
