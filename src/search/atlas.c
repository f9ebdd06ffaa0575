/* atlas.c: what searches for one cascade have found, for those that come after on other accelerators.
 * SPDX-License-Identifier: MIT
 */
#include "search/atlas.h"

#include <math.h>
#include <string.h>

void atlas_init(struct atlas *atlas, struct sinter_arena *arena)
{
    *atlas = (struct atlas){.arena = arena};
}

/* ---- learning ---------------------------------------------------------------------------------------------------------- */

/* Nodes differ in where they were read, too: that does not count. */
static bool is_same_node(const struct sinter_node *a, const struct sinter_node *b)
{
    if (a->kind != b->kind || a->end != b->end)
        return false;
    switch (a->kind) {
    case SINTER_LOOP:
        return a->rank == b->rank && a->tile == b->tile;
    case SINTER_HOLD:
    case SINTER_CARRY:
        return a->tensor == b->tensor && a->memory == b->memory && a->is_double == b->is_double;
    case SINTER_LEAF:
        return a->einsum == b->einsum && a->unit == b->unit;
    case SINTER_GROUP:
    case SINTER_CHAIN:
        break;
    }
    return true;
}

static struct known_tree *find_tree(struct known_edge *known, const struct tree *tree)
{
    for (int i = 0; i < known->n_trees; i++) {
        int n = 0;
        while (n < tree->n_nodes && known->trees[i].n_nodes == tree->n_nodes &&
               is_same_node(&known->trees[i].nodes[n], &tree->nodes[n]))
            n++;
        if (n == tree->n_nodes)
            return &known->trees[i];
    }
    return NULL;
}

static bool is_no_worse(const struct known_tree *known, const struct tree *tree)
{
    return known->compute_cycles <= tree->compute_cycles && known->bits <= tree->bits && known->peak_bits <= tree->peak_bits;
}

static bool is_worse(const struct known_tree *known, const struct tree *tree)
{
    return known->compute_cycles >= tree->compute_cycles && known->bits >= tree->bits && known->peak_bits >= tree->peak_bits;
}

/* Drops the trees that this one is better than; false: one is as good as this. */
static bool make_place(struct known_edge *known, const struct tree *tree)
{
    int n = 0;
    for (int i = 0; i < known->n_trees; i++)
        if (is_no_worse(&known->trees[i], tree))
            return false;
    for (int i = 0; i < known->n_trees; i++)
        if (!is_worse(&known->trees[i], tree))
            known->trees[n++] = known->trees[i];
    known->n_trees = n;
    return true;
}

static enum sinter_status learn_tree(struct atlas *atlas, struct known_edge *known, const struct tree *tree, int search)
{
    struct known_tree *place = find_tree(known, tree);
    if (place != NULL) {
        place->is_polished |= tree->is_polished;
        return SINTER_OK;
    }
    if (!make_place(known, tree))
        return SINTER_OK;
    struct sinter_node *nodes = sinter_arena_alloc(atlas->arena, (size_t)tree->n_nodes, sizeof *nodes);
    if (nodes == NULL)
        return SINTER_NO_MEMORY;
    memcpy(nodes, tree->nodes, (size_t)tree->n_nodes * sizeof *nodes);
    for (int i = 0; i < tree->n_nodes; i++)
        nodes[i].at = (struct sinter_location){NULL, 0, 0};
    if (known->n_trees < MOST_KNOWN_TREES)
        place = &known->trees[known->n_trees++];
    else
        place = &known->trees[known->next++ % MOST_KNOWN_TREES];
    *place = (struct known_tree){.n_nodes = tree->n_nodes,
                                 .nodes = nodes,
                                 .compute_cycles = tree->compute_cycles,
                                 .bits = tree->bits,
                                 .peak_bits = tree->peak_bits,
                                 .search = search,
                                 .is_polished = tree->is_polished};
    return SINTER_OK;
}

static void take_sizes(const struct sinter_accel *accel, struct sizes *sizes)
{
    *sizes = (struct sizes){.cycles_per_bit = accel->hz / (8 * accel->memories[0].bytes_per_s)};
    for (int m = 0; m < accel->n_memories; m++)
        sizes->capacity_bytes[m] = accel->memories[m].capacity_bytes;
    for (int u = 0; u < accel->n_units; u++) {
        sizes->n_pes[u] = accel->units[u].n_pes;
        memcpy(sizes->pes[u], accel->units[u].pes, sizeof sizes->pes[u]);
    }
}

enum sinter_status atlas_begin(struct atlas *atlas, const struct lattice *lattice, const struct sinter_accel *accel)
{
    if (atlas->n_edges > 0)
        return SINTER_OK;
    int n_edges = edge_of(lattice, lattice->n_sets, lattice->n_sets);
    atlas->edges = sinter_arena_alloc(atlas->arena, (size_t)n_edges + 1, sizeof *atlas->edges);
    if (atlas->edges == NULL)
        return SINTER_NO_MEMORY;
    for (int i = 0; i < n_edges; i++)
        atlas->edges[i].fitted = -1;
    atlas->n_edges = n_edges;
    atlas->n_memories = accel->n_memories;
    atlas->n_units = accel->n_units;
    return SINTER_OK;
}

