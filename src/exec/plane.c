/* plane.c: copying rows and columns of elements.
 * SPDX-License-Identifier: MIT
 */
#include "exec/plane.h"

#include <stdbool.h>
#include <string.h>

/* Rows of bytes that follow each other on both sides. Where they lie far apart, as parts of longer ones, the machine does
 * not see by itself which one comes next. */
static void copy_rows(const struct plane *p, unsigned char *to, const unsigned char *from)
{
    enum { AHEAD = 8, LINE = 64, SOON = 4096 };
    int64_t soon = p->n_columns < SOON ? p->n_columns : SOON;
    for (int64_t r = 0; r < p->n_rows; r++, to += p->to_row, from += p->from_row) {
        for (int64_t i = 0; r + AHEAD < p->n_rows && i < soon; i += LINE) {
            __builtin_prefetch(from + AHEAD * p->from_row + i, 0);
            __builtin_prefetch(to + AHEAD * p->to_row + i, 1);
        }
        memcpy(to, from, (size_t)p->n_columns);
    }
}

enum { SQUARE = 4 };

/* Loops and squares of one size of elements, so that the compiler knows what it copies. A square is turned between vectors:
 * element i of row k becomes element k of row i. */
#define COPY_BLOCK(type)                                                                                                   \
    typedef type type##_row __attribute__((vector_size(SQUARE * sizeof(type))));                                           \
    static inline void turn_##type(unsigned char *to, int64_t to_step, const unsigned char *from, int64_t from_step)       \
    {                                                                                                                      \
        type##_row a, b, c, d;                                                                                             \
        memcpy(&a, from, sizeof a);                                                                                        \
        memcpy(&b, from + from_step, sizeof b);                                                                            \
        memcpy(&c, from + 2 * from_step, sizeof c);                                                                        \
        memcpy(&d, from + 3 * from_step, sizeof d);                                                                        \
        type##_row ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);         \
        type##_row rest_ab = __builtin_shufflevector(a, b, 2, 6, 3, 7),                                                    \
                   rest_cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);                                                    \
        type##_row turned[SQUARE] = {                                                                                      \
            __builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),                      \
            __builtin_shufflevector(rest_ab, rest_cd, 0, 1, 4, 5), __builtin_shufflevector(rest_ab, rest_cd, 2, 3, 6, 7)}; \
        for (int i = 0; i < SQUARE; i++)                                                                                   \
            memcpy(to + i * to_step, &turned[i], sizeof turned[i]);                                                        \
    }                                                                                                                      \
    static void copy_##type(const struct plane *p, unsigned char *to, const unsigned char *from)                           \
    {                                                                                                                      \
        const int64_t size = sizeof(type);                                                                                 \
        bool is_inward = p->to_column == size && p->from_row == size;                                                      \
        bool is_turned = is_inward || (p->to_row == size && p->from_column == size);                                       \
        int64_t to_step = is_inward ? p->to_row : p->to_column, from_step = is_inward ? p->from_column : p->from_row;      \
        int64_t n_rows = is_turned ? p->n_rows / SQUARE * SQUARE : 0, n_columns = p->n_columns / SQUARE * SQUARE;          \
        for (int64_t r = 0; r < n_rows; r += SQUARE)                                                                       \
            for (int64_t c = 0; c < n_columns; c += SQUARE)                                                                \
                turn_##type(to + r * p->to_row + c * p->to_column, to_step, from + r * p->from_row + c * p->from_column,   \
                            from_step);                                                                                    \
        for (int64_t r = 0; r < p->n_rows; r++)                                                                            \
            for (int64_t c = r < n_rows ? n_columns : 0; c < p->n_columns; c++)                                            \
                memcpy(to + r * p->to_row + c * p->to_column, from + r * p->from_row + c * p->from_column, sizeof(type));  \
    }

COPY_BLOCK(uint8_t)
COPY_BLOCK(uint16_t)
COPY_BLOCK(uint32_t)
COPY_BLOCK(uint64_t)

static void copy_block(const struct plane *p, unsigned char *to, const unsigned char *from, int64_t size)
{
    if (size == 1)
        copy_uint8_t(p, to, from);
    else if (size == 2)
        copy_uint16_t(p, to, from);
    else if (size == 4)
        copy_uint32_t(p, to, from);
    else if (size == 8)
        copy_uint64_t(p, to, from);
    else
        for (int64_t r = 0; r < p->n_rows; r++)
            for (int64_t c = 0; c < p->n_columns; c++)
                memcpy(to + r * p->to_row + c * p->to_column, from + r * p->from_row + c * p->from_column, (size_t)size);
}

/* Elements of whole bytes. So many rows and columns at a time that the lines they lie in, on either side, stay in the
 * nearest cache until all of their elements have been used; along the lines that lie farther apart, and so perhaps in the
 * same few sets of that cache, without a break. */
void plane_copy(const struct plane *plane, unsigned char *to, const unsigned char *from, int64_t size)
{
    enum { ACROSS = 16, ALONG = 128 };
    struct plane p = {plane->n_rows,    plane->to_row * size,    plane->from_row * size,
                      plane->n_columns, plane->to_column * size, plane->from_column * size};
    if (plane->to_column == 1 && plane->from_column == 1) {
        p.n_columns *= size;
        copy_rows(&p, to, from);
        return;
    }
    if (p.from_column > p.to_row)
        p = (struct plane){p.n_columns, p.to_column, p.from_column, p.n_rows, p.to_row, p.from_row};
    struct plane block = p;
    for (int64_t c = 0; c < p.n_columns; c += ALONG) {
        for (int64_t r = 0; r < p.n_rows; r += ACROSS) {
            block.n_rows = p.n_rows - r < ACROSS ? p.n_rows - r : ACROSS;
            block.n_columns = p.n_columns - c < ALONG ? p.n_columns - c : ALONG;
            copy_block(&block, to + r * p.to_row + c * p.to_column, from + r * p.from_row + c * p.from_column, size);
        }
    }
}
