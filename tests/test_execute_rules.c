/* test_execute_rules.c: small executions followed by hand, one for each rule of docs/schedules.md that moves or keeps
 * values.
 * SPDX-License-Identifier: MIT
 *
 * What is given and what comes out are texts: "X 1 2 3; W 1" are the elements of X and W; "S' 4" is what is left in state S.
 * What is counted: "read X 6" and "write Y 6", bytes between DRAM and the chip; "load regs 8" and "store regs 2", bytes into
 * and out of a memory; "peak buffer 7", bytes; "loads 3", "stores 3", "computes 3", commands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "execute_check.h"
#include "problem.h"

/* clang-format off */
#define UNIT(name, at) "  - {name: " name ", at: " at ", pes: [4], cycles: {mac: 1, mul: 1, add: 1, div: 1, max: 1, exp: 4}}\n"
#define MEMORIES "clock: 1 GHz\nmemories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n"
#define BUFFER "  - {name: buffer, kind: sram, capacity: 4 KiB, bandwidth: unlimited"
static const char one[] = "accelerator: one\n" MEMORIES BUFFER "}\nunits:\n" UNIT("array", "buffer") UNIT("other", "buffer");
static const char twofold[] = "accelerator: double\n" MEMORIES BUFFER ", double: true}\nunits:\n" UNIT("array", "buffer");
static const char levels[] = "accelerator: levels\n" MEMORIES BUFFER "}\n"
    "  - {name: regs, kind: registers, capacity: 1 KiB, bandwidth: unlimited, parent: buffer}\n"
    "units:\n" UNIT("array", "regs") UNIT("other", "buffer");

#define LINE "type: int8\nranks: {L: 6}\ntensors:\n  X: {ranks: [L], role: input}\n"
static const char scale[] = LINE "  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = 2 * X[l]\n";
static const char nibbles[] = "type: int4\nranks: {L: 6}\ntensors:\n  X: {ranks: [L], role: input}\n  Y: {ranks: [L], role: output}\n"
    "einsums:\n  - Y[l] = 2 * X[l]\n";
static const char row[] = LINE "  V: {ranks: [L], role: output}\neinsums:\n  - U[l] = X[l] + 1\n  - V[l] = 2 * U[l]\n";
static const char window[] = "type: int8\nranks: {L: 6, K: 3}\ntensors:\n  X: {ranks: [L], role: input}\n"
    "  W: {ranks: [K], role: weight}\n  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = X[l-k] * W[k]\n";
static const char again[] = "type: int8\nranks: {L: 4, D: 4, K: 3}\ntensors:\n  V: {ranks: [L], role: input}\n"
    "  W: {ranks: [K, D], role: weight}\n  Y: {ranks: [L, D], role: output}\neinsums:\n  - Y[l,d] = V[l-k] * W[k,d]\n";
static const char diagonal[] = "type: int8\nranks: {L: 4, R: 2, S: 2, P: 5, Q: 5}\ntensors:\n  X: {ranks: [P, Q], role: input}\n"
    "  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = X[l+r,l+s]\n";
static const char product[] = "type: int8\nranks: {L: 2, D: 4, E: 2}\ntensors:\n  P: {ranks: [L, D], role: input}\n"
    "  W: {ranks: [D, E], role: weight}\n  O: {ranks: [L, E], role: output}\neinsums:\n  - O[l,e] = P[l,d] * W[d,e]\n";
static const char total[] = "type: int8\nranks: {D: 4}\ntensors:\n  P: {ranks: [D], role: input}\n  O: {ranks: [], role: output}\n"
    "einsums:\n  - O[] = sum(P[d])\n";
static const char largest[] = "type: int8\nranks: {L: 2, D: 4}\ntensors:\n  P: {ranks: [L, D], role: input}\n"
    "  O: {ranks: [L], role: output}\neinsums:\n  - O[l] = 0 - max(P[l,d])\n";
