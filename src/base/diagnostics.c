/* diagnostics.c: what went wrong, where, and what to do about it, kept in order and shown with the source line.
 * SPDX-License-Identifier: MIT
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "sinter/base.h"

enum {
    MOST_KEPT = 100,
    MOST_MESSAGE_BYTES = 4000,  /* a message that quotes a hostile file stays readable */
    MOST_SHOWN_CHARACTERS = 110 /* of a source line */
};

struct source {
    struct source *next;
    char *file; /* "" for a text without a file */
    char *text;
    size_t length;
};

struct sinter_diagnostics {
    const struct sinter_allocator *allocator;
    struct sinter_arena *arena; /* messages, hints, file names */
    struct sinter_diagnostic kept[MOST_KEPT];
    int n_kept;
    int n_dropped;
    struct source *sources;
    struct sinter_text text; /* what sinter_diagnostics_text() returned last */
};

static const char no_memory_message[] = "out of memory";

struct sinter_diagnostics *sinter_diagnostics_new(const struct sinter_allocator *allocator)
{
    struct sinter_diagnostics *diags = sinter_allocate(allocator, 1, sizeof *diags);
    if (!diags)
        return NULL;
    diags->allocator = allocator;
    diags->text.allocator = allocator;
    diags->arena = sinter_arena_new(allocator);
    if (!diags->arena) {
        sinter_release(allocator, diags);
        return NULL;
    }
    return diags;
}

void sinter_diagnostics_free(struct sinter_diagnostics *diags)
{
    if (!diags)
        return;
    for (struct source *source = diags->sources, *next; source; source = next) {
        next = source->next;
        sinter_release(diags->allocator, source);
    }
    sinter_text_free(&diags->text);
    sinter_arena_free(diags->arena);
    sinter_release(diags->allocator, diags);
}

/* Sources stay: an object that was read before may be complained about later. */
void sinter_diagnostics_clear(struct sinter_diagnostics *diags)
{
    if (!diags)
        return;
    diags->n_kept = 0;
    diags->n_dropped = 0;
    sinter_text_free(&diags->text);
    sinter_arena_reset(diags->arena, (struct sinter_arena_mark){0});
}

/* ---- appending ------------------------------------------------------------------------------------------------ */

/* Room for one more: when all places are taken, an error takes that of the last one which is none. */
static struct sinter_diagnostic *take_place(struct sinter_diagnostics *diags, enum sinter_severity severity)
{
    if (diags->n_kept < MOST_KEPT)
        return &diags->kept[diags->n_kept++];
    diags->n_dropped++;
    if (severity != SINTER_ERROR)
        return NULL;
    for (int i = MOST_KEPT - 1; i >= 0; i--) {
        if (diags->kept[i].severity == SINTER_ERROR)
            continue;
        memmove(&diags->kept[i], &diags->kept[i + 1], (size_t)(MOST_KEPT - 1 - i) * sizeof diags->kept[0]);
        return &diags->kept[MOST_KEPT - 1];
    }
    return NULL;
}

/* A message may quote bytes of a hostile file: nothing in it may steer a terminal. */
static void make_printable(char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0, size; i < length; i += size) {
        const unsigned char *c = (const unsigned char *)text + i;
        size = utf8_size(text + i, length - i);
        bool is_control = (c[0] < 0x20 && c[0] != '\n' && c[0] != '\t') || c[0] == 0x7f || (c[0] == 0xc2 && c[1] < 0xa0);
        if (size == 0)
            size = 1;
        else if (!is_control)
            continue;
        memset(text + i, '?', size);
    }
}

