/* explore_text.c: an exploration for people: which accelerator to build, why, and what else nothing beats.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/explore.h"
#include "report/format.h"

enum { MOST_ROWS = 40, MOST_ASKED = 1000 };

static void append_workload(struct sinter_text *out, const struct sinter_explore_workload *workload)
{
    append_clean(out, workload->model);
    if (workload->phase == SINTER_DECODE)
        sinter_text_append(out, ", decode");
    else if (workload->tokens > 0)
        sinter_text_printf(out, ", %s token%s", show_integer(workload->tokens).text, workload->tokens == 1 ? "" : "s");
    if (workload->batch > 1)
        sinter_text_printf(out, ", batch %s", show_integer(workload->batch).text);
}

/* "buffer.capacity 4 MiB, dram.bandwidth 256 GB/s" */
static void append_values(struct sinter_text *out, const struct sinter_experiment *experiment,
                          const struct sinter_explore_point *point)
{
    for (int i = 0; i < experiment->n_axes; i++) {
        sinter_text_append(out, i > 0 ? ", " : "");
        append_clean(out, experiment->axes[i].field);
        sinter_text_append(out, " ");
        append_clean(out, experiment->axes[i].values[point->coordinates[i]]);
    }
}

/* NULL: there is one alone. */
static const struct sinter_axis *strategies_of(const struct sinter_experiment *experiment)
{
    for (int i = 0; i < experiment->n_axes; i++)
        if (strcmp(experiment->axes[i].field, SINTER_STRATEGY_AXIS) == 0)
            return &experiment->axes[i];
    return NULL;
}

/* Lines of words, each no longer than there is room for; what it takes over begins a little further right. */
static void flow(struct sinter_text *out, struct sinter_text *lines, const struct sinter_style *style)
{
    const char *line = sinter_text_data(lines);
    for (; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        int indent = (int)strspn(line, " ");
        struct sinter_text one = {.allocator = out->allocator};
        sinter_text_append_n(&one, line + indent, strcspn(line, "\n") - (size_t)indent);
        sinter_text_printf(out, "%*s", indent, "");
        append_wrapped(out, sinter_text_data(&one), indent, indent + 2, style->width);
        sinter_text_append(out, "\n");
        out->failed |= one.failed;
        sinter_text_free(&one);
    }
    out->failed |= lines->failed;
    sinter_text_free(lines);
}

/* Of these a bound is known. */
static bool has_searches(const struct sinter_experiment *experiment)
{
    const struct sinter_axis *strategies = strategies_of(experiment);
    bool has_one = strategies == NULL && strcmp(experiment->strategy, "optimal") == 0;
    for (int k = 0; strategies != NULL && k < strategies->n; k++)
        has_one |= strcmp(strategies->values[k], "optimal") == 0;
    return has_one;
}

/* ---- the headline ------------------------------------------------------------------------------------------------------- */

static void headline(struct sinter_text *out, const struct sinter_exploration *exploration, const struct sinter_style *style)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    int n_strategies = strategies_of(experiment) == NULL ? 1 : strategies_of(experiment)->n;
    int64_t n_accels = experiment->n_points / n_strategies;
    struct sinter_text line = {.allocator = out->allocator}, *whole = out;
    out = &line;
    sinter_text_printf(out, "%s accelerator%s like ", show_integer(n_accels).text, n_accels == 1 ? "" : "s");
    append_clean(out, experiment->accelerator);
    if (strategies_of(experiment) != NULL) {
        sinter_text_printf(out, ", by each of %d strateg%s, with schedules of ", n_strategies,
                           n_strategies == 1 ? "y" : "ies");
    } else if (strcmp(experiment->strategy, "optimal") == 0) {
        sinter_text_append(out, ", each with the best schedule of ");
    } else {
        sinter_text_append(out, ", each with schedule ");
        append_clean(out, experiment->strategy);
        sinter_text_append(out, " of ");
    }
    sinter_text_append(out, experiment->is_whole ? "all layers of " : "");
    for (int w = 0; w < experiment->n_workloads; w++) {
        sinter_text_append(out, w == 0 ? "" : w == experiment->n_workloads - 1 ? " and " : "; ");
        append_workload(out, &experiment->workloads[w]);
    }
    sinter_text_append(whole, tone_begin(SINTER_STRONG, style->is_colored));
    append_wrapped(whole, sinter_text_data(&line), 0, 2, style->width);
    sinter_text_printf(whole, "%s\n", tone_end(SINTER_STRONG, style->is_colored));
    whole->failed |= line.failed;
    sinter_text_free(&line);
}

