/* numbers.c: the table of numbers that fix the meaning of a schedule, and the reader of the recorded cases.
 * SPDX-License-Identifier: MIT
 */
#include "numbers.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT   \
    "units:\n" \
    "  - {name: array, at: buffer, pes: [4, 4], cycles: {mac: 1, mul: 1, add: 1, div: 1, max: 1, exp: 4}}\n"
#define DRAM                                       \
    "technology: 28 nm\nclock: 1 GHz\nmemories:\n" \
    "  - {name: dram, kind: dram, bandwidth: 256 GB/s, energy: 7 pJ/bit}\n"
const char number_one_buffer[] =
    "accelerator: one-buffer\n" DRAM "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\n" UNIT;
const char number_double_buffer[] =
    "accelerator: double-buffer\n" DRAM
    "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited, double: true}\n" UNIT;

/* ---- cascades ------------------------------------------------------------------------------------------------ */

#define CORE_INPUTS                                                    \
    "cascade: core\nranks: {L: 6, D: 4, N: 2}\ntype: int8\ntensors:\n" \
    "  DT: {ranks: [L, D], role: input}\n"                             \
    "  X: {ranks: [L, D], role: input}\n"                              \
    "  B: {ranks: [L, N], role: input}\n"                              \
    "  C: {ranks: [L, N], role: input}\n"                              \
    "  A: {ranks: [D, N], role: weight}\n"                             \
    "  Y: {ranks: [L, D], role: output}\n"
#define CORE_STATE                         \
    "  H0: {ranks: [D, N], role: state}\n" \
    "  H: {ranks: [L, D, N], role: intermediate, state: H0}\n"
#define CORE_EINSUMS                                      \
    "einsums:\n"                                          \
    "  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n"             \
    "  - BX[l,d,n] = DT[l,d] * X[l,d] * B[l,n]\n"         \
    "  - H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]\n" \
    "  - Y[l,d] = C[l,n] * H[l,d,n]\n"
static const char core[] = CORE_INPUTS CORE_STATE CORE_EINSUMS;
static const char core_no_state[] = CORE_INPUTS CORE_EINSUMS;

/* The state update of the seed paper as seven nodes. */
static const char seven[] = CORE_INPUTS CORE_STATE "einsums:\n"
                                                   "  - DTA[l,d,n] = DT[l,d] * A[d,n]\n"
                                                   "  - DA[l,d,n] = exp(DTA[l,d,n])\n"
                                                   "  - DB[l,d,n] = DT[l,d] * B[l,n]\n"
                                                   "  - BX[l,d,n] = DB[l,d,n] * X[l,d]\n"
                                                   "  - HA[l,d,n] = DA[l,d,n] * H[l-1,d,n]\n"
                                                   "  - H[l,d,n] = HA[l,d,n] + BX[l,d,n]\n"
                                                   "  - Y[l,d] = C[l,n] * H[l,d,n]\n";

static const char window[] = "cascade: window\nranks: {L: 4, D: 4, K: 3}\ntype: int8\ntensors:\n"
                             "  V: {ranks: [L], role: input}\n"
                             "  W: {ranks: [K, D], role: weight}\n"
                             "  Y: {ranks: [L, D], role: output}\n"
                             "einsums:\n  - Y[l,d] = V[l-k] * W[k,d]\n";
static const char conv[] = "cascade: conv\nranks: {L: 6, D: 4, K: 3}\ntype: int8\ntensors:\n"
                           "  X: {ranks: [L, D], role: input}\n"
                           "  W: {ranks: [K, D], role: weight}\n"
                           "  Y: {ranks: [L, D], role: output}\n"
                           "einsums:\n  - Y[l,d] = X[l-k,d] * W[k,d]\n";
static const char conv_inside[] = "cascade: conv of an intermediate\nranks: {L: 6, D: 4, K: 3}\ntype: int8\ntensors:\n"
                                  "  I: {ranks: [L, D], role: input}\n"
                                  "  W: {ranks: [K, D], role: weight}\n"
                                  "  Y: {ranks: [L, D], role: output}\n"
                                  "einsums:\n  - X[l,d] = exp(I[l,d])\n  - Y[l,d] = X[l-k,d] * W[k,d]\n";
