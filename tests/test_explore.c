/* test_explore.c: a sweep gives the same results however it is run: by any number of threads, in parts, interrupted, killed.
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
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "explore_case.h"
#include "sinter/report.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ---- all that came of a sweep, as a text ----------------------------------------------------------------------------------- */

static void describe(const struct sinter_experiment *experiment, const struct sinter_explore_point *point,
                     struct sinter_text *out)
{
    sinter_text_printf(out, "point %lld: built %d complete %d fits %d area %.17g s %.17g J %.17g memory %.17g pes %.17g",
                       (long long)point->index, point->is_built, point->is_complete, point->fits, point->area_mm2,
                       point->seconds, point->joules, point->memory_bytes, point->pes);
    for (int i = 0; i < experiment->n_axes; i++)
        sinter_text_printf(out, " %d", point->coordinates[i]);
    for (int w = 0; w < experiment->n_workloads; w++) {
        const struct sinter_explored *one = &point->workloads[w];
        sinter_text_printf(
            out,
            "\n  known %d %s cycles %.17g bound %.17g least %.17g value %.17g J %.17g total %.17g dram %.17g peak %.17g "
            "utilization %.17g compute %.17g dram %.17g\n%s",
            one->is_known, sinter_status_name(one->status), one->cycles, one->bound_cycles, one->least, one->value,
            one->joules, one->total_joules, one->dram_bytes, one->peak_bytes, one->utilization, one->compute_cycles,
            one->dram_cycles, one->schedule != NULL ? one->schedule : "none");
    }
    sinter_text_append(out, "\n");
}

static bool append_piece(void *context, const char *data, size_t length)
{
    sinter_text_append_n(context, data, length);
    return true;
}

/* All but how it was run. */
static char *snapshot(struct explore_case *b, struct sinter_exploration *exploration)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    struct sinter_text out = {0};
    struct sinter_sink sink = {&out, append_piece};
    struct sinter_explore_front *front = front_of(b, exploration);
    static struct sinter_explore_point point;
    sinter_text_printf(&out,
                       "cases %lld unbuilt %lld infeasible %lld proven %lld gap %.17g raised %lld base %d stopped %d\n",
                       (long long)exploration->n_cases, (long long)exploration->n_unbuilt,
                       (long long)exploration->n_infeasible, (long long)exploration->n_proven, exploration->worst_gap,
                       (long long)exploration->n_raised, exploration->has_base, exploration->is_stopped);
    describe(experiment, &exploration->base, &out);
    for (int64_t i = 0; i < experiment->n_points; i++) {
        point_of(b, exploration, i, &point);
        describe(experiment, &point, &out);
    }
    for (int64_t i = 0; i < front->n; i++)
        sinter_text_printf(&out, "front %lld\n", (long long)front->points[i]);
    for (int is_csv = 0; is_csv < 2; is_csv++)
        for (int is_all = 0; is_all < 2; is_all++) {
            struct sinter_style style = {.format = is_csv ? SINTER_FORMAT_CSV : SINTER_FORMAT_JSON};
            assert_int_equal(sinter_explore_write(exploration, front, is_all != 0, &style, &sink, b->diags), SINTER_OK);
        }
    sinter_explore_front_free(front);
    assert_false(out.failed);
    return out.data;
}

/* Where two texts part, with a little of both. */
static void assert_same(const char *found, const char *expected, const char *what)
{
    size_t i = 0;
    if (strcmp(found, expected) == 0)
        return;
    while (found[i] == expected[i])
        i++;
    size_t from = i > 300 ? i - 300 : 0;
    fail_msg("%s: differs at byte %zu:\n%.600s\n---- expected\n%.600s", what, i, found + from, expected + from);
}

/* What one run on one thread gives, kept for all tests. */
static char *direct;
static int64_t n_direct; /* schedules that it computed */

static const char *direct_run(struct explore_case *b)
{
    if (direct == NULL) {
        struct sinter_explore_options options = {.n_threads = 1};
        struct sinter_exploration *exploration = explore(b, b->experiment, &options);
        direct = snapshot(b, exploration);
        n_direct = exploration->n_computed;
        assert_int_equal(exploration->n_cases, N_POINTS * 2);
        assert_int_equal(exploration->n_unbuilt, N_UNBUILT * 2);
        assert_int_equal(n_direct, (N_POINTS - N_UNBUILT) * 2);
        assert_int_equal(exploration->n_found, 0);
        assert_true(exploration->n_infeasible > 0 && exploration->n_infeasible < n_direct);
        assert_true(exploration->has_base);
        assert_true(exploration->n_raised > 0);
        sinter_exploration_free(exploration);
    }
    return direct;
}

