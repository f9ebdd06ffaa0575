/* weave.c: one good nest around a set of Einsums, found fast.
 * SPDX-License-Identifier: MIT
 */
#include "search/weave.h"
#include "cost/phases.h"

#include <math.h>
#include <string.h>

enum { MOST_ATOMS = MOST_EINSUMS, MOST_BEST = 6, MOST_LASTING = 64 };

/* A tensor that lives in the body of the frame where it is used by several parts: handed on from one to another, or brought
 * in for all of them. Atoms are what no part divides: Einsums, or all of a recurrence. */
struct lasting {
    int tensor;
    int first, last; /* atoms that use it */
    bool is_external, is_sent;
    sinter_rank_set ranks;
    const struct sinter_operand *operand;
};

/* Atoms first .. last as one part. */
struct span {
    bool is_legal;
    const struct part *part;
    uint64_t live;  /* lasting tensors that live while it runs */
    uint64_t moves; /* those of them that it brings in or sends out for all */
};

struct web {
    struct weaver *weaver;
    struct mapper *mapper;
    einsum_set set;
    sinter_rank_set common;
    int n_atoms, n_lasting, n_carried, n_external;
    einsum_set atoms[MOST_ATOMS];
    struct lasting lasting[MOST_LASTING];
    struct lasting external[MOST_LASTING]; /* all that comes from DRAM, whoever uses it */
    int carried[MOST_OWN];
    struct span *spans; /* by last, then first */
    double room;
    int memory;
};

struct resident {
    int tensor, above; /* held above this loop of the frame */
};

/* A frame, its parts and their choices. */
struct guess {
    struct frame frame;
    double cycles, bits, value;
    int n_residents, n_parts;
    struct resident residents[MOST_HOLDS];
    const struct span *spans[MOST_ATOMS];
    struct option options[MOST_ATOMS];
};

static struct span *span_at(const struct web *web, int first, int last)
{
    return &web->spans[last * (last + 1) / 2 + first];
}

/* ---- parts --------------------------------------------------------------------------------------------------------- */

/* Does an Einsum keep a chain from holding large values? One that sums and makes something that none of its operands
 * spans, as a matrix product does, stands alone. */
static bool spreads(const struct sinter_cascade *cascade, einsum_set atom)
{
    const struct sinter_einsum *einsum = &cascade->einsums[__builtin_ctzll(atom)];
    if (einsum->reduced_ranks == 0)
        return false;
    for (int k = 0; k < einsum->n_operands; k++)
        if ((einsum->result_ranks & ~einsum->operands[k].ranks) == 0)
            return false;
    return true;
}

static bool is_chain(struct weaver *weaver, einsum_set set)
{
    const struct context none = {0};
    const struct shape shape = {.kind = SINTER_CHAIN, .einsums = set};
    struct chain_memo *memo = &weaver->chains[set * UINT64_C(0x9E3779B97F4A7C15) >> 52];
    if (memo->set != set)
        *memo = (struct chain_memo){set, resolve_shape(weaver->mapper, &none, &shape)};
    return memo->is_legal;
}

static sinter_rank_set ranks_in(const struct sinter_cascade *cascade, einsum_set set, int tensor)
{
    sinter_rank_set ranks = 0;
    for (einsum_set rest = set; rest != 0; rest &= rest - 1) {
        const struct sinter_einsum *einsum = &cascade->einsums[__builtin_ctzll(rest)];
        for (int k = 0; k < einsum->n_operands; k++)
            ranks |= einsum->operands[k].tensor == tensor ? einsum->operands[k].ranks : 0;
        ranks |= einsum->result == tensor ? einsum->result_ranks : 0;
    }
    return ranks;
}

static void add_own(const struct sinter_cascade *cascade, struct part *part, int t, bool is_made)
{
    sinter_rank_set ranks = ranks_in(cascade, part->einsums, t);
    int n_users = 0;
    for (einsum_set rest = part->einsums; rest != 0; rest &= rest - 1)
        n_users += is_used_in(&cascade->tensors[t], rest & -rest);
    if (part->n_own < MOST_OWN)
        part->own[part->n_own++] = (struct own){.tensor = t,
                                                .is_made = is_made,
                                                .is_common = part->kind == SINTER_GROUP && n_users > 1,
                                                .ranks = ranks,
                                                .operand = find_operand(cascade, part->einsums, t)};
}

