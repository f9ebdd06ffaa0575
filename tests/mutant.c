/* mutant.c: an execution that is driven command by command, so that one of them, or a number of the plan, can be wrong.
 * SPDX-License-Identifier: MIT
 */
#include "mutant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "exec/executor.h"

enum { MOST_COMMANDS = 1200, MOST_TILES = 100 };

/* ---- the case -------------------------------------------------------------------------------------------------------- */

static void replace_all(struct sinter_text *out, const char *text, const char *old, const char *new)
{
    for (const char *at = text; *at != '\0';) {
        bool is_here = strncmp(at, old, strlen(old)) == 0;
        sinter_text_printf(out, "%.*s", is_here ? (int)strlen(new) : 1, is_here ? new : at);
        at += is_here ? strlen(old) : 1;
    }
}

static void read_again(struct mutant_case *c)
{
    static const char *const types[] = {", type: fp16", ", type: int4"};
    struct sinter_text text = {0}, accel = {0};
    struct sinter_override fp64 = {.field = "type", .value = "fp64"};
    replace_all(&text, sinter_text_data(&c->random.cascade_text), types[0], "");
    for (int i = 1; i < 2; i++) {
        struct sinter_text next = {0};
        replace_all(&next, sinter_text_data(&text), types[i], "");
        sinter_text_free(&text);
        text = next;
    }
    replace_all(&accel, sinter_text_data(&c->random.accel_text), "1 MiB", "32 KiB");
    const char *data = sinter_text_data(&text), *machine = sinter_text_data(&accel);
    assert_int_equal(sinter_cascade_parse("cascade", data, strlen(data), &fp64, 1, NULL, c->random.diags, &c->cascade),
                     SINTER_OK);
    assert_int_equal(sinter_accel_parse("accelerator", machine, strlen(machine), NULL, 0, NULL, c->random.diags, &c->accel),
                     SINTER_OK);
    sinter_text_free(&text);
    sinter_text_free(&accel);
    c->random.schedule.cascade = c->cascade;
    c->random.schedule.accel = c->accel;
}

/* False: it has too many commands. */
static bool list_commands(struct mutant_case *c)
{
    struct sinter_program *program = NULL;
    struct sinter_step step;
    c->list = calloc(MOST_COMMANDS, sizeof *c->list);
    assert_non_null(c->list);
    assert_int_equal(sinter_program_new(c->plan, NULL, NULL, &program), SINTER_OK);
    bool has_room = true;
    for (int i = 0; has_room && sinter_program_step(program, &step); i++) {
        has_room = c->n + step.n <= MOST_COMMANDS;
        for (int k = 0; has_room && k < step.n; k++)
            c->list[c->n++] = (struct listed){step.commands[k], i, step.group};
    }
    sinter_program_free(program);
    return has_room;
}

/* ---- running a mutant ------------------------------------------------------------------------------------------------ */

/* What the box of the command at hand is bent by. */
static struct {
    bool is_bent;
    int dim, by;
    const struct sinter_plan *plan;
} bend;

static int bent_box(const struct sinter_program *program, const struct sinter_command *command, int64_t *low, int64_t *high)
{
    int n_dims = sinter_program_box(program, command, low, high);
    if (!bend.is_bent)
        return n_dims;
    int tensor = bend.plan->tiles[command->tile].tensor;
    int64_t extent = bend.plan->cascade->ranks[bend.plan->cascade->tensors[tensor].dims[bend.dim]].extent;
    low[bend.dim] += bend.by;
    high[bend.dim] += bend.by;
    if (low[bend.dim] < 0 && bend.by < 0)
        low[bend.dim] = low[bend.dim] - bend.by < 0 ? low[bend.dim] - bend.by : 0; /* a state stays where it begins */
    high[bend.dim] = high[bend.dim] > extent ? extent : high[bend.dim];
    return n_dims;
}

/* A number in all elements of a box. */
static void poison_box(const struct view *to, const struct box *box, int n_dims, double number)
{
    unsigned char bytes[sizeof number];
    memcpy(bytes, &number, sizeof number);
    struct view from = {.bytes = bytes, .format = to->format, .ring = -1};
    view_copy(to, &from, box, n_dims);
}

static void poison_all(struct place *place)
{
    place->is_mirrored = false;
    if (place->is_live)
        fill_bits(place->view.bytes, place->view.at, place->view.at + place->elements * place->view.format->bits, true);
}

