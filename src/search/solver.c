/* solver.c: the search for the best path through the groups of a cascade.
 * SPDX-License-Identifier: MIT
 */
#include "search/solver.h"

#include <math.h>
#include <string.h>

#include "sinter/sim.h"

enum { MOST_PRICED = 100000, GUESSES_A_TREE = 8, UNTIL_A_PATH = 10 };

/* ---- what is known of an edge ---------------------------------------------------------------------------------------- */

einsum_set group_of(const struct solver *solver, const struct edge *edge)
{
    return solver->lattice.sets[edge->to] & ~solver->lattice.sets[edge->from];
}

static double value_of(const struct weights *weights, double cycles, double bits)
{
    return weights->per_cycle * cycles + weights->per_bit * bits;
}

/* A tree counts by its closed form, and by a part of what it waits beyond that. */
double tree_value(const struct solver *solver, const struct tree *tree)
{
    return value_of(&solver->weights, tree->bound_cycles + solver->waits * (tree->cycles - tree->bound_cycles), tree->bits);
}

int compare_values(double a, double b)
{
    double slack = SINTER_ROUNDING * (fabs(a) + fabs(b));
    if (!isfinite(slack)) /* no difference of infinities */
        return a < b ? -1 : a > b;
    return a < b - slack ? -1 : a > b + slack;
}

bool is_better_tree(const struct tree *a, double value_of_a, const struct tree *b, double value_of_b)
{
    int order = compare_values(value_of_a, value_of_b);
    order = order != 0 ? order : compare_values(a->bits, b->bits);
    return order != 0 ? order < 0 : a->peak_bits < b->peak_bits;
}

static void set_bound(const struct solver *solver, const struct weights *weights, struct edge *edge)
{
    double moving = edge->least_bits * solver->cycles_per_bit;
    edge->least = value_of(weights, edge->least_cycles > moving ? edge->least_cycles : moving, edge->least_bits);
    if (edge->n_points == 0)
        return;
    double least = value_of(weights, edge->points[0].cycles, edge->points[0].bits);
    for (int i = 1; i < edge->n_points; i++) {
        double value = value_of(weights, edge->points[i].cycles, edge->points[i].bits);
        least = value < least ? value : least;
    }
    edge->least = least > edge->least ? least : edge->least;
}

