/* test_format.c: formats of numbers: names, rounding, codes, rows of elements at any bit.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sinter/exec.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static struct sinter_format format_named(const char *name)
{
    struct sinter_format format = {0};
    if (!sinter_format_parse(name, &format))
        fail_msg("'%s' is no format", name);
    return format;
}

static bool is_same(double a, double b)
{
    return (a != a && b != b) || (a == b && signbit(a) == signbit(b));
}

/* ---- names --------------------------------------------------------------------------------------------------------- */

static void names_mean_formats_and_print_again(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed; /* NULL: as written */
        int bits, exponent_bits, mantissa_bits;
        bool is_finite;
        double scale, most, epsilon;
    } rows[] = {
        {"fp64", NULL, 64, 11, 52, false, 0, DBL_MAX, DBL_EPSILON},
        {"fp32", NULL, 32, 8, 23, false, 0, (double)FLT_MAX, (double)FLT_EPSILON},
        {"fp16", NULL, 16, 5, 10, false, 0, 65504, 1.0 / 1024},
        {"bf16", NULL, 16, 8, 7, false, 0, 0x1.fep127, 1.0 / 128},
        {"e4m3", NULL, 8, 4, 3, true, 0, 448, 0.125},
        {"fp8", "e4m3", 8, 4, 3, true, 0, 448, 0.125},
        {"e4m3fn", "e4m3", 8, 4, 3, true, 0, 448, 0.125},
        {"e4m3inf", NULL, 8, 4, 3, false, 0, 240, 0.125},
        {"e5m2", NULL, 8, 5, 2, false, 0, 57344, 0.25},
        {"e5m2inf", "e5m2", 8, 5, 2, false, 0, 57344, 0.25},
        {"e5m2fn", NULL, 8, 5, 2, true, 0, 98304, 0.25},
        {"e2m1", NULL, 4, 2, 1, false, 0, 3, 0.5},
        {"e11m52", "fp64", 64, 11, 52, false, 0, DBL_MAX, DBL_EPSILON},
        {"e8m10", NULL, 19, 8, 10, false, 0, 0x1.ffcp127, 1.0 / 1024},
        {"e4m3/9", NULL, 9, 4, 3, true, 0, 448, 0.125},
        {"fp32/48", NULL, 48, 8, 23, false, 0, (double)FLT_MAX, (double)FLT_EPSILON},
        {"int4", NULL, 4, 0, 0, false, 1, 7, 1},
        {"int1", NULL, 1, 0, 0, false, 1, 0, 1},
        {"int8", NULL, 8, 0, 0, false, 1, 127, 1},
        {"int8*1", "int8", 8, 0, 0, false, 1, 127, 1},
        {"int8*0.25", NULL, 8, 0, 0, false, 0.25, 31.75, 0.25},
        {"int16", NULL, 16, 0, 0, false, 1, 32767, 1},
        {"int32", NULL, 32, 0, 0, false, 1, 2147483647, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sinter_format format = format_named(rows[i].text), again;
        char buffer[64];
        assert_int_equal(format.kind, rows[i].scale != 0 ? SINTER_FORMAT_INTEGER : SINTER_FORMAT_FLOAT);
        assert_int_equal(format.bits, rows[i].bits);
        assert_int_equal(format.exponent_bits, rows[i].exponent_bits);
        assert_int_equal(format.mantissa_bits, rows[i].mantissa_bits);
        assert_int_equal(format.is_finite, rows[i].is_finite);
        assert_true(format.scale == rows[i].scale);
        assert_true(sinter_format_most(&format) == rows[i].most);
        assert_true(sinter_format_epsilon(&format) == rows[i].epsilon);
        sinter_format_print(&format, buffer, sizeof buffer);
        assert_string_equal(buffer, rows[i].printed ? rows[i].printed : rows[i].text);
        again = format_named(buffer);
        assert_true(sinter_format_equal(&format, &again));
    }
    struct sinter_format a = format_named("int8"), b = format_named("int8*2"), c = format_named("e5m2");
    assert_false(sinter_format_equal(&a, &b));
    assert_false(sinter_format_equal(&a, &c));
}

