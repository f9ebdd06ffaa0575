/* store.c: rows of a store, read and written.
 * SPDX-License-Identifier: MIT
 */
#include "explore/store.h"

#include <math.h>
#include <string.h>

#include "explore/fingerprint.h"
#include "explore/store_internal.h"

_Static_assert(STORE_KEY_BYTES == FINGERPRINT_BYTES, "keys are fingerprints");

/* ---- opening, closing ---------------------------------------------------------------------------------------------- */

enum sinter_status store_open(const char *path, bool is_readonly, const struct sinter_allocator *allocator,
                              struct sinter_diagnostics *diags, struct store **store)
{
    *store = NULL;
    struct store *made = sinter_allocate(allocator, 1, sizeof *made);
    if (!made)
        return sinter_out_of_memory(diags);
    *made = (struct store){.allocator = allocator,
                           .diags = diags,
                           .is_readonly = is_readonly && path,
                           .lock = -1,
                           .schedule.allocator = allocator,
                           .sweep.allocator = allocator};
    enum sinter_status status = SINTER_OK;
    if (path) {
        made->path = sinter_allocate(allocator, strlen(path) + 1, 1);
        if (made->path)
            memcpy(made->path, path, strlen(path) + 1);
        else
            status = sinter_out_of_memory(diags);
    }
    if (status == SINTER_OK)
        status = store_prepare(made);
    if (status == SINTER_OK)
        *store = made;
    else
        store_close(made);
    return status;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_shut(store);
    sinter_text_free(&store->schedule);
    sinter_text_free(&store->sweep);
    sinter_release(store->allocator, store->path);
    sinter_release(store->allocator, store);
}

/* ---- statements and transactions ----------------------------------------------------------------------------------- */

/* Resets the statement, whose last step gave `code`. Neither a row nor the end of them is an error. */
static enum sinter_status finish(struct store *store, sqlite3_stmt *statement, int code)
{
    enum sinter_status status = code == SQLITE_DONE || code == SQLITE_ROW ? SINTER_OK : store_fail(store, code);
    sqlite3_reset(statement);
    return status;
}

enum sinter_status store_run(struct store *store, enum statement which)
{
    sqlite3_stmt *statement = store->statements[which];
    return finish(store, statement, sqlite3_step(statement));
}

enum sinter_status store_end(struct store *store, enum sinter_status status)
{
    if (status == SINTER_OK)
        status = store_run(store, COMMIT);
    /* Some errors end the transaction by themselves. */
    if (status != SINTER_OK && !sqlite3_get_autocommit(store->database)) {
        sqlite3_step(store->statements[ROLLBACK]);
        sqlite3_reset(store->statements[ROLLBACK]);
    }
    return status;
}

enum sinter_status store_begin_writing(struct store *store)
{
    if (store->is_readonly) {
        sinter_report(store->diags, SINTER_ERROR, (struct sinter_location){store->path, 0, 0}, NULL,
                      "the store was opened for reading, and cannot be written");
        return SINTER_BAD_USAGE;
    }
    return store_run(store, BEGIN_WRITING);
}

/* ---- columns ------------------------------------------------------------------------------------------------------- */

static enum sinter_status read_text(struct store *store, sqlite3_stmt *statement, int column, struct sinter_text *kept)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (!text) /* the columns are NOT NULL */
        return sinter_out_of_memory(store->diags);
    kept->length = 0;
    sinter_text_append_n(kept, text, strlen(text) + 1); /* with its NUL: an empty text is one, too */
    if (!kept->failed)
        return SINTER_OK;
    sinter_text_free(kept);
    return sinter_out_of_memory(store->diags);
}

static enum sinter_status read_key(const struct store *store, sqlite3_stmt *statement, int column, uint8_t *key)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    if (!bytes || sqlite3_column_bytes(statement, column) != STORE_KEY_BYTES)
        return store_damaged(store, "a key is not of 16 bytes");
    memcpy(key, bytes, STORE_KEY_BYTES);
    return SINTER_OK;
}

static int bind_key(sqlite3_stmt *statement, const uint8_t *key)
{
    return sqlite3_bind_blob(statement, 1, key, STORE_KEY_BYTES, SQLITE_STATIC);
}

static int bind_text(sqlite3_stmt *statement, int parameter, const char *text)
{
    return sqlite3_bind_text64(statement, parameter, text, strlen(text), SQLITE_STATIC, SQLITE_UTF8);
}

/* ---- results ------------------------------------------------------------------------------------------------------- */

/* The columns of FIND_RESULT and EACH_RESULT. */
enum { COLUMN_KEY, COLUMN_STATUS, COLUMN_SCHEDULE, COLUMN_TEXT, COLUMN_MINUS, COLUMN_VALUES };

