/* cycles.c: recurrences: strongly connected Einsums, the rank that they advance along, and the order of execution.
 * SPDX-License-Identifier: MIT
 *
 * Every read is an edge from producer to reader. A strongly connected component with an edge inside is a cycle. Einsums
 * run in the order written, so a cycle is legal when all its reads of something that stands later (or of itself) look
 * back along one rank, and its other reads do not look ahead along it.
 */
#include <string.h>

#include "cascade/build.h"

static int producer_of(const struct sinter_cascade_builder *b, const struct sinter_operand *operand)
{
    return b->tensors[operand->tensor].producer;
}

/* ---- components ---------------------------------------------------------------------------------------------- */

/* Tarjan's algorithm without recursion: a file may hold a chain of thousands of Einsums. */
struct components {
    struct sinter_cascade_builder *b;
    int n, clock, n_stack, n_path;
    int *component;   /* per Einsum, -1 while unknown */
    int *order, *low; /* visit numbers from 1; 0: not visited */
    int *stack, *path, *next_operand;
};

static void enter(struct components *c, int einsum)
{
    c->order[einsum] = c->low[einsum] = ++c->clock;
    c->stack[c->n_stack++] = einsum;
    c->path[c->n_path++] = einsum;
}

static void leave(struct components *c, int einsum)
{
    c->n_path--;
    if (c->n_path > 0) {
        int parent = c->path[c->n_path - 1];
        if (c->low[einsum] < c->low[parent])
            c->low[parent] = c->low[einsum];
    }
    if (c->low[einsum] != c->order[einsum])
        return;
    int member;
    do {
        member = c->stack[--c->n_stack];
        c->component[member] = c->n;
    } while (member != einsum);
    c->n++;
}

static void visit(struct components *c, int root)
{
    enter(c, root);
    while (c->n_path > 0) {
        int einsum = c->path[c->n_path - 1];
        const struct sinter_einsum *e = &c->b->einsums[einsum];
        if (c->next_operand[einsum] == e->n_operands) {
            leave(c, einsum);
            continue;
        }
        int producer = producer_of(c->b, &e->operands[c->next_operand[einsum]++]);
        if (producer < 0)
            continue;
        if (!c->order[producer])
            enter(c, producer);
        else if (c->component[producer] < 0 && c->order[producer] < c->low[einsum])
            c->low[einsum] = c->order[producer];
    }
}

static int *find_components(struct sinter_cascade_builder *b, int *n_components)
{
    int n = b->cascade->n_einsums;
    struct components c = {.b = b};
    int **arrays[] = {&c.component, &c.order, &c.low, &c.stack, &c.path, &c.next_operand};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        *arrays[i] = sinter_arena_alloc(b->scratch, (size_t)n, sizeof(int));
        if (!*arrays[i])
            return NULL;
    }
    for (int i = 0; i < n; i++)
        c.component[i] = -1;
    for (int i = 0; i < n; i++) {
        if (!c.order[i])
            visit(&c, i);
    }
    *n_components = c.n;
    return c.component;
}

/* ---- messages ------------------------------------------------------------------------------------------------ */

enum { MAX_SHOWN = 8 };

/* "A -> B -> A": the shortest way from a reader to the producer of what it reads, through Einsums of their cycle. */
static const char *cycle_text(struct sinter_cascade_builder *b, int reader, int producer)
{
    int n = b->cascade->n_einsums, head = 0, tail = 0;
    int *queue = sinter_arena_alloc(b->scratch, (size_t)n, sizeof *queue);
    int *read_by = sinter_arena_alloc(b->scratch, (size_t)n, sizeof *read_by); /* Einsum + 1; 0: not reached */
    if (!queue || !read_by)
        return NULL;
    queue[tail++] = producer;
    read_by[producer] = producer + 1;
    while (head < tail && !read_by[reader]) {
        int einsum = queue[head++];
        for (int i = 0; i < b->einsums[einsum].n_operands; i++) {
            int source = producer_of(b, &b->einsums[einsum].operands[i]);
            if (source < 0 || b->einsums[source].cycle != b->einsums[reader].cycle || read_by[source])
                continue;
            read_by[source] = einsum + 1;
            queue[tail++] = source;
        }
    }
    const char *text = sinter_arena_printf(b->scratch, "%s", b->einsums[reader].name);
    int shown = 1;
    for (int e = reader; text && e != producer; shown++) {
        e = read_by[e] - 1;
        if (shown < MAX_SHOWN || e == producer)
            text = sinter_arena_printf(b->scratch, "%s -> %s", text, b->einsums[e].name);
        else if (shown == MAX_SHOWN)
            text = sinter_arena_printf(b->scratch, "%s -> ...", text);
    }
    return text ? sinter_arena_printf(b->scratch, "%s -> %s", text, b->einsums[reader].name) : NULL;
}

