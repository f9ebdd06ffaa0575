/* values.c: the elements of tensors as packed images.
 * SPDX-License-Identifier: MIT
 */
#include "exec/values.h"

struct sinter_values *values_blank(const struct sinter_cascade *cascade, const struct sinter_numerics *numerics,
                                   const struct sinter_allocator *allocator)
{
    size_t n = (size_t)cascade->n_tensors;
    struct sinter_values *values = sinter_allocate(allocator, 1, sizeof *values);
    if (!values)
        return NULL;
    values->cascade = cascade;
    values->allocator = allocator;
    values->formats = sinter_allocate(allocator, n, sizeof *values->formats);
    values->images = sinter_allocate(allocator, n, sizeof *values->images);
    values->finals = sinter_allocate(allocator, n, sizeof *values->finals);
    if (!values->formats || !values->images || !values->finals) {
        sinter_values_free(values);
        return NULL;
    }
    for (size_t t = 0; t < n; t++)
        values->formats[t] =
            numerics ? numerics->formats[t] : sinter_format_of((struct sinter_type){.kind = SINTER_FLOAT, .bits = 64});
    return values;
}

bool values_is_given(const struct sinter_tensor *tensor)
{
    return tensor->role == SINTER_INPUT || tensor->role == SINTER_WEIGHT || tensor->role == SINTER_STATE;
}

enum sinter_status sinter_values_new(const struct sinter_cascade *cascade, const struct sinter_numerics *numerics,
                                     const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                     struct sinter_values **values)
{
    *values = values_blank(cascade, numerics, allocator);
    for (int t = 0; *values && t < cascade->n_tensors; t++) {
        if (!values_is_given(&cascade->tensors[t]) || sinter_values_add(*values, t, false))
            continue;
        sinter_values_free(*values);
        *values = NULL;
    }
    return *values ? SINTER_OK : sinter_out_of_memory(diags);
}

void sinter_values_free(struct sinter_values *values)
{
    if (!values)
        return;
    for (int t = 0; t < values->cascade->n_tensors; t++) {
        if (values->images)
            sinter_release(values->allocator, values->images[t]);
        if (values->finals)
            sinter_release(values->allocator, values->finals[t]);
    }
    sinter_release(values->allocator, values->images);
    sinter_release(values->allocator, values->finals);
    sinter_release(values->allocator, values->formats);
    sinter_release(values->allocator, values);
}

bool sinter_values_add(struct sinter_values *values, int tensor, bool is_final)
{
    unsigned char **image = is_final ? &values->finals[tensor] : &values->images[tensor];
    int64_t bits = 0;
    if (*image)
        return true;
    if (!sinter_multiply(values->cascade->tensors[tensor].elements, values->formats[tensor].bits, &bits) ||
        (uint64_t)sinter_bits_to_bytes(bits) > SIZE_MAX)
        return false;
    *image = sinter_allocate(values->allocator, (size_t)sinter_bits_to_bytes(bits), 1);
    return *image != NULL;
}

void sinter_values_get(const struct sinter_values *values, int tensor, bool is_final, int64_t first, int64_t n, double *out)
{
    const unsigned char *image = is_final ? values->finals[tensor] : values->images[tensor];
    const struct sinter_format *format = &values->formats[tensor];
    sinter_format_read(format, image, first * format->bits, 1, n, out);
}

void values_write(struct sinter_values *values, int tensor, bool is_final, int64_t first, int64_t n, const double *from)
{
    unsigned char *image = is_final ? values->finals[tensor] : values->images[tensor];
    const struct sinter_format *format = &values->formats[tensor];
    sinter_format_write(format, image, first * format->bits, 1, n, from);
}

void sinter_values_set(struct sinter_values *values, int tensor, int64_t first, int64_t n, const double *from)
{
    values_write(values, tensor, false, first, n, from);
}
