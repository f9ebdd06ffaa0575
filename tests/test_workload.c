/* test_workload.c: models against the published table of operators and parameter counts; phases, batches, cascade files.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/data.h"
#include "sinter/workload.h"
#include "workload/model.h"

static struct sinter_model *load(const char *name, const struct sinter_model_options *options)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_model *model = NULL;
    enum sinter_status status = sinter_model_load(name, options, NULL, diags, &model);

    if (status != SINTER_OK)
        fail_msg("%s: %s", name, sinter_diagnostics_text(diags));
    assert_int_equal(sinter_diagnostics_count(diags), 0);
    sinter_diagnostics_free(diags);
    return model;
}

/* ---- the table of operators ---------------------------------------------------------------------------------- */

/* The columns of tests/data/mamba_ops.csv behind the Einsum: flops, n_exp, n_softplus, n_silu, n_rsqrt, weight_bytes,
 * in_bytes, out_bytes. */
enum { N_COLUMNS = 8 };
struct row {
    char model[32], operator[64];
    int64_t tokens, value[N_COLUMNS];
};

static bool read_row(FILE *file, struct row *row)
{
    char line[512];
    const char *field;
    char *end;

    if (!fgets(line, sizeof line, file))
        return false;
    assert_int_equal(sscanf(line, "%31[^,],%" SCNd64 ",%*d,%63[^,],", row->model, &row->tokens, row->operator), 3);
    field = strrchr(line, '"'); /* the Einsum holds commas only inside quotes */
    field = field ? field + 1 : line;
    for (int skip = field == line ? 5 : 1; skip > 0; skip--)
        field = strchr(field, ',') + 1;
    for (int i = 0; i < N_COLUMNS; i++) {
        row->value[i] = strtoll(field, &end, 10);
        assert_true(end > field);
        field = end + 1;
    }
    return true;
}

static void to_columns(const struct sinter_operator_row *row, int64_t value[N_COLUMNS])
{
    const int64_t columns[N_COLUMNS] = {row->flops,
                                        row->operations[SINTER_EXP],
                                        row->operations[SINTER_SOFTPLUS],
                                        row->operations[SINTER_SILU],
                                        row->operations[SINTER_RSQRT],
                                        row->weight_bytes,
                                        row->in_bytes,
                                        row->out_bytes};

    for (int i = 0; i < N_COLUMNS; i++)
        value[i] += columns[i];
}

static void count_operator(const struct sinter_model *model, const char *part, const char *name, int64_t value[N_COLUMNS])
{
    for (int p = 0; p < model->n_parts; p++) {
        const struct sinter_cascade *cascade = model->parts[p].cascade;
        if (strcmp(model->parts[p].name, part) != 0)
            continue;
        for (int o = 0; o < cascade->n_operators; o++)
            if (!name || strcmp(cascade->operators[o].name, name) == 0) {
                struct sinter_operator_row row;
                sinter_operator_count(cascade, o, &row);
                to_columns(&row, value);
            }
    }
}

static void count_model(const struct sinter_model *model, int64_t value[N_COLUMNS])
{
    for (int p = 0; p < model->n_parts; p++) {
        int64_t part[N_COLUMNS] = {0};
        count_operator(model, model->parts[p].name, NULL, part);
        for (int i = 0; i < N_COLUMNS; i++)
            value[i] += part[i] * model->parts[p].count;
    }
}

/* `last` is the model with the logits of the last token alone. */
static void count_row(const struct sinter_model *model, const struct sinter_model *last, const char *operator,
                      int64_t value[N_COLUMNS])
{
    if (strcmp(operator, "TOTAL.layer") == 0)
        count_operator(model, "block", NULL, value);
    else if (strncmp(operator, "layer.", 6) == 0)
        count_operator(model, "block", operator+ 6, value);
    else if (strcmp(operator, "embed") == 0)
        count_operator(model, "embed", "embed", value);
    else if (strcmp(operator, "lm_head_last") == 0)
        count_operator(last, "head", "lm_head", value);
    else if (strcmp(operator, "TOTAL.model") == 0)
        count_model(model, value);
    else if (strcmp(operator, "TOTAL.model_lastlogit") == 0)
        count_model(last, value);
    else
        count_operator(model, "head", operator, value);
}

