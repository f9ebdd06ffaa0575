/* test_notation.c: schedule files: round trips, every message of the reader word for word, every rule of legality, and
 * what happens when memory runs out.
 * SPDX-License-Identifier: MIT
 *
 * Messages are shown as "line:column: message | hint", one a line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sinter/search.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* ---- cascades and accelerators ------------------------------------------------------------------------------------- */

#define CORE_TENSORS                                                                                              \
    "type: int8\nranks: {L: 6, D: 4, N: 2}\ntensors:\n"                                                           \
    "  DT: {ranks: [L, D], role: input}\n  X: {ranks: [L, D], role: input}\n  B: {ranks: [L, N], role: input}\n"  \
    "  C: {ranks: [L, N], role: input}\n  A: {ranks: [D, N], role: weight}\n  H0: {ranks: [D, N], role: state}\n" \
    "  H: {ranks: [L, D, N], state: H0}\n  Y: {ranks: [L, D], role: output}\neinsums:\n"

static const char core[] =
    "cascade: core\n" CORE_TENSORS "  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n  - BX[l,d,n] = DT[l,d] * X[l,d] * B[l,n]\n"
    "  - H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]\n  - Y[l,d] = C[l,n] * H[l,d,n]\n";
/* The recurrence as two Einsums. */
static const char two_step[] =
    "cascade: two-step\n" CORE_TENSORS "  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n  - BX[l,d,n] = DT[l,d] * X[l,d] * B[l,n]\n"
    "  - HA[l,d,n] = DA[l,d,n] * H[l-1,d,n]\n  - H[l,d,n] = HA[l,d,n] + BX[l,d,n]\n"
    "  - Y[l,d] = C[l,n] * H[l,d,n]\n";
/* A sum that two Einsums read. */
static const char sum[] = "cascade: sum\ntype: int8\nranks: {L: 4, D: 4}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
                          "  V: {ranks: [L, D], role: output}\n  W: {ranks: [L], role: output}\neinsums:\n"
                          "  - S[l] = X[l,d]\n  - V[l,d] = S[l] * X[l,d]\n  - W[l] = exp(S[l])\n";
/* An intermediate that is read at every m while l advances, and one that is read one step behind. */
static const char around[] = "cascade: around\ntype: int8\nranks: {L: 4, M: 4}\ntensors:\n  X: {ranks: [L], role: input}\n"
                             "  V: {ranks: [L, M], role: output}\n  W: {ranks: [L], role: output}\neinsums:\n"
                             "  - U[l] = exp(X[l])\n  - V[l,m] = U[l] * U[m]\n  - W[l] = exp(U[l-1])\n";
static const char behind[] = "cascade: behind\ntype: int8\nranks: {L: 4}\ntensors:\n  X: {ranks: [L], role: input}\n"
                             "  V: {ranks: [L], role: output}\neinsums:\n  - U[l] = exp(X[l])\n  - V[l] = exp(U[l-1])\n";
static const char huge[] =
    "cascade: huge\ntype: int8\nranks: {L: 1000000000, D: 1000000000}\ntensors:\n"
    "  X: {ranks: [L], role: input}\n  B: {ranks: [D], role: input}\n  Y: {ranks: [L], role: output}\n"
    "einsums:\n  - Y[l] = X[l] * B[d]\n";

#define HEAD \
    "accelerator: a\ntechnology: 28 nm\nclock: 1 GHz\nmemories:\n  - {name: dram, kind: dram, bandwidth: 256 GB/s}\n"
#define ALL "cycles: {mac: 1, mul: 1, add: 1, exp: 4}"
static const char one_buffer[] = HEAD "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\n"
                                      "units:\n  - {name: array, at: buffer, pes: [4, 4], " ALL "}\n"
                                      "  - {name: adder, at: buffer, pes: [4], cycles: {mac: 1, mul: 1, add: 1}}\n";
static const char two_buffers[] = HEAD "  - {name: left, kind: sram, capacity: 1 KiB, bandwidth: unlimited}\n"
                                       "  - {name: right, kind: sram, capacity: 1 KiB, bandwidth: unlimited, parent: dram}\n"
                                       "units:\n  - {name: array, at: left, pes: [4, 4], " ALL "}\n"
                                       "  - {name: other, at: right, pes: [4], " ALL "}\n";
static const char three_levels[] = HEAD "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\n"
                                        "  - {name: file, kind: registers, capacity: 1 KiB, bandwidth: unlimited}\n"
                                        "units:\n  - {name: array, at: file, pes: [4, 4], " ALL "}\n";
static const char tight[] = HEAD "  - {name: buffer, kind: sram, capacity: 40 B, bandwidth: unlimited}\n"
                                 "units:\n  - {name: array, at: buffer, pes: [4, 4], " ALL "}\n";

