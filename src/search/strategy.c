/* strategy.c: the named strategies.
 * SPDX-License-Identifier: MIT
 *
 * A strategy cuts the cascade into sets of Einsums; each becomes one group. Sets are put in an order of execution and
 * built by kernel.c, fused.c, spill.c and block.c. The schemes of the published sweep (arXiv 2504.17333) name what they fuse: A is what the
 * state is multiplied by, B what is added to it, S the recurrence and its read-out.
 */
#include "search/build.h"

#include <stdio.h>
#include <string.h>

enum base { PER_EINSUM, PER_OPERATOR };

struct strategy {
    const char *name, *summary;
    enum base base;
    enum set_kind recurrence; /* what an unfused recurrence is */
    bool sends_all;
    int a, b, s;      /* fused sets of the state update: equal numbers above 0 are one group; 0: unfused */
    bool adapts;      /* splits the state so that it fits */
    bool is_block;    /* fuses what it can around the first recurrence */
    bool spills;      /* sends through DRAM what does not fit */
    bool is_search;   /* optimal: no set of rules, but the best that is found */
    bool is_a_detail; /* left out where strategies are compared and none is named */
};

static const struct strategy strategies[] = {
    {"unfused-strict", "every operand of every Einsum and of every step of a recurrence through DRAM", PER_EINSUM, SET_STEPS,
     .sends_all = true},
    {"UF", "published baseline: as unfused-strict, but a step keeps its product on chip", PER_OPERATOR, SET_STEPS, .a = 0},
    {"unfused", "every operator alone, as one kernel; a recurrence is one scan that keeps its state on chip", PER_OPERATOR,
     SET_KERNEL, .a = 0},
    {"A", "published scheme: fuses what makes the decay of the state", PER_OPERATOR, SET_STEPS, .a = 1},
    {"B", "published scheme: fuses what makes the input of the state", PER_OPERATOR, SET_STEPS, .b = 1},
    {"A-B", "published scheme: fuses both sides, each for itself", PER_OPERATOR, SET_STEPS, .a = 1, .b = 2},
    {"AS", "published scheme: fuses the decay with the recurrence and its read-out", PER_OPERATOR, SET_STEPS, .a = 1,
     .s = 1},
    {"BS", "published scheme: fuses the input with the recurrence and its read-out", PER_OPERATOR, SET_STEPS, .b = 1,
     .s = 1},
    {"AS-B", "published scheme: AS, and the input for itself", PER_OPERATOR, SET_STEPS, .a = 1, .b = 2, .s = 1},
    {"A-BS", "published scheme: BS, and the decay for itself", PER_OPERATOR, SET_STEPS, .a = 1, .b = 2, .s = 2},
    {"All", "published scheme: the whole state update in one group (fuse-all)", PER_OPERATOR, SET_STEPS, .a = 1, .b = 1,
     .s = 1},
    {"fuse-all", "the state update fused along the recurrent rank, one token at a time", PER_OPERATOR, SET_KERNEL, .a = 1,
     .b = 1, .s = 1},
    {"fuse-all-spill", "fuse-all in less memory than it needs: what does not fit goes through DRAM in every token",
     PER_OPERATOR, SET_KERNEL, .a = 1, .b = 1, .s = 1, .spills = true, .is_a_detail = true},
    {"mem-aware", "fuse-all with the state split so that it fits the memory, in the cheapest number of parts", PER_OPERATOR,
     SET_KERNEL, .a = 1, .b = 1, .s = 1, .adapts = true},
    {"fuse-block",
     "the whole block fused along the recurrent rank; --tile tokens at a time, weights streamed or --weights resident",
     PER_OPERATOR, SET_KERNEL, .a = 1, .b = 1, .s = 1, .adapts = true, .is_block = true},
    {"optimal", "the best schedule that a search finds, and how much better any other could be; --objective: best in what",
     PER_OPERATOR, SET_KERNEL, .is_search = true},
};
enum { N_STRATEGIES = (int)(sizeof strategies / sizeof strategies[0]) };

const char *sinter_strategy_name(int index)
{
    return index >= 0 && index < N_STRATEGIES ? strategies[index].name : NULL;
}

const char *sinter_strategy_summary(int index)
{
    return index >= 0 && index < N_STRATEGIES ? strategies[index].summary : NULL;
}

bool sinter_strategy_is_compared(int index)
{
    return index >= 0 && index < N_STRATEGIES && !strategies[index].is_a_detail;
}

/* ---- cutting the cascade into sets --------------------------------------------------------------------------------- */

