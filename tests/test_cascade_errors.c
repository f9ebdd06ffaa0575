/* test_cascade_errors.c: what is wrong with a cascade's file, ranks, tensors, states and sizes, where, and what to do.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "expect_error.h"
#include "sinter/cascade.h"

#define RANKS                                 \
    "cascade: c\n"                            \
    "ranks: {L: 6, D: 4, N: 2, K: 3, M: 9}\n" \
    "tensors:\n"                              \
    "  X: {ranks: [L, D], role: input}\n"
#define HEAD RANKS "  Y: {ranks: [L], role: output}\n"

static const struct mistake mistakes[] = {
    /* the file */
    {"cascade: c\neinsums:\n  Y[l]: X[l]\n",
     "f:3:3: einsums: expected a list, found a mapping | write `einsums:` and a list "
     "of texts such as `- Y[l] = A[l] * X[l]`"},
    {"cascade: c\ntensors: [X]\neinsums: []\n",
     "f:2:10: tensors: expected a mapping, found a list | write `NAME: {ranks: [L, D], role: input}`, a line for each "
     "tensor\nf:3:10: the cascade has no Einsums | write `einsums:` and a list of texts such as `- Y[l] = A[l] * X[l]`"},
    {"- a\n", "f:1:1: a cascade file: expected a mapping, found a list"},
    {"cascade: c\n"
     "rank: {L: 6}\n"
     "einsums: []\n",
     "f:2:1: unknown field 'rank' in a cascade file | did you mean 'ranks'?"},
    {"ranks: {L: 6}\n"
     "einsums: [Y = 1]\n",
     "f:1:1: the cascade has no name | write `cascade: NAME`"},
    {"cascade: c\n",
     "f:1:1: the cascade has no Einsums | write `einsums:` and a list of texts such as `- Y[l] = A[l] * X[l]`"},
    {"cascade: c\n"
     "einsums: []\n",
     "f:2:10: the cascade has no Einsums | write `einsums:` and a list of texts such as `- Y[l] = A[l] * X[l]`"},
    {"cascade: c\n"
     "cascade: d\n",
     "f:2:1: duplicate key 'cascade' | it was given first in line 1"},
    {"cascade: [c]\n"
     "einsums: [Y = 1]\n",
     "f:1:10: cascade: expected a single value, found a list | write `cascade: NAME`"},
    {"cascade: c\n"
     "type: fp17\n"
     "einsums: [Y = 1]\n",
     "f:2:7: unknown type 'fp17' | did you mean 'fp16'?"},
    {"cascade: c\n"
     "type: float\n"
     "einsums: [Y = 1]\n",
     "f:2:7: unknown type 'float' | types are fp64 fp32 fp16 bf16 fp8 int32 int16 int8 int4 and plain widths such as "
     "\"12 bit\""},
    {"cascade: c\n"
     "ranks: [L]\n"
     "einsums: [Y = 1]\n",
     "f:2:8: ranks: expected a mapping, found a list"
     " | write `ranks: {L: 2048, D: 64}`: each with its extent"},
    {"cascade: c\n"
     "ranks: {L: 0}\n"
     "einsums: [Y = 1]\n",
     "f:2:12: extent of rank 'L': expected a whole number of at least 1, found '0'"},
    {"cascade: c\n"
     "ranks: {L: 2.5}\n"
     "einsums: [Y = 1]\n",
     "f:2:12: extent of rank 'L': expected a whole number of at least 1, found '2.5'"},
    {"cascade: c\n"
     "ranks: {L: 1, L: 2}\n"
     "einsums: [Y = 1]\n",
     "f:2:15: duplicate key 'L' | it was given first in line 2"},
    {"cascade: c\n"
     "ranks: {Ld: 1, LD: 2}\n"
     "einsums: [Y = 1]\n",
     "f:2:16: ranks 'Ld' and 'LD' have the same variable 'ld' | the variable of a rank is its name in lower case; "
     "rename one "
     "of them"},
    {"cascade: c\n"
     "ranks: {2L: 1}\n"
     "einsums: [Y = 1]\n",
     "f:2:9: '2L' is no name for a rank | a name is up to 128 letters, digits and underscores and does not start with a "
     "digit"},
    {"cascade: c\n"
     "ranks: {L: 6}\n"
     "einsums:\n"
     "  - norm: Y[l] = 1\n",
     "f:4:5: operator 'norm' has no list of Einsums | write its Einsums as a list below it"},
    {"cascade: c\n"
     "ranks: {L: 6}\n"
     "einsums:\n"
     "  - norm: []\n",
     "f:4:5: operator 'norm' has no list of Einsums | write its Einsums as a list below it"},
    {"cascade: c\n"
     "ranks: {L: 6}\n"
     "einsums:\n"
     "  - {a: [Y = 1], b: [Z = 1]}\n",
     "f:4:5: an operator is one name with a list of Einsums, found 2 names | write `- NAME:` and its Einsums as a list "
     "below "
     "it"},
    {"cascade: c\n"
     "einsums:\n"
     "  - [Y = 1]\n",
     "f:3:5: Einsum: expected a single value, found a list"
     " | write `einsums:` and a list of texts such as `- Y[l] = A[l] * X[l]`"},
    /* tensors */
    {RANKS "  Y: {rank: [L], role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:7: unknown field 'rank' in tensor 'Y' | did you mean 'ranks'?"},
    {RANKS "  Y: {role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:3: tensor 'Y' has no ranks | write `ranks: [L, D]`, or `ranks: []` for a scalar"},
    {RANKS "  Y: {ranks: L, role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:14: ranks: expected a list, found 'L'"
     " | write `ranks: [L, D]`, or `ranks: []` for a scalar"},
    {RANKS "  Y: {ranks: [L], role: outptu}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:25: unknown role 'outptu' | did you mean 'output'?"},
    {RANKS "  Y: {ranks: [L], role: result}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:25: unknown role 'result' | roles are intermediate, input, weight, output and state"},
    {RANKS "  Y: {ranks: [LL], role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:15: unknown rank 'LL' in tensor 'Y' | did you mean 'L'?"},
    {RANKS "  Y: {ranks: [L, Other], role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:18: unknown rank 'Other' in tensor 'Y' | declare it under ranks:"},
    {RANKS "  Y: {ranks: [L, L], role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:18: tensor 'Y' has rank 'L' twice | give the second dimension a rank of its own"},
    {RANKS "  Y: {ranks: [L], type: fp23}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:25: unknown type 'fp23' | did you mean 'fp32'?"},
    {RANKS "  Y-Y: {ranks: [L]}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:3: 'Y-Y' is no name for a tensor | a name is up to 128 letters, digits and underscores and does not start "
     "with a "
     "digit"},
    {RANKS "  Y: output\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:6: tensor 'Y': expected a mapping, found 'output'"
     " | write `NAME: {ranks: [L, D], role: input}`, a line for each tensor"},
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  X: {ranks: [L]}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:6:3: duplicate key 'X' | it was given first in line 4"},
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  Z: {ranks: [L], role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:6:3: output 'Z' is never produced | an Einsum must have it on the left-hand side, or its role is input or "
     "weight"},
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  Z: {ranks: [L]}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:6:3: intermediate 'Z' is never produced | an Einsum must have it on the left-hand side, or its role is input or "
     "weight"},
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  Z: {ranks: [L], role: state}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:6:3: tensor 'Z' has role state, but no tensor names it as its state | write `state: NAME` at the tensor whose "
     "first "
     "and last slices it holds"},
    /* states */
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n",
     "f:5:40: unknown tensor 'S' as the state of 'Y' | declare it under tensors: with role state"},
    {RANKS "  Y: {ranks: [L], role: output, state: Y}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n",
     "f:5:40: tensor 'Y' names itself as its state"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: []}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n"
           "  - S[] = 1\n",
     "f:5:40: state 'S' of 'Y' is produced by an Einsum"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [], role: weight}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n",
     "f:5:40: state 'S' of 'Y' has role weight, expected input, output or state | input: only read at the start; "
     "output: only "
     "written at the end; state: both"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [], role: state}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:5:40: no Einsum looks back at 'Y', so its state 'S' would hold nothing | remove the state, or read the tensor "
     "at an "
     "earlier index such as H[l-1]"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [L], role: state}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n",
     "f:5:40: state 'S' of 'Y' has ranks [L], expected [] | a state has the ranks of its tensor without L"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [N], role: state}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-3] + sum(X[l,d])\n",
     "f:5:40: state 'S' of 'Y' has ranks [N], expected [] and one rank of extent 3 for the slices | a state has the "
     "ranks of "
     "its tensor without L"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [], role: state}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + S[] + sum(X[l,d])\n",
     "f:8:21: state 'S' of 'Y' cannot be read by itself | read it as an earlier index of 'Y'"},
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  Z: {ranks: [L], role: input, state: S}\n"
           "  S: {ranks: [], role: state}\n"
           "einsums:\n"
           "  - Y[l] = Z[l-1] + sum(X[l,d])\n",
     "f:6:39: nothing produces 'Z', so its state 'S' cannot have role state | give the state role input"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  Z: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [], role: state}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n"
           "  - Z[l] = Z[l-1] + Y[l]\n",
     "f:6:40: state 'S' of 'Z' is the state of 'Y' already"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [N], role: state, state: T}\n"
           "  T: {ranks: [], role: input}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-2] + sum(X[l,d])\n"
           "  - Z[n] = S[n-1]\n",
     "f:6:3: state 'S' has a state itself\n"
     "f:10:12: state 'S' of 'Y' cannot be read by itself | read it as an earlier index of 'Y'"},
    /* sizes */
    {"cascade: c\n"
     "ranks: {A: 4294967296, B: 4294967296}\n"
     "einsums:\n"
     "  - X[a,b] = 1\n",
     "f:4:5: the size of tensor 'X' overflows | reduce an extent; sizes must stay below 2^63"},
    {"cascade: c\n"
     "ranks: {A: 1152921504606846976}\n"
     "einsums:\n"
     "  - X[a] = 1\n",
     "f:4:5: the size of tensor 'X' overflows | reduce an extent; sizes must stay below 2^63"},
    {"cascade: c\n"
     "ranks: {A: 9223372036854775808}\n"
     "einsums:\n"
     "  - X[a] = 1\n",
     "f:2:12: extent of rank 'A': expected a whole number of at least 1, found '9223372036854775808'"},
    {"cascade: c\n"
     "ranks: {A: 4294967296, B: 2147483648}\n"
     "tensors: {X: {ranks: [A], role: input}, W: {ranks: [B], role: input}}\n"
     "einsums:\n"
     "  - Y[] = X[a] * W[b]\n",
     "f:5:5: the number of operations of 'Y' overflows | reduce an extent; sizes must stay below 2^63"},
    {"cascade: c\n"
     "ranks: {A: 1, B: 1, C: 1, D: 1, E: 1, F: 1, G: 1, H: 1, I: 1}\n"
     "einsums:\n"
     "  - X[a,b,c,d,e,f,g,h,i] = 1\n",
     "f:4:23: 'X' has more than 8 dimensions | merge ranks that are never indexed apart into one"},
    {"cascade: c\n"
     "ranks: {A: 1, B: 1, C: 1, D: 1, E: 1, F: 1, G: 1, H: 1, I: 1}\n"
     "tensors: {X: {ranks: [A, B, C, D, E, F, G, H, I], role: input}}\n"
     "einsums:\n"
     "  - Y = 1\n",
     "f:3:47: tensor 'X' has 9 ranks, expected at most 8 | merge ranks that are never indexed apart into one"},
    /* warnings */
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  W: {ranks: [L], role: weight}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "f:6:3: warning: weight 'W' is never read"},
    {HEAD "einsums:\n"
          "  - Y[l] = sum(X[l,d])\n"
          "  - Z[l] = Y[l]\n",
     "f:8:5: warning: intermediate 'Z' is never read | give it role output if it is a result"},
};

