/* test_grid.c: every order of a sweep's points visits each of them once, and each point is the accelerator that it says.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect_error.h"
#include "explore/axis.h"
#include "explore/formula.h"
#include "explore/grid.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TINY "examples/tiny.accel.yaml" /* 1 GHz, dram 4 GB/s, buffer 64 B unlimited, array [2, 2]; no area */

struct bench {
    struct sinter_diagnostics *diags;
    struct sinter_experiment *experiment;
    struct sinter_arena *arena;
    struct grid grid;
};

/* The rest of an experiment's file after its accelerator. */
static void open_grid(struct bench *b, const char *accelerator, const char *rest)
{
    struct sinter_text text = {0};
    b->diags = sinter_diagnostics_new(NULL);
    b->arena = sinter_arena_new(NULL);
    sinter_text_printf(&text, "{experiment: e, accelerator: %s, workloads: [{model: m}], %s}", accelerator, rest);
    if (sinter_experiment_parse("f", sinter_text_data(&text), text.length, NULL, b->diags, &b->experiment) != SINTER_OK ||
        grid_new(b->experiment, b->arena, b->diags, &b->grid) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(b->diags));
    sinter_text_free(&text);
}

static void close_grid(struct bench *b)
{
    sinter_experiment_free(b->experiment);
    sinter_arena_free(b->arena);
    sinter_diagnostics_free(b->diags);
}

/* ---- orders -------------------------------------------------------------------------------------------------------------- */

static const char *const shapes[] = {
    "axes: {}",
    "axes: {clock: [1 GHz]}",
    "axes: {buffer.capacity: [64 B, 16 B, 32 B]}",
    "axes: {dram.bandwidth: [4 GB/s, 1 GB/s, 2 GB/s, 3 GB/s], buffer.capacity: 16B..64B:lin:5}",
    "axes: {buffer.capacity: 64B..16B:lin:7, clock: [2 GHz, 1 GHz, 3 GHz], array.pes: [[4, 4], [1, 1], [2, 4], [4, 2]]}",
    "axes: {area_model: [shares, components], clock: [2 GHz, 1 GHz], x.capacity: [1 KiB, 1 MiB, 512 B], y.capacity: [9 B, 2 "
    "B]}",
    "axes: {a: [1, 2], b: [2, 1], c: [1], d: [5, 6, 4], e: [1 MiB, 1 kB], f: [one, two], g: [1 GHz, 1 MiB]}",
};

static void an_index_and_its_coordinates_agree(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT(shapes); s++) {
        struct bench b;
        int expected[SINTER_MAX_AXES] = {0}, coordinates[SINTER_MAX_AXES] = {0};
        open_grid(&b, TINY, shapes[s]);
        for (int64_t index = 0; index < b.grid.n_points; index++) { /* as an odometer: the last axis is the fastest */
            grid_coordinates(&b.grid, index, coordinates);
            assert_memory_equal(coordinates, expected, (size_t)b.grid.n_axes * sizeof *expected);
            assert_int_equal(grid_index(&b.grid, coordinates), index);
            for (int i = b.grid.n_axes - 1; i >= 0 && ++expected[i] == b.experiment->axes[i].n; i--)
                expected[i] = 0;
        }
        close_grid(&b);
    }
}

static void places_and_steps_visit_each_point_once(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (int is_step = 0; is_step < 2; is_step++) {
            struct bench b;
            open_grid(&b, TINY, shapes[s]);
            bool *seen = calloc((size_t)b.grid.n_points, sizeof *seen);
            assert_non_null(seen);
            for (int64_t i = 0; i < b.grid.n_points; i++) {
                int64_t index = is_step ? grid_index_of_step(&b.grid, i) : grid_index_of_place(&b.grid, i);
                assert_true(index >= 0 && index < b.grid.n_points);
                assert_false(seen[index]);
                seen[index] = true;
            }
            free(seen);
            close_grid(&b);
        }
}

