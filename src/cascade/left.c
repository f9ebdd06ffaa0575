/* left.c: left-hand sides: what each Einsum produces.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "cascade/build.h"

/* A left-hand side as written. */
struct left_side {
    struct token name;
    int n;
    int ranks[SINTER_MAX_DIMS];
    size_t starts[SINTER_MAX_DIMS]; /* offsets of the indices */
};

static enum sinter_status add_index(struct sinter_cascade_builder *b, struct lexer *lexer, const char *name,
                                    struct left_side *left)
{
    struct sinter_index index;
    size_t start = lexer->token.start;
    enum sinter_status status = cascade_parse_index(b, lexer, name, -1, &index);
    if (status != SINTER_OK)
        return status;
    struct sinter_location at = lexer_locate(lexer, start);
    if (index.n_terms != 1 || index.terms[0].coefficient != 1 || index.constant != 0)
        return sinter_error(b->diags, at, "move the offset to the accesses on the right",
                            "an index on the left-hand side must be a plain variable");
    if (left->n == SINTER_MAX_DIMS)
        return sinter_error(b->diags, at, DIMS_HINT, "'%s' has more than %d dimensions", name, SINTER_MAX_DIMS);
    int rank = index.terms[0].rank;
    for (int d = 0; d < left->n; d++) {
        if (left->ranks[d] == rank)
            return sinter_error(b->diags, at, NULL, "variable '%s' stands twice on the left-hand side",
                                b->ranks[rank].variable);
    }
    left->starts[left->n] = start;
    left->ranks[left->n++] = rank;
    return SINTER_OK;
}

static enum sinter_status parse_left(struct sinter_cascade_builder *b, struct lexer *lexer, const char **name,
                                     struct left_side *left)
{
    left->name = lexer->token;
    if (lexer->token.kind != TOKEN_NAME)
        return lexer_error(lexer, "the name of a tensor", b->diags);
    if (lexer->token.length > MAX_NAME)
        return sinter_error(b->diags, lexer_locate(lexer, lexer->token.start), NULL, "the name is longer than %d bytes",
                            MAX_NAME);
    *name = sinter_arena_copy(b->arena, lexer->text + lexer->token.start, lexer->token.length);
    if (!*name)
        return sinter_out_of_memory(b->diags);
    lexer_advance(lexer);
    if (lexer_skip(lexer, '[') && !lexer_skip(lexer, ']')) {
        do {
            enum sinter_status status = add_index(b, lexer, *name, left);
            if (status != SINTER_OK)
                return status;
        } while (lexer_skip(lexer, ','));
        enum sinter_status status = lexer_expect(lexer, ']', b->diags);
        if (status != SINTER_OK)
            return status;
    }
    if (!lexer_is(lexer, '='))
        return lexer_error(lexer, "'='", b->diags);
    return SINTER_OK;
}

static enum sinter_status check_declared(struct sinter_cascade_builder *b, const struct lexer *lexer,
                                         const struct left_side *left, const struct sinter_tensor *tensor)
{
    struct sinter_location at = lexer_locate(lexer, left->name.start);
    if (tensor->producer >= 0)
        return sinter_error(b->diags, at, "give the second result another name", "tensor '%s' is produced twice",
                            tensor->name);
    if (tensor->role == SINTER_INPUT || tensor->role == SINTER_WEIGHT || tensor->role == SINTER_STATE)
        return sinter_error(b->diags, at, "produced tensors are intermediates or outputs",
                            "tensor '%s' has role %s and cannot be produced", tensor->name, sinter_role_name(tensor->role));
    const char *dims = cascade_dims_text(b, tensor->n_dims, tensor->dims);
    const char *hint = sinter_arena_printf(b->scratch, "its ranks are %s", dims);
    if (left->n != tensor->n_dims)
        return sinter_error(b->diags, at, hint, "'%s' has %d dimension%s, found %d %s", tensor->name, tensor->n_dims,
                            tensor->n_dims == 1 ? "" : "s", left->n, left->n == 1 ? "index" : "indices");
    for (int d = 0; d < left->n; d++) {
        if (left->ranks[d] != tensor->dims[d])
            return sinter_error(b->diags, lexer_locate(lexer, left->starts[d]), hint,
                                "index '%s' on the left-hand side of '%s', expected '%s'", b->ranks[left->ranks[d]].variable,
                                tensor->name, b->ranks[tensor->dims[d]].variable);
    }
    return SINTER_OK;
}

