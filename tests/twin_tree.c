/* twin_tree.c: the naive twin's tree: one-trip loops taken out, and the rules that speak of the tree alone.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "twin_internal.h"

/* ---- the tree without one-trip loops ------------------------------------------------------------------------ */

int64_t twin_largest_range(const struct twin *twin, int node, int rank)
{
    for (; node >= 0; node = twin->nodes[node].parent) {
        if (twin->nodes[node].kind == SINTER_LOOP && twin->nodes[node].rank == rank)
            return twin->nodes[node].tile;
    }
    return twin->cascade->ranks[rank].extent;
}

static int add_node(struct twin *twin, const struct sinter_node *source, int parent, int group)
{
    if (twin->n_nodes == TWIN_MAX_NODES)
        twin_stop(twin, TWIN_TOO_BIG, "too many nodes");
    int index = twin->n_nodes++;
    struct twin_node *node = &twin->nodes[index];
    memset(node, 0, sizeof *node);
    node->kind = source->kind;
    node->parent = parent;
    node->group = group;
    node->rank = source->rank;
    node->tile = source->tile;
    node->tensor = source->tensor;
    node->memory = source->memory;
    node->is_double = source->is_double;
    node->unit = source->unit;
    if (parent >= 0) {
        struct twin_node *above = &twin->nodes[parent];
        if (above->n_items == TWIN_MAX_ITEMS)
            twin_stop(twin, TWIN_TOO_BIG, "too many items in a body");
        node->position = above->n_items;
        above->items[above->n_items++] = index;
    }
    return index;
}

static void add_einsum(struct twin *twin, int leaf, int einsum, int *order)
{
    struct twin_node *node = &twin->nodes[leaf];
    assert(node->n_einsums < TWIN_MAX_EINSUMS);
    if (twin->leaf_of[einsum] >= 0)
        twin_stop(twin, TWIN_ILLEGAL, "%s occurs twice", twin->cascade->einsums[einsum].name);
    node->einsums[node->n_einsums++] = einsum;
    twin->leaf_of[einsum] = leaf;
    twin->order_of[einsum] = (*order)++;
}

static void copy_chain(struct twin *twin, int source, int leaf, int *order)
{
    const struct sinter_node *from = twin->schedule->nodes;
    for (int i = source + 1; i < from[source].end; i++) {
        if (from[i].kind != SINTER_LEAF)
            twin_stop(twin, TWIN_ILLEGAL, "a chain holds leaves only");
        if (from[i].unit != from[source + 1].unit)
            twin_stop(twin, TWIN_ILLEGAL, "a chain on two units");
        add_einsum(twin, leaf, from[i].einsum, order);
    }
    if (twin->nodes[leaf].n_einsums == 0)
        twin_stop(twin, TWIN_UNDEFINED, "an empty chain");
    twin->nodes[leaf].unit = from[source + 1].unit;
}

static void copy_body(struct twin *twin, int begin, int end, int parent, int group, int *order)
{
    const struct sinter_node *from = twin->schedule->nodes;
    for (int i = begin; i < end; i = from[i].end) {
        if (from[i].kind == SINTER_LOOP && from[i].tile >= twin_largest_range(twin, parent, from[i].rank)) {
            copy_body(twin, i + 1, from[i].end, parent, group, order);
            continue;
        }
        int node = add_node(twin, &from[i], parent, group);
        if (from[i].kind == SINTER_LOOP)
            copy_body(twin, i + 1, from[i].end, node, group, order);
        else if (from[i].kind == SINTER_CHAIN)
            copy_chain(twin, i, node, order);
        else if (from[i].kind == SINTER_LEAF)
            add_einsum(twin, node, from[i].einsum, order);
        if (from[i].kind == SINTER_LOOP && twin->nodes[node].n_items == 0)
            twin_stop(twin, TWIN_UNDEFINED, "an empty loop");
    }
}

