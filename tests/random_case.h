/* random_case.h: small random problems by seed: a cascade, an accelerator and a schedule tree, legal or not.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_RANDOM_CASE_H
#define SINTER_TESTS_RANDOM_CASE_H

#include "sinter/schedule.h"

struct random_case {
    uint64_t seed;
    struct sinter_diagnostics *diags;
    struct sinter_text cascade_text, accel_text;
    struct sinter_cascade *cascade;
    struct sinter_accel *accel;
    struct sinter_schedule schedule;
};

/* False when the drawn cascade is refused (diags say why): a defect of the generator or of the reader. */
bool random_case_open(struct random_case *random_case, uint64_t seed);
/* The same with 30 to 300 for the rank L where the cascade allows it: loops that become periodic. */
bool random_case_open_long(struct random_case *random_case, uint64_t seed);
/* Short or long, with other types and other expressions: functions beside exp, the largest instead of a sum, operations around
 * sums. None of them is steeper than 2 in a sum. */
bool random_case_open_varied(struct random_case *random_case, uint64_t seed, bool is_long);
void random_case_close(struct random_case *random_case);
/* Appends the three texts. */
void random_case_print(const struct random_case *random_case, struct sinter_text *out);

/* The parts, for other tests. Trees are drawn in the order of the cascade's Einsums; many are legal. */
void random_cascade_text(struct sinter_random *random, struct sinter_text *out);
void random_accel_text(struct sinter_random *random, struct sinter_text *out);
void random_tree(struct sinter_random *random, struct sinter_schedule *schedule);
/* Varies both texts; `cascade` is what the first one means. */
void random_vary(struct sinter_random *random, const struct sinter_cascade *cascade, struct sinter_text *cascade_text,
                 struct sinter_text *accel_text);

#endif
