/* test_program.c: the commands of a program sum up to what the plan says in closed form.
 * SPDX-License-Identifier: MIT
 *
 * SINTER_CASES: how many seeds (default 2500); SINTER_SEED: the first one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_case.h"
#include "sinter/program.h"

/* What a program does with each tile. */
struct tally {
    int64_t load, store, state_load, state_store, frees;
    bool is_live;
};

struct run {
    const struct sinter_plan *plan;
    const struct sinter_program *program;
    struct tally *tiles;
    int64_t n_computes, n_commands;
    int64_t live[SINTER_MAX_MEMORIES], *peaks; /* peaks: by group * SINTER_MAX_MEMORIES + memory */
};

static void set_live(struct run *run, int tile, bool is_live)
{
    if (run->tiles[tile].is_live == is_live)
        return;
    run->tiles[tile].is_live = is_live;
    run->live[run->plan->tiles[tile].memory] += (is_live ? 1 : -1) * run->plan->tiles[tile].footprint_bits;
}

/* What no load brings lives from the first compute in the child that makes it on. */
static void compute(struct run *run, int node)
{
    for (int i = 0; i < run->plan->n_tiles; i++)
        if (run->plan->tiles[i].begin <= node && node < run->plan->tiles[i].end)
            set_live(run, i, true);
    for (int m = 0; m < run->plan->accel->n_memories; m++) {
        int64_t *peak = &run->peaks[run->plan->nodes[node].group * SINTER_MAX_MEMORIES + m];
        *peak = run->live[m] > *peak ? run->live[m] : *peak;
    }
}

static void follow(struct run *run, const struct sinter_command *command)
{
    run->n_commands++;
    if (command->kind == SINTER_COMPUTE) {
        run->n_computes++;
        compute(run, command->node);
        return;
    }
    struct tally *tile = &run->tiles[command->tile];
    set_live(run, command->tile, command->kind != SINTER_FREE);
    assert_true(command->bits >= 0 && command->state_bits >= 0);
    int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS];
    int n_dims = sinter_program_box(run->program, command, low, high);
    for (int d = 0; d < n_dims; d++)
        assert_true(low[d] <= high[d]);
    if (command->kind == SINTER_LOAD) {
        tile->load += command->bits;
        tile->state_load += command->state_bits;
    } else if (command->kind == SINTER_STORE) {
        tile->store += command->bits;
        tile->state_store += command->state_bits;
    } else {
        assert_int_equal(command->bits, 0);
        tile->frees++;
    }
}

static int compare(const struct run *run, uint64_t seed)
{
    for (int g = 0; g < run->plan->n_groups; g++)
        for (int m = 1; m < run->plan->accel->n_memories; m++)
            if (run->peaks[g * SINTER_MAX_MEMORIES + m] != run->plan->groups[g].peak_bits[m]) {
                print_error("seed %llu: group %d, memory %d: %lld bits live at once, the plan says %lld\n",
                            (unsigned long long)seed, g + 1, m, (long long)run->peaks[g * SINTER_MAX_MEMORIES + m],
                            (long long)run->plan->groups[g].peak_bits[m]);
                return 1;
            }
    int64_t n_computes = 0;
    for (int i = 0; i < run->plan->n_nodes; i++)
        if (run->plan->nodes[i].n_members > 0)
            n_computes += run->plan->nodes[i].visits;
    if (run->n_computes != n_computes) {
        print_error("seed %llu: %lld computes, expected %lld\n", (unsigned long long)seed, (long long)run->n_computes,
                    (long long)n_computes);
        return 1;
    }
    for (int i = 0; i < run->plan->n_tiles; i++) {
        const struct sinter_tile *tile = &run->plan->tiles[i];
        const struct tally *sum = &run->tiles[i];
        int64_t lives = tile->is_window ? run->plan->nodes[run->plan->nodes[tile->body].parent].visits : tile->visits;
        if (sum->frees != lives) {
            print_error("seed %llu: tile %d is freed %lld times, expected %lld\n", (unsigned long long)seed, i,
                        (long long)sum->frees, (long long)lives);
            return 1;
        }
        if (sum->load == tile->load_bits && sum->store == tile->store_bits && sum->state_load == tile->state_load_bits &&
            sum->state_store == tile->state_store_bits)
            continue;
        print_error("seed %llu: tile %d of %s (kind %d%s): program loads %lld+%lld, stores %lld+%lld bits; plan %lld+%lld, "
                    "%lld+%lld\n",
                    (unsigned long long)seed, i, run->plan->cascade->tensors[tile->tensor].name, (int)tile->kind,
                    tile->is_window ? ", window" : "", (long long)sum->load, (long long)sum->state_load,
                    (long long)sum->store, (long long)sum->state_store, (long long)tile->load_bits,
                    (long long)tile->state_load_bits, (long long)tile->store_bits, (long long)tile->state_store_bits);
        return 1;
    }
    return 0;
}