void twin_normalise(struct twin *twin)
{
    const struct sinter_schedule *schedule = twin->schedule;
    int order = 0;
    for (int i = 0; i < twin->cascade->n_einsums; i++)
        twin->leaf_of[i] = -1;
    for (int i = 0; i < schedule->n_nodes; i = schedule->nodes[i].end) {
        assert(schedule->nodes[i].kind == SINTER_GROUP);
        if (twin->n_groups == TWIN_MAX_GROUPS)
            twin_stop(twin, TWIN_TOO_BIG, "too many groups");
        int group = twin->n_groups++;
        twin->groups[group] = add_node(twin, &schedule->nodes[i], -1, group);
        copy_body(twin, i + 1, schedule->nodes[i].end, twin->groups[group], group, &order);
        if (twin->nodes[twin->groups[group]].n_items == 0)
            twin_stop(twin, TWIN_UNDEFINED, "an empty group");
    }
    for (int i = 0; i < twin->cascade->n_einsums; i++) {
        if (twin->leaf_of[i] < 0)
            twin_stop(twin, TWIN_ILLEGAL, "%s does not occur", twin->cascade->einsums[i].name);
    }
    twin->result->n_groups = twin->n_groups;
}

/* ---- questions about the tree ------------------------------------------------------------------------------- */

bool twin_is_leaf(const struct twin_node *node)
{
    return node->kind == SINTER_LEAF || node->kind == SINTER_CHAIN;
}

bool twin_encloses(const struct twin *twin, int outer, int inner)
{
    while (inner >= 0 && inner != outer)
        inner = twin->nodes[inner].parent;
    return inner >= 0;
}

int twin_item_towards(const struct twin *twin, int body, int node)
{
    while (twin->nodes[node].parent != body) {
        node = twin->nodes[node].parent;
        assert(node >= 0);
    }
    return twin->nodes[node].position;
}

bool twin_has_loop(const struct twin *twin, int body, int rank)
{
    for (; body >= 0; body = twin->nodes[body].parent) {
        if (twin->nodes[body].kind == SINTER_LOOP && twin->nodes[body].rank == rank)
            return true;
    }
    return false;
}

bool twin_leaf_makes(const struct twin *twin, int leaf, int tensor)
{
    for (int i = 0; i < twin->nodes[leaf].n_einsums; i++) {
        if (twin->cascade->einsums[twin->nodes[leaf].einsums[i]].result == tensor)
            return true;
    }
    return false;
}

bool twin_leaf_reads(const struct twin *twin, int leaf, int tensor)
{
    for (int i = 0; i < twin->nodes[leaf].n_einsums; i++) {
        const struct sinter_einsum *einsum = &twin->cascade->einsums[twin->nodes[leaf].einsums[i]];
        for (int j = 0; j < einsum->n_accesses; j++) {
            if (einsum->accesses[j].tensor == tensor)
                return true;
        }
    }
    return false;
}

bool twin_leaf_touches(const struct twin *twin, int leaf, int tensor)
{
    return twin_leaf_makes(twin, leaf, tensor) || twin_leaf_reads(twin, leaf, tensor);
}

int twin_common_body(const struct twin *twin, int group, int tensor)
{
    int body = -1;
    for (int i = 0; i < twin->n_nodes; i++) {
        if (twin->nodes[i].group != group || !twin_is_leaf(&twin->nodes[i]) || !twin_leaf_touches(twin, i, tensor))
            continue;
        if (body < 0)
            body = twin->nodes[i].parent;
        while (!twin_encloses(twin, body, i))
            body = twin->nodes[body].parent;
    }
    return body;
}

bool twin_is_sent_out(const struct twin *twin, int group, int tensor)
{
    const struct twin_node *root = &twin->nodes[twin->groups[group]];
    for (int i = 0; i < root->n_items; i++) {
        const struct twin_node *item = &twin->nodes[root->items[i]];
        if (item->kind == SINTER_HOLD && item->tensor == tensor && item->memory == 0)
            return true;
    }
    return false;
}

