/* members_json.c: the JSON members that run, compare and show share: model, accelerator, the numbers of a result.
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "report/waits.h"

static json_t *config_member(struct jot *jot, const struct sinter_model_config *config)
{
    if (config->layers == 0)
        return json_null();
    json_t *object = jot_object(jot);
    jot_put(jot, object, "hidden", jot_count(jot, config->hidden));
    jot_put(jot, object, "inner", jot_count(jot, config->inner));
    jot_put(jot, object, "state", jot_count(jot, config->state));
    jot_put(jot, object, "layers", jot_count(jot, config->layers));
    jot_put(jot, object, "dt_rank", jot_count(jot, config->dt_rank));
    jot_put(jot, object, "conv", jot_count(jot, config->conv));
    jot_put(jot, object, "vocab", jot_count(jot, config->vocab));
    return object;
}

json_t *jot_model(struct jot *jot, const struct sinter_model *model)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "name", jot_text(jot, model->name));
    jot_put(jot, object, "source", jot_text(jot, model->source));
    jot_put(jot, object, "variant", jot_text(jot, model->variant == NULL ? "" : model->variant));
    jot_put(jot, object, "phase", jot_text(jot, model->phase == SINTER_DECODE ? "decode" : "prefill"));
    jot_put(jot, object, "tokens", jot_count(jot, model->tokens));
    jot_put(jot, object, "batch", jot_count(jot, model->batch));
    bool has_head = model->n_parts > 1;
    const char *logits = model->logits == SINTER_LOGITS_LAST ? "last" : "all";
    jot_put(jot, object, "logits", has_head ? jot_text(jot, logits) : json_null());
    jot_put(jot, object, "parameters", model->parameters > 0 ? jot_count(jot, model->parameters) : json_null());
    jot_put(jot, object, "config", config_member(jot, &model->config));
    json_t *assumptions = jot_array(jot), *parts = jot_array(jot);
    for (int i = 0; i < model->n_assumptions; i++)
        jot_add(jot, assumptions, jot_text(jot, model->assumptions[i]));
    jot_put(jot, object, "assumptions", assumptions);
    for (int p = 0; p < model->n_parts; p++) {
        json_t *part = jot_object(jot);
        jot_put(jot, part, "name", jot_text(jot, model->parts[p].name));
        jot_put(jot, part, "count", jot_count(jot, model->parts[p].count));
        jot_add(jot, parts, part);
    }
    jot_put(jot, object, "parts", parts);
    return object;
}

static const char *kind_name(enum sinter_memory_kind kind)
{
    return kind == SINTER_DRAM ? "dram" : kind == SINTER_SRAM ? "sram" : "registers";
}

static json_t *memory_member(struct jot *jot, const struct sinter_accel *accel, int index)
{
    const struct sinter_memory *memory = &accel->memories[index];
    json_t *object = jot_object(jot);
    jot_put(jot, object, "name", jot_text(jot, memory->name));
    jot_put(jot, object, "kind", jot_text(jot, kind_name(memory->kind)));
    jot_put(jot, object, "parent", memory->parent < 0 ? json_null() : jot_text(jot, accel->memories[memory->parent].name));
    jot_put(jot, object, "capacity_bytes",
            memory->capacity_bytes < 9e18 ? jot_count(jot, (int64_t)memory->capacity_bytes) : json_null());
    jot_put(jot, object, "bandwidth_bytes_per_s", jot_real(jot, memory->bytes_per_s));
    jot_put(jot, object, "energy_pj_per_bit", jot_positive(jot, memory->pj_per_bit));
    jot_put(jot, object, "double", jot_boolean(memory->is_double));
    jot_put(jot, object, "write_bandwidth_bytes_per_s", jot_positive(jot, memory->write_bytes_per_s));
    jot_put(jot, object, "link_bytes_per_s", jot_real(jot, memory->link_bytes_per_s));
    jot_put(jot, object, "latency_seconds", jot_real(jot, memory->latency_s));
    jot_put(jot, object, "burst_bytes", jot_count(jot, memory->burst_bytes > 0 ? (int64_t)memory->burst_bytes : -1));
    return object;
}

/* One member per class of operation for which the file gives a number. */
static json_t *per_operation(struct jot *jot, const double values[SINTER_N_OPS])
{
    json_t *object = jot_object(jot);
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (values[op] > 0)
            jot_put(jot, object, sinter_op_name((enum sinter_op)op), jot_real(jot, values[op]));
    return object;
}

