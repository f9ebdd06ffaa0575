/* waits.c: the resources, waits and lifetimes of a simulated part, as tables and as JSON.
 * SPDX-License-Identifier: MIT
 */
#include "report/waits.h"

#include <stdlib.h>

void append_resource(struct sinter_text *out, const struct sinter_accel *accel, const struct sinter_resource *resource)
{
    switch (resource->kind) {
    case SINTER_RESOURCE_READ:
        append_clean(out, accel->memories[resource->index].name);
        sinter_text_append(out, " port");
        break;
    case SINTER_RESOURCE_WRITE:
        append_clean(out, accel->memories[resource->index].name);
        sinter_text_append(out, " write port");
        break;
    case SINTER_RESOURCE_LINK:
        sinter_text_append(out, "link of ");
        append_clean(out, accel->memories[resource->index].name);
        break;
    case SINTER_RESOURCE_UNIT:
        append_clean(out, accel->units[resource->index].name);
        break;
    }
}

static double waited(const struct sinter_leaf_timing *leaf)
{
    double sum = 0;
    for (int w = 0; w < SINTER_N_WAITS; w++)
        sum += leaf->wait_cycles[w];
    return sum;
}

/* ---- text ---------------------------------------------------------------------------------------------------------- */

static void resource_lines(struct sinter_text *out, const struct sinter_part_result *part)
{
    const struct sinter_timing *timing = part->timing;
    double drains = 0;
    for (int g = 0; g < part->plan->n_groups; g++)
        drains += timing->groups[g].drain_cycles;
    sinter_text_append(out, "  busy: ");
    for (int r = 0; r < timing->n_resources; r++) {
        sinter_text_append(out, r > 0 ? ", " : "");
        append_resource(out, part->plan->accel, &timing->resources[r]);
        sinter_text_printf(out, " %s", show_percent(timing->resources[r].busy_cycles / part->cycles).text);
    }
    sinter_text_printf(out, "; the last stores of the groups take %s\n", show_percent(drains / part->cycles).text);
}

struct waiter {
    int einsum;
    double cycles;
};

static int by_cycles(const void *a, const void *b)
{
    const struct waiter *left = a, *right = b;
    if (left->cycles != right->cycles)
        return left->cycles > right->cycles ? -1 : 1;
    return left->einsum - right->einsum;
}

static void wait_row(struct sinter_table *table, const struct sinter_part_result *part, const struct waiter *waiter)
{
    const struct sinter_leaf_timing *leaf = &part->timing->leaves[waiter->einsum];
    sinter_table_row(table, SINTER_PLAIN);
    sinter_table_cellf(table, "%d", part->cost.einsums[waiter->einsum].group + 1);
    sinter_table_cell(table, part->cascade->einsums[waiter->einsum].name);
    sinter_table_cell(table, show_cycles(waiter->cycles).text);
    sinter_table_cell(table, show_percent(waiter->cycles / part->cycles).text);
    for (int w = 0; w < SINTER_N_WAITS; w++)
        sinter_table_cell(table, leaf->wait_cycles[w] > 0 ? show_cycles(leaf->wait_cycles[w]).text : "");
    sinter_table_cell(table, leaf->tensor < 0 ? "" : part->cascade->tensors[leaf->tensor].name);
}

static void wait_table(struct sinter_text *out, const struct sinter_part_result *part, struct waiter *waiters, int n,
                       int most, bool is_colored)
{
    static const char *const headers[] = {"group", "einsum",  "unit waits", "share",   "for transfers",
                                          "space", "Einsums", "port",       "most for"};
    struct sinter_table *table = sinter_table_new(out->allocator);
    for (int i = 0; i < 9; i++)
        sinter_table_column(table, headers[i],
                            i == 0 || i == 3   ? SINTER_RIGHT
                            : i == 1 || i == 8 ? SINTER_LEFT
                                               : SINTER_UNIT);
    int shown = most > 0 && n > most ? most : n;
    double rest = 0;
    for (int i = 0; i < shown; i++)
        wait_row(table, part, &waiters[i]);
    for (int i = shown; i < n; i++)
        rest += waiters[i].cycles;
    sinter_table_print(table, is_colored, out);
    if (shown < n)
        sinter_text_printf(out, "  and %s more, %s in all (-v shows them)\n", show_integer(n - shown).text,
                           show_cycles(rest).text);
    sinter_table_free(table);
}

