/* measure.c: computes the points of a reproduction: loads, runs, and reads one number from what came out.
 * SPDX-License-Identifier: MIT
 */
#include "report/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/data.h"
#include "report/format.h"

/* ---- what is kept ------------------------------------------------------------------------------------------------- */

struct workload {
    struct workload *next;
    const struct published_setting *setting;
    int64_t tokens; /* of the point */
    struct sinter_model *model;
    struct sinter_cascade *own;         /* when the setting names a cascade instead of a model */
    const struct sinter_cascade *layer; /* of either */
    int64_t layers;
};
struct machine {
    struct machine *next;
    const struct published_setting *setting;
    struct axis_value buffer, area, share; /* as the point says */
    struct sinter_accel *accel;
};
struct run {
    struct run *next;
    const struct workload *workload;
    const struct machine *machine;
    struct sinter_strategy strategy;
    struct sinter_result *result; /* NULL: `reason` */
    const char *reason;
};

void laboratory_close(struct laboratory *laboratory)
{
    for (struct run *run = laboratory->runs; run != NULL; run = run->next)
        sinter_result_free(run->result);
    for (struct machine *machine = laboratory->machines; machine != NULL; machine = machine->next)
        sinter_accel_free(machine->accel);
    for (struct workload *workload = laboratory->workloads; workload != NULL; workload = workload->next) {
        sinter_model_free(workload->model);
        sinter_cascade_free(workload->own);
    }
}

/* ---- loading ------------------------------------------------------------------------------------------------------ */

/* The --set of a setting, with room for three more. */
enum { N_MORE = 3 };
static struct sinter_override *overrides_of(struct laboratory *laboratory, const struct published_setting *setting)
{
    struct sinter_override *overrides =
        sinter_arena_alloc(laboratory->arena, (size_t)setting->n_set + N_MORE, sizeof *overrides);
    for (int i = 0; i < setting->n_set && overrides != NULL; i++)
        overrides[i] = (struct sinter_override){.field = setting->fields[i], .value = setting->values[i]};
    return overrides;
}

static enum sinter_status load_cascade(struct laboratory *laboratory, const struct published_setting *setting,
                                       struct workload *workload)
{
    struct sinter_override *overrides = overrides_of(laboratory, setting);
    const char *tokens = sinter_arena_printf(laboratory->arena, "%lld", (long long)workload->tokens);
    const struct data_file *file = NULL;
    for (int i = 0; i < n_data_files; i++)
        if (strcmp(data_files[i].path, setting->cascade) == 0)
            file = &data_files[i];
    if (overrides == NULL || tokens == NULL)
        return sinter_out_of_memory(laboratory->diags);
    if (file == NULL)
        return sinter_error(laboratory->diags, setting->at, NULL, "there is no cascade '%s'", setting->cascade);
    overrides[setting->n_set] = (struct sinter_override){.field = "L", .value = setting->is_decode ? "1" : tokens};
    overrides[setting->n_set + 1] = (struct sinter_override){.field = "M", .value = tokens};
    enum sinter_status status = sinter_cascade_parse(file->path, file->text, file->length, overrides, setting->n_set + 2,
                                                     laboratory->allocator, laboratory->diags, &workload->own);
    workload->layer = workload->own;
    workload->layers = setting->layers;
    return status;
}

static enum sinter_status load_model(struct laboratory *laboratory, const struct published_setting *setting,
                                     struct workload *workload)
{
    struct sinter_model_options options = {.tokens = setting->is_decode ? 1 : workload->tokens,
                                           .phase = setting->is_decode ? SINTER_DECODE : SINTER_PREFILL,
                                           .variant = setting->variant,
                                           .overrides = overrides_of(laboratory, setting),
                                           .n_overrides = setting->n_set};
    if (options.overrides == NULL)
        return sinter_out_of_memory(laboratory->diags);
    enum sinter_status status =
        sinter_model_load(setting->model, &options, laboratory->allocator, laboratory->diags, &workload->model);
    if (status != SINTER_OK)
        return status;
    workload->layer = workload->model->parts[workload->model->block].cascade;
    workload->layers = workload->model->parts[workload->model->block].count;
    return SINTER_OK;
}

