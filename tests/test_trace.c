/* test_trace.c: what a trace says is what the simulation did.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_CASES: how many seeds (default 100); SINTER_SEED: the first one.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_case.h"
#include "report/commands.h"
#include "report/trace.h"
#include "trace_reader.h"

#define DATA "tests/golden/data/"

/* ---- results ------------------------------------------------------------------------------------------------------- */

struct fixture {
    struct sinter_diagnostics *diags;
    struct sinter_model *model;
    struct sinter_accel *accel;
    struct sinter_strategy strategy;
    struct sinter_result *result;
};

static void load(struct fixture *fixture, const char *model, int64_t tokens, const char *accel, const char *strategy)
{
    struct sinter_model_options options = {.tokens = tokens};
    fixture->diags = sinter_diagnostics_new(NULL);
    fixture->strategy = (struct sinter_strategy){.label = strategy};
    *(strchr(strategy, '/') != NULL ? &fixture->strategy.file : &fixture->strategy.name) = strategy;
    assert_int_equal(sinter_model_load(model, &options, NULL, fixture->diags, &fixture->model), SINTER_OK);
    assert_int_equal(sinter_accel_load(accel, NULL, 0, NULL, fixture->diags, &fixture->accel), SINTER_OK);
}

static void evaluate(struct fixture *fixture)
{
    enum sinter_status status =
        sinter_result_evaluate(fixture->model, fixture->accel, &fixture->strategy, NULL, fixture->diags, &fixture->result);
    if (status != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(fixture->diags));
}

static void open_fixture(struct fixture *fixture, const char *model, int64_t tokens, const char *accel, const char *strategy)
{
    load(fixture, model, tokens, accel, strategy);
    evaluate(fixture);
}

static void close_fixture(struct fixture *fixture)
{
    sinter_result_free(fixture->result);
    sinter_model_free(fixture->model);
    sinter_accel_free(fixture->accel);
    sinter_diagnostics_free(fixture->diags);
}

/* ---- traces -------------------------------------------------------------------------------------------------------- */

static bool append(void *text, const char *data, size_t length)
{
    sinter_text_append_n(text, data, length);
    return true;
}

static struct sinter_traced trace(const struct sinter_result *result, const struct sinter_trace_window *window,
                                  struct sinter_text *text)
{
    struct sinter_traced traced;
    struct sinter_sink sink = {text, append};
    assert_int_equal(sinter_trace_write(result, window, &sink, NULL, NULL, &traced), SINTER_OK);
    return traced;
}

static const struct sinter_trace_window everything = {0, (double)INFINITY};

/* ---- what must hold ------------------------------------------------------------------------------------------------ */

static void check_tracks(const struct read *read, double hz)
{
    for (int i = 0; i < read->n_slices; i++) {
        const struct slice *slice = &read->slices[i], *next = slice + 1;
        assert_non_null(read->threads[slice->thread]);
        assert_true(slice->start < slice->end && slice->from <= slice->to);
        assert_true(fabs(slice->from - slice->start * 1e9 / hz) <= 0.5 + 1e-15 * slice->from);
        assert_true(fabs(slice->to - slice->end * 1e9 / hz) <= 0.5 + 1e-15 * slice->to);
        if (i + 1 < read->n_slices && next->thread == slice->thread)
            assert_true(slice->end <= next->start && slice->to <= next->from);
    }
}

static void check_busy(const struct read *read, const struct sinter_timing *timing)
{
    double busy[MOST_THREADS] = {0};
    for (int i = 0; i < read->n_slices; i++)
        busy[read->slices[i].thread] += read->slices[i].end - read->slices[i].start;
    for (int r = 0; r < timing->n_resources; r++) {
        double expected = timing->resources[r].busy_cycles;
        if (fabs(busy[r + 1] - expected) > 1e-6 * expected)
            fail_msg("%s: %.17g cycles in the trace, busy for %.17g", read->threads[r + 1], busy[r + 1], expected);
    }
}

