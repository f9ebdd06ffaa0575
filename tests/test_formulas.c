/* test_formulas.c: closed formulas of DRAM traffic and peak of Mamba's fusion choices, for whole and for ragged tiles.
 * SPDX-License-Identifier: MIT
 *
 * Letters as in the formulas of the field: L tokens, D inner width, N state, E model width, R rank of dt, K taps,
 * T tile of tokens, Dt tile of D, nl = ceil(L / T), nd = ceil(D / Dt). Everything is counted in elements.
 *
 * A schedule that stores the whole sequence of H holds the final state in it; the formulas of those rows do not count it
 * a second time. In such rows H0 is an input here; with a state that is kept, its D N elements are written on top.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sinter/schedule.h"

struct shape {
    int64_t L, D, N, E, R, K, T, Dt;
};

static int64_t nl(const struct shape *s)
{
    return sinter_ceil_div(s->L, s->T);
}
static int64_t nd(const struct shape *s)
{
    return sinter_ceil_div(s->D, s->Dt);
}

/* ---- formulas, in elements -------------------------------------------------------------------------------------- */

typedef int64_t formula(const struct shape *s);

#define LDN (s->L * s->D * s->N)
#define LD (s->L * s->D)
#define LN (s->L * s->N)
#define LE (s->L * s->E)
#define DN (s->D * s->N)
#define DE (s->D * s->E)

static int64_t unfused_reference(const struct shape *s)
{
    return 8 * LDN + 4 * LD + 2 * LN + 2 * DN;
}
static int64_t unfused_factored(const struct shape *s)
{
    return 6 * LDN + 6 * LD + 2 * LN + 2 * DN;
}
static int64_t four_ldn(const struct shape *s)
{
    return 4 * LDN + 6 * LD + 2 * LN + 3 * DN;
}
static int64_t two_ldn(const struct shape *s)
{
    return 2 * LDN + 3 * LD + 2 * LN + 2 * DN;
}
static int64_t fused(const struct shape *s)
{
    return 3 * LD + 2 * LN + 3 * DN;
}
static int64_t split_streamed(const struct shape *s)
{
    return 3 * LD + 2 * LN * nd(s) + 3 * DN;
}

/* Without a loop over D inside, the state's body moves out of the loop over L, as a hold would: nothing is spilled, the
 * state is read and written once, and only A comes again with each tile. */
static int64_t tokens_outside(const struct shape *s)
{
    return 3 * LD + 2 * LN + (nd(s) > 1 ? 3 * DN * nl(s) : DN * (nl(s) + 2));
}

static int64_t fused_peak(const struct shape *s)
{
    return 2 * DN + s->T * (3 * s->D + 2 * s->N);
}
static int64_t split_streamed_peak(const struct shape *s)
{
    return 2 * s->Dt * s->N + s->T * (3 * s->Dt + 2 * s->N);
}
static int64_t split_resident_peak(const struct shape *s)
{
    return 2 * LN + 2 * s->Dt * s->N + 3 * s->T * s->Dt;
}
static int64_t tokens_outside_peak(const struct shape *s)
{
    return 2 * s->T * s->N + 2 * s->Dt * s->N + 3 * s->T * s->Dt;
}

static int64_t weights(const struct shape *s)
{
    return s->E + 3 * DE + s->D * (s->K + 1) + s->D * (s->R + 2 * s->N) + s->D * (s->R + 1) + DN + s->D;
}

static int64_t states(const struct shape *s)
{
    return 2 * (DN + s->D * (s->K - 1));
}

/* Sum over the operators of what enters, leaves and weighs, without the residual. */
static int64_t block_unfused(const struct shape *s)
{
    int64_t conv_state = s->D * (s->K - 1), p = s->L * (s->R + 2 * s->N);
    int64_t norm = 2 * LE, in_proj = LE + 2 * LD, conv = 2 * LD + 2 * conv_state, silu = 2 * LD, x_proj = LD + p;
    int64_t dt_proj = s->L * s->R + LD, softplus = 2 * LD, da = LD + LDN, dtx = 3 * LD, dbx = LD + LN + LDN,
            scan = 3 * LDN + DN;
    int64_t yc = LDN + LN + LD, skip = 3 * LD, gate = 3 * LD, out_proj = LD + LE;
    return norm + in_proj + conv + silu + x_proj + dt_proj + softplus + da + dtx + dbx + scan + yc + skip + gate + out_proj +
           weights(s);
}

