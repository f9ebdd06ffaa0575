/* memory.c: allocators: malloc by default, and one for tests that counts and fails on demand.
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "sinter/base.h"

const char *sinter_status_name(enum sinter_status status)
{
    switch (status) {
    case SINTER_OK:
        return "ok";
    case SINTER_INFEASIBLE:
        return "infeasible";
    case SINTER_BAD_USAGE:
        return "bad usage";
    case SINTER_BAD_INPUT:
        return "bad input";
    case SINTER_NO_MEMORY:
        return "out of memory";
    case SINTER_INTERNAL:
        return "internal error";
    }
    return "unknown status";
}

void *sinter_allocate(const struct sinter_allocator *allocator, size_t count, size_t bytes)
{
    if (bytes != 0 && count > SIZE_MAX / bytes)
        return NULL;
    size_t total = count * bytes;
    if (total == 0)
        total = 1; /* a size of zero is not a failure, so it must not look like one */
    if (!allocator)
        return calloc(1, total);
    void *block = allocator->alloc(allocator->context, total);
    if (block)
        memset(block, 0, total);
    return block;
}

void sinter_release(const struct sinter_allocator *allocator, void *block)
{
    if (allocator)
        allocator->free(allocator->context, block);
    else
        free(block);
}

static void *counting_alloc(void *context, size_t bytes)
{
    struct sinter_counting_allocator *counting = context;
    if (counting->fail_after >= 0 && counting->n_requests >= counting->fail_after) {
        counting->n_requests++;
        return NULL;
    }
    counting->n_requests++;
    void *block = malloc(bytes);
    if (block)
        counting->n_live++;
    return block;
}

static void counting_free(void *context, void *block)
{
    struct sinter_counting_allocator *counting = context;
    if (!block)
        return;
    counting->n_live--;
    free(block);
}

void sinter_counting_allocator_init(struct sinter_counting_allocator *counting, int64_t fail_after)
{
    *counting = (struct sinter_counting_allocator){
        .allocator = {.alloc = counting_alloc, .free = counting_free, .context = counting},
        .fail_after = fail_after,
    };
}
