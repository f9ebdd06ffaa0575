/* config.c: configurations of the Mamba-1 family: Hugging Face's config.json, and that of the original code.
 * SPDX-License-Identifier: MIT
 *
 * A field that is missing or null has the default that Hugging Face documents for MambaConfig and FalconMambaConfig. Only
 * the hidden size must be there: a file without it describes no particular model.
 * Fields that say nothing about the shape are ignored: such files are full of them.
 */
#include "workload/config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CONV = 32 }; /* the taps nest in one expression */
static const int64_t max_extent = (int64_t)1 << 31;

/* Where an extent stands: in Hugging Face's files, in those of the original code (`ssm_cfg.` is a mapping inside), and the
 * letter of its rank for `--set`. */
struct field {
    const char *name, *original, *letter;
    int64_t fallback; /* 0: computed, or required */
};
static const struct field fields[] = {
    [EXTENT_E] = {"hidden_size", "d_model", "E", 0},
    [EXTENT_D] = {"intermediate_size", "d_inner", "D", 0},
    [EXTENT_N] = {"state_size", "ssm_cfg.d_state", "N", 16},
    [EXTENT_R] = {"time_step_rank", "ssm_cfg.dt_rank", "R", 0},
    [EXTENT_K] = {"conv_kernel", "ssm_cfg.d_conv", "K", 4},
    [EXTENT_V] = {"vocab_size", "vocab_size", "V", 50280},
    [EXTENT_LAYERS] = {"num_hidden_layers", "n_layer", "layers", 32},
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

/* Other fields that shape the model and may be set. */
static const char *const other_fields[] = {"expand",        "use_conv_bias",      "use_bias", "layer_norm_epsilon",
                                           "mixer_rms_eps", "tie_word_embeddings"};
enum { N_OTHER_FIELDS = sizeof other_fields / sizeof other_fields[0] };

bool override_location(const struct sinter_override *override, struct sinter_arena *arena, struct sinter_location *at)
{
    *at = (struct sinter_location){.file = sinter_arena_printf(arena, "--set %s", override->field), .line = 1, .column = 1};
    return at->file != NULL;
}

static const char *field_of_override(const char *word)
{
    for (int i = 0; i < N_FIELDS; i++)
        if (strcmp(word, fields[i].letter) == 0 || strcmp(word, fields[i].name) == 0)
            return fields[i].name;
    for (int i = 0; i < N_OTHER_FIELDS; i++)
        if (strcmp(word, other_fields[i]) == 0)
            return other_fields[i];
    return NULL;
}

static enum sinter_status apply_overrides(struct yaml_node *root, struct sinter_override *overrides, int n_overrides,
                                          struct sinter_arena *arena, struct sinter_diagnostics *diags)
{
    for (int i = 0; i < n_overrides; i++) {
        const char *name = field_of_override(overrides[i].field);
        struct sinter_location at;
        if (!name)
            continue;
        overrides[i].is_used = true;
        if (!override_location(&overrides[i], arena, &at) ||
            yaml_put(root, name, overrides[i].value, at, arena) != SINTER_OK)
            return sinter_out_of_memory(diags);
    }
    return SINTER_OK;
}

static bool is_overridden(const struct sinter_override *overrides, int n_overrides, const char *name)
{
    for (int i = 0; i < n_overrides; i++) {
        const char *field = field_of_override(overrides[i].field);
        if (field && strcmp(field, name) == 0)
            return true;
    }
    return false;
}

/* The member, or NULL where it is missing or null; "ssm_cfg.x" looks inside. */
static const struct yaml_node *find(const struct yaml_node *root, const char *name)
{
    const char *dot = strchr(name, '.');
    const struct yaml_node *node;

    if (dot) {
        node = yaml_get(root, "ssm_cfg");
        return node && node->kind == YAML_MAPPING ? find(node, dot + 1) : NULL;
    }
    node = yaml_get(root, name);
    return node && node->kind == YAML_SCALAR && node->is_null ? NULL : node;
}

static const struct yaml_node *find_either(const struct yaml_node *root, const char *name, const char *original)
{
    const struct yaml_node *node = find(root, name);

    return node ? node : find(root, original);
}

/* JSON knows numbers and booleans from texts: "768" in quotes is a mistake of whoever wrote the file. */
static enum sinter_status expect_unquoted(const struct yaml_node *node, const char *what, const char *wanted,
                                          struct sinter_diagnostics *diags)
{
    if (!node || node->kind != YAML_SCALAR || !node->is_quoted)
        return SINTER_OK;
    return sinter_error(diags, node->at, NULL, "%s: expected %s, found the text \"%.80s\"", what, wanted, node->text);
}

static enum sinter_status read_flag(const struct yaml_node *root, const char *name, const char *original,
                                    struct sinter_diagnostics *diags, bool *flag)
{
    const struct yaml_node *node = find_either(root, name, original);
    enum sinter_status status = expect_unquoted(node, name, "true or false", diags);

    return node && status == SINTER_OK ? yaml_boolean(node, name, diags, flag) : status;
}

static enum sinter_status read_epsilon(const struct yaml_node *root, const char *name, const char *original,
                                       struct sinter_diagnostics *diags, double *epsilon)
{
    const struct yaml_node *node = find_either(root, name, original);
    enum sinter_status status = expect_unquoted(node, name, "a number", diags);

    if (node && status == SINTER_OK)
        status = yaml_number(node, name, diags, epsilon);
    if (status == SINTER_OK && (!(*epsilon >= 0) || *epsilon > 1))
        return sinter_error(diags, node ? node->at : root->at, NULL, "%s: expected a number from 0 to 1, found '%s'", name,
                            node ? node->text : "");
    return status;
}

/* Which family is it? Everything that would be read as a Mamba-1 by mistake is refused here. */
static enum sinter_status read_family(const struct yaml_node *root, struct sinter_diagnostics *diags, bool *is_falcon,
                                      bool *is_original)
{
    static const char supported[] = "supported families: mamba (Mamba-1), falcon_mamba";
    const struct yaml_node *type = find(root, "model_type"), *layer = find(root, "ssm_cfg.layer"),
                           *norm = find(root, "rms_norm"), *act = find(root, "hidden_act");
    enum sinter_status status;
    bool is_rms = true;

    *is_original = !type && find(root, "d_model");
    if (!type && !*is_original)
        return sinter_error(
            diags, root->at, supported,
            "this is neither a cascade (it has no 'cascade') nor a model's configuration (it has no 'model_type')");
    if (type && (status = yaml_expect(type, YAML_SCALAR, "model_type", diags)) != SINTER_OK)
        return status;
    *is_falcon = type && strcmp(type->text, "falcon_mamba") == 0;
    if (type && !*is_falcon && strcmp(type->text, "mamba") != 0)
        return sinter_error(diags, type->at, supported, "model_type '%s' is not supported", type->text);
    if (layer && (layer->kind != YAML_SCALAR || strcmp(layer->text, "Mamba1") != 0))
        return sinter_error(diags, layer->at, supported, "ssm_cfg.layer '%s' is not supported",
                            layer->kind == YAML_SCALAR ? layer->text : "(not a word)");
    if (*is_original && norm && (status = yaml_boolean(norm, "rms_norm", diags, &is_rms)) != SINTER_OK)
        return status;
    if (!is_rms)
        return sinter_error(diags, norm->at, NULL, "rms_norm is false, but only models with RMSNorm are supported");
    if (act && (act->kind != YAML_SCALAR || (strcmp(act->text, "silu") != 0 && strcmp(act->text, "swish") != 0)))
        return sinter_error(diags, act->at, NULL, "hidden_act '%s' is not supported: the block of Mamba-1 uses silu",
                            act->kind == YAML_SCALAR ? act->text : "(not a word)");
    return SINTER_OK;
}

static enum sinter_status read_extent(const struct yaml_node *root, enum extent which, struct sinter_diagnostics *diags,
                                      struct config *config)
{
    const struct field *field = &fields[which];
    const struct yaml_node *node = find_either(root, field->name, field->original);
    int64_t most = which == EXTENT_K ? MAX_CONV : max_extent;
    enum sinter_status status = expect_unquoted(node, field->name, "a whole number", diags);

    config->at[which] = node ? node->at : (struct sinter_location){.file = root->at.file};
    config->extent[which] = field->fallback;
    if (!node && which == EXTENT_E)
        return sinter_error(diags, root->at,
                            "add it, or give --set E=", "the configuration has no hidden_size (or d_model)");
    if (!node || status != SINTER_OK)
        return status;
    return yaml_integer(node, field->name, 1, most, diags, &config->extent[which]);
}

/* D: intermediate_size wins over expand (falcon-mamba-7b says expand 16 and uses 2), unless the user sets expand himself. */
static enum sinter_status read_inner(const struct yaml_node *root, bool sets_expand, struct sinter_diagnostics *diags,
                                     struct config *config)
{
    const struct yaml_node *node = find_either(root, "expand", "ssm_cfg.expand");
    double expand = 2, inner;
    enum sinter_status status;

    if (!sets_expand && find_either(root, "intermediate_size", "d_inner"))
        return read_extent(root, EXTENT_D, diags, config);
    status = expect_unquoted(node, "expand", "a number", diags);
    if (node && status == SINTER_OK)
        status = yaml_number(node, "expand", diags, &expand);
    if (status != SINTER_OK || config->extent[EXTENT_E] == 0) /* 0: the missing hidden size was told */
        return status;
    inner = floor(expand * (double)config->extent[EXTENT_E]);
    config->at[EXTENT_D] = node ? node->at : config->at[EXTENT_E];
    if (!(inner >= 1) || inner > (double)max_extent)
        return sinter_error(diags, config->at[EXTENT_D], NULL, "expand of %g makes an inner width of %g, expected 1 to %lld",
                            expand, inner, (long long)max_extent);
    config->extent[EXTENT_D] = (int64_t)inner;
    return SINTER_OK;
}

static enum sinter_status read_dt_rank(const struct yaml_node *root, struct sinter_diagnostics *diags, struct config *config)
{
    const struct yaml_node *node = find_either(root, "time_step_rank", "ssm_cfg.dt_rank");

    if (node && !(node->kind == YAML_SCALAR && strcmp(node->text, "auto") == 0))
        return read_extent(root, EXTENT_R, diags, config);
    config->at[EXTENT_R] = node ? node->at : config->at[EXTENT_E];
    config->extent[EXTENT_R] = sinter_ceil_div(config->extent[EXTENT_E], 16);
    return SINTER_OK;
}

/* The original code pads its vocabulary; Hugging Face's files give the padded one. */
static enum sinter_status pad_vocabulary(const struct yaml_node *root, struct sinter_diagnostics *diags,
                                         struct config *config)
{
    const struct yaml_node *node = find(root, "pad_vocab_size_multiple");
    int64_t multiple = 8;
    enum sinter_status status = expect_unquoted(node, "pad_vocab_size_multiple", "a whole number", diags);

    if (node && status == SINTER_OK)
        status = yaml_integer(node, "pad_vocab_size_multiple", 1, max_extent, diags, &multiple);
    if (status == SINTER_OK)
        config->extent[EXTENT_V] = sinter_ceil_div(config->extent[EXTENT_V], multiple) * multiple;
    return status;
}

static enum sinter_status read_extents(const struct yaml_node *root, bool is_original, bool sets_expand,
                                       struct sinter_diagnostics *diags, struct config *config)
{
    static const enum extent plain[] = {EXTENT_E, EXTENT_N, EXTENT_K, EXTENT_V, EXTENT_LAYERS};
    enum sinter_status worst = SINTER_OK, status;

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if ((status = read_extent(root, plain[i], diags, config)) != SINTER_OK)
            worst = status;
    if ((status = read_inner(root, sets_expand, diags, config)) != SINTER_OK)
        worst = status;
    if ((status = read_dt_rank(root, diags, config)) != SINTER_OK)
        worst = status;
    if (is_original && (status = pad_vocabulary(root, diags, config)) != SINTER_OK)
        worst = status;
    return worst;
}

enum sinter_status config_read(struct yaml_node *root, struct sinter_override *overrides, int n_overrides,
                               int64_t default_state, struct sinter_arena *arena, struct sinter_diagnostics *diags,
                               struct config *config)
{
    bool is_falcon = false, is_original = false, sets_expand = is_overridden(overrides, n_overrides, "expand");
    enum sinter_status worst = yaml_expect(root, YAML_MAPPING, "a model's configuration", diags), status;

    if (worst != SINTER_OK)
        return worst;
    config_warn_of_slips(root, diags);
    if ((worst = read_family(root, diags, &is_falcon, &is_original)) != SINTER_OK ||
        (worst = apply_overrides(root, overrides, n_overrides, arena, diags)) != SINTER_OK)
        return worst;
    config->has_state_norm = is_falcon;
    config->has_conv_bias = config->is_tied = true;
    config->norm_epsilon = 1e-5;
    config->state_norm_epsilon = 1e-6;
    if ((status = read_extents(root, is_original, sets_expand, diags, config)) != SINTER_OK)
        worst = status;
    if ((status = read_flag(root, "use_conv_bias", "ssm_cfg.conv_bias", diags, &config->has_conv_bias)) != SINTER_OK)
        worst = status;
    if ((status = read_flag(root, "use_bias", "ssm_cfg.bias", diags, &config->has_projection_bias)) != SINTER_OK)
        worst = status;
    if ((status = read_flag(root, "tie_word_embeddings", "tie_embeddings", diags, &config->is_tied)) != SINTER_OK)
        worst = status;
    if ((status = read_epsilon(root, "layer_norm_epsilon", "norm_epsilon", diags, &config->norm_epsilon)) != SINTER_OK)
        worst = status;
    if ((status = read_epsilon(root, "mixer_rms_eps", "mixer_rms_eps", diags, &config->state_norm_epsilon)) != SINTER_OK)
        worst = status;
    if (default_state > 0 && !is_overridden(overrides, n_overrides, "state_size"))
        config->extent[EXTENT_N] = default_state;
    return worst;
}

/* adds a * b to *sum */
static bool add_product(int64_t a, int64_t b, int64_t *sum)
{
    int64_t product;

    return sinter_multiply(a, b, &product) && sinter_add(*sum, product, sum);
}

bool config_parameters(const struct config *config, int64_t *parameters)
{
    const int64_t e = config->extent[EXTENT_E], d = config->extent[EXTENT_D], n = config->extent[EXTENT_N];
    const int64_t r = config->extent[EXTENT_R], k = config->extent[EXTENT_K], v = config->extent[EXTENT_V];
    int64_t layer = e, all = e; /* gains of the norms */
    /* Per channel of D: in_proj of x and z and out_proj, conv, x_proj, dt_proj with its bias, A, the skip. */
    bool fits = add_product(3 * d, e, &layer) && add_product(d, k + (config->has_conv_bias ? 1 : 0), &layer) &&
                add_product(d, r + 2 * n, &layer) && add_product(d, r + 1, &layer) && add_product(d, n, &layer) &&
                sinter_add(layer, d, &layer) && (!config->has_projection_bias || sinter_add(layer, 2 * d + e, &layer));

    fits =
        fits && add_product(layer, config->extent[EXTENT_LAYERS], &all) && add_product(config->is_tied ? v : 2 * v, e, &all);
    *parameters = fits ? all : 0;
    return fits;
}
