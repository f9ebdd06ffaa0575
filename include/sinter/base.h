/* base.h: what every room stands on: memory, errors, text, quantities, checked sizes, random numbers.
 * SPDX-License-Identifier: MIT
 *
 * The library never prints, exits, aborts on bad input or reads the environment. A fallible function returns a
 * status; what went wrong, where, and what to do about it is appended to the diagnostics that the caller supplies.
 *
 *     struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
 *     struct sinter_cascade *cascade = NULL;
 *     if (sinter_cascade_read_file("scan.yaml", NULL, diags, &cascade) != SINTER_OK)
 *         fputs(sinter_diagnostics_text(diags), stderr);
 *     sinter_cascade_free(cascade);
 *     sinter_diagnostics_free(diags);
 *
 * Conventions: every `_free` accepts NULL; `const char *` results belong to the object they were asked from; an
 * allocator of NULL means malloc and free. There is no global state: distinct objects may be used from distinct threads.
 */
#ifndef SINTER_BASE_H
#define SINTER_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SINTER_API __attribute__((visibility("default")))
#define SINTER_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define SINTER_API
#define SINTER_PRINTF(text, first)
#endif

#define SINTER_VERSION "0.1.0"

/* ---- status ------------------------------------------------------------------------------------------------- */

enum sinter_status {
    SINTER_OK = 0,
    SINTER_INFEASIBLE, /* the question is well formed and the answer is no: a schedule does not fit, a check failed */
    SINTER_BAD_USAGE,  /* an option or an argument of the caller is wrong */
    SINTER_BAD_INPUT,  /* a file or a text is wrong; the diagnostics say where */
    SINTER_NO_MEMORY,
    SINTER_INTERNAL /* a defect of Sinter */
};

/* A lower-case word for a status: "ok", "infeasible", ... */
SINTER_API const char *sinter_status_name(enum sinter_status status);

/* ---- memory ------------------------------------------------------------------------------------------------- */

/* Where memory comes from. `alloc` returns NULL when there is none; `free` accepts NULL. */
struct sinter_allocator {
    void *(*alloc)(void *context, size_t bytes);
    void (*free)(void *context, void *block);
    void *context;
};

/* An allocator for tests: counts live blocks and refuses the (fail_after + 1)-th and later requests; a negative
 * fail_after never refuses. Use `counting.allocator` wherever an allocator is taken. */
struct sinter_counting_allocator {
    struct sinter_allocator allocator;
    int64_t fail_after;
    int64_t n_requests;
    int64_t n_live;
};
SINTER_API void sinter_counting_allocator_init(struct sinter_counting_allocator *counting, int64_t fail_after);

/* Zeroed memory from an allocator (NULL: malloc), or NULL. `count * bytes` is checked. */
SINTER_API void *sinter_allocate(const struct sinter_allocator *allocator, size_t count, size_t bytes);
SINTER_API void sinter_release(const struct sinter_allocator *allocator, void *block);

/* An arena: blocks that are freed together. Everything that is parsed or built lives in one arena owned by its root. */
struct sinter_arena;
struct sinter_arena_mark {
    void *block;
    size_t used;
};
SINTER_API struct sinter_arena *sinter_arena_new(const struct sinter_allocator *allocator);
SINTER_API void sinter_arena_free(struct sinter_arena *arena);
/* Zeroed, aligned for any type; NULL when memory is out or count * bytes overflows. A size of zero gives a valid pointer. */
SINTER_API void *sinter_arena_alloc(struct sinter_arena *arena, size_t count, size_t bytes);
SINTER_API char *sinter_arena_copy(struct sinter_arena *arena, const char *text, size_t length); /* adds the final NUL */
SINTER_API char *sinter_arena_printf(struct sinter_arena *arena, const char *format, ...) SINTER_PRINTF(2, 3);
SINTER_API struct sinter_arena_mark sinter_arena_mark(const struct sinter_arena *arena);
SINTER_API void sinter_arena_reset(struct sinter_arena *arena, struct sinter_arena_mark mark); /* frees all since the mark */

