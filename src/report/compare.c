/* compare.c: strategies side by side: baseline and best, JSON and CSV. The text is in compare_text.c.
 * SPDX-License-Identifier: MIT
 */
#include "report/compare.h"

#include <math.h>
#include <string.h>

#include "report/jot.h"

const struct sinter_totals *comparison_totals(const struct comparison *comparison, int row)
{
    const struct sinter_result *result = comparison->rows[row].result;
    return result == NULL ? NULL : comparison->all_layers ? &result->whole : &result->one;
}

bool comparison_is_feasible(const struct comparison *comparison, int row)
{
    const struct sinter_totals *totals = comparison_totals(comparison, row);
    return totals != NULL && totals->status == SINTER_OK;
}

const char *comparison_reason(const struct comparison *comparison, int row)
{
    const struct sinter_totals *totals = comparison_totals(comparison, row);
    const char *reason = totals != NULL ? totals->reason : comparison->rows[row].reason;
    return reason != NULL ? reason : "unknown";
}

double comparison_speedup(const struct comparison *comparison, int row)
{
    if (comparison->baseline < 0 || !comparison_is_feasible(comparison, row))
        return (double)NAN;
    return comparison_totals(comparison, comparison->baseline)->cycles / comparison_totals(comparison, row)->cycles;
}

void comparison_choose(struct comparison *comparison)
{
    comparison->baseline = comparison->best = -1;
    bool has_unfused = false;
    for (int i = 0; i < comparison->n_rows; i++) {
        if (!comparison_is_feasible(comparison, i))
            continue;
        bool is_unfused = strcmp(comparison->rows[i].strategy->label, "unfused") == 0;
        if (comparison->baseline < 0 || (is_unfused && !has_unfused))
            comparison->baseline = i;
        has_unfused = has_unfused || is_unfused;
        if (comparison->best < 0) {
            comparison->best = i;
            continue;
        }
        const struct sinter_totals *this = comparison_totals(comparison, i),
                                   *best = comparison_totals(comparison, comparison->best);
        int64_t bytes = this->read_bytes + this->write_bytes, best_bytes = best->read_bytes + best->write_bytes;
        if (this->cycles < best->cycles || (this->cycles <= best->cycles && bytes < best_bytes))
            comparison->best = i;
    }
}

static const char *label_of(const struct comparison *comparison, int row)
{
    return row < 0 ? NULL : comparison->rows[row].strategy->label;
}

static enum sinter_status compare_json(const struct comparison *comparison, struct sinter_text *out)
{
    struct jot jot = {false};
    json_t *root = jot_object(&jot), *runs = jot_array(&jot);
    jot_put(&jot, root, "schema", jot_text(&jot, "sinter.compare/1"));
    jot_put(&jot, root, "model", jot_model(&jot, comparison->model));
    jot_put(&jot, root, "accelerator", jot_accel(&jot, comparison->accel));
    jot_put(&jot, root, "layers", jot_text(&jot, comparison->all_layers ? "all" : "one"));
    jot_put(&jot, root, "baseline", jot_text(&jot, label_of(comparison, comparison->baseline)));
    jot_put(&jot, root, "best", jot_text(&jot, label_of(comparison, comparison->best)));
    for (int i = 0; i < comparison->n_rows; i++) {
        const struct sinter_compare_row *row = &comparison->rows[i];
        json_t *run = jot_object(&jot);
        if (row->result != NULL)
            jot_result(&jot, run, row->result, comparison->all_layers, false);
        else {
            jot_put(&jot, run, "status", jot_text(&jot, "infeasible"));
            jot_put(&jot, run, "reason", jot_text(&jot, comparison_reason(comparison, i)));
            jot_put(&jot, run, "strategy", jot_text(&jot, row->strategy->label));
        }
        jot_put(&jot, run, "speedup", jot_real(&jot, comparison_speedup(comparison, i)));
        jot_add(&jot, runs, run);
    }
    jot_put(&jot, root, "runs", runs);
    return jot_finish(&jot, root, out);
}

