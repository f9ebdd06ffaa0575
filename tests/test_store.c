/* test_store.c: a store gives back what it was given, to the bit, after whatever happened to its writer; and it refuses, without
 * touching them, the files that are none.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "explore/fingerprint.h"
#include "explore/store.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ---- a folder for each test ---------------------------------------------------------------------------------------- */

struct bench {
    char folder[512];
    char path[600], other[600];
    struct sinter_diagnostics *diags;
};

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    const char *root = getenv("TMPDIR");
    assert_non_null(b);
    snprintf(b->folder, sizeof b->folder, "%.400s/sinter-store-XXXXXX", root && *root ? root : "/tmp");
    if (!mkdtemp(b->folder))
        return 1;
    snprintf(b->path, sizeof b->path, "%s/store", b->folder);
    snprintf(b->other, sizeof b->other, "%s/other", b->folder);
    b->diags = sinter_diagnostics_new(NULL);
    *state = b;
    return 0;
}

/* Removes the files of the folder, or only counts them. */
static int walk(const struct bench *b, bool is_removing)
{
    DIR *folder = opendir(b->folder);
    int n_files = 0;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char path[1024];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", b->folder, entry->d_name);
        n_files++;
        if (is_removing && unlink(path) != 0)
            rmdir(path);
    }
    closedir(folder);
    return n_files;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    chmod(b->folder, 0700);
    walk(b, true);
    int code = rmdir(b->folder);
    sinter_diagnostics_free(b->diags);
    free(b);
    return code;
}