static void every_operator_has_the_published_counts(void **state)
{
    struct sinter_override override = {"state_type", "fp16", false};
    struct sinter_model_options options = {.overrides = &override, .n_overrides = 1};
    struct sinter_model *model = NULL, *last = NULL;
    FILE *file = fopen("tests/data/mamba_ops.csv", "r");
    struct row row;
    char header[512];
    int n_rows = 0;

    (void)state;
    assert_non_null(file);
    assert_non_null(fgets(header, sizeof header, file));
    for (; read_row(file, &row); n_rows++) {
        int64_t found[N_COLUMNS] = {0};
        if (!model || strcmp(model->name, row.model) != 0 || model->tokens != row.tokens) {
            sinter_model_free(model);
            sinter_model_free(last);
            options.tokens = row.tokens;
            options.logits = SINTER_LOGITS_LAST;
            last = load(row.model, &options);
            options.logits = SINTER_LOGITS_ALL;
            model = load(row.model, &options);
        }
        count_row(model, last, row.operator, found);
        for (int i = 0; i < N_COLUMNS; i++)
            if (found[i] != row.value[i])
                fail_msg("%s, L %" PRId64 ", %s, column %d: %" PRId64 " instead of %" PRId64, row.model, row.tokens,
                         row.operator, i, found[i], row.value[i]);
    }
    assert_int_equal(n_rows, 460);
    assert_true(override.is_used);
    fclose(file);
    sinter_model_free(model);
    sinter_model_free(last);
}

static void operators_stand_in_the_published_order(void **state)
{
    static const char *const names[] = {"residual_add", "rmsnorm",  "in_proj", "conv1d",  "silu_x", "x_proj",
                                        "dt_proj",      "softplus", "dA",      "dtx",     "dBx",    "scan",
                                        "yC",           "skipD",    "gate",    "out_proj"};
    struct sinter_model *model = load("mamba-130m", NULL);
    const struct sinter_cascade *block = model->parts[model->block].cascade;

    (void)state;
    assert_int_equal(model->n_parts, 3);
    assert_string_equal(model->parts[0].name, "embed");
    assert_string_equal(model->parts[1].name, "block");
    assert_string_equal(model->parts[2].name, "head");
    assert_int_equal(model->block, 1);
    assert_int_equal(model->parts[1].count, 24);
    assert_int_equal(block->n_operators, 16);
    for (int o = 0; o < 16; o++)
        assert_string_equal(block->operators[o].name, names[o]);
    sinter_model_free(model);
}

/* ---- sizes --------------------------------------------------------------------------------------------------- */

static int64_t weights_of(const struct sinter_model *model, int part)
{
    const struct sinter_cascade *cascade = model->parts[part].cascade;
    int64_t elements = 0;

    for (int t = 0; t < cascade->n_tensors; t++)
        elements += cascade->tensors[t].role == SINTER_WEIGHT ? cascade->tensors[t].elements : 0;
    return elements;
}

static void parameters_equal_the_published_counts(void **state)
{
    static const struct {
        const char *name;
        int64_t parameters;
    } models[] = {
        {"mamba-130m", 129135360},  {"mamba-370m", 371516416},  {"mamba-790m", 793204224},
        {"mamba-1.4b", 1372178432}, {"mamba-2.8b", 2768345600}, {"falcon-mamba-7b", 7272665088},
    };

    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        struct sinter_model *model = load(models[i].name, NULL);
        bool is_tied = strcmp(models[i].name, "falcon-mamba-7b") != 0;
        assert_int_equal(model->parameters, models[i].parameters);
        /* What the cascades hold: the head has the table, and the embedding its own where they are not tied. */
        assert_int_equal(weights_of(model, 1) * model->parts[1].count + weights_of(model, 2) +
                             (is_tied ? 0 : model->config.vocab * model->config.hidden),
                         models[i].parameters);
        assert_string_equal(sinter_model_builtin_name((int)i), models[i].name);
        sinter_model_free(model);
    }
}

static void every_embedded_file_is_a_model(void **state)
{
    int n_files = 0, n_models = 0, n_cascade_files = 0, n_cascades = 0;

    (void)state;
    for (int i = 0; i < n_data_files; i++) {
        n_files += strncmp(data_files[i].path, "models/", 7) == 0;
        n_cascade_files += strncmp(data_files[i].path, "cascades/", 9) == 0;
    }
    for (const char *name; (name = sinter_cascade_builtin_name(n_cascades)) != NULL; n_cascades++)
        sinter_model_free(load(name, NULL));
    assert_true(n_cascades > 0 && n_cascades == n_cascade_files);
    assert_null(sinter_cascade_builtin_name(-1));
    while (sinter_model_builtin_text(n_models))
        n_models++;
    assert_int_equal(n_files, n_models);
    assert_null(sinter_model_builtin_name(n_models));
    assert_null(sinter_model_builtin_name(-1));
}

