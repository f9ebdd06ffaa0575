/* verify_data.c: a verification as JSON and as CSV.
 * SPDX-License-Identifier: MIT
 */
#include "report/verify.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- members ------------------------------------------------------------------------------------------------------- */

json_t *jot_inputs(struct jot *jot, const struct sinter_inputs *inputs)
{
    json_t *object = jot_object(jot);
    char seed[32];
    snprintf(seed, sizeof seed, "%" PRIu64, inputs->seed);
    bool is_small = inputs->seed <= INT64_MAX; /* a larger one as text, so that it stays exact */
    json_t *number = is_small ? jot_count(jot, (int64_t)inputs->seed) : jot_text(jot, seed);
    if (inputs->given != NULL) {
        json_decref(number);
        number = json_null();
    }
    jot_put(jot, object, "seed", number);
    jot_put(jot, object, "file", jot_text(jot, inputs->given == NULL ? NULL : inputs->given->source));
    return object;
}

json_t *jot_format(struct jot *jot, const struct sinter_format *format)
{
    char buffer[64];
    return jot_text(jot, sinter_format_print(format, buffer, sizeof buffer));
}

json_t *jot_difference(struct jot *jot, const struct sinter_difference *difference)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "different", jot_count(jot, difference->n_different));
    jot_put(jot, object, "finite", jot_count(jot, difference->n_finite));
    jot_put(jot, object, "largest", jot_real(jot, difference->largest));
    jot_put(jot, object, "max_absolute", jot_real(jot, difference->most_absolute));
    jot_put(jot, object, "max_relative", jot_real(jot, difference->most_relative));
    jot_put(jot, object, "rms_relative", jot_real(jot, difference->rms_relative));
    jot_put(jot, object, "max_ulp", jot_real(jot, difference->most_ulp));
    return object;
}

static json_t *jot_check(struct jot *jot, const struct sinter_check *check)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "outside", jot_count(jot, check->n_outside));
    jot_put(jot, object, "unbounded", jot_count(jot, check->n_unbounded));
    jot_put(jot, object, "max_relative", jot_real(jot, check->most_relative));
    jot_put(jot, object, "bound_relative", jot_real(jot, check->bound_relative));
    jot_put(jot, object, "of_bound", jot_real(jot, check->most_of_bound));
    return object;
}

static json_t *jot_pair(struct jot *jot, bool is_ok, int64_t executed, int64_t charged)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "ok", jot_boolean(is_ok));
    jot_put(jot, object, "executed", jot_count(jot, executed));
    jot_put(jot, object, "charged", jot_count(jot, charged));
    return object;
}

static json_t *jot_bytes(struct jot *jot, int64_t executed_bits, int64_t charged_bits)
{
    return jot_pair(jot, executed_bits == charged_bits, sinter_bits_to_bytes(executed_bits),
                    sinter_bits_to_bytes(charged_bits));
}

static json_t *result_name(struct jot *jot, const struct sinter_cascade *cascade, int tensor, bool is_final)
{
    struct sinter_text name = {0};
    sinter_text_printf(&name, "%s%s", cascade->tensors[tensor].name, is_final ? ".final" : "");
    json_t *value = jot_text(jot, made_text(&name));
    jot->failed = jot->failed || name.failed;
    sinter_text_free(&name);
    return value;
}

/* ---- one run ------------------------------------------------------------------------------------------------------- */

static json_t *values_member(struct jot *jot, const struct sinter_verified_run *run, const struct sinter_numerics *numerics)
{
    const struct sinter_cascade *cascade = run->part->cascade;
    json_t *array = jot_array(jot);
    for (int i = 0; i < run->n_tensors; i++) {
        const struct sinter_verified_tensor *checked = &run->tensors[i];
        json_t *object = jot_object(jot);
        jot_put(jot, object, "name", result_name(jot, cascade, checked->tensor, checked->is_final));
        jot_put(jot, object, "role", jot_text(jot, sinter_role_name(cascade->tensors[checked->tensor].role)));
        jot_put(jot, object, "format", jot_format(jot, &numerics->formats[checked->tensor]));
        jot_put(jot, object, "elements", jot_count(jot, checked->reference.n));
        jot_put(jot, object, "ok", jot_boolean(checked->is_ok));
        jot_put(jot, object, "split", jot_boolean(checked->is_split));
        jot_put(jot, object, "reference", jot_difference(jot, &checked->reference));
        jot_put(jot, object, "operands", checked->is_split ? jot_check(jot, &checked->local) : json_null());
        jot_put(jot, object, "unrounded", jot_difference(jot, &checked->unrounded));
        jot_add(jot, array, object);
    }
    return array;
}

