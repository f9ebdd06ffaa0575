/* problem.c: a cascade, an accelerator and a schedule, read from texts.
 * SPDX-License-Identifier: MIT
 */
#include "problem.h"

#include <string.h>

#define TENSORS                                                                                                   \
    "type: int8\nranks: {L: 6, D: 4, N: 2}\ntensors:\n"                                                           \
    "  DT: {ranks: [L, D], role: input}\n  X: {ranks: [L, D], role: input}\n  B: {ranks: [L, N], role: input}\n"  \
    "  C: {ranks: [L, N], role: input}\n  A: {ranks: [D, N], role: weight}\n  H0: {ranks: [D, N], role: state}\n" \
    "  H: {ranks: [L, D, N], state: H0}\n  Y: {ranks: [L, D], role: output}\neinsums:\n"                          \
    "  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n  - BX[l,d,n] = DT[l,d] * X[l,d] * B[l,n]\n"

const char problem_scan[] =
    "cascade: scan\n" TENSORS "  - H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]\n  - Y[l,d] = C[l,n] * H[l,d,n]\n";
const char problem_two_step[] =
    "cascade: two-step\n" TENSORS "  - HA[l,d,n] = DA[l,d,n] * H[l-1,d,n]\n  - H[l,d,n] = HA[l,d,n] + BX[l,d,n]\n"
    "  - Y[l,d] = C[l,n] * H[l,d,n]\n";

const char problem_one_buffer[] =
    "accelerator: one-buffer\ntechnology: 28 nm\nclock: 1 GHz\nmemories:\n"
    "  - {name: dram, kind: dram, bandwidth: 256 GB/s}\n"
    "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\n"
    "units:\n  - {name: array, at: buffer, pes: [4, 4], cycles: {mac: 1, mul: 1, add: 1, exp: 4}}\n"
    "  - {name: adder, at: buffer, pes: [4], cycles: {mac: 1, mul: 1, add: 1}}\n";

static bool read_cascade(struct problem *p, const char *text, const char *set[][2], int n_set)
{
    struct sinter_override overrides[PROBLEM_MAX_SET];
    for (int i = 0; i < n_set; i++)
        overrides[i] = (struct sinter_override){set[i][0], set[i][1], false};
    return sinter_cascade_parse("cascade", text, strlen(text), overrides, n_set, NULL, p->diags, &p->cascade) == SINTER_OK;
}

bool problem_open(struct problem *p, const char *cascade, const char *accel, const char *schedule, const char *set[][2],
                  int n_set)
{
    *p = (struct problem){.diags = sinter_diagnostics_new(NULL)};
    if (!read_cascade(p, cascade, set, n_set) ||
        sinter_accel_parse("accelerator", accel, strlen(accel), NULL, 0, NULL, p->diags, &p->accel) != SINTER_OK)
        return false;
    sinter_schedule_init(&p->schedule, p->cascade, p->accel, NULL);
    return schedule == NULL || problem_read(p, schedule) == SINTER_OK;
}

enum sinter_status problem_read(struct problem *p, const char *schedule)
{
    return sinter_schedule_parse(&p->schedule, "f", schedule, strlen(schedule), p->diags);
}

void problem_close(struct problem *p)
{
    if (p->schedule.cascade != NULL)
        sinter_schedule_free(&p->schedule);
    sinter_accel_free(p->accel);
    sinter_cascade_free(p->cascade);
    sinter_diagnostics_free(p->diags);
    *p = (struct problem){0};
}
