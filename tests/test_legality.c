/* test_legality.c: every rule that a schedule can break, trees that were built wrong, and schedules that do not fit.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect_error.h"
#include "problem.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* ---- cascades and accelerators ------------------------------------------------------------------------------------- */

/* A sum that two Einsums read. */
static const char sum[] = "cascade: sum\ntype: int8\nranks: {L: 4, D: 4}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
                          "  V: {ranks: [L, D], role: output}\n  W: {ranks: [L], role: output}\neinsums:\n"
                          "  - S[l] = X[l,d]\n  - V[l,d] = S[l] * X[l,d]\n  - W[l] = exp(S[l])\n";
/* Two sums in one Einsum, and a sum inside a sum. */
static const char sums[] =
    "cascade: sums\ntype: int8\nranks: {L: 4, D: 4, E: 4}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
    "  Z: {ranks: [L, E], role: input}\n  Y: {ranks: [L], role: output}\neinsums:\n"
    "  - Y[l] = sum(X[l,d]) * sum(Z[l,e])\n";
static const char nested[] = "cascade: nested\ntype: int8\nranks: {L: 4, D: 4, E: 4}\ntensors:\n  X: {ranks: [L, D], role: "
                             "input}\n  Z: {ranks: [E], role: input}\n  Y: {ranks: [L], role: output}\neinsums:\n"
                             "  - Y[l] = sum(X[l,d] * exp(sum(Z[e])))\n";
/* An intermediate that is read at every m while l advances, and one that is read one step behind. */
static const char around[] = "cascade: around\ntype: int8\nranks: {L: 4, M: 4}\ntensors:\n  X: {ranks: [L], role: input}\n"
                             "  V: {ranks: [L, M], role: output}\n  W: {ranks: [L], role: output}\neinsums:\n"
                             "  - U[l] = exp(X[l])\n  - V[l,m] = U[l] * U[m]\n  - W[l] = exp(U[l-1])\n";
static const char behind[] = "cascade: behind\ntype: int8\nranks: {L: 4}\ntensors:\n  X: {ranks: [L], role: input}\n"
                             "  V: {ranks: [L], role: output}\neinsums:\n  - U[l] = exp(X[l])\n  - V[l] = exp(U[l-1])\n";
/* V over (l, d) and W over (l, m): no Einsum has all ranks. */
static const char fork[] =
    "cascade: fork\ntype: int8\nranks: {L: 4, D: 4, M: 4}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
    "  Z: {ranks: [L, M], role: input}\n  V: {ranks: [L, D], role: output}\n"
    "  W: {ranks: [L, M], role: output}\neinsums:\n  - V[l,d] = exp(X[l,d])\n  - W[l,m] = exp(Z[l,m])\n";
static const char huge[] =
    "cascade: huge\ntype: int8\nranks: {L: 1000000000, D: 1000000000}\ntensors:\n"
    "  X: {ranks: [L], role: input}\n  B: {ranks: [D], role: input}\n  Y: {ranks: [L], role: output}\n"
    "einsums:\n  - Y[l] = X[l] * B[d]\n";

#define HEAD \
    "accelerator: a\ntechnology: 28 nm\nclock: 1 GHz\nmemories:\n  - {name: dram, kind: dram, bandwidth: 256 GB/s}\n"
#define ALL "cycles: {mac: 1, mul: 1, add: 1, exp: 4}"
static const char two_buffers[] = HEAD "  - {name: left, kind: sram, capacity: 1 KiB, bandwidth: unlimited}\n"
                                       "  - {name: right, kind: sram, capacity: 1 KiB, bandwidth: unlimited, parent: dram}\n"
                                       "units:\n  - {name: array, at: left, pes: [4, 4], " ALL "}\n"
                                       "  - {name: other, at: right, pes: [4], " ALL "}\n";
static const char three_levels[] = HEAD "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\n"
                                        "  - {name: file, kind: registers, capacity: 1 KiB, bandwidth: unlimited}\n"
                                        "units:\n  - {name: array, at: file, pes: [4, 4], " ALL "}\n";
