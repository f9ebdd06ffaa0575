/* fingerprint.c: MurmurHash3_x64_128 (Austin Appleby, public domain), in pieces and in a fixed byte order.
 * SPDX-License-Identifier: MIT
 *
 *     block of 16 bytes = two words k0, k1, least significant byte first
 *     lane i takes word ki, mixed by itself, then the other lane; the end stirs both until each bit depends on all
 */
#include "explore/fingerprint.h"

#include <string.h>

enum { BLOCK = FINGERPRINT_BYTES };

static const uint64_t factor_0 = UINT64_C(0x87c37b91114253d5);
static const uint64_t factor_1 = UINT64_C(0x4cf5ad432745937f);

static inline uint64_t rotate(uint64_t x, int n)
{
    return (x << n) | (x >> (64 - n));
}

/* Compilers make one load of this where the machine has that order. */
static inline uint64_t read_word(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (int i = 7; i >= 0; i--)
        word = word << 8 | bytes[i];
    return word;
}

static void write_word(uint64_t word, uint8_t *bytes)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(word >> 8 * i);
}

static inline uint64_t mix_word_0(uint64_t word)
{
    return rotate(word * factor_0, 31) * factor_1;
}

static inline uint64_t mix_word_1(uint64_t word)
{
    return rotate(word * factor_1, 33) * factor_0;
}

static inline void take_block(uint64_t lanes[2], const uint8_t *block)
{
    lanes[0] ^= mix_word_0(read_word(block));
    lanes[0] = (rotate(lanes[0], 27) + lanes[1]) * 5 + 0x52dce729;
    lanes[1] ^= mix_word_1(read_word(block + 8));
    lanes[1] = (rotate(lanes[1], 31) + lanes[0]) * 5 + 0x38495ab5;
}

static uint64_t stir(uint64_t x)
{
    x = (x ^ (x >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ (x >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}

void fingerprint_begin(struct fingerprint *fingerprint)
{
    *fingerprint = (struct fingerprint){0};
}

void fingerprint_add(struct fingerprint *fingerprint, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    size_t n_rest = fingerprint->n_bytes % BLOCK;
    if (length == 0)
        return;
    fingerprint->n_bytes += length;
    if (n_rest > 0) {
        size_t n = length < BLOCK - n_rest ? length : BLOCK - n_rest;
        memcpy(fingerprint->rest + n_rest, bytes, n);
        if (n_rest + n < BLOCK)
            return;
        take_block(fingerprint->lanes, fingerprint->rest);
        bytes += n;
        length -= n;
    }
    uint64_t lanes[2] = {fingerprint->lanes[0], fingerprint->lanes[1]};
    for (; length >= BLOCK; bytes += BLOCK, length -= BLOCK)
        take_block(lanes, bytes);
    memcpy(fingerprint->lanes, lanes, sizeof lanes);
    memcpy(fingerprint->rest, bytes, length);
}

void fingerprint_end(const struct fingerprint *fingerprint, uint8_t key[FINGERPRINT_BYTES])
{
    size_t n_rest = fingerprint->n_bytes % BLOCK;
    uint8_t block[BLOCK] = {0};
    memcpy(block, fingerprint->rest, n_rest);
    /* A word of zeros mixes to zero: a rest of at most 8 bytes leaves lane 1 alone, as it should. */
    uint64_t a = fingerprint->lanes[0] ^ mix_word_0(read_word(block)) ^ fingerprint->n_bytes;
    uint64_t b = fingerprint->lanes[1] ^ mix_word_1(read_word(block + 8)) ^ fingerprint->n_bytes;
    a += b;
    b += a;
    a = stir(a);
    b = stir(b);
    a += b;
    b += a;
    write_word(a, key);
    write_word(b, key + 8);
}

void fingerprint(const void *data, size_t length, uint8_t key[FINGERPRINT_BYTES])
{
    struct fingerprint whole;
    fingerprint_begin(&whole);
    fingerprint_add(&whole, data, length);
    fingerprint_end(&whole, key);
}
