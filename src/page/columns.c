/* columns.c: the points of an exploration as columns of numbers.
 * SPDX-License-Identifier: MIT
 */
#include "page/columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what is kept of a point --------------------------------------------------------------------------------------- */

enum { N_OF_POINT = 6, N_OF_WORKLOAD = 6 };
static const char *const point_names[] = {"latency_seconds", "total_energy_joules", "area_mm2", "memory_bytes", "pes",
                                          "clock_hz"};
static const char *const workload_names[] = {"latency_cycles", "total_energy_joules", "dram_bytes",
                                             "peak_bytes",     "utilization",         "gap"};

struct gathering {
    struct jot *jot;
    struct sinter_exploration *exploration;
    struct sinter_diagnostics *diags;
    struct sinter_explore_point point; /* large: read into one place */
    struct lines lines;
    int n_lines, n_texts; /* that the page has */
    struct sinter_text statuses;
    json_t *of_point[N_OF_POINT];
    struct {
        json_t *columns[N_OF_WORKLOAD];
        struct sinter_text limits;
        int32_t *schedules; /* by point: the number of a text, -1: none */
    } of_workload[SINTER_MAX_WORKLOADS];
};

/* Whole numbers up to nine digits are exact, and shorter than with a fraction of zero. */
static json_t *jot_short(struct jot *jot, double value)
{
    char text[32];
    if (isfinite(value) && !(fabs(value) < 1e9 && floor(value) >= value)) {
        snprintf(text, sizeof text, "%.*g", COLUMN_DIGITS, value);
        value = strtod(text, NULL);
    }
    bool is_whole = fabs(value) < 1e9 && floor(value) >= value;
    return is_whole ? json_integer((json_int_t)value) : jot_real(jot, value);
}

static void add_number(struct jot *jot, json_t *column, bool is_known, double value)
{
    json_t *number = is_known ? jot_short(jot, value) : json_null();
    jot->failed = jot->failed || number == NULL;
    jot_add(jot, column, number);
}

static void add_workload(struct gathering *g, int w)
{
    const struct sinter_explored *one = &g->point.workloads[w];
    bool is_ok = g->point.is_built && one->is_known && one->status == SINTER_OK;
    double gap = one->least > 0 ? one->value / one->least - 1 : (double)NAN;
    double values[N_OF_WORKLOAD] = {one->cycles, one->total_joules, one->dram_bytes, one->peak_bytes, one->utilization, gap};
    for (int i = 0; i < N_OF_WORKLOAD; i++)
        add_number(g->jot, g->of_workload[w].columns[i], is_ok, values[i]);
    sinter_text_append(&g->of_workload[w].limits, !is_ok ? "-" : one->compute_cycles >= one->dram_cycles ? "c" : "d");
}

static void add_point(struct gathering *g)
{
    const struct sinter_explore_point *point = &g->point;
    double values[N_OF_POINT] = {point->seconds,      point->joules, point->area_mm2 > 0 ? point->area_mm2 : (double)NAN,
                                 point->memory_bytes, point->pes,    point->hz};
    for (int i = 0; i < N_OF_POINT; i++)
        add_number(g->jot, g->of_point[i], i < 2 ? point->fits : point->is_built, values[i]);
    sinter_text_append(&g->statuses, !point->is_built ? "n" : !point->is_complete ? "u" : !point->fits ? "i" : "o");
    for (int w = 0; w < g->exploration->experiment->n_workloads; w++)
        add_workload(g, w);
}

/* ---- texts --------------------------------------------------------------------------------------------------------- */

static enum sinter_status add_schedules(struct gathering *g)
{
    for (int w = 0; w < g->exploration->experiment->n_workloads && g->point.is_built; w++) {
        const char *schedule = g->point.workloads[w].schedule;
        int32_t *number = &g->of_workload[w].schedules[g->point.index];
        if (schedule == NULL || *number >= 0 || g->lines.n_bytes > MOST_TEXT_BYTES)
            continue;
        *number = lines_add(&g->lines, schedule);
        if (*number < 0)
            return SINTER_NO_MEMORY;
    }
    return SINTER_OK;
}

/* What an accelerator of the front is: its file, after axes, budget and formulas. */
static enum sinter_status add_accelerator(struct gathering *g, json_t *accelerators, int64_t index)
{
    struct sinter_accel *accel = NULL;
    struct sinter_text file = {0};
    enum sinter_status status = sinter_exploration_accel(g->exploration, index, g->diags, &accel);
    int number = -1;
    if (status == SINTER_OK) {
        sinter_accel_print(accel, &file);
        number = file.failed ? -1 : lines_add(&g->lines, sinter_text_data(&file));
        status = number < 0 ? SINTER_NO_MEMORY : SINTER_OK;
    }
    jot_add(g->jot, accelerators, jot_count(g->jot, number));
    sinter_text_free(&file);
    sinter_accel_free(accel);
    return status;
}

/* Of the front, from the fastest on, and of the recommended one. */
static enum sinter_status add_front(struct gathering *g, json_t *root, const struct sinter_explore_front *front)
{
    json_t *indices = jot_array(g->jot), *accelerators = jot_array(g->jot);
    enum sinter_status status = SINTER_OK;
    for (int64_t i = 0; i < front->n && status == SINTER_OK; i++) {
        jot_add(g->jot, indices, jot_count(g->jot, front->points[i]));
        if (g->lines.n_bytes > MOST_TEXT_BYTES)
            continue;
        if (i < MOST_ACCELERATORS)
            status = add_accelerator(g, accelerators, front->points[i]);
        if (status == SINTER_OK)
            status = sinter_exploration_point(g->exploration, front->points[i], g->diags, &g->point);
        if (status == SINTER_OK)
            status = add_schedules(g);
    }
    jot_put(g->jot, root, "best", jot_count(g->jot, front->best));
    jot_put(g->jot, root, "front", indices);
    jot_put(g->jot, root, "accelerators", accelerators);
    return status;
}

