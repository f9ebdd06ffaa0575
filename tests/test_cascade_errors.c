/* test_cascade_errors.c: what is wrong with a cascade, where, and what to do about it, word for word.
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

#include "sinter/cascade.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

#define RANKS                                 \
    "cascade: c\n"                            \
    "ranks: {L: 6, D: 4, N: 2, K: 3, M: 9}\n" \
    "tensors:\n"                              \
    "  X: {ranks: [L, D], role: input}\n"
#define HEAD RANKS "  Y: {ranks: [L], role: output}\n"
#define ONE(einsum) HEAD "einsums:\n  - " einsum "\n"

/* One line for each diagnostic: "line:column: message | hint". */
static void show(const struct sinter_diagnostics *diags, struct sinter_text *out)
{
    for (int i = 0; i < sinter_diagnostics_count(diags); i++) {
        const struct sinter_diagnostic *d = sinter_diagnostics_at(diags, i);
        sinter_text_printf(out, "%d:%d: %s%s%s%s\n", d->at.line, d->at.column,
                           d->severity == SINTER_WARNING ? "warning: " : "", d->message, d->hint ? " | " : "",
                           d->hint ? d->hint : "");
    }
}

static const struct {
    const char *text, *messages;
} cases[] = {
    /* the file */
    {"cascade: c\neinsums:\n  Y[l]: X[l]\n", "3:3: einsums: expected a list, found a mapping | write `einsums:` and a list "
                                             "of texts such as `- Y[l] = A[l] * X[l]`\n"},
    {"cascade: c\ntensors: [X]\neinsums: []\n",
     "2:10: tensors: expected a mapping, found a list | write `NAME: {ranks: [L, D], role: input}`, a line for each "
     "tensor\n3:10: the cascade has no Einsums | write `einsums:` and a list of texts such as `- Y[l] = A[l] * X[l]`\n"},
    {"- a\n", "1:1: a cascade file: expected a mapping, found a list\n"},
    {"cascade: c\n"
     "rank: {L: 6}\n"
     "einsums: []\n",
     "2:1: unknown field 'rank' in a cascade file | did you mean 'ranks'?\n"},
    {"ranks: {L: 6}\n"
     "einsums: [Y = 1]\n",
     "1:1: the cascade has no name | write `cascade: NAME`\n"},
    {"cascade: c\n",
     "1:1: the cascade has no Einsums | write `einsums:` and a list of texts such as `- Y[l] = A[l] * X[l]`\n"},
    {"cascade: c\n"
     "einsums: []\n",
     "2:10: the cascade has no Einsums | write `einsums:` and a list of texts such as `- Y[l] = A[l] * X[l]`\n"},
    {"cascade: c\n"
     "cascade: d\n",
     "2:1: duplicate key 'cascade' | it was given first in line 1\n"},
    {"cascade: [c]\n"
     "einsums: [Y = 1]\n",
     "1:10: cascade: expected a single value, found a list | write `cascade: NAME`\n"},
    {"cascade: c\n"
     "type: fp17\n"
     "einsums: [Y = 1]\n",
     "2:7: unknown type 'fp17' | did you mean 'fp16'?\n"},
    {"cascade: c\n"
     "type: float\n"
     "einsums: [Y = 1]\n",
     "2:7: unknown type 'float' | types are fp64 fp32 fp16 bf16 fp8 int32 int16 int8 int4 and plain widths such as \"12 "
     "bit\"\n"},
    {"cascade: c\n"
     "ranks: [L]\n"
     "einsums: [Y = 1]\n",
     "2:8: ranks: expected a mapping, found a list"
     " | write `ranks: {L: 2048, D: 64}`: each with its extent\n"},
    {"cascade: c\n"
     "ranks: {L: 0}\n"
     "einsums: [Y = 1]\n",
     "2:12: extent of rank 'L': expected a whole number of at least 1, found '0'\n"},
    {"cascade: c\n"
     "ranks: {L: 2.5}\n"
     "einsums: [Y = 1]\n",
     "2:12: extent of rank 'L': expected a whole number of at least 1, found '2.5'\n"},
    {"cascade: c\n"
     "ranks: {L: 1, L: 2}\n"
     "einsums: [Y = 1]\n",
     "2:15: duplicate key 'L' | it was given first in line 2\n"},
    {"cascade: c\n"
     "ranks: {Ld: 1, LD: 2}\n"
     "einsums: [Y = 1]\n",
     "2:16: ranks 'Ld' and 'LD' have the same variable 'ld' | the variable of a rank is its name in lower case; rename one "
     "of them\n"},
    {"cascade: c\n"
     "ranks: {2L: 1}\n"
     "einsums: [Y = 1]\n",
     "2:9: '2L' is no name for a rank | a name is up to 128 letters, digits and underscores and does not start with a "
     "digit\n"},
    {"cascade: c\n"
     "ranks: {L: 6}\n"
     "einsums:\n"
     "  - norm: Y[l] = 1\n",
     "4:5: operator 'norm' has no list of Einsums | write its Einsums as a list below it\n"},
    {"cascade: c\n"
     "ranks: {L: 6}\n"
     "einsums:\n"
     "  - norm: []\n",
     "4:5: operator 'norm' has no list of Einsums | write its Einsums as a list below it\n"},
    {"cascade: c\n"
     "ranks: {L: 6}\n"
     "einsums:\n"
     "  - {a: [Y = 1], b: [Z = 1]}\n",
     "4:5: an operator is one name with a list of Einsums, found 2 names | write `- NAME:` and its Einsums as a list below "
     "it\n"},
    {"cascade: c\n"
     "einsums:\n"
     "  - [Y = 1]\n",
     "3:5: Einsum: expected a single value, found a list"
     " | write `einsums:` and a list of texts such as `- Y[l] = A[l] * X[l]`\n"},
    /* tensors */
    {RANKS "  Y: {rank: [L], role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:7: unknown field 'rank' in tensor 'Y' | did you mean 'ranks'?\n"},
    {RANKS "  Y: {role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:3: tensor 'Y' has no ranks | write `ranks: [L, D]`, or `ranks: []` for a scalar\n"},
    {RANKS "  Y: {ranks: L, role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:14: ranks: expected a list, found 'L'"
     " | write `ranks: [L, D]`, or `ranks: []` for a scalar\n"},
    {RANKS "  Y: {ranks: [L], role: outptu}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:25: unknown role 'outptu' | did you mean 'output'?\n"},
    {RANKS "  Y: {ranks: [L], role: result}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:25: unknown role 'result' | roles are intermediate, input, weight, output and state\n"},
    {RANKS "  Y: {ranks: [LL], role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:15: unknown rank 'LL' in tensor 'Y' | did you mean 'L'?\n"},
    {RANKS "  Y: {ranks: [L, Other], role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:18: unknown rank 'Other' in tensor 'Y' | declare it under ranks:\n"},
    {RANKS "  Y: {ranks: [L, L], role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:18: tensor 'Y' has rank 'L' twice | give the second dimension a rank of its own\n"},
    {RANKS "  Y: {ranks: [L], type: fp23}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:25: unknown type 'fp23' | did you mean 'fp32'?\n"},
    {RANKS "  Y-Y: {ranks: [L]}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:3: 'Y-Y' is no name for a tensor | a name is up to 128 letters, digits and underscores and does not start with a "
     "digit\n"},
    {RANKS "  Y: output\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:6: tensor 'Y': expected a mapping, found 'output'"
     " | write `NAME: {ranks: [L, D], role: input}`, a line for each tensor\n"},
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  X: {ranks: [L]}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "6:3: duplicate key 'X' | it was given first in line 4\n"},
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  Z: {ranks: [L], role: output}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "6:3: output 'Z' is never produced | an Einsum must have it on the left-hand side, or its role is input or weight\n"},
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  Z: {ranks: [L]}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "6:3: intermediate 'Z' is never produced | an Einsum must have it on the left-hand side, or its role is input or "
     "weight\n"},
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  Z: {ranks: [L], role: state}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "6:3: tensor 'Z' has role state, but no tensor names it as its state | write `state: NAME` at the tensor whose first "
     "and last slices it holds\n"},
    /* left-hand sides */
    {HEAD "einsums:\n"
          "  - Y[l] = 1\n"
          "  - Y[l] = 2\n",
     "8:5: tensor 'Y' is produced twice | give the second result another name\n"},
    {ONE("X[l,d] = 1"),
     "7:5: tensor 'X' has role input and cannot be produced | produced tensors are intermediates or outputs\n"},
    {ONE("Y[l,d] = X[l,d]"), "7:5: 'Y' has 1 dimension, found 2 indices | its ranks are [L]\n"},
    {ONE("Y[d] = sum(X[l,d])"), "7:7: index 'd' on the left-hand side of 'Y', expected 'l' | its ranks are [L]\n"},
    {ONE("Y[l+1] = sum(X[l,d])"),
     "7:7: an index on the left-hand side must be a plain variable | move the offset to the accesses on the right\n"},
    {ONE("Y[0] = sum(X[l,d])"),
     "7:7: an index on the left-hand side must be a plain variable | move the offset to the accesses on the right\n"},
    {ONE("Z[l,l] = 1"), "7:9: variable 'l' stands twice on the left-hand side\n"},
    {ONE("Z[q] = 1"), "7:7: unknown variable 'q' in an index of 'Z' | declare its rank under ranks:; a rank's variable is "
                      "its lower-case name\n"},
    {ONE("Y[l = 1"), "7:9: expected ']', found '='\n"},
    {ONE("Y[l]"), "7:9: expected '=', found the end of the Einsum\n"},
    {ONE("= 1"), "7:5: expected the name of a tensor, found '='\n"},
    {ONE("Y[l] + 1 = 2"), "7:10: expected '=', found '+'\n"},
    {ONE("Y[L] = 1"), "7:7: index 'L' of 'Y' is a rank, expected a variable | the variable of rank 'L' is 'l'\n"},
    /* syntax */
    {ONE("Y[l] ="), "7:11: expected a tensor, a number or a function, found the end of the Einsum\n"},
    {ONE("Y[l] = sum(X[l,d]"), "7:22: expected ')', found the end of the Einsum\n"},
    {ONE("Y[l] = X[l,d"), "7:17: expected ']', found the end of the Einsum\n"},
    {ONE("Y[l] = X[l,]"), "7:16: expected an index, found ']'\n"},
    {ONE("Y[l] = 1 + * 2"), "7:16: expected a tensor, a number or a function, found '*'\n"},
    {ONE("Y[l] = 1 2"), "7:14: expected an operator or the end, found '2'\n"},
    {ONE("Y[l] = 2l"), "7:12: expected a tensor, a number or a function, found '2l'\n"},
    {ONE("Y[l] = 1 % 2"), "7:14: expected an operator or the end, found '%'\n"},
    {ONE("Y[l] = \xC3\xA9"
         ""),
     "7:12: expected a tensor, a number or a function, found '\xC3\xA9"
     "'\n"},
    {ONE("Y[l] = ()"), "7:13: expected a tensor, a number or a function, found ')'\n"},
    {ONE("Y[l] = 1e999"), "7:12: expected a number of moderate size, found '1e999'\n"},
    {ONE("Y[l] = 1 / 0"), "7:16: division by 0\n"},
    {ONE("Y[l] = X[l,0] / -0"), "7:21: division by 0\n"},
    {ONE("Y[l] = sum(X[l,d]*L/(2-2))"), "7:26: division by 0\n"},
    {ONE("Y[l] = X[l,0] / (L - L)"), "7:22: division by 0\n"},
    {ONE("Y[l] = log(-1)"), "7:12: the constant part of the expression is not a finite number\n"},
    {ONE("Y[l] = "
         "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))"
         ")))))))))))))))))))))))))))"),
     "7:76: the expression is nested deeper than 64 | split it into several Einsums\n"},
    {ONE("'Y[l] = 1 +'"), "7:16: expected a tensor, a number or a function, found the end of the Einsum\n"},
    {HEAD "einsums:\n"
          "  - Y[l] = sum(X[l,d])\n"
          "\n"
          "      + $\n",
     "8:3: expected a tensor, a number or a function, found '$'\n"},
    /* names and indices */
    {ONE("Y[l] = sum(XX[l,d])"),
     "7:16: unknown tensor 'XX' | did you mean 'X'? if not, declare it under tensors: with role input or weight\n"},
    {ONE("Y[l] = Weights[l]"), "7:12: unknown tensor 'Weights' | declare it under tensors: with role input or weight\n"},
    {ONE("Y[l] = l"), "7:12: variable 'l' is no value, it can only stand in an index | its extent is written 'L'\n"},
    {ONE("Y[l] = sum(X[l,q])"), "7:20: unknown variable 'q' in an index of 'X' | declare its rank under ranks:; a rank's "
                                "variable is its lower-case name\n"},
    {ONE("Y[l] = sum(X[l,L])"), "7:20: index 'L' of 'X' is a rank, expected a variable | the variable of rank 'L' is 'l'\n"},
    {ONE("Y[l] = sum(X[l])"), "7:16: 'X' has 2 dimensions, found 1 index | its ranks are [L, D]\n"},
    {ONE("Y[l] = X"), "7:12: 'X' has 2 dimensions, found 0 indices | its ranks are [L, D]\n"},
    {ONE("Y[l] = X[l,d,0]"), "7:12: 'X' has 2 dimensions, found 3 indices | its ranks are [L, D]\n"},
    {ONE("Y[l] = sum(X[l*l,d])"), "7:20: an index of 'X' multiplies two variables, expected an affine form\n"},
    {ONE("Y[l] = sum(X[l/2,d])"), "7:19: expected ']', found '/'\n"},
    {ONE("Y[l] = sum(X[1.5,d])"), "7:18: expected a whole number in an index, found '1.5'\n"},
    {ONE("Y[l] = sum(X[99999999999999999999,d])"),
     "7:18: expected a whole number in an index, found '99999999999999999999'\n"},
    {ONE("Y[l] = sum(X[4611686018427387904*4*l,d])"), "7:38: an index of 'X' overflows\n"},
    {ONE("Y[l] = sum(X[4611686018427387904*l,d])"), "7:16: an index of 'X' overflows | reduce a coefficient or an extent\n"},
    {ONE("Y[l] = sum(X[--l,d])"), "7:19: expected an index, found '-'\n"},
    {ONE("Y[l] = sqr(X[l,0])"), "7:12: unknown function 'sqr' | did you mean 'sqrt'?\n"},
    {ONE("Y[l] = convolve(X[l,0])"), "7:12: unknown function 'convolve' | functions are exp log sqrt rsqrt recip sigmoid "
                                     "silu softplus relu gelu tanh max min sum lookup\n"},
    {ONE("Y[l] = exp(X[l,0], 1)"), "7:12: exp takes 1 argument, found 2\n"},
    {ONE("Y[l] = min(X[l,0])"), "7:12: min takes 2 arguments, found 1\n"},
    {ONE("Y[l] = max()"), "7:12: max takes 1 or 2 arguments, found 0\n"},
    {ONE("Y[l] = sum(X[l,d], 1)"), "7:12: sum takes 1 argument, found 2\n"},
    {ONE("Y[l] = lookup(X[l,0], 2)"),
     "7:27: the second argument of lookup must be a tensor | write lookup(index, TABLE[...])\n"},
    /* reductions */
    {ONE("Y[l] = X[l,d] + 1"), "7:21: this term lacks the variable 'd', which is reduced by a sum over the whole right-hand "
                               "side | write sum(...) around the part that is reduced\n"},
    {ONE("Y[l] = X[l,d] * X[k,d] + X[l,d]"), "7:30: this term lacks the variable 'k', which is reduced by a sum over the "
                                             "whole right-hand side | write sum(...) around the part that is reduced\n"},
    {ONE("Y[l] = sum(X[l,0])"), "7:12: sum(...) reduces nothing | it reduces the variables that the left-hand side lacks\n"},
    {ONE("Y[l] = max(3)"), "7:12: max(...) reduces nothing | it reduces the variables that the left-hand side lacks\n"},
    {ONE("Y[l] = sum(X[l,d]) * X[l,d]"), "7:12: variable 'd' is used inside a sum or max that reduces it and outside of it "
                                         "| move the inner reduction to an Einsum of its own\n"},
    {ONE("Y[l] = sum(X[l,d] * sum(X[k,d]))"), "7:16: variable 'd' is used inside a sum or max that reduces it and outside "
                                              "of it | move the inner reduction to an Einsum of its own\n"},
    {ONE("Y[l] = sum(sum(X[l,d]))"),
     "7:12: sum(...) reduces nothing | it reduces the variables that the left-hand side lacks\n"},
    /* extents */
    {ONE("Y[l] = X[m,0]"), "7:12: extent mismatch: 'm' has 9 values, rank 'L' of 'X' has 6 | a variable may be shorter than "
                           "the dimension that it indexes, not longer\n"},
    {ONE("Y[l] = X[l,n+3]"), "7:12: extent mismatch: index 'n+3' reaches 4, rank 'D' of 'X' ends at 3\n"},
    {ONE("Y[l] = X[l,4]"), "7:12: index 4 of 'X' is outside of rank 'D' (4)\n"},
    {ONE("Y[l] = X[l,-1]"), "7:12: index -1 of 'X' is outside of rank 'D' (4)\n"},
    {ONE("Y[l] = sum(X[2*l,d])"), "7:16: extent mismatch: index '2*l' reaches 10, rank 'L' of 'X' ends at 5\n"},
    {ONE("Y[l] = sum(X[l+1,d])"), "7:16: extent mismatch: index 'l+1' reaches 6, rank 'L' of 'X' ends at 5\n"},
    {ONE("Y[l] = sum(X[l+6+k,d])"), "7:16: extent mismatch: index 'l+k+6' of 'X' is never inside of rank 'L' (6)\n"},
    /* order and recurrences */
    {HEAD "einsums:\n"
          "  - A[l] = B[l]\n"
          "  - B[l] = sum(X[l,d])\n"
          "  - Y[l] = A[l]\n",
     "7:12: tensor 'B' is read before it is produced | Einsums stand in the order of their execution; move its producer "
     "up\n"},
    {HEAD "einsums:\n"
          "  - A[l] = B[l-1]\n"
          "  - B[l] = sum(X[l,d])\n"
          "  - Y[l] = A[l]\n",
     "7:12: tensor 'B' is read before it is produced | Einsums stand in the order of their execution; move its producer "
     "up\n"},
    {ONE("Y[l] = Y[l] + sum(X[l,d])"), "7:12: cyclic definition without a recurrence: Y -> Y | one of these reads must look "
                                       "back along a rank that they all share, such as H[l-1]\n"},
    {ONE("Y[l] = Y[l+1] + sum(X[l,d])"), "7:12: the recurrence of 'Y' looks forward along L: 'Y[l+1]' is not computed yet | "
                                         "a recurrence reads what earlier steps made, such as H[l-1]\n"},
    {ONE("Y[l] = Y[l-k]"), "7:12: cyclic definition without a recurrence: Y -> Y | one of these reads must look back along "
                           "a rank that they all share, such as H[l-1]\n"},
    {ONE("Y[l] = Y[l-1] + Y[l]"), "7:21: cyclic definition without a recurrence: Y -> Y | one of these reads must look back "
                                  "along a rank that they all share, such as H[l-1]\n"},
    {HEAD "einsums:\n"
          "  - A[l] = B[l] + sum(X[l,d])\n"
          "  - B[l] = A[l]\n"
          "  - Y[l] = B[l]\n",
     "7:12: cyclic definition without a recurrence: A -> B -> A | one of these reads must look back along a rank that they "
     "all share, such as H[l-1]\n"},
    {HEAD "einsums:\n"
          "  - A[l] = C[l]\n"
          "  - B[l] = A[l]\n"
          "  - C[l] = B[l]\n"
          "  - Y[l] = C[l] + sum(X[l,d])\n",
     "7:12: cyclic definition without a recurrence: A -> B -> C -> A | one of these reads must look back along a rank that "
     "they all share, such as H[l-1]\n"},
    {HEAD "einsums:\n"
          "  - A[l] = B[l-1]\n"
          "  - B[l] = A[l+1] + sum(X[l,d])\n"
          "  - Y[l] = B[l]\n",
     "8:12: the recurrence of 'A' looks forward along L: 'A[l+1]' is not computed yet | a recurrence reads what earlier "
     "steps made, such as H[l-1]\n"},
    {HEAD "einsums:\n"
          "  - A[l] = B[l-1]\n"
          "  - B[l] = A[0] + sum(X[l,d])\n"
          "  - Y[l] = B[l]\n",
     "8:12: cyclic definition without a recurrence: B -> A -> B | one of these reads must look back along a rank that they "
     "all share, such as H[l-1]\n"},
    {HEAD "einsums:\n"
          "  - A[l,d] = B[l-1,d] + X[l,d]\n"
          "  - B[l,d] = A[l,d] + B[l,d-1]\n"
          "  - Y[l] = sum(B[l,d])\n",
     "8:23: 'B[l,d-1]' looks back along D, but its recurrence runs along L | all look-backs of a recurrence go along one "
     "rank\n"},
    {HEAD "einsums:\n"
          "  - A[l,d] = A[l-1,d] + A[l,d-1]\n"
          "  - Y[l] = sum(A[l,d] + X[l,d])\n",
     "7:25: 'A[l,d-1]' looks back along D, but its recurrence runs along L | all look-backs of a recurrence go along one "
     "rank\n"},
    {HEAD "einsums:\n"
          "  - A[l,d] = A[l-1,d-1]\n"
          "  - Y[l] = sum(A[l,d] + X[l,d])\n",
     "7:14: tensor 'A' is looked back at along two ranks, L and D | copy the tensor to another one for the second "
     "look-back\n"},
    {HEAD "einsums:\n"
          "  - A[l,d] = X[l,d]\n"
          "  - B[l,d] = A[l-1,d]\n"
          "  - C[l,d] = A[l,d-1]\n"
          "  - Y[l] = sum(B[l,d]+C[l,d])\n",
     "9:14: tensor 'A' is looked back at along two ranks, L and D | copy the tensor to another one for the second "
     "look-back\n"},
    /* states */
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n",
     "5:40: unknown tensor 'S' as the state of 'Y' | declare it under tensors: with role state\n"},
    {RANKS "  Y: {ranks: [L], role: output, state: Y}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n",
     "5:40: tensor 'Y' names itself as its state\n"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: []}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n"
           "  - S[] = 1\n",
     "5:40: state 'S' of 'Y' is produced by an Einsum\n"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [], role: weight}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n",
     "5:40: state 'S' of 'Y' has role weight, expected input, output or state | input: only read at the start; output: only "
     "written at the end; state: both\n"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [], role: state}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "5:40: no Einsum looks back at 'Y', so its state 'S' would hold nothing | remove the state, or read the tensor at an "
     "earlier index such as H[l-1]\n"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [L], role: state}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n",
     "5:40: state 'S' of 'Y' has ranks [L], expected [] | a state has the ranks of its tensor without L\n"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [N], role: state}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-3] + sum(X[l,d])\n",
     "5:40: state 'S' of 'Y' has ranks [N], expected [] and one rank of extent 3 for the slices | a state has the ranks of "
     "its tensor without L\n"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [], role: state}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + S[] + sum(X[l,d])\n",
     "8:21: state 'S' of 'Y' cannot be read by itself | read it as an earlier index of 'Y'\n"},
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  Z: {ranks: [L], role: input, state: S}\n"
           "  S: {ranks: [], role: state}\n"
           "einsums:\n"
           "  - Y[l] = Z[l-1] + sum(X[l,d])\n",
     "6:39: nothing produces 'Z', so its state 'S' cannot have role state | give the state role input\n"},
    {RANKS "  Y: {ranks: [L], role: output, state: S}\n"
           "  Z: {ranks: [L], role: output, state: S}\n"
           "  S: {ranks: [], role: state}\n"
           "einsums:\n"
           "  - Y[l] = Y[l-1] + sum(X[l,d])\n"
           "  - Z[l] = Z[l-1] + Y[l]\n",
     "6:40: state 'S' of 'Z' is the state of 'Y' already\n"},
    /* sizes */
    {"cascade: c\n"
     "ranks: {A: 4294967296, B: 4294967296}\n"
     "einsums:\n"
     "  - X[a,b] = 1\n",
     "4:5: the size of tensor 'X' overflows | reduce an extent; sizes must stay below 2^63\n"},
    {"cascade: c\n"
     "ranks: {A: 1152921504606846976}\n"
     "einsums:\n"
     "  - X[a] = 1\n",
     "4:5: the size of tensor 'X' overflows | reduce an extent; sizes must stay below 2^63\n"},
    {"cascade: c\n"
     "ranks: {A: 9223372036854775808}\n"
     "einsums:\n"
     "  - X[a] = 1\n",
     "2:12: extent of rank 'A': expected a whole number of at least 1, found '9223372036854775808'\n"},
    {"cascade: c\n"
     "ranks: {A: 4294967296, B: 2147483648}\n"
     "tensors: {X: {ranks: [A], role: input}, W: {ranks: [B], role: input}}\n"
     "einsums:\n"
     "  - Y[] = X[a] * W[b]\n",
     "5:5: the number of operations of 'Y' overflows | reduce an extent; sizes must stay below 2^63\n"},
    {"cascade: c\n"
     "ranks: {A: 1, B: 1, C: 1, D: 1, E: 1, F: 1, G: 1, H: 1, I: 1}\n"
     "einsums:\n"
     "  - X[a,b,c,d,e,f,g,h,i] = 1\n",
     "4:23: 'X' has more than 8 dimensions | merge ranks that are never indexed apart into one\n"},
    {"cascade: c\n"
     "ranks: {A: 1, B: 1, C: 1, D: 1, E: 1, F: 1, G: 1, H: 1, I: 1}\n"
     "tensors: {X: {ranks: [A, B, C, D, E, F, G, H, I], role: input}}\n"
     "einsums:\n"
     "  - Y = 1\n",
     "3:47: tensor 'X' has 9 ranks, expected at most 8 | merge ranks that are never indexed apart into one\n"},
    /* warnings */
    {RANKS "  Y: {ranks: [L], role: output}\n"
           "  W: {ranks: [L], role: weight}\n"
           "einsums:\n"
           "  - Y[l] = sum(X[l,d])\n",
     "6:3: warning: weight 'W' is never read\n"},
    {HEAD "einsums:\n"
          "  - Y[l] = sum(X[l,d])\n"
          "  - Z[l] = Y[l]\n",
     "8:5: warning: intermediate 'Z' is never read | give it role output if it is a result\n"},
    /* several at once */
    {HEAD "einsums:\n"
          "  - Y[l] = sum(Z[l,d])\n"
          "  - A[l] = exq(X[l,0])\n",
     "7:16: unknown tensor 'Z' | declare it under tensors: with role input or weight\n"
     "8:12: unknown function 'exq' | did you mean 'exp'?\n"},
};

