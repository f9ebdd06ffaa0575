/* test_functions.c: functions: accuracy, special values, and models of them: known values, errors, texts.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expect_error.h"
#include "sinter/exec.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct sinter_function_model exact = {0};

static float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void functions_have_names(void **state)
{
    (void)state;
    for (int f = 0; f < SINTER_N_FUNCTIONS; f++) {
        enum sinter_function found = SINTER_N_FUNCTIONS;
        assert_true(sinter_function_find(sinter_function_name((enum sinter_function)f), &found));
        assert_int_equal(found, f);
    }
    enum sinter_function found;
    assert_string_equal(sinter_function_name(SINTER_FN_SOFTPLUS), "softplus");
    assert_string_equal(sinter_function_name(SINTER_N_FUNCTIONS), "?");
    assert_false(sinter_function_find("Exp", &found));
    assert_false(sinter_function_find("", &found));
}

/* ---- exact values -------------------------------------------------------------------------------------------------- */

static double error_ulp(float made, double truth)
{
    int exponent;
    frexp(truth, &exponent);
    return fabs((double)made - truth) / ldexp(1, exponent < -125 ? -149 : exponent - 24);
}

/* A sample of all floats, the same at each run; bench/functions.c measures exp on every one. */
static void floats_are_as_accurate_as_stated(void **state)
{
    (void)state;
    static const double bounds[SINTER_N_FUNCTIONS] = {
        [SINTER_FN_EXP] = 1.1,   [SINTER_FN_LOG] = 0.9,   [SINTER_FN_SQRT] = 0.5, [SINTER_FN_RSQRT] = 1.5,
        [SINTER_FN_RECIP] = 0.5, [SINTER_FN_SIGMOID] = 2, [SINTER_FN_SILU] = 2.5, [SINTER_FN_SOFTPLUS] = 1.7,
        [SINTER_FN_RELU] = 0,    [SINTER_FN_GELU] = 2.5,  [SINTER_FN_TANH] = 1.5,
    };
    enum { N = 1024, STEP = 14983 };
    for (int f = 0; f < SINTER_N_FUNCTIONS; f++) {
        enum sinter_function function = (enum sinter_function)f;
        double most = 0;
        for (uint64_t first = 0; first < (uint64_t)1 << 32; first += (uint64_t)N * STEP) {
            float row[N];
            for (int i = 0; i < N; i++)
                row[i] = float_of_bits((uint32_t)(first + (uint64_t)i * STEP));
            sinter_function_all_float(&exact, function, N, row);
            for (int i = 0; i < N; i++) {
                float x = float_of_bits((uint32_t)(first + (uint64_t)i * STEP));
                double truth = sinter_function_value(&exact, function, (double)x);
                bool is_finite = fabs(truth) < 0x1.ffffffp+127;
                if (!is_finite && row[i] != (float)truth && (row[i] == row[i] || truth == truth))
                    fail_msg("%s(%a) is %a, expected %a", sinter_function_name(function), (double)x, (double)row[i], truth);
                most = is_finite ? fmax(most, error_ulp(row[i], truth)) : most;
                if (is_finite && !(error_ulp(row[i], truth) <= bounds[f]))
                    fail_msg("%s(%a) is %a, %g ulp from %a", sinter_function_name(function), (double)x, (double)row[i],
                             error_ulp(row[i], truth), truth);
            }
        }
        assert_true(most >= bounds[f] / 2); /* the bounds are no looser than they need be */
    }
}