/* The first access of the operand that reads ahead in some dimension of its own rank, or NULL. */
static const struct sinter_access *reads_ahead(const struct sinter_cascade_builder *b, const struct sinter_operand *operand,
                                               const char **rank)
{
    const struct sinter_tensor *tensor = &b->tensors[operand->tensor];
    for (int i = 0; i < operand->n_accesses; i++) {
        for (int d = 0; d < tensor->n_dims; d++) {
            int64_t least, most;
            if (cascade_look_back(b->ranks, tensor, &operand->accesses[i], 1, d, &least, &most) && least < 0) {
                *rank = b->ranks[tensor->dims[d]].name;
                return &operand->accesses[i];
            }
        }
    }
    return NULL;
}

/* The first rank along which an access looks back by at least one; -1 when there is none. */
static int looks_back_along(const struct sinter_cascade_builder *b, const struct sinter_access *access)
{
    const struct sinter_tensor *tensor = &b->tensors[access->tensor];
    for (int d = 0; d < tensor->n_dims; d++) {
        int64_t least, most;
        if (cascade_look_back(b->ranks, tensor, access, 1, d, &least, &most) && least >= 1)
            return tensor->dims[d];
    }
    return -1;
}

/* The first access that does not look back along the rank by at least `least`. */
static const struct sinter_access *culprit(const struct sinter_cascade_builder *b, const struct sinter_operand *operand,
                                           int rank, int64_t least)
{
    const struct sinter_tensor *tensor = &b->tensors[operand->tensor];
    for (int i = 0; i < operand->n_accesses; i++) {
        bool looks_back = false;
        for (int d = 0; d < tensor->n_dims; d++) {
            int64_t low, high;
            if (tensor->dims[d] == rank && cascade_look_back(b->ranks, tensor, &operand->accesses[i], 1, d, &low, &high))
                looks_back = low >= least;
        }
        if (!looks_back)
            return &operand->accesses[i];
    }
    return &operand->accesses[0];
}

static enum sinter_status refuse(struct sinter_cascade_builder *b, int reader, const struct sinter_operand *operand,
                                 int rank)
{
    int producer = producer_of(b, operand);
    bool is_backward = producer >= reader;
    const char *ahead_rank = NULL;
    const struct sinter_access *access = reads_ahead(b, operand, &ahead_rank);
    if (access)
        return sinter_error(b->diags, access->at, "a recurrence reads what earlier steps made, such as H[l-1]",
                            "the recurrence of '%s' looks forward along %s: '%s' is not computed yet",
                            b->tensors[operand->tensor].name, ahead_rank, cascade_access_text(b, access));
    for (int i = 0; i < operand->n_accesses && rank < 0; i++)
        rank = looks_back_along(b, &operand->accesses[i]);
    access = culprit(b, operand, rank, is_backward ? 1 : 0);
    int other = looks_back_along(b, access);
    if (is_backward && rank >= 0 && other >= 0 && other != rank)
        return sinter_error(b->diags, access->at, "all look-backs of a recurrence go along one rank",
                            "'%s' looks back along %s, but its recurrence runs along %s", cascade_access_text(b, access),
                            b->ranks[other].name, b->ranks[rank].name);
    const char *text = cycle_text(b, reader, producer);
    if (!text)
        return sinter_out_of_memory(b->diags);
    return sinter_error(b->diags, access->at,
                        "one of these reads must look back along a rank that they all share, such as H[l-1]",
                        "cyclic definition without a recurrence: %s", text);
}

/* ---- cycles -------------------------------------------------------------------------------------------------- */

static bool is_inside(const struct sinter_cascade_builder *b, const struct sinter_operand *operand, int cycle)
{
    int producer = producer_of(b, operand);
    return producer >= 0 && b->einsums[producer].cycle == cycle;
}

/* The rank of the first read that closes the cycle by looking back; -1 when none does. */
static int find_rank(const struct sinter_cascade_builder *b, const struct sinter_cycle *cycle)
{
    for (int i = 0; i < cycle->n_einsums; i++) {
        const struct sinter_einsum *einsum = &b->einsums[cycle->einsums[i]];
        for (int o = 0; o < einsum->n_operands; o++) {
            const struct sinter_operand *operand = &einsum->operands[o];
            if (is_inside(b, operand, einsum->cycle) && producer_of(b, operand) >= cycle->einsums[i] &&
                operand->look_back_min >= 1)
                return operand->look_back_rank;
        }
    }
    return -1;
}

/* The least x at which the operand is read along the rank; false when it is not read at r - x. */
static bool least_along(const struct sinter_cascade_builder *b, const struct sinter_operand *operand, int rank,
                        int64_t *least)
{
    const struct sinter_tensor *tensor = &b->tensors[operand->tensor];
    for (int d = 0; d < tensor->n_dims; d++) {
        int64_t most;
        if (tensor->dims[d] == rank)
            return cascade_look_back(b->ranks, tensor, operand->accesses, operand->n_accesses, d, least, &most);
    }
    return false;
}

