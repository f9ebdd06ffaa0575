/* exec.h: a schedule on real numbers: every tile command moves bytes between memories of the modelled size, every leaf
 * computes, and what comes out is compared with an evaluation that knows nothing of schedules.
 * SPDX-License-Identifier: MIT
 *
 *     struct sinter_numerics *numerics = NULL;
 *     struct sinter_values *in = NULL, *expected = NULL, *out = NULL;
 *     sinter_numerics_new(cascade, NULL, diags, &numerics);        // every tensor in its own type
 *     sinter_values_new(cascade, numerics, NULL, diags, &in);
 *     sinter_values_fill(in, seed);                                // inputs, weights, initial states
 *     sinter_reference(numerics, in, NULL, diags, &expected);      // Einsum by Einsum, unfused
 *     sinter_execute(plan, numerics, in, &options, NULL, diags, &execution);
 *
 * Numbers. A tensor's elements have a format: how many bits, and which numbers they can be. An Einsum is evaluated in the
 * arithmetic of the numerics, float or double: each operation of its expression rounds once, a mac (a product that is added
 * to something) rounds once as a whole, sums run upward through their ranks, the first reduced rank outermost. What it
 * makes is rounded to the format of its tensor, also inside a chain, where it never reaches a memory. So the values do not
 * depend on the schedule, to the last bit, unless a sum is split over visits of its leaf: then its parts are rounded to the
 * tensor's format in between.
 */
#ifndef SINTER_EXEC_H
#define SINTER_EXEC_H

#include "sinter/program.h"
#include "sinter/workload.h"

/* ---- formats --------------------------------------------------------------------------------------------------- */

enum sinter_format_kind { SINTER_FORMAT_FLOAT, SINTER_FORMAT_INTEGER };

/* How a number lies in memory. */
struct sinter_format {
    enum sinter_format_kind kind;
    int bits;          /* that an element takes; an element that is wider than its number keeps zeros above it */
    int exponent_bits; /* of a float, 2 to 11; to 10 without infinities */
    int mantissa_bits; /* stored ones, 1 to 52 */
    bool is_finite;    /* of a float: no infinities; the largest exponent counts on, its last code is NaN, too large becomes
                          the largest number (e4m3) */
    double scale;      /* of an integer: a code q means q * scale, q = value / scale rounded; too large becomes the largest
                          code, NaN 0; of more than 51 bits the upper ones are not used */
};

/* What an element type means: fp64 fp32 fp16 bf16 are the IEEE formats and bfloat16, fp8 is e4m3, intN are two's complement
 * with scale 1. A plain width of N bits says nothing about numbers; it is executed as fp64 (N >= 64), as fp32 (N >= 32), as
 * bfloat16 with N - 9 mantissa bits (N >= 10), as e4m3 (8 and 9), else as an integer. */
SINTER_API struct sinter_format sinter_format_of(struct sinter_type type);
/* fp64 fp32 fp16 bf16 fp8; eXmY for any float of 1 + X + Y bits: with infinities, or eXmYfn without (e4m3 has none, e4m3inf
 * has), and a width that is more, as in e4m3/9; intN with N up to 32, and intN*SCALE. */
SINTER_API bool sinter_format_parse(const char *text, struct sinter_format *format);
SINTER_API char *sinter_format_print(const struct sinter_format *format, char *buffer, size_t size);
SINTER_API bool sinter_format_equal(const struct sinter_format *a, const struct sinter_format *b);
/* The nearest number that the format has, ties to even. NaN stays NaN, which one is not fixed. */
SINTER_API double sinter_format_round(const struct sinter_format *format, double value);
/* The largest finite number; the distance from 1 to the next number (of an integer: its scale). */
SINTER_API double sinter_format_most(const struct sinter_format *format);
SINTER_API double sinter_format_epsilon(const struct sinter_format *format);

/* Elements in memory: bit `at` of `memory` (bit i of a byte has weight 2^i, bytes upward) begins element 0, element i begins
 * at + i * stride elements. Writing rounds. No byte without a bit of the elements is read, no other bit changed. */
SINTER_API void sinter_format_read(const struct sinter_format *format, const unsigned char *memory, int64_t at,
                                   int64_t stride, int64_t n, double *out);
SINTER_API void sinter_format_write(const struct sinter_format *format, unsigned char *memory, int64_t at, int64_t stride,
                                    int64_t n, const double *values);
SINTER_API void sinter_format_read_float(const struct sinter_format *format, const unsigned char *memory, int64_t at,
                                         int64_t stride, int64_t n, float *out);
