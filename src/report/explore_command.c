/* explore_command.c: the commands that run a point of an exploration again.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "report/explore.h"

enum { INDENT = 2, INDENT_MORE = 6 };

/* As a shell reads it back. */
static void append_quoted(struct sinter_text *out, const char *text)
{
    bool is_plain = *text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                                       "_-+=.,:/@%")] == '\0';
    if (is_plain) {
        sinter_text_append(out, text);
        return;
    }
    sinter_text_append(out, "'");
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            sinter_text_append(out, "'\\''");
        else
            sinter_text_append_n(out, text, 1);
    }
    sinter_text_append(out, "'");
}

static void append_workload(struct sinter_text *out, const struct sinter_explore_workload *workload)
{
    sinter_text_append(out, "sinter run -m ");
    append_quoted(out, workload->model);
    if (workload->tokens > 0 && workload->phase != SINTER_DECODE)
        sinter_text_printf(out, " -L %lld", (long long)workload->tokens);
    if (workload->phase == SINTER_DECODE)
        sinter_text_append(out, "\n--phase decode");
    if (workload->batch > 0)
        sinter_text_printf(out, "\n--batch %lld", (long long)workload->batch);
    if (workload->variant != NULL) {
        sinter_text_append(out, "\n--variant ");
        append_quoted(out, workload->variant);
    }
}

/* A search is asked for what the sweep asked for. */
static void append_chosen(struct sinter_text *out, const struct sinter_exploration *exploration, int64_t index, int w,
                          const char *schedules)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    const char *strategy = sinter_exploration_strategy(exploration, index);
    sinter_text_append(out, "\n-s ");
    if (schedules != NULL) {
        struct sinter_text name = {0};
        sinter_text_printf(&name, "%s-%d.txt", schedules, w + 1);
        append_quoted(out, sinter_text_data(&name));
        sinter_text_free(&name);
        return;
    }
    append_quoted(out, strategy);
    if (strcmp(strategy, "optimal") != 0)
        return;
    if (experiment->objective != SINTER_LEAST_LATENCY)
        sinter_text_printf(out, "\n--objective %s", sinter_objective_name(experiment->objective));
    if (experiment->gap < SINTER_GAP || experiment->gap > SINTER_GAP)
        sinter_text_printf(out, "\n--gap %.15g", 100 * experiment->gap);
}

/* Options, one a line, on as few lines as fit. */
static void join(struct sinter_text *out, const char *options, int width)
{
    int used = INDENT;
    sinter_text_printf(out, "%*s", INDENT, "");
    for (bool is_first = true; *options != '\0'; is_first = false) {
        size_t length = strcspn(options, "\n");
        int columns = (int)length + !is_first;
        if (!is_first && width > 0 && used + columns + 2 > width) {
            sinter_text_printf(out, " \\\n%*s", INDENT_MORE, "");
            used = INDENT_MORE - 1;
        } else if (!is_first) {
            sinter_text_append(out, " ");
        }
        sinter_text_append_n(out, options, length);
        used += columns;
        options += length + (options[length] == '\n');
    }
    sinter_text_append(out, "\n");
}

enum sinter_status explore_command(struct sinter_exploration *exploration, int64_t index, int w,
                                   const struct sinter_style *style, struct sinter_text *out)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    struct sinter_text settings = {.allocator = out->allocator}, options = {.allocator = out->allocator};
    enum sinter_status status = sinter_exploration_settings(exploration, index, &settings);
    append_workload(&options, &experiment->workloads[w]);
    sinter_text_append(&options, "\n-a ");
    append_quoted(&options, experiment->accelerator);
    for (const char *c = sinter_text_data(&settings); *c != '\0';) { /* " --set 'a=b'": each on a line of its own */
        const char *next = strstr(c + 1, " --set ");
        size_t length = next == NULL ? strlen(c) : (size_t)(next - c);
        sinter_text_append(&options, "\n");
        sinter_text_append_n(&options, c + 1, length - 1);
        c += length;
    }
    append_chosen(&options, exploration, index, w, style->schedules);
    sinter_text_append(&options, experiment->is_whole ? "\n--layers all" : "");
    join(out, sinter_text_data(&options), style->width);
    bool failed = settings.failed || options.failed || out->failed;
    sinter_text_free(&settings);
    sinter_text_free(&options);
    return failed ? SINTER_NO_MEMORY : status;
}
