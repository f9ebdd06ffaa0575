/* case.c: stored cases: numbers for a cascade and what it must compute, put into the cascade's own order.
 * SPDX-License-Identifier: MIT
 */
#include "workload/case.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"

/* A case while it is filled. */
struct filling {
    struct manifest manifest;
    const struct sinter_cascade *cascade;
    struct sinter_arena *arena;
    struct sinter_diagnostics *diags;
    const double **inputs; /* by tensor */
    struct sinter_case_cut *cuts;
    int n_cuts;
};

/* ---- numbers in another order ------------------------------------------------------------------------------------ */

/* A view of the manifest's numbers: axes in the order in which they are wanted. */
struct view {
    int n_axes;
    int64_t start, extent[SINTER_MAX_DIMS], stride[SINTER_MAX_DIMS], elements;
};

static void copy_view(const struct view *view, const double *from, double *to)
{
    int64_t index[SINTER_MAX_DIMS] = {0}, at = view->start;
    for (int64_t i = 0; i < view->elements; i++) {
        to[i] = from[at];
        for (int a = view->n_axes - 1; a >= 0; a--) {
            at += view->stride[a];
            if (++index[a] < view->extent[a])
                break;
            at -= view->extent[a] * view->stride[a];
            index[a] = 0;
        }
    }
}

/* Numbers of a tensor of the cascade, in the arena. */
static enum sinter_status take(struct filling *f, const struct view *view, const double *from, bool is_logarithm,
                               const double **numbers)
{
    double *to = sinter_arena_alloc(f->arena, (size_t)view->elements, sizeof *to);
    if (!to)
        return sinter_out_of_memory(f->diags);
    copy_view(view, from, to);
    for (int64_t i = 0; i < view->elements && is_logarithm; i++)
        to[i] = -exp(to[i]);
    *numbers = to;
    return SINTER_OK;
}

/* ---- lines of a kind ---------------------------------------------------------------------------------------------- */

/* The product of extents; extents that are far too large stay so without overflowing. */
static int64_t size_of(const struct case_extents *extents, const char *letters, size_t n)
{
    const int64_t most = INT64_C(1) << 60;
    int64_t size = 1;
    for (size_t i = 0; i < n; i++) {
        if (!sinter_multiply(size, extents->of[(unsigned char)letters[i]], &size) || size > most)
            return most;
    }
    return size;
}

/* The shape that the line's tensor must have in the manifest. */
static void expected_shape(const struct case_line *line, const struct case_extents *extents, int64_t *shape)
{
    for (size_t i = 0; line->shape[i]; i++) {
        shape[i] = 0;
        for (int p = 0; line->shape[i] == '*' && p < CASE_MAX_PARTS && line->parts[p].tensor; p++)
            shape[i] += size_of(extents, line->parts[p].size, strlen(line->parts[p].size));
        if (line->shape[i] != '*')
            shape[i] = size_of(extents, line->shape + i, 1);
    }
}

static enum sinter_status check_shape(struct filling *f, const struct manifest_tensor *tensor, int n_dims,
                                      const int64_t *expected)
{
    if (tensor->n_dims == n_dims && memcmp(tensor->shape, expected, (size_t)n_dims * sizeof *expected) == 0)
        return SINTER_OK;
    const char *found = manifest_shape_text(&f->manifest, tensor->n_dims, tensor->shape);
    const char *wanted = manifest_shape_text(&f->manifest, n_dims, expected);
    if (!found || !wanted)
        return sinter_out_of_memory(f->diags);
    return sinter_error(f->diags, tensor->at, NULL, "'%s' has shape %s, expected %s", tensor->name, found, wanted);
}

/* The view of one part that begins `start` along the joined axis. */
static struct view view_part(const struct case_line *line, const struct case_extents *extents,
                             const struct manifest_tensor *tensor, const struct case_part *part, int64_t start)
{
    const char *layout = line->layout ? line->layout : line->shape;
    struct view view = {.n_axes = tensor->n_dims, .elements = 1};
    for (int a = 0; a < view.n_axes; a++) {
        int axis = (int)(strchr(line->shape, layout[a]) - line->shape);
        int64_t stride = 1;
        for (int d = axis + 1; d < tensor->n_dims; d++)
            stride *= tensor->shape[d];
        view.extent[a] = layout[a] == '*' ? size_of(extents, part->size, strlen(part->size)) : tensor->shape[axis];
        view.stride[a] = stride;
        view.start += layout[a] == '*' ? start * stride : 0;
        view.elements *= view.extent[a];
    }
    return view;
}