static json_t *cuts_member(struct jot *jot, const struct sinter_verified_run *run)
{
    json_t *array = jot_array(jot);
    for (int i = 0; i < run->n_cuts; i++) {
        const struct sinter_verified_cut *checked = &run->cuts[i];
        json_t *object = jot_object(jot);
        jot_put(jot, object, "name", jot_text(jot, checked->cut->name));
        jot_put(jot, object, "elements", jot_count(jot, checked->check.n));
        jot_put(jot, object, "ok", jot_boolean(checked->is_ok));
        jot_put(jot, object, "stored", jot_check(jot, &checked->check));
        jot_add(jot, array, object);
    }
    return array;
}

static json_t *traffic_member(struct jot *jot, const struct sinter_verified_run *run)
{
    const struct sinter_plan *plan = run->plan;
    json_t *array = jot_array(jot);
    for (int t = 0; t < plan->cascade->n_tensors; t++) {
        const struct sinter_tensor_traffic *charged = &plan->traffic[t], *moved = &run->execution->traffic[t];
        json_t *object = jot_object(jot);
        jot_put(jot, object, "name", jot_text(jot, plan->cascade->tensors[t].name));
        jot_put(jot, object, "read", jot_bytes(jot, moved->read_bits, charged->read_bits));
        jot_put(jot, object, "write", jot_bytes(jot, moved->write_bits, charged->write_bits));
        jot_add(jot, array, object);
    }
    return array;
}

static json_t *memories_member(struct jot *jot, const struct sinter_verified_run *run)
{
    const struct sinter_accel *accel = run->plan->accel;
    const struct sinter_execution *execution = run->execution;
    json_t *array = jot_array(jot);
    for (int m = 1; m < accel->n_memories; m++) {
        double capacity = accel->memories[m].capacity_bytes;
        json_t *object = jot_object(jot);
        jot_put(jot, object, "name", jot_text(jot, accel->memories[m].name));
        jot_put(jot, object, "in", jot_bytes(jot, execution->load_bits[m], run->charged_load_bits[m]));
        jot_put(jot, object, "out", jot_bytes(jot, execution->store_bits[m], run->charged_store_bits[m]));
        jot_put(jot, object, "peak", jot_bytes(jot, execution->peak_bits[m], run->plan->peak_bits[m]));
        jot_put(jot, object, "extent_bytes", jot_count(jot, sinter_bits_to_bytes(execution->extent_bits[m])));
        jot_put(jot, object, "capacity_bytes", capacity < 9e18 ? jot_count(jot, (int64_t)capacity) : json_null());
        jot_add(jot, array, object);
    }
    return array;
}

static json_t *commands_member(struct jot *jot, const struct sinter_verified_run *run)
{
    const struct sinter_execution *execution = run->execution;
    json_t *object = jot_object(jot);
    jot_put(jot, object, "all", jot_count(jot, execution->n_commands));
    jot_put(jot, object, "load", jot_count(jot, execution->n_loads));
    jot_put(jot, object, "compute", jot_count(jot, execution->n_computes));
    jot_put(jot, object, "store", jot_count(jot, execution->n_stores));
    jot_put(jot, object, "free", jot_count(jot, execution->n_frees));
    return object;
}

