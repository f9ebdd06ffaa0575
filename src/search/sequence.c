/* sequence.c: sequences of parts: what they share, and which of them are best.
 * SPDX-License-Identifier: MIT
 */
#include "cost/phases.h"
#include "search/mapper_internal.h"

#include <string.h>

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

/* What a part of the outermost sequence takes at least, for itself. */
static double phase_of(const struct mapper *mapper, const struct nest *nest, const struct piece *part,
                       const struct piece *paid)
{
    const struct sinter_accel *accel = mapper->accel;
    double per_bit = accel->hz / (8 * accel->memories[0].bytes_per_s), visits = 1, busy = 0;
    int64_t range[SINTER_MAX_RANKS];
    if (nest->tier > 1 || accel->memories[0].write_bytes_per_s > 0 || accel->n_units > 1)
        return 0;
    for (int r = 0; r < mapper->cascade->n_ranks; r++)
        range[r] = mapper->cascade->ranks[r].extent;
    for (int i = 0; i < nest->inside.n_loops; i++) {
        const struct nest_loop *loop = &nest->inside.loops[i];
        visits *= (double)sinter_ceil_div(range[loop->rank], loop->tile);
        range[loop->rank] = loop->tile;
    }
    for (int u = 0; u < accel->n_units; u++)
        busy += part->cycles[u];
    double moving = (part->phase_bits + paid->phase_bits - 2 * visits * room_on_chip(accel)) * per_bit;
    return busy > moving ? busy : moving;
}

static void extend(struct mapper *mapper, const struct nest *nest, const struct skeleton *skeleton,
                   const struct stretch *stretch, const struct front *before, const struct front *parts, struct front *after)
{
    static const int64_t nothing[SINTER_MAX_MEMORIES];
    for (int i = 0; i < before->n; i++) {
        for (int k = 0; k < parts->n; k++) {
            struct piece sum = before->pieces[i];
            add_piece(mapper, &sum, &parts->pieces[k], stretch->live);
            add_piece(mapper, &sum, &stretch->paid, nothing);
            sum.phase_cycles += phase_of(mapper, nest, &parts->pieces[k], &stretch->paid);
            fill_sequence(nest, skeleton, stretch->before, stretch->after, &parts->pieces[k], &sum);
            if (!fits(mapper, &sum) || is_dominated(mapper, after, &sum))
                continue;
            sum.shape = link_shape(mapper, before->pieces[i].shape, parts->pieces[k].shape);
            if (mapper->failed)
                return;
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
        if (mapper->failed)
            return;
        keep(mapper, nest->front, &piece);
    }
}

void map_body(struct mapper *mapper, struct nest *nest)
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
