/* test_cost_mapping.c: the spatial mapping is the best over all ranks of an Einsum, however many it has.
 * SPDX-License-Identifier: MIT
 *
 * The naive twin tries every assignment of ranks to PE dimensions and walks the pieces of every rank.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sinter/cost.h"

enum { MAX_RANKS = 56, MAX_LOOPS = 5 };

/* ---- a drawn problem ----------------------------------------------------------------------------------------------- */

struct problem {
    struct sinter_text cascade_text, accel_text, schedule_text;
    int n_ranks, n_loops, ranks[MAX_LOOPS]; /* loops, outermost first */
    int64_t tiles[MAX_LOOPS];
    struct sinter_diagnostics *diags;
    struct sinter_cascade *cascade;
    struct sinter_accel *accel;
    struct sinter_schedule schedule;
    struct sinter_plan *plan;
    struct sinter_einsum_cost cost;
};

static void put_ranks(struct sinter_text *out, char letter, int first, int end)
{
    for (int r = first; r < end; r++)
        sinter_text_printf(out, "%s%c%d", r > first ? "," : "", letter, r);
}

/* Tensors X0, X1, ... over eight ranks each; the last of them takes the rest. Y is over the first two ranks. */
static void put_product(struct sinter_text *tensors, struct sinter_text *einsum, int n_ranks)
{
    for (int first = 0, t = 0; first < n_ranks; first += 8, t++) {
        int end = first + 8 < n_ranks ? first + 8 : n_ranks;
        sinter_text_printf(tensors, "  X%d: {ranks: [", t);
        put_ranks(tensors, 'R', first, end);
        sinter_text_append(tensors, "], role: input}\n");
        sinter_text_printf(einsum, "%sX%d[", t > 0 ? " * " : "", t);
        put_ranks(einsum, 'r', first, end);
        sinter_text_append(einsum, "]");
    }
}

/* Sums over one to `most` ranks each: operations over many different sets of ranks. */
static void put_sums(struct sinter_random *random, struct sinter_text *tensors, struct sinter_text *einsum, int n_ranks,
                     int most)
{
    for (int first = 2, t = 0; first < n_ranks; t++) {
        int end = first + 1 + (int)sinter_random_below(random, most);
        end = end < n_ranks ? end : n_ranks;
        sinter_text_printf(tensors, "  X%d: {ranks: [R0,R1,", t);
        put_ranks(tensors, 'R', first, end);
        sinter_text_append(tensors, "], role: input}\n");
        sinter_text_printf(einsum, "%s%s(sum(X%d[r0,r1,", t > 0 ? " + " : "", t % 3 == 0 ? "exp" : "", t);
        put_ranks(einsum, 'r', first, end);
        sinter_text_append(einsum, "]))");
        first = end;
    }
}

static void put_loops(struct sinter_random *random, struct problem *p, const int64_t *extents)
{
    int64_t left[MAX_RANKS];
    memcpy(left, extents, sizeof left);
    sinter_text_append(&p->schedule_text, "group\n  hold Y in buffer\n");
    for (int n = (int)sinter_random_below(random, MAX_LOOPS + 1); n > 0; n--) {
        int r = (int)sinter_random_below(random, sinter_random_below(random, 2) == 0 ? 2 : p->n_ranks);
        if (left[r] < 2)
            continue;
        left[r] = 1 + sinter_random_below(random, left[r] - 1);
        p->ranks[p->n_loops] = r;
        p->tiles[p->n_loops++] = left[r];
        sinter_text_printf(&p->schedule_text, "%*sfor r%d in R%d by %lld\n", 2 * p->n_loops, "", r, r, (long long)left[r]);
    }
    sinter_text_printf(&p->schedule_text, "%*sY on array\n", 2 * p->n_loops + 2, "");
}

static void put_accel(struct sinter_text *out, const char *pes)
{
    sinter_text_printf(out,
                       "accelerator: a\nclock: 1 GHz\nmemories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n"
                       "  - {name: buffer, kind: sram, capacity: unlimited, bandwidth: unlimited}\nunits:\n"
                       "  - {name: array, at: buffer, pes: %s, cycles: {mac: 1, mul: 2, add: 3, exp: 5}}\n",
                       pes);
}

