/* test_optimal.c: no schedule is better than the search says, and what it finds is as good as it says.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle.h"
#include "random_case.h"
#include "sinter/search.h"
#include "sinter/sim.h"
#include "sinter/workload.h"

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static int between(struct sinter_random *random, int low, int high)
{
    return low + (int)sinter_random_below(random, high - low + 1);
}

/* ---- small problems ---------------------------------------------------------------------------------------------------- */

struct problem {
    struct sinter_diagnostics *diags;
    struct sinter_cascade *cascade;
    struct sinter_accel *accel;
};

static void draw_cascade(struct sinter_random *random, struct sinter_text *out)
{
    int l = between(random, 1, 3), d = between(random, 1, 3), n = between(random, 1, 2);
    sinter_text_printf(out, "cascade: small\ntype: int8\nranks: {L: %d, D: %d, N: %d}\ntensors:\n", l, d, n);
    switch (between(random, 0, 5)) {
    case 0: /* a matrix product */
        sinter_text_append(out, "  X: {ranks: [L, N], role: input}\n  W: {ranks: [N, D], role: weight}\n"
                                "  O: {ranks: [L, D], role: output}\neinsums:\n  - O[l,d] = X[l,n] * W[n,d]\n");
        break;
    case 1: /* and what follows it */
        sinter_text_append(out, "  X: {ranks: [L, N], role: input}\n  W: {ranks: [N, D], role: weight}\n"
                                "  O: {ranks: [L, D], role: output}\neinsums:\n  - Y[l,d] = X[l,n] * W[n,d]\n"
                                "  - O[l,d] = exp(Y[l,d])\n");
        break;
    case 2: /* a sum that is needed again */
        sinter_text_append(out, "  X: {ranks: [L, D], role: input}\n  O: {ranks: [L, D], role: output}\neinsums:\n"
                                "  - S[l] = X[l,d] * X[l,d]\n  - O[l,d] = X[l,d] * S[l]\n");
        break;
    case 3: /* a scan */
        sinter_text_append(out, "  A: {ranks: [D], role: weight}\n  X: {ranks: [L, D], role: input}\n"
                                "  H: {ranks: [L, D], role: output}\neinsums:\n  - H[l,d] = A[d] * H[l-1,d] + X[l,d]\n");
        break;
    case 4: /* a window over what was made */
        sinter_text_append(out, "  X: {ranks: [L, D], role: input}\n  O: {ranks: [L, D], role: output}\neinsums:\n"
                                "  - Y[l,d] = exp(X[l,d])\n  - O[l,d] = Y[l,d] + Y[l-1,d]\n");
        break;
    default: /* two that are independent but for what they read */
        sinter_text_append(out, "  X: {ranks: [L, D], role: input}\n  W: {ranks: [D], role: weight}\n"
                                "  O: {ranks: [L, D], role: output}\n  P: {ranks: [L], role: output}\neinsums:\n"
                                "  - O[l,d] = X[l,d] * W[d]\n  - P[l] = X[l,d] * W[d]\n");
        break;
    }
}

static bool open_problem(struct problem *p, uint64_t seed)
{
    struct sinter_random random = {seed};
    struct sinter_text cascade = {0}, accel = {0};
    *p = (struct problem){.diags = sinter_diagnostics_new(NULL)};
    draw_cascade(&random, &cascade);
    sinter_text_printf(
        &accel,
        "accelerator: small\nclock: 1 GHz\nprefetch: %s\nmemories:\n  - {name: dram, kind: dram, bandwidth: %d "
        "GB/s, energy: 1 pJ/bit}\n  - {name: buffer, kind: sram, capacity: %d B, bandwidth: unlimited}\nunits:\n  - {name: "
        "array, at: "
        "buffer, pes: [%d, %d], cycles: {mac: 1, mul: 1, add: 1, exp: 2}}\n",
        between(&random, 0, 3) > 0 ? "true" : "false", between(&random, 1, 4), between(&random, 3, 24),
        between(&random, 1, 3), between(&random, 1, 2));
    bool is_open =
        sinter_cascade_parse("cascade", sinter_text_data(&cascade), cascade.length, NULL, 0, NULL, p->diags, &p->cascade) ==
            SINTER_OK &&
        sinter_accel_parse("accel", sinter_text_data(&accel), accel.length, NULL, 0, NULL, p->diags, &p->accel) == SINTER_OK;
    if (!is_open)
        fprintf(stderr, "%s\n%s\n%s", sinter_diagnostics_text(p->diags), sinter_text_data(&cascade),
                sinter_text_data(&accel));
    sinter_text_free(&cascade);
    sinter_text_free(&accel);
    return is_open;
}

