/* strategy.c: the named strategies.
 * SPDX-License-Identifier: MIT
 *
 * A strategy cuts the cascade into sets of Einsums; each becomes one group. Sets are put in an order of execution and
 * built by kernel.c and fused.c. The schemes of the published sweep (arXiv 2504.17333) name what they fuse: A is what the
 * state is multiplied by, B what is added to it, S the recurrence and its read-out.
 */
#include "search/build.h"

#include <stdio.h>
#include <string.h>

enum base { PER_EINSUM, PER_OPERATOR };

/* How a strategy fuses each state update: bit 0..2: sides A, B and S are fused with the others of the same digit. */
struct strategy {
    const char *name, *summary;
    enum base base;
    enum set_kind recurrence; /* what an unfused recurrence is */
    bool sends_all;
    bool adapts; /* splits the state so that it fits */
    bool is_block;
    int a, b, s; /* fused sets of the state update: equal numbers above 0 are one group; 0: unfused */
};

static const struct strategy strategies[] = {
    {"unfused-strict", "every operand of every Einsum and of every step of a recurrence through DRAM", PER_EINSUM, SET_STEPS,
     true, false, false, 0, 0, 0},
    {"UF", "published baseline: as unfused-strict, but a step keeps its product on chip", PER_OPERATOR, SET_STEPS, false,
     false, false, 0, 0, 0},
    {"unfused", "every operator alone, as one kernel; a recurrence is one scan that keeps its state on chip", PER_OPERATOR,
     SET_KERNEL, false, false, false, 0, 0, 0},
    {"A", "published scheme: fuses what makes the decay of the state", PER_OPERATOR, SET_STEPS, false, false, false, 1, 0,
     0},
    {"B", "published scheme: fuses what makes the input of the state", PER_OPERATOR, SET_STEPS, false, false, false, 0, 1,
     0},
    {"A-B", "published scheme: fuses both sides, each for itself", PER_OPERATOR, SET_STEPS, false, false, false, 1, 2, 0},
    {"AS", "published scheme: fuses the decay with the recurrence and its read-out", PER_OPERATOR, SET_STEPS, false, false,
     false, 1, 0, 1},
    {"BS", "published scheme: fuses the input with the recurrence and its read-out", PER_OPERATOR, SET_STEPS, false, false,
     false, 0, 1, 1},
    {"AS-B", "published scheme: AS, and the input for itself", PER_OPERATOR, SET_STEPS, false, false, false, 1, 2, 1},
    {"A-BS", "published scheme: BS, and the decay for itself", PER_OPERATOR, SET_STEPS, false, false, false, 1, 2, 2},
    {"All", "published scheme: the whole state update in one group (fuse-all)", PER_OPERATOR, SET_STEPS, false, false, false,
     1, 1, 1},
    {"fuse-all", "the state update fused along the recurrent rank, one token at a time", PER_OPERATOR, SET_KERNEL, false,
     false, false, 1, 1, 1},
    {"mem-aware", "fuse-all with the state split so that it fits the memory, in the cheapest number of parts", PER_OPERATOR,
     SET_KERNEL, false, true, false, 1, 1, 1},
    {"fuse-block",
     "the whole block fused along the recurrent rank; --tile tokens at a time, weights streamed or --weights resident",
     PER_OPERATOR, SET_KERNEL, false, true, true, 1, 1, 1},
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

/* ---- cutting the cascade into sets --------------------------------------------------------------------------------- */

struct partition {
    int n_sets;
    struct set *sets;
    const struct core **cores; /* by set: the state update that it fuses, NULL for others */
    int *set_of;               /* by Einsum */
};

/* The number of an Einsum's set, before sets are numbered in order: Einsums with equal labels form a set. */
static enum sinter_status label(struct build *build, const struct strategy *strategy, const struct core *cores, int *labels)
{
    const struct sinter_cascade *cascade = build->cascade;
    for (int e = 0; e < cascade->n_einsums; e++) {
        const struct sinter_einsum *einsum = &cascade->einsums[e];
        labels[e] = strategy->base == PER_EINSUM ? e : cascade->operators[einsum->cascade_operator].first;
        if (einsum->cycle >= 0)
            labels[e] = cascade->cycles[einsum->cycle].einsums[0];
    }
    for (int c = 0; c < cascade->n_cycles; c++) {
        int first[4] = {-1, -1, -1, -1};
        for (int e = 0; e < cascade->n_einsums; e++) {
            if (!cores[c].is_member[e])
                continue;
            int side = cores[c].is_a[e] ? strategy->a : cores[c].is_b[e] ? strategy->b : strategy->s;
            if (side == 0) { /* unfused: an Einsum of its own, so that schemes differ in nothing but their fusion */
                if (cascade->einsums[e].cycle < 0 && (strategy->a | strategy->b | strategy->s) != 0)
                    labels[e] = e;
                continue;
            }
            if (first[side] < 0)
                first[side] = e;
            labels[e] = first[side];
        }
    }
    return SINTER_OK;
}

static bool depends(const struct sinter_cascade *cascade, const struct partition *partition, int set, const bool *done)
{
    for (int i = 0; i < partition->sets[set].n_einsums; i++) {
        const struct sinter_einsum *einsum = &cascade->einsums[partition->sets[set].einsums[i]];
        for (int k = 0; k < einsum->n_operands; k++) {
            int producer = cascade->tensors[einsum->operands[k].tensor].producer;
            if (producer >= 0 && partition->set_of[producer] != set && !done[partition->set_of[producer]])
                return true;
        }
    }
    return false;
}

/* Puts the sets in an order of execution: always the earliest one that depends on nothing undone. */
static enum sinter_status order_sets(struct build *build, const struct partition *partition, int *order)
{
    bool *done = sinter_arena_alloc(build->arena, (size_t)partition->n_sets + 1, sizeof(bool));
    if (done == NULL)
        return sinter_out_of_memory(build->diags);
    for (int n = 0; n < partition->n_sets; n++) {
        int next = 0;
        while (next < partition->n_sets && (done[next] || depends(build->cascade, partition, next, done)))
            next++;
        if (next == partition->n_sets)
            return sinter_error(build->diags, (struct sinter_location){NULL, 0, 0},
                                "use another strategy, or write the schedule by hand",
                                "this strategy would fuse Einsums around others that lie between them");
        done[next] = true;
        order[n] = next;
    }
    return SINTER_OK;
}

static enum sinter_status cut(struct build *build, const struct strategy *strategy, const struct core *cores,
                              struct partition *out)
{
    const struct sinter_cascade *cascade = build->cascade;
    size_t n = (size_t)cascade->n_einsums;
    int *labels = sinter_arena_alloc(build->arena, n, sizeof(int)), *pool = sinter_arena_alloc(build->arena, n, sizeof(int));
    out->sets = sinter_arena_alloc(build->arena, n, sizeof *out->sets);
    out->cores = sinter_arena_alloc(build->arena, n, sizeof *out->cores);
    out->set_of = sinter_arena_alloc(build->arena, n, sizeof(int));
    if (labels == NULL || pool == NULL || out->sets == NULL || out->cores == NULL || out->set_of == NULL)
        return sinter_out_of_memory(build->diags);
    enum sinter_status status = label(build, strategy, cores, labels);
    for (int first = 0; first < cascade->n_einsums && status == SINTER_OK; first++) {
        if (labels[first] != first)
            continue;
        struct set *set = &out->sets[out->n_sets];
        *set = (struct set){.kind = SET_KERNEL, .sends_all = strategy->sends_all, .einsums = pool};
        bool has_cycle = false, has_other = false;
        for (int e = first; e < cascade->n_einsums; e++) {
            if (labels[e] != first)
                continue;
            set->einsums[set->n_einsums++] = e;
            out->set_of[e] = out->n_sets;
            has_cycle |= cascade->einsums[e].cycle >= 0;
            has_other |= cascade->einsums[e].cycle < 0;
        }
        for (int c = 0; c < cascade->n_cycles; c++) {
            int side = cores[c].is_a[first] ? strategy->a : cores[c].is_b[first] ? strategy->b : strategy->s;
            if (cores[c].is_member[first] && side > 0 && set->n_einsums > 1) {
                set->kind = SET_FUSED;
                out->cores[out->n_sets] = &cores[c];
            }
        }
        if (set->kind == SET_KERNEL && has_cycle && !has_other)
            set->kind = strategy->recurrence;
        pool += set->n_einsums;
        out->n_sets++;
    }
    return status;
}

/* ---- building -------------------------------------------------------------------------------------------------------- */

/* Every Einsum must have a unit that can run it. */
static enum sinter_status check_units(struct build *build)
{
    const struct sinter_cascade *cascade = build->cascade;
    build->unit_of = sinter_arena_alloc(build->arena, (size_t)cascade->n_einsums + 1, sizeof(int));
    if (build->unit_of == NULL)
        return sinter_out_of_memory(build->diags);
    for (int e = 0; e < cascade->n_einsums; e++) {
        bool can = false;
        for (int u = 0; u < build->accel->n_units; u++)
            can |= sinter_unit_can_run(&build->accel->units[u], &cascade->einsums[e], NULL);
        if (can)
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

static enum sinter_status build_sets(struct build *build, const struct strategy *strategy)
{
    const struct sinter_cascade *cascade = build->cascade;
    struct core *cores = sinter_arena_alloc(build->arena, (size_t)cascade->n_cycles + 1, sizeof *cores);
    struct partition partition = {0};
    if (cores == NULL)
        return sinter_out_of_memory(build->diags);
    enum sinter_status status = check_units(build);
    for (int c = 0; c < cascade->n_cycles && status == SINTER_OK; c++)
        status = find_core(build, c, &cores[c]);
    if (status == SINTER_OK && strategy->is_block && cascade->n_cycles > 0)
        return build_block(build);
    if (status == SINTER_OK)
        status = cut(build, strategy, cores, &partition);
    int *order = sinter_arena_alloc(build->arena, (size_t)partition.n_sets + 1, sizeof(int));
    if (order == NULL)
        return sinter_out_of_memory(build->diags);
    if (status == SINTER_OK)
        status = order_sets(build, &partition, order);
    for (int i = 0; i < partition.n_sets && status == SINTER_OK; i++) {
        const struct set *set = &partition.sets[order[i]];
        status = set->kind == SET_FUSED ? build_fused(build, set, partition.cores[order[i]], strategy->adapts)
                                        : build_kernel(build, set);
    }
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