bool twin_is_internal(const struct twin *twin, int tensor)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    if (t->producer < 0 || t->role == SINTER_OUTPUT || t->n_readers == 0)
        return false;
    int leaf = twin->leaf_of[t->producer];
    if (twin->nodes[leaf].kind != SINTER_CHAIN)
        return false;
    for (int i = 0; i < t->n_readers; i++) {
        if (twin->leaf_of[t->readers[i]] != leaf)
            return false;
    }
    return true;
}

bool twin_is_read_in(const struct twin *twin, int group, int tensor)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    for (int i = 0; i < t->n_readers; i++) {
        if (twin->nodes[twin->leaf_of[t->readers[i]]].group == group)
            return true;
    }
    return false;
}

bool twin_look_back(const struct twin *twin, const struct sinter_access *access, int dim, int64_t *least, int64_t *most)
{
    const struct sinter_index *index = &access->indices[dim];
    int rank = twin->cascade->tensors[access->tensor].dims[dim];
    bool has_own = false;
    int64_t low = index->constant, high = index->constant;
    for (int i = 0; i < index->n_terms; i++) {
        const struct sinter_term *term = &index->terms[i];
        int64_t reach = term->coefficient * (twin->cascade->ranks[term->rank].extent - 1);
        if (term->rank == rank && term->coefficient == 1)
            has_own = true;
        else if (reach < 0)
            low += reach;
        else
            high += reach;
    }
    *least = -high;
    *most = -low;
    return has_own;
}

/* Along the tensor's look-back rank; {0, 0} when the access does not look back. */
static void look_back_of(const struct twin *twin, const struct sinter_access *access, int64_t *least, int64_t *most)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[access->tensor];
    for (int d = 0; d < t->n_dims; d++) {
        if (t->dims[d] == t->look_back_rank && twin_look_back(twin, access, d, least, most) && *least >= 0)
            return;
    }
    *least = *most = 0;
}

int64_t twin_look_back_in(const struct twin *twin, int group, int tensor)
{
    int64_t reach = 0;
    for (int e = 0; e < twin->cascade->n_einsums; e++) {
        const struct sinter_einsum *einsum = &twin->cascade->einsums[e];
        if (twin->nodes[twin->leaf_of[e]].group != group)
            continue;
        for (int i = 0; i < einsum->n_accesses; i++) {
            int64_t least, most;
            if (einsum->accesses[i].tensor != tensor)
                continue;
            look_back_of(twin, &einsum->accesses[i], &least, &most);
            reach = most > reach ? most : reach;
        }
    }
    return reach;
}

/* ---- rules -------------------------------------------------------------------------------------------------- */

/* Every loop around an Einsum is over a rank of it, and it runs after the producers of what it reads. Look-back reads are
 * excepted around a cycle and in a chain only: elsewhere a step of more than the look-back would read ahead. */
static void check_einsum(struct twin *twin, int e)
{
    const struct sinter_cascade *cascade = twin->cascade;
    const struct sinter_einsum *einsum = &cascade->einsums[e];
    for (int n = twin->leaf_of[e]; n >= 0; n = twin->nodes[n].parent) {
        if (twin->nodes[n].kind == SINTER_LOOP && !(einsum->ranks >> twin->nodes[n].rank & 1))
            twin_stop(twin, TWIN_ILLEGAL, "(1) %s in a loop over %s", einsum->name,
                      cascade->ranks[twin->nodes[n].rank].name);
    }
    for (int i = 0; i < einsum->n_accesses; i++) {
        int producer = cascade->tensors[einsum->accesses[i].tensor].producer;
        int64_t least, most;
        if (producer < 0)
            continue;
        look_back_of(twin, &einsum->accesses[i], &least, &most);
        bool is_around = einsum->cycle >= 0 && einsum->cycle == cascade->einsums[producer].cycle;
        is_around = is_around || twin->leaf_of[producer] == twin->leaf_of[e];
        if ((least < 1 || !is_around) && twin->order_of[producer] >= twin->order_of[e])
            twin_stop(twin, TWIN_ILLEGAL, "%s runs before %s", einsum->name, cascade->einsums[producer].name);
    }
    const struct sinter_unit *unit = &twin->accel->units[twin->nodes[twin->leaf_of[e]].unit];
    if (!sinter_unit_can_run(unit, einsum, NULL))
        twin_stop(twin, TWIN_ILLEGAL, "(4) %s cannot run %s", unit->name, einsum->name);
}

