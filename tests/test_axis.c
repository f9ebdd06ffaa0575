/* test_axis.c: an axis has the values that its text says, each once, with both ends of a range as they were written.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expect_error.h"
#include "explore/axis.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
static const struct sinter_location at = {"f", 3, 7};

/* All values with " | " between; the arena is the caller's. */
static void read_values(const char *text, struct sinter_axis *axis, struct sinter_arena *arena)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    if (axis_read(axis, "x", text, arena, at, diags) != SINTER_OK)
        fail_msg("%s: %s", text, sinter_diagnostics_text(diags));
    assert_int_equal(sinter_diagnostics_count(diags), 0);
    assert_string_equal(axis->field, "x");
    assert_true(axis->n >= 1);
    sinter_diagnostics_free(diags);
}

static const struct {
    const char *text, *values;
} rows[] = {
    /* lists: as they are written */
    {"64 KiB", "64 KiB"},
    {"64 KiB, 1 MiB,24MiB", "64 KiB | 1 MiB | 24MiB"},
    {" \t7 ,  8\t", "7 | 8"},
    {"shares, components", "shares | components"},
    {"[64, 128], [128, 128]", "[64, 128] | [128, 128]"},
    {"[2,3], [3,2]", "[2,3] | [3,2]"}, /* as many PEs, but not the same */
    {"[[1, 2], [3]], 4", "[[1, 2], [3]] | 4"},
    {"unlimited, 1 MiB", "unlimited | 1 MiB"},
    {"1, 1 B", "1 | 1 B"}, /* of two kinds: the accelerator says which one is wrong */
    /* ranges: linear, geometric, and what is usual */
    {"1..9:lin:9", "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9"},
    {"1..9:9:lin", "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9"},
    {"1..256:geo:9", "1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256"},
    {"1 .. 4:lin:4", "1 | 2 | 3 | 4"},
    {"1..4:lin:2", "1 | 4"},
    {"0..10", "0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10"}, /* no ratio: 11 equal steps */
    {"10..0:lin:3", "10 | 5 | 0"},
    {"64 KiB..0 B:3", "64 KiB | 32 KiB | 0 B"},
    {"1..32768",
     "1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256 | 512 | 1024 | 2048 | 4096 | 8192 | 16384 | 32768"}, /* 16 by ratio */
    {"1..32768:lin:2", "1 | 32768"},
    {"1..100:geo:3", "1 | 10 | 100"},
    {"1 GHz..4 GHz:geo:3", "1 GHz | 2 GHz | 4 GHz"},
    {"1 GB/s..8 GB/s:geo:4", "1 GB/s | 2 GB/s | 4 GB/s | 8 GB/s"},
    {"100 GB/s..0.4 TB/s:lin:4", "100 GB/s | 200 GB/s | 300 GB/s | 400 GB/s"},
    {"10 mm2..1000 mm2:geo:3", "10 mm2 | 100 mm2 | 1000 mm2"},
    {"10 ns..30 ns:lin:3", "10 ns | 20 ns | 30 ns"},
    {"1..5:lin:3, 7, 9..11:lin:3", "1 | 3 | 5 | 7 | 9 | 10 | 11"},
    /* downwards: the same values the other way round */
    {"8 GB/s..1 GB/s:geo:4", "8 GB/s | 4 GB/s | 2 GB/s | 1 GB/s"},
    {"9..1:lin:5", "9 | 7 | 5 | 3 | 1"},
    {"5..5:lin:4", "5"},
    {"5..5", "5"},
    /* whole bytes and counts, and no value twice when they lie close; fractions stay fractions */
    {"1..4:lin:7", "1 | 2 | 3 | 4"},
    {"1..4:geo:9", "1 | 2 | 3 | 4"},
    {"0.1..0.9:lin:5", "0.1 | 0.3 | 0.5 | 0.7 | 0.9"},
    {"0.5..2:geo:3", "0.5 | 1 | 2"},
    {"10 B..13 B:lin:9", "10 B | 11 B | 12 B | 13 B"},
    {"1 KiB..2 KiB:lin:3", "1 KiB | 1536 B | 2 KiB"},
    /* from 64 KiB on whole KiB, but the ends are exact, and no value lies outside of them */
    {"64 KiB..28 MB:geo:4", "64 KiB | 482 KiB | 3630 KiB | 28 MB"},
    {"100000 B..300001 B:lin:3", "100 kB | 195 KiB | 300001 B"},
    {"65535 B..131073 B:lin:3", "65535 B | 96 KiB | 131073 B"},
    {"70000 B..70010 B:lin:3", "70 kB | 70005 B | 70.01 kB"},
    {"24 MiB..25 MiB:lin:3", "24 MiB | 24.5 MiB | 25 MiB"},
};

