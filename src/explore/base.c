/* base.c: what a sweep is compared with: the accelerator as it is, by the first of the strategies.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "explore/sweep.h"

static enum sinter_status compute_base(struct sinter_sweep *sweep, const struct load *load, const struct sinter_accel *accel,
                                       bool is_readonly, struct store_record *record, bool *is_known)
{
    struct bench *bench = NULL;
    enum sinter_status status = key_of(load, 0, accel, sweep->allocator, record->key);
    record->key[0] ^= 0xff; /* it is looked at more closely than a point like it */
    if (status == SINTER_OK)
        status = store_find(sweep->store, record->key, record, is_known);
    if (status != SINTER_OK || *is_known || is_readonly)
        return status;
    status = bench_new(sweep->experiment, load, grid_strategy(&sweep->grid, 0), sweep->allocator, sweep->diags, &bench);
    if (status == SINTER_OK)
        status = bench_compute(bench, accel, 2, record);
    if (status == SINTER_OK)
        status = store_put(sweep->store, record, 1);
    if (status == SINTER_OK)
        status = store_find(sweep->store, record->key, record, is_known);
    bench_free(bench);
    return status;
}

enum sinter_status find_base(struct sinter_sweep *sweep, bool is_readonly, struct sinter_exploration *exploration)
{
    struct sinter_explore_point *base = &exploration->base;
    struct sinter_accel *accel = NULL;
    struct machine machine;
    enum sinter_status status = grid_base(&sweep->grid, sweep->allocator, sweep->diags, &accel);
    if (status != SINTER_OK)
        return status;
    describe_machine(accel, &machine);
    *base = (struct sinter_explore_point){.index = -1,
                                          .is_built = true,
                                          .area_mm2 = machine.area_mm2,
                                          .memory_bytes = machine.memory_bytes,
                                          .pes = machine.pes,
                                          .hz = machine.hz};
    for (int w = 0; w < sweep->experiment->n_workloads; w++)
        base->workloads[w].is_known = true;
    for (int l = 0; l < sweep->n_loads && status == SINTER_OK; l++) {
        const struct load *load = &sweep->loads[l];
        struct sinter_explored *one = &base->workloads[load->workload];
        struct store_record record = {.status = SINTER_OK};
        bool is_known = false;
        status = compute_base(sweep, load, accel, is_readonly, &record, &is_known);
        one->is_known &= is_known;
        if (status != SINTER_OK || !is_known)
            continue;
        add_record(one, &record, (double)load->count, load->is_block);
        if (record.schedule != NULL && load->is_block) {
            one->schedule = sinter_arena_copy(sweep->arena, record.schedule, strlen(record.schedule));
            status = one->schedule == NULL ? sinter_out_of_memory(sweep->diags) : SINTER_OK;
        }
    }
    if (status == SINTER_OK)
        sum_up_point(sweep, base);
    exploration->has_base = base->fits;
    sinter_accel_free(accel);
    return status;
}
