/* startup.c: milliseconds and memory from starting `sinter run` to its end: its first and only result.
 * SPDX-License-Identifier: MIT
 */
#include "child.h"

int main(int argc, char **argv)
{
    enum { N_RUNS = 15 };
    static const char *const strategies[] = {"unfused", "fuse-all", "mem-aware", "fuse-block"};
    char path[4096], metric[96];
    const char *command = find_command(argc > 0 ? argv[0] : "", path, sizeof path);
    if (command == NULL)
        return 0;
    for (size_t i = 0; i < sizeof strategies / sizeof strategies[0]; i++) {
        double times[N_RUNS];
        for (int k = 0; k < N_RUNS; k++) {
            times[k] = run_command(command, strategies[i], "2048") / 1e6;
            if (times[k] < 0) {
                fprintf(stderr, "bench: '%s run -s %s' failed\n", command, strategies[i]);
                return 1;
            }
        }
        snprintf(metric, sizeof metric, "%s.run", strategies[i]);
        print_line("startup", metric, median(times, N_RUNS), "ms", 100);
    }
    if (run_command(command, "fuse-all", "1000000") < 0)
        return 1;
    print_line("startup", "memory", children_mib(), "MiB", 64);
    return 0;
}