static void find_floor(struct solver *solver, struct edge *edge)
{
    struct floor floor = floor_of(solver->floors, group_of(solver, edge));
    edge->least_cycles = floor.cycles;
    edge->least_bits = floor.bits;
    edge->state = EDGE_FLOOR;
    set_bound(solver, &solver->weights, edge);
    graph_update(&solver->graph, edge);
    solver->counters.n_floors++;
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
bool choose_units(struct solver *solver, einsum_set group, int choice)
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

/* What is hard to run in one group is hard in a larger one, too: a hint where to look, and none where not to. */
static void hint_others(struct solver *solver, const struct edge *edge)
{
    const struct lattice *lattice = &solver->lattice;
    double excess = 0.8 * (edge->sketched - edge->least);
    einsum_set from = lattice->sets[edge->from], to = lattice->sets[edge->to];
    if (!(excess > 0))
        return;
    for (int i = solver->graph.first[edge->to]; i < solver->graph.n_edges; i++) {
        struct edge *other = &solver->graph.edges[i];
        if (other->state <= EDGE_FLOOR && excess > other->hint && (lattice->sets[other->from] & ~from) == 0 &&
            (to & ~lattice->sets[other->to]) == 0) {
            other->hint = excess;
            graph_update(&solver->graph, other);
        }
    }
}

/* Careful weaving finds something better by some percent. */
void sketch_edge(struct solver *solver, struct edge *edge)
{
    einsum_set group = group_of(solver, edge);
    edge->state = EDGE_SKETCHED;
    if (edge->taught > 0) {
        edge->sketched = edge->taught * edge->least;
        edge->taught = 0;
        graph_update(&solver->graph, edge);
        return;
    }
    edge->sketched = (double)INFINITY;
    for (int choice = 0; choose_units(solver, group, choice); choice++) {
        solver->weavers[0].weights = solver->weights;
        solver->weavers[0].enough = edge->least * (1 + solver->gap / 5);
        solver->weavers[0].known = (double)INFINITY;
        double value = can_run(solver, group) ? 0.98 * sketch(&solver->weavers[0], group) : (double)INFINITY;
        edge->sketched = value < edge->sketched ? value : edge->sketched;
    }
    graph_update(&solver->graph, edge);
    solver->counters.n_sketched++;
    hint_others(solver, edge);
}

enum sinter_status price_tree(struct solver *solver, struct tree *tree)
{
    struct mapper *mapper = &solver->mappers[0];
    struct sinter_cost cost = {.einsums = mapper->einsums};
    sinter_schedule_clear(&mapper->scratch);
    append_tree(tree, &mapper->scratch);
    if (mapper->scratch.failed)
        return SINTER_NO_MEMORY;
    enum sinter_status status = sinter_plan_resolve_part(mapper->plan, &mapper->scratch, NULL);
    if (status != SINTER_OK)
        return status;
    sinter_cost_evaluate(mapper->plan, &cost);
    tree->bound_cycles = tree->cycles = cost.cycles;
    tree->compute_cycles = cost.compute_cycles;
    tree->bits = (double)mapper->plan->dram_read_bits + (double)mapper->plan->dram_write_bits;
    tree->peak_bits = 0;
    for (int m = 1; m < solver->accel->n_memories; m++)
        tree->peak_bits += (double)mapper->plan->peak_bits[m];
    tree->is_timed = false;
    return SINTER_OK;
}

/* Groups follow one another, so each is simulated by itself. What takes too many steps keeps its bound. */
enum sinter_status time_tree(struct solver *solver, struct tree *tree)
{
    static const struct sinter_sim_options options = {.most_stepped = 1000000};
    struct mapper *mapper = &solver->mappers[0];
    struct sinter_timing *timing = NULL;
    enum sinter_status status = price_tree(solver, tree);
    if (status != SINTER_OK)
        return status == SINTER_NO_MEMORY ? status : SINTER_INTERNAL;
    tree->is_timed = true;
    status = sinter_simulate(mapper->plan, mapper->einsums, &options, solver->allocator, NULL, &timing);
    if (status != SINTER_OK)
        return status;
    if (timing->is_complete)
        tree->cycles = timing->cycles;
    sinter_timing_free(timing);
    solver->counters.n_simulated++;
    return SINTER_OK;
}

enum sinter_status keep_tree(struct solver *solver, struct edge *edge, struct mapper *mapper, const struct shape *shape)
{
    struct sinter_schedule *from = &mapper->scratch;
    sinter_schedule_clear(from);
    sinter_schedule_group(from);
    emit_shape(mapper, shape, from);
    sinter_schedule_close(from);
    struct sinter_node *nodes = sinter_arena_alloc(solver->arena, (size_t)from->n_nodes, sizeof *nodes);
    if (nodes == NULL || from->failed)
        return SINTER_NO_MEMORY;
    memcpy(nodes, from->nodes, (size_t)from->n_nodes * sizeof *nodes);
    struct tree tree = {.n_nodes = from->n_nodes, .nodes = nodes};
    enum sinter_status status = time_tree(solver, &tree);
    double value = tree_value(solver, &tree);
    if (status == SINTER_OK && (!edge->has_tree || is_better_tree(&tree, value, &edge->tree, edge->value))) {
        edge->has_tree = true;
        edge->tree = tree;
        edge->value = value;
    }
    return status;
}

enum sinter_status weave_edge(struct solver *solver, struct edge *edge)
{
    einsum_set group = group_of(solver, edge);
    edge->state = EDGE_WOVEN;
    edge->is_taught = false;
    solver->counters.n_woven++;
    for (int choice = 0; choose_units(solver, group, choice); choice++) {
        for (int way = 0; way < solver->n_ways && can_run(solver, group); way++) {
            if (way > 0 && edge->has_tree && edge->tree.cycles <= edge->tree.bound_cycles * (1 + solver->gap))
                break; /* it hardly waits */
            solver->weavers[way].weights = solver->weights;
            solver->weavers[way].enough = edge->least * (1 + solver->gap / 5);
            solver->weavers[way].known = way == 0 && edge->sketched > 0 ? edge->sketched : (double)INFINITY;
            struct woven woven = weave(&solver->weavers[way], group);
            if (woven.shape == NULL || (edge->has_tree && compare_values(woven.value, edge->value) > 0))
                continue;
            enum sinter_status status = keep_tree(solver, edge, &solver->mappers[way], woven.shape);
            if (status != SINTER_OK)
                return status;
        }
    }
    return SINTER_OK;
}

/* ---- the search -------------------------------------------------------------------------------------------------------- */

double solver_seconds(const struct solver *solver)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - solver->begin.tv_sec) + 1e-9 * (double)(now.tv_nsec - solver->begin.tv_nsec);
}

