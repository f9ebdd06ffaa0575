/* mamba1.c: a Mamba-1 network as cascades: embedding, block, head.
 * SPDX-License-Identifier: MIT
 *
 * Ranks: L tokens, E model width, D inner width, N state, R rank of dt, K taps of the convolution, J = K - 1 slots of its
 * state, V vocabulary, B batch. Operators are what an unfused machine runs as one kernel.
 */
#include "workload/mamba1.h"

#include <inttypes.h>
#include <stdio.h>

/* r = r + x, and RMSNorm of the sum: u = r / sqrt(mean(r^2) + eps) * g. */
static void add_and_norm(struct maker *maker, const char *add_operator, const char *norm_operator)
{
    maker_einsum(maker, add_operator, "RES[@l,e] = RIN[@l,e] + X[@l,e]");
    maker_einsum(maker, norm_operator, "SQ[@l] = RES[@l,e]*RES[@l,e]");
    maker_einsum(maker, norm_operator, "RS[@l] = rsqrt(SQ[@l]*(1/E) + %.17g)", maker->config->norm_epsilon);
    maker_einsum(maker, norm_operator, "U[@l,e] = RES[@l,e]*RS[@l]*G[e]");
}

void mamba1_embed(struct maker *maker)
{
    maker_ranks(maker, "LE");
    maker_tensor(maker, "TOK", "@L", SINTER_INPUT, "int32", NULL);
    /* The rows that the tokens select, in order of use: the rest of the table does not move. */
    maker_tensor(maker, "EMB", "@L, E", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "X", "@L, E", SINTER_OUTPUT, NULL, NULL);
    maker_einsum(maker, "embed", "X[@l,e] = lookup(TOK[@l], EMB[@l,e])");
}

