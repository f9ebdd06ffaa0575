/* experiment.c: what is swept and what for: built step by step, read from YAML, printed.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "explore/axis.h"

enum { USUAL_EFFORT = 5000 };

static const char *const root_keys[] = {"experiment", "accelerator", "set",       "workloads", "strategy",
                                        "strategies", "layers",      "objective", "gap",       "effort",
                                        "axes",       "derive",      "where"};
static const char *const workload_keys[] = {"model", "tokens", "batch", "phase", "variant", "weight", "limit"};
enum { N_ROOT_KEYS = sizeof root_keys / sizeof *root_keys, N_WORKLOAD_KEYS = sizeof workload_keys / sizeof *workload_keys };

/* ---- building ---------------------------------------------------------------------------------------------------------- */

enum sinter_status sinter_experiment_new(const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                         struct sinter_experiment **experiment)
{
    struct sinter_arena *arena = sinter_arena_new(allocator);
    *experiment = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof **experiment);
    if (*experiment == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    **experiment = (struct sinter_experiment){.name = "sweep",
                                              .accelerator = "marca",
                                              .strategy = "optimal",
                                              .gap = SINTER_GAP,
                                              .effort = USUAL_EFFORT,
                                              .n_points = 1,
                                              .arena = arena};
    return SINTER_OK;
}

static const char *keep(struct sinter_experiment *experiment, const char *text)
{
    return text == NULL ? NULL : sinter_arena_copy(experiment->arena, text, strlen(text));
}

/* A file, or 0: it names the place with more than a word. */
static struct sinter_location keep_place(struct sinter_experiment *experiment, struct sinter_location at)
{
    at.file = keep(experiment, at.file);
    return at;
}

/* Places of the texts have files that were kept. */
static enum sinter_status add_axis(struct sinter_experiment *experiment, const char *field, struct sinter_location field_at,
                                   const struct axis_text *texts, int n_texts, struct sinter_diagnostics *diags)
{
    const char *name = keep(experiment, field);
    struct sinter_location at = texts[0].at;
    if (experiment->n_axes == SINTER_MAX_AXES)
        return sinter_error(diags, at, NULL, "more than %d axes", SINTER_MAX_AXES);
    if (name == NULL)
        return sinter_out_of_memory(diags);
    for (int i = 0; i < experiment->n_axes; i++)
        if (strcmp(experiment->axes[i].field, field) == 0)
            return sinter_error(diags, at, NULL, "there is already an axis '%s'", field);
    struct sinter_axis *axis = &experiment->axes[experiment->n_axes];
    enum sinter_status status = axis_read_all(axis, name, texts, n_texts, experiment->arena, diags);
    axis->at = field_at;
    if (status != SINTER_OK)
        return status;
    experiment->n_axes++;
    if (!sinter_multiply(experiment->n_points, axis->n, &experiment->n_points) || experiment->n_points > SINTER_MOST_POINTS)
        return sinter_error(diags, at, "take fewer values", "the axes have more than %d points together",
                            SINTER_MOST_POINTS);
    return SINTER_OK;
}

enum sinter_status sinter_experiment_add_axis(struct sinter_experiment *experiment, const char *field, const char *values,
                                              struct sinter_location at, struct sinter_diagnostics *diags)
{
    at = keep_place(experiment, at);
    return add_axis(experiment, field, at, &(struct axis_text){values, at}, 1, diags);
}

enum sinter_status sinter_experiment_add_strategies(struct sinter_experiment *experiment, const char *names,
                                                    struct sinter_location at, struct sinter_diagnostics *diags)
{
    return sinter_experiment_add_axis(experiment, SINTER_STRATEGY_AXIS, names, at, diags);
}

enum sinter_status sinter_experiment_add_setting(struct sinter_experiment *experiment, const char *field, const char *value,
                                                 struct sinter_location at, struct sinter_diagnostics *diags)
{
    int i = 0;
    while (i < experiment->n_settings && strcmp(experiment->settings[i].field, field) != 0)
        i++;
    if (i == SINTER_MAX_CLAUSES)
        return sinter_error(diags, at, NULL, "more than %d fields are set", SINTER_MAX_CLAUSES);
    struct sinter_override setting = {keep(experiment, field), keep(experiment, value), false};
    if (setting.field == NULL || setting.value == NULL)
        return sinter_out_of_memory(diags);
    experiment->settings[i] = setting; /* the last value of a field counts */
    experiment->setting_places[i] = keep_place(experiment, at);
    experiment->n_settings += i == experiment->n_settings;
    return SINTER_OK;
}

