/* placement.c: which units and which memory a set of Einsums may use.
 * SPDX-License-Identifier: MIT
 */
#include "search/build.h"

static bool can_run(const struct build *build, int unit, int einsum)
{
    return sinter_unit_can_run(&build->accel->units[unit], &build->cascade->einsums[einsum], NULL);
}

/* The unit of an Einsum under a preference: the preferred one, else the first that can run it. */
static int unit_for(const struct build *build, const struct set *set, bool is_chain, int preference, int einsum)
{
    int n = build->accel->n_units;
    bool is_reduction = build->cascade->einsums[einsum].reduced_ranks != 0;
    int preferred = is_reduction ? preference % n : preference / n;
    for (int i = -1; i < n; i++) {
        int unit = i < 0 ? preferred : i;
        bool can = true;
        for (int k = 0; k < set->n_einsums && is_chain; k++)
            can = can && can_run(build, unit, set->einsums[k]);
        if (can && (is_chain || can_run(build, unit, einsum)))
            return unit;
    }
    return -1;
}

/* Does an earlier preference place every Einsum of the set alike? */
static bool is_repeated(const struct build *build, const struct set *set, bool is_chain, int preference)
{
    for (int other = 0; other < preference; other++) {
        bool is_same = true;
        for (int i = 0; i < set->n_einsums && is_same; i++)
            is_same = unit_for(build, set, is_chain, other, set->einsums[i]) ==
                      unit_for(build, set, is_chain, preference, set->einsums[i]);
        if (is_same)
            return true;
    }
    return false;
}

void placement_use(struct build *build, const struct set *set, bool is_chain, const struct placement *placement)
{
    for (int i = 0; i < set->n_einsums; i++)
        build->unit_of[set->einsums[i]] = unit_for(build, set, is_chain, placement->preference, set->einsums[i]);
}

bool placement_next(struct build *build, const struct set *set, bool is_chain, struct placement *placement)
{
    int n = build->accel->n_units;
    if (placement->preference >= 0) { /* the same units, one memory further out */
        placement->memory = build->accel->memories[placement->memory].parent;
        if (placement->memory > 0)
            return true;
    }
    while (++placement->preference < n * n) {
        if (is_repeated(build, set, is_chain, placement->preference))
            continue;
        placement_use(build, set, is_chain, placement);
        if (build->unit_of[set->einsums[0]] < 0)
            return false; /* no unit runs the whole chain */
        placement->memory = build->accel->units[build->unit_of[set->einsums[0]]].memory;
        return true;
    }
    return false;
}

bool placement_reaches(const struct build *build, const struct set *set, int tensor, int memory)
{
    const struct sinter_accel *accel = build->accel;
    const struct sinter_tensor *t = &build->cascade->tensors[tensor];
    if (accel->n_units == 1)
        return true;
    for (int i = -1; i < t->n_readers; i++) {
        int e = i < 0 ? t->producer : t->readers[i];
        if (e >= 0 && set_has(set, e) && !sinter_unit_reaches(accel, &accel->units[build->unit_of[e]], memory))
            return false;
    }
    return true;
}

void placement_hold(const struct build *build, const struct set *set, int result, const struct placement *placement,
                    struct sinter_schedule *out)
{
    const struct sinter_tensor *t = &build->cascade->tensors[result];
    bool is_read_inside = false;
    if (build->accel->units[build->unit_of[t->producer]].memory == placement->memory)
        return;
    for (int r = 0; r < t->n_readers && !is_read_inside; r++)
        is_read_inside = set_has(set, t->readers[r]);
    if (is_read_inside && placement_reaches(build, set, result, placement->memory))
        sinter_schedule_hold(out, result, placement->memory, false);
}
