/* test_sim_rules.c: each rule of simulated time on a case that is small enough to be followed on paper.
 * SPDX-License-Identifier: MIT
 *
 * One byte takes one cycle through DRAM's port, one PE does everything, elements are bytes. A timeline lists what each
 * resource serves, `what start-end`: a load of X (`X`), a store of Y (`Y'`), a leaf by its first Einsum (`Y`).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "problem.h"
#include "sinter/sim.h"

enum { MOST_LEAVES = 3, MOST_SLICES = 512, MOST_COMMANDS = 4096, MOST_EVENTS = 1024 };

/* ---- accelerators and cascades ------------------------------------------------------------------------------------- */

#define HEAD "accelerator: tiny\nclock: 1 GHz\n"
#define DRAM(more) "memories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s" more "}\n"
#define SRAM(name, capacity, bandwidth) \
    "  - {name: " name ", kind: sram, capacity: " capacity ", bandwidth: " bandwidth "}\n"
#define UNIT(name, at, cycles) \
    "  - {name: " name ", at: " at ", pes: [1], cycles: {mac: " cycles ", mul: " cycles ", exp: " cycles "}}\n"
/* What DRAM, and the buffer's bandwidth, say besides; the buffer's bytes; cycles of an operation. */
#define TINY(dram, capacity, bandwidth, cycles) \
    HEAD DRAM(dram) SRAM("buffer", capacity, bandwidth) "units:\n" UNIT("array", "buffer", cycles)
#define TWO_UNITS(capacity, first, second) \
    HEAD DRAM("") SRAM("buffer", capacity, "unlimited") "units:\n" UNIT("one", "buffer", first) UNIT("two", "buffer", second)

#define MAP(l, d)                                                       \
    "cascade: map\ntype: int8\nranks: {L: " l ", D: " d "}\ntensors:\n" \
    "  X: {ranks: [L, D], role: input}\n  Y: {ranks: [L, D], role: output}\neinsums:\n  - Y[l,d] = exp(X[l,d])\n"
#define PAIR(l)                                                                                \
    "cascade: pair\ntype: int8\nranks: {L: " l "}\ntensors:\n  X: {ranks: [L], role: input}\n" \
    "  Y: {ranks: [L], role: output}\neinsums:\n  - T[l] = exp(X[l])\n  - Y[l] = exp(T[l])\n"
#define MAPS(d, f)                                                                                                 \
    "cascade: maps\ntype: int8\nranks: {D: " d ", F: " f "}\ntensors:\n  P: {ranks: [D], role: input}\n"           \
    "  Q: {ranks: [F], role: input}\n  A: {ranks: [D], role: output}\n  B: {ranks: [F], role: output}\neinsums:\n" \
    "  - A[d] = exp(P[d])\n  - B[f] = exp(Q[f])\n"
#define RECURRENCE                                                                               \
    "cascade: recurrence\ntype: int8\nranks: {L: 3}\ntensors:\n  X: {ranks: [L], role: input}\n" \
    "  H: {ranks: [L], role: output}\neinsums:\n  - G[l] = X[l] * H[l-1]\n  - H[l] = exp(G[l])\n"
#define WINDOW                                                                                     \
    "cascade: window\ntype: int8\nranks: {L: 6, K: 3}\ntensors:\n  V: {ranks: [L], role: input}\n" \
    "  W: {ranks: [K], role: weight}\n  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = V[l-k] * W[k]\n"
#define SUM                                                                                 \
    "cascade: sum\ntype: int8\nranks: {L: 200}\ntensors:\n  X: {ranks: [L], role: input}\n" \
    "  C: {ranks: [], role: input}\n  Y: {ranks: [], role: output}\neinsums:\n  - Y[] = X[l] * C[]\n"
/* Its sum over k, a piece at a time, passes DRAM. */
#define SQUARES                                                                                        \
    "cascade: squares\ntype: int8\nranks: {L: 4, K: 3}\ntensors:\n  X: {ranks: [L, K], role: input}\n" \
    "  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = X[l,k] * X[l,k]\n"

#define WHOLE "group 1\n  Y on array\n"
#define TILES "group 1\n  for l in L by 1\n    Y on array\n"
#define FUSED "group 1\n  for l in L by 1\n    T on one\n    Y on two\n"
#define SLIDE(more) "group 1\n  hold W in buffer\n  for l in L by 2\n    hold V in buffer" more "\n    Y on array\n"
#define SUMMED "group 1\n  hold C in buffer\n  hold Y in buffer\n  for l in L by 1\n    Y on array\n"

/* ---- the rules ----------------------------------------------------------------------------------------------------- */

struct expected_leaf {
    double busy, waits[SINTER_N_WAITS]; /* transfer, space, einsum, port */
    const char *tensor;                 /* waited for longest, NULL: none */
};

