/* kernels_baseline.c: the kernels for every machine of the compiler's target.
 * SPDX-License-Identifier: MIT
 */
#include "exec/kernels_level.inc.h"

const struct kernels *const kernels_baseline = &table;
