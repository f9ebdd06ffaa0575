/* verify.c: `sinter verify`: a schedule executed on real numbers, or a study of the numbers themselves.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "report/format.h"

#define USUAL_TOKENS 64 /* enough for every tile and look-back to matter, and seconds for a small model */

/* ---- options ------------------------------------------------------------------------------------------------------- */

enum key { KEY_SEED = 0x400, KEY_DATA, KEY_CASE, KEY_ARITHMETIC, KEY_THREADS, KEY_NUMERICS };

static const struct argp_option execution_options[] = {
    {NULL, 0, NULL, 0, "Execution:", 4},
    {"seed", KEY_SEED, "N", 0, "Random inputs, weights and states of this seed (default: 1)", 4},
    {"data", KEY_DATA, "FILE", 0, "Numbers for the block: a manifest with tensors named as in its cascade", 4},
    {"case", KEY_CASE, "FILE", 0,
     "A stored case instead of a model: a manifest that names the model, its inputs, and what it must compute", 4},
    {"arithmetic", KEY_ARITHMETIC, "BITS", 0,
     "32 or 64: operations round to float or double (default: 64 if a type has numbers that float has not, as fp64 and "
     "int32)",
     4},
    {"threads", KEY_THREADS, "N", 0, "Threads of an execution; the results are the same (default: 1)", 4},
    {"numerics", KEY_NUMERICS, "CHOICES", 0,
     "Instead of executing: the error that each choice causes, and all together, as in H=bf16,weights=int8,exp=marca; a "
     "tensor, inputs, weights, states, intermediates, outputs or all = a format (bf16, fp16, eXmY, intN, intN*SCALE); a "
     "function = marca, table:N, linear:N or poly:N; arithmetic=32",
     4},
    {0}};

static void set_seed(struct argp_state *state, struct options *options, const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long long seed = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
        argp_error(state, "--seed is '%s', expected a whole number below 2^64", shown_value(options, text));
    options->inputs.seed = seed;
    options->has_seed = true;
}

static void add_choices(struct argp_state *state, struct options *options, const char *text)
{
    for (;;) {
        size_t length = strcspn(text, ",");
        const char *one = sinter_arena_copy(options->arena, text, length);
        if (one == NULL)
            argp_failure(state, 4, 0, "out of memory");
        if (options->n_choices == MAX_CHOICES)
            argp_error(state, "more than %d choices in --numerics", MAX_CHOICES);
        else
            options->choices[options->n_choices++] = one;
        if (text[length] == '\0')
            return;
        text += length + 1;
    }
}

