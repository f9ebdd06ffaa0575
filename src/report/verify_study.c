/* verify_study.c: what choices of formats and functions do to the numbers of a block, each alone and all together.
 * SPDX-License-Identifier: MIT
 */
#include "report/verify.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_NAMES = 1024, CHUNK = 512 };

struct studying {
    struct sinter_study *study;
    const struct sinter_cascade *cascade;
    struct sinter_values *in, *unrounded; /* fp64 */
    bool has_warned;                      /* choices are made twice: alone and together */
    const struct sinter_allocator *allocator;
    struct sinter_diagnostics *diags;
};

static const struct {
    const char *name;
    enum sinter_role role;
} roles[] = {{"inputs", SINTER_INPUT},
             {"weights", SINTER_WEIGHT},
             {"states", SINTER_STATE},
             {"intermediates", SINTER_INTERMEDIATE},
             {"outputs", SINTER_OUTPUT}};
enum { N_ROLES = sizeof roles / sizeof roles[0] };

static enum sinter_status refuse(const struct studying *s, const char *hint, const char *choice, const char *what)
{
    sinter_report(s->diags, SINTER_ERROR, (struct sinter_location){0}, hint, "the choice '%s' %s", choice, what);
    return SINTER_BAD_USAGE;
}

/* ---- formats ------------------------------------------------------------------------------------------------------- */

static double largest_of(const struct sinter_values *values, int tensor, bool is_final, double largest)
{
    double numbers[CHUNK];
    int64_t elements = values->cascade->tensors[tensor].elements;
    if ((is_final ? values->finals : values->images)[tensor] == NULL)
        return largest;
    for (int64_t first = 0; first < elements; first += CHUNK) {
        int64_t n = elements - first < CHUNK ? elements - first : CHUNK;
        sinter_values_get(values, tensor, is_final, first, n, numbers);
        for (int64_t i = 0; i < n; i++)
            largest = isfinite(numbers[i]) ? fmax(largest, fabs(numbers[i])) : largest;
    }
    return largest;
}

/* The largest magnitude becomes the largest code. */
static void calibrate(const struct studying *s, int tensor, struct sinter_format *format)
{
    double largest = largest_of(s->unrounded, tensor, false, 0);
    largest = largest_of(s->unrounded, tensor, true, largest_of(s->in, tensor, false, largest));
    double scale = largest / sinter_format_most(format);
    format->scale = scale > 0 && isfinite(scale) ? scale : 1;
}

static void set_format(const struct studying *s, struct sinter_numerics *numerics, int tensor,
                       const struct sinter_format *format, bool is_calibrated)
{
    numerics->formats[tensor] = *format;
    if (is_calibrated)
        calibrate(s, tensor, &numerics->formats[tensor]);
}

/* ---- choices ------------------------------------------------------------------------------------------------------- */

static enum sinter_status unknown_key(const struct studying *s, const char *choice, const char *key)
{
    const char *names[MOST_NAMES] = {"all", "arithmetic"};
    int n = 2;
    for (int r = 0; r < N_ROLES; r++)
        names[n++] = roles[r].name;
    for (int f = 0; f < SINTER_N_FUNCTIONS; f++)
        names[n++] = sinter_function_name((enum sinter_function)f);
    for (int t = 0; t < s->cascade->n_tensors && n < MOST_NAMES; t++)
        names[n++] = s->cascade->tensors[t].name;
    char hint[256] = "a tensor of the block (sinter show -m MODEL --cascade), inputs, weights, states, intermediates, "
                     "outputs, all, a function such as exp, or arithmetic";
    sinter_suggest_hint(sinter_suggest(key, names, n), hint, sizeof hint);
    sinter_report(s->diags, SINTER_ERROR, (struct sinter_location){0}, hint,
                  "the choice '%s' names '%s', which is neither a tensor nor a function of the block", choice, key);
    return SINTER_BAD_USAGE;
}

static void warn_idle(const struct studying *s, const char *choice, const char *why, const char *of)
{
    if (!s->has_warned)
        sinter_report(s->diags, SINTER_WARNING, (struct sinter_location){0}, NULL, "the choice '%s' changes nothing: %s%s",
                      choice, why, of);
}

/* Whether some Einsum of the block applies it. */
static bool is_applied(const struct sinter_cascade *cascade, enum sinter_function function)
{
    for (int e = 0; e < cascade->n_einsums; e++)
        for (int i = 0; i < cascade->einsums[e].n_exprs; i++)
            if (cascade->einsums[e].exprs[i].kind == SINTER_EXPR_FUNCTION &&
                cascade->einsums[e].exprs[i].function == function)
                return true;
    return false;
}