struct problem {
    struct sinter_diagnostics *diags;
    struct sinter_cascade *cascade;
    struct sinter_accel *accel;
    struct sinter_schedule schedule;
};

static void open_problem(struct problem *p, const char *cascade, const char *accel, const struct sinter_allocator *allocator)
{
    *p = (struct problem){.diags = sinter_diagnostics_new(NULL)};
    if (sinter_cascade_parse("cascade", cascade, strlen(cascade), NULL, 0, NULL, p->diags, &p->cascade) != SINTER_OK ||
        sinter_accel_parse("accel", accel, strlen(accel), NULL, 0, NULL, p->diags, &p->accel) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(p->diags));
    sinter_schedule_init(&p->schedule, p->cascade, p->accel, allocator);
}

static void close_problem(struct problem *p)
{
    sinter_schedule_free(&p->schedule);
    sinter_accel_free(p->accel);
    sinter_cascade_free(p->cascade);
    sinter_diagnostics_free(p->diags);
}

static enum sinter_status parse(struct problem *p, const char *text)
{
    return sinter_schedule_parse(&p->schedule, "schedule", text, strlen(text), p->diags);
}

static void show(const struct sinter_diagnostics *diags, struct sinter_text *out)
{
    for (int i = 0; i < sinter_diagnostics_count(diags); i++) {
        const struct sinter_diagnostic *d = sinter_diagnostics_at(diags, i);
        sinter_text_printf(out, "%d:%d: %s%s%s\n", d->at.line, d->at.column, d->message, d->hint ? " | " : "",
                           d->hint ? d->hint : "");
    }
}

/* Compares, and shows every difference before it fails once. */
static int differs(const char *text, const struct sinter_diagnostics *diags, const char *expected)
{
    struct sinter_text shown = {0};
    show(diags, &shown);
    bool same = strcmp(sinter_text_data(&shown), expected) == 0;
    if (!same)
        print_error("----\n%s---- expected\n%s---- found\n%s", text, expected, sinter_text_data(&shown));
    sinter_text_free(&shown);
    return !same;
}

/* ---- round trips --------------------------------------------------------------------------------------------------- */

#define LEAVES(i) i "DA on array\n" i "BX on array\n" i "H on array\n" i "Y on array\n"

static const char canonical[] = "group 1\n"
                                "  hold B in buffer\n"
                                "  hold C in buffer double\n"
                                "  hold BX in dram\n"
                                "  for d in D by 640\n"
                                "    hold A in buffer\n"
                                "    carry H in buffer\n"
                                "    for l in L by 1\n"
                                "      DA on array\n"
                                "      BX on adder\n"
                                "      chain\n"
                                "        H on array\n"
                                "        Y on array\n";

static const struct {
    const char *text, *printed;
} round_trips[] = {
    {canonical, canonical},
    {"group\n  DA on array\ngroup\n  BX on array\ngroup 17\n  H on array\n  Y on array",
     "group 1\n  DA on array\ngroup 2\n  BX on array\ngroup 3\n  H on array\n  Y on array\n"},
    /* comments, blank lines, carriage returns, any indentation that a body agrees on, spaces between words */
    {"# head\r\n\r\n   group   # one\n      for  l   in L by 0003#three\r\n            DA on array   \n\n            BX on "
     "array\n"
     "       # out of line\n      H on array\n      Y on array\n  # end",
     "group 1\n  for l in L by 3\n    DA on array\n    BX on array\n  H on array\n  Y on array\n"},
    {"group\n  for l in L by 9223372036854775807\n" LEAVES("    "),
     "group 1\n  for l in L by 9223372036854775807\n"
     "    DA on array\n    BX on array\n    H on array\n    Y on array\n"},
};

static void what_is_printed_reads_back(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(round_trips); i++) {
        struct problem p;
        struct sinter_text first = {0}, second = {0};
        open_problem(&p, core, one_buffer, NULL);
        if (parse(&p, round_trips[i].text) != SINTER_OK)
            fail_msg("%s", sinter_diagnostics_text(p.diags));
        sinter_schedule_print(&p.schedule, &first);
        assert_string_equal(sinter_text_data(&first), round_trips[i].printed);
        assert_int_equal(sinter_schedule_parse(&p.schedule, NULL, first.data, first.length, NULL), SINTER_OK);
        sinter_schedule_print(&p.schedule, &second);
        assert_string_equal(sinter_text_data(&first), sinter_text_data(&second));
        sinter_text_free(&first);
        sinter_text_free(&second);
        close_problem(&p);
    }
}