/* The three texts are there: reads, resolves and prices them. False when loops cut more than one sum. */
static bool price(struct problem *p)
{
    const char *cascade = sinter_text_data(&p->cascade_text), *accel = sinter_text_data(&p->accel_text),
               *schedule = sinter_text_data(&p->schedule_text);
    struct sinter_cost cost = {.einsums = &p->cost};
    p->diags = sinter_diagnostics_new(NULL);
    if (sinter_cascade_parse("cascade", cascade, strlen(cascade), NULL, 0, NULL, p->diags, &p->cascade) != SINTER_OK ||
        sinter_accel_parse("accel", accel, strlen(accel), NULL, 0, NULL, p->diags, &p->accel) != SINTER_OK)
        fail_msg("%s\n%s%s", sinter_diagnostics_text(p->diags), cascade, accel);
    sinter_schedule_init(&p->schedule, p->cascade, p->accel, NULL);
    if (sinter_schedule_parse(&p->schedule, "schedule", schedule, strlen(schedule), p->diags) != SINTER_OK ||
        sinter_plan_new(p->cascade, p->accel, NULL, p->diags, &p->plan) != SINTER_OK)
        fail_msg("%s\n%s%s", sinter_diagnostics_text(p->diags), cascade, schedule);
    if (sinter_plan_resolve(p->plan, &p->schedule, p->diags) != SINTER_OK) {
        if (strstr(sinter_diagnostics_text(p->diags), "more than one unfinished value") == NULL)
            fail_msg("%s\n%s%s", sinter_diagnostics_text(p->diags), cascade, schedule);
        return false;
    }
    sinter_cost_evaluate(p->plan, &cost);
    return true;
}

static void put_cascade(struct problem *p, const int64_t *extents, const struct sinter_text *tensors,
                        const struct sinter_text *einsum)
{
    sinter_text_append(&p->cascade_text, "cascade: c\ntype: int8\nranks: {");
    for (int r = 0; r < p->n_ranks; r++)
        sinter_text_printf(&p->cascade_text, "%sR%d: %lld", r > 0 ? ", " : "", r, (long long)extents[r]);
    sinter_text_printf(&p->cascade_text,
                       "}\ntensors:\n%s  Y: {ranks: [R0, R1], role: output}\neinsums:\n  - Y[r0,r1] = %s\n",
                       sinter_text_data(tensors), sinter_text_data(einsum));
}

static void close_problem(struct problem *p)
{
    sinter_plan_free(p->plan);
    sinter_schedule_free(&p->schedule);
    sinter_accel_free(p->accel);
    sinter_cascade_free(p->cascade);
    sinter_diagnostics_free(p->diags);
    sinter_text_free(&p->cascade_text);
    sinter_text_free(&p->accel_text);
    sinter_text_free(&p->schedule_text);
}

/* ---- the naive twin ------------------------------------------------------------------------------------------------- */

/* Sum of ceil(size / pes) over the pieces of a rank that the loops from `level` on cut. */
static int64_t steps(const struct problem *p, int rank, int level, int64_t size, int64_t pes)
{
    int64_t sum = 0;
    while (level < p->n_loops && p->ranks[level] != rank)
        level++;
    if (level == p->n_loops)
        return (size + pes - 1) / pes;
    for (int64_t start = 0; start < size; start += p->tiles[level])
        sum += steps(p, rank, level + 1, size - start < p->tiles[level] ? size - start : p->tiles[level], pes);
    return sum;
}

struct twin {
    const struct problem *p;
    double steps[MAX_RANKS][1 << SINTER_MAX_PE_DIMS]; /* by rank and the set of dimensions that it is spread over */
    int mapping[SINTER_MAX_PE_DIMS];
};

static void count_steps(struct twin *twin, const struct problem *p)
{
    const struct sinter_unit *unit = &p->accel->units[0];
    twin->p = p;
    for (int r = 0; r < p->n_ranks; r++) {
        for (int set = 0; set < 1 << unit->n_dims; set++) {
            int64_t pes = 1;
            for (int d = 0; d < unit->n_dims; d++)
                pes *= (set >> d & 1) != 0 ? unit->pes[d] : 1;
            twin->steps[r][set] = (double)steps(p, r, 0, p->cascade->ranks[r].extent, pes);
        }
    }
}

static double cycles_of(const struct twin *twin, const int *mapping)
{
    const struct sinter_einsum *einsum = &twin->p->cascade->einsums[0];
    const struct sinter_unit *unit = &twin->p->accel->units[0];
    int sets[MAX_RANKS] = {0};
    double sum = 0;
    for (int d = 0; d < unit->n_dims; d++)
        if (mapping[d] >= 0)
            sets[mapping[d]] |= 1 << d;
    for (int k = 0; k < einsum->n_ops; k++) {
        const struct sinter_op_count *op = &einsum->ops[k];
        double cycles = (double)op->count * unit->cycles[op->op];
        for (int r = 0; r < twin->p->n_ranks; r++)
            cycles *= (op->ranks >> r & 1) != 0 ? twin->steps[r][sets[r]] : 1;
        sum += cycles;
    }
    return sum;
}