static int64_t block_resident(const struct shape *s)
{
    return 2 * LE + weights(s) + states(s);
}
static int64_t block_streamed(const struct shape *s)
{
    return 2 * LE + weights(s) * nl(s) + states(s);
}

/* Norm, weights, states, u read by both phases, xs written and read. */
static int64_t two_phase(const struct shape *s)
{
    return 2 * LE + weights(s) + states(s) + 2 * LE * nd(s) + 2 * LD;
}
static int64_t o_spilled(const struct shape *s)
{
    return LE * (2 * nd(s) - 1);
}
static int64_t p_spilled(const struct shape *s)
{
    return s->L * (s->R + 2 * s->N) * (3 * nd(s) - 1);
}

static int64_t two_phase_o_p(const struct shape *s)
{
    return two_phase(s) + LE;
}
static int64_t two_phase_p(const struct shape *s)
{
    return two_phase(s) + o_spilled(s);
}
static int64_t two_phase_o(const struct shape *s)
{
    return two_phase(s) + LE + p_spilled(s);
}
static int64_t two_phase_none(const struct shape *s)
{
    return two_phase(s) + o_spilled(s) + p_spilled(s);
}

/* ---- schedules: $T and $D stand for the tiles of L and D ---------------------------------------------------------- */

/* One line of a schedule after another. */
/* clang-format off */
#define ON(name) name " on array\n"
#define KEEP(i, name) i "hold " name " in buffer\n"

#define CORE(i) i ON("DA") i ON("DTX") i ON("BX") i ON("H") i ON("Y")
#define CORE_CHAIN(i) i "chain\n" CORE(i "  ")
#define CORE_READS(i) KEEP(i, "DT") KEEP(i, "XS") KEEP(i, "B") KEEP(i, "C")

static const char s_unfused_reference[] =
    "group\n  for l in L by $T\n    hold A in buffer\n    DA on array\n"
    "group\n  for d in D by $D\n    hold B in buffer\n    for l in L by $T\n      DB on array\n"
    "group\n  for l in L by $T\n    BX on array\n"
    "group\n  for l in L by $T\n    H on array\n"
    "group\n  for d in D by $D\n    hold C in buffer\n    for l in L by $T\n      Y on array\n";
static const char s_unfused_factored[] =
    "group\n  for l in L by $T\n    hold A in buffer\n    DA on array\n"
    "group\n  for l in L by $T\n    DTX on array\n"
    "group\n  for d in D by $D\n    hold B in buffer\n    for l in L by $T\n      BX on array\n"
    "group\n  for l in L by $T\n    H on array\n"
    "group\n  for d in D by $D\n    hold C in buffer\n    for l in L by $T\n      Y on array\n";
static const char s_four_ldn[] =
    "group\n  for l in L by $T\n    hold A in buffer\n    DA on array\n"
    "group\n  for l in L by $T\n    DTX on array\n"
    "group\n  for l in L by $T\n    BX on array\n"
    "group\n  for l in L by $T\n    H on array\n    Y on array\n";
static const char s_two_ldn[] =
    "group\n  hold A in buffer\n  for l in L by $T\n    hold DT in buffer\n"
    "    DA on array\n    DTX on array\n    BX on array\n    H on array\n"
    "group\n  for l in L by $T\n    Y on array\n";
static const char s_fused_chain[] =
    "group\n  hold A in buffer\n  for l in L by $T\n" CORE_READS("    ") CORE_CHAIN("    ");
static const char s_fused_ops[] =
    "group\n  hold A in buffer\n  for l in L by $T\n" CORE_READS("    ") CORE("    ");
static const char s_split_streamed[] =
    "group\n  for d in D by $D\n    hold A in buffer\n    for l in L by $T\n" CORE_CHAIN("      ");
