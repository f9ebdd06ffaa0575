/* test_accel_errors.c: every mistake in an accelerator file is told with its place, and what to do about it.
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "expect_error.h"
#include "sinter/accel.h"

#define CLOCK "accelerator: a\nclock: 1 GHz\n"
#define DRAM "memories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s}\n"
#define BUFFER "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\n"
#define UNITS "units:\n"
#define ARRAY "  - {name: array, at: buffer, pes: [4, 8], cycles: {mac: 1}}\n"
#define HEAD CLOCK DRAM BUFFER UNITS /* six lines */
#define FULL HEAD ARRAY
#define FAMILY "family: {area: 10 mm2, sram: 4 MiB, pes: 1000, memory: buffer, unit: array}\n"

static enum sinter_status parse(const char *text, size_t length, struct sinter_override *overrides, int n_overrides,
                                struct sinter_diagnostics *diags)
{
    struct sinter_accel *accel = NULL;
    enum sinter_status status = sinter_accel_parse("f", text, length, overrides, n_overrides, NULL, diags, &accel);
    assert_int_equal(accel != NULL, status == SINTER_OK);
    sinter_accel_free(accel);
    return status;
}

static enum sinter_status read_file(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    return parse(text, length, NULL, 0, diags);
}

static enum sinter_status read_override(const char *text, size_t length, struct sinter_diagnostics *diags)
{
    char buffer[128];
    struct sinter_override override = override_from(text, length, buffer, sizeof buffer);
    enum sinter_status status = parse(FULL FAMILY, strlen(FULL FAMILY), &override, 1, diags);
    assert_true(override.is_used);
    return status;
}

