/* random_tree.c: random schedule trees: groups in order, nested loops with any tile, holds, carries and chains anywhere.
 * SPDX-License-Identifier: MIT
 */
#include "random_case.h"

#include <string.h>

enum { MAX_EINSUMS = 32, MAX_LEVELS = 6 };

struct grower {
    struct sinter_random *random;
    struct sinter_schedule *schedule;
    const struct sinter_cascade *cascade;
    int order[MAX_EINSUMS], units[MAX_EINSUMS];
    int64_t ranges[SINTER_MAX_RANKS];
    int wildness; /* percent of choices that do not care for legality */
    int n_levels;
    unsigned held[64]; /* by tensor: memories that hold it on the path so far */
    bool is_made[64];  /* by tensor: made earlier in this group, so that it may be on chip already */
};

static bool chance(struct grower *g, int percent)
{
    return sinter_random_below(g->random, 100) < percent;
}

/* ---- lines --------------------------------------------------------------------------------------------------- */

static bool touches(const struct grower *g, int e, int tensor)
{
    const struct sinter_einsum *einsum = &g->cascade->einsums[g->order[e]];
    if (einsum->result == tensor)
        return true;
    for (int i = 0; i < einsum->n_accesses; i++) {
        if (einsum->accesses[i].tensor == tensor)
            return true;
    }
    return false;
}

/* A memory that all who touch the tensor reach, most of the time. */
static int pick_memory(struct grower *g, int first, int end, int tensor)
{
    const struct sinter_accel *accel = g->schedule->accel;
    int candidates[SINTER_MAX_MEMORIES], n = 0;
    for (int m = 1; m < accel->n_memories; m++) {
        bool is_reached = true;
        for (int e = first; e < end; e++) {
            if (touches(g, e, tensor) && !sinter_unit_reaches(accel, &accel->units[g->units[e]], m))
                is_reached = false;
        }
        if (is_reached || chance(g, g->wildness / 4))
            candidates[n++] = m;
    }
    return n > 0 ? candidates[sinter_random_below(g->random, n)] : 1;
}

static void draw_holds(struct grower *g, int first, int end, int percent)
{
    for (int t = 0; t < g->cascade->n_tensors; t++) {
        bool is_touched = false;
        for (int e = first; e < end; e++)
            is_touched = is_touched || touches(g, e, t);
        if (is_touched ? !chance(g, percent) : !(chance(g, 1) && chance(g, g->wildness)))
            continue;
        int memory = pick_memory(g, first, end, t);
        bool is_held = g->is_made[t] || (g->held[t] >> memory & 1);
        if (is_held && !chance(g, g->wildness + 1))
            continue;
        sinter_schedule_hold(g->schedule, t, memory, chance(g, 10));
        g->held[t] |= 1u << memory;
    }
}

static void draw_carries(struct grower *g, int first, int end, bool is_root)
{
    for (int e = first; e < end; e++) {
        int tensor = g->cascade->einsums[g->order[e]].result;
        if (g->cascade->tensors[tensor].look_back_rank < 0 || !chance(g, is_root ? 30 : 12))
            continue;
        bool is_spill = (is_root || chance(g, g->wildness / 4)) && chance(g, 50);
        sinter_schedule_carry(g->schedule, tensor, is_spill ? 0 : pick_memory(g, first, end, tensor));
    }
}

/* ---- loops --------------------------------------------------------------------------------------------------- */

/* Does a loop over this rank around these Einsums index all that they make and read among them? */
static bool is_sound(const struct grower *g, int first, int end, int rank)
{
    for (int e = first; e < end; e++) {
        const struct sinter_tensor *made = &g->cascade->tensors[g->cascade->einsums[g->order[e]].result];
        bool is_inner = false;
        for (int u = first; u < end; u++) {
            const struct sinter_einsum *user = &g->cascade->einsums[g->order[u]];
            for (int i = 0; i < user->n_accesses; i++)
                is_inner = is_inner || &g->cascade->tensors[user->accesses[i].tensor] == made;
        }
        if (is_inner && !(made->ranks >> rank & 1))
            return false;
    }
    return true;
}

static sinter_rank_set common_ranks(const struct grower *g, int first, int end)
{
    sinter_rank_set ranks = ~(sinter_rank_set)0;
    for (int e = first; e < end; e++)
        ranks &= g->cascade->einsums[g->order[e]].ranks;
    return ranks;
}

/* A rank to loop over, or -1. */
static int pick_rank(struct grower *g, int first, int end)
{
    int candidates[SINTER_MAX_RANKS], n = 0;
    bool is_wild = chance(g, g->wildness);
    sinter_rank_set common = common_ranks(g, first, end);
    for (int r = 0; r < g->cascade->n_ranks; r++) {
        bool is_fine = (common >> r & 1) && is_sound(g, first, end, r);
        if ((is_fine || (is_wild && chance(g, 20)) || (is_wild && (common >> r & 1))) && g->ranges[r] > 1)
            candidates[n++] = r;
    }
    return n > 0 ? candidates[sinter_random_below(g->random, n)] : -1;
}

/* Two Einsums of one cycle must step together: mostly by one. */
static bool has_open_cycle(const struct grower *g, int first, int end, int rank)
{
    for (int c = 0; c < g->cascade->n_cycles; c++) {
        int n_inside = 0;
        for (int e = first; e < end; e++)
            n_inside += g->cascade->einsums[g->order[e]].cycle == c;
        if (n_inside > 1 && g->cascade->cycles[c].rank == rank)
            return true;
    }
    return false;
}

