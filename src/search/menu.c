/* menu.c: the ways to run a part inside given loops.
 * SPDX-License-Identifier: MIT
 */
#include "search/menu.h"
#include "search/tiles.h"

#include <math.h>
#include <string.h>

/* ---- loops ----------------------------------------------------------------------------------------------------------- */

int64_t frame_range(const struct sinter_cascade *cascade, const struct frame *frame, int n_loops, int rank)
{
    int64_t range = cascade->ranks[rank].extent;
    for (int i = 0; i < n_loops; i++)
        if (frame->loops[i].rank == rank && frame->loops[i].tile < range)
            range = frame->loops[i].tile;
    return range;
}

double frame_trips(const struct sinter_cascade *cascade, const struct frame *frame, int loop)
{
    int64_t range = frame_range(cascade, frame, loop, frame->loops[loop].rank);
    return (double)sinter_ceil_div(range, frame->loops[loop].tile);
}

double frame_visits(const struct sinter_cascade *cascade, const struct frame *frame, int level, sinter_rank_set ranks)
{
    double visits = 1;
    for (int i = 0; i < level; i++)
        if ((ranks >> frame->loops[i].rank & 1) == 0)
            visits *= frame_trips(cascade, frame, i);
    return visits;
}

double frame_bits(const struct sinter_cascade *cascade, const struct frame *frame, int level,
                  const struct sinter_operand *operand)
{
    const struct sinter_tensor *t = &cascade->tensors[operand->tensor];
    double bits = t->type.bits;
    for (int d = 0; d < t->n_dims; d++) {
        const struct sinter_index *index = &operand->accesses[0].indices[d];
        double extent = (double)cascade->ranks[t->dims[d]].extent, side = index->n_terms == 0 ? operand->n_accesses : 1;
        for (int k = 0; k < index->n_terms; k++) {
            int64_t step = index->terms[k].coefficient;
            side +=
                (double)(step < 0 ? -step : step) * (double)(frame_range(cascade, frame, level, index->terms[k].rank) - 1);
        }
        bits *= side < extent ? side : extent;
    }
    return bits;
}

const struct sinter_operand *find_operand(const struct sinter_cascade *cascade, einsum_set set, int tensor)
{
    const struct sinter_operand *best = NULL;
    const struct frame none = {0};
    double most = 0;
    for (einsum_set rest = set; rest != 0; rest &= rest - 1) {
        const struct sinter_einsum *einsum = &cascade->einsums[__builtin_ctzll(rest)];
        if (einsum->result == tensor)
            return &einsum->target;
        for (int k = 0; k < einsum->n_operands; k++) {
            if (einsum->operands[k].tensor != tensor)
                continue;
            double bits = frame_bits(cascade, &none, 0, &einsum->operands[k]);
            if (best == NULL || bits > most) {
                best = &einsum->operands[k];
                most = bits;
            }
        }
    }
    return best;
}

double frame_carry(const struct sinter_cascade *cascade, const struct frame *frame, int tensor, int *level)
{
    const struct sinter_tensor *t = &cascade->tensors[tensor];
    int outer = 0;
    while (outer < frame->n_loops && frame->loops[outer].rank != t->look_back_rank)
        outer++;
    *level = outer < frame->n_loops ? outer : -1;
    if (outer == frame->n_loops && t->state < 0)
        return 0;
    double bits = (double)t->look_back * t->type.bits;
    for (int d = 0; d < t->n_dims; d++)
        bits *= t->dims[d] == t->look_back_rank ? 1 : (double)frame_range(cascade, frame, outer, t->dims[d]);
    return bits;
}

