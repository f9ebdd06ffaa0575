/* test_finished.c: nobody reads a sum before it is finished, in chains and in loops, over any number of steps.
 * SPDX-License-Identifier: MIT
 *
 * The plan and the naive twin are asked apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "numbers.h"
#include "twin.h"

#define RANKS(ranks) "cascade: c\ntype: int8\nranks: {" ranks "}\ntensors:\n"
#define IN(name, ranks) "  " name ": {ranks: [" ranks "], role: input}\n"
#define OUT(name, ranks) "  " name ": {ranks: [" ranks "], role: output}\n"

/* O needs the sum S, and through R only. */
static const char inverse[] = RANKS("L: 3, D: 4") IN("X", "L, D")
    OUT("O", "L, D") "einsums:\n"
                     "  - Y[l,d] = exp(X[l,d])\n  - S[l] = Y[l,d]\n  - R[l] = 1 / S[l]\n  - O[l,d] = Y[l,d] * R[l]\n";
/* The same through three Einsums. */
static const char far[] =
    RANKS("L: 3, D: 4") IN("X", "L, D") OUT("O", "L, D") "einsums:\n"
                                                         "  - Y[l,d] = exp(X[l,d])\n  - S[l] = Y[l,d]\n  - R[l] = 1 / "
                                                         "S[l]\n  - Q[l] = exp(R[l])\n  - P[l] = Q[l] * R[l]\n"
                                                         "  - O[l,d] = Y[l,d] * P[l]\n";
/* R has D from elsewhere, so that it may stand in a loop over it. */
static const char spread_out[] = RANKS("L: 3, D: 4") IN("X", "L, D") IN("Z", "D")
    OUT("O", "L, D") "einsums:\n"
                     "  - Y[l,d] = exp(X[l,d])\n  - S[l] = Y[l,d]\n  - R[l,d] = Z[d] / S[l]\n  - O[l,d] = Y[l,d] * R[l,d]\n";
/* O iterates M, which nothing sums over. */
static const char elsewhere[] = RANKS("L: 3, D: 4, M: 2") IN("X", "L, M, D") IN("B", "L, M")
    OUT("O", "L, M") "einsums:\n"
                     "  - S[l,m] = sum(exp(X[l,m,d]))\n  - R[l,m] = 1 / S[l,m]\n  - O[l,m] = B[l,m] * R[l,m]\n";
/* Two sums, one over what the other has left: O may iterate neither of their ranks. */
static const char twice[] = RANKS("L: 3, D: 4, N: 2") IN("X", "L, N, D") IN("B", "L, N")
    OUT("O", "L, N") "einsums:\n"
                     "  - T[l,n] = X[l,n,d]\n  - S[l] = T[l,n]\n  - R[l] = 1 / S[l]\n  - O[l,n] = B[l,n] * R[l]\n";
/* A maximum is finished as late as a sum. */
static const char largest[] = RANKS("L: 3, D: 4") IN("X", "L, D")
    OUT("O", "L, D") "einsums:\n"
                     "  - M[l] = max(X[l,d])\n  - N[l] = -M[l]\n  - O[l,d] = exp(X[l,d] + N[l])\n";
/* Through a look-back: a chain goes from point to point in no order that a sum could rely on. */
static const char step_before[] = RANKS("L: 3, D: 4") IN("X", "L, D")
    OUT("O", "L, D") "einsums:\n"
                     "  - S[l] = X[l,d]\n  - R[l] = 1 / S[l-1]\n  - O[l,d] = X[l,d] * R[l]\n";
/* Around a recurrence: G goes into the sum that it is made of. */
static const char around[] =
    RANKS("L: 3, D: 4") IN("X", "L, D") OUT("G", "L") "einsums:\n"
                                                      "  - S[l] = sum(X[l,d] * G[l-1])\n  - G[l] = exp(S[l])\n";

struct row {
    const char *name, *cascade, *schedule;
    const char *message; /* NULL: legal */
};

#define NEEDS(user, value, sum)                                                                                \
    "'" user "' needs '" value "' while it iterates " sum ", and a sum over that rank must end before '" value \
    "' is finished"

