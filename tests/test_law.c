/* test_law.c: for random problems, the plan and the naive twin agree: on legality, on every byte moved, on every peak.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_CASES: how many seeds (default 2500); SINTER_SEED: the first one; SINTER_VERDICTS: print each verdict.
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
#include "twin.h"

struct tally {
    int n_legal, n_infeasible, n_illegal, n_violations, n_undefined, n_too_big, n_failed;
};

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void complain(struct tally *tally, const struct random_case *c, const char *format, ...) SINTER_PRINTF(3, 4);
static void complain(struct tally *tally, const struct random_case *c, const char *format, ...)
{
    struct sinter_text text = {0};
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (tally->n_failed++ < 5) {
        random_case_print(c, &text);
        fprintf(stderr, "%s^ seed %llu: %s\n\n", sinter_text_data(&text), (unsigned long long)c->seed, what);
    } else {
        fprintf(stderr, "seed %llu: %s\n", (unsigned long long)c->seed, what);
    }
    sinter_text_free(&text);
}

/* Bits into and out of the on-chip memories by the plan's tiles. */
static bool same_transfers(const struct sinter_plan *plan, const struct twin_result *twin, int memory, int64_t *in,
                           int64_t *out)
{
    *in = *out = 0;
    for (int i = 0; i < plan->n_tiles; i++) {
        if (plan->tiles[i].memory != memory)
            continue;
        *in += plan->tiles[i].load_bits + plan->tiles[i].state_load_bits;
        *out += plan->tiles[i].store_bits + plan->tiles[i].state_store_bits;
    }
    return *in == twin->fill_bits[memory] && *out == twin->drain_bits[memory];
}

static void compare_traffic(struct tally *tally, const struct random_case *c, const struct sinter_plan *plan,
                            const struct twin_result *twin)
{
    for (int t = 0; t < c->cascade->n_tensors; t++) {
        const struct sinter_tensor_traffic *traffic = &plan->traffic[t];
        if (traffic->read_bits != twin->read_bits[t] || traffic->write_bits != twin->write_bits[t]) {
            complain(tally, c, "%s: plan reads %lld, writes %lld bits; twin reads %lld, writes %lld",
                     c->cascade->tensors[t].name, (long long)traffic->read_bits, (long long)traffic->write_bits,
                     (long long)twin->read_bits[t], (long long)twin->write_bits[t]);
            return;
        }
    }
    if (plan->dram_read_bits != twin->dram_read_bits || plan->dram_write_bits != twin->dram_write_bits)
        complain(tally, c, "plan reads %lld, writes %lld bits in all; twin reads %lld, writes %lld",
                 (long long)plan->dram_read_bits, (long long)plan->dram_write_bits, (long long)twin->dram_read_bits,
                 (long long)twin->dram_write_bits);
    for (int m = 1; m < c->accel->n_memories; m++) {
        int64_t in, out;
        if (!same_transfers(plan, twin, m, &in, &out))
            complain(tally, c, "%s: plan fills %lld, drains %lld bits; twin fills %lld, drains %lld",
                     c->accel->memories[m].name, (long long)in, (long long)out, (long long)twin->fill_bits[m],
                     (long long)twin->drain_bits[m]);
    }
}

static void compare_peaks(struct tally *tally, const struct random_case *c, const struct sinter_plan *plan,
                          const struct twin_result *twin)
{
    if (plan->n_groups != twin->n_groups) {
        complain(tally, c, "plan has %d groups, twin %d", plan->n_groups, twin->n_groups);
        return;
    }
    for (int m = 1; m < c->accel->n_memories; m++) {
        for (int g = 0; g < plan->n_groups; g++) {
            if (plan->groups[g].peak_bits[m] != twin->group_peak_bits[g][m]) {
                complain(tally, c, "group %d, %s: plan peaks at %lld bits, twin at %lld", g + 1, c->accel->memories[m].name,
                         (long long)plan->groups[g].peak_bits[m], (long long)twin->group_peak_bits[g][m]);
                return;
            }
        }
        if (plan->peak_bits[m] != twin->peak_bits[m])
            complain(tally, c, "%s: plan peaks at %lld bits, twin at %lld", c->accel->memories[m].name,
                     (long long)plan->peak_bits[m], (long long)twin->peak_bits[m]);
    }
}