/* Does it live with others while this span runs, or is it the span's own? */
static void place_tensor(const struct web *web, int t, int lasting, struct span *span, struct part *part, int first,
                         int last)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    const struct sinter_tensor *tensor = &cascade->tensors[t];
    bool is_made = is_made_in(tensor, web->set), is_sent = tensor->role == SINTER_OUTPUT || tensor->n_readers == 0;
    for (int i = 0; i < tensor->n_readers; i++)
        is_sent |= (web->set >> tensor->readers[i] & 1) == 0;
    if (lasting >= 0 && (web->lasting[lasting].first < first || web->lasting[lasting].last > last)) {
        const struct lasting *l = &web->lasting[lasting];
        if (l->first > last || l->last < first)
            return;
        span->live |= (uint64_t)1 << lasting;
        if (l->first >= first && (l->is_external || l->is_sent))
            span->moves |= (uint64_t)1 << lasting;
    } else if (is_used_in(tensor, part->einsums)) {
        if (!is_made || is_sent || !is_read_in(tensor, part->einsums))
            add_own(cascade, part, t, is_made);
        else if (part->kind == SINTER_GROUP && part->n_inner < MOST_OWN)
            part->inner[part->n_inner++] = find_operand(cascade, part->einsums, t);
    }
    if (is_made_in(tensor, part->einsums) && tensor->look_back > 0 && part->n_carried < MOST_OWN)
        part->carried[part->n_carried++] = t;
}

static void find_lasting(struct web *web, bool holds_shared, int *index_of)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    web->n_lasting = web->n_carried = web->n_external = 0;
    for (int t = 0; t < cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &cascade->tensors[t];
        struct lasting lasting = {.tensor = t, .first = -1, .is_external = !is_made_in(tensor, web->set)};
        index_of[t] = -1;
        if (tensor->state_of >= 0)
            continue;
        for (int i = 0; i < web->n_atoms; i++) {
            if (!is_used_in(tensor, web->atoms[i]))
                continue;
            lasting.first = lasting.first < 0 ? i : lasting.first;
            lasting.last = i;
        }
        if (lasting.first < 0)
            continue;
        if (!lasting.is_external && tensor->look_back > 0 && web->n_carried < MOST_OWN)
            web->carried[web->n_carried++] = t;
        lasting.ranks = ranks_in(cascade, web->set, t);
        lasting.operand = find_operand(cascade, web->set, t);
        if (lasting.is_external && web->n_external < MOST_LASTING)
            web->external[web->n_external++] = lasting;
        if (lasting.first == lasting.last || (lasting.is_external && !holds_shared) || web->n_lasting == MOST_LASTING)
            continue;
        lasting.is_sent = tensor->role == SINTER_OUTPUT;
        for (int i = 0; i < tensor->n_readers; i++)
            lasting.is_sent |= (web->set >> tensor->readers[i] & 1) == 0;
        index_of[t] = web->n_lasting;
        web->lasting[web->n_lasting++] = lasting;
    }
}

static bool find_spans(struct web *web, bool holds_shared)
{
    struct mapper *mapper = web->mapper;
    const struct sinter_cascade *cascade = mapper->cascade;
    struct sinter_arena *scratch = web->weaver->scratch;
    int *index_of = sinter_arena_alloc(scratch, (size_t)cascade->n_tensors, sizeof *index_of);
    web->spans = sinter_arena_alloc(scratch, (size_t)web->n_atoms * ((size_t)web->n_atoms + 1) / 2,
                                    sizeof *web->spans);
    if (web->spans == NULL || index_of == NULL) {
        mapper->failed = true;
        return false;
    }
    find_lasting(web, holds_shared, index_of);
    for (int first = 0; first < web->n_atoms; first++) {
        einsum_set set = 0;
        bool may_chain = !spreads(cascade, web->atoms[first]);
        for (int last = first; last < web->n_atoms; last++) {
            struct span *span = span_at(web, first, last);
            set |= web->atoms[last];
            bool is_single = (set & (set - 1)) == 0, is_atom = last == first;
            if (!is_atom && (spreads(cascade, web->atoms[first]) || spreads(cascade, web->atoms[last])))
                break;
            may_chain = may_chain && (is_single || is_chain(web->weaver, set));
            if (is_atom && !is_single && !may_chain)
                break; /* a recurrence that no chain runs */
            struct part part = {.einsums = set,
                                .kind = is_single ? SINTER_LEAF : may_chain ? SINTER_CHAIN : SINTER_GROUP};
            for (int t = 0; t < cascade->n_tensors; t++)
                if (cascade->tensors[t].state_of < 0)
                    place_tensor(web, t, index_of[t], span, &part, first, last);
            span->part = find_part(mapper, &web->weaver->menus, &part);
            if (span->part == NULL)
                return false;
            span->is_legal = true;
        }
    }
    return true;
}