static enum sinter_status choose_function(const struct studying *s, const char *choice, enum sinter_function function,
                                          const char *value, struct sinter_numerics *numerics)
{
    if (!sinter_function_parse(function, value, s->diags, &numerics->functions[function]))
        return SINTER_BAD_USAGE;
    if (!is_applied(s->cascade, function))
        warn_idle(s, choice, "no Einsum of the block applies ", sinter_function_name(function));
    return SINTER_OK;
}

static enum sinter_status choose_formats(const struct studying *s, const char *choice, const char *key, const char *value,
                                         struct sinter_numerics *numerics)
{
    struct sinter_format format;
    int tensor = sinter_cascade_tensor(s->cascade, key), role = -1;
    for (int r = 0; r < N_ROLES; r++)
        role = strcmp(key, roles[r].name) == 0 ? r : role;
    bool is_all = strcmp(key, "all") == 0;
    if (tensor < 0 && role < 0 && !is_all)
        return unknown_key(s, choice, key);
    if (!sinter_format_parse(value, &format))
        return refuse(
            s, "fp64, fp32, fp16, bf16, fp8, e4m3, e5m2 or any eXmY (X 2 to 11, Y 1 to 52), intN (N 1 to 32), or intN*SCALE",
            choice, "names a format that does not exist");
    bool is_calibrated = format.kind == SINTER_FORMAT_INTEGER && strchr(value, '*') == NULL;
    int n = 0;
    for (int t = 0; t < s->cascade->n_tensors; t++) {
        bool is_of_role = role >= 0 && s->cascade->tensors[t].role == roles[role].role;
        bool is_meant = tensor >= 0 ? t == tensor : is_all || is_of_role;
        n += is_meant;
        if (is_meant)
            set_format(s, numerics, t, &format, is_calibrated);
    }
    if (n == 0)
        warn_idle(s, choice, "the block has no ", key);
    return SINTER_OK;
}

static enum sinter_status choose(const struct studying *s, const char *choice, struct sinter_numerics *numerics)
{
    const char *equals = strchr(choice, '=');
    enum sinter_function function;
    if (equals == NULL || equals == choice || equals[1] == '\0')
        return refuse(s, "as in H=bf16, weights=int8, exp=marca or arithmetic=32", choice, "is not of the form NAME=VALUE");
    const char *key = sinter_arena_copy(s->study->arena, choice, (size_t)(equals - choice)), *value = equals + 1;
    if (key == NULL)
        return sinter_out_of_memory(s->diags);
    if (strcmp(key, "arithmetic") == 0) {
        if (strcmp(value, "32") != 0 && strcmp(value, "64") != 0)
            return refuse(s, NULL, choice, "must be 32 or 64");
        numerics->arithmetic = value[0] == '3' ? 32 : 64;
        return SINTER_OK;
    }
    if (sinter_cascade_tensor(s->cascade, key) < 0 && sinter_function_find(key, &function))
        return choose_function(s, choice, function, value, numerics);
    return choose_formats(s, choice, key, value, numerics);
}

/* Double everywhere, so that nothing but what is chosen makes a difference. */
static enum sinter_status plain_numerics(const struct studying *s, struct sinter_numerics **numerics)
{
    enum sinter_status status = sinter_numerics_new(s->cascade, s->allocator, s->diags, numerics);
    if (status != SINTER_OK)
        return status;
    (*numerics)->arithmetic = 64;
    for (int t = 0; t < s->cascade->n_tensors; t++)
        (*numerics)->formats[t] = sinter_format_of((struct sinter_type){SINTER_FLOAT, 64});
    return SINTER_OK;
}

/* ---- evaluation ---------------------------------------------------------------------------------------------------- */

static void compare(const struct studying *s, const struct sinter_numerics *numerics, const struct sinter_values *found,
                    struct sinter_study_error *errors)
{
    struct sinter_format fp64 = sinter_format_of((struct sinter_type){SINTER_FLOAT, 64});
    bool is_final = false;
    for (int t = results_next(s->cascade, -1, &is_final), i = 0; t >= 0; i++) {
        struct sinter_format own = sinter_format_of(s->cascade->tensors[t].type);
        bool is_chosen = !sinter_format_equal(&numerics->formats[t], &fp64);
        errors[i].tensor = t;
        errors[i].is_final = is_final;
        sinter_values_compare_as(found, s->unrounded, t, is_final, is_chosen ? &numerics->formats[t] : &own,
                                 &errors[i].difference);
        t = results_next(s->cascade, t, &is_final);
    }
}

