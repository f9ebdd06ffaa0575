/* scan.h: the selective scan by hand, what schedules are measured against, and loops that find the machine's own limits.
 * SPDX-License-Identifier: MIT
 *
 *     DA[l,d,n] = exp(DT[l,d] * A[d,n])    DTX[l,d] = DT[l,d] * X[l,d]    BX[l,d,n] = DTX[l,d] * B[l,n]
 *     H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]                       Y[l,d] = C[l,n] * H[l,d,n]
 *
 * The kernels take the channels [from, to), so that threads can share them; both are multiples of SCAN_LANES.
 */
#ifndef SINTER_BENCH_EXECUTE_SCAN_H
#define SINTER_BENCH_EXECUTE_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum { SCAN_LANES = 32 }; /* channels that are computed at once: two registers of AVX-512 */

struct scan {
    int64_t n_tokens, n_channels, n_states;
    const float *dt, *x;    /* [L][D] */
    const float *b, *c;     /* [L][N] */
    const float *a, *start; /* [D][N]; start: the state before the first token */
    float *y;               /* [L][D] */
    float *end;             /* [D][N]: the state after the last token */
    /* For the unfused scan: A and the initial state [N][D], so that channels lie together; room for DTX, and for tensors
     * [L][N][D]: 3, in the reference's order 4. */
    const float *a_rows, *start_rows;
    float *dtx, *products[4];
};

struct scan_kernels {
    /* Channels in tiles, tokens inside, the state of a tile in work: tile * (2 * N + 1) numbers. The same operations as in
     * the cascade, each rounded once, with the library's own exp: the same bits as an execution. */
    void (*fused)(const struct scan *scan, int64_t from, int64_t to, int64_t tile, float *work);
    /* The same with A / ln 2 in place of A and 2^x in place of exp: a few roundings differ. */
    void (*fused_exp2)(const struct scan *scan, int64_t from, int64_t to, int64_t tile, float *work);
    /* Every step alone, through memory: BX = DTX * B; 6 tensors L x D x N are written or read. The state stays in cache. */
    void (*unfused)(const struct scan *scan, int64_t from, int64_t to);
    /* BX = (DT * B) * X, as in the reference implementation: 8 such tensors. */
    void (*unfused_reference)(const struct scan *scan, int64_t from, int64_t to);
    void (*triad)(float *r, const float *a, const float *b, float s, int64_t n); /* r = a + s * b */
    uint32_t (*sum)(const float *a, int64_t n); /* of the bits: to read memory, without the chain of a sum of floats */
};

/* NULL when they were not compiled for that instruction set. */
extern const struct scan_kernels *const scan_baseline, *const scan_avx2, *const scan_avx512;

#endif