static void nodes_lie_in_preorder_with_their_ends_and_places(void **state)
{
    (void)state;
    static const struct {
        enum sinter_node_kind kind;
        int end, line, column;
    } expected[] = {
        {SINTER_GROUP, 13, 1, 1}, {SINTER_HOLD, 2, 2, 3},   {SINTER_HOLD, 3, 3, 3},    {SINTER_HOLD, 4, 4, 3},
        {SINTER_LOOP, 13, 5, 3},  {SINTER_HOLD, 6, 6, 5},   {SINTER_CARRY, 7, 7, 5},   {SINTER_LOOP, 13, 8, 5},
        {SINTER_LEAF, 9, 9, 7},   {SINTER_LEAF, 10, 10, 7}, {SINTER_CHAIN, 13, 11, 7}, {SINTER_LEAF, 12, 12, 9},
        {SINTER_LEAF, 13, 13, 9},
    };
    struct problem p;
    open_problem(&p, core, one_buffer, NULL);
    assert_int_equal(parse(&p, canonical), SINTER_OK);
    assert_int_equal(p.schedule.n_nodes, COUNT(expected));
    for (int i = 0; i < COUNT(expected); i++) {
        assert_int_equal(p.schedule.nodes[i].kind, expected[i].kind);
        assert_int_equal(p.schedule.nodes[i].end, expected[i].end);
        assert_int_equal(p.schedule.nodes[i].at.line, expected[i].line);
        assert_int_equal(p.schedule.nodes[i].at.column, expected[i].column);
    }
    assert_int_equal(p.schedule.nodes[4].tile, 640);
    assert_false(p.schedule.nodes[1].is_double);
    assert_true(p.schedule.nodes[2].is_double);
    close_problem(&p);
}

/* ---- messages of the reader ---------------------------------------------------------------------------------------- */

#define HOLD_FORM "write: hold TENSOR in MEMORY, or hold TENSOR in MEMORY double"
#define CARRY_FORM "write: carry TENSOR in MEMORY"
#define LOOP_FORM "write: for VARIABLE in RANK by SIZE, e.g. for d in D by 640"
#define LINE_FORM "a line is one of: group, hold T in M, carry T in M, for r in R by N, chain, EINSUM on UNIT"
#define ONCE "every Einsum of the cascade stands in a schedule exactly once"
#define TILE_FORM "a tile size is a whole number of at least 1"
#define G "group\n"

