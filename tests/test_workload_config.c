/* test_workload_config.c: configurations of the Mamba-1 family: what is read, what is refused and how it is told.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "expect_error.h"
#include "workload/model.h"

static enum sinter_status parse(const char *text, const struct sinter_model_options *options,
                                struct sinter_diagnostics *diags, struct sinter_model **model)
{
    return model_parse("m", "f", text, strlen(text), options, NULL, diags, model);
}

/* "E D N R K V layers" and flags: c conv bias, p projection bias, s state norm. */
static void describe(const struct sinter_model_config *config, char *out, size_t size)
{
    snprintf(out, size, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s%s%s",
             config->hidden, config->inner, config->state, config->dt_rank, config->conv, config->vocab, config->layers,
             config->has_conv_bias ? "c" : "", config->has_projection_bias ? "p" : "", config->has_state_norm ? "s" : "");
}

/* The assumptions with blanks between them. */
static const char *join_assumptions(const struct sinter_model *model, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (int i = 0; i < model->n_assumptions && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? " " : "", model->assumptions[i]);
    return out;
}

static void configurations_are_read(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{\"model_type\": \"mamba\", \"hidden_size\": 768}", "768 1536 16 48 4 50280 32 c"},
        {"{\"model_type\": \"falcon_mamba\", \"hidden_size\": 768}", "768 1536 16 48 4 50280 32 cs"},
        {"{\"model_type\": \"mamba\", \"hidden_size\": 100}", "100 200 16 7 4 50280 32 c"},
        {"{\"model_type\": \"mamba\", \"hidden_size\": 64, \"expand\": 3}", "64 192 16 4 4 50280 32 c"},
        {"{\"model_type\": \"mamba\", \"hidden_size\": 64, \"expand\": 16, \"intermediate_size\": 96}", "64 96 "
                                                                                                        "16 4 4 50280 32 c"},
        {"{\"model_type\": \"mamba\", \"hidden_size\": 768, \"expand\": null, \"state_size\": null, \"time_step_rank\": "
         "null}",
         "768 "
         "1536 16 48 4 50280 32 c"},
        {"{\"model_type\": \"mamba\", \"hidden_size\": 768, \"time_step_rank\": \"auto\", \"use_conv_bias\": false}",
         "768 1536 16 48 "
         "4 50280 32 "},
        {"{\"model_type\": \"mamba\", \"hidden_size\": 768, \"time_step_rank\": 5, \"use_bias\": true, \"conv_kernel\": 2}",
         "768 "
         "1536 16 5 2 50280 32 cp"},
        {"{\"model_type\": \"mamba\", \"hidden_size\": 768, \"conv_kernel\": 1}", "768 1536 16 48 1 50280 32 c"},
        {"{\"model_type\": \"mamba\", \"hidden_size\": 768, \"conv_kernel\": 32}", "768 1536 16 48 32 50280 32 c"},
        /* Hugging Face's files keep the original fields beside their own; anything else is ignored. */
        {"{\"model_type\": \"mamba\", \"hidden_size\": 64, \"d_model\": 1, \"n_layer\": 9, \"num_hidden_layers\": 2, "
         "\"vocab_size\": 50277, \"pad_vocab_size_multiple\": 8, \"architectures\": [\"MambaForCausalLM\"], "
         "\"ssm_cfg\": {}, "
         "\"torch_dtype\": \"float32\", \"eos_token_id\": 0}",
         "64 128 16 4 4 50277 2 c"},
        /* The original code's files. */
        {"{\"d_model\": 2560, \"n_layer\": 64, \"vocab_size\": 50277, \"ssm_cfg\": {}, \"rms_norm\": true, "
         "\"residual_in_fp32\": true, \"fused_add_norm\": true, \"pad_vocab_size_multiple\": 8}",
         "2560 5120 16 160 4 50280 64 c"},
        {"{\"d_model\": 64, \"d_intermediate\": 0, \"attn_layer_idx\": []}", "64 128 16 4 4 50280 64 c"},
        {"{\"d_model\": 64, \"n_layer\": 2, \"vocab_size\": 100, \"pad_vocab_size_multiple\": 16, "
         "\"ssm_cfg\": {\"d_state\": 8, \"d_conv\": 3, \"expand\": 1.5, \"dt_rank\": 6, \"conv_bias\": false, "
         "\"bias\": true, "
         "\"layer\": \"Mamba1\"}}",
         "64 96 8 6 3 112 2 p"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        struct sinter_model *model = NULL;
        char found[256];
        if (parse(cases[i].text, NULL, diags, &model) != SINTER_OK)
            fail_msg("%s\n%s", cases[i].text, sinter_diagnostics_text(diags));
        describe(&model->config, found, sizeof found);
        assert_string_equal(found, cases[i].expected);
        sinter_model_free(model);
        sinter_diagnostics_free(diags);
    }
}

