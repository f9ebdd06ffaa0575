/* reference.c: a cascade Einsum by Einsum, each tensor whole: what every schedule must compute.
 * SPDX-License-Identifier: MIT
 */
#include "exec/bounds.h"

struct reference {
    const struct sinter_cascade *cascade;
    const struct sinter_numerics *numerics;
    const struct sinter_values *in;
    struct sinter_values *out;
    const bool *keep;
    const struct sinter_allocator *allocator;
    struct sinter_diagnostics *diags;
    struct whole *wholes;  /* by tensor */
    bool *is_done;         /* by Einsum */
    struct bounds *bounds; /* NULL: none are wanted */
};

/* What runs together: one Einsum, or those of a cycle, step by step along its rank. */
struct members {
    int n, rank; /* rank: -1 without a cycle */
    const int *einsums;
};

static struct members members_of(const struct sinter_cascade *cascade, const int *einsum)
{
    int cycle = cascade->einsums[*einsum].cycle;
    if (cycle < 0)
        return (struct members){1, -1, einsum};
    return (struct members){cascade->cycles[cycle].n_einsums, cascade->cycles[cycle].rank, cascade->cycles[cycle].einsums};
}

/* ---- tensors ------------------------------------------------------------------------------------------------- */

/* The tensor as it is before anything is computed: what comes from outside, and zeros for what does not. */
static enum sinter_status open_tensor(struct reference *r, int tensor)
{
    const struct sinter_tensor *t = &r->cascade->tensors[tensor];
    struct whole *whole = &r->wholes[tensor];
    if (whole->data)
        return SINTER_OK;
    if (!whole_open(whole, r->cascade, tensor, r->allocator))
        return sinter_out_of_memory(r->diags);
    if (values_is_given(t))
        whole_load(whole, r->in, tensor);
    if (t->state >= 0 && r->cascade->tensors[t->state].role != SINTER_OUTPUT)
        whole_load_state(whole, r->numerics, r->in, tensor);
    if (r->bounds && !bounds_open(r->bounds, r->cascade, tensor, whole, r->allocator))
        return sinter_out_of_memory(r->diags);
    return SINTER_OK;
}

static enum sinter_status open_tensors(struct reference *r, const struct sinter_einsum *einsum)
{
    enum sinter_status status = open_tensor(r, einsum->result);
    for (int o = 0; o < einsum->n_operands && status == SINTER_OK; o++)
        status = open_tensor(r, einsum->operands[o].tensor);
    return status;
}

static void close_unless_needed(struct reference *r, int tensor)
{
    const struct sinter_tensor *t = &r->cascade->tensors[tensor];
    for (int i = 0; i < t->n_readers; i++) {
        if (!r->is_done[t->readers[i]])
            return;
    }
    whole_close(&r->wholes[tensor], r->allocator);
    if (r->bounds)
        whole_close(&r->bounds->errors[tensor], r->allocator);
}

static bool store(const struct reference *r, int tensor, bool is_final)
{
    bool (*to)(const struct whole *, struct sinter_values *, int) = is_final ? whole_store_state : whole_store;
    return to(&r->wholes[tensor], r->out, tensor) && (!r->bounds || to(&r->bounds->errors[tensor], r->bounds->out, tensor));
}

static enum sinter_status store_result(struct reference *r, int tensor)
{
    const struct sinter_tensor *t = &r->cascade->tensors[tensor];
    bool is_wanted = t->role == SINTER_OUTPUT || !r->keep || r->keep[tensor];
    bool has_final = t->state >= 0 && r->cascade->tensors[t->state].role != SINTER_INPUT;
    if ((is_wanted && !store(r, tensor, false)) || (has_final && !store(r, tensor, true)))
        return sinter_out_of_memory(r->diags);
    return SINTER_OK;
}

/* ---- Einsums ------------------------------------------------------------------------------------------------- */

