/* test_reference.c: small cascades against values computed by hand: expressions, indices, states, cycles, roundings.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "sinter/exec.h"

enum { MOST = 8, MAX_TENSORS_SHOWN = 5 };

/* Elements of a tensor; "S.final": what the run leaves in the state S. No name ends a list. */
struct numbers {
    const char *name;
    int n;
    double values[MOST];
};

static struct sinter_cascade *parse(const char *text)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_cascade *cascade = NULL;
    if (sinter_cascade_parse("cascade", text, strlen(text), NULL, 0, NULL, diags, &cascade) != SINTER_OK)
        fail_msg("%s\n%s", text, sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return cascade;
}

static int tensor_of(const struct sinter_cascade *cascade, const char *name, bool *is_final)
{
    char base[64];
    *is_final = strstr(name, ".final") != NULL;
    strcpy(base, name);
    if (*is_final)
        *strstr(base, ".final") = '\0';
    int tensor = sinter_cascade_tensor(cascade, base);
    assert_true(tensor >= 0);
    return tensor;
}

/* Runs the cascade; in its own types, or in double where is_exact. */
static struct sinter_values *run(const struct sinter_cascade *cascade, const struct numbers *given, bool is_exact)
{
    struct sinter_numerics *numerics = NULL;
    struct sinter_values *in = NULL, *out = NULL;
    bool is_final;
    assert_int_equal(sinter_numerics_new(cascade, NULL, NULL, &numerics), SINTER_OK);
    assert_int_equal(sinter_values_new(cascade, is_exact ? NULL : numerics, NULL, NULL, &in), SINTER_OK);
    for (; given->name; given++) {
        int tensor = tensor_of(cascade, given->name, &is_final);
        assert_int_equal(cascade->tensors[tensor].elements, given->n);
        sinter_values_set(in, tensor, 0, given->n, given->values);
    }
    assert_int_equal(sinter_reference(is_exact ? NULL : numerics, in, NULL, NULL, NULL, &out), SINTER_OK);
    sinter_values_free(in);
    sinter_numerics_free(numerics);
    return out;
}

static void expect(const char *what, const struct sinter_values *out, const struct numbers *expected, double closely)
{
    for (; expected->name; expected++) {
        double found[MOST];
        bool is_final;
        int tensor = tensor_of(out->cascade, expected->name, &is_final);
        if (out->cascade->tensors[tensor].elements != expected->n || !(is_final ? out->finals : out->images)[tensor])
            fail_msg("%s: %s has no %d values", what, expected->name, expected->n);
        sinter_values_get(out, tensor, is_final, 0, expected->n, found);
        for (int i = 0; i < expected->n; i++) {
            double wanted = expected->values[i];
            bool is_same = isnan(wanted) ? isnan(found[i]) : fabs(found[i] - wanted) <= closely * fabs(wanted);
            if (!is_same)
                fail_msg("%s: element %d of %s is %.17g, expected %.17g", what, i, expected->name, found[i], wanted);
        }
    }
}

/* ---- expressions ------------------------------------------------------------------------------------------------ */

