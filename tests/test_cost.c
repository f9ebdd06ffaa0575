/* test_cost.c: every equation of cost by hand and against naive twins that walk all pieces; nothing is allocated.
 * SPDX-License-Identifier: MIT
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

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* ---- problems ------------------------------------------------------------------------------------------------------ */

enum { MAX_EINSUMS = 8 };

struct problem {
    struct sinter_diagnostics *diags;
    struct sinter_cascade *cascade;
    struct sinter_accel *accel;
    struct sinter_schedule schedule;
    struct sinter_plan *plan;
    struct sinter_cost cost;
    struct sinter_einsum_cost einsums[MAX_EINSUMS];
    struct sinter_group_cost groups[MAX_EINSUMS];
};

static void open_problem(struct problem *p, const char *cascade, const char *accel, const char *schedule)
{
    *p = (struct problem){.diags = sinter_diagnostics_new(NULL)};
    if (sinter_cascade_parse("cascade", cascade, strlen(cascade), NULL, 0, NULL, p->diags, &p->cascade) != SINTER_OK ||
        sinter_accel_parse("accel", accel, strlen(accel), NULL, 0, NULL, p->diags, &p->accel) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(p->diags));
    assert_true(p->cascade->n_einsums <= MAX_EINSUMS);
    sinter_schedule_init(&p->schedule, p->cascade, p->accel, NULL);
    if (sinter_schedule_parse(&p->schedule, "schedule", schedule, strlen(schedule), p->diags) != SINTER_OK ||
        sinter_plan_new(p->cascade, p->accel, NULL, p->diags, &p->plan) != SINTER_OK ||
        sinter_plan_resolve(p->plan, &p->schedule, p->diags) != SINTER_OK)
        fail_msg("%s\n%s", sinter_diagnostics_text(p->diags), schedule);
    p->cost.einsums = p->einsums;
    p->cost.groups = p->groups;
    sinter_cost_evaluate(p->plan, &p->cost);
}

static void close_problem(struct problem *p)
{
    sinter_plan_free(p->plan);
    sinter_schedule_free(&p->schedule);
    sinter_accel_free(p->accel);
    sinter_cascade_free(p->cascade);
    sinter_diagnostics_free(p->diags);
}

static void assert_near(double got, double expected)
{
    double scale = expected > 1 ? expected : 1, error = got > expected ? got - expected : expected - got;
    if (!(error <= 1e-9 * scale))
        fail_msg("got %.17g, expected %.17g", got, expected);
}

/* 1 GHz, so that bytes per nanosecond are bytes per cycle. */
#define HEAD "accelerator: a\ntechnology: 28 nm\nclock: 1 GHz\n"
#define MEMORIES(dram, buffer)                                                         \
    "memories:\n  - {name: dram, kind: dram, bandwidth: " dram ", energy: 7 pJ/bit}\n" \
    "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: " buffer "}\n"
#define UNIT(name, pes, more) "  - {name: " name ", at: buffer, pes: " pes ", " more "}\n"
#define CYCLES "cycles: {mac: 1, mul: 1, add: 1, exp: 4}"

static const char product[] = "cascade: product\ntype: int8\nranks: {L: 5, D: 10, E: 7}\ntensors:\n"
                              "  X: {ranks: [L, D], role: input}\n  W: {ranks: [D, E], role: weight}\n"
                              "  O: {ranks: [L, E], role: output}\neinsums:\n  - O[l,e] = X[l,d] * W[d,e]\n";
static const char one[] = "cascade: one\ntype: int8\nranks: {L: 6}\ntensors:\n  X: {ranks: [L], role: input}\n"
                          "  Z: {ranks: [L], role: output}\neinsums:\n  - Z[l] = exp(X[l])\n";
static const char two[] = "cascade: two\ntype: int8\nranks: {L: 6}\ntensors:\n  X: {ranks: [L], role: input}\n"
                          "  Z: {ranks: [L], role: output}\neinsums:\n  - U[l] = exp(X[l])\n  - Z[l] = U[l] * U[l]\n";

/* ---- compute ------------------------------------------------------------------------------------------------------- */