static const struct mistake mistakes[] = {
    {"", "f:0:0: the file is empty"},
    {"[]\n", "f:1:1: an accelerator file: expected a mapping, found a list"},
    {"clock: 1 GHz\n" DRAM BUFFER UNITS ARRAY,
     "f:1:1: the accelerator has no name | start the file with 'accelerator: NAME'"},
    {"accelerator: ''\nclock: 1 GHz\n" DRAM BUFFER UNITS ARRAY, "f:1:14: the accelerator's name is empty"},
    {"accelerator: a\n" DRAM BUFFER UNITS ARRAY,
     "f:1:1: the accelerator has no 'clock' | add a line such as 'clock: 1 GHz'"},
    {"accelerator: a\nclock: 1 GB\n" DRAM BUFFER UNITS ARRAY,
     "f:2:8: expected a frequency, found '1 GB': unknown unit 'GB' | write a number and one of GHz, MHz, kHz, "
     "Hz, for example '1 GHz'"},
    {"accelerator: a\nclock: 0 GHz\n" DRAM BUFFER UNITS ARRAY, "f:2:8: clock: expected 1 Hz to 1e15 Hz, found '0 GHz'"},
    {"accelerator: a\nclock: -1 GHz\n" DRAM BUFFER UNITS ARRAY,
     "f:2:8: expected a frequency, found '-1 GHz', which is negative | write a number and one of GHz, MHz, kHz, "
     "Hz, for example '1 GHz'"},
    {FULL "bandwith: 1\n",
     "f:8:1: unknown field 'bandwith' in the accelerator | known are accelerator, technology, clock, prefetch, "
     "area, area_model, area_other, area_budget, area_fill, static_power, memories, units, notes, family, area_fraction, "
     "memory_fraction, published"},
    {FULL "technology: 0 nm\n", "f:8:13: technology: expected 0.001 nm to 1e6 nm, found '0 nm'"},
    {FULL "area: 222\n",
     "f:8:7: expected an area, found '222', which has no unit | write a number and one of mm2, um2, for example "
     "'222 mm2'"},
    {FULL "prefetch: 7\n", "f:8:11: prefetch: expected true or false, found '7'"},
    {FULL "notes: one\n", "f:8:8: notes: expected a list, found 'one'"},
    {FULL "notes: [[1]]\n", "f:8:9: a note: expected a single value, found a list"},
    {CLOCK UNITS ARRAY, "f:1:1: the accelerator has no 'memories'"},
    {CLOCK "memories: {}\n" UNITS ARRAY, "f:3:11: memories: expected a list, found a mapping"},
    {CLOCK "memories: []\n" UNITS ARRAY, "f:3:11: 0 memories, but an accelerator has 1 to 8"},
    {CLOCK DRAM BUFFER, "f:1:1: the accelerator has no 'units'"},
    {CLOCK DRAM BUFFER "units: []\n", "f:6:8: 0 units, but an accelerator has 1 to 8"},
    {CLOCK "memories:\n  - dram\n" UNITS ARRAY, "f:4:5: a memory: expected a mapping, found 'dram'"},
    {CLOCK "memories:\n  - {kind: dram, bandwidth: 1 GB/s}\n" UNITS ARRAY, "f:4:5: this memory has no name"},
    {CLOCK "memories:\n  - {name: d ram, kind: dram, bandwidth: 1 GB/s}\n" UNITS ARRAY,
     "f:4:12: 'd ram' cannot be the name of a memory | use letters, digits, '_' and '-', and start with a letter"},
    {CLOCK "memories:\n  - {name: 3d, kind: dram, bandwidth: 1 GB/s}\n" BUFFER UNITS ARRAY,
     "f:4:12: '3d' cannot be the name of a memory | use letters, digits, '_' and '-', and start with a letter"},
    {CLOCK "memories:\n  - {name: dram, bandwidth: 1 GB/s}\n" BUFFER UNITS ARRAY,
     "f:4:5: memory 'dram' has no kind | kind is dram, sram or registers"},
    {CLOCK "memories:\n  - {name: dram, kind: drum, bandwidth: 1 GB/s}\n" BUFFER UNITS ARRAY,
     "f:4:24: unknown kind 'drum' of memory 'dram' | did you mean 'dram'?"},
    {CLOCK "memories:\n  - {name: dram, kind: tape, bandwidth: 1 GB/s}\n" BUFFER UNITS ARRAY,
     "f:4:24: unknown kind 'tape' of memory 'dram' | known are dram, sram, registers"},
    {CLOCK "memories:\n  - {name: dram, kind: sram, capacity: 1 MiB, bandwidth: 1 GB/s}\n" BUFFER UNITS ARRAY,
     "f:4:24: the first memory 'dram' is not dram | memories are listed from the outermost, which is DRAM, inwards"},
    {CLOCK DRAM "  - {name: buffer, kind: dram, bandwidth: 1 GB/s}\n" UNITS ARRAY,
     "f:5:26: memory 'buffer' is dram, but only the first one may be | memories are listed from the outermost, "
     "which is DRAM, inwards"},
    {CLOCK "memories:\n  - {name: dram, kind: dram}\n" BUFFER UNITS ARRAY,
     "f:4:5: memory 'dram' has no bandwidth | add a rate such as 'bandwidth: 256 GB/s', or 'unlimited'"},
    {CLOCK "memories:\n  - {name: dram, kind: dram, bandwidth: 0 GB/s}\n" BUFFER UNITS ARRAY,
     "f:4:41: bandwidth of memory 'dram': expected at least 1 B/s, or 'unlimited', found '0 GB/s'"},
    {CLOCK "memories:\n  - {name: dram, kind: dram, bandwidth: 1 GB}\n" BUFFER UNITS ARRAY,
     "f:4:41: expected a bandwidth, found '1 GB': unknown unit 'GB' | write a number and one of TB/s, GB/s, "
     "MB/s, kB/s, TiB/s, GiB/s, MiB/s, KiB/s, B/s, Tbit/s, Gbit/s, Mbit/s, kbit/s, bit/s, or 'unlimited', for "
     "example '256 GB/s'"},
    {CLOCK "memories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s, parent: dram}\n" BUFFER UNITS ARRAY,
     "f:4:57: the first memory is the outermost: it has no parent | leave 'parent' out"},
    {CLOCK DRAM "  - {name: buffer, kind: sram, bandwidth: unlimited}\n" UNITS ARRAY,
     "f:5:5: memory 'buffer' has no capacity | add a size such as 'capacity: 24 MiB', or 'unlimited'"},
    {CLOCK DRAM "  - {name: buffer, kind: sram, capacity: 0 B, bandwidth: unlimited}\n" UNITS ARRAY,
     "f:5:42: capacity of memory 'buffer': expected at least 1 B and less than 2^60 B, or 'unlimited', found '0 B'"},
    {CLOCK DRAM "  - {name: buffer, kind: sram, capacity: 1 MHz, bandwidth: unlimited}\n" UNITS ARRAY,
     "f:5:42: expected a size in bytes, found '1 MHz': unknown unit 'MHz' | write a number and one of TB, GB, "
     "MB, kB, TiB, GiB, MiB, KiB, B, or 'unlimited', for example '24 MiB'"},
    {CLOCK DRAM "  - {name: buffer, kind: registers, bandwidth: unlimited}\n" UNITS ARRAY,
     "f:5:5: memory 'buffer' has no capacity | add a size such as 'capacity: 24 MiB', or 'unlimited'"},
    {CLOCK DRAM "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited, energy: 7 pJ}\n" UNITS ARRAY,
     "f:5:79: expected an energy per bit, found '7 pJ': unknown unit 'pJ' | write a number and one of nJ/bit, "
     "pJ/bit, fJ/bit, nJ/B, pJ/B, fJ/B, for example '7 pJ/bit'"},
    {CLOCK DRAM "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited, double: maybe}\n" UNITS ARRAY,
     "f:5:79: 'double' of memory 'buffer': expected true or false, found 'maybe'"},
    {CLOCK DRAM "  - {name: buffer, kind: sram, capcity: 1 MiB, bandwidth: unlimited}\n" UNITS ARRAY,
     "f:5:32: unknown field 'capcity' in memory 'buffer' | did you mean 'capacity'?\n"
     "f:5:5: memory 'buffer' has no capacity | add a size such as 'capacity: 24 MiB', or 'unlimited'"},
    {CLOCK DRAM "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited, parent: drams}\n" UNITS ARRAY,
     "f:5:79: no memory 'drams' stands before memory 'buffer' | did you mean 'dram'?"},
    {CLOCK DRAM "  - {name: buffer, kind: sram, capacity: 1 MiB, bandwidth: unlimited, parent: outer}\n" UNITS ARRAY,
     "f:5:79: no memory 'outer' stands before memory 'buffer' | declare a parent before its children"},
    {CLOCK DRAM BUFFER "  - {name: dram, kind: sram, capacity: 1 MiB, bandwidth: unlimited}\n" UNITS ARRAY,
     "f:6:5: there is already a memory 'dram' | give each memory its own name"},
    {HEAD "  - 5\n", "f:7:5: a unit: expected a mapping, found '5'"},
    {HEAD "  - {at: buffer, pes: 4, cycles: {mac: 1}}\n", "f:7:5: this unit has no name"},
    {HEAD "  - {name: array, pes: 4, cycles: {mac: 1}}\n",
     "f:7:5: unit 'array' has no 'at' | add 'at: MEMORY', the memory whose tiles it reads and writes"},
    {HEAD "  - {name: array, at: bufer, pes: 4, cycles: {mac: 1}}\n",
     "f:7:23: unknown memory 'bufer' of unit 'array' | did you mean 'buffer'?"},
    {HEAD "  - {name: array, at: elsewhere, pes: 4, cycles: {mac: 1}}\n",
     "f:7:23: unknown memory 'elsewhere' of unit 'array' | known are dram, buffer"},
    {HEAD "  - {name: array, at: buffer, cycles: {mac: 1}}\n",
     "f:7:5: unit 'array' has no 'pes' | add the shape of its array, such as 'pes: [64, 128]'"},
    {HEAD "  - {name: array, at: buffer, pes: [], cycles: {mac: 1}}\n",
     "f:7:36: pes of unit 'array' has 0 dimensions, but 1 to 4 are possible"},
    {HEAD "  - {name: array, at: buffer, pes: [1, 1, 1, 1, 1], cycles: {mac: 1}}\n",
     "f:7:36: pes of unit 'array' has 5 dimensions, but 1 to 4 are possible"},
    {HEAD "  - {name: array, at: buffer, pes: [4, 0], cycles: {mac: 1}}\n",
     "f:7:40: pes of unit 'array': expected a whole number of at least 1, found '0'"},
    {HEAD "  - {name: array, at: buffer, pes: {x: 4}, cycles: {mac: 1}}\n",
     "f:7:36: pes of unit 'array': expected a list, found a mapping"},
    {HEAD "  - {name: array, at: buffer, pes: [4000000000, 4000000000], cycles: {mac: 1}}\n",
     "f:7:36: pes of unit 'array': expected fewer than 2^40 in all"},
    {HEAD "  - {name: array, at: buffer, pes: 4}\n",
     "f:7:5: unit 'array' has no 'cycles' | add the classes that it can run, such as 'cycles: {mac: 1, exp: 4}'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {}}\n",
     "f:7:47: unit 'array' has no 'cycles' | add the classes that it can run, such as 'cycles: {mac: 1, exp: 4}'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: 1}\n",
     "f:7:47: cycles of unit 'array': expected a mapping, found '1'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 0}}\n",
     "f:7:53: cycles of 'mac' of unit 'array': expected 1e-6 to 1e9, found '0' | leave out a class that the unit "
     "cannot run"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: fast}}\n",
     "f:7:53: cycles of 'mac' of unit 'array': expected a number, found 'fast'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {sigmoidd: 4}}\n",
     "f:7:48: unknown class of operation 'sigmoidd' of unit 'array' | did you mean 'sigmoid'?"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {fourier: 4}}\n",
     "f:7:48: unknown class of operation 'fourier' of unit 'array' | known are mac, add, mul, div, max, exp, "
     "log, sqrt, rsqrt, recip, sigmoid, silu, softplus, tanh, gelu"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, energy: {mac: 1}}\n",
     "f:7:71: expected an energy, found '1', which has no unit | write a number and one of J, mJ, uJ, nJ, pJ, "
     "fJ, for example '1.5 pJ'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, energy: {mak: 1 pJ}}\n",
     "f:7:66: unknown class of operation 'mak' of unit 'array' | did you mean 'mac'?"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, energie: {}}\n",
     "f:7:57: unknown field 'energie' in unit 'array' | did you mean 'energy'?"},
    /* figures that no machine has */
    {"accelerator: a\nclock: 1e7 GHz\n" DRAM BUFFER UNITS ARRAY, "f:2:8: clock: expected 1 Hz to 1e15 Hz, found '1e7 GHz'"},
    {"accelerator: a\nclock: 0.5 Hz\n" DRAM BUFFER UNITS ARRAY, "f:2:8: clock: expected 1 Hz to 1e15 Hz, found '0.5 Hz'"},
    {FULL "technology: 1e300 um\n", "f:8:13: technology: expected 0.001 nm to 1e6 nm, found '1e300 um'"},
    {FULL "area: 1e300 mm2\n", "f:8:7: area: expected 1e-12 mm2 to 1e12 mm2, found '1e300 mm2'"},
    {CLOCK "memories:\n  - {name: dram, kind: dram, bandwidth: 1e-300 GB/s}\n" BUFFER UNITS ARRAY,
     "f:4:41: bandwidth of memory 'dram': expected at least 1 B/s, or 'unlimited', found '1e-300 GB/s'"},
    {CLOCK "memories:\n  - {name: dram, kind: dram, bandwidth: 1 GB/s, energy: 1e300 pJ/bit}\n" BUFFER UNITS ARRAY,
     "f:4:57: energy of memory 'dram': expected at most 1e12 pJ/bit, which is 1 J, found '1e300 pJ/bit'"},
    {CLOCK DRAM "  - {name: buffer, kind: sram, capacity: 1048576 TiB, bandwidth: unlimited}\n" UNITS ARRAY,
     "f:5:42: capacity of memory 'buffer': expected at least 1 B and less than 2^60 B, or 'unlimited', found '1048576 TiB'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1e305}}\n",
     "f:7:53: cycles of 'mac' of unit 'array': expected 1e-6 to 1e9, found '1e305'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1e-7}}\n",
     "f:7:53: cycles of 'mac' of unit 'array': expected 1e-6 to 1e9, found '1e-7'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, energy: {mac: 1.5 J}}\n",
     "f:7:71: energy of 'mac' of unit 'array': expected at most 1 J, found '1.5 J'"},
    {HEAD "  - {name: array, at: buffer, pes: 1Ti, cycles: {mac: 1}}\n",
     "f:7:36: pes of unit 'array': expected fewer than 2^40 in all"},
    {FULL FAMILY "area_fraction: 9e5\nmemory_fraction: 1e-13\n",
     "f:9:16: area_fraction 900000 with memory_fraction 1e-13 leaves nothing for the memory"},
    {FULL "family: {area: 1e12 mm2, sram: 4 MiB, pes: 1000, memory: buffer, unit: array}\narea_fraction: 2\n",
     "f:9:16: area_fraction 2 with memory_fraction 0.25 makes area out of range"},
    {FULL "family: {area: 1 mm2, sram: 4 MiB, pes: 1e12, memory: buffer, unit: array}\narea_fraction: 2\n",
     "f:9:16: area_fraction 2 with memory_fraction 0.25 makes PEs out of range"},
    {FULL
     "family: {area: 1 mm2, sram: 1e5 TB, pes: 1e6, memory: buffer, unit: array}\narea_fraction: 20\nmemory_fraction: 0.9\n",
     "f:9:16: area_fraction 20 with memory_fraction 0.9 makes memory out of range"},
    {CLOCK DRAM "  - {name: buffer, kind: flash, capacity: 1 MiB, bandwidth: unlimited}\n" UNITS ARRAY,
     "f:5:26: unknown kind 'flash' of memory 'buffer' | known are dram, sram, registers"},
    {CLOCK DRAM "  - {name: buffer, kind: flash, bandwidth: unlimited}\n" UNITS ARRAY,
     "f:5:26: unknown kind 'flash' of memory 'buffer' | known are dram, sram, registers"},
    {HEAD ARRAY ARRAY, "f:8:5: there is already a unit 'array' | give each unit its own name"},
    {HEAD "  - {name: buffer, at: buffer, pes: 4, cycles: {mac: 1}}\n",
     "f:7:5: unit 'buffer' has the name of a memory | memories and units share their names in '--set'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, spatial: 1}\n",
     "f:7:66: spatial: expected a list, found '1'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, spatial: [N]}\n",
     "f:7:67: a spatial rule: expected a mapping, found 'N'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, spatial: [{}]}\n",
     "f:7:67: this spatial rule has no 'pes' | add the rank of each dimension, such as 'pes: [N, D]'"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, spatial: [{pes: [N, D]}]}\n",
     "f:7:73: 2 ranks for the 1 dimensions of unit 'array' | ~ leaves a dimension idle"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, spatial: [{pes: [5]}]}\n",
     "f:7:74: '5' cannot be the name of a rank | ~ leaves a dimension idle"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, spatial: [{pes: [N], only: elementwize}]}\n",
     "f:7:84: unknown value 'elementwize' of 'only' of a spatial rule | did you mean 'elementwise'?"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}, spatial: [{pes: [N], when: now}]}\n",
     "f:7:78: unknown field 'when' in a spatial rule | known are only, pes"},
    {FULL "area_fraction: 0.5\n",
     "f:8:16: area_fraction without a family | only an accelerator with 'family' can be rescaled"},
    {FULL "memory_fraction: 0.5\n",
     "f:8:18: memory_fraction without a family | only an accelerator with 'family' can be rescaled"},
    {FULL "family: {area: 10 mm2}\n", "f:8:9: the family has no 'sram' | a family has area, sram, pes, memory and unit"},
    {FULL "family: {area: 10 mm2, sram: 4 MiB, pes: 1000, memory: bufer, unit: array}\n",
     "f:8:56: unknown memory 'bufer' of the family | did you mean 'buffer'?"},
    {FULL "family: {area: 10 mm2, sram: 4 MiB, pes: 1000, memory: dram, unit: array}\n",
     "f:8:9: the memory of a family is on the chip, not DRAM"},
    {FULL FAMILY "memory_fraction: 1\n", "f:9:18: memory_fraction: expected more than 0 and less than 1, found '1'"},
    {FULL FAMILY "area_fraction: 0\n", "f:9:16: area_fraction: expected more than 0 and less than 1e+06, found '0'"},
    {FULL FAMILY "area_fraction: 1e-9\n",
     "f:9:16: area_fraction 1e-09 with memory_fraction 0.25 leaves nothing for the memory"},
    {FULL "family: {area: 10 mm2, sram: 4 MiB, pes: 1000, memory: buffer, unit: aray}\n",
     "f:8:70: unknown unit 'aray' of the family | did you mean 'array'?"},
    {FULL "family: {area: 10 mm2, sram: 4 MiB, pes: 0, memory: buffer, unit: array}\n",
     "f:8:42: pes of the family: expected a whole number from 1 to 1099511627775, found '0'"},
    {FULL "family: {area: 10 mm2, sram: 4 MiB, pes: 10, memory: buffer, unit: array, shape: 2}\n",
     "f:8:75: unknown field 'shape' in the family | known are area, sram, pes, memory, unit"},
    {HEAD "  - {name: array, at: buffer, pes: 4, cycles: {mac: 1}}\n" FAMILY,
     "f:8:9: the unit of a family has two dimensions of PEs"},
};