static int64_t most_priced(const struct solver *solver)
{
    int64_t most = solver->options->most_priced != 0 ? solver->options->most_priced : MOST_PRICED;
    return !solver->has_path && most > 0 && most < MOST_PRICED / UNTIL_A_PATH ? most * UNTIL_A_PATH : most;
}

/* Trees that may still be priced. */
static int64_t left_to_price(const struct solver *solver)
{
    int64_t most = most_priced(solver);
    int64_t done = solver->mappers[0].n_priced + solver->mappers[1].n_priced +
                   (solver->weavers[0].n_guessed + solver->weavers[1].n_guessed) / GUESSES_A_TREE;
    return most > done ? most - done : 0;
}

static bool is_late(const struct solver *solver)
{
    return solver->options->time_limit_s > 0 && solver_seconds(solver) >= solver->options->time_limit_s;
}

bool is_over(const struct solver *solver)
{
    return left_to_price(solver) == 0 || is_late(solver);
}

/* A half of the trees are priced, or three quarters. */
static bool is_time_to_rush(const struct solver *solver)
{
    return !solver->is_hasty && solver->n_rushes < 2 &&
           left_to_price(solver) <= most_priced(solver) / (2 + 2 * solver->n_rushes);
}

/* Bounds cost next to nothing: they are found when nothing may be priced any more. */
static bool wants_bounds(const struct solver *solver, int n)
{
    for (int i = 0; i < n && !is_late(solver); i++)
        if (solver->graph.edges[solver->path[i]].state == EDGE_CRUDE)
            return true;
    return false;
}

/* Finds out more of what is least known of a path; *is_known: there was nothing to find out. */
static enum sinter_status look_closer(struct solver *solver, int n, bool *is_known)
{
    enum edge_state least = EDGE_ENUMERATED;
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < n; i++) {
        enum edge_state state = solver->graph.edges[solver->path[i]].state;
        least = state < least ? state : least;
    }
    *is_known = least >= EDGE_WOVEN;
    for (int i = 0; i < n && !*is_known && status == SINTER_OK && (least == EDGE_CRUDE || !is_over(solver)); i++) {
        struct edge *edge = &solver->graph.edges[solver->path[i]];
        if (edge->state != least)
            continue;
        if (least == EDGE_CRUDE)
            find_floor(solver, edge);
        else if (least == EDGE_FLOOR)
            sketch_edge(solver, edge);
        else
            status = weave_edge(solver, edge);
        graph_update(&solver->graph, edge);
        if (solver->mappers[0].failed || solver->mappers[1].failed)
            status = SINTER_NO_MEMORY;
    }
    return status;
}

/* False when there were none. */
static bool drop_hints(struct solver *solver)
{
    bool had = false;
    for (int i = 0; i < solver->graph.n_edges; i++) {
        had |= solver->graph.edges[i].hint > 0 && solver->graph.edges[i].state <= EDGE_FLOOR;
        solver->graph.edges[i].hint = 0;
        graph_update(&solver->graph, &solver->graph.edges[i]);
    }
    return had;
}

