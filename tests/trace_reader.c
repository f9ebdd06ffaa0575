/* trace_reader.c: a trace read back from its JSON.
 * SPDX-License-Identifier: MIT
 */
#include "trace_reader.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int by_thread_and_time(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    if (x->thread != y->thread)
        return x->thread - y->thread;
    return (x->start > y->start) - (x->start < y->start);
}

double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

const char *string_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    assert_non_null(value);
    return value;
}

void read_back(const struct sinter_text *text, struct read *read)
{
    json_error_t error;
    *read = (struct read){.root = json_loadb(sinter_text_data(text), text->length, JSON_REJECT_DUPLICATES, &error)};
    if (read->root == NULL)
        fail_msg("%d:%d: %s", error.line, error.column, error.text);
    const json_t *events = json_object_get(read->root, "traceEvents");
    read->slices = calloc(json_array_size(events) + 1, sizeof *read->slices);
    assert_non_null(read->slices);
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event)
    {
        const char *phase = string_of(event, "ph");
        const json_t *args = json_object_get(event, "args");
        if (strcmp(phase, "M") == 0 && strcmp(string_of(event, "name"), "thread_name") == 0) {
            int thread = (int)number_of(event, "tid");
            assert_in_range(thread, 1, MOST_THREADS - 1);
            read->threads[thread] = string_of(args, "name");
        }
        if (strcmp(phase, "X") != 0)
            continue;
        double from = round(1000 * number_of(event, "ts"));
        read->slices[read->n_slices++] = (struct slice){.thread = (int)number_of(event, "tid"),
                                                        .start = number_of(args, "start_cycles"),
                                                        .end = number_of(args, "end_cycles"),
                                                        .from = from,
                                                        .to = from + round(1000 * number_of(event, "dur")),
                                                        .args = args,
                                                        .name = string_of(event, "name")};
    }
    qsort(read->slices, (size_t)read->n_slices, sizeof *read->slices, by_thread_and_time);
}

void forget(struct read *read)
{
    json_decref(read->root);
    free(read->slices);
}
