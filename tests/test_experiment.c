/* test_experiment.c: an experiment's file reads, prints and reads back; what is wrong in one is told with its place.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expect_error.h"
#include "sinter/explore.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define HEAD "experiment: e\nworkloads: [{model: m}]\n" /* two lines */

static struct sinter_experiment *parse(const char *text)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_experiment *experiment = NULL;
    if (sinter_experiment_parse("f", text, strlen(text), NULL, diags, &experiment) != SINTER_OK)
        fail_msg("%s\n%s", text, sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return experiment;
}

static enum sinter_status read_experiment(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    struct sinter_experiment *experiment = NULL;
    enum sinter_status status = sinter_experiment_parse("f", text, length, NULL, diags, &experiment);
    assert_int_equal(experiment != NULL, status == SINTER_OK);
    sinter_experiment_free(experiment);
    return status;
}

static void assert_same_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        assert_ptr_equal(a, b);
    else
        assert_string_equal(a, b);
}

/* All but places. */
static void assert_same(const struct sinter_experiment *a, const struct sinter_experiment *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->accelerator, b->accelerator);
    assert_string_equal(a->strategy, b->strategy);
    assert_int_equal(a->objective, b->objective);
    assert_memory_equal(&a->gap, &b->gap, sizeof a->gap);
    assert_int_equal(a->effort, b->effort);
    assert_int_equal(a->n_points, b->n_points);
    assert_int_equal(a->n_workloads, b->n_workloads);
    for (int i = 0; i < a->n_workloads; i++) {
        const struct sinter_explore_workload *x = &a->workloads[i], *y = &b->workloads[i];
        assert_string_equal(x->model, y->model);
        assert_same_text(x->variant, y->variant);
        assert_true(x->tokens == y->tokens && x->batch == y->batch && x->phase == y->phase);
        assert_memory_equal(&x->weight, &y->weight, sizeof x->weight);
    }
    assert_int_equal(a->n_axes, b->n_axes);
    for (int i = 0; i < a->n_axes; i++) {
        assert_string_equal(a->axes[i].field, b->axes[i].field);
        assert_int_equal(a->axes[i].n, b->axes[i].n);
        for (int k = 0; k < a->axes[i].n; k++)
            assert_string_equal(a->axes[i].values[k], b->axes[i].values[k]);
    }
    assert_int_equal(a->n_settings, b->n_settings);
    for (int i = 0; i < a->n_settings; i++) {
        assert_string_equal(a->settings[i].field, b->settings[i].field);
        assert_string_equal(a->settings[i].value, b->settings[i].value);
    }
    assert_int_equal(a->n_derived, b->n_derived);
    for (int i = 0; i < a->n_derived; i++) {
        assert_string_equal(a->derived[i].field, b->derived[i].field);
        assert_string_equal(a->derived[i].text, b->derived[i].text);
    }
    assert_int_equal(a->n_conditions, b->n_conditions);
    for (int i = 0; i < a->n_conditions; i++)
        assert_string_equal(a->conditions[i].text, b->conditions[i].text);
}

/* Printing, reading and printing again changes nothing. */
static void assert_round_trip(const struct sinter_experiment *experiment)
{
    struct sinter_text first = {0}, second = {0};
    sinter_experiment_print(experiment, &first);
    struct sinter_experiment *again = parse(sinter_text_data(&first));
    assert_same(experiment, again);
    sinter_experiment_print(again, &second);
    assert_string_equal(sinter_text_data(&first), sinter_text_data(&second));
    sinter_experiment_free(again);
    sinter_text_free(&first);
    sinter_text_free(&second);
}

