/* sim.c: what it costs to time a schedule, command by command and with jumps.
 *
 *     ACCELERATOR.STRATEGY.step         commands a second when every one is timed (L = 2048)
 *     ACCELERATOR.STRATEGY.jump         milliseconds of the whole simulation when what repeats is jumped over (L = 2048)
 *     ACCELERATOR.STRATEGY.commands     how many there are, and how many are timed one by one when jumping
 *     ACCELERATOR.STRATEGY.L4000, ...L1000000, ...growth      milliseconds with jumps, and their ratio
 *     memory                            of this program, which has simulated a million tokens
 *     run.memory                        of `sinter run` for a million tokens, the largest of the strategies
 * SPDX-License-Identifier: MIT
 *
 * All of them for one block of Mamba-2.8B. Times are medians.
 */
#include "child.h"

#include "sinter/search.h"
#include "sinter/sim.h"
#include "sinter/workload.h"

enum { N_RUNS = 5 };
static const double TARGET_RATE = 20e6, TARGET_GROWTH = 2, TARGET_MIB = 64;
static const char *const accelerators[] = {"marca", "pact25"};
static const char *const strategies[] = {"unfused", "fuse-all", "mem-aware", "fuse-block"};
enum {
    N_ACCELERATORS = sizeof accelerators / sizeof accelerators[0],
    N_STRATEGIES = sizeof strategies / sizeof strategies[0]
};

struct problem {
    struct sinter_model *model;
    struct sinter_accel *accel;
    struct sinter_schedule schedule;
    struct sinter_plan *plan;
    struct sinter_einsum_cost *einsums;
};

static void stop(const char *what, struct sinter_diagnostics *diags)
{
    fprintf(stderr, "bench: %s\n%s", what, sinter_diagnostics_text(diags));
    exit(1);
}

/* False when the schedule does not fit this accelerator. */
static bool open_problem(struct problem *p, const char *accelerator, const char *strategy, int64_t tokens)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_model_options options = {.tokens = tokens};
    *p = (struct problem){0};
    if (sinter_model_load("mamba-2.8b", &options, NULL, diags, &p->model) != SINTER_OK ||
        sinter_accel_load(accelerator, NULL, 0, NULL, diags, &p->accel) != SINTER_OK)
        stop(accelerator, diags);
    const struct sinter_cascade *cascade = p->model->parts[p->model->block].cascade;
    sinter_schedule_init(&p->schedule, cascade, p->accel, NULL);
    p->einsums = calloc((size_t)cascade->n_einsums, sizeof *p->einsums);
    if (!p->einsums || sinter_plan_new(cascade, p->accel, NULL, diags, &p->plan) != SINTER_OK)
        stop(strategy, diags);
    enum sinter_status status = sinter_strategy_build(strategy, NULL, &p->schedule, diags);
    if (status == SINTER_OK)
        status = sinter_plan_resolve(p->plan, &p->schedule, diags);
    if (status != SINTER_OK && status != SINTER_INFEASIBLE)
        stop(strategy, diags);
    struct sinter_cost cost = {.einsums = p->einsums};
    if (status == SINTER_OK)
        sinter_cost_evaluate(p->plan, &cost);
    sinter_diagnostics_free(diags);
    return status == SINTER_OK;
}

static void close_problem(struct problem *p)
{
    sinter_plan_free(p->plan);
    sinter_schedule_free(&p->schedule);
    sinter_accel_free(p->accel);
    sinter_model_free(p->model);
    free(p->einsums);
}

struct measured {
    double ns;
    double n_commands, n_stepped;
};

static struct measured simulate(const struct problem *p, bool steps_only)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_sim_options options = {.steps_only = steps_only};
    struct measured measured = {0};
    double times[N_RUNS];
    for (int run = 0; run < N_RUNS; run++) {
        struct sinter_timing *timing = NULL;
        double start = cpu_ns();
        if (sinter_simulate(p->plan, p->einsums, &options, NULL, diags, &timing) != SINTER_OK || !timing->is_complete)
            stop("a schedule cannot be timed", diags);
        times[run] = cpu_ns() - start;
        measured.n_commands = (double)timing->n_commands;
        measured.n_stepped = (double)timing->n_stepped;
        sinter_timing_free(timing);
    }
    sinter_diagnostics_free(diags);
    measured.ns = median(times, N_RUNS);
    return measured;
}

static void print_metric(const char *name, const char *what, double value, const char *unit, double target)
{
    char metric[96];
    snprintf(metric, sizeof metric, "%s.%s", name, what);
    print_line("sim", metric, value, unit, target);
}

static void bench_schedule(const char *accelerator, const char *strategy)
{
    char name[64];
    struct problem p;
    struct measured stepped, jumped;
    double ms[2] = {0};
    static const int64_t tokens[2] = {4000, 1000000};
    snprintf(name, sizeof name, "%s.%s", accelerator, strategy);
    if (!open_problem(&p, accelerator, strategy, 2048)) {
        close_problem(&p);
        return;
    }
    stepped = simulate(&p, true);
    jumped = simulate(&p, false);
    close_problem(&p);
    print_metric(name, "step", stepped.n_commands / stepped.ns * 1e9, "1/s", TARGET_RATE);
    print_metric(name, "commands", stepped.n_commands, "count", -1);
    print_metric(name, "commands.stepped", jumped.n_stepped, "count", -1);
    print_metric(name, "jump", jumped.ns / 1e6, "ms", -1);
    for (int i = 0; i < 2; i++) {
        char what[32];
        snprintf(what, sizeof what, "L%lld", (long long)tokens[i]);
        if (open_problem(&p, accelerator, strategy, tokens[i])) {
            ms[i] = simulate(&p, false).ns / 1e6;
            print_metric(name, what, ms[i], "ms", -1);
        }
        close_problem(&p);
    }
    if (ms[0] > 0 && ms[1] > 0)
        print_metric(name, "growth", ms[1] / ms[0], "ratio", TARGET_GROWTH);
}

int main(int argc, char **argv)
{
    char path[4096];
    struct rusage usage;
    for (int a = 0; a < N_ACCELERATORS; a++)
        for (int s = 0; s < N_STRATEGIES; s++)
            bench_schedule(accelerators[a], strategies[s]);
    getrusage(RUSAGE_SELF, &usage);
    print_line("sim", "memory", (double)usage.ru_maxrss / 1024, "MiB", TARGET_MIB);
    const char *command = find_command(argc > 0 ? argv[0] : "", path, sizeof path);
    if (command == NULL)
        return 0;
    for (int s = 0; s < N_STRATEGIES; s++) {
        if (run_command(command, strategies[s], "1000000") < 0) {
            fprintf(stderr, "bench: '%s run -s %s' failed\n", command, strategies[s]);
            return 1;
        }
    }
    print_line("sim", "run.memory", children_mib(), "MiB", TARGET_MIB);
    return 0;
}