/* Large memories first, and each memory for as long as there is something else to vary. */
static void places_go_through_capacities_from_large_to_small(void **state)
{
    struct bench b;
    double before[2] = {0, 0};
    (void)state;
    open_grid(&b, TINY,
              "axes: {clock: [2 GHz, 1 GHz], l1.capacity: [1 B, 4 B, 2 B], n: [1, 2, 3], l2.capacity: [1 KiB, 2 KiB]}");
    for (int64_t place = 0; place < b.grid.n_points; place++) {
        int coordinates[SINTER_MAX_AXES];
        double now[2];
        enum sinter_dimension dimension;
        grid_coordinates(&b.grid, grid_index_of_place(&b.grid, place), coordinates);
        assert_true(value_number(b.experiment->axes[1].values[coordinates[1]], &now[0], &dimension));
        assert_true(value_number(b.experiment->axes[3].values[coordinates[3]], &now[1], &dimension));
        if (place > 0)
            assert_true(now[0] < before[0] || (!(now[0] > before[0]) && now[1] <= before[1]));
        memcpy(before, now, sizeof now);
    }
    close_grid(&b);
}

/* What changes which tiles fit is slow, what changes only how long they take is fast: so a search learns most from the one before. */
static void places_go_through_bandwidths_and_energies_fastest(void **state)
{
    static const int order[] = {2, 1, 4, 0, 3};
    struct bench b;
    (void)state;
    open_grid(
        &b, TINY,
        "axes: {dram.bandwidth: [1 GB/s, 2 GB/s], array.pes: [1, 2], buffer.capacity: [1 B, 2 B], dram.energy: [1 pJ/bit, "
        "2 pJ/bit], clock: [1 GHz, 2 GHz]}");
    for (int i = 0; i < b.grid.n_axes; i++)
        assert_int_equal(b.grid.order[i], order[i]);
    for (int64_t place = 0; place < b.grid.n_points; place++) {
        int coordinates[SINTER_MAX_AXES];
        grid_coordinates(&b.grid, grid_index_of_place(&b.grid, place), coordinates);
        for (int i = 0; i < b.grid.n_axes; i++) /* as the digits of the place; capacities from large to small */
            assert_int_equal(coordinates[order[i]] != (i == 0), place >> (b.grid.n_axes - 1 - i) & 1);
    }
    close_grid(&b);
}

static double number_at(const struct bench *b, int64_t index, int axis)
{
    int coordinates[SINTER_MAX_AXES];
    double number = 0;
    enum sinter_dimension dimension;
    grid_coordinates(&b->grid, index, coordinates);
    assert_true(value_number(b->experiment->axes[axis].values[coordinates[axis]], &number, &dimension));
    return number;
}

static void smaller_neighbours_are_the_next_smaller_and_come_earlier(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT(shapes); s++) {
        struct bench b;
        open_grid(&b, TINY, shapes[s]);
        int64_t *step_of = calloc((size_t)b.grid.n_points, sizeof *step_of);
        assert_non_null(step_of);
        for (int64_t step = 0; step < b.grid.n_points; step++)
            step_of[grid_index_of_step(&b.grid, step)] = step;
        for (int64_t index = 0; index < b.grid.n_points; index++)
            for (int axis = 0; axis < b.grid.n_axes; axis++) {
                const struct sinter_axis *along = &b.experiment->axes[axis];
                int64_t smaller = grid_smaller(&b.grid, index, axis);
                int here[SINTER_MAX_AXES], there[SINTER_MAX_AXES];
                bool is_ordered = strcmp(along->values[0], "shares") != 0 && strcmp(along->values[0], "one") != 0 &&
                                  strcmp(along->field, "g") != 0; /* of two kinds */
                assert_int_equal(b.grid.axes[axis].is_ordered, is_ordered);
                if (smaller < 0) { /* then there is none: a smaller value, or an equal one that is listed before */
                    for (int k = 0; k < along->n && is_ordered; k++) {
                        double number;
                        enum sinter_dimension dimension;
                        assert_true(value_number(along->values[k], &number, &dimension));
                        assert_true(number >= number_at(&b, index, axis));
                    }
                    continue;
                }
                assert_true(is_ordered);
                assert_true(number_at(&b, smaller, axis) <= number_at(&b, index, axis));
                assert_true(step_of[smaller] < step_of[index]);
                grid_coordinates(&b.grid, index, here);
                grid_coordinates(&b.grid, smaller, there);
                for (int i = 0; i < b.grid.n_axes; i++)
                    assert_true((here[i] == there[i]) == (i != axis));
                for (int k = 0; k < along->n; k++) { /* nothing lies between */
                    double number;
                    enum sinter_dimension dimension;
                    assert_true(value_number(along->values[k], &number, &dimension));
                    assert_true(number <= number_at(&b, smaller, axis) || number >= number_at(&b, index, axis));
                }
            }
        free(step_of);
        close_grid(&b);
    }
}

