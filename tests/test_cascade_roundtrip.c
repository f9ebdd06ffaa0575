/* test_cascade_roundtrip.c: printing and parsing give the same cascade; memory may run out and files may be broken anywhere.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sinter/cascade.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* ---- equality -------------------------------------------------------------------------------------------------- */

static void assert_same_accesses(const struct sinter_cascade *c, int n, const struct sinter_access *a,
                                 const struct sinter_access *b)
{
    for (int i = 0; i < n; i++) {
        assert_int_equal(a[i].tensor, b[i].tensor);
        for (int d = 0; d < c->tensors[a[i].tensor].n_dims; d++) {
            const struct sinter_index *x = &a[i].indices[d], *y = &b[i].indices[d];
            assert_int_equal(x->n_terms, y->n_terms);
            assert_int_equal(x->own, y->own);
            assert_int_equal(x->constant, y->constant);
            for (int t = 0; t < x->n_terms; t++) {
                assert_int_equal(x->terms[t].rank, y->terms[t].rank);
                assert_int_equal(x->terms[t].coefficient, y->terms[t].coefficient);
            }
        }
    }
}

static void assert_same_operands(const struct sinter_cascade *c, int n, const struct sinter_operand *a,
                                 const struct sinter_operand *b)
{
    for (int i = 0; i < n; i++) {
        assert_int_equal(a[i].tensor, b[i].tensor);
        assert_int_equal(a[i].n_accesses, b[i].n_accesses);
        assert_int_equal(a[i].ranks, b[i].ranks);
        assert_int_equal(a[i].is_plain, b[i].is_plain);
        assert_int_equal(a[i].look_back_rank, b[i].look_back_rank);
        assert_int_equal(a[i].look_back_min, b[i].look_back_min);
        assert_int_equal(a[i].look_back_max, b[i].look_back_max);
        assert_int_equal(a[i].is_backward, b[i].is_backward);
        assert_same_accesses(c, a[i].n_accesses, a[i].accesses, b[i].accesses);
    }
}

static void assert_same_einsum(const struct sinter_cascade *c, const struct sinter_einsum *a, const struct sinter_einsum *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->text, b->text);
    assert_int_equal(a->result, b->result);
    assert_int_equal(a->cascade_operator, b->cascade_operator);
    assert_int_equal(a->cycle, b->cycle);
    assert_int_equal(a->n_ranks, b->n_ranks);
    assert_memory_equal(a->rank_order, b->rank_order, (size_t)a->n_ranks * sizeof(int));
    assert_int_equal(a->result_ranks, b->result_ranks);
    assert_int_equal(a->reduced_ranks, b->reduced_ranks);
    assert_int_equal(a->n_operands, b->n_operands);
    assert_same_operands(c, a->n_operands, a->operands, b->operands);
    assert_same_operands(c, 1, &a->target, &b->target);
    assert_int_equal(a->n_accesses, b->n_accesses);
    assert_same_accesses(c, a->n_accesses, a->accesses, b->accesses);
    assert_int_equal(a->n_exprs, b->n_exprs);
    for (int i = 0; i < a->n_exprs; i++) {
        const struct sinter_expr *x = &a->exprs[i], *y = &b->exprs[i];
        assert_int_equal(x->kind, y->kind);
        assert_int_equal(x->function, y->function);
        assert_int_equal(x->a, y->a);
        assert_int_equal(x->b, y->b);
        assert_int_equal(x->access, y->access);
        assert_memory_equal(&x->value, &y->value, sizeof x->value);
        assert_int_equal(x->reduced, y->reduced);
        assert_true(x->a < i && x->b < i);
    }
    assert_int_equal(a->n_ops, b->n_ops);
    for (int i = 0; i < a->n_ops; i++) {
        assert_int_equal(a->ops[i].op, b->ops[i].op);
        assert_int_equal(a->ops[i].count, b->ops[i].count);
        assert_int_equal(a->ops[i].ranks, b->ops[i].ranks);
    }
}