/* Numbers, tiles, ranges and bytes are those of the program. */
static void check_commands(const struct read *read, const struct sinter_part_result *part, int64_t n_commands)
{
    static const char *const keys[] = {"command", "what", "tile", "ranges", "bytes", "state_bytes", "from", "to", "memory"};
    struct jot jot = {false};
    json_t *commands = jot_commands(&jot, part, n_commands);
    assert_false(jot.failed);
    for (int i = 0; i < read->n_slices; i++) {
        const json_t *args = read->slices[i].args;
        const json_t *command = json_array_get(commands, (size_t)number_of(args, "number") - 1);
        assert_non_null(command);
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            assert_true(json_equal(json_object_get(args, keys[k]), json_object_get(command, keys[k])) ||
                        (json_object_get(args, keys[k]) == NULL && json_object_get(command, keys[k]) == NULL));
    }
    json_decref(commands);
}

static void check_counters(const struct read *read, const struct sinter_accel *accel, bool ends_empty)
{
    double at[SINTER_MAX_MEMORIES] = {0}, last[SINTER_MAX_MEMORIES] = {0};
    size_t i;
    json_t *event;
    json_array_foreach(json_object_get(read->root, "traceEvents"), i, event)
    {
        if (strcmp(string_of(event, "ph"), "C") != 0)
            continue;
        int memory = sinter_accel_memory(accel, string_of(event, "name"));
        assert_in_range(memory, 1, accel->n_memories - 1);
        double ts = number_of(event, "ts"), bytes = number_of(json_object_get(event, "args"), "bytes");
        assert_true(ts >= at[memory]);
        assert_true(bytes >= 0 && bytes <= accel->memories[memory].capacity_bytes);
        at[memory] = ts;
        last[memory] = bytes;
    }
    for (int m = 0; ends_empty && m < accel->n_memories; m++)
        assert_true(last[m] <= 0);
}

/* A window shows what everything shows, cut at its edges. A store that waited while iterations before it were left out
 * has no place. */
static int check_window(const struct read *whole, const struct read *part, double from, double to)
{
    int n = 0, n_moved = 0;
    for (int i = 0; i < whole->n_slices; i++) {
        const struct slice *slice = &whole->slices[i], *cut = &part->slices[n];
        double start = fmax(slice->start, from), end = fmin(slice->end, to);
        if (start >= end)
            continue;
        assert_true(n++ < part->n_slices);
        assert_int_equal(cut->thread, slice->thread);
        assert_true(cut->start == start && cut->end == end);
        assert_string_equal(cut->name, slice->name);
        assert_true(json_equal(json_object_get(cut->args, "group"), json_object_get(slice->args, "group")));
        const json_t *number = json_object_get(cut->args, "number");
        if (number == NULL) {
            assert_null(json_object_get(cut->args, "tile"));
            assert_string_equal(string_of(cut->args, "command"), "store");
            n_moved++;
            continue;
        }
        assert_true(json_equal(number, json_object_get(slice->args, "number")));
        assert_true(json_equal(json_object_get(cut->args, "bytes"), json_object_get(slice->args, "bytes")) ||
                    strcmp(string_of(cut->args, "command"), "compute") == 0);
    }
    assert_int_equal(n, part->n_slices);
    return n_moved;
}

static void check_whole(const struct sinter_result *result, const struct read *read)
{
    const struct sinter_timing *timing = result->parts[result->block].timing;
    check_tracks(read, result->accel->hz);
    check_busy(read, timing);
    check_commands(read, &result->parts[result->block], timing->n_commands);
    check_counters(read, result->accel, true);
    const json_t *other = json_object_get(read->root, "otherData");
    assert_true(number_of(other, "cycles") == timing->cycles);
    assert_string_equal(string_of(read->root, "displayTimeUnit"), "ns");
}

/* ---- models -------------------------------------------------------------------------------------------------------- */