/* ---- accelerators -------------------------------------------------------------------------------------------------------- */

/* What a field of a point's accelerator is; NULL: there is no such accelerator, and the message says why. */
static void points_are_the_accelerators_that_they_say(void **state)
{
    static const struct {
        const char *accelerator, *rest;
        int64_t index;
        const char *field;
        double value;
        const char *reason;
    } rows[] = {
        {TINY, "axes: {}", 0, "dram.bandwidth", 4e9, NULL},
        {TINY, "set: {clock: 2 GHz}", 0, "clock", 2e9, NULL},
        {TINY, "axes: {buffer.capacity: [32 B, 1 KiB]}", 1, "buffer.capacity", 1024, NULL},
        {TINY, "set: {clock: 2 GHz}, axes: {clock: [3 GHz, 4 GHz]}", 1, "clock", 4e9, NULL}, /* an axis counts more */
        {TINY, "axes: {clock: [3 GHz, 4 GHz], dram.bandwidth: [1 GB/s, 2 GB/s]}", 2, "clock", 4e9, NULL},
        {TINY, "axes: {clock: [3 GHz, 4 GHz], dram.bandwidth: [1 GB/s, 2 GB/s]}", 2, "dram.bandwidth", 1e9, NULL},
        {TINY, "axes: {array.pes: [[2, 2], [4, 8]]}", 1, "array.pes", 32, NULL},
        /* formulas see what is set and the axes, but not one another */
        {TINY, "derive: {dram.bandwidth: clock * 2 B}", 0, "dram.bandwidth", 2e9, NULL},
        {TINY, "axes: {clock: [1 GHz, 2 GHz]}, derive: {dram.bandwidth: clock * 2 B}", 1, "dram.bandwidth", 4e9, NULL},
        {TINY, "set: {clock: 3 GHz}, derive: {dram.bandwidth: clock * 2 B}", 0, "dram.bandwidth", 6e9, NULL},
        {TINY, "derive: {clock: clock * 2, dram.bandwidth: clock * 3 B}", 0, "dram.bandwidth", 3e9, NULL},
        {TINY, "derive: {buffer.capacity: buffer.capacity * 1.51}", 0, "buffer.capacity", 96, NULL}, /* whole bytes, down */
        {TINY, "derive: {array.pes: 'array.pes * 1.9'}", 0, "array.pes", 7, NULL},
        {TINY, "derive: {dram.latency: 10 ns}", 0, "dram.latency", 1e-8, NULL},
        /* conditions see what was derived */
        {TINY, "derive: {clock: clock * 2}, where: [clock == 2 GHz]", 0, "clock", 2e9, NULL},
        {TINY, "axes: {clock: [1 GHz, 2 GHz]}, where: [clock <= 1 GHz]", 0, "clock", 1e9, NULL},
        {TINY, "axes: {clock: [1 GHz, 2 GHz]}, where: [clock <= 1 GHz]", 1, NULL, 0, "f:1:120: not so: clock <= 1 GHz"},
        {TINY, "where: [clock > 0, clock > 1 GHz, clock > 2 GHz]", 0, NULL, 0, "f:1:100: not so: clock > 1 GHz"},
        {TINY, "where: [buffer.bandwidth <= 1 TB/s]", 0, NULL, 0, "f:1:89: not so: buffer.bandwidth <= 1 TB/s"},
        /* there is no such accelerator */
        {TINY, "derive: {clock: clock - 1 GHz}", 0, NULL, 0, "f:1:97: clock: expected 1 Hz to 1e15 Hz, found '0 Hz'"},
        {TINY, "axes: {clock: [1 GHz, 2 GHz]}, derive: {dram.bandwidth: 1 GB/s * sqrt(1.5 - clock / 1 GHz)}", 1, NULL, 0,
         "f:1:137: the formula '1 GB/s * sqrt(1.5 - clock / 1 GHz)' has no finite value"},
        {"marca", "axes: {area_budget: [222 mm2]}", 0, NULL, 0,
         "f:1:83: area_budget: an area that is stated cannot be filled | add 'area_model: shares' or 'area_model: "
         "components'"},
        {"marca", "set: {area_model: shares}, axes: {area_budget: [222 mm2, 1 mm2]}", 1, NULL, 0,
         "f:1:119: area_budget: everything but unit 'array' takes 177.6 of 1 mm2, which leaves nothing for its PEs of 5420 "
         "um2 | make a memory smaller, or the budget larger"},
        {"marca", "set: {area_model: components}, axes: {area_budget: [222 mm2, 1 mm2]}", 1, NULL, 0,
         "f:1:123: area_budget: everything but unit 'array' takes 27.9 of 1 mm2, which leaves nothing for its PEs of 4480 "
         "um2 | make a memory smaller, or the budget larger"},
    };
    int n_failed = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bench b;
        struct sinter_accel *accel = NULL;
        open_grid(&b, rows[i].accelerator, rows[i].rest);
        enum sinter_status status = grid_accel(&b.grid, rows[i].index, NULL, b.diags, &accel);
        assert_int_equal(status == SINTER_OK, accel != NULL);
        if (status != (rows[i].field != NULL ? SINTER_OK : SINTER_INFEASIBLE))
            fail_msg("%s: %s\n%s", rows[i].rest, sinter_status_name(status), sinter_diagnostics_text(b.diags));
        if (rows[i].field != NULL) {
            double value = 0;
            enum sinter_dimension dimension;
            assert_true(accel_field(accel, rows[i].field, strlen(rows[i].field), &value, &dimension));
            if (value < rows[i].value || value > rows[i].value)
                fail_msg("%s: %s is %.17g", rows[i].rest, rows[i].field, value);
        } else {
            n_failed += differs_from(rows[i].reason, b.diags, rows[i].rest);
        }
        sinter_accel_free(accel);
        close_grid(&b);
    }
    assert_int_equal(n_failed, 0);
}