/* The first point that is not built: where all are so, that is what must change. */
static void reason(struct sinter_text *out, struct sinter_exploration *exploration)
{
    struct sinter_text why = {.allocator = out->allocator};
    static struct sinter_explore_point none;
    struct sinter_explore_point point = none;
    for (int64_t i = 0; i < exploration->experiment->n_points && i < MOST_ASKED && why.length == 0; i++) {
        if (sinter_exploration_point(exploration, i, NULL, &point) != SINTER_OK || point.is_built)
            continue;
        if (sinter_exploration_why(exploration, i, &why) != SINTER_OK)
            break;
    }
    if (why.length > 0) {
        sinter_text_append(out, "  the first that could not be built: ");
        append_clean(out, sinter_text_data(&why));
        sinter_text_append(out, "\n");
    }
    sinter_text_free(&why);
}

static void summary(struct sinter_text *out, struct sinter_exploration *exploration,
                    const struct sinter_explore_front *front)
{
    bool is_searched = has_searches(exploration->experiment);
    int64_t n_known = exploration->n_computed + exploration->n_found + exploration->n_unbuilt;
    sinter_text_printf(out, "  %s schedule%s", show_integer(exploration->n_computed).text,
                       exploration->n_computed == 1 ? "" : "s");
    if (exploration->seconds > 0)
        sinter_text_printf(out, " in %s", show_seconds(exploration->seconds).text);
    if (exploration->n_found > 0)
        sinter_text_printf(out, ", %s more were in the store", show_integer(exploration->n_found).text);
    if (exploration->n_unbuilt > 0)
        sinter_text_printf(out, "; %s could not be built, or break a condition",
                           show_integer(sinter_ceil_div(exploration->n_unbuilt, exploration->n_parts)).text);
    if (exploration->n_infeasible > 0)
        sinter_text_printf(out, "; nothing fits in %s", show_integer(exploration->n_infeasible).text);
    sinter_text_append(out, "\n");
    if (is_searched && exploration->n_searched > 0)
        sinter_text_printf(out, "  proven within %s: %s of %s; the widest gap is %s\n",
                           show_percent(exploration->experiment->gap).text, show_integer(exploration->n_proven).text,
                           show_integer(exploration->n_searched).text, show_percent(exploration->worst_gap).text);
    if (exploration->is_stopped)
        sinter_text_append(out, "  stopped before all was done: the same command with the same store goes on\n");
    else if (exploration->is_part)
        sinter_text_printf(out,
                           "  a part of the sweep, %s of %s schedules: --merge the stores of all parts, then run it whole\n",
                           show_integer(exploration->n_asked).text, show_integer(exploration->n_cases).text);
    else if (n_known < exploration->n_cases)
        sinter_text_printf(out, "  %s of %s schedules are not known yet\n",
                           show_integer(exploration->n_cases - n_known).text, show_integer(exploration->n_cases).text);
    else if (front->n_fit > 0 && front->n_in_time < front->n_fit)
        sinter_text_printf(out, "  %s of %s that fit keep the limits of latency%s\n", show_integer(front->n_in_time).text,
                           show_integer(front->n_fit).text,
                           front->n_in_time > 0 ? "; the smallest of them is recommended" : "");
    else if (front->n_fit == 0) {
        sinter_text_append(out, "  no accelerator fits all workloads\n");
        if (exploration->n_unbuilt > 0)
            reason(out, exploration);
    }
}

