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

struct shown show_count(double count);        /* "4.45 M" */
struct shown show_traffic(int64_t bytes);     /* decimal, as bandwidths are: "1.31 GB"; negative: "-" */
struct shown show_capacity(double bytes);     /* binary, as memories are: "6.27 MiB"; infinite: "unlimited" */
struct shown show_seconds(double seconds);    /* "12.3 ms" */
struct shown show_joules(double joules);      /* "1.2 mJ"; 0: "-" */
struct shown show_percent(double fraction);   /* "12.3 %" */
struct shown show_factor(double factor);      /* "3.21x" */
struct shown show_integer(int64_t value);     /* "1,307,120,920"; negative: "-" */
struct shown show_exact_bytes(int64_t bytes); /* " (1,307,120,920 B)"; "" where the short form is exact */

/* "needs 6.27 MiB of buffer, has 1 MiB": exact bytes where the short forms would look the same. */
void describe_shortage(struct sinter_text *out, const struct sinter_memory *memory, int64_t needed_bytes);
/* "mamba-2.8b block, prefill of 2048 tokens": what is priced. `part` is left out for a model of one part, or when NULL. */
void describe_workload(struct sinter_text *out, const struct sinter_model *model, const char *part);
/* The word for what is priced: the block's name or "whole model". */
const char *priced_part(const struct sinter_model *model, bool all_layers);
/* "fuse-all (tile 16, chain)": the label, and options that it does not spell out itself. */
void describe_strategy(struct sinter_text *out, const struct sinter_strategy *strategy);
/* Appends a text with control characters replaced by '?', so that no name can drive a terminal. */
void append_clean(struct sinter_text *out, const char *text);

/* A tone's escape sequences; "" without colours. */
const char *tone_begin(enum sinter_tone tone, bool is_colored);
const char *tone_end(enum sinter_tone tone, bool is_colored);
/* A section's title on a line of its own, a blank line before it. */
void append_title(struct sinter_text *out, const struct sinter_style *style, const char *title);

int64_t nearest_cycles(double cycles); /* the nearest integer; -1 beyond 63 bits */

/* The text for a table's cell: NULL when memory was out, which the table remembers. */
const char *made_text(const struct sinter_text *text);

enum sinter_status text_status(const struct sinter_text *out);

/* The schedule with trailing comments: trips of loops, bytes of holds and carries. */
void append_schedule(struct sinter_text *out, const struct sinter_part_result *part, const char *indent);
/* What lives in a memory at a group's peak, largest first: "H 320 KiB, A 160 KiB". */
void append_residents(struct sinter_text *out, const struct sinter_plan *plan, int group, int memory);

#endif
