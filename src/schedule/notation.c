/* notation.c: the printed form of a schedule, written and read.
 * SPDX-License-Identifier: MIT
 *
 *     schedule = { "group" [number] body }
 *     body     = lines indented deeper than their head
 *     line     = "hold" TENSOR "in" MEMORY ["double"] | "carry" TENSOR "in" MEMORY
 *              | "for" variable "in" RANK "by" size body | "chain" body | EINSUM "on" UNIT
 *
 * The reader splits each text line into words, then keeps a stack of the indentations whose bodies are open.
 */
#include "base/file.h"
#include "sinter/schedule.h"

#include <stdio.h>
#include <string.h>

enum { MAX_WORDS = 7, MAX_DEPTH = 60, MAX_WORD = 255 };

/* ---- writing ------------------------------------------------------------------------------------------------- */

void sinter_schedule_print(const struct sinter_schedule *schedule, struct sinter_text *out)
{
    const struct sinter_cascade *cascade = schedule->cascade;
    const struct sinter_accel *accel = schedule->accel;
    int ends[MAX_DEPTH + 4], depth = 0, n_groups = 0;
    for (int i = 0; i < schedule->n_nodes; i++) {
        const struct sinter_node *node = &schedule->nodes[i];
        while (depth > 0 && ends[depth - 1] <= i)
            depth--;
        sinter_text_printf(out, "%*s", 2 * depth, "");
        switch (node->kind) {
        case SINTER_GROUP:
            sinter_text_printf(out, "group %d\n", ++n_groups);
            break;
        case SINTER_LOOP:
            sinter_text_printf(out, "for %s in %s by %lld\n", cascade->ranks[node->rank].variable,
                               cascade->ranks[node->rank].name, (long long)node->tile);
            break;
        case SINTER_CHAIN:
            sinter_text_append(out, "chain\n");
            break;
        case SINTER_LEAF:
            sinter_text_printf(out, "%s on %s\n", cascade->einsums[node->einsum].name, accel->units[node->unit].name);
            break;
        case SINTER_HOLD:
            sinter_text_printf(out, "hold %s in %s%s\n", cascade->tensors[node->tensor].name,
                               accel->memories[node->memory].name, node->is_double ? " double" : "");
            break;
        case SINTER_CARRY:
            sinter_text_printf(out, "carry %s in %s\n", cascade->tensors[node->tensor].name,
                               accel->memories[node->memory].name);
            break;
        }
        bool has_body = node->kind == SINTER_GROUP || node->kind == SINTER_LOOP || node->kind == SINTER_CHAIN;
        if (has_body && depth < MAX_DEPTH + 4)
            ends[depth++] = node->end;
    }
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

struct word {
    char text[MAX_WORD + 1];
    struct sinter_location at;
};

struct reader {
    struct sinter_schedule *schedule;
    struct sinter_diagnostics *diags;
    const char *file;
    int line;
    int n_words;
    struct word words[MAX_WORDS];
    int depth;                /* open bodies */
    int heads[MAX_DEPTH + 1]; /* indentation of the heads of the open bodies */
    struct sinter_location head_at[MAX_DEPTH + 1];
    int *seen_line; /* by Einsum: line of its leaf, 0: not yet */
};

static struct sinter_location here(const struct reader *reader, int column)
{
    return (struct sinter_location){reader->file, reader->line, column};
}

/* Cuts one line into words up to a comment; sets the indentation. */
static enum sinter_status split(struct reader *reader, const char *line, size_t length, int *indentation)
{
    size_t i = 0;
    reader->n_words = 0;
    while (i < length && line[i] == ' ')
        i++;
    *indentation = (int)i;
    while (i < length && line[i] != '#') {
        unsigned char c = (unsigned char)line[i];
        if (c == ' ' || c == '\r') {
            i++;
            continue;
        }
        if (c == '\t')
            return sinter_error(reader->diags, here(reader, (int)i + 1), "indent with spaces", "a tab in a schedule");
        if (reader->n_words == MAX_WORDS)
            return sinter_error(reader->diags, here(reader, (int)i + 1), NULL, "too many words in this line");
        struct word *word = &reader->words[reader->n_words++];
        size_t n = 0;
        word->at = here(reader, (int)i + 1);
        while (i < length && line[i] != ' ' && line[i] != '#' && line[i] != '\r' && line[i] != '\t') {
            c = (unsigned char)line[i];
            if (c < 0x20 || c == 0x7f)
                return sinter_error(reader->diags, here(reader, (int)i + 1), NULL,
                                    "a control character (byte 0x%02x): this is not a schedule", c);
            if (n == MAX_WORD)
                return sinter_error(reader->diags, word->at, NULL, "a word longer than %d bytes", MAX_WORD);
            word->text[n++] = line[i++];
        }
        word->text[n] = '\0';
    }
    return SINTER_OK;
}

static bool word_is(const struct reader *reader, int i, const char *text)
{
    return i < reader->n_words && strcmp(reader->words[i].text, text) == 0;
}

/* Where word i stands, or just behind the line's last word. */
static struct sinter_location word_at(const struct reader *reader, int i)
{
    if (i < reader->n_words)
        return reader->words[i].at;
    if (reader->n_words <= 0)
        return here(reader, 1);
    const struct word *last = &reader->words[reader->n_words - 1];
    return here(reader, last->at.column + (int)strlen(last->text));
}

static enum sinter_status expect_word(struct reader *reader, int i, const char *text, const char *form)
{
    if (word_is(reader, i, text))
        return SINTER_OK;
    if (i < reader->n_words)
        return sinter_error(reader->diags, word_at(reader, i), form, "expected '%s', found '%s'", text,
                            reader->words[i].text);
    return sinter_error(reader->diags, word_at(reader, i), form, "expected '%s' here", text);
}

static enum sinter_status expect_end(struct reader *reader, int i, const char *form)
{
    if (i >= reader->n_words)
        return SINTER_OK;
    return sinter_error(reader->diags, word_at(reader, i), form, "unexpected '%s'", reader->words[i].text);
}

typedef const char *name_of(const struct reader *reader, int index);
static const char *tensor_name(const struct reader *reader, int i)
{
    return reader->schedule->cascade->tensors[i].name;
}
static const char *rank_name(const struct reader *reader, int i)
{
    return reader->schedule->cascade->ranks[i].name;
}
static const char *einsum_name(const struct reader *reader, int i)
{
    return reader->schedule->cascade->einsums[i].name;
}
static const char *memory_name(const struct reader *reader, int i)
{
    return reader->schedule->accel->memories[i].name;
}
static const char *unit_name(const struct reader *reader, int i)
{
    return reader->schedule->accel->units[i].name;
}

/* The index of the thing that word i names. */
static enum sinter_status find(struct reader *reader, int i, const char *what, name_of *name, int count, const char *form,
                               int *index)
{
    enum { MAX_CANDIDATES = 256 };
    const char *candidates[MAX_CANDIDATES];
    if (i >= reader->n_words)
        return sinter_error(reader->diags, word_at(reader, i), form, "expected the name of %s here", what);
    const char *text = reader->words[i].text;
    for (*index = 0; *index < count; ++*index) {
        if (strcmp(name(reader, *index), text) == 0)
            return SINTER_OK;
        if (*index < MAX_CANDIDATES)
            candidates[*index] = name(reader, *index);
    }
    char hint[MAX_WORD + 32] = "";
    const char *near = sinter_suggest(text, candidates, count < MAX_CANDIDATES ? count : MAX_CANDIDATES);
    if (near != NULL)
        snprintf(hint, sizeof hint, "did you mean '%s'?", near);
    return sinter_error(reader->diags, word_at(reader, i), near != NULL ? hint : form, "unknown %s '%s'",
                        what + (what[1] == 'n' ? 3 : 2), text);
}

static enum sinter_status read_hold(struct reader *reader)
{
    static const char form[] = "write: hold TENSOR in MEMORY, or hold TENSOR in MEMORY double";
    static const char carry_form[] = "write: carry TENSOR in MEMORY";
    bool is_hold = word_is(reader, 0, "hold");
    const char *hint = is_hold ? form : carry_form;
    int tensor = 0, memory = 0;
    enum sinter_status status =
        find(reader, 1, "a tensor", tensor_name, reader->schedule->cascade->n_tensors, hint, &tensor);
    if (status == SINTER_OK)
        status = expect_word(reader, 2, "in", hint);
    if (status == SINTER_OK)
        status = find(reader, 3, "a memory", memory_name, reader->schedule->accel->n_memories, hint, &memory);
    bool is_double = is_hold && word_is(reader, 4, "double");
    if (status == SINTER_OK)
        status = expect_end(reader, is_double ? 5 : 4, hint);
    if (status != SINTER_OK)
        return status;
    if (is_hold)
        sinter_schedule_hold(reader->schedule, tensor, memory, is_double);
    else
        sinter_schedule_carry(reader->schedule, tensor, memory);
    return SINTER_OK;
}

static enum sinter_status read_loop(struct reader *reader)
{
    static const char form[] = "write: for VARIABLE in RANK by SIZE, e.g. for d in D by 640";
    int rank = 0;
    if (reader->n_words < 2)
        return sinter_error(reader->diags, word_at(reader, 1), form, "expected the variable of a rank here");
    enum sinter_status status = expect_word(reader, 2, "in", form);
    if (status == SINTER_OK)
        status = find(reader, 3, "a rank", rank_name, reader->schedule->cascade->n_ranks, form, &rank);
    if (status == SINTER_OK)
        status = expect_word(reader, 4, "by", form);
    if (status == SINTER_OK && strcmp(reader->words[1].text, reader->schedule->cascade->ranks[rank].variable) != 0)
        status = sinter_error(reader->diags, word_at(reader, 1), form, "the variable of rank '%s' is '%s', not '%s'",
                              reader->schedule->cascade->ranks[rank].name, reader->schedule->cascade->ranks[rank].variable,
                              reader->words[1].text);
    if (status == SINTER_OK && reader->n_words < 6)
        status = sinter_error(reader->diags, word_at(reader, 5), form, "expected a tile size here");
    if (status != SINTER_OK)
        return status;
    const char *text = reader->words[5].text;
    int64_t tile = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || !sinter_multiply(tile, 10, &tile) || !sinter_add(tile, *p - '0', &tile))
            return sinter_error(reader->diags, word_at(reader, 5), "a tile size is a whole number of at least 1",
                                "'%s' is no tile size", text);
    }
    if (tile < 1)
        return sinter_error(reader->diags, word_at(reader, 5), "a tile size is a whole number of at least 1",
                            "'%s' is no tile size", text);
    status = expect_end(reader, 6, form);
    if (status == SINTER_OK)
        sinter_schedule_loop(reader->schedule, rank, tile);
    return status;
}

