/* units.c: the `units:` of an accelerator: PEs, throughput and energy per class of operation, spatial rules.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "accel/reader.h"

static const char *const unit_keys[] = {"name", "at", "pes", "cycles", "energy", "spatial", "precision", "pe_area"};
static const char *const rule_keys[] = {"only", "pes"};
static const struct bounds cycles_bounds = {1e-6, 1e9, "1e-6 to 1e9"};
static const struct bounds energy_bounds = {0, 1e12, "at most 1 J"};
static const char *const only_names[] = {"any", "elementwise", "reduction"};

/* The class that a key names. */
static bool read_class(struct reader *reader, const struct yaml_node *member, const char *unit, enum sinter_op *op)
{
    const char *names[SINTER_N_OPS];
    char hint[MAX_HINT];

    if (sinter_op_find(member->key, op))
        return true;
    for (int i = 0; i < SINTER_N_OPS; i++)
        names[i] = sinter_op_name((enum sinter_op)i);
    return reader_check(reader,
                        sinter_error(reader->diags, member->key_at, hint_for(hint, member->key, names, SINTER_N_OPS, NULL),
                                     "unknown class of operation '%s' of unit '%s'", member->key, unit));
}

static void read_memory_of(struct reader *reader, const struct yaml_node *part, struct sinter_unit *unit)
{
    struct sinter_accel *accel = reader->accel;
    const struct yaml_node *node = yaml_get(part, "at");
    char hint[MAX_HINT];

    if (!node) {
        reader_check(reader,
                     sinter_error(reader->diags, part->at, "add 'at: MEMORY', the memory whose tiles it reads and writes",
                                  "unit '%s' has no 'at'", unit->name));
        return;
    }
    if (!reader_check(reader, yaml_expect(node, YAML_SCALAR, "'at' of a unit", reader->diags)))
        return;
    unit->memory = sinter_accel_memory(accel, node->text);
    if (unit->memory >= 0)
        return;
    reader_check(reader, sinter_error(reader->diags, node->at, hint_memory(hint, accel, node->text, NULL),
                                      "unknown memory '%s' of unit '%s'", node->text, unit->name));
}

static void read_pes(struct reader *reader, const struct yaml_node *part, struct sinter_unit *unit)
{
    const struct yaml_node *node = yaml_get(part, "pes"), *one;
    char what[128];

    if (!node) {
        reader_check(reader, sinter_error(reader->diags, part->at, "add the shape of its array, such as 'pes: [64, 128]'",
                                          "unit '%s' has no 'pes'", unit->name));
        return;
    }
    snprintf(what, sizeof what, "pes of unit '%.64s'", unit->name);
    if (node->kind == YAML_MAPPING) {
        reader_check(reader, yaml_expect(node, YAML_SEQUENCE, what, reader->diags));
        return;
    }
    if (node->kind == YAML_SEQUENCE && (node->n_children < 1 || node->n_children > SINTER_MAX_PE_DIMS)) {
        reader_check(reader, sinter_error(reader->diags, node->at, NULL, "%s has %d dimensions, but 1 to %d are possible",
                                          what, node->n_children, SINTER_MAX_PE_DIMS));
        return;
    }
    unit->n_pes = 1;
    for (one = node->kind == YAML_SCALAR ? node : node->first; one; one = node->kind == YAML_SCALAR ? NULL : one->next) {
        int64_t *extent = &unit->pes[unit->n_dims];
        if (!reader_check(reader, yaml_integer(one, what, 1, INT64_MAX, reader->diags, extent)))
            return;
        unit->n_dims++;
        if (!sinter_multiply(unit->n_pes, *extent, &unit->n_pes) || unit->n_pes > MAX_PES) {
            reader_check(reader, sinter_error(reader->diags, node->at, NULL, "%s: expected fewer than 2^40 in all", what));
            return;
        }
    }
}

static void read_cycles(struct reader *reader, const struct yaml_node *part, struct sinter_unit *unit)
{
    const struct yaml_node *node = yaml_get(part, "cycles");
    char what[128];
    enum sinter_op op;

    snprintf(what, sizeof what, "cycles of unit '%.64s'", unit->name);
    if (!node || (node->kind == YAML_MAPPING && node->n_children == 0)) {
        reader_check(reader, sinter_error(reader->diags, node ? node->at : part->at,
                                          "add the classes that it can run, such as 'cycles: {mac: 1, exp: 4}'",
                                          "unit '%s' has no 'cycles'", unit->name));
        return;
    }
    if (!reader_check(reader, yaml_expect(node, YAML_MAPPING, what, reader->diags)))
        return;
    for (const struct yaml_node *member = node->first; member; member = member->next) {
        double cycles = 0;
        if (!read_class(reader, member, unit->name, &op))
            continue;
        snprintf(what, sizeof what, "cycles of '%s' of unit '%.64s'", sinter_op_name(op), unit->name);
        if (!reader_check(reader, yaml_number(member, what, reader->diags, &cycles)))
            continue;
        if (reader_within(reader, member, what, cycles > 0 ? NULL : "leave out a class that the unit cannot run",
                          &cycles_bounds, cycles))
            unit->cycles[op] = cycles;
    }
}

