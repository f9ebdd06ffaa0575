/* report.h: from a model, an accelerator and a strategy to something to read: results, tables, JSON, CSV.
 * SPDX-License-Identifier: MIT
 *
 *     struct sinter_strategy strategy = {.label = "fuse-all", .name = "fuse-all"};
 *     struct sinter_result *result = NULL;
 *     enum sinter_status status = sinter_result_evaluate(model, accel, &strategy, NULL, diags, &result);
 *     if (result != NULL) {
 *         struct sinter_style style = {.format = SINTER_FORMAT_JSON};
 *         struct sinter_text out = {0};
 *         if (sinter_run_write(result, &style, &out) == SINTER_OK)
 *             fputs(sinter_text_data(&out), stdout);
 *         sinter_text_free(&out);
 *     }
 *     sinter_result_free(result);
 *
 * A result is evaluated once and read by every writer, so that text, JSON and CSV never disagree. Nothing is priced
 * here: bits and peaks are the plan's (schedule.h), cycles and energy are the cost's (cost.h). A byte number is a number
 * of bits rounded up once. docs/cli.md shows the texts, docs/json.md is the contract of the JSON.
 *
 * Writers append to a sinter_text and return SINTER_OK or SINTER_NO_MEMORY. Same input, same bytes out.
 */
#ifndef SINTER_REPORT_H
#define SINTER_REPORT_H

#include "sinter/exec.h"
#include "sinter/explore.h"
#include "sinter/search.h"
#include "sinter/sim.h"
#include "sinter/workload.h"

/* ---- results ------------------------------------------------------------------------------------------------ */

/* How to schedule: a named strategy with its options, or a schedule file. Exactly one of name and file is set. */
struct sinter_strategy {
    const char *label; /* what reports call it; must outlive the result */
    const char *name;
    const char *file;
    struct sinter_strategy_options options;
};

/* One part of a model under one strategy.
 *
 *     status            schedule  plan  cost    reason
 *     SINTER_OK         yes       yes   yes     NULL
 *     SINTER_INFEASIBLE yes       yes   no      it does not fit: "needs 6.27 MiB of buffer, has 1 MiB"
 *     SINTER_INFEASIBLE no        no    no      the strategy found nothing that fits
 *     SINTER_BAD_INPUT  maybe     no    no      the strategy does not apply to this part (never the block's status)
 *     SINTER_BAD_USAGE  no        no    no      not priced: a schedule file covers the block alone
 */
struct sinter_part_result {
    const char *name;
    int64_t count; /* how often the model runs it */
    const struct sinter_cascade *cascade;
    enum sinter_status status;
    const char *reason;
    bool has_schedule, has_plan, has_search;
    struct sinter_search search; /* of strategy optimal */
    struct sinter_schedule schedule;
    struct sinter_plan *plan;
    struct sinter_cost cost;      /* einsums and groups are set */
    struct sinter_timing *timing; /* of a part that is priced */
    bool is_simulated;            /* false: it does not become periodic soon enough; the bound stands for its latency */
    double cycles, seconds, utilization; /* simulated */
};

/* Numbers of one run of a part, or of the whole model (the sum over the parts of count times the part). */
struct sinter_totals {
    enum sinter_status status; /* SINTER_OK: all fields are known. Else cycles, seconds and joules are not */
    const char *reason;
    bool is_simulated;                          /* every part is */
    double cycles, seconds;                     /* simulated */
    double bound_cycles;                        /* the closed form */
    double joules, dram_joules, compute_joules; /* as the cost's: what a search minimises */
    double sram_joules;                         /* NAN: beyond counting */
    double static_joules;                       /* static power * simulated seconds */
    double total_joules;                        /* all four */
    double utilization;                         /* PE-cycles of useful operations / all PE-cycles */
    int64_t read_bytes, write_bytes;            /* DRAM; -1: beyond 63 bits, or not known */
    int64_t peak_bytes[SINTER_MAX_MEMORIES];    /* -1: not known */
    int64_t operations[SINTER_N_OPS];           /* -1: beyond 63 bits */
    enum sinter_bound bound;                    /* of the groups in which most of the cycles are spent */
};

