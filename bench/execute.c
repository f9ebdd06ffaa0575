/* execute.c: how fast schedules execute, against kernels by hand and the machine's own limits.
 *
 *     machine.WHAT           what the memory, and exp on numbers in the first cache, can do
 *     hand.WHAT              selective scans written by hand (execute/scan.h); hand.fused, the fastest one, is the yardstick
 *     fused.dD.lL            the same scan, executed: the program of a schedule with tiles of D channels and L tokens
 *     fused.WHAT             the best of those. run: the program alone; execute: sinter_execute, which builds the executor,
 *                            too
 *     unfused.WHAT           every Einsum alone, token by token
 *     product.WHAT           a matrix product: the input projection of mamba-130m
 *     block.TYPE.ARITHMETIC  the block of mamba-130m, strategy mem-aware, on MARCA
 * SPDX-License-Identifier: MIT
 *
 * fp32 unless a type is named. The least of several runs: one thread in its own time, two (2T) by the wall clock. All memory
 * has been touched before: what the system takes to hand it out for the first time is not in these numbers.
 */
#include "line.h"

#include "execute/byhand.h"
#include "execute/job.h"

#include <string.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(HAS_OPENBLAS)
#include <cblas.h>
#endif

enum { TARGET_HAND = 2, TARGET_UNFUSED = 5 }; /* executed / by hand; unfused / fused */

/* ---- the scan ------------------------------------------------------------------------------------------------------- */

static const char scan_text[] = "cascade: scan\ntype: fp32\nranks: {L: 2048, D: 5120, N: 16}\ntensors:\n"
                                "  DT: {ranks: [L, D], role: input}\n  X: {ranks: [L, D], role: input}\n"
                                "  B: {ranks: [L, N], role: input}\n  C: {ranks: [L, N], role: input}\n"
                                "  A: {ranks: [D, N], role: weight}\n  H0: {ranks: [D, N], role: state}\n"
                                "  H: {ranks: [L, D, N], state: H0}\n  Y: {ranks: [L, D], role: output}\neinsums:\n"
                                "  - DA[l,d,n] = exp(DT[l,d] * A[d,n])\n  - DTX[l,d] = DT[l,d] * X[l,d]\n"
                                "  - BX[l,d,n] = DTX[l,d] * B[l,n]\n"
                                "  - H[l,d,n] = DA[l,d,n] * H[l-1,d,n] + BX[l,d,n]\n"
                                "  - Y[l,d] = C[l,n] * H[l,d,n]\n";

static const char fused_text[] = "group\n  for d in D by %d\n    hold A in buffer\n    carry H in buffer\n"
                                 "    for l in L by %d\n      hold DT in buffer\n      hold X in buffer\n"
                                 "      hold B in buffer\n      hold C in buffer\n      chain\n"
                                 "        DA on array\n        DTX on array\n        BX on array\n"
                                 "        H on array\n        Y on array\n";

static const char unfused_text[] = "group\n  hold A in buffer\n  for l in L by 1\n    DA on array\n"
                                   "group\n  for l in L by 1\n    DTX on array\n"
                                   "group\n  for l in L by 1\n    BX on array\n"
                                   "group\n  carry H in buffer\n  for l in L by 1\n    H on array\n"
                                   "group\n  for l in L by 1\n    Y on array\n";

static void schedule_fused(struct problem *p, int channels, int tokens)
{
    char text[sizeof fused_text + 32];
    snprintf(text, sizeof text, fused_text, channels, tokens);
    problem_schedule(p, text);
}

static void print_executed(const char *name, struct executed executed)
{
    char metric[96];
    snprintf(metric, sizeof metric, "%s.run", name);
    print_metric(metric, executed.run_ns / 1e6, "ms", -1);
    snprintf(metric, sizeof metric, "%s.execute", name);
    print_metric(metric, executed.execute_ns / 1e6, "ms", -1);
}

/* Schedules the best tiles. */
static void find_tiles(struct problem *p)
{
    static const int channels[] = {128, 256, 512, 1024}, tokens[] = {1, 4, 16, 64, 128, 256};
    double least = 0;
    int best[2] = {0};
    for (size_t d = 0; d < sizeof channels / sizeof *channels; d++) {
        for (size_t l = 0; l < sizeof tokens / sizeof *tokens; l++) {
            char metric[64];
            schedule_fused(p, channels[d], tokens[l]);
            double ns = problem_run_ns(p, 1);
            snprintf(metric, sizeof metric, "fused.d%d.l%d", channels[d], tokens[l]);
            print_metric(metric, ns / 1e6, "ms", -1);
            if (least == 0 || ns < least) {
                least = ns;
                best[0] = channels[d];
                best[1] = tokens[l];
            }
        }
    }
    print_metric("fused.d", best[0], "count", -1);
    print_metric("fused.l", best[1], "count", -1);
    schedule_fused(p, best[0], best[1]);
}

static struct by_hand bench_hand(const struct problem *p, struct scan_numbers *numbers, double *triad)
{
    struct sinter_execution *execution = problem_execute(p, 0);
    const void *expected = execution->values->images[problem_tensor(p, "Y")];
    *triad = bench_limits(numbers->scan.products);
    struct by_hand by_hand = bench_by_hand(&numbers->scan, expected);
    sinter_execution_free(execution);
    return by_hand;
}

static double lesser(double least, double ns)
{
    return least == 0 || ns < least ? ns : least;
}

