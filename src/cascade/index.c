/* index.c: affine indices: reading, range, comparison, printing.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <string.h>

#include "cascade/build.h"

/* Indices stay within this, so that a sum or difference of two of them cannot overflow. */
#define FARTHEST ((int64_t)1 << 62)

/* constant + sum of terms, while it is read. */
struct affine {
    int n;
    struct sinter_term terms[SINTER_MAX_RANKS];
    int64_t constant;
};

static bool add_checked(int64_t a, int64_t b, int64_t *sum)
{
    return !__builtin_add_overflow(a, b, sum) && *sum <= FARTHEST && *sum >= -FARTHEST;
}

static bool multiply_checked(int64_t a, int64_t b, int64_t *product)
{
    return !__builtin_mul_overflow(a, b, product) && *product <= FARTHEST && *product >= -FARTHEST;
}

/* Terms of one variable are merged, and vanish when they cancel. */
static bool add_term(struct affine *affine, int rank, int64_t coefficient)
{
    if (coefficient == 0)
        return true;
    int i = 0;
    while (i < affine->n && affine->terms[i].rank != rank)
        i++;
    if (i == affine->n) {
        affine->terms[affine->n++] = (struct sinter_term){rank, coefficient};
        return true;
    }
    if (!add_checked(affine->terms[i].coefficient, coefficient, &affine->terms[i].coefficient))
        return false;
    if (affine->terms[i].coefficient == 0) {
        affine->n--;
        memmove(&affine->terms[i], &affine->terms[i + 1], (size_t)(affine->n - i) * sizeof affine->terms[0]);
    }
    return true;
}

static enum sinter_status unknown_variable(struct sinter_cascade_builder *b, const struct lexer *lexer, const char *tensor)
{
    const struct token *token = &lexer->token;
    const char *word = sinter_arena_copy(b->scratch, lexer->text + token->start, token->length);
    if (!word)
        return sinter_out_of_memory(b->diags);
    return sinter_error(
        b->diags, lexer_locate(lexer, token->start),
        cascade_hint_variable(b, word, "declare its rank under ranks:; a rank's variable is its lower-case name"),
        "unknown variable '%.128s' in an index of '%s'", word, tensor);
}

/* One factor of a term: a whole number, the extent of a rank, or a variable. */
static enum sinter_status parse_factor(struct sinter_cascade_builder *b, struct lexer *lexer, const char *tensor, int *rank,
                                       int64_t *coefficient)
{
    const struct token token = lexer->token;
    const char *word = lexer->text + token.start;
    int64_t value = 1;
    if (token.kind == TOKEN_NUMBER) {
        if (!lexer_integer(lexer, &value))
            return lexer_error(lexer, "a whole number in an index", b->diags);
    } else if (token.kind == TOKEN_NAME) {
        int variable = cascade_rank_by_variable(b, word, token.length);
        int name = variable < 0 ? cascade_rank_by_name(b, word, token.length) : -1;
        if (variable < 0 && name < 0)
            return unknown_variable(b, lexer, tensor);
        if (variable >= 0 && *rank >= 0)
            return sinter_error(b->diags, lexer_locate(lexer, token.start), NULL,
                                "an index of '%s' multiplies two variables, expected an affine form", tensor);
        if (variable >= 0)
            *rank = variable;
        else
            value = b->ranks[name].extent;
    } else {
        return lexer_error(lexer, "an index", b->diags);
    }
    if (!multiply_checked(*coefficient, value, coefficient))
        return sinter_error(b->diags, lexer_locate(lexer, token.start), NULL, "an index of '%s' overflows", tensor);
    lexer_advance(lexer);
    return SINTER_OK;
}

static enum sinter_status parse_affine(struct sinter_cascade_builder *b, struct lexer *lexer, const char *tensor,
                                       struct affine *affine)
{
    int64_t sign = lexer_skip(lexer, '-') ? -1 : 1;
    for (;;) {
        int rank = -1;
        int64_t coefficient = sign;
        size_t start = lexer->token.start;
        do {
            enum sinter_status status = parse_factor(b, lexer, tensor, &rank, &coefficient);
            if (status != SINTER_OK)
                return status;
        } while (lexer_skip(lexer, '*'));
        bool fits =
            rank >= 0 ? add_term(affine, rank, coefficient) : add_checked(affine->constant, coefficient, &affine->constant);
        if (!fits)
            return sinter_error(b->diags, lexer_locate(lexer, start), NULL, "an index of '%s' overflows", tensor);
        if (lexer_skip(lexer, '+'))
            sign = 1;
        else if (lexer_skip(lexer, '-'))
            sign = -1;
        else
            return SINTER_OK;
    }
}

static size_t behind_spaces(const char *text, size_t offset)
{
    return offset + strspn(text + offset, " \t\r\n");
}

