/* verify_text.c: a verification for people: a sentence, the checks, what each tensor is like, what failed.
 * SPDX-License-Identifier: MIT
 */
#include "report/verify.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- phrases ------------------------------------------------------------------------------------------------------- */

struct shown show_error(double error)
{
    struct shown shown;
    if (!isfinite(error))
        snprintf(shown.text, sizeof shown.text, "-");
    else
        snprintf(shown.text, sizeof shown.text, "%.3g", error);
    return shown;
}

void append_format(struct sinter_text *out, const struct sinter_format *format)
{
    char buffer[64];
    sinter_text_append(out, sinter_format_print(format, buffer, sizeof buffer));
}

void append_inputs(struct sinter_text *out, const struct sinter_inputs *inputs)
{
    if (inputs->given == NULL) {
        sinter_text_printf(out, "random numbers of seed %llu", (unsigned long long)inputs->seed);
        return;
    }
    sinter_text_append(out, "the numbers of ");
    append_clean(out, inputs->given->source);
}

void append_result_name(struct sinter_text *out, const struct sinter_cascade *cascade, int tensor, bool is_final)
{
    append_clean(out, cascade->tensors[tensor].name);
    sinter_text_append(out, is_final ? ".final" : "");
}

/* "fp16; fp32: H, H0; float arithmetic": the format of most tensors first. */
static void append_numerics(struct sinter_text *out, const struct sinter_numerics *numerics)
{
    const struct sinter_cascade *cascade = numerics->cascade;
    int common = 0, most = 0;
    for (int t = 0; t < cascade->n_tensors; t++) {
        int n = 0;
        for (int s = 0; s < cascade->n_tensors; s++)
            n += sinter_format_equal(&numerics->formats[s], &numerics->formats[t]);
        common = n > most ? t : common;
        most = n > most ? n : most;
    }
    if (cascade->n_tensors > 0)
        append_format(out, &numerics->formats[common]);
    for (int t = 0; t < cascade->n_tensors; t++) {
        bool is_told = sinter_format_equal(&numerics->formats[t], &numerics->formats[common]);
        for (int s = 0; s < t; s++)
            is_told = is_told || sinter_format_equal(&numerics->formats[s], &numerics->formats[t]);
        if (is_told)
            continue;
        sinter_text_append(out, "; ");
        append_format(out, &numerics->formats[t]);
        const char *separator = ": ";
        for (int s = t; s < cascade->n_tensors; s++) {
            if (!sinter_format_equal(&numerics->formats[s], &numerics->formats[t]))
                continue;
            sinter_text_append(out, separator);
            append_clean(out, cascade->tensors[s].name);
            separator = ", ";
        }
    }
    sinter_text_printf(out, "; %s arithmetic", numerics->arithmetic == 32 ? "float" : "double");
}

static const struct sinter_numerics *numerics_of(const struct sinter_verification *verification,
                                                 const struct sinter_verified_run *run)
{
    return verification->numerics[run->part - verification->model->parts];
}

/* ---- checks -------------------------------------------------------------------------------------------------------- */

/* Numbers that are not promised to be anywhere: nobody shall think that they were checked. */
static const char *verdict(bool is_ok, int64_t n_unbounded)
{
    return !is_ok ? "FAILED" : n_unbounded > 0 ? "not bounded" : "ok";
}

static int64_t count_unbounded(const struct sinter_verified_run *run)
{
    int64_t n = 0;
    for (int i = 0; i < run->n_tensors; i++)
        n += run->tensors[i].local.n_unbounded;
    for (int i = 0; i < run->n_cuts; i++)
        n += run->cuts[i].check.n_unbounded;
    return n;
}

static void judged_row(struct sinter_table *table, const char *verdict_text, bool is_ok, const char *name, const char *of,
                       const char *found, const char *expected)
{
    struct sinter_text clean = {0};
    append_clean(&clean, of);
    sinter_table_row(table, is_ok ? SINTER_PLAIN : SINTER_ALARM);
    sinter_table_cellf(table, "%s%s", name, sinter_text_data(&clean));
    sinter_table_cell(table, found);
    sinter_table_cell(table, expected);
    sinter_table_cell(table, verdict_text);
    sinter_text_free(&clean);
}

static void check_row(struct sinter_table *table, bool is_ok, const char *name, const char *of, const char *found,
                      const char *expected)
{
    judged_row(table, verdict(is_ok, 0), is_ok, name, of, found, expected);
}