/* What a file leaves out is told with the default it got: those of transformers, or of the original code. */
static void defaults_are_told_as_assumptions(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{\"model_type\": \"mamba\", \"hidden_size\": 100}",
         "state_size=16 conv_kernel=4 vocab_size=50280 num_hidden_layers=32 expand=2 time_step_rank=7 "
         "use_conv_bias=true use_bias=false tie_word_embeddings=true layer_norm_epsilon=1e-05"},
        {"{\"model_type\": \"falcon_mamba\", \"hidden_size\": 64, \"intermediate_size\": 96, \"state_size\": 8, "
         "\"conv_kernel\": 3, \"vocab_size\": 80, \"time_step_rank\": \"auto\", \"use_conv_bias\": false, "
         "\"use_bias\": true, \"tie_word_embeddings\": null}",
         "num_hidden_layers=32 tie_word_embeddings=true layer_norm_epsilon=1e-05 mixer_rms_eps=1e-06"},
        {"{\"d_model\": 64, \"ssm_cfg\": {\"d_state\": 8, \"expand\": 3}}",
         "conv_kernel=4 vocab_size=50277 num_hidden_layers=64 time_step_rank=4 pad_vocab_size_multiple=8 "
         "use_conv_bias=true use_bias=false tie_word_embeddings=true layer_norm_epsilon=1e-05"},
        {"{\"model_type\": \"mamba\", \"hidden_size\": 64, \"intermediate_size\": 96, \"state_size\": 8, "
         "\"conv_kernel\": 3, \"vocab_size\": 80, \"num_hidden_layers\": 2, \"time_step_rank\": 4, "
         "\"use_conv_bias\": false, \"use_bias\": true, \"tie_word_embeddings\": true, "
         "\"layer_norm_epsilon\": 1e-5}",
         ""},
        {"cascade: c\nranks: {L: 2}\ntensors: {X: {ranks: [L], role: input}}\neinsums: [\"Y[l] = exp(X[l])\"]\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sinter_model *model = NULL;
        char found[512];
        assert_int_equal(parse(cases[i].text, NULL, NULL, &model), SINTER_OK);
        assert_string_equal(join_assumptions(model, found, sizeof found), cases[i].expected);
        sinter_model_free(model);
    }
}

/* An assumption is written as the override that makes it certain: with all of them the same model assumes nothing. */
static void assumptions_are_overrides(void **state)
{
    static const char *const texts[] = {"{\"model_type\": \"falcon_mamba\", \"hidden_size\": 64}", "{\"d_model\": 64}"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sinter_override set[16] = {{0}};
        struct sinter_model_options options = {.overrides = set};
        struct sinter_model *assumed = NULL, *certain = NULL;
        char fields[16][64], before[256], after[256];
        assert_int_equal(parse(texts[i], NULL, NULL, &assumed), SINTER_OK);
        assert_in_range(assumed->n_assumptions, 11, 16);
        for (int a = 0; a < assumed->n_assumptions; a++) {
            size_t length = strcspn(assumed->assumptions[a], "=");
            snprintf(fields[a], sizeof fields[a], "%.*s", (int)length, assumed->assumptions[a]);
            set[a] = (struct sinter_override){.field = fields[a], .value = assumed->assumptions[a] + length + 1};
        }
        options.n_overrides = assumed->n_assumptions;
        assert_int_equal(parse(texts[i], &options, NULL, &certain), SINTER_OK);
        assert_int_equal(certain->n_assumptions, 0);
        describe(&assumed->config, before, sizeof before);
        describe(&certain->config, after, sizeof after);
        assert_string_equal(before, after);
        assert_int_equal(assumed->parameters, certain->parameters);
        for (int a = 0; a < assumed->n_assumptions; a++)
            assert_true(set[a].is_used);
        sinter_model_free(assumed);
        sinter_model_free(certain);
    }
}

