/* reproduced.c: the page of published numbers beside ours.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "page/frame.h"
#include "report/reproduce.h"

static void append_heading(const struct sinter_reproduction *const *reproductions, int n, struct sinter_text *out)
{
    bool is_one_paper = n > 0;
    for (int i = 1; i < n; i++)
        is_one_paper = is_one_paper && strcmp(reproductions[i]->paper, reproductions[0]->paper) == 0;
    if (is_one_paper)
        sinter_text_printf(out, "%s, computed again", reproductions[0]->paper);
    else
        sinter_text_append(out, "Published numbers, computed again");
    if (n == 1 && reproductions[0]->figure > 0)
        sinter_text_printf(out, ": figure %d", reproductions[0]->figure);
}

enum sinter_status sinter_page_reproductions(const struct sinter_reproduction *const *reproductions, int n_reproductions,
                                             const struct sinter_origin *origin, struct sinter_page *page)
{
    struct jot jot = {false};
    struct sinter_style plain = {.is_verbose = true, .width = 120};
    enum sinter_status status = sinter_reproductions_write(reproductions, n_reproductions, &plain, &page->report);
    append_heading(reproductions, n_reproductions, &page->title);
    json_t *root = page_begin(&jot, "reproduce", origin), *members = jot_array(&jot);
    jot_put(&jot, root, "title", jot_text(&jot, sinter_text_data(&page->title)));
    for (int i = 0; i < n_reproductions; i++) {
        json_t *member = jot_object(&jot);
        jot_reproduction(&jot, member, reproductions[i], true);
        jot_add(&jot, members, member);
    }
    jot_put(&jot, root, "reproductions", members);
    enum sinter_status finished = page_finish(&jot, root, page);
    return status != SINTER_OK ? status : finished;
}
