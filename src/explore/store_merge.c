/* store_merge.c: takes another store's results and sweeps, if the two agree on what both have.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "explore/store_internal.h"

/* To the bit: zeros of two signs differ. But all NaN are one. */
static bool is_same_value(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b));
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What differs, as an end of a message; NULL: nothing. */
static const char *tell_difference(const struct store_record *ours, const struct store_record *theirs, char *buffer,
                                   size_t size)
{
    if (ours->status != theirs->status) {
        snprintf(buffer, size, "'%s' against '%s'", sinter_status_name((enum sinter_status)theirs->status),
                 sinter_status_name((enum sinter_status)ours->status));
        return buffer;
    }
    for (int i = 0; i < STORE_N_VALUES; i++) {
        if (is_same_value(ours->values[i], theirs->values[i]))
            continue;
        snprintf(buffer, size, "value %d is %.17g against %.17g", i, theirs->values[i], ours->values[i]);
        return buffer;
    }
    return is_same_text(ours->schedule, theirs->schedule) ? NULL : "the schedules differ";
}

static enum sinter_status fail_to_agree(const struct store *store, const struct store *other, const uint8_t *key,
                                        const char *difference)
{
    char name[2 * STORE_KEY_BYTES + 1];
    for (size_t i = 0; i < STORE_KEY_BYTES; i++)
        snprintf(name + 2 * i, 3, "%02x", key[i]);
    return sinter_error(store->diags, (struct sinter_location){other->path, 0, 0},
                        "nothing was merged; one of the two was damaged, or made by a Sinter that computes otherwise",
                        "has another result for the key %s than the store '%s': %s", name,
                        store->path ? store->path : "in memory", difference);
}

static enum sinter_status merge_results(struct store *store, struct store *other)
{
    struct store_record theirs, ours;
    bool is_found = false, is_there = false;
    char buffer[128];
    enum sinter_status status = store_next_result(other, &theirs, &is_found);
    while (status == SINTER_OK && is_found) {
        status = store_find(store, theirs.key, &ours, &is_there);
        if (status == SINTER_OK && is_there) {
            const char *difference = tell_difference(&ours, &theirs, buffer, sizeof buffer);
            if (difference)
                status = fail_to_agree(store, other, theirs.key, difference);
        } else if (status == SINTER_OK) {
            status = store_put_one(store, &theirs);
        }
        if (status == SINTER_OK)
            status = store_next_result(other, &theirs, &is_found);
    }
    return status;
}

static enum sinter_status merge_sweeps(struct store *store, struct store *other)
{
    uint8_t key[STORE_KEY_BYTES];
    const char *text = NULL;
    bool is_found = false;
    int code = sqlite3_bind_int(other->statements[EACH_SWEEP], 1, 0);
    enum sinter_status status = code == SQLITE_OK ? store_next_sweep(other, key, &text, &is_found) : store_fail(other, code);
    while (status == SINTER_OK && is_found) {
        status = store_put_sweep(store, key, text, other->path);
        if (status == SINTER_OK)
            status = store_next_sweep(other, key, &text, &is_found);
    }
    return status;
}

enum sinter_status store_merge(struct store *store, const char *other_path)
{
    struct store *other = NULL;
    enum sinter_status status = store_begin_writing(store);
    if (status != SINTER_OK)
        return status;
    status = store_open(other_path, true, store->allocator, store->diags, &other);
    /* One look at the other store, which may be being written. */
    if (status == SINTER_OK)
        status = store_run(other, BEGIN_READING);
    if (status == SINTER_OK)
        status = merge_results(store, other);
    if (status == SINTER_OK)
        status = merge_sweeps(store, other);
    /* Closed first: a store merged with itself must not wait for its own reader. */
    store_close(other);
    return store_end(store, status);
}
