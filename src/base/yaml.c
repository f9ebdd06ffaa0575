/* yaml.c: reads YAML and JSON through libfyaml's events into plain located nodes.
 * SPDX-License-Identifier: MIT
 *
 * Events, not libfyaml's documents: limits hold while the text is read, nothing recurses, and no alias is ever followed.
 */
#include "base/yaml.h"

#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/utf8.h"
#include "base/yaml_words.h"

enum {
    MOST_DEPTH = 64,
    MOST_NODES = 1000000,
    MOST_BYTES = 64 << 20,
    FEW_KEYS = 16 /* up to here comparing all pairs of keys is quicker than sorting them */
};

struct frame {
    struct yaml_node *node, *last; /* an open sequence or mapping, and its last child so far */
    const char *key;               /* of a mapping: the key that waits for its value */
    struct sinter_location key_at;
};

struct reader {
    struct sinter_arena *arena;
    struct sinter_diagnostics *diags;
    const char *file;
    struct yaml_node *root;
    struct frame frames[MOST_DEPTH];
    int depth, n_nodes, n_documents;
    char unlocated[256]; /* the first message of libfyaml that came without a place */
};

static struct sinter_location place(const struct reader *reader, const struct fy_mark *mark)
{
    struct sinter_location at = {reader->file, 0, 0};
    if (mark) {
        at.line = mark->line + 1;
        at.column = mark->column + 1;
    }
    return at;
}

/* libfyaml's marks of anchors, aliases and quoted texts point behind the '&', '*' or quote. */
static struct sinter_location place_before(const struct reader *reader, const struct fy_mark *mark)
{
    struct sinter_location at = place(reader, mark);
    at.column -= at.column > 1;
    return at;
}

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

