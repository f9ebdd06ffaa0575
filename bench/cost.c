/* cost.c: what one evaluation of a schedule costs: nanoseconds to resolve and to price the Mamba-2.8B block, the
 * allocations that this makes, and how much slower it is to walk every execution of every leaf.
 *
 *     new-tiles   one evaluation in a search over tiles: another tile in one loop of the schedule, resolved and priced
 *     new-tree    the same for a schedule of another shape: nothing of the plan before it can be kept
 *     evaluate    the price of a plan that is resolved
 * SPDX-License-Identifier: MIT
 *
 * Every number is the median over batches of calls. Metrics are named STRATEGY.WHAT.
 */
#include "line.h"

#include <string.h>

#include "sinter/search.h"
#include "sinter/workload.h"

/* ---- allocations: malloc and its kin are counted where nothing else has taken their place -------------------------- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

static int64_t n_mallocs;

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)
enum { COUNTS_MALLOC = 1 };
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *block, size_t bytes);

void *malloc(size_t bytes)
{
    n_mallocs++;
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    n_mallocs++;
    return __libc_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes)
{
    n_mallocs++;
    return __libc_realloc(block, bytes);
}
#else
enum { COUNTS_MALLOC = 0 };
#endif

/* ---- a problem ----------------------------------------------------------------------------------------------------- */

struct problem {
    struct sinter_model *model;
    const struct sinter_cascade *cascade;
    struct sinter_accel *accel;
    struct sinter_counting_allocator counting;
    struct sinter_schedule schedule;
    struct sinter_plan *plan;
    struct sinter_einsum_cost *einsums;
    struct sinter_group_cost *groups;
    int n_loops, i_loop; /* loops whose tile may be one larger without another shape */
    int loops[256];
    bool is_part; /* the last call resolved a part */
};

static void stop(const char *what, struct sinter_diagnostics *diags)
{
    fprintf(stderr, "bench: %s\n%s", what, sinter_diagnostics_text(diags));
    exit(1);
}

/* Every call moves on to the next loop and changes its tile by one, there and back in turns. */
static void change_a_tile(struct problem *p)
{
    int64_t *tile = &p->schedule.nodes[p->loops[p->i_loop / 2 % p->n_loops]].tile;
    *tile += p->i_loop % 2 == 0 ? 1 : -1;
    p->i_loop++;
}

/* The loops that can be changed so: the schedule stays legal and fits, and the plan keeps its shape. */
static void find_loops(struct problem *p)
{
    int n_nodes = p->plan->n_nodes;
    for (int i = 0; i < p->schedule.n_nodes && p->n_loops < 256; i++) {
        struct sinter_node *node = &p->schedule.nodes[i];
        if (node->kind != SINTER_LOOP)
            continue;
        node->tile++;
        if (sinter_plan_resolve(p->plan, &p->schedule, NULL) == SINTER_OK && p->plan->n_nodes == n_nodes)
            p->loops[p->n_loops++] = i;
        node->tile--;
    }
    sinter_plan_resolve(p->plan, &p->schedule, NULL);
}

static void open_problem(struct problem *p, const char *model, int64_t tokens, const char *strategy)
{
    struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
    *p = (struct problem){0};
    sinter_counting_allocator_init(&p->counting, -1);
    if (sinter_model_load(model, &(struct sinter_model_options){.tokens = tokens}, NULL, diags, &p->model) != SINTER_OK ||
        sinter_accel_load("marca", NULL, 0, NULL, diags, &p->accel) != SINTER_OK)
        stop(model, diags);
    p->cascade = p->model->parts[p->model->block].cascade;
    p->einsums = calloc((size_t)p->cascade->n_einsums, sizeof *p->einsums);
    p->groups = calloc((size_t)p->cascade->n_einsums, sizeof *p->groups);
    sinter_schedule_init(&p->schedule, p->cascade, p->accel, &p->counting.allocator);
    if (!p->einsums || !p->groups || sinter_strategy_build(strategy, NULL, &p->schedule, diags) != SINTER_OK ||
        sinter_plan_new(p->cascade, p->accel, &p->counting.allocator, diags, &p->plan) != SINTER_OK ||
        sinter_plan_resolve(p->plan, &p->schedule, diags) != SINTER_OK)
        stop(strategy, diags);
    find_loops(p);
    if (p->n_loops == 0)
        stop("no loop whose tile can change", diags);
    sinter_diagnostics_free(diags);
}

static void close_problem(struct problem *p)
{
    sinter_plan_free(p->plan);
    sinter_schedule_free(&p->schedule);
    sinter_accel_free(p->accel);
    sinter_model_free(p->model);
    free(p->einsums);
    free(p->groups);
}

/* ---- timing -------------------------------------------------------------------------------------------------------- */

enum what { NEW_TILES, NEW_TREE, EVALUATE, DETAILED, N_WHAT };
static const char *const what_names[N_WHAT] = {"new-tiles.resolve+evaluate", "new-tree.resolve+evaluate", "evaluate",
                                               "evaluate.per-einsum"};

static double checksum; /* keeps the calls from being optimised away */

static void run_once(struct problem *p, enum what what)
{
    struct sinter_cost cost = {0};
    if (what == DETAILED) {
        cost.einsums = p->einsums;
        cost.groups = p->groups;
    }
    if (what == NEW_TILES) {
        change_a_tile(p);
        sinter_plan_resolve(p->plan, &p->schedule, NULL);
    } else if (what == NEW_TREE) { /* a whole schedule is a part of itself, and nothing is kept from one to the other */
        p->is_part = !p->is_part;
        if (p->is_part)
            sinter_plan_resolve_part(p->plan, &p->schedule, NULL);
        else
            sinter_plan_resolve(p->plan, &p->schedule, NULL);
    }
    sinter_cost_evaluate(p->plan, &cost);
    checksum += cost.cycles + (double)p->plan->dram_read_bits;
}

