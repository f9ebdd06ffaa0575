/* model.c: from a text to a model: a configuration gives three parts, a cascade file gives one.
 * SPDX-License-Identifier: MIT
 */
#include "workload/model.h"

#include <string.h>

#include "workload/mamba1.h"

/* What one call works with. */
struct reading {
    const struct sinter_model_options *options;
    const struct sinter_allocator *allocator;
    struct sinter_diagnostics *diags;
    struct sinter_model *model;
    const char *text;
    size_t length;
};

static const int64_t max_tokens = (int64_t)1 << 40;

static struct sinter_override *find_override(const struct sinter_model_options *options, const char *field)
{
    for (int i = 0; i < options->n_overrides; i++)
        if (strcmp(options->overrides[i].field, field) == 0)
            return &options->overrides[i];
    return NULL;
}

static enum sinter_status bad_usage(struct sinter_diagnostics *diags, const char *hint, const char *message,
                                    const char *word)
{
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, hint, "%s '%s'", message, word);
    return SINTER_BAD_USAGE;
}

static enum sinter_status has_no_head(struct sinter_diagnostics *diags, const char *what)
{
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, "leave --logits out",
                  "logits of the last token are asked for, but %s has no head", what);
    return SINTER_BAD_USAGE;
}

static enum sinter_status check_options(const struct reading *reading)
{
    const struct sinter_model_options *options = reading->options;

    if (options->variant && *options->variant && strcmp(options->variant, "pact25") != 0)
        return bad_usage(reading->diags, "the only variant is pact25", "there is no variant", options->variant);
    if (options->tokens >= 0 && options->batch >= 0 && options->tokens <= max_tokens && options->batch <= max_tokens)
        return SINTER_OK;
    const bool is_tokens = options->tokens < 0 || options->tokens > max_tokens;
    sinter_report(reading->diags, SINTER_ERROR, (struct sinter_location){0}, NULL,
                  "%s: expected a whole number from 1 to 2^40, found '%lld'", is_tokens ? "tokens" : "batch",
                  (long long)(is_tokens ? options->tokens : options->batch));
    return SINTER_BAD_USAGE;
}

/* ---- configurations ------------------------------------------------------------------------------------------ */

/* L or B: an override by letter, else the option, else `fallback`. */
static enum sinter_status read_size(const struct reading *reading, const char *letter, int64_t option, int64_t fallback,
                                    enum extent which, struct config *config)
{
    struct sinter_override *override = find_override(reading->options, letter);
    struct yaml_node node = {.kind = YAML_SCALAR};

    config->extent[which] = option > 0 ? option : fallback;
    config->at[which] = (struct sinter_location){.file = config->source};
    if (!override)
        return SINTER_OK;
    override->is_used = true;
    if (!override_location(override, reading->model->arena, &node.at))
        return sinter_out_of_memory(reading->diags);
    node.text = override->value;
    config->at[which] = node.at;
    return yaml_integer(&node, letter, 1, max_tokens, reading->diags, &config->extent[which]);
}

static enum sinter_status read_type(const struct reading *reading, const char *field, const char *fallback,
                                    const char **type)
{
    struct sinter_override *override = find_override(reading->options, field);
    struct sinter_type parsed;
    struct sinter_location at;

    *type = fallback;
    if (!override)
        return SINTER_OK;
    override->is_used = true;
    if (!override_location(override, reading->model->arena, &at))
        return sinter_out_of_memory(reading->diags);
    if (!sinter_type_parse(override->value, &parsed))
        return sinter_error(reading->diags, at, "types are fp64 fp32 fp16 bf16 fp8 int32 int16 int8 int4 and 'N bit'",
                            "unknown type '%s'", override->value);
    *type = override->value;
    return SINTER_OK;
}

static enum sinter_status read_config(const struct reading *reading, struct yaml_node *root, struct config *config)
{
    const struct sinter_model_options *options = reading->options;
    const bool is_pact25 = *reading->model->variant != '\0', is_decode = options->phase == SINTER_DECODE;
    const int64_t usual = options->usual_tokens > 0 ? options->usual_tokens : 2048;
    /* The artifact computes in 32 bits; else the state is wider than what goes in and out, as the reference keeps it. */
    enum sinter_status status = config_read(root, options->overrides, options->n_overrides, is_pact25 ? 64 : 0,
                                            reading->model->arena, reading->diags, config);

