/* test_page_explored.c: the page of an exploration says what the exploration says, whatever its names and its size.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore_case.h"
#include "page/lines.h"
#include "sinter/page.h"

/* ---- a page --------------------------------------------------------------------------------------------------------- */

static const struct sinter_origin origin = {(const char *const[]){"sinter", "explore", "f"}, 3};

struct made {
    struct sinter_exploration *exploration;
    struct sinter_explore_front *front;
    struct sinter_page page;
    json_t *data;
};

static struct made make(struct explore_case *b, const struct sinter_experiment *experiment,
                        const struct sinter_explore_options *options)
{
    struct made made = {.exploration = explore(b, experiment, options)};
    json_error_t error;
    made.front = front_of(b, made.exploration);
    assert_int_equal(sinter_page_explored(made.exploration, made.front, &origin, b->diags, &made.page), SINTER_OK);
    made.data = json_loads(sinter_text_data(&made.page.data), JSON_REJECT_DUPLICATES, &error);
    if (made.data == NULL)
        fail_msg("%s", error.text);
    return made;
}

static void unmake(struct made *made)
{
    json_decref(made->data);
    sinter_page_free(&made->page);
    sinter_explore_front_free(made->front);
    sinter_exploration_free(made->exploration);
}

static json_t *member(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    if (value == NULL)
        fail_msg("there is no '%s'", name);
    return value;
}

