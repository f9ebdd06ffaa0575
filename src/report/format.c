/* format.c: numbers with units, sentences about workloads and memories, for people.
 * SPDX-License-Identifier: MIT
 */
#include "report/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct shown dash(void) { return (struct shown){"-"}; }

static struct shown quantity(double value, enum sinter_dimension dimension)
{
    struct shown shown;
    sinter_quantity_show(value, dimension, 3, shown.text, sizeof shown.text);
    return shown;
}

struct shown show_count(double count) { return quantity(count, SINTER_COUNT); }

struct shown show_traffic(int64_t bytes) { return bytes < 0 ? dash() : quantity((double)bytes, SINTER_BYTES); }

/* Three significant digits without an exponent and without trailing zeros. */
static void short_number(double value, char *buffer, size_t size)
{
    int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(buffer, size, "%.*f", decimals, value);
    if (strchr(buffer, '.') == NULL)
        return;
    size_t n = strlen(buffer);
    while (buffer[n - 1] == '0')
        buffer[--n] = '\0';
    if (buffer[n - 1] == '.')
        buffer[n - 1] = '\0';
}

struct shown show_capacity(double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (!isfinite(bytes))
        return (struct shown){"unlimited"};
    if (bytes < 0)
        return dash();
    size_t unit = 0;
    while (bytes >= 1023.5 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1024;
        unit++;
    }
    char number[24];
    short_number(bytes, number, sizeof number);
    struct shown shown;
    snprintf(shown.text, sizeof shown.text, "%s %s", number, units[unit]);
    return shown;
}

struct shown show_seconds(double seconds) { return quantity(seconds, SINTER_TIME); }

struct shown show_joules(double joules) { return joules > 0 ? quantity(joules * 1e12, SINTER_ENERGY) : dash(); }

struct shown show_percent(double fraction)
{
    struct shown shown = dash();
    if (isfinite(fraction))
        snprintf(shown.text, sizeof shown.text, "%.1f %%", 100 * fraction);
    return shown;
}

struct shown show_factor(double factor)
{
    struct shown shown = dash();
    if (isfinite(factor))
        snprintf(shown.text, sizeof shown.text, factor < 99.95 ? "%.2fx" : "%.0fx", factor);
    return shown;
}

struct shown show_integer(int64_t value)
{
    if (value < 0)
        return dash();
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRId64, value);
    struct shown shown;
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            shown.text[used++] = ',';
        shown.text[used++] = digits[i];
    }
    shown.text[used] = '\0';
    return shown;
}

struct shown show_exact_bytes(int64_t bytes)
{
    struct shown shown = {""};
    if (bytes >= 1000)
        snprintf(shown.text, sizeof shown.text, " (%.32s B)", show_integer(bytes).text);
    return shown;
}

void describe_shortage(struct sinter_text *out, const struct sinter_memory *memory, int64_t needed_bytes)
{
    struct shown needed = show_capacity((double)needed_bytes), capacity = show_capacity(memory->capacity_bytes);
    const char *unit = "";
    if (strcmp(needed.text, capacity.text) == 0) {
        needed = show_integer(needed_bytes);
        capacity = show_integer((int64_t)memory->capacity_bytes);
        unit = " B";
    }
    sinter_text_printf(out, "needs %s%s of ", needed.text, unit);
    append_clean(out, memory->name);
    sinter_text_printf(out, ", has %s%s", capacity.text, unit);
}

void describe_workload(struct sinter_text *out, const struct sinter_model *model, const char *part)
{
    append_clean(out, model->name);
    if (model->n_parts > 1 && part != NULL) {
        sinter_text_append(out, " ");
        append_clean(out, part);
    }
    if (model->variant != NULL && model->variant[0] != '\0') {
        sinter_text_append(out, " (");
        append_clean(out, model->variant);
        sinter_text_append(out, ")");
    }
    if (model->tokens > 0)
        sinter_text_printf(out, ", %s of %" PRId64 " token%s", model->phase == SINTER_DECODE ? "decode" : "prefill",
                           model->tokens, model->tokens == 1 ? "" : "s");
    if (model->batch > 1)
        sinter_text_printf(out, ", batch %" PRId64, model->batch);
}

const char *priced_part(const struct sinter_model *model, bool all_layers)
{
    return all_layers ? "whole model" : model->parts[model->block].name;
}

void describe_strategy(struct sinter_text *out, const struct sinter_strategy *strategy)
{
    const struct sinter_strategy_options *options = &strategy->options;
    append_clean(out, strategy->label);
    if (strategy->name == NULL || strcmp(strategy->name, strategy->label) != 0)
        return;
    const char *separator = " (";
    if (options->tile > 0) {
        sinter_text_printf(out, "%stile %" PRId64, separator, options->tile);
        separator = ", ";
    }
    if (options->split > 0) {
        sinter_text_printf(out, "%ssplit %" PRId64, separator, options->split);
        separator = ", ";
    }
    if (options->chain) {
        sinter_text_printf(out, "%schain", separator);
        separator = ", ";
    }
    if (options->resident) {
        sinter_text_printf(out, "%sresident weights", separator);
        separator = ", ";
    }
    sinter_text_append(out, separator[0] == ',' ? ")" : "");
}

void append_clean(struct sinter_text *out, const char *text)
{
    if (text == NULL)
        return;
    size_t begin = 0, i = 0;
    for (; text[i] != '\0'; i++) {
        unsigned char c = (unsigned char)text[i], next = (unsigned char)text[i + 1];
        bool is_c1 = c == 0xC2 && next >= 0x80 && next < 0xA0; /* C1 controls, as UTF-8 */
        if (c >= 0x20 && c != 0x7F && !is_c1)
            continue;
        sinter_text_append_n(out, text + begin, i - begin);
        sinter_text_append(out, "?");
        i += is_c1;
        begin = i + 1;
    }
    sinter_text_append_n(out, text + begin, i - begin);
}

const char *tone_begin(enum sinter_tone tone, bool is_colored)
{
    if (!is_colored)
        return "";
    switch (tone) {
    case SINTER_PLAIN:
        return "";
    case SINTER_STRONG:
        return "\033[1m";
    case SINTER_FAINT:
        return "\033[2m";
    case SINTER_ALARM:
        return "\033[31m";
    }
    return "";
}

const char *tone_end(enum sinter_tone tone, bool is_colored) { return is_colored && tone != SINTER_PLAIN ? "\033[0m" : ""; }

void append_title(struct sinter_text *out, const struct sinter_style *style, const char *title)
{
    sinter_text_printf(out, "\n%s%s%s\n", tone_begin(SINTER_STRONG, style->is_colored), title,
                       tone_end(SINTER_STRONG, style->is_colored));
}

int64_t nearest_cycles(double cycles) { return cycles >= 0 && cycles < 9.2e18 ? (int64_t)llround(cycles) : -1; }

const char *made_text(const struct sinter_text *text) { return text->failed ? NULL : sinter_text_data(text); }

enum sinter_status text_status(const struct sinter_text *out) { return out->failed ? SINTER_NO_MEMORY : SINTER_OK; }
