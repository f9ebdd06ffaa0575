/* memories.c: the `memories:` of an accelerator.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "accel/reader.h"

static const char *const memory_keys[] = {"name", "kind",    "capacity", "bandwidth",       "energy", "double", "parent",
                                          "link", "latency", "burst",    "write_bandwidth", "cells",  "width",  "leakage"};
static const char *const kind_names[] = {"dram", "sram", "registers"};

static const struct bounds energy_bounds = {0, 1e12, "at most 1e12 pJ/bit, which is 1 J"};
static const struct bounds latency_bounds = {0, 1, "at most 1 s"};
static const struct bounds burst_bounds = {0, 1 << 20, "at most 1 MiB"};

/* False when the kind is not known. */
static bool read_kind(struct reader *reader, const struct yaml_node *part, struct sinter_memory *memory)
{
    const struct yaml_node *node = yaml_get(part, "kind");
    char hint[MAX_HINT];

    if (!node)
        return reader_check(reader, sinter_error(reader->diags, part->at, "kind is dram, sram or registers",
                                                 "memory '%s' has no kind", memory->name));
    if (!reader_check(reader, yaml_expect(node, YAML_SCALAR, "the kind of a memory", reader->diags)))
        return false;
    for (int k = 0; k < 3; k++)
        if (strcmp(node->text, kind_names[k]) == 0) {
            memory->kind = (enum sinter_memory_kind)k;
            return true;
        }
    return reader_check(reader, sinter_error(reader->diags, node->at, hint_for(hint, node->text, kind_names, 3, NULL),
                                             "unknown kind '%s' of memory '%s'", node->text, memory->name));
}

static void read_parent(struct reader *reader, const struct yaml_node *part, int index)
{
    struct sinter_accel *accel = reader->accel;
    struct sinter_memory *memory = &accel->memories[index];
    const struct yaml_node *node = yaml_get(part, "parent");
    char hint[MAX_HINT];

    memory->parent = index - 1;
    if (!node || !reader_check(reader, yaml_expect(node, YAML_SCALAR, "the parent of a memory", reader->diags)))
        return;
    if (index == 0) {
        reader_check(reader, sinter_error(reader->diags, node->at, "leave 'parent' out",
                                          "the first memory is the outermost: it has no parent"));
        return;
    }
    memory->parent = sinter_accel_memory(accel, node->text);
    if (memory->parent >= 0)
        return;
    reader_check(reader, sinter_error(reader->diags, node->at,
                                      hint_memory(hint, accel, node->text, "declare a parent before its children"),
                                      "no memory '%s' stands before memory '%s'", node->text, memory->name));
}

static void read_capacity(struct reader *reader, const struct yaml_node *part, struct sinter_memory *memory)
{
    const struct yaml_node *node = yaml_get(part, "capacity");
    char what[128];

    snprintf(what, sizeof what, "capacity of memory '%.64s'", memory->name);
    memory->capacity_bytes = (double)INFINITY;
    if (!node) {
        if (memory->kind != SINTER_DRAM)
            reader_check(reader,
                         sinter_error(reader->diags, part->at, "add a size such as 'capacity: 24 MiB', or 'unlimited'",
                                      "memory '%s' has no capacity", memory->name));
        return;
    }
    if (reader_check(reader, yaml_quantity(node, what, SINTER_BYTES, reader->diags, &memory->capacity_bytes)) &&
        isfinite(memory->capacity_bytes))
        reader_within(reader, node, what, NULL, &capacity_bounds, memory->capacity_bytes);
}

static void read_bandwidth(struct reader *reader, const struct yaml_node *part, struct sinter_memory *memory)
{
    const struct yaml_node *node = yaml_get(part, "bandwidth");
    char what[128];

    snprintf(what, sizeof what, "bandwidth of memory '%.64s'", memory->name);
    if (!node)
        reader_check(reader,
                     sinter_error(reader->diags, part->at, "add a rate such as 'bandwidth: 256 GB/s', or 'unlimited'",
                                  "memory '%s' has no bandwidth", memory->name));
    else
        reader_quantity(reader, node, what, SINTER_BANDWIDTH, &bandwidth_bounds, &memory->bytes_per_s);
}