static void other_names_are_no_formats(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",      "fp",     "fp4",    "FP16",    "fp16 ",   "e1m3",       "e12m3",    "e4m0",  "e11m3fn",       "e4m53",
        "e4",    "em3",    "m3",     "e4m3x",   "e4m3/7",  "e4m3/",      "fp32/31",  "int",   "int0",          "int33",
        "int8*", "int8*0", "int8*x", "int8*-1", "int8/16", "int8*1e999", "fp8/1025", "int-4", "e99999999999m3"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct sinter_format format;
        if (sinter_format_parse(names[i], &format))
            fail_msg("'%s' was read as a format", names[i]);
    }
}

static void element_types_have_formats(void **state)
{
    (void)state;
    static const struct {
        const char *type, *format;
    } rows[] = {
        {"fp64", "fp64"},    {"fp32", "fp32"},   {"fp16", "fp16"},      {"bf16", "bf16"},   {"fp8", "e4m3"},
        {"int32", "int32"},  {"int16", "int16"}, {"int8", "int8"},      {"int4", "int4"},   {"1 bit", "int1"},
        {"7 bit", "int7"},   {"8 bit", "e4m3"},  {"9 bit", "e4m3/9"},   {"10 bit", "e8m1"}, {"16 bit", "bf16"},
        {"31 bit", "e8m22"}, {"32 bit", "fp32"}, {"63 bit", "fp32/63"}, {"64 bit", "fp64"}, {"1024 bit", "fp64/1024"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sinter_type type;
        char buffer[64];
        assert_true(sinter_type_parse(rows[i].type, &type));
        struct sinter_format format = sinter_format_of(type);
        assert_string_equal(sinter_format_print(&format, buffer, sizeof buffer), rows[i].format);
        assert_int_equal(format.bits, type.bits);
    }
}

/* ---- every code ---------------------------------------------------------------------------------------------------- */

/* The meaning of a code, by its definition. */
static double naive_value(const struct sinter_format *format, uint64_t code)
{
    int e = format->exponent_bits, m = format->mantissa_bits;
    if (format->kind == SINTER_FORMAT_INTEGER) {
        double q = ldexp((double)(code >> (format->bits - 1)), format->bits);
        return ((double)code - q) * format->scale;
    }
    int exponent = (int)(code >> m & ((1U << e) - 1)), bias = (1 << (e - 1)) - 1, last = (1 << e) - 1;
    double mantissa = ldexp((double)(code & (((uint64_t)1 << m) - 1)), -m), sign = code >> (e + m) & 1 ? -1 : 1;
    if (!format->is_finite && exponent == last)
        return mantissa == 0 ? sign * (double)INFINITY : (double)NAN;
    if (format->is_finite && exponent == last && mantissa == 1 - ldexp(1, -m))
        return (double)NAN;
    return sign * (exponent == 0 ? ldexp(mantissa, 1 - bias) : ldexp(1 + mantissa, exponent - bias));
}

static const char *const short_formats[] = {"fp16",    "bf16",   "e4m3",  "e4m3inf",  "e5m2",   "e5m2fn", "e3m2fn",
                                            "e2m1",    "e2m1fn", "e2m13", "e6m9",     "e8m1fn", "e9m6",   "e11m4",
                                            "e10m1fn", "int16",  "int8",  "int7*0.5", "int4",   "int1"};

static void every_code_of_a_short_format_is_read_and_written_back(void **state)
{
    (void)state;
    for (size_t f = 0; f < COUNT(short_formats); f++) {
        struct sinter_format format = format_named(short_formats[f]);
        size_t n_bytes = (size_t)((((int64_t)1 << format.bits) * format.bits + 7) / 8);
        int64_t n = (int64_t)1 << format.bits;
        unsigned char *memory = calloc(1, n_bytes);
        double *values = malloc((size_t)n * sizeof *values);
        float *floats = malloc((size_t)n * sizeof *floats);
        assert_true(memory && values && floats);
        for (int64_t code = 0; code < n; code++) {
            for (int bit = 0; bit < format.bits; bit++)
                memory[(code * format.bits + bit) / 8] |=
                    (unsigned char)((code >> bit & 1) << (code * format.bits + bit) % 8);
        }
        sinter_format_read(&format, memory, 0, 1, n, values);
        sinter_format_read_float(&format, memory, 0, 1, n, floats);
        for (int64_t code = 0; code < n; code++) {
            double expected = naive_value(&format, (uint64_t)code);
            bool is_zero = format.kind == SINTER_FORMAT_INTEGER && expected == 0;
            if (!is_same(values[code], is_zero ? 0 : expected) ||
                !is_same((double)floats[code], (double)(float)values[code]))
                fail_msg("%s: code %lld is %a, as float %a, expected %a", short_formats[f], (long long)code, values[code],
                         (double)floats[code], expected);
        }
        /* Written back over something else, all but NaN are the same bits. */
        for (int is_float = 0; is_float < 2; is_float++) {
            if (is_float && format.kind == SINTER_FORMAT_FLOAT && format.exponent_bits > 8)
                continue;
            memset(memory, 0xa5, n_bytes);
            if (is_float)
                sinter_format_write_float(&format, memory, 0, 1, n, floats);
            else
                sinter_format_write(&format, memory, 0, 1, n, values);
            for (int64_t code = 0; code < n; code++) {
                int64_t found = 0;
                for (int bit = 0; bit < format.bits; bit++)
                    found |= (int64_t)(memory[(code * format.bits + bit) / 8] >> (code * format.bits + bit) % 8 & 1) << bit;
                bool is_nan = values[code] != values[code];
                if (is_nan ? naive_value(&format, (uint64_t)found) == naive_value(&format, (uint64_t)found) : found != code)
                    fail_msg("%s: code %lld, %a, was written as %lld", short_formats[f], (long long)code, values[code],
                             (long long)found);
            }
        }
        free(memory);
        free(values);
        free(floats);
    }
}

/* ---- rounding ------------------------------------------------------------------------------------------------------ */

/* The nearest number of a float format, ties to even, by its definition. */
static double naive_round(const struct sinter_format *format, double value)
{
    if (value != value || value == 0)
        return value;
    int m = format->mantissa_bits, least = 2 - (1 << (format->exponent_bits - 1));
    double overflow = copysign(format->is_finite ? sinter_format_most(format) : (double)INFINITY, value), rounded;
    if (isinf(value))
        return overflow;
    int place = (ilogb(value) > least ? ilogb(value) : least) - m;
    rounded = nearbyint(ldexp(value, -place));
    /* Past the largest number its neighbour would be a step away: half of that still rounds down, to even or not. */
    double most = ldexp(sinter_format_most(format), -place);
    return fabs(rounded) > most ? overflow : ldexp(rounded, place);
}

static void expect_rounded(const char *name, const struct sinter_format *format, double value)
{
    double expected = naive_round(format, value), found = sinter_format_round(format, value);
    if (!is_same(found, expected))
        fail_msg("%s: %a was rounded to %a, expected %a", name, value, found, expected);
    float single = (float)value;
    if (!is_same((double)single, value))
        return;
    sinter_format_round_all_float(format, 1, &single);
    if (!is_same((double)single, (double)(float)expected))
        fail_msg("%s: the float %a was rounded to %a, expected %a", name, value, (double)single, expected);
}

static void numbers_are_rounded_to_the_nearest_with_ties_to_even(void **state)
{
    (void)state;
    struct sinter_random random = {.state = 11};
    static const char *const others[] = {"fp32", "fp64", "e8m22", "e8m23fn", "e8m12", "e11m51", "e11m30", "e10m52", "e3m20"};
    for (size_t f = 0; f < COUNT(short_formats) + COUNT(others); f++) {
        const char *name = f < COUNT(short_formats) ? short_formats[f] : others[f - COUNT(short_formats)];
        struct sinter_format format = format_named(name);
        if (format.kind == SINTER_FORMAT_INTEGER)
            continue;
        double most = sinter_format_most(&format);
        uint64_t n = format.bits <= 16 ? (uint64_t)1 << (format.bits - 1) : 20000;
        uint64_t last = (uint64_t)1 << (format.bits - 1);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t code = n == last ? i : sinter_random_next(&random) % (last - 1);
            double low = naive_value(&format, code), high = naive_value(&format, code + 1);
            if (code + 1 == last || !isfinite(low) || !isfinite(high))
                continue;
            double middle = low + (high - low) / 2; /* of two neighbours: exact, or one of them */
            double tries[] = {low, middle, nextafter(middle, low), nextafter(middle, high), -middle, nextafter(low, high)};
            for (size_t k = 0; k < COUNT(tries); k++)
                expect_rounded(name, &format, tries[k]);
        }
        double edges[] = {0.0,
                          -0.0,
                          (double)INFINITY,
                          -(double)INFINITY,
                          (double)NAN,
                          most,
                          DBL_MAX,
                          most * (1 + sinter_format_epsilon(&format) / 4),
                          most * (1 + sinter_format_epsilon(&format) / 2),
                          2 * most,
                          -2 * most,
                          1e300,
                          0x1p-1074,
                          0x1p-149,
                          (double)FLT_MAX,
                          -(double)FLT_MAX};
        for (size_t k = 0; k < COUNT(edges); k++)
            expect_rounded(name, &format, edges[k]);
        for (int k = 0; k < 20000; k++) {
            uint64_t bits = sinter_random_next(&random);
            double value;
            memcpy(&value, &bits, sizeof value);
            expect_rounded(name, &format, value);
            expect_rounded(name, &format,
                           (double)(float)ldexp(2 * sinter_random_unit(&random) - 1, (int)(bits % 300) - 150));
        }
    }
}