/* What another accelerator would do, with its own best schedule. */
struct sinter_what_if {
    const char *change; /* "twice the on-chip memory" */
    bool fits;
    double cycles; /* simulated */
};
enum { SINTER_N_WHAT_IFS = 5 };

struct sinter_result {
    const struct sinter_model *model; /* both must outlive the result */
    const struct sinter_accel *accel;
    const struct sinter_strategy *strategy;
    int n_parts, block; /* as the model's */
    struct sinter_part_result *parts;
    struct sinter_totals one;   /* the block, once */
    struct sinter_totals whole; /* the model */
    int n_what_ifs;             /* of a search that is explained */
    struct sinter_what_if what_ifs[SINTER_N_WHAT_IFS];
    const char *missing_energies; /* what the block uses but has no energy in the file: "buffer, exp"; NULL: nothing */
    struct sinter_arena *arena;
};

/* Schedules, resolves and prices every part of the model.
 *
 * Returns the block's status. *result is set when that is SINTER_OK or SINTER_INFEASIBLE and is then the caller's to
 * free; else it is NULL: SINTER_BAD_USAGE for a strategy that does not exist, SINTER_BAD_INPUT for a schedule file that
 * is wrong or illegal, or a strategy that does not apply. `diags` gets the library's messages about the block. What
 * is wrong with another part does not fail the block; `whole.reason` says it. With a schedule file the other parts are
 * not priced. SINTER_INTERNAL when a number is not finite.
 * `strategy` must outlive the result. */
SINTER_API enum sinter_status sinter_result_evaluate(const struct sinter_model *model, const struct sinter_accel *accel,
                                                     const struct sinter_strategy *strategy,
                                                     const struct sinter_allocator *allocator,
                                                     struct sinter_diagnostics *diags, struct sinter_result **result);
SINTER_API void sinter_result_free(struct sinter_result *result);

/* ---- writers ------------------------------------------------------------------------------------------------ */

enum sinter_output { SINTER_FORMAT_TEXT, SINTER_FORMAT_JSON, SINTER_FORMAT_CSV };
/* Of what plots in texts are made: everything can show ASCII, Unicode shows more. */
enum sinter_plots { SINTER_PLOTS_ASCII, SINTER_PLOTS_UNICODE, SINTER_PLOTS_NONE };

/* Zero is the default of every field. */
struct sinter_style {
    enum sinter_output format;
    bool all_layers;         /* the numbers of the whole model instead of one block */
    bool is_colored;         /* ANSI colours in texts */
    bool is_quiet;           /* texts: the headline and the table or summary only */
    bool is_verbose;         /* texts: also per-tensor traffic and mappings; every row of a comparison for itself */
    int64_t n_commands;      /* run: how many commands of the block's program to show */
    int width;               /* columns of the terminal that texts should fit; 0: no limit */
    enum sinter_plots plots; /* texts of comparisons and explorations */
    const char *schedules; /* explore: the best point's are in files whose names begin so, -1.txt and so on; NULL: in none */
};

/* One run in full. JSON schema "sinter.run/1"; CSV: one row per Einsum. */
SINTER_API enum sinter_status sinter_run_write(const struct sinter_result *result, const struct sinter_style *style,
                                               struct sinter_text *out);

/* The front of a model's block (search.h). JSON schema "sinter.front/1"; CSV: one row per member. `pick` > 0: only the schedule
 * of that member, counted from 1, which must exist. */
SINTER_API enum sinter_status sinter_front_write(const struct sinter_model *model, const struct sinter_accel *accel,
                                                 const struct sinter_front *front, int pick,
                                                 const struct sinter_style *style, struct sinter_text *out);

/* One row of a comparison: a result, or why there is none. */
struct sinter_compare_row {
    const struct sinter_strategy *strategy;
    const struct sinter_result *result; /* NULL: `reason` */
    const char *reason;
};

