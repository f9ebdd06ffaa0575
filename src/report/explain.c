/* explain.c: why a schedule that was searched for is as it is, for people.
 * SPDX-License-Identifier: MIT
 */
#include "report/explain.h"

#include <stdio.h>

static double cycles_per_bit(const struct sinter_accel *accel)
{
    return accel->hz / (8 * accel->memories[0].bytes_per_s);
}

static void append_group(struct sinter_text *out, const struct sinter_cascade *cascade, uint64_t einsums)
{
    const char *separator = "";
    for (; einsums != 0; einsums &= einsums - 1) {
        sinter_text_append(out, separator);
        append_clean(out, cascade->einsums[__builtin_ctzll(einsums)].name);
        separator = " ";
    }
}

/* Groups with what they compute and move, and what each waits for. */
static void path_table(struct sinter_text *out, const struct sinter_result *result, const struct sinter_style *style,
                       const struct sinter_search_path *path, const char *title)
{
    const struct sinter_part_result *block = &result->parts[result->block];
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_table_column(table, "cycles", SINTER_UNIT);
    sinter_table_column(table, "compute", SINTER_UNIT);
    sinter_table_column(table, "DRAM", SINTER_UNIT);
    sinter_table_column(table, "group", SINTER_LEFT);
    for (int i = 0; i < path->n; i++) {
        const struct sinter_search_group *group = &path->groups[i];
        struct sinter_text names = {0};
        append_group(&names, block->cascade, group->einsums);
        sinter_table_row(table, SINTER_PLAIN);
        sinter_table_cell(table, show_cycles(group->cycles).text);
        sinter_table_cell(table, show_cycles(group->compute_cycles).text);
        sinter_table_cell(table, show_cycles(group->bits * cycles_per_bit(result->accel)).text);
        sinter_table_cell(table, made_text(&names));
        sinter_text_free(&names);
    }
    append_title(out, style, title);
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

static void bound_sentence(struct sinter_text *out, const struct sinter_result *result)
{
    const struct sinter_search *search = &result->parts[result->block].search;
    double moving = 8 * search->dram_bytes * cycles_per_bit(result->accel);
    sinter_text_printf(
        out, "  Any schedule computes for %s cycles at least and moves %s, which take %s cycles: it is bound by %s.\n",
        show_cycles(search->compute_cycles).text, show_traffic((int64_t)search->dram_bytes).text, show_cycles(moving).text,
        moving > search->compute_cycles ? "DRAM" : "compute");
    double more = search->least.cycles - (moving > search->compute_cycles ? moving : search->compute_cycles);
    if (more > 1e-6 * search->least.cycles)
        sinter_text_printf(
            out,
            "  In this much memory on chip not everything can be fused: the cut below is the best that bounds "
            "allow, and costs %s cycles more.\n",
            show_cycles(more).text);
    else
        sinter_text_append(out, "  By bounds alone nothing more than that is needed in this much memory on chip.\n");
}

static void runner_up_sentence(struct sinter_text *out, const struct sinter_result *result)
{
    const struct sinter_search *search = &result->parts[result->block].search;
    const struct sinter_search_path *second = &search->runner_up, *first = &search->found;
    if (first->n == 0) {
        sinter_text_printf(out, "  It is the schedule of %s; what the search made itself was slower.\n", search->rule);
        return;
    }
    if (second->n == 0) {
        sinter_text_append(out, "  No schedule with another cut into groups is known.\n");
        return;
    }
    double more = second->simulated_cycles / first->simulated_cycles - 1, bits = second->bits - first->bits;
    sinter_text_printf(out, "  The runner-up, with another cut into groups, takes %s cycles simulated, ",
                       show_cycles(second->simulated_cycles).text);
    if (more > -5e-5 && more < 5e-5)
        sinter_text_append(out, "as many");
    else
        sinter_text_printf(out, "%.2g %% %s", 100 * (more < 0 ? -more : more), more < 0 ? "fewer" : "more");
    sinter_text_printf(out, ", %s in closed form, and moves %s %s.\n", show_cycles(second->cycles).text,
                       show_traffic((int64_t)((bits < 0 ? -bits : bits) / 8)).text, bits < 0 ? "less" : "more");
}

static void what_if_table(struct sinter_text *out, const struct sinter_result *result, const struct sinter_style *style)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_table_column(table, "with", SINTER_LEFT);
    sinter_table_column(table, "cycles", SINTER_UNIT);
    sinter_table_column(table, "speed", SINTER_RIGHT);
    for (int i = 0; i < result->n_what_ifs; i++) {
        const struct sinter_what_if *what_if = &result->what_ifs[i];
        sinter_table_row(table, SINTER_PLAIN);
        sinter_table_cell(table, what_if->change);
        if (!what_if->fits) {
            sinter_table_span(table, "nothing fits");
            continue;
        }
        char speed[32];
        snprintf(speed, sizeof speed, "%.3fx", result->one.cycles / what_if->cycles);
        sinter_table_cell(table, show_cycles(what_if->cycles).text);
        sinter_table_cell(table, speed);
    }
    append_title(out, style, "What if (each with its own best schedule, simulated)");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

void explain_text(struct sinter_text *out, const struct sinter_result *result, const struct sinter_style *style)
{
    const struct sinter_search *search = &result->parts[result->block].search;
    append_title(out, style, "Why this schedule");
    bound_sentence(out, result);
    runner_up_sentence(out, result);
    path_table(out, result, style, &search->least,
               "The least by bounds (cycles of each group, and of that computing and moving)");
    if (search->found.n > 0)
        path_table(out, result, style, &search->found, "The schedule, in closed form");
    if (search->runner_up.n > 0)
        path_table(out, result, style, &search->runner_up, "The runner-up, in closed form");
    what_if_table(out, result, style);
}