static void check_reader(struct twin *twin, int tensor, int body, const struct sinter_einsum *einsum)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    for (int n = body; n >= 0; n = twin->nodes[n].parent) {
        if (twin->nodes[n].kind != SINTER_LOOP)
            continue;
        for (int i = 0; i < einsum->n_accesses; i++) {
            if (einsum->accesses[i].tensor != tensor)
                continue;
            for (int d = 0; d < t->n_dims; d++) {
                int64_t least, most;
                if (t->dims[d] != twin->nodes[n].rank)
                    continue;
                if (!twin_look_back(twin, &einsum->accesses[i], d, &least, &most) || least < 0)
                    twin_stop(twin, TWIN_ILLEGAL, "(2) %s reads %s ahead", einsum->name, t->name);
            }
        }
    }
}

/* Around the body of what is produced and read in a group, every loop's rank indexes it, and readers look back only. No
 * reader shares a reducing loop with its producer. */
static void check_intermediate(struct twin *twin, int tensor)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[tensor];
    int producer = twin->leaf_of[t->producer];
    int group = twin->nodes[producer].group;
    if (!twin_is_read_in(twin, group, tensor))
        return;
    int body = twin_common_body(twin, group, tensor);
    for (int i = 0; i < t->n_readers; i++) {
        int reader = twin->leaf_of[t->readers[i]];
        if (twin->nodes[reader].group != group)
            continue;
        for (int n = twin->nodes[reader].parent; n >= 0; n = twin->nodes[n].parent) {
            if (twin->nodes[n].kind == SINTER_LOOP && twin_encloses(twin, n, producer) &&
                !(t->ranks >> twin->nodes[n].rank & 1))
                twin_stop(twin, TWIN_ILLEGAL, "(2) a loop over %s around %s and its reader",
                          twin->cascade->ranks[twin->nodes[n].rank].name, t->name);
        }
        check_reader(twin, tensor, body, &twin->cascade->einsums[t->readers[i]]);
    }
}

static void check_cycle(struct twin *twin, const struct sinter_cycle *cycle)
{
    int first = twin->leaf_of[cycle->einsums[0]];
    bool is_one_leaf = true;
    for (int i = 1; i < cycle->n_einsums; i++) {
        int leaf = twin->leaf_of[cycle->einsums[i]];
        is_one_leaf = is_one_leaf && leaf == first;
        if (twin->nodes[leaf].group != twin->nodes[first].group)
            twin_stop(twin, TWIN_ILLEGAL, "(3) a cycle in two groups");
    }
    if (is_one_leaf)
        return;
    for (int i = 0; i < cycle->n_einsums; i++) {
        for (int n = twin->leaf_of[cycle->einsums[i]]; n >= 0; n = twin->nodes[n].parent) {
            if (twin->nodes[n].kind != SINTER_LOOP || twin->nodes[n].rank != cycle->rank)
                continue;
            for (int j = 0; j < cycle->n_einsums; j++) {
                if (!twin_encloses(twin, n, twin->leaf_of[cycle->einsums[j]]))
                    twin_stop(twin, TWIN_ILLEGAL, "(3) a cycle does not share its recurrent loops");
            }
        }
    }
    if (twin_largest_range(twin, first, cycle->rank) > cycle->look_back)
        twin_stop(twin, TWIN_ILLEGAL, "(3) the step of a cycle is more than its look-back");
}