static const struct {
    const char *text, *messages;
} bad_texts[] = {
    /* words */
    {G "\tDA on array\n", "2:1: a tab in a schedule | indent with spaces\n"},
    {G "  DA\ton array\n", "2:5: a tab in a schedule | indent with spaces\n"},
    {G "  DA on arr\x01y\n", "2:12: a control character (byte 0x01): this is not a schedule\n"},
    {G "  \x7f\n", "2:3: a control character (byte 0x7f): this is not a schedule\n"},
    {G "  a b c d e f g h\n", "2:17: too many words in this line\n"},
    /* groups and bodies */
    {"DA on array\n", "1:1: 'DA' outside a group | a schedule is a list of groups; everything else is indented below one\n"},
    {G "  group\n", "2:3: a group inside a group | a schedule is a list of groups; everything else is indented below one\n"},
    {"group 1 2\n", "1:9: unexpected '2' | write: group, or group NUMBER\n"},
    {G, "1:1: this group is empty | indent the lines of its body deeper than their head\n"},
    {G G "  DA on array\n", "1:1: this group is empty | indent the lines of its body deeper than their head\n"},
    {G "  for l in L by 2\n  DA on array\n",
     "2:3: this loop is empty | indent the lines of its body deeper than their head\n"},
    {G "  chain\n  DA on array\n", "2:3: this chain is empty | indent the lines of its body deeper than their head\n"},
    {G "  chain\n", "2:3: this chain is empty | indent the lines of its body deeper than their head\n"},
    {G "  DA on array\n   BX on array\n",
     "3:4: indented by 3, but the lines before it in this body by 2 | the lines of one body share one indentation\n"},
    {G "    for l in L by 2\n        DA on array\n      BX on array\n",
     "4:7: indented by 6, but the lines before it in this body by 8 | the lines of one body share one indentation\n"},
    {"  group\n    DA on array\ngroup\n    BX on array\n",
     "3:1: indented by 0, but the lines before it in this body by 2 | the lines of one body share one indentation\n"},
    /* hold and carry */
    {G "  hold\n", "2:7: expected the name of a tensor here | " HOLD_FORM "\n"},
    {G "  hold DTT in buffer\n", "2:8: unknown tensor 'DTT' | did you mean 'DT'?\n"},
    {G "  hold Q9 in buffer\n", "2:8: unknown tensor 'Q9' | " HOLD_FORM "\n"},
    {G "  hold DT\n", "2:10: expected 'in' here | " HOLD_FORM "\n"},
    {G "  hold DT at buffer\n", "2:11: expected 'in', found 'at' | " HOLD_FORM "\n"},
    {G "  hold DT in\n", "2:13: expected the name of a memory here | " HOLD_FORM "\n"},
    {G "  hold DT in bufer\n", "2:14: unknown memory 'bufer' | did you mean 'buffer'?\n"},
    {G "  hold DT in buffer twice\n", "2:21: unexpected 'twice' | " HOLD_FORM "\n"},
    {G "  hold DT in buffer double x\n", "2:28: unexpected 'x' | " HOLD_FORM "\n"},
    {G "  carry\n", "2:8: expected the name of a tensor here | " CARRY_FORM "\n"},
    {G "  carry H in\n", "2:13: expected the name of a memory here | " CARRY_FORM "\n"},
    {G "  carry H buffer\n", "2:11: expected 'in', found 'buffer' | " CARRY_FORM "\n"},
    {G "  carry H in buffer double\n", "2:21: unexpected 'double' | " CARRY_FORM "\n"},
    /* loops */
    {G "  for\n", "2:6: expected the variable of a rank here | " LOOP_FORM "\n"},
    {G "  for d\n", "2:8: expected 'in' here | " LOOP_FORM "\n"},
    {G "  for d on D by 2\n", "2:9: expected 'in', found 'on' | " LOOP_FORM "\n"},
    {G "  for d in\n", "2:11: expected the name of a rank here | " LOOP_FORM "\n"},
    {G "  for d in Width by 2\n", "2:12: unknown rank 'Width' | " LOOP_FORM "\n"},
    {G "  for n in d by 2\n", "2:12: unknown rank 'd' | did you mean 'D'?\n"},
    {G "  for d in D\n", "2:13: expected 'by' here | " LOOP_FORM "\n"},
    {G "  for d in D to 2\n", "2:14: expected 'by', found 'to' | " LOOP_FORM "\n"},
    {G "  for l in D by 2\n", "2:7: the variable of rank 'D' is 'd', not 'l' | " LOOP_FORM "\n"},
    {G "  for d in D by\n", "2:16: expected a tile size here | " LOOP_FORM "\n"},
    {G "  for d in D by 0\n", "2:17: '0' is no tile size | " TILE_FORM "\n"},
    {G "  for d in D by -1\n", "2:17: '-1' is no tile size | " TILE_FORM "\n"},
    {G "  for d in D by 2.5\n", "2:17: '2.5' is no tile size | " TILE_FORM "\n"},
    {G "  for d in D by 2k\n", "2:17: '2k' is no tile size | " TILE_FORM "\n"},
    {G "  for d in D by 9223372036854775808\n", "2:17: '9223372036854775808' is no tile size | " TILE_FORM "\n"},
    {G "  for d in D by 2 2\n", "2:19: unexpected '2' | " LOOP_FORM "\n"},
    /* leaves */
    {G "  DA\n", "2:3: a line that starts with 'DA' | " LINE_FORM "\n"},
    {G "  hols DT in buffer\n", "2:3: a line that starts with 'hols' | did you mean 'hold'?\n"},
    {G "  DA at array\n", "2:3: a line that starts with 'DA' | " LINE_FORM "\n"},
    {G "  DAA on array\n", "2:3: unknown Einsum 'DAA' | did you mean 'DA'?\n"},
    {G "  DA on\n", "2:8: expected the name of a unit here | " LINE_FORM "\n"},
    {G "  DA on aray\n", "2:9: unknown unit 'aray' | did you mean 'array'?\n"},
    {G "  DA on array array\n", "2:15: unexpected 'array' | " LINE_FORM "\n"},
    {G "  DA on array\n  BX on array\n  DA on array\n",
     "4:3: Einsum 'DA' stands here a second time, first in line 2 | " ONCE "\n"},
    {G "  DA on array\n  BX on array\n  Y on array\n", "5:0: Einsum 'H' is missing | " ONCE "\n"},
    {"", "1:0: Einsum 'DA' is missing | " ONCE "\n"},
    {"# nothing\n\n", "3:0: Einsum 'DA' is missing | " ONCE "\n"},
    /* chains */
    {G "  chain\n    for l in L by 1\n",
     "3:5: 'for' inside a chain: a chain holds Einsums only | put it before the chain\n"},
    {G "  chain\n    chain\n", "3:5: 'chain' inside a chain: a chain holds Einsums only | put it before the chain\n"},
    {G "  chain\n    hold A in buffer\n",
     "3:5: 'hold' inside a chain: a chain holds Einsums only | put it before the chain\n"},
    {G "  chain\n    carry H in buffer\n",
     "3:5: 'carry' inside a chain: a chain holds Einsums only | put it before the chain\n"},
};

static void bad_texts_are_located_and_explained(void **state)
{
    (void)state;
    int n_failed = 0;
    for (int i = 0; i < COUNT(bad_texts); i++) {
        struct problem p;
        open_problem(&p, core, one_buffer, NULL);
        assert_int_equal(parse(&p, bad_texts[i].text), SINTER_BAD_INPUT);
        assert_int_equal(p.schedule.n_nodes, 0);
        n_failed += differs(bad_texts[i].text, p.diags, bad_texts[i].messages);
        close_problem(&p);
    }
    assert_int_equal(n_failed, 0);
}

