/* team.c: rank 0 of a team: hands out tasks, and does some itself.
 * SPDX-License-Identifier: MIT
 */
#include "explore/team.h"

#include <string.h>

#include "explore/wire.h"

enum state { JOINING, IDLE, BUSY, LEFT, LOST };

struct member {
    enum state state;
    double heard; /* when */
    int64_t task;
    struct batch *batch; /* BUSY: what was found */
};

struct leading {
    struct running *running;
    struct sinter_sweep *sweep;
    const struct sinter_team *team;
    struct member *members; /* by rank; 0 is not used */
    double beaten;
    uint8_t fingerprint[STORE_KEY_BYTES];
    struct sinter_text text;
    int n_busy, n_alive;
    bool is_over; /* under the lock */
};

static void fail(struct leading *leading, enum sinter_status status)
{
    pthread_mutex_lock(&leading->sweep->lock);
    if (leading->running->status == SINTER_OK)
        leading->running->status = status;
    pthread_mutex_unlock(&leading->sweep->lock);
}

/* An error of another rank's: what it does, and more of that. */
static void refuse(struct leading *leading, int rank, const char *what, const char *more, const char *hint)
{
    int length = (int)strlen(more);
    while (length > 0 && more[length - 1] == '\n')
        length--;
    pthread_mutex_lock(&leading->sweep->lock); /* the store reports to the same list */
    enum sinter_status status = sinter_error(leading->sweep->diags, (struct sinter_location){NULL, 0, 0}, hint,
                                             "rank %d %s%.*s", rank, what, length, more);
    pthread_mutex_unlock(&leading->sweep->lock);
    fail(leading, status);
}

/* ---- tasks -------------------------------------------------------------------------------------------------------------- */

static void finish(struct leading *leading, int64_t task, struct batch *batch, enum sinter_status status)
{
    struct task_counts counts = {0, 0, 0};
    if (status == SINTER_OK)
        status = batch_put(batch, &counts);
    pthread_mutex_lock(&leading->sweep->lock);
    count_task(leading->running, task, &counts, status);
    pthread_mutex_unlock(&leading->sweep->lock);
    batch_free(batch);
}

/* Gives the next task to a member that is idle; what the store has needs nobody. */
static void hand_out(struct leading *leading, int rank)
{
    struct member *member = &leading->members[rank];
    bool is_readonly = leading->running->options->is_readonly;
    int64_t task = next_task(leading->running);
    if (task < 0)
        return;
    struct batch *batch = NULL;
    enum sinter_status status = batch_new(leading->sweep, task, &batch);
    if (status == SINTER_OK)
        status = batch_find(batch);
    if (status != SINTER_OK || is_readonly || batch_has_all(batch)) {
        finish(leading, task, batch, status);
        return;
    }
    leading->text.length = 0;
    wire_put(&leading->text, MESSAGE_TASK, 1);
    wire_put(&leading->text, (uint64_t)task, 8);
    batch_write(batch, false, &leading->text);
    if (leading->text.failed ||
        !leading->team->send(leading->team->context, rank, sinter_text_data(&leading->text), leading->text.length)) {
        finish(leading, task, batch, SINTER_NO_MEMORY);
        return;
    }
    member->state = BUSY;
    member->task = task;
    member->batch = batch;
    leading->n_busy++;
}

static bool is_gone(const struct member *member)
{
    return member->state == LEFT || member->state == LOST;
}

/* LEFT or LOST: somebody else does its task. */
static void let_go(struct leading *leading, int rank, enum state state)
{
    struct running *running = leading->running;
    struct member *member = &leading->members[rank];
    if (member->state == BUSY) {
        pthread_mutex_lock(&leading->sweep->lock);
        running->returned[running->n_returned++] = member->task;
        pthread_mutex_unlock(&leading->sweep->lock);
        leading->n_busy--;
        batch_free(member->batch);
        member->batch = NULL;
    }
    member->state = state;
    leading->n_alive--;
}

/* ---- messages ----------------------------------------------------------------------------------------------------------- */

static void take_hello(struct leading *leading, int rank, struct wire *in)
{
    const char *key = wire_take_bytes(in, STORE_KEY_BYTES);
    if (key == NULL || memcmp(key, leading->fingerprint, STORE_KEY_BYTES) != 0)
        refuse(leading, rank, "would compute something else than rank 0", "",
               "all ranks need the same command line, files and version of sinter");
    else if (leading->members[rank].state == JOINING)
        leading->members[rank].state = IDLE;
}

static void take_done(struct leading *leading, int rank, struct wire *in)
{
    struct member *member = &leading->members[rank];
    int64_t task = (int64_t)wire_take(in, 8);
    uint64_t number = wire_take(in, 1);
    bool is_whole = wire_take(in, 1) != 0;
    enum sinter_status status = number > SINTER_INTERNAL ? SINTER_INTERNAL : (enum sinter_status)number;
    if (in->failed || member->state != BUSY || task != member->task || (status == SINTER_OK && !is_whole)) {
        fail(leading, SINTER_INTERNAL);
        return;
    }
    struct batch *batch = member->batch;
    if (status == SINTER_OK)
        status = batch_read(batch, true, in);
    if (status == SINTER_BAD_INPUT)
        refuse(leading, rank, "computed other accelerators than rank 0", "",
               "all ranks need the same files, and the same version of sinter");
    member->state = IDLE;
    member->batch = NULL;
    leading->n_busy--;
    finish(leading, task, batch, status);
}