static const char full[] = "experiment: split\n"
                           "accelerator: a.yaml\n"
                           "set: {area_budget: 222 mm2, array.pes: [64, 128]}\n"
                           "workloads:\n"
                           "  - {model: mamba-2.8b, tokens: 1k}\n"
                           "  - {model: mamba-130m, phase: decode, batch: 4, variant: pact25, weight: 0.1}\n"
                           "strategy: mem-aware\n"
                           "objective: edp\n"
                           "gap: 0.01\n"
                           "effort: 50\n"
                           "axes:\n"
                           "  buffer.capacity: 64KiB..256KiB:geo:3\n"
                           "  array.pes: [[64, 128], [128, 128]]\n"
                           "  dram.bandwidth: [128 GB/s, 256 GB/s]\n"
                           "  clock: 1 GHz, 2 GHz\n"
                           "derive:\n"
                           "  dram.bandwidth: 256 GB/s * sqrt(area / 222 mm2)\n"
                           "where:\n"
                           "  - area <= 222 mm2\n"
                           "  - clock > 1 GHz\n";

static void a_file_says_all_of_an_experiment(void **state)
{
    struct sinter_experiment *e = parse(full);
    (void)state;
    assert_string_equal(e->name, "split");
    assert_string_equal(e->accelerator, "a.yaml");
    assert_int_equal(e->n_settings, 2);
    assert_string_equal(e->settings[1].field, "array.pes");
    assert_string_equal(e->settings[1].value, "[64, 128]");
    assert_int_equal(e->n_workloads, 2);
    assert_int_equal(e->workloads[0].tokens, 1000);
    assert_int_equal(e->workloads[0].phase, SINTER_PREFILL);
    assert_null(e->workloads[0].variant);
    assert_true(e->workloads[0].weight == 1 && e->workloads[1].weight == 0.1);
    assert_int_equal(e->workloads[1].phase, SINTER_DECODE);
    assert_int_equal(e->workloads[1].tokens, 0);
    assert_int_equal(e->workloads[1].batch, 4);
    assert_string_equal(e->workloads[1].variant, "pact25");
    assert_int_equal(e->workloads[1].at.line, 6);
    assert_string_equal(e->strategy, "mem-aware");
    assert_int_equal(e->objective, SINTER_LEAST_EDP);
    assert_true(e->gap == 0.01);
    assert_int_equal(e->effort, 50);
    assert_int_equal(e->n_axes, 4);
    assert_string_equal(e->axes[0].values[1], "128 KiB");
    assert_string_equal(e->axes[1].values[1], "[128, 128]");
    assert_int_equal(e->axes[3].n, 2);
    assert_int_equal(e->n_points, 3 * 2 * 2 * 2);
    assert_string_equal(e->derived[0].field, "dram.bandwidth");
    assert_string_equal(e->derived[0].text, "256 GB/s * sqrt(area / 222 mm2)");
    assert_null(e->conditions[1].field);
    assert_string_equal(e->conditions[1].text, "clock > 1 GHz");
    assert_int_equal(e->conditions[1].at.line, 20);
    assert_string_equal(e->conditions[1].at.file, "f");
    sinter_experiment_free(e);
}

static void what_a_file_leaves_out_is_usual(void **state)
{
    struct sinter_experiment *e = parse(HEAD);
    (void)state;
    assert_string_equal(e->accelerator, "marca");
    assert_string_equal(e->strategy, "optimal");
    assert_int_equal(e->objective, SINTER_LEAST_LATENCY);
    assert_true(e->gap == SINTER_GAP);
    assert_int_equal(e->effort, 5000);
    assert_int_equal(e->n_points, 1);
    assert_int_equal(e->n_axes + e->n_settings + e->n_derived + e->n_conditions, 0);
    sinter_experiment_free(e);
}

static void experiments_print_and_read_back(void **state)
{
    static const char *const texts[] = {
        full,
        HEAD,
        "experiment: 'null'\naccelerator: \"~\"\nworkloads: [{model: 'a: b', variant: '#', weight: 1e-9}]\nstrategy: 'x, "
        "y'\n",
        "experiment: \"two\\nlines\"\nworkloads: [{model: \"\\\"quoted\\\"\", weight: 0.30000000000000004}]\n",
        HEAD "set: {a: true, b: '1', c: '', d: '- x', e: [1, [2, 3]]}\n",
        HEAD "axes: {a: 'x: y, z', b: [[1, 2], 3], c: 1..1000:geo:50, d: [1 MiB..3 MiB:lin:3, 7 MiB]}\n",
        HEAD "derive: {a: '1', b: \"'\"}\nwhere: ['a < 1', \"a: b\", '']\n",
        HEAD "gap: 1e-300\neffort: 1000000000\nobjective: dram\n",
        HEAD "objective: energy\n",
        "{\"experiment\": \"json\", \"workloads\": [{\"model\": \"m\", \"tokens\": 5}], \"axes\": {\"a\": [1, 2]}}",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct sinter_experiment *e = parse(texts[i]);
        assert_round_trip(e);
        sinter_experiment_free(e);
    }
}

