/* job.h: the least time of several runs of a job on one or two threads, and room for numbers.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_BENCH_EXECUTE_JOB_H
#define SINTER_BENCH_EXECUTE_JOB_H

#include <stdint.h>

/* A job's share i of n. */
typedef void job_share(const void *job, int i, int n);
/* Nanoseconds, the least of several runs: one thread in its own time, two by the wall clock. */
double job_ns(job_share *work, const void *job, int n_threads);

/* n floats, zero, at the beginning of a cache line; the program ends without them. */
float *numbers_new(int64_t n);

void print_metric(const char *metric, double value, const char *unit, double target);

#endif
