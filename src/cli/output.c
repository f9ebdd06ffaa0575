/* output.c: writes a result to standard output or, in one step, to a file.
 * SPDX-License-Identifier: MIT
 */
#define _XOPEN_SOURCE 700 /* realpath */

#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sinter_status cannot_write(const char *path, int error, struct sinter_diagnostics *diags)
{
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, NULL, "cannot write %s%s%s: %s", path == NULL ? "" : "'",
                  path == NULL ? "standard output" : path, path == NULL ? "" : "'", strerror(error));
    return SINTER_BAD_INPUT;
}

/* ---- in pieces ----------------------------------------------------------------------------------------------------- */

/* The mode that the file has, or that a new file would get. */
static mode_t wanted_mode(const struct stat *old)
{
    if (old != NULL)
        return old->st_mode & 07777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* The file beside, while there is one: whoever ends the program leaves none behind. */
static const char *volatile unfinished;

static void remove_unfinished(int signal_number)
{
    if (unfinished != NULL)
        unlink(unfinished);
    raise(signal_number); /* by now it ends the program */
}

static void watch(const char *path)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
    struct sigaction ending = {.sa_handler = remove_unfinished, .sa_flags = (int)SA_RESETHAND}, old;
    unfinished = path;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(signals[i], &ending, NULL);
}

/* A file beside the target takes its place in the end. */
static int open_beside(struct output *output, const char *target, const struct stat *old)
{
    output->mode = wanted_mode(old);
    output->target = strdup(target);
    sinter_text_printf(&output->temporary, "%s.XXXXXX", target);
    if (output->target == NULL || output->temporary.failed) {
        errno = ENOMEM;
        return -1;
    }
    sigset_t ending, before; /* whoever ends the program now would leave the file behind */
    sigemptyset(&ending);
    sigaddset(&ending, SIGHUP);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, &before);
    int file = mkstemp(output->temporary.data);
    int error = errno;
    if (file >= 0)
        watch(output->temporary.data);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return file;
}

static int open_file(struct output *output)
{
    const char *path = output->path;
    struct stat old;
    if (path == NULL)
        return STDOUT_FILENO;
    if (stat(path, &old) != 0)
        return open_beside(output, path, NULL);
    if (!S_ISREG(old.st_mode)) /* a pipe, a terminal or a device cannot be replaced: it is written as it is */
        return open(path, O_WRONLY);
    if (access(path, W_OK) != 0) /* a rename would not ask */
        return -1;
    char *target = realpath(path, NULL); /* through a symbolic link to the file that it names */
    int file = target == NULL ? -1 : open_beside(output, target, &old);
    int error = errno;
    free(target);
    errno = error;
    return file;
}

static void output_free(struct output *output)
{
    sinter_text_free(&output->temporary);
    free(output->target);
}

enum sinter_status output_open(struct output *output, const char *path, struct sinter_diagnostics *diags)
{
    *output = (struct output){.path = path == NULL || strcmp(path, "-") == 0 ? NULL : path};
    output->file = open_file(output);
    if (output->file >= 0)
        return SINTER_OK;
    int error = errno;
    output_free(output);
    return cannot_write(path, error, diags);
}

bool output_piece(void *context, const char *data, size_t length)
{
    struct output *output = context;
    while (length > 0 && output->error == 0) {
        ssize_t n = write(output->file, data, length);
        if (n < 0 && errno != EINTR)
            output->error = errno;
        data += n < 0 ? 0 : n;
        length -= n < 0 ? 0 : (size_t)n;
    }
    return output->error == 0;
}

bool text_piece(void *context, const char *data, size_t length)
{
    struct sinter_text *text = context;
    sinter_text_append_n(text, data, length);
    return !text->failed;
}

static void check(struct output *output, bool is_done)
{
    if (!is_done && output->error == 0)
        output->error = errno;
}

enum sinter_status output_close(struct output *output, bool is_whole, struct sinter_diagnostics *diags)
{
    bool is_beside = output->temporary.length > 0;
    if (is_beside && is_whole && output->error == 0)
        check(output, fchmod(output->file, output->mode) == 0 && fsync(output->file) == 0);
    if (output->path != NULL)
        check(output, close(output->file) == 0);
    bool is_placed = is_beside && is_whole && output->error == 0;
    if (is_placed) {
        is_placed = rename(output->temporary.data, output->target) == 0;
        check(output, is_placed);
    }
    if (is_beside && !is_placed)
        unlink(output->temporary.data);
    unfinished = NULL;
    output_free(output);
    return output->error == 0 ? SINTER_OK : cannot_write(output->path, output->error, diags);
}

