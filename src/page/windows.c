/* windows.c: collects the slices of a stretch of a part's timing.
 * SPDX-License-Identifier: MIT
 *
 * A stretch is simulated again with an observer. How wide it may be follows from how many slices a whole simulation has on
 * the average; where it turns out denser than that, it is cut at the start of the first slice that is too many.
 */
#include "page/windows.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_COMMANDS = 1 << 20 };

struct slice {
    int64_t number; /* of its command */
    int resource;
    double start, end;
};

/* What was issued: commands in the order of their numbers. */
struct issued {
    int64_t number;
    enum sinter_command_kind kind;
    int tile, node;
};

struct window {
    const struct sinter_plan *plan;
    double from, to;
    bool is_short_of_memory;
    int64_t n_slices, n_issued, most_slices, most_issued;
    struct slice *slices;
    struct issued *issued;
};

static bool grow(void **array, int64_t n, int64_t *most, size_t size)
{
    if (n < *most)
        return true;
    int64_t more = *most > 0 ? 2 * *most : 256;
    void *larger = realloc(*array, (size_t)more * size);
    if (larger == NULL)
        return false;
    *array = larger;
    *most = more;
    return true;
}

static void see_command(void *context, int64_t number, const struct sinter_command *command,
                        const struct sinter_program *program)
{
    struct window *window = context;
    (void)program;
    void *issued = window->issued;
    if (command->kind == SINTER_FREE || window->n_issued >= MOST_COMMANDS)
        return;
    if (!grow(&issued, window->n_issued, &window->most_issued, sizeof *window->issued)) {
        window->is_short_of_memory = true;
        return;
    }
    window->issued = issued;
    window->issued[window->n_issued++] = (struct issued){number, command->kind, command->tile, command->node};
}

static void see_slice(void *context, int64_t number, int resource, double start, double end)
{
    struct window *window = context;
    double from = fmax(start, window->from), to = fmin(end, window->to);
    void *slices = window->slices;
    if (from >= to || window->n_slices >= MOST_COMMANDS)
        return;
    if (!grow(&slices, window->n_slices, &window->most_slices, sizeof *window->slices)) {
        window->is_short_of_memory = true;
        return;
    }
    window->slices = slices;
    window->slices[window->n_slices++] = (struct slice){number, resource, from, to};
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    if (x->start < y->start || x->start > y->start)
        return x->start < y->start ? -1 : 1;
    return x->resource != y->resource ? (x->resource > y->resource) - (x->resource < y->resource)
                                      : (x->number > y->number) - (x->number < y->number);
}