/* ---- text --------------------------------------------------------------------------------------------------- */

/* A growing text, always NUL-terminated. The first failure sticks: later appends do nothing and `failed` stays set,
 * so a printer checks once at its end. Zero-initialise, or set `allocator` first. */
struct sinter_text {
    const struct sinter_allocator *allocator;
    char *data; /* NULL while empty */
    size_t length, capacity;
    bool failed;
};
SINTER_API void sinter_text_append(struct sinter_text *text, const char *piece);
SINTER_API void sinter_text_append_n(struct sinter_text *text, const char *piece, size_t length);
SINTER_API void sinter_text_printf(struct sinter_text *text, const char *format, ...) SINTER_PRINTF(2, 3);
SINTER_API const char *sinter_text_data(const struct sinter_text *text); /* never NULL: "" while empty */
SINTER_API void sinter_text_free(struct sinter_text *text);

/* ---- diagnostics -------------------------------------------------------------------------------------------- */

enum sinter_severity { SINTER_ERROR, SINTER_WARNING, SINTER_NOTE };

/* A place in a file or a text. line and column count from 1; 0 means unknown. */
struct sinter_location {
    const char *file; /* NULL: no file */
    int line, column;
};

struct sinter_diagnostic {
    enum sinter_severity severity;
    struct sinter_location at;
    const char *message; /* lower case: what was found, what was expected */
    const char *hint;    /* what to do about it, or NULL */
};

/* The list of them that a caller supplies. */
struct sinter_diagnostics;
SINTER_API struct sinter_diagnostics *sinter_diagnostics_new(const struct sinter_allocator *allocator);
SINTER_API void sinter_diagnostics_free(struct sinter_diagnostics *diags);
SINTER_API void sinter_diagnostics_clear(struct sinter_diagnostics *diags);

/* Appends; file and texts are copied. All of them accept diags == NULL (then nobody wants to know). At most 100 are
 * kept, so a hostile file cannot flood. `hint` may be NULL. */
SINTER_API void sinter_report(struct sinter_diagnostics *diags, enum sinter_severity severity, struct sinter_location at,
                              const char *hint, const char *format, ...) SINTER_PRINTF(5, 6);
/* The same for errors, returning SINTER_BAD_INPUT so that a parser may write `return sinter_error(...)`. */
SINTER_API enum sinter_status sinter_error(struct sinter_diagnostics *diags, struct sinter_location at, const char *hint,
                                           const char *format, ...) SINTER_PRINTF(4, 5);
/* Records "out of memory" and returns SINTER_NO_MEMORY. Needs no memory itself. */
SINTER_API enum sinter_status sinter_out_of_memory(struct sinter_diagnostics *diags);

SINTER_API int sinter_diagnostics_count(const struct sinter_diagnostics *diags);
SINTER_API int sinter_diagnostics_errors(const struct sinter_diagnostics *diags); /* those with severity error */
SINTER_API const struct sinter_diagnostic *sinter_diagnostics_at(const struct sinter_diagnostics *diags, int index);
/* All of them, one after another:
 *     scan.yaml:7:12: error: unknown rank 'M' in tensor 'X'
 *       hint: did you mean 'N'?
 * The source line with a caret is added where the file's text was registered with `sinter_diagnostics_source`. */
SINTER_API const char *sinter_diagnostics_text(struct sinter_diagnostics *diags);
/* Registers the text of a file (copied) so that messages can show the line. */
SINTER_API void sinter_diagnostics_source(struct sinter_diagnostics *diags, const char *file, const char *text,
                                          size_t length);

/* The candidate closest to `word` when it is close enough to be a slip of the pen, else NULL. */
SINTER_API const char *sinter_suggest(const char *word, const char *const *candidates, int n_candidates);
/* Writes "did you mean 'x'?" for what sinter_suggest() found and returns the buffer; NULL when `near` is NULL. */
SINTER_API const char *sinter_suggest_hint(const char *near, char *buffer, size_t size);