static void read_energy(struct reader *reader, const struct yaml_node *part, struct sinter_unit *unit)
{
    const struct yaml_node *node = yaml_get(part, "energy");
    char what[128];
    enum sinter_op op;

    snprintf(what, sizeof what, "energy of unit '%.64s'", unit->name);
    if (!node || !reader_check(reader, yaml_expect(node, YAML_MAPPING, what, reader->diags)))
        return;
    for (const struct yaml_node *member = node->first; member; member = member->next) {
        if (!read_class(reader, member, unit->name, &op))
            continue;
        snprintf(what, sizeof what, "energy of '%s' of unit '%.64s'", sinter_op_name(op), unit->name);
        reader_quantity(reader, member, what, SINTER_ENERGY, &energy_bounds, &unit->pj[op]);
    }
}

static void read_only(struct reader *reader, const struct yaml_node *node, struct sinter_spatial_rule *rule)
{
    char hint[MAX_HINT];

    if (!node || !reader_check(reader, yaml_expect(node, YAML_SCALAR, "'only' of a spatial rule", reader->diags)))
        return;
    for (int i = 0; i < 3; i++)
        if (strcmp(node->text, only_names[i]) == 0) {
            rule->only = (enum sinter_spatial_only)i;
            return;
        }
    reader_check(reader, sinter_error(reader->diags, node->at, hint_for(hint, node->text, only_names, 3, NULL),
                                      "unknown value '%s' of 'only' of a spatial rule", node->text));
}

static void read_rule(struct reader *reader, const struct yaml_node *node, const struct sinter_unit *unit,
                      struct sinter_spatial_rule *rule)
{
    const struct yaml_node *pes;
    int dim = 0;

    rule->at = node->at;
    if (!reader_check(reader, yaml_expect(node, YAML_MAPPING, "a spatial rule", reader->diags)))
        return;
    reader_check(reader, yaml_known_keys(node, "a spatial rule", rule_keys, 2, reader->diags));
    read_only(reader, yaml_get(node, "only"), rule);
    pes = yaml_get(node, "pes");
    if (!pes) {
        reader_check(reader, sinter_error(reader->diags, node->at, "add the rank of each dimension, such as 'pes: [N, D]'",
                                          "this spatial rule has no 'pes'"));
        return;
    }
    if (!reader_check(reader, yaml_expect(pes, YAML_SEQUENCE, "pes of a spatial rule", reader->diags)))
        return;
    if (pes->n_children != unit->n_dims) {
        reader_check(reader,
                     sinter_error(reader->diags, pes->at, "~ leaves a dimension idle",
                                  "%d ranks for the %d dimensions of unit '%s'", pes->n_children, unit->n_dims, unit->name));
        return;
    }
    for (const struct yaml_node *rank = pes->first; rank; rank = rank->next, dim++) {
        if (rank->kind == YAML_SCALAR && rank->is_null)
            continue;
        if (!reader_check(reader, yaml_expect(rank, YAML_SCALAR, "a rank of a spatial rule", reader->diags)))
            continue;
        if (!is_word(rank->text))
            reader_check(reader, sinter_error(reader->diags, rank->at, "~ leaves a dimension idle",
                                              "'%s' cannot be the name of a rank", rank->text));
        rule->ranks[dim] = rank->text;
    }
}

static void read_spatial(struct reader *reader, const struct yaml_node *node, struct sinter_unit *unit)
{
    struct sinter_spatial_rule *rules;

    if (!node || unit->n_dims == 0 || !reader_check(reader, yaml_expect(node, YAML_SEQUENCE, "spatial", reader->diags)))
        return;
    rules = sinter_arena_alloc(reader->accel->arena, (size_t)node->n_children, sizeof *rules);
    if (!rules) {
        reader_check(reader, sinter_out_of_memory(reader->diags));
        return;
    }
    for (const struct yaml_node *rule = node->first; rule; rule = rule->next)
        read_rule(reader, rule, unit, &rules[unit->n_rules++]);
    unit->rules = rules;
}

static void read_unit(struct reader *reader, const struct yaml_node *part, struct sinter_unit *unit)
{
    char what[128];

    if (!reader_check(reader, yaml_expect(part, YAML_MAPPING, "a unit", reader->diags)))
        return;
    unit->at = part->at;
    unit->name = read_name(reader, part, "unit");
    if (!unit->name)
        return;
    snprintf(what, sizeof what, "unit '%.64s'", unit->name);
    reader_check(reader,
                 yaml_known_keys(part, what, unit_keys, (int)(sizeof unit_keys / sizeof unit_keys[0]), reader->diags));
    if (sinter_accel_unit(reader->accel, unit->name) >= 0)
        reader_check(reader, sinter_error(reader->diags, part->at, "give each unit its own name",
                                          "there is already a unit '%s'", unit->name));
    else if (sinter_accel_memory(reader->accel, unit->name) >= 0)
        reader_check(reader, sinter_error(reader->diags, part->at, "memories and units share their names in '--set'",
                                          "unit '%s' has the name of a memory", unit->name));
    read_memory_of(reader, part, unit);
    read_pes(reader, part, unit);
    read_cycles(reader, part, unit);
    read_energy(reader, part, unit);
    read_unit_area(reader, part, unit);
    read_spatial(reader, yaml_get(part, "spatial"), unit);
    reader->accel->n_units++;
}

void read_units(struct reader *reader, const struct yaml_node *list)
{
    for (const struct yaml_node *part = list->first; part; part = part->next)
        read_unit(reader, part, &reader->accel->units[reader->accel->n_units]);
}