static void assert_same_tensor(const struct sinter_tensor *a, const struct sinter_tensor *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->type.kind, b->type.kind);
    assert_int_equal(a->type.bits, b->type.bits);
    assert_int_equal(a->n_dims, b->n_dims);
    assert_memory_equal(a->dims, b->dims, (size_t)a->n_dims * sizeof(int));
    assert_int_equal(a->ranks, b->ranks);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->state_of, b->state_of);
    assert_int_equal(a->look_back_rank, b->look_back_rank);
    assert_int_equal(a->look_back, b->look_back);
    assert_int_equal(a->producer, b->producer);
    assert_int_equal(a->n_readers, b->n_readers);
    assert_memory_equal(a->readers, b->readers, (size_t)a->n_readers * sizeof(int));
    assert_int_equal(a->elements, b->elements);
    assert_int_equal(a->bits, b->bits);
}

static void assert_same_cascade(const struct sinter_cascade *a, const struct sinter_cascade *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->type.kind, b->type.kind);
    assert_int_equal(a->type.bits, b->type.bits);
    assert_int_equal(a->n_ranks, b->n_ranks);
    assert_int_equal(a->n_tensors, b->n_tensors);
    assert_int_equal(a->n_einsums, b->n_einsums);
    assert_int_equal(a->n_cycles, b->n_cycles);
    assert_int_equal(a->n_operators, b->n_operators);
    for (int i = 0; i < a->n_ranks; i++) {
        assert_string_equal(a->ranks[i].name, b->ranks[i].name);
        assert_string_equal(a->ranks[i].variable, b->ranks[i].variable);
        assert_int_equal(a->ranks[i].extent, b->ranks[i].extent);
    }
    for (int i = 0; i < a->n_tensors; i++)
        assert_same_tensor(&a->tensors[i], &b->tensors[i]);
    for (int i = 0; i < a->n_einsums; i++)
        assert_same_einsum(a, &a->einsums[i], &b->einsums[i]);
    for (int i = 0; i < a->n_cycles; i++) {
        assert_int_equal(a->cycles[i].rank, b->cycles[i].rank);
        assert_int_equal(a->cycles[i].look_back, b->cycles[i].look_back);
        assert_int_equal(a->cycles[i].n_einsums, b->cycles[i].n_einsums);
        assert_memory_equal(a->cycles[i].einsums, b->cycles[i].einsums, (size_t)a->cycles[i].n_einsums * sizeof(int));
    }
    for (int i = 0; i < a->n_operators; i++) {
        assert_string_equal(a->operators[i].name, b->operators[i].name);
        assert_int_equal(a->operators[i].first, b->operators[i].first);
        assert_int_equal(a->operators[i].n_einsums, b->operators[i].n_einsums);
    }
}

/* ---- round trips ------------------------------------------------------------------------------------------------- */

static void assert_round_trip(const struct sinter_cascade *cascade)
{
    struct sinter_text printed = {0}, again = {0};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *copy = NULL;
    sinter_cascade_print(cascade, &printed);
    if (sinter_cascade_parse("printed", sinter_text_data(&printed), printed.length, NULL, 0, NULL, diags, &copy) !=
        SINTER_OK)
        fail_msg("%s\n%s", sinter_diagnostics_text(diags), sinter_text_data(&printed));
    assert_same_cascade(cascade, copy);
    sinter_cascade_print(copy, &again);
    assert_string_equal(sinter_text_data(&printed), sinter_text_data(&again));
    sinter_cascade_free(copy);
    sinter_diagnostics_free(diags);
    sinter_text_free(&printed);
    sinter_text_free(&again);
}

static const char *const files[] = {"tests/data/cases/core.yaml", "tests/data/cases/gemms.yaml"};

static void files_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(files); i++) {
        struct sinter_cascade *cascade = NULL;
        assert_int_equal(sinter_cascade_read_file(files[i], NULL, 0, NULL, NULL, &cascade), SINTER_OK);
        assert_round_trip(cascade);
        sinter_cascade_free(cascade);
    }
}