struct rule {
    const char *name, *cascade, *accel, *schedule;
    double cycles, drain; /* drain: of the last group */
    double most;          /* bytes in the buffer at its fullest moment */
    const char *timeline;
    const char *lifetimes; /* `tensor(bytes) from-to` */
    const char *occupancy; /* of the buffer, `at:bytes` at each change */
    struct expected_leaf leaves[MOST_LEAVES];
};

static const struct rule rules[] = {
    {"load, compute and store of a leaf that runs once add up", MAP("1", "4"), TINY("", "100 B", "unlimited", "2"), WHOLE,
     16, 4, 8, .timeline = "dram: X 0-4, Y' 12-16; array: Y 4-12",
     .lifetimes = "X(4) 0-12, Y(4) 0-16", /* the result has its space when its command is issued */
     .occupancy = "0:4 0:8 12:4 16:0", .leaves = {{8, {4, 0, 0, 0}, "X"}}},
    /* Spare space is a double buffer: first load 2 + four tiles of 6 + last store 2. */
    {"with spare space a slow unit hides all transfers but the first and the last", MAP("4", "2"),
     TINY("", "100 B", "unlimited", "3"), TILES, 28, 2, 16,
     .timeline = "dram: X 0-2, X 2-4, X 4-6, X 6-8, Y' 8-10, Y' 14-16, Y' 20-22, Y' 26-28; "
                 "array: Y 2-8, Y 8-14, Y 14-20, Y 20-26",
     .lifetimes = "X(2) 0-26, Y(2) 0-28",
     .occupancy = "0:2 0:4 0:6 0:8 0:10 0:12 0:14 0:16 8:14 10:12 14:10 16:8 20:6 22:4 26:2 28:0",
     .leaves = {{24, {2, 0, 0, 0}, "X"}}},
    /* 16 bytes through the port; loads go first, so the stores come after all of them. */
    {"with spare space a slow port is busy all the time", MAP("4", "2"), TINY("", "100 B", "unlimited", "1"), TILES, 16, 6,
     16,
     .timeline = "dram: X 0-2, X 2-4, X 4-6, X 6-8, Y' 8-10, Y' 10-12, Y' 12-14, Y' 14-16; "
                 "array: Y 2-4, Y 4-6, Y 6-8, Y 8-10",
     .lifetimes = "X(2) 0-10, Y(2) 0-16", .leaves = {{8, {2, 0, 0, 0}, "X"}}},
    /* A tile at a time: 2 + 6 + 2. X may come when the one before it has been used, at 8, and goes before Y, which is ready
     * then, too; the next Y has its space when this one has left, at 12. The unit waits for that longest. */
    {"with just enough space everything adds up", MAP("4", "2"), TINY("", "4 B", "unlimited", "3"), TILES, 40, 2, 4,
     .timeline = "dram: X 0-2, X 8-10, Y' 10-12, X 18-20, Y' 20-22, X 28-30, Y' 30-32, Y' 38-40; "
                 "array: Y 2-8, Y 12-18, Y 22-28, Y 32-38",
     .lifetimes = "X(2) 0-38, Y(2) 0-40",
     .occupancy = "0:2 0:4 8:2 8:4 12:2 12:4 18:2 18:4 22:2 22:4 28:2 28:4 32:2 32:4 38:2 40:0",
     .leaves = {{24, {2, 12, 0, 0}, "X"}}},
    /* Q has been used at 18, but A, which is freed before it in the program, leaves at 24 only: R, which needs more than P's
     * space, comes then, and C when B has left, at 36. */
    {"space comes back in program order",
     "cascade: three\ntype: int8\nranks: {D: 8, F: 2, G: 10}\ntensors:\n  P: {ranks: [D], role: input}\n"
     "  Q: {ranks: [F], role: input}\n  R: {ranks: [G], role: input}\n  A: {ranks: [D], role: output}\n"
     "  B: {ranks: [F], role: output}\n  C: {ranks: [G], role: output}\neinsums:\n"
     "  - A[d] = exp(P[d])\n  - B[f] = exp(Q[f])\n  - C[g] = exp(R[g])\n",
     TINY("", "20 B", "unlimited", "1"), "group 1\n  A on array\n  B on array\n  C on array\n", 56, 10, 20,
     .timeline = "dram: P 0-8, Q 8-10, A' 16-24, R 24-34, B' 34-36, C' 46-56; array: A 8-16, B 16-18, C 36-46",
     .lifetimes = "P(8) 0-16, A(8) 0-24, Q(2) 0-18, B(2) 0-36, R(10) 24-46, C(10) 36-56",
     .occupancy = "0:8 0:16 0:18 0:20 16:12 24:4 24:2 24:12 36:10 36:20 46:10 56:0",
     .leaves = {{8, {8, 0, 0, 0}, "P"}, {2, {0, 0, 0, 0}, NULL}, {10, {0, 18, 0, 0}, NULL}}},
    /* A leaves from 16 on; the second Q, which has its space in the registers when the first has been used, at 17, goes
     * before it. */
    {"a load interrupts a store", MAPS("8", "2"),
     HEAD DRAM("") SRAM("buffer", "100 B", "unlimited")
         SRAM("registers", "2 B", "unlimited") "units:\n" UNIT("big", "buffer", "1") UNIT("small", "registers", "8"),
     "group 1\n  A on big\n  for f in F by 1\n    B on small\n", 35, 1, 16,
     .timeline = "dram: P 0-8, Q 8-9, A' 16-17, Q 17-18, A' 18-25, B' 25-26, B' 34-35; big: A 8-16; small: B 9-17, B 26-34",
     .lifetimes = "P(8) 0-16, A(8) 0-25, Q(1) 0-34, B(1) 0-35", .occupancy = "0:8 0:16 16:8 25:0",
     .leaves = {{8, {8, 0, 0, 0}, "P"}, {16, {9, 9, 0, 0}, "Q"}}},
    {"a write port takes the stores", MAP("4", "2"), TINY(", write_bandwidth: 1 GB/s", "100 B", "unlimited", "1"), TILES, 12,
     2, 16,
     .timeline = "dram: X 0-2, X 2-4, X 4-6, X 6-8; write: Y' 4-6, Y' 6-8, Y' 8-10, Y' 10-12; "
                 "array: Y 2-4, Y 4-6, Y 6-8, Y 8-10",
     .lifetimes = "X(2) 0-10, Y(2) 0-12", .leaves = {{8, {2, 0, 0, 0}, "X"}}},
    /* The other tiles leave DRAM while the first is on its way. */
    {"latency is hidden where loads run ahead", MAP("4", "2"), TINY(", latency: 5 ns", "100 B", "unlimited", "3"), TILES, 33,
     2, 16,
     .timeline = "dram: X 0-2, X 2-4, X 4-6, X 6-8, Y' 13-15, Y' 19-21, Y' 25-27, Y' 31-33; "
                 "array: Y 7-13, Y 13-19, Y 19-25, Y 25-31",
     .lifetimes = "X(2) 0-31, Y(2) 0-33", .leaves = {{24, {7, 0, 0, 0}, "X"}}},
    /* 2 + 5 + 6 a tile: the store of 2 runs during the 5. */
    {"latency is exposed where space is tight", MAP("4", "2"), TINY(", latency: 5 ns", "4 B", "unlimited", "3"), TILES, 54,
     2, 4,
     .timeline = "dram: X 0-2, X 13-15, Y' 15-17, X 26-28, Y' 28-30, X 39-41, Y' 41-43, Y' 52-54; "
                 "array: Y 7-13, Y 20-26, Y 33-39, Y 46-52",
     .lifetimes = "X(2) 0-52, Y(2) 0-54", .leaves = {{24, {28, 0, 0, 0}, "X"}}},
    {"a transfer takes the time of whole bursts", MAP("4", "2"), TINY(", burst: 4 B", "100 B", "unlimited", "3"), TILES, 32,
     4, 16,
     .timeline = "dram: X 0-4, X 4-8, X 8-12, X 12-16, Y' 16-20, Y' 20-24, Y' 24-28, Y' 28-32; "
                 "array: Y 4-10, Y 10-16, Y 16-22, Y 22-28",
     .lifetimes = "X(2) 0-28, Y(2) 0-32", .leaves = {{24, {4, 0, 0, 0}, "X"}}},
    /* Both at the same time, each in its own order. */
    {"a transfer ends when the slowest port on its way is through", MAP("4", "2"),
     TINY("", "100 B", "unlimited, link: 500 MB/s", "3"), TILES, 32, 4, 16,
     .timeline = "dram: X 0-2, X 2-4, X 4-6, X 6-8, Y' 10-12, Y' 16-18, Y' 22-24, Y' 28-30; "
                 "link: X 0-4, X 4-8, X 8-12, X 12-16, Y' 16-20, Y' 20-24, Y' 24-28, Y' 28-32; "
                 "array: Y 4-10, Y 10-16, Y 16-22, Y 22-28",
     .lifetimes = "X(2) 0-28, Y(2) 0-32", .leaves = {{24, {4, 0, 0, 0}, "X"}}},
    /* 4 cycles of operations, 8 bytes of accesses. */
    {"a unit is no faster than the port of its memory", MAP("1", "4"), TINY("", "100 B", "1 GB/s", "1"), WHOLE, 16, 4, 8,
     .timeline = "dram: X 0-4, Y' 12-16; buffer: X 0-4, Y 4-12, Y' 12-16; array: Y 4-8", .lifetimes = "X(4) 0-12, Y(4) 0-16",
     .leaves = {{4, {4, 0, 0, 4}, "X"}}},
    /* Loads and computes in program order, 2 and 4 bytes; stores when all of them are through. */
    {"loads and computes take turns at the port of a buffer", MAP("4", "2"), TINY("", "100 B", "1 GB/s", "1"), TILES, 32, 8,
     16,
     .timeline = "dram: X 0-2, X 2-4, X 4-6, X 6-8, Y' 8-10, Y' 12-14, Y' 18-20, Y' 24-26; "
                 "buffer: X 0-2, Y 2-6, X 6-8, Y 8-12, X 12-14, Y 14-18, X 18-20, Y 20-24, Y' 24-26, Y' 26-28, Y' 28-30, "
                 "Y' 30-32; array: Y 2-4, Y 8-10, Y 14-16, Y 20-22",
     .lifetimes = "X(2) 0-24, Y(2) 0-32", .leaves = {{8, {8, 0, 0, 8}, "X"}}},
    {"two units work at once where there is space between them", PAIR("3"), TWO_UNITS("100 B", "3", "5"), FUSED, 20, 1, 9,
     .timeline = "dram: X 0-1, X 1-2, X 2-3, Y' 9-10, Y' 14-15, Y' 19-20; one: T 1-4, T 4-7, T 7-10; "
                 "two: Y 4-9, Y 9-14, Y 14-19",
     .lifetimes = "T(1) 0-19, X(1) 0-10, Y(1) 0-20", .leaves = {{9, {1, 0, 0, 0}, "X"}, {15, {0, 0, 4, 0}, NULL}}},
    {"a unit waits for what a slower one makes", PAIR("3"), TWO_UNITS("100 B", "5", "3"), FUSED, 20, 1, 9,
     .timeline = "dram: X 0-1, X 1-2, X 2-3, Y' 9-10, Y' 14-15, Y' 19-20; one: T 1-6, T 6-11, T 11-16; "
                 "two: Y 6-9, Y 11-14, Y 16-19",
     .lifetimes = "T(1) 0-19, X(1) 0-16, Y(1) 0-20", .leaves = {{15, {1, 0, 0, 0}, "X"}, {9, {0, 0, 10, 0}, NULL}}},
    /* X, T; then T, Y: the next X comes when T has been read, the next T when Y has left. */
    {"two units take turns where there is no space between them", PAIR("3"), TWO_UNITS("2 B", "3", "5"), FUSED, 30, 1, 2,
     .timeline = "dram: X 0-1, X 9-10, Y' 10-11, X 19-20, Y' 20-21, Y' 29-30; one: T 1-4, T 11-14, T 21-24; "
                 "two: Y 4-9, Y 14-19, Y 24-29",
     .lifetimes = "T(1) 0-29, X(1) 0-24, Y(1) 4-30", .leaves = {{9, {1, 14, 0, 0}, "X"}, {15, {0, 14, 0, 0}, NULL}}},
    /* The tile to be loaded has its space from 0 on, the controller stands before the load until 12. */
    {"a load waits for the store of what it brings", PAIR("4"), TINY("", "100 B", "unlimited", "1"),
     "group 1\n  hold T in dram\n  T on array\n  Y on array\n", 24, 4, 12,
     .timeline = "dram: X 0-4, T' 8-12, T 12-16, Y' 20-24; array: T 4-8, Y 16-20",
     .lifetimes = "X(4) 0-8, T(8) 0-20, Y(4) 12-24", .occupancy = "0:4 0:8 0:12 8:8 12:4 12:8 20:4 24:0",
     .leaves = {{4, {4, 0, 0, 0}, "X"}, {4, {8, 0, 0, 0}, "T"}}},
    /* G of a token needs H of the one before: the units take turns. H counts its old slice and its new one. */
    {"an iteration waits for the carry of the one before it", RECURRENCE, TWO_UNITS("100 B", "3", "5"),
     "group 1\n  for l in L by 1\n    G on one\n    H on two\n", 26, 1, 10,
     .timeline = "dram: X 0-1, X 1-2, X 2-3, H' 9-10, H' 17-18, H' 25-26; one: G 1-4, G 9-12, G 17-20; "
                 "two: H 4-9, H 12-17, H 20-25",
     .lifetimes = "G(1) 0-25, H(2) 0-26, X(1) 0-20", .leaves = {{9, {1, 0, 10, 0}, "X"}, {15, {0, 0, 10, 0}, NULL}}},
    /* Two new elements a tile. What leaves is Y's and V's, in this order: the next V has the space of Y, at 13. */
    {"the new part of a window waits for what leaves", WINDOW, TINY("", "9 B", "unlimited", "1"), SLIDE(""), 33, 2, 9,
     .timeline = "dram: W 0-3, V 3-5, Y' 11-13, V 13-15, Y' 21-23, V 23-25, Y' 31-33; array: Y 5-11, Y 15-21, Y 25-31",
     .lifetimes = "V(4) 0-31, W(3) 0-31, Y(2) 0-33", .leaves = {{18, {9, 4, 0, 0}, "V"}}},
    /* With two bytes more one new part runs ahead. */
    {"the new part of a window runs ahead where it has space of its own", WINDOW, TINY("", "11 B", "unlimited", "1"),
     SLIDE(" double"), 29, 2, 11,
     .timeline = "dram: W 0-3, V 3-5, V 5-7, Y' 11-13, V 13-15, Y' 19-21, Y' 27-29; array: Y 5-11, Y 13-19, Y 21-27",
     .lifetimes = "V(4) 0-27, W(3) 0-27, Y(2) 0-29", .leaves = {{18, {5, 4, 0, 0}, "V"}}},
    /* As before, but each of the transfers takes 4. V has its part behind the first in space of its own, Y when the one
     * before it has left. */
    {"the new part of a window takes whole bursts, too", WINDOW, TINY(", burst: 4 B", "11 B", "unlimited", "1"),
     SLIDE(" double"), 38, 4, 11,
     .timeline = "dram: W 0-4, V 4-8, V 8-12, Y' 14-18, V 18-22, Y' 24-28, Y' 34-38; array: Y 8-14, Y 18-24, Y 28-34",
     .lifetimes = "V(4) 0-34, W(3) 0-34, Y(2) 0-38", .leaves = {{18, {8, 8, 0, 0}, "V"}}},
    /* X is in the buffer at 6; a row of it takes 4 on the link and comes 3 later. Y passes the link behind the last row. */
    {"what comes from an inner memory waits for its link and for the latency of that memory", MAP("3", "2"),
     HEAD DRAM("") SRAM("buffer", "100 B", "unlimited, latency: 3 ns")
         SRAM("registers", "100 B", "unlimited, link: 500 MB/s") "units:\n" UNIT("array", "registers", "2"),
     "group 1\n  hold X in buffer\n  for l in L by 1\n    Y on array\n", 30, 5, 6,
     .timeline = "dram: X 0-6, Y' 17-19, Y' 21-23, Y' 25-27; "
                 "link: X 6-10, X 10-14, X 14-18, Y' 18-22, Y' 22-26, Y' 26-30; array: Y 13-17, Y 17-21, Y 21-25",
     .lifetimes = "X(2) 0-25, X(6) 0-25, Y(2) 0-30", .occupancy = "0:6 25:0", .leaves = {{12, {13, 0, 0, 0}, "X"}}},
    /* The controller stands before the load of Y until it is stored, at 16 and at 32; the second X runs ahead of the first
     * load of Y, the third of the second. */
    {"partial sums wait for the write port, and leave the loads theirs", SQUARES,
     TINY(", write_bandwidth: 500 MB/s", "100 B", "unlimited", "1"), "group 1\n  for k in K by 1\n    Y on array\n", 48, 8,
     16,
     .timeline = "dram: X 0-4, X 4-8, Y 16-20, X 20-24, Y 32-36; write: Y' 8-16, Y' 24-32, Y' 40-48; "
                 "array: Y 4-8, Y 20-24, Y 36-40",
     .lifetimes = "X(4) 0-40, Y(4) 0-48", .occupancy = "0:4 0:8 0:12 0:16 8:12 16:8 16:12 16:16 24:12 32:8 40:4 48:0",
     .leaves = {{12, {28, 0, 0, 0}, "Y"}}},
    /* Before each tile but the first the unit waits for the store (no load may be issued) and for the load. */
    {"without prefetch everything adds up", MAP("4", "2"), "prefetch: false\n" TINY("", "100 B", "unlimited", "3"), TILES,
     40, 2, 4,
     .timeline = "dram: X 0-2, Y' 8-10, X 10-12, Y' 18-20, X 20-22, Y' 28-30, X 30-32, Y' 38-40; "
                 "array: Y 2-8, Y 12-18, Y 22-28, Y 32-38",
     .lifetimes = "X(2) 0-38, Y(2) 2-40", .leaves = {{24, {8, 6, 0, 0}, "X"}}},
    {"a group begins when the one before it has ended", PAIR("4"), TINY("", "100 B", "unlimited", "2"),
     "group 1\n  T on array\ngroup 2\n  Y on array\n", 32, 4, 8,
     .timeline = "dram: X 0-4, T' 12-16, T 16-20, Y' 28-32; array: T 4-12, Y 20-28",
     .lifetimes = "X(4) 0-12, T(4) 0-16, T(4) 16-28, Y(4) 16-32", .occupancy = "0:4 0:8 12:4 16:0 16:4 16:8 28:4 32:0",
     .leaves = {{8, {4, 0, 0, 0}, "X"}, {8, {4, 0, 0, 0}, "T"}}},
    /* 2, 2 and 1: half the load, half the computation; its space is that of a whole tile. */
    {"a short last tile takes less time", MAP("5", "1"), TINY("", "100 B", "unlimited", "3"),
     "group 1\n  for l in L by 2\n    Y on array\n", 18, 1, 12,
     .timeline = "dram: X 0-2, X 2-4, X 4-5, Y' 8-10, Y' 14-16, Y' 17-18; array: Y 2-8, Y 8-14, Y 14-17",
     .lifetimes = "X(2) 0-17, Y(2) 0-18", .leaves = {{15, {2, 0, 0, 0}, "X"}}},
    /* A load finds 64 before it until the first of those is through: at t, 64 + t have been issued and t - 2 tiles of X used;
     * the next one has its space already. Y besides. */
    {"no more than SINTER_QUEUE loads wait at a port", SUM, TINY("", "1 kB", "unlimited", "1"), SUMMED, 203, 1,
     SINTER_QUEUE + 2 + 1 + 1, .lifetimes = "X(1) 0-202, C(1) 0-202, Y(1) 0-203", .leaves = {{200, {2, 0, 0, 0}, "X"}}},
    /* A tile of X and 128 behind it, C, and Y. */
    {"no tile comes more than SINTER_LOOKAHEAD tiles ahead of one that is still there", SUM,
     TINY("", "1 kB", "unlimited", "10"), SUMMED, 2003, 1, 1 + SINTER_LOOKAHEAD + 2,
     .lifetimes = "X(1) 0-2002, C(1) 0-2002, Y(1) 0-2003", .leaves = {{2000, {2, 0, 0, 0}, "X"}}},
};

