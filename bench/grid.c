/* grid.c: the search against every named strategy, its options, and the best of them tuned by hand, on MARCA.
 *
 *     bench_grid              a few points that take seconds; ends with 1 when a rival is faster by more than the gap
 *     bench_grid all          every built-in network, 1 to 16,384 tokens, 1 and 64 sequences, 64 KiB to 64 MiB of buffer
 *     bench_grid MODEL...     of these networks
 *
 * One JSON object a point goes to standard output, and a table of all of them to standard error. Latencies are simulated.
 *
 *     vs_X         how many times as fast as X the optimal schedule is
 *     lost         by what fraction the best rival is faster; not above 0: by none
 *     again        by what fraction moving one tile after the other makes the optimal schedule faster
 *     waits        by what fraction the simulation is above the closed form
 * SPDX-License-Identifier: MIT
 */
#include "grid/table.h"

#include "sinter/workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t all_tokens[] = {1, 64, 512, 2048, 16384}, few_tokens[] = {1, 64, 2048};
static const int64_t all_batches[] = {1, 64}, few_batches[] = {1};
static const char *const all_buffers[] = {"64KiB", "256KiB", "1MiB", "4MiB", "24MiB", "64MiB"};
static const char *const few_buffers[] = {"256KiB", "24MiB"};

struct grid {
    int n_tokens, n_batches, n_buffers;
    const int64_t *tokens, *batches;
    const char *const *buffers;
};
#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))
static const struct grid all = {LENGTH(all_tokens), LENGTH(all_batches), LENGTH(all_buffers),
                                all_tokens,         all_batches,         all_buffers};
static const struct grid few = {LENGTH(few_tokens), LENGTH(few_batches), LENGTH(few_buffers),
                                few_tokens,         few_batches,         few_buffers};

static void stop(const char *what, struct sinter_diagnostics *diags)
{
    fprintf(stderr, "bench: %s\n%s", what, sinter_diagnostics_text(diags));
    exit(1);
}

/* How many times as fast the optimal schedule is; null where one of both does not fit. */
static void print_factor(const char *rival, const struct price *price, const struct price *optimal)
{
    printf(",\"vs_%s\":", rival);
    if (price->fits && optimal->fits)
        printf("%.4f", price->cycles / optimal->cycles);
    else
        printf("null");
}

static void print_point(const char *model, int64_t tokens, int64_t batch, const char *buffer, const struct contest *c)
{
    printf("{\"bench\":\"grid\",\"model\":\"%s\",\"tokens\":%lld,\"batch\":%lld,\"buffer\":\"%s\",\"is_found\":%s", model,
           (long long)tokens, (long long)batch, buffer, c->is_found ? "true" : "false");
    if (c->is_found) {
        printf(",\"cycles\":%.0f,\"closed_form\":%.0f,\"bound\":%.0f,\"gap\":%.5f,\"waits\":%.5f", c->optimal.cycles,
               c->search.value, c->search.bound, c->search.gap, c->optimal.cycles / c->search.value - 1);
        printf(",\"dram_bytes\":%.0f,\"compulsory_bytes\":%.0f,\"peak_bytes\":%.0f,\"rule\":\"%s\",\"seconds\":%.3f",
               c->optimal.dram_bytes, c->compulsory_bytes, c->optimal.peak_bytes, c->search.rule, c->search.seconds);
        printf(",\"again\":%.5f", c->optimal.cycles / c->again.cycles - 1);
    }
    for (int r = 0; r < N_SHOWN; r++)
        print_factor(table_rivals[r], &c->shown[r], &c->optimal);
    print_factor("best_named", &c->best_named, &c->optimal);
    print_factor("by_hand", &c->by_hand, &c->optimal);
    printf(",\"best_named\":\"%s\"", c->best_label);
    if (c->optimal.fits)
        printf(",\"lost\":%.5f", contest_lost(c));
    printf("}\n");
    fflush(stdout);
}

static void hold_one(const char *name, int64_t tokens, int64_t batch, const char *buffer, struct sinter_diagnostics *diags,
                     struct table *table)
{
    struct sinter_model_options options = {
        .tokens = tokens, .batch = batch, .phase = tokens == 1 ? SINTER_DECODE : SINTER_PREFILL};
    struct sinter_override override = {.field = "buffer.capacity", .value = buffer};
    struct sinter_model *model = NULL;
    struct sinter_accel *accel = NULL;
    struct contest contest;
    if (sinter_model_load(name, &options, NULL, diags, &model) != SINTER_OK ||
        sinter_accel_load("marca", &override, 1, NULL, diags, &accel) != SINTER_OK ||
        contest_hold(model->parts[model->block].cascade, accel, diags, &contest) != SINTER_OK)
        stop(name, diags);
    print_point(name, tokens, batch, buffer, &contest);
    table_add(table, tokens, batch, buffer, &contest);
    sinter_accel_free(accel);
    sinter_model_free(model);
}

static void hold_all(const char *model, const struct grid *grid, struct sinter_diagnostics *diags, struct table *table)
{
    for (int t = 0; t < grid->n_tokens; t++)
        for (int b = 0; b < grid->n_batches; b++)
            for (int m = 0; m < grid->n_buffers; m++)
                hold_one(model, grid->tokens[t], grid->batches[b], grid->buffers[m], diags, table);
}

int main(int argc, char **argv)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    static struct table table;
    if (argc < 2)
        hold_all("mamba-130m", &few, diags, &table);
    else if (strcmp(argv[1], "all") == 0)
        for (int i = 0; sinter_model_builtin_name(i) != NULL; i++)
            hold_all(sinter_model_builtin_name(i), &all, diags, &table);
    else
        for (int i = 1; i < argc; i++)
            hold_all(argv[i], &all, diags, &table);
    table_print(&table, stderr);
    sinter_diagnostics_free(diags);
    return table.n_lost > 0;
}