static const struct {
    const char *text;
    double expected[2];
} expressions[] = {
    {"A[i]", {2, -3}},
    {"A[i] + 1.5", {3.5, -1.5}},
    {"A[i] + I", {4, -1}},
    {"A[i] - B[i,0]", {1, 1}},
    {"A[i]*B[i,1]", {4, -15}},
    {"B[i,1]/A[i]", {1, -1.6666666666666667}},
    {"-A[i]", {-2, 3}},
    {"max(A[i], B[i,2])", {3, 0.5}},
    {"min(A[i], B[i,2])", {2, -3}},
    {"A[i]*B[i,0] + B[i,1]", {4, 17}},
    {"B[i,1] + A[i]*B[i,0]", {4, 17}},
    {"A[i]*B[i,0] - B[i,1]", {0, 7}},
    {"B[i,1] - A[i]*B[i,0]", {0, -7}},
    {"A[i]*B[i,0] - B[i,1]*B[i,2]", {2 - 6, 12 - 2.5}},
    {"exp(A[i])", {7.38905609893065, 0.049787068367863944}},
    {"log(A[i]*A[i])", {1.3862943611198906, 2.1972245773362196}},
    {"sqrt(A[i]*A[i])", {2, 3}},
    {"rsqrt(A[i]*A[i])", {0.5, 0.3333333333333333}},
    {"recip(A[i])", {0.5, -0.3333333333333333}},
    {"sigmoid(A[i])", {0.8807970779778823, 0.04742587317756678}},
    {"silu(A[i])", {1.7615941559557646, -0.14227761953270035}},
    {"softplus(A[i])", {2.1269280110429727, 0.04858735157374206}},
    {"relu(A[i])", {2, 0}},
    {"gelu(A[i])", {1.9544997361036416, -0.004049694094890279}},
    {"tanh(A[i])", {0.9640275800758169, -0.9950547536867305}},
    {"lookup(A[i], B[i,1])", {2, 5}},
    /* reductions */
    {"B[i,j]*V[j]", {5, -8}},
    {"sum(B[i,j])", {6, 1.5}},
    {"max(B[i,j])", {3, 5}},
    {"max(-B[i,j])", {-1, 4}},
    {"A[i]*sum(B[i,j]*V[j]) + max(B[i,j])", {13, 29}},
    {"sum(V[j]*max(W[m]*A[i]))", {4, 6}},   /* one inside another: the maximum is |A| */
    {"sum(B[i,j]) / sum(V[j])", {3, 0.75}}, /* the same rank twice, side by side */
    {"B[i,j]*W[m]*V[j] + V[j]*W[m]", {0, 0}},
    /* indices that leave the tensor read zeros */
    {"A[i-1]", {0, 2}},
    {"A[1-i]", {-3, 2}},
    {"V[2*i+m-1]*W[m]", {0 - 1, -1 - 2}},
    {"A[i+m]*W[m]", {2 + 3, -3}},
    {"B[4611686018427387000*z + i,0]*V[z]", {1, -4}}, /* z is always 0, but the steps along it would overflow */
};

static void every_expression_has_its_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++) {
        char text[1024] = "cascade: e\ntype: fp64\nranks: {I: 2, J: 3, M: 2, Z: 1}\ntensors:\n"
                          "  A: {ranks: [I], role: input}\n  B: {ranks: [I, J], role: input}\n"
                          "  V: {ranks: [J], role: weight}\n  W: {ranks: [M], role: weight}\n"
                          "  O: {ranks: [I], role: output}\neinsums:\n  - O[i] = ";
        const struct numbers given[] = {
            {"A", 2, {2, -3}}, {"B", 6, {1, 2, 3, -4, 5, 0.5}}, {"V", 3, {1, -1, 2}}, {"W", 2, {1, -1}}, {NULL, 0, {0}}};
        struct numbers expected[] = {{"O", 2, {expressions[i].expected[0], expressions[i].expected[1]}}, {NULL, 0, {0}}};
        strcat(text, expressions[i].text);
        struct sinter_cascade *cascade = parse(text);
        for (int is_exact = 0; is_exact < 2; is_exact++) {
            struct sinter_values *out = run(cascade, given, is_exact);
            expect(expressions[i].text, out, expected, 1e-14);
            sinter_values_free(out);
        }
        sinter_cascade_free(cascade);
    }
}

/* ---- whole cascades ---------------------------------------------------------------------------------------------- */

#define COUNT(extents, role)                                                                                        \
    "cascade: c\ntype: fp64\nranks: {L: " extents ", J: 2, K: 3, D: 2}\ntensors:\n"                                 \
    "  X: {ranks: [L], role: input}\n  S: {ranks: [], role: " role "}\n  H: {ranks: [L], state: S, role: output}\n" \
    "einsums:\n  - H[l] = H[l-1] + X[l]\n"
#define WINDOW(extents, ranks, role)                                                                                   \
    "cascade: w\ntype: fp64\nranks: {L: " extents ", J: 2, K: 3, D: 2}\ntensors:\n  I: {ranks: [L, D], role: input}\n" \
    "  W: {ranks: [K], role: weight}\n  S: {ranks: [" ranks "], role: " role "}\n  X: {ranks: [L, D], state: S}\n"     \
    "  Y: {ranks: [L, D], role: output}\neinsums:\n  - X[l,d] = I[l,d]\n  - Y[l,d] = X[l-k,d]*W[k]\n"

