/* test_accel.c: accelerators: presets, reading, overrides, the family, printing, memory that runs out.
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

static const char three_levels[] =
    "accelerator: three levels\n"
    "technology: 7 nm\n"
    "clock: 940 MHz\n"
    "prefetch: false\n"
    "area: 1.5 mm2\n"
    "memories:\n"
    "  - {name: dram, kind: dram, capacity: 16 GiB, bandwidth: 1.6 TB/s, energy: 3.9 pJ/bit}\n"
    "  - {name: l2, kind: sram, capacity: 40 MiB, bandwidth: 5.12 TB/s, double: true}\n"
    "  - {name: left, kind: registers, capacity: 256 KiB, bandwidth: unlimited}\n"
    "  - {name: right, kind: sram, capacity: unlimited, bandwidth: 1 GiB/s, parent: l2}\n"
    "units:\n"
    "  - name: matrix\n"
    "    at: left\n"
    "    pes: [16, 16, 4]\n"
    "    cycles: {mac: 0.5}\n"
    "    energy: {mac: 100 fJ}\n"
    "    spatial:\n"
    "      - {only: reduction, pes: [E, D, ~]}\n"
    "      - {pes: [~, ~, \"null\"]}\n"
    "  - name: vector\n"
    "    at: right\n"
    "    pes: [32]\n"
    "    cycles: {mac: 1, add: 1, exp: 2.5}\n"
    "notes:\n"
    "  - a remark\n"
    "  - \"colon: quoted\"\n";

static struct sinter_accel *parse(const char *text, struct sinter_override *overrides, int n_overrides)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_accel *accel = NULL;
    enum sinter_status status = sinter_accel_parse("text", text, strlen(text), overrides, n_overrides, NULL, diags, &accel);

    if (status != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return accel;
}

static struct sinter_accel *load(const char *name, struct sinter_override *overrides, int n_overrides)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_accel *accel = NULL;
    enum sinter_status status = sinter_accel_load(name, overrides, n_overrides, NULL, diags, &accel);

    if (status != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    assert_int_equal(sinter_diagnostics_count(diags), 0);
    sinter_diagnostics_free(diags);
    return accel;
}

static void check_double(double found, double expected)
{
    if (found < expected || found > expected || isnan(found))
        fail_msg("%.17g instead of %.17g", found, expected);
}

static void every_field_is_read(void **state)
{
    struct sinter_accel *accel = parse(three_levels, NULL, 0);

    (void)state;
    assert_string_equal(accel->name, "three levels");
    check_double(accel->technology_nm, 7);
    check_double(accel->hz, 940e6);
    check_double(accel->area_mm2, 1.5);
    assert_false(accel->prefetch);
    assert_int_equal(accel->n_memories, 4);
    assert_int_equal(accel->memories[0].parent, -1);
    assert_int_equal(accel->memories[1].parent, 0);
    assert_int_equal(accel->memories[2].parent, 1);
    assert_int_equal(accel->memories[3].parent, 1);
    check_double(accel->memories[0].capacity_bytes, 17179869184.0);
    check_double(accel->memories[0].bytes_per_s, 1.6e12);
    check_double(accel->memories[0].pj_per_bit, 3.9);
    assert_true(accel->memories[1].is_double);
    assert_int_equal(accel->memories[2].kind, SINTER_REGISTERS);
    assert_true(isinf(accel->memories[2].bytes_per_s));
    assert_true(isinf(accel->memories[3].capacity_bytes));
    assert_int_equal(accel->memories[3].at.line, 10);
    assert_int_equal(accel->n_units, 2);
    assert_int_equal(accel->units[0].memory, 2);
    assert_int_equal(accel->units[0].n_dims, 3);
    assert_int_equal(accel->units[0].n_pes, 1024);
    check_double(accel->units[0].cycles[SINTER_MAC], 0.5);
    check_double(accel->units[0].pj[SINTER_MAC], 0.1);
    check_double(accel->units[0].cycles[SINTER_EXP], 0);
    assert_int_equal(accel->units[0].n_rules, 2);
    assert_int_equal(accel->units[0].rules[0].only, SINTER_REDUCTION);
    assert_string_equal(accel->units[0].rules[0].ranks[1], "D");
    assert_null(accel->units[0].rules[0].ranks[2]);
    assert_string_equal(accel->units[0].rules[1].ranks[2], "null");
    assert_int_equal(accel->units[1].n_pes, 32);
    assert_int_equal(accel->n_notes, 2);
    assert_string_equal(accel->notes[1], "colon: quoted");
    sinter_accel_free(accel);
}

/* print(parse(text)) == text, for a text that is canonical already. */
static void canonical_text_is_kept(void **state)
{
    struct sinter_accel *accel = parse(three_levels, NULL, 0);
    struct sinter_text text = {0};

    (void)state;
    sinter_accel_print(accel, &text);
    assert_string_equal(sinter_text_data(&text), three_levels);
    sinter_text_free(&text);
    sinter_accel_free(accel);
}

