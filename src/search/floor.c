/* floor.c: what a group of Einsums moves and computes at least.
 * SPDX-License-Identifier: MIT
 */
#include "search/floor.h"

#include <math.h>
#include <string.h>

/* Problems that were solved before, by Einsum. */
struct known {
    struct excess excess;
    double bits;
    const struct known *next;
};

struct floors {
    const struct lattice *lattice;
    const struct sinter_cascade *cascade;
    struct sinter_arena *arena;
    double room_bits;           /* of all memories on chip together */
    double *reads;              /* by tensor and Einsum: bits that this reader touches for sure */
    double *cycles;             /* by Einsum: the fewest on any unit, shared by all units */
    const struct known **known; /* by Einsum */
    /* of the nest in hand, by tensor */
    einsum_set *users;      /* its producer and its readers in the nest; 0 unless it has both */
    sinter_rank_set *loops; /* that may be around its producer and all of its readers here */
    bool *is_free;          /* may be a value inside a chain, which takes no memory */
    struct guard *inner;    /* of one that is free: the largest tile that the chain makes it of */
    struct guard *tiles;    /* what lies on chip at least: its tile, or that one. Their ranks mean nothing */
};

/* ---- the nest ----------------------------------------------------------------------------------------------------- */

static bool has(einsum_set set, int einsum)
{
    return (set >> einsum & 1) != 0;
}

/* What must run between the producer and the readers of a tensor, these included. */
static einsum_set hull_of(const struct floors *floors, einsum_set nest, einsum_set users, int producer)
{
    einsum_set before = 0, hull = users;
    for (einsum_set rest = users; rest != 0; rest &= rest - 1)
        before |= floors->lattice->before[__builtin_ctzll(rest)];
    for (einsum_set rest = before & nest & ~users; rest != 0; rest &= rest - 1)
        if (has(floors->lattice->before[__builtin_ctzll(rest)], producer))
            hull |= (einsum_set)1 << __builtin_ctzll(rest);
    return hull;
}

/* No chain has all of the hull when one of its Einsums iterates a rank that another one, which must end before it, sums over. */
static bool may_chain(const struct floors *floors, einsum_set nest, einsum_set hull, const struct sinter_tensor *tensor)
{
    for (int i = 0; i < tensor->n_readers; i++)
        if (!has(nest, tensor->readers[i]))
            return false;
    for (einsum_set rest = hull; rest != 0; rest &= rest - 1) {
        int e = __builtin_ctzll(rest);
        for (einsum_set sums = floors->lattice->before[e] & hull; sums != 0; sums &= sums - 1)
            if ((floors->cascade->einsums[__builtin_ctzll(sums)].reduced_ranks & floors->cascade->einsums[e].ranks) != 0)
                return false;
    }
    return tensor->role != SINTER_OUTPUT;
}

static double full_bits(const struct sinter_cascade *cascade, const struct guard *guard)
{
    double bits = guard->bits;
    for (sinter_rank_set rest = guard->sides; rest != 0; rest &= rest - 1)
        bits *= (double)cascade->ranks[__builtin_ctzll(rest)].extent;
    return bits;
}

/* Keeps what is in both: no larger than either. */
static void either(struct guard *tile, const struct guard *other)
{
    tile->sides &= other->sides;
    tile->bits = other->bits < tile->bits ? other->bits : tile->bits;
}

static sinter_rank_set sides_of(const struct sinter_tensor *tensor, const struct sinter_operand *operand);

/* Tensors are looked at in an order of execution, so what the producer reads is known. */
static void find_tile(struct floors *floors, int t)
{
    const struct sinter_cascade *cascade = floors->cascade;
    const struct sinter_einsum *producer = &cascade->einsums[cascade->tensors[t].producer];
    struct guard own = {.sides = cascade->tensors[t].ranks, .bits = cascade->tensors[t].type.bits}, largest = {.bits = 0};
    floors->tiles[t] = own;
    floors->inner[t] = largest;
    if (!floors->is_free[t])
        return;
    for (int k = 0; k < producer->n_operands; k++) {
        int p = producer->operands[k].tensor;
        struct guard tile = {.sides = sides_of(&cascade->tensors[p], &producer->operands[k]),
                             .bits = cascade->tensors[p].type.bits};
        if (p == t)
            continue;
        if (floors->users[p] != 0)
            tile = floors->tiles[p];
        if (full_bits(cascade, &tile) > full_bits(cascade, &largest))
            largest = tile;
    }
    floors->inner[t] = largest;
    either(&floors->tiles[t], &largest);
}

