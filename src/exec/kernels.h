/* kernels.h: loops over rows of numbers, compiled for several instruction sets and chosen at run time.
 * SPDX-License-Identifier: MIT
 *
 *     const struct kernels_f32 *kernels = kernels_f32();
 *     kernels->mul(r, a, b, n);
 *     kernels->function[SINTER_FN_EXP](r, r, n);
 *
 * Rows need no alignment. A result may be one of the operands itself; otherwise rows do not overlap. Every operation rounds
 * once, so that all levels give the same numbers to the last bit (which NaN comes out of arithmetic on NaN is not fixed).
 * max and min of a NaN and anything are NaN; of two equal numbers (0 and -0 are) they are the second.
 */
#ifndef SINTER_EXEC_KERNELS_H
#define SINTER_EXEC_KERNELS_H

#include "exec/narrow.h"
#include "sinter/cascade.h"

#define KERNEL_MAX(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#define KERNEL_MIN(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))

#define KERNELS kernels_f32
#define REAL float
#define BITS uint32_t
#define NARROW narrow_f32
#include "exec/kernels_struct.inc.h"
#undef KERNELS
#undef REAL
#undef BITS
#undef NARROW

#define KERNELS kernels_f64
#define REAL double
#define BITS uint64_t
#define NARROW narrow_f64
#include "exec/kernels_struct.inc.h"
#undef KERNELS
#undef REAL
#undef BITS
#undef NARROW

struct kernels {
    struct kernels_f32 f32;
    struct kernels_f64 f64;
};

enum kernels_level { KERNELS_BASELINE, KERNELS_AVX2, KERNELS_AVX512, N_KERNELS_LEVELS };

/* Those of one level; NULL when they were not compiled or this machine cannot run them. */
const struct kernels *kernels_at(enum kernels_level level);
const char *kernels_level_name(enum kernels_level level);
/* Those of the highest level that runs here. Ask once per piece of work, not per row. */
const struct kernels_f32 *kernels_f32(void);
const struct kernels_f64 *kernels_f64(void);

/* One unit per level; NULL where the compiler was not told to make it. */
extern const struct kernels *const kernels_baseline, *const kernels_avx2, *const kernels_avx512;

#endif