static void presets_round_trip(void **state)
{
    (void)state;
    for (int i = 0; sinter_accel_preset_name(i); i++) {
        struct sinter_accel *accel = load(sinter_accel_preset_name(i), NULL, 0), *again;
        struct sinter_text first = {0}, second = {0};
        assert_string_equal(accel->name, sinter_accel_preset_name(i));
        assert_non_null(sinter_accel_preset_text(i));
        sinter_accel_print(accel, &first);
        again = parse(sinter_text_data(&first), NULL, 0);
        sinter_accel_print(again, &second);
        assert_string_equal(sinter_text_data(&first), sinter_text_data(&second));
        sinter_text_free(&first);
        sinter_text_free(&second);
        sinter_accel_free(accel);
        sinter_accel_free(again);
    }
}

static void every_embedded_file_is_a_preset(void **state)
{
    int n_files = 0, n_presets = 0;

    (void)state;
    for (int i = 0; i < n_data_files; i++)
        n_files += strncmp(data_files[i].path, "accelerators/", 13) == 0;
    while (sinter_accel_preset_text(n_presets))
        n_presets++;
    assert_int_equal(n_files, n_presets);
    assert_null(sinter_accel_preset_name(n_presets));
    assert_null(sinter_accel_preset_name(-1));
}

static void presets_have_the_published_figures(void **state)
{
    static const char *const names[] = {"marca", "pact25"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct sinter_accel *accel = load(names[i], NULL, 0);
        const struct sinter_unit *array = &accel->units[0];
        check_double(accel->hz, 1e9);
        check_double(accel->technology_nm, 28);
        check_double(accel->area_mm2, 222);
        check_double(accel->memories[0].bytes_per_s, 256e9);
        check_double(accel->memories[0].pj_per_bit, 7);
        check_double(accel->memories[1].capacity_bytes, 25165824);
        assert_true(isinf(accel->memories[1].bytes_per_s));
        assert_int_equal(array->pes[0], 64);
        assert_int_equal(array->pes[1], 128);
        assert_int_equal(array->n_pes, 8192);
        check_double(array->cycles[SINTER_MAC], 1);
        check_double(array->cycles[SINTER_EXP], 4);
        check_double(array->cycles[SINTER_SOFTPLUS], 8);
        check_double(array->cycles[SINTER_SQRT], 1);
        check_double(array->pj[SINTER_MAC], 2.33);
        for (int op = 0; op < SINTER_N_OPS; op++)
            assert_true(array->cycles[op] > 0 && array->pj[op] > 0);
        sinter_accel_free(accel);
    }
}

