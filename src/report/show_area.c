/* show_area.c: where the area and the power of an accelerator go, by every model that can say.
 * SPDX-License-Identifier: MIT
 */
#include "report/show_area.h"

enum { N_MODELS = SINTER_AREA_COMPONENTS + 1 };

struct areas {
    bool is_known[N_MODELS];
    struct sinter_accel_area by[N_MODELS];
};

static void find_areas(const struct sinter_accel *accel, struct areas *areas)
{
    for (int i = 0; i < N_MODELS; i++)
        areas->is_known[i] = sinter_accel_area_by(accel, (enum sinter_area_model)i, &areas->by[i]) == SINTER_OK;
}

/* Every PE does the dearest of mac, add and mul all the time. */
static double peak_watts(const struct sinter_accel *accel)
{
    double watts = 0;
    for (int u = 0; u < accel->n_units; u++) {
        const struct sinter_unit *unit = &accel->units[u];
        double most = 0;
        for (int op = SINTER_MAC; op <= SINTER_MUL; op++) {
            double pj = unit->cycles[op] > 0 ? unit->pj[op] / unit->cycles[op] : 0;
            most = pj > most ? pj : most;
        }
        watts += most * 1e-12 * (double)unit->n_pes * accel->hz;
    }
    return watts;
}

/* ---- text --------------------------------------------------------------------------------------------------------- */

static struct shown show(double value, enum sinter_dimension dimension)
{
    struct shown shown = {"-"};
    if (value > 0)
        sinter_quantity_show(value, dimension, 4, shown.text, sizeof shown.text);
    return shown;
}

static void area_row(struct sinter_table *table, const char *name, const struct areas *areas, const double mm2[N_MODELS])
{
    sinter_table_row(table, SINTER_PLAIN);
    sinter_table_cell(table, name);
    for (int i = 0; i < N_MODELS; i++)
        if (areas->is_known[i])
            sinter_table_cell(table, show(mm2[i], SINTER_AREA).text);
}

static void area_table(struct sinter_text *out, const struct sinter_accel *accel, const struct areas *areas,
                       const struct sinter_style *style)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    const struct sinter_accel_area *by = areas->by, *components = &by[SINTER_AREA_COMPONENTS];
    bool has_sram = areas->is_known[SINTER_AREA_COMPONENTS];
    static const char *const more[] = {"read", "write", "leakage", "access", "cycle"};
    sinter_table_column(table, "area", SINTER_LEFT);
    for (int i = 0; i < N_MODELS; i++)
        if (areas->is_known[i])
            sinter_table_column(table, sinter_area_model_name((enum sinter_area_model)i), SINTER_UNIT);
    for (int i = 0; i < 5 && has_sram; i++)
        sinter_table_column(table, more[i], SINTER_UNIT);
    for (int m = 1; m < accel->n_memories; m++) {
        const struct sinter_sram *sram = &components->sram[m];
        area_row(table, accel->memories[m].name, areas,
                 (double[]){by[0].memories_mm2[m], by[1].memories_mm2[m], by[2].memories_mm2[m]});
        if (!has_sram)
            continue;
        sinter_table_cell(table, show(sram->read_pj_per_bit, SINTER_ENERGY_PER_BIT).text);
        sinter_table_cell(table, show(sram->write_pj_per_bit, SINTER_ENERGY_PER_BIT).text);
        sinter_table_cell(table, show(components->leakage_watts[m], SINTER_POWER).text);
        sinter_table_cell(table, show(sram->access_s, SINTER_TIME).text);
        sinter_table_cell(table, show(sram->cycle_s, SINTER_TIME).text);
    }
    for (int u = 0; u < accel->n_units; u++)
        area_row(table, accel->units[u].name, areas, (double[]){by[0].units_mm2[u], by[1].units_mm2[u], by[2].units_mm2[u]});
    if (accel->area_other_mm2 > 0)
        area_row(table, "other", areas, (double[]){0, 0, accel->area_other_mm2});
    area_row(table, "all", areas, (double[]){by[0].total_mm2, by[1].total_mm2, by[2].total_mm2});
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

static void append_deviation(struct sinter_text *out, const char *what, double ours, double theirs, int *n)
{
    if (ours > 0)
        sinter_text_printf(out, "%s%s %+.1f %%", (*n)++ > 0 ? ", " : " (", what, 100 * (ours / theirs - 1));
}

static void published_text(struct sinter_text *out, const struct sinter_accel *accel, const struct areas *areas,
                           double watts, const struct sinter_style *style)
{
    const struct sinter_published *published = &accel->published;
    struct sinter_text line = {.allocator = out->allocator};
    int n = 0;
    if (published->area_mm2 > 0) {
        sinter_text_printf(&line, "published: %.5g mm2", published->area_mm2);
        for (int i = 0; i < N_MODELS; i++)
            if (areas->is_known[i])
                append_deviation(&line, sinter_area_model_name((enum sinter_area_model)i), areas->by[i].total_mm2,
                                 published->area_mm2, &n);
        sinter_text_append(&line, n > 0 ? ")" : "");
    }
    n = 0;
    if (published->watts > 0) {
        sinter_text_printf(&line, "%s%s",
                           published->area_mm2 > 0 ? ", " : "published: ", show(published->watts, SINTER_POWER).text);
        append_deviation(&line, "peak", watts, published->watts, &n);
        sinter_text_append(&line, n > 0 ? ")" : "");
    }
    if (published->remark != NULL) {
        sinter_text_append(&line, line.length > 0 ? ": " : "");
        append_clean(&line, published->remark);
    }
    if (line.length > 0) {
        sinter_text_append(out, "  ");
        append_wrapped(out, sinter_text_data(&line), 2, 4, style->width);
        sinter_text_append(out, "\n");
    }
    out->failed = out->failed || line.failed;
    sinter_text_free(&line);
}

