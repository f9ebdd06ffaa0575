/* serve.c: a rank that computes for rank 0.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "explore/fingerprint.h"
#include "explore/team.h"
#include "explore/wire.h"

/* ---- what both sides use ------------------------------------------------------------------------------------------------ */

double silence_of(const struct sinter_explore_options *options)
{
    return options->silence_seconds > 0 ? options->silence_seconds : SILENCE_SECONDS;
}

double beat_of(const struct sinter_explore_options *options)
{
    return fmin(BEAT_SECONDS, silence_of(options) / 4);
}

bool team_fingerprint(const struct sinter_sweep *sweep, uint8_t key[STORE_KEY_BYTES])
{
    struct sinter_text text = {.allocator = sweep->allocator};
    struct fingerprint all;
    fingerprint_begin(&all);
    for (int i = 0; i < sweep->n_loads; i++)
        fingerprint_add(&all, sweep->loads[i].questions, (size_t)sweep->grid.n_strategies * STORE_KEY_BYTES);
    sinter_experiment_print(sweep->experiment, &text);
    fingerprint_add(&all, sinter_text_data(&text), text.length);
    fingerprint_end(&all, key);
    bool failed = text.failed;
    sinter_text_free(&text);
    return !failed;
}

bool team_say(const struct sinter_team *team, int to, enum message message)
{
    char kind = (char)message;
    return team->send(team->context, to, &kind, 1);
}

void sinter_team_leave(const struct sinter_team *team, const char *reason)
{
    struct sinter_text text = {0};
    for (int i = 1; i < team->n_ranks && team->rank == 0; i++)
        team_say(team, i, MESSAGE_END);
    if (team->rank == 0)
        return;
    wire_put(&text, MESSAGE_LEAVE, 1);
    sinter_text_append(&text, reason == NULL ? "" : reason);
    team->send(team->context, 0, sinter_text_data(&text), text.length);
    sinter_text_free(&text);
}

/* ---- computing ---------------------------------------------------------------------------------------------------------- */

/* A rank and its task. One thread computes; the other one listens, and says that the rank is there. */
struct serving {
    struct sinter_sweep *sweep;
    const struct sinter_explore_options *options;
    struct timespec begin;
    double beaten, heard; /* when */
    bool is_over, is_computing;
    pthread_t thread;
    struct sinter_text task; /* the message */
    struct sinter_text done; /* the answer */
    pthread_mutex_t lock;    /* around what follows */
    bool is_done;
    volatile sig_atomic_t stop;
};

static enum sinter_status compute(struct serving *serving, bool *is_whole, struct batch **batch)
{
    struct wire in = {sinter_text_data(&serving->task), serving->task.length, false};
    wire_take(&in, 1);
    uint64_t task = wire_take(&in, 8);
    if (in.failed || task >= (uint64_t)n_tasks(serving->sweep))
        return SINTER_INTERNAL;
    enum sinter_status status = batch_new(serving->sweep, (int64_t)task, batch);
    if (status == SINTER_OK)
        status = batch_read(*batch, false, &in);
    if (status == SINTER_OK)
        status = batch_compute(*batch, &serving->stop, is_whole);
    return status;
}

static void *compute_beside(void *context)
{
    struct serving *serving = context;
    struct batch *batch = NULL;
    bool is_whole = false;
    struct wire in = {sinter_text_data(&serving->task), serving->task.length, false};
    enum sinter_status status = compute(serving, &is_whole, &batch);
    serving->done.length = 0;
    wire_put(&serving->done, MESSAGE_DONE, 1);
    wire_take(&in, 1);
    wire_put(&serving->done, wire_take(&in, 8), 8);
    wire_put(&serving->done, (uint64_t)status, 1);
    wire_put(&serving->done, is_whole, 1);
    if (status == SINTER_OK && is_whole)
        batch_write(batch, true, &serving->done);
    batch_free(batch);
    pthread_mutex_lock(&serving->lock);
    serving->is_done = true;
    pthread_mutex_unlock(&serving->lock);
    return NULL;
}