static void special_values_are_those_of_the_limit(void **state)
{
    (void)state;
    const double inf = (double)INFINITY, nan = (double)NAN, tiny = 0x1p-149;
    const struct {
        enum sinter_function function;
        double x, value;
    } rows[] = {
        {SINTER_FN_EXP, 0, 1},          {SINTER_FN_EXP, -0.0, 1},       {SINTER_FN_EXP, inf, inf},
        {SINTER_FN_EXP, -inf, 0},       {SINTER_FN_EXP, tiny, 1},       {SINTER_FN_LOG, 1, 0},
        {SINTER_FN_LOG, 0, -inf},       {SINTER_FN_LOG, -0.0, -inf},    {SINTER_FN_LOG, inf, inf},
        {SINTER_FN_LOG, -1, nan},       {SINTER_FN_LOG, -inf, nan},     {SINTER_FN_SQRT, -0.0, -0.0},
        {SINTER_FN_SQRT, inf, inf},     {SINTER_FN_SQRT, -1, nan},      {SINTER_FN_RSQRT, 0, inf},
        {SINTER_FN_RSQRT, inf, 0},      {SINTER_FN_RSQRT, -1, nan},     {SINTER_FN_RECIP, 0, inf},
        {SINTER_FN_RECIP, -0.0, -inf},  {SINTER_FN_RECIP, -inf, -0.0},  {SINTER_FN_SIGMOID, 0, 0.5},
        {SINTER_FN_SIGMOID, inf, 1},    {SINTER_FN_SIGMOID, -inf, 0},   {SINTER_FN_SILU, 0, 0},
        {SINTER_FN_SILU, -0.0, -0.0},   {SINTER_FN_SILU, inf, inf},     {SINTER_FN_SILU, -inf, -0.0},
        {SINTER_FN_SILU, -1e30, -0.0},  {SINTER_FN_SOFTPLUS, inf, inf}, {SINTER_FN_SOFTPLUS, -inf, 0},
        {SINTER_FN_SOFTPLUS, 100, 100}, {SINTER_FN_RELU, -0.0, 0},      {SINTER_FN_RELU, inf, inf},
        {SINTER_FN_RELU, -inf, 0},      {SINTER_FN_GELU, 0, 0},         {SINTER_FN_GELU, -0.0, -0.0},
        {SINTER_FN_GELU, inf, inf},     {SINTER_FN_GELU, -inf, -0.0},   {SINTER_FN_GELU, -1e30, -0.0},
        {SINTER_FN_TANH, -0.0, -0.0},   {SINTER_FN_TANH, inf, 1},       {SINTER_FN_TANH, -inf, -1},
        {SINTER_FN_TANH, -tiny, -tiny}, {SINTER_FN_EXP, nan, nan},      {SINTER_FN_LOG, nan, nan},
        {SINTER_FN_SQRT, nan, nan},     {SINTER_FN_RSQRT, nan, nan},    {SINTER_FN_RECIP, nan, nan},
        {SINTER_FN_SIGMOID, nan, nan},  {SINTER_FN_SILU, nan, nan},     {SINTER_FN_SOFTPLUS, nan, nan},
        {SINTER_FN_RELU, nan, nan},     {SINTER_FN_GELU, nan, nan},     {SINTER_FN_TANH, nan, nan},
        {SINTER_FN_SILU, -nan, nan},    {SINTER_FN_TANH, -nan, nan},    {SINTER_FN_EXP, -nan, nan},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double made = sinter_function_value(&exact, rows[i].function, rows[i].x), value = rows[i].value;
        float single = sinter_function_value_float(&exact, rows[i].function, (float)rows[i].x);
        bool is_right = value != value ? made != made && single != single
                                       : made == value && (double)single == value && !signbit(made) == !signbit(value) &&
                                             !signbit(single) == !signbit(value);
        if (!is_right)
            fail_msg("%s(%g) is %g, as float %g, expected %g", sinter_function_name(rows[i].function), rows[i].x, made,
                     (double)single, value);
    }
}