static enum sinter_status read_file(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    struct sinter_cascade *cascade = NULL;
    enum sinter_status status = sinter_cascade_parse("f", text, length, NULL, 0, NULL, diags, &cascade);
    assert_int_equal(cascade != NULL, status == SINTER_OK);
    sinter_cascade_free(cascade);
    return status;
}

static void mistakes_are_located(void **state)
{
    (void)state;
    EXPECT_MISTAKES(mistakes, read_file);
}

static void messages_show_the_line(void **state)
{
    (void)state;
    static const char text[] = HEAD "einsums:\n  - Y[l] = sum(X[l,q])\n";
    struct sinter_override set = {"L", "none", false};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    sinter_cascade_parse("scan.yaml", text, strlen(text), NULL, 0, NULL, diags, &cascade);
    assert_string_equal(sinter_diagnostics_text(diags), "scan.yaml:7:20: error: unknown variable 'q' in an index of 'X'\n"
                                                        "      - Y[l] = sum(X[l,q])\n"
                                                        "                       ^\n"
                                                        "  hint: declare its rank under ranks:; a rank's variable is its "
                                                        "lower-case name\n");
    sinter_diagnostics_clear(diags);
    sinter_cascade_parse("scan.yaml", text, strlen(text), &set, 1, NULL, diags, &cascade);
    assert_string_equal(sinter_diagnostics_text(diags),
                        "--set:1:3: error: extent of rank 'L': expected a whole number of at least 1, found 'none'\n"
                        "    L=none\n"
                        "      ^\n");
    sinter_diagnostics_free(diags);
}

