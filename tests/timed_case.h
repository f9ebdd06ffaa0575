/* timed_case.h: a random case that can be timed: a legal schedule that fits, on an accelerator with drawn rates.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_TIMED_CASE_H
#define SINTER_TESTS_TIMED_CASE_H

#include "random_case.h"
#include "sinter/sim.h"

enum { TIMED_MAX_EINSUMS = 64 };

struct timed_case {
    struct random_case drawn;
    struct sinter_random random; /* for what a test draws besides */
    struct sinter_plan *plan;
    struct sinter_cost cost;
    struct sinter_einsum_cost einsums[TIMED_MAX_EINSUMS];
    struct sinter_group_cost groups[TIMED_MAX_EINSUMS];
};

/* False when the seed gives no such schedule; there is nothing to close then. */
bool timed_case_open(struct timed_case *timed, uint64_t seed);
void timed_case_close(struct timed_case *timed);
/* Resolves and prices again after a change of the accelerator; false when the schedule is not legal. */
bool timed_case_price(struct timed_case *timed);
struct sinter_timing *timed_case_simulate(const struct timed_case *timed, bool steps_only);
/* To the errors of the test: the whole case. */
void timed_case_print(const struct timed_case *timed);
/* One of n values. */
double timed_case_pick(struct timed_case *timed, const double *values, int n);
/* A number from the environment: SINTER_CASES, SINTER_SEED. */
uint64_t number_from(const char *variable, uint64_t otherwise);

#endif