static void check_case(struct tally *tally, const struct random_case *c, struct twin_result *twin)
{
    struct sinter_plan *plan = NULL;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    twin_run(&c->schedule, twin);
    if (sinter_plan_new(c->cascade, c->accel, NULL, diags, &plan) != SINTER_OK)
        fail_msg("no plan: %s", sinter_diagnostics_text(diags));
    enum sinter_status status = sinter_plan_resolve(plan, &c->schedule, diags);
    enum sinter_status expected = SINTER_BAD_INPUT;
    if (twin->verdict == TWIN_LEGAL)
        expected = twin->fits ? SINTER_OK : SINTER_INFEASIBLE;
    tally->n_legal += twin->verdict == TWIN_LEGAL;
    tally->n_infeasible += twin->verdict == TWIN_LEGAL && !twin->fits;
    tally->n_illegal += twin->verdict == TWIN_ILLEGAL;
    tally->n_violations += twin->verdict == TWIN_VIOLATION;
    tally->n_undefined += twin->verdict == TWIN_UNDEFINED;
    tally->n_too_big += twin->verdict == TWIN_TOO_BIG;
    if (getenv("SINTER_VERDICTS"))
        fprintf(stderr, "%s: %s | plan: %s %s\n", twin_verdict_name(twin->verdict), twin->reason, sinter_status_name(status),
                sinter_diagnostics_count(diags) > 0 ? sinter_diagnostics_at(diags, 0)->message : "");
    if (twin->verdict == TWIN_UNDEFINED || twin->verdict == TWIN_TOO_BIG) {
        if (status != SINTER_OK && status != SINTER_INFEASIBLE && status != SINTER_BAD_INPUT)
            complain(tally, c, "plan: %s", sinter_status_name(status));
    } else if (status != expected && !(status == SINTER_INFEASIBLE && expected == SINTER_OK && plan->fits)) {
        complain(tally, c, "plan: %s (%s); twin: %s (%s)", sinter_status_name(status), sinter_diagnostics_text(diags),
                 twin_verdict_name(twin->verdict), twin->reason);
    } else if (twin->verdict == TWIN_LEGAL) {
        compare_traffic(tally, c, plan, twin);
        compare_peaks(tally, c, plan, twin);
    }
    sinter_plan_free(plan);
    sinter_diagnostics_free(diags);
}

/* Seeds that found a defect once. */
static const uint64_t past_defects[] = {40, 179, 340, 352, 509, 682, 7669, 1002932, 1025674};

static void test_past_defects_stay_mended(void **state)
{
    (void)state;
    struct tally tally = {0};
    struct twin_result *twin = malloc(sizeof *twin);
    assert_non_null(twin);
    for (size_t i = 0; i < sizeof past_defects / sizeof past_defects[0]; i++) {
        struct random_case c;
        if (!random_case_open(&c, past_defects[i]))
            complain(&tally, &c, "%s", sinter_diagnostics_text(c.diags));
        else
            check_case(&tally, &c, twin);
        random_case_close(&c);
    }
    free(twin);
    assert_int_equal(tally.n_failed, 0);
}

static void test_plan_agrees_with_twin(void **state)
{
    (void)state;
    struct tally tally = {0};
    struct twin_result *twin = malloc(sizeof *twin);
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 2500);
    for (uint64_t seed = first; seed < first + n && tally.n_failed < 40; seed++) {
        struct random_case c;
        if (!random_case_open(&c, seed))
            complain(&tally, &c, "%s", sinter_diagnostics_text(c.diags));
        else
            check_case(&tally, &c, twin);
        random_case_close(&c);
    }
    free(twin);
    print_message("legal %d (too small a memory: %d), illegal %d, unsound %d, undefined %d, too big %d\n", tally.n_legal,
                  tally.n_infeasible, tally.n_illegal, tally.n_violations, tally.n_undefined, tally.n_too_big);
    assert_int_equal(tally.n_failed, 0);
    if (n >= 1000) { /* the generator must draw both kinds */
        assert_true((uint64_t)tally.n_legal > n / 4);
        assert_true((uint64_t)tally.n_illegal > n / 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_past_defects_stay_mended),
        cmocka_unit_test(test_plan_agrees_with_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
