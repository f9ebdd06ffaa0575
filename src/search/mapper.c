/* mapper.c: the best ways to run a set of Einsums as a part of a schedule.
 * SPDX-License-Identifier: MIT
 */
#include "search/mapper.h"

#include <string.h>

#include "search/tiles.h"

/* The loops around a part: those of tier i are loops[ends[i - 1]..ends[i]). */
struct context {
    int n_loops, n_tiers;
    int ends[MOST_TIERS];
    struct loop loops[MOST_TIERS * MOST_LOOPS];
};

/* ---- fronts -------------------------------------------------------------------------------------------------------- */

static bool is_no_worse(const struct mapper *mapper, const struct piece *a, const struct piece *b)
{
    if (a->read_bits > b->read_bits || a->written_bits > b->written_bits || a->first_bits > b->first_bits ||
        a->last_bits > b->last_bits)
        return false;
    for (int u = 0; u < mapper->accel->n_units; u++)
        if (a->cycles[u] > b->cycles[u])
            return false;
    for (int m = 1; m < mapper->accel->n_memories; m++) {
        if (a->bits[m] > b->bits[m])
            return false;
        for (int i = 0; i < MOST_TIERS; i++)
            if (a->carried[i][m] > b->carried[i][m])
                return false;
    }
    return true;
}

static bool is_dominated(const struct mapper *mapper, const struct front *front, const struct piece *piece)
{
    for (int i = 0; i < front->n; i++)
        if (is_no_worse(mapper, &front->pieces[i], piece))
            return true;
    return false;
}

static bool fits(const struct mapper *mapper, const struct piece *piece)
{
    for (int m = 1; m < mapper->accel->n_memories; m++) {
        int64_t bits = piece->bits[m];
        for (int i = 0; i < MOST_TIERS; i++)
            bits += piece->carried[i][m];
        if ((double)bits > 8 * mapper->accel->memories[m].capacity_bytes)
            return false;
    }
    return true;
}

static void keep(struct mapper *mapper, struct front *front, const struct piece *piece)
{
    if (!fits(mapper, piece) || is_dominated(mapper, front, piece))
        return;
    int n = 0;
    for (int i = 0; i < front->n; i++)
        if (!is_no_worse(mapper, piece, &front->pieces[i]))
            front->pieces[n++] = front->pieces[i];
    front->n = n;
    if (n == front->capacity) {
        int capacity = n > 0 ? 2 * n : 8;
        struct piece *pieces = sinter_arena_alloc(mapper->arena, (size_t)capacity, sizeof *pieces);
        if (pieces == NULL) {
            mapper->failed = true;
            return;
        }
        if (n > 0)
            memcpy(pieces, front->pieces, (size_t)n * sizeof *pieces);
        front->pieces = pieces;
        front->capacity = capacity;
    }
    front->pieces[front->n++] = *piece;
}

static void add_piece(const struct mapper *mapper, struct piece *sum, const struct piece *part, const int64_t *live)
{
    sum->read_bits += part->read_bits;
    sum->written_bits += part->written_bits;
    for (int u = 0; u < mapper->accel->n_units; u++)
        sum->cycles[u] += part->cycles[u];
    for (int m = 1; m < mapper->accel->n_memories; m++) {
        if (live[m] + part->bits[m] > sum->bits[m])
            sum->bits[m] = live[m] + part->bits[m];
        for (int i = 0; i < MOST_TIERS; i++)
            sum->carried[i][m] += part->carried[i][m];
    }
}

/* ---- sets ----------------------------------------------------------------------------------------------------------- */

static bool is_read_in(const struct sinter_tensor *tensor, einsum_set set)
{
    for (int i = 0; i < tensor->n_readers; i++)
        if (set >> tensor->readers[i] & 1)
            return true;
    return false;
}

static bool is_made_in(const struct sinter_tensor *tensor, einsum_set set)
{
    return tensor->producer >= 0 && (set >> tensor->producer & 1) != 0;
}

/* ---- trees --------------------------------------------------------------------------------------------------------- */

