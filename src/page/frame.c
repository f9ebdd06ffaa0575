/* frame.c: the data of a page, the page around it, the program that draws its figures.
 * SPDX-License-Identifier: MIT
 */
#include "page/frame.h"

#include <string.h>

void sinter_page_free(struct sinter_page *page)
{
    sinter_text_free(&page->title);
    sinter_text_free(&page->report);
    sinter_text_free(&page->data);
}

/* ---- data ---------------------------------------------------------------------------------------------------------- */

json_t *page_begin(struct jot *jot, const char *kind, const struct sinter_origin *origin)
{
    json_t *root = jot_object(jot), *command = jot_array(jot);
    for (int i = 0; origin != NULL && i < origin->n_words; i++)
        jot_add(jot, command, jot_text(jot, origin->words[i]));
    jot_put(jot, root, "schema", jot_text(jot, "sinter.page/1"));
    jot_put(jot, root, "kind", jot_text(jot, kind));
    jot_put(jot, root, "version", jot_text(jot, SINTER_VERSION));
    jot_put(jot, root, "command", command);
    return root;
}

void page_input(struct jot *jot, json_t *inputs, const char *title, const char *name, const struct sinter_text *text)
{
    json_t *input = jot_object(jot);
    jot->failed = jot->failed || text->failed;
    jot_put(jot, input, "title", jot_text(jot, title));
    jot_put(jot, input, "name", jot_text(jot, name));
    jot_put(jot, input, "text", jot_text(jot, sinter_text_data(text)));
    jot_add(jot, inputs, input);
}

json_t *page_inputs(struct jot *jot, const struct sinter_model *model, const struct sinter_accel *accel)
{
    json_t *inputs = jot_array(jot);
    for (int p = 0; p < model->n_parts; p++) {
        struct sinter_text text = {0}, name = {0};
        sinter_cascade_print(model->parts[p].cascade, &text);
        sinter_text_printf(&name, "%s.yaml", model->parts[p].name);
        page_input(jot, inputs, model->n_parts > 1 ? model->parts[p].name : "cascade", sinter_text_data(&name), &text);
        sinter_text_free(&name);
        sinter_text_free(&text);
    }
    struct sinter_text text = {0}, name = {0};
    sinter_accel_print(accel, &text);
    sinter_text_printf(&name, "%s.accel.yaml", accel->name);
    page_input(jot, inputs, "accelerator", sinter_text_data(&name), &text);
    sinter_text_free(&name);
    sinter_text_free(&text);
    return inputs;
}

static int append_piece(const char *piece, size_t length, void *out)
{
    sinter_text_append_n(out, piece, length);
    return ((struct sinter_text *)out)->failed ? -1 : 0;
}

enum sinter_status page_finish(struct jot *jot, json_t *root, struct sinter_page *page)
{
    size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17);
    if (!jot->failed && json_dump_callback(root, append_piece, &page->data, flags) != 0)
        jot->failed = true;
    json_decref(root);
    page->data.failed = page->data.failed || jot->failed;
    bool has_failed = page->data.failed || page->title.failed || page->report.failed;
    return has_failed ? SINTER_NO_MEMORY : SINTER_OK;
}

/* ---- frames -------------------------------------------------------------------------------------------------------- */

bool sinter_page_is_built(void)
{
    return n_page_files > 0;
}

static void append_file(struct sinter_text *out, const char *path)
{
    for (int i = 0; i < n_page_files; i++)
        if (strcmp(page_files[i].path, path) == 0)
            sinter_text_append_n(out, page_files[i].text, page_files[i].length);
}

/* JSON between tags or in a program: no '<' can begin a tag, and what JSON allows in a text and JavaScript once did not is
 * spelled out, as is what turns the direction of writing. Both stand in texts alone, where an escape means the same. */
static void append_json(struct sinter_text *out, const struct sinter_text *data)
{
    struct sinter_text visible = {.allocator = out->allocator};
    sinter_text_visible(&visible, sinter_text_data(data), "");
    const char *at = sinter_text_data(&visible);
    for (const char *tag = strchr(at, '<'); tag != NULL; tag = strchr(at, '<')) {
        sinter_text_append_n(out, at, (size_t)(tag - at));
        sinter_text_append(out, "\\u003c");
        at = tag + 1;
    }
    sinter_text_append(out, at);
    out->failed = out->failed || visible.failed || data->failed;
    sinter_text_free(&visible);
}

/* Text between tags. Invalid UTF-8 is the browser's to replace. */
static void append_escaped(struct sinter_text *out, const struct sinter_text *text)
{
    struct sinter_text visible = {.allocator = out->allocator};
    sinter_text_visible(&visible, sinter_text_data(text), "\n");
    for (const char *at = sinter_text_data(&visible); *at != '\0';) {
        size_t n = strcspn(at, "<>&\"");
        sinter_text_append_n(out, at, n);
        at += n;
        if (*at != '\0')
            sinter_text_append(out, *at == '<' ? "&lt;" : *at == '>' ? "&gt;" : *at == '&' ? "&amp;" : "&quot;");
        at += *at != '\0';
    }
    out->failed = out->failed || visible.failed || text->failed;
    sinter_text_free(&visible);
}

enum sinter_status sinter_page_html(const struct sinter_page *page, struct sinter_text *out)
{
    if (!sinter_page_is_built())
        return SINTER_INFEASIBLE;
    sinter_text_append(
        out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
             "style-src 'unsafe-inline'; img-src data: blob:\">\n<title>");
    append_escaped(out, &page->title);
    sinter_text_append(out, "</title>\n<style>\n");
    append_file(out, "page.css");
    sinter_text_append(out, "</style>\n</head>\n<body>\n<header><h1>");
    append_escaped(out, &page->title);
    sinter_text_append(
        out, "</h1></header>\n<main id=\"page\"><noscript><p>Charts and tables need JavaScript; the report as text "
             "does not.</p></noscript></main>\n"
             "<details id=\"report\"><summary>The report as text</summary>\n<pre tabindex=\"0\">");
    append_escaped(out, &page->report);
    sinter_text_append(out, "</pre></details>\n<script type=\"application/json\" id=\"data\">");
    append_json(out, &page->data);
    sinter_text_append(out, "</script>\n<script>\n");
    append_file(out, "page.js");
    sinter_text_append(out, "</script>\n</body>\n</html>\n");
    return text_status(out);
}

enum sinter_status sinter_page_figures(const struct sinter_page *page, struct sinter_text *out)
{
    if (!sinter_page_is_built())
        return SINTER_INFEASIBLE;
    sinter_text_append(out, "globalThis.sinterPage = ");
    append_json(out, &page->data);
    sinter_text_append(out, ";\n");
    append_file(out, "figures.js");
    return text_status(out);
}
