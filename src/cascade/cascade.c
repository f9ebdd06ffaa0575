/* cascade.c: questions to a finished cascade.
 * SPDX-License-Identifier: MIT
 */
#include "sinter/cascade.h"

#include <string.h>

void sinter_cascade_free(struct sinter_cascade *cascade)
{
    if (cascade)
        sinter_arena_free(cascade->arena); /* holds the cascade itself */
}

int sinter_cascade_rank(const struct sinter_cascade *cascade, const char *name)
{
    for (int r = 0; r < cascade->n_ranks; r++) {
        if (strcmp(cascade->ranks[r].name, name) == 0)
            return r;
    }
    return -1;
}

int sinter_cascade_tensor(const struct sinter_cascade *cascade, const char *name)
{
    for (int t = 0; t < cascade->n_tensors; t++) {
        if (strcmp(cascade->tensors[t].name, name) == 0)
            return t;
    }
    return -1;
}

int sinter_cascade_einsum(const struct sinter_cascade *cascade, const char *name)
{
    int tensor = sinter_cascade_tensor(cascade, name);
    return tensor < 0 ? -1 : cascade->tensors[tensor].producer;
}

/* Sets that no Einsum iterates may overflow: they give the largest size there is. */
int64_t sinter_cascade_points(const struct sinter_cascade *cascade, sinter_rank_set ranks)
{
    int64_t points = 1;
    for (int r = 0; r < cascade->n_ranks; r++) {
        if (((ranks >> r) & 1) && !sinter_multiply(points, cascade->ranks[r].extent, &points))
            return INT64_MAX;
    }
    return points;
}

void sinter_einsum_operations(const struct sinter_cascade *cascade, int einsum, int64_t counts[SINTER_N_OPS])
{
    const struct sinter_einsum *e = &cascade->einsums[einsum];
    for (int i = 0; i < e->n_ops; i++)
        counts[e->ops[i].op] += e->ops[i].total;
}

int sinter_einsum_split(const struct sinter_einsum *einsum, sinter_rank_set cut)
{
    int split = -1;
    for (int i = einsum->n_exprs - 1; i >= 0; i--) { /* parents stand behind their children */
        const struct sinter_expr *node = &einsum->exprs[i];
        if ((node->reduced & cut) == 0)
            continue;
        if (split >= 0 || (cut & ~node->reduced) != 0)
            return -1;
        split = i;
    }
    for (int i = split + 1, at = split; split >= 0 && i < einsum->n_exprs; i++) {
        const struct sinter_expr *node = &einsum->exprs[i];
        if (node->a != at && node->b != at)
            continue;
        if (node->reduced != 0)
            return -1;
        at = i;
    }
    return split;
}