static const char s_split_ops[] =
    "group\n  for d in D by $D\n    hold A in buffer\n    for l in L by $T\n"
    KEEP("      ", "DT") CORE("      ");
static const char s_split_resident[] =
    "group\n  hold B in buffer\n  hold C in buffer\n  for d in D by $D\n    hold A in buffer\n"
    "    for l in L by $T\n" CORE_CHAIN("      ");
static const char s_tokens_outside[] =
    "group\n  carry H in dram\n  for l in L by $T\n    hold B in buffer\n    hold C in buffer\n"
    "    for d in D by $D\n" CORE_CHAIN("      ");

#define NORM(i) KEEP(i, "X") i ON("SQ") i ON("RS") i ON("U")
#define BLOCK(i)                                                                                                           \
    NORM(i) i ON("XI") i ON("Z") i ON("XP") i ON("XC") i ON("XS") i ON("DTR") i ON("B") i ON("C") i ON("DTP") i ON("DTB")  \
        i ON("DT") CORE(i) i ON("YS") i ON("YG") i ON("O")
#define BLOCK_WEIGHTS(i)                                                                                                   \
    KEEP(i, "G") KEEP(i, "WX") KEEP(i, "WZ") KEEP(i, "WC") KEEP(i, "BC") KEEP(i, "WR") KEEP(i, "WB") KEEP(i, "WCC")        \
        KEEP(i, "WDT") KEEP(i, "BD") KEEP(i, "A") KEEP(i, "DP") KEEP(i, "WO")

static const char s_block_unfused[] =
    "group\n" NORM("  ")
    "group\n  hold U in buffer\n  XI on array\n  Z on array\n"
    "group\n  XP on array\n  XC on array\n"
    "group\n  XS on array\n"
    "group\n  hold XS in buffer\n  DTR on array\n  B on array\n  C on array\n"
    "group\n  DTP on array\n  DTB on array\n"
    "group\n  DT on array\ngroup\n  DA on array\ngroup\n  DTX on array\ngroup\n  BX on array\ngroup\n  H on array\n"
    "group\n  Y on array\ngroup\n  YS on array\ngroup\n  YG on array\ngroup\n  O on array\n";
static const char s_block_resident[] =
    "group\n" BLOCK_WEIGHTS("  ") "  for l in L by $T\n" BLOCK("    ");
static const char s_block_streamed[] = "group\n  for l in L by $T\n" BLOCK("    ");

/* Phase A makes xs and sums up p over the tiles of D; phase B reads both and sums up o. U is made by a group before. */
#define PHASE_A                                                                                                            \
    "  for d in D by $D\n" KEEP("    ", "WX") KEEP("    ", "WC") KEEP("    ", "BC") KEEP("    ", "WR") KEEP("    ", "WB")  \
        KEEP("    ", "WCC") "    for l in L by $T\n"                                                                       \
        "      XI on array\n      XP on array\n      XC on array\n      hold XS in buffer\n      XS on array\n"             \
        "      DTR on array\n      B on array\n      C on array\n"
#define PHASE_B                                                                                                            \
    "  for d in D by $D\n" KEEP("    ", "WZ") KEEP("    ", "WDT") KEEP("    ", "BD") KEEP("    ", "A") KEEP("    ", "DP")  \
        KEEP("    ", "WO") "    for l in L by $T\n      hold XS in buffer\n"                                               \
        "      Z on array\n      DTP on array\n      DTB on array\n      DT on array\n" CORE("      ")                      \
        "      YS on array\n      YG on array\n      O on array\n"
#define NORM_GROUP "group\n  for l in L by $T\n    hold G in buffer\n" NORM("    ")
#define SEND(name) "  hold " name " in dram\n"
#define P_SPILLED SEND("DTR") SEND("B") SEND("C")

static const char s_two_phase_o_p[] = NORM_GROUP "group\n" SEND("XS") PHASE_A "  hold O in buffer\n" PHASE_B;
static const char s_two_phase_p[] = NORM_GROUP "group\n" SEND("XS") PHASE_A PHASE_B;
static const char s_two_phase_o[] = NORM_GROUP "group\n" SEND("XS") P_SPILLED PHASE_A "  hold O in buffer\n" PHASE_B;
static const char s_two_phase_none[] = NORM_GROUP "group\n" PHASE_A "group\n" PHASE_B;
/* clang-format on */