static bool is_ready(const struct reference *r, const struct members *members)
{
    for (int m = 0; m < members->n; m++) {
        const struct sinter_einsum *einsum = &r->cascade->einsums[members->einsums[m]];
        for (int o = 0; o < einsum->n_operands; o++) {
            int producer = r->cascade->tensors[einsum->operands[o].tensor].producer;
            bool is_member = producer >= 0 && einsum->cycle >= 0 && r->cascade->einsums[producer].cycle == einsum->cycle;
            if (producer >= 0 && !is_member && !r->is_done[producer])
                return false;
        }
    }
    return true;
}

static enum sinter_status evaluate(struct reference *r, const struct members *members)
{
    struct evaluation *evaluations = sinter_allocate(r->allocator, (size_t)members->n, sizeof *evaluations);
    int64_t n_steps = members->rank < 0 ? 1 : r->cascade->ranks[members->rank].extent;
    bool is_open = evaluations != NULL;
    for (int m = 0; m < members->n && is_open; m++)
        is_open = evaluation_open(&evaluations[m], r->cascade, members->einsums[m], r->numerics, r->wholes, r->allocator);
    for (int64_t step = 0; step < n_steps && is_open; step++) {
        for (int m = 0; m < members->n; m++) {
            if (r->bounds)
                bounds_run(r->bounds, &evaluations[m], members->rank);
            else
                evaluation_run(&evaluations[m], members->rank);
            if (step + 1 < n_steps)
                evaluation_step(&evaluations[m], members->rank);
        }
    }
    for (int m = 0; m < members->n && evaluations; m++)
        evaluation_close(&evaluations[m], r->allocator);
    sinter_release(r->allocator, evaluations);
    return is_open ? SINTER_OK : sinter_out_of_memory(r->diags);
}

static enum sinter_status run_members(struct reference *r, const struct members *members)
{
    enum sinter_status status = SINTER_OK;
    for (int m = 0; m < members->n && status == SINTER_OK; m++)
        status = open_tensors(r, &r->cascade->einsums[members->einsums[m]]);
    if (status == SINTER_OK)
        status = evaluate(r, members);
    for (int m = 0; m < members->n && status == SINTER_OK; m++)
        status = store_result(r, r->cascade->einsums[members->einsums[m]].result);
    for (int m = 0; m < members->n; m++)
        r->is_done[members->einsums[m]] = true;
    for (int t = 0; t < r->cascade->n_tensors; t++)
        close_unless_needed(r, t);
    return status;
}

/* Einsums run in the order written, except that a cycle runs as soon as what it reads is there: others may stand between. */
static enum sinter_status run_all(struct reference *r)
{
    enum sinter_status status = SINTER_OK;
    for (bool moves = true; moves && status == SINTER_OK;) {
        moves = false;
        for (int e = 0; e < r->cascade->n_einsums && status == SINTER_OK; e++) {
            struct members members = members_of(r->cascade, &e);
            if (r->is_done[e] || !is_ready(r, &members))
                continue;
            status = run_members(r, &members);
            moves = true;
        }
    }
    return status;
}

/* ---- entry ----------------------------------------------------------------------------------------------------- */

static enum sinter_status refuse(struct sinter_diagnostics *diags, const char *hint, const char *message, const char *name)
{
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){0}, hint, "%s '%s'", message, name);
    return SINTER_BAD_USAGE;
}

static enum sinter_status check_inputs(const struct sinter_numerics *numerics, const struct sinter_values *in,
                                       struct sinter_diagnostics *diags)
{
    const struct sinter_cascade *cascade = in->cascade;
    if (numerics && numerics->cascade != cascade)
        return refuse(diags, NULL, "the numerics are those of another cascade, not of", cascade->name);
    for (int t = 0; t < cascade->n_tensors; t++) {
        if (!values_is_given(&cascade->tensors[t]))
            continue;
        if (!in->images[t])
            return refuse(diags, NULL, "there are no values for", cascade->tensors[t].name);
        if (numerics && !sinter_format_equal(&numerics->formats[t], &in->formats[t]))
            return refuse(diags, "make the values from the same numerics",
                          "the numerics have another format than the values of", cascade->tensors[t].name);
    }
    return SINTER_OK;
}

