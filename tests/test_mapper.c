/* test_mapper.c: what the mapper says of a tree is what the plan says of it.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random_case.h"
#include "search/mapper.h"

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static int check_piece(struct mapper *mapper, struct random_case *c, const struct piece *piece, bool is_told)
{
    struct sinter_schedule out;
    const struct sinter_plan *plan = mapper->plan;
    int n_wrong = 0;
    sinter_schedule_init(&out, c->cascade, c->accel, NULL);
    sinter_schedule_group(&out);
    emit_shape(mapper, piece->shape, &out);
    sinter_schedule_close(&out);
    enum sinter_status status = sinter_plan_resolve_part(mapper->plan, &out, c->diags);
    struct sinter_cost cost = {.einsums = mapper->einsums};
    double cycles[SINTER_MAX_UNITS] = {0};
    if (status == SINTER_OK) { /* what is kept is legal and fits */
        sinter_cost_evaluate(plan, &cost);
        for (int i = 0; i < plan->n_members; i++)
            cycles[mapper->unit_of[plan->members[i]]] += mapper->einsums[plan->members[i]].compute_cycles;
        n_wrong += (double)plan->dram_read_bits != piece->read_bits || (double)plan->dram_write_bits != piece->written_bits;
        n_wrong += (double)plan->groups[0].first_load_bits != piece->first_bits ||
                   (double)plan->groups[0].last_store_bits != piece->last_bits;
        for (int m = 1; m < c->accel->n_memories; m++)
            n_wrong += plan->peak_bits[m] != piece->bits[m];
        for (int u = 0; u < c->accel->n_units; u++)
            n_wrong += cycles[u] > piece->cycles[u] * (1 + 1e-9) || cycles[u] < piece->cycles[u] * (1 - 1e-9);
    } else {
        n_wrong = 1;
    }
    if (n_wrong && is_told) {
        struct sinter_text text = {0};
        sinter_cascade_print(c->cascade, &text);
        sinter_schedule_print(&out, &text);
        fprintf(stderr, "seed %llu: status %d\n%s", (unsigned long long)c->seed, status, text.data);
        fprintf(stderr, "first %g %g last %g %g ", (double)plan->groups[0].first_load_bits, piece->first_bits,
                (double)plan->groups[0].last_store_bits, piece->last_bits);
        fprintf(stderr, "read %g %g written %g %g", (double)plan->dram_read_bits, piece->read_bits,
                (double)plan->dram_write_bits, piece->written_bits);
        for (int m = 1; m < c->accel->n_memories; m++)
            fprintf(stderr, " peak %g %g", (double)plan->peak_bits[m], (double)piece->bits[m]);
        for (int u = 0; u < c->accel->n_units; u++)
            fprintf(stderr, " cycles %g %g", cycles[u], piece->cycles[u]);
        fprintf(stderr, "\n");
        for (int i = 0; i < plan->n_tiles; i++)
            fprintf(stderr, "  %s kind %d memory %d begin %d end %d bits %lld load %lld store %lld\n",
                    c->cascade->tensors[plan->tiles[i].tensor].name, plan->tiles[i].kind, plan->tiles[i].memory,
                    plan->tiles[i].begin, plan->tiles[i].end, (long long)plan->tiles[i].footprint_bits,
                    (long long)plan->tiles[i].load_bits, (long long)plan->tiles[i].store_bits);
        sinter_text_free(&text);
    }
    sinter_schedule_free(&out);
    return n_wrong != 0;
}

static void pieces_are_what_the_plan_says(void **state)
{
    (void)state;
    struct sinter_arena *arena = sinter_arena_new(NULL);
    uint64_t first = number_from("SINTER_SEED", 0), n_cases = number_from("SINTER_CASES", 60);
    int n_wrong = 0, n_pieces = 0;
    long long n_priced = 0;
    for (uint64_t seed = first; seed < first + n_cases; seed++) {
        struct random_case c;
        struct lattice lattice;
        struct mapper mapper = {0};
        int unit_of[64];
        struct sinter_arena_mark mark = sinter_arena_mark(arena);
        assert_true(random_case_open(&c, seed));
        assert_int_equal(lattice_new(c.cascade, 4096, arena, c.diags, &lattice), SINTER_OK);
        mapper = (struct mapper){.cascade = c.cascade,
                                 .accel = c.accel,
                                 .lattice = &lattice,
                                 .arena = arena,
                                 .unit_of = unit_of,
                                 .most_tiles = (int)number_from("SINTER_TILES", 2),
                                 .most_tiers = 3};
        mapper.einsums = sinter_arena_alloc(arena, 64, sizeof *mapper.einsums);
        mapper.is_ignored = sinter_arena_alloc(arena, (size_t)c.cascade->n_tensors, sizeof *mapper.is_ignored);
        sinter_schedule_init(&mapper.scratch, c.cascade, c.accel, NULL);
        bool can_run = true;
        for (int e = 0; e < c.cascade->n_einsums; e++) {
            unit_of[e] = 0;
            while (unit_of[e] < c.accel->n_units &&
                   !sinter_unit_can_run(&c.accel->units[unit_of[e]], &c.cascade->einsums[e], NULL))
                unit_of[e]++;
            can_run &= unit_of[e] < c.accel->n_units;
        }
        assert_int_equal(sinter_plan_new(c.cascade, c.accel, NULL, c.diags, &mapper.plan), SINTER_OK);
        for (int i = 0; i < lattice.n_sets && can_run; i++)
            for (int j = i + 1; j < lattice.n_sets; j++) {
                struct front front;
                einsum_set from = lattice.sets[i], to = lattice.sets[j];
                if ((from & ~to) != 0 || __builtin_popcountll(to & ~from) > 3)
                    continue;
                mapper.n_priced = 0;
                mapper.most_priced = 4000;
                struct sinter_arena_mark inner = sinter_arena_mark(arena);
                assert_true(map_group(&mapper, from, to, &front));
                for (int k = 0; k < front.n; k++)
                    n_wrong += check_piece(&mapper, &c, &front.pieces[k], n_wrong < 3);
                n_priced += mapper.n_priced;
                n_pieces += front.n;
                sinter_arena_reset(arena, inner);
            }
        sinter_plan_free(mapper.plan);
        sinter_schedule_free(&mapper.scratch);
        random_case_close(&c);
        sinter_arena_reset(arena, mark);
    }
    printf("%d pieces, %lld priced\n", n_pieces, n_priced);
    assert_true(n_pieces > (int)n_cases);
    assert_int_equal(n_wrong, 0);
    sinter_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pieces_are_what_the_plan_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