struct mapping_row {
    const char *name, *pes, *unit, *schedule;
    double cycles;
    const char *mapping[2]; /* rank of each PE dimension, NULL: idle */
};

static const struct mapping_row mapping_rows[] = {
    {"pinned: 5 ceil(7/4) ceil(10/3)",
     "[4, 3]",
     CYCLES ", spatial: [{pes: [E, D]}]",
     "group\n  O on array\n",
     40,
     {"E", "D"}},
    {"two cycles a mac", "[4, 3]", "cycles: {mac: 2}, spatial: [{pes: [E, D]}]", "group\n  O on array\n", 80, {"E", "D"}},
    {"an idle dimension: 5 * 10 * ceil(7/4)",
     "[4, 3]",
     CYCLES ", spatial: [{pes: [E, ~]}]",
     "group\n  O on array\n",
     100,
     {"E", NULL}},
    {"a rule that does not fit is passed over",
     "[4, 3]",
     CYCLES ", spatial: [{only: elementwise, pes: [L, D]}, {pes: [Q, D]}, {only: reduction, pes: [D, L]}]",
     "group\n  O on array\n",
     7 * 3 * 2,
     {"D", "L"}},
    {"a rank over both dimensions: 5 * 10 * ceil(7/12)",
     "[4, 3]",
     CYCLES ", spatial: [{pes: [E, E]}]",
     "group\n  O on array\n",
     50,
     {"E", "E"}},
    {"without a rule the best: L and D leave no rest", "[5, 10]", CYCLES, "group\n  O on array\n", 7, {"L", "D"}},
    {"each tile rounds up: pieces of D are 4 4 2, ceil over 3 PEs is 2 2 1",
     "[4, 3]",
     CYCLES ", spatial: [{pes: [E, D]}]",
     "group\n  hold O in buffer\n  for d in D by 4\n    O on array\n",
     5 * 2 * (2 + 2 + 1),
     {"E", "D"}},
    {"nested loops: pieces of D are 3 1 3 1 2",
     "[4, 2]",
     CYCLES ", spatial: [{pes: [E, D]}]",
     "group\n  hold O in buffer\n  for d in D by 4\n    for d in D by 3\n      O on array\n",
     5 * 2 * (2 + 1 + 2 + 1 + 1),
     {"E", "D"}},
    {"two ranks in tiles: E 3 3 1 over 2, L 2 2 1 over 2",
     "[2, 2]",
     CYCLES ", spatial: [{pes: [E, L]}]",
     "group\n  for e in E by 3\n    for l in L by 2\n      O on array\n",
     10 * (2 + 2 + 1) * 3,
     {"E", "L"}},
};

static void compute_cycles_follow_rule_and_pieces(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(mapping_rows); i++) {
        const struct mapping_row *row = &mapping_rows[i];
        struct problem p;
        char accel[1024];
        snprintf(accel, sizeof accel, HEAD MEMORIES("1 GB/s", "unlimited") "units:\n" UNIT("array", "%s", "%s"), row->pes,
                 row->unit);
        print_message("%s\n", row->name);
        open_problem(&p, product, accel, row->schedule);
        assert_near(p.einsums[0].compute_cycles, row->cycles);
        assert_near(p.cost.compute_cycles, row->cycles);
        for (int d = 0; d < 2; d++)
            assert_int_equal(p.einsums[0].mapping[d],
                             row->mapping[d] ? sinter_cascade_rank(p.cascade, row->mapping[d]) : -1);
        close_problem(&p);
    }
}

/* exp is at the points of l alone: PEs that d is spread over idle for it, and a loop over d does not repeat it. */
static void an_operation_counts_at_its_own_ranks_only(void **state)
{
    (void)state;
    static const char cascade[] =
        "cascade: mixed\ntype: int8\nranks: {L: 6, D: 8}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
        "  Z: {ranks: [L], role: input}\n  Y: {ranks: [L], role: output}\neinsums:\n"
        "  - Y[l] = exp(sum(X[l,d])) * Z[l]\n";
    static const char accel[] =
        HEAD MEMORIES("1 GB/s", "unlimited") "units:\n" UNIT("array", "[4, 4]", CYCLES ", spatial: [{pes: [D, L]}]");
    struct problem p;
    open_problem(&p, cascade, accel, "group\n  Y on array\n");
    /* add: 8/4 * ceil(6/4); exp and mul: ceil(6/4) of 4 and 1 cycles */
    assert_near(p.einsums[0].compute_cycles, 2 * 2 + 2 * 4 + 2 * 1);
    close_problem(&p);
    open_problem(&p, cascade, accel, "group\n  for l in L by 5\n    Y on array\n");
    assert_near(p.einsums[0].compute_cycles, 2 * 3 + 3 * 4 + 3 * 1); /* l in 5 + 1: 2 + 1 steps */
    close_problem(&p);
}