/* Strategies side by side. JSON schema "sinter.compare/1"; CSV: one row per strategy. The speed-up is against the row
 * called "unfused" if it is there and feasible, else the first feasible row. */
SINTER_API enum sinter_status sinter_compare_write(const struct sinter_model *model, const struct sinter_accel *accel,
                                                   const struct sinter_compare_row *rows, int n_rows,
                                                   const struct sinter_style *style, struct sinter_text *out);

/* The operators of each part: operations, weights, inputs, outputs. JSON schema "sinter.show/1" with a member "model";
 * CSV: one row per operator. */
SINTER_API enum sinter_status sinter_model_write(const struct sinter_model *model, const struct sinter_style *style,
                                                 struct sinter_text *out);
/* Memories, units, ridge points, sources. JSON: "sinter.show/1" with "accelerator"; CSV: one row per memory and unit. */
SINTER_API enum sinter_status sinter_accel_write(const struct sinter_accel *accel, const struct sinter_style *style,
                                                 struct sinter_text *out);
/* The block's schedule with bytes and trips as comments: the text parses back. JSON: "sinter.show/1" with "schedule". */
SINTER_API enum sinter_status sinter_result_write_schedule(const struct sinter_result *result,
                                                           const struct sinter_style *style, struct sinter_text *out);
/* The built-in models, cascades, accelerators and strategies. JSON: "sinter.show/1" with "models", "cascades",
 * "accelerators", "strategies". */
SINTER_API enum sinter_status sinter_catalog_write(const struct sinter_style *style, struct sinter_text *out);

/* ---- verification --------------------------------------------------------------------------------------------- */

/* On what a schedule is executed, or what a study computes with. */
struct sinter_inputs {
    uint64_t seed;                   /* of random numbers */
    const struct sinter_case *given; /* numbers of the block instead; what it says about results is compared. NULL: random */
    int arithmetic;                  /* 32 or 64; 0: what the types ask for (sinter_numerics_new) */
    int n_threads;                   /* of an execution; 0: one */
};

/* What an execution made of one tensor, or left in one state. */
struct sinter_verified_tensor {
    int tensor;
    bool is_final; /* what is left in a state */
    bool is_split; /* it comes from a sum that the schedule splits: then `local` decides, else `reference` */
    bool is_ok;
    struct sinter_difference reference; /* to sinter_reference() in the same numbers: none may differ */
    struct sinter_check local;          /* to what its Einsum makes of the operands that were executed */
    struct sinter_difference unrounded; /* to sinter_reference(NULL): for information */
};
struct sinter_verified_cut {
    const struct sinter_case_cut *cut;
    bool is_ok;
    struct sinter_check check;
};

/* One part of the model under one strategy, executed. */
struct sinter_verified_run {
    const struct sinter_strategy *strategy;
    const struct sinter_part *part;
    enum sinter_status status; /* SINTER_OK: it was executed */
    const char *reason;        /* why not; else NULL */
    const struct sinter_plan *plan;
    struct sinter_execution *execution;                                   /* without values */
    int64_t charged_read_bits, charged_write_bits, read_bits, write_bits; /* DRAM */
    int64_t charged_load_bits[SINTER_MAX_MEMORIES], charged_store_bits[SINTER_MAX_MEMORIES];
    int64_t charged_computes;
    int n_tensors, n_cuts;
    struct sinter_verified_tensor *tensors; /* in the order of the Einsums; a final state behind the tensor that leaves it */
    struct sinter_verified_cut *cuts;
    bool values_are_ok, cuts_are_ok, traffic_is_ok, peaks_are_ok, computes_are_ok;
    bool is_ok;     /* executed, and all of these */
    double seconds; /* of the execution */
};

struct sinter_verification {
    const struct sinter_model *model; /* all three must outlive it */
    const struct sinter_accel *accel;
    const struct sinter_inputs *inputs;
    int n_runs, n_parts; /* runs: of each part all strategies */
    struct sinter_verified_run *runs;
    struct sinter_numerics **numerics; /* by part of the model; NULL: not executed */
    bool is_ok;                        /* every run is */
    double reference_seconds;
    struct sinter_arena *arena;
};

