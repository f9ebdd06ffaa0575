/* explore_data.c: an exploration as JSON and CSV, point by point: it may be long.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/explore.h"

static bool pour(const struct sinter_sink *sink, struct sinter_text *text)
{
    bool is_done = !text->failed && sink->write(sink->context, sinter_text_data(text), text->length);
    text->length = 0;
    return is_done;
}

static const char *phase_name(enum sinter_phase phase)
{
    return phase == SINTER_DECODE ? "decode" : "prefill";
}

/* ---- JSON --------------------------------------------------------------------------------------------------------------- */

static json_t *jot_explored(struct jot *jot, const struct sinter_explored *one, bool has_schedule)
{
    json_t *object = jot_object(jot);
    bool is_ok = one->is_known && one->status == SINTER_OK;
    jot_put(jot, object, "status", jot_text(jot, !one->is_known ? "unknown" : is_ok ? "ok" : "infeasible"));
    if (!is_ok)
        return object;
    jot_put(jot, object, "latency_cycles", jot_real(jot, one->cycles));
    jot_put(jot, object, "latency_seconds", jot_real(jot, one->seconds));
    jot_put(jot, object, "tokens_per_second", jot_positive(jot, one->tokens_per_second));
    jot_put(jot, object, "bound_cycles", jot_real(jot, one->bound_cycles));
    jot_put(jot, object, "value", jot_real(jot, one->value));
    jot_put(jot, object, "least", jot_positive(jot, one->least));
    jot_put(jot, object, "gap", one->least > 0 ? jot_real(jot, one->value / one->least - 1) : jot_real(jot, (double)NAN));
    jot_put(jot, object, "energy_joules", jot_real(jot, one->joules));
    jot_put(jot, object, "total_energy_joules", jot_real(jot, one->total_joules));
    jot_put(jot, object, "dram_bytes", jot_real(jot, one->dram_bytes));
    jot_put(jot, object, "peak_bytes", jot_real(jot, one->peak_bytes));
    jot_put(jot, object, "utilization", jot_real(jot, one->utilization));
    jot_put(jot, object, "compute_cycles", jot_real(jot, one->compute_cycles));
    jot_put(jot, object, "dram_cycles", jot_real(jot, one->dram_cycles));
    if (has_schedule)
        jot_put(jot, object, "schedule", jot_text(jot, one->schedule));
    return object;
}

json_t *jot_point(struct jot *jot, const struct sinter_exploration *exploration, const struct sinter_explore_point *point,
                  bool has_schedule)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    json_t *object = jot_object(jot), *values = jot_object(jot), *workloads = jot_array(jot);
    if (point->index >= 0)
        jot_put(jot, object, "index", jot_count(jot, point->index));
    for (int i = 0; i < experiment->n_axes && point->index >= 0; i++)
        jot_put(jot, values, experiment->axes[i].field, jot_text(jot, experiment->axes[i].values[point->coordinates[i]]));
    jot_put(jot, object, "values", values);
    jot_put(jot, object, "status",
            jot_text(jot, !point->is_built      ? "not built"
                          : !point->is_complete ? "incomplete"
                          : !point->fits        ? "infeasible"
                                                : "ok"));
    if (point->is_built) {
        jot_put(jot, object, "area_mm2", jot_positive(jot, point->area_mm2));
        jot_put(jot, object, "memory_bytes", jot_real(jot, point->memory_bytes));
        jot_put(jot, object, "pes", jot_real(jot, point->pes));
        jot_put(jot, object, "clock_hz", jot_real(jot, point->hz));
        for (int w = 0; w < experiment->n_workloads; w++)
            jot_add(jot, workloads, jot_explored(jot, &point->workloads[w], has_schedule));
    }
    if (point->fits) {
        jot_put(jot, object, "is_in_time", jot_boolean(point->is_in_time));
        jot_put(jot, object, "latency_seconds", jot_real(jot, point->seconds));
        jot_put(jot, object, "total_energy_joules", jot_real(jot, point->joules));
    }
    jot_put(jot, object, "workloads", workloads);
    return object;
}

