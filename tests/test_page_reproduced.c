/* test_page_reproduced.c: the page of published numbers holds each number of the documents, and the command that repeats it.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/reproduce.h"
#include "sinter/page.h"

static const char *const words[] = {"sinter", "reproduce", "all"};
static const struct sinter_origin origin = {words, 3};

/* ---- fixtures ------------------------------------------------------------------------------------------------------ */

/* Two documents that take no time: figures that are counted or small. */
enum { N_DOCUMENTS = 2 };
static const int figures[N_DOCUMENTS] = {4, 10};

struct fixture {
    struct sinter_reproduction *made[N_DOCUMENTS];
};

static const struct sinter_reproduction *const *documents_of(const struct fixture *f)
{
    return (const struct sinter_reproduction *const *)f->made;
}

static int setup(void **state)
{
    static struct fixture f;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    for (int i = 0; i < N_DOCUMENTS; i++)
        if (sinter_reproduce("pact25", figures[i], NULL, diags, &f.made[i]) != SINTER_OK)
            return -1;
    sinter_diagnostics_free(diags);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < N_DOCUMENTS; i++)
        sinter_reproduction_free(f->made[i]);
    return 0;
}

static json_t *parsed(const struct sinter_text *text)
{
    json_error_t error;
    json_t *root = json_loads(sinter_text_data(text), JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("line %d: %s", error.line, error.text);
    return root;
}

static json_t *member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (value == NULL)
        fail_msg("there is no '%s'", key);
    return value;
}

static json_t *page_of(const struct fixture *f)
{
    struct sinter_page page = {0};
    assert_int_equal(sinter_page_reproductions(documents_of(f), N_DOCUMENTS, &origin, &page), SINTER_OK);
    json_t *data = parsed(&page.data);
    sinter_page_free(&page);
    return data;
}

/* ---- what is there ------------------------------------------------------------------------------------------------- */

static void the_figures_of_a_paper_are_ascending_and_begin_with_none(void **state)
{
    (void)state;
    static const int expected[] = {0, 1, 4, 9, 10, 11, 12};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    int found[8], n = 0;
    assert_int_equal(sinter_paper_figures("pact25", NULL, diags, found, 8, &n), SINTER_OK);
    assert_int_equal(n, 7);
    assert_memory_equal(found, expected, sizeof expected);
    assert_int_equal(sinter_paper_figures("pact25", NULL, diags, found, 3, &n), SINTER_OK);
    assert_int_equal(n, 3); /* what there is room for */
    assert_int_equal(sinter_paper_figures("pact26", NULL, diags, found, 8, &n), SINTER_BAD_USAGE);
    assert_non_null(strstr(sinter_diagnostics_text(diags), "did you mean 'pact25'?"));
    sinter_diagnostics_free(diags);
}

/* ---- documents ----------------------------------------------------------------------------------------------------- */

static void several_documents_in_one_are_what_each_is_alone(void **state)
{
    struct fixture *f = *state;
    struct sinter_style style = {.format = SINTER_FORMAT_JSON};
    struct sinter_text all = {0};
    assert_int_equal(sinter_reproductions_write(documents_of(f), N_DOCUMENTS, &style, &all), SINTER_OK);
    json_t *root = parsed(&all), *documents = member(root, "documents");
    assert_string_equal(json_string_value(member(root, "schema")), "sinter.reproductions/1");
    assert_int_equal(json_array_size(documents), N_DOCUMENTS);
    for (int i = 0; i < N_DOCUMENTS; i++) {
        struct sinter_text one = {0};
        assert_int_equal(sinter_reproduction_write(f->made[i], &style, &one), SINTER_OK);
        json_t *alone = parsed(&one);
        assert_true(json_equal(json_array_get(documents, (size_t)i), alone));
        json_decref(alone);
        sinter_text_free(&one);
    }
    json_decref(root);
    sinter_text_free(&all);
}

static void rows_of_several_stand_behind_paper_and_figure(void **state)
{
    struct fixture *f = *state;
    struct sinter_style style = {.format = SINTER_FORMAT_CSV};
    struct sinter_text csv = {0};
    assert_int_equal(sinter_reproductions_write(documents_of(f), N_DOCUMENTS, &style, &csv), SINTER_OK);
    const char *at = sinter_text_data(&csv);
    int n_lines = 0, n_rows = 0, n_of[N_DOCUMENTS] = {0};
    assert_memory_equal(at, "paper,figure,table,setting,", 27);
    for (const char *end = strstr(at, "\r\n"); end != NULL; at = end + 2, end = strstr(at, "\r\n"), n_lines++)
        for (int i = 0; i < N_DOCUMENTS; i++) {
            char begin[32];
            snprintf(begin, sizeof begin, "pact25,%d,", figures[i]);
            n_of[i] += strncmp(at, begin, strlen(begin)) == 0;
        }
    for (int i = 0; i < N_DOCUMENTS; i++) {
        int n = 0;
        for (int t = 0; t < f->made[i]->n_tables; t++)
            n += f->made[i]->tables[t].n_rows;
        assert_int_equal(n_of[i], n);
        n_rows += n;
    }
    assert_int_equal(n_lines, n_rows + 1);
    sinter_text_free(&csv);
}

static void texts_stand_one_below_the_other(void **state)
{
    struct fixture *f = *state;
    struct sinter_style style = {0};
    struct sinter_text all = {0}, joined = {0};
    assert_int_equal(sinter_reproductions_write(documents_of(f), N_DOCUMENTS, &style, &all), SINTER_OK);
    for (int i = 0; i < N_DOCUMENTS; i++) {
        sinter_text_append(&joined, i > 0 ? "\n\n" : "");
        assert_int_equal(sinter_reproduction_write(f->made[i], &style, &joined), SINTER_OK);
    }
    assert_string_equal(sinter_text_data(&all), sinter_text_data(&joined));
    sinter_text_free(&all);
    sinter_text_free(&joined);
}

