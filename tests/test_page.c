/* test_page.c: a page holds what its results say, whatever names are made of, and the same bytes each time.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "page/nest.h"
#include "page/windows.h"
#include "sinter/page.h"

#define DATA "tests/golden/data/"

/* ---- results ------------------------------------------------------------------------------------------------------- */

enum { MOST_ROWS = 4 };

struct fixture {
    struct sinter_diagnostics *diags;
    struct sinter_model *model;
    struct sinter_accel *accel;
    struct sinter_strategy strategies[MOST_ROWS];
    struct sinter_compare_row rows[MOST_ROWS];
    struct sinter_result *results[MOST_ROWS];
    int n;
};

static void open_fixture(struct fixture *f, const char *model, int64_t tokens, const char *accel)
{
    struct sinter_model_options options = {.tokens = tokens};
    *f = (struct fixture){.diags = sinter_diagnostics_new(NULL)};
    if (sinter_model_load(model, &options, NULL, f->diags, &f->model) != SINTER_OK ||
        sinter_accel_load(accel, NULL, 0, NULL, f->diags, &f->accel) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(f->diags));
}

static void add(struct fixture *f, const char *strategy)
{
    struct sinter_strategy *s = &f->strategies[f->n];
    *s = (struct sinter_strategy){.label = strategy};
    *(strchr(strategy, '/') != NULL ? &s->file : &s->name) = strategy;
    sinter_result_evaluate(f->model, f->accel, s, NULL, f->diags, &f->results[f->n]);
    f->rows[f->n] = (struct sinter_compare_row){s, f->results[f->n], f->results[f->n] == NULL ? "it is not there" : NULL};
    f->n++;
}

static void close_fixture(struct fixture *f)
{
    for (int i = 0; i < f->n; i++)
        sinter_result_free(f->results[i]);
    sinter_accel_free(f->accel);
    sinter_model_free(f->model);
    sinter_diagnostics_free(f->diags);
}

static const struct sinter_part_result *block_of(const struct fixture *f, int row)
{
    return &f->results[row]->parts[f->results[row]->block];
}

static enum sinter_status make(const struct fixture *f, int chosen, struct sinter_page *page)
{
    static const char *const words[] = {"sinter", "compare", "-m", "it's <here>"};
    struct sinter_origin origin = {words, 4};
    struct sinter_style style = {0};
    return sinter_page_results("compare", f->model, f->accel, f->rows, f->n, chosen, &style, &origin, page);
}

static json_t *data_of(const struct fixture *f, int chosen)
{
    struct sinter_page page = {0};
    json_error_t error;
    assert_int_equal(make(f, chosen, &page), SINTER_OK);
    json_t *data = json_loads(sinter_text_data(&page.data), JSON_REJECT_DUPLICATES, &error);
    if (data == NULL)
        fail_msg("line %d: %s", error.line, error.text);
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

static double number(const json_t *object, const char *key)
{
    return json_number_value(member(object, key));
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(member(object, key));
}

/* ---- data ---------------------------------------------------------------------------------------------------------- */

static void a_page_says_what_it_is_and_where_it_comes_from(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, DATA "scan.yaml", 8, DATA "small.yaml");
    add(&f, "unfused");
    add(&f, "fuse-all");
    json_t *data = data_of(&f, 1);
    assert_string_equal(text(data, "schema"), "sinter.page/1");
    assert_string_equal(text(data, "kind"), "compare");
    assert_string_equal(text(data, "version"), SINTER_VERSION);
    assert_int_equal(json_array_size(member(data, "command")), 4);
    assert_string_equal(json_string_value(json_array_get(member(data, "command"), 3)), "it's <here>");
    assert_int_equal(json_integer_value(member(data, "chosen")), 1);
    assert_int_equal(json_integer_value(member(data, "baseline")), 0);
    assert_int_equal(json_array_size(member(data, "runs")), 2);
    json_t *inputs = member(data, "inputs");
    assert_int_equal(json_array_size(inputs), 2); /* the cascade and the accelerator */
    assert_string_equal(text(json_array_get(inputs, 1), "title"), "accelerator");
    json_decref(data);
    close_fixture(&f);
}