static void slips_are_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        struct sinter_cascade *cascade = NULL;
        struct sinter_text shown = {0};
        enum sinter_status status =
            sinter_cascade_parse("t.yaml", cases[i].text, strlen(cases[i].text), NULL, 0, NULL, diags, &cascade);
        show(diags, &shown);
        assert_string_equal(sinter_text_data(&shown), cases[i].messages);
        assert_int_equal(status, sinter_diagnostics_errors(diags) > 0 ? SINTER_BAD_INPUT : SINTER_OK);
        assert_int_equal(cascade != NULL, status == SINTER_OK);
        sinter_text_free(&shown);
        sinter_cascade_free(cascade);
        sinter_diagnostics_free(diags);
        /* nobody has to listen */
        assert_int_equal(sinter_cascade_parse("t.yaml", cases[i].text, strlen(cases[i].text), NULL, 0, NULL, NULL, &cascade),
                         status);
        sinter_cascade_free(cascade);
    }
}

static void messages_show_the_line(void **state)
{
    (void)state;
    static const char text[] = HEAD "einsums:\n  - Y[l] = sum(X[l,q])\n";
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    sinter_cascade_parse("scan.yaml", text, strlen(text), NULL, 0, NULL, diags, &cascade);
    assert_string_equal(sinter_diagnostics_text(diags), "scan.yaml:7:20: error: unknown variable 'q' in an index of 'X'\n"
                                                        "      - Y[l] = sum(X[l,q])\n"
                                                        "                       ^\n"
                                                        "  hint: declare its rank under ranks:; a rank's variable is its "
                                                        "lower-case name\n");
    sinter_diagnostics_free(diags);
}

