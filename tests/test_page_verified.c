/* test_page_verified.c: the page of an execution holds the document of the command, every check of it, whatever names are made of.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "sinter/page.h"

#define DATA "tests/golden/data/"

static const char *const words[] = {"sinter", "verify", "-m", "it's <here>"};
static const struct sinter_origin origin = {words, 4};
static const struct sinter_style style = {0};

/* ---- fixtures ------------------------------------------------------------------------------------------------------ */

enum { N_ROWS = 2 };

struct fixture {
    struct sinter_diagnostics *diags;
    struct sinter_model *model;
    struct sinter_accel *accel;
    struct sinter_strategy strategies[N_ROWS];
    struct sinter_compare_row rows[N_ROWS];
    struct sinter_result *results[N_ROWS];
    struct sinter_inputs inputs;
    struct sinter_verification *verification;
};

static void open_fixture(struct fixture *f)
{
    static const char *const names[N_ROWS] = {"unfused", "fuse-all"};
    struct sinter_model_options options = {.tokens = 8};
    *f = (struct fixture){.diags = sinter_diagnostics_new(NULL), .inputs = {.seed = 1}};
    if (sinter_model_load(DATA "scan.yaml", &options, NULL, f->diags, &f->model) != SINTER_OK ||
        sinter_accel_load(DATA "small.yaml", NULL, 0, NULL, f->diags, &f->accel) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(f->diags));
    for (int i = 0; i < N_ROWS; i++) {
        f->strategies[i] = (struct sinter_strategy){.label = names[i], .name = names[i]};
        assert_int_equal(sinter_result_evaluate(f->model, f->accel, &f->strategies[i], NULL, f->diags, &f->results[i]),
                         SINTER_OK);
        f->rows[i] = (struct sinter_compare_row){.strategy = &f->strategies[i], .result = f->results[i]};
    }
    assert_int_equal(sinter_verify(f->model, f->accel, f->rows, N_ROWS, false, &f->inputs, NULL, f->diags, &f->verification),
                     SINTER_OK);
}

static void close_fixture(struct fixture *f)
{
    sinter_verification_free(f->verification);
    for (int i = 0; i < N_ROWS; i++)
        sinter_result_free(f->results[i]);
    sinter_accel_free(f->accel);
    sinter_model_free(f->model);
    sinter_diagnostics_free(f->diags);
}

static json_t *parsed(const struct sinter_text *text)
{
    json_error_t error;
    json_t *root = json_loads(sinter_text_data(text), JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("line %d: %s", error.line, error.text);
    return root;
}

static json_t *page_of(const struct fixture *f)
{
    struct sinter_page page = {0};
    assert_int_equal(sinter_page_verification(f->verification, &style, &origin, &page), SINTER_OK);
    json_t *data = parsed(&page.data);
    sinter_page_free(&page);
    return data;
}

static json_t *member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (value == NULL)
        fail_msg("there is no '%s'", key);
    return value;
}

static json_int_t integer(const json_t *object, const char *outer, const char *inner)
{
    return json_integer_value(member(member(object, outer), inner));
}

/* ---- executions ---------------------------------------------------------------------------------------------------- */

static void a_page_holds_the_document_of_the_command(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_text document = {0};
    struct sinter_style json = {.format = SINTER_FORMAT_JSON};
    open_fixture(&f);
    json_t *data = page_of(&f);
    assert_string_equal(json_string_value(member(data, "schema")), "sinter.page/1");
    assert_string_equal(json_string_value(member(data, "kind")), "verify");
    assert_string_equal(json_string_value(json_array_get(member(data, "command"), 3)), "it's <here>");
    assert_int_equal(json_array_size(member(data, "inputs")), 2); /* the cascade and the accelerator */
    assert_int_equal(sinter_verification_write(f.verification, &json, &document), SINTER_OK);
    json_t *expected = parsed(&document);
    assert_true(json_equal(member(data, "verification"), expected));
    json_decref(expected);
    sinter_text_free(&document);
    json_decref(data);
    close_fixture(&f);
}

static void bytes_of_tensors_add_up_to_those_of_dram(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f);
    json_t *data = page_of(&f), *runs = member(member(data, "verification"), "runs");
    assert_int_equal(json_array_size(runs), N_ROWS);
    for (size_t r = 0; r < json_array_size(runs); r++) {
        const json_t *run = json_array_get(runs, r), *traffic = member(run, "traffic");
        json_int_t read = 0, written = 0;
        for (size_t t = 0; t < json_array_size(traffic); t++) {
            read += integer(json_array_get(traffic, t), "read", "executed");
            written += integer(json_array_get(traffic, t), "write", "executed");
        }
        assert_int_equal(read, integer(run, "dram_read", "executed"));
        assert_int_equal(written, integer(run, "dram_write", "charged"));
        assert_true(read > 0 && written > 0);
    }
    json_decref(data);
    close_fixture(&f);
}