static const char tight[] = HEAD "  - {name: buffer, kind: sram, capacity: 40 B, bandwidth: unlimited}\n"
                                 "units:\n  - {name: array, at: buffer, pes: [4, 4], " ALL "}\n";

static void open_problem(struct problem *p, const char *cascade, const char *accel)
{
    if (!problem_open(p, cascade, accel, NULL, NULL, 0))
        fail_msg("%s", sinter_diagnostics_text(p->diags));
}

/* ---- rules --------------------------------------------------------------------------------------------------------- */

#define G "group\n"
#define LEAVES(i) i "DA on array\n" i "BX on array\n" i "H on array\n" i "Y on array\n"

struct rule_row {
    const char *rule;
    const char *cascade, *accel, *schedule;
    const char *expected; /* as in expect_error.h; empty: the schedule is legal */
};

static const struct rule_row rule_rows[] = {
    /* order */
    {"producers first", problem_scan, problem_one_buffer, G "  BX on array\n  H on array\n  DA on array\n  Y on array\n",
     "f:3:3: 'H' reads 'DA' before it is made | put the producer first"},
    {"producers in earlier groups", problem_scan, problem_one_buffer,
     G "  DA on array\n  Y on array\n" G "  BX on array\n  H on array\n",
     "f:3:3: 'Y' reads 'H' before it is made | put the producer first"},
    {"a cycle in its order", problem_two_step, problem_one_buffer,
     G "  for l in L by 1\n    DA on array\n    BX on array\n    H on array\n    HA on array\n    Y on array\n",
     "f:5:5: 'H' reads 'HA' before it is made | put the producer first"},
    /* (1) */
    {"(1) every loop around an Einsum is over a rank of it", sum, problem_one_buffer,
     G "  S on array\n  for d in D by 2\n    V on array\n    W on array\n",
     "f:5:5: 'W' would be recomputed: it stands in a loop over D, which is not a rank of it | take it out of that loop, or "
     "loop over a rank that it has"},
    /* (2) */
    {"(2) the loops around an intermediate's body index it", sum, problem_one_buffer,
     G "  for d in D by 2\n    S on array\n    V on array\n  W on array\n",
     "f:2:3: a loop over D, which does not index 'S', around its producer and its reader 'V': it would read an unfinished "
     "sum | end that loop before the reader, or start it after the producer"},
    {"(2) its readers read there at or behind", around, problem_one_buffer,
     G "  for l in L by 2\n    U on array\n    V on array\n    W on array\n",
     "f:2:3: a loop over L around the producer of 'U' and its reader 'V', which does not read it at l or behind: it would "
     "read ahead of the producer | end that loop before the reader"},
    {"(2) one of two sums may be split", sums, problem_one_buffer, G "  for d in D by 2\n    Y on array\n", ""},
    {"(2) two sums may not be split at once", sums, problem_one_buffer,
     G "  for d in D by 2\n    for e in E by 2\n      Y on array\n",
     "f:2:3: a loop over D around 'Y' would leave more than one unfinished value: the ranks that loops cut must all be "
     "reduced "
     "by one outermost sum or max | leave that rank whole, or write the parts of the expression as Einsums of their own"},
    {"(2) an outer sum may be split", nested, problem_one_buffer, G "  for d in D by 2\n    Y on array\n", ""},
    {"(2) a sum inside a sum may not be split", nested, problem_one_buffer, G "  for e in E by 2\n    Y on array\n",
     "f:2:3: a loop over E around 'Y' would leave more than one unfinished value: the ranks that loops cut must all be "
     "reduced "
     "by one outermost sum or max | leave that rank whole, or write the parts of the expression as Einsums of their own"},
    /* (3) */
    {"(3) a cycle stands in one group", problem_two_step, problem_one_buffer,
     G "  DA on array\n  BX on array\n  for l in L by 1\n    HA on array\n" G
       "  for l in L by 1\n    H on array\n  Y on array\n",
     "f:8:5: 'HA' and 'H' form a recurrence but stand in different groups | put them in one group"},
    {"(3) a cycle shares its loops over the rank", problem_two_step, problem_one_buffer,
     G "  DA on array\n  BX on array\n  for l in L by 1\n    HA on array\n  for l in L by 1\n    H on array\n  Y on array\n",
     "f:7:5: 'HA' and 'H' form a recurrence along L but do not share their loops over it | put them in the same loops"},
    {"(3) a cycle steps by at most its look-back", problem_two_step, problem_one_buffer,
     G "  for l in L by 2\n    DA on array\n    BX on array\n    HA on array\n    H on array\n    Y on array\n",
     "f:2:3: the recurrence through 'HA' looks back by 1 along L, but its Einsums step by 2 | loop over it by a smaller "
     "tile, or put the cycle in one chain"},
    {"(3) also without any loop", problem_two_step, problem_one_buffer,
     G "  DA on array\n  BX on array\n  HA on array\n  H on array\n  Y on array\n",
     "f:4:3: the recurrence through 'HA' looks back by 1 along L, but its Einsums step by 6 | loop over it by a smaller "
     "tile, or put the cycle in one chain"},
    /* (4) */
    {"(4) units can run their Einsums", problem_scan, problem_one_buffer,
     G "  DA on adder\n  BX on array\n  H on array\n  Y on array\n",
     "f:2:3: unit 'adder' cannot run 'DA': no exp | give the unit cycles for it, or use another unit"},
    {"(4) a hold in a memory that no user reaches", problem_scan, two_buffers, G "  hold A in right\n" LEAVES("  "),
     "f:2:3: unit 'array' uses 'A' but does not reach memory 'right', where this line holds it | name a memory that every "
     "unit which uses it below the line reaches"},
    {"(4) a carry in a memory that no user reaches", problem_scan, two_buffers,
     G "  carry H in right\n  for l in L by 1\n" LEAVES("    "),
     "f:2:3: unit 'array' uses 'H' but does not reach memory 'right', where this line carries it | name a memory that all "
     "of them reach"},
    {"(4) a hold in an outer memory that nothing there uses", problem_scan, three_levels,
     G "  hold A in file\n" LEAVES("  ") "  hold A in buffer\n",
     "f:7:3: nothing after this line uses 'A' through 'buffer' | leave it out, or move it before what uses it"},
    /* chains */
    {"a chain has one unit", problem_scan, problem_one_buffer,
     G "  DA on array\n  chain\n    BX on array\n    H on adder\n  Y on array\n",
     "f:5:5: 'H' names another unit than its chain | one unit evaluates a chain"},
    {"a chain's Einsums iterate the same ranks or subsets", around, problem_one_buffer,
     G "  U on array\n  chain\n    V on array\n    W on array\n", ""},
    {"a chain needs an Einsum over all its ranks", fork, problem_one_buffer, G "  chain\n    V on array\n    W on array\n",
     "f:2:3: no Einsum of this chain iterates all of its ranks | the Einsums of a chain iterate the same ranks or subsets "
     "of them"},
    {"a chain in order", problem_scan, problem_one_buffer,
     G "  DA on array\n  chain\n    H on array\n    BX on array\n  Y on array\n",
     "f:3:3: 'H' reads 'BX' before it is made | put the producer first"},
    {"a chain uses a value where it was made", around, problem_one_buffer,
     G "  chain\n    U on array\n    V on array\n  W on array\n",
     "f:2:3: 'V' reads 'U' at another point than the one that made it, which a chain cannot do | end the chain before the "
     "reader"},
    {"a chain cannot need a finished sum", sum, problem_one_buffer,
     G "  chain\n    S on array\n    V on array\n  W on array\n",
     "f:2:3: 'V' needs the finished sum 'S' while it iterates D, the rank of that sum | end the chain before the reader"},
    {"what lives inside a chain is not held", problem_scan, problem_one_buffer,
     G "  hold DA in buffer\n  chain\n" LEAVES("    "),
     "f:2:3: nothing after this line uses 'DA' through 'buffer' | it lives only inside a chain, where it takes no space: "
     "leave the line out"},
    /* holds */
    {"held twice on one path", problem_scan, problem_one_buffer,
     G "  hold A in buffer\n  for l in L by 1\n    hold A in buffer\n" LEAVES("    "),
     "f:4:5: 'A' is held in 'buffer' already where this line holds it again | leave one of the two out"},
    {"held where nothing follows that uses it", problem_scan, problem_one_buffer, G LEAVES("  ") "  hold A in buffer\n",
     "f:6:3: nothing after this line uses 'A' through 'buffer' | leave it out, or move it before what uses it"},
    {"a state that a carry moves counts as unused", problem_scan, problem_one_buffer, G "  hold H0 in buffer\n" LEAVES("  "),
     "f:2:3: nothing after this line uses 'H0' through 'buffer' | leave it out, or move it before what uses it"},
    {"sent out inside a loop", problem_scan, problem_one_buffer, G "  for l in L by 1\n    hold DA in dram\n" LEAVES("    "),
     "f:3:5: 'hold DA in dram' inside a loop | write it at the root of the group"},
    {"an intermediate held again behind its producer", problem_scan, problem_one_buffer,
     G "  DA on array\n  hold DA in buffer\n  BX on array\n  H on array\n  Y on array\n",
     "f:3:3: 'DA' is held in 'buffer' already where this line holds it again | put the line before the producer, or leave "
     "it out: an intermediate is held anyway"},
    /* carries */
    {"carried twice", problem_scan, problem_one_buffer, G "  carry H in buffer\n  carry H in buffer\n" LEAVES("  "),
     "f:3:3: 'H' is carried twice | one line says where the carry lives"},
    {"spilled inside a loop", problem_scan, problem_one_buffer, G "  for d in D by 2\n    carry H in dram\n" LEAVES("    "),
     "f:3:5: 'carry H in dram' inside a loop | write it at the root of the group"},
    {"carried without a look-back", problem_scan, problem_one_buffer, G "  carry DA in buffer\n" LEAVES("  "),
     "f:2:3: nothing in this group looks back at 'DA' | carry a tensor that is produced and looked back at in this group"},
    {"carried inside a loop over its rank", problem_scan, problem_one_buffer,
     G "  for l in L by 1\n    carry H in buffer\n" LEAVES("    "),
     "f:3:5: the carry of 'H' stands inside a loop over L, along which it is handed on | move it out of that loop"},
    {"sent out and carried", problem_scan, problem_one_buffer,
     G "  hold H in dram\n  carry H in buffer\n  for l in L by 1\n" LEAVES("    "),
     "f:3:3: 'H' is sent to dram and carried on chip | leave one of the two lines out"},
    {"a carry that does not enclose its readers", problem_scan, problem_one_buffer,
     G "  DA on array\n  BX on array\n  for d in D by 2\n    carry H in buffer\n    for l in L by 1\n      H on array\n  Y "
       "on array\n",
     "f:5:5: the carry of 'H' does not enclose its producer and its readers | move it outward"},
    {"sent out, looked back at and held", problem_scan, problem_one_buffer,
     G "  hold H in dram\n  for l in L by 1\n    hold H in buffer\n" LEAVES("    "),
     "f:4:5: 'H' is sent to dram and looked back at there, but also held on chip around its producer | leave one of the two "
     "lines out"},
    {"sent out and looked back at through a hold", behind, problem_one_buffer,
     G "  hold U in dram\n  for l in L by 2\n    hold U in buffer\n    U on array\n    V on array\n",
     "f:4:5: 'U' is looked back at through a hold that does not cover all of its uses | hold it after its producer, or at "
     "the root as an intermediate"},
    /* sizes */
    {"more bits than can be counted", huge, problem_one_buffer,
     G "  hold Y in buffer\n  for l in L by 1\n    for d in D by 1\n      Y on array\n",
     ":0:0: the schedule moves or holds more than 2^63 bits | use larger "
     "tiles, or hold the tensor that is loaded again and again"},
};

