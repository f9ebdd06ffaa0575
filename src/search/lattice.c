/* lattice.c: the down-sets of a cascade.
 * SPDX-License-Identifier: MIT
 */
#include "search/lattice.h"

#include <stdlib.h>
#include <string.h>

/* ---- what must run before what ------------------------------------------------------------------------------------- */

static void find_mates(struct lattice *lattice)
{
    const struct sinter_cascade *cascade = lattice->cascade;
    for (int e = 0; e < cascade->n_einsums; e++) {
        int cycle = cascade->einsums[e].cycle;
        lattice->mates[e] = (einsum_set)1 << e;
        for (int i = 0; cycle >= 0 && i < cascade->cycles[cycle].n_einsums; i++)
            lattice->mates[e] |= (einsum_set)1 << cascade->cycles[cycle].einsums[i];
    }
}

/* Reads go backwards in the order of the cascade but inside a recurrence, so two passes find all that leads to an Einsum:
 * the first what leads to each one by itself, the second what its mates bring. */
static void find_before(struct lattice *lattice)
{
    const struct sinter_cascade *cascade = lattice->cascade;
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (int e = 0; e < cascade->n_einsums; e++) {
            einsum_set before = lattice->before[e];
            for (int k = 0; k < cascade->einsums[e].n_operands; k++) {
                int producer = cascade->tensors[cascade->einsums[e].operands[k].tensor].producer;
                if (producer >= 0)
                    before |= lattice->mates[producer] | lattice->before[producer];
            }
            for (int m = 0; m < cascade->n_einsums; m++)
                if (lattice->mates[e] >> m & 1)
                    before |= lattice->before[m];
            before &= ~lattice->mates[e];
            is_changed |= before != lattice->before[e];
            lattice->before[e] = before;
        }
    }
}

/* ---- all of them, level by level --------------------------------------------------------------------------------------- */

static int compare_sets(const void *a, const void *b)
{
    einsum_set x = *(const einsum_set *)a, y = *(const einsum_set *)b;
    return (x > y) - (x < y);
}

static int compare_sizes(const void *a, const void *b)
{
    int x = __builtin_popcountll(*(const einsum_set *)a), y = __builtin_popcountll(*(const einsum_set *)b);
    return x != y ? (x > y) - (x < y) : compare_sets(a, b);
}