/* Runs on the store to the end; everything is as if it had been run at once. */
static void assert_completes(struct explore_case *b, const char *store, int64_t least_found, const char *what)
{
    const char *expected = direct_run(b);
    struct sinter_explore_options options = {.store = store, .n_threads = 2};
    struct sinter_exploration *exploration = explore(b, b->experiment, &options);
    char *found = snapshot(b, exploration);
    assert_same(found, expected, what);
    free(found);
    assert_int_equal(exploration->n_computed + exploration->n_found, n_direct);
    if (exploration->n_found < least_found)
        fail_msg("%s: only %lld schedules were kept", what, (long long)exploration->n_found);
    sinter_exploration_free(exploration);
}

/* ---- however it is run ----------------------------------------------------------------------------------------------------- */

static void results_do_not_depend_on_threads(void **state)
{
    static const int threads[] = {2, 5};
    struct explore_case *b = *state;
    for (size_t i = 0; i < COUNT(threads); i++) {
        const char *expected = direct_run(b);
        struct sinter_explore_options options = {.n_threads = threads[i]};
        struct sinter_exploration *exploration = explore(b, b->experiment, &options);
        char *found = snapshot(b, exploration);
        assert_same(found, expected, "threads");
        free(found);
        sinter_exploration_free(exploration);
    }
}

struct meter {
    volatile sig_atomic_t stop;
    int n_calls, stop_after; /* 0: never */
    bool is_inside;
    struct sinter_explore_progress last;
};

static void note_progress(void *context, const struct sinter_explore_progress *progress)
{
    struct meter *meter = context;
    assert_false(meter->is_inside); /* by one thread at a time */
    meter->is_inside = true;
    assert_true(progress->n_done > meter->last.n_done && progress->n_done <= progress->n_all);
    assert_true(progress->n_found >= meter->last.n_found && progress->n_found <= progress->n_done);
    assert_true(progress->seconds >= meter->last.seconds);
    meter->last = *progress;
    meter->stop |= ++meter->n_calls == meter->stop_after;
    meter->is_inside = false;
}

static void an_interrupted_sweep_goes_on(void **state)
{
    struct explore_case *b = *state;
    for (int stop_after = 1; stop_after <= 3; stop_after += 2) { /* of four batches */
        struct meter meter = {.stop_after = stop_after};
        struct sinter_explore_options options = {
            .store = b->path, .n_threads = 1, .stop = &meter.stop, .progress = note_progress, .context = &meter};
        struct sinter_exploration *exploration = explore(b, b->experiment, &options);
        assert_true(exploration->is_stopped);
        assert_false(exploration->has_base);
        assert_int_equal(meter.n_calls, stop_after);
        assert_int_equal(meter.last.n_all, N_POINTS * 2);
        int64_t n_kept = exploration->n_computed;
        assert_true(n_kept > 0 && n_kept < n_direct);
        sinter_exploration_free(exploration);
        assert_completes(b, b->path, n_kept, "interrupted");
        unlink(b->path);
    }
}

/* An allocator that asks for the end after some requests: in the middle of a batch. */
struct stopper {
    struct sinter_allocator allocator;
    int64_t n_left;
    volatile sig_atomic_t stop;
};

static void *allocate_and_stop(void *context, size_t bytes)
{
    struct stopper *stopper = context;
    if (stopper->n_left > 0 && --stopper->n_left == 0)
        stopper->stop = 1;
    return calloc(1, bytes);
}

static void release(void *context, void *block)
{
    (void)context;
    free(block);
}

enum { NEVER = 1 << 30 };

/* Runs until the allocator stops it: how many schedules were computed by then. *n_requests: after how many; then how many there
 * were. */