static enum sinter_status run(struct reference *r)
{
    size_t n_tensors = (size_t)r->cascade->n_tensors, n_einsums = (size_t)r->cascade->n_einsums;
    r->out = values_blank(r->cascade, r->numerics, r->allocator);
    r->wholes = sinter_allocate(r->allocator, n_tensors, sizeof *r->wholes);
    r->is_done = sinter_allocate(r->allocator, n_einsums, sizeof *r->is_done);
    enum sinter_status status = r->out && r->wholes && r->is_done ? run_all(r) : sinter_out_of_memory(r->diags);
    for (size_t t = 0; t < n_tensors && r->wholes; t++)
        whole_close(&r->wholes[t], r->allocator);
    sinter_release(r->allocator, r->wholes);
    sinter_release(r->allocator, r->is_done);
    if (status == SINTER_OK)
        return SINTER_OK;
    sinter_values_free(r->out);
    r->out = NULL;
    return status;
}

enum sinter_status sinter_reference(const struct sinter_numerics *numerics, const struct sinter_values *in, const bool *keep,
                                    const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                    struct sinter_values **out)
{
    struct reference r = {
        .cascade = in->cascade, .numerics = numerics, .in = in, .keep = keep, .allocator = allocator, .diags = diags};
    enum sinter_status status = check_inputs(numerics, in, diags);
    if (status == SINTER_OK)
        status = run(&r);
    *out = r.out;
    return status;
}

/* ---- with bounds ------------------------------------------------------------------------------------------------ */

/* A final state is rounded once more, to its own format. */
static void round_finals(const struct sinter_numerics *numerics, const struct sinter_values *values,
                         struct sinter_values *bounds)
{
    for (int t = 0; t < values->cascade->n_tensors; t++) {
        for (int64_t i = 0; bounds->finals[t] && i < values->cascade->tensors[t].elements; i++) {
            double value, error;
            sinter_values_get(values, t, true, i, 1, &value);
            sinter_values_get(bounds, t, true, i, 1, &error);
            error += bounds_rounding(numerics, t, fabs(value) + error);
            values_write(bounds, t, true, i, 1, &error);
        }
    }
}

enum sinter_status sinter_reference_bounded(const struct sinter_numerics *numerics, const struct sinter_values *in,
                                            const struct sinter_split *splits, const bool *keep,
                                            const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                            struct sinter_values **out, struct sinter_values **bounds)
{
    const struct sinter_cascade *cascade = in->cascade;
    struct bounds wanted = {.numerics = numerics, .splits = splits};
    struct reference r = {
        .cascade = cascade, .in = in, .keep = keep, .allocator = allocator, .diags = diags, .bounds = &wanted};
    *out = *bounds = NULL;
    enum sinter_status status = check_inputs(NULL, in, diags);
    if (status == SINTER_OK && numerics->cascade != cascade)
        status = refuse(diags, NULL, "the numerics are those of another cascade, not of", cascade->name);
    if (status != SINTER_OK)
        return status;
    wanted.out = values_blank(cascade, NULL, allocator);
    wanted.errors = sinter_allocate(allocator, (size_t)cascade->n_tensors, sizeof *wanted.errors);
    status = wanted.out && wanted.errors ? run(&r) : sinter_out_of_memory(diags);
    for (int t = 0; t < cascade->n_tensors && wanted.errors; t++)
        whole_close(&wanted.errors[t], allocator);
    sinter_release(allocator, wanted.errors);
    if (status == SINTER_OK) {
        round_finals(numerics, r.out, wanted.out);
        *out = r.out;
        *bounds = wanted.out;
    } else
        sinter_values_free(wanted.out);
    return status;
}