static void the_variant_pact25_does_not_assume_the_state(void **state)
{
    struct sinter_model_options options = {.variant = "pact25"};
    struct sinter_model *model = NULL;
    char found[512];

    (void)state;
    assert_int_equal(parse("{\"model_type\": \"mamba\", \"hidden_size\": 64}", &options, NULL, &model), SINTER_OK);
    assert_int_equal(model->config.state, 64);
    assert_null(strstr(join_assumptions(model, found, sizeof found), "state_size"));
    sinter_model_free(model);
}

static void memory_may_run_out_while_assumptions_are_noted(void **state)
{
    static const char text[] = "{\"model_type\": \"falcon_mamba\", \"hidden_size\": 64}";
    enum sinter_status status = SINTER_NO_MEMORY;

    (void)state;
    for (int64_t n = 0; status == SINTER_NO_MEMORY && n < 10000; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_model *model = NULL;
        sinter_counting_allocator_init(&counting, n);
        status = model_parse("m", "f", text, strlen(text), NULL, &counting.allocator, NULL, &model);
        assert_true((status == SINTER_OK) == (model != NULL));
        sinter_model_free(model);
        assert_int_equal(counting.n_live, 0);
    }
    assert_int_equal(status, SINTER_OK);
}

static void overrides_name_fields_and_ranks(void **state)
{
    static const struct {
        const char *field, *value, *expected;
    } cases[] = {
        {"hidden_size", "32", "32 128 16 4 4 80 2 c"},
        {"E", "32", "32 128 16 4 4 80 2 c"},
        {"intermediate_size", "96", "64 96 16 4 4 80 2 c"},
        {"D", "96", "64 96 16 4 4 80 2 c"},
        {"expand", "3", "64 192 16 4 4 80 2 c"}, /* the user's word wins over the file's intermediate_size */
        {"N", "8", "64 128 8 4 4 80 2 c"},
        {"R", "5", "64 128 16 5 4 80 2 c"},
        {"time_step_rank", "auto", "64 128 16 4 4 80 2 c"},
        {"K", "3", "64 128 16 4 3 80 2 c"},
        {"V", "1k", "64 128 16 4 4 1000 2 c"},
        {"layers", "7", "64 128 16 4 4 80 7 c"},
        {"use_bias", "true", "64 128 16 4 4 80 2 cp"},
        {"use_conv_bias", "false", "64 128 16 4 4 80 2 "},
        {"pad_vocab_size_multiple", "64", "64 128 16 4 4 128 2 c"},
    };
    static const char text[] = "{\"model_type\": \"mamba\", \"hidden_size\": 64, \"intermediate_size\": 128, "
                               "\"vocab_size\": 80, "
                               "\"num_hidden_layers\": 2, \"time_step_rank\": 4}";

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sinter_override override = {cases[i].field, cases[i].value, false};
        struct sinter_model_options options = {.overrides = &override, .n_overrides = 1};
        struct sinter_model *model = NULL;
        char found[256];
        assert_int_equal(parse(text, &options, NULL, &model), SINTER_OK);
        describe(&model->config, found, sizeof found);
        assert_string_equal(found, cases[i].expected);
        assert_true(override.is_used);
        sinter_model_free(model);
    }
}

static void tokens_and_batch_may_be_set(void **state)
{
    struct sinter_override overrides[] = {{"L", "7", false}, {"B", "3", false}, {"clock", "1 GHz", false}};
    struct sinter_model_options options = {.tokens = 100, .overrides = overrides, .n_overrides = 3};
    struct sinter_model *model = NULL;

    (void)state;
    assert_int_equal(parse("{\"model_type\": \"mamba\", \"hidden_size\": 768}", &options, NULL, &model), SINTER_OK);
    assert_int_equal(model->tokens, 7);
    assert_int_equal(model->batch, 3);
    assert_true(overrides[0].is_used && overrides[1].is_used);
    assert_false(overrides[2].is_used);
    sinter_model_free(model);
}