static void without_a_choice_the_best_is_opened(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, DATA "scan.yaml", 8, DATA "small.yaml");
    add(&f, "fuse-all");
    add(&f, "unfused");
    json_t *data = data_of(&f, -1);
    assert_int_equal(json_integer_value(member(data, "chosen")), 0);
    assert_int_equal(json_integer_value(member(data, "baseline")), 1);
    json_decref(data);
    close_fixture(&f);
}

static void a_row_without_a_result_says_why(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, DATA "scan.yaml", 8, DATA "small.yaml");
    add(&f, "unfused");
    f.strategies[1] = (struct sinter_strategy){.label = "nothing", .name = "nothing"};
    f.rows[1] = (struct sinter_compare_row){&f.strategies[1], NULL, "it is not there"};
    f.n = 2;
    json_t *data = data_of(&f, 0), *run = json_array_get(member(data, "runs"), 1);
    assert_string_equal(text(run, "status"), "infeasible");
    assert_string_equal(text(run, "reason"), "it is not there");
    json_decref(data);
    close_fixture(&f);
}

static void the_same_results_are_the_same_bytes(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_page one = {0}, other = {0};
    open_fixture(&f, "mamba-130m", 64, "marca");
    add(&f, "unfused");
    add(&f, "optimal");
    assert_int_equal(make(&f, 1, &one), SINTER_OK);
    assert_int_equal(make(&f, 1, &other), SINTER_OK);
    assert_string_equal(sinter_text_data(&one.data), sinter_text_data(&other.data));
    assert_string_equal(sinter_text_data(&one.report), sinter_text_data(&other.report));
    sinter_page_free(&one);
    sinter_page_free(&other);
    close_fixture(&f);
}

/* ---- the loop nest ------------------------------------------------------------------------------------------------- */

static void the_nest_has_the_lines_of_the_notation_and_every_tile_once(void **state)
{
    (void)state;
    static const char *const strategies[] = {"unfused", "fuse-all", "mem-aware", "optimal"};
    struct fixture f;
    open_fixture(&f, "mamba-130m", 64, "marca");
    for (int i = 0; i < MOST_ROWS; i++) {
        add(&f, strategies[i]);
        const struct sinter_part_result *part = block_of(&f, i);
        struct jot jot = {false};
        struct sinter_text printed = {0}, joined = {0};
        json_t *nest = jot_nest(&jot, part);
        assert_false(jot.failed);
        size_t n_tiles = 0;
        int64_t bytes = 0, expected = 0;
        for (size_t l = 0; l < json_array_size(nest); l++) {
            const json_t *line = json_array_get(nest, l), *tiles = member(line, "tiles");
            sinter_text_printf(&joined, "%s\n", text(line, "line"));
            n_tiles += json_array_size(tiles);
            for (size_t t = 0; t < json_array_size(tiles); t++)
                bytes += json_integer_value(member(json_array_get(tiles, t), "bytes"));
        }
        sinter_schedule_print(&part->schedule, &printed);
        assert_string_equal(sinter_text_data(&joined), sinter_text_data(&printed));
        size_t n_expected = 0;
        for (int t = 0; t < part->plan->n_tiles; t++) {
            n_expected += part->plan->tiles[t].footprint_bits > 0;
            expected += sinter_bits_to_bytes(part->plan->tiles[t].footprint_bits);
        }
        assert_int_equal(n_tiles, n_expected);
        assert_int_equal(bytes, expected);
        json_decref(nest);
        sinter_text_free(&printed);
        sinter_text_free(&joined);
    }
    close_fixture(&f);
}

/* ---- windows ------------------------------------------------------------------------------------------------------- */

