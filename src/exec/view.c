/* view.c: boxes of elements on their way from one memory to another.
 * SPDX-License-Identifier: MIT
 */
#include "exec/view.h"
#include "exec/plane.h"

#include <string.h>

enum { RUN = 64 }; /* elements that are converted at a time */

/* ---- boxes ---------------------------------------------------------------------------------------------------------- */

int64_t box_elements(const struct box *box, int n_dims)
{
    int64_t n = 1;
    for (int d = 0; d < n_dims; d++)
        n *= box->high[d] > box->low[d] ? box->high[d] - box->low[d] : 0;
    return n;
}

bool box_contains(const struct box *box, const struct box *inner, int n_dims)
{
    for (int d = 0; d < n_dims; d++)
        if (inner->low[d] < box->low[d] || inner->high[d] > box->high[d])
            return false;
    return true;
}

struct box box_common(const struct box *a, const struct box *b, int n_dims)
{
    struct box common = *a;
    for (int d = 0; d < n_dims; d++) {
        common.low[d] = a->low[d] > b->low[d] ? a->low[d] : b->low[d];
        common.high[d] = a->high[d] < b->high[d] ? a->high[d] : b->high[d];
        if (common.high[d] < common.low[d])
            common.high[d] = common.low[d];
    }
    return common;
}

/* ---- bits ----------------------------------------------------------------------------------------------------------- */

static void copy_bits(unsigned char *to, int64_t to_at, const unsigned char *from, int64_t from_at, int64_t bits)
{
    for (int64_t i = 0; i < bits; i++) {
        unsigned value = (unsigned)from[(from_at + i) >> 3] >> ((from_at + i) & 7) & 1u;
        unsigned char *byte = &to[(to_at + i) >> 3];
        unsigned mask = 1u << ((to_at + i) & 7);
        *byte = (unsigned char)(value != 0 ? *byte | mask : *byte & ~mask);
    }
}

/* n elements of `bits` bits each, at strides in elements. */
static void copy_run(unsigned char *to, int64_t to_at, int64_t to_stride, const unsigned char *from, int64_t from_at,
                     int64_t from_stride, int64_t n, int64_t bits)
{
    for (int64_t i = 0; i < n; i++)
        copy_bits(to, to_at + i * to_stride * bits, from, from_at + i * from_stride * bits, bits);
}

void fill_bits(unsigned char *bytes, int64_t from, int64_t to, bool value)
{
    for (; from < to && (from & 7) != 0; from++) {
        unsigned mask = 1u << (from & 7);
        bytes[from >> 3] = (unsigned char)(value ? bytes[from >> 3] | mask : bytes[from >> 3] & ~mask);
    }
    if (to - from >= 8)
        memset(bytes + (from >> 3), value ? 0xFF : 0, (size_t)((to - from) >> 3));
    for (from += (to - from) & ~(int64_t)7; from < to; from++) {
        unsigned mask = 1u << (from & 7);
        bytes[from >> 3] = (unsigned char)(value ? bytes[from >> 3] | mask : bytes[from >> 3] & ~mask);
    }
}

/* ---- views ---------------------------------------------------------------------------------------------------------- */

void view_strides(const int64_t *shape, int n_dims, int64_t *stride)
{
    int64_t step = 1;
    for (int d = n_dims - 1; d >= 0; d--) {
        stride[d] = step;
        step *= shape[d];
    }
}

static int64_t bit_of(const struct view *view, const int64_t *x, int n_dims)
{
    int64_t element = 0;
    for (int d = 0; d < n_dims; d++)
        element += (d == view->ring ? ring_slot(x[d], view->slots) : x[d] - view->origin[d]) * view->stride[d];
    return view->at + element * view->format->bits;
}

static void convert_run(const struct view *to, int64_t to_at, int64_t to_stride, const struct view *from, int64_t from_at,
                        int64_t from_stride, int64_t n, const struct sinter_format *through)
{
    double values[RUN];
    while (n > 0) {
        int64_t m = n < RUN ? n : RUN;
        sinter_format_read(from->format, from->bytes, from_at, from_stride, m, values);
        if (through != NULL)
            sinter_format_round_all(through, m, values);
        sinter_format_write(to->format, to->bytes, to_at, to_stride, m, values);
        from_at += m * from_stride * from->format->bits;
        to_at += m * to_stride * to->format->bits;
        n -= m;
    }
}

/* The dimension, other than one, along which elements lie together best, in `first` rather than in `second`; -1: every one
 * is a ring. */
static int inner_dimension(const struct view *first, const struct view *second, const struct box *box, int n_dims, int other)
{
    int best = -1;
    int64_t best_rank = -1;
    for (int d = 0; d < n_dims; d++) {
        if (d == first->ring || d == second->ring || d == other)
            continue;
        bool is_long = box->high[d] - box->low[d] > 1;
        int64_t rank = (is_long ? 4 : 0) + (first->stride[d] == 1 ? 2 : 0) + (second->stride[d] == 1 ? 1 : 0);
        if (rank >= best_rank) {
            best = d;
            best_rank = rank;
        }
    }
    return best;
}