static json_t *unit_member(struct jot *jot, const struct sinter_accel *accel, int index)
{
    const struct sinter_unit *unit = &accel->units[index];
    json_t *object = jot_object(jot);
    jot_put(jot, object, "name", jot_text(jot, unit->name));
    jot_put(jot, object, "at", jot_text(jot, accel->memories[unit->memory].name));
    json_t *pes = jot_array(jot);
    for (int d = 0; d < unit->n_dims; d++)
        jot_add(jot, pes, jot_count(jot, unit->pes[d]));
    jot_put(jot, object, "pes", pes);
    jot_put(jot, object, "cycles", per_operation(jot, unit->cycles));
    jot_put(jot, object, "energy_pj", per_operation(jot, unit->pj));
    return object;
}

json_t *jot_accel(struct jot *jot, const struct sinter_accel *accel)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "name", jot_text(jot, accel->name));
    jot_put(jot, object, "technology_nm", jot_positive(jot, accel->technology_nm));
    jot_put(jot, object, "clock_hz", jot_real(jot, accel->hz));
    jot_put(jot, object, "prefetch", jot_boolean(accel->prefetch));
    jot_put(jot, object, "area_mm2", jot_positive(jot, accel->area_mm2));
    jot_put(jot, object, "area_model", jot_text(jot, sinter_area_model_name(accel->area_model)));
    jot_put(jot, object, "static_watts", jot_real(jot, accel->static_watts));
    json_t *memories = jot_array(jot), *units = jot_array(jot);
    for (int m = 0; m < accel->n_memories; m++)
        jot_add(jot, memories, memory_member(jot, accel, m));
    for (int u = 0; u < accel->n_units; u++)
        jot_add(jot, units, unit_member(jot, accel, u));
    jot_put(jot, object, "memories", memories);
    jot_put(jot, object, "units", units);
    return object;
}

json_t *jot_traffic(struct jot *jot, int64_t read_bytes, int64_t write_bytes)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "read", jot_count(jot, read_bytes));
    jot_put(jot, object, "write", jot_count(jot, write_bytes));
    return object;
}

/* The nearest integer; beyond 63 bits as a number with an exponent. */
static json_t *jot_cycles(struct jot *jot, double cycles)
{
    int64_t nearest = nearest_cycles(cycles);
    return nearest < 0 ? jot_real(jot, cycles) : jot_count(jot, nearest);
}

/* All of the energy by where it goes; `energy_joules` is what a search minimises of it. */
static json_t *energy_member(struct jot *jot, const struct sinter_totals *totals)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "dram", jot_real(jot, totals->dram_joules));
    jot_put(jot, object, "operations", jot_real(jot, totals->compute_joules));
    jot_put(jot, object, "memories", jot_real(jot, totals->sram_joules));
    jot_put(jot, object, "static", jot_real(jot, totals->static_joules));
    jot_put(jot, object, "total", jot_real(jot, totals->total_joules));
    return object;
}

