/* evaluate.h: an Einsum as its text says, point by point.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXEC_EVALUATE_H
#define SINTER_EXEC_EVALUATE_H

#include <math.h>

#include "exec/whole.h"

/* The point at which an Einsum is evaluated, and where its accesses find their elements there. Ranks are numbered by their
 * place in einsum->rank_order; the access behind the last is the result. */
struct evaluation {
    const struct sinter_cascade *cascade;
    const struct sinter_einsum *einsum;
    const struct sinter_numerics *numerics; /* NULL: double, nothing is rounded */
    bool is_float;
    int64_t point[SINTER_MAX_RANKS], extent[SINTER_MAX_RANKS];
    int place[SINTER_MAX_RANKS]; /* of a rank of the cascade */
    const struct whole **wholes; /* by access */
    bool *leaves;                /* by access: some index leaves its tensor */
    int64_t *offsets;            /* by access: of the element at the point; of those that leave 0 */
    int64_t *steps;              /* by rank, then access: how a step along the rank moves the offset */
    int n_accesses;              /* with the result */
};

/* At the first point. `wholes` by tensor; all that the Einsum touches must be there. False when memory is out. */
bool evaluation_open(struct evaluation *evaluation, const struct sinter_cascade *cascade, int einsum,
                     const struct sinter_numerics *numerics, const struct whole *wholes,
                     const struct sinter_allocator *allocator);
void evaluation_close(struct evaluation *evaluation, const struct sinter_allocator *allocator);

/* Every element of the result; those at the current step of a rank when it is not -1. */
void evaluation_run(struct evaluation *evaluation, int rank);
void evaluation_step(struct evaluation *evaluation, int rank);

/* ---- for evaluators of their own ----------------------------------------------------------------------------- */

/* Ranks that a loop runs over, the first outermost. */
struct evaluation_loop {
    int n, places[SINTER_MAX_RANKS];
};
struct evaluation_loop evaluation_loop(const struct evaluation *evaluation, sinter_rank_set ranks);
/* On to the next point; false behind the last, and back at the first. */
bool evaluation_advance(struct evaluation *evaluation, const struct evaluation_loop *loop);

/* Where an access whose index leaves its tensor somewhere finds its element; -1: outside, where it reads zero. */
int64_t evaluation_find(const struct evaluation *evaluation, int access);
static inline int64_t evaluation_offset(const struct evaluation *evaluation, int access)
{
    return evaluation->leaves[access] ? evaluation_find(evaluation, access) : evaluation->offsets[access];
}

/* NaN wins. */
static inline double larger(double a, double b)
{
    return a > b || isnan(a) ? a : b;
}
static inline double smaller(double a, double b)
{
    return a < b || isnan(a) ? a : b;
}

#endif
