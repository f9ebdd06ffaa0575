/* test_formula.c: formulas mean what arithmetic says, and a mistake in one is told with its place.
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

#include "expect_error.h"
#include "explore/formula.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
static const double MIB = 1048576;

static const char accel_text[] =
    "accelerator: a\ntechnology: 28 nm\nclock: 2 GHz\narea: 111 mm2\nmemories:\n"
    "  - {name: dram, kind: dram, bandwidth: 256 GB/s, write_bandwidth: 128 GB/s, latency: 100 ns, burst: 64 B, "
    "energy: 7 pJ/bit}\n"
    "  - {name: buffer, kind: sram, capacity: 24 MiB, bandwidth: unlimited, link: 64 GB/s}\n"
    "  - {name: l-2, kind: sram, capacity: 1 MiB, bandwidth: 1 TB/s}\n"
    "units:\n"
    "  - {name: array, at: buffer, pes: [64, 128], cycles: {mac: 1}}\n"
    "  - {name: vec-tor, at: l-2, pes: 64, cycles: {exp: 1}}\n";

static struct sinter_accel *accel;

static int open_accel(void **state)
{
    (void)state;
    return sinter_accel_parse("a", accel_text, sizeof accel_text - 1, NULL, 0, NULL, NULL, &accel) != SINTER_OK;
}

static int close_accel(void **state)
{
    (void)state;
    sinter_accel_free(accel);
    return 0;
}

static const struct sinter_location at = {"f", 1, 1};

static double value_of(const char *text, bool is_condition)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    double value = 0;
    if (formula_value(text, is_condition ? FORMULA_CONDITION : FORMULA_ANY, accel, at, diags, &value) != SINTER_OK)
        fail_msg("%s: %s", text, sinter_diagnostics_text(diags));
    assert_int_equal(sinter_diagnostics_count(diags), 0);
    sinter_diagnostics_free(diags);
    return value;
}

/* ---- values ------------------------------------------------------------------------------------------------------------ */

static void formulas_have_the_value_that_arithmetic_gives(void **state)
{
    const struct {
        const char *text;
        double expected;
    } rows[] = {
        /* precedence and order */
        {"7", 7},
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"10 - 4 - 3", 3},
        {"64 / 4 / 2", 8},
        {"2 ^ 3 ^ 2", 512},
        {"2 * 3 ^ 2", 18},
        {"2 ^ -1", 0.5},
        {"-2 ^ 2", 4}, /* a sign belongs to its value */
        {"0 - 2 ^ 2", -4},
        {"1 - -1", 2},
        {"- - 3", 3},
        {"6 / 2 * 3", 9},
        {"1+2", 3},
        {"\t 1 \t+ 2 ", 3},
        {".5 + 1.", 1.5},
        {"1e3 + 2E-1", 1000.2},
        {"1e+2", 100},
        /* units: bytes, bytes per second, hertz, mm2, nm, watts, seconds, pJ, pJ per bit */
        {"24 MiB", 24 * MIB},
        {"24MiB", 24 * MIB},
        {"1 kB", 1000},
        {"256 GB/s", 256e9},
        {"8 Gbit/s", 1e9},
        {"1 GHz", 1e9},
        {"222 mm2", 222},
        {"222 mm2/2", 111},
        {"2e6 um2", 2},
        {"1 um", 1000},
        {"3 W", 3},
        {"10 us", 1e-5},
        {"2 J", 2e12},
        {"7 pJ/bit", 7},
        {"8 pJ/B", 1},
        {"2 GB/area", 2e9 / 111}, /* no unit: a field behind a slash */
        {"2 GB / area", 2e9 / 111},
        {"1 GHz * 2 ns", 2},
        /* fields */
        {"area", 111},
        {"clock", 2e9},
        {"technology", 28},
        {"dram.bandwidth", 256e9},
        {"dram.write_bandwidth", 128e9},
        {"dram.latency", 1e-7},
        {"dram.burst", 64},
        {"dram.energy", 7},
        {"buffer.capacity", 24 * MIB},
        {"buffer.link", 64e9},
        {"array.pes", 8192},
        {"vec-tor.pes", 64},
        {"l-2.capacity", MIB},
        {"array.pes-vec-tor.pes", 8128},
        {"buffer.capacity-l-2.capacity-1 B", 23 * MIB - 1},
        {"area-2 mm2", 109},
        {"area -technology * 1 mm2 / 1 nm", 83},
        {"max(0, area)", 111},
        {"0 + clock", 2e9},
        {"sqrt(area * area) + area", 222},
        {"(1 B * 1 B) ^ 0.5 + 1 B", 2},
        /* functions */
        {"sqrt(area / 222 mm2)", 0.70710678118654757},
        {"256 GB/s * sqrt(area / 222 mm2)", 256e9 * 0.70710678118654757},
        {"ceil(1.2) + floor(1.8) + round(1.5)", 5},
        {"log2(buffer.capacity / 24 KiB)", 10},
        {"min(3, 2) + 10 * max(3, 2)", 32},
        {"max(min(1, 2), min(4, 3)) ^ 2", 9},
        {"min( 1 , 2 )", 1},
        {"sqrt(2 + 2)", 2},
        {"floor(-0.5)", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        double value = value_of(rows[i].text, false);
        if (fabs(value - rows[i].expected) > 1e-15 * fabs(rows[i].expected))
            fail_msg("%s is %.17g, expected %.17g", rows[i].text, value, rows[i].expected);
    }
}