static void single_precision_is_what_the_compiler_makes_of_a_double(void **state)
{
    (void)state;
    struct sinter_format format = format_named("fp32");
    struct sinter_random random = {.state = 5};
    for (int i = 0; i < 100000; i++) {
        double value = ldexp(2 * sinter_random_unit(&random) - 1, (int)sinter_random_below(&random, 290) - 155);
        assert_true(is_same(sinter_format_round(&format, value), (double)(float)value));
    }
}

static void integers_are_rounded_clamped_and_scaled(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        double value, expected;
    } rows[] = {
        {"int8", 0.5, 0},
        {"int8", 1.5, 2},
        {"int8", -0.5, 0},
        {"int8", -2.5, -2},
        {"int8", 2.51, 3},
        {"int8", 127.5, 127},
        {"int8", 1e300, 127},
        {"int8", -128.5, -128},
        {"int8", -1e300, -128},
        {"int4", 7.5, 7},
        {"int4", -8.4, -8},
        {"int1", 1, 0},
        {"int1", -0.6, -1},
        {"int32", 3e9, 2147483647},
        {"int32", -3e9, -2147483648.0},
        {"int32", 1234567.5, 1234568},
        {"int8*0.25", 0.3, 0.25},
        {"int8*0.25", 0.375, 0.5},
        {"int8*0.25", 1000, 31.75},
        {"int16*3", 4, 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sinter_format format = format_named(rows[i].format);
        double all = rows[i].value;
        float single = (float)rows[i].value;
        assert_true(sinter_format_round(&format, rows[i].value) == rows[i].expected);
        sinter_format_round_all(&format, 1, &all);
        assert_true(all == rows[i].expected);
        if ((double)single == rows[i].value) {
            sinter_format_round_all_float(&format, 1, &single);
            assert_true(single == (float)rows[i].expected);
        }
        assert_true(sinter_format_round(&format, (double)NAN) == 0);
        assert_true(sinter_format_round(&format, -(double)INFINITY) < 0);
    }
}