/* The command of a number; NULL: it was issued before iterations that were left out. */
static const struct issued *find_issued(const struct window *window, int64_t number)
{
    int64_t low = 0, high = window->n_issued;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (window->issued[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < window->n_issued && window->issued[low].number == number ? &window->issued[low] : NULL;
}

static void describe(struct sinter_text *out, const struct sinter_plan *plan, const struct issued *issued)
{
    if (issued == NULL) {
        sinter_text_append(out, "store"); /* only stores wait so long */
        return;
    }
    if (issued->kind != SINTER_COMPUTE) {
        sinter_text_printf(out, "%s %s", sinter_command_name(issued->kind),
                           plan->cascade->tensors[plan->tiles[issued->tile].tensor].name);
        return;
    }
    const struct sinter_plan_node *node = &plan->nodes[issued->node];
    for (int m = 0; m < node->n_members; m++)
        sinter_text_printf(out, "%s%s", m > 0 ? " " : "",
                           plan->cascade->einsums[plan->members[node->first_member + m]].name);
}

/* The index of a name in the list, which it is added to if it is new. */
static int64_t name_index(struct jot *jot, json_t *names, json_t *indices, const char *name)
{
    json_t *known = json_object_get(indices, name);
    if (known != NULL)
        return json_integer_value(known);
    int64_t index = (int64_t)json_array_size(names);
    jot_add(jot, names, jot_text(jot, name));
    json_object_set_new(indices, name, json_integer(index)); /* a name that is no UTF-8 is listed each time */
    return index;
}

static json_t *slice_member(struct jot *jot, const struct window *window, const struct slice *slice, json_t *names,
                            json_t *indices)
{
    struct sinter_text name = {0};
    json_t *array = jot_array(jot);
    describe(&name, window->plan, find_issued(window, slice->number));
    jot->failed = jot->failed || name.failed;
    jot_add(jot, array, jot_count(jot, slice->resource));
    jot_add(jot, array, jot_count(jot, name_index(jot, names, indices, sinter_text_data(&name))));
    jot_add(jot, array, jot_real(jot, slice->start));
    jot_add(jot, array, jot_real(jot, slice->end));
    sinter_text_free(&name);
    return array;
}

static json_t *window_member(struct jot *jot, struct window *window, const char *title)
{
    json_t *object = jot_object(jot), *names = jot_array(jot), *slices = jot_array(jot), *indices = jot_object(jot);
    double to = window->to;
    if (window->n_slices > 0)
        qsort(window->slices, (size_t)window->n_slices, sizeof *window->slices, by_start);
    if (window->n_slices > WINDOW_SLICES)
        to = window->slices[WINDOW_SLICES].start;
    for (int64_t s = 0; s < window->n_slices && window->slices[s].start < to; s++) {
        window->slices[s].end = fmin(window->slices[s].end, to);
        jot_add(jot, slices, slice_member(jot, window, &window->slices[s], names, indices));
    }
    json_decref(indices);
    jot_put(jot, object, "title", jot_text(jot, title));
    jot_put(jot, object, "from_cycle", jot_real(jot, window->from));
    jot_put(jot, object, "to_cycle", jot_real(jot, to));
    jot_put(jot, object, "names", names);
    jot_put(jot, object, "slices", slices);
    return object;
}

/* ---- stretches ----------------------------------------------------------------------------------------------------- */

static void add_window(struct jot *jot, json_t *array, const struct sinter_part_result *part, const char *title, double from,
                       double to)
{
    struct window window = {.plan = part->plan, .from = from, .to = to};
    struct sinter_observer observer = {&window, from, to, see_command, see_slice, NULL};
    struct sinter_sim_options options = {.observer = &observer, .most_stepped = MOST_COMMANDS};
    struct sinter_timing *timing = NULL;
    enum sinter_status status = sinter_simulate(part->plan, part->cost.einsums, &options, NULL, NULL, &timing);
    jot->failed = jot->failed || window.is_short_of_memory || status == SINTER_NO_MEMORY;
    if (status == SINTER_OK && !jot->failed && window.n_slices > 0)
        jot_add(jot, array, window_member(jot, &window, title));
    sinter_timing_free(timing);
    free(window.slices);
    free(window.issued);
}

static int longest_group(const struct sinter_part_result *part)
{
    int longest = 0;
    for (int g = 1; g < part->plan->n_groups; g++)
        if (part->timing->groups[g].cycles > part->timing->groups[longest].cycles)
            longest = g;
    return longest;
}

json_t *jot_windows(struct jot *jot, const struct sinter_part_result *part)
{
    json_t *array = jot_array(jot);
    if (part->status != SINTER_OK || !part->is_simulated || part->timing->n_commands == 0)
        return array;
    double width = part->cycles * (0.75 * WINDOW_SLICES) / (double)part->timing->n_commands;
    const struct sinter_group_timing *group = &part->timing->groups[longest_group(part)];
    if (width >= 0.5 * part->cycles) {
        add_window(jot, array, part, "the whole schedule", 0, part->cycles);
        return array;
    }
    double middle = floor(group->start_cycles + 0.5 * group->cycles);
    add_window(jot, array, part, "the beginning", 0, fmax(1, ceil(width)));
    add_window(jot, array, part, "the middle of the longest group", middle,
               fmin(middle + fmax(1, ceil(width)), part->cycles));
    return array;
}
