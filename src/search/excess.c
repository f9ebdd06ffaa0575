/* excess.c: all orders of the bodies around a leaf, and all numbers of pieces.
 * SPDX-License-Identifier: MIT
 */
#include "search/excess.h"

#include <math.h>
#include <stdbool.h>

/* Where the bodies stand: pieces of each rank, and the size of the first one. */
struct place {
    double n[SINTER_MAX_RANKS];
    int64_t tile[SINTER_MAX_RANKS];
};

enum { MOST_PAID = 3 };

struct walk {
    const struct excess *excess;
    double best;
};

/* An item whose tile is being chosen. */
struct choice {
    const struct item *item;
    const struct place *outside;
    struct place inside;
    unsigned left; /* items whose tiles lie farther in */
    double cost, size;
    int n_paid, paid[MOST_PAID]; /* ranks whose pieces some other item pays for */
};

static void place_next(struct walk *walk, unsigned left, const struct place *place, double cost);

static void place_others(struct walk *walk, const struct choice *choice)
{
    if (choice->left == 0)
        walk->best = choice->cost < walk->best ? choice->cost : walk->best;
    else
        place_next(walk, choice->left, &choice->inside, choice->cost);
}

static bool is_cut(const struct walk *walk, const struct choice *choice, int rank)
{
    return choice->inside.tile[rank] != walk->excess->cascade->ranks[rank].extent;
}

/* Bits of a guard's tile; of rank `but` it has one element. */
static double guard_bits(const struct walk *walk, const struct choice *choice, const struct guard *guard, int but)
{
    double bits = guard->bits;
    for (sinter_rank_set rest = guard->sides; rest != 0; rest &= rest - 1) {
        int rank = __builtin_ctzll(rest);
        bits *= rank == but           ? 1
                : rank == guard->rank ? (double)walk->excess->cascade->ranks[rank].extent
                                      : (double)choice->inside.tile[rank];
    }
    return bits;
}

static bool has_guard(const struct item *item, int rank)
{
    for (int g = 0; g < item->n_guards; g++)
        if (item->guards[g].rank == rank)
            return true;
    return false;
}

/* The largest tile of the last rank with which everything fits; 0: none. Fewer pieces cost less. */
static double largest_tile(const struct walk *walk, const struct choice *choice, int last)
{
    double room = walk->excess->room, most = floor(room / choice->size);
    int64_t tile = choice->inside.tile[last];
    for (int g = 0; g < choice->item->n_guards; g++) {
        const struct guard *guard = &choice->item->guards[g];
        bool is_active = is_cut(walk, choice, guard->rank) || (guard->rank == last && most < (double)tile);
        if (!is_active)
            continue;
        bool is_longer = guard->rank != last && (guard->sides >> last & 1) != 0;
        double fitting = floor(room / guard_bits(walk, choice, guard, is_longer ? last : -1));
        if (is_longer)
            most = fitting < most ? fitting : most;
        else if (fitting < 1)
            return 0;
    }
    return most;
}

static void choose_pieces(struct walk *walk, struct choice *choice, int i)
{
    int rank = choice->paid[i];
    int64_t extent = walk->excess->cascade->ranks[rank].extent, tile = choice->inside.tile[rank];
    double n = choice->inside.n[rank], size = choice->size;
    if (i == choice->n_paid - 1) {
        double most = largest_tile(walk, choice, rank);
        if (most >= 1) {
            if (most < (double)tile) {
                choice->inside.tile[rank] = (int64_t)most;
                choice->inside.n[rank] = ceil((double)extent / most);
            }
            place_others(walk, choice);
        }
    } else {
        for (int64_t t = tile; t >= 1; t = t == 1 ? 0 : sinter_ceil_div(extent, sinter_ceil_div(extent, t - 1))) {
            choice->inside.tile[rank] = t; /* the smallest one with as many pieces */
            choice->inside.n[rank] = t == tile ? n : (double)sinter_ceil_div(extent, t);
            choice->size = size * (double)t;
            choose_pieces(walk, choice, i + 1);
        }
    }
    choice->size = size;
    choice->inside.tile[rank] = tile;
    choice->inside.n[rank] = n;
}

