/* explore.c: `sinter explore`: many accelerators, each with its own best schedule.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/experiment.h"
#include "cli/mpi.h"
#include "cli/output.h"
#include "cli/page.h"

enum key {
    KEY_AXIS = 0x400,
    KEY_DERIVE,
    KEY_WHERE,
    KEY_AREA,
    KEY_AREA_MODEL,
    KEY_BATCH,
    KEY_PHASE,
    KEY_VARIANT,
    KEY_SET,
    KEY_LAYERS,
    KEY_LIMIT,
    KEY_OBJECTIVE,
    KEY_GAP,
    KEY_EFFORT,
    KEY_STORE,
    KEY_THREADS,
    KEY_SHARD,
    KEY_MERGE,
    KEY_QUERY,
    KEY_SCHEDULES,
    KEY_ALL,
    KEY_PRINT,
    KEY_MPI
};

static const struct argp_option explore_options[] = {
    {NULL, 0, NULL, 0, "What is explored:", -2},
    {"model", 'm', "MODELS", 0, "Models that each accelerator runs, with commas between", -2},
    {"tokens", 'L', "LENGTHS", 0, "Sequence lengths, with commas between; LENGTH:WEIGHT counts WEIGHT times (default: 2048)",
     -2},
    {"batch", KEY_BATCH, "N", 0, "Sequences at once (default: 1)", -2},
    {"phase", KEY_PHASE, "PHASE", 0, "prefill or decode (default: prefill)", -2},
    {"variant", KEY_VARIANT, "NAME", 0, "Models as published, or pact25: the assumptions of arXiv 2504.17333", -2},
    {"accelerator", 'a', "ACCEL", 0, "What all are like: a built-in name or a file (default: marca)", -2},
    {"set", KEY_SET, "FIELD=VALUE", 0, "A field that all have", -2},
    {"axis", KEY_AXIS, "FIELD=VALUES", 0,
     "A field that differs: a list, or FROM..TO with :geo or :lin and a number of values behind it; may be repeated", -2},
    {"derive", KEY_DERIVE, "FIELD=FORMULA", 0,
     "A field that follows from others, as in dram.bandwidth=256 GB/s * sqrt(area / 222 mm2)", -2},
    {"where", KEY_WHERE, "CONDITION", 0, "What else an accelerator must be like, as in 'area <= 222 mm2'; may be repeated",
     -2},
    {"area", KEY_AREA, "AREA", 0, "A budget: PEs get the area that memories leave, as in 222mm2", -2},
    {"area-model", KEY_AREA_MODEL, "MODEL", 0,
     "shares (the rule of the accelerator's family) or components (tables of SRAM and PEs); default: shares where there is "
     "a "
     "family, else components",
     -2},
    {"layers", KEY_LAYERS, "WHICH", 0, "one (a block of each model) or all (the whole of it) (default: one)", -2},
    {"strategy", 's', "NAMES", 0,
     "How each is scheduled (default: optimal); several, with commas between, make an axis of strategies", -2},
    {"latency-limit", KEY_LIMIT, "TIMES", 0,
     "What a workload may take: a time for all, or LENGTH:TIME with commas between; the smallest accelerator that keeps it "
     "is "
     "recommended",
     -2},
    {"objective", KEY_OBJECTIVE, "WHAT", 0, "optimal: what is to be least: latency, energy, edp or dram (default: latency)",
     -2},
    {"gap", KEY_GAP, "PERCENT", 0, "optimal: how near to the bound is near enough, in percent (default: 0.5)", -2},
    {"effort", KEY_EFFORT, "N", 0, "optimal: trees that are priced for each point at most (default: 5000)", -2},
    {NULL, 0, NULL, 0, "How:", -1},
    {"store", KEY_STORE, "FILE", 0, "Keep results in FILE, and compute nothing that is in it", -1},
    {"query", KEY_QUERY, NULL, 0, "Compute nothing: show what the store has", -1},
    {"merge", KEY_MERGE, "FILE", 0, "Put the results of another store into the store first; may be repeated", -1},
    {"threads", KEY_THREADS, "N", 0, "Threads (default: one for each processor)", -1},
    {"shard", KEY_SHARD, "I/N", 0, "Compute the I-th of N parts alone (0/4 to 3/4), into the store", -1},
    {"mpi", KEY_MPI, "SECONDS", OPTION_ARG_OPTIONAL,
     "Under mpirun: every rank computes, with one thread; one that says nothing for SECONDS (default: 20) is lost, and "
     "others "
     "do its work",
     -1},
    {"schedules", KEY_SCHEDULES, "PREFIX", 0,
     "Write the schedules of the best point to PREFIX-1.txt and so on, one for each workload", -1},
    {"all", KEY_ALL, NULL, 0, "json, csv: every point, not only those of the front", -1},
    {"print", KEY_PRINT, NULL, 0, "Print the experiment as a file, and compute nothing", -1},
    {0}};
static const struct argp_child children[] = {{&output_argp, 0, NULL, 3}, {&page_argp, 0, NULL, 3}, {0}};

static void push(struct argp_state *state, const char *option, const char **items, int *n, int most, const char *text)
{
    if (*n == most)
        argp_error(state, "more than %d times %s", most, option);
    else
        items[(*n)++] = text;
}

static void read_shard(struct argp_state *state, struct explore_request *request, const char *text)
{
    char *end, *last;
    long long shard = strtoll(text, &end, 10), n = *end == '/' ? strtoll(end + 1, &last, 10) : 0;
    if (end == text || *end != '/' || last == end + 1 || *last != '\0' || n < 1 || n > 1000000 || shard < 0 || shard >= n)
        argp_error(state, "--shard is '%s', expected I/N with I from 0 to N - 1, as in 0/4", text);
    request->shard = shard;
    request->n_shards = n;
}

static double read_percent(struct argp_state *state, const char *text)
{
    char *end;
    double percent = strtod(text, &end);
    if (end == text || (*end != '\0' && strcmp(end, "%") != 0) || !(percent > 0) || !(percent < 100))
        argp_error(state, "--gap is '%s', expected a percentage above 0 and below 100", text);
    return percent / 100;
}

static error_t parse_more(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct explore_request *request = &options->explore;
    switch (key) {
    case KEY_STORE:
        request->store = arg;
        return 0;
    case KEY_QUERY:
        request->is_query = true;
        return 0;
    case KEY_MERGE:
        push(state, "--merge", request->merged, &request->n_merged, MAX_CLAUSES, arg);
        return 0;
    case KEY_THREADS:
        request->n_threads = (int)count_value(state, "--threads", arg, 256);
        return 0;
    case KEY_SHARD:
        read_shard(state, request, arg);
        return 0;
    case KEY_MPI:
        request->is_mpi = true;
        request->mpi_silence = arg == NULL ? 0 : (double)count_value(state, "--mpi", arg, 1e6);
        return 0;
    case KEY_SCHEDULES:
        request->schedules = arg;
        return 0;
    case KEY_ALL:
        request->wants_all = true;
        return 0;
    case KEY_PRINT:
        request->wants_print = true;
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->child_inputs[1] = options;
        return 0;
    case ARGP_KEY_ARG:
        if (request->file != NULL)
            argp_error(state, "unexpected argument '%s': there is one experiment at a time", shown_value(options, arg));
        request->file = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* How the schedules are found, and what is wanted of them. */