/* ---- mistakes ------------------------------------------------------------------------------------------------------------ */

static const struct mistake mistakes[] = {
    /* the file */
    {"", "f:0:0: the file is empty"},
    {"[]\n", "f:1:1: an experiment: expected a mapping, found a list | start the file with 'experiment: NAME'"},
    {"word\n", "f:1:1: an experiment: expected a mapping, found 'word' | start the file with 'experiment: NAME'"},
    {"{}\n", "f:1:1: the experiment has no name | start the file with 'experiment: NAME'"},
    {"experiment: e\n", "f:1:1: the experiment has no workloads | add 'workloads: [{model: mamba-2.8b, tokens: 1024}]'"},
    {"experiment: e\nworkloads: []\n",
     "f:1:1: the experiment has no workloads | add 'workloads: [{model: mamba-2.8b, tokens: 1024}]'"},
    {"workloads: [{model: m}]\n", "f:1:1: the experiment has no name | start the file with 'experiment: NAME'"},
    {"experiment: [1]\nworkloads: [{model: m}]\n", "f:1:13: the experiment's name: expected a single value, found a list"},
    {HEAD "experiment: f\n", NULL},
    {HEAD "axis: {}\n", "f:3:1: unknown field 'axis' in the experiment | did you mean 'axes'?"},
    {HEAD "objectiv: latency\n", "f:3:1: unknown field 'objectiv' in the experiment | did you mean 'objective'?"},
    {HEAD "colour: red\n", "f:3:1: unknown field 'colour' in the experiment | known are experiment, accelerator, set, "
                           "workloads, strategy, strategies, layers, objective, gap, effort, axes, derive, where"},
    {HEAD "accelerator: {}\n", "f:3:14: accelerator: expected a single value, found a mapping"},
    {HEAD "strategy: []\n", "f:3:11: strategy: expected a single value, found a list"},
    {HEAD "objective: [latency]\n", "f:3:12: objective: expected a single value, found a list"},
    {HEAD "objective: speed\n",
     "f:3:12: objective 'speed' cannot be explored | objectives are latency, energy, edp and dram"},
    {HEAD "objective: memory\n",
     "f:3:12: objective 'memory' cannot be explored | objectives are latency, energy, edp and dram"},
    {HEAD "gap: 0\n", "f:3:6: gap: expected more than 0 and less than 1, found '0' | it is a fraction: 0.005, or 0.5 %"},
    {HEAD "gap: 1\n", "f:3:6: gap: expected more than 0 and less than 1, found '1' | it is a fraction: 0.005, or 0.5 %"},
    {HEAD "gap: -0.5\n",
     "f:3:6: gap: expected more than 0 and less than 1, found '-0.5' | it is a fraction: 0.005, or 0.5 %"},
    {HEAD "gap: 5 %\n", ""},
    {HEAD "gap: nan\n", "f:3:6: gap: expected a number, found 'nan'"},
    {HEAD "gap: {}\n", "f:3:6: gap: expected a single value, found a mapping"},
    {HEAD "effort: 0\n", "f:3:9: effort: expected a whole number from 1 to 1000000000, found '0'"},
    {HEAD "effort: 1e10\n", "f:3:9: effort: expected a whole number from 1 to 1000000000, found '1e10'"},
    {HEAD "effort: 2.5\n", "f:3:9: effort: expected a whole number from 1 to 1000000000, found '2.5'"},
    {HEAD "effort: much\n", "f:3:9: effort: expected a whole number from 1 to 1000000000, found 'much'"},
    {HEAD "effort: []\n", "f:3:9: effort: expected a whole number from 1 to 1000000000, found a list"},
    {HEAD "gap: 50\n", "f:3:6: gap: expected more than 0 and less than 1, found '50' | it is a fraction: 0.005, or 0.5 %"},
    {HEAD "gap: 200 %\n",
     "f:3:6: gap: expected more than 0 and less than 1, found '200 %' | it is a fraction: 0.005, or 0.5 %"},
    {HEAD "gap: x %\n", "f:3:6: gap: expected more than 0 and less than 1, found 'x %' | it is a fraction: 0.005, or 0.5 %"},
    {HEAD "layers: some\n", "f:3:9: layers: expected one or all, found 'some'"},
    {HEAD "strategy: a\nstrategies: [b]\n", "f:3:11: 'strategy' and 'strategies' say the same | leave one of the two out"},
    {HEAD "strategies: a\n", "f:3:13: strategies: expected a list, found 'a'"},
    {HEAD "strategies: [a, a]\n", "f:3:17: axis 'strategy' has the value 'a' twice"},
    {"experiment: e\nworkloads: [{model: m, limit: 0 ms}]\n",
     "f:2:31: limit: expected more than 0 s, found '0 ms' | leave it out where any latency will do"},
    /* files of other kinds */
    {"accelerator: a\nmemories: []\nunits: []\n", "f:1:1: this is an accelerator, not an experiment | 'sinter explore -a "
                                                  "FILE -m MODEL --axis ...', or 'accelerator: FILE' "
                                                  "in an experiment"},
    {"cascade: c\neinsums: []\n", "f:1:1: this is a cascade, not an experiment | 'sinter explore -m FILE --axis ...', or "
                                  "'workloads: [{model: FILE}]' in an experiment"},
    {"{\"model_type\": \"mamba\"}\n", "f:1:1: this is the configuration of a model, not an experiment | 'sinter explore -m "
                                      "FILE --axis ...', or 'workloads: [{model: FILE}]' in an experiment"},
    /* workloads */
    {"experiment: e\nworkloads: {model: m}\n", "f:2:12: workloads: expected a list, found a mapping"},
    {"experiment: e\nworkloads: m\n", "f:2:12: workloads: expected a list, found 'm'"},
    {"experiment: e\nworkloads: [m]\n",
     "f:2:13: a workload: expected a mapping, found 'm' | such as {model: mamba-2.8b, tokens: 1024}"},
    {"experiment: e\nworkloads: [[m]]\n",
     "f:2:13: a workload: expected a mapping, found a list | such as {model: mamba-2.8b, tokens: 1024}"},
    {"experiment: e\nworkloads: [{tokens: 4}]\n", "f:2:13: this workload has no 'model'"},
    {"experiment: e\nworkloads: [{}]\n", "f:2:13: this workload has no 'model'"},
    {"experiment: e\nworkloads: [{model: m, token: 4}]\n",
     "f:2:24: unknown field 'token' in a workload | did you mean 'tokens'?"},
    {"experiment: e\nworkloads: [{model: {}}]\n",
     "f:2:21: the model of a workload: expected a single value, found a mapping"},
    {"experiment: e\nworkloads: [{model: m, variant: []}]\n",
     "f:2:33: the variant of a workload: expected a single value, found a list"},
    {"experiment: e\nworkloads: [{model: m, tokens: 0}]\n",
     "f:2:32: tokens: expected a whole number from 1 to 2^40, found '0'"},
    {"experiment: e\nworkloads: [{model: m, tokens: -4}]\n",
     "f:2:32: tokens: expected a whole number from 1 to 2^40, found '-4'"},
    {"experiment: e\nworkloads: [{model: m, tokens: 1.5}]\n",
     "f:2:32: tokens: expected a whole number from 1 to 2^40, found '1.5'"},
    {"experiment: e\nworkloads: [{model: m, tokens: 1e13}]\n",
     "f:2:32: tokens: expected a whole number from 1 to 2^40, found '1e13'"},
    {"experiment: e\nworkloads: [{model: m, batch: 0}]\n",
     "f:2:31: batch: expected a whole number from 1 to 2^40, found '0'"},
    {"experiment: e\nworkloads: [{model: m, batch: few}]\n",
     "f:2:31: batch: expected a whole number from 1 to 2^40, found 'few'"},
    {"experiment: e\nworkloads: [{model: m, phase: train}]\n", "f:2:31: phase: expected prefill or decode, found 'train'"},
    {"experiment: e\nworkloads: [{model: m, phase: [decode]}]\n", "f:2:31: phase: expected a single value, found a list"},
    {"experiment: e\nworkloads: [{model: m, weight: 0}]\n",
     "f:2:32: weight: expected more than 0 and at most 1e12, found '0' | leave out a workload that does not count"},
    {"experiment: e\nworkloads: [{model: m, weight: -1}]\n",
     "f:2:32: weight: expected more than 0 and at most 1e12, found '-1' | leave out a workload that does not count"},
    {"experiment: e\nworkloads: [{model: m, weight: 1e13}]\n",
     "f:2:32: weight: expected more than 0 and at most 1e12, found '1e13' | leave out a workload that does not count"},
    {"experiment: e\nworkloads: [{model: m, weight: heavy}]\n", "f:2:32: weight: expected a number, found 'heavy'"},
    {"experiment: e\nworkloads: [{model: m, weight: []}]\n", "f:2:32: weight: expected a number, found a list"},
    {"experiment: e\nworkloads: [{model: m, tokens: 0, batch: 0, phase: x, weight: 0}]\n",
     "f:2:32: tokens: expected a whole number from 1 to 2^40, found '0'\nf:2:42: batch: expected a whole number from 1 to "
     "2^40, found '0'\nf:2:63: weight: expected more than 0 and at most 1e12, found '0' | leave out a workload that does "
     "not count\nf:2:52: phase: expected prefill or decode, found 'x'"}, /* all of them */
    /* axes */
    {HEAD "axes: [a]\n", "f:3:7: axes: expected a mapping, found a list"},
    {HEAD "axes: a\n", "f:3:7: axes: expected a mapping, found 'a'"},
    {HEAD "axes: {a: {b: 1}}\n", "f:3:11: an axis: expected a list, found a mapping"},
    {HEAD "axes: {a: }\n", "f:3:8: axis 'a' has an empty value | a range is FROM..TO, with :lin or :geo and a number of "
                           "values behind it if you like, as in 64KiB..28MiB:geo:16"},
    {HEAD "axes: {a: []}\n", "f:3:11: axis 'a' has an empty value | a range is FROM..TO, with :lin or :geo and a number of "
                             "values behind it if you like, as in 64KiB..28MiB:geo:16"},
    {HEAD "axes: {a: [1, '']}\n", "f:3:16: axis 'a' has an empty value | a range is FROM..TO, with :lin or :geo and a "
                                  "number of values behind it if you like, as in 64KiB..28MiB:geo:16"},
    {HEAD "axes: {a: 1..}\n", "f:3:11: axis 'a': in the range '1..', nothing stands behind '..' | a range is FROM..TO, with "
                              ":lin or :geo and a number of values behind it if you like, as in 64KiB..28MiB:geo:16"},
    {HEAD "axes: {a: [1, 1]}\n", "f:3:15: axis 'a' has the value '1' twice"},
    {HEAD "axes: {a: 1, a: 2}\n", NULL},
    {HEAD "axes: {a: 1..100:lin:100, b: 1..100:lin:100, c: 1..100:lin:100, d: 1..100:lin:100, e: [1, 2]}\n",
     "f:3:88: the axes have more than 100000000 points together | take fewer values"},
    {HEAD "axes: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, j: 1, k: 1, l: 1, m: 1, n: 1, o: 1, p: 1, q: 1}\n",
     "f:3:107: more than 16 axes"},
    /* fields and formulas: what they mean is checked against the accelerator */
    {HEAD "set: [a]\n", "f:3:6: set: expected a mapping, found a list"},
    {HEAD "set: a\n", "f:3:6: set: expected a mapping, found 'a'"},
    {HEAD "set: {a: {b: 1}}\n", "f:3:10: the value of a field: expected a single value, found a mapping"},
    {HEAD "set: {a: 1, a: 2}\n", NULL},
    {HEAD "derive: [a]\n", "f:3:9: derive: expected a mapping, found a list"},
    {HEAD "derive: {a: [1]}\n", "f:3:13: a formula: expected a single value, found a list"},
    {HEAD "derive: {a: {b: 1}}\n", "f:3:13: a formula: expected a single value, found a mapping"},
    {HEAD "where: a < 1\n", "f:3:8: where: expected a list, found 'a < 1'"},
    {HEAD "where: {a: 1}\n", "f:3:8: where: expected a list, found a mapping"},
    {HEAD "where: [[a]]\n", "f:3:9: a condition: expected a single value, found a list"},
    {HEAD "where: [{a: 1}]\n", "f:3:9: a condition: expected a single value, found a mapping"},
};