SINTER_API void sinter_format_write_float(const struct sinter_format *format, unsigned char *memory, int64_t at,
                                          int64_t stride, int64_t n, const float *values);
/* Rounds in place: what writing and reading back would give. */
SINTER_API void sinter_format_round_all(const struct sinter_format *format, int64_t n, double *values);
SINTER_API void sinter_format_round_all_float(const struct sinter_format *format, int64_t n, float *values);

/* ---- functions ------------------------------------------------------------------------------------------------- */

/* How a function is computed. */
enum sinter_function_kind {
    SINTER_FUNCTION_EXACT,     /* as well as the arithmetic allows: double by the C library, float by own kernels */
    SINTER_FUNCTION_MARCA,     /* exp: the fast exponential of arXiv 2409.11440, of x clamped to [-7, 0]; silu: its pieces */
    SINTER_FUNCTION_TABLE,     /* the nearest sample, upward where two are; samples at the ends of `segments` equal pieces of
                               [low, high] */
    SINTER_FUNCTION_LINEAR,    /* linear between the same samples */
    SINTER_FUNCTION_POLYNOMIAL /* of `degree`, exact in the zeros of a Chebyshev polynomial on [low, high], so that its error
                                  is near the least; exp: 2^k * the polynomial of 2^f, x / ln 2 = k + f, f in [0, 1) */
};
/* Outside [low, high] a table, lines and a polynomial give what the function approaches: silu, softplus, gelu 0 and x,
 * sigmoid 0 and 1, tanh -1 and 1, exp 0 below and the value at `high` above. log, sqrt, rsqrt and recip, and the polynomial
 * of exp, have no outside: powers of two lead every argument back to [1, 2] (log, recip), [1, 4] (sqrt, rsqrt), [0, 1]. All
 * but the exact model are computed in double, from exact samples, and rounded once when the arithmetic is float. */
struct sinter_function_model {
    enum sinter_function_kind kind;
    int segments, degree;
    double low, high;
    double coefficients[16]; /* of the polynomial, by powers of t, -1 at low and 1 at high; filled in by parsing */
};
/* "exact", "marca", "table:SEGMENTS[:LOW:HIGH]", "linear:SEGMENTS[:LOW:HIGH]", "poly:DEGREE[:LOW:HIGH]", with at most 65536
 * segments, degree 15. The usual ends: exp -16:0, sigmoid and silu -8:8, tanh and gelu -4:4, softplus -16:16. False, and a
 * diagnostic, when the function has no such model: relu has only the exact one. */
SINTER_API bool sinter_function_parse(enum sinter_function function, const char *text, struct sinter_diagnostics *diags,
                                      struct sinter_function_model *model);
SINTER_API char *sinter_function_print(const struct sinter_function_model *model, char *buffer, size_t size);
SINTER_API const char *sinter_function_name(enum sinter_function function); /* "exp", ... */
SINTER_API bool sinter_function_find(const char *name, enum sinter_function *function);
/* One value, in double or in float arithmetic; of NaN it is NaN. The float form of an exact function is the scalar twin of
 * the vector kernel: equal to it to the last bit, on every machine. Its largest error, in units in the last place: sqrt,
 * recip 0.5, log 0.9, exp 1.1, tanh 1.5, rsqrt 1.5, softplus 1.7, sigmoid 2, silu 2.5, gelu 2.5. */
SINTER_API double sinter_function_value(const struct sinter_function_model *model, enum sinter_function function, double x);
SINTER_API float sinter_function_value_float(const struct sinter_function_model *model, enum sinter_function function,
                                             float x);
/* n values in place. */
SINTER_API void sinter_function_all(const struct sinter_function_model *model, enum sinter_function function, int64_t n,
                                    double *values);
SINTER_API void sinter_function_all_float(const struct sinter_function_model *model, enum sinter_function function,
                                          int64_t n, float *values);

/* ---- numerics -------------------------------------------------------------------------------------------------- */

/* In which numbers a cascade is computed. */
struct sinter_numerics {
    const struct sinter_cascade *cascade; /* must outlive it */
    int arithmetic;                       /* 32 or 64 */
    struct sinter_format *formats; /* by tensor: own array, may be changed; bits must stay those of the type when a plan
                                             of that cascade is executed */
    struct sinter_function_model functions[SINTER_N_FUNCTIONS];
    const struct sinter_allocator *allocator;
};
/* Every tensor in the format of its type, exact functions, double arithmetic when any format has numbers that float has not:
 * fp64 and plain widths from 64 bits on, integers of more than 25 bits. */
SINTER_API enum sinter_status sinter_numerics_new(const struct sinter_cascade *cascade,
                                                  const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                                  struct sinter_numerics **numerics);