static void look_at_nest(struct floors *floors, einsum_set nest)
{
    const struct sinter_cascade *cascade = floors->cascade;
    for (int t = 0; t < cascade->n_tensors; t++)
        floors->users[t] = 0;
    for (einsum_set made = nest; made != 0; made &= made - 1) {
        int t = cascade->einsums[__builtin_ctzll(made)].result;
        const struct sinter_tensor *tensor = &cascade->tensors[t];
        einsum_set readers = 0;
        for (int i = 0; i < tensor->n_readers; i++)
            readers |= (einsum_set)1 << tensor->readers[i];
        readers &= nest & ~((einsum_set)1 << tensor->producer);
        if (readers == 0)
            continue;
        floors->users[t] = readers | (einsum_set)1 << tensor->producer;
        if (cascade->einsums[tensor->producer].cycle >= 0 &&
            cascade->cycles[cascade->einsums[tensor->producer].cycle].n_einsums > 1) {
            floors->loops[t] = ~(sinter_rank_set)0;
            floors->is_free[t] = true;
            floors->tiles[t] = floors->inner[t] = (struct guard){.bits = 0};
            continue;
        }
        einsum_set hull = hull_of(floors, nest, floors->users[t], tensor->producer);
        floors->loops[t] = common_ranks(cascade, hull);
        floors->is_free[t] = may_chain(floors, nest, hull, tensor);
        find_tile(floors, t);
    }
}

/* ---- guards ------------------------------------------------------------------------------------------------------- */

/* The largest tile, with the whole of a rank, that must lie outside of a loop over this rank around an Einsum; bits 0: none.
 * `from`: the tensor that the question came along. */
static struct guard guard_of(const struct floors *floors, int einsum, int rank, int from, einsum_set seen)
{
    enum { FAR = 3 }; /* Einsums on the way; what lies farther off is not asked, which leaves the floor lower */
    const struct sinter_cascade *cascade = floors->cascade;
    const struct sinter_einsum *e = &cascade->einsums[einsum];
    struct guard largest = {.rank = rank};
    seen |= (einsum_set)1 << einsum;
    for (int k = 0; k <= e->n_operands; k++) {
        int t = k < e->n_operands ? e->operands[k].tensor : e->result;
        const struct sinter_tensor *tensor = &cascade->tensors[t];
        if (t == from || floors->users[t] == 0 || (tensor->ranks >> rank & 1) == 0)
            continue;
        struct guard own = {rank, tensor->ranks, tensor->type.bits};
        if ((floors->loops[t] >> rank & 1) != 0) { /* it may be inside, with all that use it */
            if (__builtin_popcountll(seen) == FAR)
                continue;
            struct guard others = {.rank = rank};
            for (einsum_set rest = floors->users[t] & ~seen; rest != 0; rest &= rest - 1) {
                struct guard other = guard_of(floors, __builtin_ctzll(rest), rank, t, seen);
                if (other.bits > 0 && (others.bits <= 0 || full_bits(cascade, &other) > full_bits(cascade, &others)))
                    others = other;
            }
            if (others.bits <= 0)
                continue;
            own.sides &= others.sides;
            own.bits = own.bits < others.bits ? own.bits : others.bits;
        }
        if (largest.bits <= 0 || full_bits(cascade, &own) > full_bits(cascade, &largest))
            largest = own;
    }
    return largest;
}

static void add_guards(const struct floors *floors, int t, sinter_rank_set ranks, struct item *item)
{
    for (sinter_rank_set rest = item->loops & item->sides & ranks; rest != 0; rest &= rest - 1) {
        int rank = __builtin_ctzll(rest);
        struct guard largest = {.rank = rank};
        for (einsum_set users = floors->users[t]; users != 0; users &= users - 1) {
            struct guard one = guard_of(floors, __builtin_ctzll(users), rank, t, 0);
            if (one.bits > 0 &&
                (largest.bits <= 0 || full_bits(floors->cascade, &one) > full_bits(floors->cascade, &largest)))
                largest = one;
        }
        if (largest.bits > 0 && item->n_guards < MOST_GUARDS)
            item->guards[item->n_guards++] = largest;
    }
}

/* ---- one Einsum of it --------------------------------------------------------------------------------------------- */