/* The item of a column, NaN: null. */
static double item(const json_t *object, const char *name, int64_t i)
{
    json_t *column = member(object, name), *value = json_is_array(column) ? json_array_get(column, (size_t)i) : column;
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static void assert_same(double shown, bool is_known, double value)
{
    if (is_known ? !(fabs(shown - value) <= 1e-6 * fabs(value)) : !isnan(shown))
        fail_msg("%.17g is shown as %.17g", is_known ? value : (double)NAN, shown);
}

/* ---- columns -------------------------------------------------------------------------------------------------------- */

static void a_column_has_an_item_for_each_point_or_one_for_all(void **state)
{
    struct explore_case *b = *state;
    struct sinter_explore_options options = {.n_threads = 2};
    struct made made = make(b, b->experiment, &options);
    json_t *points = member(made.data, "points"), *workloads = member(points, "workloads"), *column;
    const char *name;
    int n_arrays = 0;
    assert_int_equal(json_integer_value(member(points, "n")), N_POINTS);
    assert_int_equal(json_array_size(workloads), 2);
    for (size_t w = 0; w <= 2; w++)
        json_object_foreach(w < 2 ? json_array_get(workloads, w) : points, name, column)
        {
            if (json_is_string(column))
                assert_int_equal(json_string_length(column), N_POINTS);
            else if (json_is_array(column) && column != workloads) {
                assert_int_equal(json_array_size(column), N_POINTS);
                n_arrays++;
            }
        }
    assert_true(n_arrays > 12);
    assert_true(json_is_null(member(points, "area_mm2"))); /* not known of any */
    unmake(&made);
}

static void check_point(const json_t *points, const struct sinter_explore_point *point, int n_workloads)
{
    char status = json_string_value(member(points, "status"))[point->index];
    assert_int_equal(status, !point->is_built ? 'n' : !point->is_complete ? 'u' : point->fits ? 'o' : 'i');
    assert_same(item(points, "latency_seconds", point->index), point->fits, point->seconds);
    assert_same(item(points, "total_energy_joules", point->index), point->fits, point->joules);
    assert_same(item(points, "memory_bytes", point->index), point->is_built, point->memory_bytes);
    assert_same(item(points, "pes", point->index), point->is_built, point->pes);
    for (int w = 0; w < n_workloads; w++) {
        const struct sinter_explored *one = &point->workloads[w];
        const json_t *workload = json_array_get(member(points, "workloads"), (size_t)w);
        bool is_ok = point->is_built && one->is_known && one->status == SINTER_OK;
        assert_same(item(workload, "latency_cycles", point->index), is_ok, one->cycles);
        assert_same(item(workload, "dram_bytes", point->index), is_ok, one->dram_bytes);
        assert_same(item(workload, "peak_bytes", point->index), is_ok, one->peak_bytes);
        assert_same(item(workload, "utilization", point->index), is_ok, one->utilization);
        assert_int_equal(json_string_value(member(workload, "limits"))[point->index],
                         !is_ok                                    ? '-'
                         : one->compute_cycles >= one->dram_cycles ? 'c'
                                                                   : 'd');
    }
}

static void columns_say_of_each_point_what_the_exploration_says(void **state)
{
    struct explore_case *b = *state;
    struct sinter_explore_options options = {.n_threads = 2};
    struct made made = make(b, b->experiment, &options);
    static struct sinter_explore_point point;
    const json_t *front = member(made.data, "front");
    for (int64_t i = 0; i < N_POINTS; i++) {
        point_of(b, made.exploration, i, &point);
        check_point(member(made.data, "points"), &point, 2);
    }
    assert_int_equal(json_array_size(front), made.front->n);
    for (int64_t i = 0; i < made.front->n; i++)
        assert_int_equal(json_integer_value(json_array_get(front, (size_t)i)), made.front->points[i]);
    assert_int_equal(json_integer_value(member(made.data, "best")), made.front->best);
    unmake(&made);
}

/* ---- texts ---------------------------------------------------------------------------------------------------------- */

static void give_back(const json_t *texts, double number, struct sinter_text *out)
{
    const json_t *text = json_array_get(member(texts, "texts"), (size_t)number), *line;
    size_t i;
    out->length = 0;
    json_array_foreach(text, i, line)
    {
        sinter_text_append(out, json_string_value(json_array_get(member(texts, "lines"), (size_t)json_integer_value(line))));
        sinter_text_append(out, "\n");
    }
}

static void lines_give_back_each_schedule(void **state)
{
    struct explore_case *b = *state;
    struct sinter_explore_options options = {.n_threads = 2};
    struct made made = make(b, b->experiment, &options);
    static struct sinter_explore_point point;
    struct sinter_text text = {0};
    int n_schedules = 0;
    for (int64_t i = 0; i < N_POINTS; i++) {
        point_of(b, made.exploration, i, &point);
        for (int w = 0; w < 2; w++) {
            const json_t *workload = json_array_get(member(member(made.data, "points"), "workloads"), (size_t)w);
            double number = item(workload, "schedule", i);
            assert_int_equal(isnan(number), point.workloads[w].schedule == NULL);
            if (isnan(number))
                continue;
            give_back(member(made.data, "texts"), number, &text);
            assert_string_equal(sinter_text_data(&text), point.workloads[w].schedule);
            n_schedules++;
        }
    }
    assert_true(n_schedules > N_POINTS);
    assert_true(json_array_size(member(member(made.data, "texts"), "texts")) < (size_t)n_schedules); /* they share */
    sinter_text_free(&text);
    unmake(&made);
}

static void the_front_has_the_files_of_its_accelerators(void **state)
{
    struct explore_case *b = *state;
    struct sinter_explore_options options = {.n_threads = 2};
    struct made made = make(b, b->experiment, &options);
    struct sinter_text text = {0}, file = {0};
    for (int64_t i = 0; i < made.front->n; i++) {
        struct sinter_accel *accel = NULL;
        assert_int_equal(sinter_exploration_accel(made.exploration, made.front->points[i], b->diags, &accel), SINTER_OK);
        file.length = 0;
        sinter_accel_print(accel, &file);
        give_back(member(made.data, "texts"), item(made.data, "accelerators", i), &text);
        assert_string_equal(sinter_text_data(&text), sinter_text_data(&file));
        sinter_accel_free(accel);
    }
    sinter_text_free(&file);
    sinter_text_free(&text);
    unmake(&made);
}

/* ---- size and sameness ---------------------------------------------------------------------------------------------- */

#ifndef __SANITIZE_ADDRESS__ /* the sweep would take a minute */
#define RANGE(field, unit) "  " field ": 1 " unit "..1000 " unit ":geo:100\n"

static void ten_thousand_points_take_less_than_six_megabytes(void **state)
{
    struct explore_case *b = *state;
    struct sinter_experiment *experiment =
        parse_experiment("experiment: large\naccelerator: examples/tiny.accel.yaml\n"
                         "workloads: [{model: examples/scan.yaml}, {model: examples/scan.yaml, tokens: 3}]\n"
                         "strategy: unfused\naxes:\n" RANGE("dram.bandwidth", "GB/s") RANGE("clock", "MHz"));
    struct sinter_explore_options options = {.n_threads = 2};
    struct made made = make(b, experiment, &options);
    struct sinter_text html = {0};
    assert_int_equal(experiment->n_points, 10000);
    enum sinter_status status = sinter_page_html(&made.page, &html);
    assert_int_equal(status, sinter_page_is_built() ? SINTER_OK : SINTER_INFEASIBLE);
    if (!(html.length < 6000000) || !(made.page.data.length < 5000000))
        fail_msg("%zu bytes of page, %zu of data", html.length, made.page.data.length);
    sinter_text_free(&html);
    unmake(&made);
    sinter_experiment_free(experiment);
}
#endif

static void the_same_exploration_gives_the_same_bytes(void **state)
{
    struct explore_case *b = *state;
    struct sinter_explore_options first = {.store = b->path, .n_threads = 1},
                                  again = {.store = b->path, .is_readonly = true}, anew = {.n_threads = 2};
    struct made one = make(b, b->experiment, &first), two = make(b, b->experiment, &again),
                three = make(b, b->experiment, &anew);
    assert_string_equal(sinter_text_data(&one.page.data), sinter_text_data(&two.page.data));
    assert_string_equal(sinter_text_data(&one.page.report), sinter_text_data(&two.page.report));
    assert_string_equal(sinter_text_data(&one.page.data), sinter_text_data(&three.page.data));
    assert_string_equal(sinter_text_data(&one.page.report), sinter_text_data(&three.page.report));
    unmake(&one);
    unmake(&two);
    unmake(&three);
}

/* ---- names ---------------------------------------------------------------------------------------------------------- */

static void copy_file(const char *from, const char *to)
{
    char bytes[4096];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    size_t n = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void hostile_names_are_data(void **state)
{
    struct explore_case *b = *state;
    static const char hostile[] = "<img src=x onerror=alert(1)> \"'&";
    char path[700];
    struct sinter_explore_options options = {.n_threads = 1};
    struct sinter_experiment *experiment;
    struct sinter_text html = {0};
    snprintf(path, sizeof path, "%s/%s", b->folder, hostile);
    copy_file("examples/tiny.accel.yaml", path);
    experiment = parse_experiment(HEAD("mem-aware", "20") "axes: {buffer.capacity: [64 B, 128 B]}\n");
    experiment->accelerator = path;
    experiment->name = "</script><script>alert(1)</script>\x1b[31m";
    struct made made = make(b, experiment, &options);
    const json_t *told = member(made.data, "experiment");
    assert_string_equal(json_string_value(member(told, "accelerator")), path);
    assert_string_equal(json_string_value(member(told, "name")), experiment->name);
    if (sinter_page_is_built()) {
        assert_int_equal(sinter_page_html(&made.page, &html), SINTER_OK);
        assert_null(strstr(sinter_text_data(&html), "<img src=x"));
        assert_null(strstr(sinter_text_data(&html), "<script>alert"));
        assert_null(strchr(sinter_text_data(&html), '\x1b'));
    }
    sinter_text_free(&html);
    unmake(&made);
    sinter_experiment_free(experiment);
}

static void an_exploration_in_which_nothing_fits_has_a_page(void **state)
{
    struct explore_case *b = *state;
    struct sinter_experiment *experiment = parse_experiment(HEAD("mem-aware", "20") "axes: {buffer.capacity: [1 B, 2 B]}\n");
    struct sinter_explore_options options = {.n_threads = 1};
    struct made made = make(b, experiment, &options);
    assert_true(json_is_null(member(made.data, "best")));
    assert_int_equal(json_array_size(member(made.data, "front")), 0);
    assert_string_equal(json_string_value(member(member(made.data, "points"), "status")), "ii");
    assert_true(json_is_null(member(member(made.data, "points"), "latency_seconds")));
    unmake(&made);
    sinter_experiment_free(experiment);
}

/* ---- memory --------------------------------------------------------------------------------------------------------- */

static void lines_survive_every_failed_allocation(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct lines lines = {.allocator = &counting.allocator};
        bool has_failed = false;
        sinter_counting_allocator_init(&counting, n);
        for (int i = 0; i < 300 && !has_failed; i++) {
            char text[64];
            snprintf(text, sizeof text, "a\nline %d\nb\n", i);
            int number = lines_add(&lines, text);
            has_failed = number < 0;
            assert_true(has_failed || number == i);
        }
        lines_free(&lines);
        assert_int_equal(counting.n_live, 0);
        if (!has_failed) {
            assert_true(n > 10);
            break;
        }
    }
}

static struct {
    long left, n_live; /* left < 0: without end */
} heap;

static void *scarce(size_t size)
{
    if (heap.left == 0)
        return NULL;
    heap.left -= heap.left > 0;
    void *block = malloc(size);
    heap.n_live += block != NULL;
    return block;
}

static void give_up(void *block)
{
    heap.n_live -= block != NULL;
    free(block);
}

static void json_that_runs_out_of_memory_is_an_error_and_leaks_nothing(void **state)
{
    struct explore_case *b = *state;
    struct sinter_explore_options options = {.n_threads = 1};
    struct sinter_exploration *exploration = explore(b, b->experiment, &options);
    struct sinter_explore_front *front = front_of(b, exploration);
    enum sinter_status status = SINTER_NO_MEMORY;
    json_set_alloc_funcs(scarce, give_up);
    for (long n = 0; status == SINTER_NO_MEMORY; n += n < 100 ? 1 : 61) {
        struct sinter_page page = {0};
        heap.left = n;
        status = sinter_page_explored(exploration, front, &origin, b->diags, &page);
        sinter_page_free(&page);
        assert_int_equal(heap.n_live, 0);
    }
    json_set_alloc_funcs(malloc, free);
    assert_int_equal(status, SINTER_OK);
    sinter_explore_front_free(front);
    sinter_exploration_free(exploration);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, explore_set_up, explore_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_column_has_an_item_for_each_point_or_one_for_all),
        CASE(columns_say_of_each_point_what_the_exploration_says),
        CASE(lines_give_back_each_schedule),
        CASE(the_front_has_the_files_of_its_accelerators),
#ifndef __SANITIZE_ADDRESS__
        CASE(ten_thousand_points_take_less_than_six_megabytes),
#endif
        CASE(the_same_exploration_gives_the_same_bytes),
        CASE(hostile_names_are_data),
        CASE(an_exploration_in_which_nothing_fits_has_a_page),
        cmocka_unit_test(lines_survive_every_failed_allocation),
        CASE(json_that_runs_out_of_memory_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
