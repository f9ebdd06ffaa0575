/* result.c: evaluates a model under one strategy: schedule, plan and cost of every part, totals.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/format.h"

/* A message about what does not fit tells all that lives there; a reason is short. Other messages stay as they are. In the
 * message stands "needs 156 B of memory 'M'" or "needs 4.5 KiB (4610 bytes) of memory 'M'". */
static const char *short_reason(struct sinter_arena *arena, const struct sinter_accel *accel, const char *message)
{
    char name[64];
    long long needed = 0;
    const char *needs = message == NULL ? NULL : strstr(message, " needs ");
    int index = -1;
    if (needs != NULL && (sscanf(needs, " needs %lld B of memory '%63[^']'", &needed, name) == 2 ||
                          sscanf(needs, " needs %*s %*s (%lld bytes) of memory '%63[^']'", &needed, name) == 2))
        index = sinter_accel_memory(accel, name);
    if (index < 0)
        return message;
    struct sinter_text text = {0};
    describe_shortage(&text, &accel->memories[index], (int64_t)needed);
    const char *copy = text.failed ? NULL : sinter_arena_copy(arena, sinter_text_data(&text), text.length);
    sinter_text_free(&text);
    return copy;
}

const char *first_error(struct sinter_arena *arena, const struct sinter_diagnostics *diags, int before,
                        enum sinter_status status)
{
    for (int i = before; i < sinter_diagnostics_count(diags); i++) {
        const struct sinter_diagnostic *diagnostic = sinter_diagnostics_at(diags, i);
        if (diagnostic->severity == SINTER_ERROR)
            return sinter_arena_copy(arena, diagnostic->message, strlen(diagnostic->message));
    }
    return sinter_status_name(status);
}

static const char *shortage(struct sinter_arena *arena, const struct sinter_plan *plan)
{
    for (int m = 0; m < plan->accel->n_memories; m++) {
        const struct sinter_memory *memory = &plan->accel->memories[m];
        int64_t needed = sinter_bits_to_bytes(plan->peak_bits[m]);
        if ((double)needed <= memory->capacity_bytes)
            continue;
        struct sinter_text text = {0};
        describe_shortage(&text, memory, needed);
        const char *copy = text.failed ? NULL : sinter_arena_copy(arena, sinter_text_data(&text), text.length);
        sinter_text_free(&text);
        return copy;
    }
    return "does not fit";
}

static enum sinter_status make_schedule(struct sinter_part_result *part, const struct sinter_strategy *strategy,
                                        struct sinter_diagnostics *diags)
{
    enum sinter_status status;
    part->has_search = strategy->file == NULL && strcmp(strategy->name, "optimal") == 0;
    if (part->has_search)
        status = sinter_search_run(&strategy->options.search, &part->schedule, diags, &part->search);
    else if (strategy->file != NULL)
        status = sinter_schedule_read_file(&part->schedule, strategy->file, diags);
    else
        status = sinter_strategy_build(strategy->name, &strategy->options, &part->schedule, diags);
    part->has_search = part->has_search && status == SINTER_OK;
    part->has_schedule = status == SINTER_OK && !part->schedule.failed;
    return status == SINTER_OK && part->schedule.failed ? sinter_out_of_memory(diags) : status;
}

/* Simulates a part that is priced. */
static enum sinter_status time_part(struct sinter_part_result *part, const struct sinter_allocator *allocator,
                                    struct sinter_diagnostics *diags)
{
    enum sinter_status status = sinter_simulate(part->plan, part->cost.einsums, NULL, allocator, diags, &part->timing);
    if (status != SINTER_OK)
        return status;
    part->is_simulated = part->timing->is_complete;
    part->cycles = part->is_simulated ? part->timing->cycles : part->cost.cycles;
    part->seconds = part->cycles / part->plan->accel->hz;
    part->utilization = part->cycles > 0 ? part->cost.utilization * part->cost.cycles / part->cycles : 0;
    return SINTER_OK;
}

