/* formula.c: formulas over the fields of an accelerator.
 * SPDX-License-Identifier: MIT
 */
#include "explore/formula.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEPTH = 64, MOST_NUMBER = 64 };

static bool is_text(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && memcmp(word, text, length) == 0;
}

/* ---- what numbers measure ---------------------------------------------------------------------------------------------- */

/* Powers of what is counted apart. Joules are not watts times seconds here, nor areas squares of lengths: values are in the
 * units of C code, in which these products have other factors. */
enum base { BYTES, SECONDS, SQUARE_MM, NM, PJ, PJ_PER_BIT, WATTS, N_BASES };

struct quantity {
    double value, powers[N_BASES];
};

static const struct {
    const char *name;
    double powers[N_BASES];
} dimensions[] = {
    [SINTER_COUNT] = {"a plain number", {0}},
    [SINTER_BYTES] = {"a number of bytes", {[BYTES] = 1}},
    [SINTER_BANDWIDTH] = {"a bandwidth", {[BYTES] = 1, [SECONDS] = -1}},
    [SINTER_FREQUENCY] = {"a frequency", {[SECONDS] = -1}},
    [SINTER_ENERGY] = {"an energy", {[PJ] = 1}},
    [SINTER_ENERGY_PER_BIT] = {"an energy per bit", {[PJ_PER_BIT] = 1}},
    [SINTER_AREA] = {"an area", {[SQUARE_MM] = 1}},
    [SINTER_LENGTH] = {"a length", {[NM] = 1}},
    [SINTER_POWER] = {"a power", {[WATTS] = 1}},
    [SINTER_TIME] = {"a time", {[SECONDS] = 1}},
};
enum { N_DIMENSIONS = (int)(sizeof dimensions / sizeof *dimensions) };

static struct quantity quantity_of(double value, enum sinter_dimension dimension)
{
    struct quantity quantity = {.value = value};
    memcpy(quantity.powers, dimensions[dimension].powers, sizeof quantity.powers);
    return quantity;
}

static bool has_powers(const struct quantity *quantity, const double powers[N_BASES])
{
    for (int b = 0; b < N_BASES; b++)
        if (fabs(quantity->powers[b] - powers[b]) > 1e-9)
            return false;
    return true;
}

static bool is_plain(const struct quantity *quantity)
{
    return has_powers(quantity, dimensions[SINTER_COUNT].powers);
}

/* A zero without a unit is one of everything. */
static bool is_alike(const struct quantity *a, const struct quantity *b)
{
    bool is_zero = (is_plain(a) && fabs(a->value) <= 0) || (is_plain(b) && fabs(b->value) <= 0);
    return is_zero || has_powers(a, b->powers);
}

static const char *kind_of(const struct quantity *quantity)
{
    for (int d = 0; d < N_DIMENSIONS; d++)
        if (has_powers(quantity, dimensions[d].powers))
            return dimensions[d].name;
    return "a quantity of another kind";
}

/* ---- parsing and evaluating at once ---------------------------------------------------------------------------------- */

struct formula {
    const char *text, *next;
    const struct sinter_accel *accel;
    struct sinter_location at;
    struct sinter_diagnostics *diags;
    enum sinter_status status;
    int depth;
    char what[128]; /* of a message */
};

static struct sinter_location here(const struct formula *formula)
{
    struct sinter_location at = formula->at;
    if (at.line > 0)
        at.column += (int)(formula->next - formula->text);
    return at;
}

/* The first error counts. */
static struct quantity fail(struct formula *formula, const char *hint, const char *what)
{
    if (formula->status == SINTER_OK)
        formula->status = sinter_error(formula->diags, here(formula), hint, "%s in the formula '%.80s', at '%.20s'", what,
                                       formula->text, formula->next);
    return (struct quantity){.value = 0};
}

static const char give_unit[] = "give the number a unit, as in 64 KiB, 256 GB/s, 222 mm2 or 1 GHz";

/* What is added or compared measures the same. The message points at the sign, or the function. */
static void expect_alike(struct formula *formula, const char *place, const struct quantity *a, const struct quantity *b)
{
    const char *next = formula->next;
    if (is_alike(a, b))
        return;
    snprintf(formula->what, sizeof formula->what, "%s meets %s", kind_of(a), kind_of(b));
    formula->next = place;
    fail(formula, is_plain(a) || is_plain(b) ? give_unit : "both sides measure the same", formula->what);
    formula->next = next;
}

static void expect_plain(struct formula *formula, const char *place, const char *role, const struct quantity *quantity)
{
    const char *next = formula->next;
    if (is_plain(quantity))
        return;
    snprintf(formula->what, sizeof formula->what, "%s is %s, not a plain number,", role, kind_of(quantity));
    formula->next = place;
    fail(formula, "divide by a unit, as in buffer.capacity / 1 KiB", formula->what);
    formula->next = next;
}

static char peek(struct formula *formula)
{
    formula->next += strspn(formula->next, " \t");
    return *formula->next;
}

