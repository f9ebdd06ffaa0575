/* inputs.c: loads the model and the accelerator, and finds --set fields that nobody used.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"

/* ---- fields that exist, for suggestions ------------------------------------------------------------------------- */

struct names {
    struct sinter_arena *arena;
    const char **items; /* room for MAX_FIELDS */
    int n;
};
enum { MAX_FIELDS = 2048 };

static void add_name(struct names *names, const char *first, const char *second, const char *third)
{
    if (names->n == MAX_FIELDS)
        return;
    const char *name =
        sinter_arena_printf(names->arena, "%s%s%s%s%s", first, second == NULL ? "" : ".", second == NULL ? "" : second,
                            third == NULL ? "" : ".", third == NULL ? "" : third);
    if (name != NULL)
        names->items[names->n++] = name;
}

static void add_model_fields(struct names *names, const struct sinter_model *model)
{
    static const char *const fields[] = {"type",
                                         "state_type",
                                         "hidden_size",
                                         "intermediate_size",
                                         "state_size",
                                         "num_hidden_layers",
                                         "time_step_rank",
                                         "conv_kernel",
                                         "vocab_size",
                                         "expand",
                                         "layers",
                                         "use_bias",
                                         "use_conv_bias",
                                         "tie_word_embeddings",
                                         "layer_norm_epsilon",
                                         "mixer_rms_eps",
                                         "pad_vocab_size_multiple"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        add_name(names, fields[i], NULL, NULL);
    for (int p = 0; p < model->n_parts; p++) {
        const struct sinter_cascade *cascade = model->parts[p].cascade;
        for (int r = 0; r < cascade->n_ranks; r++)
            add_name(names, cascade->ranks[r].name, NULL, NULL);
        for (int t = 0; t < cascade->n_tensors && model->n_parts == 1; t++)
            add_name(names, cascade->tensors[t].name, "type", NULL);
    }
}

static void add_accel_fields(struct names *names, const struct sinter_accel *accel)
{
    static const char *const fields[] = {"technology", "clock", "prefetch", "area"};
    static const char *const of_memory[] = {"capacity", "bandwidth", "energy", "double",         "parent",
                                            "link",     "latency",   "burst",  "write_bandwidth"};
    static const char *const of_unit[] = {"at", "pes", "spatial"};
    for (int i = 0; i < 4; i++)
        add_name(names, fields[i], NULL, NULL);
    for (int m = 0; m < accel->n_memories; m++)
        for (size_t i = 0; i < sizeof of_memory / sizeof of_memory[0]; i++)
            add_name(names, accel->memories[m].name, of_memory[i], NULL);
    for (int u = 0; u < accel->n_units; u++) {
        for (int i = 0; i < 3; i++)
            add_name(names, accel->units[u].name, of_unit[i], NULL);
        for (int op = 0; op < SINTER_N_OPS; op++) {
            add_name(names, accel->units[u].name, "cycles", sinter_op_name((enum sinter_op)op));
            add_name(names, accel->units[u].name, "energy", sinter_op_name((enum sinter_op)op));
        }
    }
}

static enum sinter_status complain(struct options *options, const char *field, const struct inputs *inputs)
{
    struct names names = {.arena = options->arena};
    names.items = sinter_arena_alloc(options->arena, MAX_FIELDS, sizeof *names.items);
    if (names.items == NULL)
        return sinter_out_of_memory(options->diags);
    if (inputs->model != NULL)
        add_model_fields(&names, inputs->model);
    if (inputs->accel != NULL)
        add_accel_fields(&names, inputs->accel);
    const char *near = sinter_suggest(field, names.items, names.n);
    char hint[256] = "fields are ranks (N), memories' (buffer.capacity) and units' (array.cycles.exp), clock, type, ...";
    if (near != NULL)
        snprintf(hint, sizeof hint, "did you mean '%s'?", near);
    const char *of = inputs->model == NULL   ? "the accelerator"
                     : inputs->accel == NULL ? "the model"
                                             : "the model or the accelerator";
    return usage_error(options, hint, "--set %s: %s has no such field", field, of);
}

static enum sinter_status check_overrides(struct options *options, const struct inputs *inputs)
{
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < options->n_overrides; i++)
        if (!options->overrides[i].is_used)
            status = complain(options, options->overrides[i].field, inputs);
    return status;
}

/* ---- loading ---------------------------------------------------------------------------------------------------- */

/* What the options say by themselves, before a file is read. */
static enum sinter_status check_options(struct options *options, bool wants_model, bool wants_accel)
{
    const struct sinter_model_options *model = &options->model_options;
    if (wants_model && model->phase == SINTER_DECODE && model->tokens > 1)
        return usage_error(options, "leave the tokens out, or ask for prefill",
                           "--tokens is %lld, expected 1 in --phase decode: it computes one token for each sequence",
                           (long long)model->tokens);
    int n = wants_model && strcmp(options->model, "-") == 0;
    n += wants_accel && options->accel != NULL && strcmp(options->accel, "-") == 0;
    for (int i = 0; i < options->n_strategies; i++)
        n += options->strategies[i].file != NULL && strcmp(options->strategies[i].file, "-") == 0;
    if (n > 1)
        return usage_error(options, "give all but one of them as files",
                           "standard input ('-') is used %d times, expected once", n);
    return SINTER_OK;
}

static enum sinter_status load_accel(struct options *options, struct inputs *inputs)
{
    return sinter_accel_load(options->accel == NULL ? "marca" : options->accel, options->overrides, options->n_overrides,
                             NULL, options->diags, &inputs->accel);
}

enum sinter_status inputs_load(struct options *options, bool wants_model, bool wants_accel, struct inputs *inputs)
{
    *inputs = (struct inputs){NULL, NULL, NULL};
    enum sinter_status status = check_options(options, wants_model, wants_accel);
    options->model_options.overrides = options->overrides;
    options->model_options.n_overrides = options->n_overrides;
    if (status == SINTER_OK && wants_model)
        status = sinter_model_load(options->model, &options->model_options, NULL, options->diags, &inputs->model);
    if (status == SINTER_OK && wants_accel)
        status = load_accel(options, inputs);
    if (status == SINTER_OK)
        status = check_overrides(options, inputs);
    if (status != SINTER_OK)
        inputs_free(inputs);
    return status;
}

enum sinter_status inputs_load_case(struct options *options, struct inputs *inputs)
{
    *inputs = (struct inputs){NULL, NULL, NULL};
    enum sinter_status status =
        sinter_case_load(options->stored, options->overrides, options->n_overrides, NULL, options->diags, &inputs->stored);
    if (status == SINTER_OK) {
        inputs->model = inputs->stored->model;
        status = load_accel(options, inputs);
    }
    if (status == SINTER_OK)
        status = check_overrides(options, inputs);
    if (status != SINTER_OK)
        inputs_free(inputs);
    return status;
}

void inputs_free(struct inputs *inputs)
{
    if (inputs->stored == NULL || inputs->model != inputs->stored->model)
        sinter_model_free(inputs->model);
    sinter_case_free(inputs->stored);
    sinter_accel_free(inputs->accel);
    *inputs = (struct inputs){NULL, NULL, NULL};
}