/* ---- the best one, and why ----------------------------------------------------------------------------------------------- */

static const char *limit_of(const struct sinter_explored *one)
{
    return one->compute_cycles >= one->dram_cycles ? "compute" : "DRAM";
}

/* Columns from the right are left out where there is no room, the first ones never. */
static void fit_columns(struct sinter_table *table, int n_kept, const struct sinter_style *style)
{
    enum { MOST_COLUMNS = SINTER_MAX_AXES + 16 };
    int importance[MOST_COLUMNS];
    for (int c = 0; c < MOST_COLUMNS; c++)
        importance[c] = c < n_kept ? 0 : MOST_COLUMNS - c;
    table_fit(table, importance, style->width);
}

static void workload_table(struct sinter_text *out, const struct sinter_exploration *exploration,
                           const struct sinter_explore_point *best, const struct sinter_style *style)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_table_column(table, "workload", SINTER_LEFT);
    sinter_table_column(table, "cycles", SINTER_UNIT);
    sinter_table_column(table, "time", SINTER_UNIT);
    if (experiment->is_whole)
        sinter_table_column(table, "tokens/s", SINTER_RIGHT);
    if (exploration->has_base)
        sinter_table_column(table, "speed-up", SINTER_RIGHT);
    sinter_table_column(table, "limit", SINTER_LEFT);
    sinter_table_column(table, "PEs busy", SINTER_RIGHT);
    sinter_table_column(table, "DRAM", SINTER_UNIT);
    sinter_table_column(table, "peak on chip", SINTER_UNIT);
    sinter_table_column(table, "gap", SINTER_RIGHT);
    for (int w = 0; w < experiment->n_workloads; w++) {
        const struct sinter_explored *one = &best->workloads[w];
        struct sinter_text name = {0};
        append_workload(&name, &experiment->workloads[w]);
        sinter_table_row(table, SINTER_PLAIN);
        sinter_table_cell(table, sinter_text_data(&name));
        sinter_table_cell(table, show_cycles(one->cycles).text);
        sinter_table_cell(table, show_seconds(one->seconds).text);
        if (experiment->is_whole && one->tokens_per_second > 0)
            sinter_table_cellf(table, "%.4g", one->tokens_per_second);
        else if (experiment->is_whole)
            sinter_table_cell(table, "-");
        if (exploration->has_base)
            sinter_table_cell(
                table,
                show_factor(exploration->base.workloads[w].cycles / exploration->base.hz / (one->cycles / best->hz)).text);
        sinter_table_cell(table, limit_of(one));
        sinter_table_cell(table, show_percent(one->utilization).text);
        sinter_table_cell(table, show_traffic((int64_t)one->dram_bytes).text);
        sinter_table_cell(table, show_capacity(one->peak_bytes).text);
        sinter_table_cell(table, one->least > 0 ? show_percent(one->value / one->least - 1).text : "-");
        sinter_text_free(&name);
    }
    sinter_text_append(out, "\n");
    fit_columns(table, 3 - !experiment->is_whole, style);
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