/* ---- rows --------------------------------------------------------------------------------------------------------- */

struct row {
    const char *name, *cascade, *schedule;
    formula *traffic;
    formula *peak;        /* exact; NULL: the document's figure is an estimate that knows no lifetimes */
    formula *least;       /* what lives together for certain, NULL: nothing said */
    bool has_final_state; /* the final state is written for itself */
};

static int64_t state_and_a(const struct shape *s)
{
    return 2 * DN;
}
static int64_t split_state_and_a(const struct shape *s)
{
    return 2 * s->Dt * s->N;
}
static int64_t resident_block(const struct shape *s)
{
    return weights(s) + states(s) / 2;
}
static int64_t carries_of_block(const struct shape *s)
{
    return states(s) / 2;
}
static int64_t accumulated_o(const struct shape *s)
{
    return LE;
}
static int64_t accumulated_p(const struct shape *s)
{
    return s->L * (s->R + 2 * s->N);
}
static int64_t accumulated_o_p(const struct shape *s)
{
    return LE + LN;
} /* dt's part of p is done with before O starts */

static const struct row core_rows[] = {
    {"unfused, reference association", "core_reference", s_unfused_reference, unfused_reference, NULL, NULL, false},
    {"unfused, dtx factored", "core_factored", s_unfused_factored, unfused_factored, NULL, NULL, false},
    {"4 LDN: {dA} {dtx} {dBx} {scan, yC}", "core_factored", s_four_ldn, four_ldn, NULL, NULL, true},
    {"2 LDN: {dA .. scan} {yC}", "core_factored", s_two_ldn, two_ldn, NULL, state_and_a, false},
    {"state update fused, A and h resident", "core_factored", s_fused_chain, fused, fused_peak, NULL, true},
    {"state update fused, op by op", "core_factored", s_fused_ops, fused, NULL, state_and_a, true},
    {"D split outside, B and C streamed again", "core_factored", s_split_streamed, split_streamed, split_streamed_peak, NULL,
     true},
    {"D split outside, op by op", "core_factored", s_split_ops, split_streamed, NULL, split_state_and_a, true},
    {"D split outside, B and C resident", "core_factored", s_split_resident, fused, split_resident_peak, NULL, true},
    {"L outside, D inside, state and A spilled", "core_factored", s_tokens_outside, tokens_outside, tokens_outside_peak,
     NULL, true},
};

static const struct row block_rows[] = {
    {"block unfused: sum of the operators", "block", s_block_unfused, block_unfused, NULL, NULL, false},
    {"block fused, weights resident", "block", s_block_resident, block_resident, NULL, resident_block, true},
    {"block fused, weights streamed per L tile", "block", s_block_streamed, block_streamed, NULL, carries_of_block, true},
    {"two phases, o and p on chip", "block", s_two_phase_o_p, two_phase_o_p, NULL, accumulated_o_p, true},
    {"two phases, p on chip", "block", s_two_phase_p, two_phase_p, NULL, accumulated_p, true},
    {"two phases, o on chip", "block", s_two_phase_o, two_phase_o, NULL, accumulated_o, true},
    {"two phases, nothing on chip", "block", s_two_phase_none, two_phase_none, NULL, NULL, true},
};

/* ---- running a row ------------------------------------------------------------------------------------------------ */

static const char accelerator[] = "accelerator: endless\ntechnology: 28 nm\nclock: 1 GHz\nmemories:\n"
                                  "  - {name: dram, kind: dram, bandwidth: 256 GB/s}\n"
                                  "  - {name: buffer, kind: sram, capacity: unlimited, bandwidth: unlimited}\n"
                                  "units:\n"
                                  "  - {name: array, at: buffer, pes: [64, 128], cycles: {mac: 1, mul: 1, add: 1, exp: 1, "
                                  "rsqrt: 1, silu: 1, softplus: 1}}\n";