static bool take(struct formula *formula, const char *token)
{
    peek(formula);
    if (strncmp(formula->next, token, strlen(token)) != 0)
        return false;
    formula->next += strlen(token);
    return true;
}

static struct quantity sum(struct formula *formula);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* How many characters of a unit follow: letters and digits, and a slash between letters if it `has_slash`. */
static size_t unit_length(const char *text, bool has_slash)
{
    size_t n = 0;
    if (!is_letter(*text))
        return 0;
    while (is_letter(text[n]) || is_digit(text[n]))
        n++;
    if (has_slash && text[n] == '/' && is_letter(text[n + 1]))
        for (n++; is_letter(text[n]) || is_digit(text[n]);)
            n++;
    return n;
}

/* A number with the unit behind it, whatever it measures. */
static bool read_unit(struct formula *formula, const char *number, size_t n_number, struct quantity *quantity)
{
    double value;
    const char *unit = formula->next + strspn(formula->next, " \t");
    for (int has_slash = 1; has_slash >= 0; has_slash--) {
        char text[MOST_NUMBER];
        size_t n = unit_length(unit, has_slash != 0);
        if (n == 0 || n_number + n + 2 > sizeof text)
            continue;
        snprintf(text, sizeof text, "%.*s %.*s", (int)n_number, number, (int)n, unit);
        for (int dimension = SINTER_BYTES; dimension <= SINTER_TIME; dimension++)
            if (sinter_quantity_parse(text, (enum sinter_dimension)dimension, formula->at, NULL, &value) == SINTER_OK) {
                *quantity = quantity_of(value, (enum sinter_dimension)dimension);
                formula->next = unit + n;
                return true;
            }
    }
    return false;
}

static struct quantity number(struct formula *formula)
{
    struct quantity quantity;
    const char *begin = formula->next;
    char *end, text[MOST_NUMBER];
    size_t n = strspn(begin, "0123456789.");
    if ((begin[n] == 'e' || begin[n] == 'E') &&
        (is_digit(begin[n + 1]) || ((begin[n + 1] == '-' || begin[n + 1] == '+') && is_digit(begin[n + 2]))))
        n += 2 + strspn(begin + n + 2, "0123456789");
    if (n + 1 > sizeof text)
        return fail(formula, NULL, "a number is too long");
    memcpy(text, begin, n);
    text[n] = '\0';
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value))
        return fail(formula, NULL, "this is no number");
    formula->next += n;
    quantity = quantity_of(value, SINTER_COUNT);
    if (!is_letter(peek(formula)) || read_unit(formula, text, n, &quantity))
        return quantity;
    return fail(formula, "such as 24 MiB, 256 GB/s, 222 mm2, 1 GHz", "a unit is not known");
}

struct function {
    const char *name;
    int n_arguments;
};
static const struct function functions[] = {{"sqrt", 1}, {"ceil", 1}, {"floor", 1}, {"round", 1},
                                            {"log2", 1}, {"min", 2},  {"max", 2}};

static double apply(int function, double a, double b)
{
    switch (function) {
    case 0:
        return sqrt(a);
    case 1:
        return ceil(a);
    case 2:
        return floor(a);
    case 3:
        return round(a);
    case 4:
        return log2(a);
    case 5:
        return a < b ? a : b;
    default:
        return a > b ? a : b;
    }
}

static struct quantity raise(struct quantity quantity, double value, double power)
{
    for (int b = 0; b < N_BASES; b++)
        quantity.powers[b] *= power;
    quantity.value = value;
    return quantity;
}

static struct quantity call(struct formula *formula, int function)
{
    struct quantity arguments[2] = {{.value = 0}, {.value = 0}};
    const char *begin = formula->next;
    formula->next++;
    for (int i = 0; i < functions[function].n_arguments; i++) {
        if (i > 0 && !take(formula, ","))
            return fail(formula, NULL, "a ',' is missing");
        arguments[i] = sum(formula);
    }
    if (!take(formula, ")"))
        return fail(formula, NULL, "a ')' is missing");
    if (functions[function].n_arguments == 2)
        expect_alike(formula, begin, &arguments[0], &arguments[1]);
    if (strcmp(functions[function].name, "log2") == 0)
        expect_plain(formula, begin, "what log2 is taken of", &arguments[0]);
    bool is_root = strcmp(functions[function].name, "sqrt") == 0;
    const struct quantity *like = &arguments[functions[function].n_arguments == 2 && is_plain(&arguments[0])];
    return raise(*like, apply(function, arguments[0].value, arguments[1].value), is_root ? 0.5 : 1);
}