static const char three[] = "cascade: three in a row\nranks: {L: 6}\ntype: int8\ntensors:\n"
                            "  X: {ranks: [L], role: input}\n"
                            "  W: {ranks: [L], role: output}\n"
                            "einsums:\n  - U[l] = exp(X[l])\n  - V[l] = exp(U[l])\n  - W[l] = exp(V[l])\n";
static const char strided[] = "cascade: strided\nranks: {P: 6, R: 1, Q: 12}\ntype: int8\ntensors:\n"
                              "  X: {ranks: [Q], role: input}\n"
                              "  F: {ranks: [R], role: weight}\n"
                              "  O: {ranks: [P], role: output}\n"
                              "einsums:\n  - O[p] = X[2*p+r] * F[r]\n";
static const char square[] = "cascade: square\nranks: {L: 6}\ntype: int8\ntensors:\n"
                             "  X: {ranks: [L], role: input}\n"
                             "  Z: {ranks: [L], role: output}\n"
                             "einsums:\n  - Z[l] = X[l] * X[l]\n";
static const char later[] = "cascade: read later too\nranks: {L: 6, D: 4}\ntype: int8\ntensors:\n"
                            "  X: {ranks: [L, D], role: input}\n"
                            "  V: {ranks: [L, D], role: output}\n"
                            "  W: {ranks: [L, D], role: output}\n"
                            "einsums:\n  - U[l,d] = exp(X[l,d])\n  - V[l,d] = exp(U[l,d])\n  - W[l,d] = exp(U[l,d])\n";
static const char only_da[] = "cascade: one leaf\nranks: {L: 6, D: 4, N: 2}\ntype: int8\ntensors:\n"
                              "  DT: {ranks: [L, D], role: input}\n"
                              "  A: {ranks: [D, N], role: weight}\n"
                              "  DA: {ranks: [L, D, N], role: output}\n"
                              "einsums:\n  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n";
static const char product[] = "cascade: product\nranks: {L: 6, D: 4, E: 4}\ntype: int8\ntensors:\n"
                              "  P: {ranks: [L, D], role: input}\n"
                              "  W: {ranks: [D, E], role: weight}\n"
                              "  O: {ranks: [L, E], role: output}\n"
                              "einsums:\n  - O[l,e] = P[l,d] * W[d,e]\n";
static const char pieces[] = "cascade: pieces\nranks: {D: 10, N: 2}\ntype: int8\ntensors:\n"
                             "  X: {ranks: [D], role: input}\n"
                             "  B: {ranks: [N], role: input}\n"
                             "  Y: {ranks: [D, N], role: output}\n"
                             "einsums:\n  - Y[d,n] = X[d] * B[n]\n";
static const char nibbles[] = "cascade: nibbles\nranks: {L: 6}\ntype: int4\ntensors:\n"
                              "  X: {ranks: [L], role: input}\n"
                              "  Z: {ranks: [L], role: output}\n"
                              "einsums:\n  - Z[l] = exp(X[l])\n";
static const char slide[] = "cascade: slide\nranks: {L: 6, K: 3}\ntype: int8\ntensors:\n"
                            "  X: {ranks: [L], role: input}\n"
                            "  W: {ranks: [K], role: weight}\n"
                            "  Y: {ranks: [L], role: output}\n"
                            "einsums:\n  - Y[l] = X[l-k] * W[k]\n";

/* Both dimensions of X move with l: its tile moves along the diagonal. */
static const char diagonal[] = "cascade: diagonal\nranks: {L: 4, R: 2, S: 2, P: 5, Q: 5}\ntype: int8\ntensors:\n"
                               "  X: {ranks: [P, Q], role: input}\n"
                               "  Y: {ranks: [L], role: output}\n"
                               "einsums:\n  - Y[l] = X[l+r,l+s]\n";

/* A sum over d that two readers need; one that needs all of U before it starts; a look-back with c = 1. */
static const char readers[] = "cascade: readers\nranks: {L: 4, M: 4, D: 4, N: 2}\ntype: int8\ntensors:\n"
                              "  X: {ranks: [L, D], role: input}\n"
                              "  V: {ranks: [L, D], role: output}\n"
                              "  W: {ranks: [L], role: output}\n"
                              "einsums:\n  - S[l] = X[l,d]\n  - V[l,d] = S[l] * X[l,d]\n  - W[l] = exp(S[l])\n";