/* ---- a frame --------------------------------------------------------------------------------------------------------- */

static double value_of(const struct weaver *weaver, double cycles, double bits)
{
    return weaver->weights.per_cycle * cycles + weaver->weights.per_bit * bits;
}

/* What counts of the cycles that a tree is expected to take beyond its closed form: so much that of trees with nearly equal
 * ones the one with fewer waits is taken. */

static const double WAIT = 0.01;

/* Cycles of a part in all visits of its body: what it moves overlaps with what it computes if its next tile has room, and with
 * other parts as far as there is room. */
static double expect_part(const struct weaver *weaver, bool is_double, const struct option *option, double bits, double left,
                          double visits)
{
    double moving = bits * weaver->cycles_per_bit, ahead = visits * left * weaver->cycles_per_bit;
    if (left < option->step && !is_double)
        return option->cycles + moving;
    return option->cycles > moving - ahead ? option->cycles : moving - ahead;
}

/* The option that costs least of those that fit; of equals the one with the fewest steps, as long as it leaves room. */
static const struct option *best_option(const struct part_menu *menu, double room, double per_cycle, double per_bit,
                                        double *least)
{
    const struct option *best = NULL;
    *least = (double)INFINITY;
    for (int i = 0; i < menu->n; i++) {
        const struct option *option = &menu->options[i];
        if (option->room > room)
            continue;
        double full = option->room / room - 0.25, plain = 1e-6 * option->depth + (full > 0 ? 1e-5 * full : 0);
        double value = (option->cycles * per_cycle + option->bits * per_bit) * (1 + plain);
        if (value < *least) {
            *least = value;
            best = option;
        }
    }
    return best;
}

struct candidate {
    struct resident resident;
    double size, saved;
};

/* What the frame's loops would load or store again, and saves most for its size if it is kept; false: nothing is left. */
static bool next_resident(const struct web *web, const struct guess *guess, double slack, uint64_t refused,
                          struct candidate *best)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    const struct frame *frame = &guess->frame;
    best->saved = 0;
    for (int p = 0; p < guess->n_parts; p++) {
        const struct span *span = guess->spans[p];
        for (int i = 0; i < span->part->n_own + web->n_lasting; i++) {
            int l = i - span->part->n_own;
            bool is_own = l < 0, is_made = is_own && span->part->own[i].is_made;
            if (!is_own && (!web->lasting[l].is_external || (span->moves >> l & 1) == 0))
                continue;
            int t = is_own ? span->part->own[i].tensor : web->lasting[l].tensor;
            sinter_rank_set ranks = is_own ? span->part->own[i].ranks : web->lasting[l].ranks;
            bool is_taken = t >= 64 || (refused >> t & 1) != 0;
            for (int k = 0; k < guess->n_residents; k++)
                is_taken |= guess->residents[k].tensor == t;
            const struct sinter_operand *operand = is_own ? span->part->own[i].operand : web->lasting[l].operand;
            double bits = (is_made ? 2 : 1) * frame_bits(cascade, frame, 0, operand);
            double now = bits * frame_visits(cascade, frame, frame->n_loops, ranks);
            for (int level = frame->n_loops - 1; level >= 0 && !is_taken; level--) {
                double saved = now - bits * frame_visits(cascade, frame, level, ranks);
                double size = frame_bits(cascade, frame, level, operand);
                if (saved > 0 && size <= slack && (best->saved <= 0 || saved * best->size > best->saved * size))
                    *best = (struct candidate){{t, level}, size, saved};
            }
        }
    }
    return best->saved > 0;
}

static double guess_value(const struct weaver *weaver, double cycles, double bits, double expected)
{
    double bound = fmax(cycles, bits * weaver->cycles_per_bit);
    return value_of(weaver, bound + WAIT * (fmax(expected, bound) - bound), bits);
}

