/* mapper_internal.h: what the files of the mapper share.
 * SPDX-License-Identifier: MIT
 *
 *     front.c     pieces, and which of them to keep
 *     part.c      trees; a leaf or chain priced by the plan
 *     nest.c      loops, tiles and holds around a part
 *     sequence.c  parts one after another in a body
 */
#ifndef SINTER_SEARCH_MAPPER_INTERNAL_H
#define SINTER_SEARCH_MAPPER_INTERNAL_H

#include "search/mapper.h"

/* The loops around a part: those of tier i are loops[ends[i - 1]..ends[i]). */
struct context {
    int n_loops, n_tiers;
    int ends[MOST_TIERS];
    struct nest_loop loops[MOST_TIERS * MOST_LOOPS];
};

struct nest {
    einsum_set from, to;
    int tier;
    const struct context *context;
    struct front *front;
    struct shape shape;
    struct context inside;
};

/* ---- front.c ------------------------------------------------------------------------------------------------------- */

bool fits(const struct mapper *mapper, const struct piece *piece);
/* Is some piece of the front as good in everything? */
bool is_dominated(const struct mapper *mapper, const struct front *front, const struct piece *piece);
/* Adds a piece that fits and is not dominated; takes out those that it dominates. */
void keep(struct mapper *mapper, struct front *front, const struct piece *piece);
/* Adds a part to what stands before it in a sequence; live[]: bits beside it. What nothing overlaps is not added up. */
void add_piece(const struct mapper *mapper, struct piece *sum, const struct piece *part, const int64_t *live);

/* ---- part.c -------------------------------------------------------------------------------------------------------- */

bool is_read_in(const struct sinter_tensor *tensor, einsum_set set);
bool is_made_in(const struct sinter_tensor *tensor, einsum_set set);
bool is_used_in(const struct sinter_tensor *tensor, einsum_set set);
/* Resolves the shape in its context as a schedule of its own; false when it is illegal. */
bool resolve_shape(struct mapper *mapper, const struct context *context, const struct shape *shape);
/* Add what a tile of the plan moves, takes on chip, and makes the first or last leaf wait for. */
void add_traffic(const struct mapper *mapper, const struct sinter_tile *tile, struct piece *piece);
void add_footprint(const struct context *context, const struct sinter_tile *tile, struct piece *piece);
void add_fill(const struct mapper *mapper, const struct sinter_tile *tile, struct piece *piece);
bool price_leaf(struct mapper *mapper, const struct context *context, const struct shape *shape, struct piece *piece);
const struct shape *copy_shape(struct mapper *mapper, const struct shape *shape);

/* ---- nest.c and sequence.c, which call each other -------------------------------------------------------------------- */

/* The best pieces for the Einsums between two down-sets inside a context. */
void map_part(struct mapper *mapper, einsum_set from, einsum_set to, int tier, const struct context *context,
              struct front *front);
/* The nest, with its loops and holds chosen, around sequences of parts. */
void map_body(struct mapper *mapper, struct nest *nest);

#endif
