/* search.c: how long it takes to find the best schedule of a block of Mamba-2.8B on MARCA and to prove it, by its buffer.
 *
 *     CAPACITY.proof       milliseconds until the gap is known
 *     CAPACITY.total       with the simulations and named strategies behind it
 *     CAPACITY.gap         percent that another schedule could be better by, at most
 *     CAPACITY.waits       percent that the simulation is above the closed form
 *     CAPACITY.mem-aware   how many times as fast as the named strategy, simulated
 *     front.total          milliseconds for the Pareto front: memories from 24 MiB down, four weights in each
 *     front.search         of them for one memory and one weight
 *     front.members        schedules on it
 *     CAPACITY.trees       trees that were priced; each one more would cost a naive search as much as it costs this one
 * SPDX-License-Identifier: MIT
 */
#include "line.h"

#include <string.h>

#include "sinter/search.h"
#include "sinter/sim.h"
#include "sinter/workload.h"

static void stop(const char *what, struct sinter_diagnostics *diags)
{
    fprintf(stderr, "bench: %s\n%s", what, sinter_diagnostics_text(diags));
    exit(1);
}

static void line(const char *capacity, const char *what, double value, const char *unit, double target)
{
    char metric[64];
    snprintf(metric, sizeof metric, "%s.%s", capacity, what);
    print_line("search", metric, value, unit, target);
}

static double named_cycles(const struct sinter_cascade *cascade, const struct sinter_accel *accel)
{
    struct sinter_schedule schedule;
    struct sinter_plan *plan = NULL;
    struct sinter_timing *timing = NULL;
    struct sinter_einsum_cost einsums[64];
    struct sinter_cost cost = {.einsums = einsums};
    double cycles = 0;
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    if (sinter_strategy_build("mem-aware", NULL, &schedule, NULL) == SINTER_OK &&
        sinter_plan_new(cascade, accel, NULL, NULL, &plan) == SINTER_OK &&
        sinter_plan_resolve(plan, &schedule, NULL) == SINTER_OK) {
        sinter_cost_evaluate(plan, &cost);
        if (sinter_simulate(plan, einsums, NULL, NULL, NULL, &timing) == SINTER_OK)
            cycles = timing->cycles;
    }
    sinter_timing_free(timing);
    sinter_plan_free(plan);
    sinter_schedule_free(&schedule);
    return cycles;
}

static void bench(const struct sinter_cascade *cascade, const char *capacity, struct sinter_diagnostics *diags)
{
    enum { N_RUNS = 5 };
    struct sinter_override override = {.field = "buffer.capacity", .value = capacity};
    struct sinter_accel *accel = NULL;
    struct sinter_search search = {.value = 0};
    double proofs[N_RUNS], totals[N_RUNS];
    if (sinter_accel_load("marca", &override, 1, NULL, diags, &accel) != SINTER_OK)
        stop("the accelerator", diags);
    for (int run = 0; run < N_RUNS; run++) {
        struct sinter_schedule schedule;
        sinter_schedule_init(&schedule, cascade, accel, NULL);
        if (sinter_search_run(NULL, &schedule, diags, &search) != SINTER_OK)
            stop(capacity, diags);
        proofs[run] = 1e3 * search.proof_seconds;
        totals[run] = 1e3 * search.seconds;
        sinter_schedule_free(&schedule);
    }
    line(capacity, "proof", median(proofs, N_RUNS), "ms", 50);
    line(capacity, "total", median(totals, N_RUNS), "ms", -1);
    line(capacity, "gap", 100 * search.gap, "percent", 100 * SINTER_GAP);
    line(capacity, "waits", 100 * (search.simulated_cycles / search.value - 1), "percent", 3);
    line(capacity, "mem-aware", named_cycles(cascade, accel) / search.simulated_cycles, "ratio", -1);
    line(capacity, "trees", (double)search.n_priced, "trees", -1);
    sinter_accel_free(accel);
}

static void bench_front(const struct sinter_cascade *cascade, struct sinter_diagnostics *diags)
{
    struct sinter_accel *accel = NULL;
    struct sinter_front *front = NULL;
    struct sinter_schedule like;
    if (sinter_accel_load("marca", NULL, 0, NULL, diags, &accel) != SINTER_OK)
        stop("the accelerator", diags);
    sinter_schedule_init(&like, cascade, accel, NULL);
    if (sinter_search_front(NULL, &like, diags, &front) != SINTER_OK)
        stop("the front", diags);
    line("front", "total", 1e3 * front->seconds, "ms", -1);
    line("front", "search", 1e3 * front->seconds / (4 * front->n_searches), "ms", -1);
    line("front", "members", front->n, "schedules", -1);
    sinter_front_free(front);
    sinter_accel_free(accel);
}

int main(void)
{
    static const char *const capacities[] = {"64KiB", "128KiB", "256KiB", "512KiB", "1MiB", "4MiB", "24MiB"};
    struct sinter_model_options options = {.tokens = 2048};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_model *model = NULL;
    if (sinter_model_load("mamba-2.8b", &options, NULL, diags, &model) != SINTER_OK)
        stop("the model", diags);
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++)
        bench(model->parts[model->block].cascade, capacities[i], diags);
    bench_front(model->parts[model->block].cascade, diags);
    sinter_model_free(model);
    sinter_diagnostics_free(diags);
    return 0;
}