static uint64_t mix(uint64_t key, uint64_t value)
{
    key = (key ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return key ^ key >> 29;
}

double frame_cycles(const struct mapper *mapper, struct menus *menus, const struct frame *frame, int einsum)
{
    const struct sinter_cascade *cascade = mapper->cascade;
    sinter_rank_set ranks = cascade->einsums[einsum].ranks;
    uint64_t key = ((uint64_t)einsum + 1) * SINTER_MAX_UNITS + (uint64_t)mapper->unit_of[einsum];
    int64_t range[SINTER_MAX_RANKS];
    for (sinter_rank_set rest = ranks; rest != 0; rest &= rest - 1)
        range[__builtin_ctzll(rest)] = cascade->ranks[__builtin_ctzll(rest)].extent;
    for (int i = 0; i < frame->n_loops; i++) { /* loops over one rank keep their order, and any other order is the same */
        int rank = frame->loops[i].rank;
        if ((ranks >> rank & 1) == 0 || frame->loops[i].tile >= range[rank])
            continue;
        range[rank] = frame->loops[i].tile;
        key += mix(mix((uint64_t)einsum + 1, (uint64_t)rank), (uint64_t)frame->loops[i].tile);
    }
    struct cycles_memo *memo = &menus->cycles[(key * UINT64_C(0x9E3779B97F4A7C15)) >> 50];
    if (memo->key != key) {
        memo->cycles =
            einsum_nest_cycles(cascade, mapper->accel, einsum, mapper->unit_of[einsum], frame->loops, frame->n_loops);
        memo->key = key;
    }
    return memo->cycles;
}

/* ---- tiles worth a guess --------------------------------------------------------------------------------------------- */

/* All that matter of a short range; of a long one 1, 4, 16, 64, 96, 128, 192 and so on, halves and thirds. Few: 1, and as
 * many as PEs lie along a dimension. */
int guess_tiles(const struct mapper *mapper, bool is_thin, int64_t range, int64_t tiles[MOST_GUESSES])
{
    int n = 0;
    if (range <= 12) {
        n = find_tiles(range, NULL, 0, tiles, MOST_GUESSES);
        return n > 0 && tiles[n - 1] >= range ? n - 1 : n;
    }
    if (is_thin) {
        tiles[n++] = 1;
        for (int u = 0; u < mapper->accel->n_units; u++)
            for (int d = 0; d < mapper->accel->units[u].n_dims && n < MOST_GUESSES; d++) {
                int64_t t = mapper->accel->units[u].pes[d];
                bool is_known = t >= range || t <= 1;
                for (int i = 0; i < n; i++)
                    is_known |= tiles[i] == t;
                if (!is_known)
                    tiles[n++] = t;
            }
        return n;
    }
    for (int64_t t = 1; t < range && n < MOST_GUESSES - 2; t = t < 64 ? 4 * t : t % 3 == 0 ? t / 3 * 4 : t / 2 * 3)
        tiles[n++] = t;
    for (int k = 3; k >= 2; k--) {
        int64_t t = sinter_ceil_div(range, k);
        int at = n;
        while (at > 0 && tiles[at - 1] > t)
            at--;
        if (at > 0 && tiles[at - 1] == t)
            continue;
        memmove(tiles + at + 1, tiles + at, (size_t)(n - at) * sizeof *tiles);
        tiles[at] = t;
        n++;
    }
    return n;
}

/* ---- options --------------------------------------------------------------------------------------------------------- */

static void keep_option(struct mapper *mapper, struct part_menu *menu, const struct option *option)
{
    int n = 0;
    for (int i = 0; i < menu->n; i++) {
        const struct option *o = &menu->options[i];
        if (o->cycles <= option->cycles && o->bits <= option->bits && o->room <= option->room && o->depth <= option->depth)
            return;
    }
    for (int i = 0; i < menu->n; i++) {
        const struct option *o = &menu->options[i];
        if (o->cycles < option->cycles || o->bits < option->bits || o->room < option->room || o->depth < option->depth)
            menu->options[n++] = *o;
    }
    menu->n = n;
    if (n == menu->capacity) {
        int capacity = n > 0 ? 2 * n : 8;
        struct option *options = sinter_arena_alloc(mapper->arena, (size_t)capacity, sizeof *options);
        if (options == NULL) {
            mapper->failed = true;
            return;
        }
        if (n > 0)
            memcpy(options, menu->options, (size_t)n * sizeof *options);
        menu->options = options;
        menu->capacity = capacity;
    }
    menu->options[menu->n++] = *option;
}

/* Where one tensor may be held: farther out only where less is moved. */
struct places {
    int n;
    struct {
        int level;
        double bits, tile;
    } at[MOST_LEVELS + 1];
};

static void find_places(const struct mapper *mapper, const struct part_menu *menu, const struct frame *all,
                        const struct own *own, struct places *places)
{
    const struct sinter_cascade *cascade = mapper->cascade;
    double bits = frame_bits(cascade, all, 0, own->operand), before = -1;
    places->n = 0;
    for (int level = all->n_loops; level >= menu->frame.n_loops; level--) {
        double visits = frame_visits(cascade, all, level, own->ranks);
        if (before >= 0 && visits >= before)
            continue;
        before = visits;
        places->at[places->n].level = level;
        places->at[places->n].bits = bits * (own->is_made ? 2 * visits - 1 : visits);
        places->at[places->n++].tile = frame_bits(cascade, all, level, own->operand);
    }
}

/* Chooses where each tensor is held, from own[i] on. */
static void choose_levels(struct mapper *mapper, struct part_menu *menu, const struct places *places, struct option *option,
                          int i)
{
    if (i == menu->part->n_own) {
        keep_option(mapper, menu, option);
        return;
    }
    double bits = option->bits, room = option->room, step = option->step;
    for (int k = 0; k < places[i].n; k++) {
        double tile = places[i].at[k].tile;
        option->above[i] = (signed char)(places[i].at[k].level - menu->frame.n_loops);
        option->bits = bits + places[i].at[k].bits;
        option->room = room + (menu->all->is_double ? 2 : 1) * tile;
        option->step = places[i].at[k].level > 0 && tile > step ? tile : step;
        if (option->room > menu->room)
            break;
        choose_levels(mapper, menu, places, option, i + 1);
    }
    option->bits = bits;
    option->room = room;
    option->step = step;
}

static void try_loops(struct mapper *mapper, struct part_menu *menu, const struct nest_loop *loops, int n_loops)
{
    const struct part *part = menu->part;
    struct frame all = menu->frame;
    struct option option = {.n_loops = n_loops};
    for (int i = 0; i < n_loops; i++)
        all.loops[all.n_loops++] = option.loops[i] = loops[i];
    for (int i = 0; i < n_loops; i++)
        option.depth += log2(frame_trips(mapper->cascade, &all, menu->frame.n_loops + i));
    for (einsum_set rest = part->einsums; rest != 0; rest &= rest - 1) {
        int e = __builtin_ctzll(rest);
        option.cycles += frame_cycles(mapper, menu->all, &all, e);
    }
    for (int i = 0; i < part->n_inner; i++)
        option.room += frame_bits(mapper->cascade, &all, all.n_loops, part->inner[i]);
    for (int i = 0; i < part->n_carried; i++) {
        int level;
        double bits = frame_carry(mapper->cascade, &all, part->carried[i], &level);
        option.room += level < 0 || level >= menu->frame.n_loops ? bits : 0; /* else all parts live beside it */
    }
    struct places places[MOST_OWN];
    for (int i = 0; i < part->n_own; i++)
        find_places(mapper, menu, &all, &part->own[i], &places[i]);
    choose_levels(mapper, menu, places, &option, 0);
}

/* Is there an option that is as good as any in cycles and traffic, and takes next to no room? Then no second loop is needed. */
static bool is_easy(const struct part_menu *menu)
{
    enum { SHARE = 16 };
    double cycles = (double)INFINITY, bits = (double)INFINITY;
    for (int i = 0; i < menu->n; i++) {
        cycles = fmin(cycles, menu->options[i].cycles);
        bits = fmin(bits, menu->options[i].bits);
    }
    for (int i = 0; i < menu->n; i++)
        if (menu->options[i].cycles <= cycles * 1.0001 && menu->options[i].bits <= bits * 1.0001 &&
            menu->options[i].room * SHARE <= menu->room)
            return true;
    return false;
}

static void try_two_loops(struct mapper *mapper, struct part_menu *menu, sinter_rank_set ranks, int a)
{
    const struct sinter_cascade *cascade = mapper->cascade;
    int64_t first[MOST_GUESSES], second[MOST_GUESSES];
    struct nest_loop loops[MOST_INNER] = {{.rank = a}};
    int n = guess_tiles(mapper, true, frame_range(cascade, &menu->frame, menu->frame.n_loops, a), first);
    for (sinter_rank_set left = ranks & ~((sinter_rank_set)1 << a); left != 0; left &= left - 1) {
        int b = loops[1].rank = __builtin_ctzll(left);
        int m = guess_tiles(mapper, true, frame_range(cascade, &menu->frame, menu->frame.n_loops, b), second);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m; j++) {
                loops[0].tile = first[i];
                loops[1].tile = second[j];
                try_loops(mapper, menu, loops, 2);
            }
    }
}

