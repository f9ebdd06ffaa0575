/* page.c: --html writes a page, --figures lets Node.js draw its charts into a folder.
 * SPDX-License-Identifier: MIT
 */
#include "cli/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/output.h"

bool wants_page(const struct options *options)
{
    return options->html != NULL || options->figures != NULL;
}

enum sinter_status page_check(struct options *options)
{
    if (!wants_page(options))
        return SINTER_OK;
    const char *option = options->html != NULL ? "--html" : "--figures";
    if (!sinter_page_is_built())
        return usage_error(options, "build it where npm is installed", "%s: this sinter was built without pages", option);
    if (options->html != NULL && strcmp(options->html, "-") == 0)
        return usage_error(options, "as in --html report.html", "--html needs a file");
    const char *others[] = {options->output, options->trace};
    for (int i = 0; options->html != NULL && i < 2; i++)
        if (others[i] != NULL && strcmp(others[i], "-") != 0 && output_is_same(others[i], options->html))
            return usage_error(options, "give them different files", "--html and another output are both '%s'",
                               options->html);
    enum sinter_status status = options->html != NULL ? output_check(options->html, options->diags) : SINTER_OK;
    if (status == SINTER_OK && options->figures != NULL)
        status = output_check_folder(options->figures, options->diags);
    return status;
}

/* ---- the page ------------------------------------------------------------------------------------------------------ */

static enum sinter_status write_html(struct options *options, const struct sinter_page *page)
{
    struct sinter_text html = {0};
    struct output output;
    enum sinter_status status = sinter_page_html(page, &html);
    if (status != SINTER_OK)
        status = sinter_out_of_memory(options->diags);
    else if ((status = output_open(&output, options->html, options->diags)) == SINTER_OK) {
        output_piece(&output, sinter_text_data(&html), html.length);
        status = output_close(&output, true, options->diags);
    }
    sinter_text_free(&html);
    return status;
}

/* ---- the figures --------------------------------------------------------------------------------------------------- */

static enum sinter_status complain(struct options *options, const char *hint, const char *what, int error)
{
    sinter_report(options->diags, SINTER_ERROR, (struct sinter_location){0}, hint, "%s '%s': %s", what, options->figures,
                  strerror(error));
    return SINTER_BAD_INPUT;
}

enum { NO_NODE = 127, NO_FOLDER = 126 };

/* In the child: Node.js in the folder, with the program as its standard input. */
static void become_node(const char *folder, FILE *program, int answers)
{
    if (chdir(folder) != 0)
        _exit(NO_FOLDER);
    if (dup2(fileno(program), STDIN_FILENO) < 0 || dup2(answers, STDOUT_FILENO) < 0)
        _exit(NO_FOLDER);
    execlp("node", "node", "--input-type=module", "-", (char *)NULL);
    _exit(NO_NODE);
}

/* Each line names a file that was written; one that begins with '!' is a remark. */
static void pass_on(struct options *options, char *answers)
{
    int n_files = 0;
    for (char *line = strtok(answers, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        n_files += line[0] != '!';
        if (line[0] == '!')
            sinter_report(options->diags, SINTER_WARNING, (struct sinter_location){0}, NULL, "%s", line + 1);
    }
    if (!options->style.is_quiet)
        sinter_report(options->diags, SINTER_NOTE, (struct sinter_location){0}, NULL, "%d files of figures are in '%s'",
                      n_files, options->figures);
}

static enum sinter_status await_node(struct options *options, pid_t child, FILE *from_node)
{
    char *answers = NULL;
    size_t size = 0;
    int state = 0;
    bool has_answers = getdelim(&answers, &size, '\0', from_node) >= 0; /* all of it */
    while (waitpid(child, &state, 0) < 0 && errno == EINTR)
        ;
    enum sinter_status status = SINTER_OK;
    if (WIFEXITED(state) && WEXITSTATUS(state) == NO_NODE) {
        sinter_report(options->diags, SINTER_ERROR, (struct sinter_location){0}, "install it, as in apt-get install nodejs",
                      "--figures needs Node.js, and there is no 'node'");
        status = SINTER_BAD_INPUT;
    } else if (WIFEXITED(state) && WEXITSTATUS(state) == NO_FOLDER)
        status = complain(options, NULL, "cannot go to the folder", EACCES);
    else if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) {
        sinter_report(options->diags, SINTER_ERROR, (struct sinter_location){0}, "what Node.js said stands above",
                      "the figures could not be drawn");
        status = SINTER_INTERNAL;
    } else if (has_answers)
        pass_on(options, answers);
    free(answers);
    return status;
}

static enum sinter_status run_node(struct options *options, FILE *program)
{
    int ends[2];
    if (pipe(ends) != 0)
        return complain(options, NULL, "cannot draw figures into", errno);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        become_node(options->figures, program, ends[1]);
    }
    close(ends[1]);
    FILE *from_node = child < 0 ? NULL : fdopen(ends[0], "r");
    if (from_node == NULL) {
        close(ends[0]);
        return complain(options, NULL, "cannot draw figures into", errno);
    }
    enum sinter_status status = await_node(options, child, from_node);
    fclose(from_node);
    return status;
}

static enum sinter_status draw_figures(struct options *options, const struct sinter_page *page)
{
    struct sinter_text text = {0};
    if (mkdir(options->figures, 0777) != 0 && errno != EEXIST)
        return complain(options, NULL, "cannot make the folder", errno);
    enum sinter_status status = sinter_page_figures(page, &text);
    FILE *program = status == SINTER_OK ? tmpfile() : NULL;
    if (status != SINTER_OK)
        status = sinter_out_of_memory(options->diags);
    else if (program == NULL || fwrite(sinter_text_data(&text), 1, text.length, program) != text.length ||
             fflush(program) != 0)
        status = complain(options, NULL, "cannot draw figures into", errno);
    else {
        rewind(program);
        status = run_node(options, program);
    }
    if (program != NULL)
        fclose(program);
    sinter_text_free(&text);
    return status;
}

enum sinter_status page_write(struct options *options, const struct sinter_page *page)
{
    enum sinter_status status = options->html != NULL ? write_html(options, page) : SINTER_OK;
    if (status == SINTER_OK && options->figures != NULL)
        status = draw_figures(options, page);
    return status;
}
