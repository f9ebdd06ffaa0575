/* reader.h: what the files of this room share while an accelerator is read.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_ACCEL_READER_H
#define SINTER_ACCEL_READER_H

#include "base/yaml.h"
#include "sinter/accel.h"

/* Reading goes on after an error, so that one run names every mistake of a file; the status keeps the worst. */
struct reader {
    struct sinter_accel *accel;
    struct sinter_diagnostics *diags;
    enum sinter_status status;
};

/* Remembers a failure; true when there was none. */
bool reader_check(struct reader *reader, enum sinter_status status);

/* What a number of the file may be. Beyond such bounds lies no machine, but an overflow in what is computed from it. */
struct bounds {
    double least, most;
    const char *wanted; /* both in words: "1 Hz to 1e15 Hz" */
};
extern const struct bounds capacity_bounds, bandwidth_bounds, area_bounds;
#define MAX_PES (((int64_t)1 << 40) - 1)

/* Reports at the node when the value that was read there is out of bounds. `what` names the field, `hint` may be NULL. */
bool reader_within(struct reader *reader, const struct yaml_node *node, const char *what, const char *hint,
                   const struct bounds *bounds, double value);
/* A number with a unit within bounds; *value changes only then. NULL nodes are left alone: a missing field is the caller's
 * matter. */
bool reader_quantity(struct reader *reader, const struct yaml_node *node, const char *what, enum sinter_dimension dimension,
                     const struct bounds *bounds, double *value);

/* Puts the values of `overrides` into the tree of a file, before anything is interpreted. */
enum sinter_status override_apply(struct yaml_node *root, struct sinter_override *overrides, int n_overrides,
                                  struct sinter_arena *arena, struct sinter_diagnostics *diags);
/* Did the caller set this field himself? */
bool override_names(const struct sinter_override *overrides, int n_overrides, const char *owner, const char *field);

/* Interprets `memories:` and `units:`. */
void read_memories(struct reader *reader, const struct yaml_node *list);
void read_units(struct reader *reader, const struct yaml_node *list);

/* Rescales the accelerator by `family:`, `area_fraction:` and `memory_fraction:`, see family.c. */
void read_family(struct reader *reader, const struct yaml_node *root, const struct sinter_override *overrides,
                 int n_overrides);

/* Which of the names a scalar is, or -1 after an error. `what` names the field. */
int read_choice(struct reader *reader, const struct yaml_node *node, const char *what, const char *const *names, int n);

/* What area and power of a part depend on. */
void read_memory_area(struct reader *reader, const struct yaml_node *part, struct sinter_memory *memory);
void read_unit_area(struct reader *reader, const struct yaml_node *part, struct sinter_unit *unit);
/* The accelerator's own such fields; last, as what follows from all others is worked out here. */
void read_area(struct reader *reader, const struct yaml_node *root);

/* The name of a part: a word of letters, digits, '_' and '-' that starts with a letter or '_', so that it can stand in a
 * schedule and in `--set`. NULL after an error. */
const char *read_name(struct reader *reader, const struct yaml_node *part, const char *kind);

/* Is this a word that can name a part or a rank? */
bool is_word(const char *text);

/* The hint for an unknown word: the nearest candidate, else `otherwise`, else all the candidates. */
enum { MAX_HINT = 256 };
const char *hint_for(char hint[MAX_HINT], const char *word, const char *const *candidates, int n_candidates,
                     const char *otherwise);
const char *hint_memory(char hint[MAX_HINT], const struct sinter_accel *accel, const char *word, const char *otherwise);

extern const char *const accel_keys[];
extern const int n_accel_keys;

#endif