/* Up to the normed tokens U: what both heads begin with. */
static void head_norm(struct maker *maker)
{
    maker_ranks(maker, "LEV");
    maker_tensor(maker, "RIN", "@L, E", SINTER_INPUT, NULL, NULL);
    maker_tensor(maker, "X", "@L, E", SINTER_INPUT, NULL, NULL);
    maker_tensor(maker, "G", "E", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WV", "V, E", SINTER_WEIGHT, NULL, NULL);
    add_and_norm(maker, "norm_f", "norm_f");
}

void mamba1_head(struct maker *maker)
{
    head_norm(maker);
    maker_tensor(maker, "LOGITS", "@L, V", SINTER_OUTPUT, NULL, NULL);
    maker_einsum(maker, "lm_head", "LOGITS[@l,v] = U[@l,e]*WV[v,e]");
}

void mamba1_head_last(struct maker *maker)
{
    head_norm(maker);
    maker_tensor(maker, "LOGITS", "@V", SINTER_OUTPUT, NULL, NULL);
    maker_einsum(maker, "lm_head", "LOGITS[@v] = U[@%" PRId64 ",e]*WV[v,e]", maker->config->extent[EXTENT_L] - 1);
}

static void declare_tensors(struct maker *maker)
{
    const struct config *config = maker->config;
    int64_t taps = config->extent[EXTENT_K];

    maker_tensor(maker, "RIN", "@L, E", SINTER_INPUT, NULL, NULL); /* the residual stream */
    maker_tensor(maker, "X", "@L, E", SINTER_INPUT, NULL, NULL);   /* what the layer below adds to it */
    maker_tensor(maker, "RES", "@L, E", SINTER_OUTPUT, NULL, NULL);
    maker_tensor(maker, "G", "E", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WX", "D, E", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WZ", "D, E", SINTER_WEIGHT, NULL, NULL);
    if (config->has_projection_bias) {
        maker_tensor(maker, "BIX", "D", SINTER_WEIGHT, NULL, NULL);
        maker_tensor(maker, "BIZ", "D", SINTER_WEIGHT, NULL, NULL);
        maker_tensor(maker, "BO", "E", SINTER_WEIGHT, NULL, NULL);
    }
    /* The last K - 1 inputs of the convolution; a single one needs no rank of its own. */
    if (taps > 1)
        maker_tensor(maker, "CS", taps > 2 ? "@J, D" : "@D", SINTER_STATE, NULL, NULL);
    maker_tensor(maker, "XI", "@L, D", SINTER_INTERMEDIATE, NULL, taps > 1 ? "CS" : NULL);
    maker_tensor(maker, "WC", "D, K", SINTER_WEIGHT, NULL, NULL);
    if (config->has_conv_bias)
        maker_tensor(maker, "BC", "D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WR", "R, D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WB", "N, D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WCC", "N, D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WDT", "D, R", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "BD", "D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "A", "D, N", SINTER_WEIGHT, NULL, NULL); /* -exp(A_log), a constant */
    maker_tensor(maker, "H0", "@D, N", SINTER_STATE, config->state_type, NULL);
    maker_tensor(maker, "H", "@L, D, N", SINTER_INTERMEDIATE, config->state_type, "H0");
    maker_tensor(maker, "DP", "D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "WO", "E, D", SINTER_WEIGHT, NULL, NULL);
    maker_tensor(maker, "O", "@L, E", SINTER_OUTPUT, NULL, NULL);
}

static void in_proj(struct maker *maker)
{
    if (!maker->config->has_projection_bias) {
        maker_einsum(maker, "in_proj", "XI[@l,d] = U[@l,e]*WX[d,e]");
        maker_einsum(maker, "in_proj", "Z[@l,d] = U[@l,e]*WZ[d,e]");
        return;
    }
    maker_einsum(maker, "in_proj", "XP[@l,d] = U[@l,e]*WX[d,e]");
    maker_einsum(maker, "in_proj", "XI[@l,d] = XP[@l,d] + BIX[d]");
    maker_einsum(maker, "in_proj", "ZP[@l,d] = U[@l,e]*WZ[d,e]");
    maker_einsum(maker, "in_proj", "Z[@l,d] = ZP[@l,d] + BIZ[d]");
}

/* The taps are written out, from the bias and the oldest input up to the newest, so that a point costs K macs. */
static void conv1d(struct maker *maker)
{
    const int taps = (int)maker->config->extent[EXTENT_K];
    char text[2048] = "", shift[16] = "";
    size_t used = 0;

    for (int k = taps - 1; k >= 0; k--) {
        if (k < taps - 1)
            snprintf(shift, sizeof shift, "-%d", taps - 1 - k);
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%sXI[@l%s,d]*WC[d,%d]", k < taps - 1 ? " + (" : "", shift, k);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "%s", maker->config->has_conv_bias ? " + BC[d]" : "");
    snprintf(text + used, sizeof text - used, "%.*s", taps - 1, "))))))))))))))))))))))))))))))))");
    maker_einsum(maker, "conv1d", "XC[@l,d] = %s", text);
}

/* Falcon-Mamba: RMSNorm without gain over the last rank of `from`. */
static void state_norm(struct maker *maker, const char *from, const char *to, char variable, char rank)
{
    maker_einsum(maker, "state_norm", "%sQ[@l] = %s[@l,%c]*%s[@l,%c]", from, from, variable, from, variable);
    maker_einsum(maker, "state_norm", "%sS[@l] = rsqrt(%sQ[@l]*(1/%c) + %.17g)", from, from, rank,
                 maker->config->state_norm_epsilon);
    maker_einsum(maker, "state_norm", "%s[@l,%c] = %s[@l,%c]*%sS[@l]", to, variable, from, variable, from);
}

static void x_proj(struct maker *maker)
{
    const char *suffix = maker->config->has_state_norm ? "RAW" : "";

    maker_einsum(maker, "x_proj", "DTR%s[@l,r] = XS[@l,d]*WR[r,d]", suffix);
    maker_einsum(maker, "x_proj", "B%s[@l,n] = XS[@l,d]*WB[n,d]", suffix);
    maker_einsum(maker, "x_proj", "C%s[@l,n] = XS[@l,d]*WCC[n,d]", suffix);
    if (maker->config->has_state_norm) {
        state_norm(maker, "DTRRAW", "DTR", 'r', 'R');
        state_norm(maker, "BRAW", "B", 'n', 'N');
        state_norm(maker, "CRAW", "C", 'n', 'N');
    }
}

void mamba1_block(struct maker *maker)
{
    maker_ranks(maker, "LEDNRK");
    if (maker->config->extent[EXTENT_K] > 2)
        maker_rank(maker, "J", maker->config->extent[EXTENT_K] - 1, EXTENT_K);
    declare_tensors(maker);
    add_and_norm(maker, "residual_add", "rmsnorm");
    in_proj(maker);
    conv1d(maker);
    maker_einsum(maker, "silu_x", "XS[@l,d] = silu(XC[@l,d])");
    x_proj(maker);
    maker_einsum(maker, "dt_proj", "DTP[@l,d] = DTR[@l,r]*WDT[d,r]");
    maker_einsum(maker, "dt_proj", "DTB[@l,d] = DTP[@l,d] + BD[d]");
    maker_einsum(maker, "softplus", "DT[@l,d] = softplus(DTB[@l,d])");
    maker_einsum(maker, "dA", "DA[@l,d,n] = exp(DT[@l,d]*A[d,n])");
    maker_einsum(maker, "dtx", "DTX[@l,d] = DT[@l,d]*XS[@l,d]");
    maker_einsum(maker, "dBx", "BX[@l,d,n] = DTX[@l,d]*B[@l,n]");
    maker_einsum(maker, "scan", "H[@l,d,n] = DA[@l,d,n]*H[@l-1,d,n] + BX[@l,d,n]");
    maker_einsum(maker, "yC", "Y[@l,d] = C[@l,n]*H[@l,d,n]");
    maker_einsum(maker, "skipD", "YS[@l,d] = Y[@l,d] + DP[d]*XS[@l,d]");
    maker_einsum(maker, "gate", "YG[@l,d] = YS[@l,d]*silu(Z[@l,d])");
    maker_einsum(maker, "out_proj", "%s[@l,e] = YG[@l,d]*WO[e,d]", maker->config->has_projection_bias ? "OP" : "O");
    if (maker->config->has_projection_bias)
        maker_einsum(maker, "out_proj", "O[@l,e] = OP[@l,e] + BO[e]");
}
