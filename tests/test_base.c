/* test_base.c: memory, text, diagnostics, suggestions, checked sizes, random numbers, embedded data.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/data.h"
#include "base/utf8.h"
#include "sinter/base.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ---- memory -------------------------------------------------------------------------------------------------- */

static void every_status_has_a_name(void **state)
{
    (void)state;
    static const char *const names[] = {"ok", "infeasible", "bad usage", "bad input", "out of memory", "internal error"};
    for (int i = 0; i < (int)COUNT(names); i++)
        assert_string_equal(sinter_status_name((enum sinter_status)i), names[i]);
}

static void allocation_is_checked_and_zeroed(void **state)
{
    (void)state;
    assert_null(sinter_allocate(NULL, SIZE_MAX, 2));
    assert_null(sinter_allocate(NULL, SIZE_MAX / 2, 3));
    void *nothing = sinter_allocate(NULL, 0, 8);
    assert_non_null(nothing);
    sinter_release(NULL, nothing);
    sinter_release(NULL, NULL);
    struct sinter_counting_allocator counting;
    sinter_counting_allocator_init(&counting, 2);
    char *first = sinter_allocate(&counting.allocator, 16, 4);
    void *second = sinter_allocate(&counting.allocator, 1, 1);
    assert_non_null(first);
    assert_non_null(second);
    for (int i = 0; i < 64; i++)
        assert_int_equal(first[i], 0);
    assert_null(sinter_allocate(&counting.allocator, 1, 1));
    assert_null(sinter_allocate(&counting.allocator, 1, 1));
    assert_int_equal(counting.n_live, 2);
    assert_int_equal(counting.n_requests, 4);
    sinter_release(&counting.allocator, first);
    sinter_release(&counting.allocator, second);
    sinter_release(&counting.allocator, NULL);
    assert_int_equal(counting.n_live, 0);
}

static void an_arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct sinter_arena *arena = sinter_arena_new(NULL);
    struct sinter_random random = {.state = 3};
    for (int i = 0; i < 2000; i++) {
        size_t size = (size_t)sinter_random_below(&random, i % 50 == 0 ? 100000 : 100);
        unsigned char *block = sinter_arena_alloc(arena, size, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(block[k], 0);
        memset(block, 0xff, size);
    }
    assert_null(sinter_arena_alloc(arena, SIZE_MAX, 1));
    assert_null(sinter_arena_alloc(arena, SIZE_MAX - 20, 1));
    assert_null(sinter_arena_alloc(arena, SIZE_MAX / 2, 4));
    assert_null(sinter_arena_copy(arena, "", SIZE_MAX));
    assert_string_equal(sinter_arena_copy(arena, "sinter", 3), "sin");
    assert_string_equal(sinter_arena_copy(arena, NULL, 0), "");
    assert_string_equal(sinter_arena_printf(arena, "%s-%d", "x", 12), "x-12");
    sinter_arena_free(arena);
    sinter_arena_free(NULL);
}

static void a_reset_arena_is_empty_again_and_needs_no_new_memory(void **state)
{
    (void)state;
    struct sinter_counting_allocator counting;
    sinter_counting_allocator_init(&counting, -1);
    struct sinter_arena *arena = sinter_arena_new(&counting.allocator);
    char *kept = sinter_arena_copy(arena, "kept", 4);
    struct sinter_arena_mark mark = sinter_arena_mark(arena);
    int64_t n_requests = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 100; i++) {
            char *block = sinter_arena_alloc(arena, 100, 1);
            assert_non_null(block);
            assert_int_equal(block[99], 0);
            memset(block, 0xff, 100);
        }
        sinter_arena_reset(arena, mark);
        if (round == 9)
            n_requests = counting.n_requests;
    }
    assert_int_equal(counting.n_requests, n_requests);
    assert_string_equal(kept, "kept");
    sinter_arena_reset(arena, (struct sinter_arena_mark){0});
    assert_non_null(sinter_arena_alloc(arena, 1, 1));
    sinter_arena_free(arena);
    assert_int_equal(counting.n_live, 0);
}

/* ---- text ---------------------------------------------------------------------------------------------------- */

