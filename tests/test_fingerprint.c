/* test_fingerprint.c: fingerprints are what they were, whatever the pieces, and differ where texts differ.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explore/fingerprint.h"
#include "sinter/base.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *show(const uint8_t *key, char *buffer)
{
    for (int i = 0; i < FINGERPRINT_BYTES; i++)
        snprintf(buffer + 2 * i, 3, "%02x", key[i]);
    return buffer;
}

/* The third and the last are printed in many places as 64-bit numbers: cbd8a7b341bd9b02 5b1e906a48ae1d19 and
 * e34bbc7bbc071b6c 7a433ca9c49a9347. Stores depend on all of them. */
static void known_texts_have_known_fingerprints(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key;
    } known[] = {
        {"", "00000000000000000000000000000000"},
        {"a", "897859f6655555855a890e51483ab5e6"},
        {"hello", "029bbd41b3a7d8cb191dae486a901e5b"},
        {"selective-scan", "2d5dce4e95c335bbd53977c3cfecd104"},
        {"0123456789abcdef", "a7d14acf946de04bda08a7635c5bc387"},
        {"0123456789abcdef0", "75c0a58587ae24ebca283131b368fb73"},
        {"0123456789abcdef01234567", "d99e283b52be6355ef0cc78552a4222e"},
        {"0123456789abcdef0123456789abcdef0123456789abcde", "7085102ef0ee28047272d015a6d2b3e5"},
        {"The quick brown fox jumps over the lazy dog", "6c1b07bc7bbc4be347939ac4a93c437a"},
    };
    char shown[2 * FINGERPRINT_BYTES + 1];
    uint8_t key[FINGERPRINT_BYTES];
    for (size_t i = 0; i < COUNT(known); i++) {
        fingerprint(known[i].text, strlen(known[i].text), key);
        assert_string_equal(show(key, shown), known[i].key);
    }
}

static void pieces_do_not_matter(void **state)
{
    (void)state;
    struct sinter_random random = {.state = 11};
    uint8_t data[300], whole[FINGERPRINT_BYTES], key[FINGERPRINT_BYTES];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)sinter_random_next(&random);
    for (size_t length = 0; length <= sizeof data; length++) {
        fingerprint(data, length, whole);
        for (int most = 1; most < 70; most += most < 20 ? 1 : 7) {
            struct fingerprint f;
            fingerprint_begin(&f);
            for (size_t done = 0, n; done < length; done += n) {
                n = (size_t)sinter_random_below(&random, most + 1);
                n = n < length - done ? n : length - done;
                fingerprint_add(&f, n ? data + done : NULL, n);
            }
            fingerprint_end(&f, key);
            assert_memory_equal(key, whole, sizeof key);
        }
    }
}

static void what_was_ended_can_go_on(void **state)
{
    (void)state;
    struct fingerprint f;
    uint8_t key[FINGERPRINT_BYTES], expected[FINGERPRINT_BYTES];
    fingerprint_begin(&f);
    fingerprint_add(&f, "sint", 4);
    fingerprint_end(&f, key);
    fingerprint("sint", 4, expected);
    assert_memory_equal(key, expected, sizeof key);
    fingerprint_add(&f, "er", 2);
    fingerprint_end(&f, key);
    fingerprint("sinter", 6, expected);
    assert_memory_equal(key, expected, sizeof key);
}

/* Any bit of the text changes each bit of the key in about half of all cases. */
static void every_bit_moves_every_bit(void **state)
{
    (void)state;
    enum { TRIES = 2000, BITS = 8 * FINGERPRINT_BYTES };
    struct sinter_random random = {.state = 5};
    int n_moved[BITS] = {0};
    for (int i = 0; i < TRIES; i++) {
        uint8_t data[64], before[FINGERPRINT_BYTES], after[FINGERPRINT_BYTES];
        size_t length = 1 + (size_t)sinter_random_below(&random, sizeof data);
        for (size_t k = 0; k < length; k++)
            data[k] = (uint8_t)sinter_random_next(&random);
        fingerprint(data, length, before);
        int64_t bit = sinter_random_below(&random, 8 * (int64_t)length);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        fingerprint(data, length, after);
        for (int b = 0; b < BITS; b++)
            n_moved[b] += (before[b / 8] ^ after[b / 8]) >> b % 8 & 1;
    }
    for (int b = 0; b < BITS; b++) {
        assert_true(n_moved[b] > TRIES * 45 / 100); /* 4.5 standard deviations */
        assert_true(n_moved[b] < TRIES * 55 / 100);
    }
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, FINGERPRINT_BYTES);
}

/* Nor do the halves alone collide, the first of which numbers schedules: 2^-25 of such sets would. */
static void a_million_short_texts_do_not_collide(void **state)
{
    (void)state;
    enum { N = 1000000 };
    uint8_t(*keys)[FINGERPRINT_BYTES] = malloc((size_t)N * sizeof *keys);
    assert_non_null(keys);
    for (int i = 0; i < N; i++) {
        char text[16];
        fingerprint(text, (size_t)snprintf(text, sizeof text, "%d", i), keys[i]);
    }
    qsort(keys, N, sizeof *keys, compare_keys);
    for (int i = 1; i < N; i++)
        assert_memory_not_equal(keys[i - 1], keys[i], FINGERPRINT_BYTES / 2);
    free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_have_known_fingerprints),
        cmocka_unit_test(pieces_do_not_matter),
        cmocka_unit_test(what_was_ended_can_go_on),
        cmocka_unit_test(every_bit_moves_every_bit),
        cmocka_unit_test(a_million_short_texts_do_not_collide),
    };
    return cmocka_run_group_tests_name("fingerprint", tests, NULL, NULL);
}