#define SCAN(state) "type: int8\nranks: {L: 4}\ntensors:\n  A: {ranks: [L], role: input}\n  X: {ranks: [L], role: input}\n" state \
    "  Y: {ranks: [L], role: output}\neinsums:\n  - H[l] = A[l] * H[l-1] + X[l]\n  - Y[l] = H[l] + X[l]\n"
#define KEPT(role) "  S: {ranks: [], role: " role "}\n  H: {ranks: [L], state: S}\n"
static const char scan[] = SCAN(""), scan_state[] = SCAN(KEPT("state")), scan_in[] = SCAN(KEPT("input")),
                  scan_out[] = SCAN(KEPT("output"));
static const char fine_state[] = SCAN("  S: {ranks: [], role: state, type: int16}\n  H: {ranks: [L], state: S}\n");
#define PAIR(state) "type: int8\nranks: {L: 4, D: 2}\ntensors:\n  X: {ranks: [L, D], role: input}\n" state \
    "  Y: {ranks: [L, D], role: output}\neinsums:\n  - H[l,d] = H[l-1,d] + X[l,d]\n  - Y[l,d] = 2 * H[l,d]\n"
static const char pair[] = PAIR(""), pair_state[] = PAIR("  S: {ranks: [D], role: state}\n  H: {ranks: [L, D], state: S}\n");
static const char steps[] = "type: int8\nranks: {L: 4}\ntensors:\n  A: {ranks: [L], role: input}\n  X: {ranks: [L], role: input}\n"
    "  Y: {ranks: [L], role: output}\neinsums:\n  - HA[l] = A[l] * H[l-1]\n  - H[l] = HA[l] + X[l]\n  - Y[l] = H[l] + X[l]\n";
static const char back_two[] = LINE "  G: {ranks: [L], role: output}\neinsums:\n  - G[l] = G[l-2] + X[l]\n";
static const char taps[] = "type: int8\nranks: {L: 2, K: 4, J: 3}\ntensors:\n  I: {ranks: [L], role: input}\n"
    "  W: {ranks: [K], role: weight}\n  S: {ranks: [J], role: state}\n  X: {ranks: [L], state: S}\n"
    "  Y: {ranks: [L], role: output}\neinsums:\n  - X[l] = 2 * I[l]\n  - Y[l] = X[l-k] * W[k]\n";
static const char sums[] = "type: int8\nranks: {L: 2, D: 3}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
    "  R: {ranks: [L], role: output}\neinsums:\n  - Z[l,d] = X[l,d] + 1\n  - S[l] = sum(Z[l,d])\n  - R[l] = 2 * S[l]\n";

