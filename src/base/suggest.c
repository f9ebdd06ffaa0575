/* suggest.c: "did you mean": the candidate that differs from a word by a slip of the pen.
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "sinter/base.h"

/* Costs count half slips: a wrong, missing, extra or swapped letter is one slip; a wrong case, or one separator for
 * another, is half of one. The beginning of a word stands for it. Longer words are not compared. */
enum { SLIP = 2, HALF_SLIP = 1, ABBREVIATION = 3, MOST_LETTERS = 63, FAR = 1000 };

static bool is_separator(char c)
{
    return c == '-' || c == '_' || c == '.' || c == ' ';
}

static int letter_cost(char a, char b)
{
    if (a == b)
        return 0;
    if (tolower((unsigned char)a) == tolower((unsigned char)b) || (is_separator(a) && is_separator(b)))
        return HALF_SLIP;
    return SLIP;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: Levenshtein's distance with swaps of neighbours. */
static int distance(const char *a, size_t n, const char *b, size_t m)
{
    int rows[3][MOST_LETTERS + 1];
    int *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j * SLIP;
    for (size_t i = 1; i <= n; i++) {
        int *oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = (int)i * SLIP;
        for (size_t j = 1; j <= m; j++) {
            row[j] = above[j - 1] + letter_cost(a[i - 1], b[j - 1]);
            row[j] = least(row[j], least(above[j], row[j - 1]) + SLIP);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + SLIP);
        }
    }
    return row[m];
}

const char *sinter_suggest(const char *word, const char *const *candidates, int n_candidates)
{
    size_t n = strlen(word);
    if (n == 0 || n > MOST_LETTERS)
        return NULL;
    int allowed = SLIP * (n < 6 ? 1 : n < 9 ? 2 : 3); /* about one slip in three letters, one at least */
    const char *nearest = NULL;
    int nearest_cost = FAR;
    for (int i = 0; i < n_candidates; i++) {
        const char *candidate = candidates[i];
        size_t m = candidate ? strlen(candidate) : 0;
        if (m == 0 || m > MOST_LETTERS)
            continue;
        int cost = distance(word, n, candidate, m);
        bool is_abbreviation = n >= 3 && m > n && strncmp(word, candidate, n) == 0;
        if (is_abbreviation)
            cost = least(cost, ABBREVIATION);
        /* At least one letter agrees: 'E' is no slip of 'L'. */
        if (cost == 0 || cost >= SLIP * (int)(n > m ? n : m) || (cost > allowed && !is_abbreviation) || cost >= nearest_cost)
            continue;
        nearest = candidate; /* the first of equals wins */
        nearest_cost = cost;
    }
    return nearest;
}

const char *sinter_suggest_hint(const char *near, char *buffer, size_t size)
{
    if (!near)
        return NULL;
    snprintf(buffer, size, "did you mean '%s'?", near);
    return buffer;
}
