/* excess.h: how often a leaf moves its tensors at least, given which of them stay on chip.
 * SPDX-License-Identifier: MIT
 *
 * Whatever the tree around a leaf, the tiles of its operands and of its result are brought in and taken out at some bodies
 * around it, and these are nested. Let n_r be the pieces of rank r at the body where tensor X has its tile. Then
 *
 *     X comes from DRAM           it is loaded bits(X) * product of n_r over the ranks r that do not index it
 *     the result goes to DRAM     it is stored n times and loaded n - 1 times, n the product of n_r over the reduced ranks
 *     X stays in its group        n_r = 1 for the ranks that do not index it: no loop over them may be around its body
 *     in any case                 the tile takes bits * product over its ranks of ceil(extent / n_r), and fits
 *
 * and n_r only grows from body to body inward. The least traffic beyond moving each tensor once is found by trying all orders
 * of bodies and all numbers of pieces: no legal schedule moves less.
 */
#ifndef SINTER_SEARCH_EXCESS_H
#define SINTER_SEARCH_EXCESS_H

#include "sinter/cascade.h"

enum { MOST_ITEMS = 4 /* all of their orders are tried */, MOST_GUARDS = 3 };

/* A loop over a rank around the body of a tensor that stays on chip encloses what makes it and reads it. What else these read
 * or make on chip may be barred from such a loop; then its tile lies outside, as long as the range that the loop cuts. */
struct guard {
    int rank;
    sinter_rank_set sides; /* of the tile outside, the rank among them */
    double bits;           /* of one element */
};

/* An operand or the result that some rank of the Einsum does not index. (What all of its ranks index need not move twice, and
 * may have tiles of one element.) */
struct item {
    sinter_rank_set ranks; /* that index it */
    sinter_rank_set sides; /* of these its tile has a side */
    sinter_rank_set loops; /* around its body there may be loops over these; all others are barred if it stays */
    double bits;           /* of one element */
    double again;          /* bits that one more visit moves */
    int stays;             /* on chip: it is never moved */
    int is_inner;          /* a value inside a chain: its tile is what the chain makes it of, inside all other bodies */
    int n_guards;
    struct guard guards[MOST_GUARDS];
};

struct excess {
    const struct sinter_cascade *cascade;
    double room; /* bits on chip */
    int n_items;
    struct item items[MOST_ITEMS];
};

/* Infinite when nothing fits. */
double find_excess(const struct excess *excess);

#endif