static void mistakes_are_located(void **state)
{
    (void)state;
    EXPECT_MISTAKES(mistakes, read_experiment);
}

static void a_missing_file_is_told(void **state)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_experiment *experiment = NULL;
    (void)state;
    assert_int_equal(sinter_experiment_load("no/such.yaml", NULL, diags, &experiment), SINTER_BAD_INPUT);
    assert_null(experiment);
    expect_diagnostics(diags, "no/such.yaml:0:0: cannot open the file: No such file or directory");
    sinter_diagnostics_free(diags);
}

/* ---- building ---------------------------------------------------------------------------------------------------------- */

static const struct sinter_location at = {"b", 4, 2};

static struct sinter_experiment *start(struct sinter_diagnostics **diags)
{
    struct sinter_experiment *e = NULL;
    *diags = sinter_diagnostics_new(NULL);
    assert_int_equal(sinter_experiment_new(NULL, *diags, &e), SINTER_OK);
    return e;
}

static void end(struct sinter_experiment *e, struct sinter_diagnostics *diags)
{
    sinter_experiment_free(e);
    sinter_diagnostics_free(diags);
}

static void what_is_built_is_copied_and_reads_back(void **state)
{
    struct sinter_diagnostics *diags;
    struct sinter_experiment *e = start(&diags);
    char field[16] = "clock", value[16] = "1 GHz, 2 GHz", model[16] = "mamba-130m", file[16] = "there";
    struct sinter_location place = {file, 9, 9};
    struct sinter_explore_workload workload = {.model = model, .tokens = 8, .at = place}; /* a weight of 0 is the default */
    (void)state;
    assert_int_equal(sinter_experiment_add_axis(e, field, value, place, diags), SINTER_OK);
    assert_int_equal(sinter_experiment_add_setting(e, field, value, place, diags), SINTER_OK);
    assert_int_equal(sinter_experiment_derive(e, field, value, place, diags), SINTER_OK);
    assert_int_equal(sinter_experiment_require(e, value, place, diags), SINTER_OK);
    assert_int_equal(sinter_experiment_add_workload(e, &workload, diags), SINTER_OK);
    memset(field, 'x', 5);
    memset(value, 'x', 5);
    memset(model, 'x', 5);
    memset(file, 'x', 5);
    assert_string_equal(e->axes[0].field, "clock");
    assert_string_equal(e->axes[0].values[1], "2 GHz");
    assert_string_equal(e->settings[0].value, "1 GHz, 2 GHz");
    assert_string_equal(e->derived[0].field, "clock");
    assert_string_equal(e->derived[0].at.file, "there");
    assert_string_equal(e->conditions[0].text, "1 GHz, 2 GHz");
    assert_string_equal(e->workloads[0].model, "mamba-130m");
    assert_string_equal(e->workloads[0].at.file, "there");
    assert_true(e->workloads[0].weight == 1);
    assert_int_equal(e->n_points, 2);
    assert_round_trip(e);
    end(e, diags);
}

