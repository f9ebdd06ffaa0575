/* expr.c: right-hand sides: a recursive-descent parser that folds constants and places reductions.
 * SPDX-License-Identifier: MIT
 *
 *     sum    = term { ("+" | "-") term }
 *     term   = unary { ("*" | "/") unary }
 *     unary  = "-" unary | atom
 *     atom   = number | RANK | TENSOR [ "[" index, ... "]" ] | function "(" sum, ... ")" | "(" sum ")"
 *
 * Nodes are appended in evaluation order, so a constant operand is always the last node or the one before it, and
 * folding pops what it replaces. Functions return a node or -1 after a report, with parser->status set.
 */
#include <math.h>
#include <string.h>

#include "cascade/build.h"

struct parser {
    struct sinter_cascade_builder *b;
    struct sinter_einsum *einsum;
    struct lexer lexer;
    enum sinter_status status;
    int depth, n_nodes, n_accesses;
    int capacity; /* no expression has more nodes than characters, but for the implicit sum */
    /* Per node; scratch arrays. */
    struct sinter_expr *nodes;
    size_t *starts;          /* offset of its text */
    sinter_rank_set *free;   /* variables used below and not reduced there */
    sinter_rank_set *closed; /* variables reduced below */
    struct sinter_access *accesses;
    int n_ranks, rank_order[SINTER_MAX_RANKS];
};

static int parse_sum(struct parser *p);

static int fail(struct parser *p, enum sinter_status status)
{
    if (p->status == SINTER_OK)
        p->status = status;
    return -1;
}

static int fail_at(struct parser *p, size_t offset, const char *hint, const char *message)
{
    return fail(p, sinter_error(p->b->diags, lexer_locate(&p->lexer, offset), hint, "%s", message));
}

static int push(struct parser *p, struct sinter_expr node, size_t start)
{
    if (p->n_nodes == p->capacity)
        return fail_at(p, start, "split it into several Einsums", "the expression has more than 1024 nodes");
    sinter_rank_set free_set = 0, closed = 0;
    const int children[2] = {node.a, node.b};
    for (int i = 0; i < 2; i++) {
        if (children[i] >= 0) {
            free_set |= p->free[children[i]];
            closed |= p->closed[children[i]];
        }
    }
    p->nodes[p->n_nodes] = node;
    p->starts[p->n_nodes] = start;
    p->free[p->n_nodes] = free_set;
    p->closed[p->n_nodes] = closed;
    return p->n_nodes++;
}

static int push_constant(struct parser *p, double value, size_t start)
{
    if (!isfinite(value))
        return fail_at(p, start, NULL, "the constant part of the expression is not a finite number");
    return push(p, (struct sinter_expr){.kind = SINTER_EXPR_CONSTANT, .a = -1, .b = -1, .access = -1, .value = value},
                start);
}

static bool is_constant(const struct parser *p, int node)
{
    return node >= 0 && p->nodes[node].kind == SINTER_EXPR_CONSTANT;
}

static double fold(enum sinter_expr_kind kind, double a, double b)
{
    switch (kind) {
    case SINTER_EXPR_ADD:
        return a + b;
    case SINTER_EXPR_SUB:
        return a - b;
    case SINTER_EXPR_MUL:
        return a * b;
    case SINTER_EXPR_DIV:
        return a / b;
    case SINTER_EXPR_MAX:
        return a > b ? a : b;
    case SINTER_EXPR_MIN:
        return a < b ? a : b;
    case SINTER_EXPR_NEG:
        return -a;
    case SINTER_EXPR_CONSTANT:
    case SINTER_EXPR_ACCESS:
    case SINTER_EXPR_FUNCTION:
    case SINTER_EXPR_LOOKUP:
    case SINTER_EXPR_SUM:
    case SINTER_EXPR_REDUCE_MAX:
        break;
    }
    return (double)NAN;
}

/* The first variable of a set, for messages. */
static const char *variable_of(const struct parser *p, sinter_rank_set set)
{
    int r = 0;
    while (!(set & rank_bit(r)))
        r++;
    return p->b->ranks[r].variable;
}