json_t *jot_workloads(struct jot *jot, const struct sinter_experiment *experiment)
{
    json_t *array = jot_array(jot);
    for (int w = 0; w < experiment->n_workloads; w++) {
        const struct sinter_explore_workload *workload = &experiment->workloads[w];
        json_t *object = jot_object(jot);
        jot_put(jot, object, "model", jot_text(jot, workload->model));
        jot_put(jot, object, "variant", jot_text(jot, workload->variant));
        jot_put(jot, object, "phase", jot_text(jot, phase_name(workload->phase)));
        jot_put(jot, object, "tokens", workload->tokens > 0 ? jot_count(jot, workload->tokens) : jot_count(jot, -1));
        jot_put(jot, object, "batch", jot_count(jot, workload->batch > 0 ? workload->batch : 1));
        jot_put(jot, object, "weight", jot_real(jot, workload->weight));
        jot_put(jot, object, "limit_seconds", jot_positive(jot, workload->limit_seconds));
        jot_add(jot, array, object);
    }
    return array;
}

/* What does not depend on how it was run: neither seconds, nor what the store had. */
json_t *jot_summary(struct jot *jot, const struct sinter_exploration *exploration, const struct sinter_explore_front *front)
{
    json_t *object = jot_object(jot);
    int64_t n_known = exploration->n_computed + exploration->n_found + exploration->n_unbuilt;
    jot_put(jot, object, "points", jot_count(jot, exploration->experiment->n_points));
    jot_put(jot, object, "cases", jot_count(jot, exploration->n_cases));
    jot_put(jot, object, "cases_not_built", jot_count(jot, exploration->n_unbuilt));
    jot_put(jot, object, "cases_infeasible", jot_count(jot, exploration->n_infeasible));
    jot_put(jot, object, "cases_searched", jot_count(jot, exploration->n_searched));
    jot_put(jot, object, "cases_proven", jot_count(jot, exploration->n_proven));
    jot_put(jot, object, "points_that_fit", jot_count(jot, front->n_fit));
    jot_put(jot, object, "points_in_time", jot_count(jot, front->n_in_time));
    jot_put(jot, object, "worst_gap", jot_real(jot, exploration->worst_gap));
    jot_put(jot, object, "is_part", jot_boolean(exploration->is_part));
    jot_put(jot, object, "is_complete", jot_boolean(!exploration->is_stopped && n_known == exploration->n_cases));
    return object;
}

static enum sinter_status read_point(struct sinter_exploration *exploration, int64_t index, struct sinter_diagnostics *diags,
                                     struct sinter_explore_point *point)
{
    return sinter_exploration_point(exploration, index, diags, point);
}

