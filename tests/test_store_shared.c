/* test_store_shared.c: readers beside a writer, without shared memory, without memory, and after whatever happened to it.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store_case.h"

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_set_up, store_tear_down)

/* ---- several at a time --------------------------------------------------------------------------------------------- */

static void a_second_writer_is_refused(void **state)
{
    struct store_case *b = *state;
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
    assert_int_equal(walk_folder(b, false), 2);
}

/* A file that happens to have the lock's name is somebody's. */
static void a_lock_with_something_in_it_is_not_removed(void **state)
{
    struct store_case *b = *state;
    char lock[700];
    snprintf(lock, sizeof lock, "%s-lock", b->path);
    write_bytes(lock, "precious", 8);
    make_store(b, b->path, 0, 1);
    struct sinter_text after = read_bytes(lock);
    assert_int_equal(after.length, 8);
    sinter_text_free(&after);
}

static void readers_see_whole_batches_beside_a_writer(void **state)
{
    struct store_case *b = *state;
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
    assert_int_equal(walk_folder(b, false), 1);
}

/* From another process, all the time: it never finds a part of a batch. */
static void a_reader_in_another_process_sees_whole_batches(void **state)
{
    struct store_case *b = *state;
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

static void work_without_log(struct store_case *b)
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
    struct store_case *b = *state;
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
    struct store_case *b = *state;
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
static enum sinter_status do_everything(struct store_case *b, const char *path, bool is_readonly,
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
    struct store_case *b = *state;
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
    assert_int_equal(walk_folder(b, false), 1);
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
    struct store_case *b = *state;
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
static void write_until_killed(struct store_case *b, int64_t first)
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
static void read_after_kill(struct store_case *b)
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
    struct store_case *b = *state;
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
        assert_false(has_record(store, n));
        store_close(store);
        assert_int_equal(walk_folder(b, false), 1);
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
    const struct CMUnitTest tests[] = {
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
