/* startup.c: milliseconds and memory from starting `sinter run` to its end: its first and only result.
 * SPDX-License-Identifier: MIT
 *
 * The command is $SINTER, else the one that was built beside this program.
 */
#include "line.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Nanoseconds of one run, -1 when it cannot be started or fails. */
static double run(const char *command, const char *strategy, const char *tokens)
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

/* The command beside build/X/bench/bench_startup is build/X/sinter. */
static const char *find_command(const char *self, char *path, size_t size)
{
    const char *named = getenv("SINTER"), *slash = strrchr(self, '/');
    if (named && *named)
        return named;
    int length = snprintf(path, size, "%.*s/../sinter", slash ? (int)(slash - self) : 1, slash ? self : ".");
    return length > 0 && (size_t)length < size ? path : "";
}

int main(int argc, char **argv)
{
    enum { N_RUNS = 15 };
    static const char *const strategies[] = {"unfused", "fuse-all", "mem-aware", "fuse-block"};
    char path[4096], metric[96];
    const char *command = argc > 0 ? find_command(argv[0], path, sizeof path) : "";
    if (access(command, X_OK) != 0) {
        fprintf(stderr, "bench: there is no command '%s'; set SINTER to its path\n", command);
        return 0;
    }
    for (size_t i = 0; i < sizeof strategies / sizeof strategies[0]; i++) {
        double times[N_RUNS];
        for (int k = 0; k < N_RUNS; k++) {
            times[k] = run(command, strategies[i], "2048") / 1e6;
            if (times[k] < 0) {
                fprintf(stderr, "bench: '%s run -s %s' failed\n", command, strategies[i]);
                return 1;
            }
        }
        snprintf(metric, sizeof metric, "%s.run", strategies[i]);
        print_line("startup", metric, median(times, N_RUNS), "ms", 100);
    }
    if (run(command, "fuse-all", "1000000") < 0)
        return 1;
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage); /* the largest of all runs so far, kilobytes on Linux */
    print_line("startup", "memory", (double)usage.ru_maxrss / 1024, "MiB", 64);
    return 0;
}