/* Executes schedules tile by tile and compares: values with the unfused reference, and what was counted with what the plan
 * charged. `rows` as for a comparison; `all_parts`: every part of the model once, else its block. SINTER_OK when every check
 * holds, SINTER_INFEASIBLE when one fails or a schedule cannot be executed; *verification is then set, and the caller's to
 * free. The rows must outlive it. */
SINTER_API enum sinter_status sinter_verify(const struct sinter_model *model, const struct sinter_accel *accel,
                                            const struct sinter_compare_row *rows, int n_rows, bool all_parts,
                                            const struct sinter_inputs *inputs, const struct sinter_allocator *allocator,
                                            struct sinter_diagnostics *diags, struct sinter_verification **verification);
SINTER_API void sinter_verification_free(struct sinter_verification *verification);
/* JSON schema "sinter.verify/1"; CSV: one row per check. */
SINTER_API enum sinter_status sinter_verification_write(const struct sinter_verification *verification,
                                                        const struct sinter_style *style, struct sinter_text *out);

/* ---- studies of numbers ---------------------------------------------------------------------------------------- */

/* What choices of formats and functions do to the numbers of the model's block: no schedule changes them.
 *
 *     H=bf16  X=e4m3        a tensor's format (sinter_format_parse); for a plain intN the largest magnitude that the tensor
 *                           has without rounding becomes the largest code
 *     weights=int8          of all inputs, weights, states, intermediates or outputs; all=fp16
 *     exp=marca             how a function is computed (sinter_function_parse)
 *     arithmetic=32         each operation rounds to float
 */
struct sinter_study_error {
    int tensor;
    bool is_final;
    struct sinter_difference
        difference; /* to the numbers without any rounding; ulps of the format chosen, else the type's */
};
struct sinter_study {
    const struct sinter_model *model; /* both must outlive it */
    const struct sinter_inputs *inputs;
    const struct sinter_cascade *cascade;
    int n_choices; /* with the last one, all together, when there are several */
    const char **labels;
    struct sinter_numerics **numerics;  /* by choice */
    int n_tensors;                      /* results: each tensor that is produced, each state that is left */
    struct sinter_study_error **errors; /* by choice, then result */
    struct sinter_arena *arena;
};
/* SINTER_BAD_USAGE for a choice that makes no sense. */
SINTER_API enum sinter_status sinter_study(const struct sinter_model *model, const char *const *choices, int n_choices,
                                           const struct sinter_inputs *inputs, const struct sinter_allocator *allocator,
                                           struct sinter_diagnostics *diags, struct sinter_study **study);
SINTER_API void sinter_study_free(struct sinter_study *study);
/* JSON schema "sinter.verify/1" with a member "study"; CSV: one row per choice and result. */
SINTER_API enum sinter_status sinter_study_write(const struct sinter_study *study, const struct sinter_style *style,
                                                 struct sinter_text *out);

/* ---- traces ------------------------------------------------------------------------------------------------- */

/* Where a long text goes, piece by piece. Once `write` has returned false it is not called again. */
struct sinter_sink {
    void *context;
    bool (*write)(void *context, const char *data, size_t length);
};

struct sinter_trace_window {
    double from_cycles, to_cycles; /* 0 <= from < to; to: INFINITY for the rest */
};
#define SINTER_TRACE_SLICES 200000 /* at most so many without a window: what a viewer shows at ease */

/* What was traced, of how much. */
struct sinter_traced {
    double from_cycles, to_cycles;
    double cycles; /* of the whole schedule; NAN: more commands than can be simulated */
    int64_t n_slices;
};