/* ---- compute against a naive twin ---------------------------------------------------------------------------------- */

enum { N_RANKS = 4 };

struct walk {
    const struct problem *p;
    int n_loops;
    int ranks[8]; /* of the loops, outermost first */
    int64_t tiles[8];
    int64_t size[N_RANKS];
    bool is_first[N_RANKS];
    const int *mapping; /* rank of each PE dimension, -1 */
    double cycles;
};

static void run_leaf(struct walk *walk)
{
    const struct sinter_einsum *einsum = &walk->p->cascade->einsums[0];
    const struct sinter_unit *unit = &walk->p->accel->units[0];
    for (int k = 0; k < einsum->n_ops; k++) {
        const struct sinter_op_count *op = &einsum->ops[k];
        double cycles = (double)op->count * unit->cycles[op->op];
        for (int r = 0; r < N_RANKS; r++) {
            int64_t pes = 1;
            for (int d = 0; d < unit->n_dims; d++)
                pes *= walk->mapping[d] == r ? unit->pes[d] : 1;
            if ((op->ranks >> r & 1) != 0)
                cycles *= (double)((walk->size[r] + pes - 1) / pes);
            else if (!walk->is_first[r])
                cycles = 0;
        }
        walk->cycles += cycles;
    }
}

static void run_loops(struct walk *walk, int level)
{
    if (level == walk->n_loops) {
        run_leaf(walk);
        return;
    }
    int r = walk->ranks[level];
    int64_t range = walk->size[r];
    bool was_first = walk->is_first[r];
    for (int64_t start = 0; start < range; start += walk->tiles[level]) {
        walk->size[r] = range - start < walk->tiles[level] ? range - start : walk->tiles[level];
        walk->is_first[r] = was_first && start == 0;
        run_loops(walk, level + 1);
    }
    walk->size[r] = range;
    walk->is_first[r] = was_first;
}

static double naive_cycles(struct walk *walk, const int *mapping)
{
    walk->mapping = mapping;
    walk->cycles = 0;
    for (int r = 0; r < N_RANKS; r++) {
        walk->size[r] = walk->p->cascade->ranks[r].extent;
        walk->is_first[r] = true;
    }
    run_loops(walk, 0);
    return walk->cycles;
}

/* The fewest cycles over all assignments of the Einsum's ranks, or none, to PE dimensions. */
static double least_cycles(struct walk *walk, int *mapping, int d)
{
    int n_dims = walk->p->accel->units[0].n_dims;
    if (d >= n_dims || d >= SINTER_MAX_PE_DIMS)
        return naive_cycles(walk, mapping);
    double least = -1;
    for (int r = -1; r < N_RANKS; r++) {
        if (r >= 0 && (walk->p->cascade->einsums[0].ranks >> r & 1) == 0)
            continue;
        mapping[d] = r;
        double cycles = least_cycles(walk, mapping, d + 1);
        least = least < 0 || cycles < least ? cycles : least;
    }
    return least;
}

static const char *const random_einsums[] = {
    "Y[p,q] = X[p,q,r] * V[r,s]",           "Y[p,q] = exp(sum(X[p,q,r])) + W[p]",
    "Y[p,q] = X[p,q,r] * V[r,s] * W[p]",    "Y[p,q] = exp(W[p]) * W[p] + exp(sum(V[q,s]))",
    "Y[p,q] = sum(X[p,q,r]) + sum(V[q,s])",
};

