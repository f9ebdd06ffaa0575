/* random_case.c: small random cascades and accelerators, as texts.
 * SPDX-License-Identifier: MIT
 */
#include "random_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t between(struct sinter_random *random, int64_t low, int64_t high)
{
    return low + sinter_random_below(random, high - low + 1);
}

static bool chance(struct sinter_random *random, int percent)
{
    return sinter_random_below(random, 100) < percent;
}

static const char *pick_type(struct sinter_random *random)
{
    static const char *const types[] = {"int8", "int8", "int8", "int4", "fp16", "3 bit"};
    return types[sinter_random_below(random, 6)];
}

static void head(struct sinter_text *out, const char *name, struct sinter_random *random)
{
    sinter_text_printf(out, "cascade: %s\ntype: %s\n", name, pick_type(random));
}

/* ---- families ------------------------------------------------------------------------------------------------ */

static void products(struct sinter_random *random, struct sinter_text *out)
{
    head(out, "products", random);
    sinter_text_printf(out, "ranks: {L: %d, E: %d, F: %d, G: %d, P: %d}\n", (int)between(random, 1, 5),
                       (int)between(random, 1, 4), (int)between(random, 1, 5), (int)between(random, 1, 3),
                       (int)between(random, 1, 5));
    sinter_text_append(out, "tensors:\n  X: {ranks: [L, E], role: input}\n  W1: {ranks: [F, E], role: weight}\n"
                            "  W2: {ranks: [G, F], role: weight}\n  W3: {ranks: [P, G], role: weight}\n"
                            "  O: {ranks: [L, P], role: output}\n");
    if (chance(random, 30))
        sinter_text_append(out, "  T: {ranks: [L, G], role: output}\n");
    sinter_text_append(out, "einsums:\n  - S[l,f] = X[l,e] * W1[f,e]\n  - T[l,g] = S[l,f] * W2[g,f]\n");
    sinter_text_append(out,
                       chance(random, 30) ? "  - O[l,p] = T[l,g] * W3[p,g] * S[l,f]\n" : "  - O[l,p] = T[l,g] * W3[p,g]\n");
}

/* How a state is kept: none, or a role. The slices of a state with c > 1 have a rank J of their own. */
static void state_line(struct sinter_random *random, struct sinter_text *out, const char *ranks, bool *has_state)
{
    static const char *const roles[] = {"state", "state", "state", "input", "output"};
    *has_state = chance(random, 60);
    if (*has_state)
        sinter_text_printf(out, "  H0: {ranks: [%s], role: %s%s}\n", ranks, roles[sinter_random_below(random, 5)],
                           chance(random, 20) ? ", type: fp16" : "");
}

static void scan(struct sinter_random *random, struct sinter_text *out)
{
    bool has_state, is_two = chance(random, 35), has_tail = chance(random, 30);
    head(out, "scan", random);
    sinter_text_printf(out, "ranks: {L: %d, D: %d, N: %d}\n", (int)between(random, 1, 7), (int)between(random, 1, 5),
                       (int)between(random, 1, 3));
    sinter_text_append(out, "tensors:\n  DT: {ranks: [L, D], role: input}\n  X: {ranks: [L, D], role: input}\n"
                            "  B: {ranks: [L, N], role: input}\n  C: {ranks: [L, N], role: input}\n"
                            "  A: {ranks: [D, N], role: weight}\n  Y: {ranks: [L, D], role: output}\n");
    if (has_tail)
        sinter_text_append(out, "  Z: {ranks: [D, N], role: output}\n");
    state_line(random, out, "D, N", &has_state);
    if (has_state || chance(random, 20))
        sinter_text_printf(out, "  H: {ranks: [L, D, N]%s%s}\n", has_state ? ", state: H0" : "",
                           chance(random, 20) ? ", role: output" : "");
    sinter_text_append(out, "einsums:\n  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n  - BX[l,d,n] = DT[l,d] * X[l,d] * B[l,n]\n");
    if (is_two)
        sinter_text_append(out, "  - HA[l,d,n] = DA[l,d,n] * H[l-1,d,n]\n  - H[l,d,n] = HA[l,d,n] + BX[l,d,n]\n");
    else
        sinter_text_append(out, "  - H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]\n");
    sinter_text_append(out, "  - Y[l,d] = C[l,n] * H[l,d,n]\n");
    if (has_tail)
        sinter_text_append(out, "  - G[l,d] = Y[l,d] * X[l,d]\n  - Z[d,n] = G[l,d] * B[l,n]\n");
}