/* The block's schedule over time: who used which resource when, and how full each memory was, as Chrome's trace event
 * JSON, which ui.perfetto.dev shows. docs/cli.md lists its members. Slices are cut at the edges of the window. Without a
 * window (NULL) it begins at cycle 0 and ends at the latest where SINTER_TRACE_SLICES slices have begun.
 *
 * It is written while the schedule is simulated: the memory that it takes depends on the accelerator and the plan, not on
 * how long they run. Same input, same bytes out. On any other status than SINTER_OK what the sink got is of no use:
 *     SINTER_INFEASIBLE  the block has no cost; or too many commands lie before the end of the window
 *     SINTER_BAD_USAGE   the window is empty, or begins behind the end of the schedule
 *     SINTER_BAD_INPUT   the sink failed (it knows why), or the schedule takes more than 2^60 cycles */
SINTER_API enum sinter_status sinter_trace_write(const struct sinter_result *result,
                                                 const struct sinter_trace_window *window, const struct sinter_sink *sink,
                                                 const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                                                 struct sinter_traced *traced);

/* ---- explorations --------------------------------------------------------------------------------------------- */

/* An exploration: the best point, and why; the front. JSON schema "sinter.explore/1"; CSV: one row per point and workload. Data
 * has all points if it `wants_all`, else those of the front. */
SINTER_API enum sinter_status sinter_explore_write(struct sinter_exploration *exploration,
                                                   const struct sinter_explore_front *front, bool wants_all,
                                                   const struct sinter_style *style, const struct sinter_sink *sink,
                                                   struct sinter_diagnostics *diags);

/* ---- published numbers -------------------------------------------------------------------------------------- */

/* A published number beside ours. What a row does not depend on is NULL or 0. */
struct sinter_reproduced_row {
    const char *setting;  /* the assumptions: one of the reproduction's settings */
    const char *label;    /* the model's name in tables */
    const char *quantity; /* "cycles", "bytes", ...: docs/json.md lists them */
    const char *unit;     /* "": the quantity's own; "model", "ms/token", "ms", "s" */
    int64_t tokens;
    const char *strategy;
    const char *otherwise; /* the strategy that was run because that one does not fit; else NULL */
    double buffer_bytes;
    double area_fraction, memory_fraction; /* of a member of the accelerator's family; else 0 */
    int64_t pes[2];                        /* the array, where it follows from an area; else 0 */
    const char *node;                      /* an operator, a set of them, a tensor, or "layer" */
    double ours;                           /* NAN: there is none; `detail` says why */
    double theirs;                         /* NAN: it is not known */
    double deviation;                      /* ours / theirs - 1; NAN when either is unknown */
    const char *reason;                    /* of a deviation beyond SINTER_DEVIATION_EXPLAINED; else NULL */
    const char *detail;                    /* what else is to be said; or NULL */
};
#define SINTER_DEVIATION_EXPLAINED 0.02

struct sinter_reproduced_table {
    const char *id, *title;
    int figure; /* 0: none */
    int n_rows;
    struct sinter_reproduced_row *rows;
};
struct sinter_reproduced_setting {
    const char *name, *says;
    const char *options; /* of `sinter run` for the same model and accelerator; NULL: a cascade that is only counted */
    bool is_honest;      /* our assumptions, not the paper's */
};
struct sinter_reproduction {
    const char *paper, *title, *source;
    int figure, n_settings, n_tables, n_remarks;
    struct sinter_reproduced_setting *settings; /* those that tables use */
    struct sinter_reproduced_table *tables;
    const char **remarks;
    struct sinter_arena *arena;
};

/* Writes the name of a paper, by index, and returns the buffer; NULL past the end. */
SINTER_API const char *sinter_paper_name(int index, char *buffer, size_t size);
/* Writes the figures of a paper that are computed, ascending, 0 for what is in none: *n of them, at most `most`.
 * SINTER_BAD_USAGE for a paper that is not there. */
SINTER_API enum sinter_status sinter_paper_figures(const char *paper, const struct sinter_allocator *allocator,
                                                   struct sinter_diagnostics *diags, int *figures, int most, int *n);
/* Computes again what a paper publishes: what is in no figure (figure 0), or one figure. SINTER_BAD_USAGE for a paper or a
 * figure that is not there. */