static void each_rule_refuses_what_breaks_it(void **state)
{
    (void)state;
    int n_failed = 0;
    for (int i = 0; i < COUNT(rule_rows); i++) {
        const struct rule_row *row = &rule_rows[i];
        struct problem p;
        struct sinter_plan *plan = NULL;
        open_problem(&p, row->cascade, row->accel);
        if (problem_read(&p, row->schedule) != SINTER_OK)
            fail_msg("%s: %s", row->rule, sinter_diagnostics_text(p.diags));
        assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
        enum sinter_status status = sinter_plan_resolve(plan, &p.schedule, p.diags);
        n_failed += differs_from(row->expected, p.diags, row->rule);
        assert_int_equal(status, *row->expected ? SINTER_BAD_INPUT : SINTER_OK);
        assert_int_equal(sinter_plan_resolve(plan, &p.schedule, NULL), status); /* silently the same */
        sinter_plan_free(plan);
        problem_close(&p);
    }
    assert_int_equal(n_failed, 0);
}

/* U is made at one buffer and read at the other: it goes through DRAM, tile by tile. */
static void an_intermediate_of_units_that_share_only_dram_is_sent_out(void **state)
{
    (void)state;
    static const char chain[] = "cascade: chain\ntype: int8\nranks: {L: 4}\ntensors:\n  X: {ranks: [L], role: input}\n"
                                "  V: {ranks: [L], role: output}\neinsums:\n  - U[l] = exp(X[l])\n  - V[l] = exp(U[l])\n";
    struct problem p;
    struct sinter_plan *plan = NULL;
    open_problem(&p, chain, two_buffers);
    assert_int_equal(problem_read(&p, G "  for l in L by 2\n    U on array\n    V on other\n"), SINTER_OK);
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
    assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_OK);
    int u = sinter_cascade_tensor(p.cascade, "U");
    assert_int_equal(plan->traffic[u].write_bits, 4 * 8);
    assert_int_equal(plan->traffic[u].read_bits, 4 * 8);
    assert_int_equal(plan->peak_bits[sinter_accel_memory(p.accel, "left")], (2 + 2) * 8);
    assert_int_equal(plan->peak_bits[sinter_accel_memory(p.accel, "right")], (2 + 2) * 8);
    sinter_plan_free(plan);
    problem_close(&p);
}

