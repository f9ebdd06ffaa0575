/* test_report.c: tables, CSV, JSON, results: what the report room promises.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/jot.h"

#define DATA "tests/golden/data/"

/* ---- fixtures --------------------------------------------------------------------------------------------------- */

struct fixture {
    struct sinter_diagnostics *diags;
    struct sinter_model *model;
    struct sinter_accel *accel;
};

static void open_fixture(struct fixture *fixture, const char *accel)
{
    struct sinter_model_options options = {0};
    fixture->diags = sinter_diagnostics_new(NULL);
    assert_int_equal(sinter_model_load(DATA "scan.yaml", &options, NULL, fixture->diags, &fixture->model), SINTER_OK);
    assert_int_equal(sinter_accel_load(accel, NULL, 0, NULL, fixture->diags, &fixture->accel), SINTER_OK);
}

static void close_fixture(struct fixture *fixture)
{
    sinter_model_free(fixture->model);
    sinter_accel_free(fixture->accel);
    sinter_diagnostics_free(fixture->diags);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static void tables_align_numbers_and_units(void **state)
{
    (void)state;
    struct sinter_table *table = sinter_table_new(NULL);
    struct sinter_text out = {0};
    sinter_table_column(table, "name", SINTER_LEFT);
    sinter_table_column(table, "bytes", SINTER_UNIT);
    sinter_table_column(table, "n", SINTER_RIGHT);
    sinter_table_row(table, SINTER_PLAIN);
    sinter_table_cell(table, "a");
    sinter_table_cell(table, "1.31 GB");
    sinter_table_cellf(table, "%d", 7);
    sinter_table_row(table, SINTER_PLAIN);
    sinter_table_cell(table, "longer");
    sinter_table_cell(table, "512 B");
    sinter_table_cell(table, "1000");
    sinter_table_rule(table);
    sinter_table_row(table, SINTER_PLAIN);
    sinter_table_cell(table, "x");
    sinter_table_cell(table, "-");
    sinter_table_row(table, SINTER_PLAIN);
    sinter_table_cell(table, "y");
    sinter_table_span(table, "a text that runs over the rest");
    assert_int_equal(sinter_table_print(table, false, &out), SINTER_OK);
    assert_string_equal(sinter_text_data(&out), "  name      bytes     n\n"
                                                "  ---------------------\n"
                                                "  a       1.31 GB     7\n"
                                                "  longer   512 B   1000\n"
                                                "  ---------------------\n"
                                                "  x          -\n"
                                                "  y       a text that runs over the rest\n");
    sinter_text_free(&out);
    sinter_table_free(table);
}

static void tables_drop_surplus_cells_and_clean_names(void **state)
{
    (void)state;
    struct sinter_table *table = sinter_table_new(NULL);
    struct sinter_text out = {0};
    sinter_table_column(table, "a", SINTER_LEFT);
    sinter_table_row(table, SINTER_ALARM);
    sinter_table_cell(table, "x\033[2J\ny\xC2\x9Bz\xE2\x80\xAE\xC3\xBC");
    sinter_table_cell(table, "surplus");
    assert_int_equal(sinter_table_print(table, false, &out), SINTER_OK);
    assert_string_equal(sinter_text_data(&out),
                        "  a\n  ---------------------------\n  x\\u001b[2J\\ny\\u009bz\\u202e\xC3\xBC\n");
    sinter_text_free(&out);
    sinter_table_free(table);
}

static void tables_know_the_width_of_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int columns;
    } rows[] = {{"", 0},          {"abc", 3},          {"\xC3\xBC", 1},
                {"e\xCC\x81", 1}, {"\xE4\xB8\xAD", 2}, {"\xF0\x9F\x98\x80", 2},
                {"\xFF\xC3", 2},  {"\xE4\xB8", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(sinter_text_columns(rows[i].text), rows[i].columns);
}

static void tables_survive_lack_of_memory(void **state)
{
    (void)state;
    enum sinter_status status = SINTER_NO_MEMORY;
    for (int64_t n = 0; status != SINTER_OK; n++) {
        struct sinter_counting_allocator counting;
        sinter_counting_allocator_init(&counting, n);
        struct sinter_table *table = sinter_table_new(&counting.allocator);
        struct sinter_text out = {.allocator = &counting.allocator};
        sinter_table_column(table, "a", SINTER_LEFT);
        sinter_table_row(table, SINTER_PLAIN);
        sinter_table_cell(table, "b");
        sinter_table_rule(table);
        status = sinter_table_print(table, true, &out);
        assert_true(status == SINTER_OK || out.failed);
        sinter_text_free(&out);
        sinter_table_free(table);
        assert_int_equal(counting.n_live, 0);
        assert_true(n < 1000);
    }
}

/* ---- CSV -------------------------------------------------------------------------------------------------------- */

static void csv_quotes_what_needs_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *field, *written;
    } rows[] = {
        {"plain", "plain"},    {"a,b", "\"a,b\""},     {"say \"x\"", "\"say \"\"x\"\"\""}, {"two\nlines", "\"two\nlines\""},
        {"\r", "\"\r\""},      {" lead", "\" lead\""}, {"trail ", "\"trail \""},           {"", ""},
        {"in side", "in side"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sinter_text out = {0}, expected = {0};
        int n = 0;
        sinter_csv_field(&out, &n, rows[i].field);
        sinter_csv_integer(&out, &n, 12);
        sinter_csv_integer(&out, &n, -1);
        sinter_csv_number(&out, &n, 0.1);
        sinter_csv_number(&out, &n, 1e308 * 10);
        sinter_csv_end(&out, &n);
        assert_int_equal(n, 0);
        sinter_text_printf(&expected, "%s,12,,0.10000000000000001,\r\n", rows[i].written);
        assert_string_equal(sinter_text_data(&out), sinter_text_data(&expected));
        sinter_text_free(&out);
        sinter_text_free(&expected);
    }
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static void numbers_are_short_and_exact_where_it_matters(void **state)
{
    (void)state;
    assert_string_equal(show_capacity(0).text, "0 B");
    assert_string_equal(show_capacity(64).text, "64 B");
    assert_string_equal(show_capacity(1024).text, "1 KiB");
    assert_string_equal(show_capacity(327680).text, "320 KiB");
    assert_string_equal(show_capacity(1048575).text, "1 MiB");
    assert_string_equal(show_capacity(6.27 * 1048576).text, "6.27 MiB");
    assert_string_equal(show_capacity(1e308 * 10).text, "unlimited");
    assert_string_equal(show_integer(1307120920).text, "1,307,120,920");
    assert_string_equal(show_integer(INT64_MAX).text, "9,223,372,036,854,775,807");
    assert_string_equal(show_integer(-1).text, "-");
    assert_string_equal(show_factor(3.214).text, "3.21x");
    assert_string_equal(show_factor(0.0 / 1e308 * 1e308).text, "0.00x");
    assert_int_equal(nearest_cycles(1.5), 2);
    assert_int_equal(nearest_cycles(244.5), 245);
    static const struct {
        double value;
        const char *cycles, *seconds; /* of as many nanoseconds */
    } times[] = {{0, "0 cycles", "0 s"},
                 {1, "1 cycle", "1 ns"},
                 {124.5, "124.5 cycles", "125 ns"},
                 {244.5, "244.5 cycles", "245 ns"},
                 {244.96, "245 cycles", "245 ns"},
                 {9.0625, "9.1 cycles", "9.06 ns"},
                 {0.03, "0.03 cycles", "30 ps"},
                 {1234, "1,234 cycles", "1.23 us"},
                 {9999.94, "9,999.9 cycles", "10.0 us"},
                 {9999.95, "10.0 k cycles", "10.0 us"},
                 {1e9, "1 G cycles", "1 s"},
                 {119e9, "119 G cycles", "119 s"},
                 {121e9, "121 G cycles", "2.02 min"},
                 {7200e9, "7.2 T cycles", "2 h"},
                 {1e14, "100 T cycles", "27.8 h"},
                 {1e16, "10000 T cycles", "2,778 h"}};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        assert_string_equal(show_latency(times[i].value).text, times[i].cycles);
        assert_string_equal(show_seconds(times[i].value * 1e-9).text, times[i].seconds);
    }
    assert_int_equal(nearest_cycles(1e300), -1);
    struct sinter_memory memory = {.name = "buffer", .capacity_bytes = 1048576};
    static const struct {
        int64_t needed;
        const char *text;
    } rows[] = {{6574571, "needs 6.27 MiB of buffer, has 1 MiB"}, {1048577, "needs 1,048,577 B of buffer, has 1,048,576 B"}};
    for (size_t i = 0; i < 2; i++) {
        struct sinter_text out = {0};
        describe_shortage(&out, &memory, rows[i].needed);
        assert_string_equal(sinter_text_data(&out), rows[i].text);
        sinter_text_free(&out);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static void json_repairs_names_and_numbers(void **state)
{
    (void)state;
    struct jot jot = {false};
    struct sinter_text out = {0};
    json_t *root = jot_object(&jot);
    jot_put(&jot, root, "z", jot_text(&jot, "bad \xFF\xC3 \"quoted\" \033 \xC3\xBC"));
    jot_put(&jot, root, "a", jot_real(&jot, 1e308 * 10));
    jot_put(&jot, root, "count", jot_count(&jot, INT64_MAX));
    jot_put(&jot, root, "none", jot_count(&jot, -1));
    assert_int_equal(jot_finish(&jot, root, &out), SINTER_OK);
    assert_string_equal(sinter_text_data(&out),
                        "{\n"
                        "  \"z\": \"bad \xEF\xBF\xBD\xEF\xBF\xBD \\\"quoted\\\" \\u001B \xC3\xBC\",\n"
                        "  \"a\": null,\n"
                        "  \"count\": 9223372036854775807,\n"
                        "  \"none\": null\n"
                        "}\n");
    sinter_text_free(&out);
}

static void json_failures_stick(void **state)
{
    (void)state;
    struct jot jot = {false};
    struct sinter_text out = {0};
    json_t *root = jot_object(&jot);
    jot_put(&jot, root, "missing", NULL);
    assert_int_equal(jot_finish(&jot, root, &out), SINTER_NO_MEMORY);
    sinter_text_free(&out);
}

/* ---- results ---------------------------------------------------------------------------------------------------- */

static json_t *run_as_json(const struct sinter_result *result, bool all_layers)
{
    struct sinter_style style = {.format = SINTER_FORMAT_JSON, .all_layers = all_layers};
    struct sinter_text out = {0};
    assert_int_equal(sinter_run_write(result, &style, &out), SINTER_OK);
    json_error_t error;
    json_t *root = json_loads(sinter_text_data(&out), JSON_REJECT_DUPLICATES, &error);
    sinter_text_free(&out);
    assert_non_null(root);
    return root;
}

static void a_run_as_json_has_every_member_of_the_contract(void **state)
{
    (void)state;
    static const char *const members[] = {"schema",     "model",          "accelerator",     "status",       "strategy",
                                          "schedule",   "latency_cycles", "latency_seconds", "bound_cycles", "energy_joules",
                                          "dram_bytes", "peak_bytes",     "operations",      "utilization",  "area_mm2",
                                          "tensors",    "einsums",        "groups",          "model_total",  "parts"};
    struct fixture fixture;
    open_fixture(&fixture, DATA "small.yaml");
    struct sinter_strategy strategy = {.label = "fused \xFF", .file = DATA "fused.txt"};
    struct sinter_result *result = NULL;
    assert_int_equal(sinter_result_evaluate(fixture.model, fixture.accel, &strategy, NULL, fixture.diags, &result),
                     SINTER_OK);
    for (int all = 0; all < 2; all++) {
        json_t *root = run_as_json(result, all == 1);
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
            assert_non_null(json_object_get(root, members[i]));
        assert_string_equal(json_string_value(json_object_get(root, "schema")), "sinter.run/1");
        json_t *dram = json_object_get(root, "dram_bytes");
        /* A, the state, DT, X, B and C in; Y and the state out */
        assert_int_equal(json_integer_value(json_object_get(dram, "read")), 8 + 8 + 24 + 24 + 12 + 12);
        assert_int_equal(json_integer_value(json_object_get(dram, "write")), 24 + 8);
        assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "operations"), "mac")), 96);
        assert_true(json_is_integer(json_object_get(root, "latency_cycles")));
        json_decref(root);
    }
    sinter_result_free(result);
    close_fixture(&fixture);
}

