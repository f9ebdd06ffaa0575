/* floor.h: what a group of Einsums moves and computes at least.
 * SPDX-License-Identifier: MIT
 *
 * A group reads what others make, and sends what others need: each element once at least. What it makes and reads stays on
 * chip, which keeps some loops from being around it, and so other tensors must come again and again (excess.h). That holds for
 * every legal schedule in which no intermediate of a group goes through DRAM inside it.
 */
#ifndef SINTER_SEARCH_FLOOR_H
#define SINTER_SEARCH_FLOOR_H

#include "search/excess.h"
#include "search/lattice.h"

struct floor {
    double bits; /* from and to DRAM */
    double cycles;
};

struct floors;
enum sinter_status floors_new(const struct lattice *lattice, const struct sinter_accel *accel, struct sinter_arena *arena,
                              struct sinter_diagnostics *diags, struct floors **floors);

struct floor floor_of(struct floors *floors, einsum_set group);
/* The same without asking what stays on chip. */
struct floor crude_floor_of(struct floors *floors, einsum_set group);

#endif