static enum sinter_status add_clause(struct sinter_experiment *experiment, struct sinter_clause *clauses, int *n,
                                     const char *field, const char *text, struct sinter_location at,
                                     struct sinter_diagnostics *diags)
{
    if (*n == SINTER_MAX_CLAUSES)
        return sinter_error(diags, at, NULL, "more than %d formulas", SINTER_MAX_CLAUSES);
    clauses[*n] = (struct sinter_clause){keep(experiment, field), keep(experiment, text), keep_place(experiment, at)};
    if (clauses[*n].text == NULL || (field != NULL && clauses[*n].field == NULL))
        return sinter_out_of_memory(diags);
    ++*n;
    return SINTER_OK;
}

enum sinter_status sinter_experiment_derive(struct sinter_experiment *experiment, const char *field, const char *formula,
                                            struct sinter_location at, struct sinter_diagnostics *diags)
{
    for (int i = 0; i < experiment->n_derived; i++)
        if (strcmp(experiment->derived[i].field, field) == 0)
            return sinter_error(diags, at, NULL, "there is already a formula for '%s'", field);
    return add_clause(experiment, experiment->derived, &experiment->n_derived, field, formula, at, diags);
}

enum sinter_status sinter_experiment_require(struct sinter_experiment *experiment, const char *condition,
                                             struct sinter_location at, struct sinter_diagnostics *diags)
{
    return add_clause(experiment, experiment->conditions, &experiment->n_conditions, NULL, condition, at, diags);
}

enum sinter_status sinter_experiment_add_workload(struct sinter_experiment *experiment,
                                                  const struct sinter_explore_workload *workload,
                                                  struct sinter_diagnostics *diags)
{
    if (experiment->n_workloads == SINTER_MAX_WORKLOADS)
        return sinter_error(diags, workload->at, NULL, "more than %d workloads", SINTER_MAX_WORKLOADS);
    if (!(workload->weight >= 0) || !(workload->weight <= 1e12))
        return sinter_error(diags, workload->at, NULL, "the weight of a workload is %g, expected 0 to 1e12",
                            workload->weight);
    struct sinter_explore_workload *kept = &experiment->workloads[experiment->n_workloads];
    *kept = *workload;
    kept->weight = workload->weight > 0 ? workload->weight : 1;
    kept->model = keep(experiment, workload->model);
    kept->variant = keep(experiment, workload->variant);
    kept->at = keep_place(experiment, workload->at);
    if (kept->model == NULL || (workload->variant != NULL && kept->variant == NULL))
        return sinter_out_of_memory(diags);
    experiment->n_workloads++;
    return SINTER_OK;
}

void sinter_experiment_free(struct sinter_experiment *experiment)
{
    if (experiment != NULL)
        sinter_arena_free(experiment->arena);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

struct reading {
    struct sinter_experiment *experiment;
    struct sinter_diagnostics *diags;
    enum sinter_status status; /* the first failure; reading goes on */
};

static bool check(struct reading *reading, enum sinter_status status)
{
    if (status != SINTER_OK && (reading->status == SINTER_OK || status == SINTER_NO_MEMORY))
        reading->status = status;
    return status == SINTER_OK;
}

/* A member that is a word or a text. */
static bool read_word(struct reading *reading, const struct yaml_node *node, const char *what, const char **word)
{
    if (node == NULL || !check(reading, yaml_expect(node, YAML_SCALAR, what, reading->diags)))
        return false;
    *word = keep(reading->experiment, node->text);
    return check(reading, *word != NULL ? SINTER_OK : sinter_out_of_memory(reading->diags));
}

/* A list as it would be written on one line. */
static void print_flow(struct sinter_text *out, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        sinter_text_append(out, node->text);
        return;
    }
    sinter_text_append(out, "[");
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
        if (item != node->first)
            sinter_text_append(out, ", ");
        print_flow(out, item);
    }
    sinter_text_append(out, "]");
}

