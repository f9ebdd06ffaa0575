/* area.c: where the area and the static power of an accelerator go, and what follows from them.
 * SPDX-License-Identifier: MIT
 *
 *     stated      what the file says
 *     shares      family.area * (capacity of its memory / family.sram + PEs of its unit / family.pes): the rule of the public
 *                 artifact of arXiv 2504.17333, turned round
 *     components  memories on the chip (sram.c) + PEs (arithmetic.c, or what the file says) + area_other
 */
#include <math.h>

#include "accel/area.h"
#include "accel/shape.h"

static const char *const model_names[] = {"stated", "shares", "components"};

const char *sinter_area_model_name(enum sinter_area_model model)
{
    return model_names[model];
}

static double pe_mm2(const struct sinter_accel *accel, const struct sinter_unit *unit)
{
    return unit->pe_mm2 > 0 ? unit->pe_mm2 : sinter_pe_area_mm2(unit->precision, accel->technology_nm);
}

static struct sinter_sram sram_of(const struct sinter_accel *accel, const struct sinter_memory *memory)
{
    return sinter_sram(memory->capacity_bytes, memory->width_bytes, memory->cells, accel->technology_nm);
}

/* The first memory whose area the model asks for and that has none; 0: none. */
static int memory_without_area(const struct sinter_accel *accel, enum sinter_area_model model)
{
    for (int m = 1; m < accel->n_memories; m++)
        if (isinf(accel->memories[m].capacity_bytes) &&
            (model == SINTER_AREA_COMPONENTS || (model == SINTER_AREA_SHARES && m == accel->family.memory)))
            return m;
    return 0;
}

static void share_out(const struct sinter_accel *accel, struct sinter_accel_area *area)
{
    const struct sinter_family *family = &accel->family;
    area->memories_mm2[family->memory] =
        family->area_mm2 * (accel->memories[family->memory].capacity_bytes / family->sram_bytes);
    area->units_mm2[family->unit] = family->area_mm2 * ((double)accel->units[family->unit].n_pes / (double)family->pes);
}

static void add_components(const struct sinter_accel *accel, struct sinter_accel_area *area)
{
    for (int m = 1; m < accel->n_memories; m++) {
        area->sram[m] = sram_of(accel, &accel->memories[m]);
        area->memories_mm2[m] = area->sram[m].area_mm2;
        area->leakage_watts[m] = area->sram[m].leakage_watts;
    }
    for (int u = 0; u < accel->n_units; u++)
        area->units_mm2[u] = (double)accel->units[u].n_pes * pe_mm2(accel, &accel->units[u]);
    area->other_mm2 = accel->area_other_mm2;
}

enum sinter_status sinter_accel_area_by(const struct sinter_accel *accel, enum sinter_area_model model,
                                        struct sinter_accel_area *area)
{
    *area = (struct sinter_accel_area){.model = model};
    if ((model == SINTER_AREA_STATED && !(accel->stated_area_mm2 > 0)) ||
        (model == SINTER_AREA_SHARES && !(accel->family.area_mm2 > 0)) || memory_without_area(accel, model) > 0)
        return SINTER_BAD_INPUT;
    if (model == SINTER_AREA_SHARES)
        share_out(accel, area);
    if (model == SINTER_AREA_COMPONENTS)
        add_components(accel, area);
    area->total_mm2 = model == SINTER_AREA_STATED ? accel->stated_area_mm2 : area->other_mm2;
    for (int m = 1; m < accel->n_memories; m++) {
        area->total_mm2 += area->memories_mm2[m];
        if (accel->memories[m].has_leakage)
            area->leakage_watts[m] = accel->memories[m].leakage_watts;
        area->static_watts += area->leakage_watts[m];
    }
    for (int u = 0; u < accel->n_units; u++)
        area->total_mm2 += area->units_mm2[u];
    if (accel->has_static_power)
        area->static_watts = accel->static_watts;
    return SINTER_OK;
}

enum sinter_status sinter_accel_area(const struct sinter_accel *accel, struct sinter_accel_area *area)
{
    return sinter_accel_area_by(accel, accel->area_model, area);
}

/* ---- what follows ------------------------------------------------------------------------------------------------ */