static enum sinter_status declare_result(struct sinter_cascade_builder *b, const char *name, const struct left_side *left,
                                         struct sinter_location at, int *result)
{
    int *dims = sinter_arena_alloc(b->arena, (size_t)left->n, sizeof *dims);
    if (!dims)
        return sinter_out_of_memory(b->diags);
    struct sinter_tensor *tensor = &b->tensors[b->n_tensors];
    *tensor = (struct sinter_tensor){.name = name,
                                     .role = SINTER_INTERMEDIATE,
                                     .type = b->cascade->type,
                                     .n_dims = left->n,
                                     .dims = dims,
                                     .state = -1,
                                     .state_of = -1,
                                     .look_back_rank = -1,
                                     .producer = -1,
                                     .at = at};
    for (int d = 0; d < left->n; d++) {
        dims[d] = left->ranks[d];
        tensor->ranks |= rank_bit(dims[d]);
    }
    *result = b->n_tensors;
    cascade_names_add(&b->names, b->tensors, b->n_tensors++);
    return SINTER_OK;
}

static enum sinter_status read_left_side(struct sinter_cascade_builder *b, int i)
{
    struct einsum_draft *draft = &b->einsum_drafts[i];
    struct lexer lexer;
    struct left_side left = {0};
    const char *name = NULL;
    lexer_start(&lexer, draft->text.text, 0, draft->text.at);
    if (lexer.length > MAX_EINSUM_TEXT)
        return sinter_error(b->diags, draft->text.at, "split it into several Einsums", "the Einsum is longer than %d bytes",
                            MAX_EINSUM_TEXT);
    enum sinter_status status = parse_left(b, &lexer, &name, &left);
    if (status != SINTER_OK || !name)
        return status;
    int result = cascade_names_find(&b->names, b->tensors, name, strlen(name));
    struct sinter_location at = lexer_locate(&lexer, left.name.start);
    status =
        result >= 0 ? check_declared(b, &lexer, &left, &b->tensors[result]) : declare_result(b, name, &left, at, &result);
    if (status != SINTER_OK)
        return status;
    draft->right = lexer.next;
    struct sinter_tensor *tensor = &b->tensors[result];
    tensor->producer = i;
    b->einsums[i] =
        (struct sinter_einsum){.name = tensor->name, .result = result, .cycle = -1, .result_ranks = tensor->ranks, .at = at};
    return SINTER_OK;
}

/* Types that `--set TENSOR.type=...` names: here, because undeclared results exist only now. */
static enum sinter_status change_types(struct sinter_cascade_builder *b)
{
    for (int i = 0; i < b->n_type_changes; i++) {
        const struct type_change *change = &b->type_changes[i];
        int tensor = cascade_names_find(&b->names, b->tensors, change->tensor, strlen(change->tensor));
        if (tensor < 0)
            continue;
        change->override->is_used = true;
        if (!sinter_type_parse(change->type.text, &b->tensors[tensor].type))
            return sinter_error(b->diags, change->type.at, cascade_hint_type(b, change->type.text), "unknown type '%.128s'",
                                change->type.text);
    }
    return SINTER_OK;
}

enum sinter_status cascade_read_left_sides(struct sinter_cascade_builder *b)
{
    enum sinter_status step = SINTER_OK;
    int n_errors = 0;
    b->einsums = sinter_arena_alloc(b->arena, (size_t)b->n_einsum_drafts, sizeof *b->einsums);
    if (!b->einsums)
        return sinter_out_of_memory(b->diags);
    b->cascade->einsums = b->einsums;
    b->cascade->n_einsums = b->n_einsum_drafts;
    for (int i = 0; i < b->n_einsum_drafts; i++) {
        if (cascade_merge(read_left_side(b, i), &step, &n_errors))
            return step;
    }
    return step == SINTER_OK ? change_types(b) : step;
}