/* Schedules, resolves, prices and times one part; returns and stores its status. */
static enum sinter_status evaluate_part(struct sinter_result *result, struct sinter_part_result *part,
                                        const struct sinter_allocator *allocator, struct sinter_diagnostics *diags)
{
    int before = sinter_diagnostics_count(diags);
    sinter_schedule_init(&part->schedule, part->cascade, result->accel, allocator);
    part->status = make_schedule(part, result->strategy, diags);
    if (part->status == SINTER_OK)
        part->status = sinter_plan_new(part->cascade, result->accel, allocator, diags, &part->plan);
    if (part->status == SINTER_OK) {
        part->status = sinter_plan_resolve(part->plan, &part->schedule, diags);
        part->has_plan = part->status == SINTER_OK || part->status == SINTER_INFEASIBLE;
    }
    if (part->status != SINTER_OK) {
        part->reason = part->has_plan ? shortage(result->arena, part->plan)
                                      : short_reason(result->arena, result->accel,
                                                     first_error(result->arena, diags, before, part->status));
        return part->reason == NULL ? sinter_out_of_memory(diags) : part->status;
    }
    size_t n = (size_t)part->cascade->n_einsums;
    part->cost.einsums = sinter_arena_alloc(result->arena, n, sizeof *part->cost.einsums);
    part->cost.groups = sinter_arena_alloc(result->arena, n, sizeof *part->cost.groups);
    if (part->cost.einsums == NULL || part->cost.groups == NULL)
        return part->status = sinter_out_of_memory(diags);
    sinter_plan_count_ports(part->plan);
    sinter_cost_evaluate(part->plan, &part->cost);
    return part->status = time_part(part, allocator, diags);
}

/* ---- totals ------------------------------------------------------------------------------------------------- */

/* A sum that stays -1 once a part of it is unknown or does not fit. */
static int64_t sum_times(int64_t sum, int64_t value, int64_t count)
{
    int64_t product;
    if (sum < 0 || value < 0 || !sinter_multiply(value, count, &product) || !sinter_add(sum, product, &sum))
        return -1;
    return sum;
}

struct sums {
    int64_t read_bits, write_bits;
    double busy_cycles; /* cycles weighted by utilization */
    double by_bound[3]; /* cycles of the groups with this bound */
};

static void add_part(const struct sinter_part_result *part, int64_t count, const struct sinter_accel *accel,
                     struct sinter_totals *totals, struct sums *sums)
{
    const struct sinter_cost *cost = &part->cost;
    int64_t operations[SINTER_N_OPS] = {0};
    for (int e = 0; e < part->cascade->n_einsums; e++)
        sinter_einsum_operations(part->cascade, e, operations);
    for (int op = 0; op < SINTER_N_OPS; op++)
        totals->operations[op] = sum_times(totals->operations[op], operations[op], count);
    sums->read_bits = sum_times(sums->read_bits, part->has_plan ? part->plan->dram_read_bits : -1, count);
    sums->write_bits = sum_times(sums->write_bits, part->has_plan ? part->plan->dram_write_bits : -1, count);
    for (int m = 0; m < accel->n_memories; m++) {
        int64_t peak = part->has_plan ? sinter_bits_to_bytes(part->plan->peak_bits[m]) : -1;
        if (totals->peak_bytes[m] >= 0)
            totals->peak_bytes[m] = peak < 0 || peak > totals->peak_bytes[m] ? peak : totals->peak_bytes[m];
    }
    if (part->status != SINTER_OK) {
        totals->status = totals->status == SINTER_OK ? part->status : totals->status;
        totals->reason = totals->reason == NULL ? part->reason : totals->reason;
        return;
    }
    double times = (double)count;
    totals->is_simulated = totals->is_simulated && part->is_simulated;
    totals->cycles += times * part->cycles;
    totals->bound_cycles += times * cost->cycles;
    totals->seconds += times * part->seconds;
    totals->joules += times * cost->joules;
    totals->dram_joules += times * cost->dram_joules;
    totals->compute_joules += times * cost->compute_joules;
    totals->sram_joules += times * cost->sram_joules;
    totals->static_joules += times * accel->static_watts * part->seconds;
    sums->busy_cycles += times * part->cycles * part->utilization;
    for (int g = 0; g < part->plan->n_groups; g++)
        sums->by_bound[cost->groups[g].bound] += times * cost->groups[g].cycles;
}

static void finish_totals(struct sinter_totals *totals, const struct sums *sums)
{
    totals->read_bytes = sums->read_bits < 0 ? -1 : sinter_bits_to_bytes(sums->read_bits);
    totals->write_bytes = sums->write_bits < 0 ? -1 : sinter_bits_to_bytes(sums->write_bits);
    totals->total_joules = totals->joules + totals->sram_joules + totals->static_joules;
    totals->utilization = totals->cycles > 0 ? sums->busy_cycles / totals->cycles : 0;
    totals->bound = SINTER_BOUND_COMPUTE;
    for (int b = 1; b < 3; b++)
        if (sums->by_bound[b] > sums->by_bound[totals->bound])
            totals->bound = (enum sinter_bound)b;
}