static void conditions_hold_but_for_rounding(void **state)
{
    static const struct {
        const char *text;
        bool holds;
    } rows[] = {
        {"1 < 2", true},
        {"2 < 1", false},
        {"1 > 2", false},
        {"2 > 1", true},
        {"1 <= 1", true},
        {"1 >= 1", true},
        {"1 < 1", false},
        {"1 > 1", false},
        {"1 == 1", true},
        {"1 == 2", false},
        {"area <= 111 mm2", true},
        {"area<=110 mm2", false},
        {"0.1 + 0.2 == 0.3", true},
        {"0.1 + 0.2 <= 0.3", true},
        {"0.3 >= 0.1 + 0.2", true},
        {"0.1 + 0.2 > 0.3", false},
        {"0.3 < 0.1 + 0.2", false},
        {"1.00000001 > 1", true}, /* more than rounding */
        {"1.00000001 <= 1", false},
        {"1.000000001 <= 1", true},
        {"-1 < 0", true},
        {"0 <= 0", true},
        {"0 < 0", false},
        {"buffer.capacity + l-2.capacity == 25 MiB", true},
        {"dram.bandwidth / clock > 127 B", true},
        {"clock > 0", true},
        /* what is unlimited is more than any number */
        {"buffer.bandwidth <= 1 GB/s", false},
        {"buffer.bandwidth > 1 GB/s", true},
        {"buffer.bandwidth >= 1e300 B/s", true},
        {"1 GB/s < buffer.bandwidth", true},
        {"buffer.bandwidth == buffer.bandwidth", true},
        {"buffer.bandwidth == dram.bandwidth", false},
        {"dram.capacity > buffer.capacity", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (value_of(rows[i].text, true) != (rows[i].holds ? 1 : 0))
            fail_msg("'%s' %s, but should not", rows[i].text, rows[i].holds ? "fails" : "holds");
}

/* ---- mistakes ------------------------------------------------------------------------------------------------------------ */

static enum sinter_status read_one(const char *text, size_t length, bool is_condition, struct sinter_diagnostics *diags)
{
    char *copy = malloc(length + 1);
    double value = 0;
    assert_non_null(copy);
    memcpy(copy, text, length);
    copy[length] = '\0';
    enum sinter_status status =
        formula_value(copy, is_condition ? FORMULA_CONDITION : FORMULA_ANY, accel, at, diags, &value);
    free(copy);
    return status;
}

static enum sinter_status read_formula(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    return read_one(text, length, false, diags);
}

static enum sinter_status read_condition(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    return read_one(text, length, true, diags);
}

#define FIELDS " | fields are area, clock, technology, MEMORY.capacity, MEMORY.bandwidth, UNIT.pes and so on"
#define UNITS " | such as 24 MiB, 256 GB/s, 222 mm2, 1 GHz"

static const struct mistake formulas[] = {
    {"", "f:1:1: a number, a field or '(' is missing in the formula '', at ''"},
    {" ", "f:1:2: a number, a field or '(' is missing in the formula ' ', at ''"},
    {"1 +", "f:1:4: a number, a field or '(' is missing in the formula '1 +', at ''"},
    {"* 2", "f:1:1: a number, a field or '(' is missing in the formula '* 2', at '* 2'"},
    {"2 3", "f:1:3: something is left over in the formula '2 3', at '3'"},
    {"1 2 + 3", "f:1:3: something is left over in the formula '1 2 + 3', at '2 + 3'"},
    {"(1", "f:1:3: a ')' is missing in the formula '(1', at ''"},
    {"((1)", "f:1:5: a ')' is missing in the formula '((1)', at ''"},
    {"1)", "f:1:2: something is left over in the formula '1)', at ')'"},
    {"()", "f:1:2: a number, a field or '(' is missing in the formula '()', at ')'"},
    {"sqrt(4", "f:1:7: a ')' is missing in the formula 'sqrt(4', at ''"},
    {"sqrt()", "f:1:6: a number, a field or '(' is missing in the formula 'sqrt()', at ')'"},
    {"sqrt(1, 2)", "f:1:7: a ')' is missing in the formula 'sqrt(1, 2)', at ', 2)'"},
    {"min(1)", "f:1:6: a ',' is missing in the formula 'min(1)', at ')'"},
    {"min(1, 2, 3)", "f:1:9: a ')' is missing in the formula 'min(1, 2, 3)', at ', 3)'"},
    {"sqrt 4", "f:1:1: a name is neither a field nor a function in the formula 'sqrt 4', at 'sqrt 4' | fields are area, "
               "clock, technology, MEMORY.capacity, MEMORY.bandwidth, UNIT.pes and so on"},
    {"sin(1)", "f:1:1: a name is neither a field nor a function in the formula 'sin(1)', at 'sin(1)' | fields are area, "
               "clock, technology, MEMORY.capacity, MEMORY.bandwidth, UNIT.pes and so on"},
    {"aera * 2",
     "f:1:1: a name is neither a field nor a function in the formula 'aera * 2', at 'aera * 2' | did you mean 'area'?"},
    {"dram.bandwith", "f:1:1: a name is neither a field nor a function in the formula 'dram.bandwith', at 'dram.bandwith' | "
                      "did you mean 'dram.bandwidth'?"},
    {"drum.bandwidth", "f:1:1: a name is neither a field nor a function in the formula 'drum.bandwidth', at "
                       "'drum.bandwidth' | did you mean 'dram.bandwidth'?"},
    {"array.bandwidth", "f:1:1: a name is neither a field nor a function in the formula 'array.bandwidth', at "
                        "'array.bandwidth' | did you mean 'dram.bandwidth'?"},
    {"dram.",
     "f:1:1: a name is neither a field nor a function in the formula 'dram.', at 'dram.' | did you mean 'dram.capacity'?"},
    {"dram",
     "f:1:1: a name is neither a field nor a function in the formula 'dram', at 'dram' | did you mean 'dram.capacity'?"},
    {"a-b", "f:1:1: a name is neither a field nor a function in the formula 'a-b', at 'a-b' | fields are area, clock, "
            "technology, MEMORY.capacity, MEMORY.bandwidth, UNIT.pes and so on"},
    {"7 parsec",
     "f:1:3: a unit is not known in the formula '7 parsec', at 'parsec' | such as 24 MiB, 256 GB/s, 222 mm2, 1 GHz"},
    {"7 GB/h", "f:1:6: a name is neither a field nor a function in the formula '7 GB/h', at 'h' | fields are area, clock, "
               "technology, MEMORY.capacity, MEMORY.bandwidth, UNIT.pes and so on"},
    {"5k", "f:1:2: a unit is not known in the formula '5k', at 'k' | such as 24 MiB, 256 GB/s, 222 mm2, 1 GHz"},
    {"1e", "f:1:2: a unit is not known in the formula '1e', at 'e' | such as 24 MiB, 256 GB/s, 222 mm2, 1 GHz"},
    {"1.2.3", "f:1:1: this is no number in the formula '1.2.3', at '1.2.3'"},
    {".", "f:1:1: this is no number in the formula '.', at '.'"},
    {"1e999", "f:1:1: this is no number in the formula '1e999', at '1e999'"},
    {"11111111111111111111111111111111111111111111111111111111111111111",
     "f:1:1: a number is too long in the formula '11111111111111111111111111111111111111111111111111111111111111111', at "
     "'11111111111111111111'"},
    {"1 $ 2", "f:1:3: something is left over in the formula '1 $ 2', at '$ 2'"},
    {"1 == 1", "f:1:3: something is left over in the formula '1 == 1', at '== 1'"},
    {"1 / 0", "f:1:1: the formula '1 / 0' has no finite value"},
    {"0 / 0", "f:1:1: the formula '0 / 0' has no finite value"},
    {"sqrt(-1)", "f:1:1: the formula 'sqrt(-1)' has no finite value"},
    {"log2(0)", "f:1:1: the formula 'log2(0)' has no finite value"},
    {"10 ^ 400", "f:1:1: the formula '10 ^ 400' has no finite value"},
    {"1e308 * 10", "f:1:1: the formula '1e308 * 10' has no finite value"},
    {"dram.capacity", "f:1:1: the formula 'dram.capacity' has no finite value"},
};

#define GIVE_UNIT " | give the number a unit, as in 64 KiB, 256 GB/s, 222 mm2 or 1 GHz"
#define DIVIDE " | divide by a unit, as in buffer.capacity / 1 KiB"

static const struct mistake unlike[] = {
    {"buffer.capacity + 1",
     "f:1:17: a number of bytes meets a plain number in the formula 'buffer.capacity + 1', at '+ 1'" GIVE_UNIT},
    {"1 - area", "f:1:3: a plain number meets an area in the formula '1 - area', at '- area'" GIVE_UNIT},
    {"area - technology", "f:1:6: an area meets a length in the formula 'area - technology', at '- technology' | both sides "
                          "measure the same"},
    {"max(clock, 2)", "f:1:4: a frequency meets a plain number in the formula 'max(clock, 2)', at '(clock, 2)'" GIVE_UNIT},
    {"area + area * area", "f:1:6: an area meets a quantity of another kind in the formula 'area + area * area', at '+ area "
                           "* area' | both sides measure the same"},
    {"1 J + 1 W * 1 s", "f:1:5: an energy meets a quantity of another kind in the formula '1 J + 1 W * 1 s', at '+ 1 W * 1 "
                        "s' | both sides measure the same"},
    {"log2(buffer.capacity)", "f:1:5: what log2 is taken of is a number of bytes, not a plain number, in the formula "
                              "'log2(buffer.capacity)', at '(buffer.capacity)'" DIVIDE},
    {"2 ^ area", "f:1:3: an exponent is an area, not a plain number, in the formula '2 ^ area', at '^ area'" DIVIDE},
    {"buffer.capacity + 1 + clock", "f:1:17: a number of bytes meets a plain number in the formula 'buffer.capacity + 1 + "
                                    "clock', at '+ 1 + clock'" GIVE_UNIT}, /* the first one */
};

static const struct mistake conditions[] = {
    {"clock < 1", "f:1:7: a frequency meets a plain number in the formula 'clock < 1', at '< 1'" GIVE_UNIT},
    {"area <= 222 GB/s", "f:1:6: an area meets a bandwidth in the formula 'area <= 222 GB/s', at '<= 222 GB/s' | both sides "
                         "measure the same"},
    {"", "f:1:1: a number, a field or '(' is missing in the formula '', at ''"},
    {"area", "f:1:5: a comparison is missing in the formula 'area', at '' | such as 'area <= 222 mm2'"},
    {"area <", "f:1:7: a number, a field or '(' is missing in the formula 'area <', at ''"},
    {"< 3", "f:1:1: a number, a field or '(' is missing in the formula '< 3', at '< 3'"},
    {"area = 3", "f:1:6: a comparison is missing in the formula 'area = 3', at '= 3' | such as 'area <= 222 mm2'"},
    {"area != 3", "f:1:6: a comparison is missing in the formula 'area != 3', at '!= 3' | such as 'area <= 222 mm2'"},
    {"1 < 2 < 3", "f:1:7: something is left over in the formula '1 < 2 < 3', at '< 3'"},
    {"area <= 222 mm3",
     "f:1:13: a unit is not known in the formula 'area <= 222 mm3', at 'mm3' | such as 24 MiB, 256 GB/s, 222 mm2, 1 GHz"},
    {"area <= 222 mm2)", "f:1:16: something is left over in the formula 'area <= 222 mm2)', at ')'"},
    {"0 / 0 < 1", "f:1:1: the formula '0 / 0 < 1' has no finite value"},
    {"1 > sqrt(-1)", "f:1:1: the formula '1 > sqrt(-1)' has no finite value"},
};

static void mistakes_are_located(void **state)
{
    (void)state;
    EXPECT_MISTAKES(formulas, read_formula);
    EXPECT_MISTAKES(unlike, read_formula);
    EXPECT_MISTAKES(conditions, read_condition);
}

/* A formula for a field gives what the field measures. */
static void results_measure_what_is_wanted(void **state)
{
    static const struct {
        const char *text;
        enum sinter_dimension wanted;
        const char *expected; /* NULL: it does */
    } rows[] = {
        {"dram.bandwidth * 2", SINTER_BANDWIDTH, NULL},
        {"clock * 2 B", SINTER_BANDWIDTH, NULL},
        {"floor(buffer.capacity / 3)", SINTER_BYTES, NULL},
        {"array.pes / 2", SINTER_COUNT, NULL},
        {"clock * 2", SINTER_BANDWIDTH, "f:1:1: the formula 'clock * 2' gives a frequency, expected a bandwidth"},
        {"100", SINTER_BYTES, "f:1:1: the formula '100' gives a plain number, expected a number of bytes" GIVE_UNIT},
        {"area", SINTER_COUNT, "f:1:1: the formula 'area' gives an area, expected a plain number"},
    };
    int n_failed = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        double value;
        enum sinter_status status = formula_value(rows[i].text, (int)rows[i].wanted, accel, at, diags, &value);
        assert_int_equal(status, rows[i].expected == NULL ? SINTER_OK : SINTER_BAD_INPUT);
        n_failed += differs_from(rows[i].expected == NULL ? "" : rows[i].expected, diags, rows[i].text);
        sinter_diagnostics_free(diags);
    }
    assert_int_equal(n_failed, 0);
}

static void repeat(char *out, const char *piece, int n)
{
    *out = '\0';
    for (int i = 0; i < n; i++)
        strcat(out, piece);
}

/* Nesting is bounded whatever it is made of: neither a crash nor a wrong value. */
static void deep_nesting_is_refused(void **state)
{
    static const struct {
        const char *open, *middle, *close;
    } kinds[] = {{"(", "1", ")"}, {"-", "1", ""}, {"sqrt(", "1", ")"}, {"1^", "1", ""}, {"(1+", "1", ")"}};
    static char text[1 << 17], tail[1 << 16];
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++)
        for (int depth = 1; depth <= 10000; depth *= 10) {
            double value = 0;
            repeat(text, kinds[i].open, depth);
            strcat(text, kinds[i].middle);
            repeat(tail, kinds[i].close, depth);
            strcat(text, tail);
            enum sinter_status status = formula_value(text, FORMULA_ANY, accel, at, NULL, &value);
            if (status != (depth <= 10 ? SINTER_OK : SINTER_BAD_INPUT))
                fail_msg("%d times '%s': %s", depth, kinds[i].open, sinter_status_name(status));
        }
}