/* Does the set name the tensor at all? */
static bool is_used_in(const struct sinter_tensor *tensor, einsum_set set)
{
    return is_read_in(tensor, set) || is_made_in(tensor, set);
}

/* The lines of a sequence that serve this part first. */
static void emit_lines(const struct mapper *mapper, const struct shape *shape, int part, struct sinter_schedule *out)
{
    einsum_set before = 0;
    for (int p = 0; p < part; p++)
        before |= shape->parts[p]->einsums;
    for (int h = 0; h < shape->n_holds; h++) {
        const struct sinter_tensor *tensor = &mapper->cascade->tensors[shape->holds[h].tensor];
        if (shape->holds[h].above == shape->n_loops && is_used_in(tensor, shape->parts[part]->einsums) &&
            !is_used_in(tensor, before))
            sinter_schedule_hold(out, shape->holds[h].tensor, shape->holds[h].memory, false);
    }
}

static void emit_body(const struct mapper *mapper, const struct shape *shape, struct sinter_schedule *out)
{
    if (shape->kind == SINTER_CHAIN)
        sinter_schedule_chain(out);
    if (shape->kind == SINTER_GROUP) {
        for (int p = 0; p < shape->n_parts; p++) {
            emit_lines(mapper, shape, p, out);
            emit_shape(mapper, shape->parts[p], out);
        }
    } else {
        for (einsum_set rest = shape->einsums; rest != 0; rest &= rest - 1)
            sinter_schedule_leaf(out, __builtin_ctzll(rest), mapper->unit_of[__builtin_ctzll(rest)]);
    }
    if (shape->kind == SINTER_CHAIN)
        sinter_schedule_close(out);
}

void emit_shape(const struct mapper *mapper, const struct shape *shape, struct sinter_schedule *out)
{
    for (int j = 0; j <= shape->n_loops; j++) {
        for (int h = 0; h < shape->n_holds; h++)
            if (shape->holds[h].above == j && j < shape->n_loops)
                sinter_schedule_hold(out, shape->holds[h].tensor, shape->holds[h].memory, false);
        if (j < shape->n_loops)
            sinter_schedule_loop(out, shape->loops[j].rank, shape->loops[j].tile);
    }
    emit_body(mapper, shape, out);
    for (int j = 0; j < shape->n_loops; j++)
        sinter_schedule_close(out);
}

/* Resolves the shape in its context as a schedule of its own; false when it is illegal. */
static bool resolve_shape(struct mapper *mapper, const struct context *context, const struct shape *shape)
{
    struct sinter_schedule *out = &mapper->scratch;
    sinter_schedule_clear(out);
    sinter_schedule_group(out);
    for (int j = 0; j < context->n_loops; j++)
        sinter_schedule_loop(out, context->loops[j].rank, context->loops[j].tile);
    emit_shape(mapper, shape, out);
    for (int j = 0; j <= context->n_loops; j++)
        sinter_schedule_close(out);
    mapper->failed |= out->failed;
    mapper->n_priced++;
    enum sinter_status status = sinter_plan_resolve_part(mapper->plan, out, NULL);
    return status == SINTER_OK || status == SINTER_INFEASIBLE;
}

/* What the tile adds, if its surroundings do not pay for it. */
static void add_traffic(const struct mapper *mapper, const struct sinter_tile *tile, struct piece *piece)
{
    if (tile->source < 0 && !mapper->is_ignored[tile->tensor]) {
        piece->read_bits += (double)tile->load_bits;
        piece->written_bits += (double)tile->store_bits;
    }
    if (!mapper->is_ignored[tile->tensor]) {
        piece->read_bits += (double)tile->state_load_bits;
        piece->written_bits += (double)tile->state_store_bits;
    }
}

/* The tier of the context's loop that a tile lives outside of, with its line in or outside the nest of that tier; -1: it
 * lives inside the part. No loop of a context makes one trip: the plan has them all, behind the node of the group. */