/* A causal window, over an input or over an intermediate, with and without a state. */
static void convolution(struct sinter_random *random, struct sinter_text *out)
{
    int taps = (int)between(random, 2, 4);
    bool has_state, is_made = chance(random, 70), is_last_output = chance(random, 20);
    head(out, "convolution", random);
    sinter_text_printf(out, "ranks: {L: %d, D: %d, K: %d, J: %d}\n", (int)between(random, 1, 7), (int)between(random, 1, 4),
                       taps, taps - 1);
    sinter_text_append(out, "tensors:\n  I: {ranks: [L, D], role: input}\n  W: {ranks: [K, D], role: weight}\n");
    has_state = chance(random, 50);
    if (has_state) {
        static const char *const roles[] = {"state", "state", "input", "output"};
        sinter_text_printf(out, "  S: {ranks: [%s], role: %s}\n", chance(random, 50) ? "J, D" : "D, J",
                           is_made ? roles[sinter_random_below(random, 4)] : "input");
    }
    if (has_state || !is_made || is_last_output)
        sinter_text_printf(out, "  X: {ranks: [L, D]%s%s}\n", has_state ? ", state: S" : "",
                           !is_made         ? ", role: input"
                           : is_last_output ? ", role: output"
                                            : "");
    sinter_text_append(out, "  Z: {ranks: [L, D], role: output}\neinsums:\n");
    if (is_made)
        sinter_text_append(out, "  - X[l,d] = exp(I[l,d])\n");
    sinter_text_append(out, "  - Y[l,d] = X[l-k,d] * W[k,d]\n");
    sinter_text_append(out, chance(random, 50) ? "  - Z[l,d] = Y[l,d] * I[l,d]\n" : "  - Z[l,d] = Y[l,d] * X[l,d]\n");
}

/* X read as two operands; a reader that needs all of a produced tensor. */
static void attention(struct sinter_random *random, struct sinter_text *out)
{
    int tokens = (int)between(random, 1, 5);
    bool is_made = chance(random, 60);
    head(out, "attention", random);
    sinter_text_printf(out, "ranks: {L: %d, M: %d, H: %d, E: %d}\n", tokens, tokens, (int)between(random, 1, 3),
                       (int)between(random, 1, 3));
    sinter_text_append(out, "tensors:\n  I: {ranks: [L, E], role: input}\n  W: {ranks: [E, H], role: weight}\n"
                            "  O: {ranks: [L, H], role: output}\n");
    if (!is_made)
        sinter_text_append(out, "  X: {ranks: [L, H], role: input}\n");
    sinter_text_append(out, "einsums:\n");
    if (is_made)
        sinter_text_append(out, "  - X[l,h] = I[l,e] * W[e,h]\n");
    sinter_text_append(out, "  - S[l,m] = X[l,h] * X[m,h]\n  - P[l,m] = exp(S[l,m])\n");
    if (chance(random, 50)) {
        bool is_two_steps = chance(random, 50); /* from the sum to its user */
        sinter_text_printf(out, "  - N[l] = sum(P[l,m])\n%s  - O[l,h] = P[l,m] * X[m,h] * %s[l]\n",
                           is_two_steps ? "  - R[l] = exp(N[l])\n" : "", is_two_steps ? "R" : "N");
    } else {
        sinter_text_append(out, "  - O[l,h] = P[l,m] * X[m,h]\n");
    }
}

static void strided(struct sinter_random *random, struct sinter_text *out)
{
    int p = (int)between(random, 1, 5), r = (int)between(random, 1, 3), step = (int)between(random, 1, 3);
    bool is_made = chance(random, 50);
    head(out, "strided", random);
    sinter_text_printf(out, "ranks: {P: %d, R: %d, Q: %d, D: %d}\n", p, r, step * (p - 1) + r + (int)between(random, 0, 2),
                       (int)between(random, 1, 3));
    sinter_text_append(out, "tensors:\n  I: {ranks: [Q, D], role: input}\n  F: {ranks: [R], role: weight}\n"
                            "  O: {ranks: [P, D], role: output}\n");
    sinter_text_append(out,
                       is_made ? "einsums:\n  - X[q,d] = exp(I[q,d])\n" : "  X: {ranks: [Q, D], role: input}\neinsums:\n");
    sinter_text_printf(out, "  - O[p,d] = X[%d*p+r,d] * F[r]\n", step);
}

/* ---- any dag ------------------------------------------------------------------------------------------------- */

struct drawn_tensor {
    char name[8];
    int ranks; /* bits: L, D, N */
    bool is_read;
};

static const char rank_names[] = "LDN", variables[] = "ldn";

static void list_ranks(struct sinter_text *out, int ranks, const char *names, const char *separator)
{
    const char *between_names = "";
    for (int r = 0; r < 3; r++) {
        if (ranks >> r & 1) {
            sinter_text_printf(out, "%s%c", between_names, names[r]);
            between_names = separator;
        }
    }
}