static void texts_give_their_values(void **state)
{
    (void)state;
    int n_failed = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sinter_arena *arena = sinter_arena_new(NULL);
        struct sinter_axis axis;
        struct sinter_text found = {0};
        read_values(rows[i].text, &axis, arena);
        for (int k = 0; k < axis.n; k++)
            sinter_text_printf(&found, "%s%s", k > 0 ? " | " : "", axis.values[k]);
        if (strcmp(sinter_text_data(&found), rows[i].values) != 0) {
            print_error("%s\n  is       %s\n  expected %s\n", rows[i].text, sinter_text_data(&found), rows[i].values);
            n_failed++;
        }
        sinter_text_free(&found);
        sinter_arena_free(arena);
    }
    assert_int_equal(n_failed, 0);
}

/* Random ranges: both ends to the bit, all between them, in order, each once, not more than were asked for. */
static void ranges_go_from_end_to_end(void **state)
{
    static const char *const units[] = {"", " B", " KiB", " MB", " GB/s", " GHz", " mm2", " ns", " pJ"};
    uint64_t seed = getenv("SINTER_SEED") != NULL ? strtoull(getenv("SINTER_SEED"), NULL, 10) : 4242;
    struct sinter_random random = {seed};
    (void)state;
    for (int i = 0; i < 800; i++) {
        struct sinter_arena *arena = sinter_arena_new(NULL);
        const char *unit = units[sinter_random_below(&random, COUNT(units))];
        double scale = sinter_random_below(&random, 2) ? 1 : 0.125;
        double from = scale * (double)(1 + sinter_random_below(&random, 100000)),
               to = scale * (double)(1 + sinter_random_below(&random, 100000));
        int n = 2 + (int)sinter_random_below(&random, 40);
        char *text = sinter_arena_printf(arena, "%.17g%s..%.17g%s:%s:%d", from, unit, to, unit,
                                         sinter_random_below(&random, 2) ? "lin" : "geo", n);
        char *ends[2] = {sinter_arena_printf(arena, "%.17g%s", from, unit), sinter_arena_printf(arena, "%.17g%s", to, unit)};
        struct sinter_axis axis;
        double first, last, before = 0, value;
        enum sinter_dimension dimension, other;
        read_values(text, &axis, arena);
        assert_true(value_number(ends[0], &first, &dimension) && value_number(ends[1], &last, &dimension));
        for (int k = 0; k < axis.n; k++) {
            assert_true(value_number(axis.values[k], &value, &other));
            bool is_right =
                other == dimension && (first <= last ? first <= value && value <= last : last <= value && value <= first) &&
                (k == 0 || (first < last ? before < value : before > value)) &&
                (k > 0 || !(value < first || value > first)) && (k < axis.n - 1 || !(value < last || value > last));
            if (!is_right)
                fail_msg("seed %llu, case %d: %s: value %d is %s", (unsigned long long)seed, i, text, k, axis.values[k]);
            before = value;
        }
        if (axis.n > n)
            fail_msg("seed %llu, case %d: %s has %d values", (unsigned long long)seed, i, text, axis.n);
        sinter_arena_free(arena);
    }
}

/* ---- mistakes ------------------------------------------------------------------------------------------------------------ */

static enum sinter_status read_axis(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    struct sinter_arena *arena = sinter_arena_new(NULL);
    char *copy = malloc(length + 1);
    struct sinter_axis axis;
    assert_non_null(copy);
    memcpy(copy, text, length);
    copy[length] = '\0';
    enum sinter_status status = axis_read(&axis, "x", copy, arena, at, diags);
    free(copy);
    sinter_arena_free(arena);
    return status;
}

#define RANGE \
    " | a range is FROM..TO, with :lin or :geo and a number of values behind it if you like, as in 64KiB..28MiB:geo:16"
#define LONG "                                                                                "

