/* test_fusion.c: every named strategy, on any number of recurrences, builds a legal schedule or says why it does not apply.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_STRATEGIES=all tries every option in every case; the default is one in turn besides none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_case.h"
#include "sinter/search.h"
#include "twin.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* ---- cascades -------------------------------------------------------------------------------------------------------- */

struct row {
    const char *name, *text;
};

/* clang-format off */
#define LD "type: int8\nranks: {L: 6, D: 4, M: 5, N: 3}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
#define Y_LD "  Y: {ranks: [L, D], role: output}\n"

static const struct row rows[] = {
    {"two recurrences, one after the other", LD Y_LD "einsums:\n"
     "  - H[l,d] = H[l-1,d] + X[l,d]\n  - G[l,d] = G[l-1,d] * H[l,d]\n  - Y[l,d] = G[l,d] * H[l,d]\n"},
    {"two recurrences of two steps", LD Y_LD "  A: {ranks: [L, D], role: input}\n  B: {ranks: [L, D], role: input}\neinsums:\n"
     "  - HH[l,d] = A[l,d] * H[l-1,d]\n  - H[l,d] = HH[l,d] + X[l,d]\n"
     "  - GG[l,d] = B[l,d] * G[l-1,d]\n  - G[l,d] = GG[l,d] + H[l,d]\n  - Y[l,d] = exp(G[l,d])\n"},
    {"two recurrences of two steps, interleaved", LD Y_LD "  A: {ranks: [L, D], role: input}\n  B: {ranks: [L, D], role: input}\neinsums:\n"
     "  - HH[l,d] = A[l,d] * H[l-1,d]\n  - GG[l,d] = B[l,d] * G[l-1,d]\n"
     "  - H[l,d] = HH[l,d] + X[l,d]\n  - G[l,d] = GG[l,d] + X[l,d]\n  - Y[l,d] = G[l,d] * H[l,d]\n"},
    {"a two-step recurrence outside of the block", LD Y_LD "  A: {ranks: [N, D], role: input}\n  Z: {ranks: [N, D], role: output}\neinsums:\n"
     "  - H[l,d] = H[l-1,d] + X[l,d]\n  - Y[l,d] = exp(H[l,d])\n"
     "  - GG[n,d] = A[n,d] * G[n-1,d]\n  - G[n,d] = GG[n,d] + A[n,d]\n  - Z[n,d] = exp(G[n,d])\n"},
    {"a two-step recurrence before the block, along another rank", LD Y_LD "  A: {ranks: [N, D], role: input}\neinsums:\n"
     "  - H[l,d] = H[l-1,d] + X[l,d]\n  - GG[n,d] = A[n,d] * G[n-1,d]\n  - G[n,d] = GG[n,d] + A[n,d]\n"
     "  - S[d] = sum(G[n,d])\n  - Y[l,d] = S[d] * H[l,d]\n"},
    {"recurrences along two ranks of one tensor", "type: int8\nranks: {L: 4, M: 5, D: 3}\ntensors:\n  X: {ranks: [L, M, D], role: input}\n"
     "  Y: {ranks: [L, M, D], role: output}\neinsums:\n"
     "  - H[l,m,d] = H[l-1,m,d] + X[l,m,d]\n  - G[l,m,d] = G[l,m-1,d] * H[l,m,d]\n  - Y[l,m,d] = exp(G[l,m,d])\n"},
    {"two steps along each of two ranks", "type: int8\nranks: {L: 4, M: 5, D: 3}\ntensors:\n  X: {ranks: [L, M, D], role: input}\n"
     "  Y: {ranks: [L, M, D], role: output}\neinsums:\n"
     "  - HH[l,m,d] = H[l-1,m,d] * X[l,m,d]\n  - H[l,m,d] = HH[l,m,d] + X[l,m,d]\n"
     "  - GG[l,m,d] = G[l,m-1,d] * H[l,m,d]\n  - G[l,m,d] = GG[l,m,d] + X[l,m,d]\n  - Y[l,m,d] = exp(G[l,m,d])\n"},
    {"the second runs over what the first has summed", LD Y_LD "  W: {ranks: [D, N], role: weight}\neinsums:\n"
     "  - H[l,d] = H[l-1,d] + X[l,d]\n  - S[d] = sum(H[l,d])\n  - G[l,d] = S[d] * G[l-1,d] + X[l,d]\n  - Y[l,d] = exp(G[l,d])\n"},
    {"the second reads the first ahead of it", LD "  Y: {ranks: [M, D], role: output}\neinsums:\n"
     "  - H[l,d] = H[l-1,d] + X[l,d]\n  - G[m,d] = G[m-1,d] + H[m+1,d]\n  - Y[m,d] = G[m,d] * H[m,d]\n"},
    {"the second reads the first as a whole", "type: int8\nranks: {L: 5, M: 5, D: 4}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
     "  Y: {ranks: [L, D], role: output}\neinsums:\n"
     "  - H[l,d] = H[l-1,d] + X[l,d]\n  - P[l,d] = X[m,d] * H[m,d] * X[l,d]\n  - G[l,d] = G[l-1,d] + P[l,d]\n  - Y[l,d] = G[l,d] * H[l,d]\n"},
    {"a projection between two that share a read-out", LD Y_LD "  W: {ranks: [D, N], role: weight}\n  V: {ranks: [N, D], role: weight}\neinsums:\n"
     "  - H[l,d] = H[l-1,d] + X[l,d]\n  - P[l,n] = H[l,d] * W[d,n]\n  - Q[l,d] = P[l,n] * V[n,d]\n"
     "  - G[l,d] = G[l-1,d] + Q[l,d]\n  - Y[l,d] = G[l,d] * H[l,d]\n"},
    {"the last state read out by hand", LD "  Y: {ranks: [D], role: output}\neinsums:\n"
     "  - H[l,d] = H[l-1,d] + X[l,d]\n  - G[l,d] = G[l-1,d] * H[l,d]\n  - Y[d] = G[5,d] * H[5,d]\n"},
    {"a recurrence through a matrix", "type: int8\nranks: {L: 5, D: 4, E: 4}\ntensors:\n  W: {ranks: [D, E], role: weight}\n"
     "  I: {ranks: [L, E], role: input}\n  Y: {ranks: [L, D], role: output}\neinsums:\n"
     "  - HH[l,d] = H[l-1,e] * W[d,e]\n  - H[l,e] = HH[l,e] + I[l,e]\n  - Y[l,d] = H[l,e] * W[d,e]\n"},
    {"a read-out through a matrix, which a split would break", "type: int8\nranks: {L: 5, D: 4, E: 4}\ntensors:\n"
     "  W: {ranks: [D, E], role: weight}\n  X: {ranks: [L, D], role: input}\n  Y: {ranks: [L, D], role: output}\neinsums:\n"
     "  - H[l,d] = H[l-1,d] + X[l,d]\n  - Y[l,d] = H[l,e] * W[d,e]\n"},
    {"one operator around two recurrences", LD Y_LD "  A: {ranks: [L, D], role: input}\n  Z: {ranks: [D], role: output}\neinsums:\n"
     "  - all:\n    - B[l,d] = exp(A[l,d])\n    - HH[l,d] = B[l,d] * H[l-1,d]\n    - H[l,d] = HH[l,d] + X[l,d]\n"
     "    - G[l,d] = G[l-1,d] + H[l,d]\n    - Z[d] = sum(G[l,d])\n    - Y[l,d] = G[l,d] * B[l,d]\n"},
    {"one operator with two-step recurrences along two ranks", "type: int8\nranks: {L: 4, M: 5, D: 3}\ntensors:\n"
     "  X: {ranks: [L, M, D], role: input}\n  Y: {ranks: [L, M, D], role: output}\neinsums:\n  - all:\n"
     "    - HH[l,m,d] = H[l-1,m,d] * X[l,m,d]\n    - H[l,m,d] = HH[l,m,d] + X[l,m,d]\n"
     "    - GG[l,m,d] = G[l,m-1,d] * H[l,m,d]\n    - G[l,m,d] = GG[l,m,d] + X[l,m,d]\n    - Y[l,m,d] = exp(G[l,m,d])\n"},
    {"an operator cut in two by a state update", LD Y_LD "  A: {ranks: [L, D], role: input}\n  N0: {ranks: [D], role: weight}\neinsums:\n"
     "  - ends:\n    - C[l] = A[l,d] * N0[d]\n    - H[l,d] = C[l] * H[l-1,d] + X[l,d]\n    - R[l] = sum(H[l,d])\n"
     "  - Y[l,d] = R[l] * X[l,d]\n"},
    {"looks back by two", LD Y_LD "einsums:\n"
     "  - HH[l,d] = X[l,d] * H[l-2,d]\n  - H[l,d] = HH[l,d] + X[l,d]\n  - G[l,d] = G[l-2,d] + H[l-1,d]\n  - Y[l,d] = G[l,d] * H[l,d]\n"},
    {"three, with states", LD Y_LD "  H0: {ranks: [D], role: state}\n  G0: {ranks: [D], role: state}\n  F0: {ranks: [D], role: input}\n"
     "  H: {ranks: [L, D], state: H0}\n  G: {ranks: [L, D], state: G0}\n  F: {ranks: [L, D], state: F0}\neinsums:\n"
     "  - H[l,d] = H[l-1,d] + X[l,d]\n  - GG[l,d] = G[l-1,d] * H[l,d]\n  - G[l,d] = GG[l,d] + X[l,d]\n"
     "  - F[l,d] = F[l-1,d] + G[l,d]\n  - Y[l,d] = F[l,d] * G[l,d] * H[l,d]\n"},
    {"a single token", "type: int8\nranks: {L: 1, D: 4}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
     "  H0: {ranks: [D], role: state}\n  H: {ranks: [L, D], state: H0}\n" Y_LD "einsums:\n"
     "  - HH[l,d] = X[l,d] * H[l-1,d]\n  - H[l,d] = HH[l,d] + X[l,d]\n  - G[l,d] = G[l-1,d] + H[l,d]\n  - Y[l,d] = G[l,d] * H[l,d]\n"},
    {"a recurrence behind six larger ranks", "type: int8\nranks: {L: 2, A: 3, B: 3, C: 3, D: 3, E: 3}\ntensors:\n"
     "  X: {ranks: [L, A, B, C, D, E], role: input}\n  Y: {ranks: [L, A, B, C, D, E], role: output}\neinsums:\n"
     "  - HH[l,a,b,c,d,e] = X[l,a,b,c,d,e] * H[l-1,a,b,c,d,e]\n  - H[l,a,b,c,d,e] = HH[l,a,b,c,d,e] + X[l,a,b,c,d,e]\n"
     "  - Y[l,a,b,c,d,e] = exp(H[l,a,b,c,d,e])\n"},
};