static void overrides_are_located(void **state)
{
    (void)state;
    static const struct {
        const char *field, *value, *messages;
    } overrides[] = {
        {"L", "none",
         "--set:2:3: error: extent of rank 'L': expected a whole number of at least 1, found 'none'\n"
         "    L=none\n      ^\n"},
        {"type", "fp17", "--set:2:6: error: unknown type 'fp17'\n    type=fp17\n         ^\n  hint: did you mean 'fp16'?\n"},
        {"Y.type", "x",
         "--set:2:8: error: unknown type 'x'\n    Y.type=x\n           ^\n"
         "  hint: types are fp64 fp32 fp16 bf16 fp8 int32 int16 int8 int4 and plain widths such as \"12 bit\"\n"},
    };
    static const char text[] = HEAD "einsums:\n  - Y[l] = sum(X[l,d])\n";
    for (size_t i = 0; i < LENGTH(overrides); i++) {
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        struct sinter_cascade *cascade = NULL;
        struct sinter_override set[] = {{"N", "3", false}, {overrides[i].field, overrides[i].value, false}};
        assert_int_equal(sinter_cascade_parse("t.yaml", text, strlen(text), set, 2, NULL, diags, &cascade),
                         SINTER_BAD_INPUT);
        assert_string_equal(sinter_diagnostics_text(diags), overrides[i].messages);
        assert_true(set[1].is_used);
        sinter_diagnostics_free(diags);
    }
}