static void finish_choice(struct walk *walk, struct choice *choice)
{
    if (choice->size > walk->excess->room)
        return;
    if (choice->n_paid > 0) {
        choose_pieces(walk, choice, 0);
        return;
    }
    for (int g = 0; g < choice->item->n_guards; g++)
        if (is_cut(walk, choice, choice->item->guards[g].rank) &&
            guard_bits(walk, choice, &choice->item->guards[g], -1) > walk->excess->room)
            return;
    place_others(walk, choice);
}

/* Goes through the sides of a tile: cuts for nothing what nobody pays for, puts aside the others. */
static void choose_sides(struct walk *walk, struct choice *choice, sinter_rank_set rest)
{
    if (rest == 0) {
        finish_choice(walk, choice);
        return;
    }
    int rank = __builtin_ctzll(rest);
    bool is_barred = choice->item->stays && (choice->item->loops >> rank & 1) == 0, is_paid = false;
    bool is_guarded = has_guard(choice->item, rank);
    for (int j = 0; j < walk->excess->n_items; j++) {
        const struct item *other = &walk->excess->items[j];
        bool lacks = (choice->left >> j & 1) != 0 && (other->ranks >> rank & 1) == 0;
        is_barred |= (choice->left >> j & 1) != 0 && other->stays && (other->loops >> rank & 1) == 0;
        is_paid |= lacks;
        is_guarded |= (choice->left >> j & 1) != 0 && has_guard(other, rank);
    }
    rest &= rest - 1;
    double size = choice->size;
    int64_t tile = choice->inside.tile[rank];
    if (is_paid && !is_barred && choice->n_paid < MOST_PAID) {
        choice->paid[choice->n_paid++] = rank;
        choose_sides(walk, choice, rest);
        choice->n_paid--;
        return;
    }
    if (!is_barred) {
        choice->inside.tile[rank] = 1;
        choose_sides(walk, choice, rest);
        choice->inside.tile[rank] = tile;
    }
    if (is_barred || (is_guarded && tile > 1)) {
        choice->size = size * (double)tile;
        choose_sides(walk, choice, rest);
        choice->size = size;
    }
}

/* Which of the items that are left has its tile outermost? */
static void place_next(struct walk *walk, unsigned left, const struct place *place, double cost)
{
    for (int i = 0; i < walk->excess->n_items; i++) {
        const struct item *item = &walk->excess->items[i];
        double visits = 1;
        bool is_outer_left = false;
        for (int j = 0; j < walk->excess->n_items; j++)
            is_outer_left |= (left >> j & 1) != 0 && !walk->excess->items[j].is_inner;
        if ((left >> i & 1) == 0 || (item->is_inner && is_outer_left))
            continue;
        for (int r = 0; r < walk->excess->cascade->n_ranks; r++)
            visits *= (item->ranks >> r & 1) == 0 ? place->n[r] : 1;
        struct choice choice = {.item = item,
                                .outside = place,
                                .inside = *place,
                                .left = left & ~(1u << i),
                                .cost = cost + (item->stays ? 0 : (visits - 1) * item->again),
                                .size = item->bits};
        if ((item->stays && visits > 1) || choice.cost >= walk->best)
            continue;
        if (choice.left == 0 && item->n_guards == 0 && !item->stays)
            walk->best = choice.cost; /* one element at a time */
        else
            choose_sides(walk, &choice, item->sides);
    }
}

double find_excess(const struct excess *excess)
{
    struct walk walk = {.excess = excess, .best = (double)INFINITY};
    struct place place;
    if (excess->n_items == 0)
        return 0;
    for (int r = 0; r < excess->cascade->n_ranks; r++) {
        place.n[r] = 1;
        place.tile[r] = excess->cascade->ranks[r].extent;
    }
    place_next(&walk, (1u << excess->n_items) - 1, &place, 0);
    return walk.best;
}