static void the_base_has_neither_axes_nor_formulas_nor_a_budget(void **state)
{
    struct bench b;
    struct sinter_accel *accel = NULL;
    (void)state;
    open_grid(&b, TINY,
              "set: {clock: 2 GHz, area_budget: 1 um2, area_model: components}, axes: {buffer.capacity: [1 MiB]}, "
              "derive: {dram.bandwidth: 1 B/s}, where: [clock < 1 Hz]");
    if (grid_base(&b.grid, NULL, b.diags, &accel) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(b.diags));
    assert_true(accel->hz == 2e9);
    assert_true(accel->memories[0].bytes_per_s == 4e9);
    assert_true(accel->memories[1].capacity_bytes == 64);
    sinter_accel_free(accel);
    close_grid(&b);
}

/* ---- checking ------------------------------------------------------------------------------------------------------------ */

static enum sinter_status check_rest(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    struct sinter_experiment *experiment = NULL;
    struct sinter_arena *arena = sinter_arena_new(NULL);
    struct grid grid;
    struct sinter_text whole = {0};
    sinter_text_append(&whole, "experiment: e\nworkloads: [{model: m}]\n");
    sinter_text_append_n(&whole, text, length);
    assert_int_equal(sinter_experiment_parse("f", sinter_text_data(&whole), whole.length, NULL, NULL, &experiment),
                     SINTER_OK);
    assert_int_equal(grid_new(experiment, arena, diags, &grid), SINTER_OK);
    enum sinter_status status = grid_check(&grid, NULL, diags);
    sinter_text_free(&whole);
    sinter_experiment_free(experiment);
    sinter_arena_free(arena);
    return status;
}

