/* store_internal.h: what the files of the store share; the only ones that know SQLite.
 * SPDX-License-Identifier: MIT
 *
 *     store_file.c    opening: what is refused, the lock, the schema, the journal
 *     store.c         reading and writing rows
 *     store_merge.c   another store's rows
 */
#ifndef SINTER_EXPLORE_STORE_INTERNAL_H
#define SINTER_EXPLORE_STORE_INTERNAL_H

#include <sqlite3.h>

#include "explore/store.h"

enum { BUSY_SECONDS = 10 };

/* Compiled once per store. */
enum statement {
    BEGIN_READING,
    BEGIN_WRITING,
    COMMIT,
    ROLLBACK,
    FIND_RESULT,
    EACH_RESULT,
    COUNT_RESULTS,
    PUT_RESULT,
    FIND_SCHEDULE,
    PUT_SCHEDULE,
    FIND_SWEEP,
    EACH_SWEEP,
    PUT_SWEEP,
    N_STATEMENTS
};

struct store {
    const struct sinter_allocator *allocator;
    struct sinter_diagnostics *diags;
    char *path; /* as the caller calls it; NULL: in memory */
    bool is_readonly;
    int lock; /* the descriptor that holds a writer's lock, or -1 */
    char *lock_path;
    sqlite3 *database;
    sqlite3_stmt *statements[N_STATEMENTS]; /* each of them reset between calls, so that no lock stays behind */
    struct sinter_text schedule, sweep;     /* what was last read, for the caller */
};

/* ---- store_file.c -------------------------------------------------------------------------------------------------- */

/* Opens and checks the database of a store whose other members are set. Whatever happens, store_shut() undoes it. */
enum sinter_status store_prepare(struct store *store);
void store_shut(struct store *store);

/* Turns an error code of SQLite into a message at the store's name, and into a status. */
enum sinter_status store_fail(const struct store *store, int code);
enum sinter_status store_damaged(const struct store *store, const char *how);

/* ---- store.c ------------------------------------------------------------------------------------------------------- */

/* Runs a statement that gives no row, or whose row nobody wants. */
enum sinter_status store_run(struct store *store, enum statement which);
/* A transaction, unless the store was opened for reading. It is ended by: COMMIT when status is SINTER_OK, else ROLLBACK. */
enum sinter_status store_begin_writing(struct store *store);
enum sinter_status store_end(struct store *store, enum sinter_status status);

/* In a transaction. */
enum sinter_status store_put_one(struct store *store, const struct store_record *record);
enum sinter_status store_put_sweep(struct store *store, const uint8_t *key, const char *text, const char *origin);

/* Steps to the next row of EACH_RESULT or EACH_SWEEP; resets the statement after the last one and on failure. The text belongs
 * to the store, as for store_find() and store_sweeps(). */
enum sinter_status store_next_result(struct store *store, struct store_record *record, bool *is_found);
enum sinter_status store_next_sweep(struct store *store, uint8_t *key, const char **text, bool *is_found);

#endif
