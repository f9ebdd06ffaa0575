/* options.c: the option groups that run, compare and show share.
 * SPDX-License-Identifier: MIT
 */
#include "cli/options.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/format.h"

enum key {
    KEY_BATCH = 0x100,
    KEY_PHASE,
    KEY_LOGITS,
    KEY_VARIANT,
    KEY_SET,
    KEY_TILE,
    KEY_SPLIT,
    KEY_CHAIN,
    KEY_WEIGHTS,
    KEY_OBJECTIVE,
    KEY_GAP,
    KEY_SLACK,
    KEY_TIME_LIMIT,
    KEY_EXPLAIN,
    KEY_FRONT,
    KEY_PICK,
    KEY_LAYERS,
    KEY_FORMAT,
    KEY_WIDTH,
    KEY_COLOR,
    KEY_PLOT,
    KEY_HTML,
    KEY_FIGURES,
    KEY_COMMANDS,
    KEY_TRACE,
    KEY_TRACE_WINDOW
};

#define MOST_TOKENS 1099511627776.0   /* 2^40 */
#define MOST_EXACT 9007199254740992.0 /* 2^53: whole numbers up to here are exact */

/* ---- values ------------------------------------------------------------------------------------------------- */

const char *shown_value(const struct options *options, const char *text)
{
    struct sinter_text visible = {0};
    sinter_text_visible(&visible, text, "");
    const char *copy = visible.failed ? NULL : sinter_arena_copy(options->arena, sinter_text_data(&visible), visible.length);
    sinter_text_free(&visible);
    return copy == NULL ? "?" : copy;
}

int64_t count_value(struct argp_state *state, const char *option, const char *text, double most)
{
    double value = 0;
    enum sinter_status status = sinter_quantity_parse(text, SINTER_COUNT, (struct sinter_location){0}, NULL, &value);
    if (status == SINTER_OK && value >= 1 && value <= most && value - floor(value) <= 0)
        return (int64_t)value;
    const char *shown = shown_value(state->input, text);
    if (status == SINTER_OK && value > most)
        argp_error(state, "%s is '%s', expected at most %.0f", option, shown, most);
    argp_error(state, "%s is '%s', expected a whole number of at least 1", option, shown);
    return 1; /* argp_error has ended the program, except under a library's ARGP_NO_EXIT */
}

/* The index of one of the words, a usage error with a suggestion otherwise. */
static int word_value(struct argp_state *state, const char *option, const char *text, const char *const *words, int n_words)
{
    for (int i = 0; i < n_words; i++)
        if (strcmp(text, words[i]) == 0)
            return i;
    struct sinter_text expected = {0};
    for (int i = 0; i < n_words; i++)
        sinter_text_printf(&expected, "%s%s", i == 0 ? "" : i + 1 == n_words ? " or " : ", ", words[i]);
    const char *near = sinter_suggest(text, words, n_words);
    text = shown_value(state->input, text);
    if (near != NULL)
        argp_error(state, "%s is '%s', expected %s; did you mean '%s'?", option, text, sinter_text_data(&expected), near);
    argp_error(state, "%s is '%s', expected %s", option, text, sinter_text_data(&expected));
    sinter_text_free(&expected); /* argp_error has ended the program, except under a library's ARGP_NO_EXIT */
    return 0;
}

static void add_override(struct argp_state *state, struct options *options, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0') {
        argp_error(state, "--set is '%s', expected FIELD=VALUE, as in N=64 or buffer.capacity=4MiB",
                   shown_value(options, text));
        return;
    }
    char *field = sinter_arena_copy(options->arena, text, (size_t)(equals - text));
    if (field == NULL) {
        argp_failure(state, 4, 0, "out of memory");
        return;
    }
    int i = 0;
    while (i < options->n_overrides && strcmp(options->overrides[i].field, field) != 0)
        i++;
    if (i == MAX_OVERRIDES) {
        argp_error(state, "more than %d times --set", MAX_OVERRIDES);
        return;
    }
    options->overrides[i] = (struct sinter_override){.field = field, .value = equals + 1}; /* the last one counts */
    options->n_overrides += i == options->n_overrides;
}