static char *read_text(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "tests/data/formulas/%s.yaml", name);
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 14);
    if (!file || !text || fread(text, 1, (1 << 14) - 1, file) == 0)
        fail_msg("cannot read %s", path);
    fclose(file);
    return text;
}

/* Makes the initial state an input, in place: the final state is not written for itself. */
static void drop_final_state(char *text)
{
    char *line = strstr(text, "H0: ");
    line = line ? strstr(line, " role: state}") : NULL;
    if (!line)
        fail_msg("the cascade has no state H0");
    memcpy(line, " role: input}", strlen(" role: input}"));
}

static void fill_template(const char *from, const struct shape *s, struct sinter_text *out)
{
    for (const char *p = from; *p != '\0'; p++) {
        if (*p != '$')
            sinter_text_append_n(out, p, 1);
        else
            sinter_text_printf(out, "%lld", (long long)(*++p == 'T' ? s->T : s->Dt));
    }
}

struct measured {
    int64_t traffic, peak; /* elements */
};

static struct measured measure(const struct row *row, const struct shape *s, const char *type, int64_t width)
{
    static const char *const names[] = {"L", "D", "N", "E", "R", "K", "J"};
    const int64_t extents[] = {s->L, s->D, s->N, s->E, s->R, s->K, s->K - 1};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_override overrides[8];
    char values[7][24], *text = read_text(row->cascade);
    struct sinter_text schedule_text = {0};
    struct sinter_cascade *cascade = NULL;
    struct sinter_accel *accel = NULL;
    struct sinter_schedule schedule;
    struct sinter_plan *plan = NULL;
    int n = strcmp(row->cascade, "block") == 0 ? 7 : 3;
    for (int i = 0; i < n; i++) {
        snprintf(values[i], sizeof values[i], "%lld", (long long)extents[i]);
        overrides[i] = (struct sinter_override){names[i], values[i], false};
    }
    overrides[n++] = (struct sinter_override){"type", type, false};
    if (!row->has_final_state)
        drop_final_state(text);
    fill_template(row->schedule, s, &schedule_text);
    if (sinter_cascade_parse(row->cascade, text, strlen(text), overrides, n, NULL, diags, &cascade) != SINTER_OK ||
        sinter_accel_parse("accelerator", accelerator, sizeof accelerator - 1, NULL, 0, NULL, diags, &accel) != SINTER_OK)
        fail_msg("%s: %s", row->name, sinter_diagnostics_text(diags));
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    if (sinter_schedule_parse(&schedule, "schedule", sinter_text_data(&schedule_text), schedule_text.length, diags) !=
            SINTER_OK ||
        sinter_plan_new(cascade, accel, NULL, diags, &plan) != SINTER_OK ||
        sinter_plan_resolve(plan, &schedule, diags) != SINTER_OK)
        fail_msg("%s: %s", row->name, sinter_diagnostics_text(diags));
    struct measured result = {plan->dram_read_bits + plan->dram_write_bits,
                              plan->peak_bits[sinter_accel_memory(accel, "buffer")]};
    assert_int_equal(result.traffic % width, 0);
    assert_int_equal(result.peak % width, 0);
    result.traffic /= width;
    result.peak /= width;
    sinter_plan_free(plan);
    sinter_schedule_free(&schedule);
    sinter_accel_free(accel);
    sinter_cascade_free(cascade);
    sinter_text_free(&schedule_text);
    sinter_diagnostics_free(diags);
    free(text);
    return result;
}

/* A tile larger than its rank is the rank: the formulas speak of tiles as they are. */
static struct shape with_tiles(struct shape s, int64_t T, int64_t Dt)
{
    s.T = T < s.L ? T : s.L;
    s.Dt = Dt < s.D ? Dt : s.D;
    return s;
}