static void draw_loops(struct sinter_random *random, struct walk *walk, const int64_t *extents, sinter_rank_set allowed,
                       char *text, size_t size)
{
    static const char *const variables = "pqrs", *const names = "PQRS";
    int64_t left[N_RANKS];
    size_t used = (size_t)snprintf(text, size, "group\n  hold Y in buffer\n");
    memcpy(left, extents, sizeof left);
    walk->n_loops = 0;
    for (int n = (int)sinter_random_below(random, 6); n > 0; n--) {
        int r = (int)sinter_random_below(random, N_RANKS);
        if ((allowed >> r & 1) == 0 || left[r] < 2)
            continue;
        left[r] = 1 + sinter_random_below(random, left[r] - 1);
        walk->ranks[walk->n_loops] = r;
        walk->tiles[walk->n_loops++] = left[r];
        used += (size_t)snprintf(text + used, size - used, "%*sfor %c in %c by %lld\n", 2 * walk->n_loops, "", variables[r],
                                 names[r], (long long)left[r]);
    }
    snprintf(text + used, size - used, "%*sY on array\n", 2 * walk->n_loops + 2, "");
}

static void the_best_mapping_is_the_best_of_all(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        struct sinter_random random = {seed};
        struct problem p;
        struct walk walk = {.p = &p};
        int64_t extents[N_RANKS];
        char cascade[1024], accel[1024], schedule[1024], pes[64] = "";
        int e = (int)sinter_random_below(&random, COUNT(random_einsums)), n_dims = 1 + (int)(seed % 4),
            mapping[SINTER_MAX_PE_DIMS];
        sinter_rank_set in_all[] = {15, 7, 15, 11, 7}; /* loops cut one sum at most */
        for (int r = 0; r < N_RANKS; r++)
            extents[r] = 1 + sinter_random_below(&random, 14);
        snprintf(cascade, sizeof cascade,
                 "cascade: c\ntype: int8\nranks: {P: %lld, Q: %lld, R: %lld, S: %lld}\ntensors:\n%s%s%s"
                 "  Y: {ranks: [P, Q], role: output}\neinsums:\n  - %s\n",
                 (long long)extents[0], (long long)extents[1], (long long)extents[2], (long long)extents[3],
                 strstr(random_einsums[e], "X[") ? "  X: {ranks: [P, Q, R], role: input}\n" : "",
                 strstr(random_einsums[e], "V[r")  ? "  V: {ranks: [R, S], role: input}\n"
                 : strstr(random_einsums[e], "V[") ? "  V: {ranks: [Q, S], role: input}\n"
                                                   : "",
                 strstr(random_einsums[e], "W[") ? "  W: {ranks: [P], role: input}\n" : "", random_einsums[e]);
        for (int d = 0; d < n_dims; d++)
            snprintf(pes + strlen(pes), sizeof pes - strlen(pes), "%s%lld", d > 0 ? ", " : "[",
                     (long long)(1 + sinter_random_below(&random, 9)));
        snprintf(
            accel, sizeof accel,
            HEAD MEMORIES("1 GB/s", "unlimited") "units:\n" UNIT("array", "%s]", "cycles: {mac: 1, mul: 2, add: 3, exp: 5}"),
            pes);
        draw_loops(&random, &walk, extents, in_all[e], schedule, sizeof schedule);
        open_problem(&p, cascade, accel, schedule);
        double least = least_cycles(&walk, mapping, 0), got = p.einsums[0].compute_cycles;
        double named = naive_cycles(&walk, p.einsums[0].mapping);
        if (got < least * (1 - 1e-9) || got > least * (1 + 1e-9) || named < got * (1 - 1e-9) || named > got * (1 + 1e-9))
            fail_msg("seed %llu: %.17g cycles, %.17g by the mapping it names, the best is %.17g\n%s%s%s",
                     (unsigned long long)seed, got, named, least, cascade, accel, schedule);
        close_problem(&p);
    }
}

/* ---- memories, groups, energy -------------------------------------------------------------------------------------- */

struct group_row {
    const char *name, *cascade, *accel, *schedule;
    double compute, dram, buffer, fill, cycles;
};

