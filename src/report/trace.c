/* trace.c: a schedule over time as Chrome's trace event JSON, written while it is simulated.
 * SPDX-License-Identifier: MIT
 *
 * Loads and computes are served while they are issued, stores later. So the events of stores are kept until they are
 * served: at most SINTER_LOOKAHEAD of a memory wait at once, because their space stands in a ring of that length, and in
 * order. A ring of one more for each memory holds them, and is all that the trace keeps.
 *
 * Iterations before the window may be left out. A store that waited then stands for the like one of a later iteration:
 * where its tile was is no longer said.
 */
#include "report/trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "report/commands.h"

enum { N_KEPT = SINTER_LOOKAHEAD + 1, PIECE_BYTES = 1 << 16 };

/* A command's event without its times: {"name", "cat", "args"}. NULL: nobody has asked for it yet. */
struct event {
    int64_t number;
    json_t *object;
};

struct ring {
    int next;
    struct event events[N_KEPT];
};

/* How full a memory is; `bits` is written once time has moved on. */
struct level {
    bool is_pending;
    double at;
    int64_t bits;
};

struct trace {
    const struct sinter_result *result;
    const struct sinter_plan *plan;
    const struct sinter_sink *sink;
    double from, to, hz; /* cycles */
    struct jot jot;
    struct sinter_text out, line; /* what the sink gets next; one event */
    bool is_refused;              /* by the sink */
    bool is_lost;                 /* a slice belonged to no command that is known */
    int64_t n_events, n_slices;

    const struct sinter_program *program; /* the command that was issued last */
    struct sinter_command command;
    struct event now;
    struct ring *rings; /* by memory */
    struct level levels[SINTER_MAX_MEMORIES];
};

static const struct sinter_part_result *traced_part(const struct sinter_result *result)
{
    return &result->parts[result->block];
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static void give_to_sink(struct trace *trace, size_t at_least)
{
    if (trace->out.length < at_least || trace->out.failed)
        return;
    if (!trace->is_refused)
        trace->is_refused = !trace->sink->write(trace->sink->context, sinter_text_data(&trace->out), trace->out.length);
    trace->out.length = 0;
}

static int append_piece(const char *piece, size_t length, void *out)
{
    sinter_text_append_n(out, piece, length);
    return ((struct sinter_text *)out)->failed ? -1 : 0;
}

/* The members of an object, with its closing brace but without the opening one. Takes it over. */
static void put_members(struct trace *trace, json_t *object)
{
    trace->line.length = 0;
    size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17);
    if (object == NULL || json_dump_callback(object, append_piece, &trace->line, flags) != 0)
        trace->jot.failed = true;
    else
        sinter_text_visible(&trace->out, sinter_text_data(&trace->line) + 1, ""); /* its escapes are JSON's */
    json_decref(object);
}

static void begin_event(struct trace *trace, const char *phase)
{
    sinter_text_printf(&trace->out, "%s\n{\"ph\":\"%s\",\"pid\":1,", trace->n_events++ > 0 ? "," : "", phase);
}

/* Viewers round times to nanoseconds, each by itself: edges are rounded here, so that slices that touch do not overlap. */
static double nanoseconds(const struct trace *trace, double cycles)
{
    return floor(cycles * 1e9 / trace->hz + 0.5);
}

static void put_microseconds(struct trace *trace, const char *name, double ns)
{
    sinter_text_printf(&trace->out, "\"%s\":", name);
    if (ns < 9e15)
        sinter_text_printf(&trace->out, "%" PRId64 ".%03d,", (int64_t)ns / 1000, (int)((int64_t)ns % 1000));
    else
        sinter_text_printf(&trace->out, "%.1f,", ns / 1000); /* an integer might not fit a reader's */
}

static json_t *jot_cycles(struct jot *jot, double cycles)
{
    bool is_whole = cycles < 9e15 && cycles - floor(cycles) <= 0;
    return is_whole ? jot_count(jot, (int64_t)cycles) : jot_real(jot, cycles);
}