/* One step on each axis: what it would change. */
static enum sinter_status neighbours(struct sinter_text *out, struct sinter_exploration *exploration,
                                     const struct sinter_explore_point *best, struct sinter_diagnostics *diags)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    static struct sinter_explore_point none;
    enum sinter_status status = SINTER_OK;
    int64_t stride = experiment->n_points;
    for (int i = 0; i < experiment->n_axes && status == SINTER_OK; i++) {
        const struct sinter_axis *axis = &experiment->axes[i];
        bool is_first = true;
        stride /= axis->n;
        for (int step = -1; step <= 1 && status == SINTER_OK; step += 2) {
            int value = best->coordinates[i] + step;
            struct sinter_explore_point point = none;
            if (value < 0 || value >= axis->n)
                continue;
            status = sinter_exploration_point(exploration, best->index + step * stride, diags, &point);
            sinter_text_append(out, is_first ? "  with " : ", ");
            is_first = false;
            append_clean(out, axis->field);
            sinter_text_append(out, " ");
            append_clean(out, axis->values[value]);
            if (!point.is_built)
                sinter_text_append(out, " there is no such accelerator");
            else if (!point.is_complete)
                sinter_text_append(out, " it is not known yet");
            else if (!point.fits)
                sinter_text_append(out, " not all fits");
            else
                sinter_text_printf(out, " it takes %+.2f %%", 100 * (point.seconds / best->seconds - 1));
        }
        sinter_text_append(out, is_first ? "" : "\n");
    }
    return status;
}

/* How to have a closer look. A search of its own may find more than the sweep did. */
static enum sinter_status commands(struct sinter_text *out, struct sinter_exploration *exploration, int64_t index,
                                   const struct sinter_style *style)
{
    bool is_search = strcmp(sinter_exploration_strategy(exploration, index), "optimal") == 0;
    enum sinter_status status = SINTER_OK;
    append_title(out, style,
                 !is_search || style->schedules != NULL ? "The same again" : "The same again, by searches of their own");
    for (int w = 0; w < exploration->experiment->n_workloads && status == SINTER_OK; w++)
        status = explore_command(exploration, index, w, style, out);
    return status;
}

static enum sinter_status recommend(struct sinter_text *out, struct sinter_exploration *exploration, int64_t index,
                                    const struct sinter_style *style, struct sinter_diagnostics *diags)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    static struct sinter_explore_point none;
    struct sinter_explore_point best = none;
    enum sinter_status status = sinter_exploration_point(exploration, index, diags, &best);
    if (status != SINTER_OK)
        return status;
    bool is_whole = exploration->n_computed + exploration->n_found + exploration->n_unbuilt == exploration->n_cases;
    append_title(out, style, is_whole && !exploration->is_stopped ? "Recommended" : "Best so far");
    struct sinter_text lines = {.allocator = out->allocator}, *whole = out;
    out = &lines;
    sinter_text_append(out, "  ");
    append_values(out, experiment, &best);
    sinter_text_printf(out, "%s%s PEs, %s on chip", experiment->n_axes > 0 ? ": " : "", show_integer((int64_t)best.pes).text,
                       show_capacity(best.memory_bytes).text);
    if (best.area_mm2 > 0)
        sinter_text_printf(out, ", %.4g mm2", best.area_mm2);
    sinter_text_printf(out, "; %s%s", show_seconds(best.seconds).text,
                       experiment->is_whole ? " for a model" : " for a block");
    sinter_text_append(out, experiment->n_workloads > 1 ? ", in the geometric mean" : "");
    if (exploration->has_base) {
        sinter_text_printf(out, ", %s as fast as ", show_factor(exploration->base.seconds / best.seconds).text);
        append_clean(out, experiment->accelerator);
        sinter_text_printf(out, " as it is (%s PEs, %s%s", show_integer((int64_t)exploration->base.pes).text,
                           show_capacity(exploration->base.memory_bytes).text, exploration->base.area_mm2 > 0 ? "" : ")");
        if (exploration->base.area_mm2 > 0)
            sinter_text_printf(out, ", %.4g mm2)", exploration->base.area_mm2);
    }
    out = whole;
    flow(out, &lines, style);
    workload_table(out, exploration, &best, style);
    sinter_text_append(out, "\n");
    lines = (struct sinter_text){.allocator = out->allocator};
    status = neighbours(&lines, exploration, &best, diags);
    flow(out, &lines, style);
    if (status == SINTER_OK && !style->is_quiet)
        status = commands(out, exploration, index, style);
    if (status == SINTER_OK && style->is_verbose) /* neighbours were asked for in between */
        status = sinter_exploration_point(exploration, index, diags, &best);
    for (int w = 0; w < experiment->n_workloads && style->is_verbose && status == SINTER_OK; w++) {
        sinter_text_append(out, "\n# ");
        append_workload(out, &experiment->workloads[w]);
        sinter_text_printf(out, "\n%s", best.workloads[w].schedule != NULL ? best.workloads[w].schedule : "");
    }
    return status;
}