static enum sinter_status read_leaf(struct reader *reader)
{
    static const char form[] = "a line is one of: group, hold T in M, carry T in M, for r in R by N, chain, EINSUM on UNIT";
    int einsum = 0, unit = 0;
    if (reader->n_words < 2 || !word_is(reader, 1, "on")) {
        static const char *const heads[] = {"group", "hold", "carry", "for", "chain"};
        const char *near = sinter_suggest(reader->words[0].text, heads, 5);
        char hint[64] = "";
        if (near != NULL)
            snprintf(hint, sizeof hint, "did you mean '%s'?", near);
        return sinter_error(reader->diags, word_at(reader, 0), near != NULL ? hint : form, "a line that starts with '%s'",
                            reader->words[0].text);
    }
    enum sinter_status status =
        find(reader, 0, "an Einsum", einsum_name, reader->schedule->cascade->n_einsums, form, &einsum);
    if (status == SINTER_OK)
        status = find(reader, 2, "a unit", unit_name, reader->schedule->accel->n_units, form, &unit);
    if (status == SINTER_OK)
        status = expect_end(reader, 3, form);
    if (status != SINTER_OK)
        return status;
    if (reader->seen_line[einsum] != 0)
        return sinter_error(
            reader->diags, word_at(reader, 0), "every Einsum of the cascade stands in a schedule exactly once",
            "Einsum '%s' stands here a second time, first in line %d", reader->words[0].text, reader->seen_line[einsum]);
    reader->seen_line[einsum] = reader->line;
    sinter_schedule_leaf(reader->schedule, einsum, unit);
    return SINTER_OK;
}