static const char ahead[] = "cascade: ahead\nranks: {L: 4, M: 4}\ntype: int8\ntensors:\n"
                            "  X: {ranks: [L], role: input}\n"
                            "  V: {ranks: [L, M], role: output}\n"
                            "  W: {ranks: [L], role: output}\n"
                            "einsums:\n  - U[l] = exp(X[l])\n  - V[l,m] = U[l] * U[m]\n  - W[l] = exp(U[l])\n";
static const char behind[] = "cascade: behind\nranks: {L: 4}\ntype: int8\ntensors:\n"
                             "  X: {ranks: [L], role: input}\n"
                             "  V: {ranks: [L], role: output}\n"
                             "einsums:\n  - U[l] = exp(X[l])\n  - V[l] = exp(U[l-1])\n";

/* ---- the table ----------------------------------------------------------------------------------------------- */

#define BODY4(i) i "DA on array\n" i "BX on array\n" i "H on array\n" i "Y on array\n"
#define CHAIN4(i) i "chain\n" BODY4(i "  ")
#define HOLDS(i) i "hold DT in buffer\n" i "hold X in buffer\n" i "hold B in buffer\n" i "hold C in buffer\n"

const struct number_row number_rows[] = {
    {"nothing held: A at each leaf, DT by its two readers",
     core,
     {{0}},
     false,
     "group\n  for d in D by 2\n    for l in L by 1\n" BODY4("      "),
     {{NUMBER_READ, "A", NULL, 48}, {NUMBER_READ, "DT", NULL, 48}}},
    {"a hold moves out of a loop that does not index it",
     core,
     {{0}},
     false,
     "group\n  for d in D by 2\n    hold B in buffer\n    for l in L by 1\n" BODY4("      "),
     {{NUMBER_READ, "B", NULL, 12}}},
    {"a window starts empty when its loop is entered again",
     window,
     {{0}},
     false,
     "group\n  for d in D by 2\n    for l in L by 3\n      hold V in buffer\n      Y on array\n",
     {{NUMBER_READ, "V", NULL, 8}}},
    {"decode: one-trip loops do not exist",
     core,
     {{"L", "1"}},
     false,
     "group\n  for d in D by 2\n    for l in L by 1\n      hold B in buffer\n" BODY4("      "),
     {{NUMBER_READ, "B", NULL, 2}}},
    {"fused, no chain",
     core,
     {{0}},
     false,
     "group\n  hold A in buffer\n  carry H in buffer\n  for l in L by 1\n" HOLDS("    ") BODY4("    "),
     {{NUMBER_PEAK, NULL, NULL, 44}}},
    {"intermediates between three loops",
     three,
     {{0}},
     false,
     "group\n  for l in L by 1\n    U on array\n  for l in L by 1\n    V on array\n  for l in L by 1\n    W on array\n",
     {{NUMBER_PEAK, NULL, NULL, 12},
      {NUMBER_LIVE, "U", "V", 6},
      {NUMBER_LIVE, "V", "V", 6},
      {NUMBER_LEAF, NULL, "U", 7},
      {NUMBER_LEAF, NULL, "W", 7}}},
    {"a strided footprint is its box",
     strided,
     {{0}},
     false,
     "group\n  for p in P by 3\n    O on array\n",
     {{NUMBER_LIVE, "X", "O", 5}}},
    {"named twice, loaded once", square, {{0}}, false, "group\n  Z on array\n", {{NUMBER_READ, "X", NULL, 6}}},
    {"a stream, then a hold",
     core,
     {{0}},
     false,
     "group\n  DA on array\n  hold DT in buffer\n  BX on array\n  H on array\n  Y on array\n",
     {{NUMBER_READ, "DT", NULL, 48}}},
    {"an intermediate that a later group reads",
     later,
     {{0}},
     false,
     "group\n  for l in L by 2\n    U on array\n    V on array\ngroup\n  W on array\n",
     {{NUMBER_WRITE, "U", NULL, 24}, {NUMBER_READ, "U", NULL, 24}}},
    {"one leaf without loops", only_da, {{0}}, false, "group\n  DA on array\n", {{NUMBER_PEAK, NULL, NULL, 80}}},
    {"carry at the root, D inside",
     core,
     {{0}},
     false,
     "group\n  carry H in buffer\n  for d in D by 2\n    for l in L by 1\n" BODY4("      "),
     {{NUMBER_LIVE, "H", "H", 8 + 4}, {NUMBER_READ, "H0", NULL, 8}, {NUMBER_WRITE, "H0", NULL, 8}}},
    {"carry inside the D loop",
     core,
     {{0}},
     false,
     "group\n  for d in D by 2\n    carry H in buffer\n    for l in L by 1\n" BODY4("      "),
     {{NUMBER_LIVE, "H", "H", 4 + 4}, {NUMBER_READ, "H0", NULL, 8}, {NUMBER_WRITE, "H0", NULL, 8}}},
    {"L outside D, no line",
     core_no_state,
     {{0}},
     false,
     "group\n  for l in L by 2\n    for d in D by 2\n" BODY4("      "),
     {{NUMBER_LIVE, "H", "H", 8 + 8}, {NUMBER_READ, "H", NULL, 0}, {NUMBER_WRITE, "H", NULL, 0}}},
    {"L outside D, carry in dram",
     core_no_state,
     {{0}},
     false,
     "group\n  carry H in dram\n  for l in L by 2\n    for d in D by 2\n" BODY4("      "),
     {{NUMBER_LIVE, "H", "H", 4 + 8}, {NUMBER_READ, "H", NULL, 16}, {NUMBER_WRITE, "H", NULL, 16}}},
    {"L outside D, carry in dram, with a state",
     core,
     {{0}},
     false,
     "group\n  carry H in dram\n  for l in L by 2\n    for d in D by 2\n" BODY4("      "),
     {{NUMBER_READ, "H", NULL, 16},
      {NUMBER_WRITE, "H", NULL, 16},
      {NUMBER_READ, "H0", NULL, 8},
      {NUMBER_WRITE, "H0", NULL, 8}}},
    {"nothing is updated in place",
     core,
     {{0}},
     false,
     "group\n  hold A in buffer\n  for l in L by 1\n" BODY4("    "),
     {{NUMBER_LEAF, NULL, "H", 40}}},
    {"a chain",
     core,
     {{0}},
     false,
     "group\n  hold A in buffer\n  for l in L by 1\n" CHAIN4("    "),
     {{NUMBER_PEAK, NULL, NULL, 32}}},
    {"convolution over an intermediate",
     conv_inside,
     {{0}},
     false,
     "group\n  for l in L by 2\n    for d in D by 2\n      X on array\n      Y on array\n",
     {{NUMBER_LIVE, "X", "Y", 12}}},
    {"convolution over DRAM, streamed",
     conv,
     {{0}},
     false,
     "group\n  for d in D by 1\n    for l in L by 2\n      Y on array\n",
     {{NUMBER_READ, "X", NULL, 40}}},
    {"convolution over DRAM, held",
     conv,
     {{0}},
     false,
     "group\n  for d in D by 1\n    for l in L by 2\n      hold X in buffer\n      Y on array\n",
     {{NUMBER_READ, "X", NULL, 24}}},
    {"the footprint of a halo is at most the extent",
     slide,
     {{0}},
     false,
     "group\n  for l in L by 4\n    hold X in buffer\n    Y on array\n",
     {{NUMBER_LIVE, "X", "Y", 6}}},
    {"partial sums, streamed",
     product,
     {{0}},
     false,
     "group\n  for d in D by 2\n    O on array\n",
     {{NUMBER_WRITE, "O", NULL, 48}, {NUMBER_READ, "O", NULL, 24}}},
    {"partial sums, held",
     product,
     {{0}},
     false,
     "group\n  hold O in buffer\n  for d in D by 2\n    O on array\n",
     {{NUMBER_WRITE, "O", NULL, 24}, {NUMBER_READ, "O", NULL, 0}}},
    {"double buffering counts what is loaded again",
     only_da,
     {{0}},
     true,
     "group\n  hold A in buffer\n  for l in L by 1\n    hold DT in buffer\n    DA on array\n",
     {{NUMBER_LIVE, "A", "DA", 8}, {NUMBER_LIVE, "DT", "DA", 8}}},
    {"pieces are relative to the enclosing range",
     pieces,
     {{0}},
     false,
     "group\n  for d in D by 4\n    for d in D by 3\n      Y on array\n",
     {{NUMBER_READ, "B", NULL, 5 * 2}, {NUMBER_READ, "X", NULL, 10}}},
    {"bits are rounded up once",
     nibbles,
     {{0}},
     false,
     "group\n  for l in L by 3\n    Z on array\n",
     {{NUMBER_READ, "X", NULL, 3}, {NUMBER_LIVE, "X", "Z", 2}}},
    {"frees come before loads",
     slide,
     {{0}},
     false,
     "group\n  for l in L by 1\n    hold X in buffer\n    Y on array\n",
     {{NUMBER_LIVE, "X", "Y", 3}, {NUMBER_READ, "X", NULL, 6}}},

    /* What is refused: sums that are not finished, reads ahead, wrong orders, memories out of reach. */
    {"a reader inside the loop that makes its sum, with another reader outside",
     readers,
     {{0}},
     false,
     "group\n  for l in L by 1\n    for d in D by 2\n      S on array\n      V on array\n    W on array\n",
     {{NUMBER_ILLEGAL, NULL, NULL, 0}}},
    {"a reader beside the loop that makes its sum",
     readers,
     {{0}},
     false,
     "group\n  for l in L by 1\n    for d in D by 2\n      S on array\n    for d in D by 2\n      V on array\n    W on "
     "array\n",
     {{NUMBER_READ, "X", NULL, 32}}},
    {"a read ahead of the producer, with another reader outside",
     ahead,
     {{0}},
     false,
     "group\n  for l in L by 1\n    U on array\n    V on array\n  W on array\n",
     {{NUMBER_ILLEGAL, NULL, NULL, 0}}},
    {"a look-back before its producer",
     behind,
     {{0}},
     false,
     "group\n  for l in L by 2\n    V on array\n    U on array\n",
     {{NUMBER_ILLEGAL, NULL, NULL, 0}}},
    {"a cycle in the wrong order",
     seven,
     {{"L", "1"}},
     false,
     "group\n  DTA on array\n  DA on array\n  DB on array\n  BX on array\n  H on array\n  HA on array\n  Y on array\n",
     {{NUMBER_ILLEGAL, NULL, NULL, 0}}},
    {"a cycle that steps too far",
     seven,
     {{0}},
     false,
     "group\n  for l in L by 2\n    DTA on array\n    DA on array\n    DB on array\n    BX on array\n    HA on array\n    H "
     "on array\n"
     "    Y on array\n",
     {{NUMBER_ILLEGAL, NULL, NULL, 0}}},
    {"recomputation",
     three,
     {{0}},
     false,
     "group\n  U on array\n  V on array\n  V on array\n  W on array\n",
     {{NUMBER_ILLEGAL, NULL, NULL, 0}}},
    {"a loop over a foreign rank",
     readers,
     {{0}},
     false,
     "group\n  for n in N by 1\n    S on array\n  V on array\n  W on array\n",
     {{NUMBER_ILLEGAL, NULL, NULL, 0}}},
    {"held twice",
     core,
     {{0}},
     false,
     "group\n  hold A in buffer\n  for l in L by 1\n    hold A in buffer\n" BODY4("    "),
     {{NUMBER_ILLEGAL, NULL, NULL, 0}}},
    {"held for nobody", core, {{0}}, false, "group\n" BODY4("  ") "  hold A in buffer\n", {{NUMBER_ILLEGAL, NULL, NULL, 0}}},
    {"a state tensor that a carry moves",
     core,
     {{0}},
     false,
     "group\n  hold H0 in buffer\n" BODY4("  "),
     {{NUMBER_ILLEGAL, NULL, NULL, 0}}},
    {"a carry inside the loop over its rank",
     core,
     {{0}},
     false,
     "group\n  for l in L by 1\n    carry H in buffer\n" BODY4("    "),
     {{NUMBER_ILLEGAL, NULL, NULL, 0}}},

    /* Formulas of the field: T and Dt tiles, nl and nd pieces. */
    {"eq. 2 of the seed paper: 5DN + D + N",
     seven,
     {{0}},
     false,
     "group\n  hold A in buffer\n  for l in L by 1\n    hold C in buffer\n    DTA on array\n    DA on array\n    DB on "
     "array\n"
     "    BX on array\n    HA on array\n    H on array\n    Y on array\n",
     {{NUMBER_PEAK, NULL, NULL, 5 * 8 + 4 + 2}}},
    {"chain, L tile 2: 3LD+2LN+3DN, 2DN+T(3D+2N)",
     core,
     {{0}},
     false,
     "group\n  hold A in buffer\n  for l in L by 2\n" CHAIN4("    "),
     {{NUMBER_READ, NULL, NULL, 48 + 24 + 16},
      {NUMBER_WRITE, NULL, NULL, 24 + 8},
      {NUMBER_PEAK, NULL, NULL, 16 + 2 * (12 + 4)}}},
    {"chain, D split outside, B and C streamed again: 3LD+2LN nd+3DN, 2Dt N+T(3Dt+2N)",
     core,
     {{0}},
     false,
     "group\n  for d in D by 2\n    hold A in buffer\n    for l in L by 2\n" CHAIN4("      "),
     {{NUMBER_READ, NULL, NULL, 48 + 48 + 16},
      {NUMBER_WRITE, NULL, NULL, 24 + 8},
      {NUMBER_PEAK, NULL, NULL, 8 + 2 * (6 + 4)}}},
    {"chain, D split outside, B and C held: 3LD+2LN+3DN, 2LN+2Dt N+3T Dt",
     core,
     {{0}},
     false,
     "group\n  hold B in buffer\n  hold C in buffer\n  for d in D by 2\n    hold A in buffer\n    for l in L by 2\n" CHAIN4(
         "      "),
     {{NUMBER_READ, NULL, NULL, 48 + 24 + 16}, {NUMBER_WRITE, NULL, NULL, 24 + 8}, {NUMBER_PEAK, NULL, NULL, 24 + 8 + 12}}},
    {"chain, L outside, state and A spilled: 3LD+2LN+3DN nl, 2TN+2Dt N+3T Dt",
     core,
     {{0}},
     false,
     "group\n  carry H in dram\n  for l in L by 2\n    hold B in buffer\n    hold C in buffer\n    for d in D by 2\n" CHAIN4(
         "      "),
     {{NUMBER_READ, NULL, NULL, 48 + 24 + 16 * 3},
      {NUMBER_WRITE, NULL, NULL, 24 + 8 * 3},
      {NUMBER_READ, "H", NULL, 16},
      {NUMBER_PEAK, NULL, NULL, 8 + 8 + 12}}},
    {"a diagonal window, streamed: 2 x 2 at each l",
     diagonal,
     {{0}},
     false,
     "group\n  for l in L by 1\n    Y on array\n",
     {{NUMBER_READ, "X", NULL, 4 * 4}, {NUMBER_PEAK, NULL, NULL, 4 + 1}}},
    {"held: all but the corner that two tiles share is new",
     diagonal,
     {{0}},
     false,
     "group\n  for l in L by 1\n    hold X in buffer\n    Y on array\n",
     {{NUMBER_READ, "X", NULL, 4 + 3 * 3}, {NUMBER_PEAK, NULL, NULL, 4 + 1}}},
    {"two at a time: 3 x 3, one of them shared",
     diagonal,
     {{0}},
     false,
     "group\n  for l in L by 2\n    hold X in buffer\n    Y on array\n",
     {{NUMBER_READ, "X", NULL, 9 + 8}, {NUMBER_PEAK, NULL, NULL, 9 + 2}}},
    {"in a loop that is entered again it starts empty",
     diagonal,
     {{0}},
     false,
     "group\n  for l in L by 2\n    for l in L by 1\n      hold X in buffer\n      Y on array\n",
     {{NUMBER_READ, "X", NULL, 2 * (4 + 3)}, {NUMBER_PEAK, NULL, NULL, 4 + 1}}},
};
const int n_number_rows = (int)(sizeof number_rows / sizeof number_rows[0]);