/* Inputs are bounded so that no number overflows; should one do, a wrong report is worse than none. */
static enum sinter_status check_finite(const struct sinter_totals *totals, struct sinter_diagnostics *diags)
{
    bool is_finite = isfinite(totals->cycles) && isfinite(totals->seconds) && isfinite(totals->joules) &&
                     isfinite(totals->dram_joules) && isfinite(totals->compute_joules) && isfinite(totals->static_joules) &&
                     isfinite(totals->utilization);
    if (totals->status != SINTER_OK || is_finite)
        return SINTER_OK;
    sinter_report(diags, SINTER_ERROR, (struct sinter_location){0},
                  "an extent, a bandwidth or an energy is out of all bounds",
                  "a latency or an energy is not a finite number: %g cycles, %g s, %g J", totals->cycles, totals->seconds,
                  totals->joules);
    return SINTER_INTERNAL;
}

static enum sinter_status sum_up(struct sinter_result *result, struct sinter_diagnostics *diags)
{
    struct sums one = {0}, whole = {0};
    result->one.is_simulated = result->whole.is_simulated = true;
    add_part(&result->parts[result->block], 1, result->accel, &result->one, &one);
    for (int p = 0; p < result->n_parts; p++) {
        const struct sinter_part_result *part = &result->parts[p];
        const char *before = result->whole.reason;
        add_part(part, part->count, result->accel, &result->whole, &whole);
        if (result->whole.reason != before && result->n_parts > 1) {
            result->whole.reason = sinter_arena_printf(result->arena, "%s: %s", part->name, part->reason);
            if (result->whole.reason == NULL)
                return sinter_out_of_memory(diags);
        }
    }
    finish_totals(&result->one, &one);
    finish_totals(&result->whole, &whole);
    enum sinter_status status = check_finite(&result->one, diags);
    return status == SINTER_OK ? check_finite(&result->whole, diags) : status;
}

/* ---- energies that the file does not give -------------------------------------------------------------------- */

static void add_name(struct sinter_text *names, const char *name)
{
    sinter_text_append(names, names->length > 0 ? ", " : "");
    append_clean(names, name);
}

static enum sinter_status find_missing_energies(struct sinter_result *result, struct sinter_diagnostics *diags)
{
    const struct sinter_part_result *part = &result->parts[result->block];
    bool is_missing[SINTER_N_OPS] = {false};
    for (int e = 0; e < part->cascade->n_einsums; e++) {
        const struct sinter_unit *unit = &result->accel->units[part->cost.einsums[e].unit];
        int64_t counts[SINTER_N_OPS] = {0};
        sinter_einsum_operations(part->cascade, e, counts);
        for (int op = 0; op < SINTER_N_OPS; op++)
            is_missing[op] = is_missing[op] || (counts[op] > 0 && unit->pj[op] <= 0);
    }
    struct sinter_text names = {0};
    for (int m = 0; m < result->accel->n_memories; m++)
        if (result->accel->memories[m].pj_per_bit <= 0)
            add_name(&names, result->accel->memories[m].name);
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (is_missing[op])
            add_name(&names, sinter_op_name((enum sinter_op)op));
    bool failed = names.failed;
    if (names.length > 0) {
        result->missing_energies = sinter_arena_copy(result->arena, sinter_text_data(&names), names.length);
        failed = failed || result->missing_energies == NULL;
    }
    sinter_text_free(&names);
    return failed ? sinter_out_of_memory(diags) : SINTER_OK;
}

/* ---- what if ------------------------------------------------------------------------------------------------- */

static void change_accel(struct sinter_accel *accel, int i)
{
    for (int m = 1; m < accel->n_memories && i < 2; m++)
        accel->memories[m].capacity_bytes *= i == 0 ? 0.5 : 2;
    if (i == 2 || i == 3) {
        accel->memories[0].bytes_per_s *= i == 2 ? 0.5 : 2;
        accel->memories[0].write_bytes_per_s *= i == 2 ? 0.5 : 2;
    }
    for (int u = 0; u < accel->n_units && i == 4; u++) {
        accel->units[u].pes[0] *= 2;
        accel->units[u].n_pes *= 2;
    }
}