static void every_shipped_cascade_has_a_name(void **state)
{
    (void)state;
    int n_cascades = 0;
    for (int i = 0; i < n_data_files; i++) {
        char name[64];
        if (sscanf(data_files[i].path, "cascades/%63s", name) != 1)
            continue;
        *strstr(name, ".yaml") = '\0';
        struct sinter_model *model = load(name, NULL);
        assert_int_equal(model->n_parts, 1);
        assert_string_equal(model->name, name);
        sinter_model_free(model);
        n_cascades++;
    }
    assert_true(n_cascades >= 3);
}

/* Sizes of mamba2-2.7b, and its operations by the closed form of the field: L(2E(2D+2GN+H) + 2DE + 2K(D+2GN) + 5DN + 8D + 2H +
 * 2G + 5E + 2), and one addition for the bias of each channel of the convolution, which the form leaves out. */
static void a_mamba2_block_counts_the_published_operations(void **state)
{
    const int64_t l = 2048, e = 2560, d = 5120, n = 128, h = 80, g = 1, k = 4, channels = d + 2 * g * n;
    struct sinter_model *model = load("mamba2-block", NULL);
    struct sinter_operator_row row;
    int64_t flops = 0, exps = 0, weights = 0;
    (void)state;
    for (int o = 0; o < model->parts[0].cascade->n_operators; o++) {
        sinter_operator_count(model->parts[0].cascade, o, &row);
        flops += row.flops;
        exps += row.operations[SINTER_EXP];
        weights += row.weight_bytes;
    }
    assert_int_equal(flops, l * (2 * e * (2 * d + 2 * g * n + h) + 2 * d * e + 2 * k * channels + 5 * d * n + 8 * d + 2 * h +
                                 2 * g + 5 * e + 2 + channels));
    assert_int_equal(exps, l * h);
    assert_int_equal(weights, 2 * (e * (2 * d + 2 * g * n + h) + channels * (k + 1) + 3 * h + d + d * e + e));
    sinter_model_free(model);
}

static int64_t extent(const struct sinter_cascade *cascade, const char *rank)
{
    int index = sinter_cascade_rank(cascade, rank);

    return index < 0 ? -1 : cascade->ranks[index].extent;
}

static const struct sinter_tensor *tensor(const struct sinter_cascade *cascade, const char *name)
{
    int index = sinter_cascade_tensor(cascade, name);

    assert_true(index >= 0);
    return &cascade->tensors[index];
}

static void phases_set_the_tokens(void **state)
{
    struct sinter_model *prefill = load("mamba-130m", NULL);
    struct sinter_model *decode = load("mamba-130m", &(struct sinter_model_options){.phase = SINTER_DECODE, .batch = 64});

    (void)state;
    assert_int_equal(prefill->tokens, 2048);
    assert_int_equal(prefill->batch, 1);
    assert_int_equal(extent(prefill->parts[1].cascade, "L"), 2048);
    assert_int_equal(extent(prefill->parts[1].cascade, "B"), -1);
    assert_int_equal(decode->phase, SINTER_DECODE);
    assert_int_equal(decode->tokens, 1);
    assert_int_equal(decode->batch, 64);
    assert_int_equal(extent(decode->parts[1].cascade, "L"), 1);
    assert_int_equal(extent(decode->parts[1].cascade, "B"), 64);
    sinter_model_free(prefill);
    sinter_model_free(decode);
}

/* The part's cascade as text, the caller's to free. */
static struct sinter_text printed(const struct sinter_model *model, int part)
{
    struct sinter_text text = {0};

    sinter_cascade_print(model->parts[part].cascade, &text);
    return text;
}