/* libfyaml's own treatment of broken bytes is less exact, so none reach it. */
static enum sinter_status check_bytes(const struct reader *reader, const char *text, size_t length)
{
    struct sinter_location at = {reader->file, 1, 1};
    for (size_t i = 0, size; i < length; i += size) {
        unsigned char c = (unsigned char)text[i];
        size = utf8_size(text + i, length - i);
        if (size == 0)
            return sinter_error(reader->diags, at, "files are read as UTF-8 text", "invalid UTF-8: byte 0x%02x", c);
        if (c == '\0')
            return sinter_error(reader->diags, at, "files are read as UTF-8 text; this one looks binary",
                                "unexpected NUL byte");
        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
            return sinter_error(reader->diags, at, NULL, "unexpected control character 0x%02x", c);
        at.column++;
        if (c == '\n') {
            at.line++;
            at.column = 1;
        }
    }
    return SINTER_OK;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------ */

/* Links a new node into the open sequence or mapping, or makes it the root. */
static enum sinter_status add_node(struct reader *reader, enum yaml_kind kind, struct sinter_location at,
                                   struct yaml_node **added)
{
    if (reader->n_nodes >= MOST_NODES)
        return sinter_error(reader->diags, at, NULL, "more than %d values", (int)MOST_NODES);
    struct yaml_node *node = sinter_arena_alloc(reader->arena, 1, sizeof *node);
    if (!node)
        return sinter_out_of_memory(reader->diags);
    reader->n_nodes++;
    node->kind = kind;
    node->at = at;
    *added = node;
    if (reader->depth == 0) {
        reader->root = node;
        return SINTER_OK;
    }
    struct frame *frame = &reader->frames[reader->depth - 1];
    node->key = frame->key;
    node->key_at = frame->key_at;
    if (node->at.line == 0) /* a value that is not there stands at its key, or where the list began */
        node->at = frame->key ? frame->key_at : frame->node->at;
    frame->key = NULL;
    frame->key_at = (struct sinter_location){0};
    if (frame->last)
        frame->last->next = node;
    else
        frame->node->first = node;
    frame->last = node;
    frame->node->n_children++;
    return SINTER_OK;
}

/* True while the next value of the innermost mapping is a key. */
static bool expects_key(const struct reader *reader)
{
    const struct frame *frame = reader->depth > 0 ? &reader->frames[reader->depth - 1] : NULL;
    return frame && frame->node->kind == YAML_MAPPING && !frame->key;
}

static enum sinter_status open_node(struct reader *reader, enum yaml_kind kind, struct sinter_location at)
{
    if (expects_key(reader))
        return sinter_error(reader->diags, at, NULL, "a key must be a word, found a %s",
                            kind == YAML_MAPPING ? "mapping" : "list");
    if (reader->depth == MOST_DEPTH)
        return sinter_error(reader->diags, at, NULL, "nested deeper than %d levels", (int)MOST_DEPTH);
    struct yaml_node *node = NULL;
    enum sinter_status status = add_node(reader, kind, at, &node);
    if (status == SINTER_OK)
        reader->frames[reader->depth++] = (struct frame){.node = node};
    return status;
}

/* ---- duplicate keys --------------------------------------------------------------------------------------------- */

static bool is_before(const struct sinter_location *a, const struct sinter_location *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

static int compare_keys(const void *left, const void *right)
{
    const struct yaml_node *a = *(const struct yaml_node *const *)left, *b = *(const struct yaml_node *const *)right;
    int order = strcmp(a->key, b->key);
    return order ? order : is_before(&a->key_at, &b->key_at) ? -1 : is_before(&b->key_at, &a->key_at);
}

static enum sinter_status report_duplicate(const struct reader *reader, const struct yaml_node *first,
                                           const struct yaml_node *again)
{
    char hint[64];
    snprintf(hint, sizeof hint, "it was given first in line %d", first->key_at.line);
    return sinter_error(reader->diags, again->key_at, hint, "duplicate key '%.80s'", again->key);
}

static enum sinter_status check_keys(const struct reader *reader, const struct yaml_node *mapping)
{
    if (mapping->n_children <= FEW_KEYS) {
        for (const struct yaml_node *b = mapping->first; b; b = b->next) {
            for (const struct yaml_node *a = mapping->first; a != b; a = a->next) {
                if (strcmp(a->key, b->key) == 0)
                    return report_duplicate(reader, a, b);
            }
        }
        return SINTER_OK;
    }
    const struct sinter_allocator *allocator = arena_allocator(reader->arena);
    size_t n = (size_t)mapping->n_children, i = 0;
    const struct yaml_node **members = sinter_allocate(allocator, n, sizeof *members);
    if (!members)
        return sinter_out_of_memory(reader->diags);
    for (const struct yaml_node *member = mapping->first; member; member = member->next)
        members[i++] = member;
    qsort(members, n, sizeof *members, compare_keys);
    const struct yaml_node *first = NULL, *again = NULL;
    for (i = 1; i < n; i++) {
        if (strcmp(members[i - 1]->key, members[i]->key) != 0 || (again && is_before(&again->key_at, &members[i]->key_at)))
            continue;
        first = members[i - 1];
        again = members[i];
    }
    sinter_release(allocator, members);
    return again ? report_duplicate(reader, first, again) : SINTER_OK;
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

static enum sinter_status on_scalar(struct reader *reader, struct fy_event *event)
{
    struct fy_token *token = event->scalar.value;
    size_t length = 0;
    const char *text = token ? fy_token_get_text(token, &length) : "";
    enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
    const struct fy_mark *mark = fy_event_start_mark(event);
    bool has_quote = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    struct sinter_location at = has_quote ? place_before(reader, mark) : place(reader, mark);
    if (!text)
        return sinter_out_of_memory(reader->diags);
    if (memchr(text, '\0', length))
        return sinter_error(reader->diags, at, NULL, "unexpected NUL character in a text");
    char *copy = sinter_arena_copy(reader->arena, text, length);
    if (!copy)
        return sinter_out_of_memory(reader->diags);
    bool is_quoted = style != FYSS_PLAIN;
    if (expects_key(reader)) {
        struct frame *frame = &reader->frames[reader->depth - 1];
        if (length == 0)
            return sinter_error(reader->diags, at.line ? at : frame->node->at, NULL, "a key is missing before ':'");
        frame->key = copy;
        frame->key_at = at;
        return SINTER_OK;
    }
    struct yaml_node *node = NULL;
    enum sinter_status status = add_node(reader, YAML_SCALAR, at, &node);
    if (status != SINTER_OK)
        return status;
    node->text = copy;
    node->is_quoted = is_quoted;
    node->is_null = !is_quoted && is_null_word(copy);
    return SINTER_OK;
}

static enum sinter_status refuse_mark(const struct reader *reader, struct fy_token *anchor, struct fy_token *tag)
{
    if (anchor)
        return sinter_error(reader->diags, place_before(reader, fy_token_start_mark(anchor)),
                            "write the value out where it is used", "anchors ('&name') are not supported");
    if (tag)
        return sinter_error(reader->diags, place(reader, fy_token_start_mark(tag)), "remove the tag",
                            "tags ('!type') are not supported");
    return SINTER_OK;
}

static enum sinter_status on_event(struct reader *reader, struct fy_event *event)
{
    struct sinter_location at = place(reader, fy_event_start_mark(event));
    enum sinter_status status = SINTER_OK;
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (++reader->n_documents > 1)
            status = sinter_error(reader->diags, at, "keep one document, without '---' between parts",
                                  "a second document begins");
        return status;
    case FYET_ALIAS:
        at = place_before(reader, fy_event_start_mark(event));
        return sinter_error(reader->diags, at, "write the value out where it is used",
                            "aliases ('*name') are not supported");
    case FYET_SCALAR:
        status = refuse_mark(reader, event->scalar.anchor, event->scalar.tag);
        return status == SINTER_OK ? on_scalar(reader, event) : status;
    case FYET_SEQUENCE_START:
        status = refuse_mark(reader, event->sequence_start.anchor, event->sequence_start.tag);
        return status == SINTER_OK ? open_node(reader, YAML_SEQUENCE, at) : status;
    case FYET_MAPPING_START:
        status = refuse_mark(reader, event->mapping_start.anchor, event->mapping_start.tag);
        return status == SINTER_OK ? open_node(reader, YAML_MAPPING, at) : status;
    case FYET_MAPPING_END:
        status = check_keys(reader, reader->frames[--reader->depth].node);
        return status;
    case FYET_SEQUENCE_END:
        reader->depth--;
        return status;
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        return status;
    }
    return status;
}

/* ---- libfyaml's own errors -------------------------------------------------------------------------------------- */

static void keep_unlocated(struct fy_diag *diag, void *user, const char *text, size_t length)
{
    (void)diag;
    struct reader *reader = user;
    if (reader->unlocated[0] || length == 0)
        return;
    static const char prefix[] = "[ERR]: ";
    if (length >= sizeof prefix - 1 && memcmp(text, prefix, sizeof prefix - 1) == 0) {
        text += sizeof prefix - 1;
        length -= sizeof prefix - 1;
    }
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
        length--;
    if (length >= sizeof reader->unlocated)
        length = sizeof reader->unlocated - 1;
    memcpy(reader->unlocated, text, length);
    reader->unlocated[length] = '\0';
}

/* libfyaml stops where it understands no more, which is often behind the mistake. */
static const char *syntax_hint(const char *message)
{
    static const struct {
        const char *part, *hint;
    } hints[] = {
        {"tab character", "indent with spaces"},
        {"missing comma", "a comma or a closing bracket is missing here or in a line above"},
        {"mismatched flow", "a bracket before this one is not closed, perhaps in a line above"},
        {"without a closing bracket", "the bracket may stand in a line above"},
        {"wrongly indented", "a bracket or a quote may be open in a line above"},
        {"expected node content", "a value or a closing bracket is missing here or in a line above"},
        {"multiline plain key", "the line below is indented deeper: give keys of one mapping the same indentation"},
        {"invalid indentation", "give keys of one mapping the same indentation"},
        {"expected ':'", "write 'key: value', with a space behind the colon"},
        {"on the same line", "put a value that contains ': ' in quotes"},
        {"cannot start with", "put the value in quotes"},
        {"without closing quote", "the quote may stand in a line above"},
    };
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strstr(message, hints[i].part) != NULL)
            return hints[i].hint;
    return NULL;
}

/* The first error that libfyaml collected; those behind it are consequences. */
static enum sinter_status report_syntax(struct reader *reader, struct fy_diag *diag)
{
    void *previous = NULL;
    for (struct fy_diag_error *error; (error = fy_diag_errors_iterate(diag, &previous));) {
        if (error->type != FYET_ERROR)
            continue;
        struct sinter_location at = {reader->file, error->line, error->column};
        return sinter_error(reader->diags, at, syntax_hint(error->msg), "%s", error->msg);
    }
    return sinter_error(reader->diags, place(reader, NULL), NULL, "%s",
                        reader->unlocated[0] ? reader->unlocated : "this is not YAML");
}

static enum sinter_status read_events(struct reader *reader, const char *text, size_t length)
{
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    diag_config.output_fn = keep_unlocated;
    diag_config.user = reader;
    diag_config.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_config);
    if (!diag)
        return sinter_out_of_memory(reader->diags);
    fy_diag_set_collect_errors(diag, true);
    const struct fy_parse_cfg config = {
        .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_AUTO, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&config);
    enum sinter_status status = SINTER_OK;
    if (!parser || fy_parser_set_string(parser, text, length) != 0)
        status = sinter_out_of_memory(reader->diags);
    while (status == SINTER_OK) {
        struct fy_event *event = fy_parser_parse(parser);
        if (!event)
            break;
        status = on_event(reader, event);
        fy_parser_event_free(parser, event);
    }
    if (status == SINTER_OK && fy_parser_get_stream_error(parser))
        status = report_syntax(reader, diag);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return status;
}