SINTER_API void sinter_numerics_free(struct sinter_numerics *numerics);

/* ---- values ---------------------------------------------------------------------------------------------------- */

/* The elements of a cascade's tensors, as they lie in DRAM: row-major in the tensor's own order of ranks, packed in its format.
 * A tensor that has none is NULL. A state tensor has two images: what it was before, and what the run leaves in it. */
struct sinter_values {
    const struct sinter_cascade *cascade;
    struct sinter_format *formats; /* by tensor, as the numerics had them */
    unsigned char **images;        /* by tensor; of a state: before */
    unsigned char **finals;        /* of states: after */
    const struct sinter_allocator *allocator;
};
/* Room for what comes from outside: inputs, weights, initial states; all zero. */
SINTER_API enum sinter_status sinter_values_new(const struct sinter_cascade *cascade, const struct sinter_numerics *numerics,
                                                const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                                struct sinter_values **values);
SINTER_API void sinter_values_free(struct sinter_values *values);
/* Room for one more tensor (or the final image of a state); false: out of memory or too large. Nothing when it is there. */
SINTER_API bool sinter_values_add(struct sinter_values *values, int tensor, bool is_final);
SINTER_API void sinter_values_get(const struct sinter_values *values, int tensor, bool is_final, int64_t first, int64_t n,
                                  double *out);
SINTER_API void sinter_values_set(struct sinter_values *values, int tensor, int64_t first, int64_t n, const double *from);
/* Random numbers for everything that comes from outside: uniform in [-1, 1), scaled by 1 / sqrt(fan-in) where a tensor is
 * summed over, so that values keep their size from Einsum to Einsum; a weight under exp along a recurrence is negative, so
 * that states decay. The same seed gives the same numbers everywhere. */
SINTER_API void sinter_values_fill(struct sinter_values *values, uint64_t seed);

/* ---- the reference --------------------------------------------------------------------------------------------- */

/* Evaluates the cascade Einsum by Einsum, each tensor whole, as its text says: no schedule, no tiles, no kernels. With
 * `numerics` it rounds as execution does, to the same bits; with NULL it computes in double without rounding anything.
 * `keep` by tensor: results beside outputs and final states that are wanted; NULL: all. */
SINTER_API enum sinter_status sinter_reference(const struct sinter_numerics *numerics, const struct sinter_values *in,
                                               const bool *keep, const struct sinter_allocator *allocator,
                                               struct sinter_diagnostics *diags, struct sinter_values **out);

/* ---- execution ------------------------------------------------------------------------------------------------- */

/* What an execution did. Everything was counted while it moved, nothing is taken from the plan. */
struct sinter_execution {
    int64_t n_commands, n_loads, n_computes, n_stores, n_frees;
    struct sinter_tensor_traffic *traffic;    /* by tensor: bits read from and written to DRAM */
    int64_t load_bits[SINTER_MAX_MEMORIES];   /* into each memory, from wherever */
    int64_t store_bits[SINTER_MAX_MEMORIES];  /* out of each memory */
    int64_t peak_bits[SINTER_MAX_MEMORIES];   /* most that lived at once while a leaf ran */
    int64_t extent_bits[SINTER_MAX_MEMORIES]; /* highest address that was handed out; beyond the peak: fragmentation */
    int64_t register_bytes;                   /* most that one leaf kept beside its tiles: accumulators, values in a chain */
    bool splits_sums;                         /* some sum was split over visits of its leaf */
    struct sinter_values *values;             /* outputs and final states; what `taps` asked for */
    struct sinter_arena *arena;
};

struct sinter_execute_options {
    const bool *taps; /* by tensor: results to keep besides, also those that never leave the chip; NULL: none */
    bool is_lenient;  /* do not fill what is free with NaN: faster, and reads of what is not there go unseen */
    int n_threads;    /* 0: one */
};

/* Runs the program of a resolved plan on `in`. SINTER_INFEASIBLE with the reason when the tiles cannot be given addresses
 * within the capacities. */
SINTER_API enum sinter_status sinter_execute(const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                                             const struct sinter_values *in, const struct sinter_execute_options *options,
                                             const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                             struct sinter_execution **execution);
SINTER_API void sinter_execution_free(struct sinter_execution *execution);

/* ---- comparing ------------------------------------------------------------------------------------------------- */

