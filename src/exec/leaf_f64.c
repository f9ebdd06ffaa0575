/* leaf_f64.c: leaves in double arithmetic.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "exec/executor.h"
#include "exec/kernels.h"

#define REAL double
#define NAME(name) name##_f64
#define LOOPS struct kernels_f64
#define FMA fma
#define FUNCTION sinter_function_value
#define FUNCTION_ALL sinter_function_all
#define READ sinter_format_read
#define WRITE sinter_format_write
#define ROUND sinter_format_round_all
#include "exec/leaf.inc.h"