/* Keeps on chip what is worth it. What is held outside of all loops is waited for before anything begins. */
static void choose_residents(const struct web *web, struct guess *guess, double slack, double *expected)
{
    struct candidate candidate;
    uint64_t refused = 0;
    if (guess->frame.n_loops == 0)
        return;
    while (guess->n_residents < MOST_HOLDS && next_resident(web, guess, slack, refused, &candidate)) {
        double waits = candidate.resident.above == 0 ? candidate.size * web->weaver->cycles_per_bit : 0;
        double before = guess_value(web->weaver, guess->cycles, guess->bits, *expected);
        double after = guess_value(web->weaver, guess->cycles, guess->bits - candidate.saved, *expected + waits);
        if (after >= before) {
            refused |= (uint64_t)1 << candidate.resident.tensor;
            continue;
        }
        slack -= candidate.size;
        guess->bits -= candidate.saved;
        *expected += waits;
        guess->residents[guess->n_residents++] = candidate.resident;
    }
}

/* Per lasting tensor its bits, and what lives all the time. */
static double find_lives(const struct web *web, const struct frame *frame, double *lives)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    double always = 0;
    for (int i = 0; i < web->n_carried; i++) {
        int level;
        double bits = frame_carry(cascade, frame, web->carried[i], &level);
        always += level >= 0 ? bits : 0;
    }
    for (int l = 0; l < web->n_lasting; l++)
        lives[l] = frame_bits(cascade, frame, frame->n_loops, web->lasting[l].operand) *
                   (web->lasting[l].is_external && web->weaver->menus.is_double ? 2 : 1);
    return always;
}

static double sum_over(uint64_t set, const double *values)
{
    double sum = 0;
    for (; set != 0; set &= set - 1)
        sum += values[__builtin_ctzll(set)];
    return sum;
}

/* Cuts the atoms into the parts that cost least together. */
static bool guess_frame(struct web *web, struct guess *guess, double per_cycle, double per_bit)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    double lives[MOST_LASTING], moves[MOST_LASTING], least[MOST_ATOMS + 1], slack = (double)INFINITY;
    const struct option *options[MOST_ATOMS + 1];
    int begins[MOST_ATOMS + 1], n = web->n_atoms;
    double always = find_lives(web, &guess->frame, lives);
    web->weaver->n_guessed++;
    for (int l = 0; l < web->n_lasting; l++)
        moves[l] = frame_bits(cascade, &guess->frame, 0, web->lasting[l].operand) *
                   (web->lasting[l].is_external
                        ? frame_visits(cascade, &guess->frame, guess->frame.n_loops, web->lasting[l].ranks)
                        : 1);
    least[0] = 0;
    for (int end = 1; end <= n; end++) {
        least[end] = (double)INFINITY;
        for (int first = end - 1; first >= 0; first--) {
            const struct span *span = span_at(web, first, end - 1);
            double room = web->room - always - sum_over(span->live, lives), value;
            if (!span->is_legal)
                break;
            bool is_border = first == 0 || end == n || !span_at(web, first - 1, end - 1)->is_legal ||
                             !span_at(web, first, end)->is_legal;
            if (!is_border) /* of a run that may be one part, its beginnings and ends are enough */
                continue;
            if (room <= 0 || !(least[first] < least[end]))
                continue;
            const struct part_menu *menu = find_menu(web->mapper, &web->weaver->menus, span->part, &guess->frame);
            const struct option *option = menu != NULL ? best_option(menu, room, per_cycle, per_bit, &value) : NULL;
            if (option == NULL)
                continue;
            value += least[first] + sum_over(span->moves, moves) * per_bit;
            if (value < least[end]) {
                least[end] = value;
                begins[end] = first;
                options[end] = option;
            }
        }
    }
    if (!(least[n] < (double)INFINITY))
        return false;
    double visits = frame_visits(cascade, &guess->frame, guess->frame.n_loops, 0), expected = 0, first = 0;
    guess->cycles = guess->bits = 0;
    guess->n_residents = guess->n_parts = 0;
    for (int end = n; end > 0; end = begins[end])
        guess->n_parts++;
    for (int end = n, p = guess->n_parts - 1; end > 0; end = begins[end], p--) {
        const struct span *span = span_at(web, begins[end], end - 1);
        guess->spans[p] = span;
        guess->options[p] = *options[end];
        guess->cycles += options[end]->cycles;
        double left = web->room - always - sum_over(span->live, lives) - options[end]->room;
        double bits = options[end]->bits + sum_over(span->moves, moves);
        guess->bits += bits;
        expected += expect_part(web->weaver, web->weaver->menus.is_double, options[end], bits, left, visits);
        first = bits * web->weaver->cycles_per_bit / visits;
        slack = left < slack ? left : slack;
    }
    expected = fmax(expected, fmax(guess->cycles, guess->bits * web->weaver->cycles_per_bit));
    expected += guess->n_parts > 1 ? first : 0;
    choose_residents(web, guess, slack, &expected);
    guess->value = guess_value(web->weaver, guess->cycles, guess->bits, expected);
    return true;
}