static int tier_of(const struct context *context, const struct sinter_tile *tile)
{
    int loop = tile->begin - 1, tier = 0; /* the loop that begins with the tile */
    if (loop >= context->n_loops)
        return -1;
    while (tier < context->n_tiers && loop >= context->ends[tier])
        tier++;
    return tier;
}

static void add_footprint(const struct context *context, const struct sinter_tile *tile, struct piece *piece)
{
    int tier = tier_of(context, tile);
    (tier < 0 ? piece->bits : piece->carried[tier])[tile->memory] += tile->footprint_bits;
}

/* Does the leaf that makes a tensor look back at it? */
static bool reads_back(const struct mapper *mapper, const struct sinter_tile *tile)
{
    const struct sinter_plan_node *leaf = &mapper->plan->nodes[tile->leaf];
    for (int m = 0; m < leaf->n_members; m++) {
        const struct sinter_einsum *einsum = &mapper->cascade->einsums[mapper->plan->members[leaf->first_member + m]];
        for (int k = 0; k < einsum->n_operands; k++)
            if (einsum->operands[k].tensor == tile->tensor && einsum->operands[k].look_back_max > 0)
                return true;
    }
    return false;
}

/* Of a tile that a leaf in no loop uses first. */
static void add_fill(const struct mapper *mapper, const struct sinter_tile *tile, struct piece *piece)
{
    if (mapper->is_ignored[tile->tensor])
        return;
    if (tile->kind != SINTER_TILE_CARRY || reads_back(mapper, tile))
        piece->first_bits += (double)(tile->source < 0 ? tile->load_bits : 0) + (double)tile->state_load_bits;
    piece->last_bits += tile->is_produced && tile->source < 0 ? (double)tile->store_bits : 0;
}

/* A leaf or chain in its nest: everything that lives while it runs. */
static bool price_leaf(struct mapper *mapper, const struct context *context, const struct shape *shape, struct piece *piece)
{
    const struct sinter_plan *plan = mapper->plan;
    *piece = (struct piece){.shape = shape};
    if (!resolve_shape(mapper, context, shape))
        return false;
    struct sinter_cost cost = {.einsums = mapper->einsums};
    sinter_cost_evaluate(plan, &cost);
    for (einsum_set rest = shape->einsums; rest != 0; rest &= rest - 1) {
        int e = __builtin_ctzll(rest);
        piece->cycles[mapper->unit_of[e]] += mapper->einsums[e].compute_cycles;
    }
    for (int i = 0; i < plan->n_tiles; i++) {
        add_traffic(mapper, &plan->tiles[i], piece);
        if (!mapper->is_ignored[plan->tiles[i].tensor])
            add_footprint(context, &plan->tiles[i], piece);
        if (context->n_loops + shape->n_loops == 0)
            add_fill(mapper, &plan->tiles[i], piece);
    }
    return fits(mapper, piece);
}

/* Ranks that a loop around all of the set may have: every Einsum has them, and so has everything that it hands on. */
static sinter_rank_set common_ranks(const struct mapper *mapper, einsum_set set)
{
    sinter_rank_set ranks = ~(sinter_rank_set)0;
    for (einsum_set rest = set; rest != 0; rest &= rest - 1) {
        const struct sinter_einsum *einsum = &mapper->cascade->einsums[__builtin_ctzll(rest)];
        const struct sinter_tensor *result = &mapper->cascade->tensors[einsum->result];
        ranks &= einsum->ranks;
        if (is_read_in(result, set))
            ranks &= result->ranks;
    }
    return ranks;
}

/* ---- nests --------------------------------------------------------------------------------------------------------- */

struct nest {
    einsum_set from, to;
    int tier;
    const struct context *context;
    struct front *front;
    struct shape shape;
    struct context inside;
};

static void map_part(struct mapper *mapper, einsum_set from, einsum_set to, int tier, const struct context *context,
                     struct front *front);
static void map_body(struct mapper *mapper, struct nest *nest);

