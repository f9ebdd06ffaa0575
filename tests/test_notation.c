/* test_notation.c: schedule files: round trips, places of nodes, and every message of the reader, word for word.
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

static void open_problem(struct problem *p)
{
    if (!problem_open(p, problem_scan, problem_one_buffer, NULL, NULL, 0))
        fail_msg("%s", sinter_diagnostics_text(p->diags));
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
        open_problem(&p);
        if (problem_read(&p, round_trips[i].text) != SINTER_OK)
            fail_msg("%s", sinter_diagnostics_text(p.diags));
        sinter_schedule_print(&p.schedule, &first);
        assert_string_equal(sinter_text_data(&first), round_trips[i].printed);
        assert_int_equal(sinter_schedule_parse(&p.schedule, NULL, first.data, first.length, NULL), SINTER_OK);
        sinter_schedule_print(&p.schedule, &second);
        assert_string_equal(sinter_text_data(&first), sinter_text_data(&second));
        sinter_text_free(&first);
        sinter_text_free(&second);
        problem_close(&p);
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
    open_problem(&p);
    assert_int_equal(problem_read(&p, canonical), SINTER_OK);
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
    problem_close(&p);
}

/* ---- messages of the reader ---------------------------------------------------------------------------------------- */

#define HOLD_FORM "write: hold TENSOR in MEMORY, or hold TENSOR in MEMORY double"
#define CARRY_FORM "write: carry TENSOR in MEMORY"
#define LOOP_FORM "write: for VARIABLE in RANK by SIZE, e.g. for d in D by 640"
#define LINE_FORM "a line is one of: group, hold T in M, carry T in M, for r in R by N, chain, EINSUM on UNIT"
#define EMPTY "it begins with: group; 'sinter show -m M -s fuse-all' prints one"
#define ONCE "every Einsum of the cascade stands in a schedule exactly once"
#define TILE_FORM "a tile size is a whole number of at least 1"
#define G "group\n"

