/* reproduce.c: `sinter reproduce`: published numbers computed again.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"

enum key { KEY_FIGURE = 0x300 };

static const struct argp_option figure_options[] = {
    {NULL, 0, NULL, 0, "What to reproduce:", -1},
    {"figure", KEY_FIGURE, "N", 0, "One of the paper's figures (default: what is in none of them)", -1},
    {0}};
static const struct argp_child children[] = {{&output_argp, 0, NULL, 3}, {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = options;
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
        argp_error(state, "no paper is given, expected one such as pact25");
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
    "          (which takes about 20 seconds)\n"
    "\n"
    "Examples:\n"
    "  sinter reproduce pact25\n"
    "  sinter reproduce pact25 -v\n"
    "  sinter reproduce pact25 --figure 9 --format csv -o figure9.csv\n"
    "\n"
    "Exit status: 0 ok, 2 usage, 3 bad input, 4 internal error.";
const struct argp reproduce_argp = {figure_options, parse, "PAPER", doc, children, NULL, NULL};

enum sinter_status command_reproduce(struct options *options)
{
    struct sinter_reproduction *reproduction = NULL;
    enum sinter_status status = sinter_reproduce(options->paper, options->figure, NULL, options->diags, &reproduction);
    if (status != SINTER_OK)
        return status;
    struct sinter_text out = {0};
    status = sinter_reproduction_write(reproduction, &options->style, &out);
    status = status == SINTER_OK ? output_write(options, &out) : sinter_out_of_memory(options->diags);
    sinter_text_free(&out);
    sinter_reproduction_free(reproduction);
    return status;
}
