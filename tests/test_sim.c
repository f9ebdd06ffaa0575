/* test_sim.c: the laws of simulated time, on random cascades, accelerators and legal schedules.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_CASES: how many seeds (default 1500); SINTER_SEED: the first one.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "timed_case.h"

static bool differs(double a, double b)
{
    return fabs(a - b) > 1e-9 * fmax(fabs(a), fabs(b));
}

/* ---- bound, jumps, busy times -------------------------------------------------------------------------------------- */

/* What the resources and leaves were busy for is what the closed form charges. */
static const char *check_busy(const struct timed_case *timed, const struct sinter_timing *timing)
{
    const struct sinter_plan *plan = timed->plan;
    double compute[SINTER_MAX_UNITS] = {0}, slack = 1e-9;
    bool has_bursts = false;
    for (int m = 0; m < plan->accel->n_memories; m++)
        has_bursts |= plan->accel->memories[m].burst_bytes > 0;
    slack += 2.0 * (double)timing->n_commands / timing->ticks_per_cycle;
    for (int e = 0; e < plan->cascade->n_einsums; e++)
        compute[timed->einsums[e].unit] += timed->einsums[e].compute_cycles;
    for (int r = 0; r < timing->n_resources; r++) {
        const struct sinter_resource *resource = &timing->resources[r];
        const struct sinter_memory *memory = &plan->accel->memories[resource->index];
        double bits = 0, rate = memory->bytes_per_s;
        for (int g = 0; g < plan->n_groups; g++) {
            const struct sinter_group_plan *group = &plan->groups[g];
            bool is_read = resource->kind == SINTER_RESOURCE_READ, is_shared = memory->write_bytes_per_s <= 0;
            bits += resource->kind == SINTER_RESOURCE_LINK ? (double)group->link_bits[resource->index] : 0;
            bits += is_read ? (double)group->read_bits[resource->index] : 0;
            bits += (is_read && is_shared) || resource->kind == SINTER_RESOURCE_WRITE
                        ? (double)group->write_bits[resource->index]
                        : 0;
        }
        if (resource->kind == SINTER_RESOURCE_LINK)
            rate = memory->link_bytes_per_s;
        if (resource->kind == SINTER_RESOURCE_WRITE)
            rate = memory->write_bytes_per_s;
        double expected = resource->kind == SINTER_RESOURCE_UNIT ? compute[resource->index] : bits / 8 / rate * 1e9;
        if (resource->busy_cycles < expected * (1 - 1e-9) - 1e-9)
            return "a resource is busy for less than the closed form";
        if (resource->busy_cycles > expected * (1 + 1e-9) + slack && (!has_bursts || resource->kind == SINTER_RESOURCE_UNIT))
            return "a resource is busy for more than the closed form";
    }
    return NULL;
}

/* A unit is always either busy or waiting for something, until the group drains. */
static const char *check_waits(const struct timed_case *timed, const struct sinter_timing *timing)
{
    const struct sinter_plan *plan = timed->plan;
    double drains = 0;
    if (plan->accel->n_units > 1)
        return NULL; /* a unit that finishes before another one is idle */
    double sum = 0;
    for (int g = 0; g < plan->n_groups; g++)
        drains += timing->groups[g].drain_cycles;
    for (int e = 0; e < plan->cascade->n_einsums; e++) {
        sum += timing->leaves[e].busy_cycles;
        for (int w = 0; w < SINTER_N_WAITS; w++)
            sum += timing->leaves[e].wait_cycles[w];
    }
    return differs(sum + drains, timing->cycles) ? "busy and waiting times do not add up to the latency" : NULL;
}

static const char *check_groups(const struct timed_case *timed, const struct sinter_timing *timing)
{
    double sum = 0;
    for (int g = 0; g < timed->plan->n_groups; g++) {
        if (timing->groups[g].cycles < timed->groups[g].cycles * (1 - 1e-9))
            return "a group is faster than its bound";
        if (differs(timing->groups[g].start_cycles, sum))
            return "a group does not start where the one before it ends";
        sum += timing->groups[g].cycles;
    }
    return differs(sum, timing->cycles) ? "the groups do not add up" : NULL;
}

static int64_t fullest(const struct sinter_occupancy *occupancy)
{
    int64_t most = 0;
    for (int i = 0; i < occupancy->n; i++)
        most = occupancy->bits[i] > most ? occupancy->bits[i] : most;
    return most;
}

static const char *compare_jumps(const struct timed_case *timed, const struct sinter_timing *timing,
                                 const struct sinter_timing *stepped)
{
    if (timing->cycles != stepped->cycles)
        return "jumping gives another latency than stepping";
    if (timing->n_commands != stepped->n_commands || stepped->n_stepped != stepped->n_commands)
        return "jumping gives another number of commands than stepping";
    for (int r = 0; r < timing->n_resources; r++)
        if (timing->resources[r].busy_cycles != stepped->resources[r].busy_cycles)
            return "jumping gives other busy times than stepping";
    for (int e = 0; e < timed->plan->cascade->n_einsums; e++)
        for (int w = 0; w < SINTER_N_WAITS; w++)
            if (timing->leaves[e].wait_cycles[w] != stepped->leaves[e].wait_cycles[w])
                return "jumping gives other waits than stepping";
    for (int e = 0; e < timed->plan->cascade->n_einsums; e++)
        if (timing->leaves[e].tensor != stepped->leaves[e].tensor)
            return "jumping gives another tensor that was waited for than stepping";
    for (int i = 0; i < timing->n_lifetimes; i++)
        if (memcmp(&timing->lifetimes[i], &stepped->lifetimes[i], sizeof timing->lifetimes[i]) != 0)
            return "jumping gives another lifetime than stepping";
    for (int i = 0; i < timing->n_occupancies; i++) {
        const struct sinter_occupancy *jumped = &timing->occupancies[i], *seen = &stepped->occupancies[i];
        if (fullest(jumped) != fullest(seen))
            return "jumping gives another fullest moment than stepping";
        for (int k = 0; k < seen->n && jumped->cycles_per_sample == seen->cycles_per_sample; k++)
            if (jumped->bits[k] < seen->bits[k])
                return "jumping gives a lower sample of occupancy than stepping";
    }
    return NULL;
}