static int check_row(const struct row *row, const struct shape *s)
{
    struct measured got = measure(row, s, "int8", 8);
    int64_t traffic = row->traffic(s), peak = row->peak ? row->peak(s) : got.peak;
    bool is_good = got.traffic == traffic && got.peak == peak && (!row->least || got.peak >= row->least(s));
    if (!is_good)
        print_error("%s, L=%lld D=%lld N=%lld E=%lld R=%lld K=%lld T=%lld Dt=%lld: traffic %lld, expected %lld; peak %lld, "
                    "expected %lld, at least %lld\n",
                    row->name, (long long)s->L, (long long)s->D, (long long)s->N, (long long)s->E, (long long)s->R,
                    (long long)s->K, (long long)s->T, (long long)s->Dt, (long long)got.traffic, (long long)traffic,
                    (long long)got.peak, (long long)peak, (long long)(row->least ? row->least(s) : 0));
    return !is_good;
}

/* Ragged tiles, one-trip loops, extents of 1, decode, and the real model. */
static const struct shape shapes[] = {
    {13, 10, 3, 6, 2, 4, 0, 0}, {12, 8, 2, 4, 1, 4, 0, 0}, {7, 9, 1, 5, 3, 3, 0, 0},
    {5, 1, 4, 2, 1, 2, 0, 0},   {31, 6, 5, 3, 2, 5, 0, 0}, {2048, 5120, 16, 2560, 160, 4, 0, 0},
};
static const int64_t token_tiles[] = {1, 2, 4, 5, 13, 16, 64}, width_tiles[] = {1, 3, 4, 10, 64, 512};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* Two phases need a loop between them: with every tile whole, the two holds of XS stand in one body, which is an error. */
static bool is_possible(const struct row *row, const struct shape *s)
{
    return strncmp(row->name, "two phases", 10) != 0 || s->T < s->L || s->Dt < s->D;
}

static void check_rows(const struct row *rows, int n_rows)
{
    int n_failed = 0;
    for (int r = 0; r < n_rows; r++)
        for (int i = 0; i < COUNT(shapes); i++)
            for (int t = 0; t < COUNT(token_tiles); t++)
                for (int d = 0; d < COUNT(width_tiles); d++) {
                    struct shape s = with_tiles(shapes[i], token_tiles[t], width_tiles[d]);
                    if (is_possible(&rows[r], &s))
                        n_failed += check_row(&rows[r], &s);
                }
    assert_int_equal(n_failed, 0);
}

static void the_core_moves_and_holds_what_its_formulas_say(void **state)
{
    (void)state;
    check_rows(core_rows, COUNT(core_rows));
}

static void the_block_moves_what_its_formulas_say(void **state)
{
    (void)state;
    check_rows(block_rows, COUNT(block_rows));
}

static void a_kept_final_state_costs_its_elements_where_the_sequence_is_stored(void **state)
{
    (void)state;
    for (int r = 0; r < COUNT(core_rows); r++) {
        struct row row = core_rows[r];
        struct shape s = with_tiles(shapes[0], 4, 3);
        if (row.has_final_state)
            continue;
        row.has_final_state = true;
        assert_int_equal(measure(&row, &s, "int8", 8).traffic, row.traffic(&s) + s.D * s.N);
    }
}

static void formulas_count_elements_whatever_their_width(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        int64_t width;
    } types[] = {{"int4", 4}, {"fp16", 16}, {"fp32", 32}, {"12 bit", 12}};
    struct shape s = with_tiles(shapes[0], 5, 4);
    for (int i = 0; i < COUNT(types); i++) {
        for (int r = 0; r < COUNT(core_rows); r++)
            assert_int_equal(measure(&core_rows[r], &s, types[i].type, types[i].width).traffic, core_rows[r].traffic(&s));
        for (int r = 0; r < COUNT(block_rows); r++)
            assert_int_equal(measure(&block_rows[r], &s, types[i].type, types[i].width).traffic, block_rows[r].traffic(&s));
    }
}

/* ---- published figures for mamba-2.8b, 2048 tokens, fp16 ------------------------------------------------------------ */

struct figure {
    const struct row *row;
    int64_t T, Dt;
    const char *traffic_mb; /* as printed: MB of 10^6 bytes */
    const char *peak_mb;    /* NULL: an estimate */
};