static void a_text_grows(void **state)
{
    (void)state;
    struct sinter_text text = {0};
    assert_string_equal(sinter_text_data(&text), "");
    sinter_text_append(&text, "");
    sinter_text_printf(&text, "%s", "");
    for (int i = 0; i < 1000; i++) {
        sinter_text_append(&text, "ab");
        sinter_text_append_n(&text, "cdef", 1);
        sinter_text_printf(&text, "%03d", i);
    }
    assert_int_equal(text.length, 6000);
    assert_memory_equal(sinter_text_data(&text) + 5994, "abc999", 7);
    assert_false(text.failed);
    sinter_text_free(&text);
    assert_int_equal(text.length, 0);
    sinter_text_free(&text);
    sinter_text_free(NULL);
}

static void the_first_failure_of_a_text_sticks(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 4; n++) {
        struct sinter_counting_allocator counting;
        sinter_counting_allocator_init(&counting, n);
        struct sinter_text text = {.allocator = &counting.allocator};
        for (int i = 0; i < 100; i++)
            sinter_text_append(&text, "0123456789");
        assert_true(text.failed);
        size_t length = text.length;
        counting.fail_after = -1;
        sinter_text_append(&text, "more");
        assert_int_equal(text.length, length);
        sinter_text_free(&text);
        assert_int_equal(counting.n_live, 0);
    }
}

static void utf8_characters_are_told_from_broken_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length, size;
    } cases[] = {
        {"a", 1, 1},
        {"\0", 1, 1},
        {"\xc3\xa9", 2, 2},
        {"\xe2\x82\xac", 3, 3},
        {"\xf0\x9f\x98\x80", 4, 4},
        {"\xf4\x8f\xbf\xbf", 4, 4},
        {"\xc3\xa9", 1, 0}, /* truncated */
        {"\xe2\x82", 2, 0},
        {"\xf0\x9f\x98", 3, 0},
        {"\x80", 1, 0},     /* continuation alone */
        {"\xc0\x80", 2, 0}, /* overlong */
        {"\xe0\x80\x80", 3, 0},
        {"\xf0\x80\x80\x80", 4, 0},
        {"\xed\xa0\x80", 3, 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 4, 0}, /* beyond the last character */
        {"\xff", 1, 0},
        {"\xc3(", 2, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(utf8_size(cases[i].text, cases[i].length), cases[i].size);
}

/* ---- diagnostics --------------------------------------------------------------------------------------------- */

static void diagnostics_show_place_line_caret_and_hint(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    static const char text[] = "first\r\n\tsecond \xc3\xa9 x\nlast";
    sinter_diagnostics_source(diags, "scan.yaml", text, sizeof text - 1);
    struct sinter_location at = {"scan.yaml", 2, 11};
    assert_int_equal(sinter_error(diags, at, "did you mean 'N'?", "unknown rank '%s' in tensor '%s'", "M", "X"),
                     SINTER_BAD_INPUT);
    sinter_report(diags, SINTER_WARNING, (struct sinter_location){"scan.yaml", 3, 5}, NULL, "odd");
    sinter_report(diags, SINTER_NOTE, (struct sinter_location){"scan.yaml", 1, 0}, NULL, "see here");
    sinter_report(diags, SINTER_NOTE, (struct sinter_location){"scan.yaml", 99, 1}, NULL, "no such line");
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){"other.yaml", 3, 0}, NULL, "no column");
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){"other.yaml", 0, 0}, NULL, "no line");
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){NULL, 4, 2}, NULL, "no file");
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, NULL, "no place");
    assert_string_equal(sinter_diagnostics_text(diags), "scan.yaml:2:11: error: unknown rank 'M' in tensor 'X'\n"
                                                        "     second \xc3\xa9 x\n"
                                                        "              ^\n"
                                                        "  hint: did you mean 'N'?\n"
                                                        "scan.yaml:3:5: warning: odd\n"
                                                        "    last\n"
                                                        "        ^\n"
                                                        "scan.yaml:1: note: see here\n"
                                                        "    first\n"
                                                        "scan.yaml:99:1: note: no such line\n"
                                                        "other.yaml:3: error: no column\n"
                                                        "other.yaml: error: no line\n"
                                                        "4:2: error: no file\n"
                                                        "error: no place\n");
    assert_int_equal(sinter_diagnostics_count(diags), 8);
    assert_int_equal(sinter_diagnostics_errors(diags), 5);
    assert_null(sinter_diagnostics_at(diags, 8));
    assert_null(sinter_diagnostics_at(diags, -1));
    sinter_diagnostics_clear(diags);
    assert_string_equal(sinter_diagnostics_text(diags), "");
    sinter_diagnostics_free(diags);
}

