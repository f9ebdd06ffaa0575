/* format_values.c: which numbers a format has: to and from codes, rounding, limits.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "exec/format.h"
#include "exec/kernels.h"

/* ---- codes --------------------------------------------------------------------------------------------------------- */

/* What is added to 1.5 * 2^52 is rounded to an integer, which then stands in the low bits, in two's complement. */
static const double to_integer = 6755399441055744.0;

static uint64_t encode_integer(double value, double scale, double most, uint64_t mask)
{
    double t = value / scale;
    t = t > most ? most : t;
    t = t < -most - 1 ? -most - 1 : t;
    t = t == t ? t : 0;
    return narrow_f64_bits(t + to_integer) & mask;
}

static double decode_integer(uint64_t code, double scale, uint64_t sign)
{
    uint64_t q = (code ^ sign) - sign;
    return (narrow_f64_real(narrow_f64_bits(to_integer) + q) - to_integer) * scale;
}

void format_encode(const struct sinter_format *format, uint64_t *codes, const double *values, int64_t n)
{
    if (format_is_ieee(format, 64)) {
        memcpy(codes, values, (size_t)n * sizeof *codes);
        return;
    }
    if (format_is_float(format)) {
        struct narrow_f64 narrow = format_narrow_f64(format);
        kernels_f64()->encode(&narrow, codes, values, n);
        return;
    }
    uint64_t sign = (uint64_t)1 << (format_code_bits(format) - 1);
    double scale = format->scale;
    for (int64_t i = 0; i < n; i++)
        codes[i] = encode_integer(values[i], scale, (double)(sign - 1), 2 * sign - 1);
}

void format_decode(const struct sinter_format *format, double *values, const uint64_t *codes, int64_t n)
{
    if (format_is_ieee(format, 64)) {
        memcpy(values, codes, (size_t)n * sizeof *values);
        return;
    }
    if (format_is_float(format)) {
        struct narrow_f64 narrow = format_narrow_f64(format);
        kernels_f64()->decode(&narrow, values, codes, n);
        return;
    }
    uint64_t sign = (uint64_t)1 << (format_code_bits(format) - 1);
    double scale = format->scale;
    for (int64_t i = 0; i < n; i++)
        values[i] = decode_integer(codes[i], scale, sign);
}

void format_encode_float(const struct sinter_format *format, uint32_t *codes, const float *values, int64_t n)
{
    if (format_is_ieee(format, 32)) {
        memcpy(codes, values, (size_t)n * sizeof *codes);
        return;
    }
    struct narrow_f32 narrow = format_narrow_f32(format);
    kernels_f32()->encode(&narrow, codes, values, n);
}

void format_decode_float(const struct sinter_format *format, float *values, const uint32_t *codes, int64_t n)
{
    if (format_is_ieee(format, 32)) {
        memcpy(values, codes, (size_t)n * sizeof *values);
        return;
    }
    struct narrow_f32 narrow = format_narrow_f32(format);
    kernels_f32()->decode(&narrow, values, codes, n);
}

/* ---- rounding ------------------------------------------------------------------------------------------------------ */

double sinter_format_round(const struct sinter_format *format, double value)
{
    uint64_t code;
    format_encode(format, &code, &value, 1);
    format_decode(format, &value, &code, 1);
    return value;
}

void sinter_format_round_all(const struct sinter_format *format, int64_t n, double *values)
{
    if (format_is_ieee(format, 64))
        return;
    if (format_is_float(format)) {
        struct narrow_f64 narrow = format_narrow_f64(format);
        kernels_f64()->round(&narrow, values, values, n);
        return;
    }
    uint64_t sign = (uint64_t)1 << (format_code_bits(format) - 1);
    double scale = format->scale;
    for (int64_t i = 0; i < n; i++)
        values[i] = decode_integer(encode_integer(values[i], scale, (double)(sign - 1), 2 * sign - 1), scale, sign);
}

void sinter_format_round_all_float(const struct sinter_format *format, int64_t n, float *values)
{
    if (format_is_ieee(format, 32))
        return;
    if (format_fits_float(format)) {
        struct narrow_f32 narrow = format_narrow_f32(format);
        kernels_f32()->round(&narrow, values, values, n);
        return;
    }
    enum { CHUNK = 256 };
    double chunk[CHUNK];
    for (int64_t done = 0, size; done < n; done += size) {
        size = n - done < CHUNK ? n - done : CHUNK;
        for (int64_t i = 0; i < size; i++)
            chunk[i] = (double)values[done + i];
        sinter_format_round_all(format, size, chunk);
        for (int64_t i = 0; i < size; i++)
            values[done + i] = (float)chunk[i];
    }
}

/* ---- limits -------------------------------------------------------------------------------------------------------- */

double sinter_format_most(const struct sinter_format *format)
{
    uint64_t code = ((uint64_t)1 << (format_code_bits(format) - 1)) - 1;
    if (format_is_float(format))
        code = format_narrow_f64(format).most;
    double value;
    format_decode(format, &value, &code, 1);
    return value;
}

double sinter_format_epsilon(const struct sinter_format *format)
{
    return format_is_float(format) ? ldexp(1, -format->mantissa_bits) : format->scale;
}