enum sinter_status atlas_add(struct atlas *atlas, int edge, const struct sinter_node *group, int first)
{
    struct sinter_node nodes[MOST_TREE_NODES];
    int n = group->end - first;
    if (n > MOST_TREE_NODES)
        return SINTER_OK; /* it is not worth it */
    for (int i = 0; i < n; i++) {
        nodes[i] = group[i];
        nodes[i].end -= first;
    }
    return learn_tree(atlas, &atlas->edges[edge], &(struct tree){.n_nodes = n, .nodes = nodes, .is_polished = true}, -1);
}

static bool add_search(struct atlas *atlas, const struct solver *solver, bool is_tried)
{
    if (atlas->n_searches == atlas->capacity) {
        int capacity = 2 * atlas->capacity + 64;
        struct sizes *searches = sinter_arena_alloc(atlas->arena, (size_t)capacity, sizeof *searches);
        if (searches == NULL)
            return false;
        if (atlas->n_searches > 0)
            memcpy(searches, atlas->searches, (size_t)atlas->n_searches * sizeof *searches);
        atlas->searches = searches;
        atlas->capacity = capacity;
    }
    take_sizes(solver->accel, &atlas->searches[atlas->n_searches]);
    atlas->searches[atlas->n_searches++].is_tried = is_tried;
    return true;
}

enum sinter_status atlas_learn(struct atlas *atlas, const struct solver *solver, bool is_tried, const int *path, int n)
{
    const struct graph *graph = &solver->graph;
    const struct sinter_accel *accel = solver->accel;
    if (atlas_begin(atlas, &solver->lattice, accel) != SINTER_OK)
        return SINTER_NO_MEMORY;
    if (atlas->n_memories != accel->n_memories || atlas->n_units != accel->n_units)
        return SINTER_OK;
    if (!add_search(atlas, solver, is_tried))
        return SINTER_NO_MEMORY;
    int search = atlas->n_searches - 1;
    for (int i = 0; i < graph->n_edges; i++) {
        const struct edge *edge = &graph->edges[i];
        struct known_edge *known = &atlas->edges[i];
        if (edge->has_tree && learn_tree(atlas, known, &edge->tree, search) != SINTER_OK)
            return SINTER_NO_MEMORY;
        if (edge->is_fitted)
            known->fitted = search;
        if (edge->state >= EDGE_FLOOR) {
            known->bits = edge->least_bits;
            known->floor = search;
        }
        if (edge->state >= EDGE_WOVEN && !edge->is_taught) {
            known->woven[known->n_woven % MOST_WOVEN].search = search;
            known->woven[known->n_woven++ % MOST_WOVEN].state = edge->state;
        }
        if (edge->state == EDGE_SKETCHED && edge->least > 0 && isfinite(edge->sketched)) {
            known->guess = edge->sketched / edge->least;
            known->guessed = search;
        }
    }
    for (int i = 0; i < n; i++) {
        struct known_tree *known = find_tree(&atlas->edges[path[i]], &graph->edges[path[i]].tree);
        if (known != NULL)
            known->has_won = true;
    }
    return SINTER_OK;
}

/* ---- teaching ---------------------------------------------------------------------------------------------------------- */

/* A bound holds with as much memory or less; *is_equal: it is as good as one that is found anew. */
static bool is_bound(const struct atlas *atlas, const struct known_edge *known, const struct sinter_accel *accel,
                     bool *is_equal)
{
    *is_equal = true;
    for (int m = 1; m < accel->n_memories && known->bits > 0; m++) {
        double capacity_bytes = atlas->searches[known->floor].capacity_bytes[m];
        if (accel->memories[m].capacity_bytes > capacity_bytes)
            return false;
        *is_equal &= accel->memories[m].capacity_bytes >= capacity_bytes;
    }
    return known->bits > 0;
}

/* Nearly the same memory, and a balance of computation and traffic within a factor: what was woven there is what would be
 * woven here. */
static bool is_like(const struct sizes *there, const struct sizes *here, const struct sinter_accel *accel, double factor)
{
    for (int m = 1; m < accel->n_memories; m++)
        if (here->capacity_bytes[m] < there->capacity_bytes[m] || here->capacity_bytes[m] > 1.05 * there->capacity_bytes[m])
            return false;
    for (int u = 0; u < accel->n_units; u++) {
        double balance = (double)here->n_pes[u] * here->cycles_per_bit / ((double)there->n_pes[u] * there->cycles_per_bit);
        if (balance > factor || balance < 1 / factor)
            return false;
    }
    return true;
}