static struct sinter_case_cut *add_cut(struct filling *f, const char *name, int tensor, bool is_final, const double *values)
{
    struct sinter_case_cut *cut = &f->cuts[f->n_cuts++];
    *cut = (struct sinter_case_cut){
        .name = name, .n_tensors = 1, .tensors = {tensor, -1}, .is_final = is_final, .values = values};
    return cut;
}

/* One tensor of the cascade from its part of the manifest's numbers. */
static enum sinter_status fill_part(struct filling *f, const struct case_line *line, const struct case_part *part,
                                    const struct manifest_tensor *tensor, const struct view *view, const double *numbers)
{
    const struct sinter_cascade *cascade = f->cascade;
    int index = sinter_cascade_tensor(cascade, part->tensor),
        added = line->added ? sinter_cascade_tensor(cascade, line->added) : -1;
    const double *values = NULL;
    if (index < 0 || (line->added && added < 0))
        return SINTER_INTERNAL; /* a table that does not fit its cascade */
    if (cascade->tensors[index].elements != view->elements)
        return sinter_error(f->diags, tensor->at, "the extents of a case are those of its numbers",
                            "'%s' has %" PRId64 " numbers for '%s', which has %" PRId64 " elements", tensor->name,
                            view->elements, part->tensor, cascade->tensors[index].elements);
    enum sinter_status status = take(f, view, numbers, line->is_logarithm, &values);
    if (status != SINTER_OK)
        return status;
    if (line->use == CASE_INPUT) {
        f->inputs[index] = values;
        return SINTER_OK;
    }
    const char *name = part->size ? sinter_arena_printf(f->arena, "%s.%s", line->name, part->tensor) : line->name;
    struct sinter_case_cut *cut = add_cut(f, name, index, line->use == CASE_FINAL, values);
    if (added >= 0) {
        cut->n_tensors = 2;
        cut->tensors[1] = added;
    }
    return name ? SINTER_OK : sinter_out_of_memory(f->diags);
}

static enum sinter_status fill_zeros(struct filling *f, const char *name)
{
    int index = sinter_cascade_tensor(f->cascade, name);
    if (index < 0)
        return SINTER_INTERNAL;
    f->inputs[index] = sinter_arena_alloc(f->arena, (size_t)f->cascade->tensors[index].elements, sizeof(double));
    return f->inputs[index] ? SINTER_OK : sinter_out_of_memory(f->diags);
}

static enum sinter_status fill_line(struct filling *f, const struct case_line *line, const struct case_extents *extents)
{
    if (!line->name)
        return fill_zeros(f, line->parts[0].tensor);
    struct manifest_tensor *tensor = manifest_find(&f->manifest, line->name);
    int n_dims = (int)strlen(line->shape);
    int64_t shape[SINTER_MAX_DIMS], start = 0;
    expected_shape(line, extents, shape);
    if (!tensor && line->use != CASE_INPUT)
        return SINTER_OK;
    if (!tensor) {
        const char *wanted = manifest_shape_text(&f->manifest, n_dims, shape);
        return wanted
                   ? sinter_error(f->diags, f->manifest.at, NULL, "tensor '%s' is missing, of shape %s", line->name, wanted)
                   : sinter_out_of_memory(f->diags);
    }
    tensor->is_used = true;
    enum sinter_status status = check_shape(f, tensor, n_dims, shape);
    if (status != SINTER_OK)
        return status;
    const struct sinter_allocator *allocator = arena_allocator(f->arena);
    double *numbers = sinter_allocate(allocator, (size_t)tensor->elements, sizeof *numbers);
    status = numbers ? manifest_numbers(&f->manifest, tensor, numbers) : sinter_out_of_memory(f->diags);
    for (const struct case_part *part = line->parts;
         status == SINTER_OK && part < line->parts + CASE_MAX_PARTS && part->tensor; part++) {
        struct view view = view_part(line, extents, tensor, part, start);
        status = fill_part(f, line, part, tensor, &view, numbers);
        start += part->size ? size_of(extents, part->size, strlen(part->size)) : 0;
    }
    sinter_release(allocator, numbers);
    return status;
}