/* Everything that the language has, once. */
static const char rich[] = "cascade: 'rich: \"all\" of it'\n"
                           "type: bf16\n"
                           "ranks: {L: 6, D: 4, E: 4, N: 2, K: 3, T: 2, P: 3, Long_1: 20, null: 3}\n"
                           "tensors:\n"
                           "  DT: {ranks: [L, D], role: input, type: 12 bit}\n"
                           "  X: {ranks: [L, D], role: input, state: XS}\n"
                           "  XS: {ranks: [T, D], role: input}\n"
                           "  W: {ranks: [D, K], role: weight, type: int4}\n"
                           "  N: {ranks: [Long_1], role: weight}\n"
                           "  G: {ranks: [L, D]}\n"
                           "  S: {ranks: [], role: input}\n"
                           "  H0: {ranks: [D], role: state, type: fp32}\n"
                           "  H: {ranks: [L, D], type: fp32, state: H0}\n"
                           "  Z: {ranks: [null], role: output}\n"
                           "  Y: {ranks: [L], role: output, type: fp8}\n"
                           "einsums:\n"
                           "  - conv:\n"
                           "    - C[l,d] = X[l-k,d] * W[d,k]\n"
                           "    - G[l,d] = silu(C[l,d]) * (1 / D) - -DT[l,d] / 3e-7\n"
                           "  - HH[l,d] = exp(-DT[l,d]) * H[l-1,d]\n"
                           "  - 'scan: \"loud\"':\n"
                           "    - H[l,d] = HH[l,d] + max(G[l,d], 0.1)\n"
                           "  - R[l] = rsqrt(sum(H[l,d] * H[l,d]) / D + 1e-5) * S\n"
                           "  - M[l] = max(H[l,d])\n"
                           "  - Q[l,d] = lookup(DT[l,d], H[l,d]) - (R[l] - M[l]) * (R[l] + M[l]) / (R[l] * min(M[l], 2))\n"
                           "  - Z[null] = sum(N[2*null+k+D]) + -1\n"
                           "  - V[] = sum(N[long_1])\n"
                           "  - Y[l] = sum(Q[l,d] + H[l,e] * Q[l,d]) - V[]\n";

static const char rich_printed[] =
    "cascade: \"rich: \\\"all\\\" of it\"\n"
    "type: bf16\n"
    "ranks: {L: 6, D: 4, E: 4, N: 2, K: 3, T: 2, P: 3, Long_1: 20, \"null\": 3}\n"
    "tensors:\n"
    "  DT: {ranks: [L, D], role: input, type: 12 bit}\n"
    "  X: {ranks: [L, D], role: input, state: XS}\n"
    "  XS: {ranks: [T, D], role: input}\n"
    "  W: {ranks: [D, K], role: weight, type: int4}\n"
    "  N: {ranks: [Long_1], role: weight}\n"
    "  G: {ranks: [L, D]}\n"
    "  S: {ranks: [], role: input}\n"
    "  H0: {ranks: [D], role: state, type: fp32}\n"
    "  H: {ranks: [L, D], type: fp32, state: H0}\n"
    "  Z: {ranks: [\"null\"], role: output}\n"
    "  Y: {ranks: [L], role: output, type: fp8}\n"
    "einsums:\n"
    "  - conv:\n"
    "    - C[l,d] = X[l-k,d] * W[d,k]\n"
    "    - G[l,d] = silu(C[l,d]) * 0.25 - -DT[l,d] / 3e-7\n"
    "  - HH[l,d] = exp(-DT[l,d]) * H[l-1,d]\n"
    "  - \"scan: \\\"loud\\\"\":\n"
    "    - H[l,d] = HH[l,d] + max(G[l,d], 0.1)\n"
    "  - R[l] = rsqrt(sum(H[l,d] * H[l,d]) / 4 + 0.00001) * S[]\n"
    "  - M[l] = max(H[l,d])\n"
    "  - Q[l,d] = lookup(DT[l,d], H[l,d]) - (R[l] - M[l]) * (R[l] + M[l]) / (R[l] * min(M[l], 2))\n"
    "  - Z[null] = sum(N[2*null+k+4]) + -1\n"
    "  - V[] = sum(N[long_1])\n"
    "  - Y[l] = sum(Q[l,d] + H[l,e] * Q[l,d]) - V[]\n";

