/* verify_study_write.c: a study of numbers as text, JSON and CSV.
 * SPDX-License-Identifier: MIT
 */
#include "report/verify.h"

#include <stdio.h>

/* ---- text ---------------------------------------------------------------------------------------------------------- */

static void name_cell(struct sinter_table *table, const struct sinter_study *study, const struct sinter_study_error *error)
{
    struct sinter_text name = {0};
    append_result_name(&name, study->cascade, error->tensor, error->is_final);
    sinter_table_cell(table, made_text(&name));
    sinter_text_free(&name);
}

static bool is_outcome(const struct sinter_study *study, const struct sinter_study_error *error)
{
    return error->is_final || study->cascade->tensors[error->tensor].role == SINTER_OUTPUT;
}

/* What leaves the block. */
static void outcome_table(struct sinter_text *out, const struct sinter_study *study, const struct sinter_style *style)
{
    static const char *const headers[] = {"choice", "result", "max error", "rms error", "ulp", "not finite"};
    struct sinter_table *table = sinter_table_new(out->allocator);
    for (int i = 0; i < 6; i++)
        sinter_table_column(table, headers[i], i < 2 ? SINTER_LEFT : SINTER_RIGHT);
    for (int c = 0; c < study->n_choices; c++) {
        bool is_first = true;
        for (int i = 0; i < study->n_tensors; i++) {
            const struct sinter_study_error *error = &study->errors[c][i];
            const struct sinter_difference *off = &error->difference;
            if (!is_outcome(study, error))
                continue;
            struct sinter_text label = {0};
            append_clean(&label, is_first ? study->labels[c] : "");
            is_first = false;
            sinter_table_row(table, SINTER_PLAIN);
            sinter_table_cell(table, made_text(&label));
            sinter_text_free(&label);
            name_cell(table, study, error);
            sinter_table_cell(table, show_error(off->most_relative).text);
            sinter_table_cell(table, show_error(off->rms_relative).text);
            sinter_table_cell(table, show_error(off->most_ulp).text);
            sinter_table_cell(table, show_integer(off->n - off->n_finite).text);
        }
    }
    sinter_text_append(out, "\n");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

enum measure { MEASURE_RMS, MEASURE_MAX, MEASURE_ULP };

/* Results down, choices across. */
static void matrix(struct sinter_text *out, const struct sinter_study *study, const struct sinter_style *style,
                   enum measure measure, const char *title)
{
    enum { MOST_CHOICES = 30 };
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_table_column(table, "tensor", SINTER_LEFT);
    for (int c = 0; c < study->n_choices && c < MOST_CHOICES; c++) {
        struct sinter_text label = {0};
        append_clean(&label, study->labels[c]);
        sinter_table_column(table, made_text(&label), SINTER_RIGHT);
        sinter_text_free(&label);
    }
    for (int i = 0; i < study->n_tensors; i++) {
        sinter_table_row(table, SINTER_PLAIN);
        name_cell(table, study, &study->errors[0][i]);
        for (int c = 0; c < study->n_choices && c < MOST_CHOICES; c++) {
            const struct sinter_difference *off = &study->errors[c][i].difference;
            sinter_table_cell(table, show_error(measure == MEASURE_RMS   ? off->rms_relative
                                                : measure == MEASURE_MAX ? off->most_relative
                                                                         : off->most_ulp)
                                         .text);
        }
    }
    append_title(out, style, title);
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

static enum sinter_status study_text(const struct sinter_study *study, const struct sinter_style *style,
                                     struct sinter_text *out)
{
    sinter_text_append(out, tone_begin(SINTER_STRONG, style->is_colored));
    describe_workload(out, study->model, study->model->parts[study->model->block].name);
    sinter_text_append(out, ": what choices of numbers do to ");
    append_inputs(out, study->inputs);
    sinter_text_printf(out, ".%s\n", tone_end(SINTER_STRONG, style->is_colored));
    sinter_text_append(out,
                       "Errors are measured on these numbers, not bounded: to double without any rounding, relative to the "
                       "tensor. Where nothing is chosen, everything is double.\n");
    outcome_table(out, study, style);
    if (style->is_quiet)
        return text_status(out);
    matrix(out, study, style, MEASURE_RMS, "Root mean square errors, relative to the root mean square of the tensor");
    if (style->is_verbose) {
        matrix(out, study, style, MEASURE_MAX, "Largest errors, relative to the largest magnitude of the tensor");
        matrix(out, study, style, MEASURE_ULP, "Largest errors in units in the last place of the format");
    }
    return text_status(out);
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------- */

/* The formats that are chosen, by tensor. */
static json_t *formats_member(struct jot *jot, const struct sinter_study *study, const struct sinter_numerics *numerics)
{
    struct sinter_format fp64 = sinter_format_of((struct sinter_type){SINTER_FLOAT, 64});
    json_t *object = jot_object(jot);
    for (int t = 0; t < study->cascade->n_tensors; t++)
        if (!sinter_format_equal(&numerics->formats[t], &fp64))
            jot_put(jot, object, study->cascade->tensors[t].name, jot_format(jot, &numerics->formats[t]));
    return object;
}

static json_t *functions_member(struct jot *jot, const struct sinter_numerics *numerics)
{
    char buffer[96];
    json_t *object = jot_object(jot);
    for (int f = 0; f < SINTER_N_FUNCTIONS; f++)
        if (numerics->functions[f].kind != SINTER_FUNCTION_EXACT)
            jot_put(jot, object, sinter_function_name((enum sinter_function)f),
                    jot_text(jot, sinter_function_print(&numerics->functions[f], buffer, sizeof buffer)));
    return object;
}

static json_t *choice_member(struct jot *jot, const struct sinter_study *study, int choice)
{
    json_t *object = jot_object(jot), *values = jot_array(jot);
    const struct sinter_numerics *numerics = study->numerics[choice];
    jot_put(jot, object, "choice", jot_text(jot, study->labels[choice]));
    jot_put(jot, object, "arithmetic", jot_count(jot, numerics->arithmetic));
    jot_put(jot, object, "formats", formats_member(jot, study, numerics));
    jot_put(jot, object, "functions", functions_member(jot, numerics));
    for (int i = 0; i < study->n_tensors; i++) {
        const struct sinter_study_error *error = &study->errors[choice][i];
        struct sinter_text name = {0};
        json_t *value = jot_object(jot);
        sinter_text_printf(&name, "%s%s", study->cascade->tensors[error->tensor].name, error->is_final ? ".final" : "");
        jot_put(jot, value, "name", jot_text(jot, made_text(&name)));
        jot_put(jot, value, "role", jot_text(jot, sinter_role_name(study->cascade->tensors[error->tensor].role)));
        jot_put(jot, value, "elements", jot_count(jot, error->difference.n));
        jot_put(jot, value, "unrounded", jot_difference(jot, &error->difference));
        jot_add(jot, values, value);
        jot->failed = jot->failed || name.failed;
        sinter_text_free(&name);
    }
    jot_put(jot, object, "values", values);
    return object;
}

void jot_study(struct jot *jot, json_t *object, const struct sinter_study *study)
{
    json_t *choices = jot_array(jot);
    jot_put(jot, object, "schema", jot_text(jot, "sinter.verify/1"));
    jot_put(jot, object, "model", jot_model(jot, study->model));
    jot_put(jot, object, "inputs", jot_inputs(jot, study->inputs));
    for (int c = 0; c < study->n_choices; c++)
        jot_add(jot, choices, choice_member(jot, study, c));
    jot_put(jot, object, "study", choices);
}

static enum sinter_status study_json(const struct sinter_study *study, struct sinter_text *out)
{
    struct jot jot = {false};
    json_t *root = jot_object(&jot);
    jot_study(&jot, root, study);
    return jot_finish(&jot, root, out);
}

/* ---- CSV ----------------------------------------------------------------------------------------------------------- */

static enum sinter_status study_csv(const struct sinter_study *study, struct sinter_text *out)
{
    static const char *const names[] = {"choice",  "tensor",       "role",         "elements",     "finite", "different",
                                        "largest", "max_absolute", "max_relative", "rms_relative", "max_ulp"};
    int n = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        sinter_csv_field(out, &n, names[i]);
    sinter_csv_end(out, &n);
    for (int c = 0; c < study->n_choices; c++) {
        for (int i = 0; i < study->n_tensors; i++) {
            const struct sinter_study_error *error = &study->errors[c][i];
            const struct sinter_difference *off = &error->difference;
            struct sinter_text name = {0};
            sinter_text_printf(&name, "%s%s", study->cascade->tensors[error->tensor].name, error->is_final ? ".final" : "");
            sinter_csv_field(out, &n, study->labels[c]);
            sinter_csv_field(out, &n, sinter_text_data(&name));
            sinter_csv_field(out, &n, sinter_role_name(study->cascade->tensors[error->tensor].role));
            sinter_csv_integer(out, &n, off->n);
            sinter_csv_integer(out, &n, off->n_finite);
            sinter_csv_integer(out, &n, off->n_different);
            sinter_csv_number(out, &n, off->largest);
            sinter_csv_number(out, &n, off->most_absolute);
            sinter_csv_number(out, &n, off->most_relative);
            sinter_csv_number(out, &n, off->rms_relative);
            sinter_csv_number(out, &n, off->most_ulp);
            sinter_csv_end(out, &n);
            out->failed = out->failed || name.failed;
            sinter_text_free(&name);
        }
    }
    return text_status(out);
}

enum sinter_status sinter_study_write(const struct sinter_study *study, const struct sinter_style *style,
                                      struct sinter_text *out)
{
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        return study_json(study, out);
    case SINTER_FORMAT_CSV:
        return study_csv(study, out);
    case SINTER_FORMAT_TEXT:
        break;
    }
    return study_text(study, style, out);
}