/* Latency, bound, energy, traffic, peaks, operations, utilization: what is not known is null. */
static void totals_members(struct jot *jot, json_t *object, const struct sinter_totals *totals,
                           const struct sinter_accel *accel)
{
    bool is_known = totals->status == SINTER_OK;
    json_t *cycles = is_known ? jot_cycles(jot, totals->cycles) : json_null();
    jot_put(jot, object, "latency_cycles", cycles);
    jot_put(jot, object, "latency_seconds", is_known ? jot_real(jot, totals->seconds) : json_null());
    jot_put(jot, object, "simulated", is_known ? jot_boolean(totals->is_simulated) : json_null());
    jot_put(jot, object, "bound_cycles", is_known ? jot_cycles(jot, totals->bound_cycles) : json_null());
    jot_put(jot, object, "bound", is_known ? jot_text(jot, sinter_bound_name(totals->bound)) : json_null());
    jot_put(jot, object, "energy_joules", is_known ? jot_real(jot, totals->joules) : json_null());
    json_t *split = json_null();
    if (is_known) {
        split = jot_object(jot);
        jot_put(jot, split, "dram", jot_real(jot, totals->dram_joules));
        jot_put(jot, split, "compute", jot_real(jot, totals->compute_joules));
    }
    jot_put(jot, object, "energy_split_joules", split);
    jot_put(jot, object, "energy", is_known ? energy_member(jot, totals) : json_null());
    jot_put(jot, object, "dram_bytes", jot_traffic(jot, totals->read_bytes, totals->write_bytes));
    json_t *peaks = jot_object(jot), *operations = jot_object(jot);
    for (int m = 1; m < accel->n_memories; m++)
        jot_put(jot, peaks, accel->memories[m].name, jot_count(jot, totals->peak_bytes[m]));
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (totals->operations[op] != 0)
            jot_put(jot, operations, sinter_op_name((enum sinter_op)op), jot_count(jot, totals->operations[op]));
    jot_put(jot, object, "peak_bytes", peaks);
    jot_put(jot, object, "operations", operations);
    jot_put(jot, object, "utilization", is_known ? jot_real(jot, totals->utilization) : json_null());
}

static json_t *total_member(struct jot *jot, const struct sinter_result *result)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "status", jot_text(jot, sinter_status_name(result->whole.status)));
    if (result->whole.reason != NULL)
        jot_put(jot, object, "reason", jot_text(jot, result->whole.reason));
    totals_members(jot, object, &result->whole, result->accel);
    return object;
}

/* ---- one part: schedule, tensors, Einsums, groups ------------------------------------------------------------ */

static json_t *schedule_member(struct jot *jot, const struct sinter_part_result *part)
{
    if (!part->has_schedule)
        return json_null();
    struct sinter_text text = {0};
    sinter_schedule_print(&part->schedule, &text);
    json_t *value = text.failed ? NULL : jot_text(jot, sinter_text_data(&text));
    sinter_text_free(&text);
    return value;
}

static json_t *tensors_member(struct jot *jot, const struct sinter_part_result *part)
{
    json_t *array = jot_array(jot);
    for (int t = 0; t < part->cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &part->cascade->tensors[t];
        const struct sinter_tensor_traffic *traffic = &part->plan->traffic[t];
        json_t *object = jot_object(jot);
        jot_put(jot, object, "name", jot_text(jot, tensor->name));
        jot_put(jot, object, "role", jot_text(jot, sinter_role_name(tensor->role)));
        jot_put(jot, object, "bytes", jot_count(jot, sinter_bits_to_bytes(tensor->bits)));
        jot_put(jot, object, "read", jot_count(jot, sinter_bits_to_bytes(traffic->read_bits)));
        jot_put(jot, object, "write", jot_count(jot, sinter_bits_to_bytes(traffic->write_bits)));
        jot_add(jot, array, object);
    }
    return array;
}

static json_t *mapping_member(struct jot *jot, const struct sinter_part_result *part, int einsum)
{
    const struct sinter_einsum_cost *cost = &part->cost.einsums[einsum];
    json_t *array = jot_array(jot);
    for (int d = 0; d < part->plan->accel->units[cost->unit].n_dims; d++) {
        int rank = cost->mapping[d];
        jot_add(jot, array, rank < 0 ? json_null() : jot_text(jot, part->cascade->ranks[rank].name));
    }
    return array;
}

