/* store.h: results on disk, found by a fingerprint of all that decides them.
 * SPDX-License-Identifier: MIT
 *
 * A sweep asks the store before it computes a point, and hands over finished points in batches. What was handed over is kept
 * whatever happens to the program: a sweep that is killed resumes and loses no more than the batch in flight.
 *
 *     struct store *store = NULL;
 *     if (store_open("sweep.sinter", false, NULL, diags, &store) != SINTER_OK)
 *         ...
 *     struct store_record record = {.status = SINTER_OK, .values = {latency, energy}, .schedule = text};
 *     fingerprint(question, length, record.key);
 *     store_put(store, &record, 1);
 *     store_close(store);
 *
 * The file is a SQLite database (application_id "SINT", user_version STORE_VERSION) that the sqlite3 shell can read too:
 *
 *     result    id  key  status  schedule  minus  v0 ... v11      one row a point, in the order of arrival
 *                                   |
 *     schedule                      id  text                      each text once, however many points have it
 *     sweep     id  key  text                                     what was swept, in the order of arrival
 *
 * NaN is NULL. SQLite keeps -0 as 0: then bit i of `minus` is set, for value i.
 *
 * Files with the same points give the same rows in the order of their keys; their bytes may differ.
 *
 * Who may do what at the same time:
 *
 *   - One writer. It holds a lock (flock on FILE-lock, an empty file beside the store that its last user removes) until it
 *     closes; another writer is refused at once. The lock goes with the process, so a killed writer is in nobody's way; a
 *     file FILE-lock that it leaves behind does no harm. A process that forks must not use the store on both sides, and the
 *     child holds the lock, too, for as long as it lives and runs no other program.
 *   - Any number of readers, also beside the writer: each call sees the batches that are complete at that time. The writer keeps
 *     a write-ahead log (FILE-wal, FILE-shm) and folds it into the file when it closes with no reader there; a store that
 *     was not folded, after a crash or beside a reader, needs its FILE-wal, and a folder that can be written when it is next opened.
 *   - Where the file system knows no shared memory and hence no such log, the store falls back to a rollback journal. Then a
 *     reader and a commit wait for each other, BUSY_SECONDS at most.
 *   - A store is used by one thread at a time; distinct stores, also of one file, by any.
 *
 * A killed program loses nothing that was put. A power cut may undo the last batches, whole ones only.
 *
 * Errors. Everything below returns SINTER_BAD_INPUT, with a message at the store's name, for what is wrong with a file: not a
 * store, another program's database, written by a newer version, damaged, not readable or not writable, a full disk, held by
 * another writer. A file that is not a store is never changed. SINTER_BAD_USAGE: writing to a store opened for reading, or
 * a record whose status is neither SINTER_OK nor SINTER_INFEASIBLE. After an error the store is what it was before the call.
 */
#ifndef SINTER_EXPLORE_STORE_H
#define SINTER_EXPLORE_STORE_H

#include "sinter/base.h"

#define STORE_KEY_BYTES 16
#define STORE_N_VALUES 12
#define STORE_VERSION 1

struct store;

struct store_record {
    uint8_t key[STORE_KEY_BYTES];  /* fingerprint of all that decides the result (explore/fingerprint.h) */
    int status;                    /* an enum sinter_status: SINTER_OK or SINTER_INFEASIBLE */
    double values[STORE_N_VALUES]; /* the meaning is the caller's; kept to the bit, but all NaN are one */
    const char *schedule;          /* the printed form; NULL: none */
};

/* Opens the store in the file `path`, or a new one in memory when path is NULL. A writer makes the file where there is none,
 * and a file of no bytes is a new store, too. For a reader it is an empty one, of which it sees nothing more until it opens
 * it again; a missing file is an error. Below 64 MiB the whole file is checked; what is damaged in a larger one is reported
 * when it is met. In memory, is_readonly means nothing. `diags` gets the messages of all later calls: it outlives the store.
 * On failure *store is NULL. */
enum sinter_status store_open(const char *path, bool is_readonly, const struct sinter_allocator *allocator,
                              struct sinter_diagnostics *diags, struct store **store);
void store_close(struct store *store);

/* Looks for a key of STORE_KEY_BYTES. Fills all of *record where it is found and leaves it alone where not. record->schedule
 * belongs to the store, until the next store_find or store_close. Takes about
 * 10 us. */
enum sinter_status store_find(struct store *store, const uint8_t *key, struct store_record *record, bool *is_found);

/* Adds n records in one transaction: after a crash all of them are there, or none. A key that is there stays as it is, also
 * one that is earlier in the same batch. Batches of some hundred are best: each costs a commit, and each record little. */
enum sinter_status store_put(struct store *store, const struct store_record *records, int n);

/* How many records there are; -1 with a message when that cannot be read. Walks over all keys: not for inner loops. */
int64_t store_count(struct store *store);

/* Notes what was swept: a canonical text, by its fingerprint, so that a store can be asked without the experiment's file. The
 * same key and text again change nothing; the same key with another text is SINTER_BAD_INPUT. */
enum sinter_status store_add_sweep(struct store *store, const uint8_t *key, const char *text);

/* The sweep `index`, from 0, in the order in which they were added; *is_found is false past the last one. *text belongs to the
 * store, until the next store_sweeps or store_close. */
enum sinter_status store_sweeps(struct store *store, int index, const char **text, bool *is_found);

/* Adds the records and sweeps of another store, which is checked as store_open does and only read. What both have must be the
 * same: the same key with another content is SINTER_BAD_INPUT and says where they differ. One transaction: all or nothing. */
enum sinter_status store_merge(struct store *store, const char *other_path);

#endif