/* ---- a naive twin -------------------------------------------------------------------------------------------------------- */

/* A tree that is written as a text, and evaluated as it stands. */
struct node {
    char kind; /* '#' number, 'f' field, a sign, or 's' 'c' 'l' 'r' '2' 'm' 'M' '~': functions and a sign in front */
    double number;
    int field;
    int left, right;
};

static const struct {
    const char *name;
    double value;
} fields[] = {{"area / 1 mm2", 111}, {"clock / 1 Hz", 2e9},  {"technology / 1 nm", 28},       {"dram.burst / 1 B", 64},
              {"vec-tor.pes", 64},   {"array.pes", 8192},    {"l-2.capacity / 1 B", 1048576}, {"3 KiB / 1 B", 3072},
              {"2 mm2 / 1 mm2", 2},  {"5 GB/s / 1 B/s", 5e9}};

enum { MOST_NODES = 256 };
struct tree {
    struct node nodes[MOST_NODES];
    int n;
    struct sinter_random *random;
};

static int grow(struct tree *tree, int depth)
{
    static const char kinds[] = "##ff++--**//^sclr2mM~";
    int i = tree->n++;
    bool is_leaf = depth == 0 || tree->n > MOST_NODES - 40;
    struct node node = {.kind = kinds[sinter_random_below(tree->random, is_leaf ? 4 : (int64_t)sizeof kinds - 1)]};
    node.number = (double)sinter_random_below(tree->random, 20) / (sinter_random_below(tree->random, 2) ? 1 : 8);
    node.field = (int)sinter_random_below(tree->random, (int64_t)COUNT(fields));
    if (strchr("#f", node.kind) == NULL)
        node.left = grow(tree, depth - 1);
    if (strchr("+-*/^mM", node.kind) != NULL)
        node.right = grow(tree, depth - 1);
    tree->nodes[i] = node;
    return i;
}

