/* scan_avx2.c: the scan by hand for x86 with AVX2 and FMA; the build says so to the compiler where it can.
 * SPDX-License-Identifier: MIT
 */
#if defined(__AVX2__) && defined(__FMA__)
#include "scan_kernels.inc.h"

const struct scan_kernels *const scan_avx2 = &table;
#else
#include "scan.h"

const struct scan_kernels *const scan_avx2 = NULL;
#endif
