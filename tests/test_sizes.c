/* test_sizes.c: traffic of windows over very long ranks and over many looped ranks, by closed formulas and the naive twin.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "numbers.h"
#include "schedule/pieces.h"
#include "twin.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static const char roomy[] = "accelerator: roomy\nclock: 1 GHz\nmemories:\n"
                            "  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n"
                            "  - {name: buffer, kind: sram, capacity: unlimited, bandwidth: unlimited}\n"
                            "units:\n  - {name: array, at: buffer, pes: [4], cycles: {mac: 1, mul: 1, add: 1, exp: 4}}\n";
static const char too_much[] = "the schedule moves or holds more than 2^63 bits";
static const char too_many[] = "loops over several ranks move one tile to more places than can be counted";

/* Resolves; on success the bits read of `tensor`, else -1 and the message. */
static int64_t bits_read(const char *cascade, const char *schedule, const char *tensor, char *message, size_t size)
{
    struct problem p;
    struct sinter_plan *plan = NULL;
    if (!problem_open(&p, cascade, roomy, schedule, NULL, 0) ||
        sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan) != SINTER_OK)
        fail_msg("%s%s%s", cascade, schedule, sinter_diagnostics_text(p.diags));
    enum sinter_status status = sinter_plan_resolve(plan, &p.schedule, p.diags);
    int64_t bits = status == SINTER_OK ? plan->traffic[sinter_cascade_tensor(p.cascade, tensor)].read_bits : -1;
    snprintf(message, size, "%s", status == SINTER_OK ? "" : sinter_diagnostics_at(p.diags, 0)->message);
    sinter_plan_free(plan);
    problem_close(&p);
    return bits;
}

/* ---- windows over long ranks --------------------------------------------------------------------------------------- */

/* Bytes read of X, where `l` runs over L indices in pieces of t. */
typedef int64_t formula(int64_t L, int64_t t);

/* Each piece but the first reads two before it; the second one finds only one there when the first is that short. */
static int64_t two_behind(int64_t L, int64_t t)
{
    return L + 2 * (sinter_ceil_div(L, t) - 1) - (t == 1);
}
/* Each piece but the last reads two after it; the last but one finds only one there when the last is that short. */
static int64_t two_ahead(int64_t L, int64_t t)
{
    return L + 2 * (sinter_ceil_div(L, t) - 1) - ((L - 1) % t == 0);
}
static int64_t once(int64_t L, int64_t t)
{
    (void)t;
    return L;
}
/* 2 (size - 1) + 3 each. */
static int64_t two_steps(int64_t L, int64_t t)
{
    return 2 * L + sinter_ceil_div(L, t);
}
static int64_t first_six(int64_t L, int64_t t)
{
    (void)L, (void)t;
    return 6;
}

struct window {
    const char *name, *index, *line;
    int factor; /* the dimension of X has factor * L indices */
    formula *bytes;
};

static const struct window windows[] = {
    {"behind, streamed", "l-k", "", 1, two_behind},
    {"behind, held: it keeps what it has", "l-k", "    hold X in buffer\n", 1, once},
    {"ahead, streamed", "l+k", "", 1, two_ahead},
    {"strided", "2*l+k", "", 3, two_steps},
    {"backward from 5", "5-l", "", 1, first_six},
};

static void check_window(const struct window *window, int64_t L, int64_t tile)
{
    char cascade[512], schedule[256], message[256];
    bool has_taps = strchr(window->index, 'k') != NULL;
    snprintf(cascade, sizeof cascade,
             "cascade: c\ntype: int8\nranks: {L: %" PRId64 ", K: 3, Q: %" PRId64 "}\ntensors:\n"
             "  X: {ranks: [Q], role: input}\n  W: {ranks: [%s], role: weight}\n  Y: {ranks: [L], role: output}\n"
             "einsums:\n  - Y[l] = X[%s]%s\n",
             L, window->factor * L, has_taps ? "K" : "L", window->index, has_taps ? " * W[k]" : " * W[l]");
    snprintf(schedule, sizeof schedule, "group\n%s  for l in L by %" PRId64 "\n%s    Y on array\n",
             has_taps ? "  hold W in buffer\n" : "", tile, window->line);
    int64_t bits = bits_read(cascade, schedule, "X", message, sizeof message), expected = 8 * window->bytes(L, tile);
    if (bits != expected)
        fail_msg("%s, L %" PRId64 " by %" PRId64 ": %" PRId64 " bits, expected %" PRId64 " %s", window->name, L, tile, bits,
                 expected, message);
}

