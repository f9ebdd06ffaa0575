/* serve.c: every operand and result of every leaf finds the tiles that it passes through.
 * SPDX-License-Identifier: MIT
 *
 * Walking the plan nodes in order, `active[T]` is the innermost line of T whose scope is open. A leaf on a unit with
 * memory U uses T from the line in U if there is one, else through a stream in U; behind that stand, outward, the
 * nearest lines in outer memories, and DRAM:
 *
 *     unit <- [stream | hold in U] <- hold in an outer memory <- ... <- DRAM
 */
#include "schedule/plan_internal.h"

#include <string.h>

int tile_new(struct sinter_plan_workspace *w, enum sinter_tile_kind kind, int tensor, int memory)
{
    if (w->n_tiles == w->tile_capacity)
        return -1;
    int index = w->n_tiles++;
    w->tiles[index] = (struct sinter_tile){
        .kind = kind, .tensor = tensor, .memory = memory, .source = -1, .line = -1, .leaf = -1, .body = -1, .visits = 1};
    w->facts[index] = (struct tile_facts){
        .line = -1, .klass = -1, .shape = -1, .sibling = -1, .first_use = -1, .last_use_leaf = -1, .producer_leaf = -1};
    return index;
}

/* Remembers that a tile serves this access, unless it serves an equal one already. */
bool tile_add_use(struct sinter_plan_workspace *w, int tile, const struct use_facts *use, int leaf)
{
    struct tile_facts *facts = &w->facts[tile];
    if (w->tiles[tile].leaf < 0 || use->is_result) {
        w->tiles[tile].leaf = leaf;
        facts->einsum = use->einsum;
    }
    if (leaf > facts->last_use_leaf)
        facts->last_use_leaf = leaf;
    facts->n_reads += !use->is_result;
    for (int link = facts->first_use; link >= 0; link = w->links[link].next)
        if (w->links[link].facts->shape == use->shape)
            return true;
    if (w->n_links == w->link_capacity)
        return false;
    int link = w->n_links++;
    w->links[link] = (struct use_link){use, facts->first_use};
    facts->shape = facts->first_use < 0 ? use->shape : -1;
    facts->first_use = link;
    facts->ranks |= use->ranks;
    return true;
}

/* ---- where intermediates live ---------------------------------------------------------------------------------- */

static bool reaches(const struct sinter_plan *plan, int unit, int memory)
{
    return sinter_unit_reaches(plan->accel, &plan->accel->units[unit], memory);
}

/* The innermost memory that the units of a tensor's producer and readers in its group all reach. */
static int shared_memory(const struct sinter_plan *plan, int tensor)
{
    const struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_tensor *t = &plan->cascade->tensors[tensor];
    int producer = w->leaf_of[t->producer], memory = plan->accel->units[w->nodes[producer].unit].memory;
    for (int i = 0; i < t->n_readers; i++) {
        int leaf = w->leaf_of[t->readers[i]];
        while (leaf >= 0 && w->nodes[leaf].group == w->nodes[producer].group && !reaches(plan, w->nodes[leaf].unit, memory))
            memory = plan->accel->memories[memory].parent;
    }
    return memory;
}

/* A line is a home when it stands before the producer and all readers: the outermost such line. */
static int covering_line(const struct sinter_plan_workspace *w, int tensor)
{
    const struct tensor_facts *facts = &w->tensors[tensor];
    for (int i = 0; i < w->n_lines; i++) {
        const struct line *line = &w->lines[i];
        if (line->tensor == tensor && line->memory != 0 && line->source >= 0 && line->begin <= facts->first_leaf &&
            line->body < facts->first_leaf && facts->last_leaf < w->nodes[line->body].end)
            return i;
    }
    return -1;
}