static double least_cycles(struct twin *twin, int d)
{
    if (d == twin->p->accel->units[0].n_dims || d == SINTER_MAX_PE_DIMS)
        return cycles_of(twin, twin->mapping);
    double least = -1;
    for (int r = -1; r < twin->p->n_ranks; r++) {
        twin->mapping[d] = r;
        double cycles = least_cycles(twin, d + 1);
        least = least < 0 || cycles < least ? cycles : least;
    }
    return least;
}

/* ---- tests ----------------------------------------------------------------------------------------------------------- */

static void draw(struct problem *p, uint64_t seed)
{
    struct sinter_random random = {seed};
    struct sinter_text tensors = {0}, einsum = {0};
    int64_t extents[MAX_RANKS];
    char pes[64] = "";
    int n_dims = 1 + (int)(seed % 4);
    *p = (struct problem){.n_ranks = 3 + (int)sinter_random_below(&random, n_dims == 4 ? 14 : 20)};
    for (int r = 0; r < p->n_ranks; r++)
        extents[r] = r < 16 ? 1 + sinter_random_below(&random, 6) : 2 + sinter_random_below(&random, 12);
    for (int d = 0; d < n_dims; d++)
        snprintf(pes + strlen(pes), sizeof pes - strlen(pes), "%s%d", d > 0 ? ", " : "[",
                 1 + (int)sinter_random_below(&random, 9));
    strcat(pes, "]");
    int kind = (int)sinter_random_below(&random, 3);
    if (kind == 0)
        put_product(&tensors, &einsum, p->n_ranks);
    else
        put_sums(&random, &tensors, &einsum, p->n_ranks, kind == 1 ? 1 : 5);
    put_cascade(p, extents, &tensors, &einsum);
    put_accel(&p->accel_text, pes);
    put_loops(&random, p, extents);
    sinter_text_free(&tensors);
    sinter_text_free(&einsum);
}

static void the_best_mapping_is_the_best_over_all_ranks(void **state)
{
    (void)state;
    int n_priced = 0, n_many = 0, n_beyond = 0; /* more than 16 ranks; mapped to one behind the sixteenth */
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct problem p;
        struct twin twin;
        draw(&p, seed);
        if (!price(&p)) {
            close_problem(&p);
            continue;
        }
        n_priced++;
        count_steps(&twin, &p);
        double least = least_cycles(&twin, 0), got = p.cost.compute_cycles, named = cycles_of(&twin, p.cost.mapping);
        if (got < least * (1 - 1e-9) || got > least * (1 + 1e-9) || named < got * (1 - 1e-9) || named > got * (1 + 1e-9))
            fail_msg("seed %llu: %.17g cycles, %.17g by the mapping it names, the best is %.17g\n%s%s%s",
                     (unsigned long long)seed, got, named, least, sinter_text_data(&p.cascade_text),
                     sinter_text_data(&p.accel_text), sinter_text_data(&p.schedule_text));
        n_many += p.cascade->einsums[0].n_ranks > 16;
        for (int d = 0; d < p.accel->units[0].n_dims; d++)
            for (int i = 16; i < p.cascade->einsums[0].n_ranks; i++)
                n_beyond += p.cost.mapping[d] == p.cascade->einsums[0].rank_order[i];
        close_problem(&p);
    }
    assert_true(n_priced > 200);
    assert_true(n_many > 20);
    assert_true(n_beyond > 10);
}

/* 57^4 assignments would take seconds; any four of the equal ranks fill the array. */
static void dozens_of_ranks_are_no_trouble(void **state)
{
    (void)state;
    struct problem p = {.n_ranks = MAX_RANKS};
    struct sinter_text tensors = {0}, einsum = {0};
    int64_t extents[MAX_RANKS];
    for (int r = 0; r < MAX_RANKS; r++)
        extents[r] = 2;
    put_product(&tensors, &einsum, MAX_RANKS);
    put_cascade(&p, extents, &tensors, &einsum);
    put_accel(&p.accel_text, "[2, 2, 2, 2]");
    sinter_text_append(&p.schedule_text, "group\n  Y on array\n");
    assert_true(price(&p));
    double all = 0;
    for (int k = 0; k < p.cascade->einsums[0].n_ops; k++)
        all += (double)p.cascade->einsums[0].ops[k].total * p.accel->units[0].cycles[p.cascade->einsums[0].ops[k].op];
    assert_true(p.cost.compute_cycles == all / 16);
    close_problem(&p);
    sinter_text_free(&tensors);
    sinter_text_free(&einsum);
}

