/* wire.c: numbers and bytes in a message.
 * SPDX-License-Identifier: MIT
 */
#include "explore/wire.h"

#include <string.h>

void wire_put(struct sinter_text *out, uint64_t number, int n_bytes)
{
    char bytes[8];
    for (int i = 0; i < n_bytes; i++) {
        uint8_t byte = (uint8_t)(number >> 8 * i & 255);
        memcpy(&bytes[i], &byte, 1);
    }
    sinter_text_append_n(out, bytes, (size_t)n_bytes);
}

void wire_put_double(struct sinter_text *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    wire_put(out, bits, 8);
}

const char *wire_take_bytes(struct wire *in, size_t n)
{
    const char *bytes = in->next;
    if (in->failed || n > in->n_left) {
        in->failed = true;
        in->n_left = 0;
        return NULL;
    }
    in->next += n;
    in->n_left -= n;
    return bytes;
}

uint64_t wire_take(struct wire *in, int n_bytes)
{
    const char *bytes = wire_take_bytes(in, (size_t)n_bytes);
    uint64_t number = 0;
    for (int i = n_bytes - 1; i >= 0 && bytes != NULL; i--)
        number = number << 8 | (uint8_t)bytes[i];
    return number;
}

double wire_take_double(struct wire *in)
{
    uint64_t bits = wire_take(in, 8);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}