static json_t *operations_member(struct jot *jot, const struct sinter_cascade *cascade, int einsum)
{
    int64_t counts[SINTER_N_OPS] = {0};
    json_t *object = jot_object(jot);
    sinter_einsum_operations(cascade, einsum, counts);
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (counts[op] != 0)
            jot_put(jot, object, sinter_op_name((enum sinter_op)op), jot_count(jot, counts[op]));
    return object;
}

static json_t *einsum_member(struct jot *jot, const struct sinter_part_result *part, int index)
{
    const struct sinter_einsum *einsum = &part->cascade->einsums[index];
    const struct sinter_einsum_cost *cost = &part->cost.einsums[index];
    const struct sinter_leaf_plan *leaf = &part->plan->leaves[index];
    json_t *object = jot_object(jot);
    jot_put(jot, object, "name", jot_text(jot, einsum->name));
    jot_put(jot, object, "operator", jot_text(jot, part->cascade->operators[einsum->cascade_operator].name));
    jot_put(jot, object, "group", jot_count(jot, cost->group + 1));
    jot_put(jot, object, "unit", jot_text(jot, part->plan->accel->units[cost->unit].name));
    jot_put(jot, object, "cycles", jot_real(jot, cost->cycles));
    jot_put(jot, object, "compute_cycles", jot_real(jot, cost->compute_cycles));
    jot_put(jot, object, "dram_cycles", jot_real(jot, cost->dram_cycles));
    jot_put(jot, object, "buffer_cycles", jot_real(jot, cost->buffer_cycles));
    jot_put(jot, object, "dram_read_bytes", jot_count(jot, sinter_bits_to_bytes(leaf->dram_read_bits)));
    jot_put(jot, object, "dram_write_bytes", jot_count(jot, sinter_bits_to_bytes(leaf->dram_write_bits)));
    jot_put(jot, object, "bound", jot_text(jot, sinter_bound_name(cost->bound)));
    jot_put(jot, object, "mapping", mapping_member(jot, part, index));
    jot_put(jot, object, "operations", operations_member(jot, part->cascade, index));
    jot_waits(jot, object, part, index);
    return object;
}

/* DRAM traffic of a group: the sum of what is charged to its Einsums. */
static json_t *group_traffic(struct jot *jot, const struct sinter_part_result *part, int group)
{
    int64_t read_bits = 0, write_bits = 0;
    for (int e = 0; e < part->cascade->n_einsums; e++) {
        const struct sinter_leaf_plan *leaf = &part->plan->leaves[e];
        if (part->plan->nodes[leaf->node].group == group) {
            read_bits += leaf->dram_read_bits;
            write_bits += leaf->dram_write_bits;
        }
    }
    return jot_traffic(jot, sinter_bits_to_bytes(read_bits), sinter_bits_to_bytes(write_bits));
}

static json_t *group_member(struct jot *jot, const struct sinter_part_result *part, int group)
{
    const struct sinter_plan *plan = part->plan;
    bool is_priced = part->status == SINTER_OK;
    json_t *object = jot_object(jot), *einsums = jot_array(jot), *peaks = jot_object(jot);
    for (int e = 0; e < part->cascade->n_einsums; e++)
        if (plan->nodes[plan->leaves[e].node].group == group)
            jot_add(jot, einsums, jot_text(jot, part->cascade->einsums[e].name));
    for (int m = 1; m < plan->accel->n_memories; m++)
        jot_put(jot, peaks, plan->accel->memories[m].name,
                jot_count(jot, sinter_bits_to_bytes(plan->groups[group].peak_bits[m])));
    jot_put(jot, object, "einsums", einsums);
    bool is_timed = is_priced && part->is_simulated;
    const struct sinter_group_timing *timing = is_timed ? &part->timing->groups[group] : NULL;
    jot_put(jot, object, "start_cycle", is_timed ? jot_real(jot, timing->start_cycles) : json_null());
    jot_put(jot, object, "cycles", is_timed ? jot_real(jot, timing->cycles) : json_null());
    jot_put(jot, object, "drain_cycles", is_timed ? jot_real(jot, timing->drain_cycles) : json_null());
    jot_put(jot, object, "bound_cycles", is_priced ? jot_real(jot, part->cost.groups[group].cycles) : json_null());
    jot_put(jot, object, "compute_cycles", is_priced ? jot_real(jot, part->cost.groups[group].compute_cycles) : json_null());
    jot_put(jot, object, "dram_cycles", is_priced ? jot_real(jot, part->cost.groups[group].dram_cycles) : json_null());
    jot_put(jot, object, "buffer_cycles", is_priced ? jot_real(jot, part->cost.groups[group].buffer_cycles) : json_null());
    jot_put(jot, object, "fill_cycles", is_priced ? jot_real(jot, part->cost.groups[group].fill_cycles) : json_null());
    jot_put(jot, object, "peak_bytes", peaks);
    jot_put(jot, object, "dram_bytes", group_traffic(jot, part, group));
    jot_put(jot, object, "bound",
            is_priced ? jot_text(jot, sinter_bound_name(part->cost.groups[group].bound)) : json_null());
    return object;
}

