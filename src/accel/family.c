/* family.c: accelerators of one kind in different sizes: an area, and how much of it is memory.
 * SPDX-License-Identifier: MIT
 *
 *     area_fraction: 0.5             # a: area relative to the family's
 *     memory_fraction: 0.35          # m: share of the area that is SRAM; the rest is PEs
 *     family: {area: 222 mm2, sram: 30 MiB, pes: 40960, memory: buffer, unit: array}
 *
 * `sram` and `pes` are what the family's area holds when all of it is the one or the other. By the rule of the public
 * artifact of arXiv 2504.17333 the memory gets a * sram * m, the unit ceil(a * pes * (1 - m)) PEs in two dimensions, and
 * DRAM, whose pins sit on the edge of the die, sqrt(a) of its bandwidth. Without fractions nothing is changed; a
 * fraction that is left out is a = 1, and the m of the memory as the file has it. A field that `--set` gives stays.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "accel/reader.h"
#include "accel/shape.h"

static const char *const family_keys[] = {"area", "sram", "pes", "memory", "unit"};
enum { N_FAMILY_KEYS = 5 };
static const struct bounds sram_bounds = {1, 1152921504606846848.0, "at least 1 B and less than 2^60 B"};

static int read_memory_name(struct reader *reader, const struct yaml_node *node)
{
    char hint[MAX_HINT];
    int index;

    if (!reader_check(reader, yaml_expect(node, YAML_SCALAR, "memory of the family", reader->diags)))
        return -1;
    index = sinter_accel_memory(reader->accel, node->text);
    if (index < 0)
        reader_check(reader, sinter_error(reader->diags, node->at, hint_memory(hint, reader->accel, node->text, NULL),
                                          "unknown memory '%s' of the family", node->text));
    return index;
}

static int read_unit_name(struct reader *reader, const struct yaml_node *node)
{
    const char *names[SINTER_MAX_UNITS];
    char hint[MAX_HINT];
    int index;

    if (!reader_check(reader, yaml_expect(node, YAML_SCALAR, "unit of the family", reader->diags)))
        return -1;
    for (int i = 0; i < reader->accel->n_units; i++)
        names[i] = reader->accel->units[i].name;
    index = sinter_accel_unit(reader->accel, node->text);
    if (index < 0)
        reader_check(reader,
                     sinter_error(reader->diags, node->at, hint_for(hint, node->text, names, reader->accel->n_units, NULL),
                                  "unknown unit '%s' of the family", node->text));
    return index;
}

static bool read_members(struct reader *reader, const struct yaml_node *node, struct sinter_family *family)
{
    if (!reader_check(reader, yaml_expect(node, YAML_MAPPING, "family", reader->diags)) ||
        !reader_check(reader, yaml_known_keys(node, "the family", family_keys, N_FAMILY_KEYS, reader->diags)))
        return false;
    for (int i = 0; i < N_FAMILY_KEYS; i++)
        if (!yaml_get(node, family_keys[i]))
            return reader_check(reader,
                                sinter_error(reader->diags, node->at, "a family has area, sram, pes, memory and unit",
                                             "the family has no '%s'", family_keys[i]));
    reader_quantity(reader, yaml_get(node, "area"), "area of the family", SINTER_AREA, &area_bounds, &family->area_mm2);
    reader_quantity(reader, yaml_get(node, "sram"), "sram of the family", SINTER_BYTES, &sram_bounds, &family->sram_bytes);
    reader_check(reader, yaml_integer(yaml_get(node, "pes"), "pes of the family", 1, MAX_PES, reader->diags, &family->pes));
    family->memory = read_memory_name(reader, yaml_get(node, "memory"));
    family->unit = read_unit_name(reader, yaml_get(node, "unit"));
    if (reader->status != SINTER_OK)
        return false;
    if (family->memory == 0 || reader->accel->units[family->unit].n_dims != 2)
        return reader_check(reader, sinter_error(reader->diags, node->at, NULL,
                                                 family->memory == 0 ? "the memory of a family is on the chip, not DRAM"
                                                                     : "the unit of a family has two dimensions of PEs"));
    return true;
}

static bool read_fraction(struct reader *reader, const struct yaml_node *node, const char *what, double most,
                          double *fraction)
{
    if (!node)
        return true;
    if (!reader_check(reader, yaml_number(node, what, reader->diags, fraction)))
        return false;
    if (!(*fraction > 0) || !(*fraction < most))
        return reader_check(reader,
                            sinter_error(reader->diags, node->at, NULL,
                                         "%s: expected more than 0 and less than %g, found '%s'", what, most, node->text));
    return true;
}

static bool is_set(const struct sinter_override *overrides, int n_overrides, const char *field)
{
    for (int i = 0; i < n_overrides; i++)
        if (strcmp(overrides[i].field, field) == 0)
            return true;
    return false;
}

/* What the fractions make must be within the bounds that the fields have in a file; PEs may still grow by 5 %. */
static bool check_scale(struct reader *reader, const struct yaml_node *node, const struct sinter_family *family, double a,
                        double m, double pes)
{
    const char *what = a * family->sram_bytes * m > capacity_bounds.most                                     ? "memory"
                       : pes > 0.9 * (double)MAX_PES                                                         ? "PEs"
                       : a * family->area_mm2 < area_bounds.least || a * family->area_mm2 > area_bounds.most ? "area"
                       : reader->accel->memories[0].bytes_per_s * sqrt(a) < bandwidth_bounds.least           ? "bandwidth"
                                                                                                             : NULL;

    return !what ||
           reader_check(reader, sinter_error(reader->diags, node->at, NULL,
                                             "area_fraction %g with memory_fraction %g makes %s out of range", a, m, what));
}

