/* test_store.c: a store gives back what it was given, to the bit, and takes over what another one has.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/fingerprint.h"
#include "store_case.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_set_up, store_tear_down)

/* ---- keeping ------------------------------------------------------------------------------------------------------- */

static void values_survive_to_the_bit(void **state)
{
    struct store_case *b = *state;
    struct store_record record = {.status = SINTER_OK,
                                  .values = {(double)NAN, (double)INFINITY, -(double)INFINITY, -0.0, 0.0, DBL_TRUE_MIN,
                                             -DBL_TRUE_MIN, DBL_MAX, 9007199254740993.0, 0.1, -1e300, 1 + DBL_EPSILON}};
    struct store_record all_nan = {.status = SINTER_INFEASIBLE};
    for (int v = 0; v < STORE_N_VALUES; v++)
        all_nan.values[v] = -(double)NAN;
    make_key(1, record.key);
    make_key(2, all_nan.key);
    for (int is_file = 0; is_file < 2; is_file++) {
        struct store *store = open_store(b, is_file ? b->path : NULL, false);
        assert_int_equal(store_put(store, &record, 1), SINTER_OK);
        assert_int_equal(store_put(store, &all_nan, 1), SINTER_OK);
        if (is_file) {
            store_close(store);
            store = open_store(b, b->path, true);
        }
        assert_found(store, &record);
        assert_found(store, &all_nan);
        store_close(store);
    }
    store_close(NULL);
}

static void what_is_not_there_is_not_found(void **state)
{
    struct store_case *b = *state;
    struct store *store = open_store(b, NULL, true); /* in memory: writable all the same */
    struct store_record found = {.status = 77};
    bool is_found = true;
    uint8_t key[STORE_KEY_BYTES] = {0};
    assert_int_equal(store_count(store), 0);
    assert_int_equal(store_find(store, key, &found, &is_found), SINTER_OK);
    assert_false(is_found);
    assert_int_equal(found.status, 77);
    assert_int_equal(store_put(store, NULL, 0), SINTER_OK);
    put_range(store, 0, 10);
    assert_int_equal(store_count(store), 10);
    assert_false(has_record(store, 10));
    store_close(store);
}

static void a_store_at_rest_is_one_file_and_goes_on(void **state)
{
    struct store_case *b = *state;
    for (int round = 0; round < 4; round++) {
        struct store *store = open_store(b, b->path, false);
        assert_int_equal(store_count(store), 100 * round);
        put_range(store, 100 * round, 100 * (round + 1));
        store_close(store);
        assert_int_equal(walk_folder(b, false), 1);
    }
    struct store *store = open_store(b, b->path, true);
    for (int i = 0; i < 400; i++) {
        struct store_record record = make_record(i);
        assert_found(store, &record);
    }
    store_close(store);
    assert_int_equal(walk_folder(b, false), 1);
}

static void a_key_that_is_there_stays(void **state)
{
    struct store_case *b = *state;
    struct store *store = open_store(b, b->path, false);
    struct store_record batch[4];
    for (int i = 0; i < 4; i++)
        batch[i] = make_record(i);
    memcpy(batch[2].key, batch[1].key, STORE_KEY_BYTES); /* twice in a batch */
    batch[2].schedule = "nobody's";
    assert_int_equal(store_put(store, batch, 4), SINTER_OK);
    assert_int_equal(store_count(store), 3);
    assert_found(store, &batch[1]);
    struct store_record again = batch[3];
    again.values[0] = -1;
    again.schedule = "nobody's, either";
    assert_int_equal(store_put(store, &again, 1), SINTER_OK);
    assert_found(store, &batch[3]);
    store_close(store);
    assert_int_equal(ask_sql(b->path, "SELECT count(*) FROM schedule WHERE text LIKE 'nobody%'"), 0);
}

static void a_schedule_is_kept_once(void **state)
{
    struct store_case *b = *state;
    make_store(b, b->path, 0, 300);
    assert_int_equal(ask_sql(b->path, "SELECT count(schedule) FROM result"), 100);
    assert_int_equal(ask_sql(b->path, "SELECT count(*) FROM schedule"), 7);
}

/* The first half of a fingerprint numbers a text; here two others have taken the number and the next one. */
static void schedules_of_one_number_are_told_apart(void **state)
{
    struct store_case *b = *state;
    struct store_record record = make_record(1);
    uint8_t key[FINGERPRINT_BYTES];
    uint64_t number = 0;
    char sql[200];
    record.schedule = "group 1\n";
    fingerprint(record.schedule, strlen(record.schedule), key);
    for (int i = 7; i >= 0; i--)
        number = number << 8 | key[i];
    make_store(b, b->path, 1000, 1001);
    snprintf(sql, sizeof sql, "INSERT INTO schedule VALUES(%lld, 'group 2'), (%lld, 'group 11')", (long long)number,
             (long long)number + 1);
    run_sql(b->path, sql);
    struct store *store = open_store(b, b->path, false);
    struct store_record next = record;
    make_key(2, next.key);
    assert_int_equal(store_put(store, &record, 1), SINTER_OK);
    assert_int_equal(store_put(store, &next, 1), SINTER_OK);
    assert_found(store, &record);
    assert_found(store, &next);
    store_close(store);
    assert_int_equal(ask_sql(b->path, "SELECT count(*) FROM schedule WHERE text LIKE 'group%'"), 3);
}

