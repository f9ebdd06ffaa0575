/* strategies.c: what -s says: names with options, lists of them, schedule files.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

#define MAX_NAMES 64

static int strategy_names(const char *names[MAX_NAMES])
{
    int n = 0;
    while (n < MAX_NAMES && sinter_strategy_name(n) != NULL) {
        names[n] = sinter_strategy_name(n);
        n++;
    }
    return n;
}

static const char *find_name(const char *text, size_t length)
{
    for (int i = 0; sinter_strategy_name(i) != NULL; i++)
        if (strlen(sinter_strategy_name(i)) == length && memcmp(sinter_strategy_name(i), text, length) == 0)
            return sinter_strategy_name(i);
    return NULL;
}

static bool file_exists(const char *path)
{
    if (strcmp(path, "-") == 0) /* standard input */
        return true;
    FILE *file = fopen(path, "r");
    if (file != NULL)
        fclose(file);
    return file != NULL;
}

static enum sinter_status unknown_strategy(struct options *options, const char *text)
{
    const char *names[MAX_NAMES];
    int n = strategy_names(names);
    size_t comma = strcspn(text, ",");
    for (int i = 0; i < n && text[comma] == ','; i++)
        if (strlen(names[i]) == comma && strncmp(text, names[i], comma) == 0)
            return usage_error(options, "'sinter compare' and 'sinter verify' take a list",
                               "'sinter %s' takes one strategy, found the list '%s'", options->command, text);
    const char *near = sinter_suggest(text, names, n);
    char hint[160] = "'sinter show' lists the strategies; a schedule file's name contains '/' or '.'";
    if (near != NULL)
        snprintf(hint, sizeof hint, "did you mean '%s'?", near);
    return usage_error(options, hint, "unknown strategy '%s'", text);
}

/* ---- options behind the colon ---------------------------------------------------------------------------------- */

static bool is_option(const char *text)
{
    return strncmp(text, "tile=", 5) == 0 || strncmp(text, "split=", 6) == 0 || strcmp(text, "chain") == 0 ||
           strcmp(text, "resident") == 0;
}

static enum sinter_status read_count(struct options *options, const char *field, const char *text, int64_t *value)
{
    double number = 0;
    enum sinter_status status = sinter_quantity_parse(text, SINTER_COUNT, (struct sinter_location){0}, NULL, &number);
    if (status != SINTER_OK || !(number >= 1 && number <= 9007199254740992.0) || number - floor(number) > 0)
        return usage_error(options, NULL, "'%s' of a strategy is '%s', expected a whole number of at least 1", field, text);
    *value = (int64_t)number;
    return SINTER_OK;
}

static enum sinter_status read_option(struct options *options, const char *text, struct sinter_strategy_options *schedule)
{
    static const char *const known[] = {"tile", "split", "chain", "resident"};
    if (strncmp(text, "tile=", 5) == 0)
        return read_count(options, "tile", text + 5, &schedule->tile);
    if (strncmp(text, "split=", 6) == 0)
        return read_count(options, "split", text + 6, &schedule->split);
    if (strcmp(text, "chain") == 0)
        schedule->chain = true;
    else if (strcmp(text, "resident") == 0)
        schedule->resident = true;
    else {
        char word[32], hint[96] = "known are tile=N, split=N, chain, resident";
        snprintf(word, sizeof word, "%.*s", (int)strcspn(text, "="), text);
        const char *near = sinter_suggest(word, known, 4);
        if (near != NULL)
            snprintf(hint, sizeof hint, "did you mean '%s'? known are tile=N, split=N, chain, resident", near);
        return usage_error(options, hint, "unknown option '%s' of a strategy", text);
    }
    return SINTER_OK;
}

/* Reads "tile=16,split=8,chain" into the strategy's options. */
static enum sinter_status read_options(struct options *options, const char *text, struct sinter_strategy_options *schedule)
{
    for (;;) {
        size_t length = strcspn(text, ",");
        char *one = sinter_arena_copy(options->arena, text, length);
        enum sinter_status status = one == NULL ? sinter_out_of_memory(options->diags) : read_option(options, one, schedule);
        if (status != SINTER_OK || text[length] == '\0')
            return status;
        text += length + 1;
    }
}

/* ---- one strategy ---------------------------------------------------------------------------------------------- */

/* What is named twice is one strategy: a table of it beside itself would say nothing. */
static enum sinter_status add(struct options *options, const struct sinter_strategy *strategy)
{
    for (int i = 0; i < options->n_strategies; i++)
        if (strcmp(options->strategies[i].label, strategy->label) == 0)
            return SINTER_OK;
    if (options->n_strategies == MAX_STRATEGIES)
        return usage_error(options, NULL, "more than %d strategies", MAX_STRATEGIES);
    options->strategies[options->n_strategies++] = *strategy;
    return SINTER_OK;
}

/* ---- options that a strategy does not use ------------------------------------------------------------------------ */

enum strategy_option { OPTION_TILE, OPTION_SPLIT, OPTION_CHAIN, OPTION_RESIDENT, N_STRATEGY_OPTIONS };

static bool uses(const char *name, enum strategy_option option)
{
    static const char *const unfused[] = {"unfused-strict", "UF", "unfused", "optimal"};
    if (option == OPTION_RESIDENT)
        return strcmp(name, "fuse-block") == 0;
    if (strcmp(name, "fuse-all-spill") == 0) /* the whole state in the order of fuse-all */
        return option == OPTION_TILE;
    for (int i = 0; i < 4; i++)
        if (strcmp(name, unfused[i]) == 0)
            return false;
    return true;
}

