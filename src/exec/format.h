/* format.h: numbers of a format as codes: the bits that lie in memory.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXEC_FORMAT_H
#define SINTER_EXEC_FORMAT_H

#include "exec/narrow.h"
#include "sinter/exec.h"

/* Integers are computed in double: no more of them are told apart. */
enum { FORMAT_MOST_INTEGER_BITS = 51 };

static inline bool format_is_float(const struct sinter_format *format)
{
    return format->kind == SINTER_FORMAT_FLOAT;
}

/* Whether float holds all of its numbers: without infinities, 8 exponent bits reach beyond it. */
static inline bool format_fits_float(const struct sinter_format *format)
{
    return format_is_float(format) && format->exponent_bits <= 8 - format->is_finite && format->mantissa_bits <= 23;
}

/* Whether it is IEEE's float (32) or double (64) itself. */
static inline bool format_is_ieee(const struct sinter_format *format, int bits)
{
    return format_is_float(format) && !format->is_finite && format->exponent_bits == (bits == 64 ? 11 : 8) &&
           format->mantissa_bits == (bits == 64 ? 52 : 23);
}

/* Of a code; an element may be wider. */
static inline int format_code_bits(const struct sinter_format *format)
{
    if (format_is_float(format))
        return 1 + format->exponent_bits + format->mantissa_bits;
    return format->bits < FORMAT_MOST_INTEGER_BITS ? format->bits : FORMAT_MOST_INTEGER_BITS;
}

static inline struct narrow_f32 format_narrow_f32(const struct sinter_format *format)
{
    return narrow_f32_of(format->exponent_bits, format->mantissa_bits, format->is_finite);
}

static inline struct narrow_f64 format_narrow_f64(const struct sinter_format *format)
{
    return narrow_f64_of(format->exponent_bits, format->mantissa_bits, format->is_finite);
}

void format_encode(const struct sinter_format *format, uint64_t *codes, const double *values, int64_t n);
void format_decode(const struct sinter_format *format, double *values, const uint64_t *codes, int64_t n);
/* The same in float arithmetic, where format_fits_float(). */
void format_encode_float(const struct sinter_format *format, uint32_t *codes, const float *values, int64_t n);
void format_decode_float(const struct sinter_format *format, float *values, const uint32_t *codes, int64_t n);

#endif