static const struct mistake mistakes[] = {
    {"", "f:3:7: axis 'x' has an empty value" RANGE},
    {"1,", "f:3:9: axis 'x' has an empty value" RANGE},
    {",1", "f:3:7: axis 'x' has an empty value" RANGE},
    {"1, ,2", "f:3:10: axis 'x' has an empty value" RANGE},
    {"[1, 2", "f:3:7: axis 'x': a bracket is missing | such as [64, 128], [128, 128]"},
    {"1], 2", "f:3:7: axis 'x': a bracket is missing | such as [64, 128], [128, 128]"},
    {"[[1], 2", "f:3:7: axis 'x': a bracket is missing | such as [64, 128], [128, 128]"},
    /* the same value, however it is written */
    {"1, 2, 1", "f:3:13: axis 'x' has the value '1' twice"},
    {"[1, 2], [1, 2]", "f:3:15: axis 'x' has the value '[1, 2]' twice"},
    {"[1, 2], [1,2 ]", "f:3:15: axis 'x' has the value '[1,2 ]' twice"},
    {"1 MiB, 1024 KiB", "f:3:14: axis 'x' has the value '1024 KiB' twice"},
    {"1000 MHz, 1GHz", "f:3:17: axis 'x' has the value '1GHz' twice"},
    {"2, 1..4:lin:4", "f:3:10: axis 'x' has the value '2' twice"},
    {"1..4:lin:4, 2", "f:3:19: axis 'x' has the value '2' twice"},
    {"1..4:lin:4, 4..6:lin:3", "f:3:19: axis 'x' has the value '4' twice"},
    {"word, word", "f:3:13: axis 'x' has the value 'word' twice"},
    {"64KiB:28MiB:geo:4", "f:3:7: axis 'x': '64KiB:28MiB:geo:4' has steps, but no '..' between two ends" RANGE},
    {"1, 64KiB:geo", "f:3:10: axis 'x': '64KiB:geo' has steps, but no '..' between two ends" RANGE},
    /* no ranges */
    {"..", "f:3:7: axis 'x': in the range '..', nothing stands before '..'" RANGE},
    {"1..", "f:3:7: axis 'x': in the range '1..', nothing stands behind '..'" RANGE},
    {"..9", "f:3:7: axis 'x': in the range '..9', nothing stands before '..'" RANGE},
    {"1..2..3",
     "f:3:7: axis 'x': in the range '1..2..3', '2..3' is no number | ends are numbers with their units, as in 64KiB..28MiB"},
    {"a..b",
     "f:3:7: axis 'x': in the range 'a..b', 'a' is no number | ends are numbers with their units, as in 64KiB..28MiB"},
    {"-1..3",
     "f:3:7: axis 'x': in the range '-1..3', '-1' is no number | ends are numbers with their units, as in 64KiB..28MiB"},
    {"1 B..unlimited", "f:3:7: axis 'x': in the range '1 B..unlimited', 'unlimited' is no number | ends are numbers with "
                       "their units, as in 64KiB..28MiB"},
    {"1..2 MiB", "f:3:7: axis 'x': in the range '1..2 MiB', the ends '1' and '2 MiB' are of different kinds | give both a "
                 "unit of the same kind"},
    {"1 GHz..2 MiB", "f:3:7: axis 'x': in the range '1 GHz..2 MiB', the ends '1 GHz' and '2 MiB' are of different kinds | "
                     "give both a unit of the same kind"},
    {"1 MiB..2 MB/s", "f:3:7: axis 'x': in the range '1 MiB..2 MB/s', the ends '1 MiB' and '2 MB/s' are of different kinds "
                      "| give both a unit of the same kind"},
    {"0..8:geo:4", "f:3:7: axis 'x': in the range '0..8:geo:4', ':geo' needs two ends above 0 and a finite ratio | take "
                   ":lin, or other ends"},
    {"8..0:geo:4", "f:3:7: axis 'x': in the range '8..0:geo:4', ':geo' needs two ends above 0 and a finite ratio | take "
                   ":lin, or other ends"},
    {"1e-300..1e300:geo:3", "f:3:7: axis 'x': in the range '1e-300..1e300:geo:3', ':geo' needs two ends above 0 and a "
                            "finite ratio | take :lin, or other ends"},
    {"1..9:", "f:3:7: axis 'x': in the range '1..9:', nothing stands behind ':'" RANGE},
    {"1..9:log", "f:3:7: axis 'x': in the range '1..9:log', 'log' is no kind of steps | steps are :lin (equal differences) "
                 "or :geo (equal ratios)"},
    {"1..9:lin:lin", "f:3:7: axis 'x': in the range '1..9:lin:lin', ':lin' or ':geo' stands twice" RANGE},
    {"1..9:4:4", "f:3:7: axis 'x': in the range '1..9:4:4', the number of values stands twice" RANGE},
    {"1..9:lin:4:geo", "f:3:7: axis 'x': in the range '1..9:lin:4:geo', ':lin' or ':geo' stands twice" RANGE},
    {"1..9:lin:1", "f:3:7: axis 'x': in the range '1..9:lin:1', the number of values is '1', expected 2 to 1000000" RANGE},
    {"1..9:lin:0", "f:3:7: axis 'x': in the range '1..9:lin:0', the number of values is '0', expected 2 to 1000000" RANGE},
    {"1..9:lin:-3",
     "f:3:7: axis 'x': in the range '1..9:lin:-3', the number of values is '-3', expected 2 to 1000000" RANGE},
    {"1..9:lin:2.5",
     "f:3:7: axis 'x': in the range '1..9:lin:2.5', the number of values is '2.5', expected 2 to 1000000" RANGE},
    {"1..9:lin:4x",
     "f:3:7: axis 'x': in the range '1..9:lin:4x', the number of values is '4x', expected 2 to 1000000" RANGE},
    {"1..9:lin:1000001",
     "f:3:7: axis 'x': in the range '1..9:lin:1000001', the number of values is '1000001', expected 2 to 1000000" RANGE},
    {"1..9:lin:99999999999999999999", "f:3:7: axis 'x': in the range '1..9:lin:99999999999999999999', the number of values "
                                      "is '99999999999999999999', expected 2 to 1000000" RANGE},
    {"1" LONG LONG "..9", "f:3:7: axis 'x': '1                                       ...' is too long for a range" RANGE},
    {"1..9" LONG LONG ":lin:9",
     "f:3:7: axis 'x': '1..9                                    ...' is too long for a range" RANGE},
};