static int64_t run_until_stopped(struct explore_case *b, const struct sinter_experiment *experiment, int64_t *n_requests)
{
    struct stopper stopper = {.n_left = *n_requests};
    stopper.allocator = (struct sinter_allocator){allocate_and_stop, release, &stopper};
    struct sinter_explore_options options = {.store = b->path, .n_threads = 1, .stop = &stopper.stop};
    struct sinter_exploration *exploration = NULL;
    assert_int_equal(sinter_explore_run(experiment, &options, &stopper.allocator, b->diags, &exploration), SINTER_OK);
    assert_int_equal(exploration->is_stopped, *n_requests != NEVER);
    int64_t n = exploration->n_computed;
    sinter_exploration_free(exploration);
    *n_requests -= stopper.n_left;
    return n;
}

static void what_is_finished_of_a_batch_is_kept_when_it_is_interrupted(void **state)
{
    enum { N_STOPS = 16, N_BATCHES = 6 };
    struct explore_case *b = *state;
    struct sinter_experiment *experiment = parse_experiment(HEAD("mem-aware", "1") AXES);
    int64_t n_requests = NEVER, n_all = run_until_stopped(b, experiment, &n_requests), n_before = 0;
    struct sinter_explore_options options = {.store = b->path};
    struct sinter_exploration *rest = explore(b, experiment, &options);
    char *expected = snapshot(b, rest);
    int n_different = 0;
    sinter_exploration_free(rest);
    for (int k = 1; k < N_STOPS; k++) {
        int64_t stop_after = n_requests * k / N_STOPS;
        unlink(b->path);
        int64_t n_kept = run_until_stopped(b, experiment, &stop_after);
        assert_true(n_kept >= n_before && n_kept <= n_all);
        n_different += n_kept > n_before;
        n_before = n_kept;
        rest = explore(b, experiment, &options);
        assert_int_equal(rest->n_found, n_kept);
        assert_int_equal(rest->n_computed, n_all - n_kept);
        char *found = snapshot(b, rest); /* a named strategy learns nothing, so it is the same */
        assert_same(found, expected, "kept");
        free(found);
        sinter_exploration_free(rest);
    }
    assert_true(n_different > N_BATCHES); /* so some were stopped inside of a batch */
    free(expected);
    sinter_experiment_free(experiment);
}

static void a_sweep_that_is_stopped_at_once_computes_nothing(void **state)
{
    struct explore_case *b = *state;
    volatile sig_atomic_t stop = 1;
    struct sinter_explore_options options = {.store = b->path, .stop = &stop};
    struct sinter_exploration *exploration = explore(b, b->experiment, &options);
    struct sinter_explore_front *front = front_of(b, exploration);
    assert_true(exploration->is_stopped);
    assert_int_equal(exploration->n_computed + exploration->n_found + exploration->n_infeasible, 0);
    assert_int_equal(front->n + front->n_fit, 0);
    assert_int_equal(front->best, -1);
    sinter_explore_front_free(front);
    sinter_exploration_free(exploration);
}

/* What nobody has been at yet is not known; whether it can be built is, and so is what it is like. */
static void points_of_other_shards_are_not_known(void **state)
{
    struct explore_case *b = *state;
    static struct sinter_explore_point point, whole;
    struct sinter_explore_options first = {.n_shards = 8}, all = {0}; /* the first of four batches */
    struct sinter_experiment *experiment = parse_experiment(HEAD("mem-aware", "1") AXES);
    struct sinter_exploration *part = explore(b, experiment, &first), *direct_one = explore(b, experiment, &all);
    int n_known = 0;
    for (int64_t i = 0; i < N_POINTS; i++) {
        point_of(b, part, i, &point);
        point_of(b, direct_one, i, &whole);
        assert_int_equal(point.is_built, whole.is_built);
        assert_true(!(point.pes < whole.pes) && !(point.pes > whole.pes));
        assert_true(!(point.memory_bytes < whole.memory_bytes) && !(point.memory_bytes > whole.memory_bytes));
        assert_false(point.is_complete);
        assert_false(point.workloads[1].is_known);
        n_known += point.workloads[0].is_known;
    }
    assert_int_equal(n_known, part->n_computed);
    assert_true(n_known > 0 && n_known < N_POINTS - N_UNBUILT);
    sinter_exploration_free(part);
    sinter_exploration_free(direct_one);
    sinter_experiment_free(experiment);
}