#define MEMORY "  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n"
#define CYCLES "cycles: {mac: 1, mul: 1, add: 1, exp: 4}}\n"
static const struct row accels[] = {
    {"one unit", "memories:\n" MEMORY "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\nunits:\n"
     "  - {name: array, at: buffer, pes: [4], " CYCLES},
    {"little memory", "memories:\n" MEMORY "  - {name: buffer, kind: sram, capacity: 9 B, bandwidth: unlimited}\nunits:\n"
     "  - {name: array, at: buffer, pes: [4], " CYCLES},
    {"two units that share nothing but DRAM", "memories:\n" MEMORY
     "  - {name: one, kind: sram, capacity: 1 MiB, bandwidth: unlimited, parent: dram}\n"
     "  - {name: two, kind: sram, capacity: 1 MiB, bandwidth: unlimited, parent: dram}\nunits:\n"
     "  - {name: plain, at: one, pes: [4], cycles: {mac: 1, mul: 1, add: 1}}\n  - {name: special, at: two, pes: [2], cycles: {exp: 4, mul: 2}}\n"},
    {"registers behind a buffer", "memories:\n" MEMORY "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: 4 GB/s, double: true}\n"
     "  - {name: regs, kind: registers, capacity: 64 B, bandwidth: unlimited, parent: buffer}\nunits:\n"
     "  - {name: array, at: regs, pes: [4], cycles: {mac: 1, mul: 1, add: 1}}\n  - {name: vector, at: buffer, pes: [2], " CYCLES},
};
/* clang-format on */

