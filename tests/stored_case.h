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

/* The block of m1_tiny for one token. */
struct sinter_model *stored_one_token(struct sinter_override *overrides, int n_overrides);
/* Rows `token` of the inputs that have tokens, all of the others. */
void stored_token_give(const struct sinter_case *stored, int64_t token, struct sinter_values *in);
/* What a run left in states becomes what the next one starts with. */
void stored_states_hand_on(const struct sinter_values *out, struct sinter_values *in);
/* A result, or what is left in a state, is that of `token` in the prefill, to the last bit. */
void stored_token_expect(const char *name, bool is_final, const struct sinter_values *decode,
                         const struct sinter_values *prefill, int64_t token);

#endif