static void what_fails_is_said_in_the_page(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_page page = {0};
    open_fixture(&f);
    struct sinter_verified_run *run = &f.verification->runs[1];
    run->charged_read_bits += 8;
    run->traffic_is_ok = run->is_ok = f.verification->is_ok = false;
    assert_int_equal(sinter_page_verification(f.verification, &style, &origin, &page), SINTER_OK);
    assert_non_null(strstr(sinter_text_data(&page.report), "FAILED"));
    json_t *data = parsed(&page.data), *verification = member(data, "verification");
    assert_false(json_is_true(member(verification, "ok")));
    const json_t *failed = json_array_get(member(verification, "runs"), 1);
    assert_false(json_is_true(member(member(failed, "dram_read"), "ok")));
    assert_int_equal(integer(failed, "dram_read", "charged"), integer(failed, "dram_read", "executed") + 1);
    json_decref(data);
    sinter_page_free(&page);
    close_fixture(&f);
}

static void the_same_execution_is_the_same_bytes(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_page one = {0}, other = {0};
    open_fixture(&f);
    assert_int_equal(sinter_page_verification(f.verification, &style, &origin, &one), SINTER_OK);
    assert_int_equal(sinter_page_verification(f.verification, &style, &origin, &other), SINTER_OK);
    assert_string_equal(sinter_text_data(&one.data), sinter_text_data(&other.data));
    assert_string_equal(sinter_text_data(&one.report), sinter_text_data(&other.report));
    sinter_page_free(&one);
    sinter_page_free(&other);
    close_fixture(&f);
}

static void markup_in_names_ends_no_tag(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_page page = {0};
    struct sinter_text html = {0};
    if (!sinter_page_is_built())
        skip();
    open_fixture(&f);
    f.strategies[0].label = "</script><script>alert(1)</script>\xe2\x80\xae";
    assert_int_equal(sinter_page_verification(f.verification, &style, &origin, &page), SINTER_OK);
    assert_int_equal(sinter_page_html(&page, &html), SINTER_OK);
    assert_null(strstr(sinter_text_data(&html), "<script>alert(1)"));
    assert_null(strstr(sinter_text_data(&html), "\xe2\x80\xae"));
    sinter_text_free(&html);
    sinter_page_free(&page);
    close_fixture(&f);
}

/* ---- studies ------------------------------------------------------------------------------------------------------- */

static void a_study_has_each_choice_and_needs_no_accelerator(void **state)
{
    (void)state;
    static const char *const choices[] = {"H=bf16", "inputs=e4m3"};
    struct fixture f;
    struct sinter_study *study = NULL;
    struct sinter_page page = {0};
    open_fixture(&f);
    if (sinter_study(f.model, choices, 2, &f.inputs, NULL, f.diags, &study) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(f.diags));
    assert_int_equal(sinter_page_study(study, &style, &origin, &page), SINTER_OK);
    json_t *data = parsed(&page.data), *members = member(member(data, "verification"), "study");
    assert_string_equal(json_string_value(member(data, "kind")), "verify");
    assert_int_equal(json_array_size(members), 3); /* and all together */
    for (size_t c = 0; c < 3; c++)
        assert_int_equal(json_array_size(member(json_array_get(members, c), "values")), study->n_tensors);
    assert_int_equal(json_array_size(member(data, "inputs")), 1);
    json_decref(data);
    sinter_page_free(&page);
    sinter_study_free(study);
    close_fixture(&f);
}

/* ---- memory -------------------------------------------------------------------------------------------------------- */

static long n_left; /* of jansson's allocations; negative: no limit */

static void *limited_malloc(size_t size)
{
    if (n_left == 0)
        return NULL;
    n_left -= n_left > 0;
    return malloc(size);
}

static void pages_survive_lack_of_memory(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f);
    enum sinter_status status = SINTER_NO_MEMORY;
    json_set_alloc_funcs(limited_malloc, free);
    for (long n = 0; status == SINTER_NO_MEMORY; n += 1 + n / 8) { /* every one of the first, then ever fewer */
        struct sinter_page page = {0};
        n_left = n;
        status = sinter_page_verification(f.verification, &style, &origin, &page);
        assert_true(status == SINTER_OK || status == SINTER_NO_MEMORY);
        sinter_page_free(&page);
    }
    n_left = -1;
    json_set_alloc_funcs(malloc, free);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_holds_the_document_of_the_command),
        cmocka_unit_test(bytes_of_tensors_add_up_to_those_of_dram),
        cmocka_unit_test(what_fails_is_said_in_the_page),
        cmocka_unit_test(the_same_execution_is_the_same_bytes),
        cmocka_unit_test(markup_in_names_ends_no_tag),
        cmocka_unit_test(a_study_has_each_choice_and_needs_no_accelerator),
        cmocka_unit_test(pages_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
