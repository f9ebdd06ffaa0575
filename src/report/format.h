/* format.h: numbers and names for people, shared by the texts of the report room.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_FORMAT_H
#define SINTER_REPORT_FORMAT_H

#include "sinter/report.h"

/* A short text by value: it lives to the end of the full expression, long enough for one printf. */
struct shown {
    char text[48];
};

const char *bound_word(enum sinter_bound bound); /* for texts: "compute", "DRAM", "buffer" */
struct shown show_count(double count);           /* "4.45 M" */
struct shown show_traffic(int64_t bytes);        /* decimal, as bandwidths are: "1.31 GB"; negative: "-" */
struct shown show_capacity(double bytes);        /* binary, as memories are: "6.27 MiB"; infinite: "unlimited" */
struct shown show_cycles(double cycles);         /* below 10,000 exact to a tenth: "244.5"; above: "4.45 M" */
struct shown show_latency(double cycles);        /* the same with its word: "1 cycle", "4.45 M cycles" */
struct shown show_seconds(double seconds);       /* "12.3 ms"; above two minutes "3.5 min", above two hours "2.1 h" */
struct shown show_joules(double joules);         /* "1.2 mJ"; 0: "-" */
struct shown show_percent(double fraction);      /* "12.3 %" */
struct shown show_factor(double factor);         /* "3.21x" */
struct shown show_integer(int64_t value);        /* "1,307,120,920"; negative: "-" */
struct shown show_exact_bytes(int64_t bytes);    /* " (1,307,120,920 B)"; "" where the short form is exact */

/* "needs 6.27 MiB of buffer, has 1 MiB": exact bytes where the short forms would look the same. */
void describe_shortage(struct sinter_text *out, const struct sinter_memory *memory, int64_t needed_bytes);
/* "mamba-2.8b block, prefill of 2048 tokens": what is priced. `part` is left out for a model of one part, or when NULL.
 * A cascade file has no phase and no batch of its own: "scan (L 6, D 4)". */
void describe_workload(struct sinter_text *out, const struct sinter_model *model, const char *part);
/* The same on an accelerator: "mamba-2.8b block, prefill of 2048 tokens, on marca", "scan (L 6, D 4) on marca". */
void describe_task(struct sinter_text *out, const struct sinter_model *model, const struct sinter_accel *accel,
                   const char *part);
/* A line that says so when no state is updated in the model's block: every strategy is then about the same. */
void append_nothing_to_fuse(struct sinter_text *out, const struct sinter_model *model);
/* A line with what a model's configuration leaves out and the defaults it got; nothing when there are none. */
void append_assumptions(struct sinter_text *out, const struct sinter_model *model, const struct sinter_style *style);
/* "block, runs 64 times" */
void describe_part(struct sinter_text *out, const char *name, int64_t count);
/* "-" is what the command line calls standard input. */
const char *strategy_label(const struct sinter_strategy *strategy);
/* The word for what is priced: the block's name or "whole model". */
const char *priced_part(const struct sinter_model *model, bool all_layers);
/* "fuse-all (tile 16, chain)": the label, and options that it does not spell out itself. */
void describe_strategy(struct sinter_text *out, const struct sinter_strategy *strategy);
/* sinter_text_visible() under its short name; NULL appends nothing. */
void append_clean(struct sinter_text *out, const char *text);
/* Appends a text of words; lines behind the first begin with `indent` blanks, and none is longer than `width` columns
 * (0: there is no limit). `used` columns of the first line are taken. */
void append_wrapped(struct sinter_text *out, const char *text, int used, int indent, int width);

/* A tone's escape sequences; "" without colours. */
const char *tone_begin(enum sinter_tone tone, bool is_colored);
const char *tone_end(enum sinter_tone tone, bool is_colored);
/* A section's title on a line of its own, a blank line before it. */
void append_title(struct sinter_text *out, const struct sinter_style *style, const char *title);

int64_t nearest_cycles(double cycles); /* the nearest integer, half up; -1 beyond 63 bits */
/* Leaves out columns, the least important first, until the table is at most `width` columns wide. importance[c] is 1 for
 * the least important column; columns with 0 always stay. 0: no limit. */
void table_fit(struct sinter_table *table, const int *importance, int width);
bool table_shows(const struct sinter_table *table, int column);

/* The text for a table's cell: NULL when memory was out, which the table remembers. */
const char *made_text(const struct sinter_text *text);

/* The first error that was added since `before`, as the reason why something failed; NULL: memory is out. */
const char *first_error(struct sinter_arena *arena, const struct sinter_diagnostics *diags, int before,
                        enum sinter_status status);

enum sinter_status text_status(const struct sinter_text *out);

/* The schedule with trailing comments: trips of loops, bytes of holds and carries. */
void append_schedule(struct sinter_text *out, const struct sinter_part_result *part, const char *indent);
/* What there is to say of one line of the schedule, a node's: trips or bytes; nothing for leaves. The part has a plan. */
void append_line_note(struct sinter_text *out, const struct sinter_part_result *part, int line);
/* What lives in a memory at a group's peak, largest first: "H 320 KiB, A 160 KiB". */
void append_residents(struct sinter_text *out, const struct sinter_plan *plan, int group, int memory);

#endif
