/* grid.c: the points of an experiment: their order, their accelerators.
 * SPDX-License-Identifier: MIT
 */
#include "explore/grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/axis.h"
#include "explore/formula.h"

/* ---- order --------------------------------------------------------------------------------------------------------------- */

struct ranked {
    double number;
    int value;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->number < y->number || x->number > y->number)
        return x->number < y->number ? -1 : 1;
    return x->value < y->value ? -1 : x->value > y->value;
}

static bool is_strategy(const struct sinter_axis *axis)
{
    return strcmp(axis->field, SINTER_STRATEGY_AXIS) == 0;
}

/* Of most fields more is better, but not of what something takes. */
static bool is_cost(const char *field)
{
    const char *last = strrchr(field, '.');
    return strstr(field, ".cycles.") != NULL || strstr(field, ".energy") != NULL ||
           (last != NULL && (strcmp(last, ".latency") == 0 || strcmp(last, ".leakage") == 0));
}

static enum sinter_status rank_axis(const struct sinter_axis *axis, struct sinter_arena *arena, struct grid_axis *out)
{
    size_t n = (size_t)axis->n;
    const char *dot = strrchr(axis->field, '.'), *field = dot == NULL ? axis->field : dot;
    struct ranked *ranked = sinter_arena_alloc(arena, n, sizeof *ranked);
    int *values = sinter_arena_alloc(arena, n, sizeof *values), *ranks = sinter_arena_alloc(arena, n, sizeof *ranks);
    enum sinter_dimension first = SINTER_COUNT, dimension;
    if (ranked == NULL || values == NULL || ranks == NULL)
        return SINTER_NO_MEMORY;
    *out = (struct grid_axis){.n = axis->n, .values = values, .ranks = ranks, .is_ordered = true};
    out->is_capacity = strcmp(field, ".capacity") == 0;
    out->turn = is_strategy(axis)                                                     ? 0
                : out->is_capacity                                                    ? 1
                : strstr(field, "bandwidth") != NULL || strcmp(field, ".energy") == 0 ? 3
                                                                                      : 2;
    out->is_more = !is_cost(axis->field);
    for (int i = 0; i < axis->n; i++) {
        ranked[i].value = i;
        bool is_number = value_number(axis->values[i], &ranked[i].number, &dimension);
        first = i == 0 ? dimension : first;
        out->is_ordered &= is_number && dimension == first;
    }
    for (int i = 0; i < axis->n && !out->is_ordered; i++)
        ranked[i].number = i;
    qsort(ranked, n, sizeof *ranked, compare_ranked);
    for (int i = 0; i < axis->n; i++) {
        values[i] = ranked[i].value;
        ranks[values[i]] = i;
    }
    return SINTER_OK;
}

enum sinter_status grid_new(const struct sinter_experiment *experiment, struct sinter_arena *arena,
                            struct sinter_diagnostics *diags, struct grid *grid)
{
    int n = 0;
    *grid = (struct grid){.experiment = experiment,
                          .n_points = experiment->n_points,
                          .n_accels = experiment->n_points,
                          .n_strategies = 1,
                          .strategy_axis = -1,
                          .n_axes = experiment->n_axes};
    for (int i = 0; i < grid->n_axes; i++)
        if (is_strategy(&experiment->axes[i])) {
            grid->strategy_axis = i;
            grid->n_strategies = experiment->axes[i].n;
            grid->n_accels = experiment->n_points / grid->n_strategies;
        }
    for (int i = 0; i < grid->n_axes; i++)
        if (rank_axis(&experiment->axes[i], arena, &grid->axes[i]) != SINTER_OK)
            return sinter_out_of_memory(diags);
    for (int turn = 0; turn <= 3; turn++)
        for (int i = 0; i < grid->n_axes; i++)
            if (grid->axes[i].turn == turn)
                grid->order[n++] = i;
    return SINTER_OK;
}

const char *grid_strategy(const struct grid *grid, int strategy)
{
    const struct sinter_experiment *experiment = grid->experiment;
    if (grid->strategy_axis < 0)
        return experiment->strategy;
    return experiment->axes[grid->strategy_axis].values[grid->axes[grid->strategy_axis].values[strategy]];
}

