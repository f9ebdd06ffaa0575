/* test_case.c: manifests of stored cases: what they become, and what is refused where.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect_error.h"
#include "sinter/workload.h"

/* A folder of its own, in which manifests are called "f". Its files of numbers: "eight", the numbers 1 to 8, NaN and an
 * infinity; "four", the same in fp32. */
static char folder[] = "/tmp/sinter-case-XXXXXX", home[4096];

static void write_file(const char *name, const void *bytes, size_t n)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static int open_folder(void **state)
{
    double eight[10] = {1, 2, 3, 4, 5, 6, 7, 8, (double)NAN, -(double)INFINITY};
    float four[10];
    (void)state;
    if (!getcwd(home, sizeof home) || !mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    for (int i = 0; i < 10; i++)
        four[i] = (float)eight[i];
    write_file("eight", eight, sizeof eight);
    write_file("four", four, sizeof four);
    return 0;
}

static int close_folder(void **state)
{
    (void)state;
    remove("f");
    remove("eight");
    remove("four");
    return chdir(home) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static enum sinter_status load_text(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    struct sinter_case *loaded = NULL;
    write_file("f", text, length);
    enum sinter_status status = sinter_case_load("f", NULL, 0, NULL, diags, &loaded);
    assert_int_equal(loaded != NULL, status == SINTER_OK);
    sinter_case_free(loaded);
    return status;
}

/* ---- a scan of one channel ----------------------------------------------------------------------------------------- */

#define CONFIG "\"config\": {\"kind\": \"scan1\", \"B\": 1, \"L\": 1, \"D\": 1, \"N\": 1}"
#define T(name, shape, at) "\n  {\"name\": \"" name "\", \"shape\": " shape ", \"offset\": " #at ", \"nbytes\": 8}"
#define BEHIND_X                                                                                           \
    T("B", "[1,1,1]", 16)                                                                                  \
    "," T("C", "[1,1,1]", 24) "," T("z", "[1,1,1]", 32) "," T("h0", "[1,1,1]", 40) "," T("A_log", "[1,1]", \
                                                                                         48) "," T("D", "[1]", 56)
#define INPUTS T("dt_raw", "[1,1,1]", 0) "," T("x", "[1,1,1]", 8) "," BEHIND_X
#define CASE(tensors) "{" CONFIG ",\n \"file\": \"eight\", \"tensors\": [" tensors "]}"

static struct sinter_case *load_good(const char *text)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_case *loaded = NULL;
    write_file("f", text, strlen(text));
    if (sinter_case_load("f", NULL, 0, NULL, diags, &loaded) != SINTER_OK || sinter_diagnostics_count(diags) > 0)
        fail_msg("%s", sinter_diagnostics_text(diags));
    sinter_diagnostics_free(diags);
    return loaded;
}

static double input_of(const struct sinter_case *loaded, const char *name)
{
    int tensor = sinter_cascade_tensor(loaded->cascade, name);
    for (int i = 0; i < loaded->n_inputs; i++) {
        if (loaded->inputs[i].tensor == tensor)
            return loaded->inputs[i].values[0];
    }
    fail_msg("no input '%s'", name);
    return 0;
}

static void inputs_and_cuts_have_the_names_of_the_cascade(void **state)
{
    (void)state;
    struct sinter_case *loaded = load_good(CASE(INPUTS "," T("y_scan", "[1,1,1]", 0) "," T("h_final", "[1,1,1]", 64)));
    assert_string_equal(loaded->cascade->name, "selective-scan");
    assert_string_equal(loaded->source, "f");
    assert_int_equal(loaded->n_inputs, 8);
    assert_true(input_of(loaded, "DTR") == 1);
    assert_true(input_of(loaded, "H0") == 6);
    assert_true(input_of(loaded, "A") == -exp(7));
    assert_true(input_of(loaded, "DP") == 8);
    for (int i = 0; i < loaded->n_inputs; i++)
        assert_true(i == 0 || loaded->inputs[i - 1].tensor < loaded->inputs[i].tensor);
    for (int t = 0; t < loaded->cascade->n_tensors; t++)
        assert_int_equal(loaded->cascade->tensors[t].type.bits, 64);
    assert_int_equal(loaded->n_cuts, 2);
    assert_string_equal(loaded->cuts[0].name, "y_scan");
    assert_int_equal(loaded->cuts[0].tensors[0], sinter_cascade_tensor(loaded->cascade, "Y"));
    assert_false(loaded->cuts[0].is_final);
    assert_int_equal(loaded->cuts[1].tensors[0], sinter_cascade_tensor(loaded->cascade, "H0"));
    assert_true(loaded->cuts[1].is_final);
    assert_true(isnan(loaded->cuts[1].values[0])); /* a number like another */
    sinter_case_free(loaded);
}

static void numbers_may_be_of_four_bytes(void **state)
{
    static const char text[] = "{\"name\": \"four\", \"dtype\": \"<f4\", \"order\": \"C\", \"total_bytes\": 40, \"file\": "
                               "\"four\", \"tensors\": [\n"
                               " {\"name\": \"X\", \"role\": \"input\", \"shape\": [2, 2], \"offset\": 4, \"nbytes\": 16},\n"
                               " {\"name\": \"Y\", \"role\": \"output\", \"shape\": [2], \"offset\": 32, \"nbytes\": 8}]}";
    static const char cascade_text[] = "cascade: c\nranks: {L: 2, D: 2}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
                                       "  Y: {ranks: [L], role: output}\neinsums:\n  - Y[l] = sum(X[l,d])\n";
    struct sinter_cascade *cascade = NULL;
    struct sinter_case *loaded = NULL;
    (void)state;
    assert_int_equal(sinter_cascade_parse("c", cascade_text, sizeof cascade_text - 1, NULL, 0, NULL, NULL, &cascade),
                     SINTER_OK);
    write_file("f", text, sizeof text - 1);
    assert_int_equal(sinter_case_bind("f", cascade, NULL, NULL, &loaded), SINTER_OK);
    assert_int_equal(loaded->n_inputs, 1);
    for (int i = 0; i < 4; i++)
        assert_true(loaded->inputs[0].values[i] == i + 2);
    assert_true(isnan(loaded->cuts[0].values[0]) && isinf(loaded->cuts[0].values[1]));
    assert_null(loaded->model);
    assert_string_equal(loaded->name, "four");
    sinter_case_free(loaded);
    sinter_cascade_free(cascade);
}

/* ---- slips ---------------------------------------------------------------------------------------------------------- */

static const struct mistake load_mistakes[] = {
    {"", "f:0:0: the file is empty"},
    {"[]", "f:1:1: a manifest: expected a mapping, found a list"},
    {"{\"file\": \"eight\"}", "f:1:1: tensors is missing"},
    {"{\"file\": \"eight\", \"tensors\": 3}", "f:1:30: tensors: expected a list, found '3'"},
    {"{\"file\": \"eight\", \"tensors\": []}",
     "f:1:1: the manifest has no config with a kind | kinds are mamba1, mamba2 and scan1"},
    {"{\"config\": [], \"file\": \"eight\", \"tensors\": []}",
     "f:1:12: the manifest has no config with a kind | kinds are mamba1, mamba2 and scan1"},
    {"{\"config\": {\"kind\": \"mamba3\"}, \"file\": \"eight\", \"tensors\": []}",
     "f:1:21: kind 'mamba3' is not supported | did you mean 'mamba1'?"},
    {"{\"config\": {\"kind\": [1]}, \"file\": \"eight\", \"tensors\": []}",
     "f:1:21: kind: expected a single value, found a list"},
    {"{\"config\": {\"kind\": \"scan1\", \"B\": 1, \"L\": 1, \"N\": 1}, \"file\": \"eight\", \"tensors\": []}",
     "f:1:12: D is missing: kind scan1 has the extents BLDN"},
    {"{\"config\": {\"kind\": \"scan1\", \"B\": 1, \"L\": 1e30, \"D\": 1, \"N\": 1}, \"file\": \"eight\", \"tensors\": []}",
     "f:1:43: L: expected a whole number from 1 to 2^31, found '1e30'"},
    {"{\"config\": {\"kind\": \"scan1\", \"B\": 0, \"L\": 1, \"D\": 1, \"N\": 1}, \"file\": \"eight\", \"tensors\": []}",
     "f:1:35: B: expected a whole number from 1 to 2^31, found '0'"},
    {"{\"config\": {\"kind\": \"scan1\", \"B\": 2147483648, \"L\": 2147483648, \"D\": 1, \"N\": 1}, \"file\": \"eight\", "
     "\"tensors\": []}",
     "cascades/selective-scan.yaml:10:3: the size of tensor 'DTR' overflows | reduce an extent; sizes must stay below 2^63"},
    {"{\"config\": {\"kind\": \"mamba2\", \"B\": 1, \"L\": 1, \"E\": 2, \"D\": 9, \"H\": 2, \"P\": 4, \"G\": 1, \"N\": 1, "
     "\"K\": 4},\n"
     "\"file\": \"eight\", \"tensors\": []}",
     "f:1:60: D: expected H * P, found '9'"},
    {"{\"config\": {\"kind\": \"mamba2\", \"B\": 1, \"L\": 1, \"E\": 2, \"D\": 12, \"H\": 3, \"P\": 4, \"G\": 2, \"N\": 1, "
     "\"K\": 4},\n"
     "\"file\": \"eight\", \"tensors\": []}",
     "f:1:69: H: expected a multiple of G, found '3'"},
    {"{\"config\": {\"kind\": \"mamba2\", \"B\": 1, \"L\": 1, \"E\": 2, \"D\": 8, \"H\": 2, \"P\": 4, \"G\": 1, \"N\": 1, "
     "\"K\": 1},\n"
     "\"file\": \"eight\", \"tensors\": []}",
     "f:1:100: K: expected a whole number from 2 to 32, found '1'"},
    {"{\"config\": {\"kind\": \"mamba2\", \"B\": 1, \"L\": 1, \"E\": 2, \"D\": 8, \"H\": 2, \"P\": 4, \"G\": 1, \"N\": 1, "
     "\"K\": 4,\n"
     "\"eps\": 1e-6}, \"file\": \"eight\", \"tensors\": []}",
     "f:2:8: eps: expected 1e-05, as the cascade has it, found '1e-6'"},
    {"{\"config\": {\"kind\": \"mamba2\", \"B\": 1, \"L\": 1, \"E\": 2, \"D\": 8, \"H\": 2, \"P\": 4, \"G\": 1, \"N\": 1, "
     "\"K\": 4,\n"
     "\"norm_before_gate\": true}, \"file\": \"eight\", \"tensors\": []}",
     "f:2:21: norm_before_gate: expected false, found 'true'"},
    {"{\"config\": {\"kind\": \"mamba1\", \"B\": 1, \"L\": 1, \"E\": 2, \"D\": 4, \"R\": 2, \"N\": 1, \"K\": 4,\n"
     "\"eps\": NaN}, \"file\": \"eight\", \"tensors\": []}",
     "f:2:8: eps: expected a number, found 'NaN'"},
    {"{\"file\": \"nothing\", \"tensors\": []}", "f:1:10: cannot read 'nothing': No such file or directory"},
    {"{\"file\": \"../eight\", \"tensors\": []}",
     "f:1:10: file '../eight' does not stand beside the manifest | give the name alone"},
    {"{\"file\": \"\", \"tensors\": []}", "f:1:10: file '' does not stand beside the manifest | give the name alone"},
    {"{\"tensors\": []}", "f:1:1: file is missing"},
    {"{\"file\": \"eight\", \"total_bytes\": 96, \"tensors\": []}",
     "f:1:34: 'eight' has 80 bytes, expected 96 | is the file complete?"},
    {"{\"file\": \"eight\", \"dtype\": \"<f2\", \"tensors\": []}",
     "f:1:28: dtype '<f2' is not supported | numbers are \"<f8\" or \"<f4\": little-endian IEEE"},
    {"{\"file\": \"eight\", \"dtype\": [], \"tensors\": []}", "f:1:28: dtype: expected a single value, found a list"},
    {"{\"file\": \"eight\", \"order\": \"F\", \"tensors\": []}",
     "f:1:28: order 'F' is not supported | tensors are row-major: \"C\""},
    {CASE("3"), "f:2:31: a tensor: expected a mapping, found '3'"},
    {CASE("{\"shape\": [1], \"offset\": 0, \"nbytes\": 8}"), "f:2:31: name is missing"},
    {CASE("{\"name\": \"x\", \"offset\": 0, \"nbytes\": 8}"), "f:2:31: shape is missing"},
    {CASE("{\"name\": \"x\", \"shape\": 1, \"offset\": 0, \"nbytes\": 8}"),
     "f:2:54: shape: expected a list, found '1' | such as [1, 8, 4]"},
    {CASE("{\"name\": \"x\", \"shape\": [\"L\"], \"offset\": 0, \"nbytes\": 8}"),
     "f:2:55: shape: expected a whole number from 0 to 2^50, found 'L'"},
    {CASE("{\"name\": \"x\", \"shape\": [-1], \"offset\": 0, \"nbytes\": 8}"),
     "f:2:55: shape: expected a whole number from 0 to 2^50, found '-1'"},
    {CASE("{\"name\": \"x\", \"shape\": [1,1,1,1,1,1,1,1,1], \"offset\": 0, \"nbytes\": 8}"),
     "f:2:54: 'x' has 9 dimensions, expected at most 8"},
    {CASE("{\"name\": \"x\", \"shape\": [1099511627776, 1099511627776], \"offset\": 0, \"nbytes\": 8}"),
     "f:2:70: the size of 'x' overflows"},
    {CASE("{\"name\": \"x\", \"shape\": [2], \"offset\": 0, \"nbytes\": 8}"),
     "f:2:82: nbytes of 'x' is 8, but shape [2] takes 2 numbers of 8 bytes"},
    {CASE("{\"name\": \"x\", \"shape\": [1], \"nbytes\": 8}"), "f:2:31: offset is missing"},
    {CASE("{\"name\": \"x\", \"shape\": [1], \"offset\": -8, \"nbytes\": 8}"),
     "f:2:69: offset: expected a whole number from 0 to 2^50, found '-8'"},
    {CASE("{\"name\": \"x\", \"shape\": [1], \"offset\": 0.5, \"nbytes\": 8}"),
     "f:2:69: offset: expected a whole number from 0 to 2^50, found '0.5'"},
    {CASE("{\"name\": \"x\", \"shape\": [1], \"offset\": 73, \"nbytes\": 8}"),
     "f:2:69: 'x' ends behind the 80 bytes of 'eight' | is the file complete?"},
    {CASE("{\"name\": \"x\", \"shape\": [1], \"offset\": 1e15, \"nbytes\": 8}"),
     "f:2:69: 'x' ends behind the 80 bytes of 'eight' | is the file complete?"},
    {CASE("{\"name\": \"x\", \"role\": \"wait\", \"shape\": [1], \"offset\": 0, \"nbytes\": 8}"),
     "f:2:53: role 'wait' is not supported | roles are input, weight and output"},
    {CASE(T("x", "[1]", 0) "," T("x", "[1]", 0)), "f:4:12: tensor 'x' is there twice"},
    {CASE(T("dt_raw", "[1,1,1]", 0) "," T("x", "[1,1]", 8) "," BEHIND_X),
     "f:4:12: 'x' has shape [1, 1], expected [1, 1, 1]"},
    {CASE(T("dt_raw", "[1,1,1]", 0) "," BEHIND_X), "f:1:1: tensor 'x' is missing, of shape [1, 1, 1]"},
    {CASE(INPUTS "," T("yscan", "[1,1,1]", 0)), "f:11:12: warning: tensor 'yscan' is unknown to kind scan1 and ignored"},
    {CASE(INPUTS "," T("y_scan", "[1,1]", 0)), "f:11:12: 'y_scan' has shape [1, 1], expected [1, 1, 1]"},
};

static void slips_are_told_where_they_are(void **state)
{
    (void)state;
    EXPECT_MISTAKES(load_mistakes, load_text);
}

/* ---- binding -------------------------------------------------------------------------------------------------------- */

static struct sinter_cascade *scan_cascade(void)
{
    static const char text[] = "cascade: scan\nranks: {L: 1, D: 1}\ntensors:\n  X: {ranks: [L, D], role: input}\n"
                               "  A: {ranks: [D], role: weight}\n  S: {ranks: [D], role: state}\n"
                               "  H: {ranks: [L, D], role: output, state: S}\n"
                               "einsums:\n  - H[l,d] = A[d]*H[l-1,d] + X[l,d]\n";
    struct sinter_cascade *cascade = NULL;
    assert_int_equal(sinter_cascade_parse("c", text, sizeof text - 1, NULL, 0, NULL, NULL, &cascade), SINTER_OK);
    return cascade;
}

static enum sinter_status bind_text(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    struct sinter_cascade *cascade = scan_cascade();
    struct sinter_case *loaded = NULL;
    write_file("f", text, length);
    enum sinter_status status = sinter_case_bind("f", cascade, NULL, diags, &loaded);
    assert_int_equal(loaded != NULL, status == SINTER_OK);
    for (int i = 0; loaded && i < loaded->n_cuts; i++)
        assert_int_equal(loaded->cuts[i].is_final, strcmp(loaded->cuts[i].name, "H") != 0);
    sinter_case_free(loaded);
    sinter_cascade_free(cascade);
    return status;
}

#define BIND(tensors) "{\"file\": \"eight\", \"tensors\": [" tensors "]}"
#define ALL T("X", "[1,1]", 0) "," T("A", "[1]", 8) "," T("S", "[1]", 16)
static const struct mistake bind_mistakes[] = {
    {BIND(ALL), ""},
    {BIND(ALL "," T("H", "[1,1]", 16) "," T("S.final", "[1]", 24)), ""},
    {BIND(T("X", "[1,1]", 0) "," T("A", "[1]", 8)), "f:1:1: tensor 'S' is missing"},
    {BIND(ALL "," T("HH", "[1,1]", 16)), "f:5:12: cascade 'scan' has no tensor 'HH' | did you mean 'H'?"},
    {BIND(ALL "," T("H.final", "[1,1]", 16)), "f:5:12: 'H' is no state that a run writes"},
    {BIND(T("X", "[1]", 0)), "f:2:12: 'X' has shape [1], expected [1, 1]"},
    {BIND("{\"name\": \"X\", \"role\": \"output\", \"shape\": [1,1], \"offset\": 0, \"nbytes\": 8}"),
     "f:1:40: 'X' is nothing that the cascade computes"},
};

static void tensors_are_bound_by_their_names(void **state)
{
    (void)state;
    EXPECT_MISTAKES(bind_mistakes, bind_text);
}

/* ---- memory, extents ------------------------------------------------------------------------------------------------ */

static void loading_survives_every_failed_allocation(void **state)
{
    static const char text[] = CASE(INPUTS "," T("y_scan", "[1,1,1]", 0) "," T("h_final", "[1,1,1]", 64));
    (void)state;
    write_file("f", text, sizeof text - 1);
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_case *loaded = NULL;
        sinter_counting_allocator_init(&counting, n);
        enum sinter_status status = sinter_case_load("f", NULL, 0, &counting.allocator, NULL, &loaded);
        assert_int_equal(loaded != NULL, status == SINTER_OK);
        sinter_case_free(loaded);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK) {
            assert_true(n > 10);
            break;
        }
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
}

