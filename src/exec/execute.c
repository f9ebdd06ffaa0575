/* execute.c: builds an executor for a plan, runs the program, and hands over what came out.
 * SPDX-License-Identifier: MIT
 */
#include "exec/executor.h"
#include "exec/layout.h"
#include "exec/values.h"

#include <inttypes.h>
#include <string.h>

void *executor_alloc(struct executor *executor, int64_t count, int64_t bytes)
{
    enum { LINE = 64 };
    if (count > INT64_MAX / 2 / bytes)
        return NULL;
    unsigned char *room = sinter_arena_alloc(executor->arena, (size_t)(count * bytes) + LINE, 1);
    return room == NULL ? NULL : room + (LINE - (uintptr_t)room % LINE) % LINE;
}

/* ---- places -------------------------------------------------------------------------------------------------------------- */

/* The largest box of a tile, by shape: what its footprint counts. */
static void find_shape(struct executor *executor, int index)
{
    const struct sinter_plan *plan = executor->plan;
    struct place *place = &executor->places[index];
    const struct sinter_tile *tile = place->tile;
    int node = tile->kind == SINTER_TILE_STREAM ? tile->leaf : tile->body;
    struct sinter_ranges ranges;
    int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS];
    for (int r = 0; r < plan->cascade->n_ranks; r++) {
        ranges.start[r] = 0;
        ranges.size[r] = sinter_plan_range(plan, node, r);
    }
    sinter_tile_box(plan, index, &ranges, low, high);
    place->elements = 1;
    for (int d = 0; d < place->n_dims; d++) {
        int rank = place->tensor->dims[d];
        bool has_slices = place->tensor->state >= 0 && rank == place->tensor->look_back_rank;
        int64_t most = plan->cascade->ranks[rank].extent + (has_slices ? place->tensor->look_back : 0);
        if (tile->look_back > 0 && rank == place->tensor->look_back_rank)
            place->shape[d] = tile->look_back;
        else
            place->shape[d] = high[d] - low[d] < most ? high[d] - low[d] : most;
        place->elements *= place->shape[d];
    }
    if (place->elements * place->view.format->bits != tile->room_bits)
        executor_fail(executor, "the tile of '%s' in %s takes %" PRId64 " bits, the plan says %" PRId64, place->tensor->name,
                      place_name(executor, place), place->elements * place->view.format->bits, tile->room_bits);
    int64_t second = tile->footprint_bits - tile->room_bits; /* of a window only what is new in it has a second buffer */
    bool is_right = !tile->is_double  ? second == 0
                    : tile->is_window ? second > 0 && second <= tile->room_bits
                                      : second == tile->room_bits;
    if (!is_right)
        executor_fail(executor, "the tile of '%s' in %s takes %" PRId64 " bits, with buffers the plan says %" PRId64,
                      place->tensor->name, place_name(executor, place), tile->room_bits, tile->footprint_bits);
}

static bool add_places(struct executor *executor)
{
    const struct sinter_plan *plan = executor->plan;
    executor->n_places = plan->n_tiles;
    executor->places = sinter_arena_alloc(executor->arena, (size_t)plan->n_tiles + 1, sizeof *executor->places);
    executor->homes = sinter_arena_alloc(executor->arena, (size_t)plan->n_tiles + 1, sizeof *executor->homes);
    if (executor->places == NULL || executor->homes == NULL)
        return false;
    for (int i = 0; i < plan->n_tiles; i++) {
        struct place *place = &executor->places[i];
        place->tile = &plan->tiles[i];
        place->tensor = &plan->cascade->tensors[place->tile->tensor];
        place->n_dims = place->tensor->n_dims;
        place->source = place->tile->source;
        place->carry = executor->homes[i] = -1;
        place->view.format = &executor->numerics->formats[place->tile->tensor];
        place->view.ring = -1;
        place->n_buffers = place->tile->is_double && !place->tile->is_window ? 2 : 1;
        for (int d = 0; place->tile->kind == SINTER_TILE_CARRY && d < place->n_dims; d++)
            if (place->tensor->dims[d] == place->tensor->look_back_rank)
                place->view.ring = d;
        place->view.slots = place->tile->look_back;
        find_shape(executor, i);
    }
    return true;
}

/* Every tile of a tensor that is carried in its group knows the carry, and the carry the tile that feeds it. */
static void find_carries(struct executor *executor)
{
    const struct sinter_plan_node *nodes = executor->plan->nodes;
    for (int c = 0; c < executor->n_places; c++) {
        const struct sinter_tile *carry = executor->places[c].tile;
        for (int i = 0; carry->kind == SINTER_TILE_CARRY && i < executor->n_places; i++) {
            const struct sinter_tile *tile = executor->places[i].tile;
            if (tile->tensor != carry->tensor || nodes[tile->leaf].group != nodes[carry->leaf].group)
                continue;
            executor->places[i].carry = c;
            if (tile->kind == SINTER_TILE_LOCAL)
                executor->homes[c] = i;
        }
    }
}