static void long_lines_are_cut_around_the_column(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    char line[1000];
    memset(line, '.', sizeof line);
    line[499] = 'X';
    sinter_diagnostics_source(diags, NULL, line, sizeof line);
    sinter_error(diags, (struct sinter_location){NULL, 1, 500}, NULL, "here");
    const char *text = sinter_diagnostics_text(diags);
    const char *shown = strchr(text, '\n') + 1, *caret = strchr(shown, '\n') + 1;
    assert_true(caret - shown < 125);
    assert_ptr_equal(strchr(shown, 'X') - (strchr(caret, '^') - caret), shown);
    sinter_diagnostics_free(diags);
}

static void messages_cannot_steer_a_terminal_or_flood(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_location nowhere = {0};
    sinter_diagnostics_source(diags, NULL, "\x1b]0;x\x07 \xff", 9);
    sinter_error(diags, (struct sinter_location){NULL, 1, 1}, "\x1b[1m", "bad '%s'", "\x1b[31m\xff\xc2\x9b");
    assert_string_equal(sinter_diagnostics_text(diags), "1:1: error: bad '?[31m?"
                                                        "?"
                                                        "?'\n"
                                                        "    ?]0;x? ?\n"
                                                        "    ^\n"
                                                        "  hint: ?[1m\n");
    sinter_diagnostics_clear(diags);
    char huge[10000];
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    sinter_error(diags, nowhere, NULL, "%s", huge);
    assert_int_equal(strlen(sinter_diagnostics_at(diags, 0)->message), 4000);
    sinter_diagnostics_clear(diags);

    for (int i = 0; i < 150; i++)
        sinter_report(diags, SINTER_WARNING, nowhere, NULL, "warning %d", i);
    assert_int_equal(sinter_diagnostics_count(diags), 100);
    assert_int_equal(sinter_diagnostics_errors(diags), 0);
    sinter_error(diags, nowhere, NULL, "an error still finds a place");
    assert_int_equal(sinter_diagnostics_count(diags), 100);
    assert_int_equal(sinter_diagnostics_errors(diags), 1);
    assert_string_equal(sinter_diagnostics_at(diags, 98)->message, "warning 98");
    const char *text = sinter_diagnostics_text(diags);
    assert_non_null(strstr(text, "an error still finds a place\nnote: 51 more messages are not shown\n"));
    sinter_diagnostics_free(diags);
}

static void nobody_needs_to_listen(void **state)
{
    (void)state;
    struct sinter_location nowhere = {0};
    assert_int_equal(sinter_error(NULL, nowhere, NULL, "x"), SINTER_BAD_INPUT);
    assert_int_equal(sinter_out_of_memory(NULL), SINTER_NO_MEMORY);
    sinter_report(NULL, SINTER_NOTE, nowhere, NULL, "x");
    sinter_diagnostics_source(NULL, "x", "y", 1);
    sinter_diagnostics_clear(NULL);
    sinter_diagnostics_free(NULL);
    assert_int_equal(sinter_diagnostics_count(NULL), 0);
    assert_int_equal(sinter_diagnostics_errors(NULL), 0);
    assert_null(sinter_diagnostics_at(NULL, 0));
    assert_string_equal(sinter_diagnostics_text(NULL), "");
}