/* ---- entry ------------------------------------------------------------------------------------------------------ */

enum sinter_status yaml_read_text(const char *file, const char *text, size_t length, struct sinter_arena *arena,
                                  struct sinter_diagnostics *diags, struct yaml_node **root)
{
    struct reader reader = {.arena = arena, .diags = diags};
    *root = NULL;
    if (file) {
        reader.file = sinter_arena_copy(arena, file, strlen(file));
        if (!reader.file)
            return sinter_out_of_memory(diags);
    }
    struct sinter_location whole = {reader.file, 0, 0};
    if (length > MOST_BYTES)
        return sinter_error(diags, whole, NULL, "the text is larger than 64 MiB");
    sinter_diagnostics_source(diags, file, text, length);
    enum sinter_status status = check_bytes(&reader, text, length);
    /* libfyaml takes a length of zero for "up to the NUL". */
    if (status == SINTER_OK && length > 0)
        status = read_events(&reader, text, length);
    if (status != SINTER_OK)
        return status;
    if (!reader.root || (reader.root->is_null && reader.root->text[0] == '\0'))
        return sinter_error(diags, whole, NULL, "the file is empty");
    *root = reader.root;
    return SINTER_OK;
}

enum sinter_status yaml_read_file(const char *file, struct sinter_arena *arena, struct sinter_diagnostics *diags,
                                  struct yaml_node **root)
{
    *root = NULL;
    struct sinter_text text = {.allocator = arena_allocator(arena)};
    enum sinter_status status = file_read(file, &text, diags);
    if (status == SINTER_OK)
        status = yaml_read_text(strcmp(file, "-") == 0 ? "standard input" : file, sinter_text_data(&text), text.length,
                                arena, diags, root);
    sinter_text_free(&text);
    return status;
}