/* What one member of a chain reads of what another one makes. */
static void check_inner_value(struct twin *twin, const struct sinter_einsum *user, const struct sinter_access *access)
{
    const struct sinter_tensor *t = &twin->cascade->tensors[access->tensor];
    for (int d = 0; d < t->n_dims; d++) {
        int64_t least, most;
        bool is_back = twin_look_back(twin, access, d, &least, &most) && least >= 0;
        if (!is_back || (most > 0 && t->dims[d] != t->look_back_rank))
            twin_stop(twin, TWIN_ILLEGAL, "chain: %s uses %s at another point", user->name, t->name);
    }
}

/* Does the maker's value go into what the user reads, at once or through other members? `seen`: members asked before. */
static bool goes_into(const struct twin *twin, const struct twin_node *chain, int maker, int user, bool *seen)
{
    const struct sinter_einsum *einsums = twin->cascade->einsums;
    const struct sinter_einsum *reader = &einsums[chain->einsums[user]];
    for (int i = 0; i < chain->n_einsums; i++) {
        for (int k = 0; k < reader->n_accesses; k++) {
            if (reader->accesses[k].tensor != einsums[chain->einsums[i]].result || seen[i])
                continue;
            seen[i] = true;
            if (i == maker || goes_into(twin, chain, maker, i, seen))
                return true;
        }
    }
    return false;
}

/* A sum is finished when its ranks are run through: a member that iterates one of them comes too early for it. */
static void check_finished(struct twin *twin, const struct twin_node *chain, int maker, int user)
{
    const struct sinter_einsum *sum = &twin->cascade->einsums[chain->einsums[maker]];
    const struct sinter_einsum *einsum = &twin->cascade->einsums[chain->einsums[user]];
    bool seen[TWIN_MAX_EINSUMS] = {false};
    if ((sum->reduced_ranks & einsum->ranks) && goes_into(twin, chain, maker, user, seen))
        twin_stop(twin, TWIN_ILLEGAL, "chain: %s iterates what %s has reduced", einsum->name, sum->name);
}

static void check_chain(struct twin *twin, const struct twin_node *chain)
{
    const struct sinter_einsum *einsums = twin->cascade->einsums;
    sinter_rank_set all = 0;
    bool has_whole = false;
    for (int i = 0; i < chain->n_einsums; i++)
        all |= einsums[chain->einsums[i]].ranks;
    for (int i = 0; i < chain->n_einsums; i++)
        has_whole = has_whole || einsums[chain->einsums[i]].ranks == all;
    if (!has_whole)
        twin_stop(twin, TWIN_ILLEGAL, "chain: no Einsum has all its ranks");
    for (int i = 0; i < chain->n_einsums; i++) {
        for (int j = 0; j < chain->n_einsums; j++) {
            const struct sinter_einsum *maker = &einsums[chain->einsums[i]], *user = &einsums[chain->einsums[j]];
            for (int k = 0; k < user->n_accesses; k++) {
                if (user->accesses[k].tensor == maker->result)
                    check_inner_value(twin, user, &user->accesses[k]);
            }
            check_finished(twin, chain, i, j);
        }
    }
}

void twin_check_rules(struct twin *twin)
{
    const struct sinter_cascade *cascade = twin->cascade;
    for (int e = 0; e < cascade->n_einsums; e++)
        check_einsum(twin, e);
    for (int i = 0; i < twin->n_nodes; i++) {
        if (twin->nodes[i].kind == SINTER_CHAIN)
            check_chain(twin, &twin->nodes[i]);
    }
    for (int t = 0; t < cascade->n_tensors; t++) {
        if (cascade->tensors[t].producer >= 0)
            check_intermediate(twin, t);
    }
    for (int i = 0; i < cascade->n_cycles; i++)
        check_cycle(twin, &cascade->cycles[i]);
}