/* After a load or store: in what it brought, or brought it to. */
static void poison(struct executor *executor, const struct sinter_command *command, const struct mutation *mutation)
{
    struct place *place = &executor->places[command->tile];
    struct box box = place->box;
    if (place->tile->kind != SINTER_TILE_CARRY)
        sinter_program_box(executor->program, command, box.low, box.high);
    box = box_common(&box, &place->box, place->n_dims);
    if (mutation->by != 0) { /* what the shifted box does not have */
        int d = mutation->dim;
        if (mutation->by > 0)
            box.high[d] = box.low[d] + mutation->by < box.high[d] ? box.low[d] + mutation->by : box.high[d];
        else
            box.low[d] = box.high[d] + mutation->by > box.low[d] ? box.high[d] + mutation->by : box.low[d];
    }
    const struct view *view = &place->view;
    struct view image;
    if (command->kind == SINTER_STORE && place->source >= 0) {
        view = &executor->places[place->source].view;
        executor->places[place->source].is_mirrored = false;
    } else if (command->kind == SINTER_STORE) {
        int64_t shape[SINTER_MAX_DIMS];
        image = (struct view){.bytes = executor->out->images[place->tile->tensor], .format = view->format, .ring = -1};
        for (int d = 0; d < place->n_dims; d++)
            shape[d] = executor->cascade->ranks[place->tensor->dims[d]].extent;
        view_strides(shape, place->n_dims, image.stride);
        view = &image;
        if (image.bytes == NULL)
            return;
    }
    place->is_mirrored = false;
    poison_box(view, &box, place->n_dims, (double)NAN);
}

/* After a compute: in what it made. */
static void poison_results(struct executor *executor, int node, double number)
{
    const struct sinter_ranges *now = sinter_program_ranges(executor->program);
    for (int m = 0; m < executor->codes[node]->n_members; m++) {
        const struct member *member = &executor->codes[node]->members[m];
        int index = member->result >= 0 ? member->result : member->hand_on;
        struct box box = {{0}, {0}};
        for (int d = 0; index >= 0 && d < executor->places[index].n_dims; d++) {
            int rank = executor->places[index].tensor->dims[d];
            box.low[d] = now->start[rank];
            box.high[d] = now->start[rank] + now->size[rank];
        }
        if (index >= 0)
            poison_box(&executor->places[index].view, &box, executor->places[index].n_dims, number);
    }
}

/* The carry of a tile never hears of what it has; or, as a proof, hears NaN. */
static void forget_carry(struct executor *executor, int home)
{
    for (int i = 0; i < executor->n_places; i++)
        executor->places[i].is_stale &= executor->homes[i] != home;
}

static void poison_updated(struct executor *executor, bool *is_waiting)
{
    for (int i = 0; i < executor->n_places; i++) {
        struct place *carry = &executor->places[i];
        if (!is_waiting[i] || carry->is_stale)
            continue;
        is_waiting[i] = false;
        if (!carry->is_live)
            continue;
        const struct place *home = &executor->places[executor->homes[i]];
        int d = carry->view.ring;
        struct box box = carry->box;
        box.high[d] = home->box.high[d];
        box.low[d] = box.high[d] - carry->tile->look_back;
        box = box_common(&box, &home->box, carry->n_dims);
        carry->is_mirrored = false;
        poison_box(&carry->view, &box, carry->n_dims, (double)NAN);
    }
}

static void do_command(struct executor *executor, const struct sinter_command *command, const struct mutation *mutation,
                       bool is_here)
{
    bool is_skipped = is_here && mutation->kind >= SKIP_LOAD && mutation->kind <= SKIP_COMPUTE;
    if (is_here && mutation->kind == STALE)
        forget_carry(executor, command->tile);
    bend.is_bent = is_here && (mutation->kind == SHIFT_LOAD || mutation->kind == SHIFT_STORE);
    if (!is_skipped)
        executor_do(executor, command);
    bend.is_bent = false;
    if (is_here && mutation->kind == REPEAT_COMPUTE)
        executor_do(executor, command);
    if (is_here && mutation->kind == POISON && command->kind == SINTER_COMPUTE)
        poison_results(executor, command->node, mutation->of == REPEAT_COMPUTE ? 1234.5 : (double)NAN);
    if (is_here && mutation->kind == POISON && (command->kind == SINTER_LOAD || command->kind == SINTER_STORE) &&
        executor->problem[0] == '\0')
        poison(executor, command, mutation);
}