/* Open addressing in a table that is a power of two and never more than half full; the empty set is never asked for. */
static bool insert(einsum_set *table, size_t mask, einsum_set set)
{
    size_t at = (size_t)((set * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & mask;
    while (table[at] != 0 && table[at] != set)
        at = (at + 1) & mask;
    bool is_new = table[at] == 0;
    table[at] = set;
    return is_new;
}

static void find_sets(struct lattice *lattice, einsum_set *sets, int most_sets, einsum_set *table, size_t mask)
{
    int n = 1; /* the empty set */
    lattice->is_complete = true;
    einsum_set along = 0; /* the cascade's own order is always among them */
    for (int e = 0; e < lattice->cascade->n_einsums; e++) {
        along |= lattice->mates[e] | lattice->before[e];
        if (insert(table, mask, along))
            sets[n++] = along;
    }
    for (int i = 0; i < n && lattice->is_complete; i++) {
        for (int e = 0; e < lattice->cascade->n_einsums; e++) {
            einsum_set next = sets[i] | lattice->mates[e];
            if (next == sets[i] || (lattice->before[e] & ~sets[i]) != 0 || !insert(table, mask, next))
                continue;
            if (n == most_sets) {
                lattice->is_complete = false;
                break;
            }
            sets[n++] = next;
        }
    }
    qsort(sets, (size_t)n, sizeof *sets, compare_sizes);
    lattice->n_sets = n;
}

enum sinter_status lattice_new(const struct sinter_cascade *cascade, int most_sets, struct sinter_arena *arena,
                               struct sinter_diagnostics *diags, struct lattice *lattice)
{
    *lattice = (struct lattice){.cascade = cascade};
    if (cascade->n_einsums > MOST_EINSUMS)
        return sinter_error(diags, (struct sinter_location){NULL, 0, 0}, "search its layers one by one",
                            "'%s' has %d Einsums; a schedule is searched for at most %d", cascade->name, cascade->n_einsums,
                            MOST_EINSUMS);
    if (most_sets < MOST_EINSUMS + 1)
        most_sets = MOST_EINSUMS + 1;
    size_t size = 4;
    while (size < 2 * (size_t)most_sets + 2)
        size *= 2;
    einsum_set *sets = sinter_arena_alloc(arena, (size_t)most_sets, sizeof *sets);
    struct sinter_arena_mark mark = sinter_arena_mark(arena);
    einsum_set *table = sinter_arena_alloc(arena, size, sizeof *table);
    if (sets == NULL || table == NULL)
        return sinter_out_of_memory(diags);
    for (int e = 0; e < cascade->n_einsums; e++)
        lattice->all |= (einsum_set)1 << e;
    find_mates(lattice);
    find_before(lattice);
    find_sets(lattice, sets, most_sets, table, size - 1);
    sinter_arena_reset(arena, mark);
    lattice->sets = sets;
    return SINTER_OK;
}

sinter_rank_set common_ranks(const struct sinter_cascade *cascade, einsum_set set)
{
    sinter_rank_set ranks = ~(sinter_rank_set)0;
    for (einsum_set rest = set; rest != 0; rest &= rest - 1) {
        const struct sinter_einsum *einsum = &cascade->einsums[__builtin_ctzll(rest)];
        const struct sinter_tensor *result = &cascade->tensors[einsum->result];
        ranks &= einsum->ranks;
        for (int i = 0; i < result->n_readers; i++)
            if (set >> result->readers[i] & 1)
                ranks &= result->ranks;
    }
    return ranks;
}

/* ---- what every schedule pays ---------------------------------------------------------------------------------------- */

/* Elements that an access touches for sure: the taps at their first position, everything else over its whole rank. */
static int64_t touched(const struct sinter_cascade *cascade, const struct sinter_access *access)
{
    const struct sinter_tensor *tensor = &cascade->tensors[access->tensor];
    sinter_rank_set seen = 0;
    int64_t elements = 1;
    for (int d = 0; d < tensor->n_dims; d++) {
        const struct sinter_index *index = &access->indices[d];
        int64_t low = index->constant, extent = cascade->ranks[tensor->dims[d]].extent, n = 1;
        const struct sinter_term *own = index->own >= 0 ? &index->terms[index->own] : NULL;
        if (own != NULL && own->coefficient == 1 && (seen >> own->rank & 1) == 0) {
            seen |= (sinter_rank_set)1 << own->rank;
            n = cascade->ranks[own->rank].extent;
        }
        int64_t high = low < extent - n ? low + n : extent; /* no overflow: extents are positive */
        low = low > 0 ? low : 0;
        elements *= high > low ? high - low : 0; /* at most the elements of the tensor */
    }
    return elements;
}

/* A lookup reads rows that depend on values: how many are distinct is not known. */
static bool is_looked_up(const struct sinter_einsum *einsum, int tensor)
{
    for (int i = 0; i < einsum->n_exprs; i++) {
        const struct sinter_expr *row =
            einsum->exprs[i].kind == SINTER_EXPR_LOOKUP ? &einsum->exprs[einsum->exprs[i].b] : NULL;
        if (row != NULL && row->access >= 0 && einsum->accesses[row->access].tensor == tensor)
            return true;
    }
    return false;
}

int64_t read_bits(const struct sinter_cascade *cascade, const struct sinter_einsum *reader, int tensor)
{
    int64_t most = 0;
    for (int a = 0; a < reader->n_accesses && !is_looked_up(reader, tensor); a++) {
        int64_t elements = reader->accesses[a].tensor == tensor ? touched(cascade, &reader->accesses[a]) : 0;
        most = elements > most ? elements : most;
    }
    return most * cascade->tensors[tensor].type.bits;
}

static int64_t most_read_bits(const struct lattice *lattice, einsum_set group, int t)
{
    const struct sinter_tensor *tensor = &lattice->cascade->tensors[t];
    int64_t most = 0;
    for (int i = 0; i < tensor->n_readers; i++) {
        const struct sinter_einsum *reader = &lattice->cascade->einsums[tensor->readers[i]];
        int64_t bits = (group >> tensor->readers[i] & 1) != 0 ? read_bits(lattice->cascade, reader, t) : 0;
        most = bits > most ? bits : most;
    }
    return most;
}

int64_t compulsory_bits(const struct lattice *lattice, einsum_set group)
{
    const struct sinter_cascade *cascade = lattice->cascade;
    int64_t bits = 0;
    for (int t = 0; t < cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &cascade->tensors[t];
        bool is_made_here = tensor->producer >= 0 && (group >> tensor->producer & 1) != 0;
        if (tensor->state_of >= 0)
            continue; /* its slices may come and go inside */
        if (!is_made_here) {
            bits += most_read_bits(lattice, group, t);
            continue;
        }
        bool is_sent = tensor->role == SINTER_OUTPUT;
        for (int i = 0; i < tensor->n_readers; i++)
            is_sent |= (group >> tensor->readers[i] & 1) == 0;
        bits += is_sent ? tensor->bits : 0;
    }
    return bits;
}

double least_cycles(const struct sinter_cascade *cascade, const struct sinter_accel *accel, int einsum)
{
    double least = -1;
    for (int u = 0; u < accel->n_units; u++) {
        double cycles = sinter_einsum_least_cycles(cascade, accel, einsum, u);
        if (cycles >= 0 && (least < 0 || cycles < least))
            least = cycles;
    }
    return least < 0 ? 0 : least;
}