static const struct mistake bad_texts[] = {
    /* words */
    {G "\tDA on array\n", "f:2:1: a tab in a schedule | indent with spaces"},
    {G "  DA\ton array\n", "f:2:5: a tab in a schedule | indent with spaces"},
    {G "  DA on arr\x01y\n", "f:2:12: a control character (byte 0x01): this is not a schedule"},
    {G "  \x7f\n", "f:2:3: a control character (byte 0x7f): this is not a schedule"},
    {G "  a b c d e f g h\n", "f:2:17: too many words in this line"},
    /* groups and bodies */
    {"DA on array\n", "f:1:1: 'DA' outside a group | a schedule is a list of groups; everything else is indented below one"},
    {G "  group\n", "f:2:3: a group inside a group | a schedule is a list of groups; everything else is indented below one"},
    {"group 1 2\n", "f:1:9: unexpected '2' | write: group, or group NUMBER"},
    {G, "f:1:1: this group is empty | indent the lines of its body deeper than their head"},
    {G G "  DA on array\n", "f:1:1: this group is empty | indent the lines of its body deeper than their head"},
    {G "  for l in L by 2\n  DA on array\n",
     "f:2:3: this loop is empty | indent the lines of its body deeper than their head"},
    {G "  chain\n  DA on array\n", "f:2:3: this chain is empty | indent the lines of its body deeper than their head"},
    {G "  chain\n", "f:2:3: this chain is empty | indent the lines of its body deeper than their head"},
    {G "  DA on array\n   BX on array\n",
     "f:3:4: indented by 3, but the lines before it in this body by 2 | the lines of one body share one indentation"},
    {G "    for l in L by 2\n        DA on array\n      BX on array\n",
     "f:4:7: indented by 6, but the lines before it in this body by 8 | the lines of one body share one indentation"},
    {"  group\n    DA on array\ngroup\n    BX on array\n",
     "f:3:1: indented by 0, but the lines before it in this body by 2 | the lines of one body share one indentation"},
    /* hold and carry */
    {G "  hold\n", "f:2:7: expected the name of a tensor here | " HOLD_FORM},
    {G "  hold DTT in buffer\n", "f:2:8: unknown tensor 'DTT' | did you mean 'DT'?"},
    {G "  hold Q9 in buffer\n", "f:2:8: unknown tensor 'Q9' | " HOLD_FORM},
    {G "  hold DT\n", "f:2:10: expected 'in' here | " HOLD_FORM},
    {G "  hold DT at buffer\n", "f:2:11: expected 'in', found 'at' | " HOLD_FORM},
    {G "  hold DT in\n", "f:2:13: expected the name of a memory here | " HOLD_FORM},
    {G "  hold DT in bufer\n", "f:2:14: unknown memory 'bufer' | did you mean 'buffer'?"},
    {G "  hold DT in buffer twice\n", "f:2:21: unexpected 'twice' | " HOLD_FORM},
    {G "  hold DT in buffer double x\n", "f:2:28: unexpected 'x' | " HOLD_FORM},
    {G "  carry\n", "f:2:8: expected the name of a tensor here | " CARRY_FORM},
    {G "  carry H in\n", "f:2:13: expected the name of a memory here | " CARRY_FORM},
    {G "  carry H buffer\n", "f:2:11: expected 'in', found 'buffer' | " CARRY_FORM},
    {G "  carry H in buffer double\n", "f:2:21: unexpected 'double' | " CARRY_FORM},
    /* loops */
    {G "  for\n", "f:2:6: expected the variable of a rank here | " LOOP_FORM},
    {G "  for d\n", "f:2:8: expected 'in' here | " LOOP_FORM},
    {G "  for d on D by 2\n", "f:2:9: expected 'in', found 'on' | " LOOP_FORM},
    {G "  for d in\n", "f:2:11: expected the name of a rank here | " LOOP_FORM},
    {G "  for d in Width by 2\n", "f:2:12: unknown rank 'Width' | " LOOP_FORM},
    {G "  for n in d by 2\n", "f:2:12: unknown rank 'd' | did you mean 'D'?"},
    {G "  for d in D\n", "f:2:13: expected 'by' here | " LOOP_FORM},
    {G "  for d in D to 2\n", "f:2:14: expected 'by', found 'to' | " LOOP_FORM},
    {G "  for l in D by 2\n", "f:2:7: the variable of rank 'D' is 'd', not 'l' | " LOOP_FORM},
    {G "  for d in D by\n", "f:2:16: expected a tile size here | " LOOP_FORM},
    {G "  for d in D by 0\n", "f:2:17: '0' is no tile size | " TILE_FORM},
    {G "  for d in D by -1\n", "f:2:17: '-1' is no tile size | " TILE_FORM},
    {G "  for d in D by 2.5\n", "f:2:17: '2.5' is no tile size | " TILE_FORM},
    {G "  for d in D by 2k\n", "f:2:17: '2k' is no tile size | " TILE_FORM},
    {G "  for d in D by 9223372036854775808\n", "f:2:17: '9223372036854775808' is no tile size | " TILE_FORM},
    {G "  for d in D by 2 2\n", "f:2:19: unexpected '2' | " LOOP_FORM},
    /* leaves */
    {G "  DA\n", "f:2:3: a line that starts with 'DA' | " LINE_FORM},
    {G "  hols DT in buffer\n", "f:2:3: a line that starts with 'hols' | did you mean 'hold'?"},
    {G "  DA at array\n", "f:2:3: a line that starts with 'DA' | " LINE_FORM},
    {G "  DAA on array\n", "f:2:3: unknown Einsum 'DAA' | did you mean 'DA'?"},
    {G "  DA on\n", "f:2:8: expected the name of a unit here | " LINE_FORM},
    {G "  DA on aray\n", "f:2:9: unknown unit 'aray' | did you mean 'array'?"},
    {G "  DA on array array\n", "f:2:15: unexpected 'array' | " LINE_FORM},
    {G "  DA on array\n  BX on array\n  DA on array\n",
     "f:4:3: Einsum 'DA' stands here a second time, first in line 2 | " ONCE},
    {G "  DA on array\n  BX on array\n  Y on array\n", "f:5:0: Einsum 'H' is missing | " ONCE},
    {"accelerator: x\n", "f:1:1: 'accelerator:' outside a group | this is an accelerator: it belongs to -a"},
    {"cascade: x\n", "f:1:1: 'cascade:' outside a group | this is a cascade: it belongs to -m"},
    {"", "f:1:0: the schedule is empty | " EMPTY},
    {"# nothing\n\n", "f:3:0: the schedule is empty | " EMPTY},
    /* chains */
    {G "  chain\n    for l in L by 1\n",
     "f:3:5: 'for' inside a chain: a chain holds Einsums only | put it before the chain"},
    {G "  chain\n    chain\n", "f:3:5: 'chain' inside a chain: a chain holds Einsums only | put it before the chain"},
    {G "  chain\n    hold A in buffer\n",
     "f:3:5: 'hold' inside a chain: a chain holds Einsums only | put it before the chain"},
    {G "  chain\n    carry H in buffer\n",
     "f:3:5: 'carry' inside a chain: a chain holds Einsums only | put it before the chain"},
};