static void a_short_schedule_is_one_window_and_all_that_is_busy(void **state)
{
    (void)state;
    struct fixture f;
    struct jot jot = {false};
    open_fixture(&f, DATA "scan.yaml", 8, DATA "small.yaml");
    add(&f, "fuse-all");
    const struct sinter_part_result *part = block_of(&f, 0);
    json_t *windows = jot_windows(&jot, part);
    assert_int_equal(json_array_size(windows), 1);
    json_t *window = json_array_get(windows, 0), *slices = member(window, "slices");
    assert_float_equal(number(window, "to_cycle"), part->cycles, 0);
    double busy[8] = {0};
    for (size_t s = 0; s < json_array_size(slices); s++) {
        const json_t *slice = json_array_get(slices, s);
        assert_true(json_integer_value(json_array_get(slice, 1)) < (json_int_t)json_array_size(member(window, "names")));
        busy[json_integer_value(json_array_get(slice, 0))] +=
            json_number_value(json_array_get(slice, 3)) - json_number_value(json_array_get(slice, 2));
    }
    for (int r = 0; r < part->timing->n_resources; r++)
        assert_float_equal(busy[r], part->timing->resources[r].busy_cycles, 1e-9);
    json_decref(windows);
    close_fixture(&f);
}

static void long_schedules_have_a_beginning_and_a_middle_of_few_slices(void **state)
{
    (void)state;
    static const char *const strategies[] = {"unfused", "fuse-all", "mem-aware", "optimal"};
    struct fixture f;
    open_fixture(&f, "mamba-130m", 2048, "marca");
    for (int i = 0; i < MOST_ROWS; i++) {
        struct jot jot = {false};
        add(&f, strategies[i]);
        const struct sinter_part_result *part = block_of(&f, i);
        json_t *windows = jot_windows(&jot, part);
        assert_in_range(json_array_size(windows), 1, 2);
        for (size_t w = 0; w < json_array_size(windows); w++) {
            const json_t *window = json_array_get(windows, w), *slices = member(window, "slices");
            double from = number(window, "from_cycle"), to = number(window, "to_cycle"), last[8] = {0};
            assert_true(0 <= from && from < to && to <= part->cycles);
            assert_in_range(json_array_size(slices), 1, WINDOW_SLICES);
            for (size_t s = 0; s < json_array_size(slices); s++) {
                const json_t *slice = json_array_get(slices, s);
                json_int_t resource = json_integer_value(json_array_get(slice, 0));
                double start = json_number_value(json_array_get(slice, 2)),
                       end = json_number_value(json_array_get(slice, 3));
                assert_true(from <= start && start < end && end <= to);
                assert_true(start >= last[resource]); /* one at a time */
                last[resource] = end;
            }
        }
        json_decref(windows);
    }
    close_fixture(&f);
}

static void what_does_not_fit_has_no_windows_but_a_nest(void **state)
{
    (void)state;
    struct sinter_override small = {.field = "buffer.capacity", .value = "256KiB"};
    struct fixture f;
    struct jot jot = {false};
    open_fixture(&f, "mamba-130m", 64, "marca");
    sinter_accel_free(f.accel);
    assert_int_equal(sinter_accel_load("marca", &small, 1, NULL, f.diags, &f.accel), SINTER_OK);
    add(&f, "fuse-all");
    assert_int_equal(block_of(&f, 0)->status, SINTER_INFEASIBLE);
    json_t *windows = jot_windows(&jot, block_of(&f, 0)), *nest = jot_nest(&jot, block_of(&f, 0));
    assert_int_equal(json_array_size(windows), 0);
    assert_true(json_array_size(nest) > 0);
    json_decref(windows);
    json_decref(nest);
    close_fixture(&f);
}

/* ---- the page ------------------------------------------------------------------------------------------------------ */