void area_text(struct sinter_text *out, const struct sinter_accel *accel, const struct sinter_style *style)
{
    struct areas areas;
    double fixed, peak = peak_watts(accel);
    bool is_any = false;
    find_areas(accel, &areas);
    for (int i = 0; i < N_MODELS; i++)
        is_any = is_any || areas.is_known[i];
    if (!is_any)
        return;
    append_title(out, style, "Area and power");
    area_table(out, accel, &areas, style);
    const struct sinter_accel_area *components = &areas.by[SINTER_AREA_COMPONENTS];
    bool is_modelled = areas.is_known[SINTER_AREA_COMPONENTS] && accel->area_model != SINTER_AREA_COMPONENTS;
    fixed = is_modelled ? components->static_watts : accel->static_watts;
    if (accel->area_model == SINTER_AREA_STATED && !(accel->stated_area_mm2 > 0))
        sinter_text_append(out, "  the file states no area");
    else
        sinter_text_printf(out, "  the file's area is %s", sinter_area_model_name(accel->area_model));
    if (accel->area_budget_mm2 > 0)
        sinter_text_printf(out, ", and %s fills a budget of %g mm2", accel->units[accel->area_fill].name,
                           accel->area_budget_mm2);
    sinter_text_printf(out, "; static power %s%s%s", show(fixed, SINTER_POWER).text,
                       is_modelled && !accel->has_static_power ? " by components, which the file does not count" : "",
                       peak > 0 ? "" : "\n");
    if (peak > 0)
        sinter_text_printf(out, "; every PE at work %s\n", show(peak, SINTER_POWER).text);
    published_text(out, accel, &areas, fixed + peak, style);
}

/* ---- JSON --------------------------------------------------------------------------------------------------------- */

static json_t *area_member(struct jot *jot, const struct sinter_accel *accel, const struct sinter_accel_area *area)
{
    json_t *object = jot_object(jot), *memories = jot_object(jot), *units = jot_object(jot);
    for (int m = 1; m < accel->n_memories && area->model != SINTER_AREA_STATED; m++)
        jot_put(jot, memories, accel->memories[m].name, jot_positive(jot, area->memories_mm2[m]));
    for (int u = 0; u < accel->n_units && area->model != SINTER_AREA_STATED; u++)
        jot_put(jot, units, accel->units[u].name, jot_positive(jot, area->units_mm2[u]));
    jot_put(jot, object, "total_mm2", jot_real(jot, area->total_mm2));
    jot_put(jot, object, "memories_mm2", memories);
    jot_put(jot, object, "units_mm2", units);
    jot_put(jot, object, "other_mm2", jot_real(jot, area->other_mm2));
    jot_put(jot, object, "static_watts", jot_real(jot, area->static_watts));
    return object;
}

static json_t *sram_member(struct jot *jot, const struct sinter_accel_area *area, int memory)
{
    const struct sinter_sram *sram = &area->sram[memory];
    json_t *object = jot_object(jot);
    jot_put(jot, object, "area_mm2", jot_real(jot, sram->area_mm2));
    jot_put(jot, object, "read_pj_per_bit", jot_real(jot, sram->read_pj_per_bit));
    jot_put(jot, object, "write_pj_per_bit", jot_real(jot, sram->write_pj_per_bit));
    jot_put(jot, object, "leakage_watts", jot_real(jot, area->leakage_watts[memory]));
    jot_put(jot, object, "access_seconds", jot_real(jot, sram->access_s));
    jot_put(jot, object, "cycle_seconds", jot_real(jot, sram->cycle_s));
    return object;
}

void area_members(struct jot *jot, json_t *object, const struct sinter_accel *accel)
{
    struct areas areas;
    json_t *models = jot_object(jot), *memories = jot_object(jot), *published = jot_object(jot);
    find_areas(accel, &areas);
    for (int i = 0; i < N_MODELS; i++)
        jot_put(jot, models, sinter_area_model_name((enum sinter_area_model)i),
                areas.is_known[i] ? area_member(jot, accel, &areas.by[i]) : json_null());
    for (int m = 1; m < accel->n_memories && areas.is_known[SINTER_AREA_COMPONENTS]; m++)
        jot_put(jot, memories, accel->memories[m].name, sram_member(jot, &areas.by[SINTER_AREA_COMPONENTS], m));
    jot_put(jot, published, "area_mm2", jot_positive(jot, accel->published.area_mm2));
    jot_put(jot, published, "watts", jot_positive(jot, accel->published.watts));
    jot_put(jot, published, "remark", jot_text(jot, accel->published.remark));
    jot_put(jot, object, "area_models", models);
    jot_put(jot, object, "sram", memories);
    jot_put(jot, object, "peak_watts", jot_real(jot, peak_watts(accel)));
    jot_put(jot, object, "published", published);
}