/* Of the path that would be best by bounds alone, the first group that was not enumerated. */
static enum sinter_status enumerate_next(struct solver *solver, bool *is_known)
{
    double value;
    int n = find_path(&solver->graph, BY_BOUND, solver->path, &value);
    *is_known = true;
    for (int i = 0; i < n && *is_known; i++) {
        struct edge *edge = &solver->graph.edges[solver->path[i]];
        bool is_next = edge->state < EDGE_WOVEN || edge->is_taught || !solver->is_hasty;
        if (edge->state == EDGE_ENUMERATED || !is_next)
            continue;
        *is_known = false;
        enum sinter_status status = SINTER_OK;
        if (edge->state == EDGE_CRUDE)
            find_floor(solver, edge);
        else if (edge->state < EDGE_WOVEN || edge->is_taught)
            status = weave_edge(solver, edge);
        else
            status = enumerate_edge(solver, edge);
        set_bound(solver, &solver->weights, edge);
        graph_update(&solver->graph, edge);
        return status;
    }
    return SINTER_OK;
}

/* The shortest path by bounds, which are by these weights. */
static double least_path(struct solver *solver, const struct weights *weights)
{
    double least;
    find_path(&solver->graph, BY_BOUND, solver->path + solver->lattice.n_sets, &least);
    if (!solver->lattice.is_complete) { /* of all paths: what one group in unlimited memory would need */
        struct floor root = crude_floor_of(solver->floors, solver->lattice.all);
        double moving = root.bits * solver->cycles_per_bit;
        double all = value_of(weights, root.cycles > moving ? root.cycles : moving, root.bits);
        least = all < least ? all : least;
    }
    return least;
}

/* Is the path's closed form as near to the bound as was asked? *waits: its simulation is not near to that. */
static bool is_proven(const struct solver *solver, int n, double least, bool *waits)
{
    double cycles = 0, simulated = 0, bits = 0;
    for (int i = 0; i < n; i++) {
        const struct tree *tree = &solver->graph.edges[solver->path[i]].tree;
        cycles += tree->bound_cycles;
        simulated += tree->cycles;
        bits += tree->bits;
    }
    *waits = simulated > 1.03 * cycles;
    return n > 0 && value_of(&solver->weights, cycles, bits) <= least * (1 + solver->gap + 1e-12);
}

/* The first path was simulated as a whole, so one is left. */
static void give_up_priced(struct solver *solver)
{
    for (int i = 0; i < solver->graph.n_edges; i++) {
        struct edge *edge = &solver->graph.edges[i];
        edge->has_tree &= edge->tree.is_timed;
        graph_update(&solver->graph, edge);
    }
}

/* Trees that were only priced are simulated when a path has them; *is_new: there were some. */
static enum sinter_status time_path(struct solver *solver, int n, bool *is_new)
{
    *is_new = false;
    for (int i = 0; i < n; i++) {
        struct edge *edge = &solver->graph.edges[solver->path[i]];
        if (edge->tree.is_timed)
            continue;
        enum sinter_status status = time_tree(solver, &edge->tree);
        if (status != SINTER_OK)
            return status;
        edge->value = tree_value(solver, &edge->tree);
        graph_update(&solver->graph, edge);
        *is_new = true;
    }
    if (*is_new && solver->most_simulated > 0 && solver->counters.n_simulated >= solver->most_simulated)
        give_up_priced(solver);
    return SINTER_OK;
}

