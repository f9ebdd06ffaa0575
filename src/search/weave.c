/* weave.c: one good nest around a set of Einsums, found fast.
 * SPDX-License-Identifier: MIT
 */
#include "search/weave_internal.h"

#include <math.h>
#include <string.h>

/* ---- the best of the frames -------------------------------------------------------------------------------------------- */

struct ranking {
    int n, most;
    struct guess guesses[MOST_BEST];
};

static void rank_guess(struct ranking *ranking, const struct guess *guess)
{
    int at = ranking->n;
    if (at == ranking->most && guess->value >= ranking->guesses[at - 1].value)
        return;
    at -= at == ranking->most;
    ranking->n = at + 1;
    while (at > 0 && ranking->guesses[at - 1].value > guess->value) {
        ranking->guesses[at] = ranking->guesses[at - 1];
        at--;
    }
    ranking->guesses[at] = *guess;
}

static void try_frame(struct web *web, const struct frame *frame, struct ranking *ranking)
{
    double known = ranking->n > 0 ? fmin(ranking->guesses[0].value, web->weaver->known) : web->weaver->known;
    double most = ranking->n == ranking->most ? ranking->guesses[ranking->most - 1].value : 1.15 * known;
    struct guess guess;
    if (most > web->weaver->enough && guess_best(web, frame, most, &guess))
        rank_guess(ranking, &guess);
}

/* Moves the tile of a frame that helps most, its parts choosing anew, as long as one helps. */
static void walk_frame(struct web *web, struct guess *guess)
{
    enum { MOST_MOVES = 24 };
    const struct sinter_cascade *cascade = web->mapper->cascade;
    for (int move = 0; move < MOST_MOVES; move++) {
        struct guess best = {.value = guess->value * (1 - 1e-9)}, moved;
        bool is_moved = false;
        for (int i = 0; i < guess->frame.n_loops; i++) {
            int64_t range = cascade->ranks[guess->frame.loops[i].rank].extent, tiles[16];
            int n = neighbours(guess->frame.loops[i].tile, range, tiles);
            for (int k = 0; k < n; k++) {
                struct frame frame = guess->frame;
                frame.loops[i].tile = tiles[k];
                if (tiles[k] < 1 || tiles[k] >= range || tiles[k] == guess->frame.loops[i].tile ||
                    !guess_best(web, &frame, best.value, &moved) || moved.value >= best.value)
                    continue;
                best = moved;
                is_moved = true;
            }
        }
        if (!is_moved)
            return;
        *guess = best;
    }
}

static void try_frames(struct web *web, struct ranking *ranking)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    int64_t first[MOST_GUESSES], second[MOST_GUESSES];
    struct frame frame = {0};
    try_frame(web, &frame, ranking);
    for (sinter_rank_set rest = web->common; rest != 0; rest &= rest - 1) {
        int a = __builtin_ctzll(rest), n = guess_tiles(web->mapper, false, cascade->ranks[a].extent, first);
        for (int i = 0; i < n; i++) {
            frame.n_loops = 1;
            frame.loops[0] = (struct nest_loop){a, first[i]};
            try_frame(web, &frame, ranking);
            for (sinter_rank_set others = web->common & ~((sinter_rank_set)1 << a); others != 0; others &= others - 1) {
                int b = __builtin_ctzll(others), m = guess_tiles(web->mapper, false, cascade->ranks[b].extent, second);
                frame.n_loops = 2;
                for (int j = 0; j < m; j++) {
                    frame.loops[1] = (struct nest_loop){b, second[j]};
                    try_frame(web, &frame, ranking);
                }
                frame.n_loops = 1;
            }
        }
    }
}

static const struct shape *keep_shape(struct mapper *mapper, const struct shape *shape)
{
    struct shape *copy = sinter_arena_alloc(mapper->arena, 1, sizeof *copy);
    const struct shape **list = sinter_arena_alloc(mapper->arena, (size_t)shape->n_parts, sizeof *list);
    if (copy == NULL || list == NULL) {
        mapper->failed = true;
        return NULL;
    }
    *copy = *shape;
    for (int p = 0; p < shape->n_parts; p++)
        list[p] = keep_shape(mapper, shape->parts[p]);
    copy->parts = list;
    return copy;
}