static enum sinter_status add_points(struct gathering *g)
{
    enum sinter_status status = SINTER_OK;
    for (int64_t i = 0; i < g->exploration->experiment->n_points && status == SINTER_OK; i++) {
        status = sinter_exploration_point(g->exploration, i, g->diags, &g->point);
        if (status != SINTER_OK)
            break;
        add_point(g);
        status = add_schedules(g);
    }
    return status;
}

/* ---- members ------------------------------------------------------------------------------------------------------- */

/* A column of equal items becomes the item. */
static void put_column(struct jot *jot, json_t *object, const char *name, json_t *column)
{
    size_t n = json_array_size(column), i = 1;
    while (i < n && json_equal(json_array_get(column, 0), json_array_get(column, i)))
        i++;
    if (n > 0 && i == n) {
        json_t *item = json_incref(json_array_get(column, 0));
        json_decref(column);
        column = item;
    }
    jot_put(jot, object, name, column);
}

static json_t *workload_member(struct gathering *g, int w)
{
    json_t *object = jot_object(g->jot), *schedules = jot_array(g->jot);
    for (int i = 0; i < N_OF_WORKLOAD; i++)
        put_column(g->jot, object, workload_names[i], g->of_workload[w].columns[i]);
    jot_put(g->jot, object, "limits", jot_text(g->jot, sinter_text_data(&g->of_workload[w].limits)));
    for (int64_t i = 0; i < g->exploration->experiment->n_points; i++) {
        int32_t number = g->of_workload[w].schedules[i];
        jot_add(g->jot, schedules, number < g->n_texts ? jot_count(g->jot, number) : json_null());
    }
    put_column(g->jot, object, "schedule", schedules);
    return object;
}

static json_t *points_member(struct gathering *g)
{
    const struct sinter_experiment *experiment = g->exploration->experiment;
    json_t *points = jot_object(g->jot), *workloads = jot_array(g->jot);
    jot_put(g->jot, points, "n", jot_count(g->jot, experiment->n_points));
    jot_put(g->jot, points, "status", jot_text(g->jot, sinter_text_data(&g->statuses)));
    g->jot->failed = g->jot->failed || g->statuses.failed;
    for (int i = 0; i < N_OF_POINT; i++)
        put_column(g->jot, points, point_names[i], g->of_point[i]);
    for (int w = 0; w < experiment->n_workloads; w++) {
        g->jot->failed = g->jot->failed || g->of_workload[w].limits.failed;
        jot_add(g->jot, workloads, workload_member(g, w));
    }
    jot_put(g->jot, points, "workloads", workloads);
    return points;
}

static bool open_columns(struct gathering *g)
{
    const struct sinter_experiment *experiment = g->exploration->experiment;
    bool has_memory = true;
    for (int i = 0; i < N_OF_POINT; i++)
        g->of_point[i] = jot_array(g->jot);
    for (int w = 0; w < experiment->n_workloads; w++) {
        for (int i = 0; i < N_OF_WORKLOAD; i++)
            g->of_workload[w].columns[i] = jot_array(g->jot);
        int32_t *schedules = sinter_allocate(NULL, (size_t)experiment->n_points, sizeof *schedules);
        for (int64_t i = 0; schedules != NULL && i < experiment->n_points; i++)
            schedules[i] = -1;
        g->of_workload[w].schedules = schedules;
        has_memory = has_memory && schedules != NULL;
    }
    return has_memory;
}

/* What no member took over, too. */
static void close_columns(struct gathering *g, bool has_members)
{
    for (int i = 0; i < N_OF_POINT && !has_members; i++)
        json_decref(g->of_point[i]);
    for (int w = 0; w < g->exploration->experiment->n_workloads; w++) {
        for (int i = 0; i < N_OF_WORKLOAD && !has_members; i++)
            json_decref(g->of_workload[w].columns[i]);
        sinter_text_free(&g->of_workload[w].limits);
        sinter_release(NULL, g->of_workload[w].schedules);
    }
    sinter_text_free(&g->statuses);
    lines_free(&g->lines);
    sinter_release(NULL, g);
}

enum sinter_status put_columns(struct jot *jot, json_t *root, struct sinter_exploration *exploration,
                               const struct sinter_explore_front *front, struct sinter_diagnostics *diags)
{
    struct gathering *g = sinter_allocate(NULL, 1, sizeof *g);
    if (g == NULL)
        return SINTER_NO_MEMORY;
    g->jot = jot;
    g->exploration = exploration;
    g->diags = diags;
    enum sinter_status status = open_columns(g) ? add_front(g, root, front) : SINTER_NO_MEMORY;
    g->n_lines = g->lines.lines.n;
    g->n_texts = g->lines.texts.n;
    if (status == SINTER_OK)
        status = add_points(g);
    if (g->lines.n_bytes <= MOST_TEXT_BYTES) { /* all of them fit */
        g->n_lines = g->lines.lines.n;
        g->n_texts = g->lines.texts.n;
    }
    bool has_members = status == SINTER_OK && !jot->failed;
    if (has_members) {
        jot_put(jot, root, "points", points_member(g));
        jot_put(jot, root, "texts", jot_lines(jot, &g->lines, g->n_lines, g->n_texts));
    }
    close_columns(g, has_members);
    return status;
}