enum sinter_status solve(struct solver *solver, const struct weights *weights, int *n_edges, double *least)
{
    struct graph *graph = &solver->graph;
    enum sinter_status status = SINTER_OK;
    double value;
    bool is_new = solver->weights.per_cycle != weights->per_cycle || solver->weights.per_bit != weights->per_bit;
    solver->weights = *weights;
    for (int i = 0; i < graph->n_edges; i++) {
        struct edge *edge = &graph->edges[i];
        if (edge->has_tree)
            edge->value = tree_value(solver, &edge->tree);
        set_bound(solver, weights, edge);
        edge->hint = edge->sketched = 0;
        if (is_new && edge->state > EDGE_FLOOR) /* what was found by other weights may be found better by these */
            edge->state = EDGE_FLOOR;
        graph_update(graph, edge);
    }
    solver->counters.end = SINTER_END_LIMIT;
    solver->n_rushes = is_over(solver) ? 2 : 0;
    while (status == SINTER_OK) {
        bool is_known = true, waits = false, is_new_tree;
        if (is_time_to_rush(solver) && !is_late(solver)) {
            solver->n_rushes++;
            status = rush(solver);
            continue;
        }
        int n = find_path(graph, BY_TREE, solver->path, &value);
        status = time_path(solver, n, &is_new_tree);
        solver->has_path |= n > 0;
        if (is_new_tree || status != SINTER_OK)
            continue;
        *least = least_path(solver, weights);
        bool proven = is_proven(solver, n, *least, &waits);
        if (proven && !waits) {
            solver->counters.end = SINTER_END_GAP;
            break;
        }
        n = find_path(graph, BY_BEST, solver->path, &value);
        if (n == 0 || (is_over(solver) && !wants_bounds(solver, n)))
            break;
        status = look_closer(solver, n, &is_known);
        if (!is_known || status != SINTER_OK)
            continue;
        if (proven) { /* and nothing that waits less is known */
            solver->counters.end = SINTER_END_GAP;
            break;
        }
        if (drop_hints(solver)) {
            is_known = false;
            continue;
        }
        status = enumerate_next(solver, &is_known); /* nothing is better by what is known: is that all there is? */
        if (is_known) {
            solver->counters.end = SINTER_END_EXHAUSTED;
            break;
        }
    }
    *n_edges = find_path(graph, BY_TREE, solver->path, &value);
    solver->proof_seconds = solver_seconds(solver);
    return status == SINTER_NO_MEMORY ? sinter_out_of_memory(solver->diags) : status;
}

double solver_bound(struct solver *solver, const struct weights *weights)
{
    for (int i = 0; i < solver->graph.n_edges; i++) {
        set_bound(solver, weights, &solver->graph.edges[i]);
        graph_update(&solver->graph, &solver->graph.edges[i]);
    }
    return least_path(solver, weights);
}

/* ---- opening and closing ----------------------------------------------------------------------------------------------- */

static enum sinter_status open_mapper(struct solver *solver, int way)
{
    struct mapper *mapper = &solver->mappers[way];
    size_t n_einsums = (size_t)solver->cascade->n_einsums, n_tensors = (size_t)solver->cascade->n_tensors;
    *mapper = (struct mapper){.cascade = solver->cascade,
                              .accel = way == 0 ? solver->accel : &solver->doubled,
                              .lattice = &solver->lattice,
                              .arena = solver->arena,
                              .unit_of = solver->unit_of,
                              .most_tiles = 1024,
                              .most_tiers = MOST_TIERS};
    sinter_schedule_init(&mapper->scratch, solver->cascade, mapper->accel, solver->allocator);
    mapper->einsums = sinter_arena_alloc(solver->arena, n_einsums, sizeof *mapper->einsums);
    mapper->is_ignored = sinter_arena_alloc(solver->arena, n_tensors, sizeof *mapper->is_ignored);
    if (mapper->einsums == NULL || mapper->is_ignored == NULL)
        return sinter_out_of_memory(solver->diags);
    enum sinter_status status =
        sinter_plan_new(solver->cascade, mapper->accel, solver->allocator, solver->diags, &mapper->plan);
    if (status == SINTER_OK && weaver_new(mapper, solver->scratch, way == 1, &solver->weavers[way]) != SINTER_OK)
        return sinter_out_of_memory(solver->diags);
    return status;
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
    solver->gap = options->gap > 0 ? options->gap : options->gap < 0 ? 0 : SINTER_GAP;
    /* where the best closed form is asked for, waits decide between equal ones */
    solver->waits = solver->gap > 0 ? 0.5 : 1e-6;
    solver->idle = solver->gap / 4;
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
    solver->doubled = *solver->accel;
    solver->n_ways = 1;
    for (int m = 1; m < solver->accel->n_memories; m++) {
        solver->n_ways = solver->accel->memories[m].is_double ? solver->n_ways : 2;
        solver->doubled.memories[m].is_double = true;
    }
    for (int way = 0; way < solver->n_ways && status == SINTER_OK; way++)
        status = open_mapper(solver, way);
    return status;
}

void solver_close(struct solver *solver)
{
    for (int way = 0; way < 2; way++) {
        if (solver->mappers[way].cascade != NULL)
            sinter_schedule_free(&solver->mappers[way].scratch);
        sinter_plan_free(solver->mappers[way].plan);
    }
    sinter_arena_free(solver->scratch);
    sinter_arena_free(solver->arena);
}
