/* query.c: names of memories and units, and what a unit can run and reach.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "sinter/accel.h"

int sinter_accel_memory(const struct sinter_accel *accel, const char *name)
{
    for (int i = 0; i < accel->n_memories; i++)
        if (strcmp(accel->memories[i].name, name) == 0)
            return i;
    return -1;
}

int sinter_accel_unit(const struct sinter_accel *accel, const char *name)
{
    for (int i = 0; i < accel->n_units; i++)
        if (strcmp(accel->units[i].name, name) == 0)
            return i;
    return -1;
}

bool sinter_unit_can_run(const struct sinter_unit *unit, const struct sinter_einsum *einsum, enum sinter_op *missing)
{
    for (int i = 0; i < einsum->n_ops; i++)
        if (!(unit->cycles[einsum->ops[i].op] > 0)) {
            if (missing)
                *missing = einsum->ops[i].op;
            return false;
        }
    return true;
}

void sinter_unit_work(const struct sinter_unit *unit, const struct sinter_einsum *einsum, struct sinter_work *work)
{
    *work = (struct sinter_work){.can_run = sinter_unit_can_run(unit, einsum, NULL)};
    for (int k = 0; k < einsum->n_ops && work->can_run; k++) {
        const struct sinter_op_count *op = &einsum->ops[k];
        double cycles = (double)op->total * unit->cycles[op->op];
        int t = 0;
        work->cycles += cycles;
        work->joules += (double)op->total * unit->pj[op->op] * 1e-12;
        while (t < work->n_terms && work->terms[t].ranks != op->ranks)
            t++;
        if (t == SINTER_MAX_WORK_TERMS) {
            work->has_more = true;
            continue;
        }
        if (t == work->n_terms)
            work->terms[work->n_terms++] = (struct sinter_work_term){op->ranks, 0};
        work->terms[t].cycles += cycles;
    }
}

void sinter_unit_pe_sets(const struct sinter_unit *unit, struct sinter_pe_sets *sets)
{
    sets->pes[0] = 1;
    sets->per_pe[0] = 1;
    for (int set = 1; set < 1 << unit->n_dims; set++) {
        sets->pes[set] =
            sets->pes[set & (set - 1)] * unit->pes[__builtin_ctz((unsigned)set)]; /* divides n_pes, which fits */
        sets->per_pe[set] = 1 / (double)sets->pes[set];
    }
}

bool sinter_unit_reaches(const struct sinter_accel *accel, const struct sinter_unit *unit, int memory)
{
    for (int m = unit->memory; m >= 0; m = accel->memories[m].parent)
        if (m == memory)
            return true;
    return false;
}
