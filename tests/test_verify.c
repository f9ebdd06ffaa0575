/* test_verify.c: verifications hold for every stored case under every named strategy, and fail when anything is off.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>

#include "sinter/report.h"
#include "stored_case.h"

static const char *const strategies[] = {"unfused", "fuse-all", "mem-aware", "fuse-block"};
enum { N_STRATEGIES = 4 };

struct fixture {
    struct sinter_diagnostics *diags;
    struct sinter_case *stored;
    struct sinter_accel *accel;
    struct sinter_strategy strategies[N_STRATEGIES];
    struct sinter_compare_row rows[N_STRATEGIES];
    struct sinter_result *results[N_STRATEGIES];
    int n;
    struct sinter_inputs inputs;
};

/* `type` for every tensor; NULL: fp64. */
static void open_fixture(struct fixture *f, const char *name, const char *type, int n_strategies)
{
    struct sinter_override overrides[] = {
        {"type", type, false}, {"state_type", type, false}, {"H.type", type, false}, {"H0.type", type, false}};
    *f = (struct fixture){.diags = sinter_diagnostics_new(NULL), .n = n_strategies};
    f->stored = stored_case_load(name, overrides, type == NULL ? 0 : 4);
    struct sinter_override small = {"buffer.capacity", "128KiB", false}; /* what is free is filled before each run */
    assert_int_equal(sinter_accel_load("marca", &small, 1, NULL, f->diags, &f->accel), SINTER_OK);
    for (int i = 0; i < f->n; i++) {
        f->strategies[i] = (struct sinter_strategy){.label = strategies[i], .name = strategies[i]};
        enum sinter_status status =
            sinter_result_evaluate(f->stored->model, f->accel, &f->strategies[i], NULL, f->diags, &f->results[i]);
        if (status != SINTER_OK)
            fail_msg("%s: %s: %s", name, strategies[i], sinter_diagnostics_text(f->diags));
        f->rows[i] = (struct sinter_compare_row){.strategy = &f->strategies[i], .result = f->results[i]};
    }
    f->inputs = (struct sinter_inputs){.given = f->stored};
}

static void close_fixture(struct fixture *f)
{
    for (int i = 0; i < f->n; i++)
        sinter_result_free(f->results[i]);
    sinter_accel_free(f->accel);
    sinter_case_free(f->stored);
    sinter_diagnostics_free(f->diags);
}

static struct sinter_verification *verify(struct fixture *f, enum sinter_status expected)
{
    struct sinter_verification *verification = NULL;
    enum sinter_status status =
        sinter_verify(f->stored->model, f->accel, f->rows, f->n, false, &f->inputs, NULL, f->diags, &verification);
    if (status != expected || verification == NULL) {
        struct sinter_style style = {.is_verbose = true};
        struct sinter_text out = {0};
        if (verification != NULL)
            sinter_verification_write(verification, &style, &out);
        fail_msg("%s: %s %s\n%s", f->stored->name, sinter_status_name(status), sinter_diagnostics_text(f->diags),
                 sinter_text_data(&out));
    }
    return verification;
}

/* ---- stored cases -------------------------------------------------------------------------------------------------- */

/* In the arithmetic and types given every cut holds, and the numbers say that the types were really used. */
static void check_stored(const char *type, int arithmetic, double at_least, double at_most)
{
    for (int i = 0; stored_cases[i]; i++) {
        struct fixture f;
        open_fixture(&f, stored_cases[i], type, N_STRATEGIES);
        f.inputs.arithmetic = arithmetic;
        struct sinter_verification *verification = verify(&f, SINTER_OK);
        assert_int_equal(verification->n_runs, N_STRATEGIES);
        for (int r = 0; r < verification->n_runs; r++) {
            const struct sinter_verified_run *run = &verification->runs[r];
            double error = 0;
            assert_int_equal(run->n_cuts, f.stored->n_cuts);
            assert_true(run->n_cuts >= 4 && run->is_ok);
            for (int c = 0; c < run->n_cuts; c++) {
                assert_int_equal(run->cuts[c].check.n_unbounded, 0);
                error = fmax(error, run->cuts[c].check.most_relative);
            }
            if (!(error >= at_least && error <= at_most))
                fail_msg("%s: %s: the largest error is %g", f.stored->name, run->strategy->label, error);
        }
        sinter_verification_free(verification);
        close_fixture(&f);
    }
}