static void an_extent_that_is_set_otherwise_does_not_fit_the_numbers(void **state)
{
    static const char text[] = CASE(INPUTS);
    struct sinter_override override = {.field = "N", .value = "2"};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_case *loaded = NULL;
    (void)state;
    write_file("f", text, sizeof text - 1);
    assert_int_equal(sinter_case_load("f", &override, 1, NULL, diags, &loaded), SINTER_BAD_INPUT);
    assert_true(override.is_used);
    expect_diagnostics(
        diags,
        "f:5:12: 'B' has 1 numbers for 'B', which has 2 elements | the extents of a case are those of its numbers\n"
        "f:6:12: 'C' has 1 numbers for 'C', which has 2 elements | the extents of a case are those of its numbers\n"
        "f:8:12: 'h0' has 1 numbers for 'H0', which has 2 elements | the extents of a case are those of its numbers\n"
        "f:9:12: 'A_log' has 1 numbers for 'A', which has 2 elements | the extents of a case are those of its numbers");
    sinter_diagnostics_free(diags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_and_cuts_have_the_names_of_the_cascade),
        cmocka_unit_test(numbers_may_be_of_four_bytes),
        cmocka_unit_test(slips_are_told_where_they_are),
        cmocka_unit_test(tensors_are_bound_by_their_names),
        cmocka_unit_test(loading_survives_every_failed_allocation),
        cmocka_unit_test(an_extent_that_is_set_otherwise_does_not_fit_the_numbers),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