/* The number is for people; groups run in the order in which they stand. */
static enum sinter_status read_group(struct reader *reader)
{
    static const char form[] = "write: group, or group NUMBER";
    if (reader->n_words > 1 && reader->words[1].text[strspn(reader->words[1].text, "0123456789")] != '\0')
        return sinter_error(reader->diags, word_at(reader, 1), form, "'%s' is no group number", reader->words[1].text);
    enum sinter_status status = expect_end(reader, 2, form);
    if (status == SINTER_OK)
        sinter_schedule_group(reader->schedule);
    return status;
}

/* Ends the bodies that a line with this indentation is not part of. */
static enum sinter_status close_bodies(struct reader *reader, int indentation)
{
    while (reader->depth > 0 && indentation <= reader->heads[reader->depth - 1]) {
        const struct sinter_node *last = &reader->schedule->nodes[reader->schedule->n_nodes - 1];
        if (reader->schedule->open[reader->schedule->n_open - 1] == reader->schedule->n_nodes - 1)
            return sinter_error(reader->diags, reader->head_at[reader->depth - 1],
                                "indent the lines of its body deeper than their head",
                                last->kind == SINTER_GROUP  ? "this group is empty"
                                : last->kind == SINTER_LOOP ? "this loop is empty"
                                                            : "this chain is empty");
        sinter_schedule_close(reader->schedule);
        reader->depth--;
    }
    return SINTER_OK;
}