/* Where exp alone is 0, subnormal or infinite; expected values by 40-digit arithmetic. */
static void doubles_do_not_overflow_on_the_way(void **state)
{
    (void)state;
    static const struct {
        enum sinter_function function;
        double x, value, error;
    } rows[] = {
        {SINTER_FN_SIGMOID, -740, 4.18873988004804895e-322, 0x1p-1074},
        {SINTER_FN_SIGMOID, -800, 0, 0},
        {SINTER_FN_SILU, -705, -4.68359544758855603e-304, 1e-317},
        {SINTER_FN_SILU, -712, -4.31329218510322899e-307, 1e-320},
        {SINTER_FN_SILU, -740, -3.09966751123555622e-319, 0x1p-1074},
        {SINTER_FN_SILU, 800, 800, 0},
        {SINTER_FN_SOFTPLUS, 800, 800, 0},
        {SINTER_FN_SOFTPLUS, -50, 1.92874984796391778e-22, 1e-37},
        {SINTER_FN_GELU, -30, -1.47201417814445612e-196, 1e-211},
        {SINTER_FN_GELU, -38.5, -5.42150248320649223e-323, 20 * 0x1p-1074},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double made = sinter_function_value(&exact, rows[i].function, rows[i].x), all = rows[i].x;
        sinter_function_all(&exact, rows[i].function, 1, &all);
        assert_true(all == made);
        if (!(fabs(made - rows[i].value) <= rows[i].error))
            fail_msg("%s(%g) is %.17g, expected %.17g", sinter_function_name(rows[i].function), rows[i].x, made,
                     rows[i].value);
    }
}

/* The value of `text`, an expression of the element V = x, where nothing is rounded. False: no cascade can have it. */
static bool value_of(const char *text, double x, double *value)
{
    char yaml[512];
    struct sinter_cascade *cascade = NULL;
    struct sinter_values *in = NULL, *out = NULL;
    int length = snprintf(yaml, sizeof yaml,
                          "cascade: x\ntype: fp64\nranks: {L: 1}\ntensors:\n  V: {ranks: [L], role: input}\n"
                          "  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = %s + 0 * V[l]\n",
                          text);
    if (sinter_cascade_parse("x.yaml", yaml, (size_t)length, NULL, 0, NULL, NULL, &cascade) != SINTER_OK)
        return false;
    assert_int_equal(sinter_values_new(cascade, NULL, NULL, NULL, &in), SINTER_OK);
    sinter_values_set(in, 0, 0, 1, &x);
    assert_int_equal(sinter_reference(NULL, in, NULL, NULL, NULL, &out), SINTER_OK);
    sinter_values_get(out, 1, false, 0, 1, value);
    sinter_values_free(in);
    sinter_values_free(out);
    sinter_cascade_free(cascade);
    return true;
}

static void constants_have_the_values_that_elements_have(void **state)
{
    (void)state;
    static const double arguments[] = {0.3, 1.7, 12, -0.3, -1.7, -12};
    int n = 0;
    for (int f = 0; f < SINTER_N_FUNCTIONS; f++) {
        for (size_t i = 0; i < COUNT(arguments); i++) {
            const char *name = sinter_function_name((enum sinter_function)f);
            char constant[64], element[64];
            double folded = 0, executed = 0;
            snprintf(constant, sizeof constant, "%s(%g)", name, arguments[i]);
            snprintf(element, sizeof element, "%s(V[l])", name);
            assert_true(value_of(element, arguments[i], &executed));
            if (!value_of(constant, arguments[i], &folded)) { /* of a negative number */
                assert_true(executed != executed);
                continue;
            }
            if (folded != executed)
                fail_msg("%s is %.17g, of an element %.17g", constant, folded, executed);
            n++;
        }
    }
    assert_int_equal(n, 6 * SINTER_N_FUNCTIONS - 3 * 3); /* log, sqrt, rsqrt */
}

/* ---- models -------------------------------------------------------------------------------------------------------- */

static struct sinter_function_model model_of(enum sinter_function function, const char *text)
{
    struct sinter_function_model model = {0};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    if (!sinter_function_parse(function, text, diags, &model))
        fail_msg("%s: %s", text, sinter_diagnostics_text(diags));
    assert_int_equal(sinter_diagnostics_count(diags), 0);
    sinter_diagnostics_free(diags);
    return model;
}

