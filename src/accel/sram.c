/* sram.c: area, energy, leakage and time of an on-chip memory, from CACTI's table.
 * SPDX-License-Identifier: MIT
 *
 * N. Muralimanohar and others, CACTI 7: scratchpads with one port for reads and writes, without error correction, at 360 K
 * (data/technology/cacti_sram.csv, see sram_table.h). A figure is interpolated between the knots of the table, the
 * logarithm of the figure over the logarithm of the capacity; a power law over all of it would be wrong by 13 % on average
 * and 37 % at worst, because CACTI's organisations are discrete.
 *
 *     capacity  below 32 KiB and above 64 MiB the last slope goes on; area, energies and leakage never fall with capacity
 *     width     64 to 128 B: interpolated likewise. A wider memory is several of 128 B side by side, without the wires
 *               between them. A narrower one has the figures of 64 B per bit
 *     node      22 to 32 nm: interpolated likewise between the tables of 22, 28 and 32 nm. Beyond, areas and energies are
 *               scaled from the nearest (scaling.c); leakage and times stay, which those equations do not cover
 *     cells     CACTI was run for low-operating-power cells of 28 and 32 nm with 64 B only: there 128 B have to 64 B the
 *               ratio of 22 nm
 */
#include <math.h>

#include "accel/scaling.h"
#include "accel/sram_table.h"
#include "sinter/accel.h"

static const double nodes_nm[SRAM_NODES] = {22, 28, 32};
static const double widths[SRAM_WIDTHS] = {64, 128};
static const double least_capacity = 32768;

static double knot(int cells, int node, int width, int k, enum sram_figure figure)
{
    const struct sram_knot *row = &sram_table[cells][node][width][k];
    if (row->figures[SRAM_AREA_MM2] > 0)
        return row->figures[figure];
    return sram_table[cells][node][0][k].figures[figure] * sram_table[cells][0][width][k].figures[figure] /
           sram_table[cells][0][0][k].figures[figure];
}

/* The knots on both sides of a capacity, or the last two before it or behind it, and how far it lies between them. */
struct place {
    int knot;
    double share;
};

static struct place place_of(double capacity)
{
    double octaves = log2(capacity / least_capacity);
    int below = (int)floor(octaves < 0 ? 0 : octaves > SRAM_CAPACITIES - 2 ? SRAM_CAPACITIES - 2 : octaves);
    return (struct place){below, octaves - below};
}

static double over_capacity(int cells, int node, int width, const struct place *place, enum sram_figure figure)
{
    bool is_time = figure == SRAM_ACCESS_NS || figure == SRAM_CYCLE_NS;
    double low = 0, high;
    for (int k = is_time ? place->knot : 0; k <= place->knot; k++) {
        double value = knot(cells, node, width, k, figure);
        low = value > low ? value : low;
    }
    high = knot(cells, node, width, place->knot + 1, figure);
    if (high < low && (!is_time || place->share < 0 || place->share > 1))
        high = low;
    if (!(place->share > 0) && !(place->share < 0))
        return low;
    return place->share < 1 || place->share > 1 ? low * pow(high / low, place->share) : high;
}

static double over_width(int cells, int node, double width, const struct place *place, enum sram_figure figure)
{
    if (width <= widths[0])
        return over_capacity(cells, node, 0, place, figure);
    if (width >= widths[1])
        return over_capacity(cells, node, 1, place, figure);
    double ends[SRAM_WIDTHS] = {over_capacity(cells, node, 0, place, figure), over_capacity(cells, node, 1, place, figure)};
    return interpolate(widths, ends, SRAM_WIDTHS, width);
}

static double over_node(int cells, double nm, double width, const struct place *place, enum sram_figure figure)
{
    int below = nm < nodes_nm[1] ? 0 : 1;
    if (nm <= nodes_nm[0] || nm >= nodes_nm[SRAM_NODES - 1])
        return over_width(cells, nm <= nodes_nm[0] ? 0 : SRAM_NODES - 1, width, place, figure);
    if (!(nm > nodes_nm[below]))
        return over_width(cells, below, width, place, figure);
    double ends[2] = {over_width(cells, below, width, place, figure), over_width(cells, below + 1, width, place, figure)};
    return interpolate(&nodes_nm[below], ends, 2, nm);
}

struct sinter_sram sinter_sram(double capacity_bytes, double width_bytes, enum sinter_cells cells, double nm)
{
    nm = nm > 0 ? nm : DEFAULT_NODE_NM;
    width_bytes = width_bytes > 0 ? width_bytes : SINTER_SRAM_WIDTH;
    double banks = width_bytes > widths[1] ? width_bytes / widths[1] : 1;
    double bits = 8 * (width_bytes < widths[0] ? widths[0] : width_bytes);
    double nearest = nm < nodes_nm[0] ? nodes_nm[0] : nm > nodes_nm[SRAM_NODES - 1] ? nodes_nm[SRAM_NODES - 1] : nm;
    bool is_tabulated = !(nm < nearest) && !(nm > nearest);
    double area = is_tabulated ? 1 : scale_of_area(nm) / scale_of_area(nearest);
    double energy = is_tabulated ? 1 : scale_of_energy(nm) / scale_of_energy(nearest);
    struct place place = place_of(capacity_bytes / banks);
    return (struct sinter_sram){
        .area_mm2 = banks * area * over_node((int)cells, nm, width_bytes, &place, SRAM_AREA_MM2),
        .read_pj_per_bit = 1e3 * banks * energy * over_node((int)cells, nm, width_bytes, &place, SRAM_READ_NJ) / bits,
        .write_pj_per_bit = 1e3 * banks * energy * over_node((int)cells, nm, width_bytes, &place, SRAM_WRITE_NJ) / bits,
        .leakage_watts = 1e-3 * banks * over_node((int)cells, nm, width_bytes, &place, SRAM_LEAKAGE_MW),
        .access_s = 1e-9 * over_node((int)cells, nm, width_bytes, &place, SRAM_ACCESS_NS),
        .cycle_s = 1e-9 * over_node((int)cells, nm, width_bytes, &place, SRAM_CYCLE_NS),
    };
}

static const char *const cells_names[] = {"lstp", "hp", "lop"};

const char *sinter_cells_name(enum sinter_cells cells)
{
    return cells_names[cells];
}
