/* optimal.c: the best schedule for an objective.
 * SPDX-License-Identifier: MIT
 *
 * The value of a schedule is a sum over its groups for latency, energy and DRAM bytes, each made unique by a little of the
 * others. Energy times latency is not a sum: but on the lower hull of the pairs (latency, energy) that schedules have, the
 * product is least at a corner, and corners are what weighted sums find. The smallest memory is looked for with smaller and
 * smaller memories.
 */
#include "cost/phases.h"
#include "search/atlas.h"
#include "sinter/sim.h"

#include <math.h>
#include <string.h>

static const char *const objective_names[] = {"latency", "energy", "edp", "dram", "memory"};
/* Where not much effort is meant, trees that wait less are left as they are, and few are simulated. */
#define MOST_IDLE 0.03
enum { MOST_SIMULATED = 32 };
enum { N_OBJECTIVES = (int)(sizeof objective_names / sizeof *objective_names) };

const char *sinter_objective_name(enum sinter_objective objective)
{
    return objective_names[objective];
}

bool sinter_objective_find(const char *name, enum sinter_objective *objective)
{
    for (int i = 0; i < N_OBJECTIVES; i++)
        if (strcmp(name, objective_names[i]) == 0) {
            *objective = (enum sinter_objective)i;
            return true;
        }
    return false;
}

struct outcome sum_up(const struct solver *solver, const int *path, int n, double compute_joules)
{
    struct outcome outcome = {.joules = compute_joules};
    for (int i = 0; i < n; i++) {
        const struct tree *tree = &solver->graph.edges[path[i]].tree;
        outcome.cycles += tree->cycles;
        outcome.bound_cycles += tree->bound_cycles;
        outcome.bits += tree->bits;
        outcome.peak_bits = tree->peak_bits > outcome.peak_bits ? tree->peak_bits : outcome.peak_bits;
    }
    outcome.joules += outcome.bits * solver->accel->memories[0].pj_per_bit * 1e-12;
    return outcome;
}

/* Of all operations, each on the unit that needs least. */
double least_compute_joules(const struct solver *solver)
{
    double joules = 0;
    for (int e = 0; e < solver->cascade->n_einsums; e++) {
        const struct sinter_einsum *einsum = &solver->cascade->einsums[e];
        double least = (double)INFINITY;
        for (int u = 0; u < solver->accel->n_units; u++) {
            double pj = 0;
            for (int k = 0; k < einsum->n_ops; k++)
                pj += (double)einsum->ops[k].total * solver->accel->units[u].pj[einsum->ops[k].op];
            if (pj < least && sinter_unit_can_run(&solver->accel->units[u], einsum, NULL))
                least = pj;
        }
        joules += isfinite(least) ? least * 1e-12 : 0;
    }
    return joules;
}

/* ---- weighted sums ------------------------------------------------------------------------------------------------------ */

/* A little of what else counts: a part of the gap, so that it never decides what is asked. */
static double tie(const struct solver *solver)
{
    return solver->gap > 0 ? solver->gap / 10 : 1e-7;
}

struct weights latency_weights(const struct solver *solver)
{
    return (struct weights){1, tie(solver) * solver->cycles_per_bit};
}

/* In units of cycles: what a bit costs against a cycle. */
struct weights traffic_weights(const struct solver *solver)
{
    return (struct weights){tie(solver), solver->cycles_per_bit};
}

struct found {
    int n;
    int *path;
    struct outcome outcome;
};

static enum sinter_status find_best(struct solver *solver, const struct weights *weights, double compute_joules,
                                    struct found *found)
{
    double least;
    int n;
    enum sinter_status status = solve(solver, weights, &n, &least);
    if (status != SINTER_OK)
        return status;
    found->n = n;
    memcpy(found->path, solver->path, (size_t)n * sizeof *found->path);
    found->outcome = sum_up(solver, found->path, n, compute_joules);
    return n > 0 ? SINTER_OK : SINTER_INFEASIBLE;
}

/* ---- energy times latency ------------------------------------------------------------------------------------------------- */

static double product(const struct outcome *outcome)
{
    return outcome->joules * outcome->bound_cycles;
}

static void keep_better(struct found *best, const struct found *other)
{
    if (product(&other->outcome) >= product(&best->outcome))
        return;
    best->n = other->n;
    best->outcome = other->outcome;
    memcpy(best->path, other->path, (size_t)other->n * sizeof *other->path);
}

