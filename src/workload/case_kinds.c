/* case_kinds.c: kinds of stored cases: which cascade each is, and what its tensors are called in a manifest.
 * SPDX-License-Identifier: MIT
 *
 * Letters of extents are those of the models: B batch, L tokens, E model width, D inner width, N state, R rank of dt, K taps,
 * H heads, P channels of a head, G groups; and two that follow, J = K - 1 and Q = H / G. h0 of a Mamba-2 and its kin lie head
 * by head, which is the cascade's order by group and head of the group.
 */
#include <inttypes.h>
#include <string.h>

#include "base/data.h"
#include "workload/case.h"
#include "workload/model.h"

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static const struct case_line mamba1_lines[] = {
    {"r", CASE_INPUT, "BLE", .parts = {{"RIN", NULL}}},
    {NULL, CASE_INPUT, "BLE", .parts = {{"X", NULL}}}, /* the residual stream holds what the layer below adds */
    {"conv_state_in", CASE_INPUT, "BDJ", "BJD", .parts = {{"CS", NULL}}},
    {"h0", CASE_INPUT, "BDN", .parts = {{"H0", NULL}}},
    {"in_proj_w", CASE_INPUT, "*E", .parts = {{"WX", "D"}, {"WZ", "D"}}},
    {"conv_w", CASE_INPUT, "DK", .parts = {{"WC", NULL}}},
    {"conv_b", CASE_INPUT, "D", .parts = {{"BC", NULL}}},
    {"x_proj_w", CASE_INPUT, "*D", .parts = {{"WR", "R"}, {"WB", "N"}, {"WCC", "N"}}},
    {"dt_proj_w", CASE_INPUT, "DR", .parts = {{"WDT", NULL}}},
    {"dt_proj_b", CASE_INPUT, "D", .parts = {{"BD", NULL}}},
    {"A_log", CASE_INPUT, "DN", .parts = {{"A", NULL}}, .is_logarithm = true},
    {"D", CASE_INPUT, "D", .parts = {{"DP", NULL}}},
    {"out_proj_w", CASE_INPUT, "ED", .parts = {{"WO", NULL}}},
    {"norm_w", CASE_INPUT, "E", .parts = {{"G", NULL}}},
    {"u", CASE_CUT, "BLE", .parts = {{"U", NULL}}},
    {"x", CASE_CUT, "BLD", .parts = {{"XI", NULL}}},
    {"z", CASE_CUT, "BLD", .parts = {{"Z", NULL}}},
    {"xs", CASE_CUT, "BLD", .parts = {{"XS", NULL}}},
    {"x_dbl", CASE_CUT, "BL*", .parts = {{"DTR", "R"}, {"B", "N"}, {"C", "N"}}},
    {"dt", CASE_CUT, "BLD", .parts = {{"DT", NULL}}},
    {"y_scan", CASE_CUT, "BLD", .parts = {{"Y", NULL}}},
    {"y_skip", CASE_CUT, "BLD", .parts = {{"YS", NULL}}},
    {"gated", CASE_CUT, "BLD", .parts = {{"YG", NULL}}},
    {"out", CASE_CUT, "BLE", .parts = {{"O", NULL}}},
    {"block_out", CASE_CUT, "BLE", .parts = {{"RES", NULL}}, .added = "O"},
    {"h_all", CASE_CUT, "BLDN", .parts = {{"H", NULL}}},
    {"h_final", CASE_FINAL, "BDN", .parts = {{"H0", NULL}}},
    {"conv_state_out", CASE_FINAL, "BDJ", "BJD", .parts = {{"CS", NULL}}},
};

