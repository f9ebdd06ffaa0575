/* kernels_avx512.c: the kernels for x86 with AVX-512; the build says so to the compiler where it can.
 * SPDX-License-Identifier: MIT
 */
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && defined(__FMA__)
#include "exec/kernels_level.inc.h"

const struct kernels *const kernels_avx512 = &table;
#else
#include "exec/kernels.h"

const struct kernels *const kernels_avx512 = NULL;
#endif
