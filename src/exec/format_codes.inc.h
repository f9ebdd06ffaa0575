/* format_codes.inc.h: the codes of a row of elements, as CODE, from and to memory.
 * SPDX-License-Identifier: MIT
 *
 * Set before: CODE (an unsigned integer that holds every code), LOAD_CODES and STORE_CODES (the names), and what
 * format_rows.c has: word_bytes(), load_bits(), store_bits().
 */

/* Neighbours apart from others: a step that the compiler knows becomes vectors. */
#define LOAD_BY(WORD, STEP)                                                              \
    for (int64_t i = 0; i < n; i++) {                                                    \
        WORD word;                                                                       \
        memcpy(&word, memory + at / 8 + i * (STEP) * (int64_t)sizeof word, sizeof word); \
        codes[i] = (CODE)word;                                                           \
    }
#define LOAD_WORDS(WORD)      \
    if (stride == 1) {        \
        LOAD_BY(WORD, 1)      \
    } else {                  \
        LOAD_BY(WORD, stride) \
    }
#define STORE_BY(WORD, STEP)                                                             \
    for (int64_t i = 0; i < n; i++) {                                                    \
        WORD word = (WORD)codes[i];                                                      \
        memcpy(memory + at / 8 + i * (STEP) * (int64_t)sizeof word, &word, sizeof word); \
    }
#define STORE_WORDS(WORD)      \
    if (stride == 1) {         \
        STORE_BY(WORD, 1)      \
    } else {                   \
        STORE_BY(WORD, stride) \
    }

static void LOAD_CODES(const struct sinter_format *format, const unsigned char *memory, int64_t at, int64_t stride,
                       int64_t n, CODE *codes)
{
    int bits = format_code_bits(format);
    switch (word_bytes(format, at)) {
    case 1:
        LOAD_WORDS(uint8_t)
        break;
    case 2:
        LOAD_WORDS(uint16_t)
        break;
    case 4:
        LOAD_WORDS(uint32_t)
        break;
    case 8:
        LOAD_WORDS(uint64_t)
        break;
    default:
        for (int64_t i = 0; i < n; i++)
            codes[i] = (CODE)load_bits(memory, at + i * stride * format->bits, bits);
        break;
    }
}

static void STORE_CODES(const struct sinter_format *format, unsigned char *memory, int64_t at, int64_t stride, int64_t n,
                        const CODE *codes)
{
    switch (word_bytes(format, at)) {
    case 1:
        STORE_WORDS(uint8_t)
        break;
    case 2:
        STORE_WORDS(uint16_t)
        break;
    case 4:
        STORE_WORDS(uint32_t)
        break;
    case 8:
        STORE_WORDS(uint64_t)
        break;
    default:
        for (int64_t i = 0; i < n; i++)
            store_bits(memory, at + i * stride * format->bits, format->bits, codes[i]);
        break;
    }
}

#undef LOAD_BY
#undef LOAD_WORDS
#undef STORE_BY
#undef STORE_WORDS
