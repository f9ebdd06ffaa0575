/* output.c: writes a result to standard output or, in one step, to a file.
 * SPDX-License-Identifier: MIT
 */
#define _XOPEN_SOURCE 700 /* realpath */

#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sinter_status cannot_write(const char *path, int error, struct sinter_diagnostics *diags)
{
    return sinter_error(diags, (struct sinter_location){0}, NULL, "cannot write %s%s%s: %s", path == NULL ? "" : "'",
                        path == NULL ? "standard output" : path, path == NULL ? "" : "'", strerror(error));
}

static bool write_all(int file, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(file, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        length -= (size_t)n;
    }
    return true;
}

/* A pipe, a terminal or a device cannot be replaced: it is written as it is. */
static enum sinter_status write_stream(const char *path, const struct sinter_text *text, struct sinter_diagnostics *diags)
{
    FILE *file = path == NULL ? stdout : fopen(path, "w");
    if (file == NULL)
        return cannot_write(path, errno, diags);
    bool is_written = fwrite(sinter_text_data(text), 1, text->length, file) == text->length;
    is_written = fflush(file) == 0 && is_written;
    int error = errno;
    if (path != NULL && fclose(file) != 0 && is_written) {
        is_written = false;
        error = errno;
    }
    return is_written ? SINTER_OK : cannot_write(path, error, diags);
}

/* The mode that the file has, or that a new file would get. */
static mode_t wanted_mode(const struct stat *old)
{
    if (old != NULL)
        return old->st_mode & 07777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* Writes beside `path` and renames; on failure nothing is left behind. */
static enum sinter_status replace_file(const char *path, const struct stat *old, const struct sinter_text *text,
                                       struct sinter_diagnostics *diags)
{
    struct sinter_text temporary = {0};
    sinter_text_printf(&temporary, "%s.XXXXXX", path);
    if (temporary.failed)
        return sinter_out_of_memory(diags);
    int file = mkstemp(temporary.data);
    if (file < 0) {
        int error = errno;
        sinter_text_free(&temporary);
        return cannot_write(path, error, diags);
    }
    bool is_done =
        write_all(file, sinter_text_data(text), text->length) && fchmod(file, wanted_mode(old)) == 0 && fsync(file) == 0;
    int error = errno;
    if (close(file) != 0 && is_done) {
        is_done = false;
        error = errno;
    }
    if (is_done && rename(temporary.data, path) != 0) {
        is_done = false;
        error = errno;
    }
    if (!is_done)
        unlink(temporary.data);
    sinter_text_free(&temporary);
    return is_done ? SINTER_OK : cannot_write(path, error, diags);
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
        return write_stream(NULL, text, options->diags);
    bool is_report = options->style.format == SINTER_FORMAT_TEXT && !options->wants_cascade && !options->wants_yaml;
    struct sinter_text visible = {0};
    sinter_text_visible(&visible, sinter_text_data(text), is_report && options->style.is_colored ? "\n\t\033" : "\n\r\t");
    enum sinter_status status =
        visible.failed ? sinter_out_of_memory(options->diags) : write_stream(NULL, &visible, options->diags);
    sinter_text_free(&visible);
    return status;
}

enum sinter_status output_write(const struct options *options, const struct sinter_text *text)
{
    const char *path = options->output;
    struct sinter_diagnostics *diags = options->diags;
    if (path == NULL || strcmp(path, "-") == 0)
        return write_standard_output(options, text);
    struct stat old;
    if (stat(path, &old) != 0)
        return replace_file(path, NULL, text, diags);
    if (S_ISDIR(old.st_mode))
        return cannot_write(path, EISDIR, diags);
    if (!S_ISREG(old.st_mode))
        return write_stream(path, text, diags);
    if (access(path, W_OK) != 0) /* a rename would not ask */
        return cannot_write(path, errno, diags);
    char *target = realpath(path, NULL); /* through a symbolic link to the file that it names */
    if (target == NULL)
        return cannot_write(path, errno, diags);
    enum sinter_status status = replace_file(target, &old, text, diags);
    free(target);
    return status;
}