static enum sinter_status read_result(struct store *store, sqlite3_stmt *row, struct store_record *record)
{
    struct store_record read = {.status = sqlite3_column_int(row, COLUMN_STATUS)};
    enum sinter_status status = read_key(store, row, COLUMN_KEY, read.key);
    if (status == SINTER_OK && read.status != SINTER_OK && read.status != SINTER_INFEASIBLE)
        status = store_damaged(store, "a result has a status that is none");
    int64_t minus = sqlite3_column_int64(row, COLUMN_MINUS);
    for (int i = 0; i < STORE_N_VALUES; i++) {
        bool is_nan = sqlite3_column_type(row, COLUMN_VALUES + i) == SQLITE_NULL;
        read.values[i] = is_nan ? (double)NAN : sqlite3_column_double(row, COLUMN_VALUES + i);
        if (minus >> i & 1)
            read.values[i] = -read.values[i];
    }
    if (status == SINTER_OK && sqlite3_column_type(row, COLUMN_SCHEDULE) != SQLITE_NULL) {
        if (sqlite3_column_type(row, COLUMN_TEXT) == SQLITE_NULL)
            return store_damaged(store, "a result names a schedule that is not there");
        status = read_text(store, row, COLUMN_TEXT, &store->schedule);
        read.schedule = store->schedule.data;
    }
    if (status == SINTER_OK)
        *record = read;
    return status;
}

enum sinter_status store_find(struct store *store, const uint8_t *key, struct store_record *record, bool *is_found)
{
    sqlite3_stmt *find = store->statements[FIND_RESULT];
    *is_found = false;
    int code = bind_key(find, key);
    if (code != SQLITE_OK)
        return store_fail(store, code);
    code = sqlite3_step(find);
    enum sinter_status status = code == SQLITE_ROW ? read_result(store, find, record) : SINTER_OK;
    *is_found = code == SQLITE_ROW && status == SINTER_OK;
    enum sinter_status finished = finish(store, find, code);
    return status == SINTER_OK ? finished : status;
}

enum sinter_status store_next_result(struct store *store, struct store_record *record, bool *is_found)
{
    sqlite3_stmt *each = store->statements[EACH_RESULT];
    int code = sqlite3_step(each);
    enum sinter_status status = code == SQLITE_ROW ? read_result(store, each, record) : SINTER_OK;
    *is_found = code == SQLITE_ROW && status == SINTER_OK;
    if (*is_found)
        return SINTER_OK;
    enum sinter_status finished = finish(store, each, code);
    return status == SINTER_OK ? finished : status;
}

/* The number of a schedule's text: the first half of its fingerprint, or the next one that is free or the text's own. */
static enum sinter_status find_schedule(struct store *store, const char *text, int64_t *id, bool *is_new)
{
    sqlite3_stmt *find = store->statements[FIND_SCHEDULE];
    size_t length = strlen(text);
    uint8_t key[FINGERPRINT_BYTES];
    uint64_t number = 0;
    fingerprint(text, length, key);
    for (int i = 7; i >= 0; i--)
        number = number << 8 | key[i];
    for (bool is_other = true; is_other; number++) {
        memcpy(id, &number, sizeof *id);
        int code = sqlite3_bind_int64(find, 1, *id);
        if (code != SQLITE_OK)
            return store_fail(store, code);
        code = sqlite3_step(find);
        *is_new = code == SQLITE_DONE;
        const void *there = code == SQLITE_ROW ? sqlite3_column_text(find, 0) : NULL;
        if (code == SQLITE_ROW && !there)
            code = SQLITE_NOMEM;
        is_other = there && ((size_t)sqlite3_column_bytes(find, 0) != length || memcmp(there, text, length) != 0);
        enum sinter_status status = finish(store, find, code);
        if (status != SINTER_OK)
            return status;
    }
    return SINTER_OK;
}

static int bind_result(sqlite3_stmt *put, const struct store_record *record, int64_t id)
{
    int code = bind_key(put, record->key);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int(put, 2, record->status);
    if (code == SQLITE_OK)
        code = record->schedule ? sqlite3_bind_int64(put, 3, id) : sqlite3_bind_null(put, 3);
    int64_t minus = 0;
    for (int i = 0; i < STORE_N_VALUES && code == SQLITE_OK; i++) {
        code = sqlite3_bind_double(put, 5 + i, record->values[i]); /* NaN is NULL to SQLite */
        if (record->values[i] == 0 && signbit(record->values[i]))
            minus |= INT64_C(1) << i;
    }
    return code == SQLITE_OK ? sqlite3_bind_int64(put, 4, minus) : code;
}