static void close_problem(struct problem *p)
{
    sinter_cascade_free(p->cascade);
    sinter_accel_free(p->accel);
    sinter_diagnostics_free(p->diags);
}

static void tell(const struct problem *p, uint64_t seed, const struct sinter_schedule *schedule, const char *what, double a,
                 double b)
{
    struct sinter_text text = {0};
    sinter_cascade_print(p->cascade, &text);
    sinter_accel_print(p->accel, &text);
    sinter_schedule_print(schedule, &text);
    fail_msg("seed %llu: %s: %.10g and %.10g\n%s", (unsigned long long)seed, what, a, b, sinter_text_data(&text));
}

/* ---- the oracle ----------------------------------------------------------------------------------------------------------- */

/* Every tree of a small cascade is built and priced: none is below the bound, and none below what was found where the search
 * says that nothing is. */
static void no_tree_is_better_than_the_search_says(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 0), n_cases = number_from("SINTER_CASES", 60);
    int n_equal = 0, n_asked = 0, n_exact = 0;
    long long n_trees = 0;
    for (uint64_t seed = first; seed < first + n_cases; seed++) {
        struct problem p;
        struct sinter_schedule schedule;
        struct sinter_search search;
        assert_true(open_problem(&p, seed));
        for (int objective = 0; objective < 2; objective++) {
            struct sinter_search_options options = {.gap = -1,
                                                    .objective = objective == 0 ? SINTER_LEAST_LATENCY : SINTER_LEAST_DRAM};
            sinter_schedule_init(&schedule, p.cascade, p.accel, NULL);
            enum sinter_status status = sinter_search_run(&options, &schedule, p.diags, &search);
            struct oracle oracle = ask_oracle(p.cascade, p.accel, 100000);
            double best = objective == 0 ? oracle.cycles : oracle.bits / 8;
            n_trees += oracle.n_trees;
            if (status == SINTER_INFEASIBLE && isfinite(best))
                tell(&p, seed, &schedule, "nothing was found, but there is", best, 0);
            if (status != SINTER_INFEASIBLE) {
                assert_int_equal(status, SINTER_OK);
                n_asked += oracle.is_complete;
                if (best < search.bound * (1 - 1e-9))
                    tell(&p, seed, &schedule, "a tree is below the bound", best, search.bound);
                if (search.value < search.bound * (1 - 1e-9))
                    tell(&p, seed, &schedule, "the schedule is below the bound", search.value, search.bound);
                n_exact += search.gap < 1e-9;
                n_equal += oracle.is_complete && fabs(search.value - best) <= 1e-9 * best;
                if (oracle.is_complete && search.gap < 1e-9 && search.value > best * (1 + 1e-9))
                    tell(&p, seed, &schedule, "a tree is better than the best", best, search.value);
            }
            sinter_schedule_free(&schedule);
        }
        close_problem(&p);
    }
    printf("%lld trees; of %d cases with all trees %d have the same optimum; %d proven\n", n_trees, n_asked, n_equal,
           n_exact);
    assert_true(n_asked > (int)n_cases / 3);
    assert_int_equal(n_equal, n_asked);
}

/* ---- any problem ------------------------------------------------------------------------------------------------------------ */

/* What passes intermediates through DRAM inside a group is outside of the space. */
static bool sends_out(const struct sinter_schedule *schedule)
{
    for (int i = 0; i < schedule->n_nodes; i++)
        if (schedule->nodes[i].kind == SINTER_HOLD && schedule->nodes[i].memory == 0)
            return true;
    return false;
}