static void merged_shards_are_the_whole(void **state)
{
    struct explore_case *b = *state;
    direct_run(b);
    for (int n_shards = 2; n_shards <= 3; n_shards++) {
        int64_t n_computed = 0;
        for (int shard = 0; shard < n_shards; shard++) {
            const char *const paths[] = {b->path, b->other, b->third};
            struct sinter_explore_options options = {.store = paths[shard], .shard = shard, .n_shards = n_shards};
            struct sinter_exploration *exploration = explore(b, b->experiment, &options);
            assert_true(exploration->n_computed > 0 && exploration->n_computed < n_direct);
            assert_int_equal(exploration->n_found, 0);
            n_computed += exploration->n_computed;
            sinter_exploration_free(exploration);
        }
        assert_int_equal(n_computed, n_direct); /* each case by one of them */
        assert_int_equal(sinter_explore_merge(b->path, b->other, NULL, b->diags), SINTER_OK);
        if (n_shards == 3)
            assert_int_equal(sinter_explore_merge(b->path, b->third, NULL, b->diags), SINTER_OK);
        assert_completes(b, b->path, n_direct, "shards");
        unlink(b->path);
        unlink(b->other);
    }
}

static void shards_that_do_not_exist_are_refused(void **state)
{
    struct explore_case *b = *state;
    static const int64_t shards[] = {-1, 4, 5};
    for (size_t i = 0; i < COUNT(shards); i++) {
        struct sinter_explore_options options = {.shard = shards[i], .n_shards = 4};
        struct sinter_exploration *exploration = NULL;
        assert_int_equal(sinter_explore_run(b->experiment, &options, NULL, b->diags, &exploration), SINTER_BAD_INPUT);
        assert_null(exploration);
    }
    assert_string_equal(sinter_diagnostics_at(b->diags, 1)->message, "there is no shard 4 of 4");
}

static void say_progress(void *context, const struct sinter_explore_progress *progress)
{
    (void)progress;
    if (write(*(const int *)context, "x", 1) != 1)
        _exit(3);
}

/* Sweeps in a process of its own, which is killed some time after its n-th batch. Whether it was. */
static bool sweep_and_kill(struct explore_case *b, int n_batches, long microseconds)
{
    int ends[2], code = 0;
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct sinter_explore_options options = {
            .store = b->path, .n_threads = 2, .progress = say_progress, .context = &ends[1]};
        struct sinter_exploration *exploration = NULL;
        close(ends[0]);
        _exit(sinter_explore_run(b->experiment, &options, NULL, NULL, &exploration) == SINTER_OK ? 0 : 1);
    }
    close(ends[1]);
    for (int i = 0; i < n_batches && read(ends[0], &byte, 1) == 1; i++)
        continue;
    nanosleep(&(struct timespec){0, 1000 * microseconds}, NULL);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &code, 0), child);
    close(ends[0]);
    if (WIFEXITED(code))
        assert_int_equal(WEXITSTATUS(code), 0);
    return WIFSIGNALED(code);
}

static void a_killed_sweep_loses_only_what_was_in_flight(void **state)
{
    struct explore_case *b = *state;
    static const struct {
        int n_batches;
        long microseconds;
    } kills[] = {{0, 5000}, {1, 0}, {2, 3000}, {3, 0}};
    int n_killed = 0;
    for (size_t i = 0; i < COUNT(kills); i++)
        n_killed += sweep_and_kill(b, kills[i].n_batches, kills[i].microseconds);
    assert_true(n_killed >= 1);
    assert_completes(b, b->path, 1, "killed");
}

static void a_finished_sweep_computes_nothing_again(void **state)
{
    struct explore_case *b = *state;
    assert_completes(b, b->path, 0, "first");
    assert_completes(b, b->path, n_direct, "again");
    /* What decides no result changes no key. */
    struct sinter_experiment *other = parse_experiment(HEAD("optimal", "20") AXES);
    other->name = "other";
    other->workloads[0].weight = 7;
    struct sinter_explore_options options = {.store = b->path};
    struct sinter_exploration *exploration = explore(b, other, &options);
    assert_int_equal(exploration->n_computed, 0);
    assert_int_equal(exploration->n_found, n_direct);
    sinter_exploration_free(exploration);
    sinter_experiment_free(other);
}