/* The rule of arXiv 2504.17333: SRAM = a * 30 MB * m, PEs = ceil(a * 40960 * (1 - m)), DRAM 2048 * sqrt(a) bit/cycle. */
static void the_family_follows_the_published_rule(void **state)
{
    static const struct {
        const char *area, *share;
        double capacity_bytes, gb_per_s;
        int64_t rows, columns;
    } points[] = {
        {"1", "0.8", 25165824, 256, 64, 128},                     /* MARCA itself: 8192 = 2^13 */
        {"1", "0.2", 6291456, 256, 128, 256},                     /* 32768 = 2^15 */
        {"1", "0.4", 12582912, 256, 128, 192},                    /* 24576: nearest divisors to a square */
        {"1", "0.1", 3145728, 256, 192, 192},                     /* 36864 = 192^2 */
        {"1.25", "0.05", 1966080, 286.21670111997304, 190, 256},  /* 48640 */
        {"1", "0.95", 29884416, 256, 32, 64},                     /* 2048 = 2^11 */
        {"1.25", "0.35", 13762560, 286.21670111997304, 128, 256}, /* 33280 is 1.6 % above 2^15 */
        {"0.5", "0.35", 5505024, 181.01933598375618, 104, 128},   /* 13312 */
        {"0.125", "0.8", 3145728, 90.50966799187809, 32, 32},     /* 1024 = 2^10 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        struct sinter_override overrides[] = {{"area_fraction", points[i].area, false},
                                              {"memory_fraction", points[i].share, false}};
        struct sinter_accel *accel = load("pact25", overrides, 2);
        check_double(accel->memories[1].capacity_bytes, points[i].capacity_bytes);
        assert_int_equal(accel->units[0].pes[0], points[i].rows);
        assert_int_equal(accel->units[0].pes[1], points[i].columns);
        assert_int_equal(accel->units[0].n_pes, points[i].rows * points[i].columns);
        assert_true(fabs(accel->memories[0].bytes_per_s / (points[i].gb_per_s * 1e9) - 1) < 1e-14);
        assert_true(overrides[0].is_used && overrides[1].is_used);
        sinter_accel_free(accel);
    }
}

static void a_field_that_is_set_stays_in_the_family(void **state)
{
    struct sinter_override overrides[] = {{"area_fraction", "0.25", false},
                                          {"array.pes", "[8, 8]", false},
                                          {"dram.bandwidth", "100 GB/s", false},
                                          {"buffer.capacity", "1 MiB", false},
                                          {"area", "7 mm2", false}};
    struct sinter_accel *accel = load("pact25", overrides, 5);

    (void)state;
    assert_int_equal(accel->units[0].n_pes, 64);
    check_double(accel->memories[0].bytes_per_s, 100e9);
    check_double(accel->memories[1].capacity_bytes, 1048576);
    check_double(accel->area_mm2, 7);
    sinter_accel_free(accel);
}

static void one_fraction_is_enough(void **state)
{
    struct sinter_override overrides[] = {{"area_fraction", "0.5", false}};
    struct sinter_accel *accel = load("pact25", overrides, 1);

    (void)state;
    check_double(accel->memories[1].capacity_bytes, 12582912);
    assert_int_equal(accel->units[0].n_pes, 4096);
    check_double(accel->area_mm2, 111);
    sinter_accel_free(accel);
}

static void overrides_change_fields(void **state)
{
    struct sinter_override overrides[] = {{"clock", "2 GHz", false},           {"buffer.capacity", "512 KiB", false},
                                          {"array.pes", "[16, 32]", false},    {"array.cycles.exp", "2", false},
                                          {"array.energy.exp", "1 pJ", false}, {"buffer.double", "true", false},
                                          {"prefetch", "false", false},        {"N", "16", false},
                                          {"array.spatial", "[]", false}};
    struct sinter_accel *accel = load("marca", overrides, 9);

    (void)state;
    check_double(accel->hz, 2e9);
    check_double(accel->memories[1].capacity_bytes, 524288);
    assert_true(accel->memories[1].is_double);
    assert_false(accel->prefetch);
    assert_int_equal(accel->units[0].pes[0], 16);
    assert_int_equal(accel->units[0].pes[1], 32);
    check_double(accel->units[0].cycles[SINTER_EXP], 2);
    check_double(accel->units[0].pj[SINTER_EXP], 1);
    for (int i = 0; i < 9; i++)
        assert_int_equal(overrides[i].is_used, i != 7);
    sinter_accel_free(accel);
}

static void an_override_may_add_a_mapping(void **state)
{
    struct sinter_override override = {"vector.energy.exp", "3 pJ", false};
    struct sinter_accel *accel = parse(three_levels, &override, 1);

    (void)state;
    check_double(accel->units[1].pj[SINTER_EXP], 3);
    sinter_accel_free(accel);
}

static void units_reach_their_memory_and_its_parents(void **state)
{
    static const bool reaches[2][4] = {{true, true, true, false}, {true, true, false, true}};
    struct sinter_accel *accel = parse(three_levels, NULL, 0);

    (void)state;
    for (int u = 0; u < 2; u++)
        for (int m = 0; m < 4; m++)
            assert_int_equal(sinter_unit_reaches(accel, &accel->units[u], m), reaches[u][m]);
    assert_int_equal(sinter_accel_memory(accel, "right"), 3);
    assert_int_equal(sinter_accel_memory(accel, "wrong"), -1);
    assert_int_equal(sinter_accel_unit(accel, "vector"), 1);
    assert_int_equal(sinter_accel_unit(accel, "l2"), -1);
    sinter_accel_free(accel);
}

static void a_unit_runs_the_classes_that_it_states(void **state)
{
    const struct sinter_op_count ops[] = {{SINTER_MAC, 1, 1, 1}, {SINTER_EXP, 1, 1, 1}};
    const struct sinter_einsum einsum = {.ops = ops, .n_ops = 2}, copy = {.n_ops = 0};
    struct sinter_accel *accel = parse(three_levels, NULL, 0);
    enum sinter_op missing = SINTER_GELU;

    (void)state;
    assert_true(sinter_unit_can_run(&accel->units[1], &einsum, &missing));
    assert_int_equal(missing, SINTER_GELU);
    assert_false(sinter_unit_can_run(&accel->units[0], &einsum, NULL));
    assert_false(sinter_unit_can_run(&accel->units[0], &einsum, &missing));
    assert_int_equal(missing, SINTER_EXP);
    assert_true(sinter_unit_can_run(&accel->units[0], &copy, NULL));
    sinter_accel_free(accel);
}

static void memory_may_run_out_anywhere(void **state)
{
    struct sinter_counting_allocator counting;
    enum sinter_status status = SINTER_NO_MEMORY;
    int64_t n;

    (void)state;
    for (n = 0; status == SINTER_NO_MEMORY && n < 10000; n++) {
        struct sinter_override overrides[] = {{"array.pes", "[16, 32]", false}, {"array.energy.exp", "1 pJ", false}};
        struct sinter_accel *accel = NULL;
        sinter_counting_allocator_init(&counting, n);
        status = sinter_accel_load("pact25", overrides, 2, &counting.allocator, NULL, &accel);
        assert_true((status == SINTER_OK) == (accel != NULL));
        sinter_accel_free(accel);
        assert_int_equal(counting.n_live, 0);
    }
    assert_int_equal(status, SINTER_OK);
    assert_true(n > 1);
    sinter_accel_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(canonical_text_is_kept),
        cmocka_unit_test(presets_round_trip),
        cmocka_unit_test(every_embedded_file_is_a_preset),
        cmocka_unit_test(presets_have_the_published_figures),
        cmocka_unit_test(the_family_follows_the_published_rule),
        cmocka_unit_test(a_field_that_is_set_stays_in_the_family),
        cmocka_unit_test(one_fraction_is_enough),
        cmocka_unit_test(overrides_change_fields),
        cmocka_unit_test(an_override_may_add_a_mapping),
        cmocka_unit_test(units_reach_their_memory_and_its_parents),
        cmocka_unit_test(a_unit_runs_the_classes_that_it_states),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