/* ---- the page ------------------------------------------------------------------------------------------------------ */

static void each_number_has_its_command_and_each_setting_says_whose_it_is(void **state)
{
    struct fixture *f = *state;
    json_t *data = page_of(f), *members = member(data, "reproductions");
    assert_string_equal(json_string_value(member(data, "kind")), "reproduce");
    assert_int_equal(json_array_size(members), N_DOCUMENTS);
    for (int i = 0; i < N_DOCUMENTS; i++) {
        const json_t *document = json_array_get(members, (size_t)i), *tables = member(document, "tables");
        assert_int_equal(json_array_size(tables), f->made[i]->n_tables);
        for (size_t t = 0; t < json_array_size(tables); t++) {
            const struct sinter_reproduced_table *table = &f->made[i]->tables[t];
            const json_t *rows = member(json_array_get(tables, t), "rows");
            assert_int_equal(json_integer_value(member(json_array_get(tables, t), "figure")), figures[i]);
            assert_int_equal(json_array_size(rows), table->n_rows);
            for (size_t r = 0; r < json_array_size(rows); r++) {
                const json_t *row = json_array_get(rows, r), *ours = member(row, "ours"), *command = member(row, "command");
                if (json_is_number(ours))
                    assert_float_equal(json_number_value(ours), table->rows[r].ours, 0);
                assert_string_equal(json_string_value(member(row, "model")), table->rows[r].label);
                bool is_counted = strncmp(table->rows[r].setting, "opt", 3) == 0; /* a cascade that no command has */
                assert_int_equal(json_is_null(command), is_counted);
            }
        }
        const json_t *settings = member(document, "settings");
        for (size_t s = 0; s < json_array_size(settings); s++)
            assert_false(json_is_true(member(json_array_get(settings, s), "honest")));
    }
    json_decref(data);
}

static void a_command_names_what_was_run_instead(void **state)
{
    (void)state;
    static const struct row_words none = {0};
    struct sinter_reproduced_setting setting = {.name = "paper", .says = "", .options = "-m tiny -a small"};
    struct sinter_reproduction made = {.n_settings = 1, .settings = &setting};
    struct sinter_reproduced_row row = {.setting = "paper", .strategy = "fuse-all", .tokens = 64, .buffer_bytes = 1 << 20};
    struct sinter_text out = {0};
    append_row_command(&out, &made, &row, &none);
    assert_string_equal(sinter_text_data(&out),
                        "sinter run -m tiny -a small -L 64 -s fuse-all --set 'buffer.capacity=1 MiB'");
    sinter_text_free(&out);
    row.otherwise = "fuse-all-spill";
    row.area_fraction = 0.5;
    row.memory_fraction = 0.35;
    out = (struct sinter_text){0};
    append_row_command(&out, &made, &row, &none);
    assert_string_equal(sinter_text_data(&out), "sinter run -m tiny -a small -L 64 -s fuse-all-spill "
                                                "--set area_fraction=0.5 --set memory_fraction=0.35");
    sinter_text_free(&out);
}

static void honest_assumptions_are_marked(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_reproduction *made = NULL;
    assert_int_equal(reproduce_table("pact25", 0, "honest-memory", NULL, diags, &made), SINTER_OK);
    assert_int_equal(made->n_settings, 1);
    assert_true(made->settings[0].is_honest);
    sinter_reproduction_free(made);
    sinter_diagnostics_free(diags);
}

static void the_same_numbers_are_the_same_bytes(void **state)
{
    struct fixture *f = *state;
    struct sinter_page one = {0}, other = {0};
    assert_int_equal(sinter_page_reproductions(documents_of(f), N_DOCUMENTS, &origin, &one), SINTER_OK);
    assert_int_equal(sinter_page_reproductions(documents_of(f), N_DOCUMENTS, &origin, &other), SINTER_OK);
    assert_string_equal(sinter_text_data(&one.data), sinter_text_data(&other.data));
    assert_string_equal(sinter_text_data(&one.report), sinter_text_data(&other.report));
    sinter_page_free(&one);
    sinter_page_free(&other);
}

static void markup_in_a_paper_ends_no_tag(void **state)
{
    struct fixture *f = *state;
    struct sinter_page page = {0};
    struct sinter_text html = {0};
    const char *before = f->made[0]->title;
    if (!sinter_page_is_built())
        skip();
    f->made[0]->title = "</script><script>alert(1)</script>";
    assert_int_equal(sinter_page_reproductions(documents_of(f), N_DOCUMENTS, &origin, &page), SINTER_OK);
    f->made[0]->title = before;
    assert_int_equal(sinter_page_html(&page, &html), SINTER_OK);
    assert_null(strstr(sinter_text_data(&html), "<script>alert(1)"));
    sinter_text_free(&html);
    sinter_page_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_figures_of_a_paper_are_ascending_and_begin_with_none),
        cmocka_unit_test(several_documents_in_one_are_what_each_is_alone),
        cmocka_unit_test(rows_of_several_stand_behind_paper_and_figure),
        cmocka_unit_test(texts_stand_one_below_the_other),
        cmocka_unit_test(each_number_has_its_command_and_each_setting_says_whose_it_is),
        cmocka_unit_test(a_command_names_what_was_run_instead),
        cmocka_unit_test(honest_assumptions_are_marked),
        cmocka_unit_test(the_same_numbers_are_the_same_bytes),
        cmocka_unit_test(markup_in_a_paper_ends_no_tag),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