/* With one token, in decode or else, the last is all; with more, the head alone differs, behind its norm. */
static void logits_of_the_last_token_change_the_head_alone(void **state)
{
    static const struct {
        struct sinter_model_options options;
        const char *expected;
    } cases[] = {
        {{.tokens = 1}, "LOGITS[l,v] = U[l,e] * WV[v,e]"},
        {{.phase = SINTER_DECODE, .batch = 3}, "LOGITS[b,l,v] = U[b,l,e] * WV[v,e]"},
        {{.tokens = 16}, "LOGITS[v] = U[15,e] * WV[v,e]"},
        {{.tokens = 16, .batch = 3}, "LOGITS[b,v] = U[b,15,e] * WV[v,e]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sinter_model_options options = cases[i].options;
        struct sinter_model *all = load("mamba-130m", &options), *last;
        options.logits = SINTER_LOGITS_LAST;
        last = load("mamba-130m", &options);
        assert_int_equal(all->logits, SINTER_LOGITS_ALL);
        assert_int_equal(last->logits, SINTER_LOGITS_LAST);
        assert_int_equal(all->parameters, last->parameters);
        for (int p = 0; p < 3; p++) {
            struct sinter_text a = printed(all, p), b = printed(last, p);
            bool is_same = strcmp(sinter_text_data(&a), sinter_text_data(&b)) == 0;
            assert_int_equal(is_same, p != 2 || all->tokens == 1);
            assert_true(p != 2 || strstr(sinter_text_data(&b), cases[i].expected));
            sinter_text_free(&a);
            sinter_text_free(&b);
        }
        sinter_model_free(all);
        sinter_model_free(last);
    }
}

/* A batch multiplies activations, states and operations; weights stay. */
static void check_batch(enum sinter_logits logits)
{
    struct sinter_model_options options = {.tokens = 16, .logits = logits};
    struct sinter_model *one = load("falcon-mamba-7b", &options), *three;

    options.batch = 3;
    three = load("falcon-mamba-7b", &options);
    for (int p = 0; p < 3; p++) {
        const struct sinter_cascade *a = one->parts[p].cascade, *b = three->parts[p].cascade;
        assert_int_equal(a->n_tensors, b->n_tensors);
        for (int t = 0; t < a->n_tensors; t++) {
            bool is_fixed = a->tensors[t].role == SINTER_WEIGHT && strcmp(a->tensors[t].name, "EMB") != 0;
            assert_string_equal(a->tensors[t].name, b->tensors[t].name);
            assert_int_equal(b->tensors[t].elements, a->tensors[t].elements * (is_fixed ? 1 : 3));
        }
        for (int o = 0; o < a->n_operators; o++) {
            struct sinter_operator_row x, y;
            sinter_operator_count(a, o, &x);
            sinter_operator_count(b, o, &y);
            assert_int_equal(y.flops, 3 * x.flops);
            assert_int_equal(y.in_bytes, 3 * x.in_bytes);
            assert_int_equal(y.out_bytes, 3 * x.out_bytes);
        }
    }
    sinter_model_free(one);
    sinter_model_free(three);
}

static void a_batch_leads_everything_but_weights(void **state)
{
    (void)state;
    check_batch(SINTER_LOGITS_ALL);
    check_batch(SINTER_LOGITS_LAST);
}

static void states_are_wider_than_activations(void **state)
{
    struct sinter_override overrides[] = {{"type", "bf16", false}, {"state_type", "fp64", false}};
    struct sinter_model_options options = {.overrides = overrides, .n_overrides = 2};
    struct sinter_model *model = load("mamba-130m", NULL);
    const struct sinter_cascade *block = model->parts[1].cascade;

    (void)state;
    assert_int_equal(tensor(block, "H")->type.bits, 32);
    assert_int_equal(tensor(block, "H0")->type.bits, 32);
    assert_int_equal(tensor(block, "CS")->type.bits, 16);
    assert_int_equal(tensor(block, "DA")->type.bits, 16);
    sinter_model_free(model);
    model = load("mamba-130m", &options);
    block = model->parts[1].cascade;
    assert_int_equal(tensor(block, "H")->type.bits, 64);
    assert_int_equal(tensor(block, "DA")->type.kind, SINTER_BFLOAT);
    assert_true(overrides[0].is_used && overrides[1].is_used);
    sinter_model_free(model);
}

static void falcon_mamba_normalises_dt_b_and_c(void **state)
{
    struct sinter_model *model = load("falcon-mamba-7b", NULL);
    const struct sinter_cascade *block = model->parts[1].cascade;
    int norm = -1;

    (void)state;
    assert_true(model->config.has_state_norm);
    assert_int_equal(model->config.inner, 8192);
    assert_int_equal(block->n_operators, 17);
    for (int o = 0; o < block->n_operators; o++)
        if (strcmp(block->operators[o].name, "state_norm") == 0)
            norm = o;
    assert_true(norm >= 0);
    assert_int_equal(block->operators[norm].n_einsums, 9);
    sinter_model_free(model);
}

/* ---- cascade files ------------------------------------------------------------------------------------------- */

static const char scan[] = "cascade: tiny\nranks: {L: 6, D: 4}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
                           "  Y: {ranks: [L, D], role: output}\neinsums:\n  - Y[l,d] = exp(X[l,d])\n";

static struct sinter_model *parse(const char *text, const struct sinter_model_options *options, enum sinter_status expected)
{
    struct sinter_model *model = NULL;

    assert_int_equal(model_parse("name", "f", text, strlen(text), options, NULL, NULL, &model), expected);
    return model;
}

static void a_cascade_file_is_a_model_of_one_part(void **state)
{
    struct sinter_override overrides[] = {{"D", "8", false}, {"buffer.capacity", "1 MiB", false}};
    struct sinter_model_options options = {.tokens = 10, .overrides = overrides, .n_overrides = 2};
    struct sinter_model *model = parse(scan, &options, SINTER_OK);

    (void)state;
    assert_string_equal(model->name, "tiny");
    assert_string_equal(model->parts[0].name, "cascade");
    assert_int_equal(model->n_parts, 1);
    assert_int_equal(model->parts[0].count, 1);
    assert_int_equal(model->tokens, 10);
    assert_int_equal(model->batch, 1);
    assert_int_equal(model->parameters, 0);
    assert_int_equal(extent(model->parts[0].cascade, "D"), 8);
    assert_true(overrides[0].is_used);
    assert_false(overrides[1].is_used);
    sinter_model_free(model);
    model = parse(scan, NULL, SINTER_OK);
    assert_int_equal(model->tokens, 6);
    sinter_model_free(model);
    model = parse(scan, &(struct sinter_model_options){.phase = SINTER_DECODE}, SINTER_OK);
    assert_int_equal(model->tokens, 1);
    sinter_model_free(model);
    assert_null(parse(scan, &(struct sinter_model_options){.batch = 2}, SINTER_BAD_INPUT));
    assert_null(parse(scan, &(struct sinter_model_options){.variant = "pact25"}, SINTER_BAD_USAGE));
    assert_null(parse(scan, &(struct sinter_model_options){.logits = SINTER_LOGITS_LAST}, SINTER_BAD_USAGE));
}

/* An operator that looks back at a tensor of another one reads its first state and leaves its last. */
static void states_enter_and_leave_with_the_operator_that_looks_back(void **state)
{
    static const char text[] = "cascade: c\ntype: int8\nranks: {L: 6, D: 4}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
                               "  S: {ranks: [D], role: state}\n  V: {ranks: [L, D], state: S}\n"
                               "  Y: {ranks: [L, D], role: output}\neinsums:\n  - one:\n    - V[l,d] = exp(X[l,d])\n"
                               "  - two:\n    - Y[l,d] = V[l,d] + V[l-1,d]\n";
    struct sinter_model *model = parse(text, NULL, SINTER_OK);
    struct sinter_operator_row row;

    (void)state;
    sinter_operator_count(model->parts[0].cascade, 0, &row);
    assert_int_equal(row.in_bytes, 24);
    assert_int_equal(row.out_bytes, 24);
    sinter_operator_count(model->parts[0].cascade, 1, &row);
    assert_string_equal(row.name, "two");
    assert_int_equal(row.in_bytes, 24 + 4);
    assert_int_equal(row.out_bytes, 24 + 4);
    sinter_model_free(model);
}

static void memory_may_run_out_anywhere(void **state)
{
    static const struct sinter_model_options cases[] = {{.batch = 2, .logits = SINTER_LOGITS_LAST},
                                                        {.batch = 2, .variant = "pact25"}};

    (void)state;
    for (int v = 0; v < 2; v++) {
        struct sinter_model_options options = cases[v];
        struct sinter_counting_allocator counting;
        enum sinter_status status = SINTER_NO_MEMORY;
        for (int64_t n = 0; status == SINTER_NO_MEMORY && n < 10000; n++) {
            struct sinter_model *model = NULL;
            sinter_counting_allocator_init(&counting, n);
            status = sinter_model_load("mamba-130m", &options, &counting.allocator, NULL, &model);
            assert_true((status == SINTER_OK) == (model != NULL));
            sinter_model_free(model);
            assert_int_equal(counting.n_live, 0);
        }
        assert_int_equal(status, SINTER_OK);
    }
    sinter_model_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_has_the_published_counts),
        cmocka_unit_test(operators_stand_in_the_published_order),
        cmocka_unit_test(parameters_equal_the_published_counts),
        cmocka_unit_test(every_embedded_file_is_a_model),
        cmocka_unit_test(every_shipped_cascade_has_a_name),
        cmocka_unit_test(a_mamba2_block_counts_the_published_operations),
        cmocka_unit_test(phases_set_the_tokens),
        cmocka_unit_test(logits_of_the_last_token_change_the_head_alone),
        cmocka_unit_test(a_batch_leads_everything_but_weights),
        cmocka_unit_test(states_are_wider_than_activations),
        cmocka_unit_test(falcon_mamba_normalises_dt_b_and_c),
        cmocka_unit_test(a_cascade_file_is_a_model_of_one_part),
        cmocka_unit_test(states_enter_and_leave_with_the_operator_that_looks_back),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