/* A builder without places still says what is wrong. */
static void builders_report_at_finish(void **state)
{
    (void)state;
    struct sinter_location none = {0}, here = {"code.c", 10, 5};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    struct sinter_text shown = {0};
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
    sinter_cascade_builder_einsum(b, "", "Z = 1", here);
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_BAD_INPUT);
    show(diags, &shown);
    assert_string_equal(sinter_text_data(&shown),
                        "0:0: cascade 'c' has no Einsum\n"
                        "0:0: unknown type 'fp17' | did you mean 'fp16'?\n"
                        "0:0: the extent of rank 'L' is -1, expected at least 1\n"
                        "10:5: rank 'L' is declared twice\n"
                        "11:6: expected a tensor, a number or a function, found the end of the Einsum\n"
                        "0:0: unknown tensor 'Q' | declare it under tensors: with role input or weight\n"
                        "10:5: unknown rank 'L' in tensor 'X' | declare it under ranks:\n"
                        "10:5: the name of an operator has 1 to 128 bytes, found 0\n");
    sinter_text_free(&shown);
    sinter_diagnostics_free(diags);
}

static void limits_are_kept(void **state)
{
    (void)state;
    struct sinter_location none = {0};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    struct sinter_text shown = {0}, text = {0};
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
    show(diags, &shown);
    assert_string_equal(sinter_text_data(&shown),
                        "0:0: more than 64 ranks | split the cascade into several files\n"
                        "0:0: more than 4096 tensors | split the cascade into several files\n"
                        "0:0: more than 4096 Einsums | split the cascade into several files\n"
                        "0:0: the expression has more than 1024 nodes | split it into several Einsums\n"
                        "0:0: the Einsum is longer than 65536 bytes | split it into several Einsums\n");
    sinter_text_free(&text);
    sinter_text_free(&shown);
    sinter_diagnostics_free(diags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_are_explained),   cmocka_unit_test(messages_show_the_line),
        cmocka_unit_test(overrides_are_located), cmocka_unit_test(builders_report_at_finish),
        cmocka_unit_test(limits_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
