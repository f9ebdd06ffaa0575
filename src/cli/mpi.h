/* mpi.h: sweeps by many processes.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_CLI_MPI_H
#define SINTER_CLI_MPI_H

#include "cli/options.h"

/* Loads the module for MPI and begins. SINTER_BAD_USAGE: this build has none. */
enum sinter_status mpi_begin(struct options *options, const struct sinter_team **team);
/* Says what became of the ranks, for the user. */
void mpi_tell(struct options *options, const struct sinter_exploration *exploration);
/* Ends what this rank does with `status`; MPI itself ends with the program. Rank 0 alone prints and has an exit code: messages
 * of the others go there. Returns the status of this process. */
enum sinter_status mpi_end(struct options *options, enum sinter_status status);

#endif
