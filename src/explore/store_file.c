/* store_file.c: opens the file of a store: what is refused, who may write, the schema, the journal.
 * SPDX-License-Identifier: MIT
 *
 * Nothing is changed, and no log of another database is recovered, before the file has proved to be a store: SQLite opens it
 * without looking, then the header is read past SQLite.
 *
 * Journals. A store at rest has a rollback journal, that is none: one file, which may be copied and put where nobody writes. A
 * writer changes that to a write-ahead log, so that commits do not wait for the disk nor for readers, and changes it back as it
 * closes, unless a reader is there. Where the log's shared memory cannot be had, the rollback journal stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/store_internal.h"

enum {
    APPLICATION_ID = 0x53494e54, /* "SINT" */
    HEADER_BYTES = 100,
    HEADER_VERSION = 60, /* where the header has user_version and application_id, most significant byte first */
    HEADER_APPLICATION = 68,
    MOST_CHECKED_BYTES = 64 << 20
};

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)

#define KEY "key BLOB NOT NULL CHECK(length(key) = 16)"
#define VALUES "v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11"
_Static_assert(STORE_N_VALUES == 12 && STORE_KEY_BYTES == 16, "the schema and its statements spell them out");
_Static_assert(SINTER_OK == 0 && SINTER_INFEASIBLE == 1, "the schema spells them out");

/* What a store must consist of, to the letter. Rows stand in the order of their arrival: a table in the order of random keys would
 * change as many pages as its index does, and is seven times as large. */
static const char *const schema[] = {
    "CREATE TABLE schedule(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT",
    "CREATE TABLE result(id INTEGER PRIMARY KEY, " KEY
    ", status INTEGER NOT NULL CHECK(status IN (0, 1)), schedule INTEGER, "
    "minus INTEGER NOT NULL, "
    "v0 REAL, v1 REAL, v2 REAL, v3 REAL, v4 REAL, v5 REAL, v6 REAL, v7 REAL, v8 REAL, v9 REAL, v10 REAL, v11 REAL, "
    "UNIQUE(key)) STRICT",
    "CREATE TABLE sweep(id INTEGER PRIMARY KEY, " KEY ", text TEXT NOT NULL, UNIQUE(key)) STRICT"};
enum { N_TABLES = sizeof schema / sizeof *schema };

#define RESULTS \
    "SELECT key, status, schedule, text, minus, " VALUES " FROM result LEFT JOIN schedule ON schedule.id = result.schedule"

static const char *const statements[N_STATEMENTS] = {
    [BEGIN_READING] = "BEGIN",
    [BEGIN_WRITING] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [FIND_RESULT] = RESULTS " WHERE key = ?1",
    [EACH_RESULT] = RESULTS " ORDER BY key",
    [COUNT_RESULTS] = "SELECT count(*) FROM result",
    [PUT_RESULT] = "INSERT INTO result(key, status, schedule, minus, " VALUES ") "
                   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) "
                   "ON CONFLICT(key) DO NOTHING",
    [FIND_SCHEDULE] = "SELECT text FROM schedule WHERE id = ?1",
    [PUT_SCHEDULE] = "INSERT INTO schedule(id, text) VALUES(?1, ?2)",
    [FIND_SWEEP] = "SELECT text FROM sweep WHERE key = ?1",
    [EACH_SWEEP] = "SELECT key, text FROM sweep ORDER BY id LIMIT -1 OFFSET ?1",
    [PUT_SWEEP] = "INSERT INTO sweep(key, text) VALUES(?1, ?2)"};

/* ---- messages ------------------------------------------------------------------------------------------------------ */

static struct sinter_location place(const struct store *store)
{
    return (struct sinter_location){store->path, 0, 0};
}

static const char foreign_hint[] = "name a store that Sinter wrote, or a file that does not exist yet";
static const char writer_hint[] = "wait until it ends, or write into another file and merge the two";

enum sinter_status store_damaged(const struct store *store, const char *how)
{
    return sinter_error(store->diags, place(store), "restore a copy of it, or sweep into a new file",
                        "the store is damaged: %s", how);
}