/* Where the text of a scalar begins. */
static struct sinter_location text_at(struct reading *reading, const struct yaml_node *node)
{
    struct sinter_location at = keep_place(reading->experiment, node->at);
    at.column += node->kind == YAML_SCALAR && node->is_quoted;
    return at;
}

static void read_axis_of(struct reading *reading, const struct yaml_node *node, const char *field)
{
    bool is_list = node->kind == YAML_SEQUENCE;
    int n = is_list ? node->n_children : 1, i = 0;
    struct axis_text *texts = sinter_arena_alloc(reading->experiment->arena, (size_t)n + 1, sizeof *texts);
    if (!check(reading, texts != NULL ? SINTER_OK : sinter_out_of_memory(reading->diags)))
        return;
    if (node->kind == YAML_MAPPING) {
        check(reading, yaml_expect(node, YAML_SEQUENCE, "an axis", reading->diags));
        return;
    }
    if (!is_list || n == 0)
        texts[i++] = (struct axis_text){is_list ? "" : node->text, text_at(reading, node)};
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
        struct sinter_text text = {0};
        print_flow(&text, item);
        texts[i++] = (struct axis_text){keep(reading->experiment, sinter_text_data(&text)), text_at(reading, item)};
        bool failed = text.failed || texts[i - 1].text == NULL;
        sinter_text_free(&text);
        if (!check(reading, failed ? sinter_out_of_memory(reading->diags) : SINTER_OK))
            return;
    }
    check(reading,
          add_axis(reading->experiment, field, keep_place(reading->experiment, node->key_at), texts, i, reading->diags));
}

static void read_axis(struct reading *reading, const struct yaml_node *node)
{
    read_axis_of(reading, node, node->key);
}

static void read_setting(struct reading *reading, const struct yaml_node *node)
{
    struct sinter_text text = {0};
    if (node->kind == YAML_MAPPING) {
        check(reading, yaml_expect(node, YAML_SCALAR, "the value of a field", reading->diags));
        return;
    }
    print_flow(&text, node);
    check(reading, text.failed ? sinter_out_of_memory(reading->diags)
                               : sinter_experiment_add_setting(reading->experiment, node->key, sinter_text_data(&text),
                                                               text_at(reading, node), reading->diags));
    sinter_text_free(&text);
}

static void read_formula(struct reading *reading, const struct yaml_node *node)
{
    if (check(reading, yaml_expect(node, YAML_SCALAR, "a formula", reading->diags)))
        check(reading,
              sinter_experiment_derive(reading->experiment, node->key, node->text, text_at(reading, node), reading->diags));
}

static void read_condition(struct reading *reading, const struct yaml_node *node)
{
    if (check(reading, yaml_expect(node, YAML_SCALAR, "a condition", reading->diags)))
        check(reading, sinter_experiment_require(reading->experiment, node->text, text_at(reading, node), reading->diags));
}

static void read_workload(struct reading *reading, const struct yaml_node *node)
{
    struct sinter_explore_workload workload = {.weight = 1, .at = node->at};
    const struct yaml_node *tokens, *batch, *phase, *weight, *limit;
    if (!check(reading, yaml_expect_as(node, YAML_MAPPING, "a workload", "such as {model: mamba-2.8b, tokens: 1024}",
                                       reading->diags)) ||
        !check(reading, yaml_known_keys(node, "a workload", workload_keys, N_WORKLOAD_KEYS, reading->diags)))
        return;
    if (yaml_get(node, "model") == NULL) {
        check(reading, sinter_error(reading->diags, node->at, NULL, "this workload has no 'model'"));
        return;
    }
    read_word(reading, yaml_get(node, "model"), "the model of a workload", &workload.model);
    read_word(reading, yaml_get(node, "variant"), "the variant of a workload", &workload.variant);
    if ((tokens = yaml_get(node, "tokens")) != NULL)
        check(reading, yaml_integer(tokens, "tokens", 1, INT64_C(1) << 40, reading->diags, &workload.tokens));
    if ((batch = yaml_get(node, "batch")) != NULL)
        check(reading, yaml_integer(batch, "batch", 1, INT64_C(1) << 40, reading->diags, &workload.batch));
    if ((weight = yaml_get(node, "weight")) != NULL &&
        check(reading, yaml_number(weight, "weight", reading->diags, &workload.weight)) &&
        !(workload.weight > 0 && workload.weight <= 1e12))
        check(reading, sinter_error(reading->diags, weight->at, "leave out a workload that does not count",
                                    "weight: expected more than 0 and at most 1e12, found '%.40s'", weight->text));
    if ((limit = yaml_get(node, "limit")) != NULL &&
        check(reading, yaml_quantity(limit, "limit", SINTER_TIME, reading->diags, &workload.limit_seconds)) &&
        !(workload.limit_seconds > 0))
        check(reading, sinter_error(reading->diags, limit->at, "leave it out where any latency will do",
                                    "limit: expected more than 0 s, found '%.40s'", limit->text));
    if ((phase = yaml_get(node, "phase")) != NULL &&
        check(reading, yaml_expect(phase, YAML_SCALAR, "phase", reading->diags))) {
        workload.phase = strcmp(phase->text, "decode") == 0 ? SINTER_DECODE : SINTER_PREFILL;
        if (strcmp(phase->text, "decode") != 0 && strcmp(phase->text, "prefill") != 0)
            check(reading, sinter_error(reading->diags, phase->at, NULL, "phase: expected prefill or decode, found '%.40s'",
                                        phase->text));
    }
    if (reading->status == SINTER_OK)
        check(reading, sinter_experiment_add_workload(reading->experiment, &workload, reading->diags));
}