int mutant_compute_before(const struct mutant_case *c, int at)
{
    while (at >= 0 && c->list[at].command.kind != SINTER_COMPUTE)
        at--;
    return at;
}

static uint64_t mix(uint64_t state, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        state = (state ^ bytes[i]) * 0x100000001b3u;
    return state;
}

/* All memories, what lives where in them, and DRAM. */
static uint64_t state_of_all(const struct executor *executor)
{
    uint64_t state = 0xcbf29ce484222325u;
    for (int m = 1; m < executor->accel->n_memories; m++)
        state = mix(state, executor->memories[m].bytes, (size_t)(executor->execution->extent_bits[m] / 8));
    for (int i = 0; i < executor->n_places; i++) {
        const struct place *place = &executor->places[i];
        const bool flags[2] = {place->is_live, place->is_live && place->is_stale};
        state = mix(state, flags, sizeof flags);
        state = mix(state, &place->buffer, sizeof place->buffer);
        for (int d = 0; place->is_live && d < place->n_dims; d++) {
            state = mix(state, &place->box.low[d], sizeof place->box.low[d]);
            state = mix(state, &place->box.high[d], sizeof place->box.high[d]);
        }
    }
    for (int t = 0; t < executor->cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &executor->cascade->tensors[t];
        size_t bytes = (size_t)tensor->elements * 8;
        int64_t slices = tensor->look_back_rank >= 0 ? executor->cascade->ranks[tensor->look_back_rank].extent : 1;
        if (executor->out->images[t] != NULL)
            state = mix(state, executor->out->images[t], bytes);
        if (executor->out->finals[t] != NULL)
            state = mix(state, executor->out->finals[t], bytes);
        if (executor->spills[t].bytes != NULL)
            state = mix(state, executor->spills[t].bytes, bytes / (size_t)slices * (size_t)executor->spills[t].slots);
    }
    return state;
}

static void watch_command(const struct mutant_case *c, const struct executor *executor, int i, const struct watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->state != NULL && i == watch->at)
        *watch->state = state_of_all(executor);
    for (int m = 1; watch->group_peaks != NULL && c->list[i].command.kind == SINTER_COMPUTE && m < c->accel->n_memories;
         m++) {
        int64_t *peak = &watch->group_peaks[c->list[i].group * SINTER_MAX_MEMORIES + m];
        *peak = executor->memories[m].live > *peak ? executor->memories[m].live : *peak;
    }
}

struct sinter_execution *mutant_run(const struct mutant_case *c, const struct mutation *mutation, const struct watch *watch,
                                    char *text, size_t size)
{
    struct executor *executor = NULL;
    struct sinter_command command, held;
    bool is_early = mutation->kind == FREE_EARLY || (mutation->kind == POISON && mutation->of == FREE_EARLY);
    int early = is_early ? mutant_compute_before(c, mutation->at) : -1;
    bool is_held = false, is_waiting[MOST_TILES] = {false};
    sinter_diagnostics_clear(c->random.diags);
    if (executor_new(c->plan, c->numerics, c->check.in, NULL, NULL, NULL, c->random.diags, &executor) != SINTER_OK) {
        snprintf(text, size, "%s", sinter_diagnostics_text(c->random.diags));
        return NULL;
    }
    executor->box = bent_box;
    bend.plan = c->plan;
    bend.dim = mutation->dim;
    bend.by = mutation->by;
    for (int i = 0; executor->problem[0] == '\0' && sinter_program_next(executor->program, &command); i++) {
        if (i == early && mutation->kind == POISON)
            poison_all(&executor->places[c->list[mutation->at].command.tile]);
        else if (i == early)
            executor_do(executor, &c->list[mutation->at].command);
        if (mutation->kind == FREE_EARLY && i == mutation->at)
            continue;
        if (mutation->kind == SWAP && i == mutation->at) {
            held = command;
            is_held = true;
            continue;
        }
        for (int p = 0; mutation->kind == POISON && mutation->of == STALE && i == mutation->at && p < executor->n_places;
             p++)
            is_waiting[p] = executor->places[p].is_stale && executor->homes[p] == command.tile;
        do_command(executor, &command, mutation, i == mutation->at);
        if (is_held)
            executor_do(executor, &held);
        is_held = false;
        poison_updated(executor, is_waiting);
        watch_command(c, executor, i, watch);
    }
    executor_finish(executor);
    snprintf(text, size, "%s", executor->problem);
    struct sinter_execution *execution = executor->execution;
    executor->execution = NULL;
    executor_free(executor);
    if (text[0] == '\0')
        return execution;
    sinter_execution_free(execution);
    return NULL;
}

