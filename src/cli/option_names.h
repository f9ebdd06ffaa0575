/* option_names.h: long options by name, to say more than argp does about those that do not exist.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_CLI_OPTION_NAMES_H
#define SINTER_CLI_OPTION_NAMES_H

#include <argp.h>
#include <stdbool.h>

/* Does the command, or one of its groups, have a long option of this name, or one that begins with it? */
bool option_exists(const struct argp *argp, const char *name);
/* Does it have one of exactly this name? */
bool option_is_whole(const struct argp *argp, const char *name);
/* The option that was probably meant, or NULL. */
const char *option_suggest(const struct argp *argp, const char *name);
/* The first argument that is a long option which does not exist, or NULL. What is short for one here but is the name of
 * another command's (of `all`) counts as that. */
const char *option_find_unknown(const struct argp *argp, const struct argp *const *all, int n_all, int argc, char **argv);

#endif
