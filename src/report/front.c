/* front.c: a Pareto front of schedules: text, JSON, CSV.
 * SPDX-License-Identifier: MIT
 */
#include "report/format.h"
#include "report/jot.h"

#include <stdio.h>

static enum sinter_status front_json(const struct sinter_model *model, const struct sinter_accel *accel,
                                     const struct sinter_front *front, struct sinter_text *out)
{
    struct jot jot = {false};
    json_t *root = jot_object(&jot), *members = jot_array(&jot);
    jot_put(&jot, root, "schema", jot_text(&jot, "sinter.front/1"));
    jot_put(&jot, root, "model", jot_model(&jot, model));
    jot_put(&jot, root, "accelerator", jot_accel(&jot, accel));
    jot_put(&jot, root, "part", jot_text(&jot, model->parts[model->block].name));
    jot_put(&jot, root, "memories_searched", jot_count(&jot, front->n_searches));
    jot_put(&jot, root, "priced", jot_count(&jot, front->n_priced));
    for (int i = 0; i < front->n; i++) {
        const struct sinter_front_member *member = &front->members[i];
        json_t *object = jot_object(&jot);
        jot_put(&jot, object, "latency_cycles", jot_real(&jot, member->cycles));
        jot_put(&jot, object, "bound_cycles", jot_real(&jot, member->bound_cycles));
        jot_put(&jot, object, "peak_bytes", jot_real(&jot, member->peak_bytes));
        jot_put(&jot, object, "dram_bytes", jot_real(&jot, member->dram_bytes));
        jot_put(&jot, object, "energy_joules", jot_real(&jot, member->joules));
        jot_put(&jot, object, "schedule", jot_text(&jot, member->schedule));
        jot_add(&jot, members, object);
    }
    jot_put(&jot, root, "front", members);
    return jot_finish(&jot, root, out);
}

static enum sinter_status front_csv(const struct sinter_front *front, struct sinter_text *out)
{
    static const char *const names[] = {"member",     "latency_cycles", "bound_cycles",
                                        "peak_bytes", "dram_bytes",     "energy_joules"};
    int n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        sinter_csv_field(out, &n, names[i]);
    sinter_csv_end(out, &n);
    for (int i = 0; i < front->n; i++) {
        const struct sinter_front_member *member = &front->members[i];
        n = 0;
        sinter_csv_integer(out, &n, i + 1);
        sinter_csv_number(out, &n, member->cycles);
        sinter_csv_number(out, &n, member->bound_cycles);
        sinter_csv_number(out, &n, member->peak_bytes);
        sinter_csv_number(out, &n, member->dram_bytes);
        sinter_csv_number(out, &n, member->joules);
        sinter_csv_end(out, &n);
    }
    return text_status(out);
}

static void member_row(struct sinter_table *table, const struct sinter_front *front, int i)
{
    const struct sinter_front_member *member = &front->members[i];
    sinter_table_row(table, SINTER_PLAIN);
    sinter_table_cell(table, show_integer(i + 1).text);
    sinter_table_cell(table, show_cycles(member->cycles).text);
    char slower[32];
    snprintf(slower, sizeof slower, "%.2fx", member->cycles / front->members[0].cycles);
    sinter_table_cell(table, slower);
    sinter_table_cell(table, show_capacity(member->peak_bytes).text);
    sinter_table_cell(table, show_traffic((int64_t)member->dram_bytes).text);
    sinter_table_cell(table, show_joules(member->joules).text);
}

static enum sinter_status front_text(const struct sinter_model *model, const struct sinter_accel *accel,
                                     const struct sinter_front *front, const struct sinter_style *style,
                                     struct sinter_text *out)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_text_append(out, tone_begin(SINTER_STRONG, style->is_colored));
    describe_task(out, model, accel, priced_part(model, false));
    sinter_text_printf(out, ": %s schedule%s, of which none is better in latency, memory, DRAM traffic and energy together.",
                       show_integer(front->n).text, front->n == 1 ? "" : "s");
    sinter_text_append(out, tone_end(SINTER_STRONG, style->is_colored));
    sinter_text_append(out, "\n\n");
    sinter_table_column(table, "member", SINTER_RIGHT);
    sinter_table_column(table, "cycles", SINTER_UNIT);
    sinter_table_column(table, "time", SINTER_RIGHT);
    sinter_table_column(table, "peak on chip", SINTER_UNIT);
    sinter_table_column(table, "DRAM", SINTER_UNIT);
    sinter_table_column(table, "energy", SINTER_UNIT);
    for (int i = 0; i < front->n; i++)
        member_row(table, front, i);
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
    if (!style->is_quiet)
        sinter_text_printf(
            out, "\n%s sizes of memory were searched, %s trees priced. --pick N prints the schedule of a member.\n",
            show_integer(front->n_searches).text, show_integer(front->n_priced).text);
    for (int i = 0; i < front->n && style->is_verbose; i++)
        sinter_text_printf(out, "\n# member %d\n%s", i + 1, front->members[i].schedule);
    return text_status(out);
}

enum sinter_status sinter_front_write(const struct sinter_model *model, const struct sinter_accel *accel,
                                      const struct sinter_front *front, int pick, const struct sinter_style *style,
                                      struct sinter_text *out)
{
    if (pick > 0) {
        sinter_text_append(out, front->members[pick - 1].schedule);
        return text_status(out);
    }
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        return front_json(model, accel, front, out);
    case SINTER_FORMAT_CSV:
        return front_csv(front, out);
    case SINTER_FORMAT_TEXT:
        break;
    }
    return front_text(model, accel, front, style, out);
}
