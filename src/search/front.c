/* front.c: pieces of which none is better than another one.
 * SPDX-License-Identifier: MIT
 */
#include "search/mapper_internal.h"

#include <string.h>

static bool is_no_worse(const struct mapper *mapper, const struct piece *a, const struct piece *b)
{
    if (a->read_bits > b->read_bits || a->written_bits > b->written_bits || a->first_bits > b->first_bits ||
        a->last_bits > b->last_bits || a->phase_bits > b->phase_bits || a->phase_cycles > b->phase_cycles)
        return false;
    for (int u = 0; u < mapper->accel->n_units; u++)
        if (a->cycles[u] > b->cycles[u])
            return false;
    for (int m = 1; m < mapper->accel->n_memories; m++) {
        if (a->bits[m] > b->bits[m])
            return false;
        for (int i = 0; i < MOST_TIERS; i++)
            if (a->carried[i][m] > b->carried[i][m])
                return false;
    }
    return true;
}

bool is_dominated(const struct mapper *mapper, const struct front *front, const struct piece *piece)
{
    for (int i = 0; i < front->n; i++)
        if (is_no_worse(mapper, &front->pieces[i], piece))
            return true;
    return false;
}

bool fits(const struct mapper *mapper, const struct piece *piece)
{
    for (int m = 1; m < mapper->accel->n_memories; m++) {
        int64_t bits = piece->bits[m];
        for (int i = 0; i < MOST_TIERS; i++)
            bits += piece->carried[i][m];
        if ((double)bits > 8 * mapper->accel->memories[m].capacity_bytes)
            return false;
    }
    return true;
}

void keep(struct mapper *mapper, struct front *front, const struct piece *piece)
{
    if (!fits(mapper, piece) || is_dominated(mapper, front, piece))
        return;
    int n = 0;
    for (int i = 0; i < front->n; i++)
        if (!is_no_worse(mapper, piece, &front->pieces[i]))
            front->pieces[n++] = front->pieces[i];
    front->n = n;
    if (n == front->capacity) {
        int capacity = n > 0 ? 2 * n : 8;
        struct piece *pieces = sinter_arena_alloc(mapper->arena, (size_t)capacity, sizeof *pieces);
        if (pieces == NULL) {
            mapper->failed = true;
            return;
        }
        if (n > 0)
            memcpy(pieces, front->pieces, (size_t)n * sizeof *pieces);
        front->pieces = pieces;
        front->capacity = capacity;
    }
    front->pieces[front->n++] = *piece;
}

void add_piece(const struct mapper *mapper, struct piece *sum, const struct piece *part, const int64_t *live)
{
    sum->read_bits += part->read_bits;
    sum->written_bits += part->written_bits;
    sum->phase_bits += part->phase_bits;
    for (int u = 0; u < mapper->accel->n_units; u++)
        sum->cycles[u] += part->cycles[u];
    for (int m = 1; m < mapper->accel->n_memories; m++) {
        if (live[m] + part->bits[m] > sum->bits[m])
            sum->bits[m] = live[m] + part->bits[m];
        for (int i = 0; i < MOST_TIERS; i++)
            sum->carried[i][m] += part->carried[i][m];
    }
}