static const struct {
    const char *what, *cascade;
    struct numbers given[MAX_TENSORS_SHOWN], expected[MAX_TENSORS_SHOWN];
} cascades[] = {
    {"a state that is read and written",
     COUNT("4", "state"),
     {{"X", 4, {1, 2, 3, 4}}, {"S", 1, {10}}},
     {{"H", 4, {11, 13, 16, 20}}, {"S.final", 1, {20}}}},
    {"a state that is read only",
     COUNT("4", "input"),
     {{"X", 4, {1, 2, 3, 4}}, {"S", 1, {10}}},
     {{"H", 4, {11, 13, 16, 20}}}},
    {"a state that is written only",
     COUNT("4", "output"),
     {{"X", 4, {1, 2, 3, 4}}},
     {{"H", 4, {1, 3, 6, 10}}, {"S.final", 1, {10}}}},
    {"one step", COUNT("1", "state"), {{"X", 1, {1}}, {"S", 1, {10}}}, {{"H", 1, {11}}, {"S.final", 1, {11}}}},
    {"a window with its oldest slice first",
     WINDOW("3", "J, D", "state"),
     {{"I", 6, {1, -1, 2, -2, 3, -3}}, {"W", 3, {1, 100, 10000}}, {"S", 4, {10, -10, 20, -20}}},
     {{"Y", 6, {102001, -102001, 200102, -200102, 10203, -10203}}, {"S.final", 4, {2, -2, 3, -3}}}},
    {"slices as the last rank",
     WINDOW("3", "D, J", "state"),
     {{"I", 6, {1, -1, 2, -2, 3, -3}}, {"W", 3, {1, 100, 10000}}, {"S", 4, {10, 20, -10, -20}}},
     {{"Y", 6, {102001, -102001, 200102, -200102, 10203, -10203}}, {"S.final", 4, {2, 3, -2, -3}}}},
    {"fewer steps than slices: older ones move up",
     WINDOW("1", "D, J", "state"),
     {{"I", 2, {1, -1}}, {"W", 3, {1, 100, 10000}}, {"S", 4, {10, 20, -10, -20}}},
     {{"Y", 2, {102001, -102001}}, {"S.final", 4, {20, 1, -20, -1}}}},
    {"fewer steps than slices, nothing before",
     WINDOW("1", "J, D", "output"),
     {{"I", 2, {1, -1}}, {"W", 3, {1, 100, 10000}}},
     {{"Y", 2, {1, -1}}, {"S.final", 4, {0, 0, 1, -1}}}},
    {"an input with a state",
     "cascade: i\ntype: fp64\nranks: {L: 2, J: 2}\ntensors:\n  S: {ranks: [J], role: input}\n"
     "  X: {ranks: [L], role: input, state: S}\n  Y: {ranks: [L], role: output}\n"
     "einsums:\n  - Y[l] = X[l] + 10*X[l-1] + 100*X[l-2]\n",
     {{"X", 2, {1, 2}}, {"S", 2, {3, 4}}},
     {{"Y", 2, {341, 412}}}},
    {"no state: zeros before the first",
     "cascade: n\ntype: fp64\nranks: {L: 3}\ntensors:\n  X: {ranks: [L], role: input}\n"
     "  H: {ranks: [L], role: output}\neinsums:\n  - H[l] = 2*H[l-1] + X[l]\n",
     {{"X", 3, {1, 2, 3}}},
     {{"H", 3, {1, 4, 11}}}},
    {"a recurrence of two steps",
     "cascade: f\ntype: fp64\nranks: {L: 4, J: 2}\ntensors:\n  S: {ranks: [J], role: state}\n"
     "  H: {ranks: [L], role: output, state: S}\neinsums:\n  - H[l] = H[l-1] + H[l-2]\n",
     {{"S", 2, {1, 1}}},
     {{"H", 4, {2, 3, 5, 8}}, {"S.final", 2, {5, 8}}}},
    {"a cycle of two Einsums, and one between them that is not of it",
     "cascade: t\ntype: fp64\nranks: {L: 3}\ntensors:\n  X: {ranks: [L], role: input}\n"
     "  S: {ranks: [], role: state}\n  H: {ranks: [L], role: output, state: S}\n"
     "einsums:\n  - HA[l] = 2*H[l-1]\n  - Q[l] = X[l]*X[l]\n  - H[l] = HA[l] + Q[l]\n",
     {{"X", 3, {1, 2, 3}}, {"S", 1, {5}}},
     {{"HA", 3, {10, 22, 52}}, {"H", 3, {11, 26, 61}}, {"S.final", 1, {61}}}},
    {"a recurrence in the inner rank of its tensor",
     "cascade: d\ntype: fp64\nranks: {D: 2, L: 3}\ntensors:\n  X: {ranks: [D, L], role: input}\n"
     "  S: {ranks: [D], role: state}\n  H: {ranks: [D, L], role: output, state: S}\n"
     "einsums:\n  - H[d,l] = H[d,l-1] + X[d,l]\n",
     {{"X", 6, {1, 2, 3, 10, 20, 30}}, {"S", 2, {100, 200}}},
     {{"H", 6, {101, 103, 106, 210, 230, 260}}, {"S.final", 2, {106, 260}}}},
};

