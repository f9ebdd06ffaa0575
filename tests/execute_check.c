/* execute_check.c: what an execution must agree with.
 * SPDX-License-Identifier: MIT
 */
#include "execute_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "random_numbers.h"
#include "visits_twin.h"

void execute_check_open(struct execute_check *check, const struct sinter_plan *plan, const struct sinter_numerics *numerics,
                        uint64_t seed, bool has_specials)
{
    *check = (struct execute_check){.plan = plan, .numerics = numerics};
    assert_true(plan->cascade->n_tensors <= CHECK_MOST_TENSORS);
    for (int t = 0; t < CHECK_MOST_TENSORS; t++)
        check->taps[t] = true;
    assert_int_equal(sinter_values_new(plan->cascade, numerics, NULL, NULL, &check->in), SINTER_OK);
    sinter_values_fill(check->in, seed);
    if (has_specials) {
        struct sinter_random random = {seed};
        random_specials(&random, check->in);
    }
    assert_int_equal(sinter_reference(numerics, check->in, NULL, NULL, NULL, &check->expected), SINTER_OK);
}

void execute_check_close(struct execute_check *check)
{
    sinter_values_free(check->in);
    sinter_values_free(check->expected);
    *check = (struct execute_check){0};
}

/* ---- values ---------------------------------------------------------------------------------------------------------- */

/* Every image that both have; `is_complete`: a has all that b has. */
static const char *images_problem(const struct sinter_values *a, const struct sinter_values *b, bool is_complete, char *text,
                                  size_t size)
{
    for (int t = 0; t < a->cascade->n_tensors; t++) {
        for (int is_final = 0; is_final < 2; is_final++) {
            struct sinter_difference difference;
            const char *name = a->cascade->tensors[t].name, *when = is_final ? " at the end" : "";
            if ((is_final ? b->finals : b->images)[t] == NULL)
                continue;
            if ((is_final ? a->finals : a->images)[t] == NULL) {
                if (!is_complete || (!is_final && a->cascade->tensors[t].producer < 0))
                    continue;
                snprintf(text, size, "%s%s is missing", name, when);
                return text;
            }
            sinter_values_compare(a, b, t, is_final, &difference);
            if (difference.n_different == 0)
                continue;
            snprintf(text, size, "%s%s: %lld of %lld differ, element %lld is %.17g, expected %.17g", name, when,
                     (long long)difference.n_different, (long long)difference.n, (long long)difference.worst, difference.a,
                     difference.b);
            return text;
        }
    }
    return NULL;
}

const char *execute_check_values(const struct execute_check *check, const struct sinter_execution *execution, char *text,
                                 size_t size)
{
    if (!execution->splits_sums)
        return images_problem(execution->values, check->expected, true, text, size);
    for (int t = 0; t < check->plan->cascade->n_tensors; t++) {
        bool is_missing = (check->plan->cascade->tensors[t].producer >= 0 && execution->values->images[t] == NULL) ||
                          (check->expected->finals[t] != NULL && execution->values->finals[t] == NULL);
        if (!is_missing)
            continue;
        snprintf(text, size, "%s is missing", check->plan->cascade->tensors[t].name);
        return text;
    }
    return visits_problem(check->plan, check->numerics, check->in, execution->values, text, size);
}

/* ---- counts ---------------------------------------------------------------------------------------------------------- */

struct expectation {
    const char *what, *where;
    int64_t found, expected;
};

static const char *first_wrong(const struct expectation *rows, int n, char *text, size_t size)
{
    for (int i = 0; i < n; i++) {
        if (rows[i].found == rows[i].expected)
            continue;
        snprintf(text, size, "%lld %s %s, expected %lld", (long long)rows[i].found, rows[i].what, rows[i].where,
                 (long long)rows[i].expected);
        return text;
    }
    return NULL;
}

