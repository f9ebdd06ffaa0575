/* kernels_struct.inc.h: the kernels of kernels.h over one type of number, as a struct.
 * SPDX-License-Identifier: MIT
 *
 * Set before: KERNELS (its name), REAL, BITS and NARROW, as in narrow.h.
 */

/* By element i of n; s is one number for the whole row. */
struct KERNELS {
    void (*add)(REAL *r, const REAL *a, const REAL *b, int64_t n); /* a + b */
    void (*sub)(REAL *r, const REAL *a, const REAL *b, int64_t n);
    void (*mul)(REAL *r, const REAL *a, const REAL *b, int64_t n);
    void (*div)(REAL *r, const REAL *a, const REAL *b, int64_t n);
    void (*max)(REAL *r, const REAL *a, const REAL *b, int64_t n);
    void (*min)(REAL *r, const REAL *a, const REAL *b, int64_t n);
    void (*neg)(REAL *r, const REAL *a, int64_t n);
    void (*add_s)(REAL *r, REAL s, const REAL *b, int64_t n); /* s + b */
    void (*sub_s)(REAL *r, REAL s, const REAL *b, int64_t n); /* s - b; b - s is add_s of -s */
    void (*mul_s)(REAL *r, REAL s, const REAL *b, int64_t n);
    void (*div_s)(REAL *r, REAL s, const REAL *b, int64_t n);
    void (*max_s)(REAL *r, REAL s, const REAL *b, int64_t n);
    void (*min_s)(REAL *r, REAL s, const REAL *b, int64_t n);
    void (*div_by)(REAL *r, const REAL *a, REAL s, int64_t n); /* a / s */
    void (*max_by)(REAL *r, const REAL *a, REAL s, int64_t n);
    void (*min_by)(REAL *r, const REAL *a, REAL s, int64_t n);
    void (*fma)(REAL *r, const REAL *a, const REAL *b, const REAL *c, int64_t n);  /* a * b + c */
    void (*fms)(REAL *r, const REAL *a, const REAL *b, const REAL *c, int64_t n);  /* a * b - c */
    void (*fnma)(REAL *r, const REAL *a, const REAL *b, const REAL *c, int64_t n); /* c - a * b */
    void (*fma_s)(REAL *r, REAL s, const REAL *b, const REAL *c, int64_t n);       /* s * b + c */
    void (*fms_s)(REAL *r, REAL s, const REAL *b, const REAL *c, int64_t n);
    void (*fnma_s)(REAL *r, REAL s, const REAL *b, const REAL *c, int64_t n);

    /* Several operations of a selective scan at once, rounded as the single ones are. */
    void (*expmul)(REAL *r, const REAL *a, const REAL *b, int64_t n); /* exp(a * b) */
    void (*expmul_s)(REAL *r, REAL s, const REAL *b, int64_t n);      /* exp(s * b) */
    void (*accumulate)(REAL *acc, REAL s, const REAL *h, int64_t n);  /* acc = s * h + acc */

    /* acc = acc + sum over k of s[k * s_step] * row k of b, one mac after the other. */
    void (*sweep)(REAL *acc, const REAL *s, int64_t s_step, const REAL *b, int64_t b_step, int64_t count, int64_t n);
    /* For each k: h_k = exp(p * q_k) * h_k + (s[k * s_step] * u), acc = c[k * c_step] * h_k + acc. `most` is what reach says
     * of q. */
    void (*scan)(REAL *acc, REAL *h, int64_t h_step, const REAL *p, const REAL *q, int64_t q_step, const REAL *most,
                 const REAL *u, const REAL *s, int64_t s_step, const REAL *c, int64_t c_step, int64_t count, int64_t n);
    /* The largest magnitude of all q_k; NaN where one is. */
    void (*reach)(REAL *most, const REAL *q, int64_t q_step, int64_t count, int64_t n);

    void (*function[SINTER_N_FUNCTIONS])(REAL *r, const REAL *a, int64_t n);

    /* Numbers of a narrow float format (narrow.h). */
    void (*encode)(const struct NARROW *format, BITS *codes, const REAL *a, int64_t n);
    void (*decode)(const struct NARROW *format, REAL *r, const BITS *codes, int64_t n);
    void (*round)(const struct NARROW *format, REAL *r, const REAL *a, int64_t n); /* both */
};
