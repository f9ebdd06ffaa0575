/* commands.c: tile commands in words; the first ones of a schedule as a table and as JSON.
 * SPDX-License-Identifier: MIT
 */
#include "report/commands.h"

static void append_range(struct sinter_text *out, const char *name, int64_t low, int64_t high, bool is_first)
{
    sinter_text_printf(out, "%s%s%s%lld:%lld", is_first ? "" : ", ", name, name[0] != '\0' ? " " : "", (long long)low,
                       (long long)high);
}

static void describe_compute(const struct sinter_plan *plan, const struct sinter_program *program, int node,
                             struct command_words *words)
{
    const struct sinter_plan_node *leaf = &plan->nodes[node];
    const struct sinter_ranges *now = sinter_program_ranges(program);
    sinter_rank_set ranks = 0;
    for (int m = 0; m < leaf->n_members; m++) {
        const struct sinter_einsum *einsum = &plan->cascade->einsums[plan->members[leaf->first_member + m]];
        sinter_text_printf(&words->what, "%s%s", m > 0 ? " " : "", einsum->name);
        ranks |= einsum->ranks;
    }
    words->name_length = words->what.length;
    sinter_text_printf(&words->what, " on %s", plan->accel->units[leaf->unit].name);
    bool is_first = true;
    for (int r = 0; r < plan->cascade->n_ranks; r++) {
        if ((ranks >> r & 1) == 0)
            continue;
        int64_t start = now->start[r];
        append_range(&words->box, plan->cascade->ranks[r].variable, start, start + now->size[r], is_first);
        is_first = false;
    }
}

static void describe_tile(const struct sinter_plan *plan, const struct sinter_program *program,
                          const struct sinter_command *command, struct command_words *words)
{
    static const char *const kinds[] = {"", "", "", " carry"};
    const struct sinter_tile *tile = &plan->tiles[command->tile];
    sinter_text_printf(&words->what, "%s%s", plan->cascade->tensors[tile->tensor].name, kinds[tile->kind]);
    words->name_length = words->what.length;
    sinter_text_append(&words->box, "[");
    int64_t low[SINTER_MAX_DIMS], high[SINTER_MAX_DIMS];
    int n_dims = sinter_program_box(program, command, low, high);
    for (int d = 0; d < n_dims; d++)
        append_range(&words->box, "", low[d], high[d], d == 0);
    sinter_text_append(&words->box, "]");
    words->memory = plan->accel->memories[tile->memory].name;
    if (command->kind != SINTER_FREE)
        words->other = plan->accel->memories[tile->source < 0 ? 0 : plan->tiles[tile->source].memory].name;
    words->bytes = sinter_bits_to_bytes(command->bits);
    words->state_bytes = sinter_bits_to_bytes(command->state_bits);
}

void command_describe(const struct sinter_plan *plan, const struct sinter_program *program,
                      const struct sinter_command *command, struct command_words *words)
{
    *words = (struct command_words){.memory = NULL};
    if (command->kind == SINTER_COMPUTE)
        describe_compute(plan, program, command->node, words);
    else
        describe_tile(plan, program, command, words);
}

void command_words_free(struct command_words *words)
{
    sinter_text_free(&words->what);
    sinter_text_free(&words->box);
}

/* ---- text ---------------------------------------------------------------------------------------------------------- */

static void add_row(struct sinter_table *table, int64_t number, const struct sinter_command *command,
                    const struct command_words *words)
{
    sinter_table_row(table, command->kind == SINTER_FREE ? SINTER_FAINT : SINTER_PLAIN);
    sinter_table_cellf(table, "%lld", (long long)number);
    sinter_table_cell(table, sinter_command_name(command->kind));
    sinter_table_cell(table, sinter_text_data(&words->what));
    sinter_table_cell(table, sinter_text_data(&words->box));
    bool moves = command->kind == SINTER_LOAD || command->kind == SINTER_STORE;
    sinter_table_cell(table, moves ? show_traffic(words->bytes).text : "");
    sinter_table_cell(table, moves && words->state_bytes > 0 ? show_traffic(words->state_bytes).text : "");
    if (command->kind == SINTER_LOAD)
        sinter_table_cellf(table, "%s from %s", words->memory, words->other);
    else if (command->kind == SINTER_STORE)
        sinter_table_cellf(table, "%s to %s", words->memory, words->other);
    else
        sinter_table_cell(table, words->memory != NULL ? words->memory : "");
}

enum sinter_status commands_text(const struct sinter_part_result *part, int64_t n, bool is_colored, struct sinter_text *out)
{
    struct sinter_program *program = NULL;
    struct sinter_command command;
    if (n == 0 || !part->has_plan)
        return SINTER_OK;
    enum sinter_status status = sinter_program_new(part->plan, NULL, NULL, &program);
    if (status != SINTER_OK)
        return status;
    struct sinter_table *table = sinter_table_new(NULL);
    static const char *const headers[] = {"", "command", "what", "tile or ranges", "bytes", "of state", "where"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        sinter_table_column(table, headers[i], i == 0 ? SINTER_RIGHT : i == 4 || i == 5 ? SINTER_UNIT : SINTER_LEFT);
    int64_t number = 0;
    while (number < n && sinter_program_next(program, &command)) {
        struct command_words words;
        command_describe(part->plan, program, &command, &words);
        add_row(table, ++number, &command, &words);
        command_words_free(&words);
    }
    bool has_more = sinter_program_next(program, &command);
    sinter_text_printf(out, "\nCommands (%s %lld of the %s)\n", has_more ? "the first" : "all", (long long)number,
                       part->name);
    status = sinter_table_print(table, is_colored, out);
    sinter_table_free(table);
    sinter_program_free(program);
    return status;
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------- */

json_t *jot_command(struct jot *jot, const struct sinter_command *command, const struct command_words *words)
{
    json_t *object = jot_object(jot);
    bool is_compute = command->kind == SINTER_COMPUTE;
    jot->failed = jot->failed || words->what.failed || words->box.failed;
    jot_put(jot, object, "command", jot_text(jot, sinter_command_name(command->kind)));
    jot_put(jot, object, "what", jot_text(jot, sinter_text_data(&words->what)));
    jot_put(jot, object, is_compute ? "ranges" : "tile", jot_text(jot, sinter_text_data(&words->box)));
    if (command->kind == SINTER_LOAD || command->kind == SINTER_STORE) {
        jot_put(jot, object, "bytes", jot_count(jot, words->bytes));
        jot_put(jot, object, "state_bytes", jot_count(jot, words->state_bytes));
        jot_put(jot, object, command->kind == SINTER_LOAD ? "from" : "to", jot_text(jot, words->other));
    }
    if (words->memory != NULL)
        jot_put(jot, object, "memory", jot_text(jot, words->memory));
    return object;
}

json_t *jot_commands(struct jot *jot, const struct sinter_part_result *part, int64_t n)
{
    struct sinter_program *program = NULL;
    struct sinter_command command;
    json_t *array = jot_array(jot);
    if (!part->has_plan)
        return array;
    if (sinter_program_new(part->plan, NULL, NULL, &program) != SINTER_OK) {
        jot->failed = true;
        return array;
    }
    for (int64_t i = 0; i < n && sinter_program_next(program, &command); i++) {
        struct command_words words;
        command_describe(part->plan, program, &command, &words);
        jot_add(jot, array, jot_command(jot, &command, &words));
        command_words_free(&words);
    }
    sinter_program_free(program);
    return array;
}