static void draw_access(struct sinter_random *random, struct sinter_text *out, const struct drawn_tensor *tensor,
                        bool may_look_back)
{
    sinter_text_printf(out, "%s[", tensor->name);
    const char *separator = "";
    for (int r = 0; r < 3; r++) {
        if (!(tensor->ranks >> r & 1))
            continue;
        sinter_text_printf(out, "%s%c", separator, variables[r]);
        if (r == 0 && may_look_back && chance(random, 20))
            sinter_text_printf(out, "-%d", (int)between(random, 1, 2));
        separator = ",";
    }
    sinter_text_append(out, "]");
}

/* One Einsum over earlier tensors; its result is added. A product reduces what the result lacks. */
static void draw_einsum(struct sinter_random *random, struct sinter_text *out, struct drawn_tensor *tensors, int *n,
                        bool is_output)
{
    struct drawn_tensor *result = &tensors[*n];
    int n_factors = (int)between(random, 1, 3), factors[3], all = 0;
    for (int i = 0; i < n_factors; i++) {
        factors[i] = (int)(chance(random, 60) && *n > 3 ? between(random, 3, *n - 1) : sinter_random_below(random, *n));
        all |= tensors[factors[i]].ranks;
        tensors[factors[i]].is_read = true;
    }
    int ranks = chance(random, 60) ? all : all & (int)between(random, 1, 7);
    result->ranks = ranks ? ranks : all;
    strcpy(result->name, "Z");
    if (!is_output) {
        strcpy(result->name, "T0");
        result->name[1] = (char)('0' + *n);
    }
    sinter_text_printf(out, "  - %s[", result->name);
    list_ranks(out, result->ranks, variables, ",");
    bool is_plain = result->ranks == all, is_recurrent = is_plain && (all & 1) && chance(random, 15);
    sinter_text_append(out, is_plain && !is_recurrent && n_factors == 1 ? "] = exp(" : "] = ");
    for (int i = 0; i < n_factors; i++) {
        sinter_text_append(out, i > 0 ? " * " : "");
        draw_access(random, out, &tensors[factors[i]], true);
    }
    sinter_text_append(out, is_plain && !is_recurrent && n_factors == 1 ? ")" : "");
    if (is_recurrent) {
        sinter_text_printf(out, " + %s[l-%d", result->name, (int)between(random, 1, 2));
        sinter_text_append(out, result->ranks >> 1 ? "," : "");
        list_ranks(out, result->ranks & 6, variables, ",");
        sinter_text_append(out, "]");
    }
    sinter_text_append(out, "\n");
    (*n)++;
}

static void dag(struct sinter_random *random, struct sinter_text *out)
{
    struct drawn_tensor tensors[12] = {{"A", 7, false}, {"B", 3, false}, {"C", 1, false}};
    int n = 3, n_einsums = (int)between(random, 1, 5);
    tensors[0].ranks = (int)between(random, 1, 7);
    tensors[1].ranks = (int)between(random, 1, 7);
    tensors[2].ranks = (int)between(random, 1, 7);
    head(out, "dag", random);
    sinter_text_printf(out, "ranks: {L: %d, D: %d, N: %d}\ntensors:\n", (int)between(random, 1, 6),
                       (int)between(random, 1, 4), (int)between(random, 1, 3));
    for (int i = 0; i < 3; i++) {
        sinter_text_printf(out, "  %s: {ranks: [", tensors[i].name);
        list_ranks(out, tensors[i].ranks, rank_names, ", ");
        sinter_text_printf(out, "], role: %s%s}\n", i == 0 ? "input" : "weight", chance(random, 20) ? ", type: int4" : "");
    }
    struct sinter_text einsums = {0};
    for (int i = 0; i < n_einsums; i++)
        draw_einsum(random, &einsums, tensors, &n, i == n_einsums - 1);
    for (int i = 3; i < n; i++) {
        if (tensors[i].is_read && !chance(random, 10))
            continue;
        sinter_text_printf(out, "  %s: {ranks: [", tensors[i].name);
        list_ranks(out, tensors[i].ranks, rank_names, ", ");
        sinter_text_append(out, "], role: output}\n");
    }
    sinter_text_printf(out, "einsums:\n%s", sinter_text_data(&einsums));
    sinter_text_free(&einsums);
}

void random_cascade_text(struct sinter_random *random, struct sinter_text *out)
{
    static void (*const families[])(struct sinter_random *, struct sinter_text *) = {
        products, scan, scan, scan, convolution, convolution, attention, strided, dag, dag, dag,
    };
    families[sinter_random_below(random, (int64_t)(sizeof families / sizeof families[0]))](random, out);
}

