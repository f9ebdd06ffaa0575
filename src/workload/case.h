/* case.h: a stored case while it is read: its manifest, its numbers, and what the kinds of cases call things.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_WORKLOAD_CASE_H
#define SINTER_WORKLOAD_CASE_H

#include <stdio.h>

#include "base/yaml.h"
#include "sinter/workload.h"

/* ---- manifest (case_manifest.c) -------------------------------------------------------------------------------- */

struct manifest_tensor {
    const char *name;
    struct sinter_location at;
    int n_dims;
    int64_t shape[SINTER_MAX_DIMS];
    int64_t offset, elements;
    bool is_output; /* role output */
    bool is_used;
};

struct manifest {
    const char *name, *notes;
    struct sinter_location at;
    const struct yaml_node *config; /* NULL: none */
    int n_tensors;
    struct manifest_tensor *tensors;
    FILE *stream; /* the numbers */
    const char *data_file;
    int64_t data_bytes;
    int item_bytes; /* 4 or 8 */
    struct sinter_arena *arena;
    struct sinter_diagnostics *diags;
};

/* Everything in a manifest is checked against the size of the file of numbers. Close it in any case. */
enum sinter_status manifest_read(const char *file, struct sinter_arena *arena, struct sinter_diagnostics *diags,
                                 struct manifest *manifest);
void manifest_close(struct manifest *manifest);
/* NULL: there is none. */
struct manifest_tensor *manifest_find(const struct manifest *manifest, const char *name);
/* The tensor's elements. */
enum sinter_status manifest_numbers(const struct manifest *manifest, const struct manifest_tensor *tensor, double *numbers);
/* "[1, 8, 4]" in the arena; NULL when memory is out. */
const char *manifest_shape_text(const struct manifest *manifest, int n_dims, const int64_t *shape);

/* ---- kinds (case_kinds.c) -------------------------------------------------------------------------------------- */

enum case_use { CASE_INPUT, CASE_CUT, CASE_FINAL };

/* A tensor of the cascade, and how much of the joined axis it takes, as letters; NULL: it is the whole. */
struct case_part {
    const char *tensor, *size;
};

enum { CASE_MAX_PARTS = 5 };

/* What a tensor of the manifest is in the cascade. */
struct case_line {
    const char *name; /* NULL: the manifest has none, it is zero */
    enum case_use use;
    const char *shape;  /* a letter for each axis; '*' is the axis along which the parts lie behind one another */
    const char *layout; /* the order of the same axes in the cascade's tensors; NULL: the same */
    struct case_part parts[CASE_MAX_PARTS];
    const char *added; /* a second tensor that the first is added to, or NULL */
    bool is_logarithm; /* the cascade has -exp of it */
};

/* Extents by letter; of letters that the kind does not know 0. */
struct case_extents {
    int64_t of[128];
};

struct case_kind {
    const char *name;
    const char *letters;  /* the extents that the config must give */
    const char *template; /* a cascade among the embedded files; NULL: a Mamba-1 */
    int n_lines;
    const struct case_line *lines;
};

/* The kind that the config names, and its extents. */
enum sinter_status case_kind_read(const struct manifest *manifest, const struct case_kind **kind,
                                  struct case_extents *extents);
/* The model of that kind: fp64 and the extents, unless the overrides say otherwise. */
enum sinter_status case_model(const struct manifest *manifest, const struct case_kind *kind,
                              const struct case_extents *extents, struct sinter_override *overrides, int n_overrides,
                              const struct sinter_allocator *allocator, struct sinter_model **model);

#endif
