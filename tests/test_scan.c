/* test_scan.c: selective scans in chains, written in several ways, are run as one loop over rows and give what step by step
 * gives, to the last bit; what only looks like a scan is not taken for one.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "exec/executor.h"
#include "execute_check.h"
#include "problem.h"

#define HEAD(type) "cascade: scan\ntype: " type "\nranks: {L: 9, D: 150, N: 5, B: 2}\ntensors:\n"
#define OPERANDS                                                                                                  \
    "  DT: {ranks: [L, D], role: input}\n  X: {ranks: [L, D], role: input}\n  B: {ranks: [L, N], role: input}\n"  \
    "  C: {ranks: [L, N], role: input}\n  A: {ranks: [D, N], role: weight}\n  H0: {ranks: [D, N], role: state}\n" \
    "  H: {ranks: [L, D, N], state: H0}\n  P: {ranks: [D], role: weight}\n  Y: {ranks: [L, D], role: output}\neinsums:\n"
#define CHAIN(carry, d, l, leaves) \
    "group\n  hold A in buffer\n" carry "  for d in D by " d "\n    for l in L by " l "\n      chain\n" leaves
#define ON(einsum) "        " einsum " on array\n"
#define FOUR ON("DA") ON("BX") ON("H") ON("Y")

static const char accel[] =
    "accelerator: a\nclock: 1 GHz\nmemories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n"
    "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\n"
    "units:\n  - {name: array, at: buffer, pes: [4], cycles: {mac: 1, mul: 1, add: 1, exp: 4, silu: 4}}\n";

struct scan_case {
    const char *name, *cascade, *schedule;
    int n_scans; /* that are found */
};

static const struct scan_case cases[] = {
    {"each step an Einsum",
     HEAD("fp32") OPERANDS "  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n  - BX[l,d,n] = DT[l,d] * X[l,d] * B[l,n]\n"
                           "  - H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]\n  - Y[l,d] = C[l,n] * H[l,d,n]\n",
     CHAIN("  carry H in buffer\n", "64", "2", FOUR), 1},
    {"the same in double",
     HEAD("fp64") OPERANDS "  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n  - BX[l,d,n] = DT[l,d] * X[l,d] * B[l,n]\n"
                           "  - H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]\n  - Y[l,d] = C[l,n] * H[l,d,n]\n",
     CHAIN("  carry H in buffer\n", "41", "1", FOUR), 1},
    {"factors the other way round, with a factored input and a read-out that adds",
     HEAD("fp32") OPERANDS "  - DTX[l,d] = DT[l,d] * X[l,d]\n  - DA[l,d,n] = exp(A[d,n] * DT[l,d])\n"
                           "  - BX[l,d,n] = B[l,n] * DTX[l,d]\n  - H[l,d,n] = BX[l,d,n] + H[l-1,d,n] * DA[l,d,n]\n"
                           "  - Y[l,d] = sum(H[l,d,n] * C[l,n]) + P[d] * X[l,d]\n",
     CHAIN("", "150", "3", ON("DTX") FOUR), 1},
    {"in one Einsum",
     HEAD("fp32") OPERANDS
     "  - H[l,d,n] = exp(DT[l,d] * A[d,n]) * H[l-1,d,n] + X[l,d] * B[l,n]\n  - Y[l,d] = H[l,d,n] * C[l,n]\n",
     CHAIN("", "150", "9", ON("H") ON("Y")), 1},
    {"a batch around it",
     HEAD("fp32") "  DT: {ranks: [B, L, D], role: input}\n  Z: {ranks: [B, L, N], role: input}\n  A: {ranks: [D, N], role: "
                  "weight}\n"
                  "  H: {ranks: [B, L, D, N]}\n  Y: {ranks: [B, L, D], role: output}\neinsums:\n"
                  "  - H[b,l,d,n] = exp(DT[b,l,d] * A[d,n]) * H[b,l-1,d,n] + DT[b,l,d] * Z[b,l,n]\n"
                  "  - Y[b,l,d] = H[b,l,d,n] * Z[b,l,n]\n",
     CHAIN("", "100", "2", ON("H") ON("Y")), 1},
    {"no exponential",
     HEAD("fp32") OPERANDS "  - H[l,d,n] = (DT[l,d] * A[d,n]) * H[l-1,d,n] + X[l,d] * B[l,n]\n"
                           "  - Y[l,d] = H[l,d,n] * C[l,n] + A[d,n] * P[d]\n",
     CHAIN("", "150", "2", ON("H") ON("Y")), 0},
    {"a state that somebody else reads, too",
     HEAD("fp32") OPERANDS
     "  - H[l,d,n] = exp(DT[l,d] * A[d,n]) * H[l-1,d,n] + X[l,d] * B[l,n]\n  - G[l,d,n] = silu(H[l,d,n])\n"
     "  - Y[l,d] = H[l,d,n] * C[l,n] + G[l,d,n] * P[d]\n",
     CHAIN("", "150", "2", ON("H") ON("G") ON("Y")), 0},
    {"a look-back of two",
     HEAD("fp32") "  DT: {ranks: [L, D], role: input}\n  A: {ranks: [D, N], role: weight}\n"
                  "  H: {ranks: [L, D, N]}\n  Y: {ranks: [L, D], role: output}\neinsums:\n"
                  "  - H[l,d,n] = exp(DT[l,d] * A[d,n]) * H[l-2,d,n] + DT[l,d] * A[d,n]\n"
                  "  - Y[l,d] = H[l,d,n] * A[d,n]\n",
     CHAIN("", "150", "2", ON("H") ON("Y")), 0},
    {"formats that round in between",
     HEAD("fp16") OPERANDS "  - H[l,d,n] = exp(DT[l,d] * A[d,n]) * H[l-1,d,n] + X[l,d] * B[l,n]\n"
                           "  - Y[l,d] = H[l,d,n] * C[l,n]\n",
     CHAIN("", "150", "2", ON("H") ON("Y")), 0},
};