static void read_members(struct reading *reading, const struct yaml_node *root, const char *key, enum yaml_kind kind,
                         void (*read)(struct reading *, const struct yaml_node *))
{
    const struct yaml_node *node = yaml_get(root, key);
    if (node == NULL || !check(reading, yaml_expect(node, kind, key, reading->diags)))
        return;
    for (const struct yaml_node *member = node->first; member != NULL; member = member->next)
        read(reading, member);
}

static void read_objective(struct reading *reading, const struct yaml_node *node)
{
    if (node == NULL || !check(reading, yaml_expect(node, YAML_SCALAR, "objective", reading->diags)))
        return;
    if (!sinter_objective_find(node->text, &reading->experiment->objective) ||
        reading->experiment->objective == SINTER_LEAST_MEMORY)
        check(reading, sinter_error(reading->diags, node->at, "objectives are latency, energy, edp and dram",
                                    "objective '%.40s' cannot be explored", node->text));
}

static void read_strategies(struct reading *reading, const struct yaml_node *node, const struct yaml_node *other)
{
    if (node == NULL || !check(reading, yaml_expect(node, YAML_SEQUENCE, "strategies", reading->diags)))
        return;
    if (other != NULL)
        check(reading, sinter_error(reading->diags, other->at, "leave one of the two out",
                                    "'strategy' and 'strategies' say the same"));
    else
        read_axis_of(reading, node, SINTER_STRATEGY_AXIS);
}

static void read_layers(struct reading *reading, const struct yaml_node *node)
{
    if (node == NULL || !check(reading, yaml_expect(node, YAML_SCALAR, "layers", reading->diags)))
        return;
    reading->experiment->is_whole = strcmp(node->text, "all") == 0;
    if (!reading->experiment->is_whole && strcmp(node->text, "one") != 0)
        check(reading,
              sinter_error(reading->diags, node->at, NULL, "layers: expected one or all, found '%.40s'", node->text));
}

/* A fraction, or a percentage that says so. */
static void read_gap(struct reading *reading, const struct yaml_node *node)
{
    char number[32], *end;
    double *gap = &reading->experiment->gap;
    if (node == NULL || !check(reading, yaml_expect(node, YAML_SCALAR, "gap", reading->diags)))
        return;
    size_t length = strlen(node->text);
    bool is_percent = length > 1 && length < sizeof number && node->text[length - 1] == '%';
    if (is_percent) {
        snprintf(number, sizeof number, "%.*s", (int)length - 1, node->text);
        *gap = strtod(number, &end) / 100;
        if (end == number || end[strspn(end, " ")] != '\0')
            *gap = 0;
    } else if (!check(reading, yaml_number(node, "gap", reading->diags, gap))) {
        return;
    }
    if (!(*gap > 0 && *gap < 1))
        check(reading, sinter_error(reading->diags, node->at, "it is a fraction: 0.005, or 0.5 %",
                                    "gap: expected more than 0 and less than 1, found '%s'", node->text));
}

