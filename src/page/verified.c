/* verified.c: the page of schedules that were executed, and of a study of numbers.
 * SPDX-License-Identifier: MIT
 */
#include "page/frame.h"
#include "report/verify.h"

/* The report beside the page is read without a terminal: no colours, and every tensor. */
static struct sinter_style plain_style(const struct sinter_style *style)
{
    return (struct sinter_style){.all_layers = style->all_layers, .is_verbose = true, .width = 120};
}

static enum sinter_status finish(struct jot *jot, json_t *root, json_t *verification, const struct sinter_model *model,
                                 const struct sinter_accel *accel, struct sinter_page *page)
{
    jot_put(jot, root, "title", jot_text(jot, sinter_text_data(&page->title)));
    jot_put(jot, root, "verification", verification);
    jot_put(jot, root, "inputs", page_inputs(jot, model, accel));
    return page_finish(jot, root, page);
}

enum sinter_status sinter_page_verification(const struct sinter_verification *verification, const struct sinter_style *style,
                                            const struct sinter_origin *origin, struct sinter_page *page)
{
    struct jot jot = {false};
    struct sinter_style plain = plain_style(style);
    enum sinter_status status = sinter_verification_write(verification, &plain, &page->report);
    describe_task(&page->title, verification->model, verification->accel,
                  priced_part(verification->model, style->all_layers));
    sinter_text_append(&page->title, ", executed");
    json_t *root = page_begin(&jot, "verify", origin), *member = jot_object(&jot);
    jot_verification(&jot, member, verification);
    enum sinter_status finished = finish(&jot, root, member, verification->model, verification->accel, page);
    return status != SINTER_OK ? status : finished;
}

enum sinter_status sinter_page_study(const struct sinter_study *study, const struct sinter_style *style,
                                     const struct sinter_origin *origin, struct sinter_page *page)
{
    struct jot jot = {false};
    struct sinter_style plain = plain_style(style);
    enum sinter_status status = sinter_study_write(study, &plain, &page->report);
    describe_workload(&page->title, study->model, study->model->parts[study->model->block].name);
    sinter_text_append(&page->title, ": choices of numbers");
    json_t *root = page_begin(&jot, "verify", origin), *member = jot_object(&jot);
    jot_study(&jot, member, study);
    enum sinter_status finished = finish(&jot, root, member, study->model, NULL, page);
    return status != SINTER_OK ? status : finished;
}