static double evaluate(const struct tree *tree, int i)
{
    const struct node *node = &tree->nodes[i];
    double a = strchr("#f", node->kind) == NULL ? evaluate(tree, node->left) : 0;
    double b = strchr("+-*/^mM", node->kind) != NULL ? evaluate(tree, node->right) : 0;
    switch (node->kind) {
    case '#':
        return node->number;
    case 'f':
        return fields[node->field].value;
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    case '/':
        return a / b;
    case '^':
        return pow(a, b);
    case 's':
        return sqrt(a);
    case 'c':
        return ceil(a);
    case 'l':
        return floor(a);
    case 'r':
        return round(a);
    case '2':
        return log2(a);
    case 'm':
        return a < b ? a : b;
    case 'M':
        return a > b ? a : b;
    default:
        return -a;
    }
}

/* How tightly it binds: sums 1, products 2, powers 3, values 4. */
static int level_of(char kind)
{
    return strchr("+-", kind) != NULL ? 1 : strchr("*/", kind) != NULL ? 2 : kind == '^' ? 3 : 4;
}

static void blank(const struct tree *tree, struct sinter_text *out)
{
    sinter_text_append(out, sinter_random_below(tree->random, 2) ? " " : "");
}

static void write_tree(const struct tree *tree, int i, int level, struct sinter_text *out)
{
    static const char kinds[] = "sclr2mM";
    static const char *const names[] = {"sqrt", "ceil", "floor", "round", "log2", "min", "max"};
    const struct node *node = &tree->nodes[i];
    const char *function = strchr(kinds, node->kind), sign[2] = {node->kind, '\0'};
    int own = level_of(node->kind);
    bool has_brackets = own < level || sinter_random_below(tree->random, 8) == 0;
    sinter_text_append(out, has_brackets ? "(" : "");
    if (node->kind == '#') {
        sinter_text_printf(out, "%.17g", node->number);
    } else if (node->kind == 'f') {
        sinter_text_printf(out, "(%s)", fields[node->field].name);
    } else if (node->kind == '~') {
        sinter_text_append(out, "-");
        blank(tree, out);
        write_tree(tree, node->left, 4, out);
    } else if (function != NULL) {
        sinter_text_printf(out, "%s(", names[function - kinds]);
        write_tree(tree, node->left, 1, out);
        if (strchr("mM", node->kind) != NULL) {
            sinter_text_append(out, ",");
            blank(tree, out);
            write_tree(tree, node->right, 1, out);
        }
        sinter_text_append(out, ")");
    } else { /* the right side of ^ may be a power, that of the others binds tighter */
        write_tree(tree, node->left, own == 3 ? 4 : own, out);
        blank(tree, out);
        sinter_text_append(out, sign);
        blank(tree, out);
        write_tree(tree, node->right, own == 3 ? 3 : own + 1, out);
    }
    blank(tree, out);
    sinter_text_append(out, has_brackets ? ")" : "");
}