/* Goes on to the next plane: the index without its dimensions; false behind the last. */
static bool next_plane(const struct box *box, int n_dims, int rows, int columns, int64_t *x)
{
    for (int d = n_dims - 1; d >= 0; d--) {
        if (d == rows || d == columns)
            continue;
        if (++x[d] < box->high[d])
            return true;
        x[d] = box->low[d];
    }
    return false;
}

static struct plane plane_of(const struct view *to, const struct view *from, const struct box *box, int rows, int columns)
{
    struct plane plane = {.n_rows = 1, .n_columns = 1, .to_column = 1, .from_column = 1};
    if (rows >= 0) {
        plane.n_rows = box->high[rows] - box->low[rows];
        plane.to_row = to->stride[rows];
        plane.from_row = from->stride[rows];
    }
    if (columns >= 0) {
        plane.n_columns = box->high[columns] - box->low[columns];
        plane.to_column = to->stride[columns];
        plane.from_column = from->stride[columns];
    }
    return plane;
}

int64_t view_copy(const struct view *to, const struct view *from, const struct box *box, int n_dims)
{
    return view_copy_through(NULL, to, from, box, n_dims);
}

int64_t view_copy_through(const struct sinter_format *through, const struct view *to, const struct view *from,
                          const struct box *box, int n_dims)
{
    int64_t elements = box_elements(box, n_dims), bits = to->format->bits, x[SINTER_MAX_DIMS] = {0};
    if (elements == 0)
        return 0;
    bool is_equal =
        sinter_format_equal(to->format, from->format) && (through == NULL || sinter_format_equal(through, from->format));
    bool is_bytes = is_equal && ((to->at | from->at | bits) & 7) == 0;
    int columns = inner_dimension(to, from, box, n_dims, -1), rows = inner_dimension(from, to, box, n_dims, columns);
    struct plane plane = plane_of(to, from, box, rows, columns);
    for (int d = 0; d < n_dims; d++)
        x[d] = box->low[d];
    do {
        int64_t to_at = bit_of(to, x, n_dims), from_at = bit_of(from, x, n_dims);
        if (is_bytes)
            plane_copy(&plane, to->bytes + to_at / 8, from->bytes + from_at / 8, bits / 8);
        for (int64_t r = 0; r < plane.n_rows && !is_bytes; r++) {
            if (is_equal)
                copy_run(to->bytes, to_at, plane.to_column, from->bytes, from_at, plane.from_column, plane.n_columns, bits);
            else
                convert_run(to, to_at, plane.to_column, from, from_at, plane.from_column, plane.n_columns, through);
            to_at += plane.to_row * bits;
            from_at += plane.from_row * from->format->bits;
        }
    } while (next_plane(box, n_dims, rows, columns, x));
    return elements;
}

void view_shift(const struct view *to, const struct view *from, const struct box *box, int n_dims)
{
    if (box_elements(box, n_dims) == 0)
        return;
    int64_t x[SINTER_MAX_DIMS] = {0}, bits = to->format->bits;
    for (int d = 0; d < n_dims; d++)
        x[d] = box->low[d];
    int64_t delta = bit_of(to, x, n_dims) - bit_of(from, x, n_dims);
    if (delta == 0)
        return;
    /* All elements move by the same distance, so going through them in the order of their places overwrites none too early. */
    int order[SINTER_MAX_DIMS] = {0};
    for (int d = 0; d < n_dims; d++) {
        int i = d;
        for (; i > 0 && to->stride[order[i - 1]] < to->stride[d]; i--)
            order[i] = order[i - 1];
        order[i] = d;
    }
    /* Elements that follow each other move at once. */
    int inner = order[n_dims - 1];
    bool is_bytes = ((to->at | bits) & 7) == 0 && to->stride[inner] == 1;
    int64_t run = is_bytes ? box->high[inner] - box->low[inner] : 1, n = box_elements(box, n_dims) / run;
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = (delta < 0 ? i : n - 1 - i) * run;
        for (int k = n_dims - 1; k >= 0; k--) {
            int64_t size = box->high[order[k]] - box->low[order[k]];
            x[order[k]] = box->low[order[k]] + rest % size;
            rest /= size;
        }
        int64_t to_at = bit_of(to, x, n_dims), from_at = bit_of(from, x, n_dims);
        if (is_bytes)
            memmove(to->bytes + to_at / 8, from->bytes + from_at / 8, (size_t)(run * bits / 8));
        else
            copy_bits(to->bytes, to_at, from->bytes, from_at, bits);
    }
}
