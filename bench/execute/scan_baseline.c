/* scan_baseline.c: the scan by hand for every machine of the compiler's target.
 * SPDX-License-Identifier: MIT
 */
#include "scan_kernels.inc.h"

const struct scan_kernels *const scan_baseline = &table;