static const struct shape *copy_shape(struct mapper *mapper, const struct shape *shape)
{
    struct shape *copy = sinter_arena_alloc(mapper->arena, 1, sizeof *copy);
    if (copy == NULL)
        mapper->failed = true;
    else
        *copy = *shape;
    return copy;
}

static void try_leaf(struct mapper *mapper, struct nest *nest, enum sinter_node_kind kind)
{
    struct piece piece;
    nest->shape.kind = kind;
    if (!price_leaf(mapper, nest->context, &nest->shape, &piece) || is_dominated(mapper, nest->front, &piece))
        return;
    piece.shape = copy_shape(mapper, &nest->shape);
    keep(mapper, nest->front, &piece);
}

/* With the holds chosen: a leaf, a chain, a sequence. */
static void close_nest(struct mapper *mapper, struct nest *nest)
{
    bool is_single = (nest->shape.einsums & (nest->shape.einsums - 1)) == 0;
    if (mapper->failed)
        return;
    if (is_single) {
        try_leaf(mapper, nest, SINTER_LEAF);
        return;
    }
    bool has_lines = false;
    for (int h = 0; h < nest->shape.n_holds; h++)
        has_lines |= nest->shape.holds[h].above == nest->shape.n_loops;
    if (!has_lines)
        try_leaf(mapper, nest, SINTER_CHAIN);
    bool is_flat = nest->tier > 1 && nest->shape.n_loops == 0; /* a sequence in a sequence is one sequence */
    if (nest->tier < mapper->most_tiers && !is_flat)
        map_body(mapper, nest);
}

/* Does it pay to hold the tensor above loop j, or in the body for j = n_loops? Only if that loop does not index it and the
 * one around it does: else it could as well be held farther out or farther in. The body around a part decides what is held
 * there. */
static bool may_hold(const struct nest *nest, sinter_rank_set ranks, int j)
{
    int around = nest->context->n_loops + j - 1;
    bool is_single = (nest->shape.einsums & (nest->shape.einsums - 1)) == 0;
    if (j == 0 ? nest->tier > 1 : (ranks >> nest->inside.loops[around].rank & 1) == 0)
        return false;
    return j == nest->shape.n_loops ? !is_single && (j > 0 || nest->tier == 1)
                                    : (ranks >> nest->shape.loops[j].rank & 1) == 0;
}

/* The ranks by which the set indexes a tensor. */
static sinter_rank_set used_ranks(const struct mapper *mapper, einsum_set set, int tensor)
{
    sinter_rank_set ranks = 0;
    for (einsum_set rest = set; rest != 0; rest &= rest - 1) {
        const struct sinter_einsum *einsum = &mapper->cascade->einsums[__builtin_ctzll(rest)];
        for (int k = 0; k < einsum->n_operands; k++)
            if (einsum->operands[k].tensor == tensor)
                ranks |= einsum->operands[k].ranks;
        if (einsum->result == tensor)
            ranks |= einsum->result_ranks;
    }
    return ranks;
}

static void choose_holds(struct mapper *mapper, struct nest *nest, int tensor)
{
    const struct sinter_cascade *cascade = mapper->cascade;
    einsum_set set = nest->shape.einsums;
    for (; tensor < cascade->n_tensors; tensor++) {
        const struct sinter_tensor *t = &cascade->tensors[tensor];
        bool is_used = is_read_in(t, set) || is_made_in(t, set), is_inner = is_made_in(t, set) && is_read_in(t, set);
        if (is_used && !is_inner && !mapper->is_ignored[tensor])
            break;
    }
    if (tensor == cascade->n_tensors) {
        close_nest(mapper, nest);
        return;
    }
    choose_holds(mapper, nest, tensor + 1); /* streamed */
    sinter_rank_set ranks = used_ranks(mapper, set, tensor);
    for (int j = 0; j <= nest->shape.n_loops && nest->shape.n_holds < MOST_HOLDS; j++) {
        if (!may_hold(nest, ranks, j))
            continue;
        int h = nest->shape.n_holds++;
        nest->shape.holds[h].tensor = tensor;
        nest->shape.holds[h].memory = mapper->accel->units[mapper->unit_of[__builtin_ctzll(set)]].memory;
        nest->shape.holds[h].above = j;
        choose_holds(mapper, nest, tensor + 1);
        nest->shape.n_holds = h;
    }
}