/* Ranks along which the tile of an operand has a side as long as the piece. */
static sinter_rank_set sides_of(const struct sinter_tensor *tensor, const struct sinter_operand *operand)
{
    sinter_rank_set sides = 0;
    for (int a = 0; a < operand->n_accesses; a++) {
        sinter_rank_set ranks = 0;
        for (int d = 0; d < tensor->n_dims; d++) {
            const struct sinter_index *index = &operand->accesses[a].indices[d];
            if (index->n_terms == 1 && index->terms[0].coefficient == 1)
                ranks |= (sinter_rank_set)1 << index->terms[0].rank;
        }
        sides = a == 0 ? ranks : sides & ranks;
    }
    return sides;
}

/* `is_inner`: it is a value inside a chain. */
static void add_item(const struct floors *floors, struct excess *excess, const struct sinter_einsum *einsum,
                     const struct sinter_operand *operand, double again, bool is_inner)
{
    const struct sinter_tensor *tensor = &floors->cascade->tensors[operand->tensor];
    struct item item = {.ranks = operand->ranks,
                        .sides = sides_of(tensor, operand),
                        .loops = operand->ranks,
                        .bits = tensor->type.bits,
                        .again = again};
    if (floors->users[operand->tensor] != 0) {
        const struct guard *tile = is_inner ? &floors->inner[operand->tensor] : NULL;
        item.stays = 1;
        item.is_inner = is_inner;
        item.again = 0;
        item.loops &= floors->loops[operand->tensor];
        item.sides = tile != NULL ? tile->sides : item.sides;
        item.bits = tile != NULL ? tile->bits : item.bits;
        add_guards(floors, operand->tensor, einsum->ranks, &item);
    }
    if ((einsum->ranks & ~item.loops) == 0 && item.n_guards == 0)
        return;                          /* moved once, an element at a time */
    if (excess->n_items == MOST_ITEMS) { /* without the least, no more is moved */
        int least = 0;
        for (int i = 1; i < MOST_ITEMS; i++)
            if (excess->items[i].again < excess->items[least].again)
                least = i;
        if (excess->items[least].again < item.again)
            excess->items[least] = item;
        return;
    }
    excess->items[excess->n_items++] = item;
}

static double solve(struct floors *floors, int e, const struct excess *excess)
{
    for (const struct known *known = floors->known[e]; known != NULL; known = known->next)
        if (memcmp(&known->excess, excess, sizeof *excess) == 0)
            return known->bits;
    struct known *known = sinter_arena_alloc(floors->arena, 1, sizeof *known);
    double bits = find_excess(excess);
    if (known != NULL) { /* else it is found again */
        *known = (struct known){.bits = bits, .next = floors->known[e]};
        memcpy(&known->excess, excess, sizeof *excess);
        floors->known[e] = known;
    }
    return bits;
}

/* With each choice of which values stand inside a chain. */
static double least_excess(struct floors *floors, int e)
{
    enum { MOST_FREE = 3 };
    const struct sinter_einsum *einsum = &floors->cascade->einsums[e];
    double least = (double)INFINITY;
    int n_free = 0;
    for (int k = 0; k <= einsum->n_operands; k++) {
        int t = k < einsum->n_operands ? einsum->operands[k].tensor : einsum->result;
        n_free += (k == einsum->n_operands || t != einsum->result) && floors->users[t] != 0 && floors->is_free[t];
    }
    if (n_free > MOST_FREE)
        return 0;
    for (unsigned inner = 0; inner < 1u << n_free; inner++) {
        struct excess excess;
        int i = 0;
        memset(&excess, 0, sizeof excess); /* compared as bytes */
        excess.cascade = floors->cascade;
        excess.room = floors->room_bits;
        for (int k = 0; k <= einsum->n_operands; k++) {
            bool is_result = k == einsum->n_operands;
            const struct sinter_operand *operand = is_result ? &einsum->target : &einsum->operands[k];
            const struct sinter_tensor *tensor = &floors->cascade->tensors[operand->tensor];
            if (!is_result && operand->tensor == einsum->result)
                continue;
            bool is_free = floors->users[operand->tensor] != 0 && floors->is_free[operand->tensor];
            add_item(floors, &excess, einsum, operand,
                     is_result ? 2 * (double)tensor->bits
                               : floors->reads[operand->tensor * MOST_EINSUMS + e] / tensor->n_readers,
                     is_free && (inner >> i & 1) != 0);
            i += is_free;
        }
        double bits = solve(floors, e, &excess);
        least = bits < least ? bits : least;
    }
    return least;
}

/* ---- sums ----------------------------------------------------------------------------------------------------------- */