static void a_fused_block_is_traced_whole(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_text text = {0};
    struct read read;
    open_fixture(&f, "mamba-2.8b", 64, "marca", "fuse-all");
    struct sinter_traced traced = trace(f.result, &everything, &text);
    read_back(&text, &read);
    check_whole(f.result, &read);
    assert_int_equal(read.n_slices, traced.n_slices);
    assert_true(traced.from_cycles == 0 && traced.to_cycles == traced.cycles);
    assert_string_equal(read.threads[1], "dram port");
    assert_string_equal(read.threads[2], "array");
    assert_null(read.threads[3]);
    const json_t *other = json_object_get(read.root, "otherData");
    assert_string_equal(string_of(other, "model"), "mamba-2.8b block, prefill of 64 tokens");
    assert_string_equal(string_of(other, "accelerator"), "marca");
    assert_string_equal(string_of(other, "strategy"), "fuse-all");
    assert_true(number_of(other, "clock_hz") == 1e9);
    forget(&read);
    sinter_text_free(&text);
    close_fixture(&f);
}

static void a_window_of_a_long_block_is_traced(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_text text = {0};
    struct read read;
    struct sinter_trace_window window = {7800000, 7810000};
    open_fixture(&f, "mamba-2.8b", 2048, "marca", "mem-aware");
    struct sinter_traced traced = trace(f.result, &window, &text);
    read_back(&text, &read);
    check_tracks(&read, 1e9);
    check_counters(&read, f.accel, false);
    assert_true(read.n_slices > 100);
    assert_true(traced.from_cycles == 7800000 && traced.to_cycles == 7810000 && traced.cycles > 11e6);
    for (int i = 0; i < read.n_slices; i++)
        assert_true(read.slices[i].start >= 7800000 && read.slices[i].end <= 7810000);
    forget(&read);
    sinter_text_free(&text);
    close_fixture(&f);
}

/* Without a window the trace ends, complete, before it has too many slices. */
static void a_long_trace_ends_where_it_has_enough_slices(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_text text = {0}, cut = {0};
    struct read read, part;
    struct sinter_traced traced;
    struct trace_limits limits = {.slices = 2000};
    struct sinter_sink sink = {&text, append};
    open_fixture(&f, "mamba-130m", 128, "marca", "fuse-all");
    assert_int_equal(trace_write(f.result, NULL, &limits, &sink, NULL, NULL, &traced), SINTER_OK);
    assert_true(traced.to_cycles < traced.cycles && traced.to_cycles > 0);
    assert_true(traced.n_slices <= 2000 && traced.n_slices > 1500);
    trace(f.result, &(struct sinter_trace_window){0, traced.to_cycles}, &cut);
    assert_string_equal(sinter_text_data(&text), sinter_text_data(&cut));
    sinter_text_free(&cut);
    trace(f.result, &everything, &cut);
    read_back(&text, &part);
    read_back(&cut, &read);
    check_window(&read, &part, 0, traced.to_cycles);
    forget(&read);
    forget(&part);
    sinter_text_free(&text);
    sinter_text_free(&cut);
    close_fixture(&f);
}

/* Writes are the bottleneck, so that at any moment stores wait: as many as can, where nothing else is freed; and where
 * iterations were left out just before the window. */
static void stores_are_told_long_after_they_were_issued(void **state)
{
    (void)state;
    static const struct {
        const char *schedule;
        double capacity_bytes;
        int least_moved;
    } rows[] = {{DATA "held.txt", 65536, 0}, {DATA "fused.txt", 4096, 10}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture f;
        struct sinter_text text = {0}, again = {0}, cut = {0};
        struct read whole, part;
        struct sinter_trace_window window = {20000, 21000};
        load(&f, DATA "scan.yaml", 600, DATA "small.yaml", rows[i].schedule);
        f.accel->memories[0].write_bytes_per_s = 0.1e9;
        f.accel->memories[1].capacity_bytes = rows[i].capacity_bytes;
        evaluate(&f);
        trace(f.result, &everything, &text);
        trace(f.result, NULL, &again);
        trace(f.result, &window, &cut);
        assert_string_equal(sinter_text_data(&text), sinter_text_data(&again)); /* short enough: equal runs */
        read_back(&text, &whole);
        read_back(&cut, &part);
        check_whole(f.result, &whole);
        assert_true(check_window(&whole, &part, window.from_cycles, window.to_cycles) >= rows[i].least_moved);
        assert_string_equal(part.threads[2], "dram write port");
        forget(&whole);
        forget(&part);
        sinter_text_free(&text);
        sinter_text_free(&again);
        sinter_text_free(&cut);
        close_fixture(&f);
    }
}

