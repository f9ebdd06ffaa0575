/* solver.c: the search for the best path through the groups of a cascade.
 * SPDX-License-Identifier: MIT
 */
#include "search/solver.h"

#include <math.h>
#include <string.h>

#include "sinter/sim.h"

enum { MOST_SETS = 640, MOST_PRICED = 2000000 };

/* ---- what is known of an edge ---------------------------------------------------------------------------------------- */

static einsum_set group_of(const struct solver *solver, const struct edge *edge)
{
    return solver->lattice.sets[edge->to] & ~solver->lattice.sets[edge->from];
}

static double value_of(const struct weights *weights, double cycles, double bits)
{
    return weights->per_cycle * cycles + weights->per_bit * bits;
}

static void set_bound(const struct solver *solver, const struct weights *weights, struct edge *edge)
{
    double moving = edge->least_bits * solver->cycles_per_bit;
    edge->least = value_of(weights, edge->least_cycles > moving ? edge->least_cycles : moving, edge->least_bits);
}

static void find_floor(struct solver *solver, struct edge *edge)
{
    struct floor floor = floor_of(solver->floors, group_of(solver, edge));
    edge->least_cycles = floor.cycles;
    edge->least_bits = floor.bits;
    edge->state = EDGE_FLOOR;
    set_bound(solver, &solver->weaver.weights, edge);
    solver->counters.n_floors++;
}

/* Takes what stands in the mapper's scratch schedule as the tree of an edge. */
static bool keep_tree(struct solver *solver, struct edge *edge, const struct woven *woven)
{
    const struct sinter_schedule *from = &solver->mapper.scratch;
    struct sinter_node *nodes = sinter_arena_alloc(solver->arena, (size_t)from->n_nodes, sizeof *nodes);
    if (nodes == NULL) {
        solver->mapper.failed = true;
        return false;
    }
    memcpy(nodes, from->nodes, (size_t)from->n_nodes * sizeof *nodes);
    edge->tree = (struct tree){.n_nodes = from->n_nodes,
                               .nodes = nodes,
                               .bound_cycles = woven->cycles,
                               .cycles = woven->cycles,
                               .bits = woven->bits,
                               .peak_bits = woven->peak_bits};
    edge->has_tree = true;
    edge->value = woven->value;
    return true;
}

void append_tree(const struct tree *tree, struct sinter_schedule *out)
{
    int open[MOST_LEVELS + 64], n = 0;
    for (int i = 0; i < tree->n_nodes; i++) {
        const struct sinter_node *node = &tree->nodes[i];
        while (n > 0 && open[n - 1] <= i) {
            sinter_schedule_close(out);
            n--;
        }
        if (node->kind == SINTER_GROUP)
            sinter_schedule_group(out);
        else if (node->kind == SINTER_LOOP)
            sinter_schedule_loop(out, node->rank, node->tile);
        else if (node->kind == SINTER_CHAIN)
            sinter_schedule_chain(out);
        else if (node->kind == SINTER_LEAF)
            sinter_schedule_leaf(out, node->einsum, node->unit);
        else if (node->kind == SINTER_HOLD)
            sinter_schedule_hold(out, node->tensor, node->memory, node->is_double);
        else
            sinter_schedule_carry(out, node->tensor, node->memory);
        if (node->kind == SINTER_GROUP || node->kind == SINTER_LOOP || node->kind == SINTER_CHAIN)
            open[n++] = node->end;
    }
    for (; n > 0; n--)
        sinter_schedule_close(out);
}

/* Units that a group may run on: each Einsum on its fastest, then all on one. False when there are no more. */
static bool choose_units(struct solver *solver, einsum_set group, int choice)
{
    int n_units = solver->accel->n_units;
    if (choice > n_units || (choice > 0 && n_units == 1))
        return false;
    for (einsum_set rest = group; rest != 0; rest &= rest - 1) {
        int e = __builtin_ctzll(rest), best = -1;
        double least = 0;
        for (int u = 0; u < n_units; u++) {
            double cycles = sinter_einsum_least_cycles(solver->cascade, solver->accel, e, u);
            bool is_meant = choice == 0 || choice - 1 == u;
            if (is_meant && cycles >= 0 && (best < 0 || cycles < least)) {
                best = u;
                least = cycles;
            }
        }
        if (best < 0) {
            solver->unit_of[e] = -1;
            continue;
        }
        solver->unit_of[e] = best;
    }
    return true;
}

static bool can_run(const struct solver *solver, einsum_set group)
{
    for (einsum_set rest = group; rest != 0; rest &= rest - 1)
        if (solver->unit_of[__builtin_ctzll(rest)] < 0)
            return false;
    return true;
}

