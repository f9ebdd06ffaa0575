/* sram_table.h: CACTI's figures of scratchpads, made from data/technology/cacti_sram.csv by cmake/sram_table.cmake.
 * SPDX-License-Identifier: MIT
 */
#ifndef SINTER_ACCEL_SRAM_TABLE_H
#define SINTER_ACCEL_SRAM_TABLE_H

/* Cells as in enum sinter_cells; 22, 28 and 32 nm; accesses of 64 and 128 bytes; 32 KiB, 64 KiB ... 64 MiB. */
enum { SRAM_CELLS = 3, SRAM_NODES = 3, SRAM_WIDTHS = 2, SRAM_CAPACITIES = 12 };

enum sram_figure {
    SRAM_AREA_MM2,
    SRAM_READ_NJ,
    SRAM_WRITE_NJ,
    SRAM_LEAKAGE_MW,
    SRAM_ACCESS_NS,
    SRAM_CYCLE_NS,
    N_SRAM_FIGURES
};

/* All 0: the file has no such row. */
struct sram_knot {
    double figures[N_SRAM_FIGURES];
};
extern const struct sram_knot sram_table[SRAM_CELLS][SRAM_NODES][SRAM_WIDTHS][SRAM_CAPACITIES];

#endif
