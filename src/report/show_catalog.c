/* show_catalog.c: the built-in models, cascades, accelerators and strategies; a schedule on its own.
 * SPDX-License-Identifier: MIT
 */
#include "report/jot.h"

typedef const char *name_at(int index);

static void list(struct sinter_text *out, const struct sinter_style *style, const char *title, name_at *name,
                 name_at *summary)
{
    append_title(out, style, title);
    int width = 0;
    for (int i = 0; name(i) != NULL; i++) {
        int columns = sinter_text_columns(name(i));
        width = columns > width ? columns : width;
    }
    for (int i = 0; name(i) != NULL; i++) {
        sinter_text_printf(out, "  %s", name(i));
        if (summary != NULL) {
            for (int c = sinter_text_columns(name(i)); c < width + 2; c++)
                sinter_text_append(out, " ");
            append_wrapped(out, summary(i), width + 4, width + 4, style->width);
        }
        sinter_text_append(out, "\n");
    }
}

static enum sinter_status catalog_text(const struct sinter_style *style, struct sinter_text *out)
{
    sinter_text_append(out, "What is built in; files work wherever a name does.\n");
    list(out, style, "Models (-m)", sinter_model_builtin_name, NULL);
    list(out, style, "Cascades (-m; --set gives them other extents, as in --set L=64)", sinter_cascade_builtin_name, NULL);
    list(out, style, "Accelerators (-a)", sinter_accel_preset_name, NULL);
    list(out, style, "Strategies (-s)", sinter_strategy_name, sinter_strategy_summary);
    return text_status(out);
}

static json_t *names_member(struct jot *jot, name_at *name, name_at *summary)
{
    json_t *array = jot_array(jot);
    for (int i = 0; name(i) != NULL; i++) {
        json_t *object = jot_object(jot);
        jot_put(jot, object, "name", jot_text(jot, name(i)));
        if (summary != NULL)
            jot_put(jot, object, "summary", jot_text(jot, summary(i)));
        jot_add(jot, array, object);
    }
    return array;
}

static enum sinter_status catalog_json(struct sinter_text *out)
{
    struct jot jot = {false};
    json_t *root = jot_object(&jot);
    jot_put(&jot, root, "schema", jot_text(&jot, "sinter.show/1"));
    jot_put(&jot, root, "models", names_member(&jot, sinter_model_builtin_name, NULL));
    jot_put(&jot, root, "cascades", names_member(&jot, sinter_cascade_builtin_name, NULL));
    jot_put(&jot, root, "accelerators", names_member(&jot, sinter_accel_preset_name, NULL));
    jot_put(&jot, root, "strategies", names_member(&jot, sinter_strategy_name, sinter_strategy_summary));
    return jot_finish(&jot, root, out);
}

static void csv_names(struct sinter_text *out, const char *kind, name_at *name, name_at *summary)
{
    int n = 0;
    for (int i = 0; name(i) != NULL; i++) {
        sinter_csv_field(out, &n, kind);
        sinter_csv_field(out, &n, name(i));
        sinter_csv_field(out, &n, summary == NULL ? "" : summary(i));
        sinter_csv_end(out, &n);
    }
}

enum sinter_status sinter_catalog_write(const struct sinter_style *style, struct sinter_text *out)
{
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        return catalog_json(out);
    case SINTER_FORMAT_CSV:
        sinter_text_append(out, "item,name,summary\r\n");
        csv_names(out, "model", sinter_model_builtin_name, NULL);
        csv_names(out, "cascade", sinter_cascade_builtin_name, NULL);
        csv_names(out, "accelerator", sinter_accel_preset_name, NULL);
        csv_names(out, "strategy", sinter_strategy_name, sinter_strategy_summary);
        return text_status(out);
    case SINTER_FORMAT_TEXT:
        break;
    }
    return catalog_text(style, out);
}

enum sinter_status sinter_result_write_schedule(const struct sinter_result *result, const struct sinter_style *style,
                                                struct sinter_text *out)
{
    const struct sinter_part_result *block = &result->parts[result->block];
    if (style->format == SINTER_FORMAT_JSON) {
        struct jot jot = {false};
        json_t *root = jot_object(&jot);
        jot_put(&jot, root, "schema", jot_text(&jot, "sinter.show/1"));
        jot_put(&jot, root, "model", jot_model(&jot, result->model));
        jot_put(&jot, root, "accelerator", jot_accel(&jot, result->accel));
        jot_result(&jot, root, result, false, false);
        return jot_finish(&jot, root, out);
    }
    if (style->format == SINTER_FORMAT_CSV) { /* a tree is no table: one field holds its text */
        int n = 0;
        struct sinter_text text = {.allocator = out->allocator};
        append_schedule(&text, block, "");
        sinter_csv_field(out, &n, "schedule");
        sinter_csv_end(out, &n);
        sinter_csv_field(out, &n, sinter_text_data(&text));
        sinter_csv_end(out, &n);
        out->failed = out->failed || text.failed;
        sinter_text_free(&text);
        return text_status(out);
    }
    if (!block->has_schedule)
        return text_status(out);
    append_schedule(out, block, "");
    return text_status(out);
}