static enum sinter_status find_workload(struct laboratory *laboratory, const struct published_setting *setting,
                                        int64_t tokens, const struct workload **found)
{
    for (*found = laboratory->workloads; *found != NULL; *found = (*found)->next)
        if ((*found)->setting == setting && (*found)->tokens == tokens)
            return SINTER_OK;
    struct workload *made = sinter_arena_alloc(laboratory->arena, 1, sizeof *made);
    if (made == NULL)
        return sinter_out_of_memory(laboratory->diags);
    *made = (struct workload){.next = laboratory->workloads, .setting = setting, .tokens = tokens};
    enum sinter_status status =
        setting->cascade != NULL ? load_cascade(laboratory, setting, made) : load_model(laboratory, setting, made);
    laboratory->workloads = made;
    *found = made;
    return status;
}

static bool is_same_value(const struct axis_value *one, const struct axis_value *other)
{
    return (one->text == NULL) == (other->text == NULL) && fabs(one->number - other->number) < 1e-9;
}

static bool is_machine(const struct machine *machine, const struct published_setting *setting, const struct point *point)
{
    return machine->setting == setting && is_same_value(&machine->buffer, &point->at[AXIS_BUFFER]) &&
           is_same_value(&machine->area, &point->at[AXIS_AREA]) && is_same_value(&machine->share, &point->at[AXIS_SHARE]);
}

