/* show_accel.c: an accelerator: memories, units, peak rates, ridge points, sources.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "report/show_area.h"

static const char *kind_name(enum sinter_memory_kind kind)
{
    return kind == SINTER_DRAM ? "dram" : kind == SINTER_SRAM ? "sram" : "registers";
}

static struct shown show(double value, enum sinter_dimension dimension)
{
    struct shown shown;
    sinter_quantity_show(value, dimension, 4, shown.text, sizeof shown.text);
    return shown;
}

/* Operations of one class per second, on all PEs of the unit; 0: cannot run it. */
static double peak_rate(const struct sinter_accel *accel, const struct sinter_unit *unit, int op)
{
    return unit->cycles[op] > 0 ? (double)unit->n_pes / unit->cycles[op] * accel->hz : 0;
}

/* FLOP per DRAM byte above which macs, not DRAM, bound the unit (the knee of its roofline); NAN without macs. */
static double ridge_point(const struct sinter_accel *accel, const struct sinter_unit *unit)
{
    double flop_per_s = peak_rate(accel, unit, SINTER_MAC) * sinter_op_flops(SINTER_MAC);
    return flop_per_s > 0 && isfinite(accel->memories[0].bytes_per_s) ? flop_per_s / accel->memories[0].bytes_per_s
                                                                      : (double)NAN;
}

/* ---- text --------------------------------------------------------------------------------------------------- */

static void headline(struct sinter_text *out, const struct sinter_accel *accel, const struct sinter_style *style)
{
    sinter_text_append(out, tone_begin(SINTER_STRONG, style->is_colored));
    append_clean(out, accel->name);
    sinter_text_append(out, ":");
    if (accel->technology_nm > 0)
        sinter_text_printf(out, " %g nm,", accel->technology_nm);
    sinter_text_printf(out, " clock %s", show(accel->hz, SINTER_FREQUENCY).text);
    if (accel->area_mm2 > 0)
        sinter_text_printf(out, accel->area_model == SINTER_AREA_STATED ? ", %g mm2" : ", %.4g mm2", accel->area_mm2);
    sinter_text_printf(out, ", transfers %s%s\n",
                       accel->prefetch ? "run ahead of the computation" : "do not overlap the computation",
                       tone_end(SINTER_STRONG, style->is_colored));
}

/* What few memories have gets a column where one has it. */
enum extra { EXTRA_WRITES, EXTRA_LINK, EXTRA_LATENCY, EXTRA_BURST, N_EXTRAS };

static double extra_of(const struct sinter_memory *memory, enum extra extra)
{
    switch (extra) {
    case EXTRA_WRITES:
        return memory->write_bytes_per_s;
    case EXTRA_LINK:
        return isfinite(memory->link_bytes_per_s) ? memory->link_bytes_per_s : 0;
    case EXTRA_LATENCY:
        return memory->latency_s;
    case EXTRA_BURST:
        return memory->burst_bytes;
    case N_EXTRAS:
        break;
    }
    return 0;
}

static bool has_extra(const struct sinter_accel *accel, enum extra extra)
{
    for (int m = 0; m < accel->n_memories; m++)
        if (extra_of(&accel->memories[m], extra) > 0)
            return true;
    return false;
}