static const struct case_line mamba2_lines[] = {
    {"r", CASE_INPUT, "BLE", .parts = {{"RIN", NULL}}},
    {NULL, CASE_INPUT, "BLE", .parts = {{"X", NULL}}},
    {"conv_state_in", CASE_INPUT, "B*J", .parts = {{"SX", "D"}, {"SB", "GN"}, {"SC", "GN"}}},
    {"h0", CASE_INPUT, "BHPN", .parts = {{"H0", NULL}}},
    {"in_proj_w", CASE_INPUT, "*E", .parts = {{"WZ", "D"}, {"WX", "D"}, {"WB", "GN"}, {"WC", "GN"}, {"WDT", "H"}}},
    {"conv_w", CASE_INPUT, "*K", .parts = {{"KX", "D"}, {"KB", "GN"}, {"KC", "GN"}}},
    {"conv_b", CASE_INPUT, "*", .parts = {{"OX", "D"}, {"OB", "GN"}, {"OC", "GN"}}},
    {"dt_bias", CASE_INPUT, "H", .parts = {{"BD", NULL}}},
    {"A_log", CASE_INPUT, "H", .parts = {{"A", NULL}}, .is_logarithm = true},
    {"D", CASE_INPUT, "H", .parts = {{"DP", NULL}}},
    {"norm_w", CASE_INPUT, "D", .parts = {{"GV", NULL}}},
    {"out_proj_w", CASE_INPUT, "ED", .parts = {{"WO", NULL}}},
    {"block_norm_w", CASE_INPUT, "E", .parts = {{"GE", NULL}}},
    {"u", CASE_CUT, "BLE", .parts = {{"U", NULL}}},
    {"z", CASE_CUT, "BLD", .parts = {{"Z", NULL}}},
    {"xBC", CASE_CUT, "BL*", .parts = {{"XS", "D"}, {"BS", "GN"}, {"CS", "GN"}}},
    {"dt", CASE_CUT, "BLH", .parts = {{"DT", NULL}}},
    {"y_scan", CASE_CUT, "BLHP", .parts = {{"Y", NULL}}},
    {"y_skip", CASE_CUT, "BLD", .parts = {{"YS", NULL}}},
    {"gated", CASE_CUT, "BLD", .parts = {{"YG", NULL}}},
    {"out", CASE_CUT, "BLE", .parts = {{"O", NULL}}},
    {"block_out", CASE_CUT, "BLE", .parts = {{"RES", NULL}}, .added = "O"},
    {"h_final", CASE_FINAL, "BHPN", .parts = {{"H0", NULL}}},
    {"conv_state_out", CASE_FINAL, "B*J", .parts = {{"SX", "D"}, {"SB", "GN"}, {"SC", "GN"}}},
};

static const struct case_line scan1_lines[] = {
    {"dt_raw", CASE_INPUT, "BLD", .parts = {{"DTR", NULL}}},
    {"x", CASE_INPUT, "BLD", .parts = {{"X", NULL}}},
    {"B", CASE_INPUT, "BLN", .parts = {{"B", NULL}}},
    {"C", CASE_INPUT, "BLN", .parts = {{"C", NULL}}},
    {"z", CASE_INPUT, "BLD", .parts = {{"Z", NULL}}},
    {"h0", CASE_INPUT, "BDN", .parts = {{"H0", NULL}}},
    {"A_log", CASE_INPUT, "DN", .parts = {{"A", NULL}}, .is_logarithm = true},
    {"D", CASE_INPUT, "D", .parts = {{"DP", NULL}}},
    {"dt", CASE_CUT, "BLD", .parts = {{"DT", NULL}}},
    {"y_scan", CASE_CUT, "BLD", .parts = {{"Y", NULL}}},
    {"out", CASE_CUT, "BLD", .parts = {{"O", NULL}}},
    {"h_all", CASE_CUT, "BLDN", .parts = {{"H", NULL}}},
    {"h_final", CASE_FINAL, "BDN", .parts = {{"H0", NULL}}},
};

