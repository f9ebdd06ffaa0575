/* test_components.c: area, energy, leakage and time of memories and PEs by the tables.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/data.h"
#include "sinter/accel.h"

static const double KiB = 1024, MiB = 1048576;

static void check_near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-9 * fabs(expected)))
        fail_msg("%.17g instead of %.17g", found, expected);
}

/* ---- memories ----------------------------------------------------------------------------------------------------- */

static const char *table_text(void)
{
    for (int i = 0; i < n_data_files; i++)
        if (strcmp(data_files[i].path, "technology/cacti_sram.csv") == 0)
            return data_files[i].text;
    fail_msg("the table of SRAM is not embedded");
    return NULL;
}

/* One row of the file that the model uses; false at the end. */
struct row {
    char cell[16], periphery[16];
    double nm, bytes, width, banks, mm2, read_nj, write_nj, leak_mw, access_ns, cycle_ns;
};

static bool next_row(const char **at, struct row *row)
{
    while ((*at = strchr(*at, '\n')) != NULL && *++*at != '\0') {
        int n = sscanf(*at, "%15[^,],%15[^,],%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", row->cell, row->periphery, &row->nm,
                       &row->bytes, &row->width, &row->banks, &row->mm2, &row->read_nj, &row->write_nj, &row->leak_mw,
                       &row->access_ns, &row->cycle_ns);
        assert_int_equal(n, 12);
        double banks = fmin(32, fmax(1, row->bytes / (128 * KiB)));
        if (strcmp(row->cell, row->periphery) == 0 && fabs(banks - row->banks) < 0.5)
            return true;
    }
    return false;
}

static void the_table_is_reproduced_at_its_knots(void **state)
{
    const char *at = table_text();
    struct row row;
    int n = 0;
    (void)state;
    for (; next_row(&at, &row); n++) {
        enum sinter_cells cells = SINTER_LSTP;
        while (strcmp(row.cell + strlen("itrs-"), sinter_cells_name(cells)) != 0)
            cells++;
        struct sinter_sram sram = sinter_sram(row.bytes, row.width, cells, row.nm);
        check_near(sram.area_mm2, row.mm2);
        check_near(sram.read_pj_per_bit, row.read_nj * 1e3 / (8 * row.width));
        check_near(sram.write_pj_per_bit, row.write_nj * 1e3 / (8 * row.width));
        check_near(sram.leakage_watts, row.leak_mw * 1e-3);
        check_near(sram.access_s, row.access_ns * 1e-9);
        check_near(sram.cycle_s, row.cycle_ns * 1e-9);
    }
    assert_int_equal(n, 192); /* 12 capacities, 3 cells, 3 nodes, 2 widths; low operating power has 2 tables less */
}

static void defaults_are_64_bytes_of_28_nm(void **state)
{
    struct sinter_sram sram = sinter_sram(8 * MiB, 0, SINTER_LSTP, 0);
    (void)state;
    check_near(sram.area_mm2, 10.215);
    check_near(sram.read_pj_per_bit, 551.07 / 512);
    check_near(sram.leakage_watts, 3.5757e-3);
}

/* Every width, node and cells, also beyond the table. */
static void nothing_falls_with_capacity(void **state)
{
    static const double widths[] = {4, 64, 80, 128, 1000, 65536}, nodes[] = {3, 7, 22, 25, 28, 30, 32, 45, 90};
    (void)state;
    for (int cells = 0; cells < 3; cells++)
        for (int n = 0; n < 9; n++)
            for (int w = 0; w < 6; w++) {
                struct sinter_sram before = {0};
                for (double bytes = 16; bytes < 1e12; bytes *= 1.07) {
                    struct sinter_sram sram = sinter_sram(bytes, widths[w], (enum sinter_cells)cells, nodes[n]);
                    bool is_more = sram.area_mm2 >= before.area_mm2 * (1 - 1e-12) &&
                                   sram.read_pj_per_bit >= before.read_pj_per_bit * (1 - 1e-12) &&
                                   sram.write_pj_per_bit >= before.write_pj_per_bit * (1 - 1e-12) &&
                                   sram.leakage_watts >= before.leakage_watts * (1 - 1e-12);
                    if (!is_more || !(sram.area_mm2 > 0) || !isfinite(sram.area_mm2) || !(sram.access_s > 0))
                        fail_msg("%s, %g nm, %g B wide: falls at %g B", sinter_cells_name((enum sinter_cells)cells),
                                 nodes[n], widths[w], bytes);
                    before = sram;
                }
            }
}

