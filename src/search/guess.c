/* guess.c: a frame: its parts and what they cost, in closed form.
 * SPDX-License-Identifier: MIT
 */
#include "search/weave_internal.h"

#include <math.h>

/* ---- a frame --------------------------------------------------------------------------------------------------------- */

double weigh(const struct weaver *weaver, double cycles, double bits)
{
    return weaver->weights.per_cycle * cycles + weaver->weights.per_bit * bits;
}

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
    return weigh(weaver, bound + WAIT * (fmax(expected, bound) - bound), bits);
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
bool guess_frame(struct web *web, struct guess *guess, double per_cycle, double per_bit)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    double lives[MOST_LASTING], moves[MOST_LASTING], least[MOST_ATOMS + 1], slack = (double)INFINITY;
    const struct option *options[MOST_ATOMS + 1];
    int begins[MOST_ATOMS + 1], n = web->n_atoms;
    double always = find_lives(web, &guess->frame, lives);
    web->weaver->n_guessed++;
    for (int l = 0; l < web->n_lasting; l++)
        moves[l] =
            frame_bits(cascade, &guess->frame, 0, web->lasting[l].operand) *
            (web->lasting[l].is_external ? frame_visits(cascade, &guess->frame, guess->frame.n_loops, web->lasting[l].ranks)
                                         : 1);
    least[0] = 0;
    for (int end = 1; end <= n; end++) {
        least[end] = (double)INFINITY;
        for (int first = end - 1; first >= 0; first--) {
            const struct span *span = span_at(web, first, end - 1);
            double room = web->room - always - sum_over(span->live, lives), value;
            if (!span->is_legal)
                break;
            bool is_border =
                first == 0 || end == n || !span_at(web, first - 1, end - 1)->is_legal || !span_at(web, first, end)->is_legal;
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

/* ---- prices of both resources ---------------------------------------------------------------------------------------- */

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

bool guess_best(struct web *web, const struct frame *frame, double most, struct guess *best)
{
    const struct weaver *weaver = web->weaver;
    double per_cycle = weaver->weights.per_cycle, per_bit = weaver->cycles_per_bit * per_cycle, cycles = 0;
    for (einsum_set rest = web->set; rest != 0; rest &= rest - 1)
        cycles += frame_cycles(web->mapper, &web->weaver->menus, frame, __builtin_ctzll(rest));
    if (cycles * per_cycle >= most)
        return false;
    double bits = least_bits(web, frame);
    if (weigh(weaver, fmax(cycles, bits * weaver->cycles_per_bit), bits) >= most)
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