enum sinter_status store_put_one(struct store *store, const struct store_record *record)
{
    sqlite3_stmt *put = store->statements[PUT_RESULT], *put_schedule = store->statements[PUT_SCHEDULE];
    int64_t id = 0;
    bool is_new = false;
    if (record->schedule) {
        enum sinter_status status = find_schedule(store, record->schedule, &id, &is_new);
        if (status != SINTER_OK)
            return status;
    }
    int code = bind_result(put, record, id);
    if (code != SQLITE_OK)
        return store_fail(store, code);
    enum sinter_status status = store_run(store, PUT_RESULT);
    /* A schedule that no result would have stays out: only now it is known whether the key was there. */
    if (status != SINTER_OK || !is_new || sqlite3_changes(store->database) == 0)
        return status;
    code = sqlite3_bind_int64(put_schedule, 1, id);
    if (code == SQLITE_OK)
        code = bind_text(put_schedule, 2, record->schedule);
    return code == SQLITE_OK ? store_run(store, PUT_SCHEDULE) : store_fail(store, code);
}

enum sinter_status store_put(struct store *store, const struct store_record *records, int n)
{
    for (int i = 0; i < n; i++) {
        if (records[i].status == SINTER_OK || records[i].status == SINTER_INFEASIBLE)
            continue;
        sinter_report(store->diags, SINTER_ERROR, (struct sinter_location){store->path, 0, 0}, NULL,
                      "record %d of a batch has status %d; a store keeps what is ok or infeasible", i, records[i].status);
        return SINTER_BAD_USAGE;
    }
    if (n <= 0)
        return SINTER_OK;
    enum sinter_status status = store_begin_writing(store);
    if (status != SINTER_OK)
        return status;
    for (int i = 0; i < n && status == SINTER_OK; i++)
        status = store_put_one(store, &records[i]);
    return store_end(store, status);
}

int64_t store_count(struct store *store)
{
    sqlite3_stmt *count = store->statements[COUNT_RESULTS];
    int code = sqlite3_step(count);
    int64_t n = code == SQLITE_ROW ? sqlite3_column_int64(count, 0) : -1;
    return finish(store, count, code) == SINTER_OK ? n : -1;
}

/* ---- sweeps -------------------------------------------------------------------------------------------------------- */

enum sinter_status store_put_sweep(struct store *store, const uint8_t *key, const char *text, const char *origin)
{
    sqlite3_stmt *find = store->statements[FIND_SWEEP], *put = store->statements[PUT_SWEEP];
    int code = bind_key(find, key);
    if (code != SQLITE_OK)
        return store_fail(store, code);
    code = sqlite3_step(find);
    if (code == SQLITE_ROW) {
        const char *there = (const char *)sqlite3_column_text(find, 0);
        enum sinter_status status = SINTER_OK;
        if (!there)
            status = sinter_out_of_memory(store->diags);
        else if (strcmp(there, text) != 0)
            status = sinter_error(store->diags, (struct sinter_location){origin, 0, 0},
                                  "keep the two in stores of their own: one of them was damaged or changed",
                                  "has a sweep with the key of another one in the store '%s'",
                                  store->path ? store->path : "in memory");
        enum sinter_status finished = finish(store, find, code);
        return status == SINTER_OK ? finished : status;
    }
    enum sinter_status status = finish(store, find, code);
    if (status != SINTER_OK)
        return status;
    code = bind_key(put, key);
    if (code == SQLITE_OK)
        code = bind_text(put, 2, text);
    return code == SQLITE_OK ? store_run(store, PUT_SWEEP) : store_fail(store, code);
}

enum sinter_status store_add_sweep(struct store *store, const uint8_t *key, const char *text)
{
    enum sinter_status status = store_begin_writing(store);
    if (status != SINTER_OK)
        return status;
    return store_end(store, store_put_sweep(store, key, text, store->path));
}

enum sinter_status store_next_sweep(struct store *store, uint8_t *key, const char **text, bool *is_found)
{
    sqlite3_stmt *each = store->statements[EACH_SWEEP];
    *is_found = false;
    int code = sqlite3_step(each);
    if (code != SQLITE_ROW)
        return finish(store, each, code);
    enum sinter_status status = read_key(store, each, 0, key);
    if (status == SINTER_OK)
        status = read_text(store, each, 1, &store->sweep);
    if (status != SINTER_OK) {
        finish(store, each, code);
        return status;
    }
    *text = store->sweep.data;
    *is_found = true;
    return SINTER_OK;
}

enum sinter_status store_sweeps(struct store *store, int index, const char **text, bool *is_found)
{
    sqlite3_stmt *each = store->statements[EACH_SWEEP];
    uint8_t key[STORE_KEY_BYTES];
    *is_found = false;
    if (index < 0)
        return SINTER_OK;
    int code = sqlite3_bind_int(each, 1, index);
    if (code != SQLITE_OK)
        return store_fail(store, code);
    enum sinter_status status = store_next_sweep(store, key, text, is_found);
    sqlite3_reset(each);
    return status;
}