static const struct mistake mistakes[] = {
    {"{}", "f:1:1: this is neither a cascade (it has no 'cascade') nor a model's configuration (it has no "
           "'model_type') | supported families: mamba (Mamba-1), falcon_mamba"},
    {"ranks: {L: 2}\neinsums: []\n",
     "f:1:1: this is neither a cascade (it has no 'cascade') nor a model's configuration (it has no 'model_type') | a "
     "cascade begins with `cascade: NAME`"},
    {"accelerator: a\n",
     "f:1:1: this is neither a cascade (it has no 'cascade') nor a model's configuration (it has no 'model_type') | this "
     "is an accelerator: it belongs to -a"},
    {"{\"hidden_size\": 8}",
     "f:1:1: this is neither a cascade (it has no 'cascade') nor a model's configuration (it has no 'model_type') | if "
     "it is a Mamba-1, add \"model_type\": \"mamba\", or \"falcon_mamba\""},
    {"{\"d_model\": 8, \"ssm_cfg\": \"none\"}", "f:1:27: ssm_cfg: expected a mapping, found 'none'"},
    {"[1]", "f:1:1: a model's configuration: expected a mapping, found a list"},
    {"{\"model_type\": \"mamba2\"}",
     "f:1:16: model_type 'mamba2' is not supported | supported families: mamba (Mamba-1), falcon_mamba"},
    {"{\"model_type\": \"llama\"}",
     "f:1:16: model_type 'llama' is not supported | supported families: mamba (Mamba-1), falcon_mamba"},
    {"{\"model_type\": \"mamba\"}", "f:1:1: the configuration has no hidden_size (or d_model) | add it, or give --set E="},
    {"{\"model_type\": \"mamba\", \"hiden_size\": 8}",
     "f:1:25: warning: field 'hiden_size' is unknown and ignored | did you mean 'hidden_size'?\n"
     "f:1:1: the configuration has no hidden_size (or d_model) | add it, or give --set E="},
    {"{\"model_typ\": \"mamba\"}",
     "f:1:2: warning: field 'model_typ' is unknown and ignored | did you mean 'model_type'?\n"
     "f:1:1: this is neither a cascade (it has no 'cascade') nor a model's configuration (it has no "
     "'model_type') | supported families: mamba (Mamba-1), falcon_mamba"},
    {"{\"model_type\": [\"mamba\"]}", "f:1:16: model_type: expected a single value, found a list"},
    {"{\"d_model\": 64, \"ssm_cfg\": {\"layer\": \"Mamba2\"}}",
     "f:1:38: ssm_cfg.layer 'Mamba2' is not supported | supported families: mamba (Mamba-1), falcon_mamba"},
    {"{\"d_model\": 64, \"attn_layer_idx\": [9, 18]}",
     "f:1:35: attn_layer_idx is not empty, but models with attention layers are not supported | supported families: "
     "mamba (Mamba-1), falcon_mamba"},
    {"{\"d_model\": 64, \"attn_layer_idx\": [], \"d_intermediate\": 128}",
     "f:1:57: d_intermediate is not 0, but models with MLP layers are not supported | supported families: mamba "
     "(Mamba-1), falcon_mamba"},
    {"{\"d_model\": 64, \"rms_norm\": false}", "f:1:29: rms_norm is false, but only models with RMSNorm are supported"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 768, \"hidden_act\": \"gelu\"}",
     "f:1:59: hidden_act 'gelu' is not supported: the block of Mamba-1 uses silu"},
    {"{\"model_type\": \"mamba\",\n \"hidden_size\": \"wide\"}",
     "f:2:17: hidden_size: expected a whole number, found the text \"wide\""},
    {"{\"model_type\": \"mamba\",\n \"hidden_size\": 0}",
     "f:2:17: hidden_size: expected a whole number from 1 to 2^31, found '0'"},
    {"{\"model_type\": \"mamba\",\n \"hidden_size\": 1.5}",
     "f:2:17: hidden_size: expected a whole number from 1 to 2^31, found '1.5'"},
    {"{\"model_type\": \"mamba\",\n \"hidden_size\": [768]}",
     "f:2:17: hidden_size: expected a whole number from 1 to 2^31, found a list"},
    {"{\"model_type\": \"mamba\",\n \"hidden_size\": 1e30}",
     "f:2:17: hidden_size: expected a whole number from 1 to 2^31, found '1e30'"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 768,\n \"intermediate_size\": -1}",
     "f:2:23: intermediate_size: expected a whole number from 1 to 2^31, found '-1'"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 768,\n \"expand\": 0}",
     "f:2:12: expand of 0 makes an inner width of 0, expected 1 to 2147483648"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 768,\n \"expand\": 1e300}",
     "f:2:12: expand of 1e+300 makes an inner width of 7.68e+302, expected 1 to 2147483648"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 768,\n \"conv_kernel\": 33}",
     "f:2:17: conv_kernel: expected a whole number from 1 to 32, found '33'"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 768,\n \"time_step_rank\": \"many\"}",
     "f:2:20: time_step_rank: expected a whole number, found the text \"many\""},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 768,\n \"use_conv_bias\": 7}",
     "f:2:19: use_conv_bias: expected true or false, found '7'"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 768,\n \"use_bias\": \"no way\",\n \"tie_word_embeddings\": {}}",
     "f:2:14: use_bias: expected true or false, found the text \"no way\"\n"
     "f:3:25: tie_word_embeddings: expected true or false, found a mapping"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 768,\n \"layer_norm_epsilon\": -1}",
     "f:2:24: layer_norm_epsilon: expected a number from 0 to 1, found '-1'"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 768,\n \"layer_norm_epsilon\": \"small\",\n \"state_size\": false}",
     "f:3:16: state_size: expected a whole number from 1 to 2^31, found 'false'\n"
     "f:2:24: layer_norm_epsilon: expected a number, found the text \"small\""},
    {"{\"model_type\": \"mamba\",\n \"hidden_size\": 2147483648,\n \"num_hidden_layers\": 2147483648}",
     "f:2:17: expand of 2 makes an inner width of 4.29497e+09, expected 1 to 2147483648"},
    {"{\"model_type\": \"mamba\",\n \"hidden_size\": 2147483648,\n \"num_hidden_layers\": 1,\n \"state_size\": "
     "2147483648}",
     "f:2:17: expand of 2 makes an inner width of 4.29497e+09, expected 1 to 2147483648"},
    {"{\"model_type\": \"mamba\", \"model_type\": \"mamba\"}",
     "f:1:25: duplicate key 'model_type' | it was given first in line 1"},
    {"{\"model_type\": \"mamba\"",
     "f:2:1: missing comma in flow mapping | a comma or a closing bracket is missing here or in a line above"},
    {"{\"model_type\": \"mamba\",\n \"hidden_size\": \"768\", \"use_bias\": \"true\",\n \"expand\": \"2\", "
     "\"layer_norm_epsilon\": \"1e-5\"}",
     "f:2:17: hidden_size: expected a whole number, found the text \"768\"\n"
     "f:3:12: expand: expected a number, found the text \"2\"\n"
     "f:2:36: use_bias: expected true or false, found the text \"true\"\n"
     "f:3:39: layer_norm_epsilon: expected a number, found the text \"1e-5\""},
    {"{\"d_model\": 64,\n \"pad_vocab_size_multiple\": \"8\"}",
     "f:2:29: pad_vocab_size_multiple: expected a whole number, found the text \"8\""},
    {"{\"d_model\": 64,\n \"pad_vocab_size_multiple\": 0}",
     "f:2:29: pad_vocab_size_multiple: expected a whole number from 1 to 2^31, found '0'"},
    {"{\"model_type\": \"mamba\",\n \"hidden_size\": 1e9, \"intermediate_size\": 1e9, \"num_hidden_layers\": 2e9}",
     "f:1:1: the model has more than 9.2e18 parameters"},
    {"{\"model_type\": \"mamba\",\n \"state_size\": 2e9,\n \"hidden_size\": 1e9, \"intermediate_size\": 1e9, "
     "\"num_hidden_layers\": 1}",
     "f:3:17: the size of tensor 'WX' overflows | reduce an extent; sizes must stay below 2^63"},
};