static const struct row rows[] = {
    {"one step", inverse, "group\n  chain\n    Y on array\n    S on array\n    R on array\n  O on array\n", NULL},
    {"two steps in one chain", inverse, "group\n  chain\n    Y on array\n    S on array\n    R on array\n    O on array\n",
     NEEDS("O", "R", "D")},
    {"the summed tensor from outside", inverse,
     "group\n  Y on array\n  chain\n    S on array\n    R on array\n    O on array\n", NEEDS("O", "R", "D")},
    {"the sum ends with its chain", inverse,
     "group\n  chain\n    Y on array\n    S on array\n  chain\n    R on array\n    O on array\n", NULL},
    {"the sum in a loop, the rest behind it", inverse,
     "group\n  for d in D by 2\n    chain\n      Y on array\n      S on array\n  chain\n    R on array\n    O on array\n",
     NULL},
    {"all of it for one l", inverse,
     "group\n  for l in L by 1\n    Y on array\n    S on array\n    R on array\n    O on array\n", NULL},
    {"a chain for one l", inverse,
     "group\n  for l in L by 1\n    chain\n      Y on array\n      S on array\n      R on array\n      O on array\n",
     NEEDS("O", "R", "D")},
    {"four steps in one chain", far,
     "group\n  Y on array\n  chain\n    S on array\n    R on array\n    Q on array\n    P on array\n    O on array\n",
     NEEDS("O", "P", "D")},
    {"four steps, without the last", far,
     "group\n  chain\n    Y on array\n    S on array\n    R on array\n    Q on array\n    P on array\n  O on array\n", NULL},
    {"a rank that is not summed over", elsewhere, "group\n  chain\n    S on array\n    R on array\n    O on array\n", NULL},
    {"the outer of two sums", twice, "group\n  chain\n    T on array\n    S on array\n    R on array\n    O on array\n",
     NEEDS("O", "R", "N")},
    {"two sums, one after the other", twice,
     "group\n  chain\n    T on array\n    S on array\n    R on array\n  O on array\n", NULL},
    {"a maximum", largest, "group\n  chain\n    M on array\n    N on array\n    O on array\n", NEEDS("O", "N", "D")},
    {"through a look-back", step_before, "group\n  chain\n    S on array\n    R on array\n    O on array\n",
     NEEDS("O", "R", "D")},
    {"around a recurrence", around, "group\n  chain\n    S on array\n    G on array\n", NEEDS("S", "G", "D")},
    {"around a recurrence, step by step", around, "group\n  for l in L by 1\n    S on array\n    G on array\n", NULL},

    /* In loops the first step is refused already: whoever reads the sum inside the loop that makes it. */
    {"two steps in one loop", inverse,
     "group\n  for d in D by 2\n    Y on array\n    S on array\n    R on array\n    O on array\n",
     "'R' would be recomputed: it stands in a loop over D, which is not a rank of it"},
    {"two steps in one loop, over ranks of all", spread_out,
     "group\n  for d in D by 2\n    Y on array\n    S on array\n    R on array\n    O on array\n",
     "a loop over D, which does not index 'S', around its producer and its reader 'R': it would read an unfinished sum"},
    {"the last step in that loop", spread_out,
     "group\n  for d in D by 2\n    Y on array\n    S on array\n    hold R in buffer\n    R on array\n    O on array\n",
     "a loop over D, which does not index 'S', around its producer and its reader 'R': it would read an unfinished sum"},
    {"the steps in a loop of their own", spread_out,
     "group\n  for d in D by 2\n    Y on array\n    S on array\n  for d in D by 2\n    R on array\n    O on array\n", NULL},
};

static bool check_row(const struct row *row, struct twin_result *twin)
{
    struct problem p;
    struct sinter_plan *plan = NULL;
    if (!problem_open(&p, row->cascade, number_one_buffer, row->schedule, NULL, 0) ||
        sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan) != SINTER_OK)
        fail_msg("%s: %s", row->name, sinter_diagnostics_text(p.diags));
    enum sinter_status status = sinter_plan_resolve(plan, &p.schedule, p.diags);
    twin_run(&p.schedule, twin);
    bool is_right = status == (row->message ? SINTER_BAD_INPUT : SINTER_OK) &&
                    twin->verdict == (row->message ? TWIN_ILLEGAL : TWIN_LEGAL);
    if (is_right && row->message)
        is_right = strcmp(sinter_diagnostics_at(p.diags, 0)->message, row->message) == 0;
    if (!is_right)
        print_error("%s: plan: %s: %s; twin: %s: %s\n", row->name, sinter_status_name(status),
                    sinter_diagnostics_text(p.diags), twin_verdict_name(twin->verdict), twin->reason);
    sinter_plan_free(plan);
    problem_close(&p);
    return is_right;
}

static void nobody_reads_a_sum_before_it_is_finished(void **state)
{
    (void)state;
    struct twin_result *twin = malloc(sizeof *twin);
    int n_wrong = 0;
    assert_non_null(twin);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        n_wrong += !check_row(&rows[i], twin);
    free(twin);
    assert_int_equal(n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_reads_a_sum_before_it_is_finished)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
