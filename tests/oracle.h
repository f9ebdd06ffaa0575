/* oracle.h: the best schedule of a small cascade, found by building every tree and asking for its price.
 * SPDX-License-Identifier: MIT
 *
 * Written from the notation alone; it shares nothing with the search but the public cost. Trees: any order of the Einsums, any
 * cut into groups, nests of up to two loops (three around a single Einsum) over any ranks with any tiles, two deep, leaves,
 * chains and sequences, and in each body and above each loop a hold of any tensor that the body uses.
 */
#ifndef SINTER_TESTS_ORACLE_H
#define SINTER_TESTS_ORACLE_H

#include "sinter/cost.h"

struct oracle {
    double cycles, bits; /* the least of each; infinite: nothing fits */
    int64_t n_trees, n_legal;
    bool is_complete; /* false: more than `most_trees` */
};

struct oracle ask_oracle(const struct sinter_cascade *cascade, const struct sinter_accel *accel, int64_t most_trees);

#endif
