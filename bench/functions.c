/* functions.c: how fast rows of numbers are computed, per instruction set that runs here.
 * SPDX-License-Identifier: MIT
 *
 * 10^9 elements per second on one core, rows of 2048 floats in the first-level cache. With --every-float: the largest error
 * of exp, over all 2^32 of them.
 *
 * Metrics are named LEVEL.FUNCTION; read.FORMAT and write.FORMAT are rows of elements in memory, on the best level.
 */
#include "line.h"

#include <math.h>
#include <string.h>

#include "exec/float_functions.h"
#include "exec/kernels.h"
#include "sinter/exec.h"

enum { N = 2048, N_BATCHES = 21, N_ROWS = 400 };

static _Alignas(64) float x[N], y[N], z[N], r[N], decays[N], states[N], reaches[N / 16];
static _Alignas(64) uint32_t codes[N];
static unsigned char memory[N * 8 + 1];

typedef void row_work(const struct kernels_f32 *kernels, int which);

/* Elements per nanosecond, median over batches. */
static double rate(row_work *work, const struct kernels_f32 *kernels, int which)
{
    double times[N_BATCHES];
    for (int batch = 0; batch < N_BATCHES; batch++) {
        double start = cpu_ns();
        for (int row = 0; row < N_ROWS; row++)
            work(kernels, which);
        times[batch] = (cpu_ns() - start) / ((double)N * N_ROWS);
    }
    return 1 / median(times, N_BATCHES);
}

static void run_function(const struct kernels_f32 *kernels, int function)
{
    kernels->function[function](r, x, N);
}

static void run_other(const struct kernels_f32 *kernels, int which)
{
    static const struct {
        int exponent_bits, mantissa_bits;
    } formats[] = {{5, 10}, {8, 7}};
    struct narrow_f32 narrow = narrow_f32_of(formats[which % 2].exponent_bits, formats[which % 2].mantissa_bits, false);
    switch (which / 2) {
    case 0:
        kernels->mul(r, x, y, N);
        break;
    case 1:
        kernels->expmul(r, x, y, N);
        break;
    case 2:
        kernels->accumulate(r, 0.5f, y, N);
        break;
    case 3:
        kernels->round(&narrow, r, z, N);
        break;
    case 4:
        kernels->encode(&narrow, codes, z, N);
        break;
    case 5:
        kernels->decode(&narrow, r, codes, N);
        break;
    default: /* 16 states of each of the lanes */
        kernels->reach(reaches, decays, N / 16, 16, N / 16);
        kernels->scan(r, states, N / 16, y, decays, N / 16, reaches, x, y, 1, y, 1, 16, N / 16);
        break;
    }
}

/* Rows of elements in memory, with a stride of 1 and from a whole byte on but for int4. */
static const char *const row_formats[] = {"fp32", "fp16", "bf16", "e4m3", "int8", "int4"};

static void read_row(const struct kernels_f32 *kernels, int which)
{
    struct sinter_format format;
    (void)kernels;
    if (sinter_format_parse(row_formats[which], &format))
        sinter_format_read_float(&format, memory, 0, 1, N, r);
}

static void write_row(const struct kernels_f32 *kernels, int which)
{
    struct sinter_format format;
    (void)kernels;
    if (sinter_format_parse(row_formats[which], &format))
        sinter_format_write_float(&format, memory, 0, 1, N, z);
}

static void print_rows(void)
{
    char metric[64];
    for (int i = 0; i < (int)(sizeof row_formats / sizeof *row_formats); i++) {
        snprintf(metric, sizeof metric, "read.%s", row_formats[i]);
        print_line("functions", metric, rate(read_row, NULL, i), "G/s", -1);
        snprintf(metric, sizeof metric, "write.%s", row_formats[i]);
        print_line("functions", metric, rate(write_row, NULL, i), "G/s", -1);
    }
}

static void print_rates(void)
{
    static const char *const others[] = {"mul",         "",
                                         "expmul",      "",
                                         "accumulate",  "",
                                         "round-fp16",  "round-bf16",
                                         "encode-fp16", "encode-bf16",
                                         "decode-fp16", "decode-bf16",
                                         "scan"};
    char metric[64];
    for (int level = 0; level < N_KERNELS_LEVELS; level++) {
        const struct kernels *kernels = kernels_at((enum kernels_level)level);
        const char *name = kernels_level_name((enum kernels_level)level);
        for (int f = 0; kernels && f < SINTER_N_FUNCTIONS; f++) {
            snprintf(metric, sizeof metric, "%s.%s", name, sinter_function_name((enum sinter_function)f));
            print_line("functions", metric, rate(run_function, &kernels->f32, f), "G/s",
                       level == KERNELS_AVX512 && f == SINTER_FN_EXP ? 9 : -1);
        }
        for (int i = 0; kernels && i < (int)(sizeof others / sizeof *others); i++) {
            if (others[i][0] == '\0')
                continue;
            snprintf(metric, sizeof metric, "%s.%s", name, others[i]);
            print_line("functions", metric, rate(run_other, &kernels->f32, i), "G/s", -1);
        }
    }
}

/* The error in units in the last place of the float nearest to the true value. */
static double error_ulp(float made, double truth)
{
    int exponent;
    frexp(truth, &exponent);
    return fabs((double)made - truth) / ldexp(1, exponent - 24 < -149 ? -149 : exponent - 24);
}

static void print_errors(void)
{
    const struct kernels_f32 *kernels = kernels_f32();
    double most_normal = 0, most_subnormal = 0, n_differ = 0;
    for (uint64_t first = 0; first < (uint64_t)1 << 32; first += N) {
        for (int i = 0; i < N; i++)
            x[i] = float_of((uint32_t)first + (uint32_t)i);
        kernels->function[SINTER_FN_EXP](r, x, N);
        for (int i = 0; i < N; i++) {
            double truth = exp((double)x[i]);
            bool is_finite = truth < 0x1.ffffffp+127;
            float wanted = x[i] == x[i] ? (is_finite ? 0 : INFINITY) : NAN;
            float twin = float_exp(x[i]);
            n_differ += memcmp(&twin, &r[i], sizeof twin) != 0 || (!is_finite && float_bits(r[i]) != float_bits(wanted));
            double error = is_finite ? error_ulp(r[i], truth) : 0;
            double *most = truth < 0x1p-126 ? &most_subnormal : &most_normal;
            *most = error > *most ? error : *most;
        }
    }
    print_line("functions", "exp.most-error-normal", most_normal, "ulp", 2);
    print_line("functions", "exp.most-error-subnormal", most_subnormal, "ulp", 2);
    print_line("functions", "exp.differs-from-twin", n_differ, "floats", 0);
}

int main(int argc, char **argv)
{
    for (int i = 0; i < N; i++) {
        x[i] = -8 + 16 * (float)i / N;
        y[i] = 1 - (float)(i % 17) / 32;
        z[i] = x[i] * 1.01f;
        decays[i] = -1 - (float)(i / (N / 16));
    }
    if (argc > 1 && strcmp(argv[1], "--every-float") == 0) {
        print_errors();
        return 0;
    }
    print_rates();
    print_rows();
    return 0;
}