static const struct mistake checks[] = {
    {"accelerator: " TINY "\nset: {clok: 2 GHz}\n",
     "f:4:13: set 'clok': the accelerator has no such field | did you mean 'clock'?"},
    {"accelerator: " TINY "\nset: {clock: 2 MiB}\n", "f:4:14: expected a frequency, found '2 MiB': unknown unit 'MiB' | "
                                                     "write a number and one of GHz, MHz, kHz, Hz, for example '1 GHz'"},
    {"accelerator: " TINY "\nset: {buffer.size: 2 MiB}\n",
     "f:4:20: unknown field 'size' in memory 'buffer' | known are name, kind, capacity, bandwidth, energy, double, parent, "
     "link, latency, burst, write_bandwidth, cells, width, leakage"},
    {"accelerator: " TINY "\nset: {cache.capacity: 2 MiB}\n",
     "f:4:23: set 'cache.capacity': the accelerator has no such field | fields are memories' (buffer.capacity), units' "
     "(array.pes), clock, area and so on"},
    {"accelerator: " TINY "\naxes: {clok: 1 GHz}\n",
     "f:4:8: axis 'clok': the accelerator has no such field | did you mean 'clock'?"},
    {"accelerator: " TINY "\naxes: {clock: [1 GHz, 2 MiB]}\n",
     "f:4:23: expected a frequency, found '2 MiB': unknown unit 'MiB' | write a number and one of GHz, MHz, kHz, Hz, for "
     "example '1 GHz'"},
    {"accelerator: " TINY "\naxes: {array.pes: ['[2, 2]', '[2, 0]']}\n",
     "f:4:35: pes of unit 'array': expected a whole number of at least 1, found '0'"},
    {"accelerator: " TINY "\naxes: {buffer.capcity: 1 MiB}\n",
     "f:4:24: unknown field 'capcity' in memory 'buffer' | did you mean 'capacity'?"},
    {"accelerator: " TINY "\naxes: {cache.capacity: 2 MiB}\n",
     "f:4:8: axis 'cache.capacity': the accelerator has no such field | fields are memories' (buffer.capacity), units' "
     "(array.pes), clock, area and so on"},
    {"accelerator: " TINY "\naxes: {dram.bandwidth: 0 GB/s}\n",
     "f:4:24: bandwidth of memory 'dram': expected at least 1 B/s, or 'unlimited', found '0 GB/s'"},
    {"accelerator: " TINY "\nderive: {clok: 1 GHz}\n",
     "f:4:16: 'clok' is no field that could be derived | such as MEMORY.bandwidth, MEMORY.capacity, UNIT.pes or clock"},
    {"accelerator: " TINY "\nderive: {buffer.double: 1}\n", "f:4:25: 'buffer.double' is no field that could be derived | "
                                                            "such as MEMORY.bandwidth, MEMORY.capacity, UNIT.pes or clock"},
    {"accelerator: " TINY "\nderive: {clock: 1 GHz *}\n",
     "f:4:24: a number, a field or '(' is missing in the formula '1 GHz *', at ''"},
    {"accelerator: " TINY "\nderive: {clock: clok}\n",
     "f:4:17: a name is neither a field nor a function in the formula 'clok', at 'clok' | did you mean 'clock'?"},
    {"accelerator: " TINY "\nderive: {clock: 1 GHz < 2 GHz}\n",
     "f:4:23: something is left over in the formula '1 GHz < 2 GHz', at '< 2 GHz'"},
    {"accelerator: " TINY "\naxes: {clock: [1 GHz, 2 GHz]}\nderive: {clock: 3 GHz}\n",
     "f:5:17: axis 'clock' and a formula decide the same field | leave one of the two out"},
    {"accelerator: marca\nset: {area_model: shares, area_budget: 222 mm2}\naxes: {array.pes: [[64, 128]]}\n",
     "f:5:8: axis 'array.pes' and the budget of area decide the same field | leave one of the two out"},
    {"accelerator: " TINY "\nwhere: [clock]\n",
     "f:4:14: a comparison is missing in the formula 'clock', at '' | such as 'area <= 222 mm2'"},
    {"accelerator: " TINY "\nwhere: [clock < 1 GHz, clok < 1 GHz]\n",
     "f:4:24: a name is neither a field nor a function in the formula 'clok < 1 GHz', at 'clok < 1 GHz' | did you mean "
     "'clock'?"},
    {"accelerator: " TINY "\nwhere: [0 / 0 < 1]\n", "f:4:9: the formula '0 / 0 < 1' has no finite value"},
};

