/* test_cascade.c: what a cascade knows: operations, operands, look-back, cycles, states, operators, overrides.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cascade/build.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* Parses and expects no message at all unless `may_warn`. */
static struct sinter_cascade *read_text(const char *text, struct sinter_override *overrides, int n_overrides, bool may_warn)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    enum sinter_status status =
        sinter_cascade_parse("test.yaml", text, strlen(text), overrides, n_overrides, NULL, diags, &cascade);
    if (!may_warn)
        assert_string_equal(sinter_diagnostics_text(diags), "");
    else if (status != SINTER_OK)
        print_error("%s", sinter_diagnostics_text(diags));
    assert_int_equal(status, SINTER_OK);
    sinter_diagnostics_free(diags);
    return cascade;
}

/* ---- one Einsum over a stock of inputs ------------------------------------------------------------------------- */

static const char stock[] = "cascade: stock\n"
                            "ranks: {L: 6, D: 4, N: 2, K: 3, M: 6, H: 2, P: 3, R: 2, XX: 8}\n"
                            "tensors:\n"
                            "  A: {ranks: [L, D], role: input}\n"
                            "  B: {ranks: [L, N], role: input}\n"
                            "  C: {ranks: [L, D, N], role: input}\n"
                            "  W: {ranks: [D, N], role: weight}\n"
                            "  F: {ranks: [D, K], role: weight}\n"
                            "  V: {ranks: [L], role: input}\n"
                            "  Q: {ranks: [H, L, P], role: input}\n"
                            "  KK: {ranks: [H, L, P], role: input}\n"
                            "  S: {ranks: [], role: input}\n"
                            "  LONG: {ranks: [XX], role: input}\n"
                            "einsums:\n"
                            "  - ";

static struct sinter_cascade *read_one(const char *einsum)
{
    char text[4096];
    snprintf(text, sizeof text, "%s%s\n", stock, einsum);
    return read_text(text, NULL, 0, true);
}

static void append_ranks(const struct sinter_cascade *cascade, sinter_rank_set ranks, char *out, size_t size)
{
    for (int r = 0; r < cascade->n_ranks; r++) {
        if ((ranks >> r) & 1) {
            size_t used = strlen(out);
            snprintf(out + used, size - used, "%s", cascade->ranks[r].variable);
        }
    }
}

static void describe_operations(const struct sinter_cascade *cascade, int einsum, char *out, size_t size)
{
    const struct sinter_einsum *e = &cascade->einsums[einsum];
    out[0] = '\0';
    for (int i = 0; i < e->n_ops; i++) {
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%" PRId64 " %s ", i ? ", " : "", e->ops[i].count, sinter_op_name(e->ops[i].op));
        append_ranks(cascade, e->ops[i].ranks, out, size);
    }
}