static void the_last_setting_of_a_field_counts(void **state)
{
    struct sinter_diagnostics *diags;
    struct sinter_experiment *e = start(&diags);
    struct sinter_explore_workload workload = {.model = "m"};
    (void)state;
    assert_int_equal(sinter_experiment_add_setting(e, "clock", "1 GHz", at, diags), SINTER_OK);
    assert_int_equal(sinter_experiment_add_setting(e, "area", "7 mm2", at, diags), SINTER_OK);
    assert_int_equal(sinter_experiment_add_setting(e, "clock", "2 GHz", at, diags), SINTER_OK);
    assert_int_equal(e->n_settings, 2);
    assert_string_equal(e->settings[0].value, "2 GHz");
    assert_int_equal(sinter_experiment_add_workload(e, &workload, diags), SINTER_OK);
    assert_round_trip(e);
    end(e, diags);
}

static void an_axis_and_a_formula_come_once(void **state)
{
    struct sinter_diagnostics *diags;
    struct sinter_experiment *e = start(&diags);
    (void)state;
    assert_int_equal(sinter_experiment_add_axis(e, "clock", "1 GHz", at, diags), SINTER_OK);
    assert_int_equal(sinter_experiment_add_axis(e, "clock", "2 GHz", at, diags), SINTER_BAD_INPUT);
    assert_int_equal(sinter_experiment_derive(e, "area", "1", at, diags), SINTER_OK);
    assert_int_equal(sinter_experiment_derive(e, "area", "2", at, diags), SINTER_BAD_INPUT);
    expect_diagnostics(diags, "b:4:2: there is already an axis 'clock'\nb:4:2: there is already a formula for 'area'");
    assert_int_equal(e->n_axes, 1);
    assert_int_equal(e->n_derived, 1);
    end(e, diags);
}

