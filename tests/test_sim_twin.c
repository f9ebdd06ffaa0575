/* test_sim_twin.c: the simulator against its naive twin, to the tick, on random cascades, accelerators and legal schedules.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_CASES: how many seeds (default 500); SINTER_SEED: the first one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim_twin.h"
#include "timed_case.h"

static const struct sinter_timing *timing;
static const struct sinter_plan *plan;
static const struct sim_twin *twin;
static uint64_t seed;
static int n_wrong;

static void expect(const char *what, int index, double cycles, int64_t ticks)
{
    if (cycles == (double)ticks / timing->ticks_per_cycle)
        return;
    print_error("seed %llu: %s %d: %.17g cycles, the twin says %.17g\n", (unsigned long long)seed, what, index, cycles,
                (double)ticks / timing->ticks_per_cycle);
    n_wrong++;
}

static void compare_leaves(void)
{
    for (int i = 0; i < plan->n_nodes; i++) {
        if (plan->nodes[i].n_members == 0)
            continue;
        int e = plan->members[plan->nodes[i].first_member];
        expect("busy time of Einsum", e, timing->leaves[e].busy_cycles, twin->leaf_busy[i]);
        for (int w = 0; w < SINTER_N_WAITS; w++)
            expect(sinter_wait_name((enum sinter_wait)w), e, timing->leaves[e].wait_cycles[w], twin->leaf_ticks[i][w]);
    }
}

/* A lifetime stands for all tiles of its tensor in its memory and group. */
static void compare_lifetimes(void)
{
    for (int k = 0; k < timing->n_lifetimes; k++) {
        const struct sinter_lifetime *life = &timing->lifetimes[k];
        int64_t bits = 0, from = INT64_MAX, to = 0;
        for (int i = 0; i < plan->n_tiles; i++) {
            const struct sinter_tile *tile = &plan->tiles[i];
            if (tile->tensor != life->tensor || tile->memory != life->memory ||
                plan->nodes[tile->leaf].group != life->group || twin->from[i] < 0)
                continue;
            bits += tile->room_bits;
            from = twin->from[i] < from ? twin->from[i] : from;
            to = twin->to[i] > to ? twin->to[i] : to;
        }
        n_wrong += bits != life->bits;
        expect("beginning of lifetime", k, life->from_cycles, from);
        expect("end of lifetime", k, life->to_cycles, to);
    }
}

/* Of stepping: where it jumps, the simulator gives the fullest moment of all that it left out. */
static void compare_occupancy(const struct sinter_timing *stepped)
{
    for (int i = 0; i < stepped->n_occupancies; i++) {
        const struct sinter_occupancy *found = &stepped->occupancies[i];
        int64_t sample, bits[SINTER_SAMPLES];
        int n = sim_twin_samples(twin, found->memory, &sample, bits);
        expect("length of a sample of memory", found->memory, found->cycles_per_sample, sample);
        n_wrong += n != found->n;
        for (int k = 0; k < n && k < found->n; k++) {
            if (bits[k] == found->bits[k])
                continue;
            print_error("seed %llu: memory %d, sample %d: %lld bits, the twin says %lld\n", (unsigned long long)seed,
                        found->memory, k, (long long)found->bits[k], (long long)bits[k]);
            n_wrong++;
        }
    }
}

static void compare(void)
{
    n_wrong = 0;
    expect("latency", 0, timing->cycles, twin->ticks);
    for (int g = 0; g < plan->n_groups; g++) {
        expect("group", g, timing->groups[g].cycles, twin->group_ticks[g]);
        expect("drain of group", g, timing->groups[g].drain_cycles, twin->drain_ticks[g]);
    }
    for (int r = 0; r < timing->n_resources; r++)
        expect("busy time of resource", r, timing->resources[r].busy_cycles, twin->busy_ticks[r]);
    n_wrong += timing->n_commands != twin->n_commands;
    compare_leaves();
    compare_lifetimes();
}

static void simulator_and_twin_agree_to_the_tick(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 500);
    int64_t n_run = 0, n_failed = 0, n_large = 0;
    for (seed = first; seed < first + n && n_failed < 10; seed++) {
        struct timed_case timed;
        struct sim_twin result;
        if (!timed_case_open(&timed, seed))
            continue;
        struct sinter_timing *simulated = timed_case_simulate(&timed, false), *stepped = timed_case_simulate(&timed, true);
        timing = simulated;
        plan = timed.plan;
        twin = &result;
        if (sim_twin_run(plan, timed.einsums, timing, &result)) {
            compare();
            compare_occupancy(stepped);
            if (n_wrong > 0 && n_failed++ == 0)
                timed_case_print(&timed);
            n_run++;
        } else {
            n_large++;
        }
        sim_twin_free(&result);
        sinter_timing_free(simulated);
        sinter_timing_free(stepped);
        timed_case_close(&timed);
    }
    print_message("%lld schedules; %lld were too large\n", (long long)n_run, (long long)n_large);
    assert_int_equal(n_failed, 0);
    assert_true(n < 100 || n_run > (int64_t)n / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(simulator_and_twin_agree_to_the_tick)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
