/* run_text.c: one run for people: a sentence, a summary, Einsums, groups, the schedule.
 * SPDX-License-Identifier: MIT
 */
#include "report/commands.h"
#include "report/explain.h"
#include "report/run.h"
#include "report/waits.h"

#include <math.h>
#include <string.h>

/* ---- headline ----------------------------------------------------------------------------------------------- */

static const char *bound_phrase(enum sinter_bound bound)
{
    switch (bound) {
    case SINTER_BOUND_COMPUTE:
        return "bound by compute";
    case SINTER_BOUND_DRAM:
        return "bound by DRAM";
    case SINTER_BOUND_BUFFER:
        return "bound by the buffer";
    }
    return "";
}

static const char *repeated_part(const struct sinter_model *model)
{
    return model->parts[model->block].count > 1 ? "layers" : "layer";
}

static void headline(struct sinter_text *out, const struct sinter_result *result, const struct sinter_style *style)
{
    const struct sinter_totals *totals = style->all_layers ? &result->whole : &result->one;
    sinter_text_append(out, tone_begin(SINTER_STRONG, style->is_colored));
    describe_task(out, result->model, result->accel, priced_part(result->model, style->all_layers));
    sinter_text_append(out, ": ");
    describe_strategy(out, result->strategy);
    if (totals->status == SINTER_OK)
        sinter_text_printf(out, " takes %s (%s), %s.", show_seconds(totals->seconds).text, show_latency(totals->cycles).text,
                           bound_phrase(totals->bound));
    else {
        sinter_text_printf(out, " is %s: ", totals->status == SINTER_INFEASIBLE ? "infeasible" : "not priced");
        append_clean(out, totals->reason);
        sinter_text_append(out, ".");
    }
    sinter_text_append(out, tone_end(SINTER_STRONG, style->is_colored));
    sinter_text_append(out, "\n");
    if (result->strategy->name != NULL) /* a strategy's word: of a schedule by hand nobody asked */
        append_nothing_to_fuse(out, result->model);
    append_assumptions(out, result->model, style);
    if (style->all_layers || result->n_parts < 2)
        return;
    const struct sinter_part_result *block = &result->parts[result->block];
    if (result->whole.status == SINTER_OK)
        sinter_text_printf(out, "The whole model, %s %s and the rest, takes %s (%s).\n", show_integer(block->count).text,
                           repeated_part(result->model), show_seconds(result->whole.seconds).text,
                           show_latency(result->whole.cycles).text);
    else if (result->one.status == SINTER_OK) {
        sinter_text_append(out, "The whole model is not priced: ");
        append_clean(out, result->whole.reason);
        sinter_text_append(out, ".\n");
    }
}

/* ---- summary ------------------------------------------------------------------------------------------------ */

static void fact(struct sinter_table *table, const char *name, const struct sinter_text *value, bool is_alarm)
{
    sinter_table_row(table, is_alarm ? SINTER_ALARM : SINTER_PLAIN);
    sinter_table_cell(table, name);
    sinter_table_cell(table, made_text(value));
}

static void peak_facts(struct sinter_table *table, const struct sinter_totals *totals, const struct sinter_accel *accel)
{
    for (int m = 1; m < accel->n_memories; m++) {
        const struct sinter_memory *memory = &accel->memories[m];
        double peak = (double)totals->peak_bytes[m];
        struct sinter_text name = {0}, value = {0};
        sinter_text_printf(&name, "peak in %s", memory->name);
        sinter_text_printf(&value, "%s", show_capacity(peak).text);
        if (peak >= 0) {
            sinter_text_printf(&value, " of %s", show_capacity(memory->capacity_bytes).text);
            if (memory->capacity_bytes < 1e300)
                sinter_text_printf(&value, ", %s", show_percent(peak / memory->capacity_bytes).text);
            if (peak >= 1024)
                sinter_text_append(&value, show_exact_bytes(totals->peak_bytes[m]).text);
        }
        fact(table, made_text(&name), &value, peak > memory->capacity_bytes);
        sinter_text_free(&name);
        sinter_text_free(&value);
    }
}

static void append_operations(struct sinter_text *out, const int64_t operations[SINTER_N_OPS])
{
    int n = 0;
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (operations[op] != 0)
            sinter_text_printf(out, "%s%s %s", n++ > 0 ? ", " : "", sinter_op_name((enum sinter_op)op),
                               operations[op] < 0 ? "(too many)" : show_count((double)operations[op]).text);
}