struct cut {
    struct build *build;
    const struct strategy *strategy;
    struct partition partition;
    struct core *cores;
    const struct core **core_of; /* by set: the state update that it fuses, NULL: none */
    bool *is_alone;              /* by Einsum: a member that the strategy does not fuse, so that schemes differ in nothing
                                    but their fusion */
    int *list;
};

/* A recurrence of several Einsums needs a loop: may all of both sets stand in it, as one kernel? */
static enum sinter_status may_run(struct cut *cut, int a, int b, bool *may)
{
    struct build *build = cut->build;
    const struct partition *p = &cut->partition;
    const struct sinter_cascade *cascade = build->cascade;
    int rank = -1, names[2] = {a, b}, i = 0, j = 0;
    *may = true;
    for (int s = 0; s < 2; s++) {
        for (int e = names[s]; e >= 0; e = p->next[e]) {
            int cycle = cascade->einsums[e].cycle;
            if (cycle < 0 || cascade->cycles[cycle].n_einsums == 1)
                continue;
            *may = *may && (rank < 0 || rank == cascade->cycles[cycle].rank);
            rank = cascade->cycles[cycle].rank;
        }
    }
    if (rank < 0 || !*may)
        return SINTER_OK;
    struct set x, y;
    struct sinter_arena_mark mark = sinter_arena_mark(build->arena);
    enum sinter_status status = partition_set(build, p, a, &x);
    if (status == SINTER_OK)
        status = partition_set(build, p, b, &y);
    if (status != SINTER_OK)
        return status;
    struct sinter_schedule *out = &build->scratch;
    sinter_schedule_clear(out);
    sinter_schedule_group(out);
    sinter_schedule_loop(out, rank, 1);
    while (i < x.n_einsums || j < y.n_einsums) {
        bool is_x = j == y.n_einsums || (i < x.n_einsums && x.einsums[i] < y.einsums[j]);
        int e = is_x ? x.einsums[i++] : y.einsums[j++];
        sinter_schedule_leaf(out, e, build->unit_of[e]);
    }
    sinter_schedule_close(out);
    sinter_schedule_close(out);
    sinter_arena_reset(build->arena, mark);
    return ask_legal(build, may);
}

/* Joins what may join of a list to the set of its first Einsum. Some have to wait until others between have joined. */
static enum sinter_status join_list(struct cut *cut, int n, bool is_kernel)
{
    struct partition *p = &cut->partition;
    for (bool grows = true; grows;) {
        grows = false;
        for (int i = 1; i < n; i++) {
            int first = p->set_of[cut->list[0]], other = p->set_of[cut->list[i]];
            bool may = partition_may_join(p, first, other);
            enum sinter_status status = may && is_kernel ? may_run(cut, first, other, &may) : SINTER_OK;
            if (status != SINTER_OK)
                return status;
            if (may)
                partition_join(p, first, other);
            grows |= may;
        }
    }
    return SINTER_OK;
}

static int number_of(const struct strategy *strategy, enum side side)
{
    return side == SIDE_A ? strategy->a : side == SIDE_B ? strategy->b : strategy->s;
}

/* The fused sets of a state update. */
static enum sinter_status join_sides(struct cut *cut, const struct core *core)
{
    const struct sinter_cascade *cascade = cut->build->cascade;
    for (int number = 0; number <= 2; number++) {
        int n = 0;
        for (int i = 0; i < core->n_members; i++) {
            int e = core->members[i];
            if (number_of(cut->strategy, core->sides[i]) != number)
                continue;
            cut->is_alone[e] = number == 0 && cascade->einsums[e].cycle < 0;
            cut->list[n++] = e;
            if (cascade->einsums[e].cycle >= 0) { /* the others gather around the recurrence */
                cut->list[n - 1] = cut->list[0];
                cut->list[0] = e;
            }
        }
        if (number == 0 || n == 0)
            continue;
        enum sinter_status status = join_list(cut, n, false);
        if (status != SINTER_OK)
            return status;
        cut->core_of[cut->partition.set_of[cut->list[0]]] = core;
    }
    return SINTER_OK;
}

static enum sinter_status join_operators(struct cut *cut)
{
    const struct sinter_cascade *cascade = cut->build->cascade;
    enum sinter_status status = SINTER_OK;
    for (int o = 0; o < cascade->n_operators && status == SINTER_OK; o++) {
        int n = 0;
        for (int i = 0; i < cascade->operators[o].n_einsums; i++) {
            int e = cascade->operators[o].first + i;
            if (!cut->is_alone[e] && cut->core_of[cut->partition.set_of[e]] == NULL)
                cut->list[n++] = e;
        }
        status = join_list(cut, n, true);
    }
    return status;
}

