/* test_area.c: area models of accelerators, budgets, and energy of memories on the chip.
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

#include "expect_error.h"
#include "problem.h"
#include "sinter/cost.h"

static const double MiB = 1048576;

static void check_near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-9 * fabs(expected)))
        fail_msg("%.17g instead of %.17g", found, expected);
}

/* ---- accelerators ------------------------------------------------------------------------------------------------- */

enum { MOST_SET = 8 };

/* "area_model=components buffer.width=128B": without blanks in the values. */
static struct sinter_accel *load(const char *name, const char *settings)
{
    struct sinter_override overrides[MOST_SET];
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_accel *accel = NULL;
    char buffer[256];
    int n = 0;
    snprintf(buffer, sizeof buffer, "%s", settings);
    for (char *word = strtok(buffer, " "); word != NULL; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        assert_true(n < MOST_SET && value != NULL);
        *value = '\0';
        overrides[n++] = (struct sinter_override){word, value + 1, false};
    }
    if (sinter_accel_load(name, overrides, n, NULL, diags, &accel) != SINTER_OK)
        fail_msg("%s: %s", settings, sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return accel;
}

static void a_stated_area_stays(void **state)
{
    struct sinter_accel *accel = load("marca", "");
    struct sinter_accel_area area;
    (void)state;
    check_near(accel->area_mm2, 222);
    check_near(accel->memories[1].pj_per_bit, 1.98);
    assert_int_equal(sinter_accel_area(accel, &area), SINTER_OK);
    check_near(area.total_mm2, 222);
    assert_true(area.memories_mm2[1] == 0 && area.static_watts == 0);
    sinter_accel_free(accel);
}

static void shares_reproduce_the_family(void **state)
{
    static const struct {
        const char *settings;
        double mm2;
    } rows[] = {
        {"area_model=shares", 222},                                            /* 222 * (24/30 + 8192/40960) */
        {"area_model=shares buffer.capacity=15MiB", 222 * 0.7},                /* 222 * (15/30 + 8192/40960) */
        {"area_model=shares array.pes=[32,64]", 222 * (0.8 + 2048.0 / 40960)}, /* half of each */
        {"area_model=shares area_fraction=0.5 memory_fraction=0.8", 222 * (12.0 / 30 + 4096.0 / 40960)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int preset = 0; preset < 2; preset++) {
            struct sinter_accel *accel = load(preset == 0 ? "marca" : "pact25", rows[i].settings);
            check_near(accel->area_mm2, rows[i].mm2);
            sinter_accel_free(accel);
        }
}

static void components_add_up(void **state)
{
    struct sinter_accel *accel = load("marca", "area_model=components area_other=3mm2");
    struct sinter_accel_area area;
    struct sinter_sram sram = sinter_sram(24 * MiB, 64, SINTER_LSTP, 28);
    (void)state;
    assert_int_equal(sinter_accel_area(accel, &area), SINTER_OK);
    check_near(area.memories_mm2[1], sram.area_mm2);
    check_near(area.units_mm2[0], 8192 * 4480e-6);
    check_near(area.total_mm2, sram.area_mm2 + 8192 * 4480e-6 + 3);
    check_near(accel->area_mm2, area.total_mm2);
    check_near(accel->static_watts, sram.leakage_watts);
    check_near(accel->memories[1].pj_per_bit, 1.98); /* the file's word stands */
    sinter_accel_free(accel);
    accel = load("marca", "area_model=components array.pe_area=5420um2 technology=14nm buffer.cells=hp");
    sinter_accel_area(accel, &area);
    check_near(area.units_mm2[0], 8192 * 5420e-6);
    check_near(area.sram[1].leakage_watts, sinter_sram(24 * MiB, 64, SINTER_HP, 14).leakage_watts);
    sinter_accel_free(accel);
}

static const char bare[] = "accelerator: bare\ntechnology: 28 nm\nclock: 1 GHz\narea_model: components\nmemories:\n"
                           "  - {name: dram, kind: dram, bandwidth: 256 GB/s}\n"
                           "  - {name: buffer, kind: sram, capacity: 8 MiB, bandwidth: unlimited}\n"
                           "units:\n  - name: array\n    at: buffer\n    pes: [16, 16]\n    cycles: {mac: 1, exp: 4}\n";

static struct sinter_accel *parse(const char *text)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_accel *accel = NULL;
    if (sinter_accel_parse("f", text, strlen(text), NULL, 0, NULL, diags, &accel) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return accel;
}

static void missing_energies_are_those_of_the_tables(void **state)
{
    struct sinter_accel *accel = parse(bare);
    struct sinter_sram sram = sinter_sram(8 * MiB, 64, SINTER_LSTP, 28);
    (void)state;
    check_near(accel->memories[1].pj_per_bit, (sram.read_pj_per_bit + sram.write_pj_per_bit) / 2);
    check_near(accel->units[0].pj[SINTER_MAC], 2.33);
    check_near(accel->units[0].pj[SINTER_EXP], 9.32);
    assert_true(accel->units[0].pj[SINTER_ADD] == 0); /* cannot run it */
    assert_true(accel->memories[0].pj_per_bit == 0);  /* DRAM is in no table */
    sinter_accel_free(accel);
}

static void what_is_modelled_follows_a_change(void **state)
{
    struct sinter_accel *accel = parse(bare);
    (void)state;
    accel->memories[1].capacity_bytes = 1 * MiB;
    accel->units[0].precision = SINTER_PE_FP16;
    assert_int_equal(sinter_accel_refit(accel, NULL), SINTER_OK);
    struct sinter_sram sram = sinter_sram(1 * MiB, 64, SINTER_LSTP, 28);
    check_near(accel->memories[1].pj_per_bit, (sram.read_pj_per_bit + sram.write_pj_per_bit) / 2);
    check_near(accel->units[0].pj[SINTER_MAC], 0.76);
    check_near(accel->area_mm2, sram.area_mm2 + 256 * 1130e-6);
    check_near(accel->static_watts, sram.leakage_watts);
    accel->area_model = SINTER_AREA_STATED;
    assert_int_equal(sinter_accel_refit(accel, NULL), SINTER_OK);
    assert_true(accel->memories[1].pj_per_bit == 0 && accel->units[0].pj[SINTER_MAC] == 0 && accel->area_mm2 == 0);
    accel->area_model = SINTER_AREA_COMPONENTS;
    accel->memories[1].capacity_bytes = (double)INFINITY;
    assert_int_equal(sinter_accel_refit(accel, NULL), SINTER_BAD_INPUT);
    sinter_accel_free(accel);
}

static void static_power_is_stated_or_the_sum_of_leakages(void **state)
{
    struct sinter_accel *accel = load("marca", "static_power=2W area_model=components");
    (void)state;
    check_near(accel->static_watts, 2);
    sinter_accel_free(accel);
    accel = load("marca", "buffer.leakage=5mW");
    check_near(accel->static_watts, 0.005);
    sinter_accel_free(accel);
    accel = load("marca", "buffer.leakage=5mW area_model=components");
    check_near(accel->static_watts, 0.005);
    sinter_accel_free(accel);
}

/* ---- budgets ------------------------------------------------------------------------------------------------------ */

/* The area with another number of PEs. */
static double area_with(const struct sinter_accel *accel, int64_t n_pes)
{
    struct sinter_accel changed = *accel;
    struct sinter_accel_area area;
    changed.units[changed.area_fill].n_pes = n_pes;
    assert_int_equal(sinter_accel_area(&changed, &area), SINTER_OK);
    return area.total_mm2;
}

/* The budget holds, and one PE more would not fit; of an array near a square one more row and column would not. */
static void check_filled(const struct sinter_accel *accel)
{
    const struct sinter_unit *unit = &accel->units[0];
    int64_t product = 1, more = 1;
    for (int d = 0; d < unit->n_dims; d++) {
        product *= unit->pes[d];
        more *= unit->pes[d] + (d < 2);
    }
    assert_int_equal(product, unit->n_pes);
    assert_true(accel->area_mm2 <= accel->area_budget_mm2 * (1 + 1e-9));
    assert_true(area_with(accel, more) > accel->area_budget_mm2);
}

static void a_budget_is_filled_and_kept(void **state)
{
    static const double budgets[] = {5, 28.5, 61.7, 97.31, 111, 150, 222, 300}, capacities[] = {1, 4, 24, 29};
    struct sinter_accel *accel = load("marca", "");
    int n = 0;
    (void)state;
    for (int i = 0; i < 2 * 4 * 8 * 3; i++) {
        struct sinter_accel one = *accel;
        int dims = i / 64 + 1; /* in three dimensions the last one keeps its 4 PEs */
        one.area_model = i % 2 == 0 ? SINTER_AREA_SHARES : SINTER_AREA_COMPONENTS;
        one.memories[1].capacity_bytes = capacities[i / 2 % 4] * MiB;
        one.units[0].n_dims = dims;
        one.units[0].pes[2] = 4;
        one.area_budget_mm2 = budgets[i / 8 % 8];
        bool fits = area_with(&one, dims == 3 ? 4 : 1) <= one.area_budget_mm2;
        assert_int_equal(sinter_accel_refit(&one, NULL), fits ? SINTER_OK : SINTER_BAD_INPUT);
        if (fits)
            check_filled(&one);
        n += fits;
    }
    assert_true(n > 100);
    sinter_accel_free(accel);
}

static void a_budget_gives_back_the_published_array(void **state)
{
    struct sinter_accel *accel = load("marca", "area_model=shares area_budget=222mm2");
    (void)state;
    assert_int_equal(accel->units[0].pes[0], 64);
    assert_int_equal(accel->units[0].pes[1], 128);
    check_near(accel->area_mm2, 222);
    sinter_accel_free(accel);
}

/* ---- files -------------------------------------------------------------------------------------------------------- */

static void every_field_of_area_and_power_round_trips(void **state)
{
    static const char *const settings[] = {
        "area_model=shares",
        "area_model=shares area_budget=150mm2 buffer.capacity=8MiB",
        "area_model=components area_other=2.5mm2 static_power=1.25W",
        "area_model=components area_budget=111mm2 area_fill=array array.pe_area=5420um2",
        "area_model=components buffer.cells=lop buffer.width=256B buffer.leakage=3mW array.precision=fp16-fp32",
        "area_model=components technology=7nm buffer.energy=0pJ/bit array.energy={} array.precision=int8",
        "buffer.cells=hp static_power=0W area_fraction=0.5",
    };
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        struct sinter_accel *accel = load("marca", settings[i]), *again;
        struct sinter_text first = {0}, second = {0};
        sinter_accel_print(accel, &first);
        again = parse(sinter_text_data(&first));
        sinter_accel_print(again, &second);
        assert_string_equal(sinter_text_data(&first), sinter_text_data(&second));
        check_near(again->area_mm2, accel->area_mm2);
        check_near(again->static_watts, accel->static_watts);
        check_near(again->memories[1].pj_per_bit, accel->memories[1].pj_per_bit);
        check_near(again->units[0].pj[SINTER_EXP], accel->units[0].pj[SINTER_EXP]);
        check_near(again->stated_area_mm2, accel->stated_area_mm2);
        assert_int_equal(again->memories[1].cells, accel->memories[1].cells);
        assert_int_equal(again->memories[1].is_energy_modelled, accel->memories[1].is_energy_modelled);
        assert_int_equal(again->units[0].precision, accel->units[0].precision);
        assert_int_equal(again->units[0].n_pes, accel->units[0].n_pes);
        assert_string_equal(again->published.remark, accel->published.remark);
        check_near(again->published.watts, 10.44);
        sinter_text_free(&first);
        sinter_text_free(&second);
        sinter_accel_free(accel);
        sinter_accel_free(again);
    }
}

static enum sinter_status read_file(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    struct sinter_accel *accel = NULL;
    enum sinter_status status = sinter_accel_parse("f", text, length, NULL, 0, NULL, diags, &accel);
    sinter_accel_free(accel);
    return status;
}

#define MEMORIES "memories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n"
#define HEAD "accelerator: a\nclock: 1 GHz\n" MEMORIES
#define BUFFER "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\n"
#define ARRAY "units:\n  - {name: array, at: buffer, pes: [4, 8], cycles: {mac: 1}}\n"
#define FULL HEAD BUFFER ARRAY
#define SECOND "  - {name: vector, at: buffer, pes: [4], cycles: {mac: 1}}\n"
#define FAMILY "family: {area: 10 mm2, sram: 4 MiB, pes: 1000, memory: buffer, unit: array}\n"

static const struct mistake mistakes[] = {
    {FULL "area_model: component\n", "f:8:13: area_model: unknown value 'component' | did you mean 'components'?"},
    {FULL "area_model: shares\n",
     "f:8:13: area_model: shares are those of a family, and there is none | add 'family: {area: A, sram: S, pes: N, "
     "memory: NAME, unit: NAME}'"},
    {FULL "area_budget: 222 mm2\n", "f:8:14: area_budget: an area that is stated cannot be filled | add 'area_model: "
                                    "shares' or 'area_model: components'"},
    {FULL "area_model: components\narea_fill: array\n",
     "f:9:12: area_fill without an area_budget | add a line such as 'area_budget: 222 mm2'"},
    {FULL "area_model: components\narea_budget: 1 mm2\n",
     "f:9:14: area_budget: everything but unit 'array' takes 1.519 of 1 mm2, which leaves nothing for its PEs of 4480 um2 "
     "| make a memory smaller, or the budget larger"},
    {FULL "area_model: components\narea_budget: 10 mm2\narea_fill: aray\n",
     "f:10:12: area_fill: unknown value 'aray' | did you mean 'array'?"},
    {FULL SECOND "area_model: components\narea_budget: 10 mm2\n",
     "f:10:14: area_budget: which of the 2 units fills it? | add 'area_fill: UNIT'"},
    {FULL SECOND FAMILY "area_model: shares\narea_budget: 10 mm2\narea_fill: vector\n",
     "f:12:12: area_fill: shares know the area of the family's unit 'array' alone"},
    {HEAD "  - {name: buffer, kind: sram, capacity: unlimited, bandwidth: unlimited}\n" ARRAY "area_model: components\n",
     "f:5:5: memory 'buffer' is unlimited: it has no area | give its capacity, or choose area_model: stated"},
    {HEAD "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited, cells: hip}\n" ARRAY,
     "f:5:78: cells of memory 'buffer': unknown value 'hip' | did you mean 'hp'?"},
    {HEAD "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited, width: 0 B}\n" ARRAY,
     "f:5:78: width of memory 'buffer': expected 1 B to 64 KiB, found '0 B'"},
    {"accelerator: a\nclock: 1 GHz\nmemories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s, cells: hp}\n" BUFFER ARRAY,
     "f:4:49: only a memory on the chip has 'cells', and 'dram' is dram"},
    {HEAD BUFFER "units:\n  - {name: array, at: buffer, pes: [4, 8], cycles: {mac: 1}, precision: fp31}\n",
     "f:7:73: precision of unit 'array': unknown value 'fp31' | did you mean 'fp32'?"},
    {HEAD BUFFER "units:\n  - {name: array, at: buffer, pes: [4, 8], cycles: {mac: 1}, pe_area: 1 W}\n",
     "f:7:71: expected an area, found '1 W': unknown unit 'W' | write a number and one of mm2, um2, for example '222 mm2'"},
    {FULL "static_power: 1 J\n", "f:8:15: expected a power, found '1 J': unknown unit 'J' | write a number and one of kW, "
                                 "W, mW, uW, for example '400 W'"},
    {FULL "published: {aria: 1 mm2}\n", "f:8:13: unknown field 'aria' in 'published' | did you mean 'area'?"},
};

static void mistakes_are_located(void **state)
{
    (void)state;
    EXPECT_MISTAKES(mistakes, read_file);
}

/* ---- energy ------------------------------------------------------------------------------------------------------- */

static const char sum_of_two[] = "cascade: sum\ntype: fp32\nranks: {I: 8}\ntensors:\n  X: {ranks: [I], role: input}\n"
                                 "  Y: {ranks: [I], role: input}\n  Z: {ranks: [I], role: output}\neinsums:\n"
                                 "  - Z[i] = X[i] + Y[i]\n";
static const char product[] = "cascade: product\ntype: fp32\nranks: {I: 4, K: 2}\ntensors:\n"
                              "  A: {ranks: [I, K], role: weight}\n  X: {ranks: [K], role: input}\n"
                              "  Y: {ranks: [I], role: output}\neinsums:\n  - Y[i] = A[i,k] * X[k]\n";
#define MACHINE(bandwidth)                                                                          \
    "accelerator: m\nclock: 1 GHz\nstatic_power: 3 W\nmemories:\n"                                  \
    "  - {name: dram, kind: dram, bandwidth: 4 GB/s, energy: 8 pJ/bit}\n"                           \
    "  - {name: buffer, kind: sram, capacity: 1 KiB, bandwidth: " bandwidth ", energy: 2 pJ/bit}\n" \
    "units:\n  - {name: array, at: buffer, pes: [1], cycles: {mac: 1, mul: 1, add: 1}, energy: {mac: 5 pJ, add: 1 pJ}}\n"

/* Bits through the port of the buffer by hand: transfers in and out, and what the array reads and writes. */
static void memories_on_the_chip_are_charged_for_every_bit(void **state)
{
    static const struct {
        const char *cascade, *schedule;
        double bits, dram_bits, operations_pj;
    } rows[] = {
        /* X and Y in and read, Z written and out: 8 elements of 32 bits, six times */
        {sum_of_two, "group\n  Z on array\n", 6 * 8 * 32, 3 * 8 * 32, 8 * 1},
        {sum_of_two, "group\n  for i in I by 2\n    Z on array\n", 6 * 8 * 32, 3 * 8 * 32, 8 * 1},
        /* X in once and read in each of 4 iterations, A in and read, Y written and out */
        {product, "group\n  hold X in buffer\n  for i in I by 1\n    Y on array\n", (2 + 4 * 2 + 2 * 8 + 2 * 4) * 32,
         (2 + 8 + 4) * 32, 8 * 5},
    };
    static const char *const machines[] = {MACHINE("unlimited"), MACHINE("100 GB/s")};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int m = 0; m < 2; m++) {
            struct problem p;
            struct sinter_plan *plan = NULL;
            struct sinter_cost cost = {0};
            if (!problem_open(&p, rows[i].cascade, machines[m], rows[i].schedule, NULL, 0))
                fail_msg("%s", sinter_diagnostics_text(p.diags));
            assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
            assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_OK);
            sinter_cost_evaluate(plan, &cost);
            assert_true(cost.sram_joules == 0); /* nobody asked */
            double cycles = cost.cycles;
            sinter_plan_count_ports(plan);
            check_near(plan->port_bits[1], rows[i].bits);
            check_near(plan->port_bits[0], rows[i].dram_bits);
            sinter_cost_evaluate(plan, &cost);
            check_near(cost.cycles, cycles);
            check_near(cost.dram_joules, rows[i].dram_bits * 8e-12);
            check_near(cost.compute_joules, rows[i].operations_pj * 1e-12);
            check_near(cost.sram_joules, rows[i].bits * 2e-12);
            check_near(cost.static_joules, 3 * cost.cycles * 1e-9);
            check_near(cost.joules, cost.dram_joules + cost.compute_joules);
            check_near(cost.total_joules, cost.joules + cost.sram_joules + cost.static_joules);
            sinter_plan_count_ports(plan); /* again: the same */
            check_near(plan->port_bits[1], rows[i].bits);
            assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_OK);
            assert_false(plan->has_port_bits);
            sinter_plan_free(plan);
            problem_close(&p);
        }
}

