/* arithmetic.c: area of a PE and energy of its operations, by precision.
 * SPDX-License-Identifier: MIT
 *
 * Energies of 45 nm: M. Horowitz, ISSCC 2014, 0.9 V. Of 28 nm: the same, times 0.507; areas of 28 nm: times 0.377 (Stillmaker
 * and Baas 2017, scaling.c). Energies of 7 nm: N. Jouppi and others, ISCA 2021: measured against the same 45 nm, they
 * fall less than scaling says, and are preferred to it. Between these nodes the logarithm of the energy is linear in the
 * logarithm of the node; below 7 nm and above 45 nm it is scaled, as areas are everywhere.
 */
#include "accel/scaling.h"
#include "sinter/accel.h"

enum { N_NODES = 3 };
static const double nodes_nm[N_NODES] = {7, 28, 45};

struct arithmetic {
    const char *name;
    double um2; /* of a mac, 28 nm */
    double mac[N_NODES], add[N_NODES], mul[N_NODES];
};

/* clang-format off */
static const struct arithmetic precisions[] = {
    /* the sources give each figure, unless the line says more */
    [SINTER_PE_FP32] = {"fp32", 4480, {1.69, 2.33, 4.6}, {0.38, 0.46, 0.9}, {1.31, 1.87, 3.7}},
    [SINTER_PE_FP16] = {"fp16", 1130, {0.50, 0.76, 1.5}, {0.16, 0.20, 0.4}, {0.34, 0.56, 1.1}},
    /* a product of fp16, a sum of fp32 */
    [SINTER_PE_FP16_FP32] = {"fp16-fp32", 2190, {0.72, 1.01, 2.0}, {0.38, 0.46, 0.9}, {0.34, 0.56, 1.1}},
    /* mac: the sum of a multiplication and an addition, as the other macs are */
    [SINTER_PE_INT32] = {"int32", 1368, {1.51, 1.62, 3.2}, {0.03, 0.05, 0.1}, {1.48, 1.57, 3.1}},
    /* a mac accumulates in int32 */
    [SINTER_PE_INT8] = {"int8", 160, {0.10, 0.15, 0.3}, {0.007, 0.015, 0.03}, {0.07, 0.10, 0.2}},
};

/* What other classes cost, in macs of the same precision; max is an addition. */
static const double macs[SINTER_N_OPS] = {
    [SINTER_DIV] = 2.1, [SINTER_RECIP] = 2.1,      /* N. Nayak and others, FuseMax, arXiv 2406.10491 */
    [SINTER_SQRT] = 2.1, [SINTER_RSQRT] = 2.1,     /* assumption: as a division */
    [SINTER_EXP] = 4, [SINTER_SIGMOID] = 4, [SINTER_SILU] = 4, /* a mac in each of the 4 cycles of MARCA's PEs */
    [SINTER_SOFTPLUS] = 8,                         /* assumption: two exponentials' worth */
    [SINTER_LOG] = 4, [SINTER_TANH] = 4, [SINTER_GELU] = 4, /* assumption: as exp */
};
/* clang-format on */

const char *sinter_precision_name(enum sinter_precision precision)
{
    return precisions[precision].name;
}

double sinter_pe_area_mm2(enum sinter_precision precision, double nm)
{
    nm = nm > 0 ? nm : DEFAULT_NODE_NM;
    return precisions[precision].um2 * 1e-6 * (scale_of_area(nm) / scale_of_area(DEFAULT_NODE_NM));
}

static double energy_at(const double values[N_NODES], double nm)
{
    if (nm < nodes_nm[0])
        return values[0] * (scale_of_energy(nm) / scale_of_energy(nodes_nm[0]));
    if (nm > nodes_nm[N_NODES - 1])
        return values[N_NODES - 1] * (scale_of_energy(nm) / scale_of_energy(nodes_nm[N_NODES - 1]));
    return interpolate(nodes_nm, values, N_NODES, nm);
}

double sinter_pe_energy_pj(enum sinter_precision precision, enum sinter_op op, double nm)
{
    const struct arithmetic *at = &precisions[precision];
    nm = nm > 0 ? nm : DEFAULT_NODE_NM;
    if (op == SINTER_ADD || op == SINTER_MAX)
        return energy_at(at->add, nm);
    if (op == SINTER_MUL)
        return energy_at(at->mul, nm);
    return (op == SINTER_MAC ? 1 : macs[op]) * energy_at(at->mac, nm);
}