static void an_infeasible_run_says_why_in_every_format(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, DATA "small.yaml");
    struct sinter_strategy strategy = {.label = "whole", .file = DATA "whole.txt"};
    struct sinter_result *result = NULL;
    enum sinter_status status =
        sinter_result_evaluate(fixture.model, fixture.accel, &strategy, NULL, fixture.diags, &result);
    assert_int_equal(status, SINTER_INFEASIBLE);
    assert_string_equal(result->one.reason, "needs 156 B of buffer, has 64 B");
    json_t *root = run_as_json(result, false);
    assert_string_equal(json_string_value(json_object_get(root, "status")), "infeasible");
    assert_string_equal(json_string_value(json_object_get(root, "reason")), "needs 156 B of buffer, has 64 B");
    assert_true(json_is_null(json_object_get(root, "latency_cycles")));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "peak_bytes"), "buffer")), 156);
    json_decref(root);
    struct sinter_style style = {.format = SINTER_FORMAT_TEXT};
    struct sinter_text out = {0};
    assert_int_equal(sinter_run_write(result, &style, &out), SINTER_OK);
    assert_non_null(strstr(sinter_text_data(&out), "is infeasible: needs 156 B of buffer, has 64 B."));
    sinter_text_free(&out);
    sinter_result_free(result);
    close_fixture(&fixture);
}