static void everything_comes_back(void **state)
{
    (void)state;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    struct sinter_text printed = {0};
    sinter_cascade_parse("rich", rich, strlen(rich), NULL, 0, NULL, diags, &cascade);
    assert_string_equal(sinter_diagnostics_text(diags), "");
    assert_round_trip(cascade);
    sinter_cascade_print(cascade, &printed);
    assert_string_equal(sinter_text_data(&printed), rich_printed);
    sinter_text_free(&printed);
    sinter_cascade_free(cascade);
    sinter_diagnostics_free(diags);
}

/* ---- random expressions -------------------------------------------------------------------------------------------- */

/* Appends an expression with random brackets, which the printer must keep where they matter. */
static void append_random(struct sinter_random *random, int depth, struct sinter_text *out)
{
    static const char *const atoms[] = {"A[l,d]", "B[l]", "A[l-1,d]", "2.5", "D", "A[l,3-d]", "0", "1e30", "S"};
    static const char *const signs[] = {" + ", " - ", "*", "/"};
    static const char *const calls[] = {"exp(", "-(", "(", "sigmoid(", "-", "relu("};
    switch (depth > 0 ? sinter_random_below(random, 3) : 2) {
    case 0:
        sinter_text_append(out, "(");
        append_random(random, depth - 1, out);
        sinter_text_append(out, signs[sinter_random_below(random, (int64_t)LENGTH(signs))]);
        append_random(random, depth - 1, out);
        sinter_text_append(out, ")");
        break;
    case 1: {
        const char *call = calls[sinter_random_below(random, (int64_t)LENGTH(calls))];
        sinter_text_append(out, call);
        append_random(random, depth - 1, out);
        sinter_text_append(out, strchr(call, '(') ? ")" : "");
        break;
    }
    default:
        sinter_text_append(out, atoms[sinter_random_below(random, (int64_t)LENGTH(atoms))]);
    }
}

static void random_expressions_come_back(void **state)
{
    (void)state;
    const uint64_t seed = 20260727;
    print_message("seed %llu\n", (unsigned long long)seed);
    struct sinter_random random = {seed};
    int n_read = 0;
    for (int i = 0; i < 2000; i++) {
        struct sinter_text text = {0};
        struct sinter_cascade *cascade = NULL;
        sinter_text_append(&text, "cascade: r\nranks: {L: 6, D: 4}\ntensors:\n  A: {ranks: [L, D], role: input}\n"
                                  "  B: {ranks: [L], role: input}\n  S: {ranks: [], role: input}\neinsums:\n  - 'Y[l,d] = ");
        append_random(&random, 5, &text);
        sinter_text_append(&text, "'\n");
        /* Constant parts may overflow: then it is an error, and fine. */
        if (sinter_cascade_parse("r", sinter_text_data(&text), text.length, NULL, 0, NULL, NULL, &cascade) == SINTER_OK) {
            assert_round_trip(cascade);
            n_read++;
        }
        sinter_cascade_free(cascade);
        sinter_text_free(&text);
    }
    assert_true(n_read > 1000);
}

/* ---- memory -------------------------------------------------------------------------------------------------------- */

static enum sinter_status read_counted(struct sinter_counting_allocator *counting, const char *text, size_t length,
                                       struct sinter_diagnostics *diags)
{
    struct sinter_cascade *cascade = NULL;
    struct sinter_override overrides[] = {{"L", "7", false}, {"HH.type", "fp32", false}, {"type", "fp8", false}};
    enum sinter_status status = sinter_cascade_parse("m", text, length, overrides, 3, &counting->allocator, diags, &cascade);
    if (status == SINTER_OK) {
        struct sinter_text out = {.allocator = &counting->allocator};
        sinter_cascade_print(cascade, &out);
        status = out.failed ? SINTER_NO_MEMORY : SINTER_OK;
        sinter_text_free(&out);
    } else {
        assert_null(cascade);
    }
    sinter_cascade_free(cascade);
    return status;
}