static void every_cascade_has_its_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cascades / sizeof cascades[0]; i++) {
        struct sinter_cascade *cascade = parse(cascades[i].cascade);
        for (int is_exact = 0; is_exact < 2; is_exact++) {
            struct sinter_values *out = run(cascade, cascades[i].given, is_exact);
            expect(cascades[i].what, out, cascades[i].expected, 0);
            sinter_values_free(out);
        }
        sinter_cascade_free(cascade);
    }
}

static void a_state_that_is_only_read_has_no_final_image(void **state)
{
    (void)state;
    struct sinter_cascade *cascade = parse(COUNT("4", "input"));
    struct sinter_values *out = run(cascade, cascades[1].given, true);
    assert_null(out->finals[sinter_cascade_tensor(cascade, "S")]);
    sinter_values_free(out);
    sinter_cascade_free(cascade);
}

/* ---- roundings --------------------------------------------------------------------------------------------------- */

/* O[i] of I 1 and the vectors A, B, C of two numbers, in a type; `exact` in double without rounding. */
static const struct {
    const char *type, *text;
    double a[2], b[2], c[2], expected, exact;
} roundings[] = {
    /* a mac rounds once: the product alone would be 1 */
    {"fp64", "A[0]*B[0] - C[0]", {1 + 0x1p-30}, {1 - 0x1p-30}, {1}, -0x1p-60, -0x1p-60},
    {"fp32", "A[0]*B[0] - C[0]", {1 + 0x1p-13}, {1 - 0x1p-13}, {1}, -0x1p-26, -0x1p-26},
    {"fp32", "C[0] - A[0]*B[0]", {1 + 0x1p-13}, {1 - 0x1p-13}, {1}, 0x1p-26, 0x1p-26},
    {"fp32", "-C[0] + A[0]*B[0]", {1 + 0x1p-13}, {1 - 0x1p-13}, {1}, -0x1p-26, -0x1p-26},
    {"fp32", "sum(A[j]*B[j])", {-1, 1 + 0x1p-13}, {1, 1 - 0x1p-13}, {0}, -0x1p-26, -0x1p-26},
    /* of two products the first is the mac's, the second rounds alone */
    {"fp32", "A[0]*B[0] - A[0]*B[0]", {1 + 0x1p-13}, {1 - 0x1p-13}, {0}, -0x1p-26, 0},
    /* a product in brackets of a maximum is no part of a mac */
    {"fp32", "max(A[0]*B[0], C[0]) - C[1]", {1 + 0x1p-13}, {1 - 0x1p-13}, {0, 1}, 0, -0x1p-26},
    /* each operation rounds to float */
    {"fp32", "A[0]/B[0]", {1}, {3}, {0}, 0x1.555556p-2, 1.0 / 3},
    {"fp32", "A[0] + B[0]", {0x1p24}, {1}, {0}, 0x1p24, 0x1p24 + 1},
    {"fp32", "A[0]*B[0]*C[0]", {1 + 0x1p-13}, {1 - 0x1p-13}, {1}, 1, 1 - 0x1p-26},
    {"fp32", "A[0]*0.1", {1}, {0}, {0}, 0x1.99999ap-4, 0.1},
    /* sums run upward */
    {"fp32", "sum(A[j]) - C[0]", {0x1p24, 1}, {0}, {0x1p24}, 0, 1},
    {"fp32", "sum(A[j]*B[k])", {0x1p24, 1}, {1, -1}, {0}, 0, 0}, /* with k outermost it would be -1 */
    /* the maximum of a NaN is NaN wherever it stands */
    {"fp64", "max(A[0], B[0])", {(double)NAN}, {1}, {0}, (double)NAN, (double)NAN},
    {"fp64", "max(A[0], B[0])", {1}, {(double)NAN}, {0}, (double)NAN, (double)NAN},
    {"fp64", "min(A[0], B[0])", {(double)NAN}, {1}, {0}, (double)NAN, (double)NAN},
    {"fp64", "max(A[j])", {(double)NAN, 1}, {0}, {0}, (double)NAN, (double)NAN},
    {"fp64", "max(A[j])", {1, (double)NAN}, {0}, {0}, (double)NAN, (double)NAN},
};