static void weights_out_of_range_are_refused(void **state)
{
    static const double weights[] = {-1, 1e13, (double)NAN, (double)INFINITY};
    struct sinter_diagnostics *diags;
    struct sinter_experiment *e = start(&diags);
    (void)state;
    for (size_t i = 0; i < COUNT(weights); i++) {
        struct sinter_explore_workload workload = {.model = "m", .weight = weights[i], .at = at};
        assert_int_equal(sinter_experiment_add_workload(e, &workload, diags), SINTER_BAD_INPUT);
    }
    assert_int_equal(sinter_diagnostics_errors(diags), (int)COUNT(weights));
    assert_string_equal(sinter_diagnostics_at(diags, 0)->message, "the weight of a workload is -1, expected 0 to 1e12");
    assert_int_equal(e->n_workloads, 0);
    end(e, diags);
}

/* As many as fit are taken, one more is refused, and those that there are stay. */
static void lists_have_their_limits(void **state)
{
    struct sinter_diagnostics *diags;
    struct sinter_experiment *e = start(&diags);
    struct sinter_explore_workload workload = {.model = "m", .at = at};
    (void)state;
    for (int i = 0; i <= SINTER_MAX_CLAUSES; i++) {
        char field[16];
        enum sinter_status expected = i < SINTER_MAX_CLAUSES ? SINTER_OK : SINTER_BAD_INPUT;
        snprintf(field, sizeof field, "f%d", i);
        assert_int_equal(sinter_experiment_add_setting(e, field, "1", at, diags), expected);
        assert_int_equal(sinter_experiment_derive(e, field, "1", at, diags), expected);
        assert_int_equal(sinter_experiment_require(e, "1 < 2", at, diags), expected);
        assert_int_equal(sinter_experiment_add_workload(e, &workload, diags),
                         i < SINTER_MAX_WORKLOADS ? SINTER_OK : SINTER_BAD_INPUT);
    }
    assert_int_equal(sinter_experiment_add_setting(e, "f0", "2", at, diags), SINTER_OK); /* no new one */
    for (int i = 0; i <= SINTER_MAX_AXES; i++) {
        char field[16];
        snprintf(field, sizeof field, "f%d", i);
        assert_int_equal(sinter_experiment_add_axis(e, field, "1, 2", at, diags),
                         i < SINTER_MAX_AXES ? SINTER_OK : SINTER_BAD_INPUT);
    }
    expect_diagnostics(diags, "b:4:2: more than 64 fields are set\nb:4:2: more than 64 formulas\n"
                              "b:4:2: more than 64 formulas\nb:4:2: more than 64 workloads\nb:4:2: more than 16 axes");
    assert_int_equal(e->n_points, 65536);
    assert_round_trip(e);
    end(e, diags);
}