/* ---- what the simulator says, as text ------------------------------------------------------------------------------ */

struct slice {
    int64_t number;
    int resource;
    double start, end;
};

struct event {
    double at;
    int64_t bits;
};

struct record {
    const struct sinter_plan *plan;
    int n_slices, n_events;
    struct slice slices[MOST_SLICES];
    struct event events[MOST_EVENTS]; /* of the buffer */
    struct sinter_command commands[MOST_COMMANDS];
};

enum { BUFFER = 1 };

static void note_command(void *context, int64_t number, const struct sinter_command *command,
                         const struct sinter_program *program)
{
    (void)program;
    assert_true(number < MOST_COMMANDS);
    ((struct record *)context)->commands[number] = *command;
}

static void note_slice(void *context, int64_t number, int resource, double start, double end)
{
    struct record *record = context;
    assert_true(record->n_slices < MOST_SLICES);
    record->slices[record->n_slices++] = (struct slice){number, resource, start, end};
}

static void note_occupancy(void *context, int memory, double at, int64_t bits)
{
    struct record *record = context;
    assert_true(record->n_events < MOST_EVENTS);
    if (memory == BUFFER)
        record->events[record->n_events++] = (struct event){at, bits};
}

static int by_start(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    if (x->resource != y->resource)
        return x->resource - y->resource;
    return (x->start > y->start) - (x->start < y->start);
}