static void operations_follow_the_expression(void **state)
{
    (void)state;
    static const struct {
        const char *einsum, *text, *operations;
    } cases[] = {
        /* copies, broadcasts and look-ups compute nothing */
        {"Y[l,d] = A[l,d]", NULL, ""},
        {"Y[l,d] = V[l]", NULL, ""},
        {"Y[l,d] = 0", NULL, ""},
        {"Y[l,d] = lookup(V[l], A[l,d])", NULL, ""},
        /* each operator once per point of the left-hand side */
        {"Y[l,d] = A[l,d] + 1", NULL, "1 add ld"},
        {"Y[l,d] = A[l,d] - V[l]", NULL, "1 add ld"},
        {"Y[l,d] = -A[l,d]", NULL, "1 add ld"},
        {"Y[l,d] = A[l,d] * 2", NULL, "1 mul ld"},
        {"Y[l,d] = A[l,d] / V[l]", NULL, "1 div ld"},
        {"Y[l,d] = max(A[l,d], 0)", NULL, "1 max ld"},
        {"Y[l,d] = min(A[l,d], V[l])", NULL, "1 max ld"},
        {"Y[l,d] = relu(A[l,d])", NULL, "1 max ld"},
        {"Y[l] = exp(V[l]) + log(V[l])", NULL, "1 add l, 1 exp l, 1 log l"},
        {"Y[l] = sqrt(V[l]) - rsqrt(V[l])", NULL, "1 add l, 1 sqrt l, 1 rsqrt l"},
        {"Y[l] = recip(V[l]) / sigmoid(V[l])", NULL, "1 div l, 1 recip l, 1 sigmoid l"},
        {"Y[l] = silu(V[l]) + softplus(V[l]) + tanh(V[l]) + gelu(V[l])", NULL,
         "3 add l, 1 silu l, 1 softplus l, 1 tanh l, 1 gelu l"},
        {"Y[l,d,n] = exp(V[l])", NULL, "1 exp ldn"},
        /* a product and an addition are one mac */
        {"Y[l,d] = A[l,d]*V[l] + V[l]", "Y[l,d] = A[l,d] * V[l] + V[l]", "1 mac ld"},
        {"Y[l,d] = V[l] + A[l,d] * V[l]", NULL, "1 mac ld"},
        {"Y[l,d] = A[l,d] * V[l] - V[l]", NULL, "1 mac ld"},
        {"Y[l,d] = V[l] - A[l,d] * V[l]", NULL, "1 mac ld"},
        {"Y[l,d] = A[l,d] * V[l] + V[l] * V[l]", NULL, "1 mac ld, 1 mul ld"},
        {"Y[l,d] = A[l,d] * V[l] * V[l] + V[l]", NULL, "1 mac ld, 1 mul ld"},
        {"Y[l,d] = -(A[l,d] * V[l]) + V[l]", NULL, "2 add ld, 1 mul ld"},
        /* sums: one mac per point over a product, one add over anything else */
        {"Y[l,n] = A[l,d] * W[d,n]", NULL, "1 mac ldn"},
        {"Y[l,n] = sum(A[l,d]*W[d,n])", "Y[l,n] = A[l,d] * W[d,n]", "1 mac ldn"},
        {"Y[l] = A[l,d] * W[d,n] * B[l,n]", NULL, "1 mac ldn, 1 mul ldn"},
        {"Y[l] = A[l,d]", "Y[l] = sum(A[l,d])", "1 add ld"},
        {"Y[l] = sum(exp(A[l,d]))", NULL, "1 add ld, 1 exp ld"},
        {"Y[l] = A[l,d] * A[l,d] + A[l,d]", "Y[l] = sum(A[l,d] * A[l,d] + A[l,d])", "1 mac ld, 1 add ld"},
        {"Y[l] = A[l,d] * 2 + A[l,d] * A[l,d]", "Y[l] = sum(A[l,d] * 2 + A[l,d] * A[l,d])", "1 mac ld, 1 add ld, 1 mul ld"},
        {"Y[l] = max(A[l,d])", NULL, "1 max ld"},
        {"Y[l] = max(A[l,d] * A[l,d])", NULL, "1 mul ld, 1 max ld"},
        {"Y[l] = sum(A[l,d] * A[l,d]) + V[l]", NULL, "1 mac ld, 1 add l"},
        {"Y[l] = rsqrt(sum(A[l,d] * A[l,d]) * (1 / D) + 0.00001)", "Y[l] = rsqrt(sum(A[l,d] * A[l,d]) * 0.25 + 0.00001)",
         "1 mac ld, 1 mac l, 1 rsqrt l"},
        {"Y[l] = sum(A[l,d]) / sum(exp(A[l,d]))", NULL, "2 add ld, 1 div l, 1 exp ld"},
        /* constants fold: a rank is its extent */
        {"Y[l] = V[l] * (2 * 3 - 1) / D", "Y[l] = V[l] * 5 / 4", "1 mul l, 1 div l"},
        {"Y[l] = V[l] * exp(0)", "Y[l] = V[l] * 1", "1 mul l"},
        {"Y[l] = V[l] * -1", "Y[l] = V[l] * -1", "1 mul l"},
        {"Y[l] = (V[l] + V[l]) * V[l]", NULL, "1 add l, 1 mul l"},
        {"Y[l] = V[l] - (V[l] - V[l])", NULL, "2 add l"},
        {"Y[l] = V[l] / (V[l] * V[l])", NULL, "1 mul l, 1 div l"},
        {"Y[l] = ((V[l] - V[l])) - V[l]", "Y[l] = V[l] - V[l] - V[l]", "2 add l"},
        {"Y[l] = -(V[l] + V[l])", NULL, "2 add l"},
        {"Y[l] = --V[l]", NULL, "2 add l"},
        {"Y[l] = V[l] * S", "Y[l] = V[l] * S[]", "1 mul l"},
        {"Y = sum(V[l])", "Y[] = sum(V[l])", "1 add l"},
        {"Y[l] = V[l] * 1e-30", "Y[l] = V[l] * 1e-30", "1 mul l"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct sinter_cascade *cascade = read_one(cases[i].einsum);
        char operations[256];
        describe_operations(cascade, 0, operations, sizeof operations);
        assert_string_equal(operations, cases[i].operations);
        assert_string_equal(cascade->einsums[0].text, cases[i].text ? cases[i].text : cases[i].einsum);
        sinter_cascade_free(cascade);
    }
}

static void operations_multiply_points(void **state)
{
    (void)state;
    struct sinter_cascade *cascade = read_one("Y[l,n] = A[l,d] * W[d,n]");
    int64_t counts[SINTER_N_OPS] = {[SINTER_MAC] = 7};
    sinter_einsum_operations(cascade, 0, counts);
    assert_int_equal(counts[SINTER_MAC], 7 + 6 * 4 * 2);
    assert_int_equal(counts[SINTER_ADD], 0);
    assert_int_equal(sinter_cascade_points(cascade, 0), 1);
    assert_int_equal(sinter_cascade_points(cascade, cascade->einsums[0].ranks), 48);
    sinter_cascade_free(cascade);
    cascade = read_text("cascade: c\nranks: {A: 4611686018427387904, B: 4}\ntensors: {X: {ranks: [B], role: input}}\n"
                        "einsums: ['Y[b] = X[b]']\n",
                        NULL, 0, true);
    assert_int_equal(sinter_cascade_points(cascade, 3), INT64_MAX);
    sinter_cascade_free(cascade);
}

/* "A: X[l-1,d] X[l,d]; plain B[..]": each operand with its accesses, look-back and flags. */
static void describe_operands(const struct sinter_cascade *cascade, int einsum, char *out, size_t size)
{
    const struct sinter_einsum *e = &cascade->einsums[einsum];
    out[0] = '\0';
    for (int i = 0; i < e->n_operands; i++) {
        const struct sinter_operand *operand = &e->operands[i];
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s x%d ", i ? ", " : "", cascade->tensors[operand->tensor].name,
                 operand->n_accesses);
        append_ranks(cascade, operand->ranks, out, size);
        used = strlen(out);
        if (operand->look_back_rank >= 0)
            snprintf(out + used, size - used, " %s-%" PRId64 "..%" PRId64, cascade->ranks[operand->look_back_rank].variable,
                     operand->look_back_min, operand->look_back_max);
        used = strlen(out);
        snprintf(out + used, size - used, "%s%s", operand->is_plain ? " plain" : "", operand->is_backward ? "" : " ahead");
    }
}