static const struct {
    const char *name;
    struct sinter_strategy_options options;
} options[] = {
    {"", {0}},
    {"tile=2", {.tile = 2}},
    {"split=2", {.split = 2}},
    {"chain", {.chain = true}},
    {"resident", {.resident = true}},
    {"tile=4,split=3,chain", {.tile = 4, .split = 3, .chain = true}},
};

/* ---- what a strategy makes of one ------------------------------------------------------------------------------------ */

struct tally {
    int n_built, n_infeasible, n_refused, n_failed;
};

static void complain(struct tally *tally, const char *what, const struct sinter_schedule *schedule, const char *reason)
{
    struct sinter_text text = {0};
    sinter_schedule_print(schedule, &text);
    print_error("%s: %s\n%s", what, reason, sinter_text_data(&text));
    sinter_text_free(&text);
    tally->n_failed++;
}

/* The twin does not know intermediates whose units share nothing but DRAM: it would keep them there for nothing. */
static bool is_apart(const struct sinter_accel *accel)
{
    int n_inner = 0;
    for (int m = 1; m < accel->n_memories; m++)
        n_inner += accel->memories[m].parent == 0;
    return n_inner > 1;
}

/* The twin, which knows nothing of the plan, must agree with the plan about what was built. */
static void ask_twin(struct tally *tally, const char *what, const struct sinter_schedule *schedule,
                     const struct sinter_plan *plan, struct twin_result *twin)
{
    if (is_apart(plan->accel))
        return;
    twin_run(schedule, twin);
    if (twin->verdict == TWIN_TOO_BIG || twin->verdict == TWIN_UNDEFINED)
        return;
    if (twin->verdict != TWIN_LEGAL || twin->dram_read_bits != plan->dram_read_bits ||
        twin->dram_write_bits != plan->dram_write_bits)
        complain(tally, what, schedule,
                 twin->verdict != TWIN_LEGAL ? twin->reason : "the twin moves another number of bits than the plan");
}

