/* test_workload_pact25.c: the variant pact25 counts what the public artifact of arXiv 2504.17333 counts, node by node.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sinter/workload.h"

/* The artifact's table: operations and elements of in, in2 and out as multiples of L, plus what does not grow with L. */
enum { E = 2560, D = 5120, N = 64, R = 160, P = R + 2 * N, J = 2 * D };
struct count {
    int64_t per_token, fixed;
};
struct node {
    const char *name;
    struct count operations, in, in2, out;
};
static const struct node nodes[] = {
    {"norm_pow", {E, 0}, {E, 0}, {E, 0}, {E, 0}},
    {"norm_mean", {E, 0}, {E, 0}, {0, 1}, {1, 0}},
    {"norm_sqrt", {1, 0}, {1, 0}, {0, 1}, {1, 0}},
    {"norm_reciprocal", {1, 0}, {1, 0}, {0, 1}, {1, 0}},
    {"norm_mul", {E, 0}, {E, 0}, {E, 0}, {E, 0}},
    {"in_proj", {E * J, 0}, {E, 0}, {0, E *J}, {J, 0}},
    {"conv1d", {4 * D, 3 * 4 * D}, {D, 0}, {0, 4 * D}, {D, 3 * D}},
    {"silu_sigmoid", {D, 0}, {D, 0}, {0, 1}, {D, 0}},
    {"silu_mul", {D, 0}, {D, 0}, {D, 0}, {D, 0}},
    {"x_proj", {D * P, 0}, {D, 0}, {0, D *P}, {P, 0}},
    {"dt_proj", {R * D, 0}, {R, 0}, {0, R *D}, {D, 0}},
    {"dt_add", {D, 0}, {D, 0}, {0, D}, {D, 0}},
    {"mul_delta_A", {D * N, 0}, {D, 0}, {0, D *N}, {D * N, 0}},
    {"exp", {D * N, 0}, {D * N, 0}, {0, 1}, {D * N, 0}},
    {"mul_delta_B", {D * N, 0}, {D, 0}, {N, 0}, {D * N, 0}},
    {"mul_dBx", {D * N, 0}, {D * N, 0}, {D, 0}, {D * N, 0}},
    {"h_dA", {D * N, 0}, {D * N, 0}, {D * N, 0}, {D * N, 0}},
    {"add_dBx", {D * N, 0}, {D * N, 0}, {D * N, 0}, {D * N, 0}},
    {"h_C", {D * N, 0}, {D * N, 0}, {N, 0}, {D, 0}},
    {"mul_D_x", {D, 0}, {D, 0}, {0, D}, {D, 0}},
    {"add_y_Dx", {D, 0}, {D, 0}, {D, 0}, {D, 0}},
    {"gate_sigmoid", {D, 0}, {D, 0}, {0, 1}, {D, 0}}, /* the published byte total needs the one element here too */
    {"gate_mul", {D, 0}, {D, 0}, {D, 0}, {D, 0}},
    {"mul_y_z", {D, 0}, {D, 0}, {D, 0}, {D, 0}},
    {"out_proj", {D * E, 0}, {D, 0}, {0, D *E}, {E, 0}},
    {"residual", {E, 0}, {E, 0}, {E, 0}, {E, 0}},
};
enum { N_NODES = sizeof nodes / sizeof nodes[0] };

static int64_t at(struct count count, int64_t tokens)
{
    return count.per_token * tokens + count.fixed;
}

static struct sinter_model *load(const char *name, const struct sinter_model_options *options)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_model *model = NULL;

    if (sinter_model_load(name, options, NULL, diags, &model) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return model;
}

static int64_t sum_operations(const struct sinter_operator_row *row)
{
    int64_t sum = 0;

    for (int op = 0; op < SINTER_N_OPS; op++)
        sum += row->operations[op];
    return sum;
}

static void check_nodes(int64_t tokens, int64_t *operations, int64_t *bytes)
{
    struct sinter_model *model = load("mamba-2.8b", &(struct sinter_model_options){.variant = "pact25", .tokens = tokens});
    const struct sinter_cascade *block = model->parts[0].cascade;

    *operations = *bytes = 0;
    assert_string_equal(model->variant, "pact25");
    assert_int_equal(model->n_parts, 1);
    assert_int_equal(model->parts[0].count, 64);
    assert_int_equal(block->n_operators, N_NODES);
    assert_int_equal(block->n_einsums, N_NODES);
    for (int o = 0; o < N_NODES; o++) {
        const struct node *node = &nodes[o];
        struct sinter_operator_row row;
        int64_t moved;
        sinter_operator_count(block, o, &row);
        moved = row.weight_bytes + row.in_bytes + row.out_bytes;
        print_message("%-16s %12" PRId64 " operations %12" PRId64 " bytes in %12" PRId64 " bytes out\n", row.name,
                      sum_operations(&row), row.weight_bytes + row.in_bytes, row.out_bytes);
        assert_string_equal(row.name, node->name);
        assert_int_equal(sum_operations(&row), at(node->operations, tokens));
        assert_int_equal(row.weight_bytes + row.in_bytes, 4 * (at(node->in, tokens) + at(node->in2, tokens)));
        assert_int_equal(row.out_bytes, 4 * at(node->out, tokens));
        *operations += sum_operations(&row);
        *bytes += moved;
    }
    sinter_model_free(model);
}

static void every_node_has_the_published_counts(void **state)
{
    int64_t operations, bytes;

    (void)state;
    check_nodes(64, &operations, &bytes);
    assert_int_equal(operations, 2814832768);
    assert_int_equal(bytes, 1307120920);
    check_nodes(1, &operations, &bytes);
    check_nodes(1024, &operations, &bytes);
}

static void every_operand_has_32_bits(void **state)
{
    struct sinter_model *model = load("mamba-2.8b", &(struct sinter_model_options){.variant = "pact25"});
    const struct sinter_cascade *block = model->parts[0].cascade;

    (void)state;
    for (int t = 0; t < block->n_tensors; t++)
        assert_int_equal(block->tensors[t].type.bits, 32);
    sinter_model_free(model);
}

static void the_state_is_64_wide_unless_it_is_set(void **state)
{
    static const char *const fields[] = {"N", "state_size"};
    struct sinter_model_options options = {.variant = "pact25", .tokens = 8};
    struct sinter_model *model = load("mamba-2.8b", &options);

    (void)state;
    assert_int_equal(model->config.state, 64);
    sinter_model_free(model);
    for (int i = 0; i < 2; i++) {
        struct sinter_override override = {fields[i], "16", false};
        options.overrides = &override;
        options.n_overrides = 1;
        model = load("mamba-2.8b", &options);
        assert_int_equal(model->config.state, 16);
        assert_true(override.is_used);
        sinter_model_free(model);
    }
}

/* The nodes of the state update form one recurrence along L: what every fusion of it iterates together. */
static void the_recurrence_runs_through_two_nodes(void **state)
{
    struct sinter_model_options options = {.variant = "pact25", .batch = 2, .tokens = 4};
    struct sinter_model *model = load("mamba-2.8b", &options);
    const struct sinter_cascade *block = model->parts[0].cascade;

    (void)state;
    assert_int_equal(block->n_cycles, 1);
    assert_int_equal(block->cycles[0].n_einsums, 2);
    assert_string_equal(block->ranks[block->cycles[0].rank].name, "L");
    sinter_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_has_the_published_counts),
        cmocka_unit_test(every_operand_has_32_bits),
        cmocka_unit_test(the_state_is_64_wide_unless_it_is_set),
        cmocka_unit_test(the_recurrence_runs_through_two_nodes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
