/* scan_avx512.c: the scan by hand for x86 with AVX-512; the build says so to the compiler where it can.
 * SPDX-License-Identifier: MIT
 */
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && defined(__FMA__)
#include "scan_kernels.inc.h"

const struct scan_kernels *const scan_avx512 = &table;
#else
#include "scan.h"

const struct scan_kernels *const scan_avx512 = NULL;
#endif