static json_t *run_member(struct jot *jot, const struct sinter_verified_run *run, const struct sinter_numerics *numerics)
{
    json_t *object = jot_object(jot);
    jot_put(jot, object, "strategy", jot_text(jot, strategy_label(run->strategy)));
    jot_put(jot, object, "part", jot_text(jot, run->part->name));
    jot_put(jot, object, "ok", jot_boolean(run->is_ok));
    jot_put(jot, object, "status", jot_text(jot, run->status == SINTER_OK ? "executed" : "not executed"));
    if (run->status != SINTER_OK) {
        jot_put(jot, object, "reason", jot_text(jot, run->reason));
        return object;
    }
    jot_put(jot, object, "arithmetic", jot_count(jot, numerics->arithmetic));
    jot_put(jot, object, "splits_sums", jot_boolean(run->execution->splits_sums));
    jot_put(jot, object, "commands", commands_member(jot, run));
    jot_put(jot, object, "computations",
            jot_pair(jot, run->computes_are_ok, run->execution->n_computes, run->charged_computes));
    jot_put(jot, object, "register_bytes", jot_count(jot, run->execution->register_bytes));
    jot_put(jot, object, "dram_read", jot_bytes(jot, run->read_bits, run->charged_read_bits));
    jot_put(jot, object, "dram_write", jot_bytes(jot, run->write_bits, run->charged_write_bits));
    jot_put(jot, object, "memories", memories_member(jot, run));
    jot_put(jot, object, "traffic", traffic_member(jot, run));
    jot_put(jot, object, "values", values_member(jot, run, numerics));
    jot_put(jot, object, "cuts", cuts_member(jot, run));
    return object;
}

void jot_verification(struct jot *jot, json_t *object, const struct sinter_verification *verification)
{
    json_t *runs = jot_array(jot);
    jot_put(jot, object, "schema", jot_text(jot, "sinter.verify/1"));
    jot_put(jot, object, "model", jot_model(jot, verification->model));
    jot_put(jot, object, "accelerator", jot_accel(jot, verification->accel));
    jot_put(jot, object, "inputs", jot_inputs(jot, verification->inputs));
    jot_put(jot, object, "ok", jot_boolean(verification->is_ok));
    for (int i = 0; i < verification->n_runs; i++) {
        const struct sinter_verified_run *run = &verification->runs[i];
        jot_add(jot, runs, run_member(jot, run, verification->numerics[run->part - verification->model->parts]));
    }
    jot_put(jot, object, "runs", runs);
}

enum sinter_status verification_json(const struct sinter_verification *verification, struct sinter_text *out)
{
    struct jot jot = {false};
    json_t *root = jot_object(&jot);
    jot_verification(&jot, root, verification);
    return jot_finish(&jot, root, out);
}

/* ---- CSV ----------------------------------------------------------------------------------------------------------- */

/* The fields that every row begins with. */
static int begin_row(struct sinter_text *out, const struct sinter_verified_run *run, const char *check, const char *item,
                     bool is_ok)
{
    int n = 0;
    sinter_csv_field(out, &n, strategy_label(run->strategy));
    sinter_csv_field(out, &n, run->part->name);
    sinter_csv_field(out, &n, check);
    sinter_csv_field(out, &n, item);
    sinter_csv_field(out, &n, is_ok ? "yes" : "no");
    return n;
}

static void count_row(struct sinter_text *out, const struct sinter_verified_run *run, const char *check, const char *item,
                      int64_t executed, int64_t expected, bool is_ok)
{
    int n = begin_row(out, run, check, item, is_ok);
    sinter_csv_integer(out, &n, executed);
    sinter_csv_integer(out, &n, expected);
    for (int i = 0; i < 7; i++)
        sinter_csv_field(out, &n, "");
    sinter_csv_end(out, &n);
}

static void bits_row(struct sinter_text *out, const struct sinter_verified_run *run, const char *check, const char *item,
                     int64_t executed, int64_t expected)
{
    count_row(out, run, check, item, sinter_bits_to_bytes(executed), sinter_bits_to_bytes(expected), executed == expected);
}

