/* line.h: what the benchmarks share: a clock, a median, and one JSON object a line.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_BENCH_LINE_H
#define SINTER_BENCH_LINE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Of this thread alone: what other programs take does not count. */
static inline double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, compare_doubles);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* A negative target: there is none. */
static inline void print_line(const char *bench, const char *metric, double value, const char *unit, double target)
{
    printf("{\"bench\":\"%s\",\"metric\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"target\":", bench, metric, value, unit);
    if (target < 0)
        printf("null}\n");
    else
        printf("%.6g}\n", target);
    fflush(stdout);
}

#endif