/* The first line of a body sets its indentation; the others must match it. */
static enum sinter_status check_indentation(struct reader *reader, int indentation, int *body_indentation)
{
    int *body = &body_indentation[reader->depth];
    if (*body < 0)
        *body = indentation;
    if (*body == indentation)
        return SINTER_OK;
    return sinter_error(reader->diags, word_at(reader, 0), "the lines of one body share one indentation",
                        "indented by %d, but the lines before it in this body by %d", indentation, *body);
}

/* What a line outside all groups is told: perhaps it begins a file of another kind. */
static const char *hint_of_kind(const char *word)
{
    static const struct {
        const char *begin, *hint;
    } signs[] = {{"accelerator:", "this is an accelerator: it belongs to -a"},
                 {"cascade:", "this is a cascade: it belongs to -m"},
                 {"{", "this looks like JSON: a model's configuration belongs to -m"}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strncmp(word, signs[i].begin, strlen(signs[i].begin)) == 0)
            return signs[i].hint;
    return "a schedule is a list of groups; everything else is indented below one";
}

static enum sinter_status read_line(struct reader *reader, int indentation, int *body_indentation)
{
    enum sinter_status status = close_bodies(reader, indentation);
    if (status == SINTER_OK)
        status = check_indentation(reader, indentation, body_indentation);
    if (status != SINTER_OK)
        return status;
    /* `EINSUM on UNIT`, whatever the Einsum is called; no other line has `on` there and three words */
    bool is_leaf = reader->n_words == 3 && word_is(reader, 1, "on");
    bool is_group = !is_leaf && word_is(reader, 0, "group");
    bool in_chain = reader->depth > 0 &&
                    reader->schedule->nodes[reader->schedule->open[reader->schedule->n_open - 1]].kind == SINTER_CHAIN;
    if (is_group != (reader->depth == 0))
        return sinter_error(reader->diags, word_at(reader, 0), hint_of_kind(reader->words[0].text),
                            is_group ? "a group inside a group" : "'%s' outside a group", reader->words[0].text);
    bool is_loop = !is_leaf && word_is(reader, 0, "for"), is_chain = !is_leaf && word_is(reader, 0, "chain");
    bool is_hold = !is_leaf && (word_is(reader, 0, "hold") || word_is(reader, 0, "carry"));
    if (in_chain && (is_loop || is_chain || is_hold))
        return sinter_error(reader->diags, word_at(reader, 0), "put it before the chain",
                            "'%s' inside a chain: a chain holds Einsums only", reader->words[0].text);
    if (is_group) {
        status = read_group(reader);
    } else if (is_chain) {
        status = expect_end(reader, 1, "write: chain, and its Einsums indented below it");
        if (status == SINTER_OK)
            sinter_schedule_chain(reader->schedule);
    } else if (is_loop) {
        status = read_loop(reader);
    } else if (is_hold) {
        status = read_hold(reader);
    } else {
        status = read_leaf(reader);
    }
    if (status != SINTER_OK)
        return status;
    if (reader->schedule->failed)
        return sinter_out_of_memory(reader->diags);
    reader->schedule->nodes[reader->schedule->n_nodes - 1].at = word_at(reader, 0);
    if (is_group || is_loop || is_chain) {
        if (reader->depth == MAX_DEPTH)
            return sinter_error(reader->diags, word_at(reader, 0), NULL, "nested deeper than %d levels", MAX_DEPTH);
        reader->heads[reader->depth] = indentation;
        reader->head_at[reader->depth] = word_at(reader, 0);
        body_indentation[++reader->depth] = -1;
    }
    return SINTER_OK;
}