/* ---- the front ------------------------------------------------------------------------------------------------------------ */

static enum sinter_status front_table(struct sinter_text *out, struct sinter_exploration *exploration,
                                      const struct sinter_explore_front *front, const struct sinter_style *style,
                                      struct sinter_diagnostics *diags)
{
    const struct sinter_experiment *experiment = exploration->experiment;
    static struct sinter_explore_point none;
    struct sinter_explore_point point = none;
    struct sinter_table *table = sinter_table_new(out->allocator);
    enum sinter_status status = SINTER_OK;
    double fastest = 0;
    int64_t most = style->is_verbose || front->n <= MOST_ROWS ? front->n : MOST_ROWS;
    sinter_table_column(table, "point", SINTER_RIGHT);
    for (int i = 0; i < experiment->n_axes; i++)
        sinter_table_column(table, experiment->axes[i].field, SINTER_UNIT);
    sinter_table_column(table, "PEs", SINTER_RIGHT);
    sinter_table_column(table, "area mm2", SINTER_RIGHT);
    sinter_table_column(table, "latency", SINTER_UNIT);
    sinter_table_column(table, "time", SINTER_RIGHT);
    sinter_table_column(table, "energy", SINTER_UNIT);
    for (int64_t i = 0; i < most && status == SINTER_OK; i++) {
        int64_t row = most > 1 ? i * (front->n - 1) / (most - 1) : 0; /* evenly spread */
        status = sinter_exploration_point(exploration, front->points[row], diags, &point);
        fastest = i == 0 ? point.seconds : fastest;
        sinter_table_row(table, point.index == front->best ? SINTER_STRONG : SINTER_PLAIN);
        sinter_table_cell(table, show_integer(point.index).text);
        for (int k = 0; k < experiment->n_axes; k++)
            sinter_table_cell(table, experiment->axes[k].values[point.coordinates[k]]);
        sinter_table_cell(table, show_integer((int64_t)point.pes).text);
        if (point.area_mm2 > 0)
            sinter_table_cellf(table, "%.4g", point.area_mm2);
        else
            sinter_table_cell(table, "-");
        sinter_table_cell(table, show_seconds(point.seconds).text);
        sinter_table_cellf(table, "%.3fx", point.seconds / fastest);
        sinter_table_cell(table, show_joules(point.joules).text);
    }
    append_title(out, style, "Nothing beats these in latency, energy, area and memory together");
    fit_columns(table, 1 + experiment->n_axes, style);
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
    if (most < front->n)
        sinter_text_printf(out, "%s of %s are shown, evenly spread; -v shows all\n", show_integer(most).text,
                           show_integer(front->n).text);
    return status;
}

enum sinter_status explore_text(struct sinter_exploration *exploration, const struct sinter_explore_front *front,
                                const struct sinter_style *style, struct sinter_diagnostics *diags, struct sinter_text *out)
{
    enum sinter_status status = SINTER_OK;
    struct sinter_text lines = {.allocator = out->allocator};
    headline(out, exploration, style);
    summary(&lines, exploration, front);
    flow(out, &lines, style);
    if (front->best >= 0)
        status = recommend(out, exploration, front->best, style, diags);
    if (status == SINTER_OK && front->n > 0 && !style->is_quiet)
        status = explore_plot(exploration, front, style, diags, out);
    if (status == SINTER_OK && front->n > 0 && !style->is_quiet)
        status = front_table(out, exploration, front, style, diags);
    return status == SINTER_OK ? text_status(out) : status;
}
