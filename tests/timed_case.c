/* timed_case.c: random cases that can be timed.
 * SPDX-License-Identifier: MIT
 */
#include "timed_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

double timed_case_pick(struct timed_case *timed, const double *values, int n)
{
    return values[sinter_random_below(&timed->random, n)];
}

/* Rates and latencies that no other law needs; capacities follow in `squeeze`. */
static void draw_timing(struct timed_case *timed)
{
    static const double rates[] = {1e9, 2e9, 0.7e9, 16e9, 3.3e9},
                        limits[] = {(double)INFINITY, (double)INFINITY, (double)INFINITY, 2e9, 8e9, 5.1e9};
    struct sinter_random *random = &timed->random;
    struct sinter_accel *accel = timed->drawn.accel;
    accel->prefetch = sinter_random_below(random, 8) != 0;
    for (int m = 0; m < accel->n_memories; m++) {
        struct sinter_memory *memory = &accel->memories[m];
        memory->bytes_per_s = m == 0 ? timed_case_pick(timed, rates, 5) : timed_case_pick(timed, limits, 6);
        memory->link_bytes_per_s = m == 0 ? (double)INFINITY : timed_case_pick(timed, limits, 6);
        memory->write_bytes_per_s = m == 0 && sinter_random_below(random, 3) == 0 ? timed_case_pick(timed, rates, 5) : 0;
        memory->latency_s = sinter_random_below(random, 3) == 0 ? 1e-9 * (double)sinter_random_below(random, 20) : 0;
        memory->burst_bytes = sinter_random_below(random, 4) == 0 ? (double)(1 << sinter_random_below(random, 5)) : 0;
    }
}

/* Memories that have just enough space, a bit more, or plenty. */
static void squeeze(struct timed_case *timed)
{
    static const double slack[] = {1, 1, 1.2, 2, 8, (double)INFINITY};
    struct sinter_accel *accel = timed->drawn.accel;
    for (int m = 1; m < accel->n_memories; m++)
        accel->memories[m].capacity_bytes =
            ceil((double)sinter_bits_to_bytes(timed->plan->peak_bits[m]) * timed_case_pick(timed, slack, 6));
}

bool timed_case_price(struct timed_case *timed)
{
    const struct random_case *c = &timed->drawn;
    timed->cost = (struct sinter_cost){.einsums = timed->einsums, .groups = timed->groups};
    assert_true(c->cascade->n_einsums <= TIMED_MAX_EINSUMS);
    sinter_plan_free(timed->plan);
    assert_int_equal(sinter_plan_new(c->cascade, c->accel, NULL, NULL, &timed->plan), SINTER_OK);
    if (sinter_plan_resolve(timed->plan, &c->schedule, NULL) != SINTER_OK)
        return false;
    sinter_cost_evaluate(timed->plan, &timed->cost);
    return true;
}

bool timed_case_open(struct timed_case *timed, uint64_t seed)
{
    struct random_case *c = &timed->drawn;
    timed->random.state = seed * 77 + 5;
    timed->plan = NULL;
    assert_true(seed % 2 == 0 ? random_case_open(c, seed) : random_case_open_long(c, seed));
    draw_timing(timed);
    for (int m = 1; m < c->accel->n_memories; m++)
        c->accel->memories[m].capacity_bytes = (double)INFINITY;
    if (!timed_case_price(timed)) {
        timed_case_close(timed);
        return false;
    }
    squeeze(timed);
    assert_true(timed_case_price(timed));
    return true;
}

void timed_case_close(struct timed_case *timed)
{
    sinter_plan_free(timed->plan);
    timed->plan = NULL;
    random_case_close(&timed->drawn);
}

struct sinter_timing *timed_case_simulate(const struct timed_case *timed, bool steps_only)
{
    struct sinter_timing *timing = NULL;
    struct sinter_sim_options options = {.steps_only = steps_only};
    assert_int_equal(sinter_simulate(timed->plan, timed->einsums, &options, NULL, NULL, &timing), SINTER_OK);
    assert_true(timing->is_complete);
    return timing;
}

void timed_case_print(const struct timed_case *timed)
{
    struct sinter_text text = {0};
    random_case_print(&timed->drawn, &text);
    sinter_accel_print(timed->drawn.accel, &text);
    fprintf(stderr, "%s\n", sinter_text_data(&text)); /* cmocka would cut it */
    sinter_text_free(&text);
}