/* A part may leave Einsums out, but not one half of a recurrence. */
static void a_part_keeps_its_recurrences_whole(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_plan *plan = NULL;
    open_problem(&p, problem_two_step, problem_one_buffer);
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
    int half = sinter_cascade_einsum(p.cascade, "HA"), other = sinter_cascade_einsum(p.cascade, "DA");
    sinter_schedule_group(&p.schedule);
    sinter_schedule_leaf(&p.schedule, other, 0);
    sinter_schedule_close(&p.schedule);
    assert_int_equal(sinter_plan_resolve_part(plan, &p.schedule, p.diags), SINTER_OK);
    assert_int_equal(plan->n_members, 1);
    assert_int_equal(plan->leaves[half].node, -1);
    assert_int_equal(plan->dram_write_bits, 8 * 6 * 4 * 2); /* its readers stand in later groups */
    sinter_schedule_clear(&p.schedule);
    sinter_schedule_group(&p.schedule);
    sinter_schedule_loop(&p.schedule, sinter_cascade_rank(p.cascade, "L"), 1);
    sinter_schedule_leaf(&p.schedule, half, 0);
    sinter_schedule_close(&p.schedule);
    sinter_schedule_close(&p.schedule);
    assert_int_equal(sinter_plan_resolve_part(plan, &p.schedule, p.diags), SINTER_BAD_INPUT);
    expect_diagnostics(p.diags, ":0:0: only a part of the recurrence through 'HA' is scheduled | put them in one group");
    sinter_plan_free(plan);
    problem_close(&p);
}