/* ---- addresses ----------------------------------------------------------------------------------------------------------- */

/* The dimension that most would like to have innermost is; the others stand in the tensor's order. */
static void set_strides(struct place *place)
{
    int inner = place->n_dims - 1;
    for (int d = 0; d < place->n_dims; d++)
        if (d != place->view.ring && (inner == place->view.ring || place->votes[d] > place->votes[inner]))
            inner = d;
    int64_t step = 1;
    if (inner >= 0) {
        place->view.stride[inner] = 1;
        step = place->shape[inner];
    }
    for (int d = place->n_dims - 1; d >= 0; d--) {
        if (d == inner)
            continue;
        place->view.stride[d] = step;
        step *= place->shape[d];
    }
}

static bool lay_out_group(struct executor *executor, int memory, int group, struct lodger *lodgers, int *tiles)
{
    const struct sinter_plan *plan = executor->plan;
    int n = 0;
    for (int i = 0; i < executor->n_places; i++) {
        const struct sinter_tile *tile = executor->places[i].tile;
        if (tile->memory != memory || plan->nodes[tile->leaf].group != group)
            continue;
        tiles[n] = i;
        lodgers[n++] = (struct lodger){tile->begin, tile->end, tile->footprint_bits, 0};
    }
    int64_t extent = layout(lodgers, n, plan->groups[group].peak_bits[memory], executor->arena);
    if (extent < 0)
        return false;
    for (int k = 0; k < n; k++) {
        struct place *place = &executor->places[tiles[k]];
        place->address[0] = lodgers[k].address;
        place->address[1] = lodgers[k].address + place->tile->room_bits;
    }
    int64_t *most = &executor->execution->extent_bits[memory];
    *most = extent > *most ? extent : *most;
    return true;
}

/* An element that the arithmetic can use where it lies. */
static bool is_native(const struct executor *executor, const struct place *place)
{
    struct sinter_format own = sinter_format_of((struct sinter_type){SINTER_FLOAT, executor->numerics->arithmetic});
    if (!sinter_format_equal(&own, place->view.format))
        return false;
    for (int b = 0; b < place->n_buffers; b++)
        if (place->address[b] % own.bits != 0)
            return false;
    return true;
}

static enum sinter_status lay_out(struct executor *executor, struct sinter_diagnostics *diags)
{
    const struct sinter_accel *accel = executor->accel;
    struct lodger *lodgers = sinter_arena_alloc(executor->arena, (size_t)executor->n_places + 1, sizeof *lodgers);
    int *tiles = sinter_arena_alloc(executor->arena, (size_t)executor->n_places + 1, sizeof *tiles);
    if (lodgers == NULL || tiles == NULL)
        return sinter_out_of_memory(diags);
    for (int m = 1; m < accel->n_memories; m++) {
        for (int g = 0; g < executor->plan->n_groups; g++)
            if (!lay_out_group(executor, m, g, lodgers, tiles))
                return sinter_out_of_memory(diags);
        double capacity = 8 * accel->memories[m].capacity_bytes;
        int64_t extent = executor->execution->extent_bits[m], bits = capacity < 9e18 ? (int64_t)capacity : INT64_MAX;
        if (extent > bits) {
            sinter_report(diags, SINTER_ERROR, (struct sinter_location){0},
                          "a schedule that needs less at its peak leaves room for gaps",
                          "no addresses in memory '%s': %" PRId64 " bits live at once, it has %" PRId64
                          ", but the best arrangement found leaves gaps and needs %" PRId64,
                          accel->memories[m].name, executor->plan->peak_bits[m], bits, extent);
            return SINTER_INFEASIBLE;
        }
        /* beyond what is used nothing is ever touched: a scratchpad need not be larger than the tiles in it */
        executor->memories[m].bytes = executor_alloc(executor, extent / 8 + 8, 1);
        if (executor->memories[m].bytes == NULL)
            return sinter_out_of_memory(diags);
    }
    for (int i = 0; i < executor->n_places; i++) {
        struct place *place = &executor->places[i];
        place->view.bytes = executor->memories[place->tile->memory].bytes;
        place->view.at = place->address[0];
        place->is_native = is_native(executor, place);
        if (!place->is_native) {
            place->mirror = executor_alloc(executor, place->elements, executor->numerics->arithmetic / 8);
            if (place->mirror == NULL)
                return sinter_out_of_memory(diags);
        }
    }
    return SINTER_OK;
}

/* ---- DRAM ---------------------------------------------------------------------------------------------------------------- */