static void too_many_points_are_refused(void **state)
{
    struct sinter_diagnostics *diags;
    struct sinter_experiment *e = start(&diags);
    (void)state;
    for (int i = 0; i < 8; i++) {
        char field[16];
        snprintf(field, sizeof field, "f%d", i);
        assert_int_equal(sinter_experiment_add_axis(e, field, "1..10:lin:10", at, diags), SINTER_OK);
    }
    assert_int_equal(e->n_points, SINTER_MOST_POINTS);
    assert_int_equal(sinter_experiment_add_axis(e, "one", "1", at, diags), SINTER_OK);
    assert_int_equal(sinter_experiment_add_axis(e, "two", "1, 2", at, diags), SINTER_BAD_INPUT);
    expect_diagnostics(diags, "b:4:2: the axes have more than 100000000 points together | take fewer values");
    end(e, diags);
}

/* ---- memory ------------------------------------------------------------------------------------------------------------ */

static void reading_survives_every_failed_allocation(void **state)
{
    struct sinter_experiment *expected = parse(full);
    (void)state;
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_experiment *experiment = NULL;
        sinter_counting_allocator_init(&counting, n);
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        enum sinter_status status =
            sinter_experiment_parse("f", full, sizeof full - 1, &counting.allocator, diags, &experiment);
        assert_int_equal(experiment != NULL, status == SINTER_OK);
        if (status == SINTER_OK)
            assert_same(expected, experiment);
        else
            assert_string_equal(sinter_diagnostics_at(diags, 0)->message, "out of memory");
        sinter_experiment_free(experiment);
        sinter_diagnostics_free(diags);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_true(n > 3);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
    sinter_experiment_free(expected);
}

