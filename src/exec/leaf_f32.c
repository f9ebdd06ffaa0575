/* leaf_f32.c: leaves in float arithmetic.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "exec/executor.h"
#include "exec/kernels.h"

#define REAL float
#define NAME(name) name##_f32
#define LOOPS struct kernels_f32
#define FMA fmaf
#define FUNCTION sinter_function_value_float
#define FUNCTION_ALL sinter_function_all_float
#define READ sinter_format_read_float
#define WRITE sinter_format_write_float
#define ROUND sinter_format_round_all_float
#include "exec/leaf.inc.h"