/* ---- accelerators -------------------------------------------------------------------------------------------- */

void random_accel_text(struct sinter_random *random, struct sinter_text *out)
{
    static const char *const cycles[] = {"{mac: 1, mul: 1, add: 1, exp: 4}", "{mac: 1, mul: 1, add: 1}"};
    int shape = (int)sinter_random_below(random, 8);
    const char *capacity = chance(random, 15) ? "40 B" : "1 MiB";
    sinter_text_append(out,
                       "accelerator: random\nclock: 1 GHz\nmemories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n");
    sinter_text_printf(out, "  - {name: buffer, kind: sram, capacity: %s, bandwidth: unlimited%s}\n", capacity,
                       chance(random, 25) ? ", double: true" : "");
    bool has_registers = shape >= 4, has_two = shape == 7;
    if (has_registers)
        sinter_text_printf(
            out, "  - {name: regs, kind: registers, capacity: unlimited, bandwidth: unlimited, parent: buffer%s}\n",
            chance(random, 25) ? ", double: true" : "");
    if (has_two)
        sinter_text_append(out,
                           "  - {name: more, kind: registers, capacity: unlimited, bandwidth: unlimited, parent: buffer}\n");
    sinter_text_append(out, "units:\n");
    sinter_text_printf(out, "  - {name: array, at: %s, pes: [4], cycles: %s}\n", has_registers ? "regs" : "buffer",
                       cycles[0]);
    if (shape == 3 || shape >= 6)
        sinter_text_printf(out, "  - {name: second, at: %s, pes: [2], cycles: %s}\n", has_two ? "more" : "buffer",
                           cycles[chance(random, 20)]);
}

/* ---- cases --------------------------------------------------------------------------------------------------- */

static enum sinter_status read_cascade(struct random_case *c, struct sinter_override *overrides, int n_overrides)
{
    const char *text = sinter_text_data(&c->cascade_text);
    return sinter_cascade_parse("cascade", text, strlen(text), overrides, n_overrides, NULL, c->diags, &c->cascade);
}

static bool open_case(struct random_case *c, uint64_t seed, bool is_long, bool is_varied)
{
    struct sinter_random random = {seed * 0x9e3779b97f4a7c15u + 1}, other = {seed * 0x9e3779b97f4a7c15u + 2};
    memset(c, 0, sizeof *c);
    c->seed = seed;
    c->diags = sinter_diagnostics_new(NULL);
    random_cascade_text(&random, &c->cascade_text);
    random_accel_text(&random, &c->accel_text);
    if (is_varied) {
        if (read_cascade(c, NULL, 0) != SINTER_OK)
            return false;
        random_vary(&other, c->cascade, &c->cascade_text, &c->accel_text);
        sinter_cascade_free(c->cascade);
        c->cascade = NULL;
    }
    char extent[16];
    snprintf(extent, sizeof extent, "%d", is_long ? (int)between(&random, 30, 300) : 1);
    struct sinter_override stretch = {.field = "L", .value = extent};
    if ((!is_long || read_cascade(c, &stretch, 1) != SINTER_OK) && read_cascade(c, NULL, 0) != SINTER_OK)
        return false;
    const char *accel = sinter_text_data(&c->accel_text);
    if (sinter_accel_parse("accelerator", accel, strlen(accel), NULL, 0, NULL, c->diags, &c->accel) != SINTER_OK)
        return false;
    sinter_schedule_init(&c->schedule, c->cascade, c->accel, NULL);
    random_tree(&random, &c->schedule);
    return !c->schedule.failed;
}

bool random_case_open(struct random_case *c, uint64_t seed)
{
    return open_case(c, seed, false, false);
}

bool random_case_open_long(struct random_case *c, uint64_t seed)
{
    return open_case(c, seed, true, false);
}

bool random_case_open_varied(struct random_case *c, uint64_t seed, bool is_long)
{
    return open_case(c, seed, is_long, true);
}

void random_case_close(struct random_case *c)
{
    if (c->schedule.cascade)
        sinter_schedule_free(&c->schedule);
    sinter_accel_free(c->accel);
    sinter_cascade_free(c->cascade);
    sinter_text_free(&c->cascade_text);
    sinter_text_free(&c->accel_text);
    sinter_diagnostics_free(c->diags);
    memset(c, 0, sizeof *c);
}

void random_case_print(const struct random_case *c, struct sinter_text *out)
{
    sinter_text_printf(out, "seed %llu\n%s%s", (unsigned long long)c->seed, sinter_text_data(&c->cascade_text),
                       sinter_text_data(&c->accel_text));
    if (c->schedule.cascade)
        sinter_schedule_print(&c->schedule, out);
}