/* Long texts, each in a block of its own; what was refused for want of memory is not half there. */
static void building_survives_every_failed_allocation(void **state)
{
    static char word[70000];
    (void)state;
    memset(word, 'w', sizeof word - 1);
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_experiment *e = NULL;
        sinter_counting_allocator_init(&counting, n);
        struct sinter_explore_workload workload = {.model = word, .variant = word, .at = {word, 1, 1}};
        enum sinter_status status = sinter_experiment_new(&counting.allocator, NULL, &e);
        assert_int_equal(e != NULL, status == SINTER_OK);
        if (status == SINTER_OK)
            status = sinter_experiment_add_axis(e, word, "1..9000:lin:9000", at, NULL);
        if (status == SINTER_OK)
            status = sinter_experiment_add_setting(e, word, word, at, NULL);
        if (status == SINTER_OK)
            status = sinter_experiment_derive(e, word, word, at, NULL);
        if (status == SINTER_OK)
            status = sinter_experiment_require(e, word, at, NULL);
        if (status == SINTER_OK)
            status = sinter_experiment_add_workload(e, &workload, NULL);
        if (e != NULL && status != SINTER_OK)
            assert_int_equal(e->n_workloads, 0);
        sinter_experiment_free(e);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_true(n > 4);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_says_all_of_an_experiment),
        cmocka_unit_test(what_a_file_leaves_out_is_usual),
        cmocka_unit_test(experiments_print_and_read_back),
        cmocka_unit_test(mistakes_are_located),
        cmocka_unit_test(a_missing_file_is_told),
        cmocka_unit_test(what_is_built_is_copied_and_reads_back),
        cmocka_unit_test(the_last_setting_of_a_field_counts),
        cmocka_unit_test(an_axis_and_a_formula_come_once),
        cmocka_unit_test(weights_out_of_range_are_refused),
        cmocka_unit_test(lists_have_their_limits),
        cmocka_unit_test(too_many_points_are_refused),
        cmocka_unit_test(reading_survives_every_failed_allocation),
        cmocka_unit_test(building_survives_every_failed_allocation),
    };
    sinter_experiment_free(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