static void long_and_deep_texts_are_refused(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_text text = {0};
    open_problem(&p, core, one_buffer, NULL);
    sinter_text_append(&text, "group\n  ");
    for (int i = 0; i < 300; i++)
        sinter_text_append(&text, "x");
    assert_int_equal(parse(&p, sinter_text_data(&text)), SINTER_BAD_INPUT);
    assert_int_equal(differs("", p.diags, "2:3: a word longer than 255 bytes\n"), 0);
    sinter_text_free(&text);
    sinter_diagnostics_clear(p.diags);
    sinter_text_append(&text, "group\n");
    for (int depth = 1; depth < 61; depth++)
        sinter_text_printf(&text, "%*sfor l in L by 1\n", depth, "");
    assert_int_equal(parse(&p, sinter_text_data(&text)), SINTER_BAD_INPUT);
    assert_int_equal(differs("", p.diags, "61:61: nested deeper than 60 levels\n"), 0);
    sinter_text_free(&text);
    /* sixty levels are read, printed, and read back */
    sinter_diagnostics_clear(p.diags);
    sinter_text_append(&text, "group 1\n");
    for (int depth = 1; depth < 60; depth++)
        sinter_text_printf(&text, "%*sfor l in L by 1\n", 2 * depth, "");
    for (int e = 0; e < p.cascade->n_einsums; e++)
        sinter_text_printf(&text, "%*s%s on array\n", 2 * 60, "", p.cascade->einsums[e].name);
    assert_int_equal(parse(&p, sinter_text_data(&text)), SINTER_OK);
    struct sinter_text printed = {0};
    sinter_schedule_print(&p.schedule, &printed);
    assert_string_equal(sinter_text_data(&printed), sinter_text_data(&text));
    sinter_text_free(&printed);
    sinter_text_free(&text);
    close_problem(&p);
}

static void a_file_that_is_not_there_is_said_to_be(void **state)
{
    (void)state;
    struct problem p;
    open_problem(&p, core, one_buffer, NULL);
    assert_int_equal(sinter_schedule_read_file(&p.schedule, "tests/data/no such schedule.txt", p.diags), SINTER_BAD_INPUT);
    assert_non_null(strstr(sinter_diagnostics_text(p.diags), "no such schedule.txt"));
    sinter_diagnostics_clear(p.diags);
    assert_int_equal(sinter_schedule_read_file(&p.schedule, "tests/corpus/schedule/core.txt", p.diags), SINTER_OK);
    close_problem(&p);
}

/* ---- legality ------------------------------------------------------------------------------------------------------ */

struct legal_row {
    const char *rule;
    const char *cascade, *accel, *schedule;
    int line; /* where the message points; 0: nowhere */
    const char *message;
};