static bool is_given(const struct sinter_strategy_options *options, enum strategy_option option)
{
    switch (option) {
    case OPTION_TILE:
        return options->tile != 0;
    case OPTION_SPLIT:
        return options->split != 0;
    case OPTION_CHAIN:
        return options->chain;
    case OPTION_RESIDENT:
        return options->resident;
    case N_STRATEGY_OPTIONS:
        break;
    }
    return false;
}

static void warn(struct options *options, const char *option, enum strategy_option kind, const char *strategy)
{
    struct sinter_text hint = {0};
    for (int i = 0; sinter_strategy_name(i) != NULL; i++)
        if (uses(sinter_strategy_name(i), kind))
            sinter_text_printf(&hint, "%s%s", hint.length > 0 ? ", " : "it is for ", sinter_strategy_name(i));
    sinter_report(options->diags, SINTER_WARNING, (struct sinter_location){0}, sinter_text_data(&hint),
                  "%s has no effect on %s", option, strategy);
    sinter_text_free(&hint);
}

/* Options that a strategy does not use are taken from it, so that no report shows them. Those behind its colon are told
 * each; --tile and the like are for all strategies and are told when none of them uses it. */
static void drop_unused(struct options *options)
{
    static const char *const flags[] = {"--tile", "--split", "--chain", "--weights resident"};
    static const char *const words[] = {"tile", "split", "chain", "resident"};
    for (int o = 0; o < N_STRATEGY_OPTIONS; o++) {
        enum strategy_option option = (enum strategy_option)o;
        int n_users = 0;
        for (int i = 0; i < options->n_strategies; i++) {
            struct sinter_strategy *strategy = &options->strategies[i];
            if (strategy->name != NULL && uses(strategy->name, option)) {
                n_users++;
                continue;
            }
            bool is_own = is_given(&strategy->options, option) && !is_given(&options->schedule, option);
            if (is_own)
                warn(options, words[o], option, strategy->label);
            switch (option) {
            case OPTION_TILE:
                strategy->options.tile = 0;
                break;
            case OPTION_SPLIT:
                strategy->options.split = 0;
                break;
            case OPTION_CHAIN:
                strategy->options.chain = false;
                break;
            case OPTION_RESIDENT:
            case N_STRATEGY_OPTIONS:
                strategy->options.resident = false;
                break;
            }
        }
        if (n_users > 0 || options->n_strategies == 0 || !is_given(&options->schedule, option))
            continue;
        const struct sinter_strategy *only = &options->strategies[0];
        warn(options, flags[o], option,
             options->n_strategies > 1 ? "any of these strategies"
             : only->file != NULL      ? "a schedule file"
                                       : only->label);
    }
}

/* Those of a search, where nothing is searched for. */
static void warn_of_search(struct options *options)
{
    bool is_used = false;
    for (int i = 0; i < options->n_strategies; i++)
        is_used |= options->strategies[i].name != NULL && strcmp(options->strategies[i].name, "optimal") == 0;
    if (options->has_search && !is_used && !options->wants_front)
        sinter_report(options->diags, SINTER_WARNING, (struct sinter_location){0}, "they are for -s optimal",
                      "--objective, --gap, --slack, --time-limit and --explain have no effect here");
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

static enum sinter_status parse_one(struct options *options, const char *text)
{
    struct sinter_strategy strategy = {.label = text, .options = options->schedule};
    size_t length = strcspn(text, ":");
    strategy.name = find_name(text, length);
    if (strategy.name != NULL && text[length] == ':') {
        enum sinter_status status = read_options(options, text + length + 1, &strategy.options);
        if (status != SINTER_OK)
            return status;
    }
    if (strategy.name == NULL) {
        if (strpbrk(text, "/.") == NULL && !file_exists(text))
            return unknown_strategy(options, text);
        strategy.file = text;
    }
    return add(options, &strategy);
}

/* Splits a list at commas; options behind a colon ("fuse-all:tile=16,chain,unfused") stay with their strategy. */
static enum sinter_status parse_list(struct options *options, const char *text)
{
    if (file_exists(text))
        return parse_one(options, text);
    for (;;) {
        size_t length = strcspn(text, ",");
        bool has_colon = memchr(text, ':', length) != NULL;
        while (has_colon && text[length] == ',') {
            size_t next = strcspn(text + length + 1, ",");
            const char *piece = sinter_arena_copy(options->arena, text + length + 1, next);
            if (piece == NULL)
                return sinter_out_of_memory(options->diags);
            if (!is_option(piece))
                break;
            length += 1 + next;
        }
        const char *one = sinter_arena_copy(options->arena, text, length);
        if (one == NULL)
            return sinter_out_of_memory(options->diags);
        enum sinter_status status =
            length == 0 ? usage_error(options, NULL, "a strategy in the list is empty") : parse_one(options, one);
        if (status != SINTER_OK || text[length] == '\0')
            return status;
        text += length + 1;
    }
}

enum sinter_status strategies_parse(struct options *options, bool is_list)
{
    for (int i = 0; i < options->n_strategy_texts; i++) {
        const char *text = options->strategy_texts[i];
        enum sinter_status status = is_list ? parse_list(options, text) : parse_one(options, text);
        if (status != SINTER_OK)
            return status;
    }
    drop_unused(options);
    warn_of_search(options);
    return SINTER_OK;
}

enum sinter_status strategies_add(struct options *options, const char *name)
{
    enum sinter_status status = parse_one(options, name);
    drop_unused(options);
    warn_of_search(options);
    return status;
}

enum sinter_status strategies_default(struct options *options)
{
    enum sinter_status status = SINTER_OK;
    for (int i = 0; sinter_strategy_name(i) != NULL && status == SINTER_OK; i++)
        if (sinter_strategy_is_compared(i))
            status = parse_one(options, sinter_strategy_name(i));
    drop_unused(options);
    return status;
}
