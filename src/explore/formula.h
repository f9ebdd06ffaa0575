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
 *
 * What is added, compared, or given to min and max measures the same: "buffer.capacity + 1" and "clock > 2" are refused, so
 * that nobody takes bytes for KiB. 0 needs no unit. Products and quotients measure what they must; exponents and what log2 is
 * taken of are plain numbers.
 */
#ifndef SINTER_EXPLORE_FORMULA_H
#define SINTER_EXPLORE_FORMULA_H

#include "explore/field.h"

/* What a formula is for: a value of some sinter_dimension, or one of these. */
enum { FORMULA_ANY = -1, FORMULA_CONDITION = -2 };

/* Evaluates a formula; of a condition the value is 1 or 0. The text stands at `at`, which messages point into. */
enum sinter_status formula_value(const char *text, int wanted, const struct sinter_accel *accel, struct sinter_location at,
                                 struct sinter_diagnostics *diags, double *value);

#endif