static const struct rule {
    const char *name, *cascade, *accel, *schedule, *given, *made, *counted;
} rules[] = {
    /* X is 1 byte an element, as Y: two of each live at once. */
    {"a stream", scale, one, "group\n  for l in L by 2\n    Y on array\n", "X 1 2 3 4 5 6", "Y 2 4 6 8 10 12",
     "read X 6; write Y 6; peak buffer 4; loads 3; stores 3; computes 3"},
    {"a short last tile", scale, one, "group\n  for l in L by 4\n    Y on array\n", "X 1 2 3 4 5 6", "Y 2 4 6 8 10 12",
     "read X 6; write Y 6; peak buffer 8; loads 2; stores 2"},
    {"pieces of pieces: 3 + 1, 2", scale, one, "group\n  for l in L by 4\n    for l in L by 3\n      Y on array\n", "X 1 2 3 4 5 6",
     "Y 2 4 6 8 10 12", "read X 6; write Y 6; peak buffer 6; loads 3; computes 3"},
    {"a loop with one trip", scale, one, "group\n  for l in L by 9\n    hold X in buffer\n    Y on array\n", "X 1 2 3 4 5 6",
     "Y 2 4 6 8 10 12", "read X 6; peak buffer 12; loads 1; computes 1"},
    {"a hold at the root", scale, one, "group\n  hold X in buffer\n  for l in L by 2\n    Y on array\n", "X 1 2 3 4 5 6",
     "Y 2 4 6 8 10 12", "read X 6; write Y 6; peak buffer 8; loads 1; computes 3"},
    {"a held result", scale, one, "group\n  hold Y in buffer\n  for l in L by 2\n    Y on array\n", "X 1 2 3 4 5 6",
     "Y 2 4 6 8 10 12", "read X 6; write Y 6; peak buffer 8; loads 3; stores 1"},
    {"half bytes", nibbles, one, "group\n  for l in L by 3\n    Y on array\n", "X 1 2 3 -1 -2 -4", "Y 2 4 6 -2 -4 -8",
     "read X 3; write Y 3; peak buffer 3; loads 2"},
    {"a double buffer: both streams take twice 2", scale, twofold, "group\n  for l in L by 2\n    Y on array\n", "X 1 2 3 4 5 6",
     "Y 2 4 6 8 10 12", "read X 6; write Y 6; peak buffer 8; loads 3"},
    {"a double hold beside a single stream", scale, one, "group\n  for l in L by 2\n    hold X in buffer double\n    Y on array\n",
     "X 1 2 3 4 5 6", "Y 2 4 6 8 10 12", "read X 6; peak buffer 6"},

    /* Intermediates. U is X + 1, V twice that. */
    {"an intermediate in the body of both", row, one, "group\n  for l in L by 2\n    U on array\n    V on other\n", "X 1 2 3 4 5 6",
     "V 4 6 8 10 12 14", "read X 6; write U 0; read U 0; write V 6; peak buffer 4"},
    {"an intermediate that waits whole", row, one, "group\n  for l in L by 2\n    U on array\n  for l in L by 3\n    V on array\n",
     "X 1 2 3 4 5 6", "V 4 6 8 10 12 14", "read X 6; write V 6; write U 0; peak buffer 9"},
    {"an intermediate lifted to the root", row, one, "group\n  hold U in buffer\n  for l in L by 2\n    U on array\n    V on array\n",
     "X 1 2 3 4 5 6", "V 4 6 8 10 12 14", "write U 0; peak buffer 8"},
    {"an intermediate through DRAM", row, one, "group\n  hold U in dram\n  for l in L by 2\n    U on array\n    V on array\n",
     "X 1 2 3 4 5 6", "V 4 6 8 10 12 14", "write U 6; read U 6; peak buffer 4; loads 6; stores 6"},
    {"sent out, but held for all who read it: nobody is left to store it for", row, one,
     "group\n  hold U in dram\n  hold U in buffer\n  for l in L by 2\n    U on array\n    V on array\n", "X 1 2 3 4 5 6",
     "V 4 6 8 10 12 14", "write U 0; read U 0; peak buffer 8; stores 3"},
    {"two groups", row, one, "group\n  for l in L by 2\n    U on array\ngroup\n  for l in L by 3\n    V on array\n", "X 1 2 3 4 5 6",
     "V 4 6 8 10 12 14", "write U 6; read U 6; peak buffer 6"},
    {"a chain of two", row, one, "group\n  for l in L by 2\n    chain\n      U on array\n      V on array\n", "X 1 2 3 4 5 6",
     "V 4 6 8 10 12 14", "write U 0; peak buffer 4; computes 3"},

    /* Windows. Y sums the last three of 1 .. 6. */
    {"a window that streams: 2 + 4 + 4 of X", window, one, "group\n  for l in L by 2\n    Y on array\n", "X 1 2 3 4 5 6; W 1 1 1",
     "Y 1 3 6 9 12 15", "read X 10; read W 9; write Y 6; peak buffer 9"},
    {"a window that slides", window, one, "group\n  for l in L by 2\n    hold X in buffer\n    hold W in buffer\n    Y on array\n",
     "X 1 2 3 4 5 6; W 1 1 1", "Y 1 3 6 9 12 15", "read X 6; read W 3; peak buffer 9; loads 4"},
    {"a window that slides by 1", window, one, "group\n  for l in L by 1\n    hold X in buffer\n    hold W in buffer\n    Y on array\n",
     "X 1 2 3 4 5 6; W 1 2 3", "Y 1 4 10 16 22 28", "read X 6; read W 3; peak buffer 7; loads 7"},
    {"a window with room for its new part twice", window, one,
     "group\n  hold W in buffer\n  for l in L by 2\n    hold X in buffer double\n    Y on array\n", "X 1 2 3 4 5 6; W 1 1 1",
     "Y 1 3 6 9 12 15", "read X 6; peak buffer 11"},
    {"a window of 6 that would be 6: halo", window, one, "group\n  for l in L by 4\n    hold X in buffer\n    Y on array\n",
     "X 1 2 3 4 5 6; W 1 1 1", "Y 1 3 6 9 12 15", "read X 6; read W 6; peak buffer 13"},
    {"a window is empty when its loop is entered again", again, one,
     "group\n  for d in D by 2\n    for l in L by 3\n      hold V in buffer\n      Y on array\n",
     "V 1 2 3 4; W 1 2 3 4 1 2 3 4 1 2 3 4", "Y 1 2 3 4 3 6 9 12 6 12 18 24 9 18 27 36",
     "read V 8; read W 24; write Y 16; peak buffer 16"},
    {"a window on the diagonal: 4 + 3 + 3 + 3", diagonal, one, "group\n  for l in L by 1\n    hold X in buffer\n    Y on array\n",
     "X 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24", "Y 12 36 60 84", "read X 13; write Y 4; peak buffer 5"},

    /* Sums. */
    {"partial sums that are stored and read back", product, one, "group\n  for d in D by 2\n    O on array\n",
     "P 1 2 3 4 5 6 7 8; W 1 0 0 1 1 1 1 -1", "O 8 1 20 5", "read P 8; read W 8; write O 8; read O 4; peak buffer 12"},
    {"partial sums that stay", product, one, "group\n  hold O in buffer\n  for d in D by 2\n    O on array\n",
     "P 1 2 3 4 5 6 7 8; W 1 0 0 1 1 1 1 -1", "O 8 1 20 5", "write O 4; read O 0; peak buffer 12; stores 1; loads 4"},
    {"partial sums dropped between two loops", product, one,
     "group\n  for d in D by 2\n    for l in L by 1\n      hold O in buffer\n      for e in E by 1\n        O on array\n",
     "P 1 2 3 4 5 6 7 8; W 1 0 0 1 1 1 1 -1", "O 8 1 20 5", "write O 8; read O 4; read W 16; read P 16; peak buffer 6"},
    {"a hold moves out of a loop that does not index it", product, one, "group\n  for l in L by 1\n    hold W in buffer\n    O on array\n",
     "P 1 2 3 4 5 6 7 8; W 1 0 0 1 1 1 1 -1", "O 8 1 20 5", "read W 8; read P 8; write O 4; peak buffer 14; loads 3"},
    {"a whole sum has no type", total, one, "group\n  O on array\n", "P 100 100 -100 -100", "O 0", "peak buffer 5"},
    {"a partial sum has the type of its tensor: 200 becomes 127", total, one, "group\n  for d in D by 2\n    O on array\n",
     "P 100 100 -100 -100", "O -73", "write O 2; read O 1; peak buffer 3"},
    {"also where it stays on chip", total, one, "group\n  hold O in buffer\n  for d in D by 2\n    O on array\n",
     "P 100 100 -100 -100", "O -73", "write O 1; read O 0; peak buffer 3"},
    {"the largest so far, negated when all are seen", largest, one, "group\n  for d in D by 3\n    O on array\n",
     "P -5 -4 -9 -6 1 7 3 9", "O 4 -9", "write O 4; read O 2; peak buffer 8"},

    /* Recurrences: H is 1, 2 * 1 + 2, 1 * 4 + 3, 2 * 7 + 4. The carry takes 1 byte. */
    {"a carry", scan, one, "group\n  for l in L by 1\n    H on array\n    Y on array\n", "A 1 2 1 2; X 1 2 3 4", "Y 2 6 10 22",
     "read A 4; read X 8; write Y 4; write H 0; peak buffer 4"},
    {"a recurrence in one leaf, without a carry", scan, one, "group\n  H on array\n  Y on array\n", "A 1 2 1 2; X 1 2 3 4", "Y 2 6 10 22",
     "read A 4; read X 8; peak buffer 12; computes 2"},
    {"a state that is read and written", scan_state, one, "group\n  for l in L by 1\n    H on array\n    Y on array\n",
     "A 1 2 1 2; X 1 2 3 4; S 5", "Y 7 16 20 42; S' 38", "read S 1; write S 1; peak buffer 4"},
    {"a state that is only read", scan_in, one, "group\n  for l in L by 1\n    H on array\n    Y on array\n",
     "A 1 2 1 2; X 1 2 3 4; S 5", "Y 7 16 20 42", "read S 1; write S 0"},
    {"a state that is only written", scan_out, one, "group\n  for l in L by 1\n    H on array\n    Y on array\n",
     "A 1 2 1 2; X 1 2 3 4", "Y 2 6 10 22; S' 18", "read S 0; write S 1"},
    {"a state of a wider type: on chip 300 is 127", fine_state, one, "group\n  for l in L by 1\n    H on array\n    Y on array\n",
     "A 1 1 1 1; X 0 -1 -1 -1; S 300", "Y 127 125 124 123; S' 124", "read S 2; write S 2; peak buffer 4"},
    {"a chain updates its carry in place", scan_state, one, "group\n  for l in L by 1\n    chain\n      H on array\n      Y on array\n",
     "A 1 2 1 2; X 1 2 3 4; S 5", "Y 7 16 20 42; S' 38", "read X 4; read A 4; read S 1; write S 1; peak buffer 4; computes 4"},
    {"a chain over all steps", scan_state, one, "group\n  chain\n    H on array\n    Y on array\n", "A 1 2 1 2; X 1 2 3 4; S 5",
     "Y 7 16 20 42; S' 38", "read X 4; read S 1; write S 1; peak buffer 13; computes 1"},
    {"a recurrence of two Einsums", steps, one, "group\n  for l in L by 1\n    HA on array\n    H on other\n    Y on array\n",
     "A 1 2 1 2; X 1 2 3 4", "Y 2 6 10 22", "read A 4; read X 8; write HA 0; write H 0; peak buffer 4"},
    {"two groups: H is stored with its state", scan_state, one, "group\n  for l in L by 1\n    H on array\ngroup\n  Y on array\n",
     "A 1 2 1 2; X 1 2 3 4; S 5", "Y 7 16 20 42; S' 38", "write H 4; read H 4; read S 1; write S 1; peak buffer 12"},

    /* H is 1 1, 3 3, 6 6, 10 10. */
    {"the carry of one channel", pair, one,
     "group\n  for d in D by 1\n    for l in L by 1\n      H on array\n      Y on array\n", "X 1 1 2 2 3 3 4 4",
     "Y 2 2 6 6 12 12 20 20", "read X 8; write Y 8; write H 0; peak buffer 3"},
    {"the carry of all channels", pair, one,
     "group\n  carry H in buffer\n  for d in D by 1\n    for l in L by 1\n      H on array\n      Y on array\n", "X 1 1 2 2 3 3 4 4",
     "Y 2 2 6 6 12 12 20 20", "read X 8; write H 0; peak buffer 4"},
    {"the carry of a channel in its own loop", pair_state, one,
     "group\n  for d in D by 1\n    carry H in buffer\n    for l in L by 1\n      H on array\n      Y on array\n",
     "X 1 1 2 2 3 3 4 4; S 5 -1", "Y 12 0 16 4 22 10 30 18; S' 15 9", "read S 2; write S 2; peak buffer 3"},
    {"channels inside tokens", pair, one, "group\n  for l in L by 2\n    for d in D by 1\n      H on array\n      Y on array\n",
     "X 1 1 2 2 3 3 4 4", "Y 2 2 6 6 12 12 20 20", "write H 0; peak buffer 6"},
    {"a carry that is spilled", pair, one,
     "group\n  carry H in dram\n  for l in L by 2\n    for d in D by 1\n      H on array\n      Y on array\n", "X 1 1 2 2 3 3 4 4",
     "Y 2 2 6 6 12 12 20 20", "write H 2; read H 2; peak buffer 5"},
    {"a carry that is spilled, with a state", pair_state, one,
     "group\n  carry H in dram\n  for l in L by 2\n    for d in D by 1\n      H on array\n      Y on array\n",
     "X 1 1 2 2 3 3 4 4; S 5 -1", "Y 12 0 16 4 22 10 30 18; S' 15 9",
     "write H 2; read H 2; read S 2; write S 2; peak buffer 5"},

    {"a look-back of 2", back_two, one, "group\n  for l in L by 1\n    G on array\n", "X 1 2 3 4 5 6", "G 1 2 4 6 9 12",
     "read X 6; write G 6; read G 0; peak buffer 4"},
    {"a look-back of 2 by tiles of 2", back_two, one, "group\n  for l in L by 2\n    G on array\n", "X 1 2 3 4 5 6", "G 1 2 4 6 9 12",
     "write G 6; read G 0; peak buffer 6"},
    {"a look-back through DRAM: 0 + 1 + 2 + 2 + 2 + 2", back_two, one, "group\n  hold G in dram\n  for l in L by 1\n    G on array\n",
     "X 1 2 3 4 5 6", "G 1 2 4 6 9 12", "write G 6; read G 9; peak buffer 4"},
    {"a chain that looks back by 2", back_two, one, "group\n  for l in L by 3\n    chain\n      G on array\n", "X 1 2 3 4 5 6",
     "G 1 2 4 6 9 12", "write G 6; read G 0; peak buffer 8"},

    /* X is 2, 4 behind 10, 20, 30: three slices, one of which stays. */
    {"a state that is longer than its tensor", taps, one, "group\n  for l in L by 1\n    X on array\n    Y on array\n",
     "I 1 2; W 1 1 1 1; S 10 20 30", "Y 62 56; S' 30 2 4", "read S 3; write S 3; write X 0; peak buffer 9"},
    {"the same in two groups: one slice moves up", taps, one, "group\n  X on array\ngroup\n  Y on array\n",
     "I 1 2; W 1 1 1 1; S 10 20 30", "Y 62 56; S' 30 2 4", "write X 2; read X 2; read S 4; write S 3; peak buffer 11"},
    {"the same in a chain", taps, one, "group\n  for l in L by 1\n    chain\n      X on array\n      Y on array\n",
     "I 1 2; W 1 1 1 1; S 10 20 30", "Y 62 56; S' 30 2 4", "read S 3; write S 3; write X 0; peak buffer 9"},

    {"a chain that finishes a sum", sums, one, "group\n  for l in L by 1\n    chain\n      Z on array\n      S on array\n      R on array\n",
     "X 1 2 3 4 5 6", "R 18 36", "read X 6; write R 2; write S 0; peak buffer 4"},
    {"members over subsets of the ranks", sums, one, "group\n  chain\n    Z on array\n    S on array\n    R on array\n", "X 1 2 3 4 5 6",
     "R 18 36", "read X 6; write R 2; peak buffer 8; computes 1"},

    /* Three levels. */
    {"a stream through no hold", scale, levels, "group\n  for l in L by 2\n    Y on array\n", "X 1 2 3 4 5 6", "Y 2 4 6 8 10 12",
     "read X 6; load regs 6; store regs 6; load buffer 0; peak buffer 0; peak regs 4"},
    {"held in the buffer, streamed to the registers", product, levels,
     "group\n  hold W in buffer\n  for l in L by 1\n    O on array\n", "P 1 2 3 4 5 6 7 8; W 1 0 0 1 1 1 1 -1", "O 8 1 20 5",
     "read W 8; load buffer 8; load regs 24; store regs 4; peak buffer 8; peak regs 14"},
    {"held in both", product, levels,
     "group\n  hold W in buffer\n  for e in E by 1\n    hold W in regs\n    for l in L by 1\n      O on array\n",
     "P 1 2 3 4 5 6 7 8; W 1 0 0 1 1 1 1 -1", "O 8 1 20 5",
     "read W 8; read P 16; load buffer 8; load regs 24; peak buffer 8; peak regs 9"},
    {"sums that stay in the buffer", product, levels,
     "group\n  hold O in buffer\n  for d in D by 2\n    O on array\n", "P 1 2 3 4 5 6 7 8; W 1 0 0 1 1 1 1 -1", "O 8 1 20 5",
     "write O 4; read O 0; store regs 8; load regs 20; store buffer 4; peak buffer 4; peak regs 12"},
    {"an intermediate in the memory that both units reach", row, levels, "group\n  for l in L by 2\n    U on array\n    V on other\n",
     "X 1 2 3 4 5 6", "V 4 6 8 10 12 14", "write U 0; load regs 6; store regs 6; store buffer 6; peak buffer 4; peak regs 4"},
};
/* clang-format on */

