/* experiment.h: the experiment that the options of `sinter explore` describe.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_CLI_EXPERIMENT_H
#define SINTER_CLI_EXPERIMENT_H

#include "cli/options.h"

/* A file, the options, or what a store was filled for last. The caller's to free. */
enum sinter_status find_experiment(struct options *options, struct sinter_experiment **experiment);

#endif
