/* series.c: searches for one cascade on one accelerator after another.
 * SPDX-License-Identifier: MIT
 */
#include "search/atlas.h"

enum { MOST_PRICED_EACH = 2000 };

struct sinter_series {
    const struct sinter_cascade *cascade;
    struct sinter_search_options options;
    struct sinter_arena *arena;
    struct lattice lattice;
    struct atlas atlas;
    int n_searches;
};

enum sinter_status sinter_series_new(const struct sinter_cascade *cascade, const struct sinter_search_options *options,
                                     const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                     struct sinter_series **out)
{
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_series *series = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *series);
    *out = NULL;
    if (series == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    *series = (struct sinter_series){.cascade = cascade, .arena = arena};
    if (options != NULL)
        series->options = *options;
    atlas_init(&series->atlas, arena);
    enum sinter_status status = lattice_new(cascade, MOST_SETS, arena, diags, &series->lattice);
    if (status != SINTER_OK) {
        sinter_arena_free(arena);
        return status;
    }
    *out = series;
    return SINTER_OK;
}

static enum sinter_status search_next(struct sinter_series *series, bool is_settling, struct sinter_schedule *schedule,
                                      struct sinter_diagnostics *diags, struct sinter_search *search)
{
    struct sinter_search_options options = series->options;
    struct sinter_search unwanted;
    struct outcome outcome;
    bool is_known = atlas_has_tried(&series->atlas, schedule->accel);
    struct help help = {.is_settling = is_settling, .is_tried = !is_known && !is_settling, .atlas = &series->atlas};
    search = search != NULL ? search : &unwanted;
    const int64_t effort = options.most_priced > 0 ? options.most_priced : MOST_PRICED_EACH;
    options.most_priced = is_known || is_settling ? -1 : effort;
    sinter_schedule_clear(schedule);
    enum sinter_status status = search_once(&options, help, schedule, diags, search, &outcome);
    if (status == SINTER_INFEASIBLE && is_known && !is_settling) { /* the others' trees do not fit here */
        options.most_priced = effort;
        help.is_tried = true;
        status = search_once(&options, help, schedule, diags, search, &outcome);
    }
    if (status != SINTER_OK)
        sinter_schedule_clear(schedule);
    return status;
}

enum sinter_status sinter_series_run(struct sinter_series *series, struct sinter_schedule *schedule,
                                     struct sinter_diagnostics *diags, struct sinter_search *search)
{
    return search_next(series, false, schedule, diags, search);
}

enum sinter_status sinter_series_settle(struct sinter_series *series, struct sinter_schedule *schedule,
                                        struct sinter_diagnostics *diags, struct sinter_search *search)
{
    return search_next(series, true, schedule, diags, search);
}

/* ---- schedules from elsewhere ---------------------------------------------------------------------------------------- */

static int find_set(const struct lattice *lattice, einsum_set set)
{
    for (int i = 0; i < lattice->n_sets; i++)
        if (lattice->sets[i] == set)
            return i;
    return -1;
}

enum sinter_status sinter_series_add(struct sinter_series *series, const struct sinter_schedule *schedule)
{
    const struct sinter_accel *accel = schedule->accel;
    struct atlas *atlas = &series->atlas;
    einsum_set done = 0;
    if (atlas_begin(atlas, &series->lattice, accel) != SINTER_OK)
        return SINTER_NO_MEMORY;
    for (int i = 0; i < schedule->n_nodes; i = schedule->nodes[i].end) {
        einsum_set group = 0;
        for (int k = i; k < schedule->nodes[i].end; k++)
            if (schedule->nodes[k].kind == SINTER_LEAF)
                group |= (einsum_set)1 << schedule->nodes[k].einsum;
        int from = find_set(&series->lattice, done), to = find_set(&series->lattice, done | group);
        done |= group;
        if (from >= 0 && to > from &&
            atlas_add(atlas, edge_of(&series->lattice, from, to), &schedule->nodes[i], i) != SINTER_OK)
            return SINTER_NO_MEMORY;
    }
    return SINTER_OK;
}

void sinter_series_free(struct sinter_series *series)
{
    if (series != NULL)
        sinter_arena_free(series->arena);
}