static enum sinter_status begin_task(struct serving *serving, const char *bytes, size_t n)
{
    serving->task.length = 0;
    sinter_text_append_n(&serving->task, bytes, n);
    if (serving->is_computing || serving->task.failed)
        return serving->task.failed ? SINTER_NO_MEMORY : SINTER_INTERNAL;
    serving->is_done = false;
    serving->is_computing = pthread_create(&serving->thread, NULL, compute_beside, serving) == 0;
    return serving->is_computing ? SINTER_OK : SINTER_NO_MEMORY;
}

/* Sends what was computed. */
static enum sinter_status end_task(struct serving *serving)
{
    const struct sinter_team *team = serving->options->team;
    pthread_mutex_lock(&serving->lock);
    bool is_done = serving->is_done;
    pthread_mutex_unlock(&serving->lock);
    if (!serving->is_computing || !is_done)
        return SINTER_OK;
    pthread_join(serving->thread, NULL);
    serving->is_computing = false;
    bool is_sent =
        !serving->done.failed && team->send(team->context, 0, sinter_text_data(&serving->done), serving->done.length);
    return is_sent ? SINTER_OK : SINTER_NO_MEMORY;
}

static enum sinter_status listen(struct serving *serving)
{
    const struct sinter_team *team = serving->options->team;
    const void *bytes = NULL;
    size_t n = 0;
    int from = 0, received = team->receive(team->context, POLL_MS, &from, &bytes, &n);
    if (received <= 0 || n == 0)
        return received < 0 ? SINTER_NO_MEMORY : SINTER_OK;
    serving->heard = seconds_since(&serving->begin);
    switch (*(const char *)bytes) {
    case MESSAGE_TASK:
        return begin_task(serving, bytes, n);
    case MESSAGE_END:
        serving->is_over = true;
        return SINTER_OK;
    default:
        return SINTER_OK;
    }
}

static enum sinter_status serve(struct serving *serving)
{
    const struct sinter_team *team = serving->options->team;
    double patience = LEADER_PATIENCE * silence_of(serving->options);
    struct sinter_text hello = {.allocator = serving->sweep->allocator};
    uint8_t key[STORE_KEY_BYTES];
    bool is_ok = team_fingerprint(serving->sweep, key);
    wire_put(&hello, MESSAGE_HELLO, 1);
    sinter_text_append_n(&hello, (const char *)key, sizeof key);
    is_ok = is_ok && !hello.failed && team->send(team->context, 0, sinter_text_data(&hello), hello.length);
    enum sinter_status status = is_ok ? SINTER_OK : SINTER_NO_MEMORY;
    sinter_text_free(&hello);
    while (status == SINTER_OK && !serving->is_over && !is_stopped(serving->options)) {
        double now = seconds_since(&serving->begin);
        if (now - serving->heard > patience) /* it is gone; or it comes back, and goes on without us */
            return SINTER_OK;
        if (now - serving->beaten >= beat_of(serving->options)) {
            serving->beaten = now;
            status = team_say(team, 0, MESSAGE_BEAT) ? SINTER_OK : SINTER_NO_MEMORY;
        }
        if (status == SINTER_OK)
            status = listen(serving);
        if (status == SINTER_OK)
            status = end_task(serving);
    }
    return status;
}

enum sinter_status sinter_explore_serve(const struct sinter_experiment *experiment,
                                        const struct sinter_explore_options *options,
                                        const struct sinter_allocator *allocator, struct sinter_diagnostics *diags)
{
    struct sinter_exploration *exploration = NULL;
    enum sinter_status status = open_sweep(experiment, options, allocator, diags, &exploration);
    if (status != SINTER_OK)
        return status;
    struct serving serving = {
        .sweep = exploration->sweep, .options = options, .task = {.allocator = allocator}, .done = {.allocator = allocator}};
    pthread_mutex_init(&serving.lock, NULL);
    clock_gettime(CLOCK_MONOTONIC, &serving.begin);
    status = serve(&serving);
    if (serving.is_computing) { /* no longer than one point takes */
        __atomic_store_n(&serving.stop, 1, __ATOMIC_RELAXED);
        pthread_join(serving.thread, NULL);
    }
    pthread_mutex_destroy(&serving.lock);
    sinter_text_free(&serving.task);
    sinter_text_free(&serving.done);
    sinter_exploration_free(exploration);
    if (status == SINTER_NO_MEMORY)
        return sinter_out_of_memory(diags);
    return status;
}