static int64_t range_of(const struct mapper *mapper, const struct context *context, int rank)
{
    for (int j = context->n_loops - 1; j >= 0; j--)
        if (context->loops[j].rank == rank)
            return context->loops[j].tile;
    return mapper->cascade->ranks[rank].extent;
}

static int tiles_of(struct mapper *mapper, int64_t range, int64_t *tiles)
{
    enum { ALL = 1024 };
    int64_t parts[8], all[ALL];
    int n_parts = 0;
    for (int u = 0; u < mapper->accel->n_units && u < 2; u++)
        for (int subset = 1; subset < 1 << mapper->accel->units[u].n_dims && n_parts < 8; subset++) {
            parts[n_parts] = 1;
            for (int d = 0; d < mapper->accel->units[u].n_dims; d++)
                parts[n_parts] *= subset >> d & 1 ? mapper->accel->units[u].pes[d] : 1;
            n_parts++;
        }
    int n = find_tiles(range, parts, n_parts, all, ALL), n_kept = 0;
    if (n > 0 && all[n - 1] >= range)
        n--; /* one trip is no loop */
    if (n > mapper->most_tiles)
        mapper->is_exact = false;
    for (int i = 0; i < n && n_kept < mapper->most_tiles; i++)
        if (n <= mapper->most_tiles || (int64_t)i * mapper->most_tiles / n != (int64_t)(i - 1) * mapper->most_tiles / n ||
            i == 0)
            tiles[n_kept++] = all[i];
    return n_kept;
}

/* Every order of every subset of the ranks that are left, with every tile. */
static void choose_loops(struct mapper *mapper, struct nest *nest, sinter_rank_set ranks)
{
    enum { MOST = 1024 };
    int64_t tiles[MOST];
    mapper->is_exact &= mapper->n_priced < mapper->most_priced;
    if (mapper->failed || mapper->n_priced >= mapper->most_priced)
        return;
    choose_holds(mapper, nest, 0);
    if (nest->shape.n_loops == MOST_LOOPS)
        return;
    for (sinter_rank_set rest = ranks; rest != 0; rest &= rest - 1) {
        int rank = __builtin_ctzll(rest), n = tiles_of(mapper, range_of(mapper, &nest->inside, rank), tiles);
        for (int i = 0; i < n; i++) {
            struct loop loop = {rank, tiles[i]};
            nest->shape.loops[nest->shape.n_loops++] = loop;
            nest->inside.loops[nest->inside.n_loops++] = loop;
            nest->inside.ends[nest->tier - 1] = nest->inside.n_loops;
            choose_loops(mapper, nest, ranks & ~((sinter_rank_set)1 << rank));
            nest->shape.n_loops--;
            nest->inside.ends[nest->tier - 1] = --nest->inside.n_loops;
        }
    }
}

static void map_part(struct mapper *mapper, einsum_set from, einsum_set to, int tier, const struct context *context,
                     struct front *front)
{
    struct nest nest = {.from = from, .to = to, .tier = tier, .context = context, .front = front, .inside = *context};
    nest.shape.einsums = to & ~from;
    nest.inside.n_tiers = tier;
    nest.inside.ends[tier - 1] = context->n_loops;
    choose_loops(mapper, &nest, common_ranks(mapper, nest.shape.einsums));
}

/* ---- bodies -------------------------------------------------------------------------------------------------------- */

/* A tile that a sequence of parts shares: from the first part that uses it to the last one. */
struct shared {
    einsum_set users, makers; /* the second: its producer, none: it is loaded */
    bool is_line;             /* a hold; else what one part hands on to others, and what it carries along */
    struct piece piece;       /* its bits, and its traffic */
};