/* Corners of the hull between two of them: by the weights for which both are worth the same. */
static enum sinter_status find_between(struct solver *solver, double compute_joules, const struct outcome *a,
                                       const struct outcome *b, int depth, struct found *scratch, struct found *best)
{
    double longer = b->bound_cycles - a->bound_cycles, less = a->joules - b->joules;
    if (depth == 0 || !(longer > 1e-6 * a->bound_cycles) || !(less > 1e-6 * a->joules))
        return SINTER_OK;
    struct weights weights = {less / longer, solver->accel->memories[0].pj_per_bit * 1e-12};
    enum sinter_status status = find_best(solver, &weights, compute_joules, scratch);
    if (status != SINTER_OK)
        return status;
    struct outcome corner = scratch->outcome;
    keep_better(best, scratch);
    double line = less / longer * a->bound_cycles + a->joules, here = less / longer * corner.bound_cycles + corner.joules;
    if (here >= line * (1 - 1e-9))
        return SINTER_OK;
    status = find_between(solver, compute_joules, a, &corner, depth - 1, scratch, best);
    return status != SINTER_OK ? status : find_between(solver, compute_joules, &corner, b, depth - 1, scratch, best);
}

/* No product is below: with w cycles per joule, latency + w energy is at least V, so 4 w times the product of two such terms
 * at most V * V; the best of some w. */
static double product_bound(struct solver *solver, double compute_joules, const struct outcome *near)
{
    double best = 0, pj = solver->accel->memories[0].pj_per_bit * 1e-12;
    double cycles = solver_bound(solver, &(struct weights){1, 0});
    double joules = compute_joules + solver_bound(solver, &(struct weights){0, pj});
    best = cycles * joules;
    for (int k = -3; k <= 3; k++) { /* on the line T + w E = V with T, E at least what they are at least */
        double w = near->bound_cycles / near->joules * pow(4, k);
        double v = solver_bound(solver, &(struct weights){1, w * pj}) + w * compute_joules;
        double at_least_cycles = cycles * (v - cycles) / w, at_least_joules = joules * (v - w * joules);
        double least = at_least_cycles < at_least_joules ? at_least_cycles : at_least_joules;
        best = least > best ? least : best;
    }
    return best;
}

static enum sinter_status find_product(struct solver *solver, double compute_joules, struct found *found)
{
    struct found other = {0}, scratch = {0};
    size_t n = (size_t)solver->lattice.n_sets;
    struct weights fast = latency_weights(solver), frugal = traffic_weights(solver);
    other.path = sinter_arena_alloc(solver->arena, n, sizeof *other.path);
    scratch.path = sinter_arena_alloc(solver->arena, n, sizeof *scratch.path);
    if (other.path == NULL || scratch.path == NULL)
        return sinter_out_of_memory(solver->diags);
    enum sinter_status status = find_best(solver, &fast, compute_joules, found);
    if (status == SINTER_OK)
        status = find_best(solver, &frugal, compute_joules, &other);
    if (status != SINTER_OK)
        return status;
    struct outcome a = found->outcome, b = other.outcome;
    keep_better(found, &other);
    return find_between(solver, compute_joules, &a, &b, 4, &scratch, found);
}

/* ---- results ---------------------------------------------------------------------------------------------------------------- */

static void write_schedule(const struct solver *solver, const struct found *found, struct sinter_schedule *schedule)
{
    sinter_schedule_clear(schedule);
    for (int i = 0; i < found->n; i++)
        append_tree(&solver->graph.edges[found->path[i]].tree, schedule);
}

/* What is known of the groups of a path: their trees, or their bounds. */
static void fill_path(const struct solver *solver, const int *path, int n, bool is_bound, struct sinter_search_path *out)
{
    *out = (struct sinter_search_path){.n = n < 64 ? n : 64};
    for (int i = 0; i < out->n; i++) {
        const struct edge *edge = &solver->graph.edges[path[i]];
        struct sinter_search_group *group = &out->groups[i];
        *group = (struct sinter_search_group){.einsums = group_of(solver, edge), .compute_cycles = edge->least_cycles};
        group->cycles = is_bound ? edge->least : edge->tree.bound_cycles;
        group->bits = is_bound ? edge->least_bits : edge->tree.bits;
        out->cycles += group->cycles;
        out->bits += group->bits;
        out->simulated_cycles += is_bound ? 0 : edge->tree.cycles;
    }
}

