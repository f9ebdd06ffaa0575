/* test_mutations.c: a program that is not quite right is found out: by a problem that the executor names, by other values, or by
 * counts that are not those of the plan.
 * SPDX-License-Identifier: MIT
 *
 * One command of a random schedule's program is left out, done twice, done at the wrong moment or with another box; or one number
 * of the plan is another. A mutant whose outputs are those of the right program must be equivalent to it: because a command later
 * all memories, and what lives where in them, are the same to the last bit; or because NaN in the place of all elements that it
 * touches changes no output either: nobody reads them. (A leaf that runs twice makes finite numbers: there it is enough that any
 * other number changes no output, because all of them are multiplied by 0.)
 *
 * SINTER_CASES: how many seeds (default 240); SINTER_SEED: the first one; SINTER_VERDICTS: print mutants that only counts find.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mutant.h"

enum { PER_KIND = 6 };

static const char *const kind_names[] = {"none",         "skip load",      "skip store", "skip free",
                                         "skip compute", "repeat compute", "shift load", "shift store",
                                         "swap",         "stale carry",    "free early"};

/* ---- mutants ---------------------------------------------------------------------------------------------------------- */

static bool is_carry(const struct mutant_case *c, const struct sinter_command *command)
{
    return command->tile >= 0 && c->plan->tiles[command->tile].kind == SINTER_TILE_CARRY;
}

/* Is it the tile of a tensor that is carried in the same group? */
static bool is_home(const struct mutant_case *c, int tile)
{
    const struct sinter_tile *tiles = c->plan->tiles;
    for (int i = 0; tiles[tile].kind == SINTER_TILE_LOCAL && i < c->plan->n_tiles; i++)
        if (tiles[i].kind == SINTER_TILE_CARRY && tiles[i].tensor == tiles[tile].tensor &&
            c->plan->nodes[tiles[i].leaf].group == c->plan->nodes[tiles[tile].leaf].group)
            return true;
    return false;
}

static bool applies(const struct mutant_case *c, enum kind kind, int at)
{
    const struct sinter_command *command = &c->list[at].command;
    int n_dims = command->tile < 0 ? 0 : c->cascade->tensors[c->plan->tiles[command->tile].tensor].n_dims;
    switch (kind) {
    case SKIP_LOAD:
        return command->kind == SINTER_LOAD;
    case SHIFT_LOAD:
        return command->kind == SINTER_LOAD && !is_carry(c, command) && n_dims > 0;
    case SKIP_STORE:
        return command->kind == SINTER_STORE;
    case SHIFT_STORE:
        return command->kind == SINTER_STORE && !is_carry(c, command) && n_dims > 0 && command->bits > 0;
    case SKIP_FREE:
        return command->kind == SINTER_FREE;
    case FREE_EARLY:
        return command->kind == SINTER_FREE && mutant_compute_before(c, at) >= 0;
    case SKIP_COMPUTE:
    case REPEAT_COMPUTE:
        return command->kind == SINTER_COMPUTE;
    case STALE:
        return command->kind == SINTER_FREE && is_home(c, command->tile);
    case SWAP:
        return at + 1 < c->n && c->list[at].step == c->list[at + 1].step;
    case RIGHT:
    case N_KINDS:
    case POISON:
        break;
    }
    return false;
}

/* NULL: nothing shows that the mutant is equivalent. */
static const char *why_equivalent(const struct mutant_case *c, const struct mutation *mutation)
{
    char text[200];
    uint64_t right = 0, mutated = 1;
    int after = mutation->at + (mutation->kind == SWAP);
    struct mutation none = {.kind = RIGHT, .at = -1}, proof = *mutation;
    proof.kind = POISON;
    proof.of = mutation->kind;
    sinter_execution_free(mutant_run(c, &none, &(struct watch){.at = after, .state = &right}, text, sizeof text));
    sinter_execution_free(mutant_run(c, mutation, &(struct watch){.at = after, .state = &mutated}, text, sizeof text));
    if (right == mutated)
        return "a command later all is the same";
    bool can_prove = mutation->kind != SWAP && mutation->kind != SKIP_FREE;
    if (can_prove && mutant_verdict(c, &proof, text, sizeof text) != FOUND_BY_CONTENT)
        return "nobody reads what it touches";
    return NULL;
}

struct tally {
    int64_t n[N_KINDS], n_content[N_KINDS], n_counts[N_KINDS], n_equivalent[N_KINDS];
    int64_t n_cases, n_holes;
};

static void print_mutant(const struct mutant_case *c, const struct mutation *mutation, const char *how)
{
    struct sinter_text printed = {0};
    const struct sinter_command *command = &c->list[mutation->at].command;
    if (how[0] == 'n')
        random_case_print(&c->random, &printed);
    fprintf(stderr, "%s^ seed %llu: %s of command %d (%s %s, %lld + %lld bits), dimension %d by %d: %s\n",
            sinter_text_data(&printed), (unsigned long long)c->random.seed, kind_names[mutation->kind], mutation->at,
            sinter_command_name(command->kind),
            command->tile < 0 ? c->cascade->einsums[c->plan->members[c->plan->nodes[command->node].first_member]].name
                              : c->cascade->tensors[c->plan->tiles[command->tile].tensor].name,
            (long long)command->bits, (long long)command->state_bits, mutation->dim, mutation->by, how);
    sinter_text_free(&printed);
}