static enum sinter_status fail_as_foreign(const struct store *store, const char *found)
{
    return sinter_error(store->diags, place(store), foreign_hint, "expected a store, found %s", found);
}

static enum sinter_status fail_to_write(const struct store *store, int code)
{
    if (code == SQLITE_READONLY_RECOVERY || code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_CANTINIT)
        return sinter_error(store->diags, place(store), "open it once where it can be written",
                            "the store was not closed by its last writer, and cannot be mended without writing");
    return sinter_error(store->diags, place(store), NULL, "the store cannot be written: its file or folder is read-only");
}

enum sinter_status store_fail(const struct store *store, int code)
{
    int system_error = sqlite3_system_errno(store->database);
    const char *why = system_error ? strerror(system_error) : sqlite3_errstr(code);
    if (code == SQLITE_IOERR_NOMEM)
        return sinter_out_of_memory(store->diags);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return sinter_out_of_memory(store->diags);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return sinter_error(store->diags, place(store), writer_hint, "the store is being %s by another process",
                            store->is_readonly ? "written" : "used");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
        return store_damaged(store, sqlite3_errmsg(store->database));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return fail_to_write(store, code);
    case SQLITE_FULL:
        return sinter_error(store->diags, place(store), "make room: what was kept so far is safe",
                            "the store cannot grow: the disk is full");
    case SQLITE_TOOBIG:
        return sinter_error(store->diags, place(store), NULL, "a text is too long for the store");
    case SQLITE_CANTOPEN:
        return sinter_error(store->diags, place(store), NULL, "cannot open the store: %s", why);
    case SQLITE_IOERR:
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS:
        return sinter_error(store->diags, place(store), NULL, "cannot read or write the store: %s", why);
    default:
        sinter_report(store->diags, SINTER_ERROR, place(store), NULL, "the store failed: %s",
                      sqlite3_errmsg(store->database));
        return SINTER_INTERNAL;
    }
}

/* ---- the file ------------------------------------------------------------------------------------------------------ */

/* What SQLite must not even open: the system would wait for the other end of a pipe, and SQLite reads directories. */
static enum sinter_status check_kind(const struct store *store)
{
    struct stat found;
    if (stat(store->path, &found) != 0) {
        if (errno == ENOENT && !store->is_readonly)
            return SINTER_OK;
        return sinter_error(store->diags, place(store), errno == ENOENT ? "a sweep writes it; is this its name?" : NULL,
                            "cannot open the store: %s", strerror(errno));
    }
    if (found.st_size == 1) /* to SQLite a file of no bytes, because of some system's bug */
        return fail_as_foreign(store, "a file of another kind");
    if (S_ISREG(found.st_mode))
        return SINTER_OK;
    return fail_as_foreign(store, S_ISDIR(found.st_mode) ? "a folder" : "something that is no file");
}