static void take_leave(struct leading *leading, int rank, struct wire *in)
{
    struct sinter_text reason = {.allocator = leading->sweep->allocator};
    sinter_text_append_n(&reason, in->next, in->n_left); /* it has no NUL of its own */
    if (in->n_left > 0)
        refuse(leading, rank, "cannot take part: ", sinter_text_data(&reason), NULL);
    sinter_text_free(&reason);
    let_go(leading, rank, LEFT);
}

/* false: there was no message. */
static bool take_message(struct leading *leading, int milliseconds)
{
    const void *bytes = NULL;
    size_t n = 0;
    int rank = 0, received = leading->team->receive(leading->team->context, milliseconds, &rank, &bytes, &n);
    if (received < 0)
        fail(leading, SINTER_NO_MEMORY);
    if (received <= 0)
        return false;
    if (rank < 1 || rank >= leading->team->n_ranks || n == 0 || is_gone(&leading->members[rank]))
        return true;
    struct wire in = {(const char *)bytes + 1, n - 1, false};
    leading->members[rank].heard = seconds_since(&leading->running->begin);
    switch (*(const char *)bytes) {
    case MESSAGE_HELLO:
        take_hello(leading, rank, &in);
        break;
    case MESSAGE_DONE:
        take_done(leading, rank, &in);
        break;
    case MESSAGE_LEAVE:
        take_leave(leading, rank, &in);
        break;
    default:
        break;
    }
    return true;
}

/* ---- leading ------------------------------------------------------------------------------------------------------------ */

static bool is_over(struct leading *leading)
{
    pthread_mutex_lock(&leading->sweep->lock);
    bool is_over = leading->is_over;
    pthread_mutex_unlock(&leading->sweep->lock);
    return is_over;
}

/* Rank 0 computes, too. A rank may be lost, and its task be there again, as long as others compute. */
static void *work_along(void *context)
{
    static const struct timespec pause = {.tv_nsec = 1000000 * POLL_MS};
    struct leading *leading = context;
    while (!is_over(leading)) {
        work(leading->running);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static bool has_more(struct leading *leading, bool has_thread)
{
    const struct running *running = leading->running;
    pthread_mutex_lock(&leading->sweep->lock);
    bool has_tasks = running->n_returned > 0 || running->next < running->n_tasks;
    bool goes_on = running->status == SINTER_OK && !is_stopped(running->options);
    pthread_mutex_unlock(&leading->sweep->lock);
    return goes_on && (leading->n_busy > 0 || (has_tasks && (has_thread || leading->n_alive > 0)));
}

static void keep_alive(struct leading *leading)
{
    double now = seconds_since(&leading->running->begin), silence = silence_of(leading->running->options);
    bool is_due = now - leading->beaten >= beat_of(leading->running->options);
    leading->beaten = is_due ? now : leading->beaten;
    for (int rank = 1; rank < leading->team->n_ranks; rank++) {
        struct member *member = &leading->members[rank];
        if (is_gone(member))
            continue;
        if (is_due && !team_say(leading->team, rank, MESSAGE_BEAT))
            fail(leading, SINTER_NO_MEMORY);
        if (now - member->heard > silence)
            let_go(leading, rank, LOST);
    }
}

static void lead(struct leading *leading, bool has_thread)
{
    while (has_more(leading, has_thread)) {
        for (int rank = 1; rank < leading->team->n_ranks; rank++)
            if (leading->members[rank].state == IDLE)
                hand_out(leading, rank);
        bool is_more = take_message(leading, POLL_MS);
        for (int i = 0; i < leading->team->n_ranks && is_more; i++)
            is_more = take_message(leading, 0);
        keep_alive(leading);
    }
    for (int rank = 1; rank < leading->team->n_ranks; rank++) {
        leading->running->exploration->n_lost += leading->members[rank].state == LOST;
        batch_free(leading->members[rank].batch);
    }
    sinter_team_leave(leading->team, NULL);
}

void lead_team(struct running *running)
{
    struct sinter_sweep *sweep = running->sweep;
    const struct sinter_team *team = running->options->team;
    struct leading leading = {.running = running, .sweep = sweep, .team = team, .text = {.allocator = sweep->allocator}};
    pthread_t thread;
    leading.members = sinter_arena_alloc(sweep->arena, (size_t)team->n_ranks, sizeof *leading.members);
    running->returned = sinter_arena_alloc(sweep->arena, (size_t)team->n_ranks, sizeof *running->returned);
    leading.n_alive = team->n_ranks - 1;
    if (leading.members == NULL || running->returned == NULL || !team_fingerprint(sweep, leading.fingerprint)) {
        running->status = SINTER_NO_MEMORY;
        return;
    }
    bool has_thread = pthread_create(&thread, NULL, work_along, &leading) == 0;
    lead(&leading, has_thread);
    pthread_mutex_lock(&sweep->lock);
    leading.is_over = true;
    pthread_mutex_unlock(&sweep->lock);
    if (has_thread)
        pthread_join(thread, NULL);
    else
        work(running);
    sinter_text_free(&leading.text);
}