/* ---- rows ---------------------------------------------------------------------------------------------------------- */

static bool bit_at(const unsigned char *memory, int64_t at)
{
    return memory[at / 8] >> at % 8 & 1;
}

struct row {
    struct sinter_format format;
    int64_t at, stride, n, n_bytes;
    unsigned char *memory; /* random, not a byte more than the row needs */
};

static const char *const row_formats[] = {"fp64", "fp32",   "fp16",     "bf16",    "e4m3",  "int8",      "int16", "int32",
                                          "int4", "int3",   "int1",     "e3m2",    "e2m1",  "e8m12",     "e9m30", "fp32/48",
                                          "int5", "e4m3/9", "fp64/100", "e8m1/24", "e8m22", "e11m52/128"};

static struct row draw_row(struct sinter_random *random)
{
    struct row row = {.format = format_named(row_formats[sinter_random_below(random, COUNT(row_formats))])};
    bool is_aligned = sinter_random_below(random, 2) == 0;
    row.n = sinter_random_below(random, 8) == 0 ? 250 + sinter_random_below(random, 300) : sinter_random_below(random, 20);
    row.stride = sinter_random_below(random, 2) == 0 ? 1 : sinter_random_below(random, 9) - 4;
    row.at = sinter_random_below(random, 10) * (is_aligned ? 8 : 1) + (is_aligned ? 0 : sinter_random_below(random, 64));
    int64_t span = row.n > 0 ? (row.n - 1) * row.stride * row.format.bits : 0;
    if (span < 0)
        row.at -= span;
    row.n_bytes = (row.at + (span > 0 ? span : 0) + row.format.bits + 7) / 8;
    row.memory = malloc((size_t)row.n_bytes);
    assert_non_null(row.memory);
    for (int64_t i = 0; i < row.n_bytes; i++)
        row.memory[i] = (unsigned char)sinter_random_next(random);
    return row;
}