/* The same search on accelerators with more or less of one thing. */
static enum sinter_status find_what_ifs(struct sinter_result *result, const struct sinter_allocator *allocator,
                                        struct sinter_diagnostics *diags)
{
    static const char *const changes[SINTER_N_WHAT_IFS] = {"half the memory on chip", "twice the memory on chip",
                                                           "half the DRAM bandwidth", "twice the DRAM bandwidth",
                                                           "twice the PEs"};
    const struct sinter_part_result *block = &result->parts[result->block];
    struct sinter_search_options options = result->strategy->options.search;
    options.is_explained = false;
    for (int i = 0; i < SINTER_N_WHAT_IFS; i++) {
        struct sinter_accel accel = *result->accel;
        struct sinter_schedule schedule;
        struct sinter_search search;
        change_accel(&accel, i);
        sinter_schedule_init(&schedule, block->cascade, &accel, allocator);
        enum sinter_status status = sinter_search_run(&options, &schedule, NULL, &search);
        sinter_schedule_free(&schedule);
        if (status != SINTER_OK && status != SINTER_INFEASIBLE)
            return status == SINTER_NO_MEMORY ? sinter_out_of_memory(diags) : status;
        result->what_ifs[result->n_what_ifs++] =
            (struct sinter_what_if){changes[i], status == SINTER_OK, status == SINTER_OK ? search.simulated_cycles : 0};
    }
    return SINTER_OK;
}

/* ---- evaluation --------------------------------------------------------------------------------------------- */

static bool is_fatal(enum sinter_status status)
{
    return status == SINTER_NO_MEMORY || status == SINTER_INTERNAL;
}

static enum sinter_status evaluate_others(struct sinter_result *result, const struct sinter_allocator *allocator,
                                          struct sinter_diagnostics *diags)
{
    for (int p = 0; p < result->n_parts; p++) {
        struct sinter_part_result *part = &result->parts[p];
        if (p == result->block)
            continue;
        if (result->strategy->file != NULL) {
            part->status = SINTER_BAD_USAGE;
            part->reason = "not priced: the schedule file covers the block alone";
            continue;
        }
        struct sinter_diagnostics *private_diags = sinter_diagnostics_new(allocator);
        if (private_diags == NULL)
            return sinter_out_of_memory(diags);
        enum sinter_status status = evaluate_part(result, part, allocator, private_diags);
        sinter_diagnostics_free(private_diags);
        if (is_fatal(status))
            return status == SINTER_NO_MEMORY ? sinter_out_of_memory(diags) : status;
    }
    return SINTER_OK;
}

static enum sinter_status evaluate(struct sinter_result *result, const struct sinter_allocator *allocator,
                                   struct sinter_diagnostics *diags)
{
    const struct sinter_model *model = result->model;
    result->parts = sinter_arena_alloc(result->arena, (size_t)model->n_parts, sizeof *result->parts);
    if (result->parts == NULL)
        return sinter_out_of_memory(diags);
    result->n_parts = model->n_parts;
    result->block = model->block;
    for (int p = 0; p < model->n_parts; p++) {
        result->parts[p].name = model->parts[p].name;
        result->parts[p].count = model->parts[p].count;
        result->parts[p].cascade = model->parts[p].cascade;
    }
    enum sinter_status block = evaluate_part(result, &result->parts[result->block], allocator, diags);
    if (block != SINTER_OK && block != SINTER_INFEASIBLE)
        return block;
    enum sinter_status status = evaluate_others(result, allocator, diags);
    if (status == SINTER_OK)
        status = sum_up(result, diags);
    if (status == SINTER_OK && block == SINTER_OK)
        status = find_missing_energies(result, diags);
    if (status == SINTER_OK && result->parts[result->block].has_search && result->strategy->options.search.is_explained)
        status = find_what_ifs(result, allocator, diags);
    return status == SINTER_OK ? block : status;
}

enum sinter_status sinter_result_evaluate(const struct sinter_model *model, const struct sinter_accel *accel,
                                          const struct sinter_strategy *strategy, const struct sinter_allocator *allocator,
                                          struct sinter_diagnostics *diags, struct sinter_result **result)
{
    *result = NULL;
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct sinter_result *made = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *made);
    if (made == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    made->arena = arena;
    made->model = model;
    made->accel = accel;
    made->strategy = strategy;
    enum sinter_status status = evaluate(made, allocator, diags);
    if (status == SINTER_OK || status == SINTER_INFEASIBLE)
        *result = made;
    else
        sinter_result_free(made);
    return status;
}

void sinter_result_free(struct sinter_result *result)
{
    if (result == NULL)
        return;
    for (int p = 0; p < result->n_parts; p++) {
        sinter_timing_free(result->parts[p].timing);
        sinter_plan_free(result->parts[p].plan);
        if (result->parts[p].schedule.cascade != NULL)
            sinter_schedule_free(&result->parts[p].schedule);
    }
    sinter_arena_free(result->arena);
}