/* ---- trees ----------------------------------------------------------------------------------------------------------- */

static void add_hold(const struct web *web, struct shape *shape, int tensor, int above)
{
    if (shape->n_holds == MOST_HOLDS)
        return;
    shape->holds[shape->n_holds].tensor = tensor;
    shape->holds[shape->n_holds].memory = web->memory;
    shape->holds[shape->n_holds++].above = above;
}

static bool is_resident(const struct guess *guess, int tensor)
{
    for (int i = 0; i < guess->n_residents; i++)
        if (guess->residents[i].tensor == tensor)
            return true;
    return false;
}

/* A tree with room for its parts, and for the leaves of sequences among them. */
struct woven_tree {
    struct shape group, parts[MOST_ATOMS], leaves[MOST_EINSUMS];
    const struct shape *list[MOST_ATOMS], *leaf_list[MOST_EINSUMS];
};

static void shape_sequence(const struct web *web, struct shape *part, struct woven_tree *tree, int *n_leaves)
{
    part->parts = &tree->leaf_list[*n_leaves];
    for (einsum_set rest = part->einsums; rest != 0; part->n_parts++) {
        struct shape *leaf = &tree->leaves[*n_leaves];
        einsum_set atom = web->mapper->lattice->mates[__builtin_ctzll(rest)];
        *leaf = (struct shape){.kind = (atom & (atom - 1)) != 0 ? SINTER_CHAIN : SINTER_LEAF, .einsums = atom};
        tree->leaf_list[(*n_leaves)++] = leaf;
        rest &= ~atom;
    }
}

static void shape_guess(const struct web *web, const struct guess *guess, struct woven_tree *tree)
{
    struct shape *group = &tree->group, *parts = tree->parts;
    int n_leaves = 0;
    *group = (struct shape){.kind = SINTER_GROUP, .einsums = web->set, .n_loops = guess->frame.n_loops};
    memcpy(group->loops, guess->frame.loops, (size_t)group->n_loops * sizeof *group->loops);
    for (int i = 0; i < guess->n_residents; i++)
        add_hold(web, group, guess->residents[i].tensor, guess->residents[i].above);
    for (int p = 0; p < guess->n_parts; p++)
        for (uint64_t moves = guess->spans[p]->moves; moves != 0; moves &= moves - 1) {
            const struct lasting *lasting = &web->lasting[__builtin_ctzll(moves)];
            if (lasting->is_external && !is_resident(guess, lasting->tensor))
                add_hold(web, group, lasting->tensor, group->n_loops);
        }
    for (int p = 0; p < guess->n_parts; p++) {
        const struct part *part = guess->spans[p]->part;
        const struct option *option = &guess->options[p];
        parts[p] = (struct shape){.kind = part->kind, .einsums = part->einsums, .n_loops = option->n_loops};
        memcpy(parts[p].loops, option->loops, (size_t)option->n_loops * sizeof *option->loops);
        for (int i = 0; i < part->n_own; i++)
            if ((option->above[i] < option->n_loops || (part->own[i].is_common && !part->own[i].is_made)) &&
                !is_resident(guess, part->own[i].tensor))
                add_hold(web, &parts[p], part->own[i].tensor, option->above[i]);
        if (part->kind == SINTER_GROUP)
            shape_sequence(web, &parts[p], tree, &n_leaves);
        tree->list[p] = &parts[p];
    }
    group->parts = tree->list;
    group->n_parts = guess->n_parts;
}

/* How long the group that was priced last should take: longer than its bound where tiles that are brought in again have no
 * room to come ahead. */