/* Tensors that no line names would be checks that never run. */
static void warn_of_unused(const struct filling *f, const struct case_kind *kind)
{
    for (int i = 0; i < f->manifest.n_tensors; i++) {
        const struct manifest_tensor *tensor = &f->manifest.tensors[i];
        if (!tensor->is_used)
            sinter_report(f->diags, SINTER_WARNING, tensor->at, NULL, "tensor '%s' is unknown to kind %s and ignored",
                          tensor->name, kind->name);
    }
}

static enum sinter_status fill_kind(struct filling *f, const struct case_kind *kind, const struct case_extents *extents)
{
    enum sinter_status worst = SINTER_OK;
    f->cuts = sinter_arena_alloc(f->arena, (size_t)kind->n_lines * CASE_MAX_PARTS, sizeof *f->cuts);
    if (!f->cuts)
        return sinter_out_of_memory(f->diags);
    for (int i = 0; i < kind->n_lines && (worst == SINTER_OK || worst == SINTER_BAD_INPUT); i++) {
        enum sinter_status status = fill_line(f, &kind->lines[i], extents);
        worst = status == SINTER_OK ? worst : status;
    }
    warn_of_unused(f, kind);
    return worst;
}

/* ---- binding by name ----------------------------------------------------------------------------------------------- */

static bool is_given(const struct sinter_tensor *tensor)
{
    return tensor->role == SINTER_INPUT || tensor->role == SINTER_WEIGHT ||
           (tensor->role == SINTER_STATE && tensor->state_of >= 0);
}

static enum sinter_status unknown_tensor(const struct filling *f, const struct manifest_tensor *tensor)
{
    int n = f->cascade->n_tensors;
    const char **names = sinter_arena_alloc(f->arena, (size_t)n, sizeof *names);
    char hint[192];
    if (!names)
        return sinter_out_of_memory(f->diags);
    for (int t = 0; t < n; t++)
        names[t] = f->cascade->tensors[t].name;
    return sinter_error(f->diags, tensor->at, sinter_suggest_hint(sinter_suggest(tensor->name, names, n), hint, sizeof hint),
                        "cascade '%s' has no tensor '%s'", f->cascade->name, tensor->name);
}

/* The cascade's tensor that a name means, and whether what the run leaves in it. */
static enum sinter_status resolve(struct filling *f, const struct manifest_tensor *tensor, int *index, bool *is_final)
{
    static const char suffix[] = ".final";
    size_t length = strlen(tensor->name), n = sizeof suffix - 1;
    *is_final = length > n && strcmp(tensor->name + length - n, suffix) == 0;
    const char *name = sinter_arena_copy(f->arena, tensor->name, *is_final ? length - n : length);
    if (!name)
        return sinter_out_of_memory(f->diags);
    *index = sinter_cascade_tensor(f->cascade, name);
    if (*index < 0)
        return unknown_tensor(f, tensor);
    const struct sinter_tensor *t = &f->cascade->tensors[*index];
    *is_final = *is_final || (tensor->is_output && t->state_of >= 0);
    if (*is_final && (t->state_of < 0 || t->role == SINTER_INPUT))
        return sinter_error(f->diags, tensor->at, NULL, "'%s' is no state that a run writes", name);
    if (!*is_final && t->producer < 0 && (tensor->is_output || !is_given(t)))
        return sinter_error(f->diags, tensor->at, NULL, "'%s' is nothing that the cascade computes", name);
    return SINTER_OK;
}

static enum sinter_status bind_tensor(struct filling *f, const struct manifest_tensor *tensor)
{
    int index = -1;
    bool is_final = false;
    enum sinter_status status = resolve(f, tensor, &index, &is_final);
    if (status != SINTER_OK)
        return status;
    const struct sinter_tensor *t = &f->cascade->tensors[index];
    int64_t shape[SINTER_MAX_DIMS];
    for (int d = 0; d < t->n_dims; d++)
        shape[d] = f->cascade->ranks[t->dims[d]].extent;
    status = check_shape(f, tensor, t->n_dims, shape);
    if (status != SINTER_OK)
        return status;
    double *numbers = sinter_arena_alloc(f->arena, (size_t)tensor->elements, sizeof *numbers);
    status = numbers ? manifest_numbers(&f->manifest, tensor, numbers) : sinter_out_of_memory(f->diags);
    if (is_final || t->producer >= 0)
        add_cut(f, tensor->name, index, is_final, numbers);
    else
        f->inputs[index] = numbers;
    return status;
}