/* The numbers of a choice: those that come from outside are rounded to its formats first. */
static enum sinter_status evaluate(const struct studying *s, const struct sinter_numerics *numerics,
                                   struct sinter_study_error *errors)
{
    struct sinter_values *in = NULL, *found = NULL;
    double numbers[CHUNK];
    enum sinter_status status = sinter_values_new(s->cascade, numerics, s->allocator, s->diags, &in);
    for (int t = 0; t < s->cascade->n_tensors && status == SINTER_OK; t++) {
        int64_t elements = in->images[t] == NULL ? 0 : s->cascade->tensors[t].elements;
        for (int64_t first = 0; first < elements; first += CHUNK) {
            int64_t n = elements - first < CHUNK ? elements - first : CHUNK;
            sinter_values_get(s->in, t, false, first, n, numbers);
            sinter_values_set(in, t, first, n, numbers);
        }
    }
    if (status == SINTER_OK)
        status = sinter_reference(numerics, in, NULL, s->allocator, s->diags, &found);
    if (status == SINTER_OK)
        compare(s, numerics, found, errors);
    sinter_values_free(in);
    sinter_values_free(found);
    return status;
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

static enum sinter_status make_choices(struct studying *s, const char *const *choices, int n_choices)
{
    struct sinter_study *study = s->study;
    for (int c = 0; c < study->n_choices; c++) {
        bool is_together = s->has_warned = c >= n_choices;
        enum sinter_status status = plain_numerics(s, &study->numerics[c]);
        for (int i = is_together ? 0 : c; status == SINTER_OK && i < (is_together ? n_choices : c + 1); i++)
            status = choose(s, choices[i], study->numerics[c]);
        if (status != SINTER_OK)
            return status;
        study->labels[c] = is_together ? "all together" : sinter_arena_copy(study->arena, choices[c], strlen(choices[c]));
        study->errors[c] = sinter_arena_alloc(study->arena, (size_t)study->n_tensors + 1, sizeof *study->errors[c]);
        if (study->labels[c] == NULL || study->errors[c] == NULL)
            return sinter_out_of_memory(s->diags);
    }
    return SINTER_OK;
}

static enum sinter_status run(struct studying *s, const char *const *choices, int n_choices)
{
    struct sinter_study *study = s->study;
    size_t n = (size_t)n_choices + 1;
    study->labels = sinter_arena_alloc(study->arena, n, sizeof *study->labels);
    study->numerics = sinter_arena_alloc(study->arena, n, sizeof *study->numerics);
    study->errors = sinter_arena_alloc(study->arena, n, sizeof *study->errors);
    if (study->labels == NULL || study->numerics == NULL || study->errors == NULL)
        return sinter_out_of_memory(s->diags);
    study->n_choices = n_choices + (n_choices > 1);
    study->n_tensors = results_count(s->cascade);
    enum sinter_status status =
        inputs_values(study->inputs, study->inputs->given, s->cascade, NULL, s->allocator, s->diags, &s->in);
    if (status == SINTER_OK)
        status = sinter_reference(NULL, s->in, NULL, s->allocator, s->diags, &s->unrounded);
    if (status == SINTER_OK)
        status = make_choices(s, choices, n_choices);
    for (int c = 0; c < study->n_choices && status == SINTER_OK; c++)
        status = evaluate(s, study->numerics[c], study->errors[c]);
    sinter_values_free(s->in);
    sinter_values_free(s->unrounded);
    return status;
}

enum sinter_status sinter_study(const struct sinter_model *model, const char *const *choices, int n_choices,
                                const struct sinter_inputs *inputs, const struct sinter_allocator *allocator,
                                struct sinter_diagnostics *diags, struct sinter_study **study)
{
    *study = NULL;
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_study *made = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *made);
    if (made == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    made->arena = arena;
    made->model = model;
    made->inputs = inputs;
    made->cascade = model->parts[model->block].cascade;
    struct studying s = {.study = made, .cascade = made->cascade, .allocator = allocator, .diags = diags};
    enum sinter_status status = run(&s, choices, n_choices);
    if (status == SINTER_OK)
        *study = made;
    else
        sinter_study_free(made);
    return status;
}

void sinter_study_free(struct sinter_study *study)
{
    if (study == NULL)
        return;
    for (int c = 0; c < study->n_choices && study->numerics != NULL; c++)
        sinter_numerics_free(study->numerics[c]);
    sinter_arena_free(study->arena);
}
