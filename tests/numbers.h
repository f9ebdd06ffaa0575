/* numbers.h: the numbers that fix the meaning of a schedule, as (cascade, schedule, expected), and the recorded cases.
 * SPDX-License-Identifier: MIT
 *
 * One table for every reader of schedules: the twin and the plan are both held to it.
 */
#ifndef SINTER_TESTS_NUMBERS_H
#define SINTER_TESTS_NUMBERS_H

#include "problem.h"

/* What a row says, in bytes. */
enum number_kind {
    NUMBER_END,
    NUMBER_READ,    /* DRAM bytes read of `tensor` (NULL: in all) */
    NUMBER_WRITE,   /* DRAM bytes written of `tensor` (NULL: in all) */
    NUMBER_PEAK,    /* largest peak of the buffer */
    NUMBER_LEAF,    /* live on chip while the leaf of `einsum` runs */
    NUMBER_ILLEGAL, /* the schedule is refused */
    NUMBER_LIVE     /* live of `tensor` on chip while the leaf of `einsum` runs */
};

struct number_check {
    enum number_kind kind;
    const char *tensor, *einsum;
    int64_t bytes;
};

struct number_row {
    const char *name;
    const char *cascade;   /* YAML */
    const char *set[2][2]; /* overrides */
    bool is_double;        /* a double-buffered memory */
    const char *schedule;
    struct number_check checks[12];
};
extern const struct number_row number_rows[];
extern const int n_number_rows;

extern const char number_one_buffer[], number_double_buffer[]; /* accelerators */

/* False when something does not parse: the diagnostics say what. Close it in any case. */
bool number_open_row(struct problem *problem, const struct number_row *row);

/* A recorded case of tests/data/cases, in bytes; indices are those of the cascade. */
struct number_case {
    char name[96];
    int64_t read[64], write[64]; /* by tensor */
    int64_t dram_read, dram_write;
    int n_groups;
    int64_t peak[SINTER_MAX_MEMORIES], group_peak[32][SINTER_MAX_MEMORIES];
    int64_t operations[SINTER_N_OPS];
};
int number_case_count(void); /* -1: the index cannot be read */
bool number_case_open(int index, struct problem *problem, struct number_case *expected);

#endif