static void every_stored_case_holds_in_double(void **state)
{
    (void)state;
    check_stored(NULL, 0, 0, SINTER_CASE_TOLERANCE);
}

static void every_stored_case_holds_in_float(void **state)
{
    (void)state;
    check_stored("fp32", 0, 1e-9, 1e-5);
}

static void every_stored_case_holds_in_float_arithmetic_alone(void **state)
{
    (void)state;
    check_stored(NULL, 32, 1e-9, 1e-5);
}

/* ---- what is off is found ------------------------------------------------------------------------------------------ */

static void a_stored_number_that_is_off_fails(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, "m1_tiny", NULL, 1);
    double numbers[4096], *cut_numbers = numbers;
    struct sinter_case_cut cuts[64];
    struct sinter_case changed = *f.stored;
    int64_t n = f.stored->cascade->tensors[f.stored->cuts[2].tensors[0]].elements;
    assert_true(n <= 4096 && f.stored->n_cuts <= 64);
    memcpy(cuts, f.stored->cuts, (size_t)f.stored->n_cuts * sizeof *cuts);
    memcpy(cut_numbers, f.stored->cuts[2].values, (size_t)n * sizeof *cut_numbers);
    cut_numbers[5] += 1e-9;
    cuts[2].values = cut_numbers;
    changed.cuts = cuts;
    f.inputs.given = &changed;
    struct sinter_verification *verification = verify(&f, SINTER_INFEASIBLE);
    const struct sinter_verified_run *run = &verification->runs[0];
    assert_false(run->is_ok || run->cuts_are_ok || verification->is_ok);
    assert_true(run->values_are_ok && run->traffic_is_ok && run->peaks_are_ok && run->computes_are_ok);
    for (int c = 0; c < run->n_cuts; c++)
        assert_int_equal(run->cuts[c].is_ok, c != 2);
    assert_int_equal(run->cuts[2].check.worst, 5);
    assert_int_equal(run->cuts[2].check.n_outside, 1);
    struct sinter_style style = {.is_quiet = true};
    struct sinter_text out = {0};
    assert_int_equal(sinter_verification_write(verification, &style, &out), SINTER_OK);
    assert_non_null(strstr(sinter_text_data(&out), "FAILED: not every check holds"));
    assert_non_null(strstr(sinter_text_data(&out), "element 5 is "));
    sinter_text_free(&out);
    sinter_verification_free(verification);
    close_fixture(&f);
}

/* A plan that charges something else than what is executed. */
static void charges_that_are_off_fail(void **state)
{
    (void)state;
    enum wrong { READ, WRITE, TOTAL, PEAK, VISITS, N_WRONG };
    for (int wrong = 0; wrong < N_WRONG; wrong++) {
        struct fixture f;
        open_fixture(&f, "m1_tiny", NULL, 2);
        struct sinter_plan *plan = f.results[1]->parts[f.results[1]->block].plan;
        struct sinter_tensor_traffic *traffic;
        struct sinter_plan_node *nodes;
        memcpy(&traffic, &plan->traffic, sizeof traffic); /* plans are read-only to all but this test */
        memcpy(&nodes, &plan->nodes, sizeof nodes);
        if (wrong == READ)
            traffic[0].read_bits += 1;
        else if (wrong == WRITE)
            traffic[2].write_bits += 1;
        else if (wrong == TOTAL)
            plan->dram_read_bits -= 8;
        else if (wrong == PEAK)
            plan->peak_bits[1] += 8;
        else
            nodes[plan->leaves[0].node].visits++;
        struct sinter_verification *verification = verify(&f, SINTER_INFEASIBLE);
        const struct sinter_verified_run *run = &verification->runs[1];
        assert_true(verification->runs[0].is_ok && !run->is_ok && run->values_are_ok && run->cuts_are_ok);
        assert_int_equal(run->traffic_is_ok, wrong > TOTAL);
        assert_int_equal(run->peaks_are_ok, wrong != PEAK);
        assert_int_equal(run->computes_are_ok, wrong != VISITS);
        sinter_verification_free(verification);
        close_fixture(&f);
    }
}