/* Copies at most MOST_MESSAGE_BYTES of a text, made printable. */
static const char *keep_text(struct sinter_diagnostics *diags, const char *text)
{
    size_t length = strnlen(text, MOST_MESSAGE_BYTES);
    /* Do not cut a character in two. */
    while (text[length] && length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length -= 1;
    char *kept = sinter_arena_copy(diags->arena, text, length);
    if (kept)
        make_printable(kept);
    return kept;
}

/* File names repeat from message to message. */
static const char *keep_file(struct sinter_diagnostics *diags, const char *file)
{
    if (diags->n_kept > 0) {
        const char *last = diags->kept[diags->n_kept - 1].at.file;
        if (last && strcmp(last, file) == 0)
            return last;
    }
    return sinter_arena_copy(diags->arena, file, strlen(file));
}

static void SINTER_PRINTF(5, 0) report(struct sinter_diagnostics *diags, enum sinter_severity severity,
                                       struct sinter_location at, const char *hint, const char *format, va_list arguments)
{
    if (!diags)
        return;
    char message[MOST_MESSAGE_BYTES + 8];
    if (vsnprintf(message, sizeof message, format, arguments) < 0)
        message[0] = '\0';
    struct sinter_diagnostic made = {.severity = severity, .at = at};
    made.message = keep_text(diags, message);
    made.hint = hint ? keep_text(diags, hint) : NULL;
    made.at.file = at.file ? keep_file(diags, at.file) : NULL;
    if (!made.message || (hint && !made.hint) || (at.file && !made.at.file)) {
        sinter_out_of_memory(diags);
        return;
    }
    struct sinter_diagnostic *place = take_place(diags, severity);
    if (place)
        *place = made;
}

void sinter_report(struct sinter_diagnostics *diags, enum sinter_severity severity, struct sinter_location at,
                   const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(diags, severity, at, hint, format, arguments);
    va_end(arguments);
}

enum sinter_status sinter_error(struct sinter_diagnostics *diags, struct sinter_location at, const char *hint,
                                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(diags, SINTER_ERROR, at, hint, format, arguments);
    va_end(arguments);
    return SINTER_BAD_INPUT;
}

enum sinter_status sinter_out_of_memory(struct sinter_diagnostics *diags)
{
    if (!diags)
        return SINTER_NO_MEMORY;
    /* The news travels up through several callers, each of which may report it: once is enough. */
    bool is_known = diags->n_kept > 0 && diags->kept[diags->n_kept - 1].message == no_memory_message;
    struct sinter_diagnostic *place = is_known ? NULL : take_place(diags, SINTER_ERROR);
    if (place)
        *place = (struct sinter_diagnostic){.severity = SINTER_ERROR, .message = no_memory_message};
    return SINTER_NO_MEMORY;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

int sinter_diagnostics_count(const struct sinter_diagnostics *diags)
{
    return diags ? diags->n_kept : 0;
}

int sinter_diagnostics_errors(const struct sinter_diagnostics *diags)
{
    int n_errors = 0;
    for (int i = 0; diags && i < diags->n_kept; i++)
        n_errors += diags->kept[i].severity == SINTER_ERROR;
    return n_errors;
}

const struct sinter_diagnostic *sinter_diagnostics_at(const struct sinter_diagnostics *diags, int index)
{
    return diags && index >= 0 && index < diags->n_kept ? &diags->kept[index] : NULL;
}

/* ---- sources ---------------------------------------------------------------------------------------------------- */

static struct source *find_source(const struct sinter_diagnostics *diags, const char *file)
{
    struct source *source = diags->sources;
    while (source && strcmp(source->file, file ? file : "") != 0)
        source = source->next;
    return source;
}

void sinter_diagnostics_source(struct sinter_diagnostics *diags, const char *file, const char *text, size_t length)
{
    if (!diags)
        return;
    size_t name_size = (file ? strlen(file) : 0) + 1;
    struct source *old = find_source(diags, file);
    if (old && old->length == length && (length == 0 || memcmp(old->text, text, length) == 0))
        return;
    if (length > SIZE_MAX - name_size - sizeof(struct source))
        return;
    /* Header, name and text in one block. Without memory for it, messages merely lack the line. */
    struct source *source = sinter_allocate(diags->allocator, 1, sizeof *source + name_size + length);
    if (!source)
        return;
    source->file = (char *)(source + 1);
    memcpy(source->file, file ? file : "", name_size);
    source->text = source->file + name_size;
    if (length > 0)
        memcpy(source->text, text, length);
    source->length = length;
    for (struct source **link = &diags->sources; old; link = &(*link)->next) {
        if (*link != old)
            continue;
        *link = old->next;
        sinter_release(diags->allocator, old);
        break;
    }
    source->next = diags->sources;
    diags->sources = source;
}

/* The line of a source, without its end. */
static const char *find_line(const struct source *source, int line, size_t *length)
{
    const char *start = source->text, *end = source->text + source->length;
    for (int i = 1; i < line; i++) {
        const char *newline = start < end ? memchr(start, '\n', (size_t)(end - start)) : NULL;
        if (!newline)
            return NULL;
        start = newline + 1;
    }
    const char *newline = start < end ? memchr(start, '\n', (size_t)(end - start)) : NULL;
    *length = (size_t)((newline ? newline : end) - start);
    if (*length > 0 && start[*length - 1] == '\r')
        *length -= 1;
    return start;
}

/* ---- showing ---------------------------------------------------------------------------------------------------- */

static void show_place(struct sinter_text *out, const struct sinter_location *at)
{
    if (at->file)
        sinter_text_printf(out, "%s:", at->file);
    if (at->line > 0)
        sinter_text_printf(out, "%d:", at->line);
    if (at->line > 0 && at->column > 0)
        sinter_text_printf(out, "%d:", at->column);
    if (at->file || at->line > 0)
        sinter_text_append(out, " ");
}

/* One character of a source line; a tab becomes a space so that the caret below stays in step. */
static void show_character(struct sinter_text *out, const char *text, size_t size)
{
    char shown[5] = {0};
    memcpy(shown, text, size);
    if (shown[0] == '\t')
        shown[0] = ' ';
    make_printable(shown);
    sinter_text_append(out, shown);
}

/* The line and a caret below the column, both indented by four. Of a long line, a part around the column. */
static void show_line(struct sinter_text *out, const struct source *source, const struct sinter_location *at)
{
    size_t length = 0;
    const char *line = find_line(source, at->line, &length);
    if (!line || length == 0)
        return;
    int column = at->column;
    int first = column > MOST_SHOWN_CHARACTERS * 3 / 4 ? column - MOST_SHOWN_CHARACTERS / 2 : 1;
    int last = first + MOST_SHOWN_CHARACTERS - 1;
    int i_column = 1;
    bool is_cut = false;
    sinter_text_append(out, first > 1 ? "    ..." : "    ");
    for (size_t i = 0, size; i < length && !is_cut; i += size, i_column++) {
        size = utf8_size(line + i, length - i);
        size = size ? size : 1;
        is_cut = i_column > last;
        if (i_column >= first && !is_cut)
            show_character(out, line + i, size);
    }
    sinter_text_append(out, is_cut ? "...\n" : "\n");
    if (column < 1 || column > i_column)
        return;
    sinter_text_printf(out, "    %*s^\n", column - first + (first > 1 ? 3 : 0), "");
}

const char *sinter_diagnostics_text(struct sinter_diagnostics *diags)
{
    static const char *const severities[] = {[SINTER_ERROR] = "error", [SINTER_WARNING] = "warning", [SINTER_NOTE] = "note"};
    if (!diags)
        return "";
    struct sinter_text *out = &diags->text;
    sinter_text_free(out);
    for (int i = 0; i < diags->n_kept; i++) {
        const struct sinter_diagnostic *diagnostic = &diags->kept[i];
        const struct sinter_location *at = &diagnostic->at;
        show_place(out, at);
        sinter_text_printf(out, "%s: ", severities[diagnostic->severity]);
        sinter_text_append(out, diagnostic->message);
        sinter_text_append(out, "\n");
        const struct source *source = at->line > 0 ? find_source(diags, at->file) : NULL;
        if (source)
            show_line(out, source, at);
        if (diagnostic->hint) {
            sinter_text_append(out, "  hint: ");
            sinter_text_append(out, diagnostic->hint);
            sinter_text_append(out, "\n");
        }
    }
    if (diags->n_dropped > 0)
        sinter_text_printf(out, "note: %d more messages are not shown\n", diags->n_dropped);
    return out->failed ? "error: out of memory\n" : sinter_text_data(out);
}
