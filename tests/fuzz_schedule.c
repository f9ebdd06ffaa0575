/* fuzz_schedule.c: any bytes are a schedule or an error; a schedule prints, reads back the same, and resolves to a plan
 * or to a reason; each input is also mutated at random, so that the replay of the corpus explores around it.
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sinter/cost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char cascade_text[] =
    "cascade: core\ntype: int8\nranks: {L: 6, D: 4, N: 2, K: 3}\ntensors:\n"
    "  DT: {ranks: [L, D], role: input}\n  X: {ranks: [L, D], role: input}\n  B: {ranks: [L, N], role: input}\n"
    "  C: {ranks: [L, N], role: input}\n  A: {ranks: [D, N], role: weight}\n  W: {ranks: [D, K], role: weight}\n"
    "  H0: {ranks: [D, N], role: state}\n  H: {ranks: [L, D, N], state: H0}\n  Y: {ranks: [L, D], role: output}\n"
    "einsums:\n  - XC[l,d] = X[l-k,d] * W[d,k]\n  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n"
    "  - BX[l,d,n] = DT[l,d] * XC[l,d] * B[l,n]\n  - H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]\n"
    "  - Y[l,d] = C[l,n] * H[l,d,n]\n";
static const char accel_text[] =
    "accelerator: a\ntechnology: 28 nm\nclock: 1 GHz\nmemories:\n  - {name: dram, kind: dram, bandwidth: 256 GB/s}\n"
    "  - {name: buffer, kind: sram, capacity: 256 B, bandwidth: 64 GB/s}\n"
    "  - {name: file, kind: registers, capacity: 64 B, bandwidth: 64 GB/s}\n"
    "units:\n  - {name: array, at: buffer, pes: [4, 4], cycles: {mac: 1, mul: 1, add: 1, exp: 4}}\n"
    "  - {name: adder, at: file, pes: [4], cycles: {mac: 1, mul: 1, add: 1}}\n";

struct problem {
    struct sinter_cascade *cascade;
    struct sinter_accel *accel;
    struct sinter_plan *plan;
};

static void open_problem(struct problem *p)
{
    if (sinter_cascade_parse("cascade", cascade_text, sizeof cascade_text - 1, NULL, 0, NULL, NULL, &p->cascade) !=
            SINTER_OK ||
        sinter_accel_parse("accel", accel_text, sizeof accel_text - 1, NULL, 0, NULL, NULL, &p->accel) != SINTER_OK ||
        sinter_plan_new(p->cascade, p->accel, NULL, NULL, &p->plan) != SINTER_OK)
        abort();
}

static void close_problem(struct problem *p)
{
    sinter_plan_free(p->plan);
    sinter_accel_free(p->accel);
    sinter_cascade_free(p->cascade);
}

static void check_round_trip(const struct sinter_schedule *schedule)
{
    struct sinter_text printed = {0}, again = {0};
    struct sinter_schedule copy;
    sinter_schedule_print(schedule, &printed);
    sinter_schedule_init(&copy, schedule->cascade, schedule->accel, NULL);
    if (sinter_schedule_parse(&copy, "printed", sinter_text_data(&printed), printed.length, NULL) != SINTER_OK)
        abort();
    sinter_schedule_print(&copy, &again);
    if (strcmp(sinter_text_data(&printed), sinter_text_data(&again)) != 0 || copy.n_nodes != schedule->n_nodes)
        abort();
    sinter_schedule_free(&copy);
    sinter_text_free(&printed);
    sinter_text_free(&again);
}

static void check_plan(struct sinter_plan *plan, const struct sinter_schedule *schedule, struct sinter_diagnostics *diags)
{
    enum sinter_status status = sinter_plan_resolve(plan, schedule, diags);
    if ((status == SINTER_OK) != (sinter_diagnostics_errors(diags) == 0))
        abort();
    if (status == SINTER_BAD_INPUT)
        return;
    if (status != SINTER_OK && status != SINTER_INFEASIBLE)
        abort();
    struct sinter_einsum_cost einsums[8];
    struct sinter_group_cost groups[8];
    struct sinter_cost cost = {.einsums = einsums, .groups = groups};
    sinter_cost_evaluate(plan, &cost);
    if (!(cost.cycles >= 0) || plan->dram_read_bits < 0 || plan->dram_write_bits <= 0 || plan->fits != (status == SINTER_OK))
        abort();
    for (int i = 0; i < plan->n_tiles; i++)
        if (plan->tiles[i].footprint_bits < 0 || plan->tiles[i].begin >= plan->tiles[i].end)
            abort();
}

static void check_text(struct problem *p, const char *text, size_t size)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_schedule schedule;
    sinter_schedule_init(&schedule, p->cascade, p->accel, NULL);
    enum sinter_status status = sinter_schedule_parse(&schedule, "fuzz", text, size, diags);
    if ((status == SINTER_OK) != (sinter_diagnostics_errors(diags) == 0) || (status != SINTER_OK && schedule.n_nodes != 0))
        abort();
    if (status == SINTER_OK) {
        check_round_trip(&schedule);
        check_plan(p->plan, &schedule, diags);
    }
    (void)sinter_diagnostics_text(diags);
    sinter_schedule_free(&schedule);
    sinter_diagnostics_free(diags);
}

/* Words that a schedule is made of: a mutation puts one where another word stood. */
static const char *const words[] = {"group", "hold",   "carry", "for",   "chain", "in", "by", "on", "double",
                                    "dram",  "buffer", "file",  "array", "adder", "DT", "X",  "B",  "C",
                                    "A",     "W",      "H0",    "H",     "Y",     "XC", "DA", "BX", "l",
                                    "d",     "n",      "L",     "D",     "N",     "1",  "2",  "3",  "9223372036854775807",
                                    "#",     "\n",     "\n  ",  "\n    "};