static void poison_image(const struct executor *executor, unsigned char *bytes, int tensor)
{
    const struct sinter_tensor *t = &executor->cascade->tensors[tensor];
    fill_bits(bytes, 0, t->elements * executor->numerics->formats[tensor].bits, true);
}

static bool add_spill(struct executor *executor, const struct place *carry)
{
    struct view *spill = &executor->spills[carry->tile->tensor];
    int64_t shape[SINTER_MAX_DIMS], bits = carry->view.format->bits;
    *spill = carry->view;
    spill->at = 0;
    memset(spill->origin, 0, sizeof spill->origin);
    for (int d = 0; d < carry->n_dims; d++) {
        shape[d] = d == carry->view.ring ? carry->tile->look_back : executor->cascade->ranks[carry->tensor->dims[d]].extent;
        if (!sinter_multiply(bits, shape[d], &bits))
            return false;
    }
    view_strides(shape, carry->n_dims, spill->stride);
    spill->bytes = sinter_arena_alloc(executor->arena, (size_t)(bits / 8 + 1), 1);
    return spill->bytes != NULL;
}

/* Everything that this plan writes to DRAM. */
static bool add_images(struct executor *executor)
{
    const struct sinter_plan *plan = executor->plan;
    const struct sinter_cascade *cascade = plan->cascade;
    executor->spills = sinter_arena_alloc(executor->arena, (size_t)cascade->n_tensors + 1, sizeof *executor->spills);
    if (executor->spills == NULL)
        return false;
    for (int i = 0; i < executor->n_places; i++) {
        const struct place *place = &executor->places[i];
        int tensor = place->tile->tensor;
        if (place->tile->kind == SINTER_TILE_CARRY) {
            if ((place->tile->load_bits != 0 || place->tile->store_bits != 0) && !add_spill(executor, place))
                return false;
            continue;
        }
        if (place->source >= 0 || !place->tile->is_produced || place->tile->store_bits == 0 ||
            executor->out->images[tensor] != NULL)
            continue;
        if (!sinter_values_add(executor->out, tensor, false))
            return false;
        poison_image(executor, executor->out->images[tensor], tensor);
    }
    for (int t = 0; t < cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &cascade->tensors[t];
        if (tensor->state_of < 0 || tensor->role == SINTER_INPUT)
            continue;
        if (!sinter_values_add(executor->out, t, true))
            return false;
        poison_image(executor, executor->out->finals[t], t);
    }
    return true;
}

static bool add_taps(struct executor *executor, const bool *taps)
{
    const struct sinter_cascade *cascade = executor->cascade;
    executor->taps = sinter_arena_alloc(executor->arena, (size_t)cascade->n_tensors + 1, sizeof *executor->taps);
    for (int t = 0; executor->taps != NULL && taps != NULL && t < cascade->n_tensors; t++) {
        if (!taps[t] || cascade->tensors[t].producer < 0)
            continue;
        executor->taps[t] = sinter_arena_alloc(executor->arena, (size_t)cascade->tensors[t].elements, sizeof(double));
        if (executor->taps[t] == NULL)
            return false;
    }
    return executor->taps != NULL;
}

/* What was tapped and is not in DRAM anyway. */
static bool keep_taps(struct executor *executor)
{
    for (int t = 0; t < executor->cascade->n_tensors; t++) {
        if (executor->taps[t] == NULL || executor->out->images[t] != NULL)
            continue;
        if (!sinter_values_add(executor->out, t, false))
            return false;
        sinter_values_set(executor->out, t, 0, executor->cascade->tensors[t].elements, executor->taps[t]);
    }
    return true;
}

/* ---- the executor --------------------------------------------------------------------------------------------------------- */

static enum sinter_status check_numerics(const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                                         const struct sinter_values *in, struct sinter_diagnostics *diags)
{
    for (int t = 0; t < plan->cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &plan->cascade->tensors[t];
        if (numerics->formats[t].bits != tensor->type.bits)
            return sinter_error(diags, tensor->at, "give the tensor a type of that width, so that its bytes are counted",
                                "'%s' is executed in elements of %d bits, but its type has %d", tensor->name,
                                numerics->formats[t].bits, tensor->type.bits);
        if (in->images[t] != NULL && !sinter_format_equal(&in->formats[t], &numerics->formats[t]))
            return sinter_error(diags, tensor->at, NULL, "the values of '%s' are not in the format that it is executed in",
                                tensor->name);
    }
    return SINTER_OK;
}

/* Everything that lies in DRAM: made, or that of the leader. */
static bool share_dram(struct executor *executor, const bool *taps)
{
    if (executor->leader == NULL)
        return add_taps(executor, taps) && add_images(executor);
    executor->taps = executor->leader->taps;
    executor->spills = executor->leader->spills;
    return true;
}