void read_family(struct reader *reader, const struct yaml_node *root, const struct sinter_override *overrides,
                 int n_overrides)
{
    const struct yaml_node *node = yaml_get(root, "family"), *area = yaml_get(root, "area_fraction"),
                           *share = yaml_get(root, "memory_fraction");
    struct sinter_accel *accel = reader->accel;
    struct sinter_memory *memory;
    struct sinter_unit *unit;
    struct sinter_family family = {0};
    double a = 1, m, pes;

    if (!node && (area || share)) {
        const struct yaml_node *fraction = area ? area : share;
        reader_check(reader, sinter_error(reader->diags, fraction->at, "only an accelerator with 'family' can be rescaled",
                                          "%s without a family", fraction->key));
    }
    if (!node || !read_members(reader, node, &family))
        return;
    accel->family = family;
    if (!area && !share)
        return;
    memory = &accel->memories[family.memory];
    unit = &accel->units[family.unit];
    m = memory->capacity_bytes / family.sram_bytes;
    if (!read_fraction(reader, area, "area_fraction", 1e6, &a) || !read_fraction(reader, share, "memory_fraction", 1, &m))
        return;
    /* The sliver keeps 40960 * (1 - 0.35), which is 26624 plus a rounding error, from becoming 26625. */
    pes = ceil(a * (double)family.pes * (1 - m) * (1 - 1e-12));
    if (!(m < 1) || !(pes >= 1) || a * family.sram_bytes * m < 1) {
        reader_check(reader, sinter_error(reader->diags, (area ? area : share)->at, NULL,
                                          "area_fraction %g with memory_fraction %g leaves nothing for %s", a, m,
                                          m < 1 && pes >= 1 ? "the memory" : "the PEs"));
        return;
    }
    if (!check_scale(reader, area ? area : share, &family, a, m, pes))
        return;
    accel->area_mm2 = is_set(overrides, n_overrides, "area") ? accel->area_mm2 : a * family.area_mm2;
    if (!override_names(overrides, n_overrides, memory->name, "capacity"))
        memory->capacity_bytes = rint(a * family.sram_bytes * m);
    if (!override_names(overrides, n_overrides, unit->name, "pes")) {
        shape_about((int64_t)pes, unit->pes);
        unit->n_pes = unit->pes[0] * unit->pes[1];
    }
    if (!override_names(overrides, n_overrides, accel->memories[0].name, "bandwidth"))
        accel->memories[0].bytes_per_s *= sqrt(a);
}