/* Each of these asks something else: nothing of it is in the store. */
static void another_question_has_another_key(void **state)
{
    struct explore_case *b = *state;
    struct sinter_explore_options fill = {.store = b->path}, ask = {.store = b->path, .is_readonly = true};
    static const char axis[] = "axes: {buffer.capacity: [24 B, 48 B]}\n";
    static const char *const others[] = {"effort: 21\n", "gap: 0.03\n", "objective: energy\n", "strategy: mem-aware\n",
                                         "set: {clock: 2 GHz}\n"};
    static const char head[] =
        "experiment: e\naccelerator: examples/tiny.accel.yaml\nworkloads: [{model: examples/scan.yaml}]\n";
    struct sinter_text text = {0};
    sinter_text_printf(&text, "%s%s", head, axis);
    struct sinter_experiment *first = parse_experiment(sinter_text_data(&text));
    sinter_exploration_free(explore(b, first, &fill));
    for (size_t i = 0; i <= COUNT(others); i++) {
        text.length = 0;
        sinter_text_printf(&text, "%s%s%s", head, axis, i < COUNT(others) ? others[i] : "");
        struct sinter_experiment *other = parse_experiment(sinter_text_data(&text));
        struct sinter_exploration *exploration = explore(b, other, &ask);
        if (exploration->n_found != (i < COUNT(others) ? 0 : 2))
            fail_msg("%s%lld found", sinter_text_data(&text), (long long)exploration->n_found);
        sinter_exploration_free(exploration);
        sinter_experiment_free(other);
    }
    sinter_experiment_free(first);
    sinter_text_free(&text);
}

/* ---- stores ---------------------------------------------------------------------------------------------------------------- */

