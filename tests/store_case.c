/* store_case.c: a folder, records and stores for tests of stores.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/fingerprint.h"
#include "store_case.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ---- a folder for each test ---------------------------------------------------------------------------------------- */

int store_set_up(void **state)
{
    struct store_case *b = calloc(1, sizeof *b);
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

int walk_folder(const struct store_case *b, bool is_removing)
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

int store_tear_down(void **state)
{
    struct store_case *b = *state;
    chmod(b->folder, 0700);
    walk_folder(b, true);
    int code = rmdir(b->folder);
    sinter_diagnostics_free(b->diags);
    free(b);
    return code;
}

struct sinter_text read_bytes(const char *path)
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

void write_bytes(const char *path, const void *data, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

void run_sql(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

int64_t ask_sql(const char *path, const char *sql)
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

void make_key(int64_t i, uint8_t *key)
{
    char text[24];
    fingerprint(text, (size_t)snprintf(text, sizeof text, "%lld", (long long)i), key);
}

struct store_record make_record(int64_t i)
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

void assert_same(const struct store_record *a, const struct store_record *b)
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

void assert_found(struct store *store, const struct store_record *expected)
{
    struct store_record found;
    bool is_found = false;
    assert_int_equal(store_find(store, expected->key, &found, &is_found), SINTER_OK);
    assert_true(is_found);
    assert_same(&found, expected);
}

bool has_record(struct store *store, int64_t i)
{
    struct store_record found;
    uint8_t key[STORE_KEY_BYTES];
    bool is_found = false;
    make_key(i, key);
    assert_int_equal(store_find(store, key, &found, &is_found), SINTER_OK);
    return is_found;
}

void put_range(struct store *store, int64_t first, int64_t end)
{
    for (int64_t i = first; i < end; i++) {
        struct store_record record = make_record(i);
        assert_int_equal(store_put(store, &record, 1), SINTER_OK);
    }
}

struct store *open_store(struct store_case *b, const char *path, bool is_readonly)
{
    struct store *store = NULL;
    if (store_open(path, is_readonly, NULL, b->diags, &store) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(b->diags));
    assert_non_null(store);
    return store;
}

void make_store(struct store_case *b, const char *path, int64_t first, int64_t end)
{
    struct store *store = open_store(b, path, false);
    put_range(store, first, end);
    store_close(store);
}

void assert_message(struct store_case *b, const char *part)
{
    if (!strstr(sinter_diagnostics_text(b->diags), part))
        fail_msg("expected '%s' in: %s", part, sinter_diagnostics_text(b->diags));
    sinter_diagnostics_clear(b->diags);
}

void assert_refused(struct store_case *b, const char *path, bool is_readonly, const char *message)
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
