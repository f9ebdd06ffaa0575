/* batch.c: one workload on one accelerator after another.
 * SPDX-License-Identifier: MIT
 */
#include "explore/batch.h"

#include <math.h>
#include <string.h>

#include "explore/fingerprint.h"
#include "sinter/sim.h"

struct bench {
    const struct sinter_experiment *experiment;
    const struct load *load;
    const char *strategy;
    const struct sinter_allocator *allocator;
    struct sinter_diagnostics *diags;
    struct sinter_series *series; /* strategy optimal */
    struct sinter_schedule schedule;
    struct sinter_text text;
    struct sinter_einsum_cost *einsums;
    struct sinter_arena *arena;
};

/* ---- keys ----------------------------------------------------------------------------------------------------------- */

enum sinter_status key_of(const struct load *load, int strategy, const struct sinter_accel *accel,
                          const struct sinter_allocator *allocator, uint8_t key[STORE_KEY_BYTES])
{
    struct sinter_text text = {.allocator = allocator};
    struct fingerprint fingerprint;
    sinter_accel_print(accel, &text);
    fingerprint_begin(&fingerprint);
    fingerprint_add(&fingerprint, load->questions[strategy], STORE_KEY_BYTES);
    fingerprint_add(&fingerprint, sinter_text_data(&text), text.length);
    fingerprint_end(&fingerprint, key);
    bool failed = text.failed;
    sinter_text_free(&text);
    return failed ? SINTER_NO_MEMORY : SINTER_OK;
}

void describe_machine(const struct sinter_accel *accel, struct machine *machine)
{
    *machine = (struct machine){.is_known = true, .is_built = true, .area_mm2 = accel->area_mm2, .hz = accel->hz};
    for (int m = 1; m < accel->n_memories; m++)
        machine->memory_bytes += accel->memories[m].capacity_bytes;
    for (int u = 0; u < accel->n_units; u++)
        machine->pes += (double)accel->units[u].n_pes;
}

/* ---- comparing ------------------------------------------------------------------------------------------------------- */

static int compare_numbers(double a, double b, double slack)
{
    double most = (fabs(a) + fabs(b)) / 2 * (slack > SINTER_ROUNDING ? slack : SINTER_ROUNDING);
    return a < b - most ? -1 : a > b + most;
}

bool is_better_result(enum sinter_objective objective, double slack, const double *a, const double *b)
{
    static const enum record_value then[] = {VALUE_TOTAL_JOULES, VALUE_DRAM_BYTES, VALUE_PEAK_BYTES, VALUE_CYCLES};
    enum record_value first = objective == SINTER_LEAST_LATENCY ? VALUE_CYCLES : VALUE_VALUE;
    int order = compare_numbers(a[first], b[first], slack);
    if (order == 0 && first != VALUE_CYCLES)
        order = compare_numbers(a[VALUE_CYCLES], b[VALUE_CYCLES], slack);
    for (size_t i = 0; i < sizeof then / sizeof *then && order == 0; i++)
        order = compare_numbers(a[then[i]], b[then[i]], 0);
    return order < 0;
}

/* What a search leaves open anyway: a part of the gap, as it counts traffic beside latency itself. */
static double slack_of(const struct bench *bench)
{
    return bench->experiment->gap / 10;
}

/* ---- computing -------------------------------------------------------------------------------------------------------- */

enum sinter_status bench_new(const struct sinter_experiment *experiment, const struct load *load, const char *strategy,
                             const struct sinter_allocator *allocator, struct sinter_diagnostics *diags, struct bench **out)
{
    struct sinter_arena *arena = sinter_arena_new(allocator);
    struct bench *bench = arena == NULL ? NULL : sinter_arena_alloc(arena, 1, sizeof *bench);
    *out = NULL;
    if (bench != NULL) {
        *bench =
            (struct bench){experiment, load, strategy, allocator, diags, .text = {.allocator = allocator}, .arena = arena};
        bench->einsums = sinter_arena_alloc(arena, (size_t)load->cascade->n_einsums + 1, sizeof *bench->einsums);
    }
    if (bench == NULL || bench->einsums == NULL) {
        sinter_arena_free(arena);
        return sinter_out_of_memory(diags);
    }
    sinter_schedule_init(&bench->schedule, load->cascade, NULL, allocator);
    if (strcmp(strategy, "optimal") == 0) {
        struct sinter_search_options options = {
            .objective = experiment->objective, .gap = experiment->gap, .most_priced = experiment->effort};
        enum sinter_status status = sinter_series_new(load->cascade, &options, allocator, diags, &bench->series);
        if (status != SINTER_OK) {
            sinter_arena_free(arena);
            return status;
        }
    }
    *out = bench;
    return SINTER_OK;
}