/* ---- reading the table ------------------------------------------------------------------------------------------------ */

/* The next word in front of ';' or the end; false: there is none. Leaves `*text` behind it. */
static bool next_word(const char **text, char *word, size_t size)
{
    size_t n = 0;
    *text += strspn(*text, " ");
    for (; **text != '\0' && **text != ' ' && **text != ';' && n + 1 < size; ++*text)
        word[n++] = **text;
    word[n] = '\0';
    return n > 0;
}

static bool next_part(const char **text)
{
    if (**text != ';')
        return false;
    ++*text;
    return true;
}

static int tensor_of(const struct rule *rule, const struct sinter_cascade *cascade, const char *name)
{
    int tensor = sinter_cascade_tensor(cascade, name);
    if (tensor < 0)
        fail_msg("%s: there is no tensor '%s'", rule->name, name);
    return tensor;
}

static void give(const struct rule *rule, struct sinter_values *in)
{
    const char *text = rule->given;
    char word[32];
    do {
        next_word(&text, word, sizeof word);
        int tensor = tensor_of(rule, in->cascade, word);
        int64_t n = 0;
        for (; next_word(&text, word, sizeof word); n++) {
            double number = strtod(word, NULL);
            sinter_values_set(in, tensor, n, 1, &number);
        }
        assert_int_equal(n, in->cascade->tensors[tensor].elements);
    } while (next_part(&text));
}

