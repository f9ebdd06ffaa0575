/* area_fields.c: the fields of a file that say how an accelerator's area and power are known.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "accel/area.h"

static const struct bounds other_bounds = {0, 1e12, "at most 1e12 mm2"};
static const struct bounds power_bounds = {0, 1e9, "at most 1e9 W"};
static const struct bounds width_bounds = {1, 65536, "1 B to 64 KiB"};

int read_choice(struct reader *reader, const struct yaml_node *node, const char *what, const char *const *names, int n)
{
    char hint[MAX_HINT];

    if (!reader_check(reader, yaml_expect(node, YAML_SCALAR, what, reader->diags)))
        return -1;
    for (int i = 0; i < n; i++)
        if (strcmp(node->text, names[i]) == 0)
            return i;
    reader_check(reader, sinter_error(reader->diags, node->at, hint_for(hint, node->text, names, n, NULL),
                                      "%s: unknown value '%s'", what, node->text));
    return -1;
}

void read_memory_area(struct reader *reader, const struct yaml_node *part, struct sinter_memory *memory)
{
    static const char *const fields[] = {"cells", "width", "leakage"};
    const struct yaml_node *node;
    const char *names[SINTER_LOP + 1];
    char what[128];

    for (int i = 0; i < 3 && memory->kind == SINTER_DRAM; i++) {
        node = yaml_get(part, fields[i]);
        if (node)
            reader_check(reader,
                         sinter_error(reader->diags, node->key_at, NULL,
                                      "only a memory on the chip has '%s', and '%s' is dram", fields[i], memory->name));
    }
    for (int i = 0; i <= SINTER_LOP; i++)
        names[i] = sinter_cells_name((enum sinter_cells)i);
    node = yaml_get(part, "cells");
    snprintf(what, sizeof what, "cells of memory '%.64s'", memory->name);
    if (node) {
        int cells = read_choice(reader, node, what, names, SINTER_LOP + 1);
        memory->cells = cells < 0 ? SINTER_LSTP : (enum sinter_cells)cells;
    }
    memory->width_bytes = SINTER_SRAM_WIDTH;
    snprintf(what, sizeof what, "width of memory '%.64s'", memory->name);
    reader_quantity(reader, yaml_get(part, "width"), what, SINTER_BYTES, &width_bounds, &memory->width_bytes);
    snprintf(what, sizeof what, "leakage of memory '%.64s'", memory->name);
    memory->has_leakage =
        reader_quantity(reader, yaml_get(part, "leakage"), what, SINTER_POWER, &power_bounds, &memory->leakage_watts);
}

void read_unit_area(struct reader *reader, const struct yaml_node *part, struct sinter_unit *unit)
{
    const struct yaml_node *node = yaml_get(part, "precision");
    const char *names[SINTER_PE_INT8 + 1];
    char what[128];

    for (int i = 0; i <= SINTER_PE_INT8; i++)
        names[i] = sinter_precision_name((enum sinter_precision)i);
    snprintf(what, sizeof what, "precision of unit '%.64s'", unit->name);
    if (node) {
        int precision = read_choice(reader, node, what, names, SINTER_PE_INT8 + 1);
        unit->precision = precision < 0 ? SINTER_PE_FP32 : (enum sinter_precision)precision;
    }
    snprintf(what, sizeof what, "pe_area of unit '%.64s'", unit->name);
    reader_quantity(reader, yaml_get(part, "pe_area"), what, SINTER_AREA, &area_bounds, &unit->pe_mm2);
}

/* The unit that fills the budget: named, else the family's, else the only one. */
static void read_fill(struct reader *reader, const struct yaml_node *root, const struct yaml_node *budget)
{
    struct sinter_accel *accel = reader->accel;
    const struct yaml_node *node = yaml_get(root, "area_fill");
    const char *names[SINTER_MAX_UNITS];

    for (int u = 0; u < accel->n_units; u++)
        names[u] = accel->units[u].name;
    accel->area_fill = accel->family.area_mm2 > 0 ? accel->family.unit : 0;
    if (node) {
        int unit = read_choice(reader, node, "area_fill", names, accel->n_units);
        accel->area_fill = unit < 0 ? 0 : unit;
    } else if (budget && accel->n_units > 1 && !(accel->family.area_mm2 > 0)) {
        reader_check(reader, sinter_error(reader->diags, budget->at, "add 'area_fill: UNIT'",
                                          "area_budget: which of the %d units fills it?", accel->n_units));
    }
    if (node && !budget)
        reader_check(reader, sinter_error(reader->diags, node->at, "add a line such as 'area_budget: 222 mm2'",
                                          "area_fill without an area_budget"));
    if (budget && accel->area_model == SINTER_AREA_STATED)
        reader_check(reader, sinter_error(reader->diags, budget->at, "add 'area_model: shares' or 'area_model: components'",
                                          "area_budget: an area that is stated cannot be filled"));
    if (reader->status == SINTER_OK && budget && accel->area_model == SINTER_AREA_SHARES &&
        accel->area_fill != accel->family.unit)
        reader_check(reader, sinter_error(reader->diags, (node ? node : budget)->at, NULL,
                                          "area_fill: shares know the area of the family's unit '%s' alone",
                                          accel->units[accel->family.unit].name));
}

