/* mpi_module.h: what the command and its module for MPI agree on.
 * SPDX-License-Identifier: MIT
 *
 * MPI is in a module of its own, loaded when --mpi asks for it: the command runs where there is no MPI, and starts without
 * loading and binding its dozen of libraries.
 */
#ifndef SINTER_CLI_MPI_MODULE_H
#define SINTER_CLI_MPI_MODULE_H

#include "sinter/explore.h"

#define MPI_MODULE_BEGIN "sinter_mpi_begin_1" /* the number changes with what stands here */

/* Of the module. */
struct mpi_module {
    struct sinter_team team;
    bool survives_losses; /* mpirun lets the others go on when a rank dies */
    /* Ends MPI; no function of the team may be called any more. When a rank is lost it may end the program, with `code`. */
    void (*end)(bool is_lost, int code);
};

/* Begins MPI. false: it cannot be had. *module belongs to the module. */
typedef bool mpi_module_begin(struct mpi_module **module);

#endif