/* ---- what was issued ----------------------------------------------------------------------------------------------- */

static json_t *event_new(struct trace *trace, int64_t number)
{
    struct command_words words;
    struct sinter_text name = {0};
    struct jot *jot = &trace->jot;
    const char *kind = sinter_command_name(trace->command.kind);
    command_describe(trace->plan, trace->program, &trace->command, &words);
    if (trace->command.kind != SINTER_COMPUTE)
        sinter_text_printf(&name, "%s ", kind);
    sinter_text_append_n(&name, sinter_text_data(&words.what), words.name_length);
    json_t *event = jot_object(jot), *args = jot_command(jot, &trace->command, &words);
    jot_put(jot, args, "group", jot_count(jot, trace->plan->nodes[trace->command.node].group + 1));
    jot_put(jot, args, "number", jot_count(jot, number + 1)); /* as --commands counts */
    jot_put(jot, event, "name", jot_text(jot, sinter_text_data(&name)));
    jot_put(jot, event, "cat", jot_text(jot, kind));
    jot_put(jot, event, "args", args);
    jot->failed = jot->failed || name.failed;
    sinter_text_free(&name);
    command_words_free(&words);
    return event;
}

/* Iterations were left out: what waits is known but for its place. */
static void forget_places(struct trace *trace)
{
    for (int m = 0; m < trace->plan->accel->n_memories; m++) {
        for (int i = 0; i < N_KEPT; i++) {
            json_t *args = json_object_get(trace->rings[m].events[i].object, "args");
            json_object_del(args, "number");
            json_object_del(args, "tile");
        }
    }
}

static void see_command(void *context, int64_t number, const struct sinter_command *command,
                        const struct sinter_program *program)
{
    struct trace *trace = context;
    if (number != trace->now.number + 1)
        forget_places(trace);
    json_decref(trace->now.object);
    trace->now = (struct event){.number = number};
    trace->program = program;
    trace->command = *command;
    if (command->kind != SINTER_STORE)
        return;
    struct ring *ring = &trace->rings[trace->plan->tiles[command->tile].memory];
    struct event *event = &ring->events[ring->next];
    ring->next = (ring->next + 1) % N_KEPT;
    json_decref(event->object);
    *event = (struct event){number, event_new(trace, number)};
}

/* The event of a command that is served; NULL when it is unknown. */
static json_t *find_event(struct trace *trace, int64_t number)
{
    if (number == trace->now.number && trace->command.kind != SINTER_STORE) {
        if (trace->now.object == NULL)
            trace->now.object = event_new(trace, number);
        return trace->now.object;
    }
    for (int m = 0; m < trace->plan->accel->n_memories; m++)
        for (int i = 0; i < N_KEPT; i++)
            if (trace->rings[m].events[i].number == number && trace->rings[m].events[i].object != NULL)
                return trace->rings[m].events[i].object;
    return NULL;
}

/* ---- what happens -------------------------------------------------------------------------------------------------- */

static void see_slice(void *context, int64_t number, int resource, double start, double end)
{
    struct trace *trace = context;
    double from = fmax(start, trace->from), to = fmin(end, trace->to);
    if (from >= to || trace->is_refused || trace->jot.failed)
        return;
    json_t *event = find_event(trace, number), *args = json_object_get(event, "args");
    if (args == NULL) {
        trace->is_lost = true;
        return;
    }
    jot_put(&trace->jot, args, "start_cycles", jot_cycles(&trace->jot, from));
    jot_put(&trace->jot, args, "end_cycles", jot_cycles(&trace->jot, to));
    double ns = nanoseconds(trace, from);
    begin_event(trace, "X");
    sinter_text_printf(&trace->out, "\"tid\":%d,", resource + 1);
    put_microseconds(trace, "ts", ns);
    put_microseconds(trace, "dur", nanoseconds(trace, to) - ns);
    put_members(trace, json_incref(event));
    trace->n_slices++;
    give_to_sink(trace, PIECE_BYTES);
}

