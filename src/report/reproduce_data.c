/* reproduce_data.c: a reproduction as JSON and CSV.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "report/reproduce.h"

static json_t *jot_pes(struct jot *jot, const struct sinter_reproduced_row *row)
{
    json_t *array = jot_array(jot);
    for (int d = 0; d < 2; d++)
        jot_add(jot, array, jot_count(jot, row->pes[d]));
    return array;
}

static void put_command(struct jot *jot, json_t *object, const struct sinter_reproduction *reproduction,
                        const struct sinter_reproduced_row *row)
{
    static const struct row_words values = {0};
    struct sinter_text command = {0};
    append_row_command(&command, reproduction, row, &values);
    jot->failed = jot->failed || command.failed;
    jot_put(jot, object, "command", jot_text(jot, command.length > 0 ? sinter_text_data(&command) : NULL));
    sinter_text_free(&command);
}

static json_t *jot_row(struct jot *jot, const struct sinter_reproduced_row *row)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "setting", jot_text(jot, row->setting));
    jot_put(jot, object, "quantity", jot_text(jot, row->quantity));
    jot_put(jot, object, "unit", jot_text(jot, row->unit));
    jot_put(jot, object, "tokens", jot_count(jot, row->tokens));
    jot_put(jot, object, "strategy", jot_text(jot, row->strategy));
    jot_put(jot, object, "buffer_bytes", jot_count(jot, row->buffer_bytes > 0 ? (int64_t)row->buffer_bytes : -1));
    jot_put(jot, object, "area_fraction", jot_positive(jot, row->area_fraction));
    jot_put(jot, object, "memory_fraction", jot_positive(jot, row->memory_fraction));
    jot_put(jot, object, "pes", row->pes[0] > 0 ? jot_pes(jot, row) : jot_text(jot, NULL));
    jot_put(jot, object, "node", jot_text(jot, row->node));
    jot_put(jot, object, "ours", jot_real(jot, row->ours));
    jot_put(jot, object, "theirs", jot_real(jot, row->theirs));
    jot_put(jot, object, "deviation", jot_real(jot, row->deviation));
    jot_put(jot, object, "reason", jot_text(jot, row->reason));
    jot_put(jot, object, "detail", jot_text(jot, row->detail));
    return object;
}

static json_t *jot_table(struct jot *jot, const struct sinter_reproduction *reproduction,
                         const struct sinter_reproduced_table *table, bool has_more)
{
    json_t *object = jot_object(jot), *rows = jot_array(jot);
    jot_put(jot, object, "id", jot_text(jot, table->id));
    jot_put(jot, object, "title", jot_text(jot, table->title));
    if (has_more)
        jot_put(jot, object, "figure", jot_count(jot, table->figure > 0 ? table->figure : -1));
    for (int r = 0; r < table->n_rows; r++) {
        json_t *row = jot_row(jot, &table->rows[r]);
        if (has_more) {
            jot_put(jot, row, "model", jot_text(jot, table->rows[r].label));
            put_command(jot, row, reproduction, &table->rows[r]);
        }
        jot_add(jot, rows, row);
    }
    jot_put(jot, object, "rows", rows);
    return object;
}

static json_t *jot_setting(struct jot *jot, const struct sinter_reproduced_setting *setting, bool has_more)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "name", jot_text(jot, setting->name));
    jot_put(jot, object, "says", jot_text(jot, setting->says));
    jot_put(jot, object, "options", jot_text(jot, setting->options));
    if (has_more)
        jot_put(jot, object, "honest", jot_boolean(setting->is_honest));
    return object;
}

void jot_reproduction(struct jot *jot, json_t *object, const struct sinter_reproduction *reproduction, bool has_more)
{
    json_t *settings = jot_array(jot), *tables = jot_array(jot), *remarks = jot_array(jot);
    jot_put(jot, object, "schema", jot_text(jot, "sinter.reproduce/1"));
    jot_put(jot, object, "paper", jot_text(jot, reproduction->paper));
    jot_put(jot, object, "title", jot_text(jot, reproduction->title));
    jot_put(jot, object, "source", jot_text(jot, reproduction->source));
    jot_put(jot, object, "figure", jot_count(jot, reproduction->figure > 0 ? reproduction->figure : -1));
    for (int i = 0; i < reproduction->n_settings; i++)
        jot_add(jot, settings, jot_setting(jot, &reproduction->settings[i], has_more));
    for (int t = 0; t < reproduction->n_tables; t++)
        jot_add(jot, tables, jot_table(jot, reproduction, &reproduction->tables[t], has_more));
    for (int i = 0; i < reproduction->n_remarks; i++)
        jot_add(jot, remarks, jot_text(jot, reproduction->remarks[i]));
    jot_put(jot, object, "settings", settings);
    jot_put(jot, object, "tables", tables);
    jot_put(jot, object, "remarks", remarks);
}

static enum sinter_status reproduce_json(const struct sinter_reproduction *reproduction, struct sinter_text *out)
{
    struct jot jot = {false};
    json_t *root = jot_object(&jot);
    jot_reproduction(&jot, root, reproduction, false);
    return jot_finish(&jot, root, out);
}

static enum sinter_status all_json(const struct sinter_reproduction *const *reproductions, int n, struct sinter_text *out)
{
    struct jot jot = {false};
    json_t *root = jot_object(&jot), *documents = jot_array(&jot);
    jot_put(&jot, root, "schema", jot_text(&jot, "sinter.reproductions/1"));
    for (int i = 0; i < n; i++) {
        json_t *document = jot_object(&jot);
        jot_reproduction(&jot, document, reproductions[i], false);
        jot_add(&jot, documents, document);
    }
    jot_put(&jot, root, "documents", documents);
    return jot_finish(&jot, root, out);
}

/* `of`: the reproduction, where the rows of several stand in one file; else NULL. */
static void csv_row(const struct sinter_reproduction *of, const struct sinter_reproduced_table *table,
                    const struct sinter_reproduced_row *row, struct sinter_text *out)
{
    int n = 0;
    if (of != NULL) {
        sinter_csv_field(out, &n, of->paper);
        sinter_csv_integer(out, &n, of->figure > 0 ? of->figure : -1);
    }
    sinter_csv_field(out, &n, table->id);
    sinter_csv_field(out, &n, row->setting);
    sinter_csv_field(out, &n, row->quantity);
    sinter_csv_field(out, &n, row->unit);
    sinter_csv_integer(out, &n, row->tokens);
    sinter_csv_field(out, &n, row->strategy == NULL ? "" : row->strategy);
    sinter_csv_number(out, &n, row->buffer_bytes > 0 ? row->buffer_bytes : (double)NAN);
    sinter_csv_number(out, &n, row->area_fraction > 0 ? row->area_fraction : (double)NAN);
    sinter_csv_number(out, &n, row->memory_fraction > 0 ? row->memory_fraction : (double)NAN);
    sinter_csv_integer(out, &n, row->pes[0] > 0 ? row->pes[0] * row->pes[1] : -1);
    sinter_csv_field(out, &n, row->node);
    sinter_csv_number(out, &n, row->ours);
    sinter_csv_number(out, &n, row->theirs);
    sinter_csv_number(out, &n, row->deviation);
    sinter_csv_field(out, &n, row->reason == NULL ? "" : row->reason);
    sinter_csv_field(out, &n, row->detail == NULL ? "" : row->detail);
    sinter_csv_end(out, &n);
}

