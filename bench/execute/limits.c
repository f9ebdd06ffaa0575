/* limits.c: what the machine can do: memory, and exp on numbers in the first cache.
 * SPDX-License-Identifier: MIT
 */
#include "byhand.h"
#include "exec/kernels.h"
#include "job.h"

#include <math.h>
#include <stdlib.h>

const struct scan_kernels *scan_kernels(void)
{
    if (scan_avx512 != NULL && kernels_at(KERNELS_AVX512) != NULL)
        return scan_avx512;
    return scan_avx2 != NULL && kernels_at(KERNELS_AVX2) != NULL ? scan_avx2 : scan_baseline;
}

struct stream {
    float *arrays[3];
    volatile uint32_t *checksum;
};

static void triad(const void *job, int i, int n)
{
    const struct stream *s = job;
    int64_t size = LIMITS_ARRAY / n, from = i * size;
    scan_kernels()->triad(s->arrays[0] + from, s->arrays[1] + from, s->arrays[2] + from, 0.5f, size);
}

static void read_all(const void *job, int i, int n)
{
    const struct stream *s = job;
    for (int a = 0; a < 3; a++)
        s->checksum[i] += scan_kernels()->sum(s->arrays[a] + LIMITS_ARRAY / n * i, LIMITS_ARRAY / n);
}

static double bench_memory(float *const *arrays)
{
    volatile uint32_t checksum[2] = {0};
    struct stream stream = {{arrays[0], arrays[1], arrays[2]}, checksum};
    double bytes = 12.0 * LIMITS_ARRAY, one = bytes / job_ns(triad, &stream, 1);
    print_metric("machine.triad", one, "GB/s", -1);
    print_metric("machine.triad.2T", bytes / job_ns(triad, &stream, 2), "GB/s", -1);
    print_metric("machine.read", bytes / job_ns(read_all, &stream, 1), "GB/s", -1);
    print_metric("machine.read.2T", bytes / job_ns(read_all, &stream, 2), "GB/s", -1);
    return one;
}

enum { ROW = 512, EXP_TURNS = 20000 };

struct rows {
    float *from, *to;
};

static void kernel_exp(const void *job, int i, int n)
{
    const struct rows *rows = job;
    for (int turn = i; turn < EXP_TURNS; turn += n)
        kernels_f32()->function[SINTER_FN_EXP](rows->to, rows->from, ROW);
}

static void libm_exp(const void *job, int i, int n)
{
    const struct rows *rows = job;
    for (int turn = i; turn < EXP_TURNS / 20; turn += n)
        for (int k = 0; k < ROW; k++)
            rows->to[k] = expf(rows->from[k]);
}

static void bench_exp(void)
{
    struct rows rows = {numbers_new(ROW), numbers_new(ROW)};
    for (int k = 0; k < ROW; k++)
        rows.from[k] = -(float)k / ROW;
    print_metric("machine.exp.kernel", ROW * EXP_TURNS / job_ns(kernel_exp, &rows, 1), "1/ns", -1);
    print_metric("machine.exp.libm", ROW * (EXP_TURNS / 20) / job_ns(libm_exp, &rows, 1), "1/ns", -1);
    free(rows.from);
    free(rows.to);
}

double bench_limits(float *const *arrays)
{
    double triad_rate = bench_memory(arrays);
    bench_exp();
    return triad_rate;
}