/* What a sequence pays for. */
struct skeleton {
    struct piece base; /* what lives all the time */
    int n_shared;
    struct shared *shared;
};

/* Einsums that read a tile or write it. A carry serves whoever uses its tensor. */
static einsum_set users_of(const struct mapper *mapper, einsum_set set, int tile)
{
    const struct sinter_plan *plan = mapper->plan;
    const struct sinter_tile *t = &plan->tiles[tile];
    einsum_set users = 0, readers = 0;
    for (einsum_set rest = set; rest != 0; rest &= rest - 1) {
        int e = __builtin_ctzll(rest);
        const struct sinter_einsum *einsum = &mapper->cascade->einsums[e];
        for (int k = 0; k <= einsum->n_operands; k++) {
            int tensor = k < einsum->n_operands ? einsum->operands[k].tensor : einsum->result;
            users |= (einsum_set)(plan->use_tiles[plan->first_use[e] + k] == tile) << e;
            readers |= (einsum_set)(tensor == t->tensor) << e;
        }
    }
    return t->kind == SINTER_TILE_CARRY || users == 0 ? readers : users;
}

/* The sequence with each Einsum, or recurrence, for itself. */
static bool resolve_sequence(struct mapper *mapper, const struct nest *nest)
{
    const struct shape *leaves[MOST_EINSUMS];
    struct shape singles[MOST_EINSUMS], shape = nest->shape;
    shape.kind = SINTER_GROUP;
    shape.parts = leaves;
    for (einsum_set rest = shape.einsums; rest != 0; rest &= ~singles[shape.n_parts++].einsums) {
        int e = __builtin_ctzll(rest), n = shape.n_parts;
        singles[n] = (struct shape){.einsums = mapper->lattice->mates[e]};
        singles[n].kind = (singles[n].einsums & (singles[n].einsums - 1)) != 0 ? SINTER_CHAIN : SINTER_LEAF;
        leaves[n] = &singles[n];
    }
    return resolve_shape(mapper, nest->context, &shape);
}

static bool resolve_skeleton(struct mapper *mapper, const struct nest *nest, struct skeleton *skeleton)
{
    const struct sinter_plan *plan = mapper->plan;
    *skeleton = (struct skeleton){.n_shared = 0};
    if (!resolve_sequence(mapper, nest))
        return false;
    skeleton->shared = sinter_arena_alloc(mapper->arena, (size_t)plan->n_tiles, sizeof *skeleton->shared);
    mapper->failed |= skeleton->shared == NULL;
    for (int i = 0; i < plan->n_tiles && !mapper->failed; i++) {
        const struct sinter_tile *tile = &plan->tiles[i];
        if (tile->kind == SINTER_TILE_STREAM || mapper->is_ignored[tile->tensor])
            continue;
        bool is_line = tile->kind == SINTER_TILE_HOLD;
        if (is_line && tile->begin <= nest->inside.n_loops) { /* around the body, or a window of its loop */
            add_footprint(&nest->inside, tile, &skeleton->base);
            add_traffic(mapper, tile, &skeleton->base);
            continue;
        }
        struct shared *shared = &skeleton->shared[skeleton->n_shared++];
        *shared = (struct shared){.users = users_of(mapper, nest->shape.einsums, i), .is_line = is_line};
        if (tile->is_produced)
            shared->makers = (einsum_set)1 << mapper->cascade->tensors[tile->tensor].producer;
        add_traffic(mapper, tile, &shared->piece);
        add_fill(mapper, tile, &shared->piece);
        if (tile->kind == SINTER_TILE_CARRY)
            add_footprint(&nest->inside, tile, &shared->piece);
        else
            shared->piece.bits[tile->memory] = tile->footprint_bits;
    }
    return !mapper->failed;
}

/* What the sequence pays while the Einsums between two sets run, for them: what is live beside them, and the traffic of
 * tiles that are first used there. */