SINTER_API enum sinter_status sinter_reproduce(const char *paper, int figure, const struct sinter_allocator *allocator,
                                               struct sinter_diagnostics *diags, struct sinter_reproduction **reproduction);
SINTER_API void sinter_reproduction_free(struct sinter_reproduction *reproduction);
/* JSON schema "sinter.reproduce/1"; CSV: one row per number. */
SINTER_API enum sinter_status sinter_reproduction_write(const struct sinter_reproduction *reproduction,
                                                        const struct sinter_style *style, struct sinter_text *out);
/* Several in one document. JSON schema "sinter.reproductions/1"; CSV: one row per number, behind paper and figure. */
SINTER_API enum sinter_status sinter_reproductions_write(const struct sinter_reproduction *const *reproductions,
                                                         int n_reproductions, const struct sinter_style *style,
                                                         struct sinter_text *out);

/* ---- tables ------------------------------------------------------------------------------------------------- */

/* A table for people: aligned columns, UTF-8 aware, control characters spelled out. Failures stick: every function
 * accepts a NULL table, and `print` reports SINTER_NO_MEMORY once.
 *
 *     strategy    cycles    DRAM read
 *     ---------------------------------
 *     unfused    64.0 M       3.14 GB
 *     fuse-all   12.1 M         512 MB
 */
struct sinter_table;
enum sinter_align {
    SINTER_LEFT,
    SINTER_RIGHT,
    SINTER_UNIT /* "1.31 GB": numbers right-aligned, units below each other */
};
enum sinter_tone { SINTER_PLAIN, SINTER_STRONG, SINTER_FAINT, SINTER_ALARM };

/* NULL when memory is out: whoever fills it need not ask, see above. */
SINTER_API struct sinter_table *sinter_table_new(const struct sinter_allocator *allocator);
SINTER_API void sinter_table_free(struct sinter_table *table);
/* Columns come before the first row; at most 32. */
SINTER_API void sinter_table_column(struct sinter_table *table, const char *header, enum sinter_align align);
/* Starts a row; cells fill it from the left, missing ones are empty, surplus ones are dropped. A text
 * that is NULL stands for one that could not be made: the table has failed. */
SINTER_API void sinter_table_row(struct sinter_table *table, enum sinter_tone tone);
SINTER_API void sinter_table_cell(struct sinter_table *table, const char *text);
SINTER_API void sinter_table_cellf(struct sinter_table *table, const char *format, ...) SINTER_PRINTF(2, 3);
/* The rest of the row is this one text, which widens no column. */
SINTER_API void sinter_table_span(struct sinter_table *table, const char *text);
SINTER_API void sinter_table_rule(struct sinter_table *table);
/* Appends the table, each line indented by two spaces, without trailing blanks. */
SINTER_API enum sinter_status sinter_table_print(const struct sinter_table *table, bool is_colored, struct sinter_text *out);

/* Appends a text with the characters spelled out that a terminal acts on: controls ("\u001b", "\n") and those that turn the
 * direction of writing ("\u202e"), so that no name can drive it. Those in `kept` (ASCII) are passed on. */
SINTER_API void sinter_text_visible(struct sinter_text *out, const char *text, const char *kept);
/* Columns that a terminal needs for a UTF-8 text. Invalid bytes count one each. */
SINTER_API int sinter_text_columns(const char *text);

/* ---- CSV ---------------------------------------------------------------------------------------------------- */

/* RFC 4180: a field is quoted when it holds a comma, a quote, a line break, or blanks at an end; lines end in CR LF.
 * `n` counts the fields of the line so far: start with 0, and let `end` set it back. */
SINTER_API void sinter_csv_field(struct sinter_text *out, int *n, const char *text);
SINTER_API void sinter_csv_integer(struct sinter_text *out, int *n, int64_t value); /* negative: an empty field */
SINTER_API void sinter_csv_number(struct sinter_text *out, int *n, double value);   /* not finite: an empty field */
SINTER_API void sinter_csv_end(struct sinter_text *out, int *n);

#endif