void bench_free(struct bench *bench)
{
    if (bench == NULL)
        return;
    sinter_series_free(bench->series);
    sinter_schedule_free(&bench->schedule);
    sinter_text_free(&bench->text);
    sinter_arena_free(bench->arena);
}

/* A search has simulated what it returns: `simulated`, else not above 0. */
static enum sinter_status measure(struct bench *bench, struct sinter_plan *plan, double simulated, double *values)
{
    struct sinter_cost cost = {.einsums = bench->einsums};
    sinter_plan_count_ports(plan);
    sinter_cost_evaluate(plan, &cost);
    if (!(simulated > 0)) {
        static const struct sinter_sim_options options = {.most_stepped = 10000000};
        struct sinter_timing *timing = NULL;
        enum sinter_status status = sinter_simulate(plan, bench->einsums, &options, bench->allocator, bench->diags, &timing);
        if (status != SINTER_OK)
            return status;
        simulated = timing->is_complete ? timing->cycles : cost.cycles;
        sinter_timing_free(timing);
    }
    values[VALUE_CYCLES] = simulated;
    values[VALUE_BOUND] = cost.cycles;
    values[VALUE_JOULES] = cost.joules;
    /* static power lasts as long as the simulation */
    values[VALUE_TOTAL_JOULES] = cost.joules + cost.sram_joules + plan->accel->static_watts * simulated / plan->accel->hz;
    values[VALUE_DRAM_BYTES] = ceil(((double)plan->dram_read_bits + (double)plan->dram_write_bits) / 8);
    for (int m = 1; m < plan->accel->n_memories; m++)
        values[VALUE_PEAK_BYTES] += ceil((double)plan->peak_bits[m] / 8);
    values[VALUE_UTILIZATION] = cost.utilization * cost.cycles / simulated;
    values[VALUE_COMPUTE_CYCLES] = cost.compute_cycles;
    values[VALUE_DRAM_CYCLES] = cost.dram_cycles;
    return SINTER_OK;
}

/* The values of a schedule, but for those that its search knows. */
static enum sinter_status weigh(struct bench *bench, const struct sinter_schedule *schedule, double simulated,
                                double *values)
{
    struct sinter_plan *plan = NULL;
    enum sinter_status status =
        sinter_plan_new(bench->load->cascade, schedule->accel, bench->allocator, bench->diags, &plan);
    if (status == SINTER_OK)
        status = sinter_plan_resolve(plan, schedule, NULL);
    if (status == SINTER_OK)
        status = measure(bench, plan, simulated, values);
    sinter_plan_free(plan);
    return status;
}

/* The bench's schedule, weighed and printed. */
static enum sinter_status describe(struct bench *bench, double simulated, struct store_record *record)
{
    enum sinter_status status = weigh(bench, &bench->schedule, simulated, record->values);
    if (status != SINTER_OK)
        return status;
    bench->text.length = 0;
    sinter_schedule_print(&bench->schedule, &bench->text);
    record->schedule = sinter_text_data(&bench->text);
    return bench->text.failed ? sinter_out_of_memory(bench->diags) : SINTER_OK;
}