static double expect_cycles(const struct web *web, const struct sinter_cost *cost)
{
    const struct sinter_plan *plan = web->mapper->plan;
    double compute[SINTER_MAX_EINSUMS], free_bits = (double)INFINITY, exposed = 0, per_bit = web->weaver->cycles_per_bit;
    for (int m = 1; m < plan->accel->n_memories; m++)
        free_bits = fmin(free_bits, 8 * plan->accel->memories[m].capacity_bytes - (double)plan->peak_bits[m]);
    for (int i = 0; i < plan->n_members; i++)
        compute[plan->members[i]] = cost->einsums[plan->members[i]].compute_cycles;
    double ahead = 0; /* of all loops */
    for (int i = 0; i < plan->n_tiles; i++) {
        const struct sinter_tile *tile = &plan->tiles[i];
        if (tile->source >= 0 || tile->is_produced)
            continue;
        if (tile->visits <= 1)
            ahead += (double)tile->load_bits * per_bit;
        else if (tile->load_bits > tile->room_bits && (double)tile->room_bits > free_bits &&
                 !web->weaver->menus.is_double)
            exposed += (double)tile->load_bits * per_bit;
    }
    double phases = phase_cycles(plan, 0, compute, per_bit, per_bit, false, free_bits / 2);
    return fmax(cost->cycles, fmax(phases, cost->compute_cycles + exposed)) + ahead;
}

/* What the plan says; *over: bits beyond the capacity. */
static bool price_shape(struct web *web, const struct shape *shape, struct woven *woven, double *over)
{
    const struct context none = {0};
    struct weaver *weaver = web->weaver;
    struct sinter_cost cost = {.einsums = web->mapper->einsums, .groups = weaver->groups};
    *over = 0;
    if (!resolve_shape(web->mapper, &none, shape))
        return false;
    const struct sinter_plan *plan = web->mapper->plan;
    if (!plan->fits) {
        for (int m = 1; m < plan->accel->n_memories; m++)
            *over = fmax(*over, (double)plan->peak_bits[m] - 8 * plan->accel->memories[m].capacity_bytes);
        return false;
    }
    sinter_cost_evaluate(plan, &cost);
    woven->cycles = cost.cycles;
    woven->bits = (double)plan->dram_read_bits + (double)plan->dram_write_bits;
    woven->peak_bits = 0;
    for (int m = 1; m < plan->accel->n_memories; m++)
        woven->peak_bits += (double)plan->peak_bits[m];
    woven->value = value_of(weaver, cost.cycles + WAIT * (expect_cycles(web, &cost) - cost.cycles), woven->bits);
    return true;
}

static bool is_less(const struct woven *a, const struct woven *b)
{
    return a->value < b->value || (a->value <= b->value && a->peak_bits < b->peak_bits);
}

/* ---- tiles that are moved -------------------------------------------------------------------------------------------- */

/* The next tiles that make one trip more or less, aligned ones, and larger steps. */
static int neighbours(int64_t t, int64_t range, int64_t *tiles)
{
    int64_t trips = sinter_ceil_div(range, t);
    int n = 0;
    tiles[n++] = trips > 1 ? sinter_ceil_div(range, trips - 1) : range;
    tiles[n++] = sinter_ceil_div(range, trips + 1);
    tiles[n++] = sinter_ceil_div(range, trips);
    tiles[n++] = (t / 64 + 1) * 64;
    tiles[n++] = t > 64 ? (t - 1) / 64 * 64 : t;
    tiles[n++] = t < range / 2 ? 2 * t : t;
    tiles[n++] = sinter_ceil_div(t, 2);
    tiles[n++] = t + t / 4;
    tiles[n++] = t - t / 8;
    return n;
}

static bool try_tile(struct web *web, struct shape *group, struct nest_loop *loop, int64_t tile, struct woven *best)
{
    struct woven moved;
    double over;
    int64_t before = loop->tile;
    loop->tile = tile;
    if (tile != before && price_shape(web, group, &moved, &over) && is_less(&moved, best)) {
        *best = moved;
        return true;
    }
    loop->tile = before;
    return false;
}

static bool move_tile(struct web *web, struct shape *group, struct nest_loop *loop, int64_t range, struct woven *best)
{
    bool is_moved = false;
    for (int again = 0; again < 16; again++) {
        int64_t candidates[16];
        int n = neighbours(loop->tile, range, candidates);
        bool is_better = false;
        for (int i = 0; i < n && !is_better; i++)
            is_better = candidates[i] >= 1 && candidates[i] <= range && try_tile(web, group, loop, candidates[i], best);
        if (!is_better)
            return is_moved;
        is_moved = true;
    }
    return is_moved;
}