/* ---- random schedules ---------------------------------------------------------------------------------------------- */

static double pick(struct sinter_random *random, const double *values, int n)
{
    return values[sinter_random_below(random, n)];
}

/* Ports and links of many speeds, a port of its own for writes, and memories with just enough space. */
static void draw_machine(struct sinter_random *random, struct sinter_accel *accel, const struct sinter_plan *plan)
{
    static const double rates[] = {1e9, 0.7e9, 16e9, 3.3e9}, limits[] = {(double)INFINITY, (double)INFINITY, 2e9, 5.1e9},
                        slack[] = {1, 1.3, 8};
    static const double clocks[] = {1e9, 1.7e9, 3e6};
    accel->prefetch = sinter_random_below(random, 8) != 0;
    accel->hz = pick(random, clocks, 3);
    for (int m = 0; m < accel->n_memories; m++) {
        struct sinter_memory *memory = &accel->memories[m];
        double scale = accel->hz / 1e9;
        memory->bytes_per_s = scale * (m == 0 ? pick(random, rates, 4) : pick(random, limits, 4));
        memory->link_bytes_per_s = m == 0 ? (double)INFINITY : scale * pick(random, limits, 4);
        memory->write_bytes_per_s = m == 0 && sinter_random_below(random, 3) == 0 ? scale * pick(random, rates, 4) : 0;
        memory->latency_s = (double)sinter_random_below(random, 3) * 9 / accel->hz;
        if (m > 0)
            memory->capacity_bytes = ceil((double)sinter_bits_to_bytes(plan->peak_bits[m]) * pick(random, slack, 3));
    }
}

struct priced {
    struct sinter_part part;
    struct sinter_model model;
    struct sinter_strategy strategy;
    struct sinter_part_result result;
    struct sinter_result whole;
};

/* A result as sinter_result_evaluate makes it, of a random schedule; false when the schedule does not fit. */
static bool price(const struct random_case *c, struct sinter_random *random, struct priced *priced)
{
    *priced = (struct priced){.part = {"random", 1, c->cascade},
                              .model = {.name = "random", .variant = "", .n_parts = 1},
                              .strategy = {.label = "random", .name = "random"}};
    for (int m = 1; m < c->accel->n_memories; m++)
        c->accel->memories[m].capacity_bytes = (double)INFINITY;
    struct sinter_part_result *part = &priced->result;
    assert_int_equal(sinter_plan_new(c->cascade, c->accel, NULL, NULL, &part->plan), SINTER_OK);
    if (sinter_plan_resolve(part->plan, &c->schedule, NULL) != SINTER_OK)
        return false;
    draw_machine(random, c->accel, part->plan);
    assert_int_equal(sinter_plan_resolve(part->plan, &c->schedule, NULL), SINTER_OK);
    size_t n = (size_t)c->cascade->n_einsums;
    part->cost.einsums = calloc(n, sizeof *part->cost.einsums);
    part->cost.groups = calloc(n, sizeof *part->cost.groups);
    assert_true(part->cost.einsums != NULL && part->cost.groups != NULL);
    sinter_cost_evaluate(part->plan, &part->cost);
    assert_int_equal(sinter_simulate(part->plan, part->cost.einsums, NULL, NULL, NULL, &part->timing), SINTER_OK);
    part->name = priced->part.name;
    part->cascade = c->cascade;
    part->has_plan = true;
    priced->model.parts = &priced->part;
    priced->whole = (struct sinter_result){
        .model = &priced->model, .accel = c->accel, .strategy = &priced->strategy, .n_parts = 1, .parts = part};
    return true;
}