static const char *resource_name(const struct sinter_accel *accel, const struct sinter_resource *resource)
{
    if (resource->kind == SINTER_RESOURCE_UNIT)
        return accel->units[resource->index].name;
    if (resource->kind == SINTER_RESOURCE_LINK)
        return "link";
    return resource->kind == SINTER_RESOURCE_WRITE ? "write" : accel->memories[resource->index].name;
}

static void print_timeline(struct record *record, const struct sinter_timing *timing, struct sinter_text *out)
{
    const struct sinter_plan *plan = record->plan;
    const struct sinter_cascade *cascade = plan->cascade;
    qsort(record->slices, (size_t)record->n_slices, sizeof record->slices[0], by_start);
    for (int i = 0; i < record->n_slices; i++) {
        const struct slice *slice = &record->slices[i];
        const struct sinter_command *command = &record->commands[slice->number];
        bool is_first = i == 0 || slice->resource != slice[-1].resource, computes = command->kind == SINTER_COMPUTE;
        if (is_first)
            sinter_text_printf(out, "%s%s:", i > 0 ? "; " : "",
                               resource_name(plan->accel, &timing->resources[slice->resource]));
        const char *name = computes ? cascade->einsums[plan->members[plan->nodes[command->node].first_member]].name
                                    : cascade->tensors[plan->tiles[command->tile].tensor].name;
        sinter_text_printf(out, "%s %s%s %g-%g", is_first ? "" : ",", name, command->kind == SINTER_STORE ? "'" : "",
                           slice->start, slice->end);
    }
}

