// runs.js: what charts of runs ask of the data.
// SPDX-License-Identifier: MIT

export const isPriced = (run) => run.status === 'ok';
export const sum = (values) => values.reduce((total, value) => total + value, 0);
export const dramBytes = (run) => (run.dram_bytes?.read ?? 0) + (run.dram_bytes?.write ?? 0);
/** Bars of so many bands share the height of a screen. */
export const bandHeight = (n) => ({step: Math.max(14, Math.min(24, 480 / Math.max(1, n)))});

export const unitOf = (page, name) => page.accelerator.units.find((unit) => unit.name === name);
export const pesOf = (unit) => unit.pes.reduce((product, n) => product * n, 1);
/** PE-cycles that the operations of an Einsum take on its unit. */
export const workOf = (unit, einsum) =>
    sum(Object.entries(einsum.operations ?? {}).map(([op, n]) => n * (unit.cycles[op] ?? 0)));