static void read_root(struct reading *reading, const struct yaml_node *root)
{
    struct sinter_experiment *experiment = reading->experiment;
    const struct yaml_node *effort = yaml_get(root, "effort");
    if (yaml_get(root, "experiment") == NULL)
        check(reading, sinter_error(reading->diags, root->at, "start the file with 'experiment: NAME'",
                                    "the experiment has no name"));
    check(reading, yaml_known_keys(root, "the experiment", root_keys, N_ROOT_KEYS, reading->diags));
    read_word(reading, yaml_get(root, "experiment"), "the experiment's name", &experiment->name);
    read_word(reading, yaml_get(root, "accelerator"), "accelerator", &experiment->accelerator);
    if (read_word(reading, yaml_get(root, "strategy"), "strategy", &experiment->strategy))
        experiment->strategy_at = text_at(reading, yaml_get(root, "strategy"));
    read_strategies(reading, yaml_get(root, "strategies"), yaml_get(root, "strategy"));
    read_layers(reading, yaml_get(root, "layers"));
    read_objective(reading, yaml_get(root, "objective"));
    read_gap(reading, yaml_get(root, "gap"));
    if (effort != NULL)
        check(reading, yaml_integer(effort, "effort", 1, 1000000000, reading->diags, &experiment->effort));
    read_members(reading, root, "set", YAML_MAPPING, read_setting);
    read_members(reading, root, "workloads", YAML_SEQUENCE, read_workload);
    read_members(reading, root, "axes", YAML_MAPPING, read_axis);
    read_members(reading, root, "derive", YAML_MAPPING, read_formula);
    read_members(reading, root, "where", YAML_SEQUENCE, read_condition);
    if (reading->status == SINTER_OK && experiment->n_workloads == 0)
        check(reading, sinter_error(reading->diags, root->at, "add 'workloads: [{model: mamba-2.8b, tokens: 1024}]'",
                                    "the experiment has no workloads"));
}