bool number_open_row(struct problem *problem, const struct number_row *row)
{
    int n_set = 0;
    while (n_set < 2 && row->set[n_set][0])
        n_set++;
    const char *set[2][2] = {{row->set[0][0], row->set[0][1]}, {row->set[1][0], row->set[1][1]}};
    return problem_open(problem, row->cascade, row->is_double ? number_double_buffer : number_one_buffer, row->schedule, set,
                        n_set);
}

/* ---- recorded cases ------------------------------------------------------------------------------------------ */

#define CASES "tests/data/cases/"

static json_t *read_index(void)
{
    return json_load_file(CASES "index.json", 0, NULL);
}

int number_case_count(void)
{
    json_t *index = read_index();
    int n = json_is_array(index) ? (int)json_array_size(index) : -1;
    json_decref(index);
    return n;
}

static char *read_text(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, CASES "%s", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *text = calloc(1, 65536);
    size_t n = text ? fread(text, 1, 65535, file) : 0;
    fclose(file);
    if (n == 0 || n == 65535) {
        free(text);
        return NULL;
    }
    return text;
}

static bool read_memories(const struct sinter_accel *accel, json_t *object, int64_t *bytes)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        int memory = sinter_accel_memory(accel, name);
        if (memory < 0)
            return false;
        bytes[memory] = json_integer_value(value);
    }
    return true;
}