/* ---- model and accelerator ------------------------------------------------------------------------------------ */

static const struct argp_option model_options[] = {
    {NULL, 0, NULL, 0, "Model and accelerator:", 1},
    {"model", 'm', "MODEL", 0,
     "Model: a built-in name, a Hugging Face config.json or the folder with it, or a cascade file (-: standard input)", 1},
    {"accelerator", 'a', "ACCEL", 0, "Accelerator: a built-in name or a file (default: marca)", 1},
    {"tokens", 'L', "N", 0, "Sequence length (default: 2048 in prefill, in verify 64; 1 in decode)", 1},
    {"batch", KEY_BATCH, "N", 0, "Sequences at once (default: 1)", 1},
    {"phase", KEY_PHASE, "PHASE", 0, "prefill or decode (default: prefill)", 1},
    {"logits", KEY_LOGITS, "WHICH", 0,
     "all: of every token; last: of the last token alone, as generation needs them (default: all)", 1},
    {"layers", KEY_LAYERS, "WHICH", 0, "one: a single block; all: the whole model (default: one)", 1},
    {"variant", KEY_VARIANT, "NAME", 0, "Model as published, or pact25: the assumptions of arXiv 2504.17333", 1},
    {"set", KEY_SET, "FIELD=VALUE", 0,
     "Change a field of the model or the accelerator, as in N=64 or buffer.capacity=4MiB; may be repeated", 1},
    {0}};