/* On any accelerator: what is found is legal, fits, costs what is said, and no tree drawn at random is below the bound. */
static void what_is_found_is_as_good_as_said(void **state)
{
    (void)state;
    uint64_t first = number_from("SINTER_SEED", 0), n_cases = number_from("SINTER_CASES", 60);
    int n_found = 0, n_drawn = 0;
    for (uint64_t seed = first; seed < first + n_cases; seed++) {
        struct random_case c;
        struct sinter_schedule schedule;
        struct sinter_search search;
        struct sinter_plan *plan;
        struct sinter_search_options options = {.gap = -1, .most_priced = 3000};
        struct sinter_cost cost = {.cycles = 0};
        assert_true(random_case_open(&c, seed));
        sinter_schedule_init(&schedule, c.cascade, c.accel, NULL);
        enum sinter_status status = sinter_search_run(&options, &schedule, c.diags, &search);
        assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, c.diags, &plan), SINTER_OK);
        if (status == SINTER_OK) {
            n_found++;
            assert_int_equal(sinter_plan_resolve(plan, &schedule, c.diags), SINTER_OK);
            sinter_cost_evaluate(plan, &cost);
            assert_true(fabs(cost.cycles - search.value) <= 1e-9 * cost.cycles);
            assert_true(search.value >= search.bound * (1 - 1e-9));
            assert_true(search.simulated_cycles >= search.value * (1 - 1e-9));
        }
        struct sinter_random random = {seed};
        for (int tree = 0; tree < 60; tree++) {
            if (sinter_plan_resolve(plan, &c.schedule, NULL) == SINTER_OK && !sends_out(&c.schedule)) {
                n_drawn++;
                sinter_cost_evaluate(plan, &cost);
                if (status == SINTER_OK && cost.cycles < search.bound * (1 - 1e-9))
                    fail_msg("seed %llu: a tree of %g cycles is below the bound %g", (unsigned long long)seed, cost.cycles,
                             search.bound);
            }
            random_tree(&random, &c.schedule);
        }
        sinter_plan_free(plan);
        sinter_schedule_free(&schedule);
        random_case_close(&c);
    }
    printf("%d schedules, %d trees drawn beside them\n", n_found, n_drawn);
    assert_true(n_found > (int)n_cases / 2);
    assert_true(n_drawn > (int)n_cases);
}

/* ---- Mamba ------------------------------------------------------------------------------------------------------------------ */

struct setting {
    const char *capacity, *bandwidth;
};

static struct sinter_search search_block(const char *name, int64_t tokens, const struct setting *setting,
                                         const struct sinter_search_options *options, struct sinter_text *printed)
{
    struct sinter_model_options model_options = {.tokens = tokens};
    struct sinter_override overrides[] = {{.field = "buffer.capacity", .value = setting->capacity},
                                          {.field = "dram.bandwidth", .value = setting->bandwidth}};
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    struct sinter_model *model = NULL;
    struct sinter_accel *accel = NULL;
    struct sinter_schedule schedule;
    struct sinter_search search = {.value = 0};
    assert_int_equal(sinter_model_load(name, &model_options, NULL, diags, &model), SINTER_OK);
    assert_int_equal(sinter_accel_load("marca", overrides, 2, NULL, diags, &accel), SINTER_OK);
    sinter_schedule_init(&schedule, model->parts[model->block].cascade, accel, NULL);
    assert_int_equal(sinter_search_run(options, &schedule, diags, &search), SINTER_OK);
    if (printed != NULL)
        sinter_schedule_print(&schedule, printed);
    sinter_schedule_free(&schedule);
    sinter_accel_free(accel);
    sinter_model_free(model);
    sinter_diagnostics_free(diags);
    return search;
}

static void the_block_of_mamba_is_proven_within_the_gap(void **state)
{
    (void)state;
    static const struct setting settings[] = {{"4MiB", "256 GB/s"}, {"24MiB", "256 GB/s"}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct sinter_search search = search_block("mamba-2.8b", 2048, &settings[i], NULL, NULL);
        assert_int_equal(search.end, SINTER_END_GAP);
        assert_true(search.gap <= SINTER_GAP);
        assert_true(search.simulated_cycles <= 1.03 * search.value);
        assert_true(search.bound >= search.compute_cycles * (1 - 1e-12));
    }
}

static void more_memory_or_bandwidth_is_never_worse_than_the_gap(void **state)
{
    (void)state;
    static const struct setting settings[] = {
        {"1MiB", "64 GB/s"}, {"4MiB", "64 GB/s"}, {"4MiB", "256 GB/s"}, {"24MiB", "256 GB/s"}};
    double before = (double)INFINITY, gap = 0;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct sinter_search search = search_block("mamba-130m", 256, &settings[i], NULL, NULL);
        assert_true(search.value <= before * (1 + gap + search.gap));
        before = search.value;
        gap = search.gap;
    }
}

static void the_same_search_finds_the_same_schedule(void **state)
{
    (void)state;
    const struct setting setting = {"512KiB", "256 GB/s"};
    struct sinter_search_options options = {.most_priced = 5000};
    struct sinter_text first = {0}, second = {0};
    search_block("mamba-130m", 128, &setting, &options, &first);
    search_block("mamba-130m", 128, &setting, &options, &second);
    assert_true(first.length > 0);
    assert_string_equal(sinter_text_data(&first), sinter_text_data(&second));
    sinter_text_free(&first);
    sinter_text_free(&second);
}