static const struct legal_row illegal_rows[] = {
    /* order */
    {"producers first", core, one_buffer, G "  BX on array\n  H on array\n  DA on array\n  Y on array\n", 3,
     "'H' reads 'DA' before it is made"},
    {"producers in earlier groups", core, one_buffer, G "  DA on array\n  Y on array\n" G "  BX on array\n  H on array\n", 3,
     "'Y' reads 'H' before it is made"},
    {"a cycle in its order", two_step, one_buffer,
     G "  for l in L by 1\n    DA on array\n    BX on array\n    H on array\n    HA on array\n    Y on array\n", 5,
     "'H' reads 'HA' before it is made"},
    /* (1) */
    {"(1) every loop around an Einsum is over a rank of it", sum, one_buffer,
     G "  S on array\n  for d in D by 2\n    V on array\n    W on array\n", 5,
     "'W' would be recomputed: it stands in a loop over D, which is not a rank of it"},
    /* (2) */
    {"(2) the loops around an intermediate's body index it", sum, one_buffer,
     G "  for d in D by 2\n    S on array\n    V on array\n  W on array\n", 2,
     "a loop over D, which does not index 'S', around its producer and its reader 'V': it would read an unfinished sum"},
    {"(2) its readers read there at or behind", around, one_buffer,
     G "  for l in L by 2\n    U on array\n    V on array\n    W on array\n", 2,
     "a loop over L around the producer of 'U' and its reader 'V', which does not read it at l or behind: it would read "
     "ahead of the "
     "producer"},
    /* (3) */
    {"(3) a cycle stands in one group", two_step, one_buffer,
     G "  DA on array\n  BX on array\n  for l in L by 1\n    HA on array\n" G
       "  for l in L by 1\n    H on array\n  Y on array\n",
     8, "'HA' and 'H' form a recurrence but stand in different groups"},
    {"(3) a cycle shares its loops over the rank", two_step, one_buffer,
     G "  DA on array\n  BX on array\n  for l in L by 1\n    HA on array\n  for l in L by 1\n    H on array\n  Y on array\n",
     7, "'HA' and 'H' form a recurrence along L but do not share their loops over it"},
    {"(3) a cycle steps by at most its look-back", two_step, one_buffer,
     G "  for l in L by 2\n    DA on array\n    BX on array\n    HA on array\n    H on array\n    Y on array\n", 2,
     "the recurrence through 'HA' looks back by 1 along L, but its Einsums step by 2"},
    {"(3) also without any loop", two_step, one_buffer,
     G "  DA on array\n  BX on array\n  HA on array\n  H on array\n  Y on array\n", 4,
     "the recurrence through 'HA' looks back by 1 along L, but its Einsums step by 6"},
    /* (4) */
    {"(4) units can run their Einsums", core, one_buffer, G "  DA on adder\n  BX on array\n  H on array\n  Y on array\n", 2,
     "unit 'adder' cannot run 'DA': no exp"},
    {"(4) a hold in a memory that no user reaches", core, two_buffers, G "  hold A in right\n" LEAVES("  "), 2,
     "unit 'array' uses 'A' but does not reach memory 'right', where this line holds it"},
    {"(4) a hold in an outer memory that nothing there uses", core, three_levels,
     G "  hold A in file\n" LEAVES("  ") "  hold A in buffer\n", 7, "nothing after this line uses 'A' through 'buffer'"},
    /* chains */
    {"a chain has one unit", core, one_buffer, G "  DA on array\n  chain\n    BX on array\n    H on adder\n  Y on array\n",
     5, "'H' names another unit than its chain"},
    {"a chain's Einsums iterate the same ranks or subsets", around, one_buffer,
     G "  U on array\n  chain\n    V on array\n    W on array\n", 0, NULL},
    {"a chain in order", core, one_buffer, G "  DA on array\n  chain\n    H on array\n    BX on array\n  Y on array\n", 3,
     "'H' reads 'BX' before it is made"},
    {"a chain uses a value where it was made", around, one_buffer,
     G "  chain\n    U on array\n    V on array\n  W on array\n", 2,
     "'V' reads 'U' at another point than the one that made it, which a chain cannot do"},
    {"a chain cannot need a finished sum", sum, one_buffer, G "  chain\n    S on array\n    V on array\n  W on array\n", 2,
     "'V' needs the finished sum 'S' while it iterates D, the rank of that sum"},
    {"what lives inside a chain is not held", core, one_buffer, G "  hold DA in buffer\n  chain\n" LEAVES("    "), 2,
     "nothing after this line uses 'DA' through 'buffer'"},
    /* holds */
    {"held twice on one path", core, one_buffer,
     G "  hold A in buffer\n  for l in L by 1\n    hold A in buffer\n" LEAVES("    "), 4,
     "'A' is held in 'buffer' already where this line holds it again"},
    {"held where nothing follows that uses it", core, one_buffer, G LEAVES("  ") "  hold A in buffer\n", 6,
     "nothing after this line uses 'A' through 'buffer'"},
    {"a state that a carry moves counts as unused", core, one_buffer, G "  hold H0 in buffer\n" LEAVES("  "), 2,
     "nothing after this line uses 'H0' through 'buffer'"},
    {"sent out inside a loop", core, one_buffer, G "  for l in L by 1\n    hold DA in dram\n" LEAVES("    "), 3,
     "'hold DA in dram' inside a loop"},
    {"an intermediate held again behind its producer", core, one_buffer,
     G "  DA on array\n  hold DA in buffer\n  BX on array\n  H on array\n  Y on array\n", 3,
     "'DA' is held in 'buffer' already where this line holds it again"},
    /* carries */
    {"carried twice", core, one_buffer, G "  carry H in buffer\n  carry H in buffer\n" LEAVES("  "), 3,
     "'H' is carried twice"},
    {"spilled inside a loop", core, one_buffer, G "  for d in D by 2\n    carry H in dram\n" LEAVES("    "), 3,
     "'carry H in dram' inside a loop"},
    {"carried without a look-back", core, one_buffer, G "  carry DA in buffer\n" LEAVES("  "), 2,
     "nothing in this group looks back at 'DA'"},
    {"carried inside a loop over its rank", core, one_buffer, G "  for l in L by 1\n    carry H in buffer\n" LEAVES("    "),
     3, "the carry of 'H' stands inside a loop over L, along which it is handed on"},
    {"sent out and carried", core, one_buffer, G "  hold H in dram\n  carry H in buffer\n  for l in L by 1\n" LEAVES("    "),
     3, "'H' is sent to dram and carried on chip"},
    {"a carry that does not enclose its readers", core, one_buffer,
     G "  DA on array\n  BX on array\n  for d in D by 2\n    carry H in buffer\n    for l in L by 1\n      H on array\n  Y "
       "on array\n",
     5, "the carry of 'H' does not enclose its producer and its readers"},
    {"sent out, looked back at and held", core, one_buffer,
     G "  hold H in dram\n  for l in L by 1\n    hold H in buffer\n" LEAVES("    "), 4,
     "'H' is sent to dram and looked back at there, but also held on chip around its producer"},
    {"sent out and looked back at through a hold", behind, one_buffer,
     G "  hold U in dram\n  for l in L by 2\n    hold U in buffer\n    U on array\n    V on array\n", 4,
     "'U' is looked back at through a hold that does not cover all of its uses"},
    /* sizes */
    {"more bits than can be counted", huge, one_buffer,
     G "  hold Y in buffer\n  for l in L by 1\n    for d in D by 1\n      Y on array\n", 0,
     "the schedule moves or holds more than 2^63 bits"},
};