static int push_binary(struct parser *p, enum sinter_expr_kind kind, int a, int b, size_t start)
{
    if (a < 0 || b < 0)
        return -1;
    sinter_rank_set clash = ((p->closed[a] & p->free[b]) | (p->closed[b] & p->free[a])) & ~p->einsum->result_ranks;
    if (clash)
        return fail(p, sinter_error(p->b->diags, lexer_locate(&p->lexer, start),
                                    "move the inner reduction to an Einsum of its own",
                                    "variable '%s' is used inside a sum or max that reduces it and outside of it",
                                    variable_of(p, clash)));
    if (kind != SINTER_EXPR_LOOKUP && is_constant(p, a) && is_constant(p, b)) {
        double value = fold(kind, p->nodes[a].value, p->nodes[b].value);
        p->n_nodes = a;
        return push_constant(p, value, start);
    }
    return push(p, (struct sinter_expr){.kind = kind, .a = a, .b = b, .access = -1}, start);
}

static int push_unary(struct parser *p, enum sinter_expr_kind kind, enum sinter_function function, int a, size_t start)
{
    if (a < 0)
        return -1;
    if (is_constant(p, a)) {
        double x = p->nodes[a].value;
        p->n_nodes = a;
        return push_constant(p, kind == SINTER_EXPR_NEG ? -x : cascade_apply_function(function, x), start);
    }
    return push(p, (struct sinter_expr){.kind = kind, .function = function, .a = a, .b = -1, .access = -1}, start);
}

static int push_reduction(struct parser *p, enum sinter_expr_kind kind, int a, size_t start)
{
    if (a < 0)
        return -1;
    sinter_rank_set reduced = p->free[a] & ~p->einsum->result_ranks;
    if (!reduced) {
        const char *word = kind == SINTER_EXPR_SUM ? "sum" : "max";
        return fail(p,
                    sinter_error(p->b->diags, lexer_locate(&p->lexer, start),
                                 "it reduces the variables that the left-hand side lacks", "%s(...) reduces nothing", word));
    }
    int node = push(p, (struct sinter_expr){.kind = kind, .a = a, .b = -1, .access = -1, .reduced = reduced}, start);
    if (node >= 0) {
        p->free[node] &= ~reduced;
        p->closed[node] |= reduced;
    }
    return node;
}

/* ---- accesses ------------------------------------------------------------------------------------------------ */

static void note_ranks(struct parser *p, const struct sinter_index *index, sinter_rank_set *used)
{
    for (int i = 0; i < index->n_terms; i++) {
        int rank = index->terms[i].rank;
        *used |= rank_bit(rank);
        if (!(p->einsum->ranks & rank_bit(rank))) {
            p->einsum->ranks |= rank_bit(rank);
            p->rank_order[p->n_ranks++] = rank;
        }
    }
}

/* Reads the bracketed indices; counts also those beyond the tensor's dimensions, for the message. */
static int parse_indices(struct parser *p, const struct sinter_tensor *tensor, size_t start,
                         struct sinter_index indices[SINTER_MAX_DIMS])
{
    int n = 0;
    if (lexer_skip(&p->lexer, '[') && !lexer_skip(&p->lexer, ']')) {
        do {
            struct sinter_index index;
            int rank = n < tensor->n_dims ? tensor->dims[n] : -1;
            enum sinter_status status = cascade_parse_index(p->b, &p->lexer, tensor->name, rank, &index);
            if (status != SINTER_OK)
                return fail(p, status);
            if (n < SINTER_MAX_DIMS)
                indices[n] = index;
            n++;
        } while (lexer_skip(&p->lexer, ','));
        enum sinter_status status = lexer_expect(&p->lexer, ']', p->b->diags);
        if (status != SINTER_OK)
            return fail(p, status);
    }
    if (n != tensor->n_dims) {
        const char *hint =
            sinter_arena_printf(p->b->scratch, "its ranks are %s", cascade_dims_text(p->b, tensor->n_dims, tensor->dims));
        return fail(p, sinter_error(p->b->diags, lexer_locate(&p->lexer, start), hint,
                                    "'%s' has %d dimension%s, found %d %s", tensor->name, tensor->n_dims,
                                    tensor->n_dims == 1 ? "" : "s", n, n == 1 ? "index" : "indices"));
    }
    return n;
}

static int parse_access(struct parser *p, struct token name, int tensor)
{
    const struct sinter_tensor *t = &p->b->tensors[tensor];
    struct sinter_index indices[SINTER_MAX_DIMS];
    int n = parse_indices(p, t, name.start, indices);
    if (n < 0)
        return -1;
    struct sinter_index *copy = sinter_arena_alloc(p->b->arena, (size_t)n, sizeof *copy);
    if (!copy)
        return fail(p, sinter_out_of_memory(p->b->diags));
    sinter_rank_set used = 0;
    for (int i = 0; i < n; i++) {
        copy[i] = indices[i];
        note_ranks(p, &copy[i], &used);
    }
    int node =
        push(p, (struct sinter_expr){.kind = SINTER_EXPR_ACCESS, .a = -1, .b = -1, .access = p->n_accesses}, name.start);
    if (node < 0)
        return -1;
    p->accesses[p->n_accesses++] = (struct sinter_access){tensor, copy, lexer_locate(&p->lexer, name.start)};
    p->free[node] = used;
    return node;
}

