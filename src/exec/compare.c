/* compare.c: how far two sets of numbers are apart.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "exec/values.h"

enum { CHUNK = 512 };

double unit_in_last_place(const struct sinter_format *format, double value)
{
    if (format->kind == SINTER_FORMAT_INTEGER)
        return format->scale;
    int exponent = 0, least = 2 - (1 << (format->exponent_bits - 1)); /* of the smallest normal number */
    frexp(value, &exponent);
    exponent = value == 0 || exponent - 1 < least ? least : exponent - 1;
    return ldexp(1, exponent - format->mantissa_bits);
}

static void compare_pair(double a, double b, int64_t at, struct sinter_difference *difference)
{
    bool is_finite = isfinite(a) && isfinite(b);
    if (a == b || (isnan(a) && isnan(b)))
        return;
    double distance = is_finite ? fabs(a - b) : (double)INFINITY;
    difference->n_different++;
    difference->n_not_finite += isfinite(a) != isfinite(b);
    if (difference->worst >= 0 && distance <= difference->most_absolute)
        return;
    difference->most_absolute = distance;
    difference->worst = at;
    difference->a = a;
    difference->b = b;
}

/* Elements near 0 are differences of larger ones, whose roundings they keep: in units of their own they would say nothing of
 * the format. `typical` is the magnitude from which on elements count with their own. */
static double most_ulp(const struct sinter_values *a, const struct sinter_values *b, int tensor, bool is_final,
                       const struct sinter_format *format, double typical)
{
    double from_a[CHUNK], from_b[CHUNK], most = 0;
    int64_t elements = a->cascade->tensors[tensor].elements;
    for (int64_t first = 0; first < elements; first += CHUNK) {
        int64_t n = elements - first < CHUNK ? elements - first : CHUNK;
        sinter_values_get(a, tensor, is_final, first, n, from_a);
        sinter_values_get(b, tensor, is_final, first, n, from_b);
        for (int64_t i = 0; i < n; i++) {
            bool is_same = from_a[i] == from_b[i] || (isnan(from_a[i]) && isnan(from_b[i]));
            double unit = unit_in_last_place(format, isfinite(from_b[i]) ? fmax(fabs(from_b[i]), typical) : typical);
            if (!is_same) /* infinite where exactly one is finite, or both are not and differ */
                most = isfinite(from_a[i] - from_b[i]) ? fmax(most, fabs(from_a[i] - from_b[i]) / unit) : (double)INFINITY;
        }
    }
    return most;
}

void sinter_values_compare_as(const struct sinter_values *a, const struct sinter_values *b, int tensor, bool is_final,
                              const struct sinter_format *format, struct sinter_difference *difference)
{
    bool has_both = is_final ? a->finals[tensor] && b->finals[tensor] : a->images[tensor] && b->images[tensor];
    double from_a[CHUNK], from_b[CHUNK], squares = 0, of_difference = 0;
    *difference = (struct sinter_difference){.n = has_both ? a->cascade->tensors[tensor].elements : 0, .worst = -1};
    for (int64_t first = 0; first < difference->n; first += CHUNK) {
        int64_t n = difference->n - first < CHUNK ? difference->n - first : CHUNK;
        sinter_values_get(a, tensor, is_final, first, n, from_a);
        sinter_values_get(b, tensor, is_final, first, n, from_b);
        for (int64_t i = 0; i < n; i++) {
            bool is_finite = isfinite(from_a[i]) && isfinite(from_b[i]);
            difference->n_finite += is_finite;
            if (isfinite(from_b[i]))
                difference->largest = fmax(difference->largest, fabs(from_b[i]));
            squares += is_finite ? from_b[i] * from_b[i] : 0;
            of_difference += is_finite ? (from_a[i] - from_b[i]) * (from_a[i] - from_b[i]) : 0;
            compare_pair(from_a[i], from_b[i], first + i, difference);
        }
    }
    if (difference->n_different == 0)
        return;
    double largest = difference->largest;
    difference->most_relative = largest > 0 ? difference->most_absolute / largest : (double)INFINITY;
    difference->rms_relative = squares > 0 ? sqrt(of_difference / squares) : (double)INFINITY;
    if (difference->n_not_finite > 0)
        difference->rms_relative = (double)INFINITY;
    double typical = difference->n_finite > 0 ? sqrt(squares / (double)difference->n_finite) : 0;
    difference->most_ulp = most_ulp(a, b, tensor, is_final, format, fmin(typical, largest));
}

void sinter_values_compare(const struct sinter_values *a, const struct sinter_values *b, int tensor, bool is_final,
                           struct sinter_difference *difference)
{
    sinter_values_compare_as(a, b, tensor, is_final, &a->formats[tensor], difference);
}