static enum sinter_status bind_all(struct filling *f)
{
    enum sinter_status worst = SINTER_OK;
    f->cuts = sinter_arena_alloc(f->arena, (size_t)f->manifest.n_tensors, sizeof *f->cuts);
    if (!f->cuts)
        return sinter_out_of_memory(f->diags);
    for (int i = 0; i < f->manifest.n_tensors && (worst == SINTER_OK || worst == SINTER_BAD_INPUT); i++) {
        enum sinter_status status = bind_tensor(f, &f->manifest.tensors[i]);
        worst = status == SINTER_OK ? worst : status;
    }
    for (int t = 0; t < f->cascade->n_tensors && worst == SINTER_OK; t++) {
        if (is_given(&f->cascade->tensors[t]) && !f->inputs[t])
            worst = sinter_error(f->diags, f->manifest.at, NULL, "tensor '%s' is missing", f->cascade->tensors[t].name);
    }
    return worst;
}

/* ---- entry ---------------------------------------------------------------------------------------------------------- */

static enum sinter_status list_inputs(struct filling *f, struct sinter_case *loaded)
{
    struct sinter_case_input *inputs = sinter_arena_alloc(f->arena, (size_t)f->cascade->n_tensors, sizeof *inputs);
    if (!inputs)
        return sinter_out_of_memory(f->diags);
    for (int t = 0; t < f->cascade->n_tensors; t++) {
        if (f->inputs[t])
            inputs[loaded->n_inputs++] = (struct sinter_case_input){t, f->inputs[t]};
    }
    loaded->inputs = inputs;
    loaded->cuts = f->cuts;
    loaded->n_cuts = f->n_cuts;
    return SINTER_OK;
}

/* Fills the case from its manifest; `cascade` NULL: that of its kind. */
static enum sinter_status fill_case(struct filling *f, const char *file, const struct sinter_cascade *cascade,
                                    struct sinter_override *overrides, int n_overrides,
                                    const struct sinter_allocator *allocator, struct sinter_case *loaded)
{
    const struct case_kind *kind = NULL;
    struct case_extents extents;
    enum sinter_status status = manifest_read(file, f->arena, f->diags, &f->manifest);
    if (status == SINTER_OK && !cascade)
        status = case_kind_read(&f->manifest, &kind, &extents);
    if (status == SINTER_OK && !cascade)
        status = case_model(&f->manifest, kind, &extents, overrides, n_overrides, allocator, &loaded->model);
    if (status != SINTER_OK)
        return status;
    f->cascade = loaded->cascade = cascade ? cascade : loaded->model->parts[loaded->model->block].cascade;
    loaded->name = f->manifest.name;
    loaded->notes = f->manifest.notes;
    loaded->source = f->manifest.at.file;
    f->inputs = sinter_arena_alloc(f->arena, (size_t)f->cascade->n_tensors, sizeof *f->inputs);
    if (!f->inputs)
        return sinter_out_of_memory(f->diags);
    status = cascade ? bind_all(f) : fill_kind(f, kind, &extents);
    return status == SINTER_OK ? list_inputs(f, loaded) : status;
}

static enum sinter_status load(const char *file, const struct sinter_cascade *cascade, struct sinter_override *overrides,
                               int n_overrides, const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                               struct sinter_case **loaded)
{
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_case *made = arena ? sinter_arena_alloc(arena, 1, sizeof *made) : NULL;
    struct filling filling = {.arena = arena, .diags = diags};
    *loaded = NULL;
    if (!made) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    made->arena = arena;
    enum sinter_status status = fill_case(&filling, file, cascade, overrides, n_overrides, allocator, made);
    manifest_close(&filling.manifest);
    if (status == SINTER_OK)
        *loaded = made;
    else
        sinter_case_free(made);
    return status;
}

enum sinter_status sinter_case_load(const char *file, struct sinter_override *overrides, int n_overrides,
                                    const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                    struct sinter_case **loaded)
{
    return load(file, NULL, overrides, n_overrides, allocator, diags, loaded);
}

enum sinter_status sinter_case_bind(const char *file, const struct sinter_cascade *cascade,
                                    const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                    struct sinter_case **loaded)
{
    return load(file, cascade, NULL, 0, allocator, diags, loaded);
}

void sinter_case_free(struct sinter_case *loaded)
{
    if (!loaded)
        return;
    sinter_model_free(loaded->model);
    sinter_arena_free(loaded->arena);
}