static void bytes_row(struct sinter_table *table, const char *name, const char *of, int64_t found, int64_t expected)
{
    struct sinter_text left = {0}, right = {0};
    sinter_text_printf(&left, "%s B", show_integer(sinter_bits_to_bytes(found)).text);
    sinter_text_printf(&right, "%s B, as charged", show_integer(sinter_bits_to_bytes(expected)).text);
    check_row(table, found == expected, name, of, made_text(&left), made_text(&right));
    sinter_text_free(&left);
    sinter_text_free(&right);
}

static void append_unbounded(struct sinter_text *out, int64_t n)
{
    if (n > 0)
        sinter_text_printf(out, "; %s numbers have no bound", show_integer(n).text);
}

/* One row for the tensors that must be the reference's to the bit, one for those that come from split sums. */
static void values_row(struct sinter_table *table, const struct sinter_verified_run *run, bool is_split)
{
    int n = 0, n_ok = 0;
    int64_t numbers = 0, n_unbounded = 0;
    double share = 0;
    for (int i = 0; i < run->n_tensors; i++) {
        const struct sinter_verified_tensor *checked = &run->tensors[i];
        if (checked->is_split != is_split)
            continue;
        n++;
        n_ok += checked->is_ok;
        numbers += checked->reference.n;
        n_unbounded += checked->local.n_unbounded;
        share = fmax(share, checked->local.most_of_bound);
    }
    if (n == 0)
        return;
    struct sinter_text found = {0};
    sinter_text_printf(&found, "%d of %d tensors, %s numbers", n_ok, n, show_integer(numbers).text);
    if (is_split && share > 0 && isfinite(share))
        sinter_text_printf(&found, ", at most %s of a bound", show_percent(share).text);
    append_unbounded(&found, n_unbounded);
    judged_row(table, verdict(n_ok == n, n_unbounded), n_ok == n, is_split ? "values behind split sums" : "values", "",
               made_text(&found),
               is_split ? "what each Einsum makes of its operands, split sums within bounds"
                        : "the unfused reference, to the last bit");
    sinter_text_free(&found);
}

static void cuts_row(struct sinter_table *table, const struct sinter_verified_run *run)
{
    int n_ok = 0;
    int64_t n_unbounded = 0;
    double error = 0, bound = 0;
    for (int i = 0; i < run->n_cuts; i++) {
        n_ok += run->cuts[i].is_ok;
        n_unbounded += run->cuts[i].check.n_unbounded;
        error = fmax(error, run->cuts[i].check.most_relative);
        bound = fmax(bound, run->cuts[i].check.bound_relative);
    }
    if (run->n_cuts == 0)
        return;
    struct sinter_text found = {0}, expected = {0};
    sinter_text_printf(&found, "%d of %d cuts, off by %s at most", n_ok, run->n_cuts, show_error(error).text);
    append_unbounded(&found, n_unbounded);
    sinter_text_append(&expected, "what is stored, within ");
    if (bound > 0)
        sinter_text_printf(&expected, "bounds of at most %s", show_error(bound).text);
    else
        sinter_text_append(&expected, "bounds; there are none");
    judged_row(table, verdict(run->cuts_are_ok, n_unbounded), run->cuts_are_ok, "stored values", "", made_text(&found),
               made_text(&expected));
    sinter_text_free(&found);
    sinter_text_free(&expected);
}

static void tensors_row(struct sinter_table *table, const struct sinter_verified_run *run)
{
    const struct sinter_plan *plan = run->plan;
    int n_ok = 0;
    for (int t = 0; t < plan->cascade->n_tensors; t++) {
        const struct sinter_tensor_traffic *charged = &plan->traffic[t], *moved = &run->execution->traffic[t];
        n_ok += charged->read_bits == moved->read_bits && charged->write_bits == moved->write_bits;
    }
    struct sinter_text found = {0};
    sinter_text_printf(&found, "%d of %d tensors", n_ok, plan->cascade->n_tensors);
    check_row(table, n_ok == plan->cascade->n_tensors, "DRAM by tensor", "", made_text(&found), "as charged");
    sinter_text_free(&found);
}

