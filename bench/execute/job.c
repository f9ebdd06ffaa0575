/* job.c: the least time of several runs of a job on one or two threads, and room for numbers.
 * SPDX-License-Identifier: MIT
 */
#include "job.h"

#include "../line.h"

#include <pthread.h>
#include <string.h>

enum { N_RUNS = 5 };

float *numbers_new(int64_t n)
{
    float *numbers = aligned_alloc(64, (size_t)(n * 4 + 63) / 64 * 64);
    if (numbers == NULL) {
        fprintf(stderr, "bench: no memory for %lld numbers\n", (long long)n);
        exit(1);
    }
    memset(numbers, 0, (size_t)n * 4);
    return numbers;
}

void print_metric(const char *metric, double value, const char *unit, double target)
{
    print_line("execute", metric, value, unit, target);
}

struct share {
    job_share *work;
    const void *job;
    int i, n;
};

static void *begin_share(void *argument)
{
    const struct share *share = argument;
    share->work(share->job, share->i, share->n);
    return NULL;
}

double job_ns(job_share *work, const void *job, int n)
{
    double least = 0;
    for (int run = 0; run < N_RUNS; run++) {
        struct share shares[2] = {{work, job, 0, n}, {work, job, 1, n}};
        pthread_t other;
        double start = n == 1 ? cpu_ns() : now_ns();
        if (n == 2 && pthread_create(&other, NULL, begin_share, &shares[1]) != 0)
            exit(1);
        begin_share(&shares[0]);
        if (n == 2)
            pthread_join(other, NULL);
        double ns = (n == 1 ? cpu_ns() : now_ns()) - start;
        least = run == 0 || ns < least ? ns : least;
    }
    return least;
}