static void accesses_form_operands(void **state)
{
    (void)state;
    static const struct {
        const char *einsum, *operands;
    } cases[] = {
        {"Y[l,d] = A[l,d] * A[l,d]", "A x1 ld plain"},
        {"Y[l,d] = A[l,d] + A[l-1,d]", "A x2 ld l-0..1"},
        {"Y[l,d] = A[l-1,d] + A[l-3,d]", "A x2 ld l-1..3"},
        {"Y[l,d] = A[l-k,d] * F[d,k]", "A x1 ldk l-0..2, F x1 dk plain"},
        {"Y[l,d] = A[l-2+k,d] * F[d,k]", "A x1 ldk l-0..2, F x1 dk plain"},
        {"Y[l,d] = A[l+k-1,d] * F[d,k]", "A x1 ldk ahead, F x1 dk plain"},
        {"Y[l,d] = A[l-k,d] * F[d,k] + A[l,d] * F[d,k]", "A x2 ldk l-0..2, F x1 dk plain"},
        {"Y[h,l,m] = Q[h,l,p] * KK[h,m,p]", "Q x1 lhp plain, KK x1 mhp plain"},
        {"Y[l,m] = V[l] * V[m]", "V x1 l plain, V x1 m plain"},
        {"Y[p] = LONG[2*p+r]", "LONG x1 pr"},
        {"Y[p] = LONG[2*p]", "LONG x1 p"},
        {"Y[p] = LONG[p+5]", "LONG x1 p plain"},
        {"Y[n] = LONG[n] + LONG[n+4]", "LONG x2 n"},
        {"Y[d] = A[0,d] + A[5,d]", "A x2 d"},
        {"Y[n] = A[n,n]", "A x1 n"},
        {"Y[m] = A[m,0]", "A x1 m"},
        {"Y[m] = V[m-1]", "V x1 m"},
        {"Y[l] = V[l-1]", "V x1 l l-1..1"},
        {"Y[l] = V[-l+5]", "V x1 l ahead"},
        {"Y[l,d] = C[l-1,d-1,0]", "C x1 ld l-1..1"}, /* an input may look back along two ranks: the first counts */
        {"Y[l] = V[l+l-l-1]", "V x1 l l-1..1"},
        {"Y[l] = V[l-D]", "V x1 l l-4..4"},
        {"Y[l] = V[D*k-L+l]", "V x1 lk ahead"},
        {"Y[l] = S * S + V[l]", "S x1  plain, V x1 l plain"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct sinter_cascade *cascade = read_one(cases[i].einsum);
        char operands[256];
        describe_operands(cascade, 0, operands, sizeof operands);
        assert_string_equal(operands, cases[i].operands);
        assert_true(cascade->einsums[0].target.is_plain);
        sinter_cascade_free(cascade);
    }
}

static void own_term_is_the_dimensions_rank(void **state)
{
    (void)state;
    struct sinter_cascade *cascade = read_one("Y[l,p] = A[-k+l,0] * LONG[2*p+r]");
    const struct sinter_einsum *e = &cascade->einsums[0];
    assert_int_equal(e->accesses[0].indices[0].n_terms, 2);
    assert_int_equal(e->accesses[0].indices[0].own, 1);
    assert_int_equal(e->accesses[0].indices[1].own, -1);
    assert_int_equal(e->accesses[1].indices[0].own, 0);
    assert_int_equal(e->accesses[1].indices[0].terms[0].coefficient, 2);
    assert_string_equal(e->text, "Y[l,p] = A[-k+l,0] * LONG[2*p+r]");
    /* the left-hand side first, then the reduced ranks as they appear */
    static const char *const order[] = {"l", "p", "k", "r"};
    assert_int_equal(e->n_ranks, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(cascade->ranks[e->rank_order[i]].variable, order[i]);
    assert_int_equal(e->ranks, e->result_ranks | e->reduced_ranks);
    assert_int_equal(e->result_ranks & e->reduced_ranks, 0);
    sinter_cascade_free(cascade);
}

/* ---- whole cascades ------------------------------------------------------------------------------------------ */

static void selective_scan_is_understood(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *c = NULL;
    assert_int_equal(sinter_cascade_read_file("tests/data/cases/core.yaml", NULL, 0, NULL, diags, &c), SINTER_OK);
    assert_string_equal(sinter_diagnostics_text(diags), "");
    assert_string_equal(c->name, "selective-scan");
    assert_int_equal(c->n_ranks, 3);
    assert_int_equal(c->n_tensors, 10);
    assert_int_equal(c->n_einsums, 4);
    assert_int_equal(c->n_operators, 4);
    int h = sinter_cascade_einsum(c, "H"), h0 = sinter_cascade_tensor(c, "H0"), dt = sinter_cascade_tensor(c, "DT");
    const struct sinter_tensor *tensor = &c->tensors[c->einsums[h].result];
    assert_int_equal(c->n_cycles, 1);
    assert_int_equal(c->cycles[0].rank, sinter_cascade_rank(c, "L"));
    assert_int_equal(c->cycles[0].look_back, 1);
    assert_int_equal(c->cycles[0].n_einsums, 1);
    assert_int_equal(c->cycles[0].einsums[0], h);
    assert_int_equal(c->einsums[h].cycle, 0);
    assert_int_equal(c->einsums[0].cycle, -1);
    assert_int_equal(tensor->look_back, 1);
    assert_int_equal(tensor->look_back_rank, 0);
    assert_int_equal(tensor->state, h0);
    assert_int_equal(tensor->producer, h);
    assert_int_equal(tensor->elements, 48);
    assert_int_equal(tensor->bits, 384);
    assert_int_equal(tensor->n_readers, 2);
    assert_int_equal(tensor->readers[0], h);
    assert_int_equal(tensor->readers[1], sinter_cascade_einsum(c, "Y"));
    assert_int_equal(c->tensors[h0].state_of, c->einsums[h].result);
    assert_int_equal(c->tensors[h0].look_back_rank, -1);
    assert_int_equal(c->tensors[dt].n_readers, 2);
    assert_int_equal(c->tensors[dt].role, SINTER_INPUT);
    assert_int_equal(c->tensors[dt].at.line, 5);
    assert_int_equal(c->tensors[dt].at.column, 3);
    assert_int_equal(c->einsums[h].at.line, 16);
    assert_int_equal(c->einsums[h].at.column, 5);
    assert_string_equal(c->einsums[h].at.file, "tests/data/cases/core.yaml");
    assert_int_equal(c->einsums[h].accesses[1].at.column, 29);
    assert_int_equal(sinter_cascade_einsum(c, "DT"), -1);
    assert_int_equal(sinter_cascade_rank(c, "l"), -1);
    sinter_cascade_free(c);
    sinter_diagnostics_free(diags);
}

static void cycles_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *einsums;
        int n_cycles, n_first; /* cycles; Einsums of the first */
        int64_t look_back;     /* of the first */
        int64_t kept;          /* slices of H that are kept */
    } cases[] = {
        {"['H[l,d] = A[l,d]', 'Y[l,d] = H[l,d]']", 0, 0, 0, 0},
        {"['H[l,d] = A[l,d]', 'Y[l,d] = H[l-2,d]']", 0, 0, 0, 2},
        {"['H[l,d] = A[l,d] * H[l-1,d]', 'Y[l,d] = H[l,d]']", 1, 1, 1, 1},
        {"['H[l,d] = A[l,d] * H[l-2,d]', 'Y[l,d] = H[l-3,d]']", 1, 1, 2, 3},
        {"['H[l,d] = H[l-1,d] + H[l-2,d] + A[l,d]', 'Y[l,d] = H[l,d]']", 1, 1, 1, 2},
        {"['HH[l,d] = A[l,d] * H[l-1,d]', 'Y[l,d] = A[l,d]', 'H[l,d] = HH[l,d] + A[l,d]']", 1, 2, 1, 1},
        {"['G[l,d] = H[l-3,d]', 'H[l,d] = G[l-1,d] + A[l,d]', 'Y[l,d] = H[l,d]']", 1, 2, 3, 3},
        {"['H[l,d] = H[l-1,d] + A[l,d]', 'G[l,d] = G[l-1,d] + H[l,d]', 'Y[l,d] = G[l,d]']", 2, 1, 1, 1},
        {"['G[l,d] = H[l-1-k,d]', 'H[l,d] = G[l,d] + A[l,d]', 'Y[l,d] = H[l,d]']", 1, 2, 1, 3},
        {"['H[l,d] = sum(H[l-1-k,d] * F[k]) + A[l,d]', 'Y[l,d] = H[l,d]']", 1, 1, 1, 3},
        {"['H[l,d] = sum(H[l-1,e]) + A[l,d]', 'Y[l,d] = H[l,d]']", 1, 1, 1, 1},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "cascade: c\nranks: {L: 6, D: 4, E: 4, K: 3}\ntensors:\n  A: {ranks: [L, D], role: input}\n"
                 "  F: {ranks: [K], role: weight}\n  Y: {ranks: [L, D], role: output}\neinsums: %s\n",
                 cases[i].einsums);
        struct sinter_cascade *c = read_text(text, NULL, 0, true);
        assert_int_equal(c->n_cycles, cases[i].n_cycles);
        if (c->n_cycles > 0) {
            assert_int_equal(c->cycles[0].rank, 0);
            assert_int_equal(c->cycles[0].n_einsums, cases[i].n_first);
            assert_int_equal(c->cycles[0].look_back, cases[i].look_back);
        }
        assert_int_equal(c->tensors[sinter_cascade_tensor(c, "H")].look_back, cases[i].kept);
        sinter_cascade_free(c);
    }
}