void grid_coordinates(const struct grid *grid, int64_t index, int coordinates[SINTER_MAX_AXES])
{
    for (int i = grid->n_axes - 1; i >= 0; i--) {
        coordinates[i] = (int)(index % grid->axes[i].n);
        index /= grid->axes[i].n;
    }
}

int64_t grid_index(const struct grid *grid, const int coordinates[SINTER_MAX_AXES])
{
    int64_t index = 0;
    for (int i = 0; i < grid->n_axes; i++)
        index = index * grid->axes[i].n + coordinates[i];
    return index;
}

int64_t grid_index_of_place(const struct grid *grid, int64_t place)
{
    int coordinates[SINTER_MAX_AXES];
    for (int i = grid->n_axes - 1; i >= 0; i--) {
        const struct grid_axis *axis = &grid->axes[grid->order[i]];
        int rank = (int)(place % axis->n);
        coordinates[grid->order[i]] = axis->values[axis->is_capacity ? axis->n - 1 - rank : rank];
        place /= axis->n;
    }
    return grid_index(grid, coordinates);
}

int64_t grid_smaller(const struct grid *grid, int64_t index, int axis)
{
    int coordinates[SINTER_MAX_AXES];
    const struct grid_axis *along = &grid->axes[axis];
    grid_coordinates(grid, index, coordinates);
    int rank = along->ranks[coordinates[axis]];
    if (rank == 0 || !along->is_ordered)
        return -1;
    coordinates[axis] = along->values[rank - 1];
    return grid_index(grid, coordinates);
}

int64_t grid_index_of_step(const struct grid *grid, int64_t step)
{
    int coordinates[SINTER_MAX_AXES];
    for (int i = grid->n_axes - 1; i >= 0; i--) {
        coordinates[i] = grid->axes[i].values[step % grid->axes[i].n];
        step /= grid->axes[i].n;
    }
    return grid_index(grid, coordinates);
}

/* ---- accelerators ----------------------------------------------------------------------------------------------------- */

enum { MOST_OVERRIDES = SINTER_MAX_CLAUSES * 2 + SINTER_MAX_AXES };

struct building {
    const struct sinter_experiment *experiment;
    const struct sinter_allocator *allocator;
    struct sinter_diagnostics *diags;
    int n;
    struct sinter_override overrides[MOST_OVERRIDES];
    struct sinter_location places[MOST_OVERRIDES]; /* where their values are written */
    char texts[SINTER_MAX_CLAUSES][64];            /* of derived values */
};

static void start(struct building *building, const struct grid *grid, const struct sinter_allocator *allocator,
                  struct sinter_diagnostics *diags)
{
    building->experiment = grid->experiment;
    building->allocator = allocator;
    building->diags = diags;
    building->n = 0;
    for (int i = 0; i < grid->experiment->n_settings; i++) {
        building->places[building->n] = grid->experiment->setting_places[i];
        building->overrides[building->n++] = grid->experiment->settings[i];
    }
}

/* The last value of a field counts. */
static void put(struct building *building, const char *field, const char *value, struct sinter_location at)
{
    int i = 0;
    while (i < building->n && strcmp(building->overrides[i].field, field) != 0)
        i++;
    building->n += i == building->n;
    building->overrides[i] = (struct sinter_override){field, value, false};
    building->places[i] = at;
}

/* Messages about a value name its field, "--set FIELD": what the experiment says of that field has a place of its own. */
static bool relay(const struct building *building, const struct sinter_diagnostic *diagnostic)
{
    static const char prefix[] = "--set ";
    const char *file = diagnostic->at.file;
    if (file == NULL || strncmp(file, prefix, strlen(prefix)) != 0)
        return false;
    for (int i = 0; i < building->n; i++) {
        struct sinter_location at = building->places[i];
        if (strcmp(building->overrides[i].field, file + strlen(prefix)) != 0 || at.line <= 0)
            continue;
        bool is_derived = building->overrides[i].value >= building->texts[0] &&
                          building->overrides[i].value < building->texts[0] + sizeof building->texts;
        at.column += is_derived || diagnostic->at.line != 1 ? 0 : diagnostic->at.column - 1;
        sinter_report(building->diags, diagnostic->severity, at, diagnostic->hint, "%s", diagnostic->message);
        return true;
    }
    return false;
}

