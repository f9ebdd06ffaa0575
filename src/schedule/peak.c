/* peak.c: the largest sum of live footprints per memory, and why a schedule does not fit.
 * SPDX-License-Identifier: MIT
 *
 * Every tile is live on an interval [begin, end) of plan nodes, and every footprint is largest in the first iteration,
 * so one pass over the tree, adding at `begin` and subtracting at `end`, sees the peak. Only leaves count: a tile that
 * ends where another begins is freed first.
 */
#include "schedule/plan_internal.h"

#include <stdio.h>
#include <string.h>

/* The largest sum over the leaves of a group. */
static void find_peak(struct sinter_plan_workspace *w, struct sinter_group_plan *group, int memory, const int64_t *change)
{
    int64_t live = 0;
    for (int i = group->node; i < w->nodes[group->node].end; i++) {
        live = add(w, live, change[i]);
        if (w->nodes[i].n_members > 0 && live > group->peak_bits[memory]) {
            group->peak_bits[memory] = live;
            group->peak_leaf[memory] = i;
        }
    }
}

void find_peaks(struct sinter_plan *plan)
{
    struct sinter_plan_workspace *w = plan->workspace;
    int n_memories = plan->accel->n_memories;
    size_t stride = (size_t)w->node_capacity + 1;
    for (int m = 1; m < n_memories; m++)
        memset(&w->live[(size_t)m * stride], 0, ((size_t)w->n_nodes + 1) * sizeof *w->live);
    for (int i = 0; i < w->n_tiles; i++) {
        const struct sinter_tile *tile = &w->tiles[i];
        int g = w->nodes[tile->leaf].group;
        int64_t *live = &w->live[(size_t)tile->memory * stride];
        if (!w->is_changed[g])
            continue;
        live[tile->begin] = add(w, live[tile->begin], tile->footprint_bits);
        if (tile->end < w->nodes[w->groups[g].node].end) /* nothing lives on in the next group */
            live[tile->end] = add(w, live[tile->end], -tile->footprint_bits);
    }
    plan->fits = true;
    for (int m = 1; m < n_memories; m++) {
        plan->peak_bits[m] = 0;
        for (int g = 0; g < w->n_groups; g++) {
            if (w->is_changed[g])
                find_peak(w, &w->groups[g], m, &w->live[(size_t)m * stride]);
            if (w->groups[g].peak_bits[m] > plan->peak_bits[m])
                plan->peak_bits[m] = w->groups[g].peak_bits[m];
        }
        if ((double)sinter_bits_to_bytes(plan->peak_bits[m]) > plan->accel->memories[m].capacity_bytes)
            plan->fits = false;
    }
}

static const char *const tile_words[] = {"streamed", "held", "intermediate", "carried"};

/* Memories are sized in powers of two. */
static const char *show_size(int64_t bits, char *buffer, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)sinter_bits_to_bytes(bits);
    int unit = 0;
    for (; value >= 1024 && unit < 5; unit++)
        value /= 1024;
    snprintf(buffer, size, value < 1000 ? "%.3g %s" : "%.4g %s", value, units[unit]);
    return buffer;
}

static void explain_group(const struct sinter_plan *plan, int g, int memory)
{
    struct sinter_plan_workspace *w = plan->workspace;
    const struct sinter_group_plan *group = &w->groups[g];
    int leaf = group->peak_leaf[memory];
    int64_t bytes = sinter_bits_to_bytes(group->peak_bits[memory]);
    char need[32], have[32], size[32], exact[40] = "";
    struct sinter_text lives = {.allocator = w->allocator};
    for (int i = 0; i < w->n_tiles; i++) {
        const struct sinter_tile *tile = &w->tiles[i];
        if (tile->memory != memory || tile->begin > leaf || leaf >= tile->end || tile->footprint_bits == 0)
            continue;
        sinter_text_printf(&lives, "%s%s %s (%s%s)", lives.length > 0 ? ", " : "", plan->cascade->tensors[tile->tensor].name,
                           show_size(tile->footprint_bits, size, sizeof size), tile_words[tile->kind],
                           tile->is_double ? ", double" : "");
    }
    if (bytes >= 1024) /* in B the size is exact as it is */
        snprintf(exact, sizeof exact, " (%lld bytes)", (long long)bytes);
    sinter_report(w->diags, SINTER_ERROR, node_at(w, w->nodes[leaf].source),
                  "use smaller tiles, hold less, split the state over more tiles, or give the accelerator more memory",
                  "group %d needs %s%s of memory '%s', which has %s, while '%s' runs; then live: %s", g + 1,
                  show_size(group->peak_bits[memory], need, sizeof need), exact, plan->accel->memories[memory].name,
                  show_size((int64_t)plan->accel->memories[memory].capacity_bytes * 8, have, sizeof have),
                  plan->cascade->einsums[w->members[w->nodes[leaf].first_member]].name, sinter_text_data(&lives));
    sinter_text_free(&lives);
}

void explain_misfit(const struct sinter_plan *plan)
{
    const struct sinter_plan_workspace *w = plan->workspace;
    for (int m = 1; m < plan->accel->n_memories; m++)
        for (int g = 0; g < w->n_groups; g++)
            if ((double)sinter_bits_to_bytes(w->groups[g].peak_bits[m]) > plan->accel->memories[m].capacity_bytes)
                explain_group(plan, g, m);
}