/* What is ignored, but looks like a slip, is a warning. */
static const struct mistake slips[] = {
    {"{\"model_type\": \"mamba\", \"hidden_size\": 8,\n \"stat_size\": 8}",
     "f:2:2: warning: field 'stat_size' is unknown and ignored | did you mean 'state_size'?"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 8,\n \"Conv-Kernel\": 2}",
     "f:2:2: warning: field 'Conv-Kernel' is unknown and ignored | did you mean 'conv_kernel'?"},
    {"{\"model_type\": \"mamba\", \"hidden_size\": 8,\n \"epxand\": 2}",
     "f:2:2: warning: field 'epxand' is unknown and ignored | did you mean 'expand'?"},
    {"{\"d_model\": 8, \"n_layers\": 2,\n \"ssm_cfg\": {\"d_stat\": 8}}",
     "f:1:16: warning: field 'n_layers' is unknown and ignored | did you mean 'n_layer'?\n"
     "f:2:14: warning: field 'd_stat' is unknown and ignored | did you mean 'd_state'?"},
    /* Fields of published files that say nothing about the shape. */
    {"{\"model_type\": \"mamba\", \"hidden_size\": 8, \"time_step_min\": 0.001, \"time_step_max\": 0.1, "
     "\"time_step_scale\": 1, \"use_cache\": true, \"bos_token_id\": 0, \"initializer_range\": 0.1, "
     "\"use_mambapy\": false, \"fused_add_norm\": true, \"torch_dtype\": \"float32\"}",
     ""},
};