static void trees_that_were_built_wrong_are_refused(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_plan *plan = NULL;
    open_problem(&p, sum, problem_one_buffer);
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
    struct sinter_schedule *s = &p.schedule;
    assert_int_equal(sinter_plan_resolve(plan, s, p.diags), SINTER_BAD_INPUT); /* empty */
    sinter_schedule_group(s);
    sinter_schedule_leaf(s, 0, 0);
    assert_int_equal(sinter_plan_resolve(plan, s, p.diags), SINTER_BAD_INPUT); /* open */
    sinter_schedule_leaf(s, 0, 0);
    sinter_schedule_leaf(s, 1, 0);
    sinter_schedule_leaf(s, 2, 0);
    sinter_schedule_close(s);
    assert_int_equal(sinter_plan_resolve(plan, s, p.diags), SINTER_BAD_INPUT); /* one twice */
    expect_diagnostics(p.diags, ":0:0: Einsum 'S' is missing in the schedule\n:0:0: the schedule was not built completely\n"
                                ":0:0: Einsum 'S' stands twice in the schedule");
    sinter_schedule_clear(s);
    sinter_schedule_close(s); /* nothing is open */
    assert_true(s->failed);
    sinter_schedule_clear(s);
    sinter_schedule_loop(s, 0, 1); /* outside a group */
    assert_true(s->failed);
    sinter_schedule_clear(s);
    sinter_schedule_leaf(s, 0, 0);
    assert_true(s->failed);
    sinter_schedule_clear(s);
    sinter_schedule_group(s);
    sinter_schedule_loop(s, 0, 0); /* a tile of nothing */
    assert_true(s->failed);
    sinter_schedule_clear(s);
    for (int i = 0; i < 70; i++) /* deeper than can be open */
        i == 0 ? sinter_schedule_group(s) : sinter_schedule_loop(s, 0, 1);
    assert_true(s->failed);
    assert_int_equal(sinter_plan_resolve(plan, s, NULL), SINTER_BAD_INPUT);
    sinter_plan_free(plan);
    problem_close(&p);
}

