/* floor.h: what a nest of loops around some Einsums moves and computes at least.
 * SPDX-License-Identifier: MIT
 *
 * A nest reads what others make, and sends what others need: each element once at least. What it makes and reads stays on
 * chip, which keeps some loops from being around it, and so other tensors must come again and again (excess.h). Every legal
 * schedule in which what a group makes and reads stays on chip is a sequence of such nests.
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

/* `is_whole`: the nest is a group of its own. Else what others make or read may stay on chip between two nests of one group,
 * where it fits as a whole, and costs nothing. */
struct floor floor_of(struct floors *floors, einsum_set nest, bool is_whole);

#endif
