/* main.c: the command: sub-commands, their help, exit codes.
 * SPDX-License-Identifier: MIT
 */
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/option_names.h"
#include "cli/output.h"

enum exit_code { EXIT_OK, EXIT_INFEASIBLE, EXIT_USAGE, EXIT_BAD_INPUT, EXIT_INTERNAL };

static enum exit_code exit_code_of(enum sinter_status status)
{
    switch (status) {
    case SINTER_OK:
        return EXIT_OK;
    case SINTER_INFEASIBLE:
        return EXIT_INFEASIBLE;
    case SINTER_BAD_USAGE:
        return EXIT_USAGE;
    case SINTER_BAD_INPUT:
        return EXIT_BAD_INPUT;
    case SINTER_NO_MEMORY:
    case SINTER_INTERNAL:
        break;
    }
    return EXIT_INTERNAL;
}

/* ---- sub-commands ------------------------------------------------------------------------------------------------ */

static const struct argp_child show_children[] = {
    {&model_argp, 0, NULL, 1}, {&schedule_argp, 0, NULL, 2}, {&output_argp, 0, NULL, 3}, {0}};
static const struct argp_child compare_children[] = {
    {&model_argp, 0, NULL, 1}, {&schedule_argp, 0, NULL, 2}, {&output_argp, 0, NULL, 3}, {&page_argp, 0, NULL, 3}, {0}};
static const struct argp_child run_children[] = {{&model_argp, 0, NULL, 1},   {&schedule_argp, 0, NULL, 2},
                                                 {&output_argp, 0, NULL, 3},  {&page_argp, 0, NULL, 3},
                                                 {&program_argp, 0, NULL, 4}, {0}};
static const struct argp_child verify_children[] = {{&model_argp, 0, NULL, 1},     {&schedule_argp, 0, NULL, 2},
                                                    {&output_argp, 0, NULL, 3},    {&page_argp, 0, NULL, 3},
                                                    {&execution_argp, 0, NULL, 4}, {0}};

static const struct argp_child *children_of(const struct options *options)
{
    return strcmp(options->command, "run") == 0       ? run_children
           : strcmp(options->command, "verify") == 0  ? verify_children
           : strcmp(options->command, "compare") == 0 ? compare_children
                                                      : show_children;
}

/* Everything is an option: says which one was meant. */
static void refuse_argument(struct argp_state *state, const struct options *options, const char *text)
{
    const char *option = options->model == NULL ? "-m" : options->n_strategy_texts == 0 ? "-s" : "-a";
    const char *shown = shown_value(options, text);
    for (int i = 0; sinter_strategy_name(i) != NULL; i++)
        option = strcmp(text, sinter_strategy_name(i)) == 0 ? "-s" : option;
    for (int i = 0; sinter_accel_preset_name(i) != NULL; i++)
        option = strcmp(text, sinter_accel_preset_name(i)) == 0 ? "-a" : option;
    argp_error(state, "unexpected argument '%s'; did you mean '%s %s'?", shown, option, shown);
}

enum show_key { KEY_CASCADE = 0x200, KEY_YAML };
static const struct argp_option show_options[] = {
    {NULL, 0, NULL, 0, "What to show:", -1},
    {"cascade", KEY_CASCADE, NULL, 0, "The model's cascade as YAML (with --layers all: of every part)", -1},
    {"yaml", KEY_YAML, NULL, 0, "The accelerator's file", -1},
    {0}};