/* Gives every intermediate its home: the line that covers it, or an implicit one in the body that its uses share. */
static enum sinter_status find_homes(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_cascade *cascade = plan->cascade;
    for (int e = w->first_einsum; e <= w->last_einsum; e++) {
        int tensor = cascade->einsums[e].result;
        struct tensor_facts *facts = &w->tensors[tensor];
        if (!facts->is_read_here || facts->is_sent_out || facts->is_inner)
            continue;
        int home = covering_line(w, tensor);
        int memory = home >= 0 ? w->lines[home].memory : shared_memory(plan, tensor);
        if (memory == 0) {
            facts->is_sent_out = true; /* its units share nothing but DRAM */
            continue;
        }
        if (home < 0) {
            home = w->n_lines++;
            w->lines[home] = (struct line){.tensor = tensor,
                                           .memory = memory,
                                           .source = -1,
                                           .body = facts->common,
                                           .begin = facts->common + 1,
                                           .next = -1,
                                           .outer = -1,
                                           .first_tile = -1};
        }
        struct line *line = &w->lines[home];
        line->is_home = true;
        int tile = tile_new(w, SINTER_TILE_LOCAL, tensor, line->memory);
        if (tile < 0 || !tile_add_use(w, tile, result_of(w, cascade, e), facts->producer_leaf))
            return SINTER_NO_MEMORY;
        w->tiles[tile].line = line->source;
        w->tiles[tile].is_produced = true;
        w->facts[tile].line = home;
        w->facts[tile].producer_leaf = facts->producer_leaf;
        line->first_tile = tile;
        facts->home = home;
    }
    return SINTER_OK;
}

/* ---- serving one access ---------------------------------------------------------------------------------------- */

struct access {
    int leaf, unit;
    const struct use_facts *use;
    int first_tile; /* tiles of this leaf's streams start here; one Einsum alone has no two accesses of one class */
};

/* The tile of a line for this class of accesses, made when it is the first. */
static int tile_of_line(struct sinter_plan_workspace *w, int line_index, const struct use_facts *use)
{
    struct line *line = &w->lines[line_index];
    if (line->is_home)
        return line->first_tile;
    for (int tile = line->first_tile; tile >= 0; tile = w->facts[tile].sibling)
        if (w->facts[tile].klass == use->klass)
            return tile;
    int tile = tile_new(w, SINTER_TILE_HOLD, line->tensor, line->memory);
    if (tile < 0)
        return -1;
    w->tiles[tile].line = line->source;
    w->tiles[tile].is_double = line->is_double;
    w->facts[tile].line = line_index;
    w->facts[tile].klass = use->klass;
    w->facts[tile].sibling = line->first_tile;
    line->first_tile = tile;
    return tile;
}

/* The stream of this leaf for this class of accesses. */
static int tile_of_stream(struct sinter_plan_workspace *w, const struct access *access, int memory, bool is_back)
{
    for (int tile = access->first_tile; tile < w->n_tiles; tile++) {
        const struct tile_facts *facts = &w->facts[tile];
        if (w->tiles[tile].kind == SINTER_TILE_STREAM && w->tiles[tile].tensor == access->use->operand->tensor &&
            facts->klass == access->use->klass && (w->tiles[tile].look_back > 0) == is_back)
            return tile;
    }
    int tile = tile_new(w, SINTER_TILE_STREAM, access->use->operand->tensor, memory);
    if (tile >= 0)
        w->facts[tile].klass = access->use->klass;
    return tile;
}

/* The slices before the result that a leaf itself makes: loaded by each visit, from where the result goes. */
static bool serve_look_back(struct sinter_plan *plan, const struct access *access, int source)
{
    struct sinter_plan_workspace *w = plan->workspace;
    int tile = tile_of_stream(w, access, plan->accel->units[access->unit].memory, true);
    if (tile < 0)
        return false;
    if (access->use->operand->look_back_max > w->tiles[tile].look_back)
        w->tiles[tile].look_back = access->use->operand->look_back_max;
    w->tiles[tile].source = source;
    w->use_tiles[access->use - w->uses] = tile;
    int producer = plan->cascade->tensors[access->use->operand->tensor].producer;
    return tile_add_use(w, tile, result_of(w, plan->cascade, producer), access->leaf);
}

static bool is_outer(const struct sinter_accel *accel, int memory, int inner)
{
    for (inner = accel->memories[inner].parent; inner >= 0; inner = accel->memories[inner].parent)
        if (inner == memory)
            return true;
    return false;
}

static bool touch(struct sinter_plan_workspace *w, int tile, const struct access *access)
{
    if (tile < 0)
        return false;
    if (access->use->is_result) {
        w->tiles[tile].is_produced = true;
        w->facts[tile].producer_leaf = access->leaf;
    }
    /* an intermediate's own tile has the shape of its result; what readers look back at is its carry */
    if (w->tiles[tile].kind == SINTER_TILE_LOCAL)
        return true;
    return tile_add_use(w, tile, access->use, access->leaf);
}

