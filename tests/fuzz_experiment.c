/* fuzz_experiment.c: any text as an experiment, and its lines as axes and formulas. What is accepted prints and reads back to the
 * same text; no point, place or formula leaves what it may.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "explore/axis.h"
#include "explore/formula.h"
#include "explore/grid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char accel_text[] = "accelerator: a\ntechnology: 28 nm\nclock: 1 GHz\narea: 222 mm2\nmemories:\n"
                                 "  - {name: dram, kind: dram, bandwidth: 4 GB/s}\n"
                                 "  - {name: buffer, kind: sram, capacity: 64 B, bandwidth: unlimited}\n"
                                 "units:\n  - {name: array, at: buffer, pes: [2, 2], cycles: {mac: 1}}\n";

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static struct sinter_experiment *parse(const char *text, size_t length)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_experiment *experiment = NULL;
    enum sinter_status status = sinter_experiment_parse("fuzz", text, length, NULL, diags, &experiment);
    expect((status == SINTER_OK) == (experiment != NULL));
    expect(status == SINTER_OK || sinter_diagnostics_errors(diags) > 0);
    (void)sinter_diagnostics_text(diags);
    sinter_diagnostics_free(diags);
    return experiment;
}

static void try_formula(const char *text, const struct sinter_accel *accel, struct sinter_diagnostics *diags)
{
    for (int is_condition = 0; is_condition < 2; is_condition++) {
        double value = 0;
        int n_errors = sinter_diagnostics_errors(diags);
        enum sinter_status status = formula_value(text, is_condition ? FORMULA_CONDITION : FORMULA_ANY, accel,
                                                  (struct sinter_location){"fuzz", 1, 1}, diags, &value);
        expect(status == SINTER_OK ? isfinite(value) != 0 : status == SINTER_BAD_INPUT);
        expect(sinter_diagnostics_errors(diags) == n_errors + (status != SINTER_OK) || n_errors >= 99);
        expect(status != SINTER_OK || !is_condition || value <= 0 || value >= 1);
    }
}

static void try_axis(const char *text, struct sinter_diagnostics *diags)
{
    struct sinter_arena *arena = sinter_arena_new(NULL);
    struct sinter_axis axis;
    if (axis_read(&axis, "x", text, arena, (struct sinter_location){"fuzz", 1, 1}, diags) == SINTER_OK) {
        expect(axis.n >= 1);
        for (int i = 0; i < axis.n && i < 1000; i++) {
            double value;
            enum sinter_dimension dimension;
            expect(axis.values[i][0] != '\0');
            (void)value_number(axis.values[i], &value, &dimension);
        }
    }
    sinter_arena_free(arena);
}

/* Each line, and what stands behind its colon, without quotes: in a corpus of files these are axes and formulas. */
static void try_lines(const char *text, size_t length)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_accel *accel = NULL;
    expect(sinter_accel_parse("a", accel_text, sizeof accel_text - 1, NULL, 0, NULL, NULL, &accel) == SINTER_OK);
    for (size_t begin = 0; begin < length;) {
        const char *end = memchr(text + begin, '\n', length - begin);
        size_t n = end != NULL ? (size_t)(end - text) - begin : length - begin;
        char *line = calloc(n + 1, 1);
        expect(line != NULL);
        memcpy(line, text + begin, n);
        char *colon = strstr(line, ": "), *values = colon != NULL ? colon + 2 : line;
        try_formula(line, accel, diags);
        try_formula(values, accel, diags);
        try_axis(values, diags);
        free(line);
        begin += n + 1;
    }
    sinter_accel_free(accel);
    sinter_diagnostics_free(diags);
}

static void try_grid(const struct sinter_experiment *experiment)
{
    struct sinter_arena *arena = sinter_arena_new(NULL);
    struct grid grid;
    expect(grid_new(experiment, arena, NULL, &grid) == SINTER_OK);
    expect(grid.n_points >= 1 && grid.n_points <= SINTER_MOST_POINTS);
    for (int64_t i = 0; i < 8; i++) {
        int64_t index = i < 4 ? i * (grid.n_points - 1) / 3 : i % grid.n_points, place = grid_index_of_place(&grid, index);
        int coordinates[SINTER_MAX_AXES];
        grid_coordinates(&grid, index, coordinates);
        expect(grid_index(&grid, coordinates) == index);
        expect(place >= 0 && place < grid.n_points);
        for (int axis = 0; axis < grid.n_axes; axis++) {
            int64_t smaller = grid_smaller(&grid, index, axis);
            expect(smaller >= -1 && smaller < grid.n_points && smaller != index);
        }
    }
    sinter_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct sinter_experiment *experiment = parse(text, size), *again;
    struct sinter_text first = {0}, second = {0};
    try_lines(text, size);
    if (experiment == NULL)
        return 0;
    try_grid(experiment);
    sinter_experiment_print(experiment, &first);
    again = parse(sinter_text_data(&first), first.length);
    expect(again != NULL);
    sinter_experiment_print(again, &second);
    expect(strcmp(sinter_text_data(&first), sinter_text_data(&second)) == 0);
    sinter_text_free(&first);
    sinter_text_free(&second);
    sinter_experiment_free(again);
    sinter_experiment_free(experiment);
    return 0;
}