static void a_wrong_schedule_gives_no_result(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, DATA "small.yaml");
    struct sinter_strategy strategies[] = {{.label = "wrong", .file = DATA "wrong.txt"},
                                           {.label = "none", .file = DATA "none.txt"}};
    for (int i = 0; i < 2; i++) {
        struct sinter_result *result = NULL;
        enum sinter_status status =
            sinter_result_evaluate(fixture.model, fixture.accel, &strategies[i], NULL, fixture.diags, &result);
        assert_int_equal(status, SINTER_BAD_INPUT);
        assert_null(result);
        assert_int_equal(sinter_diagnostics_errors(fixture.diags), i + 1);
    }
    close_fixture(&fixture);
}

static void a_number_that_is_not_finite_is_a_defect(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, DATA "small.yaml");
    fixture.accel->memories[0].pj_per_bit = 1e308 * 10; /* no file can say so */
    struct sinter_strategy strategy = {.label = "fused", .file = DATA "fused.txt"};
    struct sinter_result *result = NULL;
    assert_int_equal(sinter_result_evaluate(fixture.model, fixture.accel, &strategy, NULL, fixture.diags, &result),
                     SINTER_INTERNAL);
    assert_null(result);
    assert_int_equal(sinter_diagnostics_errors(fixture.diags), 1);
    close_fixture(&fixture);
}