static void draw_body(struct grower *g, int first, int end, bool is_root);

static void draw_loop(struct grower *g, int first, int end, int rank)
{
    int64_t range = g->ranges[rank], tile = 1 + sinter_random_below(g->random, range);
    if (tile == range && !chance(g, 20))
        tile = (range + 1) / 2;
    if (has_open_cycle(g, first, end, rank) && !chance(g, g->wildness))
        tile = 1;
    sinter_schedule_loop(g->schedule, rank, tile);
    g->ranges[rank] = tile < range ? tile : range;
    g->n_levels++;
    draw_body(g, first, end, false);
    g->n_levels--;
    g->ranges[rank] = range;
    sinter_schedule_close(g->schedule);
}

static void draw_leaf(struct grower *g, int e)
{
    sinter_schedule_leaf(g->schedule, g->order[e], g->units[e]);
    g->is_made[g->cascade->einsums[g->order[e]].result] = true;
}

static void draw_chain(struct grower *g, int first, int end)
{
    sinter_schedule_chain(g->schedule);
    int unit = g->units[first];
    for (int e = first; e < end; e++)
        sinter_schedule_leaf(g->schedule, g->order[e], chance(g, g->wildness / 8) ? g->units[e] : unit);
    sinter_schedule_close(g->schedule);
}

/* Where a sequence may be cut: not inside a cycle, unless wild. */
static int pick_cut(struct grower *g, int first, int end)
{
    for (int tries = 0; tries < 4; tries++) {
        int cut = first + 1 + (int)sinter_random_below(g->random, end - first - 1);
        int before = g->cascade->einsums[g->order[cut - 1]].cycle, after = g->cascade->einsums[g->order[cut]].cycle;
        if (before < 0 || before != after || chance(g, g->wildness))
            return cut;
    }
    return -1;
}

static void draw_part(struct grower *g, int first, int end)
{
    int rank = g->n_levels < MAX_LEVELS && chance(g, 75) ? pick_rank(g, first, end) : -1;
    if (rank >= 0) {
        draw_loop(g, first, end, rank);
        return;
    }
    if (end - first > 1 && chance(g, 20)) {
        draw_chain(g, first, end);
        return;
    }
    int cut = end - first > 1 ? pick_cut(g, first, end) : -1;
    if (cut > 0 && g->n_levels < 4 && chance(g, 60)) {
        draw_part(g, first, cut);
        if (chance(g, 30))
            draw_holds(g, cut, end, 20);
        draw_part(g, cut, end);
        return;
    }
    for (int e = first; e < end; e++) {
        draw_leaf(g, e);
        if (e + 1 < end && chance(g, 10))
            draw_holds(g, e + 1, end, 15);
    }
}

static void draw_body(struct grower *g, int first, int end, bool is_root)
{
    unsigned held[64];
    memcpy(held, g->held, sizeof held);
    if (chance(g, 60))
        draw_holds(g, first, end, (int)sinter_random_below(g->random, 50));
    draw_carries(g, first, end, is_root);
    draw_part(g, first, end);
    memcpy(g->held, held, sizeof held);
}

/* ---- groups -------------------------------------------------------------------------------------------------- */

static void draw_group(struct grower *g, int first, int end)
{
    sinter_schedule_group(g->schedule);
    memset(g->held, 0, sizeof g->held);
    memset(g->is_made, 0, sizeof g->is_made);
    for (int e = first; e < end; e++) {
        if (chance(g, 8))
            sinter_schedule_hold(g->schedule, g->cascade->einsums[g->order[e]].result, 0, false);
    }
    draw_body(g, first, end, true);
    sinter_schedule_close(g->schedule);
}

static void draw_units(struct grower *g)
{
    const struct sinter_accel *accel = g->schedule->accel;
    int usual = (int)sinter_random_below(g->random, accel->n_units);
    for (int e = 0; e < g->cascade->n_einsums; e++) {
        g->units[e] = chance(g, 75) ? usual : (int)sinter_random_below(g->random, accel->n_units);
        if (!sinter_unit_can_run(&accel->units[g->units[e]], &g->cascade->einsums[g->order[e]], NULL) &&
            !chance(g, g->wildness))
            g->units[e] = 0;
    }
}

void random_tree(struct sinter_random *random, struct sinter_schedule *schedule)
{
    struct grower g = {.random = random, .schedule = schedule, .cascade = schedule->cascade};
    int n = g.cascade->n_einsums;
    g.wildness = sinter_random_below(random, 3) == 0 ? (int)sinter_random_below(random, 60) : 0;
    for (int e = 0; e < n; e++)
        g.order[e] = e;
    for (int r = 0; r < g.cascade->n_ranks; r++)
        g.ranges[r] = g.cascade->ranks[r].extent;
    if (n > 1 && chance(&g, 3 + g.wildness / 4)) {
        int at = (int)sinter_random_below(random, n - 1);
        g.order[at] = at + 1;
        g.order[at + 1] = at;
    }
    draw_units(&g);
    sinter_schedule_clear(schedule);
    for (int first = 0; first < n;) {
        int end = first + 1;
        while (end < n && chance(&g, 65))
            end++;
        while (end < n && g.cascade->einsums[g.order[end]].cycle >= 0 &&
               g.cascade->einsums[g.order[end]].cycle == g.cascade->einsums[g.order[end - 1]].cycle &&
               !chance(&g, g.wildness))
            end++;
        draw_group(&g, first, end);
        first = end;
    }
}