/* ---- at once ------------------------------------------------------------------------------------------------------- */

static enum sinter_status write_whole(const char *path, const struct sinter_text *text, struct sinter_diagnostics *diags)
{
    struct output output;
    enum sinter_status status = output_open(&output, path, diags);
    if (status != SINTER_OK)
        return status;
    output_piece(&output, sinter_text_data(text), text->length);
    return output_close(&output, true, diags);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The folder that a file stands in, or would. */
static bool stat_folder(const char *path, struct stat *folder)
{
    const char *slash = strrchr(path, '/');
    struct sinter_text name = {0};
    sinter_text_append_n(&name, slash == NULL ? "." : path, slash == NULL ? 1 : (size_t)(slash - path) + 1);
    bool is_there = !name.failed && stat(sinter_text_data(&name), folder) == 0;
    sinter_text_free(&name);
    return is_there;
}

bool output_is_same(const char *path, const char *other)
{
    struct stat a, b;
    bool has_path = stat(path, &a) == 0, has_other = stat(other, &b) == 0;
    if (has_path != has_other)
        return false;
    if (has_path)
        return S_ISREG(a.st_mode) && is_same_file(&a, &b);
    const char *name = strrchr(path, '/'), *other_name = strrchr(other, '/');
    name = name == NULL ? path : name + 1;
    other_name = other_name == NULL ? other : other_name + 1;
    return strcmp(name, other_name) == 0 && stat_folder(path, &a) && stat_folder(other, &b) && is_same_file(&a, &b);
}

bool output_is_terminal(const struct options *options)
{
    return (options->output == NULL || strcmp(options->output, "-") == 0) && isatty(STDOUT_FILENO);
}

int output_width(const struct options *options)
{
    if (!output_is_terminal(options))
        return 0;
    const char *text = getenv("COLUMNS");
    long columns = text == NULL ? 0 : strtol(text, NULL, 10);
    if (columns > 0 && columns < 100000)
        return (int)columns;
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Names in CSV, YAML and schedules are data and stay as they are, but on a terminal. */
static enum sinter_status write_standard_output(const struct options *options, const struct sinter_text *text)
{
    if (!output_is_terminal(options))
        return write_whole(NULL, text, options->diags);
    bool is_report = options->style.format == SINTER_FORMAT_TEXT && !options->wants_cascade && !options->wants_yaml;
    struct sinter_text visible = {0};
    sinter_text_visible(&visible, sinter_text_data(text), is_report && options->style.is_colored ? "\n\t\033" : "\n\r\t");
    enum sinter_status status =
        visible.failed ? sinter_out_of_memory(options->diags) : write_whole(NULL, &visible, options->diags);
    sinter_text_free(&visible);
    return status;
}

enum sinter_status output_write(const struct options *options, const struct sinter_text *text)
{
    if (options->output == NULL || strcmp(options->output, "-") == 0)
        return write_standard_output(options, text);
    return write_whole(options->output, text, options->diags);
}

enum sinter_status output_check(const char *path, struct sinter_diagnostics *diags)
{
    struct output output;
    struct stat old;
    if (path == NULL || strcmp(path, "-") == 0)
        return SINTER_OK;
    if (stat(path, &old) == 0 && !S_ISREG(old.st_mode) && !S_ISDIR(old.st_mode)) /* who reads a pipe notices that it opens */
        return access(path, W_OK) == 0 ? SINTER_OK : cannot_write(path, errno, diags);
    enum sinter_status status = output_open(&output, path, diags);
    return status == SINTER_OK ? output_close(&output, false, diags) : status;
}

enum sinter_status output_check_folder(const char *path, struct sinter_diagnostics *diags)
{
    struct stat folder;
    if (stat(path, &folder) == 0)
        return !S_ISDIR(folder.st_mode)         ? cannot_write(path, ENOTDIR, diags)
               : access(path, W_OK | X_OK) != 0 ? cannot_write(path, errno, diags)
                                                : SINTER_OK;
    return stat_folder(path, &folder) ? SINTER_OK : cannot_write(path, ENOENT, diags);
}