static void markup_in_names_ends_no_tag(void **state)
{
    (void)state;
    struct sinter_page page = {0};
    struct sinter_text html = {0};
    if (!sinter_page_is_built())
        skip();
    sinter_text_append(&page.title, "</title><script>alert(1)</script>\x1b[31m");
    sinter_text_append(&page.report, "a < b & c\n</pre><b>");
    sinter_text_append(&page.data, "{\"name\":\"</script><script>alert(2)</script><!--\xe2\x80\xae\"}");
    assert_int_equal(sinter_page_html(&page, &html), SINTER_OK);
    const char *at = sinter_text_data(&html);
    assert_null(strstr(at, "<script>alert"));
    assert_null(strstr(at, "</pre><b>"));
    assert_null(strstr(at, "\x1b"));
    assert_non_null(strstr(at, "<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u001b[31m</title>"));
    assert_non_null(strstr(at, "a &lt; b &amp; c\n&lt;/pre&gt;&lt;b&gt;</pre>"));
    assert_non_null(strstr(at, "{\"name\":\"\\u003c/script>\\u003cscript>alert(2)\\u003c/script>\\u003c!--\\u202e\"}"));
    sinter_text_free(&html);
    sinter_page_free(&page);
}

static void a_page_forbids_itself_the_network_and_is_below_two_megabytes(void **state)
{
    (void)state;
    struct fixture f;
    struct sinter_page page = {0};
    struct sinter_text html = {0}, figures = {0};
    if (!sinter_page_is_built())
        skip();
    open_fixture(&f, "mamba-2.8b", 2048, "marca");
    add(&f, "unfused");
    add(&f, "optimal");
    assert_int_equal(make(&f, 1, &page), SINTER_OK);
    assert_int_equal(sinter_page_html(&page, &html), SINTER_OK);
    assert_int_equal(sinter_page_figures(&page, &figures), SINTER_OK);
    assert_in_range(html.length, 100000, 2000000);
    assert_non_null(strstr(sinter_text_data(&html), "Content-Security-Policy\" content=\"default-src 'none'"));
    assert_memory_equal(sinter_text_data(&figures), "globalThis.sinterPage = {", 25);
    sinter_text_free(&html);
    sinter_text_free(&figures);
    sinter_page_free(&page);
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
    open_fixture(&f, DATA "scan.yaml", 8, DATA "small.yaml");
    add(&f, "unfused");
    add(&f, "fuse-all");
    enum sinter_status status = SINTER_NO_MEMORY;
    json_set_alloc_funcs(limited_malloc, free);
    for (long n = 0; status == SINTER_NO_MEMORY; n += 1 + n / 8) { /* every one of the first, then ever fewer */
        struct sinter_page page = {0};
        n_left = n;
        status = make(&f, 1, &page);
        assert_true(status == SINTER_OK || status == SINTER_NO_MEMORY);
        sinter_page_free(&page);
    }
    n_left = -1;
    json_set_alloc_funcs(malloc, free);
    struct sinter_page page = {0};
    assert_int_equal(make(&f, 1, &page), SINTER_OK);
    for (int64_t n = 0; n < 3 && sinter_page_is_built(); n++) {
        struct sinter_counting_allocator counting;
        sinter_counting_allocator_init(&counting, n);
        struct sinter_text html = {.allocator = &counting.allocator};
        assert_int_equal(sinter_page_html(&page, &html), SINTER_NO_MEMORY);
        sinter_text_free(&html);
        assert_int_equal(counting.n_live, 0);
    }
    sinter_page_free(&page);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_says_what_it_is_and_where_it_comes_from),
        cmocka_unit_test(without_a_choice_the_best_is_opened),
        cmocka_unit_test(a_row_without_a_result_says_why),
        cmocka_unit_test(the_same_results_are_the_same_bytes),
        cmocka_unit_test(the_nest_has_the_lines_of_the_notation_and_every_tile_once),
        cmocka_unit_test(a_short_schedule_is_one_window_and_all_that_is_busy),
        cmocka_unit_test(long_schedules_have_a_beginning_and_a_middle_of_few_slices),
        cmocka_unit_test(what_does_not_fit_has_no_windows_but_a_nest),
        cmocka_unit_test(markup_in_names_ends_no_tag),
        cmocka_unit_test(a_page_forbids_itself_the_network_and_is_below_two_megabytes),
        cmocka_unit_test(pages_survive_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