static void check(struct tally *tally, const char *what, const struct sinter_cascade *cascade,
                  const struct sinter_accel *accel, const char *strategy, int option, struct twin_result *twin)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_schedule schedule;
    struct sinter_plan *plan = NULL;
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    assert_int_equal(sinter_plan_new(cascade, accel, NULL, diags, &plan), SINTER_OK);
    enum sinter_status status = sinter_strategy_build(strategy, &options[option].options, &schedule, diags);
    bool is_refused = status == SINTER_BAD_INPUT; /* only for options that do not suit, and it says so */
    if (status == SINTER_OK) {
        status = sinter_plan_resolve(plan, &schedule, diags);
        if (status == SINTER_OK)
            ask_twin(tally, what, &schedule, plan, twin);
    }
    int n = sinter_diagnostics_count(diags);
    const char *hint = n > 0 ? sinter_diagnostics_at(diags, n - 1)->hint : NULL;
    tally->n_built += status == SINTER_OK;
    tally->n_infeasible += status == SINTER_INFEASIBLE;
    tally->n_refused += is_refused;
    if (is_refused ? option == 0 || hint == NULL || strncmp(hint, "leave --", 8) != 0
                   : status != SINTER_OK && (status != SINTER_INFEASIBLE || n == 0))
        complain(tally, what, &schedule, n > 0 ? sinter_diagnostics_text(diags) : sinter_status_name(status));
    sinter_plan_free(plan);
    sinter_schedule_free(&schedule);
    sinter_diagnostics_free(diags);
}