static void windows_over_long_ranks_follow_their_formulas(void **state)
{
    (void)state;
    static const int64_t extents[] = {40, (int64_t)1 << 32, ((int64_t)1 << 32) + 5, 3000000019, ((int64_t)1 << 57) - 1};
    static const int64_t tiles[] = {1, 6, 1024, 1000003};
    for (int i = 0; i < COUNT(windows); i++)
        for (int e = 0; e < COUNT(extents); e++)
            for (int t = 0; t < COUNT(tiles) && tiles[t] < extents[e]; t++)
                check_window(&windows[i], extents[e], tiles[t]);
}

/* (3 L - 3) bytes are read: they fit 63 bits up to L = 2^60 / 3. */
static void a_window_is_refused_only_when_its_traffic_does_not_fit(void **state)
{
    (void)state;
    static const char text[] = "cascade: c\ntype: int8\nranks: {L: %" PRId64 ", K: 3}\ntensors:\n"
                               "  X: {ranks: [L], role: input}\n  W: {ranks: [K], role: weight}\n"
                               "  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = X[l-k] * W[k]\n";
    static const char schedule[] = "group\n  hold W in buffer\n  for l in L by 1\n    Y on array\n";
    int64_t most = (((int64_t)1 << 60) - 1) / 3;
    char cascade[512], message[256];
    snprintf(cascade, sizeof cascade, text, most - 8);
    assert_int_equal(bits_read(cascade, schedule, "X", message, sizeof message), 8 * (3 * (most - 8) - 3));
    snprintf(cascade, sizeof cascade, text, most + 8);
    assert_int_equal(bits_read(cascade, schedule, "X", message, sizeof message), -1);
    assert_string_equal(message, too_much);
}

/* The state has the two slices below 0: two of them are read at l = 0, one at l = 1. */
static void a_state_below_a_long_rank_is_read_where_the_window_reaches_it(void **state)
{
    (void)state;
    static const char cascade[] = "cascade: c\ntype: int8\nranks: {L: 4294967311, K: 3, J: 2}\ntensors:\n"
                                  "  S: {ranks: [J], role: input}\n  X: {ranks: [L], role: input, state: S}\n"
                                  "  W: {ranks: [K], role: weight}\n  Y: {ranks: [L], role: output}\n"
                                  "einsums:\n  - Y[l] = X[l-k] * W[k]\n";
    static const char schedule[] = "group\n  for l in L by 1\n    Y on array\n";
    char message[256];
    assert_int_equal(bits_read(cascade, schedule, "S", message, sizeof message), 8 * 3);
    assert_int_equal(bits_read(cascade, schedule, "X", message, sizeof message), 8 * (3 * 4294967311 - 3));
}

/* ---- sums over pieces ------------------------------------------------------------------------------------------------ */

static int64_t clamped(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

static void what_lies_inside_equals_its_enumeration(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct sinter_random random = {seed};
        struct cut cut = {.extent = 1 + sinter_random_below(&random, 160)};
        int64_t left = cut.extent, start = 0, size, next, sum = 0;
        for (int n = (int)sinter_random_below(&random, 6); n > 0 && left > 1; n--)
            cut.tiles[cut.n_levels++] = left = 1 + sinter_random_below(&random, left - 1);
        int64_t a = sinter_random_below(&random, 9) - 4, least = sinter_random_below(&random, 400) - 200;
        int64_t most = least + sinter_random_below(&random, 9), low = sinter_random_below(&random, 300) - 150;
        int64_t high = low + sinter_random_below(&random, 200);
        bool overflow = false;
        for (; cut_next(&cut, &start, &size, &next); start = next) {
            int64_t first = a * start, last = a * (next - 1);
            sum +=
                clamped((a > 0 ? last : first) + most + 1, low, high) - clamped((a > 0 ? first : last) + least, low, high);
        }
        int64_t got = cut_sum_inside(&cut, a, least, most, low, high, &overflow);
        if (got != sum || overflow)
            fail_msg("seed %" PRIu64 ": %" PRId64 ", expected %" PRId64, seed, got, sum);
    }
}