static enum sinter_status cut_cascade(struct cut *cut)
{
    struct build *build = cut->build;
    const struct strategy *strategy = cut->strategy;
    size_t n = (size_t)build->cascade->n_einsums + 1;
    bool is_fused = (strategy->a | strategy->b | strategy->s) != 0;
    cut->core_of = sinter_arena_alloc(build->arena, n, sizeof *cut->core_of);
    cut->is_alone = sinter_arena_alloc(build->arena, n, sizeof *cut->is_alone);
    cut->list = sinter_arena_alloc(build->arena, n, sizeof *cut->list);
    if (cut->core_of == NULL || cut->is_alone == NULL || cut->list == NULL)
        return sinter_out_of_memory(build->diags);
    enum sinter_status status = partition_new(build, &cut->partition);
    if (status == SINTER_OK && is_fused)
        status = find_cores(build, &cut->partition, &cut->cores);
    if (status == SINTER_OK && is_fused) /* the updates are cut once more, by their sides */
        status = partition_new(build, &cut->partition);
    for (int c = 0; c < build->cascade->n_cycles && is_fused && status == SINTER_OK; c++)
        status = join_sides(cut, &cut->cores[c]);
    if (status == SINTER_OK && strategy->base == PER_OPERATOR)
        status = join_operators(cut);
    return status;
}

/* The sets in an order of execution, and what each becomes. */
static enum sinter_status list_parts(struct cut *cut, struct part **parts, int *n_parts)
{
    struct build *build = cut->build;
    int *order = sinter_arena_alloc(build->arena, (size_t)build->cascade->n_einsums + 1, sizeof(int));
    if (order == NULL)
        return sinter_out_of_memory(build->diags);
    enum sinter_status status = partition_order(build, &cut->partition, order, n_parts);
    *parts = sinter_arena_alloc(build->arena, (size_t)*n_parts + 1, sizeof **parts);
    if (*parts == NULL)
        return sinter_out_of_memory(build->diags);
    for (int i = 0; i < *n_parts && status == SINTER_OK; i++) {
        struct part *part = &(*parts)[i];
        status = partition_set(build, &cut->partition, order[i], &part->set);
        part->core = cut->core_of[order[i]];
        part->set.sends_all = cut->strategy->sends_all;
        bool is_recurrence = true;
        for (int k = 0; k < part->set.n_einsums && status == SINTER_OK; k++)
            is_recurrence = is_recurrence && build->cascade->einsums[part->set.einsums[k]].cycle >= 0;
        part->set.kind = part->core != NULL && part->set.n_einsums > 1 ? SET_FUSED
                         : is_recurrence                               ? cut->strategy->recurrence
                                                                       : SET_KERNEL;
    }
    return status;
}

/* ---- building -------------------------------------------------------------------------------------------------------- */

/* Every Einsum must have a unit that can run it. */
static enum sinter_status check_units(struct build *build)
{
    const struct sinter_cascade *cascade = build->cascade;
    build->unit_of = sinter_arena_alloc(build->arena, (size_t)cascade->n_einsums + 1, sizeof(int));
    build->einsums = sinter_arena_alloc(build->arena, (size_t)cascade->n_einsums + 1, sizeof *build->einsums);
    build->groups = sinter_arena_alloc(build->arena, (size_t)cascade->n_einsums + 1, sizeof *build->groups);
    if (build->unit_of == NULL || build->einsums == NULL || build->groups == NULL)
        return sinter_out_of_memory(build->diags);
    for (int e = 0; e < cascade->n_einsums; e++) {
        int unit = 0;
        while (unit < build->accel->n_units && !sinter_unit_can_run(&build->accel->units[unit], &cascade->einsums[e], NULL))
            unit++;
        build->unit_of[e] = unit; /* for questions of legality, until a placement says more */
        if (unit < build->accel->n_units)
            continue;
        int last = build->accel->n_units - 1;
        enum sinter_op missing = SINTER_MAC;
        sinter_unit_can_run(&build->accel->units[last], &cascade->einsums[e], &missing);
        return sinter_error(build->diags, cascade->einsums[e].at,
                            "give one unit of the accelerator cycles for every operation of the Einsum",
                            "no unit of '%s' can run Einsum '%s': unit '%s' has no %s", build->accel->name,
                            cascade->einsums[e].name, build->accel->units[last].name, sinter_op_name(missing));
    }
    return SINTER_OK;
}

