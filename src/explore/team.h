/* team.h: a sweep that several threads, and several processes, work on.
 * SPDX-License-Identifier: MIT
 *
 * Rank 0 leads: it finds and puts, and hands out what there is to compute. Messages, of a kind and what belongs to it:
 *
 *     rank 0 -> others   TASK: task, 8 bytes; the records that were found (task.c)
 *                        BEAT: I am there. END: there is nothing more to do
 *     others -> rank 0   HELLO: fingerprint of what the rank would compute. It has nothing to do
 *                        BEAT: I am there. DONE: task, 8; status, 1; whether it is whole, 1; the fresh records.
 *                        LEAVE: the reason, a text; empty: none
 *
 * Each side says something every BEAT_SECONDS, or four times in the silence that is allowed, from a thread that does not
 * compute. A rank that says nothing for long is lost: its task goes to somebody else, and what it says later is ignored, so a
 * task is put once.
 */
#ifndef SINTER_EXPLORE_TEAM_H
#define SINTER_EXPLORE_TEAM_H

#include <time.h>

#include "explore/sweep.h"

enum message { MESSAGE_HELLO, MESSAGE_TASK, MESSAGE_DONE, MESSAGE_BEAT, MESSAGE_LEAVE, MESSAGE_END };

enum { POLL_MS = 5 };
#define BEAT_SECONDS 0.25
#define SILENCE_SECONDS 20
#define LEADER_PATIENCE 3 /* times the silence: it also reads and writes files */

/* The lock of the sweep is around all that changes. */
struct running {
    struct sinter_sweep *sweep;
    const struct sinter_explore_options *options;
    struct sinter_exploration *exploration;
    struct timespec begin;
    int64_t n_done, n_all, n_tasks, next;
    int64_t *returned; /* tasks of ranks that were lost */
    int n_returned;
    enum sinter_status status; /* of the first task that failed */
};

/* An experiment that is checked, its workloads and points: all but the store. */
enum sinter_status open_sweep(const struct sinter_experiment *experiment, const struct sinter_explore_options *options,
                              const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                              struct sinter_exploration **exploration);

bool is_stopped(const struct sinter_explore_options *options);
double seconds_since(const struct timespec *begin);
/* The next task that is ours; -1: there is none (a lost rank may return one later). */
int64_t next_task(struct running *running);
/* Under the lock. */
void count_task(struct running *running, int64_t task, const struct task_counts *counts, enum sinter_status status);
/* Does tasks for as long as there are any. */
void work(struct running *running);

/* The same with all ranks. */
void lead_team(struct running *running);

double silence_of(const struct sinter_explore_options *options);
/* How often a rank says that it is there. */
double beat_of(const struct sinter_explore_options *options);
/* Of all that ranks must agree on; false: there is no memory. */
bool team_fingerprint(const struct sinter_sweep *sweep, uint8_t key[STORE_KEY_BYTES]);
/* A message without more. */
bool team_say(const struct sinter_team *team, int to, enum message message);

#endif
