/* numerics.c: in which numbers a cascade is computed.
 * SPDX-License-Identifier: MIT
 */
#include "sinter/exec.h"

/* Whether float has all its numbers. An element may be wider than its number: of 48 bits, for instance, 32 count. */
static bool fits_float(const struct sinter_format *format)
{
    if (format->kind == SINTER_FORMAT_INTEGER)
        return format->bits <= 25; /* float has all integers up to 2^24 */
    return format->exponent_bits <= 8 && format->mantissa_bits <= 23;
}

enum sinter_status sinter_numerics_new(const struct sinter_cascade *cascade, const struct sinter_allocator *allocator,
                                       struct sinter_diagnostics *diags, struct sinter_numerics **made)
{
    *made = NULL;
    struct sinter_numerics *numerics = sinter_allocate(allocator, 1, sizeof *numerics); /* zeroed: exact functions */
    if (!numerics)
        return sinter_out_of_memory(diags);
    numerics->cascade = cascade;
    numerics->allocator = allocator;
    numerics->arithmetic = 32;
    numerics->formats = sinter_allocate(allocator, (size_t)cascade->n_tensors, sizeof *numerics->formats);
    if (!numerics->formats) {
        sinter_numerics_free(numerics);
        return sinter_out_of_memory(diags);
    }
    for (int t = 0; t < cascade->n_tensors; t++) {
        numerics->formats[t] = sinter_format_of(cascade->tensors[t].type);
        if (!fits_float(&numerics->formats[t]))
            numerics->arithmetic = 64;
    }
    *made = numerics;
    return SINTER_OK;
}

void sinter_numerics_free(struct sinter_numerics *numerics)
{
    if (!numerics)
        return;
    sinter_release(numerics->allocator, numerics->formats);
    sinter_release(numerics->allocator, numerics);
}