/* One loop with any tile; two with few. */
static void fill_menu(struct mapper *mapper, struct part_menu *menu)
{
    sinter_rank_set ranks = common_ranks(mapper->cascade, menu->part->einsums);
    int64_t tiles[MOST_GUESSES];
    struct nest_loop loop;
    try_loops(mapper, menu, NULL, 0);
    for (sinter_rank_set rest = ranks; rest != 0; rest &= rest - 1) {
        loop.rank = __builtin_ctzll(rest);
        int64_t range = frame_range(mapper->cascade, &menu->frame, menu->frame.n_loops, loop.rank);
        int n = guess_tiles(mapper, false, range, tiles), step = range > 12 ? 2 : 1;
        for (int i = 0; i < n; i += step) {
            loop.tile = tiles[i];
            try_loops(mapper, menu, &loop, 1);
        }
    }
    if ((menu->frame.n_loops > 1 && menu->part->kind == SINTER_CHAIN) || is_easy(menu))
        return;
    for (sinter_rank_set rest = ranks; rest != 0; rest &= rest - 1)
        try_two_loops(mapper, menu, ranks, __builtin_ctzll(rest));
}

/* ---- what was made before -------------------------------------------------------------------------------------------- */

bool menus_new(struct mapper *mapper, bool is_double, struct menus *menus)
{
    *menus = (struct menus){.is_double = is_double};
    menus->cycles = sinter_arena_alloc(mapper->arena, N_CYCLES, sizeof *menus->cycles);
    menus->parts = sinter_arena_alloc(mapper->arena, N_PARTS, sizeof *menus->parts);
    return menus->cycles != NULL && menus->parts != NULL;
}