static void states_hold_slices(void **state)
{
    (void)state;
    static const struct {
        const char *state, *tensor, *einsum;
        int64_t kept;
    } cases[] = {
        {"{ranks: [D], role: state}", "{ranks: [L, D], state: S}", "H[l,d] = H[l-1,d] + A[l,d]", 1},
        {"{ranks: [D], role: input}", "{ranks: [L, D], state: S}", "H[l,d] = H[l-1,d] + A[l,d]", 1},
        {"{ranks: [D], role: output}", "{ranks: [L, D], state: S}", "H[l,d] = H[l-1,d] + A[l,d]", 1},
        {"{ranks: [T, D], role: state}", "{ranks: [L, D], state: S}", "H[l,d] = H[l-2,d] + A[l,d]", 2},
        {"{ranks: [D, T], role: state}", "{ranks: [L, D], state: S}", "H[l,d] = H[l-2,d] + A[l,d]", 2},
        {"{ranks: [], role: state}", "{ranks: [L], state: S}", "H[l] = H[l-1] + 1", 1},
        {"{ranks: [L], role: state}", "{ranks: [L, D], state: S}", "H[l,d] = H[l,d-1] + A[l,d]", 1},
        {"{ranks: [T, D], role: input}", "{ranks: [L, D], role: input, state: S}", "G[l,d] = sum(H[l-k,d])", 2},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "cascade: c\nranks: {L: 6, D: 4, K: 3, T: 2}\ntensors:\n  A: {ranks: [L, D], role: input}\n"
                 "  S: %s\n  H: %s\neinsums:\n  - %s\n",
                 cases[i].state, cases[i].tensor, cases[i].einsum);
        struct sinter_cascade *c = read_text(text, NULL, 0, true);
        int h = sinter_cascade_tensor(c, "H"), s = sinter_cascade_tensor(c, "S");
        assert_int_equal(c->tensors[h].state, s);
        assert_int_equal(c->tensors[s].state_of, h);
        assert_int_equal(c->tensors[h].look_back, cases[i].kept);
        sinter_cascade_free(c);
    }
}

