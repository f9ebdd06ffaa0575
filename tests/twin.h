/* twin.h: the naive twin of the plan: walks every iteration of a schedule and moves every element, one by one.
 * SPDX-License-Identifier: MIT
 *
 * An oracle for tests, written from the text of docs/schedules.md and from nothing else. It keeps explicit sets of
 * elements for every tile, loads what is missing, drops what is due, and checks at each read that the element is complete
 * and is where the schedule says. Small cases only.
 */
#ifndef SINTER_TESTS_TWIN_H
#define SINTER_TESTS_TWIN_H

#include "sinter/schedule.h"

#define TWIN_MAX_EINSUMS 32
#define TWIN_MAX_TENSORS 64
#define TWIN_MAX_GROUPS 32

enum twin_verdict {
    TWIN_LEGAL,
    TWIN_ILLEGAL,   /* a rule of the text forbids it */
    TWIN_UNDEFINED, /* the text does not say what it means */
    TWIN_VIOLATION, /* no rule forbids it, yet a read finds an element that is unfinished or not there */
    TWIN_TOO_BIG
};

struct twin_result {
    enum twin_verdict verdict;
    char reason[240];
    bool fits; /* every peak within its memory's capacity */
    int n_groups;
    int64_t read_bits[TWIN_MAX_TENSORS], write_bits[TWIN_MAX_TENSORS]; /* between DRAM and the chip, by tensor */
    int64_t dram_read_bits, dram_write_bits;
    int64_t peak_bits[SINTER_MAX_MEMORIES];
    int64_t group_peak_bits[TWIN_MAX_GROUPS][SINTER_MAX_MEMORIES];
    int64_t fill_bits[SINTER_MAX_MEMORIES];  /* into a memory, from outer ones */
    int64_t drain_bits[SINTER_MAX_MEMORIES]; /* out of a memory, to outer ones */
    /* The most that lives on chip of one tensor while one Einsum's leaf runs, all on-chip memories together. */
    int64_t live_bits[TWIN_MAX_EINSUMS][TWIN_MAX_TENSORS];
    /* The most that lives on chip while one Einsum's leaf runs. */
    int64_t leaf_bits[TWIN_MAX_EINSUMS];
};

const char *twin_verdict_name(enum twin_verdict verdict);

/* Only the node array of the schedule is read. The result is complete when the verdict is TWIN_LEGAL. */
void twin_run(const struct sinter_schedule *schedule, struct twin_result *result);

#endif