static void part_lists(struct jot *jot, json_t *object, const struct sinter_part_result *part)
{
    if (!part->has_plan)
        return;
    json_t *einsums = jot_array(jot), *groups = jot_array(jot);
    if (part->status == SINTER_OK)
        for (int e = 0; e < part->cascade->n_einsums; e++)
            jot_add(jot, einsums, einsum_member(jot, part, e));
    for (int g = 0; g < part->plan->n_groups; g++)
        jot_add(jot, groups, group_member(jot, part, g));
    jot_put(jot, object, "tensors", tensors_member(jot, part));
    jot_put(jot, object, "einsums", einsums);
    jot_put(jot, object, "groups", groups);
    jot_put(jot, object, "simulation", jot_simulation(jot, part));
}

static json_t *part_member(struct jot *jot, const struct sinter_part_result *part, bool has_lists)
{
    bool is_priced = part->status == SINTER_OK;
    json_t *object = jot_object(jot);
    jot_put(jot, object, "name", jot_text(jot, part->name));
    jot_put(jot, object, "count", jot_count(jot, part->count));
    jot_put(jot, object, "status",
            jot_text(jot, part->status == SINTER_BAD_USAGE ? "not priced" : sinter_status_name(part->status)));
    if (part->reason != NULL)
        jot_put(jot, object, "reason", jot_text(jot, part->reason));
    jot_put(jot, object, "latency_cycles", is_priced ? jot_cycles(jot, part->cycles) : json_null());
    jot_put(jot, object, "latency_seconds", is_priced ? jot_real(jot, part->seconds) : json_null());
    jot_put(jot, object, "energy_joules", is_priced ? jot_real(jot, part->cost.joules) : json_null());
    jot_put(jot, object, "dram_bytes",
            part->has_plan ? jot_traffic(jot, sinter_bits_to_bytes(part->plan->dram_read_bits),
                                         sinter_bits_to_bytes(part->plan->dram_write_bits))
                           : json_null());
    if (has_lists) {
        jot_put(jot, object, "schedule", schedule_member(jot, part));
        part_lists(jot, object, part);
    }
    return object;
}

/* ---- one result --------------------------------------------------------------------------------------------- */

/* null for a schedule file; 0 means: what the strategy says. */
static json_t *options_member(struct jot *jot, const struct sinter_strategy *strategy)
{
    if (strategy->name == NULL)
        return json_null();
    json_t *object = jot_object(jot);
    jot_put(jot, object, "name", jot_text(jot, strategy->name));
    jot_put(jot, object, "tile", jot_count(jot, strategy->options.tile));
    jot_put(jot, object, "split", jot_count(jot, strategy->options.split));
    jot_put(jot, object, "chain", jot_boolean(strategy->options.chain));
    jot_put(jot, object, "resident", jot_boolean(strategy->options.resident));
    if (strcmp(strategy->name, "optimal") == 0) {
        const struct sinter_search_options *search = &strategy->options.search;
        jot_put(jot, object, "objective", jot_text(jot, sinter_objective_name(search->objective)));
        jot_put(jot, object, "gap", jot_real(jot, search->gap > 0 ? search->gap : search->gap < 0 ? 0 : SINTER_GAP));
        jot_put(jot, object, "slack", jot_real(jot, search->slack > 0 ? search->slack : SINTER_SLACK));
    }
    return object;
}