/* The element that begins at a bit, moved to bit 0 of memory of its own. */
static void take_element(const struct row *row, int64_t at, unsigned char element[128])
{
    memset(element, 0, 128);
    for (int bit = 0; bit < row->format.bits; bit++)
        element[bit / 8] |= (unsigned char)(bit_at(row->memory, at + bit) << bit % 8);
}

static void rows_are_read_as_their_elements_are(void **state)
{
    (void)state;
    struct sinter_random random = {.state = 21};
    for (int round = 0; round < 3000; round++) {
        struct row row = draw_row(&random);
        double values[600], one;
        float floats[600], single;
        unsigned char element[128];
        values[row.n] = 77;
        floats[row.n] = 77;
        sinter_format_read(&row.format, row.memory, row.at, row.stride, row.n, values);
        sinter_format_read_float(&row.format, row.memory, row.at, row.stride, row.n, floats);
        for (int64_t i = 0; i < row.n; i++) {
            take_element(&row, row.at + i * row.stride * row.format.bits, element);
            sinter_format_read(&row.format, element, 0, 1, 1, &one);
            sinter_format_read_float(&row.format, element, 0, 1, 1, &single);
            assert_true(is_same(values[i], one) && is_same((double)floats[i], (double)single));
            assert_true(is_same((double)single, (double)(float)one));
            uint64_t code = 0;
            for (int byte = 0; byte < 8; byte++)
                code |= (uint64_t)element[byte] << 8 * byte;
            double naive = naive_value(&row.format, code);
            assert_true(is_same(one, naive == 0 && row.format.kind == SINTER_FORMAT_INTEGER ? 0 : naive));
        }
        assert_true(values[row.n] == 77 && floats[row.n] == 77);
        free(row.memory);
    }
}