/* Outputs and final states, to the last bit. */
static bool has_right_values(const struct mutant_case *c, const struct sinter_execution *execution)
{
    struct sinter_difference difference;
    for (int t = 0; t < c->cascade->n_tensors; t++) {
        for (int is_final = 0; is_final < 2; is_final++) {
            bool is_compared = is_final
                                   ? c->right->values->finals[t] != NULL
                                   : c->cascade->tensors[t].role == SINTER_OUTPUT && c->cascade->tensors[t].producer >= 0;
            if (!is_compared)
                continue;
            sinter_values_compare(execution->values, c->right->values, t, is_final, &difference);
            if (difference.n_different > 0)
                return false;
        }
    }
    return true;
}

enum verdict mutant_verdict(const struct mutant_case *c, const struct mutation *mutation, char *text, size_t size)
{
    struct sinter_execution *execution = mutant_run(c, mutation, NULL, text, size);
    if (execution == NULL)
        return FOUND_BY_CONTENT;
    execution->n_loads = c->right->n_loads; /* a command more or less would be found too easily */
    execution->n_stores = c->right->n_stores;
    execution->n_frees = c->right->n_frees;
    execution->n_computes = c->right->n_computes;
    execution->n_commands = c->right->n_commands;
    enum verdict verdict = !has_right_values(c, execution)                                  ? FOUND_BY_CONTENT
                           : execute_check_counts(&c->check, execution, text, size) != NULL ? FOUND_BY_COUNTS
                                                                                            : FOUND_BY_NOTHING;
    sinter_execution_free(execution);
    return verdict;
}

/* ---- opening --------------------------------------------------------------------------------------------------------- */

void mutant_case_close(struct mutant_case *c)
{
    sinter_execution_free(c->right);
    if (c->check.in != NULL)
        execute_check_close(&c->check);
    sinter_numerics_free(c->numerics);
    sinter_plan_free(c->plan);
    free(c->list);
    sinter_cascade_free(c->cascade);
    sinter_accel_free(c->accel);
    random_case_close(&c->random);
}

bool mutant_case_open(struct mutant_case *c, uint64_t seed)
{
    *c = (struct mutant_case){0};
    assert_true(random_case_open(&c->random, seed));
    read_again(c);
    assert_int_equal(sinter_plan_new(c->cascade, c->accel, NULL, NULL, &c->plan), SINTER_OK);
    if (sinter_plan_resolve(c->plan, &c->random.schedule, NULL) != SINTER_OK || c->plan->n_tiles > MOST_TILES ||
        !list_commands(c))
        return false;
    assert_int_equal(sinter_numerics_new(c->cascade, NULL, NULL, &c->numerics), SINTER_OK);
    assert_int_equal(c->numerics->arithmetic, 64);
    execute_check_open(&c->check, c->plan, c->numerics, seed, false);
    int64_t peaks[64 * SINTER_MAX_MEMORIES] = {0};
    char text[400];
    struct mutation none = {.kind = RIGHT, .at = -1};
    assert_true(c->plan->n_groups <= 64);
    c->right = mutant_run(c, &none, &(struct watch){.group_peaks = peaks}, text, sizeof text);
    if (c->right == NULL)
        fail_msg("seed %llu: %s", (unsigned long long)seed, text);
    if (execute_check_counts(&c->check, c->right, text, sizeof text) != NULL)
        fail_msg("seed %llu: %s", (unsigned long long)seed, text);
    for (int g = 0; g < c->plan->n_groups; g++)
        for (int m = 1; m < c->accel->n_memories; m++)
            assert_int_equal(peaks[g * SINTER_MAX_MEMORIES + m], c->plan->groups[g].peak_bits[m]);
    return true;
}
