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
};

/* Loads what is asked for and complains about a --set that nobody used. On failure both are NULL. */
enum sinter_status inputs_load(struct options *options, bool wants_model, bool wants_accel, struct inputs *inputs);
void inputs_free(struct inputs *inputs);

enum sinter_status command_run(struct options *options);
enum sinter_status command_compare(struct options *options);
enum sinter_status command_show(struct options *options);

extern const struct argp reproduce_argp;
enum sinter_status command_reproduce(struct options *options);

#endif