static void each_objective_is_best_in_its_own(void **state)
{
    (void)state;
    const struct setting setting = {"1MiB", "256 GB/s"};
    struct sinter_search_options fast = {.objective = SINTER_LEAST_LATENCY, .most_priced = 20000},
                                 lean = {.objective = SINTER_LEAST_DRAM, .most_priced = 20000},
                                 small = {.objective = SINTER_LEAST_MEMORY, .most_priced = 5000};
    struct sinter_search latency = search_block("mamba-130m", 256, &setting, &fast, NULL);
    struct sinter_search dram = search_block("mamba-130m", 256, &setting, &lean, NULL);
    struct sinter_search memory = search_block("mamba-130m", 256, &setting, &small, NULL);
    assert_true(dram.value >= dram.dram_bytes && dram.value >= dram.bound);
    assert_true(latency.simulated_cycles <= dram.simulated_cycles * (1 + SINTER_GAP));
    assert_true(memory.value < 1048576 && memory.value > 0);
}

static void check_front(const struct sinter_cascade *cascade, const struct sinter_accel *accel,
                        const struct sinter_front *front)
{
    struct sinter_schedule schedule;
    struct sinter_plan *plan = NULL;
    sinter_schedule_init(&schedule, cascade, accel, NULL);
    assert_int_equal(sinter_plan_new(cascade, accel, NULL, NULL, &plan), SINTER_OK);
    for (int i = 0; i < front->n; i++) {
        const struct sinter_front_member *a = &front->members[i];
        struct sinter_cost cost = {.cycles = 0};
        for (int j = 0; j < front->n; j++) {
            const struct sinter_front_member *b = &front->members[j];
            assert_false(i != j && a->cycles <= b->cycles && a->peak_bytes <= b->peak_bytes &&
                         a->dram_bytes <= b->dram_bytes && a->joules <= b->joules);
        }
        assert_true(i == 0 || front->members[i - 1].cycles <= a->cycles);
        assert_int_equal(sinter_schedule_parse(&schedule, "member", a->schedule, strlen(a->schedule), NULL), SINTER_OK);
        assert_int_equal(sinter_plan_resolve(plan, &schedule, NULL), SINTER_OK);
        sinter_cost_evaluate(plan, &cost);
        assert_true(cost.cycles == a->bound_cycles);
        assert_true((double)sinter_bits_to_bytes(plan->peak_bits[1]) == a->peak_bytes);
        assert_true((double)sinter_bits_to_bytes(plan->dram_read_bits + plan->dram_write_bits) == a->dram_bytes);
    }
    sinter_plan_free(plan);
    sinter_schedule_free(&schedule);
}

static void no_member_of_a_front_beats_another_and_each_has_its_price(void **state)
{
    (void)state;
    int n_members = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct problem p;
        struct sinter_front *front = NULL;
        assert_true(open_problem(&p, seed));
        struct sinter_schedule like;
        struct sinter_search_options options = {.most_priced = 2000};
        if (seed % 4 == 0) /* without a limit: down from what the best needs */
            p.accel->memories[1].capacity_bytes = (double)INFINITY;
        sinter_schedule_init(&like, p.cascade, p.accel, NULL);
        enum sinter_status status = sinter_search_front(&options, &like, p.diags, &front);
        assert_true(status == SINTER_OK || status == SINTER_INFEASIBLE);
        assert_int_equal(status == SINTER_OK, front != NULL);
        if (front != NULL) {
            assert_true(front->n > 0 && (seed % 4 != 0 || front->n_searches > 1));
            check_front(p.cascade, p.accel, front);
            n_members += front->n;
        }
        sinter_front_free(front);
        close_problem(&p);
    }
    assert_true(n_members > 20);
}

static void what_fits_nowhere_is_said(void **state)
{
    (void)state;
    struct problem p;
    struct sinter_schedule schedule;
    assert_true(open_problem(&p, 1));
    p.accel->memories[1].capacity_bytes = 0;
    sinter_schedule_init(&schedule, p.cascade, p.accel, NULL);
    assert_int_equal(sinter_search_run(NULL, &schedule, p.diags, NULL), SINTER_INFEASIBLE);
    assert_non_null(strstr(sinter_diagnostics_text(p.diags), "no schedule was found that fits"));
    assert_int_equal(schedule.n_nodes, 0);
    sinter_schedule_free(&schedule);
    close_problem(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_tree_is_better_than_the_search_says),
        cmocka_unit_test(what_is_found_is_as_good_as_said),
        cmocka_unit_test(the_block_of_mamba_is_proven_within_the_gap),
        cmocka_unit_test(more_memory_or_bandwidth_is_never_worse_than_the_gap),
        cmocka_unit_test(the_same_search_finds_the_same_schedule),
        cmocka_unit_test(each_objective_is_best_in_its_own),
        cmocka_unit_test(no_member_of_a_front_beats_another_and_each_has_its_price),
        cmocka_unit_test(what_fits_nowhere_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