/* Cuts the block around the first recurrence into its parts and runs them as one group. */
static enum sinter_status cut_block(struct cut *cut, struct part **parts, int *n_parts, struct part *block, int *n_block,
                                    int *name)
{
    struct build *build = cut->build;
    const struct sinter_cycle *first = &build->cascade->cycles[0];
    bool *is_inside = sinter_arena_alloc(build->arena, (size_t)*n_parts + 1, sizeof(bool));
    int seed = 0;
    if (is_inside == NULL)
        return sinter_out_of_memory(build->diags);
    while (!set_has(&(*parts)[seed].set, first->einsums[0]))
        seed++;
    enum sinter_status status = find_block(build, *parts, *n_parts, seed, first->rank, is_inside);
    *name = first->einsums[0];
    *n_block = 0;
    for (int i = 0; i < *n_parts && status == SINTER_OK; i++) {
        if (!is_inside[i])
            continue;
        block[(*n_block)++] = (*parts)[i];
        int set = cut->partition.set_of[(*parts)[i].set.einsums[0]];
        *name = partition_join(&cut->partition, cut->partition.set_of[*name], set);
    }
    return status == SINTER_OK ? list_parts(cut, parts, n_parts) : status;
}

static enum sinter_status build_part(struct build *build, const struct strategy *strategy, const struct part *part)
{
    if (part->set.kind != SET_FUSED)
        return build_kernel(build, &part->set);
    if (strategy->spills)
        return build_spilling(build, &part->set, part->core);
    return build_fused(build, &part->set, part->core, strategy->adapts);
}

static enum sinter_status build_sets(struct build *build, const struct strategy *strategy)
{
    const struct sinter_cascade *cascade = build->cascade;
    struct cut cut = {.build = build, .strategy = strategy};
    struct part *parts = NULL, *block = NULL;
    int n_parts = 0, n_block = 0, name = -1;
    enum sinter_status status = check_units(build);
    if (status == SINTER_OK)
        status = cut_cascade(&cut);
    if (status == SINTER_OK)
        status = list_parts(&cut, &parts, &n_parts);
    if (status == SINTER_OK && strategy->is_block && cascade->n_cycles > 0) {
        block = sinter_arena_alloc(build->arena, (size_t)n_parts, sizeof *block);
        status =
            block == NULL ? sinter_out_of_memory(build->diags) : cut_block(&cut, &parts, &n_parts, block, &n_block, &name);
    }
    for (int i = 0; i < n_parts && status == SINTER_OK; i++)
        status = n_block > 0 && parts[i].set.einsums[0] == name ? build_block(build, block, n_block, cascade->cycles[0].rank)
                                                                : build_part(build, strategy, &parts[i]);
    return status;
}

enum sinter_status sinter_strategy_build(const char *name, const struct sinter_strategy_options *options,
                                         struct sinter_schedule *schedule, struct sinter_diagnostics *diags)
{
    static const struct sinter_strategy_options defaults = {0};
    const struct strategy *strategy = NULL;
    const char *names[N_STRATEGIES];
    for (int i = 0; i < N_STRATEGIES; i++) {
        names[i] = strategies[i].name;
        if (strcmp(strategies[i].name, name) == 0)
            strategy = &strategies[i];
    }
    if (strategy == NULL) {
        const char *near = sinter_suggest(name, names, N_STRATEGIES);
        char hint[96] = "sinter show lists them";
        if (near != NULL)
            snprintf(hint, sizeof hint, "did you mean '%s'?", near);
        sinter_report(diags, SINTER_ERROR, (struct sinter_location){NULL, 0, 0}, hint, "unknown strategy '%s'", name);
        return SINTER_BAD_USAGE;
    }
    sinter_schedule_clear(schedule);
    if (strategy->is_search)
        return sinter_search_run(options != NULL ? &options->search : NULL, schedule, diags, NULL);
    struct build build = {.cascade = schedule->cascade,
                          .accel = schedule->accel,
                          .options = options != NULL ? options : &defaults,
                          .schedule = schedule,
                          .diags = diags};
    build.arena = sinter_arena_new(schedule->allocator);
    sinter_schedule_init(&build.scratch, schedule->cascade, schedule->accel, schedule->allocator);
    enum sinter_status status = build.arena == NULL ? sinter_out_of_memory(diags) : SINTER_OK;
    if (status == SINTER_OK)
        status = sinter_plan_new(schedule->cascade, schedule->accel, schedule->allocator, diags, &build.plan);
    if (status == SINTER_OK)
        status = build_sets(&build, strategy);
    sinter_plan_free(build.plan);
    sinter_schedule_free(&build.scratch);
    sinter_arena_free(build.arena);
    if (status != SINTER_OK)
        sinter_schedule_clear(schedule);
    return status;
}
