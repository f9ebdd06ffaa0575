/* commands.c: commands that move elements, and what lives where meanwhile.
 * SPDX-License-Identifier: MIT
 *
 * Every box is worked out from where the loops stand, and every element that moves is counted; that the sums are those of the
 * plan is for the reader of the result to see.
 */
#include "exec/executor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void executor_fail(struct executor *executor, const char *format, ...)
{
    va_list arguments;
    if (executor->problem[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(executor->problem, sizeof executor->problem, format, arguments);
    va_end(arguments);
}

const char *place_name(const struct executor *executor, const struct place *place)
{
    return executor->accel->memories[place->tile->memory].name;
}

/* ---- tensors in DRAM -------------------------------------------------------------------------------------------------- */

static bool has_initial_state(const struct executor *executor, const struct sinter_tensor *t)
{
    return t->state >= 0 && executor->cascade->tensors[t->state].role != SINTER_OUTPUT;
}

static struct view image_of(const struct executor *executor, int tensor)
{
    const struct sinter_tensor *t = &executor->cascade->tensors[tensor];
    struct view view = {.format = &executor->numerics->formats[tensor], .ring = -1};
    view.bytes = executor->in->images[tensor] != NULL ? executor->in->images[tensor] : executor->out->images[tensor];
    int64_t shape[SINTER_MAX_DIMS];
    for (int d = 0; d < t->n_dims; d++)
        shape[d] = executor->cascade->ranks[t->dims[d]].extent;
    view_strides(shape, t->n_dims, view.stride);
    return view;
}

/* The state of a tensor in the tensor's own indices: slice j stands for index `first` + j of its look-back rank. */
static struct view state_of(const struct executor *executor, const struct sinter_tensor *t, bool is_final, int64_t first)
{
    const struct sinter_tensor *state = &executor->cascade->tensors[t->state];
    struct view view = {.format = &executor->numerics->formats[t->state], .ring = -1};
    view.bytes = (is_final ? executor->out->finals : executor->in->images)[t->state];
    int64_t shape[SINTER_MAX_DIMS], stride[SINTER_MAX_DIMS];
    for (int s = 0; s < state->n_dims; s++)
        shape[s] = executor->cascade->ranks[state->dims[s]].extent;
    view_strides(shape, state->n_dims, stride);
    /* the state has the tensor's ranks in their order, and perhaps one of slices among them */
    int d = 0, slices = -1;
    for (int s = 0; s < state->n_dims; s++) {
        while (d < t->n_dims && t->dims[d] == t->look_back_rank)
            d++;
        if (d < t->n_dims && state->dims[s] == t->dims[d])
            view.stride[d++] = stride[s];
        else
            slices = s;
    }
    for (d = 0; d < t->n_dims; d++) {
        if (t->dims[d] != t->look_back_rank)
            continue;
        view.origin[d] = first;
        view.stride[d] = slices >= 0 ? stride[slices] : 0;
    }
    return view;
}

static int look_back_dimension(const struct sinter_tensor *t)
{
    for (int d = 0; d < t->n_dims; d++)
        if (t->dims[d] == t->look_back_rank)
            return d;
    return -1;
}

/* ---- counting --------------------------------------------------------------------------------------------------------- */

static void count_load(struct executor *executor, const struct place *place, int tensor, int64_t bits, bool is_from_dram)
{
    bits = executor->is_counted ? bits : 0;
    executor->execution->load_bits[place->tile->memory] += bits;
    if (is_from_dram)
        executor->execution->traffic[tensor].read_bits += bits;
}

static void count_store(struct executor *executor, const struct place *place, int tensor, int64_t bits, bool is_to_dram)
{
    bits = executor->is_counted ? bits : 0;
    executor->execution->store_bits[place->tile->memory] += bits;
    if (is_to_dram)
        executor->execution->traffic[tensor].write_bits += bits;
}

/* Copies a box to or from DRAM; 0 and a problem where nothing of the tensor is there. */
static int64_t copy(struct executor *executor, const struct place *place, const struct view *to, const struct view *from,
                    const struct box *box)
{
    if (box_elements(box, place->n_dims) == 0)
        return 0;
    if (to->bytes != NULL && from->bytes != NULL)
        return view_copy(to, from, box, place->n_dims);
    executor_fail(executor, "DRAM has no room for what the tile of '%s' in %s moves", place->tensor->name,
                  place_name(executor, place));
    return 0;
}

/* ---- what lives ------------------------------------------------------------------------------------------------------- */

static void poison(struct executor *executor, struct place *place)
{
    if (!executor->is_lenient)
        fill_bits(place->view.bytes, place->view.at, place->view.at + place->elements * place->view.format->bits, true);
    place->is_mirrored = false;
}

static void set_box(struct place *place, const struct box *box)
{
    place->box = *box;
    for (int d = 0; d < place->n_dims; d++)
        if (d != place->view.ring)
            place->view.origin[d] = box->low[d];
}

/* Takes the place for a new box. */
static void begin(struct executor *executor, struct place *place, const struct box *box)
{
    for (int d = 0; d < place->n_dims; d++)
        if (box->high[d] - box->low[d] > place->shape[d])
            executor_fail(executor, "the tile of '%s' in %s has %" PRId64 " indices along %s, its footprint %" PRId64,
                          place->tensor->name, place_name(executor, place), box->high[d] - box->low[d],
                          executor->cascade->ranks[place->tensor->dims[d]].name, place->shape[d]);
    if (place->is_live)
        executor_fail(executor, "the tile of '%s' in %s begins again before it was freed", place->tensor->name,
                      place_name(executor, place));
    if (executor->problem[0] != '\0')
        return;
    executor->memories[place->tile->memory].live += place->tile->footprint_bits;
    place->is_live = true;
    place->buffer = place->buffer + 1 < place->n_buffers ? place->buffer + 1 : 0;
    place->view.at = place->address[place->buffer];
    set_box(place, box);
    poison(executor, place);
}

static void end(struct executor *executor, struct place *place)
{
    if (place->is_live)
        executor->memories[place->tile->memory].live -= place->tile->footprint_bits;
    place->is_live = false;
    poison(executor, place);
}

static struct box box_of(struct executor *executor, const struct sinter_command *command)
{
    struct box box = {{0}, {0}};
    executor->box(executor->program, command, box.low, box.high);
    return box;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

/* Fills a box from the outer tile that serves this one, and what lies before that from the carry. */
static int64_t fetch_from_tile(struct executor *executor, struct place *place, const struct box *box)
{
    const struct place *source = &executor->places[place->source];
    int n_dims = place->n_dims, d = look_back_dimension(place->tensor);
    struct box own = box_common(box, &source->box, n_dims);
    int64_t n = source->is_live ? view_copy(&place->view, &source->view, &own, n_dims) : 0;
    if (n < box_elements(box, n_dims) && d >= 0 && source->carry >= 0 && executor->places[source->carry].is_live) {
        struct box before = *box;
        if (source->is_live && source->box.low[d] < box->high[d])
            before.high[d] = source->box.low[d];
        n += view_copy(&place->view, &executor->places[source->carry].view, &before, n_dims);
    }
    if (n != box_elements(box, n_dims))
        executor_fail(executor, "the tile of '%s' in %s asks for elements that its source in %s does not hold",
                      place->tensor->name, place_name(executor, place), place_name(executor, source));
    return n;
}

/* Fills a box of a tile that reads, and counts it. */
static void fetch(struct executor *executor, struct place *place, const struct box *box)
{
    const struct sinter_tensor *t = place->tensor;
    int tensor = place->tile->tensor, d = look_back_dimension(t);
    if (box_elements(box, place->n_dims) == 0)
        return;
    if (place->source >= 0) {
        int64_t n = fetch_from_tile(executor, place, box);
        count_load(executor, place, tensor, n * place->view.format->bits, false);
        return;
    }
    struct box own = *box, below = *box;
    if (d >= 0 && own.low[d] < 0)
        own.low[d] = 0;
    struct view image = image_of(executor, tensor);
    int64_t n = copy(executor, place, &place->view, &image, &own);
    count_load(executor, place, tensor, n * place->view.format->bits, true);
    if (d < 0 || box->low[d] >= 0)
        return;
    below.high[d] = below.high[d] < 0 ? below.high[d] : 0;
    struct view state = state_of(executor, t, false, -t->look_back);
    n = copy(executor, place, &place->view, &state, &below);
    count_load(executor, place, t->state, n * state.format->bits, true);
}

/* What a window keeps moves to where it belongs in the new box; the rest is fetched, one slab per side. */
static void slide(struct executor *executor, struct place *place, struct box *box)
{
    int n_dims = place->n_dims;
    struct box kept = box_common(&place->box, box, n_dims);
    struct view before = place->view;
    set_box(place, box);
    view_shift(&place->view, &before, &kept, n_dims);
    place->is_mirrored = false;
    if (box_elements(&kept, n_dims) == 0) {
        fetch(executor, place, box);
        return;
    }
    struct box rest = *box;
    for (int d = 0; d < n_dims; d++) {
        struct box slab = rest;
        slab.high[d] = kept.low[d];
        fetch(executor, place, &slab);
        slab = rest;
        slab.low[d] = kept.high[d];
        fetch(executor, place, &slab);
        rest.low[d] = kept.low[d];
        rest.high[d] = kept.high[d];
    }
}

/* ---- carries ---------------------------------------------------------------------------------------------------------- */

/* The c slices before a tile that starts at `start` or, behind one, before its end; all of the carry's other indices. */
static struct box slices_before(const struct place *carry, const struct box *now, int64_t position)
{
    struct box box = *now;
    int d = carry->view.ring;
    box.low[d] = position - carry->tile->look_back;
    box.high[d] = position;
    return box;
}

/* The last slices of the tensor's tile join those that the carry keeps, as far as it is about them. */
static void update_carry(struct place *carry, const struct place *home)
{
    int d = carry->view.ring;
    struct box fresh = carry->box;
    fresh.low[d] = home->box.low[d];
    fresh.high[d] = home->box.high[d];
    fresh = box_common(&fresh, &home->box, carry->n_dims);
    int64_t first = fresh.high[d] - carry->tile->look_back;
    fresh.low[d] = fresh.low[d] > first ? fresh.low[d] : first;
    view_copy(&carry->view, &home->view, &fresh, carry->n_dims);
    carry->is_stale = carry->is_mirrored = false;
}

static void update_carry_of(struct executor *executor, int place)
{
    struct place *carry = &executor->places[place];
    if (carry->is_stale && carry->is_live)
        update_carry(carry, &executor->places[executor->homes[place]]);
}

/* Where the box of a carry stands: `now` has the current ranges of its body. */
static struct box carry_box(const struct place *carry, const struct sinter_ranges *now)
{
    struct box box = {{0}, {0}};
    for (int d = 0; d < carry->n_dims; d++) {
        int rank = carry->tensor->dims[d];
        box.low[d] = now->start[rank];
        box.high[d] = box.low[d] + now->size[rank];
    }
    return box;
}

static struct box first_slices(const struct place *carry, const struct sinter_ranges *now)
{
    struct box body = carry_box(carry, now);
    return slices_before(carry, &body, body.low[carry->view.ring]);
}

static void begin_carry(struct executor *executor, struct place *carry, const struct box *box)
{
    begin(executor, carry, box);
    fill_bits(carry->view.bytes, carry->view.at, carry->view.at + carry->elements * carry->view.format->bits, false);
}

static void load_carry(struct executor *executor, struct place *carry)
{
    const struct sinter_ranges *now = sinter_program_ranges(executor->program);
    const struct sinter_tensor *t = carry->tensor;
    struct box box = first_slices(carry, now);
    begin_carry(executor, carry, &box);
    if (now->start[t->look_back_rank] == 0) {
        struct view state = state_of(executor, t, false, -t->look_back);
        int64_t n = copy(executor, carry, &carry->view, &state, &carry->box);
        count_load(executor, carry, t->state, n * state.format->bits, true);
    } else {
        int64_t n = copy(executor, carry, &carry->view, &executor->spills[carry->tile->tensor], &carry->box);
        count_load(executor, carry, carry->tile->tensor, n * carry->view.format->bits, true);
    }
}

static void store_carry(struct executor *executor, struct place *carry)
{
    const struct sinter_ranges *now = sinter_program_ranges(executor->program);
    const struct sinter_tensor *t = carry->tensor;
    int64_t end = now->start[t->look_back_rank] + now->size[t->look_back_rank];
    struct box body = carry_box(carry, now), box = slices_before(carry, &body, end);
    if (end == executor->cascade->ranks[t->look_back_rank].extent) {
        struct view state = state_of(executor, t, true, end - t->look_back);
        int64_t n = copy(executor, carry, &state, &carry->view, &box);
        count_store(executor, carry, t->state, n * state.format->bits, true);
    } else {
        int64_t n = copy(executor, carry, &executor->spills[carry->tile->tensor], &carry->view, &box);
        count_store(executor, carry, carry->tile->tensor, n * carry->view.format->bits, true);
    }
}

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

/* The last slices of a tensor that no carry hands on go into its state; when there are more slices than indices, the youngest
 * of the old ones move up in it. */
static void store_state(struct executor *executor, struct place *place, bool moves_up)
{
    const struct sinter_tensor *t = place->tensor;
    int d = look_back_dimension(t);
    int64_t extent = executor->cascade->ranks[t->look_back_rank].extent, first = extent - t->look_back;
    struct box last = place->box, old = place->box;
    last.low[d] = last.low[d] > first ? last.low[d] : first;
    last.low[d] = last.low[d] > 0 ? last.low[d] : 0;
    struct view final = state_of(executor, t, true, first);
    if (final.bytes == NULL) {
        executor_fail(executor, "DRAM has no room for the last slices of '%s'", t->name);
        return;
    }
    int64_t n = copy(executor, place, &final, &place->view, &last);
    if (moves_up && first < 0 && place->box.high[d] == extent) {
        old.low[d] = first;
        old.high[d] = 0;
        unsigned char zero[128] = {0}; /* an element of any type */
        struct view initial = {.bytes = zero, .format = final.format, .ring = -1};
        if (has_initial_state(executor, t))
            initial = state_of(executor, t, false, -t->look_back);
        view_copy_through(place->view.format, &final, &initial, &old, place->n_dims);
        n += box_elements(&old, place->n_dims);
    }
    count_store(executor, place, t->state, n * final.format->bits, true);
}

static void store(struct executor *executor, const struct sinter_command *command)
{
    struct place *place = &executor->places[command->tile];
    int tensor = place->tile->tensor;
    if (place->tile->kind == SINTER_TILE_CARRY) {
        update_carry_of(executor, command->tile);
        store_carry(executor, place);
        return;
    }
    struct box box = box_of(executor, command);
    if (command->bits > 0 && (!place->is_live || !box_contains(&place->box, &box, place->n_dims))) {
        executor_fail(executor, "the tile of '%s' in %s stores elements that it does not hold", place->tensor->name,
                      place_name(executor, place));
        return;
    }
    if (command->bits > 0 && place->source < 0) {
        struct view image = image_of(executor, tensor);
        int64_t n = copy(executor, place, &image, &place->view, &box);
        count_store(executor, place, tensor, n * place->view.format->bits, true);
    } else if (command->bits > 0) {
        struct place *source = &executor->places[place->source];
        if (!source->is_live || !box_contains(&source->box, &box, place->n_dims))
            executor_fail(executor, "the tile of '%s' in %s stores elements that its source in %s does not hold",
                          place->tensor->name, place_name(executor, place), place_name(executor, source));
        else
            view_copy(&source->view, &place->view, &box, place->n_dims);
        source->is_mirrored = false;
        count_store(executor, place, tensor, box_elements(&box, place->n_dims) * place->view.format->bits, false);
    }
    if (command->state_bits > 0)
        store_state(executor, place, true);
}

/* ---- commands --------------------------------------------------------------------------------------------------------- */

/* A tile that earlier visits have begun to sum comes back; of a state that moves up, what stays. */
static void load_partial(struct executor *executor, const struct sinter_command *command)
{
    struct place *place = &executor->places[command->tile];
    const struct sinter_tensor *t = place->tensor;
    struct box box = box_of(executor, command);
    begin(executor, place, &box);
    if (command->bits > 0)
        fetch(executor, place, &box);
    if (command->state_bits > 0) {
        struct box old = box;
        int d = look_back_dimension(t);
        old.low[d] = executor->cascade->ranks[t->look_back_rank].extent - t->look_back;
        old.high[d] = 0;
        count_load(executor, place, t->state, box_elements(&old, place->n_dims) * executor->numerics->formats[t->state].bits,
                   true);
    }
}

/* Does the loop of a window stand at its first piece, where the window must be empty? */
static bool enters_loop(const struct executor *executor, const struct sinter_tile *tile)
{
    const struct sinter_plan_node *loop = &executor->plan->nodes[tile->body];
    struct sinter_ranges outer;
    sinter_program_ranges_in(executor->program, loop->parent, tile->leaf, &outer);
    return sinter_program_ranges(executor->program)->start[loop->rank] == outer.start[loop->rank];
}

static void load(struct executor *executor, const struct sinter_command *command)
{
    struct place *place = &executor->places[command->tile];
    if (place->tile->kind == SINTER_TILE_CARRY) {
        load_carry(executor, place);
        return;
    }
    if (place->tile->is_produced) {
        load_partial(executor, command);
        return;
    }
    struct box box = box_of(executor, command);
    if (place->tile->is_window && place->is_live && !enters_loop(executor, place->tile)) {
        slide(executor, place, &box);
        return;
    }
    begin(executor, place, &box);
    if (executor->problem[0] == '\0')
        fetch(executor, place, &box);
}

static struct box box_to_begin(const struct executor *executor, int index, int node)
{
    const struct place *place = &executor->places[index];
    struct sinter_ranges ranges;
    struct box box;
    sinter_program_ranges_in(executor->program, place->tile->body, node, &ranges);
    if (place->tile->kind == SINTER_TILE_CARRY)
        return first_slices(place, &ranges);
    sinter_tile_box(executor->plan, index, &ranges, box.low, box.high);
    for (int d = 0; d < place->n_dims; d++) {
        int64_t extent = executor->cascade->ranks[place->tensor->dims[d]].extent;
        box.low[d] = box.low[d] < 0 ? 0 : box.low[d];
        box.high[d] = box.high[d] > extent ? extent : box.high[d];
    }
    return box;
}

/* What no load brings begins to live with the first leaf that could use it. */
static void begin_places(struct executor *executor, const struct code *code)
{
    for (int i = 0; i < code->n_begun; i++) {
        struct place *place = &executor->places[code->begun[i]];
        if (place->is_live && executor->is_lenient)
            continue;
        struct box box = box_to_begin(executor, code->begun[i], code->node);
        if (place->is_live && !box_contains(&place->box, &box, place->n_dims))
            executor_fail(executor, "the tile of '%s' in %s is that of an earlier visit, which never freed it",
                          place->tensor->name, place_name(executor, place));
        else if (!place->is_live && place->tile->kind == SINTER_TILE_CARRY)
            begin_carry(executor, place, &box);
        else if (!place->is_live)
            begin(executor, place, &box);
    }
}

/* What a leaf writes must lie in the tile, or the carry, that it is written to. */
static void check_results(struct executor *executor, const struct code *code)
{
    const struct sinter_ranges *now = sinter_program_ranges(executor->program);
    for (int m = 0; m < code->n_members; m++) {
        const struct member *member = &code->members[m];
        int index = member->result >= 0 ? member->result : member->hand_on;
        const struct place *place = index >= 0 ? &executor->places[index] : NULL;
        bool is_inside = place == NULL || place->is_live;
        for (int d = 0; place != NULL && d < place->n_dims; d++) {
            int rank = place->tensor->dims[d];
            is_inside &= d == place->view.ring ||
                         (now->start[rank] >= place->box.low[d] && now->start[rank] + now->size[rank] <= place->box.high[d]);
        }
        if (!is_inside)
            executor_fail(executor, "'%s' makes elements that its tile in %s does not hold", member->einsum->name,
                          place_name(executor, place));
    }
}

static void compute(struct executor *executor, const struct sinter_command *command)
{
    struct code *code = executor->codes[command->node];
    begin_places(executor, code);
    check_results(executor, code);
    if (executor->problem[0] != '\0')
        return;
    for (int m = 1; m < executor->accel->n_memories; m++) {
        int64_t *peak = &executor->execution->peak_bits[m];
        *peak = executor->memories[m].live > *peak ? executor->memories[m].live : *peak;
    }
    if (executor->numerics->arithmetic == 32)
        leaf_run_f32(executor, code);
    else
        leaf_run_f64(executor, code);
    for (int m = 0; m < code->n_members; m++) {
        const struct member *member = &code->members[m];
        int carry = member->result >= 0 ? executor->places[member->result].carry : -1;
        if (carry >= 0 && executor->homes[carry] >= 0 && executor->places[carry].is_live)
            executor->places[carry].is_stale = true;
    }
}

static void release(struct executor *executor, const struct sinter_command *command)
{
    struct place *place = &executor->places[command->tile];
    if (!place->is_live)
        executor_fail(executor, "the tile of '%s' in %s is freed but was not there", place->tensor->name,
                      place_name(executor, place));
    if (place->carry >= 0 && place->carry != command->tile && executor->homes[place->carry] == command->tile)
        update_carry_of(executor, place->carry);
    end(executor, place);
}

void executor_do(struct executor *executor, const struct sinter_command *command)
{
    struct sinter_execution *execution = executor->execution;
    if (executor->problem[0] != '\0')
        return;
    execution->n_commands += executor->is_counted;
    switch (command->kind) {
    case SINTER_LOAD:
        execution->n_loads += executor->is_counted;
        load(executor, command);
        break;
    case SINTER_COMPUTE:
        execution->n_computes += executor->is_counted;
        compute(executor, command);
        break;
    case SINTER_STORE:
        execution->n_stores += executor->is_counted;
        store(executor, command);
        break;
    case SINTER_FREE:
        execution->n_frees += executor->is_counted;
        release(executor, command);
        break;
    }
}

void executor_finish(struct executor *executor)
{
    for (int i = 0; i < executor->n_places; i++)
        if (executor->places[i].is_live)
            executor_fail(executor, "the tile of '%s' in %s is never freed", executor->places[i].tensor->name,
                          place_name(executor, &executor->places[i]));
}