static void priced_facts(struct sinter_table *table, const struct sinter_result *result, const struct sinter_totals *totals)
{
    struct sinter_text value = {0};
    int64_t nearest = nearest_cycles(totals->cycles);
    bool is_short = totals->cycles < 9999.95 || nearest < 0;
    sinter_text_printf(&value, "%s, %s%s at %s", show_seconds(totals->seconds).text,
                       is_short ? show_latency(totals->cycles).text : show_integer(nearest).text, is_short ? "" : " cycles",
                       sinter_quantity_show(result->accel->hz, SINTER_FREQUENCY, 3, (char[32]){0}, 32));
    if (!totals->is_simulated)
        sinter_text_append(&value, ", a bound: too many commands before anything repeats");
    fact(table, "latency", &value, false);
    value.length = 0;
    sinter_text_printf(&value, "%s in most of the cycles; at least %s, %s of it", bound_word(totals->bound),
                       show_cycles(totals->bound_cycles).text,
                       show_percent(totals->cycles > 0 ? totals->bound_cycles / totals->cycles : 1).text);
    fact(table, "bound", &value, false);
    sinter_text_free(&value);
}

/* Two rows: what a search for least energy minimises, and what it comes to with what that search does not count. */
static void energy_facts(struct sinter_table *table, const struct sinter_totals *totals, const struct sinter_accel *accel)
{
    struct sinter_text value = {0};
    bool has_memories = false, has_static = accel->static_watts > 0;
    for (int m = 1; m < accel->n_memories; m++)
        has_memories = has_memories || accel->memories[m].pj_per_bit > 0;
    if (totals->joules > 0)
        sinter_text_printf(&value, "%s: DRAM %s, operations %s%s", show_joules(totals->joules).text,
                           show_joules(totals->dram_joules).text, show_joules(totals->compute_joules).text,
                           has_memories || has_static ? "" : "; that of on-chip memories is not known");
    else
        sinter_text_append(&value, "not known: the accelerator gives none");
    fact(table, "energy", &value, false);
    value.length = 0;
    bool is_counted = isfinite(totals->sram_joules);
    sinter_text_printf(&value, "%s: also on-chip memories %s, static power %s",
                       is_counted ? show_joules(totals->total_joules).text : "not known",
                       !is_counted    ? "too much to count"
                       : has_memories ? show_joules(totals->sram_joules).text
                                      : "not known",
                       has_static ? show_joules(totals->static_joules).text : "not known");
    if (has_memories || has_static)
        fact(table, "all energy", &value, false);
    sinter_text_free(&value);
}

static void append_objective(struct sinter_text *out, enum sinter_objective objective, double value)
{
    switch (objective) {
    case SINTER_LEAST_LATENCY:
        sinter_text_printf(out, "%s cycles", show_integer(nearest_cycles(value)).text);
        break;
    case SINTER_LEAST_ENERGY:
        sinter_text_append(out, show_joules(value).text);
        break;
    case SINTER_LEAST_EDP:
        sinter_text_printf(out, "%.4g J s", value);
        break;
    case SINTER_LEAST_DRAM:
        sinter_text_append(out, show_traffic((int64_t)value).text);
        break;
    case SINTER_LEAST_MEMORY:
        sinter_text_append(out, show_capacity(value).text);
        break;
    }
}

