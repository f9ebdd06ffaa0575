/* lines.c: many texts that are alike, kept as lists of lines that they share.
 * SPDX-License-Identifier: MIT
 */
#include "page/lines.h"

#include <limits.h>
#include <string.h>

static uint64_t hash_of(const char *bytes, size_t length)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    return hash;
}

/* Where a string stands, or would stand: there is always a free slot. */
static int find_slot(const struct strings *strings, const char *bytes, size_t length, uint64_t hash)
{
    int slot = (int)(hash & (uint64_t)(strings->n_slots - 1));
    for (; strings->slots[slot] != 0; slot = (slot + 1) & (strings->n_slots - 1)) {
        int i = strings->slots[slot] - 1;
        if (strings->items[i].hash == hash && strings->items[i].length == length &&
            memcmp(sinter_text_data(&strings->bytes) + strings->items[i].offset, bytes, length) == 0)
            break;
    }
    return slot;
}

static bool grow(struct strings *strings, const struct sinter_allocator *allocator)
{
    if (strings->n < strings->capacity)
        return true;
    if (strings->capacity > INT_MAX / 8)
        return false;
    int capacity = strings->capacity > 0 ? 2 * strings->capacity : 64, n_slots = 2 * capacity;
    void *items = sinter_allocate(allocator, (size_t)capacity, sizeof *strings->items);
    int *slots = sinter_allocate(allocator, (size_t)n_slots, sizeof *slots);
    if (items == NULL || slots == NULL) {
        sinter_release(allocator, items);
        sinter_release(allocator, slots);
        return false;
    }
    if (strings->n > 0)
        memcpy(items, strings->items, (size_t)strings->n * sizeof *strings->items);
    sinter_release(allocator, strings->items);
    sinter_release(allocator, strings->slots);
    strings->items = items;
    strings->slots = slots;
    strings->capacity = capacity;
    strings->n_slots = n_slots;
    for (int i = 0; i < strings->n; i++)
        slots[find_slot(strings, sinter_text_data(&strings->bytes) + strings->items[i].offset, strings->items[i].length,
                        strings->items[i].hash)] = i + 1;
    return true;
}

/* The number of a string, -1: there is no memory. */
static int number_of(struct strings *strings, const struct sinter_allocator *allocator, const char *bytes, size_t length)
{
    uint64_t hash = hash_of(bytes, length);
    if (!grow(strings, allocator))
        return -1;
    int slot = find_slot(strings, bytes, length, hash), i = strings->n;
    if (strings->slots[slot] != 0)
        return strings->slots[slot] - 1;
    strings->items[i].offset = strings->bytes.length;
    strings->items[i].length = length;
    strings->items[i].hash = hash;
    sinter_text_append_n(&strings->bytes, bytes, length);
    if (strings->bytes.failed)
        return -1;
    strings->slots[slot] = ++strings->n;
    return i;
}

int lines_add(struct lines *lines, const char *text)
{
    struct sinter_text numbers = {.allocator = lines->allocator};
    int n_lines = lines->lines.n, n_texts = lines->texts.n, number = 0;
    lines->lines.bytes.allocator = lines->texts.bytes.allocator = lines->allocator;
    while (*text != '\0' && number >= 0) {
        size_t length = strcspn(text, "\n");
        number = number_of(&lines->lines, lines->allocator, text, length);
        lines->n_bytes += lines->lines.n > n_lines ? length + 3 : 0;
        n_lines = lines->lines.n;
        int32_t stored = (int32_t)number;
        sinter_text_append_n(&numbers, (const char *)&stored, sizeof stored);
        text += length + (text[length] == '\n');
    }
    if (number >= 0 && !numbers.failed)
        number = number_of(&lines->texts, lines->allocator, sinter_text_data(&numbers), numbers.length);
    else
        number = -1;
    if (lines->texts.n > n_texts)
        lines->n_bytes += numbers.length / sizeof(int32_t) * 4 + 3; /* three digits and a comma */
    sinter_text_free(&numbers);
    return number;
}

static json_t *numbers_member(struct jot *jot, const struct strings *texts, int i)
{
    json_t *array = jot_array(jot);
    const char *bytes = sinter_text_data(&texts->bytes) + texts->items[i].offset;
    for (size_t at = 0; at < texts->items[i].length; at += sizeof(int32_t)) {
        int32_t number;
        memcpy(&number, bytes + at, sizeof number);
        jot_add(jot, array, jot_count(jot, number));
    }
    return array;
}

json_t *jot_lines(struct jot *jot, const struct lines *lines, int n_lines, int n_texts)
{
    json_t *object = jot_object(jot), *all = jot_array(jot), *texts = jot_array(jot);
    for (int i = 0; i < n_lines; i++) {
        struct sinter_text line = {.allocator = lines->allocator};
        sinter_text_append_n(&line, sinter_text_data(&lines->lines.bytes) + lines->lines.items[i].offset,
                             lines->lines.items[i].length);
        jot->failed = jot->failed || line.failed;
        jot_add(jot, all, jot_text(jot, sinter_text_data(&line)));
        sinter_text_free(&line);
    }
    for (int i = 0; i < n_texts; i++)
        jot_add(jot, texts, numbers_member(jot, &lines->texts, i));
    jot_put(jot, object, "lines", all);
    jot_put(jot, object, "texts", texts);
    return object;
}

static void strings_free(struct strings *strings, const struct sinter_allocator *allocator)
{
    sinter_release(allocator, strings->items);
    sinter_release(allocator, strings->slots);
    sinter_text_free(&strings->bytes);
}

void lines_free(struct lines *lines)
{
    strings_free(&lines->lines, lines->allocator);
    strings_free(&lines->texts, lines->allocator);
}