static const struct mistake overrides[] = {
    {"L=none", "--set:2:3: extent of rank 'L': expected a whole number of at least 1, found 'none'"},
    {"type=fp17", "--set:2:6: unknown type 'fp17' | did you mean 'fp16'?"},
    {"Y.type=x", "--set:2:8: unknown type 'x' | types are fp64 fp32 fp16 bf16 fp8 int32 int16 int8 int4 and plain widths "
                 "such as \"12 bit\""},
};

/* After one that is right. */
static enum sinter_status read_override(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    static const char file[] = HEAD "einsums:\n  - Y[l] = sum(X[l,d])\n";
    char buffer[128];
    struct sinter_cascade *cascade = NULL;
    struct sinter_override set[] = {{"N", "3", false}, override_from(text, length, buffer, sizeof buffer)};
    enum sinter_status status = sinter_cascade_parse("f", file, strlen(file), set, 2, NULL, diags, &cascade);
    assert_int_equal(cascade != NULL, status == SINTER_OK);
    assert_true(set[1].is_used);
    return status;
}

static void mistakes_in_overrides_are_located(void **state)
{
    (void)state;
    EXPECT_MISTAKES(overrides, read_override);
}

/* A builder without places still says what is wrong. */
static void builders_report_at_finish(void **state)
{
    (void)state;
    struct sinter_location none = {0}, here = {"code.c", 10, 5};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    struct sinter_cascade_builder *b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", "fp17", NULL, diags);
    sinter_cascade_builder_einsum(b, NULL, "Y = 1", none);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    sinter_cascade_builder_rank(b, "L", -1, none);
    sinter_cascade_builder_rank(b, "L", 1, here);
    sinter_cascade_builder_einsum(b, NULL, "Y = 1", none);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    sinter_cascade_builder_rank(b, "L", 1, here);
    sinter_cascade_builder_rank(b, "L", 1, here);
    sinter_cascade_builder_einsum(b, NULL, "Y = 1", none);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    sinter_cascade_builder_einsum(b, NULL, "Y = 1 +\n  2 +", here);
    sinter_cascade_builder_einsum(b, NULL, "Z = Q", none);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    sinter_cascade_builder_tensor(b, "X", &(struct sinter_tensor_options){.ranks = "L,,D"}, here);
    sinter_cascade_builder_einsum(b, NULL, "Z = 1", none);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    sinter_cascade_builder_tensor(b, "X", &(struct sinter_tensor_options){.role = SINTER_INPUT}, none);
    sinter_cascade_builder_tensor(b, "X", &(struct sinter_tensor_options){.role = SINTER_INPUT}, here);
    sinter_cascade_builder_einsum(b, NULL, "Z = X \x80", here);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    sinter_cascade_builder_einsum(b, NULL, "Z = \x80", here);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    sinter_cascade_builder_einsum(b, "", "Z = 1", here);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    expect_diagnostics(diags, ":0:0: cascade 'c' has no Einsum\n"
                              ":0:0: unknown type 'fp17' | did you mean 'fp16'?\n"
                              ":0:0: the extent of rank 'L' is -1, expected at least 1\n"
                              "code.c:10:5: rank 'L' is declared twice\n"
                              "code.c:11:6: expected a tensor, a number or a function, found the end of the Einsum\n"
                              ":0:0: unknown tensor 'Q' | declare it under tensors: with role input or weight\n"
                              "code.c:10:5: unknown rank 'L' in tensor 'X' | declare it under ranks:\n"
                              "code.c:10:5: tensor 'X' is declared twice\n"
                              "code.c:10:9: expected a tensor, a number or a function, found byte 0x80\n"
                              "code.c:10:5: the name of an operator has 1 to 128 bytes, found 0");
    sinter_diagnostics_free(diags);
}