static int unknown_word(struct parser *p, struct token name)
{
    struct sinter_cascade_builder *b = p->b;
    const char *word = sinter_arena_copy(b->scratch, p->lexer.text + name.start, name.length);
    if (!word)
        return fail(p, sinter_out_of_memory(b->diags));
    struct sinter_location at = lexer_locate(&p->lexer, name.start);
    int rank = cascade_rank_by_variable(b, word, name.length);
    if (rank >= 0 && !lexer_is(&p->lexer, '[')) {
        const char *hint = sinter_arena_printf(b->scratch, "its extent is written '%s'", b->ranks[rank].name);
        return fail(p, sinter_error(b->diags, at, hint, "variable '%s' is no value, it can only stand in an index", word));
    }
    return fail(p, sinter_error(b->diags, at,
                                cascade_hint_tensor(b, word, "declare it under tensors: with role input or weight"),
                                "unknown tensor '%.128s'", word));
}

static int parse_name(struct parser *p, struct token name)
{
    const char *word = p->lexer.text + name.start;
    int rank = lexer_is(&p->lexer, '[') ? -1 : cascade_rank_by_name(p->b, word, name.length);
    if (rank >= 0)
        return push_constant(p, (double)p->b->ranks[rank].extent, name.start);
    int tensor = cascade_names_find(&p->b->names, p->b->tensors, word, name.length);
    return tensor >= 0 ? parse_access(p, name, tensor) : unknown_word(p, name);
}

/* ---- calls --------------------------------------------------------------------------------------------------- */

enum call { CALL_SUM, CALL_MAX, CALL_MIN, CALL_LOOKUP, CALL_FUNCTION, CALL_UNKNOWN };

static enum call find_call(const char *word, size_t length, enum sinter_function *function)
{
    static const char *const names[] = {"sum", "max", "min", "lookup"};
    for (int i = 0; i < 4; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], word, length) == 0)
            return (enum call)i;
    }
    for (int f = 0; f < SINTER_N_FUNCTIONS; f++) {
        const char *name = cascade_function_name((enum sinter_function)f);
        if (strlen(name) == length && memcmp(name, word, length) == 0) {
            *function = (enum sinter_function)f;
            return CALL_FUNCTION;
        }
    }
    return CALL_UNKNOWN;
}

static int unknown_function(struct parser *p, struct token name)
{
    const char *names[SINTER_N_FUNCTIONS + 4] = {"sum", "max", "min", "lookup"};
    for (int f = 0; f < SINTER_N_FUNCTIONS; f++)
        names[4 + f] = cascade_function_name((enum sinter_function)f);
    const char *word = sinter_arena_copy(p->b->scratch, p->lexer.text + name.start, name.length);
    if (!word)
        return fail(p, sinter_out_of_memory(p->b->diags));
    char buffer[64];
    const char *hint = sinter_suggest_hint(sinter_suggest(word, names, SINTER_N_FUNCTIONS + 4), buffer, sizeof buffer);
    if (!hint)
        hint = "functions are exp log sqrt rsqrt recip sigmoid silu softplus relu gelu tanh max min sum lookup";
    return fail(p, sinter_error(p->b->diags, lexer_locate(&p->lexer, name.start), hint, "unknown function '%.128s'", word));
}

static int wrong_arguments(struct parser *p, struct token name, const char *expected, int n)
{
    return fail(p, sinter_error(p->b->diags, lexer_locate(&p->lexer, name.start), NULL, "%.*s takes %s, found %d",
                                (int)name.length, p->lexer.text + name.start, expected, n));
}