/* Trying all in the order of the ranks, idle first, with the same roundings; the first of equals. */
static double first_pair(const struct problem *p, int mapping[2])
{
    const struct sinter_einsum *einsum = &p->cascade->einsums[0];
    const struct sinter_unit *unit = &p->accel->units[0];
    double total = 0, least = -1;
    for (int k = 0; k < einsum->n_ops; k++)
        total += (double)einsum->ops[k].total * unit->cycles[einsum->ops[k].op];
    for (int j = -1; j < einsum->n_ranks; j++) {
        for (int i = -1; i < einsum->n_ranks; i++) {
            double share = 1;
            for (int d = 0; d < 2; d++) {
                int at = d == 0 ? i : j, rank = at < 0 ? -1 : einsum->rank_order[at];
                if (rank < 0 || (einsum->ops[0].ranks >> rank & 1) == 0 || (d == 1 && i == j))
                    continue;
                int64_t extent = p->cascade->ranks[rank].extent, pes = i == j ? unit->pes[0] * unit->pes[1] : unit->pes[d];
                share *= (double)steps(p, rank, 0, extent, pes) * (1 / (double)extent);
            }
            if (least < 0 || total * share < least) {
                least = total * share;
                mapping[0] = i < 0 ? -1 : einsum->rank_order[i];
                mapping[1] = j < 0 ? -1 : einsum->rank_order[j];
            }
        }
    }
    return least;
}

static void two_dimensions_get_what_trying_all_finds_first_to_the_last_bit(void **state)
{
    (void)state;
    int n_compared = 0, n_apart = 0; /* over two ranks */
    for (uint64_t seed = 1; seed <= 6000; seed += 4) {
        struct problem p;
        int mapping[2] = {-1, -1};
        draw(&p, seed);
        bool is_priced = price(&p);
        const struct sinter_einsum *einsum = &p.cascade->einsums[0];
        for (int k = 1; k < einsum->n_ops; k++)
            is_priced &= einsum->ops[k].ranks == einsum->ops[0].ranks;
        if (is_priced && p.accel->units[0].n_dims == 2) {
            struct sinter_cost unnamed = {.einsums = NULL};
            double least = first_pair(&p, mapping);
            sinter_cost_evaluate(p.plan, &unnamed);
            if (!(p.cost.compute_cycles == least && unnamed.compute_cycles == least && p.cost.mapping[0] == mapping[0] &&
                  p.cost.mapping[1] == mapping[1]))
                fail_msg("seed %llu: %.17g cycles by %d, %d; %.17g unnamed; the first with the least is %.17g by %d, %d",
                         (unsigned long long)seed, p.cost.compute_cycles, p.cost.mapping[0], p.cost.mapping[1],
                         unnamed.compute_cycles, least, mapping[0], mapping[1]);
            n_compared++;
            n_apart += mapping[0] >= 0 && mapping[1] >= 0 && mapping[0] != mapping[1];
        }
        close_problem(&p);
    }
    assert_true(n_compared > 300);
    assert_true(n_apart > 100);
}

/* Steps are counted with inverses, which must not be off by one next to a multiple of the PEs. */
static void steps_are_exact_however_large_the_rank(void **state)
{
    (void)state;
    static const int64_t pes[] = {1, 3, 7, 64, 8192, 99991};
    for (size_t k = 0; k < sizeof pes / sizeof *pes; k++) {
        for (int power = 0; power <= 52; power++) {
            for (int off = -1; off <= 1; off++) {
                struct problem p = {.n_ranks = 2};
                struct sinter_text tensors = {0}, einsum = {0}, rule = {0};
                int64_t extent = ((int64_t)1 << power) / pes[k] * pes[k] + off, extents[] = {extent, 1};
                if (extent < 1)
                    continue;
                sinter_text_append(&tensors, "  X0: {ranks: [R0, R1], role: input}\n");
                sinter_text_append(&einsum, "exp(X0[r0,r1])");
                put_cascade(&p, extents, &tensors, &einsum);
                sinter_text_printf(&rule, "[%lld]", (long long)pes[k]);
                put_accel(&p.accel_text, sinter_text_data(&rule));
                sinter_text_append(&p.schedule_text, "group\n  Y on array\n");
                assert_true(price(&p));
                double most = (double)extent * 5 * ((double)((extent + pes[k] - 1) / pes[k]) * (1 / (double)extent));
                assert_true(p.cost.compute_cycles == most);
                assert_true(sinter_einsum_least_cycles(p.cascade, p.accel, 0, 0) == p.cost.compute_cycles);
                close_problem(&p);
                sinter_text_free(&tensors);
                sinter_text_free(&einsum);
                sinter_text_free(&rule);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_mapping_is_the_best_over_all_ranks),
        cmocka_unit_test(dozens_of_ranks_are_no_trouble),
        cmocka_unit_test(two_dimensions_get_what_trying_all_finds_first_to_the_last_bit),
        cmocka_unit_test(steps_are_exact_however_large_the_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
