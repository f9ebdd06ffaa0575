/* format_rows.c: rows of elements in memory, at any bit and with any stride.
 * SPDX-License-Identifier: MIT
 *
 * A row goes through codes: bits are gathered, then turned into numbers by vector kernels, some hundred at a time. Elements
 * that are whole bytes of a machine word are gathered by words; others bit by bit.
 */
#include <string.h>

#include "exec/format.h"

enum { CHUNK = 256 }; /* elements */

/* Bytes stand upward in memory, as the words of this machine do. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { WORDS_ARE_BYTES_UPWARD = 1 };
#else
enum { WORDS_ARE_BYTES_UPWARD = 0 };
#endif

/* ---- single elements ----------------------------------------------------------------------------------------------- */

static uint64_t load_bits(const unsigned char *memory, int64_t at, int n_bits)
{
    uint64_t code = 0;
    for (int done = 0, n; done < n_bits; done += n) {
        int first = (int)((at + done) % 8);
        n = 8 - first < n_bits - done ? 8 - first : n_bits - done;
        uint64_t piece = (unsigned)memory[(at + done) / 8] >> first & ((1U << n) - 1);
        code |= piece << done;
    }
    return code;
}

/* n_bits may exceed 64: zeros follow. */
static void store_bits(unsigned char *memory, int64_t at, int n_bits, uint64_t code)
{
    for (int done = 0, n; done < n_bits; done += n) {
        int first = (int)((at + done) % 8);
        n = 8 - first < n_bits - done ? 8 - first : n_bits - done;
        unsigned mask = ((1U << n) - 1) << first;
        unsigned piece = done < 64 ? (unsigned)(code >> done) << first & mask : 0;
        unsigned char *byte = &memory[(at + done) / 8];
        *byte = (unsigned char)((n < 8 ? *byte & ~mask : 0) | piece);
    }
}

/* ---- codes of a row ------------------------------------------------------------------------------------------------ */

/* The bytes of an element that is a word of this machine: 1, 2, 4 or 8; else 0. */
static int word_bytes(const struct sinter_format *format, int64_t at)
{
    int bits = format->bits;
    bool is_word = bits == 8 || bits == 16 || bits == 32 || bits == 64;
    return WORDS_ARE_BYTES_UPWARD && at % 8 == 0 && is_word && format_code_bits(format) == bits ? bits / 8 : 0;
}

#define CODE uint64_t
#define LOAD_CODES load_codes
#define STORE_CODES store_codes
#include "exec/format_codes.inc.h"
#undef CODE
#undef LOAD_CODES
#undef STORE_CODES

#define CODE uint32_t
#define LOAD_CODES load_codes_float
#define STORE_CODES store_codes_float
#include "exec/format_codes.inc.h"
#undef CODE
#undef LOAD_CODES
#undef STORE_CODES

/* ---- rows ---------------------------------------------------------------------------------------------------------- */

/* Whether a row of the machine's own numbers lies there as it is. */
static bool is_copy(const struct sinter_format *format, int64_t at, int64_t stride, int bits)
{
    return format_is_ieee(format, bits) && stride == 1 && word_bytes(format, at) != 0;
}

static int64_t chunk_of(int64_t n)
{
    return n < CHUNK ? n : CHUNK;
}

void sinter_format_read(const struct sinter_format *format, const unsigned char *memory, int64_t at, int64_t stride,
                        int64_t n, double *out)
{
    if (n <= 0)
        return;
    if (is_copy(format, at, stride, 64)) {
        memcpy(out, memory + at / 8, (size_t)n * sizeof *out);
        return;
    }
    uint64_t codes[CHUNK];
    for (int64_t done = 0, size; done < n; done += size) {
        size = chunk_of(n - done);
        load_codes(format, memory, at + done * stride * format->bits, stride, size, codes);
        format_decode(format, out + done, codes, size);
    }
}

void sinter_format_write(const struct sinter_format *format, unsigned char *memory, int64_t at, int64_t stride, int64_t n,
                         const double *values)
{
    if (n <= 0)
        return;
    if (is_copy(format, at, stride, 64)) {
        memcpy(memory + at / 8, values, (size_t)n * sizeof *values);
        return;
    }
    uint64_t codes[CHUNK];
    for (int64_t done = 0, size; done < n; done += size) {
        size = chunk_of(n - done);
        format_encode(format, codes, values + done, size);
        store_codes(format, memory, at + done * stride * format->bits, stride, size, codes);
    }
}

void sinter_format_read_float(const struct sinter_format *format, const unsigned char *memory, int64_t at, int64_t stride,
                              int64_t n, float *out)
{
    if (n <= 0)
        return;
    if (is_copy(format, at, stride, 32)) {
        memcpy(out, memory + at / 8, (size_t)n * sizeof *out);
        return;
    }
    uint32_t codes[CHUNK];
    double wide[CHUNK];
    for (int64_t done = 0, size; done < n; done += size) {
        size = chunk_of(n - done);
        int64_t from = at + done * stride * format->bits;
        if (format_fits_float(format)) {
            load_codes_float(format, memory, from, stride, size, codes);
            format_decode_float(format, out + done, codes, size);
            continue;
        }
        sinter_format_read(format, memory, from, stride, size, wide);
        for (int64_t i = 0; i < size; i++)
            out[done + i] = (float)wide[i];
    }
}

void sinter_format_write_float(const struct sinter_format *format, unsigned char *memory, int64_t at, int64_t stride,
                               int64_t n, const float *values)
{
    if (n <= 0)
        return;
    if (is_copy(format, at, stride, 32)) {
        memcpy(memory + at / 8, values, (size_t)n * sizeof *values);
        return;
    }
    uint32_t codes[CHUNK];
    double wide[CHUNK];
    for (int64_t done = 0, size; done < n; done += size) {
        size = chunk_of(n - done);
        int64_t to = at + done * stride * format->bits;
        if (format_fits_float(format)) {
            format_encode_float(format, codes, values + done, size);
            store_codes_float(format, memory, to, stride, size, codes);
            continue;
        }
        for (int64_t i = 0; i < size; i++)
            wide[i] = (double)values[done + i];
        sinter_format_write(format, memory, to, stride, size, wide);
    }
}
