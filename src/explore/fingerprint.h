/* fingerprint.h: 128 bits that stand for a text of any length: MurmurHash3_x64_128 of Austin Appleby, seed 0.
 * SPDX-License-Identifier: MIT
 *
 *     struct fingerprint f;
 *     uint8_t key[FINGERPRINT_BYTES];
 *     fingerprint_begin(&f);
 *     fingerprint_add(&f, model, strlen(model) + 1);
 *     fingerprint_add(&f, accel, strlen(accel) + 1);
 *     fingerprint_end(&f, key);
 *
 * The same bytes give the same key on every machine, in however many pieces they are added: "ab", "c" and "a", "bc" are the
 * same bytes, so add what ends a part too (above: the NUL), or its length. Add texts or bytes of a fixed order, never a
 * struct, whose order and padding are the machine's.
 *
 * Among a billion keys, two that are equal by chance are less likely than 2^-68. It resists chance, not malice: who wants two
 * texts with the same key can make them.
 */
#ifndef SINTER_EXPLORE_FINGERPRINT_H
#define SINTER_EXPLORE_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#define FINGERPRINT_BYTES 16

struct fingerprint {
    uint64_t lanes[2];
    uint64_t n_bytes;                /* added so far */
    uint8_t rest[FINGERPRINT_BYTES]; /* the last n_bytes % 16 of them, which are not in the lanes yet */
};

void fingerprint_begin(struct fingerprint *fingerprint);
void fingerprint_add(struct fingerprint *fingerprint, const void *data, size_t length); /* no length: NULL is fine */
/* Leaves the fingerprint as it is: more may be added, for a key of the longer text. */
void fingerprint_end(const struct fingerprint *fingerprint, uint8_t key[FINGERPRINT_BYTES]);

/* All at once. */
void fingerprint(const void *data, size_t length, uint8_t key[FINGERPRINT_BYTES]);

#endif
