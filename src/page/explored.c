/* explored.c: the page of an exploration.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "page/columns.h"
#include "page/frame.h"
#include "report/explore.h"

/* ---- the experiment ------------------------------------------------------------------------------------------------ */

static const struct {
    enum sinter_dimension dimension;
    const char *unit;
} dimensions[] = {{SINTER_COUNT, ""},       {SINTER_BYTES, "B"},   {SINTER_BANDWIDTH, "B/s"},
                  {SINTER_FREQUENCY, "Hz"}, {SINTER_ENERGY, "pJ"}, {SINTER_ENERGY_PER_BIT, "pJ/bit"},
                  {SINTER_AREA, "mm2"},     {SINTER_LENGTH, "nm"}, {SINTER_POWER, "W"},
                  {SINTER_TIME, "s"}};

/* All values of an axis in one unit, or NULL: some are no numbers ("[64, 128]"), or not finite. */
static json_t *numbers_of(struct jot *jot, const struct sinter_axis *axis, const char **unit)
{
    for (size_t d = 0; d < sizeof dimensions / sizeof *dimensions; d++) {
        json_t *numbers = jot_array(jot);
        double value;
        int n = 0;
        while (n < axis->n &&
               sinter_quantity_parse(axis->values[n], dimensions[d].dimension, (struct sinter_location){0}, NULL, &value) ==
                   SINTER_OK &&
               isfinite(value)) {
            jot_add(jot, numbers, jot_real(jot, value));
            n++;
        }
        *unit = dimensions[d].unit;
        if (n == axis->n)
            return numbers;
        json_decref(numbers);
    }
    return NULL;
}

static json_t *axes_member(struct jot *jot, const struct sinter_experiment *experiment)
{
    json_t *axes = jot_array(jot);
    for (int i = 0; i < experiment->n_axes; i++) {
        const struct sinter_axis *axis = &experiment->axes[i];
        json_t *object = jot_object(jot), *values = jot_array(jot);
        const char *unit;
        for (int k = 0; k < axis->n; k++)
            jot_add(jot, values, jot_text(jot, axis->values[k]));
        json_t *numbers = numbers_of(jot, axis, &unit);
        jot_put(jot, object, "field", jot_text(jot, axis->field));
        jot_put(jot, object, "values", values);
        jot_put(jot, object, "unit", numbers == NULL ? json_null() : jot_text(jot, unit));
        jot_put(jot, object, "numbers", numbers == NULL ? json_null() : numbers);
        jot_add(jot, axes, object);
    }
    return axes;
}

static json_t *pair(struct jot *jot, const char *field, const char *value)
{
    json_t *array = jot_array(jot);
    jot_add(jot, array, jot_text(jot, field));
    jot_add(jot, array, jot_text(jot, value));
    return array;
}

static json_t *experiment_member(struct jot *jot, const struct sinter_experiment *experiment)
{
    json_t *object = jot_object(jot), *settings = jot_array(jot), *derived = jot_array(jot), *conditions = jot_array(jot);
    for (int i = 0; i < experiment->n_settings; i++)
        jot_add(jot, settings, pair(jot, experiment->settings[i].field, experiment->settings[i].value));
    for (int i = 0; i < experiment->n_derived; i++)
        jot_add(jot, derived, pair(jot, experiment->derived[i].field, experiment->derived[i].text));
    for (int i = 0; i < experiment->n_conditions; i++)
        jot_add(jot, conditions, jot_text(jot, experiment->conditions[i].text));
    jot_put(jot, object, "name", jot_text(jot, experiment->name));
    jot_put(jot, object, "accelerator", jot_text(jot, experiment->accelerator));
    jot_put(jot, object, "strategy", jot_text(jot, experiment->strategy));
    jot_put(jot, object, "objective", jot_text(jot, sinter_objective_name(experiment->objective)));
    jot_put(jot, object, "gap", jot_real(jot, experiment->gap));
    jot_put(jot, object, "effort", jot_count(jot, experiment->effort));
    jot_put(jot, object, "set", settings);
    jot_put(jot, object, "derive", derived);
    jot_put(jot, object, "where", conditions);
    jot_put(jot, object, "axes", axes_member(jot, experiment));
    return object;
}

