/* test_einsum_errors.c: what is wrong with an Einsum, or with the order of Einsums, where, and what to do about it.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_error.h"
#include "sinter/cascade.h"

#define HEAD                                  \
    "cascade: c\n"                            \
    "ranks: {L: 6, D: 4, N: 2, K: 3, M: 9}\n" \
    "tensors:\n"                              \
    "  X: {ranks: [L, D], role: input}\n"     \
    "  Y: {ranks: [L], role: output}\n"
#define ONE(einsum) HEAD "einsums:\n  - " einsum "\n"

static const struct mistake mistakes[] = {
    /* left-hand sides */
    {HEAD "einsums:\n"
          "  - Y[l] = 1\n"
          "  - Y[l] = 2\n",
     "f:8:5: tensor 'Y' is produced twice | give the second result another name"},
    {ONE("X[l,d] = 1"),
     "f:7:5: tensor 'X' has role input and cannot be produced | produced tensors are intermediates or outputs"},
    {ONE("Y[l,d] = X[l,d]"), "f:7:5: 'Y' has 1 dimension, found 2 indices | its ranks are [L]"},
    {ONE("Y[d] = sum(X[l,d])"), "f:7:7: index 'd' on the left-hand side of 'Y', expected 'l' | its ranks are [L]"},
    {ONE("Y[l+1] = sum(X[l,d])"),
     "f:7:7: an index on the left-hand side must be a plain variable | move the offset to the accesses on the right"},
    {ONE("Y[0] = sum(X[l,d])"),
     "f:7:7: an index on the left-hand side must be a plain variable | move the offset to the accesses on the right"},
    {ONE("Z[l,l] = 1"), "f:7:9: variable 'l' stands twice on the left-hand side"},
    {ONE("Z[q] = 1"), "f:7:7: unknown variable 'q' in an index of 'Z' | declare its rank under ranks:; a rank's variable is "
                      "its lower-case name"},
    {ONE("Y[l = 1"), "f:7:9: expected ']', found '='"},
    {ONE("Y[l]"), "f:7:9: expected '=', found the end of the Einsum"},
    {ONE("= 1"), "f:7:5: expected the name of a tensor, found '='"},
    {ONE("Y[l] + 1 = 2"), "f:7:10: expected '=', found '+'"},
    {ONE("Y[L] = 1"), "f:7:7: index 'L' of 'Y' is a rank, expected a variable | the variable of rank 'L' is 'l'"},
    /* syntax */
    {ONE("Y[l] ="), "f:7:11: expected a tensor, a number or a function, found the end of the Einsum"},
    {ONE("Y[l] = sum(X[l,d]"), "f:7:22: expected ')', found the end of the Einsum"},
    {ONE("Y[l] = X[l,d"), "f:7:17: expected ']', found the end of the Einsum"},
    {ONE("Y[l] = X[l,]"), "f:7:16: expected an index, found ']'"},
    {ONE("Y[l] = 1 + * 2"), "f:7:16: expected a tensor, a number or a function, found '*'"},
    {ONE("Y[l] = 1 2"), "f:7:14: expected an operator or the end, found '2'"},
    {ONE("Y[l] = 2l"), "f:7:12: expected a tensor, a number or a function, found '2l'"},
    {ONE("Y[l] = 1 % 2"), "f:7:14: expected an operator or the end, found '%'"},
    {ONE("Y[l] = \xC3\xA9"
         ""),
     "f:7:12: expected a tensor, a number or a function, found '\xC3\xA9"
     "'"},
    {ONE("Y[l] = ()"), "f:7:13: expected a tensor, a number or a function, found ')'"},
    {ONE("Y[l] = 1e999"), "f:7:12: expected a number of moderate size, found '1e999'"},
    {ONE("Y[l] = 1 / 0"), "f:7:14: division by 0"},
    {ONE("Y[l] = X[l,0] / -0"), "f:7:19: division by 0"},
    {ONE("Y[l] = sum(X[l,d]*L/(2-2))"), "f:7:24: division by 0"},
    {ONE("Y[l] = X[l,0] / (L - L)"), "f:7:19: division by 0"},
    {ONE("Y[l] = X[l,0] / (2 - max(1, 2))"), "f:7:19: division by 0"},
    {ONE("Y[l] = X[l,0] / (1 - min(1, 2))"), "f:7:19: division by 0"},
    {ONE("Y[l] = X[l,0] / (2 + -sqrt(4))"), "f:7:19: division by 0"},
    {ONE("Y[l] = X[l,0] / max(0, 0)"), "f:7:19: division by 0"},
    {ONE("Y[l] = log(-1)"), "f:7:12: the constant part of the expression is not a finite number"},
    {ONE("Y[l] = "
         "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))"
         ")))))))))))))))))))))))))))"),
     "f:7:76: the expression is nested deeper than 64 | split it into several Einsums"},
    {ONE("'Y[l] = 1 +'"), "f:7:16: expected a tensor, a number or a function, found the end of the Einsum"},
    {HEAD "einsums:\n"
          "  - Y[l] = sum(X[l,d])\n"
          "\n"
          "      + $\n",
     "f:8:3: expected a tensor, a number or a function, found '$'"},
    /* names and indices */
    {ONE("Y[l] = sum(XX[l,d])"),
     "f:7:16: unknown tensor 'XX' | did you mean 'X'? if not, declare it under tensors: with role input or weight"},
    {ONE("Y[l] = Weights[l]"), "f:7:12: unknown tensor 'Weights' | declare it under tensors: with role input or weight"},
    {ONE("Y[l] = l"), "f:7:12: variable 'l' is no value, it can only stand in an index | its extent is written 'L'"},
    {ONE("Y[l] = sum(X[l,q])"), "f:7:20: unknown variable 'q' in an index of 'X' | declare its rank under ranks:; a rank's "
                                "variable is its lower-case name"},
    {ONE("Y[l] = sum(X[l,L])"), "f:7:20: index 'L' of 'X' is a rank, expected a variable | the variable of rank 'L' is 'l'"},
    {ONE("Y[l] = sum(X[l])"), "f:7:16: 'X' has 2 dimensions, found 1 index | its ranks are [L, D]"},
    {ONE("Y[l] = X"), "f:7:12: 'X' has 2 dimensions, found 0 indices | its ranks are [L, D]"},
    {ONE("Y[l] = X[l,d,0]"), "f:7:12: 'X' has 2 dimensions, found 3 indices | its ranks are [L, D]"},
    {ONE("Y[l] = sum(X[l*l,d])"), "f:7:20: an index of 'X' multiplies two variables, expected an affine form"},
    {ONE("Y[l] = sum(X[l/2,d])"), "f:7:19: expected ']', found '/'"},
    {ONE("Y[l] = sum(X[1.5,d])"), "f:7:18: expected a whole number in an index, found '1.5'"},
    {ONE("Y[l] = sum(X[99999999999999999999,d])"),
     "f:7:18: expected a whole number in an index, found '99999999999999999999'"},
    {ONE("Y[l] = sum(X[4611686018427387904*4*l,d])"), "f:7:38: an index of 'X' overflows"},
    {ONE("Y[l] = sum(X[4611686018427387904*l,d])"), "f:7:16: an index of 'X' overflows | reduce a coefficient or an extent"},
    {ONE("Y[l] = sum(X[9223372036854775807+1+l,d])"), "f:7:18: an index of 'X' overflows"},
    {ONE("Y[l] = sum(X[--l,d])"), "f:7:19: expected an index, found '-'"},
    {ONE("Y[l] = sqr(X[l,0])"), "f:7:12: unknown function 'sqr' | did you mean 'sqrt'?"},
    {ONE("Y[l] = convolve(X[l,0])"), "f:7:12: unknown function 'convolve' | functions are exp log sqrt rsqrt recip sigmoid "
                                     "silu softplus relu gelu tanh max min sum lookup"},
    {ONE("Y[l] = exp(X[l,0], 1)"), "f:7:12: exp takes 1 argument, found 2"},
    {ONE("Y[l] = min(X[l,0])"), "f:7:12: min takes 2 arguments, found 1"},
    {ONE("Y[l] = max()"), "f:7:12: max takes 1 or 2 arguments, found 0"},
    {ONE("Y[l] = sum(X[l,d], 1)"), "f:7:12: sum takes 1 argument, found 2"},
    {ONE("Y[l] = lookup(X[l,0], 2)"),
     "f:7:27: the second argument of lookup must be a tensor | write lookup(index, TABLE[...])"},
    /* reductions */
    {ONE("Y[l] = X[l,d] + 1"),
     "f:7:21: this term lacks the variable 'd', which is reduced by a sum over the whole right-hand "
     "side | write sum(...) around the part that is reduced"},
    {ONE("Y[l] = X[l,d] + max(X[l,0], 1)"),
     "f:7:21: this term lacks the variable 'd', which is reduced by a sum over the whole right-hand "
     "side | write sum(...) around the part that is reduced"},
    {ONE("Y[l] = X[l,d] * X[k,d] + X[l,d]"), "f:7:30: this term lacks the variable 'k', which is reduced by a sum over the "
                                             "whole right-hand side | write sum(...) around the part that is reduced"},
    {ONE("Y[l] = sum(X[l,0])"), "f:7:12: sum(...) reduces nothing | it reduces the variables that the left-hand side lacks"},
    {ONE("Y[l] = max(3)"), "f:7:12: max(...) reduces nothing | it reduces the variables that the left-hand side lacks"},
    {ONE("Y[l] = sum(X[l,d]) * X[l,d]"),
     "f:7:12: variable 'd' is used inside a sum or max that reduces it and outside of it "
     "| move the inner reduction to an Einsum of its own"},
    {ONE("Y[l] = sum(X[l,d] * sum(X[k,d]))"), "f:7:16: variable 'd' is used inside a sum or max that reduces it and outside "
                                              "of it | move the inner reduction to an Einsum of its own"},
    {ONE("Y[l] = sum(sum(X[l,d]))"),
     "f:7:12: sum(...) reduces nothing | it reduces the variables that the left-hand side lacks"},
    /* extents */
    {ONE("Y[l] = X[m,0]"),
     "f:7:12: extent mismatch: 'm' has 9 values, rank 'L' of 'X' has 6 | a variable may be shorter than "
     "the dimension that it indexes, not longer"},
    {ONE("Y[l] = X[l,n+3]"), "f:7:12: extent mismatch: index 'n+3' reaches 4, rank 'D' of 'X' ends at 3"},
    {ONE("Y[l] = X[l,4]"), "f:7:12: index 4 of 'X' is outside of rank 'D' (4)"},
    {ONE("Y[l] = X[l,-1]"), "f:7:12: index -1 of 'X' is outside of rank 'D' (4)"},
    {ONE("Y[l] = sum(X[2*l,d])"), "f:7:16: extent mismatch: index '2*l' reaches 10, rank 'L' of 'X' ends at 5"},
    {ONE("Y[l] = sum(X[l+1,d])"), "f:7:16: extent mismatch: index 'l+1' reaches 6, rank 'L' of 'X' ends at 5"},
    {ONE("Y[l] = sum(X[l+6+k,d])"), "f:7:16: extent mismatch: index 'l+k+6' of 'X' is never inside of rank 'L' (6)"},
    /* order and recurrences */
    {HEAD "einsums:\n"
          "  - A[l] = B[l]\n"
          "  - B[l] = sum(X[l,d])\n"
          "  - Y[l] = A[l]\n",
     "f:7:12: tensor 'B' is read before it is produced | Einsums stand in the order of their execution; move its producer "
     "up"},
    {HEAD "einsums:\n"
          "  - A[l] = B[l-1]\n"
          "  - B[l] = sum(X[l,d])\n"
          "  - Y[l] = A[l]\n",
     "f:7:12: tensor 'B' is read before it is produced | Einsums stand in the order of their execution; move its producer "
     "up"},
    {ONE("Y[l] = Y[l] + sum(X[l,d])"),
     "f:7:12: cyclic definition without a recurrence: Y -> Y | one of these reads must look "
     "back along a rank that they all share, such as H[l-1]"},
    {ONE("Y[l] = Y[l+1] + sum(X[l,d])"),
     "f:7:12: the recurrence of 'Y' looks forward along L: 'Y[l+1]' is not computed yet | "
     "a recurrence reads what earlier steps made, such as H[l-1]"},
    {ONE("Y[l] = Y[l-k]"),
     "f:7:12: cyclic definition without a recurrence: Y -> Y | one of these reads must look back along "
     "a rank that they all share, such as H[l-1]"},
    {ONE("Y[l] = Y[l-1] + Y[l]"),
     "f:7:21: cyclic definition without a recurrence: Y -> Y | one of these reads must look back "
     "along a rank that they all share, such as H[l-1]"},
    {HEAD "einsums:\n"
          "  - A[l] = B[l] + sum(X[l,d])\n"
          "  - B[l] = A[l]\n"
          "  - Y[l] = B[l]\n",
     "f:7:12: cyclic definition without a recurrence: A -> B -> A | one of these reads must look back along a rank that "
     "they "
     "all share, such as H[l-1]"},
    {HEAD "einsums:\n"
          "  - A[l] = C[l]\n"
          "  - B[l] = A[l]\n"
          "  - C[l] = B[l]\n"
          "  - Y[l] = C[l] + sum(X[l,d])\n",
     "f:7:12: cyclic definition without a recurrence: A -> B -> C -> A | one of these reads must look back along a rank "
     "that "
     "they all share, such as H[l-1]"},
    {HEAD "einsums:\n"
          "  - A[l] = J[l]\n"
          "  - B[l] = A[l]\n"
          "  - C[l] = B[l]\n"
          "  - D[l] = C[l]\n"
          "  - E[l] = D[l]\n"
          "  - F[l] = E[l]\n"
          "  - G[l] = F[l]\n"
          "  - H[l] = G[l]\n"
          "  - I[l] = H[l]\n"
          "  - J[l] = I[l]\n"
          "  - Y[l] = J[l] + sum(X[l,d])\n",
     "f:7:12: cyclic definition without a recurrence: A -> B -> C -> D -> E -> F -> G -> H -> ... -> J -> A | one of these "
     "reads must look back along a rank that they all share, such as H[l-1]"},
    {HEAD "einsums:\n"
          "  - A[l] = B[l-1]\n"
          "  - B[l] = A[l+1] + sum(X[l,d])\n"
          "  - Y[l] = B[l]\n",
     "f:8:12: the recurrence of 'A' looks forward along L: 'A[l+1]' is not computed yet | a recurrence reads what earlier "
     "steps made, such as H[l-1]"},
    {HEAD "einsums:\n"
          "  - A[l] = B[l-1]\n"
          "  - B[l] = A[0] + sum(X[l,d])\n"
          "  - Y[l] = B[l]\n",
     "f:8:12: cyclic definition without a recurrence: B -> A -> B | one of these reads must look back along a rank that "
     "they "
     "all share, such as H[l-1]"},
    {HEAD "einsums:\n"
          "  - A[l,d] = B[l-1,d] + X[l,d]\n"
          "  - B[l,d] = A[l,d] + B[l,d-1]\n"
          "  - Y[l] = sum(B[l,d])\n",
     "f:8:23: 'B[l,d-1]' looks back along D, but its recurrence runs along L | all look-backs of a recurrence go along one "
     "rank"},
    {HEAD "einsums:\n"
          "  - A[l,d] = A[l-1,d] + A[l,d-1]\n"
          "  - Y[l] = sum(A[l,d] + X[l,d])\n",
     "f:7:25: 'A[l,d-1]' looks back along D, but its recurrence runs along L | all look-backs of a recurrence go along one "
     "rank"},
    {HEAD "einsums:\n"
          "  - A[l,d] = A[l-1,d-1]\n"
          "  - Y[l] = sum(A[l,d] + X[l,d])\n",
     "f:7:14: tensor 'A' is looked back at along two ranks, L and D | copy the tensor to another one for the second "
     "look-back"},
    {HEAD "einsums:\n"
          "  - A[l,d] = X[l,d]\n"
          "  - B[l,d] = A[l-1,d]\n"
          "  - C[l,d] = A[l,d-1]\n"
          "  - Y[l] = sum(B[l,d]+C[l,d])\n",
     "f:9:14: tensor 'A' is looked back at along two ranks, L and D | copy the tensor to another one for the second "
     "look-back"},
    /* several at once */
    {HEAD "einsums:\n"
          "  - Y[l] = sum(Z[l,d])\n"
          "  - A[l] = exq(X[l,0])\n",
     "f:7:16: unknown tensor 'Z' | declare it under tensors: with role input or weight\n"
     "f:8:12: unknown function 'exq' | did you mean 'exp'?"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mistakes_are_located)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