enum { N_WORDS = (int)(sizeof words / sizeof words[0]) };

/* One change: a line dropped, repeated or moved deeper, or a word replaced. */
static void mutate(struct sinter_random *random, const char *from, size_t size, struct sinter_text *out)
{
    size_t at = (size_t)sinter_random_below(random, (int64_t)size), start = at, end = at;
    int kind = (int)sinter_random_below(random, 6);
    const char *stops = kind < 4 ? "\n" : " \n";
    while (start > 0 && strchr(stops, from[start - 1]) == NULL)
        start--;
    while (end < size && strchr(stops, from[end]) == NULL)
        end++;
    end += kind < 4 && end < size;
    sinter_text_append_n(out, from, start);
    if (kind == 1) {
        sinter_text_append_n(out, from + start, end - start);
    } else if (kind == 2) {
        sinter_text_append(out, "  ");
    } else if (kind == 3) {
        sinter_text_append(out, words[sinter_random_below(random, N_WORDS)]);
        sinter_text_append(out, " ");
    }
    if (kind >= 4)
        sinter_text_append(out, words[sinter_random_below(random, N_WORDS)]);
    else if (kind != 0)
        sinter_text_append_n(out, from + start, end - start);
    sinter_text_append_n(out, from + end, size - end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { N_MUTANTS = 40, MOST_CHANGES = 3, MOST_BYTES = 4096 };
    struct problem p = {NULL, NULL, NULL};
    struct sinter_random random = {size};
    const char *text = (const char *)data;
    open_problem(&p);
    check_text(&p, text, size);
    for (int i = 0; i < N_MUTANTS && size > 0 && size <= MOST_BYTES && memchr(data, '\0', size) == NULL; i++) {
        struct sinter_text mutant = {0};
        mutate(&random, text, size, &mutant);
        for (int64_t n = sinter_random_below(&random, MOST_CHANGES); n > 0 && mutant.length > 0; n--) {
            struct sinter_text next = {0};
            mutate(&random, mutant.data, mutant.length, &next);
            sinter_text_free(&mutant);
            mutant = next;
        }
        check_text(&p, sinter_text_data(&mutant), mutant.length);
        sinter_text_free(&mutant);
    }
    close_problem(&p);
    return 0;
}