#define ARRAY "units:\n" UNIT("array", "[2]", CYCLES)
#define TWO_UNITS "units:\n" UNIT("a", "[2]", CYCLES) UNIT("b", "[1]", CYCLES)

/* `one`: 6 bytes in, 6 bytes out, exp on 2 PEs: 3 * 4 = 12 cycles in one piece. */
static const struct group_row group_rows[] = {
    {"a leaf that runs once: load, compute, store one after another", one, HEAD MEMORIES("3 GB/s", "unlimited") ARRAY,
     "group\n  Z on array\n", 12, 4, 0, 4, 2 + 12 + 2},
    {"in a loop the slowest: compute", one, HEAD MEMORIES("3 GB/s", "unlimited") ARRAY,
     "group\n  for l in L by 2\n    Z on array\n", 12, 4, 0, 0, 12},
    {"in a loop the slowest: DRAM", one, HEAD MEMORIES("0.5 GB/s", "unlimited") ARRAY,
     "group\n  for l in L by 2\n    Z on array\n", 12, 24, 0, 0, 24},
    {"without prefetch DRAM and compute add up", one, HEAD "prefetch: false\n" MEMORIES("3 GB/s", "unlimited") ARRAY,
     "group\n  for l in L by 2\n    Z on array\n", 12, 4, 0, 0, 16},
    {"a memory's port: 6 in, 6 read, 6 written, 6 out", one, HEAD MEMORIES("12 GB/s", "1 GB/s") ARRAY,
     "group\n  for l in L by 2\n    Z on array\n", 12, 1, 24, 0, 24},
    {"the same, once: the port does not add to the path", one, HEAD MEMORIES("12 GB/s", "1 GB/s") ARRAY,
     "group\n  Z on array\n", 12, 1, 24, 1, 24},
    {"unlimited DRAM", one, HEAD MEMORIES("unlimited", "unlimited") ARRAY, "group\n  Z on array\n", 12, 0, 0, 0, 12},
    {"two groups add up", two, HEAD MEMORIES("3 GB/s", "unlimited") ARRAY,
     "group\n  for l in L by 2\n    U on array\ngroup\n  for l in L by 2\n    Z on array\n", 12 + 3, 4 + 4, 0, 0, 12 + 4},
    {"fused: the intermediate stays, its Einsums share the unit", two, HEAD MEMORIES("3 GB/s", "unlimited") ARRAY,
     "group\n  for l in L by 2\n    U on array\n    Z on array\n", 15, 4, 0, 0, 15},
    {"fused, once", two, HEAD MEMORIES("3 GB/s", "unlimited") ARRAY, "group\n  U on array\n  Z on array\n", 15, 4, 0, 4,
     2 + 15 + 2},
    {"two units in a loop work side by side", two, HEAD MEMORIES("3 GB/s", "unlimited") TWO_UNITS,
     "group\n  for l in L by 2\n    U on a\n    Z on b\n", 12, 4, 0, 0, 12},
    {"two units, once: the load before the first, the store after the last", two,
     HEAD MEMORIES("1 GB/s", "unlimited") TWO_UNITS, "group\n  U on b\n  Z on a\n", 24, 12, 0, 12, 6 + 24},
    {"two units, once: the store after the last decides", two, HEAD MEMORIES("1 GB/s", "unlimited") TWO_UNITS,
     "group\n  U on a\n  Z on b\n", 12, 12, 0, 12, 6 + 12},
    {"two units without prefetch: everything adds up", two,
     HEAD "prefetch: false\n" MEMORIES("3 GB/s", "unlimited") TWO_UNITS,
     "group\n  for l in L by 2\n    U on a\n    Z on b\n", 12, 4, 0, 0, 4 + 12 + 6},
    {"a leaf before a loop: only its load is on the path", two, HEAD MEMORIES("3 GB/s", "unlimited") ARRAY,
     "group\n  U on array\n  for l in L by 2\n    Z on array\n", 15, 4, 0, 2, 2 + 15},
    {"a loop before a leaf: only its store is", two, HEAD MEMORIES("3 GB/s", "unlimited") ARRAY,
     "group\n  for l in L by 2\n    U on array\n  Z on array\n", 15, 4, 0, 2, 15 + 2},
    {"a clock of 2 GHz halves the bytes per cycle", one,
     "accelerator: a\ntechnology: 28 nm\nclock: 2 GHz\n" MEMORIES("3 GB/s", "unlimited") ARRAY, "group\n  Z on array\n", 12,
     8, 0, 8, 4 + 12 + 4},
};