static const struct figure figures[] = {
    {&core_rows[0], 16, 64, "2768.7", NULL},     {&core_rows[1], 16, 64, "2139.6", NULL},
    {&core_rows[4], 1, 5120, "63.5", "0.358"},   {&core_rows[4], 16, 5120, "63.5", "0.820"},
    {&core_rows[4], 64, 5120, "63.5", "2.298"},  {&core_rows[6], 1, 64, "73.9", "0.005"},
    {&core_rows[6], 16, 64, "73.9", "0.011"},    {&core_rows[6], 16, 512, "64.7", "0.083"},
    {&core_rows[6], 64, 16, "105.3", "0.011"},   {&core_rows[8], 1, 64, "63.5", "0.136"},
    {&core_rows[8], 16, 64, "63.5", "0.141"},    {&core_rows[9], 16, 64, "126.0", "0.011"},
    {&core_rows[9], 64, 64, "78.8", "0.033"},    {&core_rows[9], 256, 64, "67.0", "0.119"},
    {&core_rows[5], 1, 5120, "63.5", NULL},      {&core_rows[7], 16, 64, "73.9", NULL},
    {&core_rows[7], 8, 16, "105.3", NULL},       {&block_rows[2], 1, 5120, "168957.4", NULL},
    {&block_rows[2], 64, 5120, "2661.0", NULL},  {&block_rows[2], 256, 5120, "681.3", NULL},
    {&block_rows[2], 2048, 5120, "103.8", NULL}, {&block_rows[1], 16, 5120, "103.8", NULL},
    {&block_rows[3], 16, 512, "366.0", NULL},    {&block_rows[4], 16, 512, "554.7", NULL},
    {&block_rows[4], 16, 2560, "219.2", NULL},   {&block_rows[3], 16, 5120, "177.2", NULL},
    {&block_rows[6], 16, 512, "577.5", NULL},
};

static void check_figure(const struct figure *figure, const char *what, int64_t elements, int digits, const char *expected,
                         int *n_failed)
{
    char printed[32];
    snprintf(printed, sizeof printed, "%.*f", digits, (double)(2 * elements) / 1e6);
    if (strcmp(printed, expected) == 0)
        return;
    print_error("%s, T=%lld Dt=%lld: %s %s MB, published %s\n", figure->row->name, (long long)figure->T,
                (long long)figure->Dt, what, printed, expected);
    ++*n_failed;
}

static void mamba_2_8b_comes_out_to_the_published_digit(void **state)
{
    (void)state;
    int n_failed = 0;
    for (int i = 0; i < COUNT(figures); i++) {
        const struct figure *figure = &figures[i];
        struct shape s = with_tiles(shapes[COUNT(shapes) - 1], figure->T, figure->Dt);
        struct measured got = measure(figure->row, &s, "fp16", 16);
        check_figure(figure, "traffic", got.traffic, 1, figure->traffic_mb, &n_failed);
        if (figure->peak_mb)
            check_figure(figure, "peak", got.peak, 3, figure->peak_mb, &n_failed);
    }
    assert_int_equal(n_failed, 0);
}

/* D outside is better than L outside with a spilled state iff T < 1.5 Dt, for many tiles. */
static void the_better_outer_loop_follows_from_the_tiles(void **state)
{
    (void)state;
    for (int64_t T = 4; T <= 256; T *= 2) {
        for (int64_t Dt = 4; Dt <= 256; Dt *= 2) {
            struct shape s = with_tiles((struct shape){.L = 4096, .D = 4096, .N = 16, .K = 4}, T, Dt);
            int64_t outside = measure(&core_rows[6], &s, "int8", 8).traffic,
                    inside = measure(&core_rows[9], &s, "int8", 8).traffic;
            assert_int_equal(outside < inside, 2 * T < 3 * Dt);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_core_moves_and_holds_what_its_formulas_say),
        cmocka_unit_test(the_block_moves_what_its_formulas_say),
        cmocka_unit_test(a_kept_final_state_costs_its_elements_where_the_sequence_is_stored),
        cmocka_unit_test(formulas_count_elements_whatever_their_width),
        cmocka_unit_test(mamba_2_8b_comes_out_to_the_published_digit),
        cmocka_unit_test(the_better_outer_loop_follows_from_the_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
