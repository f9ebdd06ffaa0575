/* problem.h: cascades, schedules and numbers to execute, and how long it takes.
 * SPDX-License-Identifier: MIT
 *
 * What goes wrong ends the program, with a message.
 */
#ifndef SINTER_BENCH_EXECUTE_PROBLEM_H
#define SINTER_BENCH_EXECUTE_PROBLEM_H

#include "sinter/exec.h"
#include "sinter/workload.h"

struct problem {
    struct sinter_model *model;    /* owns the cascade; NULL: */
    struct sinter_cascade *parsed; /* owns it */
    const struct sinter_cascade *cascade;
    struct sinter_accel *accel;
    struct sinter_numerics *numerics;
    struct sinter_values *in;
    struct sinter_schedule schedule;
    struct sinter_plan *plan;
    struct sinter_diagnostics *diags;
};

/* A cascade's text, on a machine of one array and one buffer without limit. */
void problem_parse(struct problem *p, const char *cascade);
/* The block of a model on MARCA. */
void problem_load(struct problem *p, const char *model, int64_t tokens, const char *type);
void problem_close(struct problem *p);
/* In which arithmetic it is computed (32 or 64), and the random numbers to compute with. */
void problem_fill(struct problem *p, int arithmetic);
/* What to execute next: the text of a schedule; a named strategy. */
void problem_schedule(struct problem *p, const char *text);
void problem_strategy(struct problem *p, const char *strategy);
int problem_tensor(const struct problem *p, const char *name);

/* The least of several runs, nanoseconds. */
struct executed {
    double execute_ns; /* sinter_execute: builds an executor, runs the program, hands over */
    double run_ns;     /* the program alone */
    double bytes;      /* that moved from and to DRAM */
};
/* On one thread, in its own time, after one execution that does not count. */
double problem_run_ns(const struct problem *p, int n_runs);
struct executed problem_time(const struct problem *p, int n_runs);
/* Wall-clock nanoseconds of sinter_execute with n threads. */
double problem_time_threads(const struct problem *p, int n_threads, int n_runs);
/* An execution to look at. */
struct sinter_execution *problem_execute(const struct problem *p, int n_threads);

#endif