static bool read_tensors(const struct sinter_cascade *cascade, json_t *object, int64_t *bytes)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        int tensor = sinter_cascade_tensor(cascade, name);
        if (tensor < 0)
            return false;
        bytes[tensor] = json_integer_value(value);
    }
    return true;
}

static bool read_expected(const struct problem *p, json_t *entry, struct number_case *expected)
{
    json_t *groups = json_object_get(entry, "group_peak_bytes"), *dram = json_object_get(entry, "dram_bytes"), *value;
    const char *name;
    bool is_good = read_tensors(p->cascade, json_object_get(entry, "read"), expected->read) &&
                   read_tensors(p->cascade, json_object_get(entry, "write"), expected->write) &&
                   read_memories(p->accel, json_object_get(entry, "peak_bytes"), expected->peak);
    expected->dram_read = json_integer_value(json_object_get(dram, "read"));
    expected->dram_write = json_integer_value(json_object_get(dram, "write"));
    expected->n_groups = (int)json_array_size(groups);
    for (int g = 0; is_good && g < expected->n_groups; g++)
        is_good = read_memories(p->accel, json_array_get(groups, (size_t)g), expected->group_peak[g]);
    json_object_foreach(json_object_get(entry, "operations"), name, value)
    {
        enum sinter_op op;
        is_good = is_good && sinter_op_find(name, &op);
        if (is_good)
            expected->operations[op] = json_integer_value(value);
    }
    return is_good;
}