static const struct mistake overrides[] = {
    {"clock=1 GB", "--set clock:1:1: expected a frequency, found '1 GB': unknown unit 'GB' | write a number "
                   "and one of GHz, MHz, kHz, Hz, for example '1 GHz'"},
    {"clock=", "--set clock:1:1: the value is empty"},
    {"clock=[1", "--set clock:2:1: flow sequence without a closing bracket | the bracket may stand in a line above"},
    {"buffer.capacity=0 B",
     "--set buffer.capacity:1:1: capacity of memory 'buffer': expected at least 1 B and less than 2^60 B, "
     "or 'unlimited', found '0 B'"},
    {"buffer.capcity=1 MiB", "--set buffer.capcity:1:1: unknown field 'capcity' in memory 'buffer' | did you "
                             "mean 'capacity'?"},
    {"array.pes=[4, 0]", "--set array.pes:1:5: pes of unit 'array': expected a whole number of at least 1, "
                         "found '0'"},
    {"array.pes=[4", "--set array.pes:2:1: flow sequence without a closing bracket | the bracket may stand in a line above"},
    {"array.cycles.exq=4", "--set array.cycles.exq:1:1: unknown class of operation 'exq' of unit 'array' "
                           "| did you mean 'exp'?"},
    {"array.cycles.exp=0", "--set array.cycles.exp:1:1: cycles of 'exp' of unit 'array': expected 1e-6 to "
                           "1e9, found '0' | leave out a class that the unit cannot run"},
    {"array.energy.exp=4", "--set array.energy.exp:1:1: expected an energy, found '4', which has no unit "
                           "| write a number and one of J, mJ, uJ, nJ, pJ, fJ, for example '1.5 pJ'"},
    {"array.pes.rows=4", "--set array.pes.rows:1:1: 'pes' has no fields that could be set"},
    {"array.cycles.exp.more=4", "--set array.cycles.exp.more:1:1: 'cycles' has no fields that could be set"},
    {"memories=1", "--set memories:1:1: memories: expected a list, found '1'"},
    {"memory_fraction=1.5", "--set memory_fraction:1:1: memory_fraction: expected more than 0 and less than "
                            "1, found '1.5'"},
    {"area_fraction=-1", "--set area_fraction:1:1: area_fraction: expected more than 0 and less than 1e+06, "
                         "found '-1'"},
    {"array.at=bufer", "--set array.at:1:1: unknown memory 'bufer' of unit 'array' | did you mean 'buffer'?"},
};

