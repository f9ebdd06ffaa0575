/* types.c: the words of a cascade: classes of operations, roles, element types, functions.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "cascade/build.h"

static const char *const op_names[SINTER_N_OPS] = {
    [SINTER_MAC] = "mac",           [SINTER_ADD] = "add",     [SINTER_MUL] = "mul",         [SINTER_DIV] = "div",
    [SINTER_MAX] = "max",           [SINTER_EXP] = "exp",     [SINTER_LOG] = "log",         [SINTER_SQRT] = "sqrt",
    [SINTER_RSQRT] = "rsqrt",       [SINTER_RECIP] = "recip", [SINTER_SIGMOID] = "sigmoid", [SINTER_SILU] = "silu",
    [SINTER_SOFTPLUS] = "softplus", [SINTER_TANH] = "tanh",   [SINTER_GELU] = "gelu",
};

const char *sinter_op_name(enum sinter_op op)
{
    return (int)op >= 0 && op < SINTER_N_OPS ? op_names[op] : "?";
}

bool sinter_op_find(const char *name, enum sinter_op *op)
{
    for (int i = 0; i < SINTER_N_OPS; i++) {
        if (strcmp(name, op_names[i]) == 0) {
            *op = (enum sinter_op)i;
            return true;
        }
    }
    return false;
}

int sinter_op_flops(enum sinter_op op)
{
    if (op == SINTER_MAC)
        return 2;
    return op == SINTER_ADD || op == SINTER_MUL || op == SINTER_DIV || op == SINTER_MAX;
}

const char *sinter_role_name(enum sinter_role role)
{
    switch (role) {
    case SINTER_INTERMEDIATE:
        return "intermediate";
    case SINTER_INPUT:
        return "input";
    case SINTER_WEIGHT:
        return "weight";
    case SINTER_OUTPUT:
        return "output";
    case SINTER_STATE:
        return "state";
    }
    return "?";
}

static const struct {
    const char *name;
    struct sinter_type type;
} named_types[] = {
    {"fp64", {SINTER_FLOAT, 64}},  {"fp32", {SINTER_FLOAT, 32}}, {"fp16", {SINTER_FLOAT, 16}},
    {"bf16", {SINTER_BFLOAT, 16}}, {"fp8", {SINTER_FLOAT, 8}},   {"int32", {SINTER_INT, 32}},
    {"int16", {SINTER_INT, 16}},   {"int8", {SINTER_INT, 8}},    {"int4", {SINTER_INT, 4}},
};
enum { N_NAMED_TYPES = sizeof named_types / sizeof named_types[0] };

bool sinter_type_parse(const char *text, struct sinter_type *type)
{
    for (int i = 0; i < N_NAMED_TYPES; i++) {
        if (strcmp(text, named_types[i].name) == 0) {
            *type = named_types[i].type;
            return true;
        }
    }
    int bits = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9' && bits <= 1024; c++)
        bits = bits * 10 + (*c - '0');
    if (c == text || bits < 1 || bits > 1024 || strcmp(c, " bit") != 0)
        return false;
    *type = (struct sinter_type){SINTER_BITS, bits};
    return true;
}

char *sinter_type_print(struct sinter_type type, char *buffer, size_t size)
{
    for (int i = 0; i < N_NAMED_TYPES; i++) {
        if (type.kind == named_types[i].type.kind && type.bits == named_types[i].type.bits) {
            snprintf(buffer, size, "%s", named_types[i].name);
            return buffer;
        }
    }
    snprintf(buffer, size, "%d bit", type.bits);
    return buffer;
}

const char *cascade_hint_type(struct sinter_cascade_builder *builder, const char *word)
{
    const char *names[N_NAMED_TYPES];
    for (int i = 0; i < N_NAMED_TYPES; i++)
        names[i] = named_types[i].name;
    char buffer[64];
    const char *hint = sinter_suggest_hint(sinter_suggest(word, names, N_NAMED_TYPES), buffer, sizeof buffer);
    hint = hint ? sinter_arena_copy(builder->scratch, hint, strlen(hint)) : NULL;
    return hint ? hint : "types are fp64 fp32 fp16 bf16 fp8 int32 int16 int8 int4 and plain widths such as \"12 bit\"";
}

const char *cascade_function_name(enum sinter_function function)
{
    static const char *const names[SINTER_N_FUNCTIONS] = {"exp",  "log",      "sqrt", "rsqrt", "recip", "sigmoid",
                                                          "silu", "softplus", "relu", "gelu",  "tanh"};
    return names[function];
}
