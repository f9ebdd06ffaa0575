/* mpi.c: sweeps by many processes: the module for MPI, and what this rank has to say.
 * SPDX-License-Identifier: MIT
 */
#include "cli/mpi.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/mpi/mpi_module.h"

static struct mpi_module *module; /* NULL: MPI did not begin. Both for end_with_program(), which gets no argument */
static bool is_lost;
static int exit_code;

#ifdef SINTER_MPI_FOLDER

static const char *const folders[] = {"", SINTER_MPI_FOLDER "/"}; /* as built; as installed */

/* Beside the command, wherever that is. */
static void *load(struct options *options, const char **error)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        slash[1] = '\0';
    *error = NULL;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const char *file = sinter_arena_printf(options->arena, "%s%ssinter_mpi.so", path, folders[i]);
        if (file == NULL || access(file, F_OK) != 0)
            continue;
        void *library = dlopen(file, RTLD_NOW | RTLD_GLOBAL); /* components that MPI loads look for its symbols */
        if (library != NULL)
            return library;
        const char *message = dlerror();
        *error = message == NULL ? "it cannot be loaded" : message;
    }
    return NULL;
}

static void end_with_program(void)
{
    fflush(NULL); /* it may be the end at once */
    module->end(is_lost, exit_code);
}

enum sinter_status mpi_begin(struct options *options, const struct sinter_team **team)
{
    const char *error;
    void *library = load(options, &error);
    mpi_module_begin *begin = NULL;
    if (library != NULL) {
        void *symbol = dlsym(library, MPI_MODULE_BEGIN);
        memcpy(&begin, &symbol, sizeof begin); /* C knows no way from an object to a function */
    }
    if (begin == NULL)
        return usage_error(options, "is Open MPI installed? without --mpi, --threads uses all of one machine",
                           "the module for MPI cannot be loaded: %s",
                           error != NULL ? error : "there is no sinter_mpi.so beside the command");
    if (!begin(&module)) {
        module = NULL;
        sinter_report(options->diags, SINTER_ERROR, (struct sinter_location){NULL, 0, 0}, NULL, "MPI cannot be started");
        return SINTER_INTERNAL;
    }
    atexit(end_with_program);
    *team = &module->team;
    return SINTER_OK;
}

#else

enum sinter_status mpi_begin(struct options *options, const struct sinter_team **team)
{
    *team = NULL;
    return usage_error(options,
                       "install libopenmpi-dev and build again; or compute parts with --shard, and --merge their stores",
                       "this build has no MPI");
}

#endif

void mpi_tell(struct options *options, const struct sinter_exploration *exploration)
{
    static const struct sinter_location nowhere = {NULL, 0, 0};
    const char *hint = module->survives_losses
                           ? "lines with PMIX ERROR are Open MPI's own, and say the same"
                           : "when a rank dies, mpirun ends all others, except with its option --enable-recovery";
    is_lost = exploration->n_lost > 0;
    if (is_lost)
        sinter_report(options->diags, SINTER_WARNING, nowhere, hint,
                      "%d of %d ranks fell silent; others did their work, and nothing is missing", exploration->n_lost,
                      module->team.n_ranks);
    if (exploration->is_stopped && module->team.n_ranks > 1 && !module->survives_losses)
        sinter_report(options->diags, SINTER_WARNING, nowhere, hint, "stopped by a signal: yours, or mpirun's");
}

enum sinter_status mpi_end(struct options *options, enum sinter_status status)
{
    static const int codes[] = {[SINTER_OK] = 0,        [SINTER_INFEASIBLE] = 1, [SINTER_BAD_USAGE] = 2,
                                [SINTER_BAD_INPUT] = 3, [SINTER_NO_MEMORY] = 4,  [SINTER_INTERNAL] = 4};
    const struct sinter_team *team = &module->team;
    if (team->rank == 0) {
        exit_code = status == SINTER_OK ? options->exit_code : codes[status];
        sinter_team_leave(team, NULL);
        return status;
    }
    const char *reason = sinter_diagnostics_text(options->diags);
    sinter_team_leave(team, status == SINTER_OK ? NULL : reason[0] != '\0' ? reason : sinter_status_name(status));
    sinter_diagnostics_clear(options->diags);
    return SINTER_OK;
}
