/* shape.c: a number of PEs as an array.
 * SPDX-License-Identifier: MIT
 */
#include "accel/shape.h"

#include <math.h>

void shape_about(int64_t n, int64_t pes[2])
{
    int64_t power = 1, rows;
    int k = 0;

    while (power <= n / 2) {
        power *= 2;
        k++;
    }
    if ((double)(2 * power - n) < (double)(n - power)) {
        power *= 2;
        k++;
    }
    if (fabs((double)(power - n)) <= 0.05 * (double)n) {
        pes[0] = (int64_t)1 << (k / 2);
        pes[1] = (int64_t)1 << (k - k / 2);
        return;
    }
    rows = (int64_t)sqrt((double)n);
    pes[0] = rows;
    while (pes[0] > 1 && n % pes[0] != 0)
        pes[0]--;
    if (pes[0] * 2 < rows)
        pes[0] = rows;
    pes[1] = n / pes[0];
}

/* Of the numbers of rows from half the square's to the square's the one that leaves the fewest PEs over. */
static void shape_at_most(int64_t n, int64_t pes[2])
{
    int64_t square = (int64_t)sqrt((double)n), best = square;

    for (int64_t rows = square; rows >= 1 && 2 * rows >= square && n % best > 0; rows--)
        if (n % rows < n % best)
            best = rows;
    pes[0] = best;
    pes[1] = n / best;
}

bool shape_within(int64_t n, struct sinter_unit *unit)
{
    int64_t rest = 1;

    for (int d = 2; d < unit->n_dims; d++)
        rest *= unit->pes[d];
    if (n < rest)
        return false;
    if (unit->n_dims == 1)
        unit->pes[0] = n;
    else
        shape_at_most(n / rest, unit->pes);
    unit->n_pes = rest * unit->pes[0] * (unit->n_dims > 1 ? unit->pes[1] : 1);
    return true;
}