/* How good a schedule that was searched for is. */
static void search_facts(struct sinter_table *table, const struct sinter_result *result, const struct sinter_style *style)
{
    static const char *const ends[] = {"the gap that was asked for is proven", "nothing is left to try",
                                       "stopped at its limit"};
    const struct sinter_search *search = &result->parts[result->block].search;
    struct sinter_text value = {0};
    sinter_text_append(&value, search->objective == SINTER_LEAST_LATENCY ? "closed form " : "");
    append_objective(&value, search->objective, search->value);
    if (search->gap < 1e-9) {
        sinter_text_append(&value, ", and no schedule has less");
    } else if (search->bound > 0) {
        sinter_text_append(&value, ", and no schedule has less than ");
        append_objective(&value, search->objective, search->bound);
        sinter_text_printf(&value, search->gap < 0.1 ? ": it is %.2g %% above at most" : ": it is %.0f %% above at most",
                           100 * search->gap);
    } else {
        sinter_text_append(&value, ", and how much less another schedule could have is not known");
    }
    if (strcmp(search->rule, "search") != 0)
        sinter_text_printf(&value, "; %s was the best that was found", search->rule);
    fact(table, "optimality", &value, false);
    value.length = 0;
    sinter_text_printf(&value, "%s possible groups, %s bounded, %s guessed, %s built; %s trees priced; %s",
                       show_integer(search->n_groups).text, show_integer(search->n_floors).text,
                       show_integer(search->n_sketched).text, show_integer(search->n_woven).text,
                       show_integer(search->n_priced).text, ends[search->end]);
    if (style->is_verbose)
        sinter_text_printf(&value, "; %s", show_seconds(search->seconds).text);
    fact(table, "search", &value, false);
    sinter_text_free(&value);
}