static enum sinter_status build(struct executor *executor, const struct sinter_execute_options *options,
                                const struct sinter_allocator *allocator, struct sinter_diagnostics *diags)
{
    struct sinter_execution *execution = executor->execution;
    size_t n_tensors = (size_t)executor->cascade->n_tensors + 1;
    execution->traffic = sinter_arena_alloc(executor->arena, n_tensors, sizeof *execution->traffic);
    executor->out =
        executor->leader != NULL ? executor->leader->out : values_blank(executor->cascade, executor->numerics, allocator);
    execution->values = executor->leader != NULL ? NULL : executor->out;
    if (execution->traffic == NULL || executor->out == NULL || !add_places(executor))
        return sinter_out_of_memory(diags);
    find_carries(executor);
    if (!codes_new(executor))
        return sinter_out_of_memory(diags);
    for (int i = 0; i < executor->n_places; i++)
        set_strides(&executor->places[i]);
    codes_link(executor);
    enum sinter_status status = lay_out(executor, diags);
    if (status != SINTER_OK)
        return status;
    if (!share_dram(executor, options->taps) || !codes_shorten(executor))
        return sinter_out_of_memory(diags);
    bool is_made = executor->numerics->arithmetic == 32 ? leaf_new_f32(executor) : leaf_new_f64(executor);
    if (!is_made)
        return sinter_out_of_memory(diags);
    return sinter_program_new(executor->plan, allocator, diags, &executor->program);
}

void executor_free(struct executor *executor)
{
    if (executor == NULL)
        return;
    sinter_program_free(executor->program);
    sinter_execution_free(executor->execution);
}

enum sinter_status executor_new(const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                                const struct sinter_values *in, const struct sinter_execute_options *options,
                                const struct executor *leader, const struct sinter_allocator *allocator,
                                struct sinter_diagnostics *diags, struct executor **out)
{
    static const struct sinter_execute_options defaults;
    *out = NULL;
    enum sinter_status status = check_numerics(plan, numerics, in, diags);
    if (status != SINTER_OK)
        return status;
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_execution *execution = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *execution);
    struct executor *executor = execution == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *executor);
    if (executor == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    options = options == NULL ? &defaults : options;
    *executor = (struct executor){.plan = plan,
                                  .cascade = plan->cascade,
                                  .accel = plan->accel,
                                  .numerics = numerics,
                                  .in = in,
                                  .arena = arena,
                                  .execution = execution,
                                  .is_lenient = options->is_lenient,
                                  .is_counted = true,
                                  .leader = leader,
                                  .box = sinter_program_box};
    execution->arena = arena;
    status = build(executor, options, allocator, diags);
    if (status == SINTER_OK) {
        *out = executor;
        return SINTER_OK;
    }
    executor_free(executor);
    return status;
}

/* ---- running ------------------------------------------------------------------------------------------------------------- */

void sinter_execution_free(struct sinter_execution *execution)
{
    if (execution == NULL)
        return;
    sinter_values_free(execution->values);
    sinter_arena_free(execution->arena);
}

/* Executors for all threads; the first one owns what comes out. */
static enum sinter_status gather_executors(const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                                           const struct sinter_values *in, const struct sinter_execute_options *options,
                                           int n, const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                           struct executor **executors)
{
    enum sinter_status status = SINTER_OK;
    for (int i = 0; i < n && status == SINTER_OK; i++)
        status = executor_new(plan, numerics, in, options, i == 0 ? NULL : executors[0], allocator, diags, &executors[i]);
    return status;
}

enum sinter_status sinter_execute(const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                                  const struct sinter_values *in, const struct sinter_execute_options *options,
                                  const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                  struct sinter_execution **execution)
{
    int n = threads_useful(plan, options == NULL ? 1 : options->n_threads);
    struct executor **executors = sinter_allocate(allocator, (size_t)n, sizeof *executors);
    *execution = NULL;
    if (executors == NULL)
        return sinter_out_of_memory(diags);
    enum sinter_status status = gather_executors(plan, numerics, in, options, n, allocator, diags, executors);
    if (status == SINTER_OK && !threads_run(executors, n))
        status = sinter_out_of_memory(diags);
    if (status == SINTER_OK && executors[0]->problem[0] != '\0')
        status = sinter_error(diags, (struct sinter_location){0}, NULL, "the schedule cannot be executed: %s",
                              executors[0]->problem);
    else if (status == SINTER_OK && !keep_taps(executors[0]))
        status = sinter_out_of_memory(diags);
    if (status == SINTER_OK) {
        *execution = executors[0]->execution;
        executors[0]->execution = NULL;
    }
    for (int i = n - 1; i >= 0; i--)
        executor_free(executors[i]);
    sinter_release(allocator, executors);
    return status;
}