static void random_formulas_have_the_value_of_their_trees(void **state)
{
    uint64_t seed = getenv("SINTER_SEED") != NULL ? strtoull(getenv("SINTER_SEED"), NULL, 10) : 20250321;
    struct sinter_random random = {seed};
    static struct tree tree;
    int n_finite = 0;
    enum { N_CASES = 20000 };
    (void)state;
    for (int i = 0; i < N_CASES; i++) {
        struct sinter_text text = {0};
        double value = 0;
        tree.n = 0;
        tree.random = &random;
        int root = grow(&tree, 1 + (int)sinter_random_below(&random, 6));
        write_tree(&tree, root, 1, &text);
        double expected = evaluate(&tree, root);
        enum sinter_status status = formula_value(sinter_text_data(&text), FORMULA_ANY, accel, at, NULL, &value);
        bool is_right = isfinite(expected) ? status == SINTER_OK && memcmp(&value, &expected, sizeof value) == 0
                                           : status == SINTER_BAD_INPUT;
        if (!is_right)
            fail_msg("seed %llu, case %d: %s is %.17g (%s), expected %.17g", (unsigned long long)seed, i,
                     sinter_text_data(&text), value, sinter_status_name(status), expected);
        n_finite += isfinite(expected);
        sinter_text_free(&text);
    }
    assert_true(n_finite > N_CASES / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas_have_the_value_that_arithmetic_gives),
        cmocka_unit_test(conditions_hold_but_for_rounding),
        cmocka_unit_test(mistakes_are_located),
        cmocka_unit_test(results_measure_what_is_wanted),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(random_formulas_have_the_value_of_their_trees),
    };
    return cmocka_run_group_tests(tests, open_accel, close_accel);
}