static void operators_group_einsums(void **state)
{
    (void)state;
    struct sinter_cascade *c = read_text("cascade: c\nranks: {L: 6}\ntensors: {A: {ranks: [L], role: input}, "
                                         "Z: {ranks: [L], role: output}}\n"
                                         "einsums:\n"
                                         "  - B[l] = A[l] + 1\n"
                                         "  - norm:\n"
                                         "    - C[l] = B[l] + 1\n"
                                         "    - D[l] = C[l] + 1\n"
                                         "  - Z[l] = D[l] + 1\n",
                                         NULL, 0, false);
    assert_int_equal(c->n_operators, 3);
    assert_string_equal(c->operators[0].name, "B");
    assert_string_equal(c->operators[1].name, "norm");
    assert_int_equal(c->operators[1].first, 1);
    assert_int_equal(c->operators[1].n_einsums, 2);
    assert_string_equal(c->operators[2].name, "Z");
    assert_int_equal(c->einsums[2].cascade_operator, 1);
    assert_int_equal(c->einsums[3].cascade_operator, 2);
    sinter_cascade_free(c);
}

static void overrides_change_extents_and_types(void **state)
{
    (void)state;
    static const char text[] = "cascade: c\nranks: {L: 6, D: 4}\ntensors:\n  A: {ranks: [L, D], role: input}\n"
                               "  Y: {ranks: [L], role: output, type: fp8}\neinsums:\n  - B[l,d] = A[l,d] / D\n"
                               "  - Y[l] = sum(B[l,d])\n";
    struct sinter_override overrides[] = {{"L", "2Ki", false},         {"D", "8", false},         {"type", "int8", false},
                                          {"B.type", "12 bit", false}, {"Y.type", "bf16", false}, {"M", "3", false},
                                          {"Q.type", "fp32", false}};
    struct sinter_cascade *c = read_text(text, overrides, 7, false);
    static const bool is_used[] = {true, true, true, true, true, false, false};
    for (int i = 0; i < 7; i++)
        assert_int_equal(overrides[i].is_used, is_used[i]);
    assert_int_equal(c->ranks[0].extent, 2048);
    assert_string_equal(c->einsums[0].text, "B[l,d] = A[l,d] / 8");
    char type[16];
    assert_string_equal(sinter_type_print(c->type, type, sizeof type), "int8");
    assert_string_equal(sinter_type_print(c->tensors[0].type, type, sizeof type), "int8");
    assert_string_equal(sinter_type_print(c->tensors[1].type, type, sizeof type), "bf16");
    assert_string_equal(sinter_type_print(c->tensors[2].type, type, sizeof type), "12 bit");
    assert_int_equal(c->tensors[2].bits, 2048 * 8 * 12);
    sinter_cascade_free(c);
    c = read_text(text, NULL, 0, false);
    assert_string_equal(sinter_type_print(c->type, type, sizeof type), "fp16");
    sinter_cascade_free(c);
}