static void mistakes_are_told_before_anything_is_computed(void **state)
{
    (void)state;
    EXPECT_MISTAKES(checks, check_rest);
}

/* What fails for some points only is no mistake. */
static void what_only_some_points_break_is_no_mistake(void **state)
{
    static const char *const rests[] = {
        "accelerator: " TINY "\nwhere: [clock < 1 Hz]\n",
        "accelerator: marca\nset: {area_model: shares}\naxes: {area_budget: [1 mm2, 222 mm2], buffer.capacity: [1 MiB, 24 "
        "MiB]}\n",
        "accelerator: " TINY
        "\nset: {area_model: components}\naxes: {buffer.capacity: [64 B, 1 MiB]}\nwhere: [area < 1 mm2]\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rests); i++) {
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        if (check_rest(rests[i], strlen(rests[i]), diags) != SINTER_OK)
            fail_msg("%s\n%s", rests[i], sinter_diagnostics_text(diags));
        sinter_diagnostics_free(diags);
    }
}

static void building_survives_every_failed_allocation(void **state)
{
    struct bench b;
    (void)state;
    open_grid(&b, TINY, "axes: {buffer.capacity: [1 KiB, 2 KiB]}, derive: {clock: clock * 2}, where: [clock > 1 GHz]");
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_accel *accel = NULL, *base = NULL;
        sinter_counting_allocator_init(&counting, n);
        enum sinter_status status = grid_check(&b.grid, &counting.allocator, NULL);
        if (status == SINTER_OK)
            status = grid_accel(&b.grid, 1, &counting.allocator, NULL, &accel);
        if (status == SINTER_OK)
            status = grid_base(&b.grid, &counting.allocator, NULL, &base);
        sinter_accel_free(accel);
        sinter_accel_free(base);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_true(n > 8);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
    close_grid(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_and_its_coordinates_agree),
        cmocka_unit_test(places_and_steps_visit_each_point_once),
        cmocka_unit_test(places_go_through_capacities_from_large_to_small),
        cmocka_unit_test(places_go_through_bandwidths_and_energies_fastest),
        cmocka_unit_test(smaller_neighbours_are_the_next_smaller_and_come_earlier),
        cmocka_unit_test(points_are_the_accelerators_that_they_say),
        cmocka_unit_test(the_base_has_neither_axes_nor_formulas_nor_a_budget),
        cmocka_unit_test(mistakes_are_told_before_anything_is_computed),
        cmocka_unit_test(what_only_some_points_break_is_no_mistake),
        cmocka_unit_test(building_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
