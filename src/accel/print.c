/* print.c: an accelerator as canonical YAML, all figures resolved: overrides and the family are in the numbers.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "accel/reader.h"

static const char *const kind_names[] = {"dram", "sram", "registers"};
static const char *const only_names[] = {"any", "elementwise", "reduction"};

static void print_quantity(struct sinter_text *out, const char *field, double value, enum sinter_dimension dimension)
{
    char buffer[64];

    sinter_text_printf(out, "%s: %s", field, sinter_quantity_print(value, dimension, buffer, sizeof buffer));
}

/* The fewest digits that read back to the same number. */
static void print_number(struct sinter_text *out, double value)
{
    char buffer[40];

    for (int digits = 1; digits <= 17; digits++) {
        snprintf(buffer, sizeof buffer, "%.*g", digits, value);
        if (!(strtod(buffer, NULL) < value) && !(strtod(buffer, NULL) > value))
            break;
    }
    sinter_text_append(out, buffer);
}

static void print_memory(struct sinter_text *out, const struct sinter_accel *accel, int index)
{
    const struct sinter_memory *memory = &accel->memories[index];

    sinter_text_append(out, "  - {name: ");
    yaml_print_scalar(out, memory->name);
    sinter_text_printf(out, ", kind: %s", kind_names[memory->kind]);
    if (memory->kind != SINTER_DRAM || isfinite(memory->capacity_bytes))
        print_quantity(out, ", capacity", memory->capacity_bytes, SINTER_BYTES);
    print_quantity(out, ", bandwidth", memory->bytes_per_s, SINTER_BANDWIDTH);
    if (memory->pj_per_bit > 0 && !memory->is_energy_modelled)
        print_quantity(out, ", energy", memory->pj_per_bit, SINTER_ENERGY_PER_BIT);
    if (memory->write_bytes_per_s > 0)
        print_quantity(out, ", write_bandwidth", memory->write_bytes_per_s, SINTER_BANDWIDTH);
    if (isfinite(memory->link_bytes_per_s))
        print_quantity(out, ", link", memory->link_bytes_per_s, SINTER_BANDWIDTH);
    if (memory->latency_s > 0)
        print_quantity(out, ", latency", memory->latency_s, SINTER_TIME);
    if (memory->burst_bytes > 0)
        print_quantity(out, ", burst", memory->burst_bytes, SINTER_BYTES);
    if (memory->is_double)
        sinter_text_append(out, ", double: true");
    if (memory->cells != SINTER_LSTP)
        sinter_text_printf(out, ", cells: %s", sinter_cells_name(memory->cells));
    if (memory->kind != SINTER_DRAM && memory->width_bytes > 0 && fabs(memory->width_bytes - SINTER_SRAM_WIDTH) > 0)
        print_quantity(out, ", width", memory->width_bytes, SINTER_BYTES);
    if (memory->has_leakage)
        print_quantity(out, ", leakage", memory->leakage_watts, SINTER_POWER);
    if (memory->parent != index - 1) {
        sinter_text_append(out, ", parent: ");
        yaml_print_scalar(out, accel->memories[memory->parent].name);
    }
    sinter_text_append(out, "}\n");
}

static void print_rule(struct sinter_text *out, const struct sinter_unit *unit, const struct sinter_spatial_rule *rule)
{
    sinter_text_append(out, "      - {");
    if (rule->only != SINTER_ANY_EINSUM)
        sinter_text_printf(out, "only: %s, ", only_names[rule->only]);
    sinter_text_append(out, "pes: [");
    for (int d = 0; d < unit->n_dims; d++) {
        sinter_text_append(out, d > 0 ? ", " : "");
        if (rule->ranks[d])
            yaml_print_scalar(out, rule->ranks[d]);
        else
            sinter_text_append(out, "~");
    }
    sinter_text_append(out, "]}\n");
}

static void print_unit(struct sinter_text *out, const struct sinter_accel *accel, const struct sinter_unit *unit)
{
    const char *separator = "";
    bool has_energy = false;

    sinter_text_append(out, "  - name: ");
    yaml_print_scalar(out, unit->name);
    sinter_text_append(out, "\n    at: ");
    yaml_print_scalar(out, accel->memories[unit->memory].name);
    sinter_text_append(out, "\n    pes: [");
    for (int d = 0; d < unit->n_dims; d++)
        sinter_text_printf(out, "%s%" PRId64, d > 0 ? ", " : "", unit->pes[d]);
    sinter_text_append(out, "]\n    cycles: {");
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (unit->cycles[op] > 0) {
            sinter_text_printf(out, "%s%s: ", separator, sinter_op_name((enum sinter_op)op));
            print_number(out, unit->cycles[op]);
            separator = ", ";
        }
    sinter_text_append(out, "}\n");
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (unit->pj[op] > 0 && !unit->is_pj_modelled[op]) {
            sinter_text_append(out, has_energy ? ", " : "    energy: {");
            print_quantity(out, sinter_op_name((enum sinter_op)op), unit->pj[op], SINTER_ENERGY);
            has_energy = true;
        }
    sinter_text_append(out, has_energy ? "}\n" : "");
    if (unit->precision != SINTER_PE_FP32)
        sinter_text_printf(out, "    precision: %s\n", sinter_precision_name(unit->precision));
    if (unit->pe_mm2 > 0) {
        print_quantity(out, "    pe_area", unit->pe_mm2, SINTER_AREA);
        sinter_text_append(out, "\n");
    }
    if (unit->n_rules > 0)
        sinter_text_append(out, "    spatial:\n");
    for (int i = 0; i < unit->n_rules; i++)
        print_rule(out, unit, &unit->rules[i]);
}