/* Under another model what the tables said is not known. */
static void model_energies(struct sinter_accel *accel)
{
    bool is_modelled = accel->area_model == SINTER_AREA_COMPONENTS;

    for (int m = 1; m < accel->n_memories; m++) {
        struct sinter_memory *memory = &accel->memories[m];
        if (memory->pj_per_bit > 0 && !memory->is_energy_modelled)
            continue;
        memory->is_energy_modelled = is_modelled;
        memory->pj_per_bit = 0;
        if (is_modelled) {
            struct sinter_sram sram = sram_of(accel, memory);
            memory->pj_per_bit = (sram.read_pj_per_bit + sram.write_pj_per_bit) / 2;
        }
    }
    for (int u = 0; u < accel->n_units; u++) {
        struct sinter_unit *unit = &accel->units[u];
        for (int op = 0; op < SINTER_N_OPS; op++) {
            if (unit->pj[op] > 0 && !unit->is_pj_modelled[op])
                continue;
            unit->is_pj_modelled[op] = is_modelled && unit->cycles[op] > 0;
            unit->pj[op] = unit->is_pj_modelled[op]
                               ? sinter_pe_energy_pj(unit->precision, (enum sinter_op)op, accel->technology_nm)
                               : 0;
        }
    }
}

/* Gives the unit of the budget as many PEs as the rest leaves room for. */
static enum sinter_status fill_budget(struct sinter_accel *accel, struct sinter_location at,
                                      struct sinter_diagnostics *diags)
{
    struct sinter_unit *unit = &accel->units[accel->area_fill];
    struct sinter_accel_area area;
    double one, n;

    sinter_accel_area(accel, &area);
    one = accel->area_model == SINTER_AREA_SHARES ? accel->family.area_mm2 / (double)accel->family.pes : pe_mm2(accel, unit);
    area.total_mm2 -= area.units_mm2[accel->area_fill];
    /* The sliver keeps 222 mm2 * (1 - 24/30) / 5420 um2 from losing a PE to rounding. */
    n = floor((accel->area_budget_mm2 - area.total_mm2) / one * (1 + 1e-12));
    if (n > (double)MAX_PES)
        return sinter_error(diags, at, NULL, "area_budget: %g mm2 hold 2^40 PEs of unit '%s' or more",
                            accel->area_budget_mm2, unit->name);
    if (n >= 1 && shape_within((int64_t)n, unit))
        return SINTER_OK;
    return sinter_error(diags, at,
                        area.total_mm2 >= accel->area_budget_mm2 ? "make a memory smaller, or the budget larger" : NULL,
                        "area_budget: everything but unit '%s' takes %.4g of %.4g mm2, which leaves nothing for its PEs of "
                        "%.4g um2",
                        unit->name, area.total_mm2, accel->area_budget_mm2, one * 1e6);
}

enum sinter_status area_refit(struct sinter_accel *accel, struct sinter_location budget_at, struct sinter_diagnostics *diags)
{
    int unlimited = memory_without_area(accel, accel->area_model);
    struct sinter_accel_area area;
    enum sinter_status status = SINTER_OK;

    if (accel->area_model == SINTER_AREA_SHARES && !(accel->family.area_mm2 > 0))
        return sinter_error(diags, budget_at, NULL, "area_model: shares are those of a family, and there is none");
    if (unlimited > 0)
        return sinter_error(diags, accel->memories[unlimited].at, "give its capacity, or choose area_model: stated",
                            "memory '%s' is unlimited: it has no area", accel->memories[unlimited].name);
    model_energies(accel);
    if (accel->area_budget_mm2 > 0)
        status = fill_budget(accel, budget_at, diags);
    if (status != SINTER_OK)
        return status;
    if (sinter_accel_area(accel, &area) != SINTER_OK) { /* stated, and nothing is */
        for (int m = 1; m < accel->n_memories; m++)
            area.static_watts += accel->memories[m].leakage_watts;
        if (accel->has_static_power)
            area.static_watts = accel->static_watts;
    }
    accel->area_mm2 = area.total_mm2;
    accel->static_watts = area.static_watts;
    return SINTER_OK;
}

enum sinter_status sinter_accel_refit(struct sinter_accel *accel, struct sinter_diagnostics *diags)
{
    return area_refit(accel, (struct sinter_location){0}, diags);
}