static void evaluation_survives_lack_of_memory(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, DATA "small.yaml");
    struct sinter_strategy strategy = {.label = "fused", .file = DATA "fused.txt"};
    enum sinter_status status = SINTER_NO_MEMORY;
    for (int64_t n = 0; status != SINTER_OK; n++) {
        struct sinter_counting_allocator counting;
        sinter_counting_allocator_init(&counting, n);
        struct sinter_result *result = NULL;
        status = sinter_result_evaluate(fixture.model, fixture.accel, &strategy, &counting.allocator, NULL, &result);
        assert_true(status == SINTER_OK || status == SINTER_NO_MEMORY);
        assert_true((status == SINTER_OK) == (result != NULL));
        sinter_result_free(result);
        assert_int_equal(counting.n_live, 0);
        assert_true(n < 10000);
    }
    close_fixture(&fixture);
}

static void the_annotated_schedule_parses_back(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, DATA "small.yaml");
    struct sinter_strategy strategy = {.label = "fused", .file = DATA "fused.txt"};
    struct sinter_result *result = NULL;
    assert_int_equal(sinter_result_evaluate(fixture.model, fixture.accel, &strategy, NULL, fixture.diags, &result),
                     SINTER_OK);
    struct sinter_style style = {.format = SINTER_FORMAT_TEXT};
    struct sinter_text annotated = {0}, plain = {0}, again = {0};
    assert_int_equal(sinter_result_write_schedule(result, &style, &annotated), SINTER_OK);
    assert_non_null(strstr(sinter_text_data(&annotated), "# 8 B"));
    assert_non_null(strstr(sinter_text_data(&annotated), "# 6 trips"));
    sinter_schedule_print(&result->parts[result->block].schedule, &plain);
    struct sinter_schedule parsed;
    sinter_schedule_init(&parsed, fixture.model->parts[0].cascade, fixture.accel, NULL);
    assert_int_equal(sinter_schedule_parse(&parsed, NULL, sinter_text_data(&annotated), annotated.length, fixture.diags),
                     SINTER_OK);
    sinter_schedule_print(&parsed, &again);
    assert_string_equal(sinter_text_data(&again), sinter_text_data(&plain));
    sinter_schedule_free(&parsed);
    sinter_text_free(&annotated);
    sinter_text_free(&plain);
    sinter_text_free(&again);
    sinter_result_free(result);
    close_fixture(&fixture);
}