static void memory_rows(struct sinter_table *table, const struct sinter_verified_run *run, int m)
{
    const struct sinter_memory *memory = &run->plan->accel->memories[m];
    const struct sinter_execution *execution = run->execution;
    if (run->plan->accel->n_memories > 2) {
        bytes_row(table, "moved into ", memory->name, execution->load_bits[m], run->charged_load_bits[m]);
        bytes_row(table, "moved out of ", memory->name, execution->store_bits[m], run->charged_store_bits[m]);
    }
    bytes_row(table, "peak in ", memory->name, execution->peak_bits[m], run->plan->peak_bits[m]);
    struct sinter_text found = {0}, expected = {0};
    int64_t extent = execution->extent_bits[m], gaps = extent - execution->peak_bits[m];
    sinter_text_printf(&found, "%s B, %s B beyond the peak", show_integer(sinter_bits_to_bytes(extent)).text,
                       show_integer(sinter_bits_to_bytes(gaps > 0 ? gaps : 0)).text);
    sinter_text_printf(&expected, "at most %s", show_capacity(memory->capacity_bytes).text);
    check_row(table, (double)extent <= 8 * memory->capacity_bytes, "addresses of ", memory->name, made_text(&found),
              made_text(&expected));
    sinter_text_free(&found);
    sinter_text_free(&expected);
}

static void checks_table(struct sinter_text *out, const struct sinter_verified_run *run, const struct sinter_style *style)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_table_column(table, "check", SINTER_LEFT);
    sinter_table_column(table, "executed", SINTER_LEFT);
    sinter_table_column(table, "expected", SINTER_LEFT);
    sinter_table_column(table, "", SINTER_LEFT);
    values_row(table, run, false);
    values_row(table, run, true);
    cuts_row(table, run);
    bytes_row(table, "DRAM read", "", run->read_bits, run->charged_read_bits);
    bytes_row(table, "DRAM written", "", run->write_bits, run->charged_write_bits);
    tensors_row(table, run);
    for (int m = 1; m < run->plan->accel->n_memories; m++)
        memory_rows(table, run, m);
    struct sinter_text found = {0}, expected = {0};
    sinter_text_append(&found, show_integer(run->execution->n_computes).text);
    sinter_text_printf(&expected, "%s, the visits of the leaves", show_integer(run->charged_computes).text);
    check_row(table, run->computes_are_ok, "computations", "", made_text(&found), made_text(&expected));
    sinter_text_free(&found);
    sinter_text_free(&expected);
    sinter_text_append(out, "\n");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

/* ---- tensors ------------------------------------------------------------------------------------------------------- */

static void append_verdict(struct sinter_text *out, const struct sinter_verified_tensor *checked)
{
    if (!checked->is_ok)
        sinter_text_append(out, "FAILED");
    else if (!checked->is_split)
        sinter_text_append(out, "the reference's bits");
    else if (checked->local.worst < 0 && checked->local.n_unbounded == 0)
        sinter_text_append(out, "the bits of its operands");
    else if (checked->local.n_unbounded > 0)
        sinter_text_printf(out, "%s without a bound", show_integer(checked->local.n_unbounded).text);
    else
        sinter_text_printf(out, "%s of its bound", show_percent(checked->local.most_of_bound).text);
}

static void tensor_row(struct sinter_table *table, const struct sinter_verified_run *run,
                       const struct sinter_numerics *numerics, const struct sinter_verified_tensor *checked)
{
    const struct sinter_tensor *tensor = &run->plan->cascade->tensors[checked->tensor];
    const struct sinter_difference *off = &checked->unrounded;
    struct sinter_text text = {0};
    sinter_table_row(table, checked->is_ok ? SINTER_PLAIN : SINTER_ALARM);
    append_result_name(&text, run->plan->cascade, checked->tensor, checked->is_final);
    sinter_table_cell(table, made_text(&text));
    sinter_table_cell(table, sinter_role_name(tensor->role));
    text.length = 0;
    append_format(&text, &numerics->formats[checked->tensor]);
    sinter_table_cell(table, made_text(&text));
    sinter_table_cell(table, show_integer(tensor->elements).text);
    text.length = 0;
    append_verdict(&text, checked);
    sinter_table_cell(table, made_text(&text));
    sinter_table_cell(table, show_integer(checked->reference.n_different).text);
    sinter_table_cell(table, show_integer(off->n - off->n_finite).text);
    sinter_table_cell(table, show_error(off->largest).text);
    sinter_table_cell(table, show_error(off->most_relative).text);
    sinter_table_cell(table, show_error(off->rms_relative).text);
    sinter_table_cell(table, show_error(off->most_ulp).text);
    sinter_text_free(&text);
}

