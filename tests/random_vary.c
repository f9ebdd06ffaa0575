/* random_vary.c: a random cascade with other types and expressions.
 * SPDX-License-Identifier: MIT
 *
 * Works on texts, so that what a seed means without it stays as it is.
 */
#include <stdio.h>
#include <string.h>

#include "random_case.h"

static const char *pick(struct sinter_random *random, const char *const *from, int n)
{
    return from[sinter_random_below(random, n)];
}

static const char *pick_type(struct sinter_random *random)
{
    static const char *const types[] = {"fp8", "bf16", "fp32", "fp32", "fp64", "int32", "int4", "fp16"};
    return pick(random, types, 8);
}

/* The line of an Einsum, `size` characters up to `=`: the right-hand side inside something, exp as another function. */
static void vary_einsum(struct sinter_random *random, const struct sinter_einsum *einsum, const char *line, size_t size,
                        size_t end, struct sinter_text *out)
{
    static const char *const around_sums[][2] = {{"max(", ")"},           {"silu(sum(", "))"}, {"2 * sum(", ") - 0.5"},
                                                 {"max(sum(", "), 0.5)"}, {"0.5 - sum(", ")"}, {"min(max(", "), 2)"}};
    static const char *const around_others[][2] = {
        {"tanh(", ")"}, {"max(", ", 0.25)"}, {"0 - (", ")"}, {"(", ") / 3"}, {"min(", ", 1)"}};
    static const char *const functions[] = {"exp", "silu", "tanh", "sigmoid", "softplus"};
    const char *const *around = NULL;
    const char *right = line + size;
    bool is_plain = memchr(right, '(', end - size) == NULL; /* no function, no reduction with a name */
    if (einsum->reduced_ranks != 0 && is_plain && sinter_random_below(random, 100) < 50)
        around = around_sums[sinter_random_below(random, 6)];
    else if (einsum->reduced_ranks == 0 && sinter_random_below(random, 100) < 40)
        around = around_others[sinter_random_below(random, 5)];
    sinter_text_printf(out, "%.*s%s", (int)size, line, around != NULL ? around[0] : "");
    if (strncmp(right, "exp(", 4) == 0) {
        sinter_text_append(out, pick(random, functions, 5));
        right += 3;
    } else if (strncmp(right, "sum(", 4) == 0 && sinter_random_below(random, 2) == 0) {
        sinter_text_append(out, "max");
        right += 3;
    }
    sinter_text_printf(out, "%.*s%s\n", (int)(line + end - right), right, around != NULL ? around[1] : "");
}

void random_vary(struct sinter_random *random, const struct sinter_cascade *cascade, struct sinter_text *cascade_text,
                 struct sinter_text *accel_text)
{
    static const char cheap[] = ", exp: 4", all[] = ", exp: 4, sigmoid: 4, silu: 4, softplus: 8, tanh: 4",
                      plain[] = "add: 1";
    struct sinter_text out = {0};
    int einsum = 0;
    for (const char *line = sinter_text_data(cascade_text); *line != '\0';) {
        const char *end = strchr(line, '\n'), *equals = strstr(line, "] = ");
        if (strncmp(line, "type: ", 6) == 0)
            sinter_text_printf(&out, "type: %s\n", pick_type(random));
        else if (strncmp(line, "  - ", 4) == 0 && equals != NULL && equals < end)
            vary_einsum(random, &cascade->einsums[einsum++], line, (size_t)(equals + 4 - line), (size_t)(end - line), &out);
        else
            sinter_text_printf(&out, "%.*s\n", (int)(end - line), line);
        line = end + 1;
    }
    sinter_text_free(cascade_text);
    *cascade_text = out;
    memset(&out, 0, sizeof out);
    for (const char *at = sinter_text_data(accel_text); *at != '\0';) {
        if (strncmp(at, cheap, sizeof cheap - 1) == 0) {
            sinter_text_append(&out, all);
            at += sizeof cheap - 1;
        } else if (strncmp(at, plain, sizeof plain - 1) == 0) {
            sinter_text_append(&out, "add: 1, div: 2, max: 1");
            at += sizeof plain - 1;
        } else {
            sinter_text_printf(&out, "%c", *at++);
        }
    }
    sinter_text_free(accel_text);
    *accel_text = out;
}