/* ---- capacity ------------------------------------------------------------------------------------------------------ */

static void a_misfit_names_memory_bytes_and_what_lives_there(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_plan *plan = NULL;
    open_problem(&p, problem_scan, tight);
    assert_int_equal(
        problem_read(
            &p,
            G "  hold A in buffer\n  for l in L by 1\n    hold DT in buffer\n    hold X in buffer\n    hold B in buffer\n"
              "    hold C in buffer\n" LEAVES("    ")),
        SINTER_OK);
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
    assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_INFEASIBLE);
    assert_false(plan->fits);
    assert_int_equal(plan->peak_bits[1], 44 * 8); /* complete all the same */
    expect_diagnostics(
        p.diags, "f:9:5: group 1 needs 44 B of memory 'buffer', which has 40 B, while 'BX' runs; then live: "
                 "DA 8 B (intermediate), BX 8 B (intermediate), DT 4 B (held), A 8 B (held), X 4 B (held), B 2 B (held), "
                 "C 2 B (held), H 8 B (carried) | use smaller tiles, hold less, split the state over more tiles, or give "
                 "the accelerator more memory");
    sinter_plan_free(plan);
    problem_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_refuses_what_breaks_it),
        cmocka_unit_test(an_intermediate_of_units_that_share_only_dram_is_sent_out),
        cmocka_unit_test(a_part_keeps_its_recurrences_whole),
        cmocka_unit_test(trees_that_were_built_wrong_are_refused),
        cmocka_unit_test(a_misfit_names_memory_bytes_and_what_lives_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
