/* byhand.c: scans written by hand, timed.
 * SPDX-License-Identifier: MIT
 */
#include "byhand.h"
#include "job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TILE = 1024 };

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static float *own(struct scan_numbers *numbers, int64_t n)
{
    return numbers->owned[numbers->n_owned++] = numbers_new(n);
}

static const float *take(struct scan_numbers *numbers, const struct problem *p, const char *name)
{
    int tensor = problem_tensor(p, name);
    int64_t n = p->cascade->tensors[tensor].elements;
    float *taken = own(numbers, n);
    memcpy(taken, p->in->images[tensor], (size_t)n * sizeof *taken);
    return taken;
}

/* From [D][N] to [N][D]. */
static const float *transpose(struct scan_numbers *numbers, const float *from)
{
    const struct scan *scan = &numbers->scan;
    float *rows = own(numbers, scan->n_channels * scan->n_states);
    for (int64_t d = 0; d < scan->n_channels; d++)
        for (int64_t n = 0; n < scan->n_states; n++)
            rows[n * scan->n_channels + d] = from[d * scan->n_states + n];
    return rows;
}

void scan_open(struct scan_numbers *numbers, const struct problem *p)
{
    const struct sinter_tensor *a = &p->cascade->tensors[problem_tensor(p, "A")];
    const struct sinter_tensor *y = &p->cascade->tensors[problem_tensor(p, "Y")];
    struct scan *scan = &numbers->scan;
    *numbers = (struct scan_numbers){0};
    scan->n_tokens = p->cascade->ranks[y->dims[0]].extent;
    scan->n_channels = p->cascade->ranks[a->dims[0]].extent;
    scan->n_states = p->cascade->ranks[a->dims[1]].extent;
    scan->dt = take(numbers, p, "DT");
    scan->x = take(numbers, p, "X");
    scan->b = take(numbers, p, "B");
    scan->c = take(numbers, p, "C");
    scan->a = take(numbers, p, "A");
    scan->start = take(numbers, p, "H0");
    scan->a_rows = transpose(numbers, scan->a);
    scan->start_rows = transpose(numbers, scan->start);
    scan->y = own(numbers, y->elements);
    scan->end = own(numbers, a->elements);
    scan->dtx = own(numbers, y->elements);
    for (int k = 0; k < 4; k++)
        scan->products[k] = numbers_new(scan->n_tokens * a->elements);
}

void scan_drop_products(struct scan_numbers *numbers)
{
    for (int k = 0; k < 4; k++) {
        free(numbers->scan.products[k]);
        numbers->scan.products[k] = NULL;
    }
}