static enum sinter_status write_json(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                     bool wants_all, const struct sinter_sink *sink, struct sinter_diagnostics *diags)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    static struct sinter_explore_point none;
    struct sinter_explore_point point = none;
    struct sinter_text text = {0}, printed = {0};
    struct jot jot = {false};
    json_t *root = jot_object(&jot), *members = jot_array(&jot);
    enum sinter_status status = SINTER_OK;
    sinter_experiment_print(experiment, &printed);
    jot_put(&jot, root, "schema", jot_text(&jot, "sinter.explore/1"));
    jot_put(&jot, root, "experiment", jot_text(&jot, sinter_text_data(&printed)));
    jot_put(&jot, root, "layers", jot_text(&jot, experiment->is_whole ? "all" : "one"));
    jot_put(&jot, root, "workloads", jot_workloads(&jot, experiment));
    jot_put(&jot, root, "summary", jot_summary(&jot, exploration, front));
    if (exploration->has_base)
        jot_put(&jot, root, "base", jot_point(&jot, exploration, &exploration->base, true));
    if (front->best >= 0) {
        status = read_point(exploration, front->best, diags, &point);
        jot_put(&jot, root, "best", jot_point(&jot, exploration, &point, true));
    }
    for (int64_t i = 0; i < front->n && status == SINTER_OK; i++) {
        status = read_point(exploration, front->points[i], diags, &point);
        jot_add(&jot, members, jot_point(&jot, exploration, &point, true));
    }
    jot_put(&jot, root, "front", members);
    if (jot_finish(&jot, root, &text) != SINTER_OK)
        status = SINTER_NO_MEMORY;
    sinter_text_free(&printed);
    if (status == SINTER_OK && wants_all) { /* "\n}\n" gives way to one more member */
        text.length -= text.length > 3 ? 3 : 0;
        sinter_text_append(&text, ",\n  \"points\": [\n");
    }
    bool is_going = status == SINTER_OK && pour(sink, &text);
    for (int64_t i = 0; i < experiment->n_points && wants_all && is_going && status == SINTER_OK; i++) {
        struct jot one = {false};
        status = read_point(exploration, i, diags, &point);
        char *dump = NULL;
        json_t *object = jot_point(&one, exploration, &point, false);
        if (!one.failed)
            dump = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17));
        json_decref(object);
        sinter_text_append(&text, dump != NULL ? dump : "");
        status = dump == NULL ? SINTER_NO_MEMORY : status;
        free(dump);
        sinter_text_append(&text, i + 1 < experiment->n_points ? ",\n" : "\n  ]\n}\n");
        is_going = pour(sink, &text);
    }
    sinter_text_free(&text);
    return status;
}

/* ---- CSV: a row for each point and workload ---------------------------------------------------------------------------- */

static const char *const columns[] = {"tokens",
                                      "batch",
                                      "phase",
                                      "status",
                                      "area_mm2",
                                      "memory_bytes",
                                      "pes",
                                      "latency_cycles",
                                      "bound_cycles",
                                      "value",
                                      "least",
                                      "energy_joules",
                                      "total_energy_joules",
                                      "dram_bytes",
                                      "peak_bytes",
                                      "utilization",
                                      "is_on_front",
                                      "is_best",
                                      "clock_hz",
                                      "latency_seconds",
                                      "tokens_per_second",
                                      "gap",
                                      "is_in_time"};

static void csv_head(const struct sinter_experiment *experiment, struct sinter_text *out)
{
    int n = 0;
    sinter_csv_field(out, &n, "index");
    for (int i = 0; i < experiment->n_axes; i++)
        sinter_csv_field(out, &n, experiment->axes[i].field);
    sinter_csv_field(out, &n, "model");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        sinter_csv_field(out, &n, columns[i]);
    sinter_csv_end(out, &n);
}