static void builder_and_text_agree(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_location none = {0};
    struct sinter_cascade_builder *b = sinter_cascade_builder_new("selective-scan", "int8", NULL, diags);
    sinter_cascade_builder_rank(b, "L", 6, none);
    sinter_cascade_builder_rank(b, "D", 4, none);
    sinter_cascade_builder_rank(b, "N", 2, none);
    sinter_cascade_builder_tensor(b, "DT", &(struct sinter_tensor_options){.ranks = "L, D", .role = SINTER_INPUT}, none);
    sinter_cascade_builder_tensor(b, "X", &(struct sinter_tensor_options){.ranks = "L,D", .role = SINTER_INPUT}, none);
    sinter_cascade_builder_tensor(b, "B", &(struct sinter_tensor_options){.ranks = " L , N ", .role = SINTER_INPUT}, none);
    sinter_cascade_builder_tensor(b, "C", &(struct sinter_tensor_options){.ranks = "L, N", .role = SINTER_INPUT}, none);
    sinter_cascade_builder_tensor(b, "A", &(struct sinter_tensor_options){.ranks = "D, N", .role = SINTER_WEIGHT}, none);
    sinter_cascade_builder_tensor(b, "H0", &(struct sinter_tensor_options){.ranks = "D, N", .role = SINTER_STATE}, none);
    sinter_cascade_builder_tensor(b, "H", &(struct sinter_tensor_options){.ranks = "L, D, N", .state = "H0"}, none);
    sinter_cascade_builder_tensor(b, "Y", &(struct sinter_tensor_options){.ranks = "L, D", .role = SINTER_OUTPUT}, none);
    sinter_cascade_builder_einsum(b, NULL, "DA[l,d,n] = exp(DT[l,d]*A[d,n])", none);
    sinter_cascade_builder_einsum(b, NULL, "BX[l,d,n] = DT[l,d]*X[l,d]*B[l,n]", none);
    sinter_cascade_builder_einsum(b, NULL, "H[l,d,n]=DA[l,d,n]*H[l-1,d,n]\n  +BX[l,d,n]", none);
    sinter_cascade_builder_einsum(b, NULL, "Y[l,d] = C[l,n]*H[l,d,n]", none);
    struct sinter_cascade *built = NULL, *read = NULL;
    assert_int_equal(sinter_cascade_builder_finish(b, &built), SINTER_OK);
    assert_int_equal(sinter_cascade_read_file("tests/data/cases/core.yaml", NULL, 0, NULL, diags, &read), SINTER_OK);
    struct sinter_text left = {0}, right = {0};
    sinter_cascade_print(built, &left);
    sinter_cascade_print(read, &right);
    assert_string_equal(sinter_text_data(&left), sinter_text_data(&right));
    assert_string_equal(sinter_diagnostics_text(diags), "");
    sinter_text_free(&left);
    sinter_text_free(&right);
    sinter_cascade_free(built);
    sinter_cascade_free(read);
    sinter_diagnostics_free(diags);
}

