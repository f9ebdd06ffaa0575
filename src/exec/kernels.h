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

/* By element i of n; s is one number for the whole row. */
#define KERNELS_OF(REAL, BITS, NARROW)                                                                                 \
    void (*add)(REAL * r, const REAL *a, const REAL *b, int64_t n); /* a + b */                                        \
    void (*sub)(REAL * r, const REAL *a, const REAL *b, int64_t n);                                                    \
    void (*mul)(REAL * r, const REAL *a, const REAL *b, int64_t n);                                                    \
    void (*div)(REAL * r, const REAL *a, const REAL *b, int64_t n);                                                    \
    void (*max)(REAL * r, const REAL *a, const REAL *b, int64_t n);                                                    \
    void (*min)(REAL * r, const REAL *a, const REAL *b, int64_t n);                                                    \
    void (*neg)(REAL * r, const REAL *a, int64_t n);                                                                   \
    void (*add_s)(REAL * r, REAL s, const REAL *b, int64_t n); /* s + b */                                             \
    void (*sub_s)(REAL * r, REAL s, const REAL *b, int64_t n); /* s - b; b - s is add_s of -s */                       \
    void (*mul_s)(REAL * r, REAL s, const REAL *b, int64_t n);                                                         \
    void (*div_s)(REAL * r, REAL s, const REAL *b, int64_t n);                                                         \
    void (*max_s)(REAL * r, REAL s, const REAL *b, int64_t n);                                                         \
    void (*min_s)(REAL * r, REAL s, const REAL *b, int64_t n);                                                         \
    void (*div_by)(REAL * r, const REAL *a, REAL s, int64_t n); /* a / s */                                            \
    void (*max_by)(REAL * r, const REAL *a, REAL s, int64_t n);                                                        \
    void (*min_by)(REAL * r, const REAL *a, REAL s, int64_t n);                                                        \
    void (*fma)(REAL * r, const REAL *a, const REAL *b, const REAL *c, int64_t n);  /* a * b + c */                    \
    void (*fms)(REAL * r, const REAL *a, const REAL *b, const REAL *c, int64_t n);  /* a * b - c */                    \
    void (*fnma)(REAL * r, const REAL *a, const REAL *b, const REAL *c, int64_t n); /* c - a * b */                    \
    void (*fma_s)(REAL * r, REAL s, const REAL *b, const REAL *c, int64_t n);       /* s * b + c */                    \
    void (*fms_s)(REAL * r, REAL s, const REAL *b, const REAL *c, int64_t n);                                          \
    void (*fnma_s)(REAL * r, REAL s, const REAL *b, const REAL *c, int64_t n);                                         \
    /* Several operations of a selective scan at once, rounded as the single ones are. */                              \
    void (*expmul)(REAL * r, const REAL *a, const REAL *b, int64_t n); /* exp(a * b) */                                \
    void (*expmul_s)(REAL * r, REAL s, const REAL *b, int64_t n);      /* exp(s * b) */                                \
    void (*accumulate)(REAL * acc, REAL s, const REAL *h, int64_t n);  /* acc = s * h + acc */                         \
    /* acc = acc + sum over k of s[k * s_step] * row k of b, one mac after the other */                                \
    void (*sweep)(REAL * acc, const REAL *s, int64_t s_step, const REAL *b, int64_t b_step, int64_t count, int64_t n); \
    /* for each k: h_k = exp(p * q_k) * h_k + (s[k * s_step] * u), acc = c[k * c_step] * h_k + acc */                  \
    void (*scan)(REAL * acc, REAL * h, int64_t h_step, const REAL *p, const REAL *q, int64_t q_step, const REAL *u,    \
                 const REAL *s, int64_t s_step, const REAL *c, int64_t c_step, int64_t count, int64_t n);              \
    void (*function[SINTER_N_FUNCTIONS])(REAL * r, const REAL *a, int64_t n);                                          \
    /* Numbers of a narrow float format (narrow.h). */                                                                 \
    void (*encode)(const struct NARROW *format, BITS *codes, const REAL *a, int64_t n);                                \
    void (*decode)(const struct NARROW *format, REAL *r, const BITS *codes, int64_t n);                                \
    void (*round)(const struct NARROW *format, REAL *r, const REAL *a, int64_t n); /* both */

struct kernels_f32 {
    KERNELS_OF(float, uint32_t, narrow_f32)
};
struct kernels_f64 {
    KERNELS_OF(double, uint64_t, narrow_f64)
};
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
