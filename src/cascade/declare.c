/* declare.c: ranks and tensors as they were declared.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <string.h>

#include "cascade/build.h"

bool cascade_merge(enum sinter_status item, enum sinter_status *step, int *n_errors)
{
    if (item == SINTER_OK)
        return false;
    if (*step == SINTER_OK || item == SINTER_NO_MEMORY)
        *step = item;
    return item == SINTER_NO_MEMORY || ++*n_errors >= MAX_ERRORS;
}

static const char name_hint[] = "a name is up to 128 letters, digits and underscores and does not start with a digit";

static char *lower(struct sinter_arena *arena, const char *name)
{
    char *copy = sinter_arena_copy(arena, name, strlen(name));
    for (char *c = copy; c && *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    return copy;
}

static enum sinter_status declare_rank(struct sinter_cascade_builder *b, const struct rank_draft *draft)
{
    const char *name = draft->name.text;
    if (!cascade_is_name(name))
        return sinter_error(b->diags, draft->name.at, name_hint, "'%.128s' is no name for a rank", name);
    if (draft->extent < 1)
        return sinter_error(b->diags, draft->extent_at, NULL, "the extent of rank '%s' is %" PRId64 ", expected at least 1",
                            name, draft->extent);
    char *variable = lower(b->arena, name);
    if (!variable)
        return sinter_out_of_memory(b->diags);
    if (cascade_rank_by_name(b, name, strlen(name)) >= 0)
        return sinter_error(b->diags, draft->name.at, NULL, "rank '%s' is declared twice", name);
    int other = cascade_rank_by_variable(b, variable, strlen(variable));
    if (other >= 0)
        return sinter_error(b->diags, draft->name.at, "the variable of a rank is its name in lower case; rename one of them",
                            "ranks '%s' and '%s' have the same variable '%s'", b->ranks[other].name, name, variable);
    b->ranks[b->cascade->n_ranks++] = (struct sinter_rank){name, variable, draft->extent};
    return SINTER_OK;
}

enum sinter_status cascade_declare_ranks(struct sinter_cascade_builder *b)
{
    enum sinter_status step = SINTER_OK;
    int n_errors = 0;
    b->ranks = sinter_arena_alloc(b->arena, SINTER_MAX_RANKS, sizeof *b->ranks);
    if (!b->ranks)
        return sinter_out_of_memory(b->diags);
    b->cascade->ranks = b->ranks;
    for (int i = 0; i < b->n_rank_drafts; i++) {
        if (cascade_merge(declare_rank(b, &b->rank_drafts[i]), &step, &n_errors))
            break;
    }
    return step;
}

static enum sinter_status read_type(struct sinter_cascade_builder *b, struct word word, struct sinter_type *type)
{
    if (sinter_type_parse(word.text, type))
        return SINTER_OK;
    return sinter_error(b->diags, word.at, cascade_hint_type(b, word.text), "unknown type '%.128s'", word.text);
}

static enum sinter_status read_dims(struct sinter_cascade_builder *b, const struct tensor_draft *draft,
                                    struct sinter_tensor *tensor)
{
    if (draft->n_ranks > SINTER_MAX_DIMS)
        return sinter_error(b->diags, draft->ranks[SINTER_MAX_DIMS].at, DIMS_HINT,
                            "tensor '%s' has %d ranks, expected at most %d", tensor->name, draft->n_ranks, SINTER_MAX_DIMS);
    int *dims = sinter_arena_alloc(b->arena, (size_t)draft->n_ranks, sizeof *dims);
    if (!dims)
        return sinter_out_of_memory(b->diags);
    for (int d = 0; d < draft->n_ranks; d++) {
        const struct word *word = &draft->ranks[d];
        int rank = cascade_rank_by_name(b, word->text, strlen(word->text));
        if (rank < 0)
            return sinter_error(b->diags, word->at, cascade_hint_rank(b, word->text, "declare it under ranks:"),
                                "unknown rank '%.128s' in tensor '%s'", word->text, tensor->name);
        if (tensor->ranks & rank_bit(rank))
            return sinter_error(b->diags, word->at, "give the second dimension a rank of its own",
                                "tensor '%s' has rank '%s' twice", tensor->name, word->text);
        tensor->ranks |= rank_bit(rank);
        dims[d] = rank;
    }
    tensor->dims = dims;
    tensor->n_dims = draft->n_ranks;
    return SINTER_OK;
}

static enum sinter_status declare_tensor(struct sinter_cascade_builder *b, const struct tensor_draft *draft)
{
    struct sinter_tensor tensor = {.name = draft->name.text,
                                   .role = draft->role,
                                   .type = b->cascade->type,
                                   .state = -1,
                                   .state_of = -1,
                                   .look_back_rank = -1,
                                   .producer = -1,
                                   .at = draft->name.at};
    if (!cascade_is_name(tensor.name))
        return sinter_error(b->diags, tensor.at, name_hint, "'%.128s' is no name for a tensor", tensor.name);
    if (cascade_names_find(&b->names, b->tensors, tensor.name, strlen(tensor.name)) >= 0)
        return sinter_error(b->diags, tensor.at, NULL, "tensor '%s' is declared twice", tensor.name);
    enum sinter_status status = read_dims(b, draft, &tensor);
    if (status == SINTER_OK && draft->type.text)
        status = read_type(b, draft->type, &tensor.type);
    if (status != SINTER_OK)
        return status;
    b->tensors[b->n_tensors] = tensor;
    cascade_names_add(&b->names, b->tensors, b->n_tensors++);
    return SINTER_OK;
}

enum sinter_status cascade_declare_tensors(struct sinter_cascade_builder *b)
{
    enum sinter_status step = SINTER_OK;
    int n_errors = 0, n_most = b->n_tensor_drafts + b->n_einsum_drafts;
    b->tensors = sinter_arena_alloc(b->arena, (size_t)n_most, sizeof *b->tensors);
    if (!b->tensors || !cascade_names_init(&b->names, b->scratch, n_most))
        return sinter_out_of_memory(b->diags);
    b->cascade->tensors = b->tensors;
    if (cascade_merge(read_type(b, b->type, &b->cascade->type), &step, &n_errors))
        return step;
    for (int i = 0; i < b->n_tensor_drafts; i++) {
        if (cascade_merge(declare_tensor(b, &b->tensor_drafts[i]), &step, &n_errors))
            break;
    }
    return step;
}
