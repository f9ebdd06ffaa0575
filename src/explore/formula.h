/* formula.h: formulas over the fields of an accelerator: "256 GB/s * sqrt(area / 222 mm2)", "area <= 222 mm2".
 * SPDX-License-Identifier: MIT
 *
 *     condition := sum ('<=' | '>=' | '<' | '>' | '==') sum
 *     sum       := product (('+' | '-') product)*
 *     product   := power (('*' | '/') power)*
 *     power     := value ('^' power)?
 *     value     := number unit? | field | function '(' sum (',' sum)* ')' | '(' sum ')' | '-' value
 *     function  := sqrt ceil floor round log2 | min max (of two)
 *
 * Numbers with a unit count in the unit that C code holds them in: bytes, bytes per second, hertz, mm2, nm, watts, seconds,
 * pJ, pJ per bit. A field is "area", "clock", "technology" or PART.FIELD of a memory or a unit.
 */
#ifndef SINTER_EXPLORE_FORMULA_H
#define SINTER_EXPLORE_FORMULA_H

#include "sinter/accel.h"

/* A numeric field of an accelerator; false: it has none of that name. *dimension: what it measures. */
bool accel_field(const struct sinter_accel *accel, const char *field, size_t length, double *value,
                 enum sinter_dimension *dimension);

/* Evaluates a formula, or a condition (1 or 0). The text stands at `at`, which messages point into. */
enum sinter_status formula_value(const char *text, bool is_condition, const struct sinter_accel *accel,
                                 struct sinter_location at, struct sinter_diagnostics *diags, double *value);

#endif
