/* scaling.h: what becomes of an area or an energy in another technology.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_ACCEL_SCALING_H
#define SINTER_ACCEL_SCALING_H

#define DEFAULT_NODE_NM 28.0

/* Relative to 45 nm; multiply by scale(to) / scale(from). */
double scale_of_area(double nm);
double scale_of_energy(double nm);

/* Monotone interpolation of log y over log x between neighbours; beyond them along the last segment. x ascends, all are
 * positive, n >= 2. */
double interpolate(const double *x, const double *y, int n, double at);

#endif