static int compare(const struct rule *rule, const struct sinter_values *out)
{
    const char *text = rule->made;
    char name[32], word[32];
    int n_failed = 0;
    do {
        next_word(&text, name, sizeof name);
        bool is_final = name[strlen(name) - 1] == '\'';
        if (is_final)
            name[strlen(name) - 1] = '\0';
        int tensor = tensor_of(rule, out->cascade, name);
        assert_non_null((is_final ? out->finals : out->images)[tensor]);
        int64_t n = 0;
        for (; next_word(&text, word, sizeof word); n++) {
            double found;
            sinter_values_get(out, tensor, is_final, n, 1, &found);
            if (found == strtod(word, NULL))
                continue;
            print_error("%s: element %d of %s%s is %g, expected %s\n", rule->name, (int)n, name, is_final ? "'" : "", found,
                        word);
            n_failed++;
        }
        assert_int_equal(n, out->cascade->tensors[tensor].elements);
    } while (next_part(&text));
    return n_failed;
}

static int64_t look_up(const struct rule *rule, const struct sinter_plan *plan, const struct sinter_execution *run,
                       const char *what, const char *whose)
{
    if (strcmp(what, "loads") == 0)
        return run->n_loads;
    if (strcmp(what, "stores") == 0)
        return run->n_stores;
    if (strcmp(what, "computes") == 0)
        return run->n_computes;
    if (strcmp(what, "read") == 0)
        return sinter_bits_to_bytes(run->traffic[tensor_of(rule, plan->cascade, whose)].read_bits);
    if (strcmp(what, "write") == 0)
        return sinter_bits_to_bytes(run->traffic[tensor_of(rule, plan->cascade, whose)].write_bits);
    int memory = sinter_accel_memory(plan->accel, whose);
    assert_true(memory > 0);
    if (strcmp(what, "peak") == 0)
        return sinter_bits_to_bytes(run->peak_bits[memory]);
    if (strcmp(what, "load") == 0)
        return sinter_bits_to_bytes(run->load_bits[memory]);
    if (strcmp(what, "store") != 0)
        fail_msg("%s: '%s' is nothing that is counted", rule->name, what);
    return sinter_bits_to_bytes(run->store_bits[memory]);
}