/* How far two sets of numbers are apart. NaN equals NaN, an infinity itself. */
struct sinter_difference {
    int64_t n, n_different;
    int64_t n_finite; /* elements where both are */
    double most_absolute;
    double most_relative; /* |a - b| / max |b| over the tensor: relative to the size of the tensor */
    double rms_relative;  /* root mean square of a - b over that of b; infinite where exactly one is finite */
    double most_ulp;      /* in units in the last place of the format at b, or, where b is smaller than the root mean square
                             of the tensor's finite elements, at that */
    double largest;       /* largest finite magnitude of b */
    int64_t worst;        /* element of the largest absolute difference; -1: none */
    double a, b;          /* there */
    int64_t n_not_finite; /* elements where exactly one of the two is finite */
};
SINTER_API void sinter_values_compare(const struct sinter_values *a, const struct sinter_values *b, int tensor,
                                      bool is_final, struct sinter_difference *difference);

/* With ulps of another format than that of a. */
SINTER_API void sinter_values_compare_as(const struct sinter_values *a, const struct sinter_values *b, int tensor,
                                         bool is_final, const struct sinter_format *format,
                                         struct sinter_difference *difference);

/* ---- bounds ---------------------------------------------------------------------------------------------------- */

/* How the sums of an Einsum are made where not as its text says. Zero: as it says. */
struct sinter_split {
    int64_t n_parts;   /* > 1: in parts; the sum so far is rounded to the tensor's format between two of them */
    bool is_reordered; /* the terms come in another order */
};
/* `splits` by Einsum: what the leaves of a resolved plan do to sums, at most. All zero: its values are those of
 * sinter_reference() to the last bit. */
SINTER_API void sinter_plan_splits(const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                                   struct sinter_split *splits);
/* By tensor: does it, or anything that it is made of, come from a sum that is split? For a final state ask for the tensor
 * whose state it is. */
SINTER_API void sinter_splits_reach(const struct sinter_cascade *cascade, const struct sinter_split *splits, bool *tensors);

/* The reference in double, as sinter_reference(NULL, ...), and beside each number how far from it the number is at most that
 * any evaluation in the numerics makes, when its sums are as `splits` says (by Einsum; NULL: as the text says): a running error
 * analysis, element by element, which docs/execution.md derives. Infinite where there is no such promise: where a number
 * may overflow its format or the arithmetic, a divisor or the argument of a logarithm or a root may vanish, or behind a
 * function that is approximated. `in` may be wider than the formats of the numerics: then rounding it is part of the
 * bound. */
SINTER_API enum sinter_status sinter_reference_bounded(const struct sinter_numerics *numerics,
                                                       const struct sinter_values *in, const struct sinter_split *splits,
                                                       const bool *keep, const struct sinter_allocator *allocator,
                                                       struct sinter_diagnostics *diags, struct sinter_values **out,
                                                       struct sinter_values **bounds);

/* Every Einsum by itself: what it makes of the operands in `made`, which has every tensor that is read or wanted. Where its
 * sums are not split: the bits that it must make, and a bound of 0. Where they are: what it makes without rounding, and how
 * far rounding its terms and parts can lead from there; no error of its operands adds to it. `keep` by tensor: results that
 * are wanted, with the final states that they leave; NULL: all. */
SINTER_API enum sinter_status sinter_reference_local(const struct sinter_numerics *numerics, const struct sinter_values *in,
                                                     const struct sinter_values *made, const struct sinter_split *splits,
                                                     const bool *keep, const struct sinter_allocator *allocator,
                                                     struct sinter_diagnostics *diags, struct sinter_values **out,
                                                     struct sinter_values **bounds);

/* Numbers against what they must be close to, each within a bound of its own. Equal ones, and two NaN, always are. */
struct sinter_check {
    int64_t n, n_outside;
    int64_t n_unbounded;   /* different, without a finite bound: neither inside nor outside */
    double most_relative;  /* largest difference, also one without a bound, over the largest finite magnitude expected */
    double bound_relative; /* largest finite bound over the same */
    double most_of_bound;  /* largest difference / bound, of the same element */
    int64_t worst;         /* that element; -1: all are equal, or without a bound */
    double found, expected, bound; /* there */
};
SINTER_API void sinter_values_check(const struct sinter_values *values, const struct sinter_values *exact,
                                    const struct sinter_values *bounds, int tensor, bool is_final,
                                    struct sinter_check *check);
/* A cut of a stored case. What it holds is itself right to SINTER_CASE_TOLERANCE of its largest magnitude; `bounds` adds to
 * that (NULL: nothing), but excuses no number that is not finite where the stored one is. False when `values` lack the
 * cut's tensors. */
#define SINTER_CASE_TOLERANCE 1e-12
SINTER_API bool sinter_cut_check(const struct sinter_case_cut *cut, const struct sinter_values *values,
                                 const struct sinter_values *bounds, struct sinter_check *check);

#endif