static void value_row(struct sinter_text *out, const struct sinter_verified_run *run,
                      const struct sinter_verified_tensor *checked)
{
    const struct sinter_cascade *cascade = run->part->cascade;
    struct sinter_text name = {0};
    sinter_text_printf(&name, "%s%s", cascade->tensors[checked->tensor].name, checked->is_final ? ".final" : "");
    int n =
        begin_row(out, run, checked->is_split ? "values of operands" : "values", sinter_text_data(&name), checked->is_ok);
    out->failed = out->failed || name.failed;
    sinter_text_free(&name);
    sinter_csv_field(out, &n, "");
    sinter_csv_field(out, &n, "");
    sinter_csv_integer(out, &n, checked->reference.n);
    sinter_csv_integer(out, &n, checked->reference.n_different);
    sinter_csv_number(out, &n, checked->unrounded.most_absolute);
    sinter_csv_number(out, &n, checked->unrounded.most_relative);
    sinter_csv_number(out, &n, checked->unrounded.rms_relative);
    sinter_csv_number(out, &n, checked->unrounded.most_ulp);
    sinter_csv_number(out, &n, checked->is_split ? checked->local.most_of_bound : (double)NAN);
    sinter_csv_end(out, &n);
}

static void cut_row(struct sinter_text *out, const struct sinter_verified_run *run,
                    const struct sinter_verified_cut *checked)
{
    int n = begin_row(out, run, "stored", checked->cut->name, checked->is_ok);
    sinter_csv_field(out, &n, "");
    sinter_csv_field(out, &n, "");
    sinter_csv_integer(out, &n, checked->check.n);
    sinter_csv_field(out, &n, "");
    sinter_csv_field(out, &n, "");
    sinter_csv_number(out, &n, checked->check.most_relative);
    sinter_csv_field(out, &n, "");
    sinter_csv_field(out, &n, "");
    sinter_csv_number(out, &n, checked->check.most_of_bound);
    sinter_csv_end(out, &n);
}

static void run_rows(struct sinter_text *out, const struct sinter_verified_run *run)
{
    if (run->status != SINTER_OK) {
        count_row(out, run, "not executed", run->reason == NULL ? "" : run->reason, -1, -1, false);
        return;
    }
    const struct sinter_plan *plan = run->plan;
    for (int i = 0; i < run->n_tensors; i++)
        value_row(out, run, &run->tensors[i]);
    for (int i = 0; i < run->n_cuts; i++)
        cut_row(out, run, &run->cuts[i]);
    bits_row(out, run, "dram_read_bytes", "", run->read_bits, run->charged_read_bits);
    bits_row(out, run, "dram_write_bytes", "", run->write_bits, run->charged_write_bits);
    for (int t = 0; t < plan->cascade->n_tensors; t++) {
        const struct sinter_tensor_traffic *charged = &plan->traffic[t], *moved = &run->execution->traffic[t];
        bits_row(out, run, "read_bytes", plan->cascade->tensors[t].name, moved->read_bits, charged->read_bits);
        bits_row(out, run, "write_bytes", plan->cascade->tensors[t].name, moved->write_bits, charged->write_bits);
    }
    for (int m = 1; m < plan->accel->n_memories; m++) {
        const char *name = plan->accel->memories[m].name;
        double capacity = plan->accel->memories[m].capacity_bytes;
        int64_t extent = run->execution->extent_bits[m];
        bits_row(out, run, "in_bytes", name, run->execution->load_bits[m], run->charged_load_bits[m]);
        bits_row(out, run, "out_bytes", name, run->execution->store_bits[m], run->charged_store_bits[m]);
        bits_row(out, run, "peak_bytes", name, run->execution->peak_bits[m], plan->peak_bits[m]);
        count_row(out, run, "extent_bytes", name, sinter_bits_to_bytes(extent), capacity < 9e18 ? (int64_t)capacity : -1,
                  (double)extent <= 8 * capacity);
    }
    count_row(out, run, "computations", "", run->execution->n_computes, run->charged_computes, run->computes_are_ok);
}

enum sinter_status verification_csv(const struct sinter_verification *verification, struct sinter_text *out)
{
    static const char *const names[] = {"strategy",     "part",         "check",    "item",      "ok",
                                        "executed",     "expected",     "elements", "different", "max_absolute",
                                        "max_relative", "rms_relative", "max_ulp",  "of_bound"};
    int n = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        sinter_csv_field(out, &n, names[i]);
    sinter_csv_end(out, &n);
    for (int i = 0; i < verification->n_runs; i++)
        run_rows(out, &verification->runs[i]);
    return text_status(out);
}