static void a_source_can_be_replaced(void **state)
{
    (void)state;
    struct sinter_counting_allocator counting;
    sinter_counting_allocator_init(&counting, -1);
    struct sinter_diagnostics *diags = sinter_diagnostics_new(&counting.allocator);
    sinter_diagnostics_source(diags, "a", "one", 3);
    sinter_diagnostics_source(diags, "b", "two", 3);
    sinter_diagnostics_source(diags, "a", "three", 5);
    sinter_diagnostics_source(diags, "a", "three", 5);
    sinter_diagnostics_source(diags, "c", NULL, 0);
    sinter_error(diags, (struct sinter_location){"a", 1, 1}, NULL, "m");
    sinter_error(diags, (struct sinter_location){"c", 1, 1}, NULL, "m");
    assert_string_equal(sinter_diagnostics_text(diags), "a:1:1: error: m\n    three\n    ^\nc:1:1: error: m\n");
    sinter_diagnostics_free(diags);
    assert_int_equal(counting.n_live, 0);
}

static void out_of_memory_needs_no_memory(void **state)
{
    (void)state;
    bool is_complete = false;
    for (int64_t n = 0; !is_complete; n++) {
        assert_true(n < 100);
        struct sinter_counting_allocator counting;
        sinter_counting_allocator_init(&counting, n);
        struct sinter_diagnostics *diags = sinter_diagnostics_new(&counting.allocator);
        for (int i = 0; diags && i < 90; i++) {
            sinter_diagnostics_source(diags, "f", "line", 4);
            sinter_error(diags, (struct sinter_location){"f", 1, 1}, "hint", "%0500d", i);
        }
        if (diags) {
            int n_kept = sinter_diagnostics_count(diags);
            const char *text = sinter_diagnostics_text(diags);
            assert_true(n_kept > 0);
            assert_true(strlen(text) > 0);
            bool is_short = strcmp(sinter_diagnostics_at(diags, n_kept - 1)->message, "out of memory") == 0;
            is_complete = !is_short && strcmp(text, "error: out of memory\n") != 0;
            assert_true(!is_complete || n_kept == 90);
            assert_int_equal(sinter_out_of_memory(diags), SINTER_NO_MEMORY);
            assert_int_equal(sinter_out_of_memory(diags), SINTER_NO_MEMORY);
            assert_int_equal(sinter_diagnostics_count(diags), n_kept + !is_short);
        }
        sinter_diagnostics_free(diags);
        assert_int_equal(counting.n_live, 0);
    }
}

/* ---- the rest ------------------------------------------------------------------------------------------------ */

static void slips_of_the_pen_are_recognised(void **state)
{
    (void)state;
    static const char *const candidates[] = {"bandwidth", "capacity", "energy", "mamba-2.8b", "N", NULL, ""};
    static const struct {
        const char *word, *expected;
    } cases[] = {
        {"bandwith", "bandwidth"},
        {"bandwidht", "bandwidth"},
        {"Bandwidth", "bandwidth"},
        {"band", "bandwidth"},
        {"capcity", "capacity"},
        {"enrgy", "energy"},
        {"mamba_2.8b", "mamba-2.8b"},
        {"mamba2.8b", "mamba-2.8b"},
        {"n", "N"},
        {"NN", "N"},
        {"M", NULL}, /* no letter agrees */
        {"latency", NULL},
        {"zzzzzzzz", NULL},
        {"", NULL},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *found = sinter_suggest(cases[i].word, candidates, (int)COUNT(candidates));
        if (!cases[i].expected)
            assert_null(found);
        else
            assert_string_equal(found ? found : "nothing", cases[i].expected);
    }
    assert_null(sinter_suggest("x", NULL, 0));
    char hint[32];
    assert_null(sinter_suggest_hint(NULL, hint, sizeof hint));
    assert_ptr_equal(sinter_suggest_hint("N", hint, sizeof hint), hint);
    assert_string_equal(hint, "did you mean 'N'?");
    assert_string_equal(sinter_suggest_hint("N", hint, 6), "did y"); /* cut to the buffer */
}