/* Each request is refused once, and all later ones with it. */
static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    static const char *const texts[] = {
        rich,
        "cascade: c\nranks: {L: 6}\neinsums:\n  - Y[l] = Z[l]\n",
        "cascade: c\nranks: {L: 6}\neinsums:\n  - Y[l] = Z[l]\n  - Z[l] = Y[l]\n",
        "cascade: c\nranks: {L: 6, D: 2}\ntensors: {Y: {ranks: [L], state: S}, S: {ranks: [D], role: state}}\neinsums:\n  - "
        "Y[l] = Y[l-1]\n",
    };
    for (size_t i = 0; i < LENGTH(texts); i++) {
        enum sinter_status full = SINTER_NO_MEMORY, status = SINTER_NO_MEMORY;
        for (int64_t n = -1; n < 0 || status != full; n++) {
            struct sinter_counting_allocator counting;
            struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
            sinter_counting_allocator_init(&counting, n);
            status = read_counted(&counting, texts[i], strlen(texts[i]), diags);
            assert_int_equal(counting.n_live, 0);
            if (n < 0)
                full = status;
            else if (status != full)
                assert_int_equal(status, SINTER_NO_MEMORY);
            sinter_diagnostics_free(diags);
            assert_true(n < 10000);
        }
        assert_int_equal(full, i == 0 ? SINTER_OK : SINTER_BAD_INPUT);
    }
}

/* ---- broken files -------------------------------------------------------------------------------------------------- */

static size_t mutate(struct sinter_random *random, char *text, size_t length, size_t capacity)
{
    static const char marks[] = "[](){},:-+*/=#'\"|&!%@`\n \t0lLdDHX9.e\\";
    int64_t n = 1 + sinter_random_below(random, 4);
    for (int64_t i = 0; i < n && length > 0; i++) {
        size_t at = (size_t)sinter_random_below(random, (int64_t)length);
        size_t count = (size_t)sinter_random_below(random, 12);
        switch (sinter_random_below(random, 5)) {
        case 0:
            text[at] = (char)sinter_random_below(random, 256);
            break;
        case 1:
            text[at] = marks[sinter_random_below(random, (int64_t)sizeof marks - 1)];
            break;
        case 2: /* cut */
            count = at + count > length ? length - at : count;
            memmove(text + at, text + at + count, length - at - count);
            length -= count;
            break;
        case 3: /* repeat */
            count = at + count > length ? length - at : count;
            if (length + count <= capacity) {
                memmove(text + at + count, text + at, length - at);
                length += count;
            }
            break;
        default:
            if (sinter_random_below(random, 10) == 0)
                length = at;
        }
    }
    return length;
}

static void broken_files_are_refused_or_read(void **state)
{
    (void)state;
    const uint64_t seed = 4711;
    print_message("seed %llu\n", (unsigned long long)seed);
    struct sinter_random random = {seed};
    char text[4096];
    int n_read = 0;
    for (int i = 0; i < 6000; i++) {
        struct sinter_counting_allocator counting;
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        struct sinter_cascade *cascade = NULL;
        memcpy(text, rich, sizeof rich - 1);
        size_t length = mutate(&random, text, sizeof rich - 1, sizeof text);
        sinter_counting_allocator_init(&counting, -1);
        enum sinter_status status = sinter_cascade_parse("b", text, length, NULL, 0, &counting.allocator, diags, &cascade);
        assert_true(status == SINTER_OK || status == SINTER_BAD_INPUT);
        assert_int_equal(status == SINTER_OK, sinter_diagnostics_errors(diags) == 0);
        assert_int_equal(status == SINTER_OK, cascade != NULL);
        if (cascade) {
            assert_round_trip(cascade);
            n_read++;
        }
        sinter_cascade_free(cascade);
        assert_int_equal(counting.n_live, 0);
        sinter_diagnostics_free(diags);
    }
    assert_true(n_read > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_back),
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(random_expressions_come_back),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(broken_files_are_refused_or_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