/* A hold around a tensor's producer and a reader is one tile, which must be made before it is read: it has the shape of the
 * result. */
static enum sinter_status check_shape(const struct sinter_plan *plan, const struct access *access, int line)
{
    const struct sinter_plan_workspace *w = plan->workspace;
    int tensor = access->use->operand->tensor, producer = w->tensors[tensor].producer_leaf;
    const struct line *l = &w->lines[line];
    if (access->use->is_result || l->is_home || producer < l->begin || producer >= w->nodes[l->body].end ||
        w->nodes[producer].group != w->nodes[access->leaf].group ||
        access->use->klass == result_of(w, plan->cascade, plan->cascade->tensors[tensor].producer)->klass)
        return SINTER_OK;
    return illegal(w, l->source, "hold it after its producer, or around all of its uses and not in dram",
                   "'%s' reads '%s' at other indices than it is made at, through a hold around both",
                   plan->cascade->einsums[access->use->einsum].name, plan->cascade->tensors[tensor].name);
}

/* Threads the access through the lines of its tensor, from the unit outward. */
static enum sinter_status thread(struct sinter_plan *plan, const struct access *access)
{
    struct sinter_plan_workspace *w = plan->workspace;
    int tensor = access->use->operand->tensor, memory = plan->accel->units[access->unit].memory;
    int line = w->active[tensor];
    while (line >= 0 && w->lines[line].memory != memory)
        line = w->lines[line].outer;
    int tile;
    for (int l = w->active[tensor]; l >= 0; l = w->lines[l].outer) {
        enum sinter_status status = check_shape(plan, access, l);
        if (status != SINTER_OK)
            return status;
    }
    if (line >= 0) {
        tile = tile_of_line(w, line, access->use);
        line = w->lines[line].is_home ? -1 : w->lines[line].outer;
    } else {
        tile = tile_of_stream(w, access, memory, false);
        line = w->active[tensor];
    }
    if (!touch(w, tile, access))
        return SINTER_NO_MEMORY;
    w->use_tiles[access->use - w->uses] = tile;
    for (; line >= 0; line = w->lines[line].is_home ? -1 : w->lines[line].outer) {
        if (!is_outer(plan->accel, w->lines[line].memory, w->tiles[tile].memory))
            continue;
        int source = tile_of_line(w, line, access->use);
        if (!touch(w, source, access))
            return SINTER_NO_MEMORY;
        w->tiles[tile].source = source;
        tile = source;
    }
    return SINTER_OK;
}

/* Rule (4): whoever uses a tensor below a line reaches the memory that the line names. */
static enum sinter_status check_reach(const struct sinter_plan *plan, const struct access *access)
{
    struct sinter_plan_workspace *w = plan->workspace;
    int tensor = access->use->operand->tensor;
    for (int line = w->active[tensor]; line >= 0; line = w->lines[line].outer)
        if (!reaches(plan, access->unit, w->lines[line].memory))
            return illegal(w, w->lines[line].source, "name a memory that every unit which uses it below the line reaches",
                           "unit '%s' uses '%s' but does not reach memory '%s', where this line holds it",
                           plan->accel->units[access->unit].name, plan->cascade->tensors[tensor].name,
                           plan->accel->memories[w->lines[line].memory].name);
    return SINTER_OK;
}

static enum sinter_status serve_access(struct sinter_plan *plan, const struct access *access)
{
    struct sinter_plan_workspace *w = plan->workspace;
    int tensor = access->use->operand->tensor;
    const struct tensor_facts *facts = &w->tensors[tensor];
    w->use_tiles[access->use - w->uses] = -1;
    bool is_here = facts->producer_leaf >= 0 && w->nodes[facts->producer_leaf].group == w->nodes[access->leaf].group;
    if (!facts->is_inner && w->active[tensor] >= 0) {
        enum sinter_status status = check_reach(plan, access);
        if (status != SINTER_OK)
            return status;
    }
    if (!is_here)
        return thread(plan, access);
    if (facts->is_inner)
        return SINTER_OK;
    if (access->use->is_result || facts->producer_leaf != access->leaf)
        return thread(plan, access);
    /* what the leaf makes itself: only the slices before its result must come from somewhere */
    if (access->use->operand->look_back_max == 0)
        return SINTER_OK;
    if (facts->is_sent_out && w->active[tensor] >= 0)
        return illegal(w, w->lines[w->active[tensor]].source, "leave one of the two lines out",
                       "'%s' is sent to dram and looked back at there, but also held on chip around its producer",
                       plan->cascade->tensors[tensor].name);
    bool is_local = facts->home >= 0 && w->lines[facts->home].memory == plan->accel->units[access->unit].memory;
    if (is_local) {
        w->use_tiles[access->use - w->uses] = w->lines[facts->home].first_tile;
        return SINTER_OK;
    }
    int source = facts->home >= 0 ? w->lines[facts->home].first_tile : -1;
    return serve_look_back(plan, access, source) ? SINTER_OK : SINTER_NO_MEMORY;
}