static error_t parse_execution(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_SEED:
        set_seed(state, options, arg);
        return 0;
    case KEY_DATA:
        options->data = arg;
        return 0;
    case KEY_CASE:
        options->stored = arg;
        return 0;
    case KEY_ARITHMETIC:
        if (strcmp(arg, "32") != 0 && strcmp(arg, "64") != 0)
            argp_error(state, "--arithmetic is '%s', expected 32 or 64", shown_value(options, arg));
        options->inputs.arithmetic = strcmp(arg, "32") == 0 ? 32 : 64;
        return 0;
    case KEY_THREADS:
        options->inputs.n_threads = (int)count_value(state, "--threads", arg, 1024);
        return 0;
    case KEY_NUMERICS:
        add_choices(state, options, arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp execution_argp = {.options = execution_options, .parser = parse_execution};

/* ---- what does not go together -------------------------------------------------------------------------------------- */

/* An option that the case decides, or NULL. */
static const char *idle_beside_case(const struct options *options)
{
    const struct sinter_model_options *model = &options->model_options;
    return options->model != NULL               ? "--model"
           : model->tokens > 0                  ? "--tokens"
           : model->batch > 0                   ? "--batch"
           : model->phase != SINTER_PREFILL     ? "--phase"
           : model->logits != SINTER_LOGITS_ALL ? "--logits"
           : model->variant != NULL             ? "--variant"
           : options->style.all_layers          ? "--layers"
           : options->data != NULL              ? "--data"
                                                : NULL;
}

/* An option that is about a schedule where only numbers are studied, or NULL. */
static const char *idle_in_study(const struct options *options)
{
    const struct sinter_strategy_options *schedule = &options->schedule;
    return options->n_strategy_texts > 0   ? "--strategy"
           : options->accel != NULL        ? "--accelerator"
           : options->inputs.n_threads > 0 ? "--threads"
           : schedule->tile > 0            ? "--tile"
           : schedule->split > 0           ? "--split"
           : schedule->chain               ? "--chain"
           : schedule->resident            ? "--weights"
           : options->style.all_layers     ? "--layers"
                                           : NULL;
}

static enum sinter_status check_strategies(struct options *options)
{
    enum sinter_status status =
        options->n_strategy_texts == 0 ? strategies_add(options, "mem-aware") : strategies_parse(options, true);
    for (int i = 0; status == SINTER_OK && i < options->n_strategies && options->style.all_layers; i++)
        if (options->strategies[i].file != NULL)
            return usage_error(options, "leave one of them out",
                               "--layers all asks for every part, but '%s' schedules the "
                               "block alone",
                               options->strategies[i].label);
    return status;
}

static enum sinter_status check_options(struct options *options)
{
    if (options->stored != NULL && idle_beside_case(options) != NULL)
        return usage_error(options, "a case brings its model, shapes and numbers", "%s and --case contradict each other",
                           idle_beside_case(options));
    if (options->has_seed && (options->stored != NULL || options->data != NULL))
        return usage_error(options, "leave --seed out: the file brings the numbers", "--seed and --%s contradict each other",
                           options->stored != NULL ? "case" : "data");
    if (options->data != NULL && options->style.all_layers)
        return usage_error(options, "leave one of them out", "--data has numbers for the block alone, not for --layers all");
    if (options->stored == NULL && options->model == NULL)
        return usage_error(options, "as in -m mamba-130m; 'sinter show' lists the names. Or give a --case",
                           "no model is given");
    if (options->n_choices == 0)
        return check_strategies(options);
    if (idle_in_study(options) != NULL)
        return usage_error(options, "leave it out: nothing is executed, and no schedule changes the values",
                           "%s has no effect on --numerics", idle_in_study(options));
    if (options->inputs.arithmetic == 32) { /* one choice more */
        if (options->n_choices == MAX_CHOICES)
            return usage_error(options, NULL, "more than %d choices in --numerics", MAX_CHOICES);
        options->choices[options->n_choices++] = "arithmetic=32";
    }
    return SINTER_OK;
}

/* ---- running ---------------------------------------------------------------------------------------------------------- */

static enum sinter_status study(struct options *options, const struct inputs *inputs)
{
    struct sinter_study *study = NULL;
    struct sinter_text out = {0};
    enum sinter_status status =
        sinter_study(inputs->model, options->choices, options->n_choices, &options->inputs, NULL, options->diags, &study);
    if (status == SINTER_OK) {
        status = sinter_study_write(study, &options->style, &out);
        status = status == SINTER_OK ? output_write(options, &out) : sinter_out_of_memory(options->diags);
    }
    sinter_text_free(&out);
    sinter_study_free(study);
    return status;
}

/* How fast it was. That is no part of the result, which is the same bytes each time. */
static void tell_times(const struct options *options, const struct sinter_verification *verification)
{
    for (int i = 0; i < verification->n_runs; i++) {
        const struct sinter_verified_run *run = &verification->runs[i];
        double points = 0, seconds = run->seconds > 0 ? run->seconds : 1e-9;
        if (run->status != SINTER_OK)
            continue;
        for (int e = 0; e < run->part->cascade->n_einsums; e++)
            points += (double)sinter_cascade_points(run->part->cascade, run->part->cascade->einsums[e].ranks);
        sinter_report(options->diags, SINTER_NOTE, (struct sinter_location){0}, NULL,
                      "%s of %s: executed in %s, %s commands and %s points of Einsums per second",
                      strategy_label(run->strategy), run->part->name, show_seconds(run->seconds).text,
                      show_count((double)run->execution->n_commands / seconds).text, show_count(points / seconds).text);
    }
    sinter_report(options->diags, SINTER_NOTE, (struct sinter_location){0}, NULL, "the reference took %s",
                  show_seconds(verification->reference_seconds).text);
}

static enum sinter_status execute(struct options *options, const struct inputs *inputs, struct rows *rows)
{
    struct sinter_verification *verification = NULL;
    struct sinter_text out = {0};
    enum sinter_status status = rows_evaluate(options, inputs, rows);
    if (status != SINTER_OK)
        return status;
    status = sinter_verify(inputs->model, inputs->accel, rows->items, rows->n, options->style.all_layers, &options->inputs,
                           NULL, options->diags, &verification);
    if (verification == NULL)
        return status;
    enum sinter_status written = sinter_verification_write(verification, &options->style, &out);
    written = written == SINTER_OK ? output_write(options, &out) : sinter_out_of_memory(options->diags);
    if (status != SINTER_OK && rows->n_feasible < rows->n)
        rows_pass_on(options, rows);
    if (options->style.is_verbose)
        tell_times(options, verification);
    sinter_text_free(&out);
    sinter_verification_free(verification);
    return written == SINTER_OK ? status : written;
}

/* Values are kept whole, so it is the model that is too large, seldom the machine too small. */
static void explain_memory(struct options *options, const struct sinter_model *model)
{
    const struct sinter_cascade *cascade = model->parts[model->block].cascade;
    double numbers = 0;
    for (int t = 0; t < cascade->n_tensors; t++)
        numbers += (double)cascade->tensors[t].elements;
    sinter_report(options->diags, SINTER_NOTE, (struct sinter_location){0},
                  "fewer tokens (-L) or smaller extents (--set) take less",
                  "every tensor of the block is kept whole, more than once: in double that is %s each time",
                  show_capacity(8 * numbers).text);
}

enum sinter_status command_verify(struct options *options)
{
    struct inputs inputs;
    struct sinter_case *bound = NULL;
    enum sinter_status status = check_options(options);
    if (status != SINTER_OK)
        return status;
    options->model_options.usual_tokens = USUAL_TOKENS;
    if (!options->has_seed)
        options->inputs.seed = 1;
    status = options->stored != NULL ? inputs_load_case(options, &inputs)
                                     : inputs_load(options, true, options->n_choices == 0, &inputs);
    if (status != SINTER_OK)
        return status;
    status = output_check(options->output, options->diags);
    if (status == SINTER_OK && options->data != NULL)
        status =
            sinter_case_bind(options->data, inputs.model->parts[inputs.model->block].cascade, NULL, options->diags, &bound);
    options->inputs.given = options->stored != NULL ? inputs.stored : bound;
    struct rows rows = {.n = 0};
    if (status == SINTER_OK)
        status = options->n_choices > 0 ? study(options, &inputs) : execute(options, &inputs, &rows);
    if (status == SINTER_NO_MEMORY)
        explain_memory(options, inputs.model);
    rows_free(&rows);
    sinter_case_free(bound);
    inputs_free(&inputs);
    return status;
}