static bool is_between(double value, double a, double b)
{
    return value > fmin(a, b) && value < fmax(a, b);
}

static void between_two_knots_lies_between_their_figures(void **state)
{
    (void)state;
    for (double low = 32 * KiB; low < 64 * MiB; low *= 2) {
        struct sinter_sram a = sinter_sram(low, 64, SINTER_LSTP, 28), b = sinter_sram(2 * low, 64, SINTER_LSTP, 28);
        struct sinter_sram at = sinter_sram(1.5 * low, 64, SINTER_LSTP, 28);
        assert_true(is_between(at.area_mm2, a.area_mm2, b.area_mm2));
        assert_true(is_between(at.read_pj_per_bit, a.read_pj_per_bit, b.read_pj_per_bit));
        assert_true(is_between(at.leakage_watts, a.leakage_watts, b.leakage_watts));
        assert_true(at.access_s >= fmin(a.access_s, b.access_s) && at.access_s <= fmax(a.access_s, b.access_s));
        struct sinter_sram square = sinter_sram(sqrt(2) * low, 64, SINTER_LSTP, 28);
        check_near(square.area_mm2, sqrt(a.area_mm2 * b.area_mm2));
    }
    struct sinter_sram narrow = sinter_sram(MiB, 64, SINTER_LSTP, 28), wide = sinter_sram(MiB, 128, SINTER_LSTP, 28);
    assert_true(is_between(sinter_sram(MiB, 96, SINTER_LSTP, 28).area_mm2, narrow.area_mm2, wide.area_mm2));
    struct sinter_sram at_22 = sinter_sram(MiB, 64, SINTER_HP, 22), at_28 = sinter_sram(MiB, 64, SINTER_HP, 28);
    assert_true(is_between(sinter_sram(MiB, 64, SINTER_HP, 25).area_mm2, at_22.area_mm2, at_28.area_mm2));
    assert_true(
        is_between(sinter_sram(MiB, 64, SINTER_HP, 25).write_pj_per_bit, at_22.write_pj_per_bit, at_28.write_pj_per_bit));
}

static void beyond_the_table_its_last_slope_goes_on(void **state)
{
    struct sinter_sram a = sinter_sram(32 * MiB, 64, SINTER_LSTP, 28), b = sinter_sram(64 * MiB, 64, SINTER_LSTP, 28);
    struct sinter_sram small = sinter_sram(32 * KiB, 64, SINTER_LSTP, 28), next = sinter_sram(64 * KiB, 64, SINTER_LSTP, 28);
    (void)state;
    check_near(sinter_sram(128 * MiB, 64, SINTER_LSTP, 28).area_mm2, b.area_mm2 * b.area_mm2 / a.area_mm2);
    check_near(sinter_sram(16 * KiB, 64, SINTER_LSTP, 28).area_mm2, small.area_mm2 * small.area_mm2 / next.area_mm2);
}

static void a_wide_memory_is_several_side_by_side(void **state)
{
    struct sinter_sram one = sinter_sram(MiB, 128, SINTER_LSTP, 28), four = sinter_sram(4 * MiB, 512, SINTER_LSTP, 28);
    struct sinter_sram word = sinter_sram(MiB, 8, SINTER_LSTP, 28), block = sinter_sram(MiB, 64, SINTER_LSTP, 28);
    (void)state;
    check_near(four.area_mm2, 4 * one.area_mm2);
    check_near(four.leakage_watts, 4 * one.leakage_watts);
    check_near(four.read_pj_per_bit, one.read_pj_per_bit);
    check_near(four.access_s, one.access_s);
    check_near(word.area_mm2, block.area_mm2);
    check_near(word.write_pj_per_bit, block.write_pj_per_bit);
}

/* Stillmaker and Baas 2017: the areas of 14 and 20 nm are 0.17 and 0.21 of that of 45 nm. */
static void nodes_without_a_table_are_scaled(void **state)
{
    struct sinter_sram at_22 = sinter_sram(MiB, 64, SINTER_LSTP, 22), at_20 = sinter_sram(MiB, 64, SINTER_LSTP, 20);
    struct sinter_sram at_14 = sinter_sram(MiB, 64, SINTER_LSTP, 14), at_45 = sinter_sram(MiB, 64, SINTER_LSTP, 45);
    (void)state;
    check_near(at_14.area_mm2 / at_20.area_mm2, 0.17 / 0.21);
    check_near(at_14.read_pj_per_bit / at_20.read_pj_per_bit, 0.1813 / 0.2873);
    check_near(at_45.area_mm2, 1.9853 / 0.46); /* from the table of 32 nm */
    assert_true(at_20.area_mm2 < at_22.area_mm2);
    check_near(at_20.leakage_watts, at_22.leakage_watts);
    check_near(at_45.access_s, 4.083e-9);
}

