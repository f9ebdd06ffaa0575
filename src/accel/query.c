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

bool sinter_unit_reaches(const struct sinter_accel *accel, const struct sinter_unit *unit, int memory)
{
    for (int m = unit->memory; m >= 0; m = accel->memories[m].parent)
        if (m == memory)
            return true;
    return false;
}