void waits_text(struct sinter_text *out, const struct sinter_part_result *part, int most, bool is_colored)
{
    const struct sinter_timing *timing = part->timing;
    if (!part->is_simulated || part->cycles <= 0)
        return;
    struct waiter *waiters = sinter_allocate(out->allocator, (size_t)part->cascade->n_einsums, sizeof *waiters);
    int n = 0;
    if (waiters == NULL) {
        out->failed = true;
        return;
    }
    for (int e = 0; e < part->cascade->n_einsums; e++)
        if (waited(&timing->leaves[e]) > 0)
            waiters[n++] = (struct waiter){e, waited(&timing->leaves[e])};
    qsort(waiters, (size_t)n, sizeof *waiters, by_cycles);
    resource_lines(out, part);
    if (n > 0)
        wait_table(out, part, waiters, n, most, is_colored);
    sinter_release(out->allocator, waiters);
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------- */

static json_t *resources_member(struct jot *jot, const struct sinter_part_result *part)
{
    static const char *const kinds[] = {"port", "write port", "link", "unit"};
    const struct sinter_accel *accel = part->plan->accel;
    json_t *array = jot_array(jot);
    for (int r = 0; r < part->timing->n_resources; r++) {
        const struct sinter_resource *resource = &part->timing->resources[r];
        json_t *object = jot_object(jot);
        jot_put(jot, object, "kind", jot_text(jot, kinds[resource->kind]));
        jot_put(jot, object, "of",
                jot_text(jot, resource->kind == SINTER_RESOURCE_UNIT ? accel->units[resource->index].name
                                                                     : accel->memories[resource->index].name));
        jot_put(jot, object, "busy_cycles", jot_real(jot, resource->busy_cycles));
        jot_add(jot, array, object);
    }
    return array;
}

static json_t *occupancy_member(struct jot *jot, const struct sinter_part_result *part)
{
    json_t *array = jot_array(jot);
    for (int i = 0; i < part->timing->n_occupancies; i++) {
        const struct sinter_occupancy *occupancy = &part->timing->occupancies[i];
        json_t *object = jot_object(jot), *bytes = jot_array(jot);
        for (int k = 0; k < occupancy->n; k++)
            jot_add(jot, bytes, jot_count(jot, sinter_bits_to_bytes(occupancy->bits[k])));
        jot_put(jot, object, "memory", jot_text(jot, part->plan->accel->memories[occupancy->memory].name));
        jot_put(jot, object, "cycles_per_sample", jot_real(jot, occupancy->cycles_per_sample));
        jot_put(jot, object, "most_bytes", bytes);
        jot_add(jot, array, object);
    }
    return array;
}

static json_t *lifetimes_member(struct jot *jot, const struct sinter_part_result *part)
{
    json_t *array = jot_array(jot);
    for (int i = 0; i < part->timing->n_lifetimes; i++) {
        const struct sinter_lifetime *lifetime = &part->timing->lifetimes[i];
        json_t *object = jot_object(jot);
        jot_put(jot, object, "tensor", jot_text(jot, part->cascade->tensors[lifetime->tensor].name));
        jot_put(jot, object, "memory", jot_text(jot, part->plan->accel->memories[lifetime->memory].name));
        jot_put(jot, object, "group", jot_count(jot, lifetime->group + 1));
        jot_put(jot, object, "bytes", jot_count(jot, sinter_bits_to_bytes(lifetime->bits)));
        jot_put(jot, object, "from_cycle", jot_real(jot, lifetime->from_cycles));
        jot_put(jot, object, "to_cycle", jot_real(jot, lifetime->to_cycles));
        jot_add(jot, array, object);
    }
    return array;
}

json_t *jot_simulation(struct jot *jot, const struct sinter_part_result *part)
{
    if (part->status != SINTER_OK || part->timing == NULL)
        return json_null();
    json_t *object = jot_object(jot);
    jot_put(jot, object, "complete", jot_boolean(part->is_simulated));
    jot_put(jot, object, "commands", jot_count(jot, part->is_simulated ? part->timing->n_commands : -1));
    jot_put(jot, object, "stepped", jot_count(jot, part->timing->n_stepped));
    jot_put(jot, object, "resources", resources_member(jot, part));
    jot_put(jot, object, "occupancy", occupancy_member(jot, part));
    jot_put(jot, object, "lifetimes", lifetimes_member(jot, part));
    return object;
}

void jot_waits(struct jot *jot, json_t *object, const struct sinter_part_result *part, int einsum)
{
    const struct sinter_leaf_timing *leaf = &part->timing->leaves[einsum];
    json_t *waits = jot_object(jot);
    for (int w = 0; w < SINTER_N_WAITS; w++)
        jot_put(jot, waits, sinter_wait_name((enum sinter_wait)w), jot_real(jot, leaf->wait_cycles[w]));
    jot_put(jot, object, "busy_cycles", jot_real(jot, leaf->busy_cycles));
    jot_put(jot, object, "wait_cycles", waits);
    jot_put(jot, object, "waits_for",
            leaf->tensor < 0 ? json_null() : jot_text(jot, part->cascade->tensors[leaf->tensor].name));
}
