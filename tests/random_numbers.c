/* random_numbers.c: numbers of other kinds than usual.
 * SPDX-License-Identifier: MIT
 */
#include "random_numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

enum { MOST_OF_A_WIDTH = 6 };

static const struct {
    int bits, n;
    const char *names[MOST_OF_A_WIDTH];
} widths[] = {
    {3, 2, {"int3", "int3*0.25"}},
    {4, 4, {"int4", "int4*0.5", "e2m1", "e2m1fn"}},
    {8, 6, {"fp8", "e5m2", "int8", "int8*0.125", "e3m4fn", "e4m3inf"}},
    {16, 5, {"fp16", "bf16", "e4m11", "int16*0.001", "e4m3/16"}},
    {32, 4, {"fp32", "int32*1e-6", "e8m7/32", "e5m26"}},
    {64, 4, {"fp64", "e8m23/64", "e11m40/64", "e10m52/64"}},
};

void random_formats(struct sinter_random *random, struct sinter_numerics *numerics)
{
    for (int t = 0; t < numerics->cascade->n_tensors; t++) {
        bool is_other = sinter_random_below(random, 2) == 0;
        int64_t pick = sinter_random_below(random, 1000);
        for (size_t w = 0; w < sizeof widths / sizeof widths[0] && is_other; w++)
            if (widths[w].bits == numerics->formats[t].bits)
                assert_true(sinter_format_parse(widths[w].names[pick % widths[w].n], &numerics->formats[t]));
        const struct sinter_format *format = &numerics->formats[t];
        if (format->kind == SINTER_FORMAT_INTEGER ? format->bits > 25 : format->mantissa_bits > 23)
            numerics->arithmetic = 64; /* numbers that float has not */
    }
}

static double special(struct sinter_random *random, const struct sinter_format *format)
{
    double sign = sinter_random_below(random, 2) == 0 ? 1 : -1;
    switch (sinter_random_below(random, 6)) {
    case 0:
        return (double)NAN;
    case 1:
        return sign * (double)INFINITY;
    case 2:
        return sign * 0.0;
    case 3:
        return sign * sinter_format_most(format);
    case 4: /* the least that is not 0 */
        if (format->kind == SINTER_FORMAT_FLOAT)
            return sign * ldexp(1, 2 - (1 << (format->exponent_bits - 1)) - format->mantissa_bits);
        return sign * format->scale;
    default:
        return sign * sqrt(sinter_format_most(format));
    }
}

void random_specials(struct sinter_random *random, struct sinter_values *values)
{
    for (int t = 0; t < values->cascade->n_tensors; t++) {
        if (values->images[t] == NULL || sinter_random_below(random, 2) == 0)
            continue;
        for (int64_t n = 1 + sinter_random_below(random, 3); n > 0; n--) {
            double number = special(random, &values->formats[t]);
            sinter_values_set(values, t, sinter_random_below(random, values->cascade->tensors[t].elements), 1, &number);
        }
    }
}
