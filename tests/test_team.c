/* test_team.c: ranks of a sweep find what one process finds: however many there are, when one falls silent, leaves, or says what
 * it should not. Ranks are threads here, and messages go through memory.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explore/team.h"

enum { MOST_RANKS = 4 };

/* ---- a team in memory --------------------------------------------------------------------------------------------------- */

struct letter {
    struct letter *next;
    int from;
    size_t n;
    char bytes[];
};

/* What becomes of a message of rank 1 to rank 0 that is not its first. */
enum mischief { HONEST, MUTE, ONLY_DONE, WRONG_KEY, SHORT, NOISE, WRONG_HELLO };

struct post {
    pthread_mutex_t lock;
    struct letter *first[MOST_RANKS]; /* by receiver */
    enum mischief mischief;
    unsigned noise;
};

struct desk { /* of one rank */
    struct post *post;
    struct sinter_team team;
    struct letter *given;
};

static void pass_on(struct desk *desk, int to, const char *bytes, size_t n)
{
    struct letter *letter = malloc(sizeof *letter + n), **at = &desk->post->first[to];
    assert_non_null(letter);
    *letter = (struct letter){NULL, desk->team.rank, n};
    memcpy(letter->bytes, bytes, n);
    while (*at != NULL)
        at = &(*at)->next;
    *at = letter;
}

static unsigned next_noise(struct post *post)
{
    post->noise = post->noise * 1664525u + 1013904223u;
    return post->noise >> 8;
}

static bool send_letter(void *context, int to, const void *bytes, size_t n)
{
    struct desk *desk = context;
    struct post *post = desk->post;
    char *copy = malloc(n);
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    pthread_mutex_lock(&post->lock);
    bool is_bent = desk->team.rank == 1 && post->mischief != HONEST, is_done = copy[0] == MESSAGE_DONE;
    bool is_dropped = is_bent && copy[0] != MESSAGE_HELLO &&
                      (post->mischief == MUTE || (post->mischief == ONLY_DONE && copy[0] != MESSAGE_DONE));
    if (is_bent && is_done && n > 40 && post->mischief == WRONG_KEY)
        copy[11 + 8] ^= 1;
    if (is_bent && is_done && post->mischief == SHORT)
        n -= 1 + next_noise(post) % (n - 1);
    for (int i = 0; is_bent && is_done && post->mischief == NOISE && i < 4; i++)
        copy[1 + next_noise(post) % (n - 1)] ^= (char)(1 << next_noise(post) % 7);
    if (is_bent && copy[0] == MESSAGE_HELLO && post->mischief == WRONG_HELLO)
        copy[3] ^= 4;
    if (!is_dropped)
        pass_on(desk, to, copy, n);
    pthread_mutex_unlock(&post->lock);
    free(copy);
    return true;
}

static int receive_letter(void *context, int milliseconds, int *from, const void **bytes, size_t *n)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    struct desk *desk = context;
    struct post *post = desk->post;
    free(desk->given);
    desk->given = NULL;
    for (int waited = 0;; waited++) {
        pthread_mutex_lock(&post->lock);
        struct letter *letter = post->first[desk->team.rank];
        if (letter != NULL)
            post->first[desk->team.rank] = letter->next;
        pthread_mutex_unlock(&post->lock);
        desk->given = letter;
        if (letter != NULL) {
            *from = letter->from;
            *bytes = letter->bytes;
            *n = letter->n;
            return 1;
        }
        if (waited >= milliseconds)
            return 0;
        nanosleep(&pause, NULL);
    }
}

/* ---- sweeps ------------------------------------------------------------------------------------------------------------- */

static const char sweep[] = "experiment: small\n"
                            "accelerator: marca\n"
                            "workloads:\n"
                            "  - {model: mamba-130m, tokens: 1}\n"
                            "  - {model: mamba-130m, tokens: 2}\n"
                            "strategy: mem-aware\n"
                            "axes:\n"
                            "  buffer.capacity: 64KiB..4MiB:geo:8\n"
                            "  dram.bandwidth: 64GB/s..512GB/s:geo:11\n";

struct rank {
    struct desk desk;
    pthread_t thread;
    const char *text; /* of the experiment */
    double silence;
    enum sinter_status status;
    volatile sig_atomic_t stop;
};

