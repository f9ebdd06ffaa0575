/* wire.h: numbers and bytes in a message.
 * SPDX-License-Identifier: MIT
 *
 * Numbers are little-endian, doubles their 64 bits: a value arrives as it was sent.
 */
#ifndef SINTER_EXPLORE_WIRE_H
#define SINTER_EXPLORE_WIRE_H

#include "sinter/base.h"

/* The rest of a message that is being read. Once it fails, it stays so, and gives zeros. */
struct wire {
    const char *next;
    size_t n_left;
    bool failed;
};

void wire_put(struct sinter_text *out, uint64_t number, int n_bytes);
void wire_put_double(struct sinter_text *out, double number);

uint64_t wire_take(struct wire *in, int n_bytes);
double wire_take_double(struct wire *in);
const char *wire_take_bytes(struct wire *in, size_t n); /* where they stand; NULL: there are less */

#endif
