/* reproduce_command.c: the command that computes a row of a reproduction by itself.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/reproduce.h"

const struct sinter_reproduced_setting *reproduced_setting(const struct sinter_reproduction *reproduction,
                                                           const struct sinter_reproduced_row *row)
{
    static const struct sinter_reproduced_setting none = {.name = "", .says = ""};
    for (int i = 0; i < reproduction->n_settings; i++)
        if (strcmp(reproduction->settings[i].name, row->setting) == 0)
            return &reproduction->settings[i];
    return &none;
}

struct shown show_fraction(double fraction)
{
    struct shown shown = {""};
    if (fraction > 0)
        snprintf(shown.text, sizeof shown.text, "%g", fraction);
    return shown;
}

static void append_fraction(struct sinter_text *out, const char *field, double fraction, const char *word)
{
    if (fraction > 0)
        sinter_text_printf(out, " --set %s=%s", field, word != NULL ? word : show_fraction(fraction).text);
}

/* The --set that makes the accelerator of a row. */
static void append_size(struct sinter_text *out, const struct sinter_reproduced_row *row, const struct row_words *words)
{
    char capacity[32];
    append_fraction(out, "area_fraction", row->area_fraction, words->area);
    append_fraction(out, "memory_fraction", row->memory_fraction, words->share);
    if (row->area_fraction > 0 || row->memory_fraction > 0)
        return;
    sinter_quantity_print(floor(row->buffer_bytes), SINTER_BYTES, capacity, sizeof capacity);
    sinter_text_printf(out, " --set 'buffer.capacity=%s'", words->buffer != NULL ? words->buffer : capacity);
}

void append_row_command(struct sinter_text *out, const struct sinter_reproduction *reproduction,
                        const struct sinter_reproduced_row *row, const struct row_words *words)
{
    const char *options = reproduced_setting(reproduction, row)->options;
    if (options == NULL)
        return;
    sinter_text_printf(out, "sinter %s %s", row->strategy == NULL ? "show" : "run", options);
    if (strstr(options, "--phase decode") == NULL) {
        sinter_text_append(out, " -L ");
        if (words->tokens != NULL)
            sinter_text_append(out, words->tokens);
        else
            sinter_text_printf(out, "%" PRId64, row->tokens);
    }
    if (row->strategy == NULL)
        return;
    const char *strategy = row->otherwise != NULL ? row->otherwise : row->strategy;
    sinter_text_printf(out, " -s %s", words->strategy != NULL ? words->strategy : strategy);
    append_size(out, row, words);
}