static void find_shared(const struct mapper *mapper, const struct nest *nest, const struct skeleton *skeleton,
                        einsum_set before, einsum_set after, int64_t live[SINTER_MAX_MEMORIES], struct piece *paid)
{
    static const int64_t nothing[SINTER_MAX_MEMORIES];
    einsum_set here = after & ~before, done = before & ~nest->from, left = nest->to & ~after;
    memcpy(live, skeleton->base.bits, sizeof skeleton->base.bits);
    *paid = (struct piece){.shape = NULL};
    for (int i = 0; i < skeleton->n_shared; i++) {
        const struct shared *shared = &skeleton->shared[i];
        einsum_set users = shared->users;
        if ((users & (here | done)) == 0 || (users & (here | left)) == 0)
            continue; /* not yet, or no more */
        if (!shared->is_line && (users & ~here) == 0)
            continue; /* the part's own */
        for (int m = 1; m < mapper->accel->n_memories; m++)
            live[m] += shared->piece.bits[m];
        if ((users & done) == 0) {
            struct piece first = shared->piece;
            memset(first.bits, 0, sizeof first.bits);
            add_piece(mapper, paid, &first, nothing);
        }
    }
}

/* What is handed on beyond the part, or held around it, is not its own. */
static void ignore_outside(struct mapper *mapper, const struct nest *nest, einsum_set before, einsum_set after, bool *saved)
{
    const struct sinter_cascade *cascade = mapper->cascade;
    einsum_set here = after & ~before, set = nest->to & ~nest->from;
    memcpy(saved, mapper->is_ignored, (size_t)cascade->n_tensors * sizeof *saved);
    for (int t = 0; t < cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &cascade->tensors[t];
        bool is_in = is_made_in(tensor, here) && is_read_in(tensor, set & ~here);
        bool is_out = is_made_in(tensor, set & ~here) && is_read_in(tensor, here);
        mapper->is_ignored[t] |= is_in || is_out;
    }
    for (int h = 0; h < nest->shape.n_holds; h++)
        mapper->is_ignored[nest->shape.holds[h].tensor] = true;
}

/* A label's shape is a list: its last part, and the label before it. */
static const struct shape *link_shape(struct mapper *mapper, const struct shape *before, const struct shape *part)
{
    struct shape *shape = sinter_arena_alloc(mapper->arena, 1, sizeof *shape);
    int n = before != NULL ? before->n_parts : 0;
    const struct shape **parts = sinter_arena_alloc(mapper->arena, (size_t)n + 1, sizeof *parts);
    if (shape == NULL || parts == NULL) {
        mapper->failed = true;
        return NULL;
    }
    if (n > 0)
        memcpy(parts, before->parts, (size_t)n * sizeof *parts);
    parts[n] = part;
    *shape = (struct shape){.kind = SINTER_GROUP, .n_parts = n + 1, .parts = parts};
    return shape;
}

/* Loads before the first part of a sequence and stores after the last one, if that is a leaf in no loop. */
static void fill_sequence(const struct nest *nest, const struct skeleton *skeleton, einsum_set before, einsum_set after,
                          const struct piece *part, struct piece *sum)
{
    einsum_set here = after & ~before;
    bool is_alone = nest->inside.n_loops + part->shape->n_loops == 0 && part->shape->kind != SINTER_GROUP;
    if (before == nest->from)
        sum->first_bits = part->first_bits;
    sum->last_bits = part->last_bits;
    for (int i = 0; i < skeleton->n_shared && is_alone; i++) {
        const struct shared *shared = &skeleton->shared[i];
        if (!shared->is_line && (shared->users & ~here) == 0)
            continue;
        einsum_set owners = shared->makers != 0 ? shared->makers : shared->users;
        if (before == nest->from && (owners & here) != 0)
            sum->first_bits += shared->piece.first_bits;
        if ((shared->makers & here) != 0)
            sum->last_bits += shared->piece.last_bits;
    }
}

struct stretch {
    einsum_set before, after;
    int64_t live[SINTER_MAX_MEMORIES];
    struct piece paid;
};

