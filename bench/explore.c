/* explore.c: how many accelerators a minute, each with its own best schedule, and how good these are.
 *
 *     bench_explore [GRID]     (default: full, 10,000 points; small: 500)
 *
 *     points-per-minute    a grid of capacities, bandwidths and PEs, each with the best schedule of the Mamba-2.8B block, 2048
 *                          tokens, by as many threads as there are processors
 *     cpu-per-point        by the time of all threads
 *     ratio                for some points of the grid: how many times as long a single search of each takes
 *     latency.mean, .most  for these: simulated latency over that of the single search
 * SPDX-License-Identifier: MIT
 */
#include "line.h"

#include <math.h>
#include <string.h>

#include "sinter/explore.h"

enum { N_SAMPLES = 24 };

static void stop(struct sinter_diagnostics *diags)
{
    fprintf(stderr, "bench: %s", sinter_diagnostics_text(diags));
    exit(1);
}

static const char full[] =
    "experiment: bench\n"
    "accelerator: marca\n"
    "workloads: [{model: mamba-2.8b, tokens: 2048}]\n"
    "axes:\n"
    "  buffer.capacity: 64KiB..28MiB:geo:25\n"
    "  dram.bandwidth: 128 GB/s..1024 GB/s:geo:20\n"
    "  array.pes: [[32, 64], [48, 64], [64, 64], [64, 96], [64, 128], [96, 96], [96, 128], [128, 128],\n"
    "    [128, 160], [128, 192], [128, 224], [128, 256], [160, 256], [192, 256], [224, 256], [256, 256],\n"
    "    [256, 320], [256, 384], [256, 448], [256, 512]]\n";
static const char small[] = "experiment: bench\n"
                            "accelerator: marca\n"
                            "workloads: [{model: mamba-2.8b, tokens: 2048}]\n"
                            "axes:\n"
                            "  buffer.capacity: 64KiB..28MiB:geo:10\n"
                            "  dram.bandwidth: 128 GB/s..1024 GB/s:geo:10\n"
                            "  array.pes: [[32, 64], [64, 128], [128, 128], [128, 256], [256, 256]]\n";

static double process_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The same accelerator by a single search. */
static double search_one(struct sinter_exploration *exploration, const struct sinter_cascade *cascade, int64_t index,
                         struct sinter_diagnostics *diags)
{
    struct sinter_accel *accel = NULL;
    struct sinter_schedule schedule;
    struct sinter_search search;
    if (sinter_exploration_accel(exploration, index, diags, &accel) != SINTER_OK)
        stop(diags);
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    if (sinter_search_run(NULL, &schedule, diags, &search) != SINTER_OK)
        stop(diags);
    sinter_schedule_free(&schedule);
    sinter_accel_free(accel);
    return search.simulated_cycles;
}

static void compare(struct sinter_exploration *exploration, double cpu_per_point, struct sinter_diagnostics *diags)
{
    struct sinter_model *model = NULL;
    struct sinter_explore_point point;
    double logs = 0, most = 0, begin;
    int64_t n_points = exploration->experiment->n_points;
    if (sinter_model_load("mamba-2.8b", &(struct sinter_model_options){.tokens = 2048}, NULL, diags, &model) != SINTER_OK)
        stop(diags);
    begin = process_seconds();
    for (int i = 0; i < N_SAMPLES; i++) {
        int64_t index = n_points * (2 * i + 1) / (2 * N_SAMPLES);
        double single = search_one(exploration, model->parts[model->block].cascade, index, diags);
        if (sinter_exploration_point(exploration, index, diags, &point) != SINTER_OK)
            stop(diags);
        double ratio = point.workloads[0].cycles / single;
        logs += log(ratio);
        most = ratio > most ? ratio : most;
    }
    print_line("explore", "single-search/point", (process_seconds() - begin) / N_SAMPLES / cpu_per_point, "ratio", -1);
    print_line("explore", "latency.mean", exp(logs / N_SAMPLES), "ratio", 1);
    print_line("explore", "latency.most", most, "ratio", -1);
    sinter_model_free(model);
}

int main(int argc, char **argv)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_experiment *experiment = NULL;
    struct sinter_exploration *exploration = NULL;
    const char *text = argc > 1 && strcmp(argv[1], "small") == 0 ? small : full;
    if (sinter_experiment_parse("bench", text, strlen(text), NULL, diags, &experiment) != SINTER_OK)
        stop(diags);
    double begin = process_seconds();
    if (sinter_explore_run(experiment, NULL, NULL, diags, &exploration) != SINTER_OK)
        stop(diags);
    double cpu = process_seconds() - begin, n = (double)experiment->n_points;
    print_line("explore", "points", n, "count", -1);
    print_line("explore", "points-per-minute", 60 * n / exploration->seconds, "1/min", 10000);
    print_line("explore", "cpu-per-point", 1e3 * cpu / n, "ms", -1);
    print_line("explore", "proven", (double)exploration->n_proven / n, "fraction", -1);
    compare(exploration, cpu / n, diags);
    sinter_exploration_free(exploration);
    sinter_experiment_free(experiment);
    sinter_diagnostics_free(diags);
    return 0;
}