static void try_mutant(const struct mutant_case *c, const struct mutation *mutation, struct tally *tally)
{
    char text[400];
    enum verdict verdict = mutant_verdict(c, mutation, text, sizeof text);
    tally->n[mutation->kind]++;
    if (verdict == FOUND_BY_CONTENT) {
        tally->n_content[mutation->kind]++;
        return;
    }
    const char *why = why_equivalent(c, mutation);
    if (why != NULL) {
        tally->n_equivalent[mutation->kind]++;
    } else if (verdict == FOUND_BY_COUNTS) {
        tally->n_counts[mutation->kind]++;
        if (getenv("SINTER_VERDICTS") != NULL)
            print_mutant(c, mutation, text);
    } else if (tally->n_holes++ < 50) {
        print_mutant(c, mutation, "nothing finds it");
    }
}

static void try_mutants(const struct mutant_case *c, struct tally *tally)
{
    struct sinter_random random = {c->random.seed};
    for (int kind = SKIP_LOAD; kind < N_KINDS; kind++) {
        int n_applied = 0;
        for (int tries = 0; tries < 8 * PER_KIND && n_applied < PER_KIND; tries++) {
            struct mutation mutation = {.kind = (enum kind)kind, .at = (int)sinter_random_below(&random, c->n)};
            if (!applies(c, mutation.kind, mutation.at))
                continue;
            if (kind == SHIFT_LOAD || kind == SHIFT_STORE) {
                int tensor = c->plan->tiles[c->list[mutation.at].command.tile].tensor;
                mutation.dim = (int)sinter_random_below(&random, c->cascade->tensors[tensor].n_dims);
                mutation.by = sinter_random_below(&random, 2) == 0 ? 1 : -1;
            }
            try_mutant(c, &mutation, tally);
            n_applied++;
        }
    }
}

/* ---- numbers of the plan --------------------------------------------------------------------------------------------- */

/* False: an execution agrees with the plan although one of its numbers is another. */
static bool finds_number(const struct mutant_case *c, const int64_t *number, const char *what, int index)
{
    int64_t *changed = (int64_t *)(uintptr_t)number; /* the plan's own memory */
    struct mutation none = {.kind = RIGHT, .at = -1};
    bool is_found = true;
    char text[400];
    for (int by = -1; by <= 1; by += 2) {
        *changed += by;
        enum verdict verdict = mutant_verdict(c, &none, text, sizeof text);
        *changed -= by;
        if (verdict != FOUND_BY_NOTHING)
            continue;
        fprintf(stderr, "seed %llu: nothing finds that %s %d is %lld and not %lld\n", (unsigned long long)c->random.seed,
                what, index, (long long)(*changed + by), (long long)*changed);
        is_found = false;
    }
    return is_found;
}

static bool finds_numbers(const struct mutant_case *c)
{
    const struct sinter_plan *plan = c->plan;
    bool is_found = true;
    for (int i = 0; i < plan->n_tiles; i++) {
        is_found &= finds_number(c, &plan->tiles[i].footprint_bits, "the footprint of tile", i);
        is_found &= finds_number(c, &plan->tiles[i].room_bits, "the room of tile", i);
        is_found &= finds_number(c, &plan->tiles[i].load_bits, "the bits loaded into tile", i);
        is_found &= finds_number(c, &plan->tiles[i].store_bits, "the bits stored from tile", i);
        if (c->cascade->tensors[plan->tiles[i].tensor].state < 0)
            continue;
        is_found &= finds_number(c, &plan->tiles[i].state_load_bits, "the bits of a state loaded into tile", i);
        is_found &= finds_number(c, &plan->tiles[i].state_store_bits, "the bits stored to a state from tile", i);
    }
    for (int t = 0; t < c->cascade->n_tensors; t++) {
        is_found &= finds_number(c, &plan->traffic[t].read_bits, "the bits read of tensor", t);
        is_found &= finds_number(c, &plan->traffic[t].write_bits, "the bits written of tensor", t);
    }
    for (int m = 1; m < c->accel->n_memories; m++)
        is_found &= finds_number(c, &plan->peak_bits[m], "the peak of memory", m);
    is_found &= finds_number(c, &plan->dram_read_bits, "the bits read from memory", 0);
    return is_found & finds_number(c, &plan->dram_write_bits, "the bits written to memory", 0);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static void programs_that_are_not_quite_right_are_found_out(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 240);
    struct tally tally = {0};
    for (uint64_t seed = first; seed < first + n; seed++) {
        struct mutant_case c;
        if (mutant_case_open(&c, seed)) {
            try_mutants(&c, &tally);
            tally.n_cases++;
        }
        mutant_case_close(&c);
    }
    for (int kind = SKIP_LOAD; kind < N_KINDS; kind++)
        print_message("%-14s %6lld: values %lld, counts alone %lld, equivalent %lld\n", kind_names[kind],
                      (long long)tally.n[kind], (long long)tally.n_content[kind], (long long)tally.n_counts[kind],
                      (long long)tally.n_equivalent[kind]);
    print_message("%lld schedules, %lld mutants that nothing finds\n", (long long)tally.n_cases, (long long)tally.n_holes);
    assert_int_equal(tally.n_holes, 0);
}

static void numbers_of_the_plan_that_are_not_right_are_found_out(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 240) / 16;
    bool is_found = true;
    for (uint64_t seed = first; seed < first + n && is_found; seed++) {
        struct mutant_case c;
        is_found = !mutant_case_open(&c, seed) || finds_numbers(&c);
        mutant_case_close(&c);
    }
    assert_true(is_found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_that_are_not_quite_right_are_found_out),
        cmocka_unit_test(numbers_of_the_plan_that_are_not_right_are_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