static enum sinter_status read_schedule(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    struct problem p;
    open_problem(&p);
    enum sinter_status status = sinter_schedule_parse(&p.schedule, "f", text, length, diags);
    assert_int_equal(p.schedule.n_nodes > 0, status == SINTER_OK);
    problem_close(&p);
    return status;
}

static void bad_texts_are_located_and_explained(void **state)
{
    (void)state;
    EXPECT_MISTAKES(bad_texts, read_schedule);
}

static void long_and_deep_texts_are_refused(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_text text = {0};
    open_problem(&p);
    sinter_text_append(&text, "group\n  ");
    for (int i = 0; i < 300; i++)
        sinter_text_append(&text, "x");
    assert_int_equal(problem_read(&p, sinter_text_data(&text)), SINTER_BAD_INPUT);
    expect_diagnostics(p.diags, "f:2:3: a word longer than 255 bytes");
    sinter_text_free(&text);
    sinter_diagnostics_clear(p.diags);
    sinter_text_append(&text, "group\n");
    for (int depth = 1; depth < 61; depth++)
        sinter_text_printf(&text, "%*sfor l in L by 1\n", depth, "");
    assert_int_equal(problem_read(&p, sinter_text_data(&text)), SINTER_BAD_INPUT);
    expect_diagnostics(p.diags, "f:61:61: nested deeper than 60 levels");
    sinter_text_free(&text);
    /* sixty levels are read, printed, and read back */
    sinter_diagnostics_clear(p.diags);
    sinter_text_append(&text, "group 1\n");
    for (int depth = 1; depth < 60; depth++)
        sinter_text_printf(&text, "%*sfor l in L by 1\n", 2 * depth, "");
    for (int e = 0; e < p.cascade->n_einsums; e++)
        sinter_text_printf(&text, "%*s%s on array\n", 2 * 60, "", p.cascade->einsums[e].name);
    assert_int_equal(problem_read(&p, sinter_text_data(&text)), SINTER_OK);
    struct sinter_text printed = {0};
    sinter_schedule_print(&p.schedule, &printed);
    assert_string_equal(sinter_text_data(&printed), sinter_text_data(&text));
    sinter_text_free(&printed);
    sinter_text_free(&text);
    problem_close(&p);
}

static void a_file_that_is_not_there_is_said_to_be(void **state)
{
    (void)state;
    struct problem p;
    open_problem(&p);
    assert_int_equal(sinter_schedule_read_file(&p.schedule, "tests/data/no such schedule.txt", p.diags), SINTER_BAD_INPUT);
    assert_non_null(strstr(sinter_diagnostics_text(p.diags), "no such schedule.txt"));
    sinter_diagnostics_clear(p.diags);
    assert_int_equal(sinter_schedule_read_file(&p.schedule, "tests/corpus/schedule/core.txt", p.diags), SINTER_OK);
    problem_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_reads_back),
        cmocka_unit_test(nodes_lie_in_preorder_with_their_ends_and_places),
        cmocka_unit_test(bad_texts_are_located_and_explained),
        cmocka_unit_test(long_and_deep_texts_are_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_said_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