static enum sinter_status serve_leaf(struct sinter_plan *plan, int leaf)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_plan_node *node = &w->nodes[leaf];
    struct access access = {.leaf = leaf, .unit = node->unit, .first_tile = w->n_tiles};
    bool is_chain = node->n_members > 1;
    for (int m = 0; m < node->n_members; m++) {
        int einsum = w->members[node->first_member + m];
        int n = plan->cascade->einsums[einsum].n_operands;
        for (int k = 0; k <= n; k++) {
            access.use = &w->uses[w->use_of[einsum] + k];
            access.first_tile = is_chain ? access.first_tile : w->n_tiles;
            enum sinter_status status = serve_access(plan, &access);
            if (status != SINTER_OK)
                return status;
        }
    }
    return SINTER_OK;
}

/* ---- the walk -------------------------------------------------------------------------------------------------- */

static enum sinter_status activate(struct sinter_plan *plan, int index, int *n_open)
{
    struct sinter_plan_workspace *w = plan->workspace;
    struct line *line = &w->lines[index];
    for (int outer = w->active[line->tensor]; outer >= 0; outer = w->lines[outer].outer)
        if (w->lines[outer].memory == line->memory)
            return illegal(w, line->source,
                           w->lines[outer].source >= 0
                               ? "leave one of the two out"
                               : "put the line before the producer, or leave it out: an intermediate is held anyway",
                           "'%s' is held in '%s' already where this line holds it again",
                           plan->cascade->tensors[line->tensor].name, plan->accel->memories[line->memory].name);
    line->outer = w->active[line->tensor];
    w->active[line->tensor] = index;
    w->undo[(*n_open)++] = index;
    return SINTER_OK;
}

static enum sinter_status check_used(const struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    for (int i = 0; i < w->n_lines; i++) {
        const struct line *line = &w->lines[i];
        if (line->memory != 0 && line->first_tile < 0)
            return illegal(w, line->source,
                           w->tensors[line->tensor].is_inner
                               ? "it lives only inside a chain, where it takes no space: leave the line out"
                               : "leave it out, or move it before what uses it",
                           "nothing after this line uses '%s' through '%s'", plan->cascade->tensors[line->tensor].name,
                           plan->accel->memories[line->memory].name);
    }
    return SINTER_OK;
}

enum sinter_status serve(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    enum sinter_status status = find_homes(plan);
    for (int i = 0; i <= w->n_nodes; i++)
        w->begins[i] = -1;
    for (int i = w->n_lines - 1; i >= 0; i--) {
        struct line *line = &w->lines[i];
        if (line->memory == 0 || line->begin >= w->nodes[line->body].end)
            continue;
        line->next = w->begins[line->begin];
        w->begins[line->begin] = i;
    }
    int n_open = 0;
    for (int i = 0; i < w->n_nodes && status == SINTER_OK; i++) {
        while (n_open > 0 && w->nodes[w->lines[w->undo[n_open - 1]].body].end <= i) {
            const struct line *line = &w->lines[w->undo[--n_open]];
            w->active[line->tensor] = line->outer;
        }
        for (int line = w->begins[i]; line >= 0 && status == SINTER_OK; line = w->lines[line].next)
            status = activate(plan, line, &n_open);
        if (status == SINTER_OK && w->nodes[i].n_members > 0)
            status = serve_leaf(plan, i);
    }
    while (n_open > 0)
        w->active[w->lines[w->undo[--n_open]].tensor] = -1;
    return status == SINTER_OK ? check_used(plan) : status;
}
