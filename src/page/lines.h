/* lines.h: many texts that are alike, kept as lists of lines that they share.
 * SPDX-License-Identifier: MIT
 *
 *     lines   0 "group 1"   1 "  hold B in buffer"   2 "  for l in L by 1" ...
 *     texts   0 [0, 1, 2, 5]   1 [0, 2, 5] ...
 *
 * Lines and texts are numbered in the order in which they came first, so the same texts give the same numbers. A text is given
 * back by its lines, with a line break behind each.
 */
#ifndef SINTER_PAGE_LINES_H
#define SINTER_PAGE_LINES_H

#include "report/jot.h"

/* Strings of bytes, each once. `slots` is a hash table with open addressing: the number of a string and 1, 0: nothing. */
struct strings {
    int n, capacity, n_slots;
    int *slots;
    struct {
        size_t offset, length;
        uint64_t hash;
    } * items;
    struct sinter_text bytes; /* all of them, one behind the other */
};

struct lines {
    const struct sinter_allocator *allocator;
    struct strings lines, texts; /* the bytes of a text are the numbers of its lines, as int32_t */
    size_t n_bytes;              /* about what all of it takes as JSON */
};

/* The number of a text, which is added if it is new; -1: there is no memory. */
int lines_add(struct lines *lines, const char *text);
/* {"lines": [text], "texts": [[number]]}: the first `n_texts`, and the lines up to `n_lines`. */
json_t *jot_lines(struct jot *jot, const struct lines *lines, int n_lines, int n_texts);
void lines_free(struct lines *lines);

#endif