int closeness(const struct sinter_experiment *experiment)
{
    enum { MOST_CLOSE = 500, MOST_CLOSEST = 32 };
    int64_t n_cases = experiment->n_points * experiment->n_workloads;
    for (int i = 0; i < experiment->n_axes; i++)
        if (strcmp(experiment->axes[i].field, SINTER_STRATEGY_AXIS) == 0)
            n_cases /= experiment->axes[i].n;
    return n_cases <= MOST_CLOSEST ? 2 : n_cases <= MOST_CLOSE ? 1 : 0;
}

static bool waits(const struct bench *bench, const struct sinter_search *search)
{
    return bench->experiment->objective == SINTER_LEAST_LATENCY && search->simulated_cycles > 1.03 * search->value;
}

/* Takes the schedule over if it is better. */
static enum sinter_status take_better(struct bench *bench, struct sinter_search *search, const struct sinter_search *other,
                                      struct sinter_schedule *schedule)
{
    double bound = other->bound > search->bound ? other->bound : search->bound;
    double own[STORE_N_VALUES] = {[VALUE_VALUE] = search->value}, others[STORE_N_VALUES] = {[VALUE_VALUE] = other->value};
    enum sinter_status status = weigh(bench, &bench->schedule, search->simulated_cycles, own);
    if (status == SINTER_OK)
        status = weigh(bench, schedule, other->simulated_cycles, others);
    if (status == SINTER_OK && is_better_result(bench->experiment->objective, slack_of(bench), others, own)) {
        struct sinter_schedule swapped = bench->schedule;
        bench->schedule = *schedule;
        *schedule = swapped;
        *search = *other;
    }
    search->bound = bound;
    return status;
}

/* A schedule that fills its memory has no room to load ahead: those for half and for a quarter of it may take less time. */
static enum sinter_status leave_room(struct bench *bench, const struct sinter_accel *accel, struct sinter_search *search,
                                     struct sinter_schedule *trial)
{
    struct sinter_search settled;
    enum sinter_status status = SINTER_OK;
    for (double fraction = 0.5; fraction >= 0.25; fraction /= 2) {
        struct sinter_accel smaller = *accel;
        for (int m = 1; m < accel->n_memories; m++)
            smaller.memories[m].capacity_bytes = floor(accel->memories[m].capacity_bytes * fraction);
        trial->accel = &smaller;
        status = sinter_series_run(bench->series, trial, NULL, NULL);
        trial->accel = accel;
        if (status != SINTER_OK && status != SINTER_INFEASIBLE)
            return status;
    }
    status = sinter_series_settle(bench->series, trial, NULL, &settled);
    if (status == SINTER_OK)
        status = take_better(bench, search, &settled, trial);
    return status == SINTER_INFEASIBLE ? SINTER_OK : status;
}

/* A search of its own, which asks named strategies, too. What follows learns from it. */
static enum sinter_status search_alone(struct bench *bench, struct sinter_search *search, struct sinter_schedule *trial)
{
    struct sinter_search_options options = {.objective = bench->experiment->objective, .gap = bench->experiment->gap};
    struct sinter_search alone;
    enum sinter_status status = sinter_search_run(&options, trial, NULL, &alone);
    if (status == SINTER_OK)
        status = take_better(bench, search, &alone, trial);
    if (status == SINTER_OK)
        status = sinter_series_add(bench->series, &bench->schedule);
    return status == SINTER_INFEASIBLE ? SINTER_OK : status;
}

static enum sinter_status search_point(struct bench *bench, const struct sinter_accel *accel, int close,
                                       struct sinter_search *search)
{
    struct sinter_schedule trial;
    sinter_schedule_init(&trial, bench->load->cascade, accel, bench->allocator);
    enum sinter_status status = sinter_series_run(bench->series, &bench->schedule, NULL, search);
    if (status == SINTER_OK && close >= 1 && isfinite(accel->memories[accel->n_memories - 1].capacity_bytes) &&
        waits(bench, search))
        status = leave_room(bench, accel, search, &trial);
    if (status == SINTER_OK && close >= 2 && (waits(bench, search) || search->gap > bench->experiment->gap))
        status = search_alone(bench, search, &trial);
    sinter_schedule_free(&trial);
    return status;
}