static void put_level(struct trace *trace, int memory)
{
    struct level *level = &trace->levels[memory];
    struct jot *jot = &trace->jot;
    if (!level->is_pending || trace->is_refused || jot->failed)
        return;
    json_t *event = jot_object(jot), *args = jot_object(jot);
    jot_put(jot, args, "bytes", jot_count(jot, sinter_bits_to_bytes(level->bits)));
    jot_put(jot, event, "name", jot_text(jot, trace->plan->accel->memories[memory].name));
    jot_put(jot, event, "args", args);
    begin_event(trace, "C");
    put_microseconds(trace, "ts", nanoseconds(trace, level->at));
    put_members(trace, event);
    level->is_pending = false;
    give_to_sink(trace, PIECE_BYTES);
}

static void see_occupancy(void *context, int memory, double at, int64_t bits)
{
    struct trace *trace = context;
    struct level *level = &trace->levels[memory];
    if (at > level->at)
        put_level(trace, memory);
    *level = (struct level){true, at, bits};
}

/* ---- the frame ----------------------------------------------------------------------------------------------------- */

static void put_metadata(struct trace *trace, int thread, const char *name, const char *key, json_t *value)
{
    struct jot *jot = &trace->jot;
    json_t *event = jot_object(jot), *args = jot_object(jot);
    jot_put(jot, args, key, value);
    jot_put(jot, event, "name", jot_text(jot, name));
    jot_put(jot, event, "args", args);
    begin_event(trace, "M");
    sinter_text_printf(&trace->out, "\"tid\":%d,", thread);
    put_members(trace, event);
}

static void describe_resource(struct sinter_text *out, const struct sinter_accel *accel,
                              const struct sinter_resource *resource)
{
    static const char *const before[] = {"", "", "link of ", ""}, *const after[] = {" port", " write port", "", ""};
    bool is_unit = resource->kind == SINTER_RESOURCE_UNIT;
    const char *name = is_unit ? accel->units[resource->index].name : accel->memories[resource->index].name;
    sinter_text_append(out, before[resource->kind]);
    sinter_text_append(out, name);
    sinter_text_append(out, after[resource->kind]);
}

/* One process for the accelerator, one thread for each resource: from DRAM inwards, units last. */
static void put_tracks(struct trace *trace, const struct sinter_timing *timing)
{
    struct jot *jot = &trace->jot;
    put_metadata(trace, 0, "process_name", "name", jot_text(jot, trace->plan->accel->name));
    for (int r = 0; r < timing->n_resources; r++) {
        struct sinter_text name = {0};
        describe_resource(&name, trace->plan->accel, &timing->resources[r]);
        put_metadata(trace, r + 1, "thread_name", "name", jot_text(jot, sinter_text_data(&name)));
        put_metadata(trace, r + 1, "thread_sort_index", "sort_index", jot_count(jot, r));
        jot->failed = jot->failed || name.failed;
        sinter_text_free(&name);
    }
}

static json_t *jot_words(struct jot *jot, struct sinter_text *words)
{
    jot->failed = jot->failed || words->failed;
    json_t *value = jot_text(jot, sinter_text_data(words));
    sinter_text_free(words);
    return value;
}