static void csv_row(const struct sinter_experiment *experiment, const struct sinter_explore_point *point, int w,
                    bool is_on_front, bool is_best, struct sinter_text *out)
{
    const struct sinter_explore_workload *workload = &experiment->workloads[w];
    const struct sinter_explored *one = &point->workloads[w];
    bool is_ok = one->is_known && one->status == SINTER_OK;
    double nothing = (double)NAN;
    int n = 0;
    sinter_csv_integer(out, &n, point->index);
    for (int i = 0; i < experiment->n_axes; i++)
        sinter_csv_field(out, &n, experiment->axes[i].values[point->coordinates[i]]);
    sinter_csv_field(out, &n, workload->model);
    sinter_csv_integer(out, &n, workload->tokens);
    sinter_csv_integer(out, &n, workload->batch > 0 ? workload->batch : 1);
    sinter_csv_field(out, &n, phase_name(workload->phase));
    sinter_csv_field(out, &n, !point->is_built ? "not built" : !one->is_known ? "unknown" : is_ok ? "ok" : "infeasible");
    sinter_csv_number(out, &n, point->is_built && point->area_mm2 > 0 ? point->area_mm2 : nothing);
    sinter_csv_number(out, &n, point->is_built ? point->memory_bytes : nothing);
    sinter_csv_number(out, &n, point->is_built ? point->pes : nothing);
    sinter_csv_number(out, &n, is_ok ? one->cycles : nothing);
    sinter_csv_number(out, &n, is_ok ? one->bound_cycles : nothing);
    sinter_csv_number(out, &n, is_ok ? one->value : nothing);
    sinter_csv_number(out, &n, is_ok && one->least > 0 ? one->least : nothing);
    sinter_csv_number(out, &n, is_ok ? one->joules : nothing);
    sinter_csv_number(out, &n, is_ok ? one->total_joules : nothing);
    sinter_csv_number(out, &n, is_ok ? one->dram_bytes : nothing);
    sinter_csv_number(out, &n, is_ok ? one->peak_bytes : nothing);
    sinter_csv_number(out, &n, is_ok ? one->utilization : nothing);
    sinter_csv_integer(out, &n, is_on_front);
    sinter_csv_integer(out, &n, is_best);
    sinter_csv_number(out, &n, point->is_built ? point->hz : nothing);
    sinter_csv_number(out, &n, is_ok ? one->seconds : nothing);
    sinter_csv_number(out, &n, is_ok && one->tokens_per_second > 0 ? one->tokens_per_second : nothing);
    sinter_csv_number(out, &n, is_ok && one->least > 0 ? one->value / one->least - 1 : nothing);
    sinter_csv_integer(out, &n, point->is_in_time);
    sinter_csv_end(out, &n);
}

static int compare_points(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static enum sinter_status write_csv(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                    bool wants_all, const struct sinter_sink *sink, struct sinter_diagnostics *diags)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    static struct sinter_explore_point none;
    struct sinter_explore_point point = none;
    struct sinter_text text = {0};
    size_t n_front = (size_t)front->n;
    int64_t *sorted = sinter_allocate(NULL, n_front + 1, sizeof *sorted);
    enum sinter_status status = sorted == NULL ? sinter_out_of_memory(diags) : SINTER_OK;
    if (sorted != NULL && n_front > 0) {
        memcpy(sorted, front->points, n_front * sizeof *sorted);
        qsort(sorted, n_front, sizeof *sorted, compare_points);
    }
    csv_head(experiment, &text);
    bool is_going = status == SINTER_OK && pour(sink, &text);
    int64_t n = wants_all ? experiment->n_points : front->n;
    for (int64_t i = 0; i < n && is_going && status == SINTER_OK; i++) {
        int64_t index = wants_all ? i : sorted[i];
        bool is_on_front =
            !wants_all || (n_front > 0 && bsearch(&i, sorted, n_front, sizeof *sorted, compare_points) != NULL);
        status = read_point(exploration, index, diags, &point);
        for (int w = 0; w < experiment->n_workloads; w++)
            csv_row(experiment, &point, w, is_on_front, index == front->best, &text);
        is_going = pour(sink, &text);
    }
    sinter_text_free(&text);
    sinter_release(NULL, sorted);
    return status;
}

enum sinter_status sinter_explore_write(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                        bool wants_all, const struct sinter_style *style, const struct sinter_sink *sink,
                                        struct sinter_diagnostics *diags)
{
    struct sinter_text text = {0};
    enum sinter_status status = SINTER_OK;
    switch (style->format) {
    case SINTER_FORMAT_JSON:
        status = write_json(exploration, front, wants_all, sink, diags);
        break;
    case SINTER_FORMAT_CSV:
        status = write_csv(exploration, front, wants_all, sink, diags);
        break;
    case SINTER_FORMAT_TEXT:
        status = explore_text(exploration, front, style, diags, &text);
        if (status == SINTER_OK)
            pour(sink, &text);
        sinter_text_free(&text);
        break;
    }
    return status == SINTER_NO_MEMORY ? sinter_out_of_memory(diags) : status;
}
