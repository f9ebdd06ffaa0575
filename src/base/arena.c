/* arena.c: blocks of memory that are freed together, with marks to fall back to.
 * SPDX-License-Identifier: MIT
 *
 *     arena.head -> block k -> block k-1 -> ... -> block 0
 *                   [used | free]  [used | lost]
 *
 * Only the head serves requests. A reset keeps the largest block that it drops as a spare, so that a loop of mark,
 * work, reset comes to need no allocation at all.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct block {
    struct block *previous;
    size_t used, capacity;
    max_align_t data[];
};

struct sinter_arena {
    const struct sinter_allocator *allocator;
    struct block *head, *spare;
};

enum { FIRST_BLOCK_BYTES = 4000, MOST_BLOCK_BYTES = 1 << 20 };

struct sinter_arena *sinter_arena_new(const struct sinter_allocator *allocator)
{
    struct sinter_arena *arena = sinter_allocate(allocator, 1, sizeof *arena);
    if (arena)
        arena->allocator = allocator;
    return arena;
}

void sinter_arena_free(struct sinter_arena *arena)
{
    if (!arena)
        return;
    sinter_arena_reset(arena, (struct sinter_arena_mark){0});
    sinter_release(arena->allocator, arena->spare);
    sinter_release(arena->allocator, arena);
}

const struct sinter_allocator *arena_allocator(const struct sinter_arena *arena)
{
    return arena->allocator;
}

/* A spare holds old bytes, so every request zeroes its own part. */
static struct block *take_block(struct sinter_arena *arena, size_t bytes)
{
    struct block *block = arena->spare;
    if (block && block->capacity >= bytes) {
        arena->spare = NULL;
    } else {
        size_t capacity = arena->head ? arena->head->capacity * 2 : FIRST_BLOCK_BYTES;
        if (capacity > MOST_BLOCK_BYTES)
            capacity = MOST_BLOCK_BYTES;
        if (capacity < bytes)
            capacity = bytes;
        if (capacity > SIZE_MAX - sizeof(struct block))
            return NULL;
        block = sinter_allocate(arena->allocator, 1, sizeof(struct block) + capacity);
        if (!block)
            return NULL;
        block->capacity = capacity;
    }
    block->used = 0;
    block->previous = arena->head;
    arena->head = block;
    return block;
}

void *sinter_arena_alloc(struct sinter_arena *arena, size_t count, size_t bytes)
{
    const size_t alignment = sizeof(max_align_t);
    if (bytes != 0 && count > SIZE_MAX / bytes)
        return NULL;
    size_t total = count * bytes;
    if (total == 0)
        total = 1;
    if (total > SIZE_MAX - alignment)
        return NULL;
    total = (total + alignment - 1) / alignment * alignment;
    struct block *block = arena->head;
    if (!block || block->capacity - block->used < total) {
        block = take_block(arena, total);
        if (!block)
            return NULL;
    }
    char *result = (char *)block->data + block->used;
    block->used += total;
    return memset(result, 0, total);
}

char *sinter_arena_copy(struct sinter_arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = sinter_arena_alloc(arena, length + 1, 1);
    if (copy && length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *sinter_arena_printf(struct sinter_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return NULL;
    char *text = sinter_arena_alloc(arena, (size_t)length + 1, 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

struct sinter_arena_mark sinter_arena_mark(const struct sinter_arena *arena)
{
    return (struct sinter_arena_mark){.block = arena->head, .used = arena->head ? arena->head->used : 0};
}

void sinter_arena_reset(struct sinter_arena *arena, struct sinter_arena_mark mark)
{
    while (arena->head && arena->head != mark.block) {
        struct block *block = arena->head;
        arena->head = block->previous;
        if (arena->spare && arena->spare->capacity >= block->capacity) {
            sinter_release(arena->allocator, block);
        } else {
            sinter_release(arena->allocator, arena->spare);
            arena->spare = block;
        }
    }
    if (arena->head)
        arena->head->used = mark.used;
}