static void rows_are_written_as_their_elements_are_and_nothing_else_changes(void **state)
{
    (void)state;
    struct sinter_random random = {.state = 22};
    for (int round = 0; round < 3000; round++) {
        struct row row = draw_row(&random);
        double values[600];
        float floats[600];
        unsigned char *expected = malloc((size_t)row.n_bytes), element[128];
        bool is_float = sinter_random_below(&random, 2) == 0;
        assert_non_null(expected);
        memcpy(expected, row.memory, (size_t)row.n_bytes);
        for (int64_t i = 0; i < row.n; i++) {
            floats[i] = (float)ldexp(2 * sinter_random_unit(&random) - 1, (int)sinter_random_below(&random, 40) - 20);
            values[i] = is_float ? (double)floats[i] : ldexp(sinter_random_unit(&random), (int)(i % 40) - 20);
            memset(element, 0xff, sizeof element);
            sinter_format_write(&row.format, element, 0, 1, 1, &values[i]);
            for (int bit = 0; bit < row.format.bits; bit++) {
                int64_t to = row.at + i * row.stride * row.format.bits + bit;
                expected[to / 8] = (unsigned char)((expected[to / 8] & ~(1 << to % 8)) | bit_at(element, bit) << to % 8);
            }
        }
        if (is_float)
            sinter_format_write_float(&row.format, row.memory, row.at, row.stride, row.n, floats);
        else
            sinter_format_write(&row.format, row.memory, row.at, row.stride, row.n, values);
        if (memcmp(row.memory, expected, (size_t)row.n_bytes) != 0) {
            char name[64];
            fail_msg("round %d: %s, %lld elements from bit %lld by %lld", round,
                     sinter_format_print(&row.format, name, sizeof name), (long long)row.n, (long long)row.at,
                     (long long)row.stride);
        }
        free(row.memory);
        free(expected);
    }
}

/* Written and read back is rounded in place. */
static void rounding_in_place_is_writing_and_reading_back(void **state)
{
    (void)state;
    struct sinter_random random = {.state = 23};
    for (size_t f = 0; f < COUNT(row_formats); f++) {
        struct sinter_format format = format_named(row_formats[f]);
        enum { N = 300 };
        unsigned char memory[N * 16 + 16];
        double values[N], back[N];
        float floats[N], floats_back[N];
        for (int i = 0; i < N; i++) {
            floats[i] = (float)ldexp(2 * sinter_random_unit(&random) - 1, (int)sinter_random_below(&random, 60) - 30);
            values[i] = (double)floats[i] * (1 + sinter_random_unit(&random));
        }
        sinter_format_write(&format, memory, 3, 1, N, values);
        sinter_format_read(&format, memory, 3, 1, N, back);
        sinter_format_write_float(&format, memory, 3, 1, N, floats);
        sinter_format_read_float(&format, memory, 3, 1, N, floats_back);
        sinter_format_round_all(&format, N, values);
        sinter_format_round_all_float(&format, N, floats);
        for (int i = 0; i < N; i++)
            assert_true(is_same(values[i], back[i]) && is_same((double)floats[i], (double)floats_back[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_mean_formats_and_print_again),
        cmocka_unit_test(other_names_are_no_formats),
        cmocka_unit_test(element_types_have_formats),
        cmocka_unit_test(every_code_of_a_short_format_is_read_and_written_back),
        cmocka_unit_test(numbers_are_rounded_to_the_nearest_with_ties_to_even),
        cmocka_unit_test(single_precision_is_what_the_compiler_makes_of_a_double),
        cmocka_unit_test(integers_are_rounded_clamped_and_scaled),
        cmocka_unit_test(rows_are_read_as_their_elements_are),
        cmocka_unit_test(rows_are_written_as_their_elements_are_and_nothing_else_changes),
        cmocka_unit_test(rounding_in_place_is_writing_and_reading_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