static void time_is_bounded_and_jumps_are_exact(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 1500);
    int64_t n_run = 0, n_failed = 0, n_jumped = 0;
    for (uint64_t seed = first; seed < first + n && n_failed < 10; seed++) {
        struct timed_case timed;
        if (!timed_case_open(&timed, seed))
            continue;
        struct sinter_timing *timing = timed_case_simulate(&timed, false);
        struct sinter_timing *stepped = timed_case_simulate(&timed, true);
        const char *problem = compare_jumps(&timed, timing, stepped);
        problem = problem == NULL ? check_busy(&timed, timing) : problem;
        problem = problem == NULL ? check_groups(&timed, timing) : problem;
        problem = problem == NULL ? check_waits(&timed, timing) : problem;
        if (problem != NULL) {
            if (n_failed++ == 0)
                timed_case_print(&timed);
            print_error("seed %llu: %s (%.17g cycles, stepped %.17g, bound %.17g)\n", (unsigned long long)seed, problem,
                        timing->cycles, stepped->cycles, timed.cost.cycles);
        }
        n_run++;
        n_jumped += timing->n_stepped < timing->n_commands;
        sinter_timing_free(timing);
        sinter_timing_free(stepped);
        timed_case_close(&timed);
    }
    print_message("%lld schedules, %lld of them with jumps\n", (long long)n_run, (long long)n_jumped);
    assert_int_equal(n_failed, 0);
    assert_true(n < 100 || (n_run > (int64_t)n / 5 && n_jumped > (int64_t)n / 50));
}

/* ---- more is never slower ------------------------------------------------------------------------------------------ */

static const char *const improvements[] = {"DRAM bandwidth",          "memory",  "unit speed",
                                           "link and port bandwidth", "latency", "PEs"};

static void improve(struct sinter_accel *accel, int which, double factor)
{
    for (int m = 0; m < accel->n_memories; m++) {
        struct sinter_memory *memory = &accel->memories[m];
        if (which == 0 && m == 0) {
            memory->bytes_per_s *= factor;
            memory->write_bytes_per_s *= factor;
        }
        if (which == 1)
            memory->capacity_bytes *= factor;
        if (which == 3 && m > 0) {
            memory->bytes_per_s *= factor;
            memory->link_bytes_per_s *= factor;
        }
        if (which == 4)
            memory->latency_s /= factor;
    }
    for (int u = 0; u < accel->n_units; u++) {
        for (int op = 0; which == 2 && op < SINTER_N_OPS; op++)
            accel->units[u].cycles[op] /= factor;
        for (int d = 0; which == 5 && d < accel->units[u].n_dims; d++)
            accel->units[u].pes[d] *= 2;
    }
}

static void more_is_never_slower(void **state)
{
    (void)state;
    static const double factors[] = {1.01, 1.3, 2, 7};
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 1500);
    int64_t n_run = 0, n_failed = 0;
    for (uint64_t seed = first; seed < first + n && n_failed < 10; seed++) {
        struct timed_case timed;
        int mappings[TIMED_MAX_EINSUMS][SINTER_MAX_PE_DIMS];
        if (!timed_case_open(&timed, seed))
            continue;
        struct sinter_timing *before = timed_case_simulate(&timed, false);
        int which = (int)sinter_random_below(&timed.random, (int64_t)(sizeof improvements / sizeof improvements[0]));
        double factor = timed_case_pick(&timed, factors, 4);
        for (int e = 0; e < timed.drawn.cascade->n_einsums; e++)
            memcpy(mappings[e], timed.einsums[e].mapping, sizeof mappings[e]);
        improve(timed.drawn.accel, which, factor);
        assert_true(timed_case_price(&timed));
        for (int e = 0; e < timed.drawn.cascade->n_einsums; e++) /* another one may favour other tiles */
            memcpy(timed.einsums[e].mapping, mappings[e], sizeof mappings[e]);
        struct sinter_timing *after = timed_case_simulate(&timed, false);
        double slack = 4 * (double)before->n_commands / before->ticks_per_cycle * (double)(which == 2 || which == 5);
        if (after->cycles > before->cycles + slack) {
            if (n_failed++ == 0)
                timed_case_print(&timed);
            print_error("seed %llu: %s x %g: %.17g cycles become %.17g\n", (unsigned long long)seed, improvements[which],
                        factor, before->cycles, after->cycles);
        }
        n_run++;
        sinter_timing_free(before);
        sinter_timing_free(after);
        timed_case_close(&timed);
    }
    print_message("%lld schedules\n", (long long)n_run);
    assert_int_equal(n_failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_is_bounded_and_jumps_are_exact),
        cmocka_unit_test(more_is_never_slower),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