static void print_lifetimes(const struct sinter_plan *plan, const struct sinter_timing *timing, struct sinter_text *out)
{
    for (int i = 0; i < timing->n_lifetimes; i++) {
        const struct sinter_lifetime *life = &timing->lifetimes[i];
        sinter_text_printf(out, "%s%s(%g) %g-%g", i > 0 ? ", " : "", plan->cascade->tensors[life->tensor].name,
                           (double)life->bits / 8, life->from_cycles, life->to_cycles);
    }
}

static void print_events(const struct record *record, struct sinter_text *out)
{
    for (int i = 0; i < record->n_events; i++)
        sinter_text_printf(out, "%s%g:%g", i > 0 ? " " : "", record->events[i].at, (double)record->events[i].bits / 8);
}

/* ---- checks -------------------------------------------------------------------------------------------------------- */

static int n_failed;
static const struct rule *current;

static void expect_number(const char *what, double found, double expected)
{
    if (found == expected)
        return;
    print_error("%s: %s: found %g, expected %g\n", current->name, what, found, expected);
    n_failed++;
}

static void expect_text(const char *what, struct sinter_text *found, const char *expected)
{
    if (expected != NULL && strcmp(sinter_text_data(found), expected) != 0) {
        print_error("%s: %s:\n  found    %s\n  expected %s\n", current->name, what, sinter_text_data(found), expected);
        n_failed++;
    }
    sinter_text_free(found);
}

