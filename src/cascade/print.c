/* print.c: the canonical text of an Einsum and the canonical YAML of a cascade.
 * SPDX-License-Identifier: MIT
 *
 * Parentheses are the fewest that give the same tree again. A sum at the root over a product is left implicit.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/decimal.h"
#include "base/yaml.h"
#include "cascade/build.h"

struct printer {
    const struct sinter_rank *ranks;
    const struct sinter_tensor *tensors;
    const struct sinter_einsum *einsum;
    struct sinter_text *out;
};

/* ---- expressions --------------------------------------------------------------------------------------------- */

enum precedence { SUM_LEVEL = 1, PRODUCT_LEVEL, UNARY_LEVEL, ATOM_LEVEL };

static enum precedence precedence_of(const struct sinter_expr *node)
{
    switch (node->kind) {
    case SINTER_EXPR_ADD:
    case SINTER_EXPR_SUB:
        return SUM_LEVEL;
    case SINTER_EXPR_MUL:
    case SINTER_EXPR_DIV:
        return PRODUCT_LEVEL;
    case SINTER_EXPR_NEG:
        return UNARY_LEVEL;
    case SINTER_EXPR_CONSTANT:
        return signbit(node->value) ? UNARY_LEVEL : ATOM_LEVEL;
    case SINTER_EXPR_ACCESS:
    case SINTER_EXPR_MAX:
    case SINTER_EXPR_MIN:
    case SINTER_EXPR_FUNCTION:
    case SINTER_EXPR_LOOKUP:
    case SINTER_EXPR_SUM:
    case SINTER_EXPR_REDUCE_MAX:
        break;
    }
    return ATOM_LEVEL;
}

static void print_number(double value, struct sinter_text *out)
{
    struct decimal decimal;
    char buffer[400];
    decimal_from_double(fabs(value), &decimal);
    decimal_print(&decimal, 0, buffer, sizeof buffer);
    sinter_text_printf(out, "%s%s", signbit(value) ? "-" : "", buffer);
}

static void print_access(const struct printer *p, const struct sinter_access *access)
{
    const struct sinter_tensor *tensor = &p->tensors[access->tensor];
    sinter_text_printf(p->out, "%s[", tensor->name);
    for (int d = 0; d < tensor->n_dims; d++) {
        sinter_text_append(p->out, d ? "," : "");
        cascade_print_index(p->ranks, &access->indices[d], p->out);
    }
    sinter_text_append(p->out, "]");
}

static void print_expr(const struct printer *p, int index);

/* An operand of an operator that needs at least the given level. */
static void print_operand(const struct printer *p, int node, enum precedence level)
{
    bool is_open = precedence_of(&p->einsum->exprs[node]) < level;
    sinter_text_append(p->out, is_open ? "(" : "");
    print_expr(p, node);
    sinter_text_append(p->out, is_open ? ")" : "");
}

static void print_infix(const struct printer *p, const struct sinter_expr *node, const char *sign)
{
    enum precedence level = precedence_of(node);
    print_operand(p, node->a, level);
    sinter_text_append(p->out, sign);
    print_operand(p, node->b, level + 1);
}

static void print_call(const struct printer *p, const char *name, const struct sinter_expr *node)
{
    sinter_text_printf(p->out, "%s(", name);
    print_expr(p, node->a);
    if (node->b >= 0) {
        sinter_text_append(p->out, ", ");
        print_expr(p, node->b);
    }
    sinter_text_append(p->out, ")");
}

static void print_expr(const struct printer *p, int index)
{
    const struct sinter_expr *node = &p->einsum->exprs[index];
    switch (node->kind) {
    case SINTER_EXPR_CONSTANT:
        print_number(node->value, p->out);
        break;
    case SINTER_EXPR_ACCESS:
        print_access(p, &p->einsum->accesses[node->access]);
        break;
    case SINTER_EXPR_ADD:
        print_infix(p, node, " + ");
        break;
    case SINTER_EXPR_SUB:
        print_infix(p, node, " - ");
        break;
    case SINTER_EXPR_MUL:
        print_infix(p, node, " * ");
        break;
    case SINTER_EXPR_DIV:
        print_infix(p, node, " / ");
        break;
    case SINTER_EXPR_NEG:
        sinter_text_append(p->out, "-");
        print_operand(p, node->a, UNARY_LEVEL);
        break;
    case SINTER_EXPR_MAX:
    case SINTER_EXPR_REDUCE_MAX:
        print_call(p, "max", node);
        break;
    case SINTER_EXPR_MIN:
        print_call(p, "min", node);
        break;
    case SINTER_EXPR_FUNCTION:
        print_call(p, cascade_function_name(node->function), node);
        break;
    case SINTER_EXPR_LOOKUP:
        print_call(p, "lookup", node);
        break;
    case SINTER_EXPR_SUM:
        print_call(p, "sum", node);
        break;
    }
}