static enum sinter_status load(struct building *building, struct sinter_accel **accel)
{
    const char *name = building->experiment->accelerator;
    if (building->diags == NULL)
        return sinter_accel_load(name, building->overrides, building->n, building->allocator, NULL, accel);
    struct sinter_diagnostics *diags = sinter_diagnostics_new(building->allocator);
    if (diags == NULL)
        return sinter_out_of_memory(building->diags);
    enum sinter_status status = sinter_accel_load(name, building->overrides, building->n, building->allocator, diags, accel);
    int n_relayed = 0;
    for (int i = 0; i < sinter_diagnostics_count(diags); i++)
        n_relayed += relay(building, sinter_diagnostics_at(diags, i));
    sinter_diagnostics_free(diags);
    if (status == SINTER_OK || n_relayed > 0)
        return status;
    /* the accelerator's file itself: once more, so that messages show its lines */
    return sinter_accel_load(name, building->overrides, building->n, building->allocator, building->diags, accel);
}

/* A value of a formula as it would stand in a file. */
static enum sinter_status put_derived(struct building *building, const struct sinter_clause *clause, int i,
                                      const struct sinter_accel *accel)
{
    double value, before;
    enum sinter_dimension dimension;
    if (!accel_field(accel, clause->field, strlen(clause->field), &before, &dimension))
        return sinter_error(building->diags, clause->at, "such as MEMORY.bandwidth, MEMORY.capacity, UNIT.pes or clock",
                            "'%.60s' is no field that could be derived", clause->field);
    enum sinter_status status = formula_value(clause->text, (int)dimension, accel, clause->at, building->diags, &value);
    if (status != SINTER_OK)
        return status;
    if (dimension == SINTER_BYTES)
        value = floor(value);
    if (dimension == SINTER_COUNT)
        snprintf(building->texts[i], sizeof building->texts[i], "[%.0f]", floor(value));
    else
        sinter_quantity_print(value > 0 ? value : 0, dimension, building->texts[i], sizeof building->texts[i]);
    put(building, clause->field, building->texts[i], clause->at);
    return SINTER_OK;
}

/* Formulas see the accelerator as it is without them. */
static enum sinter_status derive(struct building *building, struct sinter_accel **accel)
{
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < building->experiment->n_derived && status == SINTER_OK; i++)
        status = put_derived(building, &building->experiment->derived[i], i, *accel);
    if (building->experiment->n_derived == 0 || status != SINTER_OK)
        return status;
    sinter_accel_free(*accel);
    *accel = NULL;
    return load(building, accel);
}

/* What is set, the values of a point, and what follows from them; conditions may break yet. */
static enum sinter_status build(struct building *building, const struct grid *grid, int64_t index,
                                struct sinter_accel **accel)
{
    const struct sinter_experiment *experiment = grid->experiment;
    int coordinates[SINTER_MAX_AXES];
    grid_coordinates(grid, index, coordinates);
    for (int i = 0; i < grid->n_axes; i++)
        if (i != grid->strategy_axis)
            put(building, experiment->axes[i].field, experiment->axes[i].values[coordinates[i]],
                experiment->axes[i].places[coordinates[i]]);
    *accel = NULL;
    enum sinter_status status = load(building, accel);
    return status == SINTER_OK ? derive(building, accel) : status;
}

enum sinter_status grid_settings(const struct grid *grid, int64_t index, const struct sinter_allocator *allocator,
                                 struct sinter_text *out)
{
    struct building building;
    struct sinter_accel *accel = NULL;
    start(&building, grid, allocator, NULL);
    enum sinter_status status = build(&building, grid, index, &accel);
    sinter_accel_free(accel);
    for (int i = 0; i < building.n; i++)
        sinter_text_printf(out, " --set '%s=%s'", building.overrides[i].field, building.overrides[i].value);
    return status == SINTER_NO_MEMORY || out->failed ? SINTER_NO_MEMORY : SINTER_OK;
}