/* null unless the schedule was searched for. What took how long is not told: it is not the same each time. */
static json_t *search_member(struct jot *jot, const struct sinter_part_result *part)
{
    static const char *const ends[] = {"gap", "exhausted", "limit"};
    const struct sinter_search *search = &part->search;
    if (!part->has_search)
        return json_null();
    json_t *object = jot_object(jot);
    jot_put(jot, object, "objective", jot_text(jot, sinter_objective_name(search->objective)));
    jot_put(jot, object, "value", jot_real(jot, search->value));
    jot_put(jot, object, "bound", jot_real(jot, search->bound));
    jot_put(jot, object, "gap", jot_real(jot, search->gap));
    jot_put(jot, object, "end", jot_text(jot, ends[search->end]));
    jot_put(jot, object, "rule", jot_text(jot, search->rule));
    jot_put(jot, object, "is_complete", jot_boolean(search->is_complete));
    jot_put(jot, object, "compute_cycles", jot_real(jot, search->compute_cycles));
    jot_put(jot, object, "compulsory_bytes", jot_real(jot, search->dram_bytes));
    jot_put(jot, object, "sets", jot_count(jot, search->n_sets));
    jot_put(jot, object, "groups", jot_count(jot, search->n_groups));
    jot_put(jot, object, "floors", jot_count(jot, search->n_floors));
    jot_put(jot, object, "sketched", jot_count(jot, search->n_sketched));
    jot_put(jot, object, "woven", jot_count(jot, search->n_woven));
    jot_put(jot, object, "enumerated", jot_count(jot, search->n_enumerated));
    jot_put(jot, object, "guessed", jot_count(jot, search->n_guessed));
    jot_put(jot, object, "priced", jot_count(jot, search->n_priced));
    jot_put(jot, object, "simulated", jot_count(jot, search->n_simulated));
    return object;
}

void jot_result(struct jot *jot, json_t *object, const struct sinter_result *result, bool all_layers, bool has_lists)
{
    const struct sinter_totals *totals = all_layers ? &result->whole : &result->one;
    const struct sinter_part_result *block = &result->parts[result->block];
    jot_put(jot, object, "status", jot_text(jot, sinter_status_name(totals->status)));
    if (totals->reason != NULL)
        jot_put(jot, object, "reason", jot_text(jot, totals->reason));
    jot_put(jot, object, "strategy", jot_text(jot, result->strategy->label));
    jot_put(jot, object, "strategy_options", options_member(jot, result->strategy));
    jot_put(jot, object, "layers", jot_text(jot, all_layers ? "all" : "one"));
    jot_put(jot, object, "part", all_layers ? json_null() : jot_text(jot, block->name));
    jot_put(jot, object, "schedule", schedule_member(jot, block));
    jot_put(jot, object, "search", search_member(jot, block));
    totals_members(jot, object, totals, result->accel);
    jot_put(jot, object, "missing_energies", jot_text(jot, result->missing_energies));
    jot_put(jot, object, "area_mm2", jot_positive(jot, result->accel->area_mm2));
    if (has_lists)
        part_lists(jot, object, block);
    jot_put(jot, object, "model_total", total_member(jot, result));
    json_t *parts = jot_array(jot);
    for (int p = 0; p < result->n_parts; p++)
        jot_add(jot, parts, part_member(jot, &result->parts[p], has_lists && all_layers));
    jot_put(jot, object, "parts", parts);
}