static void values_table(struct sinter_text *out, const struct sinter_verified_run *run,
                         const struct sinter_numerics *numerics, const struct sinter_style *style)
{
    static const char *const headers[] = {"tensor",     "role",    "format",    "numbers",   "is", "not the reference's",
                                          "not finite", "largest", "max error", "rms error", "ulp"};
    struct sinter_table *table = sinter_table_new(out->allocator);
    for (int i = 0; i < 11; i++)
        sinter_table_column(table, headers[i], i < 3 || i == 4 ? SINTER_LEFT : SINTER_RIGHT);
    for (int i = 0; i < run->n_tensors; i++)
        tensor_row(table, run, numerics, &run->tensors[i]);
    append_title(out, style, "Values (errors: to double without any rounding, relative to the tensor's largest magnitude)");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

static void cuts_table(struct sinter_text *out, const struct sinter_verified_run *run, const struct sinter_style *style)
{
    static const char *const headers[] = {"cut", "numbers", "error", "bound", "of its bound", "without a bound", ""};
    if (run->n_cuts == 0)
        return;
    struct sinter_table *table = sinter_table_new(out->allocator);
    for (int i = 0; i < 7; i++)
        sinter_table_column(table, headers[i], i == 0 || i == 6 ? SINTER_LEFT : SINTER_RIGHT);
    for (int i = 0; i < run->n_cuts; i++) {
        const struct sinter_verified_cut *checked = &run->cuts[i];
        struct sinter_text name = {0};
        append_clean(&name, checked->cut->name);
        sinter_table_row(table, checked->is_ok ? SINTER_PLAIN : SINTER_ALARM);
        sinter_table_cell(table, made_text(&name));
        sinter_table_cell(table, show_integer(checked->check.n).text);
        sinter_table_cell(table, show_error(checked->check.most_relative).text);
        bool has_bound = checked->check.bound_relative > 0, has_share = has_bound && isfinite(checked->check.most_of_bound);
        sinter_table_cell(table, has_bound ? show_error(checked->check.bound_relative).text : "-");
        sinter_table_cell(table, has_share ? show_percent(checked->check.most_of_bound).text : "-");
        sinter_table_cell(table, show_integer(checked->check.n_unbounded).text);
        sinter_table_cell(table, verdict(checked->is_ok, checked->check.n_unbounded));
        sinter_text_free(&name);
    }
    append_title(out, style, "Stored values (relative to the largest magnitude of the cut)");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

static void traffic_table(struct sinter_text *out, const struct sinter_verified_run *run, const struct sinter_style *style)
{
    static const char *const headers[] = {"tensor", "role", "read", "charged", "written", "charged", ""};
    const struct sinter_plan *plan = run->plan;
    struct sinter_table *table = sinter_table_new(out->allocator);
    for (int i = 0; i < 7; i++)
        sinter_table_column(table, headers[i], i < 2 || i == 6 ? SINTER_LEFT : SINTER_RIGHT);
    for (int t = 0; t < plan->cascade->n_tensors; t++) {
        const struct sinter_tensor_traffic *charged = &plan->traffic[t], *moved = &run->execution->traffic[t];
        bool is_ok = charged->read_bits == moved->read_bits && charged->write_bits == moved->write_bits;
        sinter_table_row(table, is_ok ? SINTER_PLAIN : SINTER_ALARM);
        sinter_table_cell(table, plan->cascade->tensors[t].name);
        sinter_table_cell(table, sinter_role_name(plan->cascade->tensors[t].role));
        sinter_table_cell(table, show_integer(sinter_bits_to_bytes(moved->read_bits)).text);
        sinter_table_cell(table, show_integer(sinter_bits_to_bytes(charged->read_bits)).text);
        sinter_table_cell(table, show_integer(sinter_bits_to_bytes(moved->write_bits)).text);
        sinter_table_cell(table, show_integer(sinter_bits_to_bytes(charged->write_bits)).text);
        sinter_table_cell(table, is_ok ? "ok" : "FAILED");
    }
    append_title(out, style, "DRAM bytes by tensor");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

/* ---- one run ------------------------------------------------------------------------------------------------------- */

/* Where the first wrong number of a tensor is; the worst one. */
static void failures(struct sinter_text *out, const struct sinter_verified_run *run)
{
    for (int i = 0; i < run->n_tensors; i++) {
        const struct sinter_verified_tensor *checked = &run->tensors[i];
        if (checked->is_ok)
            continue;
        bool is_split = checked->is_split;
        sinter_text_append(out, "  ");
        append_result_name(out, run->plan->cascade, checked->tensor, checked->is_final);
        sinter_text_printf(out, ": element %lld is %.17g, expected %.17g\n",
                           (long long)(is_split ? checked->local.worst : checked->reference.worst),
                           is_split ? checked->local.found : checked->reference.a,
                           is_split ? checked->local.expected : checked->reference.b);
    }
    for (int i = 0; i < run->n_cuts; i++) {
        const struct sinter_verified_cut *checked = &run->cuts[i];
        if (checked->is_ok)
            continue;
        sinter_text_append(out, "  stored ");
        append_clean(out, checked->cut->name);
        sinter_text_printf(out, ": element %lld is %.17g, expected %.17g", (long long)checked->check.worst,
                           checked->check.found, checked->check.expected);
        if (isfinite(checked->check.found))
            sinter_text_printf(out, " within %.3g", checked->check.bound);
        sinter_text_append(out, "\n");
    }
}

static void facts(struct sinter_text *out, const struct sinter_verification *verification,
                  const struct sinter_verified_run *run)
{
    const struct sinter_execution *execution = run->execution;
    sinter_text_printf(out, "Executed %s commands (%s loads, %s computations, %s stores, %s frees) on ",
                       show_integer(execution->n_commands).text, show_integer(execution->n_loads).text,
                       show_integer(execution->n_computes).text, show_integer(execution->n_stores).text,
                       show_integer(execution->n_frees).text);
    append_inputs(out, verification->inputs);
    sinter_text_append(out, ".\nNumbers: ");
    append_numerics(out, numerics_of(verification, run));
    sinter_text_append(out, execution->splits_sums ? "; some sums are split.\n" : "; no sum is split.\n");
}

static void headline(struct sinter_text *out, const struct sinter_verification *verification,
                     const struct sinter_verified_run *run, const struct sinter_style *style)
{
    sinter_text_append(out, tone_begin(SINTER_STRONG, style->is_colored));
    describe_task(out, verification->model, verification->accel, run->part->name);
    sinter_text_append(out, ": ");
    describe_strategy(out, run->strategy);
    int64_t n_unbounded = run->status == SINTER_OK ? count_unbounded(run) : 0;
    if (run->status == SINTER_OK && run->is_ok && n_unbounded > 0)
        sinter_text_printf(out, " is verified but for %s numbers that have no bound: every other check holds.",
                           show_integer(n_unbounded).text);
    else if (run->status == SINTER_OK)
        sinter_text_append(out, run->is_ok ? " is verified: every check holds." : " FAILED: not every check holds.");
    else {
        sinter_text_append(out, " is not executed: ");
        append_clean(out, run->reason);
        sinter_text_append(out, ".");
    }
    sinter_text_append(out, tone_end(SINTER_STRONG, style->is_colored));
    sinter_text_append(out, "\n");
}

static void run_in_full(struct sinter_text *out, const struct sinter_verification *verification,
                        const struct sinter_verified_run *run, const struct sinter_style *style)
{
    headline(out, verification, run, style);
    if (run->status != SINTER_OK)
        return;
    facts(out, verification, run);
    checks_table(out, run, style);
    failures(out, run);
    if (style->is_quiet)
        return;
    cuts_table(out, run, style);
    values_table(out, run, numerics_of(verification, run), style);
    if (style->is_verbose)
        traffic_table(out, run, style);
}

/* ---- several ------------------------------------------------------------------------------------------------------- */

static void summary_row(struct sinter_table *table, const struct sinter_verified_run *run, bool has_cuts)
{
    struct sinter_text name = {0};
    sinter_table_row(table, run->is_ok ? SINTER_PLAIN : SINTER_ALARM);
    describe_strategy(&name, run->strategy);
    sinter_table_cell(table, made_text(&name));
    sinter_table_cell(table, run->part->name);
    sinter_text_free(&name);
    if (run->status != SINTER_OK) {
        sinter_table_span(table, run->reason);
        return;
    }
    int n_exact = 0, n_close = 0;
    for (int i = 0; i < run->n_tensors; i++) {
        n_exact += run->tensors[i].is_ok && !run->tensors[i].is_split;
        n_close += run->tensors[i].is_ok && run->tensors[i].is_split;
    }
    sinter_table_cell(table, verdict(run->is_ok, count_unbounded(run)));
    sinter_table_cellf(table, "%d", run->n_tensors);
    sinter_table_cellf(table, "%d", n_exact);
    sinter_table_cellf(table, "%d", n_close);
    if (has_cuts) {
        int n_ok = 0;
        for (int i = 0; i < run->n_cuts; i++)
            n_ok += run->cuts[i].is_ok;
        sinter_table_cellf(table, "%d of %d", n_ok, run->n_cuts);
    }
    sinter_table_cell(table, run->traffic_is_ok ? show_traffic(sinter_bits_to_bytes(run->read_bits)).text : "FAILED");
    sinter_table_cell(table, run->traffic_is_ok ? show_traffic(sinter_bits_to_bytes(run->write_bits)).text : "FAILED");
    for (int m = 1; m < run->plan->accel->n_memories; m++)
        sinter_table_cell(table, run->peaks_are_ok
                                     ? show_capacity((double)sinter_bits_to_bytes(run->execution->peak_bits[m])).text
                                     : "FAILED");
    sinter_table_cell(table, show_integer(run->execution->n_commands).text);
}

static void summary(struct sinter_text *out, const struct sinter_verification *verification,
                    const struct sinter_style *style)
{
    struct sinter_table *table = sinter_table_new(out->allocator);
    sinter_table_column(table, "strategy", SINTER_LEFT);
    sinter_table_column(table, "part", SINTER_LEFT);
    sinter_table_column(table, "", SINTER_LEFT);
    sinter_table_column(table, "tensors", SINTER_RIGHT);
    sinter_table_column(table, "exact", SINTER_RIGHT);
    sinter_table_column(table, "in bounds", SINTER_RIGHT);
    bool has_cuts = verification->inputs->given != NULL && verification->inputs->given->n_cuts > 0;
    if (has_cuts)
        sinter_table_column(table, "stored", SINTER_RIGHT);
    sinter_table_column(table, "DRAM read", SINTER_UNIT);
    sinter_table_column(table, "DRAM written", SINTER_UNIT);
    for (int m = 1; m < verification->accel->n_memories; m++) {
        struct sinter_text name = {0};
        sinter_text_append(&name, "peak ");
        append_clean(&name, verification->accel->memories[m].name);
        sinter_table_column(table, made_text(&name), SINTER_UNIT);
        sinter_text_free(&name);
    }
    sinter_table_column(table, "commands", SINTER_RIGHT);
    for (int i = 0; i < verification->n_runs; i++)
        summary_row(table, &verification->runs[i], has_cuts);
    sinter_text_append(out, "\n");
    sinter_table_print(table, style->is_colored, out);
    sinter_table_free(table);
}

enum sinter_status verification_text(const struct sinter_verification *verification, const struct sinter_style *style,
                                     struct sinter_text *out)
{
    if (verification->n_runs == 1) {
        run_in_full(out, verification, &verification->runs[0], style);
        return text_status(out);
    }
    int n_ok = 0;
    for (int i = 0; i < verification->n_runs; i++)
        n_ok += verification->runs[i].is_ok;
    const char *part = verification->n_parts > 1 ? NULL : verification->runs[0].part->name;
    sinter_text_append(out, tone_begin(SINTER_STRONG, style->is_colored));
    describe_task(out, verification->model, verification->accel, part);
    sinter_text_printf(out, ": %d of %d schedules are verified, on ", n_ok, verification->n_runs);
    append_inputs(out, verification->inputs);
    sinter_text_printf(out, ".%s\n", tone_end(SINTER_STRONG, style->is_colored));
    summary(out, verification, style);
    for (int i = 0; i < verification->n_runs; i++) {
        const struct sinter_verified_run *run = &verification->runs[i];
        if (!style->is_verbose && (run->is_ok || run->status != SINTER_OK))
            continue;
        sinter_text_append(out, "\n");
        run_in_full(out, verification, run, style);
    }
    return text_status(out);
}
