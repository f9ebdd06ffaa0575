/* commands.h: the sub-commands, after their options are parsed.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_CLI_COMMANDS_H
#define SINTER_CLI_COMMANDS_H

#include "cli/options.h"

/* What a command works on. Either may be NULL when it was not asked for. */
struct inputs {
    struct sinter_model *model;
    struct sinter_accel *accel;
    struct sinter_case *stored; /* that the model belongs to; NULL */
};

/* Loads what is asked for and complains about a --set that nobody used. On failure both are NULL. */
enum sinter_status inputs_load(struct options *options, bool wants_model, bool wants_accel, struct inputs *inputs);
/* The same for a stored case: the model is the one that it names. */
enum sinter_status inputs_load_case(struct options *options, struct inputs *inputs);
void inputs_free(struct inputs *inputs);

/* Results of several strategies, in rows. */
struct rows {
    struct sinter_compare_row items[MAX_STRATEGIES];
    struct sinter_result *results[MAX_STRATEGIES];       /* owned */
    struct sinter_diagnostics *messages[MAX_STRATEGIES]; /* owned: of each row, told when they are wanted */
    int n, n_feasible;
};
/* Evaluates every strategy given. One that cannot be priced is a row that says why; only a wrong file, lack of memory or a
 * defect is a failure. */
enum sinter_status rows_evaluate(struct options *options, const struct inputs *inputs, struct rows *rows);
/* Passes the messages of all rows on, each once. */
void rows_pass_on(struct options *options, const struct rows *rows);
void rows_free(struct rows *rows);

enum sinter_status command_run(struct options *options);
enum sinter_status command_compare(struct options *options);
enum sinter_status command_show(struct options *options);

enum sinter_status command_verify(struct options *options);

extern const struct argp explore_argp;
enum sinter_status command_explore(struct options *options);

extern const struct argp reproduce_argp;
enum sinter_status command_reproduce(struct options *options);

#endif