/* One `--set FIELD=VALUE`: a change to a field of an input before it is read. A reader marks what it used, so that the
 * caller can complain about a field that nobody knows. */
struct sinter_override {
    const char *field; /* "N", "buffer.capacity", "clock" */
    const char *value; /* as it would stand in the file */
    bool is_used;
};

/* ---- quantities --------------------------------------------------------------------------------------------- */

/* What a number with a unit measures, and the unit in which C code holds it. */
enum sinter_dimension {
    SINTER_COUNT,          /* plain number: "64", "1e6", "4k" (k M G are decimal, Ki Mi Gi binary) */
    SINTER_BYTES,          /* bytes: B kB MB GB TB (decimal) KiB MiB GiB TiB (binary); "unlimited" */
    SINTER_BANDWIDTH,      /* bytes per second: GB/s, GiB/s, Gbit/s ...; "unlimited" */
    SINTER_FREQUENCY,      /* hertz: Hz kHz MHz GHz */
    SINTER_ENERGY,         /* picojoules: fJ pJ nJ uJ mJ J */
    SINTER_ENERGY_PER_BIT, /* picojoules per bit: pJ/bit, pJ/B, nJ/B ... */
    SINTER_AREA,           /* square millimetres: um2 mm2 */
    SINTER_LENGTH,         /* nanometres: nm um */
    SINTER_POWER,          /* watts: uW mW W */
    SINTER_TIME            /* seconds: ns us ms s */
};

/* Reads a whole text as a quantity of one dimension, e.g. "24 MiB" -> 25165824 bytes. "unlimited" gives INFINITY where
 * it is allowed. Negative values, NaN, trailing text, and a missing or foreign unit are errors (a bare 0 needs no unit,
 * SINTER_COUNT has none). On error the diagnostic at `at` names the units that are understood. */
SINTER_API enum sinter_status sinter_quantity_parse(const char *text, enum sinter_dimension dimension,
                                                    struct sinter_location at, struct sinter_diagnostics *diags,
                                                    double *value);
/* Prints with a unit that keeps the number short and reads back to the same value: 25165824 -> "24 MiB",
 * 256e9 -> "256 GB/s", 7 -> "7 pJ/bit", 1e9 -> "1 GHz", INFINITY -> "unlimited". Returns `buffer`. */
SINTER_API char *sinter_quantity_print(double value, enum sinter_dimension dimension, char *buffer, size_t size);
/* For people, rounded to `digits` significant digits: 4449281 cycles -> "4.45 M", 1307120920 B -> "1.31 GB". Returns
 * `buffer`. */
SINTER_API char *sinter_quantity_show(double value, enum sinter_dimension dimension, int digits, char *buffer, size_t size);

/* ---- checked sizes ------------------------------------------------------------------------------------------ */

/* Products and sums of sizes; false (and *out untouched) when the result does not fit a non-negative int64_t. */
SINTER_API bool sinter_multiply(int64_t a, int64_t b, int64_t *out);
SINTER_API bool sinter_add(int64_t a, int64_t b, int64_t *out);
static inline int64_t sinter_ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
} /* a >= 0, b > 0 */
static inline int64_t sinter_bits_to_bytes(int64_t bits)
{
    return bits / 8 + (bits % 8 != 0);
}

/* ---- random numbers ----------------------------------------------------------------------------------------- */

/* A small seeded generator (splitmix64): same seed, same numbers, on every machine. */
struct sinter_random {
    uint64_t state;
};
SINTER_API uint64_t sinter_random_next(struct sinter_random *random);
SINTER_API int64_t sinter_random_below(struct sinter_random *random, int64_t n); /* uniform in [0, n), n > 0 */
SINTER_API double sinter_random_unit(struct sinter_random *random);              /* uniform in [0, 1) */

#endif