#define LINES(table) sizeof(table) / sizeof *(table), table
static const struct case_kind kinds[] = {
    {"mamba1", "BLEDNRK", NULL, LINES(mamba1_lines)},
    {"mamba2", "BLEDHPGNK", "cascades/mamba2-block.yaml", LINES(mamba2_lines)},
    {"scan1", "BLDN", "cascades/selective-scan.yaml", LINES(scan1_lines)},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- configs ---------------------------------------------------------------------------------------------------- */

static const double template_epsilon = 1e-5; /* of the norms in the templates */

static enum sinter_status refuse_member(const struct manifest *m, const char *key, const char *expected)
{
    const struct yaml_node *node = yaml_get(m->config, key);
    return sinter_error(m->diags, node->at, NULL, "%s: expected %s, found '%.80s'", key, expected,
                        node->kind == YAML_SCALAR ? node->text : "(not a single value)");
}

static enum sinter_status read_extents(const struct manifest *m, const struct case_kind *kind, struct case_extents *extents)
{
    int64_t *of = extents->of;
    *extents = (struct case_extents){{0}};
    for (const char *letter = kind->letters; *letter; letter++) {
        const char key[] = {*letter, '\0'};
        const struct yaml_node *node = yaml_get(m->config, key);
        if (!node)
            return sinter_error(m->diags, m->config->at, NULL, "%s is missing: kind %s has the extents %s", key, kind->name,
                                kind->letters);
        enum sinter_status status = yaml_integer(node, key, *letter == 'K' ? 2 : 1, *letter == 'K' ? 32 : INT64_C(1) << 31,
                                                 m->diags, &of[(unsigned char)*letter]);
        if (status != SINTER_OK)
            return status;
    }
    of['J'] = of['K'] - 1;
    if (of['H'] > 0 && of['H'] * of['P'] != of['D'])
        return refuse_member(m, "D", "H * P");
    if (of['H'] > 0 && of['H'] % of['G'] != 0)
        return refuse_member(m, "H", "a multiple of G");
    of['Q'] = of['H'] > 0 ? of['H'] / of['G'] : 0;
    return SINTER_OK;
}

enum sinter_status case_kind_read(const struct manifest *m, const struct case_kind **kind, struct case_extents *extents)
{
    const struct yaml_node *node = yaml_get(m->config, "kind");
    char hint[64];
    const char *names[N_KINDS];
    if (!node)
        return sinter_error(m->diags, m->config ? m->config->at : m->at, "kinds are mamba1, mamba2 and scan1",
                            "the manifest has no config with a kind");
    enum sinter_status status = yaml_expect(node, YAML_SCALAR, "kind", m->diags);
    for (int i = 0; i < N_KINDS && status == SINTER_OK; i++) {
        names[i] = kinds[i].name;
        if (strcmp(node->text, kinds[i].name) != 0)
            continue;
        *kind = &kinds[i];
        return read_extents(m, *kind, extents);
    }
    if (status != SINTER_OK)
        return status;
    const char *near = sinter_suggest_hint(sinter_suggest(node->text, names, N_KINDS), hint, sizeof hint);
    return sinter_error(m->diags, node->at, near ? near : "kinds are mamba1, mamba2 and scan1",
                        "kind '%.80s' is not supported", node->text);
}

/* ---- models ----------------------------------------------------------------------------------------------------- */

/* What the case sets, and behind it what the user sets. */
struct settings {
    struct sinter_override *list;
    int n, n_own;
};

/* Adds a setting of the case, unless the user gives the field himself. */
static void set(struct settings *settings, const char *field, const char *value, const struct sinter_override *overrides,
                int n_overrides)
{
    for (int i = 0; i < n_overrides; i++) {
        if (strcmp(overrides[i].field, field) == 0)
            return;
    }
    settings->list[settings->n++] = (struct sinter_override){.field = field, .value = value};
}

enum { MAX_OWN = 16 }; /* types and extents */

static enum sinter_status make_settings(const struct manifest *m, const struct case_kind *kind,
                                        const struct case_extents *extents, const struct sinter_override *overrides,
                                        int n_overrides, struct settings *settings)
{
    static const char letters[] = "BLEDNGQPKJ"; /* of ranks in the templates */
    *settings =
        (struct settings){.list = sinter_arena_alloc(m->arena, (size_t)n_overrides + MAX_OWN, sizeof *settings->list)};
    if (!settings->list)
        return sinter_out_of_memory(m->diags);
    set(settings, "type", "fp64", overrides, n_overrides);
    set(settings, kind->template ? "H0.type" : "state_type", "fp64", overrides, n_overrides);
    if (kind->template)
        set(settings, "H.type", "fp64", overrides, n_overrides);
    for (const char *letter = letters; kind->template && *letter; letter++) {
        if (extents->of[(unsigned char)*letter] == 0 || (*letter == 'D' && extents->of['H'] > 0))
            continue; /* a Mamba-2's D is made of heads */
        const char *field = sinter_arena_printf(m->arena, "%c", *letter);
        const char *value = sinter_arena_printf(m->arena, "%" PRId64, extents->of[(unsigned char)*letter]);
        if (!field || !value)
            return sinter_out_of_memory(m->diags);
        set(settings, field, value, overrides, n_overrides);
    }
    settings->n_own = settings->n;
    for (int i = 0; i < n_overrides; i++)
        settings->list[settings->n++] = overrides[i];
    return SINTER_OK;
}

static enum sinter_status read_epsilon(const struct manifest *m, double *epsilon)
{
    const struct yaml_node *node = yaml_get(m->config, "eps");
    *epsilon = template_epsilon;
    if (!node)
        return SINTER_OK;
    enum sinter_status status = yaml_number(node, "eps", m->diags, epsilon);
    return status == SINTER_OK && !(*epsilon >= 0 && *epsilon <= 1) ? refuse_member(m, "eps", "a number from 0 to 1")
                                                                    : status;
}

/* The text that the model is read from. */
static enum sinter_status find_text(const struct manifest *m, const struct case_kind *kind,
                                    const struct case_extents *extents, const char **file, const char **text)
{
    const int64_t *of = extents->of;
    double epsilon = 0;
    bool is_before = false;
    const struct yaml_node *order = yaml_get(m->config, "norm_before_gate");
    enum sinter_status status = read_epsilon(m, &epsilon);
    if (status == SINTER_OK && order)
        status = yaml_boolean(order, "norm_before_gate", m->diags, &is_before);
    if (status != SINTER_OK)
        return status;
    if (is_before)
        return refuse_member(m, "norm_before_gate", "false");
    if (kind->template && of['E'] > 0 && (epsilon < template_epsilon || epsilon > template_epsilon))
        return refuse_member(m, "eps", "1e-05, as the cascade has it");
    *file = kind->template ? kind->template : m->at.file;
    for (int i = 0; kind->template && i < n_data_files; i++) {
        if (strcmp(data_files[i].path, kind->template) == 0)
            *text = data_files[i].text;
    }
    if (kind->template)
        return SINTER_OK;
    *text = sinter_arena_printf(m->arena,
                                "{\"model_type\": \"mamba\", \"hidden_size\": %" PRId64 ", \"intermediate_size\": %" PRId64
                                ", \"state_size\": %" PRId64 ", \"time_step_rank\": %" PRId64 ", \"conv_kernel\": %" PRId64
                                ", \"layer_norm_epsilon\": %.17g, \"vocab_size\": 1, \"num_hidden_layers\": 1}",
                                of['E'], of['D'], of['N'], of['R'], of['K'], epsilon);
    return *text ? SINTER_OK : sinter_out_of_memory(m->diags);
}

enum sinter_status case_model(const struct manifest *m, const struct case_kind *kind, const struct case_extents *extents,
                              struct sinter_override *overrides, int n_overrides, const struct sinter_allocator *allocator,
                              struct sinter_model **model)
{
    struct settings settings;
    const char *file = NULL, *text = NULL;
    enum sinter_status status = make_settings(m, kind, extents, overrides, n_overrides, &settings);
    if (status == SINTER_OK)
        status = find_text(m, kind, extents, &file, &text);
    if (status != SINTER_OK)
        return status;
    struct sinter_model_options options = {.overrides = settings.list, .n_overrides = settings.n};
    if (!kind->template) {
        options.tokens = extents->of['L'];
        options.batch = extents->of['B'];
    }
    status = model_parse(m->name, file, text, strlen(text), &options, allocator, m->diags, model);
    for (int i = 0; i < n_overrides; i++)
        overrides[i].is_used = overrides[i].is_used || settings.list[settings.n_own + i].is_used;
    return status;
}