/* The accelerator with the buffer, or of the family the member, that a point says. */
static enum sinter_status find_machine(struct laboratory *laboratory, const struct published_setting *setting,
                                       const struct point *point, const struct machine **found)
{
    for (*found = laboratory->machines; *found != NULL; *found = (*found)->next)
        if (is_machine(*found, setting, point))
            return SINTER_OK;
    const struct axis_value *buffer = &point->at[AXIS_BUFFER], *area = &point->at[AXIS_AREA],
                            *share = &point->at[AXIS_SHARE];
    struct machine *made = sinter_arena_alloc(laboratory->arena, 1, sizeof *made);
    struct sinter_override *overrides = overrides_of(laboratory, setting);
    const char *capacity = sinter_arena_printf(laboratory->arena, "%.0f B", floor(buffer->number));
    if (made == NULL || overrides == NULL || capacity == NULL)
        return sinter_out_of_memory(laboratory->diags);
    int n = setting->n_set;
    if (buffer->text != NULL)
        overrides[n++] = (struct sinter_override){.field = "buffer.capacity", .value = capacity};
    if (area->text != NULL)
        overrides[n++] = (struct sinter_override){.field = "area_fraction", .value = area->text};
    if (share->text != NULL)
        overrides[n++] = (struct sinter_override){.field = "memory_fraction", .value = share->text};
    *made = (struct machine){
        .next = laboratory->machines, .setting = setting, .buffer = *buffer, .area = *area, .share = *share};
    enum sinter_status status =
        sinter_accel_load(setting->accel, overrides, n, laboratory->allocator, laboratory->diags, &made->accel);
    laboratory->machines = made;
    *found = made;
    return status;
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

static bool strategy_exists(const char *name)
{
    for (int i = 0; sinter_strategy_name(i) != NULL; i++)
        if (strcmp(name, sinter_strategy_name(i)) == 0)
            return true;
    return false;
}

/* Evaluates with messages of its own: that a schedule does not fit is a result here. */
static enum sinter_status evaluate(struct laboratory *laboratory, struct run *run)
{
    if (!strategy_exists(run->strategy.name)) {
        run->reason = sinter_arena_printf(laboratory->arena, "there is no strategy '%s'", run->strategy.name);
        return run->reason == NULL ? sinter_out_of_memory(laboratory->diags) : SINTER_OK;
    }
    struct sinter_diagnostics *diags = sinter_diagnostics_new(laboratory->allocator);
    if (diags == NULL)
        return sinter_out_of_memory(laboratory->diags);
    enum sinter_status status = sinter_result_evaluate(run->workload->model, run->machine->accel, &run->strategy,
                                                       laboratory->allocator, diags, &run->result);
    if (status != SINTER_OK && status != SINTER_INFEASIBLE)
        sinter_report(laboratory->diags, SINTER_ERROR, run->workload->setting->at, NULL, "strategy '%s': %s",
                      run->strategy.name, sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    if (status != SINTER_INFEASIBLE)
        return status;
    const char *reason = run->result == NULL ? NULL : run->result->one.reason;
    run->reason = sinter_arena_printf(laboratory->arena, "%s", reason == NULL ? "does not fit" : reason);
    return run->reason == NULL ? sinter_out_of_memory(laboratory->diags) : SINTER_OK;
}

static enum sinter_status find_run(struct laboratory *laboratory, const struct workload *workload,
                                   const struct machine *machine, const char *strategy, const struct run **found)
{
    for (*found = laboratory->runs; *found != NULL; *found = (*found)->next)
        if ((*found)->workload == workload && (*found)->machine == machine && strcmp((*found)->strategy.name, strategy) == 0)
            return SINTER_OK;
    if (workload->model == NULL)
        return sinter_error(laboratory->diags, workload->setting->at, NULL, "'%s' is a cascade: it is only counted",
                            workload->setting->name);
    struct run *made = sinter_arena_alloc(laboratory->arena, 1, sizeof *made);
    if (made == NULL)
        return sinter_out_of_memory(laboratory->diags);
    *made = (struct run){.next = laboratory->runs,
                         .workload = workload,
                         .machine = machine,
                         .strategy = {.label = strategy, .name = strategy}};
    laboratory->runs = made;
    *found = made;
    return evaluate(laboratory, made);
}

static bool is_priced(const struct run *run)
{
    return run->result != NULL && run->result->one.status == SINTER_OK;
}

/* ---- numbers of a run --------------------------------------------------------------------------------------------- */

/* The one place that says what the latency of a layer is. */
static double latency_cycles(const struct run *run)
{
    return run->result->one.cycles;
}

static const struct sinter_part_result *part_of(const struct run *run)
{
    return &run->result->parts[run->result->block];
}

/* And of a node: of the group, if it makes one by itself. */
static double node_cycles(const struct sinter_part_result *part, int e)
{
    int group = part->cost.einsums[e].group, n = 0;
    for (int other = 0; other < part->cascade->n_einsums; other++)
        n += part->cost.einsums[other].group == group;
    return n == 1 ? part->timing->groups[group].cycles : part->cost.einsums[e].cycles;
}

/* Does a node, which may be a name for several operators, hold this operator? */
static bool node_holds(const struct published *published, const char *node, const char *operator_name)
{
    if (strcmp(node, "layer") == 0 || strcmp(node, operator_name) == 0)
        return true;
    for (int i = 0; i < published->n_nodes; i++) {
        const struct published_nodes *nodes = &published->nodes[i];
        for (int k = 0; k < nodes->n_operators && strcmp(nodes->name, node) == 0; k++)
            if (strcmp(nodes->operators[k], operator_name) == 0)
                return true;
    }
    return false;
}

static const char *operator_of(const struct sinter_cascade *cascade, int e)
{
    return cascade->operators[cascade->einsums[e].cascade_operator].name;
}

static double of_nodes(const struct laboratory *laboratory, const struct run *run, const char *node, bool is_compute)
{
    const struct sinter_part_result *part = part_of(run);
    double sum = 0;
    int n = 0;
    for (int e = 0; e < part->cascade->n_einsums; e++) {
        if (!node_holds(laboratory->published, node, operator_of(part->cascade, e)))
            continue;
        sum += is_compute ? part->cost.einsums[e].compute_cycles : node_cycles(part, e);
        n++;
    }
    return n == 0 ? (double)NAN : sum;
}

/* The group of the plan that holds a node's first Einsum, -1: none does. */
static int group_of(const struct laboratory *laboratory, const struct run *run, const char *node)
{
    const struct sinter_part_result *part = part_of(run);
    for (int e = 0; e < part->cascade->n_einsums; e++)
        if (node_holds(laboratory->published, node, operator_of(part->cascade, e)))
            return part->plan->nodes[part->plan->leaves[e].node].group;
    return -1;
}

/* ---- tensors on chip ------------------------------------------------------------------------------------------------ */

static int buffer_in(const struct sinter_accel *accel)
{
    int memory = sinter_accel_memory(accel, "buffer");
    return memory < 0 ? 1 : memory;
}

static int buffer_of(const struct run *run)
{
    return buffer_in(run->machine->accel);
}

/* The group that has the most Einsums. */
static int fused_group(const struct sinter_plan *plan)
{
    int most = 0, fused = 0;
    for (int g = 0; g < plan->n_groups; g++) {
        int n = 0;
        for (int e = 0; e < plan->cascade->n_einsums; e++)
            n += plan->nodes[plan->leaves[e].node].group == g;
        if (n > most) {
            most = n;
            fused = g;
        }
    }
    return fused;
}

/* The tile of "H", or with " carry" behind it of its carry, in the fused group; the largest counts. */
static const struct sinter_tile *find_tile(const struct run *run, const char *name)
{
    const struct sinter_plan *plan = part_of(run)->plan;
    const struct sinter_tile *found = NULL;
    size_t length = strcspn(name, " ");
    bool wants_carry = strcmp(name + length, " carry") == 0;
    int fused = fused_group(plan);
    for (int t = 0; t < plan->n_tiles; t++) {
        const struct sinter_tile *tile = &plan->tiles[t];
        const char *tensor = plan->cascade->tensors[tile->tensor].name;
        if (strlen(tensor) != length || strncmp(tensor, name, length) != 0 || tile->memory != buffer_of(run) ||
            plan->nodes[tile->body].group != fused || (tile->kind == SINTER_TILE_CARRY) != wants_carry)
            continue;
        if (found == NULL || tile->footprint_bits > found->footprint_bits)
            found = tile;
    }
    return found;
}

/* "mul_delta_A to h_C, at the peak": where the tile lives. */
static const char *describe_tile(struct laboratory *laboratory, const struct run *run, const struct sinter_tile *tile)
{
    const struct sinter_plan *plan = part_of(run)->plan;
    const char *first = "", *last = "";
    for (int m = 0; m < plan->n_members; m++) {
        int leaf = plan->leaves[plan->members[m]].node;
        if (leaf < tile->begin || leaf >= tile->end)
            continue;
        last = operator_of(plan->cascade, plan->members[m]);
        first = first[0] == '\0' ? last : first;
    }
    int peak = plan->groups[plan->nodes[tile->body].group].peak_leaf[tile->memory];
    bool is_at_peak = peak >= tile->begin && peak < tile->end;
    const char *more = is_at_peak ? ", at the peak" : "";
    return strcmp(first, last) == 0 ? sinter_arena_printf(laboratory->arena, "%s%s", first, more)
                                    : sinter_arena_printf(laboratory->arena, "%s to %s%s", first, last, more);
}

static enum sinter_status measure_tile(struct laboratory *laboratory, const struct run *run, const char *name,
                                       struct measured *measured)
{
    const struct sinter_tile *tile = find_tile(run, name);
    measured->is_absent = tile == NULL;
    if (tile == NULL)
        return SINTER_OK;
    measured->value = (double)sinter_bits_to_bytes(tile->footprint_bits);
    measured->detail = describe_tile(laboratory, run, tile);
    return measured->detail == NULL ? sinter_out_of_memory(laboratory->diags) : SINTER_OK;
}

/* How long tiles of a tensor, its carry included, have space in the fused group, as simulated. */
static enum sinter_status measure_lifetime(struct laboratory *laboratory, const struct run *run, const char *name,
                                           struct measured *measured)
{
    const struct sinter_part_result *part = part_of(run);
    const struct sinter_timing *timing = part->timing;
    int fused = fused_group(part->plan);
    double start = timing->groups[fused].start_cycles;
    measured->is_absent = true;
    for (int i = 0; i < timing->n_lifetimes && part->is_simulated; i++) {
        const struct sinter_lifetime *life = &timing->lifetimes[i];
        if (life->group != fused || life->memory != buffer_of(run) ||
            strcmp(part->cascade->tensors[life->tensor].name, name) != 0)
            continue;
        measured->is_absent = false;
        measured->value = life->to_cycles - life->from_cycles;
        measured->detail = sinter_arena_printf(laboratory->arena, "from cycle %s to %s of the group",
                                               show_integer((int64_t)floor(life->from_cycles - start + 0.5)).text,
                                               show_integer((int64_t)floor(life->to_cycles - start + 0.5)).text);
        return measured->detail == NULL ? sinter_out_of_memory(laboratory->diags) : SINTER_OK;
    }
    return SINTER_OK;
}

/* The bytes in the buffer at the fullest moment while a group runs, as simulated: of the samples that lie within it. */
static double occupied_bytes(const struct run *run, int group)
{
    const struct sinter_timing *timing = part_of(run)->timing;
    int64_t most = -1;
    double start = timing->groups[group].start_cycles, end = start + timing->groups[group].cycles;
    for (int i = 0; i < timing->n_occupancies && part_of(run)->is_simulated; i++) {
        const struct sinter_occupancy *occupancy = &timing->occupancies[i];
        for (int k = 0; k < occupancy->n && occupancy->memory == buffer_of(run); k++)
            if (k * occupancy->cycles_per_sample >= start && (k + 1) * occupancy->cycles_per_sample <= end &&
                occupancy->bits[k] > most)
                most = occupancy->bits[k];
    }
    return most < 0 ? (double)NAN : (double)sinter_bits_to_bytes(most);
}

/* ---- counts ------------------------------------------------------------------------------------------------------- */

/* Sums over operators, of the node and of the whole layer. */
struct counts {
    int n;
    double operations, bytes, roofline, weighted; /* weighted: operations * operations / bytes */
};

static void add_operator(struct counts *counts, const struct sinter_accel *accel, double operations, double bytes)
{
    double by_compute = operations / (double)accel->units[0].n_pes;
    double by_memory = bytes / (accel->memories[0].bytes_per_s / accel->hz);
    counts->n++;
    counts->operations += operations;
    counts->bytes += bytes;
    counts->roofline += by_compute > by_memory ? by_compute : by_memory;
    counts->weighted += bytes > 0 ? operations * operations / bytes : 0;
}

static struct counts count(const struct laboratory *laboratory, const struct workload *workload,
                           const struct sinter_accel *accel, const char *node)
{
    const struct sinter_cascade *layer = workload->layer;
    struct counts counts = {.n = 0};
    for (int o = 0; o < layer->n_operators; o++) {
        if (!node_holds(laboratory->published, node, layer->operators[o].name))
            continue;
        struct sinter_operator_row row;
        double operations = 0;
        sinter_operator_count(layer, o, &row);
        for (int op = 0; op < SINTER_N_OPS; op++)
            operations += (double)row.operations[op];
        add_operator(&counts, accel, operations, (double)(row.weight_bytes + row.in_bytes + row.out_bytes));
    }
    return counts;
}

static double counted(enum quantity quantity, const struct counts *node, const struct counts *layer)
{
    switch (quantity) {
    case QUANTITY_OPERATIONS:
        return node->operations;
    case QUANTITY_BYTES:
        return node->bytes;
    case QUANTITY_ROOFLINE:
        return node->roofline;
    case QUANTITY_INTENSITY:
        return node->weighted / node->operations;
    case QUANTITY_OPERATION_SHARE:
        return 100 * node->operations / layer->operations;
    case QUANTITY_ROOFLINE_SHARE:
        return 100 * node->roofline / layer->roofline;
    case QUANTITY_CYCLES:
    case QUANTITY_COMPUTE:
    case QUANTITY_GROUP:
    case QUANTITY_PEAK:
    case QUANTITY_TILE:
    case QUANTITY_LIFETIME:
    case QUANTITY_OCCUPANCY:
    case QUANTITY_SPEEDUP:
    case QUANTITY_UTILIZATION:
    case N_QUANTITIES:
        break;
    }
    return (double)NAN;
}

/* ---- a point ------------------------------------------------------------------------------------------------------ */

/* A peak is known even where the schedule does not fit. */
static double peak_bytes(const struct laboratory *laboratory, const struct run *run, const char *node)
{
    if (run->result == NULL || !part_of(run)->has_plan)
        return (double)NAN;
    const struct sinter_plan *plan = part_of(run)->plan;
    int memory = buffer_of(run);
    if (strcmp(node, "layer") == 0)
        return (double)sinter_bits_to_bytes(plan->peak_bits[memory]);
    int group = group_of(laboratory, run, node);
    return group < 0 ? (double)NAN : (double)sinter_bits_to_bytes(plan->groups[group].peak_bits[memory]);
}

static double group_cycles(const struct laboratory *laboratory, const struct run *run, const char *node)
{
    int group = group_of(laboratory, run, node);
    return group < 0 ? (double)NAN : part_of(run)->timing->groups[group].cycles;
}

/* Takes the other strategy where the first does not fit and another is named. */
static enum sinter_status find_fitting_run(struct laboratory *laboratory, const struct workload *workload,
                                           const struct machine *machine, const char *strategy, const char *otherwise,
                                           const struct run **run, struct measured *measured)
{
    enum sinter_status status = find_run(laboratory, workload, machine, strategy, run);
    if (status != SINTER_OK || is_priced(*run))
        return status;
    measured->detail = (*run)->reason;
    if (otherwise == NULL)
        return SINTER_OK;
    status = find_run(laboratory, workload, machine, otherwise, run);
    if (status == SINTER_OK && is_priced(*run)) {
        measured->otherwise = otherwise;
        measured->detail = sinter_arena_printf(laboratory->arena, "by %s", otherwise);
        status = measured->detail == NULL ? sinter_out_of_memory(laboratory->diags) : SINTER_OK;
    }
    return status;
}

static enum sinter_status measure_run(struct laboratory *laboratory, const struct point *point, enum quantity quantity,
                                      const struct published_block *block, const struct workload *workload,
                                      const struct machine *machine, struct measured *measured)
{
    const char *node = point->at[AXIS_NODE].text, *strategy = point->at[AXIS_STRATEGY].text;
    const struct run *run = NULL, *baseline = NULL;
    if (strategy == NULL || (quantity == QUANTITY_SPEEDUP && block->baseline == NULL))
        return sinter_error(laboratory->diags, workload->setting->at, NULL,
                            "'%s' needs a strategy, and a speed-up a baseline", quantity_name(quantity));
    enum sinter_status status = find_fitting_run(laboratory, workload, machine, strategy, block->otherwise, &run, measured);
    if (status == SINTER_OK && quantity == QUANTITY_SPEEDUP) {
        const struct point own = {.at = {[AXIS_BUFFER] = {"", workload->setting->buffer_bytes}}};
        status = find_machine(laboratory, workload->setting, &own, &machine);
        if (status == SINTER_OK)
            status = find_run(laboratory, workload, machine, block->baseline, &baseline);
    }
    if (status != SINTER_OK)
        return status;
    if (quantity == QUANTITY_PEAK)
        measured->value = peak_bytes(laboratory, run, node);
    if (quantity == QUANTITY_PEAK || !is_priced(run) || (baseline != NULL && !is_priced(baseline)))
        return SINTER_OK;
    if (quantity == QUANTITY_TILE)
        return measure_tile(laboratory, run, node, measured);
    if (quantity == QUANTITY_LIFETIME)
        return measure_lifetime(laboratory, run, node, measured);
    double cycles = latency_cycles(run);
    if (quantity == QUANTITY_SPEEDUP)
        measured->value = latency_cycles(baseline) / cycles;
    else if (quantity == QUANTITY_UTILIZATION)
        measured->value = count(laboratory, workload, machine->accel, "layer").operations /
                          ((double)machine->accel->units[0].n_pes * cycles);
    else if (quantity == QUANTITY_GROUP)
        measured->value = group_cycles(laboratory, run, node);
    else if (quantity == QUANTITY_OCCUPANCY)
        measured->value =
            group_of(laboratory, run, node) < 0 ? (double)NAN : occupied_bytes(run, group_of(laboratory, run, node));
    else
        measured->value = quantity == QUANTITY_CYCLES && strcmp(node, "layer") == 0
                              ? cycles
                              : of_nodes(laboratory, run, node, quantity == QUANTITY_COMPUTE);
    measured->is_absent = isnan(measured->value);
    return SINTER_OK;
}

enum sinter_status measure(struct laboratory *laboratory, const struct point *point, const struct published_block *block,
                           struct measured *measured)
{
    *measured = (struct measured){.value = (double)NAN};
    const char *name = point->at[AXIS_SETTING].text, *node = point->at[AXIS_NODE].text;
    const struct published_setting *setting = published_setting(laboratory->published, name);
    const struct workload *workload = NULL;
    const struct machine *machine = NULL;
    enum quantity quantity = QUANTITY_CYCLES;
    if (setting == NULL)
        return sinter_error(laboratory->diags, (struct sinter_location){0}, NULL, "there is no setting '%s'", name);
    if (point->at[AXIS_QUANTITY].text == NULL || point->at[AXIS_TOKENS].text == NULL)
        return sinter_error(laboratory->diags, setting->at, NULL, "a row needs a quantity and tokens");
    quantity_find(point->at[AXIS_QUANTITY].text, &quantity);
    enum sinter_status status = find_workload(laboratory, setting, (int64_t)point->at[AXIS_TOKENS].number, &workload);
    if (status == SINTER_OK)
        status = find_machine(laboratory, setting, point, &machine);
    if (status != SINTER_OK)
        return status;
    measured->layers = workload->layers;
    measured->hz = machine->accel->hz;
    measured->buffer_bytes = machine->accel->memories[buffer_in(machine->accel)].capacity_bytes;
    measured->fills_area = point_is_of_family(point) || machine->accel->area_budget_mm2 > 0;
    for (int d = 0; d < machine->accel->units[0].n_dims && d < 2; d++)
        measured->pes[d] = machine->accel->units[0].pes[d];
    measured->tokens = setting->is_decode ? 1 : point->at[AXIS_TOKENS].number;
    if (quantity_is_scheduled(quantity))
        return measure_run(laboratory, point, quantity, block, workload, machine, measured);
    struct counts of_node = count(laboratory, workload, machine->accel, node);
    struct counts of_layer = count(laboratory, workload, machine->accel, "layer");
    measured->is_absent = of_node.n == 0;
    if (!measured->is_absent)
        measured->value = counted(quantity, &of_node, &of_layer);
    return SINTER_OK;
}