static struct sinter_text read_file(const char *path)
{
    struct sinter_text text = {0};
    char chunk[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        sinter_text_append_n(&text, chunk, n);
    fclose(file);
    return text;
}

static void a_store_is_read_without_being_changed(void **state)
{
    struct explore_case *b = *state;
    struct sinter_explore_options read = {.store = b->path, .is_readonly = true}, half = {.store = b->other, .n_shards = 2};
    assert_completes(b, b->path, 0, "first");
    struct sinter_text before = read_file(b->path);
    struct sinter_exploration *exploration = explore(b, b->experiment, &read);
    char *found = snapshot(b, exploration);
    assert_same(found, direct_run(b), "read");
    assert_int_equal(exploration->n_computed, 0);
    free(found);
    sinter_exploration_free(exploration);
    struct sinter_text after = read_file(b->path);
    assert_int_equal(before.length, after.length);
    assert_memory_equal(before.data, after.data, before.length);
    sinter_text_free(&before);
    sinter_text_free(&after);

    /* What is not there is not known; what is there is as it was, or not yet raised. */
    sinter_exploration_free(explore(b, b->experiment, &half));
    read.store = b->other;
    exploration = explore(b, b->experiment, &read);
    static struct sinter_explore_point point;
    int n_known = 0, n_incomplete = 0;
    for (int64_t i = 0; i < N_POINTS; i++) {
        point_of(b, exploration, i, &point);
        bool is_complete = point.is_built && point.workloads[0].is_known && point.workloads[1].is_known;
        assert_int_equal(point.is_complete, is_complete);
        assert_true(point.is_complete || !point.fits);
        n_incomplete += point.is_built && !point.is_complete;
        n_known += point.workloads[0].is_known + point.workloads[1].is_known;
    }
    assert_int_equal(n_known, exploration->n_found);
    assert_true(n_incomplete > 0 && n_known > 0);
    assert_false(exploration->has_base);
    sinter_exploration_free(exploration);
}

static void a_store_knows_its_experiments(void **state)
{
    struct explore_case *b = *state;
    volatile sig_atomic_t stop = 1;
    struct sinter_explore_options options = {.store = b->path, .stop = &stop};
    struct sinter_experiment *second = parse_experiment(HEAD("mem-aware", "7") "axes: {buffer.capacity: 16B..64B:geo:3}\n");
    const struct sinter_experiment *const expected[] = {b->experiment, second};
    sinter_exploration_free(explore(b, b->experiment, &options));
    sinter_exploration_free(explore(b, second, &options));
    sinter_exploration_free(explore(b, b->experiment, &options)); /* again: it is there */
    for (int i = 0; i < 3; i++) {
        struct sinter_experiment *stored = NULL;
        struct sinter_text a = {0}, c = {0};
        assert_int_equal(sinter_explore_stored(b->path, i, NULL, b->diags, &stored), SINTER_OK);
        assert_int_equal(stored != NULL, i < 2);
        if (stored != NULL) {
            sinter_experiment_print(expected[i], &a);
            sinter_experiment_print(stored, &c);
            assert_string_equal(sinter_text_data(&a), sinter_text_data(&c));
        }
        sinter_text_free(&a);
        sinter_text_free(&c);
        sinter_experiment_free(stored);
    }
    sinter_experiment_free(second);
}

static void expect_refused(struct explore_case *b, enum sinter_status status, const char *message)
{
    assert_int_equal(status, SINTER_BAD_INPUT);
    if (strstr(sinter_diagnostics_text(b->diags), message) == NULL)
        fail_msg("expected '%s' in: %s", message, sinter_diagnostics_text(b->diags));
    sinter_diagnostics_clear(b->diags);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void wrong_stores_are_refused(void **state)
{
    struct explore_case *b = *state;
    struct sinter_exploration *exploration = NULL;
    struct sinter_experiment *stored = NULL;
    struct sinter_experiment *one = parse_experiment(HEAD("mem-aware", "1"));
    struct sinter_explore_options options = {.store = b->path, .is_readonly = true}, write = {.store = b->path};

    /* a missing one, a text, a folder */
    expect_refused(b, sinter_explore_run(one, &options, NULL, b->diags, &exploration), "No such file");
    expect_refused(b, sinter_explore_stored(b->path, 0, NULL, b->diags, &stored), "No such file");
    FILE *file = fopen(b->other, "w");
    assert_non_null(file);
    fputs("no store\n", file);
    fclose(file);
    for (int is_readonly = 0; is_readonly < 2; is_readonly++) {
        options = (struct sinter_explore_options){.store = b->other, .is_readonly = is_readonly};
        expect_refused(b, sinter_explore_run(one, &options, NULL, b->diags, &exploration), "a file of another kind");
        options.store = b->folder;
        expect_refused(b, sinter_explore_run(one, &options, NULL, b->diags, &exploration), b->folder);
    }
    expect_refused(b, sinter_explore_merge(b->other, b->path, NULL, b->diags), "a file of another kind");
    expect_refused(b, sinter_explore_stored(b->other, 0, NULL, b->diags, &stored), "a file of another kind");

    /* one that is being written, a merge of what is none, or of another answer */
    exploration = explore(b, one, &write);
    struct sinter_exploration *second = NULL;
    expect_refused(b, sinter_explore_run(one, &write, NULL, b->diags, &second), "being written by another process");
    assert_null(second);
    expect_refused(b, sinter_explore_merge(b->path, b->other, NULL, b->diags), "being written by another process");
    sinter_exploration_free(exploration);
    expect_refused(b, sinter_explore_merge(b->path, b->other, NULL, b->diags), "a file of another kind");
    expect_refused(b, sinter_explore_merge(b->path, b->third, NULL, b->diags), "No such file");
    write.store = b->third;
    sinter_exploration_free(explore(b, one, &write));
    assert_int_equal(sinter_explore_merge(b->path, b->third, NULL, b->diags), SINTER_OK);
    run_sql(b->third, "UPDATE result SET v0 = v0 + 1");
    expect_refused(b, sinter_explore_merge(b->path, b->third, NULL, b->diags), "has another result for the key");
    sinter_experiment_free(one);
}

static int drop_direct(void **state)
{
    (void)state;
    free(direct);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(results_do_not_depend_on_threads, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(an_interrupted_sweep_goes_on, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(what_is_finished_of_a_batch_is_kept_when_it_is_interrupted, explore_set_up,
                                        explore_tear_down),
        cmocka_unit_test_setup_teardown(a_sweep_that_is_stopped_at_once_computes_nothing, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(points_of_other_shards_are_not_known, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(merged_shards_are_the_whole, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(shards_that_do_not_exist_are_refused, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(a_killed_sweep_loses_only_what_was_in_flight, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(a_finished_sweep_computes_nothing_again, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(another_question_has_another_key, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(a_store_is_read_without_being_changed, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(a_store_knows_its_experiments, explore_set_up, explore_tear_down),
        cmocka_unit_test_setup_teardown(wrong_stores_are_refused, explore_set_up, explore_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, drop_direct);
}
