/* options.h: what the sub-commands are told: the options that they share, parsed by argp.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_CLI_OPTIONS_H
#define SINTER_CLI_OPTIONS_H

#include <argp.h>

#include "sinter/page.h"

#define MAX_STRATEGIES 64
#define MAX_OVERRIDES 64
#define MAX_CHOICES 64

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum plot_mode { PLOT_AUTO, PLOT_UNICODE, PLOT_ASCII, PLOT_NONE };

#define MAX_CLAUSES 64

/* What explore is told. Texts are as they were given, NULL where nothing was. */
struct explore_request {
    const char *file;
    bool is_described; /* by options */
    const char *models, *tokens, *variant, *area, *area_model, *strategy, *latency_limit;
    bool is_whole;         /* --layers all */
    const char *schedules; /* NULL: none are written */
    int64_t batch, effort;
    enum sinter_phase phase;
    enum sinter_objective objective;
    double gap;
    const char *settings[MAX_CLAUSES], *axes[MAX_CLAUSES], *derived[MAX_CLAUSES], *conditions[MAX_CLAUSES],
        *merged[MAX_CLAUSES];
    int n_settings, n_axes, n_derived, n_conditions, n_merged;
    const char *store;
    int n_threads;
    int64_t shard, n_shards;
    bool is_query, wants_all, wants_print;
    bool is_mpi;        /* --mpi */
    double mpi_silence; /* seconds; 0: the default */
};

struct options {
    const char *command; /* "run", "compare", "verify", "explore", "show", "reproduce" */
    struct sinter_diagnostics *diags;
    struct sinter_arena *arena; /* strategies and their labels */

    const char *model, *accel; /* NULL: not given */
    struct sinter_model_options model_options;
    struct sinter_override overrides[MAX_OVERRIDES];
    int n_overrides;

    const char *strategy_texts[MAX_STRATEGIES]; /* each -s as it was given */
    int n_strategy_texts;
    struct sinter_strategy_options schedule; /* --tile, --split, --chain, --weights: for every strategy */
    bool wants_front;                        /* run: --front */
    int pick;                                /* 0: not given */
    bool has_search;                         /* --objective, --gap, --slack or --time-limit: for strategy optimal */
    struct sinter_strategy strategies[MAX_STRATEGIES];
    int n_strategies;

    struct sinter_style style;
    enum color_mode color;
    enum plot_mode plot;
    bool has_width;              /* --width: style.width is set */
    const char *output;          /* NULL or "-": standard output */
    const char *html;            /* NULL: no page */
    const char *figures;         /* a folder; NULL: no figures */
    struct sinter_origin origin; /* the command line, as it was given */
    const char *trace;           /* run: NULL: none; "-": standard output */
    bool has_trace_window;       /* --trace-window */
    struct sinter_trace_window trace_window;
    bool wants_cascade, wants_yaml; /* show */
    const char *paper;              /* reproduce */
    int figure;                     /* 0: not given */

    const char *data, *stored;        /* verify: --data, --case */
    struct sinter_inputs inputs;      /* verify: all but `given` */
    bool has_seed;                    /* --seed */
    const char *choices[MAX_CHOICES]; /* --numerics, split at commas */
    int n_choices;

    struct explore_request explore;
    int exit_code; /* instead of the one that a status has; 0: that */
};

/* The option groups that sub-commands have as children. Their input is a struct options. */
extern const struct argp model_argp, schedule_argp, output_argp, page_argp, program_argp, execution_argp;

/* Turns the -s texts into strategies, `list` splitting at commas. SINTER_BAD_USAGE for names that do not exist. */
enum sinter_status strategies_parse(struct options *options, bool is_list);
/* Every built-in strategy, with the options given. */
enum sinter_status strategies_default(struct options *options);
/* Adds a strategy by name. */
enum sinter_status strategies_add(struct options *options, const char *name);

/* Reads a count of at least 1, while options are parsed; a usage error ends the program. */
int64_t count_value(struct argp_state *state, const char *option, const char *text, double most);

/* What --help lists at its end: the names that are built in. malloc'd, or NULL. */
char *help_names(void);

/* A value as it was given, fit for a message. */
const char *shown_value(const struct options *options, const char *text);

/* A usage error that is found after parsing; returns SINTER_BAD_USAGE. */
enum sinter_status usage_error(struct options *options, const char *hint, const char *format, ...) SINTER_PRINTF(3, 4);

#endif