static void put_head(struct trace *trace, const struct sinter_timing *timing)
{
    struct jot *jot = &trace->jot;
    struct sinter_text model = {0}, strategy = {0};
    json_t *other = jot_object(jot);
    describe_workload(&model, trace->result->model, traced_part(trace->result)->name);
    describe_strategy(&strategy, trace->result->strategy);
    jot_put(jot, other, "generator", jot_text(jot, "sinter " SINTER_VERSION));
    jot_put(jot, other, "model", jot_words(jot, &model));
    jot_put(jot, other, "accelerator", jot_text(jot, trace->plan->accel->name));
    jot_put(jot, other, "strategy", jot_words(jot, &strategy));
    jot_put(jot, other, "clock_hz", jot_cycles(jot, trace->hz));
    jot_put(jot, other, "cycles", jot_cycles(jot, timing->cycles));
    jot_put(jot, other, "from_cycles", jot_cycles(jot, trace->from));
    jot_put(jot, other, "to_cycles", jot_cycles(jot, trace->to));
    sinter_text_append(&trace->out, "{\"displayTimeUnit\":\"ns\",\n\"otherData\":{");
    put_members(trace, other);
    sinter_text_append(&trace->out, ",\n\"traceEvents\":[");
    put_tracks(trace, timing);
}

static void put_tail(struct trace *trace)
{
    for (int m = 0; m < trace->plan->accel->n_memories; m++)
        put_level(trace, m);
    sinter_text_append(&trace->out, "\n]}\n");
    give_to_sink(trace, 1);
}

/* ---- the window ---------------------------------------------------------------------------------------------------- */

struct starts {
    double *at;
    int64_t n, most;
};

static void see_start(void *context, int64_t number, int resource, double start, double end)
{
    (void)number, (void)resource, (void)end;
    struct starts *starts = context;
    if (starts->n < starts->most)
        starts->at[starts->n] = start;
    starts->n++;
}

static int compare_times(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Where to end so that no more than limits->slices slices begin before: looks at the first ones. Slices do not come in the
 * order of time; but what is in flight at a moment, the ports' queues and the stores that wait, is less than a tenth. */
static enum sinter_status find_end(struct trace *trace, const struct trace_limits *limits,
                                   const struct sinter_allocator *allocator, struct sinter_diagnostics *diags)
{
    struct starts starts = {.most = limits->slices};
    struct sinter_observer observer = {&starts, 0, (double)INFINITY, NULL, see_start, NULL};
    struct sinter_sim_options options = {.observer = &observer, .most_stepped = 4 * limits->slices};
    struct sinter_timing *timing = NULL;
    starts.at = sinter_allocate(allocator, (size_t)starts.most, sizeof *starts.at);
    if (starts.at == NULL)
        return sinter_out_of_memory(diags);
    enum sinter_status status =
        sinter_simulate(trace->plan, traced_part(trace->result)->cost.einsums, &options, allocator, diags, &timing);
    if (status == SINTER_OK && (!timing->is_complete || starts.n > starts.most)) {
        int64_t n = starts.n < starts.most ? starts.n : starts.most;
        qsort(starts.at, (size_t)n, sizeof *starts.at, compare_times);
        double end = n > 0 ? starts.at[n / 10 * 9] : 0;
        trace->to = end >= 1 ? floor(end) : end > 0 ? end : 1;
    }
    sinter_timing_free(timing);
    sinter_release(allocator, starts.at);
    return status;
}

static enum sinter_status check_window(const struct sinter_trace_window *window, const struct sinter_timing *timing,
                                       struct sinter_diagnostics *diags)
{
    if (!(window->from_cycles >= 0 && window->from_cycles < window->to_cycles)) {
        sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, NULL,
                      "the window from cycle %.17g to cycle %.17g is empty", window->from_cycles, window->to_cycles);
        return SINTER_BAD_USAGE;
    }
    if (window->from_cycles > 0 && window->from_cycles >= timing->cycles) {
        sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, NULL,
                      "the window begins at cycle %.17g, but the schedule takes %.17g cycles", window->from_cycles,
                      timing->cycles);
        return SINTER_BAD_USAGE;
    }
    return SINTER_OK;
}

/* ---- the door ------------------------------------------------------------------------------------------------------ */

static enum sinter_status trace_status(const struct trace *trace, struct sinter_diagnostics *diags)
{
    if (trace->jot.failed || trace->out.failed || trace->line.failed)
        return sinter_out_of_memory(diags);
    return trace->is_lost ? SINTER_INTERNAL : trace->is_refused ? SINTER_BAD_INPUT : SINTER_OK;
}