static void every_operation_rounds_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof roundings / sizeof roundings[0]; i++) {
        char text[1024];
        struct sinter_text out_text = {0};
        sinter_text_printf(&out_text,
                           "cascade: r\ntype: %s\nranks: {I: 1, J: 2, K: 2}\ntensors:\n  A: {ranks: [J], role: input}\n"
                           "  B: {ranks: [K], role: input}\n  C: {ranks: [J], role: input}\n"
                           "  O: {ranks: [I], role: output}\neinsums:\n  - O[i] = %s\n",
                           roundings[i].type, roundings[i].text);
        strcpy(text, sinter_text_data(&out_text));
        sinter_text_free(&out_text);
        if (strstr(text, "A[j]*B[j]")) /* one rank for both */
            memcpy(strstr(text, "B: {ranks: [K]"), "B: {ranks: [J]", 14);
        const struct numbers given[] = {{"A", 2, {roundings[i].a[0], roundings[i].a[1]}},
                                        {"B", 2, {roundings[i].b[0], roundings[i].b[1]}},
                                        {"C", 2, {roundings[i].c[0], roundings[i].c[1]}},
                                        {NULL, 0, {0}}};
        struct sinter_cascade *cascade = parse(text);
        for (int is_exact = 0; is_exact < 2; is_exact++) {
            const struct numbers expected[] = {{"O", 1, {is_exact ? roundings[i].exact : roundings[i].expected}},
                                               {NULL, 0, {0}}};
            struct sinter_values *out = run(cascade, given, is_exact);
            expect(text, out, expected, 0);
            sinter_values_free(out);
        }
        sinter_cascade_free(cascade);
    }
}

/* One fp64 tensor makes the arithmetic double; what a tensor of fp32 gets is rounded to it all the same. */
static void results_and_initial_slices_have_the_format_of_their_tensor(void **state)
{
    (void)state;
    struct sinter_cascade *cascade =
        parse("cascade: m\ntype: fp64\nranks: {L: 2}\ntensors:\n  X: {ranks: [L], role: input}\n"
              "  S: {ranks: [], role: state}\n  H: {ranks: [L], type: fp32, state: S}\n"
              "  Y: {ranks: [L], role: output}\neinsums:\n  - H[l] = H[l-1]*X[l]\n  - Y[l] = H[l-1]*3\n");
    const struct numbers given[] = {{"X", 2, {1, 1.0 / 3}}, {"S", 1, {0.1}}, {NULL, 0, {0}}};
    double tenth = (double)0.1f, thirtieth = (double)(float)(tenth * (1.0 / 3));
    const struct numbers rounded[] = {
        {"H", 2, {tenth, thirtieth}}, {"Y", 2, {tenth * 3, tenth * 3}}, {"S.final", 1, {thirtieth}}, {NULL, 0, {0}}};
    const struct numbers exact[] = {
        {"H", 2, {0.1, 0.1 * (1.0 / 3)}}, {"Y", 2, {0.1 * 3, 0.1 * 3}}, {"S.final", 1, {0.1 * (1.0 / 3)}}, {NULL, 0, {0}}};
    struct sinter_values *out = run(cascade, given, false);
    expect("in its types", out, rounded, 0);
    sinter_values_free(out);
    out = run(cascade, given, true);
    expect("in double", out, exact, 0);
    sinter_values_free(out);
    sinter_cascade_free(cascade);
}