static error_t parse_model(int key, char *arg, struct argp_state *state)
{
    static const char *const phases[] = {"prefill", "decode"}, *const logits[] = {"all", "last"};
    static const char *const layers[] = {"one", "all"};
    struct options *options = state->input;
    switch (key) {
    case 'm':
        options->model = arg;
        return 0;
    case 'a':
        options->accel = arg;
        return 0;
    case 'L':
        options->model_options.tokens = count_value(state, "--tokens", arg, MOST_TOKENS);
        return 0;
    case KEY_BATCH:
        options->model_options.batch = count_value(state, "--batch", arg, MOST_TOKENS);
        return 0;
    case KEY_PHASE:
        options->model_options.phase = (enum sinter_phase)word_value(state, "--phase", arg, phases, 2);
        return 0;
    case KEY_LOGITS:
        options->model_options.logits = (enum sinter_logits)word_value(state, "--logits", arg, logits, 2);
        return 0;
    case KEY_LAYERS:
        options->style.all_layers = word_value(state, "--layers", arg, layers, 2) == 1;
        return 0;
    case KEY_VARIANT:
        options->model_options.variant = arg;
        return 0;
    case KEY_SET:
        add_override(state, options, arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp model_argp = {.options = model_options, .parser = parse_model};

/* ---- schedule ------------------------------------------------------------------------------------------------ */

static const struct argp_option schedule_options[] = {
    {NULL, 0, NULL, 0, "Schedule:", 2},
    {"strategy", 's', "STRATEGY", 0,
     "A strategy's name, NAME:tile=16,split=8,chain,resident, or a schedule file (-: standard input); default mem-aware; in "
     "verify a list; in compare a list, default all",
     2},
    {"tile", KEY_TILE, "N", 0, "Tile along the recurrent rank (default: 1; fuse-block: the best)", 2},
    {"split", KEY_SPLIT, "N", 0, "Parts of the state's other large rank (default: what the strategy says)", 2},
    {"chain", KEY_CHAIN, NULL, 0, "Evaluate the state update point by point, in registers", 2},
    {"weights", KEY_WEIGHTS, "HOW", 0, "streamed or resident: where a fused block keeps its weights (default: streamed)", 2},
    {"objective", KEY_OBJECTIVE, "WHAT", 0,
     "optimal: what is to be least: latency, energy (of DRAM and operations), edp (that energy times latency), dram "
     "(bytes), or memory: the smallest peak "
     "within --slack of the best latency (default: latency)",
     2},
    {"gap", KEY_GAP, "PERCENT", 0,
     "optimal: stop when no schedule can be better by more than this; 0: only when nothing is left to try (default: 0.5 %)",
     2},
    {"slack", KEY_SLACK, "PERCENT", 0, "optimal, memory: latency that less memory may cost (default: 2 %)", 2},
    {"time-limit", KEY_TIME_LIMIT, "TIME", 0,
     "optimal: stop with the best so far, as in 200ms or 10s; results may then differ from run to run (default: none)", 2},
    {0}};

/* A percentage, with or without its sign, as a fraction. */
static double percent_value(struct argp_state *state, const char *option, const char *text)
{
    char number[64];
    double value = -1;
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '%' || text[length - 1] == ' '))
        length--;
    if (length > 0 && length < sizeof number) {
        memcpy(number, text, length);
        number[length] = '\0';
        if (sinter_quantity_parse(number, SINTER_COUNT, (struct sinter_location){0}, NULL, &value) != SINTER_OK)
            value = -1;
    }
    if (!(value >= 0 && value <= 1000))
        argp_error(state, "%s is '%s', expected a percentage, as in 0.5", option, shown_value(state->input, text));
    return value / 100;
}

static void set_time_limit(struct argp_state *state, struct options *options, const char *text)
{
    double seconds = 0;
    if (sinter_quantity_parse(text, SINTER_TIME, (struct sinter_location){0}, NULL, &seconds) != SINTER_OK || !(seconds > 0))
        argp_error(state, "--time-limit is '%s', expected a time above 0, as in 200ms or 10s", shown_value(options, text));
    options->schedule.search.time_limit_s = seconds;
}

static error_t parse_schedule(int key, char *arg, struct argp_state *state)
{
    static const char *const places[] = {"streamed", "resident"};
    static const char *const objectives[] = {"latency", "energy", "edp", "dram", "memory"};
    struct options *options = state->input;
    struct sinter_search_options *search = &options->schedule.search;
    switch (key) {
    case 's':
        if (options->n_strategy_texts == MAX_STRATEGIES)
            argp_error(state, "more than %d times --strategy", MAX_STRATEGIES);
        options->strategy_texts[options->n_strategy_texts++] = arg;
        return 0;
    case KEY_TILE:
        options->schedule.tile = count_value(state, "--tile", arg, MOST_EXACT);
        return 0;
    case KEY_SPLIT:
        options->schedule.split = count_value(state, "--split", arg, MOST_EXACT);
        return 0;
    case KEY_CHAIN:
        options->schedule.chain = true;
        return 0;
    case KEY_WEIGHTS:
        options->schedule.resident = word_value(state, "--weights", arg, places, 2) == 1;
        return 0;
    case KEY_OBJECTIVE:
        sinter_objective_find(objectives[word_value(state, "--objective", arg, objectives, 5)], &search->objective);
        options->has_search = true;
        return 0;
    case KEY_GAP:
        search->gap = percent_value(state, "--gap", arg);
        search->gap = search->gap > 0 ? search->gap : -1;
        options->has_search = true;
        return 0;
    case KEY_SLACK:
        search->slack = percent_value(state, "--slack", arg);
        options->has_search = true;
        return 0;
    case KEY_TIME_LIMIT:
        set_time_limit(state, options, arg);
        options->has_search = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp schedule_argp = {.options = schedule_options, .parser = parse_schedule};

/* ---- output -------------------------------------------------------------------------------------------------- */

static const struct argp_option output_options[] = {
    {NULL, 0, NULL, 0, "Output:", 3},
    {"format", KEY_FORMAT, "FORMAT", 0, "text, json or csv (default: text)", 3},
    {"output", 'o', "FILE", 0, "Write to FILE, whole or not at all (default: standard output)", 3},
    {"quiet", 'q', NULL, 0, "The headline and the table or summary only, no warnings", 3},
    {"verbose", 'v', NULL, 0,
     "Also tensors and mappings; compare: every strategy in a row of its own, and why some do not fit; verify: bytes by "
     "tensor, and how long it took; reproduce: the commands behind the numbers",
     3},
    {"width", KEY_WIDTH, "N", 0,
     "Columns that compare, and lists and notes elsewhere, should fit (default: the terminal's, else no limit)", 3},
    {"color", KEY_COLOR, "WHEN", 0, "auto, always or never; auto respects NO_COLOR (default: auto)", 3},
    {"plot", KEY_PLOT, "HOW", 0,
     "compare, explore: plots of unicode, of ascii, or none; auto: unicode on a terminal that shows UTF-8, else ascii "
     "(default: auto)",
     3},
    {0}};

static error_t parse_output(int key, char *arg, struct argp_state *state)
{
    static const char *const formats[] = {"text", "json", "csv"};
    static const char *const modes[] = {"auto", "always", "never"};
    static const char *const plots[] = {"auto", "unicode", "ascii", "none"};
    struct options *options = state->input;
    switch (key) {
    case KEY_FORMAT:
        options->style.format = (enum sinter_output)word_value(state, "--format", arg, formats, 3);
        return 0;
    case 'o':
        options->output = arg;
        return 0;
    case KEY_WIDTH:
        options->style.width = (int)count_value(state, "--width", arg, 100000);
        options->has_width = true;
        return 0;
    case 'q':
        options->style.is_quiet = true;
        return 0;
    case 'v':
        options->style.is_verbose = true;
        return 0;
    case KEY_COLOR:
        options->color = (enum color_mode)word_value(state, "--color", arg, modes, 3);
        return 0;
    case KEY_PLOT:
        options->plot = (enum plot_mode)word_value(state, "--plot", arg, plots, 4);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp output_argp = {.options = output_options, .parser = parse_output};

/* ---- pages and figures: of every command but show --------------------------------------------------------------- */

static const struct argp_option page_options[] = {
    {"html", KEY_HTML, "FILE", 0,
     "Also write the result as a page of its own, with charts, the schedule and all data; it needs nothing else to be read",
     3},
    {"figures", KEY_FIGURES, "FOLDER", 0,
     "Also write every chart of that page for a paper of two columns: SVG, the data as CSV, the Vega-Lite specification, "
     "and "
     "PNG and PDF where rsvg-convert is installed; needs Node.js",
     3},
    {0}};

static error_t parse_page(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_HTML:
        options->html = arg;
        return 0;
    case KEY_FIGURES:
        options->figures = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp page_argp = {.options = page_options, .parser = parse_page};

/* ---- run alone ------------------------------------------------------------------------------------------------- */

static const struct argp_option program_options[] = {
    {NULL, 0, NULL, 0, "Program:", 4},
    {"explain", KEY_EXPLAIN, NULL, 0,
     "optimal: say why: what bounds it, how far it is from that, the runner-up, and what more or less hardware would do", 4},
    {"front", KEY_FRONT, NULL, 0,
     "optimal: the Pareto front instead: schedules of which none is better in latency, memory, DRAM traffic and energy "
     "together",
     4},
    {"pick", KEY_PICK, "N", 0, "With --front: print the schedule of its N-th member alone", 4},
    {"commands", KEY_COMMANDS, "N", 0, "Also print the first N tile commands of the block: load, compute, store, free", 4},
    {"trace", KEY_TRACE, "FILE", 0,
     "Write the simulated block over time as a Chrome trace, for ui.perfetto.dev (-: standard output, without the report)",
     4},
    {"trace-window", KEY_TRACE_WINDOW, "FROM:TO", 0,
     "Trace these cycles, as in 10k:20k, 10k: or :20k (default: from the start, at most 200,000 slices)", 4},
    {0}};

/* An edge of the window; nothing stands for `otherwise`. Negative: it is wrong. */
static double edge_value(const char *text, size_t length, double otherwise)
{
    char edge[64];
    double value = 0;
    if (length == 0)
        return otherwise;
    if (length >= sizeof edge)
        return -1;
    memcpy(edge, text, length);
    edge[length] = '\0';
    bool is_count =
        sinter_quantity_parse(edge, SINTER_COUNT, (struct sinter_location){0}, NULL, &value) == SINTER_OK && isfinite(value);
    return is_count ? value : -1;
}

static void set_trace_window(struct argp_state *state, struct options *options, const char *text)
{
    const char *colon = strchr(text, ':');
    double from = -1, to = -1;
    if (colon != NULL && strlen(text) > 1) {
        from = edge_value(text, (size_t)(colon - text), 0);
        to = edge_value(colon + 1, strlen(colon + 1), (double)INFINITY);
    }
    if (from < 0 || to < 0)
        argp_error(state, "--trace-window is '%s', expected FROM:TO in cycles, as in 10k:20k, 10k: or :20k",
                   shown_value(options, text));
    else if (from >= to)
        argp_error(state, "--trace-window is '%s', expected an end behind the beginning", shown_value(options, text));
    options->trace_window = (struct sinter_trace_window){from, to};
    options->has_trace_window = true;
}

static error_t parse_program(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_FRONT:
        options->wants_front = options->has_search = true;
        return 0;
    case KEY_PICK:
        options->pick = (int)count_value(state, "--pick", arg, 1000);
        return 0;
    case KEY_EXPLAIN:
        options->schedule.search.is_explained = true;
        options->has_search = true;
        return 0;
    case KEY_COMMANDS:
        options->style.n_commands = count_value(state, "--commands", arg, 1000000);
        return 0;
    case KEY_TRACE:
        options->trace = arg;
        return 0;
    case KEY_TRACE_WINDOW:
        set_trace_window(state, options, arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp program_argp = {.options = program_options, .parser = parse_program};

/* ---- names for --help ------------------------------------------------------------------------------------------ */

static void list_names(struct sinter_text *out, const char *title, const char *(*name_at)(int index))
{
    size_t used = strlen(title);
    sinter_text_append(out, title);
    for (int i = 0; name_at(i) != NULL; i++) {
        size_t length = strlen(name_at(i)) + 2;
        bool is_full = used + length > 78;
        sinter_text_append(out, is_full ? "\n    " : " ");
        used = is_full ? 4 + length : used + length;
        sinter_text_printf(out, "%s%s", name_at(i), name_at(i + 1) != NULL ? "," : "\n");
    }
}

char *help_names(void)
{
    struct sinter_text text = {0};
    list_names(&text, "Models:", sinter_model_builtin_name);
    list_names(&text, "Cascades:", sinter_cascade_builtin_name);
    list_names(&text, "Accelerators:", sinter_accel_preset_name);
    sinter_text_append(&text, "Strategies:\n");
    for (int i = 0; sinter_strategy_name(i) != NULL; i++) {
        sinter_text_printf(&text, "  %-16s", sinter_strategy_name(i));
        append_wrapped(&text, sinter_strategy_summary(i), 18, 18, 78); /* argp would begin the next line at its edge */
        sinter_text_append(&text, "\n");
    }
    sinter_text_append(&text,
                       "\nExit status: 0 ok, 1 infeasible or a check failed, 2 usage, 3 bad input, 4 internal error.");
    char *copy = text.failed ? NULL : malloc(text.length + 1);
    if (copy != NULL)
        memcpy(copy, text.data, text.length + 1);
    sinter_text_free(&text);
    return copy;
}

enum sinter_status usage_error(struct options *options, const char *hint, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    sinter_report(options->diags, SINTER_ERROR, (struct sinter_location){0}, hint, "%s", message);
    return SINTER_BAD_USAGE;
}