static void a_group_takes_its_slowest_resource_and_what_cannot_overlap(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(group_rows); i++) {
        const struct group_row *row = &group_rows[i];
        struct problem p;
        double compute = 0, dram = 0, buffer = 0, fill = 0, cycles = 0;
        print_message("%s\n", row->name);
        open_problem(&p, row->cascade, row->accel, row->schedule);
        for (int g = 0; g < p.plan->n_groups; g++) {
            compute += p.groups[g].compute_cycles;
            dram += p.groups[g].dram_cycles;
            buffer += p.groups[g].buffer_cycles;
            fill += p.groups[g].fill_cycles;
            cycles += p.groups[g].cycles;
        }
        assert_near(compute, row->compute);
        assert_near(dram, row->dram);
        assert_near(buffer, row->buffer);
        assert_near(fill, row->fill);
        assert_near(cycles, row->cycles);
        assert_near(p.cost.cycles, row->cycles);
        assert_near(p.cost.compute_cycles, row->compute);
        assert_near(p.cost.dram_cycles, row->dram);
        assert_near(p.cost.buffer_cycles, row->buffer);
        assert_near(p.cost.seconds * p.accel->hz, row->cycles);
        close_problem(&p);
    }
}

static void an_einsum_is_charged_its_streams_and_its_unit_port(void **state)
{
    (void)state;
    struct problem p;
    open_problem(&p, two, HEAD MEMORIES("2 GB/s", "1 GB/s") ARRAY,
                 "group\n  for l in L by 2\n    U on array\n    Z on array\n");
    assert_near(p.einsums[0].dram_cycles, 3); /* X in */
    assert_near(p.einsums[1].dram_cycles, 3); /* Z out */
    assert_near(p.einsums[0].buffer_cycles, 12);
    assert_near(p.einsums[1].buffer_cycles, 12); /* U is named twice and read once */
    assert_near(p.einsums[0].cycles, 12);
    assert_int_equal(p.einsums[0].bound, SINTER_BOUND_COMPUTE);
    assert_int_equal(p.einsums[1].bound, SINTER_BOUND_BUFFER);
    assert_int_equal(p.groups[0].bound, SINTER_BOUND_BUFFER);
    assert_int_equal(p.einsums[1].group, 0);
    assert_string_equal(sinter_bound_name(SINTER_BOUND_COMPUTE), "compute");
    assert_string_equal(sinter_bound_name(SINTER_BOUND_DRAM), "dram");
    assert_string_equal(sinter_bound_name(SINTER_BOUND_BUFFER), "buffer");
    close_problem(&p);
}

static void energy_and_utilization_by_hand(void **state)
{
    (void)state;
    static const char accel[] =
        HEAD MEMORIES("3 GB/s", "unlimited") "units:\n" UNIT("a", "[2]", CYCLES ", energy: {exp: 5 pJ, mul: 3 pJ}")
            UNIT("b", "[3]", CYCLES);
    struct problem p;
    open_problem(&p, two, accel, "group\n  for l in L by 1\n    U on a\n    Z on a\n");
    assert_int_equal(p.cost.operations[SINTER_EXP], 6);
    assert_int_equal(p.cost.operations[SINTER_MUL], 6);
    assert_near(p.cost.dram_joules * 1e12, 12 * 8 * 7);
    assert_near(p.cost.compute_joules * 1e12, 6 * 5 + 6 * 3);
    assert_near(p.cost.joules * 1e12, 12 * 8 * 7 + 48);
    assert_near(p.cost.cycles, 6 * 4 + 6); /* one token at a time keeps one of the two PEs idle */
    assert_near(p.cost.utilization, (6.0 * 4 + 6) / ((2 + 3) * 30.0)); /* the idle unit counts too */
    struct sinter_cost total = {0};                                    /* details are optional */
    sinter_cost_evaluate(p.plan, &total);
    assert_near(total.cycles, p.cost.cycles);
    assert_null(total.einsums);
    close_problem(&p);
}