static void builder_can_be_given_up(void **state)
{
    (void)state;
    struct sinter_cascade_builder *b = sinter_cascade_builder_new("x", NULL, NULL, NULL);
    sinter_cascade_builder_rank(b, "L", 6, (struct sinter_location){0});
    sinter_cascade_builder_free(b);
    sinter_cascade_builder_free(NULL);
    sinter_cascade_free(NULL);
    struct sinter_cascade *cascade = NULL;
    assert_int_equal(sinter_cascade_builder_finish(NULL, &cascade), SINTER_NO_MEMORY);
    assert_null(cascade);
}

/* A long chain: nothing recurses over Einsums. */
static void thousands_of_einsums_are_read(void **state)
{
    (void)state;
    struct sinter_location none = {0};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade_builder *b = sinter_cascade_builder_new("chain", NULL, NULL, diags);
    struct sinter_cascade *cascade = NULL;
    enum { N = 4000 };
    sinter_cascade_builder_rank(b, "L", 10, none);
    sinter_cascade_builder_tensor(b, "X", &(struct sinter_tensor_options){.ranks = "L", .role = SINTER_INPUT}, none);
    for (int i = 0; i < N; i++) {
        char text[64], previous[16] = "X";
        if (i > 0)
            snprintf(previous, sizeof previous, "T%d", i - 1);
        snprintf(text, sizeof text, "T%d[l] = %s[l] + T%d[l-1]", i, previous, N - 1);
        sinter_cascade_builder_einsum(b, NULL, text, none);
    }
    assert_int_equal(sinter_cascade_builder_finish(b, &cascade), SINTER_OK);
    assert_int_equal(cascade->n_cycles, 1);
    assert_int_equal(cascade->cycles[0].n_einsums, N);
    assert_int_equal(cascade->cycles[0].look_back, 1);
    sinter_cascade_free(cascade);
    sinter_diagnostics_free(diags);
}

/* ---- words ----------------------------------------------------------------------------------------------------- */