static void csv_header(const struct comparison *comparison, struct sinter_text *out)
{
    static const char *const names[] = {"strategy",        "status",          "reason",          "latency_cycles",
                                        "latency_seconds", "dram_read_bytes", "dram_write_bytes"};
    static const char *const energies[] = {"energy_dram_joules", "energy_operations_joules", "energy_memories_joules",
                                           "energy_static_joules", "energy_total_joules"};
    int n = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        sinter_csv_field(out, &n, names[i]);
    for (int m = 1; m < comparison->accel->n_memories; m++) {
        struct sinter_text name = {.allocator = out->allocator};
        sinter_text_printf(&name, "peak_bytes_%s", comparison->accel->memories[m].name);
        sinter_csv_field(out, &n, sinter_text_data(&name));
        sinter_text_free(&name);
    }
    sinter_csv_field(out, &n, "utilization");
    sinter_csv_field(out, &n, "speedup");
    sinter_csv_field(out, &n, "energy_joules");
    sinter_csv_field(out, &n, "bound");
    for (int i = 0; i < 5; i++)
        sinter_csv_field(out, &n, energies[i]);
    sinter_csv_end(out, &n);
}

static void csv_row(const struct comparison *comparison, int row, struct sinter_text *out)
{
    const struct sinter_totals *totals = comparison_totals(comparison, row);
    bool is_known = comparison_is_feasible(comparison, row);
    double unknown = (double)NAN;
    int n = 0;
    sinter_csv_field(out, &n, comparison->rows[row].strategy->label);
    sinter_csv_field(out, &n, is_known ? "ok" : "infeasible");
    sinter_csv_field(out, &n, is_known ? "" : comparison_reason(comparison, row));
    if (is_known && nearest_cycles(totals->cycles) < 0) /* beyond 63 bits */
        sinter_csv_number(out, &n, totals->cycles);
    else
        sinter_csv_integer(out, &n, is_known ? nearest_cycles(totals->cycles) : -1);
    sinter_csv_number(out, &n, is_known ? totals->seconds : unknown);
    sinter_csv_integer(out, &n, totals != NULL ? totals->read_bytes : -1);
    sinter_csv_integer(out, &n, totals != NULL ? totals->write_bytes : -1);
    for (int m = 1; m < comparison->accel->n_memories; m++)
        sinter_csv_integer(out, &n, totals != NULL ? totals->peak_bytes[m] : -1);
    sinter_csv_number(out, &n, is_known ? totals->utilization : unknown);
    sinter_csv_number(out, &n, comparison_speedup(comparison, row));
    sinter_csv_number(out, &n, is_known ? totals->joules : unknown);
    sinter_csv_field(out, &n, is_known ? sinter_bound_name(totals->bound) : "");
    sinter_csv_number(out, &n, is_known ? totals->dram_joules : unknown);
    sinter_csv_number(out, &n, is_known ? totals->compute_joules : unknown);
    sinter_csv_number(out, &n, is_known ? totals->sram_joules : unknown);
    sinter_csv_number(out, &n, is_known ? totals->static_joules : unknown);
    sinter_csv_number(out, &n, is_known ? totals->total_joules : unknown);
    sinter_csv_end(out, &n);
}

enum sinter_status sinter_compare_write(const struct sinter_model *model, const struct sinter_accel *accel,
                                        const struct sinter_compare_row *rows, int n_rows, const struct sinter_style *style,
                                        struct sinter_text *out)
{
    struct comparison comparison = {
        .model = model, .accel = accel, .rows = rows, .n_rows = n_rows, .all_layers = style->all_layers};
    comparison_choose(&comparison);
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        return compare_json(&comparison, out);
    case SINTER_FORMAT_CSV:
        csv_header(&comparison, out);
        for (int i = 0; i < n_rows; i++)
            csv_row(&comparison, i, out);
        return text_status(out);
    case SINTER_FORMAT_TEXT:
        break;
    }
    return compare_text(&comparison, style, out);
}
