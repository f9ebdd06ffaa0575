/* results.c: the page of one run, or of several side by side.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "page/frame.h"
#include "page/nest.h"
#include "page/windows.h"
#include "report/compare.h"
#include "report/show_area.h"

static json_t *run_member(struct jot *jot, const struct comparison *comparison, int row)
{
    const struct sinter_compare_row *of = &comparison->rows[row];
    json_t *run = jot_object(jot);
    if (of->result == NULL) {
        jot_put(jot, run, "status", jot_text(jot, "infeasible"));
        jot_put(jot, run, "reason", jot_text(jot, comparison_reason(comparison, row)));
        jot_put(jot, run, "strategy", jot_text(jot, of->strategy->label));
        return run;
    }
    const struct sinter_part_result *block = &of->result->parts[of->result->block];
    jot_result(jot, run, of->result, comparison->all_layers, true);
    jot_put(jot, run, "nest", jot_nest(jot, block));
    jot_put(jot, run, "windows", jot_windows(jot, block));
    return run;
}

static json_t *notes_member(struct jot *jot, const struct sinter_accel *accel)
{
    json_t *notes = jot_array(jot);
    for (int i = 0; i < accel->n_notes; i++)
        jot_add(jot, notes, jot_text(jot, accel->notes[i]));
    return notes;
}

/* The text that the command prints for the same results. */
static enum sinter_status append_report(const char *kind, const struct comparison *comparison, int chosen,
                                        const struct sinter_style *style, struct sinter_text *out)
{
    struct sinter_style plain = {.all_layers = style->all_layers, .is_verbose = style->is_verbose, .width = 120};
    if (strcmp(kind, "run") == 0)
        return sinter_run_write(comparison->rows[chosen].result, &plain, out);
    return sinter_compare_write(comparison->model, comparison->accel, comparison->rows, comparison->n_rows, &plain, out);
}

enum sinter_status sinter_page_results(const char *kind, const struct sinter_model *model, const struct sinter_accel *accel,
                                       const struct sinter_compare_row *rows, int n_rows, int chosen,
                                       const struct sinter_style *style, const struct sinter_origin *origin,
                                       struct sinter_page *page)
{
    struct comparison comparison = {
        .model = model, .accel = accel, .rows = rows, .n_rows = n_rows, .all_layers = style->all_layers};
    struct jot jot = {false};
    comparison_choose(&comparison);
    chosen = chosen < 0 ? (comparison.best < 0 ? 0 : comparison.best) : chosen;
    enum sinter_status status = append_report(kind, &comparison, chosen, style, &page->report);
    describe_task(&page->title, model, accel, priced_part(model, style->all_layers));
    json_t *root = page_begin(&jot, kind, origin), *runs = jot_array(&jot);
    for (int i = 0; i < n_rows; i++)
        jot_add(&jot, runs, run_member(&jot, &comparison, i));
    jot_put(&jot, root, "title", jot_text(&jot, sinter_text_data(&page->title)));
    jot_put(&jot, root, "model", jot_model(&jot, model));
    json_t *machine = jot_accel(&jot, accel);
    area_members(&jot, machine, accel);
    jot_put(&jot, root, "accelerator", machine);
    jot_put(&jot, root, "notes", notes_member(&jot, accel));
    jot_put(&jot, root, "chosen", jot_count(&jot, chosen));
    jot_put(&jot, root, "baseline", jot_count(&jot, comparison.baseline));
    jot_put(&jot, root, "runs", runs);
    jot_put(&jot, root, "inputs", page_inputs(&jot, model, accel));
    enum sinter_status finished = page_finish(&jot, root, page);
    return status != SINTER_OK ? status : finished;
}