enum sinter_status bench_compute(struct bench *bench, const struct sinter_accel *accel, int close,
                                 struct store_record *record)
{
    struct sinter_search search = {.simulated_cycles = 0};
    struct sinter_strategy_options options = {0};
    bench->schedule.accel = accel;
    sinter_schedule_clear(&bench->schedule);
    memset(record->values, 0, sizeof record->values);
    record->schedule = NULL;
    enum sinter_status status = bench->series != NULL
                                    ? search_point(bench, accel, close, &search)
                                    : sinter_strategy_build(bench->strategy, &options, &bench->schedule, NULL);
    if (status == SINTER_OK)
        status = describe(bench, search.simulated_cycles, record);
    record->status = (int)status;
    if (status == SINTER_OK) {
        record->values[VALUE_LEAST] = search.bound;
        record->values[VALUE_VALUE] = bench->series != NULL ? search.value : record->values[VALUE_BOUND];
    }
    if (status == SINTER_OK || status == SINTER_INFEASIBLE)
        return SINTER_OK;
    if (status == SINTER_NO_MEMORY)
        return sinter_out_of_memory(bench->diags);
    return sinter_error(bench->diags, bench->load->at, "another strategy may", "strategy %s does not apply to %s%s%s",
                        bench->strategy, bench->load->name, bench->load->is_block ? "" : ", ",
                        bench->load->is_block ? "" : bench->load->part);
}

enum sinter_status bench_settle(struct bench *bench, const struct sinter_accel *accel, struct store_record *record,
                                bool *is_better)
{
    struct sinter_search search;
    struct store_record settled = *record;
    *is_better = false;
    if (bench->series == NULL || bench->experiment->objective != SINTER_LEAST_LATENCY)
        return SINTER_OK;
    double least = record->values[VALUE_LEAST];
    if (record->status == SINTER_OK && least > 0 && record->values[VALUE_CYCLES] <= least * (1 + bench->experiment->gap))
        return SINTER_OK; /* nothing can be much better */
    bench->schedule.accel = accel;
    memset(settled.values, 0, sizeof settled.values);
    enum sinter_status status = sinter_series_settle(bench->series, &bench->schedule, NULL, &search);
    if (status == SINTER_INFEASIBLE)
        return SINTER_OK;
    bool was_found = record->status == SINTER_OK;
    if (status != SINTER_OK || (was_found && search.simulated_cycles > record->values[VALUE_CYCLES] * (1 + slack_of(bench))))
        return status;
    status = describe(bench, search.simulated_cycles, &settled);
    settled.status = SINTER_OK;
    settled.values[VALUE_VALUE] = search.value;
    settled.values[VALUE_LEAST] =
        was_found && record->values[VALUE_LEAST] > search.bound ? record->values[VALUE_LEAST] : search.bound;
    *is_better = status == SINTER_OK &&
                 (!was_found || is_better_result(SINTER_LEAST_LATENCY, slack_of(bench), settled.values, record->values));
    if (*is_better)
        *record = settled;
    return status;
}

static enum sinter_status parse(struct bench *bench, const struct sinter_accel *accel, const char *schedule)
{
    bench->schedule.accel = accel;
    sinter_schedule_clear(&bench->schedule);
    return sinter_schedule_parse(&bench->schedule, "schedule", schedule, strlen(schedule), bench->diags);
}

enum sinter_status bench_price(struct bench *bench, const struct sinter_accel *accel, const char *schedule,
                               struct store_record *record)
{
    memset(record->values, 0, sizeof record->values);
    enum sinter_status status = parse(bench, accel, schedule);
    if (status == SINTER_OK)
        status = describe(bench, 0, record);
    record->status = (int)status;
    return status;
}

enum sinter_status bench_learn(struct bench *bench, const struct sinter_accel *accel, const struct store_record *record)
{
    if (bench->series == NULL || record->status != SINTER_OK || record->schedule == NULL)
        return SINTER_OK;
    enum sinter_status status = parse(bench, accel, record->schedule);
    return status == SINTER_OK ? sinter_series_add(bench->series, &bench->schedule) : status;
}