/* ---- phases -------------------------------------------------------------------------------------------------------- */

/* P moves 200 bytes and computes 100 cycles, Q moves 200 and computes 400, at a byte a cycle. Together 500 cycles of compute
 * could hide 400 of DRAM; but Q is computed behind P, and of what P moves only what lies on chip at its beginning and its
 * end falls outside of its own time: 8 bytes each. */
static void phases_overlap_as_far_as_there_is_memory(void **state)
{
    (void)state;
    static const char cascade[] =
        "cascade: phases\ntype: int8\nranks: {L: 100}\ntensors:\n  X: {ranks: [L], role: input}\n"
        "  Y: {ranks: [L], role: input}\n  P: {ranks: [L], role: output}\n"
        "  Q: {ranks: [L], role: output}\neinsums:\n  - P[l] = X[l] * X[l]\n  - Q[l] = exp(Y[l])\n";
#define SMALL(capacity)                                                                   \
    HEAD "memories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n"                   \
         "  - {name: buffer, kind: sram, capacity: " capacity ", bandwidth: unlimited}\n" \
         "units:\n" UNIT("array", "[1]", CYCLES)
    static const char apart[] = "group\n  for l in L by 1\n    P on array\n  for l in L by 1\n    Q on array\n";
    static const char together[] =
        "group\n  for l in L by 50\n    for l in L by 1\n      P on array\n    for l in L by 1\n      Q on array\n";
    static const struct {
        const char *accel, *schedule;
        double cycles;
    } cases[] = {
        {SMALL("8 B"), apart, (200 - 2 * 8) + 400},          /* each once */
        {SMALL("8 B"), together, 2 * ((100 - 2 * 8) + 200)}, /* half of each, twice */
        {SMALL("50 B"), apart, 100 + 400},                   /* 200 - 100 is what P computes */
        {SMALL("1 MiB"), apart, 100 + 400},                  /* all of it could lie on chip */
    };
    for (int i = 0; i < COUNT(cases); i++) {
        struct problem p;
        open_problem(&p, cascade, cases[i].accel, cases[i].schedule);
        assert_near(p.cost.cycles, cases[i].cycles);
        close_problem(&p);
    }
}

/* ---- allocation ---------------------------------------------------------------------------------------------------- */

static void resolving_and_pricing_again_allocate_nothing(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_counting_allocator counting;
    struct sinter_plan *plan = NULL;
    sinter_counting_allocator_init(&counting, -1);
    open_problem(&p, two, HEAD MEMORIES("3 GB/s", "1 GB/s") ARRAY,
                 "group\n  for l in L by 2\n    U on array\n    Z on array\n");
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, &counting.allocator, NULL, &plan), SINTER_OK);
    assert_int_equal(sinter_plan_resolve(plan, &p.schedule, NULL), SINTER_OK);
    int64_t n_requests = counting.n_requests;
    for (int i = 0; i < 100; i++) {
        struct sinter_cost cost = {.einsums = p.einsums, .groups = p.groups};
        assert_int_equal(sinter_plan_resolve(plan, &p.schedule, NULL), SINTER_OK);
        sinter_cost_evaluate(plan, &cost);
        assert_true(cost.cycles == p.cost.cycles);
    }
    assert_int_equal(counting.n_requests, n_requests);
    sinter_plan_free(plan);
    assert_int_equal(counting.n_live, 0);
    close_problem(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compute_cycles_follow_rule_and_pieces),
        cmocka_unit_test(an_operation_counts_at_its_own_ranks_only),
        cmocka_unit_test(the_best_mapping_is_the_best_of_all),
        cmocka_unit_test(a_group_takes_its_slowest_resource_and_what_cannot_overlap),
        cmocka_unit_test(an_einsum_is_charged_its_streams_and_its_unit_port),
        cmocka_unit_test(energy_and_utilization_by_hand),
        cmocka_unit_test(phases_overlap_as_far_as_there_is_memory),
        cmocka_unit_test(resolving_and_pricing_again_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
