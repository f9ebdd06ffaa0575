/* jot.c: small helpers to build JSON with jansson.
 * SPDX-License-Identifier: MIT
 */
#include "report/jot.h"

#include <math.h>
#include <string.h>

static json_t *checked(struct jot *jot, json_t *value)
{
    jot->failed = jot->failed || value == NULL;
    return value;
}

json_t *jot_object(struct jot *jot)
{
    return checked(jot, json_object());
}

json_t *jot_array(struct jot *jot)
{
    return checked(jot, json_array());
}

/* The length of the valid UTF-8 sequence at `text`, 0 if it is none: jansson decides what is valid. */
static size_t valid_sequence(const char *text)
{
    size_t available = strnlen(text, 4);
    for (size_t n = 1; n <= available; n++) {
        json_t *piece = json_stringn(text, n);
        if (piece != NULL) {
            json_decref(piece);
            return n;
        }
    }
    return 0;
}

static json_t *repaired_text(struct jot *jot, const char *text)
{
    struct sinter_text clean = {0};
    while (*text != '\0') {
        size_t n = valid_sequence(text);
        if (n == 0)
            sinter_text_append(&clean, "\xEF\xBF\xBD"); /* U+FFFD, the replacement character */
        else
            sinter_text_append_n(&clean, text, n);
        text += n == 0 ? 1 : n;
    }
    json_t *value = clean.failed ? NULL : json_string(sinter_text_data(&clean));
    sinter_text_free(&clean);
    return checked(jot, value);
}

json_t *jot_text(struct jot *jot, const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *value = json_string(text);
    return value != NULL ? value : repaired_text(jot, text);
}

json_t *jot_count(struct jot *jot, int64_t value)
{
    return value < 0 ? json_null() : checked(jot, json_integer(value));
}

json_t *jot_real(struct jot *jot, double value)
{
    return isfinite(value) ? checked(jot, json_real(value)) : json_null();
}

json_t *jot_positive(struct jot *jot, double value)
{
    return value > 0 ? jot_real(jot, value) : json_null();
}

json_t *jot_boolean(bool value)
{
    return value ? json_true() : json_false();
}

void jot_put(struct jot *jot, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        jot->failed = true;
}

void jot_add(struct jot *jot, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        jot->failed = true;
}

static int append_piece(const char *piece, size_t length, void *out)
{
    sinter_text_append_n(out, piece, length);
    return ((struct sinter_text *)out)->failed ? -1 : 0;
}

enum sinter_status jot_finish(struct jot *jot, json_t *root, struct sinter_text *out)
{
    size_t flags = JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17);
    struct sinter_text raw = {.allocator = out->allocator};
    if (!jot->failed && json_dump_callback(root, append_piece, &raw, flags) != 0)
        jot->failed = true;
    json_decref(root);
    sinter_text_visible(out, sinter_text_data(&raw), "\n"); /* its escapes are JSON's: the values stay the same */
    sinter_text_append(out, "\n");
    jot->failed = jot->failed || raw.failed;
    sinter_text_free(&raw);
    if (jot->failed)
        out->failed = true;
    return text_status(out);
}
