/* format.c: numbers with units, sentences about workloads and memories, for people.
 * SPDX-License-Identifier: MIT
 */
#include "report/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct shown dash(void)
{
    return (struct shown){"-"};
}

/* The one rounding of the texts: three significant digits, half up. */
static double half_up(double value)
{
    if (!(value > 0) || !isfinite(value))
        return value;
    double scale = pow(10, 2 - floor(log10(value)));
    double left = value * scale - floor(value * scale);
    /* 124.5 ns is 1.2449999...e-07 in binary: what is a half in decimal shall be one here, and go up */
    return fabs(left - 0.5) < 1e-9 ? value * (1 + 1e-11) : value;
}

static struct shown quantity(double value, enum sinter_dimension dimension)
{
    struct shown shown;
    sinter_quantity_show(half_up(value), dimension, 3, shown.text, sizeof shown.text);
    return shown;
}

const char *bound_word(enum sinter_bound bound)
{
    return bound == SINTER_BOUND_DRAM ? "DRAM" : sinter_bound_name(bound);
}

struct shown show_count(double count)
{
    return quantity(count, SINTER_COUNT);
}

struct shown show_traffic(int64_t bytes)
{
    return bytes < 0 ? dash() : quantity((double)bytes, SINTER_BYTES);
}

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

struct shown show_cycles(double cycles)
{
    double tenths = floor(cycles * 10 + 0.5);
    if (!(cycles < 9999.95) || (cycles > 0 && tenths < 1))
        return quantity(cycles, SINTER_COUNT);
    int64_t whole = (int64_t)(tenths / 10);
    int tenth = (int)(tenths - 10 * (double)whole);
    struct shown shown = show_integer(whole);
    if (tenth > 0) {
        const char digits[] = {'.', (char)('0' + tenth % 10), '\0'};
        strcat(shown.text, digits);
    }
    return shown;
}

struct shown show_latency(double cycles)
{
    struct shown number = show_cycles(cycles), shown;
    snprintf(shown.text, sizeof shown.text, "%.30s cycle%s", number.text, strcmp(number.text, "1") == 0 ? "" : "s");
    return shown;
}

struct shown show_seconds(double seconds)
{
    if (!(seconds >= 120) || !isfinite(seconds))
        return quantity(seconds, SINTER_TIME);
    double value = seconds < 7200 ? seconds / 60 : seconds / 3600;
    char number[40];
    if (value < 999.5)
        short_number(half_up(value), number, sizeof number);
    else
        snprintf(number, sizeof number, "%.39s", show_cycles(floor(value + 0.5)).text);
    struct shown shown;
    snprintf(shown.text, sizeof shown.text, "%s %s", number, seconds < 7200 ? "min" : "h");
    return shown;
}

struct shown show_joules(double joules)
{
    return joules > 0 ? quantity(joules * 1e12, SINTER_ENERGY) : dash();
}

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

static bool is_cascade_file(const struct sinter_model *model)
{
    return model->config.layers == 0 && model->n_parts == 1;
}

static void append_ranks(struct sinter_text *out, const struct sinter_cascade *cascade)
{
    enum { MAX_SHOWN = 8 };
    append_clean(out, cascade->name);
    for (int r = 0; r < cascade->n_ranks && r < MAX_SHOWN; r++) {
        sinter_text_append(out, r == 0 ? " (" : ", ");
        append_clean(out, cascade->ranks[r].name);
        sinter_text_printf(out, " %" PRId64, cascade->ranks[r].extent);
    }
    sinter_text_append(out, cascade->n_ranks > MAX_SHOWN ? ", ...)" : cascade->n_ranks > 0 ? ")" : "");
}

void describe_workload(struct sinter_text *out, const struct sinter_model *model, const char *part)
{
    if (is_cascade_file(model)) {
        append_ranks(out, model->parts[model->block].cascade);
        return;
    }
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
    if (model->logits == SINTER_LOGITS_LAST && model->tokens > 1)
        sinter_text_append(out, ", logits of the last token");
}

void describe_task(struct sinter_text *out, const struct sinter_model *model, const struct sinter_accel *accel,
                   const char *part)
{
    describe_workload(out, model, part);
    sinter_text_append(out, is_cascade_file(model) ? " on " : ", on ");
    append_clean(out, accel->name);
}

void append_nothing_to_fuse(struct sinter_text *out, const struct sinter_model *model)
{
    if (model->parts[model->block].cascade->n_cycles == 0)
        sinter_text_append(out, "It has no recurrence, so there is no state update to fuse.\n");
}

void append_assumptions(struct sinter_text *out, const struct sinter_model *model, const struct sinter_style *style)
{
    struct sinter_text line = {.allocator = out->allocator};
    if (model->n_assumptions == 0 || style->is_quiet)
        return;
    sinter_text_append(&line, "Assumed, because the configuration does not say (--set changes it):");
    for (int i = 0; i < model->n_assumptions; i++)
        sinter_text_printf(&line, " %s%s", model->assumptions[i], i + 1 < model->n_assumptions ? "," : "");
    append_wrapped(out, sinter_text_data(&line), 0, 2, style->width);
    sinter_text_append(out, "\n");
    out->failed = out->failed || line.failed;
    sinter_text_free(&line);
}

void describe_part(struct sinter_text *out, const char *name, int64_t count)
{
    append_clean(out, name);
    if (count == 1)
        sinter_text_append(out, ", runs once");
    else
        sinter_text_printf(out, ", runs %s times", show_integer(count).text);
}

const char *strategy_label(const struct sinter_strategy *strategy)
{
    return strategy->file != NULL && strcmp(strategy->label, "-") == 0 ? "standard input" : strategy->label;
}

const char *priced_part(const struct sinter_model *model, bool all_layers)
{
    return all_layers ? "whole model" : model->parts[model->block].name;
}

void describe_strategy(struct sinter_text *out, const struct sinter_strategy *strategy)
{
    const struct sinter_strategy_options *options = &strategy->options;
    append_clean(out, strategy_label(strategy));
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

const char *tone_end(enum sinter_tone tone, bool is_colored)
{
    return is_colored && tone != SINTER_PLAIN ? "\033[0m" : "";
}

void append_title(struct sinter_text *out, const struct sinter_style *style, const char *title)
{
    sinter_text_printf(out, "\n%s%s%s\n", tone_begin(SINTER_STRONG, style->is_colored), title,
                       tone_end(SINTER_STRONG, style->is_colored));
}

int64_t nearest_cycles(double cycles)
{
    return cycles >= 0 && cycles < 9.2e18 ? (int64_t)floor(cycles + 0.5) : -1;
}

const char *made_text(const struct sinter_text *text)
{
    return text->failed ? NULL : sinter_text_data(text);
}

enum sinter_status text_status(const struct sinter_text *out)
{
    return out->failed ? SINTER_NO_MEMORY : SINTER_OK;
}