/* The lexer stands behind the opening bracket. */
static int parse_call(struct parser *p, struct token name)
{
    enum sinter_function function = SINTER_FN_EXP;
    enum call call = find_call(p->lexer.text + name.start, name.length, &function);
    if (call == CALL_UNKNOWN)
        return unknown_function(p, name);
    int arguments[2] = {-1, -1}, n = 0;
    if (!lexer_is(&p->lexer, ')')) {
        do {
            int node = parse_sum(p);
            if (node < 0)
                return -1;
            if (n < 2)
                arguments[n] = node;
            n++;
        } while (lexer_skip(&p->lexer, ','));
    }
    enum sinter_status status = lexer_expect(&p->lexer, ')', p->b->diags);
    if (status != SINTER_OK)
        return fail(p, status);
    bool takes_two = call == CALL_MIN || call == CALL_LOOKUP;
    if (call == CALL_MAX ? n < 1 || n > 2 : n != (takes_two ? 2 : 1))
        return wrong_arguments(p, name, call == CALL_MAX ? "1 or 2 arguments" : takes_two ? "2 arguments" : "1 argument", n);
    if (call == CALL_FUNCTION)
        return push_unary(p, SINTER_EXPR_FUNCTION, function, arguments[0], name.start);
    if (n == 1)
        return push_reduction(p, call == CALL_SUM ? SINTER_EXPR_SUM : SINTER_EXPR_REDUCE_MAX, arguments[0], name.start);
    if (call == CALL_LOOKUP && p->nodes[arguments[1]].kind != SINTER_EXPR_ACCESS)
        return fail_at(p, p->starts[arguments[1]], "write lookup(index, TABLE[...])",
                       "the second argument of lookup must be a tensor");
    enum sinter_expr_kind kind = call == CALL_MAX   ? SINTER_EXPR_MAX
                                 : call == CALL_MIN ? SINTER_EXPR_MIN
                                                    : SINTER_EXPR_LOOKUP;
    return push_binary(p, kind, arguments[0], arguments[1], name.start);
}

/* ---- grammar ------------------------------------------------------------------------------------------------- */

static int parse_atom(struct parser *p)
{
    struct token token = p->lexer.token;
    if (token.kind == TOKEN_NUMBER) {
        double value;
        if (!lexer_number(&p->lexer, &value))
            return fail(p, lexer_error(&p->lexer, "a number of moderate size", p->b->diags));
        lexer_advance(&p->lexer);
        return push_constant(p, value, token.start);
    }
    if (token.kind == TOKEN_NAME) {
        lexer_advance(&p->lexer);
        return lexer_skip(&p->lexer, '(') ? parse_call(p, token) : parse_name(p, token);
    }
    if (!lexer_skip(&p->lexer, '('))
        return fail(p, lexer_error(&p->lexer, "a tensor, a number or a function", p->b->diags));
    int node = parse_sum(p);
    if (node < 0)
        return -1;
    enum sinter_status status = lexer_expect(&p->lexer, ')', p->b->diags);
    return status == SINTER_OK ? node : fail(p, status);
}

static int parse_unary(struct parser *p)
{
    size_t start = p->lexer.token.start;
    if (p->depth == MAX_DEPTH)
        return fail_at(p, start, "split it into several Einsums", "the expression is nested deeper than 64");
    p->depth++;
    int node =
        lexer_skip(&p->lexer, '-') ? push_unary(p, SINTER_EXPR_NEG, SINTER_FN_EXP, parse_unary(p), start) : parse_atom(p);
    p->depth--;
    return node;
}

static int parse_term(struct parser *p)
{
    size_t start = p->lexer.token.start;
    int node = parse_unary(p);
    while (node >= 0 && (lexer_is(&p->lexer, '*') || lexer_is(&p->lexer, '/'))) {
        enum sinter_expr_kind kind = lexer_is(&p->lexer, '*') ? SINTER_EXPR_MUL : SINTER_EXPR_DIV;
        size_t at = p->lexer.token.start;
        lexer_advance(&p->lexer);
        int right = parse_unary(p);
        if (kind == SINTER_EXPR_DIV && is_constant(p, right) && !(fabs(p->nodes[right].value) > 0))
            return fail_at(p, at, NULL, "division by 0");
        node = push_binary(p, kind, node, right, start);
    }
    return node;
}

static int parse_sum(struct parser *p)
{
    size_t start = p->lexer.token.start;
    int node = parse_term(p);
    while (node >= 0 && (lexer_is(&p->lexer, '+') || lexer_is(&p->lexer, '-'))) {
        enum sinter_expr_kind kind = lexer_is(&p->lexer, '+') ? SINTER_EXPR_ADD : SINTER_EXPR_SUB;
        lexer_advance(&p->lexer);
        node = push_binary(p, kind, node, parse_term(p), start);
    }
    return node;
}