/* A file that cannot be made SQLite then tries to read: its error is about that. */
static enum sinter_status fail_to_open(const struct store *store, int code)
{
    if ((code & 0xff) == SQLITE_CANTOPEN && store->path && !store->is_readonly) {
        int made = open(store->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (made < 0 && errno != EEXIST)
            return sinter_error(store->diags, place(store), NULL, "cannot make the store: %s", strerror(errno));
        if (made >= 0)
            close(made);
    }
    return store_fail(store, code);
}

/* Opens without looking into the file. */
static enum sinter_status open_database(struct store *store)
{
    const char *path = store->path ? store->path : ":memory:";
    char *relative = NULL;
    /* SQLite takes some names for more than a name: "file:...", ":memory:", "". */
    if (store->path && store->path[0] != '/') {
        size_t length = strlen(store->path);
        relative = sinter_allocate(store->allocator, sizeof "./" + length, 1);
        if (!relative)
            return sinter_out_of_memory(store->diags);
        memcpy(relative, "./", sizeof "./");
        memcpy(relative + 2, store->path, length);
        path = relative;
    }
    int flags = store->is_readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(path, &store->database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    sinter_release(store->allocator, relative);
    if (code != SQLITE_OK)
        return fail_to_open(store, code);
    code = sqlite3_busy_timeout(store->database, BUSY_SECONDS * 1000);
    /* The file may come from anywhere: no functions called by its schema, no tampering with its tables. */
    if (code == SQLITE_OK)
        code = sqlite3_db_config(store->database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(store->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    return code == SQLITE_OK ? SINTER_OK : store_fail(store, code);
}

static uint32_t read_big(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Reads the header through SQLite's own descriptor: to close another one would drop SQLite's locks on the file. What it says of
 * versions is never in a journal only, because a store is made in one transaction and keeps them. */
static enum sinter_status check_header(const struct store *store, int64_t *file_bytes)
{
    unsigned char header[HEADER_BYTES] = {0};
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    int code = sqlite3_file_control(store->database, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code == SQLITE_OK && (!file || !file->pMethods))
        code = SQLITE_CANTOPEN;
    if (code == SQLITE_OK)
        code = file->pMethods->xFileSize(file, &size);
    if (code == SQLITE_OK && size >= HEADER_BYTES)
        code = file->pMethods->xRead(file, header, HEADER_BYTES, 0);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
        return store_fail(store, code);
    *file_bytes = size;
    if (size == 0)
        return SINTER_OK;
    if (memcmp(header, "SQLite format 3", 16) != 0)
        return fail_as_foreign(store, "a file of another kind");
    uint32_t application = read_big(header + HEADER_APPLICATION), version = read_big(header + HEADER_VERSION);
    if (application != APPLICATION_ID)
        return sinter_error(store->diags, place(store), foreign_hint,
                            "expected a store, found a database of another application (application_id %u)", application);
    if (version > STORE_VERSION)
        return sinter_error(store->diags, place(store), "use a newer Sinter, or sweep into a new file",
                            "the store has version %u, and this Sinter knows those up to %d", version, STORE_VERSION);
    return version == STORE_VERSION ? SINTER_OK : store_damaged(store, "it has no version");
}

/* ---- the lock ------------------------------------------------------------------------------------------------------ */

static enum sinter_status fail_to_lock(const struct store *store)
{
    if (errno == EWOULDBLOCK)
        return sinter_error(store->diags, place(store), writer_hint, "the store is being written by another process");
    return sinter_error(store->diags, place(store), NULL, "cannot lock the store with '%s': %s", store->lock_path,
                        strerror(errno));
}

/* The last user removes the lock's file while holding it. So who got the lock may hold a file that has no name any more, beside
 * a newer one: then it tries again. */
static enum sinter_status take_lock(struct store *store)
{
    const char *file = sqlite3_db_filename(store->database, "main"); /* absolute, past symbolic links */
    size_t length = strlen(file);
    store->lock_path = sinter_allocate(store->allocator, length + sizeof "-lock", 1);
    if (!store->lock_path)
        return sinter_out_of_memory(store->diags);
    memcpy(store->lock_path, file, length);
    memcpy(store->lock_path + length, "-lock", sizeof "-lock");
    for (;;) {
        struct stat held, named;
        int lock = open(store->lock_path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
        if (lock < 0)
            return fail_to_lock(store);
        bool is_locked = flock(lock, LOCK_EX | LOCK_NB) == 0 && fstat(lock, &held) == 0;
        enum sinter_status status = is_locked ? SINTER_OK : fail_to_lock(store);
        if (is_locked && stat(store->lock_path, &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
            store->lock = lock;
            return SINTER_OK;
        }
        close(lock);
        if (status != SINTER_OK)
            return status;
    }
}

static void drop_lock(struct store *store)
{
    struct stat held;
    /* A file with something in it is not ours, whatever its name. */
    if (store->lock >= 0 && fstat(store->lock, &held) == 0 && S_ISREG(held.st_mode) && held.st_size == 0)
        unlink(store->lock_path);
    if (store->lock >= 0)
        close(store->lock);
    store->lock = -1;
    sinter_release(store->allocator, store->lock_path);
    store->lock_path = NULL;
}

/* ---- the schema ---------------------------------------------------------------------------------------------------- */

static int run_sql(const struct store *store, const char *sql)
{
    return sqlite3_exec(store->database, sql, NULL, NULL, NULL);
}

static int count_tables(const struct store *store, int *n_tables)
{
    sqlite3_stmt *count = NULL;
    int code = sqlite3_prepare_v2(store->database, "SELECT count(*) FROM sqlite_schema", -1, &count, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(count);
        *n_tables = code == SQLITE_ROW ? sqlite3_column_int(count, 0) : 0;
        code = code == SQLITE_ROW ? SQLITE_OK : code;
    }
    sqlite3_finalize(count);
    return code;
}

/* An empty database becomes a store, in one transaction. */
static int make_schema(const struct store *store)
{
    int n_tables = 0;
    int code = count_tables(store, &n_tables);
    if (code != SQLITE_OK || n_tables > 0)
        return code;
    code = run_sql(store, "BEGIN EXCLUSIVE; PRAGMA user_version = " STRING(STORE_VERSION));
    if (code == SQLITE_OK)
        code = run_sql(store, "PRAGMA application_id = 0x53494e54");
    for (int i = 0; i < N_TABLES && code == SQLITE_OK; i++)
        code = run_sql(store, schema[i]);
    return code == SQLITE_OK ? run_sql(store, "COMMIT") : code;
}

static enum sinter_status check_schema(const struct store *store)
{
    static const char sql[] =
        "SELECT sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' AND sql IS NOT NULL ORDER BY rowid";
    sqlite3_stmt *each = NULL;
    int code = sqlite3_prepare_v2(store->database, sql, -1, &each, NULL);
    bool is_known = true;
    int n = 0;
    for (; code == SQLITE_OK || code == SQLITE_ROW; n += code == SQLITE_ROW) {
        code = sqlite3_step(each);
        const char *found = code == SQLITE_ROW ? (const char *)sqlite3_column_text(each, 0) : NULL;
        if (code == SQLITE_ROW && !found)
            code = SQLITE_NOMEM;
        is_known = is_known && (!found || (n < N_TABLES && strcmp(found, schema[n]) == 0));
    }
    enum sinter_status status = code == SQLITE_DONE ? SINTER_OK : store_fail(store, code);
    sqlite3_finalize(each);
    if (status == SINTER_OK && (!is_known || n != N_TABLES))
        return store_damaged(store, "its tables are not those of a store");
    return status;
}

static enum sinter_status check_pages(const struct store *store)
{
    sqlite3_stmt *check = NULL;
    int code = sqlite3_prepare_v2(store->database, "PRAGMA quick_check(1)", -1, &check, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(check);
    const char *found = code == SQLITE_ROW ? (const char *)sqlite3_column_text(check, 0) : NULL;
    enum sinter_status status = SINTER_OK;
    if (code == SQLITE_ROW && !found)
        status = sinter_out_of_memory(store->diags);
    else if (code != SQLITE_ROW)
        status = store_fail(store, code);
    else if (strcmp(found, "ok") != 0) {
        const char *last_line = strrchr(found, '\n'); /* below a heading */
        status = store_damaged(store, last_line ? last_line + 1 : found);
    }
    sqlite3_finalize(check);
    return status;
}

/* ---- the journal --------------------------------------------------------------------------------------------------- */

/* What stands for a log that cannot be had: its files, or its shared memory. */
static bool is_log_trouble(int code)
{
    int kind = code & 0xff;
    return code != SQLITE_IOERR_NOMEM &&
           (kind == SQLITE_CANTOPEN || kind == SQLITE_IOERR || kind == SQLITE_PROTOCOL || kind == SQLITE_READONLY);
}

/* SQLite says yes to a log before it tries: so try. */
static int start_log(const struct store *store)
{
    int code = run_sql(store, "PRAGMA journal_mode = WAL");
    if ((code & 0xff) == SQLITE_BUSY) /* a reader is at it: the rollback journal serves, too */
        return SQLITE_OK;
    return code == SQLITE_OK ? run_sql(store, "BEGIN IMMEDIATE; COMMIT") : code;
}

/* A file that is marked for a log which cannot be had opens for one alone, who needs no shared memory; so it can be unmarked. */
static enum sinter_status leave_log(struct store *store)
{
    sqlite3_close(store->database);
    store->database = NULL;
    enum sinter_status status = open_database(store);
    if (status != SINTER_OK)
        return status;
    int code = run_sql(store, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL");
    if (code == SQLITE_OK)
        code = make_schema(store); /* the first access after the change lets go of the lock */
    return code == SQLITE_OK ? SINTER_OK : store_fail(store, code);
}

/* ---- opening, closing ---------------------------------------------------------------------------------------------- */

static enum sinter_status compile(struct store *store)
{
    for (int i = 0; i < N_STATEMENTS; i++) {
        int code =
            sqlite3_prepare_v3(store->database, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL);
        if (code != SQLITE_OK)
            return store_fail(store, code);
    }
    return SINTER_OK;
}

static enum sinter_status check_content(const struct store *store, int64_t file_bytes)
{
    enum sinter_status status = check_schema(store);
    if (status == SINTER_OK && file_bytes > 0 && file_bytes < MOST_CHECKED_BYTES)
        status = check_pages(store);
    return status;
}

static enum sinter_status prepare_reader(struct store *store, int64_t file_bytes)
{
    if (file_bytes > 0)
        return check_content(store, file_bytes);
    /* A file of no bytes has no tables to ask: an empty store in memory stands for it. */
    sqlite3_close(store->database);
    store->database = NULL;
    int code = sqlite3_open_v2(":memory:", &store->database,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code == SQLITE_OK)
        code = make_schema(store);
    return code == SQLITE_OK ? SINTER_OK : store_fail(store, code);
}

static enum sinter_status prepare_writer(struct store *store, int64_t file_bytes)
{
    if (sqlite3_db_readonly(store->database, "main") == 1) /* SQLite opens for reading what it may not write */
        return fail_to_write(store, SQLITE_READONLY);
    enum sinter_status status = take_lock(store);
    if (status != SINTER_OK)
        return status;
    int code = make_schema(store);
    if (is_log_trouble(code))
        status = leave_log(store);
    else if (code != SQLITE_OK)
        status = store_fail(store, code);
    if (status == SINTER_OK)
        status = check_content(store, file_bytes);
    if (status != SINTER_OK || is_log_trouble(code))
        return status;
    code = start_log(store);
    if (is_log_trouble(code))
        return leave_log(store);
    return code == SQLITE_OK ? SINTER_OK : store_fail(store, code);
}

enum sinter_status store_prepare(struct store *store)
{
    int64_t file_bytes = 0;
    enum sinter_status status = store->path ? check_kind(store) : SINTER_OK;
    if (status == SINTER_OK)
        status = open_database(store);
    if (status == SINTER_OK && store->path)
        status = check_header(store, &file_bytes);
    if (status != SINTER_OK)
        return status;
    int code = SQLITE_OK;
    if (!store->path)
        code = make_schema(store);
    else
        status = store->is_readonly ? prepare_reader(store, file_bytes) : prepare_writer(store, file_bytes);
    /* Keys are random, so each of a batch changes a page of their index of its own: the log is long, that a page which is changed
     * often is folded in once, and the cache holds the index of a million keys. What is overwritten is no secret. */
    if (code == SQLITE_OK && status == SINTER_OK)
        code = run_sql(store, "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 16384;"
                              "PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = OFF");
    if (code != SQLITE_OK)
        return store_fail(store, code);
    return status == SINTER_OK ? compile(store) : status;
}

void store_shut(struct store *store)
{
    bool is_ready = store->statements[N_STATEMENTS - 1] != NULL;
    for (int i = 0; i < N_STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    if (is_ready && store->lock >= 0) {
        sqlite3_busy_timeout(store->database, 0); /* a reader that is there keeps the log */
        run_sql(store, "PRAGMA journal_mode = DELETE");
    }
    sqlite3_close(store->database);
    store->database = NULL;
    drop_lock(store);
}
