// numbers.js: numbers for people, written as the command's texts write them.
// SPDX-License-Identifier: MIT

const digits = (value) => {
    const size = Math.abs(value);
    return size >= 1000
        ? value.toFixed(0)
        : value
              .toPrecision(3)
              .replace(/(\.\d*?)0+$/, '$1')
              .replace(/\.$/, '');
};

function scaled(value, base, prefixes, unit, first = 0) {
    let i = first;
    while (Math.abs(value) >= base * 0.9995 && i + 1 < prefixes.length) {
        value /= base;
        i++;
    }
    return `${digits(value)} ${prefixes[i]}${unit}`.trimEnd();
}

const missing = (value) => value == null || Number.isNaN(value);
const or = (format) => (value) => (missing(value) ? '\u2013' : format(value));

/** 1.31 GB: decimal, as bandwidths are. */
export const traffic = or((bytes) => scaled(bytes, 1000, ['', 'k', 'M', 'G', 'T', 'P'], 'B'));
/** 6.27 MiB: binary, as memories are. */
export const capacity = or((bytes) => scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], ''));
export const count = or((n) => (Math.abs(n) < 10000 ? digits(n) : scaled(n, 1000, ['', 'k', 'M', 'G', 'T', 'P'], '')));
export const cycles = or((n) => `${count(n)} cycle${n === 1 ? '' : 's'}`);
export const percent = or((fraction) => `${digits(100 * fraction)} %`);
export const factor = or((x) => `${digits(x)}x`);
export const integer = or((n) => Math.round(n).toLocaleString('en-US'));
export const plain = or((x) => digits(x));
export const area = or((mm2) => `${digits(mm2)} mm\u00b2`);

function small(value, unit) {
    if (value === 0) return `0 ${unit}`;
    let i = 4; // the unit itself
    const prefixes = ['p', 'n', '\u00b5', 'm', '', 'k', 'M'];
    while (Math.abs(value) < 0.9995 && i > 0) {
        value *= 1000;
        i--;
    }
    return scaled(value, 1000, prefixes, unit, i);
}
export const seconds = or((s) => small(s, 's'));
export const joules = or((j) => small(j, 'J'));
export const watts = or((w) => small(w, 'W'));