static void mistakes_are_located(void **state)
{
    (void)state;
    EXPECT_MISTAKES(mistakes, read_axis);
}

#ifndef __SANITIZE_ADDRESS__
/* A million values are read, one more is not. */
static void values_are_limited(void **state)
{
    static const char text[] = "1..1000000:lin:1000000, 0";
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    (void)state;
    assert_int_equal(read_axis(text, sizeof text - 1, diags), SINTER_BAD_INPUT);
    expect_diagnostics(diags, "f:3:31: axis 'x' has more than 1000000 values");
    sinter_diagnostics_free(diags);
}
#endif

/* ---- values as numbers ----------------------------------------------------------------------------------------------------- */

static void values_are_numbers_where_they_can_be(void **state)
{
    static const struct {
        const char *text;
        bool is_number;
        double value;
        enum sinter_dimension dimension;
    } table[] = {
        {"64", true, 64, SINTER_COUNT},          {"4k", true, 4000, SINTER_COUNT},
        {"64 KiB", true, 65536, SINTER_BYTES},   {"256 GB/s", true, 256e9, SINTER_BANDWIDTH},
        {"1 GHz", true, 1e9, SINTER_FREQUENCY},  {"28 nm", true, 28, SINTER_LENGTH},
        {"[64, 128]", true, 8192, SINTER_COUNT}, {"[ 4 ]", true, 4, SINTER_COUNT},
        {"[2,3,4]", true, 24, SINTER_COUNT},     {"unlimited", false, 0, SINTER_COUNT},
        {"word", false, 0, SINTER_COUNT},        {"", false, 0, SINTER_COUNT},
        {"[a]", false, 0, SINTER_COUNT},         {"[[2], 3]", false, 0, SINTER_COUNT},
        {"[2", false, 0, SINTER_COUNT},          {"[", false, 0, SINTER_COUNT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        double value = 0;
        enum sinter_dimension dimension = SINTER_COUNT;
        bool is_number = value_number(table[i].text, &value, &dimension);
        if (is_number != table[i].is_number)
            fail_msg("'%s' is %s number", table[i].text, is_number ? "a" : "no");
        if (is_number && (memcmp(&value, &table[i].value, sizeof value) != 0 || dimension != table[i].dimension))
            fail_msg("'%s' is %.17g of dimension %d", table[i].text, value, (int)dimension);
    }
}

static void reading_survives_every_failed_allocation(void **state)
{
    static struct sinter_text text;
    (void)state;
    for (int i = 0; i < 2000; i++) /* more than a first block has room for */
        sinter_text_printf(&text, "%d, ", i);
    sinter_text_append(&text, "1 B..4 KiB:lin:500");
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_axis axis;
        enum sinter_status status = SINTER_NO_MEMORY;
        sinter_counting_allocator_init(&counting, n);
        struct sinter_arena *arena = sinter_arena_new(&counting.allocator);
        if (arena != NULL)
            status = axis_read(&axis, "x", sinter_text_data(&text), arena, at, NULL);
        if (status == SINTER_OK)
            assert_int_equal(axis.n, 2500);
        sinter_arena_free(arena);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_true(n > 3);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
    sinter_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_give_their_values),
        cmocka_unit_test(ranges_go_from_end_to_end),
        cmocka_unit_test(mistakes_are_located),
#ifndef __SANITIZE_ADDRESS__ /* a million values take it ten seconds */
        cmocka_unit_test(values_are_limited),
#endif
        cmocka_unit_test(values_are_numbers_where_they_can_be),
        cmocka_unit_test(reading_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