static int run_program(const struct sinter_plan *plan, uint64_t seed)
{
    struct sinter_program *program = NULL;
    struct sinter_command command;
    assert_int_equal(sinter_program_new(plan, NULL, NULL, &program), SINTER_OK);
    int n_failed = 0;
    int64_t n_first = 0;
    for (int again = 0; again < 2 && n_failed == 0; again++) { /* a restart gives the same once more */
        struct run run = {
            .plan = plan, .program = program, .tiles = calloc((size_t)plan->n_tiles + 1, sizeof(struct tally))};
        run.peaks = calloc((size_t)plan->n_groups * SINTER_MAX_MEMORIES + 1, sizeof *run.peaks);
        assert_non_null(run.tiles);
        assert_non_null(run.peaks);
        while (sinter_program_next(program, &command))
            follow(&run, &command);
        n_failed += compare(&run, seed);
        if (again == 1)
            assert_int_equal(run.n_commands, n_first);
        n_first = run.n_commands;
        free(run.tiles);
        free(run.peaks);
        sinter_program_restart(program);
    }
    sinter_program_free(program);
    return n_failed;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void commands_sum_up_to_the_plan(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 1), n = number_from("SINTER_CASES", 2500);
    int n_failed = 0, n_run = 0;
    for (uint64_t seed = first; seed < first + n && n_failed < 10; seed++) {
        struct random_case c;
        struct sinter_plan *plan = NULL;
        assert_true(random_case_open(&c, seed));
        assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, NULL, &plan), SINTER_OK);
        enum sinter_status status = sinter_plan_resolve(plan, &c.schedule, NULL);
        if (status == SINTER_OK || status == SINTER_INFEASIBLE) {
            n_run++;
            int failed = run_program(plan, seed);
            if (failed && n_failed == 0) {
                struct sinter_text text = {0};
                random_case_print(&c, &text);
                print_error("%s\n", sinter_text_data(&text));
                sinter_text_free(&text);
            }
            n_failed += failed;
        }
        sinter_plan_free(plan);
        random_case_close(&c);
    }
    print_message("%d programs\n", n_run);
    assert_int_equal(n_failed, 0);
    assert_true(n < 100 || (uint64_t)n_run > n / 4);
}

static void a_program_frees_what_it_allocates(void **state)
{
    (void)state;
    struct random_case c;
    struct sinter_plan *plan = NULL;
    assert_true(random_case_open(&c, 2));
    assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, NULL, &plan), SINTER_OK);
    (void)sinter_plan_resolve(plan, &c.schedule, NULL);
    for (int64_t n = 0;; n++) {
        struct sinter_counting_allocator counting;
        struct sinter_program *program = NULL;
        sinter_counting_allocator_init(&counting, n);
        enum sinter_status status = sinter_program_new(plan, &counting.allocator, NULL, &program);
        sinter_program_free(program);
        assert_int_equal(counting.n_live, 0);
        if (status == SINTER_OK)
            break;
        assert_int_equal(status, SINTER_NO_MEMORY);
    }
    sinter_plan_free(plan);
    random_case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_sum_up_to_the_plan),
        cmocka_unit_test(a_program_frees_what_it_allocates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