static void memory_table(struct sinter_text *out, const struct sinter_accel *accel, const struct sinter_style *style)
{
    static const char *const headers[] = {"memory", "kind", "filled from", "capacity", "bandwidth", "energy", "double"};
    static const char *const extras[] = {"writes", "link", "latency", "burst"};
    static const enum sinter_dimension dimensions[] = {SINTER_BANDWIDTH, SINTER_BANDWIDTH, SINTER_TIME, SINTER_BYTES};
    struct sinter_table *table = sinter_table_new(out->allocator);
    for (int i = 0; i < 7; i++)
        sinter_table_column(table, headers[i], i >= 3 && i <= 5 ? SINTER_UNIT : SINTER_LEFT);
    for (int i = 0; i < N_EXTRAS; i++)
        if (has_extra(accel, (enum extra)i))
            sinter_table_column(table, extras[i], SINTER_UNIT);
    for (int m = 0; m < accel->n_memories; m++) {
        const struct sinter_memory *memory = &accel->memories[m];
        sinter_table_row(table, SINTER_PLAIN);
        sinter_table_cell(table, memory->name);
        sinter_table_cell(table, kind_name(memory->kind));
        sinter_table_cell(table, memory->parent < 0 ? "-" : accel->memories[memory->parent].name);
        sinter_table_cell(table, show_capacity(memory->capacity_bytes).text);
        sinter_table_cell(table, show(memory->bytes_per_s, SINTER_BANDWIDTH).text);
        sinter_table_cell(table, memory->pj_per_bit > 0 ? show(memory->pj_per_bit, SINTER_ENERGY_PER_BIT).text : "-");
        sinter_table_cell(table, memory->is_double ? "yes" : "no");
        for (int i = 0; i < N_EXTRAS; i++) {
            double value = extra_of(memory, (enum extra)i);
            if (has_extra(accel, (enum extra)i))
                sinter_table_cell(table, value > 0 ? show(value, dimensions[i]).text : "-");
        }
    }
    sinter_text_append(out, "\n");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

static void append_pes(struct sinter_text *out, const struct sinter_unit *unit)
{
    for (int d = 0; d < unit->n_dims; d++)
        sinter_text_printf(out, "%s%s", d > 0 ? " x " : "", show_integer(unit->pes[d]).text);
    if (unit->n_dims > 1)
        sinter_text_printf(out, " = %s", show_integer(unit->n_pes).text);
}

static void rate_table(struct sinter_text *out, const struct sinter_accel *accel, const struct sinter_unit *unit,
                       const struct sinter_style *style)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_table_column(table, "operation", SINTER_LEFT);
    sinter_table_column(table, "cycles on a PE", SINTER_RIGHT);
    sinter_table_column(table, "per second", SINTER_UNIT);
    sinter_table_column(table, "energy", SINTER_UNIT);
    for (int op = 0; op < SINTER_N_OPS; op++) {
        if (unit->cycles[op] <= 0)
            continue;
        sinter_table_row(table, SINTER_PLAIN);
        sinter_table_cell(table, sinter_op_name((enum sinter_op)op));
        sinter_table_cellf(table, "%g", unit->cycles[op]);
        sinter_table_cell(table, show_count(peak_rate(accel, unit, op)).text);
        sinter_table_cell(table, unit->pj[op] > 0 ? show(unit->pj[op], SINTER_ENERGY).text : "-");
    }
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

static void append_rules(struct sinter_text *out, const struct sinter_unit *unit)
{
    for (int r = 0; r < unit->n_rules; r++) {
        const struct sinter_spatial_rule *rule = &unit->rules[r];
        sinter_text_append(out, r == 0 ? "  spread over the PEs: " : ", else ");
        sinter_text_append(out, "[");
        for (int d = 0; d < unit->n_dims; d++) {
            sinter_text_append(out, d > 0 ? ", " : "");
            append_clean(out, rule->ranks[d] == NULL ? "~" : rule->ranks[d]);
        }
        sinter_text_append(out, rule->only == SINTER_ELEMENTWISE ? "] for element-wise Einsums"
                                : rule->only == SINTER_REDUCTION ? "] for reductions"
                                                                 : "]");
    }
    if (unit->n_rules > 0)
        sinter_text_append(out, ", else the ranks that take the fewest cycles\n");
}

static void unit_text(struct sinter_text *out, const struct sinter_accel *accel, const struct sinter_unit *unit,
                      const struct sinter_style *style)
{
    sinter_text_printf(out, "\n%s", tone_begin(SINTER_STRONG, style->is_colored));
    append_clean(out, unit->name);
    sinter_text_append(out, ": ");
    append_pes(out, unit);
    sinter_text_append(out, " PEs at ");
    append_clean(out, accel->memories[unit->memory].name);
    sinter_text_printf(out, "%s\n", tone_end(SINTER_STRONG, style->is_colored));
    double ridge = ridge_point(accel, unit);
    if (isfinite(ridge))
        sinter_text_printf(out, "  ridge point %.4g FLOP/B: below it DRAM (%s) is the bound of macs (%sFLOP/s)\n", ridge,
                           show(accel->memories[0].bytes_per_s, SINTER_BANDWIDTH).text,
                           show_count(2 * peak_rate(accel, unit, SINTER_MAC)).text);
    append_rules(out, unit);
    rate_table(out, accel, unit, style);
}

static enum sinter_status accel_text(const struct sinter_accel *accel, const struct sinter_style *style,
                                     struct sinter_text *out)
{
    headline(out, accel, style);
    memory_table(out, accel, style);
    for (int u = 0; u < accel->n_units; u++)
        unit_text(out, accel, &accel->units[u], style);
    if (!style->is_quiet)
        area_text(out, accel, style);
    if (accel->n_notes > 0 && !style->is_quiet) {
        append_title(out, style, "Sources and remarks");
        for (int i = 0; i < accel->n_notes; i++) {
            sinter_text_append(out, "  - ");
            append_clean(out, accel->notes[i]);
            sinter_text_append(out, "\n");
        }
    }
    return text_status(out);
}

/* ---- JSON and CSV ------------------------------------------------------------------------------------------- */

static enum sinter_status accel_json(const struct sinter_accel *accel, struct sinter_text *out)
{
    struct jot jot = {false};
    json_t *root = jot_object(&jot), *object = jot_accel(&jot, accel), *ridges = jot_object(&jot), *notes = jot_array(&jot);
    for (int u = 0; u < accel->n_units; u++)
        jot_put(&jot, ridges, accel->units[u].name, jot_real(&jot, ridge_point(accel, &accel->units[u])));
    for (int i = 0; i < accel->n_notes; i++)
        jot_add(&jot, notes, jot_text(&jot, accel->notes[i]));
    jot_put(&jot, object, "ridge_flop_per_byte", ridges);
    jot_put(&jot, object, "notes", notes);
    area_members(&jot, object, accel);
    jot_put(&jot, root, "schema", jot_text(&jot, "sinter.show/1"));
    jot_put(&jot, root, "accelerator", object);
    return jot_finish(&jot, root, out);
}

static enum sinter_status accel_csv(const struct sinter_accel *accel, struct sinter_text *out)
{
    static const char *const names[] = {"item",
                                        "name",
                                        "at",
                                        "kind",
                                        "capacity_bytes",
                                        "bandwidth_bytes_per_s",
                                        "energy_pj_per_bit",
                                        "pes",
                                        "ridge_flop_per_byte"};
    int n = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        sinter_csv_field(out, &n, names[i]);
    sinter_csv_end(out, &n);
    for (int m = 0; m < accel->n_memories; m++) {
        const struct sinter_memory *memory = &accel->memories[m];
        sinter_csv_field(out, &n, "memory");
        sinter_csv_field(out, &n, memory->name);
        sinter_csv_field(out, &n, memory->parent < 0 ? "" : accel->memories[memory->parent].name);
        sinter_csv_field(out, &n, kind_name(memory->kind));
        sinter_csv_number(out, &n, memory->capacity_bytes);
        sinter_csv_number(out, &n, memory->bytes_per_s);
        sinter_csv_number(out, &n, memory->pj_per_bit > 0 ? memory->pj_per_bit : (double)NAN);
        sinter_csv_field(out, &n, "");
        sinter_csv_field(out, &n, "");
        sinter_csv_end(out, &n);
    }
    for (int u = 0; u < accel->n_units; u++) {
        const struct sinter_unit *unit = &accel->units[u];
        sinter_csv_field(out, &n, "unit");
        sinter_csv_field(out, &n, unit->name);
        sinter_csv_field(out, &n, accel->memories[unit->memory].name);
        for (int i = 0; i < 4; i++)
            sinter_csv_field(out, &n, "");
        sinter_csv_integer(out, &n, unit->n_pes);
        sinter_csv_number(out, &n, ridge_point(accel, unit));
        sinter_csv_end(out, &n);
    }
    return text_status(out);
}

enum sinter_status sinter_accel_write(const struct sinter_accel *accel, const struct sinter_style *style,
                                      struct sinter_text *out)
{
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        return accel_json(accel, out);
    case SINTER_FORMAT_CSV:
        return accel_csv(accel, out);
    case SINTER_FORMAT_TEXT:
        break;
    }
    return accel_text(accel, style, out);
}