static const struct mistake overrides[] = {
    {"N=many", "--set N:1:1: state_size: expected a whole number from 1 to 2^31, found 'many'"},
    {"D=0", "--set D:1:1: intermediate_size: expected a whole number from 1 to 2^31, found '0'"},
    {"expand=-1", "--set expand:1:1: expand of -1 makes an inner width of -768, expected 1 to 2147483648"},
    {"L=0", "--set L:1:1: L: expected a whole number from 1 to 2^40, found '0'"},
    {"B=1.5", "--set B:1:1: B: expected a whole number from 1 to 2^40, found '1.5'"},
    {"type=fp17", "--set type:1:1: unknown type 'fp17' | types are fp64 fp32 fp16 bf16 fp8 int32 int16 int8 "
                  "int4 and 'N bit'"},
    {"state_type=", "--set state_type:1:1: unknown type '' | types are fp64 fp32 fp16 bf16 fp8 int32 int16 "
                    "int8 int4 and 'N bit'"},
    {"use_bias=perhaps", "--set use_bias:1:1: use_bias: expected true or false, found 'perhaps'"},
    {"L=1Ti", "--set L:1:1: the number of operations of 'LOGITS' overflows | reduce an extent; sizes must stay "
              "below 2^63"},
    {"L=2Ti", "--set L:1:1: L: expected a whole number from 1 to 2^40, found '2Ti'"},
};

static enum sinter_status read_with(const char *text, size_t length, const struct sinter_model_options *options,
                                    struct sinter_diagnostics *diags)
{
    struct sinter_model *model = NULL;
    enum sinter_status status = model_parse("m", "f", text, length, options, NULL, diags, &model);
    assert_int_equal(model != NULL, status == SINTER_OK);
    sinter_model_free(model);
    return status;
}

static enum sinter_status read_file(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    return read_with(text, length, NULL, diags);
}

static enum sinter_status read_override(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    static const char file[] = "{\"model_type\": \"mamba\", \"hidden_size\": 768}";
    char buffer[128];
    struct sinter_override override = override_from(text, length, buffer, sizeof buffer);
    struct sinter_model_options options = {.overrides = &override, .n_overrides = 1};
    return read_with(file, strlen(file), &options, diags);
}

static void mistakes_are_located(void **state)
{
    (void)state;
    EXPECT_MISTAKES(mistakes, read_file);
}

static void ignored_fields_that_look_like_slips_are_told(void **state)
{
    (void)state;
    EXPECT_MISTAKES(slips, read_file);
}

static void mistakes_in_overrides_are_located(void **state)
{
    (void)state;
    EXPECT_MISTAKES(overrides, read_override);
}

