/* scaling.c: what becomes of an area or an energy in another technology.
 * SPDX-License-Identifier: MIT
 *
 * A. Stillmaker, B. Baas, "Scaling equations for the accurate prediction of CMOS device performance from 180 nm to 7 nm",
 * Integration 58 (2017). Areas: the table of relative areas, in which the column of 45 nm is taken. Energies: the
 * polynomials in the supply voltage (high performance below 65 nm), all at 0.9 V, relative to 45 nm. Between the nodes the
 * logarithm of the factor is linear in the logarithm of the node; beyond them it goes on with the last slope. 28 nm, which
 * the paper lacks, is a node of its own: 0.377 and 0.507.
 */
#include "accel/scaling.h"

#include <math.h>

enum { N_NODES = 11 };
/* clang-format off */
static const double nodes_nm[N_NODES] = {7,      10,     14,     16,     20,     28,    32,     45, 65,     90,     130};
static const double areas[N_NODES] =    {0.059,  0.1,    0.17,   0.19,   0.21,   0.377, 0.46,   1,  1.5,    2.8,    6.4};
static const double energies[N_NODES] = {0.1237, 0.1538, 0.1813, 0.2263, 0.2873, 0.507, 0.6541, 1,  1.5145, 2.3557, 3.8268};
/* clang-format on */

double interpolate(const double *x, const double *y, int n, double at)
{
    int i = 0;
    while (i < n - 2 && at > x[i + 1])
        i++;
    /* A knot gives its own value, not one that was rounded twice. */
    if (!(at < x[i]) && !(at > x[i]))
        return y[i];
    if (!(at < x[i + 1]) && !(at > x[i + 1]))
        return y[i + 1];
    return y[i] * pow(y[i + 1] / y[i], log(at / x[i]) / log(x[i + 1] / x[i]));
}

double scale_of_area(double nm)
{
    return interpolate(nodes_nm, areas, N_NODES, nm);
}

double scale_of_energy(double nm)
{
    return interpolate(nodes_nm, energies, N_NODES, nm);
}
