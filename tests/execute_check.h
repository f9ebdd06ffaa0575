/* execute_check.h: what an execution must agree with: the values of an evaluation without a schedule, the numbers of the plan,
 * the commands of the program.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_EXECUTE_CHECK_H
#define SINTER_TESTS_EXECUTE_CHECK_H

#include "sinter/exec.h"

enum { CHECK_MOST_TENSORS = 64 };

struct execute_check {
    const struct sinter_plan *plan;
    const struct sinter_numerics *numerics;
    struct sinter_values *in, *expected; /* owned */
    bool taps[CHECK_MOST_TENSORS];       /* all */
};

/* Inputs by seed, and what the cascade makes of them. */
void execute_check_open(struct execute_check *check, const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                        uint64_t seed, bool has_specials);
void execute_check_close(struct execute_check *check);

/* NULL, or what is wrong. Values: `execution` has all taps; without split sums the reference, to the last bit, else Einsum by
 * Einsum (visits_twin.h). Counts: bits per tensor and memory, peaks, commands by kind, addresses. */
const char *execute_check_values(const struct execute_check *check, const struct sinter_execution *execution, char *text,
                                 size_t size);
const char *execute_check_counts(const struct execute_check *check, const struct sinter_execution *execution, char *text,
                                 size_t size);
/* Two executions of one plan: the same counts, and the same bits of outputs and final states. */
const char *execute_check_same(const struct execute_check *check, const struct sinter_execution *a,
                               const struct sinter_execution *b, char *text, size_t size);

#endif