static enum sinter_status read_lines(struct reader *reader, const char *text, size_t length)
{
    int body_indentation[MAX_DEPTH + 2];
    body_indentation[0] = -1;
    for (size_t start = 0; start < length;) {
        const char *newline = memchr(text + start, '\n', length - start);
        size_t end = newline != NULL ? (size_t)(newline - text) : length;
        int indentation = 0;
        reader->line++;
        enum sinter_status status = split(reader, text + start, end - start, &indentation);
        if (status == SINTER_OK && reader->n_words > 0)
            status = read_line(reader, indentation, body_indentation);
        if (status != SINTER_OK)
            return status;
        start = end + 1;
    }
    reader->line++;
    return reader->depth == 0 ? SINTER_OK : close_bodies(reader, 0);
}

static enum sinter_status check_complete(struct reader *reader)
{
    const struct sinter_cascade *cascade = reader->schedule->cascade;
    if (reader->schedule->n_nodes == 0 && cascade->n_einsums > 0)
        return sinter_error(reader->diags, here(reader, 0),
                            "it begins with: group; 'sinter show -m M -s fuse-all' prints one", "the schedule is empty");
    for (int e = 0; e < cascade->n_einsums; e++)
        if (reader->seen_line[e] == 0)
            return sinter_error(reader->diags, here(reader, 0),
                                "every Einsum of the cascade stands in a schedule exactly once", "Einsum '%s' is missing",
                                cascade->einsums[e].name);
    return SINTER_OK;
}

enum sinter_status sinter_schedule_parse(struct sinter_schedule *schedule, const char *file, const char *text, size_t length,
                                         struct sinter_diagnostics *diags)
{
    sinter_schedule_clear(schedule);
    struct reader *reader = sinter_allocate(schedule->allocator, 1, sizeof *reader);
    int *seen_line = sinter_allocate(schedule->allocator, (size_t)schedule->cascade->n_einsums + 1, sizeof *seen_line);
    enum sinter_status status = SINTER_NO_MEMORY;
    if (reader != NULL && seen_line != NULL) {
        *reader = (struct reader){.schedule = schedule, .diags = diags, .file = file, .seen_line = seen_line};
        sinter_diagnostics_source(diags, file, text, length);
        status = read_lines(reader, text, length);
        if (status == SINTER_OK)
            status = check_complete(reader);
    } else {
        sinter_out_of_memory(diags);
    }
    sinter_release(schedule->allocator, reader);
    sinter_release(schedule->allocator, seen_line);
    if (status != SINTER_OK)
        sinter_schedule_clear(schedule);
    return status;
}

enum sinter_status sinter_schedule_read_file(struct sinter_schedule *schedule, const char *file,
                                             struct sinter_diagnostics *diags)
{
    struct sinter_text text = {.allocator = schedule->allocator};
    enum sinter_status status = file_read(file, &text, diags);
    if (status == SINTER_OK)
        status = sinter_schedule_parse(schedule, file, sinter_text_data(&text), text.length, diags);
    sinter_text_free(&text);
    return status;
}