/* Files of other kinds have fields that no experiment has. */
static enum sinter_status refuse_other_kinds(const struct yaml_node *root, struct sinter_diagnostics *diags)
{
    static const struct {
        const char *key, *what, *hint;
    } kinds[] = {
        {"memories", "an accelerator",
         "'sinter explore -a FILE -m MODEL --axis ...', or 'accelerator: FILE' in an experiment"},
        {"einsums", "a cascade", "'sinter explore -m FILE --axis ...', or 'workloads: [{model: FILE}]' in an experiment"},
        {"model_type", "the configuration of a model",
         "'sinter explore -m FILE --axis ...', or 'workloads: [{model: FILE}]' in an experiment"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (yaml_get(root, "experiment") == NULL && yaml_get(root, kinds[i].key) != NULL)
            return sinter_error(diags, root->at, kinds[i].hint, "this is %s, not an experiment", kinds[i].what);
    return SINTER_OK;
}

static enum sinter_status read_tree(const struct yaml_node *root, const struct sinter_allocator *allocator,
                                    struct sinter_diagnostics *diags, struct sinter_experiment **experiment)
{
    struct reading reading = {.diags = diags};
    enum sinter_status status =
        yaml_expect_as(root, YAML_MAPPING, "an experiment", "start the file with 'experiment: NAME'", diags);
    if (status == SINTER_OK)
        status = refuse_other_kinds(root, diags);
    if (status == SINTER_OK)
        status = sinter_experiment_new(allocator, diags, experiment);
    if (status != SINTER_OK)
        return status;
    reading.experiment = *experiment;
    read_root(&reading, root);
    if (reading.status != SINTER_OK) {
        sinter_experiment_free(*experiment);
        *experiment = NULL;
    }
    return reading.status;
}

enum sinter_status sinter_experiment_parse(const char *file, const char *text, size_t length,
                                           const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                           struct sinter_experiment **experiment)
{
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct yaml_node *root;
    *experiment = NULL;
    if (arena == NULL)
        return sinter_out_of_memory(diags);
    enum sinter_status status = yaml_read_text(file, text, length, arena, diags, &root);
    if (status == SINTER_OK)
        status = read_tree(root, allocator, diags, experiment);
    sinter_arena_free(arena);
    return status;
}

enum sinter_status sinter_experiment_load(const char *file, const struct sinter_allocator *allocator,
                                          struct sinter_diagnostics *diags, struct sinter_experiment **experiment)
{
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct yaml_node *root;
    *experiment = NULL;
    if (arena == NULL)
        return sinter_out_of_memory(diags);
    enum sinter_status status = yaml_read_file(file, arena, diags, &root);
    if (status == SINTER_OK)
        status = read_tree(root, allocator, diags, experiment);
    sinter_arena_free(arena);
    return status;
}

/* ---- printing ----------------------------------------------------------------------------------------------------------- */

static void print_value(struct sinter_text *out, const char *value)
{
    if (*value == '[')
        sinter_text_append(out, value);
    else
        yaml_print_scalar(out, value);
}

static void print_member(struct sinter_text *out, const char *key, const char *value)
{
    yaml_print_scalar(out, key);
    sinter_text_append(out, ": ");
    print_value(out, value);
    sinter_text_append(out, "\n");
}

static void print_workload(struct sinter_text *out, const struct sinter_explore_workload *workload)
{
    sinter_text_append(out, "  - {model: ");
    yaml_print_scalar(out, workload->model);
    if (workload->variant != NULL) {
        sinter_text_append(out, ", variant: ");
        yaml_print_scalar(out, workload->variant);
    }
    if (workload->phase == SINTER_DECODE)
        sinter_text_append(out, ", phase: decode");
    if (workload->tokens > 0)
        sinter_text_printf(out, ", tokens: %lld", (long long)workload->tokens);
    if (workload->batch > 0)
        sinter_text_printf(out, ", batch: %lld", (long long)workload->batch);
    sinter_text_printf(out, ", weight: %.17g", workload->weight);
    if (workload->limit_seconds > 0) {
        char limit[64];
        sinter_text_printf(out, ", limit: %s",
                           sinter_quantity_print(workload->limit_seconds, SINTER_TIME, limit, sizeof limit));
    }
    sinter_text_append(out, "}\n");
}

static bool has_strategies(const struct sinter_experiment *experiment)
{
    for (int i = 0; i < experiment->n_axes; i++)
        if (strcmp(experiment->axes[i].field, SINTER_STRATEGY_AXIS) == 0)
            return true;
    return false;
}

void sinter_experiment_print(const struct sinter_experiment *experiment, struct sinter_text *out)
{
    print_member(out, "experiment", experiment->name);
    print_member(out, "accelerator", experiment->accelerator);
    sinter_text_append(out, experiment->n_settings > 0 ? "set:\n" : "");
    for (int i = 0; i < experiment->n_settings; i++) {
        sinter_text_append(out, "  ");
        print_member(out, experiment->settings[i].field, experiment->settings[i].value);
    }
    sinter_text_append(out, "workloads:\n");
    for (int i = 0; i < experiment->n_workloads; i++)
        print_workload(out, &experiment->workloads[i]);
    if (!has_strategies(experiment))
        print_member(out, "strategy", experiment->strategy);
    sinter_text_append(out, experiment->is_whole ? "layers: all\n" : "");
    sinter_text_printf(out, "objective: %s\ngap: %.17g\neffort: %lld\n", sinter_objective_name(experiment->objective),
                       experiment->gap, (long long)experiment->effort);
    sinter_text_append(out, experiment->n_axes > 0 ? "axes:\n" : "");
    for (int i = 0; i < experiment->n_axes; i++) {
        sinter_text_append(out, "  ");
        yaml_print_scalar(out, experiment->axes[i].field);
        sinter_text_append(out, ": [");
        for (int k = 0; k < experiment->axes[i].n; k++) {
            sinter_text_append(out, k > 0 ? ", " : "");
            print_value(out, experiment->axes[i].values[k]);
        }
        sinter_text_append(out, "]\n");
    }
    sinter_text_append(out, experiment->n_derived > 0 ? "derive:\n" : "");
    for (int i = 0; i < experiment->n_derived; i++) {
        sinter_text_append(out, "  ");
        print_member(out, experiment->derived[i].field, experiment->derived[i].text);
    }
    sinter_text_append(out, experiment->n_conditions > 0 ? "where:\n" : "");
    for (int i = 0; i < experiment->n_conditions; i++) {
        sinter_text_append(out, "  - ");
        yaml_print_scalar(out, experiment->conditions[i].text);
        sinter_text_append(out, "\n");
    }
}