enum sinter_status grid_accel(const struct grid *grid, int64_t index, const struct sinter_allocator *allocator,
                              struct sinter_diagnostics *diags, struct sinter_accel **accel)
{
    const struct sinter_experiment *experiment = grid->experiment;
    struct building building; /* large: only what is used is filled in */
    start(&building, grid, allocator, diags);
    enum sinter_status status = build(&building, grid, index, accel);
    for (int i = 0; i < experiment->n_conditions && status == SINTER_OK; i++) {
        double holds;
        const struct sinter_clause *condition = &experiment->conditions[i];
        status = formula_value(condition->text, FORMULA_CONDITION, *accel, condition->at, diags, &holds);
        if (status == SINTER_OK && !(holds > 0))
            status = sinter_error(diags, condition->at, NULL, "not so: %s", condition->text);
    }
    if (status == SINTER_OK)
        return SINTER_OK;
    sinter_accel_free(*accel);
    *accel = NULL;
    return status == SINTER_NO_MEMORY ? status : SINTER_INFEASIBLE; /* that all is well written was checked */
}

/* A budget of area is for the points: an accelerator as it is may well break it. */
static bool is_budget(const char *field)
{
    return strcmp(field, "area_budget") == 0;
}

static void drop_budget(struct building *building)
{
    int n = 0;
    for (int i = 0; i < building->n; i++)
        if (!is_budget(building->overrides[i].field)) {
            building->places[n] = building->places[i];
            building->overrides[n++] = building->overrides[i];
        }
    building->n = n;
}

enum sinter_status grid_base(const struct grid *grid, const struct sinter_allocator *allocator,
                             struct sinter_diagnostics *diags, struct sinter_accel **accel)
{
    struct building building;
    start(&building, grid, allocator, diags);
    drop_budget(&building);
    return load(&building, accel);
}

/* ---- checking ------------------------------------------------------------------------------------------------------------ */

static enum sinter_status check_used(const struct building *building, const struct sinter_accel *accel, const char *what,
                                     const struct sinter_location *at)
{
    for (int i = 0; i < building->n; i++) {
        const char *field = building->overrides[i].field;
        char buffer[128];
        if (building->overrides[i].is_used)
            continue;
        const char *near = near_field(accel, field, strlen(field), true, buffer, sizeof buffer);
        return sinter_error(
            building->diags, at != NULL ? *at : building->places[i],
            near != NULL ? near : "fields are memories' (buffer.capacity), units' (array.pes), clock, area and so on",
            "%s '%.60s': the accelerator has no such field", what, field);
    }
    return SINTER_OK;
}

/* Budgets are areas, and one that is ample makes no mistake. */
static enum sinter_status check_budgets(struct building *building)
{
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < building->n && status == SINTER_OK; i++) {
        struct sinter_override *override = &building->overrides[i];
        double area;
        if (!is_budget(override->field))
            continue;
        status = sinter_quantity_parse(override->value, SINTER_AREA, building->places[i], building->diags, &area);
        override->value = "1e6 mm2";
    }
    return status;
}

static enum sinter_status check_strategy(const char *name, struct sinter_location at, struct sinter_diagnostics *diags)
{
    enum { MOST_STRATEGIES = 64 };
    const char *names[MOST_STRATEGIES];
    char hint[128];
    int n = 0;
    for (; n < MOST_STRATEGIES && sinter_strategy_name(n) != NULL; n++) {
        names[n] = sinter_strategy_name(n);
        if (strcmp(names[n], name) == 0)
            return SINTER_OK;
    }
    const char *near = sinter_suggest_hint(sinter_suggest(name, names, n), hint, sizeof hint);
    return sinter_error(diags, at, near != NULL ? near : "'sinter show' lists them", "there is no strategy '%.60s'", name);
}