static void summary(struct sinter_text *out, const struct sinter_result *result, const struct sinter_style *style)
{
    const struct sinter_totals *totals = style->all_layers ? &result->whole : &result->one;
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_table_column(table, "summary", SINTER_LEFT);
    sinter_table_column(table, style->all_layers ? "the whole model" : result->parts[result->block].name, SINTER_LEFT);
    if (totals->status == SINTER_OK)
        priced_facts(table, result, totals);
    struct sinter_text value = {0};
    sinter_text_printf(&value, "read %s%s, written %s%s", show_traffic(totals->read_bytes).text,
                       show_exact_bytes(totals->read_bytes).text, show_traffic(totals->write_bytes).text,
                       show_exact_bytes(totals->write_bytes).text);
    fact(table, "DRAM", &value, false);
    peak_facts(table, totals, result->accel);
    if (totals->status == SINTER_OK) {
        value.length = 0;
        sinter_text_printf(&value, "%s of the PE-cycles do useful operations", show_percent(totals->utilization).text);
        fact(table, "utilization", &value, false);
    }
    value.length = 0;
    append_operations(&value, totals->operations);
    if (value.length == 0)
        sinter_text_append(&value, "none");
    fact(table, "operations", &value, false);
    if (totals->status == SINTER_OK)
        energy_facts(table, totals, result->accel);
    if (totals->status == SINTER_OK && !style->all_layers && result->parts[result->block].has_search)
        search_facts(table, result, style);
    sinter_text_free(&value);
    sinter_text_append(out, "\n");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

/* ---- parts -------------------------------------------------------------------------------------------------- */

static void parts_table(struct sinter_text *out, const struct sinter_result *result, const struct sinter_style *style)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_table_column(table, "part", SINTER_LEFT);
    sinter_table_column(table, "runs", SINTER_RIGHT);
    sinter_table_column(table, "cycles, one run", SINTER_UNIT);
    sinter_table_column(table, "cycles, all runs", SINTER_UNIT);
    sinter_table_column(table, "share", SINTER_RIGHT);
    sinter_table_column(table, "DRAM read", SINTER_UNIT);
    sinter_table_column(table, "DRAM written", SINTER_UNIT);
    for (int p = 0; p < result->n_parts; p++) {
        const struct sinter_part_result *part = &result->parts[p];
        sinter_table_row(table, part->status == SINTER_OK ? SINTER_PLAIN : SINTER_FAINT);
        sinter_table_cell(table, part->name);
        sinter_table_cell(table, show_integer(part->count).text);
        if (part->status != SINTER_OK) {
            sinter_table_span(table, part->reason);
            continue;
        }
        double all_runs = part->cycles * (double)part->count;
        sinter_table_cell(table, show_cycles(part->cycles).text);
        sinter_table_cell(table, show_cycles(all_runs).text);
        bool has_share = result->whole.status == SINTER_OK && result->whole.cycles > 0;
        sinter_table_cell(table, has_share ? show_percent(all_runs / result->whole.cycles).text : "-");
        sinter_table_cell(table, show_traffic(sinter_bits_to_bytes(part->plan->dram_read_bits)).text);
        sinter_table_cell(table, show_traffic(sinter_bits_to_bytes(part->plan->dram_write_bits)).text);
    }
    append_title(out, style, "Parts of the model (DRAM bytes of one run)");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

/* A section of one part: where those of every part stand below each other, it says whose it is. */
static void part_title(struct sinter_text *out, const struct sinter_part_result *part, const struct sinter_style *style,
                       const char *title)
{
    struct sinter_text full = {.allocator = out->allocator};
    if (style->all_layers) {
        describe_part(&full, part->name, part->count);
        sinter_text_append(&full, ": ");
    }
    sinter_text_append(&full, title);
    append_title(out, style, sinter_text_data(&full));
    out->failed = out->failed || full.failed;
    sinter_text_free(&full);
}

/* ---- Einsums ------------------------------------------------------------------------------------------------ */

static int64_t total_operations(const struct sinter_cascade *cascade, int einsum)
{
    int64_t counts[SINTER_N_OPS] = {0}, sum = 0;
    sinter_einsum_operations(cascade, einsum, counts);
    for (int op = 0; op < SINTER_N_OPS; op++)
        if (!sinter_add(sum, counts[op], &sum))
            return INT64_MAX;
    return sum;
}

static void einsum_row(struct sinter_table *table, const struct sinter_part_result *part, int index, bool is_verbose)
{
    const struct sinter_einsum_cost *cost = &part->cost.einsums[index];
    const struct sinter_leaf_plan *leaf = &part->plan->leaves[index];
    const struct sinter_unit *unit = &part->plan->accel->units[cost->unit];
    sinter_table_row(table, SINTER_PLAIN);
    sinter_table_cellf(table, "%d", cost->group + 1);
    sinter_table_cell(table, part->cascade->einsums[index].name);
    sinter_table_cell(table, unit->name);
    sinter_table_cell(table, show_count((double)total_operations(part->cascade, index)).text);
    sinter_table_cell(table, show_cycles(cost->compute_cycles).text);
    sinter_table_cell(table, show_traffic(sinter_bits_to_bytes(leaf->dram_read_bits)).text);
    sinter_table_cell(table, show_traffic(sinter_bits_to_bytes(leaf->dram_write_bits)).text);
    sinter_table_cell(table, show_cycles(cost->dram_cycles).text);
    sinter_table_cell(table, show_cycles(cost->cycles).text);
    sinter_table_cell(table, bound_word(cost->bound));
    if (!is_verbose)
        return;
    struct sinter_text mapping = {0};
    for (int d = 0; d < unit->n_dims; d++)
        sinter_text_printf(&mapping, "%s%s", d > 0 ? " x " : "",
                           cost->mapping[d] < 0 ? "~" : part->cascade->ranks[cost->mapping[d]].name);
    sinter_table_cell(table, made_text(&mapping));
    sinter_text_free(&mapping);
}

static void einsum_table(struct sinter_text *out, const struct sinter_part_result *part, const struct sinter_style *style)
{
    static const char *const headers[] = {"group",     "einsum",       "unit",        "operations", "compute cycles",
                                          "DRAM read", "DRAM written", "DRAM cycles", "cycles",     "bound"};
    struct sinter_table *table = sinter_table_new(out->allocator);
    for (int i = 0; i < 10; i++)
        sinter_table_column(table, headers[i], i == 0 ? SINTER_RIGHT : i >= 3 && i <= 8 ? SINTER_UNIT : SINTER_LEFT);
    if (style->is_verbose)
        sinter_table_column(table, "spread over the PEs", SINTER_LEFT);
    for (int g = 0; g < part->plan->n_groups; g++)
        for (int e = 0; e < part->cascade->n_einsums; e++)
            if (part->cost.einsums[e].group == g)
                einsum_row(table, part, e, style->is_verbose);
    part_title(out, part, style, "Einsums (cycles: the largest of compute, DRAM and buffer, alone)");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

/* ---- groups ------------------------------------------------------------------------------------------------- */

static void append_members(struct sinter_text *out, const struct sinter_part_result *part, int group)
{
    int n = 0;
    for (int e = 0; e < part->cascade->n_einsums; e++) {
        if (part->plan->nodes[part->plan->leaves[e].node].group != group)
            continue;
        sinter_text_append(out, n++ > 0 ? " " : "");
        append_clean(out, part->cascade->einsums[e].name);
    }
}

static void group_lines(struct sinter_text *out, const struct sinter_part_result *part, const struct sinter_style *style)
{
    const struct sinter_plan *plan = part->plan;
    part_title(out, part, style, "Groups");
    for (int g = 0; g < plan->n_groups; g++) {
        sinter_text_printf(out, "  group %d: ", g + 1);
        append_members(out, part, g);
        sinter_text_append(out, "\n");
        if (part->status == SINTER_OK) {
            const struct sinter_group_cost *cost = &part->cost.groups[g];
            double cycles = part->is_simulated ? part->timing->groups[g].cycles : cost->cycles;
            sinter_text_printf(out, "    %s, %s (at least %s): compute %s, DRAM %s, buffer %s, fill and drain %s\n",
                               show_latency(cycles).text, bound_phrase(cost->bound), show_cycles(cost->cycles).text,
                               show_cycles(cost->compute_cycles).text, show_cycles(cost->dram_cycles).text,
                               show_cycles(cost->buffer_cycles).text, show_cycles(cost->fill_cycles).text);
        }
        for (int m = 1; m < plan->accel->n_memories; m++) {
            int64_t peak = sinter_bits_to_bytes(plan->groups[g].peak_bits[m]);
            if (peak == 0)
                continue;
            sinter_text_printf(out, "    peak %s in ", show_capacity((double)peak).text);
            append_clean(out, plan->accel->memories[m].name);
            sinter_text_append(out, ": ");
            append_residents(out, plan, g, m);
            sinter_text_append(out, "\n");
        }
    }
}

/* ---- tensors ------------------------------------------------------------------------------------------------ */

static void tensor_table(struct sinter_text *out, const struct sinter_part_result *part, const struct sinter_style *style)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_table_column(table, "tensor", SINTER_LEFT);
    sinter_table_column(table, "role", SINTER_LEFT);
    sinter_table_column(table, "size", SINTER_UNIT);
    sinter_table_column(table, "DRAM read", SINTER_UNIT);
    sinter_table_column(table, "DRAM written", SINTER_UNIT);
    for (int t = 0; t < part->cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &part->cascade->tensors[t];
        sinter_table_row(table, SINTER_PLAIN);
        sinter_table_cell(table, tensor->name);
        sinter_table_cell(table, sinter_role_name(tensor->role));
        sinter_table_cell(table, show_traffic(sinter_bits_to_bytes(tensor->bits)).text);
        sinter_table_cell(table, show_traffic(sinter_bits_to_bytes(part->plan->traffic[t].read_bits)).text);
        sinter_table_cell(table, show_traffic(sinter_bits_to_bytes(part->plan->traffic[t].write_bits)).text);
    }
    part_title(out, part, style, "Tensors");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

/* ---- all of it ---------------------------------------------------------------------------------------------- */

static void energy_note(struct sinter_text *out, const struct sinter_result *result)
{
    if (result->missing_energies != NULL)
        sinter_text_printf(out, "\nThe accelerator gives no energy for %s: they count as 0.\n", result->missing_energies);
}

static void details(struct sinter_text *out, const struct sinter_part_result *part, const struct sinter_style *style)
{
    if (part->status == SINTER_OK)
        einsum_table(out, part, style);
    if (part->status == SINTER_OK && part->is_simulated) {
        part_title(out, part, style, "Waits (simulated: what the units stood still for)");
        waits_text(out, part, style->is_verbose ? 0 : 8, style->is_colored);
    }
    if (part->has_plan)
        group_lines(out, part, style);
    if (part->has_plan && style->is_verbose)
        tensor_table(out, part, style);
    if (part->has_schedule) {
        part_title(out, part, style, "Schedule");
        append_schedule(out, part, "  ");
    }
}

enum sinter_status run_text(const struct sinter_result *result, const struct sinter_style *style, struct sinter_text *out)
{
    headline(out, result, style);
    const struct sinter_part_result *block = &result->parts[result->block];
    if (block->has_plan)
        summary(out, result, style);
    if (block->has_search && result->strategy->options.search.is_explained)
        explain_text(out, result, style);
    if (style->is_quiet)
        return text_status(out);
    if (style->all_layers)
        parts_table(out, result, style);
    for (int p = 0; p < result->n_parts; p++)
        if (style->all_layers || p == result->block)
            details(out, &result->parts[p], style);
    if (commands_text(block, style->n_commands, style->is_colored, out) != SINTER_OK)
        return SINTER_NO_MEMORY;
    energy_note(out, result);
    return text_status(out);
}
