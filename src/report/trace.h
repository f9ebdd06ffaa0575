/* trace.h: the writer of traces, with its limits open to tests.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_REPORT_TRACE_H
#define SINTER_REPORT_TRACE_H

#include "sinter/report.h"

struct trace_limits {
    int64_t slices;   /* of a trace without a window */
    int64_t commands; /* that are timed one by one; 0: as many as the simulation allows */
};

enum sinter_status trace_write(const struct sinter_result *result, const struct sinter_trace_window *window,
                               const struct trace_limits *limits, const struct sinter_sink *sink,
                               const struct sinter_allocator *allocator, struct sinter_diagnostics *diags,
                               struct sinter_traced *traced);

#endif