static void check_leaves(const struct sinter_plan *plan, const struct sinter_timing *timing)
{
    for (int e = 0; e < plan->cascade->n_einsums; e++) {
        const struct expected_leaf *expected = &current->leaves[e];
        const struct sinter_leaf_timing *leaf = &timing->leaves[e];
        struct sinter_text text = {0};
        expect_number("busy", leaf->busy_cycles, expected->busy);
        for (int w = 0; w < SINTER_N_WAITS; w++)
            expect_number(sinter_wait_name((enum sinter_wait)w), leaf->wait_cycles[w], expected->waits[w]);
        sinter_text_append(&text, leaf->tensor < 0 ? "" : plan->cascade->tensors[leaf->tensor].name);
        expect_text("tensor", &text, expected->tensor == NULL ? "" : expected->tensor);
    }
}

/* A resource is busy for its slices. */
static void check_busy(const struct record *record, const struct sinter_timing *timing)
{
    for (int r = 0; r < timing->n_resources; r++) {
        double sum = 0;
        for (int i = 0; i < record->n_slices; i++)
            sum += record->slices[i].resource == r ? record->slices[i].end - record->slices[i].start : 0;
        expect_number("busy time of a resource", timing->resources[r].busy_cycles, sum);
    }
}

/* A sample is the fullest moment of its stretch, the level at its start included. */
static void check_samples(const struct record *record, const struct sinter_timing *timing)
{
    const struct sinter_occupancy *occupancy = &timing->occupancies[0];
    int64_t most = 0, level = 0;
    int i = 0;
    assert_int_equal(occupancy->memory, BUFFER);
    for (int k = 0; k < occupancy->n; k++) {
        int64_t fullest = level;
        for (; i < record->n_events && record->events[i].at < (k + 1) * occupancy->cycles_per_sample; i++) {
            level = record->events[i].bits;
            fullest = level > fullest ? level : fullest;
        }
        expect_number("sample", (double)occupancy->bits[k], (double)fullest);
        most = fullest > most ? fullest : most;
    }
    expect_number("events behind the samples", record->n_events - i, 0);
    expect_number("bytes at the fullest moment", (double)most / 8, current->most);
}