static void wrong_options_are_told(void **state)
{
    static const struct {
        const char *name, *expected;
        struct sinter_model_options options;
        enum sinter_status status;
    } cases[] = {
        {"mamba-28b", ":0:0: there is no model or file 'mamba-28b' | did you mean 'mamba-2.8b'?", {0}, SINTER_BAD_USAGE},
        {"gpt",
         ":0:0: there is no model or file 'gpt' | give a config.json, a cascade file, or one of mamba-130m "
         "mamba-370m mamba-790m "
         "mamba-1.4b mamba-2.8b falcon-mamba-7b mamba2-block opt-2.7b selective-scan",
         {0},
         SINTER_BAD_USAGE},
        {"no/such/config.json",
         "no/such/config.json:0:0: cannot open the file: No such file or directory",
         {0},
         SINTER_BAD_INPUT},
        {"state-spaces/mamba-2.8b-hf",
         "state-spaces/mamba-2.8b-hf:0:0: there is no such file | models of the hub are not fetched; 'mamba-2.8b' is "
         "built in",
         {0},
         SINTER_BAD_INPUT},
        {"tests/corpus/config/cascade.yaml",
         "tests/corpus/config/cascade.yaml:2:8: the cascade has no rank B for the batch | give its ranks and tensors a "
         "B, or leave the batch out",
         {.batch = 2},
         SINTER_BAD_INPUT},
        {"tests/corpus/config/cascade.yaml",
         ":0:0: logits of the last token are asked for, but a cascade file has no head | leave --logits out",
         {.logits = SINTER_LOGITS_LAST},
         SINTER_BAD_USAGE},
        {"mamba-130m",
         ":0:0: there is no variant 'pact' | the only variant is pact25",
         {.variant = "pact"},
         SINTER_BAD_USAGE},
        {"mamba-130m", ":0:0: tokens: expected a whole number from 1 to 2^40, found '-1'", {.tokens = -1}, SINTER_BAD_USAGE},
        {"mamba-130m",
         ":0:0: batch: expected a whole number from 1 to 2^40, found '9223372036854775807'",
         {.tokens = 1, .batch = INT64_MAX},
         SINTER_BAD_USAGE},
        {"mamba-130m",
         "models/mamba-130m.json:0:0: decode computes one token for each sequence of the batch, not 16 | leave "
         "the tokens out, or "
         "ask for prefill",
         {.phase = SINTER_DECODE, .tokens = 16},
         SINTER_BAD_INPUT},
        {"mamba-130m",
         ":0:0: logits of the last token are asked for, but the variant pact25 has no head | leave --logits out",
         {.variant = "pact25", .logits = SINTER_LOGITS_LAST},
         SINTER_BAD_USAGE},
        {"falcon-mamba-7b",
         "models/falcon-mamba-7b.json:1:1: the variant pact25 knows no norm of dt, B and C (falcon_mamba)",
         {.variant = "pact25"},
         SINTER_BAD_INPUT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        struct sinter_model *model = NULL;
        enum sinter_status status = sinter_model_load(cases[i].name, &cases[i].options, NULL, diags, &model);
        expect_diagnostics(diags, cases[i].expected);
        assert_int_equal(status, cases[i].status);
        assert_null(model);
        sinter_diagnostics_free(diags);
    }
}

/* Files: the name is the folder's for a config.json, else the file's. */
static void files_name_their_models(void **state)
{
    static const struct {
        const char *path, *name;
    } files[] = {{"tests/corpus/config/original.json", "original"}, {"tests/corpus/config/cascade.yaml", "c"}};

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct sinter_model *model = NULL;
        assert_int_equal(sinter_model_load(files[i].path, NULL, NULL, NULL, &model), SINTER_OK);
        assert_string_equal(model->name, files[i].name);
        assert_string_equal(model->source, files[i].path);
        sinter_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_told_as_assumptions),
        cmocka_unit_test(assumptions_are_overrides),
        cmocka_unit_test(the_variant_pact25_does_not_assume_the_state),
        cmocka_unit_test(memory_may_run_out_while_assumptions_are_noted),
        cmocka_unit_test(configurations_are_read),
        cmocka_unit_test(overrides_name_fields_and_ranks),
        cmocka_unit_test(tokens_and_batch_may_be_set),
        cmocka_unit_test(mistakes_are_located),
        cmocka_unit_test(mistakes_in_overrides_are_located),
        cmocka_unit_test(wrong_options_are_told),
        cmocka_unit_test(files_name_their_models),
        cmocka_unit_test(ignored_fields_that_look_like_slips_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