/* ---- PEs ---------------------------------------------------------------------------------------------------------- */

static void operations_have_the_figures_of_their_sources(void **state)
{
    static const struct {
        enum sinter_precision precision;
        enum sinter_op op;
        double pj_45, pj_28, pj_7; /* Horowitz; scaled; Jouppi and others */
    } rows[] = {{SINTER_PE_FP32, SINTER_MAC, 4.6, 2.33, 1.69},
                {SINTER_PE_FP32, SINTER_ADD, 0.9, 0.46, 0.38},
                {SINTER_PE_FP32, SINTER_MUL, 3.7, 1.87, 1.31},
                {SINTER_PE_FP32, SINTER_MAX, 0.9, 0.46, 0.38},
                {SINTER_PE_FP32, SINTER_EXP, 4 * 4.6, 9.32, 4 * 1.69},
                {SINTER_PE_FP32, SINTER_SOFTPLUS, 8 * 4.6, 18.64, 8 * 1.69},
                {SINTER_PE_FP32, SINTER_DIV, 2.1 * 4.6, 2.1 * 2.33, 2.1 * 1.69},
                {SINTER_PE_FP16, SINTER_MAC, 1.5, 0.76, 0.50},
                {SINTER_PE_FP16, SINTER_MUL, 1.1, 0.56, 0.34},
                {SINTER_PE_FP16_FP32, SINTER_MAC, 2.0, 1.01, 0.72},
                {SINTER_PE_FP16_FP32, SINTER_ADD, 0.9, 0.46, 0.38},
                {SINTER_PE_INT32, SINTER_MUL, 3.1, 1.57, 1.48},
                {SINTER_PE_INT8, SINTER_MAC, 0.3, 0.15, 0.10},
                {SINTER_PE_INT8, SINTER_ADD, 0.03, 0.015, 0.007}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_near(sinter_pe_energy_pj(rows[i].precision, rows[i].op, 45), rows[i].pj_45);
        check_near(sinter_pe_energy_pj(rows[i].precision, rows[i].op, 28), rows[i].pj_28);
        check_near(sinter_pe_energy_pj(rows[i].precision, rows[i].op, 0), rows[i].pj_28);
        check_near(sinter_pe_energy_pj(rows[i].precision, rows[i].op, 7), rows[i].pj_7);
        assert_true(is_between(sinter_pe_energy_pj(rows[i].precision, rows[i].op, 14), rows[i].pj_7, rows[i].pj_28));
        assert_true(sinter_pe_energy_pj(rows[i].precision, rows[i].op, 5) < rows[i].pj_7);
        check_near(sinter_pe_energy_pj(rows[i].precision, rows[i].op, 65), 1.5145 * rows[i].pj_45);
    }
    for (int op = 0; op < SINTER_N_OPS; op++)
        assert_true(sinter_pe_energy_pj(SINTER_PE_FP32, (enum sinter_op)op, 28) > 0);
}

static void pe_areas_are_scaled_from_28_nm(void **state)
{
    static const double um2[] = {4480, 1130, 2190, 1368, 160};
    (void)state;
    for (int i = 0; i <= SINTER_PE_INT8; i++) {
        check_near(sinter_pe_area_mm2((enum sinter_precision)i, 28), um2[i] * 1e-6);
        check_near(sinter_pe_area_mm2((enum sinter_precision)i, 45), um2[i] * 1e-6 / 0.377);
        check_near(sinter_pe_area_mm2((enum sinter_precision)i, 7), um2[i] * 1e-6 * 0.059 / 0.377);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_reproduced_at_its_knots),
        cmocka_unit_test(defaults_are_64_bytes_of_28_nm),
        cmocka_unit_test(nothing_falls_with_capacity),
        cmocka_unit_test(between_two_knots_lies_between_their_figures),
        cmocka_unit_test(beyond_the_table_its_last_slope_goes_on),
        cmocka_unit_test(a_wide_memory_is_several_side_by_side),
        cmocka_unit_test(nodes_without_a_table_are_scaled),
        cmocka_unit_test(operations_have_the_figures_of_their_sources),
        cmocka_unit_test(pe_areas_are_scaled_from_28_nm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