static error_t parse_command(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        /* glibc puts a root of its own above ours, so the children are known by the command */
        for (int i = 0; children_of(options)[i].argp != NULL; i++)
            state->child_inputs[i] = options;
        return 0;
    case KEY_CASCADE:
        options->wants_cascade = true;
        return 0;
    case KEY_YAML:
        options->wants_yaml = true;
        return 0;
    case ARGP_KEY_ARG:
        refuse_argument(state, options, arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static char *filter_help(int key, const char *text, void *input)
{
    (void)input;
    char *same; /* argp wants its text back, but not as const */
    memcpy(&same, &text, sizeof same);
    return key == ARGP_KEY_HELP_EXTRA ? help_names() : same;
}

static const char run_doc[] =
    "Price one model on one accelerator under one schedule: latency, DRAM traffic, on-chip memory, energy."
    "\vExamples:\n"
    "  sinter run -m mamba-2.8b\n"
    "  sinter run -m mamba-2.8b -s fuse-all --tile 16\n"
    "  sinter run -m config.json -a my.yaml --set buffer.capacity=4MiB --layers all\n"
    "  sinter run -m scan.yaml -s schedule.txt --format json -o result.json\n"
    "  sinter run -m scan.yaml -s schedule.txt --commands 20\n"
    "  sinter run -m mamba-2.8b --trace trace.json --trace-window 1M:1.1M\n";
static const char compare_doc[] =
    "Price several strategies side by side: the built-in ones, or those of -s, a list with commas."
    "\vExamples:\n"
    "  sinter compare -m mamba-2.8b\n"
    "  sinter compare -m mamba-2.8b -s unfused,fuse-all,fuse-all:tile=16,split=4\n"
    "  sinter compare -m mamba-130m --layers all --format csv -o result.csv\n";
static const char verify_doc[] =
    "Execute a schedule on real numbers, tile by tile, in memories of the modelled size, and compare: values with the "
    "unfused "
    "reference, bytes moved, peaks and computations with what was charged. With --numerics: what choices of formats and "
    "functions do to the numbers."
    "\vExamples:\n"
    "  sinter verify -m mamba-130m\n"
    "  sinter verify -m mamba-130m -s unfused,fuse-all -L 4 --layers all\n"
    "  sinter verify -m scan.yaml -s schedule.txt --data numbers.json\n"
    "  sinter verify --case case.json -s fuse-all --set type=fp32\n"
    "  sinter verify -m mamba-130m -L 4 --numerics H=bf16,weights=int8,exp=marca\n";
static const char show_doc[] =
    "Show a model's operators, an accelerator, or a strategy's schedule; without options, the names that are built in."
    "\vExamples:\n"
    "  sinter show\n"
    "  sinter show -m mamba-2.8b -L 2048\n"
    "  sinter show -m mamba-2.8b --cascade\n"
    "  sinter show -a marca --yaml\n"
    "  sinter show -m mamba-2.8b -a marca -s fuse-all\n";

static const struct argp run_argp = {NULL, parse_command, NULL, run_doc, run_children, filter_help, NULL};
static const struct argp compare_argp = {NULL, parse_command, NULL, compare_doc, compare_children, filter_help, NULL};
static const struct argp verify_argp = {NULL, parse_command, NULL, verify_doc, verify_children, filter_help, NULL};
static const struct argp show_argp = {show_options, parse_command, NULL, show_doc, show_children, filter_help, NULL};

struct command {
    const char *name, *full_name, *summary;
    const struct argp *argp;
    enum sinter_status (*execute)(struct options *options);
};
static const struct command commands[] = {
    {"run", "sinter run", "one model, one accelerator, one schedule", &run_argp, command_run},
    {"compare", "sinter compare", "several strategies side by side", &compare_argp, command_compare},
    {"verify", "sinter verify", "a schedule executed and checked", &verify_argp, command_verify},
    {"explore", "sinter explore", "many accelerators, each with its best schedule", &explore_argp, command_explore},
    {"show", "sinter show", "a model, an accelerator, a schedule, or what is built in", &show_argp, command_show},
    {"reproduce", "sinter reproduce", "published numbers computed again", &reproduce_argp, command_reproduce},
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* ---- one command -------------------------------------------------------------------------------------------------- */

static bool wants_color(const struct options *options)
{
    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    bool is_refused = (no_color != NULL && no_color[0] != '\0') || terminal == NULL || strcmp(terminal, "dumb") == 0;
    return !is_refused && output_is_terminal(options);
}

/* Unicode where it can be seen. In a file or a pipe texts are the same in every locale, and may be cut by bytes. */
static enum sinter_plots wanted_plots(const struct options *options)
{
    static const enum sinter_plots chosen[] = {
        [PLOT_UNICODE] = SINTER_PLOTS_UNICODE, [PLOT_ASCII] = SINTER_PLOTS_ASCII, [PLOT_NONE] = SINTER_PLOTS_NONE};
    if (options->plot != PLOT_AUTO)
        return chosen[options->plot];
    const char *terminal = getenv("TERM"); /* the console of Linux has no dots of braille in its font */
    if (terminal == NULL || strcmp(terminal, "dumb") == 0 || strcmp(terminal, "linux") == 0 || !output_is_terminal(options))
        return SINTER_PLOTS_ASCII;
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool is_utf8 = locale != (locale_t)0 && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    if (locale != (locale_t)0)
        freelocale(locale);
    return is_utf8 ? SINTER_PLOTS_UNICODE : SINTER_PLOTS_ASCII;
}

/* Errors always; warnings and notes unless they are not wanted. */
static void print_messages(struct options *options, enum sinter_status status)
{
    bool is_silent = status == SINTER_OK && options->style.is_quiet;
    if (sinter_diagnostics_count(options->diags) > 0 && !is_silent) {
        struct sinter_text visible = {0};
        sinter_text_visible(&visible, sinter_diagnostics_text(options->diags), "\n\t");
        fputs(sinter_text_data(&visible), stderr);
        sinter_text_free(&visible);
    } else if (status == SINTER_NO_MEMORY || status == SINTER_INTERNAL)
        fprintf(stderr, "error: %s\n", sinter_status_name(status));
}

/* argp would only say that there is none of that name. */
static enum sinter_status refuse_unknown_option(struct options *options, const struct command *command, const char *text)
{
    const char *near = option_suggest(command->argp, text + 2);
    char hint[128];
    snprintf(hint, sizeof hint, "'sinter %s --help' lists the options", command->name);
    for (int i = 0; i < N_COMMANDS; i++) {
        if (option_is_whole(commands[i].argp, text + 2) || (near == NULL && option_exists(commands[i].argp, text + 2))) {
            snprintf(hint, sizeof hint, "it is an option of 'sinter %s'", commands[i].name);
            near = NULL;
            break;
        }
    }
    if (near != NULL)
        snprintf(hint, sizeof hint, "did you mean '--%s'?", near);
    return usage_error(options, hint, "'sinter %s' has no option '%.*s'", command->name, (int)strcspn(text, "="), text);
}

/* The words as they were given: argp moves them about. */
static bool keep_words(struct options *options, int argc, char **argv)
{
    const char **words = sinter_arena_alloc(options->arena, (size_t)argc + 1, sizeof *words);
    if (words == NULL)
        return false;
    words[0] = "sinter";
    for (int i = 0; i < argc; i++)
        words[i + 1] = argv[i];
    options->origin = (struct sinter_origin){words, argc + 1};
    return true;
}

static int execute(const struct command *command, int argc, char **argv)
{
    static struct options options; /* large; argp may end the program while it is in use */
    options.command = command->name;
    options.diags = sinter_diagnostics_new(NULL);
    options.arena = sinter_arena_new(NULL);
    enum sinter_status status = SINTER_NO_MEMORY;
    if (options.diags != NULL && options.arena != NULL && keep_words(&options, argc, argv)) {
        char name[32]; /* messages begin with it */
        snprintf(name, sizeof name, "%s", command->full_name);
        argv[0] = name;
        const struct argp *all[N_COMMANDS];
        for (int i = 0; i < N_COMMANDS; i++)
            all[i] = commands[i].argp;
        const char *unknown = option_find_unknown(command->argp, all, N_COMMANDS, argc, argv);
        status = unknown != NULL ? refuse_unknown_option(&options, command, unknown)
                 : argp_parse(command->argp, argc, argv, 0, NULL, &options) == 0 ? SINTER_OK
                                                                                 : SINTER_BAD_USAGE;
        options.style.is_colored = wants_color(&options);
        options.style.plots = wanted_plots(&options);
        if (!options.has_width)
            options.style.width = output_width(&options);
        if (status == SINTER_OK)
            status = command->execute(&options);
    }
    print_messages(&options, status);
    sinter_arena_free(options.arena);
    sinter_diagnostics_free(options.diags);
    return status == SINTER_OK && options.exit_code != 0 ? options.exit_code : (int)exit_code_of(status);
}

/* ---- the command line up to the sub-command ----------------------------------------------------------------------- */

struct invocation {
    char *name; /* of the sub-command */
    int argc;   /* from its name on */
    char **argv;
};

static error_t parse_main(int key, char *arg, struct argp_state *state)
{
    struct invocation *invocation = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        invocation->name = arg;
        invocation->argc = state->argc - state->next + 1;
        invocation->argv = &state->argv[state->next - 1];
        state->next = state->argc; /* the rest is the sub-command's */
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no command is given, expected run, compare, verify, explore, show, reproduce or help");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char main_doc[] =
    "Sinter prices fused schedules of state space models on accelerators: latency, energy, DRAM traffic, on-chip memory.\v"
    "Commands:\n"
    "  run           one model, one accelerator, one schedule\n"
    "  compare       several strategies side by side\n"
    "  verify        a schedule executed on real numbers, and checked\n"
    "  explore       many accelerators, each with its own best schedule\n"
    "  show          a model, an accelerator, a schedule, or what is built in\n"
    "  reproduce     published numbers computed again: ours, theirs, the deviation\n"
    "  help COMMAND  a command's options and examples\n"
    "\n"
    "Examples:\n"
    "  sinter compare -m mamba-2.8b\n"
    "  sinter run -m mamba-2.8b -a marca -s fuse-all\n"
    "  sinter show -m mamba-2.8b -L 2048\n";
static const struct argp main_argp = {NULL, parse_main, "COMMAND [OPTION...]", main_doc, NULL, filter_help, NULL};

static enum exit_code unknown_command(const char *name)
{
    const char *names[N_COMMANDS + 1] = {"help"};
    for (int i = 0; i < N_COMMANDS; i++)
        names[i + 1] = commands[i].name;
    const char *near = sinter_suggest(name, names, N_COMMANDS + 1);
    struct sinter_text visible = {0};
    sinter_text_visible(&visible, name, "");
    fprintf(stderr, "error: unknown command '%s'\n", sinter_text_data(&visible));
    sinter_text_free(&visible);
    if (near != NULL)
        fprintf(stderr, "  hint: did you mean '%s'?\n", near);
    else
        fputs("  hint: commands are run, compare, verify, explore, show, reproduce and help\n", stderr);
    return EXIT_USAGE;
}

static enum exit_code help(const struct invocation *invocation)
{
    bool is_of_all = invocation->argc < 2 || strcmp(invocation->argv[1], "help") == 0;
    const struct command *command = is_of_all ? NULL : find_command(invocation->argv[1]);
    if (command == NULL && !is_of_all)
        return unknown_command(invocation->argv[1]);
    if (invocation->argc > 2) {
        fputs("error: help takes one command\n  hint: as in 'sinter help run'\n", stderr);
        return EXIT_USAGE;
    }
    char name[32];
    snprintf(name, sizeof name, "%s", command == NULL ? "sinter" : command->full_name);
    argp_help(command == NULL ? &main_argp : command->argp, stdout, ARGP_HELP_STD_HELP, name);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    struct invocation invocation = {NULL, 0, NULL};
    argp_program_version = "sinter " SINTER_VERSION; /* assigned: a definition of our own would be hidden from argp */
    argp_err_exit_status = EXIT_USAGE;
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error of the write, to be told and cleaned up after */
#endif
    if (argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER, NULL, &invocation) != 0 || invocation.name == NULL)
        return EXIT_USAGE;
    if (strcmp(invocation.name, "help") == 0)
        return (int)help(&invocation);
    const struct command *command = find_command(invocation.name);
    if (command == NULL)
        return (int)unknown_command(invocation.name);
    return execute(command, invocation.argc, invocation.argv);
}