static void types_are_read_and_printed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sinter_type_kind kind;
        int bits; /* 0: refused */
    } cases[] = {
        {"fp64", SINTER_FLOAT, 64},  {"fp32", SINTER_FLOAT, 32},   {"fp16", SINTER_FLOAT, 16},
        {"bf16", SINTER_BFLOAT, 16}, {"fp8", SINTER_FLOAT, 8},     {"int32", SINTER_INT, 32},
        {"int16", SINTER_INT, 16},   {"int8", SINTER_INT, 8},      {"int4", SINTER_INT, 4},
        {"1 bit", SINTER_BITS, 1},   {"12 bit", SINTER_BITS, 12},  {"1024 bit", SINTER_BITS, 1024},
        {"0 bit", SINTER_BITS, 0},   {"1025 bit", SINTER_BITS, 0}, {"99999999999 bit", SINTER_BITS, 0},
        {"12", SINTER_BITS, 0},      {" bit", SINTER_BITS, 0},     {"fp4", SINTER_FLOAT, 0},
        {"", SINTER_BITS, 0},        {"12 bits", SINTER_BITS, 0},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct sinter_type type = {SINTER_INT, -1};
        assert_int_equal(sinter_type_parse(cases[i].text, &type), cases[i].bits > 0);
        if (cases[i].bits == 0)
            continue;
        char buffer[16];
        assert_int_equal(type.kind, cases[i].kind);
        assert_int_equal(type.bits, cases[i].bits);
        assert_string_equal(sinter_type_print(type, buffer, sizeof buffer), cases[i].text);
    }
}

static void operations_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < SINTER_N_OPS; i++) {
        enum sinter_op op = SINTER_MAC;
        assert_true(sinter_op_find(sinter_op_name((enum sinter_op)i), &op));
        assert_int_equal(op, i);
    }
    enum sinter_op op;
    assert_false(sinter_op_find("relu", &op));
    assert_int_equal(sinter_op_flops(SINTER_MAC), 2);
    assert_int_equal(sinter_op_flops(SINTER_MAX), 1);
    assert_int_equal(sinter_op_flops(SINTER_EXP), 0);
}

static void functions_of_constants_have_their_values(void **state)
{
    (void)state;
    static const struct {
        enum sinter_function function;
        double x, value;
    } cases[] = {
        {SINTER_FN_EXP, 1, 2.718281828459045},
        {SINTER_FN_LOG, 2, 0.693147180559945},
        {SINTER_FN_SQRT, 2, 1.414213562373095},
        {SINTER_FN_RSQRT, 4, 0.5},
        {SINTER_FN_RECIP, 8, 0.125},
        {SINTER_FN_SIGMOID, 1, 0.731058578630005},
        {SINTER_FN_SILU, -2, -0.238405844044235},
        {SINTER_FN_SOFTPLUS, 1, 1.313261687518223},
        {SINTER_FN_SOFTPLUS, -1, 0.313261687518223},
        {SINTER_FN_SOFTPLUS, 1000, 1000},
        {SINTER_FN_RELU, -3, 0},
        {SINTER_FN_RELU, 3, 3},
        {SINTER_FN_GELU, 1, 0.841344746068543},
        {SINTER_FN_GELU, -1, -0.158655253931457},
        {SINTER_FN_TANH, 1, 0.761594155955765},
        {SINTER_FN_SIGMOID, -(double)INFINITY, 0},
        {SINTER_FN_SILU, -(double)INFINITY, 0},
        {SINTER_FN_GELU, -(double)INFINITY, 0},
        {SINTER_FN_RELU, -(double)INFINITY, 0},
    };
    for (int f = 0; f < SINTER_N_FUNCTIONS; f++)
        assert_true(isnan(cascade_apply_function((enum sinter_function)f, (double)NAN)));
    for (size_t i = 0; i < LENGTH(cases); i++) {
        double found = cascade_apply_function(cases[i].function, cases[i].x);
        if (!(found - cases[i].value < 2e-15 && cases[i].value - found < 2e-15))
            fail_msg("row %d: %.17g, expected %.17g", (int)i, found, cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_follow_the_expression),
        cmocka_unit_test(operations_multiply_points),
        cmocka_unit_test(accesses_form_operands),
        cmocka_unit_test(own_term_is_the_dimensions_rank),
        cmocka_unit_test(selective_scan_is_understood),
        cmocka_unit_test(cycles_are_found),
        cmocka_unit_test(states_hold_slices),
        cmocka_unit_test(operators_group_einsums),
        cmocka_unit_test(overrides_change_extents_and_types),
        cmocka_unit_test(builder_and_text_agree),
        cmocka_unit_test(builder_can_be_given_up),
        cmocka_unit_test(thousands_of_einsums_are_read),
        cmocka_unit_test(types_are_read_and_printed),
        cmocka_unit_test(operations_have_names),
        cmocka_unit_test(functions_of_constants_have_their_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