static void print_line(struct sinter_text *out, const char *field, double value, enum sinter_dimension dimension)
{
    print_quantity(out, field, value, dimension);
    sinter_text_append(out, "\n");
}

/* What was worked out is left out: reading works it out again. */
static void print_area(struct sinter_text *out, const struct sinter_accel *accel)
{
    if (accel->stated_area_mm2 > 0)
        print_line(out, "area", accel->stated_area_mm2, SINTER_AREA);
    if (accel->area_model != SINTER_AREA_STATED)
        sinter_text_printf(out, "area_model: %s\n", sinter_area_model_name(accel->area_model));
    if (accel->area_other_mm2 > 0)
        print_line(out, "area_other", accel->area_other_mm2, SINTER_AREA);
    if (accel->area_budget_mm2 > 0) {
        print_line(out, "area_budget", accel->area_budget_mm2, SINTER_AREA);
        sinter_text_append(out, "area_fill: ");
        yaml_print_scalar(out, accel->units[accel->area_fill].name);
        sinter_text_append(out, "\n");
    }
    if (accel->has_static_power)
        print_line(out, "static_power", accel->static_watts, SINTER_POWER);
}

/* Its fractions are in the numbers. */
static void print_family(struct sinter_text *out, const struct sinter_accel *accel)
{
    const struct sinter_family *family = &accel->family;

    if (!(family->area_mm2 > 0))
        return;
    sinter_text_append(out, "family: {");
    print_quantity(out, "area", family->area_mm2, SINTER_AREA);
    print_quantity(out, ", sram", family->sram_bytes, SINTER_BYTES);
    sinter_text_printf(out, ", pes: %" PRId64 ", memory: ", family->pes);
    yaml_print_scalar(out, accel->memories[family->memory].name);
    sinter_text_append(out, ", unit: ");
    yaml_print_scalar(out, accel->units[family->unit].name);
    sinter_text_append(out, "}\n");
}

static void print_published(struct sinter_text *out, const struct sinter_published *published)
{
    const char *separator = "";

    if (!(published->area_mm2 > 0) && !(published->watts > 0) && !published->remark)
        return;
    sinter_text_append(out, "published: {");
    if (published->area_mm2 > 0) {
        print_quantity(out, "area", published->area_mm2, SINTER_AREA);
        separator = ", ";
    }
    if (published->watts > 0) {
        sinter_text_append(out, separator);
        print_quantity(out, "power", published->watts, SINTER_POWER);
        separator = ", ";
    }
    if (published->remark) {
        sinter_text_printf(out, "%sremark: ", separator);
        yaml_print_scalar(out, published->remark);
    }
    sinter_text_append(out, "}\n");
}

void sinter_accel_print(const struct sinter_accel *accel, struct sinter_text *out)
{
    sinter_text_append(out, "accelerator: ");
    yaml_print_scalar(out, accel->name);
    sinter_text_append(out, "\n");
    if (accel->technology_nm > 0) {
        print_quantity(out, "technology", accel->technology_nm, SINTER_LENGTH);
        sinter_text_append(out, "\n");
    }
    print_quantity(out, "clock", accel->hz, SINTER_FREQUENCY);
    sinter_text_printf(out, "\nprefetch: %s\n", accel->prefetch ? "true" : "false");
    print_area(out, accel);
    sinter_text_append(out, "memories:\n");
    for (int i = 0; i < accel->n_memories; i++)
        print_memory(out, accel, i);
    sinter_text_append(out, "units:\n");
    for (int i = 0; i < accel->n_units; i++)
        print_unit(out, accel, &accel->units[i]);
    print_family(out, accel);
    print_published(out, &accel->published);
    if (accel->n_notes > 0)
        sinter_text_append(out, "notes:\n");
    for (int i = 0; i < accel->n_notes; i++) {
        sinter_text_append(out, "  - ");
        yaml_print_scalar(out, accel->notes[i]);
        sinter_text_append(out, "\n");
    }
}