static enum sinter_status check_strategies(const struct grid *grid, struct sinter_diagnostics *diags)
{
    const struct sinter_experiment *experiment = grid->experiment;
    enum sinter_status status = SINTER_OK;
    if (grid->strategy_axis < 0)
        return check_strategy(experiment->strategy, experiment->strategy_at, diags);
    const struct sinter_axis *axis = &experiment->axes[grid->strategy_axis];
    for (int i = 0; i < axis->n && status == SINTER_OK; i++)
        status = check_strategy(axis->values[i], axis->places[i], diags);
    return status;
}

static enum sinter_status check_axis(const struct grid *grid, const struct sinter_axis *axis,
                                     const struct sinter_allocator *allocator, struct sinter_diagnostics *diags)
{
    enum { MOST_CHECKED = 1000 }; /* values of a range are alike */
    for (int k = 0; k < axis->n && k < MOST_CHECKED; k++) {
        struct sinter_accel *accel = NULL;
        struct building building;
        start(&building, grid, allocator, diags);
        drop_budget(&building);
        put(&building, axis->field, axis->values[k], axis->places[k]);
        enum sinter_status status = load(&building, &accel);
        if (status == SINTER_OK && !is_budget(axis->field))
            status = check_used(&building, accel, "axis", &axis->at);
        sinter_accel_free(accel);
        if (status != SINTER_OK && !is_budget(axis->field))
            return status;
    }
    return SINTER_OK;
}

/* Points that are the same accelerator would each be searched, by whoever comes first, with results of which a store keeps
 * one: every axis decides something for itself. */
static enum sinter_status check_effects(const struct sinter_experiment *experiment, const struct sinter_accel *accel,
                                        struct sinter_diagnostics *diags)
{
    bool has_budget = false;
    for (int i = 0; i < experiment->n_settings; i++)
        has_budget |= is_budget(experiment->settings[i].field);
    for (int i = 0; i < experiment->n_axes; i++)
        has_budget |= is_budget(experiment->axes[i].field);
    const char *filled = accel->units[accel->area_fill].name;
    for (int i = 0; i < experiment->n_axes; i++) {
        const char *field = experiment->axes[i].field, *dot = strchr(field, '.');
        for (int k = 0; k < experiment->n_derived; k++)
            if (strcmp(field, experiment->derived[k].field) == 0)
                return sinter_error(diags, experiment->derived[k].at, "leave one of the two out",
                                    "axis '%.60s' and a formula decide the same field", field);
        if (has_budget && dot != NULL && strcmp(dot, ".pes") == 0 && strncmp(field, filled, (size_t)(dot - field)) == 0 &&
            filled[dot - field] == '\0')
            return sinter_error(diags, experiment->axes[i].at, "leave one of the two out",
                                "axis '%.60s' and the budget of area decide the same field", field);
    }
    return SINTER_OK;
}

enum sinter_status grid_check(const struct grid *grid, const struct sinter_allocator *allocator,
                              struct sinter_diagnostics *diags)
{
    const struct sinter_experiment *experiment = grid->experiment;
    struct building building;
    struct sinter_accel *accel = NULL;
    start(&building, grid, allocator, diags);
    enum sinter_status status = check_strategies(grid, diags);
    if (status == SINTER_OK)
        status = check_budgets(&building);
    if (status == SINTER_OK)
        status = load(&building, &accel);
    if (status == SINTER_OK)
        status = check_used(&building, accel, "set", NULL);
    if (status == SINTER_OK)
        status = check_effects(experiment, accel, diags);
    for (int i = 0; i < experiment->n_derived && status == SINTER_OK; i++)
        status = put_derived(&building, &experiment->derived[i], i, accel);
    for (int i = 0; i < experiment->n_conditions && status == SINTER_OK; i++) {
        double holds;
        const struct sinter_clause *condition = &experiment->conditions[i];
        status = formula_value(condition->text, FORMULA_CONDITION, accel, condition->at, diags, &holds);
    }
    sinter_accel_free(accel);
    for (int i = 0; i < experiment->n_axes && status == SINTER_OK; i++)
        if (i != grid->strategy_axis)
            status = check_axis(grid, &experiment->axes[i], allocator, diags);
    return status;
}