static void settle(struct web *web, struct shape *group, struct shape *parts, struct woven *best)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    for (int round = 0; round < 3; round++) {
        bool is_moved = false;
        for (int i = 0; i < group->n_loops; i++)
            is_moved |= move_tile(web, group, &group->loops[i], cascade->ranks[group->loops[i].rank].extent, best);
        for (int p = 0; p < group->n_parts; p++)
            for (int i = 0; i < parts[p].n_loops; i++) {
                struct frame frame = {.n_loops = group->n_loops};
                memcpy(frame.loops, group->loops, (size_t)group->n_loops * sizeof *frame.loops);
                int64_t range = frame_range(cascade, &frame, frame.n_loops, parts[p].loops[i].rank);
                is_moved |= move_tile(web, group, &parts[p].loops[i], range, best);
            }
        if (!is_moved)
            return;
    }
}

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

/* What a frame moves at least, if each tensor that could be kept on chip by itself were. */
static double least_bits(const struct web *web, const struct frame *frame)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    double bits = 0;
    for (int i = 0; i < web->n_external; i++) {
        const struct lasting *external = &web->external[i];
        double visits = 1, all = frame_bits(cascade, frame, 0, external->operand);
        for (int level = frame->n_loops; level > 0; level--) /* the outermost body where its tile fits */
            if ((external->ranks >> frame->loops[level - 1].rank & 1) == 0 &&
                frame_bits(cascade, frame, level - 1, external->operand) > web->room)
                visits *= frame_trips(cascade, frame, level - 1);
        bits += all * visits;
    }
    return bits;
}

/* A guess with both resources, then with the one that is waited for made dear: which one that is shows when all parts have
 * chosen. False when it costs more than `most` for sure, or does not fit. */
static bool guess_best(struct web *web, const struct frame *frame, double most, struct guess *best)
{
    const struct weaver *weaver = web->weaver;
    double per_cycle = weaver->weights.per_cycle, per_bit = weaver->cycles_per_bit * per_cycle, cycles = 0;
    for (einsum_set rest = web->set; rest != 0; rest &= rest - 1)
        cycles += frame_cycles(web->mapper, &web->weaver->menus, frame, __builtin_ctzll(rest));
    if (cycles * per_cycle >= most)
        return false;
    double bits = least_bits(web, frame);
    if (value_of(weaver, fmax(cycles, bits * weaver->cycles_per_bit), bits) >= most)
        return false;
    best->frame = *frame;
    if (!guess_frame(web, best, per_cycle, per_bit + weaver->weights.per_bit))
        return false;
    struct guess other = {.frame = *frame};
    bool is_computing = best->cycles > best->bits * weaver->cycles_per_bit;
    if (guess_frame(web, &other, (is_computing ? 1 : 0.02) * per_cycle,
                    (is_computing ? 0.02 : 1) * per_bit + weaver->weights.per_bit) &&
        other.value < best->value)
        *best = other;
    return true;
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
    settle(web, &tree.group, tree.parts, &woven);
    if (best->shape == NULL || is_less(&woven, best)) {
        woven.shape = keep_shape(web->mapper, &tree.group);
        *best = woven;
    }
}

/* NULL when memory is out. */
static struct web *open_web(struct weaver *weaver, einsum_set set)
{
    struct mapper *mapper = weaver->mapper;
    struct web *web = sinter_arena_alloc(weaver->scratch, 1, sizeof *web);
    if (web == NULL) {
        mapper->failed = true;
        return NULL;
    }
    *web = (struct web){.weaver = weaver, .mapper = mapper, .set = set};
    web->common = common_ranks(mapper->cascade, set);
    web->memory = mapper->accel->units[mapper->unit_of[__builtin_ctzll(set)]].memory;
    web->room = 8 * mapper->accel->memories[web->memory].capacity_bytes;
    for (einsum_set rest = set; rest != 0; rest &= ~web->atoms[web->n_atoms++])
        web->atoms[web->n_atoms] = mapper->lattice->mates[__builtin_ctzll(rest)];
    memset(mapper->is_ignored, 0, (size_t)mapper->cascade->n_tensors * sizeof *mapper->is_ignored);
    return web;
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
               ? SINTER_NO_MEMORY : SINTER_OK;
}
