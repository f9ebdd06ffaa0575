/* test_plot.c: plots of characters against plots drawn by hand.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/plot.h"

static const struct sinter_style ascii = {.width = 60}, unicode = {.width = 60, .plots = SINTER_PLOTS_UNICODE};

/* ---- bars --------------------------------------------------------------------------------------------------------- */

static void expect_bars(const struct plot_bars *bars, const struct sinter_style *style, const char *expected)
{
    struct sinter_text out = {0};
    assert_int_equal(plot_bars_draw(bars, style, &out), expected[0] != '\0');
    assert_string_equal(sinter_text_data(&out), expected);
    assert_false(out.failed);
    sinter_text_free(&out);
}

static void single_bars_are_exact_to_their_marks(void **state)
{
    (void)state;
    static const struct {
        double share;
        const char *ascii, *unicode;
    } rows[] = {{0, "", ""},         {-1, "", ""},           {(double)NAN, "", ""}, {1e-9, "#", "▏"},
                {0.5, "##", "██"},   {0.53125, "##", "██▏"}, {0.75, "###", "███"},  {0.96875, "####", "███▉"},
                {1, "####", "████"}, {7, "####", "████"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sinter_text out = {0};
        plot_bar_append(&out, rows[i].share, 4, false);
        assert_string_equal(sinter_text_data(&out), rows[i].ascii);
        out.length = 0;
        sinter_text_append(&out, "");
        plot_bar_append(&out, rows[i].share, 4, true);
        assert_string_equal(out.length == 0 ? "" : sinter_text_data(&out), rows[i].unicode);
        sinter_text_free(&out);
    }
}

static const struct plot_row three_rows[] = {
    {.name = "unfused", .bars = {{{20, 0}, "20 ms"}, {{3, 1}, "4 GB"}}},
    {.name = "fuse-all", .tone = SINTER_STRONG, .bars = {{{5.2, 0}, "5.2 ms"}, {{1, 0.01}, "1.01 GB"}}},
    {.name = "A", .note = "does not fit"}};
static const struct plot_bars two_panels = {.title = "strategy",
                                            .n_panels = 2,
                                            .panels = {{.title = "time"}, {.title = "DRAM", .parts = {"read", "written"}}},
                                            .n_rows = 3,
                                            .rows = three_rows};

static void bars_stand_in_panels(void **state)
{
    (void)state;
    /* 60 columns: 2, 8 of names, and 2 + 15 + 1 + 6, 2 + 15 + 1 + 7 of panels; the rest is less than a column for each */
    expect_bars(&two_panels, &ascii,
                "  strategy  time                    DRAM #read =written\n"
                "  unfused   ############### 20 ms   ###########==== 4 GB\n"
                "  fuse-all  #### 5.2 ms             ###= 1.01 GB\n"
                "  A         does not fit\n");
    expect_bars(&two_panels, &unicode,
                "  strategy  time                    DRAM █read ░written\n"
                "  unfused   ███████████████ 20 ms   ███████████░░░░ 4 GB\n"
                "  fuse-all  ███▉ 5.2 ms             ███░ 1.01 GB\n"
                "  A         does not fit\n");
}

static void bars_give_way_to_narrow_terminals(void **state)
{
    (void)state;
    struct sinter_style narrow = {.width = 40};
    expect_bars(&two_panels, &narrow,
                "  strategy  time\n"
                "  unfused   ##################### 20 ms\n"
                "  fuse-all  ##### 5.2 ms\n"
                "  A         does not fit\n");
    narrow.width = 48; /* the second panel has room for its parts, not for its title */
    expect_bars(&two_panels, &narrow,
                "  strategy  time              #read =written\n"
                "  unfused   ######### 20 ms   #######== 4 GB\n"
                "  fuse-all  ## 5.2 ms         #= 1.01 GB\n"
                "  A         does not fit\n");
    narrow.width = 26;
    expect_bars(&two_panels, &narrow, "");
    narrow = (struct sinter_style){.plots = SINTER_PLOTS_NONE};
    expect_bars(&two_panels, &narrow, "");
}

static void bars_of_colors_are_the_same_bars(void **state)
{
    (void)state;
    struct sinter_style colored = {.width = 40, .is_colored = true};
    expect_bars(&two_panels, &colored,
                "  \033[1mstrategy  time\033[0m\n"
                "  unfused   ##################### 20 ms\n"
                "  \033[1mfuse-all  ##### 5.2 ms\033[0m\n"
                "  A         does not fit\n");
}

static void bars_of_odd_values(void **state)
{
    (void)state;
    static const struct plot_row rows[] = {{.name = "nothing", .bars = {{{0, 0}, "0 s"}}},
                                           {.name = "not a number", .bars = {{{(double)NAN, 0}, "-"}}},
                                           {.name = "endless", .bars = {{{(double)INFINITY, 0}, "unlimited"}}},
                                           {.name = "equal", .bars = {{{2, 0}, "2 s"}}},
                                           {.name = "equal too", .bars = {{{2, 0}, "2 s"}}}};
    struct plot_bars bars = {.title = "name", .n_panels = 1, .panels = {{.title = "time"}}, .n_rows = 5, .rows = rows};
    expect_bars(&bars, &(struct sinter_style){.width = 38},
                "  name          time\n"
                "  nothing       0 s\n"
                "  not a number  -\n"
                "  endless       unlimited\n"
                "  equal         ############ 2 s\n"
                "  equal too     ############ 2 s\n");
    bars.n_rows = 1; /* all are 0 */
    expect_bars(&bars, &ascii, "  name     time\n  nothing  0 s\n");
    bars.n_rows = 0;
    expect_bars(&bars, &ascii, "");
}

static void long_names_lose_their_middle(void **state)
{
    (void)state;
    static const struct plot_row rows[] = {
        {.name = "examples/of/a/long/path/to/scan.schedule.txt", .bars = {{{1, 0}, "1 s"}}},
        {.name = "äöüäöüäöüäöüäöüäöüäöü", .bars = {{{1, 0}, "1 s"}}},
        {.name = "bell\a", .bars = {{{1, 0}, "1 s"}}}};
    struct plot_bars bars = {.title = "name", .n_panels = 1, .panels = {{.title = "time"}}, .n_rows = 3, .rows = rows};
    expect_bars(&bars, &(struct sinter_style){.width = 36},
                "  name          time\n"
                "  examp..e.txt  ################ 1 s\n"
                "  äöüäö..öüäöü  ################ 1 s\n"
                "  bell\\u0007    ################ 1 s\n");
    expect_bars(&bars, &(struct sinter_style){.width = 36, .plots = SINTER_PLOTS_UNICODE},
                "  name          time\n"
                "  exampl…e.txt  ████████████████ 1 s\n"
                "  äöüäöü…öüäöü  ████████████████ 1 s\n"
                "  bell\\u0007    ████████████████ 1 s\n");
}

/* ---- axes --------------------------------------------------------------------------------------------------------- */

static void ticks_are_round(void **state)
{
    (void)state;
    static const struct {
        double low, high;
        enum sinter_dimension dimension;
        int most;
        const char *expected;
    } rows[] = {{1, 10, SINTER_COUNT, 6, "log 1 2 5 10"},
                {1, 10, SINTER_COUNT, 12, "log 1 1.5 2 3 5 7 10"},
                {0.9, 90, SINTER_COUNT, 6, "log 1 3 10 30"},
                {1, 1e9, SINTER_COUNT, 6, "log 1 100 1e+04 1e+06 1e+08"},
                {0, 10, SINTER_COUNT, 6, "0 2 4 6 8 10"},
                {4, 10, SINTER_COUNT, 6, "4 6 8 10"},
                {0.1, 0.29, SINTER_COUNT, 6, "0.1 0.15 0.2 0.25"},
                {0, 0, SINTER_COUNT, 6, "0 0.2 0.4 0.6 0.8 1"},
                {100, 100, SINTER_COUNT, 6, "99 100 101"},
                {10000, 10001, SINTER_COUNT, 6, "1e+04 1.01e+04"},
                {65536, 1 << 24, SINTER_BYTES, 6, "log 6.55e+04 2.62e+05 1.05e+06 4.19e+06 1.68e+07"},
                {1024, 2048, SINTER_BYTES, 6, "1.02e+03 1.28e+03 1.54e+03 1.79e+03 2.05e+03"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct plot_scale scale;
        char text[256] = "";
        plot_scale_fit(&scale, rows[i].low, rows[i].high, rows[i].dimension, rows[i].most);
        assert_true(scale.n_ticks <= rows[i].most);
        for (int t = 0; t < scale.n_ticks; t++) {
            size_t n = strlen(text);
            snprintf(text + n, sizeof text - n, "%s%.3g", t > 0 ? " " : scale.is_log ? "log " : "", scale.ticks[t]);
        }
        assert_string_equal(text, rows[i].expected);
        assert_true(fabs(plot_scale_share(&scale, scale.low)) < 1e-12);
        assert_true(fabs(plot_scale_share(&scale, scale.high) - 1) < 1e-12);
    }
}

/* Any range has a tick, and ticks are within it and rise. */
static void every_range_has_ticks(void **state)
{
    (void)state;
    struct sinter_random random = {7};
    for (int i = 0; i < 20000; i++) {
        double low = pow(10, 24 * sinter_random_unit(&random) - 12);
        double high = low * pow(10, (double)sinter_random_below(&random, 8) * sinter_random_unit(&random));
        int most = 3 + (int)sinter_random_below(&random, PLOT_TICKS - 2);
        struct plot_scale scale;
        plot_scale_fit(&scale, low, high, i % 2 == 0 ? SINTER_COUNT : SINTER_BYTES, most);
        if (scale.n_ticks < 1 || scale.n_ticks > most)
            fail_msg("case %d: %d ticks from %g to %g, at most %d", i, scale.n_ticks, low, high, most);
        for (int t = 0; t < scale.n_ticks; t++) {
            double share = plot_scale_share(&scale, scale.ticks[t]);
            assert_true(share > -1e-6 && share < 1 + 1e-6);
            assert_true(t == 0 || scale.ticks[t] > scale.ticks[t - 1]);
        }
    }
}

/* ---- points ------------------------------------------------------------------------------------------------------- */

static void expect_scatter(const struct plot_point *points, int64_t n, const struct sinter_style *style,
                           const char *expected)
{
    struct plot_scatter scatter = {.x = {"memory on chip", SINTER_BYTES},
                                   .y = {"latency", SINTER_TIME},
                                   .names = {"another one", "nothing beats it", "recommended"},
                                   .n_points = n,
                                   .points = points};
    struct sinter_text out = {0};
    assert_int_equal(plot_scatter_draw(&scatter, style, &out), expected[0] != '\0');
    assert_string_equal(sinter_text_data(&out), expected);
    assert_false(out.failed);
    sinter_text_free(&out);
}

static const struct plot_point few[] = {{1024, 0.010, PLOT_OTHER},       {1024, 0.010, PLOT_OTHER},
                                        {1024, 0.009, PLOT_OTHER},       {1024, 0.008, PLOT_FRONT},
                                        {4096, 0.0055, PLOT_FRONT},      {4096, 0.0056, PLOT_OTHER},
                                        {16384, 0.004, PLOT_BEST},       {65536, 0.004, PLOT_OTHER},
                                        {65536, (double)NAN, PLOT_BEST}, {(double)INFINITY, 0.004, PLOT_FRONT}};
#define N_FEW (int64_t)(sizeof few / sizeof *few)

static void points_stand_where_they_belong(void **state)
{
    (void)state;
    expect_scatter(few, N_FEW, &(struct sinter_style){.width = 42},
                   "  latency\n"
                   "  10 ms +:\n"
                   "        |\n"
                   "        |.\n"
                   "        |\n"
                   "   8 ms +o\n"
                   "        |\n"
                   "        |\n"
                   "   6 ms +\n"
                   "        |           o\n"
                   "        |\n"
                   "        |\n"
                   "   4 ms +                     *          .\n"
                   "        +-----------+---------------+-----\n"
                   "                  4 KiB           32 KiB\n"
                   "         memory on chip, logarithmic\n"
                   "  . another one, : several, o nothing\n"
                   "  beats it, * recommended\n");
}

static void braille_shows_where_in_a_cell_points_are(void **state)
{
    (void)state;
    expect_scatter(few, N_FEW, &(struct sinter_style){.width = 42, .plots = SINTER_PLOTS_UNICODE},
                   "  latency\n"
                   "  10 ms ┤⠁\n"
                   "        │\n"
                   "        │⠁\n"
                   "        │\n"
                   "   8 ms ┤●\n"
                   "        │\n"
                   "        │\n"
                   "   6 ms ┤\n"
                   "        │           ●\n"
                   "        │\n"
                   "        │\n"
                   "   4 ms ┤                     ◆          ⢀\n"
                   "        └───────────┬───────────────┬─────\n"
                   "                  4 KiB           32 KiB\n"
                   "         memory on chip, logarithmic\n"
                   "  ⠂ another one, ● nothing beats it, ◆\n"
                   "  recommended\n");
}

static void points_that_are_alike(void **state)
{
    (void)state;
    static const struct plot_point same[] = {{1048576, 0.010, PLOT_OTHER}, {1048576, 0.010, PLOT_BEST}};
    expect_scatter(same, 2, &(struct sinter_style){.width = 36},
                   "  latency\n"
                   "  10.1 ms +\n"
                   "          |\n"
                   "          |\n"
                   "          |\n"
                   "          |\n"
                   "    10 ms +            *\n"
                   "          |\n"
                   "          |\n"
                   "          |\n"
                   "          |\n"
                   "          |\n"
                   "   9.9 ms +\n"
                   "          +--+---------+---------+--\n"
                   "          1016 KiB   1 MiB  1.01 MiB\n"
                   "           memory on chip\n"
                   "  * recommended\n");
    expect_scatter(same, 1, &(struct sinter_style){.width = 36},
                   "  latency\n"
                   "  10.1 ms +\n"
                   "          |\n"
                   "          |\n"
                   "          |\n"
                   "          |\n"
                   "    10 ms +            .\n"
                   "          |\n"
                   "          |\n"
                   "          |\n"
                   "          |\n"
                   "          |\n"
                   "   9.9 ms +\n"
                   "          +--+---------+---------+--\n"
                   "          1016 KiB   1 MiB  1.01 MiB\n"
                   "           memory on chip\n"
                   "  . another one\n");
}

static void what_cannot_be_drawn_is_not(void **state)
{
    (void)state;
    static const struct plot_point odd[] = {{(double)NAN, 1, PLOT_BEST}, {1, (double)INFINITY, PLOT_OTHER}};
    expect_scatter(odd, 2, &ascii, "");
    expect_scatter(odd, 0, &ascii, "");
    expect_scatter(few, N_FEW, &(struct sinter_style){.plots = SINTER_PLOTS_NONE}, "");
    expect_scatter(few, N_FEW, &(struct sinter_style){.width = 24}, ""); /* 15 columns between the axes: one too few */
}

/* A plot is as long as its cells, however many points there are. */
static void large_sweeps_are_summed_up_by_cell(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct plot_point *points = sinter_allocate(NULL, N, sizeof *points);
    struct sinter_random random = {1};
    assert_non_null(points);
    for (int i = 0; i < N; i++)
        points[i] = (struct plot_point){sinter_random_unit(&random), sinter_random_unit(&random), PLOT_OTHER};
    struct plot_scatter scatter = {.x = {"x", SINTER_COUNT}, .y = {"y", SINTER_COUNT}, .n_points = N, .points = points};
    struct sinter_text out = {0};
    scatter.names[PLOT_OTHER] = "a point";
    assert_true(plot_scatter_draw(&scatter, &unicode, &out));
    int n_full = 0;
    for (const char *at = sinter_text_data(&out); (at = strstr(at, "⣿")) != NULL; at++)
        n_full++;
    assert_true(n_full > 0);
    assert_true(out.length < 4096);
    sinter_text_free(&out);
    sinter_release(NULL, points);
}

static void plots_survive_lack_of_memory(void **state)
{
    (void)state;
    struct plot_scatter scatter = {
        .x = {"x", SINTER_BYTES}, .y = {"y", SINTER_TIME}, .names = {"a", "b", "c"}, .n_points = N_FEW, .points = few};
    bool is_done = false;
    for (int64_t n = 0; !is_done; n++) {
        struct sinter_counting_allocator counting;
        sinter_counting_allocator_init(&counting, n);
        struct sinter_text out = {.allocator = &counting.allocator};
        bool has_bars = plot_bars_draw(&two_panels, &ascii, &out);
        is_done = has_bars && plot_scatter_draw(&scatter, &ascii, &out) && !out.failed;
        assert_true(is_done || out.failed);
        sinter_text_free(&out);
        assert_int_equal(counting.n_live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(single_bars_are_exact_to_their_marks),
                                       cmocka_unit_test(bars_stand_in_panels),
                                       cmocka_unit_test(bars_give_way_to_narrow_terminals),
                                       cmocka_unit_test(bars_of_colors_are_the_same_bars),
                                       cmocka_unit_test(bars_of_odd_values),
                                       cmocka_unit_test(long_names_lose_their_middle),
                                       cmocka_unit_test(ticks_are_round),
                                       cmocka_unit_test(every_range_has_ticks),
                                       cmocka_unit_test(points_stand_where_they_belong),
                                       cmocka_unit_test(braille_shows_where_in_a_cell_points_are),
                                       cmocka_unit_test(points_that_are_alike),
                                       cmocka_unit_test(what_cannot_be_drawn_is_not),
                                       cmocka_unit_test(large_sweeps_are_summed_up_by_cell),
                                       cmocka_unit_test(plots_survive_lack_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