static struct sinter_experiment *parse(const char *text, struct sinter_diagnostics *diags)
{
    struct sinter_experiment *experiment = NULL;
    assert_int_equal(sinter_experiment_parse("sweep", text, strlen(text), NULL, diags, &experiment), SINTER_OK);
    return experiment;
}

static void *serve(void *context)
{
    struct rank *rank = context;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_experiment *experiment = NULL;
    struct sinter_explore_options options = {
        .team = &rank->desk.team, .silence_seconds = rank->silence, .stop = &rank->stop};
    rank->status = sinter_experiment_parse("sweep", rank->text, strlen(rank->text), NULL, diags, &experiment);
    if (rank->status == SINTER_OK)
        rank->status = sinter_explore_serve(experiment, &options, NULL, diags);
    sinter_team_leave(&rank->desk.team, rank->status == SINTER_OK ? NULL : sinter_diagnostics_text(diags));
    sinter_experiment_free(experiment);
    sinter_diagnostics_free(diags);
    return NULL;
}

struct outcome {
    enum sinter_status status;
    int n_lost;
    int64_t n_computed;
    struct sinter_text points; /* all that is known of them */
    struct sinter_diagnostics *diags;
};

static void print_points(struct sinter_exploration *exploration, struct sinter_text *out)
{
    struct sinter_explore_point *point = malloc(sizeof *point);
    assert_non_null(point);
    for (int64_t i = 0; i < exploration->experiment->n_points; i++) {
        assert_int_equal(sinter_exploration_point(exploration, i, NULL, point), SINTER_OK);
        sinter_text_printf(out, "%lld %d %a %a\n", (long long)i, point->is_complete, point->seconds, point->joules);
        for (int w = 0; w < exploration->experiment->n_workloads; w++) {
            const struct sinter_explored *one = &point->workloads[w];
            sinter_text_printf(out, "%d %d %a %a %a %s\n", one->is_known, one->status, one->cycles, one->value,
                               one->peak_bytes, one->schedule == NULL ? "-" : one->schedule);
        }
    }
    free(point);
}

/* `n_ranks` 0: no team. Rank 1 may be up to something; `other` is what it was told to explore, NULL: the same. */
static struct outcome explore(int n_ranks, enum mischief mischief, double silence, const char *other, bool is_leaving)
{
    struct outcome outcome = {.diags = sinter_diagnostics_new(NULL)};
    struct post post = {.mischief = mischief, .noise = (unsigned)n_ranks};
    struct rank ranks[MOST_RANKS];
    struct sinter_exploration *exploration = NULL;
    struct sinter_experiment *experiment = parse(sweep, outcome.diags);
    memset(ranks, 0, sizeof ranks);
    pthread_mutex_init(&post.lock, NULL);
    for (int i = 0; i < n_ranks; i++) {
        ranks[i].text = i == 1 && other != NULL ? other : sweep;
        ranks[i].silence = silence;
        ranks[i].stop = i == 1 && is_leaving;
        ranks[i].desk = (struct desk){&post, {i, n_ranks, &ranks[i].desk, send_letter, receive_letter}, NULL};
        if (i > 0)
            assert_int_equal(pthread_create(&ranks[i].thread, NULL, serve, &ranks[i]), 0);
    }
    struct sinter_explore_options options = {
        .n_threads = 1, .team = n_ranks > 0 ? &ranks[0].desk.team : NULL, .silence_seconds = silence};
    outcome.status = sinter_explore_run(experiment, &options, NULL, outcome.diags, &exploration);
    if (n_ranks > 0)
        sinter_team_leave(&ranks[0].desk.team, NULL);
    for (int i = 1; i < n_ranks; i++)
        pthread_join(ranks[i].thread, NULL);
    if (outcome.status == SINTER_OK) {
        outcome.n_lost = exploration->n_lost;
        outcome.n_computed = exploration->n_computed;
        print_points(exploration, &outcome.points);
    }
    sinter_exploration_free(exploration);
    sinter_experiment_free(experiment);
    for (int i = 0; i < n_ranks; i++) {
        free(ranks[i].desk.given);
        for (struct letter *letter = post.first[i], *next; letter != NULL; letter = next) {
            next = letter->next;
            free(letter);
        }
    }
    pthread_mutex_destroy(&post.lock);
    return outcome;
}

