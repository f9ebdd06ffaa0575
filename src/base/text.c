/* text.c: a growing text whose first failure sticks.
 * SPDX-License-Identifier: MIT
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sinter/base.h"

/* Makes room for `extra` more bytes and the final NUL. */
static bool reserve(struct sinter_text *text, size_t extra)
{
    if (text->failed)
        return false;
    if (extra > SIZE_MAX / 4 - text->length) {
        text->failed = true;
        return false;
    }
    size_t needed = text->length + extra + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity * 2 : 128;
    while (capacity < needed)
        capacity *= 2;
    char *data = sinter_allocate(text->allocator, capacity, 1);
    if (!data) {
        text->failed = true;
        return false;
    }
    if (text->length > 0)
        memcpy(data, text->data, text->length);
    sinter_release(text->allocator, text->data);
    text->data = data;
    text->capacity = capacity;
    return true;
}

void sinter_text_append_n(struct sinter_text *text, const char *piece, size_t length)
{
    if (length == 0 || !reserve(text, length))
        return;
    memcpy(text->data + text->length, piece, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void sinter_text_append(struct sinter_text *text, const char *piece)
{
    sinter_text_append_n(text, piece, strlen(piece));
}

void sinter_text_printf(struct sinter_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        text->failed = true;
        return;
    }
    if (length == 0 || !reserve(text, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

const char *sinter_text_data(const struct sinter_text *text)
{
    return text->data ? text->data : "";
}

void sinter_text_free(struct sinter_text *text)
{
    if (!text)
        return;
    sinter_release(text->allocator, text->data);
    *text = (struct sinter_text){.allocator = text->allocator};
}
