/* plot_scale.c: from values to places on an axis, and where its ticks stand.
 * SPDX-License-Identifier: MIT
 */
#include "report/plot.h"

#include <math.h>

static const double slack = 1e-9; /* a tick that rounding puts behind an end belongs to it */

static void add_tick(struct plot_scale *scale, double value)
{
    double room = slack * fabs(scale->high);
    if (scale->n_ticks < PLOT_TICKS && value >= scale->low - room && value <= scale->high + room)
        scale->ticks[scale->n_ticks++] = value;
}

/* The least step of 1, 2 or 5 times a power of ten, or of a power of two, that is not below this. */
static double round_step(double least, bool is_binary)
{
    static const double nice[] = {1, 2, 5, 10};
    if (is_binary)
        return exp2(ceil(log2(least) - slack));
    double power = pow(10, floor(log10(least)));
    for (int i = 0; i < 4; i++)
        if (nice[i] * power >= least * (1 - slack))
            return nice[i] * power;
    return 10 * power;
}

/* Labels have three digits: a finer step would not show in them. */
static double least_step(double high, bool is_binary)
{
    return is_binary ? exp2(floor(log2(high)) - 7) : pow(10, floor(log10(high)) - 2);
}

static void add_even_ticks(struct plot_scale *scale, bool is_binary, int most)
{
    double step = round_step((scale->high - scale->low) / most, is_binary);
    step = fmax(step, least_step(scale->high, is_binary));
    if (floor(scale->high / step + slack) - ceil(scale->low / step - slack) >= most)
        step = round_step(1.1 * step, is_binary);
    double first = ceil(scale->low / step - slack);
    for (int i = 0; i < most; i++)
        add_tick(scale, (first + i) * step);
}

static void add_powers_of_two(struct plot_scale *scale, int most)
{
    double first = ceil(log2(scale->low) - slack), last = floor(log2(scale->high) + slack);
    double stride = fmax(1, ceil((last - first + 1) / most));
    for (double exponent = ceil(first / stride) * stride; exponent <= last; exponent += stride)
        add_tick(scale, exp2(exponent));
}

/* The densest of these that has no more than `most` ticks: six, three, two or one to a decade, or to several. */
static void add_decades(struct plot_scale *scale, int most)
{
    static const double mantissas[][6] = {{1, 1.5, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}, {1}};
    static const int densities[] = {6, 3, 2, 1};
    double first = floor(log10(scale->low)), last = ceil(log10(scale->high));
    double decades = log10(scale->high / scale->low);
    int set = 0;
    while (set < 3 && decades * densities[set] + 1 > most)
        set++;
    double stride = set == 3 ? fmax(1, ceil((decades + 1) / most)) : 1;
    for (double exponent = floor(first / stride) * stride; exponent <= last; exponent += stride)
        for (int i = 0; i < densities[set]; i++)
            add_tick(scale, mantissas[set][i] * pow(10, exponent));
}

void plot_scale_fit(struct plot_scale *scale, double low, double high, enum sinter_dimension dimension, int most)
{
    bool is_binary = dimension == SINTER_BYTES;
    double least_span = 0.02 * fmax(fabs(low), fabs(high));
    *scale = (struct plot_scale){.low = low, .high = high, .is_log = low > 0 && high >= 3 * low};
    if (least_span <= 0)
        scale->high = 1;
    else if (high - low < least_span) {
        scale->low = (low + high - least_span) / 2;
        scale->high = (low + high + least_span) / 2;
    }
    if (!scale->is_log)
        add_even_ticks(scale, is_binary, most);
    else if (is_binary)
        add_powers_of_two(scale, most);
    else
        add_decades(scale, most);
}

double plot_scale_share(const struct plot_scale *scale, double value)
{
    if (scale->is_log)
        return log(value / scale->low) / log(scale->high / scale->low);
    return (value - scale->low) / (scale->high - scale->low);
}
