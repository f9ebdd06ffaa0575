/* byhand.h: what the machine can do, and what scans written by hand make of it.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_BENCH_EXECUTE_BYHAND_H
#define SINTER_BENCH_EXECUTE_BYHAND_H

#include "problem.h"
#include "scan.h"

/* The kernels of scan.h for this machine. */
const struct scan_kernels *scan_kernels(void);

/* Prints the limits of the machine; `arrays`: three of LIMITS_ARRAY numbers. Returns GB/s of a triad on one thread. */
enum { LIMITS_ARRAY = 1 << 25 }; /* 128 MiB: more than any cache */
double bench_limits(float *const *arrays);

/* A scan with its numbers: the inputs of a problem, aligned, and room for the results. */
struct scan_numbers {
    struct scan scan;
    float *owned[16];
    int n_owned;
};
void scan_open(struct scan_numbers *numbers, const struct problem *p);
/* What an unfused scan alone needs, gigabytes. */
void scan_drop_products(struct scan_numbers *numbers);
void scan_close(struct scan_numbers *numbers);

struct by_hand {
    double fused_ns;   /* the faster one */
    double unfused_ns; /* the same passes over memory as an execution */
    int64_t tiles[2];  /* of the fused ones: with exp, the same operations as an execution; with 2^x */
    bool is_exp2;      /* the faster one */
};
/* Prints how fast the scans are. `expected`: Y as an execution makes it. */
struct by_hand bench_by_hand(const struct scan *scan, const float *expected);
/* A fused one once more, so that what is divided by its time can be measured beside it. */
double by_hand_ns(const struct by_hand *by_hand, const struct scan *scan, bool is_exp2);

#endif