static void weave_edge(struct solver *solver, struct edge *edge)
{
    einsum_set group = group_of(solver, edge);
    for (int choice = 0; choose_units(solver, group, choice); choice++) {
        struct woven woven = {.shape = NULL};
        if (can_run(solver, group))
            woven = weave(&solver->weaver, group);
        if (woven.shape == NULL || (edge->has_tree && woven.value >= edge->value))
            continue;
        struct sinter_schedule *out = &solver->mapper.scratch;
        sinter_schedule_clear(out);
        sinter_schedule_group(out);
        emit_shape(&solver->mapper, woven.shape, out);
        sinter_schedule_close(out);
        keep_tree(solver, edge, &woven);
    }
    edge->state = EDGE_WOVEN;
    solver->counters.n_woven++;
}

/* Groups follow one another, so each is simulated by itself. */
static enum sinter_status time_edge(struct solver *solver, struct edge *edge)
{
    static const struct sinter_sim_options options = {.most_stepped = 2000000};
    struct sinter_timing *timing = NULL;
    struct sinter_schedule *out = &solver->mapper.scratch;
    edge->state = EDGE_TIMED;
    sinter_schedule_clear(out);
    append_tree(&edge->tree, out);
    if (sinter_plan_resolve_part(solver->mapper.plan, out, NULL) != SINTER_OK)
        return SINTER_INTERNAL;
    struct sinter_cost cost = {.einsums = solver->mapper.einsums};
    sinter_cost_evaluate(solver->mapper.plan, &cost);
    enum sinter_status status = sinter_simulate(solver->mapper.plan, solver->mapper.einsums, &options, solver->allocator,
                                                NULL, &timing);
    if (status == SINTER_NO_MEMORY)
        return status;
    if (status == SINTER_OK && timing->is_complete && timing->cycles > edge->tree.cycles) {
        edge->tree.cycles = timing->cycles;
        edge->value = value_of(&solver->weaver.weights, timing->cycles, edge->tree.bits);
    }
    sinter_timing_free(timing);
    solver->counters.n_simulated++;
    return SINTER_OK;
}

/* ---- the search -------------------------------------------------------------------------------------------------------- */

static double seconds_since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) + 1e-9 * (double)(now.tv_nsec - begin->tv_nsec);
}

static bool is_over(const struct solver *solver)
{
    int64_t most = solver->options->most_priced > 0 ? solver->options->most_priced : MOST_PRICED;
    return solver->mapper.n_priced >= most ||
           (solver->options->time_limit_s > 0 && seconds_since(&solver->begin) >= solver->options->time_limit_s);
}

/* Finds out more of what is least known of a path; false when all of it is known. */
static bool look_closer(struct solver *solver, int n)
{
    enum edge_state least = EDGE_ENUMERATED;
    for (int i = 0; i < n; i++) {
        enum edge_state state = solver->graph.edges[solver->path[i]].state;
        least = state < least ? state : least;
    }
    if (least >= EDGE_TIMED)
        return false;
    for (int i = 0; i < n && !solver->mapper.failed && !is_over(solver); i++) {
        struct edge *edge = &solver->graph.edges[solver->path[i]];
        if (edge->state != least)
            continue;
        if (least == EDGE_CRUDE)
            find_floor(solver, edge);
        else if (least == EDGE_FLOOR)
            weave_edge(solver, edge);
        else if (time_edge(solver, edge) == SINTER_NO_MEMORY)
            solver->mapper.failed = true;
    }
    return true;
}

static bool is_timed(const struct solver *solver, int n)
{
    for (int i = 0; i < n; i++)
        if (solver->graph.edges[solver->path[i]].state < EDGE_TIMED)
            return false;
    return true;
}

int solve(struct solver *solver, const struct weights *weights, double *least)
{
    struct graph *graph = &solver->graph;
    double value;
    solver->weaver.weights = *weights;
    for (int i = 0; i < graph->n_edges; i++) {
        set_bound(solver, weights, &graph->edges[i]);
        if (graph->edges[i].has_tree)
            graph->edges[i].value = value_of(weights, graph->edges[i].tree.cycles, graph->edges[i].tree.bits);
    }
    solver->counters.end = SINTER_END_LIMIT;
    while (!solver->mapper.failed) {
        int n = find_path(graph, BY_TREE, solver->path, &value);
        *least = solver_bound(solver, weights);
        if (n > 0 && value <= *least * (1 + solver->gap)) {
            if (is_timed(solver, n)) {
                solver->counters.end = SINTER_END_GAP;
                break;
            }
        } else {
            n = find_path(graph, BY_BEST, solver->path, &value);
        }
        if (n == 0)
            break;
        if (is_over(solver))
            break;
        if (!look_closer(solver, n)) {
            solver->counters.end = SINTER_END_EXHAUSTED;
            break;
        }
    }
    return find_path(graph, BY_TREE, solver->path, &value);
}