/* ---- documents ----------------------------------------------------------------------------------------------------- */

/* No number is NaN or infinite, which JSON cannot say: they are null. */
static void documents_are_whole_also_where_numbers_are_not(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, "scan_typ", "fp32", 2);
    struct sinter_case changed = *f.stored;
    struct sinter_case_input inputs[32];
    double *numbers = calloc(1 << 16, sizeof *numbers);
    assert_non_null(numbers);
    memcpy(inputs, f.stored->inputs, (size_t)f.stored->n_inputs * sizeof *inputs);
    memcpy(numbers, inputs[3].values,
           /* C: what follows from H */ (size_t)f.stored->cascade->tensors[inputs[3].tensor].elements * sizeof *numbers);
    numbers[3] = (double)NAN;
    numbers[7] = (double)INFINITY;
    inputs[3].values = numbers;
    changed.inputs = inputs;
    changed.n_cuts = 0; /* they are of other numbers */
    f.inputs.given = &changed;
    struct sinter_verification *verification = verify(&f, SINTER_OK);
    struct sinter_style style = {.format = SINTER_FORMAT_JSON};
    struct sinter_text out = {0};
    assert_int_equal(sinter_verification_write(verification, &style, &out), SINTER_OK);
    json_t *root = json_loads(sinter_text_data(&out), 0, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "schema")), "sinter.verify/1");
    assert_true(json_is_true(json_object_get(root, "ok")));
    json_t *runs = json_object_get(root, "runs"), *run, *value;
    size_t i, v, n_values = 0, n_not_finite = 0;
    assert_int_equal(json_array_size(runs), 2);
    json_array_foreach(runs, i, run)
    {
        json_array_foreach(json_object_get(run, "values"), v, value)
        {
            json_int_t elements = json_integer_value(json_object_get(value, "elements"));
            json_int_t finite = json_integer_value(json_object_get(json_object_get(value, "unrounded"), "finite"));
            assert_true(json_is_true(json_object_get(value, "ok")));
            n_values++;
            n_not_finite += finite < elements;
        }
    }
    assert_true(n_values > 16 && n_not_finite == 6);
    json_decref(root);
    sinter_text_free(&out);
    sinter_verification_free(verification);
    free(numbers);
    close_fixture(&f);
}

/* ---- studies ------------------------------------------------------------------------------------------------------- */

static const struct sinter_difference *study_error(const struct sinter_study *study, int choice, const char *name)
{
    for (int i = 0; i < study->n_tensors; i++)
        if (strcmp(study->cascade->tensors[study->errors[choice][i].tensor].name, name) == 0)
            return &study->errors[choice][i].difference;
    fail_msg("%s is no result", name);
    return NULL;
}

static void a_choice_changes_what_follows_from_it(void **state)
{
    (void)state;
    static const char *const choices[] = {"H=bf16", "DT=e5m10", "weights=int8", "exp=marca", "arithmetic=32", "H=fp64"};
    struct fixture f;
    struct sinter_study *study = NULL;
    open_fixture(&f, "scan_typ", NULL, 0);
    assert_int_equal(sinter_study(f.stored->model, choices, 6, &f.inputs, NULL, f.diags, &study), SINTER_OK);
    assert_int_equal(study->n_choices, 7);
    /* what comes before a choice is exact */
    assert_true(study_error(study, 0, "DA")->n_different == 0 && study_error(study, 0, "H")->n_different > 0);
    assert_true(study_error(study, 3, "DT")->n_different == 0 && study_error(study, 3, "DA")->n_different > 0);
    /* a rounding is off by half a unit in the last place at most, and a chain of them by more */
    assert_true(study_error(study, 1, "DT")->most_ulp <= 0.5 && study_error(study, 1, "DT")->most_ulp > 0.4);
    assert_true(study_error(study, 0, "H")->most_ulp > 0.5);
    /* float is closer than bfloat16, nothing as close as double */
    assert_true(study_error(study, 4, "O")->rms_relative < 1e-3 * study_error(study, 0, "O")->rms_relative);
    assert_true(study_error(study, 4, "O")->n_different > 0);
    assert_int_equal(study_error(study, 5, "O")->n_different, 0);
    /* the largest magnitude of a weight has the largest code */
    int a = sinter_cascade_tensor(study->cascade, "A");
    double largest = 0;
    for (int i = 0; i < f.stored->n_inputs; i++)
        for (int64_t e = 0; f.stored->inputs[i].tensor == a && e < study->cascade->tensors[a].elements; e++)
            largest = fmax(largest, fabs(f.stored->inputs[i].values[e]));
    assert_true(largest > 0 && fabs(study->numerics[2]->formats[a].scale * 127 / largest - 1) < 1e-15);
    sinter_study_free(study);
    close_fixture(&f);
}