/* X is read 2^30 times: 2^65 bits. DRAM sees each tensor once, so the plan stands. */
static void traffic_beyond_counting_refuses_no_plan(void **state)
{
    static const char cascade[] = "cascade: c\ntype: fp32\nranks: {I: 1073741824, K: 1073741824}\ntensors:\n"
                                  "  X: {ranks: [K], role: input}\n  Z: {ranks: [I], role: input}\n"
                                  "  Y: {ranks: [I], role: output}\neinsums:\n  - Y[i] = X[k] * Z[i]\n";
    static const char machine[] =
        "accelerator: m\nclock: 1 GHz\nmemories:\n  - {name: dram, kind: dram, bandwidth: 4 GB/s, energy: 8 pJ/bit}\n"
        "  - {name: buffer, kind: sram, capacity: unlimited, bandwidth: unlimited, energy: 2 pJ/bit}\n"
        "units:\n  - {name: array, at: buffer, pes: [1], cycles: {mac: 1, mul: 1, add: 1}}\n";
    struct problem p;
    struct sinter_plan *plan = NULL;
    struct sinter_cost cost = {0};
    (void)state;
    if (!problem_open(&p, cascade, machine, "group\n  hold X in buffer\n  for i in I by 1\n    Y on array\n", NULL, 0))
        fail_msg("%s", sinter_diagnostics_text(p.diags));
    assert_int_equal(sinter_plan_new(p.cascade, p.accel, NULL, p.diags, &plan), SINTER_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sinter_plan_resolve(plan, &p.schedule, p.diags), SINTER_OK);
        sinter_plan_count_ports(plan);
        assert_true(isnan(plan->port_bits[1]));
        sinter_cost_evaluate(plan, &cost);
        assert_true(isnan(cost.sram_joules) && isnan(cost.total_joules) && isfinite(cost.joules));
    }
    sinter_plan_free(plan);
    problem_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stated_area_stays),
        cmocka_unit_test(shares_reproduce_the_family),
        cmocka_unit_test(components_add_up),
        cmocka_unit_test(missing_energies_are_those_of_the_tables),
        cmocka_unit_test(what_is_modelled_follows_a_change),
        cmocka_unit_test(static_power_is_stated_or_the_sum_of_leakages),
        cmocka_unit_test(a_budget_is_filled_and_kept),
        cmocka_unit_test(a_budget_gives_back_the_published_array),
        cmocka_unit_test(every_field_of_area_and_power_round_trips),
        cmocka_unit_test(mistakes_are_located),
        cmocka_unit_test(memories_on_the_chip_are_charged_for_every_bit),
        cmocka_unit_test(traffic_beyond_counting_refuses_no_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