static enum sinter_status check_cycle(struct sinter_cascade_builder *b, struct sinter_cycle *cycle)
{
    cycle->rank = find_rank(b, cycle);
    cycle->look_back = INT64_MAX;
    for (int i = 0; i < cycle->n_einsums; i++) {
        int reader = cycle->einsums[i];
        const struct sinter_einsum *einsum = &b->einsums[reader];
        for (int o = 0; o < einsum->n_operands; o++) {
            const struct sinter_operand *operand = &einsum->operands[o];
            bool is_backward = producer_of(b, operand) >= reader;
            if (!is_inside(b, operand, einsum->cycle) || (cycle->rank < 0 && !is_backward))
                continue;
            int64_t least;
            if (!least_along(b, operand, cycle->rank, &least) || least < (is_backward ? 1 : 0))
                return refuse(b, reader, operand, cycle->rank);
            if (is_backward && least < cycle->look_back)
                cycle->look_back = least;
        }
    }
    return SINTER_OK;
}

/* Outside of cycles what is read must stand earlier. */
static enum sinter_status check_order(struct sinter_cascade_builder *b)
{
    enum sinter_status step = SINTER_OK;
    int n_errors = 0;
    for (int i = 0; i < b->cascade->n_einsums; i++) {
        const struct sinter_einsum *einsum = &b->einsums[i];
        for (int o = 0; o < einsum->n_operands; o++) {
            const struct sinter_operand *operand = &einsum->operands[o];
            int producer = producer_of(b, operand);
            if (producer < i || (einsum->cycle >= 0 && b->einsums[producer].cycle == einsum->cycle))
                continue;
            enum sinter_status status = sinter_error(
                b->diags, operand->accesses[0].at, "Einsums stand in the order of their execution; move its producer up",
                "tensor '%s' is read before it is produced", b->tensors[operand->tensor].name);
            if (cascade_merge(status, &step, &n_errors))
                return step;
        }
    }
    return step;
}

static bool reads_itself(const struct sinter_cascade_builder *b, int einsum)
{
    for (int o = 0; o < b->einsums[einsum].n_operands; o++) {
        if (producer_of(b, &b->einsums[einsum].operands[o]) == einsum)
            return true;
    }
    return false;
}

/* Cycles are numbered by their first Einsum. */
static enum sinter_status number_cycles(struct sinter_cascade_builder *b, const int *component, int n_components,
                                        struct sinter_cycle **cycles)
{
    int n = b->cascade->n_einsums;
    int *size = sinter_arena_alloc(b->scratch, (size_t)n_components, sizeof *size);
    int *cycle_of = sinter_arena_alloc(b->scratch, (size_t)n_components, sizeof *cycle_of);
    int *members = sinter_arena_alloc(b->arena, (size_t)n, sizeof *members);
    if (!size || !cycle_of || !members)
        return sinter_out_of_memory(b->diags);
    int n_cycles = 0;
    for (int i = 0; i < n; i++)
        size[component[i]]++;
    for (int i = 0; i < n; i++) {
        if (size[component[i]] == 1 && !reads_itself(b, i))
            continue;
        if (!cycle_of[component[i]])
            cycle_of[component[i]] = ++n_cycles;
        b->einsums[i].cycle = cycle_of[component[i]] - 1;
    }
    *cycles = sinter_arena_alloc(b->arena, (size_t)n_cycles, sizeof **cycles);
    if (!*cycles)
        return sinter_out_of_memory(b->diags);
    for (int i = 0; i < n; i++) {
        int cycle = b->einsums[i].cycle;
        if (cycle < 0)
            continue;
        int *list = (int *)(*cycles)[cycle].einsums;
        if (!list) {
            list = members;
            members += size[component[i]];
            (*cycles)[cycle].einsums = list;
        }
        list[(*cycles)[cycle].n_einsums++] = i;
    }
    b->cascade->n_cycles = n_cycles;
    b->cascade->cycles = *cycles;
    return SINTER_OK;
}

enum sinter_status cascade_find_cycles(struct sinter_cascade_builder *b)
{
    int n_components = 0, n_errors = 0;
    struct sinter_cycle *cycles = NULL;
    int *component = find_components(b, &n_components);
    if (!component)
        return sinter_out_of_memory(b->diags);
    enum sinter_status step = number_cycles(b, component, n_components, &cycles);
    if (step == SINTER_OK)
        step = check_order(b);
    for (int i = 0; cycles && step != SINTER_NO_MEMORY && i < b->cascade->n_cycles; i++) {
        if (cascade_merge(check_cycle(b, &cycles[i]), &step, &n_errors))
            break;
    }
    return step;
}