/* By turns with the yardsticks, so that a busy neighbour slows all of them. */
static struct executed bench_fused(const struct problem *p, const struct by_hand *by_hand, const struct scan *scan)
{
    enum { TURNS = 3 };
    struct executed fused = {0};
    double hand_ns = 0, exp_ns = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        struct executed executed = problem_time(p, 2);
        hand_ns = lesser(hand_ns, by_hand_ns(by_hand, scan, by_hand->is_exp2));
        exp_ns = lesser(exp_ns, by_hand_ns(by_hand, scan, false));
        fused.bytes = executed.bytes;
        fused.run_ns = lesser(fused.run_ns, executed.run_ns);
        fused.execute_ns = lesser(fused.execute_ns, executed.execute_ns);
    }
    print_executed("fused", fused);
    print_metric("fused.execute.2T", problem_time_threads(p, 2, TURNS) / 1e6, "ms", -1);
    print_metric("fused/hand", fused.run_ns / hand_ns, "ratio", TARGET_HAND);
    print_metric("fused.execute/hand", fused.execute_ns / hand_ns, "ratio", TARGET_HAND);
    print_metric("fused/hand.exp", fused.run_ns / exp_ns, "ratio", TARGET_HAND);
    print_metric("fused.dram", fused.bytes / fused.run_ns, "GB/s", -1);
    return fused;
}

static void bench_scan(void)
{
    struct problem p;
    struct scan_numbers numbers;
    double triad;
    problem_parse(&p, scan_text);
    problem_fill(&p, 32);
    schedule_fused(&p, 512, 16);
    scan_open(&numbers, &p);
    struct by_hand by_hand = bench_hand(&p, &numbers, &triad);
    scan_drop_products(&numbers);
    find_tiles(&p);
    struct executed fused = bench_fused(&p, &by_hand, &numbers.scan);
    scan_close(&numbers);
    problem_schedule(&p, unfused_text);
    struct executed unfused = problem_time(&p, 1);
    print_executed("unfused", unfused);
    print_metric("unfused/fused", unfused.run_ns / fused.run_ns, "ratio", TARGET_UNFUSED);
    print_metric("unfused/hand", unfused.run_ns / by_hand.unfused_ns, "ratio", -1);
    print_metric("unfused.dram", unfused.bytes / unfused.run_ns, "GB/s", -1);
    print_metric("unfused.dram/triad", unfused.bytes / unfused.run_ns / triad, "ratio", -1);
    problem_close(&p);
}

/* ---- a matrix product ----------------------------------------------------------------------------------------------- */

enum { ROWS = 64, INNER = 768, COLUMNS = 3072 }; /* tokens; model width; twice the inner width */

static const char product_text[] = "cascade: product\ntype: fp32\nranks: {L: 64, E: 768, F: 3072}\ntensors:\n"
                                   "  U: {ranks: [L, E], role: input}\n  W: {ranks: [F, E], role: weight}\n"
                                   "  Y: {ranks: [L, F], role: output}\neinsums:\n  - Y[l,f] = U[l,e] * W[f,e]\n";

static double gflops(double ns)
{
    return 2.0 * ROWS * INNER * COLUMNS / ns;
}

#if defined(HAS_OPENBLAS)
static void multiply(const void *job, int i, int n)
{
    float *const *arrays = job;
    (void)i;
    (void)n;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, ROWS, COLUMNS, INNER, 1, arrays[0], INNER, arrays[1], INNER, 0,
                arrays[2], COLUMNS);
}

static void bench_openblas(const struct problem *p, double executed_ns)
{
    int u = problem_tensor(p, "U"), w = problem_tensor(p, "W");
    float *arrays[3] = {numbers_new(ROWS * INNER), numbers_new(COLUMNS * INNER), numbers_new(ROWS * COLUMNS)};
    memcpy(arrays[0], p->in->images[u], sizeof(float) * ROWS * INNER);
    memcpy(arrays[1], p->in->images[w], sizeof(float) * COLUMNS * INNER);
    openblas_set_num_threads(1);
    double ns = job_ns(multiply, arrays, 1);
    print_metric("product.openblas", gflops(ns), "GFLOP/s", -1);
    print_metric("product/openblas", executed_ns / ns, "ratio", -1);
    for (int k = 0; k < 3; k++)
        free(arrays[k]);
}
#endif

static void bench_product(void)
{
    static const int tiles[] = {16, 64, 256, 1024};
    struct problem p;
    double least = 0;
    problem_parse(&p, product_text);
    problem_fill(&p, 32);
    for (int k = 0; k < 4; k++) {
        char text[128], metric[64];
        snprintf(text, sizeof text, "group\n  hold U in buffer\n  for f in F by %d\n    Y on array\n", tiles[k]);
        problem_schedule(&p, text);
        double ns = problem_run_ns(&p, 2);
        snprintf(metric, sizeof metric, "product.f%d", tiles[k]);
        print_metric(metric, gflops(ns), "GFLOP/s", -1);
        least = least == 0 || ns < least ? ns : least;
    }
    print_metric("product", gflops(least), "GFLOP/s", -1);
#if defined(HAS_OPENBLAS)
    bench_openblas(&p, least);
#endif
    problem_close(&p);
}

/* ---- a block -------------------------------------------------------------------------------------------------------- */

static void bench_block(const char *type)
{
    enum { BLOCK_TOKENS = 64, N_BLOCK = 2 };
    struct problem p;
    problem_load(&p, "mamba-130m", BLOCK_TOKENS, type);
    problem_strategy(&p, "mem-aware");
    for (int arithmetic = 32; arithmetic <= 64; arithmetic += 32) {
        char name[64];
        problem_fill(&p, arithmetic);
        snprintf(name, sizeof name, "block.%s.%d", type, arithmetic);
        print_executed(name, problem_time(&p, N_BLOCK));
    }
    problem_close(&p);
}

int main(void)
{
#if defined(__GLIBC__)
    /* What is freed stays with the program: later runs find memory that has been touched. */
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
#endif
    bench_scan();
    bench_product();
    bench_block("fp32");
    bench_block("fp16");
    return 0;
}