static void forget(struct outcome *outcome)
{
    sinter_text_free(&outcome->points);
    sinter_diagnostics_free(outcome->diags);
}

static struct outcome plain;

static int set_up(void **state)
{
    (void)state;
    plain = explore(0, HONEST, 0, NULL, false);
    return plain.status == SINTER_OK && plain.points.length > 0 ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    forget(&plain);
    return 0;
}

static void check_same(struct outcome *outcome, int n_lost)
{
    assert_int_equal(outcome->status, SINTER_OK);
    assert_int_equal(outcome->n_lost, n_lost);
    assert_int_equal(outcome->n_computed, plain.n_computed);
    assert_string_equal(sinter_text_data(&outcome->points), sinter_text_data(&plain.points));
    forget(outcome);
}

/* ---- tests -------------------------------------------------------------------------------------------------------------- */

static void any_number_of_ranks_finds_the_same(void **state)
{
    (void)state;
    for (int n = 1; n <= MOST_RANKS; n++) {
        struct outcome outcome = explore(n, HONEST, 0, NULL, false);
        check_same(&outcome, 0);
    }
}

static void a_rank_that_falls_silent_loses_nothing(void **state)
{
    (void)state;
    for (int n = 2; n <= 3; n++) {
        struct outcome outcome = explore(n, MUTE, 1, NULL, false);
        assert_in_range(outcome.n_lost, 1, n - 1); /* on a machine that is busy, others may seem lost, too */
        check_same(&outcome, outcome.n_lost);
    }
}

/* Lost by its silence, and back with a result: it counts once. */
static void late_results_are_ignored(void **state)
{
    (void)state;
    struct outcome outcome = explore(3, ONLY_DONE, 0.05, NULL, false);
    check_same(&outcome, outcome.n_lost);
}

static void a_rank_may_leave(void **state)
{
    (void)state;
    struct outcome outcome = explore(2, HONEST, 0, NULL, true);
    check_same(&outcome, 0);
}

static void check_error(enum mischief mischief, const char *other, const char *message)
{
    struct outcome outcome = explore(3, mischief, 0, other, false);
    /* Rank 0 may do all of it before the other one says a word. */
    if (outcome.status == SINTER_OK)
        assert_string_equal(sinter_text_data(&outcome.points), sinter_text_data(&plain.points));
    else {
        assert_int_equal(outcome.status, SINTER_BAD_INPUT);
        assert_non_null(strstr(sinter_diagnostics_text(outcome.diags), message));
    }
    forget(&outcome);
}

static void a_rank_that_differs_is_refused(void **state)
{
    (void)state;
    static const char lacks_all[] = "experiment: small\nworkloads: [{model: mamba-999x}]\naxes: {buffer.capacity: [1MiB]}\n";
    static const char longer[] = "experiment: small\nworkloads: [{model: mamba-130m, tokens: 9}]\nstrategy: mem-aware\n"
                                 "axes: {buffer.capacity: [1MiB, 2MiB]}\n";
    check_error(WRONG_KEY, NULL, "rank 1 computed other accelerators than rank 0");
    check_error(SHORT, NULL, "rank 1 computed other accelerators than rank 0");
    check_error(WRONG_HELLO, NULL, "rank 1 would compute something else than rank 0");
    check_error(HONEST, longer, "rank 1 would compute something else than rank 0");
    check_error(HONEST, lacks_all, "rank 1 cannot take part: ");
}

/* No byte of an answer can do harm; what it says of its own records is believed. */
static void noise_does_no_harm(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct outcome outcome = explore(2 + i % 3, NOISE, 0, NULL, false);
        forget(&outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_ranks_finds_the_same), cmocka_unit_test(a_rank_that_falls_silent_loses_nothing),
        cmocka_unit_test(late_results_are_ignored),           cmocka_unit_test(a_rank_may_leave),
        cmocka_unit_test(a_rank_that_differs_is_refused),     cmocka_unit_test(noise_does_no_harm),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