/* What only the time of transfers depends on; all optional. */
static void read_timing(struct reader *reader, const struct yaml_node *part, struct sinter_memory *memory, int index)
{
    const struct yaml_node *node;
    char what[128];

    memory->link_bytes_per_s = (double)INFINITY;
    snprintf(what, sizeof what, "link of memory '%.64s'", memory->name);
    reader_quantity(reader, yaml_get(part, "link"), what, SINTER_BANDWIDTH, &bandwidth_bounds, &memory->link_bytes_per_s);
    snprintf(what, sizeof what, "latency of memory '%.64s'", memory->name);
    reader_quantity(reader, yaml_get(part, "latency"), what, SINTER_TIME, &latency_bounds, &memory->latency_s);
    snprintf(what, sizeof what, "burst of memory '%.64s'", memory->name);
    reader_quantity(reader, yaml_get(part, "burst"), what, SINTER_BYTES, &burst_bounds, &memory->burst_bytes);
    snprintf(what, sizeof what, "write_bandwidth of memory '%.64s'", memory->name);
    reader_quantity(reader, yaml_get(part, "write_bandwidth"), what, SINTER_BANDWIDTH, &bandwidth_bounds,
                    &memory->write_bytes_per_s);
    node = yaml_get(part, "link");
    if (node && index == 0)
        reader_check(reader, sinter_error(reader->diags, node->at, "give the link to the memory that it fills",
                                          "the outermost memory has no link"));
    node = yaml_get(part, "write_bandwidth");
    if (node && index > 0)
        reader_check(reader,
                     sinter_error(reader->diags, node->at, "its 'bandwidth' counts reads and writes together",
                                  "only dram may have a port of its own for writes, and '%s' is not dram", memory->name));
}

static void read_memory(struct reader *reader, const struct yaml_node *part, int index)
{
    struct sinter_accel *accel = reader->accel;
    struct sinter_memory *memory = &accel->memories[index];
    const struct yaml_node *is_double;
    char what[128];

    if (!reader_check(reader, yaml_expect(part, YAML_MAPPING, "a memory", reader->diags)))
        return;
    memory->at = part->at;
    memory->name = read_name(reader, part, "memory");
    if (!memory->name)
        return;
    snprintf(what, sizeof what, "memory '%.64s'", memory->name);
    reader_check(reader,
                 yaml_known_keys(part, what, memory_keys, (int)(sizeof memory_keys / sizeof memory_keys[0]), reader->diags));
    if (sinter_accel_memory(accel, memory->name) >= 0)
        reader_check(reader, sinter_error(reader->diags, part->at, "give each memory its own name",
                                          "there is already a memory '%s'", memory->name));
    if (read_kind(reader, part, memory) && (memory->kind == SINTER_DRAM) != (index == 0))
        reader_check(reader, sinter_error(reader->diags, yaml_get(part, "kind")->at,
                                          "memories are listed from the outermost, which is DRAM, inwards",
                                          index == 0 ? "the first memory '%s' is not dram"
                                                     : "memory '%s' is dram, but only the first one may be",
                                          memory->name));
    read_capacity(reader, part, memory);
    read_bandwidth(reader, part, memory);
    read_parent(reader, part, index);
    snprintf(what, sizeof what, "energy of memory '%.64s'", memory->name);
    reader_quantity(reader, yaml_get(part, "energy"), what, SINTER_ENERGY_PER_BIT, &energy_bounds, &memory->pj_per_bit);
    read_timing(reader, part, memory, index);
    read_memory_area(reader, part, memory);
    is_double = yaml_get(part, "double");
    snprintf(what, sizeof what, "'double' of memory '%.64s'", memory->name);
    if (is_double)
        reader_check(reader, yaml_boolean(is_double, what, reader->diags, &memory->is_double));
    accel->n_memories = index + 1;
}

void read_memories(struct reader *reader, const struct yaml_node *list)
{
    int index = 0;

    /* A memory that could not be read still takes its place: the ones behind it would be taken for the outermost. */
    for (const struct yaml_node *part = list->first; part; part = part->next, index++) {
        read_memory(reader, part, index);
        if (reader->accel->n_memories != index + 1)
            return;
    }
}