static void limits_are_kept(void **state)
{
    (void)state;
    struct sinter_location none = {0};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    struct sinter_text text = {0};
    char name[32];
    struct sinter_cascade_builder *b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    for (int i = 0; i < 65; i++) {
        snprintf(name, sizeof name, "R%d", i);
        sinter_cascade_builder_rank(b, name, 1, none);
    }
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    for (int i = 0; i < 4097; i++) {
        snprintf(name, sizeof name, "T%d", i);
        sinter_cascade_builder_tensor(b, name, &(struct sinter_tensor_options){.role = SINTER_INPUT}, none);
    }
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    for (int i = 0; i < 4097; i++)
        sinter_cascade_builder_einsum(b, NULL, "Y = 1", none);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    sinter_cascade_builder_tensor(b, "S", &(struct sinter_tensor_options){.role = SINTER_INPUT}, none);
    sinter_text_append(&text, "Y = S");
    for (int i = 0; i < 600; i++)
        sinter_text_append(&text, "+S");
    sinter_cascade_builder_einsum(b, NULL, sinter_text_data(&text), none);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    b = sinter_cascade_builder_new("c", NULL, NULL, diags);
    while (text.length <= 65536)
        sinter_text_append(&text, "                ");
    sinter_cascade_builder_einsum(b, NULL, sinter_text_data(&text), none);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    expect_diagnostics(diags, ":0:0: more than 64 ranks | split the cascade into several files\n"
                              ":0:0: more than 4096 tensors | split the cascade into several files\n"
                              ":0:0: more than 4096 Einsums | split the cascade into several files\n"
                              ":0:0: the expression has more than 1024 nodes | split it into several Einsums\n"
                              ":0:0: the Einsum is longer than 65536 bytes | split it into several Einsums");
    sinter_text_free(&text);
    sinter_diagnostics_free(diags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_located),
        cmocka_unit_test(messages_show_the_line),
        cmocka_unit_test(mistakes_in_overrides_are_located),
        cmocka_unit_test(builders_report_at_finish),
        cmocka_unit_test(limits_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