static void fill_search(struct solver *solver, const struct found *found, double compute_joules,
                        struct sinter_search *search)
{
    const struct sinter_accel *accel = solver->accel;
    double pj = accel->memories[0].pj_per_bit * 1e-12;
    struct floor root = crude_floor_of(solver->floors, solver->lattice.all);
    enum sinter_search_end end = solver->counters.end;
    *search = solver->counters;
    search->end = end;
    search->is_complete = solver->lattice.is_complete;
    search->n_sets = solver->lattice.n_sets;
    search->n_groups = solver->graph.n_edges;
    search->n_guessed = solver->weavers[0].n_guessed + solver->weavers[1].n_guessed;
    search->n_priced = solver->mappers[0].n_priced + solver->mappers[1].n_priced;
    search->compute_cycles = root.cycles;
    search->dram_bytes = root.bits / 8;
    search->objective = solver->options->objective;
    search->simulated_cycles = found->outcome.cycles;
    switch (search->objective) {
    case SINTER_LEAST_LATENCY:
    case SINTER_LEAST_MEMORY:
        search->value = found->outcome.bound_cycles;
        search->bound = solver_bound(solver, &(struct weights){1, 0});
        break;
    case SINTER_LEAST_ENERGY:
        search->value = found->outcome.joules;
        search->bound = compute_joules + solver_bound(solver, &(struct weights){0, pj});
        break;
    case SINTER_LEAST_EDP:
        search->value = product(&found->outcome) / accel->hz;
        search->bound = product_bound(solver, compute_joules, &found->outcome) / accel->hz;
        break;
    case SINTER_LEAST_DRAM:
        search->value = found->outcome.bits / 8;
        search->bound = solver_bound(solver, &(struct weights){0, 1}) / 8;
        break;
    }
    double least;
    solver_bound(solver, &(struct weights){1, 0});
    fill_path(solver, solver->path, find_path(&solver->graph, BY_BOUND, solver->path, &least), true, &search->least);
    if (found->n > 0)
        fill_path(solver, found->path, found->n, false, &search->found);
    search->gap = search->bound > 0 ? search->value / search->bound - 1 : 0;
    search->proof_seconds = solver->proof_seconds;
    search->seconds = solver_seconds(solver);
}

/* ---- the runner-up ----------------------------------------------------------------------------------------------------------- */

/* The best path without some group of the best one. */
static enum sinter_status find_runner_up(struct solver *solver, const struct weights *weights, const struct found *found,
                                         struct sinter_search_path *out)
{
    enum sinter_status status = SINTER_OK;
    double best = (double)INFINITY, gap = solver->gap;
    enum sinter_search_end end = solver->counters.end;
    solver->gap = 0.05; /* it need not be proven */
    for (int i = 0; i < found->n && status == SINTER_OK; i++) {
        struct edge *edge = &solver->graph.edges[found->path[i]], saved = *edge;
        double least;
        int n;
        edge->has_tree = false;
        edge->is_barred = true;
        status = solve(solver, weights, &n, &least);
        *edge = saved;
        graph_update(&solver->graph, edge);
        if (status != SINTER_OK || n == 0)
            continue;
        struct outcome outcome = sum_up(solver, solver->path, n, 0);
        double value = weights->per_cycle * outcome.bound_cycles + weights->per_bit * outcome.bits;
        if (value < best) {
            best = value;
            fill_path(solver, solver->path, n, false, out);
        }
    }
    solver->gap = gap;
    solver->counters.end = end;
    return status;
}

/* ---- one search ------------------------------------------------------------------------------------------------------------- */

/* The weights that a search for this begins with. */
static struct weights first_weights(const struct solver *solver)
{
    bool is_frugal = solver->options->objective == SINTER_LEAST_ENERGY || solver->options->objective == SINTER_LEAST_DRAM;
    return is_frugal ? traffic_weights(solver) : latency_weights(solver);
}