static void what_may_not_be_written_is_bad_usage(void **state)
{
    struct store_case *b = *state;
    make_store(b, b->path, 0, 3);
    struct sinter_text before = read_bytes(b->path);
    struct store *store = open_store(b, b->path, true);
    struct store_record batch[2] = {make_record(5), make_record(6)};
    assert_int_equal(store_put(store, batch, 2), SINTER_BAD_USAGE);
    assert_int_equal(store_add_sweep(store, batch[0].key, "x"), SINTER_BAD_USAGE);
    assert_int_equal(store_merge(store, b->path), SINTER_BAD_USAGE);
    assert_message(b, "opened for reading");
    store_close(store);
    store = open_store(b, b->path, false);
    batch[1].status = SINTER_INTERNAL;
    assert_int_equal(store_put(store, batch, 2), SINTER_BAD_USAGE);
    assert_message(b, "record 1 of a batch has status 5");
    assert_int_equal(store_count(store), 3);
    store_close(store);
    struct sinter_text after = read_bytes(b->path);
    assert_int_equal(before.length, after.length);
    sinter_text_free(&before);
    sinter_text_free(&after);
}

static void sweeps_come_in_the_order_of_their_arrival(void **state)
{
    struct store_case *b = *state;
    static const char *const texts[] = {"sweep b", "sweep a", "", "sweep c"};
    struct store *store = open_store(b, b->path, false);
    uint8_t key[STORE_KEY_BYTES];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < (int)COUNT(texts); i++) {
            make_key(i, key);
            assert_int_equal(store_add_sweep(store, key, texts[i]), SINTER_OK);
        }
    make_key(1, key);
    assert_int_equal(store_add_sweep(store, key, "another"), SINTER_BAD_INPUT);
    assert_message(b, "with the key of another one");
    store_close(store);
    store = open_store(b, b->path, true);
    const char *text = NULL;
    bool is_found = false;
    for (int i = 0; i < (int)COUNT(texts); i++) {
        assert_int_equal(store_sweeps(store, i, &text, &is_found), SINTER_OK);
        assert_true(is_found);
        assert_string_equal(text, texts[i]);
    }
    assert_int_equal(store_sweeps(store, (int)COUNT(texts), &text, &is_found), SINTER_OK);
    assert_false(is_found);
    assert_int_equal(store_sweeps(store, -1, &text, &is_found), SINTER_OK);
    assert_false(is_found);
    store_close(store);
}

/* Names that SQLite takes for more than names. */
static void any_name_is_a_file(void **state)
{
    struct store_case *b = *state;
    static const char *const names[] = {":memory:", "file:store?mode=memory", "a b%41#c", "-"};
    char home[1024];
    assert_non_null(getcwd(home, sizeof home));
    assert_int_equal(chdir(b->folder), 0);
    for (int i = 0; i < (int)COUNT(names); i++) {
        struct stat found;
        make_store(b, names[i], 0, 3);
        assert_int_equal(stat(names[i], &found), 0);
        struct store *store = open_store(b, names[i], true);
        assert_int_equal(store_count(store), 3);
        store_close(store);
    }
    assert_refused(b, "", false, "cannot make the store: No such file or directory");
    assert_int_equal(chdir(home), 0);
}

static void a_file_of_no_bytes_is_a_new_store(void **state)
{
    struct store_case *b = *state;
    write_bytes(b->path, "", 0);
    struct store *store = open_store(b, b->path, true);
    bool is_found = true;
    const char *text = NULL;
    assert_int_equal(store_count(store), 0);
    assert_int_equal(store_sweeps(store, 0, &text, &is_found), SINTER_OK);
    assert_false(is_found);
    assert_int_equal(store_put(store, &(struct store_record){0}, 1), SINTER_BAD_USAGE);
    store_close(store);
    struct sinter_text after = read_bytes(b->path);
    assert_int_equal(after.length, 0);
    make_store(b, b->path, 0, 4);
    assert_int_equal(ask_sql(b->path, "SELECT count(*) FROM result"), 4);
}

/* ---- merging ------------------------------------------------------------------------------------------------------- */