/* `X[L]` is nearly always meant as `X[l]`. */
static enum sinter_status refuse_rank_name(struct sinter_cascade_builder *b, const struct lexer *lexer, struct token first,
                                           const char *tensor)
{
    int rank = cascade_rank_by_name(b, lexer->text + first.start, first.length);
    const char *hint =
        sinter_arena_printf(b->scratch, "the variable of rank '%s' is '%s'", b->ranks[rank].name, b->ranks[rank].variable);
    return sinter_error(b->diags, lexer_locate(lexer, first.start), hint,
                        "index '%s' of '%s' is a rank, expected a variable", b->ranks[rank].name, tensor);
}

enum sinter_status cascade_parse_index(struct sinter_cascade_builder *b, struct lexer *lexer, const char *tensor,
                                       int dimension_rank, struct sinter_index *index)
{
    struct affine affine = {0};
    struct token first = lexer->token;
    enum sinter_status status = parse_affine(b, lexer, tensor, &affine);
    if (status != SINTER_OK)
        return status;
    /* A word that is no variable is a rank; alone it is a slip. */
    bool is_alone = first.kind == TOKEN_NAME && lexer->token.start == behind_spaces(lexer->text, first.start + first.length);
    if (is_alone && affine.n == 0)
        return refuse_rank_name(b, lexer, first, tensor);
    struct sinter_term *terms = sinter_arena_alloc(b->arena, (size_t)affine.n, sizeof *terms);
    if (!terms)
        return sinter_out_of_memory(b->diags);
    *index = (struct sinter_index){affine.n, affine.n > 0 ? 0 : -1, terms, affine.constant};
    for (int i = affine.n - 1; i >= 0; i--) {
        terms[i] = affine.terms[i];
        if (terms[i].rank == dimension_rank && terms[i].coefficient == 1)
            index->own = i;
    }
    return SINTER_OK;
}

bool cascade_index_range(const struct sinter_rank *ranks, const struct sinter_index *index, int64_t *least, int64_t *most)
{
    int64_t low = index->constant, high = index->constant;
    for (int i = 0; i < index->n_terms; i++) {
        const struct sinter_term *term = &index->terms[i];
        int64_t reach = 0;
        if (!multiply_checked(term->coefficient, ranks[term->rank].extent - 1, &reach))
            return false;
        int64_t *end = reach < 0 ? &low : &high;
        if (!add_checked(*end, reach, end))
            return false;
    }
    *least = low;
    *most = high;
    return true;
}

bool cascade_index_equal(const struct sinter_index *a, const struct sinter_index *b)
{
    if (a->n_terms != b->n_terms || a->constant != b->constant)
        return false;
    /* Terms are distinct variables, so equal counts and inclusion are equality; their order does not matter. */
    for (int i = 0; i < a->n_terms; i++) {
        int j = 0;
        while (j < b->n_terms && b->terms[j].rank != a->terms[i].rank)
            j++;
        if (j == b->n_terms || b->terms[j].coefficient != a->terms[i].coefficient)
            return false;
    }
    return true;
}

void cascade_print_index(const struct sinter_rank *ranks, const struct sinter_index *index, struct sinter_text *out)
{
    for (int i = 0; i < index->n_terms; i++) {
        const struct sinter_term *term = &index->terms[i];
        if (term->coefficient < 0)
            sinter_text_append(out, "-");
        else if (i > 0)
            sinter_text_append(out, "+");
        int64_t size = term->coefficient < 0 ? -term->coefficient : term->coefficient;
        if (size != 1)
            sinter_text_printf(out, "%" PRId64 "*", size);
        sinter_text_append(out, ranks[term->rank].variable);
    }
    if (index->n_terms == 0)
        sinter_text_printf(out, "%" PRId64, index->constant);
    else if (index->constant != 0)
        sinter_text_printf(out, "%+" PRId64, index->constant);
}

bool cascade_look_back(const struct sinter_rank *ranks, const struct sinter_tensor *tensor,
                       const struct sinter_access *accesses, int n_accesses, int dimension, int64_t *least, int64_t *most)
{
    int rank = tensor->dims[dimension];
    *least = INT64_MAX;
    *most = INT64_MIN;
    for (int i = 0; i < n_accesses; i++) {
        const struct sinter_index *index = &accesses[i].indices[dimension];
        if (index->own < 0 || index->terms[index->own].rank != rank || index->terms[index->own].coefficient != 1)
            return false;
        int64_t low = 0, high = 0;
        if (!cascade_index_range(ranks, index, &low, &high))
            return false;
        high -= ranks[rank].extent - 1;
        *least = -high < *least ? -high : *least;
        *most = -low > *most ? -low : *most;
    }
    return n_accesses > 0;
}

const char *cascade_access_text(struct sinter_cascade_builder *b, const struct sinter_access *access)
{
    const struct sinter_tensor *tensor = &b->tensors[access->tensor];
    struct sinter_text text = {.allocator = b->allocator};
    sinter_text_printf(&text, "%s[", tensor->name);
    for (int d = 0; d < tensor->n_dims; d++) {
        sinter_text_append(&text, d ? "," : "");
        cascade_print_index(b->ranks, &access->indices[d], &text);
    }
    sinter_text_append(&text, "]");
    const char *copy = sinter_arena_copy(b->scratch, sinter_text_data(&text), text.length);
    sinter_text_free(&text);
    return copy ? copy : tensor->name;
}