static void read_published(struct reader *reader, const struct yaml_node *node)
{
    static const char *const fields[] = {"area", "power", "remark"};
    struct sinter_published *published = &reader->accel->published;
    const struct yaml_node *remark;

    if (!node || !reader_check(reader, yaml_expect(node, YAML_MAPPING, "published", reader->diags)))
        return;
    reader_check(reader, yaml_known_keys(node, "'published'", fields, 3, reader->diags));
    reader_quantity(reader, yaml_get(node, "area"), "area that is published", SINTER_AREA, &area_bounds,
                    &published->area_mm2);
    reader_quantity(reader, yaml_get(node, "power"), "power that is published", SINTER_POWER, &power_bounds,
                    &published->watts);
    remark = yaml_get(node, "remark");
    if (remark && reader_check(reader, yaml_expect(remark, YAML_SCALAR, "the remark of 'published'", reader->diags)))
        published->remark = remark->text;
}

void read_area(struct reader *reader, const struct yaml_node *root)
{
    struct sinter_accel *accel = reader->accel;
    const struct yaml_node *model = yaml_get(root, "area_model"), *budget = yaml_get(root, "area_budget");
    const char *names[SINTER_AREA_COMPONENTS + 1];

    for (int i = 0; i <= SINTER_AREA_COMPONENTS; i++)
        names[i] = sinter_area_model_name((enum sinter_area_model)i);
    if (model) {
        int choice = read_choice(reader, model, "area_model", names, SINTER_AREA_COMPONENTS + 1);
        accel->area_model = choice < 0 ? SINTER_AREA_STATED : (enum sinter_area_model)choice;
    }
    if (accel->area_model == SINTER_AREA_SHARES && !(accel->family.area_mm2 > 0))
        reader_check(reader, sinter_error(reader->diags, model->at,
                                          "add 'family: {area: A, sram: S, pes: N, memory: NAME, unit: NAME}'",
                                          "area_model: shares are those of a family, and there is none"));
    reader_quantity(reader, yaml_get(root, "area_other"), "area_other", SINTER_AREA, &other_bounds, &accel->area_other_mm2);
    reader_quantity(reader, budget, "area_budget", SINTER_AREA, &area_bounds, &accel->area_budget_mm2);
    accel->has_static_power = reader_quantity(reader, yaml_get(root, "static_power"), "static_power", SINTER_POWER,
                                              &power_bounds, &accel->static_watts);
    read_fill(reader, root, budget);
    read_published(reader, yaml_get(root, "published"));
    accel->stated_area_mm2 = accel->area_mm2;
    if (reader->status == SINTER_OK)
        reader_check(reader, area_refit(accel, budget ? budget->at : root->at, reader->diags));
}