double solver_bound(struct solver *solver, const struct weights *weights)
{
    double least;
    struct graph *graph = &solver->graph;
    for (int i = 0; i < graph->n_edges; i++)
        set_bound(solver, weights, &graph->edges[i]);
    find_path(graph, BY_BOUND, solver->path + graph->lattice->n_sets, &least);
    if (!solver->lattice.is_complete) { /* of all paths: what one group in unlimited memory would need */
        struct floor root = crude_floor_of(solver->floors, solver->lattice.all);
        double moving = root.bits * solver->cycles_per_bit;
        double all = value_of(weights, root.cycles > moving ? root.cycles : moving, root.bits);
        least = all < least ? all : least;
    }
    return least;
}

/* ---- opening and closing ----------------------------------------------------------------------------------------------- */

static enum sinter_status open_mapper(struct solver *solver)
{
    struct mapper *mapper = &solver->mapper;
    *mapper = (struct mapper){.cascade = solver->cascade,
                              .accel = solver->accel,
                              .lattice = &solver->lattice,
                              .arena = solver->arena,
                              .unit_of = solver->unit_of,
                              .most_tiles = 1024,
                              .most_tiers = MOST_TIERS};
    sinter_schedule_init(&mapper->scratch, solver->cascade, solver->accel, solver->allocator);
    mapper->einsums = sinter_arena_alloc(solver->arena, (size_t)solver->cascade->n_einsums, sizeof *mapper->einsums);
    mapper->is_ignored = sinter_arena_alloc(solver->arena, (size_t)solver->cascade->n_tensors, sizeof *mapper->is_ignored);
    if (mapper->einsums == NULL || mapper->is_ignored == NULL)
        return sinter_out_of_memory(solver->diags);
    enum sinter_status status =
        sinter_plan_new(solver->cascade, solver->accel, solver->allocator, solver->diags, &mapper->plan);
    if (status != SINTER_OK)
        return status;
    status = weaver_new(mapper, solver->scratch, &(struct weights){1, 0}, &solver->weaver);
    return status == SINTER_OK ? status : sinter_out_of_memory(solver->diags);
}

enum sinter_status solver_open(struct solver *solver, const struct sinter_schedule *schedule,
                               const struct sinter_search_options *options, struct sinter_diagnostics *diags)
{
    *solver = (struct solver){.cascade = schedule->cascade,
                              .accel = schedule->accel,
                              .allocator = schedule->allocator,
                              .options = options,
                              .diags = diags};
    const struct sinter_memory *dram = &schedule->accel->memories[0];
    clock_gettime(CLOCK_MONOTONIC, &solver->begin);
    solver->gap = options->gap > 0 ? options->gap : options->gap < 0 ? 0 : 0.005;
    solver->cycles_per_bit = schedule->accel->hz / (8 * dram->bytes_per_s);
    if (dram->write_bytes_per_s > 0)
        solver->cycles_per_bit = schedule->accel->hz / (8 * (dram->bytes_per_s + dram->write_bytes_per_s));
    solver->arena = sinter_arena_new(schedule->allocator);
    solver->scratch = sinter_arena_new(schedule->allocator);
    if (solver->arena == NULL || solver->scratch == NULL)
        return sinter_out_of_memory(diags);
    enum sinter_status status = lattice_new(solver->cascade, MOST_SETS, solver->arena, diags, &solver->lattice);
    if (status == SINTER_OK)
        status = floors_new(&solver->lattice, solver->accel, solver->arena, diags, &solver->floors);
    if (status == SINTER_OK)
        status = graph_new(&solver->lattice, solver->floors, solver->arena, diags, &solver->graph);
    if (status != SINTER_OK)
        return status;
    solver->unit_of = sinter_arena_alloc(solver->arena, (size_t)solver->cascade->n_einsums, sizeof *solver->unit_of);
    solver->path = sinter_arena_alloc(solver->arena, 2 * (size_t)solver->lattice.n_sets, sizeof *solver->path);
    if (solver->unit_of == NULL || solver->path == NULL)
        return sinter_out_of_memory(diags);
    return open_mapper(solver);
}

void solver_close(struct solver *solver)
{
    if (solver->mapper.cascade != NULL)
        sinter_schedule_free(&solver->mapper.scratch);
    sinter_plan_free(solver->mapper.plan);
    sinter_arena_free(solver->scratch);
    sinter_arena_free(solver->arena);
}