static void unprice(struct priced *priced)
{
    sinter_timing_free(priced->result.timing);
    sinter_plan_free(priced->result.plan);
    free(priced->result.cost.einsums);
    free(priced->result.cost.groups);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void any_schedule_is_traced_as_it_is_simulated(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 100);
    int64_t n_run = 0, n_moved = 0, n_slices = 0;
    for (uint64_t seed = first; seed < first + n; seed++) {
        struct random_case c;
        struct priced priced;
        struct sinter_random random = {seed * 31 + 7};
        assert_true(seed % 2 == 0 ? random_case_open(&c, seed) : random_case_open_long(&c, seed));
        const struct sinter_timing *timing = price(&c, &random, &priced) ? priced.result.timing : NULL;
        if (timing != NULL && timing->is_complete && timing->n_commands < 20000) {
            struct sinter_text text = {0}, cut = {0};
            struct read whole, part;
            struct sinter_trace_window window = {timing->cycles * 0.9 * sinter_random_unit(&random), 0};
            window.to_cycles = window.from_cycles + timing->cycles * (0.05 + 0.2 * sinter_random_unit(&random));
            trace(&priced.whole, &everything, &text);
            trace(&priced.whole, &window, &cut);
            read_back(&text, &whole);
            read_back(&cut, &part);
            check_whole(&priced.whole, &whole);
            n_moved += check_window(&whole, &part, window.from_cycles, window.to_cycles);
            n_slices += whole.n_slices;
            n_run++;
            forget(&whole);
            forget(&part);
            sinter_text_free(&text);
            sinter_text_free(&cut);
        }
        unprice(&priced);
        random_case_close(&c);
    }
    print_message("%lld schedules, %lld slices, %lld of moved stores\n", (long long)n_run, (long long)n_slices,
                  (long long)n_moved);
    assert_true(n_run > 0);
}

/* ---- names, failures ----------------------------------------------------------------------------------------------- */

static void hostile_names_are_escaped(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_text text = {0};
    struct read read;
    open_fixture(&f, DATA "scan.yaml", 0, DATA "hostile.yaml", DATA "fused.txt");
    static const char tensor[] = "D\"T\\\n\x1b[2J\xE2\x80\xAE\xFF", shown[] = "load D\"T\\\n\x1b[2J\xE2\x80\xAE\xEF\xBF\xBD";
    const struct sinter_cascade *cascade = f.result->parts[0].cascade;
    for (int t = 0; t < cascade->n_tensors; t++) /* no reader lets such a name pass */
        if (strcmp(cascade->tensors[t].name, "DT") == 0)
            ((struct sinter_tensor *)(uintptr_t)&cascade->tensors[t])->name = tensor;
    trace(f.result, NULL, &text);
    for (const char *at = sinter_text_data(&text); *at != '\0'; at++)
        assert_true(*at == '\n' || (*at >= ' ' && *at < 0x7F) || strncmp(at, "\xEF\xBF\xBD", 3) == 0 ||
                    (at[-1] == '\xEF' || at[-2] == '\xEF'));
    read_back(&text, &read);
    bool is_found = false;
    for (int i = 0; i < read.n_slices; i++)
        is_found = is_found || strcmp(read.slices[i].name, shown) == 0;
    assert_true(is_found);
    assert_string_equal(string_of(json_object_get(read.root, "otherData"), "accelerator"), "ev\x1b[31mil, \"name\" = 1");
    forget(&read);
    sinter_text_free(&text);
    close_fixture(&f);
}