/* Moving tiles does not make up for a value so many times that of another tree. */
static const double HOPELESS = 1.004;

/* Prices a guess; one that takes more room than was thought is made again with less. */
static void try_guess(struct web *web, struct guess *guess, struct woven *best)
{
    struct woven_tree tree;
    struct woven woven = {0};
    double room = web->room, over;
    double per_bit = web->weaver->cycles_per_bit * web->weaver->weights.per_cycle + web->weaver->weights.per_bit;
    for (int again = 0; again < 4; again++) {
        shape_guess(web, guess, &tree);
        if (price_shape(web, &tree.group, &woven, &over))
            break;
        web->room -= over * 1.01 + 1;
        if (over <= 0 || web->room <= 0 || !guess_frame(web, guess, web->weaver->weights.per_cycle, per_bit)) {
            web->room = room;
            return;
        }
    }
    web->room = room;
    if (over > 0)
        return;
    if (best->shape != NULL && woven.value > best->value * HOPELESS)
        return;
    settle(web, &tree, &woven);
    if (best->shape == NULL || is_less(&woven, best)) {
        woven.shape = keep_shape(web->mapper, &tree.group);
        *best = woven;
    }
}

struct woven weave(struct weaver *weaver, einsum_set set)
{
    struct woven best = {.shape = NULL, .value = (double)INFINITY};
    struct sinter_arena_mark mark = sinter_arena_mark(weaver->scratch);
    struct web *web = open_web(weaver, set);
    struct ranking *ranking = sinter_arena_alloc(weaver->scratch, 1, sizeof *ranking);
    weaver->mapper->failed |= ranking == NULL;
    for (int shared = 0; shared < 2 && web != NULL && ranking != NULL && best.value > weaver->enough; shared++) {
        if (!find_spans(web, shared != 0))
            break;
        ranking->n = 0;
        ranking->most = MOST_BEST;
        try_frames(web, ranking);
        for (int i = 0; i < ranking->n && best.value > weaver->enough; i++) {
            walk_frame(web, &ranking->guesses[i]);
            try_guess(web, &ranking->guesses[i], &best);
        }
    }
    if (weaver->mapper->failed) /* its shape may lack parts */
        best.shape = NULL;
    sinter_arena_reset(weaver->scratch, mark);
    return best;
}

double sketch(struct weaver *weaver, einsum_set set)
{
    struct sinter_arena_mark mark = sinter_arena_mark(weaver->scratch);
    struct web *web = open_web(weaver, set);
    struct ranking *ranking = sinter_arena_alloc(weaver->scratch, 1, sizeof *ranking);
    double value = (double)INFINITY;
    weaver->mapper->failed |= ranking == NULL;
    for (int shared = 0; shared < 2 && web != NULL && ranking != NULL; shared++) {
        if (!find_spans(web, shared != 0))
            break;
        ranking->most = 1; /* the best of the other way of sharing is what to beat */
        try_frames(web, ranking);
        if (ranking->n > 0)
            value = ranking->guesses[0].value;
    }
    sinter_arena_reset(weaver->scratch, mark);
    return value;
}

enum sinter_status weaver_new(struct mapper *mapper, struct sinter_arena *scratch, bool is_double, struct weaver *weaver)
{
    const struct sinter_memory *dram = &mapper->accel->memories[0];
    *weaver = (struct weaver){.mapper = mapper, .scratch = scratch, .weights = {1, 0}};
    weaver->cycles_per_bit = mapper->accel->hz / (8 * dram->bytes_per_s);
    weaver->groups = sinter_arena_alloc(mapper->arena, (size_t)mapper->cascade->n_einsums, sizeof *weaver->groups);
    weaver->chains = sinter_arena_alloc(mapper->arena, N_CHAINS, sizeof *weaver->chains);
    return weaver->groups == NULL || weaver->chains == NULL || !menus_new(mapper, is_double, &weaver->menus)
               ? SINTER_NO_MEMORY
               : SINTER_OK;
}