/* ---- inputs -------------------------------------------------------------------------------------------------------- */

static void add_accelerator(struct jot *jot, json_t *inputs, json_t *notes, const char *name,
                            struct sinter_diagnostics *diags)
{
    struct sinter_accel *accel = NULL;
    struct sinter_text text = {0}, file = {0};
    if (sinter_accel_load(name, NULL, 0, NULL, diags, &accel) != SINTER_OK)
        return;
    sinter_accel_print(accel, &text);
    sinter_text_printf(&file, "%s.accel.yaml", accel->name);
    jot->failed = jot->failed || file.failed;
    page_input(jot, inputs, "accelerator as it is", sinter_text_data(&file), &text);
    for (int i = 0; i < accel->n_notes; i++)
        jot_add(jot, notes, jot_text(jot, accel->notes[i]));
    sinter_text_free(&file);
    sinter_text_free(&text);
    sinter_accel_free(accel);
}

static void put_inputs(struct jot *jot, json_t *root, const struct sinter_experiment *experiment,
                       struct sinter_diagnostics *diags)
{
    json_t *inputs = jot_array(jot), *notes = jot_array(jot);
    struct sinter_text text = {0};
    sinter_experiment_print(experiment, &text);
    page_input(jot, inputs, "experiment", "experiment.yaml", &text);
    sinter_text_free(&text);
    add_accelerator(jot, inputs, notes, experiment->accelerator, diags);
    jot_put(jot, root, "notes", notes);
    jot_put(jot, root, "inputs", inputs);
}

/* ---- the page ------------------------------------------------------------------------------------------------------ */

/* The text of the command, without what differs from one time to the next: seconds, and what a store had before. */
static enum sinter_status append_report(const struct sinter_exploration *exploration,
                                        const struct sinter_explore_front *front, struct sinter_diagnostics *diags,
                                        struct sinter_text *out)
{
    static const struct sinter_style plain = {.width = 120};
    struct sinter_exploration still = *exploration;
    still.seconds = 0;
    still.n_computed += still.n_found;
    still.n_found = 0;
    return explore_text(&still, front, &plain, diags, out);
}

enum sinter_status sinter_page_explored(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                        const struct sinter_origin *origin, struct sinter_diagnostics *diags,
                                        struct sinter_page *page)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    struct jot jot = {false};
    sinter_text_printf(&page->title, "%s accelerator%s like ", show_integer(experiment->n_points).text,
                       experiment->n_points == 1 ? "" : "s");
    append_clean(&page->title, experiment->accelerator);
    enum sinter_status status = append_report(exploration, front, diags, &page->report);
    json_t *root = page_begin(&jot, "explore", origin);
    jot_put(&jot, root, "title", jot_text(&jot, sinter_text_data(&page->title)));
    jot_put(&jot, root, "experiment", experiment_member(&jot, experiment));
    jot_put(&jot, root, "workloads", jot_workloads(&jot, experiment));
    jot_put(&jot, root, "summary", jot_summary(&jot, exploration, front));
    jot_put(&jot, root, "base",
            exploration->has_base ? jot_point(&jot, exploration, &exploration->base, true) : json_null());
    jot_put(&jot, root, "base_hz", exploration->has_base ? jot_real(&jot, exploration->base.hz) : json_null());
    if (status == SINTER_OK)
        status = put_columns(&jot, root, exploration, front, diags);
    put_inputs(&jot, root, experiment, diags);
    enum sinter_status finished = page_finish_rounded(&jot, root, COLUMN_DIGITS, page);
    return status != SINTER_OK ? status : finished;
}
