/* checked.c: products and sums of sizes that notice when they do not fit.
 * SPDX-License-Identifier: MIT
 */
#include "sinter/base.h"

bool sinter_multiply(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || (b > 0 && a > INT64_MAX / b))
        return false;
    *out = a * b;
    return true;
}

bool sinter_add(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || a > INT64_MAX - b)
        return false;
    *out = a + b;
    return true;
}