void cascade_print_einsum(const struct sinter_rank *ranks, const struct sinter_tensor *tensors,
                          const struct sinter_einsum *einsum, struct sinter_text *out)
{
    struct printer p = {ranks, tensors, einsum, out};
    int root = einsum->n_exprs - 1;
    print_access(&p, &einsum->target.accesses[0]);
    sinter_text_append(out, " = ");
    if (einsum->exprs[root].kind == SINTER_EXPR_SUM && einsum->exprs[einsum->exprs[root].a].kind == SINTER_EXPR_MUL)
        root = einsum->exprs[root].a;
    print_expr(&p, root);
}

/* ---- YAML ---------------------------------------------------------------------------------------------------- */

static bool same_type(struct sinter_type a, struct sinter_type b)
{
    return a.kind == b.kind && a.bits == b.bits;
}

/* Tensors from here on need no declaration: they are plain intermediates in the order in which Einsums make them, so
 * that reading the text numbers them the same way. */
static int first_undeclared(const struct sinter_cascade *cascade)
{
    int first = cascade->n_tensors, next_producer = cascade->n_einsums;
    while (first > 0) {
        const struct sinter_tensor *tensor = &cascade->tensors[first - 1];
        bool is_bare = tensor->role == SINTER_INTERMEDIATE && tensor->state < 0 && tensor->state_of < 0 &&
                       same_type(tensor->type, cascade->type) && tensor->producer >= 0 && tensor->producer < next_producer;
        if (!is_bare)
            break;
        next_producer = tensor->producer;
        first--;
    }
    return first;
}

static void print_tensor(const struct sinter_cascade *cascade, const struct sinter_tensor *tensor, struct sinter_text *out)
{
    char type[32];
    sinter_text_append(out, "  ");
    yaml_print_scalar(out, tensor->name);
    sinter_text_append(out, ": {ranks: [");
    for (int d = 0; d < tensor->n_dims; d++) {
        sinter_text_append(out, d ? ", " : "");
        yaml_print_scalar(out, cascade->ranks[tensor->dims[d]].name);
    }
    sinter_text_append(out, "]");
    if (tensor->role != SINTER_INTERMEDIATE)
        sinter_text_printf(out, ", role: %s", sinter_role_name(tensor->role));
    if (!same_type(tensor->type, cascade->type))
        sinter_text_printf(out, ", type: %s", sinter_type_print(tensor->type, type, sizeof type));
    if (tensor->state >= 0) {
        sinter_text_append(out, ", state: ");
        yaml_print_scalar(out, cascade->tensors[tensor->state].name);
    }
    sinter_text_append(out, "}\n");
}

static void print_operator(const struct sinter_cascade *cascade, const struct sinter_operator *operator,
                           struct sinter_text * out)
{
    bool is_own = operator->n_einsums == 1 && strcmp(operator->name, cascade->einsums[operator->first].name) == 0;
    if (!is_own) {
        sinter_text_append(out, "  - ");
        yaml_print_scalar(out, operator->name);
        sinter_text_append(out, ":\n");
    }
    for (int i = operator->first; i < operator->first + operator->n_einsums; i++)
        sinter_text_printf(out, "%s- %s\n", is_own ? "  " : "    ", cascade->einsums[i].text);
}

void sinter_cascade_print(const struct sinter_cascade *cascade, struct sinter_text *out)
{
    char type[32];
    sinter_text_append(out, "cascade: ");
    yaml_print_scalar(out, cascade->name);
    sinter_text_printf(out, "\ntype: %s\nranks: {", sinter_type_print(cascade->type, type, sizeof type));
    for (int r = 0; r < cascade->n_ranks; r++) {
        sinter_text_append(out, r ? ", " : "");
        yaml_print_scalar(out, cascade->ranks[r].name);
        sinter_text_printf(out, ": %" PRId64, cascade->ranks[r].extent);
    }
    sinter_text_append(out, "}\n");
    int n_declared = first_undeclared(cascade);
    sinter_text_append(out, n_declared ? "tensors:\n" : "");
    for (int t = 0; t < n_declared; t++)
        print_tensor(cascade, &cascade->tensors[t], out);
    sinter_text_append(out, "einsums:\n");
    for (int o = 0; o < cascade->n_operators; o++)
        print_operator(cascade, &cascade->operators[o], out);
}