static bool open_entry(json_t *entry, struct problem *problem, struct number_case *expected)
{
    const char *set[PROBLEM_MAX_SET][2], *name;
    char values[PROBLEM_MAX_SET][24];
    json_t *value;
    int n_set = 0;
    json_object_foreach(json_object_get(entry, "set"), name, value)
    {
        snprintf(values[n_set], sizeof values[0], "%lld", (long long)json_integer_value(value));
        set[n_set][0] = name;
        set[n_set][1] = values[n_set];
        n_set++;
    }
    const char *schedule_name = json_string_value(json_object_get(entry, "schedule"));
    snprintf(expected->name, sizeof expected->name, "%s", schedule_name);
    char *cascade = read_text(json_string_value(json_object_get(entry, "cascade")));
    char *accel = read_text("one_buffer.accel.yaml"), *schedule = read_text(schedule_name);
    bool is_good = cascade && accel && schedule && problem_open(problem, cascade, accel, schedule, set, n_set) &&
                   read_expected(problem, entry, expected);
    free(cascade);
    free(accel);
    free(schedule);
    return is_good;
}

bool number_case_open(int index, struct problem *problem, struct number_case *expected)
{
    json_t *root = read_index();
    memset(problem, 0, sizeof *problem);
    memset(expected, 0, sizeof *expected);
    bool is_good = open_entry(json_array_get(root, (size_t)index), problem, expected);
    json_decref(root);
    return is_good;
}
