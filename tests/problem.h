/* problem.h: a cascade, an accelerator and a schedule, read from texts.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_PROBLEM_H
#define SINTER_TESTS_PROBLEM_H

#include "sinter/schedule.h"

enum { PROBLEM_MAX_SET = 8 };

struct problem {
    struct sinter_diagnostics *diags;
    struct sinter_cascade *cascade;
    struct sinter_accel *accel;
    struct sinter_schedule schedule;
};

/* False when something does not parse: the diagnostics say what. Close it in any case. `set` overrides fields of the
 * cascade, at most PROBLEM_MAX_SET; without a schedule (NULL) an empty one is ready to be read or built. */
bool problem_open(struct problem *problem, const char *cascade, const char *accel, const char *schedule,
                  const char *set[][2], int n_set);
/* Reads another schedule, from a text that diagnostics call "f". */
enum sinter_status problem_read(struct problem *problem, const char *schedule);
void problem_close(struct problem *problem);

/* The selective scan in four Einsums, and with the recurrence as two of its five: int8, L 6, D 4, N 2. */
extern const char problem_scan[], problem_two_step[];
/* DRAM, 1 MiB `buffer`, and at it `array`, which can run all of that, and `adder`, which has no exp. */
extern const char problem_one_buffer[];

#endif
