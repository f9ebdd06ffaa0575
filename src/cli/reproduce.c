/* reproduce.c: `sinter reproduce`: published numbers computed again.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/page.h"

enum key { KEY_FIGURE = 0x300 };

static const struct argp_option figure_options[] = {
    {NULL, 0, NULL, 0, "What to reproduce:", -1},
    {"figure", KEY_FIGURE, "N", 0, "One of the paper's figures (default: what is in none of them)", -1},
    {0}};
static const struct argp_child children[] = {{&output_argp, 0, NULL, 3}, {&page_argp, 0, NULL, 3}, {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->child_inputs[1] = options;
        return 0;
    case KEY_FIGURE: {
        char *end;
        long figure = strtol(arg, &end, 10);
        if (end == arg || *end != '\0' || figure < 1 || figure > 1000)
            argp_error(state, "--figure is '%s', expected the number of a figure", arg);
        options->figure = (int)figure;
        return 0;
    }
    case ARGP_KEY_ARG:
        if (options->paper != NULL)
            argp_error(state, "unexpected argument '%s'", arg);
        options->paper = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no paper is given, expected one such as pact25, or all");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Compute again what a paper publishes, under its assumptions: our numbers, theirs, the deviation, and why."
    "\vPapers:\n"
    "  pact25  arXiv 2504.17333 (PACT 2025): every node, the fusion schemes, the\n"
    "          same under honest assumptions; figures 1, 4, 9, 10, 11 and 12\n"
    "          (which takes about 30 seconds)\n"
    "  all     every paper, with what is in no figure and every figure\n"
    "\n"
    "Examples:\n"
    "  sinter reproduce pact25\n"
    "  sinter reproduce pact25 -v\n"
    "  sinter reproduce pact25 --figure 9 --format csv -o figure9.csv\n"
    "  sinter reproduce all --html report.html\n"
    "\n"
    "Exit status: 0 ok, 2 usage, 3 bad input, 4 internal error.";
const struct argp reproduce_argp = {figure_options, parse, "PAPER", doc, children, NULL, NULL};

/* ---- one or all ------------------------------------------------------------------------------------------------------- */

enum { MAX_FIGURES = 64 };

/* What is to be computed, then what was. */
struct shelf {
    struct sinter_reproduction **items;
    char (*papers)[64];
    int *figures;
    int n, n_done;
};

static bool shelf_grow(struct shelf *shelf, struct sinter_arena *arena, int n_more)
{
    size_t n = (size_t)(shelf->n + n_more);
    struct shelf larger = {.n = shelf->n};
    larger.items = sinter_arena_alloc(arena, n, sizeof *larger.items);
    larger.papers = sinter_arena_alloc(arena, n, sizeof *larger.papers);
    larger.figures = sinter_arena_alloc(arena, n, sizeof *larger.figures);
    if (larger.items == NULL || larger.papers == NULL || larger.figures == NULL)
        return false;
    for (int i = 0; i < shelf->n; i++) {
        memcpy(larger.papers[i], shelf->papers[i], sizeof larger.papers[i]);
        larger.figures[i] = shelf->figures[i];
    }
    *shelf = larger;
    return true;
}

/* Every paper, what is in no figure and every figure. */
static enum sinter_status list_all(struct options *options, struct shelf *shelf)
{
    char paper[64];
    for (int p = 0; sinter_paper_name(p, paper, sizeof paper) != NULL; p++) {
        int figures[MAX_FIGURES], n = 0;
        enum sinter_status status = sinter_paper_figures(paper, NULL, options->diags, figures, MAX_FIGURES, &n);
        if (status != SINTER_OK)
            return status;
        if (!shelf_grow(shelf, options->arena, n))
            return sinter_out_of_memory(options->diags);
        for (int i = 0; i < n; i++, shelf->n++) {
            memcpy(shelf->papers[shelf->n], paper, sizeof paper);
            shelf->figures[shelf->n] = figures[i];
        }
    }
    return SINTER_OK;
}

/* On a terminal, which line is rewritten; a log gets none, for it is over in seconds. */
static void show_progress(const struct options *options, const struct shelf *shelf)
{
    if (options->style.is_quiet || !isatty(STDERR_FILENO))
        return;
    if (shelf->n_done == shelf->n)
        fputs("\r\033[K", stderr);
    else if (shelf->figures[shelf->n_done] == 0)
        fprintf(stderr, "\r\033[K%d of %d: %s", shelf->n_done + 1, shelf->n, shelf->papers[shelf->n_done]);
    else
        fprintf(stderr, "\r\033[K%d of %d: %s, figure %d", shelf->n_done + 1, shelf->n, shelf->papers[shelf->n_done],
                shelf->figures[shelf->n_done]);
    fflush(stderr);
}

static enum sinter_status fill_shelf(struct options *options, struct shelf *shelf)
{
    enum sinter_status status = list_all(options, shelf);
    while (status == SINTER_OK && shelf->n_done < shelf->n) {
        show_progress(options, shelf);
        int i = shelf->n_done;
        status = sinter_reproduce(shelf->papers[i], shelf->figures[i], NULL, options->diags, &shelf->items[i]);
        shelf->n_done += status == SINTER_OK;
    }
    if (status == SINTER_OK)
        show_progress(options, shelf);
    return status;
}

static enum sinter_status write_all(struct options *options, const struct sinter_reproduction *const *made, int n,
                                    bool is_one)
{
    struct sinter_text out = {0};
    struct sinter_page page = {0};
    enum sinter_status status = is_one ? sinter_reproduction_write(made[0], &options->style, &out)
                                       : sinter_reproductions_write(made, n, &options->style, &out);
    status = status == SINTER_OK ? output_write(options, &out) : sinter_out_of_memory(options->diags);
    sinter_text_free(&out);
    if (status != SINTER_OK || !wants_page(options))
        return status;
    status = sinter_page_reproductions(made, n, &options->origin, &page);
    status = status == SINTER_OK ? page_write(options, &page) : sinter_out_of_memory(options->diags);
    sinter_page_free(&page);
    return status;
}

static enum sinter_status reproduce_all(struct options *options)
{
    struct shelf shelf = {.n = 0};
    if (options->figure > 0)
        return usage_error(options, "leave it out, or name the paper", "--figure is of one paper, and 'all' are meant");
    enum sinter_status status = fill_shelf(options, &shelf);
    if (status == SINTER_OK)
        status = write_all(options, (const struct sinter_reproduction *const *)shelf.items, shelf.n, false);
    for (int i = 0; i < shelf.n_done; i++)
        sinter_reproduction_free(shelf.items[i]);
    return status;
}

enum sinter_status command_reproduce(struct options *options)
{
    struct sinter_reproduction *reproduction = NULL;
    enum sinter_status status = page_check(options);
    if (status == SINTER_OK)
        status = output_check(options->output, options->diags);
    if (status == SINTER_OK && strcmp(options->paper, "all") == 0)
        return reproduce_all(options);
    if (status == SINTER_OK)
        status = sinter_reproduce(options->paper, options->figure, NULL, options->diags, &reproduction);
    if (status != SINTER_OK)
        return status;
    const struct sinter_reproduction *made = reproduction;
    status = write_all(options, &made, 1, true);
    sinter_reproduction_free(reproduction);
    return status;
}