static void models_print_and_read_back(void **state)
{
    (void)state;
    static const struct {
        enum sinter_function function;
        const char *text, *printed; /* NULL: as written */
    } rows[] = {
        {SINTER_FN_RELU, "exact", NULL},
        {SINTER_FN_EXP, "marca", NULL},
        {SINTER_FN_SILU, "marca", NULL},
        {SINTER_FN_EXP, "table:256", "table:256:-16:0"},
        {SINTER_FN_EXP, "linear:64:-8:0.5", NULL},
        {SINTER_FN_EXP, "poly:3", "poly:3:0:1"},
        {SINTER_FN_SIGMOID, "table:65536", "table:65536:-8:8"},
        {SINTER_FN_SILU, "linear:1", "linear:1:-8:8"},
        {SINTER_FN_SOFTPLUS, "poly:15", "poly:15:-16:16"},
        {SINTER_FN_SOFTPLUS, "poly:1:-0.1:1e-3", "poly:1:-0.1:0.001"},
        {SINTER_FN_GELU, "linear:16", "linear:16:-4:4"},
        {SINTER_FN_TANH, "linear:16", "linear:16:-4:4"},
        {SINTER_FN_RSQRT, "table:8", "table:8:1:4"},
        {SINTER_FN_SQRT, "table:8:1:4", NULL},
        {SINTER_FN_RECIP, "poly:2", "poly:2:1:2"},
        {SINTER_FN_LOG, "poly:2", "poly:2:1:2"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sinter_function_model model = model_of(rows[i].function, rows[i].text), again;
        char buffer[128];
        sinter_function_print(&model, buffer, sizeof buffer);
        assert_string_equal(buffer, rows[i].printed ? rows[i].printed : rows[i].text);
        again = model_of(rows[i].function, buffer);
        assert_memory_equal(&model, &again, sizeof model);
    }
}

/* "FUNCTION MODEL" */
static enum sinter_status read_model(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    char buffer[512];
    enum sinter_function function;
    struct sinter_function_model model = {.segments = -7};
    assert_true(length < sizeof buffer);
    memcpy(buffer, text, length);
    buffer[length] = '\0';
    char *space = strchr(buffer, ' ');
    assert_non_null(space);
    *space = '\0';
    assert_true(sinter_function_find(buffer, &function));
    bool is_read = sinter_function_parse(function, space + 1, diags, &model);
    assert_true(is_read || model.segments == -7);
    return is_read ? SINTER_OK : SINTER_BAD_INPUT;
}

#define USAGE                                                                                                             \
    "models are exact, marca, table:SEGMENTS:LOW:HIGH, linear:SEGMENTS:LOW:HIGH and poly:DEGREE:LOW:HIGH; the range may " \
    "be left out"
#define RANGE_HINT "write two numbers, the lower one first, or leave the range out"

static void mistakes_in_models_are_explained(void **state)
{
    (void)state;
    static const struct mistake rows[] = {
        {"exp ", ":0:0: unknown model '' of exp | " USAGE},
        {"exp tabel:4", ":0:0: unknown model 'tabel' of exp | did you mean 'table'?"},
        {"exp table", ":0:0: expected a number and perhaps a range after 'table', found 0 fields | " USAGE},
        {"exp table:4:1", ":0:0: expected a number and perhaps a range after 'table', found 2 fields | " USAGE},
        {"exp table:4:0:1:2", ":0:0: expected a number and perhaps a range after 'table', found 4 fields | " USAGE},
        {"exp table:4:0:1:2:3", ":0:0: expected a model of exp, found 'table:4:0:1:2:3' | " USAGE},
        {"exp exact:1", ":0:0: expected nothing after 'exact', found ':1' | " USAGE},
        {"silu marca:", ":0:0: expected nothing after 'marca', found ':' | " USAGE},
        {"relu marca", ":0:0: relu has no model 'marca': only those of exp and silu are published | use exact"},
        {"sigmoid marca", ":0:0: sigmoid has no model 'marca': only those of exp and silu are published | use exact, table, "
                          "linear or poly"},
        {"relu table:4", ":0:0: relu has no model 'table': it is a comparison | use exact"},
        {"exp table:0", ":0:0: expected a number of segments from 1 to 65536, found '0' | for example 'table:256'"},
        {"exp linear:65537",
         ":0:0: expected a number of segments from 1 to 65536, found '65537' | for example 'linear:256'"},
        {"exp table:-4", ":0:0: expected a number of segments from 1 to 65536, found '-4' | for example 'table:256'"},
        {"exp table:2.5", ":0:0: expected a number of segments from 1 to 65536, found '2.5' | for example 'table:256'"},
        {"exp table:", ":0:0: expected a number of segments from 1 to 65536, found '' | for example 'table:256'"},
        {"exp table:1e99", ":0:0: expected a number of segments from 1 to 65536, found '1e99' | for example 'table:256'"},
        {"exp poly:16", ":0:0: expected a degree from 1 to 15, found '16' | for example 'poly:3'"},
        {"silu poly:3:nan:1", ":0:0: expected a range LOW:HIGH, found 'nan:1' | " RANGE_HINT},
        {"silu poly:3:0:inf", ":0:0: expected a range LOW:HIGH, found '0:inf' | " RANGE_HINT},
        {"silu table:3:0:1e999", ":0:0: expected a range LOW:HIGH, found '0:1e999' | " RANGE_HINT},
        {"silu table:3:-1e308:1e308", ":0:0: expected a range LOW:HIGH, found '-1e308:1e308' | " RANGE_HINT},
        {"silu table:3:1:1", ":0:0: expected a range LOW:HIGH, found '1:1' | " RANGE_HINT},
        {"silu table:3:2:1", ":0:0: expected a range LOW:HIGH, found '2:1' | " RANGE_HINT},
        {"silu table:3:1x:2", ":0:0: expected a range LOW:HIGH, found '1x:2' | " RANGE_HINT},
        {"silu table:3:--1:2", ":0:0: expected a range LOW:HIGH, found '--1:2' | " RANGE_HINT},
        {"exp table:3:0:1000", ":0:0: exp is not finite on all of 0:1000 | choose a smaller range"},
        {"recip table:3:1:8",
         ":0:0: expected no range or 1:2, found '1:8': 'table' of recip leads every argument back to that "
         "| leave the range out: 'table:3'"},
        {"exp poly:3:-8:0",
         ":0:0: expected no range or 0:1, found '-8:0': 'poly' of exp leads every argument back to that | "
         "leave the range out: 'poly:3'"},
    };
    EXPECT_MISTAKES(rows, read_model);
}

static void approximations_have_known_values(void **state)
{
    (void)state;
    const double inf = (double)INFINITY, ln2 = 0.69314718055994530942, e_to_2 = 0.13533528323661270;
    const struct {
        enum sinter_function function;
        const char *model;
        double x, value;
    } rows[] = {
        /* x / ln 2 = -7 / ln 2 = -10.098865...: k = -11 */
        {SINTER_FN_EXP, "marca", 0, 1},
        {SINTER_FN_EXP, "marca", 5, 1},
        {SINTER_FN_EXP, "marca", inf, 1},
        {SINTER_FN_EXP, "marca", -7, (1 - 7 + 11 * ln2) / 2048},
        {SINTER_FN_EXP, "marca", -inf, (1 - 7 + 11 * ln2) / 2048},
        {SINTER_FN_EXP, "marca", -0.5, (1 - 0.5 + ln2) / 2},
        {SINTER_FN_SILU, "marca", -6, -0.0135},
        {SINTER_FN_SILU, "marca", -5, 0.06244 * 5 - 0.3457},
        {SINTER_FN_SILU, "marca", -1.5, 0.232 * (1.181 - 1.5) * (1.181 - 1.5) - 0.275},
        {SINTER_FN_SILU, "marca", 0, 0.232 * 1.181 * 1.181 - 0.275},
        {SINTER_FN_SILU, "marca", 0.75, 1.05 * 0.75 - 0.2781},
        {SINTER_FN_SILU, "marca", 2, 1.05 * 2 - 0.2781},
        /* samples at -2, -1, 0 */
        {SINTER_FN_EXP, "table:2:-2:0", -1.4, exp(-1)},
        {SINTER_FN_EXP, "table:2:-2:0", -1.6, e_to_2},
        {SINTER_FN_EXP, "table:2:-2:0", -1.5, exp(-1)},
        {SINTER_FN_EXP, "table:2:-2:0", -0.5, 1},
        {SINTER_FN_EXP, "table:2:-2:0", -2.001, 0},
        {SINTER_FN_EXP, "table:2:-2:0", 0.001, 1},
        {SINTER_FN_EXP, "linear:2:-2:0", -1.25, 0.25 * e_to_2 + 0.75 * exp(-1)},
        {SINTER_FN_EXP, "linear:2:-2:0", 0, 1},
        {SINTER_FN_EXP, "linear:2:-2:0", -2, e_to_2},
        {SINTER_FN_SIGMOID, "table:2", 100, 1},
        {SINTER_FN_SIGMOID, "table:2", -inf, 0},
        {SINTER_FN_SILU, "linear:4:-2:2", 5, 5},
        {SINTER_FN_SILU, "linear:4:-2:2", -5, 0},
        {SINTER_FN_SOFTPLUS, "poly:3", 17, 17},
        {SINTER_FN_SOFTPLUS, "poly:3", -17, 0},
        {SINTER_FN_GELU, "poly:3", inf, inf},
        {SINTER_FN_TANH, "table:2", -9, -1},
        /* reduced: x = m * 2^e; tables of two pieces have 1, 1.5, 2 or 1, 2.5, 4 */
        {SINTER_FN_RECIP, "table:2", 12, 1 / 1.5 / 8},
        {SINTER_FN_RECIP, "table:2", -12, -1 / 1.5 / 8},
        {SINTER_FN_RECIP, "table:2", 0, inf},
        {SINTER_FN_RECIP, "table:2", 0x1p-1060, inf},
        {SINTER_FN_SQRT, "table:2", 8, sqrt(2.5) * 2},
        {SINTER_FN_SQRT, "linear:2", 0.5, (1 / 3.0 + 2 / 3.0 * sqrt(2.5)) / 2},
        {SINTER_FN_RSQRT, "table:2", 8, 1 / sqrt(2.5) / 2},
        {SINTER_FN_RSQRT, "table:2", 0.25, 2},
        {SINTER_FN_RSQRT, "table:2", inf, 0},
        {SINTER_FN_LOG, "table:2", 12, log(1.5) + 3 * ln2},
        {SINTER_FN_LOG, "table:2", 0.75, log(1.5) - ln2},
        {SINTER_FN_LOG, "linear:7", 0x1p-1074, -1074 * ln2},
        {SINTER_FN_EXP, "poly:9", 5000, inf},
        {SINTER_FN_EXP, "poly:9", -5000, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sinter_function_model model = model_of(rows[i].function, rows[i].model);
        double made = sinter_function_value(&model, rows[i].function, rows[i].x), all = rows[i].x;
        float single = sinter_function_value_float(&model, rows[i].function, (float)rows[i].x),
              all_single = (float)rows[i].x;
        sinter_function_all(&model, rows[i].function, 1, &all);
        sinter_function_all_float(&model, rows[i].function, 1, &all_single);
        assert_true(all == made && all_single == single);
        if (!(made == rows[i].value || fabs(made - rows[i].value) <= 4e-16 * fmax(1, fabs(rows[i].value))))
            fail_msg("%s of %s at %g is %.17g, expected %.17g", rows[i].model, sinter_function_name(rows[i].function),
                     rows[i].x, made, rows[i].value);
        assert_true((double)(float)rows[i].x != rows[i].x || single == (float)made);
    }
}

static void approximations_of_nan_are_nan(void **state)
{
    (void)state;
    static const char *const texts[] = {"exact", "marca", "table:16", "linear:16", "poly:3"};
    for (int f = 0; f < SINTER_N_FUNCTIONS; f++) {
        for (size_t i = 0; i < COUNT(texts); i++) {
            struct sinter_function_model model;
            if (!sinter_function_parse((enum sinter_function)f, texts[i], NULL, &model))
                continue;
            double made = sinter_function_value(&model, (enum sinter_function)f, (double)NAN);
            assert_true(made != made);
        }
    }
}

/* The largest error on an interval, of 20001 points. MARCA's exp: 2^f at f = 1. A table: half a step times the steepest
 * slope; lines: a step squared times the largest second derivative over eight. Others: measured, so that they stay. */
static void approximations_err_as_much_as_stated(void **state)
{
    (void)state;
    const double ln2 = 0.69314718055994530942;
    const struct {
        enum sinter_function function;
        const char *model;
        double low, high, error;
        bool is_relative;
    } rows[] = {
        {SINTER_FN_EXP, "marca", -7, 0, (1 - ln2) / 2, true},
        {SINTER_FN_SILU, "marca", -8, 8, 0.1246, false},
        {SINTER_FN_EXP, "table:256", -16, 0, 16.0 / 256 / 2, false},
        {SINTER_FN_EXP, "linear:256", -16, 0, 16.0 / 256 * 16 / 256 / 8, false},
        {SINTER_FN_SIGMOID, "table:256", -8, 8, 16.0 / 256 / 2 / 4, false},
        {SINTER_FN_EXP, "poly:1", -80, 80, 0.03816, true},
        {SINTER_FN_EXP, "poly:3", -80, 80, 9.971e-5, true},
        {SINTER_FN_EXP, "poly:6", -80, 80, 2.531e-9, true},
        {SINTER_FN_RECIP, "linear:64", 1e-6, 100, 0.25 / 64 / 64, true},
        {SINTER_FN_RSQRT, "poly:4", 1e-6, 100, 0.002689, true},
        {SINTER_FN_LOG, "poly:6", 0.01, 100, 1.684e-6, false},
        {SINTER_FN_SILU, "linear:64", -8, 8, 0.25 * 0.25 / 8 / 2, false},
        {SINTER_FN_SILU, "poly:8", -8, 8, 0.06203, false},
        {SINTER_FN_SOFTPLUS, "linear:64", -16, 16, 0.5 * 0.5 / 8 / 4, false},
        {SINTER_FN_GELU, "poly:10", -4, 4, 0.00439, false},
        {SINTER_FN_TANH, "poly:15", -4, 4, 0.002765, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sinter_function_model model = model_of(rows[i].function, rows[i].model);
        double most = 0;
        for (int k = 0; k <= 20000; k++) {
            double x = rows[i].low + (rows[i].high - rows[i].low) * k / 20000;
            double truth = sinter_function_value(&exact, rows[i].function, x);
            double error = fabs(sinter_function_value(&model, rows[i].function, x) - truth);
            most = fmax(most, rows[i].is_relative ? error / fabs(truth) : error);
        }
        if (!(most <= rows[i].error * 1.01 && most >= rows[i].error * 0.95))
            fail_msg("%s of %s errs by %.4g, expected %.4g", rows[i].model, sinter_function_name(rows[i].function), most,
                     rows[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_have_names),
        cmocka_unit_test(floats_are_as_accurate_as_stated),
        cmocka_unit_test(special_values_are_those_of_the_limit),
        cmocka_unit_test(doubles_do_not_overflow_on_the_way),
        cmocka_unit_test(constants_have_the_values_that_elements_have),
        cmocka_unit_test(models_print_and_read_back),
        cmocka_unit_test(mistakes_in_models_are_explained),
        cmocka_unit_test(approximations_have_known_values),
        cmocka_unit_test(approximations_of_nan_are_nan),
        cmocka_unit_test(approximations_err_as_much_as_stated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