static struct sinter_timing *simulate(const struct sinter_plan *plan, const struct sinter_einsum_cost *einsums,
                                      const struct sinter_sim_options *options)
{
    struct sinter_timing *timing = NULL;
    assert_int_equal(sinter_simulate(plan, einsums, options, NULL, NULL, &timing), SINTER_OK);
    assert_true(timing->is_complete);
    expect_number("cycles", timing->cycles, current->cycles);
    expect_number("drain", timing->groups[plan->n_groups - 1].drain_cycles, current->drain);
    check_leaves(plan, timing);
    return timing;
}

static void check(const struct rule *rule)
{
    static struct record record;
    struct problem p;
    struct sinter_plan *plan = NULL;
    struct sinter_einsum_cost einsums[MOST_LEAVES];
    struct sinter_cost cost = {.einsums = einsums};
    current = rule;
    bool is_open = problem_open(&p, rule->cascade, rule->accel, rule->schedule, NULL, 0) &&
                   sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan) == SINTER_OK &&
                   sinter_plan_resolve(plan, &p.schedule, p.diags) == SINTER_OK;
    if (!is_open)
        print_error("%s\n%s", rule->name, sinter_diagnostics_text(p.diags));
    assert_true(is_open);
    sinter_cost_evaluate(plan, &cost);
    record = (struct record){.plan = plan};
    const struct sinter_observer observer = {&record, 0, 1e18, note_command, note_slice, note_occupancy};
    struct sinter_timing *timing = simulate(plan, einsums, &(struct sinter_sim_options){.observer = &observer});
    struct sinter_text timeline = {0}, lifetimes = {0}, events = {0};
    print_timeline(&record, timing, &timeline);
    print_lifetimes(plan, timing, &lifetimes);
    print_events(&record, &events);
    expect_text("timeline", &timeline, rule->timeline);
    expect_text("lifetimes", &lifetimes, rule->lifetimes);
    expect_text("occupancy", &events, rule->occupancy);
    check_busy(&record, timing);
    check_samples(&record, timing);
    sinter_timing_free(timing);
    sinter_timing_free(simulate(plan, einsums, NULL)); /* unobserved, with jumps */
    sinter_plan_free(plan);
    problem_close(&p);
}

static void rules_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        check(&rules[i]);
    assert_int_equal(n_failed, 0);
}

