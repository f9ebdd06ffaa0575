/* state.c: binding state tensors to the tensors whose first and last slices they hold.
 * SPDX-License-Identifier: MIT
 */
#include "cascade/state.h"

#include <inttypes.h>
#include <string.h>

/* A state has the tensor's ranks, in their order, without the rank of the look-back; c slices need one more rank of
 * extent c, at any place. */
static bool has_shape(const struct sinter_cascade_builder *b, const struct sinter_tensor *tensor,
                      const struct sinter_tensor *state)
{
    int d = 0, n_slices = 0;
    for (int s = 0; s < state->n_dims; s++) {
        while (d < tensor->n_dims && tensor->dims[d] == tensor->look_back_rank)
            d++;
        if (d < tensor->n_dims && state->dims[s] == tensor->dims[d])
            d++;
        else if (b->ranks[state->dims[s]].extent == tensor->look_back)
            n_slices++;
        else
            return false;
    }
    while (d < tensor->n_dims && tensor->dims[d] == tensor->look_back_rank)
        d++;
    return d == tensor->n_dims && (n_slices == 1 || (n_slices == 0 && tensor->look_back == 1));
}

static enum sinter_status refuse_shape(struct sinter_cascade_builder *b, struct sinter_location at,
                                       const struct sinter_tensor *tensor, const struct sinter_tensor *state)
{
    int dims[SINTER_MAX_DIMS], n = 0;
    for (int d = 0; d < tensor->n_dims; d++) {
        if (tensor->dims[d] != tensor->look_back_rank)
            dims[n++] = tensor->dims[d];
    }
    const char *hint = sinter_arena_printf(b->scratch, "a state has the ranks of its tensor without %s",
                                           b->ranks[tensor->look_back_rank].name);
    const char *expected = cascade_dims_text(b, n, dims), *found = cascade_dims_text(b, state->n_dims, state->dims);
    if (tensor->look_back == 1)
        return sinter_error(b->diags, at, hint, "state '%s' of '%s' has ranks %s, expected %s", state->name, tensor->name,
                            found, expected);
    return sinter_error(b->diags, at, hint,
                        "state '%s' of '%s' has ranks %s, expected %s and one rank of extent %" PRId64 " for the slices",
                        state->name, tensor->name, found, expected, tensor->look_back);
}

/* Whether `state` can be anybody's state. */
static enum sinter_status check_state(struct sinter_cascade_builder *b, struct word word, const struct sinter_tensor *tensor,
                                      const struct sinter_tensor *state)
{
    if (state == tensor)
        return sinter_error(b->diags, word.at, NULL, "tensor '%s' names itself as its state", tensor->name);
    if (state->producer >= 0)
        return sinter_error(b->diags, word.at, NULL, "state '%s' of '%s' is produced by an Einsum", state->name,
                            tensor->name);
    if (state->role != SINTER_INPUT && state->role != SINTER_OUTPUT && state->role != SINTER_STATE)
        return sinter_error(b->diags, word.at, "input: only read at the start; output: only written at the end; state: both",
                            "state '%s' of '%s' has role %s, expected input, output or state", state->name, tensor->name,
                            sinter_role_name(state->role));
    if (state->state_of >= 0)
        return sinter_error(b->diags, word.at, NULL, "state '%s' of '%s' is the state of '%s' already", state->name,
                            tensor->name, b->tensors[state->state_of].name);
    if (tensor->producer < 0 && state->role != SINTER_INPUT)
        return sinter_error(b->diags, word.at, "give the state role input",
                            "nothing produces '%s', so its state '%s' cannot have role %s", tensor->name, state->name,
                            sinter_role_name(state->role));
    if (tensor->look_back_rank < 0)
        return sinter_error(b->diags, word.at, "remove the state, or read the tensor at an earlier index such as H[l-1]",
                            "no Einsum looks back at '%s', so its state '%s' would hold nothing", tensor->name, state->name);
    return has_shape(b, tensor, state) ? SINTER_OK : refuse_shape(b, word.at, tensor, state);
}

static enum sinter_status bind_state(struct sinter_cascade_builder *b, int index)
{
    struct word word = b->tensor_drafts[index].state;
    if (!word.text)
        return SINTER_OK;
    int state = cascade_names_find(&b->names, b->tensors, word.text, strlen(word.text));
    if (state < 0)
        return sinter_error(b->diags, word.at,
                            cascade_hint_tensor(b, word.text, "declare it under tensors: with role state"),
                            "unknown tensor '%.128s' as the state of '%s'", word.text, b->tensors[index].name);
    enum sinter_status status = check_state(b, word, &b->tensors[index], &b->tensors[state]);
    if (status != SINTER_OK)
        return status;
    b->tensors[index].state = state;
    b->tensors[state].state_of = index;
    return SINTER_OK;
}

/* A state that is written may be read only through its tensor: when it would be read otherwise is undefined. */
static enum sinter_status check_reader(struct sinter_cascade_builder *b, const struct sinter_operand *operand)
{
    const struct sinter_tensor *state = &b->tensors[operand->tensor];
    if (state->state_of < 0 || state->role == SINTER_INPUT)
        return SINTER_OK;
    const char *owner = b->tensors[state->state_of].name;
    return sinter_error(b->diags, operand->accesses[0].at,
                        sinter_arena_printf(b->scratch, "read it as an earlier index of '%s'", owner),
                        "state '%s' of '%s' cannot be read by itself", state->name, owner);
}

enum sinter_status cascade_bind_states(struct sinter_cascade_builder *b)
{
    enum sinter_status step = SINTER_OK;
    int n_errors = 0;
    for (int t = 0; t < b->n_tensor_drafts; t++) {
        if (cascade_merge(bind_state(b, t), &step, &n_errors))
            return step;
    }
    for (int t = 0; t < b->n_tensor_drafts; t++) {
        const struct sinter_tensor *tensor = &b->tensors[t];
        if (tensor->state >= 0 && tensor->state_of >= 0 &&
            cascade_merge(sinter_error(b->diags, tensor->at, NULL, "state '%s' has a state itself", tensor->name), &step,
                          &n_errors))
            return step;
    }
    for (int i = 0; i < b->cascade->n_einsums; i++) {
        for (int o = 0; o < b->einsums[i].n_operands; o++) {
            if (cascade_merge(check_reader(b, &b->einsums[i].operands[o]), &step, &n_errors))
                return step;
        }
    }
    return step;
}
