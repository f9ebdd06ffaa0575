/* mutant.h: an execution that is driven command by command, so that one of them, or a number of the plan, can be wrong.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_MUTANT_H
#define SINTER_TESTS_MUTANT_H

#include "execute_check.h"
#include "random_case.h"

enum kind {
    RIGHT, /* no mutation */
    SKIP_LOAD,
    SKIP_STORE,
    SKIP_FREE,
    SKIP_COMPUTE,
    REPEAT_COMPUTE,
    SHIFT_LOAD,
    SHIFT_STORE,
    SWAP,       /* with the next command of the same step */
    STALE,      /* a tile goes and its carry never hears of it */
    FREE_EARLY, /* before the compute that precedes it */
    N_KINDS,
    POISON /* done, and what it moved is overwritten with NaN: a proof, not a mutation */
};

struct mutation {
    enum kind kind;
    int at, dim, by;
    enum kind of; /* of POISON: what it proves equivalent */
};

struct listed {
    struct sinter_command command;
    int step, group;
};

struct mutant_case {
    struct random_case random;
    struct sinter_cascade *cascade; /* the same in fp64, so that no rounding hides a difference and free bits are NaN */
    struct sinter_accel *accel;     /* the same with little memory, because it is cleared for each mutant */
    struct sinter_plan *plan;
    struct sinter_numerics *numerics;
    struct execute_check check;
    struct listed *list;
    int n;
    struct sinter_execution *right;
};

/* The random schedule of a seed. False: nothing to try, because it is illegal, does not fit or is too long. Close it in any
 * case. */
bool mutant_case_open(struct mutant_case *mutant_case, uint64_t seed);
void mutant_case_close(struct mutant_case *mutant_case);
/* The last compute before a command; -1: none. */
int mutant_compute_before(const struct mutant_case *mutant_case, int at);

/* What is to be seen of a run on its way. */
struct watch {
    int64_t *group_peaks; /* by group and memory; NULL: not wanted */
    int at;               /* after this command */
    uint64_t *state;      /* everything; NULL: not wanted */
};

/* What a run left: an execution, or NULL and a problem in `text`. `watch`: NULL for nothing. */
struct sinter_execution *mutant_run(const struct mutant_case *mutant_case, const struct mutation *mutation,
                                    const struct watch *watch, char *text, size_t size);

enum verdict { FOUND_BY_CONTENT, FOUND_BY_COUNTS, FOUND_BY_NOTHING };

/* What tells it from the right program: a problem or another output; bits or peaks that are not those of the plan. */
enum verdict mutant_verdict(const struct mutant_case *mutant_case, const struct mutation *mutation, char *text, size_t size);

#endif
