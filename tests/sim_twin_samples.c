/* sim_twin_samples.c: how full a memory is over time, for the naive twin of the simulator.
 * SPDX-License-Identifier: MIT
 */
#include "sim_twin.h"

#include <string.h>

struct level {
    int64_t at, bits, sample, *samples; /* samples: NULL: only `at` is wanted */
};

/* A change that comes about late counts from the one before it on: time never goes back. */
static void change(struct level *level, int64_t time, int64_t bits)
{
    time = time > level->at ? time : level->at;
    for (int64_t k = level->at / level->sample; level->samples != NULL && k <= time / level->sample; k++)
        if (level->bits > level->samples[k])
            level->samples[k] = level->bits;
    level->at = time;
    level->bits += bits;
    if (level->samples != NULL && level->bits > level->samples[time / level->sample])
        level->samples[time / level->sample] = level->bits;
}

static void walk(const struct sim_twin *twin, int memory, struct level *level)
{
    for (int i = 0; i < twin->n_changes; i++)
        if (twin->changes[i].memory == memory)
            change(level, twin->changes[i].time, twin->changes[i].bits);
}

int sim_twin_samples(const struct sim_twin *twin, int memory, int64_t *sample, int64_t bits[SINTER_SAMPLES])
{
    struct level level = {.sample = 1};
    walk(twin, memory, &level);
    *sample = 1;
    while (level.at / *sample >= SINTER_SAMPLES)
        *sample *= 2;
    memset(bits, 0, SINTER_SAMPLES * sizeof *bits);
    int n = (int)(level.at / *sample) + 1;
    level = (struct level){.sample = *sample, .samples = bits};
    walk(twin, memory, &level);
    return n;
}
