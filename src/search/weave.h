/* weave.h: one good nest around a set of Einsums, found fast.
 * SPDX-License-Identifier: MIT
 *
 *     nest  := up to two loops over ranks that all Einsums have, around parts
 *     part  := up to two loops around a leaf or a chain
 *
 * Parts choose their loops and what they hold for themselves, within the room that is left beside what parts hand to one
 * another; what is left then keeps tensors on chip that the outer loops would load again. All of that is guessed in closed
 * form; what seems best is priced by the plan, and its tiles are moved as long as that helps.
 */
#ifndef SINTER_SEARCH_WEAVE_H
#define SINTER_SEARCH_WEAVE_H

#include "search/graph.h"
#include "search/menu.h"

struct weaver {
    struct mapper *mapper;
    struct weights weights;
    double enough;         /* a tree of this value need not be made better */
    double known;          /* value of a frame that is known; infinite: none is */
    double cycles_per_bit; /* of DRAM */
    struct sinter_group_cost *groups;
    struct menus menus;
    struct sinter_arena *scratch;
    struct chain_memo *chains; /* N_CHAINS of them: which sets are chains */
    int64_t n_guessed;
};

struct chain_memo {
    einsum_set set;
    bool is_legal;
};
enum { N_CHAINS = 1 << 12 };

struct woven {
    const struct shape *shape; /* NULL: nothing fits, or nothing is legal */
    double cycles, bits, peak_bits, value;
};

/* `scratch` is used, and left as it was. `is_double`: the memories of the mapper's accelerator are. */
enum sinter_status weaver_new(struct mapper *mapper, struct sinter_arena *scratch, bool is_double, struct weaver *weaver);
/* The Einsums between two down-sets as a group. */
struct woven weave(struct weaver *weaver, einsum_set set);
/* What a group will cost, roughly; infinite: nothing is known to fit. */
double sketch(struct weaver *weaver, einsum_set set);

#endif
