/* test_store_refused.c: files that are no store, or a damaged one, are refused, and not touched.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_case.h"

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_set_up, store_tear_down)

/* ---- what is refused ----------------------------------------------------------------------------------------------- */

static void assert_refused_untouched(struct store_case *b, const char *message)
{
    struct sinter_text before = read_bytes(b->path);
    int n_files = walk_folder(b, false);
    assert_refused(b, b->path, false, message);
    assert_refused(b, b->path, true, message);
    struct sinter_text after = read_bytes(b->path);
    assert_int_equal(before.length, after.length);
    assert_memory_equal(before.data, after.data, before.length);
    assert_int_equal(walk_folder(b, false), n_files);
    sinter_text_free(&before);
    sinter_text_free(&after);
    assert_int_equal(unlink(b->path), 0);
}

static void files_of_another_kind_are_refused_untouched(void **state)
{
    struct store_case *b = *state;
    struct sinter_random random = {.state = 8};
    uint8_t bytes[20000];
    write_bytes(b->path, "a", 1);
    assert_refused_untouched(b, "found a file of another kind");
    write_bytes(b->path, "cascade: selective-scan\n", 24);
    assert_refused_untouched(b, "found a file of another kind");
    for (size_t length = 99; length < sizeof bytes; length = length * 3 / 2) {
        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)sinter_random_next(&random);
        write_bytes(b->path, bytes, length);
        assert_refused_untouched(b, "found a file of another kind");
    }
    assert_int_equal(mkdir(b->path, 0700), 0);
    assert_refused(b, b->path, false, "expected a store, found a folder");
    assert_refused(b, b->path, true, "expected a store, found a folder");
    assert_int_equal(walk_folder(b, false), 1);
    assert_int_equal(rmdir(b->path), 0);
    assert_int_equal(mkfifo(b->path, 0600), 0);
    assert_refused(b, b->path, false, "found something that is no file");
    assert_refused(b, b->path, true, "found something that is no file");
}

static void databases_of_others_are_refused_untouched(void **state)
{
    struct store_case *b = *state;
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
    struct store_case *b = *state;
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
    struct sinter_text before = read_bytes(log);
    assert_true(before.length > 0);
    assert_refused_untouched(b, "a database of another application");
    struct sinter_text after = read_bytes(log);
    assert_int_equal(before.length, after.length);
    assert_memory_equal(before.data, after.data, before.length);
    sinter_text_free(&before);
    sinter_text_free(&after);
}

static void a_missing_store_cannot_be_read(void **state)
{
    struct store_case *b = *state;
    assert_refused(b, b->path, true, "cannot open the store: No such file or directory");
    assert_int_equal(walk_folder(b, false), 0);
    char path[700];
    snprintf(path, sizeof path, "%s/store", b->path);
    assert_refused(b, path, false, "cannot make the store: No such file or directory");
    write_bytes(b->path, "x", 1);
    assert_refused(b, path, false, "cannot open the store: Not a directory");
}

static void a_store_cut_short_is_damaged(void **state)
{
    struct store_case *b = *state;
    make_store(b, b->path, 0, 500);
    struct sinter_text whole = read_bytes(b->path);
    for (size_t length = 100; length < whole.length; length += 4000) {
        write_bytes(b->path, whole.data, length);
        assert_refused(b, b->path, true, "damaged: ");
        assert_refused(b, b->path, false, "damaged: ");
    }
    sinter_text_free(&whole);
}

/* Whatever a byte is changed to: the store is opened or refused, and asked or refused, and nothing else. */
static void damage_is_never_more_than_an_error(void **state)
{
    struct store_case *b = *state;
    struct sinter_random random = {.state = 21};
    int n_refused = 0, n_opened = 0;
    make_store(b, b->path, 0, 300);
    struct sinter_text whole = read_bytes(b->path);
    for (int round = 0; round < 300; round++) {
        int n_changes = 1 + (int)sinter_random_below(&random, 4);
        struct sinter_text damaged = {0};
        sinter_text_append_n(&damaged, whole.data, whole.length);
        for (int i = 0; i < n_changes; i++) {
            int64_t where = sinter_random_below(&random, (int64_t)whole.length);
            damaged.data[round % 2 == 0 ? where : where / 4096 * 4096 + where % 16] = (char)sinter_random_next(&random);
        }
        write_bytes(b->path, damaged.data, damaged.length);
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
        walk_folder(b, true);
    }
    assert_true(n_refused > 20);
    assert_true(n_opened > 20);
    sinter_text_free(&whole);
}

/* Behind the store's back, by another program that heeds no lock. */
static void damage_is_noticed_when_it_is_met(void **state)
{
    struct store_case *b = *state;
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
    struct store_case *b = *state;
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
static int try_without_rights(struct store_case *b)
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
    struct store_case *b = *state;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(files_of_another_kind_are_refused_untouched),
        STORE_TEST(databases_of_others_are_refused_untouched),
        STORE_TEST(the_log_of_another_database_is_left_alone),
        STORE_TEST(a_missing_store_cannot_be_read),
        STORE_TEST(a_store_cut_short_is_damaged),
        STORE_TEST(damage_is_never_more_than_an_error),
        STORE_TEST(damage_is_noticed_when_it_is_met),
        STORE_TEST(a_schedule_that_is_gone_is_damage),
        STORE_TEST(what_the_system_forbids_is_said),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
