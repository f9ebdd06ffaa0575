/* config.c: configurations of the Mamba-1 family: Hugging Face's config.json, and that of the original code.
 * SPDX-License-Identifier: MIT
 *
 * A field that is missing or null has the default of the code that the file is for: MambaConfig and FalconMambaConfig of
 * Hugging Face's transformers, or MambaConfig and the layer Mamba of mamba_ssm. Every one that is used is told as an
 * assumption. Only the hidden size must be there: a file without it describes no particular model.
 * Fields that say nothing about the shape are ignored: such files are full of them.
 */
#include "workload/config.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CONV = 32 }; /* the taps nest in one expression */
static const int64_t max_extent = (int64_t)1 << 31;

/* Where an extent stands: in Hugging Face's files, in those of the original code (`ssm_cfg.` is a mapping inside), and the
 * letter of its rank for `--set`. The defaults of both. */
struct field {
    const char *name, *original, *letter;
    int64_t fallback, original_fallback; /* 0: computed, or required */
};
static const struct field fields[] = {
    [EXTENT_E] = {"hidden_size", "d_model", "E", 0, 0},
    [EXTENT_D] = {"intermediate_size", "d_inner", "D", 0, 0},
    [EXTENT_N] = {"state_size", "ssm_cfg.d_state", "N", 16, 16},
    [EXTENT_R] = {"time_step_rank", "ssm_cfg.dt_rank", "R", 0, 0},
    [EXTENT_K] = {"conv_kernel", "ssm_cfg.d_conv", "K", 4, 4},
    [EXTENT_V] = {"vocab_size", "vocab_size", "V", 50280, 50277},
    [EXTENT_LAYERS] = {"num_hidden_layers", "n_layer", "layers", 32, 64},
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

/* Other fields that shape the model and may be set. */
static const char *const other_fields[] = {"expand",
                                           "use_conv_bias",
                                           "use_bias",
                                           "mixer_rms_eps",
                                           "layer_norm_epsilon",
                                           "tie_word_embeddings",
                                           "pad_vocab_size_multiple"};
enum { N_OTHER_FIELDS = sizeof other_fields / sizeof other_fields[0] };

/* What a file is read with. */
struct reading {
    const struct yaml_node *root;
    struct sinter_arena *arena;
    struct sinter_diagnostics *diags;
    struct config *config;
    bool is_falcon, is_original;    /* is_original: a file of the original code */
    bool sets_expand, sets_padding; /* by an override */
    int64_t default_state;          /* in place of the file's; 0: the file's counts */
};

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

/* The file leaves the field out: says which default it got, as an override would give it. */
SINTER_PRINTF(3, 4)
static enum sinter_status assume(const struct reading *r, const char *name, const char *format, ...)
{
    char value[32];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    r->config->assumptions[r->config->n_assumptions] = sinter_arena_printf(r->arena, "%s=%s", name, value);
    return r->config->assumptions[r->config->n_assumptions++] ? SINTER_OK : sinter_out_of_memory(r->diags);
}

static enum sinter_status read_flag(const struct reading *r, const char *name, const char *original, bool *flag)
{
    const struct yaml_node *node = find_either(r->root, name, original);
    enum sinter_status status = expect_unquoted(node, name, "true or false", r->diags);

    if (!node)
        return assume(r, name, "%s", *flag ? "true" : "false");
    return status == SINTER_OK ? yaml_boolean(node, name, r->diags, flag) : status;
}

static enum sinter_status read_epsilon(const struct reading *r, const char *name, const char *original, double *epsilon)
{
    const struct yaml_node *node = find_either(r->root, name, original);
    enum sinter_status status = expect_unquoted(node, name, "a number", r->diags);

    if (!node)
        return assume(r, name, "%g", *epsilon);
    if (status == SINTER_OK)
        status = yaml_number(node, name, r->diags, epsilon);
    if (status == SINTER_OK && (!(*epsilon >= 0) || *epsilon > 1))
        return sinter_error(r->diags, node->at, NULL, "%s: expected a number from 0 to 1, found '%s'", name, node->text);
    return status;
}

static const char supported[] = "supported families: mamba (Mamba-1), falcon_mamba";

/* What a file of another kind, or one that lacks its name, should have been. */
static const char *hint_of_kind(const struct yaml_node *root)
{
    static const struct {
        const char *key, *hint;
    } signs[] = {
        {"accelerator", "this is an accelerator: it belongs to -a"},
        {"einsums", "a cascade begins with `cascade: NAME`"},
        {"ranks", "a cascade begins with `cascade: NAME`"},
        {"hidden_size", "if it is a Mamba-1, add \"model_type\": \"mamba\", or \"falcon_mamba\""},
        {"state_size", "if it is a Mamba-1, add \"model_type\": \"mamba\", or \"falcon_mamba\""},
    };

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (yaml_get(root, signs[i].key))
            return signs[i].hint;
    return supported;
}

/* Layers of other kinds, which the original code mixes in: nothing here counts them. */
static enum sinter_status refuse_hybrids(const struct reading *r)
{
    const struct yaml_node *layer = find(r->root, "ssm_cfg.layer"), *attention = find(r->root, "attn_layer_idx"),
                           *mlp = find(r->root, "d_intermediate");

    if (layer && (layer->kind != YAML_SCALAR || strcmp(layer->text, "Mamba1") != 0))
        return sinter_error(r->diags, layer->at, supported, "ssm_cfg.layer '%s' is not supported",
                            layer->kind == YAML_SCALAR ? layer->text : "(not a word)");
    if (attention && (attention->kind != YAML_SEQUENCE || attention->n_children > 0))
        return sinter_error(r->diags, attention->at, supported,
                            "attn_layer_idx is not empty, but models with attention layers are not supported");
    if (mlp && (mlp->kind != YAML_SCALAR || strcmp(mlp->text, "0") != 0))
        return sinter_error(r->diags, mlp->at, supported,
                            "d_intermediate is not 0, but models with MLP layers are not supported");
    return SINTER_OK;
}

/* Which family is it? Everything that would be read as a Mamba-1 by mistake is refused here. */
static enum sinter_status read_family(struct reading *r)
{
    const struct yaml_node *type = find(r->root, "model_type"), *norm = find(r->root, "rms_norm"),
                           *act = find(r->root, "hidden_act"), *ssm = find(r->root, "ssm_cfg");
    enum sinter_status status;
    bool is_rms = true;

    r->is_original = !type && find(r->root, "d_model");
    if (!type && !r->is_original)
        return sinter_error(
            r->diags, r->root->at, hint_of_kind(r->root),
            "this is neither a cascade (it has no 'cascade') nor a model's configuration (it has no 'model_type')");
    if (type && (status = yaml_expect(type, YAML_SCALAR, "model_type", r->diags)) != SINTER_OK)
        return status;
    r->is_falcon = type && strcmp(type->text, "falcon_mamba") == 0;
    if (type && !r->is_falcon && strcmp(type->text, "mamba") != 0)
        return sinter_error(r->diags, type->at, supported, "model_type '%s' is not supported", type->text);
    if ((ssm && (status = yaml_expect(ssm, YAML_MAPPING, "ssm_cfg", r->diags)) != SINTER_OK) ||
        (status = refuse_hybrids(r)) != SINTER_OK)
        return status;
    if (r->is_original && norm && (status = yaml_boolean(norm, "rms_norm", r->diags, &is_rms)) != SINTER_OK)
        return status;
    if (!is_rms)
        return sinter_error(r->diags, norm->at, NULL, "rms_norm is false, but only models with RMSNorm are supported");
    if (act && (act->kind != YAML_SCALAR || (strcmp(act->text, "silu") != 0 && strcmp(act->text, "swish") != 0)))
        return sinter_error(r->diags, act->at, NULL, "hidden_act '%s' is not supported: the block of Mamba-1 uses silu",
                            act->kind == YAML_SCALAR ? act->text : "(not a word)");
    return SINTER_OK;
}

static enum sinter_status read_extent(const struct reading *r, enum extent which)
{
    const struct field *field = &fields[which];
    const struct yaml_node *node = find_either(r->root, field->name, field->original);
    int64_t most = which == EXTENT_K ? MAX_CONV : max_extent, *extent = &r->config->extent[which];
    enum sinter_status status = expect_unquoted(node, field->name, "a whole number", r->diags);

    r->config->at[which] = node ? node->at : (struct sinter_location){.file = r->root->at.file};
    *extent = r->is_original ? field->original_fallback : field->fallback;
    if (!node && which == EXTENT_E)
        return sinter_error(r->diags, r->root->at,
                            "add it, or give --set E=", "the configuration has no hidden_size (or d_model)");
    if (!node && which == EXTENT_N && r->default_state > 0)
        return SINTER_OK;
    if (!node)
        return assume(r, field->name, "%" PRId64, *extent);
    return status == SINTER_OK ? yaml_integer(node, field->name, 1, most, r->diags, extent) : status;
}

/* D: intermediate_size wins over expand (falcon-mamba-7b says expand 16 and uses 2), unless the user sets expand himself. */
static enum sinter_status read_inner(const struct reading *r)
{
    const struct yaml_node *node = find_either(r->root, "expand", "ssm_cfg.expand");
    struct config *config = r->config;
    double expand = 2, inner;
    enum sinter_status status;

    if (!r->sets_expand && find_either(r->root, "intermediate_size", "d_inner"))
        return read_extent(r, EXTENT_D);
    status = expect_unquoted(node, "expand", "a number", r->diags);
    if (!node)
        status = assume(r, "expand", "%g", expand);
    else if (status == SINTER_OK)
        status = yaml_number(node, "expand", r->diags, &expand);
    if (status != SINTER_OK || config->extent[EXTENT_E] == 0) /* 0: the missing hidden size was told */
        return status;
    inner = floor(expand * (double)config->extent[EXTENT_E]);
    config->at[EXTENT_D] = node ? node->at : config->at[EXTENT_E];
    if (!(inner >= 1) || inner > (double)max_extent)
        return sinter_error(r->diags, config->at[EXTENT_D], NULL,
                            "expand of %g makes an inner width of %g, expected 1 to %lld", expand, inner,
                            (long long)max_extent);
    config->extent[EXTENT_D] = (int64_t)inner;
    return SINTER_OK;
}

static enum sinter_status read_dt_rank(const struct reading *r)
{
    const struct yaml_node *node = find_either(r->root, "time_step_rank", "ssm_cfg.dt_rank");
    struct config *config = r->config;

    if (node && !(node->kind == YAML_SCALAR && strcmp(node->text, "auto") == 0))
        return read_extent(r, EXTENT_R);
    config->at[EXTENT_R] = node ? node->at : config->at[EXTENT_E];
    config->extent[EXTENT_R] = sinter_ceil_div(config->extent[EXTENT_E], 16);
    return node ? SINTER_OK : assume(r, "time_step_rank", "%" PRId64, config->extent[EXTENT_R]);
}

/* The original code pads its vocabulary; Hugging Face's files give the padded one. */
static enum sinter_status pad_vocabulary(const struct reading *r)
{
    const struct yaml_node *node = find(r->root, "pad_vocab_size_multiple");
    int64_t multiple = 8, *vocabulary = &r->config->extent[EXTENT_V];
    enum sinter_status status = expect_unquoted(node, "pad_vocab_size_multiple", "a whole number", r->diags);

    if (!r->is_original && !r->sets_padding)
        return SINTER_OK;
    if (!node)
        status = assume(r, "pad_vocab_size_multiple", "%" PRId64, multiple);
    else if (status == SINTER_OK)
        status = yaml_integer(node, "pad_vocab_size_multiple", 1, max_extent, r->diags, &multiple);
    if (status == SINTER_OK)
        *vocabulary = sinter_ceil_div(*vocabulary, multiple) * multiple;
    return status;
}

/* Keeps the worse of two: reading goes on, so that all slips are told at once. */
static void merge(enum sinter_status *worst, enum sinter_status status)
{
    if (status != SINTER_OK)
        *worst = status;
}

static enum sinter_status read_fields(const struct reading *r)
{
    static const enum extent plain[] = {EXTENT_E, EXTENT_N, EXTENT_K, EXTENT_V, EXTENT_LAYERS};
    struct config *config = r->config;
    enum sinter_status worst = SINTER_OK;

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        merge(&worst, read_extent(r, plain[i]));
    merge(&worst, read_inner(r));
    merge(&worst, read_dt_rank(r));
    merge(&worst, pad_vocabulary(r));
    merge(&worst, read_flag(r, "use_conv_bias", "ssm_cfg.conv_bias", &config->has_conv_bias));
    merge(&worst, read_flag(r, "use_bias", "ssm_cfg.bias", &config->has_projection_bias));
    merge(&worst, read_flag(r, "tie_word_embeddings", "tie_embeddings", &config->is_tied));
    merge(&worst, read_epsilon(r, "layer_norm_epsilon", "norm_epsilon", &config->norm_epsilon));
    if (r->is_falcon || find(r->root, "mixer_rms_eps"))
        merge(&worst, read_epsilon(r, "mixer_rms_eps", "mixer_rms_eps", &config->state_norm_epsilon));
    return worst;
}

enum sinter_status config_read(struct yaml_node *root, struct sinter_override *overrides, int n_overrides,
                               int64_t default_state, struct sinter_arena *arena, struct sinter_diagnostics *diags,
                               struct config *config)
{
    struct reading r = {.root = root, .arena = arena, .diags = diags, .config = config};
    bool is_schedule = root->kind == YAML_SCALAR && strncmp(root->text, "group", 5) == 0;
    enum sinter_status status = yaml_expect_as(root, YAML_MAPPING, "a model's configuration",
                                               is_schedule ? "this is a schedule: it belongs to -s" : NULL, diags);

    if (status != SINTER_OK)
        return status;
    config_warn_of_slips(root, diags);
    if ((status = read_family(&r)) != SINTER_OK ||
        (status = apply_overrides(root, overrides, n_overrides, arena, diags)) != SINTER_OK)
        return status;
    config->assumptions = sinter_arena_alloc(arena, N_FIELDS + N_OTHER_FIELDS, sizeof *config->assumptions);
    if (!config->assumptions)
        return sinter_out_of_memory(diags);
    r.sets_expand = is_overridden(overrides, n_overrides, "expand");
    r.sets_padding = is_overridden(overrides, n_overrides, "pad_vocab_size_multiple");
    r.default_state = is_overridden(overrides, n_overrides, "state_size") ? 0 : default_state;
    config->has_state_norm = r.is_falcon;
    config->has_conv_bias = config->is_tied = true;
    config->norm_epsilon = 1e-5;
    config->state_norm_epsilon = 1e-6;
    status = read_fields(&r);
    if (r.default_state > 0)
        config->extent[EXTENT_N] = r.default_state;
    return status;
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
