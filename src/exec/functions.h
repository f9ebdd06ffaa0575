/* functions.h: functions in double, and what their models compute instead.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_EXEC_FUNCTIONS_H
#define SINTER_EXEC_FUNCTIONS_H

#include "sinter/exec.h"

/* Of a table, lines or a polynomial. Where arguments are reduced, it is what they are reduced to. */
struct function_range {
    double low, high;
    bool is_reduced; /* the interval is fixed: every argument is led back to it by powers of two */
};
/* The usual one. False: the function has no such models. */
bool function_usual_range(enum sinter_function function, enum sinter_function_kind kind, struct function_range *range);
/* What is tabulated or fitted at x in [low, high]: the function itself, but 2^x for a polynomial of exp. */
double function_sample(enum sinter_function function, enum sinter_function_kind kind, double x);
/* The value of any model but the exact one. */
double function_approximate(const struct sinter_function_model *model, enum sinter_function function, double x);

#endif