static int count_scans(const struct execute_check *check, struct sinter_diagnostics *diags)
{
    struct executor *executor = NULL;
    int n = 0;
    assert_int_equal(executor_new(check->plan, check->numerics, check->in, NULL, NULL, NULL, diags, &executor), SINTER_OK);
    for (int node = 0; node < check->plan->n_nodes; node++)
        for (int m = 0; executor->codes[node] != NULL && m < executor->codes[node]->n_members; m++)
            n += executor->codes[node]->members[m].scan != NULL;
    executor_free(executor);
    return n;
}

static void check_case(const struct scan_case *c)
{
    struct problem p;
    struct sinter_plan *plan = NULL;
    struct sinter_numerics *numerics = NULL;
    struct sinter_execution *stepped = NULL, *run = NULL;
    struct execute_check check;
    char text[400];
    bool is_open = problem_open(&p, c->cascade, accel, c->schedule, NULL, 0) &&
                   sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan) == SINTER_OK &&
                   sinter_plan_resolve(plan, &p.schedule, p.diags) == SINTER_OK;
    if (!is_open)
        fail_msg("%s: %s", c->name, sinter_diagnostics_text(p.diags));
    assert_int_equal(sinter_numerics_new(p.cascade, NULL, p.diags, &numerics), SINTER_OK);
    execute_check_open(&check, plan, numerics, 7, false);
    if (count_scans(&check, p.diags) != c->n_scans)
        fail_msg("%s: %d scans are found, expected %d", c->name, count_scans(&check, p.diags), c->n_scans);
    struct sinter_execute_options taps = {.taps = check.taps}, bare = {.is_lenient = true};
    assert_int_equal(sinter_execute(plan, numerics, check.in, &taps, NULL, p.diags, &stepped), SINTER_OK);
    assert_int_equal(sinter_execute(plan, numerics, check.in, &bare, NULL, p.diags, &run), SINTER_OK);
    const char *problem = execute_check_values(&check, stepped, text, sizeof text);
    problem = problem != NULL ? problem : execute_check_same(&check, stepped, run, text, sizeof text);
    if (problem != NULL)
        fail_msg("%s: %s", c->name, problem);
    sinter_execution_free(stepped);
    sinter_execution_free(run);
    execute_check_close(&check);
    sinter_numerics_free(numerics);
    sinter_plan_free(plan);
    problem_close(&p);
}

static void scans_are_found_and_change_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(scans_are_found_and_change_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
