/* problem.c: cascades, schedules and numbers to execute, and how long it takes.
 * SPDX-License-Identifier: MIT
 */
#include "problem.h"

#include "../line.h"
#include "exec/executor.h"
#include "sinter/search.h"

#include <string.h>

static const char machine[] = "accelerator: one-buffer\nclock: 1 GHz\nmemories:\n"
                              "  - {name: dram, kind: dram, bandwidth: 256 GB/s}\n"
                              "  - {name: buffer, kind: sram, capacity: unlimited, bandwidth: unlimited}\n"
                              "units:\n  - {name: array, at: buffer, pes: [64], cycles: {mac: 1, mul: 1, exp: 1}}\n";

static void stop(const struct problem *p, const char *what)
{
    fprintf(stderr, "bench: %s\n%s", what, sinter_diagnostics_text(p->diags));
    exit(1);
}

static void plan_new(struct problem *p)
{
    sinter_schedule_init(&p->schedule, p->cascade, p->accel, NULL);
    if (sinter_plan_new(p->cascade, p->accel, NULL, p->diags, &p->plan) != SINTER_OK)
        stop(p, "a plan");
}

void problem_parse(struct problem *p, const char *cascade)
{
    *p = (struct problem){.diags = sinter_diagnostics_new(NULL)};
    if (sinter_cascade_parse("cascade", cascade, strlen(cascade), NULL, 0, NULL, p->diags, &p->parsed) != SINTER_OK ||
        sinter_accel_parse("machine", machine, strlen(machine), NULL, 0, NULL, p->diags, &p->accel) != SINTER_OK)
        stop(p, "a cascade");
    p->cascade = p->parsed;
    plan_new(p);
}

void problem_load(struct problem *p, const char *model, int64_t tokens, const char *type)
{
    struct sinter_override override = {.field = "type", .value = type};
    struct sinter_model_options options = {.tokens = tokens, .overrides = &override, .n_overrides = 1};
    *p = (struct problem){.diags = sinter_diagnostics_new(NULL)};
    if (sinter_model_load(model, &options, NULL, p->diags, &p->model) != SINTER_OK ||
        sinter_accel_load("marca", NULL, 0, NULL, p->diags, &p->accel) != SINTER_OK)
        stop(p, model);
    p->cascade = p->model->parts[p->model->block].cascade;
    plan_new(p);
}

void problem_close(struct problem *p)
{
    sinter_plan_free(p->plan);
    sinter_schedule_free(&p->schedule);
    sinter_values_free(p->in);
    sinter_numerics_free(p->numerics);
    sinter_accel_free(p->accel);
    sinter_cascade_free(p->parsed);
    sinter_model_free(p->model);
    sinter_diagnostics_free(p->diags);
}

void problem_fill(struct problem *p, int arithmetic)
{
    sinter_values_free(p->in);
    sinter_numerics_free(p->numerics);
    p->in = NULL;
    p->numerics = NULL;
    if (sinter_numerics_new(p->cascade, NULL, p->diags, &p->numerics) != SINTER_OK)
        stop(p, "numerics");
    p->numerics->arithmetic = arithmetic;
    if (sinter_values_new(p->cascade, p->numerics, NULL, p->diags, &p->in) != SINTER_OK)
        stop(p, "values");
    sinter_values_fill(p->in, 1);
}

void problem_schedule(struct problem *p, const char *text)
{
    if (sinter_schedule_parse(&p->schedule, "schedule", text, strlen(text), p->diags) != SINTER_OK ||
        sinter_plan_resolve(p->plan, &p->schedule, p->diags) != SINTER_OK)
        stop(p, text);
}

void problem_strategy(struct problem *p, const char *strategy)
{
    if (sinter_strategy_build(strategy, NULL, &p->schedule, p->diags) != SINTER_OK ||
        sinter_plan_resolve(p->plan, &p->schedule, p->diags) != SINTER_OK)
        stop(p, strategy);
}

int problem_tensor(const struct problem *p, const char *name)
{
    for (int t = 0; t < p->cascade->n_tensors; t++)
        if (strcmp(p->cascade->tensors[t].name, name) == 0)
            return t;
    stop(p, name);
    return -1;
}

/* ---- time ---------------------------------------------------------------------------------------------------------------- */

struct sinter_execution *problem_execute(const struct problem *p, int n_threads)
{
    struct sinter_execute_options options = {.is_lenient = true, .n_threads = n_threads};
    struct sinter_execution *execution = NULL;
    if (sinter_execute(p->plan, p->numerics, p->in, &options, NULL, p->diags, &execution) != SINTER_OK)
        stop(p, "a schedule cannot be executed");
    return execution;
}

static double dram_bytes(const struct problem *p, const struct sinter_execution *execution)
{
    double bits = 0;
    for (int t = 0; t < p->cascade->n_tensors; t++)
        bits += (double)(execution->traffic[t].read_bits + execution->traffic[t].write_bits);
    return bits / 8;
}

/* As sinter_execute does it, with an executor that stands already. */
static double run_once(const struct problem *p)
{
    struct sinter_execute_options options = {.is_lenient = true};
    struct executor *executor = NULL;
    struct sinter_command command;
    if (executor_new(p->plan, p->numerics, p->in, &options, NULL, NULL, p->diags, &executor) != SINTER_OK)
        stop(p, "an executor cannot be built");
    double start = cpu_ns();
    while (executor->problem[0] == '\0' && sinter_program_next(executor->program, &command))
        executor_do(executor, &command);
    double ns = cpu_ns() - start;
    if (executor->problem[0] != '\0')
        stop(p, executor->problem);
    executor_free(executor);
    return ns;
}

double problem_run_ns(const struct problem *p, int n_runs)
{
    double least = 0;
    for (int run = 0; run < n_runs; run++) {
        double ns = run_once(p);
        least = run == 0 || ns < least ? ns : least;
    }
    return least;
}

struct executed problem_time(const struct problem *p, int n_runs)
{
    struct executed least = {0};
    for (int run = 0; run <= n_runs; run++) {
        double start = cpu_ns();
        struct sinter_execution *execution = problem_execute(p, 0);
        double ns = cpu_ns() - start;
        least.execute_ns = run <= 1 || ns < least.execute_ns ? ns : least.execute_ns;
        least.bytes = dram_bytes(p, execution);
        sinter_execution_free(execution);
    }
    least.run_ns = problem_run_ns(p, n_runs);
    return least;
}

double problem_time_threads(const struct problem *p, int n_threads, int n_runs)
{
    double least = 0;
    for (int run = 0; run < n_runs; run++) {
        double start = now_ns();
        struct sinter_execution *execution = problem_execute(p, n_threads);
        double ns = now_ns() - start;
        sinter_execution_free(execution);
        least = run == 0 || ns < least ? ns : least;
    }
    return least;
}