/* A state is read where somebody looks back at its tensor, and written where that is made. */
static double state_moves(const struct sinter_cascade *cascade, einsum_set nest, int state)
{
    const struct sinter_tensor *tensor = &cascade->tensors[cascade->tensors[state].state_of];
    enum sinter_role role = cascade->tensors[state].role;
    bool is_made = tensor->producer >= 0 && has(nest, tensor->producer), is_read = false;
    for (int i = 0; i < tensor->n_readers; i++)
        is_read |= has(nest, tensor->readers[i]);
    if (!is_made || !is_read) /* its slices may go with those of the tensor */
        return 0;
    return (double)cascade->tensors[state].bits * ((role != SINTER_OUTPUT) + (role != SINTER_INPUT));
}

static double count_moves(const struct floors *floors, einsum_set nest)
{
    double bits = 0;
    for (int t = 0; t < floors->cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &floors->cascade->tensors[t];
        if (tensor->state_of >= 0) {
            bits += state_moves(floors->cascade, nest, t);
            continue;
        }
        bool is_made = tensor->producer >= 0 && has(nest, tensor->producer), is_sent = false;
        double most = 0;
        for (int i = 0; i < tensor->n_readers; i++) {
            bool is_in = has(nest, tensor->readers[i]);
            double one = is_in ? floors->reads[t * MOST_EINSUMS + tensor->readers[i]] : 0;
            most = one > most ? one : most;
            is_sent |= !is_in;
        }
        if (is_made)
            bits += tensor->role == SINTER_OUTPUT || is_sent ? (double)tensor->bits : 0;
        else
            bits += most;
    }
    return bits;
}

struct floor crude_floor_of(struct floors *floors, einsum_set group)
{
    struct floor floor = {.bits = count_moves(floors, group)};
    for (einsum_set rest = group; rest != 0; rest &= rest - 1)
        floor.cycles += floors->cycles[__builtin_ctzll(rest)];
    return floor;
}

struct floor floor_of(struct floors *floors, einsum_set group)
{
    struct floor floor = crude_floor_of(floors, group);
    look_at_nest(floors, group);
    for (einsum_set rest = group; rest != 0; rest &= rest - 1)
        floor.bits += least_excess(floors, __builtin_ctzll(rest));
    return floor;
}

/* ---- tables --------------------------------------------------------------------------------------------------------- */

enum sinter_status floors_new(const struct lattice *lattice, const struct sinter_accel *accel, struct sinter_arena *arena,
                              struct sinter_diagnostics *diags, struct floors **out)
{
    const struct sinter_cascade *cascade = lattice->cascade;
    size_t n_tensors = (size_t)cascade->n_tensors, n_einsums = (size_t)cascade->n_einsums;
    struct floors *floors = sinter_arena_alloc(arena, 1, sizeof *floors);
    if (floors == NULL)
        return sinter_out_of_memory(diags);
    *floors = (struct floors){.lattice = lattice, .cascade = cascade, .arena = arena};
    floors->reads = sinter_arena_alloc(arena, n_tensors * MOST_EINSUMS, sizeof *floors->reads);
    floors->cycles = sinter_arena_alloc(arena, n_einsums, sizeof *floors->cycles);
    floors->known = sinter_arena_alloc(arena, n_einsums, sizeof *floors->known);
    floors->users = sinter_arena_alloc(arena, n_tensors, sizeof *floors->users);
    floors->loops = sinter_arena_alloc(arena, n_tensors, sizeof *floors->loops);
    floors->is_free = sinter_arena_alloc(arena, n_tensors, sizeof *floors->is_free);
    floors->tiles = sinter_arena_alloc(arena, n_tensors, sizeof *floors->tiles);
    floors->inner = sinter_arena_alloc(arena, n_tensors, sizeof *floors->inner);
    if (floors->reads == NULL || floors->cycles == NULL || floors->known == NULL || floors->users == NULL ||
        floors->loops == NULL || floors->is_free == NULL || floors->tiles == NULL || floors->inner == NULL)
        return sinter_out_of_memory(diags);
    for (int m = 1; m < accel->n_memories; m++)
        floors->room_bits += 8 * accel->memories[m].capacity_bytes;
    for (int t = 0; t < cascade->n_tensors; t++)
        for (int i = 0; i < cascade->tensors[t].n_readers; i++) {
            int e = cascade->tensors[t].readers[i];
            floors->reads[t * MOST_EINSUMS + e] = (double)read_bits(cascade, &cascade->einsums[e], t);
        }
    for (int e = 0; e < cascade->n_einsums; e++)
        floors->cycles[e] = least_cycles(cascade, accel, e) / accel->n_units;
    *out = floors;
    return SINTER_OK;
}