static void each_rule_refuses_what_breaks_it(void **state)
{
    (void)state;
    int n_failed = 0;
    for (int i = 0; i < COUNT(illegal_rows); i++) {
        const struct legal_row *row = &illegal_rows[i];
        struct problem p;
        struct sinter_plan *plan = NULL;
        open_problem(&p, row->cascade, row->accel, NULL);
        if (parse(&p, row->schedule) != SINTER_OK)
            fail_msg("%s: %s", row->rule, sinter_diagnostics_text(p.diags));
        assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
        enum sinter_status status = sinter_plan_resolve(plan, &p.schedule, p.diags);
        const struct sinter_diagnostic *first = sinter_diagnostics_at(p.diags, 0);
        bool is_good = row->message
                           ? status == SINTER_BAD_INPUT && sinter_diagnostics_count(p.diags) == 1 && first != NULL &&
                                 strcmp(first->message, row->message) == 0 && first->at.line == row->line
                           : status == SINTER_OK;
        if (!is_good)
            print_error("%s:\n%s%s\n  expected at line %d: %s\n  found: %s %s", row->rule, row->schedule, "", row->line,
                        row->message ? row->message : "ok", sinter_status_name(status), sinter_diagnostics_text(p.diags));
        n_failed += !is_good;
        assert_int_equal(sinter_plan_resolve(plan, &p.schedule, NULL), status); /* silently the same */
        sinter_plan_free(plan);
        close_problem(&p);
    }
    assert_int_equal(n_failed, 0);
}

/* A chain needs one Einsum that iterates all of its ranks: V over (l, d) and W2 over (l, m) have none. */
static void a_chain_needs_an_einsum_over_all_its_ranks(void **state)
{
    (void)state;
    static const char fork[] =
        "cascade: fork\ntype: int8\nranks: {L: 4, D: 4, M: 4}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
        "  Z: {ranks: [L, M], role: input}\n  V: {ranks: [L, D], role: output}\n"
        "  W: {ranks: [L, M], role: output}\neinsums:\n  - V[l,d] = exp(X[l,d])\n  - W[l,m] = exp(Z[l,m])\n";
    struct problem p;
    struct sinter_plan *plan = NULL;
    open_problem(&p, fork, one_buffer, NULL);
    assert_int_equal(parse(&p, G "  chain\n    V on array\n    W on array\n"), SINTER_OK);
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
    assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_BAD_INPUT);
    assert_int_equal(differs("fork", p.diags,
                             "2:3: no Einsum of this chain iterates all of its ranks | the Einsums of a chain iterate the "
                             "same ranks or subsets of them\n"),
                     0);
    sinter_plan_free(plan);
    close_problem(&p);
}

/* A part may leave Einsums out, but not one half of a recurrence. */
static void a_part_keeps_its_recurrences_whole(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_plan *plan = NULL;
    open_problem(&p, two_step, one_buffer, NULL);
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
    assert_int_equal(
        differs("half", p.diags, "0:0: only a part of the recurrence through 'HA' is scheduled | put them in one group\n"),
        0);
    sinter_plan_free(plan);
    close_problem(&p);
}

static void trees_that_were_built_wrong_are_refused(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_plan *plan = NULL;
    open_problem(&p, sum, one_buffer, NULL);
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
    assert_int_equal(differs("", p.diags,
                             "0:0: Einsum 'S' is missing in the schedule\n0:0: the schedule was not built completely\n"
                             "0:0: Einsum 'S' stands twice in the schedule\n"),
                     0);
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
    close_problem(&p);
}

/* ---- capacity ------------------------------------------------------------------------------------------------------ */

