/* csv.c: comma-separated values by RFC 4180.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "sinter/report.h"

static void begin_field(struct sinter_text *out, int *n)
{
    if ((*n)++ > 0)
        sinter_text_append(out, ",");
}

void sinter_csv_field(struct sinter_text *out, int *n, const char *text)
{
    begin_field(out, n);
    size_t length = strlen(text);
    bool has_blank_end = length > 0 && (text[0] == ' ' || text[length - 1] == ' ');
    if (strpbrk(text, ",\"\r\n") == NULL && !has_blank_end) {
        sinter_text_append(out, text);
        return;
    }
    sinter_text_append(out, "\"");
    for (const char *at = text; *at != '\0'; at++)
        sinter_text_append_n(out, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    sinter_text_append(out, "\"");
}

void sinter_csv_integer(struct sinter_text *out, int *n, int64_t value)
{
    begin_field(out, n);
    if (value >= 0)
        sinter_text_printf(out, "%" PRId64, value);
}

void sinter_csv_number(struct sinter_text *out, int *n, double value)
{
    begin_field(out, n);
    if (isfinite(value))
        sinter_text_printf(out, "%.17g", value);
}

void sinter_csv_end(struct sinter_text *out, int *n)
{
    sinter_text_append(out, "\r\n");
    *n = 0;
}
