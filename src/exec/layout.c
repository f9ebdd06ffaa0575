/* layout.c: dynamic storage allocation, known beforehand.
 * SPDX-License-Identifier: MIT
 *
 * Each lodger in turn takes the lowest gap that is free over its whole life. Which order is good depends: what lives longest
 * first (nested lives then stack without a gap), what is largest first, what begins first. When none of these reaches the
 * peak, orders are changed at random, the lodger that stood highest moved forward, for a bounded number of trials. To reach the
 * peak whenever that is possible is NP-hard (Garey and Johnson, SR2).
 */
#include "exec/layout.h"

#include <string.h>

enum { MOST_TRIALS = 2000, MOST_WORK = 20 * 1000 * 1000 };

struct packing {
    const struct lodger *lodgers;
    int n;
    int *order, *sorted; /* sorted: those that stand, by address */
    int64_t *address, *best;
    int64_t extent, best_extent;
    int highest; /* position in the order of the one that ends highest */
};

static bool meet(const struct lodger *a, const struct lodger *b)
{
    return a->begin < b->end && b->begin < a->end;
}

/* Places all in order. */
static void pack(struct packing *packing)
{
    packing->extent = 0;
    packing->highest = 0;
    for (int i = 0; i < packing->n; i++) {
        int lodger = packing->order[i];
        const struct lodger *new = &packing->lodgers[lodger];
        int64_t address = 0;
        for (int k = 0; k < i; k++) { /* by address: a gap is behind everything that began below it */
            int other = packing->sorted[k];
            int64_t end = packing->address[other] + packing->lodgers[other].bits;
            if (!meet(new, &packing->lodgers[other]) || end <= address)
                continue;
            if (packing->address[other] >= address + new->bits)
                break;
            address = end;
        }
        packing->address[lodger] = address;
        int at = i;
        for (; at > 0 && packing->address[packing->sorted[at - 1]] > address; at--)
            packing->sorted[at] = packing->sorted[at - 1];
        packing->sorted[at] = lodger;
        if (address + new->bits > packing->extent) {
            packing->extent = address + new->bits;
            packing->highest = i;
        }
    }
    if (packing->extent < packing->best_extent) {
        packing->best_extent = packing->extent;
        memcpy(packing->best, packing->address, (size_t)packing->n * sizeof *packing->best);
    }
}

enum rule { LONGEST, LARGEST, FIRST, N_RULES };

static int64_t key(const struct lodger *lodger, enum rule rule)
{
    switch (rule) {
    case LONGEST:
        return -(int64_t)(lodger->end - lodger->begin);
    case LARGEST:
        return -lodger->bits;
    case FIRST:
    case N_RULES:
        break;
    }
    return lodger->begin;
}

static void sort(struct packing *packing, enum rule rule)
{
    for (int i = 0; i < packing->n; i++) {
        int at = i;
        int64_t mine = key(&packing->lodgers[i], rule);
        for (; at > 0 && key(&packing->lodgers[packing->order[at - 1]], rule) > mine; at--)
            packing->order[at] = packing->order[at - 1];
        packing->order[at] = i;
    }
}

static void move_forward(struct packing *packing, int from, int to)
{
    int lodger = packing->order[from];
    memmove(&packing->order[to + 1], &packing->order[to], (size_t)(from - to) * sizeof *packing->order);
    packing->order[to] = lodger;
}

static void search(struct packing *packing, int64_t peak)
{
    struct sinter_random random = {.state = 1};
    for (int rule = 0; rule < N_RULES && packing->best_extent > peak; rule++) {
        sort(packing, (enum rule)rule);
        pack(packing);
    }
    int64_t work = (int64_t)packing->n * packing->n;
    for (int trial = 0; trial < MOST_TRIALS && trial * work < MOST_WORK && packing->best_extent > peak; trial++) {
        if (packing->highest == 0)
            sort(packing, (enum rule)sinter_random_below(&random, N_RULES));
        else
            move_forward(packing, packing->highest, (int)sinter_random_below(&random, packing->highest));
        int from = (int)sinter_random_below(&random, packing->n);
        if (trial % 4 == 3 && from > 0)
            move_forward(packing, from, (int)sinter_random_below(&random, from));
        pack(packing);
    }
}

int64_t layout(struct lodger *lodgers, int n, int64_t peak, struct sinter_arena *scratch)
{
    if (n == 0)
        return 0;
    struct sinter_arena_mark mark = sinter_arena_mark(scratch);
    int *orders = sinter_arena_alloc(scratch, 2 * (size_t)n, sizeof *orders);
    int64_t *addresses = sinter_arena_alloc(scratch, 2 * (size_t)n, sizeof *addresses);
    if (orders == NULL || addresses == NULL)
        return -1;
    struct packing packing = {.lodgers = lodgers,
                              .n = n,
                              .order = orders,
                              .sorted = orders + n,
                              .address = addresses,
                              .best = addresses + n,
                              .best_extent = INT64_MAX};
    search(&packing, peak);
    for (int i = 0; i < n; i++)
        lodgers[i].address = packing.best[i];
    sinter_arena_reset(scratch, mark);
    return packing.best_extent;
}