static double time_ns(struct problem *p, enum what what)
{
    enum { N_BATCHES = 31, BATCH = 2000 };
    double per_call[N_BATCHES];
    for (int b = 0; b < N_BATCHES; b++) {
        double start = cpu_ns();
        for (int i = 0; i < BATCH; i++)
            run_once(p, what);
        per_call[b] = (cpu_ns() - start) / BATCH;
    }
    return median(per_call, N_BATCHES);
}

/* Requests to the plan's allocator and, where it can be seen, to malloc, over many calls. */
static int64_t count_allocations(struct problem *p)
{
    int64_t before = p->counting.n_requests + n_mallocs;
    for (int i = 0; i < 1000; i++)
        run_once(p, (enum what)(i % N_WHAT));
    return p->counting.n_requests + n_mallocs - before;
}

/* ---- the naive way: walk the tree ---------------------------------------------------------------------------------- */

struct walk {
    const struct problem *p;
    int64_t size[SINTER_MAX_RANKS];
    double points; /* scalar iteration points, and elements of operands and results, over all executions */
};

static void walk_leaf(struct walk *walk, const struct sinter_plan_node *node)
{
    const struct sinter_cascade *cascade = walk->p->cascade;
    for (int i = 0; i < node->n_members; i++) {
        const struct sinter_einsum *einsum = &cascade->einsums[walk->p->plan->members[node->first_member + i]];
        double points = 1;
        for (int k = 0; k < einsum->n_ranks; k++)
            points *= (double)walk->size[einsum->rank_order[k]];
        for (int k = 0; k < einsum->n_operands; k++) {
            const struct sinter_tensor *t = &cascade->tensors[einsum->operands[k].tensor];
            double elements = 1;
            for (int d = 0; d < t->n_dims; d++)
                elements *= (double)walk->size[t->dims[d]];
            points += elements;
        }
        walk->points += points;
    }
}

static void walk_node(struct walk *walk, int index)
{
    const struct sinter_plan_node *node = &walk->p->plan->nodes[index];
    if (node->n_members > 0) {
        walk_leaf(walk, node);
        return;
    }
    bool is_loop = node->kind == SINTER_LOOP;
    int64_t range = is_loop ? walk->size[node->rank] : 1, step = is_loop ? node->tile : 1;
    for (int64_t start = 0; start < range; start += step) {
        if (is_loop)
            walk->size[node->rank] = range - start < step ? range - start : step;
        for (int child = index + 1; child < node->end; child = walk->p->plan->nodes[child].end)
            walk_node(walk, child);
    }
    if (is_loop)
        walk->size[node->rank] = range;
}

static double walk_ns(const struct problem *p)
{
    enum { N_BATCHES = 5 };
    double times[N_BATCHES];
    struct walk walk = {.p = p};
    for (int r = 0; r < p->cascade->n_ranks; r++)
        walk.size[r] = p->cascade->ranks[r].extent;
    for (int b = 0; b < N_BATCHES; b++) {
        double start = cpu_ns();
        for (int g = 0; g < p->plan->n_groups; g++)
            walk_node(&walk, p->plan->groups[g].node);
        times[b] = cpu_ns() - start;
    }
    checksum += walk.points;
    return median(times, N_BATCHES);
}

/* ---- main ---------------------------------------------------------------------------------------------------------- */

static void print_metric(const char *strategy, const char *what, double value, const char *unit, double target)
{
    char metric[96];
    snprintf(metric, sizeof metric, "%s.%s", strategy, what);
    print_line("cost", metric, value, unit, target);
}

static void bench_strategy(const char *strategy)
{
    enum { MOST_NS = 2000 }; /* one evaluation of a 22-Einsum block */
    struct problem p;
    open_problem(&p, "mamba-2.8b", 2048, strategy);
    print_metric(strategy, "einsums", p.cascade->n_einsums, "count", 22);
    for (int what = 0; what < N_WHAT; what++)
        print_metric(strategy, what_names[what], time_ns(&p, (enum what)what), "ns", MOST_NS);
    print_metric(strategy, COUNTS_MALLOC ? "allocations" : "allocations.by-allocator", (double)count_allocations(&p),
                 "count", 0);
    close_problem(&p);
}

/* How much slower the naive way is. Its time grows with the executions of the leaves, the closed form's does not. */
static void bench_walk(const char *strategy, const char *model, int64_t tokens)
{
    struct problem p;
    char what[64];
    open_problem(&p, model, tokens, strategy);
    double closed = time_ns(&p, NEW_TREE), walked = walk_ns(&p);
    snprintf(what, sizeof what, "%s.L%lld.walk", model, (long long)tokens);
    print_metric(strategy, what, walked, "ns", -1);
    snprintf(what, sizeof what, "%s.L%lld.walk/closed", model, (long long)tokens);
    print_metric(strategy, what, walked / closed, "ratio", -1);
    close_problem(&p);
}

int main(void)
{
    const char *strategy;
    for (int i = 0; (strategy = sinter_strategy_name(i)) != NULL; i++)
        bench_strategy(strategy);
    static const char *const walked[] = {"unfused", "fuse-all"};
    for (int i = 0; i < 2; i++) {
        bench_walk(walked[i], "mamba-130m", 64);
        bench_walk(walked[i], "mamba-2.8b", 2048);
    }
    if (!(checksum >= 0)) {
        fprintf(stderr, "bench: a price is not a number\n");
        return 1;
    }
    return 0;
}