/* Steps on the way are far beyond 64 bits, and with the last one even beyond 128. */
static void steps_may_be_larger_than_results(void **state)
{
    (void)state;
    const int64_t L = (int64_t)1 << 61, far = (int64_t)1 << 62;
    struct cut by_one = {.extent = L, .n_levels = 1, .tiles = {1}};
    struct cut nested = {.extent = L, .n_levels = 2, .tiles = {1 << 20, 1 << 3}};
    bool overflow = false;
    assert_int_equal(cut_sum_inside(&by_one, 1, -2, 0, 0, L, &overflow), 3 * L - 3);
    assert_int_equal(cut_sum_inside(&by_one, -1, 0, 2, -L + 1, 1, &overflow), 3 * L - 3);
    assert_int_equal(cut_sum_inside(&nested, 1, -2, 0, 0, L, &overflow), L + 2 * (L / 8 - 1));
    assert_int_equal(cut_sum_inside(&by_one, far, 1 - far, 1 - far, 0, far, &overflow), 1); /* only x = 1 is inside */
    assert_int_equal(cut_sum_inside(&by_one, -far, far - 1, far - 1, 0, far, &overflow), 1);
    assert_int_equal(cut_sum_inside(&by_one, 1, far, INT64_MAX, 0, far, &overflow), 0);
    assert_int_equal(cut_sum_of_starts(&by_one, 1, -L, -1, 0, &overflow), -L);
    assert_int_equal(cut_sum_of_lasts(&by_one, 1, 1 - L, -1, INT64_MAX, &overflow), 1 - L);
    assert_false(overflow);
    cut_sum_inside(&by_one, 1, -4, 0, 0, L, &overflow); /* 5 L - 10 */
    assert_true(overflow);
}

/* ---- many looped ranks in one index ------------------------------------------------------------------------------------ */

/* Y[a] = X[a+b+...] over n ranks of `extent`, each in a loop by `tile`. */
static void many_loops(int n, int extent, int tile, char *cascade, char *schedule, size_t size)
{
    size_t c = (size_t)snprintf(cascade, size, "cascade: c\ntype: int8\nranks: {Z: %d", n * (extent - 1) + 1), s = 0;
    s += (size_t)snprintf(schedule, size, "group\n");
    for (int i = 0; i < n; i++) {
        c += (size_t)snprintf(cascade + c, size - c, ", %c: %d", 'A' + i, extent);
        s += (size_t)snprintf(schedule + s, size - s, "%*sfor %c in %c by %d\n", 2 * i + 2, "", 'a' + i, 'A' + i, tile);
    }
    c += (size_t)snprintf(cascade + c, size - c,
                          "}\ntensors:\n  X: {ranks: [Z], role: input}\n  Y: {ranks: [A], role: output}\n"
                          "einsums:\n  - Y[a] = sum(X[a");
    for (int i = 1; i < n; i++)
        c += (size_t)snprintf(cascade + c, size - c, "+%c", 'a' + i);
    snprintf(cascade + c, size - c, "])\n");
    snprintf(schedule + s, size - s, "%*sY on array\n", 2 * n + 2, "");
}

static void as_many_ranks_as_can_be_walked_through_move_one_index(void **state)
{
    (void)state;
    char cascade[2048], schedule[4096], message[256];
    for (int n = 7; n <= 16; n++) {
        many_loops(n, 2, 1, cascade, schedule, sizeof cascade);
        assert_int_equal(bits_read(cascade, schedule, "X", message, sizeof message), (int64_t)8 << n);
    }
    many_loops(23, 2, 1, cascade, schedule, sizeof cascade);
    assert_int_equal(bits_read(cascade, schedule, "X", message, sizeof message), -1);
    assert_string_equal(message, too_many);
}

static void nine_looped_ranks_move_what_the_twin_moves(void **state)
{
    (void)state;
    char cascade[2048], schedule[4096], message[256];
    struct twin_result *twin = malloc(sizeof *twin);
    assert_non_null(twin);
    for (int held = 0; held < 2; held++) {
        struct problem p;
        many_loops(9, 3, 2, cascade, schedule, sizeof cascade);
        if (held)
            strcpy(strstr(schedule, "Y on"), "hold X in buffer\n                    Y on array\n");
        assert_true(problem_open(&p, cascade, roomy, schedule, NULL, 0));
        twin_run(&p.schedule, twin);
        assert_int_equal(twin->verdict, TWIN_LEGAL);
        assert_int_equal(bits_read(cascade, schedule, "X", message, sizeof message),
                         twin->read_bits[sinter_cascade_tensor(p.cascade, "X")]);
        problem_close(&p);
    }
    free(twin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_over_long_ranks_follow_their_formulas),
        cmocka_unit_test(a_window_is_refused_only_when_its_traffic_does_not_fit),
        cmocka_unit_test(a_state_below_a_long_rank_is_read_where_the_window_reaches_it),
        cmocka_unit_test(what_lies_inside_equals_its_enumeration),
        cmocka_unit_test(steps_may_be_larger_than_results),
        cmocka_unit_test(as_many_ranks_as_can_be_walked_through_move_one_index),
        cmocka_unit_test(nine_looped_ranks_move_what_the_twin_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
