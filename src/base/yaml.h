/* yaml.h: a file as a tree of located nodes. YAML, and JSON as its subset.
 * SPDX-License-Identifier: MIT
 *
 * The only place that knows libfyaml. A document is copied into an arena as plain nodes, so that the rest of Sinter
 * walks them without the library's rules. Refused with a located message: more than one document, duplicate keys, keys
 * that are not scalars, aliases and anchors, tags, nesting deeper than 64, more than a million nodes, files above 64 MiB,
 * NUL bytes and invalid UTF-8, an empty document.
 */
#ifndef SINTER_BASE_YAML_H
#define SINTER_BASE_YAML_H

#include "sinter/base.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    struct sinter_location at;
    const char *text;        /* of a scalar; NULL otherwise. A plain `~`, `null` or nothing has is_null */
    bool is_null, is_quoted; /* is_quoted: written in quotes, so that "null" stays a word */
    const char *key;         /* of a member of a mapping, NULL otherwise */
    struct sinter_location key_at;
    struct yaml_node *first; /* children, in the file's order */
    struct yaml_node *next;  /* sibling */
    int n_children;
};

/* Reads a text (file: its name for messages, copied) or a whole file ("-" is standard input). The nodes live in the
 * arena. */
enum sinter_status yaml_read_text(const char *file, const char *text, size_t length, struct sinter_arena *arena,
                                  struct sinter_diagnostics *diags, struct yaml_node **root);
enum sinter_status yaml_read_file(const char *file, struct sinter_arena *arena, struct sinter_diagnostics *diags,
                                  struct yaml_node **root);

/* The member of a mapping, or NULL. */
struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);
/* Replaces the member's value by a scalar (adding the member when it is missing): how `--set` changes a file's field. */
enum sinter_status yaml_put(struct yaml_node *mapping, const char *key, const char *value, struct sinter_location at,
                            struct sinter_arena *arena);

/* Typed reading; each reports at the node when it is not what was asked for. `what` names the field in messages. */
enum sinter_status yaml_expect(const struct yaml_node *node, enum yaml_kind kind, const char *what,
                               struct sinter_diagnostics *diags);
/* The same with a hint that shows what would be right. */
enum sinter_status yaml_expect_as(const struct yaml_node *node, enum yaml_kind kind, const char *what, const char *hint,
                                  struct sinter_diagnostics *diags);
enum sinter_status yaml_integer(const struct yaml_node *node, const char *what, int64_t least, int64_t most,
                                struct sinter_diagnostics *diags, int64_t *value); /* "2048", "1e6", "4Ki" */
enum sinter_status yaml_number(const struct yaml_node *node, const char *what, struct sinter_diagnostics *diags,
                               double *value);
enum sinter_status yaml_boolean(const struct yaml_node *node, const char *what, struct sinter_diagnostics *diags,
                                bool *value);
enum sinter_status yaml_quantity(const struct yaml_node *node, const char *what, enum sinter_dimension dimension,
                                 struct sinter_diagnostics *diags, double *value);
/* An error for each member whose key is not in `known`, with a suggestion. Returns SINTER_BAD_INPUT when there was one. */
enum sinter_status yaml_known_keys(const struct yaml_node *mapping, const char *what, const char *const *known, int n_known,
                                   struct sinter_diagnostics *diags);

/* Prints a scalar so that it reads back as the same text: plain where YAML allows it, else double-quoted. */
void yaml_print_scalar(struct sinter_text *out, const char *text);

#endif