static void choices_without_sense_are_refused(void **state)
{
    static const struct {
        const char *choice, *says;
    } cases[] = {
        {"H", "is not of the form NAME=VALUE"},        {"=bf16", "is not of the form NAME=VALUE"},
        {"H=", "is not of the form NAME=VALUE"},       {"H=bf17", "names a format that does not exist"},
        {"Q=bf16", "neither a tensor nor a function"}, {"wieghts=int8", "did you mean 'weights'?"},
        {"exp=fast", "unknown model 'fast' of exp"},   {"arithmetic=16", "must be 32 or 64"},
    };
    (void)state;
    struct fixture f;
    open_fixture(&f, "scan_typ", NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sinter_study *study = NULL;
        sinter_diagnostics_clear(f.diags);
        assert_int_equal(sinter_study(f.stored->model, &cases[i].choice, 1, &f.inputs, NULL, f.diags, &study),
                         SINTER_BAD_USAGE);
        assert_null(study);
        if (strstr(sinter_diagnostics_text(f.diags), cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].choice, sinter_diagnostics_text(f.diags));
    }
    close_fixture(&f);
}

/* ---- memory -------------------------------------------------------------------------------------------------------- */

/* After each of the first requests, and then after ever fewer of them. */
static int64_t next_request(int64_t n)
{
    return n + 1 + n / 16;
}

static void verifications_survive_failed_allocations(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, "m1_short", "fp16", 2);
    enum sinter_status status = SINTER_NO_MEMORY;
    for (int64_t n = 0; status != SINTER_OK; n = next_request(n)) {
        struct sinter_counting_allocator counting;
        struct sinter_verification *verification = NULL;
        sinter_counting_allocator_init(&counting, n);
        status =
            sinter_verify(f.stored->model, f.accel, f.rows, f.n, false, &f.inputs, &counting.allocator, NULL, &verification);
        if (status != SINTER_OK && status != SINTER_NO_MEMORY)
            fail_msg("'%s' after request %lld failed", sinter_status_name(status), (long long)n);
        sinter_verification_free(verification);
        assert_int_equal(counting.n_live, 0);
    }
    close_fixture(&f);
}

static void studies_survive_failed_allocations(void **state)
{
    (void)state;
    static const char *const choices[] = {"weights=int8", "exp=marca"};
    struct fixture f;
    open_fixture(&f, "m1_short", NULL, 0);
    enum sinter_status status = SINTER_NO_MEMORY;
    for (int64_t n = 0; status != SINTER_OK; n = next_request(n)) {
        struct sinter_counting_allocator counting;
        struct sinter_study *study = NULL;
        sinter_counting_allocator_init(&counting, n);
        status = sinter_study(f.stored->model, choices, 2, &f.inputs, &counting.allocator, NULL, &study);
        assert_true(status == SINTER_OK || status == SINTER_NO_MEMORY);
        sinter_study_free(study);
        assert_int_equal(counting.n_live, 0);
    }
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stored_case_holds_in_double),
        cmocka_unit_test(every_stored_case_holds_in_float),
        cmocka_unit_test(every_stored_case_holds_in_float_arithmetic_alone),
        cmocka_unit_test(a_stored_number_that_is_off_fails),
        cmocka_unit_test(charges_that_are_off_fail),
        cmocka_unit_test(documents_are_whole_also_where_numbers_are_not),
        cmocka_unit_test(a_choice_changes_what_follows_from_it),
        cmocka_unit_test(choices_without_sense_are_refused),
        cmocka_unit_test(verifications_survive_failed_allocations),
        cmocka_unit_test(studies_survive_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