/* ---- what is kept, and what is refused ---------------------------------------------------------------------------- */

static void only_what_is_asked_for_is_kept(void **state)
{
    (void)state;
    struct sinter_cascade *cascade = parse(cascades[11].cascade);
    struct sinter_values *in = NULL, *out = NULL;
    int ha = sinter_cascade_tensor(cascade, "HA"), q = sinter_cascade_tensor(cascade, "Q");
    int h = sinter_cascade_tensor(cascade, "H"), s = sinter_cascade_tensor(cascade, "S");
    bool keep[8] = {false};
    keep[q] = true;
    assert_int_equal(sinter_values_new(cascade, NULL, NULL, NULL, &in), SINTER_OK);
    assert_int_equal(sinter_reference(NULL, in, keep, NULL, NULL, &out), SINTER_OK);
    assert_null(out->images[ha]);
    assert_non_null(out->images[q]);
    assert_non_null(out->images[h]); /* an output */
    assert_null(out->images[s]);
    assert_non_null(out->finals[s]);
    sinter_values_free(in);
    sinter_values_free(out);
    sinter_cascade_free(cascade);
}

static void values_of_other_formats_are_refused(void **state)
{
    (void)state;
    struct sinter_cascade *cascade =
        parse("cascade: x\ntype: fp32\nranks: {L: 2}\ntensors:\n  X: {ranks: [L], role: input}\n"
              "  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = X[l]\n");
    struct sinter_numerics *numerics = NULL;
    struct sinter_values *in = NULL, *out = NULL;
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    assert_int_equal(sinter_numerics_new(cascade, NULL, NULL, &numerics), SINTER_OK);
    assert_int_equal(sinter_values_new(cascade, NULL, NULL, NULL, &in), SINTER_OK);
    assert_int_equal(sinter_reference(numerics, in, NULL, NULL, diags, &out), SINTER_BAD_USAGE);
    assert_null(out);
    assert_string_equal(sinter_diagnostics_at(diags, 0)->message, "the numerics have another format than the values of 'X'");
    sinter_values_free(in);
    sinter_numerics_free(numerics);
    sinter_diagnostics_free(diags);
    sinter_cascade_free(cascade);
}

static void the_reference_survives_every_failed_allocation(void **state)
{
    (void)state;
    struct sinter_cascade *cascade = parse(WINDOW("3", "J, D", "state"));
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_values *in = NULL, *out = NULL;
        sinter_counting_allocator_init(&counting, n);
        enum sinter_status status = sinter_values_new(cascade, NULL, &counting.allocator, NULL, &in);
        if (status == SINTER_OK)
            status = sinter_reference(NULL, in, NULL, &counting.allocator, NULL, &out);
        assert_int_equal(out != NULL, status == SINTER_OK);
        sinter_values_free(in);
        sinter_values_free(out);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_true(n > 20);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
    sinter_cascade_free(cascade);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_expression_has_its_value),
        cmocka_unit_test(every_cascade_has_its_values),
        cmocka_unit_test(a_state_that_is_only_read_has_no_final_image),
        cmocka_unit_test(every_operation_rounds_once),
        cmocka_unit_test(results_and_initial_slices_have_the_format_of_their_tensor),
        cmocka_unit_test(only_what_is_asked_for_is_kept),
        cmocka_unit_test(values_of_other_formats_are_refused),
        cmocka_unit_test(the_reference_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