static void a_merge_adds_what_is_new(void **state)
{
    struct store_case *b = *state;
    uint8_t key[STORE_KEY_BYTES];
    struct store *other = open_store(b, b->other, false);
    put_range(other, 50, 200);
    for (int i = 0; i < 3; i++) {
        make_key(i, key);
        assert_int_equal(store_add_sweep(other, key, i == 0 ? "first" : i == 1 ? "second" : "third"), SINTER_OK);
    }
    struct sinter_text before = read_bytes(b->other);
    struct store *store = open_store(b, b->path, false);
    put_range(store, 0, 100); /* 50 to 99 are in both */
    make_key(1, key);
    assert_int_equal(store_add_sweep(store, key, "second"), SINTER_OK);
    for (int round = 0; round < 2; round++) { /* the other's writer is still there */
        assert_int_equal(store_merge(store, b->other), SINTER_OK);
        assert_int_equal(store_count(store), 200);
    }
    store_close(other);
    for (int i = 0; i < 200; i++) {
        struct store_record record = make_record(i);
        assert_found(store, &record);
    }
    static const char *const texts[] = {"second", "first", "third"};
    for (int i = 0; i < 4; i++) {
        const char *text = NULL;
        bool is_found = false;
        assert_int_equal(store_sweeps(store, i, &text, &is_found), SINTER_OK);
        assert_int_equal(is_found, i < 3);
        if (is_found)
            assert_string_equal(text, texts[i]);
    }
    assert_int_equal(store_merge(store, b->path), SINTER_OK); /* with itself */
    assert_int_equal(store_count(store), 200);
    store_close(store);
    sinter_text_free(&before);
    struct sinter_text rest = read_bytes(b->other);
    store = open_store(b, b->path, false);
    assert_int_equal(store_merge(store, b->other), SINTER_OK);
    store_close(store);
    struct sinter_text after = read_bytes(b->other);
    assert_int_equal(rest.length, after.length);
    assert_memory_equal(rest.data, after.data, rest.length);
    sinter_text_free(&rest);
    sinter_text_free(&after);
}

static void a_merge_of_different_results_merges_nothing(void **state)
{
    struct store_case *b = *state;
    enum { VALUE, SIGN, NOT_A_NUMBER, STATUS, SCHEDULE, NO_SCHEDULE, SWEEP, N_KINDS };
    static const char *const messages[N_KINDS] = {"value 3 is 2.5 against ",
                                                  "value 0 is -0 against 0",
                                                  "value 11 is nan against",
                                                  "'infeasible' against 'ok'",
                                                  "the schedules differ",
                                                  "the schedules differ",
                                                  "has a sweep with the key of another one in the store"};
    for (int kind = 0; kind < N_KINDS; kind++) {
        struct store_record record = make_record(kind == SCHEDULE || kind == NO_SCHEDULE ? 9 : 7);
        uint8_t key[STORE_KEY_BYTES] = {9};
        record.values[0] = 0.0;
        struct store *store = open_store(b, b->path, false);
        put_range(store, 100, 120);
        assert_int_equal(store_put(store, &record, 1), SINTER_OK);
        assert_int_equal(store_add_sweep(store, key, "sweep"), SINTER_OK);
        if (kind == VALUE)
            record.values[3] = 2.5;
        else if (kind == SIGN)
            record.values[0] = -0.0;
        else if (kind == NOT_A_NUMBER)
            record.values[11] = (double)NAN;
        else if (kind == STATUS)
            record.status = SINTER_INFEASIBLE;
        else if (kind == SCHEDULE)
            record.schedule = "another";
        else if (kind == NO_SCHEDULE)
            record.schedule = NULL;
        struct store *other = open_store(b, b->other, false);
        put_range(other, 120, 150);
        assert_int_equal(store_put(other, &record, 1), SINTER_OK);
        assert_int_equal(store_add_sweep(other, key, kind == SWEEP ? "swept" : "sweep"), SINTER_OK);
        store_close(other);
        assert_int_equal(store_merge(store, b->other), SINTER_BAD_INPUT);
        assert_int_equal(sinter_diagnostics_errors(b->diags), 1);
        assert_message(b, messages[kind]);
        assert_int_equal(store_count(store), 21);
        put_range(store, 150, 160); /* it goes on */
        assert_int_equal(store_count(store), 31);
        store_close(store);
        assert_int_equal(walk_folder(b, true), 2);
    }
}

static void a_merge_with_no_store_merges_nothing(void **state)
{
    struct store_case *b = *state;
    struct store *store = open_store(b, b->path, false);
    put_range(store, 0, 5);
    assert_int_equal(store_merge(store, b->other), SINTER_BAD_INPUT);
    assert_message(b, "cannot open the store: No such file");
    write_bytes(b->other, "results", 7);
    assert_int_equal(store_merge(store, b->other), SINTER_BAD_INPUT);
    assert_message(b, "other: error: expected a store, found a file of another kind");
    write_bytes(b->other, "", 0);
    assert_int_equal(store_merge(store, b->other), SINTER_OK);
    assert_int_equal(store_count(store), 5);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(values_survive_to_the_bit),
        STORE_TEST(what_is_not_there_is_not_found),
        STORE_TEST(a_store_at_rest_is_one_file_and_goes_on),
        STORE_TEST(a_key_that_is_there_stays),
        STORE_TEST(a_schedule_is_kept_once),
        STORE_TEST(schedules_of_one_number_are_told_apart),
        STORE_TEST(what_may_not_be_written_is_bad_usage),
        STORE_TEST(sweeps_come_in_the_order_of_their_arrival),
        STORE_TEST(any_name_is_a_file),
        STORE_TEST(a_file_of_no_bytes_is_a_new_store),
        STORE_TEST(a_merge_adds_what_is_new),
        STORE_TEST(a_merge_of_different_results_merges_nothing),
        STORE_TEST(a_merge_with_no_store_merges_nothing),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
