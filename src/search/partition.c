/* partition.c: the cascade cut into sets of Einsums that can run one after another.
 * SPDX-License-Identifier: MIT
 *
 * Two sets may join when no path leads from one to the other through a third: then the sets still have an order after it.
 * Reads go forward in the order of the cascade, but for those inside a set: so a path to a set stays before the first gap
 * behind it that no set spans, and a question about two sets costs what lies around them.
 */
#include "search/build.h"

#include <stdlib.h>

enum sinter_status partition_new(struct build *build, struct partition *partition)
{
    const struct sinter_cascade *cascade = build->cascade;
    int n = cascade->n_einsums;
    *partition = (struct partition){.cascade = cascade};
    int **arrays[] = {&partition->set_of, &partition->next, &partition->last,
                      &partition->end,    &partition->seen, &partition->stack};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        *arrays[i] = sinter_arena_alloc(build->arena, (size_t)n + 1, sizeof(int));
        if (*arrays[i] == NULL)
            return sinter_out_of_memory(build->diags);
    }
    partition->is_spanned = sinter_arena_alloc(build->arena, (size_t)n + 1, sizeof(bool));
    if (partition->is_spanned == NULL)
        return sinter_out_of_memory(build->diags);
    for (int e = 0; e < n; e++) {
        int cycle = cascade->einsums[e].cycle, name = cycle >= 0 ? cascade->cycles[cycle].einsums[0] : e;
        partition->set_of[e] = name;
        partition->next[e] = -1;
        if (name != e)
            partition->next[partition->last[name]] = e;
        for (int i = partition->last[name]; name != e && i < e; i++)
            partition->is_spanned[i] = true;
        partition->last[name] = partition->end[name] = e;
    }
    return SINTER_OK;
}

/* Pushes the sets up to `limit` that read what the set makes, each once; true when `goal` is among them and may count. */
static bool push_readers(struct partition *p, int set, int goal, int limit, bool counts, int *n)
{
    for (int e = set; e >= 0; e = p->next[e]) {
        const struct sinter_tensor *t = &p->cascade->tensors[p->cascade->einsums[e].result];
        for (int i = 0; i < t->n_readers; i++) {
            int reader = p->set_of[t->readers[i]];
            if (reader == goal && counts)
                return true;
            if (reader == goal || reader == set || reader > limit || p->seen[reader] == p->n_seen)
                continue;
            p->seen[reader] = p->n_seen;
            p->stack[(*n)++] = reader;
        }
    }
    return false;
}

static bool leads_around(struct partition *p, int from, int to)
{
    int n = 0, limit = p->end[to];
    while (p->is_spanned[limit])
        limit++;
    p->n_seen++;
    push_readers(p, from, to, limit, false, &n);
    while (n > 0)
        if (push_readers(p, p->stack[--n], to, limit, true, &n))
            return true;
    return false;
}

bool partition_may_join(struct partition *partition, int a, int b)
{
    return a != b && !leads_around(partition, a, b) && !leads_around(partition, b, a);
}

int partition_join(struct partition *p, int a, int b)
{
    int first = a < b ? a : b, second = a < b ? b : a;
    if (a == b)
        return a;
    for (int e = second; e >= 0; e = p->next[e])
        p->set_of[e] = first;
    p->next[p->last[first]] = second;
    p->last[first] = p->last[second];
    for (int i = p->end[first]; i < second; i++)
        p->is_spanned[i] = true;
    if (p->end[second] > p->end[first])
        p->end[first] = p->end[second];
    return first;
}

static int compare_ints(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

enum sinter_status partition_set(struct build *build, const struct partition *partition, int name, struct set *set)
{
    *set = (struct set){.kind = SET_KERNEL};
    for (int e = name; e >= 0; e = partition->next[e])
        set->n_einsums++;
    set->einsums = sinter_arena_alloc(build->arena, (size_t)set->n_einsums, sizeof(int));
    if (set->einsums == NULL)
        return sinter_out_of_memory(build->diags);
    int n = 0;
    for (int e = name; e >= 0; e = partition->next[e])
        set->einsums[n++] = e;
    qsort(set->einsums, (size_t)n, sizeof(int), compare_ints);
    return SINTER_OK;
}

bool set_has(const struct set *set, int einsum)
{
    return bsearch(&einsum, set->einsums, (size_t)set->n_einsums, sizeof(int), compare_ints) != NULL;
}

/* Reads that a set waits for, or is waited for by: of each operand that another set makes. */
static int count_waits(const struct partition *p, int e)
{
    const struct sinter_einsum *einsum = &p->cascade->einsums[e];
    int n = 0;
    for (int k = 0; k < einsum->n_operands; k++) {
        int producer = p->cascade->tensors[einsum->operands[k].tensor].producer;
        n += producer >= 0 && p->set_of[producer] != p->set_of[e];
    }
    return n;
}

static void finish(const struct partition *p, int set, int *n_waits, int *least)
{
    for (int e = set; e >= 0; e = p->next[e]) {
        int result = p->cascade->einsums[e].result;
        const struct sinter_tensor *t = &p->cascade->tensors[result];
        for (int i = 0; i < t->n_readers; i++) {
            const struct sinter_einsum *reader = &p->cascade->einsums[t->readers[i]];
            int waiting = p->set_of[t->readers[i]];
            for (int k = 0; k < reader->n_operands && waiting != set; k++)
                n_waits[waiting] -= reader->operands[k].tensor == result;
            if (waiting != set && n_waits[waiting] == 0 && waiting < *least)
                *least = waiting;
        }
    }
}

enum sinter_status partition_order(struct build *build, const struct partition *p, int *order, int *n_sets)
{
    int n = p->cascade->n_einsums, left = 0, least = 0;
    int *n_waits = sinter_arena_alloc(build->arena, (size_t)n + 1, sizeof(int));
    if (n_waits == NULL)
        return sinter_out_of_memory(build->diags);
    for (int e = 0; e < n; e++) {
        n_waits[p->set_of[e]] += count_waits(p, e);
        left += p->set_of[e] == e;
    }
    *n_sets = 0;
    while (*n_sets < left) { /* sets before `least` are done or wait; a set that is done waits for ever */
        while (p->set_of[least] != least || n_waits[least] != 0)
            least++;
        int set = least++;
        n_waits[set] = -1;
        order[(*n_sets)++] = set;
        finish(p, set, n_waits, &least);
    }
    return SINTER_OK;
}
