/* explore_case.h: a small sweep for tests, in a folder of its own.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_EXPLORE_CASE_H
#define SINTER_TESTS_EXPLORE_CASE_H

#include "sinter/explore.h"

/* 72 points, larger ones last on each axis, in two batches for each workload. Some do not fit, some break the condition. */
#define HEAD(strategy, effort)                                                                      \
    "experiment: small\naccelerator: examples/tiny.accel.yaml\n"                                    \
    "workloads: [{model: examples/scan.yaml, weight: 2}, {model: examples/scan.yaml, tokens: 3}]\n" \
    "strategy: " strategy "\neffort: " effort "\ngap: 0.02\n"
#define AXES                                                                                                      \
    "axes:\n  buffer.capacity: [3 B, 8 B, 16 B, 24 B, 48 B, 128 B]\n  dram.bandwidth: [1 GB/s, 2 GB/s, 8 GB/s]\n" \
    "  array.pes: [[1, 1], [2, 2], [2, 4], [4, 4]]\nwhere: [buffer.capacity * array.pes > 7 B]\n"
#define SMALL HEAD("optimal", "20") AXES
enum { N_POINTS = 72, N_UNBUILT = 3 };

/* Names of stores, which are not there yet; messages; the small sweep. */
struct explore_case {
    char folder[512], path[600], other[600], third[600];
    struct sinter_diagnostics *diags;
    struct sinter_experiment *experiment;
};

/* Each fails the test at once. */
struct sinter_experiment *parse_experiment(const char *text);
int explore_set_up(void **state);
int explore_tear_down(void **state);
struct sinter_exploration *explore(struct explore_case *b, const struct sinter_experiment *experiment,
                                   const struct sinter_explore_options *options);
struct sinter_explore_front *front_of(struct explore_case *b, struct sinter_exploration *exploration);
void point_of(struct explore_case *b, struct sinter_exploration *exploration, int64_t index,
              struct sinter_explore_point *point);

#endif
