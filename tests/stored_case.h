/* stored_case.h: stored cases as sets of values, and what a run made of them against their cuts.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_STORED_CASE_H
#define SINTER_TESTS_STORED_CASE_H

#include "sinter/exec.h"
#include "sinter/workload.h"

/* Names of the cases in tests/data/golden, NULL at the end. */
extern const char *const stored_cases[];

/* The case tests/data/golden/NAME.json; the test fails when it does not load without a word. */
struct sinter_case *stored_case_load(const char *name, struct sinter_override *overrides, int n_overrides);
/* Its inputs as values. */
struct sinter_values *stored_case_values(const struct sinter_case *stored, const struct sinter_numerics *numerics);
/* The largest difference of a cut, relative to its largest magnitude. */
double stored_case_error(const struct sinter_case_cut *cut, const struct sinter_values *values);

#endif
