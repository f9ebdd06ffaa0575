/* strategies.c: what it costs to build a named strategy for a long cascade, and how that grows with its length.
 *
 *     chain.SIZE.STRATEGY      milliseconds for SIZE element-wise Einsums, one after another
 *     scans.SIZE.STRATEGY      the same for SIZE / 4 layers of a decay, a recurrence of two steps and a read-out
 *     ....growth               milliseconds per Einsum, against a quarter of the size: 1 is linear
 * SPDX-License-Identifier: MIT
 */
#include "line.h"

#include <string.h>

#include "sinter/search.h"

enum { LARGE = 4096, SMALL = LARGE / 4, N_RUNS = 3 };

static void stop(const char *what, struct sinter_diagnostics *diags)
{
    fprintf(stderr, "bench: %s\n%s", what, sinter_diagnostics_text(diags));
    exit(1);
}

static void write_chain(struct sinter_text *out, int n)
{
    sinter_text_printf(out,
                       "cascade: chain\ntype: fp16\nranks: {L: 64, D: 64}\ntensors:\n"
                       "  T0: {ranks: [L, D], role: input}\n  T%d: {ranks: [L, D], role: output}\neinsums:\n",
                       n);
    for (int i = 0; i < n; i++)
        sinter_text_printf(out, "  - T%d[l,d] = exp(T%d[l,d])\n", i + 1, i);
}

static void write_scans(struct sinter_text *out, int n)
{
    int n_layers = n / 4;
    sinter_text_printf(out,
                       "cascade: scans\ntype: fp16\nranks: {L: 64, D: 64}\ntensors:\n"
                       "  T0: {ranks: [L, D], role: input}\n  T%d: {ranks: [L, D], role: output}\n",
                       n_layers);
    for (int i = 0; i < n_layers; i++)
        sinter_text_printf(out, "  W%d: {ranks: [D], role: weight}\n", i);
    sinter_text_append(out, "einsums:\n");
    for (int i = 0; i < n_layers; i++)
        sinter_text_printf(out,
                           "  - A%d[l,d] = exp(T%d[l,d] * W%d[d])\n  - G%d[l,d] = A%d[l,d] * H%d[l-1,d]\n"
                           "  - H%d[l,d] = G%d[l,d] + T%d[l,d]\n  - T%d[l,d] = silu(H%d[l,d])\n",
                           i, i, i, i, i, i, i, i, i, i + 1, i);
}

static double build_ms(void (*write)(struct sinter_text *, int), int n, const char *strategy)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_text text = {0};
    struct sinter_cascade *cascade = NULL;
    struct sinter_accel *accel = NULL;
    double times[N_RUNS];
    write(&text, n);
    if (sinter_cascade_parse("cascade", sinter_text_data(&text), text.length, NULL, 0, NULL, diags, &cascade) != SINTER_OK ||
        sinter_accel_load("marca", NULL, 0, NULL, diags, &accel) != SINTER_OK)
        stop("the cascade", diags);
    for (int run = 0; run < N_RUNS; run++) {
        struct sinter_schedule schedule;
        sinter_schedule_init(&schedule, cascade, accel, NULL);
        double start = cpu_ns();
        if (sinter_strategy_build(strategy, NULL, &schedule, diags) != SINTER_OK)
            stop(strategy, diags);
        times[run] = (cpu_ns() - start) / 1e6;
        sinter_schedule_free(&schedule);
    }
    sinter_accel_free(accel);
    sinter_cascade_free(cascade);
    sinter_text_free(&text);
    sinter_diagnostics_free(diags);
    return median(times, N_RUNS);
}

static void bench(const char *name, void (*write)(struct sinter_text *, int), const char *strategy)
{
    char metric[96];
    double small = build_ms(write, SMALL, strategy), large = build_ms(write, LARGE, strategy);
    snprintf(metric, sizeof metric, "%s.%d.%s", name, SMALL, strategy);
    print_line("strategies", metric, small, "ms", -1);
    snprintf(metric, sizeof metric, "%s.%d.%s", name, LARGE, strategy);
    print_line("strategies", metric, large, "ms", 500);
    snprintf(metric, sizeof metric, "%s.%s.growth", name, strategy);
    print_line("strategies", metric, large / LARGE / (small / SMALL), "ratio", -1);
}

int main(void)
{
    static const char *const strategies[] = {"unfused", "fuse-all", "mem-aware", "fuse-block"};
    for (int i = 0; i < 4; i++)
        bench("chain", write_chain, strategies[i]);
    for (int i = 0; i < 4; i++)
        bench("scans", write_scans, strategies[i]);
    return 0;
}
