/* random.c: splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
 * SPDX-License-Identifier: MIT
 */
#include "sinter/base.h"

uint64_t sinter_random_next(struct sinter_random *random)
{
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t sinter_random_below(struct sinter_random *random, int64_t n)
{
    if (n <= 1)
        return 0;
    /* Numbers past the last whole multiple of n would favour small remainders: draw again. */
    uint64_t range = (uint64_t)n;
    uint64_t limit = UINT64_MAX - UINT64_MAX % range;
    uint64_t drawn;
    do
        drawn = sinter_random_next(random);
    while (drawn >= limit);
    return (int64_t)(drawn % range);
}

double sinter_random_unit(struct sinter_random *random)
{
    return (double)(sinter_random_next(random) >> 11) * 0x1p-53;
}