static struct sinter_cascade *parse_cascade(const char *name, const char *body)
{
    struct sinter_text text = {0};
    struct sinter_cascade *cascade = NULL;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    sinter_text_printf(&text, "cascade: small\n%s", body);
    if (sinter_cascade_parse(name, sinter_text_data(&text), text.length, NULL, 0, NULL, diags, &cascade) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_text_free(&text);
    sinter_diagnostics_free(diags);
    return cascade;
}

static struct sinter_accel *parse_accel(const struct row *row)
{
    struct sinter_text text = {0};
    struct sinter_accel *accel = NULL;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    sinter_text_printf(&text, "accelerator: small\nclock: 1 GHz\n%s", row->text);
    if (sinter_accel_parse(row->name, sinter_text_data(&text), text.length, NULL, 0, NULL, diags, &accel) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_text_free(&text);
    sinter_diagnostics_free(diags);
    return accel;
}

static void check_all(struct tally *tally, const char *name, int turn, const struct sinter_cascade *cascade,
                      const struct sinter_accel *accel, struct twin_result *twin)
{
    const char *wanted = getenv("SINTER_STRATEGIES");
    bool is_full = wanted != NULL && strcmp(wanted, "all") == 0;
    for (int s = 0; sinter_strategy_name(s) != NULL; s++) {
        for (int o = 0; o < COUNT(options); o++) {
            char what[200];
            if (!is_full && o > 0 && o != 1 + (s + turn) % (COUNT(options) - 1))
                continue;
            snprintf(what, sizeof what, "%s, %s %s", name, sinter_strategy_name(s), options[o].name);
            check(tally, what, cascade, accel, sinter_strategy_name(s), o, twin);
        }
    }
}

static void report(const struct tally *tally)
{
    print_message("%d built, %d infeasible, %d refused for their options\n", tally->n_built, tally->n_infeasible,
                  tally->n_refused);
    assert_int_equal(tally->n_failed, 0);
}

/* ---- the tests ------------------------------------------------------------------------------------------------------- */

static void any_number_of_recurrences_is_scheduled(void **state)
{
    (void)state;
    struct tally tally = {0};
    struct twin_result *twin = malloc(sizeof *twin);
    assert_non_null(twin);
    for (int a = 0; a < COUNT(accels); a++) {
        struct sinter_accel *accel = parse_accel(&accels[a]);
        for (int i = 0; i < COUNT(rows); i++) {
            char name[160];
            struct sinter_cascade *cascade = parse_cascade(rows[i].name, rows[i].text);
            snprintf(name, sizeof name, "%s, %s", rows[i].name, accels[a].name);
            check_all(&tally, name, a + i, cascade, accel, twin);
            sinter_cascade_free(cascade);
        }
        sinter_accel_free(accel);
    }
    free(twin);
    report(&tally);
    assert_true(tally.n_built > tally.n_infeasible);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void random_cascades_are_scheduled(void **state)
{
    (void)state;
    struct tally tally = {0};
    struct twin_result *twin = malloc(sizeof *twin);
    assert_non_null(twin);
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 40);
    for (uint64_t seed = first; seed < first + n && tally.n_failed < 20; seed++) {
        struct random_case c;
        char name[32];
        assert_true(random_case_open(&c, seed));
        snprintf(name, sizeof name, "seed %llu", (unsigned long long)seed);
        int n_failed = tally.n_failed;
        check_all(&tally, name, (int)(seed % 16), c.cascade, c.accel, twin);
        if (tally.n_failed > n_failed)
            print_error("%s%s", sinter_text_data(&c.cascade_text), sinter_text_data(&c.accel_text));
        random_case_close(&c);
    }
    free(twin);
    report(&tally);
}

/* Each request for memory fails once: no strategy crashes, leaks, or says anything but that. */
static void running_out_of_memory_is_told(void **state)
{
    (void)state;
    struct sinter_cascade *cascade = parse_cascade(rows[1].name, rows[1].text);
    struct sinter_accel *accel = parse_accel(&accels[1]);
    for (int s = 0; sinter_strategy_name(s) != NULL; s++) {
        enum sinter_status status = SINTER_NO_MEMORY;
        /* a search allocates thousands of times, each like many others: further on, some of them will do */
        for (int64_t n = 0; status == SINTER_NO_MEMORY; n += 1 + n / 32) {
            struct sinter_counting_allocator counting;
            struct sinter_schedule schedule;
            sinter_counting_allocator_init(&counting, n);
            sinter_schedule_init(&schedule, cascade, accel, &counting.allocator);
            status = sinter_strategy_build(sinter_strategy_name(s), NULL, &schedule, NULL);
            sinter_schedule_free(&schedule);
            assert_int_equal(counting.n_live, 0);
            assert_true(n < 10000);
        }
        if (status != SINTER_OK && status != SINTER_INFEASIBLE)
            fail_msg("%s: %s", sinter_strategy_name(s), sinter_status_name(status));
    }
    sinter_accel_free(accel);
    sinter_cascade_free(cascade);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_recurrences_is_scheduled),
        cmocka_unit_test(random_cascades_are_scheduled),
        cmocka_unit_test(running_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
