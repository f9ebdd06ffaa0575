/* child.h: starts the command `sinter` for benchmarks that measure it from outside.
 * SPDX-License-Identifier: MIT
 *
 * The command is $SINTER, else the one that was built beside the benchmark.
 */
#ifndef SINTER_BENCH_CHILD_H
#define SINTER_BENCH_CHILD_H

#include "line.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Nanoseconds of one `sinter run`, -1 when it cannot be started or fails. */
static inline double run_command(const char *command, const char *strategy, const char *tokens)
{
    char *const words[] = {"sinter",         "run",      "-m",   "mamba-2.8b", "-a", "marca", "-L", (char *)tokens, "-s",
                           (char *)strategy, "--format", "json", NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = -1;
    double start = now_ns();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawn(&child, command, &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return -1;
    return now_ns() - start;
}

/* The largest memory of all runs so far. */
static inline double children_mib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)usage.ru_maxrss / 1024; /* kilobytes on Linux */
}

/* The command beside build/X/bench/bench_startup is build/X/sinter. NULL, and told, when there is none. */
static inline const char *find_command(const char *self, char *path, size_t size)
{
    const char *named = getenv("SINTER"), *slash = strrchr(self, '/');
    int length = snprintf(path, size, "%.*s/../sinter", slash ? (int)(slash - self) : 1, slash ? self : ".");
    const char *command = named && *named ? named : length > 0 && (size_t)length < size ? path : "";
    if (access(command, X_OK) == 0)
        return command;
    fprintf(stderr, "bench: there is no command '%s'; set SINTER to its path\n", command);
    return NULL;
}

#endif