static enum sinter_status simulate_window(struct trace *trace, const struct trace_limits *limits,
                                          const struct sinter_allocator *allocator, struct sinter_diagnostics *diags)
{
    struct sinter_observer observer = {trace, trace->from, trace->to, see_command, see_slice, see_occupancy};
    struct sinter_sim_options options = {.observer = &observer, .most_stepped = limits->commands};
    struct sinter_timing *timing = NULL;
    enum sinter_status status =
        sinter_simulate(trace->plan, traced_part(trace->result)->cost.einsums, &options, allocator, diags, &timing);
    if (status == SINTER_OK && !timing->is_complete && trace->now.number + 1 == timing->n_commands) {
        sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, "ask for an earlier or a shorter window",
                      "after %" PRId64 " commands that were timed one by one the end of the window was not reached",
                      timing->n_stepped);
        status = SINTER_INFEASIBLE;
    }
    sinter_timing_free(timing);
    return status;
}

static enum sinter_status write_window(struct trace *trace, const struct sinter_trace_window *window,
                                       const struct trace_limits *limits, const struct sinter_timing *timing,
                                       const struct sinter_allocator *allocator, struct sinter_diagnostics *diags)
{
    trace->to = window == NULL ? (double)INFINITY : window->to_cycles;
    trace->from = window == NULL ? 0 : window->from_cycles;
    enum sinter_status status =
        window == NULL ? find_end(trace, limits, allocator, diags) : check_window(window, timing, diags);
    if (status != SINTER_OK)
        return status;
    trace->to = fmin(trace->to, timing->cycles); /* NAN: it stays */
    put_head(trace, timing);
    status = simulate_window(trace, limits, allocator, diags);
    if (status == SINTER_OK)
        put_tail(trace);
    return status == SINTER_OK ? trace_status(trace, diags) : status;
}

static void trace_free(struct trace *trace, const struct sinter_allocator *allocator)
{
    for (int m = 0; trace->rings != NULL && m < trace->plan->accel->n_memories; m++)
        for (int i = 0; i < N_KEPT; i++)
            json_decref(trace->rings[m].events[i].object);
    json_decref(trace->now.object);
    sinter_release(allocator, trace->rings);
    sinter_text_free(&trace->out);
    sinter_text_free(&trace->line);
}

enum sinter_status trace_write(const struct sinter_result *result, const struct sinter_trace_window *window,
                               const struct trace_limits *limits, const struct sinter_sink *sink,
                               const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                               struct sinter_traced *traced)
{
    const struct sinter_part_result *part = traced_part(result);
    if (part->status != SINTER_OK)
        return SINTER_INFEASIBLE;
    struct trace trace = {.result = result,
                          .plan = part->plan,
                          .sink = sink,
                          .hz = result->accel->hz,
                          .out = {.allocator = allocator},
                          .line = {.allocator = allocator},
                          .now = {.number = -1}};
    trace.rings = sinter_allocate(allocator, (size_t)result->accel->n_memories, sizeof *trace.rings);
    enum sinter_status status = trace.rings == NULL ? sinter_out_of_memory(diags) : SINTER_OK;
    if (status == SINTER_OK)
        status = write_window(&trace, window, limits, part->timing, allocator, diags);
    if (status == SINTER_OK)
        *traced = (struct sinter_traced){trace.from, trace.to, part->timing->cycles, trace.n_slices};
    trace_free(&trace, allocator);
    return status;
}

enum sinter_status sinter_trace_write(const struct sinter_result *result, const struct sinter_trace_window *window,
                                      const struct sinter_sink *sink, const struct sinter_allocator *allocator,
                                      struct sinter_diagnostics *diags, struct sinter_traced *traced)
{
    static const struct trace_limits limits = {.slices = SINTER_TRACE_SLICES};
    return trace_write(result, window, &limits, sink, allocator, diags, traced);
}