static int count(const struct rule *rule, const struct sinter_plan *plan, const struct sinter_execution *run)
{
    const char *text = rule->counted;
    char what[32], whose[32], number[32];
    int n_failed = 0;
    do {
        next_word(&text, what, sizeof what);
        next_word(&text, whose, sizeof whose);
        if (!next_word(&text, number, sizeof number))
            strcpy(number, whose);
        int64_t found = look_up(rule, plan, run, what, whose);
        if (found == strtoll(number, NULL, 10))
            continue;
        print_error("%s: %s %s is %lld, expected %s\n", rule->name, what, whose, (long long)found, number);
        n_failed++;
    } while (next_part(&text));
    return n_failed;
}

/* ---- rules ------------------------------------------------------------------------------------------------------------ */

static int check_rule(const struct rule *rule)
{
    struct problem p;
    struct sinter_plan *plan = NULL;
    struct sinter_numerics *numerics = NULL;
    struct sinter_values *in = NULL;
    struct sinter_execution *run = NULL, *bare = NULL;
    char cascade[1000], text[400];
    int n_failed = 1;
    snprintf(cascade, sizeof cascade, "cascade: rule\n%s", rule->cascade);
    enum sinter_status status =
        problem_open(&p, cascade, rule->accel, rule->schedule, NULL, 0) ? SINTER_OK : SINTER_BAD_INPUT;
    status = status == SINTER_OK ? sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan) : status;
    status = status == SINTER_OK ? sinter_plan_resolve(plan, &p.schedule, p.diags) : status;
    if (status == SINTER_OK) {
        struct sinter_execute_options lenient = {.is_lenient = true};
        assert_int_equal(sinter_numerics_new(p.cascade, NULL, NULL, &numerics), SINTER_OK);
        assert_int_equal(sinter_values_new(p.cascade, numerics, NULL, NULL, &in), SINTER_OK);
        give(rule, in);
        status = sinter_execute(plan, numerics, in, NULL, NULL, p.diags, &run);
        status = status == SINTER_OK ? sinter_execute(plan, numerics, in, &lenient, NULL, p.diags, &bare) : status;
    }
    if (status == SINTER_OK) {
        struct execute_check check = {.plan = plan, .numerics = numerics};
        n_failed = compare(rule, run->values) + compare(rule, bare->values) + count(rule, plan, run);
        const char *problem = execute_check_counts(&check, run, text, sizeof text);
        problem = problem != NULL ? problem : execute_check_same(&check, run, bare, text, sizeof text);
        if (problem != NULL)
            print_error("%s: %s\n", rule->name, problem);
        n_failed += problem != NULL;
    } else {
        print_error("%s: %s\n", rule->name, sinter_diagnostics_text(p.diags));
    }
    sinter_execution_free(run);
    sinter_execution_free(bare);
    sinter_values_free(in);
    sinter_numerics_free(numerics);
    sinter_plan_free(plan);
    problem_close(&p);
    return n_failed;
}

static void rules_move_and_keep_what_they_say(void **state)
{
    (void)state;
    int n_failed = 0;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        n_failed += check_rule(&rules[i]);
    assert_int_equal(n_failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rules_move_and_keep_what_they_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
