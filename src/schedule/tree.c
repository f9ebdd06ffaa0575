/* tree.c: building a schedule tree, one call per line of its printed form.
 * SPDX-License-Identifier: MIT
 */
#include "sinter/schedule.h"

#include <string.h>

enum { MAX_OPEN = (int)(sizeof((struct sinter_schedule *)0)->open / sizeof(int)) };

void sinter_schedule_init(struct sinter_schedule *schedule, const struct sinter_cascade *cascade,
                          const struct sinter_accel *accel, const struct sinter_allocator *allocator)
{
    *schedule = (struct sinter_schedule){.cascade = cascade, .accel = accel, .allocator = allocator};
}

void sinter_schedule_free(struct sinter_schedule *schedule)
{
    if (schedule == NULL)
        return;
    sinter_release(schedule->allocator, schedule->nodes);
    schedule->nodes = NULL;
    schedule->capacity = 0;
    sinter_schedule_clear(schedule);
}

void sinter_schedule_clear(struct sinter_schedule *schedule)
{
    schedule->n_nodes = 0;
    schedule->n_open = 0;
    schedule->failed = false;
}

static struct sinter_node *push(struct sinter_schedule *schedule, enum sinter_node_kind kind)
{
    if (schedule->failed)
        return NULL;
    if (schedule->n_nodes == schedule->capacity) {
        int capacity = schedule->capacity == 0 ? 64 : 2 * schedule->capacity;
        struct sinter_node *nodes =
            capacity > 1 << 24 ? NULL : sinter_allocate(schedule->allocator, (size_t)capacity, sizeof *nodes);
        if (nodes == NULL) {
            schedule->failed = true;
            return NULL;
        }
        if (schedule->n_nodes > 0)
            memcpy(nodes, schedule->nodes, (size_t)schedule->n_nodes * sizeof *nodes);
        sinter_release(schedule->allocator, schedule->nodes);
        schedule->nodes = nodes;
        schedule->capacity = capacity;
    }
    struct sinter_node *node = &schedule->nodes[schedule->n_nodes++];
    *node = (struct sinter_node){
        .kind = kind, .end = schedule->n_nodes, .rank = -1, .tensor = -1, .memory = -1, .einsum = -1, .unit = -1};
    return node;
}

/* A node with a body; only groups stand at the top, nothing but leaves stands in a chain. */
static struct sinter_node *open_body(struct sinter_schedule *schedule, enum sinter_node_kind kind)
{
    bool is_top = schedule->n_open == 0;
    if (is_top != (kind == SINTER_GROUP) || schedule->n_open == MAX_OPEN)
        schedule->failed = true;
    struct sinter_node *node = push(schedule, kind);
    if (node != NULL)
        schedule->open[schedule->n_open++] = schedule->n_nodes - 1;
    return node;
}

static struct sinter_node *push_line(struct sinter_schedule *schedule, enum sinter_node_kind kind)
{
    if (schedule->n_open == 0)
        schedule->failed = true;
    return push(schedule, kind);
}

void sinter_schedule_group(struct sinter_schedule *schedule)
{
    open_body(schedule, SINTER_GROUP);
}

void sinter_schedule_loop(struct sinter_schedule *schedule, int rank, int64_t tile)
{
    struct sinter_node *node = open_body(schedule, SINTER_LOOP);
    if (node == NULL)
        return;
    node->rank = rank;
    node->tile = tile;
    if (tile < 1)
        schedule->failed = true;
}

void sinter_schedule_chain(struct sinter_schedule *schedule)
{
    open_body(schedule, SINTER_CHAIN);
}

void sinter_schedule_close(struct sinter_schedule *schedule)
{
    if (schedule->failed)
        return;
    if (schedule->n_open == 0) {
        schedule->failed = true;
        return;
    }
    schedule->nodes[schedule->open[--schedule->n_open]].end = schedule->n_nodes;
}

void sinter_schedule_hold(struct sinter_schedule *schedule, int tensor, int memory, bool is_double)
{
    struct sinter_node *node = push_line(schedule, SINTER_HOLD);
    if (node == NULL)
        return;
    node->tensor = tensor;
    node->memory = memory;
    node->is_double = is_double;
}

void sinter_schedule_carry(struct sinter_schedule *schedule, int tensor, int memory)
{
    struct sinter_node *node = push_line(schedule, SINTER_CARRY);
    if (node == NULL)
        return;
    node->tensor = tensor;
    node->memory = memory;
}

void sinter_schedule_leaf(struct sinter_schedule *schedule, int einsum, int unit)
{
    struct sinter_node *node = push_line(schedule, SINTER_LEAF);
    if (node == NULL)
        return;
    node->einsum = einsum;
    node->unit = unit;
}