    if (status == SINTER_OK)
        status = read_size(reading, "L", options->tokens, is_decode ? 1 : usual, EXTENT_L, config);
    if (status == SINTER_OK)
        status = read_size(reading, "B", options->batch, 1, EXTENT_B, config);
    if (status == SINTER_OK)
        status = read_type(reading, "type", is_pact25 ? "fp32" : "fp16", &config->type);
    if (status == SINTER_OK)
        status = read_type(reading, "state_type", is_pact25 ? config->type : "fp32", &config->state_type);
    if (status != SINTER_OK)
        return status;
    if (is_decode && config->extent[EXTENT_L] != 1)
        return sinter_error(reading->diags, config->at[EXTENT_L], "leave the tokens out, or ask for prefill",
                            "decode computes one token for each sequence of the batch, not %lld",
                            (long long)config->extent[EXTENT_L]);
    if (is_pact25 && options->logits == SINTER_LOGITS_LAST)
        return has_no_head(reading->diags, "the variant pact25");
    if (is_pact25 && (config->has_state_norm || config->has_projection_bias))
        return sinter_error(reading->diags, root->at, NULL, "the variant pact25 knows no %s",
                            config->has_state_norm ? "norm of dt, B and C (falcon_mamba)" : "biases of the projections");
    return SINTER_OK;
}

static enum sinter_status add_part(const struct reading *reading, const struct config *config, const char *name,
                                   int64_t count, void (*fill)(struct maker *))
{
    struct sinter_model *model = reading->model;
    struct sinter_part *part = &model->parts[model->n_parts];
    struct maker maker;
    enum sinter_status status = maker_start(&maker, config, name, model->arena, reading->allocator, reading->diags);

    if (status != SINTER_OK)
        return status;
    fill(&maker);
    part->name = name;
    part->count = count;
    status = maker_finish(&maker, &part->cascade);
    model->n_parts += status == SINTER_OK;
    return status;
}

static void publish_config(const struct config *config, struct sinter_model *model)
{
    model->assumptions = config->assumptions;
    model->n_assumptions = config->n_assumptions;
    model->tokens = config->extent[EXTENT_L];
    model->batch = config->extent[EXTENT_B];
    model->config = (struct sinter_model_config){
        .hidden = config->extent[EXTENT_E],
        .inner = config->extent[EXTENT_D],
        .state = config->extent[EXTENT_N],
        .layers = config->extent[EXTENT_LAYERS],
        .dt_rank = config->extent[EXTENT_R],
        .conv = config->extent[EXTENT_K],
        .vocab = config->extent[EXTENT_V],
        .has_conv_bias = config->has_conv_bias,
        .has_projection_bias = config->has_projection_bias,
        .has_state_norm = config->has_state_norm,
        .norm_epsilon = config->norm_epsilon,
    };
}

static enum sinter_status from_config(const struct reading *reading, struct yaml_node *root)
{
    struct sinter_model *model = reading->model;
    struct config config = {.name = model->name, .source = model->source};
    enum sinter_status status = read_config(reading, root, &config);

    if (status != SINTER_OK)
        return status;
    const bool is_last = model->logits == SINTER_LOGITS_LAST && config.extent[EXTENT_L] > 1; /* of one it is all */
    publish_config(&config, model);
    if (!config_parameters(&config, &model->parameters))
        return sinter_error(reading->diags, root->at, NULL, "the model has more than 9.2e18 parameters");
    model->parts = sinter_arena_alloc(model->arena, 3, sizeof *model->parts);
    if (!model->parts)
        return sinter_out_of_memory(reading->diags);
    if (*model->variant) /* the artifact simulates one layer, without embedding and head */
        return add_part(reading, &config, "block", config.extent[EXTENT_LAYERS], mamba1_pact25_block);
    status = add_part(reading, &config, "embed", 1, mamba1_embed);
    if (status == SINTER_OK)
        status = add_part(reading, &config, "block", config.extent[EXTENT_LAYERS], mamba1_block);
    if (status == SINTER_OK)
        status = add_part(reading, &config, "head", 1, is_last ? mamba1_head_last : mamba1_head);
    model->block = 1;
    return status;
}

/* ---- cascade files ------------------------------------------------------------------------------------------- */

/* Adds L or B to the overrides where the options give it, unless the user's overrides do. */
static enum sinter_status add_size(const struct reading *reading, const struct yaml_node *root, const char *letter,
                                   int64_t size, struct sinter_override *overrides, int *n_overrides)
{
    const struct yaml_node *ranks = yaml_get(root, "ranks");
    bool has_rank = ranks && ranks->kind == YAML_MAPPING && yaml_get(ranks, letter);

    if (size == 0 || find_override(reading->options, letter))
        return SINTER_OK;
    if (!has_rank && size == 1)
        return SINTER_OK;
    if (!has_rank)
        return sinter_error(reading->diags, ranks ? ranks->at : root->at,
                            *letter == 'L' ? "give its ranks an L, or leave the number of tokens out"
                                           : "give its ranks and tensors a B, or leave the batch out",
                            "the cascade has no rank %s for the %s", letter, *letter == 'L' ? "number of tokens" : "batch");
    overrides[*n_overrides].field = letter;
    overrides[*n_overrides].value = sinter_arena_printf(reading->model->arena, "%lld", (long long)size);
    return overrides[(*n_overrides)++].value ? SINTER_OK : sinter_out_of_memory(reading->diags);
}