static error_t parse_schedules(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct explore_request *request = &options->explore;
    switch (key) {
    case 's':
        request->strategy = arg;
        return 0;
    case KEY_LAYERS:
        if (strcmp(arg, "one") != 0 && strcmp(arg, "all") != 0)
            argp_error(state, "--layers is '%s', expected one or all", shown_value(options, arg));
        request->is_whole = strcmp(arg, "all") == 0;
        return 0;
    case KEY_LIMIT:
        request->latency_limit = arg;
        return 0;
    case KEY_OBJECTIVE:
        if (!sinter_objective_find(arg, &request->objective) || request->objective == SINTER_LEAST_MEMORY)
            argp_error(state, "--objective is '%s', expected latency, energy, edp or dram", shown_value(options, arg));
        return 0;
    case KEY_GAP:
        request->gap = read_percent(state, arg);
        return 0;
    case KEY_EFFORT:
        request->effort = count_value(state, "--effort", arg, 1e9);
        return 0;
    default:
        return parse_more(key, arg, state);
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct explore_request *request = &options->explore;
    request->is_described |= key > 0 && key != 'v' && key < KEY_STORE && (key >= KEY_AXIS || strchr("mLas", key) != NULL);
    switch (key) {
    case 'm':
        request->models = arg;
        return 0;
    case 'L':
        request->tokens = arg;
        return 0;
    case KEY_BATCH:
        request->batch = count_value(state, "--batch", arg, 1099511627776.0);
        return 0;
    case KEY_PHASE:
        if (strcmp(arg, "prefill") != 0 && strcmp(arg, "decode") != 0)
            argp_error(state, "--phase is '%s', expected prefill or decode", shown_value(options, arg));
        request->phase = strcmp(arg, "decode") == 0 ? SINTER_DECODE : SINTER_PREFILL;
        return 0;
    case KEY_VARIANT:
        request->variant = arg;
        return 0;
    case 'a':
        options->accel = arg;
        return 0;
    case KEY_SET:
        push(state, "--set", request->settings, &request->n_settings, MAX_CLAUSES, arg);
        return 0;
    case KEY_AXIS:
        push(state, "--axis", request->axes, &request->n_axes, MAX_CLAUSES, arg);
        return 0;
    case KEY_DERIVE:
        push(state, "--derive", request->derived, &request->n_derived, MAX_CLAUSES, arg);
        return 0;
    case KEY_WHERE:
        push(state, "--where", request->conditions, &request->n_conditions, MAX_CLAUSES, arg);
        return 0;
    case KEY_AREA:
        request->area = arg;
        return 0;
    case KEY_AREA_MODEL:
        request->area_model = arg;
        return 0;
    default:
        return parse_schedules(key, arg, state);
    }
}

static const char doc[] =
    "Explore accelerators: each point of the axes is one, and runs its own best schedule of every workload. Prints the best "
    "one "
    "and why, and those that nothing beats in latency, energy, area and memory together."
    "\vAn EXPERIMENT is a YAML file that says all of it (docs/explore.md); --print writes one. A sweep that was interrupted "
    "goes "
    "on with the same command and store. '-L 1,64,1024:2' are three lengths, the last one counting twice; the latency of an "
    "accelerator is the weighted geometric mean.\n"
    "\n"
    "Examples:\n"
    "  sinter explore -m mamba-2.8b -L 1,64,1024 --area 222mm2 \\\n"
    "      --axis buffer.capacity=64KiB..28MB:geo:16 --store split.sinter\n"
    "  sinter explore split.yaml --store split.sinter --threads 2\n"
    "  sinter explore --query --store split.sinter --format csv --all\n"
    "  sinter explore split.yaml --store part0.sinter --shard 0/2\n"
    "  mpirun --enable-recovery -n 16 sinter explore split.yaml --store split.sinter --mpi\n"
    "\n"
    "With --mpi all ranks need the same files; rank 0 alone opens the store and prints. When a rank dies, Open MPI's mpirun "
    "ends "
    "all others, and what is in the store stays; with its option --enable-recovery the others go on, and nothing is lost.\n"
    "\n"
    "Exit status: 0 ok, 1 nothing fits, 2 usage, 3 bad input, 4 internal error; 130 (Ctrl-C) or 143 (SIGTERM): stopped "
    "before "
    "all was done.";
const struct argp explore_argp = {explore_options, parse, "[EXPERIMENT]", doc, children, NULL, NULL};

/* ---- progress, and an end before it -------------------------------------------------------------------------------------- */

static volatile sig_atomic_t stop; /* the signal */

static void ask_to_stop(int signal_number)
{
    stop = signal_number;
}

/* The first time it ends what was begun, the second time the program. */
static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = ask_to_stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

enum { LINE_SECONDS = 60 }; /* where lines stay, one a minute */

struct meter {
    bool is_terminal, has_shown;
    double next; /* seconds */
};

static void show_progress(void *context, const struct sinter_explore_progress *progress)
{
    struct meter *meter = context;
    bool is_done = progress->n_done == progress->n_all;
    int64_t n_computed = progress->n_done - progress->n_found;
    double rate = progress->seconds > 0 ? (double)n_computed / progress->seconds : 0;
    if (progress->seconds < meter->next && !(is_done && meter->has_shown))
        return;
    meter->has_shown = true;
    meter->next = progress->seconds + (meter->is_terminal ? 0.5 : LINE_SECONDS);
    double left = rate > 0 ? (double)(progress->n_all - progress->n_done) / rate : 0;
    fprintf(stderr, "%s%lld of %lld schedules, %.0f a second, %.0f s left%s",
            meter->is_terminal ? "\r" : "explore: ", (long long)progress->n_done, (long long)progress->n_all, rate, left,
            meter->is_terminal ? "   " : "\n");
    if (meter->is_terminal && is_done)
        fputs("\r\033[K", stderr);
}

/* ---- the command ------------------------------------------------------------------------------------------------------------ */

static enum sinter_status check_request(struct options *options)
{
    const struct explore_request *request = &options->explore;
    if (request->is_query && request->store == NULL)
        return usage_error(options, "add --store FILE", "--query asks a store");
    if (request->n_merged > 0 && request->store == NULL)
        return usage_error(options, "add --store FILE", "--merge puts results into a store");
    if (request->n_shards > 1 && request->store == NULL)
        return usage_error(options, "add --store FILE", "a shard without a store is lost");
    if (request->is_mpi && request->is_query)
        return usage_error(options, "leave one of them out", "--query computes nothing, and --mpi spreads it over ranks");
    if (request->is_mpi && request->n_threads > 0)
        return usage_error(options, "start more ranks: mpirun -n",
                           "with --mpi each rank has one thread, and --threads none");
    if (request->wants_print && wants_page(options))
        return usage_error(options, "leave one of them out", "--print computes nothing that a page could show");
    enum sinter_status status = page_check(options);
    return status == SINTER_OK ? output_check(options->output, options->diags) : status;
}

static enum sinter_status write_exploration(struct options *options, struct sinter_exploration *exploration,
                                            const struct sinter_explore_front *front)
{
    struct output output;
    struct sinter_text text = {0};
    struct sinter_sink sink = {&output, output_piece};
    enum sinter_status status;
    if (options->style.format == SINTER_FORMAT_TEXT) { /* a terminal gets it as a whole */
        struct sinter_sink into = {&text, text_piece};
        status = sinter_explore_write(exploration, front, false, &options->style, &into, options->diags);
        if (status == SINTER_OK)
            status = output_write(options, &text);
        sinter_text_free(&text);
        return status;
    }
    status = output_open(&output, options->output, options->diags);
    if (status != SINTER_OK)
        return status;
    status = sinter_explore_write(exploration, front, options->explore.wants_all, &options->style, &sink, options->diags);
    enum sinter_status closed = output_close(&output, status == SINTER_OK, options->diags);
    return status == SINTER_OK ? closed : status;
}

static enum sinter_status write_page(struct options *options, struct sinter_exploration *exploration,
                                     const struct sinter_explore_front *front)
{
    struct sinter_page page = {0};
    enum sinter_status status = SINTER_OK;
    if (!wants_page(options))
        return SINTER_OK;
    status = sinter_page_explored(exploration, front, &options->origin, options->diags, &page);
    if (status == SINTER_NO_MEMORY)
        status = sinter_out_of_memory(options->diags);
    if (status == SINTER_OK)
        status = page_write(options, &page);
    sinter_page_free(&page);
    return status;
}

static enum sinter_status write_schedules(struct options *options, struct sinter_exploration *exploration, int64_t index)
{
    static struct sinter_explore_point point;
    const char *prefix = options->explore.schedules;
    enum sinter_status status = sinter_exploration_point(exploration, index, options->diags, &point);
    for (int w = 0; w < exploration->experiment->n_workloads && status == SINTER_OK; w++) {
        const char *path = sinter_arena_printf(options->arena, "%s-%d.txt", prefix, w + 1);
        const char *text = point.workloads[w].schedule != NULL ? point.workloads[w].schedule : "";
        struct output output;
        status = path == NULL ? sinter_out_of_memory(options->diags) : output_open(&output, path, options->diags);
        if (status != SINTER_OK)
            break;
        bool is_written = output_piece(&output, text, strlen(text));
        status = output_close(&output, is_written, options->diags);
    }
    return status;
}

static enum sinter_status print_experiment(struct options *options, const struct sinter_experiment *experiment)
{
    struct sinter_text text = {0};
    sinter_experiment_print(experiment, &text);
    enum sinter_status status = text.failed ? sinter_out_of_memory(options->diags) : output_write(options, &text);
    sinter_text_free(&text);
    return status;
}

static enum sinter_status explore(struct options *options, const struct sinter_experiment *experiment,
                                  const struct sinter_team *team)
{
    const struct explore_request *request = &options->explore;
    struct meter meter = {.is_terminal = isatty(STDERR_FILENO) != 0, .next = isatty(STDERR_FILENO) ? 0.5 : LINE_SECONDS};
    struct sinter_explore_options how = {.store = request->store,
                                         .is_readonly = request->is_query,
                                         .n_threads = request->n_threads,
                                         .shard = request->shard,
                                         .n_shards = request->n_shards,
                                         .stop = &stop,
                                         .progress = options->style.is_quiet || request->is_query ? NULL : show_progress,
                                         .context = &meter,
                                         .team = team,
                                         .silence_seconds = request->mpi_silence};
    struct sinter_exploration *exploration = NULL;
    struct sinter_explore_front *front = NULL;
    watch_signals();
    if (team != NULL && team->rank > 0)
        return sinter_explore_serve(experiment, &how, NULL, options->diags);
    enum sinter_status status = sinter_explore_run(experiment, &how, NULL, options->diags, &exploration);
    if (status == SINTER_OK)
        status = sinter_exploration_front(exploration, options->diags, &front);
    if (status == SINTER_OK && request->schedules != NULL && front->best >= 0)
        status = write_schedules(options, exploration, front->best);
    if (status == SINTER_OK)
        status = write_exploration(options, exploration, front);
    if (status == SINTER_OK)
        status = write_page(options, exploration, front);
    bool is_whole = status == SINTER_OK && !exploration->is_stopped &&
                    exploration->n_computed + exploration->n_found + exploration->n_unbuilt == exploration->n_cases;
    if (status == SINTER_OK && exploration->is_stopped) /* as shells say it of a command that a signal ended */
        options->exit_code = 128 + (int)stop;
    bool is_late = is_whole && front->n_fit > 0 && front->n_in_time == 0;
    if (is_late || (is_whole && front->n_fit == 0)) {
        sinter_report(options->diags, SINTER_ERROR, (struct sinter_location){NULL, 0, 0},
                      is_late ? "allow more time, or faster accelerators" : "widen the axes, or loosen the conditions",
                      is_late ? "no accelerator keeps the limits of latency" : "no accelerator fits all workloads");
        status = SINTER_INFEASIBLE;
    }
    if (team != NULL && exploration != NULL)
        mpi_tell(options, exploration);
    sinter_explore_front_free(front);
    sinter_exploration_free(exploration);
    return status;
}

/* By all ranks of a team: rank 0 reads and writes, the others help. */
static enum sinter_status explore_with(struct options *options, const struct sinter_team *team)
{
    struct sinter_experiment *experiment = NULL;
    const struct explore_request *request = &options->explore;
    bool is_helper = team != NULL && team->rank > 0;
    enum sinter_status status = check_request(options);
    for (int i = 0; i < request->n_merged && status == SINTER_OK && !is_helper; i++)
        status = sinter_explore_merge(request->store, request->merged[i], NULL, options->diags);
    bool is_all = request->n_merged > 0 && request->file == NULL && !request->is_described && !request->is_query;
    if (status != SINTER_OK || is_all) /* merging was all that was asked for */
        return status;
    if (is_helper && request->wants_print)
        return SINTER_OK;
    status = find_experiment(options, &experiment);
    if (status == SINTER_OK && experiment->is_whole && request->schedules != NULL)
        status =
            usage_error(options, "leave one of them out", "a schedule is a block's: --schedules has none of all layers");
    options->style.schedules = request->schedules;
    if (status == SINTER_OK)
        status = request->wants_print ? print_experiment(options, experiment) : explore(options, experiment, team);
    sinter_experiment_free(experiment);
    return status;
}

enum sinter_status command_explore(struct options *options)
{
    const struct sinter_team *team = NULL;
    if (!options->explore.is_mpi)
        return explore_with(options, NULL);
    enum sinter_status status = mpi_begin(options, &team);
    return status == SINTER_OK ? mpi_end(options, explore_with(options, team)) : status;
}