static void csv_head(bool is_of_several, struct sinter_text *out)
{
    static const char *const names[] = {"paper",  "figure",   "table",        "setting",       "quantity",        "unit",
                                        "tokens", "strategy", "buffer_bytes", "area_fraction", "memory_fraction", "pes",
                                        "node",   "ours",     "theirs",       "deviation",     "reason",          "detail"};
    int n = 0;
    for (size_t i = is_of_several ? 0 : 2; i < sizeof names / sizeof names[0]; i++)
        sinter_csv_field(out, &n, names[i]);
    sinter_csv_end(out, &n);
}

static void csv_rows(const struct sinter_reproduction *reproduction, bool is_of_several, struct sinter_text *out)
{
    for (int t = 0; t < reproduction->n_tables; t++)
        for (int r = 0; r < reproduction->tables[t].n_rows; r++)
            csv_row(is_of_several ? reproduction : NULL, &reproduction->tables[t], &reproduction->tables[t].rows[r], out);
}

static enum sinter_status reproduce_csv(const struct sinter_reproduction *reproduction, struct sinter_text *out)
{
    csv_head(false, out);
    csv_rows(reproduction, false, out);
    return text_status(out);
}

static enum sinter_status all_csv(const struct sinter_reproduction *const *reproductions, int n, struct sinter_text *out)
{
    csv_head(true, out);
    for (int i = 0; i < n; i++)
        csv_rows(reproductions[i], true, out);
    return text_status(out);
}

static enum sinter_status all_text(const struct sinter_reproduction *const *reproductions, int n,
                                   const struct sinter_style *style, struct sinter_text *out)
{
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < n && status == SINTER_OK; i++) {
        sinter_text_append(out, i > 0 ? "\n\n" : "");
        status = reproduce_text(reproductions[i], style, out);
    }
    return status;
}

enum sinter_status sinter_reproductions_write(const struct sinter_reproduction *const *reproductions, int n_reproductions,
                                              const struct sinter_style *style, struct sinter_text *out)
{
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        return all_json(reproductions, n_reproductions, out);
    case SINTER_FORMAT_CSV:
        return all_csv(reproductions, n_reproductions, out);
    case SINTER_FORMAT_TEXT:
        break;
    }
    return all_text(reproductions, n_reproductions, style, out);
}

enum sinter_status sinter_reproduction_write(const struct sinter_reproduction *reproduction,
                                             const struct sinter_style *style, struct sinter_text *out)
{
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        return reproduce_json(reproduction, out);
    case SINTER_FORMAT_CSV:
        return reproduce_csv(reproduction, out);
    case SINTER_FORMAT_TEXT:
        break;
    }
    return reproduce_text(reproduction, style, out);
}