static enum sinter_status find(struct solver *solver, bool asks_named, struct found *found, struct sinter_schedule *schedule,
                               struct sinter_search *search)
{
    enum sinter_objective objective = solver->options->objective;
    double compute_joules = least_compute_joules(solver);
    bool is_latency = objective == SINTER_LEAST_LATENCY || objective == SINTER_LEAST_MEMORY;
    struct weights weights = first_weights(solver);
    const char *rule = "search";
    found->path = sinter_arena_alloc(solver->arena, (size_t)solver->lattice.n_sets, sizeof *found->path);
    if (found->path == NULL)
        return sinter_out_of_memory(solver->diags);
    enum sinter_status status = objective == SINTER_LEAST_EDP ? find_product(solver, compute_joules, found)
                                                              : find_best(solver, &weights, compute_joules, found);
    bool is_found = status == SINTER_OK;
    if (is_found && is_latency) {
        status = polish(solver, found->path, found->n);
        found->outcome = sum_up(solver, found->path, found->n, compute_joules);
    }
    if (is_found && status == SINTER_OK)
        write_schedule(solver, found, schedule);
    if ((is_found && status != SINTER_OK) || (!is_found && status != SINTER_INFEASIBLE))
        return status;
    if (asks_named && (!is_found || solver->counters.end != SINTER_END_GAP || solver->gap > 0))
        status = try_named(solver, compute_joules, is_found, &found->outcome, schedule, &rule);
    if (status == SINTER_INFEASIBLE)
        sinter_report(solver->diags, SINTER_ERROR, (struct sinter_location){NULL, 0, 0}, "give the accelerator more memory",
                      "no schedule was found that fits");
    if (status != SINTER_OK)
        return status;
    struct sinter_search_path runner_up = {.n = 0};
    bool is_own = strcmp(rule, "search") == 0;
    if (solver->options->is_explained && is_own)
        status = find_runner_up(solver, &weights, found, &runner_up);
    if (status != SINTER_OK)
        return status;
    if (!is_own)
        found->n = 0;
    fill_search(solver, found, compute_joules, search);
    if (!is_own && search->end == SINTER_END_GAP && search->gap > solver->gap) /* that was another schedule's */
        search->end = SINTER_END_EXHAUSTED;
    search->rule = rule;
    search->runner_up = runner_up;
    return SINTER_OK;
}

enum sinter_status search_once(const struct sinter_search_options *options, struct help help,
                               struct sinter_schedule *schedule, struct sinter_diagnostics *diags,
                               struct sinter_search *search, struct outcome *outcome)
{
    struct solver solver;
    struct found found = {0};
    struct atlas *atlas = help.atlas;
    enum sinter_status status = solver_open(&solver, schedule, options, diags);
    solver.is_hasty = atlas != NULL && options->gap >= 0;
    if (help.is_settling)
        solver.waits = 1;
    if (atlas != NULL && !help.is_tried) {
        solver.idle = MOST_IDLE;
        solver.most_simulated = help.is_settling ? MOST_SIMULATED : 1; /* settling comes after */
    }
    if (status == SINTER_OK && atlas != NULL) {
        struct weights weights = first_weights(&solver);
        status = atlas_teach(atlas, &solver, &weights);
    }
    if (status == SINTER_OK)
        status = find(&solver, help.asks_named, &found, schedule, search);
    if (atlas != NULL && (status == SINTER_OK || status == SINTER_INFEASIBLE) && !help.is_settling &&
        atlas_learn(atlas, &solver, help.is_tried, found.path, found.n) != SINTER_OK)
        status = sinter_out_of_memory(diags);
    *outcome = found.outcome;
    solver_close(&solver);
    return status;
}

/* ---- the smallest memory ----------------------------------------------------------------------------------------------------- */

/* The same search in a fraction of the memory on chip. What fits there fits the whole, too: its nodes name memories by number. */
static enum sinter_status search_smaller(const struct sinter_search_options *options, double fraction,
                                         const struct sinter_schedule *like, struct sinter_schedule *schedule,
                                         struct sinter_search *search, struct outcome *outcome)
{
    struct sinter_accel smaller = *like->accel;
    for (int m = 1; m < smaller.n_memories; m++)
        smaller.memories[m].capacity_bytes = floor(smaller.memories[m].capacity_bytes * fraction);
    sinter_schedule_clear(schedule);
    schedule->accel = &smaller;
    enum sinter_status status = search_once(options, (struct help){.atlas = NULL}, schedule, NULL, search, outcome);
    schedule->accel = like->accel;
    return status;
}

/* A schedule that fills its memory has no room to load ahead. Where the one that was found waits, those for half of the memory,
 * a quarter and so on are looked at, too, as long as their closed form is as good: the one that is simulated to end first is
 * taken. */
