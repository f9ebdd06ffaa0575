/* store.c: how many records a second the result store takes and finds, and what a fingerprint costs.
 *
 *     bench_store [RECORDS] [FOLDER]      (default: 1000000 records in a store under $TMPDIR or /tmp)
 *
 *     put        batches of 256, one transaction each; one schedule of 1.5 kB for every 64 records
 *     put-first  the same for the first tenth, while the store is small
 *     find       keys in random order, all of them there; find-reader: the same for a reader that has just opened the file
 *     miss       keys that are not there
 *     X.cpu      per second of this thread alone: what the disk and other programs take does not count
 * SPDX-License-Identifier: MIT
 */
#include "line.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/fingerprint.h"
#include "explore/store.h"

enum { BATCH = 256, RECORDS_PER_SCHEDULE = 64, SCHEDULE_BYTES = 1500, N_FINDS = 200000 };

static void stop(struct sinter_diagnostics *diags)
{
    fprintf(stderr, "bench: %s", sinter_diagnostics_text(diags));
    exit(1);
}

static void make_record(int64_t i, struct store_record *record, char *schedule)
{
    fingerprint(&i, sizeof i, record->key);
    record->status = SINTER_OK;
    for (int v = 0; v < STORE_N_VALUES; v++)
        record->values[v] = (double)i / (v + 3);
    memset(schedule, 'x', SCHEDULE_BYTES);
    snprintf(schedule + SCHEDULE_BYTES, 24, "%lld", (long long)(i / RECORDS_PER_SCHEDULE));
    record->schedule = schedule;
}

static void put_range(struct store *store, struct sinter_diagnostics *diags, int64_t first, int64_t end)
{
    static struct store_record records[BATCH];
    static char schedules[BATCH][SCHEDULE_BYTES + 24];
    for (int64_t i = first; i < end; i += BATCH) {
        int n = end - i < BATCH ? (int)(end - i) : BATCH;
        for (int k = 0; k < n; k++)
            make_record(i + k, &records[k], schedules[k]);
        if (store_put(store, records, n) != SINTER_OK)
            stop(diags);
    }
}

static void print_rates(const char *metric, int64_t n, double ns, double thread_ns)
{
    char name[32];
    print_line("store", metric, (double)n / ns * 1e9, "records/s", 1e5);
    snprintf(name, sizeof name, "%s.cpu", metric);
    print_line("store", name, (double)n / thread_ns * 1e9, "records/s", 1e5);
}

/* Looks for keys of the records [first, first + n). */
static void measure_finds(struct store *store, struct sinter_diagnostics *diags, const char *metric, int64_t first,
                          int64_t n)
{
    struct sinter_random random = {.state = 1};
    struct store_record record;
    int64_t n_found = 0;
    double begin = now_ns(), begin_cpu = cpu_ns();
    for (int k = 0; k < N_FINDS; k++) {
        int64_t i = first + sinter_random_below(&random, n);
        uint8_t key[STORE_KEY_BYTES];
        bool is_found = false;
        fingerprint(&i, sizeof i, key);
        if (store_find(store, key, &record, &is_found) != SINTER_OK)
            stop(diags);
        n_found += is_found;
    }
    if (n_found != 0 && n_found != N_FINDS) {
        fprintf(stderr, "bench: %lld of %d keys found\n", (long long)n_found, N_FINDS);
        exit(1);
    }
    print_rates(metric, N_FINDS, now_ns() - begin, cpu_ns() - begin_cpu);
}

static void measure_store(const char *path, int64_t n, struct sinter_diagnostics *diags)
{
    struct store *store = NULL;
    if (store_open(path, false, NULL, diags, &store) != SINTER_OK)
        stop(diags);
    double begin = now_ns(), begin_cpu = cpu_ns();
    put_range(store, diags, 0, n / 10);
    double part = now_ns(), part_cpu = cpu_ns();
    put_range(store, diags, n / 10, n);
    double end = now_ns(), end_cpu = cpu_ns();
    print_rates("put-first", n / 10, part - begin, part_cpu - begin_cpu);
    print_rates("put", n, end - begin, end_cpu - begin_cpu);
    measure_finds(store, diags, "find", 0, n);
    measure_finds(store, diags, "miss", n, n);
    begin = now_ns();
    store_close(store);
    print_line("store", "close", (now_ns() - begin) * 1e-6, "ms", -1);
    begin = now_ns();
    if (store_open(path, true, NULL, diags, &store) != SINTER_OK)
        stop(diags);
    print_line("store", "open", (now_ns() - begin) * 1e-6, "ms", -1);
    measure_finds(store, diags, "find-reader", 0, n);
    begin = now_ns();
    store_count(store);
    print_line("store", "count", (now_ns() - begin) * 1e-6, "ms", -1);
    store_close(store);
}

static void measure_fingerprint(void)
{
    enum { BYTES = 1 << 20, TIMES = 100 };
    static uint8_t data[BYTES];
    uint8_t key[FINGERPRINT_BYTES];
    double begin = now_ns();
    for (int i = 0; i < TIMES; i++) {
        fingerprint(data, BYTES, key);
        memcpy(data, key, sizeof key);
    }
    print_line("store", "fingerprint", (double)BYTES * TIMES / (now_ns() - begin), "GB/s", -1);
}

int main(int n_arguments, char **arguments)
{
    int64_t n = n_arguments > 1 ? atoll(arguments[1]) : 1000000;
    const char *root = n_arguments > 2 ? arguments[2] : getenv("TMPDIR");
    char folder[4096], path[4200];
    snprintf(folder, sizeof folder, "%s/sinter-XXXXXX", root ? root : "/tmp");
    if (n < 10 || !mkdtemp(folder)) {
        fprintf(stderr, "bench: expected at least 10 records and a folder that can be written\n");
        return 1;
    }
    snprintf(path, sizeof path, "%s/store", folder);
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    measure_store(path, n, diags);
    measure_fingerprint();
    struct stat file;
    struct rusage usage;
    if (stat(path, &file) == 0 && getrusage(RUSAGE_SELF, &usage) == 0) {
        print_line("store", "file", (double)file.st_size / (double)n, "bytes/record", -1);
        print_line("store", "most-memory", (double)usage.ru_maxrss / 1024, "MiB", 64);
    }
    sinter_diagnostics_free(diags);
    unlink(path);
    rmdir(folder);
    return 0;
}
