/* store_case.h: a folder, records and stores for tests of stores; each function fails the test at once.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_STORE_CASE_H
#define SINTER_TESTS_STORE_CASE_H

#include "explore/store.h"

struct store_case {
    char folder[512];
    char path[600], other[600];
    struct sinter_diagnostics *diags;
};

int store_set_up(void **state);
/* Removes the files of the folder, or only counts them. */
int walk_folder(const struct store_case *b, bool is_removing);
int store_tear_down(void **state);
struct sinter_text read_bytes(const char *path);
void write_bytes(const char *path, const void *data, size_t length);
/* Runs SQL on a file, as another program would. */
void run_sql(const char *path, const char *sql);
int64_t ask_sql(const char *path, const char *sql);
void make_key(int64_t i, uint8_t *key);
/* The record number i, which depends on nothing else. Every third has a schedule, one of seven. */
struct store_record make_record(int64_t i);
void assert_same(const struct store_record *a, const struct store_record *b);
void assert_found(struct store *store, const struct store_record *expected);
bool has_record(struct store *store, int64_t i);
void put_range(struct store *store, int64_t first, int64_t end);
struct store *open_store(struct store_case *b, const char *path, bool is_readonly);
/* A store of the records [first, end), closed. */
void make_store(struct store_case *b, const char *path, int64_t first, int64_t end);
void assert_message(struct store_case *b, const char *part);
void assert_refused(struct store_case *b, const char *path, bool is_readonly, const char *message);

#endif