/* The longest line behind the first `skipped` ones. */
static int longest_line(const char *text, int skipped)
{
    int longest = 0, length = 0, n = 0;
    for (; *text != '\0'; text++) {
        length = *text == '\n' ? 0 : length + 1;
        n += *text == '\n';
        longest = n >= skipped && length > longest ? length : longest;
    }
    return longest;
}

/* ---- comparisons ------------------------------------------------------------------------------------------------ */

static void comparisons_hold_against_unfused_and_keep_infeasible_rows(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, DATA "small.yaml");
    struct sinter_strategy strategies[] = {{.label = "fused", .file = DATA "fused.txt"},
                                           {.label = "whole", .file = DATA "whole.txt"},
                                           {.label = "unfused", .file = DATA "fused.txt"},
                                           {.label = "none", .name = "none"}};
    struct sinter_compare_row rows[4] = {{0}};
    struct sinter_result *results[4] = {0};
    for (int i = 0; i < 4; i++) {
        if (i < 3)
            sinter_result_evaluate(fixture.model, fixture.accel, &strategies[i], NULL, NULL, &results[i]);
        rows[i] = (struct sinter_compare_row){&strategies[i], results[i], i < 3 ? NULL : "nothing fits"};
    }
    struct sinter_style style = {.format = SINTER_FORMAT_JSON};
    struct sinter_text out = {0};
    assert_int_equal(sinter_compare_write(fixture.model, fixture.accel, rows, 4, &style, &out), SINTER_OK);
    json_t *root = json_loads(sinter_text_data(&out), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "baseline")), "unfused");
    json_t *runs = json_object_get(root, "runs");
    assert_int_equal(json_array_size(runs), 4);
    assert_string_equal(json_string_value(json_object_get(json_array_get(runs, 1), "status")), "infeasible");
    assert_string_equal(json_string_value(json_object_get(json_array_get(runs, 3), "reason")), "nothing fits");
    assert_true(json_is_null(json_object_get(json_array_get(runs, 3), "speedup")));
    json_decref(root);
    out.length = 0;
    style.format = SINTER_FORMAT_TEXT;
    assert_int_equal(sinter_compare_write(fixture.model, fixture.accel, rows, 4, &style, &out), SINTER_OK);
    assert_non_null(strstr(sinter_text_data(&out), "vs unfused"));
    assert_non_null(strstr(sinter_text_data(&out), "  fused = unfused     118 "));
    assert_non_null(strstr(sinter_text_data(&out), "whole            needs 156 B of buffer, has 64 B\n"));
    out.length = 0;
    style.width = 70;
    assert_int_equal(sinter_compare_write(fixture.model, fixture.accel, rows, 4, &style, &out), SINTER_OK);
    assert_true(longest_line(sinter_text_data(&out), 2) <= 70);
    assert_non_null(strstr(sinter_text_data(&out), "DRAM read"));
    assert_null(strstr(sinter_text_data(&out), "  PEs used  energy"));
    out.length = 0;
    style.is_verbose = true;
    style.width = 0;
    assert_int_equal(sinter_compare_write(fixture.model, fixture.accel, rows, 4, &style, &out), SINTER_OK);
    assert_null(strstr(sinter_text_data(&out), "fused = unfused"));
    sinter_text_free(&out);
    for (int i = 0; i < 4; i++)
        sinter_result_free(results[i]);
    close_fixture(&fixture);
}