bool atlas_has_tried(const struct atlas *atlas, const struct sinter_accel *accel)
{
    struct sizes here;
    take_sizes(accel, &here);
    if (atlas->n_memories != accel->n_memories || atlas->n_units != accel->n_units)
        return false;
    for (int i = atlas->n_searches - 1; i >= 0; i--)
        if (atlas->searches[i].is_tried && is_like(&atlas->searches[i], &here, accel, LIKE_SEARCHES))
            return true;
    return false;
}

/* A guess for as much memory, or for a little more, is one. */
static bool is_guess(const struct atlas *atlas, const struct known_edge *known, const struct sizes *here,
                     const struct sinter_accel *accel)
{
    for (int m = 1; m < accel->n_memories && known->guess > 0; m++)
        if (here->capacity_bytes[m] > 1.05 * atlas->searches[known->guessed].capacity_bytes[m])
            return false;
    return known->guess > 0;
}

static bool has_same_pes(const struct sizes *there, const struct sinter_accel *accel)
{
    for (int u = 0; u < accel->n_units; u++)
        for (int d = 0; d < accel->units[u].n_dims; d++)
            if (there->pes[u][d] != accel->units[u].pes[d])
                return false;
    return true;
}

/* On other PEs its tiles may suit no more. For all trees that were ever found that would take too long, and what came of it
 * the last time is known. */
static bool wants_fit(const struct atlas *atlas, const struct known_edge *edge, const struct known_tree *known,
                      const struct sinter_accel *accel)
{
    if (known->search < 0 || !known->has_won || has_same_pes(&atlas->searches[known->search], accel))
        return false;
    return edge->fitted < known->search || !has_same_pes(&atlas->searches[edge->fitted], accel);
}

static enum sinter_status teach_tree(const struct atlas *atlas, struct solver *solver, struct edge *edge,
                                     const struct known_edge *known_edge, const struct known_tree *known)
{
    struct tree tree = {.n_nodes = known->n_nodes, .nodes = known->nodes, .is_polished = known->is_polished};
    if (solver->accel->n_memories == 2 && known->peak_bits > 8 * solver->accel->memories[1].capacity_bytes)
        return SINTER_OK;
    bool is_to_fit = wants_fit(atlas, known_edge, known, solver->accel);
    double moving = known->bits * solver->cycles_per_bit;
    if (!is_to_fit && edge->has_tree &&
        solver->weights.per_cycle * moving + solver->weights.per_bit * known->bits >= edge->value)
        return SINTER_OK; /* its traffic alone costs more than what there is */
    enum sinter_status status = price_tree(solver, &tree);
    if (status != SINTER_OK)
        return status == SINTER_NO_MEMORY ? status : SINTER_OK; /* it does not fit here */
    if (is_to_fit) {
        edge->is_fitted = true;
        if (fit_tree(solver, &tree) != SINTER_OK)
            return SINTER_NO_MEMORY;
    }
    double value = tree_value(solver, &tree);
    if (edge->has_tree && !is_better_tree(&tree, value, &edge->tree, edge->value))
        return SINTER_OK;
    edge->has_tree = true;
    edge->tree = tree;
    edge->value = value;
    return SINTER_OK;
}

enum sinter_status atlas_teach(const struct atlas *atlas, struct solver *solver, const struct weights *weights)
{
    const struct sinter_accel *accel = solver->accel;
    if (atlas->n_edges != solver->graph.n_edges || atlas->n_memories != accel->n_memories ||
        atlas->n_units != accel->n_units)
        return SINTER_OK;
    struct sizes sizes;
    take_sizes(accel, &sizes);
    solver->weights = *weights; /* else what follows would count as found by others */
    for (int i = 0; i < atlas->n_edges; i++) {
        const struct known_edge *known = &atlas->edges[i];
        struct edge *edge = &solver->graph.edges[i];
        bool is_equal;
        if (is_bound(atlas, known, accel, &is_equal)) {
            edge->least_bits = known->bits > edge->least_bits ? known->bits : edge->least_bits;
            edge->state = is_equal ? EDGE_FLOOR : edge->state;
        }
        for (int k = 0; k < known->n_trees; k++)
            if (teach_tree(atlas, solver, edge, known, &known->trees[k]) != SINTER_OK)
                return sinter_out_of_memory(solver->diags);
        edge->taught = is_guess(atlas, known, &sizes, accel) ? known->guess : 0;
        edge->is_taught = edge->has_tree;
        edge->state = edge->has_tree ? EDGE_WOVEN : edge->state;
        for (int k = 0; k < known->n_woven && k < MOST_WOVEN; k++)
            if (is_like(&atlas->searches[known->woven[k].search], &sizes, accel, LIKE_TREES)) {
                edge->is_taught = false;
                edge->state = known->woven[k].state > edge->state ? known->woven[k].state : edge->state;
            }
    }
    return SINTER_OK;
}
