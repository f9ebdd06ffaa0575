/* mamba1_pact25.c: the Mamba-1 layer node by node as the public artifact of arXiv 2504.17333 (PACT 2025) counts it.
 * SPDX-License-Identifier: MIT
 *
 * One Einsum is one node is one operator. Its operations and the elements of its operands are the artifact's, also where
 * that is not what a layer needs: such places are marked. Softplus, the epsilon of the norm and the gains of the norm are
 * free there, slices of XZ and XP too. Ranks besides those of mamba1.c: J = 2 D outputs of in_proj, P = R + 2 N outputs of
 * x_proj, T = L + K - 1 outputs of the padded convolution.
 */
#include <inttypes.h>

#include "workload/mamba1.h"

/* ONE is the second operand of one element that the artifact gives to nodes with one input. `lookup(ONE, x)` is x: it
 * computes nothing and reads both. */
#define ONE(x) "lookup(ONE, " x ")"

static void declare(struct maker *maker)
{
    const int64_t *extent = maker->config->extent;

    maker_ranks(maker, "LEDNRK");
    maker_rank(maker, "J", 2 * extent[EXTENT_D], EXTENT_D);
    maker_rank(maker, "P", extent[EXTENT_R] + 2 * extent[EXTENT_N], EXTENT_N);
    maker_rank(maker, "T", extent[EXTENT_L] + extent[EXTENT_K] - 1, EXTENT_L);
    maker_tensor(maker, "X", "@L, E", SINTER_INPUT, NULL, NULL);
    /* x squared is a power of x and x: the artifact moves x twice. */
    maker_tensor(maker, "X2", "@L, E", SINTER_INPUT, NULL, NULL);
    /* The reciprocal leaves its node as L elements and enters the next one spread over L x E. */
    maker_tensor(maker, "RCE", "@L, E", SINTER_INPUT, NULL, NULL);
    maker_tensor(maker, "RC", "@L", SINTER_OUTPUT, NULL, NULL);
    maker_tensor(maker, "ONE", "", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "INV", "", SINTER_WEIGHT, NULL, NULL); /* 1 / E */
    maker_tensor(maker, "WI", "J, E", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WC", "D, K", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WP", "P, D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WDT", "D, R", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "BD", "D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "A", "D, N", SINTER_WEIGHT, NULL, NULL);
    /* Read for the first token; the artifact does not write the last state anywhere else. */
    maker_tensor(maker, "H0", "@D, N", SINTER_INPUT, maker->config->state_type, NULL);
    maker_tensor(maker, "H", "@L, D, N", SINTER_INTERMEDIATE, maker->config->state_type, "H0");
    maker_tensor(maker, "DP", "D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WO", "E, D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "OUT", "@L, E", SINTER_OUTPUT, NULL, NULL);
}

static void norm_to_x_proj(struct maker *maker)
{
    maker_einsum(maker, "norm_pow", "SQ[@l,e] = X[@l,e]*X2[@l,e]");
    maker_einsum(maker, "norm_mean", "MS[@l] = SQ[@l,e]*INV");
    maker_einsum(maker, "norm_sqrt", "RT[@l] = sqrt(" ONE("MS[@l]") ")");
    maker_einsum(maker, "norm_reciprocal", "RC[@l] = recip(" ONE("RT[@l]") ")");
    maker_einsum(maker, "norm_mul", "U[@l,e] = X[@l,e]*RCE[@l,e]");
    maker_einsum(maker, "in_proj", "XZ[@l,j] = U[@l,e]*WI[j,e]");
    /* K - 1 zeros on both sides make K - 1 outputs more than tokens; they are computed, stored, and sliced off later. */
    maker_einsum(maker, "conv1d", "XC[@t,d] = XZ[@t+k-%" PRId64 ",d]*WC[d,k]", maker->config->extent[EXTENT_K] - 1);
    maker_einsum(maker, "silu_sigmoid", "XG[@l,d] = sigmoid(" ONE("XC[@l,d]") ")");
    maker_einsum(maker, "silu_mul", "XS[@l,d] = XC[@l,d]*XG[@l,d]");
    maker_einsum(maker, "x_proj", "XP[@l,p] = XS[@l,d]*WP[p,d]");
}

static void state_update(struct maker *maker)
{
    const int64_t r = maker->config->extent[EXTENT_R], n = maker->config->extent[EXTENT_N];

    maker_einsum(maker, "mul_delta_A", "DTA[@l,d,n] = DT[@l,d]*A[d,n]");
    maker_einsum(maker, "exp", "DA[@l,d,n] = exp(" ONE("DTA[@l,d,n]") ")");
    maker_einsum(maker, "mul_delta_B", "DB[@l,d,n] = DT[@l,d]*XP[@l,n+%" PRId64 "]", r);
    maker_einsum(maker, "mul_dBx", "BX[@l,d,n] = DB[@l,d,n]*XS[@l,d]");
    maker_einsum(maker, "h_dA", "HH[@l,d,n] = DA[@l,d,n]*H[@l-1,d,n]");
    maker_einsum(maker, "add_dBx", "H[@l,d,n] = HH[@l,d,n] + BX[@l,d,n]");
    maker_einsum(maker, "h_C", "Y[@l,d] = H[@l,d,n]*XP[@l,n+%" PRId64 "]", r + n);
}

void mamba1_pact25_block(struct maker *maker)
{
    const int64_t d = maker->config->extent[EXTENT_D];

    declare(maker);
    norm_to_x_proj(maker);
    maker_einsum(maker, "dt_proj", "DTP[@l,d] = XP[@l,r]*WDT[d,r]");
    maker_einsum(maker, "dt_add", "DT[@l,d] = DTP[@l,d] + BD[d]");
    state_update(maker);
    maker_einsum(maker, "mul_D_x", "DX[@l,d] = XS[@l,d]*DP[d]");
    maker_einsum(maker, "add_y_Dx", "YS[@l,d] = Y[@l,d] + DX[@l,d]");
    maker_einsum(maker, "gate_sigmoid", "ZG[@l,d] = sigmoid(" ONE("XZ[@l,d+%" PRId64 "]") ")", d);
    maker_einsum(maker, "gate_mul", "ZS[@l,d] = XZ[@l,d+%" PRId64 "]*ZG[@l,d]", d);
    maker_einsum(maker, "mul_y_z", "YG[@l,d] = YS[@l,d]*ZS[@l,d]");
    maker_einsum(maker, "out_proj", "O[@l,e] = YG[@l,d]*WO[e,d]");
    maker_einsum(maker, "residual", "OUT[@l,e] = O[@l,e] + X[@l,e]");
}