static void sizes_that_do_not_fit_are_noticed(void **state)
{
    (void)state;
    static const struct {
        int64_t a, b;
        bool product_fits, sum_fits;
    } cases[] = {
        {0, 0, true, true},
        {0, INT64_MAX, true, true},
        {1, INT64_MAX, true, false},
        {INT64_MAX, INT64_MAX, false, false},
        {INT64_C(1) << 31, INT64_C(1) << 31, true, true},
        {INT64_C(1) << 32, INT64_C(1) << 31, false, true},
        {3037000499, 3037000499, true, true},
        {3037000500, 3037000500, false, true},
        {-1, 1, false, false},
        {1, -1, false, false},
        {-1, -1, false, false},
        {INT64_MIN, 0, false, false},
        {INT64_MIN, -1, false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t product = -7, sum = -7;
        assert_int_equal(sinter_multiply(cases[i].a, cases[i].b, &product), cases[i].product_fits);
        assert_int_equal(sinter_add(cases[i].a, cases[i].b, &sum), cases[i].sum_fits);
        assert_int_equal(product, cases[i].product_fits ? cases[i].a * cases[i].b : -7);
        assert_int_equal(sum, cases[i].sum_fits ? cases[i].a + cases[i].b : -7);
    }
    assert_int_equal(sinter_ceil_div(7, 2), 4);
    assert_int_equal(sinter_ceil_div(INT64_MAX, 1), INT64_MAX);
    assert_int_equal(sinter_bits_to_bytes(12), 2);
}

/* The first numbers of splitmix64 for seed 1234567, as published with its reference implementation. */
static void random_numbers_are_those_of_splitmix64(void **state)
{
    (void)state;
    static const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                        UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
                                        UINT64_C(16408922859458223821)};
    struct sinter_random random = {.state = 1234567};
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_true(sinter_random_next(&random) == expected[i]);
    int counts[7] = {0};
    for (int i = 0; i < 70000; i++)
        counts[sinter_random_below(&random, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(counts[i], 9500, 10500);
    for (int i = 0; i < 1000; i++) {
        double unit = sinter_random_unit(&random);
        assert_true(unit >= 0 && unit < 1);
    }
    assert_int_equal(sinter_random_below(&random, 1), 0);
    int64_t large = sinter_random_below(&random, INT64_MAX);
    assert_true(large >= 0 && large < INT64_MAX);
}

static void data_files_are_sorted_and_terminated(void **state)
{
    (void)state;
    assert_true(n_data_files >= 0);
    for (int i = 0; i < n_data_files; i++) {
        assert_int_equal(strlen(data_files[i].text), data_files[i].length);
        if (i > 0)
            assert_true(strcmp(data_files[i - 1].path, data_files[i].path) < 0);
    }
}

/* What was embedded is what stands in the file. */
static void data_files_are_embedded_byte_by_byte(void **state)
{
    (void)state;
    for (int i = 0; i < n_data_files; i++) {
        char path[1024];
        snprintf(path, sizeof path, "data/%s", data_files[i].path);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        for (size_t k = 0; k < data_files[i].length; k++)
            assert_int_equal(fgetc(file), (unsigned char)data_files[i].text[k]);
        assert_int_equal(fgetc(file), EOF);
        fclose(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_name),
        cmocka_unit_test(allocation_is_checked_and_zeroed),
        cmocka_unit_test(an_arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(a_reset_arena_is_empty_again_and_needs_no_new_memory),
        cmocka_unit_test(a_text_grows),
        cmocka_unit_test(the_first_failure_of_a_text_sticks),
        cmocka_unit_test(utf8_characters_are_told_from_broken_bytes),
        cmocka_unit_test(diagnostics_show_place_line_caret_and_hint),
        cmocka_unit_test(long_lines_are_cut_around_the_column),
        cmocka_unit_test(messages_cannot_steer_a_terminal_or_flood),
        cmocka_unit_test(nobody_needs_to_listen),
        cmocka_unit_test(a_source_can_be_replaced),
        cmocka_unit_test(out_of_memory_needs_no_memory),
        cmocka_unit_test(slips_of_the_pen_are_recognised),
        cmocka_unit_test(sizes_that_do_not_fit_are_noticed),
        cmocka_unit_test(random_numbers_are_those_of_splitmix64),
        cmocka_unit_test(data_files_are_sorted_and_terminated),
        cmocka_unit_test(data_files_are_embedded_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