static void mistakes_are_located(void **state)
{
    (void)state;
    EXPECT_MISTAKES(mistakes, read_file);
}

static void mistakes_in_overrides_are_located(void **state)
{
    (void)state;
    EXPECT_MISTAKES(overrides, read_override);
}

static void foreign_overrides_are_left_alone(void **state)
{
    static const char *const fields[] = {"N", "L", "type", "tensor.type", "state_size"};
    struct sinter_accel *accel = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct sinter_override override = {fields[i], "1", false};
        assert_int_equal(sinter_accel_parse("f", FULL, strlen(FULL), &override, 1, NULL, NULL, &accel), SINTER_OK);
        assert_false(override.is_used);
        sinter_accel_free(accel);
    }
}

static void every_mistake_of_a_file_is_told(void **state)
{
    (void)state;
    static const struct mistake all[] = {
        {"accelerator: a\nclock: 0 GHz\nmemorys: []\n" DRAM "  - {name: buffer, kind: sram, bandwidth: fast}\n" UNITS
         "  - {name: array, at: bufer, pes: [0], cycles: {mack: 1}}\n",
         "f:3:1: unknown field 'memorys' in the accelerator | did you mean 'memories'?\n"
         "f:2:8: clock: expected 1 Hz to 1e15 Hz, found '0 GHz'\n"
         "f:6:5: memory 'buffer' has no capacity | add a size such as 'capacity: 24 MiB', or 'unlimited'\n"
         "f:6:43: expected a bandwidth, found 'fast' | write a number and one of TB/s, GB/s, MB/s, kB/s, TiB/s, "
         "GiB/s, MiB/s, KiB/s, B/s, Tbit/s, Gbit/s, Mbit/s, kbit/s, bit/s, or 'unlimited', for example '256 GB/s'\n"
         "f:8:23: unknown memory 'bufer' of unit 'array' | did you mean 'buffer'?\n"
         "f:8:36: pes of unit 'array': expected a whole number of at least 1, found '0'\n"
         "f:8:49: unknown class of operation 'mack' of unit 'array' | did you mean 'mac'?"}};
    EXPECT_MISTAKES(all, read_file);
}

static void unknown_names_are_told(void **state)
{
    static const struct {
        const char *name, *expected;
        enum sinter_status status;
    } cases[] = {
        {"marka", ":0:0: there is no accelerator or file 'marka' | did you mean 'marca'?", SINTER_BAD_USAGE},
        {"zzzz", ":0:0: there is no accelerator or file 'zzzz' | give a file, or one of marca pact25", SINTER_BAD_USAGE},
        {"no/such.yaml", "no/such.yaml:0:0: cannot open the file: No such file or directory", SINTER_BAD_INPUT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sinter_diagnostics *diags = sinter_diagnostics_new(NULL);
        struct sinter_accel *accel = NULL;
        assert_int_equal(sinter_accel_load(cases[i].name, NULL, 0, NULL, diags, &accel), cases[i].status);
        expect_diagnostics(diags, cases[i].expected);
        assert_null(accel);
        sinter_diagnostics_free(diags);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_located),
        cmocka_unit_test(mistakes_in_overrides_are_located),
        cmocka_unit_test(foreign_overrides_are_left_alone),
        cmocka_unit_test(every_mistake_of_a_file_is_told),
        cmocka_unit_test(unknown_names_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