static void an_impossible_window_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct sinter_trace_window window;
        const char *says;
    } rows[] = {{{5, 5}, "the window from cycle 5 to cycle 5 is empty"},
                {{-1, 5}, "the window from cycle -1 to cycle 5 is empty"},
                {{118, (double)INFINITY}, "the window begins at cycle 118, but the schedule takes 118 cycles"}};
    struct fixture f;
    open_fixture(&f, DATA "scan.yaml", 0, DATA "small.yaml", DATA "fused.txt");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sinter_text text = {0};
        struct sinter_traced traced;
        struct sinter_sink sink = {&text, append};
        sinter_diagnostics_clear(f.diags);
        assert_int_equal(sinter_trace_write(f.result, &rows[i].window, &sink, NULL, f.diags, &traced), SINTER_BAD_USAGE);
        assert_string_equal(sinter_diagnostics_at(f.diags, 0)->message, rows[i].says);
        assert_int_equal(text.length, 0);
    }
    close_fixture(&f);
}

static void a_window_that_cannot_be_reached_is_told(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_text text = {0};
    struct sinter_traced traced;
    struct sinter_sink sink = {&text, append};
    struct trace_limits limits = {.slices = 1000, .commands = 40};
    open_fixture(&f, DATA "scan.yaml", 0, DATA "small.yaml", DATA "fused.txt");
    assert_int_equal(trace_write(f.result, &everything, &limits, &sink, NULL, f.diags, &traced), SINTER_INFEASIBLE);
    assert_non_null(strstr(sinter_diagnostics_text(f.diags), "the end of the window was not reached"));
    sinter_text_free(&text);
    struct sinter_trace_window early = {0, 10};
    assert_int_equal(trace_write(f.result, &early, &limits, &sink, NULL, f.diags, &traced), SINTER_OK);
    sinter_text_free(&text);
    close_fixture(&f);
}

struct small_sink {
    size_t left;
    int n_refused;
};

static bool take_some(void *context, const char *data, size_t length)
{
    (void)data;
    struct small_sink *sink = context;
    bool is_taken = length <= sink->left;
    sink->left -= is_taken ? length : 0;
    sink->n_refused += !is_taken;
    return is_taken;
}

static void a_sink_that_fails_is_asked_no_more(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_traced traced;
    struct small_sink small = {.left = 100000};
    struct sinter_sink sink = {&small, take_some};
    open_fixture(&f, "mamba-130m", 64, "marca", "fuse-all");
    assert_int_equal(sinter_trace_write(f.result, NULL, &sink, NULL, f.diags, &traced), SINTER_BAD_INPUT);
    assert_int_equal(small.n_refused, 1);
    close_fixture(&f);
}

static void tracing_survives_every_failed_allocation(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, DATA "scan.yaml", 0, DATA "small.yaml", DATA "fused.txt");
    enum sinter_status status = SINTER_NO_MEMORY;
    int64_t n = 0;
    for (; status != SINTER_OK; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_text text = {0};
        struct sinter_traced traced;
        struct sinter_sink sink = {&text, append};
        sinter_counting_allocator_init(&counting, n);
        status = sinter_trace_write(f.result, NULL, &sink, &counting.allocator, NULL, &traced);
        assert_true(status == SINTER_OK || status == SINTER_NO_MEMORY);
        assert_int_equal(counting.n_live, 0);
        sinter_text_free(&text);
    }
    assert_true(n > 10);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fused_block_is_traced_whole),
        cmocka_unit_test(a_window_of_a_long_block_is_traced),
        cmocka_unit_test(a_long_trace_ends_where_it_has_enough_slices),
        cmocka_unit_test(stores_are_told_long_after_they_were_issued),
        cmocka_unit_test(any_schedule_is_traced_as_it_is_simulated),
        cmocka_unit_test(hostile_names_are_escaped),
        cmocka_unit_test(an_impossible_window_is_refused),
        cmocka_unit_test(a_window_that_cannot_be_reached_is_told),
        cmocka_unit_test(a_sink_that_fails_is_asked_no_more),
        cmocka_unit_test(tracing_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
