/* reproduce.h: what the engine of a reproduction and its writers share.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_REPRODUCE_H
#define SINTER_REPORT_REPRODUCE_H

#include "report/jot.h"

/* Is the row better than the other? Fewer cycles and more speed-up are; a row without a number is not. */
bool is_better(const struct sinter_reproduced_row *row, const struct sinter_reproduced_row *other);

/* A number of a row for people, with the digits that its quantity deserves: "4,449,281", "12,802.5", "5.17"; NAN: "-". */
struct shown show_reproduced(const struct sinter_reproduced_row *row, double value);
struct shown show_deviation(double deviation);                  /* "-1.64 %" */
struct shown show_pes(const struct sinter_reproduced_row *row); /* "64 x 128", "" of no family */

struct shown show_fraction(double fraction); /* "0.35", "" of no family */

/* The setting of a row; one that says nothing where there is none of that name. */
const struct sinter_reproduced_setting *reproduced_setting(const struct sinter_reproduction *reproduction,
                                                           const struct sinter_reproduced_row *row);
/* Words that stand for what varies; NULL: the row's own value. */
struct row_words {
    const char *tokens, *strategy, *area, *share, *buffer;
};
/* The command that computes a row by itself; nothing for one that no command does, as its setting has no options. */
void append_row_command(struct sinter_text *out, const struct sinter_reproduction *reproduction,
                        const struct sinter_reproduced_row *row, const struct row_words *words);

/* As sinter_reproduce, but only the table of that id, unless it is NULL. */
enum sinter_status reproduce_table(const char *paper, int figure, const char *id, const struct sinter_allocator *allocator,
                                   struct sinter_diagnostics *diags, struct sinter_reproduction **reproduction);

/* Is the table a sweep over both fractions of a family, all else equal but the strategy? Then its text is a grid: rows of memory_fraction, columns of
 * area_fraction, in each cell the better strategy. */
bool is_grid(const struct sinter_reproduced_table *table);
enum sinter_status append_grid(struct sinter_text *out, const struct sinter_reproduced_table *table,
                               const struct sinter_style *style);

/* Puts the members of "sinter.reproduce/1" into an object. `has_more`: also what a page asks for: which settings are honest,
 * the figure of each table, and of each row its model and its command. */
void jot_reproduction(struct jot *jot, json_t *object, const struct sinter_reproduction *reproduction, bool has_more);

enum sinter_status reproduce_text(const struct sinter_reproduction *reproduction, const struct sinter_style *style,
                                  struct sinter_text *out);

#endif
