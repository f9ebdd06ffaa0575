/* explore_case.c: a small sweep for tests.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore_case.h"

struct sinter_experiment *parse_experiment(const char *text)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_experiment *experiment = NULL;
    if (sinter_experiment_parse("f", text, strlen(text), NULL, diags, &experiment) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return experiment;
}

int explore_set_up(void **state)
{
    struct explore_case *b = calloc(1, sizeof *b);
    const char *root = getenv("TMPDIR");
    assert_non_null(b);
    snprintf(b->folder, sizeof b->folder, "%.400s/sinter-explore-XXXXXX", root && *root ? root : "/tmp");
    if (mkdtemp(b->folder) == NULL)
        return 1;
    snprintf(b->path, sizeof b->path, "%s/store", b->folder);
    snprintf(b->other, sizeof b->other, "%s/other", b->folder);
    snprintf(b->third, sizeof b->third, "%s/third", b->folder);
    b->diags = sinter_diagnostics_new(NULL);
    b->experiment = parse_experiment(SMALL);
    *state = b;
    return 0;
}

int explore_tear_down(void **state)
{
    struct explore_case *b = *state;
    DIR *folder = opendir(b->folder);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", b->folder, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    closedir(folder);
    int code = rmdir(b->folder);
    sinter_experiment_free(b->experiment);
    sinter_diagnostics_free(b->diags);
    free(b);
    return code;
}

struct sinter_exploration *explore(struct explore_case *b, const struct sinter_experiment *experiment,
                                   const struct sinter_explore_options *options)
{
    struct sinter_exploration *exploration = NULL;
    if (sinter_explore_run(experiment, options, NULL, b->diags, &exploration) != SINTER_OK)
        fail_msg("%s", sinter_diagnostics_text(b->diags));
    assert_int_equal(sinter_diagnostics_count(b->diags), 0);
    return exploration;
}

struct sinter_explore_front *front_of(struct explore_case *b, struct sinter_exploration *exploration)
{
    struct sinter_explore_front *front = NULL;
    assert_int_equal(sinter_exploration_front(exploration, b->diags, &front), SINTER_OK);
    return front;
}

void point_of(struct explore_case *b, struct sinter_exploration *exploration, int64_t index,
              struct sinter_explore_point *point)
{
    assert_int_equal(sinter_exploration_point(exploration, index, b->diags, point), SINTER_OK);
}