void scan_close(struct scan_numbers *numbers)
{
    scan_drop_products(numbers);
    for (int k = 0; k < numbers->n_owned; k++)
        free(numbers->owned[k]);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

struct hand {
    const struct scan *scan;
    void (*fused)(const struct scan *, int64_t, int64_t, int64_t, float *);
    void (*unfused)(const struct scan *, int64_t, int64_t);
    int64_t tile;
    float *work[2];
};

static void fused(const void *job, int i, int n)
{
    const struct hand *hand = job;
    int64_t share = hand->scan->n_channels / n;
    hand->fused(hand->scan, share * i, share * (i + 1), hand->tile, hand->work[i]);
}

static void unfused(const void *job, int i, int n)
{
    const struct hand *hand = job;
    int64_t share = hand->scan->n_channels / n;
    hand->unfused(hand->scan, share * i, share * (i + 1));
}

/* Leaves the fastest tile in place. */
static double fastest_tile(struct hand *hand, const char *name)
{
    char metric[64];
    double least = 0;
    int64_t best = 0;
    for (hand->tile = 64; hand->tile <= MOST_TILE; hand->tile *= 2) {
        double ns = job_ns(fused, hand, 1);
        best = least == 0 || ns < least ? hand->tile : best;
        least = least == 0 || ns < least ? ns : least;
    }
    hand->tile = best;
    print_metric(name, least / 1e6, "ms", -1);
    snprintf(metric, sizeof metric, "%s.tile", name);
    print_metric(metric, (double)best, "count", -1);
    return least;
}

/* Of the largest number, how far Y is from what is expected. Spoils Y, so that the next scan must make it anew. */
static void print_difference(const char *metric, const struct scan *scan, const float *expected, double target)
{
    double difference = 0, most = 0;
    for (int64_t i = 0; i < scan->n_tokens * scan->n_channels; i++) {
        difference = fmax(difference, fabs((double)scan->y[i] - (double)expected[i]));
        most = fmax(most, fabs((double)expected[i]));
        scan->y[i] = 1e30f;
    }
    print_metric(metric, difference / most, "ratio", target);
}

static void bench_unfused(struct hand *hand, struct by_hand *by_hand, const float *expected)
{
    hand->unfused = scan_kernels()->unfused_reference;
    double ns = job_ns(unfused, hand, 1);
    print_metric("hand.unfused.8-tensors", ns / 1e6, "ms", -1);
    print_difference("hand.unfused.8-tensors.difference", hand->scan, expected, 1e-5);
    print_metric("hand.unfused.8-tensors.2T", job_ns(unfused, hand, 2) / 1e6, "ms", -1);
    print_metric("hand.unfused.8-tensors/fused", ns / by_hand->fused_ns, "ratio", -1);
    hand->unfused = scan_kernels()->unfused;
    by_hand->unfused_ns = job_ns(unfused, hand, 1);
    print_metric("hand.unfused", by_hand->unfused_ns / 1e6, "ms", -1);
    print_metric("hand.unfused/fused", by_hand->unfused_ns / by_hand->fused_ns, "ratio", -1);
    print_difference("hand.unfused.difference", hand->scan, expected, 0);
}

static struct hand hand_open(const struct scan *scan, bool is_exp2)
{
    struct hand hand = {.scan = scan, .fused = is_exp2 ? scan_kernels()->fused_exp2 : scan_kernels()->fused};
    for (int i = 0; i < 2; i++)
        hand.work[i] = numbers_new(MOST_TILE * (2 * scan->n_states + 1));
    return hand;
}

static void hand_close(struct hand *hand)
{
    for (int i = 0; i < 2; i++)
        free(hand->work[i]);
}

struct by_hand bench_by_hand(const struct scan *scan, const float *expected)
{
    struct by_hand by_hand = {0};
    struct hand hands[2] = {hand_open(scan, false), hand_open(scan, true)};
    double exp_ns = fastest_tile(&hands[0], "hand.fused.exp");
    print_difference("hand.fused.exp.difference", scan, expected, 0);
    double exp2_ns = fastest_tile(&hands[1], "hand.fused.exp2");
    print_difference("hand.fused.exp2.difference", scan, expected, 1e-5);
    by_hand.is_exp2 = exp2_ns < exp_ns;
    by_hand.fused_ns = by_hand.is_exp2 ? exp2_ns : exp_ns;
    struct hand *faster = &hands[by_hand.is_exp2];
    print_metric("hand.fused", by_hand.fused_ns / 1e6, "ms", -1);
    print_metric("hand.fused.2T", job_ns(fused, faster, 2) / 1e6, "ms", -1);
    bench_unfused(faster, &by_hand, expected);
    for (int i = 0; i < 2; i++) {
        by_hand.tiles[i] = hands[i].tile;
        hand_close(&hands[i]);
    }
    return by_hand;
}

double by_hand_ns(const struct by_hand *by_hand, const struct scan *scan, bool is_exp2)
{
    struct hand hand = hand_open(scan, is_exp2);
    hand.tile = by_hand->tiles[is_exp2];
    double ns = job_ns(fused, &hand, 1);
    hand_close(&hand);
    return ns;
}