static struct sinter_text read_file(const char *path)
{
    struct sinter_text text = {0};
    char chunk[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        sinter_text_append_n(&text, chunk, n);
    fclose(file);
    assert_false(text.failed);
    return text;
}

static void write_file(const char *path, const void *data, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Runs SQL on a file, as another program would. */
static void run_sql(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static int64_t ask_sql(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    return number;
}

/* ---- records ------------------------------------------------------------------------------------------------------- */

static void make_key(int64_t i, uint8_t *key)
{
    char text[24];
    fingerprint(text, (size_t)snprintf(text, sizeof text, "%lld", (long long)i), key);
}

/* The record number i, which depends on nothing else. Every third has a schedule, one of seven. */
static struct store_record make_record(int64_t i)
{
    static const char *const schedules[] = {"",  "group 1\n",         "group 1\n  hold B in buffer\n", "x",
                                            "y", "\xc3\xa9t\xc3\xa9", "group 1\n  DA on array\n"};
    struct store_record record = {.status = i % 5 == 0 ? SINTER_INFEASIBLE : SINTER_OK,
                                  .schedule = i % 3 == 0 ? schedules[i / 3 % (int)COUNT(schedules)] : NULL};
    make_key(i, record.key);
    for (int v = 0; v < STORE_N_VALUES; v++)
        record.values[v] = v == 0 ? (double)i : (double)i / (v + 2);
    return record;
}

static void assert_same(const struct store_record *a, const struct store_record *b)
{
    assert_memory_equal(a->key, b->key, STORE_KEY_BYTES);
    assert_int_equal(a->status, b->status);
    for (int v = 0; v < STORE_N_VALUES; v++)
        if (!isnan(a->values[v]) || !isnan(b->values[v]))
            assert_memory_equal(&a->values[v], &b->values[v], sizeof(double));
    assert_int_equal(a->schedule == NULL, b->schedule == NULL);
    if (a->schedule)
        assert_string_equal(a->schedule, b->schedule);
}

static void assert_found(struct store *store, const struct store_record *expected)
{
    struct store_record found;
    bool is_found = false;
    assert_int_equal(store_find(store, expected->key, &found, &is_found), SINTER_OK);
    assert_true(is_found);
    assert_same(&found, expected);
}

static bool has(struct store *store, int64_t i)
{
    struct store_record found;
    uint8_t key[STORE_KEY_BYTES];
    bool is_found = false;
    make_key(i, key);
    assert_int_equal(store_find(store, key, &found, &is_found), SINTER_OK);
    return is_found;
}

static void put_range(struct store *store, int64_t first, int64_t end)
{
    for (int64_t i = first; i < end; i++) {
        struct store_record record = make_record(i);
        assert_int_equal(store_put(store, &record, 1), SINTER_OK);
    }
}

static struct store *open_store(struct bench *b, const char *path, bool is_readonly)
{
    struct store *store = NULL;
    if (store_open(path, is_readonly, NULL, b->diags, &store) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(b->diags));
    assert_non_null(store);
    return store;
}

/* A store of the records [first, end), closed. */
static void make_store(struct bench *b, const char *path, int64_t first, int64_t end)
{
    struct store *store = open_store(b, path, false);
    put_range(store, first, end);
    store_close(store);
}

static void assert_message(struct bench *b, const char *part)
{
    if (!strstr(sinter_diagnostics_text(b->diags), part))
        fail_msg("expected '%s' in: %s", part, sinter_diagnostics_text(b->diags));
    sinter_diagnostics_clear(b->diags);
}

static void assert_refused(struct bench *b, const char *path, bool is_readonly, const char *message)
{
    struct store *store = NULL;
    char start[1100];
    sinter_diagnostics_clear(b->diags);
    assert_int_equal(store_open(path, is_readonly, NULL, b->diags, &store), SINTER_BAD_INPUT);
    assert_null(store);
    assert_int_equal(sinter_diagnostics_errors(b->diags), 1);
    snprintf(start, sizeof start, "%s: error: ", path);
    assert_memory_equal(sinter_diagnostics_text(b->diags), start, strlen(start));
    assert_message(b, message);
}

/* ---- keeping ------------------------------------------------------------------------------------------------------- */

static void values_survive_to_the_bit(void **state)
{
    struct bench *b = *state;
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
    struct bench *b = *state;
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
    assert_false(has(store, 10));
    store_close(store);
}

static void a_store_at_rest_is_one_file_and_goes_on(void **state)
{
    struct bench *b = *state;
    for (int round = 0; round < 4; round++) {
        struct store *store = open_store(b, b->path, false);
        assert_int_equal(store_count(store), 100 * round);
        put_range(store, 100 * round, 100 * (round + 1));
        store_close(store);
        assert_int_equal(walk(b, false), 1);
    }
    struct store *store = open_store(b, b->path, true);
    for (int i = 0; i < 400; i++) {
        struct store_record record = make_record(i);
        assert_found(store, &record);
    }
    store_close(store);
    assert_int_equal(walk(b, false), 1);
}

static void a_key_that_is_there_stays(void **state)
{
    struct bench *b = *state;
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
    struct bench *b = *state;
    make_store(b, b->path, 0, 300);
    assert_int_equal(ask_sql(b->path, "SELECT count(schedule) FROM result"), 100);
    assert_int_equal(ask_sql(b->path, "SELECT count(*) FROM schedule"), 7);
}

/* The first half of a fingerprint numbers a text; here two others have taken the number and the next one. */
static void schedules_of_one_number_are_told_apart(void **state)
{
    struct bench *b = *state;
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
    struct bench *b = *state;
    make_store(b, b->path, 0, 3);
    struct sinter_text before = read_file(b->path);
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
    struct sinter_text after = read_file(b->path);
    assert_int_equal(before.length, after.length);
    sinter_text_free(&before);
    sinter_text_free(&after);
}

static void sweeps_come_in_the_order_of_their_arrival(void **state)
{
    struct bench *b = *state;
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
    struct bench *b = *state;
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
    struct bench *b = *state;
    write_file(b->path, "", 0);
    struct store *store = open_store(b, b->path, true);
    bool is_found = true;
    const char *text = NULL;
    assert_int_equal(store_count(store), 0);
    assert_int_equal(store_sweeps(store, 0, &text, &is_found), SINTER_OK);
    assert_false(is_found);
    assert_int_equal(store_put(store, &(struct store_record){0}, 1), SINTER_BAD_USAGE);
    store_close(store);
    struct sinter_text after = read_file(b->path);
    assert_int_equal(after.length, 0);
    make_store(b, b->path, 0, 4);
    assert_int_equal(ask_sql(b->path, "SELECT count(*) FROM result"), 4);
}

/* ---- merging ------------------------------------------------------------------------------------------------------- */

static void a_merge_adds_what_is_new(void **state)
{
    struct bench *b = *state;
    uint8_t key[STORE_KEY_BYTES];
    struct store *other = open_store(b, b->other, false);
    put_range(other, 50, 200);
    for (int i = 0; i < 3; i++) {
        make_key(i, key);
        assert_int_equal(store_add_sweep(other, key, i == 0 ? "first" : i == 1 ? "second" : "third"), SINTER_OK);
    }
    struct sinter_text before = read_file(b->other);
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
    struct sinter_text rest = read_file(b->other);
    store = open_store(b, b->path, false);
    assert_int_equal(store_merge(store, b->other), SINTER_OK);
    store_close(store);
    struct sinter_text after = read_file(b->other);
    assert_int_equal(rest.length, after.length);
    assert_memory_equal(rest.data, after.data, rest.length);
    sinter_text_free(&rest);
    sinter_text_free(&after);
}

static void a_merge_of_different_results_merges_nothing(void **state)
{
    struct bench *b = *state;
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
        assert_int_equal(walk(b, true), 2);
    }
}

static void a_merge_with_no_store_merges_nothing(void **state)
{
    struct bench *b = *state;
    struct store *store = open_store(b, b->path, false);
    put_range(store, 0, 5);
    assert_int_equal(store_merge(store, b->other), SINTER_BAD_INPUT);
    assert_message(b, "cannot open the store: No such file");
    write_file(b->other, "results", 7);
    assert_int_equal(store_merge(store, b->other), SINTER_BAD_INPUT);
    assert_message(b, "other: error: expected a store, found a file of another kind");
    write_file(b->other, "", 0);
    assert_int_equal(store_merge(store, b->other), SINTER_OK);
    assert_int_equal(store_count(store), 5);
    store_close(store);
}

/* ---- what is refused ----------------------------------------------------------------------------------------------- */

static void assert_refused_untouched(struct bench *b, const char *message)
{
    struct sinter_text before = read_file(b->path);
    int n_files = walk(b, false);
    assert_refused(b, b->path, false, message);
    assert_refused(b, b->path, true, message);
    struct sinter_text after = read_file(b->path);
    assert_int_equal(before.length, after.length);
    assert_memory_equal(before.data, after.data, before.length);
    assert_int_equal(walk(b, false), n_files);
    sinter_text_free(&before);
    sinter_text_free(&after);
    assert_int_equal(unlink(b->path), 0);
}

static void files_of_another_kind_are_refused_untouched(void **state)
{
    struct bench *b = *state;
    struct sinter_random random = {.state = 8};
    uint8_t bytes[20000];
    write_file(b->path, "a", 1);
    assert_refused_untouched(b, "found a file of another kind");
    write_file(b->path, "cascade: selective-scan\n", 24);
    assert_refused_untouched(b, "found a file of another kind");
    for (size_t length = 99; length < sizeof bytes; length = length * 3 / 2) {
        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)sinter_random_next(&random);
        write_file(b->path, bytes, length);
        assert_refused_untouched(b, "found a file of another kind");
    }
    assert_int_equal(mkdir(b->path, 0700), 0);
    assert_refused(b, b->path, false, "expected a store, found a folder");
    assert_refused(b, b->path, true, "expected a store, found a folder");
    assert_int_equal(walk(b, false), 1);
    assert_int_equal(rmdir(b->path), 0);
    assert_int_equal(mkfifo(b->path, 0600), 0);
    assert_refused(b, b->path, false, "found something that is no file");
    assert_refused(b, b->path, true, "found something that is no file");
}

static void databases_of_others_are_refused_untouched(void **state)
{
    struct bench *b = *state;
    run_sql(b->path, "CREATE TABLE result(id INTEGER)");
    assert_refused_untouched(b, "a database of another application (application_id 0)");
    run_sql(b->path, "PRAGMA application_id = 252006675; CREATE TABLE result(id INTEGER)");
    assert_refused_untouched(b, "a database of another application (application_id 252006675)");
    make_store(b, b->path, 0, 3);
    run_sql(b->path, "PRAGMA user_version = 2");
    assert_refused_untouched(b, "the store has version 2, and this Sinter knows those up to 1");
    make_store(b, b->path, 0, 3);
    run_sql(b->path, "PRAGMA user_version = 0");
    assert_refused_untouched(b, "damaged: it has no version");
    make_store(b, b->path, 0, 3);
    run_sql(b->path, "ALTER TABLE result ADD COLUMN v12 REAL");
    assert_refused_untouched(b, "damaged: its tables are not those of a store");
    make_store(b, b->path, 0, 3);
    run_sql(b->path, "DROP TABLE sweep");
    assert_refused_untouched(b, "damaged: its tables are not those of a store");
    make_store(b, b->path, 0, 3);
    run_sql(b->path, "CREATE TRIGGER t AFTER INSERT ON result BEGIN DELETE FROM schedule; END");
    assert_refused_untouched(b, "damaged: its tables are not those of a store");
}

/* Its writer died, and left a log with pages in it: who merely looked would recover it, and fold it in. */
static void the_log_of_another_database_is_left_alone(void **state)
{
    struct bench *b = *state;
    char log[700];
    snprintf(log, sizeof log, "%s-wal", b->path);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *database = NULL;
        sqlite3_open(b->path, &database);
        sqlite3_exec(database, "PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES(1)", NULL, NULL, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    struct sinter_text before = read_file(log);
    assert_true(before.length > 0);
    assert_refused_untouched(b, "a database of another application");
    struct sinter_text after = read_file(log);
    assert_int_equal(before.length, after.length);
    assert_memory_equal(before.data, after.data, before.length);
    sinter_text_free(&before);
    sinter_text_free(&after);
}

static void a_missing_store_cannot_be_read(void **state)
{
    struct bench *b = *state;
    assert_refused(b, b->path, true, "cannot open the store: No such file or directory");
    assert_int_equal(walk(b, false), 0);
    char path[700];
    snprintf(path, sizeof path, "%s/store", b->path);
    assert_refused(b, path, false, "cannot make the store: No such file or directory");
    write_file(b->path, "x", 1);
    assert_refused(b, path, false, "cannot open the store: Not a directory");
}

static void a_store_cut_short_is_damaged(void **state)
{
    struct bench *b = *state;
    make_store(b, b->path, 0, 500);
    struct sinter_text whole = read_file(b->path);
    for (size_t length = 100; length < whole.length; length += 4000) {
        write_file(b->path, whole.data, length);
        assert_refused(b, b->path, true, "damaged: ");
        assert_refused(b, b->path, false, "damaged: ");
    }
    sinter_text_free(&whole);
}

/* Whatever a byte is changed to: the store is opened or refused, and asked or refused, and nothing else. */
static void damage_is_never_more_than_an_error(void **state)
{
    struct bench *b = *state;
    struct sinter_random random = {.state = 21};
    int n_refused = 0, n_opened = 0;
    make_store(b, b->path, 0, 300);
    struct sinter_text whole = read_file(b->path);
    for (int round = 0; round < 300; round++) {
        int n_changes = 1 + (int)sinter_random_below(&random, 4);
        struct sinter_text damaged = {0};
        sinter_text_append_n(&damaged, whole.data, whole.length);
        for (int i = 0; i < n_changes; i++) {
            int64_t where = sinter_random_below(&random, (int64_t)whole.length);
            damaged.data[round % 2 == 0 ? where : where / 4096 * 4096 + where % 16] = (char)sinter_random_next(&random);
        }
        write_file(b->path, damaged.data, damaged.length);
        sinter_text_free(&damaged);
        struct store *store = NULL;
        enum sinter_status status = store_open(b->path, round % 3 == 0, NULL, b->diags, &store);
        assert_true(status == SINTER_OK || status == SINTER_BAD_INPUT);
        n_refused += status != SINTER_OK;
        n_opened += status == SINTER_OK;
        for (int i = 0; i < 300 && store; i++) {
            struct store_record record = make_record(i), found;
            bool is_found = false;
            status = store_find(store, record.key, &found, &is_found);
            assert_true(status == SINTER_OK || status == SINTER_BAD_INPUT);
            if (i % 50 == 0 && round % 3 != 0) {
                make_key(1000 + i, record.key);
                status = store_put(store, &record, 1);
                assert_true(status == SINTER_OK || status == SINTER_BAD_INPUT);
            }
        }
        store_close(store);
        sinter_diagnostics_clear(b->diags);
        walk(b, true);
    }
    assert_true(n_refused > 20);
    assert_true(n_opened > 20);
    sinter_text_free(&whole);
}

/* Behind the store's back, by another program that heeds no lock. */
static void damage_is_noticed_when_it_is_met(void **state)
{
    struct bench *b = *state;
    make_store(b, b->path, 0, 30000);
    struct store *store = open_store(b, b->path, true);
    pid_t child = fork();
    if (child == 0) {
        struct stat found;
        char page[4096];
        memset(page, 0x5a, sizeof page);
        FILE *file = fopen(b->path, "r+b");
        if (!file || stat(b->path, &found) != 0 || fseek(file, 4096 * 4, SEEK_SET) != 0)
            _exit(1);
        for (long at = 4096 * 4; at + 4096 <= found.st_size; at += 4096)
            fwrite(page, sizeof page, 1, file);
        _exit(fclose(file) != 0);
    }
    int code = -1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    int n_damaged = 0;
    for (int i = 0; i < 30000; i += 100) {
        struct store_record record = make_record(i), found;
        bool is_found = false;
        enum sinter_status status = store_find(store, record.key, &found, &is_found);
        n_damaged += status == SINTER_BAD_INPUT;
        assert_true(status == SINTER_BAD_INPUT || (status == SINTER_OK && is_found));
    }
    assert_true(n_damaged > 0);
    assert_message(b, "the store is damaged: database disk image is malformed");
    store_close(store);
}

static void a_schedule_that_is_gone_is_damage(void **state)
{
    struct bench *b = *state;
    make_store(b, b->path, 0, 4);
    run_sql(b->path, "DELETE FROM schedule");
    struct store *store = open_store(b, b->path, true);
    struct store_record record = make_record(3), found;
    bool is_found = true;
    assert_int_equal(store_find(store, record.key, &found, &is_found), SINTER_BAD_INPUT);
    assert_false(is_found);
    assert_message(b, "damaged: a result names a schedule that is not there");
    store_close(store);
}

/* As somebody who may not do everything: root may. */
static int try_without_rights(struct bench *b)
{
    struct store *store = NULL;
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 0;
    char closed[700];
    snprintf(closed, sizeof closed, "%s/closed", b->folder);
    if (store_open(b->path, false, NULL, b->diags, &store) != SINTER_BAD_INPUT)
        return 2;
    if (!strstr(sinter_diagnostics_text(b->diags), "cannot be written: its file or folder is read-only"))
        return 3;
    if (store_open(b->path, true, NULL, b->diags, &store) != SINTER_OK || store_count(store) != 50)
        return 4;
    store_close(store);
    sinter_diagnostics_clear(b->diags);
    if (store_open(closed, true, NULL, b->diags, &store) != SINTER_BAD_INPUT)
        return 5;
    if (!strstr(sinter_diagnostics_text(b->diags), "cannot open the store: Permission denied"))
        return 6;
    sinter_diagnostics_clear(b->diags);
    if (store_open(b->other, false, NULL, b->diags, &store) != SINTER_BAD_INPUT)
        return 7;
    if (!strstr(sinter_diagnostics_text(b->diags), "cannot make the store: Permission denied"))
        return 8;
    return 0;
}

static void what_the_system_forbids_is_said(void **state)
{
    struct bench *b = *state;
    char closed[700];
    snprintf(closed, sizeof closed, "%s/closed", b->folder);
    make_store(b, b->path, 0, 50);
    make_store(b, closed, 0, 1);
    assert_int_equal(chmod(b->path, 0444), 0);
    assert_int_equal(chmod(closed, 0000), 0);
    assert_int_equal(chmod(b->folder, 0555), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(try_without_rights(b));
    int code = -1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
}

/* ---- several at a time --------------------------------------------------------------------------------------------- */

static void a_second_writer_is_refused(void **state)
{
    struct bench *b = *state;
    char link[700];
    snprintf(link, sizeof link, "%s/link", b->folder);
    struct store *store = open_store(b, b->path, false);
    assert_refused(b, b->path, false, "the store is being written by another process");
    assert_int_equal(symlink(b->path, link), 0);
    assert_refused(b, link, false, "the store is being written by another process");
    pid_t child = fork();
    if (child == 0) {
        struct store *second = NULL;
        _exit(store_open(b->path, false, NULL, b->diags, &second) == SINTER_BAD_INPUT ? 0 : 1);
    }
    int code = -1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    put_range(store, 0, 10); /* the first one has noticed nothing */
    store_close(store);
    store = open_store(b, link, false);
    assert_int_equal(store_count(store), 10);
    store_close(store);
    assert_int_equal(walk(b, false), 2);
}

/* A file that happens to have the lock's name is somebody's. */
static void a_lock_with_something_in_it_is_not_removed(void **state)
{
    struct bench *b = *state;
    char lock[700];
    snprintf(lock, sizeof lock, "%s-lock", b->path);
    write_file(lock, "precious", 8);
    make_store(b, b->path, 0, 1);
    struct sinter_text after = read_file(lock);
    assert_int_equal(after.length, 8);
    sinter_text_free(&after);
}

static void readers_see_whole_batches_beside_a_writer(void **state)
{
    struct bench *b = *state;
    struct store *writer = open_store(b, b->path, false);
    struct store *reader = open_store(b, b->path, true);
    for (int round = 0; round < 20; round++) {
        struct store_record batch[10];
        for (int i = 0; i < 10; i++)
            batch[i] = make_record(10 * round + i);
        assert_int_equal(store_put(writer, batch, 10), SINTER_OK);
        assert_int_equal(store_count(reader), 10 * (round + 1));
        assert_found(reader, &batch[3]);
    }
    struct store *late = open_store(b, b->path, true);
    store_close(writer); /* with readers there */
    assert_int_equal(store_count(reader), 200);
    assert_int_equal(store_count(late), 200);
    writer = open_store(b, b->path, false);
    put_range(writer, 200, 210);
    assert_int_equal(store_count(late), 210);
    store_close(reader);
    store_close(late);
    store_close(writer);
    assert_int_equal(walk(b, false), 1);
}

/* From another process, all the time: it never finds a part of a batch. */
static void a_reader_in_another_process_sees_whole_batches(void **state)
{
    struct bench *b = *state;
    make_store(b, b->path, 0, 0);
    pid_t child = fork();
    if (child == 0) {
        for (int64_t n = 0; n < 7 * 300;) {
            struct store *reader = NULL;
            if (store_open(b->path, true, NULL, b->diags, &reader) != SINTER_OK)
                _exit(1);
            for (int i = 0; i < 50; i++) {
                int64_t now = store_count(reader);
                if (now < n || now % 7 != 0)
                    _exit(2);
                n = now;
            }
            store_close(reader);
        }
        _exit(0);
    }
    struct store *writer = NULL;
    for (int k = 0; k < 300; k++) {
        if (k % 100 == 0) {
            store_close(writer);
            writer = open_store(b, b->path, false);
        }
        struct store_record batch[7];
        for (int i = 0; i < 7; i++)
            batch[i] = make_record(7 * k + i);
        assert_int_equal(store_put(writer, batch, 7), SINTER_OK);
    }
    int code = -1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    store_close(writer);
}

/* ---- where there is no shared memory ------------------------------------------------------------------------------- */

static void work_without_log(struct bench *b)
{
    struct store *store = open_store(b, b->path, false);
    int64_t n = store_count(store);
    put_range(store, n, n + 50);
    struct store *reader = open_store(b, b->path, true);
    assert_int_equal(store_count(reader), n + 50);
    put_range(store, n + 50, n + 60);
    assert_int_equal(store_count(reader), n + 60);
    store_close(reader);
    store_close(store);
}

static void a_file_system_without_shared_memory_serves(void **state)
{
    struct bench *b = *state;
    sqlite3_vfs *usual = sqlite3_vfs_find(NULL), *poor = sqlite3_vfs_find("unix-dotfile");
    assert_non_null(poor);
    assert_int_equal(sqlite3_vfs_register(poor, 1), SQLITE_OK);
    struct store *store = open_store(b, b->path, false);
    put_range(store, 0, 50);
    store_close(store);
    assert_int_equal(sqlite3_vfs_register(usual, 1), SQLITE_OK);
    store = open_store(b, b->path, true);
    assert_int_equal(store_count(store), 50);
    store_close(store);
}

/* A folder stands where the shared memory should be: for a new store, and for one that was left with its log. */
static void shared_memory_that_cannot_be_had_is_done_without(void **state)
{
    struct bench *b = *state;
    char shared[700];
    snprintf(shared, sizeof shared, "%s-shm", b->path);
    assert_int_equal(mkdir(shared, 0700), 0);
    work_without_log(b);
    work_without_log(b);
    assert_int_equal(rmdir(shared), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *store = NULL;
        if (store_open(b->path, false, NULL, b->diags, &store) != SINTER_OK)
            _exit(1);
        struct store_record record = make_record(120);
        _exit(store_put(store, &record, 1) != SINTER_OK); /* without closing */
    }
    int code = -1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    assert_int_equal(unlink(shared), 0);
    assert_int_equal(mkdir(shared, 0700), 0);
    struct store *store = open_store(b, b->path, false);
    assert_int_equal(store_count(store), 121); /* what was in the log is there */
    store_close(store);
    work_without_log(b);
}

/* ---- no memory ----------------------------------------------------------------------------------------------------- */

/* Everything a store can do. The store b->other is there. Each step may fail for want of memory. */
static enum sinter_status do_everything(struct bench *b, const char *path, bool is_readonly,
                                        const struct sinter_allocator *allocator)
{
    struct store *store = NULL;
    struct store_record batch[] = {make_record(0), make_record(3), make_record(4)}, found;
    const char *text = NULL;
    bool is_found = false;
    enum sinter_status status = store_open(path, is_readonly, allocator, b->diags, &store);
    if (status == SINTER_OK && !is_readonly)
        status = store_put(store, batch, 3);
    if (status == SINTER_OK)
        status = store_find(store, batch[1].key, &found, &is_found);
    if (status == SINTER_OK)
        assert_same(&found, &batch[1]);
    if (status == SINTER_OK && !is_readonly)
        status = store_add_sweep(store, batch[0].key, "sweep");
    if (status == SINTER_OK)
        status = store_sweeps(store, 0, &text, &is_found);
    if (status == SINTER_OK && !is_readonly)
        status = store_merge(store, b->other);
    if (status == SINTER_OK && store_count(store) < 3)
        status = SINTER_NO_MEMORY; /* nothing else keeps it from counting */
    store_close(store);
    return status;
}

static void stores_survive_every_failed_allocation_of_ours(void **state)
{
    struct bench *b = *state;
    make_store(b, b->other, 0, 10);
    for (int kind = 0; kind < 3; kind++) {
        for (int64_t n = 0;; n++) {
            struct sinter_counting_allocator counting;
            sinter_counting_allocator_init(&counting, n);
            const char *path = kind == 0 ? NULL : kind == 1 ? b->path : b->other;
            enum sinter_status status = do_everything(b, path, kind == 2, &counting.allocator);
            assert_int_equal(counting.n_live, 0);
            if (counting.n_requests <= n) {
                assert_int_equal(status, SINTER_OK);
                assert_true(n > 2);
                break;
            }
            assert_int_equal(status, SINTER_NO_MEMORY);
        }
        unlink(b->path);
    }
    assert_int_equal(walk(b, false), 1);
}

/* SQLite takes its memory from here: the (fail_after + 1)-th and later requests are refused. */
static sqlite3_mem_methods real_methods;
static int64_t n_requests, fail_after = -1;

static bool is_refused(void)
{
    return fail_after >= 0 && n_requests++ >= fail_after;
}

static void *refusing_malloc(int bytes)
{
    return is_refused() ? NULL : real_methods.xMalloc(bytes);
}

static void *refusing_realloc(void *block, int bytes)
{
    return is_refused() ? NULL : real_methods.xRealloc(block, bytes);
}

static void stores_survive_every_failed_allocation_of_sqlite(void **state)
{
    struct bench *b = *state;
    struct sinter_random random = {.state = 17};
    make_store(b, b->other, 0, 10);
    for (int kind = 0; kind < 2; kind++) {
        int64_t n = 0;
        for (bool is_over = false; !is_over; n += 1 + sinter_random_below(&random, n < 30 ? 1 : 20)) {
            n_requests = 0;
            fail_after = n;
            enum sinter_status status = do_everything(b, kind == 0 ? b->path : b->other, kind == 1, NULL);
            is_over = n_requests <= n;
            fail_after = -1;
            /* SQLite does without some of what it asks for. */
            if (status != SINTER_NO_MEMORY && (is_over || status != SINTER_OK))
                assert_int_equal(status, SINTER_OK);
            if (status == SINTER_NO_MEMORY)
                assert_message(b, "out of memory");
            if (n % 4 == 0) /* it is sound */
                assert_int_equal(do_everything(b, kind == 0 ? b->path : b->other, kind == 1, NULL), SINTER_OK);
            if (kind == 0 && n % 2 == 0) /* every other one is new */
                unlink(b->path);
        }
        assert_true(n > 100);
    }
}

/* ---- killed -------------------------------------------------------------------------------------------------------- */

enum { KILLED_BATCH = 16, KILLED_ROUNDS = 20 };

/* Batches from number `first` on, without an end; a sweep before each tenth. */
static void write_until_killed(struct bench *b, int64_t first)
{
    struct store *store = NULL;
    if (store_open(b->path, false, NULL, b->diags, &store) != SINTER_OK)
        _exit(1);
    for (int64_t k = first;; k++) {
        struct store_record batch[KILLED_BATCH];
        for (int i = 0; i < KILLED_BATCH; i++)
            batch[i] = make_record(KILLED_BATCH * k + i);
        if (k % 10 == 0 && store_add_sweep(store, batch[0].key, "sweep") != SINTER_OK)
            _exit(2);
        if (store_put(store, batch, KILLED_BATCH) != SINTER_OK)
            _exit(3);
        if (k % 50 == 49) { /* so that it is also killed while it opens and closes */
            store_close(store);
            if (store_open(b->path, false, NULL, b->diags, &store) != SINTER_OK)
                _exit(4);
        }
    }
}

/* A reader finds whole batches, or says that it may not mend what a writer left half done. */
static void read_after_kill(struct bench *b)
{
    struct store *store = NULL;
    struct stat found;
    if (stat(b->path, &found) != 0) /* killed before it made the file */
        return;
    if (store_open(b->path, true, NULL, b->diags, &store) == SINTER_OK)
        assert_int_equal(store_count(store) % KILLED_BATCH, 0);
    else
        assert_message(b, "the store was not closed by its last writer");
    store_close(store);
}

static void a_killed_writer_loses_no_more_than_the_batch_in_flight(void **state)
{
    struct bench *b = *state;
    struct sinter_random random = {.state = (uint64_t)time(NULL)};
    int64_t n_batches = 0;
    print_message("seed %llu\n", (unsigned long long)random.state);
    for (int round = 0; round < KILLED_ROUNDS; round++) {
        pid_t child = fork();
        if (child == 0)
            write_until_killed(b, n_batches);
        /* The first rounds hit the making of the store, too. */
        int64_t us = sinter_random_below(&random, round < 8 ? 8000 : 120000);
        nanosleep(&(struct timespec){.tv_nsec = (long)us * 1000}, NULL);
        int code = 0;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &code, 0), child);
        assert_true(WIFSIGNALED(code)); /* it did not give up by itself */
        read_after_kill(b);
        struct store *store = open_store(b, b->path, false);
        int64_t n = store_count(store);
        assert_int_equal(n % KILLED_BATCH, 0);
        assert_true(n / KILLED_BATCH >= n_batches);
        n_batches = n / KILLED_BATCH;
        for (int64_t i = round % 7; i < n; i += 7) {
            struct store_record record = make_record(i);
            assert_found(store, &record);
        }
        assert_false(has(store, n));
        store_close(store);
        assert_int_equal(walk(b, false), 1);
    }
    assert_true(n_batches > 0);
}

int main(void)
{
    sqlite3_mem_methods refusing;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_methods) != SQLITE_OK)
        return 1;
    refusing = real_methods;
    refusing.xMalloc = refusing_malloc;
    refusing.xRealloc = refusing_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &refusing) != SQLITE_OK)
        return 1;
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
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
        STORE_TEST(files_of_another_kind_are_refused_untouched),
        STORE_TEST(databases_of_others_are_refused_untouched),
        STORE_TEST(the_log_of_another_database_is_left_alone),
        STORE_TEST(a_missing_store_cannot_be_read),
        STORE_TEST(a_store_cut_short_is_damaged),
        STORE_TEST(damage_is_never_more_than_an_error),
        STORE_TEST(damage_is_noticed_when_it_is_met),
        STORE_TEST(a_schedule_that_is_gone_is_damage),
        STORE_TEST(what_the_system_forbids_is_said),
        STORE_TEST(a_second_writer_is_refused),
        STORE_TEST(a_lock_with_something_in_it_is_not_removed),
        STORE_TEST(readers_see_whole_batches_beside_a_writer),
        STORE_TEST(a_reader_in_another_process_sees_whole_batches),
        STORE_TEST(a_file_system_without_shared_memory_serves),
        STORE_TEST(shared_memory_that_cannot_be_had_is_done_without),
        STORE_TEST(stores_survive_every_failed_allocation_of_ours),
        STORE_TEST(stores_survive_every_failed_allocation_of_sqlite),
        STORE_TEST(a_killed_writer_loses_no_more_than_the_batch_in_flight),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