/* ---- jumping -------------------------------------------------------------------------------------------------------- */

/* Ten million rows, whatever holds them up. */
static void every_steady_loop_is_jumped_over(void **state)
{
    (void)state;
#define ROWS MAP("10000000", "8")
#define HELD "group 1\n  hold X in buffer\n  for l in L by 1\n    Y on array\n"
    static const struct {
        const char *name, *accel, *schedule;
    } cases[] = {
        {"loads", TINY("", "32 B", "unlimited", "1"), TILES},
        {"computes", TINY("", "32 B", "unlimited", "8"), TILES},
        {"the buffer's port", TINY("", "32 B", "0.1 GB/s", "1"), TILES},
        {"stores", TINY(", write_bandwidth: 0.1 GB/s", "32 B", "unlimited", "1"), TILES},
        {"stores, and the controller is ahead of them for ever",
         TINY(", write_bandwidth: 0.1 GB/s", "1 GB", "unlimited", "1"), HELD},
        {"stores at a shared port", TINY("", "1 GB", "unlimited", "0.1"), HELD},
        {"latency", TINY(", latency: 1 us", "64 B", "unlimited", "1"), TILES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct problem p;
        struct sinter_plan *plan = NULL;
        struct sinter_timing *timing = NULL;
        struct sinter_einsum_cost einsums[MOST_LEAVES];
        struct sinter_cost cost = {.einsums = einsums};
        assert_true(problem_open(&p, ROWS, cases[i].accel, cases[i].schedule, NULL, 0));
        assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
        assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_OK);
        sinter_cost_evaluate(plan, &cost);
        assert_int_equal(sinter_simulate(plan, einsums, NULL, NULL, NULL, &timing), SINTER_OK);
        if (!timing->is_complete || timing->n_stepped > 20000)
            fail_msg("%s: %lld of %lld commands stepped", cases[i].name, (long long)timing->n_stepped,
                     (long long)timing->n_commands);
        assert_true(timing->cycles >= cost.cycles);
        sinter_timing_free(timing);
        sinter_plan_free(plan);
        problem_close(&p);
    }
}

/* Three hundred operands in one group, each of its own short loop over L, all in a loop over D: a snapshot of the whole group
 * costs more than an iteration of a short loop, and waits. What is jumped over must come out as if it were stepped. */
static void many_short_loops_in_one_group_jump_exactly(void **state)
{
    (void)state;
    enum { N = 150 };
    struct sinter_text cascade = {0}, schedule = {0};
    sinter_text_append(&cascade, "cascade: many\ntype: int8\nranks: {L: 300, D: 40}\ntensors:\n");
    sinter_text_append(&schedule, "group 1\n  for d in D by 1\n");
    for (int i = 0; i < N; i++) {
        sinter_text_printf(&cascade, "  X%d: {ranks: [L, D], role: input}\n  Y%d: {ranks: [L, D], role: output}\n", i, i);
        sinter_text_printf(&schedule, "    for l in L by 1\n      Y%d on array\n", i);
    }
    sinter_text_append(&cascade, "einsums:\n");
    for (int i = 0; i < N; i++)
        sinter_text_printf(&cascade, "  - Y%d[l,d] = exp(X%d[l,d])\n", i, i);
    struct problem p;
    struct sinter_plan *plan = NULL;
    struct sinter_timing *timings[2];
    struct sinter_einsum_cost einsums[N];
    struct sinter_cost cost = {.einsums = einsums};
    assert_true(problem_open(&p, cascade.data, TINY("", "4 B", "unlimited", "8"), schedule.data, NULL, 0));
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
    assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_OK);
    sinter_cost_evaluate(plan, &cost);
    for (int steps_only = 0; steps_only < 2; steps_only++) {
        struct sinter_sim_options options = {.steps_only = steps_only == 1};
        assert_int_equal(sinter_simulate(plan, einsums, &options, NULL, NULL, &timings[steps_only]), SINTER_OK);
    }
    assert_true(timings[0]->n_stepped < timings[0]->n_commands / 20);
    assert_int_equal(timings[1]->n_stepped, timings[1]->n_commands);
    assert_int_equal(timings[0]->n_commands, timings[1]->n_commands);
    assert_true(timings[0]->cycles >= timings[1]->cycles && timings[0]->cycles <= timings[1]->cycles);
    for (int r = 0; r < timings[0]->n_resources; r++)
        assert_memory_equal(&timings[0]->resources[r].busy_cycles, &timings[1]->resources[r].busy_cycles, sizeof(double));
    sinter_timing_free(timings[0]);
    sinter_timing_free(timings[1]);
    sinter_plan_free(plan);
    problem_close(&p);
    sinter_text_free(&cascade);
    sinter_text_free(&schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rules_hold), cmocka_unit_test(every_steady_loop_is_jumped_over),
                                       cmocka_unit_test(many_short_loops_in_one_group_jump_exactly)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
