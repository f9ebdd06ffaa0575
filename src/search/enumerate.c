/* enumerate.c: all trees of a group, if they are few.
 * SPDX-License-Identifier: MIT
 *
 * The mapper tries every tree of its grammar (mapper.h) and keeps those of which none is better in everything that the cost
 * of a group may depend on. What it says of them is what the plan says, but for the ports of memories on chip and a part of
 * what phases take: so the least of them is a bound, and it is reached where the plan's price of its tree is the same.
 */
#include "search/solver.h"

#include <math.h>

enum { MOST_TREES = 20000, MOST_EINSUMS_TRIED = 5 };

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* The closed form of a group on one unit, as in cost.c. */
static double piece_cycles(const struct sinter_accel *accel, const struct piece *piece)
{
    double per_read = accel->hz / (8 * accel->memories[0].bytes_per_s), per_written = per_read;
    bool is_apart = accel->memories[0].write_bytes_per_s > 0;
    if (is_apart)
        per_written = accel->hz / (8 * accel->memories[0].write_bytes_per_s);
    double read = piece->read_bits * per_read, written = piece->written_bits * per_written, busy = piece->cycles[0];
    double cycles = larger(busy, is_apart ? larger(read, written) : read + written);
    cycles = larger(cycles, piece->first_bits * per_read + busy + piece->last_bits * per_written);
    cycles = larger(cycles, piece->phase_cycles);
    return accel->prefetch ? cycles : larger(cycles, read + written + busy);
}

/* The grammar leaves out lines in outer memories, and other choices of units. */
static bool is_all(const struct solver *solver)
{
    return solver->accel->n_units == 1 && solver->accel->n_memories == 2;
}

static enum sinter_status keep_points(struct solver *solver, struct edge *edge, const struct front *front)
{
    struct point *points = sinter_arena_alloc(solver->arena, (size_t)front->n + 1, sizeof *points);
    if (points == NULL)
        return SINTER_NO_MEMORY;
    for (int i = 0; i < front->n; i++)
        points[edge->n_points++] = (struct point){piece_cycles(solver->accel, &front->pieces[i]),
                                                  front->pieces[i].read_bits + front->pieces[i].written_bits};
    if (edge->has_tree) /* one that stands outside of the grammar counts, too */
        points[edge->n_points++] = (struct point){edge->tree.bound_cycles, edge->tree.bits};
    edge->points = points;
    solver->counters.n_enumerated++;
    return SINTER_OK;
}

enum sinter_status enumerate_edge(struct solver *solver, struct edge *edge)
{
    struct mapper *mapper = &solver->mappers[0];
    einsum_set group = group_of(solver, edge);
    struct front front;
    enum sinter_status status = SINTER_OK;
    edge->state = EDGE_ENUMERATED;
    if (__builtin_popcountll(group) > MOST_EINSUMS_TRIED || !choose_units(solver, group, 0))
        return SINTER_OK;
    struct sinter_arena *arena = mapper->arena;
    struct sinter_arena_mark mark = sinter_arena_mark(solver->scratch);
    mapper->arena = solver->scratch;
    mapper->most_priced = mapper->n_priced + MOST_TREES;
    bool is_done = map_group(mapper, solver->lattice.sets[edge->from], solver->lattice.sets[edge->to], &front);
    mapper->arena = arena;
    for (int i = 0; i < front.n && is_done && status == SINTER_OK; i++)
        status = keep_tree(solver, edge, mapper, front.pieces[i].shape);
    if (status == SINTER_OK && is_done && mapper->is_exact && is_all(solver))
        status = keep_points(solver, edge, &front);
    sinter_arena_reset(solver->scratch, mark);
    return !is_done ? SINTER_NO_MEMORY : status;
}
