/* test_quantity.c: numbers with units: reading, printing that reads back, showing, messages.
 * SPDX-License-Identifier: MIT
 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sinter/base.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct sinter_location nowhere = {0};

static void texts_are_read_in_the_unit_of_their_dimension(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sinter_dimension dimension;
        double value;
    } cases[] = {
        {"64", SINTER_COUNT, 64},
        {"1e6", SINTER_COUNT, 1e6},
        {"4k", SINTER_COUNT, 4000},
        {"4 Ki", SINTER_COUNT, 4096},
        {"2.5M", SINTER_COUNT, 2.5e6},
        {"24 MiB", SINTER_BYTES, 25165824},
        {"24MB", SINTER_BYTES, 24e6},
        {"  512 B  ", SINTER_BYTES, 512},
        {"0", SINTER_BYTES, 0},
        {"0.0", SINTER_BANDWIDTH, 0},
        {"1.5 TiB", SINTER_BYTES, 1.5 * 0x1p40},
        {"256 GB/s", SINTER_BANDWIDTH, 256e9},
        {"100 Gbit/s", SINTER_BANDWIDTH, 12.5e9},
        {"1 GiB/s", SINTER_BANDWIDTH, 0x1p30},
        {"0.1 GHz", SINTER_FREQUENCY, 1e8},
        {"1.1 GHz", SINTER_FREQUENCY, 1.1e9},
        {"2.3 nJ", SINTER_ENERGY, 2300},
        {"5 fJ", SINTER_ENERGY, 0.005},
        {"7 pJ/bit", SINTER_ENERGY_PER_BIT, 7},
        {"56 pJ/B", SINTER_ENERGY_PER_BIT, 7},
        {"0.3 fJ/bit", SINTER_ENERGY_PER_BIT, 0.0003},
        {"222 mm2", SINTER_AREA, 222},
        {"1.3 um2", SINTER_AREA, 1.3e-6},
        {"28 nm", SINTER_LENGTH, 28},
        {"0.35 um", SINTER_LENGTH, 350},
        {"15 mW", SINTER_POWER, 0.015},
        {"10 us", SINTER_TIME, 1e-5},
        {"3.7 ns", SINTER_TIME, 3.7e-9},
        {".5 kB", SINTER_BYTES, 500},
        {"1.E3 B", SINTER_BYTES, 1000},
        {"00012 B", SINTER_BYTES, 12},
        {"0.1000000000000000055511151231257827021181583404541015625 B", SINTER_BYTES, 0.1},
        {"9007199254740993000000000000000000000000000000000000000000000000000000000000000000e-66 B", SINTER_BYTES,
         9007199254740992},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = -1;
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        if (sinter_quantity_parse(cases[i].text, cases[i].dimension, nowhere, diags, &value) != SINTER_OK)
            fail_msg("%s", sinter_diagnostics_text(diags));
        if (value != cases[i].value)
            fail_msg("'%s' gave %.17g", cases[i].text, value);
        sinter_diagnostics_free(diags);
    }
}

static void unlimited_is_a_size_and_a_bandwidth_only(void **state)
{
    (void)state;
    double value = 0;
    assert_int_equal(sinter_quantity_parse("unlimited", SINTER_BYTES, nowhere, NULL, &value), SINTER_OK);
    assert_true(isinf(value));
    assert_int_equal(sinter_quantity_parse(" unlimited ", SINTER_BANDWIDTH, nowhere, NULL, &value), SINTER_OK);
    assert_int_equal(sinter_quantity_parse("unlimited", SINTER_FREQUENCY, nowhere, NULL, &value), SINTER_BAD_INPUT);
    assert_int_equal(sinter_quantity_parse("unlimitedx", SINTER_BYTES, nowhere, NULL, &value), SINTER_BAD_INPUT);
}

static void bad_texts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sinter_dimension dimension;
        const char *message;
    } cases[] = {
        {"24", SINTER_BYTES, "expected a size in bytes, found '24', which has no unit"},
        {"24 MX", SINTER_BYTES, "expected a size in bytes, found '24 MX': unknown unit 'MX'"},
        {"24 KB", SINTER_BYTES, "expected a size in bytes, found '24 KB': unknown unit 'KB' (did you mean 'kB'?)"},
        {"1 GB", SINTER_BANDWIDTH, "expected a bandwidth, found '1 GB': unknown unit 'GB'"},
        {"-3 MB", SINTER_BYTES, "expected a size in bytes, found '-3 MB', which is negative"},
        {"-0 MB", SINTER_BYTES, "expected a size in bytes, found '-0 MB', which is negative"},
        {"1e400 GB", SINTER_BYTES, "expected a size in bytes, found '1e400 GB', which is too large"},
        {"1e99999999999999999999 B", SINTER_BYTES,
         "expected a size in bytes, found '1e99999999999999999999 B', which is too large"},
        {"1e-999 J", SINTER_ENERGY, "expected an energy, found '1e-999 J', which is too small"},
        {"", SINTER_BYTES, "expected a size in bytes, found ''"},
        {"   ", SINTER_BYTES, "expected a size in bytes, found '   '"},
        {".", SINTER_BYTES, "expected a size in bytes, found '.'"},
        {"MB", SINTER_BYTES, "expected a size in bytes, found 'MB'"},
        {"nan", SINTER_BYTES, "expected a size in bytes, found 'nan'"},
        {"inf B", SINTER_BYTES, "expected a size in bytes, found 'inf B'"},
        {"0x10 B", SINTER_BYTES, "expected a size in bytes, found '0x10 B': unknown unit 'x10 B'"},
        {"1 2 B", SINTER_BYTES, "expected a size in bytes, found '1 2 B': unknown unit '2 B'"},
        {"1 B 2", SINTER_BYTES, "expected a size in bytes, found '1 B 2': unknown unit 'B 2'"},
        {"1,5 GHz", SINTER_FREQUENCY, "expected a frequency, found '1,5 GHz': unknown unit ',5 GHz'"},
        {"5 GB", SINTER_COUNT, "expected a plain number, found '5 GB': unknown unit 'GB'"},
        {"1.2.3 B", SINTER_BYTES, "expected a size in bytes, found '1.2.3 B': unknown unit '.3 B'"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        double value = -1;
        struct sinter_location at = {"a.yaml", 3, 9};
        assert_int_equal(sinter_quantity_parse(cases[i].text, cases[i].dimension, at, diags, &value), SINTER_BAD_INPUT);
        assert_true(value == -1);
        assert_int_equal(sinter_diagnostics_count(diags), 1);
        assert_string_equal(sinter_diagnostics_at(diags, 0)->message, cases[i].message);
        assert_int_equal(sinter_diagnostics_at(diags, 0)->at.column, 9);
        assert_non_null(sinter_diagnostics_at(diags, 0)->hint);
        sinter_diagnostics_free(diags);
    }
}

static void the_hint_names_the_units(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    double value = 0;
    sinter_quantity_parse("5", SINTER_FREQUENCY, nowhere, diags, &value);
    sinter_quantity_parse("5", SINTER_BYTES, nowhere, diags, &value);
    assert_string_equal(sinter_diagnostics_at(diags, 0)->hint,
                        "write a number and one of GHz, MHz, kHz, Hz, for example '1 GHz'");
    assert_string_equal(
        sinter_diagnostics_at(diags, 1)->hint,
        "write a number and one of TB, GB, MB, kB, TiB, GiB, MiB, KiB, B, or 'unlimited', for example '24 MiB'");
    sinter_diagnostics_free(diags);
}

static void printing_keeps_numbers_short(void **state)
{
    (void)state;
    static const struct {
        double value;
        enum sinter_dimension dimension;
        const char *printed;
    } cases[] = {
        {25165824, SINTER_BYTES, "24 MiB"},
        {1e6, SINTER_BYTES, "1 MB"},
        {1024000, SINTER_BYTES, "1024 kB"},
        {4096, SINTER_BYTES, "4 KiB"},
        {512, SINTER_BYTES, "512 B"},
        {1536, SINTER_BYTES, "1536 B"},
        {0, SINTER_BYTES, "0 B"},
        {0.5, SINTER_BYTES, "0.5 B"},
        {500e6, SINTER_BYTES, "500 MB"},
        {1307120920, SINTER_BYTES, "1.30712092 GB"},
        {256e9, SINTER_BANDWIDTH, "256 GB/s"},
        {2.05e12, SINTER_BANDWIDTH, "2.05 TB/s"},
        {0x1p38, SINTER_BANDWIDTH, "256 GiB/s"},
        {1e9, SINTER_FREQUENCY, "1 GHz"},
        {1.41e9, SINTER_FREQUENCY, "1.41 GHz"},
        {940e6, SINTER_FREQUENCY, "940 MHz"},
        {7, SINTER_ENERGY_PER_BIT, "7 pJ/bit"},
        {0.02, SINTER_ENERGY_PER_BIT, "0.02 pJ/bit"},
        {4.6, SINTER_ENERGY, "4.6 pJ"},
        {222, SINTER_AREA, "222 mm2"},
        {28, SINTER_LENGTH, "28 nm"},
        {0.015, SINTER_POWER, "15 mW"},
        {400, SINTER_POWER, "400 W"},
        {1e-5, SINTER_TIME, "10 us"},
        {2048, SINTER_COUNT, "2048"},
        {1e300, SINTER_COUNT, "1e+300"},
        {(double)INFINITY, SINTER_BYTES, "unlimited"},
        {(double)INFINITY, SINTER_BANDWIDTH, "unlimited"},
        {(double)NAN, SINTER_BYTES, "nan"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char buffer[64];
        assert_ptr_equal(sinter_quantity_print(cases[i].value, cases[i].dimension, buffer, sizeof buffer), buffer);
        assert_string_equal(buffer, cases[i].printed);
    }
}

static double random_value(struct sinter_random *random, int kind)
{
    if (kind == 0)
        return (double)(sinter_random_next(random) >> sinter_random_below(random, 64));
    if (kind == 1)
        return (double)sinter_random_below(random, 100000) * pow(10, (double)sinter_random_below(random, 24) - 12);
    if (kind == 2)
        return (double)sinter_random_below(random, 1 << 20) * ldexp(1, (int)sinter_random_below(random, 40) - 10);
    double value;
    do {
        uint64_t bits = sinter_random_next(random) & INT64_MAX;
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

static void what_is_printed_reads_back_exactly(void **state)
{
    (void)state;
    struct sinter_random random = {.state = 7};
    for (int i = 0; i < 20000; i++) {
        double value = random_value(&random, i % 4), back = -1;
        enum sinter_dimension dimension = (enum sinter_dimension)sinter_random_below(&random, SINTER_TIME + 1);
        char buffer[64];
        sinter_quantity_print(value, dimension, buffer, sizeof buffer);
        if (sinter_quantity_parse(buffer, dimension, nowhere, NULL, &back) != SINTER_OK || back != value)
            fail_msg("%.17g printed as '%s' reads back as %.17g", value, buffer, back);
    }
}

static void numbers_are_shown_to_people(void **state)
{
    (void)state;
    static const struct {
        double value;
        enum sinter_dimension dimension;
        int digits;
        const char *shown;
    } cases[] = {
        {4449281, SINTER_COUNT, 3, "4.45 M"},
        {1307120920, SINTER_BYTES, 3, "1.31 GB"},
        {4500000, SINTER_COUNT, 3, "4.5 M"},
        {4499999, SINTER_COUNT, 3, "4.50 M"},
        {999999, SINTER_COUNT, 3, "1.00 M"},
        {64, SINTER_COUNT, 3, "64"},
        {0, SINTER_COUNT, 3, "0"},
        {12.3456, SINTER_COUNT, 3, "12.3"},
        {123456, SINTER_COUNT, 2, "120 k"},
        {-4449281, SINTER_COUNT, 3, "-4.45 M"},
        {0.0123456, SINTER_COUNT, 3, "0.0123"},
        {1e9, SINTER_FREQUENCY, 3, "1 GHz"},
        {0.00444, SINTER_TIME, 3, "4.44 ms"},
        {2.5e12, SINTER_ENERGY, 3, "2.5 J"},
        {0, SINTER_TIME, 3, "0 s"},
        {(double)INFINITY, SINTER_BYTES, 3, "unlimited"},
        {(double)INFINITY, SINTER_TIME, 3, "inf"},
        {(double)NAN, SINTER_TIME, 3, "nan"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char buffer[64];
        assert_ptr_equal(sinter_quantity_show(cases[i].value, cases[i].dimension, cases[i].digits, buffer, sizeof buffer),
                         buffer);
        assert_string_equal(buffer, cases[i].shown);
    }
}

static void small_buffers_are_respected(void **state)
{
    (void)state;
    for (size_t size = 1; size < 12; size++) {
        char buffer[16];
        memset(buffer, 'x', sizeof buffer);
        sinter_quantity_print(1307120920, SINTER_BYTES, buffer, size);
        assert_int_equal(strlen(buffer), size - 1);
        assert_int_equal(buffer[size], 'x');
        memset(buffer, 'x', sizeof buffer);
        sinter_quantity_show(1307120920, SINTER_BYTES, 9, buffer, size);
        assert_int_equal(strlen(buffer), size - 1);
        assert_int_equal(buffer[size], 'x');
    }
}

/* A program around the library may have set a locale with a decimal comma. */
static void the_locale_does_not_matter(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "C"};
    for (size_t i = 0; i < COUNT(locales) && !setlocale(LC_ALL, locales[i]); i++)
        continue;
    double value = 0;
    char buffer[64];
    assert_int_equal(sinter_quantity_parse("1.5 GHz", SINTER_FREQUENCY, nowhere, NULL, &value), SINTER_OK);
    assert_true(value == 1.5e9);
    assert_string_equal(sinter_quantity_print(1.41e9, SINTER_FREQUENCY, buffer, sizeof buffer), "1.41 GHz");
    assert_string_equal(sinter_quantity_show(4449281, SINTER_COUNT, 3, buffer, sizeof buffer), "4.45 M");
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_in_the_unit_of_their_dimension),
        cmocka_unit_test(unlimited_is_a_size_and_a_bandwidth_only),
        cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(the_hint_names_the_units),
        cmocka_unit_test(printing_keeps_numbers_short),
        cmocka_unit_test(what_is_printed_reads_back_exactly),
        cmocka_unit_test(numbers_are_shown_to_people),
        cmocka_unit_test(small_buffers_are_respected),
        cmocka_unit_test(the_locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