static bool is_same_part(const struct part *a, const struct part *b)
{
    if (a->key != b->key || a->einsums != b->einsums || a->n_own != b->n_own)
        return false;
    for (int i = 0; i < a->n_own; i++)
        if (a->own[i].tensor != b->own[i].tensor)
            return false;
    return true;
}

const struct part *find_part(struct mapper *mapper, struct menus *menus, const struct part *part)
{
    struct part wanted = *part;
    wanted.key = mix(part->kind, part->einsums);
    for (int i = 0; i < part->n_own; i++)
        wanted.key = mix(wanted.key, (uint64_t)part->own[i].tensor);
    for (einsum_set rest = part->einsums; rest != 0; rest &= rest - 1)
        wanted.key = mix(wanted.key, (uint64_t)mapper->unit_of[__builtin_ctzll(rest)]);
    const struct part **list = &menus->parts[wanted.key >> 56 & (N_PARTS - 1)];
    for (const struct part *known = *list; known != NULL; known = known->next)
        if (is_same_part(known, &wanted))
            return known;
    struct part *made = sinter_arena_alloc(mapper->arena, 1, sizeof *made);
    if (made == NULL) {
        mapper->failed = true;
        return NULL;
    }
    *made = wanted;
    made->next = *list;
    return *list = made;
}

static bool is_same(const struct part_menu *menu, const struct part *part, const struct frame *frame)
{
    if (menu->part != part || menu->frame.n_loops != frame->n_loops)
        return false;
    for (int i = 0; i < frame->n_loops; i++)
        if (menu->frame.loops[i].rank != frame->loops[i].rank || menu->frame.loops[i].tile != frame->loops[i].tile)
            return false;
    return true;
}

static bool grow_table(struct mapper *mapper, struct menus *menus)
{
    size_t size = menus->size > 0 ? 2 * menus->size : 4096;
    struct part_menu **table = sinter_arena_alloc(mapper->arena, size, sizeof *table);
    mapper->failed |= table == NULL;
    for (size_t i = 0; i < menus->size && table != NULL; i++) {
        if (menus->table[i] == NULL)
            continue;
        size_t at = (size_t)(menus->table[i]->key >> 8) & (size - 1);
        while (table[at] != NULL)
            at = (at + 1) & (size - 1);
        table[at] = menus->table[i];
    }
    if (table != NULL) {
        menus->table = table;
        menus->size = size;
    }
    return table != NULL;
}

/* What a part does depends on what loops leave of ranks and on how often they go round, not on their order. */
static struct frame sorted(const struct frame *frame)
{
    struct frame sorted = *frame;
    for (int i = 1; i < sorted.n_loops; i++)
        for (int j = i; j > 0 && sorted.loops[j].rank < sorted.loops[j - 1].rank; j--) {
            struct nest_loop swapped = sorted.loops[j];
            sorted.loops[j] = sorted.loops[j - 1];
            sorted.loops[j - 1] = swapped;
        }
    return sorted;
}

const struct part_menu *find_menu(struct mapper *mapper, struct menus *menus, const struct part *part,
                                  const struct frame *unsorted)
{
    uint64_t key = part->key;
    struct frame in_order = sorted(unsorted);
    const struct frame *frame = &in_order;
    for (int i = 0; i < frame->n_loops; i++)
        key = mix(mix(key, (uint64_t)frame->loops[i].rank + 64), (uint64_t)frame->loops[i].tile);
    if (2 * menus->n >= menus->size && !grow_table(mapper, menus))
        return NULL;
    size_t at = (size_t)(key >> 8) & (menus->size - 1);
    for (; menus->table[at] != NULL; at = (at + 1) & (menus->size - 1))
        if (menus->table[at]->key == key && is_same(menus->table[at], part, frame))
            return menus->table[at];
    struct part_menu *menu = sinter_arena_alloc(mapper->arena, 1, sizeof *menu);
    if (menu == NULL) {
        mapper->failed = true;
        return NULL;
    }
    const struct sinter_unit *unit = &mapper->accel->units[mapper->unit_of[__builtin_ctzll(part->einsums)]];
    *menu = (struct part_menu){.key = key, .part = part, .frame = *frame, .all = menus};
    menu->room = 8 * mapper->accel->memories[unit->memory].capacity_bytes;
    fill_menu(mapper, menu);
    menus->table[at] = menu;
    menus->n++;
    return menu;
}