static int64_t extent_of(const struct sinter_cascade *cascade, const char *rank)
{
    int index = sinter_cascade_rank(cascade, rank);

    return index < 0 ? 1 : cascade->ranks[index].extent;
}

static enum sinter_status from_cascade(const struct reading *reading, const struct yaml_node *root)
{
    const struct sinter_model_options *options = reading->options;
    struct sinter_model *model = reading->model;
    int64_t tokens = options->tokens == 0 && options->phase == SINTER_DECODE ? 1 : options->tokens;
    int n_overrides = options->n_overrides;
    struct sinter_override *overrides = sinter_arena_alloc(model->arena, (size_t)n_overrides + 2, sizeof *overrides);
    enum sinter_status status;

    model->parts = sinter_arena_alloc(model->arena, 1, sizeof *model->parts);
    if (!overrides || !model->parts)
        return sinter_out_of_memory(reading->diags);
    if (*model->variant)
        return bad_usage(reading->diags, NULL, "a cascade file has no variant", model->variant);
    if (model->logits == SINTER_LOGITS_LAST)
        return has_no_head(reading->diags, "a cascade file");
    for (int i = 0; i < n_overrides; i++)
        overrides[i] = options->overrides[i];
    status = add_size(reading, root, "L", tokens, overrides, &n_overrides);
    if (status == SINTER_OK)
        status = add_size(reading, root, "B", options->batch, overrides, &n_overrides);
    if (status == SINTER_OK)
        status = sinter_cascade_parse(model->source, reading->text, reading->length, overrides, n_overrides,
                                      reading->allocator, reading->diags, &model->parts[0].cascade);
    for (int i = 0; i < options->n_overrides; i++)
        options->overrides[i].is_used = overrides[i].is_used;
    if (status != SINTER_OK)
        return status;
    model->n_parts = 1;
    model->parts[0].name = "cascade";
    model->parts[0].count = 1;
    model->name = model->parts[0].cascade->name;
    model->tokens = extent_of(model->parts[0].cascade, "L");
    model->batch = extent_of(model->parts[0].cascade, "B");
    return SINTER_OK;
}

/* ---- both ---------------------------------------------------------------------------------------------------- */

static enum sinter_status read_model(const struct reading *reading, const char *name, const char *file)
{
    struct sinter_model *model = reading->model;
    const char *variant = reading->options->variant ? reading->options->variant : "";
    struct yaml_node *root = NULL;
    enum sinter_status status = check_options(reading);

    if (status != SINTER_OK)
        return status;
    model->name = sinter_arena_copy(model->arena, name, strlen(name));
    model->source = sinter_arena_copy(model->arena, file, strlen(file));
    model->variant = sinter_arena_copy(model->arena, variant, strlen(variant));
    model->phase = reading->options->phase;
    model->logits = reading->options->logits;
    if (!model->name || !model->source || !model->variant)
        return sinter_out_of_memory(reading->diags);
    status = yaml_read_text(model->source, reading->text, reading->length, model->arena, reading->diags, &root);
    if (status != SINTER_OK)
        return status;
    return root->kind == YAML_MAPPING && yaml_get(root, "cascade") ? from_cascade(reading, root)
                                                                   : from_config(reading, root);
}

enum sinter_status model_parse(const char *name, const char *file, const char *text, size_t length,
                               const struct sinter_model_options *options, const struct sinter_allocator *allocator,
                               struct sinter_diagnostics *diags, struct sinter_model **model)
{
    static const struct sinter_model_options defaults = {0};
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct reading reading = {
        .options = options ? options : &defaults, .allocator = allocator, .diags = diags, .text = text, .length = length};
    enum sinter_status status;

    *model = NULL;
    reading.model = arena ? sinter_arena_alloc(arena, 1, sizeof *reading.model) : NULL;
    if (!reading.model) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    reading.model->arena = arena;
    status = read_model(&reading, name, file);
    if (status == SINTER_OK)
        *model = reading.model;
    else
        sinter_model_free(reading.model);
    return status;
}

void sinter_model_free(struct sinter_model *model)
{
    if (!model)
        return;
    for (int i = 0; i < model->n_parts; i++)
        sinter_cascade_free(model->parts[i].cascade);
    sinter_arena_free(model->arena);
}