static void a_misfit_names_memory_bytes_and_what_lives_there(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_plan *plan = NULL;
    open_problem(&p, core, tight, NULL);
    assert_int_equal(
        parse(&p,
              G "  hold A in buffer\n  for l in L by 1\n    hold DT in buffer\n    hold X in buffer\n    hold B in buffer\n"
                "    hold C in buffer\n" LEAVES("    ")),
        SINTER_OK);
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
    assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_INFEASIBLE);
    assert_false(plan->fits);
    assert_int_equal(plan->peak_bits[1], 44 * 8); /* complete all the same */
    assert_int_equal(
        differs("", p.diags,
                "9:5: group 1 needs 44 B (44 bytes) of memory 'buffer', which has 40 B, while 'BX' runs; then live: "
                "DA 8 B (intermediate), BX 8 B (intermediate), DT 4 B (held), A 8 B (held), X 4 B (held), B 2 B (held), "
                "C 2 B (held), H 8 B (carried) | use smaller tiles, hold less, split the state over more tiles, or give "
                "the accelerator more memory\n"),
        0);
    sinter_plan_free(plan);
    close_problem(&p);
}

/* ---- out of memory ------------------------------------------------------------------------------------------------- */

static void parsing_survives_every_failed_allocation(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        struct problem p;
        struct sinter_counting_allocator counting;
        sinter_counting_allocator_init(&counting, n);
        open_problem(&p, core, one_buffer, &counting.allocator);
        enum sinter_status status = parse(&p, canonical);
        bool is_done = status == SINTER_OK;
        if (!is_done)
            assert_int_equal(status, SINTER_NO_MEMORY);
        close_problem(&p);
        assert_int_equal(counting.n_live, 0);
        if (is_done) {
            assert_true(n > 2);
            return;
        }
    }
}

/* A tree that is larger than the room that a plan starts with. */
static void build_large(struct sinter_schedule *schedule)
{
    sinter_schedule_group(schedule);
    for (int i = 0; i < 200; i++)
        sinter_schedule_hold(schedule, 0, 0, false);
    for (int e = 0; e < schedule->cascade->n_einsums; e++)
        sinter_schedule_leaf(schedule, e, 0);
    sinter_schedule_close(schedule);
}

static void planning_survives_every_failed_allocation(void **state)
{
    (void)state;
    struct problem p;
    open_problem(&p, core, one_buffer, NULL);
    build_large(&p.schedule);
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_plan *plan = NULL;
        sinter_counting_allocator_init(&counting, n);
        enum sinter_status status = sinter_plan_new(p.cascade, p.accel, &counting.allocator, NULL, &plan);
        assert_int_equal(plan != NULL, status == SINTER_OK);
        if (status == SINTER_OK) {
            status = sinter_plan_resolve(plan, &p.schedule, NULL);
            if (status == SINTER_NO_MEMORY) { /* the plan stays usable */
                counting.fail_after = -1;
                assert_int_equal(sinter_plan_resolve(plan, &p.schedule, NULL), SINTER_OK);
            }
        }
        sinter_plan_free(plan);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_true(n > 8);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
    close_problem(&p);
}

static void strategies_survive_every_failed_allocation(void **state)
{
    (void)state;
    struct problem p;
    const char *strategy;
    open_problem(&p, two_step, one_buffer, NULL);
    for (int i = 0; (strategy = sinter_strategy_name(i)) != NULL; i++) {
        for (int64_t n = 0;; n++) {
            struct sinter_counting_allocator counting;
            struct sinter_schedule schedule;
            sinter_counting_allocator_init(&counting, n);
            sinter_schedule_init(&schedule, p.cascade, p.accel, &counting.allocator);
            enum sinter_status status = sinter_strategy_build(strategy, NULL, &schedule, NULL);
            if (status != SINTER_OK && (status != SINTER_NO_MEMORY || schedule.n_nodes != 0))
                fail_msg("%s: '%s' after request %lld failed", strategy, sinter_status_name(status), (long long)n);
            sinter_schedule_free(&schedule);
            if (counting.n_live != 0)
                fail_msg("%s: %lld blocks live after request %lld failed", strategy, (long long)counting.n_live,
                         (long long)n);
            if (status == SINTER_OK)
                break;
        }
    }
    close_problem(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_reads_back),
        cmocka_unit_test(nodes_lie_in_preorder_with_their_ends_and_places),
        cmocka_unit_test(bad_texts_are_located_and_explained),
        cmocka_unit_test(long_and_deep_texts_are_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_said_to_be),
        cmocka_unit_test(each_rule_refuses_what_breaks_it),
        cmocka_unit_test(a_chain_needs_an_einsum_over_all_its_ranks),
        cmocka_unit_test(a_part_keeps_its_recurrences_whole),
        cmocka_unit_test(trees_that_were_built_wrong_are_refused),
        cmocka_unit_test(a_misfit_names_memory_bytes_and_what_lives_there),
        cmocka_unit_test(parsing_survives_every_failed_allocation),
        cmocka_unit_test(planning_survives_every_failed_allocation),
        cmocka_unit_test(strategies_survive_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
