/* numerics.c: in which numbers a cascade is computed.
 * SPDX-License-Identifier: MIT
 */
#include "sinter/exec.h"

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
        bool is_integer = numerics->formats[t].kind == SINTER_FORMAT_INTEGER;
        if (numerics->formats[t].bits > (is_integer ? 25 : 32)) /* float has all integers up to 2^24 */
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