static enum sinter_status leave_room(const struct sinter_search_options *options, struct sinter_schedule *schedule,
                                     struct sinter_search *search)
{
    double gap = options->gap > 0 ? options->gap : SINTER_GAP, most = search->value * (1 + gap / 4);
    enum sinter_status status = SINTER_OK;
    struct sinter_search_options less = *options; /* it is worth a part of the effort */
    struct sinter_schedule trial;
    less.most_priced = options->most_priced > 0 ? options->most_priced / 4 : 25000;
    sinter_schedule_init(&trial, schedule->cascade, schedule->accel, schedule->allocator);
    for (double fraction = 0.5; fraction >= 1.0 / 64 && status == SINTER_OK; fraction /= 2) {
        struct sinter_search one;
        struct outcome outcome;
        double enough = fraction >= 0.25 ? gap / 4 : gap;
        if (search->simulated_cycles <= search->value * (1 + enough))
            break;
        status = search_smaller(&less, fraction, schedule, &trial, &one, &outcome);
        if (status == SINTER_INFEASIBLE || (status == SINTER_OK && one.value > most))
            break;
        if (status != SINTER_OK || one.simulated_cycles >= search->simulated_cycles)
            continue;
        struct sinter_schedule swapped = *schedule;
        *schedule = trial;
        trial = swapped;
        one.bound = search->bound; /* of all of the memory */
        one.least = search->least;
        one.gap = one.value / one.bound - 1;
        one.end = search->end;
        one.seconds += search->seconds;
        one.proof_seconds = search->proof_seconds;
        *search = one;
    }
    sinter_schedule_free(&trial);
    return status == SINTER_NO_MEMORY ? status : SINTER_OK;
}

/* Halves the memory until the latency is too long, then closes in on the least that will do. */
static enum sinter_status find_memory(const struct sinter_search_options *options, struct sinter_schedule *schedule,
                                      struct sinter_diagnostics *diags, struct sinter_search *search)
{
    double room = room_on_chip(schedule->accel), slack = options->slack > 0 ? options->slack : SINTER_SLACK;
    struct sinter_search first, one;
    struct outcome outcome;
    enum sinter_status status = search_once(options, (struct help){.asks_named = true}, schedule, diags, &first, &outcome);
    if (status != SINTER_OK || !isfinite(room))
        return status;
    struct sinter_schedule trial;
    sinter_schedule_init(&trial, schedule->cascade, schedule->accel, schedule->allocator);
    double longest = outcome.bound_cycles * (1 + slack), enough = outcome.peak_bits / room, less = 0, refuted = 0;
    *search = first;
    while (status == SINTER_OK && enough > 1e-9 && less < enough / 1.03) {
        double fraction = less > 0 ? sqrt(less * enough) : enough / 2;
        status = search_smaller(options, fraction, schedule, &trial, &one, &outcome);
        bool is_enough = status == SINTER_OK && outcome.bound_cycles <= longest;
        if (status == SINTER_INFEASIBLE || (status == SINTER_OK && one.bound > longest))
            refuted = fraction > refuted && status == SINTER_OK ? fraction : refuted;
        if (status == SINTER_INFEASIBLE)
            status = SINTER_OK;
        if (!is_enough) {
            less = fraction;
            continue;
        }
        enough = outcome.peak_bits / room < fraction ? outcome.peak_bits / room : fraction;
        struct sinter_schedule swapped = *schedule;
        *schedule = trial;
        trial = swapped;
        search->simulated_cycles = one.simulated_cycles;
    }
    sinter_schedule_free(&trial);
    search->value = enough * room / 8;
    search->bound = refuted * room / 8;
    search->gap = search->bound > 0 ? search->value / search->bound - 1 : (double)INFINITY;
    search->end = search->gap <= 0.05 ? SINTER_END_GAP : SINTER_END_EXHAUSTED;
    return status == SINTER_OK ? status : sinter_out_of_memory(diags);
}

enum sinter_status sinter_search_run(const struct sinter_search_options *options, struct sinter_schedule *schedule,
                                     struct sinter_diagnostics *diags, struct sinter_search *search)
{
    static const struct sinter_search_options defaults = {0};
    struct sinter_search unwanted;
    struct outcome outcome;
    options = options != NULL ? options : &defaults;
    search = search != NULL ? search : &unwanted;
    sinter_schedule_clear(schedule);
    enum sinter_status status =
        options->objective == SINTER_LEAST_MEMORY
            ? find_memory(options, schedule, diags, search)
            : search_once(options, (struct help){.asks_named = true}, schedule, diags, search, &outcome);
    if (status == SINTER_OK && options->objective == SINTER_LEAST_LATENCY && options->gap >= 0 &&
        isfinite(room_on_chip(schedule->accel))) {
        status = leave_room(options, schedule, search);
        if (status == SINTER_OK)
            status = retouch(options, schedule, search);
        status = status == SINTER_NO_MEMORY ? sinter_out_of_memory(diags) : status;
    }
    if (status != SINTER_OK)
        sinter_schedule_clear(schedule);
    return status;
}