static void shown_models_and_accelerators_are_valid_json(void **state)
{
    (void)state;
    static const char *const accels[] = {DATA "small.yaml", DATA "hostile.yaml"};
    for (int i = 0; i < 2; i++) {
        struct fixture fixture;
        open_fixture(&fixture, accels[i]);
        struct sinter_style style = {.format = SINTER_FORMAT_JSON};
        struct sinter_text model = {0}, accel = {0}, catalog = {0};
        assert_int_equal(sinter_model_write(fixture.model, &style, &model), SINTER_OK);
        assert_int_equal(sinter_accel_write(fixture.accel, &style, &accel), SINTER_OK);
        assert_int_equal(sinter_catalog_write(&style, &catalog), SINTER_OK);
        struct sinter_text *texts[] = {&model, &accel, &catalog};
        for (int t = 0; t < 3; t++) {
            json_t *root = json_loads(sinter_text_data(texts[t]), JSON_REJECT_DUPLICATES, NULL);
            assert_non_null(root);
            assert_string_equal(json_string_value(json_object_get(root, "schema")), "sinter.show/1");
            json_decref(root);
            sinter_text_free(texts[t]);
        }
        close_fixture(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_align_numbers_and_units),
        cmocka_unit_test(tables_drop_surplus_cells_and_clean_names),
        cmocka_unit_test(tables_know_the_width_of_utf8),
        cmocka_unit_test(tables_survive_lack_of_memory),
        cmocka_unit_test(csv_quotes_what_needs_quotes),
        cmocka_unit_test(numbers_are_short_and_exact_where_it_matters),
        cmocka_unit_test(json_repairs_names_and_numbers),
        cmocka_unit_test(json_failures_stick),
        cmocka_unit_test(a_run_as_json_has_every_member_of_the_contract),
        cmocka_unit_test(an_infeasible_run_says_why_in_every_format),
        cmocka_unit_test(a_wrong_schedule_gives_no_result),
        cmocka_unit_test(a_number_that_is_not_finite_is_a_defect),
        cmocka_unit_test(evaluation_survives_lack_of_memory),
        cmocka_unit_test(the_annotated_schedule_parses_back),
        cmocka_unit_test(comparisons_hold_against_unfused_and_keep_infeasible_rows),
        cmocka_unit_test(shown_models_and_accelerators_are_valid_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