/* Every term of the implicit sum must contain each of its variables: else it would be added once per index. */
static int check_terms(struct parser *p, int root, sinter_rank_set implicit)
{
    int stack[MAX_NODES], n = 0;
    stack[n++] = root;
    while (n > 0) {
        int node = stack[--n];
        enum sinter_expr_kind kind = p->nodes[node].kind;
        if (kind == SINTER_EXPR_ADD || kind == SINTER_EXPR_SUB || kind == SINTER_EXPR_NEG) {
            if (p->nodes[node].b >= 0)
                stack[n++] = p->nodes[node].b;
            stack[n++] = p->nodes[node].a;
        } else if (implicit & ~p->free[node]) {
            return fail(p, sinter_error(
                               p->b->diags, lexer_locate(&p->lexer, p->starts[node]),
                               "write sum(...) around the part that is reduced",
                               "this term lacks the variable '%s', which is reduced by a sum over the whole right-hand side",
                               variable_of(p, implicit & ~p->free[node])));
        }
    }
    return root;
}

static int parse_right(struct parser *p)
{
    size_t start = p->lexer.token.start;
    int root = parse_sum(p);
    if (root < 0)
        return -1;
    if (p->lexer.token.kind != TOKEN_END)
        return fail(p, lexer_error(&p->lexer, "an operator or the end", p->b->diags));
    sinter_rank_set implicit = p->free[root] & ~p->einsum->result_ranks;
    if (!implicit)
        return root;
    return check_terms(p, root, implicit) < 0 ? -1 : push_reduction(p, SINTER_EXPR_SUM, root, start);
}

/* Copies what was parsed into the cascade's arena. */
static enum sinter_status keep(struct parser *p)
{
    struct sinter_cascade_builder *b = p->b;
    struct sinter_einsum *einsum = p->einsum;
    struct sinter_expr *nodes = sinter_arena_alloc(b->arena, (size_t)p->n_nodes, sizeof *nodes);
    struct sinter_access *accesses = sinter_arena_alloc(b->arena, (size_t)p->n_accesses, sizeof *accesses);
    int *order = sinter_arena_alloc(b->arena, (size_t)p->n_ranks, sizeof *order);
    if (!nodes || !accesses || !order)
        return sinter_out_of_memory(b->diags);
    memcpy(nodes, p->nodes, (size_t)p->n_nodes * sizeof *nodes);
    memcpy(accesses, p->accesses, (size_t)p->n_accesses * sizeof *accesses);
    memcpy(order, p->rank_order, (size_t)p->n_ranks * sizeof *order);
    cascade_find_products(nodes, p->n_nodes);
    einsum->exprs = nodes;
    einsum->n_exprs = p->n_nodes;
    einsum->accesses = accesses;
    einsum->n_accesses = p->n_accesses;
    einsum->rank_order = order;
    einsum->n_ranks = p->n_ranks;
    einsum->reduced_ranks = einsum->ranks & ~einsum->result_ranks;
    return SINTER_OK;
}

enum sinter_status cascade_read_right_side(struct sinter_cascade_builder *b, int index)
{
    const struct einsum_draft *draft = &b->einsum_drafts[index];
    struct parser p = {.b = b, .einsum = &b->einsums[index]};
    struct sinter_arena_mark mark = sinter_arena_mark(b->scratch);
    size_t n = strlen(draft->text.text + draft->right) + 2;
    n = n < MAX_NODES ? n : MAX_NODES;
    p.capacity = (int)n;
    p.nodes = sinter_arena_alloc(b->scratch, n, sizeof *p.nodes);
    p.starts = sinter_arena_alloc(b->scratch, n, sizeof *p.starts);
    p.free = sinter_arena_alloc(b->scratch, n, sizeof *p.free);
    p.closed = sinter_arena_alloc(b->scratch, n, sizeof *p.closed);
    p.accesses = sinter_arena_alloc(b->scratch, n, sizeof *p.accesses);
    if (!p.nodes || !p.starts || !p.free || !p.closed || !p.accesses)
        return sinter_out_of_memory(b->diags);
    for (int d = 0; d < b->tensors[p.einsum->result].n_dims; d++)
        p.rank_order[p.n_ranks++] = b->tensors[p.einsum->result].dims[d];
    p.einsum->ranks = p.einsum->result_ranks;
    lexer_start(&p.lexer, draft->text.text, draft->right, draft->text.at);
    enum sinter_status status = parse_right(&p) < 0 ? p.status : keep(&p);
    sinter_arena_reset(b->scratch, mark);
    return status;
}