static const char *commands_problem(const struct sinter_plan *plan, const struct sinter_execution *execution, char *text,
                                    size_t size)
{
    struct sinter_program *program = NULL;
    struct sinter_command command;
    int64_t n[4] = {0};
    assert_int_equal(sinter_program_new(plan, NULL, NULL, &program), SINTER_OK);
    while (sinter_program_next(program, &command))
        n[command.kind]++;
    sinter_program_free(program);
    const struct expectation rows[] = {
        {"loads", "in all", execution->n_loads, n[SINTER_LOAD]},
        {"computes", "in all", execution->n_computes, n[SINTER_COMPUTE]},
        {"stores", "in all", execution->n_stores, n[SINTER_STORE]},
        {"frees", "in all", execution->n_frees, n[SINTER_FREE]},
        {"commands", "in all", execution->n_commands, n[0] + n[1] + n[2] + n[3]},
    };
    return first_wrong(rows, (int)(sizeof rows / sizeof rows[0]), text, size);
}

static const char *memory_problem(const struct sinter_plan *plan, const struct sinter_execution *execution, int memory,
                                  char *text, size_t size)
{
    const char *name = plan->accel->memories[memory].name;
    int64_t load_bits = 0, store_bits = 0, extent = execution->extent_bits[memory];
    for (int i = 0; i < plan->n_tiles; i++) {
        const struct sinter_tile *tile = &plan->tiles[i];
        load_bits += tile->memory == memory ? tile->load_bits + tile->state_load_bits : 0;
        store_bits += tile->memory == memory ? tile->store_bits + tile->state_store_bits : 0;
    }
    const struct expectation rows[] = {
        {"bits are loaded into", name, execution->load_bits[memory], load_bits},
        {"bits are stored from", name, execution->store_bits[memory], store_bits},
        {"bits live at once in", name, execution->peak_bits[memory], plan->peak_bits[memory]},
    };
    const char *problem = first_wrong(rows, (int)(sizeof rows / sizeof rows[0]), text, size);
    if (problem == NULL &&
        (extent < plan->peak_bits[memory] || (double)extent > 8 * plan->accel->memories[memory].capacity_bytes)) {
        snprintf(text, size, "addresses in %s up to %lld bits, the peak is %lld, the capacity %g bytes", name,
                 (long long)extent, (long long)plan->peak_bits[memory], plan->accel->memories[memory].capacity_bytes);
        return text;
    }
    return problem;
}

const char *execute_check_counts(const struct execute_check *check, const struct sinter_execution *execution, char *text,
                                 size_t size)
{
    const struct sinter_plan *plan = check->plan;
    const char *problem = commands_problem(plan, execution, text, size);
    for (int t = 0; t < plan->cascade->n_tensors && problem == NULL; t++) {
        const char *name = plan->cascade->tensors[t].name;
        const struct expectation rows[] = {
            {"bits are read of", name, execution->traffic[t].read_bits, plan->traffic[t].read_bits},
            {"bits are written of", name, execution->traffic[t].write_bits, plan->traffic[t].write_bits},
        };
        problem = first_wrong(rows, 2, text, size);
    }
    int64_t read_bits = 0, write_bits = 0;
    for (int t = 0; t < plan->cascade->n_tensors; t++) {
        read_bits += execution->traffic[t].read_bits;
        write_bits += execution->traffic[t].write_bits;
    }
    const struct expectation sums[] = {
        {"bits are read from", "DRAM", read_bits, plan->dram_read_bits},
        {"bits are written to", "DRAM", write_bits, plan->dram_write_bits},
    };
    problem = problem != NULL ? problem : first_wrong(sums, 2, text, size);
    for (int m = 1; m < plan->accel->n_memories && problem == NULL; m++)
        problem = memory_problem(plan, execution, m, text, size);
    return problem;
}

const char *execute_check_same(const struct execute_check *check, const struct sinter_execution *a,
                               const struct sinter_execution *b, char *text, size_t size)
{
    const char *problem = execute_check_counts(check, b, text, size);
    if (problem != NULL)
        return problem;
    if (a->splits_sums != b->splits_sums || a->register_bytes != b->register_bytes) {
        snprintf(text, size, "sums are split in one execution only, or %lld and %lld bytes of registers are needed",
                 (long long)a->register_bytes, (long long)b->register_bytes);
        return text;
    }
    for (int t = 0; t < check->plan->cascade->n_tensors; t++) {
        if (check->plan->cascade->tensors[t].role == SINTER_OUTPUT && check->plan->cascade->tensors[t].producer >= 0 &&
            b->values->images[t] == NULL) {
            snprintf(text, size, "output %s is missing", check->plan->cascade->tensors[t].name);
            return text;
        }
    }
    return images_problem(b->values, a->values, false, text, size);
}