static void extend(struct mapper *mapper, const struct nest *nest, const struct skeleton *skeleton,
                   const struct stretch *stretch, const struct front *before, const struct front *parts, struct front *after)
{
    static const int64_t nothing[SINTER_MAX_MEMORIES];
    for (int i = 0; i < before->n; i++) {
        for (int k = 0; k < parts->n; k++) {
            struct piece sum = before->pieces[i];
            add_piece(mapper, &sum, &parts->pieces[k], stretch->live);
            add_piece(mapper, &sum, &stretch->paid, nothing);
            fill_sequence(nest, skeleton, stretch->before, stretch->after, &parts->pieces[k], &sum);
            if (!fits(mapper, &sum) || is_dominated(mapper, after, &sum))
                continue;
            sum.shape = link_shape(mapper, before->pieces[i].shape, parts->pieces[k].shape);
            keep(mapper, after, &sum);
        }
    }
}

static bool is_between(einsum_set low, einsum_set set, einsum_set high)
{
    return (low & ~set) == 0 && (set & ~high) == 0;
}

/* Sequences that are complete become parts: what lives as long as the loops of this nest is theirs. */
static void close_sequence(struct mapper *mapper, struct nest *nest, const struct front *sequences)
{
    for (int k = 0; k < sequences->n; k++) {
        struct piece piece = sequences->pieces[k];
        struct shape shape = nest->shape;
        shape.kind = SINTER_GROUP;
        shape.parts = piece.shape->parts;
        shape.n_parts = piece.shape->n_parts;
        for (int m = 1; m < mapper->accel->n_memories; m++) {
            piece.bits[m] += piece.carried[nest->tier - 1][m];
            piece.carried[nest->tier - 1][m] = 0;
        }
        if (is_dominated(mapper, nest->front, &piece))
            continue;
        piece.shape = copy_shape(mapper, &shape);
        keep(mapper, nest->front, &piece);
    }
}

static void map_body(struct mapper *mapper, struct nest *nest)
{
    const struct lattice *lattice = mapper->lattice;
    int n_tensors = mapper->cascade->n_tensors;
    struct skeleton skeleton;
    struct front *fronts = sinter_arena_alloc(mapper->arena, (size_t)lattice->n_sets, sizeof *fronts);
    bool *saved = sinter_arena_alloc(mapper->arena, (size_t)n_tensors, sizeof *saved);
    if (fronts == NULL || saved == NULL) {
        mapper->failed = true;
        return;
    }
    if (!resolve_skeleton(mapper, nest, &skeleton))
        return;
    for (int i = 0; i < lattice->n_sets; i++) {
        einsum_set before = lattice->sets[i];
        if (!is_between(nest->from, before, nest->to))
            continue;
        if (before == nest->from)
            keep(mapper, &fronts[i], &skeleton.base);
        for (int j = i + 1; j < lattice->n_sets && fronts[i].n > 0; j++) {
            einsum_set after = lattice->sets[j];
            if (!is_between(before, after, nest->to) || after == before || (before == nest->from && after == nest->to))
                continue;
            struct front parts = {0};
            struct stretch stretch = {.before = before, .after = after};
            find_shared(mapper, nest, &skeleton, before, after, stretch.live, &stretch.paid);
            ignore_outside(mapper, nest, before, after, saved);
            map_part(mapper, before, after, nest->tier + 1, &nest->inside, &parts);
            memcpy(mapper->is_ignored, saved, (size_t)n_tensors * sizeof *saved);
            extend(mapper, nest, &skeleton, &stretch, &fronts[i], &parts, &fronts[j]);
        }
        if (before == nest->to)
            close_sequence(mapper, nest, &fronts[i]);
    }
}

bool map_group(struct mapper *mapper, einsum_set from, einsum_set to, struct front *front)
{
    struct context context = {0};
    memset(mapper->is_ignored, 0, (size_t)mapper->cascade->n_tensors * sizeof *mapper->is_ignored);
    mapper->is_exact = true;
    *front = (struct front){0};
    map_part(mapper, from, to, 1, &context, front);
    return !mapper->failed;
}
