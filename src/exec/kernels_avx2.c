/* kernels_avx2.c: the kernels for x86 with AVX2 and FMA; the build says so to the compiler where it can.
 * SPDX-License-Identifier: MIT
 */
#if defined(__AVX2__) && defined(__FMA__)
#include "exec/kernels_level.inc.h"

const struct kernels *const kernels_avx2 = &table;
#else
#include "exec/kernels.h"

const struct kernels *const kernels_avx2 = NULL;
#endif