static struct quantity word(struct formula *formula)
{
    const char *begin = formula->next;
    enum sinter_dimension dimension;
    double value = 0;
    size_t n = 0;
    while (is_letter(begin[n]) || is_digit(begin[n]) || begin[n] == '.' ||
           (begin[n] == '-' && (is_letter(begin[n + 1]) || is_digit(begin[n + 1]))))
        n++;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (is_text(functions[i].name, begin, n) && begin[n] == '(') {
            formula->next += n;
            return call(formula, (int)i);
        }
    /* Names may have dashes: "a-b.capacity" is a field if there is a memory a-b, else a minus b.capacity. */
    size_t n_name = n;
    while (!accel_field(formula->accel, begin, n_name, &value, &dimension)) {
        do
            n_name--;
        while (n_name > 0 && begin[n_name] != '-');
        if (n_name == 0)
            break;
    }
    if (n_name == 0) {
        char hint[96];
        const char *near = near_field(formula->accel, begin, n, false, hint, sizeof hint);
        return fail(formula,
                    near != NULL
                        ? near
                        : "fields are area, clock, technology, MEMORY.capacity, MEMORY.bandwidth, UNIT.pes and so on",
                    "a name is neither a field nor a function");
    }
    formula->next += n_name;
    return quantity_of(value, dimension);
}

static struct quantity value_of(struct formula *formula)
{
    struct quantity value;
    char c = peek(formula);
    if (++formula->depth > MOST_DEPTH || formula->status != SINTER_OK) {
        value = fail(formula, NULL, "too many brackets");
    } else if (is_digit(c) || c == '.') {
        value = number(formula);
    } else if (is_letter(c)) {
        value = word(formula);
    } else if (take(formula, "-")) {
        value = value_of(formula);
        value.value = -value.value;
    } else if (take(formula, "(")) {
        value = sum(formula);
        if (!take(formula, ")"))
            value = fail(formula, NULL, "a ')' is missing");
    } else {
        value = fail(formula, NULL, "a number, a field or '(' is missing");
    }
    formula->depth--;
    return value;
}

static struct quantity power(struct formula *formula)
{
    struct quantity value = value_of(formula);
    const char *sign = formula->next;
    if (formula->depth < MOST_DEPTH && take(formula, "^")) {
        formula->depth++;
        struct quantity exponent = power(formula);
        expect_plain(formula, sign, "an exponent", &exponent);
        value = raise(value, pow(value.value, exponent.value), exponent.value);
        formula->depth--;
    }
    return value;
}

static struct quantity product(struct formula *formula)
{
    struct quantity value = power(formula);
    while (formula->status == SINTER_OK) {
        bool is_product = take(formula, "*");
        if (!is_product && !take(formula, "/"))
            break;
        struct quantity other = power(formula);
        for (int b = 0; b < N_BASES; b++)
            value.powers[b] += is_product ? other.powers[b] : -other.powers[b];
        value.value = is_product ? value.value * other.value : value.value / other.value;
    }
    return value;
}

static struct quantity sum(struct formula *formula)
{
    struct quantity value = product(formula);
    while (formula->status == SINTER_OK) {
        peek(formula);
        const char *sign = formula->next;
        bool is_sum = take(formula, "+");
        if (!is_sum && !take(formula, "-"))
            break;
        struct quantity other = product(formula);
        expect_alike(formula, sign, &value, &other);
        double total = is_sum ? value.value + other.value : value.value - other.value;
        value = is_plain(&value) ? other : value;
        value.value = total;
    }
    return value;
}

/* Equal means: but for rounding. What is unlimited is more than any number. */
static double compare(struct formula *formula, const struct quantity *left)
{
    static const char *const signs[] = {"<=", ">=", "==", "<", ">"};
    int sign = 0;
    peek(formula);
    const char *place = formula->next;
    while (sign < 5 && !take(formula, signs[sign]))
        sign++;
    if (sign == 5)
        return fail(formula, "such as 'area <= 222 mm2'", "a comparison is missing").value;
    struct quantity other = sum(formula);
    if (formula->status == SINTER_OK)
        expect_alike(formula, place, left, &other);
    double a = left->value, b = other.value, slack = isinf(a) || isinf(b) ? 0 : 1e-9 * (fabs(a) + fabs(b));
    if (isnan(a) || isnan(b))
        return (double)NAN;
    switch (sign) {
    case 0:
        return a <= b + slack;
    case 1:
        return a >= b - slack;
    case 2:
        return a <= b + slack && a >= b - slack;
    case 3:
        return a < b - slack;
    default:
        return a > b + slack;
    }
}

enum sinter_status formula_value(const char *text, int wanted, const struct sinter_accel *accel, struct sinter_location at,
                                 struct sinter_diagnostics *diags, double *value)
{
    struct formula formula = {.text = text, .next = text, .accel = accel, .at = at, .diags = diags};
    struct quantity result = sum(&formula);
    *value = wanted == FORMULA_CONDITION ? compare(&formula, &result) : result.value;
    if (formula.status == SINTER_OK && peek(&formula) != '\0')
        fail(&formula, NULL, "something is left over");
    if (formula.status == SINTER_OK && !isfinite(*value))
        return sinter_error(diags, at, NULL, "the formula '%.80s' has no finite value", text);
    if (formula.status == SINTER_OK && wanted >= 0 && !has_powers(&result, dimensions[wanted].powers))
        return sinter_error(diags, at, is_plain(&result) ? give_unit : NULL, "the formula '%.80s' gives %s, expected %s",
                            text, kind_of(&result), dimensions[wanted].name);
    return formula.status;
}
