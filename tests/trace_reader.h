/* trace_reader.h: a trace read back from its JSON.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_TESTS_TRACE_READER_H
#define SINTER_TESTS_TRACE_READER_H

#include <jansson.h>

#include "sinter/base.h"

enum { MOST_THREADS = 32 };

struct slice {
    int thread;
    double start, end; /* cycles */
    double from, to;   /* nanoseconds */
    const json_t *args;
    const char *name;
};

struct read {
    json_t *root;
    int n_slices;
    struct slice *slices;              /* by thread, then by time */
    const char *threads[MOST_THREADS]; /* names */
};

/* All of them fail the test when something is not there. */
void read_back(const struct sinter_text *text, struct read *read);
void forget(struct read *read);
double number_of(const json_t *object, const char *key);
const char *string_of(const json_t *object, const char *key);

#endif
